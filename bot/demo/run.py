"""The demo: a chat in the terminal with an invented community; the person trying it says who speaks, where and when."""

import asyncio
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from bot.app import App, searching
from bot.clock import Clock
from bot.commands import looks_like_choice
from bot.demo.residents import PARTS, PEOPLE, settle
from bot.messages import Conversation, Kind, Order
from bot.platforms.console import PIN, Console, Shown, direct_chat
from bot.settings import CommunitySettings, DepartmentSettings
from handlers.capture import is_pointing
from handlers.peer_consultation import notes
from knowledge import entries, importing
from knowledge.embedding import Embedder, load
from storage.database import Database

Bar = Callable[[int], AbstractContextManager[Callable[[int], None]]]
"""Shows progress up to a total; gives the function that moves it on."""

COMMUNITY_ROOM = "lotsen"
COMMUNITY = CommunitySettings(
    supporters=frozenset({"berger", "kaya", "maier", "demir", "petersen"}),
    coordinators=frozenset({"may"}),
    rooms=frozenset({COMMUNITY_ROOM}),
    quiet_hours="",  # whoever tries it in the evening wants to see what happens
    messages_per_minute=0,  # a prepared demo is read from a file
    departments=(
        DepartmentSettings(name="Sozialamt", aliases=("FB 3", "Soziales", "Amt 50")),
        DepartmentSettings(name="Umweltamt", aliases=("FB 7", "Umwelt", "FB Umwelt")),
        DepartmentSettings(name="Ordnungsamt", aliases=("FB 2", "Amt 32")),
        DepartmentSettings(name="Kämmerei", aliases=("FB 1", "Finanzen", "Amt 20")),
        DepartmentSettings(name="Stadtbücherei", aliases=("Bücherei", "Bibliothek")),
        DepartmentSettings(name="IT-Service", aliases=("IT", "EDV")),
    ),
    lands=("NW",),
)

WELCOME = """Stadt Lindenau (erfunden). Stell eine Frage, zum Beispiel: wie bekomm ich ne mail mit anhang ins dms
  /als lotse        als andere Person sprechen: {people}
  /raum lotsen      in einen Raum gehen, dort mit @Lotsenfunk ansprechen; /raum direkt geht zurück
  /zeit +3d         die Uhr vorstellen (d Tage, h Stunden, m Minuten)
  /ändern TEXT      die letzte Nachricht ändern; /löschen löscht sie
  /reaktion 👍      auf die letzte Antwort reagieren
  /antworten TEXT   im Raum auf die letzte Frage antworten, direkt auf die letzte Nachricht (zitiert sie);
                    in einer Beratung auf den letzten Beitrag
  /merken           im Raum die letzte Nachricht als Wissen vorschlagen (📌)
  /verlassen        den Raum einer Beratung verlassen
  /ende             aufhören"""

_SPAN = re.compile(r"\+?(\d{1,5})\s*([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


@dataclass
class Place:
    """Who speaks, where, and what was said last."""

    person: str = "beschäftigt"
    room: str | None = None
    last_said: str | None = None
    last_shown: str | None = None


class Chat:
    """Turns lines into messages of demo people, and shows what the bot says."""

    def __init__(self, app: App, console: Console, clock: Clock, show: Callable[[str], None]) -> None:
        self._app = app
        self._console = console
        self._clock = clock
        self._show = show
        self.place = Place()
        self._last_shown: dict[str, str] = {}  # by conversation, the last message of the bot
        console.shows(self._take)

    @property
    def prompt(self) -> str:
        """Who speaks where."""
        return f"{self.place.person} ({self.place.room or 'direkt'})> "

    def _take(self, shown: Shown) -> None:
        """Show a message of the bot, that it deleted one, or what it did with a room."""
        if shown.order is not None:
            self._show(_about_room(shown.conversation.id, shown.order))
            return
        if shown.is_deletion:
            self._show("Lotsenfunk hat seine Antwort darauf gelöscht.\n")
            return
        elsewhere = self._elsewhere(shown.conversation.id)
        self._last_shown[shown.conversation.id] = shown.message_id
        if not elsewhere:
            self.place.last_shown = shown.message_id
        edited = " (Antwort geändert)" if shown.is_edit else ""
        self._show(f"Lotsenfunk{elsewhere}{edited}: {shown.text}\n")

    def _elsewhere(self, conversation_id: str) -> str:
        """To whom the bot speaks, if not to the person who is shown."""
        chats = {direct_chat(person): f" (direkt an {person.name})" for person in PEOPLE.values()}
        return "" if conversation_id == self._here else chats.get(conversation_id, f" (in {conversation_id})")

    @property
    def _here(self) -> str:
        return self.place.room or direct_chat(PEOPLE[self.place.person])

    async def line(self, text: str) -> bool:
        """Do what a line says and wait for the bot's answer; false at `/ende`."""
        word, _, rest = text.strip().partition(" ")
        match word.casefold():
            case "":
                pass
            case "/ende":
                return False
            case "/als":
                self._speak_as(rest.strip().casefold())
            case "/raum":
                self.place.room = None if rest.strip() in ("", "direkt") else rest.strip()
                self._show(f"Raum: {self.place.room or 'direkt'}")
            case "/verlassen" if self.place.room:
                await self._console.leave(PEOPLE[self.place.person], self.place.room)
                await self._app.idle()
                self.place.room = None
            case "/zeit":
                await self._move(rest.strip())
            case "/ändern" if rest.strip():
                await self._say(rest, Kind.EDIT, self.place.last_said)
            case "/löschen":
                await self._say("", Kind.DELETION, self.place.last_said)
                self.place.last_said = None
            case "/reaktion" if rest.strip():
                await self._say(rest, Kind.REACTION, self.place.last_shown)
            case "/merken":
                await self._say(PIN, Kind.REACTION, self._console.last_said(self.place.room or ""))
            case "/antworten" if rest.strip():
                await self._answer(rest)
            case _:
                self.place.last_said = await self._say(text)
        return True

    async def _answer(self, text: str) -> None:
        """Answer the last question in this room, in its thread, or quote what was said last in this chat."""
        if self.place.room is None:
            await self._quote(text)
            return
        if self._console.hears_all(Conversation(self._console.name, self.place.room)):
            self.place.last_said = await self._say(text, replies_to=self._console.last_said(self.place.room))
            return
        question = self._console.last_question(self.place.room)
        if question is None:
            self._show("In diesem Raum hat noch niemand gefragt.")
        else:
            self.place.last_said = await self._say(text, thread=question)

    async def _quote(self, text: str) -> None:
        said = self._last_shown.get(self._here)
        if said is None:
            self._show("In diesem Chat habe ich noch nichts gesagt.")
        else:
            self.place.last_said = await self._say(text, replies_to=said)

    async def _say(
        self,
        text: str,
        kind: Kind = Kind.MESSAGE,
        refers_to: str | None = None,
        thread: str | None = None,
        replies_to: str | None = None,
    ) -> str | None:
        if kind is not Kind.MESSAGE and refers_to is None:
            self._show("Dazu fehlt noch eine Nachricht.")
            return None
        sender = PEOPLE[self.place.person]
        if self.place.room and not self._console.is_inside(sender, self.place.room):
            self._show(f"{sender.name} ist nicht in {self.place.room}.")
            return None
        event_id = await self._console.hear(
            sender, self.place.room, text, kind=kind, refers_to=refers_to, thread=thread, replies_to=replies_to
        )
        await self._app.idle()
        return event_id

    def _speak_as(self, name: str) -> None:
        if name not in PEOPLE:
            self._show(f"Diese Person gibt es in der Demo nicht. Es gibt: {', '.join(PEOPLE)}.")
            return
        self.place = Place(name, self.place.room, None, self.place.last_shown)
        self._show(f"Du sprichst als {PEOPLE[name].name}, {PARTS[name]}.")

    async def _move(self, written: str) -> None:
        passed = span(written)
        if passed is None:
            self._show("So geht es: /zeit +3d, /zeit +2h oder /zeit +30m.")
            return
        self._clock.move(passed)
        await self._app.scheduler.wake()
        await self._app.idle()
        self._show(f"Es ist jetzt {self._app.community.local_time():%d.%m.%Y, %H:%M} Uhr.")


def _about_room(room: str, order: Order) -> str:
    if order is Order.OPEN:
        return f"Lotsenfunk hat einen Raum geöffnet: /raum {room}\n"
    return f"Lotsenfunk hat {room} geschlossen. Was dort gesagt wurde, ist gelöscht.\n"


def span(written: str) -> timedelta | None:
    """The time that "+3d", "+2h" or "+30m" names."""
    found = _SPAN.fullmatch(written)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


async def run_demo(progress: Bar) -> None:
    """Chat until the end of the input; `progress` shows a bar while the knowledge is read in for the first time."""
    embedder = await asyncio.to_thread(load)
    with TemporaryDirectory(prefix="lotsenfunk-demo-") as folder:
        copy = shutil.copy(await prepared_knowledge(embedder, progress), folder)
        database = Database(_url(copy))
        try:
            await database.migrate()  # an older version may have prepared it
            await _chat(database, embedder)
        finally:
            await database.close()


async def _chat(database: Database, embedder: Embedder) -> None:
    clock = Clock()
    console = Console(clock.now, looks_like_choice, is_pointing, notes.is_pointing)
    here = clock.now().astimezone(ZoneInfo(COMMUNITY.time_zone))
    await settle(database, here, COMMUNITY.working_days)
    app = App(COMMUNITY, database, await searching(database, embedder), [console], clock)
    await app.start()
    try:
        await _converse(Chat(app, console, clock, _show))
    finally:
        await app.stop()


async def _converse(chat: Chat) -> None:
    """Read lines from the keyboard or a pipe until its end."""
    _show(WELCOME.format(people=", ".join(PEOPLE)) + "\n")
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    # A daemon thread: reading a keyboard cannot be cancelled, and must not hold up the end.
    threading.Thread(target=read, daemon=True).start()
    is_typed = sys.stdin.isatty()
    while True:
        _show(chat.prompt, end="")
        line = await lines.get()
        if not is_typed:
            _show((line or "").rstrip("\n"))
        if line is None or not await chat.line(line):
            return


async def prepared_knowledge(embedder: Embedder, progress: Bar) -> Path:
    """A database with the knowledge of the demo, made at the first demo and kept until the knowledge changes."""
    source = Path(str(files("bot.demo") / "knowledge.md"))
    version = sha256(source.read_bytes() + embedder.name.encode()).hexdigest()[:12]
    kept = Path.home() / ".cache" / "lotsenfunk" / f"demo-{version}.db"
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(f".{os.getpid()}.tmp")
    items = [(entry.id, entry.content) for entry in importing.read(source)]
    database = Database(_url(unfinished))
    await database.migrate()
    with progress(len(items)) as advance:
        await entries.save(database, embedder, items, "demo", Clock().now(), advance)
    await database.close()
    unfinished.replace(kept)
    return kept


def _url(path: Path | str) -> str:
    return f"sqlite+aiosqlite:///{path}"


def _show(text: str, end: str | None = None) -> None:
    print(text, end=end, flush=True)  # noqa: T201 - showing is the demo's purpose
