"""Rooms that the bot opens itself: private and encrypted, for some people and a time, and closed with all in them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Collection, Iterable
from hashlib import sha256
from urllib.parse import quote

import structlog

from bot.messages import RoomOrder
from bot.patience import pause
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.errors import ServerError, checked
from bot.platforms.matrix.rooms.members import address, leave, memberships
from bot.platforms.matrix.wire import event_id
from bot.platforms.wire import Wire, part, parts, text, texts

log = structlog.get_logger(__name__)

PRESENT = ("join", "invite")
PAGE = 100

LEVELS = {
    "users_default": 0,
    "events_default": 0,
    "state_default": 100,
    "invite": 100,
    "kick": 100,
    "ban": 100,
    "redact": 100,
    "events": {},
    "notifications": {"room": 100},
}
"""Levels by which everybody writes, and nobody but the room's creator does anything else."""

STATE = {
    "m.room.encryption": {"algorithm": "m.megolm.v1.aes-sha2"},
    "m.room.history_visibility": {"history_visibility": "joined"},
    "m.room.guest_access": {"guest_access": "forbidden"},
}


async def open_room(client: Client, order: RoomOrder, key: str) -> str:
    """Open a room and give its id; nobody is invited yet. The same key again gives the same room.

    Raises `ServerError`, `TokenRejectedError` or a connection error.
    """
    alias = f"lotsenfunk-{sha256(f'{client.user_id} {key}'.encode()).hexdigest()[:32]}"
    try:
        return await _create(client, order, room_alias_name=alias)
    except ServerError as error:
        if error.code == "M_ROOM_IN_USE":
            return await _with_alias(client, alias)
        if not error.is_final:
            raise
        log.warning("matrix.alias_refused", status=error.status, code=error.code)
    # Some servers let nobody name a room. There, a crash in this very moment leaves an empty room behind.
    return await _create(client, order)


async def _create(client: Client, order: RoomOrder, **naming: str) -> str:
    own_server = _server(client.user_id)
    wish = {
        "preset": "private_chat",
        "visibility": "private",
        "name": order.name,
        "creation_content": {"m.federate": any(_server(person) != own_server for person in order.people or ())},
        "initial_state": [{"type": kind, "state_key": "", "content": content} for kind, content in STATE.items()],
        "power_level_content_override": LEVELS,
    }
    return text(await client.call("POST", "/createRoom", {**wish, **naming}), "room_id")


async def _with_alias(client: Client, alias: str) -> str:
    return text(await client.call("GET", _directory(f"#{alias}:{_server(client.user_id)}")), "room_id")


async def invite(client: Client, room_id: str, people: Collection[str]) -> None:
    """Invite those who are not there yet. Raises `ServerError` for whom the server refuses, once all others are."""
    present = await _present(client, room_id)
    refusal: ServerError | None = None
    for person in people:
        try:
            if person not in present:
                await client.call("POST", f"{address(room_id)}/invite", {"user_id": person})
        except ServerError as error:
            if not error.is_final:
                raise
            refusal = error
    if refusal is not None:
        raise refusal


async def remove(client: Client, room_id: str, people: Iterable[str]) -> None:
    """Send people out of a room, or take their invitation back. Raises `ServerError` or a connection error."""
    present = await _present(client, room_id)
    for person in present.intersection(people):
        await _do_slowly(client, "POST", f"{address(room_id)}/kick", {"user_id": person})


async def close(client: Client, room_id: str, key: str) -> None:
    """Delete all that was said in a room, by anybody, send everybody out, leave and forget it.

    Raises `ServerError`, `TokenRejectedError` or a connection error; then it has to be done again.
    """
    if room_id not in checked(await client.joined_rooms()).rooms:
        await client.room_forget(room_id)  # an earlier try may not have come so far; a refusal says that it had
        return
    async for identity in _said(client, room_id):
        # The server takes the same transaction only once.
        transaction = f"{key}.{sha256(identity.encode()).hexdigest()[:16]}"
        path = f"{address(room_id)}/redact/{quote(identity, safe='')}/{quote(transaction, safe='')}"
        await _if_allowed(_do_slowly(client, "PUT", path, {}))
    named = await _if_allowed(client.call("GET", f"{address(room_id)}/aliases"))
    for alias in texts(named, "aliases"):
        await _if_allowed(client.call("DELETE", _directory(alias)))
    await remove(client, room_id, await _present(client, room_id))
    await leave(client, room_id)


async def _said(client: Client, room_id: str) -> AsyncIterator[str]:
    """The ids of all events that people or we said there, newest first, without deleted ones."""
    position = ""
    while True:
        page = await client.call("GET", f"{address(room_id)}/messages?dir=b&limit={PAGE}{position}")
        for event in parts(page, "chunk"):
            identity = event_id(event)
            if identity is not None and _is_said(event):
                yield identity
        end = text(page, "end")
        if not end:
            return
        position = f"&from={quote(end, safe='')}"


def _is_said(event: Wire) -> bool:
    """Whether something stands in an event that is no setting of the room; of a deleted one nothing is left."""
    return "state_key" not in event and event.get("type") != "m.room.redaction" and bool(part(event, "content"))


async def _present(client: Client, room_id: str) -> set[str]:
    """Who is in a room or invited to it, but for us."""
    found = await memberships(client, room_id)
    return {person for person, state in found.items() if state in PRESENT and person != client.user_id}


async def _do_slowly(client: Client, method: str, path: str, content: Wire) -> Wire:
    """Make one of many requests, as fast as the server wants them."""
    while True:
        try:
            return await client.call(method, path, content)
        except ServerError as error:
            if error.status != 429:
                raise
            await asyncio.sleep(pause(0, error.retry_after))


async def _if_allowed(request: Awaitable[Wire]) -> Wire:
    """Do something without which the rest is done all the same."""
    try:
        return await request
    except ServerError as error:
        if not error.is_final:
            raise
        log.warning("matrix.closing_refused", status=error.status, code=error.code)
        return {}


def _server(user_id: str) -> str:
    return user_id.partition(":")[2]


def _directory(alias: str) -> str:
    return f"/directory/room/{quote(alias, safe='')}"
