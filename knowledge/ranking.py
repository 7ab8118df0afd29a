"""How good an entry answers a question: the recipe that blends four similarities into one score. Pure functions.

e5 puts every pair of German sentences between 0.75 and 0.9. Measured from the mean of all stored texts instead of from
the origin („centred“), similarities spread over 0 to 1 and mean the same for every question.
The weights were chosen on five question sets, see tests/benchmarks/retrieval.py; all of them are flat optima.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

QUESTION, PASSAGE, CHUNK = 0.3, 0.2, 0.5
"""Weights of the similarities to the stored question, to question and answer, and to the best part of the answer."""
PLAIN, ADAPTED = (QUESTION, PASSAGE, CHUNK), (0.5, 0.3, 0.2)
"""The same three without and with the house's own map, which learns from questions and passages and knows no parts."""
PHRASING = 0.45
"""Weight of what learned phrasings add to the similarity with the stored question."""
CROWDING, CROWDING_MORE = 0.16, 0.05
"""Price of the first phrasing, and of each e-fold of them: the more phrasings, the better the best of them fits by
chance. With these, entries without any were found no worse than before anybody taught anything in each of ten splits of
half of the FAQ bot, 1, 3 and 10 phrasings for two thirds of its entries; 0.1 would find taught entries better by two
points, and the others worse in every fourth split."""
LEXICAL = 0.25
"""Weight of common character n-grams: product names, abbreviations, single words."""
FOREIGN, NATIVE = 0.3, 0.6
"""If no entry shares more than FOREIGN of the query's n-grams, the query is in another language: n-grams count nothing.
From NATIVE on they count in full."""
CLOSE = 0.05
"""A rival that trails by this much counts e times less."""
RIVALS = 10
"""The best entries, among which a question has to be decided."""
ALONE = 0.002
"""Crowd around an entry without any rival: more solitude than this tells nothing more."""
SOLITUDE, OFFSET = 0.774, -1.099
"""Logistic model of `probabilities`, fitted to whether the first entry was right; see `fit` in
tests/benchmarks/retrieval.py, and run it with `--fit` again after a change of weights or model."""
ADAPTED_OFFSET = -1.9
"""The same with the house's own map, which sets entries apart even where none is right: fitted to half of the FAQ bot's
questions with 3 and 10 phrasings, some entries taught, some not, a fifth removed; reported on the other half."""
USUAL = 0.2
"""Total of an entry that has nothing to do with the question."""
PRIOR = 10
"""The generic mean weighs as much as this many entries, so that a corpus of three is not centred on itself."""

Floats = NDArray[np.floating[Any]]
"""Vectors and similarities in single precision, totals in double."""


def shrunk_mean(total: Floats, count: int, prior: Floats) -> Floats:
    """Mean of `count` vectors that add up to `total`, drawn towards `prior`; shape (dimension,)."""
    return ((total + PRIOR * prior) / (count + PRIOR)).astype(np.float32)


def centred_cosines(vectors: Floats, query: Floats, mean: Floats) -> Floats:
    """Cosine of `query` with each of `vectors`, all of length one and all seen from `mean`; shape (n,).

    |v - m|² = 1 - 2 v·m + |m|² saves centring every vector: one product with two columns does it.
    """
    towards = direction(query, mean)
    product = vectors @ np.stack([towards, mean], axis=1)
    lengths = np.sqrt(np.maximum(1 - 2 * product[:, 1] + mean @ mean, 1e-6))
    return np.asarray((product[:, 0] - towards @ mean) / lengths)


def direction(vector: Floats, mean: Floats) -> Floats:
    """Where `vector` lies, seen from `mean`: length one, or zero if it is the mean."""
    offset = vector - mean
    return np.asarray(offset / max(float(np.linalg.norm(offset)), 1e-6))


def directions(vectors: Floats, mean: Floats) -> Floats:
    """Where each of `vectors` lies, seen from `mean`, as in `direction`; shape (n, dimension)."""
    offsets = vectors - mean
    return np.asarray(offsets / np.maximum(np.linalg.norm(offsets, axis=1, keepdims=True), 1e-6))


def taught(question: Floats, best: Floats, phrasings: NDArray[np.intp]) -> Floats:
    """What learned phrasings add to an entry's score; zero without phrasings, negative if none of them fits.

    `question` and `best` are similarities to the stored question and to the best of question and phrasings,
    `phrasings` is their number.
    """
    price = CROWDING + CROWDING_MORE * np.log(np.maximum(phrasings, 1), dtype=np.float32)
    return np.asarray(PHRASING * (best - question - np.where(phrasings, price, 0)))


def semantic(
    question: Floats, passage: Floats, chunk: Floats, gain: Floats, weights: tuple[float, float, float] = PLAIN
) -> Floats:
    """Blend of the similarities of an entry, about -0.3 to 1."""
    return np.asarray(weights[0] * question + weights[1] * passage + weights[2] * chunk + gain)


def lexical(coverage: Floats) -> Floats:
    """What common n-grams add to the scores of all entries, 0 to `LEXICAL`.

    `coverage` is the share of the query's n-grams, weighted by rarity, that each entry contains (0 to 1).
    """
    trust = (float(coverage.max(initial=0)) - FOREIGN) / (NATIVE - FOREIGN)
    return coverage * (LEXICAL * min(max(trust, 0.0), 1.0))


def kinship(asked: Floats, told: Floats) -> Floats:
    """How far entries, best first, say the same as each of the first `RIVALS`: 0 to 1; shape (n, up to `RIVALS`).

    `asked` and `told` are what `directions` makes of their questions and of their passages, shape (n, dimension) each.
    """
    return np.asarray(np.clip((asked @ asked[:RIVALS].T + told @ told[:RIVALS].T) / 2, 0, 1))


def solitude(totals: Floats, kinships: Floats) -> Floats:
    """How alone each entry stands at the top of a question, about -8 to 6, from the totals of all; shape (n,).

    Every other one of the first `RIVALS` counts more the closer it comes, and less the more it says the same: of
    near-duplicates either is right. Where there are too few, entries with `USUAL` totals stand in. Measured, nothing
    else tells as much: not how high a total is, nor whether question, passage and part agree on the winner.
    """
    rivals = totals[:RIVALS]
    closeness = np.exp(np.minimum((rivals - totals[:, None]) / CLOSE, 50.0))
    closeness[np.arange(len(rivals)), np.arange(len(rivals))] = 0
    strangers = (RIVALS - len(rivals)) * np.exp(np.minimum((USUAL - totals) / CLOSE, 50.0))
    return np.asarray(-np.log(((1 - kinships) * closeness).sum(axis=1) + strangers + ALONE))


def probabilities(totals: Floats, kinships: Floats, offset: float = OFFSET) -> Floats:
    """Probability that an entry is right, for the totals of all, best first, and their `kinship`; shape (n,).

    `offset` is `ADAPTED_OFFSET` where the house's own map made the totals.
    """
    if not len(totals):
        return np.empty(0)
    logits = SOLITUDE * solitude(totals, kinships) + offset
    return np.minimum.accumulate(1 / (1 + np.exp(-logits)))
