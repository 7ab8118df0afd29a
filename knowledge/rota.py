"""Whose turn it is to have a duty: a queue for each duty, and nothing about what anybody did before.

A queue is a sequence of person ids, next one first. Whoever had the duty goes to its end when the meeting is over,
and whoever is skipped or gives the duty away keeps their place. So no count of what anybody did is ever needed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random

from storage.models.jour_fixe import Duty
from storage.models.people import Experience

SMALLEST_WITH_TIMEKEEPER = 6
"""How many people a round needs before one of them only looks at the clock."""


def duties(people: int) -> tuple[Duty, ...]:
    """Tell which duties a round of so many people has, in the order in which they are given."""
    if people < SMALLEST_WITH_TIMEKEEPER:
        return (Duty.MODERATOR, Duty.MINUTE_TAKER)
    return (Duty.MODERATOR, Duty.MINUTE_TAKER, Duty.TIMEKEEPER)


def tended(
    queue: Sequence[int], duty: Duty, members: Mapping[int, Experience | None], random: Random
) -> tuple[int, ...]:
    """Return the queue with exactly these members: who left is out, who joined stands at its end, in random order.

    Newcomers start with looking at the clock, so they join that queue in front, and the others behind everybody.
    """
    joined = random.sample(joining := sorted(members.keys() - set(queue)), len(joining))
    new = [person for person in joined if members[person] is Experience.NEW]
    experienced = [person for person in joined if person not in new]
    stayed = [person for person in queue if person in members]
    return (*new, *stayed, *experienced) if duty is Duty.TIMEKEEPER else (*stayed, *experienced, *new)


def served(queue: Sequence[int], people: Iterable[int]) -> tuple[int, ...]:
    """Return the queue after these people had the duty, in this order: they are at its end, whoever they stood in for.

    Those who are not in the queue stay out of it.
    """
    queue = tuple(queue)
    for person in people:
        if person in queue:
            queue = (*(other for other in queue if other != person), person)
    return queue


def next_in(
    queue: Sequence[int],
    *,
    absent: Collection[int] = (),
    busy: Collection[int] = (),
    tired: Collection[int] = (),
    after: int | None = None,
) -> int | None:
    """Return who is next, or None if nobody can.

    `absent` are not there, `busy` have another duty at the same meeting. `tired` had a duty at the meeting before or
    have one at the next, and are asked only when nobody else is left. `after` said no: those behind are asked. So
    everybody is asked once, although nobody keeps a list of who said no. Somebody who is not in the queue said no
    before everybody else.
    """
    order = [person for person in queue if person not in tired] + [person for person in queue if person in tired]
    behind = order[order.index(after) + 1 :] if after in order else order
    return next((person for person in behind if person not in absent and person not in busy), None)


def assigned(
    queues: Mapping[Duty, Sequence[int]], *, absent: Collection[int] = (), tired: Collection[int] = ()
) -> dict[Duty, int]:
    """Give each duty of the queues to somebody, in their order; a duty that nobody can have is left out."""
    given: dict[Duty, int] = {}
    for duty, queue in queues.items():
        if (person := next_in(queue, absent=absent, busy=given.values(), tired=tired)) is not None:
            given[duty] = person
    return given
