"""The bot's login, made once and kept in a file: a second login or a logout would cost the device its keys."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog

from bot.errors import SettingsError
from bot.platforms.matrix.account.key_store import store_file
from bot.platforms.matrix.account.secret_file import broken, read_fields, write_fields
from bot.platforms.matrix.errors import ServerError, checked

log = structlog.get_logger(__name__)

DEVICE_NAME = "Lotsenfunk"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to log in: with a password (once), or with a token that the operator made."""

    password: str | None = field(repr=False)
    access_token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A device of the account on the homeserver."""

    user_id: str
    device_id: str
    access_token: str = field(repr=False)


class LostKeysError(SettingsError):
    """The key store of a device is gone, and without a password there is no way to a new device."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            f"Der Schlüsselspeicher von {session.user_id} (Gerät {session.device_id}) ist verloren. Den Ordner aus der "
            "Sicherung holen, oder als neues Gerät anmelden: mit password durch „lotsenfunk matrix login "
            "--new-device“, sonst mit einem neuen access_token."
        )


def directory(data_dir: Path, user_id: str) -> Path:
    """Where an account keeps its secrets; ids may contain slashes."""
    return data_dir / "matrix" / quote(user_id, safe="@:")


async def open_session(client: Any, folder: Path, credentials: Credentials) -> None:
    """Give the client its login: the token of the settings, the one kept in `folder`, or a new one.

    A device whose key store is lost is given up for a new one. Raises `SettingsError` when the account cannot be
    opened this way, and `ServerError` or a connection error when it may work later.
    """
    if credentials.access_token is not None:
        session = await from_token(client, credentials.access_token)
        if _is_lost(client, folder, session):
            raise LostKeysError(session)
    else:
        session = await _kept(client, folder, credentials.password)
    client.restore_login(**asdict(session))


async def open_new_session(client: Any, folder: Path, password: str | None) -> None:
    """Log in as a new device, whatever was kept before; the old device stays on the server. Raises like the above."""
    session = await _log_in(client, password)
    _save(folder, session)
    log.info("matrix.new_device", user_id=session.user_id, device_id=session.device_id)
    client.restore_login(**asdict(session))


async def from_token(client: Any, access_token: str) -> Session:
    """The device that a token belongs to. Raises like `open_session`."""
    client.access_token = access_token
    expected = client.user
    answer = checked(await client.whoami())
    if answer.user_id != expected:
        raise SettingsError(f"Einstellung access_token: gehört zu {answer.user_id}, nicht zu user_id {expected}.")
    if not answer.device_id:
        raise SettingsError("Einstellung access_token: gehört zu keinem Gerät. Ein Token aus einer Anmeldung nehmen.")
    return Session(answer.user_id, answer.device_id, access_token)


def load_session(folder: Path) -> Session | None:
    """The login kept in `folder`. Raises `SettingsError` for a broken file."""
    content = read_fields(_session_file(folder))
    try:
        return None if content is None else Session(**content)
    except TypeError:
        raise broken(_session_file(folder)) from None


def note_keys(folder: Path, device_id: str) -> None:
    """Note that the server has the keys of this device: without its key store it is lost from now on."""
    if not has_keys(folder, device_id):
        write_fields(_device_file(folder), {"device_id": device_id})


def has_keys(folder: Path, device_id: str) -> bool:
    """Whether the server was seen to have the keys of this device."""
    return (read_fields(_device_file(folder)) or {}).get("device_id") == device_id


async def _kept(client: Any, folder: Path, password: str | None) -> Session:
    session = load_session(folder)
    if session is not None and not _is_lost(client, folder, session):
        return session
    if session is not None:
        if password is None:
            raise LostKeysError(session)
        log.warning("matrix.new_device", user_id=session.user_id, lost=session.device_id)
    new = await _log_in(client, password)
    _save(folder, new)
    return new


async def _log_in(client: Any, password: str | None) -> Session:
    if password is None:
        raise SettingsError(
            f"Einstellung password: {client.user} ist nicht angemeldet. password oder access_token eintragen, oder "
            "einmal von Hand: lotsenfunk matrix login."
        )
    try:
        answer = checked(await client.login(password, device_name=DEVICE_NAME))
    except ServerError as error:
        if not error.is_final:
            raise
        raise SettingsError(
            f"Einstellung password: Der Server lehnt die Anmeldung von {client.user} ab ({error})."
        ) from None
    log.info("matrix.logged_in", user_id=answer.user_id, device_id=answer.device_id)
    return Session(answer.user_id, answer.device_id, answer.access_token)


def _is_lost(client: Any, folder: Path, session: Session) -> bool:
    # Sessions from before there was encryption have neither a store nor keys on the server: they get both.
    return has_keys(folder, session.device_id) and not store_file(folder).exists()


def _save(folder: Path, session: Session) -> None:
    write_fields(_session_file(folder), asdict(session))


def _session_file(folder: Path) -> Path:
    return folder / "session.json"


def _device_file(folder: Path) -> Path:
    return folder / "device.json"
