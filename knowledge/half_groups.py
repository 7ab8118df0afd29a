"""Splits people into groups in which few meet again whom they met lately (wechselnde Halbgruppen)."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations

import numpy as np

from knowledge.group_search import Matrix, cost, improved

Groups = tuple[tuple[int, ...], ...]
"""Person ids in each group, ascending."""

# A pair that sat together last time costs this much, one whose last time is one meeting older half of it, and so on.
_LATEST, _OLDEST = 64, 1
# A pair that always met the same people costs this much more: without it, halves of halves would stay together.
_ALWAYS_TOGETHER = 256
_SAME_DEPARTMENT = 48
_STARTS = 8


def split(
    departments: Mapping[int, str | None], count: int, together: Mapping[frozenset[int], date], seed: int
) -> Groups:
    """Split the people (the keys of `departments`) into `count` groups whose sizes differ by one at most.

    `together` has for pairs of person ids the day on which they last sat in the same group. People of one department
    go to different groups where they can; None is no department. The same `seed` gives the same groups. With fewer
    people than groups some are empty. Raises `ValueError` below one group.
    """
    if count < 1:
        raise ValueError("there is at least one group")
    people = sorted(departments)
    costs = _costs(people, departments, together)
    random = np.random.default_rng(seed)
    tries = [improved(costs, random.permutation(np.arange(len(people)) % count), count) for _ in range(_STARTS)]
    best = min(tries, key=lambda groups: cost(costs, groups))
    return _listed(people, best, count)


def rebalanced(
    groups: Sequence[Sequence[int]], departments: Mapping[int, str | None], together: Mapping[frozenset[int], date]
) -> Groups:
    """Return the groups for those who come now (the keys of `departments`), moving as few people as possible.

    Who no longer comes is out, who is new goes where there is room. A group keeps its number. Sizes differ by one at
    most. Of those who could be moved it is who meets the fewest again. Raises `ValueError` without any group.
    """
    if not groups:
        raise ValueError("there is at least one group")
    people = sorted(departments)
    at = {person: index for index, person in enumerate(people)}
    costs = _costs(people, departments, together)
    now = [{at[person] for person in group if person in at} for group in groups]
    waiting = set(range(len(people))) - set().union(*now)
    room = _room(now, len(people))
    while waiting or any(free < 0 for free in room):
        person, group = _cheapest_move(costs, now, room, waiting)
        for index, members in enumerate(now):
            if person in members:
                members.remove(person)
                room[index] += 1
        waiting.discard(person)
        now[group].add(person)
        room[group] -= 1
    return tuple(tuple(people[index] for index in sorted(members)) for members in now)


def _room(groups: Sequence[set[int]], people: int) -> list[int]:
    """How many more people fit into each group; below zero: how many are too many. The largest may be one larger."""
    size, larger = divmod(people, len(groups))
    largest = sorted(range(len(groups)), key=lambda index: (-len(groups[index]), index))[:larger]
    return [size + (index in largest) - len(members) for index, members in enumerate(groups)]


def _cheapest_move(
    costs: Matrix, groups: Sequence[set[int]], room: Sequence[int], waiting: set[int]
) -> tuple[int, int]:
    """Who goes into which group: those without a group first, then somebody out of a group that is too large."""

    def price(person: int, group: set[int]) -> int:
        return int(costs[person, sorted(group)].sum())

    free = [index for index, places in enumerate(room) if places > 0]
    if waiting:
        moves = [(price(person, groups[to]), person, to) for person in waiting for to in free]
    else:
        crowded = [members for members, places in zip(groups, room, strict=True) if places < 0]
        moves = [
            (price(person, groups[to]) - price(person, members), person, to)
            for members in crowded
            for person in members
            for to in free
        ]
    _, person, group = min(moves)
    return person, group


def _costs(
    people: Sequence[int], departments: Mapping[int, str | None], together: Mapping[frozenset[int], date]
) -> Matrix:
    """What it costs to have two in one group, symmetrical, in the order of `people`.

    How often two met is not known and not asked for. But who always sat together met the others on the same days.
    """
    ages = {day: age for age, day in enumerate(sorted(set(together.values()), reverse=True))}
    met = np.full((len(people), len(people)), -1, dtype=np.int64)  # how many meetings ago; below zero: never
    costs = np.zeros_like(met)
    for (row, one), (column, other) in combinations(enumerate(people), 2):
        if (last := together.get(frozenset((one, other)))) is not None:
            met[row, column] = met[column, row] = ages[last]
            costs[row, column] = max(_LATEST >> ages[last], _OLDEST)
        if departments[one] is not None and departments[one] == departments[other]:
            costs[row, column] += _SAME_DEPARTMENT
    alike: Matrix = (met[:, None, :] == met[None, :, :]).sum(axis=2)
    costs += costs.T + np.where(met == 0, _ALWAYS_TOGETHER * alike // max(len(people), 1), 0)
    return costs


def _listed(people: Sequence[int], groups: Matrix, count: int) -> Groups:
    return tuple(tuple(p for p, g in zip(people, groups, strict=True) if g == group) for group in range(count))
