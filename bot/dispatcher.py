"""Takes stored events to their handlers and the handlers' actions to the outbox; the error boundary."""

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

import structlog

from bot.commands import looks_like_choice
from bot.community import Community
from bot.deletion import answer_key, connect, take_back
from bot.directory import Directory
from bot.errors import UserError
from bot.lanes import Lanes
from bot.mailbox import Mailbox, key_for
from bot.messages import Action, Conversation, Incoming, Kind, Outgoing, Reply, Send
from bot.offers import pending, standing
from bot.patience import patiently
from bot.router import Route, Table, route
from bot.turn import Services, Turn
from storage.database import Database, UnitOfWork
from storage.errors import StoreUnavailable
from storage.models.mailbox import InboxState
from storage.models.questions import ANYBODY

log = structlog.get_logger(__name__)

CONVERSATIONS_AT_ONCE = 16
SETTLED = -1
"""The place of a message that closes an offer, before all answers."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with a message: by whom, and for an edited question what it changes.

    `replaces` is the key of the answer to its earlier version, `outdated` are the open questions which that became.
    """

    route: Route | None
    replaces: str | None = None
    outdated: Sequence[int] = ()


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
        await patiently(
            lambda: self._answer(number, message),
            "dispatcher.postponed",
            mends_itself=(StoreUnavailable,),
            received=number,
        )

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
        plan = await self._plan(message)
        if message.kind is Kind.REACTION and plan.route and plan.route.taken:
            # Nothing can be said below a reaction: the answer goes where the choices stand.
            message = replace(message, thread=plan.route.taken.thread)
        # By itself: a handler must not hold the write lock while its search stores vectors.
        await self._directory.note(self._database, message)
        async with self._database.unit_of_work() as uow:
            actions = await self._carry_out(uow, message, plan) if plan.route else []
            settled = self._settled(message, plan.route) if plan.route else []
            await self._close(uow, number, message, Outcome(actions, settled=settled, replaces=plan.replaces))

    async def _take_back(self, number: int, deletion: Incoming) -> None:
        """Forget a deleted message and delete our answers to it, which quote it or tell what it was about."""
        async with self._database.unit_of_work() as uow:
            keys = await take_back(uow, deletion, self._community.local_time().date())
            outgoing = [
                Outgoing(key_for(deletion, place), deletion.conversation, "", deletes=key)
                for place, key in enumerate(keys)
            ]
            await self._finish(uow, number, InboxState.DONE, outgoing)

    async def _apologize(self, number: int, message: Incoming, text: str, state: InboxState) -> None:
        async with self._database.unit_of_work() as uow:
            await self._close(uow, number, message, Outcome([Reply(text)], state))

    async def _plan(self, message: Incoming) -> Plan:
        """Decide who takes the message; only reads, so that nobody waits for a decision."""
        conversation = message.conversation
        async with self._database.reading() as uow:
            if await uow.questions.is_deleted(answer_key(message)):
                return Plan(None)
            if message.kind is Kind.EDIT and message.refers_to:
                answer = await uow.mailbox.answer_to(conversation.platform, message.refers_to)
                outdated = await uow.questions.opened_by(await uow.questions.line_of(answer_key(message)))
                return Plan(route(message, [], self._table), answer.key if answer else None, outdated)
            if message.is_aside or not (message.is_addressed or looks_like_choice(message.text)):
                return Plan(route(message, [], self._table))
            offers = await uow.questions.offers_to(conversation.platform, conversation.id, message.sender.id)
            if message.kind is Kind.REACTION and offers:
                target = await uow.mailbox.sent_as(conversation.platform, message.refers_to or "")
                offers = [offer for offer in offers if target and offer.message_key == target.key]
            if message.kind is Kind.PRESS:
                offers = [offer for offer in offers if offer.message_key == message.refers_to]
        now = self._community.local_time()
        return Plan(route(message, [standing(offer, now) for offer in offers], self._table))

    async def _carry_out(self, uow: UnitOfWork, message: Incoming, plan: Plan) -> Sequence[Action]:
        assert plan.route
        turn = Turn(
            message=message,
            text=plan.route.text,
            choice=plan.route.choice,
            answer_key=answer_key(message),
            sees=self._community.sees(message),
            now=self._community.local_time(),
            say=self._community.say(message),
            uow=uow,
            role=self._community.role(message.sender.id),
            number=plan.route.number,
            is_confidential=any(self._community.is_confidential(place) for place in _places(message)),
            curators=lambda: self._directory.curators(uow),
            role_of=self._community.role,
        )
        actions = await plan.route.handler(turn, self._services)
        taken = plan.route.taken
        if taken:
            await connect(uow, message, taken.message_key, turn.today)
        settled = taken.message_key if taken else plan.replaces
        if settled:
            await uow.questions.withdraw_offers([settled])
        await uow.questions.withdraw(*plan.outdated)
        return actions

    def _settled(self, message: Incoming, route: Route) -> Sequence[Outgoing]:
        """The message with the taken choice once more, without its buttons, where there are such."""
        taken, choice, conversation = route.taken, route.choice, message.conversation
        if (
            not taken
            or not choice
            or not taken.text
            or not taken.offer.choices
            or not self._mailbox.has_buttons(conversation.platform)
        ):
            return []
        # It answers nothing: deleting the choice must not delete what it was offered with.
        key = key_for(message, SETTLED)
        return [Outgoing(key, conversation, taken.text, replaces=taken.message_key, chosen=choice.label)]

    async def _close(self, uow: UnitOfWork, number: int, message: Incoming, outcome: Outcome) -> None:
        outgoing = [
            _outgoing(message, place, action, outcome.replaces if place == 0 else None)
            for place, action in enumerate(outcome.actions)
        ]
        now = self._community.local_time()
        for action, shown in zip(outcome.actions, outgoing, strict=True):
            if action.offer:
                person = message.sender.id if isinstance(action, Reply) else action.person or ANYBODY
                has_buttons = self._mailbox.has_buttons(shown.conversation.platform)
                await uow.questions.offer(pending(action.offer, shown, person, now, has_buttons=has_buttons))
        await self._finish(uow, number, outcome.state, [*outcome.settled, *outgoing])

    async def _finish(self, uow: UnitOfWork, number: int, state: InboxState, outgoing: Sequence[Outgoing]) -> None:
        """Commit what was done together with its messages; nothing when somebody else handled the event."""
        if not await uow.mailbox.finish(number, state):
            return
        await self._mailbox.put(uow, outgoing)
        await uow.commit()
        self._mailbox.deliver(outgoing)


def _outgoing(message: Incoming, place: int, action: Action, replaces: str | None) -> Outgoing:
    key, choices = key_for(message, place), action.offer.choices if action.offer else ()
    if isinstance(action, Send):
        return Outgoing(key, action.to, action.text, choices)
    return Outgoing(
        key=key,
        conversation=message.conversation,
        text=action.text,
        choices=choices,
        answers=_answered(message),
        thread=message.thread,
        replaces=replaces,
    )


def _answered(message: Incoming) -> str | None:
    if message.kind is Kind.DELETION:  # what is said of one stands alone
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
