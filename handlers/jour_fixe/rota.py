"""Gives the duties of each meeting to somebody whose turn it is, and asks them. Swapping is elsewhere."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta

from bot.messages import Change, Choice, Offer, Send
from bot.turn import Night, Services, Turn
from handlers import candidates
from handlers.jour_fixe import agenda
from handlers.jour_fixe.appointments import begin_of, upcoming, when
from knowledge import rota
from storage.models.jour_fixe import Coming, Duty, JourFixe, Meeting, MeetingState
from storage.models.people import Experience

DUTY = "duty"  # topic of the offer below
GIVEN_AHEAD = timedelta(days=14)
ASSIGNED = "duties"  # steps of a meeting
TURNED = "rota"

Say = Callable[[str], str]


def vacant(duty: Duty) -> str:
    """The step that tells that nobody was found for a duty, or that it is not needed."""
    return f"no {duty}"


# whose turn it is


async def members(turn: Turn | Night) -> Mapping[int, Experience | None]:
    """By our id, all supporters whom we can write to, with what they say of their experience."""
    found: dict[int, Experience | None] = {}
    for person, _ in await turn.uow.people.everybody():
        assert person.id is not None
        if await candidates.chat_of(turn.uow, person.id) and await candidates.is_supporter(turn, person.id):
            portrait = await turn.uow.people.portrait(person.id)
            found[person.id] = Experience(portrait.experience) if portrait and portrait.experience else None
    return found


async def absent(turn: Turn | Night, meeting: Meeting, people: Collection[int]) -> frozenset[int]:
    """Who of these people is paused on the day of a meeting, or said that they do not come."""
    said = {one.person_id for one in await turn.uow.attendance.all(meeting.id or 0) if one.coming == Coming.NO}
    portraits = [await turn.uow.people.portrait(person) for person in people]
    paused = {one.person_id for one in portraits if one and candidates.is_paused(one, meeting.day)}
    return frozenset(people) & (said | paused)


async def look_after(night: Night, services: Services) -> Sequence[Send | Change]:
    """Give the duties of meetings that come near, and again those whose person is no longer there."""
    said: list[Send | Change] = []
    for series, meeting in await upcoming(night):
        is_near = night.now < begin_of(series, meeting) <= night.now + GIVEN_AHEAD
        if is_near and meeting.state == MeetingState.PLANNED:
            said += await _give(night, services, series, meeting)
    return said


async def turn_queues(night: Night, services: Services) -> Sequence[Send]:
    """Have those who had a duty go to the end of its queue, as soon as the meeting is over."""
    for series in await night.uow.jour_fixe.all(night.today - GIVEN_AHEAD):
        await _turn_queues(night, series)
    return []


async def _turn_queues(turn: Turn | Night, series: JourFixe) -> None:
    assert series.id is not None
    for meeting in await turn.uow.jour_fixe.meetings(series.id, turn.today - GIVEN_AHEAD):
        is_over = meeting.state == MeetingState.HELD or meeting.day < turn.today
        took_place = meeting.state not in (MeetingState.CANCELLED, MeetingState.COLLIDING)
        if is_over and took_place and await turn.uow.jour_fixe.note_step(meeting.id or 0, TURNED):
            for duty, person in (await turn.uow.attendance.duties(meeting.id or 0)).items():
                queue = await turn.uow.attendance.queue(series.id, duty)
                await turn.uow.attendance.set_queue(series.id, duty, rota.served(queue, [person]))


async def _give(night: Night, services: Services, series: JourFixe, meeting: Meeting) -> Sequence[Send | Change]:
    assert meeting.id is not None
    steps = await night.uow.jour_fixe.steps(meeting.id)
    if ASSIGNED not in steps:
        return await _assign(night, services, series, meeting)
    given = await night.uow.attendance.duties(meeting.id)
    said: list[Send | Change] = []
    for duty in Duty:
        holder = given.get(duty)
        is_open = vacant(duty) not in steps if holder is None else not await _is_there(night, meeting, holder)
        if is_open:
            said += await hand_on(night, series, meeting, duty, holder)
    return [*said, *await agenda.refresh(night, services, meeting)] if said else []


async def _is_there(turn: Turn | Night, meeting: Meeting, person: int) -> bool:
    return await candidates.is_supporter(turn, person) and not await absent(turn, meeting, [person])


async def _assign(night: Night, services: Services, series: JourFixe, meeting: Meeting) -> Sequence[Send | Change]:
    """Give all duties of a meeting for the first time; some may be taken already."""
    assert series.id is not None
    assert meeting.id is not None
    if not await night.uow.jour_fixe.note_step(meeting.id, ASSIGNED):
        return []
    await _turn_queues(night, series)
    people = await members(night)
    away = await absent(night, meeting, people)
    taken = await night.uow.attendance.duties(meeting.id)
    queues: dict[Duty, Sequence[int]] = {}
    for duty in Duty:
        waiting = await night.uow.attendance.queue(series.id, duty)
        queues[duty] = rota.tended(waiting, duty, people, candidates.RANDOM)
        await night.uow.attendance.set_queue(series.id, duty, queues[duty])
    needed = rota.duties(len(people.keys() - away))
    given = rota.assigned(
        {duty: queues[duty] for duty in needed if duty not in taken},
        absent=away | set(taken.values()),
        tired=await _tired(night, series, meeting),
    )
    said: list[Send | Change] = []
    for duty in Duty:
        if duty in given:
            await night.uow.attendance.give(meeting.id, duty, given[duty])
            said += await ask(night, series, meeting, duty, given[duty])
        elif duty not in taken:
            await night.uow.jour_fixe.note_step(meeting.id, vacant(duty))
            said += await _tell_coordinators(night, series, meeting, duty) if duty in needed else []
    return [*said, *await agenda.refresh(night, services, meeting)]


async def _tired(turn: Turn | Night, series: JourFixe, meeting: Meeting) -> frozenset[int]:
    """Who had a duty at the meeting before, as far as that is still known."""
    earlier = [
        one
        for one in await turn.uow.jour_fixe.meetings(series.id or 0, meeting.day - 5 * GIVEN_AHEAD)
        if one.day < meeting.day and one.state != MeetingState.CANCELLED
    ]
    return frozenset((await turn.uow.attendance.duties(earlier[-1].id or 0)).values()) if earlier else frozenset()


async def hand_on(
    turn: Turn | Night, series: JourFixe, meeting: Meeting, duty: Duty, holder: int | None
) -> Sequence[Send]:
    """Give a duty to the next one behind its holder, who keeps their place, and ask them; else ask the coordinators."""
    assert meeting.id is not None
    await turn.uow.jour_fixe.hold_meeting(meeting.id)
    given = await turn.uow.attendance.duties(meeting.id)
    if given.get(duty) != holder:
        return []  # somebody else was quicker
    people = await members(turn)
    queue = await turn.uow.attendance.queue(series.id or 0, duty)
    person = rota.next_in(
        queue,
        absent=(set(queue) - people.keys()) | await absent(turn, meeting, people),
        busy=given.values(),
        tired=await _tired(turn, series, meeting),
        after=holder,
    )
    await turn.uow.attendance.give(meeting.id, duty, person)
    if person is not None:
        return await ask(turn, series, meeting, duty, person)
    await turn.uow.jour_fixe.note_step(meeting.id, vacant(duty))
    return await _tell_coordinators(turn, series, meeting, duty)


async def step_down(turn: Turn, series: JourFixe, meeting: Meeting, person: int) -> Sequence[Send]:
    """Give the duties of somebody who does not come to those whose turn it is next; the caller refreshes the agenda."""
    given = await turn.uow.attendance.duties(meeting.id or 0)
    theirs = [duty for duty, holder in given.items() if holder == person]
    return [action for duty in theirs for action in await hand_on(turn, series, meeting, duty, person)]


# asking


async def ask(turn: Turn | Night, series: JourFixe, meeting: Meeting, duty: Duty, person: int) -> Sequence[Send]:
    """Tell somebody which duty they have, and ask whether that suits them."""
    chat = await candidates.chat_of(turn.uow, person)
    if chat is None:
        return []
    place, account = chat
    say = turn.say_to(place)
    data = {"meeting": str(meeting.id), "duty": str(duty)}
    choices = (
        Choice("ja", say("ja"), data | {"do": "accept"}),
        Choice("tauschen", say("tauschen"), data | {"do": "swap"}),
        Choice("nein", say("nein"), data | {"do": "refuse"}),
    )
    text = f"{yours(say, duty)} {say('Passt das? Ohne Antwort bleibt es dabei.')}"
    text = text.format(title=series.title, when=when(series, meeting))
    return [Send(place, text, Offer(DUTY, choices), person=account)]


def yours(say: Say, duty: Duty) -> str:
    """What somebody does at a meeting, with places for its title and time."""
    match duty:
        case Duty.MODERATOR:
            return say("Du moderierst „{title}“ am {when}.")
        case Duty.MINUTE_TAKER:
            return say("Du schreibst das Protokoll bei „{title}“ am {when}.")
        case Duty.TIMEKEEPER:
            return say("Du achtest auf die Zeit bei „{title}“ am {when}.")


async def _tell_coordinators(turn: Turn | Night, series: JourFixe, meeting: Meeting, duty: Duty) -> Sequence[Send]:
    return [
        Send(chat, _nobody(turn.say_to(chat), duty).format(title=series.title, when=when(series, meeting)))
        for chat in await turn.coordinators()
    ]


def _nobody(say: Say, duty: Duty) -> str:
    match duty:
        case Duty.MODERATOR:
            return say("„{title}“ am {when}: Für die Moderation habe ich niemanden. „Name moderiert“ legt es fest.")
        case Duty.MINUTE_TAKER:
            return say(
                "„{title}“ am {when}: Für das Protokoll habe ich niemanden. „Name führt Protokoll“ legt es fest."
            )
        case Duty.TIMEKEEPER:
            return say("„{title}“ am {when}: Auf die Zeit achtet niemand. „Name achtet auf die Zeit“ legt es fest.")
