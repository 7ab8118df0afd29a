"""Series as people describe them, and what cannot be."""

from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.dates import day_said
from knowledge.rhythm import WEEKDAYS
from knowledge.series_sentences import Doubt, Flaw, Implied, SaidSeries, read_series
from storage.models.jour_fixe import Frequency

TODAY = date(2026, 11, 22)
WEEKLY, MONTHLY = Frequency.WEEKLY, Frequency.MONTHLY
NINE = time(9)


def read(text: str) -> SaidSeries:
    return read_series(text, TODAY, day_said)


def weekly(interval: int = 1, weekday: int | None = None, **more: Any) -> SaidSeries:
    return SaidSeries(frequency=WEEKLY, interval=interval, weekday=weekday, **more)


def monthly(interval: int = 1, weekday: int | None = None, nth: int | None = None, **more: Any) -> SaidSeries:
    return SaidSeries(frequency=MONTHLY, interval=interval, weekday=weekday, nth=nth, **more)


def test_a_room_keeps_the_house_that_it_is_in() -> None:
    assert read("jeden Montag 9 bis 10, Raum 5 in der Bücherei").place == "Raum 5 in der Bücherei"
    assert read("jeden Montag 9 bis 10 im Rathaus, Raum 3").place == "Rathaus, Raum 3"


@pytest.mark.parametrize("text", ["jeden Montag 9 Uhr, Raum 2, titel KI-Runde", "montags, Raum 2, Titel:KI-Runde"])
def test_a_title_is_named_with_and_without_a_colon(text: str) -> None:
    said = read(text)
    assert (said.title, said.is_named, said.place) == ("KI-Runde", True, "Raum 2")


@pytest.mark.parametrize(
    ("text", "implied"),
    [("dienstags", Implied.DAY), ("jeden Dienstag", Implied.EACH), ("Dienstag", None), ("wöchentlich dienstags", None)],
)
def test_a_day_may_imply_each_week(text: str, implied: Implied | None) -> None:
    assert read(text).implied is implied


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wöchentlich", weekly()),
        ("jede Woche Mo um 8", weekly(1, 0, begins=time(8))),
        ("jeden Donnerstag", weekly(1, 3)),
        ("immer donnerstags, alle 14 Tage", weekly(2, 3)),
        ("14-tägig dienstags", weekly(2, 1)),
        ("jede zweite Woche am Freitag", weekly(2, 4)),
        ("alle sechs Wochen mittwochs", weekly(6, 2)),
        ("jeden sechsten Freitag", weekly(6, 4)),
        ("alle 4 Wochen", weekly(4, doubt=Doubt.FOUR_WEEKS)),
        ("vierwöchentlich donnerstags", weekly(4, 3, doubt=Doubt.FOUR_WEEKS)),
        ("alle 28 Tage donnerstags", weekly(4, 3)),
        ("genau alle 4 Wochen donnerstags", weekly(4, 3)),
        ("jeden zweiten Donnerstag", weekly(2, 3, doubt=Doubt.EVERY_NTH)),
        ("monatlich", monthly(doubt=Doubt.MONTHLY)),
        ("einmal im Monat donnerstags", monthly(1, 3, doubt=Doubt.MONTHLY)),
        ("alle 2 Monate", monthly(2, doubt=Doubt.MONTHLY)),
        ("jeden zweiten Donnerstag im Monat", monthly(1, 3, 2)),
        ("jeden 2. Donnerstag im Monat", monthly(1, 3, 2)),
        ("jeden ersten Montag", monthly(1, 0, 1)),
        ("letzter Dienstag im Monat", monthly(1, 1, -1)),
        ("am letzten Freitag", monthly(1, 4, -1)),
        ("monatlich am dritten Sonnabend", monthly(1, 5, 3)),
        ("alle 2 Monate am 2. Donnerstag", monthly(2, 3, 2)),
        ("quartalsweise am ersten Montag", monthly(3, 0, 1)),
    ],
)
def test_a_rhythm_is_understood(text: str, said: SaidSeries) -> None:
    assert read(text) == said


@pytest.mark.parametrize(
    ("text", "begins", "minutes"),
    [
        ("9 bis 10:30", NINE, 90),
        ("von 9 bis 10.30 Uhr", NINE, 90),
        ("9-10.30", NINE, 90),
        ("9:00–10:30 Uhr", NINE, 90),
        ("von 9 Uhr bis 10 Uhr 30", NINE, 90),
        ("um neun bis halb elf", NINE, 90),
        ("von neun bis elf", NINE, 120),
        ("10 bis 1", time(10), 180),
        ("um 14 Uhr, 90 Minuten", time(14), 90),
        ("14 Uhr 15, anderthalb Stunden", time(14, 15), 90),
        ("14:30, 1,5 Std.", time(14, 30), 90),
        ("ab 9 Uhr eine Stunde", NINE, 60),
        ("um 9, zwei Stunden", NINE, 120),
        ("9 Uhr, eine halbe Stunde", NINE, 30),
        ("9 Uhr, eine Dreiviertelstunde", NINE, 45),
        ("halb neun", time(8, 30), None),
        ("viertel neun", time(8, 15), None),
        ("dreiviertel neun", time(8, 45), None),
        ("viertel vor neun", time(8, 45), None),
        ("viertel nach neun", time(9, 15), None),
        ("nachmittags um 3", time(15), None),
        ("9.30 Uhr", time(9, 30), None),
        ("um 9.30", time(9, 30), None),
        ("vormittags", None, None),
        ("Raum 3-4", None, None),
        ("45 min", None, 45),
    ],
)
def test_a_time_is_understood(text: str, begins: time | None, minutes: int | None) -> None:
    said = read(text)
    assert (said.begins, said.minutes, said.flaws) == (begins, minutes, ())


@pytest.mark.parametrize(
    ("text", "first_on"),
    [
        ("ab 3. Dezember", date(2026, 12, 3)),
        ("ab 3.12.", date(2026, 12, 3)),
        ("ab dem 3.12.2026 um 9 Uhr", date(2026, 12, 3)),
        ("beginnend am Donnerstag, 3. Dezember", date(2026, 12, 3)),
        ("erstmals am 3.12.", date(2026, 12, 3)),
        ("ab Januar", date(2027, 1, 1)),
        ("ab November", TODAY),
        ("ab nächsten Monat", date(2026, 12, 1)),
        ("ab nächster Woche", date(2026, 11, 23)),
        ("ab KW 3", date(2027, 1, 18)),
        ("ab 2027", date(2027, 1, 1)),
        ("ab sofort", TODAY),
        ("ab 9 Uhr", None),
    ],
)
def test_a_first_day_is_understood(text: str, first_on: date | None) -> None:
    assert read(text).first_on == first_on


def test_a_date_says_the_day_of_the_week() -> None:
    assert read("alle 2 Wochen ab 3. Dezember").weekday == 3
    assert read("alle 2 Wochen ab Dezember").weekday is None
    assert read("alle 2 Wochen dienstags ab 3. Dezember").weekday == 1


@pytest.mark.parametrize(
    ("text", "title", "place", "groups"),
    [
        ("jour fixe alle 4 Wochen donnerstags 9 bis 10:30 im Rathaus, Raum 3", None, "Rathaus, Raum 3", None),
        ("KI-Runde alle 2 Wochen dienstags 14 Uhr, 60 Minuten, online", "KI-Runde", "online", None),
        ("Jour fixe der KI-Runde, jeden Dienstag, 9.30 Uhr in der Kämmerei", "KI-Runde", "Kämmerei", None),
        (
            "jour fixe „Im Wandel“ jeden Mittwoch 10 Uhr, Ort: Bürgerhaus, Saal 2",
            "Im Wandel",
            "Bürgerhaus, Saal 2",
            None,
        ),
        ("Die Runde findet alle 6 Wochen mittwochs in der Stadtbücherei statt", "Runde", "Stadtbücherei", None),
        ("jeden Do 9-11 Uhr Raum 3.14", None, "Raum 3.14", None),
        ("jeden Dienstag in zwei Gruppen im Ratssaal", None, "Ratssaal", 2),
        ("jeden Dienstag in Halbgruppen", None, None, 2),
        ("jeden Dienstag, alle zusammen", None, None, 1),
    ],
)
def test_title_place_and_groups_are_understood(
    text: str, title: str | None, place: str | None, groups: int | None
) -> None:
    said = read(text)
    assert (said.title, said.place, said.groups) == (title, place, groups)


@pytest.mark.parametrize(
    ("text", "flaw", "words"),
    [
        ("am 31. Februar", Flaw.NO_SUCH_DAY, "31. Februar"),
        ("jeden Montag ab 31.2. um 9", Flaw.NO_SUCH_DAY, "31.2"),
        ("jeden Montag ab 3.12.2020", Flaw.PAST_DAY, "3.12.2020"),
        ("jeden Montag 9 Uhr, -30 Minuten", Flaw.LENGTH, "-30 Minuten"),
        ("jeden Montag 9 Uhr, 0 Minuten", Flaw.LENGTH, "0 Minuten"),
        ("jeden Montag 9 Uhr, 20 Stunden", Flaw.LENGTH, "1200 Minuten"),
        ("jeden Montag 11 bis 9 Uhr", Flaw.END_BEFORE_BEGIN, "11 bis 9 Uhr"),
        ("jeden Montag 9 bis 10 und 90 Minuten", Flaw.TWO_LENGTHS, "9 bis 10"),
        ("alle 13 Wochen", Flaw.INTERVAL, "alle 13 Wochen"),
        ("alle 0 Wochen", Flaw.INTERVAL, "alle 0 Wochen"),
        ("alle -2 Wochen", Flaw.INTERVAL, "alle -2 Wochen"),
        ("alle 10 Tage", Flaw.INTERVAL, "alle 10 Tage"),
        ("jeden sechsten Freitag im Monat", Flaw.INTERVAL, "6. im Monat"),
        ("25 Uhr", Flaw.NO_SUCH_TIME, "25 Uhr"),
        ("um 9:75", Flaw.NO_SUCH_TIME, "um 9:75"),
        ("von 25 bis 26 Uhr", Flaw.NO_SUCH_TIME, "von 25 bis 26 Uhr"),
        ("jeden Montag und Mittwoch", Flaw.TWO_DAYS, "Montag, Mittwoch"),
        ("jeden ersten und dritten Donnerstag im Monat", Flaw.TWO_DAYS, "Donnerstag"),
        ("alle 2 Wochen, monatlich", Flaw.TWO_RHYTHMS, "alle 2 Wochen, monatlich"),
        ("alle 4 Wochen, jeden 2. Montag im Monat", Flaw.TWO_RHYTHMS, "alle 4 Wochen, jeden 2. Montag im Monat"),
        ("in 99 Gruppen", Flaw.GROUPS, "in 99 Gruppen"),
    ],
)
def test_what_cannot_be_is_named(text: str, flaw: Flaw, words: str) -> None:
    assert (flaw, words) in read(text).flaws


@pytest.mark.parametrize("text", ["", "was ist der jour fixe?", "jour fixe", "KI-Runde", "\x1f", "İİİ", "9" * 500])
def test_what_says_nothing_of_a_series_is_empty(text: str) -> None:
    assert read(text).is_empty


@given(
    st.integers(1, 12),
    st.integers(0, 6),
    st.times(time(7), time(14)),
    st.integers(1, 240),
    st.sampled_from(["Rathaus, Raum 3", "Stadtbücherei", "Saal 12"]),
)
def test_what_is_said_in_full_is_understood(interval: int, weekday: int, at: time, minutes: int, place: str) -> None:
    begins = at.replace(second=0, microsecond=0)
    said = read(f"alle {interval} Wochen {WEEKDAYS[weekday].lower()}s um {begins:%H:%M}, {minutes} Minuten, im {place}")
    doubt = Doubt.FOUR_WEEKS if interval == 4 else None
    assert said == weekly(interval, weekday, begins=begins, minutes=minutes, place=place, doubt=doubt)


_PARTS = ["alle", "jeden", "4", "-1", "Wochen", "2.", "31.", "Februar", "donnerstags", "im", "Monat", "9", "bis", ":30",
          "Uhr", "ab", "Raum", "„", "“", "halb", "und", "Gruppen", "Minuten", ",", "12.", "0"]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(_PARTS), st.text(max_size=4)), max_size=25).map(" ".join))
def test_no_text_is_too_much(text: str) -> None:
    said = read(text)
    assert said.minutes is None or 0 < said.minutes <= 480
    assert said.interval is None or 0 < said.interval <= 12
