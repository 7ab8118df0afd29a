"""Offers that wait for a choice, as rows of the database and back."""

from datetime import datetime

from pydantic import TypeAdapter

from bot.messages import Choice, Incoming, Offer, Outgoing
from bot.router import StandingOffer
from storage.models.questions import PendingOffer

CHOICES = TypeAdapter(tuple[Choice, ...])


def standing(row: PendingOffer) -> StandingOffer:
    """The offer that a row keeps."""
    offer = Offer(row.topic, CHOICES.validate_python(row.choices))
    return StandingOffer(row.message_key, row.thread, offer, row.text or "")


def pending(message: Incoming, offer: Offer, shown: Outgoing, now: datetime, *, has_buttons: bool) -> PendingOffer:
    """The row of an offer that `shown` makes to the sender of a message.

    With `has_buttons` it keeps the text above them, as they have to be taken away below it.
    """
    root = None if message.conversation.is_direct else shown.answers
    return PendingOffer(
        platform=message.conversation.platform,
        conversation_id=message.conversation.id,
        thread=shown.thread or root,
        person=message.sender.id,
        message_key=shown.key,
        topic=offer.topic,
        text=shown.text if has_buttons else None,
        choices=CHOICES.dump_python(offer.choices, mode="json"),
        created_at=now,
    )
