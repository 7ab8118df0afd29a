"""Decides which handler takes a message. Pure: values in, a decision out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.commands import Command, find_choice, find_command, free_text, meaning
from bot.messages import Choice, Incoming, Kind, Offer, Sought
from bot.turn import Errand, Finder, Handler

WRITTEN = "eigener Text"
"""Stands where a choice was taken by writing the text that was asked for."""


@dataclass(frozen=True, slots=True)
class Job:
    """A command together with the handler that does it."""

    command: Command
    handler: Handler


@dataclass(frozen=True, slots=True)
class Table:
    """All that the bot can do.

    Commands in help order, who takes choices (by topic), who takes free text, who finds something to show, who hears
    asides, what is done each night.
    """

    jobs: tuple[Job, ...]
    choosers: Mapping[str, Handler]
    asker: Handler
    finders: Mapping[Sought, Finder] = field(default_factory=dict)
    listener: Handler | None = None
    errands: tuple[Errand, ...] = ()


@dataclass(frozen=True, slots=True)
class StandingOffer:
    """An offer that waits for the sender: where it stands, below which text, and the thread it may be answered in.

    `is_fresh` while a text that it asks for may be the next thing said.
    """

    message_key: str
    thread: str | None
    offer: Offer
    text: str = ""
    is_fresh: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """The decision: this handler, with this text or this choice, about the entry with this number."""

    handler: Handler
    text: str = ""
    choice: Choice | None = None
    taken: StandingOffer | None = None
    number: int | None = None


def route(message: Incoming, standing: Sequence[StandingOffer], table: Table) -> Route | None:
    """Who takes the message; nobody when it was not meant for the bot. `standing` is newest first."""
    chosen = _chosen(message, standing, table)
    if chosen:
        return chosen
    if message.is_aside:
        return Route(table.listener, text=message.text) if table.listener else None
    if message.kind is Kind.PRESS or not message.is_addressed:
        return None
    found = find_command(_meant(message), [job.command for job in table.jobs])
    if (found is None or found.text) and (written := _written(message, standing, table)):
        return written
    if found is None:
        return Route(table.asker, text=free_text(message.text)) if message.kind is not Kind.REACTION else None
    handler = next(job.handler for job in table.jobs if job.command is found.command)
    return Route(handler, text=found.text, number=found.number)


def _meant(message: Incoming) -> str:
    return meaning(message.text) if message.kind is Kind.REACTION else message.text


def _written(message: Incoming, standing: Sequence[StandingOffer], table: Table) -> Route | None:
    """The text that the newest offer asks for."""
    if message.kind is not Kind.MESSAGE:
        return None
    here = [offer for offer in standing if message.thread is None or message.thread == offer.thread]
    if not here or here[0].offer.asks is None or not here[0].is_fresh:
        return None
    asked = here[0].offer
    return Route(table.choosers[asked.topic], message.text, Choice("", WRITTEN, asked.asks or {}), here[0])


def _chosen(message: Incoming, standing: Sequence[StandingOffer], table: Table) -> Route | None:
    if message.kind is Kind.EDIT:
        return None
    for taken in standing:
        if message.thread is not None and message.kind is Kind.MESSAGE and message.thread != taken.thread:
            continue
        choice = find_choice(message.text, taken.offer.choices)
        if choice:
            return Route(table.choosers[taken.offer.topic], choice=choice, taken=taken)
    return None
