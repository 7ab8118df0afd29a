"""Ends a series for good, after a yes. „jour fixe beenden“ never does: that is the end of a meeting."""

from collections.abc import Sequence
from datetime import date

from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers.ask import chosen
from handlers.cards import day_in_words
from handlers.dates import day_said
from handlers.jour_fixe import series
from handlers.jour_fixe.appointments import check_coordinator
from knowledge.meeting_sentences import day_in
from storage.models.jour_fixe import JourFixe

ENDING = "jour_fixe_ending"  # topic of the offer below


def ask(turn: Turn, one: JourFixe, text: str = "") -> Reply:
    """Ask whether a series shall meet no more after a day that somebody named, else after today."""
    day, _ = day_in(text, turn.today, day_said)
    last_on = max(day or turn.today, turn.today)
    words = turn.say("{title} ganz einstellen? Nach {day} gibt es keine Termine mehr, und die Räume hören davon.")
    data = {"series": str(one.id), "revision": str(one.revision), "day": last_on.isoformat()}
    choices = (
        Choice("ja", turn.say("ja, einstellen"), data),
        Choice("nein", turn.say("nein, weiter treffen"), {"do": "stop"}),
    )
    return Reply(words.format(title=one.title, day=day_in_words(last_on)), Offer(ENDING, choices))


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """End a series after a yes, unless somebody else was first."""
    data = chosen(turn)
    if data.get("do") == "stop":
        return [Reply(turn.say("Gut, es bleibt alles, wie es ist."))]
    check_coordinator(turn)
    one = await turn.uow.jour_fixe.hold(int(data["series"]))
    if one is None or str(one.revision) != data["revision"]:
        text = turn.say("Inzwischen hat jemand anderes diesen Jour fixe geändert. „jour fixe“ zeigt, wie er jetzt ist.")
        return [Reply(text)]
    told = await series.end(turn, services, one, max(date.fromisoformat(data["day"]), turn.today))
    return [Reply(turn.say("{title} ist eingestellt.").format(title=one.title)), *told]
