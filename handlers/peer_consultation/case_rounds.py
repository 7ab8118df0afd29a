"""The round of a new case: it goes into the one that is open, or one is called for it, or it waits."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers.peer_consultation import line_managers, rounds
from handlers.peer_consultation.own_case import OWN
from handlers.periods import period_said
from storage.models.peer_consultation import ConsultationCase, ConsultationRound

MOST_ROUNDS = 8
_AND = re.compile(r"[,;\n]|\s+und\s+|\s*[+&]\s*", re.IGNORECASE)


async def enter(turn: Turn, services: Services, case: ConsultationCase, called: str = "") -> Sequence[Action]:
    """Have a new case go into the open round, or ask whether one shall be called for it.

    `called` is the number of the round for which it was taken down: whose it is joined that one and was asked nothing.
    """
    noted = turn.say("Vorgemerkt. „mein fall“ zeigt ihn, dort kannst du ihn ändern oder zurückziehen.")
    fitting = [one for one in await rounds.open_ones(turn) if one.mode == case.mode]
    meant = [one for one in fitting if str(one.id) == called] or fitting
    if len(meant) == 1:
        is_called = str(meant[0].id) == called
        return await _join(turn, services, meant[0], noted, case.wished, is_called=is_called)
    asked = _ask_which(turn, fitting) if fitting else ask_whether_to_call(turn, str(case.mode))
    return [replace(asked, text=f"{noted}\n\n{asked.text}")]


def _ask_which(turn: Turn, fitting: Sequence[ConsultationRound]) -> Reply:
    choices = [
        Choice(str(place), rounds.days(turn.say, one), {"round": str(one.id), "do": "in"})
        for place, one in enumerate(fitting[:MOST_ROUNDS], start=1)
    ]
    return Reply(turn.say("In welche Runde soll er?"), Offer(rounds.ROUND, tuple(choices)))


def ask_whether_to_call(turn: Turn, mode: str) -> Reply:
    """Ask whether a round shall be called for a case, or whether it waits."""
    choices = (
        Choice("runde", turn.say("eine Runde ausrufen"), {"do": "call", "mode": mode}),
        Choice("warten", turn.say("auf die nächste warten"), {"do": "done"}),
    )
    text = turn.say("Gerade ist keine passende Runde offen. Soll ich eine ausrufen?")
    return Reply(text, Offer(OWN, choices, asks={"do": "round", "mode": mode}))


async def _join(
    turn: Turn, services: Services, found: ConsultationRound, noted: str, wished: str, *, is_called: bool
) -> Sequence[Action]:
    one = await rounds.held(turn, str(found.id))
    _, is_new = await rounds.take_part(turn, one)
    text = turn.say("Du bist damit dabei: kollegiale Beratung {days}. Nach der Anmeldung bilde ich die Gruppen.")
    text = f"{noted} " + text.format(days=rounds.days(turn.say, one))
    if said := _outside(turn, wished, one):
        hint = turn.say("„{said}“ liegt nicht in dieser Runde. „beratung abmelden“ lässt deinen Fall weiter warten.")
        text += " " + hint.format(said=said)
    if not is_new and not is_called:
        return [Reply(text)]
    question, offer = line_managers.question(turn.say, one)
    return [Reply(f"{text}\n\n{question}", offer), *await rounds.refresh(turn, services, one)]


def _outside(turn: Turn, wished: str, one: ConsultationRound) -> str:
    """The days that a wish names, if none of them is in the round; else nothing."""
    outside = []
    for words in map(str.strip, _AND.split(wished)):
        said = period_said(words.casefold(), turn.today)
        if said is None or said.start is None or said.end is None:
            continue
        if said.start <= one.ends_on and one.starts_on <= said.end:
            return ""
        outside.append(words)
    return outside[0] if outside else ""
