"""A town in which questions are on their way, over a database that is migrated once for all of these tests."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import event

from conftest import MovedClock, fresh_sqlite
from storage.database import Database
from traffic import MATRIX, TEAMS, Somebody, Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    # Its file does not outlive the test.
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    traffic = await Traffic(database, clock).open()
    yield traffic
    await traffic.stop()
    await database.close()


@pytest.fixture
def anna(traffic: Traffic) -> Somebody:
    """A member of staff, in Teams."""
    return traffic.somebody("anna-id", "Anna Özdemir", TEAMS)


@pytest.fixture
def ben(traffic: Traffic) -> Somebody:
    """Another member of staff, in Teams."""
    return traffic.somebody("ben-id", "Ben Krause", TEAMS)


@pytest.fixture
async def tom(traffic: Traffic) -> Somebody:
    """A supporter in Matrix who has written to the bot."""
    return await traffic.met("tom", "Tom Berger", MATRIX)


@pytest.fixture
async def mehmet(traffic: Traffic) -> Somebody:
    """Another supporter in Matrix."""
    return await traffic.met("mehmet", "Mehmet Demir", MATRIX)


@pytest.fixture
async def may(traffic: Traffic) -> Somebody:
    """The coordinator, in Teams."""
    return await traffic.met("may", "Jutta May", TEAMS)
