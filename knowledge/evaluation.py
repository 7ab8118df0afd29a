"""How well questions find their entries: the usual measures, as pure functions, and a run over an index."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.decision import Decision, decide
from knowledge.embedding import Embedder
from knowledge.index import Hit, Index
from knowledge.text import strip_courtesies

LIMIT = 10


@dataclass(frozen=True)
class Query:
    """A question and the ids of the entries that answer it; none if it has no answer."""

    text: str
    gold: frozenset[str]


@dataclass(frozen=True)
class Result:
    """What an index found for a query."""

    query: Query
    hits: Sequence[Hit]

    @property
    def ids(self) -> list[str]:
        """Ids of the hits, best first."""
        return [hit.entry_id for hit in self.hits]

    @property
    def is_right(self) -> bool:
        """Whether the first hit answers the query."""
        return bool(self.hits) and self.hits[0].entry_id in self.query.gold


def search(
    index: Index, embedder: Embedder, queries: Sequence[Query], audiences: Collection[str] | None = None
) -> list[Result]:
    """Run queries against an index, ten hits each."""
    vectors = embedder.encode_queries([strip_courtesies(query.text) for query in queries])
    return [
        Result(query, index.rank(vector, query.text, audiences, LIMIT))
        for query, vector in zip(queries, vectors, strict=True)
    ]


def recall_at(k: int, ranked: Sequence[Sequence[str]], gold: Sequence[Collection[str]]) -> float:
    """Share of queries with a right entry among the first `k`. Queries without gold do not count."""
    return _mean([any(entry in right for entry in ids[:k]) for ids, right in zip(ranked, gold, strict=True) if right])


def mrr(ranked: Sequence[Sequence[str]], gold: Sequence[Collection[str]], depth: int = 10) -> float:
    """Mean reciprocal rank of the first right entry, 0 if it is not among the first `depth`."""
    return _mean([_reciprocal(ids[:depth], right) for ids, right in zip(ranked, gold, strict=True) if right])


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Probability that a positive score exceeds a negative one, ties counting half; 0.5 if one side is empty."""
    if not positive or not negative:
        return 0.5
    low = np.sort(np.asarray(negative))
    below = np.searchsorted(low, positive, "left") + np.searchsorted(low, positive, "right")
    return float(below.mean() / (2 * len(low)))


def wrong_at_coverage(coverage: float, scores: Sequence[float], right: Sequence[bool]) -> float:
    """Share of wrong answers if only the `coverage` (0 to 1) of all queries with the highest scores is answered."""
    answered = np.argsort(-np.asarray(scores), kind="stable")[: round(coverage * len(scores))]
    return _mean((~np.asarray(right, bool)[answered]).tolist())


def outcomes(results: Sequence[Result]) -> Mapping[str, float]:
    """Shares of each decision, of wrong answers among all queries, and of choices that hold a right entry."""
    judged = [(decide(result.hits), result.query.gold) for result in results]
    shares = {decision.value: _mean([j.decision == decision for j, _ in judged]) for decision in Decision}
    holds = [(j.decision, any(hit.entry_id in gold for hit in j.hits)) for j, gold in judged]
    return shares | {
        "wrong_answers": _mean([decision == Decision.ANSWER and not right for decision, right in holds]),
        "choice_has_it": _mean([right for decision, right in holds if decision == Decision.CHOOSE]),
    }


def _reciprocal(ids: Sequence[str], gold: Collection[str]) -> float:
    return next((1 / rank for rank, entry in enumerate(ids, 1) if entry in gold), 0.0)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
