"""What curators need of the store, on SQLite and on PostgreSQL."""

import asyncio
from datetime import UTC, datetime

from storage.database import Database
from storage.models.knowledge import EntryContent, State

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def content(answer: str) -> EntryContent:
    return EntryContent(question="Wo steht der Scanner?", answer=answer, state=State.DRAFT)


async def test_entries_kept_apart_are_remembered_in_pairs_until_one_is_gone(database: Database) -> None:
    async with database.unit_of_work() as uow:
        await uow.knowledge.save([(name, content(name)) for name in "abc"], "test", NOW)
        await uow.knowledge.keep_apart(["c", "a", "b"])
        await uow.knowledge.keep_apart(["b", "a"])
        await uow.commit()
    async with database.unit_of_work() as uow:
        assert await uow.knowledge.kept_apart() == {("a", "b"), ("a", "c"), ("b", "c")}
        await uow.knowledge.discard("c")
        await uow.commit()
    async with database.reading() as uow:
        assert await uow.knowledge.kept_apart() == {("a", "b")}


async def test_of_two_who_save_at_once_the_second_sees_what_the_first_did(database: Database) -> None:
    async with database.unit_of_work() as uow:
        await uow.knowledge.save([("a", content("alt"))], "test", NOW)
        await uow.commit()

    async def newest() -> int:
        async with database.unit_of_work() as other:
            await other.knowledge.hold()
            return await other.knowledge.revision("a")

    async with database.unit_of_work() as uow:
        await uow.knowledge.hold()
        assert await uow.knowledge.revision("a") == 1
        second = asyncio.create_task(newest())
        done, _ = await asyncio.wait({second}, timeout=0.5)
        assert not done, "it waits for the first one"
        await uow.knowledge.save([("a", content("neu"))], "test", NOW)
        await uow.commit()
    assert await second == 2
