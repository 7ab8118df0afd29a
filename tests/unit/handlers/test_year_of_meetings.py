"""A year with two series and a bot that is down at random: each step is said once, or not at all past its use."""

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from sqlalchemy import event

from bot.messages import Conversation, Send
from bot.turn import House, Night, Services
from conftest import fresh_sqlite
from handlers.jour_fixe import preparation
from knowledge.timetable import MORNING, Due, Step, timetable
from knowledge.working_days import WorkingDays
from storage.database import Database
from storage.models.jour_fixe import Frequency, JourFixe, Meeting

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN, END = datetime(2026, 1, 2, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
KNOWN = datetime(2025, 11, 1, tzinfo=UTC)
ROOMS = (Conversation("matrix", "!lotsen"), Conversation("teams", "!flur"))
HOUSE = House(working_days=WorkingDays(["NW"], [date(2026, 12, 24), date(2026, 12, 31)]))
SERVICES = cast(Services, SimpleNamespace(house=HOUSE))
BEGINNINGS = {
    Step.COLLECT: "Themen für **",
    Step.CLOSE: "**Abstimmung**",
    Step.AGENDA: "**Tagesordnung**",
    Step.REMIND: "**Erinnerung**",
}
NOTE = "Diese Nachricht kommt später als geplant."

Said = tuple[str, date, Step]
"""The title of a series, the day of its meeting, and what was said for it."""


@dataclass
class Year:
    """When the bot looked, what it said then, and when what was due."""

    database: Database
    looked: list[datetime] = field(default_factory=list)
    said: dict[Said, list[datetime]] = field(default_factory=dict)
    late: set[Said] = field(default_factory=set)
    due: dict[tuple[str, date], Sequence[Due]] = field(default_factory=dict)

    async def plan(self, title: str, begins: time, weeks: int, times: int) -> None:
        """A series that meets on Thursdays, a week later than planned where nobody works."""
        first = date(2026, 1, 8)
        details: dict[str, Any] = {"frequency": Frequency.WEEKLY, "interval": weeks, "weekday": 3, "first_on": first}
        template = [{"title": "Ankommen", "minutes": 10, "goal": None, "is_last": False}]
        details |= {"begins": begins, "minutes": 60, "zone": "Europe/Berlin", "template": template}
        async with self.database.unit_of_work() as uow:
            number = await uow.jour_fixe.add(JourFixe(title=title, calendar_id=title, **details))
            # What never finds time keeps the votes going.
            for topic in ("Lang", "Länger"):
                await uow.agenda.add(topic, first - timedelta(days=90), jour_fixe_id=number, minutes=500)
            before = None
            for day in (first + timedelta(weeks=weeks * count) for count in range(times)):
                held = day if HOUSE.working_days.is_working(day) else day + timedelta(days=1)
                await uow.jour_fixe.add_meeting(
                    Meeting(jour_fixe_id=number, planned_on=day, day=held, begins=begins, minutes=60, known_since=KNOWN)
                )
                begin = datetime.combine(held, begins, BERLIN)
                self.due[title, held] = timetable(begin, HOUSE.working_days, before)
                before = begin
            await uow.commit()

    async def look(self, now: datetime, *, survives: bool) -> None:
        """Do what is due; of what a crash undoes nothing was said."""

        async def rooms() -> Sequence[Conversation]:
            return ROOMS

        async with self.database.unit_of_work() as uow:
            night = Night(now.astimezone(BERLIN), str, uow, rooms=rooms)
            said = await preparation.look_after(night, SERVICES)
            if not survives:
                return
            await uow.commit()
        self.looked.append(now)
        for one in said:
            if isinstance(one, Send):
                self._note(one, now)

    def _note(self, one: Send, now: datetime) -> None:
        [step] = [step for step, words in BEGINNINGS.items() if one.text.startswith(words)]
        [meeting] = [about for about in self.due if about[0] in one.text and in_words(about[1]) in one.text]
        self.said.setdefault((*meeting, step), []).append(now)
        if NOTE in one.text:
            self.late.add((*meeting, step))

    def first_look(self, due: Due) -> datetime:
        """When the bot looked first once something was due; what is late is said in the morning of a working day."""
        return next((now for now in self.looked if now >= due.at and not _waits(due, now.astimezone(BERLIN))), END)


def _waits(due: Due, now: datetime) -> bool:
    is_working = HOUSE.working_days.is_working(now.date())
    if now.date() == due.at.date() or (is_working and now.time() >= MORNING):
        return False
    day = now.date() if is_working else HOUSE.working_days.after(now.date(), 1)
    return datetime.combine(day, MORNING, BERLIN) < due.useful_until


def in_words(day: date) -> str:
    return f", {format_date(day, 'd. MMMM y', locale='de_DE')},"


@pytest.fixture
async def year(migrated: Path, tmp_path: Path) -> AsyncIterator[Year]:
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    year = Year(database)
    await year.plan("Lotsenrunde", time(9), weeks=4, times=13)
    await year.plan("Kernteam", time(14, 30), weeks=1, times=16)
    yield year
    await database.close()


def moments(random: Random) -> Sequence[datetime]:
    """When the bot looks: by the hour or so, but sometimes it is down for hours or days."""
    found, now = [], BEGIN
    while now < END:
        found.append(now)
        away = random.random()
        if away < 0.08:
            now += timedelta(hours=random.uniform(12, 120))
        else:
            # What lies further than an hour from anything due needs no looking, and time.
            now += timedelta(hours=random.uniform(0.2, 28))
    return found


async def test_each_step_is_said_once_or_past_its_use_not_at_all(year: Year) -> None:
    random = Random(7)
    for now in moments(random):
        await year.look(now, survives=random.random() > 0.05)
    expected, late = Counter[Said](), set[Said]()
    for about, steps in year.due.items():
        looks = {due.step: year.first_look(due) for due in steps}
        for due in steps:
            look = looks[due.step]
            comes_with_agenda = due.step is Step.REMIND and look == looks[Step.AGENDA]
            if due.step is Step.START or look >= due.useful_until or comes_with_agenda or look == END:
                continue
            expected[(*about, due.step)] += len(ROOMS)
            if look.astimezone(BERLIN).date() > due.at.date():
                late.add((*about, due.step))
    assert Counter({one: len(times) for one, times in year.said.items()}) == expected
    assert year.late == late
    assert {step for *_, step in expected} == set(BEGINNINGS)
    assert len(year.due) < len(expected) < 4 * len(year.due)
    assert late


async def test_who_looks_each_minute_says_all_in_time(year: Year) -> None:
    for about, steps in year.due.items():
        if about[1] < date(2026, 4, 12):  # with the change to summer time
            for due in steps:
                year.looked.append(due.at.astimezone(UTC))
    moments = sorted(year.looked)
    year.looked.clear()
    for now in moments:
        await year.look(now, survives=True)
        await year.look(now + timedelta(minutes=1), survives=True)
    assert {len(times) for times in year.said.values()} == {len(ROOMS)}
    assert not year.late
    assert {now.astimezone(BERLIN).hour for times in year.said.values() for now in times} == {9, 12}
