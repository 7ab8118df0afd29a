"""The Microsoft side of a Teams bot for tests: Bot Connector, OpenID keys and login, on 127.0.0.1 only."""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
import shutil
import socket
import ssl
import tempfile
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import unquote_plus

import jwt
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

APP_ID = "11111111-2222-3333-4444-555555555555"
TENANT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
SECRET = "only-for-tests"
ISSUER = "https://api.botframework.com"
CHANNEL = "msteams"
CARD = "application/vnd.microsoft.card.adaptive"
LARGEST_BODY = 100 * 1024  # bytes of UTF-16, as Teams counts
READY_WITHIN_S = 10.0
LARGEST_PAGE = 500

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_ERRORS = {
    400: "BadSyntax",
    401: "Unauthorized",
    403: "BotNotInConversationRoster",
    404: "ActivityNotFoundInConversation",
    412: "PreconditionFailed",
    413: "MessageSizeTooBig",
    429: "TooManyRequests",
    500: "ServiceError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}


@dataclass
class Call:
    """A call of the Bot Connector; it has no status until it is answered, and none when its connection was cut."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    port: int
    at: float
    status: int | None = None


@dataclass(frozen=True)
class Fault:
    """What befalls the next call of the Bot Connector, or the next one with this method and path.

    A `status` is answered instead of the real one; `cut` ends the connection without any answer. With `after`, the call
    has taken effect before. A delay holds the call up before that, or after it; alone, it takes effect even if its
    client has gone.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    after: bool = False
    delay: float = 0.0
    method: str = ""
    path: str = ""
    code: str = ""

    def befalls(self, request: web.Request) -> bool:
        """Whether this is a call that it waits for."""
        return self.method in ("", request.method) and self.path in request.path


@dataclass(frozen=True)
class Member:
    """Somebody with an account, as the bot sees them; ids follow from the name."""

    name: str
    is_guest: bool = False
    tenant: str = TENANT

    @property
    def id(self) -> str:
        return "29:1" + _invented(self.name, 64)

    @property
    def object_id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, self.name))

    @property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}@lindenau.example"

    @property
    def personal_chat(self) -> str:
        """The conversation that this person has with the bot."""
        return "a:1" + _invented(f"chat with {self.name}", 96)

    def entry(self) -> dict[str, Any]:
        """The person in a roster."""
        first, _, last = self.name.partition(" ")
        return {
            "id": self.id,
            "name": self.name,
            "givenName": first,
            "surname": last,
            "objectId": self.object_id,
            "aadObjectId": self.object_id,
            "email": self.email,
            "userPrincipalName": self._principal_name(),
            "tenantId": self.tenant,
            "userRole": "guest" if self.is_guest else "user",
        }

    def _principal_name(self) -> str:
        return self.email.replace("@", "_") + "#EXT#@host.example" if self.is_guest else self.email


@dataclass(frozen=True)
class Shown:
    """A message of the bot as people see it now."""

    id: str
    conversation_id: str
    text: str
    card: Mapping[str, Any] | None
    is_edited: bool
    activity: Mapping[str, Any]

    @property
    def reply_to(self) -> str | None:
        found = self.activity.get("replyToId")
        return None if found is None else str(found)


@dataclass(frozen=True)
class TokenCase:
    """A request with a good or bad token: its header (or none) and what is changed in a well-formed activity."""

    name: str
    header: str | None
    changes: Mapping[str, Any]
    is_accepted: bool


class _Host:
    """Where the services listen; the ports stay the same over a restart."""

    def __init__(self) -> None:
        self.port = 0
        self.tls_port = 0

    @property
    def service_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/teams/"

    @property
    def openid_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/.well-known/openidconfiguration"

    @property
    def login_url(self) -> str:
        """The authority for MSAL, which takes a path `adfs` at its word instead of asking Microsoft about it."""
        return f"https://127.0.0.1:{self.tls_port}/adfs"


class _OpenId(_Host):
    """Signs the tokens that Teams sends along, and publishes the keys to check them with."""

    def __init__(self) -> None:
        super().__init__()
        self.endorsements = [CHANNEL]
        self.openid_is_down = False
        self.jwks_delay = 0.0
        self.jwks_calls = 0
        self.rotate_key()

    def rotate_key(self) -> None:
        """Sign with a new key from now on; the earlier one is no longer published."""
        self.key = _rsa_key()
        self.kid = uuid.uuid4().hex

    def token(
        self,
        *,
        alg: str = "RS256",
        key: rsa.RSAPrivateKey | None = None,
        kid: str | None = None,
        drop: Collection[str] = (),
        **claims: Any,
    ) -> str:
        """A token of the channel for the bot, valid as long as nothing is changed."""
        now = int(time.time())
        usual = {"iss": ISSUER, "aud": APP_ID, "serviceurl": self.service_url, "nbf": now - 60, "exp": now + 3600}
        payload = {name: value for name, value in (usual | claims).items() if name not in drop}
        signs_with = "" if alg == "none" else key or self.key
        return jwt.encode(payload, signs_with, algorithm=alg, headers={"kid": kid or self.kid})

    def _add_openid(self, routes: web.UrlDispatcher) -> None:
        routes.add_get("/v1/.well-known/openidconfiguration", self._metadata)
        routes.add_get("/v1/.well-known/keys", self._keys)

    async def _metadata(self, request: web.Request) -> web.Response:
        if self.openid_is_down:
            return web.Response(status=503)
        found = {
            "issuer": ISSUER,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": f"http://127.0.0.1:{self.port}/v1/.well-known/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }
        return web.json_response(found)

    async def _keys(self, request: web.Request) -> web.Response:
        self.jwks_calls += 1
        await asyncio.sleep(self.jwks_delay)
        if self.openid_is_down:
            return web.Response(status=503)
        numbers = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid, "endorsements": self.endorsements}
        return web.json_response({"keys": [key | {"n": _number(numbers.n), "e": _number(numbers.e)}]})


class _Login(_Host):
    """Gives the bot the tokens with which it may speak to the Bot Connector."""

    def __init__(self) -> None:
        super().__init__()
        self.token_delay = 0.0
        self.token_calls = 0
        self.token_lifetime = 3600
        self.login_is_down = False
        self._issued: set[str] = set()

    def revoke_tokens(self) -> None:
        """Accept none of the tokens that were issued until now."""
        self._issued.clear()

    def _add_login(self, routes: web.UrlDispatcher) -> None:
        routes.add_get("/adfs/.well-known/openid-configuration", self._authority)
        routes.add_post("/adfs/oauth2/token", self._token)

    async def _authority(self, request: web.Request) -> web.Response:
        url = self.login_url
        endpoints = {"authorization_endpoint": f"{url}/oauth2/authorize", "token_endpoint": f"{url}/oauth2/token"}
        return web.json_response({"issuer": url} | endpoints)

    async def _token(self, request: web.Request) -> web.Response:
        self.token_calls += 1
        await asyncio.sleep(self.token_delay)
        app_id, secret = await _credentials(request)
        if self.login_is_down:
            return web.Response(status=503)
        if app_id != APP_ID:
            return _refusal(
                400, "unauthorized_client", 700016, f"Application '{app_id}' was not found in the directory."
            )
        if secret != SECRET:
            return _refusal(401, "invalid_client", 7000215, "Invalid client secret provided.")
        token = f"outbound-{uuid.uuid4().hex}"
        self._issued.add(token)
        return web.json_response({"token_type": "Bearer", "expires_in": self.token_lifetime, "access_token": token})


class _Connector(_Login):
    """The Bot Connector of Teams: it keeps what the bot says in conversations."""

    def __init__(self) -> None:
        super().__init__()
        self.checks_tokens = True
        self.calls: list[Call] = []
        self.fail_next: list[Fault] = []
        self._messages: dict[str, Shown] = {}
        self._rosters: dict[str, dict[str, Member]] = {}
        self._closed: dict[str, str] = {}
        self._last_id = 0
        # Tests look at it and change it from a thread of their own.
        self._lock = threading.RLock()

    def new_id(self) -> str:
        """An id for a message: the time in milliseconds, later than every id before."""
        with self._lock:
            self._last_id = max(self._last_id + 1, time.time_ns() // 1_000_000)
            return str(self._last_id)

    def join(self, conversation_id: str, *members: Member) -> None:
        """Put people into the roster of a conversation or team."""
        with self._lock:
            self._rosters.setdefault(_whole(conversation_id), {}).update({member.id: member for member in members})

    def leave(self, conversation_id: str, *members: Member) -> None:
        """Take people out of a roster: the bot gets 404 for them."""
        with self._lock:
            for member in members:
                self._rosters.get(_whole(conversation_id), {}).pop(member.id, None)

    def close(self, conversation_id: str, code: str = _ERRORS[403]) -> None:
        """Refuse the bot in a conversation with 403 from now on."""
        self._closed[_whole(conversation_id)] = code

    def reopen(self, conversation_id: str) -> None:
        """Let the bot speak again in a conversation."""
        self._closed.pop(_whole(conversation_id), None)

    def messages(self, conversation_id: str) -> list[Shown]:
        """What the bot has said, as people see it now, oldest first; a channel's id stands for all of its posts."""
        with self._lock:
            found = list(self._messages.values())
        return [one for one in found if conversation_id in (one.conversation_id, _whole(one.conversation_id))]

    def message(self, message_id: str) -> Shown:
        """A message of the bot; `KeyError` when there is none (any more)."""
        with self._lock:
            return self._messages[message_id]

    async def wait_for(
        self, conversation_id: str, predicate: Callable[[list[Shown]], bool], within: float = 60.0
    ) -> list[Shown]:
        """Wait until the messages of a conversation are as wanted, and give them."""
        return await _eventually(lambda: self.messages(conversation_id), predicate, within)

    async def wait_for_call(self, predicate: Callable[[Call], bool], within: float = 60.0) -> Call:
        """The first call that is as wanted, which may still be without an answer."""
        found = await _eventually(lambda: list(filter(predicate, self.calls)), bool, within)
        return found[0]

    def _connector_app(self) -> web.Application:
        app = web.Application(middlewares=[self._meet], client_max_size=8 * 1024 * 1024)
        conversation = "/v3/conversations/{conversation}"
        app.router.add_post("/v3/conversations", self._create)
        app.router.add_post(f"{conversation}/activities", self._send)
        app.router.add_post(f"{conversation}/activities/{{message}}", self._send)
        app.router.add_put(f"{conversation}/activities/{{message}}", self._replace)
        app.router.add_delete(f"{conversation}/activities/{{message}}", self._remove)
        app.router.add_get(f"{conversation}/members", self._all_members)
        app.router.add_get(f"{conversation}/pagedmembers", self._paged_members)
        app.router.add_get(f"{conversation}/members/{{member}}", self._member)
        return app

    @web.middleware
    async def _meet(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        call = await _call(request)
        self.calls.append(call)
        fault = self._next_fault(request)
        if not fault.after:
            await asyncio.sleep(fault.delay)
        is_faulty = fault.cut or fault.status != 0
        answer = None if is_faulty and not fault.after else await self._answer(request, handler)
        if fault.after:
            await asyncio.sleep(fault.delay)
        if fault.cut:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()  # nobody gets it any more
        if fault.status or answer is None:
            answer = _error(fault.status, fault.code, "The test wants it so.", fault.headers)
        call.status = answer.status
        return answer

    def _next_fault(self, request: web.Request) -> Fault:
        with self._lock:
            fault = next((fault for fault in self.fail_next if fault.befalls(request)), Fault())
            if fault in self.fail_next:
                self.fail_next.remove(fault)
            return fault

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        _, _, token = request.headers.get("Authorization", "").partition("Bearer ")
        if self.checks_tokens and token not in self._issued:
            return _error(401, message="Authorization has been denied for this request.")
        if len((await request.text()).encode("utf-16-le")) > LARGEST_BODY:
            return _error(413, message="Message size too large.")
        closed = self._closed.get(_whole(request.match_info.get("conversation", "")))
        if closed:
            return _error(403, closed, "The bot is not part of the conversation roster.")
        try:
            return await handler(request)
        except web.HTTPException as refused:
            return _error(refused.status, "MethodNotAllowed" if refused.status == 405 else "NotFound")

    async def _send(self, request: web.Request) -> web.Response:
        sent = self._keep(request.match_info["conversation"], await request.json())
        return web.json_response({"id": sent.id}, status=201)

    async def _replace(self, request: web.Request) -> web.Response:
        with self._lock:
            before = self._addressed(request)
            if before is None:
                return _error(404, message="Activity not found in conversation.")
            after = _shown(before.id, before.conversation_id, await request.json(), is_edited=True)
            self._messages[before.id] = after
        return web.json_response({"id": before.id})

    async def _remove(self, request: web.Request) -> web.Response:
        with self._lock:
            before = self._addressed(request)
            if before is None:
                return _error(404, message="Activity not found in conversation.")
            del self._messages[before.id]
        return web.Response()

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        activity = body.get("activity")
        channel = body.get("channelData", {}).get("channel", {}).get("id")
        if channel and not (body.get("isGroup") and activity):
            return _error(400, message="Incorrect conversation creation parameters.")
        if not channel and not (body.get("members") and body.get("tenantId")):
            return _error(400, message="Incorrect conversation creation parameters.")
        where = channel or self._personal_chat_with(str(body["members"][0]["id"]))
        if where is None or where in self._closed:
            return _error(403, message="The bot is not installed there.")
        sent = self._keep(where, activity) if activity else None
        answer = {"id": sent.conversation_id if sent else where, "activityId": sent.id if sent else None}
        return web.json_response(answer | {"serviceUrl": self.service_url}, status=201)

    async def _all_members(self, request: web.Request) -> web.Response:
        return web.json_response([member.entry() for member in self._roster(request)])

    async def _paged_members(self, request: web.Request) -> web.Response:
        start = int(request.query.get("continuationToken") or 0)
        end = start + min(int(request.query.get("pageSize") or LARGEST_PAGE), LARGEST_PAGE)
        roster = self._roster(request)
        following = {"continuationToken": str(end)} if end < len(roster) else {}
        return web.json_response({"members": [member.entry() for member in roster[start:end]]} | following)

    async def _member(self, request: web.Request) -> web.Response:
        wanted = request.match_info["member"]
        for member in self._roster(request):
            if wanted in (member.id, member.object_id):
                return web.json_response(member.entry())
        return _error(404, "MemberNotFoundInConversation", "The member was not found in the conversation.")

    def _roster(self, request: web.Request) -> list[Member]:
        with self._lock:
            return list(self._rosters.get(_whole(request.match_info["conversation"]), {}).values())

    def _personal_chat_with(self, member_id: str) -> str | None:
        with self._lock:
            everybody = [member for roster in self._rosters.values() for member in roster.values()]
        return next((one.personal_chat for one in everybody if member_id in (one.id, one.object_id)), None)

    def _addressed(self, request: web.Request) -> Shown | None:
        found = self._messages.get(request.match_info["message"])
        same = found and _whole(found.conversation_id) == _whole(request.match_info["conversation"])
        return found if same else None

    def _keep(self, conversation_id: str, activity: Mapping[str, Any]) -> Shown:
        message_id = self.new_id()
        # What is said to the channel itself opens a new post.
        is_post = conversation_id.endswith("@thread.tacv2")
        where = f"{conversation_id};messageid={message_id}" if is_post else conversation_id
        sent = _shown(message_id, where, activity)
        if activity.get("type") == "message":  # a typing sign is gone at once
            with self._lock:
                self._messages[message_id] = sent
        return sent


class Microsoft(_Connector, _OpenId):
    """Use as a context manager; it has its own thread, so that a bot that blocks its loop does not block this, too."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = Path(tempfile.mkdtemp(prefix="microsoft-"))
        self.ca_file = self._directory / "ca.pem"
        self._tls = _tls(self.ca_file)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Start, and wait until requests are answered; after a stop it has the same ports, and knows what it knew."""
        is_ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(is_ready)), name="microsoft", daemon=True
        )
        self._thread.start()
        if not is_ready.wait(READY_WITHIN_S):
            raise RuntimeError("The Microsoft double did not start.")

    def stop(self) -> None:
        """End the services; connections are refused from then on."""
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    async def _serve(self, is_ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        app = web.Application(middlewares=[_no_lasting_tls])
        self._add_openid(app.router)
        self._add_login(app.router)
        app.add_subapp("/teams", self._connector_app())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            self.port = await _listen(runner, self.port)
            self.tls_port = await _listen(runner, self.tls_port, self._tls)
            is_ready.set()
            await self._stopping.wait()
        finally:
            await runner.cleanup()


def token_cases(microsoft: Microsoft) -> Iterator[TokenCase]:
    """Every way in which a request can prove, or fail to prove, that it comes from Teams."""
    good = microsoft.token()
    yield TokenCase("valid token", f"Bearer {good}", {}, is_accepted=True)
    two_minutes_ago = int(time.time()) - 120
    expired = microsoft.token(exp=two_minutes_ago)
    yield TokenCase("expired two minutes ago, within the tolerance", f"Bearer {expired}", {}, is_accepted=True)
    for name, header in _bad_headers(good):
        yield TokenCase(name, header, {}, is_accepted=False)
    for name, token in [*_forged(microsoft, good), *_wrong(microsoft)]:
        yield TokenCase(name, f"Bearer {token}", {}, is_accepted=False)
    yield TokenCase("channel of the body not endorsed", f"Bearer {good}", {"channelId": "slack"}, is_accepted=False)
    elsewhere = {"serviceUrl": "http://127.0.0.1:1/"}
    yield TokenCase("service of the body is another one", f"Bearer {good}", elsewhere, is_accepted=False)


def _bad_headers(good: str) -> list[tuple[str, str | None]]:
    return [
        ("no header", None),
        ("empty bearer", "Bearer "),
        ("garbage", "Bearer abc.def.ghi"),
        ("Basic instead of Bearer", f"Basic {good}"),
    ]


def _forged(microsoft: Microsoft, good: str) -> list[tuple[str, str]]:
    head, payload, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    changed = _base64(json.dumps(claims | {"admin": True}).encode())
    return [
        ("signed with another key", microsoft.token(key=_rsa_key())),
        ("changed after signing", f"{head}.{changed}.{signature}"),
        ("not signed", microsoft.token(alg="none")),
        ("public key as shared secret", _signed_with_public_key(microsoft, payload)),
        ("unknown key id", microsoft.token(kid="unknown")),
    ]


def _wrong(microsoft: Microsoft) -> list[tuple[str, str]]:
    now = int(time.time())
    return [
        ("wrong audience", microsoft.token(aud="99999999-0000-0000-0000-000000000000")),
        ("no audience", microsoft.token(drop=["aud"])),
        ("wrong issuer", microsoft.token(iss="https://evil.example")),
        ("no issuer", microsoft.token(drop=["iss"])),
        ("expired an hour ago", microsoft.token(nbf=now - 7200, exp=now - 3600)),
        ("not valid yet", microsoft.token(nbf=now + 3600)),
        ("never expires", microsoft.token(drop=["exp"])),
        ("service of another host", microsoft.token(serviceurl="https://smba.evil.example/")),
        ("no service", microsoft.token(drop=["serviceurl"])),
    ]


def _signed_with_public_key(microsoft: Microsoft, payload: str) -> str:
    # By hand, as PyJWT refuses to make such a token.
    public = microsoft.key.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = _base64(json.dumps({"alg": "HS256", "typ": "JWT", "kid": microsoft.kid}).encode())
    return f"{head}.{payload}.{_base64(hmac.digest(pem, f'{head}.{payload}'.encode(), 'sha256'))}"


@web.middleware
async def _no_lasting_tls(request: web.Request, handler: Handler) -> web.StreamResponse:
    # MSAL keeps its connections, and TLS waits for the other side's goodbye for longer than a test should.
    answer = await handler(request)
    if request.secure:
        answer.force_close()
    return answer


async def _listen(runner: web.AppRunner, port: int, tls: ssl.SSLContext | None = None) -> int:
    listener = socket.create_server(("127.0.0.1", port))
    await web.SockSite(runner, listener, ssl_context=tls).start()
    return int(listener.getsockname()[1])


async def _eventually(look: Callable[[], T], is_wanted: Callable[[T], bool], within: float) -> T:
    deadline = time.monotonic() + within
    while not is_wanted(found := look()):
        assert time.monotonic() < deadline, f"it did not happen in time; in the end there was {found}"
        await asyncio.sleep(0.01)
    return found


async def _call(request: web.Request) -> Call:
    text = await request.text()
    assert request.transport is not None
    port = int(request.transport.get_extra_info("peername")[1])
    body = json.loads(text) if text else None
    return Call(request.method, request.raw_path, dict(request.headers), body, port, time.monotonic())


async def _credentials(request: web.Request) -> tuple[str, str]:
    form = await request.post()
    scheme, _, basic = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        app_id, _, secret = base64.b64decode(basic).decode().partition(":")
        return unquote_plus(app_id), unquote_plus(secret)
    return str(form.get("client_id", "")), str(form.get("client_secret", ""))


def _refusal(status: int, error: str, number: int, message: str) -> web.Response:
    body = {"error": error, "error_description": f"AADSTS{number}: {message}", "error_codes": [number]}
    return web.json_response(body, status=status)


def _error(status: int, code: str = "", message: str = "", headers: Mapping[str, str] | None = None) -> web.Response:
    body = {"error": {"code": code or _ERRORS.get(status, "ServiceError"), "message": message}}
    return web.json_response(body, status=status, headers=headers)


def _shown(message_id: str, conversation_id: str, activity: Mapping[str, Any], *, is_edited: bool = False) -> Shown:
    cards = [one["content"] for one in activity.get("attachments") or [] if one.get("contentType") == CARD]
    text = str(activity.get("text") or "")
    return Shown(message_id, conversation_id, text, cards[0] if cards else None, is_edited, dict(activity))


def _whole(conversation_id: str) -> str:
    """A channel instead of a thread in it."""
    return conversation_id.partition(";messageid=")[0]


def _invented(seed: str, length: int) -> str:
    return _base64(hashlib.shake_256(seed.encode()).digest(length))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(number: int) -> str:
    return _base64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _tls(ca_file: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate of a new authority, whose own certificate is written to a file."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _authority_certificate(authority_key)
    ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    chain = ca_file.with_name("server.pem")
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    certificate = _server_certificate(authority, authority_key, key)
    chain.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def _authority_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    only_signs = dict.fromkeys(
        [
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "content_commitment",
            "encipher_only",
            "decipher_only",
        ],
        False,
    )
    usage = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **only_signs)
    return (
        _certificate(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server_certificate(
    authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _certificate(name, authority.subject, key.public_key())
        .add_extension(address, critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
    )
