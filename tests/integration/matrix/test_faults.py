"""Homeservers in trouble: limited, killed, broken, or answering nonsense."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.errors import DeliveryError
from bot.platforms.matrix.timeline import PAGE
from servers.matrix_bot import Bot
from servers.synapse import Account, Person, Synapse, eventually


@pytest.fixture(scope="module")
def limited() -> Iterator[Synapse]:
    with Synapse(limits=True) as server:
        yield server


async def test_rate_limit_of_the_server_is_passed_on(
    limited: Synapse, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    bot = Bot(limited.register("lotse"), tmp_path)
    anna = Person(limited.register("anna"), http)
    async with bot.running() as platform:
        room = await bot.room_with(anna, direct=True)
        await bot.inbox.of(await anna.say(room, "Hallo"))
        messages = [bot.post(room, "Hallo", key=f"k{number}") for number in range(20)]
        with pytest.raises(DeliveryError) as limit:
            await asyncio.gather(*map(platform.send, messages))
    assert not limit.value.is_final
    assert limit.value.retry_after is not None
    assert limit.value.retry_after > 0


async def test_killed_homeserver_comes_back_and_the_bot_with_it(http: aiohttp.ClientSession, tmp_path: Path) -> None:
    with Synapse() as server:
        bot = Bot(server.register("lotse"), tmp_path)
        anna = Person(server.register("anna"), http)
        async with bot.running() as platform:
            room = await bot.room_with(anna, direct=True)
            await bot.inbox.of(await anna.say(room, "eins"))
            server.stop(signal.SIGKILL)
            await eventually(lambda: not platform.is_connected)
            with pytest.raises(DeliveryError) as error:
                await platform.send(bot.post(room, "zu früh"))
            assert not error.value.is_final
            await asyncio.to_thread(server.start)
            await bot.inbox.of(await anna.say(room, "zwei"))
            await platform.send(bot.post(room, "Antwort"))
        assert bot.inbox.texts == ["eins", "zwei"]


@asynccontextmanager
async def homeserver(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """A homeserver that answers as the test wants; gives its address."""
    app = web.Application()
    app.router.add_post("/_matrix/client/v3/keys/{what}", keys)
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def keys(request: web.Request) -> web.Response:
    """A homeserver that takes keys and has none."""
    return web.json_response({"one_time_key_counts": {"signed_curve25519": 50}, "device_keys": {}})


def who() -> web.Response:
    return web.json_response({"user_id": "@lotse:localhost", "device_id": "D"})


async def test_server_in_trouble_is_asked_less_than_twice_a_second(tmp_path: Path) -> None:
    times: list[float] = []

    async def refuse(request: web.Request) -> web.Response:
        times.append(asyncio.get_running_loop().time())
        return web.Response(status=502, text="<html>Bad Gateway</html>")

    async with homeserver(refuse) as url:
        bot = Bot(Account(url, "@lotse:localhost", "pw", "token"), tmp_path)
        for token in (None, "token"):  # the login is asked patiently, and the sync
            times.clear()
            run = asyncio.create_task(bot.platform(token=token).run(bot.inbox))
            await eventually(lambda: len(times) == 3)
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)
            assert times[1] - times[0] > 0.5
            assert times[2] - times[1] > 0.5


async def test_server_that_may_be_back_is_asked_for_an_answer_at_once(tmp_path: Path) -> None:
    timeouts: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/whoami"):
            return who()
        if not request.path.endswith("/sync"):
            return web.json_response({"errcode": "M_FORBIDDEN", "error": ""}, status=403)
        timeouts.append(request.query.get("timeout", "0"))
        if len(timeouts) == 5:
            await asyncio.Event().wait()
        return web.json_response({"next_batch": f"s{len(timeouts)}"}, status=502 if len(timeouts) == 3 else 200)

    async with homeserver(answer) as url:
        bot = Bot(Account(url, "@lotse:localhost", "", "token"), tmp_path)
        platform = bot.platform(token="token")
        run = asyncio.create_task(platform.run(bot.inbox))
        await eventually(lambda: len(timeouts) == 5)
        assert platform.is_connected
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    assert timeouts == ["0", "30000", "30000", "0", "30000"]


async def test_join_that_is_refused_at_first_is_tried_again(tmp_path: Path) -> None:
    joins: list[str] = []
    member = {"type": "m.room.member", "state_key": "@lotse:localhost", "sender": "@anna:localhost"}
    state = {"events": [member | {"content": {"membership": "invite"}}]}

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/whoami"):
            return who()
        if "/join" in request.path:
            joins.append(request.path)
            status = 403 if len(joins) == 1 else 200
            return web.json_response({"errcode": "M_FORBIDDEN", "error": "", "room_id": "!r"}, status=status)
        if "since" in request.query:
            await asyncio.Event().wait()
        return web.json_response({"next_batch": "s1", "rooms": {"invite": {"!r": {"invite_state": state}}}})

    async with homeserver(answer) as url:
        bot = Bot(Account(url, "@lotse:localhost", "", "token"), tmp_path)
        run = asyncio.create_task(bot.platform(token="token").run(bot.inbox))
        await eventually(lambda: len(joins) == 2 and bot.inbox.stored == "s1")
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


@pytest.mark.parametrize(("status", "pages", "found"), [(200, 10, 11), (403, 1, 1)], ids=["endless", "forbidden"])
async def test_gap_that_cannot_be_filled_does_not_stop_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, pages: int, found: int
) -> None:
    monkeypatch.setattr("bot.platforms.matrix.timeline.LONGEST_GAP", 10 * PAGE)
    asked: list[str] = []

    def said(number: int) -> dict[str, object]:
        content = {"msgtype": "m.text", "body": f"Frage {number}"}
        kind = {"type": "m.room.message", "event_id": f"${number}", "sender": "@anna:localhost"}
        return kind | {"origin_server_ts": 1_000 - number, "content": content}

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/whoami"):
            return who()
        if request.path.endswith("/messages"):
            asked.append(request.query["from"])
            page = {"chunk": [said(len(asked))], "start": "", "end": f"p{len(asked)}"}
            return web.json_response(page if status == 200 else {"errcode": "M_FORBIDDEN", "error": ""}, status=status)
        if not request.path.endswith("/sync"):
            return web.json_response({"errcode": "M_FORBIDDEN", "error": ""}, status=403)
        if request.query["since"] == "s1":
            await asyncio.Event().wait()
        room = {
            "timeline": {"events": [said(0)], "limited": True, "prev_batch": "p0"},
            "summary": {"m.joined_member_count": 2, "m.invited_member_count": 0},
        }
        return web.json_response({"next_batch": "s1", "rooms": {"join": {"!r": room}}})

    async with homeserver(answer) as url:
        bot = Bot(Account(url, "@lotse:localhost", "", "token"), tmp_path)
        bot.inbox.stored = "s0"
        run = asyncio.create_task(bot.platform(token="token").run(bot.inbox))
        await eventually(lambda: bot.inbox.stored == "s1")
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    assert asked == [f"p{number}" for number in range(pages)]
    assert bot.inbox.texts == [f"Frage {number}" for number in reversed(range(found))]
