"""Decides which handler takes a message. Pure: values in, a decision out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.choices import find_choice, find_named, find_reacted
from bot.commands import Command, Said, find_command, free_text, looks_like_question, meaning
from bot.messages import Choice, Incoming, Kind, Offer, Sought
from bot.turn import Errand, Finder, Handler, Opened, Report

WRITTEN = "eigener Text"
"""Stands where a choice was taken by writing the text that was asked for."""
TEXT_AWAITED = timedelta(minutes=30)
"""Who was asked for a text and says something later than that begins anew."""
DRAFT_AWAITED = timedelta(hours=4)
"""A draft goes on after a call, a meeting or lunch: a name that somebody was asked for must not become a question."""
DRAFT_KEPT = timedelta(days=3)
"""Nor must it the next morning or after a weekend, unless something else was said meanwhile, or it asks something."""


@dataclass(frozen=True, slots=True)
class Job:
    """A command together with the handler that does it."""

    command: Command
    handler: Handler


@dataclass(frozen=True, slots=True)
class Table:
    """All that the bot can do.

    Commands in help order, who takes choices (by topic), who takes free text, who finds something to show, who hears
    asides, what is done each night (`errands`) and each minute (`ticks`). `listener` hears asides, `relay` passes on
    what is said about a question on its way, `withdrawer` hears of deletions, `report` of what could not be delivered.
    `answers` say which texts are meant when an offer of their topic asks for one; others pass as if it asked nothing.
    What is asked for under a topic of `drafts` is taken even if something else was said meanwhile, or it took longer.
    `readings` take sentences that no command has words for: the first one whose reader says yes. `unmuted` answer where
    the bot is turned off, too.

    Where people consult each other, only the commands of `round_jobs` are understood; `companion` hears all else that
    is said, and of its changes and deletions. `porter` hears who comes into a room that we opened and who leaves it,
    and `opened` of the room.
    """

    jobs: tuple[Job, ...]
    choosers: Mapping[str, Handler]
    asker: Handler
    round_jobs: tuple[Job, ...] = ()
    answers: Mapping[str, Callable[[str], bool]] = field(default_factory=dict)
    drafts: frozenset[str] = frozenset()
    finders: Mapping[Sought, Finder] = field(default_factory=dict)
    listener: Handler | None = None
    relay: Handler | None = None
    withdrawer: Handler | None = None
    report: Report | None = None
    readings: tuple[tuple[Callable[[str], bool], Handler], ...] = ()
    errands: tuple[Errand, ...] = ()
    ticks: tuple[Errand, ...] = ()
    unmuted: frozenset[Handler] = frozenset()
    companion: Handler | None = None
    porter: Handler | None = None
    opened: Opened | None = None


@dataclass(frozen=True, slots=True)
class StandingOffer:
    """An offer that waits for the sender: where it stands, below which text, and the thread it may be answered in.

    `age` is for how long it has waited: a text that it asks for comes soon.
    """

    message_key: str
    thread: str | None
    offer: Offer
    text: str = ""
    age: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Route:
    """The decision: this handler, with this text or this choice, about the entry with this number."""

    handler: Handler
    text: str = ""
    choice: Choice | None = None
    taken: StandingOffer | None = None
    number: int | None = None


def route(
    message: Incoming, standing: Sequence[StandingOffer], table: Table, *, is_relayed: bool = False
) -> Route | None:
    """Who takes the message; nobody when it was not meant for the bot. `standing` is newest first.

    With `is_relayed` it belongs to a question on its way: what is no command about that one is passed on.
    """
    found = find_command(_meant(message), [job.command for job in table.jobs])
    chosen = _chosen(message, standing, table, is_command=not _may_be_text(found))
    if chosen:
        return chosen
    if is_relayed and message.kind is Kind.EDIT:
        return _relayed(message, table)
    if message.is_aside:
        return Route(table.listener, text=message.text) if table.listener else None
    if message.is_overheard:
        return Route(table.asker, text=free_text(message.text))
    if message.kind is Kind.PRESS or not message.is_addressed:
        return None
    if found is not None and is_relayed and not found.command.is_for_threads:
        found = None
    if _may_be_text(found) and (written := _written(message, standing, table)):
        return written
    if found is not None:
        return _commanded(found, table.jobs)
    if message.kind is Kind.REACTION:
        return None
    return _relayed(message, table) if is_relayed else _free(message, table)


def route_in_round(message: Incoming, standing: Sequence[StandingOffer], table: Table) -> Route | None:
    """Who takes what is said where people consult each other: only little of it is for the bot, the rest for them."""
    commands = [job.command for job in table.round_jobs]
    found = find_command(_meant(message), commands) if message.kind is Kind.MESSAGE else None
    chosen = _chosen(message, standing, table, is_command=not _may_be_text(found))
    if chosen:
        return chosen
    if _may_be_text(found) and (written := _written(message, standing, table)):
        return written
    if found is not None:
        return _commanded(found, table.round_jobs)
    is_talk = message.kind in (Kind.MESSAGE, Kind.EDIT)
    return Route(table.companion, text=message.text) if is_talk and table.companion else None


def route_passage(table: Table) -> Route | None:
    """Who takes it that somebody entered or left a room."""
    return Route(table.porter) if table.porter else None


def _commanded(found: Said, jobs: Sequence[Job]) -> Route:
    handler = next(job.handler for job in jobs if job.command is found.command)
    return Route(handler, text=found.text, number=found.number)


def _may_be_text(found: Said | None) -> bool:
    """Whether what somebody said may be the text that an offer asks for: it is no plain command."""
    return found is None or found.command.is_bare or (bool(found.text) and found.number is None)


def _relayed(message: Incoming, table: Table) -> Route | None:
    return Route(table.relay, text=message.text) if table.relay else None


def _free(message: Incoming, table: Table) -> Route:
    text = free_text(message.text)
    reader = next((handler for is_meant, handler in table.readings if is_meant(text)), None)
    return Route(reader or table.asker, text=text)


def _meant(message: Incoming) -> str:
    return meaning(message.text) if message.kind is Kind.REACTION else message.text


def _written(message: Incoming, standing: Sequence[StandingOffer], table: Table) -> Route | None:
    """The text that the newest offer asks for, or a draft below what was said meanwhile, such as the help."""
    if message.kind is not Kind.MESSAGE:
        return None
    here = [offer for offer in standing if message.thread is None or message.thread == offer.thread]
    for place, taken in enumerate(here):
        asked = taken.offer
        if asked.asks is None or not _is_awaited(message.text, taken, table, is_newest=not place):
            continue
        is_answer = table.answers.get(asked.topic)
        if is_answer is None or is_answer(message.text):
            return Route(table.choosers[asked.topic], message.text, Choice("", WRITTEN, asked.asks), taken)
    return None


def _is_awaited(text: str, taken: StandingOffer, table: Table, *, is_newest: bool) -> bool:
    """Whether a text may be what an offer asked for; for a draft that is the last thing said, even days later."""
    is_draft = taken.offer.topic in table.drafts
    if taken.age <= TEXT_AWAITED:
        return is_newest or is_draft
    if is_draft and taken.age <= DRAFT_AWAITED:
        return True
    return is_draft and is_newest and taken.age <= DRAFT_KEPT and not looks_like_question(text)


def _chosen(message: Incoming, standing: Sequence[StandingOffer], table: Table, *, is_command: bool) -> Route | None:
    if message.kind is Kind.EDIT:
        return None
    is_elsewhere = message.thread is not None and message.kind is Kind.MESSAGE
    here = [offer for offer in standing if not is_elsewhere or offer.thread == message.thread]
    for place, taken in enumerate(here):
        # A „ja“ or a number is about what was said last; a word of its own may be about something earlier.
        if message.kind is not Kind.REACTION and not place:
            choice = find_choice(message.text, taken.offer.choices, is_command=is_command)
        else:
            find = find_reacted if message.kind is Kind.REACTION else find_named
            choice = find(message.text, taken.offer.choices)
        if choice:
            return Route(table.choosers[taken.offer.topic], choice=choice, taken=taken)
    return None
