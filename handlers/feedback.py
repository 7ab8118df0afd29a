"""Takes what people say of an answer: it teaches an entry how it is asked for, and what it is no answer to."""

import json
from collections.abc import Sequence

from bot.messages import Action, Reply
from bot.turn import Services, Turn
from handlers import ask, outdated
from knowledge.screening import screen
from storage.models.knowledge import Wording
from storage.models.questions import Verdict


async def show_chosen(turn: Turn, services: Services) -> Sequence[Action]:
    """Show the entry that somebody chose, or note the question when none fits."""
    data = ask.chosen(turn)
    if "entry" in data:
        await teach(turn, data["entry"], data["question"], fits=True)
        return await ask.show(turn, data["entry"], data["question"])
    for entry_id in json.loads(data.get("refused", "[]")):
        await teach(turn, entry_id, data["question"], fits=False)
    return [await ask.open_question(turn, data["question"])]


async def take_feedback(turn: Turn, services: Services) -> Sequence[Action]:
    """Keep whether an answer fitted, without the person; go on with the question when it did not."""
    data = ask.chosen(turn)
    if "verdict" not in data:
        part, department = int(data.get("part", 0)), data.get("department", "")
        return await ask.show(turn, data["entry"], data["question"], part, department)
    verdict = Verdict(data["verdict"])
    if verdict is Verdict.OUTDATED:
        return await outdated.report(turn, data["entry"])
    await turn.uow.questions.judge(data["entry"], verdict, turn.today)
    is_learned = await teach(turn, data["entry"], data["question"], fits=verdict is Verdict.HELPFUL)
    if verdict is Verdict.NOT_HELPFUL:
        return [await ask.open_question(turn, data["question"])]
    if is_learned:
        return [Reply(turn.say("Danke. Ich merke mir diese Formulierung, aber nicht, von wem sie kommt."))]
    return [Reply(turn.say("Danke. Ich merke mir nur, dass die Antwort passt, nicht von wem das kommt."))]


async def teach(turn: Turn, entry_id: str, question: str, *, fits: bool) -> bool:
    """Remember how somebody asked, for or against an entry; false when that is not to be kept.

    Nothing is learned in confidential rooms, nor from a question with personal data in it.
    """
    entries = await turn.uow.knowledge.get([entry_id])
    if turn.is_confidential or not entries or not screen(question).is_clean:
        return False
    if fits and question.casefold() == entries[0].question.casefold():
        return False
    await turn.uow.knowledge.learn(
        Wording(entry_id=entry_id, text=question, fits=fits, answer_key=turn.answer_key, learned_on=turn.today)
    )
    return True
