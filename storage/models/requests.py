"""Tables of support requests: workshops, projects, talks that a team asks for, and who carries them."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlmodel import Field, Index, SQLModel

import storage.models.columns  # noqa: F401 - before the tables: it gives all tables their common metadata


class RequestState(StrEnum):
    """How far a request has come."""

    OPEN = "open"
    PROPOSED = "proposed"
    TAKEN = "taken"
    AGREED = "agreed"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class SupportRequest(SQLModel, table=True):
    """What a team asks for; `kind` is one of the house's kinds of request.

    `period`, `team`, `goal`, `format` and `out_of_scope` are the team's own words. The requester is reached in
    `conversation_id`. `places` is how many people are still sought. `task`, `decides` and `informed` are lines of the
    agreement, `revision` counts its changes, `expectation` is what the requester wants of it (None until they said so)
    and `has_confirmed` whether they agree to it as it stands. `due_on` is the last day on which an answer is waited
    for, `escalated_on` that on which the coordinators were asked, `closing_on` that on which the requester is asked
    how it was (until they said so), `delete_on` that on which this row goes.
    """

    __tablename__ = "support_request"
    # A number that was said aloud must never mean another request later.
    __table_args__ = (
        Index("ix_support_request_requester", "platform", "requester_person"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    state: RequestState = Field(default=RequestState.OPEN, sa_type=String)
    platform: str
    requester_person: str
    requester_name: str
    conversation_id: str
    department: str | None = None
    team: str = ""
    goal: str = ""
    period: str = ""
    format: str = ""
    out_of_scope: str = ""
    places: int = 1
    task: str = ""
    decides: str = ""
    informed: str = ""
    expectation: str | None = None
    has_confirmed: bool = False
    revision: int = 0
    asked_on: date
    due_on: date | None = None
    escalated_on: date | None = None
    closing_on: date | None = None
    delete_on: date | None = None


class Answer(StrEnum):
    """What somebody said to a request that they were asked about."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    NOT_NOW = "not_now"
    UNSUITABLE = "unsuitable"


class RequestCandidate(SQLModel, table=True):
    """Somebody who was asked about a request or carries it.

    `asked_key` is the message of ours in which they were asked. `expectation` and `has_confirmed` are as for the
    requester.
    """

    __tablename__ = "request_candidate"

    request_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("support_request.id", ondelete="CASCADE")])
    person_id: int = Field(primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    answer: Answer = Field(default=Answer.ASKED, sa_type=String)
    asked_key: str | None = None
    expectation: str | None = None
    has_confirmed: bool = False


class RequestPost(SQLModel, table=True):
    """A message of ours, by its outbox key, that shows a request to those who may still do something about it."""

    __tablename__ = "request_post"

    key: str = Field(primary_key=True)
    request_id: int = Field(index=True, sa_column_args=[ForeignKey("support_request.id", ondelete="CASCADE")])
    platform: str
    conversation_id: str
    is_direct: bool = False


class Pairing(SQLModel, table=True):
    """Two who worked as a tandem, so that the next one is another; gone after `delete_on`."""

    person_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    other_person_id: int = Field(
        primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")]
    )
    delete_on: date


class Worth(SQLModel, table=True):
    """Whether the time was well spent (0 to 5), by kind of request and month; never whose or which request."""

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    month: date
    value: int
