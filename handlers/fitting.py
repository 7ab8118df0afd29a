"""Tells who fits a support request and who is missing, as far as others may know."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.turn import Night, Services, Turn
from handlers import candidates
from handlers.ask import LONGEST_LABEL, LONGEST_NAME, shortened
from handlers.candidates import RANDOM, Found
from handlers.request_cards import Say, kind_of, requester_id
from knowledge.assignment import Candidate, DepartmentRule, Obstacle, tandems
from storage.models.requests import Answer, SupportRequest

LONGEST_NOTE = 60


@dataclass(frozen=True, slots=True)
class Options:
    """Who may be asked: each of `groups` is one person, or two who would work as a tandem."""

    found: Found
    groups: Sequence[tuple[int, ...]]
    lacks_tandem: bool = False


async def options(turn: Turn | Night, services: Services, request: SupportRequest) -> Options:
    """Everybody who fits and was not asked yet, in random order; as tandems where the kind wants it."""
    kind = kind_of(services, request)
    known = await turn.uow.requests.candidates(request.id or 0)
    found = await candidates.find(
        turn,
        services,
        request.goal,
        kind,
        asker=await requester_id(turn, request),
        department=request.department,
        refused=[one.person_id for one in known],
        offering=kind.label,
    )
    with_us = [one.person_id for one in known if one.answer in (Answer.ASKED, Answer.ACCEPTED)]
    accepted = sum(1 for one in known if one.answer == Answer.ACCEPTED)
    singles = [(one.person_id,) for one in found.selection.fitting]
    if request.places + accepted < 2:
        return Options(found, singles)
    pairs = await _tandems(turn, services, found, with_us)
    return Options(found, pairs or singles, lacks_tandem=not pairs)


async def _tandems(
    turn: Turn | Night, services: Services, found: Found, with_us: Collection[int]
) -> Sequence[tuple[int, ...]]:
    """Pairs of those who fit, or partners of the one who is there already, said by the missing ones."""
    partners = [_as_candidate(found, person_id) for person_id in with_us if person_id in found.people]
    past = await turn.uow.requests.pairs()
    pairs = tandems([*partners, *found.selection.fitting], past, RANDOM, services.house.departments.same_area)
    ids = [tuple(one.person_id for one in pair) for pair in pairs]
    if not with_us:
        return ids
    fitting = [pair for pair in ids if len(set(pair) & set(with_us)) == 1]
    return [tuple(one for one in pair if one not in with_us) for pair in fitting]


def _as_candidate(found: Found, person_id: int) -> Candidate:
    person, portrait = found.people[person_id]
    return Candidate(person_id, person.department, experience=portrait.experience)


def line(found: Found, group: Sequence[int], say: Say) -> str:
    """People in one line: names, departments, and the words of their own that fit."""
    return shortened(say(" mit ").join(_about(found, person_id, say) for person_id in group), LONGEST_LABEL * 2)


def _about(found: Found, person_id: int, say: Say) -> str:
    person, portrait = found.people[person_id]
    name = ", ".join(part for part in (shortened(person.name, LONGEST_NAME), person.department) if part)
    match = found.reasons.get(person_id)
    if match is None:
        return say("{name}: als Vertretung").format(name=name)
    text = say("{name}: nennt „{topic}“").format(name=name, topic=shortened(match.topic, LONGEST_LABEL))
    return f"{text}, {shortened(portrait.note, LONGEST_NOTE)}" if portrait.note else text


def left_out(services: Services, request: SupportRequest, there: Options, say: Say) -> Sequence[str]:
    """Who is missing and why, as far as others may know."""
    kind, missing = kind_of(services, request), there.found.selection.left_out
    own = len(missing.get(Obstacle.OWN_DEPARTMENT, ()))
    strangers = len(missing.get(Obstacle.UNKNOWN_DEPARTMENT, ()))
    parts = []
    if own == 1:
        text = say("Eine Person aus {department} fehlt: Bei {kind} gilt „nicht aus dem eigenen Fachbereich“.")
        parts.append(text.format(department=request.department, kind=kind.label))
    elif own:
        text = say("{count} Personen aus {department} fehlen: Bei {kind} gilt „nicht aus dem eigenen Fachbereich“.")
        parts.append(text.format(count=own, department=request.department, kind=kind.label))
    if strangers:
        parts.append(say("Wer sich keinem Fachbereich sicher zuordnen lässt, fehlt hier auch."))
    if kind.rule is DepartmentRule.OWN_FIRST and there.found.selection.needs_department:
        parts.append(say("Ohne Fachbereich gilt hier nicht „der eigene zuerst“."))
    if there.found.selection.is_somebody_away:
        parts.append(say("Jemand ist gerade nicht da."))
    if there.lacks_tandem and there.groups:
        parts.append(say("Zwei zusammen, eine erfahrene und eine neue Person, gibt es gerade nicht."))
    return parts
