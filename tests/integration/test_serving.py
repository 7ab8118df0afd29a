"""`lotsenfunk serve` against a real homeserver, seen from outside."""

import asyncio
import itertools
import json
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import App, serve
from bot.settings import Settings
from knowledge.embedding import Embedder
from knowledge.supporters import Supporters
from servers.bot import BotProcess, lotsenfunk_forked, write_settings
from servers.matrix_bot import has_entered
from servers.microsoft import APP_ID, TENANT
from servers.synapse import Person, Synapse, eventually

WITHIN_S = 90.0
TELEWORK = {
    "id": "tele",
    "question": "Wie beantrage ich Telearbeit?",
    "answer": "Mit dem Formular im Intranet.",
    "owner": "Tom Berger",
    "checked_on": "2026-09-03",
}
ROOMS = {
    "id": "raum",
    "question": "Wie buche ich einen Besprechungsraum?",
    "answer": "Über den Kalender.",
    "owner": "Ruth Maier",
    "checked_on": "2026-08-17",
}
PASSWORD = "streng-geheimes-kennwort"
_numbers = itertools.count(1)

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def synapse() -> Iterator[Synapse]:
    with Synapse() as server:
        yield server


@pytest.fixture
def anna(synapse: Synapse, http: aiohttp.ClientSession) -> Person:
    return Person(synapse.register(f"anna{next(_numbers)}", display_name="Anna"), http)


@pytest.fixture(scope="module")
def bot(synapse: Synapse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """A bot that is served and knows how to apply for telework."""
    account = synapse.register("lotsenfunk", display_name="Lotsenfunk", password=PASSWORD)
    bot = BotProcess(tmp_path_factory.mktemp("bot"), account, log_level="debug")
    bot.learn(TELEWORK)
    with bot:
        yield bot


async def test_question_in_a_direct_room_is_answered_with_owner_and_date(bot: BotProcess, anna: Person) -> None:
    room = await direct_room(bot, anna)
    await anna.say(room, "Wie beantrage ich Telearbeit?")
    [answer] = await answers(bot, anna, room)
    for part in ("Mit dem Formular im Intranet.", "Tom Berger", "3. September 2026"):
        assert part in answer


async def test_entry_imported_while_the_bot_serves_answers_the_very_next_question(
    bot: BotProcess, anna: Person
) -> None:
    room = await direct_room(bot, anna)
    await anna.say(room, "Wie buche ich einen Besprechungsraum?")
    await answers(bot, anna, room)
    await asyncio.to_thread(bot.learn, ROOMS)
    await anna.say(room, "Wie buche ich einen Besprechungsraum?")
    before, after = await answers(bot, anna, room, 2)
    assert "Über den Kalender." not in before
    assert "Über den Kalender." in after
    assert "Ruth Maier" in after


async def test_log_holds_neither_words_of_people_nor_secrets(bot: BotProcess, anna: Person) -> None:
    room = await direct_room(bot, anna)
    await anna.say(room, "Mein Kollege Xaverl hat Zwetschgendatschi verschüttet, wie beantrage ich Telearbeit?")
    await anna.say(room, "Quittengelee?")
    await anna.send(room, {"m.relates_to": "Quittengelee"}, "m.reaction")
    shown = await answers(bot, anna, room, 2)
    [session] = bot.folder.rglob("session.json")
    token = json.loads(session.read_text())["access_token"]
    log = bot.log
    assert "app.ready" in log
    for secret in ("Xaverl", "Zwetschgen", "Quitten", "Telearbeit", "Formular", PASSWORD, token, *shown):
        assert secret not in log
    assert token
    assert "Traceback" not in log


async def test_second_bot_on_the_same_data_refuses_with_a_sentence(bot: BotProcess) -> None:
    second = await asyncio.to_thread(lotsenfunk_forked, "serve", folder=bot.folder)
    assert second.code == 1
    assert second.talk.strip() == f"In {bot.folder / 'data'} arbeitet schon ein Lotsenfunk. Bitte erst beenden."
    assert bot.is_running


async def test_health_names_the_failing_part_while_the_homeserver_is_down(
    bot: BotProcess, synapse: Synapse, http: aiohttp.ClientSession
) -> None:
    name = f"matrix:{bot.id}"
    await eventually(lambda: has_health(bot, http, 200, "ok", {name: "ok", "database": "ok"}), WITHIN_S)
    synapse.stop(signal.SIGKILL)
    try:
        await eventually(lambda: has_health(bot, http, 503, "failing", {name: "failing", "database": "ok"}), WITHIN_S)
    finally:
        await asyncio.to_thread(synapse.start)
    await eventually(lambda: has_health(bot, http, 200, "ok", {name: "ok", "database": "ok"}), WITHIN_S)


@pytest.mark.usefixtures("quick_starts")
async def test_sigterm_ends_it_cleanly_and_what_was_asked_meanwhile_is_answered_afterwards(
    synapse: Synapse, anna: Person, tmp_path: Path
) -> None:
    with BotProcess(tmp_path, synapse.register("knows_nothing")) as bot:
        room = await direct_room(bot, anna)
        assert await asyncio.to_thread(bot.stop) == 0
        await anna.say(room, "Wie beantrage ich Telearbeit?")
        await asyncio.to_thread(bot.start)
        [answer] = await answers(bot, anna, room)
        assert await asyncio.to_thread(bot.stop) == 0
        assert "ich rate nicht" in answer
        assert "Traceback" not in bot.log


async def test_account_that_cannot_be_opened_ends_it_with_a_sentence(synapse: Synapse, tmp_path: Path) -> None:
    account = synapse.register("zu")
    for name, wrong in (("password", {"password": "falsch"}), ("access_token", {"access_token": "falsch"})):
        folder = tmp_path / name
        folder.mkdir()
        table = {"homeserver": synapse.url, "user_id": account.user_id} | wrong
        write_settings(folder, table, tables="[web]\nport = 0")
        ended = await asyncio.to_thread(lotsenfunk_forked, "serve", folder=folder)
        assert ended.code == 1, name
        assert "Traceback" not in ended.talk, name
        assert "falsch" not in ended.talk, name
        assert name in ended.talk.splitlines()[-1], name


async def test_the_port_opens_when_all_behind_it_is_ready(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch, http: aiohttp.ClientSession
) -> None:
    start, reached = App.start, list[bool]()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    async def look() -> None:
        with suppress(aiohttp.ClientConnectionError):
            async with http.get(f"http://127.0.0.1:{port}/healthz"):
                reached.append(True)
                return
        reached.append(False)

    async def started(app: App) -> None:
        await look()
        await start(app)
        await look()

    monkeypatch.setattr("bot.app.load", lambda _model: embedder)
    monkeypatch.setattr("bot.app.supporters", cache(Supporters))  # it is closed in the end
    monkeypatch.setattr(App, "start", started)
    monkeypatch.setattr(App, "run", lambda _app: look())
    teams = {"app_id": APP_ID, "app_password": "geheim", "tenant_id": TENANT}
    values = {"data_dir": tmp_path, "teams": teams, "web": {"port": port}}
    await serve(Settings.model_validate(values))
    assert reached == [False, False, True]


async def direct_room(bot: BotProcess, person: Person) -> str:
    room = await person.create_room(bot.id, direct=True)
    await eventually(lambda: has_entered(person, room, bot.id), WITHIN_S)
    return room


async def answers(bot: BotProcess, person: Person, room: str, number: int = 1) -> list[str]:
    """Wait for that many messages of the bot, and give what they show."""

    async def are_there() -> bool:
        return len(await person.messages(room, bot.id)) >= number

    await eventually(are_there, WITHIN_S)
    return [event["content"]["body"] for event in await person.messages(room, bot.id)]


async def has_health(
    bot: BotProcess, http: aiohttp.ClientSession, code: int, status: str, parts: dict[str, Any]
) -> bool:
    async with http.get(f"http://127.0.0.1:{bot.port}/healthz") as answer:
        return (answer.status, await answer.json()) == (code, {"status": status, "parts": parts})
