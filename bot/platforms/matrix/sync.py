"""The loop that receives: an event is acknowledged to the server only after the mailbox has stored it."""

import asyncio
import time
from datetime import datetime
from typing import Any

import structlog

from bot.errors import SettingsError
from bot.messages import Conversation
from bot.patience import patiently
from bot.platforms import Intake
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.errors import body, checked
from bot.platforms.matrix.notices import new_identity
from bot.platforms.matrix.reading import Batch, Reader
from bot.platforms.matrix.receipts import Receipts
from bot.platforms.matrix.rooms.doorkeeper import Doorkeeper
from bot.platforms.matrix.rooms.invitations import Invitation, read_invitation
from bot.platforms.wire import Wire, part

log = structlog.get_logger(__name__)

LONG_POLL_MS = 30_000
SYNC_WITHIN_S = 600.0
CURSOR_AGE_S = 60.0

_NOTHING = {"not_types": ["*"]}
# Without "redundant" members: Synapse takes each of those for somebody new whose devices are to be asked for.
_MEMBERS = {"lazy_load_members": True}
FILTER = {
    "presence": _NOTHING,
    "account_data": _NOTHING,
    "room": {
        "timeline": {"limit": 100} | _MEMBERS,
        "state": _MEMBERS,
        "ephemeral": _NOTHING,
        "account_data": _NOTHING,
    },
}


class Receiver:
    """Receives for one account.

    `position` is the place in the stream up to which nothing can be lost; what comes after it is asked for again after
    any failure. It is stored together with events, and without any only now and then: dropped talk and echoes of our
    own messages are harmless to see twice, and cost no write.
    """

    def __init__(
        self,
        name: str,
        client: Client,
        reader: Reader,
        doorkeeper: Doorkeeper,
        operators: Conversation | None,
        receipts: Receipts | None = None,
    ) -> None:
        self.is_connected = False
        self._name = name
        self._client = client
        self._reader = reader
        self._doorkeeper = doorkeeper
        self._operators = operators
        self._receipts = receipts
        self._position: str | None = None
        self._answers_from: datetime | None = None
        self._stored_at = float("-inf")
        self._is_resumed = False

    async def run(self, intake: Intake, started: datetime) -> None:
        """Receive for ever; raises `TokenRejectedError`. At the very first start, talk before `started` is ignored."""
        await patiently(lambda: self._recall(intake), "matrix.cursor_unknown")
        self._answers_from = started if self._position is None else None
        while True:
            # Network, database, a batch that nio stumbles over: whatever it is, nothing is acknowledged yet.
            await patiently(
                lambda: self._step(intake), "matrix.sync_failed", self._disconnected, fatal=(SettingsError,)
            )
            self.is_connected = True

    async def _recall(self, intake: Intake) -> None:
        self._position = await intake.cursor(self._name)
        self._reader.recall(await intake.sealed(self._name))

    def _disconnected(self) -> None:
        self.is_connected = False

    async def _step(self, intake: Intake) -> None:
        response = await self._sync()
        await self._client.tend_keys(response)
        await self._doorkeeper.attend(response, await self._invitations(response), intake)
        batch = await self._reader.gather(response, self._position, self._answers_from)
        if not self._is_resumed:
            await intake.resume(self._name, self._reader.echoes.items())
            self._is_resumed = True
        await self._notify(intake, batch)
        if not batch.is_empty or time.monotonic() - self._stored_at > CURSOR_AGE_S:
            await self._store(intake, batch, response.next_batch)
        self._position, self._answers_from = response.next_batch, None
        for room_id in (*response.rooms.leave, *response.rooms.invite):
            self._client.rooms.pop(room_id, None)  # matrix-nio keeps left rooms, with members of the past

    async def _sync(self) -> Any:
        # matrix-nio moves its token before it has handled a batch, and skips a batch whose token it has seen.
        self._client.next_batch = ""
        is_first = not self._is_resumed
        async with asyncio.timeout(SYNC_WITHIN_S):
            return checked(
                await self._client.sync(
                    # After a failure an answer is wanted at once: it tells that the server is back.
                    timeout=LONG_POLL_MS if self.is_connected else 0,
                    sync_filter=FILTER,
                    since=self._position,
                    full_state=is_first,  # matrix-nio keeps the state of rooms in memory only
                )
            )

    async def _store(self, intake: Intake, batch: Batch, position: str) -> None:
        await intake.receive(self._name, batch.events, position, batch.sealed, batch.opened)
        self._stored_at = time.monotonic()
        self._reader.settle(batch)
        if self._receipts is not None:
            self._receipts.give(batch.events)

    async def _notify(self, intake: Intake, batch: Batch) -> None:
        changed = self._client.trust.changed
        for person in changed:
            log.warning("matrix.identity_changed", user_id=person)
        if self._operators is not None:
            batch.notices += [new_identity(*change, self._operators) for change in changed.items()]
        await intake.post(batch.notices)
        self._client.trust.settle()

    async def _invitations(self, response: Any) -> list[Invitation]:
        if not response.rooms.invite:
            return []
        # matrix-nio drops the stripped state that it does not know.
        rooms = part(await body(response), "rooms", "invite")
        found = [self._invitation(room_id, part(rooms, room_id, "invite_state")) for room_id in rooms]
        return [invitation for invitation in found if invitation is not None]

    def _invitation(self, room_id: str, state: Wire) -> Invitation | None:
        events = state.get("events")
        return read_invitation(room_id, events if isinstance(events, list) else [], self._client.user_id)
