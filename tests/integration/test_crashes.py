"""Every question is answered exactly once, whatever crashes and whenever.

Figures of a run are printed (`pytest -rP`). `LOTSENFUNK_TEST_CRASHES` says how often the bot is killed at random
moments, `LOTSENFUNK_TEST_SEED` repeats the moments of an earlier run.
"""

import asyncio
import os
import random
import secrets
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from servers.bot import BotProcess
from servers.matrix_bot import has_entered
from servers.synapse import Account, Person, Synapse, eventually

CRASHES = int(os.environ.get("LOTSENFUNK_TEST_CRASHES") or 5)
SEED = int(os.environ.get("LOTSENFUNK_TEST_SEED") or secrets.randbelow(10**6))
LONGEST_LIFE_S = 1.5
LONGEST_PAUSE_S = 1.0
QUESTIONS_PER_LIFE = 5
LOCKED_S = 20.0
ANSWERED_WITHIN_S = 240.0
OWNER = "Tom Berger"
ENTRIES = (
    {"id": "tele", "question": "Wie beantrage ich Telearbeit?", "answer": "Mit dem Formular im Intranet."},
    {"id": "mail", "question": "Wie kommt eine E-Mail in die E-Akte?", "answer": "In Outlook „Zur Akte“ wählen."},
    {"id": "raum", "question": "Wie buche ich einen Besprechungsraum?", "answer": "Über den Kalender."},
)
TRANSACTIONS = count()

pytestmark = pytest.mark.timeout(900)


@dataclass
class Talk:
    """A group room in which one person asks the bot numbered questions; `asked` are the ids of what was asked."""

    asker: Person
    room: str
    bot_id: str
    asked: list[str] = field(default_factory=list)
    breath: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(QUESTIONS_PER_LIFE))

    async def ask(self, text: str = "") -> None:
        """Ask once, however often the homeserver has to be asked to take it."""
        entry = ENTRIES[len(self.asked) % len(ENTRIES)]
        body = f"Lotsenfunk: {text or entry['question']} (Nummer {len(self.asked)})"
        content = {"msgtype": "m.text", "body": body, "m.mentions": {"user_ids": [self.bot_id]}}
        path = f"/rooms/{self.room}/send/m.room.message/crash{next(TRANSACTIONS)}"
        while True:
            try:
                self.asked.append(str((await self.asker.call("PUT", path, content))["event_id"]))
                return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)  # the homeserver is down

    async def keep_asking(self, end: asyncio.Event, chance: random.Random) -> None:
        """Ask again and again, at random moments, while there is `breath`: crashes are tested here, not capacity."""
        while not end.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), chance.uniform(0, LONGEST_PAUSE_S))
            if not self.breath.locked():
                await self.breath.acquire()
                await self.ask()

    async def answers(self) -> Counter[str]:
        """How often each question was answered, with the right text."""
        counted: Counter[str] = Counter()
        start = ""
        while True:
            page = await self.asker.call("GET", f"/rooms/{self.room}/messages?dir=b&limit=500{start}")
            for event in page["chunk"]:
                if event["type"] == "m.room.message" and event["sender"] == self.bot_id:
                    assert OWNER in event["content"]["body"], event["content"]["body"]
                    counted[event["content"]["m.relates_to"]["m.in_reply_to"]["event_id"]] += 1
            if "end" not in page:
                return counted
            start = f"&from={page['end']}"

    async def is_answered(self) -> bool:
        """Whether all that was asked has an answer."""
        return set(self.asked) <= set(await self.answers())


@asynccontextmanager
async def load(talks: list[Talk], chance: random.Random) -> AsyncIterator[None]:
    """Let people ask in all rooms at once; ends when all is said."""
    end = asyncio.Event()
    asking = [asyncio.create_task(talk.keep_asking(end, chance)) for talk in talks]
    try:
        yield
    finally:
        end.set()
        await asyncio.gather(*asking)


async def check(talks: list[Talk], *figures: str) -> None:
    """Wait until all is answered, and check that nothing was answered twice."""
    lost = False
    try:
        for talk in talks:
            await eventually(talk.is_answered, ANSWERED_WITHIN_S)
            # Answers come in order in a room, so what is said twice is said before this one is answered.
            await talk.ask()
            await eventually(talk.is_answered, ANSWERED_WITHIN_S)
    except AssertionError:
        lost = True
    found = sum([await talk.answers() for talk in talks], Counter[str]())
    asked = [question for talk in talks for question in talk.asked]
    once = sum(found[question] == 1 for question in asked)
    doubled = [question for question in asked if found[question] > 1]
    unanswered = [question for question in asked if found[question] == 0]
    report = (
        f"{len(asked)} asked, {once} answered once, {len(unanswered)} lost, {len(doubled)} doubled",
        *figures,
        *(f"lost {question}" for question in unanswered[:5]),
        *(f"doubled {question}" for question in doubled[:5]),
    )
    print("", *report, sep="\n  ")
    assert not lost, report
    assert once == len(asked), report
    assert set(found) == set(asked), "an answer to something else"


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the entries, to be copied."""
    keeper = BotProcess(tmp_path_factory.mktemp("knowledge"), Account("http://127.0.0.1", "@x:localhost", "x", "x"))
    keeper.learn(*({**entry, "owner": OWNER, "checked_on": "2026-09-03"} for entry in ENTRIES))
    return keeper.database


@pytest.fixture
def synapse() -> Iterator[Synapse]:
    with Synapse() as server:
        yield server


def new_bot(synapse: Synapse, knowledge: Path, folder: Path, homeserver: str | None = None) -> BotProcess:
    """A bot that knows the entries and has not been started yet."""
    account = synapse.register("lotsenfunk", display_name="Lotsenfunk")
    bot = BotProcess(folder, account, homeserver=homeserver)
    bot.database.parent.mkdir()
    bot.database.write_bytes(knowledge.read_bytes())
    return bot


async def talks_with(bot: BotProcess, people: list[Person]) -> list[Talk]:
    """A group room for each person, with the bot and everybody else."""
    talks = [Talk(p, await p.create_room(bot.id, *(o.id for o in people if o is not p)), bot.id) for p in people]
    for talk in talks:
        await eventually(lambda talk=talk: has_entered(talk.asker, talk.room, bot.id), ANSWERED_WITHIN_S)
    return talks


@pytest.fixture
def people(synapse: Synapse, http: aiohttp.ClientSession) -> list[Person]:
    return [Person(synapse.register(name), http) for name in ("anna", "ben", "cem")]


@pytest.mark.timeout(900 + 60 * CRASHES)
async def test_every_question_is_answered_exactly_once_however_often_the_bot_is_killed(
    synapse: Synapse, people: list[Person], knowledge: Path, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    waiting: Counter[str] = Counter()
    with new_bot(synapse, knowledge, tmp_path) as bot:
        talks = await talks_with(bot, people)
        async with load(talks, chance):
            for life in range(CRASHES):
                if life % 2:  # else on a slow computer each life would end before the first answer is sent
                    await eventually(lambda: is_well(bot), ANSWERED_WITHIN_S)
                await asyncio.sleep(chance.uniform(0, LONGEST_LIFE_S))  # the random moment
                bot.kill()
                waiting += found_waiting(bot.database)
                for talk in talks * QUESTIONS_PER_LIFE:
                    talk.breath.release()
                await asyncio.to_thread(bot.start)
        await check(
            talks,
            f"LOTSENFUNK_TEST_SEED={SEED}, {CRASHES} kills",
            f"{waiting['inbox_message']} kills found questions unhandled, {waiting['outbox_message']} answers unsent",
        )
    assert waiting.total(), "no kill met the bot at work"


async def test_homeserver_killed_under_load_costs_no_answer_and_doubles_none(
    synapse: Synapse, people: list[Person], knowledge: Path, tmp_path: Path
) -> None:
    with new_bot(synapse, knowledge, tmp_path) as bot:
        talks = await talks_with(bot, people)
        async with load(talks, random.Random(SEED)):
            for answered in (1, 4):
                await eventually(lambda number=answered: has_answers(talks, number), ANSWERED_WITHIN_S)
                synapse.stop(signal.SIGKILL)
                await eventually(lambda: "matrix.sync_failed" in bot.log_since_start)
                await asyncio.to_thread(synapse.start)
        await check(talks, "2 kills of the homeserver")


async def test_database_locked_for_20_seconds_loses_no_question(
    synapse: Synapse, people: list[Person], knowledge: Path, tmp_path: Path
) -> None:
    with new_bot(synapse, knowledge, tmp_path) as bot:
        talks = await talks_with(bot, people)
        async with load(talks, random.Random(SEED)):
            await eventually(lambda: has_answers(talks, 1), ANSWERED_WITHIN_S)
            with locked(bot.database):
                await asyncio.sleep(LOCKED_S)  # as long as the promise says
            assert "StoreUnavailable" in bot.log, "the lock did not get in the way"
            assert bot.is_running
        await check(talks, f"database locked for {LOCKED_S:.0f} s")


async def test_no_crash_between_two_steps_loses_or_doubles_an_answer(
    synapse: Synapse, people: list[Person], knowledge: Path, tmp_path: Path
) -> None:
    async with Gate.open(synapse.url) as gate:
        bot = new_bot(synapse, knowledge, tmp_path, gate.url)
        with bot:
            anna = people[0]
            gate.close_at(lambda exchange: exchange.is_request and "/join" in exchange.path)
            talk = Talk(anna, await anna.create_room(bot.id, people[1].id), bot.id)
            await crash(bot, gate)
            await eventually(lambda: has_entered(anna, talk.room, bot.id))
            for point in POINTS:
                gate.close_at(point.matches, lock=bot.database if point.is_locked else None)
                await talk.ask()
                await crash(bot, gate, point.sign)
                await eventually(talk.is_answered, ANSWERED_WITHIN_S)
                assert max((await talk.answers()).values()) == 1, point.name
            await check([talk], "5 crashes at named points")


@dataclass(frozen=True)
class Exchange:
    """A request of the bot on its way to the homeserver, or its answer (with a status) on the way back."""

    method: str
    path: str
    body: bytes
    is_request: bool

    @property
    def is_sending(self) -> bool:
        return self.method == "PUT" and "/send/m.room.message/" in self.path

    @property
    def brings_question(self) -> bool:
        return self.path.startswith("/_matrix/client/v3/sync") and not self.is_request and b"(Nummer " in self.body


@dataclass(frozen=True)
class Point:
    """A moment to crash at: when this passes the gate; with a locked database, when the bot's log shows `sign`."""

    name: str
    matches: Callable[[Exchange], bool]
    sign: str = ""

    @property
    def is_locked(self) -> bool:
        return bool(self.sign)


POINTS = (
    Point("the question is on its way", lambda exchange: exchange.brings_question),
    Point("the question is here but not stored", lambda exchange: exchange.brings_question, "matrix.sync_failed"),
    Point("the answer is stored but not sent", lambda exchange: exchange.is_request and exchange.is_sending),
    Point("the homeserver has the answer but has not said so", lambda e: not e.is_request and e.is_sending),
    Point("the answer is sent but not noted", lambda e: not e.is_request and e.is_sending, "mailbox.postponed"),
)


class Gate:
    """Stands between bot and homeserver, and holds up what passes at the moment it is closed for.

    With a `lock`, the exchange passes, but from then on the bot cannot write into that database.
    """

    def __init__(self, homeserver: str, http: aiohttp.ClientSession) -> None:
        self.url = ""
        self.reached = asyncio.Event()
        self._opened = asyncio.Event()
        self._homeserver = homeserver
        self._http = http
        self._matches: Callable[[Exchange], bool] | None = None
        self._database: Path | None = None
        self._lock: sqlite3.Connection | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, homeserver: str) -> AsyncIterator["Gate"]:
        """Let everything pass on a port of its own."""
        async with aiohttp.ClientSession() as http:
            gate = cls(homeserver, http)
            app = web.Application(client_max_size=10**8)
            app.router.add_route("*", "/{path:.*}", gate._pass)
            runner = web.AppRunner(app, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            gate.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            try:
                yield gate
            finally:
                gate.let_pass()
                await runner.cleanup()

    def close_at(self, matches: Callable[[Exchange], bool], lock: Path | None = None) -> None:
        """Close at the first exchange that matches; `reached` is set then."""
        self.reached.clear()
        self._opened.clear()
        self._matches, self._database = matches, lock

    def let_pass(self) -> None:
        """Open again; what was held up goes nowhere."""
        self._matches = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        self._opened.set()

    async def _pass(self, request: web.Request) -> web.Response:
        sent = await request.read()
        await self._hold_up(Exchange(request.method, request.raw_path, sent, is_request=True))
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        url = URL(self._homeserver + request.raw_path, encoded=True)
        async with self._http.request(request.method, url, data=sent, headers=headers) as response:
            body = await response.read()
        await self._hold_up(Exchange(request.method, request.raw_path, body, is_request=False))
        return web.Response(status=response.status, body=body, content_type=response.content_type)

    async def _hold_up(self, exchange: Exchange) -> None:
        if self._matches is None or not self._matches(exchange):
            return
        self._matches = None
        if self._database is not None:
            self._lock = sqlite3.connect(self._database, isolation_level=None, timeout=30)
            self._lock.execute("BEGIN IMMEDIATE")
            self.reached.set()
            return
        self.reached.set()
        await self._opened.wait()
        raise web.HTTPBadGateway


async def crash(bot: BotProcess, gate: Gate, sign: str = "") -> None:
    """Kill the bot at the moment that the gate waits for (then at a sign in its log), and start it again."""
    await asyncio.wait_for(gate.reached.wait(), ANSWERED_WITHIN_S)
    await eventually(lambda: sign in bot.log_since_start, ANSWERED_WITHIN_S)
    bot.kill()
    gate.let_pass()
    await asyncio.to_thread(bot.start)


async def has_answers(talks: list[Talk], number: int) -> bool:
    """Whether each talk has that many answers."""
    return all([(await talk.answers()).total() >= number for talk in talks])


async def is_well(bot: BotProcess) -> bool:
    """Whether the bot is connected to homeserver and database."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{bot.port}/healthz") as answer,
    ):
        return answer.status == 200


def found_waiting(database: Path) -> Counter[str]:
    """Which of the tables hold something that waits, each counted once."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return Counter(
            table
            for table in ("inbox_message", "outbox_message")
            if connection.execute(f"SELECT 1 FROM {table} WHERE state = 'waiting'").fetchone()
        )


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Have another process hold the database's write lock."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30); "
        "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "locked\n"
        yield
    finally:
        holder.stdin.close()
        holder.wait(30)
        holder.stdout.close()
