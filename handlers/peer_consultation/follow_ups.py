"""Asks a case giver once, alone and weeks later, what came of it; nothing of the answer is kept."""

from collections.abc import Sequence
from datetime import timedelta

from bot.messages import Action, Choice, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers.ask import chosen
from handlers.candidates import chat_of
from handlers.cards import day_in_words
from handlers.peer_consultation import cases, feedback
from handlers.peer_consultation.closing import FOLLOW_UP
from storage.models.peer_consultation import GroupState

ASKED_AFTER = timedelta(weeks=4)


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Note that somebody wants to be asked, or take their answer."""
    match chosen(turn)["do"]:
        case "ja":
            return await _with_feedback(turn, await _note(turn, services))
        case "nein":
            return await _with_feedback(turn, turn.say("Gut, ich frage nicht nach."))
        case "more":
            return await cases.begin(turn, services)
        case "good":
            return [Reply(turn.say("Schön. Dann ist es hier abgeschlossen."))]
    return [Reply(turn.say("Danke. Ich behalte nichts davon."))]


async def _with_feedback(turn: Turn, text: str) -> Sequence[Action]:
    """With the question that waited for this answer, if the round is closed by now."""
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    if person is None or await turn.uow.consultations.of_person(person.id or 0, GroupState.CLOSING):
        return [Reply(text)]
    question, offer = feedback.question(turn.say)
    return [Reply(f"{text}\n\n{question}", offer)]


async def _note(turn: Turn, services: Services) -> str:
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    if person is None:
        return turn.say("Gut, ich frage nicht nach.")
    day = services.house.working_days.after(turn.today + ASKED_AFTER - timedelta(days=1), 1)
    await turn.uow.rounds.ask_later(person.id or 0, day)
    text = turn.say("Gut. Ich frage am {day}, und merke mir nur diesen Tag.")
    return text.format(day=day_in_words(day))


async def ask(night: Night, services: Services) -> Sequence[Send]:
    """Ask those whose day has come; with that it is forgotten that they wanted it."""
    said = []
    for person_id in await night.uow.rounds.take_follow_ups(night.today):
        chat = await chat_of(night.uow, person_id)
        if chat is not None:
            there, person = chat
            say = night.say_to(there)
            text = say(
                "Vor vier Wochen hattest du einen Fall in der kollegialen Beratung. Was ist daraus geworden? "
                "Du musst nicht antworten; ich behalte nichts davon."
            )
            words = (
                Choice("weiter beraten", say("noch einmal beraten"), {"do": "more"}),
                Choice("erledigt", say("erledigt"), {"do": "good"}),
            )
            said.append(Send(there, text, Offer(FOLLOW_UP, words, asks={"do": "told"}), person))
    return said
