"""What confirmed phrasings teach: R@1 after 0, 1, 3, 5 and 10 of them for two thirds of the entries.

Entries that were taught and those that were not are measured apart, on questions that are never stored: with the
product, with the product and the house's own map if it is taken, and with the nearest stored phrasing, the usual way.
Untaught entries shall be found no worse than in a fresh store in each split, so the worst one is told, too. Prices were
chosen on other splits (seeds 11 to 20) of half of the FAQ bot's intents; nothing was chosen on the covid questions.

`python tests/benchmarks/learning.py` prints a table, `--json` one JSON object. Takes about five minutes on two busy
cores, and embedding besides.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).parents[1]))  # as for the tests, see pyproject.toml

from benchmarks.retrieval import Cached, read
from knowledge.adaptation import retrained
from knowledge.embedding import Embedder, load
from knowledge.evaluation import Query, search
from knowledge.index import Index
from knowledge.text import strip_courtesies
from knowledge.vectors import EntryText, EntryVectors, embed, origin

STORED = {"roboai_faq_de": (0, 1, 3, 5, 10), "covid_faq_de": (0, 1, 2)}
"""Phrasings stored for each taught entry; the last is how many are set aside, so that all rows have the same test."""
SEEDS = (1, 2, 3)
METHODS = ("nearest phrasing", "product", "with map")
SIDES = ("taught", "untaught")

Row = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Lesson:
    """Entries of a set with the questions that may be taught, some entries never, and the questions that test it."""

    entries: Sequence[EntryText]
    phrasings: Sequence[Sequence[str]]
    taught: frozenset[str]
    test: Sequence[Query]

    def after(self, count: int) -> list[EntryText]:
        """The entries with `count` phrasings each, if they are taught."""
        return [
            EntryText(e.id, e.question, e.answer, tuple(phrasings[:count]) if e.id in self.taught else ())
            for e, phrasings in zip(self.entries, self.phrasings, strict=True)
        ]


def lesson(name: str, seed: int) -> Lesson:
    """A split of a set by intent, each time another."""
    random = np.random.default_rng(seed)
    entries, queries = read(name)
    own = [[query.text for query in queries if query.gold == {entry.id}] for entry in entries]
    shuffled = [[texts[i] for i in random.permutation(len(texts))] for texts in own]
    aside = STORED[name][-1]
    test = [
        Query(text, frozenset([entry.id]))
        for entry, texts in zip(entries, shuffled, strict=True)
        for text in texts[aside:]
    ]
    chosen = random.permutation(len(entries))[: len(entries) * 2 // 3]
    taught = frozenset(entries[i].id for i in chosen)
    return Lesson(entries, [texts[:aside] for texts in shuffled], taught, test)


def run(embedder: Embedder | None = None) -> dict[str, Any]:
    """R@1 by set, number of phrasings, method and side, means over `SEEDS`; how often the map was taken; `worst`: what
    untaught entries gained on the fresh store in the split where they gained least.
    """
    model = Cached(embedder or load())
    return {name: _rows(model, name, counts) for name, counts in STORED.items()}


def _rows(model: Embedder, name: str, counts: Sequence[int]) -> dict[int, Row]:
    splits = {count: [_row(model, name, count, seed) for seed in SEEDS] for count in counts}
    fresh = [row["product"]["untaught"] for row in splits[0]]
    return {
        count: _mean(rows) | {"worst": {method: _least_gain(rows, method, fresh) for method in METHODS}}
        for count, rows in splits.items()
    }


def _least_gain(rows: Sequence[Row], method: str, fresh: Sequence[float]) -> float:
    return min(row[method]["untaught"] - before for row, before in zip(rows, fresh, strict=True))


def _row(model: Embedder, name: str, count: int, seed: int) -> Row:
    plan = lesson(name, seed)
    items = embed(model, plan.after(count))
    index = Index(origin(model))
    index.put(items)
    row = {"nearest phrasing": _shares(plan, _nearest(model, items, plan.test))}
    row["product"] = _shares(plan, _found(model, index, plan.test))
    adapted = retrained(index.confirmations(), seed)
    index.adapt(adapted)
    row["with map"] = _shares(plan, _found(model, index, plan.test)) if adapted else row["product"]
    return row | {"map": {"taken": float(adapted is not None), "price": adapted.price if adapted else 0.0}}


def _found(model: Embedder, index: Index, queries: Sequence[Query]) -> NDArray[np.bool_]:
    return np.array([result.is_right for result in search(index, model, queries)])


def _nearest(model: Embedder, items: Sequence[EntryVectors], queries: Sequence[Query]) -> NDArray[np.bool_]:
    """The nearest stored phrasing with some of the passage, .7 and .3."""
    asked = model.encode_queries([strip_courtesies(query.text) for query in queries])
    scores = np.stack([0.7 * (asked @ i.asked.T).max(axis=1) + 0.3 * asked @ i.told[0] for i in items], axis=1)
    best = [items[i].text.id for i in scores.argmax(axis=1)]
    return np.array([entry in query.gold for entry, query in zip(best, queries, strict=True)])


def _shares(plan: Lesson, right: NDArray[np.bool_]) -> dict[str, float]:
    taught = np.array([bool(query.gold & plan.taught) for query in plan.test])
    return {"taught": float(right[taught].mean()), "untaught": float(right[~taught].mean())}


def _mean(rows: Sequence[Row]) -> dict[str, Mapping[str, float]]:
    return {key: {name: float(np.mean([row[key][name] for row in rows])) for name in rows[0][key]} for key in rows[0]}


def table(figures: Mapping[str, Mapping[int, Row]]) -> str:
    """The figures as text for a terminal."""
    lines = []
    for name, rows in figures.items():
        lines += [
            f"{name}, R@1 taught / untaught (least gain of these on the fresh store)",
            "phrasings" + "".join(f"{m:>28}" for m in METHODS) + "   map taken",
        ]
        for count, row in rows.items():
            shares = [" / ".join(f"{row[method][side]:.3f}" for side in SIDES) for method in METHODS]
            cells = (f"{cell} ({row['worst'][m]:+.3f})" for cell, m in zip(shares, METHODS, strict=True))
            lines.append(f"{count:9}" + "".join(f"{cell:>28}" for cell in cells) + f"{row['map']['taken']:12.0%}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    figures = run()
    print(json.dumps(figures, indent=2) if parser.parse_args().json else table(figures))


if __name__ == "__main__":
    main()
