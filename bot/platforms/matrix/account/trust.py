"""Which devices of others count: those that their owner has confirmed by cross-signing (MSC4153)."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.platforms.matrix.account.secret_file import read_fields, write_fields
from bot.platforms.matrix.account.signatures import is_signed
from bot.platforms.wire import Wire, part, text


class Policy(StrEnum):
    """What is done with devices that their owner has not confirmed: nothing at all, or business as usual."""

    STRICT = "strict"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Identity:
    """A person's public cross-signing keys: the master key stands for the person, the other one signs devices."""

    master: str
    self_signing: str


def read_identity(answer: Wire, user_id: str) -> Identity | None:
    """Find a person's identity in the answer to a key query; None when there is none or it does not hold together."""
    master, self_signing = _key(answer, "master_keys", user_id), _key(answer, "self_signing_keys", user_id)
    if not master or not self_signing or not is_signed(part(answer, "self_signing_keys", user_id), user_id, master):
        return None
    return Identity(master, self_signing)


def _key(answer: Wire, kind: str, user_id: str) -> str:
    key = part(answer, kind, user_id)
    names = list(part(key, "keys"))
    is_theirs = text(key, "user_id") == user_id and len(names) == 1
    return text(part(key, "keys"), names[0]) if is_theirs else ""


def is_confirmed(device: Any, answer: Wire, identity: Identity) -> bool:
    """Whether the owner's identity has signed just these keys of a device."""
    keys = part(answer, "device_keys", device.user_id, device.id)
    is_same = (
        text(keys, "user_id") == device.user_id
        and text(keys, "device_id") == device.id
        and text(part(keys, "keys"), f"ed25519:{device.id}") == device.ed25519
        and text(part(keys, "keys"), f"curve25519:{device.id}") == device.curve25519
    )
    return is_same and is_signed(keys, device.user_id, identity.self_signing)


class Trust:
    """Marks devices in the key store of matrix-nio by the policy, and remembers who had which identity.

    matrix-nio gives room keys to devices that are "verified" or "ignored", and none to "blacklisted" ones. `changed`
    are people with another identity than before (and its master key); they stay there until `settle`.
    `own_master` is the account's own master key: only it can confirm the account's other devices.
    """

    def __init__(self, policy: Policy, file: Path) -> None:
        self.policy = policy
        self.own_master: str | None = None
        self.changed: dict[str, str] = {}
        self._file = file
        self._known: dict[str, str] = read_fields(file) or {}

    def judge(self, client: Any, answer: Wire) -> None:
        """Judge the devices of everybody in the answer to a key query."""
        identities = {user_id: read_identity(answer, user_id) for user_id in part(answer, "device_keys")}
        own = identities.pop(client.user_id, None)
        self._recognize({user_id: identity.master for user_id, identity in identities.items() if identity})
        if own and own.master == self.own_master:
            identities[client.user_id] = own
        for user_id in part(answer, "device_keys"):
            identity = identities.get(user_id)
            for device in list(client.device_store.active_user_devices(user_id)):
                self._mark(client, device, identity is not None and is_confirmed(device, answer, identity))

    def vouches_for(self, client: Any, event: Any) -> bool:
        """Whether a decrypted event was certainly written on a device that its sender has confirmed."""
        session = client.olm.inbound_group_store.get(event.room_id, event.sender_key, event.session_id)
        device = client.device_store.device_from_sender_key(event.sender, event.sender_key)
        return (
            session is not None
            and device is not None
            and not session.forwarding_chain
            and device.ed25519 == session.ed25519
            and bool(device.verified)
        )

    def settle(self) -> None:
        """Take changed identities as the new ones; call it when they are reported."""
        if self.changed:
            self._remember(self.changed)
            self.changed = {}

    def _recognize(self, masters: dict[str, str]) -> None:
        self.changed |= {user_id: key for user_id, key in masters.items() if self._known.get(user_id, key) != key}
        new = {user_id: key for user_id, key in masters.items() if user_id not in self._known}
        if new:
            self._remember(new)

    def _remember(self, masters: dict[str, str]) -> None:
        self._known |= masters
        write_fields(self._file, self._known)

    def _mark(self, client: Any, device: Any, is_confirmed: bool) -> None:
        if is_confirmed:
            client.verify_device(device)
        elif self.policy is Policy.STRICT:
            client.blacklist_device(device)
        else:
            client.ignore_device(device)
