"""The loop that receives: an event is acknowledged to the server only after the mailbox has stored it."""

import asyncio
import time
from datetime import datetime
from typing import Any

import structlog

from bot.errors import SettingsError
from bot.messages import Conversation, Incoming
from bot.patience import patiently
from bot.platforms import Intake
from bot.platforms.matrix.attention import Attention
from bot.platforms.matrix.content import KEY
from bot.platforms.matrix.doorkeeper import Doorkeeper
from bot.platforms.matrix.errors import body, checked
from bot.platforms.matrix.events import Account, read
from bot.platforms.matrix.invitations import Invitation, read_invitation
from bot.platforms.matrix.recent import Recent
from bot.platforms.matrix.rooms import is_direct, learn_size, name_of
from bot.platforms.matrix.timeline import Timeline, complete
from bot.platforms.matrix.wire import Wire, event_id, part, text

log = structlog.get_logger(__name__)

LONG_POLL_MS = 30_000
SYNC_WITHIN_S = 600.0
CURSOR_AGE_S = 60.0
LONGEST_NAME = 100

_NOTHING = {"not_types": ["*"]}
# Without "redundant" members, Synapse keeps back those that it sent to our device before a restart.
_MEMBERS = {"lazy_load_members": True, "include_redundant_members": True}
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

    def __init__(self, name: str, client: Any, attention: Attention, doorkeeper: Doorkeeper) -> None:
        self.is_connected = False
        self.echoes: Recent[str] = Recent()  # idempotency key -> event id, of our messages seen in rooms
        self._name = name
        self._client = client
        self._attention = attention
        self._doorkeeper = doorkeeper
        self._position: str | None = None
        self._answers_from: datetime | None = None
        self._stored_at = float("-inf")
        self._is_resumed = False

    async def run(self, intake: Intake, started: datetime) -> None:
        """Receive for ever; raises `TokenRejectedError`. At the very first start, talk before `started` is ignored."""
        self._position = await patiently(lambda: intake.cursor(self._name), "matrix.cursor_unknown")
        self._answers_from = started if self._position is None else None
        while True:
            # Network, database, a batch that nio stumbles over: whatever it is, nothing is acknowledged yet.
            await patiently(
                lambda: self._step(intake), "matrix.sync_failed", self._disconnected, fatal=(SettingsError,)
            )
            self.is_connected = True

    def _disconnected(self) -> None:
        self.is_connected = False

    async def _step(self, intake: Intake) -> None:
        response = await self._sync()
        await self._doorkeeper.answer(await self._invitations(response))
        events = await self._events(response)
        if not self._is_resumed:
            await intake.resume(self._name, self.echoes.items())
            self._is_resumed = True
        if events or time.monotonic() - self._stored_at > CURSOR_AGE_S:
            await intake.receive(self._name, events, cursor=response.next_batch)
            self._stored_at = time.monotonic()
        self._position, self._answers_from = response.next_batch, None
        for room_id in response.rooms.leave:
            self._client.rooms.pop(room_id, None)  # matrix-nio keeps left rooms, with members of the past

    async def _sync(self) -> Any:
        # matrix-nio moves its token before it has handled a batch, and skips a batch whose token it has seen.
        self._client.next_batch = ""
        is_first = not self._is_resumed
        async with asyncio.timeout(SYNC_WITHIN_S):
            return checked(
                await self._client.sync(
                    timeout=0 if is_first else LONG_POLL_MS,
                    sync_filter=FILTER,
                    since=self._position,
                    full_state=is_first,  # matrix-nio keeps the state of rooms in memory only
                )
            )

    async def _invitations(self, response: Any) -> list[Invitation]:
        if not response.rooms.invite:
            return []
        # matrix-nio drops the stripped state that it does not know, such as m.room.encryption.
        rooms = part(await body(response), "rooms", "invite")
        found = [self._invitation(room_id, part(rooms, room_id, "invite_state")) for room_id in rooms]
        return [invitation for invitation in found if invitation is not None]

    def _invitation(self, room_id: str, state: Wire) -> Invitation | None:
        events = state.get("events")
        return read_invitation(room_id, events if isinstance(events, list) else [], self._client.user_id)

    async def _events(self, response: Any) -> list[Incoming]:
        events: list[Incoming] = []
        for room_id, info in response.rooms.join.items():
            if not info.timeline.events:
                continue  # the first sync after a start brings every room
            room = self._client.rooms[room_id]
            await learn_size(self._client, room, info)
            conversation = Conversation(self._name, room_id, is_direct(room))
            timeline = await complete(self._client, room_id, info, self._position, conversation.is_direct)
            events += await self._read(timeline, room, conversation)
        return events

    async def _read(self, timeline: Timeline, room: Any, conversation: Conversation) -> list[Incoming]:
        account = Account(self._client.user_id, (name_of(room, self._client.user_id),))
        events: list[Incoming] = []
        for event in timeline.events:
            self._attention.note(event)
            self._note_echo(event)
            if event.get("type") == "m.room.encryption":
                log.warning("matrix.room_became_encrypted", room_id=conversation.id)
            reading = read(event, conversation, account, _name(event, room, timeline.names))
            if reading is None or self._is_old(reading.incoming):
                continue
            incoming = await self._attention.judge(reading)
            if incoming is not None:
                events.append(incoming)
        return events

    def _is_old(self, incoming: Incoming) -> bool:
        return self._answers_from is not None and incoming.sent_at < self._answers_from

    def _note_echo(self, event: Wire) -> None:
        content = part(event, "content")
        key, identity = text(content, KEY), event_id(event)
        if key and identity is not None and event.get("sender") == self._client.user_id:
            relation = part(content, "m.relates_to")
            edited = event_id(relation) if text(relation, "rel_type") == "m.replace" else None
            # People see an edited message under its first id.
            self.echoes[key] = edited or identity


def _name(event: Wire, room: Any, names: dict[str, str]) -> str:
    sender = text(event, "sender")
    return (name_of(room, sender) or names.get(sender) or sender[1:].partition(":")[0])[:LONGEST_NAME]
