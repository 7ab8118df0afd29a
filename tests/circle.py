"""A round of supporters in the town of `traffic` whose jour fixe is running, and what becomes of what they note."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import event

from bot.messages import Outgoing
from bot.turn import House, Night
from conftest import MovedClock, fresh_sqlite
from handlers.jour_fixe import minutes, tasks
from knowledge.working_days import WorkingDays
from storage.database import Database
from storage.models.jour_fixe import Duty, Frequency, JourFixe, Meeting, MeetingState
from storage.models.minutes import Minutes, Outcome, Task
from traffic import LOTSEN, ROUTING_TABLE, Somebody, Traffic

DAY = date(2026, 12, 3)
BEGIN = datetime(2026, 12, 3, 8, tzinfo=UTC)  # 9:00 in Berlin, a Thursday
HOUSE = House(working_days=WorkingDays(("NW",), {date(2026, 12, 31): "Silvester"}))

TABLE = replace(ROUTING_TABLE, errands=(minutes.look_after, tasks.look_after))


@asynccontextmanager
async def town(migrated: Path, folder: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    """The town of `traffic`, in which the errands of minutes and tasks are done each night."""
    shutil.copy(migrated, folder / "test.db")
    database = Database(fresh_sqlite(folder))
    # Its file does not outlive the test.
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    traffic = await Traffic(database, clock, house=HOUSE, table=TABLE).open()
    yield traffic
    await traffic.stop()
    await database.close()


class Circle:
    """Tom takes the minutes, Svenja moderates, both in Matrix; May coordinates, in Teams."""

    def __init__(self, traffic: Traffic, tom: Somebody, svenja: Somebody, may: Somebody) -> None:
        self.traffic, self.tom, self.svenja, self.may = traffic, tom, svenja, may
        self.series = self.meeting = 0

    async def meet(self, *titles: str, state: MeetingState = MeetingState.RUNNING) -> "Circle":
        """Have the meeting run, with these items; the next one would be on Silvester and is a week later."""
        self.traffic.clock.time = BEGIN
        async with self.traffic.database.unit_of_work() as uow:
            series = JourFixe(
                title="Jour fixe",
                frequency=Frequency.WEEKLY,
                interval=4,
                weekday=3,
                first_on=DAY,
                begins=time(9),
                minutes=90,
                zone="Europe/Berlin",
                place="Rathaus",
                template=[],
                calendar_id=uuid4().hex,
            )
            self.series = await uow.jour_fixe.add(series)
            self.meeting = await uow.jour_fixe.add_meeting(self._on(DAY, DAY, state))
            await uow.jour_fixe.add_meeting(self._on(date(2026, 12, 31), date(2027, 1, 7), MeetingState.PLANNED))
            for place, title in enumerate(titles, start=1):
                await uow.agenda.add(title, DAY, meeting_id=self.meeting, place=place, minutes=15)
            for who, duty in ((self.svenja, Duty.MODERATOR), (self.tom, Duty.MINUTE_TAKER)):
                person = await uow.people.know(who.platform, who.sender.id, who.sender.name)
                await uow.attendance.give(self.meeting, duty, person.id)
            await uow.commit()
        return self

    def _on(self, planned_on: date, day: date, state: MeetingState) -> Meeting:
        return Meeting(
            jour_fixe_id=self.series, planned_on=planned_on, day=day, begins=time(9), minutes=90, state=state
        )

    async def talks_about(self, place: int) -> None:
        """The item that is present."""
        async with self.traffic.database.unit_of_work() as uow:
            meeting = await uow.jour_fixe.meeting(self.meeting)
            assert meeting is not None
            meeting.item_id = (await uow.agenda.of_meeting(self.meeting))[place - 1].id
            await uow.commit()

    async def knows(self, *people: Somebody) -> None:
        """People are known by name."""
        async with self.traffic.database.unit_of_work() as uow:
            for who in people:
                await uow.people.know(who.platform, who.sender.id, who.sender.name)
            await uow.commit()

    async def end(self) -> list[Outgoing]:
        """The meeting is over, and its minutes begin; gives what is said then."""
        before = len(self.traffic.sent)
        async with self.traffic.database.unit_of_work() as uow:
            meeting = await uow.jour_fixe.meeting(self.meeting)
            assert meeting is not None
            meeting.state = MeetingState.HELD
            await uow.commit()

        async def begin(night: Night, services: Any) -> Any:
            meeting = await night.uow.jour_fixe.meeting(self.meeting)
            assert meeting is not None
            return await minutes.begin(night, services, meeting)

        await self.traffic.errands._do(begin)
        await self.traffic.idle()
        return self.traffic.sent[before:]

    async def publish(self) -> None:
        """The moderator releases the draft."""
        await self.end()
        await self.svenja.says("freigeben")

    async def outcomes(self) -> list[Outcome]:
        async with self.traffic.database.reading() as uow:
            return list(await uow.minutes.outcomes(self.meeting))

    async def tasks(self) -> list[Task]:
        async with self.traffic.database.reading() as uow:
            return list(await uow.minutes.tasks(self.meeting))

    async def minutes(self) -> Minutes | None:
        async with self.traffic.database.reading() as uow:
            return await uow.minutes.of_meeting(self.meeting)

    async def owner(self, task: Task) -> str:
        """Who has a task, by name."""
        async with self.traffic.database.reading() as uow:
            person = await uow.people.get(task.owner_person_id) if task.owner_person_id else None
            return person.name if person else task.owner_name

    def in_room(self) -> list[str]:
        """What stands in the supporters' room by now."""
        return self.traffic.texts_at(LOTSEN)
