"""What operators do with an account: sign it in, look at it, make its recovery key, take it out of a room.

Only signing in opens the key store; the rest are requests, which can be made while the bot serves.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from aiohttp import ClientError

from bot.errors import SettingsError
from bot.platforms.matrix.account import cross_signing, secret_storage
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.account.cross_signing import DeviceKeysError, ForeignIdentityError, OwnIdentity, Standing
from bot.platforms.matrix.account.key_store import open_client
from bot.platforms.matrix.account.recovery_key import RecoveryKey
from bot.platforms.matrix.account.session import (
    Credentials,
    Session,
    from_token,
    has_keys,
    load_session,
    open_new_session,
    open_session,
)
from bot.platforms.matrix.account.trust import Policy, Trust
from bot.platforms.matrix.errors import ServerError
from bot.platforms.wire import Wire, part, text, texts

NAMED_MEMBERS = 3


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the settings have it; `folder` keeps its secrets."""

    homeserver: str
    user_id: str
    folder: Path
    credentials: Credentials
    store_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Room:
    """A room that the bot is in. The name is what people see; strangers may have chosen it."""

    id: str
    name: str
    members: int
    is_encrypted: bool


@dataclass(frozen=True, slots=True)
class Status:
    """How an account stands, as far as it could be found out; `problems` say what to mend and how."""

    user_id: str
    homeserver: str
    is_reachable: bool = False
    is_token_valid: bool = False
    device_id: str | None = None
    identity: OwnIdentity | None = None
    one_time_keys: int | None = None
    has_recovery_key: bool | None = None
    rooms: tuple[Room, ...] | None = None
    problems: tuple[str, ...] = ()


@asynccontextmanager
async def signed_in(account: Account, *, as_new_device: bool = False) -> AsyncIterator[Client]:
    """The account's client with its key store, logged in and with its keys on the server; logs nobody out.

    Not to be used while the bot serves. Raises `SettingsError`.
    """
    client = open_client(account.homeserver, account.user_id, account.folder, account.store_key)
    async with _closing(client, account):
        await _log_in(client, account, as_new_device)
        await client.upload_keys()
        yield client


async def confirm(client: Client, account: Account, key: RecoveryKey | None, *, replace_identity: bool) -> None:
    """Have the account's identity vouch for the device: its own, the one that the recovery key opens, or a new one.

    Raises `SettingsError`.
    """
    password = account.credentials.password
    if replace_identity:
        await cross_signing.replace_identity(client, account.folder, password)
        return
    if key is not None:
        await cross_signing.take_over(client, account.folder, await secret_storage.read_seeds(client, key))
    await cross_signing.sign_own_device(client, account.folder, password)


async def make_recovery_key(account: Account, *, replace_foreign: bool) -> RecoveryKey:
    """Lay the account's identity down on the server under a new recovery key. Raises `SettingsError`."""
    async with _visiting(account) as client:
        seeds = await cross_signing.own_seeds(client, account.folder)
        return await secret_storage.write_seeds(client, seeds, replace=replace_foreign)


async def leave_room(account: Account, room_id: str) -> None:
    """Take the bot out of a room, or refuse the invitation to it.

    Raises `SettingsError` when it was never there; a room that it left already is none of its rooms, which is fine.
    """
    async with _visiting(account) as client:
        try:
            await client.call("POST", f"/rooms/{quote(room_id, safe='')}/leave", {})
            await client.call("POST", f"/rooms/{quote(room_id, safe='')}/forget", {})
        except ServerError as error:
            if not error.is_final:
                raise
            raise SettingsError(
                f"{account.user_id} ist nicht im Raum {room_id}. Die Räume zeigt: lotsenfunk matrix status."
            ) from None


async def look(account: Account) -> Status:
    """Find out how the account stands; changes nothing and raises nothing that an operator could mend."""
    status = Status(account.user_id, account.homeserver)
    client = _bare(account)
    try:
        async with _closing(client, account):
            await _reach(client)
            status = replace(status, is_reachable=True)
            await _enter(client, account)
            await client.call("GET", "/account/whoami")
            status = replace(status, is_token_valid=True, device_id=client.device_id)
            status = await _look_closely(client, account, status)
    except SettingsError as error:
        return replace(status, problems=(str(error),))
    return replace(status, problems=tuple(_to_mend(account, status)))


async def _log_in(client: Client, account: Account, as_new_device: bool) -> None:
    if not as_new_device:
        await open_session(client, account.folder, account.credentials)
    elif account.credentials.access_token is None:
        await open_new_session(client, account.folder, account.credentials.password)
    else:
        raise SettingsError(
            f"Das Konto {account.user_id} meldet sich mit access_token an, und zu jedem Token gehört ein Gerät. Für "
            "ein neues Gerät ein neues Token eintragen, oder access_token durch password ersetzen."
        )


@asynccontextmanager
async def _visiting(account: Account) -> AsyncIterator[Client]:
    client = _bare(account)
    async with _closing(client, account):
        await _enter(client, account)
        yield client


def _bare(account: Account) -> Client:
    """A client for requests alone: the key store belongs to the bot, which may be running."""
    trust = Trust(Policy.STRICT, account.folder / "identities.json")
    return Client(account.homeserver, account.user_id, trust=trust)


async def _enter(client: Client, account: Account) -> None:
    session = await _session(client, account)
    client.user_id = session.user_id
    client.device_id = session.device_id
    client.access_token = session.access_token


async def _session(client: Client, account: Account) -> Session:
    if account.credentials.access_token is not None:
        return await from_token(client, account.credentials.access_token)
    session = load_session(account.folder)
    if session is None:
        raise SettingsError(f"Das Konto {account.user_id} ist noch nicht angemeldet. Zuerst: lotsenfunk matrix login.")
    return session


@asynccontextmanager
async def _closing(client: Client, account: Account) -> AsyncIterator[None]:
    with _explained(account):
        try:
            yield
        finally:
            await client.close()  # the connection only: a logout would delete the device and its keys


@contextmanager
def _explained(account: Account) -> Iterator[None]:
    try:
        yield
    except (ClientError, TimeoutError) as error:
        reason = f"{account.homeserver} ist nicht erreichbar ({type(error).__name__})."
        raise SettingsError(f"{reason} Adresse (Einstellung homeserver) und Netz prüfen.") from None
    except ServerError as error:
        raise SettingsError(f"{account.homeserver} hat es abgelehnt ({error}). Später noch einmal versuchen.") from None
    except OSError as error:
        raise SettingsError(f"{error.filename} lässt sich nicht öffnen ({error.strerror}). Rechte prüfen.") from None


async def _reach(client: Client) -> None:
    answer = await client.send("GET", "/_matrix/client/versions")
    if answer.status != 200:
        raise ServerError(answer.status)


async def _look_closely(client: Client, account: Account, status: Status) -> Status:
    counts = part(await client.call("POST", "/keys/upload", {}), "one_time_key_counts")
    count = counts.get("signed_curve25519", 0)
    return replace(
        status,
        identity=await cross_signing.look(client, account.folder),
        one_time_keys=count if isinstance(count, int) else None,
        has_recovery_key=await secret_storage.is_set_up(client),
        rooms=await _rooms(client),
    )


async def _rooms(client: Client) -> tuple[Room, ...]:
    joined = texts(await client.call("GET", "/joined_rooms"), "joined_rooms")
    return tuple([await _room(client, room_id) for room_id in sorted(joined)])


async def _room(client: Client, room_id: str) -> Room:
    path = f"/rooms/{quote(room_id, safe='')}"
    members = part(await client.call("GET", f"{path}/joined_members"), "joined")
    name = text(await _state(client, f"{path}/state/m.room.name"), "name")
    is_encrypted = bool(await _state(client, f"{path}/state/m.room.encryption"))
    return Room(room_id, name or _named_after(members, client.user_id), len(members), is_encrypted)


async def _state(client: Client, path: str) -> Wire:
    try:
        return await client.call("GET", path)
    except ServerError as error:
        if error.code != "M_NOT_FOUND":
            raise
        return {}


def _named_after(members: Wire, user_id: str) -> str:
    others = sorted(member for member in members if member != user_id)
    names = [text(part(members, member), "display_name") or member for member in others]
    return ", ".join(names[:NAMED_MEMBERS]) + (" …" if len(names) > NAMED_MEMBERS else "")


def _to_mend(account: Account, status: Status) -> Iterator[str]:
    identity = status.identity
    assert identity is not None
    assert status.device_id is not None
    if identity.standing is Standing.FOREIGN:
        yield str(ForeignIdentityError(account.user_id))
    if not identity.has_device_keys and has_keys(account.folder, status.device_id):
        yield str(DeviceKeysError(status.device_id))
    elif identity.standing in (Standing.NONE, Standing.UNSIGNED):
        yield (
            f"Das Gerät {status.device_id} ist nicht bestätigt: In verschlüsselten Räumen bleibt der Bot für manche "
            "stumm. Den Bot neu starten, oder bei beendetem Bot: lotsenfunk matrix login."
        )
    if identity.has_device_keys and status.one_time_keys == 0:
        yield "Die Einmalschlüssel auf dem Server sind verbraucht. Der laufende Bot legt neue nach: Läuft er?"
