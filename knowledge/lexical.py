"""Inverted lists of character n-grams: how much of a query's wording each entry contains."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.glossary import Expansion
from knowledge.text import BUCKETS, ngrams

COMMON = 1_000
"""N-grams in more entries than this are skipped: they tell little and cost most."""
SYNONYM = 0.9
"""What another word for a term is worth, beside the term itself."""
WHOLE = 0.8
"""An entry that contains this share of a word contains the word, perhaps in another inflection."""
BATCH = 1_000
"""Texts merged at once, which bounds the memory of a bulk load."""

Slots = NDArray[np.int32]


class Lexicon:
    """Which slots (places of entries in an index) contain which n-gram; changes are merged before the next look-up.

    One array holds the slots of bucket 0, then those of bucket 1, and so on: four bytes an n-gram of an entry.
    """

    def __init__(self) -> None:
        self._slots: Slots = np.empty(0, np.int32)
        self._starts = np.zeros(BUCKETS + 1, np.int64)
        self._added: dict[int, Slots] = {}
        self._dropped: set[int] = set()

    def add(self, slot: int, normalised: str) -> None:
        """Enter the text of a slot that is empty or was dropped."""
        grams = np.sort(ngrams(normalised))
        self._added[slot] = grams[np.diff(grams, prepend=-1) != 0]  # seven times as fast as np.unique
        if len(self._added) >= BATCH:
            self._merge()

    def drop(self, slot: int) -> None:
        """Forget the text of a slot."""
        if self._added.pop(slot, None) is None:
            self._dropped.add(slot)

    def coverage(self, normalised: str, size: int, entries: int) -> NDArray[np.float32]:
        """Share of the query's n-grams, weighted by rarity, that each slot contains; shape (size,), 0 to 1.

        `entries` is the number of used slots. An n-gram that nobody has counts as missing everywhere.
        """
        self._merge()
        grams = np.unique(ngrams(normalised))
        found = self._starts[grams + 1] - self._starts[grams]
        grams, found = grams[found <= COMMON], found[found <= COMMON]
        if not found.any():
            return np.zeros(size, np.float32)
        rarity = np.log1p((entries - found + 0.5) / (found + 0.5))
        hits = np.concatenate([self._slots[self._starts[gram] : self._starts[gram + 1]] for gram in grams])
        weights = np.bincount(hits, np.repeat(rarity / rarity.sum(), found), size)
        return weights.astype(np.float32)

    def lifted(self, normalised: str, expansions: Sequence[Expansion], size: int, entries: int) -> NDArray[np.float32]:
        """`coverage`, lifted where a slot holds another word for a term of the query instead of the term."""
        coverage = self.coverage(normalised, size, entries)
        gain = np.zeros(size, np.float32)
        for expansion in expansions:
            share = SYNONYM * len(expansion.term) / len(normalised)
            lacking = 1 - self.coverage(expansion.term, size, entries)
            found = self._holds(expansion.alternatives, size, entries) & ~self._holds(expansion.rivals, size, entries)
            gain = np.maximum(gain, share * lacking * found)
        return np.asarray(np.minimum(coverage + gain, 1), np.float32)

    def _holds(self, terms: Sequence[str], size: int, entries: int) -> NDArray[np.bool_]:
        """Which slots hold one of the terms."""
        found = np.zeros(size, bool)
        for term in terms:
            found |= self.coverage(term, size, entries) >= WHOLE
        return found

    def _merge(self) -> None:
        if self._dropped:
            self._purge()
        if self._added:
            self._insert()

    def _purge(self) -> None:
        dropped = np.zeros(int(self._slots.max(initial=-1)) + 1, bool)
        dropped[[slot for slot in self._dropped if slot < len(dropped)]] = True
        gone = np.flatnonzero(dropped[self._slots])
        self._starts -= np.searchsorted(gone, self._starts)
        self._slots = np.delete(self._slots, gone)
        self._dropped.clear()

    def _insert(self) -> None:
        buckets = np.concatenate(list(self._added.values()))
        slots = np.repeat(np.fromiter(self._added, np.int32), [len(grams) for grams in self._added.values()])
        order = np.argsort(buckets, kind="stable")
        buckets, slots = buckets[order], slots[order]
        self._slots = np.insert(self._slots, self._starts[buckets + 1], slots)
        self._starts += np.searchsorted(buckets, np.arange(BUCKETS + 1))
        self._added.clear()
