"""Leads a written round through its phases: each ends by its day, or sooner when all have written.

Nothing happens on days that are no working days, and nobody is hurried: what is soon to happen is said before.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.messages import Unasked
from bot.turn import Night, Services
from handlers.peer_consultation import case_choice, closing, live, nudges, phases, turns
from handlers.peer_consultation.circle import Circle, Member, Say, open_circle, tell
from handlers.peer_consultation.phases import EVENING
from handlers.peer_consultation.time_boxes import has_begun_today, is_over
from knowledge.consultation_formats import Does, Phase
from knowledge.minutes import escaped
from knowledge.working_days import WorkingDays
from storage.models.peer_consultation import GroupState, Mode

SOON = timedelta(hours=1)
"""So long after all have written it goes on: who wants to add something still can."""
FULL = timedelta(hours=1) - timedelta.resolution
"""What makes the next full hour of a moment."""
WAITED = 3
"""So many times a day is added when no case was heard of; then the round is over."""


async def keep_pace(night: Night, services: Services) -> Sequence[Unasked]:
    """Go on with written rounds whose phase is over, and say who is still expected; on working days, in the day."""
    if not nudges.FIRST <= night.now.time() < nudges.LAST or not services.house.working_days.is_working(night.today):
        return []
    said: list[Unasked] = []
    for running in await night.uow.consultations.in_state(GroupState.RUNNING):
        if running.mode != Mode.WRITTEN:
            continue
        group = await night.uow.consultations.hold(running.id or 0)
        if group is None or group.state != GroupState.RUNNING:
            continue
        circle = await open_circle(night.uow, group)
        if circle.phase is not None and group.phase_until is not None:
            said += await _pace(night, services, circle, circle.phase)
    return said


async def _pace(night: Night, services: Services, circle: Circle, phase: Phase) -> Sequence[Unasked]:
    if is_over(circle.group, night.now):
        return await _end(night, services, circle, phase)
    missing = await _missing(night, circle, phase)
    if missing is not None and not missing and phase.does is not Does.CASTING:
        return await _end_soon(night, services, circle, phase)
    if await has_begun_today(night, circle, phase):
        return []  # what was announced today is not asked for before tomorrow
    return [
        *await nudges.remind(night, circle, phase, missing or []),
        *await _name_missing(night, circle, phase, missing or []),
    ]


# who is still expected


def _expected(circle: Circle, phase: Phase) -> Sequence[Member]:
    """Who has the word in a phase; who has not promised yet, or came late, is not waited for."""
    return [one for one in phases.speakers(circle, phase) if one.row.has_promised and not one.row.is_late]


async def _missing(night: Night, circle: Circle, phase: Phase) -> Sequence[Member] | None:
    """Who has not had their say in a phase, in their order; None where nobody is expected to say anything."""
    expected = _expected(circle, phase)
    done = await turns.heard(night, circle)
    return [one for one in expected if one.id not in done] if expected else None


async def _name_missing(night: Night, circle: Circle, phase: Phase, missing: Sequence[Member]) -> Sequence[Unasked]:
    """Say in the room, once a day at most, who is still expected and until when; that is no reproach."""
    if not missing or night.now.time() < nudges.HOUR:
        return []
    if not await night.uow.consultations.note_step(circle.number, f"expected {night.today}"):
        return []
    is_nobody_there = len(missing) == len(_expected(circle, phase)) > 1
    facts = {"title": escaped(phase.title), "names": ", ".join(escaped(one.name) for one in missing)}

    def write(say: Say) -> str:
        text = say("{title}: Noch sind alle dran.") if is_nobody_there else say("{title}: Noch dran: {names}.")
        return text.format(**facts) + " " + phases.box(say, circle, phase, night.now.tzinfo)

    # Whoever takes part from their own chat is reminded there, alone.
    rooms = replace(circle, places=[place for place in circle.places if not place.is_direct])
    return await tell(night, rooms, write)


# from phase to phase


async def _end_soon(night: Night, services: Services, circle: Circle, phase: Phase) -> Sequence[Unasked]:
    """Go on at once if all have said that they are done, else a little later, once; that can be put off."""
    done = await turns.heard(night, circle, turns.DONE)
    if all(one.id in done for one in _expected(circle, phase)):
        return await live.advance(night, services, circle)
    until = _soon(night.now, services.house.working_days)
    assert circle.group.phase_until is not None
    if until >= circle.group.phase_until:
        return []
    if not await night.uow.consultations.note_step(circle.number, f"soon {phase.id} {circle.group.lap}"):
        return []
    circle.group.phase_until = until
    expected = _expected(circle, phase)

    def write(say: Say) -> str:
        if len(expected) == 1:
            done = say("{name} hat geschrieben.").format(name=escaped(expected[0].name))
        else:
            done = say("Alle haben geschrieben.")
        rest = say("Weiter geht es {when}. „mehr“ gibt einen Tag mehr.")
        return f"{done} {rest}".format(when=phases.moment(say, until, night.now))

    return await tell(night, circle, write)


def _soon(now: datetime, days: WorkingDays) -> datetime:
    """A full hour that is an hour from now at least, or the morning of the next working day."""
    until = (now + SOON + FULL).replace(minute=0, second=0, microsecond=0)
    if until.date() == now.date() and until.time() <= EVENING:
        return until
    return datetime.combine(days.after(now.date(), 1), nudges.HOUR, now.tzinfo)


async def _end(night: Night, services: Services, circle: Circle, phase: Phase) -> Sequence[Unasked]:
    """Go on, as the day of a phase is over; without a case there is nothing to go on with."""
    if not await _is_stuck(night, circle, phase):
        return await live.advance(night, services, circle)
    for count in range(WAITED):
        if await night.uow.consultations.note_step(circle.number, f"waited {phase.id} {count}"):
            return await _wait(night, services, circle, phase, is_last=count == WAITED - 1)
    return await closing.begin(
        night, services, circle, lambda say: say("Ein Fall ist nicht zustande gekommen. Die Beratung endet hier.")
    )


async def _is_stuck(night: Night, circle: Circle, phase: Phase) -> bool:
    """Whether what comes next needs a case, and nobody has told one."""
    if phase.does is Does.CASTING:
        return case_choice.is_missing(circle)
    missing = await _missing(night, circle, phase)
    return phase.does is Does.TELLING and circle.case_giver is not None and circle.case_giver in (missing or [])


async def _wait(night: Night, services: Services, circle: Circle, phase: Phase, *, is_last: bool) -> Sequence[Unasked]:
    """Give another day for the case. Where we do not hear everything it may be there already."""
    day = services.house.working_days.after(night.today, 1)
    circle.group.phase_until = datetime.combine(day, EVENING, night.now.tzinfo)
    name = escaped(circle.case_giver.name) if circle.case_giver is not None else ""

    def write(say: Say) -> str:
        lines = [say("Vom Fall habe ich noch nichts gelesen. Dafür gibt es einen Tag mehr.")]
        if phase.does is Does.TELLING:
            lines.append(say("Steht er schon da, genügt ein „fertig“ von {name}.").format(name=name))
        if is_last:
            lines.append(say("Kommt keiner, endet die Beratung danach."))
        return " ".join([*lines, phases.box(say, circle, phase, night.now.tzinfo)])

    return await tell(night, circle, write)
