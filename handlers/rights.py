"""Who may see and change which entry of the store, and where; what is refused gets one kind sentence."""

from bot.errors import UserError
from bot.roles import Role
from bot.turn import Turn
from handlers.ask import chosen
from storage.models.knowledge import EntryContent, KnowledgeEntry, Part, State, Visibility


def width(entry: EntryContent) -> int:
    """How many may see an entry: the wider its circle, the more."""
    return tuple(Visibility).index(Visibility(entry.visibility))


def in_german(turn: Turn, circle: Visibility) -> str:
    """Who may see an entry, in words."""
    match circle:
        case Visibility.COMMUNITY:
            return turn.say("nur Lots:innen")
        case Visibility.ORGANIZATION:
            return turn.say("alle Beschäftigten")
        case Visibility.FEDERATION:
            return turn.say("alle im Verbund")
        case Visibility.PUBLIC:
            return turn.say("öffentlich")


def check_direct(turn: Turn) -> None:
    """Refuse to speak about it where others read along, as they may since it was offered; raises `UserError`."""
    if not turn.message.conversation.is_direct:
        raise UserError(turn.say("Das geht nur im Einzelchat mit mir. Hier lesen andere mit."))


def check_keeping(turn: Turn) -> None:
    """Refuse staff, and places where nothing that is said may be kept; raises `UserError`."""
    if turn.role < Role.SUPPORTER:
        raise UserError(turn.say("Wissen sichern die Lots:innen. Bitte eine Lotsin oder einen Lotsen ansprechen."))
    if turn.is_confidential:
        raise UserError(turn.say("Was dort gesagt wird, ist vertraulich. Ich merke mir nichts davon."))


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
    return turn.role >= Role.CURATOR and await is_private(turn)


async def is_private(turn: Turn) -> bool:
    """Whether nobody but the sender and curators reads along."""
    return turn.message.conversation.is_direct or turn.message.conversation in await turn.curators()


async def check_private(turn: Turn) -> None:
    """Refuse places where others read along who may not decide; raises `UserError`."""
    if not await is_private(turn):
        raise UserError(turn.say("Das zeige ich nur im Chat mit mir allein und im Raum der Redaktion."))


def check_open(turn: Turn) -> None:
    """Refuse confidential places: the store is not changed there; raises `UserError`."""
    if turn.is_confidential:
        raise UserError(turn.say("Dieser Raum ist vertraulich. Hier ändere ich nichts am Wissen."))


async def may_change(turn: Turn, entry: KnowledgeEntry) -> bool:
    """Whether the sender curates, stands behind the answer, or proposed what is still a draft."""
    if turn.role >= Role.CURATOR:
        return True
    parts = (Part.OWNER, Part.PROPOSER) if entry.state == State.DRAFT else (Part.OWNER,)
    return any([await has_part(turn, entry, part) for part in parts])


async def has_part(turn: Turn, entry: KnowledgeEntry, part: Part) -> bool:
    """Whether the sender has this part in an entry."""
    person = await turn.uow.knowledge.person(entry.id, part)
    sender = (turn.message.conversation.platform, turn.message.sender.id)
    return person is not None and (person.platform, person.person) == sender


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
    if turn.role >= Role.CURATOR and not await is_among_curators(turn):  # the same, whether there is one or not
        text = turn.say("Nr. {number} zeige ich hier nicht. Frag mich bitte im direkten Chat danach.")
    else:
        text = turn.say("Eine Antwort Nr. {number} finde ich nicht.")
    raise UserError(text.format(number=turn.number))


async def named_for_change(turn: Turn, hint: str) -> KnowledgeEntry:
    """The entry whose number was said by somebody who may change it; raises `UserError`."""
    await turn.uow.knowledge.hold()
    entry = await named(turn, hint)
    await check_change(turn, entry)
    return entry


async def chosen_for_change(turn: Turn) -> KnowledgeEntry:
    """The entry that a choice is about, if the sender may change it and still sees it; raises `UserError`."""
    check_reader(turn)
    await turn.uow.knowledge.hold()
    entries = await turn.uow.knowledge.get([chosen(turn)["entry"]])
    if not entries or not await may_see(turn, entries[0]):
        raise UserError(turn.say("Diese Antwort gibt es nicht mehr."))
    await check_change(turn, entries[0])
    return entries[0]


async def check_change(turn: Turn, entry: KnowledgeEntry) -> None:
    """Refuse whoever may not change an entry, and places where nothing may be kept; raises `UserError`."""
    check_open(turn)
    if not await may_change(turn, entry):
        raise UserError(turn.say("Das entscheiden nur die Redaktion und wer hinter der Antwort steht."))
