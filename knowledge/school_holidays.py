"""School holidays of a Land, from a file that the house downloads each year: iCalendar or CSV."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from icalendar import Calendar

from knowledge.formats.rows import BrokenFile, decoded

_GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_LONGEST = timedelta(days=100)
"""Longer school holidays are a typo in the year."""


@dataclass(frozen=True, slots=True)
class SchoolHolidays:
    """School holidays by name, from the first to the last free day."""

    name: str
    first_on: date
    last_on: date


def read(path: Path) -> tuple[SchoolHolidays, ...]:
    """Read a file: `.ics`, or `.csv` with the columns name, first day and last day.

    CSV is UTF-8, with `;` or `,` between cells and days like 2026-12-24 or 24.12.2026; a first row without days is a
    heading. Raises `ValueError` in German, to be put behind the name of the setting.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"lässt sich nicht lesen ({type(error).__name__}). Pfad und Rechte prüfen") from None
    reading = {".ics": _calendar, ".csv": _table}.get(path.suffix.lower())
    if reading is None:
        raise ValueError("endet weder auf .ics noch auf .csv")
    found = tuple(reading(data))
    if not found:
        raise ValueError("nennt keine Ferien. Erwartet werden Name, erster und letzter Tag")
    for one in found:
        if not timedelta() <= one.last_on - one.first_on <= _LONGEST:
            raise ValueError(f"nennt bei „{one.name}“ einen letzten Tag, der nicht zum ersten passt")
    return found


def _calendar(data: bytes) -> Iterator[SchoolHolidays]:
    try:
        events = Calendar.from_ical(data).walk("VEVENT")
    except (ValueError, IndexError, KeyError):
        raise ValueError("ist kein Kalender, wie ihn iCalendar beschreibt") from None
    for event in events:
        if "DTSTART" not in event:
            raise ValueError("hat einen Eintrag ohne Anfang")
        first, end = _day(event.decoded("DTSTART")), event.decoded("DTEND", None)
        # By RFC 5545 the end is the day after the last one; without an end it is one day.
        last = max(first, _day(end) - timedelta(days=1)) if end else first
        yield SchoolHolidays(str(event.get("SUMMARY", "Schulferien")), first, last)


def _day(moment: object) -> date:
    if not isinstance(moment, date):  # what is broken comes as it stands in the file
        raise ValueError("hat einen Eintrag mit einem Tag, den es nicht gibt")
    return moment.date() if isinstance(moment, datetime) else moment


def _table(data: bytes) -> Iterator[SchoolHolidays]:
    try:
        text = decoded(data, "bitte als „CSV UTF-8“ speichern")
    except BrokenFile as error:
        raise ValueError("ist nicht in UTF-8 gespeichert. Bitte als „CSV UTF-8“ speichern") from error
    header = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",")
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and not any(sign.isdecimal() for cell in cells[1:] for sign in cell)):
            continue
        yield _holidays(number, cells)


def _holidays(number: int, cells: list[str]) -> SchoolHolidays:
    try:
        name, first, last, *_ = cells
        return SchoolHolidays(name or "Schulferien", _read_day(first), _read_day(last))
    except ValueError:
        raise ValueError(
            f"hat in Zeile {number} nicht Name, ersten und letzten Tag (2026-12-24 oder 24.12.2026)"
        ) from None


def _read_day(text: str) -> date:
    if german := _GERMAN_DATE.fullmatch(text):
        return date(int(german[3]), int(german[2]), int(german[1]))
    return date.fromisoformat(text)
