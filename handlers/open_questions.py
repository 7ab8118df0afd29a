"""Shows the questions that the store could not answer to those who can."""

from collections.abc import Mapping, Sequence

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.ask import chosen, shortened
from handlers.pages import page
from knowledge.screening import screen
from storage.models.knowledge import Visibility
from storage.models.questions import OpenQuestion

OPEN_QUESTIONS = "open_questions"  # topic of the offer below
LISTED = 200
LONGEST_LINE = 120


async def list_open(turn: Turn, services: Services) -> Sequence[Action]:
    """List the open questions for supporters, newest first; nobody's name is stored with them."""
    return await _list(turn, 0)


async def read_on(turn: Turn, services: Services) -> Sequence[Action]:
    """List older open questions."""
    return await _list(turn, int(chosen(turn)["after"]))


async def _list(turn: Turn, after: int) -> Sequence[Action]:
    check_reader(turn)
    questions = await turn.uow.questions.open_questions(LISTED)
    if not questions:
        return [Reply(turn.say("Zurzeit ist keine Frage offen."))]
    lines = [f"- „{words(question.text, LONGEST_LINE)}“, {in_words(question.asked_on)}" for question in questions]
    after = after if after < len(lines) else 0  # others were closed meanwhile
    shown = page(lines, after)
    count = await turn.uow.questions.count_open()
    newest, older = turn.say("Offene Fragen: {count}. Die neuesten:"), turn.say("Offene Fragen: {count}. Ältere:")
    hint = turn.say("Nach Themen geordnet zeigt sie „wissenslücken“.")
    heading = (older if after else newest).format(count=count)
    text = "\n".join((heading + "\n", *shown)) + ("" if after else f"\n\n{hint}")
    end = after + len(shown)
    more = (Choice("mehr", turn.say("mehr"), {"after": str(end)}),) if end < len(lines) else ()
    return [Reply(text, Offer(OPEN_QUESTIONS, more) if more else None)]


def check_reader(turn: Turn) -> None:
    """Refuse staff, and places where others read along; raises `UserError`."""
    if turn.role < Role.SUPPORTER or Visibility.COMMUNITY not in turn.sees:
        raise UserError(
            turn.say(
                "Was andere gefragt haben, zeige ich nur Lots:innen und nur unter ihnen. Frag mich gern selbst etwas."
            )
        )


def words(question: str, longest: int) -> str:
    """An open question in one line and without personal data, which older ones may still hold."""
    return shortened(" ".join(screen(question).proposal.split()), longest)


def numbers(data: Mapping[str, str]) -> list[int]:
    """The numbers of the open questions that a choice is about."""
    return [int(number) for number in data["questions"].split()]


def first(questions: Sequence[OpenQuestion], ordered: Sequence[int]) -> OpenQuestion:
    """Of the questions that are still open the one whose number comes first."""
    return min(questions, key=lambda question: ordered.index(question.id or 0))


def gone(turn: Turn) -> Reply:
    """Say that questions were answered, closed or taken back meanwhile."""
    return Reply(turn.say("Darum hat sich schon jemand gekümmert: Diese Fragen sind nicht mehr offen."))
