"""Keeps the time of a round: of each phase, with more of it, a pause and two quiet hints. It never cuts anybody off."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from bot.errors import UserError
from bot.messages import Action, Change, Send, Unasked
from bot.turn import Night, Services, Turn
from handlers.peer_consultation import closing, phases, speech
from handlers.peer_consultation.circle import Circle, Say, open_circle, tell
from handlers.peer_consultation.phase_posts import show_again
from handlers.peer_consultation.phases import EVENING
from knowledge.consultation_formats import Does, Phase
from knowledge.consultation_methods import find
from knowledge.minutes import escaped
from knowledge.time_boxes import Sign, ends_at, longer, rest, sign, step
from storage.models.peer_consultation import ConsultationGroup, GroupState, Mode

SILENT_AFTER = timedelta(minutes=3)
"""So long after the end of a phase whoever moderates is waited for, before the others may go on."""
ENDED_AFTER = timedelta(hours=2)
"""So long after its planned end a round ends by itself."""
LONG_PAUSE = timedelta(minutes=15)
"""After such a pause the others may go on, too."""
LONGEST_PAUSE = timedelta(days=1)
STALE = timedelta(minutes=30)


async def begin(asking: Turn | Night, services: Services, circle: Circle, phase: Phase) -> None:
    """Have a phase run from now on for as long as it may take."""
    circle.group.paused_at = None
    if phase.days is None:
        span = timedelta(minutes=phase.minutes or 0)
        circle.group.phase_until = ends_at(asking.now.astimezone(UTC), span)
        return
    day = await _last_day(asking, services, circle, phase, phase.days)
    circle.group.phase_until = datetime.combine(day, EVENING, asking.now.tzinfo)
    await asking.uow.consultations.note_step(circle.number, _begun(circle, phase, asking.today))


async def _last_day(asking: Turn | Night, services: Services, circle: Circle, phase: Phase, days: int) -> date:
    """When a written phase ends: after its days, or sooner if else the round would go on past its called end.

    A day is the least. Where that end is past already there is none to keep.
    """
    working, number = services.house.working_days, circle.group.round_id
    usual = working.after(asking.today, days)
    called = await asking.uow.rounds.get(number) if number is not None else None
    if called is None or called.ends_on < asking.today:
        return usual
    ahead = phases.days_after(circle, phase, circle.group.lap)
    latest = working.before(called.ends_on, ahead) if ahead else called.ends_on
    return max(min(usual, latest), working.after(asking.today, 1))


async def has_begun_today(asking: Turn | Night, circle: Circle, phase: Phase) -> bool:
    """Whether a written phase was announced today."""
    return await asking.uow.consultations.has_step(circle.number, _begun(circle, phase, asking.today))


def _begun(circle: Circle, phase: Phase, day: date) -> str:
    """The step of a group that a written phase began."""
    return f"begun {phase.id} {circle.group.lap} {day}"


def is_silent(group: ConsultationGroup, now: datetime) -> bool:
    """Whether whoever moderates has been waited for long enough: after the end of a phase, or in a pause."""
    if group.paused_at is not None:
        return group.paused_at + LONG_PAUSE <= now
    return is_over(group, now, SILENT_AFTER)


def is_over(group: ConsultationGroup, now: datetime, by: timedelta = timedelta()) -> bool:
    """Whether the time of the present phase is over, and has been for so long; never in a pause."""
    return group.paused_at is None and group.phase_until is not None and group.phase_until + by <= now


# more time, and none at all


async def give_more(turn: Turn, services: Services, circle: Circle, phase: Phase) -> Sequence[Action]:
    """Five minutes more, in writing another working day; raises `UserError` in a pause."""
    group = circle.group
    if group.phase_until is None or group.paused_at is not None:
        raise UserError(turn.say("Gerade ist Pause, die Zeit steht still."))
    await turn.uow.consultations.drop_voices(circle.number, "more")
    if phase.days is None:
        group.phase_until = longer(group.phase_until.astimezone(UTC), turn.now.astimezone(UTC))
    else:
        last = max(group.phase_until.astimezone(turn.now.tzinfo), turn.now).date()
        day = services.house.working_days.after(last, 1)
        group.phase_until = datetime.combine(day, EVENING, turn.now.tzinfo)
    return await show_again(turn, circle, lambda say: _more_text(say, circle, phase, turn.now))


def _more_text(say: Say, circle: Circle, phase: Phase, now: datetime) -> str:
    title = escaped(phase.title)
    if phase.days is not None:
        return say("Mehr Zeit für „{title}“.").format(title=title) + " " + phases.box(say, circle, phase, now.tzinfo)
    until = circle.group.phase_until
    assert until is not None
    text = say("5 Minuten mehr für „{title}“, bis {clock} Uhr.")
    return text.format(title=title, clock=phases.hour(until, now.tzinfo))


async def pause(turn: Turn, circle: Circle, phase: Phase) -> Sequence[Action]:
    """Have the clock stand still until somebody says „weiter“; everybody may write meanwhile."""
    if phase.days is not None:
        raise UserError(turn.say("Schriftlich braucht es keine Pause. „mehr“ gibt einen Tag mehr."))
    if circle.group.paused_at is None:
        circle.group.paused_at = turn.now
    shown = await show_again(turn, circle, lambda say: phases.pause_text(say, circle, phase))
    return [*shown, *(speech.give_all(circle) if phases.is_listening(circle, phase) else [])]


async def resume(turn: Turn, circle: Circle, phase: Phase) -> Sequence[Action]:
    """Have the clock go on, with as much time as was left."""
    group = circle.group
    assert group.phase_until is not None
    assert group.paused_at is not None
    group.phase_until = ends_at(turn.now.astimezone(UTC), rest(group.phase_until, group.paused_at))
    group.paused_at = None
    shown = await show_again(turn, circle, lambda say: _resumed_text(say, circle, phase, turn.now))
    return [*shown, *(await speech.give(turn, circle, phase) if phases.is_listening(circle, phase) else [])]


def _resumed_text(say: Say, circle: Circle, phase: Phase, now: datetime) -> str:
    return say("Es geht weiter.") + "\n" + phases.standing(say, circle, phase, now)


# hints


async def keep_time(night: Night, services: Services) -> Sequence[Unasked]:
    """Say when a phase has two minutes left and when its time is over, each once; end what nobody leads any more."""
    said: list[Unasked] = []
    for running in await night.uow.consultations.in_state(GroupState.RUNNING):
        group = await night.uow.consultations.hold(running.id or 0)
        if group is None or group.state != GroupState.RUNNING or group.mode != Mode.LIVE:
            continue
        circle = await open_circle(night.uow, group)
        if is_left_alone(circle, night.now):
            said += await closing.begin(night, services, circle, _left_text)
        elif circle.phase is not None and group.paused_at is None and group.phase_until is not None:
            said += await _remind(night, circle, circle.phase, group.phase_until)
    return said


def _left_text(say: Say) -> str:
    return say("Hier ging es lange nicht weiter. Darum beende ich die Beratung.")


def is_left_alone(circle: Circle, now: datetime) -> bool:
    """Whether nobody has led a round for long: since its planned end, or in a pause."""
    group = circle.group
    if group.paused_at is not None:
        return now >= group.paused_at + LONGEST_PAUSE
    length = timedelta(minutes=circle.plan.minutes(len(circle.members)))
    planned = group.meets_at + length if group.meets_at is not None else None
    ends = [moment for moment in (planned, group.phase_until) if moment is not None]
    return bool(ends) and now >= max(ends) + ENDED_AFTER


async def _remind(night: Night, circle: Circle, phase: Phase, until: datetime) -> Sequence[Send | Change]:
    seen = sign(until, night.now, phase.minutes or 0)
    box = f"{phase.id} {circle.group.lap}"
    if seen is None:
        return []
    if await night.uow.consultations.note_step(circle.number, step(seen, box, until)):
        if seen is Sign.OVER:
            return await show_again(night, circle, lambda say: _over_text(say, circle, phase, until, night.now))
        return await tell(night, circle, lambda say: _hint_text(say, seen))
    return await _wait_for_moderator(night, circle, box, until) if seen is Sign.OVER else []


async def _wait_for_moderator(night: Night, circle: Circle, box: str, until: datetime) -> Sequence[Send | Change]:
    """Say once that the others may go on, too, if whoever moderates says nothing after the end of a phase."""
    leading = circle.moderator
    if leading is None or not is_over(circle.group, night.now, SILENT_AFTER):
        return []
    if not await night.uow.consultations.note_step(circle.number, f"silent {box} {until:%H:%M}"):
        return []
    name = escaped(leading.name)
    return await tell(
        night, circle, lambda say: say("Sagen zwei „weiter“, geht es auch ohne {name} weiter.").format(name=name)
    )


def _hint_text(say: Say, seen: Sign) -> str:
    return say("Noch 2 Minuten.") if seen is Sign.TWO_MINUTES else say("Noch eine Minute.")


def _over_text(say: Say, circle: Circle, phase: Phase, until: datetime, now: datetime) -> str:
    first = find(circle.group.method)
    if phase.does is Does.METHOD and first is not None:
        return say("Die Zeit zum Wählen ist um. Ohne Wahl führt „weiter“ zu: {title}.").format(title=first.title)
    if now - until > STALE:
        text = say("Die Zeit für „{title}“ ist seit {clock} Uhr um. „weiter“ führt zur nächsten Phase.")
    else:
        text = say("Die Zeit für „{title}“ ist um. Wer gerade schreibt, schreibt zu Ende. Weiter oder mehr Zeit?")
    return text.format(title=escaped(phase.title), clock=phases.hour(until, now.tzinfo))
