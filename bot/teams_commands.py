"""The commands `lotsenfunk teams …`, for who brings the bot into Teams."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import SettingsError
from bot.platforms.teams.package import build
from bot.settings import load_settings

cli = typer.Typer(help="Den Bot nach Microsoft Teams bringen.", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option("--config", help="Einstellungsdatei (sonst lotsenfunk.toml).")]


@cli.command()
def package(
    file: Annotated[Path, typer.Argument(help="Wohin das Paket geschrieben wird.")] = Path("lotsenfunk-teams.zip"),
    version: Annotated[
        str, typer.Option("--version", help="Nummer des Pakets, etwa 1.1.1; sonst richtet sie sich nach dem Bot.")
    ] = "",
    config: Config = None,
) -> None:
    """Das App-Paket schreiben, das die Administration in Teams hochlädt."""
    settings = load_settings(config)
    packed = build(settings.teams, settings.web, version or None)
    try:
        _replace(file, packed)
    except OSError as error:
        raise SettingsError(f"{file} lässt sich nicht schreiben: {error.strerror}. Ordner und Rechte prüfen.") from None
    typer.echo(
        f"Das App-Paket liegt in {file.absolute()}. Als Nächstes im Teams Admin Center hochladen: Teams-Apps → Apps "
        "verwalten → Hochladen.",
        err=True,
    )


def _replace(file: Path, content: bytes) -> None:
    """Write a file in one step; what was there stays if anything fails."""
    part = file.with_name(f".{secrets.token_hex(8)}.part")
    try:
        part.write_bytes(content)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
