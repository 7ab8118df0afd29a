"""Who may speak to the bot, and with which token the bot itself may speak."""

import asyncio
import time

import aiohttp
import pytest

from bot.platforms.teams import signing_keys
from servers.microsoft import Member, Microsoft, TokenCase, token_cases
from servers.synapse import eventually
from servers.teams_bot import A_TELEWORK, Q_TELEWORK, Logs, TeamsBot, settings, words
from servers.teams_client import VALID, TeamsClient
from storage.models.addresses import ConversationAddress
from storage.models.mailbox import InboxMessage

# What they are is known before there is a double to sign them.
CASES = [case.name for case in token_cases(Microsoft())]
UNPRINTABLE = b"Bearer \xff\xfe.\xff.\xff"
HOUR = 3600.0


class MovedTime:
    """The monotonic clock of the connector, which a test can move on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead = 0.0
        self._real = time.monotonic
        monkeypatch.setattr(signing_keys, "time", self)

    def monotonic(self) -> float:
        return self._real() + self._ahead

    def move(self, seconds: float) -> None:
        self._ahead += seconds


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> MovedTime:
    return MovedTime(monkeypatch)


async def test_there_are_22_ways_to_prove_it_or_fail() -> None:
    assert len(CASES) == len(set(CASES)) == 22


@pytest.mark.parametrize("name", CASES)
async def test_only_what_microsoft_signed_for_us_is_taken(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs, name: str
) -> None:
    case = next(case for case in token_cases(microsoft) if case.name == name)
    answer = await ada.send(ada.message(Q_TELEWORK) | dict(case.changes), authorization=case.header)
    await bot.settled()
    if case.is_accepted:
        assert answer.status == 200
        assert A_TELEWORK in words(ada.messages()[0])
        return
    await nothing_came_of_it(bot, microsoft, logs, case, answer.status)


async def nothing_came_of_it(bot: TeamsBot, microsoft: Microsoft, logs: Logs, case: TokenCase, status: int) -> None:
    assert status == 401
    assert await bot.rows(InboxMessage) == await bot.rows(ConversationAddress) == []
    assert microsoft.calls == []
    assert microsoft.token_calls == 0
    [entry] = logs.entries
    assert (entry["event"], entry["status"]) == ("teams.refused", 401)
    token = (case.header or "").rpartition(" ")[2]
    assert not token or token not in str(entry)
    assert Q_TELEWORK not in str(entry)


@pytest.mark.parametrize("header", [UNPRINTABLE, b"Bearer " + b"e30." * 2 + b"e30", b"Bearer " + b"W" * 7000])
async def test_a_header_of_nonsense_is_refused_like_a_wrong_token(bot: TeamsBot, logs: Logs, header: bytes) -> None:
    assert await status_of(bot, header) == 401
    assert [entry["event"] for entry in logs.entries] == ["teams.refused"]


async def test_a_token_that_nests_without_end_is_refused_like_a_wrong_one(bot: TeamsBot, logs: Logs) -> None:
    nested = "W1tb" * 1600  # "[[[" in Base64
    assert await status_of(bot, f"Bearer {nested}.e30.eA".encode()) == 401
    assert await status_of(bot, f"Bearer e30.{nested}.eA".encode()) == 401
    assert [entry["event"] for entry in logs.entries] == ["teams.refused"] * 2


async def status_of(bot: TeamsBot, authorization: bytes) -> int:
    """The status for a header that an HTTP client would not send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bot.port)
    head = b"POST /api/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    writer.write(head + b"Authorization: " + authorization + b"\r\nContent-Length: 2\r\n\r\n{}")
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status


async def test_a_new_key_is_accepted_after_one_look(bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft) -> None:
    assert (await ada.say("hallo")).status == 200
    microsoft.rotate_key()
    assert [(await ada.say("hallo")).status for _ in range(3)] == [200] * 3
    assert microsoft.jwks_calls == 2


async def test_unknown_keys_are_looked_for_once_in_five_minutes(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, moved: MovedTime
) -> None:
    async def unknown() -> int:
        return (await ada.send(ada.message("hallo"), authorization=f"Bearer {microsoft.token(kid='unknown')}")).status

    assert (await ada.say("hallo")).status == 200
    assert [await unknown() for _ in range(5)] == [401] * 5
    assert microsoft.jwks_calls == 2
    moved.move(signing_keys.AGAIN_S - 1)
    assert await unknown() == 401
    assert microsoft.jwks_calls == 2
    moved.move(2)
    assert [await unknown() for _ in range(2)] == [401] * 2
    assert microsoft.jwks_calls == 3
    assert (await ada.say("hallo")).status == 200


async def test_without_any_keys_teams_is_asked_to_come_again(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs
) -> None:
    microsoft.openid_is_down = True
    message = ada.message(Q_TELEWORK)
    assert (await ada.send(message)).status == 503
    assert await bot.rows(InboxMessage) == []
    assert [entry["event"] for entry in logs.entries] == ["teams.keys_unreachable", "teams.refused"]
    microsoft.openid_is_down = False
    assert (await ada.send(message)).status == 200
    await bot.settled()
    assert len(ada.messages()) == 1


async def test_known_keys_serve_for_a_day_while_none_can_be_fetched(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, moved: MovedTime
) -> None:
    assert (await ada.say("hallo")).status == 200
    microsoft.openid_is_down = True
    moved.move(23 * HOUR)
    assert (await ada.say("hallo")).status == 200
    moved.move(2 * HOUR)
    assert (await ada.say("hallo")).status == 503
    microsoft.openid_is_down = False
    assert (await ada.say("hallo")).status == 200


async def test_old_keys_are_not_looked_after_with_every_message(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, moved: MovedTime, logs: Logs
) -> None:
    await ada.say("hallo")
    microsoft.openid_is_down = True
    moved.move(13 * HOUR)
    assert [(await ada.say("hallo")).status for _ in range(3)] == [200] * 3
    assert len(logs.named("teams.keys_unreachable")) == 1
    moved.move(signing_keys.AGAIN_S + 1)
    microsoft.openid_is_down = False
    await ada.say("hallo")
    assert microsoft.jwks_calls == 2


async def test_keys_are_fetched_anew_twice_a_day(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, moved: MovedTime
) -> None:
    for looked in (1, 1, 2):
        await ada.say("hallo")
        assert microsoft.jwks_calls == looked
        moved.move(7 * HOUR)


async def test_slow_keys_hold_up_nobody_else(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, http: aiohttp.ClientSession
) -> None:
    microsoft.jwks_delay = 6.0
    message = asyncio.create_task(ada.say("hallo"))
    async with asyncio.timeout(5.0):  # a bot that waits for the keys with all that it has answers later
        await eventually(lambda: microsoft.jwks_calls == 1)
        assert await is_well(bot, http)
    assert not message.done()
    message.cancel()
    await asyncio.gather(message, return_exceptions=True)


async def is_well(bot: TeamsBot, http: aiohttp.ClientSession) -> bool:
    async with http.get(bot.health_url) as health:
        return health.status == 200


async def test_a_message_is_acknowledged_before_the_bot_has_its_own_token(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    microsoft.token_lifetime = 1  # each call needs a new one
    await ada.say("hallo")
    await bot.settled()
    before, microsoft.token_delay = microsoft.token_calls, 1.0
    assert (await ada.say(Q_TELEWORK)).status == 200
    assert len(ada.messages()) == 1  # the answer still waits for its token
    await bot.settled()
    assert microsoft.token_calls > before
    assert A_TELEWORK in words(ada.messages()[1])


async def test_slow_token_of_the_bot_holds_up_nobody_else(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, http: aiohttp.ClientSession
) -> None:
    microsoft.token_delay = 2.0
    message = asyncio.create_task(ada.say("hallo"))
    async with asyncio.timeout(1.7):
        await eventually(lambda: microsoft.token_calls == 1)
        assert await is_well(bot, http)
    assert not message.done()  # who they are is asked with that token
    assert (await message).status == 200


async def test_without_authentication_whoever_reaches_the_port_is_heard(
    bot: TeamsBot, microsoft: Microsoft, http: aiohttp.ClientSession
) -> None:
    microsoft.checks_tokens = False
    await bot.stop()
    bot.account = settings(microsoft, unauthenticated=True)
    await bot.start()
    eve = TeamsClient(microsoft, http, bot.endpoint, Member("Eve", is_guest=True, tenant="elsewhere"))
    assert (await eve.send(eve.message(Q_TELEWORK), authorization=None)).status == 200
    await bot.settled()
    assert A_TELEWORK in words(eve.messages()[0])
    assert microsoft.token_calls == microsoft.jwks_calls == 0
    assert eve.authorization == VALID


async def test_a_key_that_signs_for_other_channels_too_lets_in_only_teams(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs
) -> None:
    microsoft.endorsements = ["msteams", "webchat", "directline"]
    for channel in ("webchat", "directline", "emulator", ""):
        assert (await ada.send(ada.message("hallo") | {"channelId": channel})).status == 401
    assert await bot.rows(InboxMessage) == []
    assert (await ada.say("hallo")).status == 200
