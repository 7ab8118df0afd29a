"""Series of meetings, their dates and what was done for them, in the database."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.jour_fixe import (
    CalendarFeed,
    JourFixe,
    JourFixeRoom,
    Meeting,
    MeetingPost,
    MeetingState,
    MeetingStep,
    Shows,
)

COMING_UP = (MeetingState.PLANNED, MeetingState.RUNNING)
"""Meetings that take place as far as anybody knows."""


class JourFixeRepository:
    """Rows of series and meetings; `Place` is a platform with an id there."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # series

    async def add(self, series: JourFixe) -> int:
        """Keep a new series; gives its number."""
        self._session.add(series)
        await self._session.flush()
        assert series.id is not None
        return series.id

    async def get(self, number: int) -> JourFixe | None:
        """A series by its number."""
        return await self._session.get(JourFixe, number, populate_existing=True)

    async def hold(self, number: int) -> JourFixe | None:
        """A series that nobody else changes until the end of this transaction."""
        return await self._session.get(JourFixe, number, populate_existing=True, with_for_update=True)

    async def all(self, today: date) -> Sequence[JourFixe]:
        """The series that still meet, oldest first."""
        is_live = col(JourFixe.ended_on).is_(None) | (col(JourFixe.ended_on) >= today)
        return (await self._session.scalars(select(JourFixe).where(is_live).order_by(col(JourFixe.id)))).all()

    async def of_calendar(self, calendar_id: str) -> JourFixe | None:
        """The series with this secret name of its calendar, also one that has ended."""
        return (await self._session.scalars(select(JourFixe).where(col(JourFixe.calendar_id) == calendar_id))).first()

    async def rooms(self, number: int) -> Sequence[tuple[str, str]]:
        """Platform and id of the rooms that alone hear of a series; none when all rooms of the supporters do."""
        statement = select(JourFixeRoom).where(col(JourFixeRoom.jour_fixe_id) == number)
        found = await self._session.scalars(statement.order_by(JourFixeRoom.platform, JourFixeRoom.conversation_id))
        return [(room.platform, room.conversation_id) for room in found]

    async def set_rooms(self, number: int, places: Collection[tuple[str, str]]) -> None:
        """Have only these rooms hear of a series, or all when there are none."""
        await self._session.execute(delete(JourFixeRoom).where(col(JourFixeRoom.jour_fixe_id) == number))
        self._session.add_all(
            JourFixeRoom(jour_fixe_id=number, platform=platform, conversation_id=place)
            for platform, place in sorted(set(places))
        )
        await self._session.flush()

    # meetings

    async def add_meeting(self, meeting: Meeting) -> int:
        """Keep a new date of a series; gives its number."""
        self._session.add(meeting)
        await self._session.flush()
        assert meeting.id is not None
        return meeting.id

    async def meeting(self, number: int) -> Meeting | None:
        """A meeting by its number."""
        return await self._session.get(Meeting, number, populate_existing=True)

    async def hold_meeting(self, number: int) -> Meeting | None:
        """A meeting that nobody else changes until the end of this transaction."""
        return await self._session.get(Meeting, number, populate_existing=True, with_for_update=True)

    async def meetings(self, number: int, since: date | None = None) -> Sequence[Meeting]:
        """The meetings of a series in whatever state, by their days, from that day on."""
        statement = select(Meeting).where(col(Meeting.jour_fixe_id) == number)
        if since is not None:
            statement = statement.where(col(Meeting.day) >= since)
        return (await self._session.scalars(statement.order_by(col(Meeting.day), col(Meeting.id)))).all()

    async def next_meeting(self, number: int, today: date) -> Meeting | None:
        """The running or else the next meeting of a series that takes place, today's included."""
        statement = select(Meeting).where(
            col(Meeting.jour_fixe_id) == number,
            col(Meeting.state).in_(COMING_UP),
            (col(Meeting.day) >= today) | (col(Meeting.state) == MeetingState.RUNNING),
        )
        return (await self._session.scalars(statement.order_by(col(Meeting.day), col(Meeting.id)).limit(1))).first()

    async def in_state(self, *states: MeetingState, since: date | None = None) -> Sequence[Meeting]:
        """The meetings of all series in one of these states, by their days, from that day on."""
        statement = select(Meeting).where(col(Meeting.state).in_(states))
        if since is not None:
            statement = statement.where(col(Meeting.day) >= since)
        return (await self._session.scalars(statement.order_by(col(Meeting.day), col(Meeting.id)))).all()

    async def runs_in(self, platform: str, conversation_id: str) -> bool:
        """Whether a meeting is led in a conversation right now."""
        running = await self.in_state(MeetingState.RUNNING)
        return (platform, conversation_id) in {(one.platform, one.conversation_id) for one in running}

    async def drop_meeting(self, number: int) -> None:
        """Delete a meeting that the rhythm no longer has; its topics wait again."""
        await self._session.execute(delete(Meeting).where(col(Meeting.id) == number))

    # what was done and said for a meeting

    async def steps(self, number: int) -> frozenset[str]:
        """What was done for a meeting, by name."""
        statement = select(col(MeetingStep.step)).where(col(MeetingStep.meeting_id) == number)
        return frozenset(await self._session.scalars(statement))

    async def note_step(self, number: int, step: str) -> bool:
        """Note that something is done for a meeting; False when it was done before.

        Two that try at once wait for each other, on the row of the meeting.
        """
        await self.hold_meeting(number)
        if await self._session.get(MeetingStep, (number, step)) is not None:
            return False
        self._session.add(MeetingStep(meeting_id=number, step=step))
        await self._session.flush()
        return True

    async def forget_steps(self, number: int, steps: Collection[str]) -> None:
        """Have things be done for a meeting once more, since it was moved."""
        of_it = (col(MeetingStep.meeting_id) == number) & col(MeetingStep.step).in_(steps)
        await self._session.execute(delete(MeetingStep).where(of_it))

    async def add_post(self, post: MeetingPost) -> None:
        """Remember a message of ours that shows something of a meeting."""
        self._session.add(post)
        await self._session.flush()

    async def posts(self, number: int, *shows: Shows) -> Sequence[MeetingPost]:
        """The messages of ours that show this of a meeting, or anything when nothing is named."""
        statement = select(MeetingPost).where(col(MeetingPost.meeting_id) == number)
        if shows:
            statement = statement.where(col(MeetingPost.shows).in_(shows))
        return (
            await self._session.scalars(
                statement.order_by(MeetingPost.platform, MeetingPost.conversation_id, MeetingPost.key)
            )
        ).all()

    async def drop_posts(self, number: int, *shows: Shows) -> None:
        """Keep messages that show this of a meeting up to date no more."""
        of_it = (col(MeetingPost.meeting_id) == number) & col(MeetingPost.shows).in_(shows)
        await self._session.execute(delete(MeetingPost).where(of_it))

    async def move(self, platform: str, old: str, new: str) -> None:
        """Have a conversation be the one that takes its place; our messages have stayed in the old one."""
        linked = (col(JourFixeRoom.platform) == platform) & (col(JourFixeRoom.conversation_id) == old)
        for room in (await self._session.scalars(select(JourFixeRoom).where(linked))).all():
            known = await self._session.get(JourFixeRoom, (room.jour_fixe_id, platform, new))
            if known is None:
                self._session.add(JourFixeRoom(jour_fixe_id=room.jour_fixe_id, platform=platform, conversation_id=new))
            await self._session.delete(room)
        for table in (Meeting, MeetingPost):
            there = (col(table.platform) == platform) & (col(table.conversation_id) == old)
            await self._session.execute(update(table).where(there).values(conversation_id=new))

    # calendars

    async def feed_owner(self, digest: str) -> int | None:
        """Whose own calendar has this digest of its secret name."""
        feed = await self._session.get(CalendarFeed, digest)
        return feed.person_id if feed else None

    async def set_feed(self, person_id: int, digest: str | None) -> None:
        """Give somebody's own calendar a new secret name, by its digest, or have there be none."""
        await self._session.execute(delete(CalendarFeed).where(col(CalendarFeed.person_id) == person_id))
        if digest is not None:
            self._session.add(CalendarFeed(digest=digest, person_id=person_id))
        await self._session.flush()

    async def has_feed(self, person_id: int) -> bool:
        """Whether somebody has an own calendar."""
        statement = select(CalendarFeed).where(col(CalendarFeed.person_id) == person_id)
        return (await self._session.scalars(statement)).first() is not None
