"""Tables of addresses: which conversations are known, and how they are reached where their id is not enough."""

from sqlmodel import Field, Index, SQLModel

import storage.models.columns  # noqa: F401 - before the table: it gives all tables their common metadata


class ConversationAddress(SQLModel, table=True):
    """Where messages for a conversation are sent to; `platform` names our account there.

    `service_url` is the server that takes them, `tenant_id` the organization, `bot_id` our name, `team_id` the team
    whose channel it is. `person` is a person's id and `person_account` the platform's name for them: only in direct
    chats, to write to somebody first.
    """

    __tablename__ = "conversation_address"
    __table_args__ = (Index("ix_conversation_address_person", "platform", "person"),)

    platform: str = Field(primary_key=True)
    conversation_id: str = Field(primary_key=True)
    service_url: str
    tenant_id: str
    bot_id: str
    team_id: str | None = None
    person: str | None = None
    person_account: str | None = None


class KnownConversation(SQLModel, table=True):
    """A conversation that we may write to first: a supporter's direct chat, or a room that the settings name.

    `person` is set for direct chats.
    """

    __tablename__ = "known_conversation"
    __table_args__ = (Index("ix_known_conversation_person", "platform", "person"),)

    platform: str = Field(primary_key=True)
    conversation_id: str = Field(primary_key=True)
    person: str | None = None
