"""The jour fixe in people's own calendars: the file in chat, their own link, and what stands behind it."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from icalendar import Calendar

from bot.directory import role_of
from bot.roles import Role
from bot.settings import CommunitySettings
from bot.turn import House, Night
from handlers.jour_fixe import calendars
from handlers.jour_fixe.calendars import digest, invitation, own_feed, series_feed, single_meeting
from storage.database import Database, UnitOfWork
from storage.models.jour_fixe import Frequency, JourFixe, Meeting, MeetingState
from storage.models.minutes import Task
from town import LOTSEN, MATRIX, Resident, Town

URL = "https://bot.example.org"
BERLIN = ZoneInfo("Europe/Berlin")
SETTINGS = CommunitySettings(supporters=frozenset({"tom"}), rooms=frozenset({LOTSEN.id}))
DAY = date(2026, 12, 3)
LINK = re.compile(rf"{URL}/kalender/persoenlich/([\w-]+)\.ics")


def series(**fields: Any) -> JourFixe:
    usual: dict[str, Any] = {
        "title": "Jour fixe",
        "frequency": Frequency.WEEKLY,
        "interval": 4,
        "weekday": 3,
        "first_on": DAY,
        "begins": time(9),
        "minutes": 90,
        "zone": "Europe/Berlin",
        "place": "Rathaus, Raum 3",
        "template": [],
        "calendar_id": "k7h2",
    }
    return JourFixe(**usual | fields)


def meeting(of: int, planned_on: date = DAY, **fields: Any) -> Meeting:
    usual: dict[str, Any] = {"day": planned_on, "begins": time(9), "minutes": 90, "place": "Rathaus, Raum 3"}
    return Meeting(jour_fixe_id=of, planned_on=planned_on, **usual | fields)


async def keep(database: Database, one: JourFixe, *meetings: tuple[date, dict[str, Any]]) -> int:
    """Keep a series with its meetings; gives its number."""
    async with database.unit_of_work() as uow:
        number = await uow.jour_fixe.add(one)
        for day, fields in meetings:
            await uow.jour_fixe.add_meeting(meeting(number, day, **fields))
        await uow.commit()
    return number


@pytest.fixture
def town(sqlite: Database) -> Town:
    return Town(sqlite, SETTINGS, House(public_url=URL))


@pytest.fixture
def tom(town: Town) -> Resident:
    return town.resident("tom", "Tom Berger")


@pytest.fixture
async def uow(sqlite: Database) -> AsyncIterator[UnitOfWork]:
    async with sqlite.reading() as uow:
        yield uow


def days(text: str) -> list[date]:
    found = recurring_ical_events.of(Calendar.from_ical(text)).between(DAY, date(2027, 3, 1))
    return sorted(event["DTSTART"].dt.date() for event in found)


async def behind(town: Town, answer: str) -> str | None:
    """What stands behind the link in an answer."""
    found = LINK.search(answer)
    assert found, answer
    async with town.database.reading() as uow:
        written = await own_feed(uow, found[1], town.now.date(), lambda *who: role_of(town.community, *who))
    return written(town.now) if written else None


# for others


async def test_invitation_is_the_meeting_as_it_stands(sqlite: Database) -> None:
    number = await keep(sqlite, series(), (DAY, {"day": date(2026, 12, 4), "begins": time(10), "revision": 1}))
    async with sqlite.reading() as uow:
        [found] = await uow.jour_fixe.meetings(number)
        file = await invitation(Night(datetime(2026, 11, 22, tzinfo=UTC), str, uow), found)

    assert (file.name, file.path) == ("jour-fixe-2026-12-04.ics", "/kalender/k7h2/2026-12-03.ics")
    assert file.media_type == "text/calendar; charset=utf-8"
    [event] = Calendar.from_ical(file.content).events
    assert event.start == datetime(2026, 12, 4, 10, tzinfo=BERLIN)
    assert event["SEQUENCE"] == 1


@pytest.mark.parametrize("state", [MeetingState.CANCELLED, MeetingState.COLLIDING])
async def test_invitation_to_a_meeting_that_is_off_takes_it_out(sqlite: Database, state: MeetingState) -> None:
    number = await keep(sqlite, series(), (DAY, {"state": state, "revision": 1}))
    async with sqlite.reading() as uow:
        [found] = await uow.jour_fixe.meetings(number)
        file = await invitation(Night(datetime(2026, 11, 22, tzinfo=UTC), str, uow), found)

    assert file.name == "absage-2026-12-03.ics"
    assert "METHOD:CANCEL" in file.content


async def test_each_change_of_a_meeting_raises_the_number_of_the_whole_series(sqlite: Database) -> None:
    number = await keep(sqlite, series(revision=2), (DAY, {"revision": 1}), (date(2026, 12, 31), {"revision": 3}))
    async with sqlite.reading() as uow:
        one = await uow.jour_fixe.get(number)
        assert one is not None
        value = await calendars.value_of(uow, one)

    assert value.revision == 6


# in chat


async def test_supporter_gets_the_series_as_a_file_and_a_link(town: Town, tom: Resident) -> None:
    await keep(town.database, series(), (date(2026, 12, 31), {"state": MeetingState.CANCELLED}))

    answer = await tom.says("kalender")

    assert answer.startswith("Hier ist der Jour fixe für den Kalender.")
    [file] = tom.files
    assert (file.name, file.path) == ("jour-fixe.ics", "/kalender/k7h2.ics")
    assert days(file.content) == [DAY, date(2027, 1, 28), date(2027, 2, 25)]
    content = await behind(town, answer)
    assert content is not None
    assert days(content) == [DAY, date(2027, 1, 28), date(2027, 2, 25)]


async def test_link_is_shown_once_and_a_new_one_ends_it(town: Town, tom: Resident) -> None:
    await keep(town.database, series())
    first = await tom.says("kalender")

    assert "Deinen eigenen Link hast du schon." in await tom.says("kalender")
    second = await tom.says("kalender neu")

    assert await behind(town, first) is None
    assert await behind(town, second) is not None


async def test_deleted_link_leads_nowhere(town: Town, tom: Resident) -> None:
    await keep(town.database, series())
    first = await tom.says("kalender")

    assert await tom.says("kalender löschen") == "Dein eigener Kalender ist gelöscht. Der Link führt ins Leere."
    assert await behind(town, first) is None
    assert await tom.says("kalender löschen") == "Einen eigenen Kalender hast du nicht."


async def test_secret_itself_is_not_kept(town: Town, tom: Resident) -> None:
    await keep(town.database, series())
    found = LINK.search(await tom.says("kalender"))
    assert found

    async with town.database.reading() as uow:
        assert await uow.jour_fixe.feed_owner(digest(found[1])) is not None
        assert await uow.jour_fixe.feed_owner(found[1]) is None


async def test_without_a_public_address_there_is_only_the_file(sqlite: Database) -> None:
    town = Town(sqlite, SETTINGS)
    tom = town.resident("tom", "Tom Berger")
    await keep(sqlite, series())

    assert await tom.says("kalender") == "Hier ist der Jour fixe für den Kalender."
    assert "Mir fehlt eine öffentliche Adresse" in await tom.says("kalender neu")


async def test_room_gets_the_file_without_a_link(town: Town, tom: Resident) -> None:
    await keep(town.database, series())
    await keep(town.database, series(title="Kernteam", calendar_id="kern"))

    assert await tom.says("kalender", LOTSEN) == "Hier ist der Jour fixe für den Kalender."
    [file] = tom.files
    assert file.path == "", "no single address has both"
    assert {str(event["SUMMARY"]) for event in Calendar.from_ical(file.content).events} == {"Jour fixe", "Kernteam"}


async def test_room_hears_only_of_its_own_series(town: Town, tom: Resident) -> None:
    await keep(town.database, series())
    inner = await keep(town.database, series(title="Kernteam", calendar_id="kern"))
    async with town.database.unit_of_work() as uow:
        await uow.jour_fixe.set_rooms(inner, [(MATRIX, "!kernteam")])
        await uow.commit()

    await tom.says("kalender", LOTSEN)

    assert [file.path for file in tom.files] == ["/kalender/k7h2.ics"]


async def test_no_link_is_made_where_others_read_along(town: Town, tom: Resident) -> None:
    await keep(town.database, series())

    assert "nur im Einzelchat" in await tom.says("kalender neu", LOTSEN)
    assert "nur im Einzelchat" in await tom.says("kalender löschen", LOTSEN)


async def test_staff_get_no_calendar(town: Town) -> None:
    await keep(town.database, series())

    assert "nur Lots:innen" in await town.resident("anna", "Anna").says("kalender")


async def test_without_a_series_there_is_nothing_to_give(tom: Resident) -> None:
    assert "Noch ist kein Jour fixe geplant." in await tom.says("kalender")


async def test_unknown_word_is_answered_with_those_there_are(town: Town, tom: Resident) -> None:
    await keep(town.database, series())

    assert "„kalender neu“" in await tom.says("kalender: blau")


# behind the link


async def test_own_tasks_stand_in_the_own_calendar_and_those_of_others_do_not(town: Town, tom: Resident) -> None:
    await keep(town.database, series())
    answer = await tom.says("kalender")
    async with town.database.unit_of_work() as uow:
        mine = await uow.people.know(MATRIX, "tom", "Tom Berger")
        other = await uow.people.know(MATRIX, "ruth", "Ruth")
        for person, text in ((mine, "Leitfaden ergänzen"), (other, "Raum buchen")):
            due = date(2026, 12, 10)
            await uow.minutes.add_task(Task(text=text, owner_person_id=person.id, due_on=due, is_confirmed=True))
        await uow.minutes.add_task(Task(text="Irgendwann", owner_person_id=mine.id, is_confirmed=True))
        await uow.commit()

    content = await behind(town, answer)
    assert content is not None
    assert [str(event["SUMMARY"]) for event in Calendar.from_ical(content).events] == [
        "Jour fixe",
        "Aufgabe: Leitfaden ergänzen",
    ]


async def test_who_is_no_supporter_any_more_has_no_calendar(town: Town, tom: Resident) -> None:
    await keep(town.database, series())
    answer = await tom.says("kalender")
    token = LINK.search(answer)
    assert token

    async def nobody(_uow: UnitOfWork, _platform: str, _person: str) -> Role:
        return Role.STAFF_MEMBER

    async with town.database.reading() as uow:
        assert await own_feed(uow, token[1], town.now.date(), nobody) is None


async def test_series_of_a_room_is_in_the_calendar_of_those_who_take_part(town: Town, tom: Resident) -> None:
    await keep(town.database, series())
    inner = await keep(town.database, series(title="Kernteam", calendar_id="kern"), (DAY, {}))
    async with town.database.unit_of_work() as uow:
        await uow.jour_fixe.set_rooms(inner, [(MATRIX, "!kernteam")])
        await uow.commit()
    answer = await tom.says("kalender")
    without = await behind(town, answer)
    async with town.database.unit_of_work() as uow:
        person = await uow.people.know(MATRIX, "tom", "Tom Berger")
        [one] = await uow.jour_fixe.meetings(inner)
        await uow.attendance.of(one.id or 0, person.id or 0)
        await uow.commit()
    with_it = await behind(town, answer)

    assert without is not None
    assert with_it is not None
    assert "Kernteam" not in without
    assert "Kernteam" in with_it


async def test_secret_names_that_do_not_exist_have_nothing_behind_them(uow: UnitOfWork) -> None:
    async def supporter(_uow: UnitOfWork, _platform: str, _person: str) -> Role:
        return Role.SUPPORTER

    assert await series_feed(uow, "nothing") is None
    assert await single_meeting(uow, "nothing", DAY) is None
    assert await own_feed(uow, "nothing", DAY, supporter) is None
