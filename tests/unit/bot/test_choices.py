"""Which choice is meant, as people say it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.choices import find_choice, find_named
from bot.messages import Choice

ASKED = (
    Choice("ja", "ja, mit meinem Namen"),
    Choice("ohne", "ja, ohne meinen Namen"),
    Choice("nein", "nein, nur auf der Liste lassen"),
    Choice("löschen", "meine Frage löschen"),
)
TAKEN = (Choice("übernehmen", "ich übernehme"), Choice("heute", "heute nicht"), Choice("passt", "passt nicht zu mir"))
PERSON = (Choice("nein", "doch nicht fragen"),)


@pytest.mark.parametrize(
    ("said", "choices", "word"),
    [
        ("ja, mit meinem Namen", ASKED, "ja"),
        ("mit namen", ASKED, "ja"),
        ("Ja gerne!", ASKED, "ja"),
        ("ja bitte", ASKED, "ja"),
        ("ohne Namen bitte", ASKED, "ohne"),
        ("ohne meinen namen", ASKED, "ohne"),
        ("anonym", ASKED, "ohne"),
        ("nee", ASKED, "nein"),
        ("nein danke", ASKED, "nein"),
        ("lieber nicht", ASKED, "nein"),
        ("3. nein", ASKED, "nein"),
        ("die zwei", ASKED, "ohne"),
        ("2)", ASKED, "ohne"),
        ("frage löschen", ASKED, "löschen"),
        ("Löschen bitte", ASKED, "löschen"),
        ("heute nicht", TAKEN, "heute"),
        ("passt nicht", TAKEN, "passt"),
        ("ich übernehme", TAKEN, "übernehmen"),
        ("doch nicht", PERSON, "nein"),
        ("abbrechen", PERSON, "nein"),
    ],
)
def test_a_choice_is_understood_as_people_say_it(said: str, choices: tuple[Choice, ...], word: str) -> None:
    found = find_choice(said, choices)
    assert found is not None
    assert found.word == word


@pytest.mark.parametrize(
    "said",
    ["namen", "ja oder nein?", "2 nein", "5", "wo ist der Scanner", "meine Frage ist eine andere", "", "!", "danke"],
)
def test_what_means_none_of_them_is_none(said: str) -> None:
    assert find_choice(said, ASKED) is None


def test_words_that_stand_on_two_choices_mean_neither() -> None:
    assert find_choice("im Amt", (Choice("a", "Scanner im Amt"), Choice("b", "Drucker im Amt"))) is None


@pytest.mark.parametrize("said", ["ja", "gerne", "1", "löschen", "doch nicht", "heute nicht"])
def test_an_older_offer_is_not_meant_by_what_is_said_below_each(said: str) -> None:
    assert find_named(said, (*ASKED, *TAKEN)) is None


def test_a_number_is_about_what_was_said_last_although_an_older_offer_has_it_as_a_word() -> None:
    days = (Choice("1", "am Donnerstag"), Choice("2", "am Freitag"))
    assert find_choice("1", days) == days[0]
    assert find_named("1", days) is None


def test_an_older_offer_is_meant_by_a_word_of_its_own() -> None:
    found = find_named("übernehmen", TAKEN)
    assert found is not None
    assert found.word == "übernehmen"


def test_a_command_is_more_than_some_words_of_a_label() -> None:
    choices = (Choice("1", "Was passiert im Jour fixe der Lots:innen?"), Choice("keine", "keine davon"))
    assert find_choice("jour fixe", choices) == choices[0]
    assert find_choice("jour fixe", choices, is_command=True) is None
    assert find_choice("keine davon", choices, is_command=True) == choices[1]


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    find_choice(text, ASKED)
    find_named(text, ASKED)
