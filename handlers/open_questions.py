"""Shows the questions that the store could not answer to those who can."""

from collections.abc import Sequence

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Reply
from bot.turn import Services, Turn
from storage.models.knowledge import Visibility

SHOWN = 10


async def list_open(turn: Turn, services: Services) -> Sequence[Action]:
    """List the newest open questions for supporters; nobody's name is stored with them."""
    if Visibility.COMMUNITY not in turn.sees:
        raise UserError(turn.say("Die Liste der offenen Fragen zeige ich nur Lots:innen und nur unter ihnen."))
    questions = await turn.uow.questions.open_questions(SHOWN)
    if not questions:
        return [Reply(turn.say("Zurzeit ist keine Frage offen."))]
    count = await turn.uow.questions.count_open()
    heading = turn.say("Offene Fragen: {count}. Die neuesten:").format(count=count)
    lines = (f"- {in_words(question.asked_on)}: „{question.text}“" for question in questions)
    return [Reply(heading + "\n\n" + "\n".join(lines))]
