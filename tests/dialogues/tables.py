"""The dialogues that are played on every platform, side by side: each platform has a file of its own."""

from pathlib import Path

import pytest

from dialogues.script import read

DIALOGUES = [dialogue for file in sorted(Path(__file__).parent.glob("*.txt")) for dialogue in read(file)]

every_dialogue = pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.name)
