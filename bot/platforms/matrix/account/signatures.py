"""Pure: signed JSON as Matrix knows it (specification, appendix "Signing JSON"): Ed25519 over canonical JSON."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.platforms.wire import Wire, part, text

Signed = dict[str, Any]


def canonical(wire: Wire) -> bytes:
    """The bytes that are signed: sorted, without spaces, without signatures and without what servers add."""
    signed = {name: value for name, value in wire.items() if name not in ("signatures", "unsigned")}
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def encode(raw: bytes) -> str:
    """Base64 without padding, which is how Matrix writes keys and signatures."""
    return b64encode(raw).decode().rstrip("=")


def decode(written: str) -> bytes:
    """The bytes behind base64 with or without padding; raises `ValueError`."""
    return b64decode(written + "=" * (-len(written) % 4), validate=True)


def public_key(key: Ed25519PrivateKey) -> str:
    """The public half as Matrix writes it."""
    return encode(key.public_key().public_bytes_raw())


def sign(wire: Mapping[str, Any], user_id: str, key: Ed25519PrivateKey) -> Signed:
    """A copy of `wire` with one more signature of `user_id`, under the public key's name (cross-signing keys)."""
    signatures = {name: dict(part(wire, "signatures", name)) for name in part(wire, "signatures")}
    signatures.setdefault(user_id, {})[f"ed25519:{public_key(key)}"] = encode(key.sign(canonical(wire)))
    return {**wire, "signatures": signatures}


def is_signed(wire: Wire, user_id: str, key: str) -> bool:
    """Whether `wire` has a valid signature of `user_id` by the cross-signing key `key` (public, base64)."""
    signature = text(part(wire, "signatures", user_id), f"ed25519:{key}")
    try:
        Ed25519PublicKey.from_public_bytes(decode(key)).verify(decode(signature), canonical(wire))
    except (ValueError, InvalidSignature):
        return False
    return True
