import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from knowledge import ranking


def unit(seed: int, rows: int, dimension: int = 8) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@given(st.integers(0, 1_000))
def test_centred_cosines_are_cosines_of_centred_vectors(seed: int) -> None:
    vectors, query, mean = unit(seed, 5), unit(seed + 1, 1)[0], unit(seed + 2, 4).mean(axis=0)
    offsets, towards = vectors - mean, query - mean
    expected = offsets @ towards / np.linalg.norm(offsets, axis=1) / np.linalg.norm(towards)
    assert ranking.centred_cosines(vectors, query, mean) == pytest.approx(expected, abs=1e-4)


def test_vector_at_the_mean_has_no_direction() -> None:
    vector = unit(1, 1)[0]
    assert not ranking.direction(vector, vector).any()
    assert np.isfinite(ranking.centred_cosines(vector[None], vector, vector)).all()


def test_mean_moves_from_the_prior_to_the_corpus() -> None:
    prior, own = unit(1, 1)[0], unit(2, 1)[0]
    assert ranking.shrunk_mean(np.zeros(8), 0, prior) == pytest.approx(prior)
    assert ranking.shrunk_mean(own * 10_000, 10_000, prior) == pytest.approx(own, abs=0.01)


def test_more_phrasings_need_a_better_fit() -> None:
    same = np.full(3, 0.6, np.float32)
    gains = ranking.taught(same, np.array([0.6, 0.9, 0.9], np.float32), np.array([0, 1, 20]))
    assert gains[0] == 0
    assert gains[1] > gains[2] > 0


def test_words_in_another_language_count_nothing() -> None:
    assert not ranking.lexical(np.array([0.1, ranking.FOREIGN])).any()
    assert ranking.lexical(np.array([0.5, 1.0])) == pytest.approx([ranking.LEXICAL / 2, ranking.LEXICAL])
    assert not len(ranking.lexical(np.empty(0)))


@given(st.lists(st.floats(-0.3, 1.3), min_size=1, max_size=20))
def test_confidence_keeps_the_order_and_lies_between_0_and_1(totals: list[float]) -> None:
    ordered = np.sort(np.array(totals))[::-1]
    found = ranking.confidences(ordered)
    assert ((found > 0) & (found < 1)).all()
    assert (np.diff(found) <= 0).all()


def test_hit_that_stands_out_is_more_probable() -> None:
    lonely, crowded = np.array([0.7, 0.2, 0.2]), np.array([0.7, 0.2, 0.2] + [0.6] * 8)
    assert ranking.confidences(lonely)[0] > 0.6
    assert ranking.confidences(lonely)[0] > ranking.confidences(np.sort(crowded)[::-1])[0]


def test_near_duplicates_make_each_other_less_probable() -> None:
    assert ranking.confidences(np.array([0.9, 0.88, 0.2]))[0] < ranking.confidences(np.array([0.9, 0.5, 0.2]))[0]


def test_the_only_entry_is_judged_like_one_among_strangers() -> None:
    strangers = np.full(10, ranking.USUAL)
    strangers[0] = 0.6
    assert ranking.confidences(np.array([0.6])) == pytest.approx(ranking.confidences(strangers)[:1])
    assert not len(ranking.confidences(np.empty(0)))
