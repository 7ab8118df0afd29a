"""Tables of the curated store: entries, their vectors and their history."""

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlmodel import Field, SQLModel

from storage.models.columns import Instant


class State(StrEnum):
    """Life of an entry; only approved ones are found."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    RETIRED = "retired"


class Visibility(StrEnum):
    """Who may see an entry, from the narrowest circle to the widest."""

    COMMUNITY = "community"
    ORGANIZATION = "organization"
    FEDERATION = "federation"
    PUBLIC = "public"


class EntryContent(SQLModel):
    """What people write about one question: all that import, export and history carry.

    `question` may be empty for a text that is only an answer. `owner` is the name of the person who stands behind the
    answer, as that person agreed to have it shown. Dates are calendar days of the house. `variants` are the answers of
    departments that do it differently, by the name of the department.
    """

    question: str
    answer: str
    phrasings: list[str] = Field(default_factory=list, sa_type=JSON)
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
    owner: str | None = None
    state: State = Field(default=State.APPROVED, sa_type=String)
    checked_on: date | None = None
    valid_until: date | None = None
    visibility: Visibility = Field(default=Visibility.ORGANIZATION, sa_type=String)
    sources: list[str] = Field(default_factory=list, sa_type=JSON)
    variants: dict[str, str] = Field(default_factory=dict, sa_type=JSON)


class KnowledgeEntry(EntryContent, table=True):
    """An entry as it stands now.

    `number` is what people call it in chat („Nr. 214“). `change` rises by one over the whole
    store with each change, so that an index sees at a glance what is new. `reported_on` is the day from which the
    answer is marked as perhaps outdated, until somebody gives it a new form or confirms it. `asked_on` is the day on
    which its owner was asked whether it still holds, until then, too.
    """

    __tablename__ = "knowledge_entry"

    id: str = Field(primary_key=True)
    number: int = Field(unique=True)
    change: int = Field(index=True)
    reported_on: date | None = None
    asked_on: date | None = None

    def is_shown_to(self, circles: Collection[str]) -> bool:
        """Whether people of these circles may find the entry."""
        return self.state == State.APPROVED and self.visibility in circles

    @property
    def content(self) -> EntryContent:
        """The entry without what the store adds."""
        return EntryContent.model_validate(self, from_attributes=True)


class KnowledgeVectors(SQLModel, table=True):
    """The vectors of one entry by one model: `asked` and `told` hold rows of little-endian float16, `dimension` long.

    `refused` holds those of the wordings that the entry does not answer. `fingerprint` tells whether the texts are
    still those that were embedded.
    """

    __tablename__ = "knowledge_vectors"

    entry_id: str = Field(primary_key=True, sa_column_args=[ForeignKey("knowledge_entry.id", ondelete="CASCADE")])
    model: str = Field(primary_key=True)
    dimension: int
    fingerprint: str
    asked: bytes = Field(sa_type=LargeBinary)
    told: bytes = Field(sa_type=LargeBinary)
    refused: bytes = Field(default=b"", sa_type=LargeBinary)


class KnowledgeRevision(SQLModel, table=True):
    """One version of an entry, kept so that it can be compared and restored; `origin` says where it came from."""

    __tablename__ = "knowledge_revision"

    entry_id: str = Field(primary_key=True, sa_column_args=[ForeignKey("knowledge_entry.id", ondelete="CASCADE")])
    number: int = Field(primary_key=True)
    recorded_at: datetime = Field(sa_type=Instant)
    origin: str
    content: dict[str, Any] = Field(sa_type=JSON)


class Wording(SQLModel, table=True):
    """How somebody asked, and that an entry is the answer or, without `fits`, that it is not; never who asked.

    `answer_key` names the message, so that its deletion takes the wording along.
    """

    id: int | None = Field(default=None, primary_key=True)
    entry_id: str = Field(index=True, sa_column_args=[ForeignKey("knowledge_entry.id", ondelete="CASCADE")])
    text: str
    fits: bool
    answer_key: str | None = Field(default=None, index=True)
    learned_on: date


class Part(StrEnum):
    """What somebody has to do with an entry."""

    OWNER = "owner"
    PROPOSER = "proposer"


class EntryPerson(SQLModel, table=True):
    """Who is asked about an entry: its owner when it may be outdated; its proposer is not the one to approve it.

    A proposer is forgotten once somebody decided. `person` is the id on the platform.
    """

    __tablename__ = "entry_person"

    entry_id: str = Field(primary_key=True, sa_column_args=[ForeignKey("knowledge_entry.id", ondelete="CASCADE")])
    part: Part = Field(primary_key=True, sa_type=String)
    platform: str
    person: str


class EntryOrigin(SQLModel, table=True):
    """A chat message that a draft was made from: its deletion takes the draft along, as long as it is one."""

    __tablename__ = "entry_origin"

    answer_key: str = Field(primary_key=True)
    entry_id: str = Field(primary_key=True, sa_column_args=[ForeignKey("knowledge_entry.id", ondelete="CASCADE")])


class DistinctEntries(SQLModel, table=True):
    """Two entries that look alike, and of which somebody said that they are not the same; `one` is the smaller id."""

    __tablename__ = "distinct_entries"

    one: str = Field(primary_key=True, sa_column_args=[ForeignKey("knowledge_entry.id", ondelete="CASCADE")])
    other: str = Field(primary_key=True, sa_column_args=[ForeignKey("knowledge_entry.id", ondelete="CASCADE")])


class LearnedMap(SQLModel, table=True):
    """The house's own map of the vectors of one model, as `knowledge.adaptation` writes it; empty if none won.

    `based_on` is the newest confirmation that it was learned from.
    """

    __tablename__ = "learned_map"

    model: str = Field(primary_key=True)
    trained_at: datetime = Field(sa_type=Instant)
    based_on: int
    content: bytes | None = Field(default=None, sa_type=LargeBinary)
