"""Asks everybody in a group alone at which of some times they can meet; a date that stands holds meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.messages import Choice, Offer, Unasked
from bot.turn import Night, Services, Turn
from handlers.dates import day_said
from handlers.jour_fixe.appointments import begin_of, end_of, series_of
from handlers.peer_consultation.circle import Circle, Member, Say, member_of, settle, whisper
from handlers.peer_consultation.date_notices import BEGINS, minutes, when
from knowledge.meeting_time_sentences import read_wish
from knowledge.meeting_times import Span, answers_until, propose
from storage.models.jour_fixe import MeetingState
from storage.models.peer_consultation import ConsultationGroup, GroupShows, GroupState, Mode

DATES = "consultation_dates"  # topic of the offer below
WITHOUT_ROUND = timedelta(days=14)
"""Within so many days a group meets that belongs to no round any more."""
ASKED, REMINDED = "asked {person}", "reminded of dates"  # steps of a group


# which times


async def possible_times(asking: Turn | Night, services: Services, circle: Circle) -> Sequence[datetime]:
    """Times at which a group could meet, others than those that were proposed or planned before; perhaps none."""
    group, length = circle.group, timedelta(minutes=minutes(circle))
    before = [*(await asking.uow.consultations.proposed(circle.number)).values()]
    before += [group.meets_at] if group.meets_at is not None else []
    return propose(
        await days_of(asking, group),
        minutes(circle),
        asking.now,
        services.house.working_days,
        read_wish(await _wished(asking, group), asking.today, day_said),
        [*((moment, moment + length) for moment in before), *await _taken(asking, circle)],
    )


async def days_of(asking: Turn | Night, group: ConsultationGroup) -> tuple[date, date]:
    """From when until when a group may meet: within its round, as long as that lasts."""
    found = await asking.uow.rounds.get(group.round_id) if group.round_id is not None else None
    if found is None or found.ends_on < asking.today:
        return asking.today, asking.today + WITHOUT_ROUND
    return found.starts_on, found.ends_on


async def _wished(asking: Turn | Night, group: ConsultationGroup) -> str:
    case = await asking.uow.rounds.case(group.case_id) if group.case_id is not None else None
    return case.wished if case is not None else ""


async def _taken(asking: Turn | Night, circle: Circle) -> list[Span]:
    """When the jour fixe meets, or somebody of the group in another one: then nobody is asked to come."""
    taken = []
    for meeting in await asking.uow.jour_fixe.in_state(MeetingState.PLANNED, MeetingState.RUNNING, since=asking.today):
        series = await series_of(asking, meeting)
        taken.append((begin_of(series, meeting), end_of(series, meeting)))
    for member in circle.members:
        others = await asking.uow.consultations.of_person(member.id, GroupState.PLANNED, GroupState.GATHERING)
        for other in others:
            if other.meets_at is not None and other.mode == Mode.LIVE and other.id != circle.number:
                taken.append((other.meets_at, other.meets_at + timedelta(minutes=minutes(circle))))
    return taken


# asking


async def ask_all(asking: Turn | Night, services: Services, circle: Circle, times: Sequence[datetime]) -> list[Unasked]:
    """Ask everybody at which of these times they can come; a date that stands holds until another one is found."""
    group = circle.group
    too_few = bool(await missing(asking, circle))
    said = await close(asking, circle, lambda say: _why_again(say, too_few=too_few))
    group.state = GroupState.DATING
    if group.meets_at is not None and group.meets_at <= asking.now:
        group.meets_at = None
    group.phase_until = answers_until(asking.now, times[0], services.house.working_days)
    await asking.uow.consultations.propose(circle.number, times)
    asked = (ASKED.format(person=one.id) for one in circle.members)
    await asking.uow.consultations.forget_steps(circle.number, REMINDED, *asked)
    if asking.now >= _reminds_at(asking, services, circle):
        await asking.uow.consultations.note_step(circle.number, REMINDED)
    return [*said, *await ask_new(asking, circle)]


def _why_again(say: Say, *, too_few: bool) -> str:
    if too_few:
        return say("Zu wenige haben geantwortet. Ich frage noch einmal.")
    return say("Diese Termine passen nicht. Ich frage noch einmal.")


async def missing(asking: Turn | Night, circle: Circle) -> Sequence[Member]:
    """Whose answer about the proposed times is still missing."""
    if not await asking.uow.consultations.proposed(circle.number):
        return ()
    answers = await asking.uow.consultations.date_answers(circle.number)
    return [member for member in circle.members if member.id not in answers]


async def remind(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    """Ask those once more whose answer is missing, on the working day before it ends; nobody else hears of it."""
    times = await asking.uow.consultations.proposed(circle.number)
    if not times or circle.group.phase_until is None or asking.now < _reminds_at(asking, services, circle):
        return []
    if not await asking.uow.consultations.note_step(circle.number, REMINDED):
        return []
    said: list[Unasked] = []
    for member in await missing(asking, circle):
        said += await whisper(
            asking,
            circle,
            member.id,
            lambda say: f"{say('Deine Antwort fehlt noch.')} {_question(say, asking, circle, times)}",
            lambda say: _offer(say, asking, circle, times),
            GroupShows.PHASE,
        )
    return said


async def still_asked(turn: Turn, circle: Circle) -> Sequence[str]:
    """The times, as lines for a member whose answer is missing; none for the others."""
    member, times = await member_of(turn, circle), await turn.uow.consultations.proposed(circle.number)
    if member is None or member.id not in [one.id for one in await missing(turn, circle)]:
        return ()
    asks = turn.say("Deine Antwort fehlt noch. Schreib alle Nummern, die passen, zum Beispiel „1 3“:")
    return [asks, *(f"- {number}: {when(turn, moment)}" for number, moment in times.items())]


def _reminds_at(asking: Turn | Night, services: Services, circle: Circle) -> datetime:
    assert circle.group.phase_until is not None
    day = services.house.working_days.before(circle.group.phase_until.astimezone(asking.now.tzinfo).date(), 1)
    return datetime.combine(day, BEGINS, asking.now.tzinfo)


async def ask_new(asking: Turn | Night, circle: Circle) -> list[Unasked]:
    """Ask those who were not asked yet: all of them, or who has come into the group since."""
    said: list[Unasked] = []
    times = await asking.uow.consultations.proposed(circle.number)
    for member in circle.members if times else ():
        if await asking.uow.consultations.note_step(circle.number, ASKED.format(person=member.id)):
            said += await whisper(
                asking,
                circle,
                member.id,
                lambda say: _question(say, asking, circle, times),
                lambda say: _offer(say, asking, circle, times),
                GroupShows.PHASE,
            )
    return said


async def close(asking: Turn | Night, circle: Circle, write: Callable[[Say], str]) -> list[Unasked]:
    """Have the question offer nothing any more and say what became of it."""
    return [*await settle(asking, circle, write, GroupShows.PHASE)]


def _question(say: Say, asking: Turn | Night, circle: Circle, times: Mapping[int, datetime]) -> str:
    assert circle.group.phase_until is not None
    facts = {"number": circle.number, "until": when(asking, circle.group.phase_until)}
    stands = circle.group.meets_at
    until = say("Du kannst das ändern, bis alle geantwortet haben, längstens bis {until}.")
    if len(times) == 1:
        facts["when"] = when(asking, times[1])
        text = say("**Beratung {number}**: Kannst du am {when}?")
    else:
        text = say("**Beratung {number}**: Wann kannst du? Schreib alle Nummern, die passen, zum Beispiel „1 3“.")
    if stands is not None:
        facts["before"] = when(asking, stands)
        text += " " + say("Bis ein neuer Termin feststeht, gilt der bisherige: {before}.")
    return f"{text} {until}".format(**facts)


def _offer(say: Say, asking: Turn | Night, circle: Circle, times: Mapping[int, datetime]) -> Offer:
    data = {"group": str(circle.number)}
    if len(times) == 1:
        words = [("ja", say("ja"), "alle"), ("nein", say("nein"), "keine")]
    else:
        words = [(str(number), when(asking, moment), str(number)) for number, moment in times.items()]
        words += [("alle", say("alle passen"), "alle"), ("keine", say("keiner passt"), "keine")]
    choices = tuple(Choice(word, label, {**data, "do": do}) for word, label, do in words)
    return Offer(DATES, choices, asks=data | {"do": "text"}, lasts=True)
