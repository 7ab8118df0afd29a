"""Who does what at a meeting, as others read it. Who is asked and who swaps is decided elsewhere."""

from collections.abc import Callable, Mapping

from bot.turn import Turn
from handlers.ask import LONGEST_NAME, shortened
from storage.database import UnitOfWork
from storage.models.jour_fixe import Duty


def title(say: Callable[[str], str], duty: Duty) -> str:
    """What a duty is called."""
    match duty:
        case Duty.MODERATOR:
            return say("Moderation")
        case Duty.MINUTE_TAKER:
            return say("Protokoll")
        case Duty.TIMEKEEPER:
            return say("Zeit")


async def names(uow: UnitOfWork, meeting_id: int) -> Mapping[Duty, str]:
    """By duty, the name of whoever has it at a meeting, in the order in which they are shown."""
    given = await uow.attendance.duties(meeting_id)
    people = {duty: await uow.people.get(given[duty]) for duty in Duty if duty in given}
    return {duty: shortened(person.name, LONGEST_NAME) for duty, person in people.items() if person is not None}


async def holds(turn: Turn, meeting_id: int, duty: Duty) -> bool:
    """Whether the sender has a duty at a meeting, on whichever of their accounts."""
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    return person is not None and (await turn.uow.attendance.duties(meeting_id)).get(duty) == person.id
