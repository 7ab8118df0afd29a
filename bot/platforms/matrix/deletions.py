"""Deleting a message of ours from the server, with all that it ever said."""

from hashlib import sha256
from typing import Any
from urllib.parse import quote

from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.errors import checked
from bot.platforms.matrix.wire import event_id
from bot.platforms.wire import parts


async def delete(client: Client, room_id: str, identity: str, key: str) -> str:
    """Delete a message, its edits first; gives the id of its deletion, the same for the same key.

    Raises `ServerError`, `TokenRejectedError` or a connection error; then it has to be done again.
    """
    for edit in await _edits(client, room_id, identity):
        await _redact(client, room_id, edit, f"{key}.{sha256(edit.encode()).hexdigest()[:16]}")
    return await _redact(client, room_id, identity, key)


async def _edits(client: Client, room_id: str, identity: str) -> list[str]:
    # The server shows a deleted message without its edits, but they stay readable as events of their own.
    path = f"/rooms/{quote(room_id, safe='')}/relations/{quote(identity, safe='')}/m.replace?limit=100"
    events = parts(await client.call("GET", path, version="v1"), "chunk")
    ids = [event_id(event) for event in events if event.get("sender") == client.user_id]
    return [edit for edit in ids if edit is not None]


async def _redact(client: Client, room_id: str, identity: str, transaction: str) -> str:
    answer: Any = checked(await client.room_redact(room_id, identity, tx_id=transaction))
    return str(answer.event_id)
