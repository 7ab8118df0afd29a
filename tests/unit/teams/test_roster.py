"""Only people of the house are heard, and Teams is asked for each of them once a day."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.addresses import Address
from bot.platforms.teams.activities import Call, read_call
from bot.platforms.teams.connector import ConnectorError
from bot.platforms.teams.refusal import Refusal
from bot.platforms.teams.roster import Roster
from bot.platforms.wire import Wire

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TENANT, OTHER_TENANT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "bbbbbbbb-cccc-dddd-eeee-ffffffffffff"
DAY_S = 24 * 3600
STAFF = {"userRole": "user", "tenantId": TENANT}


class StandIn:
    """A connector that says of everybody the same, or fails; keeps whom it was asked for."""

    def __init__(self, member: Wire) -> None:
        self.member_or_error: Wire | ConnectorError = member
        self.asked: list[tuple[str, str]] = []

    async def member(self, address: Address, conversation_id: str, account: str) -> Wire:
        self.asked.append((conversation_id, account))
        if isinstance(self.member_or_error, ConnectorError):
            raise self.member_or_error
        return self.member_or_error


class House:
    """A roster whose clock can be moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, member: Wire = STAFF, *, lets_guests_in: bool = False) -> None:
        self.connector = StandIn(member)
        self.roster = Roster(self.connector, TENANT, lets_guests_in)  # type: ignore[arg-type]
        self.now_s = 10.0
        monkeypatch.setattr("bot.platforms.teams.roster.time.monotonic", lambda: self.now_s)

    async def refusal(self, call: Call) -> int | None:
        """The status with which somebody is refused; None for whoever is let in."""
        try:
            await self.roster.check(call)
        except Refusal as refusal:
            return refusal.status
        return None


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    return House(monkeypatch)


def call(account: str = "29:ada", person: str = "ada", place: str = "a:chat", team: str = "") -> Call:
    sender = {"id": account, "aadObjectId": person}
    channel = {"team": {"id": team}}
    wire = {"type": "message", "id": "1", "conversation": {"id": place}, "from": sender, "channelData": channel}
    return read_call("teams", wire, NOW)


async def test_member_of_the_house_is_asked_for_once_a_day(house: House) -> None:
    for _ in range(3):
        assert await house.refusal(call()) is None
    house.now_s += DAY_S - 1
    assert await house.refusal(call(place="19:group")) is None
    assert house.connector.asked == [("a:chat", "29:ada")]
    house.now_s += 1
    assert await house.refusal(call()) is None
    assert len(house.connector.asked) == 2


async def test_each_person_is_asked_for(house: House) -> None:
    for account in ("29:ada", "29:ben", "29:ada"):
        assert await house.refusal(call(account)) is None
    assert house.connector.asked == [("a:chat", "29:ada"), ("a:chat", "29:ben")]


async def test_in_a_channel_its_team_is_asked(house: House) -> None:
    await house.refusal(call(place="19:channel;messageid=1", team="19:team"))
    await house.refusal(call("29:ben", place="19:group"))
    assert [place for place, _ in house.connector.asked] == ["19:team", "19:group"]


@pytest.mark.parametrize(
    ("member", "status"),
    [
        (STAFF, None),
        ({"userRole": "USER", "tenantId": TENANT}, None),
        ({"tenantId": TENANT}, None),
        ({"userRole": "user"}, None),
        ({"userRole": "guest", "tenantId": TENANT}, 403),
        ({"userRole": "Guest", "tenantId": TENANT}, 403),
        ({"userRole": "anonymous", "tenantId": TENANT}, 403),
        ({"userRole": "user", "tenantId": OTHER_TENANT}, 403),
        ({"userRole": "guest"}, 403),
    ],
)
async def test_only_people_of_the_house_are_let_in(
    monkeypatch: pytest.MonkeyPatch, member: Wire, status: int | None
) -> None:
    assert await House(monkeypatch, member).refusal(call()) == status


async def test_guest_who_became_a_member_is_let_in_at_once(house: House) -> None:
    house.connector.member_or_error = {"userRole": "guest", "tenantId": TENANT}
    assert await house.refusal(call()) == 403
    house.connector.member_or_error = STAFF
    assert await house.refusal(call()) is None


async def test_member_who_left_is_refused_a_day_later(house: House) -> None:
    assert await house.refusal(call()) is None
    house.connector.member_or_error = ConnectorError("gone", 404)
    house.now_s += DAY_S
    assert await house.refusal(call()) == 403


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConnectorError("unknown", 404), 403),
        (ConnectorError("not here", 403), 403),
        (ConnectorError("secret ran out", 401), 503),
        (ConnectorError("too much", 429), 503),
        (ConnectorError("broken", 500), 503),
        (ConnectorError("unreachable"), 503),
    ],
)
async def test_whom_teams_does_not_know_is_refused_and_when_it_is_away_teams_may_ask_again(
    house: House, error: ConnectorError, status: int
) -> None:
    house.connector.member_or_error = error
    assert await house.refusal(call()) == status
    house.connector.member_or_error = STAFF
    assert await house.refusal(call()) is None


@pytest.mark.parametrize(("account", "person"), [("", "ada"), ("29:ada", ""), ("", "")])
async def test_somebody_without_an_account_in_the_tenant_is_refused_without_asking(
    house: House, account: str, person: str
) -> None:
    assert await house.refusal(call(account, person)) == 403
    assert house.connector.asked == []


async def test_the_roster_is_asked_where_the_person_wrote(house: House) -> None:
    asked: list[Address] = []

    async def member(address: Address, conversation_id: str, account: str) -> Wire:
        asked.append(address)
        return STAFF

    house.connector.member = member  # type: ignore[method-assign]
    here = replace(call(), service_url="https://smba.trafficmanager.net/emea/")
    await house.refusal(here)
    assert asked == [here.address]


@pytest.mark.parametrize(
    ("member", "status"),
    [
        ({"userRole": "guest", "tenantId": TENANT}, None),
        ({"userRole": "Guest", "tenantId": OTHER_TENANT}, None),
        (STAFF, None),
        ({"userRole": "user", "tenantId": OTHER_TENANT}, 403),
        ({"userRole": "anonymous", "tenantId": TENANT}, 403),
    ],
)
async def test_where_guests_are_let_in_strangers_are_not(
    monkeypatch: pytest.MonkeyPatch, member: Wire, status: int | None
) -> None:
    assert await House(monkeypatch, member, lets_guests_in=True).refusal(call()) == status


async def test_nobody_without_an_account_is_let_in_on_what_was_said_before(house: House) -> None:
    assert await house.refusal(call()) is None
    assert await house.refusal(call(person="")) == 403
