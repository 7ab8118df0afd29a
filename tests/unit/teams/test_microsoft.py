"""The double of Microsoft behaves as Teams does; otherwise what is tested with it proves nothing."""

import asyncio
import importlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from servers.microsoft import APP_ID, CARD, ISSUER, SECRET, TENANT, Fault, Member, Microsoft, token_cases
from servers.teams_client import MENTION, TEAM_ID, Answer, TeamsClient

ADA = Member("Ada Beispiel")
GUEST = Member("Gerd Gast", is_guest=True)
SCOPES = ["https://api.botframework.com/.default"]
MSAL = importlib.import_module("msal")  # without types
FIXTURES = Path(__file__).parents[2] / "data" / "teams"


class Bot:
    """Calls the Bot Connector with a token, and keeps what people post to it."""

    def __init__(self, microsoft: Microsoft, http: aiohttp.ClientSession, token: str) -> None:
        self.seen: list[dict[str, Any]] = []
        self._microsoft = microsoft
        self._http = http
        self._token = token

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        url = f"{self._microsoft.service_url}v3/conversations{path}"
        async with self._http.request(method, url, json=body, headers=headers) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None

    async def say(self, conversation_id: str, text: str = "", **fields: Any) -> tuple[int, Any]:
        path = f"/{quote(conversation_id, safe='')}/activities"
        return await self.call("POST", path, {"type": "message", "text": text} | fields)

    async def receive(self, request: web.Request) -> web.Response:
        self.seen.append(await request.json())
        return web.json_response({"got": len(self.seen)})


def ask_for_token(microsoft: Microsoft, app_id: str = APP_ID, secret: str = SECRET) -> dict[str, Any]:
    app = MSAL.ConfidentialClientApplication(app_id, client_credential=secret, authority=microsoft.login_url)
    return dict(app.acquire_token_for_client(SCOPES))


@pytest.fixture
def microsoft(monkeypatch: pytest.MonkeyPatch) -> Iterator[Microsoft]:
    with Microsoft() as running:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.ca_file))
        yield running


@pytest.fixture
def bot(microsoft: Microsoft, http: aiohttp.ClientSession) -> Bot:
    return Bot(microsoft, http, ask_for_token(microsoft)["access_token"])


@pytest.fixture
async def ada(microsoft: Microsoft, http: aiohttp.ClientSession, bot: Bot) -> AsyncIterator[TeamsClient]:
    app = web.Application()
    app.router.add_post("/api/messages", bot.receive)
    async with TestServer(app) as server:
        yield TeamsClient(microsoft, http, str(server.make_url("/api/messages")), ADA)


async def test_messages_are_kept_replaced_and_gone(bot: Bot, ada: TeamsClient) -> None:
    status, sent = await bot.say(ada.personal.id, "Moment …")
    path = f"/{ada.personal.id}/activities/{sent['id']}"
    card = {"contentType": CARD, "content": {"type": "AdaptiveCard"}}
    replaced, _ = await bot.call("PUT", path, {"type": "message", "text": "Da.", "attachments": [card]})
    [shown] = ada.messages()
    assert (status, replaced) == (201, 200)
    assert (shown.id, shown.text, shown.card, shown.is_edited) == (sent["id"], "Da.", {"type": "AdaptiveCard"}, True)

    assert [(await bot.call(method, path, {}))[0] for method in ("DELETE", "DELETE", "PUT")] == [200, 404, 404]
    assert ada.messages() == []


async def test_a_channel_has_threads(bot: Bot, ada: TeamsClient) -> None:
    post = await ada.say("Wer kennt das DMS?", where=ada.channel)
    thread = ada.channel.thread(post.id)
    await bot.say(thread.id, "Hier.")
    body = {"isGroup": True, "channelData": {"channel": {"id": ada.channel.id}}}
    status, opened = await bot.call("POST", "", body | {"activity": {"type": "message", "text": "Neu"}})

    assert status == 201
    assert opened["id"] == ada.channel.thread(opened["activityId"]).id
    assert [one.text for one in ada.messages(thread)] == ["Hier."]
    assert [one.text for one in ada.messages(ada.channel)] == ["Hier.", "Neu"]
    assert bot.seen[0]["conversation"]["id"] == thread.id
    assert bot.seen[0]["text"] == f"{MENTION} Wer kennt das DMS?"


async def test_only_its_own_tokens_open_the_connector(microsoft: Microsoft, bot: Bot, ada: TeamsClient) -> None:
    assert (await bot.say(ada.personal.id))[0] == 201
    microsoft.revoke_tokens()
    assert (await bot.say(ada.personal.id))[0] == 401
    microsoft.checks_tokens = False
    assert (await bot.say(ada.personal.id))[0] == 201
    assert [call.status for call in microsoft.calls] == [201, 401, 201]
    assert len({call.port for call in microsoft.calls}) == 1, "the connection is kept"


async def test_the_login_knows_its_app(microsoft: Microsoft) -> None:
    assert "access_token" in ask_for_token(microsoft)
    wrong = ask_for_token(microsoft, secret="wrong")
    assert wrong["error"] == "invalid_client"
    assert "AADSTS7000215" in wrong["error_description"]
    assert "AADSTS700016" in ask_for_token(microsoft, app_id="unknown")["error_description"]
    assert microsoft.token_calls == 3


async def test_faults_befall_the_next_call_of_their_method(microsoft: Microsoft, bot: Bot, ada: TeamsClient) -> None:
    microsoft.fail_next += [
        Fault(503, method="DELETE"),
        Fault(429, headers={"Retry-After": "7"}),
        Fault(504, after=True),
    ]
    assert [(await bot.say(ada.personal.id, text))[0] for text in "abc"] == [429, 504, 201]
    assert [one.text for one in ada.messages()] == ["b", "c"]
    assert (await bot.call("DELETE", f"/{ada.personal.id}/activities/{ada.messages()[0].id}"))[0] == 503
    assert microsoft.fail_next == []


@pytest.mark.parametrize(("after", "kept"), [(False, []), (True, ["?"])])
async def test_connections_are_cut(
    microsoft: Microsoft, bot: Bot, ada: TeamsClient, after: bool, kept: list[str]
) -> None:
    microsoft.fail_next.append(Fault(cut=True, after=after))
    with pytest.raises(aiohttp.ClientError):
        await bot.say(ada.personal.id, "?")
    assert [one.text for one in ada.messages()] == kept
    assert [call.status for call in microsoft.calls] == [None]


async def test_a_held_up_call_takes_effect_without_its_client(microsoft: Microsoft, bot: Bot, ada: TeamsClient) -> None:
    microsoft.fail_next.append(Fault(delay=0.3))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bot.say(ada.personal.id, "spät"), 0.1)
    assert (await ada.wait_for_text("spät")).text == "spät"


async def test_large_messages_are_refused(bot: Bot, ada: TeamsClient) -> None:
    assert (await bot.say(ada.personal.id, "x" * 51_000))[0] == 201
    status, answer = await bot.say(ada.personal.id, "x" * 52_000)
    assert (status, answer["error"]["code"]) == (413, "MessageSizeTooBig")


async def test_rosters_tell_guests_and_strangers(microsoft: Microsoft, bot: Bot, ada: TeamsClient) -> None:
    microsoft.join(ada.channel.id, GUEST)
    _, guest = await bot.call("GET", f"/{ada.channel.id}/members/{GUEST.id}")
    _, page = await bot.call("GET", f"/{ada.channel.id}/pagedmembers?pageSize=1")
    _, rest = await bot.call("GET", f"/{ada.channel.id}/pagedmembers?continuationToken={page['continuationToken']}")
    assert guest["userRole"] == "guest"
    assert [one["name"] for one in page["members"] + rest["members"]] == [ADA.name, GUEST.name]
    assert (await bot.call("GET", f"/{TEAM_ID}/members/{GUEST.id}"))[0] == 404


async def test_personal_chats_are_open_while_the_app_is_installed(bot: Bot, ada: TeamsClient) -> None:
    wanted = {"members": [{"id": ADA.id}], "tenantId": TENANT}
    status, opened = await bot.call("POST", "", wanted)
    assert (status, opened["id"]) == (201, ada.personal.id)
    await ada.uninstall()
    assert [(await bot.say(ada.personal.id))[0], (await bot.call("POST", "", wanted))[0]] == [403, 403]
    await ada.install()
    assert (await bot.say(ada.personal.id))[0] == 201


async def test_a_new_key_replaces_the_published_one(microsoft: Microsoft, http: aiohttp.ClientSession) -> None:
    async def is_good(token: str) -> bool:
        async with http.get(microsoft.openid_url) as found, http.get((await found.json())["jwks_uri"]) as keys:
            published = {key.key_id: key for key in jwt.PyJWKSet.from_dict(await keys.json()).keys}
        key = published.get(jwt.get_unverified_header(token)["kid"])
        claims = key and jwt.decode(token, key, ["RS256"], audience=APP_ID, issuer=ISSUER)
        return bool(claims)

    before = microsoft.token()
    assert await is_good(before)
    microsoft.rotate_key()
    assert [await is_good(before), await is_good(microsoft.token())] == [False, True]
    assert microsoft.jwks_calls == 3
    cases = list(token_cases(microsoft))
    assert (len(cases), len({case.name for case in cases}), sum(case.is_accepted for case in cases)) == (22, 22, 2)


async def test_buttons_are_pressed_as_they_stand_in_the_card(bot: Bot, ada: TeamsClient) -> None:
    data = {"offer": 1}
    execute = {
        "type": "Action.Execute",
        "title": "Ja",
        "verb": "take",
        "data": data,
        "fallback": {"type": "Action.Submit"},
    }
    submit = {"type": "Action.Submit", "title": "Nein", "data": {"offer": 0}}
    content = {"type": "AdaptiveCard", "body": [{"type": "ActionSet", "actions": [execute]}], "actions": [submit]}
    _, sent = await bot.say(ada.personal.id, attachments=[{"contentType": CARD, "content": content}])
    await ada.press(sent["id"], "Ja", {"text": "VPN"})
    await ada.press(sent["id"], 1)

    pressed, submitted = bot.seen
    action = {"type": "Action.Execute", "title": "Ja", "verb": "take", "data": data | {"text": "VPN"}}
    assert pressed["value"] == {"action": action, "trigger": "manual"}
    assert (submitted["type"], submitted["value"], submitted["replyToId"]) == ("message", {"offer": 0}, sent["id"])
    assert "text" not in submitted


async def test_it_comes_back_with_the_same_ports(microsoft: Microsoft, bot: Bot, ada: TeamsClient) -> None:
    await bot.say(ada.personal.id, "vorher")
    microsoft.stop()
    with pytest.raises(aiohttp.ClientError):
        await bot.say(ada.personal.id)
    microsoft.start()
    await bot.say(ada.personal.id, "nachher")
    assert [one.text for one in ada.messages()] == ["vorher", "nachher"]


def shape(value: Any) -> Any:
    """What there is, whatever it says."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value)


async def sent(bot: Bot, ada: TeamsClient) -> dict[str, Answer]:
    data = {"offer": "a", "choice": "1"}
    button = {"type": "Action.Execute", "title": "b", "verb": "c", "data": data}
    card = {"type": "AdaptiveCard", "actions": [button]}
    _, said = await bot.say(ada.personal.id, "Da.", attachments=[{"contentType": CARD, "content": card}])
    message = await ada.say("Wo?")
    post = await ada.say("Wo?", where=ada.channel)
    reply = await ada.reply(post.id, "Wer?")
    return {
        "message_personal": message,
        "message_channel_mention": post,
        "message_channel_reply": reply,
        "message_group_chat_mention": await ada.say("Wo?", where=ada.group_chat),
        "message_edited": await ada.edit(message.id, "Wann?"),
        "message_deleted": await ada.delete(message.id),
        "message_image": await ada.attach("Was?"),
        "quoted_reply": await ada.quote(said["id"], "Wie?"),
        "reaction_added": await ada.react(said["id"]),
        "card_execute": await ada.press(said["id"], 0),
        "card_submit": await ada.submit(said["id"], data),
        "extension_query": await ada.query("findAnswer", "Scanner"),
        "extension_fetch_task_from_message": await ada.fetch_task("askQuestion", post.activity),
        "extension_remember_message": await ada.remember(reply.activity),
        "extension_submit_action": await ada.submit_action("askQuestion", {"question": "Wo?"}),
        "bot_added": await ada.members_added(where=ada.channel),
        "bot_removed": await ada.members_removed(where=ada.channel),
        "installation_added_to_team": await ada.install(where=ada.channel),
    }


async def test_people_send_what_the_recorded_requests_say(bot: Bot, ada: TeamsClient) -> None:
    for name, answer in (await sent(bot, ada)).items():
        recorded = json.loads((FIXTURES / f"{name}.json").read_text())
        assert shape(answer.activity) == shape(recorded), name
        assert answer.status == 200
    stamps = [activity["timestamp"] for activity in bot.seen]
    assert len(set(stamps)) == len(stamps)
