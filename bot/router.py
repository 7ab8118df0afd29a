"""Decides which handler takes a message. Pure: values in, a decision out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.commands import Command, find_choice, find_command, free_text
from bot.messages import Choice, Incoming, Kind, Offer, Sought
from bot.turn import Finder, Handler


@dataclass(frozen=True, slots=True)
class Job:
    """A command together with the handler that does it."""

    command: Command
    handler: Handler


@dataclass(frozen=True, slots=True)
class Table:
    """All that the bot can do.

    Commands in help order, who takes choices (by topic), who takes free text, who finds something to show.
    """

    jobs: tuple[Job, ...]
    choosers: Mapping[str, Handler]
    asker: Handler
    finders: Mapping[Sought, Finder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StandingOffer:
    """An offer that waits for the sender: where it stands, below which text, and the thread it may be answered in."""

    message_key: str
    thread: str | None
    offer: Offer
    text: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """The decision: this handler, with this text or this choice."""

    handler: Handler
    text: str = ""
    choice: Choice | None = None
    taken: StandingOffer | None = None


def route(message: Incoming, standing: Sequence[StandingOffer], table: Table) -> Route | None:
    """Who takes the message; nobody when it was not meant for the bot. `standing` is newest first."""
    chosen = _chosen(message, standing, table)
    if chosen:
        return chosen
    if message.kind in (Kind.REACTION, Kind.PRESS) or not message.is_addressed:
        return None
    found = find_command(message.text, [job.command for job in table.jobs])
    if found is None:
        return Route(table.asker, text=free_text(message.text))
    command, text = found
    return Route(next(job.handler for job in table.jobs if job.command is command), text=text)


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
