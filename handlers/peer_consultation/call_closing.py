"""What becomes of a round when it is time: rooms are reminded, groups are formed, and in the end it is forgotten."""

from collections.abc import Sequence

from bot.messages import Send, Unasked
from bot.turn import Night, Services, Turn
from handlers.peer_consultation import call_deadlines, forming, rounds
from handlers.peer_consultation.rounds import closes, days
from storage.models.peer_consultation import ConsultationRound, RoundState


async def look_after(night: Night, services: Services) -> Sequence[Unasked]:
    """Say once that a round closes soon, form the groups of those that close now, and forget those that are over."""
    said = await _forget_ended(night)
    for one in await night.uow.rounds.in_state(RoundState.OPEN):
        if _is_due(night, services, one):
            said += await _take_up(night, services, one.id or 0)
    return said


async def close(asking: Turn | Night, services: Services, one: ConsultationRound) -> list[Unasked]:
    """Have nobody join any more and form the groups of a round that is held; the calls in the rooms tell it."""
    said = await forming.form(asking, services, one)
    return [*said, *await rounds.refresh(asking, services, one)]


async def _forget_ended(night: Night) -> list[Unasked]:
    said: list[Unasked] = []
    for over in await night.uow.rounds.ended(night.today):
        said += await rounds.settle(night, over)
    await night.uow.rounds.drop_ended(night.today)
    return said


def _is_due(night: Night, services: Services, one: ConsultationRound) -> bool:
    """Whether a round closes now, or soon and nobody was told so."""
    closes_soon = call_deadlines.reminder(night, services, one) <= night.now
    return one.closes_at <= night.now or (closes_soon and not one.is_reminded)


async def _take_up(night: Night, services: Services, number: int) -> list[Unasked]:
    """Close a round that is due or remind of it, unless somebody else just did."""
    one = await night.uow.rounds.hold(number)
    if one is None or one.state != RoundState.OPEN:
        return []
    if one.closes_at <= night.now:
        return await close(night, services, one)
    if one.is_reminded:
        return []
    one.is_reminded = True
    return [*await _remind(night, one)]


async def _remind(night: Night, one: ConsultationRound) -> list[Send]:
    said = []
    for room in await night.rooms():
        say = night.say_to(room)
        text = say("Anmelden zur kollegialen Beratung {days} geht noch bis {moment}. „dabei“ genügt.")
        said.append(Send(room, text.format(days=days(say, one), moment=closes(night, one))))
    return said
