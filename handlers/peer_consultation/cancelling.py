"""Calls a group off: its case waits again, its people are reserves, its room and what we said go; each one is told."""

from collections.abc import Callable
from uuid import uuid4

from bot.messages import Arrange, Delete, Order, RoomOrder, Send
from bot.turn import Night, Turn
from handlers.candidates import chat_of
from handlers.peer_consultation.circle import Circle, Say, conversation
from storage.models.peer_consultation import CaseState, GroupState

Done = Send | Delete | Arrange


async def cancel(asking: Turn | Night, circle: Circle, write: Callable[[Say], str]) -> list[Done]:
    """Call a group off and tell each member alone why; in their round they are reserves again."""
    group, uow = circle.group, asking.uow
    case = await uow.rounds.case(group.case_id) if group.case_id is not None else None
    if case is not None:
        case.state = CaseState.WAITING
    for member in circle.members:
        taking_part = await uow.rounds.participation(group.round_id or 0, member.id)
        if taking_part is not None:
            taking_part.is_reserve = True
    group.state, group.phase, group.case_id, group.phase_until = GroupState.CANCELLED, "", None, None
    await uow.consultations.propose(circle.number, [])
    return [*await _leave_places(asking, circle), *await tell_each(asking, circle, write)]


async def call_off(asking: Turn | Night, circle: Circle, reason: Callable[[Say], str]) -> list[Done]:
    """Call a group off for a reason, a sentence with its `number`; where it has a case, that one waits again."""
    has_case = circle.group.case_id is not None

    def write(say: Say) -> str:
        told = reason(say).format(number=circle.number)
        return f"{told} {say('Der Fall wartet auf eine neue Gruppe.')}" if has_case else told

    return await cancel(asking, circle, write)


async def _leave_places(asking: Turn | Night, circle: Circle) -> list[Done]:
    """Take back what we said and close the room; people's own chats are theirs alone again."""
    done: list[Done] = []
    for post in await asking.uow.consultations.posts(circle.number):
        done.append(Delete(post.key, conversation(post)))
        await asking.uow.consultations.drop_post(post.key)
    if (room := circle.room) is not None:
        done.append(Arrange(room, RoomOrder(Order.CLOSE), uuid4().hex))
        await asking.uow.rooms.drop(room.platform, room.id)
    await asking.uow.consultations.drop_places(circle.number)
    return done


async def tell_each(asking: Turn | Night, circle: Circle, write: Callable[[Say], str]) -> list[Send]:
    """Say something to each member alone; it stays there when the group is over."""
    said = []
    for member in circle.members:
        if (found := await chat_of(asking.uow, member.id)) is not None:
            there, person = found
            said.append(Send(there, write(asking.say_to(there)), person=person))
    return said
