"""All entries in memory, ready to be ranked against a question.

Exact search over a hundred thousand vectors needs no approximate index: a rough score for every entry (one vector
each) finds candidates, the full recipe of `ranking` orders them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import zip_longest
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from knowledge import ranking
from knowledge.adaptation import Confirmations, Map
from knowledge.glossary import standard
from knowledge.lexical import Lexicon
from knowledge.ranking import Floats
from knowledge.text import normalise, strip_courtesies
from knowledge.vectors import EntryVectors, Origin

CANDIDATES = 128
"""Entries that get the full recipe."""
REFUSAL, ALIKE = 2.0, 0.7
"""What an entry loses for a question that is nearer to a rejected one than to its own, and from which similarity on."""
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
class _Rows:
    """Vectors as the index keeps them: half precision halves the memory and does not change the order."""

    vectors: NDArray[np.float16]
    squares: Floats
    """Their squared lengths, once mapped by the house's own map."""

    @classmethod
    def of(cls, vectors: Floats, adapted: Map | None) -> "_Rows":
        half = vectors.astype(np.float16)
        squares = np.ones(len(half)) if adapted is None or not len(half) else adapted.squares(half.astype(np.float32))
        return cls(half, squares.astype(np.float32))


@dataclass(frozen=True)
class _Stored:
    """One entry as the index keeps it."""

    id: str
    wording: str
    asked: _Rows
    told: _Rows
    refused: _Rows

    def adapted(self, adapted: Map | None) -> "_Stored":
        """The same entry for another map."""
        asked, told, refused = (_Rows.of(rows.vectors, adapted) for rows in (self.asked, self.told, self.refused))
        return replace(self, asked=asked, told=told, refused=refused)


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
        self._map: Map | None = None

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

    def adapt(self, adapted: Map | None) -> None:
        """Rank with the house's own map from now on, or without one."""
        with self._lock:
            before = list(self._stored)
        ready = [stored and stored.adapted(adapted) for stored in before]  # takes a second, and holds up no question
        with self._lock:
            self._map = adapted
            self._stored = [
                new if now is old else now and now.adapted(adapted)
                for now, old, new in zip_longest(self._stored, before, ready)
            ]

    def confirmations(self) -> Confirmations:
        """What people confirmed, for `adaptation.retrained`."""
        with self._lock:
            stored = [entry for entry in self._stored if entry]
            asked_mean, told_mean = self._asked_mean(), self._told_mean()
        counts = [len(entry.asked.vectors) - 1 for entry in stored]
        nothing = np.empty((0, len(asked_mean)), np.float16)
        return Confirmations(
            np.concatenate([nothing, *(entry.asked.vectors[1:] for entry in stored)]).astype(np.float32),
            np.repeat(np.arange(len(stored)), counts),
            np.array([entry.asked.vectors[0] for entry in stored], np.float32).reshape(-1, len(asked_mean)),
            np.array([entry.told.vectors[0] for entry in stored], np.float32).reshape(-1, len(told_mean)),
            asked_mean,
            told_mean,
        )

    @property
    def asked_mean(self) -> Floats:
        """The mean of the stored questions, from which similarities are seen; shape (dimension,)."""
        with self._lock:
            return self._asked_mean()

    def rank(self, vector: Floats, text: str, audiences: Collection[str] | None, limit: int) -> list[Hit]:
        """Return the best entries for a question, best first.

        `vector` is the question's query vector, `text` its wording. Only entries of `audiences` are seen; None means
        all of them.
        """
        query = normalise(strip_courtesies(text))
        with self._lock:
            visible = self._visible(audiences)
            coverage = self._lexicon.lifted(query, standard().expansions(query), len(self._stored), len(self))
            wording = ranking.lexical(coverage * visible)
            slots = self._candidates(vector, wording, visible)
            semantic = self._semantic(vector, slots)
            return self._hits(slots, semantic, wording[slots], limit)

    def _hits(self, slots: NDArray[np.intp], semantic: Floats, lexical: Floats, limit: int) -> list[Hit]:
        """The best `limit` of `slots`, best first."""
        totals = semantic + lexical
        order = np.argsort(-totals, kind="stable")[: max(limit, ranking.RIVALS)]
        offset = ranking.ADAPTED_OFFSET if self._map else ranking.OFFSET
        scores = ranking.probabilities(totals[order], self._kinship(slots[order]), offset)
        return [
            Hit(self._entry(slots[i]).id, float(score), float(semantic[i]), float(lexical[i]))
            for i, score in zip(order[:limit], scores, strict=False)
        ]

    def _kinship(self, slots: NDArray[np.intp]) -> Floats:
        entries = [self._entry(slot) for slot in slots]
        if not entries:
            return np.empty((0, 0), np.float32)
        asked = np.array([entry.asked.vectors[0] for entry in entries], np.float32)
        told = np.array([entry.told.vectors[0] for entry in entries], np.float32)
        return ranking.kinship(
            ranking.directions(asked, self._asked_mean()), ranking.directions(told, self._told_mean())
        )

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
        rows = (_Rows.of(vectors, self._map) for vectors in (item.asked, item.told, item.refused))
        self._stored[slot] = _Stored(text.id, wording, *rows)
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
        self._asked_total += sign * stored.asked.vectors[0].astype(np.float64)
        self._told_total += sign * stored.told.vectors[0].astype(np.float64)

    def _entry(self, slot: int) -> _Stored:
        stored = self._stored[slot]
        if stored is None:
            raise LookupError(f"Slot {slot} holds no entry.")
        return stored

    def _candidates(self, vector: Floats, wording: Floats, visible: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Visible slots with the best rough scores, in no order."""
        size = len(visible)
        mean = (self._asked_mean() + self._told_mean()) / 2
        towards = self._map.direction(vector, mean) if self._map else ranking.direction(vector, mean)
        rough = np.where(visible, self._rough[:size] @ towards + wording, -np.inf)
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
        asked_cosines = self._cosines(asked, vector, self._asked_mean())
        told_cosines = self._cosines(told, vector, self._told_mean())
        question = asked_cosines[asked_starts]
        best = np.maximum.reduceat(asked_cosines, asked_starts)
        chunk = np.maximum.reduceat(told_cosines, told_starts)
        gain = ranking.taught(question, best, lengths - 1) - self._price() * (lengths > 1)
        weights = ranking.ADAPTED if self._map else ranking.PLAIN
        blend = ranking.semantic(question, told_cosines[told_starts], chunk, gain, weights)
        return np.asarray(blend - self._refusal(entries, vector, best))

    def _price(self) -> float:
        return self._map.price if self._map else 0.0

    def _refusal(self, entries: list[_Stored], vector: Floats, best: Floats) -> Floats:
        """What each entry loses because people said that it does not answer such a question."""
        loss = np.zeros_like(best)
        places = np.flatnonzero([len(entry.refused.vectors) for entry in entries])
        if len(places):
            refused, starts, _ = _stacked([entries[place].refused for place in places])
            nearest = np.maximum.reduceat(self._cosines(refused, vector, self._asked_mean()), starts)
            loss[places] = REFUSAL * np.maximum(nearest - np.maximum(best[places], ALIKE), 0)
        return loss

    def _cosines(self, rows: _Rows, vector: Floats, mean: Floats) -> Floats:
        vectors: Floats = rows.vectors.astype(np.float32)
        if self._map is None:
            return ranking.centred_cosines(vectors, vector, mean)
        return self._map.cosines(vectors, rows.squares, vector, mean)

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


def _stacked(parts: list[_Rows]) -> tuple[_Rows, NDArray[np.intp], NDArray[np.intp]]:
    """All rows in one, where each part starts, and how many rows it has."""
    lengths = np.array([len(part.vectors) for part in parts])
    rows = _Rows(np.concatenate([part.vectors for part in parts]), np.concatenate([part.squares for part in parts]))
    return rows, np.cumsum(lengths) - lengths, lengths
