"""Finds something to show to others while its reader still types: answers, and the people who stand behind them."""

from collections.abc import Sequence

from bot.messages import Found
from bot.turn import Inquiry, Services
from handlers.ask import LONGEST_HEADING, LONGEST_NAME, LONGEST_QUESTION, origin, shortened, split
from knowledge.decision import Decision
from storage.models.knowledge import KnowledgeEntry

SHOWN = 5
LISTED = 0.2
"""From this share of the first one's probability on, an answer is worth a line in a list that is narrowed down."""
LONGEST_LINE = 80
TOPICS_SHOWN = 3


async def find_answers(inquiry: Inquiry, services: Services) -> Sequence[Found]:
    """The answers nearest to what was typed, best first."""
    entries = await _nearest(inquiry, services)
    return [_answer(inquiry, entry) for entry in entries[:SHOWN]]


async def find_supporters(inquiry: Inquiry, services: Services) -> Sequence[Found]:
    """Who stands behind the answers nearest to what was typed: names that are published with an answer anyhow."""
    by_owner: dict[str, list[KnowledgeEntry]] = {}
    for entry in await _nearest(inquiry, services):
        if entry.owner:
            by_owner.setdefault(entry.owner, []).append(entry)
    return [_supporter(inquiry, owner, entries) for owner, entries in list(by_owner.items())[:SHOWN]]


async def _nearest(inquiry: Inquiry, services: Services) -> Sequence[KnowledgeEntry]:
    question = " ".join(inquiry.text.split())[:LONGEST_QUESTION]
    if not any(character.isalnum() for character in question):
        return []
    findings = await services.search.find(question, inquiry.sees)
    if services.sensitivity.recognise(findings.vector, question):
        return []
    if findings.decision is Decision.UNKNOWN:
        return []
    hits = [hit for hit in findings.hits if hit.score >= LISTED * findings.hits[0].score]
    entries = await inquiry.uow.knowledge.get([hit.entry_id for hit in hits])
    return [entry for entry in entries if entry.is_shown_to(inquiry.sees)]


def _answer(inquiry: Inquiry, entry: KnowledgeEntry) -> Found:
    parts = split(entry.answer)
    more = inquiry.say("Die Antwort ist länger: Lotsenfunk zeigt sie im Chat ganz.") if len(parts) > 1 else ""
    text = "\n\n".join(part for part in (parts[0], more, origin(inquiry, entry)) if part)
    line = " ".join(parts[0].split())
    return Found(_heading(entry), shortened(line, LONGEST_LINE), text)


def _supporter(inquiry: Inquiry, owner: str, entries: Sequence[KnowledgeEntry]) -> Found:
    topics = [_heading(entry) for entry in entries[:TOPICS_SHOWN]]
    text = inquiry.say("Steht hinter diesen Antworten:") + "\n\n" + "\n".join(f"- {topic}" for topic in topics)
    return Found(shortened(owner, LONGEST_NAME), shortened("; ".join(topics), LONGEST_LINE), text)


def _heading(entry: KnowledgeEntry) -> str:
    """The question in one line; of an entry without one, its answer."""
    return shortened(" ".join((entry.question or entry.answer).split()), LONGEST_HEADING)
