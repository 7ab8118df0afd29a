"""Splits those who come to a meeting into groups of ever other people (wechselnde Halbgruppen), and tells them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations
from uuid import uuid4

from bot.errors import UserError
from bot.messages import Action, Change, Conversation, Reply, Send
from bot.turn import Night, Services, Turn
from handlers import candidates
from handlers.ask import LONGEST_NAME, shortened
from handlers.jour_fixe import rota
from handlers.jour_fixe.appointments import begin_of, check_coordinator, check_supporter, rooms_of, upcoming, when
from knowledge.half_groups import Groups, rebalanced, split
from knowledge.timetable import Step
from storage.models.jour_fixe import JourFixe, Meeting, MeetingPost, MeetingState, Shows

SMALLEST = 3
"""Fewer people are no group of their own."""
SPLIT = "groups"  # steps of a meeting
MET = "met"
REMEMBERED_FOR = timedelta(days=14)


async def look_after(night: Night, services: Services) -> Sequence[Send | Change]:
    """Split those who come as soon as the agenda of a meeting stands."""
    said: list[Send | Change] = []
    for series, meeting in await upcoming(night):
        assert meeting.id is not None
        if series.groups > 1 and meeting.state == MeetingState.PLANNED and night.now < begin_of(series, meeting):
            steps = await night.uow.jour_fixe.steps(meeting.id)
            if Step.AGENDA in steps and SPLIT not in steps and await night.uow.jour_fixe.note_step(meeting.id, SPLIT):
                said += await _split(night, services, series, meeting, meeting.id)
    return said


async def adjust_all(night: Night, services: Services) -> Sequence[Send | Change]:
    """At night: fill the places of those who meanwhile pause or have left, and remember who met."""
    said: list[Send | Change] = []
    for series in await night.uow.jour_fixe.all(night.today - REMEMBERED_FOR):
        if series.groups > 1:
            await _remember(night, series)
    for series, meeting in await upcoming(night):
        said += await adjust(night, services, series, meeting)
    return said


async def _remember(night: Night, series: JourFixe) -> None:
    """Note who sat together at the meetings that are over, for the next split."""
    assert series.id is not None
    for meeting in await night.uow.jour_fixe.meetings(series.id, night.today - REMEMBERED_FOR):
        is_over = meeting.state == MeetingState.HELD or (
            meeting.state == MeetingState.PLANNED and meeting.day < night.today
        )
        if is_over and await night.uow.jour_fixe.note_step(meeting.id or 0, MET):
            groups = await _groups(night, meeting)
            pairs = [pair for group in groups for pair in combinations(group, 2)]
            await night.uow.attendance.sit_together(series.id, pairs, meeting.day)


async def adjust(turn: Turn | Night, services: Services, series: JourFixe, meeting: Meeting) -> Sequence[Send | Change]:
    """Fit the groups of a meeting to those who come now, moving as few as possible; who moves is told."""
    assert meeting.id is not None
    before = await _groups(turn, meeting)
    if series.groups < 2 or not before or turn.now >= begin_of(series, meeting):
        return []
    people = await _coming(turn, services, meeting)
    if people.keys() == {person for group in before for person in group}:
        return []
    after = rebalanced(before, people, await _together(turn, series))
    await _keep(turn, meeting, after)
    was = {person: number for number, group in enumerate(before) for person in group}
    moved = [person for number, group in enumerate(after) for person in group if was.get(person) != number]
    return [*await _tell(turn, series, meeting, after, moved), *await _shown_anew(turn, series, meeting, after)]


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """„gruppen“: who sits in which group at the next meeting that has some."""
    check_supporter(turn)
    near = await upcoming(turn)
    for series, meeting in near:
        if groups := await _groups(turn, meeting):
            return [Reply(await _listed(turn, turn.say, series, meeting, groups))]
    if any(series.groups > 1 for series, _ in near):
        raise UserError(turn.say("Gruppen gibt es noch keine. Erst steht die Tagesordnung, dann die Gruppen."))
    raise UserError(_undivided(turn.say))


async def split_anew(turn: Turn, services: Services) -> Sequence[Action]:
    """„gruppen neu“: the coordinators have the next meeting split once more."""
    check_coordinator(turn)
    for series, meeting in await upcoming(turn):
        if series.groups > 1 and turn.now < begin_of(series, meeting):
            assert meeting.id is not None
            await turn.uow.jour_fixe.hold_meeting(meeting.id)
            await turn.uow.jour_fixe.note_step(meeting.id, SPLIT)
            said = await _split(turn, services, series, meeting, candidates.RANDOM.randrange(2**32))
            if groups := await _groups(turn, meeting):
                return [Reply(await _listed(turn, turn.say, series, meeting, groups)), *said]
            raise UserError(turn.say("Für mehrere Gruppen sind es zu wenige."))
    raise UserError(_undivided(turn.say))


def _undivided(say: Callable[[str], str]) -> str:
    return say("Kein Jour fixe wird in Gruppen geteilt. „jour fixe“ zeigt, was geplant ist.")


async def _split(
    turn: Turn | Night, services: Services, series: JourFixe, meeting: Meeting, seed: int
) -> Sequence[Send | Change]:
    people = await _coming(turn, services, meeting)
    count = min(series.groups, len(people) // SMALLEST)
    groups = split(people, count, await _together(turn, series), seed) if count > 1 else ()
    await _keep(turn, meeting, groups)
    if await turn.uow.jour_fixe.posts(meeting.id or 0, Shows.GROUPS):
        told = await _tell(turn, series, meeting, groups, sorted(people)) if groups else []
        return [*told, *await _shown_anew(turn, series, meeting, groups)]
    if not groups:
        return []
    # Who reads the list in a room need not hear it twice.
    told = await _tell(turn, series, meeting, groups, await _far_from_rooms(turn, series, people))
    return [*told, *await _posted(turn, series, meeting, groups)]


async def _far_from_rooms(turn: Turn | Night, series: JourFixe, people: Collection[int]) -> Sequence[int]:
    """Those on whose platform no room hears of a series."""
    platforms = {room.platform for room in await rooms_of(turn, series)}
    chats = {person: await candidates.chat_of(turn.uow, person) for person in sorted(people)}
    return [person for person, chat in chats.items() if chat is not None and chat[0].platform not in platforms]


async def _coming(turn: Turn | Night, services: Services, meeting: Meeting) -> Mapping[int, str | None]:
    """By our id, the departments of those who did not say no and are not away."""
    members = await rota.members(turn)
    away = await rota.absent(turn, meeting, members)
    departments = {}
    for person_id in members.keys() - away:
        person = await turn.uow.people.get(person_id)
        said = (person.department if person else None) or ""
        found = services.house.departments.find(said) if said else None
        departments[person_id] = found.name if found else said.casefold() or None
    return departments


async def _together(turn: Turn | Night, series: JourFixe) -> Mapping[frozenset[int], date]:
    met = await turn.uow.attendance.companions(series.id or 0)
    return {frozenset(pair): day for pair, day in met.items()}


async def _groups(turn: Turn | Night, meeting: Meeting) -> Groups:
    """The groups as they are kept; none before the split."""
    rows = [one for one in await turn.uow.attendance.all(meeting.id or 0) if one.group is not None]
    count = max((one.group or 0 for one in rows), default=0)
    return tuple(tuple(one.person_id for one in rows if one.group == number) for number in range(1, count + 1))


async def _keep(turn: Turn | Night, meeting: Meeting, groups: Groups) -> None:
    assert meeting.id is not None
    for one in await turn.uow.attendance.all(meeting.id):
        one.group = None
    for number, group in enumerate(groups, start=1):
        for person in group:
            (await turn.uow.attendance.of(meeting.id, person)).group = number


# telling


async def _tell(
    turn: Turn | Night, series: JourFixe, meeting: Meeting, groups: Groups, whom: Sequence[int]
) -> Sequence[Send]:
    """Tell people, each alone, in which group they are."""
    said = []
    number_of = {person: number for number, group in enumerate(groups, start=1) for person in group}
    for person in whom:
        if (chat := await candidates.chat_of(turn.uow, person)) is not None:
            text = turn.say_to(chat[0])("{title}, {when}: Du bist in Gruppe {number}. „gruppen“ zeigt, wer dabei ist.")
            facts = {"title": series.title, "when": when(series, meeting), "number": number_of[person]}
            said.append(Send(chat[0], text.format(**facts)))
    return said


async def _posted(turn: Turn | Night, series: JourFixe, meeting: Meeting, groups: Groups) -> Sequence[Send]:
    said = []
    for room in await rooms_of(turn, series):
        key = uuid4().hex
        shown = MeetingPost(
            key=key,
            meeting_id=meeting.id or 0,
            shows=Shows.GROUPS,
            platform=room.platform,
            conversation_id=room.id,
            is_direct=room.is_direct,
        )
        await turn.uow.jour_fixe.add_post(shown)
        said.append(Send(room, await _listed(turn, turn.say_to(room), series, meeting, groups), key=key))
    return said


async def _shown_anew(turn: Turn | Night, series: JourFixe, meeting: Meeting, groups: Groups) -> Sequence[Change]:
    changed = []
    for post in await turn.uow.jour_fixe.posts(meeting.id or 0, Shows.GROUPS):
        room = Conversation(post.platform, post.conversation_id, post.is_direct)
        changed.append(Change(post.key, room, await _listed(turn, turn.say_to(room), series, meeting, groups)))
    return changed


async def _listed(
    turn: Turn | Night, say: Callable[[str], str], series: JourFixe, meeting: Meeting, groups: Groups
) -> str:
    """All groups with the names of those in them, by the alphabet: people have to find each other."""
    parts = [say("Gruppen für „{title}“ am {when}:").format(title=series.title, when=when(series, meeting))]
    for number, group in enumerate(groups, start=1):
        people = [await turn.uow.people.get(person) for person in group]
        names = sorted((shortened(one.name, LONGEST_NAME) for one in people if one is not None), key=str.casefold)
        parts.append(say("**Gruppe {number}**: {names}").format(number=number, names=", ".join(names)))
    return "\n\n".join(parts)
