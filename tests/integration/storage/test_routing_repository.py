"""Questions on their way in both databases."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from conftest import MovedClock
from storage.database import Database, UnitOfWork
from storage.models.mailbox import OutboxState
from storage.models.routing import Routing, RoutingMessage, RoutingPlace, RoutingState, Side

TODAY = date(2026, 11, 20)


@pytest.fixture
async def uow(database: Database) -> AsyncIterator[UnitOfWork]:
    async with database.unit_of_work() as uow:
        yield uow


def question(**details: Any) -> Routing:
    return Routing(**{"text": "Wo?", "answer_key": "k", "due_on": TODAY, **details})


async def shown(uow: UnitOfWork, number: int, key: str, person: str | None = None, place: str = "!lotsen") -> int:
    """The question is shown at a place, under this message id."""
    details: dict[str, Any] = {"routing_id": number, "side": Side.SUPPORTERS, "platform": "m", "conversation_id": place}
    place_id = await uow.routing.add_place(RoutingPlace(**details, key=key, person=person))
    await uow.routing.note(RoutingMessage(key=key, routing_id=number, place_id=place_id, source="k"))
    row: dict[str, Any] = {
        "platform": "m",
        "answers": None,
        "payload": {},
        "held_until": None,
        "created_at": MovedClock().now(),
    }
    await uow.mailbox.post([{**row, "key": key, "created_at": MovedClock().now()}])
    await uow.mailbox.note_sent(key, OutboxState.DELIVERED, f"id of {key}")
    return place_id


async def test_only_what_is_free_is_taken_up(uow: UnitOfWork) -> None:
    number = await uow.routing.open(question())
    assert await uow.routing.take(number, "m", "tom", "Tom")
    assert not await uow.routing.take(number, "m", "ute", "Ute")
    found = await uow.routing.get(number)
    assert found
    assert (found.taker_person, found.state) == ("tom", RoutingState.TAKEN)
    assert not await uow.routing.take(number + 1, "m", "tom", "Tom")


async def test_a_number_is_never_given_again(uow: UnitOfWork) -> None:
    first = await uow.routing.open(question())
    await uow.routing.drop(first)
    assert await uow.routing.open(question()) > first


async def test_a_message_belongs_to_the_place_that_it_was_said_below(uow: UnitOfWork) -> None:
    one, other = await uow.routing.open(question()), await uow.routing.open(question())
    await shown(uow, one, "a")
    place = await shown(uow, other, "b")
    found = await uow.routing.place_at("m", "!lotsen", ["id of b"])
    assert found
    assert found.id == place
    assert await uow.routing.place_at("m", "!elsewhere", ["id of b"]) is None
    assert await uow.routing.place_at("t", "!lotsen", ["id of b"]) is None
    await uow.routing.move("m", "!lotsen", "!new")
    assert await uow.routing.place_at("m", "!new", ["id of b"]) is not None


async def test_what_was_shown_to_one_person_alone_is_found_by_them(uow: UnitOfWork) -> None:
    numbers = [await uow.routing.open(question()) for _ in range(3)]
    await shown(uow, numbers[0], "a", "tom", "chat")
    await shown(uow, numbers[1], "b")
    await shown(uow, numbers[2], "c", "tom", "chat")
    closed = await uow.routing.get(numbers[2])
    assert closed
    closed.state = RoutingState.CLOSED
    assert await uow.routing.asked_of("m", "tom") == [numbers[0]]


async def test_what_waits_longer_than_its_day_is_due(uow: UnitOfWork) -> None:
    numbers = [await uow.routing.open(question(due_on=TODAY + timedelta(days=days))) for days in (-1, 0, 1)]
    await uow.routing.open(question(due_on=None))
    await uow.routing.open(question(due_on=TODAY - timedelta(days=9), state=RoutingState.CLOSED))
    assert [one.id for one in await uow.routing.due(TODAY)] == numbers[:1]


async def test_a_question_goes_with_all_that_hangs_on_it(uow: UnitOfWork) -> None:
    number = await uow.routing.open(question())
    await shown(uow, number, "a")
    await uow.routing.refuse(number, "m", "tom")
    await uow.routing.refuse(number, "m", "tom")
    assert await uow.routing.refusals(number) == [("m", "tom")]
    await uow.routing.drop(number)
    assert await uow.routing.places(number) == []
    assert await uow.routing.messages(number) == []
    assert await uow.routing.refusals(number) == []


async def test_messages_of_a_question_are_known_as_long_as_it_is(uow: UnitOfWork) -> None:
    number = await uow.routing.open(question())
    await shown(uow, number, "a")
    await uow.mailbox.forget(before=MovedClock().now() + timedelta(days=99))
    assert await uow.mailbox.message_id("a") == "id of a"
    await uow.routing.drop(number)
    await uow.mailbox.forget(before=MovedClock().now() + timedelta(days=99))
    assert await uow.mailbox.message_id("a") is None


async def test_what_is_learned_from_its_words_goes_with_them(uow: UnitOfWork) -> None:
    person = await uow.people.know("m", "tom", "Tom")
    await uow.people.learn(person.id or 0, "Wo?", fits=True)
    await uow.people.learn(person.id or 0, "Wann?", fits=True)
    await uow.routing.unlearn("Wo?")
    assert [one.text for kept in (await uow.people.wordings()).values() for one in kept] == ["Wann?"]


async def test_a_part_that_fails_leaves_the_rest(uow: UnitOfWork) -> None:
    number = await uow.routing.open(question())

    async def fail() -> None:
        async with uow.attempt():
            await uow.routing.drop(number)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await uow.commit()
    assert await uow.routing.is_live(number)
