"""Forming groups for peer consultation beside grouping by chance: how long it takes, and how many meet again.

Sixty people of twelve departments come to ten rounds, four weeks apart; a quarter can moderate, four have a case.
"""

import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import combinations
from random import Random
from statistics import median

from benchmarks.figures import Figure
from knowledge.consultation_groups import Case, Formation, Group, Participant, Together, form, number_of_groups
from knowledge.departments import Departments

PEOPLE, ROUNDS, AREAS, CASES = 60, 10, 12, 4
FIRST = date(2026, 1, 15)

Chooser = Callable[[Sequence[Participant], Together, int], Formation]


def by_search(people: Sequence[Participant], together: Together, seed: int) -> Formation:
    """Form groups as the product does."""
    cases = [Case(number, giver=seed + number, waiting_since=FIRST) for number in range(1, CASES + 1)]
    return form(people, cases, together, Departments(), seed)


def by_chance(people: Sequence[Participant], together: Together, seed: int) -> Formation:
    """Deal people out like cards."""
    shuffled = Random(seed).sample([one.id for one in people], len(people))
    count = number_of_groups(len(people), CASES)
    return Formation(tuple(Group(tuple(shuffled[number::count])) for number in range(count)))


def community() -> list[Participant]:
    """Who takes part each time."""
    random = Random(1)
    return [
        Participant(one, f"Amt {random.randrange(AREAS)}", "", one % 4 == 0, frozenset({"matrix"}))
        for one in range(1, PEOPLE + 1)
    ]


def play(choose: Chooser) -> tuple[list[float], int, int]:
    """Seconds for each round, how many pairs met again over all of them, and how many were of one department."""
    people, together, seconds = community(), dict[frozenset[int], date](), []
    area_of = {one.id: one.department for one in people}
    again = alike = 0
    for number in range(ROUNDS):
        began = time.perf_counter()
        formation = choose(people, together, number)
        seconds.append(time.perf_counter() - began)
        now = {frozenset(pair) for group in formation.groups for pair in combinations(group.members, 2)}
        again += len(now & together.keys())
        alike += sum(len({area_of[one] for one in pair}) == 1 for pair in now)
        together |= dict.fromkeys(now, FIRST + number * timedelta(weeks=4))
    return seconds, again, alike


def run() -> list[Figure]:
    """Speed, pairs that meet again, and pairs of one department."""
    by_search(community(), {}, 0)  # the first call warms numpy up
    seconds, again, alike = play(by_search)
    quick, again_by_chance, alike_by_chance = play(by_chance)
    speed = Figure(f"groups for {PEOPLE} people, p50", median(seconds) * 1000, "ms", "by chance", median(quick) * 1000)
    return [
        speed.at_most(500),
        Figure("the slowest round", max(seconds) * 1000, "ms", "by chance", max(quick) * 1000).at_most(1000),
        Figure("pairs that met again", again, "", "by chance", again_by_chance).at_most_times(0.4),
        Figure("pairs of one department", alike, "", "by chance", alike_by_chance).at_most_times(0.2),
    ]
