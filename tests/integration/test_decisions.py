"""Past decisions are found by what people remember of them."""

import pytest

from knowledge.decisions import Decisions, sought_in
from knowledge.embedding import Embedder
from knowledge.vectors import EntryText

TOLD = [
    EntryText(str(number), about, text)
    for number, (about, text) in enumerate(
        [
            ("Altakten scannen", "Ab 1. März 2027 einheitlich nach Anleitung, 2 Enthaltungen."),
            ("E-Rechnung", "Die Leitweg-ID der Kitas ist die des Fachbereichs 51."),
            ("KI-Richtlinie", "Wir nutzen keine Sprachmodelle für Personalakten."),
            ("Jour fixe", "Wir treffen uns ab Januar alle sechs Wochen."),
            ("Kanban-Board", "Das Team Umwelt probiert das Board drei Monate aus."),
            ("Homeoffice", "Die Rufumleitung wird zentral eingerichtet."),
            ("Schulungen", "Neue Lots:innen bekommen zwei Tage Einführung."),
        ]
    )
]


@pytest.fixture
def decisions(embedder: Embedder) -> Decisions:
    return Decisions(embedder)


@pytest.mark.parametrize(
    ("sought", "about"),
    [
        ("E-Rechnung", "E-Rechnung"),
        ("Leitweg ID", "E-Rechnung"),
        ("KI", "KI-Richtlinie"),
        ("Telearbeit", "Homeoffice"),
        ("Einarbeitung neuer Kolleginnen", "Schulungen"),
        ("wie oft wir uns treffen", "Jour fixe"),
    ],
)
async def test_a_decision_is_found_by_its_words_and_by_what_it_means(
    decisions: Decisions, sought: str, about: str
) -> None:
    found = await decisions.find(sought, TOLD, 5)
    assert [TOLD[int(number)].question for number in found][:1] == [about]


@pytest.mark.parametrize("sought", ["Urlaub", "Parkplätze", "Fahrrad-Leasing"])
async def test_what_nobody_decided_is_not_found(decisions: Decisions, sought: str) -> None:
    assert await decisions.find(sought, TOLD, 5) == []


async def test_what_was_taken_back_or_changed_is_found_no_more(decisions: Decisions) -> None:
    assert await decisions.find("Leitweg ID", TOLD, 5) == ["1"]
    changed = [EntryText("1", "E-Rechnung", "Rechnungen kommen nur noch über das Portal.")]
    assert await decisions.find("Portal", changed, 5) == ["1"]
    assert await decisions.find("Kanban", changed, 5) == []


async def test_each_decision_is_embedded_once(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    decisions = Decisions(embedder)
    await decisions.learn(TOLD)
    monkeypatch.setattr("knowledge.decisions.embed", lambda _embedder, texts: texts and pytest.fail("again"))
    assert await decisions.find("Leitweg ID", TOLD, 5) == ["1"]


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("was haben wir zur E-Rechnung beschlossen?", "E-Rechnung"),
        ("Was wurde zu KI entschieden", "KI"),
        ("welche Beschlüsse gibt es zu Altakten?", "Altakten"),
        ("gibt es einen Beschluss zur Telearbeit?", "Telearbeit"),
        ("was haben wir im Jour fixe zum Kanban-Board beschlossen", "Kanban-Board"),
        ("was haben wir beschlossen zum Thema Scannen", "Thema Scannen"),
        ("haben wir schon was zu Druckern beschlossen?", "Druckern"),
        ("Beschluss: ab 1.3. einheitlich", ""),
        ("Wie beantrage ich Urlaub?", ""),
        ("Was haben wir zum Mittag?", ""),
    ],
)
def test_a_question_about_decisions_is_told_from_others(text: str, sought: str) -> None:
    assert sought_in(text) == sought
