"""Who may be asked about something: what supporters tell of themselves, joined with the rules of the house."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import SystemRandom

from bot.messages import Conversation
from bot.roles import Role
from bot.turn import Inquiry, Night, Services, Turn
from knowledge.assignment import Candidate, DepartmentRule, Kind, Obstacle, Selection, select
from knowledge.supporters import Match, Said, Supporters
from storage.database import Database, UnitOfWork
from storage.models.people import Availability, Experience, Person, Portrait

RANDOM = SystemRandom()


@dataclass(frozen=True, slots=True)
class Found:
    """Who may be asked, in the order in which they are shown, and why each of them.

    `people` are all with a portrait, by our id, also those whom a rule leaves out; `reasons` holds the topic of their
    own that fits. Whoever is no supporter any more is in neither of the other two.
    """

    selection: Selection
    people: Mapping[int, tuple[Person, Portrait]]
    reasons: Mapping[int, Match]

    @property
    def fitting(self) -> Sequence[tuple[Person, Portrait]]:
        """Those who may be asked."""
        return [self.people[candidate.person_id] for candidate in self.selection.fitting]


async def find(
    turn: Turn | Night | Inquiry,
    services: Services,
    question: str,
    kind: Kind,
    *,
    asker: int | None = None,
    department: str | None = None,
    refused: Collection[int] = (),
    offering: str = "",
) -> Found:
    """Who may be asked about a question, by what they say of themselves and by the rules of this kind of request.

    `offering` is the format that is looked for: who names it fits, if nobody names the topic, and always for a kind in
    which somebody from outside is wanted for how they work, not for what they know.
    """
    portraits = await turn.uow.people.portraits()
    by_id = {portrait.person_id: (person, portrait) for person, portrait in portraits}
    said = await said_by(turn.uow, [portrait for _, portrait in portraits])
    matches = {match.person_id: match for match in await services.supporters.find(question, said)}
    if offering and (not matches or kind.rule is DepartmentRule.OWN_EXCLUDED):
        formats = [Said(one.person_id, one.formats) for one in said if one.formats]
        matches = {match.person_id: match for match in await services.supporters.find(offering, formats)} | matches
    taken = await turn.uow.people.slots(turn.today - timedelta(days=turn.today.weekday()))
    everybody = {person_id: _candidate(*both, taken, turn.today) for person_id, both in by_id.items()}
    # Only of those who might be asked: to ask for the role of all would take long.
    nearby = {*matches, *(everybody[match].deputy for match in matches)}
    for person_id in [one for one in everybody if one in nearby]:
        if not await is_supporter(turn, person_id):
            everybody.pop(person_id)
            matches.pop(person_id, None)
    selection = select(
        [one for person_id, one in everybody.items() if person_id in matches],
        asker=asker,
        department=department,
        kind=kind,
        same_area=services.house.departments.same_area,
        today=turn.today,
        refused=refused,
        deputies=[one for person_id, one in everybody.items() if person_id not in matches],
        random=RANDOM,
    )
    return Found(selection, by_id, matches)


async def obstacle_of(
    turn: Turn | Night,
    services: Services,
    person_id: int,
    kind: Kind,
    *,
    asker: int | None,
    department: str | None,
) -> Obstacle | None:
    """What keeps somebody from being asked by this department, whatever the subject; None if nothing does.

    Who tells nothing about themselves has no limits.
    """
    person, portrait = await turn.uow.people.get(person_id), await turn.uow.people.portrait(person_id)
    assert person is not None
    taken = await turn.uow.people.slots(turn.today - timedelta(days=turn.today.weekday()))
    one = Candidate(person_id, person.department)
    selection = select(
        [_candidate(person, portrait, taken, turn.today) if portrait else one],
        asker=asker,
        department=department,
        kind=kind,
        same_area=services.house.departments.same_area,
        today=turn.today,
        random=RANDOM,
    )
    return next((obstacle for obstacle, left_out in selection.left_out.items() if left_out), None)


async def said_by(uow: UnitOfWork, portraits: Sequence[Portrait]) -> Sequence[Said]:
    """What the people of these portraits tell, as the search for them reads it."""
    wordings = await uow.people.wordings()
    return [
        Said(
            portrait.person_id,
            tuple(portrait.topics),
            tuple(portrait.formats),
            tuple(one.text for one in wordings.get(portrait.person_id, ()) if one.fits),
            tuple(one.text for one in wordings.get(portrait.person_id, ()) if not one.fits),
        )
        for portrait in portraits
    ]


async def warm(database: Database, supporters: Supporters) -> None:
    """Read all portraits once, so that the first search among many does not take long; raises `StoreUnavailable`."""
    async with database.reading() as uow:
        said = await said_by(uow, [portrait for _, portrait in await uow.people.portraits()])
    await supporters.warm(said)


def _candidate(person: Person, portrait: Portrait, taken: Sequence[int], today: date) -> Candidate:
    return Candidate(
        person_id=portrait.person_id,
        department=person.department,
        availability=Availability(portrait.availability or Availability.FREE),  # a word, from the database
        paused_until=portrait.paused_until if is_paused(portrait, today) else None,
        capacity=portrait.weekly_capacity,
        taken=taken.count(portrait.person_id),
        deputy=portrait.deputy_person_id,
        experience=Experience(portrait.experience) if portrait.experience else None,
    )


def is_paused(portrait: Portrait, today: date) -> bool:
    """Whether somebody has a pause today; its last day belongs to it."""
    has_begun = portrait.paused_from is None or portrait.paused_from <= today
    return portrait.paused_until is not None and has_begun and today <= portrait.paused_until


async def is_supporter(turn: Turn | Night | Inquiry, person_id: int) -> bool:
    """Whether somebody is (still) a supporter, on any of their accounts."""
    for account in await turn.uow.people.accounts(person_id):
        if await turn.role_of(account.platform, account.person) >= Role.SUPPORTER:
            return True
    return False


async def chat_of(uow: UnitOfWork, person_id: int) -> tuple[Conversation, str] | None:
    """The direct chat in which somebody wrote to us, with the id that they have there; None if there is none."""
    for account in await uow.people.accounts(person_id):
        chat = await uow.addresses.direct_chat(account.platform, account.person)
        if chat is not None:
            return Conversation(account.platform, chat, is_direct=True), account.person
    return None
