"""Who may be asked follows the house's rules and what people say of themselves; the rest is chance."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.assignment import (
    AWAY,
    KINDS,
    Candidate,
    DepartmentRule,
    Kind,
    Mode,
    Obstacle,
    Selection,
    absence,
    find,
    select,
    tandems,
)
from storage.models.people import Availability, Experience

TODAY = date(2026, 11, 23)
AREAS = {
    "Soziales": "Soziales",
    "Wohngeld": "Soziales",
    "Umwelt": "Umwelt",
    "Kämmerei": "Kämmerei",
}
"""Departments of the tests; „Wohngeld“ lies below „Soziales“."""
CHI_SQUARE_999 = 27.88
"""What the sum of squared errors over nine degrees of freedom stays below, 999 times of 1000."""


def same_area(one: str | None, other: str | None) -> bool | None:
    if one not in AREAS or other not in AREAS:
        return None
    return AREAS[one] == AREAS[other]


def kind(rule: DepartmentRule, mode: Mode = Mode.SELF_CHOICE) -> Kind:
    return Kind("some", "Irgendwas", mode, rule)


ANY = kind(DepartmentRule.ANY)
OWN_EXCLUDED = kind(DepartmentRule.OWN_EXCLUDED)
OWN_FIRST = kind(DepartmentRule.OWN_FIRST)


def chosen(*candidates: Candidate, of: Kind = ANY, department: str | None = None, **given: Any) -> Selection:
    known: dict[str, Any] = {"asker": None, "same_area": same_area, "today": TODAY, "random": Random(1)}
    return select(candidates, kind=of, department=department, **(known | given))


def ids(selection: Selection) -> list[int]:
    return [one.person_id for one in selection.fitting]


class TestThemselves:
    @pytest.mark.parametrize(
        ("candidate", "obstacle"),
        [
            (Candidate(1), None),
            (Candidate(1, availability=Availability.SOME_ROOM), None),
            (Candidate(1, availability=Availability.FULL), Obstacle.FULL),
            (Candidate(1, paused_until=TODAY + timedelta(1)), Obstacle.PAUSED),
            (Candidate(1, paused_until=TODAY), Obstacle.PAUSED),
            (Candidate(1, paused_until=TODAY - timedelta(1)), None),
            (Candidate(1, capacity=2, taken=1), None),
            (Candidate(1, capacity=2, taken=2), Obstacle.AT_LIMIT),
            (Candidate(1, capacity=2, taken=3), Obstacle.AT_LIMIT),
            (Candidate(1, capacity=0), Obstacle.AT_LIMIT),
            (Candidate(1, taken=99), None),
        ],
    )
    def test_what_somebody_says_of_themselves_holds(self, candidate: Candidate, obstacle: Obstacle | None) -> None:
        assert absence(candidate, TODAY) == obstacle
        selection = chosen(candidate)
        assert ids(selection) == ([1] if obstacle is None else [])
        assert selection.is_somebody_away == (obstacle is not None)

    def test_the_asker_is_never_asked(self) -> None:
        selection = chosen(Candidate(1), Candidate(2), asker=1)
        assert ids(selection) == [2]
        assert selection.left_out[Obstacle.ASKER] == (1,)

    def test_who_said_no_is_not_asked_again(self) -> None:
        selection = chosen(Candidate(1), Candidate(2), refused=[2])
        assert ids(selection) == [1]
        assert selection.left_out[Obstacle.REFUSED] == (2,)
        assert not selection.is_somebody_away

    def test_nobody_at_all_is_no_error(self) -> None:
        selection = chosen()
        assert selection.fitting == ()
        assert set(selection.left_out) == set(Obstacle)


class TestDepartments:
    def test_the_own_area_is_left_out_with_what_lies_below_it(self) -> None:
        team = Candidate(1, "Soziales"), Candidate(2, "Wohngeld"), Candidate(3, "Umwelt")
        selection = chosen(*team, of=OWN_EXCLUDED, department="Wohngeld")
        assert ids(selection) == [3]
        assert selection.left_out[Obstacle.OWN_DEPARTMENT] == (1, 2)

    @pytest.mark.parametrize("department", [None, "FB 3 (alt)"])
    def test_a_supporter_of_an_unknown_department_is_not_let_in(self, department: str | None) -> None:
        selection = chosen(Candidate(1, department), Candidate(2, "Umwelt"), of=OWN_EXCLUDED, department="Soziales")
        assert ids(selection) == [2]
        assert selection.left_out[Obstacle.UNKNOWN_DEPARTMENT] == (1,)
        assert not selection.needs_department

    @pytest.mark.parametrize("department", [None, "FB 3 (alt)"])
    def test_nobody_fits_before_the_department_of_the_asker_is_known(self, department: str | None) -> None:
        selection = chosen(Candidate(1, "Umwelt"), Candidate(2), of=OWN_EXCLUDED, department=department)
        assert selection.fitting == ()
        assert selection.needs_department
        assert selection.left_out[Obstacle.UNKNOWN_DEPARTMENT] == (1, 2)

    def test_the_department_is_asked_for_even_when_there_are_no_candidates_yet(self) -> None:
        assert chosen(of=OWN_EXCLUDED).needs_department
        assert not chosen(of=OWN_EXCLUDED, department="Umwelt").needs_department

    def test_the_own_area_comes_first_where_the_rule_says_so(self) -> None:
        team = [Candidate(i, "Umwelt") for i in range(5)] + [Candidate(5, "Wohngeld"), Candidate(6, "Soziales")]
        for seed in range(20):
            assert set(ids(chosen(*team, of=OWN_FIRST, department="Soziales", random=Random(seed)))[:2]) == {5, 6}

    def test_own_first_asks_and_does_not_pretend_that_somebody_is_near(self) -> None:
        selection = chosen(Candidate(1, "Umwelt"), Candidate(2), of=OWN_FIRST, department="FB 3 (alt)")
        assert selection.needs_department
        assert set(ids(selection)) == {1, 2}

    def test_a_supporter_of_an_unknown_department_is_not_taken_for_a_near_one(self) -> None:
        assert ids(chosen(Candidate(1), Candidate(2, "Umwelt"), of=OWN_FIRST, department="Umwelt")) == [2, 1]

    def test_who_is_left_out_by_the_rule_is_never_known_to_pause(self) -> None:
        selection = chosen(
            Candidate(1, "Umwelt", paused_until=TODAY), of=OWN_EXCLUDED, department="Umwelt", refused=[1]
        )
        assert selection.left_out[Obstacle.OWN_DEPARTMENT] == (1,)
        assert not selection.is_somebody_away


class TestRoom:
    def test_those_who_are_free_come_first_where_the_team_distributes(self) -> None:
        team = [Candidate(i, availability=Availability.SOME_ROOM) for i in range(5)] + [Candidate(5)]
        assert all(
            ids(chosen(*team, of=kind(DepartmentRule.ANY, Mode.TEAM_PULL), random=Random(seed)))[0] == 5
            for seed in range(20)
        )

    @pytest.mark.parametrize("mode", [Mode.SELF_CHOICE, Mode.CENTRAL_MATCH])
    def test_elsewhere_room_makes_no_rank(self, mode: Mode) -> None:
        team = Candidate(1, availability=Availability.SOME_ROOM), Candidate(2)
        of = kind(DepartmentRule.ANY, mode)
        assert {ids(chosen(*team, of=of, random=Random(seed)))[0] for seed in range(20)} == {1, 2}

    def test_the_own_area_comes_before_room(self) -> None:
        team = Candidate(1, "Umwelt", Availability.SOME_ROOM), Candidate(2, "Kämmerei")
        assert ids(chosen(*team, of=kind(DepartmentRule.OWN_FIRST, Mode.TEAM_PULL), department="Umwelt")) == [1, 2]


class TestDeputies:
    PAUSED = Candidate(1, paused_until=TODAY, deputy=9)

    @pytest.mark.parametrize(
        "away",
        [
            Candidate(1, paused_until=TODAY, deputy=9),
            Candidate(1, availability=Availability.FULL, deputy=9),
            Candidate(1, capacity=0, deputy=9),
        ],
    )
    def test_a_deputy_is_asked_for_somebody_who_is_away(self, away: Candidate) -> None:
        selection = chosen(away, Candidate(2), deputies=[Candidate(9)])
        assert set(ids(selection)) == {2, 9}
        assert selection.stands_in == {9: 1}

    def test_a_deputy_is_not_asked_beside_the_person(self) -> None:
        selection = chosen(Candidate(1, deputy=9), deputies=[Candidate(9)])
        assert ids(selection) == [1]
        assert selection.stands_in == {}

    def test_nobody_is_asked_for_somebody_else_unless_named(self) -> None:
        assert ids(chosen(self.PAUSED, deputies=[Candidate(8)])) == []

    def test_no_deputy_is_asked_for_who_said_no_or_is_left_out_by_the_rule(self) -> None:
        away = replace(self.PAUSED, department="Umwelt")
        deputy = Candidate(9, "Kämmerei")
        assert not chosen(away, refused=[1], deputies=[deputy]).fitting
        assert not chosen(away, of=OWN_EXCLUDED, department="Umwelt", deputies=[deputy]).fitting
        assert not chosen(away, asker=1, deputies=[deputy]).fitting

    @pytest.mark.parametrize(
        "deputy",
        [
            Candidate(9, paused_until=TODAY),
            Candidate(9, availability=Availability.FULL),
            Candidate(9, capacity=1, taken=1),
            Candidate(9, "Umwelt"),
            Candidate(9),
        ],
    )
    def test_what_keeps_a_deputy_away_holds_for_them_too(self, deputy: Candidate) -> None:
        away = replace(self.PAUSED, department="Kämmerei")
        assert not chosen(away, of=OWN_EXCLUDED, department="Umwelt", deputies=[deputy]).fitting

    def test_a_deputy_who_asks_or_said_no_does_not_stand_in(self) -> None:
        assert not chosen(self.PAUSED, asker=9, deputies=[Candidate(9)]).fitting
        assert not chosen(self.PAUSED, refused=[9], deputies=[Candidate(9)]).fitting

    def test_no_chain_leads_to_the_deputy_of_a_deputy(self) -> None:
        assert not chosen(self.PAUSED, deputies=[Candidate(9, paused_until=TODAY, deputy=8), Candidate(8)]).fitting

    def test_two_who_stand_in_for_each_other_and_are_away_lead_nowhere(self) -> None:
        assert not chosen(self.PAUSED, Candidate(9, paused_until=TODAY, deputy=1)).fitting
        assert not chosen(self.PAUSED, deputies=[Candidate(9, paused_until=TODAY, deputy=1)]).fitting
        assert not chosen(replace(self.PAUSED, deputy=1), deputies=[self.PAUSED]).fitting

    def test_who_is_asked_for_their_own_sake_stands_in_for_nobody(self) -> None:
        selection = chosen(self.PAUSED, Candidate(9), deputies=[Candidate(9)])
        assert ids(selection) == [9]
        assert selection.stands_in == {}

    def test_a_deputy_of_two_is_asked_once(self) -> None:
        selection = chosen(replace(self.PAUSED, person_id=2), self.PAUSED, deputies=[Candidate(9)])
        assert ids(selection) == [9]
        assert selection.stands_in == {9: 1}


class TestKinds:
    def test_every_kind_of_setting_has_its_own_name_and_label(self) -> None:
        expected = {
            "quick_help",
            "workshop_moderation",
            "presentation",
            "coaching",
            "project_support",
            "conflict_talk",
        }
        assert expected <= {one.name for one in KINDS}
        assert len({one.name for one in KINDS}) == len({one.label.casefold() for one in KINDS}) == len(KINDS)

    def test_moderation_and_conflicts_are_never_for_the_own_area_but_daily_help_is(self) -> None:
        rules = {one.name: one.rule for one in KINDS}
        assert rules["workshop_moderation"] == rules["conflict_talk"] == DepartmentRule.OWN_EXCLUDED
        assert rules["quick_help"] == DepartmentRule.OWN_FIRST

    @pytest.mark.parametrize("name", ["workshop_moderation", "Workshop-Moderation", "WORKSHOP-moderation"])
    def test_a_kind_is_found_by_name_and_label_in_any_case(self, name: str) -> None:
        found = find(name, KINDS)
        assert found
        assert found.name == "workshop_moderation"

    def test_a_kind_that_does_not_exist_is_not_found(self) -> None:
        assert find("Kaffee", KINDS) is None


departments = st.sampled_from([None, "FB 3 (alt)", *AREAS])
people = st.builds(
    Candidate,
    person_id=st.integers(1, 12),
    department=departments,
    availability=st.sampled_from(Availability),
    paused_until=st.none() | st.dates(TODAY - timedelta(2), TODAY + timedelta(2)),
    capacity=st.none() | st.integers(0, 3),
    taken=st.integers(0, 4),
    deputy=st.none() | st.integers(1, 12),
    experience=st.none() | st.sampled_from(Experience),
)
teams = st.lists(people, unique_by=lambda one: one.person_id, max_size=12)
kinds = st.builds(Kind, st.just("some"), st.just("Irgendwas"), st.sampled_from(Mode), st.sampled_from(DepartmentRule))
situations = st.fixed_dictionaries(
    {
        "kind": kinds,
        "department": departments,
        "asker": st.none() | st.integers(1, 12),
        "refused": st.frozensets(st.integers(1, 12), max_size=4),
        "deputies": teams,
        "same_area": st.just(same_area),
        "today": st.just(TODAY),
    }
)
seeds = st.integers(0, 2**32)

BANNED: dict[str, Callable[[Candidate, dict[str, Any]], bool]] = {
    "the asker": lambda one, given: one.person_id == given["asker"],
    "refused": lambda one, given: one.person_id in given["refused"],
    "paused": lambda one, _: one.paused_until is not None and not one.paused_until < TODAY,
    "full": lambda one, _: one.availability == "full",
    "at their limit": lambda one, _: one.capacity is not None and not one.taken < one.capacity,
    "of the own area": lambda one, given: (
        given["kind"].rule == "own_excluded"
        and (
            one.department not in AREAS
            or given["department"] not in AREAS
            or AREAS[one.department] == AREAS[given["department"]]
        )
    ),
}


class TestEverySituation:
    @given(teams, situations, seeds)
    def test_nobody_is_asked_who_must_not_be(self, team: list[Candidate], given: dict[str, Any], seed: int) -> None:
        fitting = select(team, **given, random=Random(seed)).fitting
        wrong = [(why, one) for one in fitting for why, is_banned in BANNED.items() if is_banned(one, given)]
        assert wrong == []

    @given(teams, situations, seeds)
    def test_whoever_may_be_asked_is_not_forgotten(
        self, team: list[Candidate], given: dict[str, Any], seed: int
    ) -> None:
        asked = ids(select(team, **given, random=Random(seed)))
        allowed = [one.person_id for one in team if not any(is_banned(one, given) for is_banned in BANNED.values())]
        assert set(allowed) <= set(asked)

    @given(teams, situations, seeds)
    def test_everybody_fits_or_is_left_out_for_exactly_one_reason(
        self, team: list[Candidate], given: dict[str, Any], seed: int
    ) -> None:
        selection = select(team, **given, random=Random(seed))
        own = [one for one in ids(selection) if one not in selection.stands_in]
        left_out = [person_id for some in selection.left_out.values() for person_id in some]
        assert Counter(own + left_out) == Counter(one.person_id for one in team)

    @given(teams, situations, seeds)
    def test_of_several_obstacles_the_first_counts(
        self, team: list[Candidate], given: dict[str, Any], seed: int
    ) -> None:
        left_out = select(team, **given, random=Random(seed)).left_out
        reasons = list(Obstacle)
        for one in team:
            holds = {
                Obstacle.ASKER: BANNED["the asker"],
                Obstacle.OWN_DEPARTMENT: lambda who, now: (
                    now["kind"].rule == "own_excluded" and same_area(who.department, now["department"]) is True
                ),
                Obstacle.UNKNOWN_DEPARTMENT: BANNED["of the own area"],
                Obstacle.REFUSED: BANNED["refused"],
                Obstacle.PAUSED: BANNED["paused"],
                Obstacle.FULL: BANNED["full"],
                Obstacle.AT_LIMIT: BANNED["at their limit"],
            }
            first = next((reason for reason in reasons if holds[reason](one, given)), None)
            assert [reason for reason in reasons if one.person_id in left_out[reason]] == ([first] if first else [])

    @given(teams, situations, seeds)
    def test_only_who_was_named_stands_in_for_somebody_away(
        self, team: list[Candidate], given: dict[str, Any], seed: int
    ) -> None:
        selection = select(team, **given, random=Random(seed))
        away = {person_id for reason in AWAY for person_id in selection.left_out[reason]}
        named = {one.person_id: one.deputy for one in team}
        assert set(selection.stands_in.values()) <= away
        assert all(named[person_id] == deputy for deputy, person_id in selection.stands_in.items())
        assert set(selection.stands_in) <= set(ids(selection)) - set(named)

    @given(teams, situations, seeds)
    def test_the_department_is_asked_for_exactly_when_the_rule_needs_it(
        self, team: list[Candidate], given: dict[str, Any], seed: int
    ) -> None:
        selection = select(team, **given, random=Random(seed))
        is_unknown = given["department"] not in AREAS
        assert selection.needs_department == (is_unknown and given["kind"].rule != "any")
        if given["kind"].rule == "own_excluded" and is_unknown:
            assert selection.fitting == ()

    @given(st.data(), teams, situations, seeds)
    def test_the_order_in_which_people_come_decides_nothing(
        self, data: st.DataObject, team: list[Candidate], given: dict[str, Any], seed: int
    ) -> None:
        turned = data.draw(st.permutations(team))
        deputies = data.draw(st.permutations(given["deputies"]))
        assert select(team, **given, random=Random(seed)) == select(
            turned, **(given | {"deputies": deputies}), random=Random(seed)
        )

    @given(teams, situations, seeds, st.integers(1, 12))
    def test_how_much_somebody_took_up_below_their_limit_moves_nobody(
        self, team: list[Candidate], given: dict[str, Any], seed: int, busy: int
    ) -> None:
        team = [replace(one, capacity=None, taken=0) for one in team]
        worked = [replace(one, taken=50) if one.person_id == busy else one for one in team]
        assert ids(select(team, **given, random=Random(seed))) == ids(select(worked, **given, random=Random(seed)))


class TestFairness:
    @pytest.mark.parametrize("mode", list(Mode))
    def test_everybody_comes_first_about_equally_often(self, mode: Mode) -> None:
        team = [Candidate(i, taken=i) for i in range(1, 10)] + [Candidate(10, paused_until=TODAY, deputy=11)]
        random = Random(20261123)
        draws = [
            ids(chosen(*team, of=kind(DepartmentRule.ANY, mode), deputies=[Candidate(11)], random=random))
            for _ in range(3000)
        ]
        for place in (0, -1):
            often = Counter(draw[place] for draw in draws)
            assert set(often) == {*range(1, 10), 11}
            assert sum((count - 300) ** 2 / 300 for count in often.values()) < CHI_SQUARE_999

    def test_within_the_own_area_everybody_comes_first_about_equally_often(self) -> None:
        team = [Candidate(i, "Umwelt" if i <= 10 else "Kämmerei") for i in range(1, 21)]
        random = Random(7)
        draws = [ids(chosen(*team, of=OWN_FIRST, department="Umwelt", random=random)) for _ in range(3000)]
        often = Counter(draw[0] for draw in draws)
        assert set(often) == set(range(1, 11))
        assert sum((count - 300) ** 2 / 300 for count in often.values()) < CHI_SQUARE_999


def pairs(*team: Candidate, past: frozenset[frozenset[int]] = frozenset(), seed: int = 1) -> list[tuple[int, int]]:
    return [(one.person_id, other.person_id) for one, other in tandems(team, past, Random(seed), same_area)]


class TestTandems:
    OLD, NEW = Candidate(1, experience=Experience.EXPERIENCED), Candidate(2, experience=Experience.NEW)

    def test_somebody_experienced_goes_with_somebody_new(self) -> None:
        assert pairs(self.NEW, self.OLD) == pairs(self.OLD, self.NEW) == [(1, 2)]

    def test_two_of_the_same_experience_make_no_tandem(self) -> None:
        assert pairs(self.OLD, replace(self.OLD, person_id=3)) == []
        assert pairs(self.NEW, replace(self.NEW, person_id=3)) == []

    def test_who_tells_nothing_may_be_either(self) -> None:
        assert pairs(Candidate(3), self.NEW) == [(3, 2)]
        assert pairs(Candidate(3), self.OLD) == [(1, 3)]
        assert {pairs(Candidate(3), Candidate(4), seed=seed)[0] for seed in range(20)} == {(3, 4), (4, 3)}

    def test_no_pair_is_repeated(self) -> None:
        assert pairs(self.OLD, self.NEW, Candidate(3), past=frozenset({frozenset({1, 2}), frozenset({2, 3})})) == [
            (1, 3)
        ]

    def test_two_of_one_area_make_no_tandem(self) -> None:
        assert pairs(replace(self.OLD, department="Soziales"), replace(self.NEW, department="Wohngeld")) == []
        assert pairs(replace(self.OLD, department="Soziales"), replace(self.NEW, department="Umwelt")) == [(1, 2)]

    def test_an_unknown_department_hinders_no_tandem(self) -> None:
        assert pairs(replace(self.OLD, department="Soziales"), self.NEW) == [(1, 2)]

    @pytest.mark.parametrize("team", [(), (OLD,)])
    def test_fewer_than_two_make_no_tandem(self, team: tuple[Candidate, ...]) -> None:
        assert pairs(*team) == []

    def test_chance_decides_which_pair_comes_first(self) -> None:
        team = [replace(self.NEW, person_id=i) for i in range(10, 20)]
        random = Random(3)
        often = Counter(tandems([*team, self.OLD], (), random, same_area)[0][1].person_id for _ in range(3000))
        assert set(often) == set(range(10, 20))
        assert sum((count - 300) ** 2 / 300 for count in often.values()) < CHI_SQUARE_999

    @given(teams, st.frozensets(st.frozensets(st.integers(1, 12), min_size=2, max_size=2), max_size=20), seeds)
    def test_every_pair_that_may_work_together_is_there_once(
        self, team: list[Candidate], past: frozenset[frozenset[int]], seed: int
    ) -> None:
        found = tandems(team, past, Random(seed), same_area)
        allowed = [
            {one.person_id, other.person_id}
            for one in team
            for other in team
            if one.person_id < other.person_id
            and {one.person_id, other.person_id} not in past
            and (one.experience, other.experience) not in {("new", "new"), ("experienced", "experienced")}
            and same_area(one.department, other.department) in (False, None)
        ]
        assert sorted(sorted((a.person_id, b.person_id)) for a, b in found) == sorted(map(sorted, allowed))
        assert all(a.experience != "new" and b.experience != "experienced" for a, b in found)

    @given(st.data(), teams, seeds)
    def test_the_order_in_which_people_come_decides_nothing(
        self, data: st.DataObject, team: list[Candidate], seed: int
    ) -> None:
        turned = data.draw(st.permutations(team))
        assert tandems(team, (), Random(seed), same_area) == tandems(turned, (), Random(seed), same_area)
