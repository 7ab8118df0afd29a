"""What becomes of answers when Microsoft, the network, the database or the bot itself is in trouble."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot import patience
from bot.mailbox import Mailbox
from bot.messages import Conversation, Order, Outgoing, RoomOrder
from bot.platforms.teams import pace
from bot.platforms.teams.platform import NAME
from servers.microsoft import Fault, Microsoft, Shown
from servers.synapse import eventually
from servers.teams_bot import A_ROOM, A_TELEWORK, Q_ROOM, Q_TELEWORK, Logs, TeamsBot, said, words
from servers.teams_client import TeamsClient
from storage.database import Database
from storage.errors import StoreUnavailable
from storage.models.mailbox import InboxMessage, OutboxMessage, OutboxState
from storage.models.questions import OpenQuestion

pytestmark = pytest.mark.usefixtures("impatient")
SENDING = "/activities"
TRANSIENT = {
    "precondition": Fault(412, path=SENDING),
    "limit": Fault(429, path=SENDING),
    "limit with a wait": Fault(429, headers={"Retry-After": "0.1"}, path=SENDING),
    "limit with a date": Fault(429, headers={"Retry-After": "Sun, 22 Nov 2026 09:00:00 GMT"}, path=SENDING),
    "limit with nonsense": Fault(429, headers={"Retry-After": "nan"}, path=SENDING),
    "mistake": Fault(500, path=SENDING),
    "bad gateway": Fault(502, path=SENDING),
    "unavailable": Fault(503, path=SENDING),
    "gateway timeout": Fault(504, path=SENDING),
    "refused token": Fault(401, path=SENDING),
    "cut": Fault(cut=True, path=SENDING),
}


async def greeted(bot: TeamsBot, person: TeamsClient) -> Shown:
    """Have the bot know somebody, so that a fault that is set then meets the next answer."""
    await person.say("hallo")
    await bot.settled()
    return person.messages()[0]


async def states(bot: TeamsBot) -> list[str]:
    """How the delivery of each message ended."""
    return [row.state for row in await bot.rows(OutboxMessage)]


# once and no more


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
async def test_answer_that_is_refused_for_now_arrives_once(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, fault: Fault
) -> None:
    await greeted(bot, ada)
    microsoft.fail_next = [fault] * 2
    assert (await ada.say(Q_TELEWORK)).status == 200
    await bot.settled()
    assert microsoft.fail_next == []
    [_, answer] = ada.messages()
    assert A_TELEWORK in words(answer)
    assert await states(bot) == [OutboxState.DELIVERED] * 2


async def test_wait_that_microsoft_asks_for_is_kept(bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft) -> None:
    await greeted(bot, ada)
    microsoft.fail_next = [Fault(429, headers={"Retry-After": "0.7"}, path=SENDING)]
    await ada.say(Q_TELEWORK)
    await bot.settled()
    refused, taken = (call.at for call in microsoft.calls[-2:])
    assert taken - refused >= 0.7


@pytest.mark.parametrize("fault", [Fault(cut=True, after=True), Fault(504, after=True)], ids=["cut", "timeout"])
async def test_answer_whose_receipt_is_lost_arrives_at_least_once(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, fault: Fault
) -> None:
    """Nobody can know whether it had arrived, and Teams has no idempotency key: saying it twice beats never."""
    await greeted(bot, ada)
    microsoft.fail_next = [fault]
    await ada.say(Q_TELEWORK)
    await bot.settled()
    answers = ada.messages()[1:]
    assert 1 <= len(answers) <= 2
    assert all(A_TELEWORK in words(answer) for answer in answers)
    assert await states(bot) == [OutboxState.DELIVERED] * 2


async def test_changes_and_deletions_whose_receipt_is_lost_take_effect_once(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    question = await ada.say(Q_TELEWORK)
    await bot.settled()
    microsoft.fail_next = [Fault(504, after=True, method="PUT")]
    await ada.edit(question.id, Q_ROOM)
    await bot.settled()
    [answer] = ada.messages()
    assert A_ROOM in words(answer)
    microsoft.fail_next = [Fault(cut=True, after=True, method="DELETE")]
    await ada.delete(question.id)
    await bot.settled()
    assert ada.messages() == []
    assert await states(bot) == [OutboxState.DELIVERED] * 3


async def test_bot_that_gets_no_token_for_a_while_answers_later(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    # MSAL asks an endpoint in trouble no sooner than after five seconds.
    monkeypatch.setattr("msal.throttled_http_client.RetryAfterParser.parse", lambda *_arguments, **_named: 0)
    microsoft.token_lifetime = 1  # each call needs a new one
    await greeted(bot, ada)
    microsoft.login_is_down = True
    assert (await ada.say(Q_TELEWORK)).status == 200
    await eventually(lambda: len(logs.named("teams.no_token")) > 1)
    assert not bot.teams.is_connected
    microsoft.login_is_down = False
    await bot.settled()
    [_, answer] = ada.messages()
    assert A_TELEWORK in words(answer)
    assert bot.teams.is_connected


async def test_token_that_microsoft_takes_no_longer_is_replaced(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    await greeted(bot, ada)
    microsoft.revoke_tokens()
    await ada.say(Q_TELEWORK)
    await bot.settled()
    assert len(ada.messages()) == 2
    assert microsoft.token_calls == 2


async def test_connector_that_is_away_is_waited_for(bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft) -> None:
    await greeted(bot, ada)
    await asyncio.to_thread(microsoft.stop)
    try:
        await bot.post("later", ada.personal.id, "Nachtrag", is_direct=True)
        await eventually(lambda: not bot.teams.is_connected)
    finally:
        await asyncio.to_thread(microsoft.start)
    await bot.settled()
    assert said(ada.messages())[1:] == ["Nachtrag"]


# never


@pytest.mark.parametrize("status", [400, 403, 404, 413])
async def test_message_that_is_refused_for_good_holds_up_no_other(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs, status: int
) -> None:
    await greeted(bot, ada)
    microsoft.fail_next = [Fault(status, path=SENDING)]
    await ada.say(Q_TELEWORK)
    await ada.say(Q_ROOM)
    await bot.settled()
    assert A_ROOM in words(ada.messages()[1])
    assert await states(bot) == [OutboxState.DELIVERED, OutboxState.UNDELIVERABLE, OutboxState.DELIVERED]
    [entry] = logs.named("mailbox.undeliverable")
    assert entry["reason"].startswith(str(status))
    assert A_TELEWORK not in str(logs.entries)


async def test_room_that_no_bot_can_open_there_is_no_error(bot: TeamsBot, logs: Logs) -> None:
    place = Conversation(NAME, "new:k1")
    await bot.app.mailbox.post([Outgoing("k1", place, "", room=RoomOrder(Order.OPEN, "Beratung 1"))])
    await bot.settled()
    assert await states(bot) == [OutboxState.UNDELIVERABLE]
    [entry] = logs.named("mailbox.undeliverable")
    assert entry["log_level"] == "info"


async def test_change_of_a_message_that_is_gone_holds_up_no_other(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs
) -> None:
    question = await ada.say(Q_TELEWORK)
    await bot.settled()
    microsoft.fail_next = [Fault(404, method="PUT")]
    await ada.edit(question.id, Q_ROOM)
    await ada.say("hallo")
    await bot.settled()
    assert len(logs.named("mailbox.undeliverable")) == 1
    assert len(ada.messages()) == 2


async def test_deletion_of_a_message_that_is_gone_is_done(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs
) -> None:
    question = await ada.say(Q_TELEWORK)
    await bot.settled()
    microsoft.fail_next = [Fault(404, method="DELETE")]
    await ada.delete(question.id)
    await bot.settled()
    assert logs.named("mailbox.undeliverable") == []
    assert await states(bot) == [OutboxState.DELIVERED] * 2


async def test_receipt_without_an_id_does_not_stop_the_bot(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    await greeted(bot, ada)
    microsoft.fail_next = [Fault(status, after=True, path=SENDING) for status in (200, 202)]
    question = await ada.say(Q_TELEWORK)
    await ada.say(Q_ROOM)
    await bot.settled()
    await ada.edit(question.id, Q_ROOM)
    await ada.delete(question.id)
    await ada.say("hallo")
    await bot.settled()
    assert ada.messages()[-1].text == ada.messages()[0].text


# order, connections and rates


async def test_answers_of_a_conversation_keep_their_order_over_faults(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    await greeted(bot, ada)
    microsoft.fail_next = [Fault(status, path=SENDING) for status in (500, 429, 502)]
    for number in range(5):
        await bot.post(f"k{number}", ada.personal.id, f"Nummer {number}", is_direct=True)
    await bot.settled()
    assert said(ada.messages())[1:] == [f"Nummer {number}" for number in range(5)]


async def test_conversation_that_is_refused_holds_up_no_other(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient, microsoft: Microsoft
) -> None:
    for person in (ada, ben):
        await greeted(bot, person)
    microsoft.fail_next = [Fault(503, path=ada.personal.id)] * 5
    await ada.say(Q_TELEWORK)
    await ben.say(Q_ROOM)
    await eventually(lambda: len(ben.messages()) == 2)
    await bot.settled()
    assert len(ada.messages()) == 2


class FastTime:
    """The time of the bot's pace, which runs `times` as fast."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self._times = times
        pause = patience.pause
        monkeypatch.setattr(pace, "time", self)
        monkeypatch.setattr(patience, "pause", lambda failures, retry_after: pause(failures, retry_after) / times)

    def monotonic_ns(self) -> int:
        return time.monotonic_ns() * self._times


async def test_fifty_turns_need_one_token_and_a_handful_of_connections(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, monkeypatch: pytest.MonkeyPatch
) -> None:
    FastTime(monkeypatch, 100)
    await asyncio.gather(*(ada.say("hallo") for _ in range(5)))  # at once, when there is no token yet
    for _ in range(45):
        await ada.say("hallo")
        await bot.settled()
    assert len(ada.messages()) == 50
    assert microsoft.token_calls == 1
    # msrest keeps one for each thread that asyncio has for waiting.
    assert len({call.port for call in microsoft.calls}) <= (os.cpu_count() or 1) + 4


async def test_twenty_messages_at_once_are_spread_as_teams_wants_it(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 3
    FastTime(monkeypatch, times)
    await greeted(bot, ada)
    for number in range(20):
        await bot.post(f"k{number}", ada.personal.id, f"Nummer {number}", is_direct=True)
    await bot.settled()
    assert said(ada.messages())[1:] == [f"Nummer {number}" for number in range(20)]
    moments = [call.at * times for call in microsoft.calls if call.method == "POST"]
    late = 0.1 * times  # on the way from the bot to here
    assert most_within(1.0 - late, moments) <= 7
    assert most_within(2.0 - late, moments) <= 8


def most_within(seconds: float, moments: list[float]) -> int:
    return max(sum(start <= moment < start + seconds for moment in moments) for start in moments)


# the database, and what comes twice


@asynccontextmanager
async def database_away(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """No transaction begins any more."""

    def refuse(_self: Database) -> None:
        raise StoreUnavailable("locked")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "unit_of_work", refuse)
        patch.setattr(Database, "reading", refuse)
        yield


async def test_request_while_the_database_is_away_is_refused_and_answered_once_later(
    bot: TeamsBot, ada: TeamsClient, monkeypatch: pytest.MonkeyPatch, logs: Logs
) -> None:
    message = ada.message(Q_TELEWORK)
    async with database_away(monkeypatch):
        assert [(await ada.send(message)).status for _ in range(2)] == [503, 503]
    assert [entry["reason"] for entry in logs.named("teams.refused")] == ["store"] * 2
    assert await bot.rows(InboxMessage) == []
    assert [(await ada.send(message)).status for _ in range(2)] == [200, 200]
    await bot.settled()
    assert len(ada.messages()) == 1


async def test_press_while_the_database_is_away_can_be_repeated(
    bot: TeamsBot, ada: TeamsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ada.say(Q_TELEWORK)
    await bot.settled()
    [offer] = ada.messages()
    async with database_away(monkeypatch):
        assert (await ada.press(offer.id, 0)).status == 503
    assert (await ada.press(offer.id, 0)).status == 200
    await bot.settled()
    assert len(ada.messages()) == 2


async def test_message_that_comes_twice_is_answered_once(bot: TeamsBot, ada: TeamsClient) -> None:
    message = ada.message(Q_TELEWORK)
    answers = await asyncio.gather(*(ada.send(message) for _ in range(5)))
    await bot.settled()
    answers += [await ada.send(message)]
    await bot.settled()
    assert Counter(answer.status for answer in answers) == {200: 6}
    assert len(ada.messages()) == 1


async def test_deletion_edit_and_reaction_that_come_twice_count_once(bot: TeamsBot, ada: TeamsClient) -> None:
    question = await ada.say("Wann fährt die Straßenbahn zum Zoo?")
    await bot.settled()
    edit = await ada.edit(question.id, "Wann fährt die Straßenbahn zum Hafen?")
    await ada.send(edit.activity)
    await bot.settled()
    assert [row.text for row in await bot.rows(OpenQuestion)] == ["Wann fährt die Straßenbahn zum Hafen?"]
    deletion = await ada.delete(question.id)
    assert (await ada.send(deletion.activity)).status == 200
    await bot.settled()
    assert await bot.rows(OpenQuestion) == []
    assert ada.messages() == []


# restarts


async def test_who_writes_before_the_bot_may_send_is_answered_as_soon_as_it_may(
    bot: TeamsBot, ada: TeamsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.stop()
    may_send, resume = asyncio.Event(), Mailbox.resume

    async def later(mailbox: Mailbox, platform: str) -> None:
        await may_send.wait()
        await resume(mailbox, platform)

    monkeypatch.setattr(Mailbox, "resume", later)
    starting = asyncio.create_task(bot.start())
    await eventually(lambda: bot.teams.is_listening)
    assert (await ada.say(Q_ROOM)).status == 200
    await bot.app.dispatcher.idle()
    assert ada.messages() == []
    may_send.set()
    await starting
    await bot.settled()
    assert [A_ROOM in answer for answer in said(ada.messages())] == [True]


async def test_answer_that_waits_when_the_bot_stops_is_said_after_its_start(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    await greeted(bot, ada)
    monkeypatch.setattr("bot.patience.FIRST_S", 30.0)
    microsoft.fail_next = [Fault(503, path=SENDING)]
    await ada.say(Q_TELEWORK)
    await eventually(lambda: len(logs.named("mailbox.postponed")) == 1)
    await bot.restart()
    await bot.settled()
    assert len(ada.messages()) == 2


async def test_answer_on_its_way_when_the_bot_stops_is_not_said_twice(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    await greeted(bot, ada)
    microsoft.fail_next = [Fault(delay=0.3, path=SENDING)]
    await ada.say(Q_TELEWORK)
    on_its_way = await microsoft.wait_for_call(lambda call: A_TELEWORK in str(call.body))
    await bot.restart()
    await bot.settled()
    await eventually(lambda: on_its_way.status is not None)
    assert len(ada.messages()) == 2


# answers that are none


@asynccontextmanager
async def proxy(status: int, kind: str, body: str) -> AsyncIterator[str]:
    """Something that takes the place of Microsoft; it always says the same. Gives its address."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, content_type=kind, text=body)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


NONSENSE = {
    "empty": (200, "application/json", ""),
    "no object": (200, "application/json", "[]"),
    "null": (201, "application/json", "null"),
    "words": (200, "application/json", '"ok"'),
    "no text": (201, "application/json", '{"id": {"x": 1}}'),
    "broken": (200, "application/json", "{"),
    "page": (200, "text/html", "<html>Bitte anmelden</html>"),
    "refusal as a page": (502, "text/html", "<html>Bad Gateway</html>"),
    "refusal without a word": (404, "application/json", ""),
    "refusal as a list": (503, "application/json", "[1]"),
    "refusal with odd parts": (500, "application/json", '{"error": ["x"]}'),
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
async def test_nonsense_in_the_place_of_a_receipt_stops_nothing(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, nonsense: tuple[int, str, str]
) -> None:
    await greeted(bot, ada)
    async with proxy(*nonsense) as url:
        moved = ada.message(Q_TELEWORK) | {"serviceUrl": url}
        assert (await ada.send(moved, authorization=f"Bearer {microsoft.token(serviceurl=url)}")).status == 200
        await eventually(lambda: len(bot.app.dispatcher._lanes._tasks) == 0)
        assert (await ada.say(Q_ROOM)).status == 200  # from where Microsoft itself is
        await bot.settled()
    assert A_ROOM in words(ada.messages()[-1])
    assert OutboxState.WAITING not in await states(bot)
