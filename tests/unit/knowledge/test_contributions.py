"""Advice in disguise is found where it is plain, and a plain question or feeling is never called advice."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.contributions import LONGEST, Manner, read

LINES = (Path(__file__).parents[2] / "data/contributions.tsv").read_text(encoding="utf-8").splitlines()[1:]
ROWS = [tuple(line.split("\t")) for line in LINES]
HERE = ("Ruth Maier", "Ben Krause")


def of(part: str) -> Sequence[tuple[Manner, Manner, str]]:
    """What sentences are, what is read in them, and the sentences."""
    return [(Manner(manner), read(text).manner, text) for named, manner, text in ROWS if named == part]


def test_there_are_enough_sentences_of_each_kind() -> None:
    assert len(ROWS) >= 200
    assert {manner for _, manner, _ in ROWS} == {manner.value for manner in Manner}


@pytest.mark.parametrize(("part", "precision", "recall"), [("tuned", 1.0, 0.95), ("held out", 0.95, 0.6)])
def test_what_is_called_a_proposal_is_one_and_many_are_found(part: str, precision: float, recall: float) -> None:
    rows = of(part)
    called = [is_one.proposes for is_one, found, _ in rows if found.proposes]
    found_ones = [found.proposes for is_one, found, _ in rows if is_one.proposes]
    assert sum(called) / len(called) >= precision
    assert sum(found_ones) / len(found_ones) >= recall


@pytest.mark.parametrize("part", ["tuned", "held out"])
def test_no_question_and_no_feeling_is_called_advice(part: str) -> None:
    plain = (Manner.QUESTION, Manner.OTHER, Manner.HYPOTHESIS)
    assert [text for is_one, found, text in of(part) if is_one in plain and found.proposes] == []


def test_of_several_sentences_the_one_with_advice_counts() -> None:
    assert read("Danke dir. Was ist dann passiert? An deiner Stelle würde ich warten.").manner is Manner.ADVICE


@pytest.mark.parametrize(
    "text",
    ["Er meinte: „Du solltest dich raushalten.“", "„An deiner Stelle würde ich gehen“, das war sein Satz.",
     "Er sagt immer, an deiner Stelle würde er gehen."],
)  # fmt: skip
def test_what_others_are_quoted_with_is_no_advice(text: str) -> None:
    assert read(text).manner is Manner.OTHER


@pytest.mark.parametrize(
    ("text", "is_personal"),
    [
        ("Frau Petersen blockt alles", True),
        ("Az. 50-123 liegt seit Mai bei ihm", True),
        ("Ruth und Ben, was meint ihr?", False),
        ("Der Sachgebietsleiter blockt jede Neuerung.", False),
        ("Ruth Petersen sieht das auch so", True),
    ],
)
def test_who_is_not_there_must_not_be_named(text: str, is_personal: bool) -> None:
    assert read(text, HERE).has_personal_data is is_personal


@given(st.text(max_size=2 * LONGEST))
def test_whatever_is_written_is_read(text: str) -> None:
    assert read(text, HERE).manner in Manner


@pytest.mark.parametrize("part", ["und, ", "hast du schon ", "warum hast du ", "„", "möglich, ", "ich glaube ", "a, "])
def test_no_text_takes_long_to_read(part: str) -> None:
    begun = time.perf_counter()
    read(part * LONGEST)
    assert time.perf_counter() - begun < 1
