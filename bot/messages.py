"""The vocabulary between platforms, dispatcher and handlers: plain frozen values, no SDK object, all storable."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

_MARKS = re.compile(r"[\[\]<>*`#|\\~]|(?<![^\W_])_|_(?![^\W_])")  # within a word, „_“ is a letter


class Kind(StrEnum):
    """What an event in a conversation is."""

    MESSAGE = "message"
    EDIT = "edit"
    REACTION = "reaction"
    DELETION = "deletion"
    PRESS = "press"
    ENTERED = "entered"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where people talk: a room, channel or direct chat.

    `platform` names the account that sees it (`console`, `matrix:@lotsenfunk:example.org`), `id` is the platform's own
    opaque id of the room. `is_direct` is true for one person alone with the bot.
    """

    platform: str
    id: str
    is_direct: bool = False


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote: the platform's user id, and the name to show: one line, of which nothing is read as Markdown.

    People choose their names themselves; others must not find links, choices or hidden signs in them.
    """

    id: str
    name: str

    def __post_init__(self) -> None:
        seen = "".join(sign for sign in self.name if unicodedata.category(sign) != "Cf")
        object.__setattr__(self, "name", " ".join(_MARKS.sub(" ", seen).split()))


@dataclass(frozen=True, slots=True)
class Quoted:
    """A message that somebody points at, as its platform shows it; `is_human` is false for bots, ourselves included.

    `answers` is the message that it replies to, or the first one of its thread: most likely the question to its answer.
    `conversation_id` says where it was said, if that is elsewhere. `thread` is the first message of the thread that it
    was said in, where only its id is known.
    """

    event_id: str
    sender: Sender
    text: str
    is_human: bool = True
    answers: "Quoted | None" = None
    conversation_id: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event that a person sent, as the mailbox keeps it until it is handled.

    `text` is plain text without the mention of the bot; for a reaction it is the emoji or key, for a press the number
    of the button. `ENTERED` and `LEFT` say that the sender came into a room that we opened, or left it.
    `refers_to` is the message that an edit replaces, a reaction is put on or a deletion takes away;
    for a press it is the key of our message. `thread` is the root message of the thread it was written in.
    `is_addressed` is true in direct chats, and elsewhere for mentions, commands and replies to the bot. With
    `is_follow_up` it goes on in a thread without naming the bot, and may be meant for others. With `has_attachment` a
    picture, recording or other file came along, which nobody here can read; `text` is its caption.
    `quoted` is there when somebody asks us to keep what was said: the message that they point at. With `is_aside` it
    was said by somebody else in the thread below a question to us, and `quoted` is that question: it may answer it.
    `replies_to` is the message that it truly replies to, if that is one of ours or may be one. With `is_overheard` it
    is said to everybody: a question in a room where the bot answers each that it is sure of, or anything at all where
    it leads a consultation.
    """

    event_id: str
    conversation: Conversation
    sender: Sender
    text: str
    sent_at: datetime
    kind: Kind = Kind.MESSAGE
    refers_to: str | None = None
    thread: str | None = None
    is_addressed: bool = True
    is_follow_up: bool = False
    has_attachment: bool = False
    quoted: Quoted | None = None
    is_aside: bool = False
    replies_to: str | None = None
    is_overheard: bool = False


class Order(StrEnum):
    """What is to be done with a room: open one, let people in or send them out, have only some speak, close it."""

    OPEN = "open"
    INVITE = "invite"
    REMOVE = "remove"
    LET_SPEAK = "let_speak"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class RoomOrder:
    """An order about a room; it may come twice and is then carried out once.

    `OPEN` makes a private room called `name`, encrypted and without earlier messages where the platform can, for
    `people`, by the platform's ids: the mailbox has them invited once the room is known to us. `INVITE` and `REMOVE`
    are about `people`. `LET_SPEAK` has only `people` write there, and everybody again for None. `CLOSE` deletes what
    was said, sends everybody out and leaves. A platform that cannot open rooms cannot deliver `OPEN`; one that cannot
    do the others does nothing.
    """

    order: Order
    name: str = ""
    people: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of an offer: chosen by its number, by `word`, by a button or by a reaction, all the same.

    `label` is the sentence shown; `data` is what the handler needs when it is chosen. `reaction` is what a reaction
    says that takes it, though nobody says that in words: „ja“ for 👍.
    """

    word: str
    label: str
    data: Mapping[str, str] = field(default_factory=dict)
    reaction: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Choices below a message, at most nine; `topic` names the handler that takes the chosen one.

    With `asks`, a text is asked for: what the person writes next goes to that handler, too, with `asks` as its data.
    One that `lasts` is there for all who want to take it, until its message is changed or deleted: who takes a choice
    changes nothing about it, and nobody else sees that they did.
    """

    topic: str
    choices: tuple[Choice, ...]
    asks: Mapping[str, str] | None = None
    lasts: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A small text file that follows a message; `name` is what people see, with its ending: `jour-fixe.ics`.

    `path` is where our web application has it, too, from its first slash on: for platforms that take no files.
    """

    name: str
    media_type: str
    content: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer in the conversation (and thread) of the message; `text` is Markdown. `file` follows it.

    For an edited question it replaces the bot's earlier answer to it.
    """

    text: str
    offer: Offer | None = None
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Say something in another conversation; `text` is Markdown.

    `person` is who may take the offer; None means everybody there whom its handler lets. It is said below somebody's
    message `answers` in its `thread`, or in the thread of a message of ours, `below`, by its key. `key` is its own one,
    for those who want to change it later. `file` follows it.
    """

    to: Conversation
    text: str
    offer: Offer | None = None
    person: str | None = None
    answers: str | None = None
    thread: str | None = None
    below: str | None = None
    key: str | None = None
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Give an earlier message of ours, by its key, a new text and offer; an offer below it before is taken back."""

    key: str
    to: Conversation
    text: str
    offer: Offer | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Take an earlier message of ours away, by its key; it says and offers nothing."""

    key: str
    to: Conversation
    text: str = field(default="", init=False)
    offer: None = field(default=None, init=False)


@dataclass(frozen=True, slots=True)
class Arrange:
    """Have something done with a room; `key` is the order's own one, by which the table's `opened` knows a new room.

    For a room that is to be opened, `to` has an id of ours that no other conversation has, as nobody knows its own yet.
    """

    to: Conversation
    room: RoomOrder
    key: str
    text: str = field(default="", init=False)
    offer: None = field(default=None, init=False)


Unasked = Send | Change | Delete | Arrange
"""What is done by itself, with no message that it answers."""

Action = Reply | Unasked
"""What a handler may ask for. A union that grows with the platforms' abilities."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for a platform to deliver, or one of ours to take away.

    `key` is the idempotency key: delivering the same key twice must show one message. `replaces` is the platform's id
    of a message of ours to edit instead of sending a new one, `deletes` that of one to delete; nothing is said then.
    In the outbox both are still the key of that message. `answers` is the event that is answered. `in_clear` sends it
    unencrypted even where people encrypt: for those whom an encrypted message would not reach. `chosen` is the choice
    that was taken below the replaced message: its buttons go, and that label takes their place. Before `held_until` it
    waits in the outbox. A `file` comes as a message of its own, which has no text. With an order about a `room` nothing
    is said; what `send` gives is the room's id, for `OPEN` that of the new one.
    """

    key: str
    conversation: Conversation
    text: str
    choices: tuple[Choice, ...] = ()
    answers: str | None = None
    thread: str | None = None
    replaces: str | None = None
    in_clear: bool = False
    deletes: str | None = None
    chosen: str | None = None
    below: str | None = None
    held_until: datetime | None = None
    file: File | None = None
    room: RoomOrder | None = None


class Sought(StrEnum):
    """What somebody may look for, to show it to others."""

    ANSWERS = "answers"
    SUPPORTERS = "supporters"


@dataclass(frozen=True, slots=True)
class Found:
    """Something to show while somebody still types: `text` is Markdown, `line` the few words for a list."""

    title: str
    line: str
    text: str
