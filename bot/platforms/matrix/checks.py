"""Checks whether a homeserver and its account are ready."""

import aiohttp

from bot.findings import Finding
from bot.settings import MatrixSettings

PATIENCE = aiohttp.ClientTimeout(total=10)


async def examine(account: MatrixSettings) -> Finding:
    """Ask the homeserver of an account for itself, and for the owner of the token if there is one."""
    part, base = f"Matrix {account.user_id}", account.address
    try:
        async with aiohttp.ClientSession(timeout=PATIENCE) as http:
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
