"""The real `lotsenfunk` that can be told to kill itself while a room key comes in.

Nobody outside can see that moment.
"""

import os
import signal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nio
from typing_extensions import override

from bot.__main__ import main
from bot.platforms.matrix.account.client import Client

ORDER = "dies_at"
"""The file in the bot's folder that names the step; it is gone when the bot is."""

STEPS = ("received", "handled", "stored")
"""The sync is here and nothing done; the keys are written but not committed; they are stored, and the bot goes on."""


class DyingClient(Client):
    """Dies once, at the step of the order, in a sync that brings a room key."""

    @override
    async def receive_response(self, response: Any) -> None:
        brings_key = _brings_key(response)
        await super().receive_response(response)
        _die(brings_key, "stored")

    async def _handle_sync(self, response: Any) -> None:
        brings_key = _brings_key(response)
        _die(brings_key, "received")
        await super()._handle_sync(response)
        _die(brings_key, "handled")


def _brings_key(response: Any) -> bool:
    events = response.to_device_events if isinstance(response, nio.SyncResponse) else []
    return any(isinstance(event, nio.OlmEvent) for event in events)


def _die(brings_key: bool, step: str) -> None:
    order = Path(ORDER)
    if brings_key and order.exists() and order.read_text() == step:
        order.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def dying_main() -> None:
    """The program's `main` with such a client."""
    with patch("bot.platforms.matrix.account.key_store.Client", DyingClient):
        main()
