"""The console as a chat system: one terminal, several people and rooms; also the in-memory twin for dialogue tests."""

import asyncio
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from bot.messages import Conversation, Incoming, Kind, Order, Outgoing, Quoted, RoomOrder, Sender
from bot.platforms import Intake
from bot.rendering import to_plain

NAME = "console"
PIN = "📌"
MOST_REMEMBERED = 50
SELF = Sender("lotsenfunk", "Lotsenfunk")
_OURS = "out"  # what the ids of our messages begin with
_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_MENTION = re.compile(r"\s*@?lotsenfunk\b[\s,:]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot as the terminal shows it: plain text, and whether it changes or deletes an earlier one.

    Of a file it shows the name. With an `order`, it is a room that is there now (`OPEN`) or is there no more (`CLOSE`).
    """

    message_id: str
    conversation: Conversation
    text: str
    is_edit: bool = False
    is_deletion: bool = False
    is_file: bool = False
    order: Order | None = None


def direct_chat(person: Sender) -> str:
    """The id of the conversation in which somebody is alone with the bot."""
    return f"direct:{person.id}"


class Console:
    """A platform in this process: people speak through `hear`, the bot through what `shows` was given.

    `worth_reading` finds bare choices, which are taken up in rooms without naming the bot; `is_pointing` finds what is
    about the message that it is put on or said below, `is_noting` what is that in a round that the bot leads. What
    people said last in a room can be found there again. Whoever is invited into a room that was opened here is inside
    at once.
    """

    name = NAME
    has_buttons = False
    takes_files = True
    is_connected = True

    def __init__(
        self,
        now: Callable[[], datetime],
        worth_reading: Callable[[str], bool],
        is_pointing: Callable[[str], bool] = lambda text: False,
        is_noting: Callable[[str], bool] = lambda text: False,
    ) -> None:
        self._show: Callable[[Shown], None] = _nowhere
        self._now = now
        self._worth_reading = worth_reading
        self._is_pointing = is_pointing
        self._is_noting = is_noting
        # What was said in rooms last, our own posts there, too: people answer below them.
        self._said: dict[str, deque[Incoming]] = defaultdict(lambda: deque(maxlen=MOST_REMEMBERED))
        self._inside: dict[str, set[str]] = {}  # by room that was opened here, who is in it
        self._people: dict[str, Sender] = {}
        self._numbers = count(1)
        self._intake: Intake | None = None
        self._ready = asyncio.Event()
        # Ids must differ from those of an earlier run on the same database.
        self._run = f"{now().timestamp():.6f}"

    def shows(self, show: Callable[[Shown], None]) -> None:
        """Give each message of the bot to `show`."""
        self._show = show

    async def run(self, intake: Intake) -> None:
        """Be ready until cancelled; what is said comes through `hear`."""
        await intake.resume(self.name)
        self._intake = intake
        self._ready.set()
        await asyncio.Event().wait()

    async def hear(
        self,
        sender: Sender,
        room: str | None,
        text: str,
        *,
        kind: Kind = Kind.MESSAGE,
        refers_to: str | None = None,
        thread: str | None = None,
        replies_to: str | None = None,
        has_attachment: bool = False,
    ) -> str:
        """Take what somebody says in a room, or alone with the bot when there is none; gives the event's id.

        `thread` is the id of the message that it is said below, `replies_to` that of one of ours that it quotes, or
        of anybody's where the bot leads a round. Nobody hears who is not inside.
        """
        await self._ready.wait()
        assert self._intake is not None
        event_id = self._new_id("in")
        self._people[sender.id] = sender
        if room is not None and not self.is_inside(sender, room):
            return event_id
        conversation = Conversation(self.name, room or direct_chat(sender), is_direct=room is None)
        mention = _MENTION.match(text)
        is_addressed = room is None or bool(mention) or text.startswith("!")
        text = text[mention.end() :] if mention else text
        message = Incoming(
            event_id,
            conversation,
            sender,
            text,
            self._now(),
            kind,
            refers_to,
            thread,
            is_addressed=is_addressed,
            has_attachment=has_attachment,
            replies_to=replies_to,
        )
        taken = self._judge(message)
        if room is not None:
            self._remember(message)
        if taken is not None:
            await self._intake.receive(self.name, [taken])
        return event_id

    def is_inside(self, person: Sender, room: str) -> bool:
        """Whether somebody may speak in a room: in one that was opened here, only who was invited."""
        return room not in self._inside or person.id in self._inside[room]

    async def leave(self, person: Sender, room: str) -> None:
        """Have somebody leave a room that was opened here."""
        await self._remove(Conversation(self.name, room), [person.id])

    def last_said(self, room: str, beginning: str = "") -> str | None:
        """The last message that somebody said in a room, with this beginning."""
        said = (message for message in reversed(self._said[room]) if message.sender != SELF)
        return next((message.event_id for message in said if message.text.startswith(beginning)), None)

    def last_question(self, room: str) -> str | None:
        """The message that opens the thread of the last question to the bot in a room, or of its last post there."""
        asked = (one for one in reversed(self._said[room]) if one.sender == SELF or self._is_question(one))
        return next((message.thread or message.event_id for message in asked), None)

    def _is_question(self, message: Incoming) -> bool:
        return message.is_addressed and not self._worth_reading(message.text)

    def _judge(self, message: Incoming) -> Incoming | None:
        """The message for the mailbox, or None for talk among others."""
        if message.kind is Kind.EDIT:
            message = self._as_before(message)
        if self.hears_all(message.conversation):
            return self._heard(message)
        if self._is_pointing(message.text):
            if message.kind is Kind.REACTION:
                return self._pointing(message, message.refers_to)
            if message.kind is Kind.MESSAGE and message.is_addressed and message.thread is not None:
                return self._pointing(message, self._last_below(message))
        if message.is_addressed:
            return message
        if message.kind in (Kind.MESSAGE, Kind.EDIT) and (_is_ours(message.thread) or _is_ours(message.replies_to)):
            return replace(message, is_addressed=True, is_follow_up=not _is_ours(message.replies_to))
        if message.kind is Kind.MESSAGE and message.thread is None and self._overhears(message):
            return replace(message, is_overheard=True)
        if message.kind is not Kind.MESSAGE or self._worth_reading(message.text):
            return message
        return self._below_a_question(message)

    def hears_all(self, conversation: Conversation) -> bool:
        """Whether the bot leads a round there."""
        return self._intake is not None and self._intake.hears_all(conversation)

    def _heard(self, message: Incoming) -> Incoming:
        """What is said to everybody where the bot hears all, with the message that is to be noted."""
        is_noting = message.kind is Kind.MESSAGE and self._is_noting(message.text)
        found = self._find(message.conversation, message.replies_to) if is_noting else None
        replies_to = message.replies_to if _is_ours(message.replies_to) else None
        is_overheard = not message.is_addressed
        return replace(message, replies_to=replies_to, is_overheard=is_overheard, quoted=self._quoted(found))

    def _overhears(self, message: Incoming) -> bool:
        return self._intake is not None and self._intake.overhears(message.conversation, message.text)

    def _as_before(self, edit: Incoming) -> Incoming:
        """A change with what it does not say again: where the changed message stands."""
        first = self._find(edit.conversation, edit.refers_to)
        return replace(edit, thread=first.thread, replies_to=first.replies_to) if first else edit

    def _pointing(self, message: Incoming, identity: str | None) -> Incoming:
        found = self._find(message.conversation, identity)
        thread = (found.thread or found.event_id) if found else message.thread
        return replace(message, is_addressed=True, quoted=self._quoted(found), thread=thread)

    def _below_a_question(self, message: Incoming) -> Incoming | None:
        question = self._find(message.conversation, message.thread)
        if question is None or not question.is_addressed:
            return None
        if question.sender == message.sender:
            return replace(message, is_addressed=True, is_follow_up=True)
        return replace(message, is_aside=True, quoted=self._quoted(question))

    def _quoted(self, said: Incoming | None) -> Quoted | None:
        if said is None or not said.text or said.has_attachment:
            return None
        root = self._find(said.conversation, said.thread)
        return Quoted(said.event_id, said.sender, said.text, said.sender != SELF, answers=self._quoted(root))

    def _last_below(self, message: Incoming) -> str | None:
        below = [one for one in self._said[message.conversation.id] if message.thread in (one.thread, one.event_id)]
        return below[-1].event_id if below else None

    def _find(self, conversation: Conversation, identity: str | None) -> Incoming | None:
        return next((one for one in self._said[conversation.id] if one.event_id == identity), None)

    def _remember(self, message: Incoming) -> None:
        said, earlier = self._said[message.conversation.id], self._find(message.conversation, message.refers_to)
        if message.kind is Kind.MESSAGE:
            said.append(message)
        elif message.kind is Kind.EDIT and earlier is not None:
            said[said.index(earlier)] = replace(earlier, text=message.text)
        elif message.kind is Kind.DELETION and earlier is not None:
            said.remove(earlier)

    async def send(self, outgoing: Outgoing) -> str:
        """Show a message, or that one is gone; do what is to be done with a room."""
        if outgoing.room is not None:
            return await self._arrange(outgoing.conversation, outgoing.room)
        if outgoing.deletes is not None:
            self._show(Shown(outgoing.deletes, outgoing.conversation, "", is_deletion=True))
            self._keep_in_mind(outgoing, outgoing.deletes, Kind.DELETION)
            return outgoing.deletes
        message_id = outgoing.replaces or self._new_id(_OURS)
        text = f"[Datei: {outgoing.file.name}]" if outgoing.file else to_plain(outgoing.text, outgoing.choices)
        self._keep_in_mind(outgoing, message_id, Kind.EDIT if outgoing.replaces else Kind.MESSAGE)
        is_edit, is_file = outgoing.replaces is not None, outgoing.file is not None
        self._show(Shown(message_id, outgoing.conversation, text, is_edit=is_edit, is_file=is_file))
        return message_id

    async def _arrange(self, place: Conversation, room: RoomOrder) -> str:
        people = room.people or ()
        match room.order:
            case Order.OPEN:
                return self._open(_room_id(room.name))
            case Order.INVITE:
                await self._let_in(place, people)
            case Order.REMOVE:
                await self._remove(place, people)
            case Order.CLOSE:
                self._close(place)
            case Order.LET_SPEAK:
                pass  # whoever tries it out has one keyboard
        return place.id

    def _open(self, room_id: str) -> str:
        if room_id not in self._inside:
            self._inside[room_id] = set()
            self._show(Shown(room_id, Conversation(self.name, room_id), "", order=Order.OPEN))
        return room_id

    def _close(self, place: Conversation) -> None:
        self._inside[place.id] = set()
        self._said.pop(place.id, None)
        self._show(Shown(place.id, place, "", order=Order.CLOSE))

    async def _let_in(self, place: Conversation, people: Iterable[str]) -> None:
        inside = self._inside.setdefault(place.id, set())
        new = [person for person in people if person not in inside]
        await self._tell_of(place, new, Kind.ENTERED)
        inside.update(new)

    async def _remove(self, place: Conversation, people: Iterable[str]) -> None:
        # Who came in before a restart is not known here.
        gone = [person for person in people if person in self._inside.get(place.id, people)]
        await self._tell_of(place, gone, Kind.LEFT)
        self._inside.get(place.id, set()).difference_update(gone)

    async def _tell_of(self, place: Conversation, people: Iterable[str], kind: Kind) -> None:
        assert self._intake is not None
        blank = Incoming("", place, SELF, "", self._now(), kind, is_addressed=False)
        senders = [self._people.get(person, Sender(person, person)) for person in people]
        events = [replace(blank, event_id=self._new_id("in"), sender=sender) for sender in senders]
        await self._intake.receive(self.name, events)

    def _keep_in_mind(self, outgoing: Outgoing, message_id: str, kind: Kind) -> None:
        """Remember what we post in a room; what answers something stands in the thread of that already."""
        place, of = outgoing.conversation, None if kind is Kind.MESSAGE else message_id
        if not place.is_direct and outgoing.thread is None and outgoing.answers is None:
            text = outgoing.text
            self._remember(Incoming(message_id, place, SELF, text, self._now(), kind, of, is_addressed=False))

    def _new_id(self, kind: str) -> str:
        return f"{kind}-{self._run}-{next(self._numbers)}"


def _room_id(name: str) -> str:
    """A room's name as one can type it: „Beratung 7“ is `beratung-7`."""
    return "-".join(re.findall(r"[a-z0-9]+", name.casefold().translate(_LETTERS)))


def _is_ours(identity: str | None) -> bool:
    """Whether it is a message of ours, one of an earlier run, too."""
    return identity is not None and identity.startswith(f"{_OURS}-")


def _nowhere(_shown: Shown) -> None:
    """Shows nothing until somebody looks."""
