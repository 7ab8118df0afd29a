"""Shows entries that ask the same, a group at a time, and merges them into the one that stays."""

import json
from collections.abc import Collection, Iterable, Sequence

from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers import rights
from handlers.ask import chosen, shortened
from handlers.edit import save_beside
from knowledge.grouping import Group
from storage.models.knowledge import EntryContent, KnowledgeEntry, State, Visibility, Wording

DUPLICATES = "duplicates"  # topic of the offer below
MEMBERS_SHOWN = 5
LONGEST_TOGETHER = 500
"""Characters of all members of a group, so that one reads them at a glance."""


async def list_duplicates(turn: Turn, services: Services) -> Sequence[Action]:
    """„dubletten“."""
    _check(turn)
    return [await _show(turn, await services.search.duplicates(turn.sees))]


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Merge a group into the entry that was chosen, or keep its entries apart; then show the next one."""
    _check(turn)
    data = chosen(turn)
    found = await services.search.duplicates(turn.sees)  # before the database, which others wait for
    place = int(data["place"])
    if data["do"] == "skip":
        return [await _show(turn, found, place + 1)]
    versions: dict[str, str] = json.loads(data["versions"])
    said = await _do(turn, data, versions)
    shown = await _show(turn, found, place)
    return [Reply(f"{said}\n\n{shown.text}", shown.offer)]


def _check(turn: Turn) -> None:
    rights.check_curator(turn)
    rights.check_open(turn)


async def _do(turn: Turn, data: dict[str, str], versions: dict[str, str]) -> str:
    """What was decided about the entries of a group, unless one of them changed; says what came of it."""
    await turn.uow.knowledge.hold()
    entries = await _visible(turn, versions)
    now = {entry.id: str(await turn.uow.knowledge.revision(entry.id)) for entry in entries}
    if now != versions:
        return turn.say("Inzwischen hat sich an diesen Antworten etwas geändert.")
    if data["do"] == "apart":
        await turn.uow.knowledge.keep_apart(versions)
        return turn.say("Gut, danach frage ich nicht mehr.")
    return await _merge(turn, next(entry for entry in entries if entry.id == data["stays"]), entries)


async def _visible(turn: Turn, ids: Collection[str]) -> list[KnowledgeEntry]:
    return [entry for entry in await turn.uow.knowledge.get(ids) if entry.is_shown_to(turn.sees)]


# showing


async def _show(turn: Turn, found: Sequence[Group], place: int = 0) -> Reply:
    """The group at this place, of those that nobody took apart."""
    groups = await _groups(turn, found)
    if place >= len(groups):
        return Reply(_nothing_left(turn, len(groups)))
    members = groups[place][:MEMBERS_SHOWN]
    versions = {entry.id: str(await turn.uow.knowledge.revision(entry.id)) for entry in members}
    data = {"place": str(place), "versions": json.dumps(versions)}
    choices = [
        Choice(f"nr {entry.number}", _label(turn, entry, members), data | {"do": "merge", "stays": entry.id})
        for entry in members
    ]
    choices.append(Choice("keine", turn.say("keine Dublette, alle behalten"), data | {"do": "apart"}))
    choices.append(Choice("weiter", turn.say("später, nächste Gruppe"), {"place": str(place), "do": "skip"}))
    text = turn.say("Gruppe {place} von {count}: {members} Antworten auf dieselbe Frage?").format(
        place=place + 1, count=len(groups), members=len(members)
    )
    ask = turn.say("Welche soll bleiben? Die anderen ziehe ich zurück, ihre Fragen führen dann zu ihr.")
    return Reply(f"{text}\n\n{ask}", Offer(DUPLICATES, tuple(choices)))


def _nothing_left(turn: Turn, skipped: int) -> str:
    if skipped:
        return turn.say("Das war die letzte Gruppe. Noch offen: {count}.").format(count=skipped)
    return turn.say("Es gibt zurzeit keine Antworten auf dieselbe Frage.")


async def _groups(turn: Turn, found: Iterable[Group]) -> list[list[KnowledgeEntry]]:
    apart = await turn.uow.knowledge.kept_apart()
    groups = [_together(await _visible(turn, group.entry_ids), apart) for group in found]
    return [sorted(group, key=lambda entry: entry.number) for group in groups if len(group) > 1]


def _together(entries: Iterable[KnowledgeEntry], apart: Collection[tuple[str, str]]) -> list[KnowledgeEntry]:
    """Those of a group of which nobody said that they are not the same."""
    kept: list[KnowledgeEntry] = []
    for entry in entries:
        if all((min(entry.id, other.id), max(entry.id, other.id)) not in apart for other in kept):
            kept.append(entry)
    return kept


def _label(turn: Turn, entry: KnowledgeEntry, members: Sequence[KnowledgeEntry]) -> str:
    longest = LONGEST_TOGETHER // len(members)
    question, answer = " ".join(entry.question.split()), " ".join(entry.answer.split())
    text = shortened(f"Nr. {entry.number}: {question} – {answer}", longest)
    if len({member.visibility for member in members}) == 1:
        return text
    return f"{text} ({rights.in_german(turn, Visibility(entry.visibility))})"


# merging


async def _merge(turn: Turn, stays: KnowledgeEntry, entries: Sequence[KnowledgeEntry]) -> str:
    others = [entry for entry in entries if entry is not stays]
    joined = [other for other in others if rights.width(other) >= rights.width(stays)]
    await _move_wordings(turn, stays, joined)
    numbers = ", ".join(f"Nr. {other.number}" for other in others)
    origin = turn.say("zusammengeführt mit {numbers}")
    await save_beside(turn, stays, _joined(stays.content, joined), origin.format(numbers=numbers))
    for other in others:
        retired = other.content.model_copy(update={"state": State.RETIRED})
        await save_beside(turn, other, retired, origin.format(numbers=f"Nr. {stays.number}"))
    text = turn.say("Nr. {number} bleibt. Zurückgezogen: {numbers}. „{one} wiederherstellen“ holt eine zurück.")
    said = text.format(number=stays.number, numbers=numbers, one=others[0].number)
    return said if len(joined) == len(others) else f"{said} {_left_out(turn, others, joined)}"


def _left_out(turn: Turn, others: Sequence[KnowledgeEntry], joined: Sequence[KnowledgeEntry]) -> str:
    numbers = ", ".join(f"Nr. {other.number}" for other in others if other not in joined)
    text = turn.say("Texte von {numbers} übernehme ich nicht, denn weniger Menschen durften sie sehen.")
    return text.format(numbers=numbers)


def _joined(content: EntryContent, others: Sequence[KnowledgeEntry]) -> EntryContent:
    """The content with what leads to the others, and with their sources, tags and variants."""
    asked = [text for other in others for text in (other.question, *other.phrasings) if text]
    variants = {name: answer for other in others for name, answer in other.variants.items()}
    return content.model_copy(
        update={
            "phrasings": _distinct(content.phrasings, asked, without=content.question),
            "tags": _distinct(content.tags, [tag for other in others for tag in other.tags]),
            "sources": _distinct(content.sources, [source for other in others for source in other.sources]),
            "variants": variants | content.variants,
        }
    )


def _distinct(own: Sequence[str], added: Sequence[str], without: str = "") -> list[str]:
    """All texts once, however they are written."""
    found = {without.casefold(): ""}
    for text in (*own, *added):
        found.setdefault(text.casefold(), text)
    return [text for text in found.values() if text]


async def _move_wordings(turn: Turn, stays: KnowledgeEntry, others: Sequence[KnowledgeEntry]) -> None:
    """Have what people asked for the others lead to the one that stays; a restored one still has its own."""
    wordings = await turn.uow.knowledge.wordings([other.id for other in others])
    for wording in (one for of_other in wordings.values() for one in of_other if one.fits):
        await turn.uow.knowledge.learn(
            Wording(
                entry_id=stays.id,
                text=wording.text,
                fits=True,
                answer_key=wording.answer_key,
                learned_on=wording.learned_on,
            )
        )
