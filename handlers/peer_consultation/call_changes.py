"""Changes of the open round: a coordinator has people join for longer or shorter, calls it off or closes it at once."""

from collections.abc import Mapping, Sequence

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.ask import chosen
from handlers.jour_fixe import agenda
from handlers.peer_consultation import call_closing, call_deadlines, rounds
from handlers.peer_consultation.call_drafts import hinted
from handlers.peer_consultation.rounds import check_open, closes, days, held, open_ones
from knowledge.consultation_sentences import Wish, read_change
from storage.models.peer_consultation import ConsultationRound, RoundState

CHANGE = "consultation_change"  # topic of the offers below
MOST_ROUNDS = 8  # to choose from


def is_change(words: str) -> bool:
    """Whether a sentence extends, cancels or closes the open round."""
    return read_change(words) is not None


async def change(turn: Turn, services: Services) -> Sequence[Action]:
    """„runde verlängern bis Freitag“, „runde absagen“, „gruppen bilden“."""
    _check_coordinator(turn)
    said = read_change(turn.message.text) or read_change(turn.text)
    if said is None:
        raise UserError(turn.say("Das habe ich nicht verstanden. „beratungen“ zeigt die offenen Runden."))
    found = await open_ones(turn)
    if not found:
        raise UserError(turn.say("Gerade ist keine Runde offen. „beratungen“ zeigt, was ansteht."))
    if said.wish == Wish.ALTER:
        text = turn.say(
            "Ändern lässt sich nur die Frist: „runde verlängern“. Für anderes: „runde absagen“, dann eine neue "
            "ausrufen. Die Fälle warten."
        )
        return [Reply(text)]
    data = {"do": str(said.wish), "until": said.until}
    if len(found) > 1:
        return [_ask_which(turn, found, data)]
    return await _change(turn, services, data | {"round": str(found[0].id)})


def _check_coordinator(turn: Turn) -> None:
    check_open(turn)
    if turn.role < Role.COORDINATOR:
        raise UserError(turn.say("Das entscheidet die Koordination. Frag sie gern."))


def _ask_which(turn: Turn, found: Sequence[ConsultationRound], data: Mapping[str, str]) -> Reply:
    choices = [
        Choice(str(place), days(turn.say, one), {**data, "round": str(one.id)})
        for place, one in enumerate(found[:MOST_ROUNDS], start=1)
    ]
    return Reply(turn.say("Welche Runde meinst du?"), Offer(CHANGE, tuple(choices)))


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Change an open round as a coordinator chose."""
    _check_coordinator(turn)
    data = chosen(turn)
    if data["do"] == "stop":
        return [Reply(turn.say("Gut, alles bleibt."))]
    return await _change(turn, services, data)


async def _change(turn: Turn, services: Services, data: Mapping[str, str]) -> Sequence[Action]:
    one = await held(turn, data["round"])
    if one.state != RoundState.OPEN:
        raise UserError(turn.say("Die Gruppen stehen schon. Das ändert nichts mehr."))
    match data["do"]:
        case Wish.EXTEND if not data["until"]:
            return [call_deadlines.ask(turn, CHANGE, {"round": data["round"]})]
        case Wish.EXTEND:
            return await _extend(turn, services, one, data["until"])
        case "until":
            return await _extend(turn, services, one, turn.text)
        case "shorten":
            is_sure = data["before"] == one.closes_at.isoformat()  # else somebody changed it meanwhile
            return await _extend(turn, services, one, data["until"], is_sure=is_sure)
        case Wish.CANCEL | Wish.FORM:
            return [await _ask_whether(turn, one, Wish(data["do"]))]
        case "cancelled":
            return await _cancel(turn, services, one)
    return await _close(turn, services, one)


# for longer or shorter


async def _extend(
    turn: Turn, services: Services, one: ConsultationRound, until: str, *, is_sure: bool = False
) -> Sequence[Action]:
    moment = call_deadlines.said(turn, services, until, one)
    if moment < one.closes_at and not is_sure:
        text = turn.say("Das wäre {moment}, also früher als bisher: {before}. Wirklich kürzen?")
        shown = text.format(moment=agenda.in_words(moment), before=closes(turn, one))
        return [_ask_whether_sooner(turn, one, shown, until)]
    one.closes_at = moment
    one.is_reminded = call_deadlines.reminder(turn, services, one) <= turn.now
    told = Reply(turn.say("Gut, anmelden geht jetzt bis {moment}.").format(moment=closes(turn, one)))
    return [hinted(told, call_deadlines.moved(turn, until, moment)), *await rounds.refresh(turn, services, one)]


def _ask_whether_sooner(turn: Turn, one: ConsultationRound, text: str, until: str) -> Reply:
    data = {"do": "shorten", "until": until, "round": str(one.id), "before": one.closes_at.isoformat()}
    choices = (
        Choice("ja", turn.say("ja, kürzen"), data),
        Choice("nein", turn.say("nein"), {"do": "stop"}),
    )
    return Reply(text, Offer(CHANGE, choices))


# calling it off, or closing it at once


async def _ask_whether(turn: Turn, one: ConsultationRound, wish: Wish) -> Reply:
    if wish == Wish.CANCEL:
        text, label, done = turn.say("Kollegiale Beratung {days} absagen?"), turn.say("ja, absagen"), "cancelled"
    else:
        text = turn.say("Kollegiale Beratung {days}: jetzt schließen und Gruppen bilden?")
        label, done = turn.say("ja"), "formed"
    count = await rounds.how_many(turn, turn.say, one)
    choices = (
        Choice("ja", label, {"do": done, "round": str(one.id)}),
        Choice("nein", turn.say("nein"), {"do": "stop"}),
    )
    return Reply(f"{text.format(days=days(turn.say, one))} {count}", Offer(CHANGE, choices))


async def _cancel(turn: Turn, services: Services, one: ConsultationRound) -> Sequence[Action]:
    """Call a round off; who takes part hears it alone."""
    one.state = RoundState.CANCELLED
    told = Reply(turn.say("Gut, die Runde ist abgesagt. Wer dabei war, erfährt es."))
    return [told, *await rounds.tell_called_off(turn, one), *await rounds.refresh(turn, services, one)]


async def _close(turn: Turn, services: Services, one: ConsultationRound) -> Sequence[Action]:
    said = await call_closing.close(turn, services, one)
    if one.state == RoundState.FORMED:
        return [Reply(turn.say("Die Gruppen stehen. Alle haben es allein erfahren.")), *said]
    return [Reply(turn.say("Es kam keine Gruppe zustande. Warum, steht im Einzelchat.")), *said]
