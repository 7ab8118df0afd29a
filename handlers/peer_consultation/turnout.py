"""Answers who asks who takes part in a round: how many there are, and names only of those in one's own group."""

from collections.abc import Sequence

from bot.errors import UserError
from bot.messages import Action, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.jour_fixe import coming_sentences
from handlers.jour_fixe.appointments import upcoming
from handlers.peer_consultation import forming, joining, rounds
from handlers.peer_consultation.circle import open_circle
from handlers.peer_consultation.rounds import check_supporter, days, present_ones, sender
from knowledge.consultation_sentences import read_turnout
from storage.models.knowledge import Visibility
from storage.models.peer_consultation import ConsultationRound, RoundState

MOST_ROUNDS = 3  # of which it is told


def is_asked(words: str) -> bool:
    """Whether a sentence asks who takes part, or how many."""
    return read_turnout(words) is not None


async def tell(turn: Turn, services: Services) -> Sequence[Action]:
    """„wer hat sich angemeldet?“, „wie viele sind dabei?“; what may be about the jour fixe is answered there, too."""
    asked = read_turnout(turn.text)
    if asked is None or turn.role < Role.SUPPORTER:
        return await joining.about_jour_fixe(turn, services)
    if asked.is_named:
        check_supporter(turn)
    told = await _told(turn) if Visibility.COMMUNITY in turn.sees else []
    if not told and asked.is_named:
        raise UserError(turn.say("Gerade ist keine Runde offen. „beratungen“ zeigt, was ansteht."))
    if not told:
        return await joining.about_jour_fixe(turn, services)
    there = await joining.about_jour_fixe(turn, services) if await _may_mean_jour_fixe(turn) else []
    return [*there, Reply("\n\n".join(told))]


async def _may_mean_jour_fixe(turn: Turn) -> bool:
    """Whether the words ask who comes to a jour fixe as well, and no call to a round stands below which they do."""
    if coming_sentences.asked_day(turn.text) is None or not await upcoming(turn):
        return False
    return not await joining.is_asked_last(turn)


async def _told(turn: Turn) -> list[str]:
    """What may be known of each round that is there, and of one's own groups; nothing where there are none."""
    found = (await present_ones(turn))[:MOST_ROUNDS]
    return [*[await _about(turn, one) for one in found], *await _own_groups(turn)]


async def _about(turn: Turn, one: ConsultationRound) -> str:
    """How many take part in a round, by sums alone."""
    heading = turn.say("**Kollegiale Beratung** {days}").format(days=days(turn.say, one))
    if one.state == RoundState.FORMED:
        return f"{heading}: " + turn.say("Die Gruppen stehen. Wer mit wem berät, wissen nur sie selbst.")
    count = await rounds.how_many(turn, turn.say, one)
    rest = turn.say("Namen zeige ich nicht. Stehen die Gruppen, erfahren alle allein, mit wem sie beraten.")
    return f"{heading}: {count} {rest}"


async def _own_groups(turn: Turn) -> list[str]:
    """Who is with the sender in their groups, said to them alone."""
    if not turn.message.conversation.is_direct:
        return []
    person = await sender(turn)
    lines = []
    for group in await turn.uow.consultations.of_person(person.id or 0):
        names = forming.others(await open_circle(turn.uow, group), person.id or 0)
        lines.append(turn.say("In Beratung {number} sind mit dir: {names}.").format(number=group.id, names=names))
    return lines
