"""Many meetings in a row, as they come: no topic is lost on the way, and none is there twice."""

import shutil
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select

from conftest import MovedClock, fresh_sqlite
from handlers.jour_fixe import carrying, preparation, time_boxes
from storage.database import Database
from storage.models.agenda import AgendaItem, ItemState
from storage.models.jour_fixe import Frequency, JourFixe, Meeting, MeetingState
from traffic import LOTSEN, ROUTING_TABLE, Somebody, Traffic

FIRST, MEETINGS = date(2026, 12, 3), 6
TEMPLATE = [
    {"title": "Ankommen", "minutes": 5, "goal": None, "is_last": False},
    {"title": "Abschluss", "minutes": 5, "goal": None, "is_last": True},
]
RECURRING = "Zahlen"
TABLE = replace(
    ROUTING_TABLE, ticks=(preparation.look_after, time_boxes.keep_time, carrying.ask_whether_held), errands=()
)


@dataclass
class Months:
    """A series in a town, with all topics that were ever proposed for it."""

    traffic: Traffic
    random: Random
    topics: list[str] = field(default_factory=list)

    async def plan(self) -> "Months":
        """Meetings each second Thursday from 9:00 to 10:00, so that there is never time for all."""
        async with self.traffic.database.unit_of_work() as uow:
            series = JourFixe(
                title="Jour fixe", frequency=Frequency.WEEKLY, interval=2, weekday=3, first_on=FIRST, begins=time(9),
                minutes=60, zone="Europe/Berlin", template=TEMPLATE, calendar_id="secret",
            )  # fmt: skip
            number = await uow.jour_fixe.add(series)
            for count in range(MEETINGS):
                day = FIRST + timedelta(weeks=2 * count)
                await uow.jour_fixe.add_meeting(
                    Meeting(
                        jour_fixe_id=number, planned_on=day, day=day, begins=time(9), minutes=60,
                        known_since=self.traffic.clock.now(),
                    )
                )  # fmt: skip
            await uow.agenda.add(RECURRING, FIRST - timedelta(days=30), is_recurring=True)
            await uow.commit()
        return self

    async def propose(self, today: date) -> None:
        async with self.traffic.database.unit_of_work() as uow:
            for _ in range(self.random.randint(0, 5)):
                self.topics.append(f"Thema {len(self.topics)}")
                await uow.agenda.add(self.topics[-1], today, minutes=self.random.choice([5, 15, 25]))
            await uow.commit()

    async def wait_until(self, moment: datetime) -> None:
        """Time goes by, and the bot looks once an hour or so."""
        while self.traffic.clock.now() < moment:
            self.traffic.clock.move(min(timedelta(hours=7), moment - self.traffic.clock.now()))
            await self.traffic.errands.tick()
        await self.traffic.idle()

    async def lead(self, who: Somebody) -> None:
        """Somebody leads a meeting, and ends it before all is done, or forgets it."""
        await who.says("jour fixe starten", LOTSEN)
        for _ in range(self.random.randint(0, 6)):
            await who.says(self.random.choice(["weiter", "weiter", "vertagen", "zurück", "top 3"]), LOTSEN)
        if self.random.random() < 0.6:
            await who.says("ende", LOTSEN)
            await who.says("ja", LOTSEN)

    async def check(self) -> int:
        """Each topic is there once: discussed or not; gives how many wait."""
        async with self.traffic.database.reading() as uow:
            items = list((await uow._session.scalars(select(AgendaItem))).all())
            over = {one.id for one in await uow.jour_fixe.in_state(MeetingState.HELD, MeetingState.CANCELLED)}
        there = Counter(item.title for item in items if not item.is_fixed and item.title != RECURRING)
        assert there == Counter(self.topics)
        waiting = [item for item in items if item.state == ItemState.WAITING]
        assert [item.title for item in waiting].count(RECURRING) == 1
        assert [item.title for item in waiting if item.meeting_id in over] == []
        assert {item.state for item in items if item.is_fixed and item.meeting_id in over} <= {ItemState.DISCUSSED}
        return len(waiting)


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    traffic = await Traffic(database, clock, table=TABLE).open()
    yield traffic
    await traffic.stop()
    await database.close()


async def test_over_many_meetings_no_topic_is_lost_or_doubled(traffic: Traffic, tom: Somebody, may: Somebody) -> None:
    random = Random(3)
    traffic.clock.time = datetime.combine(FIRST, time(9), ZoneInfo("Europe/Berlin")) - timedelta(days=20)
    months = await Months(traffic, random).plan()
    waited = 0
    for count in range(MEETINGS):
        begins = datetime.combine(FIRST + timedelta(weeks=2 * count), time(9), ZoneInfo("Europe/Berlin"))
        await months.propose(traffic.clock.now().date())
        await months.wait_until(begins)
        how = random.choice(["led", "led", "told", "silent"])
        if how == "led":
            await months.lead(tom)
        await months.wait_until(begins + timedelta(hours=9))
        if how == "told":
            await may.says(random.choice(["ja", "nein", "teils"]))
            await may.says("1")
        await months.wait_until(begins + timedelta(days=4))
        waited += await months.check()
    assert len(months.topics) > MEETINGS
    assert waited > MEETINGS
