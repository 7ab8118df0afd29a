"""The curated store in the database."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.knowledge import (
    DistinctEntries,
    EntryContent,
    EntryOrigin,
    EntryPerson,
    KnowledgeEntry,
    KnowledgeRevision,
    KnowledgeVectors,
    LearnedMap,
    Part,
    State,
    Wording,
)
from storage.models.questions import Feedback, Verdict

WORDINGS_KEPT = 30
"""Of an entry, so many of the newest wordings that fit, and as many that do not."""
_WRITERS_LOCK = 20_261_122
"""Any number that is used for nothing else: PostgreSQL's writers of entries wait for each other under it."""


@dataclass(frozen=True, slots=True)
class Changed:
    """An entry that changed, its vectors by the model if there are any, and how people asked for it."""

    entry: KnowledgeEntry
    vectors: KnowledgeVectors | None
    wordings: Sequence[Wording]


class KnowledgeRepository:
    """Entries, their vectors and revisions, how people asked for them, and who is asked about them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, ids: Collection[str]) -> list[KnowledgeEntry]:
        """The entries with these ids, in the order of the ids; unknown ids are left out."""
        if not ids:
            return []
        statement = select(KnowledgeEntry).where(col(KnowledgeEntry.id).in_(ids))
        found = {entry.id: entry for entry in (await self._session.scalars(statement))}
        return [found[i] for i in ids if i in found]

    async def numbered(self, number: int) -> KnowledgeEntry | None:
        """The entry that people call by this number."""
        return (await self._session.scalars(select(KnowledgeEntry).where(col(KnowledgeEntry.number) == number))).first()

    async def in_state(self, *states: State) -> Sequence[KnowledgeEntry]:
        """Entries in one of these states, by number."""
        statement = select(KnowledgeEntry).where(col(KnowledgeEntry.state).in_(states))
        return (await self._session.scalars(statement.order_by(col(KnowledgeEntry.number)))).all()

    async def to_review(self, until: date, limit: int) -> Sequence[KnowledgeEntry]:
        """Answers about which somebody is to be asked: reported ones first, then those valid until then or less."""
        is_due = col(KnowledgeEntry.reported_on).is_not(None) | (col(KnowledgeEntry.valid_until) <= until)
        statement = (
            select(KnowledgeEntry)
            .where(col(KnowledgeEntry.state) == State.APPROVED, col(KnowledgeEntry.asked_on).is_(None), is_due)
            .order_by(col(KnowledgeEntry.reported_on).is_(None), col(KnowledgeEntry.valid_until))
            .limit(limit)
        )
        return (await self._session.scalars(statement)).all()

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

    async def changed_since(self, change: int, model: str, limit: int) -> list[Changed]:
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
        rows = [(row[0], row[1]) for row in await self._session.execute(statement)]
        wordings = await self.wordings([entry.id for entry, _ in rows])
        return [Changed(entry, vectors, wordings[entry.id]) for entry, vectors in rows]

    async def fingerprints(self, model: str) -> dict[str, str]:
        """By entry id, what was embedded by a model."""
        statement = select(col(KnowledgeVectors.entry_id), col(KnowledgeVectors.fingerprint)).where(
            col(KnowledgeVectors.model) == model
        )
        return {row[0]: row[1] for row in await self._session.execute(statement)}

    async def save(self, contents: Sequence[tuple[str, EntryContent]], origin: str, now: datetime) -> None:
        """Put entries in their new form and keep that form as a revision; `origin` says where it came from."""
        await self._take_turn()
        for entry_id, content in contents:
            await self._put(entry_id, content)
            await self._keep(entry_id, content, origin, now)

    async def hold(self) -> None:
        """Have other writers of entries wait until this transaction ends: what is read now still holds when saving."""
        await self._take_turn()

    async def _take_turn(self) -> None:
        """Have other writers wait until this transaction ends: change numbers must rise in the order of commits."""
        if self._session.bind is not None and self._session.bind.dialect.name == "postgresql":
            await self._session.execute(text(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})"))

    async def _put(self, entry_id: str, content: EntryContent) -> None:
        change = await self.last_change() + 1
        entry = await self._session.get(KnowledgeEntry, entry_id)
        if entry is None:
            number = (await self._session.scalars(select(func.max(col(KnowledgeEntry.number))))).one() or 0
            entry = KnowledgeEntry(id=entry_id, number=number + 1, change=change, **content.model_dump())
        else:
            entry.sqlmodel_update(content.model_dump() | {"change": change, "reported_on": None, "asked_on": None})
            await self._forget_reports(entry_id)
        self._session.add(entry)
        await self._session.flush()

    async def _forget_reports(self, entry_id: str) -> None:
        reports = (col(Feedback.entry_id) == entry_id) & (col(Feedback.verdict) == Verdict.OUTDATED)
        await self._session.execute(delete(Feedback).where(reports))

    async def _keep(self, entry_id: str, content: EntryContent, origin: str, now: datetime) -> None:
        self._session.add(
            KnowledgeRevision(
                entry_id=entry_id,
                number=await self.revision(entry_id) + 1,
                recorded_at=now,
                origin=origin,
                content=content.model_dump(mode="json"),
            )
        )
        await self._session.flush()

    async def keep_aside(self, entry_id: str, content: EntryContent, origin: str, now: datetime) -> int:
        """Keep a version that did not become the entry's form, since somebody was quicker; gives its number.

        The present form is kept once more behind it, so that the newest revision is always the one that counts.
        """
        entry = await self._session.get(KnowledgeEntry, entry_id)
        assert entry is not None
        await self._keep(entry_id, content, origin, now)
        number = await self.revision(entry_id)
        await self._keep(entry_id, entry.content, "unverändert", now)
        return number

    async def revision(self, entry_id: str) -> int:
        """The number of the newest version of an entry, 0 if there is none."""
        statement = select(func.max(col(KnowledgeRevision.number))).where(col(KnowledgeRevision.entry_id) == entry_id)
        return (await self._session.scalars(statement)).one() or 0

    async def revisions(self, entry_id: str) -> list[KnowledgeRevision]:
        """All versions of an entry, oldest first."""
        statement = select(KnowledgeRevision).where(col(KnowledgeRevision.entry_id) == entry_id)
        return list(await self._session.scalars(statement.order_by(col(KnowledgeRevision.number))))

    async def save_vectors(self, vectors: Sequence[KnowledgeVectors]) -> None:
        """Put the vectors of entries in place of their earlier ones."""
        for row in vectors:
            await self._session.merge(row)
        await self._session.flush()

    # how people ask

    async def learn(self, wording: Wording) -> None:
        """Keep how somebody asked for an entry, in the place of what was said of it before; the oldest of many go."""
        await self._take_turn()
        same = (col(Wording.entry_id) == wording.entry_id) & (func.lower(col(Wording.text)) == wording.text.lower())
        await self._session.execute(delete(Wording).where(same))
        self._session.add(wording)
        await self._session.flush()
        alike = (col(Wording.entry_id) == wording.entry_id) & (col(Wording.fits) == wording.fits)
        newest = select(col(Wording.id)).where(alike).order_by(col(Wording.id).desc()).limit(WORDINGS_KEPT)
        await self._session.execute(delete(Wording).where(alike, col(Wording.id).not_in(newest)))
        await self._touch([wording.entry_id])

    async def wordings(self, ids: Collection[str]) -> Mapping[str, Sequence[Wording]]:
        """How people asked for these entries, oldest first."""
        statement = select(Wording).where(col(Wording.entry_id).in_(ids)).order_by(col(Wording.id))
        found: dict[str, list[Wording]] = defaultdict(list)
        for wording in await self._session.scalars(statement):
            found[wording.entry_id].append(wording)
        return found

    async def unlearn(self, answer_keys: Collection[str]) -> None:
        """Forget the wordings of these messages, and the drafts that were made from them."""
        of_these = col(Wording.answer_key).in_(answer_keys)
        changed = (await self._session.scalars(select(col(Wording.entry_id)).where(of_these).distinct())).all()
        await self._session.execute(delete(Wording).where(of_these))
        if changed:
            # The map was learned from them, too: tonight it is learned again.
            await self._session.execute(update(LearnedMap).values(based_on=-1))
            await self._take_turn()
            await self._touch(changed)
        origins = select(col(EntryOrigin.entry_id)).where(col(EntryOrigin.answer_key).in_(answer_keys))
        await self._session.execute(
            delete(KnowledgeEntry).where(col(KnowledgeEntry.id).in_(origins), col(KnowledgeEntry.state) == State.DRAFT)
        )

    async def _touch(self, ids: Collection[str]) -> None:
        """Have the indexes take in these entries again."""
        for entry_id in ids:
            values = {"change": await self.last_change() + 1}
            await self._session.execute(update(KnowledgeEntry).where(col(KnowledgeEntry.id) == entry_id).values(values))

    # the state of an entry beside its content

    async def mark_reported(self, entry_id: str, today: date) -> None:
        """Mark an answer as perhaps outdated."""
        await self._set(entry_id, reported_on=today)

    async def note_asked(self, entry_id: str, today: date) -> None:
        """Note that somebody was asked whether an answer still holds."""
        await self._set(entry_id, asked_on=today)

    async def _set(self, entry_id: str, **values: date) -> None:
        await self._session.execute(update(KnowledgeEntry).where(col(KnowledgeEntry.id) == entry_id).values(values))

    async def discard(self, entry_id: str) -> None:
        """Delete a draft for good; anything else is only ever retired."""
        await self._session.execute(
            delete(KnowledgeEntry).where(col(KnowledgeEntry.id) == entry_id, col(KnowledgeEntry.state) == State.DRAFT)
        )

    # duplicates

    async def keep_apart(self, ids: Collection[str]) -> None:
        """Note that no two of these entries are the same, however alike they look."""
        for one, other in combinations(sorted(ids), 2):
            await self._session.merge(DistinctEntries(one=one, other=other))
        await self._session.flush()

    async def kept_apart(self) -> set[tuple[str, str]]:
        """Pairs of entries that are not the same, the smaller id first."""
        return {(pair.one, pair.other) for pair in await self._session.scalars(select(DistinctEntries))}

    # people

    async def assign(self, entry_id: str, part: Part, platform: str, person: str) -> None:
        """Note who has this part in an entry, in the place of who had it before."""
        await self._session.merge(EntryPerson(entry_id=entry_id, part=part, platform=platform, person=person))
        await self._session.flush()

    async def person(self, entry_id: str, part: Part) -> EntryPerson | None:
        """Who has this part in an entry, if it is known."""
        return await self._session.get(EntryPerson, (entry_id, part))

    async def release(self, entry_id: str, part: Part) -> None:
        """Forget who has this part in an entry."""
        of_this = (col(EntryPerson.entry_id) == entry_id) & (col(EntryPerson.part) == part)
        await self._session.execute(delete(EntryPerson).where(of_this))

    async def parts_of(self, platform: str, person: str) -> Sequence[tuple[KnowledgeEntry, Part]]:
        """The entries in which somebody has a part."""
        statement = (
            select(KnowledgeEntry, EntryPerson)
            .join(EntryPerson, col(EntryPerson.entry_id) == col(KnowledgeEntry.id))
            .where(col(EntryPerson.platform) == platform, col(EntryPerson.person) == person)
        )
        return [(row[0], row[1].part) for row in await self._session.execute(statement)]

    async def forget_person(self, platform: str, person: str) -> None:
        """Forget which parts somebody has; the entries stay."""
        of_them = (col(EntryPerson.platform) == platform) & (col(EntryPerson.person) == person)
        await self._session.execute(delete(EntryPerson).where(of_them))

    async def drop_owner(self, entry_ids: Collection[str], names: Collection[str]) -> None:
        """Take a name from these entries and their earlier versions, where it is one of these names."""
        named = select(KnowledgeEntry).where(
            col(KnowledgeEntry.id).in_(entry_ids), col(KnowledgeEntry.owner).in_(names)
        )
        for entry in (await self._session.scalars(named)).all():
            entry.owner = None
        await self._take_turn()
        await self._touch(entry_ids)
        versions = select(KnowledgeRevision).where(col(KnowledgeRevision.entry_id).in_(entry_ids))
        for version in (await self._session.scalars(versions)).all():
            if version.content.get("owner") in names:
                version.content = {**version.content, "owner": None}
        await self._session.flush()

    async def note_origin(self, entry_id: str, answer_keys: Collection[str]) -> None:
        """Note the messages that a draft was made from."""
        for key in answer_keys:
            await self._session.merge(EntryOrigin(answer_key=key, entry_id=entry_id))
        await self._session.flush()

    # the learned map

    async def newest(self, model: str) -> tuple[int, datetime | None]:
        """The number of the newest change in the store, 0 for an empty one, and when the map was trained."""
        trained_at = select(col(LearnedMap.trained_at)).where(col(LearnedMap.model) == model).scalar_subquery()
        [row] = await self._session.execute(select(func.max(col(KnowledgeEntry.change)), trained_at))
        return row[0] or 0, row[1]

    async def newest_confirmation(self) -> int:
        """The number of the newest wording that fits, 0 if there is none."""
        statement = select(func.max(col(Wording.id))).where(col(Wording.fits))
        return (await self._session.scalars(statement)).one() or 0

    async def learned_map(self, model: str) -> LearnedMap | None:
        """The map of a model's vectors, if one was trained."""
        return await self._session.get(LearnedMap, model)

    async def save_map(self, learned: LearnedMap) -> None:
        """Put a map in the place of the one before."""
        await self._session.merge(learned)
        await self._session.flush()
