"""Follows or refuses invitations on the server, and tries again while that may help."""

import asyncio
from collections.abc import Iterable
from typing import Any

import structlog

from bot.patience import pause
from bot.platforms.matrix.errors import checked
from bot.platforms.matrix.invitations import Invitation, Welcome

log = structlog.get_logger(__name__)

PATIENCE_S = 5.0
ATTEMPTS = 8


class Doorkeeper:
    """Joins the rooms that the bot is welcome to enter, leaves the others."""

    def __init__(self, client: Any, welcome: Welcome) -> None:
        self._client = client
        self._welcome = welcome
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def answer(self, invitations: Iterable[Invitation]) -> None:
        """Answer invitations; returns after `PATIENCE_S` at the latest, the rest goes on by itself.

        The caller acknowledges them to the server afterwards, so a crash before repeats them, and a slow remote server
        does not hold up the messages of all rooms.
        """
        tasks = [self._begin(invitation) for invitation in invitations]
        if tasks:
            await asyncio.wait(tasks, timeout=PATIENCE_S)

    async def close(self) -> None:
        """Stop trying."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _begin(self, invitation: Invitation) -> asyncio.Task[None]:
        running = self._tasks.get(invitation.room_id)
        if running is None:
            running = asyncio.create_task(self._settle(invitation))
            self._tasks[invitation.room_id] = running
            running.add_done_callback(lambda _: self._tasks.pop(invitation.room_id, None))
        return running

    async def _settle(self, invitation: Invitation) -> None:
        act = self._client.join if self._is_followed(invitation) else self._client.room_leave
        for attempt in range(ATTEMPTS):
            try:
                checked(await act(invitation.room_id))
            except Exception as error:
                # A join can be forbidden for a moment: over federation it may overtake the invitation.
                log.warning("matrix.invitation_postponed", room_id=invitation.room_id, error=type(error).__name__)
                await asyncio.sleep(pause(attempt, getattr(error, "retry_after", None)))
            else:
                log.info("matrix.invitation_settled", room_id=invitation.room_id, act=act.__name__)
                return
        log.error("matrix.invitation_given_up", room_id=invitation.room_id, server=invitation.server)

    def _is_followed(self, invitation: Invitation) -> bool:
        if not self._welcome.is_for(invitation.inviter):
            log.warning("matrix.invitation_refused", room_id=invitation.room_id, server=invitation.server)
            return False
        if invitation.is_encrypted:
            log.warning("matrix.invitation_encrypted", room_id=invitation.room_id, server=invitation.server)
            return False
        return True
