"""A group chooses how it advises: what suits the key question comes first, and the case giver decides."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.messages import Kind
from conftest import MovedClock
from knowledge.consultation_files import built_in
from knowledge.consultation_formats import Format
from knowledge.consultation_methods import methods
from led import ROOM, Led, opened
from storage.models.peer_consultation import NoteKind
from traffic import Traffic

TOGETHER = timedelta(seconds=10)
QUESTION = "Wie kann ich mit ihm im Gespräch bleiben, ohne zu kämpfen?"


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with opened(migrated, tmp_path, clock) as town:
        yield town


async def choosing(traffic: Traffic, plan: str | Format = "six_phase", question: str = "") -> Led:
    """A group that has come to its choice of a method."""
    led = await Led(traffic).begin(plan)
    for person in ("ruth", "aylin", "tom"):
        await led.says(person, "ja")
    for _ in range(2):
        if (await led.group()).phase != "key_question":
            traffic.clock.move(TOGETHER)
            await led.says("ruth", "weiter")
    traffic.clock.move(TOGETHER)
    if question:
        await led.says("aylin", f"frage: {question}")
    await led.says("ruth", "weiter")
    assert (await led.group()).phase == "method"
    return led


def offered(led: Led) -> list[str]:
    """The words below the newest message with methods."""
    words = {method.word for method in methods()}
    offers = [[one.word for one in sent.choices] for sent in led.sent if sent.choices and sent.conversation == ROOM]
    return [found for found in offers if words.issuperset(found)][-1]


async def test_what_suits_the_key_question_is_offered_first(traffic: Traffic) -> None:
    led = await choosing(traffic, question=QUESTION)
    assert offered(led)[0] == "sätze"
    assert len(offered(led)) == 5
    assert led.newest.startswith("Wie soll die Gruppe beraten? Aylin Kaya wählt")


async def test_of_the_question_nothing_is_kept(traffic: Traffic) -> None:
    await choosing(traffic, question=QUESTION)
    assert set(await traffic.tables_with("kämpfen")) <= {"outbox_message", "pending_offer"}


async def test_without_a_question_the_usual_ones_are_offered(traffic: Traffic) -> None:
    assert offered(await choosing(traffic)) == ["ideen", "kopfstand", "sätze", "resonanz", "schritt"]


@pytest.mark.parametrize("words", ["2", "kopfstand", "Kopfstand"])
async def test_the_case_giver_chooses_and_it_goes_on_by_that_rule(traffic: Traffic, words: str) -> None:
    led = await choosing(traffic)
    await led.says("aylin", words)
    assert (await led.group()).phase == "advice"
    assert (await led.group()).method == "headstand"
    assert "Beratung (Kopfstand)" in led.newest
    assert "Die Frage wird umgedreht" in led.newest
    assert "Aylin Kaya hört nur zu" in led.newest


async def test_what_others_choose_is_a_suggestion(traffic: Traffic) -> None:
    led = await choosing(traffic)
    assert await led.says("ruth", "kopfstand") == ["Ruth Ebert schlägt vor: Kopfstand. Aylin Kaya wählt."]
    assert await led.says("ruth", "kopfstand") == ["Das ist schon vorgeschlagen."]
    assert await led.says("tom", "kopfstand") == ["Tom Berger schlägt vor: Kopfstand. Aylin Kaya wählt."]
    assert (await led.group()).phase == "method"


async def test_without_a_choice_the_newest_suggestion_counts_and_that_is_said(traffic: Traffic) -> None:
    led = await choosing(traffic, question=QUESTION)
    await led.says("ruth", "kopfstand")
    await led.says("tom", "ideen")
    said = " ".join(await led.says("ruth", "weiter"))
    assert "Gewählt ist noch nichts. Darum gilt: Ideen sammeln." in said
    assert "Beratung (Ideen sammeln)" in said


async def test_without_a_choice_the_first_one_counts(traffic: Traffic) -> None:
    led = await choosing(traffic, question=QUESTION)
    await led.says("ruth", "weiter")
    assert "Beratung (Wörtliche Sätze)" in led.newest


async def test_hypotheses_are_noted_as_such(traffic: Traffic) -> None:
    led = await choosing(traffic, question="Was läuft da eigentlich?")
    await led.says("aylin", "vermutungen")
    phase = (await led.circle()).phase
    assert phase
    assert phase.notes is NoteKind.HYPOTHESIS


async def test_a_choice_that_comes_too_late_changes_nothing(traffic: Traffic) -> None:
    led = await choosing(traffic)
    await led.says("aylin", "kopfstand")
    offer = next(one for one in reversed(led.sent) if one.choices and one.choices[0].word == "ideen")
    await led.says("aylin", "1", kind=Kind.PRESS, refers_to=offer.key)
    assert await led.says("ben", "ideen") == []
    assert (await led.group()).method == "headstand"


async def test_when_nobody_chose_in_time_it_is_said_what_comes_without_a_choice(traffic: Traffic) -> None:
    led = await choosing(traffic, question=QUESTION)
    await led.passes(6)
    assert "Die Zeit zum Wählen ist um. Ohne Wahl führt „weiter“ zu: Wörtliche Sätze." in led.new(0)


async def test_the_choice_survives_a_restart(traffic: Traffic) -> None:
    led = await choosing(traffic, question=QUESTION)
    await led.restart()
    await led.says("aylin", "1")
    assert (await led.group()).method == "literal_sentences"


async def test_a_format_without_a_choice_keeps_no_methods(traffic: Traffic) -> None:
    written = built_in()["written"]
    assert not any(phase.does == "method" for phase in written.phases)
    led = await Led(traffic).begin("written", count=4)
    for person in ("ruth", "aylin"):
        await led.says(person, "ja")
    traffic.clock.move(TOGETHER)
    for _ in range(2):
        await led.says("ruth", "weiter")
        traffic.clock.move(TOGETHER)
    assert (await led.group()).phase == "key_question"
    await led.says("aylin", f"frage: {QUESTION}")
    assert (await led.group()).method == ""
