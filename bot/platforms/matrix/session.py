"""The bot's login, made once and kept in a file: a second login or a logout would cost the device its keys."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog

from bot.errors import SettingsError
from bot.platforms.matrix.errors import ServerError, checked

log = structlog.get_logger(__name__)

DEVICE_NAME = "Lotsenfunk"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to log in: with a password (once), or with a token that the operator made."""

    password: str | None
    access_token: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """A device of the account on the homeserver."""

    user_id: str
    device_id: str
    access_token: str


def directory(data_dir: Path, user_id: str) -> Path:
    """Where an account keeps its secrets; ids may contain slashes."""
    return data_dir / "matrix" / quote(user_id, safe="@:")


async def open_session(client: Any, folder: Path, credentials: Credentials) -> None:
    """Give the client its login: the token of the settings, the one kept in `folder`, or a new one.

    Raises `SettingsError` when the account cannot be opened this way, and `ServerError` or a connection error when
    it may work later.
    """
    session = _load(folder)
    if credentials.access_token is not None:
        session = await _from_token(client, credentials.access_token)
    elif session is None:
        session = await _log_in(client, credentials.password)
        _save(folder, session)
    client.restore_login(**asdict(session))


async def _from_token(client: Any, access_token: str) -> Session:
    client.access_token = access_token
    expected = client.user
    answer = checked(await client.whoami())
    if answer.user_id != expected:
        raise SettingsError(f"Einstellung access_token: gehört zu {answer.user_id}, nicht zu user_id {expected}.")
    return Session(answer.user_id, answer.device_id or "", access_token)


async def _log_in(client: Any, password: str | None) -> Session:
    if password is None:
        raise SettingsError(f"Einstellung password: {client.user} braucht password oder access_token.")
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


def _load(folder: Path) -> Session | None:
    try:
        return Session(**json.loads(_file(folder).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise SettingsError(
            f"{_file(folder)} ist beschädigt. Aus der Sicherung holen, oder löschen und neu anmelden."
        ) from None


def _save(folder: Path, session: Session) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = _file(folder).with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(session), file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(_file(folder))


def _file(folder: Path) -> Path:
    return folder / "session.json"
