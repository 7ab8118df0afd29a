"""The demo community on every stage."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from pydantic import AnyHttpUrl, SecretStr

from bot.app import App, searching
from bot.clock import Clock
from bot.commands import looks_like_choice
from bot.demo.run import COMMUNITY, COMMUNITY_ROOM, PEOPLE, prepared_knowledge
from bot.platforms.console import Console
from bot.platforms.matrix.platform import MatrixPlatform
from bot.settings import CommunitySettings, MatrixSettings
from conftest import MovedClock
from dialogues.stages import ConsoleStage, MatrixStage
from knowledge.embedding import Embedder
from servers.synapse import Account, Person, Synapse, eventually
from storage.database import Database

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def demo_knowledge(embedder: Embedder) -> Path:
    """A database file with the knowledge of the demo community."""

    @contextmanager
    def silent(_total: int) -> Iterator[Callable[[int], None]]:
        yield lambda _count: None

    return asyncio.run(prepared_knowledge(embedder, silent))


@pytest.fixture
async def town(demo_knowledge: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """The knowledge of Lindenau, and nothing else yet."""
    database = Database(f"sqlite+aiosqlite:///{shutil.copy(demo_knowledge, tmp_path)}")
    await database.migrate()  # an older version may have prepared it
    yield database
    await database.close()


@pytest.fixture
async def console(town: Database, embedder: Embedder, clock: MovedClock) -> AsyncIterator[ConsoleStage]:
    console = Console(clock.now, looks_like_choice)
    app = App(COMMUNITY, town, await searching(town, embedder), [console], Clock())
    await app.start()
    yield ConsoleStage(app, console)
    await app.stop()


@pytest.fixture(scope="session")
def residents(synapse: Synapse) -> dict[str, Account]:
    """An account for everybody in the demo, and one for the herald."""
    accounts = {name: synapse.register(person.id, display_name=person.name) for name, person in PEOPLE.items()}
    return {**accounts, "herald": synapse.register("herald")}


@pytest.fixture
async def matrix(
    town: Database,
    embedder: Embedder,
    synapse: Synapse,
    http: aiohttp.ClientSession,
    residents: dict[str, Account],
    tmp_path: Path,
) -> AsyncIterator[MatrixStage]:
    bot, clock = synapse.register(f"lotsenfunk{next(_numbers)}", display_name="Lotsenfunk"), Clock()
    account = MatrixSettings(
        homeserver=AnyHttpUrl(synapse.url),
        user_id=bot.user_id,
        password=SecretStr(bot.password),
        invites_from=("*:localhost",),
    )
    platform = MatrixPlatform(account, tmp_path, clock.now, looks_like_choice)
    people = {name: Person(account, http) for name, account in residents.items()}
    rooms = {name: await shared_room(people, bot.user_id) for name in ("flurfunk", COMMUNITY_ROOM)}
    app = App(community(rooms[COMMUNITY_ROOM]), town, await searching(town, embedder), [platform], clock)
    await app.start()
    for room in rooms.values():
        await eventually(lambda room=room: has_entered(people["lotse"], room, bot.user_id))
    yield MatrixStage(app, bot.user_id, people, rooms)
    await app.stop()


async def shared_room(people: dict[str, Person], bot_id: str) -> str:
    """A room with a supporter and a member of staff, to which the bot is invited."""
    room = await people["lotse"].create_room(people["beschäftigt"].id, bot_id)
    await people["beschäftigt"].join(room)
    return room


async def has_entered(person: Person, room: str, user_id: str) -> bool:
    return (await person.members(room)).get(user_id) == "join"


def community(room: str) -> CommunitySettings:
    """The demo community with its Matrix addresses."""
    return CommunitySettings(
        supporters=frozenset(f"@{name}:localhost" for name in COMMUNITY.supporters),
        coordinators=frozenset(f"@{name}:localhost" for name in COMMUNITY.coordinators),
        rooms=frozenset({room}),
    )
