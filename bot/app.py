"""The composition root: builds everything from the settings, starts and stops it."""

import asyncio
import fcntl
import signal
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import cache, partial
from pathlib import Path

import structlog
from aiohttp import web

from bot.addresses import AddressBook
from bot.clock import Clock
from bot.commands import looks_like_choice
from bot.community import Community
from bot.directory import role_of
from bot.dispatcher import Dispatcher
from bot.errands import Errands
from bot.errors import SettingsError
from bot.front_desk import FrontDesk
from bot.mailbox import Mailbox
from bot.platforms import Platform
from bot.platforms.matrix.platform import MatrixPlatform
from bot.platforms.teams.platform import TeamsPlatform
from bot.scheduler import Scheduler
from bot.settings import CommunitySettings, Settings
from bot.turn import House, Services
from bot.web.calendars import Calendars
from bot.web.health import application
from handlers import candidates
from handlers.capture import is_pointing
from handlers.jour_fixe import decisions as past_decisions
from handlers.peer_consultation import notes
from handlers.table import TABLE
from knowledge.decision import WRONG_SHARE
from knowledge.decisions import Decisions
from knowledge.embedding import Embedder, load
from knowledge.search import Search
from knowledge.sensitivity import Sensitivity
from knowledge.supporters import Supporters
from knowledge.topics import Topic
from storage.database import Database
from storage.errors import StoreUnavailable

log = structlog.get_logger(__name__)

LAST_REQUESTS_S = 5.0
"""So long those who are being answered are waited for when the bot stops; nobody waits longer at an open window."""


class App:
    """The bot without its command line: parts wired together over one database.

    `platforms` are served from `start` to `stop`. What it can do is handed down, so that nothing below imports a
    handler or a platform. `public_url` is where people reach the web application, without a slash at its end.
    """

    def __init__(
        self,
        community: CommunitySettings,
        database: Database,
        search: Search,
        platforms: Sequence[Platform],
        clock: Clock,
        public_url: str = "",
    ) -> None:
        self.database = database
        self.mailbox = Mailbox(database, clock.now, public_url)
        self.community = Community(community, clock.now, self.mailbox.names)
        services = _services(search, community, public_url)
        self.dispatcher = Dispatcher(database, self.mailbox, self.community, TABLE, services)
        errands = Errands(database, self.mailbox, self.community, TABLE, services)
        self.mailbox.report_to(errands.report)
        self.mailbox.open_for(errands.opened, errands.learn)
        self.mailbox.overhear(self.community.overhears, self.community.hears_all)
        self.scheduler = Scheduler(
            database,
            self.community.local_time,
            [errands.run],
            # At night, what nobody says of themselves any more is forgotten, too.
            [lambda: search.retrain(clock.now()), self._warm],
            [self.mailbox.release, errands.tick, database.forget_deleted],
            community.retention,
        )
        self.calendars = Calendars(database, self.community.local_time, partial(role_of, self.community))
        self._services = services
        self._warming: asyncio.Task[None] | None = None
        self._platforms = platforms
        self._receiving: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take up what waits, then receive."""
        await self.mailbox.recall()
        await self.community.recall(self.database)
        self.mailbox.serve({platform.name: platform for platform in self._platforms})
        await self.dispatcher.start()
        await self.scheduler.start()
        self._warming = asyncio.create_task(self._warm())
        self._receiving = [asyncio.create_task(platform.run(self.mailbox)) for platform in self._platforms]

    async def _warm(self) -> None:
        """Read ahead what people may look for."""
        await candidates.warm(self.database, self._services.supporters)
        await past_decisions.warm(self.database, self._services.decisions)

    async def run(self) -> None:
        """Go on until a platform ends; raises what ended it."""
        done, _ = await asyncio.wait(self._receiving, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def idle(self) -> None:
        """Wait until all that came in is answered and delivered."""
        await self.dispatcher.idle()
        await self.mailbox.idle()

    async def stop(self) -> None:
        """Stop receiving first, then handling, then sending; what is unfinished waits in the database."""
        tasks = [*self._receiving, *([self._warming] if self._warming else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.scheduler.stop()
        await self.scheduler.idle()
        await self.dispatcher.stop()
        await self.mailbox.stop()

    async def check(self) -> Mapping[str, bool]:
        """Which parts are well."""
        parts = {platform.name: platform.is_connected for platform in self._platforms}
        try:
            await self.database.ping()
        except StoreUnavailable:
            return {**parts, "database": False}
        return {**parts, "database": True}


async def serve(settings: Settings) -> None:
    """Serve all configured platforms until SIGTERM or SIGINT; raises `SettingsError` when there is nothing to serve."""
    if not settings.matrix and not settings.teams:
        raise SettingsError(
            "Es ist noch kein Chat eingerichtet. Eine Tabelle [[matrix]] oder [teams] in die Einstellungen schreiben."
        )
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    clock = Clock()
    async with AsyncExitStack() as stack:
        stack.enter_context(only_one(settings))
        database = await stack.enter_async_context(opened(settings))
        embedder = await asyncio.to_thread(load, settings.model)
        search = await searching(database, embedder, settings.community.wrong_answers)
        await asyncio.to_thread(sensitivity, embedder, settings.community.topics)
        platforms: list[Platform] = [
            MatrixPlatform(account, settings.data_dir, clock.now, looks_like_choice, is_pointing, notes.is_pointing)
            for account in settings.matrix
        ]
        routes: Sequence[web.AbstractRouteDef] = ()
        if settings.teams:
            desk = front_desk(settings.community, database, search, clock)
            book = AddressBook(database)
            teams = TeamsPlatform(
                settings.teams, book, desk, clock.now, looks_like_choice, is_pointing, notes.is_pointing
            )
            platforms.append(teams)
            routes = teams.routes
        app = App(settings.community, database, search, platforms, clock, settings.web.address)
        await app.start()
        stack.push_async_callback(app.stop)
        stack.callback(supporters(embedder).close)
        # Last, so that whoever reaches it is answered.
        port = await stack.enter_async_context(listening(settings, app, [*routes, *app.calendars.routes]))
        log.info("app.ready", port=port, entries=len(search), platforms=[platform.name for platform in platforms])
        ended, waiting = asyncio.create_task(app.run()), asyncio.create_task(stopped.wait())
        await asyncio.wait({ended, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        log.info("app.stopping")
        if ended.done():
            ended.result()
        ended.cancel()


def front_desk(community: CommunitySettings, database: Database, search: Search, clock: Clock) -> FrontDesk:
    """What answers a platform at once."""
    return FrontDesk(database, Community(community, clock.now), TABLE, _services(search, community))


def _services(search: Search, community: CommunitySettings, public_url: str = "") -> Services:
    commands = tuple(job.command for job in TABLE.jobs)
    topics = sensitivity(search.embedder, community.topics)
    finder, past = supporters(search.embedder), decisions(search.embedder)
    return Services(search, commands, topics, finder, house(community, public_url), past)


def house(community: CommunitySettings, public_url: str = "") -> House:
    """The house and its rules, as the settings give them."""
    return House(
        community.department_tree,
        community.working_days,
        community.kinds,
        community.answer_days,
        community.agenda_days,
        community.questions_at_once,
        community.kept_days,
        community.backups_kept_days,
        community.retention,
        public_url,
        community.formats,
    )


@cache
def supporters(embedder: Embedder) -> Supporters:
    """What finds people; one for all, since it keeps what it has read."""
    return Supporters(embedder)


@cache
def decisions(embedder: Embedder) -> Decisions:
    """What finds past decisions; one for all, since it keeps what it has read."""
    return Decisions(embedder)


@cache
def sensitivity(embedder: Embedder, topics: Collection[Topic]) -> Sensitivity:
    """What recognises sensitive topics; made once, since it takes seconds."""
    return Sensitivity(embedder, tuple(topics))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database of the settings with its newest schema. Raises `SettingsError` or `StoreUnavailable`."""
    make_data_dir(settings)
    database = Database(settings.database_url)
    try:
        await database.migrate()
        yield database
    finally:
        await database.close()


def make_data_dir(settings: Settings) -> Path:
    """Create the data directory, readable for nobody else. Raises `SettingsError`."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        reason = f"Einstellung data_dir: {settings.data_dir} lässt sich nicht anlegen ({error.strerror})."
        raise SettingsError(f"{reason} Pfad und Rechte prüfen.") from None
    return settings.data_dir


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Make sure that no second bot works on the same data: two of them would break each other's Matrix session."""
    with (make_data_dir(settings) / "lotsenfunk.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(f"In {settings.data_dir} arbeitet schon ein Lotsenfunk. Bitte erst beenden.") from None
        yield


@asynccontextmanager
async def listening(settings: Settings, app: App, routes: Sequence[web.AbstractRouteDef] = ()) -> AsyncIterator[int]:
    """Serve the web endpoints; gives the port. Raises `SettingsError` when it is taken."""
    runner = web.AppRunner(application(app.check, routes), access_log=None, shutdown_timeout=LAST_REQUESTS_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.web.host, settings.web.port).start()
        port: int = runner.addresses[0][1]
    except OSError as error:
        await runner.cleanup()
        where = f"{settings.web.host}:{settings.web.port}"
        raise SettingsError(f"Einstellung web: {where} ist nicht frei ({error.strerror}).") from None
    try:
        yield port
    finally:
        await runner.cleanup()


async def searching(database: Database, embedder: Embedder, wrong_share: float = WRONG_SHARE) -> Search:
    """The search over the store, ready to answer."""
    search = await asyncio.to_thread(Search, database, embedder, wrong_share)
    await search.refresh()
    return search
