"""What is due is done once, late or not."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.scheduler import Scheduler
from conftest import MovedClock
from storage.database import Database
from storage.models.questions import PendingOffer


@pytest.fixture
async def scheduler(sqlite: Database, clock: MovedClock) -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(sqlite, clock.now)
    yield scheduler
    scheduler.stop()


async def fill(database: Database, clock: MovedClock) -> None:
    offer = PendingOffer(
        platform="p", conversation_id="c", person="anna", message_key="k", topic="t", choices=[], created_at=clock.now()
    )
    async with database.unit_of_work() as uow:
        await uow.questions.open("Wo ist der Scanner?", clock.now().date())
        await uow.questions.offer(offer)
        await uow.commit()


async def kept(database: Database) -> tuple[int, int]:
    """How many offers and open questions are left."""
    async with database.reading() as uow:
        return len(await uow.questions.offers_to("p", "c", "anna")), await uow.questions.count_open()


@pytest.mark.parametrize(("days", "left"), [(6, (1, 1)), (8, (0, 1)), (89, (0, 1)), (91, (0, 0))])
async def test_nothing_is_kept_longer_than_promised(
    sqlite: Database, clock: MovedClock, scheduler: Scheduler, days: int, left: tuple[int, int]
) -> None:
    await fill(sqlite, clock)
    clock.move(timedelta(days=days))
    await scheduler.wake()
    await scheduler.wake()
    assert await kept(sqlite) == left


async def test_what_became_due_while_the_bot_was_away_is_done_at_the_start(
    sqlite: Database, clock: MovedClock, scheduler: Scheduler
) -> None:
    await fill(sqlite, clock)
    clock.move(timedelta(days=100))
    await scheduler.start()
    assert await kept(sqlite) == (0, 0)
