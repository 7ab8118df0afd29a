"""Answers a question from the curated store, offers entries when it is not sure, and says so when it does not know."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Inquiry, Services, Turn
from knowledge.decision import Decision
from storage.models.knowledge import KnowledgeEntry
from storage.models.questions import Verdict

# A question is a sentence or two; what is longer is a text to read, and the model reads only its beginning.
LONGEST_QUESTION = 1000
# People read this much in a chat at once (accessibility rule of the field); the rest comes on request.
LONGEST_ANSWER = 600
# What else people wrote into an entry, in characters: no message may grow beyond what a platform takes.
LONGEST_HEADING = 300
LONGEST_LABEL = 150
LONGEST_NAME = 100
LONGEST_SOURCES = 600

ANSWER, CHOICE, OPEN = "answer", "entry", "open_question"  # topics of the offers below

_SENTENCES = re.compile(r".*[.!?…][)\]\"'“”«»*_]*\s+", re.DOTALL)
_WORDS = re.compile(r".*\s", re.DOTALL)


async def ask(turn: Turn, services: Services) -> Sequence[Action]:
    """Answer a question in free text, or in the caption of a file."""
    question = " ".join(turn.text.split())
    if not any(character.isalpha() for character in question):
        return _ask_for_words(turn)
    if len(question) > LONGEST_QUESTION:
        return [Reply(turn.say("Das ist ein langer Text. Schreib mir deine Frage bitte in ein, zwei Sätzen."))]
    actions = await _find(turn, services, question)
    return [_with_word_on_file(turn, action) for action in actions] if turn.message.has_attachment else actions


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
    return replace(action, text=f"{word}\n\n{action.text}")


async def _find(turn: Turn, services: Services, question: str) -> Sequence[Action]:
    findings = await services.search.find(question, turn.sees)
    found = await turn.uow.knowledge.get([hit.entry_id for hit in findings.shown])
    # One may have been withdrawn or hidden in the moment since it was found.
    entries = [entry for entry in found if entry.is_shown_to(turn.sees)]
    match findings.decision:
        case Decision.ANSWER if entries:
            return [_answer(turn, entries[0], question)]
        case Decision.CHOOSE if entries:
            return [_choose(turn, entries, question)]
        case _ if turn.message.is_follow_up:
            return []  # most likely said to others in the thread; what we cannot answer is not ours to open
        case _:
            return [await _open(turn, question)]


async def show_chosen(turn: Turn, services: Services) -> Sequence[Action]:
    """Show the entry that somebody chose, or note the question when none fits."""
    data = _data(turn)
    if "entry" not in data:
        return [await _open(turn, data["question"])]
    return await _show(turn, data["entry"], data["question"])


async def take_feedback(turn: Turn, services: Services) -> Sequence[Action]:
    """Keep whether an answer fitted, without the person; go on with the question when it did not."""
    data = _data(turn)
    if "part" in data:
        return await _show(turn, data["entry"], data["question"], part=int(data["part"]))
    verdict = Verdict(data["verdict"])
    await turn.uow.questions.judge(data["entry"], verdict, turn.today)
    if verdict is Verdict.HELPFUL:
        return [Reply(turn.say("Danke. Ich merke mir nur, dass die Antwort passt, nicht von wem das kommt."))]
    return [await _open(turn, data["question"])]


async def withdraw(turn: Turn, services: Services) -> Sequence[Action]:
    """Take an open question off the list again, as its asker wishes."""
    await turn.uow.questions.withdraw(int(_data(turn)["open_question"]))
    return [Reply(turn.say("Deine Frage ist gelöscht."))]


async def _show(turn: Turn, entry_id: str, question: str, part: int = 0) -> Sequence[Action]:
    entries = await turn.uow.knowledge.get([entry_id])
    # It may have been withdrawn or hidden since it was offered.
    if not entries or not entries[0].is_shown_to(turn.sees):
        return [Reply(turn.say("Diese Antwort gibt es nicht mehr. Frag mich gern noch einmal."))]
    return [_answer(turn, entries[0], question, part)]


def _answer(turn: Turn, entry: KnowledgeEntry, question: str, part: int = 0) -> Reply:
    parts = split(entry.answer)
    part = min(part, len(parts) - 1)
    data = {"entry": entry.id, "question": question}
    choices = [
        Choice("ja", turn.say("ja"), data | {"verdict": Verdict.HELPFUL}),
        Choice("nein", turn.say("nein"), data | {"verdict": Verdict.NOT_HELPFUL}),
    ]
    if part + 1 < len(parts):
        choices.append(Choice("mehr", turn.say("mehr lesen"), data | {"part": str(part + 1)}))
    heading = [f"**{shortened(entry.question, LONGEST_HEADING)}**"] if entry.question and part == 0 else []
    text = [*heading, parts[part], origin(turn, entry), turn.say("Passt das?")]
    return Reply("\n\n".join(text), Offer(ANSWER, tuple(choices)))


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
    if entry.valid_until and entry.valid_until < turn.today:
        facts.append(turn.say("Achtung: galt nur bis {day}, bitte nachfragen").format(day=in_words(entry.valid_until)))
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
    none = Choice("keine", turn.say("keine davon"), {"question": question})
    text = turn.say("Ich bin nicht sicher. Meinst du eine dieser Fragen? Antworte mit der Zahl.")
    return Reply(text, Offer(CHOICE, (*choices, none)))


async def _open(turn: Turn, question: str) -> Reply:
    number = await turn.uow.questions.open(question, turn.today, turn.answer_key)
    text = turn.say(
        "Dazu habe ich keine geprüfte Antwort, und ich rate nicht. Deine Frage steht jetzt ohne deinen Namen auf der "
        "Liste der offenen Fragen. Dort lesen sie die Lots:innen und die Koordination. Frag mich in ein paar Tagen "
        "gern noch einmal."
    )
    delete = Choice("löschen", turn.say("meine Frage löschen"), {"open_question": str(number)})
    return Reply(text, Offer(OPEN, (delete,)))


def _data(turn: Turn) -> dict[str, str]:
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
