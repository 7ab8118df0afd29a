"""Topics, agendas and votes in the database."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.agenda import AgendaItem, Ballot, ItemState, Poll
from storage.models.jour_fixe import Meeting


class AgendaRepository:
    """The topics that wait for a meeting or stand on its agenda; never who proposed them, unless they own them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # topics

    async def add(self, title: str, today: date, **details: Any) -> AgendaItem:
        """Have a topic wait; `details` are further columns of `AgendaItem`."""
        item = AgendaItem(title=title, proposed_on=today, **details)
        self._session.add(item)
        await self._session.flush()
        return item

    async def waiting(self) -> Sequence[AgendaItem]:
        """The topics that were not discussed yet, on an agenda or not, oldest first; no fixed items."""
        statement = select(AgendaItem).where(_IS_WAITING).order_by(col(AgendaItem.id))
        return (await self._session.scalars(statement)).all()

    async def backlog(self, jour_fixe_id: int | None = None) -> Sequence[AgendaItem]:
        """The topics on no agenda that this series may take, or any without one, oldest first."""
        statement = select(AgendaItem).where(_IS_WAITING, col(AgendaItem.meeting_id).is_(None))
        if jour_fixe_id is not None:
            is_for_it = col(AgendaItem.jour_fixe_id).is_(None) | (col(AgendaItem.jour_fixe_id) == jour_fixe_id)
            statement = statement.where(is_for_it)
        return (await self._session.scalars(statement.order_by(col(AgendaItem.id)))).all()

    async def named(self, title: str) -> AgendaItem | None:
        """The topic that waits with this title, whatever its spelling: „E-Akte?“ is „eakte“."""
        sought = _plain(title)
        return next((item for item in await self.waiting() if _plain(item.title) == sought), None)

    async def get(self, number: int) -> AgendaItem | None:
        """The topic with this number, as long as it waits."""
        item = await self.item(number)
        return item if item is not None and item.state == ItemState.WAITING else None

    async def item(self, number: int) -> AgendaItem | None:
        """The topic or fixed item with this number, in whatever state."""
        return await self._session.get(AgendaItem, number, populate_existing=True, with_for_update=True)

    async def disown(self, person_id: int) -> None:
        """Have nobody speak any more for what somebody owned."""
        theirs = update(AgendaItem).where(col(AgendaItem.owner_person_id) == person_id)
        await self._session.execute(theirs.values(owner_person_id=None))

    async def forget_owners(self, before: date) -> None:
        """Have it be forgotten who spoke for what was discussed in meetings before that day."""
        over = select(col(Meeting.id)).where(col(Meeting.day) < before)
        discussed = (col(AgendaItem.state) == ItemState.DISCUSSED) & col(AgendaItem.meeting_id).in_(over)
        await self._session.execute(update(AgendaItem).where(discussed).values(owner_person_id=None))

    async def remove(self, number: int) -> None:
        """Take a topic away; one that is gone is ignored."""
        await self._session.execute(delete(AgendaItem).where(col(AgendaItem.id) == number))

    # agendas

    async def of_meeting(self, meeting_id: int) -> Sequence[AgendaItem]:
        """What stands on an agenda, in its order."""
        statement = select(AgendaItem).where(col(AgendaItem.meeting_id) == meeting_id)
        return (await self._session.scalars(statement.order_by(col(AgendaItem.place), col(AgendaItem.id)))).all()

    # votes

    async def vote(self, item_id: int, person_id: int, poll: Poll) -> bool:
        """Give an item somebody's vote, or take it back; tells whether they vote for it now."""
        ballot = await self._session.get(Ballot, (item_id, person_id, poll))
        if ballot is not None:
            await self._session.delete(ballot)
        else:
            self._session.add(Ballot(item_id=item_id, person_id=person_id, poll=poll))
        await self._session.flush()
        return ballot is None

    async def move_votes(self, from_item: int, to_item: int) -> None:
        """Have the votes for an item be for another one; whoever voted for both keeps one."""
        for ballot in (await self._session.scalars(select(Ballot).where(col(Ballot.item_id) == from_item))).all():
            if await self._session.get(Ballot, (to_item, ballot.person_id, ballot.poll)) is None:
                self._session.add(Ballot(item_id=to_item, person_id=ballot.person_id, poll=ballot.poll))
            await self._session.delete(ballot)
        await self._session.flush()

    async def votes_of(self, person_id: int, items: Collection[int], poll: Poll) -> frozenset[int]:
        """Which of these items somebody votes for."""
        theirs = (col(Ballot.person_id) == person_id) & (col(Ballot.poll) == poll)
        statement = select(col(Ballot.item_id)).where(theirs, col(Ballot.item_id).in_(items))
        return frozenset(await self._session.scalars(statement))

    async def points(self, items: Collection[int], poll: Poll) -> Mapping[int, int]:
        """How many votes each of these items has."""
        statement = select(col(Ballot.item_id), func.count()).where(
            col(Ballot.item_id).in_(items), col(Ballot.poll) == poll
        )
        found = {row[0]: row[1] for row in await self._session.execute(statement.group_by(col(Ballot.item_id)))}
        return {item: found.get(item, 0) for item in items}

    async def close_poll(self, items: Collection[int], poll: Poll) -> Mapping[int, int]:
        """End a vote: gives the points of each item, and forgets who gave them."""
        points = await self.points(items, poll)
        of_it = col(Ballot.item_id).in_(items) & (col(Ballot.poll) == poll)
        await self._session.execute(delete(Ballot).where(of_it))
        return points


_IS_WAITING = (col(AgendaItem.state) == ItemState.WAITING) & col(AgendaItem.is_fixed).is_(False)


def _plain(title: str) -> str:
    return "".join(filter(str.isalnum, title.casefold()))
