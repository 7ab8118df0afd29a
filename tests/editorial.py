"""A small editorial office for tests: people who say something about stored entries, and what the bot answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

from bot.choices import find_choice
from bot.commands import find_command
from bot.community import FOR_ALL, FOR_SUPPORTERS
from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Offer, Reply, Sender
from bot.roles import Role
from bot.turn import Services, Turn
from fakes import said
from handlers.table import TABLE
from knowledge.grouping import Group
from storage.database import UnitOfWork
from storage.models.knowledge import EntryContent, KnowledgeEntry, Visibility

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DIRECT = Conversation("stand-in", "direct", is_direct=True)
COMMUNITY = Conversation("stand-in", "lotsen")
CURATORS = Conversation("stand-in", "redaktion")
STAFF_ROOM = Conversation("stand-in", "flur")


class Person:
    """Somebody with a role, who talks to the handlers as the router would let them; remembers what was offered."""

    def __init__(self, uow: UnitOfWork, role: Role, place: Conversation = DIRECT, name: str = "ute") -> None:
        self.uow = uow
        self.role = role
        self.place = place
        self.sender = Sender(name, name.title())
        self.is_confidential = False
        self.sees: frozenset[Visibility] | None = None  # what the place shows, else what such a place shows
        self.offer: Offer | None = None
        self.groups: list[Group] = []

    async def says(self, text: str) -> str:
        """What the bot answers to a choice, a text that was asked for, or a command."""
        found = find_command(text, [job.command for job in TABLE.jobs])
        chosen = find_choice(text, self.offer.choices) if self.offer else None
        if self.offer and chosen:
            return await self._take(self.offer.topic, "", chosen)
        if self.offer and self.offer.asks is not None and (found is None or found.text):
            return await self._take(self.offer.topic, text, Choice("", "", self.offer.asks))
        assert found, f"{text!r} is no command"
        handler = next(job.handler for job in TABLE.jobs if job.command is found.command)
        turn = replace(self.turn(found.text), number=found.number)
        return self._heard(await handler(turn, self.services))

    async def is_refused(self, text: str) -> str:
        """The sentence with which the bot refuses; what was offered stays."""
        offer = self.offer
        try:
            answer = await self.says(text)
        except UserError as error:
            assert self.offer is offer
            return str(error)
        raise AssertionError(f"not refused: {answer}")

    async def _take(self, topic: str, text: str, choice: Choice) -> str:
        turn = replace(self.turn(text), choice=choice)
        return self._heard(await TABLE.choosers[topic](turn, self.services))

    def _heard(self, actions: Sequence[Action]) -> str:
        [reply] = actions
        assert isinstance(reply, Reply)
        assert len(reply.offer.choices if reply.offer else ()) <= 9, "one digit names a choice"
        self.offer = reply.offer
        return reply.text

    @property
    def choices(self) -> list[str]:
        """What stands to choose."""
        return [choice.label for choice in self.offer.choices] if self.offer else []

    def turn(self, text: str) -> Turn:
        is_internal = self.place in (COMMUNITY, CURATORS) or (self.place.is_direct and self.role >= Role.SUPPORTER)
        message = replace(said("a", text, self.place), sender=self.sender)

        async def curators() -> Sequence[Conversation]:
            return [CURATORS]

        sees = self.sees or (FOR_SUPPORTERS if is_internal else FOR_ALL)
        return Turn(
            message, text, None, "k", sees, NOW, str, self.uow, self.role,
            is_confidential=self.is_confidential, curators=curators,
        )  # fmt: skip

    @property
    def services(self) -> Services:
        async def duplicates(circles: object) -> list[Group]:
            return self.groups

        return SimpleNamespace(search=SimpleNamespace(duplicates=duplicates), commands=())  # type: ignore[return-value]


async def save(uow: UnitOfWork, entry_id: str, content: EntryContent) -> None:
    await uow.knowledge.save([(entry_id, content)], "Import", NOW)


async def entry(uow: UnitOfWork, entry_id: str = "scanner") -> KnowledgeEntry:
    [found] = await uow.knowledge.get([entry_id])
    await uow._session.refresh(found)
    return found
