"""The groups of peer consultation in the database: their people, rooms and how far they are; nothing that is said."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.peer_consultation import (
    ConsultationGroup,
    DateAnswer,
    GroupDate,
    GroupMember,
    GroupNote,
    GroupPlace,
    GroupPost,
    GroupShows,
    GroupState,
    GroupStep,
    PhaseVoice,
)

OPEN_STATES = (GroupState.DATING, GroupState.PLANNED, GroupState.GATHERING, GroupState.RUNNING, GroupState.CLOSING)
TALKING_STATES = (GroupState.GATHERING, GroupState.RUNNING, GroupState.CLOSING)


class ConsultationRepository:
    """Rows of groups, members, places, messages of ours, dates and notes."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # groups

    async def add(self, group: ConsultationGroup, members: Sequence[GroupMember]) -> int:
        """Keep a new group with its members, whose `group_id` is set here; gives its number."""
        self._session.add(group)
        await self._session.flush()
        assert group.id is not None
        for member in members:
            member.group_id = group.id
        self._session.add_all(members)
        await self._session.flush()
        return group.id

    async def get(self, number: int) -> ConsultationGroup | None:
        """A group by its number."""
        return await self._session.get(ConsultationGroup, number, populate_existing=True)

    async def hold(self, number: int) -> ConsultationGroup | None:
        """A group that nobody else changes until the end of this transaction."""
        return await self._session.get(ConsultationGroup, number, populate_existing=True, with_for_update=True)

    async def in_state(self, *states: GroupState) -> Sequence[ConsultationGroup]:
        """The groups in one of these states, by their numbers."""
        statement = select(ConsultationGroup).where(col(ConsultationGroup.state).in_(states))
        return (await self._session.scalars(statement.order_by(col(ConsultationGroup.id)))).all()

    async def of_person(self, person_id: int, *states: GroupState) -> Sequence[ConsultationGroup]:
        """The groups in one of these states (by default any that is not over) that somebody belongs to."""
        statement = select(ConsultationGroup).join(GroupMember, col(GroupMember.group_id) == col(ConsultationGroup.id))
        statement = statement.where(col(GroupMember.person_id) == person_id, col(GroupMember.has_left).is_(False))
        statement = statement.where(col(ConsultationGroup.state).in_(states or OPEN_STATES))
        return (await self._session.scalars(statement.order_by(col(ConsultationGroup.id)))).all()

    async def by_room_key(self, key: str) -> ConsultationGroup | None:
        """The group whose room was ordered with this key, held for a change."""
        statement = select(ConsultationGroup).where(col(ConsultationGroup.room_key) == key).with_for_update()
        return (await self._session.scalars(statement)).first()

    async def of_round(self, round_id: int) -> Sequence[ConsultationGroup]:
        """The groups of a round, by their numbers."""
        statement = select(ConsultationGroup).where(col(ConsultationGroup.round_id) == round_id)
        return (await self._session.scalars(statement.order_by(col(ConsultationGroup.id)))).all()

    async def empty(self, group: ConsultationGroup) -> None:
        """Forget all of a group that is over but its number and the messages of ours that are still there."""
        assert group.id is not None
        for table in (GroupMember, GroupPlace, GroupStep, PhaseVoice, GroupDate, DateAnswer, GroupNote):
            await self._session.execute(delete(table).where(col(table.group_id) == group.id))
        group.state, group.title, group.plan, group.phase, group.method = GroupState.CLOSED, "", {}, "", ""
        group.case_id = group.room_key = group.turned_by = None
        group.phase_until = group.paused_at = group.turned_at = group.meets_at = group.closes_at = None
        await self._session.flush()

    async def drop(self, number: int) -> None:
        """Delete a group with all that belongs to it."""
        await self._session.execute(delete(ConsultationGroup).where(col(ConsultationGroup.id) == number))

    # members

    async def members(self, number: int) -> Sequence[GroupMember]:
        """Who belongs to a group, also those who left it, in their order."""
        statement = select(GroupMember).where(col(GroupMember.group_id) == number)
        ordered = statement.order_by(col(GroupMember.place), col(GroupMember.person_id))
        return (await self._session.scalars(ordered.execution_options(populate_existing=True))).all()

    async def member(self, number: int, person_id: int) -> GroupMember | None:
        """Somebody in a group."""
        return await self._session.get(GroupMember, (number, person_id), populate_existing=True)

    async def add_member(self, member: GroupMember) -> None:
        """Have somebody belong to a group."""
        await self._session.merge(member)
        await self._session.flush()

    async def drop_member(self, number: int, person_id: int) -> None:
        """Have somebody never have belonged to a group."""
        of_it = (col(GroupMember.group_id) == number) & (col(GroupMember.person_id) == person_id)
        await self._session.execute(delete(GroupMember).where(of_it))
        for table in (PhaseVoice, DateAnswer):
            theirs = (col(table.group_id) == number) & (col(table.person_id) == person_id)
            await self._session.execute(delete(table).where(theirs))

    # where it talks

    async def place(self, platform: str, conversation_id: str) -> GroupPlace | None:
        """Of which group a conversation is a place, if it is one."""
        return await self._session.get(GroupPlace, (platform, conversation_id))

    async def places(self, number: int) -> Sequence[GroupPlace]:
        """Where a group talks, its room first."""
        statement = select(GroupPlace).where(col(GroupPlace.group_id) == number)
        order = (col(GroupPlace.is_direct), GroupPlace.platform, GroupPlace.conversation_id)
        return (await self._session.scalars(statement.order_by(*order))).all()

    async def add_place(self, place: GroupPlace) -> None:
        """Have a group talk in a conversation, too."""
        await self._session.merge(place)
        await self._session.flush()

    async def drop_place(self, platform: str, conversation_id: str) -> None:
        """Have a group no longer talk in a conversation."""
        there = (col(GroupPlace.platform) == platform) & (col(GroupPlace.conversation_id) == conversation_id)
        await self._session.execute(delete(GroupPlace).where(there))

    async def drop_places(self, number: int) -> None:
        """Have a group talk nowhere any more."""
        await self._session.execute(delete(GroupPlace).where(col(GroupPlace.group_id) == number))

    async def move(self, platform: str, old: str, new: str) -> None:
        """Have a conversation be the one that takes its place."""
        for table in (GroupPlace, GroupPost):
            there = (col(table.platform) == platform) & (col(table.conversation_id) == old)
            await self._session.execute(update(table).where(there).values(conversation_id=new))

    # messages of ours

    async def add_post(self, post: GroupPost) -> None:
        """Remember a message of ours, to be changed or deleted later."""
        self._session.add(post)
        await self._session.flush()

    async def post(self, key: str) -> GroupPost | None:
        """A message of ours to a group."""
        return await self._session.get(GroupPost, key)

    async def posts(self, number: int, *shows: GroupShows) -> Sequence[GroupPost]:
        """The messages of ours to a group of these kinds, or all of them, in no useful order."""
        statement = select(GroupPost).where(col(GroupPost.group_id) == number)
        if shows:
            statement = statement.where(col(GroupPost.shows).in_(shows))
        return (await self._session.scalars(statement.order_by(GroupPost.key))).all()

    async def copies(self, said: str) -> Sequence[GroupPost]:
        """The messages of ours that pass on this one of theirs."""
        statement = select(GroupPost).where(col(GroupPost.said) == said)
        return (await self._session.scalars(statement.order_by(GroupPost.key))).all()

    async def posts_in(self, platform: str, conversation_id: str) -> Sequence[GroupPost]:
        """The messages of ours to any group in a conversation."""
        there = (col(GroupPost.platform) == platform) & (col(GroupPost.conversation_id) == conversation_id)
        return (await self._session.scalars(select(GroupPost).where(there).order_by(GroupPost.key))).all()

    async def overdue_posts(self, today: date) -> Sequence[GroupPost]:
        """The messages of ours that are to be deleted by now."""
        statement = select(GroupPost).where(col(GroupPost.delete_on) <= today)
        return (await self._session.scalars(statement.order_by(GroupPost.key))).all()

    async def drop_post(self, key: str) -> None:
        """Remember a message of ours no more."""
        await self._session.execute(delete(GroupPost).where(col(GroupPost.key) == key))

    # how far it is

    async def note_step(self, number: int, step: str) -> bool:
        """Note that something is done for a group; False when it was done before.

        Two that try at once wait for each other, on the row of the group.
        """
        await self.hold(number)
        if await self._session.get(GroupStep, (number, step)) is not None:
            return False
        self._session.add(GroupStep(group_id=number, step=step))
        await self._session.flush()
        return True

    async def has_step(self, number: int, step: str) -> bool:
        """Whether something was done for a group."""
        return await self._session.get(GroupStep, (number, step)) is not None

    async def steps(self, number: int) -> frozenset[str]:
        """What was done for a group, by name."""
        found = select(col(GroupStep.step)).where(col(GroupStep.group_id) == number)
        return frozenset(await self._session.scalars(found))

    async def forget_steps(self, number: int, *steps: str) -> None:
        """Have things be done for a group once more."""
        of_it = (col(GroupStep.group_id) == number) & col(GroupStep.step).in_(steps)
        await self._session.execute(delete(GroupStep).where(of_it))

    async def raise_voice(self, number: int, person_id: int, wish: str) -> bool:
        """Note what somebody said or wishes in the present phase; False when they did before."""
        if await self._session.get(PhaseVoice, (number, person_id, wish)) is not None:
            return False
        self._session.add(PhaseVoice(group_id=number, person_id=person_id, wish=wish))
        await self._session.flush()
        return True

    async def voices(self, number: int, wish: str) -> frozenset[int]:
        """Who said or wishes this in the present phase, by our ids."""
        statement = select(col(PhaseVoice.person_id)).where(
            col(PhaseVoice.group_id) == number, col(PhaseVoice.wish) == wish
        )
        return frozenset(await self._session.scalars(statement))

    async def drop_voices(self, number: int, wish: str | None = None) -> None:
        """Forget who said or wished something: the phase is over, or it was done."""
        of_it = col(PhaseVoice.group_id) == number
        if wish is not None:
            of_it &= col(PhaseVoice.wish) == wish
        await self._session.execute(delete(PhaseVoice).where(of_it))

    # dates

    async def propose(self, number: int, moments: Sequence[datetime]) -> None:
        """Propose times to a group, numbered from 1; earlier ones and the answers to them are forgotten."""
        for table in (GroupDate, DateAnswer):
            await self._session.execute(delete(table).where(col(table.group_id) == number))
        self._session.add_all(
            GroupDate(group_id=number, number=place, begins_at=moment) for place, moment in enumerate(moments, 1)
        )
        await self._session.flush()

    async def proposed(self, number: int) -> Mapping[int, datetime]:
        """The times that are proposed to a group, by their numbers."""
        statement = select(GroupDate).where(col(GroupDate.group_id) == number).order_by(col(GroupDate.number))
        return {one.number: one.begins_at for one in await self._session.scalars(statement)}

    async def answer_dates(self, number: int, person_id: int, numbers: Collection[int]) -> None:
        """Keep at which of the proposed times somebody can come; none is an answer, too."""
        theirs = (col(DateAnswer.group_id) == number) & (col(DateAnswer.person_id) == person_id)
        await self._session.execute(delete(DateAnswer).where(theirs))
        self._session.add_all(
            DateAnswer(group_id=number, person_id=person_id, number=one) for one in sorted({0, *numbers})
        )
        await self._session.flush()

    async def date_answers(self, number: int) -> Mapping[int, frozenset[int]]:
        """The numbers of the times at which people can come, by our ids of those who have answered."""
        found = await self._session.scalars(select(DateAnswer).where(col(DateAnswer.group_id) == number))
        answers: dict[int, set[int]] = {}
        for one in found:
            answers.setdefault(one.person_id, set()).add(one.number)
        return {person_id: frozenset(numbers - {0}) for person_id, numbers in answers.items()}

    # notes

    async def add_note(self, note: GroupNote) -> None:
        """Hold a note for the case giver."""
        self._session.add(note)
        await self._session.flush()

    async def notes(self, number: int, lap: int | None = None) -> Sequence[GroupNote]:
        """The notes that are held, in their order."""
        statement = select(GroupNote).where(col(GroupNote.group_id) == number)
        if lap is not None:
            statement = statement.where(col(GroupNote.lap) == lap)
        return (await self._session.scalars(statement.order_by(col(GroupNote.id)))).all()

    async def noted(self, said: str) -> Sequence[GroupNote]:
        """The notes that this message of somebody was."""
        return (await self._session.scalars(select(GroupNote).where(col(GroupNote.said) == said))).all()

    async def drop_note(self, note: GroupNote) -> None:
        """Forget a note."""
        await self._session.delete(note)
        await self._session.flush()

    async def drop_notes(self, number: int, lap: int | None = None) -> None:
        """Forget the notes of a group: the case giver has them."""
        of_it = col(GroupNote.group_id) == number
        if lap is not None:
            of_it &= col(GroupNote.lap) == lap
        await self._session.execute(delete(GroupNote).where(of_it))
