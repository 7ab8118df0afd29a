"""The Matrix platform with a mailbox in memory, for tests against a real homeserver."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.messages import Conversation, Incoming, Outgoing
from bot.platforms import Sealed
from bot.platforms.matrix.platform import MatrixPlatform
from bot.settings import MatrixSettings
from servers.synapse import Account, Person, eventually

POINTING = {"📌", "merken"}


class DatabaseLocked(Exception):
    """What a mailbox may raise."""


@dataclass
class Inbox:
    """Stores like the mailbox, in memory: events once, together with the cursor. In rooms `led` it hears all."""

    events: list[Incoming] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[Sealed] = field(default_factory=list)
    posted: list[Outgoing] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    led: set[str] = field(default_factory=set)
    stored: str | None = None
    is_locked: bool = False
    refused: int = 0
    resumed: int = 0

    async def receive(
        self,
        platform: str,
        events: Sequence[Incoming],
        cursor: str | None = None,
        sealed: Sequence[Sealed] = (),
        opened: Collection[str] = (),
    ) -> None:
        if self.is_locked:
            self.refused += 1
            raise DatabaseLocked
        known = {event.event_id for event in self.events}
        self.events += [event for event in events if event.event_id not in known]
        self.waiting = [event for event in (*self.waiting, *sealed) if event.event_id not in opened]
        self.stored = cursor or self.stored

    def overhears(self, conversation: Conversation, text: str) -> bool:
        return False

    def hears_all(self, conversation: Conversation) -> bool:
        return conversation.id in self.led

    async def cursor(self, platform: str) -> str | None:
        return self.stored

    async def sealed(self, platform: str) -> Sequence[Sealed]:
        return self.waiting

    async def post(self, messages: Sequence[Outgoing]) -> None:
        known = {message.key for message in self.posted}
        self.posted += [message for message in messages if message.key not in known]

    async def move(self, platform: str, old: str, new: str) -> None:
        self.moved += [] if (old, new) in self.moved else [(old, new)]

    async def resume(self, platform: str, shown: Sequence[tuple[str, str]] = ()) -> None:
        self.shown += shown
        self.resumed += 1

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]

    async def of(self, event_id: str) -> Incoming:
        """Wait for an event."""
        await eventually(lambda: any(event.event_id == event_id for event in self.events))
        return next(event for event in self.events if event.event_id == event_id)


@dataclass
class Bot:
    """The Matrix platform of one account, to be started again and again with the same data."""

    account: Account
    data_dir: Path
    inbox: Inbox = field(default_factory=Inbox)
    invites_from: tuple[str, ...] = ("*:localhost",)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.account.user_id

    def platform(self, *, url: str | None = None, token: str | None = None) -> MatrixPlatform:
        login = {"access_token": token} if token else {"password": self.account.password or "pw"}
        account = MatrixSettings.model_validate(
            {
                "homeserver": url or self.account.url,
                "user_id": self.id,
                "invites_from": self.invites_from,
                **login,
                **self.settings,
            }
        )
        return MatrixPlatform(
            account, self.data_dir, lambda: datetime.now(UTC), lambda text: text.isdecimal(), POINTING.__contains__
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[MatrixPlatform]:
        platform = self.platform()
        before = self.inbox.resumed
        task = asyncio.create_task(platform.run(self.inbox))
        try:
            await eventually(lambda: task.done() or self.inbox.resumed > before)
            yield platform
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def room_with(self, person: Person, *others: str, direct: bool = False) -> str:
        """Have a person invite the bot (and others) to a new room, and wait for it to enter."""
        room = await person.create_room(self.id, *others, direct=direct)
        await eventually(lambda: has_entered(person, room, self.id))
        return room

    def answer(
        self, question: Incoming, text: str = "Gern.", *, key: str = "k1", replaces: str | None = None
    ) -> Outgoing:
        """An answer to a message."""
        return Outgoing(
            key, question.conversation, text, answers=question.event_id, thread=question.thread, replaces=replaces
        )

    def post(self, room: str, text: str, *, key: str = "k1") -> Outgoing:
        """A message that answers nothing."""
        return Outgoing(key, Conversation(f"matrix:{self.id}", room), text)


async def has_entered(person: Person, room: str, user_id: str) -> bool:
    """Whether somebody is in a room."""
    return (await person.members(room)).get(user_id) == "join"
