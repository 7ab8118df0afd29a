"""Teams takes no files from a bot: people get a link to our web application, when they can reach it."""

from datetime import date, time

import aiohttp
from ical.calendar_stream import IcsCalendarStream

from bot.messages import Conversation, File, Outgoing
from bot.platforms.teams.activities import place_of
from bot.platforms.teams.platform import NAME
from servers.teams_bot import TeamsBot, words
from servers.teams_client import TeamsClient
from storage.models.jour_fixe import Frequency, JourFixe, Meeting
from storage.models.mailbox import OutboxMessage

DAY = date(2026, 12, 3)
FILE = File("jour-fixe-2026-12-03.ics", "text/calendar", "BEGIN:VCALENDAR\r\n", "/kalender/k7h2/2026-12-03.ics")


async def plan(bot: TeamsBot) -> None:
    series = JourFixe(
        title="Jour fixe",
        frequency=Frequency.WEEKLY,
        interval=4,
        weekday=3,
        first_on=DAY,
        begins=time(9),
        minutes=90,
        zone="Europe/Berlin",
        template=[],
        calendar_id="k7h2",
    )
    async with bot.database.unit_of_work() as uow:
        number = await uow.jour_fixe.add(series)
        meeting = Meeting(jour_fixe_id=number, planned_on=DAY, day=DAY, begins=time(9), minutes=90)
        await uow.jour_fixe.add_meeting(meeting)
        await uow.commit()


async def shown(bot: TeamsBot, person: TeamsClient, place: Conversation) -> list[str]:
    """What somebody reads in a chat once the bot has sent a file there."""
    where = person.personal if place.is_direct else person.channel
    await person.say("hallo", where=where)
    await bot.settled()
    before = len(person.messages(where))
    await bot.app.mailbox.post([Outgoing("k1", place, "Der nächste Termin steht.", file=FILE)])
    await bot.settled()
    return [words(one) for one in person.messages(where)[before:]]


async def test_link_leads_to_the_file(bot: TeamsBot, ada: TeamsClient, http: aiohttp.ClientSession) -> None:
    await plan(bot)
    bot.public_url = f"http://127.0.0.1:{bot.port}"
    await bot.restart()

    text, link = await shown(bot, ada, Conversation(NAME, ada.personal.id, is_direct=True))

    assert text == "Der nächste Termin steht."
    assert link == f"Datei: {FILE.name} ({bot.public_url}{FILE.path})"
    async with http.get(f"{bot.public_url}{FILE.path}") as answer:
        [event] = IcsCalendarStream.calendar_from_ics(await answer.text()).events
    assert event.summary == "Jour fixe"


async def test_without_a_public_address_nothing_is_said_of_a_file(bot: TeamsBot, ada: TeamsClient) -> None:
    found = await shown(bot, ada, Conversation(NAME, ada.personal.id, is_direct=True))

    assert found == ["Der nächste Termin steht."]


async def test_link_in_a_channel_stands_in_the_thread_of_its_post(bot: TeamsBot, ada: TeamsClient) -> None:
    bot.public_url = f"http://127.0.0.1:{bot.port}"
    await bot.restart()
    await ada.install(where=ada.channel)

    await shown(bot, ada, Conversation(NAME, ada.channel.id))

    rows = {row.key: row for row in await bot.rows(OutboxMessage)}
    post, link = rows["k1"].message_id, rows["k1:file"].message_id
    assert place_of(link) == place_of(post)
    assert ";messageid=" in place_of(link)
