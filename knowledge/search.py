"""Finds entries for a question, always in the newest state of the store."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import structlog

from knowledge import ranking
from knowledge.adaptation import Map, retrained
from knowledge.decision import WRONG_SHARE, Decision, decide
from knowledge.embedding import Embedder, Vectors
from knowledge.entries import fingerprint, from_row, text_of, to_row
from knowledge.gaps import Gap, gaps
from knowledge.grouping import Group, duplicates
from knowledge.index import Hit, Index
from knowledge.text import strip_courtesies
from knowledge.vectors import EntryVectors, embed, embed_question, origin
from storage.database import Database
from storage.models.knowledge import LearnedMap, State
from storage.models.questions import OpenQuestion
from storage.repositories.knowledge import Changed

log = structlog.get_logger(__name__)

LIMIT = 10
SEED = 11
"""Of the training: the same confirmations give the same map."""
OPEN_AT_ONCE = 500
"""Open questions that are grouped: each is compared with each other one."""
AT_ONCE = 500
"""Entries loaded at a time: all at once would need twice the memory of the index while they are turned over."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found: the decision, the hits to show for it (one, two or three, or none), and up to ten hits."""

    decision: Decision
    shown: Sequence[Hit]
    hits: Sequence[Hit]
    vector: Vectors = field(default_factory=lambda: np.empty(0, np.float32), compare=False)
    """The question's, for whoever else wants to know what it means."""


class Search:
    """The index over the store of one process; before each answer it takes in what any process has changed.

    `wrong_share` is the share of wrong answers among confident ones that the house accepts.
    """

    def __init__(self, database: Database, embedder: Embedder, wrong_share: float = WRONG_SHARE) -> None:
        self._database = database
        self._embedder = embedder
        self._index = Index(origin(embedder))
        self._wrong_share = wrong_share
        self._seen = 0
        self._trained_at: datetime | None = None
        self._refreshing = asyncio.Lock()
        self._open_vectors: dict[str, Vectors] = {}

    @property
    def embedder(self) -> Embedder:
        """The model behind the vectors."""
        return self._embedder

    def __len__(self) -> int:
        return len(self._index)

    async def find(self, question: str, circles: Collection[str] | None, limit: int = LIMIT) -> Findings:
        """Find the entries that answer a question, among those that these circles may see (None: all).

        Raises `StoreUnavailable`.
        """
        # One after the other: beside the model, which takes all cores, the database would slow both down.
        await self.refresh()
        return await asyncio.to_thread(self._find, question, circles, limit)

    def _find(self, question: str, circles: Collection[str] | None, limit: int) -> Findings:
        vector = embed_question(self._embedder, question)
        hits = self._index.rank(vector, question, circles, limit)
        judgement = decide(hits, self._wrong_share)
        return Findings(judgement.decision, judgement.hits, hits, vector)

    async def duplicates(self, circles: Collection[str]) -> list[Group]:
        """Find approved entries that ask the same, among those that these circles may see; takes seconds for thousands.

        Raises `StoreUnavailable`.
        """
        await self.refresh()  # so that all have vectors in the store
        entries: dict[str, EntryVectors] = {}
        change = 0
        while changed := await self._changed_since(change):
            entries |= {one.entry.id: _first(one) for one in changed if one.vectors and one.entry.is_shown_to(circles)}
            change = changed[-1].entry.change
        return await asyncio.to_thread(self._grouped, list(entries.values()))

    def _grouped(self, entries: Sequence[EntryVectors]) -> list[Group]:
        if not entries:
            return []
        everyday = origin(self._embedder)
        asked = sum(entry.asked[0].astype(float) for entry in entries)
        told = sum(entry.told[0].astype(float) for entry in entries)
        asked_mean = ranking.shrunk_mean(asked, len(entries), everyday.asked)
        return duplicates(entries, asked_mean, ranking.shrunk_mean(told, len(entries), everyday.told))

    async def gaps(self) -> list[Gap]:
        """Group the open questions by what they ask, the newest ones if there are very many.

        Raises `StoreUnavailable`.
        """
        await self.refresh()
        questions = await self._open_questions()
        return await asyncio.to_thread(self._gaps, questions) if questions else []

    def _gaps(self, questions: Sequence[OpenQuestion]) -> list[Gap]:
        return gaps(questions, self._embedded(questions), self._index.asked_mean)

    async def answered(self, circles: Collection[str]) -> list[OpenQuestion]:
        """Find the open questions that these circles would get a confident answer to by now.

        Raises `StoreUnavailable`.
        """
        await self.refresh()
        questions = await self._open_questions()
        return await asyncio.to_thread(self._answered, questions, circles) if questions else []

    def _answered(self, questions: Sequence[OpenQuestion], circles: Collection[str]) -> list[OpenQuestion]:
        ranked = [
            self._index.rank(vector, question.text, circles, LIMIT)
            for question, vector in zip(questions, self._embedded(questions), strict=True)
        ]
        return [
            question
            for question, hits in zip(questions, ranked, strict=True)
            if decide(hits, self._wrong_share).decision is Decision.ANSWER
        ]

    async def _open_questions(self) -> Sequence[OpenQuestion]:
        # Read apart from the turn: its transaction locks the database, and the model takes its time.
        async with self._database.reading() as uow:
            return await uow.questions.open_questions(OPEN_AT_ONCE)

    def _embedded(self, questions: Sequence[OpenQuestion]) -> Vectors:
        """Query vectors, (n, d); those of questions that are still open are kept for the next time."""
        texts = dict.fromkeys(question.text for question in questions)
        missing = [text for text in texts if text not in self._open_vectors]
        known = dict(self._open_vectors)
        if missing:
            new = self._embedder.encode_queries([strip_courtesies(text) for text in missing])
            known |= dict(zip(missing, new, strict=True))
        self._open_vectors = {text: known[text] for text in texts}
        return np.stack([known[question.text] for question in questions])

    async def refresh(self) -> None:
        """Take in what changed in the store since the last time."""
        async with self._refreshing:
            while changed := await self._changed():
                await self._put([one for one in changed if one.entry.state == State.APPROVED])
                self._index.remove([one.entry.id for one in changed if one.entry.state != State.APPROVED])
                self._seen = changed[-1].entry.change

    async def _changed(self) -> Sequence[Changed]:
        async with self._database.reading() as uow:
            change, trained_at = await uow.knowledge.newest(self._embedder.name)
            if trained_at != self._trained_at:
                await self._adapt(await uow.knowledge.learned_map(self._embedder.name))
            if change == self._seen:  # nearly always, and quickly said
                return []
        return await self._changed_since(self._seen)

    async def _changed_since(self, change: int) -> Sequence[Changed]:
        async with self._database.reading() as uow:
            return await uow.knowledge.changed_since(change, self._embedder.name, AT_ONCE)

    async def _put(self, changed: Sequence[Changed]) -> None:
        known, missing = [], []
        for one in changed:
            text = text_of(one.entry.id, one.entry, one.wordings)
            if one.vectors and one.vectors.fingerprint == fingerprint(text):
                known.append(from_row(text, one.vectors))
            else:
                missing.append(text)
        if missing:  # a new model, or texts from a version that embedded other parts
            known += await asyncio.to_thread(embed, self._embedder, missing)
            await self._keep(known[-len(missing) :])
        await asyncio.to_thread(self._index.put, known)

    async def _keep(self, vectors: Sequence[EntryVectors]) -> None:
        async with self._database.unit_of_work() as uow:
            await uow.knowledge.save_vectors([to_row(self._embedder, vector) for vector in vectors])
            await uow.commit()

    # the house's own map

    async def retrain(self, now: datetime) -> None:
        """Learn the house's own map anew if people confirmed answers since; it is used only where it wins.

        Takes seconds. Raises `StoreUnavailable`.
        """
        await self.refresh()
        model = self._embedder.name
        async with self._database.reading() as uow:
            newest, learned = await uow.knowledge.newest_confirmation(), await uow.knowledge.learned_map(model)
        if newest == (learned.based_on if learned else 0):
            return
        found = await asyncio.to_thread(lambda: retrained(self._index.confirmations(), SEED))
        content = found.to_bytes() if found else None
        async with self._database.unit_of_work() as uow:
            await uow.knowledge.save_map(LearnedMap(model=model, trained_at=now, based_on=newest, content=content))
            await uow.commit()
        log.info("search.retrained", confirmations=newest, is_used=found is not None)

    async def _adapt(self, learned: LearnedMap | None) -> None:
        found = None
        if learned and learned.content:
            try:
                found = Map.from_bytes(learned.content, self._embedder.dimension)
            except ValueError as error:  # the search is as good as without one, and tomorrow there is another
                log.error("search.map_unusable", reason=str(error))
        await asyncio.to_thread(self._index.adapt, found)
        self._trained_at = learned.trained_at if learned else None


def _first(changed: Changed) -> EntryVectors:
    """The vectors that stand for an entry, without those of its parts and wordings."""
    assert changed.vectors
    vectors = from_row(text_of(changed.entry.id, changed.entry), changed.vectors)
    return replace(vectors, asked=vectors.asked[:1], told=vectors.told[:1])
