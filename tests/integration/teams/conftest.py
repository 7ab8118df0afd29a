"""The whole bot beside a double of Microsoft, with real signatures and tokens."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from copy import copy
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.settings import CommunitySettings
from knowledge.embedding import Embedder
from servers.microsoft import Member, Microsoft
from servers.teams_bot import Logs, TeamsBot, settings, write_store
from servers.teams_client import TeamsClient

LASTING = ("port", "tls_port", "ca_file", "_last_id", "_directory", "_tls", "_thread", "_loop", "_stopping", "_lock")


@pytest.fixture(scope="session")
def shared_microsoft() -> Iterator[tuple[Microsoft, dict[str, Any]]]:
    """One double for all tests, because keys and certificates take time, and its state before the first."""
    with Microsoft() as double:
        yield double, {name: value for name, value in vars(double).items() if name not in LASTING}


@pytest.fixture
def microsoft(
    shared_microsoft: tuple[Microsoft, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Microsoft]:
    double, state = shared_microsoft
    vars(double).update({name: value if name == "key" else copy(value) for name, value in state.items()})
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(double.ca_file))
    yield double
    double.jwks_delay = double.token_delay = 0.0


@pytest.fixture(scope="session")
def store(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with a handful of entries, made once."""
    file = tmp_path_factory.mktemp("store") / "lotsenfunk.db"
    asyncio.run(write_store(file, embedder))
    return file


@pytest.fixture
def community() -> CommunitySettings:
    return CommunitySettings(messages_per_minute=0)  # tests talk faster than people do


@pytest.fixture
async def bot(
    microsoft: Microsoft, store: Path, tmp_path: Path, embedder: Embedder, community: CommunitySettings
) -> AsyncIterator[TeamsBot]:
    bot = TeamsBot(store, tmp_path, embedder, settings(microsoft), community)
    try:
        await bot.start()
        yield bot
    finally:
        await bot.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again almost at once."""
    monkeypatch.setattr("bot.patience.FIRST_S", 0.01)
    monkeypatch.setattr("bot.patience.SHORTEST_ASKED_S", 0.01)


@pytest.fixture
async def ada(microsoft: Microsoft, http: aiohttp.ClientSession, bot: TeamsBot) -> TeamsClient:
    return TeamsClient(microsoft, http, bot.endpoint, Member("Ada Beispiel"))


@pytest.fixture
async def ben(microsoft: Microsoft, http: aiohttp.ClientSession, bot: TeamsBot) -> TeamsClient:
    return TeamsClient(microsoft, http, bot.endpoint, Member("Ben Muster"))


@pytest.fixture
def logs() -> Iterator[Logs]:
    """What the bot logs from here on."""
    with capture_logs() as entries:
        yield Logs(entries)


@pytest.fixture(autouse=True)
def nothing_breaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test leaves an exception in the log, neither of the web server nor of a forgotten task."""
    yield
    broken = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert broken == []
