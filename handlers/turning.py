"""Who moved a meeting or a round on last: of two who say „weiter“ at once, the second one moves nothing."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from bot.messages import Kind
from bot.turn import Night, Turn

TOGETHER = timedelta(seconds=5)
"""Of two who say „weiter“ within this time, the second one has not seen yet what the first one brought about."""


class Turned(Protocol):
    """What people move on: when it was done last, and a digest of by whom."""

    turned_at: datetime | None
    turned_by: str | None


def is_said_together(turn: Turn, turned: Turned) -> bool:
    """Whether somebody else said the same a moment ago."""
    is_typed = turn.message.kind is Kind.MESSAGE  # a button belongs to what stood there
    if turned.turned_at is None or not is_typed or turned.turned_by == _digest(turn):
        return False
    return turn.now - turned.turned_at < TOGETHER


def note_turning(asking: Turn | Night, turned: Turned) -> None:
    """Remember that the sender moves it on now, or that it moved on by itself."""
    turned.turned_at, turned.turned_by = asking.now, _digest(asking) if isinstance(asking, Turn) else None


def _digest(turn: Turn) -> str:
    return sha256(f"{turn.message.conversation.platform} {turn.message.sender.id}".encode()).hexdigest()
