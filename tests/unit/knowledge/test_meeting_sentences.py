"""Sentences that move or cancel a date, and the day that they name."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.dates import day_said
from knowledge.meeting_sentences import SaidChange, Wish, day_in, read_change

TODAY, MEETING = date(2026, 11, 22), date(2026, 12, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("termin 3. Dezember verschieben auf 10. Dezember 14 Uhr", (Wish.MOVE, "3. Dezember", "10. Dezember 14 Uhr")),
        ("bitte den termin am 3.12. auf den 10.12. verschieben", (Wish.MOVE, "am 3.12", "den 10.12")),
        ("wir müssen den termin verschieben", (Wish.MOVE, "", "")),
        ("verlege den termin am 3.12. in Raum 5", (Wish.MOVE, "am 3.12", "in Raum 5")),
        ("termin 3.12. fällt aus", (Wish.CANCEL, "3.12", "")),
        ("sage den termin am 3.12. ab", (Wish.CANCEL, "am 3.12", "")),
        ("termin 24.12 verschiben auf 7.1.", (Wish.MOVE, "24.12", "7.1")),
        ("termin 10.12. auf 11 uhr", (Wish.MOVE, "10.12.", "11 uhr")),
        ("termin 10.12. um 11 verschieben", (Wish.MOVE, "10.12", "um 11")),
        ("termin 3.12. fallt aus", (Wish.CANCEL, "3.12", "")),
        ("absagn 3.12.", (Wish.CANCEL, "3.12", "")),
        ("doch nicht absagen 28.1.", (Wish.REVIVE, "28.1", "")),
        ("der termin am 28.1. findet doch statt", (Wish.REVIVE, "am 28.1", "")),
    ],
)
def test_a_change_says_which_and_where_to(text: str, said: tuple[Wish, str, str]) -> None:
    assert read_change(text) == SaidChange(*said)


@pytest.mark.parametrize("text", ["jour fixe fällt aus", "verschiebe den JF auf Freitag", "der Jour-fixe entfällt"])
def test_a_jour_fixe_is_ours(text: str) -> None:
    found = read_change(text)
    assert found is not None
    assert found.is_of_jour_fixe


@pytest.mark.parametrize("text", ["", "termin", "wie sage ich einen Termin ab", "Kann ich den Termin verschieben?",
                                  "termin fällt der heute aus?", "jour fixe alle 2 Wochen", "streiche 3. thema",
                                  "am 24.12. muss ich meinen Urlaub verschieben", "24.12. ist Heiligabend",
                                  "verschieben auf die Platte", "jour fixe auf einen Blick"])  # fmt: skip
def test_other_sentences_change_nothing(text: str) -> None:
    assert read_change(text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("10. Dezember um 14 Uhr", date(2026, 12, 10)),
        ("den 10.12.", date(2026, 12, 10)),
        ("Freitag um 10", date(2026, 12, 4)),
        ("eine Woche später", date(2026, 12, 10)),
        ("2 Wochen nach hinten", date(2026, 12, 17)),
        ("einen Tag früher", date(2026, 12, 2)),
        ("31. Februar", None),
        ("14 Uhr", None),
        ("", None),
    ],
)
def test_a_day_is_found_from_where_the_meeting_is(text: str, day: date | None) -> None:
    assert day_in(text, TODAY, day_said, MEETING)[0] == day


@given(st.text(max_size=80))
def test_no_text_is_too_much(text: str) -> None:
    read_change(f"termin {text} verschieben auf {text}")
    day_in(text, TODAY, day_said, MEETING)
