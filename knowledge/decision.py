"""Answer, let choose, or admit not to know: decided from how probably each hit is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from knowledge.index import Hit

WRONG_SHARE = 0.1
"""Of the answers given as certain, about so many may be wrong; see `decide`."""
THRESHOLDS = {0.02: 1.0, 0.05: 0.875, 0.1: 0.695, 0.2: 0.426, 0.3: 0.256}
"""By share of wrong answers: the probability from which on so many are to be expected. Measured together with the
probability itself: run `python tests/benchmarks/retrieval.py --fit`."""
POSSIBLE = 0.2
"""From this probability on, there is something to choose from."""
PLAUSIBLE = 0.5
"""The third hit is shown if it reaches this share of the second one's probability."""


class Decision(StrEnum):
    """What to do with the hits."""

    ANSWER = "answer"
    CHOOSE = "choose"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Judgement:
    """A decision, the hits to show (one, two or three, or none), and how probably the first hit is right."""

    decision: Decision
    hits: Sequence[Hit]
    probability: float


def decide(hits: Sequence[Hit], wrong_share: float = WRONG_SHARE) -> Judgement:
    """Judge the hits of one question, best first. A wrong answer costs more than „weiß ich nicht“.

    `wrong_share` (0 to 1) is what the house tolerates: of all answers given as certain, so many may be wrong. If every
    question from a probability p on is answered, the expected share of wrong answers is the mean of 1 - p over them:
    less than at the limit itself, because most are surer. `threshold` is the lowest p at which it stays within.
    """
    first = hits[0].score if hits else 0.0
    if hits and first >= threshold(wrong_share):
        return Judgement(Decision.ANSWER, hits[:1], first)
    if first >= POSSIBLE and len(hits) > 1:
        return Judgement(Decision.CHOOSE, _plausible(hits), first)
    return Judgement(Decision.UNKNOWN, (), first)


def threshold(wrong_share: float) -> float:
    """Return the probability from which on a question is answered, between the measured `THRESHOLDS`.

    1 for a share of nothing. Raises ValueError outside of 0 to 1.
    """
    if not 0 <= wrong_share <= 1:
        raise ValueError(f"A share lies between 0 and 1, not at {wrong_share}.")
    shares, probabilities = [0.0, *THRESHOLDS], [1.0, *THRESHOLDS.values()]
    return float(np.interp(wrong_share, shares, probabilities))


def _plausible(hits: Sequence[Hit]) -> Sequence[Hit]:
    third = [hit for hit in hits[2:3] if hit.score >= PLAUSIBLE * hits[1].score]
    return (*hits[:2], *third)
