"""One bot in two worlds: some of the demo people live in Matrix, the others in Teams."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from dialogues.script import Heard, News
from dialogues.stages import MatrixStage
from dialogues.teams_stage import TeamsStage

MATRIX, TEAMS = "Matrix", "Teams"


class TwoWorlds:
    """Hands each line to the world where its speaker lives, and hears what the bot says in both.

    `homes` tells where people live, and rooms that are not in both worlds.
    """

    name = "worlds"

    def __init__(self, matrix: MatrixStage, teams: TeamsStage, homes: Mapping[str, str]) -> None:
        self.news = matrix.news = teams.news = News()
        self._matrix = matrix
        self._teams = teams
        self._homes = homes

    async def say(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._heard(await self._home(person, room).say(person, room, text))

    async def reply(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._heard(await self._home(person, room).reply(person, room, text))

    async def quote(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._heard(await self._home(person, room).quote(person, room, text))

    async def edit(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._heard(await self._home(person, room).edit(person, room, text))

    async def delete(self, person: str, room: str | None) -> list[Heard]:
        return await self._heard(await self._home(person, room).delete(person, room))

    async def attach(self, person: str, room: str | None, caption: str) -> list[Heard]:
        return await self._heard(await self._home(person, room).attach(person, room, caption))

    async def react(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._heard(await self._home(person, room).react(person, room, text))

    async def press(self, person: str, room: str | None, text: str) -> list[Heard]:
        return await self._heard(await self._home(person, room).press(person, room, text))

    async def remark(self, person: str, room: str, text: str, *, has_picture: bool = False) -> list[Heard]:
        home = self._home(person, room)
        return await self._heard(await home.remark(person, room, text, has_picture=has_picture))

    async def remember(self, person: str, room: str, beginning: str) -> list[Heard]:
        return await self._heard(await self._home(person, room).remember(person, room, beginning))

    def now(self) -> datetime:
        return self._matrix.now()

    async def wait(self, time: timedelta) -> None:
        await self._matrix.wait(time)  # there is one clock
        await self._teams.listen()

    def _home(self, person: str, room: str | None) -> MatrixStage | TeamsStage:
        home = self._homes[person]
        assert self._homes.get(f"raum {room}", home) == home, f"{person} cannot go into {room}"
        return self._matrix if home == MATRIX else self._teams

    async def _heard(self, heard: list[Heard]) -> list[Heard]:
        """What was heard where somebody spoke, once the rest of both worlds is heard, too."""
        await self._matrix.listen()
        await self._teams.listen()
        return heard
