"""Whatever format leads a round, a bot that comes back in any phase goes on where it was, and says nothing again."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from conftest import MovedClock
from handlers.peer_consultation import time_boxes, written
from knowledge.consultation_files import built_in
from knowledge.consultation_formats import Format, Laps, Phase
from knowledge.time_boxes import HINT, SHORTEST_WITH_HINT
from led import Led, opened
from storage.models.peer_consultation import GroupState, Mode, Part
from traffic import Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with opened(migrated, tmp_path, clock) as town:
        yield town


async def comes_back(led: Led) -> list[str]:
    """The bot is killed and comes back; gives what it says in the room by itself, then and in the first minute."""
    before = len(led.sent)
    await led.restart()
    keep = written.keep_pace if (await led.group()).mode == Mode.WRITTEN else time_boxes.keep_time
    await led.do(lambda night, services, _circle: keep(night, services))
    return led.new(before)


async def goes_on(led: Led) -> None:
    """Those who may lead the round on do so, a while later."""
    led.traffic.clock.move(timedelta(minutes=1))
    for person in ("ruth",) if await led.who(Part.MODERATOR) else ("ruth", "tom"):
        await led.says(person, "weiter")


def every_phase(plan: Format) -> Sequence[tuple[str, int]]:
    """Each phase and lap of the smallest group, in their order."""
    laps = range(plan.smallest) if plan.laps is Laps.EACH else range(1)
    return [(phase.id, lap) for lap in laps for phase in plan.lap_phases or plan.order]


def signs(phase: Phase, lap: int, until: datetime, now: datetime) -> Sequence[tuple[datetime, list[str]]]:
    """When the bot comes back in a phase, and what it says then, by its beginning; in later laps that is the same."""
    if phase.days is not None or lap > 0:
        return [(now, [])]
    end = [(until, ["Die Zeit "]), (until + timedelta(minutes=1), [])]
    return [(until - HINT, ["Noch 2 Minuten."]), *end] if (phase.minutes or 0) >= SHORTEST_WITH_HINT else end


@pytest.mark.parametrize("name", sorted(built_in()))
async def test_a_bot_that_comes_back_in_any_phase_goes_on_where_it_was_and_says_each_thing_once(
    traffic: Traffic, name: str
) -> None:
    plan, seen = built_in()[name], []
    led = await Led(traffic).begin(plan, plan.smallest)
    while (before := await led.circle()).group.state == GroupState.RUNNING:
        phase, until = before.phase, before.group.phase_until
        assert phase is not None
        assert until is not None
        seen.append((phase.id, before.group.lap))
        for moment, signal in signs(phase, before.group.lap, until, led.traffic.clock.time):
            led.traffic.clock.time = moment
            said = await comes_back(led)
            assert len(said) == len(signal)
            assert all(text.startswith(begin) for text, begin in zip(said, signal, strict=True))
            assert await led.circle() == before
        await goes_on(led)
    assert seen == every_phase(plan)
