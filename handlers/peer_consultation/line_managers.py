"""Asks whoever takes part in a round, once, whether they lead a department: nobody consults with their own people."""

import re
from collections.abc import Callable, Mapping, Sequence

from bot.commands import looks_like_question
from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers import ask
from handlers.ask import chosen, shortened
from handlers.department import LONGEST_DEPARTMENT, SUGGESTED
from handlers.peer_consultation.rounds import check_open, sender
from handlers.rights import check_direct
from knowledge.consultation_sentences import read_case, read_joining
from storage.models.peer_consultation import ConsultationRound

LINE = "consultation_line"  # topic of the offers below

_OTHER = re.compile(
    r"(?:dabei|fall|moderation|abmelden|alle[ns]?|keine|\d+(?:[\s,;&+]+(?:und )?\d+)+"
    r"|.*\b(?:kann|komme|bin|falle) .*\b(?:nicht|aus)\b.*)\W*",
    re.IGNORECASE,
)

_NONE = re.compile(r"\b(?:nein|nö|nee|ne|kein\w*|nicht|niemand\w*)\b")
_LEADING = re.compile(
    r"^(?:ja\b,? ?)?(?:(?:ich )?(?:leite|bin (?:leiter|leiterin|leitung|chef|chefin)(?: von| des| der)?)\b ?)?"
    r"(?:(?:das|den|die|der|ein|eine|einen)\b ?)?",
    re.IGNORECASE,
)
MOST_WORDS = 4
"""Of a department that we do not know; who says more says something else."""

Say = Callable[[str], str]


def question(say: Say, one: ConsultationRound) -> tuple[str, Offer]:
    """The question, to stand below what else is said to somebody alone."""
    text = say(
        "Leitest du einen Fachbereich oder ein Team? Dann bist du mit deinen eigenen Leuten in keiner Gruppe. "
        "Schreib mir, welchen. Sonst „nein“."
    )
    data = {"round": str(one.id)}
    return text, Offer(LINE, (_none(say, data),), asks=data)


def _none(say: Say, data: Mapping[str, str]) -> Choice:
    return Choice("nein", say("nein, ich leite keinen"), {"round": data["round"]})


def may_be_answer(words: str) -> bool:
    """Whether a text may answer the question: what asks something, or says who takes part, is no department."""
    is_other = read_joining(words) is not None or read_case(words) is not None or _OTHER.fullmatch(words.strip())
    return not looks_like_question(words) and not is_other


async def take(turn: Turn, services: Services) -> Sequence[Action]:
    """Keep which department somebody leads, as long as the round is there; „nein“ keeps nothing."""
    check_open(turn)
    check_direct(turn)
    data = chosen(turn)
    if turn.choice is not None and turn.choice.word:
        return [await _keep(turn, data, data.get("name", ""))]
    said, departments = shortened(" ".join(turn.text.split()), LONGEST_DEPARTMENT), services.house.departments
    if _NONE.search(said.casefold()):
        return [await _keep(turn, data, "")]
    if not any(map(str.isalnum, said)):
        raise UserError(turn.say("Schreib mir den Namen des Bereichs, oder „nein“."))
    said = _LEADING.sub("", said)
    found = departments.find(said)
    if found is not None or not departments.names:
        return [await _keep(turn, data, found.name if found else said)]
    near = departments.suggest(said, SUGGESTED)
    if not near and len(said.split()) > MOST_WORDS:
        return await ask.ask(turn, services)
    if not near:
        text = turn.say("Diesen Fachbereich kenne ich nicht. Schreib mir seinen Namen oder seine Nummer.")
        return [Reply(text, Offer(LINE, (_none(turn.say, data),), asks=data))]
    choices = [Choice(str(place), one.name, {**data, "name": one.name}) for place, one in enumerate(near, start=1)]
    none = Choice("keiner", turn.say("keiner davon"), data)
    text = turn.say("Den kenne ich so nicht. Meinst du einen von diesen?")
    return [Reply(text, Offer(LINE, (*choices, none), asks=data))]


async def _keep(turn: Turn, data: Mapping[str, str], name: str) -> Reply:
    person = await sender(turn)
    found = await turn.uow.rounds.participation(int(data["round"]), person.id or 0)
    if found is None:
        return Reply(turn.say("In dieser Runde bist du nicht mehr dabei. Ich merke mir nichts."))
    found.leads = name
    if not name:
        return Reply(turn.say("Gut, dann merke ich mir nichts dazu."))
    return Reply(turn.say("Notiert, nur für diese Runde: {name}.").format(name=name))
