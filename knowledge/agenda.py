"""Makes an agenda: what has time in a meeting, in which order, and what waits on. Rules over values, no storage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from storage.models.agenda import Goal

USUAL_MINUTES = 10
USUAL_GOAL = Goal.DISCUSSION
PATIENCE = 2
"""A topic that found no time so often comes first."""
EASY_TO_HARD = (Goal.INFO, Goal.DISCUSSION, Goal.DECISION, Goal.CONSULTATION)


@dataclass(frozen=True, slots=True)
class Item:
    """What stands on an agenda: a topic by its `number`, or without one a fixed item of the template.

    Fixed items come first, or with `is_last` at the end. A recurring topic has its place without any vote.
    """

    title: str
    number: int | None = None
    minutes: int = USUAL_MINUTES
    goal: Goal = USUAL_GOAL
    is_last: bool = False
    is_recurring: bool = False
    proposed_on: date = date.min
    deferrals: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The agenda of a meeting of so many `available` minutes, and the topics that found no time there."""

    items: tuple[Item, ...]
    overflow: tuple[Item, ...]
    available: int

    @property
    def minutes(self) -> int:
        """What all items take together."""
        return total(self.items)

    @property
    def excess(self) -> int:
        """So many minutes too long; only fixed items alone can bring that about."""
        return max(0, self.minutes - self.available)


def build(template: Sequence[Item], topics: Iterable[Item], minutes_available: int) -> Plan:
    """Fill the time between the fixed items with topics; each that still fits, the most urgent ones first.

    Urgent is what found no time twice, then what recurs, then what has most points; of equal points a decision, then
    what waits longest. Those that have found time are talked about in the same order, but of equal points from easy to
    hard, as people decide better once they are warm. What was voted for and finds no time is deferred once more.
    """
    first = [item for item in template if not item.is_last]
    last = [item for item in template if item.is_last]
    left = minutes_available - total(template)
    chosen: list[Item] = []
    overflow: list[Item] = []
    for topic in sorted(topics, key=_urgency):
        if topic.minutes <= left:
            chosen.append(topic)
            left -= topic.minutes
        else:
            overflow.append(replace(topic, deferrals=topic.deferrals + (topic.points > 0)))
    return Plan((*first, *sorted(chosen, key=_place), *last), tuple(overflow), minutes_available)


def total(items: Iterable[Item]) -> int:
    """The minutes that items take together."""
    return sum(item.minutes for item in items)


def _urgency(topic: Item) -> tuple[bool, bool, int, bool, date]:
    """Who finds time first."""
    return *_rank(topic), topic.goal is not Goal.DECISION, topic.proposed_on


def _place(topic: Item) -> tuple[bool, bool, int, int, date]:
    """What is talked about first."""
    return *_rank(topic), EASY_TO_HARD.index(topic.goal), topic.proposed_on


def _rank(topic: Item) -> tuple[bool, bool, int]:
    return topic.deferrals < PATIENCE, not topic.is_recurring, -topic.points
