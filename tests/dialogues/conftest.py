"""The demo community on every stage."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from pydantic import AnyHttpUrl, SecretStr

from bot.addresses import AddressBook
from bot.app import App, front_desk, listening, searching
from bot.clock import Clock
from bot.commands import looks_like_choice
from bot.demo.run import COMMUNITY, COMMUNITY_ROOM, PEOPLE, prepared_knowledge
from bot.platforms.console import Console
from bot.platforms.matrix.platform import MatrixPlatform
from bot.platforms.teams.endpoint import ENDPOINT
from bot.platforms.teams.platform import TeamsPlatform
from bot.settings import CommunitySettings, MatrixSettings, Settings, TeamsSettings, WebSettings
from conftest import MovedClock
from dialogues.stages import ConsoleStage, MatrixStage
from dialogues.teams_stage import MEMBERS, ROOMS, TeamsStage
from handlers.capture import is_pointing
from knowledge import entries, importing
from knowledge.embedding import Embedder
from servers.microsoft import APP_ID, SECRET, TENANT, Microsoft
from servers.synapse import Account, Person, Synapse, eventually
from storage.database import Database

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def demo_knowledge(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the knowledge of the demo community, and with what only dialogues need."""

    @contextmanager
    def silent(_total: int) -> Iterator[Callable[[int], None]]:
        yield lambda _count: None

    folder = tmp_path_factory.mktemp("knowledge")

    async def prepare() -> Path:
        file = Path(shutil.copy(await prepared_knowledge(embedder, silent), folder))
        database = Database(f"sqlite+aiosqlite:///{file}")
        await database.migrate()  # an older version may have prepared it
        more = [(entry.id, entry.content) for entry in importing.read(Path(__file__).with_name("knowledge.md"))]
        await entries.save(database, embedder, more, "dialogues", Clock().now())
        await database.close()
        return file

    return asyncio.run(prepare())


@pytest.fixture
async def town(demo_knowledge: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """The knowledge of Lindenau, and nothing else yet."""
    database = Database(f"sqlite+aiosqlite:///{shutil.copy(demo_knowledge, tmp_path)}")
    yield database
    await database.close()


@pytest.fixture
async def console(town: Database, embedder: Embedder, clock: MovedClock) -> AsyncIterator[ConsoleStage]:
    console = Console(clock.now, looks_like_choice, is_pointing)
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
    platform = MatrixPlatform(account, tmp_path, clock.now, looks_like_choice, is_pointing)
    people = {name: Person(account, http) for name, account in residents.items()}
    rooms = {name: await shared_room(people, bot.user_id) for name in ("flurfunk", COMMUNITY_ROOM)}
    known = community(rooms[COMMUNITY_ROOM], {person.id: f"@{person.id}:localhost" for person in PEOPLE.values()})
    app = App(known, town, await searching(town, embedder), [platform], clock)
    await app.start()
    for room in rooms.values():
        await eventually(lambda room=room: has_entered(people["lotse"], room, bot.user_id))
    yield MatrixStage(app, bot.user_id, people, rooms)
    await app.stop()


@pytest.fixture(scope="session")
def microsoft() -> Iterator[Microsoft]:
    """Microsoft's side of Teams, shared by all dialogues."""
    with Microsoft() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(running.ca_file))
        yield running


@pytest.fixture
async def teams(
    town: Database, embedder: Embedder, microsoft: Microsoft, http: aiohttp.ClientSession
) -> AsyncIterator[TeamsStage]:
    account = TeamsSettings(
        app_id=APP_ID,
        app_password=SecretStr(SECRET),
        tenant_id=TENANT,
        service_hosts=("127.0.0.1",),
        login_url=AnyHttpUrl(microsoft.login_url),
        openid_url=AnyHttpUrl(microsoft.openid_url),
    )
    known = community(ROOMS[COMMUNITY_ROOM].id, {PEOPLE[name].id: one.object_id for name, one in MEMBERS.items()})
    search, clock = await searching(town, embedder), Clock()
    desk = front_desk(known, town, search, clock)
    platform = TeamsPlatform(account, AddressBook(town), desk, clock.now, looks_like_choice, is_pointing)
    app = App(known, town, search, [platform], clock)
    async with listening(Settings(web=WebSettings(port=0)), app, platform.routes) as port:
        await app.start()
        stage = TeamsStage(app, desk, microsoft, http, f"http://127.0.0.1:{port}{ENDPOINT}")
        await eventually(stage.install)
        yield stage
        await app.stop()


async def shared_room(people: dict[str, Person], bot_id: str) -> str:
    """A room with a supporter and a member of staff, to which the bot is invited."""
    room = await people["lotse"].create_room(people["beschäftigt"].id, bot_id)
    await people["beschäftigt"].join(room)
    return room


async def has_entered(person: Person, room: str, user_id: str) -> bool:
    return (await person.members(room)).get(user_id) == "join"


def community(room: str, ids: Mapping[str, str]) -> CommunitySettings:
    """The demo community on a platform that calls its people by these `ids`."""
    return CommunitySettings(
        supporters=frozenset(ids[name] for name in COMMUNITY.supporters),
        coordinators=frozenset(ids[name] for name in COMMUNITY.coordinators),
        rooms=frozenset({room}),
    )
