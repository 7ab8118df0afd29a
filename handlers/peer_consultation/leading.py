"""Who may move a round on: whoever moderates or keeps the time; where nobody does or they are silent, two others."""

from bot.errors import UserError
from bot.turn import Turn
from handlers.ask import chosen
from handlers.cards import day_in_words
from handlers.peer_consultation import time_boxes
from handlers.peer_consultation.circle import (
    Circle,
    Member,
    Say,
    case_giver_of,
    circle_here,
    member_of,
    open_circle,
    own_circle,
)
from handlers.peer_consultation.phases import hour
from knowledge.consultation_formats import Phase
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupState, Part

VOICES = 2
"""So many of the others are enough where nobody leads, or whoever leads is silent."""


async def running(turn: Turn) -> tuple[Circle, Phase, Member]:
    """The round that runs here, its phase, and the sender in it; raises `UserError`."""
    here = await circle_here(turn)
    if here is not None and here.group.state == GroupState.GATHERING:
        raise UserError(begins(turn.say, turn, here, await case_giver_of(turn, here)))
    if here is not None and here.group.state != GroupState.RUNNING:
        raise UserError(turn.say("Diese Beratung ist zu Ende."))
    circle = await own_circle(turn, GroupState.RUNNING)
    return circle, phase_of(circle), await _member(turn, circle)


def begins(say: Say, turn: Turn, circle: Circle, giver: Member | None) -> str:
    """When it begins: at its time, or where that is over, once all have promised; and who has not yet."""
    at, missing = circle.group.meets_at, [one for one in circle.members if not one.row.has_promised]
    if at is not None and at > turn.now:
        day, clock = day_in_words(at.astimezone(turn.now.tzinfo).date()), hour(at, turn.now.tzinfo)
        if not missing:
            return say("Alle haben zugesagt. Es geht los am {day} um {clock} Uhr.").format(day=day, clock=clock)
        text = say("Es geht los am {day} um {clock} Uhr, wenn alle „vertraulich“ geschrieben haben.")
        return text.format(day=day, clock=clock)
    if not missing:
        return say("Alle haben zugesagt. Es geht gleich los.")
    if giver is not None and giver.id in [one.id for one in missing]:
        text = say("Es fehlt noch: {names}. Ohne die Person mit dem Fall kann es nicht losgehen.")
    else:
        text = say("Es fehlt noch: {names}. „start“ beginnt ohne sie, sobald drei zugesagt haben.")
    return text.format(names=", ".join(escaped(one.name) for one in missing))


async def takes_part(turn: Turn) -> bool:
    """Whether a group talks here, or the sender is in a round that runs."""
    here = turn.message.conversation
    if await turn.uow.consultations.place(here.platform, here.id) is not None:
        return True
    person = await turn.uow.people.find(here.platform, turn.message.sender.id)
    return person is not None and bool(await turn.uow.consultations.of_person(person.id or 0, GroupState.RUNNING))


def phase_of(circle: Circle) -> Phase:
    """The phase of a round that runs."""
    assert circle.phase is not None  # a running round is in one
    return circle.phase


async def _member(turn: Turn, circle: Circle) -> Member:
    member = await member_of(turn, circle)
    if member is None:
        raise UserError(turn.say("Das können nur die, die an dieser Beratung teilnehmen."))
    return member


def leads(member: Member) -> bool:
    """Whether somebody moderates or keeps the time."""
    return member.row.part in (Part.MODERATOR, Part.TIMEKEEPER)


async def check_leader(turn: Turn, circle: Circle, member: Member) -> None:
    """Refuse whoever does not lead while somebody does and is not silent; raises `UserError`."""
    leading = circle.moderator
    if leads(member) or leading is None or time_boxes.is_silent(circle.group, turn.now):
        return
    raise UserError(turn.say("Das macht die Moderation: {name}.").format(name=escaped(leading.name)))


async def is_wanted(turn: Turn, circle: Circle, member: Member, wish: str) -> bool:
    """Whether something is to be done: by the word of whoever leads, else as two want it."""
    if leads(member):
        return True
    await turn.uow.consultations.raise_voice(circle.number, member.id, wish)
    return len(await turn.uow.consultations.voices(circle.number, wish)) >= min(VOICES, len(circle.members))


async def chosen_circle(turn: Turn) -> tuple[Circle, Member]:
    """The running round that a choice is about, and the sender in it; raises `UserError`."""
    group = await turn.uow.consultations.hold(int(chosen(turn)["group"]))
    if group is None or group.state != GroupState.RUNNING:
        raise UserError(turn.say("Diese Beratung läuft nicht mehr."))
    circle = await open_circle(turn.uow, group)
    return circle, await _member(turn, circle)


def is_of_now(turn: Turn, circle: Circle) -> bool:
    """Whether a choice belongs to the present phase."""
    data = chosen(turn)
    return (data["phase"], data["lap"]) == (circle.group.phase, str(circle.group.lap))
