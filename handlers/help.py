"""Says what the bot can do, and answers greetings and thanks."""

from collections.abc import Sequence

from bot.messages import Action, Reply
from bot.turn import Services, Turn


async def explain(turn: Turn, services: Services) -> Sequence[Action]:
    """Say in a few lines what can be asked."""
    lines = "\n".join(
        f"- **{command.name}**: {turn.say(command.summary)}"
        for command in services.commands
        if command.summary and command.role <= turn.role
    )
    text = turn.say(
        "Ich bin Lotsenfunk, ein Programm. Stell mir eine Frage in einem Satz. Ich antworte nur mit Texten, die "
        "Menschen geschrieben und geprüft haben. Weiß ich etwas nicht, sage ich das."
    )
    return [Reply(f"{text}\n\n{lines}")]


async def greet(turn: Turn, services: Services) -> Sequence[Action]:
    """Answer a greeting."""
    return [Reply(turn.say("Hallo, ich bin Lotsenfunk. Was möchtest du wissen? „hilfe“ zeigt, was ich kann."))]


async def take_thanks(turn: Turn, services: Services) -> Sequence[Action]:
    """Answer thanks in a direct chat; stay quiet where others would have to read it."""
    return [Reply(turn.say("Gern."))] if turn.message.conversation.is_direct else []


async def take_bare_choice(turn: Turn, services: Services) -> Sequence[Action]:
    """Answer a number or word that takes up no offer; in a thread it was most likely said to somebody else."""
    if turn.message.is_follow_up:
        return []
    return [Reply(turn.say("Gerade steht nichts zur Auswahl. Schreib mir einfach deine Frage."))]
