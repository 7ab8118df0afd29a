"""Meetings as calendar files (RFC 5545) that Outlook, Thunderbird and Nextcloud read. Knows no database and no chat."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr
from icalendar import Calendar, Event, vDuration, vRecur

from knowledge import time_zones

PRODUCT = "-//Lotsenfunk//Jour fixe//DE"
REFRESHED = timedelta(hours=4)
"""How often a program that follows a calendar shall look again."""
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # no calendar may hold them


@dataclass(frozen=True, slots=True)
class Sitting:
    """A meeting of a series: planned on a day by its rhythm, held on `day`, both in the wall-clock time of the series.

    With `is_off` it was cancelled, or nobody has decided yet.
    """

    planned_on: date
    day: date
    begins: time
    minutes: int
    place: str = ""
    description: str = ""
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """A series by its rhythm, an RFC 5545 rule without `UNTIL`, from `first_on` to `ended_on` in the zone `zone`.

    Of each date that is not among the `sittings` it meets as usual. `calendar_id` is the stem of all ids, `revision`
    rises with each change of the series or of one of its meetings.
    """

    calendar_id: str
    title: str
    rule: str
    first_on: date
    begins: time
    minutes: int
    zone: str
    place: str = ""
    description: str = ""
    revision: int = 0
    ended_on: date | None = None
    sittings: Sequence[Sitting] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """A task of the one whose calendar it is; `id` is the same each time."""

    id: str
    text: str
    due_on: date


def feed(name: str, series: Sequence[Series], now: datetime, tasks: Sequence[Due] = ()) -> str:
    """Write a calendar that programs follow: whole series, and the tasks of one person as whole days."""
    calendar = _calendar("PUBLISH")
    calendar.add("x-wr-calname", _clean(name))
    calendar.add("name", _clean(name))
    calendar.add("refresh-interval", vDuration(REFRESHED), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESHED))
    events = [event for one in series for event in _events(one, now)] + [_task(task, now) for task in tasks]
    return _written(calendar, _zones(series), events)


def series_file(series: Sequence[Series], now: datetime) -> str:
    """Write whole series as a file that somebody takes into their own calendar."""
    # Outlook would make a calendar of its own of a file with a name.
    return _written(_calendar("PUBLISH"), _zones(series), [event for one in series for event in _events(one, now)])


def meeting_file(series: Series, sitting: Sitting, now: datetime) -> str:
    """Write one meeting, new or changed; if it is off, a file that takes it out of the calendar."""
    event = _single(series, sitting, now)
    event.add("status", "CANCELLED" if sitting.is_off else "CONFIRMED")
    return _written(_calendar("CANCEL" if sitting.is_off else "PUBLISH"), [series.zone], [event])


def dates(series: Series) -> rrule:
    """Return the dates of the rhythm, as moments without a zone, at the time when the series begins.

    They never end unless the series has.
    """
    rule = series.rule if series.ended_on is None else f"{series.rule};UNTIL={series.ended_on:%Y%m%d}T235959"
    found = rrulestr(rule, dtstart=datetime.combine(series.first_on, series.begins))
    assert isinstance(found, rrule)
    return found


def _events(series: Series, now: datetime) -> list[Event]:
    """The series as one event, its meetings that differ as others with the same id, and those outside of its rhythm."""
    rhythm = dates(series)
    held = [sitting for sitting in series.sittings if not sitting.is_off]
    off = [sitting.planned_on for sitting in series.sittings if sitting.is_off and _is_among(sitting, series, rhythm)]
    within = [sitting for sitting in held if _is_among(sitting, series, rhythm)]
    changed = [sitting for sitting in within if _differs(sitting, series)]
    outside = [sitting for sitting in held if sitting not in within]
    result = []
    if _meets(series, rhythm, off):
        result.append(_master(series, rhythm, off, now))
    return result + [_single(series, sitting, now) for sitting in changed + outside]


def _meets(series: Series, rhythm: rrule, off: Sequence[date]) -> bool:
    return any(moment.date() not in off for moment in rhythm)


def _is_among(sitting: Sitting, series: Series, rhythm: rrule) -> bool:
    moment = datetime.combine(sitting.planned_on, series.begins)
    return rhythm.after(moment, inc=True) == moment


def _differs(sitting: Sitting, series: Series) -> bool:
    usual = (sitting.planned_on, series.begins, series.minutes, series.place)
    is_described = sitting.description not in ("", series.description)
    return is_described or usual != (sitting.day, sitting.begins, sitting.minutes, sitting.place)


def _master(series: Series, rhythm: rrule, off: Iterable[date], now: datetime) -> Event:
    first = rhythm[0].date()
    result = _event(series, now)
    _add_time(result, series, first, series.begins, series.minutes)
    _add_texts(result, series.place, series.description)
    rule = series.rule
    if series.ended_on is not None:
        last = _moment(series, series.ended_on, time(23, 59, 59)).astimezone(UTC)
        rule = f"{rule};UNTIL={last:%Y%m%dT%H%M%SZ}"
    result.add("rrule", vRecur.from_ical(rule))
    for day in sorted(off):
        result.add("exdate", _moment(series, day, series.begins))
    result.add("status", "CONFIRMED")
    return result


def _single(series: Series, sitting: Sitting, now: datetime) -> Event:
    """One meeting by its place in the rhythm; outside of it, which no program understands, under an id of its own."""
    is_within = _is_among(sitting, series, dates(series))
    own_id = "" if is_within else f"-{sitting.planned_on:%Y%m%d}"
    result = _event(series, now, own_id)
    if is_within:
        result.add("recurrence-id", _moment(series, sitting.planned_on, series.begins))
    _add_time(result, series, sitting.day, sitting.begins, sitting.minutes)
    _add_texts(result, sitting.place, sitting.description or series.description)
    return result


def _event(series: Series, now: datetime, own_id: str = "") -> Event:
    result = _stamped(f"{series.calendar_id}{own_id}@lotsenfunk", series.title, now)
    result.add("sequence", series.revision)
    return result


def _stamped(uid: str, title: str, now: datetime) -> Event:
    result = Event()
    result.add("uid", uid)
    result.add("dtstamp", now.astimezone(UTC))
    result.add("last-modified", now.astimezone(UTC))
    result.add("summary", _clean(title))
    return result


def _add_time(event: Event, series: Series, day: date, begins: time, minutes: int) -> None:
    start = _moment(series, day, begins)
    # The clocks may change while it lasts.
    end = (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(start.tzinfo)
    event.add("dtstart", start)
    event.add("dtend", end)


def _add_texts(event: Event, place: str, description: str) -> None:
    for name, text in {"location": place, "description": description}.items():
        if text:
            event.add(name, _clean(text))


def _task(task: Due, now: datetime) -> Event:
    result = _stamped(f"{task.id}@lotsenfunk", f"Aufgabe: {task.text}", now)
    result.add("dtstart", task.due_on)
    result.add("dtend", task.due_on + timedelta(days=1))
    # Whoever sees that calendar, too, sees neither what it is nor a day that is taken.
    result.add("class", "PRIVATE")
    result.add("transp", "TRANSPARENT")
    result.add("x-microsoft-cdo-busystatus", "FREE")
    return result


def _calendar(method: str) -> Calendar:
    result = Calendar()
    for name, value in _HEAD.items():
        result.add(name, value)
    result.add("method", method)
    return result


_HEAD: Mapping[str, str] = {"version": "2.0", "prodid": PRODUCT, "calscale": "GREGORIAN"}


def _written(calendar: Calendar, zones: Iterable[str], events: Iterable[Event]) -> str:
    for zone in zones:  # before the events: some programs read from the top
        calendar.add_component(time_zones.component(zone))
    for event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical()).decode()


def _zones(series: Iterable[Series]) -> Sequence[str]:
    return sorted({one.zone for one in series})


def _moment(series: Series, day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZoneInfo(series.zone))


def _clean(text: str) -> str:
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
