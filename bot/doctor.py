"""Checks whether everything is ready to serve, and says in plain words what to mend."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.app import opened
from bot.errors import SettingsError
from bot.settings import MatrixSettings, Settings, load_settings
from knowledge.embedding import load
from storage.errors import StoreUnavailable

PATIENCE = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of one part, in one sentence."""

    part: str
    is_well: bool
    text: str


async def examine(config: Path | None) -> AsyncIterator[Finding]:
    """Look at settings, database, model and homeservers; stops at settings that cannot be read."""
    try:
        settings = load_settings(config)
    except SettingsError as error:
        yield Finding("Einstellungen", False, str(error))
        return
    yield Finding("Einstellungen", True, f"gelesen, Daten liegen in {settings.data_dir}.")
    yield await _database(settings)
    yield await _model(settings)
    if not settings.matrix:
        yield Finding(
            "Matrix", False, "kein Konto eingerichtet. Eine Tabelle [[matrix]] in die Einstellungen schreiben."
        )
    async with aiohttp.ClientSession(timeout=PATIENCE) as http:
        for account in settings.matrix:
            yield await _homeserver(http, account)


async def _database(settings: Settings) -> Finding:
    try:
        async with opened(settings) as database, database.reading() as uow:
            count = await uow.knowledge.count()
    except SettingsError as error:
        return Finding("Datenbank", False, str(error))
    except StoreUnavailable as error:
        return Finding("Datenbank", False, f"antwortet nicht ({error}). Läuft sie, ist Platz frei, stimmt die Adresse?")
    if not count:
        return Finding("Datenbank", True, "bereit, aber noch leer. Füllen mit: lotsenfunk import DATEI")
    return Finding("Datenbank", True, f"bereit, {count} Einträge.")


async def _model(settings: Settings) -> Finding:
    try:
        embedder = await asyncio.to_thread(load, settings.model)
    except Exception as error:  # whatever a model library raises, the operator needs one sentence
        reason = f"Modell „{settings.model}“ lässt sich nicht laden ({type(error).__name__})."
        return Finding("Modell", False, f"{reason} Die Einstellung model auf „bundled“ oder einen Ordner setzen.")
    return Finding("Modell", True, f"{embedder.name} geladen.")


async def _homeserver(http: aiohttp.ClientSession, account: MatrixSettings) -> Finding:
    part, base = f"Matrix {account.user_id}", str(account.homeserver).rstrip("/")
    try:
        reason = await _trouble(http, base, account)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        reason = f"{base} ist nicht erreichbar ({type(error).__name__}). Adresse und Netz prüfen."
    if reason:
        return Finding(part, False, reason)
    if not account.invites_from:
        return Finding(part, True, f"{base} antwortet. Hinweis: invites_from ist leer, niemand kann einladen.")
    return Finding(part, True, f"{base} antwortet.")


async def _trouble(http: aiohttp.ClientSession, base: str, account: MatrixSettings) -> str | None:
    """What is wrong with the homeserver or the token; nothing when all is well."""
    async with http.get(f"{base}/_matrix/client/versions") as answer:
        if answer.status != 200 or "versions" not in await answer.json(content_type=None):
            return f"{base} antwortet nicht wie ein Matrix-Server. homeserver prüfen."
    if not account.secret_token:
        return None
    headers = {"Authorization": f"Bearer {account.secret_token}"}
    async with http.get(f"{base}/_matrix/client/v3/account/whoami", headers=headers) as answer:
        owner = (await answer.json(content_type=None)).get("user_id")
    if answer.status != 200:
        return "das access_token gilt nicht (mehr). Ein neues eintragen."
    if owner != account.user_id:
        return f"das access_token gehört zu {owner}. user_id oder access_token ändern."
    return None
