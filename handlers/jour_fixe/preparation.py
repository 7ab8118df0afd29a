"""Prepares meetings: does each step before them once, in time or late with a note, and makes the agenda."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from math import ceil

from bot.messages import Action, Change, Choice, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers.ask import chosen
from handlers.candidates import chat_of
from handlers.jour_fixe import agenda, calendars, duties, meetings
from handlers.jour_fixe.agenda import MEETINGS_APART, TAKES_PLACE, Sight, in_words, minutes_of
from handlers.jour_fixe.appointments import check_coordinator, rooms_of, series_of, when
from knowledge.agenda import USUAL_GOAL, USUAL_MINUTES, Item, Plan, build
from knowledge.timetable import Step, Timing, due_steps
from storage.models.agenda import AgendaItem, Goal, Poll
from storage.models.jour_fixe import Duty, JourFixe, Meeting, MeetingState, Shows

EMPTY = "empty_meeting"  # topic of the offer below
DECIDED = "empty_decided"
"""Beside the steps of the timetable: what becomes of a meeting without topics."""
LOOKED_AHEAD = timedelta(days=35)
"""No step is due earlier, even if a house is closed for three weeks."""
SHORT = 15
"""A meeting without topics is shortened to its fixed items and so many minutes."""


# what is due


async def look_after(night: Night, services: Services) -> Sequence[Send | Change]:
    """Do what is due for each meeting that comes up; what is past its use is noted, but not said."""
    known = await night.uow.jour_fixe.in_state(*TAKES_PLACE, since=night.today - MEETINGS_APART)
    yesterday, last = night.today - timedelta(days=1), night.today + LOOKED_AHEAD
    # It may still be yesterday where the series is.
    near = [one for one in known if one.state == MeetingState.PLANNED and yesterday <= one.day <= last]
    meets = {series.id: series for series in await night.uow.jour_fixe.all(yesterday)} if near else {}
    said: list[Send | Change] = []
    for meeting in near:
        series = meets.get(meeting.jour_fixe_id)
        others = [one for one in known if one.jour_fixe_id == meeting.jour_fixe_id]
        # Each minute: what was done is asked only where anything is due.
        meeting.known_since = meeting.known_since or night.now
        due = agenda.due_among(services, series, meeting, others, night.now) if series else ()
        if series and due_steps(due, night.now, (), services.house.working_days):
            said += await _look_after(night, services, series, meeting, others)
    return said


async def _look_after(
    night: Night, services: Services, series: JourFixe, meeting: Meeting, others: Sequence[Meeting]
) -> Sequence[Send | Change]:
    assert meeting.id is not None
    done = await night.uow.jour_fixe.steps(meeting.id)
    is_kept_open = agenda.KEPT_OPEN in done
    due = agenda.due_among(services, series, meeting, others, night.now, is_kept_open=is_kept_open)
    said: list[Send | Change] = []
    for step, timing in due_steps(due, night.now, done, services.house.working_days):
        if not await night.uow.jour_fixe.note_step(meeting.id, step):
            continue
        if meeting.state != MeetingState.PLANNED:
            return said
        if timing is not Timing.PAST:
            new = await DONE_BY[step](night, services, meeting)
            said += [_late(night, one) if timing is Timing.LATE else one for one in new]
        elif step is Step.AGENDA:
            await _count(night, await agenda.look_at(night, services, meeting))
    return said


def _late(night: Night, said: Send | Change) -> Send | Change:
    if isinstance(said, Change):
        return said
    note = night.say_to(said.to)("Diese Nachricht kommt später als geplant.")
    return replace(said, text=f"{said.text}\n\n{note}")


async def _collect(night: Night, services: Services, meeting: Meeting) -> Sequence[Send | Change]:
    return await _post(night, services, meeting, Shows.TOPICS)


async def open_vote(asking: Turn | Night, services: Services, meeting: Meeting) -> Sequence[Send | Change]:
    """Open the vote; with one topic there is nothing to vote on, without any the coordinators are asked."""
    sight = await agenda.look_at(asking, services, meeting)
    for item in sight.voted_on:
        item.points = 0
    changes = await agenda.refresh(asking, services, meeting)
    if not sight.topics:
        return [*changes, *await _ask_coordinators(asking, sight)]
    return [*changes, *await _post(asking, services, meeting, Shows.VOTE)] if sight.is_voting else changes


async def make(asking: Turn | Night, services: Services, meeting: Meeting) -> Sequence[Send | Change]:
    """Count the votes, give each topic its place or have it wait, and show the agenda in all rooms."""
    sight = await agenda.look_at(asking, services, meeting)
    await _count(asking, sight)
    plan = _plan(sight)
    await _settle(asking, sight, plan)
    changes = await agenda.refresh(asking, services, meeting)
    await asking.uow.jour_fixe.drop_posts(meeting.id or 0, Shows.TOPICS, Shows.VOTE)  # they have said their last
    waits = {item.number for item in plan.overflow}
    told = await _tell_owners(asking, sight, [item for item in sight.topics if item.id in waits])
    return [*changes, *await _post(asking, services, meeting, Shows.AGENDA), *told]


async def _tell_owners(asking: Turn | Night, sight: Sight, waiting: Sequence[AgendaItem]) -> Sequence[Send]:
    """Tell those who speak for topics that these found no time."""
    said = []
    for owner in dict.fromkeys(item.owner_person_id for item in waiting if item.owner_person_id is not None):
        found = await chat_of(asking.uow, owner)
        if found is None:
            continue
        place, account = found
        say, theirs = asking.say_to(place), [item for item in waiting if item.owner_person_id == owner]
        text = say("{when}: Dafür war keine Zeit mehr: {titles}. Im Themenspeicher wartet es auf das nächste Mal.")
        told = text.format(when=when(sight.series, sight.meeting), titles=agenda.named(say, theirs))
        said.append(Send(place, told, person=account))
    return said


async def _remind(night: Night, services: Services, meeting: Meeting) -> Sequence[Send | Change]:
    sight = await agenda.look_at(night, services, meeting)
    given = await duties.names(night.uow, meeting.id or 0)
    topics = [item for item in sight.items if not item.is_fixed]
    said = []
    for place in await rooms_of(night, sight.series):
        say = night.say_to(place)
        where = ", ".join(filter(None, (when(sight.series, meeting), meeting.place)))
        parts = (
            say("**Erinnerung**: {title} am {when}.").format(title=sight.series.title, when=where),
            say("Themen: {titles}.").format(titles=agenda.named(say, topics)) if topics else "",
            ", ".join(f"{duties.title(say, duty)}: {name}" for duty, name in given.items()) + "." if given else "",
        )
        said.append(Send(place, "\n\n".join(filter(None, parts))))
    return said


async def _start(night: Night, services: Services, meeting: Meeting) -> Sequence[Send | Change]:
    """Tell the moderator alone that it begins, and how the agenda is gone through."""
    moderator = (await night.uow.attendance.duties(meeting.id or 0)).get(Duty.MODERATOR)
    found = await chat_of(night.uow, moderator) if moderator is not None else None
    if found is None:
        return []
    place, account = found
    text = night.say_to(place)("{title} beginnt jetzt. „jour fixe starten“ führt durch die Tagesordnung.")
    return [Send(place, text.format(title=(await series_of(night, meeting)).title), person=account)]


DONE_BY: Mapping[Step, Callable[[Night, Services, Meeting], Awaitable[Sequence[Send | Change]]]] = {
    Step.COLLECT: _collect,
    Step.CLOSE: open_vote,
    Step.AGENDA: make,
    Step.REMIND: _remind,
    Step.START: _start,
}


async def _post(asking: Turn | Night, services: Services, meeting: Meeting, shows: Shows) -> Sequence[Send]:
    sight = await agenda.look_at(asking, services, meeting)
    posts = [await agenda.post(asking, sight, shows, place) for place in await rooms_of(asking, sight.series)]
    if shows is not Shows.AGENDA:
        return posts
    file = await calendars.invitation(asking, meeting)
    return [replace(one, file=file) for one in posts]


# the agenda


async def _count(asking: Turn | Night, sight: Sight) -> None:
    """End the vote: only sums are left."""
    items = {item.id or 0: item for item in sight.voted_on}
    for number, points in (await asking.uow.agenda.close_poll(list(items), Poll.PRIORITY)).items():
        items[number].points = points


def _plan(sight: Sight) -> Plan:
    template = [
        Item(
            title=str(fixed["title"]),
            minutes=int(fixed.get("minutes") or USUAL_MINUTES),
            goal=Goal(fixed["goal"]) if fixed.get("goal") else USUAL_GOAL,
            is_last=bool(fixed.get("is_last")),
        )
        for fixed in sight.series.template
    ]
    added = [_as_item(item) for item in sight.items if item.is_fixed]
    # What was put onto the agenda by hand has its place, as what recurs.
    chosen = [replace(_as_item(item), is_recurring=True) for item in sight.items if not item.is_fixed]
    return build([*template, *added], [*chosen, *map(_as_item, sight.waiting)], sight.meeting.minutes)


def _as_item(item: AgendaItem) -> Item:
    return Item(
        title=item.title,
        number=item.id,
        minutes=minutes_of(item),
        goal=Goal(item.goal or USUAL_GOAL),
        is_last=item.is_last,
        is_recurring=item.is_recurring,
        proposed_on=item.proposed_on,
        deferrals=item.deferrals,
        points=item.points,
    )


async def _settle(asking: Turn | Night, sight: Sight, plan: Plan) -> None:
    """Write a plan down: who has a place has the meeting, all else waits in the backlog."""
    rows = {item.id: item for item in (*sight.items, *sight.waiting)}
    goals = {fixed["title"]: fixed.get("goal") or None for fixed in sight.series.template}
    for place, item in enumerate(plan.items, start=1):
        if item.number is not None:
            rows[item.number].meeting_id, rows[item.number].place = sight.meeting.id, place
            continue
        await asking.uow.agenda.add(
            item.title,
            asking.today,
            jour_fixe_id=sight.series.id,
            meeting_id=sight.meeting.id,
            place=place,
            goal=goals[item.title],
            minutes=item.minutes,
            is_fixed=True,
            is_last=item.is_last,
        )
    for item in plan.overflow:
        row = rows[item.number]
        row.meeting_id = row.place = None
        row.deferrals = item.deferrals


# a meeting without topics


async def _ask_coordinators(asking: Turn | Night, sight: Sight) -> Sequence[Send]:
    data = {"meeting": str(sight.meeting.id)}
    said = []
    for place in await asking.coordinators():
        say = asking.say_to(place)
        text = say("Für {title} am {when} gibt es noch kein Thema. Wie soll es weitergehen?")
        text += " " + say("Ohne Antwort findet der Termin statt.")
        choices = (
            Choice("absagen", say("absagen"), data | {"do": "cancel"}),
            Choice("kürzen", say("auf {count} Minuten kürzen").format(count=_short(sight)), data | {"do": "shorten"}),
            Choice("austausch", say("offener Austausch"), data | {"do": "exchange"}),
        )
        told = text.format(title=sight.series.title, when=when(sight.series, sight.meeting))
        said.append(Send(place, told, Offer(EMPTY, choices)))
    return said


def _fixed_minutes(sight: Sight) -> int:
    return sum(int(fixed.get("minutes") or USUAL_MINUTES) for fixed in sight.series.template)


def _short(sight: Sight) -> int:
    return min(sight.meeting.minutes, ceil((_fixed_minutes(sight) + SHORT) / SHORT) * SHORT)


async def decide_empty(turn: Turn, services: Services) -> Sequence[Action]:
    """Do with a meeting without topics what a coordinator chose; the second one hears that it is decided."""
    check_coordinator(turn)
    data = chosen(turn)
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data["meeting"]))
    is_open = meeting is not None and meeting.state == MeetingState.PLANNED
    if meeting is None or not is_open or not await turn.uow.jour_fixe.note_step(meeting.id or 0, DECIDED):
        return [Reply(turn.say("Das ist schon entschieden."))]
    match data["do"]:
        case "cancel":
            return [Reply(turn.say("Gut, dieser Termin fällt aus.")), *await meetings.cancel(turn, services, meeting)]
        case "shorten":
            return await _shorten(turn, services, meeting)
    return await _exchange(turn, services, meeting)


async def _shorten(turn: Turn, services: Services, meeting: Meeting) -> Sequence[Action]:
    sight = await agenda.look_at(turn, services, meeting)
    meeting.minutes = _short(sight)
    meeting.revision += 1
    text = turn.say("Gut: {when}. Die Tagesordnung kommt {moment}.")
    reply = Reply(text.format(when=when(sight.series, meeting), moment=in_words(sight.ends)))
    return [reply, *await agenda.refresh(turn, services, meeting)]


async def _exchange(turn: Turn, services: Services, meeting: Meeting) -> Sequence[Action]:
    sight = await agenda.look_at(turn, services, meeting)
    await turn.uow.agenda.add(
        "Offener Austausch",
        turn.today,
        jour_fixe_id=sight.series.id,
        meeting_id=meeting.id,
        minutes=max(USUAL_MINUTES, meeting.minutes - _fixed_minutes(sight)),
        is_fixed=True,
    )
    return [
        Reply(turn.say("Gut, auf der Tagesordnung steht offener Austausch.")),
        *await agenda.refresh(turn, services, meeting),
    ]
