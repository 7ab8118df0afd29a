"""Titles of cases: what tells whom they are about, and a neutral one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.case_titles import LONGEST, NEUTRAL, Telling, check
from knowledge.departments import Department, Departments

HOUSE = Departments(
    [
        Department("Fachbereich 3 – Soziales", ("FB 3",)),
        Department("Sozialamt", ("Amt 50",), "FB 3"),
        Department("Stadtbücherei"),
        Department("FB Umwelt"),
        Department("Digitallabor"),
    ]
)


@pytest.mark.parametrize(
    "title",
    [
        "Umgang mit Widerstand im Team",
        "Wie sage ich Nein?",
        "Neue Rolle im Team finden",
        "Teamleitung delegiert nicht",
        "Digitalisierung im Amt",
        "M365 einführen",
        "Wie bekomme ich 3 Leute ins Boot?",
        "Ehrenamt und Dienst verbinden",
        "Ein Beamter weigert sich",
        "E-Akte: Widerstand im Team",
        "Führung ohne Weisung",
    ],
)
def test_a_neutral_title_stays(title: str) -> None:
    checked = check(title, HOUSE)
    assert checked.is_neutral
    assert checked.proposal == title


@pytest.mark.parametrize(
    ("title", "telling", "proposal"),
    [
        ("Konflikt mit Frau Kaya", Telling.NAME, "Konflikt mit einer Kollegin"),
        ("streit mit herrn müller", Telling.NAME, "Streit mit einem Kollegen"),
        ("Herr Müller blockt alles", Telling.NAME, "Ein Kollege blockt alles"),
        ("Kollegin Aylin Kaya hört nicht zu", Telling.NAME, "Eine Kollegin hört nicht zu"),
        (
            "Streit zwischen Herrn Müller und Frau Kaya",
            Telling.NAME,
            "Streit zwischen einem Kollegen und einer Kollegin",
        ),
        ("Umgang mit Herrn M.", Telling.NAME, "Umgang mit einem Kollegen"),
        ("Umgang mit Aylin", Telling.NAME, "Umgang mit einer Person"),
        ("Müllers Verhalten im Team", Telling.NAME, "Verhalten im Team"),
        ("Sachgebietsleiter Schmidt blockt", Telling.NAME, "Sachgebietsleiter blockt"),
        ("konflikt im sozialamt", Telling.OFFICE, "Konflikt"),
        ("Ärger mit dem Sozialamt", Telling.OFFICE, "Ärger mit einem anderen Bereich"),
        ("Ärger mit der Kämmerei", Telling.OFFICE, "Ärger mit einem anderen Bereich"),
        ("Konflikt im FB Umwelt", Telling.OFFICE, "Konflikt"),
        ("Konflikt im Digitallabor", Telling.OFFICE, "Konflikt"),  # which only this house has
        ("Konflikt im Jugendamt", Telling.OFFICE, "Konflikt"),  # no department of this house
        ("Umgang mit der Amtsleiterin", Telling.OFFICE, "Umgang mit einer Führungskraft"),
        ("Der Bürgermeister will alles sofort", Telling.OFFICE, "Eine Führungskraft will alles sofort"),
        ("Umgang mit Kritik an der neuen Amtsleitung", Telling.OFFICE, "Umgang mit Kritik an einer Führungskraft"),
        ("OB mischt sich ein", Telling.OFFICE, "Eine Führungskraft mischt sich ein"),
        ("Alkohol am Arbeitsplatz", Telling.HEALTH, "Frage am Arbeitsplatz"),
        ("Mein Chef ist krank", Telling.HEALTH, "Mein Chef fehlt"),
        ("Vorgang 50.2-114/23 liegt herum", Telling.NUMBER, "Ein Vorgang liegt herum"),
        ("Az. 12/2026", Telling.NUMBER, NEUTRAL),
        ("Streit seit März 2026", Telling.DATE, "Streit"),
        ("Gespräch am 3.12.", Telling.DATE, "Gespräch"),
        ("Kranke Kollegin im Team", Telling.HEALTH, "Kollegin im Team"),
        ("Umgang mit Burnout", Telling.HEALTH, "Umgang mit einer schwierigen Situation"),
        ("Burnout", Telling.HEALTH, NEUTRAL),
        ("Mail an anna.kaya@stadt.de", Telling.CONTACT, "Mail"),
        ("konflikt im digitallabor", Telling.OFFICE, "Konflikt"),
        ("ärger mit soziales", Telling.OFFICE, "Ärger mit einem anderen Bereich"),
        ("schule am park will nicht", Telling.OFFICE, "Ein anderer Bereich will nicht"),
        ("fall 2023-114 ungelöst", Telling.NUMBER, "Ein Vorgang: ungelöst"),
    ],
)
def test_what_tells_is_found_and_left_out(title: str, telling: Telling, proposal: str) -> None:
    checked = check(title, HOUSE)
    assert {kind for kind, _ in checked.found} == {telling}
    assert checked.proposal == proposal


def test_several_findings_are_named_in_order() -> None:
    checked = check("Widerstand von Herrn Müller im Sozialamt", HOUSE)
    assert checked.found == ((Telling.NAME, "Herrn Müller"), (Telling.OFFICE, "im Sozialamt"))
    assert checked.proposal == "Widerstand von einem Kollegen"


def test_a_long_title_is_shortened_at_a_word() -> None:
    checked = check("Widerstand gegen neue Arbeitsweisen " * 5, HOUSE)
    assert checked.found == ()
    assert not checked.is_neutral
    assert len(checked.proposal) <= LONGEST
    assert checked.proposal.endswith("…")


PARTS = st.sampled_from(
    [
        "Widerstand", "Konflikt", "Umgang", "mit", "von", "im", "und", "Frau Kaya", "Herrn Müller", "Aylin",
        "Sozialamt",
        "FB 3", "Amt 50", "der Amtsleiterin", "Burnout", "am 3.12.", "seit März 2026", "Az. 12/26", "Team", "nach", ",",
        "0171 2345678", "Stadtbücherei", "Bürgermeister", "KW 50", "Robert Koch-Institut", "Tom", "wegen", "Dr. Weber",
        "ordnungsamt", "dem jugendamt", "im bauamt", "vom bauhof", "frau kaya", "herr müller", "anna", "mein chef",
        "kollege", "ist", "oft krank", "zu spät", "kommt", "warum", "fachbereich 3 und 5", "az 12/345", "soziales",
    ]
)  # fmt: skip


@given(st.lists(PARTS, min_size=1, max_size=12).map(" ".join))
def test_a_proposal_tells_nothing_and_is_short(title: str) -> None:
    proposal = check(title, HOUSE).proposal
    assert 0 < len(proposal) <= LONGEST
    again = check(proposal, HOUSE)
    assert again.found == ()
    assert again.proposal == proposal


@given(st.text(max_size=400))
def test_any_text_gives_a_title(text: str) -> None:
    assert len(check(text, HOUSE).proposal) <= LONGEST
