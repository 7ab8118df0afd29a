"""Working days: without weekends, the public holidays of the Länder, and the days on which the house is closed."""

from collections.abc import Collection
from datetime import date, timedelta

from holidays.countries.germany import Germany

SATURDAY = 5
LANDS = tuple(code for code in Germany.subdivisions if len(code) == 2)  # a city with an own holiday is no Land
"""ISO codes of the sixteen Länder, without `DE-`."""


class WorkingDays:
    """Tells working days from others; a day that is a holiday in one of several Länder is one for all of them.

    Without a Land only the nationwide holidays count. `days_off` are the house's own: Heiligabend, Rosenmontag, and
    holidays of its municipality alone, such as Mariä Himmelfahrt in most of Bavaria. Raises `ValueError` in German for
    an unknown Land.
    """

    def __init__(self, lands: Collection[str] = (), days_off: Collection[date] = ()) -> None:
        if unknown := [land for land in lands if land not in LANDS]:
            raise ValueError(f"kennt kein Land „{unknown[0]}“. Es gibt: {', '.join(LANDS)}")
        self._calendars = [Germany(subdiv=land) for land in lands] or [Germany()]
        self._days_off = frozenset(days_off)

    def is_working(self, day: date) -> bool:
        """Is the house at work on this day?"""
        is_holiday = any(day in calendar for calendar in self._calendars)
        return day.weekday() < SATURDAY and day not in self._days_off and not is_holiday

    def after(self, day: date, count: int) -> date:
        """Return the `count`-th working day after a day, which itself never counts. Raises `ValueError` below 1."""
        if count < 1:
            raise ValueError("count starts at 1")
        while count:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day
