"""Remembers who wrote a draft until it is decided, so that a second person decides, and tells them what came of it."""

from collections.abc import Sequence

from bot.errors import UserError
from bot.messages import Action, Conversation, Send
from bot.turn import Turn
from handlers import rights
from handlers.ask import LONGEST_HEADING, shortened
from storage.models.knowledge import EntryContent, KnowledgeEntry, Part, State

WAITING = (State.DRAFT, State.IN_REVIEW)
"""What is shown to nobody before a second person approved it."""
FROM_CHAT = "Vorschlag aus dem Chat"
"""The origin of the first version of a draft that somebody proposed."""
WORDS = ("question", "answer", "variants", "phrasings")
"""Who writes one of these does not approve it."""


async def check_second_person(turn: Turn, draft: KnowledgeEntry) -> None:
    """Refuse whoever proposed a draft, or wrote it anew since; raises `UserError`."""
    if await rights.has_part(turn, draft, Part.PROPOSER):
        text = turn.say("Diesen Entwurf hast du vorgeschlagen oder geändert. Darüber entscheidet eine zweite Person.")
        raise UserError(text)


async def is_forgotten(turn: Turn, draft: KnowledgeEntry) -> bool:
    """Whether somebody wrote a draft in a chat and had us forget who it was: it may be whoever decides."""
    if await turn.uow.knowledge.person(draft.id, Part.PROPOSER):
        return False
    first, *later = await turn.uow.knowledge.revisions(draft.id)
    return first.origin == FROM_CHAT or bool(later)


async def take_over(turn: Turn, draft: KnowledgeEntry, content: EntryContent) -> Sequence[Action]:
    """Before a draft gets new words: somebody else than the sender has to approve these, and its proposer hears it.

    One person is known for each draft: that is who wrote last, the one before is forgotten.
    """
    is_same = all(getattr(draft, field) == getattr(content, field) for field in WORDS)
    if draft.state not in WAITING or is_same or await rights.has_part(turn, draft, Part.PROPOSER):
        return []
    text = turn.say("Dein Vorschlag „{question}“ wurde überarbeitet. Jetzt entscheidet eine andere Person darüber.")
    told = await tell(turn, draft, text.format(question=shortened(draft.question or draft.answer, LONGEST_HEADING)))
    platform, writer = turn.message.conversation.platform, turn.message.sender.id
    await turn.uow.knowledge.assign(draft.id, Part.PROPOSER, platform, writer)
    return told


async def tell(turn: Turn, draft: KnowledgeEntry, text: str) -> Sequence[Action]:
    """Tell who proposed a draft what became of it, if we know their chat, and forget who it was."""
    proposer = await turn.uow.knowledge.person(draft.id, Part.PROPOSER)
    if proposer is None:
        return []
    chat = await turn.uow.addresses.direct_chat(proposer.platform, proposer.person)
    await turn.uow.knowledge.release(draft.id, Part.PROPOSER)
    return [Send(Conversation(proposer.platform, chat, is_direct=True), text)] if chat else []
