"""People, their accounts, portraits and codes in the database."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Column, Table, delete, func, inspect, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from storage.models.addresses import KnownConversation
from storage.models.agenda import AgendaItem, Ballot
from storage.models.jour_fixe import Attendance, CalendarFeed, Companions, MeetingDuty, RotaPlace
from storage.models.minutes import Task
from storage.models.peer_consultation import (
    CaseVeto,
    ConsultationCase,
    ConsultationFollowUp,
    DateAnswer,
    GroupMember,
    GroupPlace,
    Participation,
    Partners,
    PhaseVoice,
)
from storage.models.people import (
    Account,
    OneTimeCode,
    Person,
    Portrait,
    PortraitWording,
    Purpose,
    TakenSlot,
    UnmetTopic,
)
from storage.models.requests import Answer, Pairing, RequestCandidate, RequestState, SupportRequest

_PEOPLE_LOCK = 20_261_123
_PERSONS: Table = Person.__table__  # type: ignore[attr-defined]
_WEIGHT = (Answer.ASKED, Answer.NOT_NOW, Answer.UNSUITABLE, Answer.ACCEPTED)
"""Of two answers of one person to the same request, the later one here counts."""


class PeopleRepository:
    """Who somebody is on several platforms, and what they told about themselves."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # persons and accounts

    async def hold(self) -> None:
        """Have others who change who is who wait until this transaction ends; what is read now still holds then."""
        if self._session.bind is not None and self._session.bind.dialect.name == "postgresql":
            await self._session.execute(text(f"SELECT pg_advisory_xact_lock({_PEOPLE_LOCK})"))

    async def find(self, platform: str, person: str) -> Person | None:
        """Who uses an account, if anything is remembered of them."""
        statement = select(Person).join(Account, col(Account.person_id) == col(Person.id))
        statement = statement.where(col(Account.platform) == platform, col(Account.person) == person)
        return (await self._session.scalars(statement)).first()

    async def get(self, person_id: int) -> Person | None:
        """Somebody by our id."""
        return await self._session.get(Person, person_id)

    async def know(self, platform: str, person: str, name: str) -> Person:
        """Who uses an account; remembered from now on, under the name that they are shown with."""
        found = await self.find(platform, person)
        if found is None:
            await self.hold()  # of two first messages at once, the second finds what the first has made
            found = await self.find(platform, person)
        if found is None:
            found = Person(name=name)
            self._session.add(found)
            await self._session.flush()
            self._session.add(Account(platform=platform, person=person, person_id=found.id or 0))
        elif name:
            found.name = name
        await self._session.flush()
        return found

    async def named(self, name: str) -> Sequence[Person]:
        """Everybody who is shown with this name, in whatever case; two people may have one name."""
        # Not in the database: SQLite knows no capital letters beyond ASCII.
        people = await self._session.scalars(select(Person).order_by(col(Person.id)))
        return [person for person in people if _folded(person.name) == _folded(name)]

    async def everybody(self) -> Sequence[tuple[Person, Sequence[Account]]]:
        """All of whom something is remembered, in no useful order, each with their accounts."""
        statement = select(Person, Account).join(Account, col(Account.person_id) == col(Person.id))
        found = await self._session.execute(statement.order_by(col(Person.id), col(Account.platform)))
        rows = [(row[0], row[1]) for row in found]
        return [(who, [one for _, one in accounts]) for who, accounts in groupby(rows, key=lambda row: row[0])]

    async def accounts(self, person_id: int) -> Sequence[Account]:
        """All accounts of somebody."""
        statement = select(Account).where(col(Account.person_id) == person_id)
        return (await self._session.scalars(statement.order_by(col(Account.platform), col(Account.person)))).all()

    async def accounts_beside(self, platform: str, person: str) -> Sequence[tuple[str, str]]:
        """Platform and id of all accounts of whoever uses this one, itself first."""
        found = await self.find(platform, person)
        linked = await self.accounts(found.id or 0) if found else []
        others = [(one.platform, one.person) for one in linked if (one.platform, one.person) != (platform, person)]
        return [(platform, person), *others]

    async def link(self, account: tuple[str, str], person_id: int) -> None:
        """Have an account belong to somebody; what was known of its user is theirs, where they had nothing yet."""
        platform, person = account
        other = await self.find(platform, person)
        if other is not None and other.id == person_id:
            return
        if other is None:
            self._session.add(Account(platform=platform, person=person, person_id=person_id))
            await self._session.flush()
            return
        await self._merge(other, person_id)

    async def _merge(self, other: Person, person_id: int) -> None:
        """Make one of two: the first keeps what it has, and is named only if both are."""
        assert other.id is not None
        target = await self._session.get_one(Person, person_id)
        target.role = target.role or other.role
        target.department = target.department or other.department
        target.is_named = target.is_named and other.is_named
        await self._merge_portraits(other.id, person_id)
        for pairs in (Companions, Pairing, Partners):
            await self._merge_pairs(pairs, other.id, person_id)
        await self._merge_candidates(other.id, person_id)
        await self._merge_at_meetings(other.id, person_id)
        await self._merge_in_consultations(other.id, person_id)
        await self._drop_same(PortraitWording, "text", other.id, person_id)
        await self._drop_same(TakenSlot, "taken", other.id, person_id)
        await self.drop_codes(other.id, [Purpose.LINK])
        for table in (Account, OneTimeCode, PortraitWording, RequestCandidate, TakenSlot):
            statement = update(table).where(col(table.person_id) == other.id)
            await self._session.execute(statement.values(person_id=person_id))
        await self._session.execute(delete(Person).where(col(Person.id) == other.id))
        await self._session.flush()

    async def _merge_portraits(self, other_id: int, person_id: int) -> None:
        """Keep the one that may be seen, else the first; nobody stands in for themselves."""
        deputized = update(Portrait).where(col(Portrait.deputy_person_id) == other_id)
        await self._session.execute(deputized.values(deputy_person_id=person_id))
        own, theirs = await self.portrait(person_id), await self.portrait(other_id)
        if theirs is not None:
            kept = theirs if own is None or (own.consented_on is None and theirs.consented_on is not None) else own
            values = kept.model_dump() | {"person_id": person_id}
            await self._session.execute(delete(Portrait).where(col(Portrait.person_id).in_([person_id, other_id])))
            self._session.add(Portrait(**values))
            await self._session.flush()
        of_itself = update(Portrait).where(col(Portrait.deputy_person_id) == col(Portrait.person_id))
        await self._session.execute(of_itself.values(deputy_person_id=None))

    async def _merge_candidates(self, other_id: int, person_id: int) -> None:
        """Of two answers to one request keep the weightier one."""
        own = {one.request_id: one for one in await self._asked_about(person_id)}
        for theirs in await self._asked_about(other_id):
            same = own.get(theirs.request_id)
            if same is None:
                continue
            if same.answer == theirs.answer == Answer.ACCEPTED:
                await self._free_place(theirs.request_id)
            same.answer = max(same.answer, theirs.answer, key=_WEIGHT.index)
            same.asked_key = same.asked_key or theirs.asked_key
            same.expectation = same.expectation or theirs.expectation
            same.has_confirmed = same.has_confirmed or theirs.has_confirmed
            await self._session.delete(theirs)
        await self._session.flush()

    async def _free_place(self, number: int) -> None:
        """Nobody is a tandem alone: the second place is free again."""
        request = await self._session.get_one(SupportRequest, number, with_for_update=True)
        if request.delete_on is None:
            request.places += 1
            request.state = RequestState.OPEN

    async def _asked_about(self, person_id: int) -> Sequence[RequestCandidate]:
        statement = select(RequestCandidate).where(col(RequestCandidate.person_id) == person_id)
        return (await self._session.scalars(statement)).all()

    async def _merge_pairs(self, table: Any, other_id: int, person_id: int) -> None:
        """Give the pairs of one to the other, each with its later days; nobody is a pair with themselves."""
        of_other = (col(table.person_id) == other_id) | (col(table.other_person_id) == other_id)
        for pair in (await self._session.scalars(select(table).where(of_other))).all():
            partner = pair.other_person_id if pair.person_id == other_id else pair.person_id
            values = pair.model_dump()
            await self._session.delete(pair)
            if partner != person_id:
                first, second = sorted((person_id, partner))
                values |= {"person_id": first, "other_person_id": second}
                known = await self._session.get(
                    table, {key.name: values[key.name] for key in inspect(table).primary_key}
                )
                for name in [name for name, value in values.items() if known and isinstance(value, date)]:
                    values[name] = max(values[name], getattr(known, name))
                await self._session.merge(table(**values))
        await self._session.flush()

    async def _merge_at_meetings(self, other_id: int, person_id: int) -> None:
        """Give the duties, topics and tasks of one to the other; what both said of the same holds as the first did."""
        for table, same in (
            (Ballot, ("item_id", "poll")),
            (RotaPlace, ("jour_fixe_id", "duty")),
            (Attendance, ("meeting_id",)),
            (CalendarFeed, ()),
            (MeetingDuty, ("meeting_id", "duty")),
        ):
            await self._hand_over(table, same, other_id, person_id)
        for owned in (AgendaItem, Task):
            theirs = update(owned).where(col(owned.owner_person_id) == other_id)
            await self._session.execute(theirs.values(owner_person_id=person_id))

    async def _merge_in_consultations(self, other_id: int, person_id: int) -> None:
        """Give the cases and groups of one to the other; in a group of both, what the first did there holds."""
        for table, same in (
            (Participation, ("round_id",)),
            (ConsultationCase, ("id",)),
            (CaseVeto, ("case_id",)),
            (GroupMember, ("group_id",)),
            (GroupPlace, ("platform", "conversation_id")),
            (PhaseVoice, ("group_id", "wish")),
            (DateAnswer, ("group_id", "number")),
            (ConsultationFollowUp, ()),
        ):
            await self._hand_over(table, same, other_id, person_id)

    async def _hand_over(self, table: Any, same: Sequence[str], other_id: int, person_id: int) -> None:
        """Give the rows of one to the other, but for those that are the `same` as what they have already."""
        own = {tuple(getattr(row, name) for name in same) for row in await self._rows_of(table, person_id)}
        for row in await self._rows_of(table, other_id):
            if tuple(getattr(row, name) for name in same) in own:
                await self._session.delete(row)
        await self._session.flush()
        theirs = update(table).where(col(table.person_id) == other_id)
        await self._session.execute(theirs.values(person_id=person_id))

    async def _rows_of(self, table: Any, person_id: int) -> Sequence[Any]:
        return (await self._session.scalars(select(table).where(col(table.person_id) == person_id))).all()

    async def _drop_same(
        self, table: type[PortraitWording | TakenSlot], column: str, other_id: int, person_id: int
    ) -> None:
        """Delete of the second what the first has, too."""
        compared = getattr(table, column)
        own = select(compared).where(col(table.person_id) == person_id)
        statement = delete(table).where(col(table.person_id) == other_id, col(compared).in_(own))
        await self._session.execute(statement)

    async def unlink(self, platform: str, person: str) -> None:
        """Have an account belong to nobody known any more."""
        statement = delete(Account).where(col(Account.platform) == platform, col(Account.person) == person)
        await self._session.execute(statement)

    async def with_roles(self, roles: Collection[str]) -> Sequence[Person]:
        """Those to whom the coordinators gave one of these roles in chat, by name."""
        statement = select(Person).where(col(Person.role).in_(roles)).order_by(col(Person.name), col(Person.id))
        return (await self._session.scalars(statement)).all()

    async def accounts_with_roles(self, roles: Collection[str]) -> Sequence[tuple[str, str]]:
        """Platform and id of all accounts of those with one of these roles, as given in chat."""
        statement = select(col(Account.platform), col(Account.person)).join(
            Person, col(Account.person_id) == col(Person.id)
        )
        found = await self._session.execute(statement.where(col(Person.role).in_(roles)))
        return [(row[0], row[1]) for row in found]

    # portraits

    async def portrait(self, person_id: int) -> Portrait | None:
        """What somebody tells about themselves, also before anybody may see it."""
        return await self._session.get(Portrait, person_id)

    async def hold_portrait(self, person_id: int) -> Portrait | None:
        """A portrait that nobody else changes or deletes before this transaction ends."""
        return await self._session.get(Portrait, person_id, with_for_update=True, populate_existing=True)

    async def keep(self, portrait: Portrait) -> None:
        """Keep a portrait in the place of that person's earlier one."""
        await self._session.merge(portrait)
        await self._session.flush()

    async def portraits(self) -> Sequence[tuple[Person, Portrait]]:
        """All portraits that their people let everybody see."""
        statement = select(Person, Portrait).join(Portrait, col(Portrait.person_id) == col(Person.id))
        found = await self._session.execute(statement.where(col(Portrait.consented_on).is_not(None)))
        return [(row[0], row[1]) for row in found]

    async def ended_pauses(self, today: date) -> Sequence[Portrait]:
        """Portraits, seen or not, whose people are back from a pause."""
        return (await self._session.scalars(select(Portrait).where(col(Portrait.paused_until) < today))).all()

    async def drop_portrait(self, person_id: int) -> None:
        """Delete a portrait with its wordings; nobody is deputized by them any more."""
        await self._session.execute(delete(Portrait).where(col(Portrait.person_id) == person_id))
        await self._session.execute(delete(PortraitWording).where(col(PortraitWording.person_id) == person_id))
        statement = update(Portrait).where(col(Portrait.deputy_person_id) == person_id)
        await self._session.execute(statement.values(deputy_person_id=None))

    async def wordings(self) -> Mapping[int, Sequence[PortraitWording]]:
        """By person, in which words something was asked that they said to fit or not."""
        found: dict[int, list[PortraitWording]] = {}
        for wording in await self._session.scalars(select(PortraitWording)):
            found.setdefault(wording.person_id, []).append(wording)
        return found

    async def learn(self, person_id: int, text: str, *, fits: bool) -> None:
        """Keep that a question in these words fits somebody or not, as they said."""
        of_it = (col(PortraitWording.person_id) == person_id) & (col(PortraitWording.text) == text)
        await self._session.execute(delete(PortraitWording).where(of_it))
        self._session.add(PortraitWording(person_id=person_id, text=text, fits=fits))
        await self._session.flush()

    # own limits

    async def take_slot(self, person_id: int, taken: str, week: date) -> None:
        """Note that somebody took something up in the week that begins on `week`."""
        self._session.add(TakenSlot(person_id=person_id, taken=taken, week=week))
        await self._session.flush()

    async def free_slots(self, person_id: int) -> None:
        """Take all back from somebody."""
        await self._session.execute(delete(TakenSlot).where(col(TakenSlot.person_id) == person_id))

    async def free_slot(self, taken: str, person_id: int | None = None) -> None:
        """Take it back, from one or all who took it."""
        statement = delete(TakenSlot).where(col(TakenSlot.taken) == taken)
        if person_id is not None:
            statement = statement.where(col(TakenSlot.person_id) == person_id)
        await self._session.execute(statement)

    async def slots(self, week: date) -> Sequence[int]:
        """The person of everything taken up in a week: only to keep to everybody's own limit, never to show."""
        return (await self._session.scalars(select(col(TakenSlot.person_id)).where(col(TakenSlot.week) == week))).all()

    # one-time codes

    async def add_code(self, code: OneTimeCode) -> None:
        """Have a code wait to be said."""
        await self._session.merge(code)
        await self._session.flush()

    async def code(self, digest: str, now: datetime) -> OneTimeCode | None:
        """A code that still waits."""
        found = await self._session.get(OneTimeCode, digest)
        return found if found is not None and found.expires_at > now else None

    async def claim_code(self, digest: str, account: tuple[str, str], conversation_id: str, until: datetime) -> bool:
        """Have a code for a link wait for its confirmation until then; false when somebody else said it first.

        `account` said it in that conversation.
        """
        platform, person = account
        statement = update(OneTimeCode).where(col(OneTimeCode.digest) == digest, col(OneTimeCode.person).is_(None))
        said = {"platform": platform, "person": person, "conversation_id": conversation_id, "expires_at": until}
        result = await self._session.execute(statement.values(said))
        return int(getattr(result, "rowcount", 0)) == 1

    async def use_code(self, digest: str) -> bool:
        """Have a code be used up; false when somebody else used it first."""
        result = await self._session.execute(delete(OneTimeCode).where(col(OneTimeCode.digest) == digest))
        return int(getattr(result, "rowcount", 0)) == 1

    async def codes_of(self, person_id: int) -> Sequence[OneTimeCode]:
        """What somebody asked for and was not said yet."""
        statement = select(OneTimeCode).where(col(OneTimeCode.person_id) == person_id)
        return (await self._session.scalars(statement)).all()

    async def invitations(self, now: datetime) -> Sequence[OneTimeCode]:
        """All codes that still wait and give whoever says them a role, the one that ends first at the beginning."""
        waiting = (col(OneTimeCode.purpose) != Purpose.LINK) & (col(OneTimeCode.expires_at) > now)
        statement = select(OneTimeCode).where(waiting).order_by(col(OneTimeCode.expires_at), col(OneTimeCode.digest))
        return (await self._session.scalars(statement)).all()

    async def drop_codes(self, person_id: int, purposes: Collection[Purpose]) -> None:
        """Have what somebody asked for mean nothing any more."""
        of_them = (col(OneTimeCode.person_id) == person_id) & col(OneTimeCode.purpose).in_(purposes)
        await self._session.execute(delete(OneTimeCode).where(of_them))

    # topics that nobody names

    async def note_unmet(self, text: str, today: date) -> None:
        """Keep what somebody looked for and no supporter names; once a day is enough."""
        same = (func.lower(col(UnmetTopic.text)) == text.lower()) & (col(UnmetTopic.sought_on) == today)
        if (await self._session.scalars(select(UnmetTopic).where(same))).first() is None:
            self._session.add(UnmetTopic(text=text, sought_on=today))
            await self._session.flush()

    async def unmet(self) -> Sequence[UnmetTopic]:
        """All that, oldest first."""
        return (await self._session.scalars(select(UnmetTopic).order_by(col(UnmetTopic.id)))).all()

    async def drop_unmet(self, numbers: Collection[int]) -> None:
        """Have the coordinators be done with these."""
        await self._session.execute(delete(UnmetTopic).where(col(UnmetTopic.id).in_(numbers)))

    # keeping little

    async def forget(self, now: datetime, week: date, unmet_before: date) -> None:
        """Delete codes that ran out, what was taken up before this week, topics that are long past, idle names."""
        await self._session.execute(delete(OneTimeCode).where(col(OneTimeCode.expires_at) <= now))
        await self._session.execute(delete(TakenSlot).where(col(TakenSlot.week) < week))
        await self._session.execute(delete(UnmetTopic).where(col(UnmetTopic.sought_on) < unmet_before))
        await self.forget_idle()

    async def forget_idle(self) -> None:
        """Delete the names of those of whom nothing else is remembered, and to whom we do not write first."""
        linked = select(col(Account.person_id)).group_by(col(Account.person_id)).having(func.count() > 1)
        is_theirs = (col(KnownConversation.platform) == col(Account.platform)) & (
            col(KnownConversation.person) == col(Account.person)
        )
        written_to = select(col(Account.person_id)).join(KnownConversation, is_theirs)
        idle = col(Person.role).is_(None) & col(Person.department).is_(None) & col(Person.is_named)
        statement = delete(Person).where(idle, col(Person.id).not_in(linked), col(Person.id).not_in(written_to))
        for column in _standing_for_somebody():
            statement = statement.where(col(Person.id).not_in(select(column).where(column.is_not(None))))
        await self._session.execute(statement)

    async def forget_person(self, person_id: int) -> None:
        """Delete somebody with all that hangs on them."""
        await self.drop_portrait(person_id)
        for table in (TakenSlot, OneTimeCode, Account):
            await self._session.execute(delete(table).where(col(table.person_id) == person_id))
        await self._session.execute(delete(Person).where(col(Person.id) == person_id))
        await self._session.flush()


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _standing_for_somebody() -> Sequence[Column[int]]:
    """All columns that stand for a person by our id, but the accounts'."""
    columns = [column for table in SQLModel.metadata.tables.values() for column in table.columns]
    found = [column for column in columns if any(key.references(_PERSONS) for key in column.foreign_keys)]
    return [column for column in found if column.table.name != Account.__tablename__]
