"""Who may be asked about something, and in which order: rules over values, without storage and without chat.

How much somebody has taken up counts against their own limit and nothing else: it never moves anybody up or down.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations
from random import Random

from storage.models.people import Availability, Experience

SameArea = Callable[[str | None, str | None], bool | None]
"""Whether two departments belong to one area; None when one of them is not known."""


class Mode(StrEnum):
    """How somebody comes to a request."""

    SELF_CHOICE = "self_choice"
    CENTRAL_MATCH = "central_match"
    TEAM_PULL = "team_pull"


class DepartmentRule(StrEnum):
    """What it means for somebody to come from the asker's own area."""

    OWN_EXCLUDED = "own_excluded"
    OWN_FIRST = "own_first"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request or question; `label` is what people call it."""

    name: str
    label: str
    mode: Mode
    rule: DepartmentRule
    is_tandem: bool = False


QUESTION = Kind("question", "Frage", Mode.TEAM_PULL, DepartmentRule.ANY)
"""What the bot could not answer; it goes on its way without asking anybody for their department."""

KINDS = (
    QUESTION,
    Kind("quick_help", "Kurze Hilfe", Mode.TEAM_PULL, DepartmentRule.OWN_FIRST),
    Kind("workshop_moderation", "Workshop-Moderation", Mode.CENTRAL_MATCH, DepartmentRule.OWN_EXCLUDED, is_tandem=True),
    Kind("retrospective", "Team-Rückblick", Mode.CENTRAL_MATCH, DepartmentRule.OWN_EXCLUDED, is_tandem=True),
    Kind("presentation", "Vortrag", Mode.SELF_CHOICE, DepartmentRule.ANY),
    Kind("training", "Schulung", Mode.TEAM_PULL, DepartmentRule.OWN_FIRST),
    Kind("coaching", "Coaching", Mode.SELF_CHOICE, DepartmentRule.OWN_EXCLUDED),
    Kind("project_support", "Projektbegleitung", Mode.CENTRAL_MATCH, DepartmentRule.OWN_FIRST),
    # Chosen by the team itself, so that no central unit hears of a conflict.
    Kind("conflict_talk", "Konfliktgespräch", Mode.SELF_CHOICE, DepartmentRule.OWN_EXCLUDED),
)
"""What a house starts with; it changes them in its settings."""


def find(name: str, kinds: Iterable[Kind]) -> Kind | None:
    """Return the kind of that name or label, whatever its case."""
    return next((kind for kind in kinds if name.casefold() in (kind.name.casefold(), kind.label.casefold())), None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who might be asked, as they describe themselves.

    `capacity` is their own limit for a week, 0 for nothing at all. `taken` is what they took up this week; it is
    counted for this one decision and shown to nobody. `deputy` is the person who stands in for them.
    """

    person_id: int
    department: str | None = None
    availability: Availability = Availability.FREE
    paused_until: date | None = None
    capacity: int | None = None
    taken: int = 0
    deputy: int | None = None
    experience: Experience | None = None


class Obstacle(StrEnum):
    """Why somebody is not asked. Of several that hold, the first in this order counts.

    First come those that may be told to others. Thus it stays unknown whether somebody left out by the rule is also
    paused, and nobody stands in for a person who would not have been asked anyway.
    """

    ASKER = "asker"
    OWN_DEPARTMENT = "own_department"
    UNKNOWN_DEPARTMENT = "unknown_department"
    REFUSED = "refused"
    PAUSED = "paused"
    FULL = "full"
    AT_LIMIT = "at_limit"


AWAY = frozenset({Obstacle.PAUSED, Obstacle.FULL, Obstacle.AT_LIMIT})
"""What is nobody else's business: others hear at most that somebody is not there."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Who may be asked, and who may not.

    `fitting` is in random order; with `OWN_FIRST` the own area comes first, then with `TEAM_PULL` those who are free.
    `left_out` has an entry for every obstacle, with ascending person ids. `stands_in` names, for those who are asked
    only as deputies, one person that they stand in for. `needs_department` tells that the rule cannot be applied before
    the asker's department is known: with `OWN_EXCLUDED` nobody fits until then, with `OWN_FIRST` the own area is not
    first, which is to be said when the asker does not name it.
    """

    fitting: tuple[Candidate, ...]
    left_out: Mapping[Obstacle, tuple[int, ...]]
    stands_in: Mapping[int, int]
    needs_department: bool

    @property
    def is_somebody_away(self) -> bool:
        """Whether somebody is missing who would be asked at another time: all that others may know of it."""
        return any(self.left_out[obstacle] for obstacle in AWAY)


def select(
    candidates: Collection[Candidate],
    *,
    asker: int | None,
    department: str | None,
    kind: Kind,
    same_area: SameArea,
    today: date,
    refused: Collection[int] = (),
    deputies: Collection[Candidate] = (),
    random: Random,
) -> Selection:
    """Tell which candidates may be asked by somebody of this department.

    `candidates` are those whom the subject suits, each once. `deputies` may be anybody else: they are asked only in
    place of a candidate who is paused, full or at their limit and named them, and only if nothing keeps themselves
    away. Whom a deputy named is not asked in turn: the candidate did not choose that person. `refused` are those who
    said no to this request. Raises nothing: when nobody fits, the coordinators are next.
    """

    def obstacle(one: Candidate) -> Obstacle | None:
        if one.person_id == asker:
            return Obstacle.ASKER
        excluded = _excluded(kind.rule, same_area(department, one.department))
        return excluded or (Obstacle.REFUSED if one.person_id in refused else absence(one, today))

    def standing(one: Candidate) -> tuple[bool, bool]:
        is_own = kind.rule is DepartmentRule.OWN_FIRST and same_area(department, one.department)
        return not is_own, kind.mode is Mode.TEAM_PULL and one.availability is not Availability.FREE

    found = {one.person_id: obstacle(one) for one in candidates}
    others = {one.person_id: one for one in deputies if one.person_id not in found and obstacle(one) is None}
    stands_in = _stand_ins([one for one in candidates if found[one.person_id] in AWAY], others)
    fitting = [one for one in candidates if found[one.person_id] is None] + [others[i] for i in stands_in]
    return Selection(
        tuple(sorted(_shuffled(fitting, random), key=standing)),
        {reason: tuple(sorted(i for i in found if found[i] is reason)) for reason in Obstacle},
        stands_in,
        # Even an own area is not the same as itself when nobody knows it.
        needs_department=kind.rule is not DepartmentRule.ANY and same_area(department, department) is None,
    )


def absence(candidate: Candidate, today: date) -> Obstacle | None:
    """Tell what of their own keeps somebody away: one of `AWAY`, or None. The last day of a pause belongs to it."""
    if candidate.paused_until is not None and today <= candidate.paused_until:
        return Obstacle.PAUSED
    if candidate.availability is Availability.FULL:
        return Obstacle.FULL
    if candidate.capacity is not None and candidate.taken >= candidate.capacity:
        return Obstacle.AT_LIMIT
    return None


def tandems(
    candidates: Sequence[Candidate], past: Collection[frozenset[int]], random: Random, same_area: SameArea
) -> list[tuple[Candidate, Candidate]]:
    """Return every pair that may work together, somebody experienced before somebody new, in random order.

    Who tells nothing about their experience may be either. Pairs of the `past` are not repeated, and two of one area
    make no pair. Empty when none is possible: then the coordinators decide.
    """
    pairs = [
        _by_experience(one, other)
        for one, other in combinations(_shuffled(candidates, random), 2)
        if frozenset((one.person_id, other.person_id)) not in past
        and (one.experience is None or one.experience is not other.experience)
        and same_area(one.department, other.department) is not True
    ]
    return random.sample(pairs, len(pairs))


def _excluded(rule: DepartmentRule, is_own: bool | None) -> Obstacle | None:
    if rule is not DepartmentRule.OWN_EXCLUDED:
        return None
    if is_own is None:
        return Obstacle.UNKNOWN_DEPARTMENT
    return Obstacle.OWN_DEPARTMENT if is_own else None


def _stand_ins(away: Iterable[Candidate], others: Collection[int]) -> dict[int, int]:
    """Who of the others stands in, and for whom; of several the one of the smallest id."""
    found: dict[int, int] = {}
    for one in sorted(away, key=_id):
        if one.deputy is not None and one.deputy in others:
            found.setdefault(one.deputy, one.person_id)
    return found


def _by_experience(one: Candidate, other: Candidate) -> tuple[Candidate, Candidate]:
    is_turned = one.experience is Experience.NEW or other.experience is Experience.EXPERIENCED
    return (other, one) if is_turned else (one, other)


def _shuffled(candidates: Collection[Candidate], random: Random) -> list[Candidate]:
    """In an order that only chance decides, not that in which they came."""
    return random.sample(sorted(candidates, key=_id), len(candidates))


def _id(candidate: Candidate) -> int:
    return candidate.person_id
