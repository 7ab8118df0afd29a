"""What was deleted is not in the files of a database any more, nor in the log of changes beside them."""

import asyncio
import sqlite3
from pathlib import Path

from sqlalchemy import text

from storage.database import Database

SECRET = "Quarzbabadotümmel"


def files_with(folder: Path, word: str) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if word.encode() in file.read_bytes())


async def test_a_deleted_row_is_in_no_file(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    async with database.unit_of_work() as uow:
        await uow._session.execute(text("CREATE TABLE said (words TEXT)"))
        await uow._session.execute(text("INSERT INTO said VALUES (:words)"), {"words": SECRET})
        await uow.commit()
    async with database.unit_of_work() as uow:
        await uow._session.execute(text("DELETE FROM said"))
        await uow.commit()
    assert files_with(tmp_path, SECRET) == ["test.db-wal"]
    await database.forget_deleted()
    assert files_with(tmp_path, SECRET) == []
    await database.close()


async def test_while_somebody_writes_it_waits_for_the_next_time(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    async with database.unit_of_work() as uow:
        await uow._session.execute(text("CREATE TABLE said (words TEXT)"))
        await uow.commit()
    with sqlite3.connect(tmp_path / "test.db", timeout=0, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO said VALUES ('later')")
        forgetting = asyncio.create_task(database.forget_deleted())
        await asyncio.wait([forgetting], timeout=0.2)
        other.execute("COMMIT")
        await forgetting
    async with database.reading() as uow:
        assert await uow._session.scalar(text("SELECT count(*) FROM said")) == 1
    await database.close()
