"""Series as they are kept: their rhythm, their meetings of the year to come, and what a change does to those."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from bot.messages import Change, Send
from bot.turn import Night, Services, Turn
from handlers.cards import day_in_words
from handlers.jour_fixe import agenda
from handlers.jour_fixe.appointments import clock, end_of, rooms_of, when
from knowledge.rhythm import Rhythm
from knowledge.working_days import WorkingDays
from storage.database import UnitOfWork
from storage.models.jour_fixe import Frequency, JourFixe, Meeting, MeetingState

AHEAD = relativedelta(months=12)
"""For so long the meetings of a series are planned."""
ASKED = "asked "
"""Begins the step that notes when the coordinators were asked about a collision, before the day."""
OPEN = (MeetingState.PLANNED, MeetingState.COLLIDING)


@dataclass(frozen=True, slots=True)
class Terms:
    """When and where a series meets from now on; `since` is the first day that this holds for."""

    rhythm: Rhythm
    since: date
    begins: time
    minutes: int
    place: str


def rhythm_of(series: JourFixe) -> Rhythm:
    """The rhythm of a series."""
    return Rhythm(Frequency(series.frequency), series.interval, series.weekday, series.first_on, series.nth)


def today_of(turn: Turn | Night, series: JourFixe) -> date:
    """The calendar day where a series meets."""
    return turn.now.astimezone(ZoneInfo(series.zone)).date()


def in_words(series: JourFixe) -> str:
    """Rhythm and time of a series: „alle 4 Wochen donnerstags, 9:00 bis 10:30 Uhr“."""
    usual = Meeting(
        jour_fixe_id=0, planned_on=series.first_on, day=series.first_on, begins=series.begins, minutes=series.minutes
    )
    end = end_of(series, usual)
    return f"{rhythm_of(series).in_words}, {clock(series.begins)} bis {clock(end.time())} Uhr"


async def fill(turn: Turn | Night, days: WorkingDays, series: JourFixe) -> None:
    """Have there be a meeting for each date of the next twelve months; what was decided about one stays.

    A date that nobody should meet on waits for a decision, and so does one whose day has become such a day since.
    """
    assert series.id is not None
    today = today_of(turn, series)
    known = await turn.uow.jour_fixe.meetings(series.id)
    for meeting in known:
        await _check(turn, days, meeting, today)
    planned = {meeting.planned_on for meeting in known}
    until = min(today + AHEAD, series.ended_on or date.max)
    for day in rhythm_of(series).days(until):
        if day >= today and day not in planned:
            await turn.uow.jour_fixe.add_meeting(_planned(turn, days, series, day))


def _planned(turn: Turn | Night, days: WorkingDays, series: JourFixe, day: date) -> Meeting:
    is_free = days.name_of(day) is not None
    return Meeting(
        jour_fixe_id=series.id or 0,
        planned_on=day,
        day=day,
        begins=series.begins,
        minutes=series.minutes,
        place=series.place,
        state=MeetingState.COLLIDING if is_free else MeetingState.PLANNED,
        known_since=None if is_free else turn.now,
    )


async def _check(turn: Turn | Night, days: WorkingDays, meeting: Meeting, today: date) -> None:
    """See whether the day of a meeting has become one off since it was planned, or is none any more."""
    if meeting.state not in OPEN:
        return
    is_off = days.name_of(meeting.day) is not None
    if meeting.state == MeetingState.COLLIDING and meeting.day < today:
        await free_items(turn.uow, meeting)
        _become(meeting, MeetingState.CANCELLED)  # nobody decided
    elif meeting.state == MeetingState.COLLIDING and not is_off:
        take_place(turn, meeting)
    elif meeting.state == MeetingState.PLANNED and is_off and meeting.day > today:
        steps = await turn.uow.jour_fixe.steps(meeting.id or 0)
        if kept(meeting.day) not in steps:
            _become(meeting, MeetingState.COLLIDING)


def take_place(turn: Turn | Night, meeting: Meeting) -> None:
    """Have it be known from now on that a meeting takes place: what comes before it is due after this."""
    _become(meeting, MeetingState.PLANNED)
    meeting.known_since = turn.now


def _become(meeting: Meeting, state: MeetingState) -> None:
    meeting.state = state
    meeting.revision += 1


def kept(day: date) -> str:
    """The step that notes that a meeting takes place although nobody works on its day."""
    return f"kept {day}"


async def free_items(uow: UnitOfWork, meeting: Meeting) -> None:
    """Have the topics of a meeting wait again; its fixed items are gone."""
    for item in await uow.agenda.of_meeting(meeting.id or 0):
        if item.is_fixed:
            await uow.agenda.remove(item.id or 0)
        else:
            item.meeting_id = item.place = None


async def take_terms(turn: Turn, services: Services, series: JourFixe, terms: Terms) -> Sequence[Send | Change]:
    """Have other terms hold for a series and all its dates to come that were not changed one by one."""
    assert series.id is not None
    old_begins, old_minutes, old_place = series.begins, series.minutes, series.place
    rhythm = terms.rhythm
    series.frequency, series.interval = rhythm.frequency, rhythm.interval
    series.weekday, series.nth, series.first_on = rhythm.weekday, rhythm.nth, rhythm.first_on
    series.begins, series.minutes, series.place = terms.begins, terms.minutes, terms.place
    series.revision += 1
    days = frozenset(rhythm.days(today_of(turn, series) + AHEAD + timedelta(days=31)))
    said: list[Send | Change] = []
    for meeting in await turn.uow.jour_fixe.meetings(series.id):
        if meeting.state not in OPEN or meeting.planned_on < terms.since:
            continue
        is_usual = (meeting.day, meeting.begins) == (meeting.planned_on, old_begins)
        if is_usual and meeting.planned_on not in days:
            said += await _drop(turn, services, series, meeting)
            continue
        before = (meeting.begins, meeting.minutes, meeting.place)
        meeting.begins = terms.begins if meeting.begins == old_begins else meeting.begins
        meeting.minutes = terms.minutes if meeting.minutes == old_minutes else meeting.minutes
        meeting.place = terms.place if meeting.place == old_place else meeting.place
        if before != (meeting.begins, meeting.minutes, meeting.place):
            meeting.revision += 1
            said += await refreshed(turn, services, meeting)
    await fill(turn, services.house.working_days, series)
    return [*said, *await _tell(turn, series, terms.since)]


async def _drop(turn: Turn, services: Services, series: JourFixe, meeting: Meeting) -> Sequence[Change]:
    """Take a date out that the rhythm no longer has; one that people have seen stays as one that is off."""
    assert meeting.id is not None
    await free_items(turn.uow, meeting)
    if await turn.uow.jour_fixe.posts(meeting.id):
        _become(meeting, MeetingState.CANCELLED)
        return await refreshed(turn, services, meeting)
    series.revision += meeting.revision + 1  # for calendars the sum of all never falls
    await turn.uow.jour_fixe.drop_meeting(meeting.id)
    return []


async def end(turn: Turn, services: Services, series: JourFixe, last_on: date) -> Sequence[Send | Change]:
    """Have a series meet no more after a day, and tell those who heard of it."""
    assert series.id is not None
    series.ended_on = last_on
    series.revision += 1
    said: list[Send | Change] = []
    for meeting in await turn.uow.jour_fixe.meetings(series.id, since=last_on + timedelta(days=1)):
        if meeting.state in OPEN:
            await free_items(turn.uow, meeting)
            _become(meeting, MeetingState.CANCELLED)
            said += await refreshed(turn, services, meeting)
    for room in await rooms_of(turn, series):
        text = turn.say_to(room)("{title} endet am {day}. Danach gibt es keine Termine mehr.")
        said.append(Send(room, text.format(title=series.title, day=day_in_words(last_on))))
    return said


async def _tell(turn: Turn, series: JourFixe, since: date) -> Sequence[Send]:
    """Say in the rooms what holds from now on, or from a later day before which there are still dates."""
    meeting = await turn.uow.jour_fixe.next_meeting(series.id or 0, today_of(turn, series))
    said = []
    for room in await rooms_of(turn, series):
        say = turn.say_to(room)
        facts = {"title": series.title, "rhythm": in_words(series), "place": series.place or say("Ort noch offen")}
        text = say("{title} hat sich geändert: {rhythm}, {place}.").format(**facts)
        if meeting is not None and meeting.day < since:
            text += " " + say("Das gilt ab {day}.").format(day=day_in_words(since))
        following = say("Nächster Termin: {when}.").format(when=when(series, meeting)) if meeting else ""
        said.append(Send(room, f"{text} {following}".strip()))
    return said


async def refreshed(turn: Turn | Night, services: Services, meeting: Meeting) -> Sequence[Change]:
    """The messages that show a meeting, brought up to date; most meetings have none yet."""
    has_posts = await turn.uow.jour_fixe.posts(meeting.id or 0)
    return await agenda.refresh(turn, services, meeting) if has_posts else []
