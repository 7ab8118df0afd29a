"""Time zones as calendars write them: with a yearly rule for each change of the clocks."""

import re
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import cast

from dateutil.relativedelta import relativedelta, weekday
from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

LONG_AGO = 1970
DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_LAST = 5
# The rule of a zone from now on, as it stands at the end of its file (POSIX): CET-1CEST,M3.5.0,M10.5.0/3
_NAME = r"(<[+\-\w]+>|[A-Za-z]+)"
_OFFSET = r"([+-]?\d+(?::\d+)?)"
_CHANGE = r"M(\d+)\.(\d)\.(\d)(?:/(\d+))?"
_RULE = re.compile(f"{_NAME}{_OFFSET}(?:{_NAME}{_OFFSET}?,{_CHANGE},{_CHANGE})?")


def component(zone: str) -> Timezone:
    """Return the VTIMEZONE of an IANA zone, right for every date from now on.

    Outlook reads nothing else than one yearly rule for each change. Raises `ValueError` for an unknown zone.
    """
    return cast(Timezone, Timezone.from_ical(_written(zone)))


@cache
def _written(zone: str) -> bytes:
    found = _RULE.fullmatch(_posix(zone))
    if found is None:  # a zone with a rule that no calendar can hold, at best as single days
        return bytes(Timezone.from_tzid(zone).to_ical())
    result = Timezone()
    result.add("tzid", zone)
    name, west, summer_name, summer_west, *changes = found.groups()
    standard = -_duration(west)
    if summer_name is None:
        result.add_component(_observance(TimezoneStandard(), name, standard, standard))
        return bytes(result.to_ical())
    summer = -_duration(summer_west) if summer_west else standard + timedelta(hours=1)
    result.add_component(_observance(TimezoneDaylight(), summer_name, standard, summer, changes[:4]))
    result.add_component(_observance(TimezoneStandard(), name, summer, standard, changes[4:]))
    return bytes(result.to_ical())


def _posix(zone: str) -> str:
    try:
        data = files("tzdata.zoneinfo").joinpath(*zone.split("/")).read_bytes()
    except (OSError, ModuleNotFoundError):
        raise ValueError(f"unknown time zone {zone}") from None
    return data.rsplit(b"\n", 2)[-2].decode("ascii")


def _observance(
    result: TimezoneStandard | TimezoneDaylight,
    name: str,
    before: timedelta,
    after: timedelta,
    change: list[str | None] | None = None,
) -> TimezoneStandard | TimezoneDaylight:
    result.add("tzname", name.strip("<>"))
    result.add("tzoffsetfrom", before)
    result.add("tzoffsetto", after)
    if change is None:
        result.add("dtstart", datetime(LONG_AGO, 1, 1))  # noqa: DTZ001 - by the clocks of the zone
        return result
    month, week, day, hour = (int(part) if part else 2 for part in change)
    count = -1 if week == _LAST else week
    begins = date(LONG_AGO, month, 1) + relativedelta(
        day=31 if week == _LAST else 1, weekday=weekday((day - 1) % 7, count)
    )
    result.add("dtstart", datetime.combine(begins, time(hour)))
    result.add("rrule", vRecur.from_ical(f"FREQ=YEARLY;BYDAY={count}{DAYS[day]};BYMONTH={month}"))
    return result


def _duration(west: str) -> timedelta:
    """How far west of Greenwich: hours, and minutes if there are any."""
    hours, _, minutes = west.partition(":")
    size = timedelta(hours=abs(int(hours)), minutes=int(minutes or 0))
    return -size if west.startswith("-") else size
