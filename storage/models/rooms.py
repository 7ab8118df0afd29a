"""The table of rooms that somebody set up in chat: what they are for, who reads along, how the bot behaves there."""

from datetime import time
from enum import StrEnum

from sqlalchemy import String
from sqlmodel import Field, SQLModel

import storage.models.columns  # noqa: F401 - before the table: it gives all tables their common metadata


class Audience(StrEnum):
    """Who reads along in a room."""

    STAFF = "staff"
    SUPPORTERS = "supporters"


class AnswerMode(StrEnum):
    """What the bot answers in a room: what is said to it, every question that it is sure of, or nothing.

    Where people consult each other it hears everything, as it leads through it, and keeps nothing.
    """

    MENTIONS = "mentions"
    QUESTIONS = "questions"
    OFF = "off"
    CONSULTATION = "consultation"


class Room(SQLModel, table=True):
    """What coordinators set for a room; without a row, the settings of the house hold.

    `audience` and `address_form` (du or sie) are None where those of the house hold, and so are the quiet hours:
    between `quiet_from` and `quiet_until`, in the house's time, nothing is said there that nobody asked for. There are
    none where both are the same. Of a direct chat, only the form of address is kept.
    """

    platform: str = Field(primary_key=True)
    conversation_id: str = Field(primary_key=True)
    purpose: str = ""
    audience: Audience | None = Field(default=None, sa_type=String)
    language: str = "de"
    address_form: str | None = None
    answer_mode: AnswerMode = Field(default=AnswerMode.MENTIONS, sa_type=String)
    quiet_from: time | None = None
    quiet_until: time | None = None
