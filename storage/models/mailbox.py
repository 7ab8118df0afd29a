"""Tables of the mailbox: what came in, what goes out, how far each platform was read."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlmodel import Field, Index, SQLModel, text

from storage.models.columns import Instant

WAITING = text("state = 'waiting'")


class InboxState(StrEnum):
    """Life of a received event; a sealed one waits for the key that opens it."""

    SEALED = "sealed"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class OutboxState(StrEnum):
    """Life of a message to deliver."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"


class InboxMessage(SQLModel, table=True):
    """A received event; `payload` is dropped once it is handled, the event id stays against doubles.

    The payload of a sealed event is what the platform sent, still encrypted.
    """

    __tablename__ = "inbox_message"
    __table_args__ = (
        UniqueConstraint("platform", "event_id"),
        Index("ix_inbox_message_waiting", "number", sqlite_where=WAITING, postgresql_where=WAITING),
    )

    number: int | None = Field(default=None, primary_key=True)
    platform: str
    event_id: str
    payload: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    state: InboxState = Field(default=InboxState.WAITING, sa_type=String)
    received_at: datetime = Field(sa_type=Instant)


class OutboxMessage(SQLModel, table=True):
    """A message to deliver; `payload` is dropped once it is delivered, the platform's `message_id` stays for edits.

    `answers` is the event that is answered. Before `held_until` it waits: there are hours in which a room is quiet.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_outbox_message_waiting", "number", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_outbox_message_message", "platform", "message_id"),
        Index("ix_outbox_message_answers", "platform", "answers"),
    )

    number: int | None = Field(default=None, primary_key=True)
    key: str
    platform: str
    answers: str | None = None
    payload: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    state: OutboxState = Field(default=OutboxState.WAITING, sa_type=String)
    message_id: str | None = None
    held_until: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


class ConversationMove(SQLModel, table=True):
    """A conversation that another one took the place of, by the platform's ids; kept, as settings may name it."""

    __tablename__ = "conversation_move"

    platform: str = Field(primary_key=True)
    old_id: str = Field(primary_key=True)
    new_id: str
    moved_at: datetime = Field(sa_type=Instant)


class Cursor(SQLModel, table=True):
    """How far a platform's stream of events is stored."""

    platform: str = Field(primary_key=True)
    position: str
