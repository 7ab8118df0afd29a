"""Tables of people: who uses which accounts, what supporters say of themselves, and what the house asks of them.

Only those have a row whom something must be remembered of: a role, a portrait, a linked account. A column that stands
for somebody is called `person` (the platform's id) or `person_id` (ours), also with a word before it: by that, „meine
daten“ is checked for gaps.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String
from sqlmodel import Field, Index, SQLModel

from storage.models.columns import Instant


class Person(SQLModel, table=True):
    """Somebody with one or more accounts.

    `name` is the one they were last shown with. `role` is what the coordinators gave them in chat, as a word of
    `bot.roles.Role`, beside what the settings say. `is_named` tells whether others read that name below what they
    answer.
    """

    # A choice that still waits names somebody by this number: it must never become another one's.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    name: str
    role: str | None = None
    department: str | None = None
    is_named: bool = True


class Account(SQLModel, table=True):
    """An account on a platform; `person` is the platform's id of whoever uses it."""

    __table_args__ = (Index("ix_account_person_id", "person_id"),)

    platform: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    person_id: int = Field(sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])


class Purpose(StrEnum):
    """What a one-time code is for."""

    LINK = "link"
    SUPPORTER = "supporter"
    CURATOR = "curator"


class OneTimeCode(SQLModel, table=True):
    """A code that waits to be said once; only its digest is kept.

    `person_id` is who asked for it. For a link, `conversation_id` on `platform` is the direct chat in which that was;
    once it was said, and until the first side confirms, the one of the account `person` that said it.
    """

    __tablename__ = "one_time_code"

    digest: str = Field(primary_key=True)
    purpose: Purpose = Field(sa_type=String)
    person_id: int = Field(sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    platform: str | None = None
    person: str | None = None
    conversation_id: str | None = None
    expires_at: datetime = Field(sa_type=Instant)


class Availability(StrEnum):
    """How much room somebody says to have."""

    FREE = "free"
    SOME_ROOM = "some_room"
    FULL = "full"


class Experience(StrEnum):
    """How long somebody says to be in the role."""

    NEW = "new"
    EXPERIENCED = "experienced"


class Portrait(SQLModel, table=True):
    """What a supporter tells about themselves; nobody sees it before `consented_on`, nor after it is taken back.

    `topics` and `formats` are words of their own. `out_of_scope` is what they do not do, `contact` how to reach them,
    `note` when they are there. `availability` is None until they say something about it. A pause lasts from
    `paused_from`, or from now on, until and with `paused_until`. `weekly_capacity` is how much they want to take up in
    a week, their own limit. `deputy_person_id` stands in for them. `refresh_on` is the day on which they are asked
    whether it still holds, `refresh_asked_on` that on which they were.
    """

    person_id: int = Field(primary_key=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    topics: list[str] = Field(sa_type=JSON)
    formats: list[str] = Field(sa_type=JSON)
    note: str = ""
    out_of_scope: str = ""
    contact: str = ""
    availability: Availability | None = Field(default=None, sa_type=String)
    experience: Experience | None = Field(default=None, sa_type=String)
    paused_from: date | None = None
    paused_until: date | None = None
    weekly_capacity: int | None = None
    deputy_person_id: int | None = Field(default=None, sa_column_args=[ForeignKey("person.id", ondelete="SET NULL")])
    consented_on: date | None = None
    refresh_on: date | None = None
    refresh_asked_on: date | None = None


class PortraitWording(SQLModel, table=True):
    """Words in which something was asked that a portrait fits, or does not fit, as its person said."""

    __tablename__ = "portrait_wording"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    text: str
    fits: bool


class TakenSlot(SQLModel, table=True):
    """Something that somebody took up in the week that begins on `week`; gone when the week is over.

    It is there so that nobody is asked beyond their own limit. `taken` names what it was: `question 12`, `request 3`.
    """

    __tablename__ = "taken_slot"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(index=True, sa_column_args=[ForeignKey("person.id", ondelete="CASCADE")])
    taken: str = Field(index=True)
    week: date


class UnmetTopic(SQLModel, table=True):
    """What somebody looked for and no supporter names, on which day, never by whom; reported to the coordinators."""

    __tablename__ = "unmet_topic"

    id: int | None = Field(default=None, primary_key=True)
    text: str
    sought_on: date
    reported_on: date | None = None
