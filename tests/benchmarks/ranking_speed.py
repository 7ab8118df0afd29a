"""Speed and memory of the index with ten thousand entries and five learned phrasings each, beside the model's own time.

Once as it is and once with a house's own map, of random numbers: it costs the same as a learned one.

The entries are those of tests/data/qa, repeated with perturbed vectors and shuffled answers of about 400 characters.
The questions are theirs and those of our own set, by turns: only the latter name terms of the glossary, which costs.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.adaptation import RANK, Map
from knowledge.embedding import Embedder, Vectors, load
from knowledge.index import Index
from knowledge.vectors import EntryText, EntryVectors, embed, embed_question, origin

DATA = Path(__file__).parent.parent / "data"
SEEDS = 150
"""Real entries embedded, about half a minute's work."""
ANSWER = 60
"""Words in an answer, some 400 characters."""
PHRASINGS = 5
"""Learned phrasings of each entry."""


def run(entries: int = 10_000, questions: int = 300, embedder: Embedder | None = None) -> dict[str, Any]:
    """Milliseconds at the median and 95th percentile, MiB and seconds; JSON-able."""
    model = embedder or load()
    seeds = embed(model, [EntryText(r["id"], r["question"], r["answer"]) for r in _rows("corpus")[:SEEDS]])
    items = list(_perturbed(seeds, entries))
    before = _resident()
    index = Index(origin(model))
    build = _timed(index.put, items)
    asked = _questions(questions)
    _search(index, model, asked[0])
    return {
        "entries": len(index),
        "phrasings": sum(len(item.asked) - 1 for item in items),
        "vectors": sum(len(item.asked) + len(item.told) for item in items),
        "bulk_build_seconds": build / 1_000,
        "index_mib": _resident() - before,
        **_queries(index, model, asked),
        **_puts(index, model, items[:20]),
        "adapt_seconds": _timed(index.adapt, _some_map(model.dimension)) / 1_000,
        **{f"adapted_{name}": value for name, value in _queries(index, model, asked).items()},
    }


def _some_map(dimension: int) -> Map:
    random = np.random.default_rng(0)
    into, back = (random.normal(scale=0.05, size=(dimension, RANK)).astype(np.float32) for _ in range(2))
    return Map(into, back.T)


def _queries(index: Index, model: Embedder, asked: list[str]) -> dict[str, float]:
    """Model alone, the whole search, and ranking alone, by turns so that all see the same load of the machine."""
    alone, whole, rank = [], [], []
    for question in asked:
        alone.append(_timed(model.encode_queries, [question]))
        whole.append(_timed(_search, index, model, question))
        vector = embed_question(model, question)
        rank.append(_timed(index.rank, vector, question, None, 10))
    times_the_model = {"search_to_model_p50": float(np.median(whole) / np.median(alone))}
    found = _percentiles("model_ms", alone) | _percentiles("search_ms", whole) | _percentiles("rank_ms", rank)
    return found | times_the_model


def _puts(index: Index, model: Embedder, items: list[EntryVectors]) -> dict[str, float]:
    """One changed entry until it can be found: new wording, and a learned phrasing (same wording)."""
    vector = embed_question(model, "Akte")
    changed = [EntryVectors(EntryText(i.text.id, "neu", i.text.answer), i.asked, i.told) for i in items]

    def put(item: EntryVectors) -> None:
        index.put([item])
        index.rank(vector, "Akte", None, 10)

    reworded = [_timed(put, item) for item in changed]
    return _percentiles("put_and_rank_ms", reworded) | _percentiles(
        "phrasing_and_rank_ms", [_timed(put, item) for item in changed]
    )


def _search(index: Index, model: Embedder, question: str) -> None:
    index.rank(embed_question(model, question), question, None, 10)


def _perturbed(seeds: list[EntryVectors], count: int) -> Iterator[EntryVectors]:
    random = np.random.default_rng(0)
    words = np.array(" ".join(seed.text.answer for seed in seeds).split())
    for number in range(count):
        seed = seeds[number % len(seeds)]
        start = int(random.integers(len(words) - ANSWER))
        answer = " ".join(words[start : start + ANSWER // 2]) + " " + " ".join(random.choice(words, ANSWER // 2))
        text = EntryText(f"e{number}", f"{seed.text.question} {words[start]}", answer)
        asked = np.repeat(seed.asked[:1], 1 + PHRASINGS, axis=0)
        yield EntryVectors(text, _noisy(random, asked), _noisy(random, seed.told[:4]))


def _noisy(random: np.random.Generator, vectors: Vectors) -> Vectors:
    moved = vectors + random.normal(scale=0.02, size=vectors.shape)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


def _questions(count: int) -> list[str]:
    ours = [json.loads(line) for line in (DATA / "domain" / "questions.jsonl").read_text("utf-8").splitlines()]
    return [row["query"] for pair in zip(_rows("queries"), ours, strict=False) for row in pair][:count]


def _rows(part: str) -> list[dict[str, Any]]:
    paths = (DATA / "qa" / name / f"{part}.jsonl" for name in ("covid_faq_de", "cwa_faq", "roboai_faq_de"))
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def _timed(call: Callable[..., object], *args: object) -> float:
    start = time.perf_counter()
    call(*args)
    return (time.perf_counter() - start) * 1_000


def _percentiles(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name}_p50": float(np.percentile(values, 50)), f"{name}_p95": float(np.percentile(values, 95))}


def _resident() -> float:
    """Resident memory of the process in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4_096 / 2**20


if __name__ == "__main__":
    figures = run()
    print(json.dumps(figures) if "--json" in sys.argv else "\n".join(f"{k:28}{v:10.2f}" for k, v in figures.items()))
