"""Times for a group: free, spread over days and hours, as wished where that can be; and the best of its answers."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from knowledge.meeting_times import (
    ALL_DAYS,
    DECIDED,
    FEWEST,
    HOURS,
    MOST,
    NOTICE,
    Window,
    Wish,
    answers_until,
    best,
    propose,
)
from knowledge.school_holidays import SchoolHolidays
from knowledge.working_days import LANDS, WorkingDays

BERLIN = ZoneInfo("Europe/Berlin")
NW = WorkingDays(["NW"])
MONDAY = datetime(2026, 11, 23, 10, 5, tzinfo=BERLIN)
WEEK = (date(2026, 12, 7), date(2026, 12, 11))
TUESDAYS, FRIDAYS = Window(frozenset({1})), Window(frozenset({4}))
MORNINGS, AFTERNOONS = Window(ends=time(12)), Window(begins=time(13))

zones = st.sampled_from(["Europe/Berlin", "Europe/Lisbon", "America/Santiago"]).map(ZoneInfo)
houses = st.builds(
    WorkingDays, st.sets(st.sampled_from(LANDS), max_size=3), st.sets(st.dates(date(2026, 1, 1), date(2030, 1, 1)))
)
moments = st.builds(datetime.combine, st.dates(date(2026, 1, 1), date(2029, 1, 1)), st.times(), zones)
lengths = st.integers(20, 180)
clocks = st.sampled_from([time(hour) for hour in range(8, 18)])
windows = st.builds(Window, st.frozensets(st.sampled_from(sorted(ALL_DAYS)), min_size=1), clocks, clocks)
wishes = st.builds(Wish, st.lists(windows, max_size=2).map(tuple), st.lists(windows, max_size=2).map(tuple))
periods = st.tuples(st.integers(-5, 30), st.integers(0, 40))
numbers = st.integers(1, 5)
answers = st.dictionaries(st.integers(1, 8), st.frozensets(numbers), max_size=8)
offered = st.dictionaries(numbers, moments, min_size=1)


def days_from(now: datetime, period: tuple[int, int]) -> tuple[date, date]:
    first = now.date() + timedelta(days=period[0])
    return first, first + timedelta(days=period[1])


def said(times: Sequence[datetime]) -> list[str]:
    return [f"{one:%a %d.%m. %H:%M}" for one in times]


def test_a_week_gives_a_time_each_day_in_the_morning_and_afternoon_in_turn() -> None:
    assert said(propose(WEEK, 50, MONDAY, NW)) == [
        "Mon 07.12. 09:00",
        "Tue 08.12. 14:00",
        "Wed 09.12. 13:00",
        "Thu 10.12. 11:00",
        "Fri 11.12. 10:00",
    ]


def test_the_wished_time_is_proposed_alone_where_it_is_there_often_enough() -> None:
    wish = Wish((Window(frozenset({1}), time(14)),))
    times = propose((date(2026, 12, 1), date(2026, 12, 18)), 50, MONDAY, NW, wish)
    assert len(times) == MOST
    assert {(one.weekday(), one.hour >= 14) for one in times} == {(1, True)}


def test_other_times_fill_up_to_three_where_the_wished_one_is_rare() -> None:
    times = propose(WEEK, 90, MONDAY, NW, Wish((Window(frozenset({1}), time(14)),)))
    assert len(times) == FEWEST
    assert "Tue 08.12. 14:00" in said(times)


def test_what_is_wished_twice_comes_before_what_is_wished_once() -> None:
    times = propose((date(2026, 12, 1), date(2026, 12, 18)), 50, MONDAY, NW, Wish((TUESDAYS, MORNINGS)))
    assert all(TUESDAYS.holds((one, one)) and one.hour < 12 for one in times)


def test_a_day_that_is_not_wished_is_never_proposed_even_where_nothing_else_is_left() -> None:
    assert propose((WEEK[1], WEEK[1]), 50, MONDAY, NW, Wish(unwanted=(FRIDAYS,))) == []


def test_people_get_two_working_days_to_answer_where_there_is_time() -> None:
    assert {f"{one:%a}" for one in propose((date(2026, 11, 23), date(2026, 11, 27)), 50, MONDAY, NW)} == {"Thu", "Fri"}


def test_today_is_only_proposed_where_nothing_else_is_left() -> None:
    today = MONDAY.date()
    assert all(one.date() > today for one in propose((today, today + timedelta(days=1)), 50, MONDAY, NW))
    assert said(propose((today, today), 50, MONDAY, NW)) == ["Mon 23.11. 15:00"]


def test_holidays_and_days_off_are_left_out_and_school_holidays_are_not() -> None:
    school = SchoolHolidays("Weihnachtsferien", date(2026, 12, 21), date(2027, 1, 6))
    house = WorkingDays(["NW"], [date(2026, 12, 24)], [school], spares_school_holidays=True)
    times = propose((date(2026, 12, 23), date(2026, 12, 28)), 50, MONDAY, house)
    assert {one.date() for one in times} == {date(2026, 12, 23), date(2026, 12, 28)}


def test_a_format_longer_than_a_morning_goes_on_over_lunch() -> None:
    times = propose(WEEK, 240, MONDAY, NW)
    assert times
    assert all(one.time() >= time(9) and one.hour + 4 <= 16 for one in times)


def test_what_is_longer_than_a_day_finds_no_time() -> None:
    assert propose(WEEK, 600, MONDAY, NW) == []


def test_a_time_keeps_its_hour_when_the_clocks_change() -> None:
    times = propose((date(2026, 10, 23), date(2026, 10, 27)), 50, datetime(2026, 10, 12, 9, tzinfo=BERLIN), NW)
    assert {one.utcoffset() for one in times} == {timedelta(hours=2), timedelta(hours=1)}
    assert all(time(9) <= one.time() < time(16) for one in times)


@given(moments, houses, lengths, periods, wishes)
def test_each_proposed_time_is_on_a_working_day_within_the_hours_and_not_in_the_past(
    now: datetime, house: WorkingDays, minutes: int, period: tuple[int, int], wish: Wish
) -> None:
    first, last = days_from(now, period)
    times = propose((first, last), minutes, now, house, wish)
    assert len(times) <= MOST
    assert times == sorted(set(times))
    for begin in times:
        end = begin + timedelta(minutes=minutes)
        assert begin.tzinfo is now.tzinfo
        assert first <= begin.date() <= last
        assert house.is_working(begin.date())
        assert any(opens <= begin.time() and end.time() <= closes for opens, closes in HOURS)
        assert begin.astimezone(UTC) - now.astimezone(UTC) >= NOTICE
        assert not any(window.touches((begin, end)) for window in wish.unwanted)


@given(moments, houses, lengths, wishes)
def test_three_weeks_give_at_least_three_times_on_different_days(
    now: datetime, house: WorkingDays, minutes: int, wish: Wish
) -> None:
    days = days_from(now, (3, 28))
    fitting = propose(days, minutes, now, house, Wish(unwanted=wish.unwanted))
    times = propose(days, minutes, now, house, wish)
    assert len(times) >= min(FEWEST, len(fitting))
    if not wish.wanted and not wish.unwanted:
        assert len({one.date() for one in times}) == len(times) == MOST
        assert {one.hour < 12 for one in times} == {True, False}


@given(moments, lengths, wishes)
def test_what_was_proposed_before_is_not_proposed_again(now: datetime, minutes: int, wish: Wish) -> None:
    days, length = days_from(now, (1, 14)), timedelta(minutes=minutes)
    before = [(begin, begin + length) for begin in propose(days, minutes, now, NW, wish)]
    for begin in propose(days, minutes, now, NW, wish, before):
        assert all(begin + length <= first or last <= begin for first, last in before)


@given(moments, houses)
def test_answers_are_awaited_for_two_working_days_or_until_the_first_time_is_near(
    now: datetime, house: WorkingDays
) -> None:
    far, near = now + timedelta(days=60), now + NOTICE
    assert answers_until(now, far, house).date() == house.after(now.date(), 2)
    assert answers_until(now, near, house).astimezone(UTC) == near.astimezone(UTC) - DECIDED


def test_the_time_at_which_most_can_come_is_the_best() -> None:
    times = {1: MONDAY, 2: MONDAY + timedelta(days=1)}
    assert best(times, {7: {1, 2}, 8: {2}, 9: {1, 2}}, 2) == 2


def test_of_two_that_suit_as_many_the_earlier_one_is_the_best() -> None:
    times = {1: MONDAY + timedelta(days=1), 2: MONDAY}
    assert best(times, {7: {1, 2}, 8: {1, 2}, 9: {1, 2}}, 3) == 2


def test_without_the_case_giver_no_time_is_any_good() -> None:
    times = {1: MONDAY, 2: MONDAY + timedelta(days=1)}
    assert best(times, {7: {1}, 8: {1}, 9: {1, 2}, 5: {2}, 4: {2}}, 2, case_giver=5) == 2
    assert best(times, {7: {1}, 8: {1}, 5: frozenset()}, 2, case_giver=5) is None


def test_too_few_people_are_no_group() -> None:
    assert best({1: MONDAY}, {7: {1}, 8: {1}}, 3) is None


@given(offered, answers, st.integers(1, 5), st.none() | st.integers(1, 8))
def test_no_other_time_suits_more_people(
    times: Mapping[int, datetime],
    given_answers: Mapping[int, frozenset[int]],
    smallest: int,
    case_giver: int | None,
) -> None:
    chosen = best(times, given_answers, smallest, case_giver)
    counts = {
        number: sum(number in one for one in given_answers.values())
        for number in times
        if case_giver is None or number in given_answers.get(case_giver, ())
    }
    if chosen is None:
        assert all(count < smallest for count in counts.values())
    else:
        assert counts[chosen] == max(counts.values()) >= smallest
        assert all(times[chosen] <= times[one] for one, count in counts.items() if count == counts[chosen])


def test_two_days_have_both_halves_each() -> None:
    times = propose((date(2026, 12, 10), date(2026, 12, 11)), 50, MONDAY, NW)
    assert sorted(one.day for one in times) in ([10, 10, 10, 11, 11], [10, 10, 11, 11, 11])
    assert {(one.day, one.hour < 12) for one in times} == {(10, True), (10, False), (11, True), (11, False)}
