"""For how long what is kept: the house sets it, the nights apply it, and „datenschutz“ tells it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days what is kept at the most.

    `offers` wait for a choice, `open_questions` for an answer. `ids` are those of events, without their texts; offers
    that last wait as long as that of their message is known.
    `unmet_topics` are what no supporter names, `tandems` who worked with whom.
    """

    offers: int = 7
    open_questions: int = 90
    ids: int = 30
    unmet_topics: int = 90
    tandems: int = 365


STANDARD = Retention()
