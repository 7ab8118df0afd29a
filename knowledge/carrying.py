"""What becomes of the items of a meeting that was held: nobody's topic is lost, and none comes twice."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from storage.models.agenda import AgendaItem, ItemState


@dataclass(frozen=True, slots=True)
class Carried:
    """Where items went: `back` into the backlog, `again` are new ones of those that recur, `lapsed` are to be deleted.

    `followed` are closed ones with an open task: they are asked about the next time. All others stay with their
    meeting.
    """

    back: Sequence[AgendaItem] = ()
    again: Sequence[AgendaItem] = ()
    lapsed: Sequence[AgendaItem] = field(default=())
    followed: Sequence[AgendaItem] = ()


def carry_over(items: Sequence[AgendaItem], with_open_task: Collection[int] = ()) -> Carried:
    """Send the items of a meeting on: what was not discussed waits, what recurs waits anew, fixed ones lapse.

    Changes the items; done twice, the second time changes nothing. `with_open_task` are the ids of those with a task
    that nobody has done yet.
    """
    closed = [item for item in items if item.state == ItemState.DISCUSSED]
    undiscussed = [item for item in items if item.state != ItemState.DISCUSSED and item.meeting_id is not None]
    back = [item for item in undiscussed if not item.is_fixed]
    for item in back:
        put_back(item)
    recurring = [item for item in closed if item.is_recurring]
    again = [_anew(item) for item in recurring]
    for item in recurring:
        item.is_recurring = False  # its new one is it now
    followed = [item for item in closed if item.id in with_open_task and item not in recurring]
    return Carried(back, again, [item for item in undiscussed if item.is_fixed], followed)


def put_back(item: AgendaItem) -> None:
    """Have an item wait in the backlog again, before those that were deferred less often."""
    item.meeting_id = None
    item.place = None
    item.state = ItemState.WAITING
    item.points = 0
    item.deferrals += 1


def _anew(item: AgendaItem) -> AgendaItem:
    kept = {"id", "meeting_id", "place", "state", "deferrals", "points"}
    # In a row of the database its goal is a plain word, which there would be a warning about.
    return AgendaItem(**item.model_dump(exclude=kept, warnings=False))
