"""Who may write in the room of a group, where the platform can see to that: the case giver listens in some phases."""

from collections.abc import Collection
from uuid import uuid4

from bot.messages import Arrange, Order, RoomOrder
from bot.turn import Night, Turn
from handlers.peer_consultation import phases
from handlers.peer_consultation.circle import Circle
from knowledge.consultation_formats import Phase


async def give(asking: Turn | Night, circle: Circle, phase: Phase) -> list[Arrange]:
    """Have only those write in the room who have the word in a phase in which the case giver listens."""
    if circle.room is None or not phases.is_listening(circle, phase):
        return give_all(circle)
    return _order(circle, await _accounts(asking, circle, {member.id for member in phases.speakers(circle, phase)}))


def give_all(circle: Circle) -> list[Arrange]:
    """Have everybody write in the room again."""
    return _order(circle, None)


def _order(circle: Circle, people: tuple[str, ...] | None) -> list[Arrange]:
    if circle.room is None:
        return []
    return [Arrange(circle.room, RoomOrder(Order.LET_SPEAK, people=people), uuid4().hex)]


async def _accounts(asking: Turn | Night, circle: Circle, people: Collection[int]) -> tuple[str, ...]:
    """The ids of people on the platform of the room."""
    assert circle.room is not None
    accounts = [account for one in people for account in await asking.uow.people.accounts(one)]
    return tuple(sorted(one.person for one in accounts if one.platform == circle.room.platform))
