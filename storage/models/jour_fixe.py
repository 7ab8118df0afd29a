"""Tables of the jour fixe: series, their meetings, who does what there, and the messages that show them."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.columns import Instant


class Frequency(StrEnum):
    """What the interval of a series counts."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


class JourFixe(SQLModel, table=True):
    """A series of meetings, in the wall-clock time of `zone`.

    It meets every `interval` weeks or months, counted from `first_on`, on `weekday` (0 is Monday); in months it is the
    `nth` such day (1 to 5, -1 for the last one). `template` are the fixed items of each agenda, as
    `{"title", "minutes", "goal", "is_last"}`. Those who come are split into `groups`. `calendar_id` is the secret name
    of its calendar and the stem of the ids in it, `revision` counts what was changed for calendars. After `ended_on`
    it no longer meets.
    """

    __tablename__ = "jour_fixe"
    # A number that was said aloud must never mean another series later.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    title: str
    frequency: Frequency = Field(sa_type=String)
    interval: int
    weekday: int
    nth: int | None = None
    first_on: date
    begins: time
    minutes: int
    zone: str
    place: str = ""
    groups: int = 1
    template: list[dict[str, Any]] = Field(sa_type=JSON)
    calendar_id: str = Field(unique=True)
    revision: int = 0
    ended_on: date | None = None


class JourFixeRoom(SQLModel, table=True):
    """A room that hears of a series; without any, all rooms of the supporters do."""

    __tablename__ = "jour_fixe_room"

    jour_fixe_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("jour_fixe.id", ondelete="CASCADE")])
    platform: str = Field(primary_key=True)
    conversation_id: str = Field(primary_key=True)


class MeetingState(StrEnum):
    """How far a meeting has come: a colliding one waits for a decision and is said nowhere."""

    COLLIDING = "colliding"
    PLANNED = "planned"
    RUNNING = "running"
    HELD = "held"
    CANCELLED = "cancelled"


class Meeting(SQLModel, table=True):
    """One date of a series: `planned_on` by its rhythm, which never changes, and held on `day`.

    `begins`, `minutes` and `place` are its own, in the zone of the series. `revision` counts its changes for calendars.
    While it runs, `item_id` is what is talked about until `item_until`, in the room `conversation_id` on `platform`;
    from `paused_at` on its clock stands still. `turned_by`, a digest of who led it on last, did so at `turned_at`. What
    comes before a meeting is due after `known_since`: then it was seen first as one that takes place.
    """

    __table_args__ = (UniqueConstraint("jour_fixe_id", "planned_on"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    jour_fixe_id: int = Field(sa_column_args=[ForeignKey("jour_fixe.id", ondelete="CASCADE")])
    planned_on: date
    day: date = Field(index=True)
    begins: time
    minutes: int
    place: str = ""
    state: MeetingState = Field(default=MeetingState.PLANNED, sa_type=String)
    revision: int = 0
    known_since: datetime | None = Field(default=None, sa_type=Instant)
    item_id: int | None = None
    item_until: datetime | None = Field(default=None, sa_type=Instant)
    paused_at: datetime | None = Field(default=None, sa_type=Instant)
    turned_at: datetime | None = Field(default=None, sa_type=Instant)
    turned_by: str | None = None
    platform: str | None = None
    conversation_id: str | None = None


class MeetingStep(SQLModel, table=True):
    """Something that was done once for a meeting, by name: `collect`, `agenda`, `remind` … It is never done twice."""

    __tablename__ = "meeting_step"

    meeting_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("meeting.id", ondelete="CASCADE")])
    step: str = Field(primary_key=True)


class Shows(StrEnum):
    """What a message of ours shows of a meeting."""

    TOPICS = "topics"
    VOTE = "vote"
    AGENDA = "agenda"
    LIVE = "live"
    MINUTES = "minutes"
    GROUPS = "groups"


class MeetingPost(SQLModel, table=True):
    """A message of ours, by its outbox key, that shows something of a meeting and is kept up to date.

    `shown` is a digest of what it shows by now, so that nothing is changed to the same; empty where nobody asks.
    """

    __tablename__ = "meeting_post"

    key: str = Field(primary_key=True)
    meeting_id: int = Field(index=True, sa_column_args=[ForeignKey("meeting.id", ondelete="CASCADE")])
    shows: Shows = Field(sa_type=String)
    platform: str
    conversation_id: str
    is_direct: bool = False
    shown: str = ""


class Duty(StrEnum):
    """What somebody does for a meeting."""

    MODERATOR = "moderator"
    MINUTE_TAKER = "minute_taker"
    TIMEKEEPER = "timekeeper"


class RotaPlace(SQLModel, table=True):
    """Somebody's place in the queue for a duty: the lowest `turn` is next. What they did before is not kept."""

    __tablename__ = "rota_place"

    jour_fixe_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("jour_fixe.id", ondelete="CASCADE")])
    duty: Duty = Field(primary_key=True, sa_type=String)
    person_id: int = Field(primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    turn: int


class MeetingDuty(SQLModel, table=True):
    """Who has a duty at a meeting; forgotten some days after it."""

    __tablename__ = "meeting_duty"

    meeting_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("meeting.id", ondelete="CASCADE")])
    duty: Duty = Field(primary_key=True, sa_type=String)
    person_id: int = Field(index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])


class Coming(StrEnum):
    """Whether somebody comes."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class Attendance(SQLModel, table=True):
    """What somebody said about coming to a meeting, and the group they sit in; forgotten some days after it.

    `may_be_named` is their consent to stand in the minutes as somebody who was there.
    """

    meeting_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("meeting.id", ondelete="CASCADE")])
    person_id: int = Field(primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    coming: Coming | None = Field(default=None, sa_type=String)
    group: int | None = None
    may_be_named: bool = False


class Companions(SQLModel, table=True):
    """Two who sat in the same group, the last time for the meeting planned on `last_on`; gone after `delete_on`."""

    jour_fixe_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("jour_fixe.id", ondelete="CASCADE")])
    person_id: int = Field(primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    other_person_id: int = Field(
        primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")]
    )
    last_on: date
    delete_on: date


class CalendarFeed(SQLModel, table=True):
    """Somebody's own calendar, found by the digest of its secret name; a new one takes the place of an earlier."""

    __tablename__ = "calendar_feed"

    digest: str = Field(primary_key=True)
    person_id: int = Field(unique=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
