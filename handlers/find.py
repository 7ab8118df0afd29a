"""Finds something to show to others while its reader still types: answers, and people.

People are those who say of themselves that they know about it, then those who stand behind an answer.
"""

from collections.abc import Sequence

from bot.messages import Found
from bot.turn import Inquiry, Services
from handlers import candidates, cards
from handlers.ask import LONGEST_HEADING, LONGEST_NAME, LONGEST_QUESTION, origin, shortened, split
from knowledge.assignment import QUESTION
from knowledge.decision import Decision
from knowledge.search import Findings
from storage.models.knowledge import KnowledgeEntry
from storage.models.people import Person, Portrait

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
    """Whose portrait fits what was typed, then who stands behind the answers nearest to it.

    All of it may be seen by everybody: portraits with consent, and names that are published with an answer.
    """
    findings = await _findings(inquiry, services)
    if findings is None:
        return []
    named = await candidates.find(inquiry, services, _question(inquiry), QUESTION)
    shown = [_portrait(inquiry, named, *both) for both in named.fitting]
    known = {person.name.casefold() for person, _ in named.fitting}
    by_owner: dict[str, list[KnowledgeEntry]] = {}
    for entry in await _entries(inquiry, findings):
        if entry.owner and entry.owner.casefold() not in known:
            by_owner.setdefault(entry.owner, []).append(entry)
    return [*shown, *(_supporter(inquiry, owner, entries) for owner, entries in by_owner.items())][:SHOWN]


async def _nearest(inquiry: Inquiry, services: Services) -> Sequence[KnowledgeEntry]:
    findings = await _findings(inquiry, services)
    return await _entries(inquiry, findings) if findings else []


def _question(inquiry: Inquiry) -> str:
    return " ".join(inquiry.text.split())[:LONGEST_QUESTION]


async def _findings(inquiry: Inquiry, services: Services) -> Findings | None:
    """What the store has; None when there is nothing to look for, or it is a sensitive matter."""
    question = _question(inquiry)
    if not any(character.isalnum() for character in question):
        return None
    findings = await services.search.find(question, inquiry.sees)
    return None if services.sensitivity.recognise(findings.vector, question) else findings


async def _entries(inquiry: Inquiry, findings: Findings) -> Sequence[KnowledgeEntry]:
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


def _portrait(inquiry: Inquiry, found: candidates.Found, person: Person, portrait: Portrait) -> Found:
    """Somebody as they show themselves; the line tells why it is this one."""
    match = found.reasons.get(portrait.person_id)
    line = inquiry.say("nennt „{topic}“").format(topic=match.topic) if match else inquiry.say("als Vertretung")
    text = cards.card(inquiry.say, person, portrait, inquiry.today)
    return Found(shortened(person.name, LONGEST_NAME), shortened(line, LONGEST_LINE), text)


def _supporter(inquiry: Inquiry, owner: str, entries: Sequence[KnowledgeEntry]) -> Found:
    topics = [_heading(entry) for entry in entries[:TOPICS_SHOWN]]
    text = inquiry.say("Steht hinter diesen Antworten:") + "\n\n" + "\n".join(f"- {topic}" for topic in topics)
    return Found(shortened(owner, LONGEST_NAME), shortened("; ".join(topics), LONGEST_LINE), text)


def _heading(entry: KnowledgeEntry) -> str:
    """The question in one line; of an entry without one, its answer."""
    return shortened(" ".join((entry.question or entry.answer).split()), LONGEST_HEADING)
