"""Who of a round may be put into a group, what they may not be together with, and by which format a group works."""

from collections.abc import Sequence

from bot.turn import Night, Services, Turn
from handlers import candidates
from handlers.peer_consultation.circle import Circle
from knowledge.consultation_formats import Format
from knowledge.consultation_groups import SIZES, Case, Participant, Sizes
from storage.models.peer_consultation import CaseState, ConsultationGroup, ConsultationRound, Mode, Participation

SMALLEST = 3
"""With fewer people nobody consults."""


async def available(asking: Turn | Night, one: ConsultationRound) -> list[Participation]:
    """Who takes part in a round, can be written to, is still a supporter and does not pause all the while."""
    found = []
    for taking_part in await asking.uow.rounds.participants(one.id or 0):
        person_id = taking_part.person_id
        if await candidates.chat_of(asking.uow, person_id) is None:
            continue
        if await candidates.is_supporter(asking, person_id) and not await _pauses(asking, one, person_id):
            found.append(taking_part)
    return found


async def _pauses(asking: Turn | Night, one: ConsultationRound, person_id: int) -> bool:
    portrait = await asking.uow.people.portrait(person_id)
    days = (max(one.starts_on, asking.today), one.ends_on)
    return portrait is not None and all(candidates.is_paused(portrait, day) for day in days)


async def participants(asking: Turn | Night, taking_part: Sequence[Participation]) -> list[Participant]:
    """What counts of people when groups are formed."""
    found = []
    for one in taking_part:
        person = await asking.uow.people.get(one.person_id)
        accounts = await asking.uow.people.accounts(one.person_id)
        platforms = {
            account.platform
            for account in accounts
            if await asking.uow.addresses.direct_chat(account.platform, account.person) is not None
        }
        department = person.department if person is not None else None
        found.append(Participant(one.person_id, department, one.leads, one.can_moderate, frozenset(platforms)))
    return found


async def cases(asking: Turn | Night, people: Sequence[Participant], mode: Mode) -> list[Case]:
    """The cases of these people, with whom they do not want there; only those that wait for this mode want a group."""
    found = []
    for person in people:
        for one in await asking.uow.rounds.cases_of(person.id):
            assert one.id is not None
            found.append(
                Case(
                    id=one.id,
                    giver=person.id,
                    waiting_since=one.waiting_since,
                    is_urgent=one.is_urgent,
                    may_relay=one.may_relay,
                    vetoed=await asking.uow.rounds.vetoes(one.id),
                    is_for_later=one.state != CaseState.WAITING or one.mode != mode,
                )
            )
    return found


def sizes(services: Services, one: ConsultationRound) -> list[Sizes]:
    """How large the groups of a round may be: by the format that it wishes, then by those that fit without a wish."""
    wished = services.house.formats.get(one.format)
    usual = [plan for plan in services.house.formats.values() if plan.is_default and plan.mode == one.mode]
    found = [_sizes(wished)] if wished is not None and wished.mode == one.mode else []
    return [*found, SIZES if one.mode == Mode.LIVE or len(usual) != 1 else _sizes(usual[0])]


def _sizes(plan: Format) -> Sizes:
    low, high = plan.best
    return Sizes(smallest=low, best=(low + high + 1) // 2, largest=plan.largest, fewest=plan.smallest)


def plan_for(services: Services, people: int, mode: Mode, *wishes: str) -> Format | None:
    """The format by which so many people work: the first of those that are wished for, else the usual one."""
    formats = services.house.formats
    wished = [formats[name] for name in wishes if name in formats]
    usual = sorted(formats.values(), key=lambda plan: not plan.is_default)
    fitting = (plan for plan in (*wished, *usual) if plan.mode == mode and plan.fits(people))
    return next(fitting, None)


def fewest(services: Services, group: ConsultationGroup, people: int) -> int:
    """How many of so many people a group needs at least: fewer than its form wants work by a smaller one."""
    mode = Mode(group.mode)
    able = [count for count in range(SMALLEST, people + 1) if plan_for(services, count, mode) is not None]
    own = Format.from_json(group.plan).smallest
    return min([own, *able])


def plan_anew(services: Services, circle: Circle) -> bool:
    """Have a group work by a form that fits its size, its present one if that does; False if there is none."""
    people = len(circle.members)
    if circle.plan.fits(people):
        return True
    plan = plan_for(services, people, Mode(circle.group.mode))
    if plan is not None:
        circle.group.plan = plan.as_json()
    return plan is not None
