"""Shows an entry with all that belongs to it, and offers what may be done with it."""

from collections.abc import Iterator, Mapping, Sequence

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers import curate, drafts, edit, history, rights
from handlers.ask import chosen, split
from handlers.proposers import WAITING
from storage.models.knowledge import KnowledgeEntry, State, Visibility

SHOWN = "shown_entry"  # topic of the offer below


async def show_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„12 zeigen“."""
    hint = turn.say("Welche Antwort? Schreib mir zum Beispiel „12 zeigen“.")
    entry = await rights.named(turn, hint)
    is_to_decide = entry.state in WAITING and await rights.is_among_curators(turn)
    return [await (drafts.show if is_to_decide else _show)(turn, entry)]


async def _show(turn: Turn, entry: KnowledgeEntry, part: int = 0) -> Reply:
    parts = split(await _whole(turn, entry))
    part = min(part, len(parts) - 1)
    data = {"entry": entry.id, "revision": str(await turn.uow.knowledge.revision(entry.id))}
    more = [Choice("mehr", turn.say("mehr lesen"), data | {"part": str(part + 1)})] if part + 1 < len(parts) else []
    choices = (*(await _steps(turn, entry, data)), *more)
    return Reply(parts[part], Offer(SHOWN, choices) if choices else None)


async def _steps(turn: Turn, entry: KnowledgeEntry, data: dict[str, str]) -> Sequence[Choice]:
    """What the sender may do with the entry."""
    if turn.is_confidential or not await rights.may_change(turn, entry):
        return []
    change = Choice("ändern", turn.say("ändern"), data | {"do": "change"})
    versions = Choice("verlauf", turn.say("Verlauf"), data | {"do": "versions"})
    match entry.state:
        case State.APPROVED:
            confirm = Choice("prüfen", turn.say("gilt noch"), data | {"do": "confirm"})
            return [
                change,
                confirm,
                Choice("zurückziehen", turn.say("zurückziehen"), data | {"do": "retire"}),
                versions,
            ]
        case State.RETIRED:
            reinstate = Choice("wiederherstellen", turn.say("wiederherstellen"), data | {"do": "reinstate"})
            return [reinstate, versions]
    return [change, versions]


async def take_step(turn: Turn, services: Services) -> Sequence[Action]:
    """Read on, or do with the entry what was chosen."""
    data = chosen(turn)
    if "part" in data:
        return [await _read_on(turn, data)]
    entry = await rights.chosen_for_change(turn)
    match data["do"]:
        case "change":
            return await edit.begin(turn, services, entry)
        case "versions":
            return await history.versions(turn, entry)
    if str(await turn.uow.knowledge.revision(entry.id)) != data["revision"]:
        return [curate.changed_meanwhile(turn, entry)]
    match data["do"]:
        case "confirm":
            return await curate.confirm(turn, entry)
        case "retire":
            return await curate.ask_to_retire(turn, entry)
    return await curate.reinstate(turn, entry)


async def _read_on(turn: Turn, data: Mapping[str, str]) -> Reply:
    rights.check_reader(turn)
    entries = await turn.uow.knowledge.get([data["entry"]])
    if not entries or not await rights.may_see(turn, entries[0]):
        raise UserError(turn.say("Diese Antwort gibt es nicht mehr."))
    return await _show(turn, entries[0], int(data["part"]))


async def _whole(turn: Turn, entry: KnowledgeEntry) -> str:
    heading = f"**Nr. {entry.number}: {entry.question}**" if entry.question else f"**Nr. {entry.number}**"
    wordings = (await turn.uow.knowledge.wordings([entry.id]))[entry.id]
    learned = sum(wording.fits for wording in wordings)
    facts = "\n".join(f"- {fact}" for fact in (*_facts(turn, entry), *_wordings(turn, entry, learned)))
    return "\n\n".join([heading, entry.answer, *drafts.variants(entry), facts])


def _facts(turn: Turn, entry: KnowledgeEntry) -> Iterator[str]:
    yield turn.say("Stand: {state}").format(state=state_of(turn, entry))
    if entry.checked_on:
        yield turn.say("Geprüft am {day}").format(day=in_words(entry.checked_on))
    if entry.valid_until:
        yield turn.say("Gültig bis {day}").format(day=in_words(entry.valid_until))
    yield turn.say("Sichtbar für: {circle}").format(circle=rights.in_german(turn, Visibility(entry.visibility)))
    if entry.owner:
        yield turn.say("Verantwortlich: {name}").format(name=entry.owner)
    if entry.tags:
        yield turn.say("Stichworte: {tags}").format(tags=", ".join(entry.tags))
    if entry.sources:
        yield turn.say("Quelle: {sources}").format(sources="; ".join(entry.sources))
    if entry.variants:
        yield turn.say("Abweichend für: {departments}").format(departments=", ".join(entry.variants))
    if entry.asked_on:
        yield turn.say("Nachgefragt am {day}, ob sie noch gilt").format(day=in_words(entry.asked_on))


def _wordings(turn: Turn, entry: KnowledgeEntry, learned: int) -> Iterator[str]:
    """How people ask for it: what curators wrote, and of what was learned in chats only how much."""
    if entry.phrasings:
        yield turn.say("Auch gefragt als: {phrasings}").format(phrasings="; ".join(entry.phrasings))
    if learned:
        yield turn.say("Gelernte Formulierungen: {count}").format(count=learned)


def state_of(turn: Turn, entry: KnowledgeEntry) -> str:
    """How far an entry is, in a word or two."""
    match entry.state:
        case State.DRAFT:
            return turn.say("Entwurf")
        case State.IN_REVIEW:
            return turn.say("wartet auf Freigabe")
        case State.RETIRED:
            return turn.say("zurückgezogen")
    if entry.reported_on:
        return turn.say("wird geprüft")
    if entry.valid_until and entry.valid_until < turn.today:
        return turn.say("abgelaufen")
    return turn.say("geprüft") if entry.checked_on else turn.say("noch nicht geprüft")
