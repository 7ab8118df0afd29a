"""The commands `lotsenfunk matrix …`, for who looks after the bot's Matrix accounts."""

import asyncio
import getpass
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from bot.app import only_one
from bot.errors import SettingsError
from bot.logs import configure_logs
from bot.platforms.matrix.account import operators
from bot.platforms.matrix.account.cross_signing import Standing
from bot.platforms.matrix.account.operators import Account, Status
from bot.platforms.matrix.account.recovery_key import RecoveryKey
from bot.platforms.matrix.account.session import Credentials, directory, load_session
from bot.settings import MatrixSettings, Settings, load_settings

cli = typer.Typer(help="Die Matrix-Konten des Bots einrichten und ansehen.", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option("--config", help="Einstellungsdatei (sonst lotsenfunk.toml).")]
AccountId = Annotated[str, typer.Option("--account", help="Das Konto, wenn es mehrere gibt: @lotsenfunk:example.org")]


@cli.command()
def login(
    account: AccountId = "",
    recovery_key: Annotated[
        bool, typer.Option("--recovery-key", help="Die Identität mit ihrem Wiederherstellungsschlüssel übernehmen.")
    ] = False,
    replace_identity: Annotated[
        bool, typer.Option("--replace-identity", help="Eine neue Identität anlegen: Alle müssen neu bestätigen.")
    ] = False,
    new_device: Annotated[
        bool, typer.Option("--new-device", help="Als neues Gerät anmelden, wenn die Schlüssel verloren sind.")
    ] = False,
    config: Config = None,
) -> None:
    """Das Konto anmelden und sein Gerät bestätigen. Der Bot darf dabei nicht laufen."""
    if recovery_key and replace_identity:
        raise typer.BadParameter("Nur eines von beiden: --recovery-key oder --replace-identity.")
    settings = _prepared(config)
    chosen = _chosen(settings, account)
    with only_one(settings):
        if _needs_password(chosen, replace_identity, new_device):
            chosen = _with_password(chosen)
        key = RecoveryKey.read(_asked("Wiederherstellungsschlüssel: ")) if recovery_key else None
        asyncio.run(_login(chosen, key, replace_identity, new_device))


@cli.command()
def status(
    account: AccountId = "",
    as_json: Annotated[bool, typer.Option("--json", help="Ein JSON-Objekt ausgeben.")] = False,
    config: Config = None,
) -> None:
    """Zeigen, wie es um das Konto steht, auch während der Bot läuft."""
    found = asyncio.run(operators.look(_chosen(_prepared(config), account)))
    typer.echo(_as_json(found) if as_json else "\n".join(_as_lines(found)))
    for problem in found.problems:
        _say(problem)
    if found.problems:
        sys.exit(1)


@cli.command("recovery-key")
def recovery_key_(
    account: AccountId = "",
    replace_: Annotated[
        bool,
        typer.Option("--replace", help="Auch eine Wiederherstellung ersetzen, die jemand anderes eingerichtet hat."),
    ] = False,
    config: Config = None,
) -> None:
    """Einen neuen Wiederherstellungsschlüssel anlegen und ausgeben; ein früherer gilt dann nicht mehr."""
    chosen = _chosen(_prepared(config), account)
    key = asyncio.run(operators.make_recovery_key(chosen, replace_foreign=replace_))
    typer.echo(key.written())
    _say(
        f"Das ist der Wiederherstellungsschlüssel von {chosen.user_id}. Er gehört in den Tresor: Mit ihm und dem "
        "Passwort kann sich die Administration in Element als der Bot anmelden, und nach einem Verlust der Daten "
        "bekommt der Bot damit seine Identität zurück. Er wird nicht noch einmal angezeigt."
    )


@cli.command("leave-room")
def leave_room(
    room: Annotated[str, typer.Argument(help="Die Raum-ID, wie matrix status sie zeigt: !…")],
    account: AccountId = "",
    config: Config = None,
) -> None:
    """Einen Raum verlassen und vergessen, auch während der Bot läuft."""
    chosen = _chosen(_prepared(config), account)
    asyncio.run(operators.leave_room(chosen, room))
    _say(f"{chosen.user_id} ist nicht mehr im Raum {room}.")


def _prepared(config: Path | None) -> Settings:
    settings = load_settings(config)
    configure_logs("error")
    return settings


def _chosen(settings: Settings, user_id: str) -> Account:
    known = [account.user_id for account in settings.matrix]
    if not known:
        raise SettingsError(
            "Es ist kein Matrix-Konto eingerichtet. Eine Tabelle [[matrix]] in die Einstellungen schreiben."
        )
    if not user_id and len(known) > 1:
        raise SettingsError(f"Es gibt mehrere Konten. Eines wählen mit --account: {', '.join(known)}")
    for account in settings.matrix:
        if user_id in ("", account.user_id):
            return _account(settings, account)
    raise SettingsError(f"Das Konto {user_id} ist nicht eingerichtet. Möglich sind: {', '.join(known)}")


def _account(settings: Settings, account: MatrixSettings) -> Account:
    return Account(
        homeserver=account.address,
        user_id=account.user_id,
        folder=directory(settings.data_dir, account.user_id),
        credentials=Credentials(account.secret_password, account.secret_token),
        store_key=account.secret_store_key,
    )


def _needs_password(account: Account, replace_identity: bool, new_device: bool) -> bool:
    credentials = account.credentials
    if credentials.password is not None:
        return False
    has_login = credentials.access_token is not None or load_session(account.folder) is not None
    return replace_identity or not has_login or (new_device and credentials.access_token is None)


def _with_password(account: Account) -> Account:
    typed = _asked(f"Passwort von {account.user_id}: ")
    return replace(account, credentials=replace(account.credentials, password=typed or None))


def _asked(question: str) -> str:
    """What is typed at a terminal, where nobody sees it, or else the next line of standard input."""
    try:
        return getpass.getpass(question) if sys.stdin.isatty() else _line_of_input()
    except EOFError:
        raise SettingsError(f"{question.rstrip(': ')} fehlt: Niemand hat etwas eingegeben. Nichts geändert.") from None


def _line_of_input() -> str:
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")


async def _login(account: Account, key: RecoveryKey | None, replace_identity: bool, new_device: bool) -> None:
    async with operators.signed_in(account, as_new_device=new_device) as client:
        _say(f"{account.user_id} ist angemeldet. Gerät: {client.device_id}")
        await operators.confirm(client, account, key, replace_identity=replace_identity)
    _say("Das Gerät ist bestätigt: Auch strenge Clients lesen, was der Bot schreibt.")
    if replace_identity:
        _say("Die Identität ist neu. Einen neuen Schlüssel für den Tresor gibt: lotsenfunk matrix recovery-key")


def _as_json(found: Status) -> str:
    fields = asdict(found) | {"identity": found.identity and found.identity.standing}
    return json.dumps(fields, ensure_ascii=False)


def _as_lines(found: Status) -> Iterator[str]:
    yield _line("Konto", found.user_id)
    yield _line("Server", f"{found.homeserver}, {'antwortet' if found.is_reachable else 'antwortet nicht'}")
    yield _line("Anmeldung", "gilt" if found.is_token_valid else "fehlt oder gilt nicht")
    if found.identity is not None:
        yield _line("Gerät", f"{found.device_id}, {_CONFIRMED[found.identity.standing]}")
        yield _line("Einmalschlüssel", _count(found.one_time_keys))
        yield _line("Wiederherstellung", _RECOVERY[bool(found.has_recovery_key)])
    for room in found.rooms or ():
        secrecy = "verschlüsselt" if room.is_encrypted else "unverschlüsselt"
        yield _line("Raum", f"{room.id}  {_printable(room.name)}, {room.members} Mitglieder, {secrecy}")


_CONFIRMED = {
    Standing.SIGNED: "bestätigt",
    Standing.UNSIGNED: "nicht bestätigt",
    Standing.FOREIGN: "nicht bestätigt: fremde Identität",
    Standing.NONE: "nicht bestätigt: keine Identität",
}
_RECOVERY = {True: "eingerichtet", False: "nicht eingerichtet. Einrichten mit: lotsenfunk matrix recovery-key"}


def _line(name: str, value: str) -> str:
    return f"{name:<18}{value}"


def _count(number: int | None) -> str:
    return "unbekannt" if number is None else str(number)


def _printable(name: str) -> str:
    # Whoever names a room must not be able to write to the operator's terminal what a terminal obeys.
    return "".join(character if character.isprintable() else " " for character in name) or "ohne Namen"


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
