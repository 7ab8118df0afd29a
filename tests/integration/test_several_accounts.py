"""One bot with an account on each of two homeservers."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from servers.bot import BotProcess
from servers.matrix_bot import has_entered
from servers.synapse import Account, Person, Synapse, eventually

WITHIN_S = 90.0
TELEWORK = {
    "id": "tele",
    "question": "Wie beantrage ich Telearbeit?",
    "answer": "Mit dem Formular im Intranet.",
    "owner": "Tom Berger",
    "checked_on": "2026-09-03",
}

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("quick_starts")]


@pytest.fixture
def north() -> Iterator[Synapse]:
    with Synapse() as server:
        yield server


@pytest.fixture
def south() -> Iterator[Synapse]:
    with Synapse() as server:
        yield server


class Asker:
    """Somebody who talks to one of the bot's accounts."""

    def __init__(self, person: Person, account: Account) -> None:
        self._person = person
        self._account = account
        self._room = ""

    async def meet(self) -> None:
        self._room = await self._person.create_room(self._account.user_id, direct=True)
        await eventually(lambda: has_entered(self._person, self._room, self._account.user_id), WITHIN_S)

    async def ask(self) -> None:
        await self._person.say(self._room, "Wie beantrage ich Telearbeit?")

    async def has(self, answers: int) -> None:
        async def are_there() -> bool:
            return len(await self.answers()) >= answers

        await eventually(are_there, WITHIN_S)
        assert len(await self.answers()) == answers

    async def answers(self) -> list[str]:
        return [event["content"]["body"] for event in await self._person.messages(self._room, self._account.user_id)]


async def test_each_question_is_answered_on_its_own_server_and_one_server_can_fail(
    north: Synapse, south: Synapse, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    accounts = north.register("lotse_nord"), south.register("lotse_sued")
    bot = BotProcess(tmp_path, *accounts)
    bot.learn(TELEWORK)
    with bot:
        anna, ben = (
            Asker(Person(north.register("anna"), http), accounts[0]),
            Asker(Person(south.register("ben"), http), accounts[1]),
        )
        for person in (anna, ben):
            await person.meet()
        await anna.ask()
        await anna.has(1)
        assert await ben.answers() == []
        await ben.ask()
        await ben.has(1)
        await anna.has(1)

        north.stop(signal.SIGKILL)
        await ben.ask()
        await ben.has(2)
        await eventually(lambda: has_health(bot, http, {accounts[0]: "failing", accounts[1]: "ok"}), WITHIN_S)
        await asyncio.to_thread(north.start)
        await anna.ask()
        await anna.has(2)
        assert "Formular" in (await anna.answers())[-1]
        await ben.has(2)


async def has_health(bot: BotProcess, http: aiohttp.ClientSession, expected: dict[Account, str]) -> bool:
    async with http.get(f"http://127.0.0.1:{bot.port}/healthz") as answer:
        parts = (await answer.json())["parts"]
        return all(parts[f"matrix:{account.user_id}"] == state for account, state in expected.items())


async def test_rejected_token_of_one_account_ends_the_process_with_an_alarm(
    north: Synapse, south: Synapse, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    good, bad = north.register("lotse_nord"), south.register("lotse_sued")
    with BotProcess(tmp_path, good, bad) as bot:
        await eventually(lambda: has_health(bot, http, {good: "ok", bad: "ok"}), WITHIN_S)
        await Person(bad, http).call("POST", "/logout/all", {})
        assert await asyncio.to_thread(bot.wait) == 1
    alarms = [json.loads(line) for line in bot.log.splitlines() if "matrix.token_rejected" in line]
    assert [(alarm["level"], alarm["platform"]) for alarm in alarms] == [("error", f"matrix:{bad.user_id}")]
    assert "nimmt das Zugangstoken nicht an" in bot.log.splitlines()[-1]
    assert "Traceback" not in bot.log
