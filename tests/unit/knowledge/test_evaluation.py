import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.embedding import Embedder
from knowledge.evaluation import (
    Query,
    Result,
    auroc,
    evaluate,
    mrr,
    outcomes,
    recall_at,
    run,
    search,
    steps,
    wrong_at_coverage,
)
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


def result(gold: str, *scores: float) -> Result:
    """What was found for a question that the entries of `gold` answer: a, b and c with these scores."""
    return Result(Query("?", frozenset(gold)), [Hit("abc"[i], score, 0, 0) for i, score in enumerate(scores)])


def test_outcomes_are_shares_of_all_queries() -> None:
    shares = outcomes([result("a", 0.9), result("b", 0.9), result("b", 0.5, 0.4), result("", 0.1)])
    assert shares == {"answer": 0.5, "choose": 0.25, "unknown": 0.25, "wrong_answers": 0.25, "choice_has_it": 1.0}


def test_search_runs_every_query(embedder: Embedder, nowhere: Origin) -> None:
    index = Index(nowhere)
    index.put(embed(embedder, [EntryText("a", "Drucker?", "Nein."), EntryText("b", "Scanner?", "Ja.", (), "staff")]))
    queries = [Query("Hallo, Drucker?", frozenset("a")), Query("Scanner", frozenset("b"))]
    assert [result.is_right for result in search(index, embedder, queries)] == [True, True]
    assert [result.ids for result in search(index, embedder, queries, [""])] == [["a"], ["a"]]


def test_evaluation_counts_each_kind_of_wrong_answer_among_its_own() -> None:
    answered = [result("a", 0.95), result("a", 0.95), result("b", 0.95, 0.02), result("", 0.95)]
    found = evaluate([*answered, result("b", 0.4, 0.3), result("c", 0.01), result("", 0.01), result("", 0.01)], 3)
    assert (found.entries, found.questions, found.answerable, found.unanswerable) == (3, 8, 5, 3)
    assert (found.recall_at_1, found.recall_at_5, found.mrr_at_10) == pytest.approx((2 / 5, 4 / 5, 3 / 5))
    assert found.coverage == pytest.approx(3 / 5)
    assert found.wrong_of_answerable == pytest.approx(1 / 5)
    assert found.wrong_of_unanswerable == pytest.approx(1 / 3)
    assert found.wrong_of_answers == pytest.approx(2 / 4)
    assert (found.answer, found.choose, found.unknown) == pytest.approx((4 / 8, 1 / 8, 3 / 8))
    assert found.choice_has_it == 1
    assert found.expected_calibration_error == pytest.approx((4 * 0.45 + 0.4 + 3 * 0.01) / 8)
    assert sum(each.count for each in found.reliability) == 8


def test_house_that_tolerates_more_wrong_answers_gets_more_answers() -> None:
    results = [result("a", probability / 100) for probability in range(100)]
    careful, bold = (evaluate(results, 3, share).coverage for share in (0.01, 0.5))
    assert careful is not None
    assert bold is not None
    assert careful < bold


def test_evaluation_says_nothing_about_what_was_not_asked() -> None:
    found = evaluate([result("", 0.01)], 1)
    assert (found.recall_at_1, found.mrr_at_10, found.coverage, found.wrong_of_answers) == (None,) * 4
    assert found.wrong_of_unanswerable == 0
    assert evaluate([result("a", 0.01)], 1).wrong_of_unanswerable is None


def test_run_finds_what_is_asked_and_tells_how_far_it_is(embedder: Embedder) -> None:
    long = "Der Drucker steht im Flur. " * 20
    entries = [EntryText("a", "Wo steht der Drucker?", long), EntryText("b", "Wo steht der Scanner?", "")]
    queries = [Query("Wo ist der Drucker", frozenset("a")), Query("Scanner", frozenset("b"))]
    done: list[int] = []
    assert run(embedder, entries, queries, done.append).recall_at_1 == 1
    assert sum(done) == steps(entries, queries)
