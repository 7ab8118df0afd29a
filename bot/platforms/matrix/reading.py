"""From what a sync brings to what the mailbox gets: events that are for the bot and that it may trust."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import nio
import structlog

from bot.messages import Conversation, Incoming, Kind, Outgoing, Sender
from bot.platforms import Sealed
from bot.platforms.matrix import notices
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.account.trust import Policy
from bot.platforms.matrix.attention import Attention
from bot.platforms.matrix.content import KEY
from bot.platforms.matrix.events import Account, read, read_passage
from bot.platforms.matrix.rooms.members import is_direct, learn_member, learn_size, name_of, shown_name
from bot.platforms.matrix.timeline import complete
from bot.platforms.matrix.wire import event_id, moment
from bot.platforms.wire import Wire, part, text
from bot.recent import Recent

log = structlog.get_logger(__name__)

MOST_SEALED = 1_000


@dataclass(slots=True)
class Batch:
    """What a sync brought for the mailbox: events, events without a key, ids of those that need no key any more.

    `notices` are what has to be said about devices that are not trusted.
    """

    events: list[Incoming] = field(default_factory=list)
    sealed: list[Sealed] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    notices: list[Outgoing] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not (self.events or self.sealed or self.opened)


class Reader:
    """Reads the rooms of one account, and remembers the events that wait for their keys.

    `echoes` are messages of ours that were seen in rooms: idempotency key -> event id. Where the bot `hears_all`, it
    takes in who enters and leaves, too.
    """

    def __init__(
        self,
        name: str,
        client: Client,
        attention: Attention,
        operators: Conversation | None,
        hears_all: Callable[[Conversation], bool],
    ) -> None:
        self.echoes: Recent[str] = Recent()
        self._name = name
        self._client = client
        self._attention = attention
        self._operators = operators
        self._hears_all = hears_all
        self._sealed: dict[str, Sealed] = {}
        self._answers_from: datetime | None = None

    def recall(self, sealed: Sequence[Sealed]) -> None:
        """Wait for the keys of these events, too."""
        self._sealed = {event.event_id: event for event in sealed}

    async def gather(self, response: Any, since: str | None, answers_from: datetime | None) -> Batch:
        """Read what a sync brought, from `since` on, and what can be read by keys that have come.

        What was said before `answers_from` is left out. Raises `ServerError` or a connection error.
        """
        self._answers_from = answers_from
        batch = Batch()
        for room_id, info in response.rooms.join.items():
            room = self._client.rooms.get(room_id)
            if room is not None:  # it may have been left a moment ago
                await self._gather_room(room, info, since, batch)
        await self._open_sealed(batch)
        return batch

    def settle(self, batch: Batch) -> None:
        """Take note that the mailbox has stored a batch."""
        self._sealed |= {sealed.event_id: sealed for sealed in batch.sealed}
        for identity in batch.opened:
            self._sealed.pop(identity, None)

    async def _gather_room(self, room: Any, info: Any, since: str | None, batch: Batch) -> None:
        if info.timeline.limited and room.encrypted:
            self._client.doubt_members(room)
        if not info.timeline.events:
            return  # the first sync after a start brings every room
        await learn_size(self._client, room, info)
        await learn_member(self._client, room, self._client.user_id)  # people call us by our name
        timeline = await complete(self._client, room.room_id, info, since, is_direct(room))
        for event in timeline.events:
            await self._take(event, room, timeline.names, batch)

    async def _open_sealed(self, batch: Batch) -> None:
        for sealed in list(self._sealed.values()):
            room = self._client.rooms.get(text(sealed.wire, "room_id"))
            if room is None:
                batch.opened.append(sealed.event_id)  # of a room that was left: it need not be read any more
                continue
            event = self._client.opened(sealed.wire)
            if event is None:
                continue
            batch.opened.append(sealed.event_id)
            if not isinstance(event, nio.MegolmEvent):
                await learn_size(self._client, room)
                await self._take(event, room, {}, batch)

    async def _take(self, event: Any, room: Any, names: dict[str, str], batch: Batch) -> None:
        wire = event.source
        self._attention.note(wire)
        self._note_echo(wire)
        if isinstance(event, nio.MegolmEvent):
            self._seal(event, room.room_id, batch)
            return
        user_id = self._client.user_id
        conversation = self._conversation(room)
        account = Account(user_id, (name_of(room, user_id),))
        if self._hears_all(conversation):
            self._take_passage(read_passage(wire, conversation, account, _who(room, wire, names)), batch)
        reading = read(wire, conversation, account, shown_name(room, text(wire, "sender"), names))
        if reading is None or self._is_old(reading.incoming.sent_at):
            return
        if reading.incoming.kind is Kind.DELETION and reading.incoming.refers_to in self._sealed:
            batch.opened.append(reading.incoming.refers_to)
        incoming = await self._attention.judge(reading)
        if incoming is not None:
            await learn_member(self._client, room, incoming.sender.id)
            sender = Sender(incoming.sender.id, shown_name(room, incoming.sender.id, names))
            self._admit(replace(incoming, sender=sender), self._is_trusted(event, room), batch)

    def _conversation(self, room: Any) -> Conversation:
        """The conversation in a room; where people consult each other, whoever is the first there is not alone."""
        place = Conversation(self._name, room.room_id)
        return replace(place, is_direct=is_direct(room) and not self._hears_all(place))

    def _take_passage(self, passage: Incoming | None, batch: Batch) -> None:
        if passage is not None and not self._is_old(passage.sent_at):
            batch.events.append(passage)

    def _is_trusted(self, event: Any, room: Any) -> bool:
        # Reactions and deletions are never encrypted; a message in clear can come from anybody on a server.
        if not room.encrypted or event.source.get("type") != "m.room.message":
            return True
        return getattr(event, "decrypted", False) and self._client.trust.vouches_for(self._client, event)

    def _admit(self, incoming: Incoming, is_trusted: bool, batch: Batch) -> None:
        if is_trusted or self._client.trust.policy is Policy.OPEN:
            batch.events.append(incoming)
        if is_trusted or not (incoming.is_addressed or self._hears_all(incoming.conversation)):
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


def _who(room: Any, membership: Wire, names: dict[str, str]) -> str:
    return shown_name(room, text(membership, "state_key"), names)
