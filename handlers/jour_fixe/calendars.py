"""Meetings for people's own calendars: files that go with messages, and feeds that programs fetch by a secret name."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from hashlib import sha256

from bot.errors import UserError
from bot.messages import Action, Conversation, File, Reply
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers.jour_fixe.appointments import check_supporter, rooms_of, series_of
from knowledge import calendars
from knowledge.calendars import Due, Series, Sitting
from knowledge.rhythm import Rhythm
from storage.database import UnitOfWork
from storage.models.jour_fixe import Frequency, JourFixe, Meeting, MeetingState

MEDIA_TYPE = "text/calendar; charset=utf-8"
NEW, DELETE = "neu", "löschen"
"""What may follow „kalender“."""
SECRET_BYTES = 24
OFF = (MeetingState.CANCELLED, MeetingState.COLLIDING)
"""States of meetings that nobody shall come to."""

Written = Callable[[datetime], str]
"""A calendar but for the moment that it says it was made at."""
RoleOf = Callable[[UnitOfWork, str, str], Awaitable[Role]]
"""Tells the role of whoever uses an account, by platform and id."""


# for others: a meeting as a file


async def invitation(turn: Turn | Night, meeting: Meeting) -> File:
    """The file that puts a meeting into a calendar, moves it there, or takes it out when it is off."""
    series = await value_of(turn.uow, await series_of(turn, meeting))
    path = f"/kalender/{series.calendar_id}/{meeting.planned_on}.ics"
    stem = "absage" if meeting.state in OFF else "jour-fixe"
    content = calendars.meeting_file(series, _sitting(meeting), turn.now)
    return File(f"{stem}-{meeting.day}.ics", MEDIA_TYPE, content, path)


# „kalender“


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """Give the series as a file; to somebody alone also the address of their own calendar, or end it."""
    check_supporter(turn)
    if turn.text:
        return await _change_feed(turn, services.house.public_url, turn.text.casefold().strip(" .!"))
    found = await _series_here(turn)
    if not found:
        raise UserError(turn.say("Noch ist kein Jour fixe geplant. Das macht die Koordination mit „jour fixe“."))
    text = turn.say("Hier ist der Jour fixe für den Kalender.")
    if turn.message.conversation.is_direct and services.house.public_url:
        text = f"{text}\n\n{await _own_link(turn, services.house.public_url)}"
    path = series_path(found[0]) if len(found) == 1 else ""
    values = [await value_of(turn.uow, series) for series in found]
    return [Reply(text, file=File("jour-fixe.ics", MEDIA_TYPE, calendars.series_file(values, turn.now), path))]


async def _series_here(turn: Turn) -> Sequence[JourFixe]:
    here = turn.message.conversation
    if here.is_direct:
        person = await turn.uow.people.find(here.platform, turn.message.sender.id)
        return await _series_of_person(turn.uow, person.id or 0 if person else 0, turn.today)
    return [one for one in await turn.uow.jour_fixe.all(turn.today) if _is_among(here, await rooms_of(turn, one))]


def _is_among(here: Conversation, rooms: Sequence[Conversation]) -> bool:
    return (here.platform, here.id) in [(room.platform, room.id) for room in rooms]


async def _own_link(turn: Turn, public_url: str) -> str:
    person_id = await _person_id(turn)
    if await turn.uow.jour_fixe.has_feed(person_id):
        return turn.say("Deinen eigenen Link hast du schon. Einen neuen macht „kalender neu“, dann endet der alte.")
    return await _new_link(turn, public_url, person_id)


async def _new_link(turn: Turn, public_url: str, person_id: int) -> str:
    token = secrets.token_hex(SECRET_BYTES)  # without signs that Markdown reads
    await turn.uow.jour_fixe.set_feed(person_id, digest(token))
    return turn.say(
        "Dein eigener Kalender, auch mit deinen Aufgaben:\n{link}\n\nAbonniere diesen Link in deinem Kalenderprogramm. "
        "Gib ihn nicht weiter, ich zeige ihn nur einmal. Mit „kalender löschen“ endet er."
    ).format(link=f"{public_url}/kalender/persoenlich/{token}.ics")


async def _change_feed(turn: Turn, public_url: str, wish: str) -> Sequence[Action]:
    if wish not in (NEW, DELETE):
        raise UserError(turn.say("Es gibt „kalender“, „kalender neu“ und „kalender löschen“."))
    if not turn.message.conversation.is_direct:
        raise UserError(turn.say("Das geht nur im Einzelchat. Der eigene Link ist für niemanden sonst."))
    if wish == NEW and not public_url:
        raise UserError(turn.say("Einen Link habe ich nicht: Mir fehlt eine öffentliche Adresse. Die Technik hilft."))
    person_id = await _person_id(turn)
    if wish == NEW:
        return [Reply(await _new_link(turn, public_url, person_id))]
    if not await turn.uow.jour_fixe.has_feed(person_id):
        raise UserError(turn.say("Einen eigenen Kalender hast du nicht."))
    await turn.uow.jour_fixe.set_feed(person_id, None)
    return [Reply(turn.say("Dein eigener Kalender ist gelöscht. Der Link führt ins Leere."))]


async def _person_id(turn: Turn) -> int:
    sender = turn.message.sender
    person = await turn.uow.people.know(turn.message.conversation.platform, sender.id, sender.name)
    return person.id or 0


# for the web application: what stands behind a secret name


def series_path(series: JourFixe) -> str:
    """Where the calendar of a series is in our web application."""
    return f"/kalender/{series.calendar_id}.ics"


def digest(token: str) -> str:
    """What is kept of the secret name of somebody's own calendar."""
    return sha256(token.encode()).hexdigest()


async def series_feed(uow: UnitOfWork, calendar_id: str) -> Written | None:
    """The calendar of a series by its secret name; None when there is none."""
    series = await uow.jour_fixe.of_calendar(calendar_id)
    if series is None:
        return None
    value = await value_of(uow, series)
    return lambda now: calendars.feed(value.title, [value], now)


async def single_meeting(uow: UnitOfWork, calendar_id: str, planned_on: date) -> Written | None:
    """One meeting of a series, by the day of its rhythm; None when there is none."""
    series = await uow.jour_fixe.of_calendar(calendar_id)
    found = await uow.jour_fixe.meetings(series.id or 0) if series else ()
    meeting = next((one for one in found if one.planned_on == planned_on), None)
    if series is None or meeting is None:
        return None
    value, sitting = await value_of(uow, series), _sitting(meeting)
    return lambda now: calendars.meeting_file(value, sitting, now)


async def own_feed(uow: UnitOfWork, token: str, today: date, role_of: RoleOf) -> Written | None:
    """Somebody's own calendar by its secret name, with their open tasks; None for those who are no supporters."""
    person_id = await uow.jour_fixe.feed_owner(digest(token))
    if person_id is None:
        return None
    accounts = await uow.people.accounts(person_id)
    roles = [await role_of(uow, account.platform, account.person) for account in accounts]
    if max(roles, default=Role.STAFF_MEMBER) < Role.SUPPORTER:
        return None
    series = [await value_of(uow, one) for one in await _series_of_person(uow, person_id, today)]
    tasks = [
        Due(f"{digest(token)[:16]}-{task.id}", task.text, task.due_on)
        for task in await uow.minutes.tasks_of(person_id)
        if task.due_on is not None
    ]
    return lambda now: calendars.feed("Lotsenfunk", series, now, tasks)


async def _series_of_person(uow: UnitOfWork, person_id: int, today: date) -> Sequence[JourFixe]:
    """The series of all supporters, and of those of single rooms the ones where somebody takes part; else all."""
    series = await uow.jour_fixe.all(today)
    own = [
        one
        for one in series
        if not await uow.jour_fixe.rooms(one.id or 0) or await uow.attendance.takes_part(one.id or 0, person_id)
    ]
    return own or series


async def value_of(uow: UnitOfWork, series: JourFixe) -> Series:
    """A series with its meetings as plain values, for calendars."""
    meetings = await uow.jour_fixe.meetings(series.id or 0)
    rhythm = Rhythm(Frequency(series.frequency), series.interval, series.weekday, series.first_on, series.nth)
    return Series(
        series.calendar_id,
        series.title,
        rhythm.rrule,
        series.first_on,
        series.begins,
        series.minutes,
        series.zone,
        series.place,
        revision=series.revision + sum(meeting.revision for meeting in meetings),
        ended_on=series.ended_on,
        sittings=[_sitting(meeting) for meeting in meetings],
    )


def _sitting(meeting: Meeting) -> Sitting:
    return Sitting(
        meeting.planned_on,
        meeting.day,
        meeting.begins,
        meeting.minutes,
        meeting.place,
        is_off=meeting.state in OFF,
    )
