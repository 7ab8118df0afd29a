"""The account's secret storage on its server (Matrix specification, module "Secrets"): the seeds of its identity.

They lie there sealed with a recovery key that only people have: with it an administrator signs in to Element as the
bot, and the bot gets its identity back when its data are lost.
"""

import hashlib
import hmac
from collections.abc import Mapping
from secrets import token_bytes, token_urlsafe
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import SettingsError
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.account.cross_signing import USAGES, Seeds
from bot.platforms.matrix.account.recovery_key import MistypedKeyError, RecoveryKey
from bot.platforms.matrix.account.signatures import decode, encode
from bot.platforms.matrix.errors import ServerError
from bot.platforms.wire import Wire, part, text

ALGORITHM = "m.secret_storage.v1.aes-hmac-sha2"
DEFAULT_KEY = "m.secret_storage.default_key"
NAME = "Lotsenfunk"
"""The name in the description of keys that we made: only their storage may be changed unasked."""
_NOTHING = bytes(32)


class ForeignStorageError(SettingsError):
    """Somebody else set up the secret storage of the account."""

    def __init__(self, user_id: str) -> None:
        super().__init__(
            f"Für das Konto {user_id} ist schon eine Wiederherstellung eingerichtet, die nicht von hier stammt, "
            "etwa aus Element. Ihren Schlüssel weiter verwenden, oder sie ersetzen: "
            "lotsenfunk matrix recovery-key --replace."
        )


class BrokenSecretError(SettingsError):
    """A secret was changed, or sealed with another key."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Der hinterlegte Schlüssel {name} ist beschädigt oder fehlt. Einen anderen Wiederherstellungsschlüssel "
            "nehmen, oder die Identität ersetzen: lotsenfunk matrix login --replace-identity."
        )


def seal(key: RecoveryKey, name: str, secret: bytes) -> dict[str, str]:
    """Encrypt the secret called `name`: AES-256-CTR, and a MAC over it, with keys for this name alone."""
    # Some implementations of CTR count in 64 bits: without the 63rd bit the counter cannot overflow in them.
    iv = bytearray(token_bytes(16))
    iv[8] &= 0x7F
    return _sealed(key, name, secret, bytes(iv))


def unseal(key: RecoveryKey, name: str, sealed: Wire) -> bytes:
    """The inverse of `seal`; raises `BrokenSecretError` for what was changed or belongs to another key or name."""
    try:
        iv, ciphertext, mac = (decode(text(sealed, part_name)) for part_name in ("iv", "ciphertext", "mac"))
    except ValueError:
        raise BrokenSecretError(name) from None
    cipher_key, mac_key = _keys(key, name)
    if len(iv) != 16 or not hmac.compare_digest(mac, _mac(mac_key, ciphertext)):
        raise BrokenSecretError(name)
    return _crypt(cipher_key, iv, ciphertext)


def describe(key: RecoveryKey) -> dict[str, str]:
    """The public description of a key, by which `opens` finds it again."""
    sealed = seal(key, "", _NOTHING)
    return {"name": NAME, "algorithm": ALGORITHM, "iv": sealed["iv"], "mac": sealed["mac"]}


def opens(key: RecoveryKey, description: Wire) -> bool:
    """Whether the description is of this key; descriptions without a MAC fit every key."""
    if not text(description, "mac"):
        return text(description, "algorithm") == ALGORITHM
    try:
        iv, mac = decode(text(description, "iv")), decode(text(description, "mac"))
        expected = decode(_sealed(key, "", _NOTHING, iv)["mac"])
    except ValueError:
        return False
    return text(description, "algorithm") == ALGORITHM and hmac.compare_digest(mac, expected)


async def is_set_up(client: Client) -> bool:
    """Whether the account has a secret storage that a recovery key opens. Raises like `read_seeds`."""
    return bool(await _default_key(client))


async def write_seeds(client: Client, seeds: Seeds, *, replace: bool = False) -> RecoveryKey:
    """Seal the seeds with a new recovery key; the one before stops working.

    `replace` allows to supersede the storage of somebody else; what else lies in it stays as it is. Raises
    `ForeignStorageError`, `ServerError` or a connection error: then the storage is still what it was.
    """
    await _refuse_foreign(client, replace)
    key, key_id = RecoveryKey.new(), token_urlsafe(24)
    await _put(client, _description(key_id), describe(key))
    sealed = {_secret(usage): seal(key, _secret(usage), seed.encode()) for usage, seed in seeds.encoded().items()}
    for name, content in sealed.items():
        others = part(await _get(client, name), "encrypted")
        await _put(client, name, {"encrypted": {**others, key_id: content}})
    await _put(client, DEFAULT_KEY, {"key": key_id})
    # Only now: until here the former key had to go on opening the secrets.
    for name, content in sealed.items():
        await _put(client, name, {"encrypted": {key_id: content}})
    return key


async def read_seeds(client: Client, key: RecoveryKey) -> Seeds:
    """The seeds that `key` opens.

    Raises `MistypedKeyError`, another `SettingsError` when there is nothing to open, `ServerError` or a connection
    error.
    """
    key_id = await _default_key(client)
    if not key_id:
        raise SettingsError(
            f"Für das Konto {client.user_id} ist keine Wiederherstellung eingerichtet: Es gibt nichts zu übernehmen."
        )
    if not opens(key, await _get(client, _description(key_id))):
        raise MistypedKeyError
    written = {usage: await _open(client, key, key_id, _secret(usage)) for usage in USAGES}
    try:
        return Seeds.decoded(written)
    except ValueError:
        raise BrokenSecretError("m.cross_signing") from None


async def _refuse_foreign(client: Client, replace: bool) -> None:
    key_id = await _default_key(client)
    if key_id and not replace and text(await _get(client, _description(key_id)), "name") != NAME:
        raise ForeignStorageError(client.user_id)


async def _default_key(client: Client) -> str:
    return text(await _get(client, DEFAULT_KEY), "key")


async def _open(client: Client, key: RecoveryKey, key_id: str, name: str) -> str:
    sealed = part(await _get(client, name), "encrypted", key_id)
    return unseal(key, name, sealed).decode("ascii", "replace")


async def _get(client: Client, kind: str) -> Wire:
    try:
        return await client.call("GET", _account_data(client, kind))
    except ServerError as error:
        if error.code != "M_NOT_FOUND":
            raise
        return {}


async def _put(client: Client, kind: str, content: Mapping[str, Any]) -> None:
    await client.call("PUT", _account_data(client, kind), content)


def _account_data(client: Client, kind: str) -> str:
    return f"/user/{quote(client.user_id, safe='')}/account_data/{quote(kind, safe='')}"


def _description(key_id: str) -> str:
    return f"m.secret_storage.key.{key_id}"


def _secret(usage: str) -> str:
    return f"m.cross_signing.{usage}"


def _sealed(key: RecoveryKey, name: str, secret: bytes, iv: bytes) -> dict[str, str]:
    cipher_key, mac_key = _keys(key, name)
    ciphertext = _crypt(cipher_key, iv, secret)
    return {"iv": encode(iv), "ciphertext": encode(ciphertext), "mac": encode(_mac(mac_key, ciphertext))}


def _keys(key: RecoveryKey, name: str) -> tuple[bytes, bytes]:
    derived = HKDF(SHA256(), length=64, salt=bytes(32), info=name.encode()).derive(key.raw)
    return derived[:32], derived[32:]


def _crypt(key: bytes, iv: bytes, content: bytes) -> bytes:
    stream = Cipher(AES(key), CTR(iv)).encryptor()
    return stream.update(content) + stream.finalize()


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()
