"""Answers a question from the curated store, offers entries when it is not sure, and says so when it does not know."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.language import in_words
from bot.messages import Action, Choice, Conversation, Kind, Offer, Reply
from bot.turn import Inquiry, Services, Turn
from knowledge.decision import Decision
from knowledge.screening import screen
from knowledge.topics import Topic
from storage.models.knowledge import KnowledgeEntry
from storage.models.questions import Verdict
from storage.models.routing import RoutingState

# A question is a sentence or two; what is longer is a text to read, and the model reads only its beginning.
LONGEST_QUESTION = 1000
# People read this much in a chat at once (accessibility rule of the field); the rest comes on request.
LONGEST_ANSWER = 600
# What else people wrote into an entry, in characters: no message may grow beyond what a platform takes.
LONGEST_HEADING = 300
LONGEST_LABEL = 150
LONGEST_NAME = 100
LONGEST_SOURCES = 600
DEPARTMENTS_SHOWN = 5

ANSWER, CHOICE, OPEN = "answer", "entry", "open_question"  # topics of the offers below

_SENTENCES = re.compile(r".*[.!?…][)\]\"'“”«»*_]*\s+", re.DOTALL)
_WORDS = re.compile(r".*\s", re.DOTALL)


async def ask(turn: Turn, services: Services) -> Sequence[Action]:
    """Answer a question in free text, or in the caption of a file."""
    question = " ".join(turn.text.split())
    if turn.message.is_overheard:
        return await _answer_overheard(turn, services, question)
    if not any(character.isalpha() for character in question):
        return _ask_for_words(turn)
    if len(question) > LONGEST_QUESTION:
        return [Reply(turn.say("Das ist ein langer Text. Schreib mir deine Frage bitte in ein, zwei Sätzen."))]
    actions = await _find(turn, services, question)
    return [_with_word_on_file(turn, action) for action in actions] if turn.message.has_attachment else actions


async def _answer_overheard(turn: Turn, services: Services, question: str) -> Sequence[Action]:
    """Answer what was asked of everybody, if the answer is sure; else be silent and keep nothing of it."""
    findings = await services.search.find(question[:LONGEST_QUESTION], turn.sees)
    is_sure = findings.decision is Decision.ANSWER and len(question) <= LONGEST_QUESTION
    if not is_sure or services.sensitivity.recognise(findings.vector, question):
        return []
    found = await turn.uow.knowledge.get([hit.entry_id for hit in findings.shown])
    return [_answer(turn, entry, question) for entry in found[:1] if entry.is_shown_to(turn.sees)]


def _ask_for_words(turn: Turn) -> Sequence[Action]:
    if not turn.message.has_attachment:
        return [Reply(turn.say("Schreib mir deine Frage gern in einem Satz."))]
    if turn.message.is_follow_up:
        return []  # a picture in a thread is most likely for the others there
    text = turn.say(
        "Bilder, Sprachnachrichten und andere Dateien kann ich nicht lesen. Schreib mir bitte in einem Satz, worum es "
        "geht."
    )
    return [Reply(text)]


def _with_word_on_file(turn: Turn, action: Action) -> Action:
    word = turn.say("Die Datei selbst habe ich nicht gelesen, nur den Text dazu.")
    return replace(action, text=f"{word}\n\n{action.text}") if isinstance(action, Reply) else action


async def _find(turn: Turn, services: Services, question: str) -> Sequence[Action]:
    findings = await services.search.find(question, turn.sees)
    if topic := services.sensitivity.recognise(findings.vector, question):
        return [] if turn.message.is_follow_up else [_refer(turn, topic)]
    kept = "" if turn.is_confidential else question  # offers wait for days
    found = await turn.uow.knowledge.get([hit.entry_id for hit in findings.shown])
    # One may have been withdrawn or hidden in the moment since it was found.
    entries = [entry for entry in found if entry.is_shown_to(turn.sees)]
    match findings.decision:
        case Decision.ANSWER if entries:
            return [_answer(turn, entries[0], kept)]
        case Decision.CHOOSE if entries:
            return [_choose(turn, entries, kept)]
        case _ if turn.message.is_follow_up:
            return []  # most likely said to others in the thread; what we cannot answer is not ours to open
        case _:
            return [await open_question(turn, question)]


def _refer(turn: Turn, topic: Topic) -> Reply:
    """Name who helps with a sensitive topic; nothing of the question is kept."""
    if topic.is_urgent:
        text = turn.say("Du musst damit nicht allein bleiben. Ich bin ein Programm und kann hier nicht helfen.")
        return Reply(f"{topic.office}\n\n{text} " + turn.say("Gespeichert habe ich nichts."))
    text = turn.say("Das gehört in vertrauliche Hände.")
    return Reply(f"{text} {topic.office}\n\n" + turn.say("Gespeichert habe ich nichts. Der Chat bleibt aber sichtbar."))


async def withdraw(turn: Turn, services: Services) -> Sequence[Action]:
    """Take an open question off the list again, as its asker wishes."""
    await turn.uow.questions.withdraw(int(chosen(turn)["open_question"]))
    return [Reply(turn.say("Deine Frage ist gelöscht."))]


async def show(turn: Turn, entry_id: str, question: str, part: int = 0, department: str = "") -> Sequence[Action]:
    """Show an entry that was offered: a part of its answer, or the answer of a department that does it differently."""
    entries = await turn.uow.knowledge.get([entry_id])
    # It may have been withdrawn or hidden since it was offered.
    if not entries or not entries[0].is_shown_to(turn.sees):
        return [Reply(turn.say("Diese Antwort gibt es nicht mehr. Frag mich gern noch einmal."))]
    return [_answer(turn, entries[0], question, part, department)]


def _answer(turn: Turn, entry: KnowledgeEntry, question: str, part: int = 0, department: str = "") -> Reply:
    parts = split(entry.variants.get(department, entry.answer))
    part = min(part, len(parts) - 1)
    data = {"entry": entry.id, "question": question}
    choices = [
        Choice("ja", turn.say("ja"), data | {"verdict": Verdict.HELPFUL}),
        Choice("nein", turn.say("nein"), data | {"verdict": Verdict.NOT_HELPFUL}),
        Choice("veraltet", turn.say("veraltet"), data | {"verdict": Verdict.OUTDATED}),
    ]
    if part + 1 < len(parts):
        more = {"part": str(part + 1), "department": department}
        choices.append(Choice("mehr", turn.say("mehr lesen"), data | more))
    choices += _departments(turn, entry, data, department) if part == 0 else []
    text = [*_heading(turn, entry, part, department), parts[part], origin(turn, entry), turn.say("Passt das?")]
    return Reply("\n\n".join(text), Offer(ANSWER, tuple(choices)))


def _heading(turn: Turn, entry: KnowledgeEntry, part: int, department: str) -> Sequence[str]:
    if part > 0:
        return []
    question = [f"**{shortened(entry.question, LONGEST_HEADING)}**"] if entry.question else []
    return [*question, *([turn.say("Für {department}:").format(department=department)] if department else [])]


def _departments(turn: Turn, entry: KnowledgeEntry, data: Mapping[str, str], shown: str) -> Sequence[Choice]:
    """The departments that do it differently from what is shown; nine choices are the most that one digit names."""
    names = list(entry.variants)
    at = names.index(shown) + 1 if shown in names else 0
    others = [name for name in (*names[at:], *names[:at]) if name != shown][:DEPARTMENTS_SHOWN]  # so all come round
    return [
        Choice(name, turn.say("anders in {department}").format(department=name), {**data, "department": name})
        for name in others
    ]


def origin(turn: Turn | Inquiry, entry: KnowledgeEntry) -> str:
    """Who stands behind an answer, when it was checked and where it comes from."""
    facts = []
    if entry.checked_on:
        facts.append(turn.say("Geprüft am {day}").format(day=in_words(entry.checked_on)))
    else:
        facts.append(turn.say("Noch nicht geprüft"))
    if entry.owner:
        facts[0] += " " + turn.say("von {name}").format(name=shortened(entry.owner, LONGEST_NAME))
    if entry.sources:
        sources = shortened("; ".join(entry.sources), LONGEST_SOURCES)
        facts.append(turn.say("Quelle: {sources}").format(sources=sources))
    facts.append(turn.say("Nr. {number}").format(number=entry.number))
    if entry.valid_until and entry.valid_until < turn.today:
        facts.append(turn.say("Achtung: galt nur bis {day}, bitte nachfragen").format(day=in_words(entry.valid_until)))
    if entry.reported_on:
        facts.append(turn.say("Achtung: wird geprüft, vielleicht veraltet"))
    return ". ".join(facts) + "."


def _choose(turn: Turn, entries: Sequence[KnowledgeEntry], question: str) -> Reply:
    choices = [
        Choice(
            str(place),
            shortened(entry.question or entry.answer, LONGEST_LABEL),
            {"entry": entry.id, "question": question},
        )
        for place, entry in enumerate(entries, start=1)
    ]
    refused = json.dumps([entry.id for entry in entries])
    none = Choice("keine", turn.say("keine davon"), {"question": question, "refused": refused})
    text = turn.say("Ich bin nicht sicher. Meinst du eine dieser Fragen? Antworte mit der Zahl.")
    return Reply(text, Offer(CHOICE, (*choices, none)))


async def open_question(turn: Turn, question: str) -> Reply:
    """Note a question that the store cannot answer, without personal data; nothing of it in confidential rooms."""
    if turn.is_confidential:
        return Reply(turn.say("Dazu habe ich keine geprüfte Antwort. Aus diesem Raum merke ich mir nichts."))
    screened = screen(question)
    number = await turn.uow.questions.open(screened.proposal, turn.today, turn.answer_key)
    text = turn.say(
        "Dazu habe ich keine geprüfte Antwort, und ich rate nicht. Deine Frage steht jetzt ohne deinen Namen auf der "
        "Liste der offenen Fragen. Dort lesen sie die Lots:innen und die Koordination."
    )
    if not screened.is_clean:
        left_out = turn.say("Persönliche Angaben habe ich weggelassen: „{question}“")
        text += "\n\n" + left_out.format(question=screened.proposal)
    data = {"open_question": str(number), "asked": turn.answer_key, "event": _asked_in(turn)}
    delete = Choice("löschen", turn.say("meine Frage löschen"), data | {"do": "delete"})
    if not await helpers(turn):
        again = turn.say("Frag mich in ein paar Tagen gern noch einmal.")
        return Reply(f"{text} {again}", Offer(OPEN, (delete,)))
    text += "\n\n" + turn.say("Soll ich die Lots:innen direkt fragen? Die Antwort bringe ich dir hierher.")
    choices = (
        Choice("ja", turn.say("ja, mit meinem Namen"), data | {"do": "named"}),
        Choice("ohne", turn.say("ja, ohne meinen Namen"), data | {"do": "nameless"}),
        Choice("nein", turn.say("nein, nur auf der Liste lassen"), data | {"do": "leave"}),
        delete,
    )
    return Reply(text, Offer(OPEN, (*await _belonging(turn, question, data), *choices)))


async def _belonging(turn: Turn, question: str, data: Mapping[str, str]) -> Sequence[Choice]:
    """Whoever goes on after an answer seldom quotes it: perhaps this is about the question that it answers.

    Not below one without a name: the choice would keep who asked it.
    """
    here = turn.message.conversation
    asked = await turn.uow.routing.of_asker(here.platform, turn.message.sender.id)
    found = next((one for one in asked if one.state in (RoutingState.TAKEN, RoutingState.ANSWERED)), None)
    if found is None or not here.is_direct:
        return ()
    label = turn.say("gehört zu Frage {number}, dort weitergeben").format(number=found.id)
    return (Choice("dazu", label, {**data, "do": "belongs", "routing": str(found.id), "text": question}),)


def _asked_in(turn: Turn) -> str:
    """The message that was answered: of an edit, the one that it changes."""
    message = turn.message
    return message.refers_to or "" if message.kind is Kind.EDIT else message.event_id


async def helpers(turn: Turn) -> Sequence[Conversation]:
    """Where a question can be asked on: in the supporters' rooms beside this one, else to the coordinators."""
    here = turn.message.conversation
    rooms = await turn.rooms()
    if here in rooms:
        return [room for room in rooms if room != here]
    own = [] if rooms else [place for place in await turn.coordinators() if place != here]
    return rooms or own


def chosen(turn: Turn) -> dict[str, str]:
    """What the choice that was taken stands for."""
    assert turn.choice is not None  # the router calls choosers only with a choice
    return dict(turn.choice.data)


def split(answer: str) -> list[str]:
    """Parts of an answer of at most `LONGEST_ANSWER` characters, cut between paragraphs or lines where possible.

    A longer line is cut after a sentence, else after a word, else anywhere. Nothing but white space is lost.
    """
    parts = [""]
    for line in answer.splitlines(keepends=True):
        for piece in _pieces(line):
            if parts[-1] and len(parts[-1]) + len(piece) > LONGEST_ANSWER:
                parts.append("")
            parts[-1] += piece
    return [part.strip("\n") for part in parts if part.strip()] or [""]


def _pieces(line: str) -> Iterator[str]:
    while len(line) > LONGEST_ANSWER:
        found = _SENTENCES.match(line, 0, LONGEST_ANSWER) or _WORDS.match(line, 0, LONGEST_ANSWER)
        end = found.end() if found else LONGEST_ANSWER
        yield line[:end]
        line = line[end:]
    yield line


def shortened(text: str, longest: int) -> str:
    """Text of at most `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
