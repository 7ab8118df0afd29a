"""Finds the date of a group: takes the best of the answers, asks anew where none fits, and fixes it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from bot.messages import Offer, Unasked
from bot.turn import Night, Services, Turn
from handlers.peer_consultation import date_polls, pool
from handlers.peer_consultation.cancelling import call_off, tell_each
from handlers.peer_consultation.circle import BEFORE, Circle, Say, case_giver_of, open_circle, whisper
from handlers.peer_consultation.date_notices import BEGINS, REMINDED, TOLD, day_before, remind, tell_new, when
from knowledge.meeting_times import ANSWERED_WITHIN, best
from storage.models.peer_consultation import ConsultationGroup, GroupShows, GroupState, Mode

AGAIN, NAMED = "dates again", "date named"  # steps of a group


async def begin(asking: Turn | Night, services: Services, group: ConsultationGroup) -> Sequence[Unasked]:
    """Have a new group find its date; one that consults in writing begins with its round."""
    circle = await open_circle(asking.uow, group)
    if group.mode != Mode.WRITTEN:
        return await propose_times(asking, services, circle)
    first, _ = await date_polls.days_of(asking, group)
    return await plan(asking, services, circle, _begin_in_writing(asking, services, first))


def _begin_in_writing(asking: Turn | Night, services: Services, first: date) -> datetime:
    """The morning of the first working day from then on, as long as that is to come."""
    days = services.house.working_days
    day = first if days.is_working(first) else days.after(first, 1)
    moment = datetime.combine(day, BEGINS, asking.now.tzinfo)
    return moment if moment > asking.now else datetime.combine(days.after(asking.today, 1), BEGINS, asking.now.tzinfo)


async def propose_times(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    """Ask everybody about times, others than before; without any, somebody names one."""
    times = await date_polls.possible_times(asking, services, circle)
    if not times:
        return await _ask_for_time(asking, services, circle)
    return await date_polls.ask_all(asking, services, circle, times)


# choosing


async def look_after(night: Night, services: Services) -> Sequence[Unasked]:
    """Choose a date when people had time to answer, ask and tell who is new, and remind on the working day before."""
    said: list[Unasked] = []
    for found in await night.uow.consultations.in_state(*BEFORE):
        group = await night.uow.consultations.hold(found.id or 0)  # the last answer may come just now
        if group is not None and group.state in BEFORE:
            said += await _look_at(night, services, await open_circle(night.uow, group))
    return said


async def _look_at(night: Night, services: Services, circle: Circle) -> list[Unasked]:
    group = circle.group
    if group.state != GroupState.DATING:
        return [*await tell_new(night, circle), *await remind(night, services, circle)]
    if group.phase_until is not None and night.now >= group.phase_until:
        return await choose(night, services, circle)
    return [*await date_polls.ask_new(night, circle), *await date_polls.remind(night, services, circle)]


async def choose(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    """Fix the date that suits people best; where none does, try once more, have one be named, then give up."""
    proposed = await asking.uow.consultations.proposed(circle.number)
    times = {number: moment for number, moment in proposed.items() if moment > asking.now}
    answers, giver = await asking.uow.consultations.date_answers(circle.number), await case_giver_of(asking, circle)
    fewest = pool.fewest(services, circle.group, len(circle.members))
    number = best(times, answers, fewest, giver.id if giver is not None else None)
    if number is not None:
        unable = {person for person, numbers in answers.items() if number not in numbers}
        return await plan(asking, services, circle, times[number], unable)
    if _stands(asking, circle):
        return await _keep_date(asking, circle)
    if await asking.uow.consultations.has_step(circle.number, NAMED):
        return await _give_up(asking, circle)
    if await asking.uow.consultations.note_step(circle.number, AGAIN):
        return await propose_times(asking, services, circle)
    return await _ask_for_time(asking, services, circle)


def _stands(asking: Turn | Night, circle: Circle) -> bool:
    """Whether the date still holds that was to be moved."""
    return circle.group.meets_at is not None and circle.group.meets_at > asking.now


async def _keep_date(asking: Turn | Night, circle: Circle) -> list[Unasked]:
    """Nobody is left without a date because it could not be moved."""
    group = circle.group
    assert group.meets_at is not None
    facts = {"number": circle.number, "when": when(asking, group.meets_at)}
    too_few = bool(await date_polls.missing(asking, circle))
    said = await date_polls.close(asking, circle, lambda say: _why_none(say, too_few=too_few))
    await asking.uow.consultations.propose(circle.number, [])
    group.state, group.phase_until = GroupState.PLANNED, None

    def write(say: Say) -> str:
        return say("**Beratung {number}**: Es bleibt beim Termin am {when}.").format(**facts)

    return [*said, *await tell_each(asking, circle, write)]


async def _give_up(asking: Turn | Night, circle: Circle) -> list[Unasked]:
    return [*await call_off(asking, circle, lambda say: say("Für Beratung {number} hat sich kein Termin gefunden."))]


# a time that somebody names


async def _ask_for_time(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    """Ask the case giver for a time, or who can lead where nobody has a case yet."""
    if _stands(asking, circle):
        return await _keep_date(asking, circle)
    if not await asking.uow.consultations.note_step(circle.number, NAMED):
        return await _give_up(asking, circle)
    too_few = bool(await date_polls.missing(asking, circle))
    said = await date_polls.close(asking, circle, lambda say: _why_none(say, too_few=too_few))
    await asking.uow.consultations.propose(circle.number, [])
    day = services.house.working_days.after(asking.today, ANSWERED_WITHIN)
    circle.group.state = GroupState.DATING
    circle.group.phase_until = datetime.combine(day, asking.now.time(), asking.now.tzinfo)
    asked = await _ask_who_names(asking, circle, too_few=too_few)
    return [*said, *asked] if asked else [*said, *await _give_up(asking, circle)]


def _why_none(say: Say, *, too_few: bool) -> str:
    """Nothing untrue: while answers are missing, nobody knows whether a time would have suited."""
    return say("Zu wenige haben geantwortet.") if too_few else say("Keiner dieser Termine passt genug Leuten.")


async def _ask_who_names(asking: Turn | Night, circle: Circle, *, too_few: bool) -> Sequence[Unasked]:
    """The question for a time; nothing where that person has no chat with us."""
    data = {"group": str(circle.number), "ask": "time"}

    def write(say: Say) -> str:
        rest = say("Nenn du bitte einen Termin, zum Beispiel „am 10.12. um 14 Uhr“. Ich gebe ihn an alle weiter.")
        return f"**Beratung {circle.number}**: {_why_none(say, too_few=too_few)} {rest}"

    person = await who_names(asking, circle)
    return await whisper(
        asking, circle, person, write, lambda _: Offer(date_polls.DATES, (), asks=data), GroupShows.PHASE
    )


async def who_names(asking: Turn | Night, circle: Circle) -> int:
    """Our id of the person who names a time where none suits."""
    giver = await case_giver_of(asking, circle)
    able = [member for member in circle.members if member.row.can_moderate] or circle.members
    return giver.id if giver is not None else able[0].id


# the date


async def plan(
    asking: Turn | Night, services: Services, circle: Circle, moment: datetime, unable: Collection[int] = ()
) -> list[Unasked]:
    """Fix the date and tell everybody alone; those who cannot come may step back."""
    group, consultations = circle.group, asking.uow.consultations

    def write(say: Say) -> str:
        text = say("Der Termin für Beratung {number} steht: {when}.")
        return text.format(number=circle.number, when=when(asking, moment))

    said = await date_polls.close(asking, circle, write)
    await consultations.propose(circle.number, [])
    group.state, group.meets_at, group.phase_until = GroupState.PLANNED, moment, None
    told = (TOLD.format(person=member.id) for member in circle.members)
    await consultations.forget_steps(circle.number, AGAIN, NAMED, REMINDED, *told)
    if asking.now >= day_before(services, moment, asking):
        await consultations.note_step(circle.number, REMINDED)
    return [*said, *await tell_new(asking, circle, unable)]
