"""A platform in trouble does not hold up the others."""

import asyncio
import gc

import pytest
from typing_extensions import override

from bot.errors import DeliveryError
from bot.mailbox import CONVERSATIONS_AT_ONCE, Mailbox
from bot.messages import Conversation, Outgoing
from conftest import MovedClock
from fakes import StandIn
from servers.synapse import eventually
from storage.database import Database

MANY = CONVERSATIONS_AT_ONCE * 2


class Silent(StandIn):
    """Never answers."""

    @override
    async def send(self, outgoing: Outgoing) -> str:
        await asyncio.Event().wait()
        return ""


def to_many(platform: str) -> list[Outgoing]:
    return [Outgoing(f"{platform}{number}", Conversation(platform, f"{number}"), "Hallo") for number in range(MANY)]


@pytest.mark.parametrize("broken", [Silent(), StandIn([DeliveryError("away", retry_after=300.0)] * MANY)])
async def test_the_others_go_on(
    broken: StandIn, sqlite: Database, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.mailbox.LAST_SENDING_S", 0.0)
    mailbox, well = Mailbox(sqlite, clock.now), StandIn()
    mailbox.serve({"broken": broken, "well": well})
    for platform in ("broken", "well"):
        await mailbox.resume(platform)
        await mailbox.post(to_many(platform))
    await eventually(lambda: len(well.sent) == MANY)
    assert broken.sent == []
    await mailbox.stop()


async def test_messages_that_wait_for_another_try_do_not_take_the_turns_of_the_rest(
    sqlite: Database, clock: MovedClock
) -> None:
    platform = StandIn([DeliveryError("that room moves", retry_after=300.0)] * (MANY - 1))
    mailbox = Mailbox(sqlite, clock.now)
    mailbox.serve({"p": platform})
    await mailbox.resume("p")
    await mailbox.post(to_many("p"))
    await eventually(lambda: len(platform.sent) == 1)
    await mailbox.stop()


class Slow(StandIn):
    """Answers when it is told to, with an error if it has a fault."""

    def __init__(self, *faults: Exception) -> None:
        super().__init__(faults)
        self.asked, self.answers = asyncio.Event(), asyncio.Event()

    @override
    async def send(self, outgoing: Outgoing) -> str:
        self.asked.set()
        await self.answers.wait()
        return await super().send(outgoing)


async def stop_while_sending(platform: Slow, database: Database, clock: MovedClock) -> None:
    """Have the platform answer when the mailbox is about to stop."""
    mailbox = Mailbox(database, clock.now)
    mailbox.serve({"p": platform})
    await mailbox.resume("p")
    await mailbox.post([Outgoing("k", Conversation("p", "a"), "Hallo")])
    await platform.asked.wait()
    stopping = asyncio.create_task(mailbox.stop())
    await asyncio.sleep(0)
    platform.answers.set()
    await stopping


async def test_stopping_waits_for_what_is_on_its_way_and_notes_that_it_arrived(
    sqlite: Database, clock: MovedClock
) -> None:
    await stop_while_sending(Slow(), sqlite, clock)
    async with sqlite.reading() as uow:
        assert await uow.mailbox.message_id("k") == "m1"
        assert await uow.mailbox.waiting_to_send() == []


async def test_what_fails_while_stopping_waits_for_the_next_start_and_is_no_news(
    sqlite: Database, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    await stop_while_sending(Slow(DeliveryError("away")), sqlite, clock)
    gc.collect()
    assert caplog.records == []
    async with sqlite.reading() as uow:
        assert len(await uow.mailbox.waiting_to_send()) == 1
