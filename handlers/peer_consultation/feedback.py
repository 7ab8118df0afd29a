"""Asks each one alone whether a round was worth the time; kept are number and month, shown is the mean of many."""

from collections.abc import Sequence
from datetime import date

from bot.commands import Command
from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import figures, scale
from handlers.ask import chosen
from handlers.peer_consultation.circle import Say

FEEDBACK = "consultation_feedback"  # topic of the offer below
COMMAND = Command(
    "rückmeldung beratung",
    ("rückmeldungen beratung", "rückmeldung zur beratung", "rückmeldungen zur beratung", "beratung rückmeldung"),
    "Ob sich kollegiale Beratung lohnt: ein Mittelwert ab fünf Angaben.",
    role=Role.COORDINATOR,
)


def question(say: Say) -> tuple[str, Offer]:
    """What each one is asked once a round is over."""
    text = say("Hat sich die Beratung gelohnt? Ich speichere nur eine Zahl von 0 bis 5 und den Monat, ohne Namen.")
    # Without their numbers: below others, of the list, they would say two different things.
    worst, *better = [Choice(value, word, {"value": value}) for value, word in scale.words(say).items()]
    skip = Choice("überspringen", say("überspringen"), {"value": ""})
    return text, Offer(FEEDBACK, (*better, worst, skip))


async def take(turn: Turn, services: Services) -> Sequence[Action]:
    """Keep a number without whose it was, and of which round."""
    value = chosen(turn).get("value", "")
    if value not in scale.VALUES:
        return [Reply(turn.say("Gut."))]
    await turn.uow.rounds.add_feedback(turn.today, int(value))
    text = turn.say("Danke. Notiert: {word}. Die Zahl steht jetzt ohne Namen bei den anderen.")
    return [Reply(text.format(word=scale.words(turn.say)[value]))]


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """„rückmeldung beratung“: the mean of all rounds of a year, for coordinators, alone with them."""
    if turn.role < Role.COORDINATOR or not turn.message.conversation.is_direct:
        raise UserError(turn.say("Die Rückmeldungen zeige ich nur der Koordination, und nur im Einzelchat."))
    since = date(turn.today.year - 1, turn.today.month, 1)
    mean = figures.mean(turn.say, await turn.uow.rounds.feedback(since))
    text = turn.say("Hat sich kollegiale Beratung gelohnt, von 0 bis 5? {mean}")
    return [Reply(text.format(mean=mean))]
