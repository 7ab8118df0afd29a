"""Who may see and change which entry of the store, and where; what is refused gets one kind sentence."""

from bot.errors import UserError
from bot.roles import Role
from bot.turn import Turn
from handlers.ask import chosen
from storage.models.knowledge import KnowledgeEntry, Part, State, Visibility


def check_reader(turn: Turn) -> None:
    """Refuse staff, and places where others read along; raises `UserError`."""
    if turn.role < Role.SUPPORTER:
        raise UserError(turn.say("Das Wissen pflegen die Lots:innen. Stell mir einfach deine Frage."))
    if Visibility.COMMUNITY not in turn.sees:
        raise UserError(turn.say("Das geht nur im direkten Chat mit mir oder in den Räumen der Lots:innen."))


def check_curator(turn: Turn) -> None:
    """Refuse whoever does not curate; raises `UserError`."""
    check_reader(turn)
    if turn.role < Role.CURATOR:
        raise UserError(turn.say("Das kann nur die Redaktion. Frag sie gern."))


async def is_among_curators(turn: Turn) -> bool:
    """Whether a curator asks where only curators read."""
    if turn.role < Role.CURATOR:
        return False
    return turn.message.conversation.is_direct or turn.message.conversation in await turn.curators()


async def may_change(turn: Turn, entry: KnowledgeEntry) -> bool:
    """Whether the sender curates, stands behind the answer, or proposed what is still a draft."""
    if turn.role >= Role.CURATOR:
        return True
    parts = (Part.OWNER, Part.PROPOSER) if entry.state == State.DRAFT else (Part.OWNER,)
    people = [await turn.uow.knowledge.person(entry.id, part) for part in parts]
    sender = (turn.message.conversation.platform, turn.message.sender.id)
    return any(person and (person.platform, person.person) == sender for person in people)


async def may_see(turn: Turn, entry: KnowledgeEntry) -> bool:
    """Whether an entry may be shown where the sender asks for it."""
    if entry.is_shown_to(turn.sees) or await is_among_curators(turn):
        return True
    return turn.message.conversation.is_direct and await may_change(turn, entry)


async def named(turn: Turn, hint: str) -> KnowledgeEntry:
    """The entry whose number was said; `hint` says how to say it. Raises `UserError`."""
    check_reader(turn)
    if turn.number is None:
        raise UserError(hint)
    entry = await turn.uow.knowledge.numbered(turn.number)
    if entry is not None and await may_see(turn, entry):
        return entry
    if entry is not None and turn.role >= Role.CURATOR:
        text = turn.say("Nr. {number} zeige ich nur im direkten Chat oder im Raum der Redaktion.")
        raise UserError(text.format(number=turn.number))
    raise UserError(turn.say("Eine Antwort Nr. {number} finde ich nicht.").format(number=turn.number))


async def named_for_change(turn: Turn, hint: str) -> KnowledgeEntry:
    """The entry whose number was said by somebody who may change it; raises `UserError`."""
    await turn.uow.knowledge.hold()
    entry = await named(turn, hint)
    await check_change(turn, entry)
    return entry


async def chosen_for_change(turn: Turn) -> KnowledgeEntry:
    """The entry that a choice is about, if the sender may change it and still sees it; raises `UserError`."""
    await turn.uow.knowledge.hold()
    entries = await turn.uow.knowledge.get([chosen(turn)["entry"]])
    if not entries or not await may_see(turn, entries[0]):
        raise UserError(turn.say("Diese Antwort gibt es nicht mehr."))
    await check_change(turn, entries[0])
    return entries[0]


async def check_change(turn: Turn, entry: KnowledgeEntry) -> None:
    """Refuse whoever may not change an entry, and places where nothing may be kept; raises `UserError`."""
    if turn.is_confidential:
        raise UserError(turn.say("Dieser Raum ist vertraulich. Hier ändere ich nichts am Wissen."))
    if not await may_change(turn, entry):
        raise UserError(turn.say("Das entscheiden nur die Redaktion und wer hinter der Antwort steht."))
