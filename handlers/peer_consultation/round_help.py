"""Says what a group may say to the bot, in its room."""

from collections.abc import Sequence

from bot.messages import Action, Reply
from bot.turn import Services, Turn


async def explain(turn: Turn, services: Services) -> Sequence[Action]:
    """„hilfe“, where a group talks: everything else there is said to each other."""
    lines = (
        turn.say("**Diese Wörter verstehe ich hier:**"),
        turn.say("- „weiter“, „mehr“, „pause“, „zurück“ und „ende“ führen durch die Phasen."),
        turn.say("- „stand“ sagt, wo die Gruppe ist und wer was macht."),
        turn.say("- „moderation“, „mitschrift“ oder „zeit“ übernimmt etwas, „aufgabe abgeben“ gibt es zurück."),
        turn.say("- „fertig“ sagt schriftlich: Ich habe alles geschrieben."),
        turn.say("- „notiz: …“ hält etwas für die Person mit dem Fall fest."),
        turn.say("- „vertraulich“ ist die Zusage zu Beginn, „raus“ beendet die eigene Teilnahme."),
        turn.say("Alles andere gilt der Gruppe, und ich behalte nichts davon."),
    )
    return [Reply("\n".join(lines[:-1]) + "\n\n" + lines[-1])]
