"""How well questions find their entries: the usual measures, as pure functions, and a run over an index."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.calibration import Bin, expected_calibration_error, reliability
from knowledge.decision import WRONG_SHARE, Decision, decide
from knowledge.embedding import Embedder
from knowledge.index import Hit, Index
from knowledge.text import strip_courtesies
from knowledge.vectors import EntryText, embed, origin

LIMIT = 10
AT_ONCE = 32
"""Questions embedded at a time, so that progress moves."""

Advance = Callable[[int], None]
"""Is told how many more texts are done."""


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


@dataclass(frozen=True)
class Evaluation:
    """The figures of a run: counts, and shares from 0 to 1, None where there is nothing to count."""

    entries: int
    questions: int
    answerable: int
    unanswerable: int
    recall_at_1: float | None
    recall_at_5: float | None
    mrr_at_10: float | None
    coverage: float | None
    """Share of the answerable questions that got a confident answer, right or wrong."""
    wrong_of_answerable: float | None
    """Share of the answerable questions that got a confident answer that is wrong."""
    wrong_of_unanswerable: float | None
    """Share of the unanswerable questions that got a confident answer."""
    wrong_of_answers: float | None
    """Share of the confident answers that are wrong."""
    answer: float
    choose: float
    unknown: float
    """With `answer` and `choose`: shares of all questions that ended so."""
    choice_has_it: float | None
    """Share of the choices for answerable questions that hold a right entry."""
    expected_calibration_error: float
    """Of the probability that the first hit is right, over all questions."""
    reliability: Sequence[Bin]


def search(
    index: Index,
    embedder: Embedder,
    queries: Sequence[Query],
    audiences: Collection[str] | None = None,
    advance: Advance = lambda count: None,
) -> list[Result]:
    """Run queries against an index, ten hits each."""
    results: list[Result] = []
    for start in range(0, len(queries), AT_ONCE):
        batch = queries[start : start + AT_ONCE]
        vectors = embedder.encode_queries([strip_courtesies(query.text) for query in batch])
        results += [
            Result(query, index.rank(vector, query.text, audiences, LIMIT))
            for query, vector in zip(batch, vectors, strict=True)
        ]
        advance(len(batch))
    return results


def steps(entries: Sequence[EntryText], queries: Sequence[Query]) -> int:
    """How far `run` advances in all."""
    return len({part for entry in entries for part in entry.parts}) + len(queries)


def run(
    embedder: Embedder,
    entries: Sequence[EntryText],
    queries: Sequence[Query],
    advance: Advance = lambda count: None,
    wrong_share: float = WRONG_SHARE,
) -> Evaluation:
    """Ask the queries of these entries, all in memory, and measure what the bot would do.

    `wrong_share` is what the house tolerates, see `decide`.
    """
    index = Index(origin(embedder))
    done = 0

    def embedded(so_far: int, _: int) -> None:
        nonlocal done
        advance(so_far - done)
        done = so_far

    index.put(embed(embedder, entries, embedded))
    return evaluate(search(index, embedder, queries, advance=advance), len(entries), wrong_share)


def evaluate(results: Sequence[Result], entries: int, wrong_share: float = WRONG_SHARE) -> Evaluation:
    """Measure results over a number of entries."""
    judged = [(decide(result.hits, wrong_share), result) for result in results]
    answered = [(judgement.decision == Decision.ANSWER, result) for judgement, result in judged]
    answerable = [(is_answer, result) for is_answer, result in answered if result.query.gold]
    ranked, gold = [result.ids for _, result in answerable], [result.query.gold for _, result in answerable]
    bins = reliability([judgement.probability for judgement, _ in judged], [result.is_right for result in results])
    choices = [(j.hits, r.query.gold) for j, r in judged if j.decision == Decision.CHOOSE and r.query.gold]
    shares = {decision.value: _mean([j.decision == decision for j, _ in judged]) for decision in Decision}
    return Evaluation(
        entries=entries,
        questions=len(results),
        answerable=len(answerable),
        unanswerable=len(results) - len(answerable),
        recall_at_1=recall_at(1, ranked, gold) if gold else None,
        recall_at_5=recall_at(5, ranked, gold) if gold else None,
        mrr_at_10=mrr(ranked, gold) if gold else None,
        coverage=_share([is_answer for is_answer, _ in answerable]),
        wrong_of_answerable=_share([is_answer and not result.is_right for is_answer, result in answerable]),
        wrong_of_unanswerable=_share([is_answer for is_answer, result in answered if not result.query.gold]),
        wrong_of_answers=_share([not result.is_right for is_answer, result in answered if is_answer]),
        **shares,
        choice_has_it=_share([any(hit.entry_id in right for hit in hits) for hits, right in choices]),
        expected_calibration_error=expected_calibration_error(bins),
        reliability=bins,
    )


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


def _share(values: Sequence[bool]) -> float | None:
    return _mean(values) if values else None


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
