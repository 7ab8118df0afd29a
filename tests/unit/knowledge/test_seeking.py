"""Sentences that look for a person are told from ordinary questions, and what they are about is found in them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.seeking import seeks_person, subject

DATA = Path(__file__).parents[2] / "data"
SEEKING = (
    "wer kennt sich mit der E-Akte aus",
    "Wer kent sich mit kanban aus??",
    "wer kann unser team beim kanban bord einführen helfen? im januar",
    "wer kan mir bei excel helfn",
    "Hallo zusammen, wer weiß bescheid über die Leitweg-ID? Danke!",
    "wer weis bescheit uber xrechnung",
    "ansprechpartner für barierrefreie pdfs",
    "Wer ist Ansprechpartner:in für die digitale Signatur?",
    "wer ist anschprechpartner für barrierefreiheit",
    "an wen wende ich mich wegen Phishing",
    "An wen kann ich mich bei Konflikten im Team wenden?",
    "gibt es jemanden, der sich mit QGIS auskennt",
    "gibts bei uns jemand der power bi kann",
    "wer macht Serienbriefe",
    "Wer macht bei uns die Social-Media-Kanäle?",
    "ich suche jemanden für die Moderation einer Klausur",
    "Suche jemanden der unseren teamtag moderiert",
    "wir brauchen jemanden, der uns bei der Retro begleitet",
    "who knows about process modelling?",
    "Is there anyone who can help us with Miro?",
    "Hat jemand Erfahrung mit ALLRIS?",
    "kennt sich jemand mit serienbriefen aus",
    "wer hat ahnung von makros",
    "Wer kann mir zeigen, wie man ein Wiki aufbaut?",
    "Wen kann ich zu Design Thinking fragen?",
    "zu wem gehe ich mit fragen zum datenschutz",
    "Wer unterstützt uns bei der Einführung von OneNote?",
    "weiß jemand bescheid über open data",
    "Moderatorin für Workshop gesucht",
    "Kennst du jemanden, der Lastenräder ausleiht?",
    "kann uns jemand beim prozess aufnehmen helfen",
    "wer ist fit in powerpoint",
    "wir suchen eine expertin für leichte sprache",
    "Guten Tag, wer könnte meinem Team Scrum erklären?",
)
ORDINARY = (
    "wer darf homeoffice machen",
    "wer genehmigt meinen urlaub",
    "wer bekommt ein diensthandy",
    "wer hat die e-akte eingeführt",
    "Wer ist für die Zeiterfassung zuständig?",
    "Wer muss bei der Mitzeichnung unterschreiben?",
    "wer hat zugriff auf die akte",
    "wer kann auf meine Ablage zugreifen",
    "Wer darf die App nutzen?",
    "wer ist der datenschutzbeauftragte",
    "Wer leitet den Jour fixe am Donnerstag?",
    "wer macht das protokoll",
    "wer macht mit beim teamtag",
    "Wer zahlt die Fortbildung?",
    "wer hat den Schlüssel zum Serverraum",
    "wer weiß wann der neue rechner kommt",
    "Weiß jemand, wie ich meine PIN zurücksetze?",
    "kann mir jemand sagen wie ich ein pdf verkleinere",
    "Wie wende ich Formatvorlagen an?",
    "was mache ich wenn mein drucker streikt",
    "Wen muss ich bei einer Datenpanne informieren?",
    "an wen schicke ich die krankmeldung",
    "wer kann den bauantrag genehmigen",
    "Wer hat meinen Antrag bearbeitet?",
    "Wer kann an der Umfrage teilnehmen?",
    "gibt es ein Formular für Dienstreisen",
    "gibt es einen Leitfaden zum Gendern",
    "Wer nimmt am Lotsentreffen teil?",
    "wie finde ich meine Ansprechpartner im Telefonbuch",
    "Ansprechpartner im Portal ändern",
    "Wer war der erste Oberbürgermeister?",
    "suche die vorlage für den vermerk",
    "Wer erhält Zugang zum WLAN?",
    "hilft ein neustart gegen den fehler",
    "Wer prüft die Rechnung sachlich?",
    "can anyone use the app abroad",
    "wer entscheidet über die Teilnahme",
    "Wer schult die neuen Führungskräfte?",
    "kann ich jemanden zum Termin mitbringen",
    "was heißt es, dass jemand freigeschaltet ist",
)
REALLY_SEEKING = 5
"""Questions of the sets that look for a person indeed: „such jemand der uns bei excel hilft“."""


@pytest.mark.parametrize("sentence", SEEKING)
def test_who_looks_for_a_person_is_understood_also_with_typos(sentence: str) -> None:
    assert seeks_person(sentence)
    assert seeks_person(sentence.upper())
    assert seeks_person(f"Guten Morgen, {sentence} Vielen Dank!")


@pytest.mark.parametrize("sentence", ORDINARY)
def test_who_asks_about_rules_and_responsibilities_looks_for_no_person(sentence: str) -> None:
    assert not seeks_person(sentence)
    assert not seeks_person(f"Hallo, {sentence}")


def test_hardly_any_question_of_the_sets_is_taken_for_one_that_looks_for_a_person() -> None:
    questions = set(_questions())
    assert len(questions) > 3_500
    assert len([question for question in questions if seeks_person(question)]) <= REALLY_SEEKING + 4


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("wer kann unser team beim kanban bord einführen helfen? im januar", "kanban bord einführen"),
        ("wer kennt sich mit der E-Akte aus", "E-Akte"),
        ("Wer kennt sich nächste Woche mit der E-Akte aus?", "E-Akte"),
        ("ansprechpartner für barierrefreie pdfs", "barierrefreie pdfs"),
        ("Hallo zusammen, ich suche jemanden für SAP. Vielen Dank!", "SAP"),
        ("an wen wende ich mich wegen Wiedervorlagen", "Wiedervorlagen"),
        ("wer macht PR, wir brauchen eine pressemitteilung", "PR, pressemitteilung"),
        ("wer kann am 12.3. bei Excel helfen", "Excel"),
        ("who knows about design thinking?", "design thinking"),
        ("Führen auf Distanz", "Führen auf Distanz"),
        ("MS Teams", "MS Teams"),
        ("wer kann helfen?", "wer kann helfen?"),
        ("", ""),
    ],
)
def test_frame_and_dates_are_cut_from_what_a_question_is_about(question: str, about: str) -> None:
    assert subject(question) == about


@given(st.text(max_size=200))
def test_of_any_text_something_is_left(text: str) -> None:
    assert bool(subject(text)) is bool(text.strip())
    assert seeks_person(text) in (True, False)


@given(st.sampled_from(["wer kann ", "im ", "1.1. ", "a?", " ", "jemand ", "am 1.1.", "gibt es "]))
@pytest.mark.timeout(10)
def test_endless_text_takes_no_endless_time(part: str) -> None:
    subject(part * 5_000)
    seeks_person(part * 5_000)


def _questions() -> Iterator[str]:
    for path in (*DATA.glob("qa/*/*.jsonl"), DATA / "domain" / "questions.jsonl"):
        rows = map(json.loads, path.read_text("utf-8").splitlines())
        yield from (row[key] for row in rows for key in ("query", "question", "a", "b") if row.get(key))
