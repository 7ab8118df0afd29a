"""What came of a message, and taking it back when that message is deleted or asked anew."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.mailbox import key_for
from bot.messages import Incoming, Kind
from storage.database import UnitOfWork
from storage.repositories.mailbox import Sent


def answer_key(message: Incoming) -> str:
    """The key of the first answer to a message: the same for the message, its edits and its deletion."""
    is_about_earlier = message.kind in (Kind.EDIT, Kind.DELETION)
    return key_beside(message, message.refers_to or "") if is_about_earlier else key_for(message, 0)


def key_beside(message: Incoming, event_id: str) -> str:
    """The answer key of another message on the same platform."""
    return key_for(replace(message, event_id=event_id), 0)


async def take_back(uow: UnitOfWork, deletion: Incoming, today: date) -> Sequence[str]:
    """Forget what came of a deleted message; gives the keys of those messages of ours that must go, too.

    When a message of ours was deleted, only the choices below it are withdrawn.
    """
    platform, event_id, key = deletion.conversation.platform, deletion.refers_to or "", answer_key(deletion)
    own = await uow.mailbox.sent_as(platform, event_id)
    if own is not None:
        await uow.questions.withdraw_offers([own.key])
        return []
    if not await uow.questions.note_deletion(key, today):
        return []
    line = await uow.questions.line_of(key)
    await uow.knowledge.unlearn(line)
    await uow.questions.withdraw(*await uow.questions.opened_by(line))
    answers = await uow.mailbox.answers_to(platform, [event_id, *await uow.mailbox.answered_by(line)])
    await uow.questions.withdraw_offers([answer.key for answer in answers])
    return _shown_once(answers)


def _shown_once(newest_first: Sequence[Sent]) -> Sequence[str]:
    """The keys, oldest first, without those of earlier versions: an edited message shows under one id."""
    shown = {answer.message_id or answer.key: answer.key for answer in reversed(newest_first)}
    return list(shown.values())


async def connect(uow: UnitOfWork, message: Incoming, taken: str, today: date) -> None:
    """Note that a message took a choice below our message `taken`: it goes when that one's question goes."""
    for event_id in await uow.mailbox.answered_by([taken]):
        await uow.questions.follow(key_for(message, 0), key_beside(message, event_id), today)
