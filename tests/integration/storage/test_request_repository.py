"""Support requests in a real database: of two who take the last place, one has it, and nothing stays too long."""

import asyncio
from datetime import date

import pytest

from storage.database import Database, UnitOfWork
from storage.models.requests import Answer, RequestPost, RequestState, SupportRequest

TODAY = date(2026, 11, 20)


def request(**changes: object) -> SupportRequest:
    values: dict[str, object] = {
        "kind": "coaching",
        "platform": "p",
        "requester_person": "frau",
        "requester_name": "Frau Özdemir",
        "conversation_id": "d",
        "asked_on": TODAY,
    }
    return SupportRequest(**{**values, **changes})  # type: ignore[arg-type]


async def people(uow: UnitOfWork, count: int) -> list[int]:
    found = [await uow.people.know("p", f"s{number}", f"S{number}") for number in range(count)]
    return [person.id or 0 for person in found]


async def prepared(database: Database, places: int, count: int) -> tuple[int, list[int]]:
    async with database.unit_of_work() as uow:
        ids = await people(uow, count)
        number = await uow.requests.open(request(places=places))
        await uow.commit()
    return number, ids


@pytest.mark.parametrize("places", [1, 2])
async def test_of_many_who_take_it_at_once_only_so_many_have_it(database: Database, places: int) -> None:
    number, ids = await prepared(database, places, 6)
    start = asyncio.Event()

    async def take(person_id: int) -> bool:
        async with database.unit_of_work() as uow:
            await start.wait()
            has_it = await uow.requests.take(number, person_id)
            await uow.commit()
            return has_it

    tries = [asyncio.create_task(take(person_id)) for person_id in ids]
    start.set()
    assert sum(await asyncio.gather(*tries)) == places
    async with database.reading() as uow:
        found = await uow.requests.get(number)
        assert found is not None
        assert (found.state, found.places) == (RequestState.TAKEN, 0)
        assert len(await uow.requests.candidates(number, Answer.ACCEPTED)) == places


async def test_one_person_on_two_accounts_takes_one_place_of_two(database: Database) -> None:
    number, [person_id] = await prepared(database, 2, 1)

    async def take() -> bool:
        async with database.unit_of_work() as uow:
            has_it = await uow.requests.take(number, person_id)
            await uow.commit()
            return has_it

    assert sorted(await asyncio.gather(take(), take())) == [False, True]
    async with database.reading() as uow:
        found = await uow.requests.get(number)
        assert found is not None
        assert (found.state, found.places) == (RequestState.PROPOSED, 1)


async def test_two_requests_at_once_do_not_pass_an_own_limit(database: Database) -> None:
    """As `handlers.engagement.take` does it: who holds people sees what was counted before."""
    async with database.unit_of_work() as uow:
        [person_id] = await people(uow, 1)
        numbers = [await uow.requests.open(request()) for _ in range(2)]
        await uow.commit()

    async def take(number: int) -> bool:
        async with database.unit_of_work() as uow:
            await uow.requests.hold(number)
            await uow.people.hold()
            if person_id in await uow.people.slots(TODAY):
                return False
            await asyncio.sleep(0)
            assert await uow.requests.take(number, person_id)
            await uow.people.take_slot(person_id, f"request {number}", TODAY)
            await uow.commit()
            return True

    assert sorted(await asyncio.gather(*map(take, numbers))) == [False, True]


@pytest.mark.parametrize("state", [RequestState.TAKEN, RequestState.AGREED, RequestState.DONE, RequestState.WITHDRAWN])
async def test_nobody_takes_what_is_not_sought(database: Database, state: RequestState) -> None:
    async with database.unit_of_work() as uow:
        [person_id] = await people(uow, 1)
        number = await uow.requests.open(request(state=state))
        assert not await uow.requests.take(number, person_id)


async def test_a_place_that_is_given_back_is_free_again(database: Database) -> None:
    async with database.unit_of_work() as uow:
        one, other = await people(uow, 2)
        number = await uow.requests.open(request())
        assert await uow.requests.take(number, one)
        await uow.requests.free(number, one, Answer.NOT_NOW)
        found = await uow.requests.get(number)
        assert found is not None
        assert (found.state, found.places) == (RequestState.OPEN, 1)
        await uow.requests.free(number, one, Answer.NOT_NOW)
        assert found.places == 1, "once only"
        assert await uow.requests.take(number, other)


async def test_a_number_is_never_used_again(database: Database) -> None:
    async with database.unit_of_work() as uow:
        first = await uow.requests.open(request())
        await uow.requests.drop(first)
        assert await uow.requests.open(request()) == first + 1


async def test_all_of_a_person_is_found(database: Database) -> None:
    async with database.unit_of_work() as uow:
        one, other = await people(uow, 2)
        numbers = [await uow.requests.open(request()) for _ in range(2)]
        await uow.requests.open(request(requester_person="herr"))
        await uow.requests.ask(numbers[0], one, "k1")
        assert [found.id for found in await uow.requests.of_requester("p", "frau")] == numbers[::-1]
        assert [found.id for found in await uow.requests.of_candidate(one)] == [numbers[0]]
        assert await uow.requests.of_candidate(other) == []
        assert await uow.requests.of_requester("other", "frau") == []


async def test_what_was_closed_long_enough_ago_is_deleted_with_all_that_hangs_on_it(database: Database) -> None:
    async with database.unit_of_work() as uow:
        one, other = await people(uow, 2)
        number = await uow.requests.open(request(delete_on=TODAY))
        later = await uow.requests.open(request(delete_on=date(2026, 11, 21)))
        await uow.requests.ask(number, one, "k1")
        await uow.requests.note_post(RequestPost(key="k1", request_id=number, platform="p", conversation_id="d"))
        await uow.requests.pair(other, one, TODAY)
        assert await uow.requests.pairs() == {frozenset((one, other))}
        await uow.requests.forget(TODAY)
        assert await uow.requests.get(number) is None
        assert await uow.requests.candidates(number) == []
        assert await uow.requests.posts(number) == []
        assert await uow.requests.pairs() == set()
        assert await uow.requests.get(later) is not None


async def test_only_what_waited_too_long_is_due(database: Database) -> None:
    async with database.unit_of_work() as uow:
        waits = await uow.requests.open(request(due_on=date(2026, 11, 19)))
        await uow.requests.open(request(due_on=TODAY))
        await uow.requests.open(request(due_on=date(2026, 11, 19), state=RequestState.DONE))
        await uow.requests.open(request())
        assert [found.id for found in await uow.requests.due(TODAY)] == [waits]


async def test_whoever_is_forgotten_is_no_candidate_any_more(database: Database) -> None:
    async with database.unit_of_work() as uow:
        one, other = await people(uow, 2)
        number = await uow.requests.open(request())
        await uow.requests.ask(number, one, "k1")
        await uow.requests.pair(one, other, date(2027, 1, 1))
        await uow.people.forget_person(one)
        assert await uow.requests.candidates(number) == []
        assert await uow.requests.pairs() == set()


async def test_what_was_worth_the_time_is_forgotten_after_a_year_and_its_month(database: Database) -> None:
    async with database.unit_of_work() as uow:
        for month in (date(2025, 10, 1), date(2025, 11, 1), date(2026, 11, 1)):
            await uow.requests.note_worth("coaching", month, month.month % 6)
        await uow.requests.forget(TODAY)
        assert await uow.requests.worths_since(date(2020, 1, 1)) == [("coaching", 5), ("coaching", 5)]
        await uow.requests.forget(date(2026, 12, 1))
        assert await uow.requests.worths_since(date(2020, 1, 1)) == [("coaching", 5)]
