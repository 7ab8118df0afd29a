"""Finding a supporter among two thousand, beside the bare embedding of the question, and how well it finds who fits.

The topics are those of tests/data/supporters.jsonl, made different by places, so that none is embedded for
two people. Both sides take each question by turns, hence under the same load.
"""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import Figure
from knowledge.embedding import Embedder, load
from knowledge.evaluation import mrr
from knowledge.supporters import Match, Said, Supporters

DATA = Path(__file__).parent.parent / "data" / "supporters.jsonl"
PARTS = ("tuned", "held out", "fresh")
"""Weights and threshold were fitted to the first; mistakes were looked at in the second; the third was written last."""
PEOPLE, TOPICS = 2_000, 3
PLACES = ("im Sozialamt", "in der Bücherei", "für Schulen", "im Bauamt", "für Neue", "in Kitas", "im Bürgerbüro")


@dataclass(frozen=True)
class Sought:
    """A question, who has to be found for it, and who may be."""

    question: str
    gold: frozenset[int]
    also: frozenset[int]


@dataclass(frozen=True)
class Quality:
    """How well those who fit are found: shares from 0 to 1."""

    precision: float
    recall: float
    mrr: float
    needless: float
    """Share of the questions that nobody fits for which somebody is found."""


def portraits() -> list[Said]:
    """What the invented supporters say."""
    return [Said(row["person"], tuple(row["topics"]), tuple(row["formats"])) for row in _rows() if "person" in row]


def sought(part: str) -> list[Sought]:
    """The questions of a part."""
    rows = [row for row in _rows() if row.get("part") == part]
    return [Sought(row["query"], frozenset(row["gold"]), frozenset(row.get("also", ()))) for row in rows]


def quality(questions: Sequence[Sought], found: Sequence[Sequence[Match]]) -> Quality:
    """Judge what was found; whoever may be found is neither missed nor wrong."""
    ids = [[match.person_id for match in matches] for matches in found]
    right = [asked.gold | asked.also for asked in questions]
    hits = sum(len(good.intersection(people)) for good, people in zip(right, ids, strict=True))
    missed = sum(len(asked.gold.difference(people)) for asked, people in zip(questions, ids, strict=True))
    wanted = [place for place, asked in enumerate(questions) if asked.gold]
    nobody = [bool(people) for asked, people in zip(questions, ids, strict=True) if not asked.gold]
    return Quality(
        hits / max(sum(map(len, ids)), 1),
        hits / (hits + missed),
        mrr([_named(ids[place]) for place in wanted], [_named(right[place]) for place in wanted]),
        sum(nobody) / len(nobody),
    )


def run() -> list[Figure]:
    """Speed among two thousand supporters, and quality among the sixty of the set."""
    embedder = load()
    return asyncio.run(_speed(embedder)) + asyncio.run(_quality(embedder))


async def _speed(embedder: Embedder) -> list[Figure]:
    supporters, people = Supporters(embedder), list(_crowd())
    embedder.encode_queries(["Kanban"])
    start = time.perf_counter()
    await supporters.warm(people)
    once = time.perf_counter() - start
    whole, alone = [], []
    for asked in sought("held out") + sought("tuned"):
        start = time.perf_counter()
        await asyncio.to_thread(embedder.encode_queries, [asked.question])
        alone.append((time.perf_counter() - start) * 1_000)
        start = time.perf_counter()
        await supporters.find(asked.question, people)
        whole.append((time.perf_counter() - start) * 1_000)
    named = f"supporters found among {PEOPLE:,}"
    return [
        Figure(f"{named}, p50", _at(whole, 50), "ms", "embedding", _at(alone, 50)).at_most_times(2),
        Figure(f"{named}, p95", _at(whole, 95), "ms", "embedding", _at(alone, 95)),
        Figure(f"{len({topic for one in people for topic in one.topics}):,} topics embedded, once", once, "s"),
    ]


async def _quality(embedder: Embedder) -> list[Figure]:
    supporters, people = Supporters(embedder), portraits()
    figures = []
    for part in PARTS:
        questions = sought(part)
        found = quality(questions, [await supporters.find(asked.question, people) for asked in questions])
        figures += [
            Figure(f"supporters, precision, {part}", found.precision, ""),
            Figure(f"supporters, recall, {part}", found.recall, ""),
            Figure(f"supporters, MRR@10, {part}", found.mrr, ""),
            Figure(f"supporters, somebody for what nobody fits, {part}", found.needless, ""),
        ]
    return figures


def _crowd() -> Iterator[Said]:
    topics = [topic for one in portraits() for topic in one.topics]
    for person in range(PEOPLE):
        numbers = range(person * TOPICS, (person + 1) * TOPICS)
        own = [f"{topics[n % len(topics)]} {PLACES[n // len(topics) % len(PLACES)]} {n // 900 + 1}" for n in numbers]
        yield Said(person, tuple(own), ("Workshop",))


def _named(people: Iterable[int]) -> list[str]:
    return [str(person) for person in people]


def _at(values: Sequence[float], percentile: int) -> float:
    return float(np.percentile(values, percentile))


def _rows() -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in DATA.read_text("utf-8").splitlines())
