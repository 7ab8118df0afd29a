"""The console as a chat system: one terminal, several people and rooms; also the in-memory twin for dialogue tests."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from bot.messages import Conversation, Incoming, Kind, Outgoing, Sender
from bot.platforms import Intake
from bot.rendering import to_plain

NAME = "console"
_MENTION = re.compile(r"\s*@?lotsenfunk\b[\s,:]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot as the terminal shows it: plain text, and whether it changes or deletes an earlier one."""

    message_id: str
    conversation: Conversation
    text: str
    is_edit: bool = False
    is_deletion: bool = False


class Console:
    """A platform in this process: people speak through `hear`, the bot through what `shows` was given.

    `worth_reading` finds bare choices, which are taken up in rooms without naming the bot.
    """

    name = NAME
    has_buttons = False
    is_connected = True

    def __init__(self, now: Callable[[], datetime], worth_reading: Callable[[str], bool]) -> None:
        self._show: Callable[[Shown], None] = _nowhere
        self._now = now
        self._worth_reading = worth_reading
        self._numbers = count(1)
        self._intake: Intake | None = None
        self._ready = asyncio.Event()
        # Ids must differ from those of an earlier run on the same database.
        self._run = f"{now().timestamp():.6f}"

    def shows(self, show: Callable[[Shown], None]) -> None:
        """Give each message of the bot to `show`."""
        self._show = show

    async def run(self, intake: Intake) -> None:
        """Be ready until cancelled; what is said comes through `hear`."""
        await intake.resume(self.name)
        self._intake = intake
        self._ready.set()
        await asyncio.Event().wait()

    async def hear(
        self,
        sender: Sender,
        room: str | None,
        text: str,
        *,
        kind: Kind = Kind.MESSAGE,
        refers_to: str | None = None,
        has_attachment: bool = False,
    ) -> str:
        """Take what somebody says in a room, or alone with the bot when there is none; gives the event's id."""
        await self._ready.wait()
        assert self._intake is not None
        event_id = self._new_id("in")
        conversation = Conversation(self.name, room or f"direct:{sender.id}", is_direct=room is None)
        mention = _MENTION.match(text)
        is_addressed = room is None or bool(mention) or text.startswith("!")
        text = text[mention.end() :] if mention else text
        if is_addressed or kind is not Kind.MESSAGE or self._worth_reading(text):
            message = Incoming(
                event_id,
                conversation,
                sender,
                text,
                self._now(),
                kind,
                refers_to,
                is_addressed=is_addressed,
                has_attachment=has_attachment,
            )
            await self._intake.receive(self.name, [message])
        return event_id

    async def send(self, outgoing: Outgoing) -> str:
        """Show a message, or that one is gone."""
        if outgoing.deletes is not None:
            self._show(Shown(outgoing.deletes, outgoing.conversation, "", is_deletion=True))
            return outgoing.deletes
        message_id = outgoing.replaces or self._new_id("out")
        text = to_plain(outgoing.text, outgoing.choices)
        self._show(Shown(message_id, outgoing.conversation, text, is_edit=outgoing.replaces is not None))
        return message_id

    def _new_id(self, kind: str) -> str:
        return f"{kind}-{self._run}-{next(self._numbers)}"


def _nowhere(_shown: Shown) -> None:
    """Shows nothing until somebody looks."""
