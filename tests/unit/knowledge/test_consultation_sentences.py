"""Sentences about peer consultation: who calls to a round, changes one, takes part, or has a case."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.periods import period_said
from knowledge.consultation_sentences import (
    LONGEST,
    AskedTurnout,
    Joining,
    SaidCall,
    SaidCase,
    SaidChange,
    SaidJoining,
    Wish,
    read_call,
    read_case,
    read_change,
    read_days,
    read_joining,
    read_turnout,
)
from storage.models.peer_consultation import Mode

TODAY = date(2026, 11, 22)


def are_days(words: str) -> bool:
    return period_said(words, TODAY) is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kollegiale beratung in KW 50", SaidCall("in kw 50")),
        ("Bitte eine kollegiale Beratung für KW 50 und 51 ausrufen", SaidCall("kw 50", "kw 51")),
        ("fallberatung nächste woche", SaidCall("nächste woche")),
        ("kolegiale beratng naechste wohce", SaidCall("nächste woche")),
        (
            "kollegiale beratung schriftlich vom 1.12. bis 12.12., anmelden bis freitag 12 uhr",
            SaidCall("1.12", "12.12", "freitag 12 uhr", Mode.WRITTEN),
        ),
        ("kollegiale beratung vom 1. bis 12. dezember", SaidCall("1. dezember", "12. dezember")),
        ("kollegiale Beratung 1.-12.12.", SaidCall("1.12", "12.12")),
        ("schriftliche kollegiale beratung ab 1.12.", SaidCall("ab 1.12", mode=Mode.WRITTEN)),
        ("troika am 10.12.", SaidCall("am 10.12", format="troika")),
        ("Intervisionsstern am 10.12.", SaidCall("am 10.12", format="sternrunde")),
        ("wise crowds am 10.12., anmeldung bis 8.12.", SaidCall("am 10.12", "", "8.12", format="wise crowds")),
        ("intervision in 2 wochen", SaidCall("in 2 wochen")),
        ("neue beratungsrunde", SaidCall()),
        ("ich möchte eine kollegiale beratung starten", SaidCall()),
        ("starten Sie bitte eine Intervision in der KW 50", SaidCall("in der kw 50")),
        ("können wir nächste woche eine kollegiale beratung machen?", SaidCall("nächste woche")),
        ("kollegiale beratung, bis freitag anmelden", SaidCall(joins_until="freitag")),
    ],
)
def test_a_call_says_when_how_and_until_when(text: str, said: SaidCall) -> None:
    assert read_call(text, are_days) == said


@pytest.mark.parametrize(
    "text",
    [
        "was ist kollegiale beratung?",
        "Was ist kollegiale Beratung",
        "wer kennt sich mit kollegialer beratung aus?",
        "wer kennt sich mit kollegialer beratung aus",
        "ich suche jemanden für kollegiale beratung",
        "wann ist die nächste kollegiale beratung",
        "gibt es nächste woche eine kollegiale beratung?",
        "wie läuft eine fallberatung ab",
        "kollegiale beratung",
        "kollegiale beratung ist toll",
        "kollegiale beratung am jour fixe",
        "thema: kollegiale beratung, 15 min",
        "jour fixe in kw 50",
        "beratung zu d3 in kw 50",
        "",
    ],
)
def test_other_sentences_call_to_nothing(text: str) -> None:
    assert read_call(text, are_days) is None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("KW 50", ("kw 50", "")),
        ("vom 1.12. bis zum 12.12.", ("1.12", "12.12")),
        ("ab KW 50 bis KW 51", ("kw 50", "kw 51")),
        ("nächste woche bitte", ("nächste woche", "")),
        ("weiß nicht", None),
        ("", None),
    ],
)
def test_days_are_read_when_asked_for(text: str, days: tuple[str, str] | None) -> None:
    assert read_days(text, are_days) == days


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runde verlängern bis freitag", SaidChange(Wish.EXTEND, "freitag")),
        ("die beratungsrunde bis freitag 12 uhr verlängern", SaidChange(Wish.EXTEND, "freitag 12 uhr")),
        ("verlängere die runde bis freitag", SaidChange(Wish.EXTEND, "freitag")),
        ("anmeldung verlängern bis 4.12.", SaidChange(Wish.EXTEND, "4.12")),
        ("runde verlengern", SaidChange(Wish.EXTEND)),
        ("runde um zwei tage verlängern", SaidChange(Wish.EXTEND, "zwei tage")),
        ("die runde soll doch schriftlich sein", SaidChange(Wish.ALTER)),
        ("runde absagen", SaidChange(Wish.CANCEL)),
        ("sag die kollegiale Beratung bitte ab", SaidChange(Wish.CANCEL)),
        ("gruppen bilden", SaidChange(Wish.FORM)),
        ("Gruppen jetzt einteilen", SaidChange(Wish.FORM)),
        ("runde schließen", SaidChange(Wish.FORM)),
    ],
)
def test_a_change_says_what_becomes_of_the_round(text: str, said: SaidChange) -> None:
    assert read_change(text) == said


@pytest.mark.parametrize(
    "text", ["wie kann ich die runde absagen?", "termin absagen", "gruppen", "gruppen neu", "runde", "mehr zeit"]
)
def test_other_sentences_change_nothing(text: str) -> None:
    assert read_change(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ich bin dabei", SaidJoining(Joining.IN, is_named=False)),
        ("bin bei der kollegialen Beratung dabei", SaidJoining(Joining.IN, is_named=True)),
        ("ich mache bei der fallberatung mit", SaidJoining(Joining.IN, is_named=True)),
        ("kann moderieren", SaidJoining(Joining.MODERATE, is_named=False)),
        ("bin dabei und kann moderieren", SaidJoining(Joining.MODERATE, is_named=False)),
        ("ich bin bei der beratung doch nicht dabei", SaidJoining(Joining.OUT, is_named=True)),
        ("melde mich von der beratung ab", SaidJoining(Joining.OUT, is_named=True)),
    ],
)
def test_who_takes_part_says_how(text: str, said: SaidJoining) -> None:
    assert read_joining(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "wer ist dabei?",
        "bin am 3.12. dabei",
        "ich komme zum jour fixe",
        "wer moderiert",
        "Ruth kann moderieren",
        "nein",
    ],
)
def test_other_sentences_are_no_joining(text: str) -> None:
    assert read_joining(text) is None


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("wer ist dabei", False),
        ("Wer ist alles dabei?", False),
        ("wer hat sich schon angemeldet?", False),
        ("wie viele sind bisher dabei?", False),
        ("wieviele haben sich angemeldet", False),
        ("wer macht mit", False),
        ("kannst du mir sagen, wer dabei ist?", False),
        ("weißt du, wie viele sich angemeldet haben?", False),
        ("hat sich schon jemand angemeldet?", False),
        ("wie viele sind in der nächsten Runde dabei?", False),
        ("wer hat sich angemeldt", False),
        ("wer ist bei der kollegialen Beratung dabei?", True),
        ("wer kommt zur Fallberatung?", True),
        ("wie viele anmeldungen gibt es für die beratung?", True),
        ("wie viele sind wir bei der beratung?", True),
    ],
)
def test_who_asks_who_takes_part_may_name_the_round(text: str, is_named: bool) -> None:
    assert read_turnout(text) == AskedTurnout(is_named)


@pytest.mark.parametrize(
    "text",
    [
        "wer kommt?",
        "wer ist am 3.12. dabei?",
        "wer ist beim Jour fixe dabei",
        "wer macht was",
        "wer macht das",
        "wie viele sind wir",
        "wer hat sich zum Workshop angemeldet?",
        "ich bin dabei",
        "dabei",
        "wer moderiert",
        "wie melde ich mich an?",
    ],
)
def test_other_sentences_ask_nothing_about_it(text: str) -> None:
    assert read_turnout(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ich habe einen fall", SaidCase()),
        ("hab n fall für die kollegiale beratung", SaidCase()),
        ("Ich hätte da einen Fall.", SaidCase()),
        ("ich möchte einen fall einbringen", SaidCase()),
        ("fall einbringen", SaidCase()),
        ("hab nen dringenden fall", SaidCase(is_urgent=True)),
        ("ich habe einen fall mit meinem chef", SaidCase()),
        ("ich habe einen Fall: Widerstand im Team", SaidCase("Widerstand im Team")),
        ("ich habe einen fall:Ärger über Maßnahmen", SaidCase("Ärger über Maßnahmen")),
        ("ich habe einen fall zum thema Rolle im Team", SaidCase("Rolle im Team")),
        ("ich bräuchte eine kollegiale beratung für einen fall", SaidCase()),
    ],
)
def test_who_has_a_case_may_say_its_title(text: str, said: SaidCase) -> None:
    assert read_case(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "auf jeden fall",
        "was ist ein fall?",
        "ich habe einen fall, in dem d3 abstürzt",
        "ich habe den fall, dass d3 abstürzt",
        "wer hat einen fall",
        "fall",
    ],
)
def test_other_sentences_are_no_case(text: str) -> None:
    assert read_case(text) is None


def test_a_long_text_is_the_case_itself_and_nothing_of_it_is_read() -> None:
    assert read_case("ich habe einen fall: " + "er sagt immer nein und ich weiß nicht weiter " * 6) == SaidCase(
        is_story=True
    )
    assert read_case("wie lege ich eine akte an, wenn " + "der vorgang noch offen ist und " * 10) is None


@given(st.text(max_size=LONGEST + 20))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    for read in (read_change, read_joining, read_case):
        read(text)
    for read_with_days in (read_call, read_days):
        read_with_days(text, are_days)


WHEN = st.sampled_from(["in kw 50", "nächste woche", "am 10.12.", "vom 1.12. bis 12.12.", "im januar"])
KINDS = st.sampled_from(["kollegiale beratung", "Kollegiale Fallberatung", "fallberatung", "Intervision", "troika"])


@given(WHEN, KINDS, st.booleans(), st.sampled_from(["", "bitte ", "wir machen eine ", "starte eine neue "]))
def test_kind_and_days_make_a_call_in_any_order(when: str, kind: str, is_first: bool, lead: str) -> None:
    said = read_call(f"{lead}{kind} {when}" if is_first else f"{when} {kind}", are_days)
    assert said is not None
    assert said.first
    assert bool(said.last) == (" bis " in when)


@given(WHEN, KINDS, st.sampled_from(["wer", "was", "wie", "wo", "warum", "welche"]))
def test_what_asks_is_never_a_call(when: str, kind: str, word: str) -> None:
    assert read_call(f"{word} {kind} {when}?", are_days) is None


@given(KINDS, st.integers(0, 10), st.sampled_from("abcdefgh"))
def test_a_slip_in_a_long_word_is_forgiven(kind: str, place: int, letter: str) -> None:
    first = kind.split()[0]
    if len(first) < 9 or not 0 < place < len(first):
        return
    assert read_call(f"{first[:place]}{letter}{first[place:]}{kind[len(first) :]} in kw 50", are_days) is not None
