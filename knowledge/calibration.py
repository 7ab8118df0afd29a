"""Whether probabilities mean what they say: of the answers shown with 80 %, eight in ten should be right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
"""Bins of equal width between 0 and 1."""


@dataclass(frozen=True)
class Bin:
    """The predictions with a probability from `low` up to `high`; the last bin holds 1, too."""

    low: float
    high: float
    count: int
    probability: float
    """Their mean probability."""
    right: float
    """Share of them that was right."""


def reliability(probabilities: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """Sort predictions into bins by their probability (0 to 1); bins without any are left out."""
    return list(_bins(np.asarray(probabilities, float), np.asarray(right, bool)))


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance between probability and share of right ones, each bin weighted by its count; 0 without bins."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.probability - each.right) for each in bins) / total if total else 0.0


def _bins(probabilities: NDArray[np.float64], right: NDArray[np.bool_]) -> Iterator[Bin]:
    places = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    for place in np.unique(places):
        within = places == place
        mean, share = float(probabilities[within].mean()), float(right[within].mean())
        yield Bin(int(place) / BINS, (int(place) + 1) / BINS, int(within.sum()), mean, share)
