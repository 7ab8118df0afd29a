"""Who chooses by a number that is not there hears once which ones there are; who talks to the others is left alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conftest import MovedClock
from led import ROOM, Led, opened, to_phase
from traffic import Traffic

FIVE = "Schreib mir bitte eine Zahl: 1 bis 5."


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with opened(migrated, tmp_path, clock) as town:
        yield town


@pytest.fixture
async def choosing(traffic: Traffic) -> Led:
    """Aylin chooses of five ways to advise; Svenja takes part from Teams."""
    return await to_phase(await Led(traffic, far=["svenja"]).begin(count=6), "method")


@pytest.mark.parametrize("words", ["7", "die 9", "nummer sieben", "12", "0"])
async def test_whoever_chooses_a_method_by_a_wrong_number_hears_which_ones_there_are(choosing: Led, words: str) -> None:
    assert await choosing.says("aylin", words) == [FIVE]
    assert (await choosing.group()).phase == "method"


async def test_it_is_said_once_to_each_one_and_what_is_there_is_taken_as_ever(choosing: Led) -> None:
    assert await choosing.says("aylin", "7") == [FIVE]
    assert await choosing.says("aylin", "8") == []
    assert await choosing.says("ruth", "7") == [FIVE]
    assert "schlägt vor" in (await choosing.says("ruth", "2"))[0]
    await choosing.says("aylin", "2")
    assert (await choosing.group()).method == "headstand"


async def test_whoever_takes_part_from_elsewhere_hears_it_there_and_it_is_not_passed_on(choosing: Led) -> None:
    assert await choosing.says("svenja", "7") == []
    assert choosing.people["svenja"].sees()[-1] == FIVE


@pytest.mark.parametrize(
    "words",
    ["Das waren 7 Leute.", "7 Leute waren da", "am 7.12.", "2026", "seit 9 Jahren", "7 oder 8?", "sieben Wochen lang"],
)
async def test_numbers_in_what_people_say_to_each_other_disturb_nobody(choosing: Led, words: str) -> None:
    assert await choosing.says("tom", words) == []


async def test_where_people_talk_a_number_answers_one_of_them(traffic: Traffic) -> None:
    led = await to_phase(await Led(traffic, far=["svenja"]).begin(count=6), "telling")
    assert await led.says("aylin", "7") == []
    assert led.people["svenja"].sees()[-1] == "**Aylin Kaya:** 7"
    assert await led.says("svenja", "8") == ["**Svenja Koch:** 8"]
    said_to_us = await led.says("tom", "7", is_addressed=True)
    assert said_to_us == ["Schreib mir bitte eine Zahl: 1 bis 3."]


async def test_a_number_in_a_thread_is_said_to_the_others_there(choosing: Led) -> None:
    assert await choosing.says("tom", "7", thread="what somebody said") == []


async def test_it_is_the_same_while_the_parts_are_given(traffic: Traffic) -> None:
    led = await Led(traffic).begin()
    [last] = [len(one.choices) for one in led.sent if one.conversation == ROOM and "Vorschlag" in one.text]
    assert await led.says("tom", "9") == [f"Schreib mir bitte eine Zahl: 1 bis {last}."]


async def test_it_is_the_same_while_a_case_is_looked_for(traffic: Traffic) -> None:
    led = await Led(traffic).begin(case_of=None)
    assert await led.says("tom", "2") == ["Schreib mir bitte eine Zahl: 1."]
    await led.says("ben", "fall")
    assert await led.says("mehmet", "3") == ["Schreib mir bitte eine Zahl: 1 oder 2."]


async def test_at_the_end_it_is_the_same(traffic: Traffic) -> None:
    led = await to_phase(await Led(traffic).begin(), "closing")
    await led.says("ruth", "weiter")
    assert await led.says("aylin", "7") == ["Schreib mir bitte eine Zahl: 1 oder 2."]


async def test_what_was_told_is_forgotten_with_the_phase(choosing: Led) -> None:
    await choosing.says("aylin", "7")
    assert await choosing.voices() == 1
    await choosing.says("aylin", "1")
    assert await choosing.voices() == 0
