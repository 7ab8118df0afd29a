"""What is due is done once, late or not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.retention import STANDARD, Retention
from bot.scheduler import Scheduler
from conftest import MovedClock
from storage.database import Database
from storage.models.mailbox import OutboxState
from storage.models.people import OneTimeCode, Purpose
from storage.models.questions import PendingOffer
from storage.models.requests import RequestState, SupportRequest
from storage.models.routing import Routing, RoutingState


@pytest.fixture
async def scheduler(sqlite: Database, clock: MovedClock) -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(sqlite, clock.now)
    yield scheduler
    scheduler.stop()


async def fill(database: Database, clock: MovedClock, **details: Any) -> None:
    offer = PendingOffer(
        platform="p",
        conversation_id="c",
        person="anna",
        message_key="k",
        topic="t",
        choices=[],
        created_at=clock.now(),
        **details,
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


@pytest.mark.parametrize(("days", "left"), [(14, (1, 1)), (29, (1, 1)), (31, (0, 1))])
async def test_an_offer_for_all_waits_as_long_as_its_message_is_known(
    sqlite: Database, clock: MovedClock, scheduler: Scheduler, days: int, left: tuple[int, int]
) -> None:
    await fill(sqlite, clock, lasts=True)
    clock.move(timedelta(days=days))
    await scheduler.wake()
    assert await kept(sqlite) == left


async def test_what_became_due_while_the_bot_was_away_is_done_at_the_start(
    sqlite: Database, clock: MovedClock, scheduler: Scheduler
) -> None:
    await fill(sqlite, clock)
    clock.move(timedelta(days=100))
    await scheduler.start()
    assert await kept(sqlite) == (0, 0)


SHORT = Retention(offers=2, open_questions=10, ids=8, unmet_topics=5)
"""Another house keeps less."""


@pytest.mark.parametrize(("days", "left"), [(2, (1, 1)), (3, (0, 1)), (10, (0, 1)), (11, (0, 0))])
async def test_the_house_says_how_long_that_is(
    sqlite: Database, clock: MovedClock, days: int, left: tuple[int, int]
) -> None:
    await fill(sqlite, clock)
    clock.move(timedelta(days=days))
    await Scheduler(sqlite, clock.now, retention=SHORT).wake()
    assert await kept(sqlite) == left


async def open_routing(database: Database, clock: MovedClock, **given: Any) -> int:
    """A question on its way since today."""
    async with database.unit_of_work() as uow:
        question = await uow.questions.open("Wo ist der Scanner?", clock.now().date())
        number = await uow.routing.open(Routing(text="Wo?", answer_key="k", question_id=question, **given))
        await uow.commit()
    return number


async def wake(database: Database, clock: MovedClock, days: int, retention: Retention = STANDARD) -> None:
    clock.move(timedelta(days=days))
    await Scheduler(database, clock.now, retention=retention).wake()


@pytest.mark.parametrize("state", [RoutingState.SOUGHT, RoutingState.TAKEN, RoutingState.ANSWERED])
@pytest.mark.parametrize(("days", "is_left"), [(90, True), (91, False)])
async def test_a_question_on_its_way_goes_with_the_open_question(
    sqlite: Database, clock: MovedClock, state: RoutingState, days: int, is_left: bool
) -> None:
    number = await open_routing(sqlite, clock, state=state)
    await wake(sqlite, clock, days)
    async with sqlite.reading() as uow:
        assert (await uow.routing.get(number) is not None) == is_left


@pytest.mark.parametrize(("days", "is_left"), [(13, True), (14, False)])
async def test_a_closed_question_goes_on_its_day(sqlite: Database, clock: MovedClock, days: int, is_left: bool) -> None:
    day = clock.now().date() + timedelta(days=14)
    number = await open_routing(sqlite, clock, state=RoutingState.CLOSED, delete_on=day)
    await wake(sqlite, clock, days)
    async with sqlite.reading() as uow:
        assert (await uow.routing.get(number) is not None) == is_left


@pytest.mark.parametrize(("days", "are_left"), [(29, True), (30, False)])
async def test_ended_requests_and_tandems_go_on_their_day(
    sqlite: Database, clock: MovedClock, days: int, are_left: bool
) -> None:
    day = clock.now().date() + timedelta(days=30)
    async with sqlite.unit_of_work() as uow:
        anna, bernd = [await uow.people.know("p", name, name) for name in ("anna", "bernd")]
        assert anna.id
        assert bernd.id
        request = SupportRequest(
            kind="coaching", platform="p", requester_person="x", requester_name="X", conversation_id="c",
            asked_on=clock.now().date(), state=RequestState.DONE, delete_on=day,
        )  # fmt: skip
        number = await uow.requests.open(request)
        await uow.requests.pair(anna.id, bernd.id, day)
        await uow.commit()
    await wake(sqlite, clock, days)
    async with sqlite.reading() as uow:
        assert (await uow.requests.get(number) is not None) == are_left
        assert bool(await uow.requests.pairs()) == are_left


@pytest.mark.parametrize(("days", "is_left"), [(5, True), (6, False)])
async def test_topics_that_nobody_names_are_forgotten(
    sqlite: Database, clock: MovedClock, days: int, is_left: bool
) -> None:
    async with sqlite.unit_of_work() as uow:
        await uow.people.note_unmet("Kanban", clock.now().date())
        await uow.commit()
    await wake(sqlite, clock, days, SHORT)
    async with sqlite.reading() as uow:
        assert bool(await uow.people.unmet()) == is_left


async def test_codes_and_what_was_taken_up_go_by_themselves(sqlite: Database, clock: MovedClock) -> None:
    """The clock stands on a Friday."""
    monday = clock.now().date() - timedelta(days=4)
    async with sqlite.unit_of_work() as uow:
        anna = await uow.people.know("p", "anna", "Anna")
        anna.department = "Sozialamt"
        assert anna.id
        until = clock.now() + timedelta(hours=1)
        await uow.people.add_code(OneTimeCode(digest="d", purpose=Purpose.LINK, person_id=anna.id, expires_at=until))
        await uow.people.take_slot(anna.id, "question 1", monday)
        await uow.commit()
    for days, codes, slots in ((0, 1, 1), (2, 0, 1), (1, 0, 0)):
        await wake(sqlite, clock, days)
        async with sqlite.reading() as uow:
            assert len(await uow.people.codes_of(anna.id)) == codes
            assert len(await uow.people.slots(monday)) == slots


@pytest.mark.parametrize(("days", "is_left"), [(8, True), (9, False)])
async def test_ids_of_messages_are_forgotten(sqlite: Database, clock: MovedClock, days: int, is_left: bool) -> None:
    row: dict[str, Any] = {
        "key": "k",
        "platform": "p",
        "answers": None,
        "payload": {},
        "held_until": None,
        "created_at": clock.now(),
    }
    async with sqlite.unit_of_work() as uow:
        await uow.mailbox.post([row])
        await uow.mailbox.note_sent("k", OutboxState.DELIVERED, "m")
        await uow.commit()
    await wake(sqlite, clock, days, SHORT)
    async with sqlite.reading() as uow:
        assert (await uow.mailbox.message_id("k") is not None) == is_left


async def test_an_alarm_that_is_cut_off_by_the_end_makes_no_noise(sqlite: Database, clock: MovedClock) -> None:
    is_running = asyncio.Event()

    async def last_long() -> None:
        if alarms._clock.running:  # not at the start
            is_running.set()
            await asyncio.Event().wait()

    alarms = Scheduler(sqlite, clock.now, frequent_jobs=[last_long])
    await alarms.start()
    [_, each_minute] = sorted(alarms._clock.get_jobs(), key=lambda job: "hour='3'" not in str(job.trigger))
    alarm = asyncio.create_task(each_minute.func())
    await is_running.wait()
    alarms.stop()
    alarm.cancel()
    await alarm
