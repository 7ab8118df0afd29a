"""What Microsoft posts to us: who may, what it is, and that it is stored before it is acknowledged."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from aiohttp import web

from bot.addresses import AddressBook
from bot.front_desk import FrontDesk
from bot.messages import Incoming, Kind, Outgoing
from bot.platforms import Intake
from bot.platforms.teams import activities
from bot.platforms.teams.activities import Call, read_call
from bot.platforms.teams.connector import Connector
from bot.platforms.teams.invokes import Invokes
from bot.platforms.teams.pointers import replied_to, replies_to
from bot.platforms.teams.refusal import Refusal
from bot.platforms.teams.roster import Roster
from bot.platforms.wire import Wire, part, parts, text
from bot.recent import Recent
from bot.settings import TeamsSettings
from storage.errors import StoreUnavailable

log = structlog.get_logger(__name__)

ENDPOINT = "/api/messages"

Answer = Callable[[Call], Awaitable[web.Response]]


class Endpoint:
    """Answers Microsoft's requests; `intake` is where events go, and nothing is taken while there is none.

    `name` is that of the platform. `is_worth_reading` tells whether a text in a group that speaks to nobody may be a
    choice, `is_pointing` whether a text is about the message that it replies to, `is_noting` whether it is that in a
    round that the bot leads.
    """

    def __init__(
        self,
        name: str,
        account: TeamsSettings,
        connector: Connector,
        addresses: AddressBook,
        desk: FrontDesk,
        now: Callable[[], datetime],
        is_worth_reading: Callable[[str], bool],
        is_pointing: Callable[[str], bool],
        is_noting: Callable[[str], bool],
    ) -> None:
        self.intake: Intake | None = None
        self._name = name
        self._account = account
        self._connector = connector
        self._addresses = addresses
        self._now = now
        self._is_worth_reading = is_worth_reading
        self._is_pointing = is_pointing
        self._is_noting = is_noting
        self._roster = Roster(connector, account.tenant_id, account.guests)
        self._invokes = Invokes(name, connector, addresses, desk, self._take, self._receive)
        self._taken: Recent[bool] = Recent()  # ids of messages that were for us, for later edits
        self._pressed: Recent[bool] = Recent()  # ids of presses that came as messages; Teams may deliver one again
        self._kinds: Mapping[str, Answer] = {
            "message": self._message,
            "messageUpdate": self._update,
            "messageDelete": self._deletion,
            "messageReaction": self._reaction,
            "invoke": self._invoke,
            "installationUpdate": self._installation,
            "conversationUpdate": self._membership,
        }

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request: stored is acknowledged; what is refused has a status, a log line and no effect."""
        try:
            return await self._answer(request)
        except Refusal as refusal:
            log.warning("teams.refused", status=refusal.status, reason=refusal.reason)
            return web.Response(status=refusal.status)
        except StoreUnavailable:
            log.warning("teams.refused", status=503, reason="store")
            return web.Response(status=503)

    async def _answer(self, request: web.Request) -> web.Response:
        header = request.headers.get("Authorization", "")
        if not self._account.unauthenticated and not header.startswith("Bearer "):
            raise Refusal(401, "no token")
        activity = await _read(request)
        await self._connector.check(activity, header)
        call = read_call(self._name, activity, self._now())
        self._ready()
        self._check_tenant(call)
        answer = self._kinds.get(call.kind)
        if answer is None:
            log.info("teams.ignored", kind=_printable(call.kind))
            return web.Response()
        return await answer(call)

    def _check_tenant(self, call: Call) -> None:
        if not self._account.unauthenticated and call.tenant_id != self._account.tenant_id:
            raise Refusal(403, "tenant")

    async def _check_person(self, call: Call) -> None:
        if not call.account or not call.id:
            raise Refusal(400, "nobody")
        if not self._account.unauthenticated:
            await self._roster.check(call)

    async def _message(self, call: Call) -> web.Response:
        await self._check_person(call)
        incoming = activities.message(call)
        if incoming is not None and incoming.kind is Kind.PRESS:
            if await self._invokes.standing(incoming) is None:
                # Nothing can be answered here but with a message; nothing at all, when this press was taken before.
                if incoming.event_id not in self._pressed:
                    await self._say(call, await self._invokes.why_not(incoming))
                return web.Response()
            self._pressed[incoming.event_id] = True
        if incoming is not None and incoming.kind is Kind.MESSAGE and self._hears_all(call):
            said = _said_to_all(call, incoming)
            return await self._take(
                call, [replace(said, quoted=replied_to(call)) if self._is_noting(said.text) else said]
            )
        if incoming is not None and self._is_overheard(call, incoming):
            return await self._take(call, [replace(incoming, is_overheard=True)])
        if incoming is None or not self._is_meant(incoming):
            return await self._take(call, [])
        if incoming.is_addressed:
            self._taken[incoming.event_id] = True
        return await self._take(call, [self._with_quotation(call, incoming)])

    def _with_quotation(self, call: Call, incoming: Incoming) -> Incoming:
        if incoming.kind is Kind.PRESS:
            return incoming
        points = incoming.is_addressed and self._is_pointing(incoming.text)
        # Who takes part in a round from afar is alone with us.
        notes = incoming.conversation.is_direct and self._is_noting(incoming.text)
        return replace(incoming, replies_to=replies_to(call), quoted=replied_to(call) if points or notes else None)

    async def _update(self, call: Call) -> web.Response:
        # Without the event type it is a message that comes back after its deletion; we have forgotten it.
        await self._check_person(call)
        is_edit = text(part(call.activity, "channelData"), "eventType") == "editMessage"
        incoming = activities.edit(call) if is_edit else None
        if incoming is not None and self._hears_all(call):
            return await self._take(call, [_said_to_all(call, incoming)])
        # Whoever takes our name out of a message that we have heard still changes that one.
        if incoming is None or not (incoming.is_addressed or call.event_id in self._taken):
            return await self._take(call, [])
        self._taken[call.event_id] = True
        return await self._take(call, [replace(incoming, is_addressed=True, replies_to=replies_to(call))])

    async def _deletion(self, call: Call) -> web.Response:
        await self._check_person(call)
        return await self._take(call, [activities.deletion(call)])

    async def _reaction(self, call: Call) -> web.Response:
        await self._check_person(call)
        return await self._take(call, activities.reactions(call))

    async def _installation(self, call: Call) -> web.Response:
        # After "remove-upgrade", the app is still there in its new version.
        if text(call.activity, "action") == "remove":
            return await self._forget(call.team_id or call.conversation.id)
        if not call.conversation.is_direct or text(call.activity, "action") != "add":
            return await self._take(call, [])
        # As if they had said hello: whoever opens the chat for the first time wants to know who is there.
        await self._check_person(call)
        hello = Incoming(call.event_id, call.conversation, call.sender, "hallo", call.sent_at)
        return await self._take(call, [hello])

    async def _membership(self, call: Call) -> web.Response:
        gone = _gone(call)
        if gone:
            return await self._forget(gone)
        return await self._take(call, activities.passages(call) if self._hears_all(call) else [])

    async def _forget(self, conversation_id: str) -> web.Response:
        await self._addresses.forget(self._name, conversation_id)
        return web.Response()

    async def _take(self, call: Call, events: Sequence[Incoming]) -> web.Response:
        """Store events, and how their conversation is reached; then Teams may forget them."""
        await self._note(call)
        await self._receive(events)
        return web.Response()

    async def _receive(self, events: Sequence[Incoming]) -> None:
        if events:
            await self._ready().receive(self._name, events)

    def _ready(self) -> Intake:
        # It may have gone while a request was looked at.
        if self.intake is None:
            raise Refusal(503, "not ready")
        return self.intake

    async def _note(self, call: Call) -> None:
        if call.service_url and call.bot_id:
            await self._addresses.note(call.address)

    async def _invoke(self, call: Call) -> web.Response:
        await self._check_person(call)
        return await self._invokes.answer(call)

    def _hears_all(self, call: Call) -> bool:
        # What does not name the bot comes only where somebody gave it the right to read all.
        return self._ready().hears_all(call.conversation)

    def _is_meant(self, incoming: Incoming) -> bool:
        # In groups, Teams itself only hands over what names the bot, unless somebody gave it the right to read all. So
        # there are no asides here: whoever answers a colleague in our thread can have it kept from the message's menu.
        return incoming.is_addressed or incoming.kind is Kind.PRESS or self._is_worth_reading(incoming.text)

    def _is_overheard(self, call: Call, incoming: Incoming) -> bool:
        """Whether it is a question to everybody, which begins a thread, where the bot answers such ones."""
        is_talk = incoming.kind is Kind.MESSAGE and not incoming.is_addressed
        begins = incoming.thread in (None, call.event_id) and replies_to(call) is None
        return is_talk and begins and self._ready().overhears(incoming.conversation, incoming.text)

    async def _say(self, call: Call, sentence: str) -> None:
        await self._note(call)
        outgoing = Outgoing(f"teams-{call.event_id}", call.conversation, sentence, thread=call.thread)
        await self._ready().post([outgoing])


def _said_to_all(call: Call, incoming: Incoming) -> Incoming:
    """A message or its change, in a chat where the bot hears all."""
    return replace(incoming, is_overheard=not incoming.is_addressed, replies_to=replies_to(call))


async def _read(request: web.Request) -> Wire:
    if request.content_type != "application/json":
        raise Refusal(415, "content type")
    try:
        found = json.loads(await request.read())
    except web.HTTPRequestEntityTooLarge:
        raise Refusal(413, "too large") from None
    except web.RequestPayloadError:
        raise Refusal(400, "broken body") from None
    except (ValueError, RecursionError):
        raise Refusal(400, "no JSON") from None
    if not isinstance(found, dict):
        raise Refusal(400, "no activity")
    return found


def _gone(call: Call) -> str:
    """The conversation, or the team with its channels, that is no more or that we are no more part of."""
    changes = part(call.activity, "channelData")
    match text(changes, "eventType"):
        case "channelDeleted":
            return text(part(changes, "channel"), "id")
        case "teamDeleted":
            return call.team_id
    is_out = call.bot_id in _members(call.activity, "membersRemoved")
    return call.team_id or call.conversation.id if is_out else ""


def _members(activity: Wire, name: str) -> set[str]:
    return {text(member, "id") for member in parts(activity, name)} - {""}


def _printable(name: str) -> str:
    return name[:60] if name.isprintable() else ""
