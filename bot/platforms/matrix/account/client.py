"""matrix-nio's client with the gaps closed that cost messages or keys."""

import json
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import nio
import vodozemac
from typing_extensions import override

from bot.errors import SettingsError
from bot.platforms.matrix.account.trust import Trust
from bot.platforms.matrix.errors import REJECTED_TOKEN, ServerError, TokenRejectedError, body, checked
from bot.platforms.wire import Wire, texts

BASE = "/_matrix/client"
CURVE = "signed_curve25519"


class Client(nio.AsyncClient):  # type: ignore[misc] # nio has no types
    """An account's connection to its homeserver, with its keys and its trust in the devices of others."""

    def __init__(self, *arguments: Any, trust: Trust, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.trust = trust

    async def call(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        *,
        password: str | None = None,
        version: str = "v3",
    ) -> dict[str, Any]:
        """Make a request that matrix-nio has no method for; `path` is what follows `/_matrix/client/v3`.

        Where the server wants to be sure who asks ("user-interactive authentication"), it is given the password.
        Raises `ServerError` (401 when no password could help), `TokenRejectedError` or a connection error.
        """
        place = f"{BASE}/{version}{path}"
        status, answer = await self._request(method, place, content)
        if status == 401 and "session" in answer and password is not None:
            proof = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": self.user_id},
                "password": password,
                "session": answer["session"],
            }
            status, answer = await self._request(method, place, {**(content or {}), "auth": proof})
        if status < 400:
            return answer
        code = answer.get("errcode")
        if code in REJECTED_TOKEN:
            raise TokenRejectedError(code)
        wait = answer.get("retry_after_ms")
        raise ServerError(status, code, wait / 1000 if isinstance(wait, int) else None)

    async def _request(self, method: str, place: str, content: Mapping[str, Any] | None) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.access_token}", "Content-Type": "application/json"}
        data = None if content is None else json.dumps(content)
        response = await self.send(method, place, data, headers)
        try:
            answer = await response.json(content_type=None)
        except ValueError:
            answer = None  # a page of a proxy
        return response.status, answer if isinstance(answer, dict) else {}

    # keys

    @override
    def load_store(self) -> None:
        """Open the key store; raises `SettingsError` when its key is another one."""
        try:
            super().load_store()
        except (vodozemac.PickleException, vodozemac.LibolmPickleException):
            raise SettingsError(
                f"Einstellung store_key: passt nicht zum Schlüsselspeicher von {self.user_id}. Den früheren Wert "
                "eintragen, oder mit lotsenfunk matrix login --new-device ein neues Gerät anmelden."
            ) from None

    @override
    async def receive_response(self, response: Any) -> None:
        """Take in an answer of the server: what it changes in the key store is changed as a whole or not at all.

        Raises `ServerError` for an answer that is none: a proxy's page reads like the empty answer to a request whose
        work is done.
        """
        if not isinstance(response, nio.ErrorResponse):
            checked(response)
        with self.store.database.atomic() if self.store else nullcontext():
            await super().receive_response(response)
            if isinstance(response, nio.KeysQueryResponse):
                self.trust.judge(self, await body(response))

    async def tend_keys(self, sync: Any) -> None:
        """Do what a sync asks for: new keys for others to use, new devices of others, broken sessions to mend.

        Raises `ServerError`, `TokenRejectedError` or a connection error; then it has to be done again.
        """
        # matrix-nio takes a count of 0 for no news, and would never upload keys again.
        if not sync.device_key_count.signed_curve25519:
            self.olm.uploaded_key_count = 0
        await self.upload_keys(has_fallback=CURVE in texts(await body(sync), "device_unused_fallback_key_types"))
        await self.query_keys()
        if self.should_claim_keys:
            checked(await self.keys_claim(self.get_users_for_key_claiming()))
        for answer in await self.send_to_device_messages():
            checked(answer)

    async def upload_keys(self, *, has_fallback: bool = False) -> None:
        """Give the server the keys by which others begin to talk to us; `has_fallback` if it has an unused one.

        The fallback key is for the time when all others are used up. The private halves are stored before: a crash
        after the upload must not leave keys that nobody has.
        """
        keys = self.olm.share_keys() if self.should_upload_keys else {}
        if not has_fallback:
            keys["fallback_keys"] = self._fallback_key()
        if keys:
            self.olm.save_account()
            request = nio.Api.keys_upload(self.access_token, keys)
            checked(await self._send(nio.KeysUploadResponse, *request))

    def _fallback_key(self) -> dict[str, Wire]:
        account = self.olm.account._account
        account.generate_fallback_key()
        [(name, public)] = account.fallback_key.items()
        key = {"key": public.to_base64(), "fallback": True}
        signatures = {self.user_id: {f"ed25519:{self.device_id}": self.olm.sign_json(dict(key))}}
        return {f"{CURVE}:{name}": {**key, "signatures": signatures}}

    async def query_keys(self) -> None:
        """Learn the devices of people whose devices are unknown or changed, and whether they can be trusted."""
        if self.should_query_keys:
            checked(await self.keys_query())

    def opened(self, wire: Wire) -> Any | None:
        """Decrypt an event that the server sent earlier; None as long as its key is missing.

        What cannot be decrypted in spite of its key comes back as the event that it is.
        """
        event = nio.MegolmEvent.from_dict(dict(wire))
        if not isinstance(event, nio.MegolmEvent):
            return event  # stored by a version that read it otherwise
        if self.olm.inbound_group_store.get(event.room_id, event.sender_key, event.session_id) is None:
            return None
        try:
            return self.decrypt_event(event)
        except nio.EncryptionError:
            return event

    @override
    async def keys_claim(self, user_set: Any) -> Any:
        # Without the name of a room, matrix-nio stumbles over an answer that is none.
        return await self._send(nio.KeysClaimResponse, *nio.Api.keys_claim(self.access_token, user_set), ("",))

    async def prepare(self, room: Any) -> None:
        """Make sure that a message to an encrypted room will reach everybody in it who may read it.

        Raises `ServerError`, `TokenRejectedError` or a connection error; sending has to wait then.
        """
        if not room.members_synced:
            checked(await self.joined_members(room.room_id))
        await self.query_keys()
        if self.olm.should_share_group_session(room.room_id):
            await self._share_key(room)

    async def _share_key(self, room: Any) -> None:
        missing = self.get_missing_sessions(room.room_id)
        if missing:
            # matrix-nio goes on without those devices when the server fails, and hangs for ever when it is away.
            checked(await self.keys_claim(missing))
        try:
            await self.share_group_session(room.room_id)
        finally:
            self.sharing_session.pop(room.room_id, None)
        session = self.olm.outbound_group_sessions[room.room_id]
        if not self._has_reached_all(room, session):
            session.shared = False  # matrix-nio takes it as shared, whatever became of the requests
            raise ServerError(503)

    def _has_reached_all(self, room: Any, session: Any) -> bool:
        devices = (device for user in room.users for device in self.device_store.active_user_devices(user))
        reachable = (device for device in devices if self.olm.session_store.get(device.curve25519))
        reached = session.users_shared_with | session.users_ignored
        return all((device.user_id, device.id) in reached for device in reachable)

    def doubt_members(self, room: Any) -> None:
        """Ask for the members before the next message: some may have come or gone unseen."""
        room.members_synced = False
        self.invalidate_outbound_session(room.room_id)
