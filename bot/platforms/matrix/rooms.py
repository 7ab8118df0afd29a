"""What the bot knows of a room and its members; matrix-nio keeps it in memory, and not all of it."""

from collections import Counter
from typing import Any

import nio

from bot.platforms.matrix.errors import checked
from bot.platforms.matrix.wire import part, text


async def learn_size(client: Any, room: Any, info: Any) -> None:
    """Make sure that the member counts of a room are known after a sync brought `info` of it.

    Servers send them only when they change, so after a restart they have to be asked for, once a room. Raises
    `ServerError` or a connection error.
    """
    if _is_size_known(room, info):
        return
    state = checked(await client.room_get_state(room.room_id)).events
    members = Counter(text(part(event, "content"), "membership") for event in state if event["type"] == "m.room.member")
    room.update_summary(nio.RoomSummary(members["invite"], members["join"], []))


def is_direct(room: Any) -> bool:
    """Whether one person is alone with the bot and nobody else is invited."""
    return bool(room.summary.joined_member_count == 2 and not room.summary.invited_member_count)


def name_of(room: Any, user_id: str) -> str:
    """The display name of a member, empty when there is none or the server did not send the member."""
    member = room.users.get(user_id)
    return member.display_name or "" if member is not None else ""


def _is_size_known(room: Any, info: Any) -> bool:
    if info.summary is not None and info.summary.joined_member_count is not None:
        return True
    events = info.timeline.events + (info.state if info.timeline.limited else [])
    has_news = any(isinstance(event, nio.RoomMemberEvent) for event in events)
    is_known = room.summary is not None and room.summary.joined_member_count is not None
    return is_known and not has_news
