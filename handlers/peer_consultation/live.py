"""Leads a group from phase to phase: each one is announced, in order, until the last one is over.

What people say to move it on is heard elsewhere; nothing here cuts anybody off.
"""

import random
from collections.abc import Callable, Sequence

from bot.messages import Unasked
from bot.turn import Night, Services, Turn
from handlers.peer_consultation import casting, closing, methods, notes, phases, speech, time_boxes
from handlers.peer_consultation.circle import Circle, Member, Say, open_circle, tell, whisper
from handlers.peer_consultation.phase_posts import show
from handlers.turning import note_turning
from knowledge.consultation_formats import Does, Laps, Phase
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupState, Part

FEWEST = 2
"""With fewer people there is nobody left to talk to."""


async def begin(asking: Turn | Night, services: Services, circle: Circle) -> Sequence[Unasked]:
    """Begin with the first phase; where everybody is case giver once, the lot says in which order."""
    group = circle.group
    if group.state == GroupState.RUNNING:
        return []
    group.state = GroupState.RUNNING
    for place, member in enumerate(random.sample(circle.members, len(circle.members))):
        member.row.place = place
    ordered = await open_circle(asking.uow, group)
    phase, lap = phases.beginning(ordered)
    is_each = ordered.plan.laps is Laps.EACH
    return await enter(asking, services, ordered, phase, lap, _order_text(ordered) if is_each else None)


def _order_text(circle: Circle) -> Callable[[Say], str]:
    names = ", ".join(escaped(member.name) for member in circle.members)

    def write(say: Say) -> str:
        order = say("Die Reihenfolge, nach dem Los: {names}.").format(names=names)
        return f"{order} " + say("Ein kleines Thema aus der Arbeit genügt. Wer keins hat, schreibt „überspringen“.")

    return write


async def enter(
    asking: Turn | Night,
    services: Services,
    circle: Circle,
    phase: Phase,
    lap: int | None = None,
    told: Callable[[Say], str] | None = None,
) -> Sequence[Unasked]:
    """Go to a phase and announce it, below what is `told`; in whichever order, its time is whole again."""
    group, was_listening = circle.group, phases.is_listening(circle, circle.phase)
    said: list[Unasked] = []
    if lap is not None and (lap != group.lap or (phase.in_lap and not circle.of(Part.CASE_GIVER))):
        said += await _turn_lap(asking, services, circle, lap)
    group.phase = phase.id
    await time_boxes.begin(asking, services, circle, phase)
    await asking.uow.consultations.drop_voices(circle.number)
    said += await show(asking, circle, lambda say: _announced(say, circle, told, asking))
    if was_listening or phases.is_listening(circle, circle.phase):
        said += await speech.give(asking, circle, phase)
    return [*said, *await _do_step(asking, services, circle, phase)]


def _announced(say: Say, circle: Circle, told: Callable[[Say], str] | None, asking: Turn | Night) -> str:
    assert circle.phase is not None
    announced = phases.announcement(say, circle, circle.phase, asking.now.tzinfo)
    return "\n\n".join(filter(None, [told(say) if told else "", announced]))


async def _turn_lap(asking: Turn | Night, services: Services, circle: Circle, lap: int) -> Sequence[Unasked]:
    """Have the next one be case giver; whoever was it gets their notes, and what the next one did until now."""
    before = next(iter(circle.of(Part.CASE_GIVER)), None)
    coming = next(one for one in circle.members if one.row.place == lap)
    is_ahead = before is not None and lap > circle.group.lap
    handed = await notes.hand_over(asking, services, circle) if is_ahead else []
    # Who goes back may note more: that is handed over, too.
    await asking.uow.consultations.forget_steps(circle.number, notes.HANDED_OVER.format(lap=lap))
    if before is not None:
        before.row.part = Part.ADVISER
    # Whoever led or wrote until now gives that up: nobody gets it without having wished for it.
    coming.row.part = Part.CASE_GIVER
    circle.group.lap = lap
    return handed


async def _do_step(asking: Turn | Night, services: Services, circle: Circle, phase: Phase) -> Sequence[Unasked]:
    """What the bot does in a phase, beside announcing it."""
    match phase.does:
        case Does.CASTING:
            return await casting.begin(asking, services, circle)
        case Does.METHOD:
            return await methods.begin(asking, services, circle)
    return []


async def advance(
    asking: Turn | Night, services: Services, circle: Circle, told: Callable[[Say], str] | None = None
) -> Sequence[Unasked]:
    """To the next phase, below what is `told`; after the last one it is over."""
    assert circle.phase is not None
    finished = await casting.finish(asking, circle) if circle.phase.does is Does.CASTING else []
    told = told or methods.what_counts(circle)
    following = phases.after(circle, circle.phase, circle.group.lap)
    note_turning(asking, circle.group)
    if following is None:
        return await closing.begin(asking, services, circle, told)
    return [*finished, *await enter(asking, services, circle, *following, told)]


# somebody goes, or comes


def ends_without(circle: Circle, member: Member) -> bool:
    """Whether a round is over for all when somebody leaves it."""
    phase = circle.phase
    if phase is None or circle.group.state != GroupState.RUNNING:
        return False
    is_about_them = circle.plan.laps is Laps.ONCE and member.row.part == Part.CASE_GIVER
    return len(circle.members) <= FEWEST or (is_about_them and phase.does is not Does.CASTING)


async def someone_left(asking: Turn | Night, services: Services, circle: Circle, member: Member) -> Sequence[Unasked]:
    """Go on without somebody who takes no more part; `circle` is without them already."""
    phase = circle.phase
    if phase is None or circle.group.state != GroupState.RUNNING:
        return []
    if len(circle.members) < FEWEST:
        return await closing.begin(asking, services, circle)
    freed = speech.give_all(circle) if len(circle.members) == phases.PAIR else []
    return [*freed, *await _do_without(asking, services, circle, member)]


async def _do_without(asking: Turn | Night, services: Services, circle: Circle, member: Member) -> Sequence[Unasked]:
    match member.row.part:
        case Part.CASE_GIVER:
            return await _go_on_without_case(asking, services, circle)
        case Part.MODERATOR | Part.SCRIBE if casting.is_running(circle):
            return await casting.propose(asking, circle)
        case Part.MODERATOR:
            return await tell(asking, circle, _without_moderator)
        case Part.SCRIBE:
            return await casting.offer_to_note(asking, circle)
    return []


def _without_moderator(say: Say) -> str:
    return say("Ich achte jetzt auf Ablauf und Zeit. Wer moderieren möchte, schreibt „moderation“.")


async def someone_came(asking: Turn | Night, circle: Circle, member: Member) -> Sequence[Unasked]:
    """Have somebody who came in the middle advise and write, and tell them where it stands; `circle` is with them."""
    phase = circle.phase
    if phase is None or circle.group.state != GroupState.RUNNING:
        return []
    member.row.place = 1 + max((one.row.place for one in circle.members if one.id != member.id), default=-1)
    if phase.does is not Does.CASTING:
        member.row.part = member.row.part or Part.ADVISER
    listening = await speech.give(asking, circle, phase) if phases.is_listening(circle, phase) else []

    def where(say: Say) -> str:
        return (
            say("Beratung {number}:").format(number=circle.number)
            + " "
            + phases.standing(say, circle, phase, asking.now)
        )

    return [*listening, *await whisper(asking, circle, member.id, where)]


async def _go_on_without_case(asking: Turn | Night, services: Services, circle: Circle) -> Sequence[Unasked]:
    """Whoever had the case is gone: another one is looked for, the next one's turn comes, or it is over."""
    phase = circle.phase
    assert phase is not None
    if phase.does is Does.CASTING:
        circle.group.case_id = None
        return await casting.begin(asking, services, circle)
    if circle.plan.laps is Laps.ONCE:
        if phases.place_for_advice(circle, phase) is not None:
            await asking.uow.consultations.note_step(circle.number, closing.UNADVISED)
        return await closing.begin(asking, services, circle, lambda say: say("Ohne den Fall endet die Runde hier."))
    if not phase.in_lap:
        return await advance(asking, services, circle)
    return await skip(asking, services, circle)


async def skip(asking: Turn | Night, services: Services, circle: Circle) -> Sequence[Unasked]:
    """To the case of the next one, where each one has one."""
    following = phases.after(circle, circle.plan.lap_phases[-1], circle.group.lap)
    note_turning(asking, circle.group)
    if following is None:
        return await closing.begin(asking, services, circle)
    # Without whoever listened it can no longer be seen that somebody did.
    return [*speech.give_all(circle), *await enter(asking, services, circle, *following)]
