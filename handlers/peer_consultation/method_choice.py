"""Takes which way to advise the case giver chooses, and goes on with it; what others choose is a suggestion."""

from collections.abc import Sequence

from bot.messages import Action, Reply
from bot.turn import Services, Turn
from handlers.ask import chosen
from handlers.peer_consultation import live, methods, phases
from handlers.peer_consultation.circle import Circle, Member, Say, tell
from handlers.peer_consultation.leading import chosen_circle, is_of_now, phase_of
from knowledge import consultation_methods
from knowledge.consultation_methods import Method
from knowledge.minutes import escaped


async def choose(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on by the way that was chosen, or say what somebody suggests."""
    circle, member = await chosen_circle(turn)
    if not is_of_now(turn, circle):
        return [Reply(phases.standing(turn.say, circle, phase_of(circle), turn.now))]
    method = next(one for one in consultation_methods.methods() if one.word == chosen(turn)["do"])
    if circle.case_giver not in (None, member):
        return await _suggest(turn, circle, member, method)
    circle.group.method = method.id
    return await live.advance(turn, services, circle)


async def _suggest(turn: Turn, circle: Circle, member: Member, method: Method) -> Sequence[Action]:
    giver = circle.case_giver
    assert giver is not None
    if not await turn.uow.consultations.raise_voice(circle.number, member.id, f"method {method.id}"):
        return [Reply(turn.say("Das ist schon vorgeschlagen."))]
    methods.propose(circle, method)
    facts = {"name": escaped(member.name), "giver": escaped(giver.name), "title": method.title}

    def write(say: Say) -> str:
        return say("{name} schlägt vor: {title}. {giver} wählt.").format(**facts)

    return await tell(turn, circle, write)
