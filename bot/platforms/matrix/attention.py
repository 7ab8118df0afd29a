"""Decides what of the talk in group rooms is meant for the bot; everything else is dropped and kept nowhere."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.messages import Conversation, Incoming, Kind, Quoted
from bot.platforms.matrix.events import Reading, reply_of, thread_of
from bot.platforms.matrix.wire import event_id
from bot.platforms.wire import Wire, part, text
from bot.recent import Recent

Lookup = Callable[[str, str], Awaitable[Wire]]
"""Asks the server for an event by room id and event id; an empty object when there is none to see."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A message that somebody points at: None when it is gone, says nothing in words or cannot be trusted.

    `thread` is the root of its thread, or of the one that may be opened below it. `is_addressed` tells whether its
    words speak to the bot.
    """

    quoted: Quoted | None
    thread: str
    is_addressed: bool = False


Quote = Callable[[Conversation, str], Awaitable[Quotation]]
"""Fetches a message by its id; raises when the server cannot be asked."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Of a message: who wrote it, in which thread, as a true reply to what."""

    author: str
    thread: str | None = None
    reply_to: str | None = None


def _nowhere(_conversation: Conversation, _text: str = "") -> bool:
    """Overhears nothing."""
    return False


def _never(_text: str) -> bool:
    """Notes nothing."""
    return False


class Attention:
    """Remembers which messages and threads are the bot's, within bounds.

    The bot answers in groups by thread replies to the question, so a thread is its own once it has written in it.
    What was said before the start is asked from the server, once for each message that people refer to. Words of
    others are fetched only when somebody points at them, or answers a question to the bot in its thread. Where the bot
    hears all, nothing is dropped, and only what somebody asks to note is fetched: `is_noting` tells of a text whether
    it asks for that, there or alone with the bot.
    """

    def __init__(
        self,
        user_id: str,
        look_up: Lookup,
        quote: Quote,
        is_worth_reading: Callable[[str], bool],
        is_pointing: Callable[[str], bool],
        overhears: Callable[[Conversation, str], bool] = _nowhere,
        hears_all: Callable[[Conversation], bool] = _nowhere,
        is_noting: Callable[[str], bool] = _never,
    ) -> None:
        self._user_id = user_id
        self._look_up = look_up
        self._quote = quote
        self._is_worth_reading = is_worth_reading
        self._is_pointing = is_pointing
        self._overhears = overhears
        self._hears_all = hears_all
        self._is_noting = is_noting
        self._seen: Recent[_Seen] = Recent()  # every message that passed, or that the server was asked for
        self._is_own_thread: Recent[bool] = Recent()  # thread root -> the bot wrote in it
        self._addressed: Recent[bool] = Recent()  # messages taken as said to us, for later edits
        self._overheard: Recent[bool] = Recent()  # questions to everybody that were taken, for later edits
        self._is_taken: Recent[bool] = Recent()  # messages read -> whether the mailbox got them, for later deletions

    def note(self, event: Wire) -> None:
        """See an event pass, our own ones, too."""
        identity = event_id(event)
        if identity is None:
            return
        seen = self._seen[identity] = _seen_in(event)
        if seen.author == self._user_id and seen.thread is not None:
            self._is_own_thread[seen.thread] = True

    async def judge(self, reading: Reading) -> Incoming | None:
        """The message for the mailbox, or None for talk among others; raises when the server cannot be asked."""
        if reading.incoming.kind is Kind.DELETION:
            return self._judge_deletion(reading.incoming)
        taken = await self._judge(reading)
        self._remember(reading.incoming, taken is not None)
        return taken

    def _remember(self, incoming: Incoming, is_taken: bool) -> None:
        self._is_taken[incoming.event_id] = is_taken
        if is_taken and incoming.kind is Kind.EDIT:
            self._is_taken[incoming.refers_to or ""] = True

    def _judge_deletion(self, incoming: Incoming) -> Incoming | None:
        # Unknown after a restart, or if it could not be read: the dispatcher knows whether anything came of it.
        return incoming if self._is_taken.get(incoming.refers_to or "") is not False else None

    async def _judge(self, reading: Reading) -> Incoming | None:
        incoming = reading.incoming
        if self._hears_all(incoming.conversation):
            return await self._hear(reading)
        if incoming.kind is Kind.REACTION:
            return await self._judge_reaction(reading)
        if incoming.kind is Kind.EDIT:
            return await self._judge_edit(incoming)
        if incoming.is_addressed or await self._is_ours(incoming.conversation.id, reading.reply_to):
            return await self._with_quotation(self._accept(reading), reading.points_at)
        if await self._follows_up(incoming):
            return await self._with_quotation(replace(self._accept(reading), is_follow_up=True), reading.points_at)
        if (
            incoming.thread is None
            and reading.reply_to is None
            and self._overhears(incoming.conversation, incoming.text)
        ):
            self._overheard[incoming.event_id] = True
            return replace(incoming, is_overheard=True)
        if self._is_worth_reading(incoming.text):
            return incoming
        return await self._as_aside(incoming)

    async def _hear(self, reading: Reading) -> Incoming | None:
        """What is said to everybody where the bot hears all, with the message that is to be noted."""
        incoming = reading.incoming
        if incoming.kind is Kind.REACTION:
            return self._unless_on_others(incoming)
        first = _Seen(incoming.sender.id, incoming.thread, reading.reply_to)
        if incoming.kind is Kind.EDIT:
            first = await self._find(incoming.conversation.id, incoming.refers_to or "")
            if first.author not in ("", incoming.sender.id):
                return None
        is_addressed = incoming.is_addressed or await self._is_ours(incoming.conversation.id, first.reply_to)
        heard = replace(
            incoming,
            thread=first.thread,
            replies_to=self._unless_of_others(first.reply_to),
            is_addressed=is_addressed,
            is_overheard=not is_addressed,
        )
        return await self._with_quotation(heard, reading.points_at)

    async def _judge_reaction(self, reading: Reading) -> Incoming | None:
        incoming = reading.incoming
        if self._is_pointing(incoming.text) and not incoming.conversation.is_direct:
            return await self._with_quotation(replace(incoming, is_addressed=True), reading.points_at)
        return self._unless_on_others(incoming)

    def _unless_on_others(self, incoming: Incoming) -> Incoming | None:
        # Unknown after a restart: the dispatcher has the ids of our messages and drops the rest.
        target = self._seen.get(incoming.refers_to or "")
        is_ours = target is not None and target.author == self._user_id
        if target is not None and not is_ours:
            return None
        return replace(incoming, is_addressed=incoming.is_addressed or is_ours)

    async def _judge_edit(self, edit: Incoming) -> Incoming | None:
        """The change of a message for us, with what it does not say again: its thread, and what it replies to."""
        room_id, changed = edit.conversation.id, edit.refers_to or ""
        first = await self._find(room_id, changed)
        if first.author not in ("", edit.sender.id):  # servers let such a change pass, and nobody shows it
            return None
        edit = replace(edit, thread=first.thread, replies_to=self._unless_of_others(first.reply_to))
        if changed in self._overheard and not edit.is_addressed:
            return replace(edit, is_overheard=True) if self._overhears(edit.conversation, edit.text) else None
        is_for_us = (
            edit.is_addressed
            or changed in self._addressed
            or await self._is_thread_ours(room_id, changed)
            or await self._is_ours(room_id, first.reply_to)
            or await self._follows_up(edit)
        )
        if not is_for_us:
            return None
        is_below_us = not edit.is_addressed and await self._is_ours(room_id, first.thread)
        return replace(edit, is_addressed=True, is_follow_up=is_below_us)

    async def _with_quotation(self, incoming: Incoming, identity: str | None) -> Incoming:
        if identity is None or not self._points(incoming):
            return incoming
        found = await self._quote(incoming.conversation, identity)
        self._expect_deletion(found.quoted)
        # Below a reaction nothing can be said, only below what it is put on.
        thread = found.thread if incoming.kind is Kind.REACTION else incoming.thread
        return replace(incoming, quoted=found.quoted, thread=thread)

    def _points(self, incoming: Incoming) -> bool:
        is_in_a_round = self._hears_all(incoming.conversation)
        if not is_in_a_round and self._is_pointing(incoming.text):
            return True
        # Who takes part in a round from afar is alone with us.
        return (is_in_a_round or incoming.conversation.is_direct) and self._is_noting(incoming.text)

    def _expect_deletion(self, quoted: Quoted | None) -> None:
        # Whoever deletes what they said does not want it to be kept by others either.
        while quoted is not None:
            self._is_taken[quoted.event_id] = True
            quoted = quoted.answers

    async def _as_aside(self, incoming: Incoming) -> Incoming | None:
        """What somebody says to another person in the thread below that one's question to us; None for other talk."""
        root = incoming.thread
        is_remark = incoming.text and not self._is_pointing(incoming.text)
        if root is None or not is_remark or self._is_own_thread.get(root) is not True:
            return None
        found = await self._quote(incoming.conversation, root)
        is_question = found.is_addressed or root in self._addressed
        if found.quoted is None or not found.quoted.is_human or not is_question:
            return None
        return replace(incoming, is_aside=True, quoted=found.quoted)

    def _accept(self, reading: Reading) -> Incoming:
        incoming = reading.incoming
        self._addressed[incoming.event_id] = True
        self._seen[incoming.event_id] = _Seen(incoming.sender.id, incoming.thread, reading.reply_to)
        return replace(incoming, is_addressed=True, replies_to=self._unless_of_others(reading.reply_to))

    def _unless_of_others(self, identity: str | None) -> str | None:
        found = self._seen.get(identity or "")
        return identity if found is None or found.author == self._user_id else None

    async def _follows_up(self, incoming: Incoming) -> bool:
        """Whether somebody goes on below a message of ours, or in the thread below their own question to us.

        Others in the thread of a question talk with its asker, not with us.
        """
        if incoming.thread is None or not await self._is_thread_ours(incoming.conversation.id, incoming.thread):
            return False
        root = await self._find(incoming.conversation.id, incoming.thread)
        return root.author in (incoming.sender.id, self._user_id)

    async def _is_ours(self, room_id: str, identity: str | None) -> bool:
        return identity is not None and (await self._find(room_id, identity)).author == self._user_id

    async def _is_thread_ours(self, room_id: str, root: str) -> bool:
        return await self._is_ours(room_id, root) or self._is_own_thread.get(root) is True

    async def _find(self, room_id: str, identity: str) -> _Seen:
        """What is known of a message; the server is asked for one that we have not seen."""
        return self._seen.get(identity) or await self._ask(room_id, identity)

    async def _ask(self, room_id: str, identity: str) -> _Seen:
        event = await self._look_up(room_id, identity)
        participated = part(event, "unsigned", "m.relations", "m.thread").get("current_user_participated")
        if participated is True:
            self._is_own_thread[identity] = True
        found = self._seen[identity] = _seen_in(event)
        return found


def _seen_in(event: Wire) -> _Seen:
    return _Seen(text(event, "sender"), thread_of(event), reply_of(event))
