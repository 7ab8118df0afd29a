import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.decision import POSSIBLE, THRESHOLDS, Decision, decide, threshold
from knowledge.index import Hit


def hits(*scores: float) -> list[Hit]:
    return [Hit(f"e{i}", score, score, 0.0) for i, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("scores", "decision", "shown"),
    [
        ((0.9, 0.2, 0.1), Decision.ANSWER, 1),
        ((0.8,), Decision.ANSWER, 1),
        ((0.9, 0.9, 0.9), Decision.ANSWER, 1),
        ((0.65, 0.2, 0.09), Decision.CHOOSE, 2),
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


@given(st.lists(st.floats(0, 1), max_size=10).map(lambda scores: sorted(scores, reverse=True)), st.floats(0, 1))
def test_answer_shows_one_choice_two_or_three_and_unknown_none(scores: list[float], wrong_share: float) -> None:
    judgement = decide(hits(*scores), wrong_share)
    allowed = {Decision.ANSWER: {1}, Decision.CHOOSE: {2, 3}, Decision.UNKNOWN: {0}}
    assert len(judgement.hits) in allowed[judgement.decision]


@pytest.mark.parametrize(("wrong_share", "answered"), [(0.02, False), (0.05, False), (0.1, True), (0.2, True)])
def test_house_that_tolerates_fewer_wrong_answers_gets_a_choice_instead(wrong_share: float, answered: bool) -> None:
    judgement = decide(hits(0.75, 0.3), wrong_share)
    assert judgement.decision is (Decision.ANSWER if answered else Decision.CHOOSE)


@given(st.floats(0, 1), st.floats(0, 1))
def test_threshold_falls_with_the_share_and_answers_nothing_hopeless(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 1 >= threshold(low) >= threshold(high) > POSSIBLE


def test_threshold_is_what_was_measured_and_nothing_wrong_means_nothing_answered() -> None:
    assert {share: threshold(share) for share in THRESHOLDS} == THRESHOLDS
    assert threshold(0) == 1


@pytest.mark.parametrize("share", [-0.01, 1.01, float("nan")])
def test_share_beyond_all_answers_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        decide(hits(0.9), share)
