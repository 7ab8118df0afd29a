"""Takes the answer to a gap: it becomes a draft like any other, found by all wordings of the gap's questions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers import proposals
from handlers.ask import LONGEST_HEADING, LONGEST_QUESTION, chosen
from handlers.jour_fixe.topic_cards import hint
from handlers.open_questions import first, gone, numbers, words
from handlers.proposals import LONGEST_CAPTURED, Proposal
from handlers.rights import check_keeping
from knowledge.screening import screen
from storage.models.knowledge import Visibility, Wording
from storage.models.questions import OpenQuestion

ANSWER = "gap_answer"  # topic of the offers below


async def begin(turn: Turn, data: Mapping[str, str]) -> Sequence[Action]:
    """Ask for the answer to the questions of a gap."""
    check_keeping(turn)
    questions = await turn.uow.questions.still_open(numbers(data))
    if reason := _no_answer_needed(turn, questions):
        return [reason]
    heading = first(questions, numbers(data)).text
    text = f"„{words(heading, LONGEST_HEADING)}“\n\n{turn.say('Wie lautet die Antwort dazu?')}{hint(turn)}"
    drop = Choice("nein", turn.say("doch keine Antwort schreiben"), {"do": "drop", "questions": ""})
    asks = {"do": "written", "questions": data["questions"], "heading": heading}
    return [Reply(text, Offer(ANSWER, (drop,), asks))]


def _no_answer_needed(turn: Turn, questions: Sequence[OpenQuestion]) -> Reply | None:
    if not questions:
        return gone(turn)
    if any(question.entry_id is not None for question in questions):
        return Reply(turn.say("Dazu wartet schon ein Entwurf auf die Redaktion."))
    return None


async def _take_answer(turn: Turn, services: Services, data: Mapping[str, str]) -> Sequence[Action]:
    """Show what was written as a proposal like any other; all of it is answer, whatever it asks in between."""
    check_keeping(turn)
    if len(turn.text) > LONGEST_CAPTURED:
        raise UserError(turn.say("Das ist zu lang für eine Antwort. Bitte kurz zusammenfassen."))
    return await _propose(turn, services, data, turn.text)


async def propose(
    turn: Turn, services: Services, data: Mapping[str, str], answer: str, source: str
) -> Sequence[Action]:
    """Show an answer to the open questions `data["questions"]`, which are about `data["heading"]`, as a proposal."""
    actions = await _propose(turn, services, data, answer, source)
    return [_carrying(action, data["questions"]) for action in actions]


async def _propose(
    turn: Turn, services: Services, data: Mapping[str, str], answer: str, source: str = ""
) -> Sequence[Action]:
    empty = Proposal("", "", Visibility.ORGANIZATION, turn.message.sender.id, (), source)
    proposal = proposals.with_words(empty, data["heading"][:LONGEST_QUESTION], answer)
    findings = await proposals.near(turn, services, proposal)
    questions = await turn.uow.questions.still_open(numbers(data))
    if reason := _no_answer_needed(turn, questions) or proposals.refusal(turn, services, proposal, findings):
        return [reason]
    heading = first(questions, numbers(data)).text  # another one if somebody took that question back meanwhile
    # Only the deletion of the message with these words takes the draft along, not that of any question alike.
    origins = tuple(one.answer_key for one in questions if one.text == heading and one.answer_key)
    proposal = replace(proposals.with_words(proposal, heading, ""), origins=origins)
    return await proposals.go_on(turn, proposal, findings)


def _carrying(action: Action, questions: str) -> Action:
    """The next step of a proposal, with the questions that it answers."""
    offer = action.offer if isinstance(action, Reply) else None
    if offer is None or offer.topic != proposals.PROPOSAL or not isinstance(action, Reply):
        return action
    choices = tuple(replace(choice, data={**choice.data, "questions": questions}) for choice in offer.choices)
    asks = None if offer.asks is None else {**offer.asks, "questions": questions}
    return replace(action, offer=Offer(ANSWER, choices, asks))


async def go_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on with the answer to a gap; once it is a draft, the questions wait for its approval."""
    data = chosen(turn)
    is_new = data["do"] == "written"
    actions = await (_take_answer(turn, services, data) if is_new else proposals.decide(turn, services))
    if data["do"] == "teach" and not any(
        isinstance(action, Reply) and action.offer for action in actions
    ):  # else that entry is gone
        await _learn(turn, data["entry"], numbers(data))
        await turn.uow.questions.close(numbers(data))
    elif data["do"] == "save" and (draft := await turn.uow.questions.draft_of(turn.answer_key)):
        await _learn(turn, draft, numbers(data))
        await turn.uow.questions.answer_with(draft, numbers(data))
    return [_carrying(action, data["questions"]) for action in actions]


async def _learn(turn: Turn, entry_id: str, questions: Sequence[int]) -> None:
    """Have an entry be found by all these wordings; each goes when its message is deleted."""
    [entry] = await turn.uow.knowledge.get([entry_id])
    for question in await turn.uow.questions.still_open(questions):
        is_same = question.text.casefold() == entry.question.casefold()
        if is_same or not screen(question.text).is_clean:
            continue
        key, today = question.answer_key, turn.today
        wording = Wording(entry_id=entry_id, text=question.text, fits=True, answer_key=key, learned_on=today)
        await turn.uow.knowledge.learn(wording)
