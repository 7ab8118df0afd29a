"""The curated store in the database."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.knowledge import EntryContent, KnowledgeEntry, KnowledgeRevision, KnowledgeVectors


class KnowledgeRepository:
    """Entries, their vectors and their revisions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, ids: Collection[str]) -> list[KnowledgeEntry]:
        """The entries with these ids, in the order of the ids; unknown ids are left out."""
        if not ids:
            return []
        statement = select(KnowledgeEntry).where(col(KnowledgeEntry.id).in_(ids))
        found = {entry.id: entry for entry in (await self._session.scalars(statement))}
        return [found[i] for i in ids if i in found]

    async def all(self) -> AsyncIterator[KnowledgeEntry]:
        """Every entry, sorted by id, without loading all at once."""
        stream = await self._session.stream_scalars(select(KnowledgeEntry).order_by(col(KnowledgeEntry.id)))
        async for entry in stream:
            yield entry

    async def contents(self) -> dict[str, EntryContent]:
        """The content of every entry by id."""
        return {entry.id: entry.content async for entry in self.all()}

    async def count(self) -> int:
        """How many entries there are, in any state."""
        return (await self._session.scalars(select(func.count()).select_from(KnowledgeEntry))).one()

    async def last_change(self) -> int:
        """The number of the newest change in the store, 0 for an empty one."""
        return (await self._session.scalars(select(func.max(col(KnowledgeEntry.change))))).one() or 0

    async def changed_since(
        self, change: int, model: str, limit: int
    ) -> list[tuple[KnowledgeEntry, KnowledgeVectors | None]]:
        """Entries changed after `change`, oldest change first, with their vectors by a model where these are there."""
        statement = (
            select(KnowledgeEntry, KnowledgeVectors)
            .outerjoin(
                KnowledgeVectors,
                (col(KnowledgeVectors.entry_id) == col(KnowledgeEntry.id)) & (col(KnowledgeVectors.model) == model),
            )
            .where(col(KnowledgeEntry.change) > change)
            .order_by(col(KnowledgeEntry.change))
            .limit(limit)
        )
        return [(row[0], row[1]) for row in await self._session.execute(statement)]

    async def fingerprints(self, model: str) -> dict[str, str]:
        """By entry id, what was embedded by a model."""
        statement = select(col(KnowledgeVectors.entry_id), col(KnowledgeVectors.fingerprint)).where(
            col(KnowledgeVectors.model) == model
        )
        return {row[0]: row[1] for row in await self._session.execute(statement)}

    async def save(self, contents: Sequence[tuple[str, EntryContent]], origin: str, now: datetime) -> None:
        """Put entries in their new form and keep that form as a revision; `origin` says where it came from."""
        change = await self.last_change()
        for place, (entry_id, content) in enumerate(contents, start=1):
            values = content.model_dump()
            await self._session.merge(KnowledgeEntry(id=entry_id, change=change + place, **values))
            await self._session.flush()
            number = await self._next_revision(entry_id)
            self._session.add(
                KnowledgeRevision(
                    entry_id=entry_id,
                    number=number,
                    recorded_at=now,
                    origin=origin,
                    content=content.model_dump(mode="json"),
                )
            )
        await self._session.flush()

    async def _next_revision(self, entry_id: str) -> int:
        statement = select(func.max(col(KnowledgeRevision.number))).where(col(KnowledgeRevision.entry_id) == entry_id)
        return ((await self._session.scalars(statement)).one() or 0) + 1

    async def revisions(self, entry_id: str) -> list[KnowledgeRevision]:
        """All versions of an entry, oldest first."""
        statement = select(KnowledgeRevision).where(col(KnowledgeRevision.entry_id) == entry_id)
        return list(await self._session.scalars(statement.order_by(col(KnowledgeRevision.number))))

    async def save_vectors(self, vectors: Sequence[KnowledgeVectors]) -> None:
        """Put the vectors of entries in place of their earlier ones."""
        for row in vectors:
            await self._session.merge(row)
        await self._session.flush()
