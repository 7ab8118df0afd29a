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
        ("heute", TODAY),
        ("übermorgen", TODAY + timedelta(days=2)),
    ],
)
def test_days_are_understood_as_people_write_them(said: str, day: date) -> None:
    assert day_said(said, TODAY) == day
    assert day_said(f"  {said.upper()} ", TODAY) == day


@pytest.mark.parametrize(
    "said",
    ["", "bald", "12", "30.2.2027", "32.1.", "29.2.", "in 999999 Jahren", "in paar Tagen", "Maikäfer", "0.0.0000"],
)
def test_what_is_no_day_is_none(said: str) -> None:
    assert day_said(said, TODAY) is None


@given(st.dates(date(2026, 11, 20), date(2036, 11, 20)))
def test_a_day_in_full_is_that_day_however_it_is_written(day: date) -> None:
    for said in (day.isoformat(), f"{day:%d.%m.%Y}", f"{day.day}.{day.month}.{day.year}", in_words(day)):
        assert day_said(said, TODAY) == day


@given(st.text(max_size=40))
def test_no_text_is_too_odd(text: str) -> None:
    day_said(text, TODAY)


@given(
    st.dates(date(2026, 1, 1), date(2036, 12, 31)), st.sampled_from(["1.3.", "Ende Februar", "Mitte Mai", "Q1", "März"])
)
def test_a_day_without_a_year_is_never_past(today: date, said: str) -> None:
    day = day_said(said, today)
    assert day
    assert today <= day <= today + timedelta(days=366)
