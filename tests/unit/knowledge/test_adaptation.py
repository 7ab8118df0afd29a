"""In the world of these tests half of the dimensions say what is meant and the other half only how it is said."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from knowledge import adaptation, ranking
from knowledge.adaptation import Confirmations, Map, retrained, train

DIMENSION = 32
ENTRIES = 40
TAUGHT = 28
"""The first ones; the others never."""

Floats = NDArray[np.float32]


def unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """As beside the model: with more, threads wait for each other on a busy machine."""
    with threadpool_limits(1, "blas"):
        yield


class World:
    """Entries, and people who ask for them in their own way."""

    def __init__(self, manner: float = 1.2) -> None:
        self.random = np.random.default_rng(7)
        self.manner = manner
        self.centre = np.full(DIMENSION, 0.4, np.float32)
        self.meanings = self.random.normal(size=(ENTRIES, DIMENSION // 2))
        self.questions, self.passages = (self.said(np.arange(ENTRIES)) for _ in range(2))

    def said(self, entries: NDArray[np.intp]) -> Floats:
        meant = self.meanings[entries] + self.random.normal(scale=0.3, size=(len(entries), DIMENSION // 2))
        how = self.random.normal(scale=self.manner, size=(len(entries), DIMENSION // 2))
        return unit(self.centre + 0.3 * np.concatenate([meant, how], axis=1).astype(np.float32))

    def confirmed(self, phrasings: int) -> Confirmations:
        entry_of = np.repeat(np.arange(TAUGHT), phrasings)
        means = self.questions.mean(axis=0), self.passages.mean(axis=0)
        return Confirmations(self.said(entry_of), entry_of, self.questions, self.passages, *means)

    def recall(self, adapted: Map | None, entries: NDArray[np.intp]) -> float:
        """Share of new questions that find their entry among all."""
        asked, questions = (v - self.questions.mean(axis=0) for v in (self.said(entries), self.questions))
        seen = [unit(v) if adapted is None else adapted.apply(v) for v in (asked, questions)]
        return float(((seen[0] @ seen[1].T).argmax(axis=1) == entries).mean())


def some_map(seed: int, rank: int = 3, dimension: int = 8) -> Map:
    random = np.random.default_rng(seed)
    return Map(
        random.normal(scale=0.5, size=(dimension, rank)).astype(np.float32),
        random.normal(scale=0.5, size=(rank, dimension)).astype(np.float32),
        0.25,
    )


def vectors(seed: int, rows: int, dimension: int = 8) -> Floats:
    return unit(np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32))


@given(st.integers(0, 1_000), st.integers(0, 5))
def test_mapped_vectors_have_length_one_and_keep_their_place(seed: int, rows: int) -> None:
    applied = some_map(seed).apply(vectors(seed + 1, rows))
    assert applied.shape == (rows, 8)
    assert np.linalg.norm(applied, axis=1) == pytest.approx(np.ones(rows), abs=1e-4)
    assert np.allclose(some_map(seed).apply(3 * vectors(seed + 1, rows)), applied, atol=1e-4)


def test_vector_at_the_mean_stays_there() -> None:
    assert not some_map(1).apply(np.zeros((2, 8), np.float32)).any()


@given(st.integers(0, 1_000))
def test_quick_cosines_are_cosines_of_mapped_vectors(seed: int) -> None:
    adapted, stored = some_map(seed), vectors(seed, 5)
    query, mean = vectors(seed + 1, 1)[0], vectors(seed + 2, 1)[0] / 2
    expected = adapted.apply(stored - mean) @ adapted.apply((query - mean)[None])[0]
    assert adapted.cosines(stored, adapted.squares(stored), query, mean) == pytest.approx(expected, abs=1e-3)


@given(st.integers(0, 1_000))
def test_map_that_does_nothing_changes_no_cosine(seed: int) -> None:
    nothing, stored = replace(some_map(seed), back=np.zeros((3, 8), np.float32)), vectors(seed, 5)
    query, mean = vectors(seed + 1, 1)[0], vectors(seed + 2, 1)[0] / 2
    assert nothing.cosines(stored, nothing.squares(stored), query, mean) == pytest.approx(
        ranking.centred_cosines(stored, query, mean), abs=1e-4
    )


@given(st.integers(0, 1_000), st.integers(1, 6), st.integers(1, 12))
def test_stored_map_maps_as_before(seed: int, rank: int, dimension: int) -> None:
    adapted = some_map(seed, rank, dimension)
    read = Map.from_bytes(adapted.to_bytes(), dimension)
    assert read.price == pytest.approx(adapted.price)
    assert np.allclose(read.into, adapted.into, atol=2e-3)
    assert np.allclose(read.back, adapted.back, atol=2e-3)
    assert read.to_bytes() == adapted.to_bytes()


@given(st.data())
def test_damaged_map_is_refused(data: st.DataObject) -> None:
    blob = bytearray(some_map(1).to_bytes())
    place = data.draw(st.integers(0, len(blob) - 1))
    blob[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="map"):
        Map.from_bytes(bytes(blob), 8)


@given(st.one_of(st.binary(max_size=200), st.integers(0, 100).map(lambda size: some_map(1).to_bytes()[:size])))
def test_anything_else_is_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="map"):
        Map.from_bytes(blob, 8)


def test_map_of_another_model_is_refused() -> None:
    with pytest.raises(ValueError, match="dimension 8, not 9"):
        Map.from_bytes(some_map(1).to_bytes(), 9)


def test_training_finds_what_is_meant_and_forgets_how_it_is_said() -> None:
    world = World()
    adapted = train(world.confirmed(6), 1)
    for entries in (np.arange(TAUGHT), np.arange(TAUGHT, ENTRIES)):
        many = np.repeat(entries, 10)
        assert world.recall(adapted, many) > world.recall(None, many) + 0.1


def test_same_seed_gives_the_same_map() -> None:
    confirmations = World().confirmed(6)
    first, second, other = (retrained(confirmations, seed) for seed in (1, 1, 2))
    assert first is not None
    assert second is not None
    assert other is not None
    assert first.to_bytes() == second.to_bytes() != other.to_bytes()


def test_many_confirmations_are_learned_in_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    confirmations = world.confirmed(6)
    monkeypatch.setattr(adaptation, "BATCH", 50)
    monkeypatch.setattr(adaptation, "CONTENDERS", 30)
    adapted, many = train(confirmations, 1), np.repeat(np.arange(ENTRIES), 10)
    assert world.recall(adapted, many) > world.recall(None, many) + 0.1


@pytest.mark.parametrize("seed", range(3))
def test_map_that_learned_from_wrong_confirmations_is_not_taken(seed: int) -> None:
    confirmations = World().confirmed(6)
    shuffled = np.random.default_rng(seed).permutation(confirmations.entry_of)
    assert retrained(replace(confirmations, entry_of=shuffled), seed) is None


def test_map_without_anything_to_win_is_not_taken() -> None:
    assert retrained(World(manner=0.0).confirmed(6), 1) is None


@pytest.mark.parametrize(("loss", "is_taken"), [(0.0, True), (0.1, False)])
def test_map_that_harms_entries_that_nobody_taught_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, loss: float, is_taken: bool
) -> None:
    prices = len(adaptation.PRICES)
    outcome = np.full((20, prices), 0.2), np.full((20, prices), -loss)
    monkeypatch.setattr(adaptation, "_compare", lambda *_: outcome)
    assert (retrained(World().confirmed(6), 1) is not None) is is_taken


def private_words(manner: float) -> Confirmations:
    """Each entry has a dimension of its own, and people name some of the others by the way.

    What is never confirmed looks like something that is only named by the way, so a map learns to forget it.
    `manner` is how much people differ in the dimensions that mean nothing, which a map does well to forget.
    """
    random, entries, means_nothing = np.random.default_rng(1), 24, 24

    def said(entry_of: NDArray[np.intp], by_the_way: float) -> Floats:
        named = np.eye(entries)[entry_of]
        for row in named:
            row[random.choice(entries, 3, replace=False)] += by_the_way / 1.7
        how = random.normal(scale=manner, size=(len(entry_of), means_nothing))
        return unit((0.05 + np.concatenate([named, how], axis=1)).astype(np.float32))

    questions, passages = (said(np.arange(entries), 0.3) for _ in range(2))
    entry_of = np.repeat(np.arange(entries), 6)
    means = questions.mean(axis=0), passages.mean(axis=0)
    return Confirmations(said(entry_of, 1.3), entry_of, questions, passages, *means)


def test_map_that_wins_for_taught_entries_and_forgets_the_others_is_not_taken() -> None:
    assert retrained(private_words(manner=0.3), 1) is None


def test_price_is_raised_until_the_others_are_found_as_before() -> None:
    raised, usual = retrained(private_words(manner=0.5), 1), retrained(World().confirmed(6), 1)
    assert raised is not None
    assert usual is not None
    assert raised.price > usual.price == adaptation.PRICES[0]


@pytest.mark.parametrize("phrasings", [0, 1])
def test_too_few_confirmations_teach_nothing(phrasings: int) -> None:
    assert retrained(World().confirmed(phrasings), 1) is None


@settings(max_examples=10)
@given(st.integers(0, 1_000))
def test_few_entries_with_confirmations_teach_nothing(seed: int) -> None:
    world = World()
    entry_of = np.random.default_rng(seed).integers(0, adaptation.FEWEST_ENTRIES - 1, 100)
    confirmations = replace(world.confirmed(1), asked=world.said(entry_of), entry_of=entry_of)
    assert retrained(confirmations, seed) is None
