"""The mailbox in the database: received events, messages to deliver, places in the platforms' streams."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Table, delete, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.mailbox import ConversationMove, Cursor, InboxMessage, InboxState, OutboxMessage, OutboxState
from storage.models.peer_consultation import GroupPost
from storage.models.routing import RoutingMessage

Payload = Mapping[str, Any]

_INBOX: Table = InboxMessage.__table__  # type: ignore[attr-defined]
_OUTBOX: Table = OutboxMessage.__table__  # type: ignore[attr-defined]
_CURSOR: Table = Cursor.__table__  # type: ignore[attr-defined]
_MOVE: Table = ConversationMove.__table__  # type: ignore[attr-defined]

_HELD = (_OUTBOX.c.state == OutboxState.WAITING) & _OUTBOX.c.held_until.is_not(None)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of ours: its key, and its id on the platform once it is delivered."""

    key: str
    message_id: str | None


class MailboxRepository:
    """Rows of inbox, outbox, cursors and moves; payloads are JSON objects that this layer does not look into."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._insert = (
            postgresql.insert if session.bind and session.bind.dialect.name == "postgresql" else sqlite.insert
        )

    # inbox

    async def add_received(
        self,
        platform: str,
        events: Sequence[tuple[str, Payload]],
        now: datetime,
        state: InboxState = InboxState.WAITING,
    ) -> list[tuple[int, Payload]]:
        """Store events (id, payload) that are not stored yet or only sealed; give those with their numbers, in order.

        Sealed events are not stored over anything.
        """
        new: list[tuple[int, Payload]] = []
        for event_id, payload in events:  # one by one: numbers rise in the order of the events on every database
            insert = self._insert(_INBOX).values(
                platform=platform, event_id=event_id, payload=payload, received_at=now, state=state
            )
            statement = insert.on_conflict_do_update(
                index_elements=["platform", "event_id"],
                set_={"payload": insert.excluded.payload, "state": state},
                where=(_INBOX.c.state == InboxState.SEALED) & (insert.excluded.state != InboxState.SEALED),
            )
            number = (await self._session.execute(statement.returning(_INBOX.c.number))).scalar()
            if number is not None:
                new.append((number, payload))
        return new

    async def sealed(self, platform: str) -> list[tuple[str, Payload]]:
        """All events (id, payload) that wait for their keys, oldest first."""
        statement = select(_INBOX.c.event_id, _INBOX.c.payload).where(
            _INBOX.c.platform == platform, _INBOX.c.state == InboxState.SEALED
        )
        return [(row[0], row[1]) for row in await self._session.execute(statement.order_by(_INBOX.c.number))]

    async def drop_sealed(self, platform: str, event_ids: Collection[str]) -> None:
        """Delete events that need not wait for their keys any longer."""
        statement = delete(_INBOX).where(
            _INBOX.c.platform == platform, _INBOX.c.event_id.in_(event_ids), _INBOX.c.state == InboxState.SEALED
        )
        if event_ids:
            await self._session.execute(statement)

    async def waiting_received(self) -> list[tuple[int, Payload]]:
        """All events that wait, oldest first."""
        statement = select(_INBOX.c.number, _INBOX.c.payload).where(_INBOX.c.state == InboxState.WAITING)
        return [(row[0], row[1]) for row in await self._session.execute(statement.order_by(_INBOX.c.number))]

    async def finish(self, number: int, state: InboxState) -> bool:
        """Mark an event as handled and drop its text; false when somebody else did so already."""
        statement = (
            update(_INBOX)
            .where(_INBOX.c.number == number, _INBOX.c.state == InboxState.WAITING)
            .values(state=state, payload=None)
        )
        return _rows(await self._session.execute(statement)) == 1

    # outbox

    async def post(self, rows: Sequence[Mapping[str, Any]]) -> set[str]:
        """Store messages to deliver, each a row of key, platform, answers, payload, held_until and created_at.

        Gives the keys of those that were stored: one whose key is known already is not.
        """
        statement = self._insert(_OUTBOX).on_conflict_do_nothing(index_elements=["key"]).returning(_OUTBOX.c.key)
        waiting = [{**row, "state": OutboxState.WAITING} for row in rows]
        stored = [(await self._session.execute(statement.values(row))).scalar() for row in waiting]
        return {key for key in stored if key is not None}

    async def waiting_to_send(self) -> list[tuple[int, Payload]]:
        """All messages that wait for delivery and are not held, oldest first."""
        condition = (_OUTBOX.c.state == OutboxState.WAITING) & _OUTBOX.c.held_until.is_(None)
        statement = select(_OUTBOX.c.number, _OUTBOX.c.payload).where(condition)
        return [(row[0], row[1]) for row in await self._session.execute(statement.order_by(_OUTBOX.c.number))]

    async def held(self, keys: Collection[str] | None = None) -> dict[str, datetime]:
        """Until when messages are held, by key; those of these keys, else all."""
        statement = select(_OUTBOX.c.key, _OUTBOX.c.held_until).where(_HELD)
        if keys is not None:
            statement = statement.where(_OUTBOX.c.key.in_(keys))
        return {row[0]: row[1] for row in await self._session.execute(statement)}

    async def held_payloads(self) -> list[Payload]:
        """What is held."""
        return [row[0] for row in await self._session.execute(select(_OUTBOX.c.payload).where(_HELD))]

    async def drop_held(self, key: str) -> bool:
        """Have a held message never be said; false when it is not held, or not any more."""
        statement = update(_OUTBOX).where(_OUTBOX.c.key == key, _HELD)
        return _rows(await self._session.execute(statement.values(state=OutboxState.DELIVERED, payload=None))) == 1

    async def release(self, now: datetime) -> list[Payload]:
        """Hold messages no longer whose time has come; gives them, oldest first."""
        statement = update(_OUTBOX).where(_HELD, _OUTBOX.c.held_until <= now).values(held_until=None)
        rows = await self._session.execute(statement.returning(_OUTBOX.c.number, _OUTBOX.c.payload))
        return [row[1] for row in sorted(rows, key=itemgetter(0))]

    async def note_sent(self, key: str, state: OutboxState, message_id: str | None) -> None:
        """Note how the delivery of a waiting message ended, and drop its text."""
        statement = (
            update(_OUTBOX)
            .where(_OUTBOX.c.key == key, _OUTBOX.c.state == OutboxState.WAITING)
            .values(state=state, message_id=message_id, payload=None)
        )
        await self._session.execute(statement)

    async def message_id(self, key: str) -> str | None:
        """The platform's id of a delivered message of ours."""
        return (await self._session.execute(select(_OUTBOX.c.message_id).where(_OUTBOX.c.key == key))).scalar()

    async def versions(self, key: str) -> list[str]:
        """The keys of all messages of ours that show in the place of this one, itself among them once delivered."""
        shown = select(_OUTBOX.c.platform, _OUTBOX.c.message_id).where(_OUTBOX.c.key == key).subquery()
        statement = select(_OUTBOX.c.key).join(
            shown, (_OUTBOX.c.platform == shown.c.platform) & (_OUTBOX.c.message_id == shown.c.message_id)
        )
        return [row[0] for row in await self._session.execute(statement)]

    async def is_known(self, key: str) -> bool:
        """Whether there is such a message of ours, delivered or not."""
        return (await self._session.execute(select(_OUTBOX.c.key).where(_OUTBOX.c.key == key))).scalar() is not None

    async def is_waiting(self, key: str) -> bool:
        """Whether a message is still to be delivered."""
        statement = select(_OUTBOX.c.state).where(_OUTBOX.c.key == key)
        return (await self._session.execute(statement)).scalar() == OutboxState.WAITING

    async def answer_to(self, platform: str, event_id: str) -> Sent | None:
        """The newest message of ours that answers an event."""
        return await self._newest(platform, _OUTBOX.c.answers == event_id)

    async def answers_to(self, platform: str, event_ids: Collection[str]) -> list[Sent]:
        """All messages of ours that answer one of these events, newest first."""
        statement = select(_OUTBOX.c.key, _OUTBOX.c.message_id).where(
            _OUTBOX.c.platform == platform, _OUTBOX.c.answers.in_(event_ids)
        )
        return [Sent(*row) for row in await self._session.execute(statement.order_by(_OUTBOX.c.number.desc()))]

    async def answered_by(self, keys: Collection[str]) -> list[str]:
        """The events that these messages of ours answer."""
        statement = select(_OUTBOX.c.answers).where(_OUTBOX.c.key.in_(keys), _OUTBOX.c.answers.is_not(None))
        return [row[0] for row in await self._session.execute(statement)]

    async def sent_as(self, platform: str, message_id: str) -> Sent | None:
        """The newest message of ours that shows under this id on the platform."""
        return await self._newest(platform, _OUTBOX.c.message_id == message_id)

    async def _newest(self, platform: str, condition: Any) -> Sent | None:
        statement = select(_OUTBOX.c.key, _OUTBOX.c.message_id).where(_OUTBOX.c.platform == platform, condition)
        row = (await self._session.execute(statement.order_by(_OUTBOX.c.number.desc()).limit(1))).first()
        return Sent(*row) if row else None

    # cursors

    async def cursor(self, platform: str) -> str | None:
        """How far the platform's stream is stored."""
        return (await self._session.execute(select(_CURSOR.c.position).where(_CURSOR.c.platform == platform))).scalar()

    async def move_cursor(self, platform: str, position: str) -> None:
        """Note how far the platform's stream is stored."""
        statement = self._insert(_CURSOR).values(platform=platform, position=position)
        statement = statement.on_conflict_do_update(index_elements=["platform"], set_={"position": position})
        await self._session.execute(statement)

    # conversations that moved

    async def note_move(self, platform: str, old: str, new: str, now: datetime) -> None:
        """Note that `new` took the place of a conversation, and is no old place itself."""
        await self._session.execute(delete(_MOVE).where(_MOVE.c.platform == platform, _MOVE.c.old_id == new))
        insert = self._insert(_MOVE).values(platform=platform, old_id=old, new_id=new, moved_at=now)
        await self._session.execute(
            insert.on_conflict_do_update(
                index_elements=["platform", "old_id"], set_={"new_id": new}, where=_MOVE.c.new_id != new
            )
        )

    async def moves(self) -> list[tuple[str, str, str]]:
        """All moves: platform, old id, new id."""
        statement = select(_MOVE.c.platform, _MOVE.c.old_id, _MOVE.c.new_id)
        return [(row[0], row[1], row[2]) for row in await self._session.execute(statement)]

    # keeping little

    async def forget(self, before: datetime) -> None:
        """Delete what was finished before a moment: only ids are left there, and those are not needed for ever.

        The messages of a question on its way stay as long as that: people go on writing below them. So do those of a
        group that consults: they are still to be deleted.
        """
        inbox = delete(_INBOX).where(_INBOX.c.state != InboxState.WAITING, _INBOX.c.received_at < before)
        needed = union_all(select(col(RoutingMessage.key)), select(col(GroupPost.key)))
        outbox = delete(_OUTBOX).where(
            _OUTBOX.c.state != OutboxState.WAITING, _OUTBOX.c.created_at < before, _OUTBOX.c.key.not_in(needed)
        )
        await self._session.execute(inbox)
        await self._session.execute(outbox)


def _rows(result: Any) -> int:
    return int(result.rowcount)
