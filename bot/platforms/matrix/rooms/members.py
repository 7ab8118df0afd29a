"""What the bot knows of a room and its members; matrix-nio keeps it in memory, and not all of it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import nio

from bot.platforms.matrix.errors import ServerError, checked
from bot.platforms.wire import part, text

LONGEST_NAME = 100


async def learn_size(client: Any, room: Any, info: Any = None) -> None:
    """Make sure that the member counts of a room are known, after a sync that brought `info` of it or nothing.

    Servers send them only when they change, so after a restart they have to be asked for, once a room. Raises
    `ServerError` or a connection error.
    """
    if _is_size_told(room, info):
        return
    note_size(room, await memberships(client, room.room_id))


def note_size(room: Any, members: Mapping[str, str]) -> None:
    """Keep how many are in a room and how many are invited."""
    count = Counter(members.values())
    room.update_summary(nio.RoomSummary(count["invite"], count["join"], []))


async def memberships(client: Any, room_id: str) -> Mapping[str, str]:
    """Ask for the membership of everybody who ever had one. Raises `ServerError` or a connection error."""
    state = checked(await client.room_get_state(room_id)).events
    members = [event for event in state if event["type"] == "m.room.member"]
    return {text(event, "state_key"): text(part(event, "content"), "membership") for event in members}


async def learn_member(client: Any, room: Any, user_id: str) -> None:
    """Make sure that the name of a member is known: servers do not tell it again after a restart of ours.

    Raises `ServerError` or a connection error.
    """
    if user_id in room.users:
        return
    try:
        member = await client.call("GET", f"{address(room.room_id)}/state/m.room.member/{quote(user_id, safe='')}")
    except ServerError as error:
        if not error.is_final:
            raise
        return
    if text(member, "membership") == "join":
        room.add_member(user_id, text(member, "displayname") or None, None)


async def leave(client: Any, room_id: str) -> None:
    """Leave a room for good, and have the server forget it. Raises `ServerError` or a connection error."""
    checked(await client.room_leave(room_id))
    checked(await client.room_forget(room_id))


def address(room_id: str) -> str:
    """The path of a room below `/_matrix/client/v3`."""
    return f"/rooms/{quote(room_id, safe='')}"


def is_direct(room: Any) -> bool:
    """Whether one person is alone with the bot and nobody else is invited."""
    return bool(room.summary.joined_member_count == 2 and not room.summary.invited_member_count)


def is_deserted(room: Any) -> bool:
    """Whether nobody but the bot seems to be in the room, and nobody is invited."""
    return bool(is_size_known(room) and room.summary.joined_member_count == 1 and not room.summary.invited_member_count)


def is_left_alone(members: Mapping[str, str], user_id: str) -> bool:
    """Whether everybody but `user_id` has left.

    In a room that the server is still learning about nobody may have been seen yet: then nobody has left either.
    """
    others = {membership for member, membership in members.items() if member != user_id}
    return members.get(user_id) == "join" and bool(others) and others.isdisjoint({"join", "invite"})


def is_size_known(room: Any) -> bool:
    """Whether the number of members was ever told."""
    return room.summary is not None and room.summary.joined_member_count is not None


def name_of(room: Any, user_id: str) -> str:
    """The display name of a member, empty when there is none or the server did not send the member."""
    member = room.users.get(user_id)
    return member.display_name or "" if member is not None else ""


def shown_name(room: Any, user_id: str, told: Mapping[str, str]) -> str:
    """What to call somebody: their display name in the room, else one of those that we were `told`, else their id."""
    return (name_of(room, user_id) or told.get(user_id) or user_id[1:].partition(":")[0])[:LONGEST_NAME]


def _is_size_told(room: Any, info: Any) -> bool:
    if info is None:
        return is_size_known(room)
    if info.summary is not None and info.summary.joined_member_count is not None:
        return True
    events = info.timeline.events + (info.state if info.timeline.limited else [])
    has_news = any(isinstance(event, nio.RoomMemberEvent) for event in events)
    return is_size_known(room) and not has_news
