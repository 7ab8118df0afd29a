"""Minutes hold no criticism of persons and no personal data; what is on the matter stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.neutral_wording import neutral, without_secrets


def is_known(name: str) -> bool:
    return name in ("Svenja", "Ben Krause")


@pytest.mark.parametrize(
    ("said", "proposed"),
    [
        ("Müller hat die Anleitung wieder nicht geliefert, unfähig", "Zu „Altakten“ ist noch etwas zu klären"),
        ("ab März einheitlich, weil der Leiter vom Bürgeramt alles blockiert", "ab März einheitlich"),
        ("Das Formular wird einfacher, Svenja hat sich nicht gekümmert", "Das Formular wird einfacher"),
        ("Die Kollegin in der Registratur ist faul", "Zu „Altakten“ ist noch etwas zu klären"),
    ],
)
def test_criticism_of_somebody_gets_a_neutral_wording(said: str, proposed: str) -> None:
    wording = neutral(said, is_known, "Altakten")
    assert wording.is_criticism
    assert wording.text == proposed


@pytest.mark.parametrize(
    "said",
    [
        *("ab 1. März 2027 einheitlich nach Anleitung, 2 Enthaltungen", "Scans sind nie farbig", "Wer zahlt?"),
        *("Svenja übernimmt die Moderation", "Ben Krause schreibt die Anleitung", "Die Leitung weiß Bescheid"),
        *("Der Termin ist zu spät für den Haushalt", "Service Desk erreichbar unter 0234 910-1234", "Kanban im Team"),
    ],
)
def test_what_is_on_the_matter_stays(said: str) -> None:
    wording = neutral(said, is_known)
    assert not wording.is_changed
    assert wording.text == said


def test_names_of_others_and_numbers_go() -> None:
    wording = neutral("Frau Müller Az. 50-123 hat Widerspruch eingelegt", is_known)
    assert wording.text == "Frau [Name] Az. [Aktenzeichen] hat Widerspruch eingelegt"
    assert (wording.has_names, wording.has_secrets, wording.is_criticism) == (True, True, False)


def test_who_was_asked_about_names_may_keep_them_but_no_numbers() -> None:
    assert without_secrets("Frau Müller Az. 50-123 ruft zurück") == "Frau Müller Az. [Aktenzeichen] ruft zurück"


@given(st.text(max_size=80))
def test_a_proposal_needs_no_proposal(text: str) -> None:
    wording = neutral(text, is_known, "Altakten")
    assert not wording.is_criticism or not neutral(wording.text, is_known).is_criticism
    assert bool(wording.text.strip()) >= bool(text.strip())
