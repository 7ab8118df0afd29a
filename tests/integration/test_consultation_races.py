"""Several move a round on in the same moment, from two platforms: on both databases it goes one step and says so."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from conftest import MovedClock
from handlers import turning
from handlers.peer_consultation import gathering, written
from knowledge.consultation_files import built_in
from led import LED_SETTINGS, LED_TABLE, ROOM, Led, to_phase
from storage.database import Database
from traffic import Traffic

FAILED = "Das hat gerade nicht geklappt"


@pytest.fixture
async def traffic(database: Database, clock: MovedClock) -> AsyncIterator[Traffic]:
    found = await Traffic(database, clock, LED_SETTINGS, table=LED_TABLE).open()
    yield found
    await found.stop()


async def led_by_two(traffic: Traffic) -> Led:
    """Ruth moderates in the room in Matrix, Ben keeps the time from Teams."""
    led = await to_phase(await Led(traffic, far=["ben"]).begin(count=6), "telling")
    await led.says("ben", "zeit")
    traffic.clock.move(turning.TOGETHER)
    return led


async def both_say(led: Led, words: str) -> list[str]:
    """Both say it in the same moment; gives what is said in the room then."""
    before, (ruth, ben) = len(led.sent), (led.people["ruth"], led.people["ben"])
    await led.traffic.hear(ruth.incoming(words, ROOM, is_addressed=False), ben.incoming(words))
    return led.new(before)


@pytest.mark.parametrize("words", ["weiter", "1"])
async def test_of_two_who_go_on_at_once_on_two_platforms_one_moves_it_a_step(traffic: Traffic, words: str) -> None:
    led = await led_by_two(traffic)
    for phase in built_in()["six_phase"].order[2:]:
        said = await both_say(led, words)
        assert (await led.group()).phase == phase.id
        assert sum("**Phase" in text and "Danach" in text for text in said) == 1
        traffic.clock.move(turning.TOGETHER)
        words = "weiter"  # a number is about the methods once these are shown
    assert not any(FAILED in one.text for one in led.sent)


async def test_of_two_who_give_more_time_at_once_each_is_heard(traffic: Traffic) -> None:
    led = await led_by_two(traffic)
    until = (await led.group()).phase_until
    said = await both_say(led, "mehr")
    after = (await led.group()).phase_until
    assert until is not None
    assert after is not None
    assert [text[:16] for text in said] == ["5 Minuten mehr f"] * 2
    assert (after - until).total_seconds() == 600


async def test_a_phase_that_ends_by_itself_in_the_moment_in_which_somebody_goes_on_ends_once(
    traffic: Traffic,
) -> None:
    led = await Led(traffic).begin("written", count=4)
    for person in ("ruth", "aylin"):
        await led.says(person, "ja")
    await led.says("aylin", "fertig")

    for phase in built_in()["written"].order[2:4]:
        traffic.clock.time = (await led.group()).phase_until or traffic.clock.time
        await asyncio.gather(traffic.errands._do(written.keep_pace), led.says("ruth", "weiter"))
        assert (await led.group()).phase == phase.id


async def test_a_round_that_somebody_starts_in_the_moment_in_which_it_is_time_begins_once(traffic: Traffic) -> None:
    led = await Led(traffic).gather()
    await asyncio.gather(traffic.errands._do(gathering.look_after), led.says("ruth", "start"))
    assert sum("Phase 1 von 6" in text for text in led.new(0)) == 1
    assert (await led.group()).phase == "casting"


async def test_whoever_leaves_in_the_moment_in_which_it_goes_on_is_gone_and_it_went_on_once(traffic: Traffic) -> None:
    led = await led_by_two(traffic)
    ruth, ben = led.people["ruth"], led.people["ben"]
    await traffic.hear(ruth.incoming("weiter", ROOM, is_addressed=False), ben.incoming("raus"))
    assert (await led.group()).phase == "key_question"
    assert "ben" not in await led.parts()
    assert not any(FAILED in one.text for one in led.sent)
