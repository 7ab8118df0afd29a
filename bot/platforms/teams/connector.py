"""The door to Microsoft's Bot Connector, and the only user of botbuilder.

botbuilder-core is at its end of life (no support since the end of 2025) and has faults that are worked around here:
it lets a token without an end in, knows no key that is newer than a day, asks for a token for every message, opens a
connection for every message, and does all that while the event loop waits. Its successor, the Microsoft 365 Agents SDK,
would take the place of this module alone. Two rules stay ours whichever it is: what `serviceUrl` says must be what the
token says, and a host that we trust.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import jwt
import structlog
from botbuilder.integration.aiohttp import CloudAdapter
from botbuilder.schema import Activity, ChannelAccount, ConversationParameters
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import (
    AuthenticationConstants,
    BotFrameworkAuthenticationFactory,
    PasswordServiceClientCredentialFactory,
)
from botframework.connector.auth.jwt_token_extractor import JwtTokenExtractor
from msal import ConfidentialClientApplication
from msrest.exceptions import HttpOperationError

from bot.addresses import Address
from bot.platforms.teams.refusal import Refusal
from bot.platforms.teams.service_urls import is_trusted
from bot.platforms.teams.signing_keys import SigningKeys
from bot.platforms.wire import Wire, part, text
from bot.settings import TeamsSettings

T = TypeVar("T")
Json = dict[str, Any]

log = structlog.get_logger(__name__)

CHANNEL = "msteams"
ISSUER = AuthenticationConstants.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER
SCOPE = AuthenticationConstants.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE
PATIENCE_S = 30

_CODE = re.compile(r"AADSTS\d+")


class ConnectorError(Exception):
    """The connector has not done what it was asked; `status` is its HTTP status, if it answered at all."""

    def __init__(self, reason: str, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after

    @property
    def is_final(self) -> bool:
        """Whether asking again is useless. A refused token (401) is not: somebody may mend the app's secret."""
        return self.status in (400, 403, 404, 405, 409, 410, 413, 415, 501)


class Connector:
    """Speaks with the Bot Connector as one app; needs a running event loop when it is used first."""

    def __init__(self, account: TeamsSettings) -> None:
        self.is_connected = True
        self._account = account
        app_id = "" if account.unauthenticated else account.app_id
        self._app_id = app_id
        self._factory = PasswordServiceClientCredentialFactory(app_id, account.secret_password, account.tenant_id)
        openid_url = str(account.openid_url)
        self._adapter = CloudAdapter(
            BotFrameworkAuthenticationFactory.create(
                to_channel_from_bot_login_url=str(account.login_url),
                to_channel_from_bot_oauth_scope=SCOPE,
                to_bot_from_channel_token_issuer=ISSUER,
                oauth_url=AuthenticationConstants.OAUTH_URL,
                to_bot_from_channel_open_id_metadata_url=openid_url,
                to_bot_from_emulator_open_id_metadata_url=openid_url,
                credential_factory=self._factory,
            )
        )
        self._keys = SigningKeys(openid_url, self._hand_over_keys)
        self._clients: dict[str, ConnectorClient] = {}
        self._asking = asyncio.Lock()

    # who may speak to us

    async def check(self, activity: Wire, header: str) -> None:
        """Raise `Refusal` unless Microsoft signed the request with this `Authorization` header for our app."""
        service_url = text(activity, "serviceUrl")
        if not self._account.unauthenticated:
            await self._check_token(header.removeprefix("Bearer ").strip(), activity, header)
        if not is_trusted(service_url, self._account):
            raise Refusal(403, "service url")

    async def _check_token(self, token: str, activity: Wire, header: str) -> None:
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
            key_id = jwt.get_unverified_header(token).get("kid")
        except (jwt.PyJWTError, ValueError, RecursionError) as error:  # PyJWT lets odd letters and nesting through
            raise Refusal(401, type(error).__name__) from None
        # Only the channel may speak: botbuilder would also hear emulators and other bots, without a look at serviceUrl.
        if claims.get("iss") != ISSUER or "exp" not in claims or not isinstance(key_id, str):
            raise Refusal(401, "token")
        # One of Microsoft's keys may sign for several channels; in others, people can claim to be anybody.
        if text(activity, "channelId") != CHANNEL:
            raise Refusal(401, "channel")
        await self._keys.learn(key_id)
        request = Activity(channel_id=text(activity, "channelId"), service_url=text(activity, "serviceUrl"))
        try:
            await self._adapter.bot_framework_authentication.authenticate_request(request, header)
        except Exception as error:  # PermissionError, and whatever a token can be wrong enough for
            raise Refusal(401, type(error).__name__) from None

    def _hand_over_keys(self, keys: Sequence[Json]) -> None:
        # Fresh as they are, botbuilder does not fetch them itself: everything would wait for that.
        metadata = JwtTokenExtractor.get_open_id_metadata(str(self._account.openid_url))
        metadata.keys = keys
        metadata.last_updated = datetime.now()  # noqa: DTZ005 - botbuilder compares it with the same

    # what we say

    async def send(self, address: Address, conversation_id: str, activity: Json) -> str:
        """Say something in a conversation, or in its thread; gives the id of the message."""
        body = _activity(address, conversation_id, activity)
        answer = await self._call(address, lambda to: to.send_to_conversation(conversation_id, body))
        return _id_in(answer)

    async def replace(self, address: Address, conversation_id: str, message_id: str, activity: Json) -> None:
        """Put something else in the place of a message of ours."""
        body = _activity(address, conversation_id, activity | {"id": message_id})
        await self._call(address, lambda to: to.update_activity(conversation_id, message_id, body))

    async def delete(self, address: Address, conversation_id: str, message_id: str) -> None:
        """Delete a message of ours; one that is gone already is deleted."""
        try:
            await self._call(address, lambda to: to.delete_activity(conversation_id, message_id))
        except ConnectorError as error:
            if error.status != 404:
                raise

    async def open_thread(self, address: Address, activity: Json) -> tuple[str, str]:
        """Begin a thread in a channel; gives the id of its conversation and that of the message."""
        parameters = _Parameters(
            is_group=True,
            bot=ChannelAccount(id=address.bot_id),
            channel_data={"channel": {"id": address.conversation_id}, "tenant": {"id": address.tenant_id}},
            activity=_activity(address, address.conversation_id, activity),
            tenant_id=address.tenant_id,
        )
        answer = await self._call(address, lambda to: to.create_conversation(parameters))
        return _id_in(answer), _id_in(answer, "activity_id")

    async def open_direct(self, address: Address, account: str) -> str:
        """Give the id of the direct chat with somebody whom the app is installed for."""
        parameters = _Parameters(
            is_group=False,
            bot=ChannelAccount(id=address.bot_id),
            members=[ChannelAccount(id=account)],
            channel_data={"tenant": {"id": address.tenant_id}},
            tenant_id=address.tenant_id,
        )
        opened = _id_in(await self._call(address, lambda to: to.create_conversation(parameters)))
        if not opened:
            raise ConnectorError("no conversation")
        return opened

    async def member(self, address: Address, conversation_id: str, account: str) -> Wire:
        """What the roster of a conversation says of somebody."""
        found = await self._call(address, lambda to: to.get_conversation_member(conversation_id, account))
        if not _id_in(found):
            raise ConnectorError("no member")
        # The fields that Teams adds to the common ones.
        return {**found.additional_properties, "id": found.id}

    async def fetch_token(self) -> str:
        """Get a token to speak with, as a first message would; raises `ConnectorError`, which says Microsoft's code."""
        credentials = await self._factory.create_credentials(self._app_id, SCOPE, str(self._account.login_url), True)
        return await _token(credentials)

    async def _call(self, address: Address, ask: Callable[[Any], Awaitable[T]]) -> T:
        client = await self._client(address.service_url)
        await self._warm(client.config.credentials)
        try:
            # What is on its way is not called back: nobody could know whether it has arrived.
            asking = asyncio.ensure_future(ask(client.conversations))
            asking.add_done_callback(_heard)
            answer = await asyncio.shield(asking)
        except HttpOperationError as error:
            self.is_connected = error.response.status_code != 401
            if not self.is_connected:
                client.config.credentials.app = None  # MSAL would give the same token again until it ends
            raise _connector_error(error) from None
        except Exception as error:  # of the network, and whatever msrest makes of an answer that is not Microsoft's
            self.is_connected = False
            raise ConnectorError(type(error).__name__) from None
        self.is_connected = True
        return answer

    async def _client(self, service_url: str) -> ConnectorClient:
        if service_url not in self._clients:
            identity = self._adapter.create_claims_identity(self._app_id)
            factory = self._adapter.bot_framework_authentication.create_connector_factory(identity)
            client = await factory.create(service_url, SCOPE)
            client.config.connection.timeout = PATIENCE_S
            client.config.retry_policy.retries = 0  # the mailbox tries again, and knows for how long
            self._clients.setdefault(service_url, client)
        return self._clients[service_url]

    async def _warm(self, credentials: Any) -> None:
        # botbuilder asks for the token in the event loop; after this, MSAL has it at hand.
        if not self._app_id:
            return
        try:
            # One at a time: together, the first messages would ask for a token each.
            async with self._asking:
                await _token(credentials)
        except ConnectorError as error:
            self.is_connected = False
            log.error("teams.no_token", error=str(error))
            raise

    async def close(self) -> None:
        """Let go of all connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.__aexit__(None, None, None)


def _id_in(answer: Any, name: str = "id") -> str:
    """An id in what Microsoft answered; empty when it took something without giving one."""
    return str(getattr(answer, name, None) or "")


def _heard(asked: asyncio.Future[Any]) -> None:
    """Take note of what became of a call, even if nobody waits for it any more: else asyncio would log it."""
    if not asked.cancelled():
        asked.exception()


async def _token(credentials: Any) -> str:
    try:
        return await asyncio.to_thread(_ask_for_token, credentials)
    except Exception as error:  # PermissionError, MSAL's own, and what it lets through of requests and of JSON
        # What Microsoft says, MSAL hands on within a sentence, or in the error behind its own.
        code = _CODE.search(f"{error} {error.__context__}")
        raise ConnectorError(code[0] if code else type(error).__name__) from None


def _ask_for_token(credentials: Any) -> str:
    if credentials.app is None:
        # botbuilder would make the same, but waits for ever.
        credentials.app = ConfidentialClientApplication(
            credentials.microsoft_app_id,
            credentials.microsoft_app_password,
            authority=credentials.oauth_endpoint,
            timeout=PATIENCE_S,
        )
    return str(credentials.get_access_token())


class _Parameters(ConversationParameters):  # type: ignore[misc]
    """What a new conversation is asked for with, the tenant under the name that Teams has for it."""

    _attribute_map: ClassVar[Json] = ConversationParameters._attribute_map | {
        "tenant_id": {"key": "tenantId", "type": "str"}
    }


def _activity(address: Address, conversation_id: str, activity: Json) -> Activity:
    where = {"id": conversation_id, "tenantId": address.tenant_id}
    sender = {"id": address.bot_id}
    return Activity().deserialize({**activity, "channelId": CHANNEL, "from": sender, "conversation": where})


def _connector_error(error: HttpOperationError) -> ConnectorError:
    response = error.response
    code = text(part(_json(response), "error"), "code")
    return ConnectorError(f"{response.status_code} {code[:60]}".strip(), response.status_code, _seconds(response))


def _json(response: Any) -> Wire:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(response: Any) -> float | None:
    try:
        found = float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return None if math.isnan(found) else found  # a timer for nan would stop all others
