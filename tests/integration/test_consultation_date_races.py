"""The last answer about a date comes in the moment in which it is due: on both databases one date is told."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from conftest import MovedClock
from gatherings import MONDAY, NAMES, TABLE_OF_GROUPS, Gathering
from handlers.peer_consultation import dates
from storage.database import Database
from traffic import SETTINGS, Traffic


@pytest.fixture
async def traffic(database: Database, clock: MovedClock) -> AsyncIterator[Traffic]:
    clock.time = MONDAY
    settings = SETTINGS.model_copy(update={"supporters": frozenset(NAMES), "quiet_hours": ""})
    found = await Traffic(database, clock, settings, table=TABLE_OF_GROUPS).open()
    yield found
    await found.stop()


async def test_an_answer_in_the_moment_in_which_the_date_is_chosen_tells_it_once(traffic: Traffic) -> None:
    group = await Gathering(traffic).form()
    await group.all_say("alle", "tom")
    traffic.clock.time = (await group.group()).phase_until or traffic.clock.time
    await asyncio.gather(traffic.errands._do(dates.look_after), group.tom.says("alle"))
    await traffic.idle()
    for person in group.people.values():
        assert sum(text.startswith("**Beratung") and " ist am " in text for text in person.sees()) == 1
