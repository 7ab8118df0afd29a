"""Start and memory of `lotsenfunk serve` with ten thousand entries: from the start of the process to its ready line.

Texts of some 400 characters are put together from real answers, vectors are real ones with a little noise, and rows are
written into the tables as the product stores them. Memory is the process's resident set.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, create_engine, insert

from benchmarks.asking import asker
from benchmarks.figures import Figure
from benchmarks.texts import contents, questions
from knowledge.embedding import Embedder, Vectors, load
from knowledge.entries import text_of, to_row
from knowledge.vectors import EntryText, EntryVectors, embed
from servers.bot import BotProcess
from servers.synapse import Synapse
from storage.database import Database
from storage.models.knowledge import KnowledgeEntry, KnowledgeVectors

ENTRIES = 10_000
SEEDS = 50
STARTS = 3
QUESTIONS = 50
LENGTH = 400
AT_ONCE = 1_000
NOISE = 0.02
KIB = 1_024


def run() -> list[Figure]:
    """Median of three starts; memory after the last one, fresh and after fifty questions."""
    with TemporaryDirectory(prefix="lotsenfunk-bench-") as folder, Synapse() as synapse:
        bot = BotProcess(Path(folder), synapse.register("lotsenfunk"))
        _fill(bot.database, load())
        starts = [_start(bot) for _ in range(STARTS)]
        bot.start()
        ready = memory(bot, "VmRSS")
        asyncio.run(_ask(synapse, bot.id))
        asked, peak = memory(bot, "VmRSS"), memory(bot, "VmHWM")
        bot.kill()
    return [
        Figure("start to ready, 10,000 entries", statistics.median(starts), "s").at_most(12),
        Figure("memory when ready", ready, "MiB").at_most(750),
        Figure(f"memory after {QUESTIONS} questions", asked, "MiB").at_most(750),
        Figure("highest memory ever", peak, "MiB"),
    ]


def _start(bot: BotProcess) -> float:
    start = time.perf_counter()
    bot.start()
    seconds = time.perf_counter() - start
    bot.kill()
    return seconds


def memory(bot: BotProcess, name: str) -> float:
    """A field of the process's status in MiB (Linux)."""
    assert isinstance(bot._process, Popen)
    lines = Path(f"/proc/{bot._process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / KIB


async def _ask(synapse: Synapse, bot: str) -> None:
    async with asker(synapse.register("anna")) as anna:
        room = await anna.invite(bot)
        await anna.wait_for(bot, room)
        for question in questions()[:QUESTIONS]:
            await anna.ask(room, question)


def _fill(file: Path, embedder: Embedder) -> None:
    """Write the entries, by batches so that this process stays small, too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    url = f"sqlite+aiosqlite:///{file}"
    asyncio.run(_migrate(url))
    engine = create_engine(url.replace("+aiosqlite", ""))
    entries = _entries(embed(embedder, [text_of(*item) for item in contents("covid_faq_de")[:SEEDS]]))
    _write(engine, embedder, entries)
    engine.dispose()


async def _migrate(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.close()


def _write(engine: Engine, embedder: Embedder, entries: Iterator[EntryVectors]) -> None:
    with engine.begin() as connection:
        for first in range(1, ENTRIES + 1, AT_ONCE):
            _write_batch(connection, embedder, list(islice(entries, AT_ONCE)), first)


def _write_batch(connection: Connection, embedder: Embedder, batch: list[EntryVectors], first: int) -> None:
    rows = [
        KnowledgeEntry(
            id=entry.text.id, number=change, change=change, question=entry.text.question, answer=entry.text.answer
        )
        for change, entry in enumerate(batch, first)
    ]
    connection.execute(insert(KnowledgeEntry), [row.model_dump() for row in rows])
    connection.execute(insert(KnowledgeVectors), [to_row(embedder, entry).model_dump() for entry in batch])


def _entries(seeds: list[EntryVectors]) -> Iterator[EntryVectors]:
    """Entries without end, always the same ones."""
    random = np.random.default_rng(0)
    sentences = np.array([part for seed in seeds for part in seed.text.answer.split(". ") if part])
    asked, told = (np.concatenate([getattr(seed, name) for seed in seeds]) for name in ("asked", "told"))
    number = 0
    while True:
        question = f"{seeds[number % len(seeds)].text.question} {random.choice(sentences).split()[0]} {number}"
        text = EntryText(f"e{number:05}", question, _answer(random, sentences))
        yield EntryVectors(text, _near(random, asked, 1), _near(random, told, len(text.parts)))
        number += 1


def _answer(random: np.random.Generator, sentences: NDArray[np.str_]) -> str:
    answer = ""
    while len(answer) < LENGTH - 50:
        answer += str(random.choice(sentences)).strip() + ". "
    return answer[:LENGTH].strip()


def _near(random: np.random.Generator, vectors: Vectors, count: int) -> Vectors:
    moved = random.choice(vectors, count) + random.normal(scale=NOISE, size=(count, vectors.shape[1]))
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)
