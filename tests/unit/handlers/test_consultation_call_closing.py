"""When it is time, rooms are reminded once, groups are formed once, and what is over is forgotten."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

import calling
from calling import called, count_forming
from conftest import MovedClock
from traffic import LOTSEN, Somebody, Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with calling.opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def crowd(traffic: Traffic) -> Sequence[Somebody]:
    return await calling.crowd(traffic)


async def test_the_room_is_reminded_once_a_working_day_before(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody], clock: MovedClock
) -> None:
    await called(may)
    clock.time = datetime(2026, 12, 1, 7, 59, tzinfo=UTC)
    await traffic.passes(minutes=0)
    assert len(traffic.texts_at(LOTSEN)) == 1
    await traffic.passes(minutes=2)
    await traffic.passes(minutes=2)
    [_, reminder] = traffic.texts_at(LOTSEN)
    assert "geht noch bis Mittwoch, 2. Dezember 2026, 12 Uhr" in reminder
    assert all("geht noch" not in text for one in crowd for text in one.sees())


async def test_one_that_closes_soon_anyway_is_not_reminded_of(traffic: Traffic, may: Somebody) -> None:
    await called(may, "kollegiale beratung am montag")
    await traffic.passes(minutes=5)
    assert len(traffic.texts_at(LOTSEN)) == 1


async def test_at_the_end_the_groups_are_formed_once(
    traffic: Traffic, may: Somebody, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    formed = await count_forming(monkeypatch)
    await called(may)
    clock.time = datetime(2026, 12, 2, 10, 59, tzinfo=UTC)
    await traffic.passes(minutes=0)
    assert formed == []
    await traffic.passes(minutes=1)
    await traffic.passes(minutes=1)
    assert formed == [1]
    assert any("Die Gruppen stehen" in text for text in traffic.texts_at(LOTSEN))


async def test_a_round_that_is_over_offers_nothing_and_is_forgotten(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    for one in crowd[:3]:
        await one.says("dabei", LOTSEN)
    traffic.clock.time = datetime(2026, 12, 3, 12, tzinfo=UTC)
    await traffic.passes(minutes=1)
    traffic.clock.time = datetime(2026, 12, 12, 9, tzinfo=UTC)
    await traffic.passes(minutes=1)
    assert "Diese Runde ist vorbei." in traffic.texts_at(LOTSEN)[0]
    assert (await traffic.rows("participation", "consultation_round")) == {
        "participation": 0, "consultation_round": 0
    }  # fmt: skip
    async with traffic.database.reading() as uow:
        assert not await uow.questions.offers_to(LOTSEN.platform, LOTSEN.id, "ada")
