"""What is kept about a person is shown to them, and deleted when they wish."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest

from bot.messages import Choice, Conversation, Reply
from bot.turn import Services, Turn
from conftest import MovedClock
from fakes import ANNA, said
from handlers.my_data import delete, show
from storage.database import Database
from storage.models.knowledge import EntryContent, Part
from storage.models.questions import PendingOffer

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
NO_SERVICES = cast(Services, None)


@pytest.fixture
async def turn(sqlite: Database, clock: MovedClock) -> AsyncIterator[Turn]:
    async with sqlite.unit_of_work() as uow:
        content = EntryContent(question="Wo?", answer="Da.")
        await uow.knowledge.save([("a", content), ("b", content)], "test", clock.now())
        yield Turn(said("e", "meine daten"), "", None, "k1", frozenset(), NOW, str, uow)


async def fill(turn: Turn, person: str) -> None:
    platform = turn.message.conversation.platform
    await turn.uow.knowledge.assign("a", Part.OWNER, platform, person)
    await turn.uow.knowledge.assign("b", Part.PROPOSER, platform, person)
    await turn.uow.addresses.know(platform, f"chat of {person}", person)
    offer = PendingOffer(
        platform=platform, conversation_id="c", person=person, message_key="k", topic="t", choices=[], created_at=NOW
    )
    await turn.uow.questions.offer(offer)


async def text(turn: Turn) -> str:
    [action] = await show(turn, NO_SERVICES)
    assert isinstance(action, Reply)
    return action.text


async def test_all_that_is_kept_under_a_name_is_shown(turn: Turn) -> None:
    await fill(turn, ANNA.id)
    shown = await text(turn)
    assert "Nr. 1 frage ich dich" in shown
    assert "Nr. 2 hast du vorgeschlagen" in shown
    assert "Einzelchat" in shown


async def test_nobody_else_is_shown(turn: Turn) -> None:
    await fill(turn, "somebody else")
    assert await text(turn) == "Unter deinem Namen habe ich nichts gespeichert."


async def test_it_is_not_shown_where_others_read_it(turn: Turn) -> None:
    await fill(turn, ANNA.id)
    room = replace(turn, message=replace(turn.message, conversation=Conversation("stand-in", "room")))
    assert "nur im Einzelchat" in await text(room)


async def test_all_of_it_is_deleted_and_the_answers_stay(turn: Turn) -> None:
    await fill(turn, ANNA.id)
    await delete(replace(turn, choice=Choice("löschen", "löschen")), NO_SERVICES)
    assert await text(turn) == "Unter deinem Namen habe ich nichts gespeichert."
    assert await turn.uow.questions.offers_to(turn.message.conversation.platform, "c", ANNA.id) == []
    assert len(await turn.uow.knowledge.get(["a", "b"])) == 2
