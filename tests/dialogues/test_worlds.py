"""Dialogues of people who share one bot and live in two worlds: the real Synapse, and Teams.

Words that begin with „Quarz“ are said in groups that consult each other, and in the end stand nowhere.
"""

import re
from pathlib import Path

import pytest

from dialogues.script import Dialogue, play, read
from dialogues.teams_stage import CASE_CHAT
from dialogues.two_worlds import TwoWorlds
from servers.element import needs_node

FILES = sorted((Path(__file__).parent / "worlds").glob("*.txt"))
DIALOGUES = [dialogue for file in FILES for dialogue in read(file)]
PLAYED = [pytest.param(one, marks=needs_node) if f"raum {CASE_CHAT}" in one.homes else one for one in DIALOGUES]
"""Where the bot opens a room, people have Element."""
SAID_IN_GROUPS = re.compile(r"Quarz\w+")


@pytest.mark.parametrize("dialogue", PLAYED, ids=lambda dialogue: dialogue.name)
async def test_in_two_worlds(dialogue: Dialogue, worlds: TwoWorlds) -> None:
    await play(dialogue, worlds)
    words = {word for line in dialogue.lines for word in SAID_IN_GROUPS.findall(line.text)}
    assert await worlds.left_over(words) == []
