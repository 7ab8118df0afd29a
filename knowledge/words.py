"""How much two short texts are made of the same words, in whatever inflection, spelling or compound. Pure functions."""

from collections.abc import Iterator, Sequence

import numpy as np
from rapidfuzz.distance import OSA, Postfix, Prefix
from rapidfuzz.process import cdist

from knowledge.ranking import Floats
from knowledge.seeking import FRAME
from knowledge.text import normalise

COMPOUND, TYPO = 0.5, 0.8
"""What a word within a compound and the least alike spelling are worth beside the word."""
LONG, STEM = 5, 7
"""Letters of a word that may be misspelt or part of a compound, and of a beginning that two words share."""
GENERIC = frozenset(
    normalise(
        "einführen einfuehren einführung bauen erstellen anlegen einrichten nutzen arbeiten arbeit schreiben begleiten"
        " pflegen organisieren gestalten online digital digitale digitaler digitales digitalen elektronisch"
        " elektronische neue neuer neues gute regeln bereitstellen planen aufbauen durchführen umgang grundlagen"
        " dienst verwaltung alltag team leiten begleitung thema themen zusammenarbeit"
    ).split()
)
SLIGHT = 0.3
"""Weight of a generic word beside that of any other one."""
ENDINGS = ("en", "er", "es", "em", "e", "n", "s")


def content_words(normalised: str) -> list[str]:
    """What a text is about: its words without those around, or all of them if nothing else is left."""
    words = normalised.split() or ["-"]
    return [word for word in words if word not in FRAME] or words


def weight_of(word: str) -> float:
    """What a word counts for: what many texts say tells little."""
    return SLIGHT if word in GENERIC else 1.0


def share_of(term: str, words: Sequence[str]) -> float:
    """How much of a text a term of it is."""
    parts = sum(weight_of(part) for part in term.split())
    return min(parts / sum(map(weight_of, words)), 1.0)


def word_likeness(asked: Sequence[str], told: Sequence[str]) -> Floats:
    """How alike words are: 1 in any inflection, less if misspelt or in a compound, else 0; shape (asked, told)."""
    stems, others = [_stem(word) for word in asked], [_stem(word) for word in told]
    alike = cdist(stems, others, scorer=OSA.normalized_similarity, dtype=np.float32)
    begins = cdist(asked, told, scorer=Prefix.similarity, dtype=np.int32)
    ends = cdist(asked, told, scorer=Postfix.similarity, dtype=np.int32)
    shorter = np.minimum.outer([len(word) for word in asked], [len(word) for word in told])
    is_part = (shorter >= LONG) & ((begins == shorter) | (ends == shorter)) | (begins >= STEM)
    is_typo = (alike >= TYPO) & (begins > 0) & (shorter >= LONG)
    return np.where((alike == 1) | is_typo, alike, COMPOUND * is_part)


def _stem(word: str) -> str:
    if len(word) < LONG:
        return word
    return next((word.removesuffix(ending) for ending in ENDINGS if word.endswith(ending)), word)


def without_endings(normalised: str) -> Iterator[str]:
    """A text as it is, and without each ending wherever its words have it: „serienbriefe“, „serienbrief“."""
    words = normalised.split()
    for ending in ("", *ENDINGS):
        yield " ".join(word.removesuffix(ending) if len(word) >= LONG + len(ending) else word for word in words)
