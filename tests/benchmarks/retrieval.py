"""Retrieval quality on the question sets of tests/data/qa: BM25, e5, their rank fusion, and the product's index.

`python tests/benchmarks/retrieval.py` prints tables, `--json` one JSON object, `--fit` the coefficients of
`knowledge.ranking.confidence`. Takes about eight minutes on two cores, nearly all of it embedding.
"""

import argparse
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.optimize import minimize

from knowledge import importing, ranking
from knowledge.embedding import Embedder, Progress, Vectors, load
from knowledge.entries import text_of
from knowledge.evaluation import Query, Result, auroc, mrr, outcomes, recall_at, search, wrong_at_coverage
from knowledge.index import Index
from knowledge.vectors import EntryText, embed, origin

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "qa"
SETS = {
    "covid_faq_de": ("covid_faq_de", None),
    "roboai_faq_de": ("roboai_faq_de", None),
    "cwa_faq German": ("cwa_faq", "de"),
    "cwa_faq English": ("cwa_faq", "en"),
    "xquad_de": ("xquad_de", None),
}
AVERAGED = ("covid_faq_de", "roboai_faq_de", "cwa_faq German")
HELD_OUT = ("covid_faq_de", "roboai_faq_de")
METHODS = ("BM25", "e5 question", "e5 passage", "rank fusion", "product")
"""Rank fusion joins BM25 with e5 over passages (question and answer), the usual „hybrid“."""
MEASURES = ("R@1", "R@5", "MRR@10")

Ranking = list[list[str]]
Floats = NDArray[np.floating[Any]]


class Cached:
    """An embedder that remembers every text for the length of one run: the sets share entries and queries."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.dimension = embedder.name, embedder.dimension
        self._embedder = embedder
        self._queries: dict[str, Vectors] = {}
        self._documents: dict[str, Vectors] = {}

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._cached(self._queries, self._embedder.encode_queries, texts)

    def encode_documents(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return self._cached(self._documents, self._embedder.encode_documents, texts)

    def _cached(
        self, cache: dict[str, Vectors], encode: Callable[[list[str]], Vectors], texts: Sequence[str]
    ) -> Vectors:
        new = list(dict.fromkeys(text for text in texts if text not in cache))
        cache.update(zip(new, encode(new), strict=True))
        return np.array([cache[text] for text in texts], np.float32).reshape(len(texts), self.dimension)


def read(name: str, part: str = "", lang: str | None = None) -> tuple[list[EntryText], list[Query]]:
    """Entries and queries of a set; `part` is `_heldout` for those with a fifth of the entries removed."""
    entries = [EntryText(row["id"], row["question"], row["answer"]) for row in _rows(f"{name}/corpus{part}.jsonl")]
    rows = _rows(f"{name}/queries{part}.jsonl")
    return entries, [Query(r["query"], frozenset(r["gold"])) for r in rows if lang in (None, r.get("lang"))]


def _rows(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / path).read_text("utf-8").splitlines()]


def bm25(entries: Sequence[EntryText], queries: Sequence[Query], k1: float = 1.2, b: float = 0.75) -> Floats:
    """Okapi BM25 over Snowball-stemmed German words of question and answer; (queries, entries)."""
    stem = snowballstemmer.stemmer("german").stemWords

    def words(text: str) -> list[str]:
        return list(stem(re.findall(r"\w+", text.lower())))

    documents = [Counter(words(entry.passage)) for entry in entries]
    lengths = np.array([document.total() for document in documents])
    norm = k1 * (1 - b + b * lengths / lengths.mean())
    frequency = Counter(word for document in documents for word in document)
    scores = np.zeros((len(queries), len(entries)))
    for row, query in zip(scores, queries, strict=True):
        for word in filter(frequency.__contains__, words(query.text)):
            idf = math.log(1 + (len(entries) - frequency[word] + 0.5) / (frequency[word] + 0.5))
            counts = np.array([document[word] for document in documents])
            row += idf * counts * (k1 + 1) / (counts + norm)
    return scores


def fused(*scores: Floats, k: int = 60) -> Floats:
    """Reciprocal rank fusion."""
    ranks = [np.argsort(np.argsort(-s, axis=1, kind="stable"), axis=1, kind="stable") for s in scores]
    return np.asarray(sum(1 / (k + 1 + rank) for rank in ranks))


def baselines(embedder: Embedder, entries: Sequence[EntryText], queries: Sequence[Query]) -> dict[str, Ranking]:
    """The rankings that the product has to beat, over the same texts."""
    asked = embedder.encode_queries([query.text for query in queries])
    told = asked @ embedder.encode_documents([entry.passage for entry in entries]).T
    stored = asked @ embedder.encode_queries([entry.question or entry.answer for entry in entries]).T
    words = bm25(entries, queries)
    scores = {"BM25": words, "e5 question": stored, "e5 passage": told, "rank fusion": fused(words, told)}
    return {name: _best(entries, matrix) for name, matrix in scores.items()}


def _best(entries: Sequence[EntryText], scores: Floats) -> Ranking:
    return [[entries[i].id for i in row] for row in np.argsort(-scores, axis=1, kind="stable")[:, :10]]


def build(embedder: Embedder, entries: Sequence[EntryText]) -> Index:
    """The product's index over some entries."""
    index = Index(origin(embedder))
    index.put(embed(embedder, entries))
    return index


def answerable(embedder: Embedder) -> dict[str, dict[str, dict[str, float]]]:
    """Measures by set and method over the queries that have an answer, and their macro average."""
    table: dict[str, dict[str, dict[str, float]]] = {}
    for label, (name, lang) in SETS.items():
        entries, queries = read(name, lang=lang)
        ranked = baselines(embedder, entries, queries)
        ranked["product"] = [result.ids for result in search(build(embedder, entries), embedder, queries)]
        table[label] = {method: _measures(ids, [query.gold for query in queries]) for method, ids in ranked.items()}
    table["macro average"] = {
        method: {m: float(np.mean([table[name][method][m] for name in AVERAGED])) for m in MEASURES}
        for method in METHODS
    }
    return table


def _measures(ranked: Ranking, gold: Sequence[frozenset[str]]) -> dict[str, float]:
    return dict(zip(MEASURES, (recall_at(1, ranked, gold), recall_at(5, ranked, gold), mrr(ranked, gold)), strict=True))


def unanswerable(embedder: Embedder) -> dict[str, dict[str, Any]]:
    """How well questions without an answer are told apart, near (same field) and far (everyday commands)."""
    far = read("oos_de")[1]
    report: dict[str, dict[str, Any]] = {}
    for name in HELD_OUT:
        entries, queries = read(name, "_heldout")
        index = build(embedder, entries)
        near, alien = search(index, embedder, queries), search(index, embedder, far)
        has_answer = [_top(result) for result in near if result.query.gold]
        report[name] = {
            "auroc_near": auroc(has_answer, [_top(result) for result in near if not result.query.gold]),
            "auroc_far": auroc(has_answer, [_top(result) for result in alien]),
            "wrong_at_half": wrong_at_coverage(0.5, [_top(r) for r in near], [r.is_right for r in near]),
            "near": outcomes(near),
            "far": outcomes(alien),
        }
    return report


def _top(result: Result) -> float:
    return result.hits[0].score if result.hits else 0.0


def run(embedder: Embedder | None = None) -> dict[str, Any]:
    """All figures, JSON-able."""
    cached = Cached(embedder or load())
    return {"model": cached.name, "answerable": answerable(cached), "unanswerable": unanswerable(cached)}


def fit(embedder: Embedder, seed: int = 5) -> dict[str, float]:
    """Fit `confidence` as its comment in `knowledge.ranking` says; deterministic."""
    random = np.random.default_rng(seed)
    far = read("oos_de")[1]
    samples: list[tuple[float, list[Result]]] = []
    for name in HELD_OUT:
        entries, queries = read(name, "_heldout")
        index = build(embedder, entries)
        samples += [(2.0, search(index, embedder, queries)), (0.3, search(index, embedder, far))]
    entries, queries = domain_heldout()
    index = build(embedder, entries)
    samples += [(2.0, search(index, embedder, queries)), (0.3, search(index, embedder, far))]
    for name in AVERAGED:
        entries, queries = read(SETS[name][0], lang=SETS[name][1])
        for size in (1, 2, 4, 8, 16, 32):
            for _ in range(repeats := max(2, 24 // size)):
                few = [entries[i] for i in random.choice(len(entries), size, replace=False)]
                mixed = [*_half_answerable(random, few, queries), *far[:10]]
                samples.append((0.07 / repeats, search(build(embedder, few), embedder, mixed)))
    samples.append((0.5, search(build(embedder, entries), embedder, [*queries, *far])))  # cwa, the last one
    return _logistic(samples)


def domain() -> tuple[list[EntryText], list[Query]]:
    """The knowledge of the demo community, and our own questions about it."""
    knowledge = importing.read(ROOT / "bot" / "demo" / "knowledge.md")
    entries = [text_of(entry.id, entry.content) for entry in knowledge]
    lines = (ROOT / "tests" / "data" / "domain" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return entries, [Query(row["query"], frozenset(row["gold"])) for row in rows]


def domain_heldout() -> tuple[list[EntryText], list[Query]]:
    """The same with every fifth entry removed."""
    entries, queries = domain()
    gone = {entry.id for entry in entries[::5]}
    return [e for e in entries if e.id not in gone], [Query(query.text, query.gold - gone) for query in queries]


def _half_answerable(
    random: np.random.Generator, entries: Sequence[EntryText], queries: Sequence[Query]
) -> list[Query]:
    """Up to thirty queries that these entries answer, and thirty that they do not."""
    ids = {entry.id for entry in entries}
    shuffled = [queries[i] for i in random.permutation(len(queries))]
    answered = [query for query in shuffled if query.gold & ids]
    return answered[:30] + [query for query in shuffled if not query.gold & ids][:30]


def _logistic(samples: Sequence[tuple[float, list[Result]]]) -> dict[str, float]:
    """Weighted logistic regression of „the first hit is right“ on `ranking.features`."""
    results = [(weight / len(batch), result) for weight, batch in samples for result in batch]
    totals = [np.array([hit.semantic + hit.lexical for hit in result.hits]) for _, result in results]
    features = np.array([(*ranking.features(t)[0], 1.0) for t in totals])
    signs = np.array([1 if result.is_right else -1 for _, result in results])
    weights = np.array([weight for weight, _ in results])

    def loss(coefficients: Floats) -> float:
        return float(weights @ np.logaddexp(0, -signs * (features @ coefficients)))

    found = minimize(loss, np.zeros(3)).x
    return dict(zip(("DISTANCE", "LEAD", "OFFSET"), (round(float(c), 2) for c in found), strict=True))


def table(figures: dict[str, Any]) -> str:
    """The figures as text for a terminal."""
    lines = [f"{'R@1 R@5 MRR@10':18}" + "".join(f"{method:>18}" for method in METHODS)]
    for name, methods in figures["answerable"].items():
        cells = (" ".join(f"{methods[method][m]:.3f}".removeprefix("0") for m in MEASURES) for method in METHODS)
        lines.append(f"{name:18}" + "".join(f"{cell:>18}" for cell in cells))
    for name, report in figures["unanswerable"].items():
        lines += ["", f"{name}, a fifth of the entries removed"]
        lines += [f"  {key:16}{value:.3f}" for key, value in report.items() if isinstance(value, float)]
        lines += [f"  {key:6}" + ", ".join(f"{k} {v:.3f}" for k, v in report[key].items()) for key in ("near", "far")]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--fit", action="store_true", help="fit the coefficients of the confidence")
    options = parser.parse_args()
    if options.fit:
        print(fit(Cached(load())))
    else:
        figures = run()
        print(json.dumps(figures, indent=2) if options.json else table(figures))


if __name__ == "__main__":
    main()
