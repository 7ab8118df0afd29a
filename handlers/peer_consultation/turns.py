"""Who has had their say in a phase, and whose turn it is where one speaks after the other; gone with the phase."""

from collections.abc import Sequence

from bot.errors import UserError
from bot.messages import Action, Reply, Send
from bot.turn import Night, Turn
from handlers.peer_consultation import phases
from handlers.peer_consultation.circle import Circle, Member, Say, tell
from knowledge.consultation_formats import Phase
from knowledge.minutes import escaped
from storage.models.peer_consultation import Mode

SAID, PASSED, DONE = "said", "pass", "done"
"""What is noted of people: they have spoken, they say nothing, or in writing, all is said."""


async def heard(asking: Turn | Night, circle: Circle, *wishes: str) -> frozenset[int]:
    """Of whom one of these is noted in the present phase, by our ids; without one, who has had their say at all."""
    noted = [await asking.uow.consultations.voices(circle.number, wish) for wish in wishes or (SAID, PASSED, DONE)]
    return frozenset().union(*noted)


async def take(turn: Turn, circle: Circle, phase: Phase, member: Member, wish: str) -> list[Send]:
    """Somebody has spoken or passed where one speaks after the other: say who is next."""
    await turn.uow.consultations.raise_voice(circle.number, member.id, wish)
    following = phases.next_speaker(circle, phase, await heard(turn, circle))

    def write(say: Say) -> str:
        if following is None:
            return say("Alle waren dran. „weiter“ geht zur nächsten Phase.")
        return say("Als Nächstes: {name}.").format(name=escaped(following.name))

    return await tell(turn, circle, write)


async def finish(turn: Turn, circle: Circle, phase: Phase, member: Member) -> Sequence[Action]:
    """Somebody has written all that they wanted to; raises `UserError` where others write, or all talk."""
    if circle.group.mode != Mode.WRITTEN:
        raise UserError(turn.say("„fertig“ gibt es nur schriftlich. Hier führt „weiter“ zur nächsten Phase."))
    if not phases.may_speak(circle, phase, member):
        raise UserError(turn.say("In dieser Phase schreiben andere. Zu tun ist gerade nichts."))
    await turn.uow.consultations.raise_voice(circle.number, member.id, DONE)
    return [Reply(turn.say("Notiert. Weiter geht es, wenn alle fertig sind oder die Zeit um ist."))]
