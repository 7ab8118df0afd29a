"""Tables of questions on their way to a human: where they came from, who took them up, which messages carry them.

A question has a row here only while somebody works on it and for some days after. Without a name, it keeps of its asker
nothing but the place where the answer goes.
"""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlmodel import Field, Index, SQLModel

import storage.models.columns  # noqa: F401 - before the tables: it gives all tables their common metadata


class RoutingState(StrEnum):
    """How far a question has come: sought, taken, answered, returned (sought again), closed."""

    SOUGHT = "sought"
    TAKEN = "taken"
    ANSWERED = "answered"
    RETURNED = "returned"
    CLOSED = "closed"


class Side(StrEnum):
    """Who reads along at a place."""

    ASKER = "asker"
    SUPPORTERS = "supporters"


class Routing(SQLModel, table=True):
    """A question on its way; its number is what people call it by.

    `text` is the question as it was asked, cleared with the row. `question_id` is its entry on the list of open
    questions. `asker_platform` and `asker_person` are empty and `asker_name` is None when it was asked without a name.
    `taker_person` has taken it up, on `taker_platform`, at the place `taker_place_id`. `due_on` is the day after which
    the next one is asked; `reminded_on` is the day on which the taker was, `escalated_on` that of the coordinators.
    `delete_on` is set when it is closed. `agenda_asked_on` is the day on which the asker was asked whether it may
    become a topic of the jour fixe.
    """

    # A number that was said aloud must never mean another question later.
    __table_args__ = (Index("ix_routing_asker", "asker_platform", "asker_person"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    text: str
    question_id: int | None = Field(
        default=None, index=True, sa_column_args=[ForeignKey("open_question.id", ondelete="SET NULL")]
    )
    answer_key: str = Field(index=True)
    state: RoutingState = Field(default=RoutingState.SOUGHT, sa_type=String)
    asker_platform: str | None = None
    asker_person: str | None = None
    asker_name: str | None = None
    department: str | None = None
    taker_platform: str | None = None
    taker_person: str | None = None
    taker_name: str | None = None
    taker_place_id: int | None = None
    due_on: date | None = None
    reminded_on: date | None = None
    escalated_on: date | None = None
    agenda_asked_on: date | None = None
    delete_on: date | None = None


class RoutingPlace(SQLModel, table=True):
    """A thread in which a question is spoken about.

    `root` is the message that opens it: on the asker's side an event of theirs (`thread` the thread that it is in), on
    the other side None, since it is opened by the message of ours with `key`.
    """

    __tablename__ = "routing_place"
    __table_args__ = (Index("ix_routing_place_conversation", "platform", "conversation_id"),)

    id: int | None = Field(default=None, primary_key=True)
    routing_id: int = Field(index=True, sa_column_args=[ForeignKey("routing.id", ondelete="CASCADE")])
    side: Side = Field(sa_type=String)
    platform: str
    conversation_id: str
    is_direct: bool = False
    person: str | None = None
    root: str | None = None
    thread: str | None = None
    key: str | None = None


class RoutingMessage(SQLModel, table=True):
    """A message of ours that belongs to a question on its way, by its outbox key.

    `source` is the answer key of the person's message that it passes on: that one's edits and deletion go the same way.
    """

    __tablename__ = "routing_message"

    key: str = Field(primary_key=True)
    routing_id: int = Field(index=True, sa_column_args=[ForeignKey("routing.id", ondelete="CASCADE")])
    place_id: int = Field(sa_column_args=[ForeignKey("routing_place.id", ondelete="CASCADE")])
    source: str | None = Field(default=None, index=True)


class Refusal(SQLModel, table=True):
    """Somebody who will not be asked about a question again, since they said that it does not suit."""

    __table_args__ = (Index("ix_refusal_person", "platform", "person"),)

    routing_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("routing.id", ondelete="CASCADE")])
    platform: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
