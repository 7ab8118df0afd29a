"""Tables of peer consultation (kollegiale Beratung): who consults whom, when, and how far they are.

Nothing here holds what a case is about or what was said: only structure and timing. The one exception are the scribe's
notes, which are held until the case giver gets them at the end of the round.
"""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlmodel import Field, SQLModel

from storage.models.columns import Instant


class Mode(StrEnum):
    """How a group consults: together at a time, or in writing over some days."""

    LIVE = "live"
    WRITTEN = "written"


class Part(StrEnum):
    """What somebody does in a group; an adviser is who does nothing else."""

    CASE_GIVER = "case_giver"
    MODERATOR = "moderator"
    SCRIBE = "scribe"
    TIMEKEEPER = "timekeeper"
    OBSERVER = "process_observer"
    ADVISER = "adviser"


class RoundState(StrEnum):
    """How far a round is: people join, its groups stand, or it did not come about."""

    OPEN = "open"
    FORMED = "formed"
    CANCELLED = "cancelled"


class ConsultationRound(SQLModel, table=True):
    """A call to the whole community to consult each other between `starts_on` and `ends_on`.

    Who takes part says so before `closes_at`. `format` is the name of a consultation format, empty where each group
    takes the one that fits its size. `is_reminded` is whether the rooms were told that it closes soon.
    """

    __tablename__ = "consultation_round"
    # A number that was said aloud must never mean another round later.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    mode: Mode = Field(default=Mode.LIVE, sa_type=String)
    format: str = ""
    starts_on: date
    ends_on: date
    closes_at: datetime = Field(sa_type=Instant)
    state: RoundState = Field(default=RoundState.OPEN, sa_type=String)
    is_reminded: bool = False


class RoundPost(SQLModel, table=True):
    """A message of ours, by its outbox key, that calls to a round and is kept up to date."""

    __tablename__ = "round_post"

    key: str = Field(primary_key=True)
    round_id: int = Field(index=True, sa_column_args=[ForeignKey("consultation_round.id", ondelete="CASCADE")])
    platform: str
    conversation_id: str
    is_direct: bool = False


class Participation(SQLModel, table=True):
    """Somebody takes part in a round, by their own wish; gone with it.

    `leads` is the department that they are a line manager of, by its name; empty for none. `is_reserve` while no
    group has a place for them.
    """

    round_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("consultation_round.id", ondelete="CASCADE")])
    person_id: int = Field(primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    can_moderate: bool = False
    leads: str = ""
    is_reserve: bool = False


class CaseState(StrEnum):
    """Whether a case waits for a group, has one, or is over."""

    WAITING = "waiting"
    TAKEN = "taken"


class ConsultationCase(SQLModel, table=True):
    """That somebody has a case: a neutral title and when they would like to talk about it, never the case itself.

    `waiting_since` decides who comes first. With `is_urgent` it goes before. `wished` is a time in their words.
    `may_relay` is whether people of other platforms may take part, by messages that we pass on. On `ask_on` (None: by
    its age) it is asked whether it still needs a group; once asked, it is deleted on `delete_on` unless it does.
    """

    __tablename__ = "consultation_case"
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    title: str
    mode: Mode = Field(default=Mode.LIVE, sa_type=String)
    format: str = ""
    wished: str = ""
    is_urgent: bool = False
    may_relay: bool = False
    state: CaseState = Field(default=CaseState.WAITING, sa_type=String)
    waiting_since: date
    ask_on: date | None = None
    delete_on: date | None = None


class CaseVeto(SQLModel, table=True):
    """Whom the case giver does not want to be there; nobody else ever learns of it."""

    __tablename__ = "case_veto"

    case_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("consultation_case.id", ondelete="CASCADE")])
    person_id: int = Field(primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])


class GroupState(StrEnum):
    """How far a group is.

    It looks for a date, has one, gathers in its room until all have promised to keep it to themselves, runs, is
    closing (what was said is about to be deleted), or is over.
    """

    DATING = "dating"
    PLANNED = "planned"
    GATHERING = "gathering"
    RUNNING = "running"
    CLOSING = "closing"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ConsultationGroup(SQLModel, table=True):
    """Some people who consult one of them, or each of them in turn.

    `plan` is the consultation format as it was when the group was formed: a house that changes a format changes no
    round that runs. It is at the phase with the id `phase`, in which everybody's `lap` counts from 0 where each one is
    case giver once, until `phase_until`; from `paused_at` on its clock stands still. `turned_by`, a digest of who led
    it on last, did so at `turned_at`. `method` is the chosen module of the advice phase. It meets at `meets_at`.
    `closes_at` is when what was said is deleted. `room_key` is the outbox key of our order to open its room.
    """

    __tablename__ = "consultation_group"
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    round_id: int | None = Field(
        default=None, index=True, sa_column_args=[ForeignKey("consultation_round.id", ondelete="SET NULL")]
    )
    case_id: int | None = Field(default=None, sa_column_args=[ForeignKey("consultation_case.id", ondelete="SET NULL")])
    title: str = ""
    mode: Mode = Field(default=Mode.LIVE, sa_type=String)
    plan: dict[str, Any] = Field(sa_type=JSON)
    state: GroupState = Field(default=GroupState.DATING, sa_type=String)
    phase: str = ""
    lap: int = 0
    phase_until: datetime | None = Field(default=None, sa_type=Instant)
    paused_at: datetime | None = Field(default=None, sa_type=Instant)
    turned_at: datetime | None = Field(default=None, sa_type=Instant)
    turned_by: str | None = None
    method: str = ""
    meets_at: datetime | None = Field(default=None, sa_type=Instant)
    closes_at: datetime | None = Field(default=None, sa_type=Instant)
    room_key: str | None = Field(default=None, index=True)


class GroupMember(SQLModel, table=True):
    """Somebody in a group; gone some days after it is closed.

    `part` is None before the casting. `place` is their place in the order of speaking, and of being case giver where
    each one is. `has_promised` is whether they promised to keep it to themselves, `is_inside` whether they are in the
    room, and `has_left` whether they take no more part. `is_relayed` is whether they take part from their own chat with
    us, by messages passed on. `is_late` while the case giver has not agreed to somebody who came in the middle.
    In writing, they are reminded at `reminded_at`, by default at the house's hour, if they want to be.
    """

    __tablename__ = "group_member"

    group_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("consultation_group.id", ondelete="CASCADE")])
    person_id: int = Field(primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    part: Part | None = Field(default=None, sa_type=String)
    place: int = 0
    can_moderate: bool = False
    has_promised: bool = False
    is_inside: bool = False
    is_relayed: bool = False
    is_late: bool = False
    has_left: bool = False
    wants_reminders: bool = True
    reminded_at: time | None = None


class GroupPlace(SQLModel, table=True):
    """Where a group talks: its room, and the direct chats of those who take part by messages that we pass on.

    In a direct chat, `person_id` is whose it is.
    """

    __tablename__ = "group_place"

    platform: str = Field(primary_key=True)
    conversation_id: str = Field(primary_key=True)
    group_id: int = Field(index=True, sa_column_args=[ForeignKey("consultation_group.id", ondelete="CASCADE")])
    is_direct: bool = False
    person_id: int | None = Field(
        default=None, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")]
    )


class GroupShows(StrEnum):
    """What a message of ours to a group is: where it stands, a message passed on, or something else to delete."""

    PHASE = "phase"
    RELAYED = "relayed"
    NOTES = "notes"
    OTHER = "other"


class GroupPost(SQLModel, table=True):
    """A message of ours, by its outbox key, that is deleted when the round is over, at `delete_on` at the latest.

    `said` stands for the message that it passes on, as `Turn.answer_key` does: edits and deletions go the same way.
    """

    __tablename__ = "group_post"

    key: str = Field(primary_key=True)
    group_id: int = Field(index=True, sa_column_args=[ForeignKey("consultation_group.id", ondelete="CASCADE")])
    shows: GroupShows = Field(sa_type=String)
    platform: str
    conversation_id: str
    is_direct: bool = False
    said: str | None = Field(default=None, index=True)
    delete_on: date | None = None


class GroupStep(SQLModel, table=True):
    """Something that was done once for a group, by name. It is never done twice."""

    __tablename__ = "group_step"

    group_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("consultation_group.id", ondelete="CASCADE")])
    step: str = Field(primary_key=True)


class PhaseVoice(SQLModel, table=True):
    """Somebody has had their say in the present phase, wishes something in it, or was told something; gone with it.

    `wish` is what it is about. Who had their turn: `said`, `pass`, in writing also `done`. What they want: `on`,
    `more`, `end`, `finding`; while parts are given `yes scribe`, `wish`, `no scribe`. Whose case: `case`, `case 17` by
    our id of whose it is, `chose`, `lot`. The key question was `asked`; `method headstand` is a way to advise. What
    they were told once: `reminded`, `hint`, `named`, `wait`, `number`, `nudged 2026-12-01`.
    """

    __tablename__ = "phase_voice"

    group_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("consultation_group.id", ondelete="CASCADE")])
    person_id: int = Field(primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    wish: str = Field(primary_key=True)


class GroupDate(SQLModel, table=True):
    """A time that is proposed to a group, by its number; gone once one of them is chosen."""

    __tablename__ = "group_date"

    group_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("consultation_group.id", ondelete="CASCADE")])
    number: int = Field(primary_key=True)
    begins_at: datetime = Field(sa_type=Instant)


class DateAnswer(SQLModel, table=True):
    """Somebody can come at a proposed time; number 0 says that they have answered. Gone once a date is chosen."""

    __tablename__ = "date_answer"

    group_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("consultation_group.id", ondelete="CASCADE")])
    person_id: int = Field(primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    number: int = Field(primary_key=True)


class NoteKind(StrEnum):
    """What a note is: hypotheses and solutions are kept apart."""

    QUESTION = "question"
    HYPOTHESIS = "hypothesis"
    SOLUTION = "solution"
    OTHER = "other"


class GroupNote(SQLModel, table=True):
    """A note of the scribe, without whose words they were; deleted in the moment in which the case giver gets it.

    `lap` tells whose case it is about, where each one is case giver once. `said` stands for the message that it was,
    as `Turn.answer_key` does: who takes that back takes the note back.
    """

    __tablename__ = "group_note"

    id: int | None = Field(default=None, primary_key=True)
    group_id: int = Field(index=True, sa_column_args=[ForeignKey("consultation_group.id", ondelete="CASCADE")])
    lap: int = 0
    kind: NoteKind = Field(sa_type=String)
    text: str
    said: str | None = Field(default=None, index=True)


class Partners(SQLModel, table=True):
    """Two who were in the same group, the last time on `last_on`; gone after `delete_on`.

    Who had which part is not kept.
    """

    person_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    other_person_id: int = Field(
        primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")]
    )
    last_on: date
    delete_on: date


class ConsultationFeedback(SQLModel, table=True):
    """An answer to the one question after a round, in the month that begins on `month`; never whose it was."""

    __tablename__ = "consultation_feedback"

    id: int | None = Field(default=None, primary_key=True)
    month: date = Field(index=True)
    value: int


class ConsultationFollowUp(SQLModel, table=True):
    """A case giver wants to be asked on `due_on` what came of it; gone once that was done."""

    __tablename__ = "consultation_follow_up"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    due_on: date
