"""Brings a group together: its room is opened, or somebody makes a chat, or all take part from their chats with us."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import uuid4

from bot.errors import UserError
from bot.messages import Action, Arrange, Conversation, Order, Reply, RoomOrder, Send, Unasked
from bot.turn import Night, Services, Turn
from handlers import relay as questions
from handlers.candidates import chat_of
from handlers.peer_consultation import date_notices, date_polls, dates, live, phases, promises, relay, reserves
from handlers.peer_consultation.circle import (
    Circle,
    Member,
    Say,
    case_giver_of,
    member_of,
    open_circle,
    tell,
    whisper,
)
from handlers.peer_consultation.date_changes import ask_about_case, step_back
from knowledge.minutes import escaped
from storage.models.peer_consultation import CaseState, ConsultationGroup, GroupPlace, GroupState
from storage.models.rooms import AnswerMode, Room

LAST_MOMENT = timedelta(minutes=15)
"""So long before it begins, who is in no room takes part from their own chat with us."""
FEWEST_IN_ROOM = 2
TRIED, INVITED = "open {platform}", "invited {person}"  # steps of a group
NOT_INVITED, NEWCOMER = "not invited", "newcomer"


# each minute


async def look_after(night: Night, services: Services) -> Sequence[Unasked]:
    """Open rooms in time, welcome who came, bring in people's own chats, and have it begin."""
    said: list[Unasked] = []
    for found in await night.uow.consultations.in_state(GroupState.PLANNED, GroupState.GATHERING):
        group = await night.uow.consultations.hold(found.id or 0)
        if group is not None and group.state == GroupState.PLANNED:
            said += await prepare(night, services, group)
        elif group is not None and group.state == GroupState.GATHERING:
            said += await _gather(night, services, await open_circle(night.uow, group))
    return said


async def prepare(asking: Turn | Night, services: Services, group: ConsultationGroup) -> list[Unasked]:
    """Have a group gather on the working day before its date, at once if that is nearer.

    Where we slept through its date, it looks for another one.
    """
    if group.meets_at is None or asking.now < date_notices.day_before(services, group.meets_at, asking):
        return []
    circle = await open_circle(asking.uow, group)
    if asking.now >= promises.waited_until(asking, services, circle):
        return [*await dates.begin(asking, services, group)]
    group.state = GroupState.GATHERING
    return [] if circle.room is not None else await _open(asking, circle)


async def _gather(night: Night, services: Services, circle: Circle) -> list[Unasked]:
    said: list[Unasked] = []
    begins = circle.group.meets_at
    assert begins is not None
    if await night.uow.consultations.has_step(circle.number, NEWCOMER):
        await night.uow.consultations.forget_steps(circle.number, NEWCOMER)
        said += await promises.show(night, circle)
    if night.now >= begins - LAST_MOMENT:
        said += await _bring_chats(night, circle)
    circle = await open_circle(night.uow, circle.group)
    return [*said, *await promises.go_on(night, services, circle)]


# a room


async def _open(asking: Turn | Night, circle: Circle) -> list[Unasked]:
    """Order a room where most members are and none was tried yet; where none can be opened, ask somebody for a chat."""
    accounts = await _accounts(asking, circle)
    counts = Counter(platform for of_one in accounts.values() for platform in of_one)
    for platform, count in sorted(counts.items(), key=lambda both: (-both[1], both[0])):
        if count < FEWEST_IN_ROOM:
            continue
        if await asking.uow.consultations.note_step(circle.number, TRIED.format(platform=platform)):
            people = tuple(of_one[platform] for of_one in accounts.values() if platform in of_one)
            key = circle.group.room_key = uuid4().hex
            await _note_invited(asking, circle)
            order = RoomOrder(Order.OPEN, _name(circle), people)
            return [Arrange(Conversation(platform, f"new:{key}"), order, key)]
    return await _ask_for_chat(asking, circle, counts)


async def _note_invited(asking: Turn | Night, circle: Circle) -> None:
    """Note who is invited with the order: who comes into the group before the room is there is not."""
    for member in circle.members:
        await asking.uow.consultations.note_step(circle.number, INVITED.format(person=member.id))


def _name(circle: Circle) -> str:
    return f"Beratung {circle.number}"


async def _accounts(asking: Turn | Night, circle: Circle) -> Mapping[int, Mapping[str, str]]:
    """The members' ids by platform, by our ids."""
    return {
        member.id: {one.platform: one.person for one in await asking.uow.people.accounts(member.id)}
        for member in circle.members
    }


async def opened(night: Night, services: Services, key: str, room: Conversation) -> Sequence[Unasked]:
    """Have a group talk in the room that was opened for it; raises `LookupError` when none gathers any more."""
    group = await night.uow.consultations.by_room_key(key)
    if group is None or group.state != GroupState.GATHERING:
        raise LookupError("nobody gathers there")
    circle = await _move_in(night, await open_circle(night.uow, group), room)
    done = await night.uow.consultations.steps(circle.number)
    new = [member for member in circle.members if INVITED.format(person=member.id) not in done]
    return [order for member in new for order in await reserves.invite(night, circle, member)]


async def _move_in(asking: Turn | Night, circle: Circle, room: Conversation) -> Circle:
    """Take a room for a group: who is not on its platform takes part from their own chat with us."""
    await asking.uow.rooms.keep(
        Room(platform=room.platform, conversation_id=room.id, answer_mode=AnswerMode.CONSULTATION)
    )
    await asking.uow.consultations.add_place(
        GroupPlace(platform=room.platform, conversation_id=room.id, group_id=circle.number)
    )
    accounts = await _accounts(asking, circle)
    for member in circle.members:
        member.row.is_relayed = room.platform not in accounts[member.id]
        if not member.row.is_relayed:
            await promises.drop_chat(asking, circle, member.id)
    return await open_circle(asking.uow, circle.group)


async def report(night: Night, services: Services, key: str) -> Sequence[Unasked]:
    """Try something else when a room could not be opened; who could not be invited takes part from their own chat."""
    group = await night.uow.consultations.by_room_key(key.partition(":")[0])
    if group is None:
        return await relay.report(night, key) or await questions.report(night, services, key)
    if group.state != GroupState.GATHERING:
        return []
    if key != group.room_key:
        await night.uow.consultations.note_step(group.id or 0, NOT_INVITED)
        return []
    return await _open(night, await open_circle(night.uow, group))


# a chat that somebody makes


async def _ask_for_chat(asking: Turn | Night, circle: Circle, counts: Mapping[str, int]) -> list[Unasked]:
    """Ask the case giver, or else the first one, to make a chat where we cannot open a room."""
    if not circle.members or max(counts.values(), default=0) < FEWEST_IN_ROOM:
        return []
    giver = await case_giver_of(asking, circle)
    names = ", ".join(escaped(member.name) for member in circle.members)

    def write(say: Say) -> str:
        text = say(
            "**{name}**: Öffne bitte einen Gruppenchat mit {names} und mir. Schreib dort „@Lotsenfunk beratung "
            "{number}“. Gibt es den Chat nicht, spricht jede und jeder über den Einzelchat mit mir."
        )
        return text.format(name=_name(circle), names=names, number=circle.number)

    return [*await whisper(asking, circle, (giver or circle.members[0]).id, write)]


async def bind(turn: Turn, services: Services) -> Sequence[Action]:
    """„beratung 7“: in a chat that a member made for it, the group gathers there; elsewhere, say how far it is."""
    number = turn.number
    group = await turn.uow.consultations.hold(number) if number is not None else None
    circle = await open_circle(turn.uow, group) if group is not None else None
    member = await member_of(turn, circle) if circle is not None else None
    if circle is None or member is None:
        raise UserError(turn.say("Eine solche Beratung mit dir gibt es nicht."))
    if turn.message.conversation.is_direct:
        return [Reply(await standing(turn, circle))]
    await _check_place(turn, circle)
    there = await _move_in(turn, circle, turn.message.conversation)
    member.row.is_inside = True
    return await promises.show(turn, there)


async def standing(turn: Turn, circle: Circle) -> str:
    """How far a group is, in a sentence to one of its members."""
    group = circle.group
    if group.state == GroupState.DATING or group.meets_at is None:
        text = turn.say("Für Beratung {number} suche ich noch einen Termin.").format(number=circle.number)
        return "\n".join([text, *await date_polls.still_asked(turn, circle)])
    if group.state in (GroupState.PLANNED, GroupState.GATHERING):
        moment = date_notices.when(turn, group.meets_at)
        text = turn.say("Beratung {number} ist am {when}. „zurücktreten“ macht deinen Platz frei.")
        return text.format(number=circle.number, when=moment)
    if group.state == GroupState.RUNNING:
        return turn.say("Beratung {number} läuft gerade.").format(number=circle.number)
    return turn.say("Beratung {number} ist vorbei.").format(number=circle.number)


async def _check_place(turn: Turn, circle: Circle) -> None:
    """Refuse places that are for something else, and groups that gather nowhere or elsewhere; raises `UserError`."""
    here = turn.message.conversation
    if circle.group.state != GroupState.GATHERING:
        raise UserError(turn.say("Beratung {number} beginnt noch nicht hier.").format(number=circle.number))
    if circle.room is not None:
        raise UserError(turn.say("Beratung {number} hat schon einen Raum.").format(number=circle.number))
    address = await turn.uow.addresses.find(here.platform, here.id)
    is_channel = address is not None and address.team_id is not None
    known = [(one.platform, one.id) for one in (*await turn.rooms(), *await turn.curators())]
    is_set_up = await turn.uow.rooms.find(here.platform, here.id) is not None or turn.is_confidential
    if is_channel or is_set_up or (here.platform, here.id) in known:
        raise UserError(turn.say("Das geht nur in einem eigenen Gruppenchat, in dem sonst niemand mitliest."))


# people's own chats


async def _bring_chats(asking: Turn | Night, circle: Circle) -> list[Unasked]:
    """Have those who are in no room take part from their own chats, and tell them what that means."""
    said: list[Unasked] = []
    is_not_invited = await asking.uow.consultations.has_step(circle.number, NOT_INVITED)
    for member in circle.members:
        if circle.room is None or (is_not_invited and not member.row.is_inside):
            member.row.is_relayed = True
        if member.row.is_relayed and not any(place.person_id == member.id for place in circle.places):
            said += await bring_chat(asking, circle, member)
    return said


async def bring_chat(asking: Turn | Night, circle: Circle, member: Member) -> list[Unasked]:
    """Have somebody take part from their own chat with us from now on."""
    found = await chat_of(asking.uow, member.id)
    taken = await asking.uow.consultations.place(found[0].platform, found[0].id) if found is not None else None
    if found is None or taken is not None:
        return []
    there, _ = found
    place = GroupPlace(
        platform=there.platform,
        conversation_id=there.id,
        group_id=circle.number,
        is_direct=True,
        person_id=member.id,
    )
    await asking.uow.consultations.add_place(place)
    member.row.is_relayed = True
    await asking.uow.consultations.note_step(circle.number, NEWCOMER)
    only = Circle(circle.group, circle.plan, circle.members, [place])
    return [*await tell(asking, only, lambda say: _passed_on(say, circle))]


def _passed_on(say: Say, circle: Circle) -> str:
    text = say(
        "**{name}**: Ab jetzt geht alles, was du hier schreibst, an die Gruppe, bis zum Ende der Beratung. „raus“ "
        "beendet das."
    )
    return text.format(name=_name(circle))


# leaving


async def leave(
    asking: Turn | Night, services: Services, circle: Circle, person_id: int, *, is_for_good: bool = False
) -> list[Unasked]:
    """Somebody takes no more part: before it begins somebody else may follow, later the group goes on without them."""
    member = circle.by_id(person_id)
    if member is None:
        return []
    said: list[Unasked] = [*await _say_goodbye(asking, circle, member)]
    case = None if is_for_good else await _free_case(asking, circle, member)
    if circle.group.state in (GroupState.DATING, GroupState.PLANNED, GroupState.GATHERING):
        return [*said, *await step_back(asking, services, circle, member, is_for_good=is_for_good)]
    said += await promises.remove(asking, circle, person_id)
    member.row.has_left, member.row.is_inside = True, False
    left = await open_circle(asking.uow, circle.group)
    if circle.group.state == GroupState.RUNNING:
        # Whoever is to be forgotten is not named once more.
        said += await tell(asking, left, lambda say: _gone(say, left, None if is_for_good else member))
        said += await live.someone_left(asking, services, left, member)
    return said if case is None else [*said, *await ask_about_case(asking, member, case)]


async def _free_case(asking: Turn | Night, circle: Circle, member: Member) -> int | None:
    """Have the case of a round wait again if its giver leaves before anybody could advise; its number, if it does."""
    case = await asking.uow.rounds.case(circle.group.case_id) if circle.group.case_id is not None else None
    phase = circle.phase if circle.group.state == GroupState.RUNNING else None
    if case is None or case.person_id != member.id or phase is None:
        return None
    if phases.place_for_advice(circle, phase) is None:
        return None
    case.state, circle.group.case_id = CaseState.WAITING, None
    return case.id


async def leave_all(asking: Turn | Night, services: Services, person_id: int) -> list[Unasked]:
    """Have somebody leave all groups that they belong to: they are no supporter any more, or are to be forgotten."""
    said: list[Unasked] = []
    for found in await asking.uow.consultations.of_person(person_id):
        group = await asking.uow.consultations.hold(found.id or 0)
        if group is not None:
            circle = await open_circle(asking.uow, group)
            said += await leave(asking, services, circle, person_id, is_for_good=True)
    return said


async def _say_goodbye(asking: Turn | Night, circle: Circle, member: Member) -> list[Send]:
    found = await chat_of(asking.uow, member.id)
    if found is None:
        return []
    there, person = found
    say = asking.say_to(there)
    text = say("Du bist nicht mehr in Beratung {number}. Was dort gesagt wurde, bleibt dort.")
    is_relayed = any(place.person_id == member.id for place in circle.places)
    alone = [say("Was du jetzt schreibst, geht wieder nur an mich.")] if is_relayed else []
    return [Send(there, " ".join([text.format(number=circle.number), *alone]), person=person)]


def _gone(say: Say, left: Circle, member: Member | None) -> str:
    if member is None:
        text = say("Eine Person ist nicht mehr dabei.")
    else:
        text = say("{name} ist nicht mehr dabei.").format(name=escaped(member.name))
    if left.group.state == GroupState.RUNNING and len(left.members) == FEWEST_IN_ROOM:
        rest = say("Zu zweit geht es als Gespräch weiter. „ende“ beendet die Beratung.")
        return f"{text} {rest}"
    return text
