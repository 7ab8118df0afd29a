import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.matrix.account.signatures import canonical, decode, encode, is_signed, public_key, sign

ANNA = "@anna:example.org"
BEN = "@ben:example.org"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))

words = st.text(max_size=5).filter(lambda word: word not in ("signatures", "unsigned"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
# JSON on the wire has no lone surrogates: they cannot be encoded.
objects = st.dictionaries(words, values, max_size=4)


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        # Examples of the Matrix specification, appendix "Canonical JSON".
        ({}, "{}"),
        ({"one": 1, "two": "Two"}, '{"one":1,"two":"Two"}'),
        ({"b": "2", "a": "1"}, '{"a":"1","b":"2"}'),
        ({"a": "日本語"}, '{"a":"日本語"}'),
        ({"本": 2, "日": 1}, '{"日":1,"本":2}'),
        ({"a": None}, '{"a":null}'),
    ],
)
def test_canonical_json_is_that_of_the_specification(wire: dict[str, Any], expected: str) -> None:
    assert canonical(wire) == expected.encode()


@given(objects)
def test_signature_is_valid_for_its_key_and_user_alone(wire: dict[str, Any]) -> None:
    signed = sign(wire, ANNA, KEY)
    assert is_signed(signed, ANNA, public_key(KEY))
    assert not is_signed(signed, BEN, public_key(KEY))
    assert not is_signed(signed, ANNA, public_key(OTHER_KEY))


@given(objects, words, values)
def test_changed_object_is_not_signed(wire: dict[str, Any], name: str, value: object) -> None:
    signed = sign(wire, ANNA, KEY)
    changed = signed | {name: value}
    is_same = json.dumps(changed, sort_keys=True) == json.dumps(signed, sort_keys=True)
    assert is_signed(changed, ANNA, public_key(KEY)) is is_same


@given(objects, st.integers(0, 85), st.sampled_from("ABab01+/"))
def test_changed_signature_is_none(wire: dict[str, Any], place: int, character: str) -> None:
    signed = sign(wire, ANNA, KEY)
    name = f"ed25519:{public_key(KEY)}"
    good = signed["signatures"][ANNA][name]
    bad = good[:place] + character + good[place + 1 :]
    signed["signatures"][ANNA][name] = bad
    assert is_signed(signed, ANNA, public_key(KEY)) is (decoded(bad) == decode(good))


@given(objects, objects)
def test_signatures_add_up_and_what_servers_add_is_not_signed(wire: dict[str, Any], added: dict[str, Any]) -> None:
    both = sign(sign(wire, ANNA, KEY), ANNA, OTHER_KEY) | {"unsigned": added}
    both = sign(both, BEN, KEY)
    for user_id, key in ((ANNA, KEY), (ANNA, OTHER_KEY), (BEN, KEY)):
        assert is_signed(both, user_id, public_key(key))


@given(objects)
def test_signing_leaves_the_original_alone(wire: dict[str, Any]) -> None:
    signed = sign(wire, ANNA, KEY)
    before = json.dumps(signed)
    sign(signed, ANNA, OTHER_KEY)
    assert json.dumps(signed) == before
    assert "signatures" not in wire


@given(st.binary(max_size=70))
def test_base64_comes_back_with_and_without_padding(raw: bytes) -> None:
    written = encode(raw)
    assert "=" not in written
    assert decode(written) == raw
    assert decode(written + "=" * (-len(written) % 4)) == raw


@pytest.mark.parametrize(
    "signatures", [None, [], "x", {ANNA: None}, {ANNA: {"ed25519:x": 5}}, {ANNA: {"ed25519:x": "!"}}]
)
@pytest.mark.parametrize("key", ["x", "", "!", "AAAA"])
def test_nonsense_is_no_signature(signatures: object, key: str) -> None:
    assert not is_signed({"signatures": signatures}, ANNA, key)


def decoded(written: str) -> bytes | None:
    try:
        return decode(written)
    except ValueError:
        return None
