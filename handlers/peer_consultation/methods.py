"""Offers ways to advise: five or six, those first that suit the key question. Of that question nothing is kept.

Until one is chosen, the group keeps the ids of all that are offered; the first one counts if nobody chooses. Whatever
is proposed comes first.
"""

from collections.abc import Callable, Sequence

from bot.messages import Offer, Send
from bot.turn import Night, Services, Turn
from handlers.peer_consultation.circle import Circle, Say, choices, tell
from knowledge import consultation_methods
from knowledge.consultation_formats import Does
from knowledge.consultation_methods import AT_MOST, SHOWN, Method, suggest
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupShows

METHOD = "consultation_method"  # topic of the offer below


def hear(circle: Circle, question: str) -> None:
    """Remember which ways suit a key question, if the group will choose one."""
    if any(phase.does is Does.METHOD for phase in circle.plan.phases):
        circle.group.method = _kept(suggest(question))


async def begin(asking: Turn | Night, services: Services, circle: Circle) -> list[Send]:
    """Offer ways to advise wherever the group talks."""
    # What was chosen in an earlier lap, or before somebody went back, stays the first one.
    known = consultation_methods.named(circle.group.method)
    offered = list(dict.fromkeys([*known, *suggest()]))[: max(SHOWN, min(len(known), AT_MOST))]
    circle.group.method = _kept(offered)
    words = [(method.word, f"{method.title}: {method.hint}") for method in offered]

    def write(say: Say) -> str:
        giver = circle.case_giver
        if giver is None:
            return say("Wie soll die Gruppe beraten?")
        text = say("Wie soll die Gruppe beraten? {name} wählt, die anderen schlagen vor.")
        return text.format(name=escaped(giver.name))

    return await tell(
        asking, circle, write, lambda say: Offer(METHOD, choices(say, circle, words), lasts=True), GroupShows.PHASE
    )


def propose(circle: Circle, method: Method) -> None:
    """Have a way that somebody proposes be the one that counts if nobody chooses: of several the newest."""
    circle.group.method = _kept(list(dict.fromkeys([method, *consultation_methods.named(circle.group.method)])))


def what_counts(circle: Circle) -> Callable[[Say], str] | None:
    """What is said when it goes on while nobody has chosen; None where somebody has, and in other phases."""
    offered = consultation_methods.named(circle.group.method)
    if circle.phase is None or circle.phase.does is not Does.METHOD or len(offered) < 2:
        return None
    return lambda say: say("Gewählt ist noch nichts. Darum gilt: {title}. „zurück“ führt noch einmal zur Wahl.").format(
        title=offered[0].title
    )


def _kept(offered: Sequence[Method]) -> str:
    return " ".join(method.id for method in offered)
