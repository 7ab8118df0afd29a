"""What is asked and shown of a call before it is made; what was understood so far travels with the offers."""

from collections.abc import Mapping
from dataclasses import replace

from bot.messages import Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers.peer_consultation.call_deadlines import NOON, at
from handlers.peer_consultation.call_plans import Plan, days_needed, plan_of
from handlers.peer_consultation.rounds import closes, days
from storage.models.peer_consultation import ConsultationRound, Mode

CALL = "consultation_call"  # topic of the offers below
DATING_DAYS = 2
"""Working days in which a group finds its date."""
MOST_FORMATS = 7
"""As many as one digit can name, with the choices around them; more are shown by „mehr“."""


def ask_for_days(turn: Turn, data: Mapping[str, str]) -> Reply:
    """Ask when the round shall be; `data` is what is known of it."""
    text = turn.say("Wann soll die Runde sein? Schreib mir zum Beispiel „KW 50“ oder „1.12. bis 12.12.“.")
    stop = Choice("nein", turn.say("doch keine Runde"), {"do": "stop"})
    return Reply(text, Offer(CALL, (stop,), asks={**data, "do": "days"}))


def shown(turn: Turn, services: Services, plan: Plan, hint: str = "") -> Reply:
    """What would be called, before it is; a `hint` stands ahead of it."""
    text = "\n".join(_lines(turn, services, plan)) + "\n\n" + turn.say("So ausrufen?")
    asks = plan.as_data() | {"do": "said"}
    return hinted(Reply(text, Offer(CALL, _choices(turn, plan), asks)), hint)


def hinted(reply: Reply, hint: str) -> Reply:
    """A reply below a hint, if there is one."""
    return replace(reply, text=f"{hint}\n\n{reply.text}") if hint else reply


def _lines(turn: Turn, services: Services, plan: Plan) -> list[str]:
    one, say = plan.as_round(), turn.say
    title = services.house.formats[plan.format].title if plan.format else say("passt sich der Größe an")
    return [
        say("Kollegiale Beratung {days}").format(days=days(say, one)),
        say("- Art: schriftlich") if plan.mode == Mode.WRITTEN else say("- Art: live, mit gemeinsamem Termin"),
        say("- Ablauf: {format}").format(format=title),
        say("- Anmelden bis {moment}").format(moment=closes(turn, one)),
        *_concerns(turn, services, plan),
    ]


def _concerns(turn: Turn, services: Services, plan: Plan) -> list[str]:
    """What may be too short about a plan."""
    needed = days_needed(services, plan.format)
    working = services.house.working_days
    if plan.mode == Mode.WRITTEN and plan.last < working.after(plan.first, needed - 1):
        return [turn.say("- Hinweis: Schriftlich braucht eine Gruppe etwa {count} Arbeitstage.").format(count=needed)]
    if plan.mode == Mode.LIVE and plan.closes_at > at(turn, working.before(plan.first, DATING_DAYS), NOON):
        return [turn.say("- Hinweis: Einen Termin zu finden, dauert etwa zwei Arbeitstage.")]
    return []


def _choices(turn: Turn, plan: Plan) -> tuple[Choice, ...]:
    data, say = plan.as_data(), turn.say
    is_written = plan.mode == Mode.WRITTEN
    other = ("live", say("lieber live")) if is_written else ("schriftlich", say("lieber schriftlich"))
    return (
        Choice("ja", say("ja, ausrufen"), data | {"do": "save"}),
        Choice(*other, data | {"do": "mode"}),
        Choice("tage", say("andere Tage"), data | {"do": "ask_days"}),
        Choice("frist", say("andere Frist"), data | {"do": "ask_until"}),
        Choice("ablauf", say("anderer Ablauf"), data | {"do": "formats"}),
        Choice("nein", say("nein"), {"do": "stop"}),
    )


def formats(turn: Turn, services: Services, draft: Mapping[str, str]) -> Reply:
    """The formats to choose from, each with a sentence; those `after` the first ones, where they are many."""
    data, after = plan_of(draft).as_data(), int(draft.get("after", "0"))
    found = [one for one in services.house.formats.values() if one.mode == data["mode"]][after:]
    listed = found if len(found) <= MOST_FORMATS else found[: MOST_FORMATS - 1]
    choices = [Choice("passend", turn.say("passend zur Größe der Gruppe"), data | {"do": "format", "format": ""})]
    for place, one in enumerate(listed, start=2):
        choices.append(Choice(str(place), f"{one.title}: {one.summary}", data | {"do": "format", "format": one.id}))
    if len(listed) < len(found):
        rest = {"do": "formats", "after": str(after + len(listed))}
        choices.append(Choice("mehr", turn.say("mehr"), data | rest))
    choices.append(Choice("abbrechen", turn.say("abbrechen"), {"do": "stop"}))
    asks = data | {"do": "listed", "after": str(after)}
    return Reply(turn.say("Nach welchem Ablauf?"), Offer(CALL, tuple(choices), asks))


def ask_whether_both(turn: Turn, plan: Plan, other: ConsultationRound) -> Reply:
    """Ask whether there shall be another round at the time of one of which the caller may not know."""
    text = turn.say("Zu dieser Zeit gibt es schon eine kollegiale Beratung {days}. Wirklich noch eine?")
    choices = (
        Choice("nein", turn.say("nein, die eine genügt"), {"do": "stop"}),
        Choice("ja", turn.say("ja, eine zweite"), plan.as_data() | {"do": "anyway"}),
    )
    return Reply(text.format(days=days(turn.say, other)), Offer(CALL, choices))
