"""Messages of ours that stand for longer: takes the choices below them away once they are no use any more."""

from collections.abc import Sequence
from typing import Protocol

from bot.messages import Change, Conversation
from bot.turn import Night, Turn


class Posted(Protocol):
    """A message of ours, by its outbox key, and where it stands."""

    key: str
    platform: str
    conversation_id: str
    is_direct: bool


async def settle(asking: Turn | Night, posted: Posted) -> Sequence[Change]:
    """Take the choices below a message away; it has to be changed only where there are buttons."""
    keys = {posted.key, *await asking.uow.mailbox.versions(posted.key)}
    offers = [await asking.uow.questions.offer_below(key) for key in keys]
    await asking.uow.questions.withdraw_offers(keys)
    place = Conversation(posted.platform, posted.conversation_id, posted.is_direct)
    return [Change(posted.key, place, offer.text) for offer in offers if offer is not None and offer.text]
