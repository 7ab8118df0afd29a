"""What a handler gets to answer one message."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.commands import Command
from bot.messages import Action, Choice, Conversation, Found, Incoming, Send
from bot.roles import Role
from knowledge.search import Search
from knowledge.sensitivity import Sensitivity
from storage.database import UnitOfWork
from storage.models.knowledge import Visibility

Curators = Callable[[], Awaitable[Sequence[Conversation]]]
"""Finds where curators decide; it may be nowhere."""


async def nobody() -> Sequence[Conversation]:
    """Finds no place."""
    return ()


def staff(_person: str) -> Role:
    """Takes everybody for a member of staff."""
    return Role.STAFF_MEMBER


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers work with, built once."""

    search: Search
    commands: tuple[Command, ...]
    sensitivity: Sensitivity


@dataclass(frozen=True, slots=True)
class Turn:
    """One message and everything needed to answer it.

    `text` is what was asked, without command word. `choice` is set when an offer was taken up, also by a text that it
    asked for. `number` is that of the entry which a command is about. `answer_key` stands for the message in what is
    kept beyond this turn, so that its deletion finds it. `sees` are the circles whose entries may be shown in this
    conversation. `role` is the sender's, `role_of` tells that of anybody. Where `is_confidential`, nothing of what is
    said may be kept. `now` is aware, in the house's time zone. `say` translates a sentence into the form of address of
    the conversation. `uow` takes the database's write lock with its first use: slow work comes before.
    """

    message: Incoming
    text: str
    choice: Choice | None
    answer_key: str
    sees: frozenset[Visibility]
    now: datetime
    say: Callable[[str], str]
    uow: UnitOfWork
    role: Role = Role.STAFF_MEMBER
    number: int | None = None
    is_confidential: bool = False
    curators: Curators = nobody
    role_of: Callable[[str], Role] = staff

    @property
    def today(self) -> date:
        """The calendar day of the house."""
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What somebody has typed so far, looking for something to show to others; the fields are as in `Turn`."""

    text: str
    sees: frozenset[Visibility]
    now: datetime
    say: Callable[[str], str]
    uow: UnitOfWork

    @property
    def today(self) -> date:
        """The calendar day of the house."""
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Night:
    """The hour in which the bot does what nobody asked for; the fields are as in `Turn`, `say` speaks to many."""

    now: datetime
    say: Callable[[str], str]
    uow: UnitOfWork
    curators: Curators = nobody
    role_of: Callable[[str], Role] = staff

    @property
    def today(self) -> date:
        """The calendar day of the house."""
        return self.now.date()


Handler = Callable[[Turn, Services], Awaitable[Sequence[Action]]]
Finder = Callable[[Inquiry, Services], Awaitable[Sequence[Found]]]
Errand = Callable[[Night, Services], Awaitable[Sequence[Send]]]
