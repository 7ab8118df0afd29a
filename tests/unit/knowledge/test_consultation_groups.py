from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.consultation_groups import (
    SIZES,
    Case,
    Formation,
    Group,
    Participant,
    Reason,
    Rules,
    Sizes,
    Together,
    form,
    in_order,
    number_of_groups,
)
from knowledge.departments import Department, Departments

LAST, BEFORE, LONG_AGO = date(2026, 11, 5), date(2026, 10, 8), date(2026, 1, 15)
MATRIX, TEAMS = frozenset({"matrix"}), frozenset({"teams"})
BOTH = MATRIX | TEAMS
TOWN = Departments(
    (
        Department("Soziales"),
        Department("Sozialamt", under="Soziales"),
        Department("Team Wohngeld", under="Sozialamt"),
        Department("Bauen"),
        Department("Kultur"),
        Department("IT"),
    )
)
AREAS = ("Soziales", "Sozialamt", "Team Wohngeld", "Bauen", "Kultur", "IT")
ROUNDS = 10
FOURS = Sizes(4, 4, 4)

departments = st.sampled_from((None, "Amt 99", *AREAS))
platforms = st.sampled_from((MATRIX, TEAMS, BOTH))
seeds = st.integers(0, 99)


@st.composite
def participants(draw: st.DrawFn, at_most: int = 24) -> list[Participant]:
    ids = draw(st.sets(st.integers(1, 60), max_size=at_most))
    leads = st.sampled_from(("", "", "", *AREAS, "Amt 99"))
    return [
        Participant(one, draw(departments), draw(leads), draw(st.booleans()), draw(platforms)) for one in sorted(ids)
    ]


@st.composite
def cases_of(draw: st.DrawFn, people: Sequence[Participant]) -> list[Case]:
    ids = st.sampled_from([one.id for one in people] or [1])
    since = st.dates(LONG_AGO, LAST)
    return [
        Case(number, draw(ids), draw(since), draw(st.booleans()), draw(st.booleans()), draw(st.frozensets(ids)))
        for number in range(draw(st.integers(0, 5)))
    ]


def people(count: int, **facts: object) -> list[Participant]:
    return [replace(Participant(one, platforms=MATRIX), **facts) for one in range(1, count + 1)]  # type: ignore[arg-type]


def formed(
    who: Sequence[Participant],
    cases: Sequence[Case] = (),
    together: Together | None = None,
    seed: int = 1,
    sizes: Sizes | None = None,
) -> Formation:
    return form(who, cases, together or {}, TOWN, seed, sizes or Sizes())


def sizes_of(formation: Formation) -> list[int]:
    return sorted((len(group.members) for group in formation.groups), reverse=True)


def pairs(formation: Formation) -> set[frozenset[int]]:
    return {frozenset(pair) for group in formation.groups for pair in combinations(group.members, 2)}


def group_of(person: int, formation: Formation) -> Group:
    return next(group for group in formation.groups if person in group.members)


def broken(who: Sequence[Participant], cases: Sequence[Case], formation: Formation) -> list[str]:
    """Tell which rules are broken, written down once more and without any haste."""
    by_id = {one.id: one for one in who}
    given_by = {case.id: case for case in cases}
    found = []
    for group in formation.groups:
        members = [by_id[one] for one in group.members]
        for one in members:
            for other in members:
                if one is not other and one.leads and TOWN.same_area(one.leads, other.department) is not False:
                    found.append(f"line of authority: {one} {other}")
        for case in cases:
            if case.giver in group.members and case.vetoed & set(group.members) - {case.giver}:
                found.append(f"veto: {case} {group}")
        case_here = given_by[group.case] if group.case is not None else None
        if case_here is not None and case_here.giver not in group.members:
            found.append(f"case without its giver: {case_here} {group}")
        if case_here and not case_here.may_relay and not frozenset.intersection(*(one.platforms for one in members)):
            found.append(f"no platform: {group}")
    served = [group.case for group in formation.groups if group.case is not None]
    if len(served) != len(set(served)):
        found.append(f"a case twice: {served}")
    return found


# sizes


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (0, []),
        (2, []),
        (3, [3]),
        (4, [4]),
        (5, [5]),
        (7, [7]),
        (8, [4, 4]),
        (9, [5, 4]),
        (10, [5, 5]),
        (11, [6, 5]),
        (13, [7, 6]),
        (14, [7, 7]),
        (15, [5, 5, 5]),
        (34, [6, 6, 6, 6, 5, 5]),
        (60, [6] * 10),
    ],
)
def test_so_many_people_are_groups_of_these_sizes(count: int, sizes: list[int]) -> None:
    formation = formed(people(count))
    assert sizes_of(formation) == sizes
    assert len(formation.reserves) == count - sum(sizes)


def test_two_people_are_too_few() -> None:
    formation = formed(people(2), [Case(1, 1, LAST)])
    assert formation == Formation((), (1, 2), {1: Reason.TOO_FEW}, Reason.TOO_FEW)


@given(st.integers(10, 200), st.integers(0, 40))
def test_from_ten_people_on_all_groups_have_five_to_seven(count: int, cases: int) -> None:
    groups = number_of_groups(count, cases)
    assert 5 * groups <= count <= 7 * groups
    assert groups >= min(cases, count // 5)


def test_more_cases_make_more_groups_where_the_sizes_allow() -> None:
    assert sizes_of(formed(people(20), [Case(one, one, LAST) for one in (1, 2, 3, 4)])) == [5, 5, 5, 5]
    assert sizes_of(formed(people(20), [Case(1, 1, LAST)])) == [7, 7, 6]


# rules


@settings(max_examples=60)
@given(st.data(), seeds)
def test_no_rule_is_ever_broken_and_everybody_is_somewhere_once(data: st.DataObject, seed: int) -> None:
    who = data.draw(participants())
    cases = data.draw(cases_of(who))
    together = data.draw(
        st.dictionaries(
            st.frozensets(st.sampled_from([one.id for one in who] or [1]), min_size=2, max_size=2),
            st.sampled_from((LAST, BEFORE, LONG_AGO)),
            max_size=10,
        )
        if len(who) > 1
        else st.just({})
    )
    formation = formed(who, cases, together, seed)
    assert not broken(who, cases, formation)
    members = [one for group in formation.groups for one in group.members]
    assert sorted([*members, *formation.reserves]) == [one.id for one in who]
    assert all(3 <= size <= 7 for size in sizes_of(formation))
    assert {case.id for case in cases} == formation.waiting.keys() ^ {
        g.case for g in formation.groups if g.case in range(9)
    }
    assert (formation.reason is None) == (not formation.reserves)


@settings(max_examples=20)
@given(st.integers(3, 45), seeds)
def test_without_rules_in_the_way_everybody_has_a_place_in_groups_of_even_size(count: int, seed: int) -> None:
    formation = formed(people(count, department="IT"), seed=seed)
    assert not formation.reserves
    assert max(sizes_of(formation)) - min(sizes_of(formation)) <= 1


@settings(max_examples=40)
@given(st.data())
def test_of_a_few_as_many_have_a_place_as_the_rules_allow(data: st.DataObject) -> None:
    who = data.draw(participants(at_most=7))
    everybody = {one.id for one in who}
    rules = Rules(who, [], TOWN)
    most = max(
        (size for size in range(3, 8) for group in combinations(everybody, size) if rules.allow(set(group), None)),
        default=0,
    )
    assert len(everybody) - len(formed(who).reserves) >= most


@pytest.mark.parametrize("department", ["Sozialamt", "Team Wohngeld", "Soziales", None, "Amt 99"])
def test_a_line_manager_never_sits_with_those_of_their_line(department: str | None) -> None:
    boss = Participant(1, "Sozialamt", leads="Sozialamt", platforms=MATRIX)
    others = [replace(one, department="IT") for one in people(12) if one.id > 2]
    formation = formed([boss, Participant(2, department, platforms=MATRIX), *others])
    assert sizes_of(formation) == [6, 6]
    assert 2 not in group_of(1, formation).members


def test_a_line_manager_whose_people_are_all_there_is_is_a_reserve() -> None:
    boss = Participant(9, "Soziales", leads="Soziales", platforms=MATRIX)
    formation = formed([boss, *people(5, department="Team Wohngeld")])
    assert formation == Formation((Group((1, 2, 3, 4, 5)),), (9,), {}, Reason.RULES)


def test_reserves_need_not_get_on_with_each_other() -> None:
    managers = [Participant(one, None, leads, platforms=MATRIX) for one, leads in enumerate(("IT", "IT", "Bauen"), 3)]
    others = [Participant(one, area, platforms=MATRIX) for one, area in ((1, None), (2, "IT"), (6, "Bauen"))]
    for seed in range(5):
        formation = formed([*managers, *others], seed=seed)
        assert (formation.groups, formation.reserves) == ((Group((1, 2, 6)),), (3, 4, 5))


def test_line_managers_of_different_departments_may_consult_each_other() -> None:
    leads = ("Sozialamt", "Bauen", "Kultur", "IT")
    formation = formed([Participant(one, area, area, platforms=MATRIX) for one, area in enumerate(leads)])
    assert sizes_of(formation) == [4]


def test_a_vetoed_person_is_in_another_group_and_nobody_is_told_why() -> None:
    case = Case(1, giver=1, waiting_since=LAST, vetoed=frozenset({2, 3}))
    formation = formed(people(12), [case])
    assert not {2, 3} & set(group_of(1, formation).members)
    few = formed(people(5), [replace(case, vetoed=frozenset({2}))])
    assert (sizes_of(few), few.reserves, few.reason) == ([4], (2,), Reason.RULES)


def test_a_veto_holds_while_the_case_waits_too() -> None:
    """In a group without a case it might come up in the casting."""
    urgent = [Case(one, one, LAST, is_urgent=True) for one in (2, 3)]
    formation = formed(people(10), [*urgent, Case(9, 1, LAST, vetoed=frozenset({4}))])
    assert formation.waiting == {9: Reason.TOO_MANY_CASES}
    assert 4 not in group_of(1, formation).members


def test_a_case_for_another_occasion_gets_no_group_but_its_veto_holds() -> None:
    case = Case(1, giver=1, waiting_since=LAST, vetoed=frozenset({2}), is_for_later=True)
    for seed in range(5):
        formation = formed(people(10), [case], seed=seed)
        assert formation.waiting == {}
        assert 2 not in group_of(1, formation).members
        assert {group.case for group in formation.groups} == {None}


def test_people_of_two_platforms_meet_only_where_the_case_giver_lets_messages_be_passed_on() -> None:
    mixed = [*people(5), *(Participant(one, platforms=TEAMS) for one in range(11, 16))]
    case = Case(1, giver=1, waiting_since=LAST)
    strict = formed(mixed, [case])
    assert sizes_of(strict) == [5, 5]
    assert group_of(1, strict) == Group((1, 2, 3, 4, 5), case=1)
    one_more = Participant(16, platforms=TEAMS)
    assert sizes_of(formed([*mixed[:4], *mixed[5:], one_more], [case])) == [6, 4]
    assert any(
        group_of(1, formed(mixed, [replace(case, may_relay=True)], seed=seed)).members != (1, 2, 3, 4, 5)
        for seed in range(5)
    )


def test_who_is_alone_on_a_platform_is_told_why_their_case_waits() -> None:
    mixed = [Participant(1, platforms=TEAMS), Participant(2, platforms=TEAMS), *people(8)[2:]]
    formation = formed(mixed, [Case(1, giver=1, waiting_since=LAST)])
    assert formation.waiting == {1: Reason.PLATFORMS}
    assert sizes_of(formation) == [4, 4]


def test_somebody_with_two_platforms_is_no_bridge_without_a_common_one() -> None:
    bridged = [Participant(1, platforms=BOTH), *people(3)[1:], *(Participant(one, platforms=TEAMS) for one in (8, 9))]
    formation = formed(bridged, [Case(1, giver=1, waiting_since=LAST)])
    assert not broken(bridged, [Case(1, 1, LAST)], formation)
    assert sizes_of(formation) == [3]
    assert len(formation.reserves) == 2


def test_who_joins_later_breaks_no_rule_either() -> None:
    boss = Participant(9, "IT", leads="IT", platforms=MATRIX)
    who = [*people(4, department="IT"), boss, Participant(8, platforms=TEAMS), Participant(7, platforms=BOTH)]
    case = Case(1, giver=1, waiting_since=LAST, vetoed=frozenset({3}))
    rules = Rules(who, [case], TOWN)
    may = {one.id for one in who if one.id != 1 and rules.let_in(one.id, {1, 2}, case)}
    assert may == {2, 4, 7}
    assert rules.let_in(8, {1, 2}, replace(case, may_relay=True))
    assert not rules.let_in(77, {1, 2}, None)


# cases


def test_the_urgent_case_goes_first_then_the_one_that_waits_longest() -> None:
    late, early, urgent = Case(1, 1, LAST), Case(2, 2, LONG_AGO), Case(3, 3, LAST, is_urgent=True)
    assert in_order([late, early, urgent]) == [urgent, early, late]
    formation = formed(people(10), [late, early, urgent])
    assert {group.case for group in formation.groups} == {2, 3}
    assert formation.waiting == {1: Reason.TOO_MANY_CASES}


def test_nobody_has_two_cases_in_one_round() -> None:
    formation = formed(people(12), [Case(1, 1, LONG_AGO), Case(2, 1, LAST)])
    assert [group.case for group in formation.groups if group.case is not None] == [1]
    assert formation.waiting == {2: Reason.TOO_MANY_CASES}


def test_a_case_that_cannot_be_makes_room_for_the_next_one() -> None:
    refuses_all = Case(1, 1, LONG_AGO, vetoed=frozenset(range(2, 11)))
    formation = formed(people(11)[:10], [refuses_all, Case(2, 2, LAST), Case(3, 3, LAST)])
    assert {group.case for group in formation.groups} == {2, 3}
    assert formation.waiting == {1: Reason.RULES}


def test_the_case_of_somebody_who_is_not_there_goes_on_waiting() -> None:
    assert formed(people(6), [Case(1, 77, LAST)]).waiting == {1: Reason.RULES}


# wishes


def test_each_group_has_somebody_who_can_moderate_and_does_not_give_the_case() -> None:
    able = {1, 2, 7, 8, 9}
    who = [replace(one, can_moderate=one.id in able) for one in people(18)]
    cases = [Case(1, 1, LAST), Case(2, 2, LAST)]
    for seed in range(5):
        for group in formed(who, cases, seed=seed).groups:
            assert able & set(group.members) - {case.giver for case in cases if case.id == group.case}


def test_departments_are_mixed_as_evenly_as_can_be() -> None:
    who = [replace(one, department=AREAS[one.id % 3]) for one in people(36)]
    for group in formed(who).groups:
        assert Counter(one % 3 for one in group.members) == {0: 2, 1: 2, 2: 2}


def test_who_met_long_ago_meets_again_before_those_of_last_time() -> None:
    recent = [frozenset(pair) for pair in combinations((1, 2, 3, 4, 5), 2)]
    together = dict.fromkeys(recent, LAST) | {frozenset((1, other)): BEFORE for other in range(6, 11)}
    again = pairs(formed(people(10), together=together)) & together.keys()
    assert sum(together[pair] == LAST for pair in again) == 4  # five people in two groups: two and three


def test_the_same_seed_gives_the_same_groups_whatever_the_order() -> None:
    who = [replace(one, department=AREAS[one.id % 5], can_moderate=one.id % 3 == 0) for one in people(30)]
    cases = [Case(one, one, LAST) for one in (1, 5, 9)]
    assert formed(who, cases, seed=4) == formed(who[::-1], cases[::-1], seed=4)
    assert formed(who, cases, seed=4) != formed(who, cases, seed=5)


# few meet again, over many rounds

Chooser = Callable[[Sequence[Participant], Together, int, Sizes], Formation]


def by_search(who: Sequence[Participant], together: Together, seed: int, sizes: Sizes) -> Formation:
    return formed(who, together=together, seed=seed, sizes=sizes)


def at_random(who: Sequence[Participant], together: Together, seed: int, sizes: Sizes) -> Formation:
    count = number_of_groups(len(who), sizes=sizes)
    shuffled = Random(seed).sample([one.id for one in who], len(who))
    return Formation(tuple(Group(tuple(shuffled[number::count])) for number in range(count)))


@dataclass(frozen=True)
class Played:
    """How many pairs met again in each round, and how many were of one department; each with what must be at least."""

    by_round: Sequence[int]
    fewest: int
    alike: int
    fewest_alike: int

    @property
    def again(self) -> int:
        return sum(self.by_round)


@cache
def play(choose: Chooser, count: int, sizes: Sizes, *, absent: int = 0, areas: int = 0) -> Played:
    """Play ten rounds, four weeks apart."""
    random = Random(count)
    everybody = [replace(one, department=f"Amt {random.randrange(areas)}" if areas else None) for one in people(count)]
    together: dict[frozenset[int], date] = {}
    met: Counter[int] = Counter()
    by_round, seats, alike, fewest_alike = list[int](), 0, 0, 0
    for number in range(ROUNDS):
        away = set(random.sample(range(1, count + 1), absent))
        who = [one for one in everybody if one.id not in away]
        formation = choose(who, together, number, sizes)
        now = pairs(formation)
        by_round.append(len(now & together.keys()))
        seats += len(now)
        together |= dict.fromkeys(now, LAST + number * timedelta(weeks=4))
        met.update(one for pair in now for one in pair)
        area_of = {one.id: one.department for one in who}
        alike += sum(areas > 0 and len({area_of[one] for one in pair}) == 1 for pair in now)
        fewest_alike += _fewest_alike(area_of, len(formation.groups)) if areas else 0
    of_pairs = seats - count * (count - 1) // 2
    of_people = -(-sum(max(0, times - (count - 1)) for times in met.values()) // 2)
    return Played(by_round, max(0, of_pairs, of_people), alike, fewest_alike)


def _fewest_alike(area_of: dict[int, str | None], groups: int) -> int:
    """Tell how many pairs of one department there must be, however its people are spread."""
    fewest = 0
    for size in Counter(area_of.values()).values():
        each, larger = divmod(size, groups)
        fewest += larger * (each + 1) * each // 2 + (groups - larger) * each * (each - 1) // 2
    return fewest


@pytest.mark.parametrize("count", [3, 5, 8, 9, 12, 16, 20, 27, 34])
def test_over_ten_rounds_hardly_more_meet_again_than_must(count: int) -> None:
    """Pigeonholes: there are only so many pairs, and each one can meet only so many others."""
    played = play(by_search, count, SIZES)
    assert played.again <= played.fewest * 1.03


@pytest.mark.parametrize(("count", "share"), [(34, 0.7), (60, 0.19)])
def test_over_ten_rounds_fewer_meet_again_than_by_chance(count: int, share: float) -> None:
    assert play(by_search, count, SIZES).again < share * play(at_random, count, SIZES).again


@pytest.mark.parametrize(("count", "rounds", "sizes"), [(32, 7, FOURS), (34, 3, SIZES), (60, 6, SIZES)])
def test_nobody_meets_again_for_the_first_rounds(count: int, rounds: int, sizes: Sizes) -> None:
    assert not any(play(by_search, count, sizes).by_round[:rounds])


def test_thirty_two_golfers_of_ten_weeks_come_near_the_known_schedule() -> None:
    """Eight groups of four can play ten weeks without any repeat (Aguado 2004), if all weeks are planned at once.

    Round by round, as people say who comes only then, some of the 480 pairs meet again.
    """
    again = play(by_search, 32, FOURS).again
    assert again < 480 * 0.065
    assert again < 0.2 * play(at_random, 32, FOURS).again


def test_three_who_never_met_are_kept_for_later_rounds() -> None:
    """Nobody must meet again: 1, 2 and 3 with 4, 5 and 6, or two of the three with each other."""
    strangers = {frozenset(pair) for pair in [(1, 2), (2, 3), (1, 3), (1, 4), (2, 5), (3, 6), (4, 5)]}
    together = dict.fromkeys((frozenset(pair) for pair in combinations(range(1, 7), 2)), LAST)
    together = {pair: day for pair, day in together.items() if pair not in strangers}
    for seed in range(5):
        formation = formed(people(6), together=together, seed=seed, sizes=Sizes(2, 2, 2, 2))
        assert [group.members for group in formation.groups] == [(1, 4), (2, 5), (3, 6)]


def test_with_absences_and_departments_both_stay_few() -> None:
    played, by_chance = (play(choose, 34, SIZES, absent=5, areas=8) for choose in (by_search, at_random))
    assert played.alike <= played.fewest_alike + (by_chance.alike - played.fewest_alike) * 0.12
    assert played.again < played.fewest + (by_chance.again - played.fewest) * 0.55
