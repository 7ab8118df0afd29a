"""Takes up what people answer each other in a chat, so that it does not get lost: pointed at, typed, or in a thread."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.commands import Command, meaning, plain_words
from bot.deletion import key_beside
from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Kind, Quoted, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import proposals, rights
from handlers.jour_fixe import topics
from handlers.proposals import LONGEST_CAPTURED, Proposal, split, with_words
from storage.models.knowledge import Visibility
from storage.models.questions import QuestionState

COMMAND = Command(
    "merken",
    ("merk dir das", "merke dir das", "als wissen sichern", "sichern"),
    "Eine Antwort aus dem Chat als Wissen vorschlagen.",
    takes_text=True,
    role=Role.SUPPORTER,
)
FEWEST_WORDS = 4
"""A remark of fewer words is no answer to anything."""

_NO_ANSWER = re.compile(
    r"(?:wer|wie|was|wo|wann|warum|wieso|weshalb|woher|wohin|welche[rsnm]?)\b.*|.*\?"
    r"|(?:vielen |besten |herzlichen )?dank(?:e|eschön)?\b.*"
    r"|.*\b(?:weiß|weiss) (?:ich |es |das )*(?:leider |auch |gerade |so )*nicht\b.*|.*\bkeine ahnung\b.*",
    re.IGNORECASE | re.DOTALL,
)


def is_pointing(text: str) -> bool:
    """Whether a text or reaction asks to keep the message that it is put on or said below, as knowledge or a topic."""
    return plain_words(meaning(text) or text) in COMMAND.words or topics.is_pointing(text)


async def remember(turn: Turn, services: Services) -> Sequence[Action]:
    """„merken“: propose to keep the message that is pointed at, or what is written behind the word."""
    _check(turn)
    proposal = _of_quoted(turn, turn.message.quoted) if turn.message.quoted else _of_text(turn)
    if len(proposal.answer) > LONGEST_CAPTURED:
        raise UserError(
            turn.say("Das ist zu lang für eine Antwort. Bitte kurz zusammenfassen: „merken: Frage? Antwort“.")
        )
    if not proposal.question and not proposal.answer:
        return [Reply(_explain(turn))]
    findings = await proposals.near(turn, services, proposal)
    if refused := proposals.refusal(turn, services, proposal, findings):
        return [refused]
    await _connect(turn)
    filled = await _with_open_question(turn, proposal)
    if filled.question != proposal.question:
        # What was found is like the answer alone; like an open question there was nothing when it was asked.
        findings = replace(findings, shown=())
    return await proposals.go_on(turn, filled, findings)


async def listen(turn: Turn, services: Services) -> Sequence[Action]:
    """Offer once to keep what a supporter answers in the thread of an open question; else stay silent."""
    asked = turn.message.quoted
    if turn.is_confidential or turn.role < Role.SUPPORTER or asked is None or not _is_answer(turn, asked):
        return []
    said = Quoted(turn.message.event_id, turn.message.sender, turn.text, answers=asked)
    proposal = _of_quoted(turn, said)
    findings = await proposals.near(turn, services, proposal)
    if proposals.refusal(turn, services, proposal, findings):
        return []
    opened = await turn.uow.questions.line_of(key_beside(turn.message, asked.event_id))
    question = await turn.uow.questions.asked_in(opened)
    if question is None or question.state != QuestionState.OPEN:
        return []
    await turn.uow.questions.mark(opened, QuestionState.ANSWERED)
    await _connect(turn)
    return await proposals.go_on(turn, await _with_open_question(turn, proposal), findings)


def _check(turn: Turn) -> None:
    rights.check_keeping(turn)
    quoted = turn.message.quoted
    if quoted is not None and not quoted.is_human:
        raise UserError(turn.say("Das hat ein Programm geschrieben. Ich sichere nur, was Menschen schreiben."))


def _is_answer(turn: Turn, asked: Quoted) -> bool:
    is_from_another = asked.is_human and asked.sender.id != turn.message.sender.id
    is_message = turn.message.kind is Kind.MESSAGE and not turn.message.has_attachment
    words = plain_words(turn.text).split()
    return is_from_another and is_message and len(words) >= FEWEST_WORDS and not _NO_ANSWER.fullmatch(turn.text.strip())


def _of_quoted(turn: Turn, quoted: Quoted) -> Proposal:
    """The message that is pointed at, with the question before it; of a question, what is written beside it."""
    origins = [turn.answer_key, *(key_beside(turn.message, event_id) for event_id in _events(quoted))]
    typed, said = "" if turn.message.is_aside else turn.text, quoted.text.strip()
    empty = Proposal("", "", _circle(turn), quoted.sender.id, tuple(dict.fromkeys(origins)), _source(turn))
    if quoted.answers is None and said.endswith("?"):
        return with_words(replace(empty, author=turn.message.sender.id), said, typed)
    return with_words(empty, typed or _question_before(quoted), said)


def _question_before(quoted: Quoted) -> str:
    asked = quoted.answers
    if asked is None or not asked.is_human:
        return ""
    return asked.text if asked.sender.id != quoted.sender.id or "?" in asked.text else ""


def _of_text(turn: Turn) -> Proposal:
    """„merken: Frage? Antwort“."""
    question, answer = split(turn.text)
    empty = Proposal("", "", _circle(turn), turn.message.sender.id, (turn.answer_key,))
    return with_words(empty, question, answer)


def _events(quoted: Quoted | None) -> Sequence[str]:
    """The message that is pointed at, those that it answers, and the first one of its thread, each once."""
    if quoted is None:
        return ()
    found = (quoted.event_id, *_events(quoted.answers), quoted.thread)
    return tuple(dict.fromkeys(event_id for event_id in found if event_id))


def _circle(turn: Turn) -> Visibility:
    """As wide as the place where it was said: what was said among supporters is theirs until somebody widens it."""
    is_from_elsewhere = turn.message.quoted is not None and turn.message.quoted.conversation_id is not None
    return Visibility.COMMUNITY if _is_among_supporters(turn) or is_from_elsewhere else Visibility.ORGANIZATION


def _source(turn: Turn) -> str:
    return f"{'Chat der Lots:innen' if _is_among_supporters(turn) else 'Chat'}, {in_words(turn.today)}"


def _is_among_supporters(turn: Turn) -> bool:
    return Visibility.COMMUNITY in turn.sees and not turn.message.conversation.is_direct


async def _with_open_question(turn: Turn, proposal: Proposal) -> Proposal:
    """A question that waits for an answer was asked by anybody, and may be answered to everybody."""
    keys = [key for origin in proposal.origins[1:] for key in await turn.uow.questions.line_of(origin)]
    if turn.message.thread:
        keys += await turn.uow.questions.line_of(key_beside(turn.message, turn.message.thread))
    opened = await turn.uow.questions.asked_in(keys)
    if opened is None:
        return proposal
    assert opened.answer_key
    filled = proposal if proposal.question else with_words(proposal, opened.text, "")
    origins = dict.fromkeys((*proposal.origins, opened.answer_key))
    return replace(filled, visibility=Visibility.ORGANIZATION, origins=tuple(origins))


async def _connect(turn: Turn) -> None:
    """Have what comes of this message go with the messages that it points at, when they are deleted."""
    below = turn.answer_key
    for event_id in _events(turn.message.quoted):
        above = key_beside(turn.message, event_id)
        await turn.uow.questions.follow(below, above, turn.today)
        below = above


def _explain(turn: Turn) -> str:
    if turn.message.kind is Kind.REACTION or turn.message.thread:
        return turn.say("Diese Nachricht konnte ich nicht lesen. Schreib sie mir bitte: „merken: Frage? Antwort“.")
    return turn.say(
        "Antworte auf eine Nachricht mit „merken“, oder schreib mir beides: „merken: Wo steht der Scanner? Im Keller.“"
    )
