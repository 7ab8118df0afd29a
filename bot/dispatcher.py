"""Takes stored events to their handlers and the handlers' actions to the outbox; the error boundary."""

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

import structlog

from bot.commands import looks_like_choice
from bot.community import Community
from bot.deletion import answer_key, connect, take_back
from bot.directory import Directory
from bot.errors import UserError
from bot.floods import Floods, Flow
from bot.lanes import Lanes
from bot.mailbox import Mailbox, key_for
from bot.messages import Action, Arrange, Conversation, Delete, Incoming, Kind, Outgoing, Reply, Send
from bot.offers import keep_offer, standing, unasked
from bot.patience import patiently
from bot.roles import Role
from bot.router import Route, StandingOffer, Table, route, route_in_round, route_passage
from bot.turn import Services, Turn
from storage.database import Database, UnitOfWork
from storage.errors import StoreUnavailable
from storage.models.mailbox import InboxState
from storage.models.questions import PendingOffer
from storage.models.routing import Side

log = structlog.get_logger(__name__)

CONVERSATIONS_AT_ONCE = 16
SETTLED = -1
"""The place of a message that closes an offer, before all answers."""
PASSAGES = (Kind.ENTERED, Kind.LEFT)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with a message: by whom, and for an edited question what it changes.

    `replaces` is the key of the answer to its earlier version, `outdated` are the open questions which that became.
    `is_in_round` where it was said among people who consult each other.
    """

    route: Route | None
    role: Role = Role.STAFF_MEMBER
    replaces: str | None = None
    outdated: Sequence[int] = ()
    is_in_round: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a message: what to say, after which messages that close an offer, in the place of which answer."""

    actions: Sequence[Action]
    state: InboxState = InboxState.DONE
    settled: Sequence[Outgoing] = ()
    replaces: str | None = None


class Dispatcher:
    """One message at a time in a conversation, many conversations at once; each message in one transaction."""

    def __init__(
        self, database: Database, mailbox: Mailbox, community: Community, table: Table, services: Services
    ) -> None:
        self._database = database
        self._mailbox = mailbox
        self._community = community
        self._table = table
        self._services = services
        self._directory = Directory(community, mailbox)
        self._floods = Floods(community.messages_per_minute)
        self._lanes: Lanes[tuple[int, Incoming]] = Lanes(self._handle, CONVERSATIONS_AT_ONCE)

    async def start(self) -> None:
        """Take up what waits and all that comes."""
        await self._mailbox.listen(lambda number, message: self._lanes.put(message.conversation, (number, message)))

    async def idle(self) -> None:
        """Wait until every event taken so far is handled."""
        await self._lanes.idle()

    async def stop(self) -> None:
        """Stop at once; what is in hand is taken up at the next start."""
        await self._lanes.stop()

    async def _handle(self, item: tuple[int, Incoming]) -> None:
        number, message = item
        flow = self._flow(message)
        await patiently(
            lambda: self._answer(number, message) if flow is Flow.CALM else self._calm(number, message, flow),
            "dispatcher.postponed",
            mends_itself=(StoreUnavailable,),
            received=number,
        )

    def _flow(self, message: Incoming) -> Flow:
        # What people say to each other is no flood for us; who enters or leaves must never be missed.
        is_for_others = message.kind in PASSAGES or self._community.hears_all(message.conversation)
        return Flow.CALM if is_for_others else self._floods.judge(message, self._community.local_time())

    async def _calm(self, number: int, message: Incoming, flow: Flow) -> None:
        """Say once to somebody who writes very much that they are not answered for a while; drop what they wrote."""
        say = self._community.say(message)
        pause = Reply(say("Das waren gerade viele Nachrichten. Ich mache eine Minute Pause für dich."))
        is_told = flow is Flow.TOO_MUCH and not self._community.is_off(message.conversation)
        async with self._database.unit_of_work() as uow:
            await self._close(uow, number, message, Outcome([pause] if is_told else []))

    async def _answer(self, number: int, message: Incoming) -> None:
        try:
            await self._work(number, message)
        except StoreUnavailable:
            raise
        except UserError as error:
            await self._apologize(number, message, str(error), InboxState.DONE)
        except Exception as error:
            report = uuid4().hex[:8]
            log.error("dispatcher.handler_failed", report=report, received=number, error=_describe(error))
            say = self._community.say(message)
            sentence = say(
                "Das hat gerade nicht geklappt, und das liegt an mir. Wenn es eilt, frag bitte eine Lotsin oder einen "
                "Lotsen direkt. Die Technik findet den Fehler unter der Nummer {report}."
            )
            await self._apologize(number, message, sentence.format(report=report), InboxState.FAILED)

    async def _work(self, number: int, message: Incoming) -> None:
        if message.kind is Kind.DELETION:
            await self._take_back(number, message)
            return
        plan = self._muted(message, await self._plan(message))
        if message.kind is Kind.REACTION and plan.route and plan.route.taken:
            # Nothing can be said below a reaction: the answer goes where the choices stand.
            message = replace(message, thread=plan.route.taken.thread)
        # By itself: a handler must not hold the write lock while its search stores vectors.
        await self._directory.note(self._database, message, plan.role)
        async with self._database.unit_of_work() as uow:
            actions = await self._carry_out(uow, message, plan) if plan.route else []
            settled = self._settled(message, plan.route) if plan.route else []
            await self._close(uow, number, message, Outcome(actions, settled=settled, replaces=plan.replaces))

    async def _take_back(self, number: int, deletion: Incoming) -> None:
        """Forget a deleted message and delete our answers to it, which quote it or tell what it was about."""
        async with self._database.unit_of_work() as uow:
            role = await self._directory.role(uow, deletion.conversation.platform, deletion.sender.id)
            is_in_round = await self._is_in_round(uow, deletion)
            turn = self._turn(uow, deletion, Plan(None, role, is_in_round=is_in_round))
            hearers = [self._table.withdrawer, self._table.companion if is_in_round else None]
            actions = [action for hear in hearers if hear for action in await hear(turn, self._services)]
            keys = await take_back(uow, deletion, turn.today)
            gone = [Delete(key, deletion.conversation) for key in keys]
            await self._close(uow, number, deletion, Outcome([*gone, *actions]))

    async def _apologize(self, number: int, message: Incoming, text: str, state: InboxState) -> None:
        async with self._database.unit_of_work() as uow:
            await self._close(uow, number, message, Outcome([Reply(text)], state))

    def _muted(self, message: Incoming, plan: Plan) -> Plan:
        """What is left of a plan where the bot is turned off: it only listens for being turned on again."""
        is_heard = plan.route is None or plan.route.handler in self._table.unmuted
        return plan if is_heard or not self._community.is_off(message.conversation) else Plan(None, plan.role)

    async def _plan(self, message: Incoming) -> Plan:
        """Decide who takes the message; only reads, so that nobody waits for a decision."""
        conversation = message.conversation
        async with self._database.reading() as uow:
            if await uow.questions.is_deleted(answer_key(message)):
                return Plan(None)
            role = await self._directory.role(uow, conversation.platform, message.sender.id)
            if message.kind in PASSAGES:
                return Plan(route_passage(self._table), role)
            if await self._is_in_round(uow, message):
                waiting = await self._waiting(uow, message) if message.kind is not Kind.EDIT else []
                return Plan(route_in_round(message, waiting, self._table), role, is_in_round=True)
            is_relayed = await self._is_relayed(uow, message)
            if message.kind is Kind.EDIT and message.refers_to and not is_relayed:
                answer = await uow.mailbox.answer_to(conversation.platform, message.refers_to)
                outdated = await uow.questions.opened_by(await uow.questions.line_of(answer_key(message)))
                return Plan(route(message, [], self._table), role, answer.key if answer else None, outdated)
            if message.is_aside or not (message.is_addressed or looks_like_choice(message.text)):
                return Plan(route(message, [], self._table, is_relayed=is_relayed), role)
            waiting = await self._waiting(uow, message)
        return Plan(route(message, waiting, self._table, is_relayed=is_relayed), role)

    async def _is_in_round(self, uow: UnitOfWork, message: Incoming) -> bool:
        """Whether a message is said among people who consult each other: in their room, or to be passed on to it."""
        here = message.conversation
        return await uow.consultations.place(here.platform, here.id) is not None

    async def _waiting(self, uow: UnitOfWork, message: Incoming) -> Sequence[StandingOffer]:
        """The offers that wait for the sender and that they have seen."""
        offers = await self._offers(uow, message)
        unseen = await uow.mailbox.held([offer.message_key for offer in offers]) if offers else ()
        return [await self._standing(uow, offer, message) for offer in offers if offer.message_key not in unseen]

    async def _offers(self, uow: UnitOfWork, message: Incoming) -> Sequence[PendingOffer]:
        """What waits for the sender, newest first; however much that is, what they point at is among it."""
        here, below = message.conversation, list[str]()
        if message.kind is Kind.PRESS:
            below = [message.refers_to or ""]
        elif message.kind is Kind.REACTION or message.thread is not None:
            shown = message.refers_to if message.kind is Kind.REACTION else message.thread
            target = await uow.mailbox.sent_as(here.platform, shown or "")
            below = [target.key, *await uow.mailbox.versions(target.key)] if target else []
        pointed_at = await uow.questions.offers_to(here.platform, here.id, message.sender.id, below) if below else []
        if message.kind in (Kind.PRESS, Kind.REACTION):
            return pointed_at
        newest = await uow.questions.offers_to(here.platform, here.id, message.sender.id)
        known = {offer.id for offer in newest}
        return [*newest, *(offer for offer in pointed_at if offer.id not in known)]

    async def _standing(self, uow: UnitOfWork, offer: PendingOffer, message: Incoming) -> StandingOffer:
        """An offer that waits; below a message of ours that opened a thread, it may be answered in that thread."""
        found = standing(offer, self._community.local_time())
        if message.thread is None or found.thread is not None:
            return found
        shown = await uow.mailbox.message_id(offer.message_key)
        return replace(found, thread=shown) if shown == message.thread else found

    async def _is_relayed(self, uow: UnitOfWork, message: Incoming) -> bool:
        """Whether a message is said about a question on its way: in its thread, as a reply, or changed there."""
        if message.kind is Kind.EDIT:
            return bool(await uow.routing.copies(answer_key(message)))
        roots = [root for root in (message.thread, message.replies_to) if root is not None]
        here = message.conversation
        place = await uow.routing.place_at(here.platform, here.id, roots) if roots else None
        # In the thread below their own question, people ask on once it is closed.
        return place is not None and (place.side == Side.SUPPORTERS or await uow.routing.is_live(place.routing_id))

    async def _carry_out(self, uow: UnitOfWork, message: Incoming, plan: Plan) -> Sequence[Action]:
        assert plan.route
        actions = await plan.route.handler(self._turn(uow, message, plan), self._services)
        taken = plan.route.taken
        if taken:
            await connect(uow, message, taken.message_key, self._community.local_time().date())
        settled = taken.message_key if taken else plan.replaces
        if settled and not (taken and taken.offer.lasts):
            await uow.questions.withdraw_offers([settled])
        await uow.questions.withdraw(*plan.outdated)
        return actions

    def _turn(self, uow: UnitOfWork, message: Incoming, plan: Plan) -> Turn:
        found = plan.route
        return Turn(
            message=message,
            text=found.text if found else "",
            choice=found.choice if found else None,
            answer_key=answer_key(message),
            sees=self._community.sees(message, plan.role),
            now=self._community.local_time(),
            say=self._community.say(message),
            uow=uow,
            role=plan.role,
            number=found.number if found else None,
            is_confidential=plan.is_in_round or any(map(self._community.is_confidential, _places(message))),
            curators=lambda: self._directory.curators(uow),
            coordinators=lambda: self._directory.coordinators(uow),
            rooms=lambda: self._directory.rooms(uow),
            role_of=lambda platform, person: self._directory.role(uow, platform, person),
            say_to=self._community.say_to,
            rules=self._community.rules(message.conversation),
        )

    def _settled(self, message: Incoming, route: Route) -> Sequence[Outgoing]:
        """The message with the taken choice once more, without its buttons, where there are such."""
        taken, choice, conversation = route.taken, route.choice, message.conversation
        if (
            not taken
            or not choice
            or taken.offer.lasts
            or not taken.text
            or not taken.offer.choices
            or not self._mailbox.has_buttons(conversation.platform)
        ):
            return []
        # It answers nothing: deleting the choice must not delete what it was offered with.
        key = key_for(message, SETTLED)
        return [Outgoing(key, conversation, taken.text, replaces=taken.message_key, chosen=choice.label)]

    async def _close(self, uow: UnitOfWork, number: int, message: Incoming, outcome: Outcome) -> None:
        outgoing: list[Outgoing] = []
        said: list[tuple[Action, Outgoing]] = []
        for place, action in enumerate(outcome.actions):
            if isinstance(action, Reply | Delete | Arrange) or not self._community.is_off(action.to):
                shown = self._outgoing(message, place, action, outcome.replaces if place == 0 else None)
                outgoing.append(replace(shown, held_until=await self._quiet_until(uow, message, action)))
                said.append((action, shown))
        # What is said here is the newest: a number that comes next is about that.
        for action, shown in sorted(said, key=lambda both: isinstance(both[0], Reply)):
            person = message.sender.id if isinstance(action, Reply) else None
            await keep_offer(uow, action, shown, person, self._mailbox, self._community.local_time())
        await self._finish(uow, number, outcome.state, [*outcome.settled, *outgoing])

    def _outgoing(self, message: Incoming, place: int, action: Action, replaces: str | None) -> Outgoing:
        if not isinstance(action, Reply):
            return unasked(action, key_for(message, place))
        # Where people consult each other, an answer must not open a thread that others overlook.
        is_said_to_all = self._community.hears_all(message.conversation)
        return Outgoing(
            key=key_for(message, place),
            conversation=message.conversation,
            text=action.text,
            choices=action.offer.choices if action.offer else (),
            answers=None if is_said_to_all else _answered(message),
            thread=message.thread,
            replaces=replaces,
            file=action.file,
        )

    async def _quiet_until(self, uow: UnitOfWork, message: Incoming, action: Action) -> datetime | None:
        """Until when something new waits that is said in another room, where nobody waits for it.

        Whoever asked waits for the answer, and in a thread or a meeting people talk already.
        """
        if not isinstance(action, Send) or action.to.is_direct or action.to == message.conversation:
            return None
        if action.answers is not None or action.below is not None:
            return None
        return await self._community.held_until(uow, action.to)

    async def _finish(self, uow: UnitOfWork, number: int, state: InboxState, outgoing: Sequence[Outgoing]) -> None:
        """Commit what was done together with its messages; nothing when somebody else handled the event."""
        if not await uow.mailbox.finish(number, state):
            return
        ready = await self._mailbox.put(uow, outgoing)
        await uow.commit()
        self._community.learn(uow.rooms.changed)
        self._mailbox.deliver(ready)


def _answered(message: Incoming) -> str | None:
    if message.kind in (Kind.DELETION, *PASSAGES):  # what is said of one stands alone
        return None
    return message.refers_to if message.kind is Kind.EDIT else message.event_id


def _places(message: Incoming) -> Iterator[Conversation]:
    """Where a message was said, and where those that it points at were said."""
    yield message.conversation
    quoted = message.quoted
    while quoted is not None:
        yield Conversation(message.conversation.platform, quoted.conversation_id or message.conversation.id)
        quoted = quoted.answers


def _describe(error: Exception) -> str:
    """Kind and place of an error; never its text, which may quote a message."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {last.name} ({last.filename.rsplit('/', 1)[-1]}:{last.lineno})"
