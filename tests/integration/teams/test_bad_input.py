"""Whatever reaches the endpoint: it has a clear status, leaves a line in the log, and does nothing."""

import copy
import gzip
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from bot.platforms.teams import roster
from bot.platforms.teams.pace import Pace
from bot.settings import TeamsSettings
from servers.microsoft import APP_ID, Fault, Member, Microsoft
from servers.teams_bot import A_TELEWORK, Q_ROOM, Q_TELEWORK, Logs, TeamsBot, settings, words
from servers.teams_client import TEAM_ID, TeamsClient
from storage.models.addresses import ConversationAddress
from storage.models.mailbox import InboxMessage, InboxState, OutboxMessage, OutboxState

Activity = dict[str, Any]
DATA = Path(__file__).parents[2] / "data" / "teams"
EXAMPLES: dict[str, Activity] = {file.stem: json.loads(file.read_text()) for file in sorted(DATA.glob("*.json"))}
DEFAULT_HOSTS = tuple(TeamsSettings.model_fields["service_hosts"].default)
SECRET_WORDS = "Straßenbahnfahrplan"
UNSTORABLE = "\0\ud800\udfff\udbff"


async def post(microsoft: Microsoft, http: aiohttp.ClientSession, bot: TeamsBot, body: bytes, **headers: str) -> int:
    """The status for a body with a valid token."""
    usual = {"Authorization": f"Bearer {microsoft.token()}", "Content-Type": "application/json"}
    async with http.post(bot.endpoint, data=body, headers=usual | headers) as answer:
        return answer.status


@asynccontextmanager
async def refused(bot: TeamsBot, logs: Logs, ben: TeamsClient, *statuses: int) -> AsyncIterator[list[int]]:
    """Requests that have these statuses and no effect, and after which the next honest question is answered."""
    found: list[int] = []
    yield found
    assert found == list(statuses)
    assert [entry["status"] for entry in logs.named("teams.refused")] == found
    assert SECRET_WORDS not in str(logs.entries)
    await bot.settled()
    assert await bot.rows(InboxMessage) == await bot.rows(OutboxMessage) == []
    assert await bot.rows(ConversationAddress) == []
    await still_answers(bot, ben)


async def still_answers(bot: TeamsBot, person: TeamsClient) -> None:
    assert (await person.say(Q_TELEWORK)).status == 200
    await bot.settled()
    assert A_TELEWORK in words(person.messages()[-1])


# what is no activity at all


BODIES = {
    "nothing": b"",
    "broken": b'{"type": "message", "text": "Stra\xc3\x9fenbahnfahrplan',
    "not utf-8": b'{"type": "\xff\xfe"}',
    "list": b"[]",
    "number": b"7",
    "huge number": b'{"type": ' + b"9" * 10_000 + b"}",
    "text": b'"message"',
    "null": b"null",
    "deep": b'{"type":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "two": b"{}{}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_body_that_is_no_activity_is_refused(
    bot: TeamsBot, ben: TeamsClient, microsoft: Microsoft, http: aiohttp.ClientSession, logs: Logs, body: bytes
) -> None:
    async with refused(bot, logs, ben, 400) as statuses:
        statuses.append(await post(microsoft, http, bot, body))


async def test_body_of_another_type_is_refused(
    bot: TeamsBot, ben: TeamsClient, microsoft: Microsoft, http: aiohttp.ClientSession, logs: Logs
) -> None:
    body = json.dumps(ben.message(SECRET_WORDS)).encode()
    async with refused(bot, logs, ben, 415, 415, 415) as statuses:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            statuses.append(await post(microsoft, http, bot, body, **{"Content-Type": kind}))


async def test_body_of_300_kilobytes_is_refused_however_it_is_packed(
    bot: TeamsBot, ben: TeamsClient, microsoft: Microsoft, http: aiohttp.ClientSession, logs: Logs
) -> None:
    body = json.dumps(ben.message(SECRET_WORDS * 16_000)).encode()
    assert len(body) > 300_000
    async with refused(bot, logs, ben, 413, 413) as statuses:
        statuses.append(await post(microsoft, http, bot, body))
        statuses.append(await post(microsoft, http, bot, gzip.compress(body), **{"Content-Encoding": "gzip"}))


async def test_body_that_is_packed_wrongly_is_refused(
    bot: TeamsBot, ben: TeamsClient, microsoft: Microsoft, logs: Logs, caplog: pytest.LogCaptureFixture
) -> None:
    async with refused(bot, logs, ben, 400) as statuses, aiohttp.ClientSession() as http:
        statuses.append(await post(microsoft, http, bot, b"no zip", **{"Content-Encoding": "gzip"}))
    assert {record.getMessage() for record in caplog.records} == {"Unhandled exception"}, "aiohttp's word on the rest"
    caplog.clear()


async def test_other_methods_and_paths_are_not_there(bot: TeamsBot, http: aiohttp.ClientSession) -> None:
    async with http.get(bot.endpoint) as answer:
        assert answer.status == 405
    async with http.post(f"{bot.endpoint}/x") as answer:
        assert answer.status == 404


# activities with something missing or odd


def without(*path: str) -> Callable[[Activity], None]:
    def change(activity: Activity) -> None:
        place: Any = activity
        for name in path[:-1]:
            place = place[name]
        del place[path[-1]]

    return change


def with_(value: object, *path: str) -> Callable[[Activity], None]:
    def change(activity: Activity) -> None:
        place: Any = activity
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (without("type"), 400),
        (with_(7, "type"), 400),
        (without("conversation"), 400),
        (with_([], "conversation"), 400),
        (with_("x" * 1000, "conversation", "id"), 400),
        (with_("19:a#b", "conversation", "id"), 400),
        (with_("19:a\nb", "conversation", "id"), 400),
        (with_("..", "conversation", "id"), 400),
        (with_("..", "from", "id"), 400),
        (without("id"), 400),
        (without("from"), 400),
        (with_({"aadObjectId": "x"}, "from"), 400),
        (without("from", "aadObjectId"), 403),
        (with_(None, "from", "aadObjectId"), 403),
        (without("channelId"), 401),
        (with_("webchat", "channelId"), 401),
        (without("serviceUrl"), 401),
        (with_({"tenant": {"id": "99999999-bbbb-cccc-dddd-eeeeeeeeeeee"}}, "channelData"), 403),
    ],
)
async def test_activity_that_lacks_what_it_needs_is_refused(
    bot: TeamsBot,
    ada: TeamsClient,
    ben: TeamsClient,
    logs: Logs,
    change: Callable[[Activity], None],
    status: int,
) -> None:
    activity = ada.message(SECRET_WORDS)
    change(activity)
    async with refused(bot, logs, ben, status) as statuses:
        statuses.append((await ada.send(activity)).status)


async def test_activity_without_any_tenant_is_refused(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient, logs: Logs
) -> None:
    activity = ada.message(SECRET_WORDS)
    del activity["channelData"], activity["conversation"]["tenantId"]
    async with refused(bot, logs, ben, 403) as statuses:
        statuses.append((await ada.send(activity)).status)


async def test_kinds_that_are_not_for_us_are_taken_and_left_alone(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient, logs: Logs
) -> None:
    for kind in ("typing", "endOfConversation", "event", "trace", "x" * 1000, "a\nb"):
        assert (await ada.send(ada.message(SECRET_WORDS) | {"type": kind})).status == 200
    await bot.settled()
    assert await bot.rows(InboxMessage) == []
    assert len(logs.named("teams.ignored")) == 6
    assert SECRET_WORDS not in str(logs.entries)
    await still_answers(bot, ben)


async def test_invokes_that_are_not_ours_are_not_implemented(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient, logs: Logs
) -> None:
    for name in ("task/fetch", "signin/verifyState", "composeExtension/queryLink", "", "x" * 1000):
        invoke = ada.message(SECRET_WORDS) | {"type": "invoke", "name": name, "value": {}}
        assert (await ada.send(invoke)).status == 501
    await bot.settled()
    assert await bot.rows(InboxMessage) == []
    assert len(logs.named("teams.ignored")) == 5
    await still_answers(bot, ben)


@pytest.mark.parametrize("data", [None, {}, {"offer": "x", "choice": "1"}, {"offer": "a" * 32, "choice": 1}, [1], "x"])
async def test_press_of_a_button_that_is_not_ours_is_refused(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient, logs: Logs, data: object
) -> None:
    press = ada.message("") | {"type": "invoke", "name": "adaptiveCard/action", "value": {"action": {"data": data}}}
    async with refused(bot, logs, ben, 400) as statuses:
        statuses.append((await ada.send(press)).status)


async def test_message_without_a_recipient_changes_no_address(bot: TeamsBot, ada: TeamsClient) -> None:
    await still_answers(bot, ada)
    before = [row.model_dump() for row in await bot.rows(ConversationAddress)]
    activity = ada.message(Q_ROOM)
    del activity["recipient"]
    assert (await ada.send(activity)).status == 200
    await bot.settled()
    assert [row.model_dump() for row in await bot.rows(ConversationAddress)] == before
    assert len(ada.messages()) == 2


ADDRESSED_TO_US = f"28:{APP_ID}"
UNSTORABLE_IN: dict[str, tuple[str, ...]] = {
    "text": ("text",),
    "name": ("from", "name"),
    "id": ("id",),
    "conversation": ("conversation", "id"),
    "account": ("from", "id"),
    "person": ("from", "aadObjectId"),
    "recipient": ("recipient", "id"),
    "tenant": ("channelData", "tenant", "id"),
    "time": ("timestamp",),
    "type": ("type",),
    "channel": ("channelId",),
    "address": ("serviceUrl",),
    "kind": ("conversation", "conversationType"),
    "format": ("textFormat",),
}


@pytest.mark.parametrize("path", UNSTORABLE_IN.values(), ids=UNSTORABLE_IN)
async def test_no_field_can_hold_what_no_database_takes(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient, logs: Logs, path: tuple[str, ...]
) -> None:
    activity = ada.message(Q_ROOM)
    place: Any = activity
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] += UNSTORABLE
    assert (await ada.send(activity)).status in (200, 400, 401, 403)
    await bot.settled()
    assert logs.named("dispatcher.handler_failed") == []
    await still_answers(bot, ben)
    assert "\0" not in str([row.model_dump() for row in await bot.rows(ConversationAddress)])


@pytest.mark.parametrize("kind", ["like" + UNSTORABLE, "d83d_x", "0000_x", "1f44d_thumbsup", "x" * 9000])
async def test_no_reaction_can_hold_what_no_database_takes(bot: TeamsBot, ada: TeamsClient, kind: str) -> None:
    await still_answers(bot, ada)
    [answer] = ada.messages()
    assert (await ada.react(answer.id, kind)).status == 200
    await bot.settled()
    states = {row.state for row in await bot.rows(InboxMessage)}
    assert states == {InboxState.DONE}


async def test_huge_names_are_taken_and_not_kept(bot: TeamsBot, ada: TeamsClient) -> None:
    activity = ada.message(Q_TELEWORK)
    activity["from"]["name"] = activity["conversation"]["name"] = "Ada " * 20_000
    assert (await ada.send(activity)).status == 200
    await bot.settled()
    assert A_TELEWORK in words(ada.messages()[0])
    everything = str([vars(row) for table in (InboxMessage, OutboxMessage) for row in await bot.rows(table)])
    assert "Ada Ada" not in everything


@pytest.mark.parametrize("odd", ["a:1/../x?y=z&w=%2e%2e", "a:1;messageid=2", "a:ä 😀", "a:1%00", "a:'\"<>"])
async def test_odd_signs_in_the_id_of_a_conversation_lead_nowhere_else(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, odd: str
) -> None:
    where = replace(ada.personal, id=odd)
    microsoft.join(odd, ada.member)
    await ada.say("hallo", where=where)
    await bot.settled()
    for call in microsoft.calls:
        assert call.path.startswith("/teams/v3/conversations/")
        assert "/../" not in call.path
        assert "?" not in call.path
    assert len(await bot.rows(OutboxMessage)) == len(await bot.rows(InboxMessage))


# who is asked for, and where the answer would go


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.evil.example/emea/",
        "http://smba.trafficmanager.net/emea/",
        "ftp://smba.trafficmanager.net/",
        "//smba.trafficmanager.net/",
        "smba.trafficmanager.net",
        "https://smba.trafficmanager.net@evil.example/",
        "https://evil.example@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net:443@evil.example/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://evilsmba.trafficmanager.net/",
        "https://evil.example\\.botframework.com/",
        "https://evil.example/?x=.botframework.com",
        "https://evil.example#.botframework.com",
        "https://evil.example%2f.botframework.com/",
        "https://botframework.com/",
        "https://smba.trafficmanager.net:99999/",
        "https://smba.traffıcmanager.net/",
        "https://smba.trafficmanager。net/",
        "https://xn--smba-trafficmanager.net/",
        "https://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "https://[::1/",
        "http://127.0.0.2/",
        "http://2130706433/",
        "http://localhost/",
        "https:///emea/",
    ],
)
async def test_answers_never_go_to_a_service_that_is_not_trusted(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient, microsoft: Microsoft, logs: Logs, url: str
) -> None:
    bot.account = settings(microsoft, service_hosts=("127.0.0.1", *DEFAULT_HOSTS))
    await bot.restart()
    forged = ada.message(SECRET_WORDS) | {"serviceUrl": url}
    async with refused(bot, logs, ben, 401, 403) as statuses:
        statuses.append((await ada.send(forged)).status)
        agreed = f"Bearer {microsoft.token(serviceurl=url)}"
        statuses.append((await ada.send(forged, authorization=agreed)).status)
        assert microsoft.calls == []


async def test_people_from_elsewhere_are_refused(
    bot: TeamsBot, ben: TeamsClient, microsoft: Microsoft, http: aiohttp.ClientSession, logs: Logs
) -> None:
    def person(name: str, **is_: Any) -> TeamsClient:
        return TeamsClient(microsoft, http, bot.endpoint, Member(name, **is_))

    guest, stranger, gone = person("Gast", is_guest=True), person("Fremde", tenant="elsewhere"), person("Weg")
    microsoft.leave(gone.personal.id, gone.member)
    async with refused(bot, logs, ben, 403, 403, 403, 403) as statuses:
        statuses.append((await guest.say(SECRET_WORDS)).status)
        statuses.append((await stranger.say(SECRET_WORDS)).status)
        here = replace(stranger.personal, tenant=ben.personal.tenant)
        statuses.append((await stranger.say(SECRET_WORDS, where=here)).status)
        statuses.append((await gone.say(SECRET_WORDS)).status)
    reasons = [entry["reason"] for entry in logs.named("teams.refused")]
    assert reasons == ["guest", "tenant", "guest", "roster"]


async def test_nothing_that_a_guest_can_do_is_done(
    bot: TeamsBot, ben: TeamsClient, microsoft: Microsoft, http: aiohttp.ClientSession, logs: Logs
) -> None:
    guest = TeamsClient(microsoft, http, bot.endpoint, Member("Gast", is_guest=True))
    said = guest.message(SECRET_WORDS)
    async with refused(bot, logs, ben, *[403] * 9) as statuses:
        for answer in (
            await guest.send(said),
            await guest.edit(said["id"], SECRET_WORDS),
            await guest.delete(said["id"]),
            await guest.install(),
            await guest.query("findAnswer", SECRET_WORDS),
            await guest.fetch_task("askQuestion"),
            await guest.remember(guest.message(SECRET_WORDS)),
            await guest.submit_action("askQuestion", {"question": SECRET_WORDS}),
            await guest.say(SECRET_WORDS, where=guest.channel),
        ):
            statuses.append(answer.status)


async def test_guests_are_heard_where_the_settings_let_them_in(
    bot: TeamsBot, microsoft: Microsoft, http: aiohttp.ClientSession
) -> None:
    bot.account = settings(microsoft, guests=True)
    await bot.restart()
    await still_answers(bot, TeamsClient(microsoft, http, bot.endpoint, Member("Gast", is_guest=True)))


async def test_who_they_are_is_asked_once_a_day_of_the_team_in_a_channel(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = SimpleNamespace(ahead=0.0)
    moved.monotonic = lambda: time.monotonic() + moved.ahead
    monkeypatch.setattr(roster, "time", moved)

    def asked() -> int:
        return len([call for call in microsoft.calls if f"/{quote(TEAM_ID)}/members/" in call.path])

    microsoft.leave(ada.channel.id, ada.member)  # it has no roster of its own
    for ahead, times in [(0, 1), (0, 1), (23 * 3600, 1), (25 * 3600, 2)]:
        moved.ahead = float(ahead)
        assert (await ada.say("hallo", where=ada.channel)).status == 200
        assert asked() == times
    microsoft.leave(TEAM_ID, ada.member)
    moved.ahead = 50 * 3600.0
    assert (await ada.say("hallo", where=ada.channel)).status == 403


async def test_as_long_as_nobody_says_who_they_are_nobody_is_let_in(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs
) -> None:
    microsoft.fail_next = [Fault(503), Fault(cut=True), Fault(429), Fault(200)]
    message = ada.message(Q_TELEWORK)
    assert [(await ada.send(message)).status for _ in range(5)] == [503] * 4 + [200]
    assert [entry["reason"] for entry in logs.named("teams.refused")] == ["roster"] * 4
    await bot.settled()
    assert len(ada.messages()) == 1


# anything


def here(activity: Activity, microsoft: Microsoft) -> Activity:
    """An example with the address of the double."""
    return copy.deepcopy(activity) | {"serviceUrl": microsoft.service_url}


EXPECTED = {"message_guest": 403, "message_other_tenant": 403}
ABROAD = ("extension_fetch_task", "extension_fetch_task_from_message", "extension_submit_action")


@pytest.mark.parametrize("name", EXAMPLES)
async def test_every_example_of_an_activity_has_its_answer(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, name: str
) -> None:
    example = here(EXAMPLES[name], microsoft)
    microsoft.join(example["conversation"]["id"], Member("Gast Muster", is_guest=True))
    assert (await ada.send(example)).status == EXPECTED.get(name, 200)
    await bot.settled()


ODD_TEXTS = [
    "\0", "\ud800", "a\udfffb", "", "x" * 600, "x" * 40_000, "#", "a;messageid=1", "d83d_x", "1f44d_x", "0000_x",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "<![foo[bar", "<at>", "<blockquote itemtype='",
    "http://schema.skype.com/Reply", "findAnswer", "findSupporter", "askQuestion", "rememberMessage",
    "adaptiveCard/action", "add", "merken", "messageReference", "quotedReply", "8:orgid:", "remove",
    "editMessage", "personal", "channel", "1", "a" * 32, "like", f"28:{APP_ID}", "../..", "%00",
]  # fmt: skip
LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(ODD_TEXTS)
)
JSON = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def mutants(draw: st.DrawFn) -> Activity:
    """An activity that Teams could send, changed in some places."""
    found = copy.deepcopy(EXAMPLES[draw(st.sampled_from(sorted(EXAMPLES)))])
    for _ in range(draw(st.integers(1, 4))):
        mutate(draw, found)
    return found


def mutate(draw: st.DrawFn, place: Any) -> None:
    while True:
        names = [name for name in place if name != "serviceUrl"] if isinstance(place, dict) else range(len(place))
        if not names:
            return
        name = draw(st.sampled_from(list(names)))
        if isinstance(place[name], dict | list) and draw(st.integers(0, 3)):
            place = place[name]
            continue
        how = draw(st.sampled_from(["replace", "replace", "drop", "repeat", "wrap"]))
        if how == "drop":
            del place[name]
        elif how == "wrap":
            place[name] = [place[name]]
        elif how == "repeat" and isinstance(place, list):
            place.append(place[name])
        else:
            place[name] = draw(JSON)
        return


@pytest.fixture
def tireless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a pace, and without patience."""
    monkeypatch.setattr(Pace, "wait_s", lambda _self, _conversation: 0.0)


@pytest.mark.usefixtures("tireless")
@tried(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(mutant=mutants())
async def test_no_change_of_an_activity_breaks_anything(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs, mutant: Activity
) -> None:
    activity = here(mutant, microsoft)
    if isinstance(activity.get("id"), str) and activity["id"] in [example["id"] for example in EXAMPLES.values()]:
        activity["id"] = microsoft.new_id()  # else most would be ignored as repeated
    assert (await ada.send(activity)).status in (200, 400, 401, 403, 501)
    await bot.settled()
    assert logs.named("dispatcher.handler_failed") == []
    assert {row.state for row in await bot.rows(InboxMessage)} <= {InboxState.DONE}
    assert OutboxState.WAITING not in {row.state for row in await bot.rows(OutboxMessage)}
