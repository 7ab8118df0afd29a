"""Pure: how the bot came to be outside of a room."""

from collections.abc import Iterable
from enum import StrEnum

from bot.platforms.wire import Wire, part, text


class Departure(StrEnum):
    """Who ended a membership, and for how long: after a ban no invitation works before it is lifted."""

    LEFT = "left"
    KICKED = "kicked"
    BANNED = "banned"


def read_departure(events: Iterable[Wire], user_id: str) -> Departure:
    """How `user_id` left, from the events of a room that is left, oldest first."""
    memberships = [event for event in events if _is_membership(event, user_id)]
    if not memberships:
        return Departure.LEFT
    last = memberships[-1]
    if text(part(last, "content"), "membership") == "ban":
        return Departure.BANNED
    return Departure.LEFT if last.get("sender") == user_id else Departure.KICKED


def _is_membership(event: Wire, user_id: str) -> bool:
    return event.get("type") == "m.room.member" and event.get("state_key") == user_id
