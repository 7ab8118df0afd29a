"""A real Synapse for tests: its own process on 127.0.0.1 with a fresh database, and people who talk through it."""

import asyncio
import hashlib
import hmac
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp
from yarl import URL

SHARED_SECRET = "only-for-tests"
READY_WITHIN_S = 60.0
_NO_LIMIT = {"per_second": 1e6, "burst_count": 1_000_000}
_transactions = count()


class Synapse:
    """Use as a context manager, which stops the process and removes its files; `limits` keeps the usual rate limits."""

    def __init__(self, *, limits: bool = False) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="synapse-"))
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        # JSON is YAML, too.
        (self.directory / "hs.yaml").write_text(json.dumps(_config(self.directory, self.port, limits=limits)))
        (self.directory / "log.yaml").write_text(json.dumps(_logging(self.directory)))

    def start(self) -> None:
        """Start, and wait until requests are answered."""
        with (self.directory / "stdout.log").open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "synapse.app.homeserver", "-c", str(self.directory / "hs.yaml")],
                stdout=out,
                stderr=out,
                cwd=self.directory,
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop(signal.SIGKILL)
                raise RuntimeError((self.directory / "stdout.log").read_text()[-2000:])
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process that this object started."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(15)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def register(self, name: str, *, display_name: str | None = None, password: str = "pw") -> "Account":
        """Make an account."""
        nonce = self._call()["nonce"]
        signed = b"\0".join([nonce.encode(), name.encode(), password.encode(), b"notadmin"])
        answer = self._call(
            {
                "nonce": nonce,
                "username": name,
                "displayname": display_name or name,
                "password": password,
                "admin": False,
                "mac": hmac.new(SHARED_SECRET.encode(), signed, hashlib.sha1).hexdigest(),
            }
        )
        return Account(self.url, answer["user_id"], password, answer["access_token"])

    def _call(self, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/_synapse/admin/v1/register", data, headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return dict(json.load(response))

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=1):
                return True
        except OSError:
            return False


@dataclass(frozen=True)
class Account:
    """An account on a homeserver."""

    url: str
    user_id: str
    password: str
    access_token: str


class RefusedError(Exception):
    """The homeserver refused what a person wanted."""


class Person:
    """Somebody with a plain Matrix client."""

    def __init__(self, account: Account, http: aiohttp.ClientSession) -> None:
        self.account = account
        self.id = account.user_id
        self._http = http

    async def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Make a request of the client-server API; raises `RefusedError`."""
        url = URL(f"{self.account.url}/_matrix/client/v3{path}", encoded=True)  # the ids in paths are quoted already
        headers = {"Authorization": f"Bearer {self.account.access_token}"}
        async with self._http.request(method, url, json=body, headers=headers) as response:
            answer = await response.json()
            if response.status != 200:
                raise RefusedError(f"{response.status} {answer}")
            return dict(answer)

    async def create_room(self, *invited: str, direct: bool = False, encrypted: bool = False) -> str:
        """Open a room and invite people."""
        encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        body = {
            "preset": "trusted_private_chat" if direct else "private_chat",
            "is_direct": direct,
            "invite": invited,
            "initial_state": [encryption] if encrypted else [],
        }
        return str((await self.call("POST", "/createRoom", body))["room_id"])

    async def invite(self, room: str, user_id: str) -> None:
        """Invite somebody to a room."""
        await self.call("POST", f"/rooms/{quote(room)}/invite", {"user_id": user_id})

    async def join(self, room: str) -> None:
        """Enter a room."""
        await self.call("POST", f"/join/{quote(room)}", {})

    async def leave(self, room: str) -> None:
        """Leave a room."""
        await self.call("POST", f"/rooms/{quote(room)}/leave", {})

    async def send(self, room: str, content: dict[str, Any], kind: str = "m.room.message") -> str:
        """Send an event and give its id."""
        path = f"/rooms/{quote(room)}/send/{kind}/t{next(_transactions)}"
        return str((await self.call("PUT", path, content))["event_id"])

    async def say(self, room: str, text: str, **content: Any) -> str:
        """Send a text message; `content` overrides its fields."""
        return await self.send(room, {"msgtype": "m.text", "body": text} | content)

    async def members(self, room: str) -> dict[str, str]:
        """The membership of everybody who ever had one."""
        found = await self.call("GET", f"/rooms/{quote(room)}/members")
        return {event["state_key"]: event["content"]["membership"] for event in found["chunk"]}

    async def redact(self, room: str, event_id: str) -> str:
        """Delete an event's content, and give the redaction's id."""
        path = f"/rooms/{quote(room)}/redact/{quote(event_id)}/t{next(_transactions)}"
        return str((await self.call("PUT", path, {}))["event_id"])

    async def messages(
        self, room: str, sender: str | None = None, kind: str = "m.room.message"
    ) -> list[dict[str, Any]]:
        """The message events of a room (of one sender), oldest first; of encrypted ones what the server has."""
        found = await self.call("GET", f"/rooms/{quote(room)}/messages?dir=b&limit=1000")
        events = [event for event in reversed(found["chunk"]) if event["type"] == kind]
        return [event for event in events if sender in (None, event["sender"])]

    async def invitations(self) -> dict[str, str]:
        """The rooms to which they are invited, by name."""
        found = await self.call("GET", "/sync?timeout=0")
        states = {room: one["invite_state"]["events"] for room, one in found["rooms"].get("invite", {}).items()}
        named = [(room, event) for room, state in states.items() for event in state if event["type"] == "m.room.name"]
        return {event["content"]["name"]: room for room, event in named}


async def eventually(check: Callable[[], Awaitable[bool]] | Callable[[], bool], within: float = 20.0) -> None:
    """Wait until `check` holds; fails after `within` seconds."""
    deadline, pause = time.monotonic() + within, 0.02
    while True:
        found = check()
        if found if isinstance(found, bool) else await found:
            return
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(pause)
        pause = min(1.5 * pause, 0.1)  # to be asked keeps a homeserver from doing what is waited for


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _config(directory: Path, port: int, *, limits: bool) -> dict[str, Any]:
    listener = {
        "port": port,
        "type": "http",
        "tls": False,
        "bind_addresses": ["127.0.0.1"],
        "resources": [{"names": ["client"], "compress": False}],
    }
    config = {
        "server_name": "localhost",
        "pid_file": str(directory / "hs.pid"),
        "public_baseurl": f"http://127.0.0.1:{port}/",
        "listeners": [listener],
        "database": {"name": "sqlite3", "args": {"database": str(directory / "hs.db")}},
        "log_config": str(directory / "log.yaml"),
        "media_store_path": str(directory / "media"),
        "signing_key_path": str(directory / "signing.key"),
        "registration_shared_secret": SHARED_SECRET,
        "macaroon_secret_key": "only-for-tests",
        "form_secret": "only-for-tests",
        "report_stats": False,
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        "presence": {"enabled": False},
        "push": {"enabled": False},  # to weigh for each event who is to be notified takes 7 % of its time
        "bcrypt_rounds": 4,  # the usual 12 take a quarter of a second for each account
    }
    return config if limits else config | _unlimited()


def _unlimited() -> dict[str, Any]:
    plain = ("rc_message", "rc_registration", "rc_joins_per_room", "rc_media_create", "rc_room_creation")
    return dict.fromkeys(plain, _NO_LIMIT) | {
        "rc_login": {"address": _NO_LIMIT, "account": _NO_LIMIT, "failed_attempts": _NO_LIMIT},
        "rc_joins": {"local": _NO_LIMIT, "remote": _NO_LIMIT},
        "rc_invites": {"per_room": _NO_LIMIT, "per_user": _NO_LIMIT, "per_issuer": _NO_LIMIT},
    }


def _logging(directory: Path) -> dict[str, Any]:
    handler = {"class": "logging.FileHandler", "filename": str(directory / "hs.log")}
    return {
        "version": 1,
        "handlers": {"file": handler},
        "root": {"level": "WARNING", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }
