"""The Teams platform: takes what Microsoft posts to us, and says what the mailbox gives it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web

from bot.addresses import Address, AddressBook
from bot.errors import DeliveryError
from bot.front_desk import FrontDesk
from bot.messages import Conversation, Incoming, Kind, Outgoing, Standing
from bot.platforms import Intake
from bot.platforms.teams import activities, extension
from bot.platforms.teams.activities import Call, bare, place_of, qualified, read_call
from bot.platforms.teams.cards import closed_card, to_activity
from bot.platforms.teams.connector import Connector, ConnectorError
from bot.platforms.teams.pace import Pace
from bot.platforms.teams.refusal import Refusal
from bot.platforms.teams.roster import Roster
from bot.platforms.wire import Wire, part, text
from bot.recent import Recent
from bot.settings import TeamsSettings
from storage.errors import StoreUnavailable

log = structlog.get_logger(__name__)

NAME = "teams"
ENDPOINT = "/api/messages"
AT_ONCE_S = 4.0  # Teams gives up on an invoke after about five seconds

NOT_INSIDE = "In diesem Chat bin ich nicht."
STALE = "Diese Auswahl gilt nicht mehr. Eine neue Frage hilft weiter."
NOT_THEIRS = "Hier wählt, wer gefragt hat. Eine eigene Frage hilft weiter."

Json = dict[str, Any]
Answer = Callable[[Call], Awaitable[web.Response]]


class TeamsPlatform:
    """Implements `bot.platforms.Platform` for one bot registration.

    `is_worth_reading` tells whether a text in a group that speaks to nobody may be a choice.
    """

    name = NAME
    has_buttons = True

    def __init__(
        self,
        account: TeamsSettings,
        addresses: AddressBook,
        desk: FrontDesk,
        now: Callable[[], datetime],
        is_worth_reading: Callable[[str], bool],
    ) -> None:
        self._account = account
        self._addresses = addresses
        self._desk = desk
        self._now = now
        self._is_worth_reading = is_worth_reading
        self._connector = Connector(account)
        self._roster = Roster(self._connector, account.tenant_id)
        self._pace = Pace()
        self._pressed: Recent[bool] = Recent()  # ids of presses that came as messages; Teams may deliver one again
        self._intake: Intake | None = None
        self._kinds: Mapping[str, Answer] = {
            "message": self._message,
            "messageUpdate": self._update,
            "messageDelete": self._deletion,
            "messageReaction": self._reaction,
            "invoke": self._invoke,
            "installationUpdate": self._installation,
            "conversationUpdate": self._membership,
        }
        self._invokes: Mapping[str, Answer] = {
            "adaptiveCard/action": self._press,
            "composeExtension/query": self._query,
            "composeExtension/fetchTask": self._form,
            "composeExtension/submitAction": self._ask,
        }

    @property
    def is_connected(self) -> bool:
        """Whether the last message to Microsoft was taken."""
        return self._connector.is_connected

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Where Microsoft posts to."""
        return [web.post(ENDPOINT, self.answer)]

    async def run(self, intake: Intake) -> None:
        """Be ready until cancelled; what is said comes through `answer`."""
        await intake.resume(self.name)
        self._intake = intake
        try:
            await asyncio.Event().wait()
        finally:
            self._intake = None
            await self._connector.close()

    # what comes in

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
        call = read_call(self.name, activity, self._now())
        if self._intake is None:
            raise Refusal(503, "not ready")
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
        if not self._account.unauthenticated and not self._account.guests:
            await self._roster.check(call)

    async def _message(self, call: Call) -> web.Response:
        await self._check_person(call)
        incoming = activities.message(call)
        if incoming is not None and incoming.kind is Kind.PRESS:
            if await self._standing(incoming) is None:
                # Nothing can be answered here but with a message; nothing at all, when this press was taken before.
                if incoming.event_id not in self._pressed:
                    await self._say(call, await self._why_not(incoming))
                return web.Response()
            self._pressed[incoming.event_id] = True
        return await self._take(call, [incoming] if incoming and self._is_meant(incoming) else [])

    async def _update(self, call: Call) -> web.Response:
        # Without the event type it is a message that comes back after its deletion; we have forgotten it.
        await self._check_person(call)
        is_edit = text(part(call.activity, "channelData"), "eventType") == "editMessage"
        incoming = activities.edit(call) if is_edit else None
        return await self._take(call, [incoming] if incoming and incoming.is_addressed else [])

    async def _deletion(self, call: Call) -> web.Response:
        await self._check_person(call)
        return await self._take(call, [activities.deletion(call)])

    async def _reaction(self, call: Call) -> web.Response:
        await self._check_person(call)
        return await self._take(call, activities.reactions(call))

    async def _installation(self, call: Call) -> web.Response:
        # After "remove-upgrade", the app is still there in its new version.
        if text(call.activity, "action") == "remove":
            return await self._leave(call)
        if not call.conversation.is_direct or text(call.activity, "action") != "add":
            return await self._take(call, [])
        # As if they had said hello: whoever opens the chat for the first time wants to know who is there.
        await self._check_person(call)
        hello = Incoming(call.event_id, call.conversation, call.sender, "hallo", call.sent_at)
        return await self._take(call, [hello])

    async def _membership(self, call: Call) -> web.Response:
        if call.bot_id in _members(call.activity, "membersRemoved"):
            return await self._leave(call)
        return await self._take(call, [])

    async def _leave(self, call: Call) -> web.Response:
        await self._addresses.forget(self.name, call.team_id or call.conversation.id)
        return web.Response()

    async def _take(self, call: Call, events: Sequence[Incoming]) -> web.Response:
        """Store events, and how their conversation is reached; then Teams may forget them."""
        await self._note(call)
        if events:
            assert self._intake is not None
            await self._intake.receive(self.name, events)
        return web.Response()

    async def _note(self, call: Call) -> None:
        if call.service_url and call.bot_id:
            await self._addresses.note(call.address)

    def _is_meant(self, incoming: Incoming) -> bool:
        # In groups, Teams itself only hands over what names the bot, unless somebody gave it the right to read all.
        return incoming.is_addressed or incoming.kind is Kind.PRESS or self._is_worth_reading(incoming.text)

    async def _say(self, call: Call, sentence: str) -> None:
        assert self._intake is not None
        await self._note(call)
        place = Outgoing(f"teams-{call.event_id}", call.conversation, sentence, thread=call.thread)
        await self._intake.post([place])

    # what wants its answer at once

    async def _invoke(self, call: Call) -> web.Response:
        await self._check_person(call)
        answer = self._invokes.get(text(call.activity, "name"))
        if answer is None:
            log.info("teams.ignored", kind="invoke", name=_printable(text(call.activity, "name")))
            return web.Response(status=501)
        return await answer(call)

    async def _press(self, call: Call) -> web.Response:
        incoming = activities.press(call, part(call.activity, "value", "action").get("data"))
        if incoming is None:
            raise Refusal(400, "button")
        standing = await self._standing(incoming)
        if standing is None:
            return _toast(await self._why_not(incoming))
        await self._take(call, [incoming])
        label = standing.choices[int(incoming.text) - 1].label
        card = closed_card(standing.text, label)
        return web.json_response({"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": card})

    async def _standing(self, press: Incoming) -> Standing | None:
        """What the pressed button belongs to, as long as it waits for this person."""
        standing = await self._desk.standing(press.refers_to or "", press.sender.id)
        return standing if standing and 1 <= int(press.text) <= len(standing.choices) else None

    async def _why_not(self, press: Incoming) -> str:
        return NOT_THEIRS if await self._desk.is_waiting(press.refers_to or "") else STALE

    async def _query(self, call: Call) -> web.Response:
        query = extension.query(part(call.activity, "value"))
        if query is None:
            return web.Response(status=501)
        try:
            async with asyncio.timeout(AT_ONCE_S):
                found = await self._desk.find(query.sought, query.text) if query.text else []
        except (StoreUnavailable, TimeoutError):
            return web.json_response(extension.notice(extension.NOT_NOW))
        return web.json_response(extension.results(query, found))

    async def _form(self, call: Call) -> web.Response:
        value = part(call.activity, "value")
        if text(value, "commandId") != extension.ASK:
            return web.Response(status=501)
        return web.json_response(extension.form(value))

    async def _ask(self, call: Call) -> web.Response:
        value = part(call.activity, "value")
        if text(value, "commandId") != extension.ASK:
            return web.Response(status=501)
        question = extension.asked(value)
        if not question:
            return web.json_response(extension.closing(extension.NO_QUESTION))
        direct = await self._direct(call)
        if direct is None:
            return web.json_response(extension.closing(extension.NO_CHAT))
        assert self._intake is not None
        await self._intake.receive(self.name, [activities.question(call, direct, question)])
        return web.json_response(extension.closing(extension.ASKED))

    async def _direct(self, call: Call) -> Conversation | None:
        """The direct chat with the person who calls; None when there is none and none can be opened."""
        person = call.sender.id
        known = await self._addresses.find_direct(self.name, person)
        if known is not None:
            return Conversation(self.name, known.conversation_id, is_direct=True)
        try:
            async with asyncio.timeout(AT_ONCE_S):
                opened = await self._connector.open_direct(call.address, call.account)
        except (ConnectorError, TimeoutError) as error:
            log.warning("teams.no_direct_chat", error=type(error).__name__, status=getattr(error, "status", None))
            return None
        address = replace(
            call.address, conversation_id=opened, team_id=None, person=person, person_account=call.account
        )
        await self._addresses.note(address)
        return Conversation(self.name, opened, is_direct=True)

    # what goes out

    async def send(self, outgoing: Outgoing) -> str:
        """Send, change or delete a message, and give our id of it.

        Teams knows no idempotency key: a message is said again when nobody can know whether it had arrived.
        """
        address = await self._addresses.find(self.name, outgoing.conversation.id)
        if address is None:
            raise DeliveryError(NOT_INSIDE, is_final=True)
        wait = self._pace.wait_s(outgoing.conversation.id)
        if wait:
            raise DeliveryError("pace", retry_after=wait)
        with _delivering():
            return await self._hand_over(address, outgoing)

    async def _hand_over(self, address: Address, outgoing: Outgoing) -> str:
        target = outgoing.deletes or outgoing.replaces
        if outgoing.deletes is not None:
            await self._connector.delete(address, place_of(outgoing.deletes), bare(outgoing.deletes))
            return outgoing.deletes
        activity = to_activity(outgoing)
        if target is not None:
            await self._connector.replace(address, place_of(target), bare(target), activity)
            return target
        place = place_of(outgoing.thread or outgoing.answers or "") or outgoing.conversation.id
        if _is_channel(place):
            return qualified(*await self._connector.open_thread(address, activity))
        return qualified(place, await self._connector.send(address, place, activity))


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


def _members(activity: Wire, name: str) -> set[str]:
    members = activity.get(name)
    found = members if isinstance(members, list) else []
    return {text(member, "id") for member in found if isinstance(member, dict)} - {""}


def _is_channel(place: str) -> bool:
    """Whether it is a channel itself, and none of its threads."""
    return place.endswith(("@thread.tacv2", "@thread.skype"))


def _toast(sentence: str) -> web.Response:
    return web.json_response(
        {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": sentence}
    )


def _printable(name: str) -> str:
    return name[:60] if name.isprintable() else ""


@contextmanager
def _delivering() -> Iterator[None]:
    """Turn what the connector can answer into `DeliveryError`."""
    try:
        yield
    except ConnectorError as error:
        raise DeliveryError(str(error), is_final=error.is_final, retry_after=error.retry_after) from None
