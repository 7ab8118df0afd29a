"""Forms the groups of a round that closes, tells each one alone who is with them, and has them find their dates.

The coordinators hear how many groups there are, of which sizes, and no more.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time

from bot.messages import Send, Unasked
from bot.turn import Night, Services, Turn
from handlers import candidates
from handlers.ask import LONGEST_NAME, shortened
from handlers.peer_consultation import dates, pool, rounds, waiting_cases
from handlers.peer_consultation.circle import Circle, Say, case_giver_of, open_circle, whisper
from knowledge import consultation_groups
from knowledge.consultation_formats import Format, Laps
from knowledge.consultation_groups import Formation, Group, Participant, Reason
from knowledge.minutes import escaped
from storage.models.peer_consultation import (
    CaseState,
    ConsultationCase,
    ConsultationGroup,
    ConsultationRound,
    GroupMember,
    Mode,
    RoundState,
)

NOON, MORNING = time(12), time(9)


async def form(asking: Turn | Night, services: Services, one: ConsultationRound) -> list[Unasked]:
    """Form the groups of an open round that is held.

    Where there are none, people can join for some days more; when no time is left for that, it does not come about.
    """
    if one.state != RoundState.OPEN:
        return []
    taking_part = await pool.available(asking, one)
    people = await pool.participants(asking, taking_part)
    formation = await _formation(asking, services, one, people)
    if not formation.groups:
        return [*await _put_off(asking, services, one, formation.reason or Reason.TOO_FEW)]
    one.state = RoundState.FORMED
    for person in taking_part:
        person.is_reserve = person.person_id in formation.reserves
    said: list[Unasked] = []
    for found in formation.groups:
        said += await _begin(asking, services, one, found, people)
    said += await _tell_those_left(asking, formation)
    return [*said, *await _tell_coordinators(asking, one, lambda say: _sizes(say, one, formation))]


async def _formation(
    asking: Turn | Night, services: Services, one: ConsultationRound, people: Sequence[Participant]
) -> Formation:
    """The groups, by the wished format if that is possible.

    While it searches, others are heard, but nobody joins or leaves: the lock stays taken, for a fraction of a second.
    """
    cases, together = await pool.cases(asking, people, Mode(one.mode)), await asking.uow.rounds.partners()
    seed = candidates.RANDOM.randrange(2**32)
    formation = Formation(reason=Reason.TOO_FEW)
    for sizes in pool.sizes(services, one):
        departments = services.house.departments
        found = await asyncio.to_thread(consultation_groups.form, people, cases, together, departments, seed, sizes)
        formation = _led(services, one, found)
        if formation.groups:
            break
    return formation


def _led(services: Services, one: ConsultationRound, formation: Formation) -> Formation:
    """Without the groups for whose size the house has no format; their people are reserves."""
    groups = [group for group in formation.groups if pool.plan_for(services, len(group.members), Mode(one.mode))]
    placed = {person for group in groups for person in group.members}
    left = {person for group in formation.groups for person in group.members} - placed
    reserves = tuple(sorted({*formation.reserves, *left}))
    return replace(formation, groups=tuple(groups), reserves=reserves)


async def _begin(
    asking: Turn | Night, services: Services, one: ConsultationRound, found: Group, people: Sequence[Participant]
) -> list[Unasked]:
    """Keep a group, tell its members who is with them, and have them find a date."""
    case = await asking.uow.rounds.case(found.case) if found.case is not None else None
    plan = pool.plan_for(services, len(found.members), Mode(one.mode), case.format if case else "", one.format)
    assert plan is not None  # see _led
    kept = await _keep(asking, one, found, case, plan, people)
    circle = await open_circle(asking.uow, kept)
    said: list[Unasked] = []
    for member in circle.members:
        said += await tell_member(asking, circle, member.id)
    return [*said, *await dates.begin(asking, services, kept)]


async def _keep(
    asking: Turn | Night,
    one: ConsultationRound,
    found: Group,
    case: ConsultationCase | None,
    plan: Format,
    people: Sequence[Participant],
) -> ConsultationGroup:
    able = {person.id for person in people if person.can_moderate}
    order = candidates.RANDOM.sample(found.members, len(found.members))
    if case is not None:
        case.state = CaseState.TAKEN
        waiting_cases.renew(case, asking.today)
        order.sort(key=lambda person: person != case.person_id)
    kept = ConsultationGroup(
        round_id=one.id,
        case_id=case.id if case else None,
        title=case.title if case else "",
        mode=Mode(one.mode),
        plan=plan.as_json(),
    )
    members = [
        GroupMember(group_id=0, person_id=person, place=place, can_moderate=person in able)
        for place, person in enumerate(order)
    ]
    await asking.uow.consultations.add(kept, members)
    return kept


# telling


async def tell_member(asking: Turn | Night, circle: Circle, person_id: int) -> list[Send]:
    """Tell somebody alone which group they are in: who is with them, whose case it is, and how it works."""
    giver = await case_giver_of(asking, circle) if circle.group.case_id is not None else None
    facts = {"number": circle.number, "count": len(circle.members), "names": others(circle, person_id)}

    def write(say: Say) -> str:
        lines = [say("**Beratung {number}**: Die Gruppe steht, mit {count} Personen.").format(**facts)]
        lines.append(say("- Mit dir dabei: {names}").format(**facts))
        if giver is not None and giver.id == person_id:
            lines.append(say("- Fall: deiner, „{title}“").format(title=escaped(circle.group.title)))
        elif giver is not None:
            case = {"title": escaped(circle.group.title), "name": escaped(shortened(giver.name, LONGEST_NAME))}
            lines.append(say("- Fall: „{title}“, von {name}").format(**case))
        elif circle.plan.laps is Laps.EACH:
            lines.append(say("- Fall: Alle bringen einen eigenen mit"))
        else:
            lines.append(say("- Fall: Den wählt die Gruppe zu Beginn"))
        lines.append(say("- Ablauf: {format}").format(format=circle.plan.title))
        lines.append(say("- Kannst du doch nicht? Dann schreib „zurücktreten“."))
        return "\n".join(lines)

    return await whisper(asking, circle, person_id, write)


def others(circle: Circle, person_id: int) -> str:
    """The names of those with whom somebody is in a group, for its members alone."""
    names = [member.name for member in circle.members if member.id != person_id]
    return ", ".join(sorted((escaped(shortened(name, LONGEST_NAME)) for name in names), key=str.casefold))


async def _tell_those_left(asking: Turn | Night, formation: Formation) -> list[Send]:
    """Tell reserves that they are, and everybody whose case still waits why."""
    waiting: dict[int, tuple[ConsultationCase, Reason]] = {}
    for number, reason in formation.waiting.items():
        if (case := await asking.uow.rounds.case(number)) is not None:
            waiting.setdefault(case.person_id, (case, reason))
    said = []
    for person_id in sorted({*formation.reserves, *waiting}):
        if (chat := await candidates.chat_of(asking.uow, person_id)) is not None:
            say = asking.say_to(chat[0])
            parts = [_reserve(say)] if person_id in formation.reserves else []
            parts += [_waits(say, *waiting[person_id])] if person_id in waiting else []
            said.append(Send(chat[0], " ".join(parts), person=chat[1]))
    return said


def _reserve(say: Say) -> str:
    return say(
        "Diesmal bist du Reserve: Wird ein Platz frei, frage ich dich. Die Gruppen mische ich nach mehreren Regeln."
    )


def _waits(say: Say, case: ConsultationCase, reason: Reason) -> str:
    texts: Mapping[Reason, str] = {
        Reason.TOO_MANY_CASES: say("Dein Fall „{title}“ wartet noch: Es gab mehr Fälle als Gruppen."),
        Reason.PLATFORMS: say(
            "Dein Fall „{title}“ wartet noch: Auf deiner Plattform sind zu wenige dabei. Mit „mein fall“ kannst du "
            "auch andere zulassen."
        ),
    }
    other = say("Dein Fall „{title}“ wartet noch: Diesmal kam keine Gruppe dafür zustande.")
    return texts.get(reason, other).format(title=escaped(case.title))


def _sizes(say: Say, one: ConsultationRound, formation: Formation) -> str:
    """How many groups there are of which sizes, the largest first, and what follows."""
    found = Counter(len(one.members) for one in formation.groups)
    listed = ", ".join(
        (say("eine mit {size} Personen") if count == 1 else say("{count} mit {size} Personen")).format(
            count=count, size=size
        )
        for size, count in sorted(found.items(), reverse=True)
    )
    if one.mode == Mode.WRITTEN:
        return say("Die Gruppen stehen: {sizes}. Beraten wird schriftlich.").format(sizes=listed)
    return say("Die Gruppen stehen: {sizes}. Als Nächstes folgen die Termine.").format(sizes=listed)


async def _tell_coordinators(asking: Turn | Night, one: ConsultationRound, write: Callable[[Say], str]) -> list[Send]:
    said = []
    for place in await asking.coordinators():
        say = asking.say_to(place)
        heading = say("**Kollegiale Beratung** {days}").format(days=rounds.days(say, one))
        said.append(Send(place, f"{heading}\n\n{write(say)}"))
    return said


# when there are none


async def _put_off(asking: Turn | Night, services: Services, one: ConsultationRound, reason: Reason) -> list[Send]:
    """Have people join for longer while there is time, else call it off; the coordinators hear what they can do."""
    later = _later(asking, services, one)
    if later is None:
        one.state = RoundState.CANCELLED
        told = await rounds.tell_called_off(asking, one)
        return [*told, *await _tell_coordinators(asking, one, lambda say: _called_off(say, reason))]
    one.closes_at, one.is_reminded = later, True
    moment = rounds.closes(asking, one)
    return await _tell_coordinators(asking, one, lambda say: _goes_on(say, reason, moment))


def _later(asking: Turn | Night, services: Services, one: ConsultationRound) -> datetime | None:
    """Until when people can still join: as before, else until noon of the next working day; None when that is late."""
    if one.closes_at > asking.now:
        return one.closes_at
    last = one.starts_on if one.mode == Mode.WRITTEN else one.ends_on
    day = services.house.working_days.after(asking.today, 1)
    moment = datetime.combine(day, NOON, asking.now.tzinfo)
    return moment if moment <= datetime.combine(last, MORNING, asking.now.tzinfo) else None


def _why(say: Say, reason: Reason) -> str:
    if reason is Reason.TOO_FEW:
        return say("Es kommt keine Gruppe zustande: Dabei sind weniger als drei, die Zeit haben.")
    return say(
        "Es kommt keine Gruppe zustande, die zu allen Regeln passt: niemand mit den eigenen Leuten, eine gemeinsame "
        "Plattform, die Wünsche zum Fall."
    )


def _goes_on(say: Say, reason: Reason, moment: str) -> str:
    rest = say("Anmelden geht noch bis {moment}. Drei genügen für eine Troika.").format(moment=moment)
    return f"{_why(say, reason)} {rest} " + say("„runde verlängern“ und „runde absagen“ ändern das.")


def _called_off(say: Say, reason: Reason) -> str:
    rest = say("Die Runde findet nicht statt. Fälle warten auf die nächste.")
    return f"{_why(say, reason)} {rest} " + say("„kollegiale Beratung in KW 50“ ruft eine neue aus.")
