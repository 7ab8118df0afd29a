import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.embedding import Embedder
from knowledge.evaluation import Query, Result, auroc, mrr, outcomes, recall_at, search, wrong_at_coverage
from knowledge.index import Hit, Index
from knowledge.vectors import EntryText, Origin, embed

RANKED = [["a", "b", "c"], ["b", "a", "c"], ["c", "b", "x"], ["a"]]
GOLD = [{"a"}, {"a", "c"}, {"q"}, set[str]()]


def test_recall_counts_queries_with_an_answer_only() -> None:
    assert recall_at(1, RANKED, GOLD) == pytest.approx(1 / 3)
    assert recall_at(2, RANKED, GOLD) == pytest.approx(2 / 3)
    assert recall_at(5, [], []) == 0


def test_mrr_takes_the_first_right_entry() -> None:
    assert mrr(RANKED, GOLD) == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert mrr(RANKED, GOLD, depth=1) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [([2, 3], [0, 1], 1), ([0], [1], 0), ([1], [1], 0.5), ([1, 3], [2], 0.5), ([], [1], 0.5), ([1], [], 0.5)],
)
def test_auroc_is_the_probability_of_the_right_order(
    positive: list[float], negative: list[float], expected: float
) -> None:
    assert auroc(positive, negative) == expected


@given(st.lists(st.integers(0, 9), min_size=1), st.lists(st.integers(0, 9), min_size=1))
def test_auroc_counts_pairs(positive: list[float], negative: list[float]) -> None:
    pairs = [(p > n) + (p == n) / 2 for p in positive for n in negative]
    assert auroc(positive, negative) == pytest.approx(sum(pairs) / len(pairs))


def test_wrong_share_is_of_the_answered_queries() -> None:
    scores, right = [0.9, 0.8, 0.7, 0.1], [True, False, True, False]
    assert wrong_at_coverage(0.5, scores, right) == 0.5
    assert wrong_at_coverage(0.25, scores, right) == 0
    assert wrong_at_coverage(1, scores, right) == 0.5
    assert wrong_at_coverage(0, scores, right) == 0


def test_outcomes_are_shares_of_all_queries() -> None:
    def result(gold: str, *scores: float) -> Result:
        return Result(Query("?", frozenset(gold)), [Hit("abc"[i], score, 0, 0) for i, score in enumerate(scores)])

    shares = outcomes([result("a", 0.9), result("b", 0.9), result("b", 0.5, 0.4), result("", 0.1)])
    assert shares == {"answer": 0.5, "choose": 0.25, "unknown": 0.25, "wrong_answers": 0.25, "choice_has_it": 1.0}


def test_search_runs_every_query(embedder: Embedder, nowhere: Origin) -> None:
    index = Index(nowhere)
    index.put(embed(embedder, [EntryText("a", "Drucker?", "Nein."), EntryText("b", "Scanner?", "Ja.", (), "staff")]))
    queries = [Query("Hallo, Drucker?", frozenset("a")), Query("Scanner", frozenset("b"))]
    assert [result.is_right for result in search(index, embedder, queries)] == [True, True]
    assert [result.ids for result in search(index, embedder, queries, [""])] == [["a"], ["a"]]
