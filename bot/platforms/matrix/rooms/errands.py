"""What has to be done for rooms on the server, in the background: tried again while that may help."""

import asyncio
from collections.abc import Awaitable, Callable, Collection

import structlog

from bot.patience import pause

log = structlog.get_logger(__name__)

PATIENCE_S = 5.0
ATTEMPTS = 8


class Errands:
    """At most one errand of a kind for a room at a time; who begins it again gets the one that runs."""

    def __init__(self) -> None:
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def begin(self, kind: str, room_id: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Do some work until it raises nothing, or given up after `ATTEMPTS`; it must bear being done twice."""
        running = self._tasks.get((kind, room_id))
        if running is None:
            running = asyncio.create_task(_persist(kind, room_id, work))
            self._tasks[kind, room_id] = running
            running.add_done_callback(lambda _: self._tasks.pop((kind, room_id), None))
        return running

    async def wait(self, errands: Collection[asyncio.Task[None]]) -> None:
        """Wait for errands, `PATIENCE_S` at the longest: the rest goes on by itself."""
        if errands:
            await asyncio.wait(errands, timeout=PATIENCE_S)

    def drop(self, room_id: str) -> None:
        """Give up whatever is being done for a room."""
        for (_, place), task in self._tasks.items():
            if place == room_id:
                task.cancel()

    async def close(self) -> None:
        """Stop all errands."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _persist(kind: str, room_id: str, work: Callable[[], Awaitable[None]]) -> None:
    for attempt in range(ATTEMPTS):
        try:
            await work()
        except Exception as error:
            # Even a refusal can be for a moment: over federation a join may overtake its invitation.
            status = getattr(error, "status", None)
            log.warning(f"matrix.{kind}_postponed", room_id=room_id, error=type(error).__name__, status=status)
            await asyncio.sleep(pause(attempt, getattr(error, "retry_after", None)))
        else:
            return
    log.error(f"matrix.{kind}_given_up", room_id=room_id)
