"""Finds whom somebody does not want to be there when their case is talked about; nobody else learns of it.

Names are kept nowhere, only our ids. While it is asked, `sure` holds those of people who are known already, `alike`
those of people called alike, of whom one is meant: ids between commas, groups of them between semicolons.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.messages import Choice, Reply
from bot.turn import Turn
from handlers import candidates
from handlers.ask import LONGEST_NAME, shortened
from handlers.deputies import is_called, labelled
from handlers.peer_consultation import case_questions
from handlers.peer_consultation.own_case import Data, ids, joined
from knowledge.consultation_sentences import LONGEST

MOST, MOST_ALIKE = 10, 7
_NOBODY = re.compile(
    r"(?:ich nenne |es gibt )?(?:niemand\w*|keine[nr]?|keinen? davon|alle (?:dürfen|können|passen)|egal|-)[.!]?", re.I
)
_AND = re.compile(r"[,;\n]|\s+und\s+|\s*[+&]\s*", re.IGNORECASE)

_BEFORE = re.compile(
    r"^(?:(?:aber|bitte|nur|alle|jede[rn]?|dürfen|können|auf keinen fall|nicht|ohne|ausser|außer|bis auf|der|die)"
    r"\b,? ?)+",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"(?:,? \b(?:bitte|auch|lieber|soll\w*|darf|dürfen|nicht|dabei|sein|mit|mitmachen|danke)\b)+[.!]*$", re.IGNORECASE
)
"""What people say around a name: „alle außer Cem Kaya“, „Cem auch nicht“."""
_TALK = re.compile(
    r"\b(?:aber|bitte|nicht|nichts|ich|mir|das|es|ist|sind|weil|dass|danke|sonst|sagen|verraten|weitersagen|soll|wenn"
    r"|geht|wäre|möchte|weiß|weiss|keine?n?|ahnung|egal|der|die|wie|was|mal|sehen|irgend\w*)\b",
    re.IGNORECASE,
)
"""Words that no name has: what is said with them is not looked for, and not said again."""


async def take(turn: Turn, data: Data, said: str) -> Reply:
    """Find whom somebody named; who is called alike is asked about, who is not known refuses all of it."""
    if _NOBODY.fullmatch(said.strip()):
        return await ask_which(turn, {"sure": "", "alike": "", **data})
    names = _names(turn, said)
    found = [await _called(turn, name) for name in names]
    unknown = [name for name, people in zip(names, found, strict=True) if not people]
    if unknown and all(map(_TALK.search, unknown)) and not any(found):
        again = await case_questions.ask(turn, data, "vetoed")
        return replace(again, text=f"{turn.say('Einen Namen habe ich darin nicht gefunden.')} {again.text}")
    known = _with(data, found)
    if unknown := [name for name in unknown if not _TALK.search(name)]:
        return _ask_for_names(turn, known, unknown)
    return await ask_which(turn, known)


def _names(turn: Turn, said: str) -> Sequence[str]:
    """The names that somebody wrote; raises `UserError` where there are none, or too many."""
    pieces = [_BEHIND.sub("", _BEFORE.sub("", " ".join(piece.split()))) for piece in _AND.split(said)]
    names = [piece for piece in pieces if any(map(str.isalpha, piece))]
    if not names or len(names) > MOST or len(said) > LONGEST:
        raise UserError(turn.say("Schreib mir nur die Namen, mit Komma dazwischen, oder „niemand“."))
    return names


async def _called(turn: Turn, name: str) -> Sequence[int]:
    """The other supporters of a name, by our ids."""
    here = turn.message.conversation.platform, turn.message.sender.id
    own = await turn.uow.people.find(*here)
    own_id = own.id if own is not None else None
    named = [one for one, _ in await turn.uow.people.everybody() if one.id != own_id and is_called(one, name)]
    return [one.id for one in named if one.id is not None and await candidates.is_supporter(turn, one.id)]


def _with(data: Data, found: Sequence[Sequence[int]]) -> Data:
    """What is known with the people found by each name: one is sure, of several one is meant."""
    sure = sorted({*ids(data.get("sure", "")), *(people[0] for people in found if len(people) == 1)})
    alike = [data.get("alike", ""), *(joined(people[:MOST_ALIKE]) for people in found if len(people) > 1)]
    return {**data, "sure": joined(sure), "alike": ";".join(filter(None, alike))}


def _ask_for_names(turn: Turn, known: Data, unknown: Sequence[str]) -> Reply:
    """Ask again for the names of whom we do not know; who was named with them is known already."""
    text = turn.say("„{name}“ finde ich unter den Lots:innen nicht. Schreib mir bitte den ganzen Namen.")
    names = "“, „".join(shortened(name, LONGEST_NAME) for name in unknown)
    text += " " + turn.say("Wer nicht zu den Lots:innen gehört, ist ohnehin nicht dabei.")
    offer = case_questions.offer(turn, known, "vetoed", case_questions.nobody(turn, known))
    return Reply(text.format(name=names), offer)


async def ask_which(turn: Turn, data: Data) -> Reply:
    """Ask which one of those who are called alike is meant, until there are none left; then go on."""
    first, _, rest = data["alike"].partition(";")
    if not first:
        kept = {name: value for name, value in data.items() if name not in ("sure", "alike")}
        return await case_questions.ask_next(turn, kept | {"vetoed": data["sure"]})
    labels = await labelled(turn, ids(first))
    left = {**data, "alike": rest, "do": "meant"}
    choices = [
        Choice(str(place), label, {**left, "meant": str(number)})
        for place, (number, label) in enumerate(labels.items(), start=1)
    ]
    everybody = Choice("alle", turn.say("alle davon"), {**left, "meant": first})
    return Reply(turn.say("Wen meinst du?"), case_questions.offer(turn, data, "alike", *choices, everybody))


async def take_meant(turn: Turn, data: Data) -> Reply:
    """Take who was meant of those who are called alike."""
    found = sorted({*ids(data["sure"]), *ids(data["meant"])})
    kept = {name: value for name, value in data.items() if name != "meant"}
    return await ask_which(turn, kept | {"sure": joined(found)})
