"""The whole bot with the Teams platform, served over HTTP in this process, for tests against the Microsoft double."""

import shutil
from collections.abc import MutableMapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import AnyHttpUrl, SecretStr
from sqlmodel import SQLModel, select

from bot.addresses import AddressBook
from bot.app import App, front_desk, searching
from bot.clock import Clock
from bot.commands import looks_like_choice
from bot.messages import Conversation, Outgoing
from bot.platforms.teams.endpoint import ENDPOINT
from bot.platforms.teams.platform import NAME, TeamsPlatform
from bot.settings import CommunitySettings, TeamsSettings
from bot.web.health import application
from knowledge import entries
from knowledge.embedding import Embedder
from servers.microsoft import APP_ID, SECRET, TENANT, Microsoft, Shown
from servers.synapse import eventually
from storage.database import Database
from storage.models.knowledge import EntryContent, State, Visibility

TELEWORK, MAIL, ROOM, PRINTER, HIDDEN = "tele", "mail", "raum", "druck", "geheim"
OWNER = "Tom Berger"
STORE = {
    TELEWORK: EntryContent(question="Wie beantrage ich Telearbeit?", answer="Mit dem Formular im Intranet."),
    MAIL: EntryContent(
        question="Wie kommt eine E-Mail in die E-Akte?", answer="In Outlook „Zur Akte“ wählen.", owner=OWNER
    ),
    ROOM: EntryContent(question="Wie buche ich einen Besprechungsraum?", answer="Über den Kalender.", owner=OWNER),
    PRINTER: EntryContent(question="Wie scanne ich ein Dokument?", answer="Am Drucker „Scan an mich“ antippen."),
    HIDDEN: EntryContent(
        question="Wer vertritt die Lotsen im Rathaus?",
        answer="Das steht nur im Lotsenplan.",
        owner="Ruth Maier",
        visibility=Visibility.COMMUNITY,
    ),
}
Q_TELEWORK, Q_ROOM, Q_MAIL = (STORE[one].question for one in (TELEWORK, ROOM, MAIL))
A_TELEWORK, A_ROOM, A_MAIL = (STORE[one].answer for one in (TELEWORK, ROOM, MAIL))
Q_NOBODY_KNOWS = "Wann fährt die Straßenbahn zum Zoo?"


async def write_store(file: Path, embedder: Embedder) -> None:
    """Make a database file with a handful of entries."""
    database = Database(f"sqlite+aiosqlite:///{file}")
    await database.migrate()
    items = [(name, content.model_copy(update={"checked_on": date(2026, 9, 3)})) for name, content in STORE.items()]
    await entries.save(database, embedder, items, "test", datetime(2026, 9, 3, tzinfo=UTC))
    await database.close()


def settings(microsoft: Microsoft, **changes: Any) -> TeamsSettings:
    """The bot's registration with the double."""
    usual: dict[str, Any] = {
        "app_id": APP_ID,
        "app_password": SecretStr(SECRET),
        "tenant_id": TENANT,
        "service_hosts": ("127.0.0.1",),
        "login_url": AnyHttpUrl(microsoft.login_url),
        "openid_url": AnyHttpUrl(microsoft.openid_url),
    }
    return TeamsSettings(**usual | changes)


class TeamsBot:
    """The bot over one database, which stays when it is stopped and started; its address stays, too."""

    def __init__(
        self, store: Path, folder: Path, embedder: Embedder, account: TeamsSettings, community: CommunitySettings
    ) -> None:
        self.database = Database(f"sqlite+aiosqlite:///{shutil.copy(store, folder)}")
        self.account = account
        self.port = 0
        self.public_url = ""
        self._embedder = embedder
        self._community = community
        self._runner: web.AppRunner | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}{ENDPOINT}"

    @property
    def health_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/healthz"

    async def start(self) -> None:
        """Serve, and wait until what had waited is on its way."""
        clock = Clock()
        search = await searching(self.database, self._embedder)
        desk = front_desk(self._community, self.database, search, clock)
        self.teams = TeamsPlatform(
            self.account, AddressBook(self.database), desk, clock.now, looks_like_choice, "merken".__eq__
        )
        self.app = App(self._community, self.database, search, [self.teams], clock, self.public_url)
        served = application(self.app.check, [*self.teams.routes, *self.app.calendars.routes])
        self._runner = web.AppRunner(served, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        await self.app.start()
        await eventually(lambda: NAME in self.app.mailbox._open)

    async def stop(self) -> None:
        """Stop as the real process does; what is unfinished stays in the database."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await self.app.stop()
            await runner.cleanup()

    async def restart(self) -> None:
        """Stop, and build everything anew on the same database."""
        await self.stop()
        await self.start()

    async def close(self) -> None:
        """Stop for good."""
        await self.stop()
        await self.database.close()

    async def settled(self) -> None:
        """Wait until all that came in is answered and delivered."""
        await self.app.idle()

    async def post(self, key: str, conversation_id: str, text: str, *, is_direct: bool = False) -> None:
        """Have the bot say something of its own accord."""
        await self.app.mailbox.post([Outgoing(key, Conversation(NAME, conversation_id, is_direct), text)])

    async def withdraw(self, entry_id: str) -> None:
        """Take an entry out of what is shown."""
        gone = STORE[entry_id].model_copy(update={"state": State.DRAFT})
        async with self.database.unit_of_work() as uow:
            await uow.knowledge.save([(entry_id, gone)], "test", datetime.now(UTC))
            await uow.commit()

    async def rows(self, table: type[SQLModel]) -> Sequence[Any]:
        """All rows of a table."""
        async with self.database.reading() as uow:
            return (await uow._session.scalars(select(table))).all()


def words(shown: Shown) -> str:
    """All that people read in a message of the bot, with the words on its buttons."""
    return "\n".join([shown.text, *_texts(shown.card)]).strip()


def buttons(shown: Shown) -> list[str]:
    """What stands on the buttons of a message."""
    return [action["title"] for action in (shown.card or {}).get("actions", [])]


def said(messages: Sequence[Shown]) -> list[str]:
    """What people read in several messages."""
    return [words(one) for one in messages]


def card_words(card: Any) -> str:
    """All that people read in a card."""
    return "\n".join(_texts(card))


def _texts(part: Any) -> list[str]:
    if isinstance(part, list):
        return [found for inner in part for found in _texts(inner)]
    if not isinstance(part, dict):
        return []
    own = [part[name] for name in ("text", "title") if isinstance(part.get(name), str)]
    return own + [found for name, inner in part.items() if name != "fallback" for found in _texts(inner)]


class Logs:
    """What the bot logged since a moment; `entries` still grows."""

    def __init__(self, entries: Sequence[MutableMapping[str, Any]]) -> None:
        self.entries = entries

    def named(self, event: str) -> list[MutableMapping[str, Any]]:
        """The entries of one kind."""
        return [entry for entry in self.entries if entry["event"] == event]

    def errors(self) -> list[MutableMapping[str, Any]]:
        """What an operator would have to look at."""
        return [entry for entry in self.entries if entry["log_level"] in ("error", "critical")]
