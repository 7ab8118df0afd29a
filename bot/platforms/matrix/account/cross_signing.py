"""The account's own cross-signing identity, which matrix-nio does not know: three keys, one of which signs our device.

Clients that exclude unsigned devices (MSC4153) give an unsigned bot no room keys and hide what it says.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from secrets import token_bytes
from typing import Any, Self

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.errors import SettingsError
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.account.secret_file import broken, read_fields, write_fields
from bot.platforms.matrix.account.session import note_keys
from bot.platforms.matrix.account.signatures import decode, encode, is_signed, public_key, sign
from bot.platforms.matrix.errors import ServerError
from bot.platforms.wire import Wire, part, text

log = structlog.get_logger(__name__)

USAGES = ("master", "self_signing", "user_signing")
FILE = "cross_signing.json"
NEXT_FILE = "cross_signing_next.json"
"""The seeds of a replacement under way. The server may refuse it, and then the old ones go on being ours."""


class ForeignIdentityError(SettingsError):
    """Somebody else made the account's identity: it is never replaced unasked."""

    def __init__(self, user_id: str) -> None:
        super().__init__(
            f"Das Konto {user_id} hat schon eine Identität (Cross-Signing), die nicht von hier stammt, etwa aus "
            "Element oder einem verlorenen Datenordner. Sie mit ihrem Wiederherstellungsschlüssel übernehmen: "
            "lotsenfunk matrix login --recovery-key. Oder sie ersetzen, dann müssen alle den Bot neu bestätigen: "
            "lotsenfunk matrix login --replace-identity."
        )


class DeviceKeysError(SettingsError):
    """The server has other keys of our device than we have, or none."""

    def __init__(self, device_id: str) -> None:
        super().__init__(
            f"Die Schlüssel des Geräts {device_id} auf dem Server sind nicht unsere: Es wurde abgemeldet, oder der "
            "Schlüsselspeicher ging verloren. Als neues Gerät anmelden: lotsenfunk matrix login --new-device."
        )


class Standing(StrEnum):
    """How the account's identity stands to our device."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    FOREIGN = "foreign"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """What others see: the public master key (None without an identity), and whether it vouches for our device.

    `has_device_keys` is whether the server has keys of our device at all.
    """

    standing: Standing
    master: str | None
    has_device_keys: bool = True


@dataclass(frozen=True, slots=True)
class Seeds:
    """The private halves of an identity, 32 bytes each: whoever has them is the account in everybody's eyes."""

    master: bytes = field(repr=False)
    self_signing: bytes = field(repr=False)
    user_signing: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """The seeds of a new identity."""
        return cls(token_bytes(32), token_bytes(32), token_bytes(32))

    @classmethod
    def decoded(cls, written: Mapping[str, Any]) -> Self:
        """The inverse of `encoded`; raises `ValueError`."""
        seeds = cls(*(decode(text(written, usage)) for usage in USAGES))
        if any(len(seed) != 32 for seed in asdict(seeds).values()):
            raise ValueError("a seed has 32 bytes")
        return seeds

    def encoded(self) -> dict[str, str]:
        """The seeds in base64, by usage."""
        return {usage: encode(seed) for usage, seed in asdict(self).items()}

    def key(self, usage: str) -> Ed25519PrivateKey:
        """The key that signs."""
        return Ed25519PrivateKey.from_private_bytes(getattr(self, usage))

    def public(self) -> dict[str, str]:
        """The public halves, by usage."""
        return {usage: public_key(self.key(usage)) for usage in USAGES}


@dataclass(frozen=True, slots=True)
class Published:
    """What the server says of us: the identity's public keys by usage, as far as there are any, and our device."""

    keys: Mapping[str, str]
    device: Wire

    def fits(self, seeds: Seeds) -> bool:
        """Whether no key on the server is another one than ours."""
        return self.keys.items() <= seeds.public().items()

    @property
    def is_complete(self) -> bool:
        """Whether the server has all three keys."""
        return len(self.keys) == len(USAGES)


def load(folder: Path, name: str = FILE) -> Seeds | None:
    """The seeds kept in the account's folder. Raises `SettingsError` for a broken file."""
    content = read_fields(folder / name)
    try:
        return None if content is None else Seeds.decoded(content)
    except ValueError:
        raise broken(folder / name) from None


def save(folder: Path, seeds: Seeds, name: str = FILE) -> None:
    """Keep the seeds, readable for nobody else."""
    write_fields(folder / name, seeds.encoded())


async def sign_own_device(client: Client, folder: Path, password: str | None) -> OwnIdentity:
    """Have the account's identity vouch for our device, and make the identity if there is none.

    To be called at each start, after the device's keys were uploaded; does only what is still to be done. Raises
    `ForeignIdentityError`, `DeviceKeysError`, another `SettingsError` when the server wants proof that we do not have,
    and `ServerError` or a connection error when it may work later.
    """
    published = await _ask(client)
    _check_device(client, folder, published.device)
    seeds = _seeds_of(client, folder, published)
    if not published.is_complete:
        await _upload(client, seeds, password)
        log.info("matrix.identity_created", user_id=client.user_id)
    if not is_signed(published.device, client.user_id, seeds.public()["self_signing"]):
        await _sign_device(client, published.device, seeds)
        log.info("matrix.device_signed", user_id=client.user_id, device_id=client.device_id)
    return OwnIdentity(Standing.SIGNED, seeds.public()["master"])


async def replace_identity(client: Client, folder: Path, password: str | None) -> OwnIdentity:
    """Give the account a new identity in place of whatever it has, and sign our device. Raises like the above."""
    published = await _ask(client)
    _check_device(client, folder, published.device)
    seeds = _next_seeds(folder, published)
    save(folder, seeds, NEXT_FILE)
    await _upload(client, seeds, password)
    _adopt(folder, seeds)
    log.warning("matrix.identity_replaced", user_id=client.user_id)
    return await sign_own_device(client, folder, password)


async def take_over(client: Client, folder: Path, seeds: Seeds) -> None:
    """Keep the seeds of the identity that the account has. Raises `SettingsError` when they are of another one."""
    published = await _ask(client)
    if not published.is_complete or not published.fits(seeds):
        raise SettingsError(
            f"Die Schlüssel aus der Wiederherstellung gehören nicht zur jetzigen Identität von {client.user_id}: Sie "
            "wurde danach ersetzt. Den neuesten Wiederherstellungsschlüssel nehmen, oder die Identität ersetzen: "
            "lotsenfunk matrix login --replace-identity."
        )
    _adopt(folder, seeds)


async def own_seeds(client: Client, folder: Path) -> Seeds:
    """The seeds of the identity that the account has. Raises `SettingsError` when it has none or they are not here."""
    published = await _ask(client)
    if not published.keys:
        raise SettingsError(f"Das Konto {client.user_id} hat noch keine Identität. Zuerst: lotsenfunk matrix login.")
    return _fitting(client, folder, published)


async def look(client: Client, folder: Path) -> OwnIdentity:
    """How the identity stands; changes nothing and needs no key store. Raises `ServerError` or a connection error."""
    published = await _ask(client)
    return OwnIdentity(
        _standing(client.user_id, folder, published), published.keys.get("master"), bool(published.device)
    )


def _standing(user_id: str, folder: Path, published: Published) -> Standing:
    if not published.keys:
        return Standing.NONE
    if not any(map(published.fits, _kept(folder))):
        return Standing.FOREIGN
    is_vouched_for = is_signed(published.device, user_id, published.keys.get("self_signing", ""))
    return Standing.SIGNED if is_vouched_for else Standing.UNSIGNED


async def _ask(client: Client) -> Published:
    user_id = client.user_id
    answer = await client.call("POST", "/keys/query", {"device_keys": {user_id: []}})
    keys = {usage: _only(part(answer, f"{usage}_keys", user_id, "keys")) for usage in USAGES}
    device = part(answer, "device_keys", user_id, client.device_id)
    return Published({usage: key for usage, key in keys.items() if key}, device)


def _only(keys: Wire) -> str:
    return next((key for key in keys.values() if isinstance(key, str)), "")


def _check_device(client: Client, folder: Path, device: Wire) -> None:
    if not _is_ours(client, device):
        raise DeviceKeysError(client.device_id)
    note_keys(folder, client.device_id)


def _is_ours(client: Client, device: Wire) -> bool:
    ours = {f"{kind}:{client.device_id}": key for kind, key in client.olm.account.identity_keys.items()}
    bare = {name: value for name, value in device.items() if name not in ("signatures", "unsigned")}
    signature = text(part(device, "signatures", client.user_id), f"ed25519:{client.device_id}")
    # Ed25519 has one signature for one text: signing again shows whether every field is as we uploaded it.
    return part(device, "keys") == ours and signature == client.olm.sign_json(bare)


def _seeds_of(client: Client, folder: Path, published: Published) -> Seeds:
    """The seeds of the identity on the server; new ones, kept before anything else happens, if it has none."""
    is_new = not published.keys and not _kept(folder)
    seeds = Seeds.new() if is_new else _fitting(client, folder, published)
    if seeds != load(folder):
        _adopt(folder, seeds)
    return seeds


def _fitting(client: Client, folder: Path, published: Published) -> Seeds:
    for seeds in _kept(folder):
        if published.fits(seeds):
            return seeds
    raise ForeignIdentityError(client.user_id)


def _next_seeds(folder: Path, published: Published) -> Seeds:
    """The seeds to replace with: those of an attempt whose outcome is unknown, since they may still arrive, or new."""
    tried = load(folder, NEXT_FILE)
    if tried is not None and published.keys and published.fits(tried):
        _adopt(folder, tried)
        tried = None
    return tried or Seeds.new()


def _kept(folder: Path) -> list[Seeds]:
    return [seeds for name in (FILE, NEXT_FILE) if (seeds := load(folder, name)) is not None]


def _adopt(folder: Path, seeds: Seeds) -> None:
    save(folder, seeds)
    (folder / NEXT_FILE).unlink(missing_ok=True)


async def _upload(client: Client, seeds: Seeds, password: str | None) -> None:
    try:
        await client.call("POST", "/keys/device_signing/upload", _identity(client, seeds), password=password)
    except ServerError as error:
        if error.status != 401:
            raise
        raise SettingsError(_missing_proof(client.user_id, error.code, password)) from None


def _identity(client: Client, seeds: Seeds) -> dict[str, Any]:
    user_id, master = client.user_id, seeds.key("master")
    keys = {
        usage: {"user_id": user_id, "usage": [usage], "keys": {f"ed25519:{key}": key}}
        for usage, key in seeds.public().items()
    }
    # Our device vouches for the master key, as in Element: other devices of the account ask for that.
    vouched = client.olm.sign_json(keys["master"])
    return {
        "master_key": keys["master"] | {"signatures": {user_id: {f"ed25519:{client.device_id}": vouched}}},
        "self_signing_key": sign(keys["self_signing"], user_id, master),
        "user_signing_key": sign(keys["user_signing"], user_id, master),
    }


def _missing_proof(user_id: str, code: str | None, password: str | None) -> str:
    start = f"Der Server nimmt die Identität von {user_id} nicht an: "
    if code == "M_FORBIDDEN":
        return start + "Das Passwort ist falsch. Die Einstellung password berichtigen und wiederholen."
    proof = "das Passwort (Einstellung password) oder eine Freigabe" if password is None else "eine Freigabe"
    return start + (
        f"Er verlangt {proof} auf der Kontoseite. Dort das Zurücksetzen der Identität erlauben und gleich danach "
        "wiederholen."
    )


async def _sign_device(client: Client, device: Wire, seeds: Seeds) -> None:
    bare = {name: value for name, value in device.items() if name != "unsigned"}
    signed = sign(bare, client.user_id, seeds.key("self_signing"))
    answer = await client.call("POST", "/keys/signatures/upload", {client.user_id: {client.device_id: signed}})
    failure = part(answer, "failures", client.user_id, client.device_id)
    if failure:
        raise ServerError(400, text(failure, "errcode") or "M_UNKNOWN")
