"""Who comes to a meeting and who does what there, in the database. Nothing of it is kept long, nothing is counted."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.jour_fixe import Attendance, Companions, Duty, Meeting, MeetingDuty, RotaPlace

DAYS_KEPT = 14
"""How long after a meeting it is known who came and who did what."""
COMPANY_KEPT = timedelta(days=365)


class AttendanceRepository:
    """Rows of coming, duties, rotas and groups."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # coming

    async def of(self, meeting_id: int, person_id: int) -> Attendance:
        """What somebody said about coming; an empty one, which is kept, before they said anything."""
        found = await self._session.get(Attendance, (meeting_id, person_id), populate_existing=True)
        if found is None:
            found = Attendance(meeting_id=meeting_id, person_id=person_id)
            self._session.add(found)
            await self._session.flush()
        return found

    async def all(self, meeting_id: int) -> Sequence[Attendance]:
        """What was said about coming to a meeting."""
        statement = select(Attendance).where(col(Attendance.meeting_id) == meeting_id)
        return (await self._session.scalars(statement.order_by(col(Attendance.person_id)))).all()

    async def takes_part(self, jour_fixe_id: int, person_id: int) -> bool:
        """Whether somebody stands in a queue of a series, or said something about coming to one of its meetings."""
        queued = select(RotaPlace).where(
            col(RotaPlace.jour_fixe_id) == jour_fixe_id, col(RotaPlace.person_id) == person_id
        )
        asked = select(Attendance).join(Meeting, col(Meeting.id) == col(Attendance.meeting_id))
        answered = asked.where(col(Meeting.jour_fixe_id) == jour_fixe_id, col(Attendance.person_id) == person_id)
        return any([(await self._session.scalars(one.limit(1))).first() for one in (queued, answered)])

    # duties

    async def duties(self, meeting_id: int) -> Mapping[Duty, int]:
        """Who has which duty at a meeting, by our id."""
        found = await self._session.scalars(select(MeetingDuty).where(col(MeetingDuty.meeting_id) == meeting_id))
        return {Duty(one.duty): one.person_id for one in found}

    async def give(self, meeting_id: int, duty: Duty, person_id: int | None) -> None:
        """Have somebody have a duty at a meeting instead of whoever had it; nobody for None."""
        of_it = (col(MeetingDuty.meeting_id) == meeting_id) & (col(MeetingDuty.duty) == duty)
        await self._session.execute(delete(MeetingDuty).where(of_it))
        if person_id is not None:
            self._session.add(MeetingDuty(meeting_id=meeting_id, duty=duty, person_id=person_id))
        await self._session.flush()

    async def queue(self, jour_fixe_id: int, duty: Duty) -> Sequence[int]:
        """Who waits for a duty, by our ids, the next one first."""
        of_it = (col(RotaPlace.jour_fixe_id) == jour_fixe_id) & (col(RotaPlace.duty) == duty)
        statement = select(col(RotaPlace.person_id)).where(of_it)
        return (await self._session.scalars(statement.order_by(col(RotaPlace.turn), col(RotaPlace.person_id)))).all()

    async def set_queue(self, jour_fixe_id: int, duty: Duty, people: Sequence[int]) -> None:
        """Have people wait for a duty in this order."""
        of_it = (col(RotaPlace.jour_fixe_id) == jour_fixe_id) & (col(RotaPlace.duty) == duty)
        await self._session.execute(delete(RotaPlace).where(of_it))
        self._session.add_all(
            RotaPlace(jour_fixe_id=jour_fixe_id, duty=duty, person_id=person_id, turn=turn)
            for turn, person_id in enumerate(dict.fromkeys(people))
        )
        await self._session.flush()

    # groups

    async def companions(self, jour_fixe_id: int) -> Mapping[tuple[int, int], date]:
        """Which two sat in one group, the lower id first, and when last."""
        found = await self._session.scalars(select(Companions).where(col(Companions.jour_fixe_id) == jour_fixe_id))
        return {(one.person_id, one.other_person_id): one.last_on for one in found}

    async def sit_together(self, jour_fixe_id: int, pairs: Collection[tuple[int, int]], day: date) -> None:
        """Remember for a year which two sit in one group on a day, so that they sit with others next time."""
        for first, second in {(min(pair), max(pair)) for pair in pairs}:
            await self._session.merge(
                Companions(
                    jour_fixe_id=jour_fixe_id,
                    person_id=first,
                    other_person_id=second,
                    last_on=day,
                    delete_on=day + COMPANY_KEPT,
                )
            )
        await self._session.flush()

    async def leave(self, person_id: int) -> None:
        """Have somebody have no duties or places in a queue any more, nor come to anything."""
        for table in (MeetingDuty, RotaPlace, Attendance):
            await self._session.execute(delete(table).where(col(table.person_id) == person_id))
        theirs = or_(col(Companions.person_id) == person_id, col(Companions.other_person_id) == person_id)
        await self._session.execute(delete(Companions).where(theirs))

    async def forget(self, today: date) -> None:
        """Delete what is past its time."""
        over = select(col(Meeting.id)).where(col(Meeting.day) < today - timedelta(days=DAYS_KEPT))
        for table in (MeetingDuty, Attendance):
            await self._session.execute(delete(table).where(col(table.meeting_id).in_(over)))
        await self._session.execute(delete(Companions).where(col(Companions.delete_on) < today))
