"""The lines of minutes: what each says, and who may change them."""

from collections.abc import Callable, Collection, Sequence

from bot.messages import Conversation
from bot.roles import Role
from bot.turn import Night, Turn
from handlers.candidates import chat_of
from handlers.jour_fixe import duties, tasks
from storage.database import UnitOfWork
from storage.models.jour_fixe import Duty, Meeting
from storage.models.minutes import Outcome, OutcomeKind, Task

Say = Callable[[str], str]
Row = Outcome | Task


def label(say: Say, row: Row) -> str:
    """What kind of result it is."""
    if isinstance(row, Task):
        return say("Aufgabe")
    return {
        OutcomeKind.DECISION: say("Beschluss"),
        OutcomeKind.INFO: say("Info"),
        OutcomeKind.IDEA: say("Idee"),
        OutcomeKind.OPEN: say("Offen"),
    }[OutcomeKind(row.kind)]


async def line(say: Say, uow: UnitOfWork, row: Row) -> str:
    """A result in a line, plain: „Beschluss zu „Altakten“: Ab 1. März“, „Aufgabe Ben Krause: Anleitung, bis …“."""
    if isinstance(row, Task):
        return f"{label(say, row)} {await tasks.line(say, uow, row)}"
    where = say(" zu „{topic}“").format(topic=row.about) if row.about else ""
    return f"{label(say, row)}{where}: {row.text}"


def is_incomplete(row: Row) -> bool:
    """Whether it is a task of which is not known who does it, or until when."""
    return isinstance(row, Task) and (row.owner_person_id is None or row.due_on is None)


def key_of(row: Row) -> str:
    """What a result is called in an offer."""
    return f"{'t' if isinstance(row, Task) else 'o'}{row.id}"


async def rows_of(uow: UnitOfWork, keys: Collection[str]) -> Sequence[Row]:
    """The results that are called so and are still there."""
    found = [await row_of(uow, key) for key in keys]
    return [row for row in found if row is not None]


async def row_of(uow: UnitOfWork, key: str) -> Row | None:
    """The result that is called so, if it is still there."""
    number = int(key[1:])
    return await uow.minutes.task(number) if key.startswith("t") else await uow.minutes.outcome(number)


async def remove(uow: UnitOfWork, rows: Collection[Row]) -> None:
    """Take results away."""
    for row in rows:
        if isinstance(row, Task):
            await uow.minutes.remove_task(row.id or 0)
        else:
            await uow.minutes.remove_outcome(row.id or 0)


async def all_rows(uow: UnitOfWork, meeting_id: int) -> Sequence[Row]:
    """The results of a meeting, confirmed or not: what came out, then the tasks."""
    return [*await uow.minutes.outcomes(meeting_id), *await uow.minutes.tasks(meeting_id)]


def hint(turn: Turn) -> str:
    """Behind a request for a text: in a room, only what names the bot is for it."""
    if turn.message.conversation.is_direct:
        return ""
    return " " + turn.say("Hier im Raum bitte mit „@Lotsenfunk“ davor.")


async def may_edit(turn: Turn, meeting: Meeting) -> bool:
    """Whether the sender looks after the minutes of a meeting: as moderator, minute-taker or coordinator."""
    number = meeting.id or 0
    has_duty = await duties.holds(turn, number, Duty.MODERATOR) or await duties.holds(turn, number, Duty.MINUTE_TAKER)
    return turn.role >= Role.COORDINATOR or has_duty


async def may_publish(turn: Turn, meeting: Meeting) -> bool:
    """Whether the sender may publish the minutes of a meeting, and change them later."""
    return turn.role >= Role.COORDINATOR or await duties.holds(turn, meeting.id or 0, Duty.MODERATOR)


async def keepers(turn: Turn | Night, meeting: Meeting, *wanted: Duty) -> Sequence[tuple[Conversation, str | None]]:
    """The direct chats of those with these duties, else of the coordinators."""
    given = await turn.uow.attendance.duties(meeting.id or 0)
    people = dict.fromkeys(given[duty] for duty in wanted if duty in given)
    chats = [chat for person_id in people if (chat := await chat_of(turn.uow, person_id)) is not None]
    return chats or [(place, None) for place in await turn.coordinators()]
