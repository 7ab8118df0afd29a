"""The table of topics for the next jour fixe."""

from datetime import date

from sqlmodel import Field, SQLModel

import storage.models.columns  # noqa: F401 - before the table: it gives all tables their common metadata


class AgendaItem(SQLModel, table=True):
    """A topic that waits for a meeting (Themenspeicher), without its proposer."""

    __tablename__ = "agenda_item"

    id: int | None = Field(default=None, primary_key=True)
    title: str
    proposed_on: date
