"""Checks whether everything is ready to serve, and says in plain words what to mend."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from bot.app import opened
from bot.errors import SettingsError
from bot.findings import Finding
from bot.platforms.matrix import checks as matrix
from bot.platforms.teams import checks as teams
from bot.settings import CommunitySettings, Settings, load_settings
from knowledge.assignment import DepartmentRule
from knowledge.consultation_files import built_in
from knowledge.embedding import load
from storage.errors import StoreUnavailable


async def examine(config: Path | None) -> AsyncIterator[Finding]:
    """Look at settings, database, model and chats; stops at settings that cannot be read."""
    try:
        settings = load_settings(config)
    except SettingsError as error:
        yield Finding("Einstellungen", False, str(error))
        return
    yield Finding("Einstellungen", True, f"gelesen, Daten liegen in {settings.data_dir}.{_hint(settings.community)}")
    for finding in _formats(settings.community):
        yield finding
    yield await _database(settings)
    yield await _model(settings)
    if not settings.matrix and not settings.teams:
        reason = "noch keiner eingerichtet. Eine Tabelle [[matrix]] oder [teams] in die Einstellungen schreiben."
        yield Finding("Chat", False, reason)
    for account in settings.matrix:
        yield await matrix.examine(account)
    if settings.teams:
        async for finding in teams.examine(settings.teams, settings.web):
            yield finding


def _hint(community: CommunitySettings) -> str:
    """What the settings leave impossible."""
    kinds = [kind.label for kind in community.kinds if kind.rule is DepartmentRule.OWN_EXCLUDED]
    if community.departments or not kinds:
        return ""
    return f" Hinweis: Ohne [[community.departments]] findet der Bot niemanden für {', '.join(kinds)}."


def _formats(community: CommunitySettings) -> list[Finding]:
    """The house's own formats of peer consultation, if it has any; faulty ones have ended the start before."""
    known = built_in()
    own = [plan.title for name, plan in community.formats.items() if plan != known.get(name)]
    return [Finding("Beratungsmodelle", True, f"{len(own)} eigene: {', '.join(own)}.")] if own else []


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
