"""Asking bots through a real homeserver: one bare client that long-polls, and the time until it sees the answer."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote

import aiohttp

from servers.synapse import Account, Person, eventually

ANSWER_WITHIN_S = 60.0
SETTLE_S = 0.15
"""Pause after an answer: a bot notes its delivery and sees its own message, which is not the next one's concern."""

FILTER = json.dumps({"presence": {"not_types": ["*"]}, "room": {"ephemeral": {"not_types": ["*"]}}})


class Asker:
    """A person with a long-polling client; asks one question at a time."""

    def __init__(self, account: Account, http: aiohttp.ClientSession) -> None:
        self.person = Person(account, http)
        self._since = ""
        self._awaited: tuple[str, str, asyncio.Future[float]] | None = None

    async def invite(self, bot: str) -> str:
        """Open a direct room with a bot."""
        return await self.person.create_room(bot, direct=True)

    async def wait_for(self, bot: str, room: str) -> None:
        """Wait until a bot has entered."""

        async def has_joined() -> bool:
            return (await self.person.members(room)).get(bot) == "join"

        await eventually(has_joined, ANSWER_WITHIN_S)

    async def ask(self, room: str, text: str) -> float:
        """Seconds from sending a question until this client has seen an answer."""
        return await self.watch(room, lambda: self.person.say(room, text))

    async def watch(self, room: str, act: Callable[[], Awaitable[object]], part: str = "") -> float:
        """Seconds from the beginning of `act` until this client has seen somebody else say `part` in a room."""
        answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._awaited = (room, part, answered)
        start = time.perf_counter()
        await act()
        seconds = await asyncio.wait_for(answered, ANSWER_WITHIN_S) - start
        await asyncio.sleep(SETTLE_S)
        return seconds

    async def receive(self) -> None:
        """Sync for ever; the first sync brings the past, which answers nothing."""
        while True:
            wait = f"&since={self._since}&timeout=30000" if self._since else ""
            batch = await self.person.call("GET", f"/sync?filter={quote(FILTER)}{wait}")
            self._since = batch["next_batch"]
            for room, news in batch.get("rooms", {}).get("join", {}).items():
                self._see(room, news["timeline"]["events"])

    def _see(self, room: str, events: list[dict[str, Any]]) -> None:
        if self._awaited is None or self._awaited[0] != room or self._awaited[2].done():
            return
        _, part, seen = self._awaited
        others = [event for event in events if event["type"] == "m.room.message" and event["sender"] != self.person.id]
        if any(part in event["content"].get("body", "") for event in others):
            seen.set_result(time.perf_counter())


@asynccontextmanager
async def asker(account: Account) -> AsyncIterator[Asker]:
    """A person whose client runs."""
    async with aiohttp.ClientSession() as http:
        person = Asker(account, http)
        receiving = asyncio.create_task(person.receive())
        try:
            yield person
        finally:
            receiving.cancel()
            with suppress(asyncio.CancelledError):
                await receiving
