"""The days of a series over twenty years, in the words of people and of calendars."""

from datetime import UTC, date, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.rhythm import LAST, NTHS, Rhythm, instant, starting
from knowledge.working_days import LANDS, WorkingDays
from storage.models.jour_fixe import Frequency

WEEKLY, MONTHLY = Frequency.WEEKLY, Frequency.MONTHLY
THURSDAY = 3
BERLIN = "Europe/Berlin"
NOW = date(2026, 11, 22)

starts = st.dates(date(2026, 1, 1), date(2027, 12, 31))
intervals, weekdays, nths = st.integers(1, 12), st.integers(0, 6), st.sampled_from(NTHS)
weekly = st.builds(lambda n, day, first: starting(WEEKLY, n, day, None, first), intervals, weekdays, starts)
monthly = st.builds(lambda n, day, nth, first: starting(MONTHLY, n, day, nth, first), intervals, weekdays, nths, starts)
times = st.times(time(7), time(18)).map(lambda moment: moment.replace(second=0, microsecond=0))


def twenty_years(rhythm: Rhythm) -> list[date]:
    return list(rhythm.days(rhythm.first_on.replace(day=1, year=rhythm.first_on.year + 20)))


@given(weekly)
def test_weeks_are_always_as_far_apart_and_on_their_day(rhythm: Rhythm) -> None:
    days = twenty_years(rhythm)
    assert {day.weekday() for day in days} == {rhythm.weekday}
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(weeks=rhythm.interval)}


@settings(max_examples=50)
@given(monthly)
def test_a_month_has_its_nth_day_or_none(rhythm: Rhythm) -> None:
    days = twenty_years(rhythm)
    first = rhythm.first_on
    for day in days:
        assert day.weekday() == rhythm.weekday
        a_week_later = day + timedelta(weeks=1)
        assert a_week_later.month != day.month if rhythm.nth == LAST else (day.day - 1) // 7 + 1 == rhythm.nth
        assert ((day.year - first.year) * 12 + day.month - first.month) % rhythm.interval == 0
    if rhythm.nth != 5:
        assert len(days) >= 20 * 12 // rhythm.interval


@settings(max_examples=50)
@given(st.one_of(weekly, monthly), times, st.sampled_from([BERLIN, "Europe/Lisbon", "UTC"]))
@example(Rhythm(WEEKLY, 4, THURSDAY, date(2026, 10, 22)), time(9), BERLIN)
def test_the_clock_on_the_wall_says_the_same_all_year(rhythm: Rhythm, begins: time, zone: str) -> None:
    for day in twenty_years(rhythm):
        there = instant(day, begins, zone).astimezone(UTC).astimezone(ZoneInfo(zone))
        assert (there.date(), there.time()) == (day, begins)


@pytest.mark.parametrize(
    ("day", "hour"),
    [(date(2026, 10, 22), 7), (date(2026, 11, 19), 8), (date(2027, 3, 25), 8), (date(2027, 4, 22), 7)],
)
def test_nine_in_berlin_is_another_hour_in_summer(day: date, hour: int) -> None:
    rhythm = Rhythm(WEEKLY, 2, THURSDAY, date(2026, 10, 22))
    assert day in rhythm.days(day)
    assert instant(day, time(9), BERLIN).astimezone(UTC).hour == hour


@settings(max_examples=60)
@given(st.one_of(weekly, monthly), st.sets(st.sampled_from(LANDS), max_size=3), st.data())
def test_no_date_falls_on_a_holiday_without_a_question_and_proposals_are_working_days(
    rhythm: Rhythm, lands: set[str], data: st.DataObject
) -> None:
    eve = date(2027, 12, 23)
    house = WorkingDays(lands, {eve: "Betriebsausflug"})
    days = twenty_years(rhythm)
    collisions = [day for day in days if house.name_of(day)]
    assert all(house.is_working(day) for day in days if day not in collisions)
    for day in data.draw(st.lists(st.sampled_from(collisions), max_size=5)) if collisions else []:
        moves = house.moves(day, NOW - timedelta(days=700), set(days))
        assert moves
        assert len(set(moves)) == len(moves)
        assert all(house.is_working(move) and move not in days for move in moves)


def test_every_fourth_week_of_nrw_meets_fronleichnam_and_himmelfahrt() -> None:
    house = WorkingDays(["NW"])
    from_15 = Rhythm(WEEKLY, 4, THURSDAY, date(2026, 1, 15)).days(date(2026, 12, 31))
    from_22 = Rhythm(WEEKLY, 4, THURSDAY, date(2026, 1, 22)).days(date(2026, 12, 31))
    assert [house.name_of(day) for day in from_15 if house.name_of(day)] == ["Fronleichnam"]
    assert [house.name_of(day) for day in from_22 if house.name_of(day)] == ["Christi Himmelfahrt"]


def test_months_without_a_fifth_thursday_are_left_out() -> None:
    days = starting(MONTHLY, 1, THURSDAY, 5, date(2026, 12, 1)).days()
    assert list(islice(days, 3)) == [date(2026, 12, 31), date(2027, 4, 29), date(2027, 7, 29)]


def test_the_first_day_is_the_first_that_fits() -> None:
    assert starting(WEEKLY, 4, THURSDAY, None, date(2026, 11, 27)).first_on == date(2026, 12, 3)
    assert starting(WEEKLY, 4, THURSDAY, None, date(2026, 12, 3)).first_on == date(2026, 12, 3)
    assert starting(MONTHLY, 3, THURSDAY, 2, date(2026, 12, 11)).first_on == date(2027, 1, 14)


def test_the_day_after_another_one_is_of_the_rhythm() -> None:
    rhythm = Rhythm(WEEKLY, 4, THURSDAY, date(2026, 12, 3))
    assert rhythm.after(date(2026, 12, 3)) == date(2026, 12, 31)
    assert rhythm.after(date(2026, 1, 1)) == date(2026, 12, 3)


@pytest.mark.parametrize(
    ("rhythm", "rule", "words"),
    [
        (starting(WEEKLY, 1, 0, None, NOW), "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO", "jeden Montag"),
        (starting(WEEKLY, 4, 3, None, NOW), "FREQ=WEEKLY;INTERVAL=4;BYDAY=TH", "alle 4 Wochen donnerstags"),
        (starting(MONTHLY, 1, 3, 2, NOW), "FREQ=MONTHLY;INTERVAL=1;BYDAY=2TH", "jeden 2. Donnerstag im Monat"),
        (starting(MONTHLY, 1, 4, -1, NOW), "FREQ=MONTHLY;INTERVAL=1;BYDAY=-1FR", "jeden letzten Freitag im Monat"),
        (starting(MONTHLY, 3, 1, 1, NOW), "FREQ=MONTHLY;INTERVAL=3;BYDAY=1TU", "alle 3 Monate am 1. Dienstag"),
    ],
)
def test_a_rhythm_is_said_and_written(rhythm: Rhythm, rule: str, words: str) -> None:
    assert (rhythm.rrule, rhythm.in_words) == (rule, words)


@pytest.mark.parametrize(
    ("frequency", "interval", "weekday", "nth"),
    [
        (WEEKLY, 0, 3, None),
        (WEEKLY, 13, 3, None),
        (MONTHLY, -1, 3, 2),
        (WEEKLY, 1, 7, None),
        (WEEKLY, 1, 3, 2),
        (MONTHLY, 1, 3, None),
        (MONTHLY, 1, 3, 6),
        (MONTHLY, 1, 3, 0),
    ],
)
def test_what_is_no_rhythm_is_refused(frequency: Frequency, interval: int, weekday: int, nth: int | None) -> None:
    with pytest.raises(ValueError, match=r"interval goes|weekday goes|months need"):
        starting(frequency, interval, weekday, nth, NOW)


@pytest.mark.parametrize("first", [date(2026, 12, 4), date(2026, 12, 3)])
def test_a_rhythm_begins_on_one_of_its_days(first: date) -> None:
    with pytest.raises(ValueError, match="no day of this rhythm"):
        Rhythm(MONTHLY, 1, THURSDAY, first, 2)
