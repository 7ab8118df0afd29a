"""Finds entries for a question, always in the newest state of the store."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from knowledge.decision import Decision, decide
from knowledge.embedding import Embedder
from knowledge.entries import fingerprint, from_row, text_of, to_row
from knowledge.index import Hit, Index
from knowledge.vectors import EntryVectors, embed, embed_question, origin
from storage.database import Database
from storage.models.knowledge import State
from storage.repositories.knowledge import Changed

LIMIT = 10
AT_ONCE = 500
"""Entries loaded at a time: all at once would need twice the memory of the index while they are turned over."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found: the decision, the hits to show for it (one, two or three, or none), and up to ten hits."""

    decision: Decision
    shown: Sequence[Hit]
    hits: Sequence[Hit]


class Search:
    """The index over the store of one process; before each answer it takes in what any process has changed."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._embedder = embedder
        self._index = Index(origin(embedder))
        self._seen = 0
        self._refreshing = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._index)

    async def find(self, question: str, circles: Collection[str] | None, limit: int = LIMIT) -> Findings:
        """Find the entries that answer a question, among those that these circles may see (None: all).

        Raises `StoreUnavailable`.
        """
        # One after the other: beside the model, which takes all cores, the database would slow both down.
        await self.refresh()
        hits = await asyncio.to_thread(self._rank, question, circles, limit)
        judgement = decide(hits)
        return Findings(judgement.decision, judgement.hits, hits)

    def _rank(self, question: str, circles: Collection[str] | None, limit: int) -> Sequence[Hit]:
        return self._index.rank(embed_question(self._embedder, question), question, circles, limit)

    async def refresh(self) -> None:
        """Take in what changed in the store since the last time."""
        async with self._refreshing:
            while changed := await self._changed():
                await self._put([one for one in changed if one.entry.state == State.APPROVED])
                self._index.remove([one.entry.id for one in changed if one.entry.state != State.APPROVED])
                self._seen = changed[-1].entry.change

    async def _changed(self) -> Sequence[Changed]:
        async with self._database.reading() as uow:
            if await uow.knowledge.last_change() == self._seen:  # nearly always, and quickly said
                return []
            return await uow.knowledge.changed_since(self._seen, self._embedder.name, AT_ONCE)

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
