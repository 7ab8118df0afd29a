"""A gate between bot and homeserver: it finds the moment between two steps, and it can be out of order."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from servers.bot import BotProcess
from servers.synapse import eventually

MET_WITHIN_S = 240.0
SAYING = ("m.room.message", "m.room.encrypted")


@dataclass(frozen=True)
class Exchange:
    """A request of the bot on its way to the homeserver, or its answer (with a status) on the way back."""

    method: str
    path: str
    body: bytes
    is_request: bool

    @property
    def is_sending(self) -> bool:
        return self.method == "PUT" and any(f"/send/{kind}/" in self.path for kind in SAYING)

    @property
    def is_sending_sealed(self) -> bool:
        return self.is_sending and "/send/m.room.encrypted/" in self.path

    @property
    def is_sending_keys(self) -> bool:
        return "/sendToDevice/m.room.encrypted/" in self.path

    @property
    def is_news(self) -> bool:
        return self.path.startswith("/_matrix/client/v3/sync") and not self.is_request

    @property
    def brings_keys(self) -> bool:
        return self.is_news and any(event["type"] == "m.room.encrypted" for event in self._found("to_device", "events"))

    def brings_words_of(self, user_id: str) -> bool:
        """Whether somebody says something in it, in clear or encrypted."""
        if not self.is_news:
            return False
        events = [event for room in self._found("rooms", "join").values() for event in room["timeline"]["events"]]
        return any(event["sender"] == user_id and event["type"] in SAYING for event in events)

    def _found(self, *names: str) -> Any:
        found = json.loads(self.body)
        for name in names:
            found = found.get(name, {})
        return found


Matches = Callable[[Exchange], bool]


class Gate:
    """Stands between bot and homeserver, and holds up what passes at the moment it is closed for.

    With a `lock`, the exchange passes, but from then on the bot cannot write into that database. A `patient` gate does
    not let those before it know that the homeserver is down: it waits for its return.
    """

    def __init__(self, homeserver: str, http: aiohttp.ClientSession, *, patient: bool = False) -> None:
        self.url = ""
        self.reached = asyncio.Event()
        self._opened = asyncio.Event()
        self._homeserver = homeserver
        self._http = http
        self._is_patient = patient
        self._matches: Matches | None = None
        self._is_holding = True
        self._database: Path | None = None
        self._lock: sqlite3.Connection | None = None
        self._refused: list[str] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, homeserver: str, *, patient: bool = False) -> AsyncIterator["Gate"]:
        """Let everything pass on a port of its own."""
        async with aiohttp.ClientSession() as http:
            gate = cls(homeserver, http, patient=patient)
            app = web.Application(client_max_size=10**8)
            app.router.add_route("*", "/{path:.*}", gate._pass)
            runner = web.AppRunner(app, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            gate.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            try:
                yield gate
            finally:
                gate.let_pass()
                gate._is_patient = False
                await runner.cleanup()

    def close_at(self, matches: Matches, lock: Path | None = None) -> None:
        """Close at the first exchange that matches; `reached` is set then."""
        self.watch_for(matches)
        self._is_holding, self._database = lock is None, lock

    def watch_for(self, matches: Matches) -> None:
        """Stay open; `reached` is set by the first exchange that matches."""
        self.reached.clear()
        self._opened.clear()
        self._is_holding, self._database = False, None
        self._matches = matches

    def let_pass(self) -> None:
        """Open again; what was held up goes nowhere."""
        self._matches = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        self._opened.set()

    @contextmanager
    def broken(self) -> Iterator[list[str]]:
        """Answer everything with 502 for a while, also what is under way; gives the paths of the refused requests."""
        refused: list[str] = []
        self._refused = refused
        try:
            yield refused
        finally:
            self._refused = None

    async def _pass(self, request: web.Request) -> web.Response:
        if self._refused is not None:
            self._refused.append(request.path)
        self._refuse_when_broken()
        sent = await request.read()
        await self._hold_up(Exchange(request.method, request.raw_path, sent, is_request=True))
        status, kind, body = await self._forward(request, sent)
        self._refuse_when_broken()
        await self._hold_up(Exchange(request.method, request.raw_path, body, is_request=False))
        return web.Response(status=status, body=body, content_type=kind)

    async def _forward(self, request: web.Request, sent: bytes) -> tuple[int, str, bytes]:
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        url = URL(self._homeserver + request.raw_path, encoded=True)
        while True:
            try:
                async with self._http.request(request.method, url, data=sent, headers=headers) as response:
                    return response.status, response.content_type, await response.read()
            except aiohttp.ClientError:
                if not self._is_patient:
                    _hang_up(request)
                    raise web.HTTPBadGateway from None
                await asyncio.sleep(0.1)

    def _refuse_when_broken(self) -> None:
        if self._refused is not None:
            raise web.HTTPBadGateway(text="<html>Bad Gateway</html>", content_type="text/html")

    async def _hold_up(self, exchange: Exchange) -> None:
        if self._matches is None or not self._matches(exchange):
            return
        self._matches = None
        if self._database is not None:
            self._lock = sqlite3.connect(self._database, isolation_level=None, timeout=30)
            self._lock.execute("BEGIN IMMEDIATE")
        self.reached.set()
        if self._is_holding:
            await self._opened.wait()
            raise web.HTTPBadGateway


def _hang_up(request: web.Request) -> None:
    """Look like a server that is down."""
    if request.transport is not None:
        request.transport.abort()


async def crash(bot: BotProcess, gate: Gate, sign: str = "", pause: float = 0) -> None:
    """Kill the bot when the moment that the gate waits for has come, and start it again.

    It is killed after a `sign` in its log, or after a `pause` in seconds.
    """
    await asyncio.wait_for(gate.reached.wait(), MET_WITHIN_S)
    await eventually(lambda: sign in bot.log_since_start, MET_WITHIN_S)
    await asyncio.sleep(pause)
    bot.kill()
    gate.let_pass()
    await asyncio.to_thread(bot.start)
