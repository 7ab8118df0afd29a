"""Dialogues in which people carry a code from one chat to another: what the bot gave last is said as CODE."""

from pathlib import Path
from typing import cast

import pytest

from dialogues.script import Dialogue, Heard, Stage, play, read
from dialogues.two_worlds import TwoWorlds
from town import codes_in

FILES = sorted((Path(__file__).parent / "codes").glob("*.txt"))
DIALOGUES = [dialogue for file in FILES for dialogue in read(file)]

every_dialogue = pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.name)


class Carrying:
    """A stage on which the last code that anybody was given is known."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._code = "none yet"

    def __getattr__(self, name: str) -> object:
        return getattr(self._stage, name)

    async def say(self, person: str, room: str | None, text: str) -> list[Heard]:
        heard = await self._stage.say(person, room, text.replace("CODE", self._code))
        codes = [code for message in heard for code in codes_in(message.text)]
        self._code = codes[-1] if codes else self._code
        return heard


@every_dialogue
async def test_in_two_worlds(dialogue: Dialogue, worlds: TwoWorlds) -> None:
    await play(dialogue, cast(Stage, Carrying(worlds)))
