"""The rhythm of a series: on which days it meets, for calendars and in German. Knows no holidays."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import takewhile
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from dateutil import rrule

from storage.models.jour_fixe import Frequency

LONGEST_INTERVAL = 12
"""Weeks or months between two meetings, at most."""
LAST = -1
"""As `nth`: the last such weekday of the month."""
NTHS = (1, 2, 3, 4, 5, LAST)
WEEKDAYS: tuple[str, ...] = tuple(get_day_names("wide", locale="de_DE")[number] for number in range(7))
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES: dict[Frequency, Literal[1, 2]] = {Frequency.WEEKLY: rrule.WEEKLY, Frequency.MONTHLY: rrule.MONTHLY}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every `interval` weeks on `weekday` (0 is Monday), or every `interval` months on the `nth` such day.

    `first_on` is the first of its days, from which weeks or months are counted. Months without a fifth such day are
    left out. Raises `ValueError` for what is no rhythm; `starting` finds the first day by itself.
    """

    frequency: Frequency
    interval: int
    weekday: int
    first_on: date
    nth: int | None = None

    def __post_init__(self) -> None:
        _check(self.frequency, self.interval, self.weekday, self.nth)
        if self.first_on != next(_days(self.frequency, 1, self.weekday, self.nth, self.first_on), None):
            raise ValueError("first_on is no day of this rhythm")

    @property
    def rrule(self) -> str:
        """The rule as iCalendar writes it (RFC 5545, 3.3.10)."""
        return f"FREQ={self.frequency.upper()};INTERVAL={self.interval};BYDAY={self.nth or ''}{_CODES[self.weekday]}"

    @property
    def in_words(self) -> str:
        """The rule in German: „alle 4 Wochen donnerstags“, „jeden 2. Donnerstag im Monat“."""
        day = WEEKDAYS[self.weekday]
        if self.frequency is Frequency.WEEKLY:
            return f"jeden {day}" if self.interval == 1 else f"alle {self.interval} Wochen {day.lower()}s"
        which = "letzten" if self.nth == LAST else f"{self.nth}."
        if self.interval == 1:
            return f"jeden {which} {day} im Monat"
        return f"alle {self.interval} Monate am {which} {day}"

    def days(self, until: date | None = None) -> Iterator[date]:
        """Its days in order, from `first_on` to `until` (itself included), else for as long as there are calendars."""
        endless = _days(self.frequency, self.interval, self.weekday, self.nth, self.first_on)
        return endless if until is None else takewhile(lambda day: day <= until, endless)

    def after(self, day: date) -> date:
        """Its first day after a day."""
        return next(one for one in self.days() if one > day)


def starting(frequency: Frequency, interval: int, weekday: int, nth: int | None, earliest: date) -> Rhythm:
    """The rhythm whose first day is the first fitting one, not before `earliest`."""
    _check(frequency, interval, weekday, nth)
    return Rhythm(frequency, interval, weekday, next(_days(frequency, 1, weekday, nth, earliest)), nth)


def instant(day: date, clock_time: time, zone: str) -> datetime:
    """When it is this wall-clock time on a day, across every change of summer time; aware."""
    return datetime.combine(day, clock_time, ZoneInfo(zone))


def _check(frequency: Frequency, interval: int, weekday: int, nth: int | None) -> None:
    if not 1 <= interval <= LONGEST_INTERVAL:
        raise ValueError(f"interval goes from 1 to {LONGEST_INTERVAL}")
    if weekday not in range(7):
        raise ValueError("weekday goes from 0 to 6")
    if nth not in (NTHS if frequency is Frequency.MONTHLY else (None,)):
        raise ValueError("months need to know which such day, weeks must not")


def _days(frequency: Frequency, interval: int, weekday: int, nth: int | None, start: date) -> Iterator[date]:
    on = rrule.weekday(weekday, nth)
    midnight = datetime.combine(start, time())
    rule = rrule.rrule(_FREQUENCIES[frequency], dtstart=midnight, interval=interval, byweekday=on, cache=False)
    return (moment.date() for moment in rule)
