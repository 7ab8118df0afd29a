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
PHRASING = 0.45
"""Weight of what learned phrasings add to the similarity with the stored question."""
CROWDING = 0.08
"""Price of each e-fold of phrasings, so that entries with many do not push out those that have none."""
LEXICAL = 0.25
"""Weight of common character n-grams: product names, abbreviations, single words."""
FOREIGN, NATIVE = 0.3, 0.6
"""If no entry shares more than FOREIGN of the query's n-grams, the query is in another language: n-grams count nothing.
From NATIVE on they count in full."""
DISTANCE, LEAD, OFFSET = 8.51, 4.55, -2.59
"""Logistic model of `confidences`, fitted to whether the first entry was right on three sets with a fifth of the
entries removed (covid, FAQ bot, our own domain), the everyday commands of oos_de, cwa_faq German and random corpora of
1 to 32 of their entries; run `python tests/benchmarks/retrieval.py --fit` to fit it again after a change of weights or
model. How high the first entry's total is tells nothing beyond these two, measured."""
RUNNERS_UP = 9
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


def taught(question: Floats, best: Floats, phrasings: NDArray[np.intp]) -> Floats:
    """What learned phrasings add to an entry's score; zero without phrasings, negative if none of them fits.

    `question` and `best` are similarities to the stored question and to the best of question and phrasings,
    `phrasings` is their number.
    """
    price = CROWDING * np.log1p(phrasings, dtype=np.float32)
    return np.asarray(PHRASING * (best - question - price))


def semantic(question: Floats, passage: Floats, chunk: Floats, gain: Floats) -> Floats:
    """Blend of the similarities of an entry, about -0.3 to 1."""
    return np.asarray(QUESTION * question + PASSAGE * passage + CHUNK * chunk + gain)


def lexical(coverage: Floats) -> Floats:
    """What common n-grams add to the scores of all entries, 0 to `LEXICAL`.

    `coverage` is the share of the query's n-grams, weighted by rarity, that each entry contains (0 to 1).
    """
    trust = (float(coverage.max(initial=0)) - FOREIGN) / (NATIVE - FOREIGN)
    return coverage * (LEXICAL * min(max(trust, 0.0), 1.0))


def features(totals: Floats) -> Floats:
    """What the probability of each entry is made of, from the totals of all, best first; shape (n, 2).

    How far an entry stands out from the runners-up of the query (second to tenth; where there are fewer, `USUAL` stands
    in), and how far it is ahead of the best other entry. Both mean the same in every store, unlike the total itself.
    """
    others = np.full(RUNNERS_UP, USUAL)
    others[: len(totals) - 1] = totals[1 : RUNNERS_UP + 1]
    rivals = np.full(len(totals), totals[0])
    rivals[0] = others[0]
    return np.stack([totals - others.mean(), totals - rivals], axis=1)


def confidences(totals: Floats) -> Floats:
    """Probability that an entry is right, for the totals of all, best first; shape (n,)."""
    if not len(totals):
        return np.empty(0)
    return np.asarray(1 / (1 + np.exp(-(features(totals) @ np.array([DISTANCE, LEAD]) + OFFSET))))
