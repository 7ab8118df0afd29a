"""Tables of the agenda: topics, the agendas that they stand on, and the votes that order them."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlmodel import Field, SQLModel

import storage.models.columns  # noqa: F401 - before the table: it gives all tables their common metadata


class Goal(StrEnum):
    """What an item is for."""

    INFO = "info"
    DISCUSSION = "discussion"
    DECISION = "decision"
    CONSULTATION = "consultation"


class ItemState(StrEnum):
    """How far a topic has come. Those in the backlog (Themenspeicher) wait and have no meeting."""

    WAITING = "waiting"
    DISCUSSED = "discussed"


class AgendaItem(SQLModel, table=True):
    """A topic: in the backlog, or on the agenda of `meeting_id` at `place`.

    Nobody's name is kept with it, unless somebody is its owner and speaks for it. Without `jour_fixe_id` it may go to
    any series, without `goal` or `minutes` the usual ones hold. `wanted` is the result that is hoped for, `link` where
    its documents are. Fixed ones come from the template and belong to their meeting; recurring ones come back each
    time, but not to the meeting `skipped_meeting_id`. `deferrals` counts how often it found no time. `points` are
    those of the last vote.
    """

    __tablename__ = "agenda_item"
    # A number that was said aloud must never mean another topic later.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    title: str
    proposed_on: date
    jour_fixe_id: int | None = Field(default=None, sa_column_args=[ForeignKey("jour_fixe.id", ondelete="SET NULL")])
    meeting_id: int | None = Field(
        default=None, index=True, sa_column_args=[ForeignKey("meeting.id", ondelete="SET NULL")]
    )
    place: int | None = None
    state: ItemState = Field(default=ItemState.WAITING, sa_type=String)
    goal: Goal | None = Field(default=None, sa_type=String)
    minutes: int | None = None
    wanted: str = ""
    link: str = ""
    owner_person_id: int | None = Field(
        default=None, index=True, sa_column_args=[ForeignKey("person.id", ondelete="SET NULL")]
    )
    is_fixed: bool = False
    is_last: bool = False
    is_recurring: bool = False
    skipped_meeting_id: int | None = None
    deferrals: int = 0
    points: int = 0


class Poll(StrEnum):
    """What a ballot is about: which items come first, or whether the present one gets more time."""

    PRIORITY = "priority"
    MORE_TIME = "more_time"


class Ballot(SQLModel, table=True):
    """Somebody's vote for an item; deleted when the poll closes, only the sum stays."""

    item_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("agenda_item.id", ondelete="CASCADE")])
    person_id: int = Field(primary_key=True, index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    poll: Poll = Field(primary_key=True, sa_type=String)
