"""Days as people write them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import in_words
from handlers.dates import day_said

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("31.3.2027", date(2027, 3, 31)),
        ("31.03.27", date(2027, 3, 31)),
        ("bis 31. 3. 2027", date(2027, 3, 31)),
        ("31.3.", date(2027, 3, 31)),
        ("31.12.", date(2026, 12, 31)),
        ("20.11.", TODAY),
        ("2027-03-31", date(2027, 3, 31)),
        ("31. März 2027", date(2027, 3, 31)),
        ("gilt bis zum 1. Mai!", date(2027, 5, 1)),
        ("Ende März", date(2027, 3, 31)),
        ("Ende Feb. 2028", date(2028, 2, 29)),
        ("Mitte Mai", date(2027, 5, 15)),
        ("Anfang Dezember", date(2026, 12, 1)),
        ("November", date(2026, 11, 30)),
        ("Anfang November", date(2027, 11, 1)),
        ("Jänner", date(2027, 1, 31)),
        ("in 6 Monaten", date(2027, 5, 20)),
        ("sechs Monate", date(2027, 5, 20)),
        ("in einem Jahr", date(2027, 11, 20)),
        ("ein halbes Jahr", date(2027, 5, 20)),
        ("in zwei Wochen", date(2026, 12, 4)),
        ("in 10 Tagen", date(2026, 11, 30)),
        ("Q2 2027", date(2027, 6, 30)),
        ("Ende Q1", date(2027, 3, 31)),
        ("2. Quartal", date(2027, 6, 30)),
        ("Jahresende", date(2026, 12, 31)),
        ("Ende 2028", date(2028, 12, 31)),
        ("Ende nächsten Jahres", date(2027, 12, 31)),
        ("Freitag", TODAY),
        ("bis Mo.", date(2026, 11, 23)),
        ("diesen Freitag", TODAY),
        ("nächsten Freitag", date(2026, 11, 27)),
        ("bis nächsten Mittwoch", date(2026, 11, 25)),
        ("übernächsten Mittwoch", date(2026, 12, 2)),
        ("Mittwoch nächster Woche", date(2026, 11, 25)),
        ("kommende Woche Mittwoch", date(2026, 11, 25)),
        ("Freitag, den 4.12.", date(2026, 12, 4)),
        ("Fr 4. Dezember", date(2026, 12, 4)),
        ("bis einschließlich 4.12.", date(2026, 12, 4)),
        ("bis Ende der Woche", TODAY),
        ("diese Woche", TODAY),
        ("nächste Woche", date(2026, 11, 27)),
        ("Mitte nächster Woche", date(2026, 11, 25)),
        ("übernächste Woche", date(2026, 12, 4)),
        ("die nächsten zwei Wochen", date(2026, 12, 4)),
        ("einen Monat lang", date(2026, 12, 20)),
        ("bis zur KW 3", date(2027, 1, 22)),
        ("KW 47", TODAY),
        ("bis KW 53", date(2027, 1, 1)),
        ("3. Kalenderwoche", date(2027, 1, 22)),
        ("Anfang KW 3/2027", date(2027, 1, 18)),
        ("Monatsende", date(2026, 11, 30)),
        ("Ende nächsten Monats", date(2026, 12, 31)),
        ("Ostern", date(2027, 3, 28)),
        ("Pfingsten 2028", date(2028, 6, 4)),
        ("bis Weihnachten", date(2026, 12, 24)),
        ("heute", TODAY),
        ("übermorgen", TODAY + timedelta(days=2)),
    ],
)
def test_days_are_understood_as_people_write_them(said: str, day: date) -> None:
    assert day_said(said, TODAY) == day
    assert day_said(f"  {said.upper()} ", TODAY) == day


@pytest.mark.parametrize(
    "said",
    [
        "",
        "bald",
        "12",
        "30.2.2027",
        "32.1.",
        "29.2.",
        "in 999999 Jahren",
        "in paar Tagen",
        "Maikäfer",
        "0.0.0000",
        "KW 54",
        "KW 0",
        "Freitag, 3.12.",
        "so",
        "Woche",
        "nächste Wochen",
        "Mitte dieser Woche",
        "Freitags",
    ],
)
def test_what_is_no_day_is_none(said: str) -> None:
    assert day_said(said, TODAY) is None


@given(st.dates(date(2026, 11, 20), date(2036, 11, 20)))
def test_a_day_in_full_is_that_day_however_it_is_written(day: date) -> None:
    for said in (day.isoformat(), f"{day:%d.%m.%Y}", f"{day.day}.{day.month}.{day.year}", in_words(day)):
        assert day_said(said, TODAY) == day


@given(st.text(max_size=40) | st.sampled_from(["übermorgen", "KW 53", "Montag", "Ostern", "Monatsende"]), st.dates())
def test_no_text_is_too_odd(text: str, today: date) -> None:
    day_said(text, today)


def test_a_week_that_the_year_does_not_have_is_none() -> None:
    assert day_said("KW 53", date(2027, 1, 2)) == date(2027, 1, 3)  # that Saturday is still in it
    assert day_said("KW 53", date(2027, 1, 5)) is None


@given(st.dates(date(2026, 1, 1), date(2036, 12, 31)))
def test_at_the_weekend_this_week_ends_on_sunday_else_on_friday(today: date) -> None:
    day = day_said("diese Woche", today)
    assert day
    assert today <= day
    assert day.isocalendar()[:2] == today.isocalendar()[:2]
    assert day.weekday() == (4 if today.weekday() < 5 else 6)


@given(
    st.dates(date(2026, 1, 1), date(2036, 12, 31)), st.sampled_from(["Montag", "nächsten Montag", "kommenden Montag"])
)
def test_a_weekday_is_within_a_week(today: date, said: str) -> None:
    day = day_said(said, today)
    assert day
    assert day.weekday() == 0
    assert 0 <= (day - today).days <= 7
    assert said == "Montag" or day > today


@given(
    st.dates(date(2026, 1, 1), date(2036, 12, 31)),
    st.sampled_from(["1.3.", "Ende Februar", "Mitte Mai", "Q1", "März"]),
)
def test_a_day_without_a_year_is_never_past(today: date, said: str) -> None:
    day = day_said(said, today)
    assert day
    assert today <= day <= today + timedelta(days=366)


@given(st.dates(date(2026, 1, 1), date(2036, 12, 31)), st.sampled_from(["KW 3", "KW 47", "Ostern", "Weihnachten"]))
def test_a_week_or_a_feast_without_a_year_is_the_next_one(today: date, said: str) -> None:
    day = day_said(said, today)
    assert day
    assert today <= day <= today + timedelta(days=400)
