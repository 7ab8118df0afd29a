"""Shows people how far the bot has read; nothing depends on it."""

import asyncio
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import structlog

from bot.messages import Incoming
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.rooms.members import address

log = structlog.get_logger(__name__)


class Receipts:
    """Gives read receipts in the background."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._tasks: set[asyncio.Task[None]] = set()

    def give(self, events: Iterable[Incoming]) -> None:
        """Mark the last of the events of each room as read."""
        task = asyncio.create_task(self._mark({event.conversation.id: event.event_id for event in events}))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _mark(self, newest: Mapping[str, str]) -> None:
        for room_id, event_id in newest.items():
            try:
                await self._client.call("POST", f"{address(room_id)}/receipt/m.read/{quote(event_id, safe='')}", {})
            except Exception as error:
                log.debug("matrix.receipt_failed", room_id=room_id, error=type(error).__name__)

    async def close(self) -> None:
        """Stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
