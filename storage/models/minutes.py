"""Tables of the minutes: what came out of a meeting, and who does what until when. Never what was said."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlmodel import Field, SQLModel

from storage.models.columns import Instant


class MinutesState(StrEnum):
    """How far minutes have come."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"


class Minutes(SQLModel, table=True):
    """The minutes of a meeting: a draft until the moderator approves them; `text` is the Markdown that was published.

    Objections are heard until `objections_until`. Only published ones are found by a search.
    """

    meeting_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("meeting.id", ondelete="CASCADE")])
    state: MinutesState = Field(default=MinutesState.DRAFT, sa_type=String)
    text: str = ""
    published_on: date | None = None
    objections_until: datetime | None = Field(default=None, sa_type=Instant)


class OutcomeKind(StrEnum):
    """What kind of result it is."""

    DECISION = "decision"
    INFO = "info"
    IDEA = "idea"
    OPEN = "open"


class Outcome(SQLModel, table=True):
    """A result of a meeting, in one sentence, below the topic `about`; nobody finds it before it is confirmed."""

    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    meeting_id: int = Field(index=True, sa_column_args=[ForeignKey("meeting.id", ondelete="CASCADE")])
    item_id: int | None = Field(default=None, sa_column_args=[ForeignKey("agenda_item.id", ondelete="SET NULL")])
    about: str = ""
    kind: OutcomeKind = Field(sa_type=String)
    text: str
    is_confirmed: bool = False


class TaskState(StrEnum):
    """How far a task has come."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Task(SQLModel, table=True):
    """Who does what until when: `owner_person_id`, or only `owner_name` when that is no person we know.

    Reminders go to the owner alone; `remind_on` is the next day of one. On `delete_on`, after its end, it is deleted.
    """

    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    meeting_id: int | None = Field(
        default=None, index=True, sa_column_args=[ForeignKey("meeting.id", ondelete="SET NULL")]
    )
    item_id: int | None = Field(default=None, sa_column_args=[ForeignKey("agenda_item.id", ondelete="SET NULL")])
    about: str = ""
    text: str
    owner_person_id: int | None = Field(
        default=None, index=True, sa_column_args=[ForeignKey("person.id", ondelete="SET NULL")]
    )
    owner_name: str = ""
    due_on: date | None = None
    state: TaskState = Field(default=TaskState.OPEN, sa_type=String)
    is_confirmed: bool = False
    remind_on: date | None = None
    delete_on: date | None = None
