"""One bot in two worlds: some of the demo people live in Matrix, the others in Teams."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

from typing_extensions import override

from bot.app import App
from bot.demo.residents import PEOPLE
from bot.messages import Sender
from bot.platforms.teams.platform import NAME
from dialogues.groups import consulting_group
from dialogues.script import Heard, News
from dialogues.stages import MatrixStage, Speaker
from dialogues.teams_stage import CASE_CHAT, MEMBERS, TeamsStage
from knowledge.consultation_files import built_in
from servers.element import Element
from servers.synapse import eventually
from traffic import tables_with

MATRIX, TEAMS = "Matrix", "Teams"


class MatrixWithGroups(MatrixStage):
    """Matrix, with the rooms that the bot opens for groups. They are encrypted: whoever enters one does it by Element.

    `clients` ends the Elements when it is over.
    """

    def __init__(self, *given: Any, clients: AsyncExitStack) -> None:
        super().__init__(*given)
        self._clients = clients
        self._elements: dict[str, Element] = {}  # by person
        self._entered: dict[str, list[str]] = {}  # by room of a group, who came in
        self._opened: dict[str, dict[str, Any]] = {}  # by event id, what Element has decrypted
        self.platform = f"matrix:{self._bot_id}"

    def id_of(self, person: str) -> str:
        """Somebody's id in Matrix."""
        return self._people[person].id

    async def enter(self, person: str, room: str) -> Element:
        """Have somebody be in the room of a group, to which the bot has invited them."""
        who = self._people[person]
        if person not in self._elements:
            self._elements[person] = await self._clients.enter_async_context(Element.open(who.account))
        entered = self._entered.setdefault(room, [])
        if person not in entered:
            name = room.replace("-", " ").capitalize()
            self._rooms[room] = self._rooms.get(room) or (await who.invitations())[name]
            await self._elements[person].join(self._rooms[room])
            entered.append(person)
            joined = await who.call("GET", f"/rooms/{self._rooms[room]}/state/m.room.member/{who.id}?format=event")
            await eventually(lambda: joined["event_id"] in self._received)
            await self._app.idle()
        return self._elements[person]

    async def inside(self) -> set[str]:
        """Who is in a room of a group by now."""
        found = [
            (person, self._rooms[room], await self._people[person].call("GET", "/joined_rooms"))
            for room, people in self._entered.items()
            for person in people
        ]
        return {person for person, room, answer in found if room in answer["joined_rooms"]}

    @override
    async def _place(self, person: str, room: str | None) -> tuple[Speaker, str]:
        if room is None or not room.startswith("beratung-"):
            return await super()._place(person, room)
        return await self.enter(person, room), self._rooms[room]

    @override
    async def _events(self, name: str, room: str) -> Mapping[str, dict[str, Any]]:
        if name not in self._entered:
            return await super()._events(name, room)
        reader = self._entered[name][0]
        said = await self._people[reader].messages(room, self._bot_id, "m.room.encrypted")
        for event_id in [one["event_id"] for one in said if one["content"] and one["event_id"] not in self._opened]:
            self._opened[event_id] = await self._elements[reader].read(room, event_id)
        return {one["event_id"]: one["content"] and self._shown_by(one) for one in said}

    def _shown_by(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The content of an event; what it changes is not encrypted."""
        relation = {name: value for name, value in event["content"].items() if name == "m.relates_to"}
        return self._opened[event["event_id"]] | relation


class TwoWorlds:
    """Hands each line to the world where its speaker lives, and hears what the bot says in both.

    `homes` tells where people live, and rooms that are not in both worlds.
    """

    name = "worlds"

    def __init__(self, app: App, matrix: MatrixWithGroups, teams: TeamsStage, homes: Mapping[str, str]) -> None:
        self.news = matrix.news = teams.news = News()
        self._app = app
        self._matrix = matrix
        self._teams = teams
        self._homes = homes

    async def say(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._at_home(person, room, lambda home: home.say(person, room, text))

    async def reply(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._at_home(person, room, lambda home: home.reply(person, room, text))

    async def quote(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._at_home(person, room, lambda home: home.quote(person, room, text))

    async def edit(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._at_home(person, room, lambda home: home.edit(person, room, text))

    async def delete(self, person: str, room: str | None) -> list[Heard]:
        return await self._at_home(person, room, lambda home: home.delete(person, room))

    async def attach(self, person: str, room: str | None, caption: str) -> list[Heard]:
        return await self._at_home(person, room, lambda home: home.attach(person, room, caption))

    async def react(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._at_home(person, room, lambda home: home.react(person, room, text))

    async def press(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._at_home(person, room, lambda home: home.press(person, room, text))

    async def remark(self, person: str, room: str, text: str, *, has_picture: bool = False) -> list[Heard]:
        return await self._at_home(person, room, lambda home: home.remark(person, room, text, has_picture=has_picture))

    async def remember(self, person: str, room: str, beginning: str) -> list[Heard]:
        return await self._at_home(person, room, lambda home: home.remember(person, room, beginning))

    async def gather(self, plan: str, people: Sequence[str], *, is_apart: bool) -> str | None:
        """Have all say hello, and the first one in Matrix come into the room that the bot opens there; gives its name.

        Others in Matrix come in when they first speak there, those in Teams take part from their own chats.
        """
        assert not is_apart, "those in Matrix have a room"
        for person in people:
            await self.say(person, None, "hallo")
        in_matrix = [person for person in people if self._homes[person] == MATRIX]
        members = [
            Sender(self._matrix.id_of(one) if one in in_matrix else MEMBERS[one].object_id, PEOPLE[one].name)
            for one in people
        ]
        in_teams = {MEMBERS[one].object_id: NAME for one in people if one not in in_matrix}
        await consulting_group(
            self._app.database, built_in()[plan], members, self.now(), self._matrix.platform, in_teams
        )
        await self.wait(timedelta())
        await self._matrix.enter(in_matrix[0], CASE_CHAT)
        await self._matrix.listen()
        return CASE_CHAT

    async def left_over(self, words: Collection[str]) -> list[str]:
        """What is left of groups that are over: who is still in their rooms, and the tables with one of these words."""
        tables = await tables_with(self._app.database, *words) if words else []
        return [*await self._matrix.inside(), *tables]

    def now(self) -> datetime:
        return self._matrix.now()

    async def wait(self, time: timedelta) -> None:
        await self._matrix.wait(time)  # there is one clock
        await self._teams.listen()

    async def _at_home(
        self, person: str, room: str | None, do: Callable[[MatrixWithGroups | TeamsStage], Awaitable[list[Heard]]]
    ) -> list[Heard]:
        """What is heard where somebody does something, once the other world is heard, too."""
        home = self._matrix if self._homes[person] == MATRIX else self._teams
        assert self._homes.get(f"raum {room}", self._homes[person]) == self._homes[person], f"{person} is not in {room}"
        heard = await do(home)
        await (self._teams if home is self._matrix else self._matrix).listen()
        return heard
