"""Lists what the store knows: the tags first, then the entries of a tag or with a word."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers import rights
from handlers.ask import LONGEST_ANSWER, chosen, shortened
from handlers.show import state_of
from storage.models.knowledge import KnowledgeEntry, State

LIST = "list_entries"  # topic of the offers below
AT_ONCE = 10
TAGS_OFFERED = 8
LONGEST_QUESTION = 80
LONGEST_TAG = 40
LONGEST_WORD = 60


async def list_entries(turn: Turn, services: Services) -> Sequence[Action]:
    """„wissen“, or „wissen: e-akte“."""
    rights.check_reader(turn)
    entries = await _visible(turn)
    if not entries:
        return [Reply(turn.say("Noch gibt es keine Antworten."))]
    if not turn.text.strip():
        return [_tags(turn, entries)]
    word = turn.text.strip()[:LONGEST_WORD]
    return [_listed(turn, list(_with_word(entries, word)), {"word": word})]


async def read_on(turn: Turn, services: Services) -> Sequence[Action]:
    """List the entries of the tag that was chosen, or more of what is listed."""
    rights.check_reader(turn)
    data = chosen(turn)
    entries = await _visible(turn)
    if "tag" in data:
        return [_listed(turn, [entry for entry in entries if data["tag"] in entry.tags], data)]
    return [_listed(turn, list(_with_word(entries, data["word"])), data)]


async def _visible(turn: Turn) -> Sequence[KnowledgeEntry]:
    """What may be listed here, by number: drafts and retired entries only where nobody but curators reads."""
    if await rights.is_among_curators(turn):
        return await turn.uow.knowledge.in_state(*State)
    entries = await turn.uow.knowledge.in_state(State.APPROVED)
    return [entry for entry in entries if entry.is_shown_to(turn.sees)]


def _tags(turn: Turn, entries: Sequence[KnowledgeEntry]) -> Reply:
    """How many entries each tag has; never how often anybody asked or wrote."""
    counts = Counter(tag for entry in entries for tag in dict.fromkeys(entry.tags))
    if not counts:
        return Reply(turn.say("Antworten: {count}. Stichworte haben sie noch keine.").format(count=len(entries)))
    ordered = sorted(counts, key=lambda tag: (-counts[tag], tag.casefold()))
    label = turn.say("{tag} ({count})")
    choices = [
        Choice(tag, label.format(tag=shortened(tag, LONGEST_TAG), count=counts[tag]), {"tag": tag})
        for tag in ordered[:TAGS_OFFERED]
    ]
    parts = [turn.say("Antworten: {count}. Nach welchem Stichwort?").format(count=len(entries))]
    if others := ordered[TAGS_OFFERED:]:
        more = turn.say("Außerdem: {tags}").format(tags=", ".join(shortened(tag, LONGEST_TAG) for tag in others))
        parts.append(shortened(more, LONGEST_ANSWER // 2))
    parts.append(turn.say("Ein Wort suchst du mit „wissen: Scanner“."))
    return Reply("\n\n".join(parts), Offer(LIST, tuple(choices)))


def _listed(turn: Turn, found: Sequence[KnowledgeEntry], data: Mapping[str, str]) -> Reply:
    sought, after = data.get("tag") or data["word"], int(data.get("after", 0))
    if after and not found[after:]:
        return Reply(turn.say("Das waren alle."))
    if not found:
        return Reply(turn.say("Zu „{word}“ finde ich keine Antwort.").format(word=sought))
    heading = turn.say("Antworten zu „{word}“: {count}").format(word=sought, count=len(found))
    lines = list(_lines(turn, found[after : after + AT_ONCE]))
    shown = after + len(lines)
    text = "\n".join([heading + "\n", *lines])
    if shown < len(found):
        return Reply(text, Offer(LIST, (Choice("mehr", turn.say("mehr"), {**data, "after": str(shown)}),)))
    hint = turn.say("Ganz lesen: zum Beispiel „{number} zeigen“.").format(number=found[after].number)
    return Reply(f"{text}\n\n{hint}")


def _lines(turn: Turn, entries: Sequence[KnowledgeEntry]) -> Iterator[str]:
    """A line an entry, as many as people read at once."""
    label, length = turn.say("- Nr. {number}: {question} ({state})"), 0
    for place, entry in enumerate(entries):
        question = shortened(" ".join((entry.question or entry.answer).split()), LONGEST_QUESTION)
        line = label.format(number=entry.number, question=question, state=state_of(turn, entry))
        length += len(line)
        if place and length > LONGEST_ANSWER:
            return
        yield line


def _with_word(entries: Sequence[KnowledgeEntry], word: str) -> Iterator[KnowledgeEntry]:
    """Entries with the word, by number: those that are tagged with it first, then those that hold it anywhere."""
    sought = _plain(word)
    texts = ((entry, {_plain(tag) for tag in entry.tags}) for entry in entries)
    tagged = [entry for entry, tags in texts if sought and sought in tags]
    yield from tagged
    known = {entry.id for entry in tagged}
    yield from (entry for entry in entries if entry.id not in known and sought and sought in _plain(_text(entry)))


def _text(entry: KnowledgeEntry) -> str:
    return " ".join((entry.question, entry.answer, *entry.tags, *entry.phrasings, *entry.variants))


def _plain(text: str) -> str:
    """Letters and digits only: „E-Akte“, „eAkte“ and „e akte“ are one word."""
    return "".join(filter(str.isalnum, text.casefold()))
