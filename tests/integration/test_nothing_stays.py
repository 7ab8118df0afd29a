"""After „meine daten löschen“ no row of the database holds id, name or words of the person, whatever they did."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import App, searching
from bot.commands import looks_like_choice
from bot.messages import Sender
from bot.platforms.console import Console, Shown
from bot.settings import CommunitySettings
from conftest import MovedClock
from handlers.capture import is_pointing
from knowledge.embedding import Embedder
from storage.database import Database
from storage.models.people import Portrait

ZORA, INGO, MAY = Sender("zora", "Zora Quandt"), Sender("ingo", "Ingo Marwitz"), Sender("may", "Jutta May")
ROOM = "lotsen"


class Town:
    """People who write to the bot, and the file in which it keeps what it knows."""

    def __init__(self, app: App, console: Console, file: Path) -> None:
        self.said: list[str] = []
        self._app, self._console, self._file = app, console, file
        console.shows(self._take)

    def _take(self, shown: Shown) -> None:
        self.said.append(shown.text)

    async def say(self, person: Sender, *texts: str) -> str:
        """Say one after the other; gives all that the bot says then, to anybody."""
        before = len(self.said)
        for text in texts:
            await self._console.hear(person, None, text)
            await self._app.idle()
        return "\n".join(self.said[before:])

    def rows_with(self, *words: str) -> list[str]:
        """Tables and rows in which one of these words stands, whatever its case."""
        with sqlite3.connect(self._file) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = [f"{table}: {row}" for table in tables for row in connection.execute(f'SELECT * FROM "{table}"')]
        return [row for row in rows if any(word.casefold() in row.casefold() for word in words)]


@pytest.fixture
async def town(tmp_path: Path, clock: MovedClock, embedder: Embedder) -> AsyncIterator[Town]:
    """A town where Zora offers talks about bees, and Ingo has asked for one; she was asked, took it, and both wrote."""
    file = tmp_path / "town.db"
    database = Database(f"sqlite+aiosqlite:///{file}")
    await database.migrate()
    async with database.unit_of_work() as uow:
        zora = await uow.people.know("console", ZORA.id, ZORA.name)
        portrait = Portrait(person_id=zora.id or 0, topics=["Bienenkunde"], formats=[])
        portrait.consented_on = clock.now().date()
        await uow.people.keep(portrait)
        await uow.commit()
    settings = CommunitySettings(
        supporters=frozenset({ZORA.id}), coordinators=frozenset({MAY.id}), rooms=frozenset({ROOM}),
        quiet_hours="", messages_per_minute=0,
    )  # fmt: skip
    console = Console(clock.now, looks_like_choice, is_pointing)
    app = App(settings, database, await searching(database, embedder), [console], clock)  # type: ignore[arg-type]
    await app.start()
    town = Town(app, console, file)
    await town.say(ZORA, "hallo")
    await town.say(MAY, "hallo")
    yield town
    await app.stop()
    await database.close()


async def ask_for_a_talk(town: Town) -> None:
    steps = ("anfrage", "Vortrag", "Bienenkunde für Zauberlehrlinge", "Umweltamt", "im Januar", "überspringen")
    await town.say(INGO, *steps, "überspringen")
    assert "Zora Quandt" in await town.say(INGO, "ja")


async def take_it(town: Town) -> None:
    await town.say(INGO, "1")
    assert "ist jetzt bei" in await town.say(ZORA, "ja")
    await town.say(ZORA, "Honigbrot als Dank")
    await town.say(INGO, "etwas dazu schreiben", "Zauberei für alle")


@pytest.mark.parametrize("is_taken", [False, True])
async def test_nothing_stays_of_a_supporter(town: Town, is_taken: bool) -> None:
    await ask_for_a_talk(town)
    if is_taken:
        await take_it(town)
    assert town.rows_with(ZORA.id)
    assert "Gelöscht" in await town.say(ZORA, "meine daten löschen", "ja")
    assert town.rows_with(ZORA.id, "Quandt", "Honigbrot") == []


@pytest.mark.parametrize("is_taken", [False, True])
async def test_nothing_stays_of_whoever_asked(town: Town, is_taken: bool) -> None:
    await ask_for_a_talk(town)
    if is_taken:
        await take_it(town)
    assert town.rows_with("Zauber")
    assert "Gelöscht" in await town.say(INGO, "meine daten löschen", "ja")
    assert town.rows_with(INGO.id, "Marwitz", "Zauber") == []
