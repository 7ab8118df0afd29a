"""Helps whoever chooses by a number that stands before no choice; where people talk, numbers are theirs."""

from collections.abc import Sequence

from bot.choices import is_number
from bot.messages import Reply
from bot.turn import Turn
from handlers.help import ask_for_number, newest_offer
from handlers.peer_consultation.casting import NOTING
from handlers.peer_consultation.circle import Circle, Member
from handlers.peer_consultation.phase_posts import LIVE

AMONG_TALK = frozenset({LIVE, NOTING})
"""Topics below which people talk to each other: there a number answers one of them, unless it is said to us."""
TOLD = "number"
"""What somebody was told in this phase, and is not told again."""


async def answer(turn: Turn, circle: Circle, member: Member) -> Sequence[Reply]:
    """Say once in a phase which numbers there are to a bare one that took no choice; nothing to all else."""
    offer = await newest_offer(turn) if is_number(turn.text) else None
    if offer is None or not offer.choices or (offer.topic in AMONG_TALK and not _is_for_us(turn)):
        return []
    is_first = await turn.uow.consultations.raise_voice(circle.number, member.id, TOLD)
    return [ask_for_number(turn, offer)] if is_first else []


def _is_for_us(turn: Turn) -> bool:
    return turn.message.is_addressed and not turn.message.conversation.is_direct
