"""Who may speak to us and where our words go, as far as that needs no Microsoft."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from structlog.testing import capture_logs

from bot.addresses import Address
from bot.platforms.teams.connector import ISSUER, Connector, ConnectorError
from bot.platforms.teams.refusal import Refusal
from bot.settings import TeamsSettings

APP, TENANT = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
SECRET = "s3cret"
SERVICE = "https://smba.trafficmanager.net/emea/"
ADDRESS = Address("teams", "a:1", SERVICE, TENANT, f"28:{APP}")


def connector(**settings: Any) -> Connector:
    given = {"app_id": APP, "app_password": SECRET, "tenant_id": TENANT} | settings
    return Connector(TeamsSettings.model_validate(given))


def open_connector(**settings: Any) -> Connector:
    return Connector(TeamsSettings.model_validate({"unauthenticated": True} | settings))


async def refusal(connector: Connector, service_url: object, header: str = "") -> int | None:
    """The status with which a request is refused; None when it is taken."""
    try:
        await connector.check({"serviceUrl": service_url, "channelId": "msteams"}, header)
    except Refusal as refusal:
        return refusal.status
    return None


# where answers go

TRUSTED = [
    SERVICE,
    "https://smba.trafficmanager.net",
    "https://smba.trafficmanager.net:443/de/",
    "HTTPS://SMBA.TrafficManager.NET/emea/",
    "https://webchat.botframework.com/",
    "https://emea.ng.teams.microsoft.com/",
]
TRICKS = [
    "https://smba.trafficmanager.net.evil.example/",
    "https://evil.example/smba.trafficmanager.net",
    "https://evil.example?smba.trafficmanager.net",
    "https://evil.example#.botframework.com",
    "https://smba.trafficmanager.net@evil.example/",
    "https://evil.example@smba.trafficmanager.net/",
    "https://:secret@smba.trafficmanager.net/",
    "https://@smba.trafficmanager.net/",
    "https://evil.example\\.botframework.com/",
    "https://evil.example\\@smba.trafficmanager.net/",
    "https://evil.example%2f.botframework.com/",
    "https://evil.example%00.botframework.com/",
    "https://evil.example .botframework.com/",
    "https://evil.example;.botframework.com/",
    "https://evil.example,.botframework.com/",
    "https://smba.traffic\nmanager.net/",
    " https://smba.trafficmanager.net/",
    "https://smba.trafficmanager.net./",
    "https://evilsmba.trafficmanager.net/",
    "https://evilbotframework.com/",
    "https://botframework.com/",
    "https://.botframework.com/",
    "http://smba.trafficmanager.net/",
    "ftp://smba.trafficmanager.net/",
    "//smba.trafficmanager.net/",
    "smba.trafficmanager.net",
    "https:smba.trafficmanager.net",
    "https:///smba.trafficmanager.net",
    "https://smba.trafficmanager.net:99999/",
    "https://smba.trafficmanager.net:x/",
    "https://[smba.trafficmanager.net]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::1/",
    "https://2130706433/",
    "https://127.1/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://169.254.169.254/",
    "https://ѕmba.trafficmanager.net/",
    "https://smba.trafficmanager.net。evil.example/",
    "https://evil.example\u2100.botframework.com/",
    "",
    "*",
    5,
    None,
    ["https://smba.trafficmanager.net/"],
]
LOOPBACK = ["http://127.0.0.1:8080/", "http://localhost/", "https://localhost:3978/x", "http://[::1]:5000/"]


@pytest.fixture
def _signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request has been signed by Microsoft."""

    async def check_token(*args: object) -> None:
        """Finds nothing wrong."""

    monkeypatch.setattr(Connector, "_check_token", check_token)


@pytest.mark.usefixtures("_signed")
@pytest.mark.parametrize("service_url", TRUSTED)
async def test_answers_go_to_microsoft(service_url: str) -> None:
    assert await refusal(connector(), service_url) is None


@pytest.mark.usefixtures("_signed")
@pytest.mark.parametrize("service_url", TRICKS)
async def test_answers_go_nowhere_else_whatever_was_signed(service_url: object) -> None:
    assert await refusal(connector(), service_url) == 403


@pytest.mark.usefixtures("_signed")
@pytest.mark.parametrize("service_url", LOOPBACK)
async def test_answers_stay_on_this_machine_only_where_it_is_named(service_url: str) -> None:
    assert await refusal(connector(), service_url) == 403
    named = connector(service_hosts=["127.0.0.1", "localhost", "::1"])
    assert await refusal(named, service_url) is None
    assert await refusal(connector(service_hosts=["*"]), service_url) == 403


@pytest.mark.usefixtures("_signed")
async def test_only_named_hosts_are_trusted() -> None:
    named = connector(service_hosts=["teams.example.org"])
    assert await refusal(named, "https://teams.example.org/") is None
    assert await refusal(named, SERVICE) == 403


@pytest.mark.parametrize("service_url", LOOPBACK)
async def test_for_development_nobody_needs_a_token(service_url: str) -> None:
    assert await refusal(open_connector(), service_url) is None


@pytest.mark.parametrize("service_url", TRICKS)
async def test_for_development_answers_stay_on_this_machine(service_url: object) -> None:
    assert await refusal(open_connector(), service_url) == 403


# who may speak


def token(headers: dict[str, Any] | None = None, **claims: object) -> str:
    now = datetime.now(UTC)
    content = {"iss": ISSUER, "aud": APP, "serviceurl": SERVICE, "exp": now + timedelta(hours=1)} | claims
    known = {name: value for name, value in content.items() if value is not None}
    return jwt.encode(known, "k" * 32, headers={"kid": "k1"} if headers is None else headers)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer a.b.c",
        "Basic x",
        f"Bearer {token(iss='https://sts.windows.net/x/')}",
        f"Bearer {token(iss=None)}",
        f"Bearer {token(exp=None)}",
        f"Bearer {token(headers={})}",
    ],
)
async def test_whoever_is_not_the_channel_is_refused_before_a_key_is_looked_for(header: str) -> None:
    unreachable = connector(openid_url="http://127.0.0.1:1/")
    with capture_logs() as logs:
        assert await refusal(unreachable, SERVICE, header) == 401
    assert logs == []


async def test_without_keys_nobody_is_let_in_and_teams_may_ask_again() -> None:
    unreachable = connector(openid_url="http://127.0.0.1:1/")
    with capture_logs() as logs:
        assert await refusal(unreachable, SERVICE, f"Bearer {token()}") == 503
    assert [entry["event"] for entry in logs] == ["teams.keys_unreachable"]


# the way to Microsoft's login


@pytest.fixture
def logins(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where tokens were asked for; nobody gets one."""
    asked: list[str] = []

    class Login:
        """MSAL, whose server does not know the secret."""

        def __init__(self, client_id: str, client_credential: str, authority: str, **others: object) -> None:
            asked.append(authority)

        def acquire_token_silent(self, scopes: list[str], account: object) -> None:
            """Has none yet."""

        def acquire_token_for_client(self, scopes: list[str]) -> dict[str, str]:
            return {"error": "invalid_client", "error_description": f"AADSTS7000215: {SECRET} is not it."}

    monkeypatch.setattr("bot.platforms.teams.connector.ConfidentialClientApplication", Login)
    return asked


async def test_token_is_asked_for_in_the_tenant_of_the_house(logins: list[str]) -> None:
    ours = connector()
    with capture_logs() as logs:
        with pytest.raises(ConnectorError):
            await ours.fetch_token()
        with pytest.raises(ConnectorError):
            await ours.send(ADDRESS, "a:1", {"type": "message", "text": "x"})
    assert logins == [f"https://login.microsoftonline.com/{TENANT}"] * 2
    assert SECRET not in str(logs)


async def test_token_is_asked_for_where_the_settings_say(logins: list[str]) -> None:
    login_url = f"http://127.0.0.1:1/{TENANT}"
    with capture_logs(), pytest.raises(ConnectorError):
        await connector(login_url=login_url).fetch_token()
    assert logins == [login_url]


async def test_refused_secret_shows_and_may_be_mended(logins: list[str]) -> None:
    ours = connector()
    assert ours.is_connected
    with capture_logs(), pytest.raises(ConnectorError) as caught:
        await ours.send(ADDRESS, "a:1", {"type": "message", "text": "x"})
    assert not ours.is_connected
    assert not caught.value.is_final
    assert str(caught.value) == "AADSTS7000215"


async def test_for_development_messages_are_sent_without_a_token(logins: list[str]) -> None:
    here = Address("teams", "a:1", "http://127.0.0.1:1/", "", "28:bot")
    ours = open_connector(app_id=APP, tenant_id=TENANT)
    with pytest.raises(ConnectorError) as caught:
        await ours.send(here, "a:1", {"type": "message", "text": "x"})
    assert logins == []
    assert not caught.value.is_final
    assert not ours.is_connected
    await ours.close()


# what came of it


@pytest.mark.parametrize(
    ("status", "is_final"),
    [
        (400, True),
        (403, True),
        (404, True),
        (405, True),
        (409, True),
        (410, True),
        (413, True),
        (415, True),
        (501, True),
        (None, False),
        (401, False),
        (408, False),
        (412, False),
        (425, False),
        (429, False),
        (500, False),
        (502, False),
        (503, False),
        (504, False),
    ],
)
def test_asking_again_is_useless_only_where_the_answer_would_be_the_same(status: int | None, is_final: bool) -> None:
    assert ConnectorError("x", status).is_final is is_final
