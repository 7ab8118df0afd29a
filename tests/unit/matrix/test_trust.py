"""Which devices count: those whose keys their owner's identity has signed, whole and unchanged."""

import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.matrix.account.signatures import public_key, sign
from bot.platforms.matrix.account.trust import Identity, Policy, Trust, is_confirmed, read_identity

ANNA, BOT = "@anna:example.org", "@lotse:example.org"
MASTER, SELF_SIGNING, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (1, 2, 3))
DEVICE = SimpleNamespace(user_id=ANNA, id="PHONE", ed25519="ed", curve25519="curve")


def key(usage: str, private: Ed25519PrivateKey, user_id: str = ANNA) -> dict[str, Any]:
    name = public_key(private)
    return {"user_id": user_id, "usage": [usage], "keys": {f"ed25519:{name}": name}}


def answer(user_id: str = ANNA, master: Ed25519PrivateKey = MASTER) -> dict[str, Any]:
    """The answer to a key query: an identity that has signed one device."""
    keys = {"user_id": user_id, "device_id": "PHONE", "keys": {"ed25519:PHONE": "ed", "curve25519:PHONE": "curve"}}
    return {
        "master_keys": {user_id: key("master", master, user_id)},
        "self_signing_keys": {user_id: sign(key("self_signing", SELF_SIGNING, user_id), user_id, master)},
        "device_keys": {user_id: {"PHONE": sign(keys, user_id, SELF_SIGNING)}},
    }


def test_signed_device_of_a_person_with_an_identity_is_confirmed() -> None:
    identity = read_identity(answer(), ANNA)
    assert identity == Identity(public_key(MASTER), public_key(SELF_SIGNING))
    assert is_confirmed(DEVICE, answer(), identity)


def places(found: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(found, dict):
        return [path]
    return [place for name, inner in found.items() for place in places(inner, (*path, name))]


NOBODY_SIGNS = ("master_keys", ANNA, "usage")
SIGNED = [place for place in places(answer()) if place != NOBODY_SIGNS]


@pytest.mark.parametrize("path", SIGNED, ids="/".join)
@pytest.mark.parametrize("forged", ["x", None, 7, [], {}], ids=repr)
def test_nothing_of_it_may_be_changed_or_missing(path: tuple[str, ...], forged: object) -> None:
    changed = copy.deepcopy(answer())
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = forged
    identity = read_identity(changed, ANNA)
    assert identity is None or not is_confirmed(DEVICE, changed, identity)


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)))
def test_whatever_a_server_answers_is_no_confirmation(found: Any) -> None:
    wire = {"master_keys": {ANNA: found}, "self_signing_keys": {ANNA: found}, "device_keys": {ANNA: {"PHONE": found}}}
    assert read_identity(wire, ANNA) is None
    assert not is_confirmed(DEVICE, wire, Identity(public_key(MASTER), public_key(SELF_SIGNING)))


def test_identity_signed_by_another_master_key_is_none() -> None:
    wire = answer() | {"master_keys": {ANNA: key("master", STRANGER)}}
    assert read_identity(wire, ANNA) is None


class KeyStore:
    """Stands in for matrix-nio: one device, and how it was marked last."""

    def __init__(self, user_id: str = ANNA) -> None:
        self.user_id = BOT
        self.mark = ""
        self._device = SimpleNamespace(user_id=user_id, id="PHONE", ed25519="ed", curve25519="curve")
        self.device_store = self

    def active_user_devices(self, user_id: str) -> list[Any]:
        return [self._device] if user_id == self._device.user_id else []

    def verify_device(self, device: Any) -> None:
        self.mark = "verified"

    def blacklist_device(self, device: Any) -> None:
        self.mark = "blacklisted"

    def ignore_device(self, device: Any) -> None:
        self.mark = "ignored"


UNSIGNED: dict[str, Any] = {"device_keys": {ANNA: {"PHONE": {}}}}


@pytest.mark.parametrize(
    ("policy", "wire", "mark"),
    [
        (Policy.STRICT, answer(), "verified"),
        (Policy.STRICT, UNSIGNED, "blacklisted"),
        (Policy.OPEN, answer(), "verified"),
        (Policy.OPEN, UNSIGNED, "ignored"),
    ],
)
def test_policy_decides_what_becomes_of_unconfirmed_devices(
    tmp_path: Path, policy: Policy, wire: dict[str, Any], mark: str
) -> None:
    store = KeyStore()
    Trust(policy, tmp_path / "identities.json").judge(store, wire)
    assert store.mark == mark


@pytest.mark.parametrize(("own_master", "mark"), [(MASTER, "verified"), (STRANGER, "blacklisted")])
def test_only_our_own_identity_confirms_our_other_devices(
    tmp_path: Path, own_master: Ed25519PrivateKey, mark: str
) -> None:
    store, trust = KeyStore(BOT), Trust(Policy.STRICT, tmp_path / "identities.json")
    trust.own_master = public_key(own_master)
    trust.judge(store, answer(BOT))
    assert store.mark == mark
    assert not (tmp_path / "identities.json").exists()


def test_changed_identity_is_told_until_it_is_settled_also_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "identities.json"
    Trust(Policy.STRICT, file).judge(KeyStore(), answer())
    for _ in range(2):
        restarted = Trust(Policy.STRICT, file)
        restarted.judge(KeyStore(), answer())
        assert restarted.changed == {}
        restarted.judge(KeyStore(), answer(master=STRANGER))
        assert restarted.changed == {ANNA: public_key(STRANGER)}
    trust = Trust(Policy.STRICT, file)
    trust.judge(KeyStore(), answer(master=STRANGER))
    trust.settle()
    assert trust.changed == {}
    settled = Trust(Policy.STRICT, file)
    settled.judge(KeyStore(), answer(master=STRANGER))
    assert settled.changed == {}
