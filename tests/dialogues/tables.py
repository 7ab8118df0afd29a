"""The dialogues that are played on every platform, side by side: each platform has a file of its own."""

from pathlib import Path

import pytest

from dialogues.script import read

DIALOGUES = [dialogue for file in sorted(Path(__file__).parent.glob("*.txt")) for dialogue in read(file)]


def every_dialogue(platform: str) -> pytest.MarkDecorator:
    """Each dialogue that is played on a platform.

    What needs nothing of Matrix but a direct chat is played on the console and in Teams: a homeserver takes its time.
    """
    played = [dialogue for dialogue in DIALOGUES if dialogue.is_for(platform)]
    return pytest.mark.parametrize("dialogue", played, ids=lambda dialogue: dialogue.name)
