"""Checks what the bot needs for Teams by the ways that it takes itself; neither secret nor token is ever shown."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import jwt
import requests

from bot.findings import Finding
from bot.platforms.teams.connector import SCOPE, Connector, ConnectorError
from bot.platforms.teams.endpoint import ENDPOINT
from bot.platforms.wire import Wire, text
from bot.settings import TeamsSettings, WebSettings

PATIENCE_S = 10
PATIENCE = aiohttp.ClientTimeout(total=PATIENCE_S)
UNUSUAL_SKEW_S = 60
LARGEST_SKEW_S = 300  # tokens are taken for as long before their time and after it

ONLY_TO_DEVELOP = (
    "unauthenticated = true ist nur zum Entwickeln da: Wer den Port erreicht, kann unter jedem Namen schreiben. Für "
    "den Betrieb die Zeile löschen und app_id, app_password und tenant_id eintragen."
)
REFUSALS = {
    "AADSTS700016": "Der Mandant kennt diese App nicht. app_id und tenant_id prüfen; App und Azure Bot müssen vom Typ "
    "Single Tenant sein",
    "AADSTS7000215": "Der Clientschlüssel stimmt nicht. In app_password gehört sein Wert, nicht seine Kennung",
    "AADSTS7000222": "Der Clientschlüssel ist abgelaufen. In Entra einen neuen anlegen und als app_password eintragen",
    "AADSTS90002": "Diesen Mandanten gibt es nicht. tenant_id prüfen",
}


class _Trouble(Exception):
    """Something is not well; the text says what to mend."""


async def examine(account: TeamsSettings, web: WebSettings) -> AsyncIterator[Finding]:
    """Look at the app's registration, our clock, Microsoft's keys, and the way from Microsoft to us."""
    if account.unauthenticated:
        yield Finding("Teams", False, ONLY_TO_DEVELOP)
        return
    try:
        skew = await _skew(str(account.login_url))
    except _Trouble as trouble:
        yield Finding("Teams Anmeldung", False, str(trouble))
    else:
        yield await _finding("Anmeldung", _token(account))
        yield _clock(skew)
    yield await _finding("Schlüssel", _keys(str(account.openid_url)))
    yield await _finding("Dienst", _service(web))
    yield await _finding("Adresse", _address(web))


async def _finding(part: str, check: Awaitable[str]) -> Finding:
    try:
        return Finding(f"Teams {part}", True, await check)
    except _Trouble as trouble:
        return Finding(f"Teams {part}", False, str(trouble))


# the registration


async def _token(account: TeamsSettings) -> str:
    connector = Connector(account)
    try:
        claims = _claims(await connector.fetch_token())
    except ConnectorError as error:
        raise _Trouble(_refusal(str(error))) from None
    wanted = (("appid", account.app_id, "app_id"), ("tid", account.tenant_id, "tenant_id"), ("aud", SCOPE, "login_url"))
    for claim, value, setting in wanted:
        if claims.get(claim, value) != value:
            raise _Trouble(f"Microsofts Token gilt nicht für diese App ({claim} stimmt nicht). {setting} prüfen.")
    return "Microsoft hat ein Token ausgestellt."


def _refusal(code: str) -> str:
    if code in REFUSALS:
        return f"{REFUSALS[code]} ({code})."
    if code.startswith("AADSTS"):
        number = code.removeprefix("AADSTS")
        meaning = f"https://login.microsoftonline.com/error?code={number}"
        return f"Microsoft stellt kein Token aus ({code}). Was das heißt, steht unter {meaning}"
    return f"Microsoft stellt kein Token aus ({code}). login_url prüfen, sonst später noch einmal versuchen."


def _claims(token: str) -> dict[str, Any]:
    """What a token says, or nothing when only Microsoft can read it."""
    try:
        return jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return {}


# the clock


async def _skew(login_url: str) -> float | None:
    """Seconds that our clock is ahead of Microsoft's, which is asked by requests, as MSAL asks it."""
    try:
        answer = await asyncio.to_thread(_request, "GET", login_url)
    except requests.exceptions.SSLError:
        raise _Trouble(_untrusted(login_url, "REQUESTS_CA_BUNDLE")) from None
    except requests.RequestException as error:
        raise _Trouble(_unreachable(login_url, error)) from None
    try:
        return time.time() - parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        return None


def _clock(skew: float | None) -> Finding:
    part = "Teams Uhr"
    if skew is None:
        return Finding(part, True, "ließ sich nicht vergleichen, Microsoft hat keine Zeit genannt.")
    if abs(skew) <= UNUSUAL_SKEW_S:
        return Finding(part, True, "geht richtig.")
    seen = f"geht {abs(skew):.0f} Sekunden {'vor' if skew > 0 else 'nach'}."
    if abs(skew) <= LARGEST_SKEW_S:
        return Finding(part, True, f"{seen} Hinweis: Bis 300 geht es gut. Den Zeitabgleich (NTP) einschalten.")
    return Finding(part, False, f"{seen} Microsofts Token gelten dann nicht. Den Zeitabgleich (NTP) einschalten.")


# Microsoft's keys


async def _keys(openid_url: str) -> str:
    keys_url = text(await _json(openid_url), "jwks_uri")
    if not keys_url:
        raise _Trouble(f"{openid_url} nennt keine Schlüssel. openid_url prüfen.")
    keys = (await _json(keys_url)).get("keys")
    if not isinstance(keys, list) or not keys:
        raise _Trouble(f"{keys_url} enthält keine Schlüssel. openid_url prüfen.")
    return "Microsofts Schlüssel sind abrufbar."


async def _json(url: str) -> Wire:
    try:
        async with aiohttp.ClientSession(timeout=PATIENCE, trust_env=True) as http, http.get(url) as answer:
            status, body = answer.status, await answer.read()
    except aiohttp.ClientSSLError:
        raise _Trouble(_untrusted(url, "SSL_CERT_FILE")) from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _Trouble(_unreachable(url, error)) from None
    if status >= 500:
        raise _Trouble(f"{_host(url)} hat gerade eine Störung ({status}). Später noch einmal versuchen.")
    found = _parsed(body)
    if status != 200 or not isinstance(found, dict):
        raise _Trouble(f"{url} antwortet nicht wie Microsoft. openid_url prüfen.")
    return found


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


# the way to us


async def _service(web: WebSettings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)
    place = f"[{host}]:{web.port}" if ":" in host else f"{host}:{web.port}"
    try:
        async with (
            aiohttp.ClientSession(timeout=PATIENCE) as http,
            http.post(f"http://{place}{ENDPOINT}", json={}) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        return f"läuft gerade nicht auf {place}. Hinweis: starten mit lotsenfunk serve."
    if status != 401:
        reason = f"Auf {place} antwortet etwas ohne diese Einstellungen ({status})."
        raise _Trouble(f"{reason} Den Dienst neu starten; ist der Port vergeben, web.port ändern.")
    return f"läuft auf {place}."


async def _address(web: WebSettings) -> str:
    if web.public_url is None:
        return "lässt sich ohne web.public_url nicht prüfen. Hinweis: dort die öffentliche Adresse eintragen."
    if web.public_url.scheme != "https":
        raise _Trouble("Microsoft ruft nur https:// auf. web.public_url ändern.")
    url = web.address + ENDPOINT
    try:
        answer = await asyncio.to_thread(_request, "POST", url)
    except requests.exceptions.SSLError:
        reason = f"Dem Zertifikat von {_host(url)} ist nicht zu trauen."
        raise _Trouble(f"{reason} Im Proxy ein öffentlich anerkanntes samt Zwischenzertifikaten eintragen.") from None
    except requests.RequestException as error:
        reason = f"{url} ist von hier aus nicht erreichbar ({type(error).__name__})."
        raise _Trouble(f"{reason} Läuft der Proxy, stimmen DNS und Firewall?") from None
    trouble = _proxy_trouble(answer)
    if trouble:
        raise _Trouble(f"{url} {trouble}")
    return f"{url} führt zum Bot, der ohne Token von Microsoft abweist."


def _proxy_trouble(answer: requests.Response) -> str | None:
    """What is wrong when the bot's own refusal does not come back."""
    status = answer.status_code
    forward = f"Im Proxy POST {ENDPOINT} an den Bot weiterleiten."
    if status == 401 and "WWW-Authenticate" not in answer.headers:
        return None
    if status == 401:
        return f"verlangt eine Anmeldung am Proxy (401). Dort POST {ENDPOINT} davon ausnehmen."
    if status == 404:
        return f"gibt es nicht (404). {forward}"
    if 300 <= status < 400:
        return f"leitet um ({status}). Als web.public_url und Messaging-Endpunkt die endgültige Adresse eintragen."
    if status in (502, 503, 504):
        return f"endet am Proxy ({status}): Er erreicht den Bot nicht. Läuft der Dienst, stimmt der Port im Proxy?"
    return f"antwortet mit {status} statt 401. {forward}"


def _request(method: str, url: str) -> requests.Response:
    return requests.request(method, url, timeout=PATIENCE_S, allow_redirects=False)


def _unreachable(url: str, error: Exception) -> str:
    return f"{_host(url)} ist nicht erreichbar ({type(error).__name__}). Netz, Firewall und HTTPS_PROXY prüfen."


def _untrusted(url: str, variable: str) -> str:
    reason = f"Dem Zertifikat von {_host(url)} traut dieser Rechner nicht."
    return f"{reason} Öffnet ein Proxy die Verbindungen, die Umgebungsvariable {variable} auf sein Zertifikat setzen."


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
