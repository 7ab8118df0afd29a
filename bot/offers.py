"""Offers that wait for a choice, as rows of the database and back."""

from datetime import datetime, timedelta

from pydantic import TypeAdapter

from bot.messages import Choice, Offer, Outgoing
from bot.router import StandingOffer
from storage.models.questions import PendingOffer

CHOICES = TypeAdapter(tuple[Choice, ...])


TEXT_AWAITED = timedelta(minutes=30)
"""Who was asked for a text and says something later than that begins anew."""


def standing(row: PendingOffer, now: datetime) -> StandingOffer:
    """The offer that a row keeps."""
    offer = Offer(row.topic, CHOICES.validate_python(row.choices), row.asks)
    return StandingOffer(row.message_key, row.thread, offer, row.text or "", now - row.created_at <= TEXT_AWAITED)


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
        created_at=now,
    )
