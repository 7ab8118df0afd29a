"""The console and Matrix as stages, with the whole bot in this process."""

from collections.abc import Mapping
from itertools import count
from typing import Any
from urllib.parse import quote

from bot.app import App
from bot.demo.run import PEOPLE
from bot.messages import Kind
from bot.platforms.console import PIN, Console, Shown
from dialogues.script import Heard
from servers.synapse import Person, eventually

MENTION = "@Lotsenfunk"
_deletions = count(1)


class ConsoleStage:
    """The console, which has no buttons, and threads only for what people tell each other."""

    name = "console"

    def __init__(self, app: App, console: Console) -> None:
        self._app = app
        self._console = console
        self._heard: list[Heard] = []
        self._texts: dict[str, str] = {}
        self._said = ""
        self._shown = ""
        console.shows(self._take)

    async def say(self, person: str, room: str | None, text: str) -> list[Heard]:
        self._said, heard = await self._hear(person, room, text)
        return heard

    async def reply(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self.say(person, room, text)

    async def edit(self, person: str, room: str | None, text: str) -> list[Heard]:
        return (await self._hear(person, room, text, Kind.EDIT, self._said))[1]

    async def delete(self, person: str, room: str | None) -> list[Heard]:
        return (await self._hear(person, room, "", Kind.DELETION, self._said))[1]

    async def attach(self, person: str, room: str | None, caption: str) -> list[Heard]:
        self._said, heard = await self._hear(person, room, caption, has_attachment=True)
        return heard

    async def react(self, person: str, room: str | None, text: str) -> list[Heard]:
        return (await self._hear(person, room, text, Kind.REACTION, self._shown))[1]

    async def press(self, person: str, room: str | None, text: str) -> list[Heard]:
        return (await self._hear(person, room, text))[1]

    async def remark(self, person: str, room: str, text: str) -> list[Heard]:
        question = self._console.last_question(room)
        assert question, "nobody has asked in this room"
        self._said, heard = await self._hear(person, room, text, thread=question)
        return heard

    async def remember(self, person: str, room: str, beginning: str) -> list[Heard]:
        said = self._console.last_said(room, beginning)
        assert said, f"nobody said {beginning!r} in this room"
        return (await self._hear(person, room, PIN, Kind.REACTION, said))[1]

    async def _hear(
        self,
        person: str,
        room: str | None,
        text: str,
        kind: Kind = Kind.MESSAGE,
        of: str | None = None,
        thread: str | None = None,
        has_attachment: bool = False,
    ) -> tuple[str, list[Heard]]:
        self._heard = []
        event_id = await self._console.hear(
            PEOPLE[person], room, text, kind=kind, refers_to=of, thread=thread, has_attachment=has_attachment
        )
        await self._app.idle()
        return event_id, self._heard

    def _take(self, shown: Shown) -> None:
        if shown.is_deletion:
            self._heard.append(Heard(self._texts.pop(shown.message_id), is_deletion=True))
            return
        self._shown = shown.message_id
        self._texts[shown.message_id] = shown.text
        self._heard.append(Heard(shown.text, shown.is_edit))


class MatrixStage:
    """Rooms on a real homeserver. `rooms` are the shared ones by name; direct chats are opened when first used.

    The herald is a person whose greeting comes back only after everything said before it was received: so silence can
    be told from slowness.
    """

    name = "matrix"

    def __init__(self, app: App, bot_id: str, people: Mapping[str, Person], rooms: dict[str, str]) -> None:
        self._app = app
        self._bot_id = bot_id
        self._people = people
        self._rooms = rooms
        self._herald = people["herald"]
        self._texts: dict[str, str] = {}  # by event id, of what the bot said and did not delete
        self._said = ""
        self._shown = ""
        self._thread: dict[str, Any] = {}  # the relation of messages in the thread of what was shown last
        self._talk: dict[str, dict[str, str]] = {}  # by room and event id, what people said there
        self._question: dict[str, str] = {}  # by room, the last question to the bot that opened a thread

    async def say(self, person: str, room: str | None, text: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        heard = await self._speak(speaker, where, text)
        if text.startswith(MENTION):
            self._question[where] = self._said
        return heard

    async def reply(self, person: str, room: str | None, text: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        return await self._speak(speaker, where, text, self._thread)

    async def remark(self, person: str, room: str, text: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        thread = {"rel_type": "m.thread", "event_id": self._question[where], "is_falling_back": True}
        return await self._speak(speaker, where, text, {"m.relates_to": thread})

    async def remember(self, person: str, room: str, beginning: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        said = [event_id for event_id, text in self._talk[where].items() if text.startswith(beginning)]
        await speaker.send(where, {"m.relates_to": _annotation(said[-1], PIN)}, "m.reaction")
        return await self._hear(speaker, where)

    async def _speak(
        self, speaker: Person, where: str, text: str, relation: Mapping[str, Any] | None = None
    ) -> list[Heard]:
        self._said = await speaker.send(where, {**self._content(text), **(relation or {})})
        self._talk.setdefault(where, {})[self._said] = text.removeprefix(MENTION).strip()
        return await self._hear(speaker, where)

    async def edit(self, person: str, room: str | None, text: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        new = self._content(text)
        relation = {"rel_type": "m.replace", "event_id": self._said}
        await speaker.send(where, {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relation})
        return await self._hear(speaker, where)

    async def delete(self, person: str, room: str | None) -> list[Heard]:
        speaker, where = await self._place(person, room)
        path = f"/rooms/{quote(where)}/redact/{quote(self._said)}/deletion{next(_deletions)}"
        await speaker.call("PUT", path, {})
        return await self._hear(speaker, where)

    async def attach(self, person: str, room: str | None, caption: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        file = {"msgtype": "m.image", "filename": "foto.jpg", "url": "mxc://localhost/foto"}
        self._said = await speaker.send(where, {**self._content(caption or "foto.jpg"), **file})
        return await self._hear(speaker, where)

    async def react(self, person: str, room: str | None, text: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        await speaker.send(where, {"m.relates_to": _annotation(self._shown, text)}, "m.reaction")
        return await self._hear(speaker, where)

    async def press(self, person: str, room: str | None, text: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        await speaker.send(where, self._content(text))
        return await self._hear(speaker, where)

    def _content(self, text: str) -> dict[str, Any]:
        mentions = {"user_ids": [self._bot_id]} if text.startswith(MENTION) else {}
        return {"msgtype": "m.text", "body": text, "m.mentions": mentions}

    async def _place(self, person: str, room: str | None) -> tuple[Person, str]:
        speaker = self._people[person]
        name = room or f"direct {person}"
        if name not in self._rooms:
            self._rooms[name] = await self._open(speaker)
        return speaker, self._rooms[name]

    async def _open(self, person: Person) -> str:
        room = await person.create_room(self._bot_id, direct=True)
        await eventually(lambda: self._has_entered(person, room))
        return room

    async def _has_entered(self, person: Person, room: str) -> bool:
        return (await person.members(room)).get(self._bot_id) == "join"

    async def _hear(self, speaker: Person, room: str) -> list[Heard]:
        await self._all_received()
        await self._app.idle()
        events = [(event["event_id"], event["content"]) for event in await speaker.messages(room, self._bot_id)]
        gone = [event_id for event_id, content in events if not content and event_id in self._texts]
        new = [(event_id, content) for event_id, content in events if content and event_id not in self._texts]
        deleted = [Heard(self._texts.pop(event_id), is_deletion=True) for event_id in gone]
        return deleted + [self._take(event_id, content) for event_id, content in new]

    def _take(self, event_id: str, content: dict[str, Any]) -> Heard:
        is_edit = "m.new_content" in content
        relation = content.get("m.relates_to", {})
        if relation.get("rel_type") == "m.thread":
            self._thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": relation["event_id"]}}
        self._shown = content["m.relates_to"]["event_id"] if is_edit else event_id
        self._texts[event_id] = (content["m.new_content"] if is_edit else content)["body"]
        return Heard(self._texts[event_id], is_edit)

    async def _all_received(self) -> None:
        if "herald" not in self._rooms:
            self._rooms["herald"] = await self._open(self._herald)
        room = self._rooms["herald"]
        before = len(await self._herald.messages(room, self._bot_id))
        await self._herald.say(room, "hallo")

        async def is_greeted() -> bool:
            return len(await self._herald.messages(room, self._bot_id)) > before

        await eventually(is_greeted, within=60)


def _annotation(event_id: str, key: str) -> dict[str, Any]:
    return {"rel_type": "m.annotation", "event_id": event_id, "key": key}
