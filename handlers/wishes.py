"""Asks somebody in particular about a support request; what the rule forbids, the coordinators decide."""

from collections.abc import Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.messages import Action, Offer, Reply
from bot.turn import Services, Turn
from handlers import candidates
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.matching import ask_people, chosen_by_team, obstacle_of, still_open, unreachable, until
from handlers.request_cards import (
    Say,
    check_coordinator,
    check_requester,
    check_sought,
    choice,
    described,
    held,
    kind_of,
    offer,
    post,
    settle,
    speech_of,
    to_requester,
)
from knowledge.assignment import DepartmentRule, Mode, Obstacle
from storage.models.people import Person
from storage.models.requests import SupportRequest

SHORTEST_NAME = 3
"""Letters of a first or last name by which somebody is found in a sentence."""


async def ask_for_name(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask whom the team or the coordinators have in mind."""
    request = await held(turn)
    check_sought(turn, request)
    leave_it = choice(request, "nein", turn.say("doch niemanden"), "leave")
    asks = choice(request, "", "", "named")
    return [Reply(turn.say("Wen meinst du? Schreib mir den Namen."), offer(leave_it, asks=asks))]


async def take_name(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on with the name that was written."""
    request = await held(turn)
    people = await people_in(turn, turn.text)
    if not people:
        text = turn.say("Unter den Lots:innen mit Porträt finde ich „{name}“ nicht. Schreib mir den Namen bitte genau.")
        raise UserError(text.format(name=shortened(" ".join(turn.text.split()), LONGEST_NAME)))
    return await want(turn, services, request, people)


async def people_in(turn: Turn, text: str) -> Sequence[Person]:
    """The supporters whose name a text holds, whole or in part."""
    words = set(text.casefold().replace(",", " ").replace("?", " ").replace(".", " ").split())
    shown = [person for person, _ in await turn.uow.people.portraits()]
    by_name = {person.id: set(_names(person)) for person in shown}
    whole = [person for person in shown if by_name[person.id] and by_name[person.id] <= words]
    found = whole or [person for person in shown if by_name[person.id] & words]
    return [person for person in found if await candidates.is_supporter(turn, person.id or 0)]


def _names(person: Person) -> Sequence[str]:
    """First and last name; what stands behind a comma tells where somebody works."""
    return [word for word in person.name.casefold().partition(",")[0].split() if len(word) >= SHORTEST_NAME]


async def want(turn: Turn, services: Services, request: SupportRequest, people: Sequence[Person]) -> Sequence[Action]:
    """Ask somebody in particular, or offer to ask those who may allow it; of several one has to be chosen."""
    check_sought(turn, request)
    if len(people) > 1:
        choices = tuple(
            choice(request, str(place), _told_apart(turn, person), "person", person=str(person.id))
            for place, person in enumerate(people[:8], start=1)
        )
        return [Reply(turn.say("Wer ist gemeint?"), offer(*choices))]
    [person] = people
    assert person.id is not None
    is_coordinator = kind_of(services, request).mode is not Mode.SELF_CHOICE or request.escalated_on is not None
    obstacle = await obstacle_of(turn, services, request, person.id)
    if is_coordinator and not await _is_team(turn, request):
        check_coordinator(turn)
        if obstacle in (Obstacle.OWN_DEPARTMENT, Obstacle.UNKNOWN_DEPARTMENT):
            return [_ask_to_open(services, request, person, turn.say)]
        return await ask_people(turn, services, request, [person.id])
    await check_requester(turn, request)
    if obstacle in (Obstacle.OWN_DEPARTMENT, Obstacle.UNKNOWN_DEPARTMENT):
        return [_rule_stands_against(turn, request, person)]
    if is_coordinator:
        return [_coordinators_decide(turn, request, person)]
    return await ask_people(turn, services, request, [person.id])


async def _is_team(turn: Turn, request: SupportRequest) -> bool:
    return isinstance(to_requester(turn, request, ""), Reply)


def _told_apart(turn: Turn, person: Person) -> str:
    return ", ".join((shortened(person.name, LONGEST_NAME), person.department or turn.say("Fachbereich unbekannt")))


async def choose_person(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on with the one who was meant."""
    request = await held(turn)
    person = await turn.uow.people.get(int(chosen(turn)["person"]))
    if person is None:
        raise UserError(turn.say("Diese Person kenne ich nicht mehr."))
    return await want(turn, services, request, [person])


def _rule_stands_against(turn: Turn, request: SupportRequest, person: Person) -> Reply:
    text = turn.say(
        "Hier gilt „nicht aus dem eigenen Fachbereich“. Das kann nur die Koordination öffnen. Soll ich sie fragen? Für "
        "die tägliche Hilfe darfst du {name} direkt ansprechen."
    )
    return Reply(text.format(name=shortened(person.name, LONGEST_NAME)), _wish(turn, request, person))


def _coordinators_decide(turn: Turn, request: SupportRequest, person: Person) -> Reply:
    text = turn.say("Darüber entscheidet die Koordination. Soll ich ihr sagen, dass dein Team {name} möchte?")
    return Reply(text.format(name=shortened(person.name, LONGEST_NAME)), _wish(turn, request, person))


def _wish(turn: Turn, request: SupportRequest, person: Person) -> Offer:
    return offer(
        choice(request, "ja", turn.say("ja, bitte fragen"), "wish", person=str(person.id)),
        choice(request, "nein", turn.say("nein, alles bleibt"), "leave"),
    )


async def bring_wish(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask the coordinators whether somebody in particular may be asked."""
    request = await chosen_by_team(turn)
    person = await turn.uow.people.get(int(chosen(turn)["person"]))
    places = await turn.coordinators()
    if person is None:
        raise UserError(turn.say("Diese Person kenne ich nicht mehr."))
    if not places:
        return [Reply(unreachable(request, turn.say))]
    shown = [_opened(services, request, person, turn.say_to(place)) for place in places]
    posts = [
        await post(turn, request, place, one.text, one.offer or offer())
        for place, one in zip(places, shown, strict=True)
    ]
    request.due_on = until(turn, services)
    return [Reply(turn.say("Ich frage die Koordination und sage dir, was sie meint.")), *posts]


def _opened(services: Services, request: SupportRequest, person: Person, say: Say) -> Reply:
    """The question to the coordinators whether somebody may be asked whom the team wants."""
    asked = _ask_to_open(services, request, person, say)
    text = say("Das Team möchte {name}.").format(name=_told_with_department(person))
    return replace(asked, text="\n\n".join((described(services, request, say), f"{text} {asked.text}")))


def _told_with_department(person: Person) -> str:
    return ", ".join(part for part in (shortened(person.name, LONGEST_NAME), person.department) if part)


def _ask_to_open(services: Services, request: SupportRequest, person: Person, say: Say) -> Reply:
    rule = kind_of(services, request).rule
    text = say("Soll ich fragen?")
    if rule is DepartmentRule.OWN_EXCLUDED:
        text = say("Die Regel „nicht aus dem eigenen Fachbereich“ kann dagegen stehen. Soll ich trotzdem fragen?")
    choices = (
        choice(request, "ja", say("ja, fragen"), "allow", person=str(person.id)),
        choice(request, "nein", say("nein, nicht fragen"), "refuse", person=str(person.id)),
    )
    return Reply(text, offer(*choices))


async def allow(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask somebody although the rule stands against it: only the coordinators may open it."""
    check_coordinator(turn)
    request = await held(turn)
    check_sought(turn, request)
    return await ask_people(turn, services, request, [int(chosen(turn)["person"])], opens_rule=True)


async def refuse(turn: Turn, services: Services) -> Sequence[Action]:
    """Leave the rule closed."""
    check_coordinator(turn)
    request = await held(turn)
    check_sought(turn, request)
    say = speech_of(turn, request)
    text = say("Bei Anfrage {number} bleibt es bei der Regel, sagt die Koordination. Weiter mit „anfrage {number}“.")
    kept = await still_open(turn, request)
    done = await settle(turn, services, request, lambda say: say("Es bleibt bei der Regel."), kept=kept)
    told = to_requester(turn, request, text.format(number=request.id))
    return [Reply(turn.say("Gut, das sage ich dem Team.")), *done, told]
