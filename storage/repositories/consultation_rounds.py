"""Rounds of peer consultation in the database: who takes part, who has a case, and what is remembered afterwards."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.peer_consultation import (
    CaseState,
    CaseVeto,
    ConsultationCase,
    ConsultationFeedback,
    ConsultationFollowUp,
    ConsultationRound,
    Participation,
    Partners,
    RoundPost,
    RoundState,
)

COMPANY_KEPT = timedelta(days=365)
"""How long it is known who was in a group with whom."""


class ConsultationRoundRepository:
    """Rows of rounds, cases, partners and answers to the one question."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # rounds

    async def add(self, found: ConsultationRound) -> int:
        """Keep a new round; gives its number."""
        self._session.add(found)
        await self._session.flush()
        assert found.id is not None
        return found.id

    async def get(self, number: int) -> ConsultationRound | None:
        """A round by its number."""
        return await self._session.get(ConsultationRound, number, populate_existing=True)

    async def hold(self, number: int) -> ConsultationRound | None:
        """A round that nobody else changes until the end of this transaction."""
        return await self._session.get(ConsultationRound, number, populate_existing=True, with_for_update=True)

    async def in_state(self, state: RoundState = RoundState.OPEN) -> Sequence[ConsultationRound]:
        """The rounds in a state, the one that begins first ahead."""
        statement = select(ConsultationRound).where(col(ConsultationRound.state) == state)
        order = statement.order_by(col(ConsultationRound.starts_on), col(ConsultationRound.id))
        return (await self._session.scalars(order)).all()

    async def due(self, now: datetime) -> Sequence[ConsultationRound]:
        """The open rounds whose groups are to be formed by now."""
        return [one for one in await self.in_state() if one.closes_at <= now]

    async def ended(self, today: date) -> Sequence[ConsultationRound]:
        """The rounds that ended before that day."""
        statement = select(ConsultationRound).where(col(ConsultationRound.ends_on) < today)
        return (await self._session.scalars(statement.order_by(col(ConsultationRound.id)))).all()

    async def drop_ended(self, today: date) -> None:
        """Forget the rounds that ended before that day; their groups do not go with them."""
        await self._session.execute(delete(ConsultationRound).where(col(ConsultationRound.ends_on) < today))

    async def add_post(self, post: RoundPost) -> None:
        """Remember a message of ours that calls to a round."""
        self._session.add(post)
        await self._session.flush()

    async def posts(self, number: int) -> Sequence[RoundPost]:
        """The messages of ours that call to a round."""
        statement = select(RoundPost).where(col(RoundPost.round_id) == number)
        return (await self._session.scalars(statement.order_by(RoundPost.platform, RoundPost.conversation_id))).all()

    async def move(self, platform: str, old: str, new: str) -> None:
        """Have a conversation be the one that takes its place."""
        there = (col(RoundPost.platform) == platform) & (col(RoundPost.conversation_id) == old)
        await self._session.execute(update(RoundPost).where(there).values(conversation_id=new))

    # who takes part

    async def participation(self, number: int, person_id: int) -> Participation | None:
        """How somebody takes part in a round, if they do."""
        return await self._session.get(Participation, (number, person_id), populate_existing=True)

    async def join(self, participation: Participation) -> None:
        """Have somebody take part, or change how."""
        await self._session.merge(participation)
        await self._session.flush()

    async def leave(self, number: int, person_id: int) -> bool:
        """Have somebody take part no more; False if they did not."""
        found = await self.participation(number, person_id)
        if found is not None:
            await self._session.delete(found)
            await self._session.flush()
        return found is not None

    async def participants(self, number: int) -> Sequence[Participation]:
        """Who takes part in a round, in no useful order."""
        statement = select(Participation).where(col(Participation.round_id) == number)
        return (await self._session.scalars(statement.order_by(col(Participation.person_id)))).all()

    # cases

    async def add_case(self, case: ConsultationCase, vetoed: Collection[int] = ()) -> int:
        """Keep that somebody has a case, and whom they do not want to be there; gives its number."""
        self._session.add(case)
        await self._session.flush()
        assert case.id is not None
        await self.set_vetoes(case.id, vetoed)
        return case.id

    async def case(self, number: int) -> ConsultationCase | None:
        """A case by its number."""
        return await self._session.get(ConsultationCase, number, populate_existing=True)

    async def cases_of(self, person_id: int) -> Sequence[ConsultationCase]:
        """The cases that somebody has, the oldest first."""
        statement = select(ConsultationCase).where(col(ConsultationCase.person_id) == person_id)
        return (await self._session.scalars(statement.order_by(col(ConsultationCase.id)))).all()

    async def waiting_cases(self, people: Collection[int] | None = None) -> Sequence[ConsultationCase]:
        """The cases of these people (or of all) that wait for a group: urgent ones first, then as long as they wait."""
        statement = select(ConsultationCase).where(col(ConsultationCase.state) == CaseState.WAITING)
        if people is not None:
            statement = statement.where(col(ConsultationCase.person_id).in_(people))
        order = (col(ConsultationCase.is_urgent).desc(), col(ConsultationCase.waiting_since), col(ConsultationCase.id))
        return (await self._session.scalars(statement.order_by(*order))).all()

    async def drop_case(self, number: int) -> None:
        """Forget a case and who was not wanted there."""
        await self._session.execute(delete(ConsultationCase).where(col(ConsultationCase.id) == number))

    async def vetoes(self, number: int) -> frozenset[int]:
        """Whom a case giver does not want to be there, by our ids."""
        statement = select(col(CaseVeto.person_id)).where(col(CaseVeto.case_id) == number)
        return frozenset(await self._session.scalars(statement))

    async def set_vetoes(self, number: int, people: Collection[int]) -> None:
        """Have just these people be unwanted."""
        await self._session.execute(delete(CaseVeto).where(col(CaseVeto.case_id) == number))
        self._session.add_all(CaseVeto(case_id=number, person_id=person_id) for person_id in sorted(set(people)))
        await self._session.flush()

    # what is remembered afterwards

    async def partners(self) -> Mapping[frozenset[int], date]:
        """Who was in the same group, by pairs of our ids, and the day of the last time."""
        found = await self._session.scalars(select(Partners))
        return {frozenset((one.person_id, one.other_person_id)): one.last_on for one in found}

    async def were_together(self, people: Collection[int], day: date) -> None:
        """Note that these people were in a group."""
        for first, second in combinations(sorted(set(people)), 2):
            pair = Partners(person_id=first, other_person_id=second, last_on=day, delete_on=day + COMPANY_KEPT)
            await self._session.merge(pair)
        await self._session.flush()

    async def forget_partners(self, today: date) -> None:
        """Forget who was in a group with whom when that is too long ago."""
        await self._session.execute(delete(Partners).where(col(Partners.delete_on) < today))

    async def release(self, person_id: int) -> None:
        """Forget what somebody takes part in and whom they were with: they are no supporter any more."""
        of_them = or_(col(Partners.person_id) == person_id, col(Partners.other_person_id) == person_id)
        await self._session.execute(delete(Partners).where(of_them))
        for table in (Participation, CaseVeto, ConsultationCase, ConsultationFollowUp):
            await self._session.execute(delete(table).where(col(table.person_id) == person_id))

    async def add_feedback(self, month: date, value: int) -> None:
        """Keep an answer to the one question, without whose it was; only its month is known."""
        self._session.add(ConsultationFeedback(month=month.replace(day=1), value=value))
        await self._session.flush()

    async def feedback(self, since: date) -> Sequence[int]:
        """The answers of the months since then, the newest last: a mean leaves out those that are too few."""
        statement = select(col(ConsultationFeedback.value)).where(col(ConsultationFeedback.month) >= since)
        return (await self._session.scalars(statement.order_by(col(ConsultationFeedback.id)))).all()

    async def forget_feedback(self, before: date) -> None:
        """Forget the answers of the months before a day."""
        await self._session.execute(delete(ConsultationFeedback).where(col(ConsultationFeedback.month) < before))

    async def ask_later(self, person_id: int, day: date) -> None:
        """Have somebody be asked on a day what came of it; an earlier wish of theirs is replaced."""
        of_them = col(ConsultationFollowUp.person_id) == person_id
        await self._session.execute(delete(ConsultationFollowUp).where(of_them))
        self._session.add(ConsultationFollowUp(person_id=person_id, due_on=day))
        await self._session.flush()

    async def take_follow_ups(self, today: date) -> Sequence[int]:
        """Whom to ask now what came of it, by our ids; they are asked once."""
        is_due = col(ConsultationFollowUp.due_on) <= today
        people = (await self._session.scalars(select(col(ConsultationFollowUp.person_id)).where(is_due))).all()
        await self._session.execute(delete(ConsultationFollowUp).where(is_due))
        return sorted(set(people))
