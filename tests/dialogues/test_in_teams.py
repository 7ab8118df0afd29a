"""Every dialogue of the tables, in Teams."""

from dialogues.script import Dialogue, play
from dialogues.tables import every_dialogue
from dialogues.teams_stage import TeamsStage


@every_dialogue("teams")
async def test_in_teams(dialogue: Dialogue, teams: TeamsStage) -> None:
    await play(dialogue, teams)
