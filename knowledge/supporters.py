"""Finds supporters by what they say of themselves: for a keyword or a sentence, who names it and in which words.

Only what people declare counts, and nothing that they do. Scores tell whether somebody fits at all; among those who do,
callers show a random order, for a ranking reads as a rating.
"""

import asyncio
from collections.abc import Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from knowledge.abbreviations import ABBREVIATION, AROUND, NAMES, reading_of
from knowledge.abbreviations import GLOSSARY as AMBIGUOUS
from knowledge.embedding import BATCH, Embedder
from knowledge.glossary import Expansion, Glossary, standard
from knowledge.ranking import Floats, directions
from knowledge.seeking import subject
from knowledge.text import normalise
from knowledge.vectors import origin
from knowledge.words import GENERIC, content_words, share_of, weight_of, without_endings, word_likeness

THRESHOLD = 0.35
"""Whoever scores less does not fit; see tests/benchmarks/supporters.py, which measures it."""
OFFSET, MEANING, WORDING, RIVAL = -8.4, 10.4, 21.0, -2.0
"""Logistic model of whether a topic fits, fitted to half of tests/data/supporters.jsonl: on the centred cosine, on the
squared share of common words, and on meaning another product, or by an abbreviation another thing, than the asker."""
LEARNED, LIKENESS = -7.0, 12.0
"""The same for a wording that somebody said they suit: by the centred cosine alone, from about 0.55 on."""
SAME = 0.8
"""From this likeness on, a question is one that somebody said does not suit them."""
NAMED = 0.4
"""From this share of common words on, words are the reason that is told, not the meaning."""
SYNONYM = 0.9
"""What another word for a word is worth beside the word."""
SURE = 0.05
"""How much nearer the words around an abbreviation have to be to one reading than to any other."""
FORMAT = 0.02
"""What an asked format adds: it orders those who fit, and makes nobody fit."""
MOST = 20_000
"""Texts whose vectors are kept, some 30 MB."""

CONTEXT = "\n"
"""Between a topic and what else its person names, and before a wording: no words of it are compared."""
LONGEST = 30
"""Words of a question that are compared one by one."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one supporter tells.

    `topics` and `formats` are their own words. `fits` and `misfits` are wordings that they said suit them, or do not:
    they are not found by the same question again.
    """

    person_id: int
    topics: tuple[str, ...]
    formats: tuple[str, ...] = ()
    fits: tuple[str, ...] = ()
    misfits: tuple[str, ...] = ()


class Fit(StrEnum):
    """Why somebody fits: they say the asker's word, another word for it, or something that means the like.

    Or they said that such a question suits them, whatever their topics; then it was not the topic that fitted.
    """

    WORD = "word"
    SYNONYM = "synonym"
    MEANING = "meaning"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody who fits, and `topic`, the words of their own that say so or, if confirmed, come nearest.

    `score` is how probably they fit, from `THRESHOLD` to 1: for cutting off, never to be shown.
    """

    person_id: int
    topic: str
    fit: Fit
    score: float


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a text: its words, how much of it each term of the glossary is, and what abbreviations mean."""

    vector: Floats
    words: list[str]
    terms: Mapping[str, float]
    readings: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, ready to be compared."""

    vector: Floats
    words: list[str]
    expansions: list[Expansion]
    readings: Mapping[str, int]
    """Which reading of an abbreviation is meant, as far as the question tells."""


class Supporters:
    """Compares questions with what supporters say; keeps in memory what belongs to a text, and nothing of a person."""

    def __init__(self, embedder: Embedder, glossary: Glossary | None = None) -> None:
        self._embedder = embedder
        self._glossary = glossary or standard()
        # One at a time, without a lock: what is kept changes with each question, and the model has all cores anyway.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="supporters")
        self._shelf = _Shelf(embedder.dimension)
        self._around: dict[str, Floats] = {}
        self._is_closed = False

    def close(self) -> None:
        """Take no more questions, and let no long work go on: a process waits for its threads before it ends."""
        self._is_closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def warm(self, said: Sequence[Said]) -> None:
        """Embed all that is said, so that no question waits for it, and forget what nobody says any more.

        Takes about two minutes for 6,000 different topics on two cores.
        """
        await asyncio.get_running_loop().run_in_executor(self._thread, self._warm, said)

    def _warm(self, said: Sequence[Said]) -> None:
        self._learn(self._texts(said))
        self._keep_only(said)

    def keep_only(self, said: Sequence[Said]) -> None:
        """Forget soon, without anybody waiting for it, what is said by nobody any more."""
        if not self._is_closed:
            self._thread.submit(self._keep_only, said)

    def _keep_only(self, said: Sequence[Said]) -> None:
        self._shelf = self._shelf.kept(set(self._texts(said)))

    async def find(self, question: str, said: Sequence[Said]) -> list[Match]:
        """Return everybody who fits with their best topic, best first; whoever shows them shuffles each standing.

        There is no limit on their number, for callers leave out who is on leave or of the wrong department.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._find, question, said)

    def _find(self, question: str, said: Sequence[Said]) -> list[Match]:
        said = [one for one in said if one.topics]  # who names nothing gives no reason to be shown
        if not said:
            return []
        self._learn(texts := self._texts(said))
        asked = self._ask(question)
        topics = [topic for one in said for topic in one.topics]
        slots = self._shelf.slots(texts[: len(topics)])
        scores, words, synonyms = (part[slots] for part in self._shelf.compare(asked))
        best = _maxima(scores, [len(one.topics) for one in said])
        found = np.maximum(scores[best], self._learned(asked, said))
        matches = []
        for i in np.flatnonzero((found >= THRESHOLD) & ~self._refused(asked, said)).tolist():
            fit = _fit(words[best[i]], synonyms[best[i]]) if scores[best[i]] >= THRESHOLD else Fit.CONFIRMED
            score = min(found[i] + FORMAT * _offers(said[i], asked.words), 1.0)
            matches.append(Match(said[i].person_id, topics[best[i]], fit, score))
        return sorted(matches, key=lambda match: -match.score)

    def _texts(self, said: Sequence[Said]) -> list[str]:
        """All that is said, as it is kept: first the topics of all, then their wordings, which are told by a mark."""
        topics = [
            topic if topic in self._shelf else _in_context(topic, one.topics) for one in said for topic in one.topics
        ]
        return topics + [CONTEXT + text for one in said for text in (*one.fits, *one.misfits)]

    def _learn(self, texts: Sequence[str]) -> None:
        """Embed those that are new."""
        missing = list(dict.fromkeys(text for text in texts if text not in self._shelf))
        if len(self._shelf) + len(missing) > MOST:
            self._shelf = self._shelf.kept(set(texts))
        for start in range(0, len(missing), BATCH):  # a batch at a time, so that other questions get in between
            if self._is_closed:
                raise RuntimeError("The process ends, nothing is embedded any more.")
            batch = missing[start : start + BATCH]
            vectors = self._embedded([subject(text) for text in batch])
            self._shelf.put({text: self._known(text, vector) for text, vector in zip(batch, vectors, strict=True)})

    def _known(self, text: str, vector: Floats) -> _Known:
        normalised = normalise(subject(text.partition(CONTEXT)[0]))
        words = content_words(normalised)
        terms = {
            expansion.term: share_of(expansion.term, words) for expansion in _expansions(normalised, self._glossary)
        }
        return _Known(vector, words, terms, self._read(subject(text)))

    def _ask(self, question: str) -> _Asked:
        text = subject(question)
        normalised, vector = normalise(text), self._embedded([text])[0]
        words = list(dict.fromkeys(content_words(normalised)))[:LONGEST]
        readings = self._read(text)
        expansions = [
            expansion
            for expansion in _expansions(" ".join(normalised.split()[:LONGEST]), self._glossary)
            if expansion.term not in readings or reading_of(expansion, expansion.term) == readings[expansion.term]
        ]
        return _Asked(vector, words, expansions, readings)

    def _read(self, text: str) -> dict[str, int]:
        """Which reading abbreviations in a text have, as far as the text tells."""
        words = normalise(text).split()
        found = {}
        for term in NAMES.keys() & words:
            rest = " ".join(word for word in words if word != term)
            likeness = self._likeness_of_readings(term, rest) if rest else np.zeros(2)
            second, first = np.argsort(likeness)[-2:]
            if likeness[first] - likeness[second] >= SURE:
                found[term] = int(first)
        return found

    def _likeness_of_readings(self, term: str, text: str) -> Floats:
        """How near the nearest word of each reading comes to a text without the abbreviation."""
        if not self._around:
            known = list({word for readings in AROUND.values() for words in readings for word in words})
            self._around = dict(zip(known, self._embedded(known), strict=True))
        vector = self._embedded([text])[0]
        return np.array([max(self._around[word] @ vector for word in words) for words in AROUND[term]])

    def _learned(self, asked: _Asked, said: Sequence[Said]) -> Floats:
        """How probably each suits, by wordings that they said they suit."""
        nearest = self._nearest(asked, [one.fits for one in said])
        return np.asarray(1 / (1 + np.exp(-(LEARNED + LIKENESS * nearest))))

    def _refused(self, asked: _Asked, said: Sequence[Said]) -> NDArray[np.bool_]:
        """Who said that this question does not suit them, and did not say later that it does."""
        misfits = self._nearest(asked, [one.misfits for one in said])
        return np.asarray((misfits >= SAME) & (misfits > self._nearest(asked, [one.fits for one in said])))

    def _nearest(self, asked: _Asked, wordings: Sequence[tuple[str, ...]]) -> Floats:
        """Likeness with the nearest of each one's wordings, -1 without any; shape (len(wordings),)."""
        slots = self._shelf.slots([CONTEXT + text for texts in wordings for text in texts])
        likeness = self._shelf.vectors[slots] @ asked.vector
        nearest = np.full(len(wordings), -1.0)
        np.maximum.at(nearest, np.repeat(np.arange(len(wordings)), [len(texts) for texts in wordings]), likeness)
        return nearest

    def _embedded(self, texts: Sequence[str]) -> Floats:
        """Query vectors, seen from everyday questions: there similarities mean the same whoever says whatever."""
        return directions(self._embedder.encode_queries(texts), origin(self._embedder).asked)


class _Shelf:
    """Texts with what is known of each, in arrays that are compared with a question at once."""

    def __init__(self, dimension: int) -> None:
        self._slot_of: dict[str, int] = {}
        self._known: list[_Known] = []
        self._holders: dict[str, dict[int, float]] = {}
        self._table = _Table.of([])
        self.vectors: Floats = np.empty((0, dimension), np.float32)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, text: object) -> bool:
        return text in self._slot_of

    def slots(self, texts: Sequence[str]) -> NDArray[np.intp]:
        """Where texts stand in `vectors` and in what `compare` returns."""
        return np.fromiter(map(self._slot_of.__getitem__, texts), np.intp, len(texts))

    def put(self, texts: Mapping[str, _Known]) -> None:
        """Add texts that are not there yet."""
        for text, known in texts.items():
            slot = self._slot_of[text] = len(self._known)
            self._known.append(known)
            for term, share in known.terms.items():
                self._holders.setdefault(term, {})[slot] = share
        self.vectors = np.concatenate([self.vectors, *(known.vector[None] for known in texts.values())])
        self._table = _Table.of([known.words for known in self._known])

    def kept(self, texts: Container[str]) -> "_Shelf":
        """A shelf with those of these texts that are here."""
        shelf = _Shelf(self.vectors.shape[1])
        shelf.put({text: self._known[slot] for text, slot in self._slot_of.items() if text in texts})
        return shelf

    def compare(self, asked: _Asked) -> tuple[Floats, Floats, Floats]:
        """Score of each text, and how much of text and question are the same words, or other words for the same."""
        words = self._common_words(asked)
        synonyms, rivals = self._synonyms(asked)
        meaning = self.vectors @ asked.vector
        wording = np.minimum(words + SYNONYM * synonyms, 1)
        logits = OFFSET + MEANING * meaning + WORDING * wording**2 + RIVAL * rivals
        return 1 / (1 + np.exp(-logits)), words, synonyms

    def _common_words(self, asked: _Asked) -> Floats:
        """Geometric mean of the share of the question's words that a text has, and of the text's that it asks for."""
        table = self._table
        likeness = word_likeness(asked.words, table.vocabulary)[:, table.words]
        for word in asked.readings.keys() & asked.words:
            likeness[asked.words.index(word), np.isin(table.slots, self._misread(asked, word))] = 0
        weights = np.array([weight_of(word) for word in asked.words])
        asked_share = weights @ np.maximum.reduceat(likeness, table.starts, axis=1) / weights.sum()
        told_share = np.add.reduceat(likeness.max(axis=0) * table.weights, table.starts) / table.totals
        return np.asarray(np.sqrt(asked_share * told_share))

    def _synonyms(self, asked: _Asked) -> tuple[Floats, NDArray[np.bool_]]:
        """The same for other words of the glossary, and which texts name another product than the question."""
        shares, rivals = np.zeros(len(self)), np.zeros(len(self), bool)
        for expansion in asked.expansions:
            asked_share = share_of(expansion.term, asked.words)
            for term in expansion.alternatives:
                reading = reading_of(expansion, term)
                for slot, told_share in self._holders.get(term, {}).items():
                    if reading is None or self._known[slot].readings.get(term, reading) == reading:
                        shares[slot] = max(shares[slot], np.sqrt(asked_share * told_share))
            others = {slot for term in expansion.rivals for slot in self._holders.get(term, ())}
            rivals[list(others - self._holders.get(expansion.term, {}).keys())] = True
        for term in asked.readings:
            rivals[self._misread(asked, term)] = True
        return np.where(rivals, 0, shares), rivals

    def _misread(self, asked: _Asked, term: str) -> list[int]:
        """Texts in which an abbreviation means something else than in the question."""
        meant = asked.readings[term]
        return [slot for slot, known in enumerate(self._known) if known.readings.get(term, meant) != meant]


@dataclass(frozen=True, slots=True)
class _Table:
    """The words of all texts: `words` are places in `vocabulary`, those of a slot begin at its `starts`."""

    vocabulary: list[str]
    words: NDArray[np.intp]
    slots: NDArray[np.intp]
    starts: NDArray[np.intp]
    weights: Floats
    totals: Floats
    """Sum of the weights of each slot."""

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> "_Table":
        """Make the table of texts of at least one word each."""
        places: dict[str, int] = {}
        words = np.array([places.setdefault(word, len(places)) for text in texts for word in text], np.intp)
        counts = np.array([len(text) for text in texts], np.intp)
        starts = np.cumsum(counts) - counts
        weights = np.array([weight_of(word) for word in places], np.float32)[words]
        slots = np.repeat(np.arange(len(texts)), counts)
        return cls(list(places), words, slots, starts, weights, np.add.reduceat(weights, starts))


def standings(matches: Iterable[Match]) -> list[list[Match]]:
    """Split matches into those who say it or confirmed it and those who mean the like; none is empty.

    Within one, nobody stands before anybody: the order there is to be random.
    """
    named: list[Match] = []
    meant: list[Match] = []
    for match in matches:
        (meant if match.fit is Fit.MEANING else named).append(match)
    return [group for group in (named, meant) if group]


def _in_context(topic: str, topics: Sequence[str]) -> str:
    """A topic as it is kept: one that says no more than „PR“ is read by the other ones of its person."""
    if not ABBREVIATION.search(topic) or set(content_words(normalise(topic))) - GENERIC - NAMES.keys():
        return topic
    return topic + CONTEXT + CONTEXT.join(other for other in topics if other != topic)


def _offers(said: Said, words: Sequence[str]) -> bool:
    """Whether one of their formats is asked for."""
    return any(set(normalise(offered).split()).intersection(words) for offered in said.formats)


def _fit(words: float, synonyms: float) -> Fit:
    if words >= max(NAMED, SYNONYM * synonyms):
        return Fit.WORD
    return Fit.SYNONYM if synonyms >= NAMED else Fit.MEANING


def _maxima(values: Floats, lengths: Sequence[int]) -> NDArray[np.intp]:
    """Place of the first maximum of each stretch of `values`; none is empty."""
    order = np.lexsort((-values, np.repeat(np.arange(len(lengths)), lengths)))
    return np.asarray(order[np.cumsum(lengths) - lengths])


def _expansions(normalised: str, glossary: Glossary) -> list[Expansion]:
    """What terms of a text may stand for, also in another inflection."""
    found = {}
    for text in without_endings(normalised):
        for expansion in chain(glossary.expansions(text), AMBIGUOUS.expansions(text)):
            found[expansion.term, expansion.alternatives] = expansion
    return list(found.values())
