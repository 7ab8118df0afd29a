"""Retrieval quality on the question sets of tests/data/qa and on our own: references, and the product's index.

`python tests/benchmarks/retrieval.py` prints tables, `--json` one JSON object, `--fit` the coefficients of
`knowledge.ranking.probabilities` and the thresholds of `knowledge.decision`. Takes about eight minutes on two cores,
nearly all of it embedding.
"""

import argparse
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.optimize import minimize

from knowledge import decision, importing, ranking
from knowledge.calibration import expected_calibration_error, reliability
from knowledge.embedding import Embedder, Progress, Vectors, load
from knowledge.entries import text_of
from knowledge.evaluation import Query, Result, auroc, mrr, recall_at, search
from knowledge.index import Index
from knowledge.text import strip_courtesies
from knowledge.vectors import EntryText, EntryVectors, embed, origin

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
METHODS = ("BM25", "e5 question", "e5 passage", "rank fusion", "recipe", "product")
"""Rank fusion joins BM25 with e5 over passages (question and answer), the usual „hybrid“. The recipe is the reference:
centred e5 of question, passage and best part, and a tenth of character n-grams."""
MEASURES = ("R@1", "R@3", "R@5", "MRR@10")
FAMILIES = ("covid_faq_de", "roboai_faq_de", "domain", "cwa_faq German")
"""Sets with a fifth of the entries removed, so that some questions have no answer; each is judged by what was fitted
on the others. The last one has few such questions and counts for calibration alone."""
HELD_OUT = FAMILIES[:3]
SHARES = (0.02, 0.05, 0.1, 0.2)
"""Settings of `decision.decide` that are tried."""

Ranking = list[list[str]]
Floats = NDArray[np.floating[Any]]


class Cached:
    """An embedder that remembers every text for the length of one run: the sets share entries and queries."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.dimension = embedder.name, embedder.dimension
        self._embedder = embedder
        self._queries: dict[str, Vectors] = {}
        self._documents: dict[str, Vectors] = {}

    def keep(self, entries: Iterable[EntryVectors]) -> None:
        """Remember the texts of entries that were embedded before."""
        for entry in entries:
            self._queries.update(zip((entry.text.question, *entry.text.phrasings), entry.asked, strict=True))
            self._documents.update(zip(entry.text.parts, entry.told, strict=True))

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


Tokens = Callable[[str], list[str]]


def german_words() -> Tokens:
    """Words cut to Snowball stems."""
    stem = snowballstemmer.stemmer("german").stemWords
    return lambda text: list(stem(re.findall(r"\w+", text.lower())))


def grams(text: str) -> list[str]:
    """Character 3- to 5-grams."""
    text = " ".join(text.lower().split())
    return [text[i : i + n] for n in (3, 4, 5) for i in range(len(text) - n + 1)]


def bm25(
    entries: Sequence[EntryText], queries: Sequence[Query], tokens: Tokens, k1: float = 1.2, b: float = 0.75
) -> Floats:
    """Okapi BM25 over question and answer; (queries, entries)."""
    documents = [Counter(tokens(entry.passage)) for entry in entries]
    lengths = np.array([document.total() for document in documents])
    norm = k1 * (1 - b + b * lengths / lengths.mean())
    counts: dict[str, Floats] = {}
    for number, document in enumerate(documents):
        for token, count in document.items():
            counts.setdefault(token, np.zeros(len(entries)))[number] = count
    found = {token: np.count_nonzero(each) for token, each in counts.items()}
    scores = np.zeros((len(queries), len(entries)))
    for row, query in zip(scores, queries, strict=True):
        for token in filter(counts.__contains__, tokens(query.text)):
            idf = math.log(1 + (len(entries) - found[token] + 0.5) / (found[token] + 0.5))
            row += idf * counts[token] * (k1 + 1) / (counts[token] + norm)
    return scores


def fused(*scores: Floats, k: int = 60) -> Floats:
    """Reciprocal rank fusion."""
    ranks = [np.argsort(np.argsort(-s, axis=1, kind="stable"), axis=1, kind="stable") for s in scores]
    return np.asarray(sum(1 / (k + 1 + rank) for rank in ranks))


def recipe(embedder: Embedder, entries: Sequence[EntryText], queries: Sequence[Query]) -> Floats:
    """.3 question + .2 passage + .5 best part + .1 min-max character n-grams, the vectors centred."""
    asked = embedder.encode_queries([strip_courtesies(query.text) for query in queries])
    stored = embedder.encode_queries([entry.question or entry.answer for entry in entries])
    parts = embedder.encode_documents([part for entry in entries for part in entry.parts])
    starts = np.cumsum([0, *(len(entry.parts) for entry in entries[:-1])])
    told_mean = parts[starts].mean(axis=0)
    towards = ranking.directions(asked, told_mean)
    told = towards @ ranking.directions(parts, told_mean).T
    question = ranking.directions(asked, stored.mean(axis=0)) @ ranking.directions(stored, stored.mean(axis=0)).T
    words = bm25(entries, queries, grams)
    spread = np.maximum(np.ptp(words, axis=1, keepdims=True), 1e-9)
    wording = (words - words.min(axis=1, keepdims=True)) / spread
    best = np.maximum.reduceat(told, starts, axis=1)
    return np.asarray(0.3 * question + 0.2 * told[:, starts] + 0.5 * best + 0.1 * wording)


def baselines(embedder: Embedder, entries: Sequence[EntryText], queries: Sequence[Query]) -> dict[str, Ranking]:
    """The rankings that the product has to beat, over the same texts."""
    asked = embedder.encode_queries([query.text for query in queries])
    told = asked @ embedder.encode_documents([entry.passage for entry in entries]).T
    stored = asked @ embedder.encode_queries([entry.question or entry.answer for entry in entries]).T
    words = bm25(entries, queries, german_words())
    scores = {
        "BM25": words,
        "e5 question": stored,
        "e5 passage": told,
        "rank fusion": fused(words, told),
        "recipe": recipe(embedder, entries, queries),
    }
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
    sets = {label: read(name, lang=lang) for label, (name, lang) in SETS.items()} | {"domain": domain()}
    table: dict[str, dict[str, dict[str, float]]] = {}
    for label, (entries, queries) in sets.items():
        ranked = baselines(embedder, entries, queries)
        ranked["product"] = [result.ids for result in search(build(embedder, entries), embedder, queries)]
        table[label] = {method: _measures(ids, [query.gold for query in queries]) for method, ids in ranked.items()}
    table["macro average"] = {
        method: {m: float(np.mean([table[name][method][m] for name in AVERAGED])) for m in MEASURES}
        for method in METHODS
    }
    return table


def _measures(ranked: Ranking, gold: Sequence[frozenset[str]]) -> dict[str, float]:
    return {f"R@{k}": recall_at(k, ranked, gold) for k in (1, 3, 5)} | {"MRR@10": mrr(ranked, gold)}


@dataclass(frozen=True)
class Judged:
    """Questions of a set: scores of their first hits, whether these are right, whether there is an answer at all."""

    scores: Floats
    right: NDArray[np.bool_]
    answerable: NDArray[np.bool_]
    weight: float = 1.0
    """Of all these questions together, in a fit."""

    @property
    def logits(self) -> Floats:
        """Scores that are probabilities, as logits."""
        return np.asarray(np.log(self.scores / (1 - self.scores)))

    def at_half(self) -> float:
        """Share of the questions without an answer that get one if half of those with an answer do."""
        threshold = np.median(self.scores[self.answerable])
        return float((self.scores[~self.answerable] >= threshold).mean())

    def auroc(self, other: "Judged") -> float:
        """How well the score tells questions with an answer from those of `other` without one."""
        return auroc(self.scores[self.answerable].tolist(), other.scores[~other.answerable].tolist())


def judged(results: Sequence[Result], weight: float = 1.0) -> Judged:
    """What an index found."""
    scores = np.array([result.hits[0].score for result in results])
    right = np.array([result.is_right for result in results])
    return Judged(scores, right, np.array([bool(result.query.gold) for result in results]), weight)


def whole(family: str) -> tuple[list[EntryText], list[Query]]:
    """Entries and queries of a family."""
    return domain() if family == "domain" else read(SETS[family][0], lang=SETS[family][1])


def held_out(family: str) -> tuple[list[EntryText], list[Query]]:
    """Entries and queries of a family, with a fifth of the entries removed."""
    if family in ("covid_faq_de", "roboai_faq_de"):
        return read(family, "_heldout")
    return without_a_fifth(*whole(family))


def without_a_fifth(entries: Sequence[EntryText], queries: Sequence[Query]) -> tuple[list[EntryText], list[Query]]:
    """The same with every fifth entry removed."""
    gone = {entry.id for entry in entries[::5]}
    return [e for e in entries if e.id not in gone], [Query(query.text, query.gold - gone) for query in queries]


def unanswerable(embedder: Embedder) -> dict[str, dict[str, float]]:
    """How well questions without an answer are told apart, near (same field) and far (everyday commands)."""
    far = read("oos_de")[1]
    report: dict[str, dict[str, float]] = {}
    for family in HELD_OUT:
        entries, queries = held_out(family)
        index = build(embedder, entries)
        near, alien = judged(search(index, embedder, queries)), judged(search(index, embedder, far))
        top = recipe(embedder, entries, queries).max(axis=1)
        reference = Judged(top, near.right, near.answerable)
        report[family] = {
            "recipe_at_half": reference.at_half(),
            "product_at_half": near.at_half(),
            "recipe_auroc_near": reference.auroc(reference),
            "product_auroc_near": near.auroc(near),
            "product_auroc_far": near.auroc(alien),
        }
    return report


def samples(embedder: Embedder, seed: int = 5) -> dict[str, list[Judged]]:
    """What the probability is fitted on, by family: a fifth removed, all entries, everyday commands, tiny stores."""
    random = np.random.default_rng(seed)
    far = read("oos_de")[1]
    found: dict[str, list[Judged]] = {}
    for family in FAMILIES:
        entries, queries = held_out(family)
        index = build(embedder, entries)
        everything, asked = whole(family)
        found[family] = [
            judged(search(index, embedder, queries)),
            judged(search(build(embedder, everything), embedder, asked), 0.4),
            judged(search(index, embedder, far), 0.15),
            *_tiny(embedder, random, entries, [*queries, *far[:30]]),
        ]
    return found


def _tiny(
    embedder: Embedder, random: np.random.Generator, entries: Sequence[EntryText], queries: Sequence[Query]
) -> Iterator[Judged]:
    """Stores as they are in the first days, and questions of which they answer about half."""
    for size in (1, 2, 4, 8, 16, 32):
        for _ in range(repeats := max(2, 24 // size)):
            few = [entries[i] for i in random.choice(len(entries), size, replace=False)]
            mixed = _half_answerable(random, few, queries)
            yield judged(search(build(embedder, few), embedder, mixed), 0.01 / repeats)


@dataclass(frozen=True)
class Calibration:
    """A logistic model of „the first hit is right“ on a logit, and what it says of what it was made of."""

    slope: float
    offset: float
    probabilities: Floats
    weights: Floats

    def __call__(self, logits: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(-(self.slope * logits + self.offset))))

    def threshold(self, wrong_share: float) -> float:
        """Lowest probability from which on so many of the answers are expected to be wrong, 0 to 1."""
        order = np.argsort(-self.probabilities)
        weights, sure = self.weights[order], self.probabilities[order]
        expected = np.cumsum(weights * (1 - sure)) / np.cumsum(weights)
        return float(sure[expected <= wrong_share].min(initial=1.0))


def calibration(parts: Sequence[Judged]) -> Calibration:
    """Weighted logistic regression."""
    logits, right = np.concatenate([part.logits for part in parts]), np.concatenate([part.right for part in parts])
    weights = np.concatenate([np.full(len(part.right), part.weight / len(part.right)) for part in parts])
    signs = np.where(right, 1, -1)

    def loss(coefficients: Floats) -> float:
        return float(weights @ np.logaddexp(0, -signs * (coefficients[0] * logits + coefficients[1])))

    slope, offset = minimize(loss, np.array([1.0, 0.0])).x
    model = Calibration(slope, offset, np.empty(0), weights)
    return Calibration(slope, offset, model(logits), weights)


def left_out(found: Mapping[str, Sequence[Judged]]) -> dict[str, Any]:
    """Each family judged by a calibration on the others: its error, and what the settings bring."""
    report: dict[str, Any] = {}
    everything: list[tuple[Floats, NDArray[np.bool_]]] = []
    for family, (near, *_) in found.items():
        model = calibration([part for other in found if other != family for part in found[other]])
        sure = model(near.logits)
        settings = {share: _setting(sure >= model.threshold(share), near) for share in SHARES}
        report[family] = {"calibration_error": _error(sure, near.right), "settings": settings}
        picked = np.resize(np.random.default_rng(1).permutation(len(sure)), 2_000)  # each family counts the same
        everything.append((sure[picked], near.right[picked]))
    pooled = _error(*(np.concatenate(part) for part in zip(*everything, strict=True)))
    return {"families": report, "calibration_error": pooled}


def _setting(answered: NDArray[np.bool_], near: Judged) -> dict[str, float]:
    return {
        "coverage": float(answered[near.answerable].mean()),
        "wrong_of_answers": float((~near.right[answered]).mean()) if answered.any() else 0.0,
        "unanswerable_answered": float(answered[~near.answerable].mean()),
    }


def _error(probabilities: Floats, right: NDArray[np.bool_]) -> float:
    return expected_calibration_error(reliability(probabilities.tolist(), right.tolist()))


def run(embedder: Embedder | None = None) -> dict[str, Any]:
    """All figures, JSON-able."""
    cached = Cached(embedder or load())
    report = {"model": cached.name, "answerable": answerable(cached), "unanswerable": unanswerable(cached)}
    return report | {"left_out": left_out(samples(cached))}


def fit(embedder: Embedder) -> dict[str, Any]:
    """New values for `SOLITUDE` and `OFFSET` of `knowledge.ranking` and for `THRESHOLDS` of `knowledge.decision`."""
    found = samples(embedder)
    model = calibration([part for parts in found.values() for part in parts])
    return {
        "SOLITUDE": round(float(model.slope * ranking.SOLITUDE), 3),
        "OFFSET": round(float(model.slope * ranking.OFFSET + model.offset), 3),
        "THRESHOLDS": {share: round(model.threshold(share), 3) for share in decision.THRESHOLDS},
    }


def domain() -> tuple[list[EntryText], list[Query]]:
    """The knowledge of the demo community, and our own questions about it."""
    knowledge = importing.read(ROOT / "bot" / "demo" / "knowledge.md")
    entries = [text_of(entry.id, entry.content) for entry in knowledge]
    lines = (ROOT / "tests" / "data" / "domain" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return entries, [Query(row["query"], frozenset(row["gold"])) for row in rows]


def _half_answerable(
    random: np.random.Generator, entries: Sequence[EntryText], queries: Sequence[Query]
) -> list[Query]:
    """Up to thirty queries that these entries answer, and thirty that they do not."""
    ids = {entry.id for entry in entries}
    shuffled = [queries[i] for i in random.permutation(len(queries))]
    answered = [query for query in shuffled if query.gold & ids]
    return answered[:30] + [query for query in shuffled if not query.gold & ids][:30]


def table(figures: dict[str, Any]) -> str:
    """The figures as text for a terminal."""
    lines = [f"{'R@1 R@3 R@5 MRR@10':18}" + "".join(f"{method:>20}" for method in METHODS)]
    for name, methods in figures["answerable"].items():
        cells = (" ".join(f"{methods[method][m]:.3f}".removeprefix("0") for m in MEASURES) for method in METHODS)
        lines.append(f"{name:18}" + "".join(f"{cell:>20}" for cell in cells))
    for name, report in figures["unanswerable"].items():
        lines += ["", f"{name}, a fifth of the entries removed"]
        lines += [f"  {key:20}{value:.3f}" for key, value in report.items()]
    judged_by_others = figures["left_out"]
    lines += ["", f"fitted on the other sets: calibration error of all {judged_by_others['calibration_error']:.3f}"]
    for name, report in judged_by_others["families"].items():
        lines.append(f"  {name}: calibration error {report['calibration_error']:.3f}")
        lines += [
            f"    wrong share {share}: " + ", ".join(f"{key} {value:.3f}" for key, value in setting.items())
            for share, setting in report["settings"].items()
        ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--fit", action="store_true", help="fit the probability and its thresholds")
    options = parser.parse_args()
    if options.fit:
        print(fit(Cached(load())))
    else:
        figures = run()
        print(json.dumps(figures, indent=2) if options.json else table(figures))


if __name__ == "__main__":
    main()
