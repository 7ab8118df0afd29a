"""Question to answer seen in encrypted rooms, beside a bare matrix-nio echo bot, and the memory of many room keys.

One question at a time is asked in one room in which both bots are; many at once are asked in twenty direct rooms with
each of them. The asking clients run in this process, bots and homeserver in their own.
"""

import asyncio
import sqlite3
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import nio
import numpy as np
import vodozemac

from benchmarks.figures import Figure
from benchmarks.round_trip import echo, learn, share
from benchmarks.start import memory
from benchmarks.texts import questions
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.account.cross_signing import sign_own_device
from bot.platforms.matrix.account.key_store import open_client
from bot.platforms.matrix.account.trust import Policy
from bot.platforms.matrix.errors import checked
from servers.bot import BotProcess
from servers.synapse import Account, Synapse, eventually

CALL = "echo"
ANSWER_WITHIN_S = 60.0
SETTLE_S = 0.15
QUESTIONS = 200
WARM_UPS = 10
ROOMS = 20
QUESTIONS_EACH = 20
ROOM_KEYS = 10_000
ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


def run() -> list[Figure]:
    """Median and 95th percentile of two hundred questions to each; answers a second of twenty rooms; memory."""
    with TemporaryDirectory(prefix="lotsenfunk-bench-") as name, Synapse() as synapse:
        folder = Path(name)
        bot = BotProcess(folder, synapse.register("lotsenfunk", display_name="Lotsenfunk"))
        asyncio.run(learn(bot.database))
        with bot, echo(synapse.register("echo"), folder / "echo", CALL) as other:
            figures = asyncio.run(_talk(synapse, bot.account, other, folder))
        return figures + _keys(bot)


async def _talk(synapse: Synapse, bot: Account, other: Account, folder: Path) -> list[Figure]:
    one = await _one_by_one(synapse, bot, other, folder)
    ours, theirs = [await _at_once(synapse, account, folder) for account in (bot, other)]
    throughput = Figure(f"{ROOMS} encrypted rooms at once, answers a second", ours, "", "nio echo", theirs)
    return [*one, throughput.at_least_times(0.9)]


async def _one_by_one(synapse: Synapse, bot: Account, other: Account, folder: Path) -> list[Figure]:
    asked = questions()[: QUESTIONS + WARM_UPS]
    async with asking(synapse.register("anna"), folder) as anna:
        room = await anna.open_room(bot, other)
        pairs = [await _pair(anna, room, (bot, other), text, number % 2 == 0) for number, text in enumerate(asked)]
    bot_ms, echo_ms = np.array(pairs[WARM_UPS:]).T * 1_000
    return [
        Figure(
            f"encrypted question → answer, {name}", share(bot_ms, part), "ms", "nio echo", share(echo_ms, part)
        ).at_most_times(1.3)
        for name, part in (("median", 50), ("p95", 95))
    ]


async def _pair(
    anna: "Asker", room: str, bots: tuple[Account, Account], text: str, is_bot_first: bool
) -> tuple[float, float]:
    bot, other = bots
    if is_bot_first:
        seconds = await anna.ask(room, f"Lotsenfunk: {text}", bot.user_id)
        return seconds, await anna.ask(room, f"{CALL} {text}", other.user_id)
    echoed = await anna.ask(room, f"{CALL} {text}", other.user_id)
    return await anna.ask(room, f"Lotsenfunk: {text}", bot.user_id), echoed


async def _at_once(synapse: Synapse, bot: Account, folder: Path) -> float:
    """Answers a second when twenty people ask, each in a room of their own."""
    asked = questions()
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(asking(synapse.register(f"{bot.user_id[1]}{number}"), folder))
            for number in range(ROOMS)
        ]
        rooms = [await person.open_room(bot) for person in people]

        async def talk(number: int, count: int) -> None:
            for text in asked[number * count : (number + 1) * count]:
                await people[number].ask(rooms[number], f"{CALL} {text}", bot.user_id, settle_s=0)

        await asyncio.gather(*(talk(number, 1) for number in range(ROOMS)))
        start = time.perf_counter()
        await asyncio.gather(*(talk(number, QUESTIONS_EACH) for number in range(ROOMS)))
        return ROOMS * QUESTIONS_EACH / (time.perf_counter() - start)


def _keys(bot: BotProcess) -> list[Figure]:
    """Memory when ready, as it is and with ten thousand room keys in the store."""
    before = _ready(bot)
    _add_room_keys(bot)
    after = _ready(bot)
    name = f"with {ROOM_KEYS:,} room keys"
    return [
        Figure(f"memory when ready, {name}", after[0], "MiB", "before", before[0]),
        Figure(f"start to ready, {name}", after[1], "s", "before", before[1]),
    ]


def _ready(bot: BotProcess) -> tuple[float, float]:
    """MiB and seconds until the bot has loaded its keys and answers that all is well."""
    start = time.perf_counter()
    with bot:
        asyncio.run(eventually(lambda: _is_well(bot), ANSWER_WITHIN_S))
        return memory(bot, "VmRSS"), time.perf_counter() - start


def _is_well(bot: BotProcess) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{bot.port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _add_room_keys(bot: BotProcess) -> None:
    """Fill the bot's store with keys as matrix-nio keeps them."""
    folder = bot.folder / "data" / "matrix" / bot.id
    client = open_client(bot.account.url, bot.id, folder)
    with closing(sqlite3.connect(folder / "store" / "keys.db")) as store:
        [(device_id,)] = store.execute("SELECT device_id FROM accounts").fetchall()
    client.restore_login(bot.id, device_id, "")
    with client.store.database.atomic():
        for number in range(ROOM_KEYS):
            key = vodozemac.GroupSession().session_key.to_base64()
            session = nio.crypto.InboundGroupSession(key, "ed", f"curve{number}", f"!room{number % 100}")
            client.store.save_inbound_group_session(session)
    client.store.database.close()


class Asker:
    """A person with an encrypting client whose device is signed; asks one question at a time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._awaited: tuple[str, str, asyncio.Future[float]] | None = None

    async def open_room(self, *bots: Account) -> str:
        """Open an encrypted room with bots, and wait until they have entered."""
        invited = [bot.user_id for bot in bots]
        made = checked(await self._client.room_create(invite=invited, initial_state=[ENCRYPTION], is_direct=True))
        room_id = str(made.room_id)

        def are_all_here() -> bool:
            room = self._client.rooms.get(room_id)
            return room is not None and all(bot in room.users and not room.users[bot].invited for bot in invited)

        await eventually(are_all_here, ANSWER_WITHIN_S)
        return room_id

    async def ask(self, room_id: str, text: str, bot: str, settle_s: float = SETTLE_S) -> float:
        """Seconds from sending a question until this client has read a bot's answer."""
        answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._awaited = (room_id, bot, answered)
        start = time.perf_counter()
        await self._client.prepare(self._client.rooms[room_id])
        checked(await self._client.room_send(room_id, "m.room.message", {"msgtype": "m.text", "body": text}))
        seconds = await asyncio.wait_for(answered, ANSWER_WITHIN_S) - start
        await asyncio.sleep(settle_s)
        return seconds

    async def receive(self) -> None:
        """Sync for ever."""
        while True:
            sync = checked(await self._client.sync(timeout=30_000))
            await self._client.tend_keys(sync)

    async def see(self, room: nio.MatrixRoom, event: nio.RoomMessage) -> None:
        """Take an answer."""
        if self._awaited is not None and self._awaited[:2] == (room.room_id, event.sender):
            answered = self._awaited[2]
            if not answered.done():
                answered.set_result(time.perf_counter())


@asynccontextmanager
async def asking(account: Account, folder: Path) -> AsyncIterator[Asker]:
    """A person whose client runs; its own device is signed, others need not be."""
    client = open_client(account.url, account.user_id, folder / account.user_id, policy=Policy.OPEN)
    checked(await client.login(account.password))
    await client.upload_keys()
    await sign_own_device(client, folder / account.user_id, account.password)
    person = Asker(client)
    client.add_event_callback(person.see, nio.RoomMessage)
    receiving = asyncio.create_task(person.receive())
    try:
        yield person
    finally:
        receiving.cancel()
        with suppress(asyncio.CancelledError):
            await receiving
        await client.close()
