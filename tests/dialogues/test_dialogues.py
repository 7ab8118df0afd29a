"""Every dialogue of the tables, on every platform."""

from pathlib import Path

import pytest

from dialogues.script import Dialogue, play, read
from dialogues.stages import ConsoleStage, MatrixStage
from dialogues.teams_stage import TeamsStage

DIALOGUES = [dialogue for file in sorted(Path(__file__).parent.glob("*.txt")) for dialogue in read(file)]

every_dialogue = pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.name)


@every_dialogue
async def test_on_the_console(dialogue: Dialogue, console: ConsoleStage) -> None:
    await play(dialogue, console)


@every_dialogue
async def test_in_matrix(dialogue: Dialogue, matrix: MatrixStage) -> None:
    await play(dialogue, matrix)


@every_dialogue
async def test_in_teams(dialogue: Dialogue, teams: TeamsStage) -> None:
    await play(dialogue, teams)
