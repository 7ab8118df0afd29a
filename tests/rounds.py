"""A community with a series that meets in ten days, for tests about who comes and who does what there."""

import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from pathlib import Path

from sqlalchemy import event

from bot.settings import CommunitySettings
from conftest import MovedClock, fresh_sqlite
from handlers.jour_fixe import half_groups, rota
from handlers.table import TABLE
from storage.database import Database
from storage.models.jour_fixe import Coming, Duty, Frequency, JourFixe, Meeting, MeetingState
from traffic import SETTINGS, Somebody, Traffic

PEOPLE_TABLE = replace(
    TABLE,
    errands=(rota.turn_queues, half_groups.adjust_all),
    ticks=(rota.look_after, half_groups.look_after),
)


@dataclass
class Round:
    """A community with a series that meets in ten days, and what is kept of it."""

    traffic: Traffic
    series: int
    meeting: int

    async def minute(self, days: int = 0) -> None:
        """Let days pass, then the errands of the minute."""
        self.traffic.clock.move(timedelta(days=days))
        await self.traffic.errands.tick()
        await self.traffic.idle()

    async def given(self) -> Mapping[Duty, str]:
        """By duty, the first names of those who have it."""
        async with self.traffic.database.reading() as uow:
            found = await uow.attendance.duties(self.meeting)
            people = {duty: await uow.people.get(person) for duty, person in found.items()}
        return {duty: one.name.split()[0] for duty, one in people.items() if one}

    async def id_of(self, somebody: Somebody) -> int:
        async with self.traffic.database.reading() as uow:
            person = await uow.people.find(somebody.platform, somebody.sender.id)
        assert person
        assert person.id
        return person.id

    async def queue(self, duty: Duty) -> Sequence[int]:
        async with self.traffic.database.reading() as uow:
            return await uow.attendance.queue(self.series, duty)

    async def line_up(self, duty: Duty, *people: Somebody) -> None:
        """Have people wait for a duty in this order."""
        async with self.traffic.database.unit_of_work() as uow:
            await uow.attendance.set_queue(self.series, duty, [await self.id_of(one) for one in people])
            await uow.commit()

    async def says_no(self, somebody: Somebody) -> None:
        person = await self.id_of(somebody)
        async with self.traffic.database.unit_of_work() as uow:
            (await uow.attendance.of(self.meeting, person)).coming = Coming.NO
            await uow.commit()

    async def add_meeting(self, day: date) -> int:
        async with self.traffic.database.unit_of_work() as uow:
            meeting = Meeting(jour_fixe_id=self.series, planned_on=day, day=day, begins=time(9), minutes=90)
            number = await uow.jour_fixe.add_meeting(meeting)
            await uow.commit()
        return number

    async def set_state(self, state: MeetingState) -> None:
        async with self.traffic.database.unit_of_work() as uow:
            meeting = await uow.jour_fixe.meeting(self.meeting)
            assert meeting
            meeting.state = state
            await uow.commit()


async def planned(traffic: Traffic, groups: int = 1) -> Round:
    """A series that meets in ten days for the first time, in so many groups."""
    day = traffic.clock.now().date() + timedelta(days=10)
    async with traffic.database.unit_of_work() as uow:
        series = JourFixe(
            title="Jour fixe",
            frequency=Frequency.WEEKLY,
            interval=4,
            weekday=day.weekday(),
            first_on=day,
            begins=time(9),
            minutes=90,
            zone="Europe/Berlin",
            template=[],
            groups=groups,
            calendar_id="secret",
        )
        number = await uow.jour_fixe.add(series)
        meeting = Meeting(jour_fixe_id=number, planned_on=day, day=day, begins=time(9), minutes=90)
        meeting_id = await uow.jour_fixe.add_meeting(meeting)
        await uow.commit()
    return Round(traffic, number, meeting_id)


@asynccontextmanager
async def opened(
    migrated: Path, folder: Path, clock: MovedClock, settings: CommunitySettings = SETTINGS
) -> AsyncIterator[Traffic]:
    """A town that does the errands of duties, groups and coming."""
    shutil.copy(migrated, folder / "test.db")
    database = Database(fresh_sqlite(folder))
    # Its file does not outlive the test.
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    traffic = await Traffic(database, clock, settings, table=PEOPLE_TABLE).open()
    yield traffic
    await traffic.stop()
    await database.close()
