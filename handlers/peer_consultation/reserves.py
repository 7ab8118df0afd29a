"""Fills a place that becomes free before a group begins: asks reserves who break no rule, and takes who says yes first.

A group that becomes too small works by a shorter form; below that it is called off, and its case comes first next time.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from bot.messages import Action, Arrange, Choice, Offer, Order, Reply, RoomOrder, Unasked
from bot.turn import Night, Services, Turn
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.peer_consultation import date_notices, forming, pool
from handlers.peer_consultation.cancelling import cancel
from handlers.peer_consultation.circle import (
    BEFORE,
    Circle,
    Member,
    Say,
    case_giver_of,
    open_circle,
    own_group,
    whisper,
)
from knowledge.consultation_groups import Rules
from knowledge.minutes import escaped
from storage.models.peer_consultation import ConsultationGroup, GroupMember, GroupState, Mode, Participation

RESERVE, LATE = "consultation_reserve", "consultation_late"  # topics of the offers below
SETTLED = timedelta(hours=1)
"""So shortly before it begins, nobody new is asked unless the group agrees."""
MOST = 10  # free places of one group
FREE, ASKED = "free place {place}", "asked reserve {person}"  # steps of a group
AGREED, WONDERED = "late agreed", "late wondered"


async def fill(asking: Turn | Night, services: Services, group: ConsultationGroup) -> list[Unasked]:
    """Have somebody follow for one who is no longer a member of a group that is held and has not begun.

    Until then the group works by the form that fits those who are left. Below the smallest form it is called off.
    """
    if group.state not in BEFORE:
        return []
    circle = await open_circle(asking.uow, group)
    if not pool.plan_anew(services, circle):
        return await _call_off(asking, circle)
    await _close_ranks(asking, circle)
    for place in range(1, MOST + 1):
        if await asking.uow.consultations.note_step(circle.number, FREE.format(place=place)):
            break
    return await _ask(asking, services, await open_circle(asking.uow, group))


async def look_after(night: Night, services: Services) -> Sequence[Unasked]:
    """Ask those who became a reserve only after a place became free."""
    said: list[Unasked] = []
    for found in await night.uow.consultations.in_state(*BEFORE):
        group = await night.uow.consultations.hold(found.id or 0)  # somebody may take the place just now
        if group is not None and group.state in BEFORE and await _free_places(night, group.id or 0):
            said += await _ask(night, services, await open_circle(night.uow, group))
    return said


async def _close_ranks(asking: Turn | Night, circle: Circle) -> None:
    """Have the places in the order of speaking follow each other again."""
    for place, member in enumerate(circle.members):
        member.row.place = place


async def _free_places(asking: Turn | Night, number: int) -> list[str]:
    done = await asking.uow.consultations.steps(number)
    return [step for step in (FREE.format(place=place) for place in range(1, MOST + 1)) if step in done]


# asking


async def _ask(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    """Ask all reserves who fit and were not asked yet; shortly before it begins, ask the group first."""
    if not await asking.uow.consultations.has_step(circle.number, AGREED) and _is_late(asking, circle):
        return await _wonder(asking, services, circle)
    said: list[Unasked] = []
    for person_id in await fitting(asking, services, circle):
        if await asking.uow.consultations.note_step(circle.number, ASKED.format(person=person_id)):
            said += await whisper(
                asking, circle, person_id, lambda say: _question(say, asking, circle), lambda say: _offer(say, circle)
            )
    return said


def _is_late(asking: Turn | Night, circle: Circle) -> bool:
    meets_at = circle.group.meets_at
    return meets_at is not None and asking.now >= meets_at - SETTLED


async def fitting(asking: Turn | Night, services: Services, circle: Circle) -> list[int]:
    """The reserves of its round who could be in a group without breaking a rule, by our ids."""
    group = circle.group
    one = await asking.uow.rounds.get(group.round_id) if group.round_id is not None else None
    if one is None or one.ends_on < asking.today:
        return []
    members = {member.id for member in circle.members}
    everybody = {row.person_id: row for row in await asking.uow.rounds.participants(one.id or 0)}
    rows = [everybody.get(person) or Participation(round_id=one.id or 0, person_id=person) for person in members]
    reserves = [row for row in await pool.available(asking, one) if row.is_reserve and row.person_id not in members]
    people = await pool.participants(asking, [*rows, *reserves])
    cases = await pool.cases(asking, people, Mode(group.mode))
    rules = Rules(people, cases, services.house.departments)
    case = next((case for case in cases if case.id == group.case_id), None)
    return [row.person_id for row in reserves if rules.let_in(row.person_id, members, case)]


def _question(say: Say, asking: Turn | Night, circle: Circle) -> str:
    """Neither the case nor a name: who does not join learns nothing of the group."""
    if circle.group.meets_at is None or circle.group.state == GroupState.DATING:
        return say("In einer Gruppe ist ein Platz frei: Beratung {number}. Möchtest du dabei sein?").format(
            number=circle.number
        )
    text = say("In einer Gruppe ist ein Platz frei: Beratung {number}, {when}. Möchtest du dabei sein?")
    return text.format(number=circle.number, when=date_notices.when(asking, circle.group.meets_at))


def _offer(say: Say, circle: Circle) -> Offer:
    data = {"group": str(circle.number)}
    choices = (Choice("ja", say("ja, ich bin dabei"), {**data, "do": "in"}), Choice("nein", say("nein"), data))
    return Offer(RESERVE, choices)


async def _wonder(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    """Ask whose case it is, or who can lead, whether somebody new may still come."""
    if not await fitting(asking, services, circle):
        return []
    if not await asking.uow.consultations.note_step(circle.number, WONDERED):
        return []
    giver = await case_giver_of(asking, circle)
    able = [member for member in circle.members if member.row.can_moderate] or circle.members
    data = {"group": str(circle.number)}
    return [
        *await whisper(
            asking,
            circle,
            giver.id if giver is not None else able[0].id,
            lambda say: say(
                "Bei der Beratung {number} ist gerade ein Platz frei geworden. Soll ich noch jemanden fragen?"
            ).format(number=circle.number),
            lambda say: Offer(
                LATE,
                (
                    Choice("ja", say("ja, frag noch jemanden"), {**data, "do": "ask"}),
                    Choice("nein", say("nein, wir bleiben so"), data),
                ),
            ),
        )
    ]


# answers


async def decide_late(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask reserves shortly before it begins, if the group agrees."""
    data = chosen(turn)
    circle, _ = await own_group(turn, int(data["group"]))
    if data.get("do") != "ask":
        return [Reply(turn.say("Gut, ihr bleibt so."))]
    if circle.group.state not in BEFORE:
        return [Reply(turn.say("Die Beratung hat schon begonnen."))]
    await turn.uow.consultations.note_step(circle.number, AGREED)
    return [Reply(turn.say("Gut, ich frage.")), *await _ask(turn, services, circle)]


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Take a reserve into the group that asked them, if they are the first and still fit."""
    data = chosen(turn)
    group = await turn.uow.consultations.hold(int(data["group"]))
    if data.get("do") != "in":
        return [Reply(turn.say("Gut. Du bleibst Reserve."))]
    taken = Reply(turn.say("Der Platz ist schon vergeben. Du bleibst Reserve."))
    if group is None or group.state not in BEFORE:
        return [taken]
    circle = await open_circle(turn.uow, group)
    free = await _free_places(turn, circle.number)
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    person_id = person.id if person is not None else None
    if not free or person_id is None or person_id not in await fitting(turn, services, circle):
        return [taken]
    await turn.uow.consultations.forget_steps(circle.number, free[0])
    return [*await _take_in(turn, services, circle, person_id)]


async def _take_in(turn: Turn, services: Services, circle: Circle, person_id: int) -> list[Action]:
    taking_part = await turn.uow.rounds.participation(circle.group.round_id or 0, person_id)
    assert taking_part is not None  # only a reserve fits
    taking_part.is_reserve = False
    await turn.uow.consultations.add_member(
        GroupMember(
            group_id=circle.number,
            person_id=person_id,
            place=len(circle.members),
            can_moderate=taking_part.can_moderate,
        )
    )
    now = await open_circle(turn.uow, circle.group)
    pool.plan_anew(services, now)
    now = await open_circle(turn.uow, circle.group)
    new = now.by_id(person_id)
    assert new is not None
    said: list[Action] = [*await forming.tell_member(turn, now, person_id), *await invite(turn, now, new)]
    for member in circle.members:
        said += await whisper(
            turn,
            now,
            member.id,
            lambda say: say("Beratung {number}: {name} ist neu dabei.").format(
                number=now.number, name=escaped(shortened(new.name, LONGEST_NAME))
            ),
        )
    return [Reply(turn.say("Du bist dabei.")), *said]


async def invite(asking: Turn | Night, circle: Circle, member: Member) -> list[Unasked]:
    """Invite somebody into the room of their group if it is open; who is not on its platform is passed messages."""
    if (room := circle.room) is None:
        return []
    accounts = await asking.uow.people.accounts(member.id)
    people = tuple(account.person for account in accounts if account.platform == room.platform)
    member.row.is_relayed = not people
    # By its beginning it is found again when somebody cannot be invited.
    key = f"{circle.group.room_key or ''}:{uuid4().hex}"
    return [Arrange(room, RoomOrder(Order.INVITE, people=people), key)] if people else []


# too few


async def _call_off(asking: Turn | Night, circle: Circle) -> list[Unasked]:
    """Call a group off kindly; its case comes first next time."""
    group = circle.group
    case = await asking.uow.rounds.case(group.case_id) if group.case_id is not None else None
    if case is not None:
        first = min((one.waiting_since for one in await asking.uow.rounds.waiting_cases()), default=case.waiting_since)
        case.waiting_since = min(case.waiting_since, first - timedelta(days=1))
    return [
        *await cancel(
            asking,
            circle,
            lambda say: say(
                "Die Beratung {number} findet nicht statt: Es sind zu wenige. Ein Fall kommt beim nächsten Mal zuerst."
            ).format(number=circle.number),
        )
    ]
