"""A whole round through the real bot: what was said, noted and asked in it is nowhere once it is over.

Every message has a word of its own, which nobody says anywhere else.
"""

import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.app import App, searching
from bot.commands import looks_like_choice
from bot.knowledge_commands import _export
from bot.language import AddressForm
from bot.messages import Kind, Sender
from bot.platforms.console import Console, Shown, direct_chat
from bot.settings import CommunitySettings, Settings
from conftest import MovedClock
from handlers.capture import is_pointing
from handlers.peer_consultation.circle import Circle, open_circle
from knowledge.consultation_files import built_in
from knowledge.consultation_formats import Does
from knowledge.embedding import Embedder
from storage.database import Database
from storage.models.peer_consultation import (
    ConsultationCase,
    ConsultationGroup,
    GroupMember,
    GroupPlace,
    GroupState,
    Part,
)
from storage.models.rooms import AnswerMode, Room

ROOM, FAR = "beratung-1", "far"
PEOPLE = {
    "aylin": Sender("aylin", "Aylin Kaya"),
    "ruth": Sender("ruth", "Ruth Maier"),
    "tom": Sender("tom", "Tom Berger"),
    "ben": Sender("ben", "Ben Krause"),
    "mehmet": Sender("mehmet", "Mehmet Demir"),
}
MAY = Sender("may", "Jutta May")
SYLLABLES = ("ba", "do", "fi", "gu", "ke", "la", "mo", "nu")


class Round:
    """A group in a room of one console and, with Mehmet, in a chat of another one; `words` are what was ever said."""

    def __init__(self, app: App, near: Console, far: Console, clock: MovedClock, folder: Path) -> None:
        self.words: list[str] = []
        self.said: list[Shown] = []
        self._app, self._near, self._far, self._clock, self._folder = app, near, far, clock, folder
        for console in (near, far):
            console.shows(self.said.append)

    def word(self) -> str:
        """A word that nobody has said yet."""
        number = len(self.words)
        self.words.append("Quarz" + "".join(SYLLABLES[number >> shift & 7] for shift in (6, 3, 0)) + "tümmel")
        return self.words[-1]

    async def says(self, person: str, text: str, *, is_alone: bool = False, **changes: object) -> str:
        """Somebody speaks in the group, or alone with the bot; gives the event's id."""
        is_far = person == "mehmet"
        room = None if is_far or is_alone or person == "may" else ROOM
        sender = PEOPLE.get(person, MAY)
        event = await (self._far if is_far else self._near).hear(sender, room, text, **changes)  # type: ignore[arg-type]
        await self._app.idle()
        self._clock.move(timedelta(seconds=10))
        return event

    async def contributes(self, person: str, sentence: str) -> str:
        """Somebody says a sentence with a word of its own."""
        return await self.says(person, sentence.format(word=self.word()))

    async def passes(self, span: timedelta) -> None:
        """Time passes, and the bot does what is due."""
        self._clock.move(span)
        await self._app.scheduler.wake()
        await self._app.idle()

    async def circle(self) -> Circle:
        async with self._app.database.reading() as uow:
            group = await uow.consultations.get(1)
            assert group is not None
            return await open_circle(uow, group)

    async def who(self, part: Part) -> str:
        """Who has a part, as they are called here."""
        [member] = (await self.circle()).of(part)
        return next(key for key, sender in PEOPLE.items() if sender.name == member.name)

    async def does(self) -> Does | None:
        """What happens now."""
        phase = (await self.circle()).phase
        return phase.does if phase else None

    async def export(self) -> None:
        """Write all knowledge into a file beside the database, as „lotsenfunk export“ does."""
        settings = Settings(data_dir=self._folder, database=f"sqlite+aiosqlite:///{self._folder / 'test.db'}")
        await _export(settings, self._folder / "wissen.jsonl")
        assert (self._folder / "wissen.jsonl").exists()

    def rows_with(self, *words: str) -> dict[str, list[str]]:
        """By table, the rows in which one of these words stands."""
        found: dict[str, list[str]] = {}
        with sqlite3.connect(self._folder / "test.db") as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                rows = [str(row) for row in connection.execute(f'SELECT * FROM "{table}"')]
                hits = [row for row in rows if any(word in row for word in words)]
                if hits:
                    found[table] = hits
        return found

    def files_with(self, *words: str) -> list[str]:
        """The files of the data folder in whose bytes one of these words stands, however it is written there."""
        spelled = [spelling for word in words for spelling in (word.encode(), json.dumps(word)[1:-1].encode())]
        files = [file for file in self._folder.rglob("*") if file.is_file()]
        return [file.name for file in files if any(one in file.read_bytes() for one in spelled)]


@pytest.fixture
async def played(tmp_path: Path, clock: MovedClock, embedder: Embedder) -> AsyncIterator[Round]:
    """A group that has gathered; all have written to the bot before."""
    folder = tmp_path / "data"
    folder.mkdir()
    database = Database(f"sqlite+aiosqlite:///{folder / 'test.db'}")
    await database.migrate()
    settings = CommunitySettings(
        supporters=frozenset(PEOPLE), coordinators=frozenset({MAY.id}), quiet_hours="", messages_per_minute=0,
        address_direct=AddressForm.DU,
    )  # fmt: skip
    near = Console(clock.now, looks_like_choice, is_pointing)
    far = Console(clock.now, looks_like_choice, is_pointing)
    far.name = FAR
    app = App(settings, database, await searching(database, embedder), [near, far], clock)  # type: ignore[arg-type]
    await app.start()
    found = Round(app, near, far, clock, folder)
    for person in (*PEOPLE, "may"):
        await found.says(person, "hallo", is_alone=True)
    await gather(app, clock)
    yield found
    await app.stop()
    await database.close()


async def gather(app: App, clock: MovedClock) -> None:
    """Have a group be in its room, on the way to begin; Aylin has a case."""
    async with app.database.unit_of_work() as uow:
        known = {
            key: await uow.people.know(FAR if key == "mehmet" else "console", sender.id, sender.name)
            for key, sender in PEOPLE.items()
        }
        case = ConsultationCase(person_id=known["aylin"].id or 0, title="Ein Titel", waiting_since=date(2026, 11, 2))
        group = ConsultationGroup(
            case_id=await uow.rounds.add_case(case),
            title="Ein Titel",
            plan=built_in()["six_phase"].as_json(),
            state=GroupState.GATHERING,
            meets_at=clock.now(),
        )
        members = [
            GroupMember(
                group_id=0,
                person_id=one.id or 0,
                place=place,
                can_moderate=key != "mehmet",
                is_inside=True,
                is_relayed=key == "mehmet",
            )
            for place, (key, one) in enumerate(known.items())
        ]
        number = await uow.consultations.add(group, members)
        await uow.consultations.add_place(GroupPlace(platform="console", conversation_id=ROOM, group_id=number))
        await uow.consultations.add_place(
            GroupPlace(
                platform=FAR,
                conversation_id=direct_chat(PEOPLE["mehmet"]),
                group_id=number,
                is_direct=True,
                person_id=known["mehmet"].id,
            )
        )
        await uow.rooms.keep(Room(platform="console", conversation_id=ROOM, answer_mode=AnswerMode.CONSULTATION))
        await uow.commit()
    app.community.learn(uow.rooms.changed)


async def play(played: Round) -> Sequence[str]:
    """All promise, give out the parts, tell, ask, choose and advise; gives the words of the notes."""
    for person in PEOPLE:
        await played.says(person, "vertraulich")
    assert await played.does() is Does.CASTING
    for person in PEOPLE:
        if await played.does() is Does.CASTING:
            await played.says(person, "ja")
    giver, moderator, scribe = [await played.who(part) for part in (Part.CASE_GIVER, Part.MODERATOR, Part.SCRIBE)]
    adviser = next(key for key in ("ben", "ruth", "tom", "aylin") if key not in (giver, moderator, scribe))
    assert await played.does() is Does.TELLING
    await _tell(played, giver, moderator, adviser)
    await played.says(moderator, "weiter")
    assert await played.does() is Does.KEY_QUESTION
    await played.contributes(giver, "Wie kann ich mit dem {word} im Gespräch bleiben?")
    await played.says(moderator, "weiter")
    assert await played.does() is Does.METHOD
    await played.says(moderator, "weiter")
    assert await played.does() is Does.ADVICE
    notes = await _advise(played, giver, scribe, adviser)
    await played.says(moderator, "weiter")
    assert await played.does() is Does.CLOSING
    await played.contributes(giver, "Den {word} nehme ich mit, danke.")
    return notes


async def _tell(played: Round, giver: str, moderator: str, adviser: str) -> None:
    await played.contributes(giver, "Unser {word} blockt jede Neuerung, seit Jahren schon.")
    await played.contributes(giver, "Frau Petersen und ihr {word} sind dagegen, Az. 50-123.")
    await played.contributes("mehmet", "Wie lange geht das mit dem {word}?")
    await played.contributes(adviser, "Hast du schon mal mit dem {word} geredet?")
    await played.says(moderator, "ja", is_alone=moderator != "mehmet")


async def _advise(played: Round, giver: str, scribe: str, adviser: str) -> Sequence[str]:
    said = await played.contributes(adviser, "Er könnte den {word} fragen.")
    changed = f"Er könnte den {played.word()} bitten."
    await played.says(adviser, changed, kind=Kind.EDIT, refers_to=said)
    taken_back = await played.contributes("mehmet", "Ein {word} vielleicht.")
    await played.says("mehmet", "", kind=Kind.DELETION, refers_to=taken_back)
    await played.contributes("mehmet", "Ich würde den {word} einladen.")
    await played.contributes(giver, "Den {word} kenne ich doch, das geht nicht.")
    notes = [played.word(), played.word()]
    await played.says(scribe, f"notiz: {notes[0]} fragen", is_alone=True)
    await played.says(scribe, f"notiz: {notes[1]} einladen")
    dropped = played.word()
    await played.says(scribe, f"notiz: {dropped}", is_alone=True)
    await played.says(scribe, "letzte notiz löschen", is_alone=True)
    return notes


async def test_before_the_end_only_the_notes_are_held(played: Round) -> None:
    notes = await play(played)
    found = played.rows_with(*played.words)
    assert set(found) == {"group_note"}
    assert len(found["group_note"]) == len(notes)
    assert all(any(note in row for row in found["group_note"]) for note in notes)


async def test_after_the_end_no_word_is_anywhere(played: Round, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "bot")
    with capture_logs() as logs:
        await end(played)
    assert not [one for one in logs if one["log_level"] == "error"]
    assert not [word for word in played.words if word in caplog.text + str(logs)]
    assert played.rows_with(*played.words) == {}
    await played.export()
    assert played.files_with(*played.words) == []


async def end(played: Round) -> None:
    """Play a round to its end, and ask afterwards for all that might be kept."""
    await play(played)
    giver, moderator = await played.who(Part.CASE_GIVER), await played.who(Part.MODERATOR)
    await played.says(moderator, "weiter")
    await played.contributes(giver, "Danke, das war ein guter {word}.")
    await played.says(giver, "gleich")
    before = len(played.said)
    for person in PEOPLE:
        await played.says(person, "meine daten als datei", is_alone=True)
        await played.says(person, "was wurde in der beratung gesagt?", is_alone=True)
    assert not [one for one in played.said[before:] if any(word in one.text for word in played.words)]
    await played.passes(timedelta(minutes=2))
