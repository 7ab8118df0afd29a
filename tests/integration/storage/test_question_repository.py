"""What belongs to a message is found again, on SQLite and on PostgreSQL."""

from datetime import timedelta

from conftest import MovedClock
from storage.database import Database


async def test_a_line_holds_all_that_followed_and_nothing_else(database: Database, clock: MovedClock) -> None:
    today = clock.now().date()
    async with database.unit_of_work() as uow:
        for key, follows in [("b", "a"), ("c", "b"), ("d", "b"), ("y", "x"), ("e", "d")]:
            await uow.questions.follow(key, follows, today)
        assert sorted(await uow.questions.line_of("a")) == ["a", "b", "c", "d", "e"]
        assert sorted(await uow.questions.line_of("d")) == ["d", "e"]
        assert await uow.questions.line_of("unknown") == ["unknown"]


async def test_a_question_is_found_by_its_message_and_withdrawn(database: Database, clock: MovedClock) -> None:
    today = clock.now().date()
    async with database.unit_of_work() as uow:
        first = await uow.questions.open("eins", today, "a")
        await uow.questions.open("zwei", today, "b")
        await uow.questions.open("drei", today)
        assert await uow.questions.opened_by(["a", "unknown"]) == [first]
        await uow.questions.withdraw(first)
        await uow.questions.withdraw()
        assert [question.text for question in await uow.questions.open_questions(10)] == ["drei", "zwei"]


async def test_a_deletion_is_noted_once_and_forgotten_in_the_end(database: Database, clock: MovedClock) -> None:
    now = clock.now()
    async with database.unit_of_work() as uow:
        assert not await uow.questions.is_deleted("a")
        assert await uow.questions.note_deletion("a", now.date())
        assert not await uow.questions.note_deletion("a", now.date())
        await uow.questions.follow("c", "a", now.date())
        await uow.questions.forget(now, now, now.date())
        assert await uow.questions.is_deleted("a")
        assert await uow.questions.line_of("a") == ["a", "c"]
        await uow.questions.forget(now, now, now.date() + timedelta(days=1))
        assert not await uow.questions.is_deleted("a")
        assert await uow.questions.line_of("a") == ["a"]
