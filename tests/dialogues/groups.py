"""A group that is about to meet, for dialogues about what happens then, without all that leads to it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType

from bot.messages import Sender
from knowledge.consultation_formats import Format, Laps
from storage.database import Database
from storage.models.peer_consultation import (
    ConsultationCase,
    ConsultationGroup,
    GroupMember,
    GroupPlace,
    GroupState,
)
from storage.models.rooms import AnswerMode, Room

CONSOLE = "console"
AHEAD = timedelta(minutes=2)
"""So much later it begins: what the bot does when it starts up is done by then."""


async def consulting_group(
    database: Database,
    plan: Format,
    people: Sequence[Sender],
    now: datetime,
    platform: str = CONSOLE,
    elsewhere: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """The number of a group in which all have promised; the first one has the case, the second one can moderate.

    Where a format needs more people than there are in the demo, guests belong to it who say nothing. `elsewhere` has
    the platforms of those who use another one, by their ids.
    """
    guests = [Sender(f"gast{number}", f"Gast {number}") for number in range(len(people), plan.smallest)]
    async with database.unit_of_work() as uow:
        known = [await uow.people.know(elsewhere.get(one.id, platform), one.id, one.name) for one in (*people, *guests)]
        case = None
        if plan.laps is Laps.ONCE:
            wanted = ConsultationCase(
                person_id=known[0].id or 0, title="Zusammenarbeit", waiting_since=date(2026, 11, 1)
            )
            case = await uow.rounds.add_case(wanted)
        members = [
            GroupMember(group_id=0, person_id=one.id or 0, can_moderate=number == 1, has_promised=True, is_inside=True)
            for number, one in enumerate(known)
        ]
        group = ConsultationGroup(
            case_id=case,
            mode=plan.mode,
            plan=plan.as_json(),
            state=GroupState.PLANNED,
            meets_at=now + AHEAD,
        )
        number = await uow.consultations.add(group, members)
        await uow.commit()
    return number


async def console_room(database: Database, number: int) -> Room:
    """The room of a group, in which all of them are already."""
    async with database.unit_of_work() as uow:
        group = await uow.consultations.hold(number)
        assert group is not None
        group.state, group.room_key = GroupState.GATHERING, "room"
        name = f"beratung-{number}"
        await uow.consultations.add_place(GroupPlace(platform=CONSOLE, conversation_id=name, group_id=number))
        room = Room(platform=CONSOLE, conversation_id=name, answer_mode=AnswerMode.CONSULTATION)
        await uow.rooms.keep(room)
        await uow.commit()
    return room
