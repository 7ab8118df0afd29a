"""`lotsenfunk doctor` says of each fault in registration, net and proxy what to mend, and shows no secret."""

import asyncio
import json
import re
import time
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from pydantic import AnyHttpUrl
from typing_extensions import override

from bot.findings import Finding
from bot.platforms.teams.checks import ONLY_TO_DEVELOP, examine
from bot.settings import TeamsSettings, WebSettings
from servers.bot import Finished, lotsenfunk_here, write_settings
from servers.microsoft import APP_ID, SECRET, TENANT, Microsoft, _refusal
from servers.teams_bot import TeamsBot, settings

AUDIENCE = "https://api.botframework.com"
NOWHERE = "https://127.0.0.1:9/adfs"  # the port "discard", where nobody listens
SIGNED_BY_NOBODY = "x" * 32


class MicrosoftAndProxy(Microsoft):
    """Microsoft with the faults that the doctor tells apart, and the house's proxy in front of the bot.

    Both speak TLS under the same authority.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refusal = 0
        self.knows_tenant = True
        self.claims: Mapping[str, str] = {}
        self.date: str | None = None
        self.odd: Any = {}
        self.bot_port = 0
        self.proxy_says: tuple[int, Mapping[str, str]] | None = None

    @property
    def public_url(self) -> AnyHttpUrl:
        return AnyHttpUrl(f"https://127.0.0.1:{self.tls_port}/")

    @property
    def odd_url(self) -> AnyHttpUrl:
        return AnyHttpUrl(f"http://127.0.0.1:{self.port}/odd")

    @override
    def _add_login(self, routes: web.UrlDispatcher) -> None:
        super()._add_login(routes)
        routes.add_get("/adfs", self._front)
        routes.add_get("/odd", self._odd)
        routes.add_post("/api/messages", self._proxy)

    async def _front(self, request: web.Request) -> web.Response:
        return web.Response(headers={"Date": self.date} if self.date else None)

    async def _odd(self, request: web.Request) -> web.Response:
        return web.Response(text=self.odd if isinstance(self.odd, str) else json.dumps(self.odd))

    @override
    async def _authority(self, request: web.Request) -> web.Response:
        if not self.knows_tenant:
            return _refusal(400, "invalid_tenant", 90002, f"Tenant '{TENANT}' not found.")
        return await super()._authority(request)

    @override
    async def _token(self, request: web.Request) -> web.Response:
        if self.refusal:
            return _refusal(401, "invalid_client", self.refusal, "No.")
        answer = await super()._token(request)
        if answer.status != 200 or not self.claims:
            return answer
        token = jwt.encode(dict(self.claims), SIGNED_BY_NOBODY)
        self._issued.add(token)
        return web.json_response({"token_type": "Bearer", "expires_in": 3600, "access_token": token})

    async def _proxy(self, request: web.Request) -> web.Response:
        if self.proxy_says:
            status, headers = self.proxy_says
            return web.Response(status=status, headers=headers)
        url = f"http://127.0.0.1:{self.bot_port}/api/messages"
        async with aiohttp.ClientSession() as http, http.post(url, data=await request.read()) as answer:
            return web.Response(status=answer.status)


@pytest.fixture
def microsoft(monkeypatch: pytest.MonkeyPatch) -> Iterator[MicrosoftAndProxy]:
    with MicrosoftAndProxy() as running:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.ca_file))
        yield running


async def examined(account: TeamsSettings, port: int = 9, public_url: AnyHttpUrl | None = None) -> dict[str, Finding]:
    """What is found of each part, called by its last word; on port 9 no bot listens."""
    found = [finding async for finding in examine(account, WebSettings(port=port, public_url=public_url))]
    assert all(finding.part.startswith("Teams") for finding in found)
    assert not any(SECRET in finding.text for finding in found)
    return {finding.part.split()[-1]: finding for finding in found}


def teams_table(microsoft: Microsoft, port: int, public_url: str = "", **changes: Any) -> str:
    """Settings as they stand in the file."""
    usual = {
        "app_id": APP_ID,
        "app_password": SECRET,
        "tenant_id": TENANT,
        "login_url": microsoft.login_url,
        "openid_url": microsoft.openid_url,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in (usual | changes).items()]
    address = [f"public_url = {json.dumps(public_url)}"] if public_url else []
    return "\n".join([f"[web]\nport = {port}", *address, "[teams]", *lines])


async def doctor(folder: Path, tables: str) -> Finished:
    write_settings(folder, tables=tables)
    return await asyncio.to_thread(lotsenfunk_here, "doctor", folder=folder)


# the whole command


async def test_a_good_house_is_found_well(microsoft: MicrosoftAndProxy, bot: TeamsBot, tmp_path: Path) -> None:
    microsoft.bot_port = bot.port
    microsoft.claims = {"aud": AUDIENCE, "appid": APP_ID, "tid": TENANT}
    done = await doctor(tmp_path, teams_table(microsoft, bot.port, str(microsoft.public_url)))
    lines = done.talk.splitlines()

    assert (done.code, done.data) == (0, ""), done.talk
    assert all(line.startswith("gut ") for line in lines)
    assert [line.split()[2].rstrip(":") for line in lines[3:]] == [
        "Anmeldung",
        "Uhr",
        "Schlüssel",
        "Dienst",
        "Adresse",
    ]
    assert_shows_nothing_secret(microsoft, done)


async def test_a_fault_makes_the_command_fail_and_shows_nothing_secret(
    microsoft: MicrosoftAndProxy, tmp_path: Path
) -> None:
    microsoft.claims = {"aud": AUDIENCE, "appid": APP_ID, "tid": "other"}
    refused = await doctor(tmp_path, teams_table(microsoft, 9, app_password="wrong-but-still-secret"))
    elsewhere = await doctor(tmp_path, teams_table(microsoft, 9))

    for done, words in ((refused, "AADSTS7000215"), (elsewhere, "tid stimmt nicht")):
        assert (done.code, done.data) == (1, "")
        [failed] = [line for line in done.talk.splitlines() if not line.startswith("gut ")]
        assert failed.startswith("FEHLER  Teams Anmeldung: ")
        assert words in failed
        assert "wrong-but-still-secret" not in done.talk
        assert_shows_nothing_secret(microsoft, done)


async def test_only_for_developing(tmp_path: Path) -> None:
    done = await doctor(tmp_path, "[teams]\nunauthenticated = true")
    assert done.code == 1
    assert done.talk.splitlines()[3:] == [f"FEHLER  Teams: {ONLY_TO_DEVELOP}"]


async def test_no_chat_at_all(tmp_path: Path) -> None:
    done = await doctor(tmp_path, "")
    assert done.code == 1
    assert "FEHLER  Chat: noch keiner eingerichtet. Eine Tabelle [[matrix]] oder [teams]" in done.talk


@pytest.mark.parametrize(
    ("tables", "is_warned"),
    [
        ("", True),
        ('[community]\n[[community.departments]]\nname = "Umweltamt"\n', False),
    ],
)
async def test_who_names_no_departments_hears_for_what_nobody_is_found(
    tmp_path: Path, tables: str, is_warned: bool
) -> None:
    done = await doctor(tmp_path, tables)
    hint = "Hinweis: Ohne [[community.departments]] findet der Bot niemanden für Workshop-Moderation, Team-Rückblick"
    assert (hint in done.talk.splitlines()[0]) is is_warned


def assert_shows_nothing_secret(microsoft: Microsoft, done: Finished) -> None:
    assert SECRET not in done.talk
    assert "Bearer" not in done.talk
    assert not any(token in done.talk for token in microsoft._issued)


# the registration


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (700016, "app_id und tenant_id prüfen; App und Azure Bot müssen vom Typ Single Tenant sein (AADSTS700016)."),
        (7000215, "In app_password gehört sein Wert, nicht seine Kennung (AADSTS7000215)."),
        (7000222, "Der Clientschlüssel ist abgelaufen. In Entra einen neuen anlegen"),
        (53003, "(AADSTS53003). Was das heißt, steht unter https://login.microsoftonline.com/error?code=53003"),
    ],
)
async def test_each_refusal_of_microsoft_has_its_sentence(microsoft: MicrosoftAndProxy, code: int, words: str) -> None:
    microsoft.refusal = code
    finding = (await examined(settings(microsoft)))["Anmeldung"]
    assert not finding.is_well
    assert words in finding.text


async def test_a_tenant_that_is_not_there(microsoft: MicrosoftAndProxy) -> None:
    microsoft.knows_tenant = False
    finding = (await examined(settings(microsoft)))["Anmeldung"]
    assert finding.text == "Diesen Mandanten gibt es nicht. tenant_id prüfen (AADSTS90002)."
    assert not finding.is_well


async def test_a_login_that_does_not_work_now(microsoft: MicrosoftAndProxy) -> None:
    microsoft.login_is_down = True
    finding = (await examined(settings(microsoft)))["Anmeldung"]
    assert not finding.is_well
    assert "Microsoft stellt kein Token aus (" in finding.text
    assert "später noch einmal versuchen" in finding.text


async def test_a_login_that_never_answers(microsoft: MicrosoftAndProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.platforms.teams.connector.PATIENCE_S", 0.2)
    microsoft.token_delay = 5.0
    finding = (await examined(settings(microsoft)))["Anmeldung"]
    assert not finding.is_well
    assert "Microsoft stellt kein Token aus (ReadTimeout)" in finding.text


@pytest.mark.parametrize(
    ("claim", "setting"), [("aud", "login_url prüfen"), ("appid", "app_id prüfen"), ("tid", "tenant_id prüfen")]
)
async def test_a_token_for_something_else(microsoft: MicrosoftAndProxy, claim: str, setting: str) -> None:
    microsoft.claims = {"aud": AUDIENCE, "appid": APP_ID, "tid": TENANT} | {claim: "other"}
    finding = (await examined(settings(microsoft)))["Anmeldung"]
    assert not finding.is_well
    assert f"({claim} stimmt nicht). {setting}." in finding.text


async def test_a_login_out_of_reach_is_named_and_the_rest_is_examined(microsoft: MicrosoftAndProxy) -> None:
    found = await examined(settings(microsoft, login_url=AnyHttpUrl(NOWHERE)))
    assert not found["Anmeldung"].is_well
    assert "127.0.0.1:9 ist nicht erreichbar (ConnectionError)" in found["Anmeldung"].text
    assert "Uhr" not in found
    assert found["Schlüssel"].is_well


async def test_a_login_behind_a_proxy_that_opens_connections(
    microsoft: MicrosoftAndProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    finding = (await examined(settings(microsoft)))["Anmeldung"]
    assert not finding.is_well
    assert "traut dieser Rechner nicht" in finding.text
    assert "REQUESTS_CA_BUNDLE" in finding.text


# the clock


@pytest.mark.parametrize(
    ("theirs", "is_well", "words"),
    [
        (30, True, "geht richtig."),
        (-90, True, r"geht (89|90|91) Sekunden vor\. Hinweis: .*NTP"),
        (90, True, r"geht (89|90|91) Sekunden nach\. Hinweis: .*NTP"),
        (-400, False, r"geht (399|400|401) Sekunden vor\. Microsofts Token gelten dann nicht\. .*NTP"),
        (400, False, r"geht (399|400|401) Sekunden nach\. Microsofts Token gelten dann nicht\. .*NTP"),
    ],
)
async def test_the_clock_is_compared_with_microsofts(
    microsoft: MicrosoftAndProxy, theirs: int, is_well: bool, words: str
) -> None:
    microsoft.date = formatdate(time.time() + theirs, usegmt=True)
    finding = (await examined(settings(microsoft)))["Uhr"]
    assert finding.is_well is is_well
    assert re.fullmatch(words + ".*", finding.text)


async def test_a_time_that_nobody_can_read_is_no_fault(microsoft: MicrosoftAndProxy) -> None:
    microsoft.date = "gestern"
    finding = (await examined(settings(microsoft)))["Uhr"]
    assert finding.is_well
    assert "ließ sich nicht vergleichen" in finding.text


# Microsoft's keys


async def test_keys_in_trouble(microsoft: MicrosoftAndProxy) -> None:
    async def says(openid_url: AnyHttpUrl) -> str:
        finding = (await examined(settings(microsoft, openid_url=openid_url)))["Schlüssel"]
        assert not finding.is_well
        return finding.text

    odd = microsoft.odd_url
    assert f"{odd} nennt keine Schlüssel" in await says(odd)
    microsoft.odd = {"jwks_uri": str(odd), "keys": []}
    assert f"{odd} enthält keine Schlüssel" in await says(odd)
    microsoft.odd = {"jwks_uri": "http://127.0.0.1:9/keys"}
    assert "127.0.0.1:9 ist nicht erreichbar" in await says(odd)
    for page in ("<html>Bitte anmelden</html>", "[]"):
        microsoft.odd = page
        assert f"{odd} antwortet nicht wie Microsoft. openid_url prüfen." in await says(odd)
    assert "antwortet nicht wie Microsoft" in await says(AnyHttpUrl(f"{microsoft.service_url}nothing"))
    assert "SSL_CERT_FILE" in await says(AnyHttpUrl(f"{microsoft.public_url}odd"))
    microsoft.openid_is_down = True
    assert "hat gerade eine Störung (503)" in await says(AnyHttpUrl(microsoft.openid_url))


# the way to us


async def test_a_service_that_does_not_run_and_one_that_is_another(microsoft: MicrosoftAndProxy) -> None:
    resting = (await examined(settings(microsoft), port=9))["Dienst"]
    assert resting.is_well
    assert resting.text == "läuft gerade nicht auf 127.0.0.1:9. Hinweis: starten mit lotsenfunk serve."
    microsoft.proxy_says = 404, {}
    other = (await examined(settings(microsoft), port=microsoft.port))["Dienst"]
    assert not other.is_well
    assert "antwortet etwas ohne diese Einstellungen (404)" in other.text


async def test_an_address_that_is_not_known_cannot_be_examined(microsoft: MicrosoftAndProxy) -> None:
    finding = (await examined(settings(microsoft)))["Adresse"]
    assert finding.is_well
    assert "lässt sich ohne web.public_url nicht prüfen. Hinweis:" in finding.text


async def test_an_address_that_leads_to_the_bot(microsoft: MicrosoftAndProxy, bot: TeamsBot) -> None:
    microsoft.bot_port = bot.port
    finding = (await examined(settings(microsoft), bot.port, microsoft.public_url))["Adresse"]
    assert finding.is_well
    assert finding.text.startswith(f"{microsoft.public_url}api/messages führt zum Bot")


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, {"WWW-Authenticate": "Basic"}, "verlangt eine Anmeldung am Proxy (401). Dort POST /api/messages davon"),
        (404, {}, "gibt es nicht (404). Im Proxy POST /api/messages an den Bot weiterleiten."),
        (
            301,
            {"Location": "https://www.example.org/"},
            "leitet um (301). Als web.public_url und Messaging-Endpunkt die",
        ),
        (502, {}, "endet am Proxy (502): Er erreicht den Bot nicht. Läuft der Dienst, stimmt der Port im Proxy?"),
        (504, {}, "endet am Proxy (504)"),
        (200, {}, "antwortet mit 200 statt 401. Im Proxy POST /api/messages an den Bot weiterleiten."),
    ],
)
async def test_each_answer_of_a_proxy_has_its_sentence(
    microsoft: MicrosoftAndProxy, status: int, headers: Mapping[str, str], words: str
) -> None:
    microsoft.proxy_says = status, headers
    finding = (await examined(settings(microsoft), public_url=microsoft.public_url))["Adresse"]
    assert not finding.is_well
    assert finding.text.startswith(f"{microsoft.public_url}api/messages {words}")


async def test_an_address_that_nobody_reaches(microsoft: MicrosoftAndProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    async def says(public_url: AnyHttpUrl) -> str:
        finding = (await examined(settings(microsoft), public_url=public_url))["Adresse"]
        assert not finding.is_well
        return finding.text

    assert "Microsoft ruft nur https:// auf" in await says(AnyHttpUrl("http://127.0.0.1:9/"))
    assert "https://127.0.0.1:9/api/messages ist von hier aus nicht erreichbar" in await says(
        AnyHttpUrl("https://127.0.0.1:9/")
    )
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert "Dem Zertifikat von 127.0.0.1:" in await says(microsoft.public_url)
