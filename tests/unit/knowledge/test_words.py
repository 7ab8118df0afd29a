"""Words are alike in any inflection, a little in a compound or misspelt, and otherwise not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.abbreviations import NAMES, reading_of
from knowledge.glossary import Expansion
from knowledge.text import normalise
from knowledge.words import COMPOUND, TYPO, content_words, share_of, word_likeness


def likeness(one: str, other: str) -> float:
    return float(word_likeness([normalise(one)], [normalise(other)])[0, 0])


@pytest.mark.parametrize(
    ("one", "other"),
    [("Serienbrief", "Serienbriefe"), ("agiler", "agiles"), ("Kanban", "kanban"), ("Prozesse", "Prozessen")],
)
def test_inflections_of_a_word_are_the_word(one: str, other: str) -> None:
    assert likeness(one, other) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("serienbrif", "Serienbriefe"), ("anlagenbuchaltung", "Anlagenbuchhaltung")]
)
def test_a_misspelt_word_is_nearly_the_word(one: str, other: str) -> None:
    assert TYPO <= likeness(one, other) < 1


@pytest.mark.parametrize(("one", "other"), [("Konflikt", "Konfliktgespräch"), ("Sprache", "Gebärdensprache")])
def test_a_part_of_a_compound_counts_half(one: str, other: str) -> None:
    assert likeness(one, other) == COMPOUND


@pytest.mark.parametrize(("one", "other"), [("SAP", "SGB"), ("rein", "fein"), ("Buchung", "Suchung"), ("Amt", "Samt")])
def test_short_words_and_other_beginnings_are_not_alike(one: str, other: str) -> None:
    assert likeness(one, other) == 0


@given(st.text("abcdeinrs", min_size=1, max_size=12), st.text("abcdeinrs", min_size=1, max_size=12))
def test_likeness_is_mutual_and_a_word_is_itself(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one) == 1


def test_what_many_texts_say_is_a_small_part_of_a_text() -> None:
    assert content_words(normalise("wer kann die E-Akte einführen")) == ["eakte", "einfuhren"]
    assert share_of("eakte", ["eakte", "einfuhren"]) > 0.7
    assert share_of("einfuhren", ["eakte", "einfuhren"]) < 0.3


def test_a_word_tells_the_reading_of_its_abbreviation() -> None:
    assert reading_of(Expansion("personalrat", ("pr",)), "pr") == 0
    assert reading_of(Expansion("pressearbeit", ("pr",)), "pr") == 1
    assert reading_of(Expansion("excel", ("sverweis",)), "pr") is None
    assert reading_of(Expansion("organisationsentwicklung", ()), normalise("OE")) == 0


@pytest.mark.parametrize("term", NAMES)
def test_no_name_stands_for_two_readings_of_an_abbreviation(term: str) -> None:
    names = [name for reading in NAMES[term] for name in reading]
    assert len(names) == len(set(names)) >= 2
