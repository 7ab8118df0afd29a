"""Working days: without weekends, the public holidays of the Länder, and the days on which the house is closed.

School holidays are known, too: people work then, but not everybody comes.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from holidays.countries.germany import Germany

from knowledge.school_holidays import SchoolHolidays

SATURDAY = 5
LANDS = tuple(code for code in Germany.subdivisions if len(code) == 2)  # a city with an own holiday is no Land
"""ISO codes of the sixteen Länder, without `DE-`."""
HOUSE_LIST = "Hausliste"
WEEKEND = "Wochenende"


class WorkingDays:
    """Tells working days from others; a day that is a holiday in one of several Länder is one for all of them.

    Without a Land only the nationwide holidays count. `days_off` are the house's own, with their names or without:
    Heiligabend, Rosenmontag, and holidays of its municipality alone, such as Mariä Himmelfahrt in most of Bavaria.
    `yearly_days_off` are such, too, by month and day.
    `school_holidays` are working days, but no days to meet on if `spares_school_holidays`. Raises `ValueError` in
    German for an unknown Land.
    """

    def __init__(
        self,
        lands: Collection[str] = (),
        days_off: Collection[date] | Mapping[date, str] = (),
        school_holidays: Iterable[SchoolHolidays] = (),
        spares_school_holidays: bool = False,
        yearly_days_off: Mapping[tuple[int, int], str] = MappingProxyType({}),
    ) -> None:
        if unknown := [land for land in lands if land not in LANDS]:
            raise ValueError(f"kennt kein Land „{unknown[0]}“. Es gibt: {', '.join(LANDS)}")
        self._calendars = {land: Germany(subdiv=land, language="de") for land in lands}
        self._calendars = self._calendars or {"": Germany(language="de")}
        self._days_off: Mapping[date, str] = days_off if isinstance(days_off, Mapping) else dict.fromkeys(days_off, "")
        self._yearly_days_off = dict(yearly_days_off)
        self._school_holidays = tuple(school_holidays)
        self._spares_school_holidays = spares_school_holidays

    def is_working(self, day: date) -> bool:
        """Is the house at work on this day?"""
        is_holiday = any(day in calendar for calendar in self._calendars.values())
        return day.weekday() < SATURDAY and self._day_off(day) is None and not is_holiday

    def after(self, day: date, count: int) -> date:
        """Return the `count`-th working day after a day, which itself never counts. Raises `ValueError` below 1."""
        if count < 1:
            raise ValueError("count starts at 1")
        while count:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day

    def before(self, day: date, count: int) -> date:
        """Return the `count`-th working day before a day, which itself never counts. Raises `ValueError` below 1."""
        if count < 1:
            raise ValueError("count starts at 1")
        while count:
            day -= timedelta(days=1)
            count -= self.is_working(day)
        return day

    def name_of(self, day: date) -> str | None:
        """Why nobody should meet on a day: „Fronleichnam (frei in BY, NW)“, „Wochenende“; None if they may.

        School holidays are such a reason only in a house that spares them.
        """
        if holiday := self._holiday(day):
            return holiday
        if (name := self._day_off(day)) is not None:
            return f"{name} ({HOUSE_LIST})" if name else HOUSE_LIST
        if day.weekday() >= SATURDAY:
            return WEEKEND
        return self.school_holidays(day) if self._spares_school_holidays else None

    def school_holidays(self, day: date) -> str | None:
        """The name of the school holidays that a day is in, if it is in any."""
        return next((one.name for one in self._school_holidays if one.first_on <= day <= one.last_on), None)

    def is_school_holiday(self, day: date) -> bool:
        """Is school closed on this day? Never, if the house has no file of school holidays."""
        return self.school_holidays(day) is not None

    def moves(self, day: date, today: date, taken: Collection[date] = ()) -> tuple[date, ...]:
        """The days to which a meeting may move: a week earlier, a week later, the next day on which people may meet.

        Each comes once and in this order; none is before tomorrow, and none of those that are `taken`.
        """
        week = timedelta(weeks=1)
        following = day + timedelta(days=1)
        while following <= today or following in taken or self.name_of(following):
            following += timedelta(days=1)
        wanted = (near for near in (day - week, day + week, following) if near > today and near not in taken)
        return tuple(dict.fromkeys(near for near in wanted if not self.name_of(near)))

    def _day_off(self, day: date) -> str | None:
        """What the house calls a day on which it is closed, perhaps nothing; None if it is open."""
        return self._days_off.get(day, self._yearly_days_off.get((day.month, day.day)))

    def _holiday(self, day: date) -> str | None:
        """Its name and, if only some of the Länder are free, which ones."""
        names = {land: calendar[day] for land, calendar in self._calendars.items() if day in calendar}
        if not names:
            return None
        name = ", ".join(dict.fromkeys(names.values()))
        is_everywhere = len(names) == len(self._calendars)
        return name if is_everywhere else f"{name} (frei in {', '.join(sorted(names))})"
