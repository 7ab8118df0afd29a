"""Passing on between worlds: a follow-up from Teams until Matrix shows it, and an answer the other way.

The real bot and a bare relay, which only carries text, take the same messages by turns. Both are processes of their
own, each with a Microsoft of its own in this process and a room of its own on one Synapse. Several people ask, as Teams
allows only so many messages in one chat; one supporter answers all of them in the threads below their questions.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import numpy as np

from benchmarks.asking import Asker, asker
from benchmarks.figures import Figure
from benchmarks.round_trip import share
from benchmarks.teams import echo, registration
from benchmarks.texts import questions
from servers.bot import ServeProcess, write_settings
from servers.microsoft import Call, Member, Microsoft
from servers.synapse import Account, Person, Synapse
from servers.teams_client import TeamsClient

ECHO = Path(__file__).with_name("relay_echo_bot.py")
PAIRS = 200
WARM_UPS = 10
PEOPLE = 5
SETTLE_S = 0.2
"""Pause after a message: who passed it on says so to its writer, and notes its delivery."""
WITHIN_S = 60.0
WHICH = "Um welches Amt geht es?"


def run(pairs: int = PAIRS) -> list[Figure]:
    """Median and 95th percentile of two hundred messages each way."""
    with (
        TemporaryDirectory(prefix="lotsenfunk-bench-") as folder,
        Synapse() as synapse,
        Microsoft() as ours,
        Microsoft() as theirs,
    ):
        supporter, colleague, bot, other = map(synapse.register, ("anna", "ben", "lotsenfunk", "echo"))
        rooms = asyncio.run(_rooms(supporter, colleague, bot, other))
        login = (other.url, other.user_id, other.password)
        with _bot(Path(folder), ours, bot, supporter, rooms[0]) as port, echo(theirs, ECHO, *login) as echo_port:
            sides = (ours, port, bot, rooms[0]), (theirs, echo_port, other, rooms[1])
            rows = asyncio.run(_measure(supporter, *sides, pairs=pairs))
    load = Figure("load of the machine, beside its cores", os.getloadavg()[0], "", "cores", os.cpu_count())
    return [*_latencies(rows), load]


async def _rooms(supporter: Account, colleague: Account, *bots: Account) -> list[str]:
    """A room of two supporters with each bot: with one alone it would be a direct chat."""
    async with aiohttp.ClientSession() as http:
        anna, ben = Person(supporter, http), Person(colleague, http)
        rooms = [await anna.create_room(bot.user_id, ben.id) for bot in bots]
        for room in rooms:
            await ben.join(room)
        return rooms


@contextmanager
def _bot(folder: Path, microsoft: Microsoft, bot: Account, supporter: Account, room: str) -> Iterator[int]:
    """The real bot in both worlds as a process, without any answers of its own; gives its port."""
    tables = f"""
        [web]
        port = 0
        [community]
        supporters = ["{supporter.user_id}"]
        rooms = ["{room}"]
        quiet_hours = ""
        messages_per_minute = 0
    """
    account = {
        "homeserver": bot.url,
        "user_id": bot.user_id,
        "password": bot.password,
        "invites_from": [supporter.user_id],
    }
    write_settings(folder, account, tables=tables + registration(microsoft))
    with ServeProcess(folder, REQUESTS_CA_BUNDLE=str(microsoft.ca_file)) as process:
        yield process.port


@dataclass
class Case:
    """A question on its way: who asks in Teams, where its thread begins in Matrix, and what its asker quotes."""

    asker: TeamsClient
    root: str = ""
    answer: str = ""


class Side:
    """A bot between its Teams and its room, and the people who write to it there."""

    def __init__(self, microsoft: Microsoft, port: int, room: str, anna: Asker, http: aiohttp.ClientSession) -> None:
        self._microsoft = microsoft
        self._room = room
        self._anna = anna
        endpoint = f"http://127.0.0.1:{port}/api/messages"
        people = [TeamsClient(microsoft, http, endpoint, Member(f"Person {number}")) for number in range(PEOPLE)]
        for person in people:
            person.authorization = f"Bearer {microsoft.token()}"
        self.cases = [Case(person) for person in people]
        self._next = cycle(self.cases)

    async def open(self, bot: str) -> None:
        """Have every person's question passed on to the room and answered there once, so that both have a thread."""
        greeting = {"body": "@lotsenfunk hallo", "m.mentions": {"user_ids": [bot]}}
        await self._anna.watch(self._room, partial(self._anna.person.say, self._room, "", **greeting), "hilfe")
        for case, question in zip(self.cases, questions(), strict=False):
            await case.asker.say(question)
            await case.asker.wait_for_text("mit meinem Namen")
            await self._anna.watch(self._room, partial(case.asker.say, "1"), case.asker.member.name)
            case.root = (await self._anna.person.messages(self._room, bot))[-1]["event_id"]
            await self._say_below(case, WHICH)
            case.answer = (await case.asker.wait_for_text(WHICH)).id
            await asyncio.sleep(SETTLE_S)

    async def pass_on(self, text: str) -> tuple[float, float]:
        """Seconds of a text from Teams until the room shows it, and of one from the room until Teams has it."""
        case = next(self._next)
        return await self._to_matrix(case, f"{text} (Nachfrage)"), await self._to_teams(case, f"{text} (Antwort)")

    async def _to_matrix(self, case: Case, text: str) -> float:
        async def follow_up() -> None:
            answer = await (case.asker.quote(case.answer, text) if case.answer else case.asker.say(text))
            assert answer.status < 300, answer

        seconds = await self._anna.watch(self._room, follow_up, text)
        await asyncio.sleep(SETTLE_S)
        return seconds

    async def _to_teams(self, case: Case, text: str) -> float:
        def brings_it(call: Call) -> bool:
            return call.method == "POST" and text in json.dumps(call.body, ensure_ascii=False)

        start = time.monotonic()
        await self._say_below(case, text)
        call = await self._microsoft.wait_for_call(brings_it, WITHIN_S)
        await asyncio.sleep(SETTLE_S)
        assert call.status == 201, call
        return call.at - start

    async def _say_below(self, case: Case, text: str) -> None:
        thread = {"rel_type": "m.thread", "event_id": case.root}
        await self._anna.person.say(self._room, text, **({"m.relates_to": thread} if case.root else {}))


Place = tuple[Microsoft, int, Account, str]
"""Where a bot is: its Microsoft, its port, its account on the homeserver and its room there."""


async def _measure(
    supporter: Account, ours: Place, theirs: Place, *, pairs: int
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    async with asker(supporter) as anna, aiohttp.ClientSession() as http:
        bot, other = (Side(microsoft, port, room, anna, http) for microsoft, port, _, room in (ours, theirs))
        for _, _, account, room in (ours, theirs):
            await anna.wait_for(account.user_id, room)
        await bot.open(ours[2].user_id)
        texts = [f"{number}. {text}" for number, text in zip(range(pairs + WARM_UPS), cycle(questions()), strict=False)]
        return [await _pair(bot, other, text, number % 2 == 0) for number, text in enumerate(texts)]


async def _pair(
    bot: Side, other: Side, text: str, is_bot_first: bool
) -> tuple[tuple[float, float], tuple[float, float]]:
    first, second = (bot, other) if is_bot_first else (other, bot)
    seconds = await first.pass_on(text), await second.pass_on(text)
    return seconds if is_bot_first else seconds[::-1]


def _latencies(rows: Sequence[tuple[tuple[float, float], tuple[float, float]]]) -> list[Figure]:
    """Both ways, our bot's beside the bare relay's."""
    (ours, theirs) = np.array(rows[WARM_UPS:]).transpose(1, 2, 0) * 1_000
    return [
        Figure(f"{way}, {name}", share(ours[index], part), "ms", "bare relay", share(theirs[index], part))
        for index, way in enumerate(("follow-up Teams → Matrix", "answer Matrix → Teams"))
        for name, part in (("p50", 50), ("p95", 95))
    ]
