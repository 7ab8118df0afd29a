"""Whose case it is, in a group that comes together without one: who has one says so, and all choose, or the lot does.

What a case is about is said in the room, and kept nowhere.
"""

import random
from collections.abc import Callable, Sequence

from bot.errors import UserError
from bot.messages import Action, Offer, Reply, Send
from bot.turn import Night, Turn
from handlers.peer_consultation.circle import Circle, Member, Say, tell
from handlers.peer_consultation.phase_posts import meaning
from knowledge.consultation_formats import Laps
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupShows, Part

CASE = "consultation_case_choice"  # topic of the offers below
LOTS = 2
"""So many who want the lot to decide are enough."""
MOST = 7
"""So many cases can be chosen from."""


def is_missing(circle: Circle) -> bool:
    """Whether nobody has the case that a round is about; where each one has one, none is missing."""
    return circle.plan.laps is Laps.ONCE and Part.CASE_GIVER in circle.plan.parts and circle.case_giver is None


async def take_known(asking: Turn | Night, circle: Circle) -> None:
    """Have the case that the group was formed for be the one."""
    case = await asking.uow.rounds.case(circle.group.case_id) if circle.group.case_id is not None else None
    giver = circle.by_id(case.person_id) if case is not None else None
    if giver is not None and is_missing(circle):
        giver.row.part = Part.CASE_GIVER


async def begin(asking: Turn | Night, circle: Circle) -> list[Send]:
    """Ask who has a case."""

    def write(say: Say) -> str:
        return say("Noch fehlt ein Fall. Wer einen hat, nennt ihn in einem Satz und schreibt dazu: „fall“.")

    return await _tell(asking, circle, write, [("fall", "ich habe einen Fall", "fall")])


async def decide(turn: Turn, circle: Circle, member: Member, what: str) -> Sequence[Action]:
    """Do what somebody chose; afterwards there may be a case."""
    if not is_missing(circle):
        raise UserError(turn.say("Der Fall steht schon fest."))
    having = await _having(turn, circle)
    if what == "fall":
        return await _offer(turn, circle, member)
    if not having:
        raise UserError(turn.say("Noch hat niemand einen Fall genannt."))
    if what == "ja":
        return await _agree(turn, circle, member, having)
    if what == "los":
        return await _draw(turn, circle, member, having)
    return await _vote(turn, circle, member, having, what)


async def _having(asking: Turn | Night, circle: Circle) -> Sequence[Member]:
    having = await asking.uow.consultations.voices(circle.number, "case")
    return [member for member in circle.members if member.id in having][:MOST]


async def _offer(turn: Turn, circle: Circle, member: Member) -> Sequence[Action]:
    """Somebody has a case, perhaps beside others."""
    await turn.uow.consultations.raise_voice(circle.number, member.id, "case")
    having = await _having(turn, circle)
    names = [escaped(one.name) for one in having]
    if len(having) == 1:
        words = [("ja", "ja, dieser Fall", "ja"), ("fall", "ich habe auch einen Fall", "fall")]
        return await _tell(
            turn, circle, lambda say: say("{name} hat einen Fall. Ist er dran?").format(name=names[0]), words
        )

    def write(say: Say) -> str:
        text = say("Es gibt {count} Fälle. Welcher ist dran? Sagen zwei „los“, entscheidet das Los.")
        return text.format(count=len(having))

    cases = [(str(place), escaped(one.name), f"case {one.id}") for place, one in enumerate(having, 1)]
    return await _tell(turn, circle, write, [*cases, ("los", "losen", "los")])


async def _agree(turn: Turn, circle: Circle, member: Member, having: Sequence[Member]) -> Sequence[Action]:
    """Whoever has the only case waits for somebody else to agree."""
    if len(having) > 1:
        raise UserError(turn.say("Es gibt mehrere Fälle. Bitte eine Nummer wählen, oder „los“."))
    if member in having:
        return [Reply(turn.say("Es fehlt noch ein „ja“ von jemand anderem."))]
    return await _take(turn, circle, having[0])


async def _draw(turn: Turn, circle: Circle, member: Member, having: Sequence[Member]) -> Sequence[Action]:
    await turn.uow.consultations.raise_voice(circle.number, member.id, "lot")
    if len(await turn.uow.consultations.voices(circle.number, "lot")) < LOTS:
        return [Reply(turn.say("Notiert. Sagt noch jemand „los“, entscheidet das Los."))]
    return await _take(turn, circle, random.choice(having))


async def _vote(turn: Turn, circle: Circle, member: Member, having: Sequence[Member], case: str) -> Sequence[Action]:
    """Count a voice; more than half of all decide, or the most once all have chosen, of several the lot."""
    if case not in [f"case {one.id}" for one in having]:
        raise UserError(turn.say("Diesen Fall gibt es nicht mehr."))
    if not await turn.uow.consultations.raise_voice(circle.number, member.id, "chose"):
        return [Reply(turn.say("Jede Person wählt einmal."))]
    await turn.uow.consultations.raise_voice(circle.number, member.id, case)
    counts = [len(await turn.uow.consultations.voices(circle.number, f"case {one.id}")) for one in having]
    if max(counts) * 2 <= len(circle.members) and sum(counts) < len(circle.members):
        return [Reply(turn.say("Notiert."))]
    leading = [one for one, count in zip(having, counts, strict=True) if count == max(counts)]
    return await _take(turn, circle, random.choice(leading))


async def _take(turn: Turn, circle: Circle, giver: Member) -> Sequence[Action]:
    giver.row.part = Part.CASE_GIVER
    name = escaped(giver.name)
    return await tell(turn, circle, lambda say: say("Der Fall von {name} ist dran.").format(name=name))


async def _tell(
    turn: Turn | Night, circle: Circle, write: Callable[[Say], str], words: Sequence[tuple[str, str, str]]
) -> list[Send]:
    """Say something with choices below it: word, label, and what is done."""

    def offer(say: Say) -> Offer:
        return Offer(CASE, meaning(say, circle, words), lasts=True)

    return await tell(turn, circle, write, offer, GroupShows.PHASE)
