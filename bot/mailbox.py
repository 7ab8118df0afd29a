"""The durable mailbox: takes events in, keeps messages until they are delivered, and delivers them in order."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

import structlog
from pydantic import TypeAdapter

from bot.attachments import apart, file_key, missing
from bot.errors import DeliveryError, UnableError
from bot.lanes import Lanes
from bot.messages import Conversation, Incoming, Order, Outgoing, RoomOrder
from bot.moves import Moves
from bot.patience import patiently
from bot.platforms import Platform, Sealed
from storage.database import Database, UnitOfWork
from storage.errors import StoreUnavailable
from storage.models.mailbox import InboxState, OutboxState

T = TypeVar("T")
Report = Callable[[UnitOfWork, str], Awaitable[Sequence[Outgoing]]]
"""What has to be said since a message of ours, by its key, could not be delivered."""
Opened = Callable[[UnitOfWork, str, Conversation], Awaitable[Sequence[Outgoing]]]
"""What has to be done since a room was opened by an order of ours, by its key."""

log = structlog.get_logger(__name__)

INCOMING = TypeAdapter(Incoming)
OUTGOING = TypeAdapter(Outgoing)

CONVERSATIONS_AT_ONCE = 32
LAST_SENDING_S = 5.0


class Mailbox:
    """Between the platforms and the dispatcher: what is in here survives a crash between any two lines.

    Give it the platforms with `serve`, and who takes received events with `listen`. `public_url` is where people reach
    our web application, without a slash at its end, if they can.
    """

    def __init__(self, database: Database, now: Callable[[], datetime], public_url: str = "") -> None:
        self._database = database
        self._now = now
        self._public_url = public_url
        self._platforms: dict[str, Platform] = {}
        self._open: set[str] = set()
        self._opening: dict[str, list[Outgoing]] = {}
        self._in_hand: set[str] = set()
        self._moves = Moves()
        self._take: Callable[[int, Incoming], None] = _nobody
        self._report: Report = _nothing
        self._opened: Opened = _nothing
        self._learn: Callable[[UnitOfWork], None] = _forget
        self._overhears: Callable[[Conversation, str], bool] = _nowhere
        self._hears_all: Callable[[Conversation], bool] = _nowhere
        self._deliveries = Lanes(self._deliver, sys.maxsize)
        self._on_their_way: set[asyncio.Task[None]] = set()
        # A platform that is away must not take the turns of the others, nor a message those of its own while it waits.
        self._turns: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(CONVERSATIONS_AT_ONCE))

    def serve(self, platforms: Mapping[str, Platform]) -> None:
        """Deliver through these platforms, by name."""
        self._platforms.update(platforms)

    def has_buttons(self, platform: str) -> bool:
        """Whether choices are shown as buttons there."""
        return platform in self._platforms and self._platforms[platform].has_buttons

    @property
    def only_platform(self) -> Collection[str]:
        """The platform that is served, if it is the only one."""
        return self._platforms.keys() if len(self._platforms) == 1 else ()

    async def recall(self) -> None:
        """Learn which conversations took the place of others; call it before anything is delivered."""
        async with self._database.reading() as uow:
            self._moves = Moves(await uow.mailbox.moves())

    def names(self, conversation: Conversation) -> frozenset[str]:
        """The id of a conversation and those of the ones that it replaces."""
        return self._moves.names(conversation)

    def newest(self, conversation: Conversation) -> Conversation:
        """The conversation that took the place of this one, else itself."""
        return self._moves.newest(conversation)

    async def listen(self, take: Callable[[int, Incoming], None]) -> None:
        """Hand every received event to `take` with its number: first those that still wait, then each new one."""
        self._take = take
        async with self._database.reading() as uow:
            waiting = await uow.mailbox.waiting_received()
        for number, payload in waiting:
            take(number, INCOMING.validate_python(payload))

    def report_to(self, report: Report) -> None:
        """Ask `report` what to say when a message, by its key, could not be delivered."""
        self._report = report

    def open_for(self, opened: Opened, learn: Callable[[UnitOfWork], None]) -> None:
        """Ask `opened` what to do in a new room, and give the transaction to `learn` once it is committed.

        Only after that people are invited, so that nobody is there before the room is known.
        """
        self._opened, self._learn = opened, learn

    def overhear(
        self, overhears: Callable[[Conversation, str], bool], hears_all: Callable[[Conversation], bool] | None = None
    ) -> None:
        """Ask `overhears` whether a text that speaks to nobody is to be taken in, `hears_all` whether all of them."""
        self._overhears = overhears
        self._hears_all = hears_all or _nowhere

    # taking in (bot.platforms.Intake)

    def overhears(self, conversation: Conversation, text: str) -> bool:
        """Whether a text that speaks to nobody is taken in; see `Intake.overhears`."""
        return self._overhears(conversation, text)

    def hears_all(self, conversation: Conversation) -> bool:
        """Whether all that is said is taken in; see `Intake.hears_all`."""
        return self._hears_all(conversation)

    async def receive(
        self,
        platform: str,
        events: Sequence[Incoming],
        cursor: str | None = None,
        sealed: Sequence[Sealed] = (),
        opened: Collection[str] = (),
    ) -> None:
        """Store events and the platform's place in its stream in one transaction; see `Intake.receive`."""
        rows = [(event.event_id, INCOMING.dump_python(event, mode="json")) for event in events]
        locked = [(event.event_id, dict(event.wire)) for event in sealed]
        async with self._database.unit_of_work() as uow:
            await uow.mailbox.add_received(platform, locked, self._now(), InboxState.SEALED)
            new = await uow.mailbox.add_received(platform, rows, self._now())
            await uow.mailbox.drop_sealed(platform, opened)
            if cursor is not None:
                await uow.mailbox.move_cursor(platform, cursor)
            await uow.commit()
        for number, payload in new:
            self._take(number, INCOMING.validate_python(payload))

    async def sealed(self, platform: str) -> Sequence[Sealed]:
        """Give the events that still wait for their keys."""
        async with self._database.reading() as uow:
            return [Sealed(event_id, payload) for event_id, payload in await uow.mailbox.sealed(platform)]

    async def move(self, platform: str, old: str, new: str) -> None:
        """Have `new` take the place of a conversation; see `Intake.move`."""
        async with self._database.unit_of_work() as uow:
            await uow.mailbox.note_move(platform, old, new, self._now())
            await uow.questions.move_offers(platform, old, new)
            await uow.rooms.move(platform, old, new)
            await uow.routing.move(platform, old, new)
            await uow.jour_fixe.move(platform, old, new)
            await uow.consultations.move(platform, old, new)
            await uow.rounds.move(platform, old, new)
            await uow.commit()
        self._moves.note(platform, old, new)

    async def cursor(self, platform: str) -> str | None:
        """Give the last stored place in the platform's stream."""
        async with self._database.reading() as uow:
            return await uow.mailbox.cursor(platform)

    async def resume(self, platform: str, shown: Sequence[tuple[str, str]] = ()) -> None:
        """Begin to deliver through a platform, once it knows what it `shown` already; see `Intake.resume`."""
        # What is put into the outbox once that has been read would wait there until the next start.
        meanwhile: list[Outgoing] = []
        self._opening[platform] = meanwhile
        try:
            async with self._database.unit_of_work() as uow:
                for key, message_id in shown:
                    await uow.mailbox.note_sent(key, OutboxState.DELIVERED, message_id)
                await uow.commit()
                waiting = await uow.mailbox.waiting_to_send()
        finally:
            del self._opening[platform]
        self._open.add(platform)
        outgoing = (OUTGOING.validate_python(payload) for _, payload in waiting)
        self.deliver([message for message in outgoing if message.conversation.platform == platform])
        self.deliver(meanwhile)

    # giving out

    async def post(self, messages: Sequence[Outgoing]) -> None:
        """Send messages that answer nothing; see `Intake.post`."""
        if not messages:
            return
        async with self._database.unit_of_work() as uow:
            ready = await self.put(uow, messages)
            await uow.commit()
        self.deliver(ready)

    async def put(self, uow: UnitOfWork, outgoing: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Put messages into the outbox within the caller's transaction.

        Gives those to `deliver` after its commit: new ones that are not held. What refers to a held one waits with it;
        a held one that is to be deleted is never said. A file follows its message, and goes with it.
        """
        ready = []
        for message in [part for whole in outgoing for part in await self._parts(uow, whole)]:
            if message.deletes is not None and await self._is_unsaid(uow, message.deletes):
                continue
            held_until = await self._held_until(uow, message)
            if await self._store(uow, message, held_until) and held_until is None:
                ready.append(message)
        return ready

    async def _parts(self, uow: UnitOfWork, message: Outgoing) -> Sequence[Outgoing]:
        if message.deletes is None:
            platform = self._platforms.get(message.conversation.platform)
            takes_files = platform is not None and platform.takes_files
            return apart(message, takes_files=takes_files, public_url=self._public_url)
        file = file_key(message.deletes)
        if not await uow.mailbox.is_known(file):
            return [message]
        return [message, replace(message, key=file_key(message.key), deletes=file)]

    async def _store(self, uow: UnitOfWork, message: Outgoing, held_until: datetime | None) -> bool:
        row = {
            "key": message.key,
            "platform": message.conversation.platform,
            "answers": message.answers,
            "payload": OUTGOING.dump_python(message, mode="json"),
            "held_until": held_until,
            "created_at": self._now(),
        }
        return bool(await uow.mailbox.post([row]))

    async def _held_until(self, uow: UnitOfWork, message: Outgoing) -> datetime | None:
        """Until when a message waits: as long as it shall, or as what it changes, deletes or is said below."""
        others = [key for key in (message.replaces, message.deletes, message.below) if key is not None]
        moments = (await uow.mailbox.held(others)).values() if others else ()
        return max([*moments, *([message.held_until] if message.held_until else [])], default=None)

    async def _is_unsaid(self, uow: UnitOfWork, key: str) -> bool:
        """Whether a message was held, and now is never said, nor what it was to be changed to."""
        if not await uow.mailbox.drop_held(key):
            return False
        held = [OUTGOING.validate_python(payload) for payload in await uow.mailbox.held_payloads()]
        for change in [message for message in held if message.replaces == key]:
            await uow.mailbox.drop_held(change.key)
        return True

    async def release(self) -> None:
        """Deliver what was held until now or before."""
        async with self._database.reading() as uow:
            if not any(moment <= self._now() for moment in (await uow.mailbox.held()).values()):
                return
        async with self._database.unit_of_work() as uow:
            released = await uow.mailbox.release(self._now())
            await uow.commit()
        self.deliver([OUTGOING.validate_python(payload) for payload in released])

    def deliver(self, outgoing: Sequence[Outgoing]) -> None:
        """Deliver what `put` gave; messages of a platform that is not ready wait in the outbox for its `resume`."""
        for message in outgoing:
            platform = message.conversation.platform
            if platform in self._opening and platform not in self._open:
                self._opening[platform].append(message)
            # `resume` may find a message in the outbox a moment before its dispatcher hands it over, too.
            elif platform in self._open and message.key not in self._in_hand:
                self._in_hand.add(message.key)
                self._deliveries.put(message.conversation, message)

    async def _deliver(self, message: Outgoing) -> None:
        await self._patiently(lambda: self._unbroken(self._send_and_note(message)), message.key)
        self._in_hand.discard(message.key)

    async def _unbroken(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that stopping waits for."""
        task = asyncio.create_task(work)
        self._on_their_way.add(task)
        task.add_done_callback(self._arrived)
        await asyncio.shield(task)

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._on_their_way.discard(task)
        if not task.cancelled():
            task.exception()  # when nobody waits for it any more, asyncio would log it

    async def _send_and_note(self, message: Outgoing) -> None:
        state, message_id = await self._send(message)
        # Patient by itself: what cannot be noted for a while must not be sent again.
        await self._patiently(lambda: self._note(message, state, message_id), message.key)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]], key: str) -> T:
        return await patiently(attempt, "mailbox.postponed", mends_itself=(StoreUnavailable, DeliveryError), key=key)

    async def _send(self, message: Outgoing) -> tuple[OutboxState, str | None]:
        ready = await self._with_target(self._redirected(message))
        if ready is None:
            return OutboxState.DELIVERED, None
        try:
            message_id = await self._hand_over(ready)
        except DeliveryError as error:
            if not error.is_final:
                raise
            tell = log.info if isinstance(error, UnableError) else log.error
            tell("mailbox.undeliverable", key=message.key, reason=str(error))
            return OutboxState.UNDELIVERABLE, None
        except StoreUnavailable:
            raise
        except Exception as error:  # a mistake of ours must not hold up what comes after it
            log.error("mailbox.sending_failed", key=message.key, error=type(error).__name__)
            return OutboxState.UNDELIVERABLE, None
        # People see an edited message under its first id, so that is where reactions will point.
        return OutboxState.DELIVERED, ready.replaces or message_id

    async def _hand_over(self, message: Outgoing) -> str:
        platform = message.conversation.platform
        async with self._turns[platform]:
            return await self._platforms[platform].send(message)

    def _redirected(self, message: Outgoing) -> Outgoing:
        """The message for where the conversation is now; what it refers to has stayed behind.

        Messages wait under the id that the conversation had when they were written, so that none can be overlooked.
        """
        place = self._moves.newest(message.conversation)
        if place == message.conversation or message.deletes is not None:
            return message
        return replace(message, conversation=place, answers=None, thread=None, replaces=None, below=None)

    async def _with_target(self, message: Outgoing) -> Outgoing | None:
        """The message with the platform's id of the one it changes.

        None when it deletes or closes one that never arrived, or that was left behind.
        """
        key = message.deletes or message.replaces
        if key is None and message.below is not None:
            return await self._in_thread(message, message.below)
        if key is None:
            return message if message.chosen is None else None
        async with self._database.reading() as uow:
            # Ours were delivered before, in order. One that could not be is said anew.
            target = await uow.mailbox.message_id(key)
        if target is None and (message.deletes is not None or message.chosen is not None):
            return None
        return replace(message, replaces=target) if message.deletes is None else replace(message, deletes=target)

    async def _in_thread(self, message: Outgoing, below: str) -> Outgoing:
        async with self._database.reading() as uow:
            root = await uow.mailbox.message_id(below)
        return replace(message, thread=root)

    async def _note(self, message: Outgoing, state: OutboxState, message_id: str | None) -> None:
        said: Sequence[Outgoing] = ()
        async with self._database.unit_of_work() as uow:
            await uow.mailbox.note_sent(message.key, state, message_id)
            if state is OutboxState.UNDELIVERABLE:
                instead = missing(message, self._public_url)
                said = await self.put(uow, [instead]) if instead else await self._reported(uow, message.key)
            elif message.room is not None and message.room.order is Order.OPEN and message_id is not None:
                said = await self._begun(uow, message, message.room, message_id)
            await uow.commit()
        self._learn(uow)
        self.deliver(said)

    async def _begun(self, uow: UnitOfWork, message: Outgoing, order: RoomOrder, room_id: str) -> Sequence[Outgoing]:
        """What is to be delivered since a room was opened: what its opener wants, then who is invited."""
        room = Conversation(message.conversation.platform, room_id)
        invitation = Outgoing(f"{message.key}:invite", room, "", room=replace(order, order=Order.INVITE))
        closing = Outgoing(f"{message.key}:close", room, "", room=RoomOrder(Order.CLOSE))
        begun = await self._attempted(uow, message.key, lambda: self._opened(uow, message.key, room), [invitation])
        # A room that nobody began with must not stay.
        return (
            begun if begun is not None else [*await self.put(uow, [closing]), *await self._reported(uow, message.key)]
        )

    async def _reported(self, uow: UnitOfWork, key: str) -> Sequence[Outgoing]:
        """What is to be delivered since a message could not be; nothing when nobody can tell."""
        return await self._attempted(uow, key, lambda: self._report(uow, key)) or ()

    async def _attempted(
        self,
        uow: UnitOfWork,
        key: str,
        ask: Callable[[], Awaitable[Sequence[Outgoing]]],
        then: Sequence[Outgoing] = (),
    ) -> Sequence[Outgoing] | None:
        """What is to be delivered by an answer, and `then` that; None when nobody can answer."""
        try:
            async with uow.attempt():
                return await self.put(uow, [*await ask(), *then])
        except StoreUnavailable:
            raise
        except Exception as error:  # else it would be tried for ever, and whatever comes after it would wait
            log.error("mailbox.report_failed", key=key, error=type(error).__name__)
            uow.rooms.changed.clear()  # nothing of that stays, either
            return None

    async def idle(self) -> None:
        """Wait until all that could be delivered is delivered."""
        await self._deliveries.idle()

    async def stop(self) -> None:
        """Stop delivering; what waits stays in the outbox.

        What is on its way is waited for: once handed over, it must be noted, or it would be said again.
        """
        await self._deliveries.stop()
        if self._on_their_way:
            await asyncio.wait(self._on_their_way, timeout=LAST_SENDING_S)
        for task in self._on_their_way:
            task.cancel()
        await asyncio.gather(*self._on_their_way, return_exceptions=True)


def key_for(message: Incoming, place: int) -> str:
    """The idempotency key of the answer at `place` to an event: the same after every restart."""
    origin = "\n".join((message.conversation.platform, message.event_id, str(place)))
    return sha256(origin.encode()).hexdigest()[:32]


def _nobody(_number: int, _message: Incoming) -> None:
    """Takes events before somebody listens: they wait in the inbox."""


def _nowhere(_conversation: Conversation, _text: str = "") -> bool:
    """Overhears nothing."""
    return False


async def _nothing(_uow: UnitOfWork, _key: str, _room: Conversation | None = None) -> Sequence[Outgoing]:
    """Has nothing to say."""
    return ()


def _forget(_uow: UnitOfWork) -> None:
    """Learns nothing."""
