"""Results of a meeting are read from chat as people write them; other talk is left alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.dates import day_said
from knowledge.minute_sentences import (
    LONGEST,
    MOST,
    Missing,
    Result,
    ResultKind,
    holds_results,
    is_next_meeting,
    is_vague_owner,
    is_vague_until,
    labelled,
    results_in,
    school_holidays_in,
    task_in,
    with_full_days,
)

TODAY = date(2026, 12, 3)
PEOPLE = frozenset({"ben", "ben krause", "tom", "tom berger", "ruth", "svenja"})


def is_day(words: str) -> bool:
    return day_said(words, TODAY) is not None


def is_somebody(words: str) -> bool:
    return words.casefold() in PEOPLE


def read(text: str) -> tuple[Result, ...]:
    return results_in(text, is_day, is_somebody)


def task(text: str, owner: str = "", until: str = "", item: int | None = None) -> Result:
    return Result(ResultKind.TASK, text, item, owner, until)


@pytest.mark.parametrize(
    ("said", "kind", "text", "item"),
    [
        ("Beschluss: ab 1.3. einheitlich, 2 enthaltungen", "decision", "ab 1.3. einheitlich, 2 enthaltungen", None),
        ("beschluß: ab März", "decision", "ab März", None),
        ("beschlossen: ab März", "decision", "ab März", None),
        ("!beschluss ab März", "decision", "ab März", None),
        ("/info neue Geräte", "info", "neue Geräte", None),
        ("Info: M365 kommt später.", "info", "M365 kommt später", None),
        ("Idee: Barcamp!", "idea", "Barcamp!", None),
        ("Offen: Wer zahlt?", "open", "Wer zahlt?", None),
        ("noch offen: die Kosten", "open", "die Kosten", None),
        ("TOP 3 Beschluss: ja", "decision", "ja", 3),
        ("zu top 3: beschluss: ja", "decision", "ja", 3),
        ("Beschluss 3: ja", "decision", "ja", 3),
        ("Beschluss zu TOP 12: ja", "decision", "ja", 12),
        ("- Info: mit Strich davor", "info", "mit Strich davor", None),
        ("Beschluss: Treffen um 9:30 Uhr", "decision", "Treffen um 9:30 Uhr", None),
        ("Beschluss: Rolle, Aufgabe und Zeit stehen fest", "decision", "Rolle, Aufgabe und Zeit stehen fest", None),
    ],
)
def test_a_result_is_read_with_its_item(said: str, kind: str, text: str, item: int | None) -> None:
    assert read(said) == (Result(ResultKind(kind), text, item),)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Aufgabe: Ben, Anleitung schreiben, bis 15.3.", task("Anleitung schreiben", "Ben", "15.3.")),
        ("Aufgabe: Ben, Anleitung schreiben, 15.3.", task("Anleitung schreiben", "Ben", "15.3.")),
        ("Aufgabe: Anleitung schreiben, Ben, bis 15.3.", task("Anleitung schreiben", "Ben", "15.3.")),
        ("Aufgabe Ben: Anleitung schreiben bis Ende Q1", task("Anleitung schreiben", "Ben", "Ende Q1")),
        ("aufgabe für Ben Krause: Anleitung bis KW 12", task("Anleitung", "Ben Krause", "KW 12")),
        ("Aufgabe: Ben schreibt die Anleitung bis Fr", task("schreibt die Anleitung", "Ben", "Fr")),
        ("Aufgabe: bis Freitag Frau May Schulung klären", task("Schulung klären", "Frau May", "Freitag")),
        ("aufgabe tom schulung nach den Osterferien", task("schulung", "tom", "nach den Osterferien")),
        (
            "Aufgabe: @tom, Raum buchen, bis zum nächsten Jour fixe",
            task("Raum buchen", "@tom", "zum nächsten Jour fixe"),
        ),
        ("Aufgabe: ich, Raum buchen, bis morgen", task("Raum buchen", "ich", "morgen")),
        ("todo Ruth: Raum 3 buchen, fällig 30.2.", task("Raum 3 buchen", "Ruth", "30.2.")),
        ("Aufgabe: FB 3, Zahlen liefern, bis 31. Februar", task("Zahlen liefern", "FB 3", "31. Februar")),
        ("Aufgabe: Ben, Bericht bis Seite 3 lesen, bis KW 3", task("Bericht bis Seite 3 lesen", "Ben", "KW 3")),
    ],
)
def test_a_task_is_who_what_and_until_when(said: str, expected: Result) -> None:
    [found] = read(said)
    assert found == expected
    assert found.missing == ()


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("Aufgabe: Anleitung schreiben bis Freitag", (Missing.OWNER,)),
        ("Aufgabe: wir, Anleitung schreiben, bis Freitag", (Missing.OWNER,)),
        ("Aufgabe: alle, Anleitung lesen, bis Freitag", (Missing.OWNER,)),
        ("Aufgabe: Ben, Anleitung schreiben", (Missing.UNTIL,)),
        ("Aufgabe: Ben, Anleitung schreiben, asap", (Missing.UNTIL,)),
        ("Aufgabe: Ben, Anleitung schreiben, bis demnächst", (Missing.UNTIL,)),
        ("Aufgabe: Anleitung schreiben", (Missing.OWNER, Missing.UNTIL)),
    ],
)
def test_what_a_task_lacks_is_named(said: str, missing: tuple[Missing, ...]) -> None:
    [found] = read(said)
    assert found.missing == missing


def test_one_message_holds_several_results_of_one_item() -> None:
    said = (
        "top 3 beschluss: ab 1.3. einheitlich nach anleitung, 2 enthaltungen. aufgabe ben anleitung bis nächsten jf, "
        "aufgabe stabstelle schulung klären bis KW 3"
    )
    assert read(said) == (
        Result(ResultKind.DECISION, "ab 1.3. einheitlich nach anleitung, 2 enthaltungen", 3),
        task("anleitung", "ben", "nächsten jf", 3),
        task("schulung klären", "stabstelle", "KW 3", 3),
    )


def test_lines_may_belong_to_different_items() -> None:
    found = read("TOP 2: Info: neue Geräte\nIdee: Verleih\nTOP 4 Beschluss: ja\nmit Probezeit")
    assert [(one.kind.value, one.text, one.item) for one in found] == [
        ("info", "neue Geräte", 2),
        ("idea", "Verleih", 2),
        ("decision", "ja mit Probezeit", 4),
    ]


@pytest.mark.parametrize(
    "said",
    [
        *("aufgaben", "offen", "info", "beschluss", "protokoll", "", " ", "!", "Thema: Altakten, 15 min, Entscheidung"),
        *("info an alle lotsen: M365 verschiebt sich", "was haben wir zur E-Rechnung beschlossen?"),
        *("wer hat die aufgabe übernommen", "die Info: steht im Intranet", "Frage: was ist offen?", "Beschluss:  "),
    ],
)
def test_other_talk_is_no_result(said: str) -> None:
    assert read(said) == ()


@pytest.mark.parametrize(
    "words", ["nächsten JF", "zum nächsten Jour fixe", "nächstes Mal", "nächsten Termin", "kommende Sitzung"]
)
def test_the_next_meeting_has_many_names(words: str) -> None:
    assert is_next_meeting(words)


@pytest.mark.parametrize("words", ["nächsten Freitag", "JF", "nächste Woche", "jour fixe im Mai"])
def test_a_day_is_not_the_next_meeting(words: str) -> None:
    assert not is_next_meeting(words)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("nach den Osterferien", "oster"),
        ("vor den Sommerferien", "vor sommer"),
        ("bis zu den Herbstferien", "vor herbst"),
        ("bis nach den Weihnachtsferien", "weihnachts"),
        ("nach Ostern", ""),
    ],
)
def test_school_holidays_are_read(words: str, name: str) -> None:
    assert school_holidays_in(words) == name


def test_a_task_may_stand_without_its_label() -> None:
    assert task_in("Tom, Raum buchen, bis morgen", is_day, is_somebody) == task("Raum buchen", "Tom", "morgen")
    assert task_in("Ben Krause, bis 15.3.", is_day, is_somebody) == task("", "Ben Krause", "15.3.")
    assert task_in("Ben Krause", is_day, is_somebody) == task("", "Ben Krause")
    assert task_in("15.3.", is_day, is_somebody) == task("", "", "15.3.")


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        ("Beschluss ab März gilt die Anleitung", "Beschluss: ab März gilt die Anleitung"),
        ("b: ab März", "Beschluss: ab März"),
        ("A: wir, Schulung, asap", "Aufgabe: wir, Schulung, asap"),
        ("Beschluss E-Rechnung", ""),
        ("Info ab wann gilt das neue Formular?", ""),
        ("was war der Beschluss", ""),
    ],
)
def test_a_label_may_lack_its_colon(said: str, read_as: str) -> None:
    assert labelled(said) == read_as


def test_days_without_a_year_are_written_in_full() -> None:
    assert with_full_days("ab 1.3. für alle, Version 2.1. bleibt", lambda _: "1. März 2027") == (
        "ab 1. März 2027 für alle, Version 2.1. bleibt"
    )


WORDS = st.sampled_from(
    ["Anleitung", "schreiben", "und", "prüfen", "E-Akte", "Scanner", "im", "Rathaus", "Lots:innen", "ab"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)


@given(TEXTS)
def test_no_word_of_a_decision_is_lost(text: str) -> None:
    assert read(f"Beschluss: {text}") == (Result(ResultKind.DECISION, text),)


@given(TEXTS, st.sampled_from(["15.3.", "KW 12", "Ende Q1", "Freitag", "nächsten JF", "asap", "31. Februar"]))
def test_no_word_of_a_task_is_lost(text: str, until: str) -> None:
    assert read(f"Aufgabe Ben: {text} bis {until}") == (task(text, "Ben", until),)


@given(st.text(max_size=60))
def test_whatever_is_said_is_read_without_an_error(text: str) -> None:
    for said in (text, f"Beschluss: {text}", f"Aufgabe: {text}", f"top 2 info: {text}"):
        found = read(said)
        assert len(found) <= MOST
        assert bool(found) <= holds_results(said)
        assert all(any(map(str.isalnum, one.text)) or one.owner for one in found)


@pytest.mark.parametrize(
    "piece", [" ", "\n", "top 3 ", "aufgabe ", "aufgabe a bis ", "a, ", "bis ", "beschluss: ", "1."]
)
def test_a_long_message_takes_no_time(piece: str) -> None:
    read("aufgabe " + piece * (LONGEST // len(piece)))  # the time limit of a test is the proof
    assert len(read("Beschluss: a. " * 100)) <= MOST


def test_vague_words_are_known() -> None:
    assert all(map(is_vague_owner, ("wir", "alle", "man", "jemand", "das Team")))
    assert all(map(is_vague_until, ("asap", "sofort", "bald", "so schnell wie möglich", "zeitnah")))
    assert not any(map(is_vague_owner, ("Ben", "Stabsstelle")))
    assert not any(map(is_vague_until, ("Freitag", "KW 3")))
