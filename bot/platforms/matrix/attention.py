"""Decides what of the talk in group rooms is meant for the bot; everything else is dropped and kept nowhere."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.messages import Conversation, Incoming, Kind, Quoted
from bot.platforms.matrix.events import Reading
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


class Attention:
    """Remembers which messages and threads are the bot's, within bounds.

    The bot answers in groups by thread replies to the question, so a thread is its own once it has written in it.
    What was said before the start is asked from the server, once for each message that people refer to. Words of
    others are fetched only when somebody points at them, or answers a question to the bot in its thread.
    """

    def __init__(
        self,
        user_id: str,
        look_up: Lookup,
        quote: Quote,
        is_worth_reading: Callable[[str], bool],
        is_pointing: Callable[[str], bool],
    ) -> None:
        self._user_id = user_id
        self._look_up = look_up
        self._quote = quote
        self._is_worth_reading = is_worth_reading
        self._is_pointing = is_pointing
        self._author: Recent[str] = Recent()  # every message seen -> who wrote it
        self._is_own_thread: Recent[bool] = Recent()  # thread root -> the bot wrote in it
        self._addressed: Recent[str | None] = Recent()  # messages taken -> their thread, for later edits
        self._is_taken: Recent[bool] = Recent()  # messages read -> whether the mailbox got them, for later deletions

    def note(self, event: Wire) -> None:
        """See an event pass, our own ones, too."""
        identity = event_id(event)
        if identity is None:
            return
        author = self._author[identity] = text(event, "sender")
        relation = part(event, "content", "m.relates_to")
        root = event_id(relation)
        if author == self._user_id and root is not None and text(relation, "rel_type") == "m.thread":
            self._is_own_thread[root] = True

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
        if incoming.kind is Kind.REACTION:
            return await self._judge_reaction(reading)
        if incoming.is_addressed or await self._answers_us(reading):
            return await self._with_quotation(self._accept(incoming), reading.points_at)
        if await self._follows_up(incoming):
            return await self._with_quotation(replace(self._accept(incoming), is_follow_up=True), reading.points_at)
        if incoming.kind is Kind.MESSAGE and self._is_worth_reading(incoming.text):
            return incoming
        return await self._as_aside(incoming)

    async def _judge_reaction(self, reading: Reading) -> Incoming | None:
        incoming = reading.incoming
        if self._is_pointing(incoming.text) and not incoming.conversation.is_direct:
            return await self._with_quotation(replace(incoming, is_addressed=True), reading.points_at)
        # Unknown after a restart: the dispatcher has the ids of our messages and drops the rest.
        author = self._author.get(incoming.refers_to or "")
        if author not in (None, self._user_id):
            return None
        return replace(incoming, is_addressed=incoming.is_addressed or author == self._user_id)

    async def _with_quotation(self, incoming: Incoming, identity: str | None) -> Incoming:
        if identity is None or not self._is_pointing(incoming.text):
            return incoming
        found = await self._quote(incoming.conversation, identity)
        self._expect_deletion(found.quoted)
        # Below a reaction nothing can be said, only below what it is put on.
        thread = found.thread if incoming.kind is Kind.REACTION else incoming.thread
        return replace(incoming, quoted=found.quoted, thread=thread)

    def _expect_deletion(self, quoted: Quoted | None) -> None:
        # Whoever deletes what they said does not want it to be kept by others either.
        while quoted is not None:
            self._is_taken[quoted.event_id] = True
            quoted = quoted.answers

    async def _as_aside(self, incoming: Incoming) -> Incoming | None:
        """What somebody says to another person in the thread below that one's question to us; None for other talk."""
        root = incoming.thread
        is_remark = incoming.kind is Kind.MESSAGE and incoming.text and not self._is_pointing(incoming.text)
        if root is None or not is_remark or self._is_own_thread.get(root) is not True:
            return None
        found = await self._quote(incoming.conversation, root)
        is_question = found.is_addressed or root in self._addressed
        if found.quoted is None or not found.quoted.is_human or not is_question:
            return None
        return replace(incoming, is_aside=True, quoted=found.quoted)

    def _accept(self, incoming: Incoming) -> Incoming:
        thread = incoming.thread
        if incoming.kind is Kind.EDIT:
            # An edit does not say again in which thread the message is.
            thread = self._addressed.get(incoming.refers_to or "")
        else:
            self._addressed[incoming.event_id] = thread
        return replace(incoming, is_addressed=True, thread=thread)

    async def _answers_us(self, reading: Reading) -> bool:
        """Whether it edits a question to us, or replies to a message of ours."""
        incoming, room_id = reading.incoming, reading.incoming.conversation.id
        if incoming.kind is Kind.EDIT:
            question = incoming.refers_to or ""
            return question in self._addressed or await self._is_thread_ours(room_id, question)
        return reading.reply_to is not None and await self._is_ours(room_id, reading.reply_to)

    async def _follows_up(self, incoming: Incoming) -> bool:
        """Whether somebody goes on in the thread below their own question; others there talk with them, not with us."""
        if incoming.thread is None or not await self._is_thread_ours(incoming.conversation.id, incoming.thread):
            return False
        return self._author.get(incoming.thread) in (incoming.sender.id, self._user_id)

    async def _is_ours(self, room_id: str, identity: str) -> bool:
        if identity not in self._author:
            await self._ask(room_id, identity)
        return self._author.get(identity) == self._user_id

    async def _is_thread_ours(self, room_id: str, root: str) -> bool:
        if root not in self._author:
            await self._ask(room_id, root)
        return self._is_own_thread.get(root) is True or self._author.get(root) == self._user_id

    async def _ask(self, room_id: str, identity: str) -> None:
        event = await self._look_up(room_id, identity)
        participated = part(event, "unsigned", "m.relations", "m.thread").get("current_user_participated")
        self._author[identity] = text(event, "sender")
        if participated is True:
            self._is_own_thread[identity] = True
