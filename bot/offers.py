"""Offers that wait for a choice, as rows of the database and back."""

from datetime import datetime

from pydantic import TypeAdapter

from bot.mailbox import Mailbox
from bot.messages import Action, Arrange, Change, Choice, Delete, Offer, Outgoing, Reply, Send, Unasked
from bot.router import StandingOffer
from storage.database import UnitOfWork
from storage.models.questions import ANYBODY, PendingOffer

CHOICES = TypeAdapter(tuple[Choice, ...])


def standing(row: PendingOffer, now: datetime) -> StandingOffer:
    """The offer that a row keeps."""
    offer = Offer(row.topic, CHOICES.validate_python(row.choices), row.asks, row.lasts)
    return StandingOffer(row.message_key, row.thread, offer, row.text or "", now - row.created_at)


def pending(offer: Offer, shown: Outgoing, person: str, now: datetime, *, has_buttons: bool) -> PendingOffer:
    """The row of an offer that `shown` makes to a person, or to `ANYBODY`.

    With `has_buttons` it keeps the text above them, as they have to be taken away below it.
    """
    root = None if shown.conversation.is_direct else shown.answers
    return PendingOffer(
        platform=shown.conversation.platform,
        conversation_id=shown.conversation.id,
        thread=shown.thread or root,
        person=person,
        message_key=shown.key,
        topic=offer.topic,
        text=shown.text if has_buttons else None,
        choices=CHOICES.dump_python(offer.choices, mode="json"),
        asks=dict(offer.asks) if offer.asks is not None else None,
        lasts=offer.lasts,
        created_at=now,
    )


def unasked(action: Unasked, key: str) -> Outgoing:
    """What is to be said elsewhere, changed, taken away or arranged; under `key`, unless the action has its own."""
    match action:
        case Arrange():
            return Outgoing(action.key, action.to, "", room=action.room)
        case Delete():
            return Outgoing(key, action.to, "", deletes=action.key)
        case Change():
            choices = action.offer.choices if action.offer else ()
            return Outgoing(key, action.to, action.text, choices, replaces=action.key)
        case Send():
            return Outgoing(
                key=action.key or key,
                conversation=action.to,
                text=action.text,
                choices=action.offer.choices if action.offer else (),
                answers=action.answers,
                thread=action.thread,
                below=action.below,
                file=action.file,
            )


async def keep_offer(
    uow: UnitOfWork, action: Action, shown: Outgoing, person: str | None, mailbox: Mailbox, now: datetime
) -> None:
    """Keep the offer of an action until it is taken; what is changed or taken away offers nothing any more."""
    if isinstance(action, Change | Delete):
        await uow.questions.withdraw_offers([action.key, *await uow.mailbox.versions(action.key)])
    if isinstance(action, Delete) or action.offer is None:
        return
    whose = person if isinstance(action, Reply) else action.person or ANYBODY
    has_buttons = mailbox.has_buttons(shown.conversation.platform)
    await uow.questions.offer(pending(action.offer, shown, whose or ANYBODY, now, has_buttons=has_buttons))
