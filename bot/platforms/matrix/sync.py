"""The loop that receives: an event is acknowledged to the server only after the mailbox has stored it."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import nio
import structlog

from bot.errors import SettingsError
from bot.messages import Conversation, Incoming, Kind, Outgoing, Sender
from bot.patience import patiently
from bot.platforms import Intake, Sealed
from bot.platforms.matrix import notices
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.account.trust import Policy
from bot.platforms.matrix.attention import Attention
from bot.platforms.matrix.content import KEY
from bot.platforms.matrix.errors import body, checked
from bot.platforms.matrix.events import Account, read
from bot.platforms.matrix.receipts import Receipts
from bot.platforms.matrix.recent import Recent
from bot.platforms.matrix.rooms.doorkeeper import Doorkeeper
from bot.platforms.matrix.rooms.invitations import Invitation, read_invitation
from bot.platforms.matrix.rooms.members import is_direct, learn_member, learn_size, name_of
from bot.platforms.matrix.timeline import complete
from bot.platforms.matrix.wire import Wire, event_id, moment, part, text

log = structlog.get_logger(__name__)

LONG_POLL_MS = 30_000
SYNC_WITHIN_S = 600.0
CURSOR_AGE_S = 60.0
LONGEST_NAME = 100
MOST_SEALED = 1_000

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


@dataclass(slots=True)
class Batch:
    """What a sync brought for the mailbox: events, events without a key, ids of those that need no key any more."""

    events: list[Incoming] = field(default_factory=list)
    sealed: list[Sealed] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    notices: list[Outgoing] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not (self.events or self.sealed or self.opened)


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
        attention: Attention,
        doorkeeper: Doorkeeper,
        operators: Conversation | None,
        receipts: Receipts | None = None,
    ) -> None:
        self.is_connected = False
        self.echoes: Recent[str] = Recent()  # idempotency key -> event id, of our messages seen in rooms
        self._name = name
        self._client = client
        self._attention = attention
        self._doorkeeper = doorkeeper
        self._operators = operators
        self._receipts = receipts
        self._sealed: dict[str, Sealed] = {}
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
        self._sealed = {sealed.event_id: sealed for sealed in await intake.sealed(self._name)}

    def _disconnected(self) -> None:
        self.is_connected = False

    async def _step(self, intake: Intake) -> None:
        response = await self._sync()
        await self._client.tend_keys(response)
        await self._doorkeeper.attend(response, await self._invitations(response), intake)
        batch = await self._read_rooms(response)
        await self._open_sealed(batch)
        if not self._is_resumed:
            await intake.resume(self._name, self.echoes.items())
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
                    timeout=0 if is_first else LONG_POLL_MS,
                    sync_filter=FILTER,
                    since=self._position,
                    full_state=is_first,  # matrix-nio keeps the state of rooms in memory only
                )
            )

    async def _store(self, intake: Intake, batch: Batch, position: str) -> None:
        await intake.receive(self._name, batch.events, position, batch.sealed, batch.opened)
        self._stored_at = time.monotonic()
        if self._receipts is not None:
            self._receipts.give(batch.events)
        for sealed in batch.sealed:
            self._sealed[sealed.event_id] = sealed
        for identity in batch.opened:
            self._sealed.pop(identity, None)

    async def _notify(self, intake: Intake, batch: Batch) -> None:
        changed = self._client.trust.changed
        for person in changed:
            log.warning("matrix.identity_changed", user_id=person)
        if self._operators is not None:
            batch.notices += [notices.new_identity(*change, self._operators) for change in changed.items()]
        await intake.post(batch.notices)
        self._client.trust.settle()

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

    async def _read_rooms(self, response: Any) -> Batch:
        batch = Batch()
        for room_id, info in response.rooms.join.items():
            room = self._client.rooms.get(room_id)
            if room is None:
                continue  # left a moment ago
            if info.timeline.limited and room.encrypted:
                self._client.doubt_members(room)
            if not info.timeline.events:
                continue  # the first sync after a start brings every room
            await learn_size(self._client, room, info)
            await learn_member(self._client, room, self._client.user_id)  # people call us by our name
            timeline = await complete(self._client, room_id, info, self._position, is_direct(room))
            for event in timeline.events:
                await self._read(event, room, timeline.names, batch)
        return batch

    async def _open_sealed(self, batch: Batch) -> None:
        """Read what could not be read before, in case its key has come."""
        for sealed in list(self._sealed.values()):
            room = self._client.rooms.get(text(sealed.wire, "room_id"))
            event = self._client.opened(sealed.wire) if room is not None else None
            if room is None:
                batch.opened.append(sealed.event_id)  # the bot is not in that room any more
            if event is None:
                continue
            batch.opened.append(sealed.event_id)
            if not isinstance(event, nio.MegolmEvent):
                await learn_size(self._client, room)
                await self._read(event, room, {}, batch)

    async def _read(self, event: Any, room: Any, names: dict[str, str], batch: Batch) -> None:
        wire = event.source
        self._attention.note(wire)
        self._note_echo(wire)
        if isinstance(event, nio.MegolmEvent):
            self._seal(event, room.room_id, batch)
            return
        user_id = self._client.user_id
        conversation = Conversation(self._name, room.room_id, is_direct(room))
        reading = read(wire, conversation, Account(user_id, (name_of(room, user_id),)), _name(wire, room, names))
        if reading is None or self._is_old(reading.incoming.sent_at):
            return
        if reading.incoming.kind is Kind.DELETION and reading.incoming.refers_to in self._sealed:
            batch.opened.append(reading.incoming.refers_to)
        incoming = await self._attention.judge(reading)
        if incoming is not None:
            await learn_member(self._client, room, incoming.sender.id)
            sender = Sender(incoming.sender.id, _name(wire, room, names))
            self._admit(replace(incoming, sender=sender), self._is_trusted(event, room), batch)

    def _is_trusted(self, event: Any, room: Any) -> bool:
        # Reactions and deletions are never encrypted; a message in clear can come from anybody on a server.
        is_sealed_kind = not room.encrypted or event.source.get("type") != "m.room.message"
        return is_sealed_kind or (event.decrypted and self._client.trust.vouches_for(self._client, event))

    def _admit(self, incoming: Incoming, is_trusted: bool, batch: Batch) -> None:
        if is_trusted or self._client.trust.policy is Policy.OPEN:
            batch.events.append(incoming)
        if is_trusted or not incoming.is_addressed:
            return
        log.warning("matrix.device_not_confirmed", room_id=incoming.conversation.id)
        if self._client.trust.policy is Policy.STRICT:
            batch.notices.append(notices.how_to_confirm(incoming))
        elif self._operators is not None:
            batch.notices.append(notices.answered_anyway(incoming, self._operators))

    def _seal(self, event: Any, room_id: str, batch: Batch) -> None:
        sent_at = moment(event.source, "origin_server_ts")
        is_known = event.event_id in self._sealed or event.sender == self._client.user_id
        if is_known or sent_at is None or self._is_old(sent_at):
            return
        log.warning("matrix.key_missing", room_id=room_id, event_id=event.event_id)
        batch.sealed.append(Sealed(event.event_id, {**event.source, "room_id": room_id}))
        if len(self._sealed) + len(batch.sealed) > MOST_SEALED:
            batch.opened.append(next(iter(self._sealed), event.event_id))

    def _is_old(self, sent_at: datetime) -> bool:
        return self._answers_from is not None and sent_at < self._answers_from

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
