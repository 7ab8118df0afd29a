"""What was typed is understood as people mean it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.choices import find_choice
from bot.commands import Command, find_command, free_text, looks_like_choice, plain_words
from bot.messages import Choice
from bot.router import Job
from handlers.table import TABLE

COMMANDS = (Command("frage", takes_text=True), Command("hilfe", ("was kannst du",)), Command("hallo", ("hi",)))
CHOICES = (Choice("ja", "ja"), Choice("nein", "nein"), Choice("keine", "keine davon"))


CURATING = [
    Command("ändern", ("bearbeiten",), numbered=True),
    Command("veraltet", ("stimmt nicht mehr",), numbered=True, takes_text=True),
]


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("hilfe", "hilfe", ""),
        ("Hilfe!", "hilfe", ""),
        ("!hilfe", "hilfe", ""),
        ("/hilfe", "hilfe", ""),
        ("Was kannst du?", "hilfe", ""),
        ("Hallo 👋", "hallo", ""),
        ("!frage wo ist der Scanner", "frage", "wo ist der Scanner"),
        ("!FRAGE wo ist der Scanner", "frage", "wo ist der Scanner"),
        ("Frage: wo ist der Scanner?", "frage", "wo ist der Scanner?"),
        ("!frage", "frage", ""),
    ],
)
def test_a_command_is_understood(text: str, name: str, rest: str) -> None:
    found = find_command(text, COMMANDS)
    assert found is not None
    assert (found.command.name, found.text, found.number) == (name, rest, None)


@pytest.mark.parametrize(
    ("text", "name", "number", "rest"),
    [
        ("214 ändern", "ändern", 214, ""),
        ("Nr. 214 ändern", "ändern", 214, ""),
        ("!ändern 214", "ändern", 214, ""),
        ("bearbeiten 214", "ändern", 214, ""),
        ("Ändern Eintrag 214!", "ändern", 214, ""),
        (
            "214 stimmt nicht mehr, seit 1.1. gibts pro kita eine eigene",
            "veraltet",
            214,
            "seit 1.1. gibts pro kita eine eigene",
        ),
        ("214 stimmt nicht mehr", "veraltet", 214, ""),
    ],
)
def test_a_command_is_about_an_entry(text: str, name: str, number: int, rest: str) -> None:
    found = find_command(text, CURATING)
    assert found is not None
    assert (found.command.name, found.number, found.text) == (name, number, rest)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("wissen e-akte", "e-akte"),
        ("Wissen: e-Akte scannen", "e-Akte scannen"),
        ("!wissen e-akte", "e-akte"),
        ("wissen-akte", "akte"),
        ("wissen", ""),
    ],
)
def test_a_few_words_may_follow_a_name(text: str, rest: str) -> None:
    found = find_command(text, [Command("wissen", takes_text=True, takes_words=3)])
    assert found is not None
    assert found.text == rest


@pytest.mark.parametrize(
    "text", ["wissen sie das?", "wissen_akte", "wissen Sie wo der große Scanner", "wissenswertes zur akte"]
)
def test_a_sentence_that_begins_like_a_command_is_none(text: str) -> None:
    assert find_command(text, [Command("wissen", takes_text=True, takes_words=3)]) is None


@pytest.mark.parametrize("text", ["214", "214 mal angerufen", "214 ändern wir morgen", "wie kann ich 214 anrufen"])
def test_a_number_alone_is_no_command_about_an_entry(text: str) -> None:
    assert find_command(text, CURATING) is None


@pytest.mark.parametrize(
    "text",
    ["Hilfe, mein VPN geht nicht", "hilfepunkt", "!fragebogen wo", "hallo wie geht das", "Fragen zur E-Akte", "", "!"],
)
def test_a_sentence_is_no_command(text: str) -> None:
    assert find_command(text, COMMANDS) is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("1", "ja"), ("1.", "ja"), ("(1)", "ja"), ("1️⃣", "ja"), ("ja", "ja"), ("JA!", "ja"), ("👍", "ja"),
        ("2", "nein"), ("Nein.", "nein"), ("👎", "nein"), ("👎️", "nein"), ("3", "keine"), ("keine", "keine"),
        ("Keine davon!", "keine"),
    ],
)  # fmt: skip
def test_a_choice_is_a_number_a_word_a_label_or_a_reaction(text: str, word: str) -> None:
    found = find_choice(text, CHOICES)
    assert found is not None
    assert found.word == word


@pytest.mark.parametrize("text", ["4", "0", "12", "", "🎉", "ja aber wie?", "vielleicht"])
def test_anything_else_is_no_choice(text: str) -> None:
    assert find_choice(text, CHOICES) is None


@pytest.mark.parametrize("text", ["1", "ja", "👍", "löschen", "2️⃣"])
def test_a_bare_word_or_number_is_worth_a_look(text: str) -> None:
    assert looks_like_choice(text)


@pytest.mark.parametrize("text", ["", "🎉", "wir treffen uns um 9", "guten morgen", "x" * 60])
def test_other_talk_is_not_worth_a_look(text: str) -> None:
    assert not looks_like_choice(text)


def test_an_unknown_command_is_read_as_a_question() -> None:
    assert free_text("!wo ist der Scanner") == "wo ist der Scanner"


@given(st.text(max_size=200) | st.text("wissen -_:!", max_size=30).map("wissen".__add__))
def test_no_text_breaks_understanding(text: str) -> None:
    find_command(text, [*CURATING, Command("wissen", takes_text=True, takes_words=3)])
    find_command(text, COMMANDS)
    find_choice(text, CHOICES)
    assert plain_words(plain_words(text)) == plain_words(text)


@pytest.mark.parametrize("jobs", [TABLE.jobs, TABLE.round_jobs], ids=["everywhere", "where people consult"])
def test_no_two_commands_answer_to_the_same_words(jobs: Sequence[Job]) -> None:
    words = [word for job in jobs for word in job.command.words]
    assert len(words) == len(set(words))
