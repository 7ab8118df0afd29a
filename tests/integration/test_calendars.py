"""A supporter asks the served bot for the calendar: the file comes in Matrix, the feed over HTTP."""

import re
from datetime import date, time
from pathlib import Path

import aiohttp
import pytest
from ical.calendar_stream import IcsCalendarStream

from servers.bot import BotProcess
from servers.matrix_bot import has_entered
from servers.synapse import Person, Synapse, eventually
from storage.database import Database
from storage.models.jour_fixe import Frequency, JourFixe, Meeting

DAY = date(2027, 1, 7)
WITHIN_S = 60.0

pytestmark = pytest.mark.timeout(300)


async def plan(bot: BotProcess) -> None:
    """Keep a series with its first date."""
    database = Database(f"sqlite+aiosqlite:///{bot.database}")
    series = JourFixe(
        title="Jour fixe",
        frequency=Frequency.MONTHLY,
        interval=1,
        nth=1,
        weekday=3,
        first_on=DAY,
        begins=time(9),
        minutes=90,
        zone="Europe/Berlin",
        template=[],
        calendar_id="k7h2",
    )
    async with database.unit_of_work() as uow:
        number = await uow.jour_fixe.add(series)
        await uow.jour_fixe.add_meeting(
            Meeting(jour_fixe_id=number, planned_on=DAY, day=DAY, begins=time(9), minutes=90)
        )
        await uow.commit()
    await database.close()


async def test_calendar_comes_as_a_file_and_is_kept_up_to_date_by_its_link(
    synapse: Synapse, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    anna = Person(synapse.register("anna_kalender", display_name="Anna"), http)
    bot = BotProcess(tmp_path, synapse.register("lotsenfunk_kalender", display_name="Lotsenfunk"))
    file = tmp_path / "lotsenfunk.toml"
    settings = file.read_text().replace("[community]", f'[community]\nsupporters = ["{anna.id}"]')
    file.write_text(settings.replace("[web]", '[web]\npublic_url = "https://bot.example.org/lotsen/"'))
    with bot:
        await plan(bot)
        room = await anna.create_room(bot.id, direct=True)
        await eventually(lambda: has_entered(anna, room, bot.id), WITHIN_S)
        await anna.say(room, "kalender")

        async def has_file() -> bool:
            return len(await anna.messages(room, bot.id)) == 2

        await eventually(has_file, WITHIN_S)
        text, sent = (event["content"] for event in await anna.messages(room, bot.id))
        found = re.search(r"https://bot\.example\.org/lotsen(/kalender/persoenlich/[0-9a-f]+\.ics)", text["body"])
        assert found
        async with http.get(f"http://127.0.0.1:{bot.port}{found[1]}") as answer:
            feed = await answer.text()
        assert found[1] not in bot.log
    headers = {"Authorization": f"Bearer {anna.account.access_token}"}
    address = f"{synapse.url}/_matrix/client/v1/media/download/{sent['url'].removeprefix('mxc://')}"
    async with http.get(address, headers=headers) as answer:
        content = await answer.text()

    assert (sent["msgtype"], sent["filename"]) == ("m.file", "jour-fixe.ics")
    for calendar in (feed, content):
        [event] = IcsCalendarStream.calendar_from_ics(calendar).events
        assert (event.summary, event.rrule and event.rrule.as_rrule_str()) == ("Jour fixe", "FREQ=MONTHLY;BYDAY=1TH")
