"""What somebody waits for at an open window: pressed buttons, and the search, form and menu of a message extension."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import structlog
from aiohttp import web

from bot.addresses import AddressBook
from bot.front_desk import FrontDesk
from bot.messages import Conversation, Incoming
from bot.platforms.teams import activities, extension
from bot.platforms.teams.activities import Call
from bot.platforms.teams.cards import ADAPTIVE, closed_card
from bot.platforms.teams.connector import Connector, ConnectorError
from bot.platforms.teams.pointers import chosen
from bot.platforms.teams.refusal import Refusal
from bot.platforms.wire import part, text
from bot.router import StandingOffer
from storage.errors import StoreUnavailable

log = structlog.get_logger(__name__)

AT_ONCE_S = 4.0  # Teams gives up on an invoke after about five seconds

ARRIVED = "Ist angekommen."
STALE = "Diese Auswahl gilt nicht mehr. Eine neue Frage hilft weiter."
NOT_THEIRS = "Hier wählt, wer gefragt hat. Eine eigene Frage hilft weiter."


class Invokes:
    """Answers within the request; `name` is that of the platform.

    What is worked on afterwards is stored by `take`, together with how its conversation is reached, or by `receive`.
    """

    def __init__(
        self,
        name: str,
        connector: Connector,
        addresses: AddressBook,
        desk: FrontDesk,
        take: Callable[[Call, Sequence[Incoming]], Awaitable[web.Response]],
        receive: Callable[[Sequence[Incoming]], Awaitable[None]],
    ) -> None:
        self._name = name
        self._connector = connector
        self._addresses = addresses
        self._desk = desk
        self._take = take
        self._receive = receive
        self._kinds: Mapping[str, Callable[[Call], Awaitable[web.Response]]] = {
            "adaptiveCard/action": self._press,
            "composeExtension/query": self._query,
            "composeExtension/fetchTask": self._form,
            "composeExtension/submitAction": self._ask,
        }

    async def answer(self, call: Call) -> web.Response:
        """Answer an invoke: 501 for what is none of ours. Raises `Refusal` or `StoreUnavailable`."""
        answer = self._kinds.get(text(call.activity, "name"))
        return await answer(call) if answer else _unknown(call)

    async def _press(self, call: Call) -> web.Response:
        incoming = activities.press(call, part(call.activity, "value", "action").get("data"))
        if incoming is None:
            raise Refusal(400, "button")
        standing = await self.standing(incoming)
        if standing is None:
            return _toast(await self.why_not(incoming))
        await self._take(call, [incoming])
        if standing.offer.lasts:
            return _toast(ARRIVED)  # only who pressed sees it; the buttons stay
        label = standing.offer.choices[int(incoming.text) - 1].label
        card = closed_card(standing.text, label)
        return web.json_response({"statusCode": 200, "type": ADAPTIVE, "value": card})

    async def standing(self, press: Incoming) -> StandingOffer | None:
        """What the pressed button belongs to, as long as it waits for this person."""
        standing = await self._desk.standing(press.refers_to or "", press.sender.id)
        return standing if standing and 1 <= int(press.text) <= len(standing.offer.choices) else None

    async def why_not(self, press: Incoming) -> str:
        """What to tell whose press belongs to nothing that waits for them."""
        return NOT_THEIRS if await self._desk.is_waiting(press.refers_to or "") else STALE

    async def _query(self, call: Call) -> web.Response:
        query = extension.query(part(call.activity, "value"))
        if query is None:
            return _unknown(call)
        try:
            async with asyncio.timeout(AT_ONCE_S):
                found = await self._desk.find(query.sought, query.text) if query.text else []
        except (StoreUnavailable, TimeoutError):
            return web.json_response(extension.notice(extension.NOT_NOW))
        return web.json_response(extension.results(query, found))

    async def _form(self, call: Call) -> web.Response:
        value = part(call.activity, "value")
        match text(value, "commandId"):
            case extension.ASK:
                return web.json_response(extension.form(value))
            case extension.REMEMBER:
                return await self._remember(call)
        return _unknown(call)

    async def _remember(self, call: Call) -> web.Response:
        direct = await self._direct(call)
        if direct is None:
            return web.json_response(extension.closing(extension.NO_CHAT_YET))
        await self._receive([activities.remembering(call, direct, chosen(call))])
        return web.json_response(extension.closing(extension.REMEMBERED))

    async def _ask(self, call: Call) -> web.Response:
        value = part(call.activity, "value")
        if text(value, "commandId") != extension.ASK:
            return _unknown(call)
        question = extension.asked(value)
        if not question:
            return web.json_response(extension.closing(extension.NO_QUESTION))
        direct = await self._direct(call)
        if direct is None:
            return web.json_response(extension.closing(extension.NO_CHAT))
        await self._receive([activities.question(call, direct, question)])
        return web.json_response(extension.closing(extension.ASKED))

    async def _direct(self, call: Call) -> Conversation | None:
        """The direct chat with the person who calls; None when there is none and none can be opened."""
        person = call.sender.id
        known = await self._addresses.find_direct(self._name, person)
        if known is not None:
            return Conversation(self._name, known.conversation_id, is_direct=True)
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
        return Conversation(self._name, opened, is_direct=True)


def _toast(sentence: str) -> web.Response:
    return web.json_response(
        {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": sentence}
    )


def _unknown(call: Call) -> web.Response:
    name = text(call.activity, "name")[:60]
    log.info("teams.ignored", kind="invoke", name=name if name.isprintable() else "")
    return web.Response(status=501)
