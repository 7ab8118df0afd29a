"""The real `lotsenfunk serve` on a console whose chat outlives it: for tests that kill it, and look what comes of that.

Of a chat system it has what crashes are about: what is said while the bot is down waits for it, and what the bot sends
twice under the same key stands there once. The chat lies in files beside the settings, and so does what time it is.
"""

import asyncio
import json
import math
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import numpy as np
from typing_extensions import override

from bot.__main__ import main
from bot.app import App
from bot.clock import Clock
from bot.messages import Outgoing, Sender
from bot.platforms.console import Console, Shown
from knowledge.embedding import Progress, Vectors

SAID, SHOWN, NOW, ORDER = "said.jsonl", "shown.jsonl", "now", "dies_at"
STEPS = ("received", "decided", "sent")
"""Where it dies by an order: with a message stored and not handled; with all committed and nothing sent; with the first
message sent and not noted as sent."""
READY = {"ready": True}
LOOKS_EACH_S = 0.005


class NoModel:
    """An embedder to which all texts are the same: here nothing is searched, and a model takes half of a start."""

    name = "none"
    dimension = 2

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.full((len(texts), self.dimension), math.sqrt(0.5), np.float32)

    def encode_documents(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return self.encode_queries(texts)


class KeptClock(Clock):
    """Shows what the file says, and stands still."""

    @override
    def now(self) -> datetime:
        return datetime.fromisoformat(Path(NOW).read_text())


class KeptConsole(Console):
    """Hears what the file has, line by line, and writes down what it shows, once for each key."""

    def __init__(self, now: Callable[[], datetime], *readers: Callable[[str], bool]) -> None:
        super().__init__(now, *readers)
        kept = Lines(Path(SHOWN)).read()
        self._known: dict[str, str] = {one["key"]: one["id"] for one in kept if "key" in one}
        self._taken_up = max((one["heard"] for one in kept if "heard" in one), default=0)
        self._event: str | None = None
        self._latest: dict[str, Shown] = {}
        self.shows(lambda shown: self._latest.__setitem__(shown.message_id, shown))

    async def listen(self, app: App) -> None:
        """Have the bot take up what it left, then all that is said, one after the other."""
        await self._ready.wait()
        await _settle(app)
        self._keep(READY)
        said = Lines(Path(SAID))
        while True:
            for number, line in enumerate(said.read()[self._taken_up :], self._taken_up + 1):
                await self._take(app, line, f"in-{number}")
                await _settle(app)
                self._taken_up = number
                self._keep({"heard": number})
            await asyncio.sleep(LOOKS_EACH_S)

    async def _take(self, app: App, line: Mapping[str, str], event: str) -> None:
        if "text" not in line:
            await app.scheduler._look()
            return
        self._event = event
        await self.hear(Sender(line["id"], line["name"]), line.get("room"), line["text"])
        _die("received")

    @override
    async def send(self, outgoing: Outgoing) -> str:
        if outgoing.key in self._known:
            return self._known[outgoing.key]
        _die("decided")
        message_id = self._known[outgoing.key] = await super().send(outgoing)
        self._keep({"key": outgoing.key, "id": message_id, **_shown(self._latest.pop(message_id, None))})
        _die("sent")
        return message_id

    @override
    def _new_id(self, kind: str) -> str:
        # What is heard again after a crash is the same event.
        event, self._event = self._event, None
        return event or f"{kind}-{uuid4().hex}"

    def _keep(self, line: Mapping[str, Any]) -> None:
        with Path(SHOWN).open("a", encoding="utf-8") as end:
            end.write(json.dumps(line, ensure_ascii=False) + "\n")


class KeptApp(App):
    """Hears what people say on such a console; time passes where they say so, and only there."""

    @override
    async def start(self) -> None:
        await super().start()
        self.scheduler.stop()

    @override
    async def run(self) -> None:
        [console] = self._platforms
        assert isinstance(console, KeptConsole)
        await console.listen(self)


async def _settle(app: App) -> None:
    # Who is invited by what it sends enters, which it hears, and says something to that.
    for _ in range(3):
        await app.idle()


def _shown(shown: Shown | None) -> Mapping[str, str]:
    if shown is None:
        return {}
    how = (shown.order and str(shown.order)) or ("löscht" if shown.is_deletion else "ändert" if shown.is_edit else "")
    return {"place": shown.conversation.id, "how": how, "text": shown.text}


def _die(step: str) -> None:
    order = Path(ORDER)
    if order.exists() and order.read_text() == step:
        order.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


class Lines:
    """The whole lines of a file to which somebody writes, each one JSON."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._end = 0
        self._read: list[dict[str, Any]] = []

    def read(self) -> Sequence[dict[str, Any]]:
        """All of them by now."""
        if self._file.exists() and self._file.stat().st_size > self._end:
            new = self._file.read_bytes()[self._end :]
            whole = new[: new.rfind(b"\n") + 1]
            self._end += len(whole)
            self._read += map(json.loads, whole.splitlines())
        return self._read


def kept_main() -> None:
    """The program's `main` with such a console in the place of the account, such a clock, and no model."""
    with (
        patch("bot.app.load", lambda _model: NoModel()),
        patch("bot.app.MatrixPlatform", lambda _account, _folder, now, *readers: KeptConsole(now, *readers)),
        patch("bot.app.Clock", KeptClock),
        patch("bot.app.App", KeptApp),
    ):
        main()
