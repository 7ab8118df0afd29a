"""A platform in trouble does not hold up the others."""

import asyncio

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
async def test_the_others_go_on(broken: StandIn, sqlite: Database, clock: MovedClock) -> None:
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
