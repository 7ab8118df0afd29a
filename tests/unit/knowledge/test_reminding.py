"""Reminders of a task come on working days, few of them, and end with the coordinators."""

from collections.abc import Iterator
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from knowledge.reminding import last_day, next_day
from knowledge.working_days import WorkingDays

CALENDAR = WorkingDays(("NW",), [date(2026, 12, 24), date(2026, 12, 31)])
PUBLISHED = date(2026, 12, 7)


def days(published_on: date, due_on: date | None) -> Iterator[date]:
    """All days on which something is said, the coordinators' day last."""
    day = published_on
    last = last_day(published_on, due_on, CALENDAR)
    while day < last:
        day = next_day(published_on, due_on, day, CALENDAR)
        yield day


def test_a_task_that_is_due_soon_comes_up_twice_before_then_weekly() -> None:
    assert list(days(PUBLISHED, date(2026, 12, 23))) == [
        date(2026, 12, 14),
        date(2026, 12, 21),
        date(2026, 12, 23),
        date(2026, 12, 30),
        date(2027, 1, 6),
        date(2027, 1, 13),
        date(2027, 1, 20),
    ]


def test_a_task_that_is_due_much_later_waits_for_its_day() -> None:
    assert next(days(PUBLISHED, date(2027, 3, 15))) == date(2027, 3, 15)


def test_a_holiday_moves_a_reminder_to_the_next_working_day() -> None:
    assert next_day(PUBLISHED, date(2026, 12, 31), date(2026, 12, 22), CALENDAR) == date(2027, 1, 4)


def test_a_task_without_a_day_is_mentioned_twice() -> None:
    assert list(days(PUBLISHED, None)) == [date(2026, 12, 14), date(2026, 12, 21), date(2027, 1, 4)]


def test_after_a_long_absence_it_goes_on_in_a_week() -> None:
    assert next_day(PUBLISHED, date(2026, 12, 23), date(2027, 6, 1), CALENDAR) == date(2027, 6, 8)


@given(
    st.dates(date(2026, 1, 1), date(2036, 12, 31)),
    st.none() | st.integers(-30, 400).map(lambda days: timedelta(days=days)),
)
def test_reminders_are_few_and_never_on_a_day_off(published_on: date, ahead: timedelta | None) -> None:
    said = list(days(published_on, published_on + ahead if ahead is not None else None))
    assert len(said) <= 7
    assert said == sorted(set(said))
    assert all(CALENDAR.is_working(day) for day in said)
