"""Personal data is found whatever it is written like, and ordinary sentences stay as they are."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knowledge import importing
from knowledge.screening import Kind, Screened, screen

ROOT = Path(__file__).parents[3]
SENTENCES = [
    json.loads(line)
    for line in (ROOT / "tests/data/screening/sentences.jsonl").read_text(encoding="utf-8").splitlines()
]


def found(text: str) -> list[tuple[Kind, str]]:
    screened = screen(text)
    return [(finding.kind, screened.text[finding.start : finding.end]) for finding in screened.findings]


def covers(screened: Screened, personal: dict[str, Any]) -> bool:
    """Is every letter and digit of it found, and as what it is?"""
    start = screened.text.index(personal["text"])
    end = start + len(personal["text"])
    findings = [finding for finding in screened.findings if finding.start < end and finding.end > start]
    hidden = {place for finding in findings for place in range(finding.start, finding.end)}
    wanted = {place for place in range(start, end) if screened.text[place].isalnum()}
    return wanted <= hidden and findings[0].kind == personal["kind"]


def recall(part: str) -> float:
    hits = [covers(screen(row["text"]), one) for row in SENTENCES if row["part"] == part for one in row["personal"]]
    return sum(hits) / len(hits)


def test_all_that_was_looked_at_is_found() -> None:
    assert recall("tuned") == 1


def test_nearly_all_that_was_not_looked_at_is_found() -> None:
    assert recall("held out") >= 0.95


def test_every_kind_is_among_the_sentences() -> None:
    counted = Counter(one["kind"] for row in SENTENCES for one in row["personal"])
    assert set(counted) == {kind.value for kind in Kind}


def test_ordinary_sentences_stay_as_they_are() -> None:
    ordinary = [row["text"] for row in SENTENCES if not row["personal"]]
    assert len(ordinary) >= 60
    assert [text for text in ordinary if screen(text).proposal != text] == []


def test_nothing_is_found_in_the_questions_of_our_domain() -> None:
    lines = (ROOT / "tests/data/domain/questions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [found(json.loads(line)["query"]) for line in lines if found(json.loads(line)["query"])] == []


def test_in_the_knowledge_of_the_demo_only_its_persons_and_extensions_are_found() -> None:
    entries = importing.read(ROOT / "bot/demo/knowledge.md")
    findings = [one for entry in entries for one in found(f"{entry.content.question}\n\n{entry.content.answer}")]
    persons = {text for kind, text in findings if kind is Kind.NAME}
    assert persons <= {"Jutta May", "Svenja Petersen", "Tom Berger", "Mehmet Demir", "Aylin Kaya", "Ruth Maier"}
    assert all(text.isdigit() and len(text) == 4 for kind, text in findings if kind is Kind.PHONE)
    assert {kind for kind, _ in findings} == {Kind.NAME, Kind.PHONE}


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("Frau Müller Az. 50-123 hat …", "Frau [Name] Az. [Aktenzeichen] hat …"),
        ("frag mal die svenja petersen", "frag mal die [Name]"),
        ("herr kuhn hat az 50-123", "herr [Name] hat az [Aktenzeichen]"),
        ("müller, hans rief an: 02841 201-4711", "[Name] rief an: [Telefon]"),
        ("Danke dir!\nViele Grüße\nTjark Onneken", "Danke dir!\nViele Grüße\n[Name]"),
        ("Frau von der Leyen und Herr Dr. Kuhn", "Frau [Name] und Herr Dr. [Name]"),
    ],
)
def test_a_proposal_reads_as_before_but_without_the_person(text: str, proposal: str) -> None:
    assert screen(text).proposal == proposal


@pytest.mark.parametrize("spelling", ["Özdemir", "Oezdemir", "Ozdemir", "O\u0308zdemir", "Öz\u00addemir", "ÖZDEMIR"])
def test_a_name_is_found_however_it_is_spelled(spelling: str) -> None:
    assert screen(f"die {spelling} weiß das").proposal == "die [Name] weiß das"


@pytest.mark.parametrize(
    "text",
    ["ernst gemeint", "klein anfangen", "im Mai", "ein Freund", "Herr der Lage", "das Robert Koch-Institut"],
)
def test_a_word_that_is_also_a_name_stays(text: str) -> None:
    assert screen(text).is_clean


@pytest.mark.parametrize("text", ["Herr Ernst", "Frau Klein", "Peter Freund", "Koch, Peter"])
def test_a_word_that_is_also_a_name_is_found_beside_a_title_or_a_name(text: str) -> None:
    assert [kind for kind, _ in found(text)] == [Kind.NAME]


def test_how_to_reach_an_office_is_knowledge_but_how_to_reach_a_person_is_not() -> None:
    answer = screen(
        "Service Desk: Durchwahl 4400, it-service@stadt.de.\n\nOder svenja.petersen@stadt.de, Durchwahl 4711."
    )
    assert answer.without_official().proposal == (
        "Service Desk: Durchwahl 4400, it-service@stadt.de.\n\nOder [E-Mail], Durchwahl [Telefon]."
    )


def test_in_a_question_offices_count_too() -> None:
    assert screen("Schreibt man an it-service@stadt.de?").proposal == "Schreibt man an [E-Mail]?"


def test_a_number_beside_an_office_and_a_person_is_the_persons() -> None:
    answer = screen("Stabsstelle Digitalisierung, Jutta May, Durchwahl 4450").without_official()
    assert answer.proposal == "Stabsstelle Digitalisierung, [Name], Durchwahl [Telefon]"


def test_the_number_of_a_judgement_is_public() -> None:
    assert screen("BVerwG, Urteil vom 16.12.1987, Az. 6 P 32.84").is_clean


@given(st.text())
@example("Frau")
@example("Herr von der")
@example("müller,")
@example("Dr.")
@example("Anna-")
def test_findings_lie_in_order_in_the_text_and_apart(text: str) -> None:
    screened = screen(text)
    places = [place for finding in screened.findings for place in (finding.start, finding.end)]
    assert places == sorted(places)
    assert all(finding.start < finding.end <= len(screened.text) for finding in screened.findings)


@given(st.lists(st.sampled_from([row["text"] for row in SENTENCES if row["part"] == "tuned"]), min_size=1, max_size=3))
def test_a_proposal_holds_nothing_personal(sentences: list[str]) -> None:
    assert screen(screen("\n".join(sentences)).proposal).is_clean


HOSTILE = [
    "a",
    " ",
    "0 ",
    "+0(",
    "a@",
    "a.",
    "a-",
    "Frau ",
    "von der ",
    "https://a?",
    "az 1 ",
    "DE00 ",
    "straße ",
    "lg ",
    "geb. ",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_takes_time_in_proportion_to_its_length(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        times = []
        for _ in range(3):
            started = time.thread_time()
            screen(text)
            times.append(time.thread_time() - started)
        return min(times)

    screen("Namen laden")
    assert seconds(40_000) < 10 * max(seconds(10_000), 0.005)  # four times as long; quadratic would take sixteen
