"""The messages that people point at, fetched from the server when they do; nothing of them is kept."""

from dataclasses import replace
from typing import Any

from bot.messages import Conversation, Kind, Quoted
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.account.trust import Policy
from bot.platforms.matrix.attention import Lookup, Quotation
from bot.platforms.matrix.events import Account, Reading, read_anybodys, thread_of
from bot.platforms.matrix.rooms.members import learn_member, name_of, shown_name
from bot.platforms.wire import Wire, part, text


class Quotations:
    """Reads messages of the past as everybody in the room sees them now; raises when the server cannot be asked."""

    def __init__(self, client: Client, look_up: Lookup) -> None:
        self._client = client
        self._look_up = look_up

    async def find(self, conversation: Conversation, identity: str) -> Quotation:
        """A message, with the one that it answers."""
        room = self._client.rooms.get(conversation.id)
        wire = await self._look_up(conversation.id, identity)
        thread = thread_of(wire)
        reading = await self._read(wire, conversation, room)
        if reading is None:
            return Quotation(None, thread or identity)
        answers = await self._first_by_a_person((reading.reply_to, thread), conversation, room)
        return Quotation(_quoted(reading, answers), thread or identity, is_addressed=reading.incoming.is_addressed)

    async def _first_by_a_person(
        self, identities: tuple[str | None, ...], conversation: Conversation, room: Any
    ) -> Quoted | None:
        for identity in identities:
            wire = await self._look_up(conversation.id, identity) if identity is not None else {}
            reading = await self._read(wire, conversation, room)
            if reading is not None and reading.is_human:
                return _quoted(reading)
        return None

    async def _read(self, wire: Wire, conversation: Conversation, room: Any) -> Reading | None:
        """What a message says in words by now."""
        reading = await self._understand(wire, conversation, room)
        if reading is None or reading.incoming.kind is not Kind.MESSAGE or reading.incoming.has_attachment:
            return None
        edit = part(wire, "unsigned", "m.relations", "m.replace")
        if edit:
            # What was said before is shown to nobody any more, even if the new words cannot be read.
            reading = _edited(reading, await self._understand(edit, conversation, room))
        return reading if reading is not None and reading.incoming.text else None

    async def _understand(self, wire: Wire, conversation: Conversation, room: Any) -> Reading | None:
        event = self._opened(wire, room)
        if not event:
            return None
        sender = text(event, "sender")
        await learn_member(self._client, room, sender)
        account = Account(self._client.user_id, (name_of(room, self._client.user_id),))
        return read_anybodys(event, conversation, account, shown_name(room, sender, {}))

    def _opened(self, wire: Wire, room: Any) -> Wire:
        """An event in clear; an empty one when it cannot be read, or when somebody else may have written it."""
        is_open = self._client.trust.policy is Policy.OPEN
        if room is None or wire.get("type") != "m.room.encrypted":
            return wire if room is not None and (is_open or not room.encrypted) else {}
        event = self._client.opened({**wire, "room_id": room.room_id})
        if event is None or not getattr(event, "decrypted", False):
            return {}
        source: Wire = event.source
        # Our own words are nobody's knowledge, whichever device they come from.
        is_ours = event.sender == self._client.user_id
        return source if is_open or is_ours or self._client.trust.vouches_for(self._client, event) else {}


def _edited(before: Reading, edit: Reading | None) -> Reading | None:
    if edit is None or edit.incoming.kind is not Kind.EDIT or edit.incoming.sender != before.incoming.sender:
        return None
    is_its = edit.incoming.refers_to == before.incoming.event_id
    return replace(before, incoming=replace(before.incoming, text=edit.incoming.text)) if is_its else None


def _quoted(reading: Reading, answers: Quoted | None = None) -> Quoted:
    incoming = reading.incoming
    return Quoted(incoming.event_id, incoming.sender, incoming.text, reading.is_human, answers)
