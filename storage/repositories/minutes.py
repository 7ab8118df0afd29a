"""Minutes, their results and tasks in the database."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.jour_fixe import Meeting
from storage.models.minutes import Minutes, MinutesState, Outcome, OutcomeKind, Task, TaskState


class MinutesRepository:
    """Rows of minutes; results are in them once somebody confirmed them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_meeting(self, meeting_id: int) -> Minutes | None:
        """The minutes of a meeting, which nobody else changes until the end of this transaction."""
        return await self._session.get(Minutes, meeting_id, populate_existing=True, with_for_update=True)

    async def keep(self, minutes: Minutes) -> None:
        """Keep minutes in the place of earlier ones."""
        await self._session.merge(minutes)
        await self._session.flush()

    async def in_state(self, *states: MinutesState) -> Sequence[tuple[Minutes, Meeting]]:
        """Minutes in one of these states with their meetings, oldest first."""
        statement = select(Minutes, Meeting).join(Meeting, col(Meeting.id) == col(Minutes.meeting_id))
        found = await self._session.execute(
            statement.where(col(Minutes.state).in_(states)).order_by(col(Meeting.day), col(Meeting.id))
        )
        return [(row[0], row[1]) for row in found]

    # results

    async def add_outcome(self, outcome: Outcome) -> int:
        """Keep a result; gives its number."""
        self._session.add(outcome)
        await self._session.flush()
        assert outcome.id is not None
        return outcome.id

    async def outcome(self, number: int) -> Outcome | None:
        """A result by its number."""
        return await self._session.get(Outcome, number, populate_existing=True)

    async def outcomes(self, meeting_id: int) -> Sequence[Outcome]:
        """The results of a meeting, confirmed or not, in the order in which they were said."""
        statement = select(Outcome).where(col(Outcome.meeting_id) == meeting_id)
        return (await self._session.scalars(statement.order_by(col(Outcome.id)))).all()

    async def decisions(self) -> Sequence[tuple[Outcome, Meeting]]:
        """All decisions of published minutes with their meetings, newest first."""
        statement = (
            select(Outcome, Meeting)
            .join(Meeting, col(Meeting.id) == col(Outcome.meeting_id))
            .join(Minutes, col(Minutes.meeting_id) == col(Meeting.id))
            .where(
                col(Outcome.kind) == OutcomeKind.DECISION,
                col(Outcome.is_confirmed).is_(True),
                col(Minutes.state) == MinutesState.PUBLISHED,
            )
            .order_by(col(Meeting.day).desc(), col(Outcome.id).desc())
        )
        return [(row[0], row[1]) for row in await self._session.execute(statement)]

    async def remove_outcome(self, number: int) -> None:
        """Take a result away; one that is gone is ignored."""
        await self._session.execute(delete(Outcome).where(col(Outcome.id) == number))

    # tasks

    async def add_task(self, task: Task) -> int:
        """Keep a task; gives its number."""
        self._session.add(task)
        await self._session.flush()
        assert task.id is not None
        return task.id

    async def task(self, number: int) -> Task | None:
        """A task by its number, which nobody else changes until the end of this transaction."""
        return await self._session.get(Task, number, populate_existing=True, with_for_update=True)

    async def tasks(self, meeting_id: int) -> Sequence[Task]:
        """The tasks of a meeting, confirmed or not, in the order in which they were said."""
        statement = select(Task).where(col(Task.meeting_id) == meeting_id)
        return (await self._session.scalars(statement.order_by(col(Task.id)))).all()

    async def open_tasks(self) -> Sequence[Task]:
        """All confirmed tasks that are open, the most urgent first; those without a date last."""
        is_open = (col(Task.state) == TaskState.OPEN) & col(Task.is_confirmed).is_(True)
        statement = select(Task).where(is_open).order_by(col(Task.due_on).is_(None), col(Task.due_on), col(Task.id))
        return (await self._session.scalars(statement)).all()

    async def tasks_of(self, person_id: int) -> Sequence[Task]:
        """Somebody's open tasks, the most urgent first."""
        return [task for task in await self.open_tasks() if task.owner_person_id == person_id]

    async def remove_task(self, number: int) -> None:
        """Take a task away; one that is gone is ignored."""
        await self._session.execute(delete(Task).where(col(Task.id) == number))

    async def forget(self, today: date) -> None:
        """Delete the tasks that were ended long ago."""
        await self._session.execute(delete(Task).where(col(Task.delete_on) < today))
