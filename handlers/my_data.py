"""Says what the bot keeps about people."""

from collections.abc import Sequence

from bot.messages import Action, Reply
from bot.turn import Services, Turn


async def explain_privacy(turn: Turn, services: Services) -> Sequence[Action]:
    """Say in plain words what is stored and for how long."""
    text = turn.say(
        "Deine Nachricht lösche ich, sobald sie beantwortet ist. Stelle ich dir etwas zur Auswahl, merke ich mir deine "
        "Frage dazu höchstens 7 Tage. Offene Fragen stehen bis zu 90 Tage ohne Namen auf einer Liste. Löschst du deine "
        "Frage im Chat, lösche ich sie auch dort. Ob eine Antwort passt, speichere ich ohne Namen. Ich zähle und "
        "bewerte niemanden. Die IT des Hauses könnte den Chat sehen."
    )
    return [Reply(" ".join((text, *_here(turn))))]


def _here(turn: Turn) -> Sequence[str]:
    """What is stored because of the platform that the conversation is on."""
    platform, _, _ = turn.message.conversation.platform.partition(":")
    if platform == "matrix":
        return [turn.say("Für verschlüsselte Räume merke ich mir die öffentlichen Schlüssel deiner Geräte.")]
    if platform == "teams":
        return [turn.say("Nachrichten in Teams gehen durch Microsoft. Ich merke mir, wie ich unseren Chat erreiche.")]
    return []
