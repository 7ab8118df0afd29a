"""Answer, let choose, or admit not to know: decided from how probably each hit is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from knowledge.index import Hit

SURE = 0.6
"""From this probability on, the first hit is the answer. With a fifth of the entries removed, that answers 36, 57 and
31 of 100 answerable questions (covid, FAQ bot, our own domain) and 4, 11 and 1 of 100 that have no answer any more.
Near-duplicates lower each other's probability, so the asker tells them apart."""
POSSIBLE = 0.2
"""From this probability on, there is something to choose from; 8 to 16 of 100 everyday commands reach it."""
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


def decide(hits: Sequence[Hit]) -> Judgement:
    """Judge the hits of one question, best first. A wrong answer costs more than „weiß ich nicht“."""
    first = hits[0].score if hits else 0.0
    if first >= SURE:
        return Judgement(Decision.ANSWER, hits[:1], first)
    if first >= POSSIBLE and len(hits) > 1:
        return Judgement(Decision.CHOOSE, _plausible(hits), first)
    return Judgement(Decision.UNKNOWN, (), first)


def _plausible(hits: Sequence[Hit]) -> Sequence[Hit]:
    third = [hit for hit in hits[2:3] if hit.score >= PLAUSIBLE * hits[1].score]
    return (*hits[:2], *third)
