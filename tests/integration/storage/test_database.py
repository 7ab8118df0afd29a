"""The schema and the transactions, on SQLite and on PostgreSQL."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from conftest import MovedClock, fresh_sqlite
from storage.database import Database
from storage.errors import StoreUnavailable
from storage.models.knowledge import EntryContent


async def test_migrations_go_up_down_and_up_again_without_drift(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.downgrade("base")
    await database.migrate()
    await database.check_schema()
    await database.close()


async def test_what_is_not_committed_does_not_stay(database: Database) -> None:
    async with database.unit_of_work() as uow:
        await uow.mailbox.move_cursor("console", "7")
    async with database.reading() as uow:
        assert await uow.mailbox.cursor("console") is None


async def test_what_is_committed_stays(database: Database) -> None:
    async with database.unit_of_work() as uow:
        await uow.mailbox.move_cursor("console", "7")
        await uow.mailbox.move_cursor("console", "8")
        await uow.commit()
    async with database.reading() as uow:
        assert await uow.mailbox.cursor("console") == "8"


async def test_an_error_in_a_unit_of_work_rolls_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.unit_of_work() as uow:
            await uow.mailbox.move_cursor("console", "7")
            raise ZeroDivisionError
    async with database.reading() as uow:
        assert await uow.mailbox.cursor("console") is None


async def test_two_writers_take_turns(database: Database, clock: MovedClock) -> None:
    import asyncio

    async def write(number: int) -> None:
        async with database.unit_of_work() as uow:
            await uow.mailbox.add_received("console", [(f"e{number}", {"n": number})], clock.now())
            await uow.commit()

    await asyncio.gather(*(write(number) for number in range(20)))
    async with database.reading() as uow:
        assert len(await uow.mailbox.waiting_received()) == 20


async def test_a_locked_database_says_so_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.database.BUSY_TIMEOUT_MS", 50)
    database = Database(fresh_sqlite(tmp_path))
    await database.migrate()
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        async with database.unit_of_work() as uow:
            await uow.mailbox.move_cursor("console", "7")
            await uow.commit()
    other.execute("ROLLBACK")
    other.close()
    async with database.reading() as uow:
        assert await uow.mailbox.cursor("console") is None
    await database.close()


async def test_a_full_disk_says_so_and_changes_nothing(sqlite: Database, clock: MovedClock) -> None:
    async with sqlite.unit_of_work() as uow:
        await uow._session.connection()
        await (await uow._session.connection()).exec_driver_sql("PRAGMA max_page_count=1")
        pages = (await (await uow._session.connection()).exec_driver_sql("PRAGMA max_page_count")).scalar()
    assert pages
    with pytest.raises(StoreUnavailable):
        async with sqlite.unit_of_work() as uow:
            await uow.mailbox.add_received("console", [("e1", {"text": "x" * 1_000_000})], clock.now())
            await uow.commit()
    async with sqlite.reading() as uow:
        assert await uow.mailbox.waiting_received() == []


async def test_ping_fails_without_a_server(tmp_path: Path) -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(StoreUnavailable):
        await database.ping()
    await database.close()


async def test_sqlite_overwrites_what_is_deleted(sqlite: Database, tmp_path: Path, clock: MovedClock) -> None:
    """Dropped texts must not stay readable in the file."""
    async with sqlite.unit_of_work() as uow:
        [(number, _)] = await uow.mailbox.add_received("console", [("e1", {"text": "Geheimwort"})], clock.now())
        await uow.commit()
    async with sqlite.unit_of_work() as uow:
        await uow.mailbox.finish(number, "done")  # type: ignore[arg-type]
        await uow.commit()
    await sqlite.close()
    assert not any(b"Geheimwort" in file.read_bytes() for file in tmp_path.iterdir())


async def test_revisions_keep_every_version(database: Database, clock: MovedClock) -> None:
    for answer in ("erst", "dann"):
        async with database.unit_of_work() as uow:
            await uow.knowledge.save([("a", EntryContent(question="Was?", answer=answer))], "test", clock.now())
            await uow.commit()
    async with database.reading() as uow:
        revisions = await uow.knowledge.revisions("a")
        [entry] = await uow.knowledge.get(["a"])
    assert [(r.number, r.content["answer"]) for r in revisions] == [(1, "erst"), (2, "dann")]
    assert entry.answer == "dann"


async def test_changes_are_seen_once_and_in_order(database: Database, clock: MovedClock) -> None:
    content = EntryContent(question="Was?", answer="Das.")
    async with database.unit_of_work() as uow:
        await uow.knowledge.save([("b", content), ("a", content)], "test", clock.now())
        await uow.commit()
    async with database.reading() as uow:
        seen = await uow.knowledge.last_change()
        assert [one.entry.id for one in await uow.knowledge.changed_since(0, "m", 10)] == ["b", "a"]
        assert await uow.knowledge.changed_since(seen, "m", 10) == []


async def test_the_topics_of_an_older_version_stay_with_the_questions_that_they_came_from(url: str) -> None:
    database = Database(url)
    await database.migrate("0008")
    async with database.unit_of_work() as uow:
        for statement in (
            "INSERT INTO agenda_item (id, title, proposed_on) VALUES (7, 'Altakten', '2026-11-02')",
            "INSERT INTO open_question (id, text, asked_on, state, agenda_item_id)"
            " VALUES (3, 'Wohin mit Altakten?', '2026-11-01', 'open', 7)",
        ):
            await uow._session.execute(text(statement))
        await uow.commit()
    await database.migrate()
    async with database.unit_of_work() as uow:
        [topic] = await uow.agenda.waiting()
        assert (topic.id, topic.title, topic.state, topic.is_fixed, topic.points) == (
            7,
            "Altakten",
            "waiting",
            False,
            0,
        )
        assert await uow.questions.parts_of_topic(7) == [3]
    await database.downgrade("0008")
    async with database.unit_of_work() as uow:
        assert list(await uow._session.execute(text("SELECT agenda_item_id FROM open_question"))) == [(7,)]
    await database.close()
