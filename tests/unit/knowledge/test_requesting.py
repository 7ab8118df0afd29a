"""A sentence that asks for support is understood; a question about a rule, a room or a person is not taken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.assignment import KINDS
from knowledge.requesting import asks_for_support, kind_in

WISHES = [
    ("wir brauchen jemanden für die moderation eines workshops", "workshop_moderation"),
    ("Wir bräuchten im Januar jemanden für die Moderation von unserem Workshop", "workshop_moderation"),
    ("hallo zusammen, wir suchen jemand für einen teamtag", "workshop_moderation"),
    ("wir brauchen jemand der unseren workshop moderiert", "workshop_moderation"),
    ("kann jemand unseren workshop moderieren?", "workshop_moderation"),
    ("Könnte jemand von euch bei uns eine Retro moderieren?", "retrospective"),
    ("unser team braucht unterstützung bei einem projekt", "project_support"),
    ("wir wünschen uns eine Begleitung für unser Projekt E-Akte", "project_support"),
    ("wir suchen eine Referentin für einen Vortrag zu KI", "presentation"),
    ("ich brauche ein coaching", "coaching"),
    ("wir brauchen eine Moderatorin", "workshop_moderation"),
    ("wir brauchen im Januar eine moderation", "workshop_moderation"),
    ("wir bräuchten dringend eine externe Moderation", "workshop_moderation"),
    ("wir brauchen hilfe bei einem konflikt im team", "conflict_talk"),
    ("suche unterstützung für einen workshop", "workshop_moderation"),
    ("ich möchte unterstützung für einen workshop anfragen", "workshop_moderation"),
    ("wir brauchen jemanden für eine schulung zur e-akte", "training"),
]
OTHERS = [
    "wie bekomme ich eine schulung",
    "wo finde ich die unterlagen der schulung",
    "wir brauchen einen raum für den workshop",
    "ich brauche eine genehmigung für die schulung",
    "brauche ich für den workshop einen antrag?",
    "wer kennt sich mit moderation aus?",
    "wer kann unser team beim kanban bord einführen helfen? im januar",
    "wie moderiere ich einen workshop",
    "ich möchte den vortrag von gestern nochmal lesen",
    "wir suchen die folien vom vortrag",
    "der workshop war gut",
    "wir brauchen neue stühle",
    "ich suche die hilfe",
    "was kostet eine externe moderation",
    "kann jemand die heizung reparieren",
    "wir brauchen den link zum workshop",
    "ich kann gerade keine workshops moderieren",
    "ich moderiere workshops",
    "welche projekte gibt es bei uns",
    "muss ich die schulung machen",
    "wir wollen in den workshop",
    "ich suche einen Kurs für Excel",
    "ich brauche infos über eine moderation",
    "Wie bekommen wir eine Moderation für unseren Team-Workshop?",
    "mein projekt braucht noch zeit",
    "wir wollen agiler arbeiten, gibt es jemanden, der uns begleitet?",
    "Lots:innen, Anfragen, Weiterleitung, Frist",
]


@pytest.mark.parametrize(("text", "kind"), WISHES)
def test_a_wish_for_support_is_understood(text: str, kind: str) -> None:
    assert asks_for_support(text)
    found = kind_in(text, KINDS)
    assert found is not None
    assert found.name == kind


@pytest.mark.parametrize("text", OTHERS)
def test_other_sentences_are_left_to_others(text: str) -> None:
    assert not asks_for_support(text)


def test_a_kind_is_found_by_the_label_of_the_house() -> None:
    found = kind_in("Team-Rückblick", KINDS)
    assert found is not None
    assert found.name == "retrospective"


def test_a_kind_that_the_house_does_not_offer_is_not_found() -> None:
    assert kind_in("coaching", [kind for kind in KINDS if kind.name != "coaching"]) is None


@given(st.text(max_size=400))
def test_any_text_may_come(text: str) -> None:
    assert asks_for_support(text) in (True, False)
    kind_in(text, KINDS)
