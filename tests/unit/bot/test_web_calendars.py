"""Calendars over HTTP, as programs fetch them, from a real database."""

import logging
from collections.abc import AsyncIterator
from datetime import date, time, timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from ical.calendar_stream import IcsCalendarStream
from sqlalchemy import text

from bot.roles import Role
from bot.web.calendars import Calendars
from bot.web.health import application
from conftest import MovedClock
from handlers.jour_fixe.calendars import digest
from storage.database import Database, UnitOfWork
from storage.models.jour_fixe import Frequency, JourFixe, Meeting, MeetingState

TOKEN = "geheim-geheim-geheim-geheim-4711"
Client = TestClient[Any, Any]


async def well() -> dict[str, bool]:
    return {}


async def supporter(_uow: UnitOfWork, _platform: str, _person: str) -> Role:
    return Role.SUPPORTER


@pytest.fixture
async def house(database: Database) -> Database:
    """A house with a series whose second meeting is cancelled, and somebody with an own calendar."""
    day = date(2026, 12, 3)
    series = JourFixe(
        title="Jour fixe",
        frequency=Frequency.WEEKLY,
        interval=4,
        weekday=3,
        first_on=day,
        begins=time(9),
        minutes=90,
        zone="Europe/Berlin",
        template=[],
        calendar_id="k7h2",
    )
    async with database.unit_of_work() as uow:
        number = await uow.jour_fixe.add(series)
        for planned_on, state in ((day, MeetingState.PLANNED), (day + timedelta(weeks=4), MeetingState.CANCELLED)):
            row = Meeting(jour_fixe_id=number, planned_on=planned_on, day=planned_on, begins=time(9), minutes=90)
            row.state = state
            await uow.jour_fixe.add_meeting(row)
        tom = await uow.people.know("matrix", "tom", "Tom")
        await uow.jour_fixe.set_feed(tom.id or 0, digest(TOKEN))
        await uow.commit()
    return database


@pytest.fixture
async def client(house: Database, clock: MovedClock) -> AsyncIterator[Client]:
    app = application(well, Calendars(house, clock.now, supporter).routes)
    async with TestClient(TestServer(app)) as client:
        yield client


async def rename(house: Database, title: str) -> None:
    async with house.unit_of_work() as uow:
        series = await uow.jour_fixe.of_calendar("k7h2")
        assert series is not None
        series.title, series.revision = title, series.revision + 1
        await uow.commit()


@pytest.mark.parametrize("path", ["/kalender/k7h2.ics", f"/kalender/persoenlich/{TOKEN}.ics"])
async def test_calendar_is_given_to_whoever_knows_its_name(client: Client, path: str) -> None:
    answer = await client.get(path)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    [event] = IcsCalendarStream.calendar_from_ics(await answer.text()).events
    assert event.summary == "Jour fixe"
    assert len(event.exdate) == 1


async def test_single_meeting_has_an_address_of_its_own(client: Client) -> None:
    planned = await (await client.get("/kalender/k7h2/2026-12-03.ics")).text()
    cancelled = await (await client.get("/kalender/k7h2/2026-12-31.ics")).text()

    assert "METHOD:PUBLISH" in planned
    assert "METHOD:CANCEL" in cancelled


async def test_calendar_that_did_not_change_is_not_given_again(client: Client, clock: MovedClock) -> None:
    first = await client.get("/kalender/k7h2.ics")
    clock.move(timedelta(hours=4))

    by_tag = await client.get("/kalender/k7h2.ics", headers={"If-None-Match": first.headers["ETag"]})
    by_date = await client.get("/kalender/k7h2.ics", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    again = await client.get("/kalender/k7h2.ics")

    assert (by_tag.status, await by_tag.read()) == (304, b"")
    assert by_tag.headers["ETag"] == first.headers["ETag"]
    assert by_date.status == 304
    assert await again.read() == await first.read()


async def test_changed_calendar_is_given_again(client: Client, house: Database, clock: MovedClock) -> None:
    first = await client.get("/kalender/k7h2.ics")
    clock.move(timedelta(hours=4))
    await rename(house, "Treffen")

    by_tag = await client.get("/kalender/k7h2.ics", headers={"If-None-Match": first.headers["ETag"]})
    by_date = await client.get("/kalender/k7h2.ics", headers={"If-Modified-Since": first.headers["Last-Modified"]})

    assert (by_tag.status, by_date.status) == (200, 200)
    assert "SUMMARY:Treffen" in await by_tag.text()
    assert "SEQUENCE:1" in await by_date.text()


async def test_tag_counts_more_than_a_date(client: Client, house: Database) -> None:
    first = await client.get("/kalender/k7h2.ics")
    await rename(house, "Treffen")

    given = {"If-None-Match": first.headers["ETag"], "If-Modified-Since": first.headers["Last-Modified"]}

    assert (await client.get("/kalender/k7h2.ics", headers=given)).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/kalender/unknown.ics",
        "/kalender/persoenlich/unknown.ics",
        "/kalender/persoenlich.ics",
        "/kalender/k7h2/2026-12-04.ics",
        "/kalender/k7h2/2026-99-99.ics",
        "/kalender/unknown/2026-12-03.ics",
        "/kalender/k7h2",
        "/kalender/",
        f"/kalender/persoenlich/{'x' * 101}.ics",
    ],
)
async def test_what_is_unknown_looks_like_nothing(client: Client, path: str) -> None:
    answer = await client.get(path)
    nothing = await client.get("/gibt-es-nicht")

    assert (answer.status, await answer.text()) == (nothing.status, await nothing.text()) == (404, "404: Not Found")
    assert "ETag" not in answer.headers


async def test_programs_may_ask_for_the_head_alone(client: Client) -> None:
    answer = await client.head("/kalender/k7h2.ics")

    assert (answer.status, await answer.read()) == (200, b"")
    assert "ETag" in answer.headers


async def test_reading_a_calendar_writes_nothing(client: Client, house: Database) -> None:
    async def counts() -> list[int]:
        async with house.reading() as uow:
            tables = ("meeting", "jour_fixe", "calendar_feed", "person", "outbox_message")
            return [(await uow._session.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one() for name in tables]

    before = await counts()
    await client.get(f"/kalender/persoenlich/{TOKEN}.ics")

    assert await counts() == before


async def test_secret_names_are_in_no_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await client.get(f"/kalender/persoenlich/{TOKEN}.ics")
        await client.get("/kalender/persoenlich/auch-geheim.ics")

    ours = [record.getMessage() for record in caplog.records if record.name != "aiohttp.access"]
    assert not any(TOKEN in line or "auch-geheim" in line for line in ours)


async def test_house_whose_database_is_away_asks_to_come_again(house: Database, clock: MovedClock) -> None:
    app = application(well, Calendars(Database("sqlite+aiosqlite:////nirgends/x.db"), clock.now, supporter).routes)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/kalender/k7h2.ics")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
