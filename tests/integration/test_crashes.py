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
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from servers.bot import BotProcess
from servers.matrix_bot import has_entered
from servers.synapse import Person, Synapse, eventually
from servers.talks import Talk, new_bot

CRASHES = int(os.environ.get("LOTSENFUNK_TEST_CRASHES") or 2)
SEED = int(os.environ.get("LOTSENFUNK_TEST_SEED") or secrets.randbelow(10**6))
LONGEST_LIFE_S = 1.5
LONGEST_PAUSE_S = 1.0
QUESTIONS_PER_LIFE = 5
LOCKED_S = 20.0
ANSWERED_WITHIN_S = 240.0

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("quick_starts")]


@dataclass
class BusyTalk(Talk):
    """A talk that goes on and on while there is `breath`: crashes are tested here, not capacity."""

    breath: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(QUESTIONS_PER_LIFE))

    async def keep_asking(self, end: asyncio.Event, chance: random.Random) -> None:
        """Ask again and again, at random moments."""
        while not end.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), chance.uniform(0, LONGEST_PAUSE_S))
            if not self.breath.locked():
                await self.breath.acquire()
                await self.ask()


@asynccontextmanager
async def load(talks: list[BusyTalk], chance: random.Random) -> AsyncIterator[None]:
    """Let people ask in all rooms at once; ends when all is said."""
    end = asyncio.Event()
    asking = [asyncio.create_task(talk.keep_asking(end, chance)) for talk in talks]
    try:
        yield
    finally:
        end.set()
        await asyncio.gather(*asking)


async def check(talks: Sequence[Talk], *figures: str) -> None:
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
    found = sum([Counter(await talk.answers()) for talk in talks], Counter[str]())
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


@pytest.fixture
def synapse() -> Iterator[Synapse]:
    with Synapse() as server:
        yield server


async def talks_with(bot: BotProcess, people: list[Person]) -> list[BusyTalk]:
    """A group room for each person, with the bot and everybody else."""
    talks = [BusyTalk(p, await p.create_room(bot.id, *(o.id for o in people if o is not p)), bot.id) for p in people]
    for talk in talks:
        await eventually(lambda talk=talk: has_entered(talk.asker, talk.room, bot.id), ANSWERED_WITHIN_S)
    return talks


@pytest.fixture
def people(synapse: Synapse, http: aiohttp.ClientSession) -> list[Person]:
    return [Person(synapse.register(name), http) for name in ("anna", "ben", "cem")]


@pytest.mark.timeout(900 + 60 * CRASHES)
async def test_every_question_is_answered_exactly_once_however_often_the_bot_is_killed(
    synapse: Synapse, people: list[Person], tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    waiting: Counter[str] = Counter()
    with new_bot(synapse, tmp_path) as bot:
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
    synapse: Synapse, people: list[Person], tmp_path: Path
) -> None:
    with new_bot(synapse, tmp_path) as bot:
        talks = await talks_with(bot, people)
        async with load(talks, random.Random(SEED)):
            for answered in (1, 4):
                await eventually(lambda number=answered: has_answers(talks, number), ANSWERED_WITHIN_S)
                synapse.stop(signal.SIGKILL)
                await eventually(lambda: "matrix.sync_failed" in bot.log_since_start)
                await asyncio.to_thread(synapse.start)
        await check(talks, "2 kills of the homeserver")


async def test_database_locked_for_20_seconds_loses_no_question(
    synapse: Synapse, people: list[Person], tmp_path: Path
) -> None:
    with new_bot(synapse, tmp_path) as bot:
        talks = await talks_with(bot, people)
        async with load(talks, random.Random(SEED)):
            await eventually(lambda: has_answers(talks, 1), ANSWERED_WITHIN_S)
            with locked(bot.database):
                await asyncio.sleep(LOCKED_S)  # as long as the promise says
            assert "StoreUnavailable" in bot.log, "the lock did not get in the way"
            assert bot.is_running
        await check(talks, f"database locked for {LOCKED_S:.0f} s")


async def has_answers(talks: list[BusyTalk], number: int) -> bool:
    """Whether each talk has that many answers."""
    return all([len(await talk.answers()) >= number for talk in talks])


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
