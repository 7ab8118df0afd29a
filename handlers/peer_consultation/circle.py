"""A group with all that is known of it, and how something is said to it: to all of it, or to one of them alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from bot.errors import UserError
from bot.messages import Change, Choice, Conversation, Offer, Send
from bot.turn import Night, Turn
from handlers.candidates import chat_of
from knowledge.consultation_formats import Does, Format, Laps, Phase
from knowledge.consultation_methods import find
from storage.database import UnitOfWork
from storage.models.peer_consultation import (
    ConsultationGroup,
    GroupMember,
    GroupPlace,
    GroupPost,
    GroupShows,
    GroupState,
    Part,
)

BEFORE = (GroupState.DATING, GroupState.PLANNED, GroupState.GATHERING)
"""States of groups that have not begun."""

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a group, with the name that others see."""

    row: GroupMember
    name: str

    @property
    def id(self) -> int:
        """Our id of the person."""
        return self.row.person_id


@dataclass(frozen=True, slots=True)
class Circle:
    """A group, the format by which it consults, those who belong to it, in their order, and where it talks."""

    group: ConsultationGroup
    plan: Format
    members: Sequence[Member]
    places: Sequence[GroupPlace]

    @property
    def number(self) -> int:
        """The number of the group: „Beratung 7“."""
        assert self.group.id is not None
        return self.group.id

    @property
    def phase(self) -> Phase | None:
        """The phase that it is in, by the chosen method; None before it begins and when it is over."""
        if not self.group.phase:
            return None
        phase, method = self.plan.phase(self.group.phase), find(self.group.method)
        return method.applied(phase) if method is not None and phase.does is Does.ADVICE else phase

    @property
    def room(self) -> Conversation | None:
        """Its own room, if it has one."""
        found = next((place for place in self.places if not place.is_direct), None)
        return conversation(found) if found else None

    def of(self, part: Part) -> Sequence[Member]:
        """Who has a part."""
        return [member for member in self.members if member.row.part == part]

    def by_id(self, person_id: int) -> Member | None:
        """Somebody by our id."""
        return next((member for member in self.members if member.id == person_id), None)

    @property
    def case_giver(self) -> Member | None:
        """Whose case it is now; where each one is case giver once, by their places."""
        if self.plan.laps is Laps.EACH:
            return next((member for member in self.members if member.row.place == self.group.lap), None)
        return next(iter(self.of(Part.CASE_GIVER)), None)

    @property
    def moderator(self) -> Member | None:
        """Who leads; None while the bot keeps the form alone."""
        return next(iter(self.of(Part.MODERATOR)), None)


def conversation(place: GroupPlace | GroupPost) -> Conversation:
    """The conversation that a row names."""
    return Conversation(place.platform, place.conversation_id, is_direct=place.is_direct)


async def open_circle(uow: UnitOfWork, group: ConsultationGroup) -> Circle:
    """A group as it is now; who left it is not among its members."""
    assert group.id is not None
    rows = [row for row in await uow.consultations.members(group.id) if not row.has_left]
    people = [(row, await uow.people.get(row.person_id)) for row in rows]
    members = [Member(row, person.name) for row, person in people if person is not None]
    return Circle(group, Format.from_json(group.plan), members, await uow.consultations.places(group.id))


async def circle_here(turn: Turn) -> Circle | None:
    """The group whose place this conversation is, held for a change; None if it is none."""
    here = turn.message.conversation
    place = await turn.uow.consultations.place(here.platform, here.id)
    group = await turn.uow.consultations.hold(place.group_id) if place else None
    return await open_circle(turn.uow, group) if group is not None else None


async def own_circle(turn: Turn, *states: GroupState) -> Circle:
    """The group that is meant: that of this conversation, or the only one of the sender; raises `UserError`.

    With `states` it must be in one of them. It is held for a change.
    """
    here = await circle_here(turn)
    if here is not None and (not states or here.group.state in states):
        return here
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    groups = await turn.uow.consultations.of_person(person.id or 0, *states) if person is not None else []
    if here is not None or not groups:
        raise UserError(turn.say("Dazu läuft gerade keine kollegiale Beratung mit dir."))
    if len(groups) > 1:
        numbers = ", ".join(str(group.id) for group in groups)
        text = turn.say("Du bist in mehreren Beratungen: {numbers}. Schreib es bitte in deren Raum.")
        raise UserError(text.format(numbers=numbers))
    held = await turn.uow.consultations.hold(groups[0].id or 0)
    assert held is not None
    return await open_circle(turn.uow, held)


async def member_of(turn: Turn, circle: Circle) -> Member | None:
    """The sender as a member of a group; None for anybody else."""
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    return circle.by_id(person.id or 0) if person is not None else None


async def own_group(turn: Turn, number: int) -> tuple[Circle, Member]:
    """A group of the sender by its number, held for a change; raises `UserError`."""
    group = await turn.uow.consultations.hold(number)
    circle = await open_circle(turn.uow, group) if group is not None else None
    member = await member_of(turn, circle) if circle is not None else None
    if circle is None or member is None:
        raise UserError(turn.say("Diese Beratung gibt es nicht mehr."))
    return circle, member


async def case_giver_of(asking: Turn | Night, circle: Circle) -> Member | None:
    """Whose case brought the group together; None where the case is found only in the round."""
    number = circle.group.case_id
    case = await asking.uow.rounds.case(number) if number is not None else None
    return circle.by_id(case.person_id) if case is not None else next(iter(circle.of(Part.CASE_GIVER)), None)


# saying something


async def tell(
    asking: Turn | Night,
    circle: Circle,
    write: Callable[[Say], str],
    offer: Callable[[Say], Offer | None] | None = None,
    shows: GroupShows = GroupShows.OTHER,
    but: Conversation | None = None,
) -> list[Send]:
    """Say something wherever a group talks, `but` one place; all of it is deleted when the round is over.

    Anybody there may take a choice: whether it counts, its handler decides.
    """
    said = []
    for place in circle.places:
        there = conversation(place)
        if there == but:
            continue
        post = await _note(asking, circle, there, shows)
        say = asking.say_to(there)
        said.append(Send(there, write(say), offer(say) if offer else None, key=post.key))
    return said


async def retell(
    asking: Turn | Night,
    circle: Circle,
    write: Callable[[Say], str],
    offer: Callable[[Say], Offer | None] | None,
    shows: GroupShows,
) -> list[Change]:
    """Give the messages of ours that show something a new text and offer."""
    changes = []
    for post in await asking.uow.consultations.posts(circle.number, shows):
        there = conversation(post)
        say = asking.say_to(there)
        changes.append(Change(post.key, there, write(say), offer(say) if offer else None))
    return changes


async def settle(asking: Turn | Night, circle: Circle, write: Callable[[Say], str], shows: GroupShows) -> list[Change]:
    """Give the messages of ours that show something their last text; they stay to be deleted with the others."""
    changes = await retell(asking, circle, write, None, shows)
    for post in await asking.uow.consultations.posts(circle.number, shows):
        post.shows = GroupShows.OTHER
    return changes


async def whisper(
    asking: Turn | Night,
    circle: Circle,
    person_id: int,
    write: Callable[[Say], str],
    offer: Callable[[Say], Offer | None] | None = None,
    shows: GroupShows = GroupShows.OTHER,
) -> list[Send]:
    """Say something to one of them alone, in their direct chat; nothing where they have none with us.

    It is deleted when the round is over.
    """
    found = await chat_of(asking.uow, person_id)
    if found is None:
        return []
    there, person = found
    post = await _note(asking, circle, there, shows)
    say = asking.say_to(there)
    return [Send(there, write(say), offer(say) if offer else None, person=person, key=post.key)]


async def _note(asking: Turn | Night, circle: Circle, there: Conversation, shows: GroupShows) -> GroupPost:
    post = GroupPost(
        key=uuid4().hex,
        group_id=circle.number,
        shows=shows,
        platform=there.platform,
        conversation_id=there.id,
        is_direct=there.is_direct,
    )
    await asking.uow.consultations.add_post(post)
    return post


def choices(say: Say, circle: Circle, words: Sequence[tuple[str, str]]) -> tuple[Choice, ...]:
    """Choices about a group as it is now, by word and label: who presses an old one is shown where it stands."""
    data = {"group": str(circle.number), "phase": circle.group.phase, "lap": str(circle.group.lap)}
    return tuple(Choice(word, say(label), {**data, "do": word}) for word, label in words)
