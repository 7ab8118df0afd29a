"""Trying again, later and later: nothing is lost by waiting, and what is in trouble needs rest."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

T = TypeVar("T")

log = structlog.get_logger(__name__)

FIRST_S = 1.0
LONGEST_S = 30.0
SHORTEST_ASKED_S = 0.5
LONGEST_ASKED_S = 300.0


def pause(failures: int, retry_after: float | None = None) -> float:
    """Seconds to wait after `failures` earlier ones: what the server asked for (up to 300), else 1, 2, 4 … up to 30.

    Half of it is left to chance, so that many do not come back in the same moment.
    """
    if retry_after is not None:
        return min(max(retry_after, SHORTEST_ASKED_S), LONGEST_ASKED_S)
    return min(LONGEST_S, FIRST_S * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0)


async def patiently(
    attempt: Callable[[], Awaitable[T]],
    what: str,
    failed: Callable[[], None] = lambda: None,
    *,
    mends_itself: tuple[type[Exception], ...] = (Exception,),
    fatal: tuple[type[Exception], ...] = (),
    **context: object,
) -> T:
    """Try until it works, with a call of `failed` each time it does not.

    Errors of the kinds `mends_itself` pass with time, unless they are `fatal`; others are raised at once. Each failure
    is logged as `what` with its `context`, never with the error's text, which may quote a message.
    """
    failures = 0
    while True:
        try:
            return await attempt()
        except fatal:
            raise
        except mends_itself as error:
            wait = pause(failures, getattr(error, "retry_after", None))
            status = getattr(error, "status", None)
            log.warning(what, error=type(error).__name__, status=status, seconds=round(wait, 1), **context)
        failures += 1
        failed()
        await asyncio.sleep(wait)
