"""Words of the administration that stand for each other: abbreviations, everyday names, products.

A synonym is a hint, never a merge: it lifts entries a little, and what an asker wrote always counts more. The list is
`vocabulary.tsv`: topic, concept, other words for it, and products that serve it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from knowledge.text import normalise

LONGEST = 4
"""Words in the longest term that is looked for."""


@dataclass(frozen=True)
class Concept:
    """Words for the same thing, and the products that serve it; all normalised."""

    words: tuple[str, ...]
    products: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expansion:
    """A term of the question, what may stand for it, and products that an entry may not name instead."""

    term: str
    alternatives: tuple[str, ...]
    rivals: tuple[str, ...] = ()


class Glossary:
    """Finds terms in a question. A term of several concepts (RPA, PR) stands for all of them."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self._concepts: dict[str, list[Concept]] = {}
        for concept in concepts:
            for term in dict.fromkeys(concept.words + concept.products):
                self._concepts.setdefault(term, []).append(concept)

    def expansions(self, normalised: str) -> list[Expansion]:
        """Return what the terms of a normalised question may stand for, longest terms first where they overlap."""
        terms = list(self._terms(normalised.split()))
        return [_expansion(term, concept, terms) for term in terms for concept in self._concepts[term]]

    def _terms(self, words: list[str]) -> Iterator[str]:
        start = 0
        while start < len(words):
            lengths = range(min(LONGEST, len(words) - start), 0, -1)
            spans = (" ".join(words[start : start + length]) for length in lengths)
            term = next((span for span in spans if span in self._concepts), "")
            if term:
                yield term
            start += max(len(term.split()), 1)


def _expansion(term: str, concept: Concept, named: list[str]) -> Expansion:
    """A question that names a product is answered for it: other products count as rivals, not as synonyms."""
    own = [product for product in concept.products if product in named]
    others = tuple(product for product in concept.products if product not in own)
    words = tuple(word for word in concept.words if word != term)
    return Expansion(term, words, others) if own else Expansion(term, words + others)


@cache
def standard() -> Glossary:
    """The glossary that comes with the package."""
    text = files("knowledge").joinpath("vocabulary.tsv").read_text(encoding="utf-8")
    return Glossary(_concept(*line.split("\t")[1:]) for line in text.splitlines())


def _concept(name: str, words: str, products: str) -> Concept:
    return Concept(_normalised((name, *words.split(";"))), _normalised(products.split(";")))


def _normalised(terms: Iterable[str]) -> tuple[str, ...]:
    return tuple(filter(None, dict.fromkeys(normalise(term) for term in terms)))
