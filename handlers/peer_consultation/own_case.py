"""A case as the one whose it is sees it: all that is or would be kept of it, and what can be done with it."""

from collections.abc import Collection, Mapping

from bot.errors import UserError
from bot.messages import Choice, Conversation, Offer, Reply
from bot.turn import Night, Turn
from handlers import candidates
from handlers.deputies import labelled
from handlers.peer_consultation.rounds import sender
from storage.models.peer_consultation import CaseState, ConsultationCase, Mode

CASE, OWN = "consultation_case", "consultation_own_case"  # topics of offers: of one that is taken down, of a kept one
YES, NO = "1", ""

Data = Mapping[str, str]
"""What was said of a case so far, by the names of its fields; it travels with the offers."""


async def waiting(turn: Turn) -> ConsultationCase | None:
    """The sender's case that waits for a group."""
    person = await sender(turn)
    found = await turn.uow.rounds.cases_of(person.id or 0)
    return next((case for case in found if case.state == CaseState.WAITING), None)


async def still_waiting(turn: Turn, number: str) -> ConsultationCase:
    """The sender's case, if it is the one with this number; raises `UserError`."""
    case = await waiting(turn)
    if case is None or str(case.id) != number:
        raise UserError(turn.say("Dieser Fall wartet nicht mehr. „mein fall“ zeigt, was vorgemerkt ist."))
    return case


async def forget_offers(asking: Turn | Night, chat: Conversation, person: str) -> None:
    """Have nothing that was asked of an account about its case take what is said there from now on."""
    offers = await asking.uow.questions.offers_to(chat.platform, chat.id, person)
    await asking.uow.questions.withdraw_offers([one.message_key for one in offers if one.topic in (CASE, OWN)])


# what is known of it


async def data_of(turn: Turn, case: ConsultationCase) -> Data:
    """What is kept of a case."""
    relay = {"relay": YES if case.may_relay else NO} if case.may_relay or await has_platforms(turn) else {}
    return relay | {
        "case": str(case.id),
        "title": case.title,
        "mode": str(case.mode),
        **({} if case.mode == Mode.WRITTEN else {"wished": case.wished}),
        "vetoed": joined(sorted(await turn.uow.rounds.vetoes(case.id or 0))),
        "urgent": YES if case.is_urgent else NO,
    }


def joined_round(data: Data) -> Data:
    """The round for which the case is taken down, if whoever has it is in that one already."""
    return {"round": data["round"]} if "round" in data else {}


def has_time(data: Data) -> bool:
    """Whether the case is talked about at one time: a written one is not."""
    return data.get("mode") != Mode.WRITTEN


async def has_platforms(turn: Turn) -> bool:
    """Whether supporters write from more than one platform."""
    platforms = {
        account.platform
        for person, accounts in await turn.uow.people.everybody()
        if person.id is not None and await candidates.is_supporter(turn, person.id)
        for account in accounts
    }
    return len(platforms) > 1


def ids(words: str) -> list[int]:
    """Our ids of people, as they stand in `Data`: „3,17“."""
    return [int(number) for number in words.split(",") if number]


def joined(numbers: Collection[int]) -> str:
    """What `ids` makes the same numbers of."""
    return ",".join(map(str, numbers))


# showing it


async def shown(turn: Turn, data: Data) -> Reply:
    """All that is or would be kept of a case."""
    facts, end = await _facts(turn, data), turn.say("Mehr behalte ich nicht, nie den Fall selbst.")
    asks = {**data, "do": "case"}
    if data.get("case"):
        offer = Offer(_topic(data), _choices_kept(turn, data), asks)
        return Reply(f"{turn.say('Dein Fall:')}\n{facts}\n\n{end}", offer)
    text = f"{turn.say('So merke ich deinen Fall vor:')}\n{facts}\n\n{end} {turn.say('Passt das?')}"
    return Reply(text, Offer(CASE, _choices_new(turn, data), asks))


async def _facts(turn: Turn, data: Data) -> str:
    say, wished = turn.say, data.get("wished")
    unwanted = await labelled(turn, ids(data["vetoed"]))
    lines = [
        say("- Titel: „{title}“").format(title=data["title"]),
        say("- Art: schriftlich") if data["mode"] == Mode.WRITTEN else say("- Art: live, mit gemeinsamem Termin"),
        say("- Zeit: {wished}").format(wished=wished) if has_time(data) and wished else "",
        say("- Nicht dabei: {names}. Das siehst nur du.").format(names=", ".join(unwanted.values()) or say("niemand")),
        say("- Auch Lots:innen von der anderen Plattform: {answer}").format(answer=_said(turn, data, "relay"))
        if "relay" in data
        else "",
        say("- Eilt: {answer}").format(answer=_said(turn, data, "urgent")),
    ]
    return "\n".join(filter(None, lines))


def _said(turn: Turn, data: Data, name: str) -> str:
    return turn.say("ja") if data.get(name) == YES else turn.say("nein")


def _topic(data: Data) -> str:
    """Below a case that is kept and not being changed, one may ask something else."""
    return CASE if "changed" in data else OWN


def _choices_new(turn: Turn, data: Data) -> tuple[Choice, ...]:
    return (
        Choice("vormerken", turn.say("ja, vormerken"), {**data, "do": "save"}),
        Choice("ändern", turn.say("etwas ändern"), {**data, "do": "fields"}),
        Choice("nein", turn.say("nein, nichts vormerken"), {"do": "stop", **joined_round(data)}),
    )


def _choices_kept(turn: Turn, data: Data) -> tuple[Choice, ...]:
    """What one can do with a case that is kept; a changed one is kept only with a yes."""
    change = Choice("ändern", turn.say("etwas ändern"), {**data, "do": "fields"})
    if "changed" in data:
        save = Choice("vormerken", turn.say("ja, so ändern"), {**data, "do": "save"})
        return save, change, Choice("nein", turn.say("nein, so lassen wie bisher"), {"do": "done"})
    withdraw = Choice("zurückziehen", turn.say("zurückziehen"), {"do": "withdraw", "case": data["case"]})
    return change, withdraw, Choice("gut", turn.say("so lassen"), {"do": "done"})
