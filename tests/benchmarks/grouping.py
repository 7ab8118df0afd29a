"""How well entries that ask the same and questions on one topic are found, and how fast among ten thousand entries.

`python tests/benchmarks/grouping.py` prints the figures, `--json` one JSON object. Takes about five minutes on two
cores, nearly all of it embedding.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).parents[1]))  # as for the tests, see pyproject.toml

from benchmarks import retrieval
from benchmarks.retrieval import DATA, Cached, Floats
from knowledge import grouping
from knowledge.embedding import Embedder, load
from knowledge.evaluation import Query
from knowledge.grouping import clusters, duplicates
from knowledge.ranking import shrunk_mean
from knowledge.text import strip_courtesies
from knowledge.vectors import EntryText, EntryVectors, Origin, embed, origin

Bools = NDArray[np.bool_]
CORPORA = ("covid_faq_de", "roboai_faq_de", "cwa_faq", "domain")
SIZES = (8, 25, 80, 250, 500)
"""Open questions in a sample; drawn with few topics asked often and many asked once."""
TOPICS = tuple(round(0.35 + 0.025 * step, 3) for step in range(13))
"""Limits tried for `grouping.TOPIC`."""


def read(name: str) -> tuple[list[EntryText], list[Query]]:
    """Entries and queries with an answer; the Corona-Warn-App's questions themselves count as asked, too."""
    entries, queries = retrieval.domain() if name == "domain" else retrieval.read(name)
    if name == "cwa_faq":
        queries = [*queries, *(Query(entry.question, frozenset([entry.id])) for entry in entries)]
    return [entry for entry in entries if entry.question], [query for query in queries if query.gold]


def means(items: Sequence[EntryVectors], prior: Origin) -> Origin:
    """Where the entries' vectors are seen from, as in the index."""
    asked = shrunk_mean(np.sum([item.asked[0] for item in items], axis=0), len(items), prior.asked)
    return Origin(asked, shrunk_mean(np.sum([item.told[0] for item in items], axis=0), len(items), prior.told))


def stored(embedder: Embedder) -> dict[str, dict[str, Any]]:
    """Groups found in each corpus; beside them, entries that one person's question was said to fit alike (covid).

    What people marked is not all: of „Welchen Zweck hat …“ and „… erfüllt eine Quarantäne?“ some queries name one only.
    """
    report: dict[str, dict[str, Any]] = {}
    for name in CORPORA:
        entries, queries = read(name)
        items = embed(embedder, entries)
        seen = means(items, origin(embedder))
        found = duplicates(items, seen.asked, seen.told)
        asked = {entry.id: entry.question for entry in entries}
        report[name] = {"entries": len(entries), "groups": len(found)}
        report[name]["found"] = [(round(group.strength, 2), [asked[i] for i in group.entry_ids]) for group in found]
        if name == "covid_faq_de":
            place = {entry.id: number for number, entry in enumerate(entries)}
            truth, told = np.zeros((2, len(entries), len(entries)), bool)
            for query in queries:
                _join(truth, [place[i] for i in query.gold if i in place])
            for group in found:
                _join(told, [place[i] for i in group.entry_ids])
            report[name] |= _agreement(told, truth)
    return report


def pairs(embedder: Embedder) -> dict[str, Any]:
    """Pairs of questions, a limit fitted on half of the questions and both limits on the other half.

    The dissimilar ones are drawn at random, hence easy: the fitted limit would be far too low among all entries.
    """
    rows = [json.loads(line) for line in (DATA / "covid_faq_de" / "pairs.jsonl").read_text("utf-8").splitlines()]
    seen = means(embed(embedder, read("covid_faq_de")[0]), origin(embedder))
    one, other = (embed(embedder, [EntryText("", row[side], "") for row in rows]) for side in "ab")
    likeness = np.array(
        [
            grouping.signature(left, seen.asked, seen.told) @ grouping.signature(right, seen.asked, seen.told)
            for left, right in zip(one, other, strict=True)
        ]
    )
    similar = np.array([bool(row["similar"]) for row in rows])
    numbers = {question: number for number, question in enumerate(sorted({row["a"] for row in rows}))}
    fit = np.array([numbers[row["a"]] % 2 == 0 for row in rows])
    limits = np.arange(0.05, 0.9, 0.01)
    best = float(max(limits, key=lambda limit: _agreement(likeness[fit] >= limit, similar[fit])["F1"]))
    return {
        "limit fitted": round(best, 2),
        "pairs reported on": int((~fit).sum()),
        "fitted limit": _agreement(likeness[~fit] >= best, similar[~fit]),
        "product's limit": _agreement(likeness[~fit] >= grouping.SAME, similar[~fit]),
    }


def topics(embedder: Embedder, seed: int = 0) -> dict[str, dict[str, Any]]:
    """Pairwise figures by set: with the product's limit, and with the one that is best on the other sets."""
    random = np.random.default_rng(seed)
    scores: dict[str, dict[float, dict[str, float]]] = {}
    for name in CORPORA:
        entries, queries = read(name)
        mean = means(embed(embedder, entries), origin(embedder)).asked
        embedder.encode_queries([strip_courtesies(query.text) for query in queries])
        samples = [_sample(random, queries, size) for size in SIZES for _ in range(4 if size < 250 else 2)]
        scores[name] = {limit: _macro([_pairwise(embedder, s, mean, limit) for s in samples]) for limit in TOPICS}
    report = {}
    for name in CORPORA:
        others = [scores[other] for other in CORPORA if other not in (name, "domain")]
        fitted = max(TOPICS, key=lambda limit: sum(other[limit]["F1"] for other in others))
        report[name] = {"limit from the others": fitted, "with it": scores[name][fitted]}
        report[name]["product"] = scores[name][grouping.TOPIC]
    return report


def _sample(random: np.random.Generator, queries: Sequence[Query], size: int) -> list[Query]:
    keys = [min(query.gold) for query in queries]
    weight = dict(zip(sorted(set(keys)), 1 / (1 + random.permutation(len(set(keys)))), strict=True))
    odds = np.array([weight[key] / keys.count(key) for key in keys])
    size = min(size, int(len(queries) * 0.6))
    return [queries[i] for i in random.choice(len(queries), size, replace=False, p=odds / odds.sum())]


def _pairwise(embedder: Embedder, queries: Sequence[Query], mean: Floats, limit: float) -> dict[str, float]:
    texts = [query.text for query in queries]
    vectors = embedder.encode_queries([strip_courtesies(text) for text in texts])
    told = np.zeros((len(texts), len(texts)), bool)
    for cluster in clusters(texts, vectors, mean, limit):
        _join(told, cluster.members)
    return _agreement(told, np.array([[bool(a.gold & b.gold) for b in queries] for a in queries]))


def _join(matrix: Bools, members: Sequence[int]) -> None:
    matrix[np.ix_(members, members)] = True


def _agreement(told: Bools, truth: Bools) -> dict[str, float]:
    """Precision, recall and F1; of square matrices, each pair once."""
    if told.ndim == 2:
        upper = np.triu_indices(len(told), 1)
        told, truth = told[upper], truth[upper]
    right = float((told & truth).sum())
    precision, recall = right / max(told.sum(), 1), right / max(truth.sum(), 1)
    return {"P": precision, "R": recall, "F1": 2 * right / max(told.sum() + truth.sum(), 1)}


def _macro(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([row[key] for row in rows])) for key in ("P", "R", "F1")}


def speed(count: int = 10_000, dimension: int = 384) -> dict[str, float]:
    """Seconds for duplicates among random entries, a tenth of them twice, beside the plain product in blocks."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(count, 2, dimension)).astype(np.float32)
    vectors[-count // 10 :] = vectors[: count // 10] + random.normal(scale=0.3, size=vectors[: count // 10].shape)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    answer = "Öffnen Sie das Programm und wählen Sie den Eintrag. " * 8
    items = [
        EntryVectors(EntryText(f"e{i}", "Wie geht das im Amt?", answer), pair[:1], pair[1:])
        for i, pair in enumerate(vectors)
    ]
    zero = np.zeros(dimension, np.float32)
    start = time.perf_counter()
    found = duplicates(items, zero, zero)
    whole = time.perf_counter() - start
    rows = vectors.reshape(count, 2 * dimension)
    start = time.perf_counter()
    sum(int((rows[i : i + 512] @ rows.T >= 1).sum()) for i in range(0, count, 512))
    plain = time.perf_counter() - start
    copies = [EntryVectors(item.text, vectors[0, :1], vectors[0, 1:]) for item in items]
    start = time.perf_counter()
    duplicates(copies, zero, zero)
    return {
        "groups": len(found),
        "seconds": whole,
        "plain product, seconds": plain,
        "all entries the same, seconds": time.perf_counter() - start,
    }


def run(embedder: Embedder | None = None) -> dict[str, Any]:
    """All figures, JSON-able."""
    cached = Cached(embedder or load())
    return {"speed": speed(), "pairs": pairs(cached), "stored": stored(cached), "topics": topics(cached)}


def table(figures: dict[str, Any], indent: str = "") -> str:
    """The figures as text for a terminal."""
    lines = []
    for key, value in figures.items():
        match value:
            case {"P": precision, "R": recall, "F1": f1, **rest} if not rest:
                lines.append(f"{indent}{key:32}P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}")
            case dict():
                lines += [f"{indent}{key}", table(value, indent + "  ")]
            case list():
                lines += [f"{indent}{strength:.2f}  {' | '.join(texts)}" for strength, texts in value]
            case _:
                lines.append(f"{indent}{key:32}{value:10.3f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    figures = run()
    print(json.dumps(figures, indent=2) if options.json else table(figures))


if __name__ == "__main__":
    main()
