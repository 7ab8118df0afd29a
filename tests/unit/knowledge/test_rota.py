from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from knowledge.rota import assigned, duties, next_in, served, tended
from storage.models.jour_fixe import Duty
from storage.models.people import Experience

AYLIN, BEN, RUTH, TOM = 1, 2, 3, 4
MODERATOR, MINUTE_TAKER, TIMEKEEPER = Duty.MODERATOR, Duty.MINUTE_TAKER, Duty.TIMEKEEPER

queues = st.lists(st.integers(1, 12), unique=True, max_size=8)
some = st.sets(st.integers(1, 12), max_size=6)


def join(queue: Sequence[int], duty: Duty, *, new: set[int], experienced: set[int]) -> tuple[int, ...]:
    members: Mapping[int, Experience | None] = dict.fromkeys(experienced) | dict.fromkeys(new, Experience.NEW)
    return tended(queue, duty, members, Random(1))


def test_whoever_stands_in_front_is_next() -> None:
    assert next_in([RUTH, AYLIN, BEN]) == RUTH


def test_somebody_absent_or_with_another_duty_is_skipped() -> None:
    assert next_in([RUTH, AYLIN, BEN], absent={RUTH}, busy={AYLIN}) == BEN


def test_somebody_who_had_a_duty_last_time_is_asked_only_when_nobody_else_is_left() -> None:
    assert next_in([RUTH, AYLIN, BEN], tired={RUTH}) == AYLIN
    assert next_in([RUTH, AYLIN, BEN], tired={RUTH}, absent={AYLIN, BEN}) == RUTH


def test_after_a_no_those_behind_are_asked() -> None:
    assert next_in([RUTH, AYLIN, BEN], after=RUTH) == AYLIN
    assert next_in([RUTH, AYLIN, BEN], after=BEN) is None


def test_after_a_no_of_somebody_who_left_the_queue_it_starts_again() -> None:
    assert next_in([RUTH, AYLIN], after=TOM) == RUTH


def test_nobody_is_next_in_an_empty_queue() -> None:
    assert next_in([]) is None


@given(queues, some, some, some)
def test_when_everybody_says_no_everybody_who_can_was_asked_once(
    queue: list[int], absent: set[int], busy: set[int], tired: set[int]
) -> None:
    asked: list[int] = []
    while (person := next_in(queue, absent=absent, busy=busy, tired=tired, after=asked[-1] if asked else None)) is not (
        None
    ):
        asked.append(person)
    assert sorted(asked) == sorted(set(queue) - absent - busy)


def test_whoever_swapped_in_goes_to_the_end_and_whoever_gave_it_away_stays_in_front() -> None:
    assert served([RUTH, AYLIN, BEN, TOM], [AYLIN]) == (RUTH, BEN, TOM, AYLIN)


def test_somebody_from_outside_who_helped_out_does_not_join_the_queue() -> None:
    assert served([RUTH, AYLIN], [TOM]) == (RUTH, AYLIN)


def test_newcomers_look_at_the_clock_first_and_moderate_last() -> None:
    assert join([RUTH, BEN], TIMEKEEPER, new={TOM}, experienced={RUTH, BEN, AYLIN}) == (TOM, RUTH, BEN, AYLIN)
    assert join([RUTH, BEN], MODERATOR, new={TOM}, experienced={RUTH, BEN, AYLIN}) == (RUTH, BEN, AYLIN, TOM)
    assert join([], MINUTE_TAKER, new={AYLIN}, experienced={BEN}) == (BEN, AYLIN)


def test_those_who_left_are_out_and_the_others_keep_their_places() -> None:
    assert join([RUTH, AYLIN, BEN], MODERATOR, new=set(), experienced={RUTH, BEN}) == (RUTH, BEN)


def test_those_who_join_together_are_in_random_order() -> None:
    crowd: dict[int, Experience | None] = dict.fromkeys(range(30))
    assert tended([], MODERATOR, crowd, Random(1)) != tended([], MODERATOR, crowd, Random(2))


@given(queues, some, some, st.sampled_from(Duty))
def test_every_member_stands_in_the_queue_once(queue: list[int], new: set[int], old: set[int], duty: Duty) -> None:
    tidy = join(queue, duty, new=new, experienced=old)
    assert sorted(tidy) == sorted(new | old)
    assert [person for person in tidy if person in queue] == [person for person in queue if person in tidy]


def test_only_six_need_a_timekeeper() -> None:
    assert duties(5) == (MODERATOR, MINUTE_TAKER)
    assert duties(6) == (MODERATOR, MINUTE_TAKER, TIMEKEEPER)


def test_nobody_has_two_duties_at_once() -> None:
    same = dict.fromkeys(Duty, (RUTH, AYLIN, BEN))
    assert assigned(same) == {MODERATOR: RUTH, MINUTE_TAKER: AYLIN, TIMEKEEPER: BEN}


def test_a_single_person_moderates_and_nobody_else_is_there_for_the_minutes() -> None:
    assert assigned({MODERATOR: [RUTH], MINUTE_TAKER: [RUTH]}, tired={RUTH}) == {MODERATOR: RUTH}


def test_two_people_change_places_each_time() -> None:
    history = meetings(2, [set()] * 6)
    assert all(one[MODERATOR] == other[MINUTE_TAKER] for one, other in pairwise(history))


def meetings(people: int, absences: Sequence[set[int]]) -> list[dict[Duty, int]]:
    """Play as many meetings as there are sets of absent people, with ids from 0."""
    members: dict[int, Experience | None] = dict.fromkeys(range(people))
    queues = {duty: tended((), duty, members, Random(duty)) for duty in duties(people)}
    history: list[dict[Duty, int]] = []
    for absent in absences:
        history.append(assigned(queues, absent=absent, tired=history[-1].values() if history else ()))
        queues = {duty: served(queue, {history[-1].get(duty, -1)}) for duty, queue in queues.items()}
    return history


@given(st.integers(1, 20), st.integers(1, 60))
def test_with_one_duty_everybody_serves_once_before_anybody_serves_twice(people: int, length: int) -> None:
    queue = tended((), MODERATOR, dict.fromkeys(range(people)), Random(people))
    turns: list[int] = []
    for _ in range(length):
        person = next_in(queue, tired=turns[-1:])
        assert person is not None
        turns.append(person)
        queue = served(queue, [person])
    often = Counter(turns)
    assert max(often.values()) - min(often[person] for person in range(people)) <= 1


@given(st.integers(1, 12), st.lists(st.sets(st.integers(0, 11), max_size=5), max_size=40))
def test_nobody_serves_again_while_somebody_who_could_each_time_still_waits(
    people: int, absences: list[set[int]]
) -> None:
    history = meetings(people, absences)

    def could(person: int, duty: Duty, number: int) -> bool:
        elsewhere = {other for given, other in history[number].items() if given is not duty}
        before = set(history[number - 1].values()) if number else set()
        return person not in absences[number] | elsewhere | before

    for duty in Duty:
        latest: dict[int, int] = {}
        for number, given_duties in enumerate(history):
            if (person := given_duties.get(duty)) is None:
                continue
            if person in latest and could(person, duty, number):
                between = range(latest[person] + 1, number + 1)
                waiting = set(range(people)) - {history[when].get(duty) for when in between}
                assert not [one for one in waiting if one != person and all(could(one, duty, n) for n in between)]
            latest[person] = number


@given(st.integers(1, 14), st.lists(st.sets(st.integers(0, 13), max_size=8), max_size=30))
def test_duties_go_to_those_who_are_there_and_to_each_only_one(people: int, absences: list[set[int]]) -> None:
    for absent, given_duties in zip(absences, meetings(people, absences), strict=True):
        there = set(range(people)) - absent
        assert set(given_duties.values()) <= there
        assert len(set(given_duties.values())) == len(given_duties) == min(len(duties(people)), len(there))


@given(st.integers(7, 14), st.lists(st.sets(st.integers(0, 13), max_size=1), max_size=30))
def test_in_a_larger_round_nobody_has_a_duty_twice_in_a_row(people: int, absences: list[set[int]]) -> None:
    history = meetings(people, absences)
    for before, after in pairwise(history):
        assert not set(before.values()) & set(after.values())


@given(st.integers(3, 20))
def test_in_the_long_run_everybody_moderates_about_as_often(people: int) -> None:
    often = Counter(given_duties[MODERATOR] for given_duties in meetings(people, [set()] * people * 6))
    assert max(often.values()) - min(often[person] for person in range(people)) <= 2


@given(st.lists(st.sets(st.integers(1, 8), min_size=2), min_size=8, max_size=40), st.randoms(use_true_random=False))
def test_those_who_stay_are_served_once_before_twice_while_others_come_and_go(
    rounds: list[set[int]], random: Random
) -> None:
    """Person 0 never leaves, and nobody who stays beside them overtakes them."""
    queue: tuple[int, ...] = ()
    since = Counter[int]()
    for others in rounds:
        members = others | {0}
        queue = tended(queue, MODERATOR, dict.fromkeys(members), random)
        person = next_in(queue)
        assert person is not None
        since = Counter({one: count for one, count in since.items() if one in members})
        since[person] += 1
        assert since[person] <= 1 or person == 0
        queue = served(queue, [person])
        if person == 0:
            since.clear()
