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
    same = np.full(4, 0.6, np.float32)
    gains = ranking.taught(same, np.array([0.6, 0.95, 0.95, 0.6], np.float32), np.array([0, 1, 20, 1]))
    assert gains[0] == 0
    assert gains[1] > gains[2] > 0 > gains[3]


def test_words_in_another_language_count_nothing() -> None:
    assert not ranking.lexical(np.array([0.1, ranking.FOREIGN])).any()
    assert ranking.lexical(np.array([0.5, 1.0])) == pytest.approx([ranking.LEXICAL / 2, ranking.LEXICAL])
    assert not len(ranking.lexical(np.empty(0)))


def strangers(*totals: float) -> ranking.Floats:
    """Probabilities of entries that have nothing to do with each other."""
    return ranking.probabilities(np.array(totals), np.eye(len(totals))[:, : ranking.RIVALS])


@given(st.lists(st.floats(-0.3, 1.3), min_size=1, max_size=20), st.integers(0, 1_000))
def test_probability_keeps_the_order_and_lies_between_0_and_1(totals: list[float], seed: int) -> None:
    ordered = np.sort(np.array(totals))[::-1]
    kinships = np.random.default_rng(seed).random((len(totals), min(len(totals), ranking.RIVALS)))
    found = ranking.probabilities(ordered, kinships)
    assert ((found > 0) & (found < 1)).all()
    assert (np.diff(found) <= 0).all()


def test_same_totals_are_trusted_less_if_the_map_made_them() -> None:
    totals, kinships = np.array([0.7, 0.5, 0.2]), np.eye(3)
    plain = ranking.probabilities(totals, kinships)
    mapped = ranking.probabilities(totals, kinships, ranking.ADAPTED_OFFSET)
    assert (mapped < plain).all()
    assert (np.diff(mapped) <= 0).all()


def test_hit_that_stands_out_is_more_probable() -> None:
    lonely, crowded = strangers(0.7, 0.2, 0.2), strangers(0.7, *[0.6] * 8, 0.2, 0.2)
    assert lonely[0] > 0.8 > 0.5 > crowded[0]


def test_rival_of_another_kind_makes_a_hit_less_probable_and_a_near_duplicate_does_not() -> None:
    totals = np.array([0.9, 0.89, 0.3])
    twins = np.array([[1, 0.95, 0], [0.95, 1, 0], [0, 0, 1]])
    doubted, sure = ranking.probabilities(totals, np.eye(3)), ranking.probabilities(totals, twins)
    assert sure[0] > 0.75 > 0.5 > doubted[0]
    assert sure[1] > 0.7


def test_only_entry_is_judged_like_one_among_strangers() -> None:
    assert strangers(0.6) == pytest.approx(strangers(0.6, *[ranking.USUAL] * 9)[:1])
    assert strangers(0.6)[0] > 0.6 > 0.2 > strangers(0.25)[0]
    assert not len(ranking.probabilities(np.empty(0), np.empty((0, 0))))


def test_limit_of_rivals_does_not_change_what_is_said_of_the_first_ten() -> None:
    totals = np.linspace(0.9, 0.1, 25)
    assert strangers(*totals)[:10] == pytest.approx(strangers(*totals[:10]))


def test_kinship_is_one_for_the_same_and_never_negative() -> None:
    asked, told = unit(1, 12), unit(2, 12)
    found = ranking.kinship(asked, told)
    assert found.shape == (12, ranking.RIVALS)
    assert np.diagonal(found) == pytest.approx(1)
    assert found.min() >= 0


@given(st.integers(0, 1_000))
def test_directions_are_the_direction_of_each(seed: int) -> None:
    vectors, mean = unit(seed, 4), unit(seed + 1, 3).mean(axis=0)
    expected = np.array([ranking.direction(vector, mean) for vector in vectors])
    assert ranking.directions(vectors, mean) == pytest.approx(expected, abs=1e-5)
