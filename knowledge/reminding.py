"""On which days somebody is reminded of a task. Pure; whether it is done and whose it is, others know."""

from collections.abc import Iterator
from datetime import date, timedelta

from knowledge.working_days import WorkingDays

FIRST = (timedelta(days=7), timedelta(days=14))
"""After the minutes were published."""
SOON = timedelta(days=14)
"""A task that is due later needs no reminder yet."""
AFTER = (timedelta(weeks=1), timedelta(weeks=2), timedelta(weeks=3))
"""After the day on which it was due."""
LAST = timedelta(weeks=4)
"""After that day, or after the publication if there is none: then the coordinators are told, and nobody else."""


def last_day(published_on: date, due_on: date | None, working_days: WorkingDays) -> date:
    """The day on which the coordinators hear of a task that is still open."""
    return _working((due_on or published_on) + LAST, working_days)


def next_day(published_on: date, due_on: date | None, today: date, working_days: WorkingDays) -> date:
    """The next day, after today, on which something is said about an open task; a working day.

    When all of them are past, as after a long time in which we were away, it is a week from now.
    """
    days = [_working(day, working_days) for day in _days(published_on, due_on)]
    days.append(last_day(published_on, due_on, working_days))
    return min((day for day in days if day > today), default=_working(today + timedelta(weeks=1), working_days))


def _days(published_on: date, due_on: date | None) -> Iterator[date]:
    for span in FIRST:
        day = published_on + span
        if due_on is None or day < due_on <= day + SOON:
            yield day
    if due_on is not None:
        yield from (due_on, *(due_on + span for span in AFTER))


def _working(day: date, working_days: WorkingDays) -> date:
    return day if working_days.is_working(day) else working_days.after(day, 1)
