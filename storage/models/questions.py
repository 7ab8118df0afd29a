"""Tables of asking: offers that wait for a choice, open questions, what people said of answers and took back.

An `answer_key` names a message of a person without telling who it is: it is the outbox key of our first answer to it,
which can be computed again from the message's id.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlmodel import Field, SQLModel

from storage.models.columns import Instant

ANYBODY = ""
"""Stands for everybody in a conversation."""


class PendingOffer(SQLModel, table=True):
    """Choices that wait for one person, or for `ANYBODY` there; deleted when one is taken or after some days.

    Those that `lasts` is said of are not deleted when one is taken, and wait as long as their message is known.

    `message_key` is the outbox key of the message that shows them. `thread` is the thread the person may answer in.
    `text` is what stands above them, for platforms where their buttons have to be taken away. With `asks` the person
    may also write a text, which goes with that data.
    """

    __tablename__ = "pending_offer"

    id: int | None = Field(default=None, primary_key=True)
    platform: str
    conversation_id: str = Field(index=True)
    thread: str | None = None
    person: str
    message_key: str = Field(index=True)
    topic: str
    text: str | None = None
    choices: list[dict[str, Any]] = Field(sa_type=JSON)
    asks: dict[str, str] | None = Field(default=None, sa_type=JSON)
    lasts: bool = False
    created_at: datetime = Field(sa_type=Instant)


class QuestionState(StrEnum):
    """Life of an open question."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class OpenQuestion(SQLModel, table=True):
    """A question without an answer in the store: what was asked and on which day, never by whom.

    `answer_key` names the message that made us open it, so that its deletion takes the question along. `entry_id` is a
    draft that answers it, `agenda_item_id` the topic for the jour fixe that it became part of. `offered_on` is the day
    on which it was offered as such a topic unasked; that is done once, or again from `offer_again_on` on.
    """

    __tablename__ = "open_question"

    id: int | None = Field(default=None, primary_key=True)
    text: str
    asked_on: date
    state: QuestionState = Field(default=QuestionState.OPEN, sa_type=String)
    answer_key: str | None = Field(default=None, index=True)
    entry_id: str | None = Field(default=None, sa_column_args=[ForeignKey("knowledge_entry.id", ondelete="SET NULL")])
    agenda_item_id: int | None = Field(default=None, sa_column_args=[ForeignKey("agenda_item.id", ondelete="SET NULL")])
    offered_on: date | None = None
    offer_again_on: date | None = None


class FollowUp(SQLModel, table=True):
    """A choice that somebody took, and the message whose answer offered it: they are forgotten together."""

    __tablename__ = "follow_up"

    answer_key: str = Field(primary_key=True)
    follows: str = Field(index=True)
    taken_on: date


class DeletedMessage(SQLModel, table=True):
    """A message that a person took back: later edits of it are not for us."""

    __tablename__ = "deleted_message"

    answer_key: str = Field(primary_key=True)
    deleted_on: date


class Verdict(StrEnum):
    """What somebody said of an answer."""

    HELPFUL = "helpful"
    NOT_HELPFUL = "not_helpful"
    OUTDATED = "outdated"


class Feedback(SQLModel, table=True):
    """One verdict on an entry, on which day, never by whom."""

    id: int | None = Field(default=None, primary_key=True)
    entry_id: str = Field(index=True)
    verdict: Verdict = Field(sa_type=String)
    given_on: date
