"""Says what the bot keeps about people, shows it to them and deletes it."""

from collections.abc import Sequence

from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from storage.models.knowledge import Part

DELETE = "delete_my_data"  # topic of the offer below


async def explain_privacy(turn: Turn, services: Services) -> Sequence[Action]:
    """Say in plain words what is stored and for how long."""
    text = turn.say(
        "Deine Nachricht lösche ich, sobald sie beantwortet ist. Stelle ich dir etwas zur Auswahl, merke ich mir deine "
        "Frage dazu höchstens 7 Tage. Offene Fragen stehen bis zu 90 Tage ohne Namen auf einer Liste. Löschst du deine "
        "Frage im Chat, lösche ich sie auch dort. Ob eine Antwort passt, speichere ich ohne Namen, zusammen mit der "
        "Formulierung deiner Frage. Schlägst du eine Antwort vor, weiß ich bis zur Entscheidung, von wem sie kommt. "
        "Ich zähle und bewerte niemanden. Die IT des Hauses könnte den Chat sehen. "
        "„meine daten“ zeigt, was ich über dich weiß."
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


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """Show all that is kept under the sender's name, to them alone."""
    if not turn.message.conversation.is_direct:
        return [Reply(turn.say("Das zeige ich dir gern, aber nur im Einzelchat. Schreib mir dort „meine daten“."))]
    known = await _known(turn)
    if not known:
        return [Reply(turn.say("Unter deinem Namen habe ich nichts gespeichert."))]
    heading = turn.say("Das habe ich unter deinem Namen gespeichert:")
    choice = Choice("löschen", turn.say("alles davon löschen"))
    return [Reply("\n".join([heading, "", *(f"- {line}" for line in known)]), Offer(DELETE, (choice,)))]


async def delete(turn: Turn, services: Services) -> Sequence[Action]:
    """Delete it. Answers stay, without the person."""
    platform, person = turn.message.conversation.platform, turn.message.sender.id
    await turn.uow.knowledge.forget_person(platform, person)
    await turn.uow.addresses.forget_person(platform, person)
    await turn.uow.questions.withdraw_offers_to(platform, person)
    text = turn.say(
        "Das ist gelöscht. Antworten, an denen du beteiligt warst, bleiben ohne dich bestehen. Schreibst du mir als "
        "Lots:in wieder, merke ich mir unseren Einzelchat neu."
    )
    return [Reply(text)]


async def _known(turn: Turn) -> Sequence[str]:
    platform, person = turn.message.conversation.platform, turn.message.sender.id
    lines = {
        Part.OWNER: turn.say("Bei Nr. {number} frage ich dich, ob die Antwort noch gilt."),
        Part.PROPOSER: turn.say("Nr. {number} hast du vorgeschlagen. Das vergesse ich nach der Entscheidung."),
    }
    parts = await turn.uow.knowledge.parts_of(platform, person)
    known = [lines[part].format(number=entry.number) for entry, part in parts]
    if await turn.uow.addresses.direct_chat(platform, person):
        known.append(turn.say("Ich weiß, wie ich unseren Einzelchat erreiche."))
    return known
