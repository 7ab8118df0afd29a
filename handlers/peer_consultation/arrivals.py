"""Sees who comes into the room of a group and who leaves it: members, strangers, and those who come in the middle."""

from collections.abc import Sequence
from uuid import uuid4

from bot.errors import UserError
from bot.messages import Action, Arrange, Choice, Conversation, Kind, Offer, Order, Reply, RoomOrder, Send, Unasked
from bot.turn import Night, Services, Turn
from handlers.ask import chosen
from handlers.peer_consultation import gathering, live, promises, reserves
from handlers.peer_consultation.circle import Circle, Member, Say, circle_here, open_circle, tell, whisper
from handlers.peer_consultation.gathering import NEWCOMER
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupMember, GroupState, Part
from storage.models.people import Person

ARRIVAL = "consultation_arrival"  # topic of the offers below
ASKED = "late {person}"  # step of a group


async def receive(turn: Turn, services: Services) -> Sequence[Action]:
    """Hear that somebody came into the room of a group, or left it."""
    circle = await circle_here(turn)
    if circle is None or turn.message.conversation.is_direct:
        return []
    here = turn.message.conversation
    person = await turn.uow.people.find(here.platform, turn.message.sender.id)
    row = await turn.uow.consultations.member(circle.number, person.id or 0) if person is not None else None
    if turn.message.kind is Kind.LEFT:
        return await _let_go(turn, services, circle, row) if row is not None else []
    return await (_let_in(turn, circle, row) if row is not None else _send_out(turn, person))


# coming


async def _let_in(turn: Turn, circle: Circle, row: GroupMember) -> Sequence[Action]:
    is_back = row.has_promised and not row.has_left
    if circle.group.state == GroupState.RUNNING and not is_back:
        return await _ask_for(turn, circle, row)
    if row.is_inside or circle.group.state != GroupState.GATHERING:
        row.is_inside = not row.has_left
        return []
    row.is_inside, row.is_relayed, row.has_left = True, False, False
    await promises.drop_chat(turn, circle, row.person_id)
    now = await open_circle(turn.uow, circle.group)
    if any(member.row.is_inside and member.id != row.person_id for member in now.members):
        await turn.uow.consultations.note_step(circle.number, NEWCOMER)
        return []
    return await promises.show(turn, now)


async def _send_out(turn: Turn, person: Person | None) -> Sequence[Action]:
    """Whoever does not belong here leaves at once; alone with us they hear why."""
    here, sender = turn.message.conversation, turn.message.sender
    said: list[Action] = [Arrange(here, RoomOrder(Order.REMOVE, people=(sender.id,)), uuid4().hex)]
    chat = await turn.uow.addresses.direct_chat(here.platform, sender.id)
    if chat is not None:
        there = Conversation(here.platform, chat, is_direct=True)
        text = turn.say_to(there)("In diesen Raum kommen nur die, die an der Beratung teilnehmen.")
        said.append(Send(there, text, person=sender.id))
    return said


# in the middle


async def come_late(turn: Turn, services: Services) -> Sequence[Action]:
    """„dazukommen“: take part in a round of one's own that runs already."""
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    for group in await turn.uow.consultations.in_state(GroupState.RUNNING):
        row = await turn.uow.consultations.member(group.id or 0, person.id or 0) if person is not None else None
        if row is not None and row.has_left:
            return await _ask_for(turn, await open_circle(turn.uow, group), row)
    raise UserError(turn.say("Gerade läuft keine Beratung, zu der du dazukommen kannst."))


async def _ask_for(turn: Turn, circle: Circle, row: GroupMember) -> Sequence[Action]:
    """Ask the case giver whether somebody may come in the middle; until then they are no part of it."""
    row.is_late, row.has_left = True, True
    if not await turn.uow.consultations.note_step(circle.number, ASKED.format(person=row.person_id)):
        return []
    person = await turn.uow.people.get(row.person_id)
    name = escaped(person.name if person is not None else "")
    deciding = circle.case_giver or circle.moderator or circle.members[0]
    data = {"group": str(circle.number), "person": str(row.person_id)}
    asked = await whisper(
        turn,
        circle,
        deciding.id,
        lambda say: say("Darf {name} noch dazukommen?").format(name=name),
        lambda say: Offer(ARRIVAL, (Choice("ja", say("ja"), {**data, "do": "ja"}), _no(say, data))),
    )
    return [*asked, *await whisper(turn, circle, row.person_id, _asked_for)]


def _asked_for(say: Say) -> str:
    return say("Die Beratung läuft schon. Ich frage, ob du dazukommen kannst. Bitte noch nichts schreiben.")


def _no(say: Say, data: dict[str, str]) -> Choice:
    return Choice("nein", say("nein"), {**data, "do": "nein"})


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Let somebody come in the middle or not, as the case giver chose; who comes promises first, like the others."""
    data = chosen(turn)
    group = await turn.uow.consultations.hold(int(data["group"]))
    row = await turn.uow.consultations.member(int(data["group"]), int(data["person"]))
    if group is None or group.state != GroupState.RUNNING or row is None or not row.is_late:
        return [Reply(turn.say("Das hat sich erledigt."))]
    circle = await open_circle(turn.uow, group)
    match data["do"]:
        case "ja":
            return [Reply(turn.say("Gut, ich sage es weiter.")), *await _ask_to_promise(turn, circle, row)]
        case promises.WORD:
            return await _take_in(turn, circle, row)
    row.is_late, row.is_inside = False, False
    gone = await promises.remove(turn, circle, row.person_id)
    return [Reply(turn.say("Gut.")), *gone, *await whisper(turn, circle, row.person_id, _refused)]


def _refused(say: Say) -> str:
    return say("Die Gruppe ist schon mitten im Fall. Dazukommen geht gerade nicht mehr.")


async def _ask_to_promise(turn: Turn, circle: Circle, row: GroupMember) -> list[Send]:
    data = {"group": str(circle.number), "person": str(row.person_id), "do": promises.WORD}

    def write(say: Say) -> str:
        return f"{say('Du kannst dazukommen.')}\n\n{promises.terms(say, circle)}"

    return await whisper(
        turn,
        circle,
        row.person_id,
        write,
        lambda say: Offer(ARRIVAL, (Choice(promises.WORD, say("vertraulich, versprochen"), data),)),
    )


async def _take_in(turn: Turn, circle: Circle, row: GroupMember) -> list[Unasked]:
    """Have somebody take part who came in the middle and has promised."""
    row.is_late, row.has_left, row.has_promised = False, False, True
    row.part = row.part if row.part == Part.ADVISER else None
    row.place = max((member.row.place for member in circle.members), default=-1) + 1
    now = await open_circle(turn.uow, circle.group)
    member = now.by_id(row.person_id)
    assert member is not None
    joined = [*await _bring_in(turn, now, member), *await live.someone_came(turn, now, member)]
    return [
        *joined,
        *await tell(turn, now, lambda say: say("{name} ist jetzt dabei.").format(name=escaped(member.name))),
    ]


async def _bring_in(turn: Turn | Night, circle: Circle, member: Member) -> list[Unasked]:
    """Invite somebody into the room, or have them take part from their own chat."""
    if member.row.is_inside:
        return []
    invited = await reserves.invite(turn, circle, member)
    return invited or await gathering.bring_chat(turn, circle, member)


# going


async def _let_go(turn: Turn, services: Services, circle: Circle, row: GroupMember) -> Sequence[Action]:
    was_inside, row.is_inside = row.is_inside, False
    if row.is_late:
        row.is_late = False
    if not was_inside or row.has_left:
        return []
    if circle.group.state == GroupState.GATHERING:
        # Until it begins they can come back; then they promise anew.
        row.has_promised = False
        await turn.uow.consultations.note_step(circle.number, NEWCOMER)
        return []
    return await gathering.leave(turn, services, circle, row.person_id)
