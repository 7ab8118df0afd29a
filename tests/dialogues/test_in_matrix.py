"""Every dialogue of the tables, in rooms of a real homeserver."""

from dialogues.script import Dialogue, play
from dialogues.stages import MatrixStage
from dialogues.tables import every_dialogue


@every_dialogue("matrix")
async def test_in_matrix(dialogue: Dialogue, matrix: MatrixStage) -> None:
    await play(dialogue, matrix)
