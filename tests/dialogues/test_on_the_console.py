"""Every dialogue of the tables, on the console."""

from dialogues.script import Dialogue, play
from dialogues.stages import ConsoleStage
from dialogues.tables import every_dialogue


@every_dialogue("console")
async def test_on_the_console(dialogue: Dialogue, console: ConsoleStage) -> None:
    await play(dialogue, console)
