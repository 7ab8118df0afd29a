"""The house's own map: it bends the vectors a little, so that questions lie near the entries that people confirmed.

A low-rank map of the centred vectors, x to x + xAB, learned from the house's own confirmations in seconds. It is taken
only if it wins on confirmations held out from it, and if entries that nobody has taught are found as often as before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from knowledge import ranking

RANK = 64
STEPS = 200
RATE = 1e-3
"""Step of Adam."""
SHARPNESS = 9.0
"""Factor of the similarities in the softmax; a low one demands a wide lead of the right entry. 20 did worse."""
PENALTY = 1e-3
"""Price of the squared entries of AB; more of it gave less to the taught entries and nothing to the others."""
BATCH, CONTENDERS = 1_024, 1_024
"""Confirmations and entries in a step; a house with fewer uses all of them in each."""
FEWEST, FEWEST_ENTRIES = 40, 8
"""Confirmations, and entries with at least two of them, below which holding some out would tell nothing."""
FOLDS = 4
EXAMINED = 1_000
"""Most confirmations held out in a round."""
MARGIN = 2.0
"""Standard errors by which the map has to win for taught entries."""
PRICES = tuple(step / 100 for step in range(6, 21, 2))
"""What an entry with phrasings pays besides what `ranking.taught` takes, so that the others keep their chance. The
first kept them whole in each of four splits of half of the FAQ bot. What is held out can only raise it: by that alone
it would often be too low, for entries that nobody ever confirms are not like those held back for a round."""

_MAGIC = b"map1"
_HEADER = np.dtype([("magic", "S4"), ("dimension", "<u4"), ("rank", "<u4"), ("check", "<u4"), ("price", "<f4")])
_STORED = np.dtype("<f2")

Floats = ranking.Floats
Numbers = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Confirmations:
    """What people confirmed, and all entries that they could have meant. Vectors have length one, as embedded."""

    asked: Floats
    """Query vectors of the confirmed phrasings, shape (n, d)."""
    entry_of: Numbers
    """Which row of `questions` and `passages` answers each of them, shape (n,)."""
    questions: Floats
    passages: Floats
    """Query vectors of the questions and passage vectors of all entries, taught or not, shape (e, d) each."""
    asked_mean: Floats
    told_mean: Floats
    """What queries, and passages, are seen from, shape (d,)."""

    def only(self, chosen: NDArray[np.bool_]) -> "Confirmations":
        """The same entries with some of the confirmations."""
        return replace(self, asked=self.asked[chosen], entry_of=self.entry_of[chosen])


@dataclass(frozen=True, eq=False)
class Map:
    """x to x + xAB, the same for queries and passages, once they are centred."""

    into: Floats
    """A, shape (d, rank)."""
    back: Floats
    """B, shape (rank, d)."""
    price: float = 0.0
    """What an entry with phrasings pays in every score, so that the others keep their chance."""

    @property
    def dimension(self) -> int:
        """Length of the vectors that it takes."""
        return len(self.into)

    def apply(self, centred: Floats) -> Floats:
        """Map vectors and bring them to length one; zero stays zero. Shape (n, d)."""
        return _unit(self._bent(centred))

    def squares(self, vectors: Floats) -> Floats:
        """Squared lengths of vectors once mapped; what `cosines` needs to know of them, shape (n,)."""
        bent = self._bent(vectors)
        return np.asarray(np.einsum("ij,ij->i", bent, bent))

    def cosines(self, vectors: Floats, squares: Floats, query: Floats, mean: Floats) -> Floats:
        """Cosine of `query` with each of `vectors`, all of length one, seen from `mean` and mapped; shape (n,).

        Mapping the query there and back, and having the `squares`, saves mapping every vector: it costs as much as
        `ranking.centred_cosines`.
        """
        towards, centre = self.direction(query, mean), self._returned(self._bent(mean[None]))[0]
        product = vectors @ np.stack([towards, centre], axis=1)
        lengths = np.sqrt(np.maximum(squares - 2 * product[:, 1] + mean @ centre, 1e-6))
        return np.asarray((product[:, 0] - towards @ mean) / lengths)

    def direction(self, query: Floats, mean: Floats) -> Floats:
        """What a stored vector that was not mapped has to be multiplied with, to be compared with a mapped query."""
        return np.asarray(self._returned(self.apply((query - mean)[None]))[0])

    def _bent(self, vectors: Floats) -> Floats:
        return np.asarray(vectors + (vectors @ self.into) @ self.back)

    def _returned(self, bent: Floats) -> Floats:
        """The transposed map."""
        return np.asarray(bent + (bent @ self.back.T) @ self.into.T)

    def to_bytes(self) -> bytes:
        """The map as the database keeps it: half precision, little-endian, with a check sum."""
        body = self.into.astype(_STORED).tobytes() + self.back.astype(_STORED).tobytes()
        header = np.array((_MAGIC, *self.into.shape, _check(body, self.price), self.price), _HEADER)
        return header.tobytes() + body

    @classmethod
    def from_bytes(cls, blob: bytes, dimension: int) -> "Map":
        """Raises `ValueError` if the blob is damaged, or made for vectors of another dimension."""
        if len(blob) < _HEADER.itemsize or blob[:4] != _MAGIC:
            raise ValueError("This is no map.")
        header, body = np.frombuffer(blob, _HEADER, 1)[0], blob[_HEADER.itemsize :]
        rank, price = int(header["rank"]), float(header["price"])
        if header["dimension"] != dimension:
            raise ValueError(f"The map takes vectors of dimension {header['dimension']}, not {dimension}.")
        if len(body) != 2 * dimension * rank * _STORED.itemsize or header["check"] != _check(body, price):
            raise ValueError("The map is damaged.")
        into, back = np.split(np.frombuffer(body, _STORED).astype(np.float32), 2)
        return cls(into.reshape(dimension, rank), back.reshape(rank, dimension), price)


def train(confirmations: Confirmations, seed: int) -> Map:
    """Learn a map: a softmax over the entries of the mean similarity to question and passage, by Adam.

    The same seed gives the same map. Takes seconds, and not much more for many confirmations: from `BATCH` on each step
    draws some.
    """
    random = np.random.default_rng(seed)
    dimension = confirmations.asked.shape[1]
    into = random.normal(scale=dimension**-0.5, size=(dimension, RANK)).astype(np.float32)
    back = np.zeros((RANK, dimension), np.float32)
    adam = [_Adam(into), _Adam(back)]
    batches = _batches(confirmations, random)
    for _ in range(STEPS):
        for weights, slope in zip(adam, _slopes(into, back, *next(batches)), strict=True):
            weights.step(slope)
    return Map(into, back)


def retrained(confirmations: Confirmations, seed: int) -> Map | None:
    """Return a map learned from all confirmations, if one learned from some of them wins on the others; else None.

    In each of `FOLDS` rounds a part of the entries is not taught at all, and the others lack some of their phrasings.
    What was held out must find its entry better by `MARGIN` standard errors with the map than without, and the entries
    that were not taught must be found no worse than before anybody had taught anything, at the lowest of `PRICES` that
    does it.
    """
    counts = np.bincount(confirmations.entry_of, minlength=len(confirmations.questions))
    if len(confirmations.asked) < FEWEST or (counts > 1).sum() < FEWEST_ENTRIES:
        return None
    rounds = [_compare(confirmations, *chosen, seed) for chosen in _rounds(confirmations, seed)]
    taught, untaught = (np.concatenate([outcome[side] for outcome in rounds]) for side in (0, 1))
    for column, price in enumerate(PRICES):
        if untaught[:, column].mean() >= 0:
            gain = taught[:, column]
            wins = gain.mean() > MARGIN * gain.std() / len(gain) ** 0.5
            return replace(train(confirmations, seed), price=price) if wins else None
    return None


def _rounds(confirmations: Confirmations, seed: int) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Which confirmations to learn from, and which entries not to teach, for each round."""
    random = np.random.default_rng(seed)
    entry_of = confirmations.entry_of
    entry_fold = random.permutation(len(confirmations.questions)) % FOLDS
    place = np.zeros(len(entry_of), np.intp)
    for entry in np.unique(entry_of):
        own = np.flatnonzero(entry_of == entry)
        place[random.permutation(own)] = np.arange(len(own))
    for fold in range(FOLDS):
        # the first stays, for an entry with a single confirmation would be another untaught one
        held_out = (place > 0) & ((place + entry_of) % FOLDS == fold)
        yield ~held_out & (entry_fold[entry_of] != fold), entry_fold == fold


def _compare(
    confirmations: Confirmations, learned: NDArray[np.bool_], untaught: NDArray[np.bool_], seed: int
) -> tuple[Floats, Floats]:
    """What the map gains in reciprocal rank, for each held-out question and price: of taught entries, of untaught."""
    known, others = confirmations.only(learned), confirmations.only(_some(~learned, seed))
    adapted = _totals(known, others, train(known, seed))
    taught = np.bincount(known.entry_of, minlength=len(untaught)) > 0
    ranks = np.stack([_reciprocal_ranks(adapted - price * taught, others.entry_of) for price in PRICES], axis=1)
    plain = _reciprocal_ranks(_totals(known, others, None), others.entry_of)
    fresh = _reciprocal_ranks(_totals(known.only(np.zeros(len(known.asked), bool)), others, None), others.entry_of)
    unseen = untaught[others.entry_of]
    return (ranks - plain[:, None])[~unseen], (ranks - fresh[:, None])[unseen]


def _some(chosen: NDArray[np.bool_], seed: int) -> NDArray[np.bool_]:
    """Up to `EXAMINED` of those chosen."""
    places = np.random.default_rng(seed).permutation(np.flatnonzero(chosen))[:EXAMINED]
    return np.isin(np.arange(len(chosen)), places)


def _totals(known: Confirmations, others: Confirmations, adapted: Map | None) -> Floats:
    """Scores of all entries for what is asked in `others`, if the phrasings in `known` are stored; without parts and
    n-grams, which the map does not change. Shape (questions, entries).
    """

    def seen(vectors: Floats, mean: Floats) -> Floats:
        centred = vectors - mean
        return _unit(centred) if adapted is None else adapted.apply(centred)

    asked = seen(others.asked, known.asked_mean)
    question = asked @ seen(known.questions, known.asked_mean).T
    passage = seen(others.asked, known.told_mean) @ seen(known.passages, known.told_mean).T
    order = np.argsort(known.entry_of, kind="stable")
    taught, starts, numbers = np.unique(known.entry_of[order], return_index=True, return_counts=True)
    phrasings = asked @ seen(known.asked[order], known.asked_mean).T
    best, counts = question.copy(), np.zeros(question.shape[1], np.intp)
    best[:, taught] = np.maximum(question[:, taught], np.maximum.reduceat(phrasings, starts, axis=1))
    counts[taught] = numbers
    weights = ranking.ADAPTED if adapted else ranking.PLAIN
    return ranking.semantic(question, passage, passage, ranking.taught(question, best, counts), weights)


def _reciprocal_ranks(totals: Floats, right: Numbers) -> Floats:
    own = totals[np.arange(len(right)), right]
    return np.asarray(1 / (totals >= own[:, None]).sum(axis=1))


class _Adam:
    """Changes weights in place."""

    def __init__(self, weights: Floats) -> None:
        self._weights = weights
        self._mean, self._square = np.zeros_like(weights), np.zeros_like(weights)
        self._steps = 0

    def step(self, slope: Floats) -> None:
        self._steps += 1
        self._mean += 0.1 * (slope - self._mean)
        self._square += 0.001 * (slope * slope - self._square)
        mean, square = self._mean / (1 - 0.9**self._steps), self._square / (1 - 0.999**self._steps)
        self._weights -= RATE * mean / (np.sqrt(square) + 1e-8)


def _batches(
    confirmations: Confirmations, random: np.random.Generator
) -> Iterator[tuple[Floats, NDArray[np.intp], Numbers]]:
    """For each step: centred vectors of queries (seen as queries, as passages), questions and passages in one matrix,
    where each of these four parts but the first starts, and which entry each query belongs to.
    """
    by_query = _unit(confirmations.asked - confirmations.asked_mean)
    by_passage = _unit(confirmations.asked - confirmations.told_mean)
    questions = _unit(confirmations.questions - confirmations.asked_mean)
    passages = _unit(confirmations.passages - confirmations.told_mean)
    while True:
        rows, entries = _drawn(confirmations.entry_of, len(questions), random)
        parts = [by_query[rows], by_passage[rows], questions[entries], passages[entries]]
        starts = np.cumsum([len(part) for part in parts])[:-1]
        yield np.concatenate(parts), starts, np.searchsorted(entries, confirmations.entry_of[rows])


def _drawn(entry_of: Numbers, entries: int, random: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Confirmations for a step, and the entries among which to find theirs, in order."""
    if len(entry_of) <= BATCH and entries <= CONTENDERS:
        return np.arange(len(entry_of)), np.arange(entries)
    rows = random.permutation(len(entry_of))[:BATCH]
    meant = np.unique(entry_of[rows])
    others = np.setdiff1d(np.arange(entries), meant)
    return rows, np.union1d(meant, random.permutation(others)[: max(CONTENDERS - len(meant), 0)])


def _slopes(
    into: Floats, back: Floats, vectors: Floats, starts: NDArray[np.intp], right: Numbers
) -> tuple[Floats, Floats]:
    """Gradient of the loss for both factors."""
    narrow = vectors @ into
    bent = vectors + narrow @ back
    lengths = np.maximum(np.linalg.norm(bent, axis=1, keepdims=True), 1e-6)
    units = bent / lengths
    by_query, by_passage, questions, passages = np.split(units, starts)
    excess = _softmax(SHARPNESS / 2 * (by_query @ questions.T + by_passage @ passages.T))
    excess[np.arange(len(right)), right] -= 1
    excess *= SHARPNESS / 2 / len(right)
    pull = np.concatenate([excess @ questions, excess @ passages, excess.T @ by_query, excess.T @ by_passage])
    pull = (pull - units * np.einsum("ij,ij->i", units, pull)[:, None]) / lengths
    return (
        vectors.T @ (pull @ back.T) + 2 * PENALTY * into @ (back @ back.T),
        narrow.T @ pull + 2 * PENALTY * (into.T @ into) @ back,
    )


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6))


def _check(body: bytes, price: float) -> int:
    return crc32(body + np.float32(price).tobytes())
