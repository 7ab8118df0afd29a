"""The Matrix client that people have: the crypto of Element Web in a process of its own, independent of the bot's."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any, Self

import pytest

from servers.synapse import Account

FOLDER = Path(__file__).parent / "element_web"
WITHIN_S = 10.0
ANSWERS_WITHIN_S = 60.0
ENDS_WITHIN_S = 5.0
LONGEST_LINE = 64 * 1024 * 1024


def _is_installed() -> bool:
    return shutil.which("node") is not None and (FOLDER / "node_modules" / "matrix-js-sdk").is_dir()


needs_node = pytest.mark.skipif(
    not _is_installed(), reason="Element runs on Node.js: install node and npm, then `make test` brings the package."
)


class ElementError(Exception):
    """The client could not do what it was told, or has ended."""


@dataclass(frozen=True)
class Shield:
    """The warning beside a message: `grey` or `red`, and why."""

    color: str
    reason: str


@dataclass(frozen=True)
class Seen:
    """An event as its reader sees it; an edit is seen in what it replaces.

    `wire_type` and `relation` are what the server can read. A failure says why the message cannot be decrypted. A
    message without a shield may still be one without encryption: then its `wire_type` is its `type`.
    """

    event_id: str
    sender: str
    type: str
    wire_type: str
    content: Mapping[str, Any]
    relation: Mapping[str, Any] | None
    replaced_by: Mapping[str, Any] | None
    is_redacted: bool
    decryption_failure: str | None
    shield: Shield | None

    @property
    def text(self) -> str:
        """What stands there now: the last edit counts, what cannot be decrypted is empty."""
        if self.decryption_failure:
            return ""
        return str((self.replaced_by or self.content).get("body", ""))

    @property
    def is_encrypted(self) -> bool:
        return self.wire_type == "m.room.encrypted"


@dataclass(frozen=True)
class Device:
    """Somebody's device as this client judges it; verified means that this client trusts the owner's identity, too."""

    device_id: str
    signed_by_owner: bool
    cross_signing_verified: bool


class Element:
    """Somebody with a new Element; `open` signs in and ends the process in every case."""

    def __init__(self, account: Account, process: asyncio.subprocess.Process, log: IO[bytes]) -> None:
        self.account = account
        self.id = account.user_id
        self.device_id = ""
        self._process = process
        self._log = log
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    @asynccontextmanager
    async def open(
        cls, account: Account, *, cross_signed: bool = True, exclude_unsigned: bool = False
    ) -> AsyncIterator[Self]:
        """Sign in as a new device, with a new identity that signs it (`cross_signed`) or without any.

        `exclude_unsigned` is the setting "Exclude insecure devices": nothing to and from devices that no identity has
        signed.
        """
        with tempfile.TemporaryFile() as log:
            process = await asyncio.create_subprocess_exec(
                "node",
                str(FOLDER / "element.mjs"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LONGEST_LINE,
            )
            person = cls(account, process, log)
            try:
                await person._start(cross_signed=cross_signed, exclude_unsigned=exclude_unsigned)
                yield person
            finally:
                await person._end()

    async def create_room(self, *invited: str, direct: bool = False, encrypted: bool = True) -> str:
        """Open a room and invite people."""
        return str(await self._ask("create_room", invite=invited, direct=direct, encrypted=encrypted))

    async def join(self, room: str) -> None:
        """Enter a room, and wait until the client knows it."""
        await self._ask("join", room=room)

    async def leave(self, room: str) -> None:
        """Leave a room."""
        await self._ask("leave", room=room)

    async def wait_for_member(
        self, room: str, user_id: str, membership: str = "join", *, within: float = WITHIN_S
    ) -> None:
        """Wait until this client sees somebody in a room, or invited to it."""
        who = {"user_id": user_id, "membership": membership}
        await self._ask("wait_for_member", room=room, within_ms=within * 1000, **who)

    async def encrypt(self, room: str, *, within: float = WITHIN_S) -> None:
        """Have messages encrypted in a room from now on."""
        await self._ask("encrypt", room=room, within_ms=within * 1000)

    async def send(self, room: str, content: Mapping[str, Any], kind: str = "m.room.message") -> str:
        """Send an event, encrypted if the room is, and give its id."""
        return str(await self._ask("send", room=room, content=content, type=kind))

    async def say(self, room: str, text: str, **content: Any) -> str:
        """Send a text message; `content` overrides its fields."""
        return await self.send(room, {"msgtype": "m.text", "body": text} | content)

    async def react(self, room: str, event_id: str, key: str) -> str:
        """React to an event, and give the reaction's id."""
        return str(await self._ask("react", room=room, event_id=event_id, key=key))

    async def edit(self, room: str, event_id: str, text: str) -> str:
        """Replace the text of a message, and give the edit's id."""
        return str(await self._ask("edit", room=room, event_id=event_id, text=text))

    async def redact(self, room: str, event_id: str) -> str:
        """Delete an event's content, and give the redaction's id."""
        return str(await self._ask("redact", room=room, event_id=event_id))

    async def wait_for(
        self,
        room: str,
        sender: str,
        contains: str = "",
        *,
        kind: str = "m.room.message",
        after: str | None = None,
        within: float = WITHIN_S,
    ) -> Seen:
        """The first event of a sender (after another event) whose text or reaction contains something.

        When the time is up, it is one that cannot be decrypted; if there is none, `ElementError`.
        """
        wanted = {"contains": contains, "type": kind, "after": after, "within_ms": within * 1000}
        return _seen(await self._ask("wait_for", room=room, sender=sender, **wanted))

    async def messages(self, room: str, sender: str | None = None) -> list[Seen]:
        """The messages of a room (of one sender), oldest first, with those that cannot be decrypted."""
        return [_seen(found) for found in await self._ask("messages", room=room, sender=sender)]

    async def read(self, room: str, event_id: str, *, within: float = WITHIN_S) -> dict[str, Any]:
        """What stands in one event, also in an edit, once this client has it and can decrypt it."""
        wanted = {"event_id": event_id, "within_ms": within * 1000}
        return dict(await self._ask("read", room=room, **wanted))

    async def devices_of(self, user_id: str) -> dict[str, Device]:
        """Somebody's devices by their ids."""
        found = await self._ask("devices_of", user_id=user_id)
        return {device["device_id"]: Device(**device) for device in found}

    async def reset_identity(self) -> None:
        """Replace the account's identity and sign this device with the new one; a recovery key is lost."""
        await self._ask("reset_identity")

    async def set_up_recovery_key(self) -> str:
        """Put the identity's secrets into the account, and give the key that opens them."""
        return str(await self._ask("set_up_recovery_key"))

    async def sign_in_with_recovery_key(self, key: str) -> bool:
        """Have the account's identity, opened with its recovery key, sign this device; whether it is verified now."""
        return bool(await self._ask("sign_in_with_recovery_key", key=key))

    async def stop(self) -> None:
        """End the client; the account keeps its device."""
        await self._ask("stop")
        await self._process.wait()

    async def _start(self, **how: bool) -> None:
        account = {"url": self.account.url, "user": self.account.user_id, "password": self.account.password}
        self.device_id = str((await self._ask("start", **account, **how))["device_id"])

    async def _ask(self, command: str, **given: Any) -> Any:
        if self._reading.done():
            raise ElementError(self._last_words())
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "command": command} | given).encode() + b"\n")
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S + given.get("within_ms", 0) / 1000):
                return await answer
        finally:
            del self._asked[number]

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            found = json.loads(line)
            answer = self._asked.get(found["id"])
            if answer is None or answer.done():
                continue  # nobody waits for it any more
            if "error" in found:
                answer.set_exception(ElementError(found["error"]))
            else:
                answer.set_result(found["result"])
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(ElementError(self._last_words()))

    def _last_words(self) -> str:
        self._log.seek(0)
        return f"the client has ended: {self._log.read().decode(errors='replace')[-2000:]}"

    async def _end(self) -> None:
        # The client ends when nobody can tell it anything any more.
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), ENDS_WITHIN_S)
        finally:
            with suppress(ProcessLookupError):
                self._process.kill()
            # Reads to the end, which closes the pipe.
            await asyncio.gather(self._process.wait(), self._reading, return_exceptions=True)


def _seen(found: Mapping[str, Any]) -> Seen:
    shield = found["shield"]
    return Seen(**{**found, "shield": Shield(**shield) if shield else None})
