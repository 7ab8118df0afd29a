"""All entries in memory, ready to be ranked against a question.

Exact search over a hundred thousand vectors needs no approximate index: a rough score for every entry (one vector
each) finds candidates, the full recipe of `ranking` orders them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from knowledge import ranking
from knowledge.lexical import Lexicon
from knowledge.ranking import Floats
from knowledge.text import normalise, strip_courtesies
from knowledge.vectors import EntryVectors, Origin

CANDIDATES = 128
"""Entries that get the full recipe."""
_NOBODY = -1
"""Audience of a slot that holds no entry."""


@dataclass(frozen=True)
class Hit:
    """An entry found, and what its place is made of."""

    entry_id: str
    score: float
    """How probably the entry is right, 0 to 1, comparable between queries."""
    semantic: float
    """Blend of the vector similarities, about -0.3 to 1."""
    lexical: float
    """What common character n-grams add to it."""


@dataclass(frozen=True)
class _Stored:
    """One entry as the index keeps it: half precision halves the memory and does not change the order."""

    id: str
    wording: str
    asked: NDArray[np.float16]
    told: NDArray[np.float16]


class Index:
    """The searchable entries. A method may be called from any thread; changes count from the next `rank` on."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._lock = RLock()
        self._slot_of: dict[str, int] = {}
        self._stored: list[_Stored | None] = []
        self._free: list[int] = []
        self._audience_codes: dict[str, int] = {}
        self._audiences = np.empty(0, np.int32)
        self._rough = np.empty((0, len(origin.asked)), np.float32)
        self._lexicon = Lexicon()
        self._asked_total: Floats = np.zeros(len(origin.asked))
        self._told_total: Floats = np.zeros(len(origin.told))

    def __len__(self) -> int:
        return len(self._slot_of)

    def put(self, items: Iterable[EntryVectors]) -> None:
        """Add entries, or replace those with the same id."""
        for item in items:
            with self._lock:  # entry by entry, so that a bulk load holds up no question
                self._put(item)

    def remove(self, ids: Iterable[str]) -> None:
        """Forget entries; unknown ids are ignored."""
        with self._lock:
            for entry_id in ids:
                if entry_id in self._slot_of:
                    self._remove(entry_id)

    def rank(self, vector: Floats, text: str, audiences: Collection[str] | None, limit: int) -> list[Hit]:
        """Return the best entries for a question, best first.

        `vector` is the question's query vector, `text` its wording. Only entries of `audiences` are seen; None means
        all of them.
        """
        query = normalise(strip_courtesies(text))
        with self._lock:
            visible = self._visible(audiences)
            wording = ranking.lexical(self._lexicon.coverage(query, len(self._stored), len(self)) * visible)
            slots = self._candidates(vector, wording, visible)
            semantic = self._semantic(vector, slots)
            return self._hits(slots, semantic, wording[slots])[:limit]

    def _hits(self, slots: NDArray[np.intp], semantic: Floats, lexical: Floats) -> list[Hit]:
        """All of `slots` as hits, best first."""
        totals = semantic + lexical
        order = np.argsort(-totals, kind="stable")
        scores = ranking.confidences(totals[order])
        return [
            Hit(self._entry(slots[i]).id, float(score), float(semantic[i]), float(lexical[i]))
            for i, score in zip(order, scores, strict=True)
        ]

    def _put(self, item: EntryVectors) -> None:
        text = item.text
        wording = normalise(text.passage)
        slot = self._slot_of.get(text.id)
        if slot is None:
            slot = self._slot_of[text.id] = self._free.pop() if self._free else self._grow()
            self._lexicon.add(slot, wording)
        else:
            self._reword(slot, wording)
            self._count(slot, -1)
        stored = _Stored(text.id, wording, item.asked.astype(np.float16), item.told.astype(np.float16))
        self._stored[slot] = stored
        self._count(slot, +1)
        self._rough[slot] = _rough(item)
        self._audiences[slot] = self._audience_codes.setdefault(text.audience, len(self._audience_codes))

    def _reword(self, slot: int, wording: str) -> None:
        if wording != self._entry(slot).wording:  # a learned phrasing leaves it as it is
            self._lexicon.drop(slot)
            self._lexicon.add(slot, wording)

    def _remove(self, entry_id: str) -> None:
        slot = self._slot_of.pop(entry_id)
        self._lexicon.drop(slot)
        self._count(slot, -1)
        self._stored[slot] = None
        self._audiences[slot] = _NOBODY
        self._free.append(slot)

    def _grow(self) -> int:
        """Return a new slot; capacity grows by a quarter, so that adding costs the same however many there are."""
        slot = len(self._stored)
        self._stored.append(None)
        if slot == len(self._audiences):
            capacity = slot + slot // 4 + 16
            self._rough = np.resize(self._rough, (capacity, self._rough.shape[1]))
            self._audiences = np.concatenate([self._audiences, np.full(capacity - slot, _NOBODY, np.int32)])
        return slot

    def _count(self, slot: int, sign: int) -> None:
        """Add the entry to the totals that the means are made of, or take it out."""
        stored = self._entry(slot)
        self._asked_total += sign * stored.asked[0].astype(np.float64)
        self._told_total += sign * stored.told[0].astype(np.float64)

    def _entry(self, slot: int) -> _Stored:
        stored = self._stored[slot]
        if stored is None:
            raise LookupError(f"Slot {slot} holds no entry.")
        return stored

    def _candidates(self, vector: Floats, wording: Floats, visible: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Visible slots with the best rough scores, in no order."""
        size = len(visible)
        mean = (self._asked_mean() + self._told_mean()) / 2
        rough = np.where(visible, self._rough[:size] @ ranking.direction(vector, mean) + wording, -np.inf)
        if size > CANDIDATES:
            best = np.argpartition(rough, size - CANDIDATES)[size - CANDIDATES :]
            return best[visible[best]]
        return np.flatnonzero(visible)

    def _visible(self, audiences: Collection[str] | None) -> NDArray[np.bool_]:
        """Which slots hold an entry that these audiences may see."""
        codes = self._audience_codes
        seen = np.zeros(len(codes) + 1, bool)  # the last one stands for _NOBODY
        seen[[codes[name] for name in (codes if audiences is None else audiences) if name in codes]] = True
        return seen[self._audiences[: len(self._stored)]]

    def _semantic(self, vector: Floats, slots: NDArray[np.intp]) -> Floats:
        entries = [self._entry(slot) for slot in slots]
        if not entries:
            return np.empty(0, np.float32)
        asked, asked_starts, lengths = _stacked([entry.asked for entry in entries])
        told, told_starts, _ = _stacked([entry.told for entry in entries])
        asked_cosines = ranking.centred_cosines(asked, vector, self._asked_mean())
        told_cosines = ranking.centred_cosines(told, vector, self._told_mean())
        question = asked_cosines[asked_starts]
        best = np.maximum.reduceat(asked_cosines, asked_starts)
        chunk = np.maximum.reduceat(told_cosines, told_starts)
        gain = ranking.taught(question, best, lengths - 1)
        return ranking.semantic(question, told_cosines[told_starts], chunk, gain)

    def _asked_mean(self) -> Floats:
        return ranking.shrunk_mean(self._asked_total, len(self), self._origin.asked)

    def _told_mean(self) -> Floats:
        return ranking.shrunk_mean(self._told_total, len(self), self._origin.told)


def _rough(item: EntryVectors) -> Floats:
    """One vector that stands for an entry: the blend of all its vectors, before centring."""
    asked, told = item.asked, item.told
    chunks = told[1:] if len(told) > 1 else told
    blend = ranking.QUESTION * asked[0] + ranking.PASSAGE * told[0] + ranking.CHUNK * chunks.mean(axis=0)
    return np.asarray(blend + ranking.PHRASING * (asked.mean(axis=0) - asked[0]))


def _stacked(parts: list[NDArray[np.float16]]) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
    """All rows in one matrix in single precision, where each part starts, and how many rows it has."""
    lengths = np.array([len(part) for part in parts])
    rows: Floats = np.concatenate(parts).astype(np.float32)
    return rows, np.cumsum(lengths) - lengths, lengths
