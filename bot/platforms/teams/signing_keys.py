"""The keys that Microsoft signs its requests with, fetched beside the other work of the event loop."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp
import structlog

from bot.platforms.teams.refusal import Refusal

log = structlog.get_logger(__name__)

PATIENCE = aiohttp.ClientTimeout(total=10)
# Microsoft asks to look for new keys once a day, and lets them be known long before it signs with them.
FRESH_S = 12 * 3600
USABLE_S = 24 * 3600
AGAIN_S = 300


class SigningKeys:
    """Fetches the keys that the metadata at `openid_url` name, and gives them to `hand_over` each time."""

    def __init__(self, openid_url: str, hand_over: Callable[[Sequence[dict[str, Any]]], None]) -> None:
        self._url = openid_url
        self._hand_over = hand_over
        self._ids: set[object] = set()
        self._fetched: float | None = None
        self._asked: float | None = None
        self._fetching = asyncio.Lock()

    async def learn(self, key_id: str) -> None:
        """Make sure that the keys are fresh, and that this one is looked for; raises `Refusal` if there are none."""
        async with self._fetching:
            if _is_younger(self._fetched, FRESH_S) and key_id in self._ids:
                return
            if _is_younger(self._fetched, USABLE_S) and _is_younger(self._asked, AGAIN_S):
                return
            try:
                await self._fetch()
            except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
                log.error("teams.keys_unreachable", error=type(error).__name__)
                if not _is_younger(self._fetched, USABLE_S):
                    raise Refusal(503, "signing keys") from None

    async def _fetch(self) -> None:
        if self._fetched is not None:
            self._asked = time.monotonic()
        async with aiohttp.ClientSession(timeout=PATIENCE, trust_env=True, raise_for_status=True) as http:
            async with http.get(self._url) as answer:
                keys_url = (await answer.json(content_type=None))["jwks_uri"]
            async with http.get(keys_url) as answer:
                keys = (await answer.json(content_type=None))["keys"]
        known = {key["kid"]: key for key in keys if "kid" in key}
        self._hand_over(list(known.values()))
        self._ids = set(known)
        self._fetched = time.monotonic()


def _is_younger(moment: float | None, seconds: float) -> bool:
    return moment is not None and time.monotonic() - moment < seconds
