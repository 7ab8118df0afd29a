"""Forms groups that consult each other: rules are never broken, and few meet again whom they met lately.

A rule is hard: no line of authority within a group, nobody whom a case giver does not want there, one platform for all
unless messages may be passed on. Whoever fits nowhere is a reserve. All else is a wish, and costs something.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import combinations

import numpy as np

from knowledge.departments import Departments
from knowledge.group_search import Matrix, cost, explored, improved

Together = Mapping[frozenset[int], date]
"""For pairs of person ids, the day on which they last were in one group."""

# What it costs to have a pair in one group. The first three are so far apart that none is ever weighed against another.
_BROKEN, _RESERVE, _UNEVEN = 10**11, 10**8, 10**6
_SAME_MODERATION = 60_000
_SAME_DEPARTMENT = 8_000
# A pair that once met costs this much, and up to so much more when that was lately.
_MET, _LATELY = 3_200, 6_400
_HALVED_AFTER = 28  # days
# A pair that never met costs this much for everybody whom neither of them met. Three who never met are what the next
# rounds are made of: with few of them left, people meet again. Ten times as much brings the same; with a hundred times,
# people meet again who need not.
_STRANGER = 1

# Searches for the wanted number of groups: one for each, for many groups are harder, but within these bounds. More than
# ten hardly bring more, and they take longer: ten take 0.15 s for 60 people, 0.6 s with many rules, 3 s for 200.
_FEW_STARTS, _MANY_STARTS = 3, 10
_PATIENCE = 120  # steps of a search that bring nothing until it ends; four times as many hardly bring more
_PLANS = 6  # numbers of groups that are tried where rules are in the way
_SPARE = 4  # places for reserves where rules are in the way


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who wants to be in a group. `leads` is the department that they are a line manager of, empty for none.

    `platforms` are those on which they can be reached.
    """

    id: int
    department: str | None = None
    leads: str = ""
    can_moderate: bool = False
    platforms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """A case that waits for a group; `giver` and `vetoed` are ids of people. `may_relay` allows several platforms.

    One that is for another occasion gets no group: it only says whom its giver does not want there.
    """

    id: int
    giver: int
    waiting_since: date
    is_urgent: bool = False
    may_relay: bool = False
    vetoed: frozenset[int] = frozenset()
    is_for_later: bool = False


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many people a group has at best, at least and at most, and how few make a group where it cannot be helped."""

    smallest: int = 5
    best: int = 6
    largest: int = 7
    fewest: int = 3


SIZES = Sizes()
"""Five to seven; four consult in a shorter form, three as a Troika."""


class Reason(StrEnum):
    """Why people or a case have no group. Which rule it was is not told: nobody is to find out about a veto."""

    TOO_FEW = "too_few"
    TOO_MANY_CASES = "too_many_cases"
    PLATFORMS = "platforms"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Group:
    """The ids of its people, ascending, and of its case; without one they find it when they meet."""

    members: tuple[int, ...]
    case: int | None = None


@dataclass(frozen=True, slots=True)
class Formation:
    """Groups, those who fit into none, and the cases that go on waiting; `reason` is why there are reserves."""

    groups: tuple[Group, ...] = ()
    reserves: tuple[int, ...] = ()
    waiting: Mapping[int, Reason] = field(default_factory=dict)
    reason: Reason | None = None


class Rules:
    """What no group may break. People whom it does not know are in no group."""

    def __init__(self, people: Sequence[Participant], cases: Sequence[Case], departments: Departments) -> None:
        self._people = {one.id: one for one in people}
        self._apart = {frozenset((case.giver, other)) for case in cases for other in case.vetoed - {case.giver}}
        area = cache(departments.same_area)
        for manager in (one for one in people if one.leads):
            others = (other for other in people if other is not manager)
            # Somebody may have named a department that theirs belongs to: so neither way round is allowed.
            self._apart |= {
                frozenset((manager.id, other.id))
                for other in others
                if area(manager.leads, other.department) is not False or area(manager.leads, other.leads or None)
            }

    def part(self, one: int, other: int) -> bool:
        """Must these two never be in one group?"""
        return frozenset((one, other)) in self._apart

    def allow(self, members: Set[int], case: Case | None) -> bool:
        """May these be a group with this case?"""
        if not members <= self._people.keys() or any(self.part(*pair) for pair in combinations(members, 2)):
            return False
        return case is None or case.may_relay or bool(self.common(members))

    def let_in(self, one: int, members: Set[int], case: Case | None) -> bool:
        """May somebody join these, whatever rules they break among themselves by now?"""
        is_near = case is None or case.may_relay or bool(self.common({one, *members})) or not self.common(members)
        return one in self._people and is_near and not any(self.part(one, other) for other in members)

    def common(self, members: Set[int]) -> frozenset[str]:
        """The platforms on which all of these are."""
        return frozenset.intersection(*(self._people[one].platforms for one in members)) if members else frozenset()

    def around(self, case: Case) -> frozenset[int]:
        """All who may be in one group with the giver of a case, without them."""
        return frozenset(one for one in self._people if one != case.giver and self.allow({one, case.giver}, case))


def in_order(cases: Sequence[Case]) -> list[Case]:
    """The cases whose turn it is first: urgent ones, then those that wait longest. One for each giver."""
    ordered = sorted(cases, key=lambda case: (not case.is_urgent, case.waiting_since, case.id))
    firsts = {case.giver: case for case in reversed(ordered)}
    return [case for case in ordered if firsts[case.giver] is case]


def number_of_groups(people: int, cases: int = 0, sizes: Sizes = SIZES) -> int:
    """How many groups so many people are: one for each case where the sizes allow, else those nearest to the best."""
    if people < sizes.fewest:
        return 0
    least, most = -(-people // sizes.largest), people // sizes.smallest
    return max(least, min(max(round(people / sizes.best), cases), most))


def form(
    people: Sequence[Participant],
    cases: Sequence[Case],
    together: Together,
    departments: Departments,
    seed: int,
    sizes: Sizes = SIZES,
) -> Formation:
    """Form the groups of a round. The same `seed` gives the same groups.

    First as many cases as there are groups get one, then as many people as can be have a place, in groups of even size.
    Cases of people who do not take part go on waiting.
    """
    rules, cases = Rules(people, cases, departments), [case for case in cases if not case.is_for_later]
    here = {one.id for one in people}
    possible = [one for one in in_order(cases) if one.giver in here and len(rules.around(one)) + 1 >= sizes.fewest]
    search = _Search(sorted(people, key=lambda one: one.id), rules, together, departments, seed, sizes)
    best = search.run(possible)
    lost = best.lost
    while best.lost:  # others may come off instead
        possible = [one for one in possible if one.id not in lost]
        other = search.run(possible)
        if other.rank >= best.rank:
            break
        best, lost = other, lost | other.lost
    return _told(replace(best, lost=lost), here, cases, rules, sizes)


def _told(best: "_Draft", here: set[int], cases: Sequence[Case], rules: Rules, sizes: Sizes) -> Formation:
    groups = tuple(sorted(best.groups, key=lambda group: group.members))
    reserves = tuple(sorted(here - {one for group in groups for one in group.members}))
    served = {group.case for group in groups}
    waiting = {case.id: _reason(case, here, rules, sizes, best) for case in cases if case.id not in served}
    why = (Reason.RULES if len(here) >= sizes.fewest else Reason.TOO_FEW) if reserves else None
    return Formation(groups, reserves, waiting, why)


def _reason(case: Case, here: set[int], rules: Rules, sizes: Sizes, best: "_Draft") -> Reason:
    if len(here) < sizes.fewest:
        return Reason.TOO_FEW
    if case.giver in here and not case.may_relay:
        near = [one for one in here if rules.common({one, case.giver})]
        if len(near) < sizes.fewest:
            return Reason.PLATFORMS
    is_possible = case.giver in here and len(rules.around(case)) + 1 >= sizes.fewest
    return Reason.TOO_MANY_CASES if is_possible and case.id not in best.lost else Reason.RULES


@dataclass(frozen=True, slots=True)
class _Draft:
    """Groups that break no rule, the cases that were to have one and do not, and how good it is: less is better."""

    groups: tuple[Group, ...]
    lost: frozenset[int]
    rank: tuple[int, int, int, int]


class _Search:
    """Looks for the best groups of the same people, for one selection of cases after the other.

    A group is so many places, of which some stay empty. An empty place is a person whom no rule touches. Two empty
    places in one group cost something, so the groups become even. Reserves sit together with nobody.
    """

    def __init__(
        self,
        people: Sequence[Participant],
        rules: Rules,
        together: Together,
        departments: Departments,
        seed: int,
        sizes: Sizes,
    ) -> None:
        self._people = people
        self._rules = rules
        self._seed = seed
        self._sizes = sizes
        self._ids = [one.id for one in people]
        self._soft = _wishes(people, together, departments)
        self._apart: Matrix = np.array([[rules.part(one, other) for other in self._ids] for one in self._ids], np.int64)
        self._apart.shape = (len(people), len(people))

    def run(self, cases: Sequence[Case]) -> _Draft:
        """The best draft for these cases, the first of which come first."""
        wanted = number_of_groups(len(self._people), len(cases), self._sizes)
        random = np.random.default_rng(self._seed)
        best = _Draft((), frozenset(), self._rank([], 0))
        for count in self._counts(wanted):
            starts = min(max(count, _FEW_STARTS), _MANY_STARTS) if count == wanted else 1
            drafts = [self._draft(count, cases[: min(count, wanted)], random) for _ in range(starts)]
            best = min([best, *drafts], key=lambda draft: draft.rank)
            if best.rank[:3] <= (-len(cases[:wanted]), 0, self._evenness(wanted)):
                break
        lost = frozenset(case.id for case in cases[:wanted]) - {group.case for group in best.groups}
        return replace(best, lost=lost)

    def _counts(self, wanted: int) -> Iterator[int]:
        """Numbers of groups, the wanted one first, then those near it."""
        most = len(self._people) // self._sizes.fewest
        return iter(sorted(range(1, most + 1), key=lambda count: (abs(count - wanted), -count))[:_PLANS])

    def _evenness(self, count: int) -> int:
        """What the sizes of so many groups cost at least."""
        size, larger = divmod(len(self._people), count)
        return larger * self._unevenness(size + 1) + (count - larger) * self._unevenness(size)

    def _unevenness(self, size: int) -> int:
        empty = self._sizes.largest - size
        return empty * (empty - 1) // 2

    def _rank(self, groups: Sequence[Group], soft: int) -> tuple[int, int, int, int]:
        """How many cases have a group (negative), people have none, how uneven the groups are, and the rest."""
        served = sum(group.case is not None for group in groups)
        placed = sum(len(group.members) for group in groups)
        uneven = sum(self._unevenness(len(group.members)) for group in groups)
        return -served, len(self._people) - placed, uneven, soft

    def _draft(self, count: int, cases: Sequence[Case], random: np.random.Generator) -> _Draft:
        """Search once, with as many groups as `count` at most."""
        people = len(self._people)
        platforms = [self._platform(case, random) for case in cases]
        is_free = not self._apart.any() and not any(platforms)
        spare = max(people - count * self._sizes.largest, 0 if is_free else min(_SPARE, people))
        seats = count * self._sizes.largest + spare
        costs = np.zeros((seats, seats), dtype=np.int64)
        costs[people:, people:] = _UNEVEN * (1 - np.eye(seats - people, dtype=np.int64))
        costs[:people, :people] = self._soft + _BROKEN * self._apart + self._moderation(count, cases, random)
        places = np.zeros((seats, count + 1), dtype=np.int64)
        places[:people, -1] = _RESERVE
        for group, (case, platform) in enumerate(zip(cases, platforms, strict=True)):
            giver = self._ids.index(case.giver)
            places[giver] += _BROKEN
            places[giver, group] = 0
            far = [bool(platform) and platform not in one.platforms for one in self._people]
            places[:people, group] += _BROKEN * np.array(far, dtype=np.int64)
        numbers = np.arange(seats) // self._sizes.largest
        start = random.permutation(np.where(numbers < count, numbers, -1))
        found = improved(costs, start, count + 1, places)
        found = explored(costs, found, count + 1, places, random, _PATIENCE)
        groups = self._kept(found[:people], count, cases)
        return _Draft(tuple(groups), frozenset(), self._rank(groups, cost(costs, found, places)))

    def _platform(self, case: Case, random: np.random.Generator) -> str:
        """The platform on which a case is consulted, by chance where its giver has several; empty for any."""
        if case.may_relay:
            return ""
        return str(random.choice(sorted(self._people[self._ids.index(case.giver)].platforms)))

    def _moderation(self, count: int, cases: Sequence[Case], random: np.random.Generator) -> Matrix:
        """Keeps apart as many who can moderate as there are groups, so that each group has one."""
        givers = {case.giver for case in cases}
        able = [at for at, one in enumerate(self._people) if one.can_moderate and one.id not in givers]
        chosen: Matrix = np.zeros(len(self._people), dtype=np.int64)
        if len(self._people) - len(able) >= self._sizes.fewest:  # else no group could be without
            chosen[random.permutation(able)[:count].astype(np.int64)] = 1
        return _SAME_MODERATION * np.outer(chosen, chosen) * (1 - np.eye(len(chosen), dtype=np.int64))

    def _kept(self, found: Matrix, count: int, cases: Sequence[Case]) -> list[Group]:
        """The groups that were found, without those who break a rule there, and without groups that are too small."""
        kept = []
        for number in range(count):
            case = cases[number] if number < len(cases) else None
            members = self._without_broken([self._ids[at] for at in np.flatnonzero(found == number)], case)
            if case is not None and case.giver not in members:
                case = None
            if len(members) >= self._sizes.fewest:
                kept.append(Group(tuple(members), case.id if case else None))
        return kept

    def _without_broken(self, members: list[int], case: Case | None) -> list[int]:
        """Send out whoever breaks most rules, never the case giver, until none is broken."""

        def broken(one: int) -> tuple[bool, int, int]:
            far = case is not None and not self._rules.allow({one, case.giver}, case)
            is_giver = case is not None and one == case.giver
            return not is_giver, sum(self._rules.part(one, other) for other in members) + far, one

        while members and not self._rules.allow(set(members), case):
            members.remove(max(members, key=broken))
        return members


def _wishes(people: Sequence[Participant], together: Together, departments: Departments) -> Matrix:
    """What it costs to have two in one group whom no rule keeps apart, symmetrical, in the order of `people`.

    It looks one step ahead (`_STRANGER`). Who comes to later rounds is not known, so these are not planned.
    """
    named = cache(lambda said: departments.find(said) or said.casefold())
    own = [named(one.department) if one.department else None for one in people]
    latest = max(together.values(), default=date.min)
    costs = np.zeros((len(people), len(people)), dtype=np.int64)
    strangers = 1 - np.eye(len(people), dtype=np.int64)
    for (row, one), (column, other) in combinations(enumerate(people), 2):
        if (last := together.get(frozenset((one.id, other.id)))) is not None:
            costs[row, column] = _MET + (_LATELY >> min((latest - last).days // _HALVED_AFTER, _LATELY))
            strangers[row, column] = strangers[column, row] = 0
        if own[row] is not None and own[row] == own[column]:
            costs[row, column] += _SAME_DEPARTMENT
    return costs + costs.T + _STRANGER * strangers * (strangers @ strangers)
