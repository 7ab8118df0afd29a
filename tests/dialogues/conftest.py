"""The demo community on every stage."""

import asyncio
import functools
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Collection, Container, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from nio import SyncResponse
from pydantic import AnyHttpUrl, SecretStr

from bot.addresses import AddressBook
from bot.app import App, front_desk, listening, searching
from bot.clock import Clock
from bot.commands import looks_like_choice
from bot.demo.residents import PEOPLE
from bot.demo.run import COMMUNITY, COMMUNITY_ROOM, prepared_knowledge
from bot.front_desk import FrontDesk
from bot.platforms.console import Console
from bot.platforms.matrix.platform import MatrixPlatform
from bot.platforms.teams.endpoint import ENDPOINT
from bot.platforms.teams.pace import Pace
from bot.platforms.teams.platform import TeamsPlatform
from bot.settings import CommunitySettings, MatrixSettings, Settings, TeamsSettings, WebSettings
from dialogues.script import Dialogue
from dialogues.stages import ConsoleStage, MatrixStage
from dialogues.teams_stage import MEMBERS, ROOMS, TeamsStage
from dialogues.two_worlds import MATRIX, TEAMS, MatrixWithGroups, TwoWorlds
from handlers.capture import is_pointing
from handlers.peer_consultation import notes
from knowledge import entries, importing
from knowledge.embedding import Embedder
from knowledge.text import normalise
from servers.microsoft import APP_ID, SECRET, TENANT, Microsoft
from servers.synapse import Account, Person, Synapse, eventually
from storage.database import Database

_numbers = itertools.count(1)
TODAY = datetime(2026, 11, 22, 17, tzinfo=UTC)


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
        await entries.save(database, embedder, more, "dialogues", TODAY)
        await database.close()
        return file

    return asyncio.run(prepare())


@pytest.fixture(scope="session", autouse=True)
def _normalised_once() -> Iterator[None]:
    """The words of the demo are made comparable once, not for each dialogue."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("knowledge.index.normalise", functools.cache(normalise))
        yield


@pytest.fixture
async def town(demo_knowledge: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """The knowledge of Lindenau, and nothing else yet."""
    database = Database(f"sqlite+aiosqlite:///{shutil.copy(demo_knowledge, tmp_path)}")
    yield database
    await database.close()


def a_clock() -> Clock:
    """Shows a Sunday evening before ordinary weeks, so that dialogues may name days."""
    clock = Clock()
    clock.move(TODAY - clock.now())
    return clock


async def begin(app: App) -> None:
    """Have time stand still but where a dialogue says that it passes."""
    await app.start()
    app.scheduler.stop()


@pytest.fixture
async def console(town: Database, embedder: Embedder) -> AsyncIterator[ConsoleStage]:
    clock = a_clock()
    console = Console(clock.now, looks_like_choice, is_pointing)
    known = community([COMMUNITY_ROOM], {name: person.id for name, person in PEOPLE.items()})
    app = App(known, town, await searching(town, embedder), [console], clock)
    await begin(app)
    yield ConsoleStage(app, console, clock)
    await app.stop()


@pytest.fixture(scope="session")
def residents(synapse: Synapse) -> dict[str, Account]:
    """An account for everybody in the demo."""
    return {name: synapse.register(person.id, display_name=person.name) for name, person in PEOPLE.items()}


@pytest.fixture
def named_rooms(request: pytest.FixtureRequest) -> list[str]:
    """The rooms that a dialogue names, and where time passes that of the supporters: the bot may say something there.

    To open a room takes a homeserver its time. Without a dialogue, it is all of them.
    """
    if "dialogue" not in request.fixturenames:
        return [*ROOMS]
    dialogue: Dialogue = request.getfixturevalue("dialogue")
    has_time = any(line.speaker == "zeit" for line in dialogue.lines)
    return [name for name in ROOMS if name in dialogue.rooms or (has_time and name == COMMUNITY_ROOM)]


@pytest.fixture
async def matrix(
    named_rooms: list[str],
    town: Database,
    embedder: Embedder,
    synapse: Synapse,
    http: aiohttp.ClientSession,
    residents: dict[str, Account],
    tmp_path: Path,
) -> AsyncIterator[MatrixStage]:
    clock = a_clock()
    bot, platform = matrix_bot(synapse, tmp_path, clock)
    people = {name: Person(account, http) for name, account in residents.items()}
    rooms = {name: await shared_room(people, bot.user_id) for name in named_rooms}
    meeting_places = [rooms[name] for name in named_rooms if name == COMMUNITY_ROOM]
    known = community(meeting_places, {name: account.user_id for name, account in residents.items()})
    app, received = App(known, town, await searching(town, embedder), [platform], clock), received_by(platform)
    await begin(app)
    await entered(people, rooms, bot)
    yield MatrixStage(app, clock, bot.user_id, people, rooms, received)
    await app.stop()


@pytest.fixture(scope="session")
def microsoft() -> Iterator[Microsoft]:
    """Microsoft's side of Teams, shared by all dialogues."""
    with Microsoft() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(running.ca_file))
        yield running


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pace for what is said in Teams: people in dialogues write faster than they could."""
    monkeypatch.setattr(Pace, "wait_s", lambda *_: 0.0)


@pytest.fixture
async def teams(
    town: Database, embedder: Embedder, microsoft: Microsoft, http: aiohttp.ClientSession
) -> AsyncIterator[TeamsStage]:
    known = community([ROOMS[COMMUNITY_ROOM].id], {name: member.object_id for name, member in MEMBERS.items()})
    search, clock = await searching(town, embedder), a_clock()
    desk = front_desk(known, town, search, clock)
    platform = teams_bot(microsoft, town, desk, clock)
    app = App(known, town, search, [platform], clock)
    async with listening(Settings(web=WebSettings(port=0)), app, platform.routes) as port:
        await begin(app)
        stage = TeamsStage(app, clock, desk, microsoft, http, f"http://127.0.0.1:{port}{ENDPOINT}")
        await eventually(stage.install)
        yield stage
        await app.stop()


@pytest.fixture
async def worlds(
    dialogue: Dialogue,
    town: Database,
    embedder: Embedder,
    synapse: Synapse,
    microsoft: Microsoft,
    http: aiohttp.ClientSession,
    tmp_path: Path,
) -> AsyncIterator[TwoWorlds]:
    """One bot with one database, in Matrix and in Teams; the dialogue says who lives where.

    Accounts are new: whoever opens Element for the first time gets an identity, and no other one after that.
    """
    homes, clock = dialogue.homes, a_clock()
    bot, in_matrix = matrix_bot(synapse, tmp_path, clock)
    people = {name: Person(new_resident(synapse, name), http) for name in PEOPLE}
    rooms = {name: await shared_room(people, bot.user_id) for name in ROOMS if is_in(MATRIX, name, homes)}
    meeting_places = [rooms[COMMUNITY_ROOM]] if is_in(MATRIX, COMMUNITY_ROOM, homes) else []
    meeting_places += [ROOMS[COMMUNITY_ROOM].id] if is_in(TEAMS, COMMUNITY_ROOM, homes) else []
    ids = {name: MEMBERS[name].object_id if homes.get(name) == TEAMS else people[name].id for name in PEOPLE}
    known, search = community(meeting_places, ids), await searching(town, embedder)
    desk = front_desk(known, town, search, clock)
    in_teams = teams_bot(microsoft, town, desk, clock)
    app, received = App(known, town, search, [in_matrix, in_teams], clock), received_by(in_matrix)
    async with listening(Settings(web=WebSettings(port=0)), app, in_teams.routes) as port, AsyncExitStack() as clients:
        await begin(app)
        teams = TeamsStage(app, clock, desk, microsoft, http, f"http://127.0.0.1:{port}{ENDPOINT}")
        await eventually(teams.install)
        await entered(people, rooms, bot)
        matrix = MatrixWithGroups(app, clock, bot.user_id, people, rooms, received, clients=clients)
        yield TwoWorlds(app, matrix, teams, homes)
        await app.stop()


def new_resident(synapse: Synapse, name: str) -> Account:
    """An account of somebody in the demo that no other dialogue uses."""
    person = PEOPLE[name]
    return synapse.register(f"{person.id}{next(_numbers)}", display_name=person.name)


def matrix_bot(synapse: Synapse, folder: Path, clock: Clock) -> tuple[Account, MatrixPlatform]:
    """A new account of the bot, and its platform."""
    bot = synapse.register(f"lotsenfunk{next(_numbers)}", display_name="Lotsenfunk")
    account = MatrixSettings(
        homeserver=AnyHttpUrl(synapse.url),
        user_id=bot.user_id,
        password=SecretStr(bot.password),
        invites_from=("*:localhost",),
    )
    return bot, MatrixPlatform(account, folder, clock.now, looks_like_choice, is_pointing, notes.is_pointing)


def received_by(platform: MatrixPlatform) -> Container[str]:
    """The events that a bot has received, from now on: once it asks for what comes after them, they are stored."""
    client = platform._client
    sync, received, brought = client.sync, set[str](), dict[str, set[str]]()

    async def overheard(*given: Any, since: str | None, **more: Any) -> Any:
        received.update(brought.pop(since or "", ()))
        response = await sync(*given, since=since, **more)
        if isinstance(response, SyncResponse):
            rooms = response.rooms.join.values()
            brought[response.next_batch] = {event.event_id for room in rooms for event in room.timeline.events}
        return response

    client.sync = overheard
    return received


def teams_bot(microsoft: Microsoft, database: Database, desk: FrontDesk, clock: Clock) -> TeamsPlatform:
    """The platform of the bot's registration with the double."""
    account = TeamsSettings(
        app_id=APP_ID,
        app_password=SecretStr(SECRET),
        tenant_id=TENANT,
        service_hosts=("127.0.0.1",),
        login_url=AnyHttpUrl(microsoft.login_url),
        openid_url=AnyHttpUrl(microsoft.openid_url),
    )
    return TeamsPlatform(
        account, AddressBook(database), desk, clock.now, looks_like_choice, is_pointing, notes.is_pointing
    )


def is_in(world: str, room: str, homes: Mapping[str, str]) -> bool:
    """Whether a room is in a world: those of which nothing is said are in both."""
    return homes.get(f"raum {room}", world) == world


async def shared_room(people: dict[str, Person], bot_id: str) -> str:
    """A room with a supporter and a member of staff, to which the bot is invited."""
    room = await people["lotse"].create_room(people["beschäftigt"].id, bot_id)
    await people["beschäftigt"].join(room)
    return room


async def entered(people: dict[str, Person], rooms: Mapping[str, str], bot: Account) -> None:
    """Wait until the bot is in all rooms."""
    for room in rooms.values():
        await eventually(lambda room=room: has_entered(people["lotse"], room, bot.user_id))


async def has_entered(person: Person, room: str, user_id: str) -> bool:
    return (await person.members(room)).get(user_id) == "join"


def community(rooms: Collection[str], ids: Mapping[str, str]) -> CommunitySettings:
    """The demo community on platforms that call its people by these `ids`, by their names in dialogues."""
    accounts = {PEOPLE[name].id: ids[name] for name in PEOPLE}
    return CommunitySettings(
        supporters=frozenset(accounts[name] for name in COMMUNITY.supporters),
        coordinators=frozenset(accounts[name] for name in COMMUNITY.coordinators),
        rooms=frozenset(rooms),
        quiet_hours=COMMUNITY.quiet_hours,
        messages_per_minute=0,  # people in dialogues write faster than they could
    )
