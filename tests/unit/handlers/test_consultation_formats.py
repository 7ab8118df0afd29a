"""Supporters look at the models of peer consultation: what there is, and the phases and rules of each."""

from dataclasses import replace

import pytest

from handlers.peer_consultation import formats
from knowledge.consultation_files import built_in
from traffic import MATRIX, TEAMS, Somebody


def labels(who: Somebody) -> list[str]:
    """The choices below what the bot said last."""
    return [choice.label for choice in who.traffic.sent[-1].choices]


@pytest.mark.parametrize("words", ["modelle", "Beratungsmodelle", "modell", "!modelle"])
async def test_the_models_are_listed_with_length_and_size(tom: Somebody, words: str) -> None:
    await tom.says(words)
    assert labels(tom) == [
        "Troika: 30 Minuten, 3 Personen",
        "Kurzform: 30 Minuten, 4 Personen",
        "Weise Runde: 60 bis 75 Minuten, 4 bis 5 Personen",
        "Acht Phasen: 65 Minuten, 5 bis 10 Personen",
        "Sechs Phasen: 45 Minuten, 5 bis 10 Personen",
        "Zehn Schritte: 90 Minuten, 5 bis 10 Personen",
        "Sternrunde: 64 Minuten, 8 bis 20 Personen",
        "Schriftlich: bis zu 12 Arbeitstage, 3 bis 8 Personen",
    ]


@pytest.mark.parametrize("words", ["modell sechs phasen", "modell: Sechs Phasen", "modell sechs fasen"])
async def test_a_model_is_shown_with_its_phases_and_their_time(tom: Somebody, words: str) -> None:
    [said] = await tom.says(words)
    assert said.startswith("**Sechs Phasen:** Ein Fall, eine Frage, viele Ideen.")
    assert "- 45 Minuten, 5 bis 10 Personen\n- Aufgaben: Fall, Moderation, Mitschrift, Zeit\n" in said
    assert "1. Aufgaben verteilen, 5 Min.\n2. Erzählen, 10 Min." in said
    assert labels(tom) == ["die Regeln der Phasen"]


@pytest.mark.parametrize("words", ["was ist wise crowds", "Was ist die Weise Runde?", "was bedeutet Weise Runde"])
async def test_whoever_asks_what_a_model_is_sees_it_with_where_it_comes_from(tom: Somebody, words: str) -> None:
    [said] = await tom.says(words)
    assert said.startswith("**Weise Runde:**")
    assert "- Nach Wise Crowds aus den Liberating Structures" in said


@pytest.mark.parametrize("words", ["was ist schriftlich", "was ist kollegiale Fallberatung?", "troika"])
def test_other_questions_are_not_about_a_model(words: str) -> None:
    assert not formats.is_about_one(words)


async def test_a_model_is_chosen_from_the_list(tom: Somebody) -> None:
    await tom.says("modelle")
    [said] = await tom.says("1")
    assert said.startswith("**Troika:**")
    assert "Jede Person hat einmal den Fall" in said


async def test_a_written_model_counts_days(tom: Somebody) -> None:
    [said] = await tom.says("modell schriftlich")
    assert "2. Erzählen, 1 Tag\n3. Nachfragen, 2 Tage" in said


@pytest.mark.parametrize("name", built_in())
async def test_all_rules_of_a_model_are_shown_page_by_page(tom: Somebody, name: str) -> None:
    await tom.says(f"modell {built_in()[name].title}")
    pages = await tom.says("regeln")
    for _ in built_in()[name].phases:
        pages += await tom.says("mehr") if "mehr" in labels(tom) else []
    assert all(len(said) <= 600 for said in pages)
    whole = "\n".join(pages)
    assert [phase.title for phase in built_in()[name].phases if phase.said() not in whole] == []


async def test_an_unknown_model_is_said_and_the_others_are_listed(tom: Somebody) -> None:
    [said] = await tom.says("modell zwölf *Schritte*")
    assert said == "Das Modell „zwölf \\*Schritte\\*“ kenne ich nicht. Es gibt:"
    assert len(labels(tom)) == len(built_in())


async def test_many_models_are_listed_on_pages(tom: Somebody) -> None:
    troika = built_in()["troika"]
    own = {f"own_{number}": troika.model_copy(update={"id": f"own_{number}"}) for number in range(10)}
    traffic = tom.traffic
    traffic.house = replace(traffic.house, formats=own)
    await traffic.stop()
    await traffic.start(MATRIX, TEAMS)
    await tom.says("modelle")
    assert labels(tom)[-1] == "mehr"
    assert len(labels(tom)) == 9
    await tom.says("mehr")
    assert len(labels(tom)) == 2


async def test_a_model_that_is_gone_is_not_shown(tom: Somebody) -> None:
    await tom.says("modelle")
    traffic = tom.traffic
    traffic.house = replace(traffic.house, formats={"written": built_in()["written"]})
    await traffic.stop()
    await traffic.start(MATRIX, TEAMS)
    assert await tom.says("1") == ["Dieses Modell gibt es nicht mehr."]


async def test_staff_who_looks_for_a_model_of_something_else_is_not_misunderstood(anna: Somebody) -> None:
    said = await anna.says("modell teilzeit")
    assert not any("kollegial" in one or "Modell „" in one for one in said)


def test_every_part_has_a_word() -> None:
    parts = {part for plan in built_in().values() for part in plan.parts}
    assert parts <= set(formats._PARTS)
