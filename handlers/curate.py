"""Confirms, retires and brings back entries, each as a new version."""

from collections.abc import Sequence

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import rights
from handlers.ask import LONGEST_HEADING, chosen, shortened
from handlers.outdated import still_valid
from storage.models.knowledge import EntryContent, KnowledgeEntry, State

RETIRE = "retire"  # topic of the offer below


async def confirm_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„12 gilt noch“."""
    hint = turn.say("Welche Antwort gilt noch? Schreib mir zum Beispiel „12 gilt noch“.")
    return await confirm(turn, await rights.named_for_change(turn, hint))


async def confirm(turn: Turn, entry: KnowledgeEntry) -> Sequence[Action]:
    """Note that an answer was checked today and still holds."""
    if entry.state != State.APPROVED:
        raise UserError(_not_approved(turn, entry))
    content = still_valid(entry.content, turn.today)
    assert content.valid_until
    await turn.uow.knowledge.save([(entry.id, content)], "geprüft, gilt noch", turn.now)
    text = turn.say("Danke. Nr. {number} gilt jetzt bis {day}.")
    return [Reply(text.format(number=entry.number, day=in_words(content.valid_until)))]


def _not_approved(turn: Turn, entry: KnowledgeEntry) -> str:
    if entry.state == State.RETIRED:
        text = turn.say("Nr. {number} ist zurückgezogen. „{number} wiederherstellen“ holt sie zurück.")
    else:
        text = turn.say("Nr. {number} ist noch nicht freigegeben. „entwurf {number}“ zeigt, was zu tun ist.")
    return text.format(number=entry.number)


def changed_meanwhile(turn: Turn, entry: KnowledgeEntry) -> Reply:
    """Say that nobody decides on an answer that they have not seen as it is now."""
    text = turn.say("Nr. {number} wurde inzwischen geändert. Sieh sie dir bitte noch einmal an: „{number} zeigen“.")
    return Reply(text.format(number=entry.number))


async def retire_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„12 zurückziehen“."""
    hint = turn.say("Welche Antwort? Schreib mir zum Beispiel „12 zurückziehen“.")
    try:
        entry = await rights.named_for_change(turn, hint)
    except UserError as refused:
        if turn.role < Role.SUPPORTER:
            raise
        # Behind the list of topics, a number means one of them.
        text = turn.say("Ein Thema für den Jour fixe? „themen“ zeigt alle, die Zahl öffnet eines.")
        raise UserError(f"{refused} {text}") from None
    return await ask_to_retire(turn, entry)


async def ask_to_retire(turn: Turn, entry: KnowledgeEntry) -> Sequence[Action]:
    """Ask once before an answer is no longer found."""
    if entry.state != State.APPROVED:
        raise UserError(_not_approved(turn, entry))
    data = {"entry": entry.id, "revision": str(await turn.uow.knowledge.revision(entry.id))}
    choices = (
        Choice("ja", turn.say("ja, zurückziehen"), data),
        Choice("nein", turn.say("nein"), {"entry": entry.id}),
    )
    text = turn.say("Nr. {number} zurückziehen? „{question}“ wird dann nicht mehr gezeigt.")
    question = shortened(" ".join((entry.question or entry.answer).split()), LONGEST_HEADING)
    return [Reply(text.format(number=entry.number, question=question), Offer(RETIRE, choices))]


async def retire(turn: Turn, services: Services) -> Sequence[Action]:
    """Retire the answer, unless it changed since that was asked."""
    entry, data = await rights.chosen_for_change(turn), chosen(turn)
    if "revision" not in data:
        return [Reply(turn.say("Gut, Nr. {number} bleibt, wie sie ist.").format(number=entry.number))]
    if str(await turn.uow.knowledge.revision(entry.id)) != data["revision"]:
        return [changed_meanwhile(turn, entry)]
    content = entry.content.model_copy(update={"state": State.RETIRED})
    await turn.uow.knowledge.save([(entry.id, content)], "zurückgezogen", turn.now)
    text = turn.say("Nr. {number} ist zurückgezogen. „{number} wiederherstellen“ holt sie zurück.")
    return [Reply(text.format(number=entry.number))]


async def reinstate_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„12 wiederherstellen“."""
    hint = turn.say("Welche Antwort? Schreib mir zum Beispiel „12 wiederherstellen“.")
    return await reinstate(turn, await rights.named_for_change(turn, hint))


async def reinstate(turn: Turn, entry: KnowledgeEntry) -> Sequence[Action]:
    """Bring back what was retired, in the state that it had before."""
    if entry.state != State.RETIRED:
        raise UserError(turn.say("Nr. {number} ist nicht zurückgezogen.").format(number=entry.number))
    before = [EntryContent.model_validate(one.content) for one in await turn.uow.knowledge.revisions(entry.id)]
    states = [content.state for content in before if content.state != State.RETIRED]
    content = entry.content.model_copy(update={"state": states[-1] if states else State.IN_REVIEW})
    await turn.uow.knowledge.save([(entry.id, content)], "wiederhergestellt", turn.now)
    if content.state != State.APPROVED:
        return [Reply(_not_approved(turn, entry.model_copy(update={"state": content.state})))]
    return [Reply(turn.say("Nr. {number} wird wieder gezeigt.").format(number=entry.number))]
