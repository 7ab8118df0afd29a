"""The console and Matrix as stages, with the whole bot in this process."""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.app import App
from bot.clock import Clock
from bot.demo.residents import PEOPLE
from bot.messages import Conversation, Kind
from bot.platforms.console import PIN, Console, Shown, direct_chat
from dialogues.groups import console_room, consulting_group
from dialogues.script import Heard, News, place
from knowledge.consultation_files import built_in
from servers.synapse import Person, eventually

MENTION = "@Lotsenfunk"
INSIDE = frozenset({"lotse", "beschäftigt"})
"""Who is in the rooms from the beginning; in Matrix, others enter when they first speak there."""
PICTURE = {"msgtype": "m.image", "filename": "foto.jpg", "url": "mxc://localhost/foto"}


async def pass_time(app: App, clock: Clock, time: timedelta) -> None:
    """Let time pass, and the bot do what is due."""
    clock.move(time)
    await app.scheduler.wake()
    await app.idle()


class ConsoleStage:
    """The console, which has no buttons, and threads only for what people tell each other."""

    name = "console"

    def __init__(self, app: App, console: Console, clock: Clock) -> None:
        self.news = News()
        self._app = app
        self._console = console
        self._clock = clock
        self._texts: dict[str, str] = {}
        self._files: set[str] = set()
        self._said = ""
        self._shown: dict[str, str] = {}  # by place, the bot's last message
        console.shows(self._take)

    async def say(self, person: str, room: str | None, text: str) -> list[Heard]:
        self._said, heard = await self._hear(person, room, text)
        return heard

    async def reply(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self.say(person, room, text)

    async def quote(self, person: str, room: str | None, text: str) -> list[Heard]:
        self._said, heard = await self._hear(person, room, text, replies_to=self._shown[place(person, room)])
        return heard

    async def edit(self, person: str, room: str | None, text: str) -> list[Heard]:
        return (await self._hear(person, room, text, kind=Kind.EDIT, refers_to=self._said))[1]

    async def delete(self, person: str, room: str | None) -> list[Heard]:
        return (await self._hear(person, room, "", kind=Kind.DELETION, refers_to=self._said))[1]

    async def attach(self, person: str, room: str | None, caption: str) -> list[Heard]:
        self._said, heard = await self._hear(person, room, caption, has_attachment=True)
        return heard

    async def react(self, person: str, room: str | None, text: str) -> list[Heard]:
        target = self._shown[place(person, room)]
        return (await self._hear(person, room, text, kind=Kind.REACTION, refers_to=target))[1]

    async def press(self, person: str, room: str | None, text: str) -> list[Heard]:
        return (await self._hear(person, room, text))[1]

    async def remark(self, person: str, room: str, text: str, *, has_picture: bool = False) -> list[Heard]:
        question = self._console.last_question(room)
        assert question, "nobody has asked in this room"
        self._said, heard = await self._hear(person, room, text, thread=question, has_attachment=has_picture)
        return heard

    async def remember(self, person: str, room: str, beginning: str) -> list[Heard]:
        said = self._console.last_said(room, beginning)
        assert said, f"nobody said {beginning!r} in this room"
        return (await self._hear(person, room, PIN, kind=Kind.REACTION, refers_to=said))[1]

    def now(self) -> datetime:
        return self._clock.now()

    async def wait(self, time: timedelta) -> None:
        await pass_time(self._app, self._clock, time)

    async def gather(self, plan: str, people: Sequence[str], *, is_apart: bool) -> str | None:
        """Put a group into its room, where each one has promised to keep it to themselves; gives the room's name."""
        assert not is_apart, "here, the bot opens a room"
        await self._console._ready.wait()  # what is due before would be said later than we listen
        number = await consulting_group(
            self._app.database, built_in()[plan], [PEOPLE[one] for one in people], self.now()
        )
        room = await console_room(self._app.database, number)
        self._app.community.learn({(room.platform, room.conversation_id): room})
        return room.conversation_id

    async def _hear(self, person: str, room: str | None, text: str, **what: Any) -> tuple[str, list[Heard]]:
        event_id = await self._console.hear(PEOPLE[person], room, text, **what)
        await self._app.idle()
        return event_id, [*self.news.at(place(person, room))]

    def _take(self, shown: Shown) -> None:
        where = _place_of(shown.conversation)
        if shown.order is not None:
            return
        if shown.is_file or shown.message_id in self._files:
            self._files.add(shown.message_id)  # Teams has none, and dialogues are the same everywhere
            return
        if shown.is_deletion:
            self.news.add(where, Heard(self._texts.pop(shown.message_id), is_deletion=True))
            return
        self._shown[where] = shown.message_id
        self._texts[shown.message_id] = shown.text
        self.news.add(where, Heard(shown.text, shown.is_edit))


def _place_of(conversation: Conversation) -> str:
    alone = {direct_chat(sender): place(person, None) for person, sender in PEOPLE.items()}
    return alone.get(conversation.id, conversation.id)


class Speaker(Protocol):
    """Somebody with a Matrix client, by which they send and delete events."""

    async def send(self, room: str, content: dict[str, Any], kind: str = ...) -> str: ...

    async def redact(self, room: str, event_id: str) -> str: ...


class MatrixStage:
    """Rooms on a real homeserver. `rooms` are the shared ones by name; direct chats are opened when first used.

    `received` tells which events the bot has received for good: so silence can be told from slowness.
    """

    name = "matrix"

    def __init__(
        self,
        app: App,
        clock: Clock,
        bot_id: str,
        people: Mapping[str, Person],
        rooms: dict[str, str],
        received: Container[str],
    ) -> None:
        self.news = News()
        self._app = app
        self._clock = clock
        self._bot_id = bot_id
        self._people = people
        self._rooms = rooms  # by place
        self._received = received
        self._inside = {name: set(INSIDE) for name in rooms}
        self._texts: dict[str, str] = {}  # by event id, of what the bot said and did not delete
        self._said = ""
        self._shown: dict[str, str] = {}  # by place, the bot's last message
        self._thread: dict[str, dict[str, Any]] = {}  # by place, the relation of messages below the bot's last one
        self._talk: dict[str, dict[str, str]] = {}  # by room and event id, what people said there
        self._question: dict[str, str] = {}  # by place, the last question that opened a thread

    async def say(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._speak(person, room, text, opens_thread=text.startswith(MENTION))

    async def reply(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._speak(person, room, text, self._thread.get(place(person, room)))

    async def quote(self, person: str, room: str | None, text: str) -> list[Heard]:
        replied = {"m.in_reply_to": {"event_id": self._shown[place(person, room)]}}
        return await self._speak(person, room, text, {"m.relates_to": replied})

    async def remark(self, person: str, room: str, text: str, *, has_picture: bool = False) -> list[Heard]:
        thread = {"rel_type": "m.thread", "event_id": self._question[room], "is_falling_back": True}
        return await self._speak(person, room, text, {"m.relates_to": thread, **(PICTURE if has_picture else {})})

    async def remember(self, person: str, room: str, beginning: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        said = [event_id for event_id, text in self._talk[where].items() if text.startswith(beginning)]
        pin = await speaker.send(where, {"m.relates_to": _annotation(said[-1], PIN)}, "m.reaction")
        return await self._hear(person, room, pin)

    def now(self) -> datetime:
        return self._clock.now()

    async def wait(self, time: timedelta) -> None:
        await pass_time(self._app, self._clock, time)
        await self.listen()

    async def _speak(
        self,
        person: str,
        room: str | None,
        text: str,
        relation: Mapping[str, Any] | None = None,
        *,
        opens_thread: bool = False,
    ) -> list[Heard]:
        speaker, where = await self._place(person, room)
        self._said = await speaker.send(where, {**self._content(text), **(relation or {})})
        self._talk.setdefault(where, {})[self._said] = text.removeprefix(MENTION).strip()
        if opens_thread:
            self._question[place(person, room)] = self._said
        return await self._hear(person, room, self._said)

    async def edit(self, person: str, room: str | None, text: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        new = self._content(text)
        relation = {"rel_type": "m.replace", "event_id": self._said}
        content = {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relation}
        return await self._hear(person, room, await speaker.send(where, content))

    async def delete(self, person: str, room: str | None) -> list[Heard]:
        speaker, where = await self._place(person, room)
        return await self._hear(person, room, await speaker.redact(where, self._said))

    async def attach(self, person: str, room: str | None, caption: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        self._said = await speaker.send(where, {**self._content(caption or "foto.jpg"), **PICTURE})
        return await self._hear(person, room, self._said)

    async def react(self, person: str, room: str | None, text: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        target = self._shown[place(person, room)]
        reaction = await speaker.send(where, {"m.relates_to": _annotation(target, text)}, "m.reaction")
        return await self._hear(person, room, reaction)

    async def press(self, person: str, room: str | None, text: str) -> list[Heard]:
        speaker, where = await self._place(person, room)
        return await self._hear(person, room, await speaker.send(where, self._content(text)))

    def _content(self, text: str) -> dict[str, Any]:
        mentions = {"user_ids": [self._bot_id]} if text.startswith(MENTION) else {}
        return {"msgtype": "m.text", "body": text, "m.mentions": mentions}

    async def _place(self, person: str, room: str | None) -> tuple[Speaker, str]:
        speaker = self._people[person]
        name = place(person, room)
        if name not in self._rooms:
            self._rooms[name] = await self._open(speaker)
        if room and person not in self._inside[room]:
            await self._people["lotse"].invite(self._rooms[room], speaker.id)
            await speaker.join(self._rooms[room])
            self._inside[room].add(person)
        return speaker, self._rooms[name]

    async def _open(self, person: Person) -> str:
        room = await person.create_room(self._bot_id, direct=True)
        await eventually(lambda: self._has_entered(person, room))
        return room

    async def _has_entered(self, person: Person, room: str) -> bool:
        return (await person.members(room)).get(self._bot_id) == "join"

    async def _hear(self, person: str, room: str | None, event_id: str) -> list[Heard]:
        await eventually(lambda: event_id in self._received, within=60)
        await self._app.idle()
        await self.listen()
        return [*self.news.at(place(person, room))]

    async def listen(self) -> None:
        """Take note of what the bot said, changed and deleted in all places since the last time."""
        for name, room in self._rooms.items():
            self._compare(name, await self._events(name, room))

    async def _events(self, name: str, room: str) -> Mapping[str, dict[str, Any]]:
        """What the bot said at a place, by event id; of what it deleted nothing is left."""
        reader = self._people[name.removeprefix("direct ") if name.startswith("direct ") else "lotse"]
        return {event["event_id"]: event["content"] for event in await reader.messages(room, self._bot_id)}

    def _compare(self, name: str, events: Mapping[str, dict[str, Any]]) -> None:
        for event_id, content in events.items():
            if not content and event_id in self._texts:
                self.news.add(name, Heard(self._texts.pop(event_id), is_deletion=True))
        for event_id, content in events.items():
            # Teams has no files, and dialogues are the same everywhere.
            if content and content["msgtype"] != "m.file" and event_id not in self._texts:
                self.news.add(name, self._take(name, event_id, content))

    def _take(self, name: str, event_id: str, content: dict[str, Any]) -> Heard:
        is_edit = "m.new_content" in content
        relation = content.get("m.relates_to", {})
        is_in_thread = relation.get("rel_type") == "m.thread"
        if is_in_thread or not (is_edit or name.startswith("direct ")):
            root = relation["event_id"] if is_in_thread else event_id
            self._thread[name] = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
            self._question[name] = self._question.get(name, root) if is_in_thread else root
        self._shown[name] = relation["event_id"] if is_edit else event_id
        self._texts[event_id] = (content["m.new_content"] if is_edit else content)["body"]
        return Heard(self._texts[event_id], is_edit)


def _annotation(event_id: str, key: str) -> dict[str, Any]:
    return {"rel_type": "m.annotation", "event_id": event_id, "key": key}
