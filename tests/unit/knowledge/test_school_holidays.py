"""School holidays from files as the Länder publish them."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.school_holidays import SchoolHolidays, read

CHRISTMAS = SchoolHolidays("Weihnachtsferien", date(2026, 12, 23), date(2027, 1, 6))
EASTER = SchoolHolidays("Osterferien", date(2027, 3, 22), date(2027, 4, 3))
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Kultusministerium//DE
BEGIN:VEVENT
UID:1@example.org
DTSTAMP:20260101T000000Z
SUMMARY:Weihnachtsferien
DTSTART;VALUE=DATE:20261223
DTEND;VALUE=DATE:20270107
END:VEVENT
BEGIN:VEVENT
UID:2@example.org
DTSTAMP:20260101T000000Z
SUMMARY:Osterferien
DTSTART;VALUE=DATE:20270322
DTEND;VALUE=DATE:20270404
END:VEVENT
BEGIN:VEVENT
UID:3@example.org
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20270507
END:VEVENT
END:VCALENDAR
"""
A_DAY = SchoolHolidays("Schulferien", date(2027, 5, 7), date(2027, 5, 7))


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_a_calendar_ends_a_day_before_its_end(tmp_path: Path) -> None:
    found = read(written(tmp_path, "Ferien.ICS", CALENDAR.replace("\n", "\r\n")))
    assert found == (CHRISTMAS, EASTER, A_DAY)


@pytest.mark.parametrize(
    "text",
    [
        "Name;erster Tag;letzter Tag\nWeihnachtsferien;23.12.2026;06.01.2027\nOsterferien;22.3.2027;3.4.2027\n",
        "\ufeffname,from,to\r\nWeihnachtsferien,2026-12-23,2027-01-06\r\n\r\nOsterferien,2027-03-22,2027-04-03\r\n",
        "Weihnachtsferien;2026-12-23;2027-01-06\nOsterferien;2027-03-22;2027-04-03",
        'Weihnachtsferien,2026-12-23,2027-01-06,"NW, alle"\nOsterferien, 2027-03-22 ,2027-04-03',
    ],
)
def test_a_table_has_name_first_and_last_day(tmp_path: Path, text: str) -> None:
    assert read(written(tmp_path, "ferien.csv", text)) == (CHRISTMAS, EASTER)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ferien.csv", "", "nennt keine Ferien"),
        ("ferien.ics", "", "ist kein Kalender"),
        ("ferien.ics", "Weihnachten", "ist kein Kalender"),
        ("ferien.ics", CALENDAR.partition("END:VEVENT")[0], "ist kein Kalender"),
        ("ferien.ics", CALENDAR.replace("DTSTART;VALUE=DATE:20270507\n", ""), "Eintrag ohne Anfang"),
        ("ferien.ics", CALENDAR.replace("20261223", "2026122"), "einem Tag, den es nicht gibt"),
        ("ferien.ics", CALENDAR.partition("BEGIN:VEVENT")[0] + "END:VCALENDAR\n", "nennt keine Ferien"),
        ("ferien.xlsx", "x", "endet weder auf .ics noch auf .csv"),
        ("ferien.csv", "Sommer;31.6.2027;1.8.2027", "hat in Zeile 1 nicht Name"),
        ("ferien.csv", "Name;von;bis\nSommer;1.7.2027", "hat in Zeile 2 nicht Name"),
        ("ferien.csv", "Sommer;1.8.2027;1.7.2027", "nennt bei „Sommer“ einen letzten Tag"),
        ("ferien.csv", "Sommer;1.7.2027;1.8.2028", "nennt bei „Sommer“ einen letzten Tag"),
    ],
)
def test_a_wrong_file_is_named_with_its_cure(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(written(tmp_path, name, text))


def test_a_file_that_is_not_there_or_not_in_utf8_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lässt sich nicht lesen"):
        read(tmp_path / "ferien.csv")
    (tmp_path / "alt.csv").write_bytes("Frühjahr;1.3.2027;2.3.2027".encode("cp1252"))
    with pytest.raises(ValueError, match="nicht in UTF-8"):
        read(tmp_path / "alt.csv")
