"""The mailbox in the database: received events, messages to deliver, places in the platforms' streams."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models.mailbox import Cursor, InboxMessage, InboxState, OutboxMessage, OutboxState

Payload = Mapping[str, Any]

_INBOX: Table = InboxMessage.__table__  # type: ignore[attr-defined]
_OUTBOX: Table = OutboxMessage.__table__  # type: ignore[attr-defined]
_CURSOR: Table = Cursor.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of ours: its key, and its id on the platform once it is delivered."""

    key: str
    message_id: str | None


class MailboxRepository:
    """Rows of inbox, outbox and cursors; payloads are JSON objects that this layer does not look into."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._insert = (
            postgresql.insert if session.bind and session.bind.dialect.name == "postgresql" else sqlite.insert
        )

    # inbox

    async def add_received(
        self, platform: str, events: Sequence[tuple[str, Payload]], now: datetime
    ) -> list[tuple[int, Payload]]:
        """Store events (id, payload) that are not stored yet; give the new ones with their numbers, in order."""
        new: list[tuple[int, Payload]] = []
        for event_id, payload in events:  # one by one: numbers rise in the order of the events on every database
            statement = self._insert(_INBOX).values(
                platform=platform, event_id=event_id, payload=payload, received_at=now, state=InboxState.WAITING
            )
            statement = statement.on_conflict_do_nothing()
            number = (await self._session.execute(statement.returning(_INBOX.c.number))).scalar()
            if number is not None:
                new.append((number, payload))
        return new

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

    async def post(self, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Store messages to deliver; each row has key, platform, answers, payload, created_at. Gives their numbers."""
        statement = self._insert(_OUTBOX).returning(_OUTBOX.c.number)
        return [
            (await self._session.execute(statement.values({**row, "state": OutboxState.WAITING}))).scalar_one()
            for row in rows
        ]

    async def waiting_to_send(self) -> list[tuple[int, Payload]]:
        """All messages that wait for delivery, oldest first."""
        statement = select(_OUTBOX.c.number, _OUTBOX.c.payload).where(_OUTBOX.c.state == OutboxState.WAITING)
        return [(row[0], row[1]) for row in await self._session.execute(statement.order_by(_OUTBOX.c.number))]

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

    async def is_waiting(self, key: str) -> bool:
        """Whether a message is still to be delivered."""
        statement = select(_OUTBOX.c.state).where(_OUTBOX.c.key == key)
        return (await self._session.execute(statement)).scalar() == OutboxState.WAITING

    async def answer_to(self, platform: str, event_id: str) -> Sent | None:
        """The newest message of ours that answers an event."""
        return await self._newest(platform, _OUTBOX.c.answers == event_id)

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

    # keeping little

    async def forget(self, before: datetime) -> None:
        """Delete what was finished before a moment: only ids are left there, and those are not needed for ever."""
        inbox = delete(_INBOX).where(_INBOX.c.state != InboxState.WAITING, _INBOX.c.received_at < before)
        outbox = delete(_OUTBOX).where(_OUTBOX.c.state != OutboxState.WAITING, _OUTBOX.c.created_at < before)
        await self._session.execute(inbox)
        await self._session.execute(outbox)


def _rows(result: Any) -> int:
    return int(result.rowcount)
