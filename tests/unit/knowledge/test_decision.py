import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.decision import Decision, decide
from knowledge.index import Hit


def hits(*scores: float) -> list[Hit]:
    return [Hit(f"e{i}", score, score, 0.0) for i, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("scores", "decision", "shown"),
    [
        ((0.9, 0.2, 0.1), Decision.ANSWER, 1),
        ((0.7,), Decision.ANSWER, 1),
        ((0.55, 0.2, 0.09), Decision.CHOOSE, 2),
        ((0.5, 0.4, 0.3, 0.29), Decision.CHOOSE, 3),
        ((0.5, 0.1, 0.04), Decision.CHOOSE, 2),
        ((0.19, 0.1, 0.1), Decision.UNKNOWN, 0),
        ((0.5,), Decision.UNKNOWN, 0),
        ((), Decision.UNKNOWN, 0),
    ],
)
def test_decision_follows_from_the_probabilities(scores: tuple[float, ...], decision: Decision, shown: int) -> None:
    judgement = decide(hits(*scores))
    assert (judgement.decision, len(judgement.hits)) == (decision, shown)
    assert list(judgement.hits) == hits(*scores)[:shown]
    assert judgement.probability == (scores[0] if scores else 0)


@given(st.lists(st.floats(0, 1), max_size=10).map(lambda scores: sorted(scores, reverse=True)))
def test_answer_shows_one_choice_two_or_three_and_unknown_none(scores: list[float]) -> None:
    judgement = decide(hits(*scores))
    allowed = {Decision.ANSWER: {1}, Decision.CHOOSE: {2, 3}, Decision.UNKNOWN: {0}}
    assert len(judgement.hits) in allowed[judgement.decision]
