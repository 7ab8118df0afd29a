"""What a handler gets to answer one message."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.commands import Command
from bot.language import AddressForm
from bot.messages import Action, Choice, Conversation, Found, Incoming, Unasked
from bot.quiet import Quiet
from bot.retention import Retention
from bot.roles import Role
from knowledge.assignment import KINDS, Kind
from knowledge.consultation_files import built_in
from knowledge.consultation_formats import Format
from knowledge.decisions import Decisions
from knowledge.departments import Departments
from knowledge.search import Search
from knowledge.sensitivity import Sensitivity
from knowledge.supporters import Supporters
from knowledge.working_days import WorkingDays
from storage.database import UnitOfWork
from storage.models.knowledge import Visibility
from storage.models.rooms import AnswerMode, Audience

Places = Callable[[], Awaitable[Sequence[Conversation]]]
"""Finds conversations to write to first; there may be none."""
SayTo = Callable[[Conversation], Callable[[str], str]]
"""Tells how sentences are said in a conversation."""
RoleOf = Callable[[str, str], Awaitable[Role]]
"""Tells the role of whoever uses an account, by platform and id."""


async def nowhere() -> Sequence[Conversation]:
    """Finds no place."""
    return ()


def as_written(_place: Conversation) -> Callable[[str], str]:
    """Says sentences as they stand in the source."""
    return lambda sentence: sentence


async def staff(_platform: str, _person: str) -> Role:
    """Takes everybody for a member of staff."""
    return Role.STAFF_MEMBER


@dataclass(frozen=True, slots=True)
class House:
    """What the settings say of the house and its rules.

    A question on its way goes to the coordinators after `answer_days` working days, and its asker is asked after
    `agenda_days` whether it may become a topic of the jour fixe. Nobody has more than `questions_at_once` on their way.
    What is closed is kept for `kept_days`, backups for `backups_kept_days`, all else as `retention` says. `kinds` are
    the kinds of support request. `public_url` is where people reach the web application, without a slash at its end.
    `formats` are those of peer consultation, by their ids.
    """

    departments: Departments = field(default_factory=Departments)
    working_days: WorkingDays = field(default_factory=WorkingDays)
    kinds: tuple[Kind, ...] = KINDS
    answer_days: int = 3
    agenda_days: int = 10
    questions_at_once: int = 5
    kept_days: int = 14
    backups_kept_days: int = 30
    retention: Retention = field(default_factory=Retention)
    public_url: str = ""
    formats: Mapping[str, Format] = field(default_factory=built_in)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds in a conversation, by the settings and by what was set for it in chat.

    Nothing that is said may be kept where `is_confidential`. In `quiet` hours the bot says nothing by itself.
    """

    purpose: str = ""
    audience: Audience = Audience.STAFF
    address_form: AddressForm = AddressForm.DU
    answer_mode: AnswerMode = AnswerMode.MENTIONS
    quiet: Quiet | None = None
    is_confidential: bool = False


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers work with, built once."""

    search: Search
    commands: tuple[Command, ...]
    sensitivity: Sensitivity
    supporters: Supporters
    house: House
    decisions: Decisions


@dataclass(frozen=True, slots=True)
class Turn:
    """One message and everything needed to answer it.

    `text` is what was asked, without command word. `choice` is set when an offer was taken up, also by a text that it
    asked for. `number` is that of the entry which a command is about. `answer_key` stands for the message in what is
    kept beyond this turn, so that its deletion finds it. `sees` are the circles whose entries may be shown in this
    conversation. `role` is the sender's, `role_of` tells that of anybody. Where `is_confidential`, nothing of what is
    said may be kept. `curators` and `coordinators` find where those decide, `rooms` those of the supporters. `now` is
    aware, in the house's time zone. `say` translates a sentence into the form of address of the conversation, `say_to`
    into that of another one. `rules` are those of the conversation. `uow` takes the database's write lock with its
    first use: slow work comes before.
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
    curators: Places = nowhere
    coordinators: Places = nowhere
    rooms: Places = nowhere
    role_of: RoleOf = staff
    say_to: SayTo = as_written
    rules: Rules = Rules()

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
    role_of: RoleOf = staff

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
    curators: Places = nowhere
    coordinators: Places = nowhere
    rooms: Places = nowhere
    role_of: RoleOf = staff
    say_to: SayTo = as_written

    @property
    def today(self) -> date:
        """The calendar day of the house."""
        return self.now.date()


Handler = Callable[[Turn, Services], Awaitable[Sequence[Action]]]
Finder = Callable[[Inquiry, Services], Awaitable[Sequence[Found]]]
Errand = Callable[[Night, Services], Awaitable[Sequence[Unasked]]]
Report = Callable[[Night, Services, str], Awaitable[Sequence[Unasked]]]
"""Tells whom it concerns that a message or an order of ours, by its key, could not be delivered."""
Opened = Callable[[Night, Services, str, Conversation], Awaitable[Sequence[Unasked]]]
"""Begins with a room that was opened by an order of ours, by its key; nobody else is in it yet."""
