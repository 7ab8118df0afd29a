"""Dialogues of people who share one bot and live in two worlds: the real Synapse, and Teams."""

from pathlib import Path

import pytest

from dialogues.script import Dialogue, play, read
from dialogues.two_worlds import TwoWorlds

FILES = sorted((Path(__file__).parent / "worlds").glob("*.txt"))
DIALOGUES = [dialogue for file in FILES for dialogue in read(file)]


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.name)
async def test_in_two_worlds(dialogue: Dialogue, worlds: TwoWorlds) -> None:
    await play(dialogue, worlds)
