"""Finds who may carry a support request and has those decide who may: the team, the coordinators, or whoever takes it.

Nobody is assigned unasked. The rule on departments is opened by the coordinators alone, and nobody's pause or limit is
told to others.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Offer, Reply
from bot.turn import Night, Services, Turn
from handlers import candidates
from handlers.ask import chosen
from handlers.candidates import chat_of
from handlers.fitting import Options, left_out, line, options
from handlers.request_cards import (
    Say,
    Sentence,
    check_coordinator,
    check_requester,
    check_sought,
    choice,
    described,
    held,
    kind_of,
    named,
    offer,
    post,
    requester_id,
    settle,
    speech_of,
    to_requester,
)
from knowledge.assignment import AWAY, DepartmentRule, Mode, Obstacle
from storage.models.people import Person
from storage.models.requests import Answer, RequestState, SupportRequest

SHOWN = 5
NAMED_IN_ROOM = 2


def requested(turn: Turn) -> int:
    """The number of the request that a choice is about."""
    return int(chosen(turn)["request"])


# by the mode of the kind


async def begin(turn: Turn | Night, services: Services, request: SupportRequest) -> Sequence[Action]:
    """Seek somebody for a request in the way of its kind."""
    kind = kind_of(services, request)
    mode = kind.mode
    if kind.rule is DepartmentRule.OWN_EXCLUDED and not request.department:
        return await to_coordinators(
            turn, services, request, lambda say: say("Der Fachbereich des Teams ist noch unklar. Wer passt dafür?")
        )
    if mode is Mode.SELF_CHOICE and request.escalated_on is None:
        return [await let_choose(turn, services, request)]
    if mode is Mode.TEAM_PULL and request.escalated_on is None and await turn.rooms():
        return await _to_rooms(turn, services, request)
    return await to_coordinators(turn, services, request, lambda say: say("Wer passt dafür?"))


async def go_on(
    turn: Turn | Night, services: Services, request: SupportRequest, happened: Sentence
) -> Sequence[Action]:
    """Seek on, since somebody said no, gave it back or did not answer; `happened` is said to whoever decides next."""
    request.due_on = until(turn, services)
    asked = await turn.uow.requests.candidates(request.id or 0, Answer.ASKED)
    request.state = RequestState.PROPOSED if asked else RequestState.OPEN
    mode = kind_of(services, request).mode
    if mode is Mode.SELF_CHOICE and request.escalated_on is None:
        return [await let_choose(turn, services, request, intro=happened(speech_of(turn, request)))]
    told = to_requester(turn, request, _seeking_on(turn, request))
    if mode is Mode.TEAM_PULL and request.escalated_on is None and await turn.rooms():
        shown = await turn.uow.requests.posts(request.id or 0)
        is_shown = any(not one.is_direct for one in shown)
        return [told] if is_shown else await _to_rooms(turn, services, request)
    return [told, *await to_coordinators(turn, services, request, happened, is_told=True)]


def until(turn: Turn | Night, services: Services) -> date:
    """The day until which the next answer is waited for."""
    return services.house.working_days.after(turn.today, services.house.answer_days)


def _seeking_on(turn: Turn | Night, request: SupportRequest) -> str:
    say = speech_of(turn, request)
    return say("Für Anfrage {number} suche ich weiter.").format(number=request.id)


# the team chooses


async def let_choose(
    turn: Turn | Night, services: Services, request: SupportRequest, seen: Collection[str] = (), intro: str = ""
) -> Action:
    """Have whoever asked choose; `seen` are the groups that were shown already."""
    there, say = await options(turn, services, request), speech_of(turn, request)
    missing = left_out(services, request, there, say)
    if not there.groups:
        return _nobody(turn, request, missing, intro)
    ids = {" ".join(map(str, group)): group for group in there.groups}
    shown = [one for one in ids if one not in seen][:SHOWN] or list(ids)[:SHOWN]
    choices = [
        choice(request, str(place), line(there.found, ids[one], say), "ask", people=one)
        for place, one in enumerate(shown, start=1)
    ]
    if len(ids) > len(shown):
        choices.append(choice(request, "mehr", say("weitere zeigen"), "more", seen=",".join({*seen, *shown})))
    choices += [
        choice(request, "andere", say("jemand anderen nennen"), "name"),
        choice(request, "koordination", say("die Koordination fragen"), "central"),
        choice(request, "zurückziehen", say("Anfrage zurückziehen"), "withdraw"),
    ]
    text = say("Für Anfrage {number} passen, Reihenfolge zufällig:").format(number=request.id)
    parts = [intro, *missing, text]
    return to_requester(turn, request, "\n\n".join(filter(None, parts)), offer(*choices))


def _nobody(turn: Turn | Night, request: SupportRequest, missing: Sequence[str], intro: str) -> Action:
    say = speech_of(turn, request)
    text = say("Für Anfrage {number} finde ich gerade niemanden. Soll ich die Koordination fragen?")
    choices = (
        choice(request, "ja", say("ja, die Koordination fragen"), "central"),
        choice(request, "nein", say("nein, noch warten"), "leave"),
        choice(request, "andere", say("jemand bestimmten nennen"), "name"),
        choice(request, "zurückziehen", say("Anfrage zurückziehen"), "withdraw"),
    )
    parts = [intro, *missing, text.format(number=request.id)]
    return to_requester(turn, request, "\n\n".join(filter(None, parts)), offer(*choices))


async def show_more(turn: Turn, services: Services) -> Sequence[Action]:
    """Show others who fit."""
    request = await chosen_by_team(turn)
    return [await let_choose(turn, services, request, chosen(turn).get("seen", "").split(","))]


async def chosen_by_team(turn: Turn) -> SupportRequest:
    """The request that a choice is about, if the sender asked for it and somebody is still sought."""
    request = await held(turn)
    await check_requester(turn, request)
    check_sought(turn, request)
    return request


async def leave(turn: Turn, services: Services) -> Sequence[Action]:
    """Change nothing."""
    return [Reply(turn.say("Gut, es bleibt alles, wie es ist."))]


async def ask_coordinators(turn: Turn, services: Services) -> Sequence[Action]:
    """Have the coordinators decide, as the team wishes."""
    request = await chosen_by_team(turn)
    return await to_coordinators(turn, services, request, lambda say: say("Das Team bittet um einen Vorschlag."))


# the coordinators decide


async def to_coordinators(
    turn: Turn | Night, services: Services, request: SupportRequest, why: Sentence, *, is_told: bool = False
) -> Sequence[Action]:
    """Show a request to the coordinators with all who fit; whoever asked hears that, unless they are told already."""
    say = speech_of(turn, request)
    places = await turn.coordinators()
    if not places:  # tried again, but not every few days
        request.due_on = services.house.working_days.after(turn.today, services.house.agenda_days)
        return [to_requester(turn, request, unreachable(request, say))]
    request.escalated_on, request.due_on = turn.today, until(turn, services)
    there = await options(turn, services, request)
    already = await settle(
        turn, services, request, lambda say: say("Weiter unten neu."), kept=await still_open(turn, request)
    )
    posts = [
        await post(turn, request, place, *_for_coordinators(services, request, there, turn.say_to(place), why))
        for place in places
    ]
    text = say("Anfrage {number} liegt jetzt bei der Koordination. Von dort kommt ein Vorschlag.")
    told = [] if is_told else [to_requester(turn, request, text.format(number=request.id))]
    return [*told, *already, *posts]


def unreachable(request: SupportRequest, say: Say) -> str:
    """What is said while no coordinator has written to us."""
    text = say(
        "Die Koordination hat mir noch nie geschrieben, deshalb erreiche ich sie nicht. Anfrage {number} bleibt offen, "
        "ich melde mich dazu wieder. Du kannst sie auch selbst ansprechen."
    )
    return text.format(number=request.id)


async def still_open(turn: Turn | Night, request: SupportRequest) -> Sequence[str]:
    """The messages in which somebody is asked right now, and those in rooms, where everybody may still take it."""
    asked = await turn.uow.requests.candidates(request.id or 0, Answer.ASKED)
    shown = await turn.uow.requests.posts(request.id or 0)
    return [*(one.asked_key for one in asked if one.asked_key), *(one.key for one in shown if not one.is_direct)]


def _for_coordinators(
    services: Services, request: SupportRequest, there: Options, say: Say, why: Sentence
) -> tuple[str, Offer]:
    choices = [
        choice(request, str(place), line(there.found, group, say), "ask", people=" ".join(map(str, group)))
        for place, group in enumerate(there.groups[:SHOWN], start=1)
    ]
    if len(there.groups) > SHOWN:
        choices.append(choice(request, "mehr", say("andere zeigen"), "again"))
    choices += [
        choice(request, "andere", say("jemand anderen nennen"), "name"),
        choice(request, "niemand", say("es geht gerade nicht"), "nobody"),
    ]
    fits = say("Die Reihenfolge ist zufällig. Ich frage erst nach der Wahl hier.")
    nobody = say("Nach den Porträts passt gerade niemand.")
    parts = [described(services, request, say), why(say), *left_out(services, request, there, say)]
    return "\n\n".join((*parts, fits if there.groups else nobody)), offer(*choices)


async def show_again(turn: Turn, services: Services) -> Sequence[Action]:
    """Show the coordinators others who fit, in another order."""
    check_coordinator(turn)
    request = await held(turn)
    check_sought(turn, request)
    text, offered = _for_coordinators(
        services, request, await options(turn, services, request), turn.say, lambda say: say("Wer passt dafür?")
    )
    return [Reply(text, offered)]


async def find_nobody(turn: Turn, services: Services) -> Sequence[Action]:
    """Tell whoever asked that the coordinators have nobody."""
    check_coordinator(turn)
    request = await held(turn)
    check_sought(turn, request)
    say = speech_of(turn, request)
    text = say("Die Koordination hat für Anfrage {number} gerade niemanden. Soll ich sie offen lassen?")
    choices = (
        choice(request, "ja", say("ja, offen lassen"), "leave"),
        choice(request, "zurückziehen", say("Anfrage zurückziehen"), "withdraw"),
    )
    told = to_requester(turn, request, text.format(number=request.id), offer(*choices))
    done = await settle(
        turn, services, request, lambda say: say("Gerade niemand."), kept=await still_open(turn, request)
    )
    return [Reply(turn.say("Gut, das sage ich dem Team.")), *done, told]


# the supporters take it


async def _to_rooms(turn: Turn | Night, services: Services, request: SupportRequest) -> Sequence[Action]:
    there = await options(turn, services, request)
    posts = [
        await post(turn, request, place, *for_room(services, request, turn.say_to(place), there))
        for place in await turn.rooms()
    ]
    say = speech_of(turn, request)
    text = say("Anfrage {number} steht jetzt bei den Lots:innen. Ohne Zusage bis {day} frage ich die Koordination.")
    told = to_requester(turn, request, text.format(number=request.id, day=in_words(request.due_on or turn.today)))
    return [told, *posts]


def for_room(services: Services, request: SupportRequest, say: Say, there: Options | None = None) -> tuple[str, Offer]:
    """A request as all supporters see it, with those who name what it is about."""
    parts = [described(services, request, say)]
    if there and there.groups:
        fitting = [there.found.people[one.person_id][0] for one in there.found.selection.fitting[:NAMED_IN_ROOM]]
        parts.append(say("Dazu nennen sich: {names}.").format(names=named(fitting)))
    parts.append(say("Wer übernimmt, wird dem Team mit Namen genannt."))
    choices = (
        choice(request, "übernehmen", say("ich übernehme"), "take"),
        choice(request, "kenne", say("ich kenne jemanden dafür"), "know"),
    )
    return "\n\n".join(parts), offer(*choices)


# asking somebody


async def ask_chosen(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask those whom the team or the coordinators chose."""
    request = await held(turn)
    await _check_decides(turn, services, request)
    people = [int(one) for one in chosen(turn)["people"].split()]
    return await ask_people(turn, services, request, people, opens_rule="opens" in chosen(turn))


async def _check_decides(turn: Turn, services: Services, request: SupportRequest) -> None:
    """Refuse whoever may not decide on this request now; raises `UserError`."""
    check_sought(turn, request)
    if kind_of(services, request).mode is Mode.SELF_CHOICE and request.escalated_on is None:
        await check_requester(turn, request)
    else:
        check_coordinator(turn)


async def ask_people(
    turn: Turn, services: Services, request: SupportRequest, people: Sequence[int], *, opens_rule: bool = False
) -> Sequence[Action]:
    """Ask somebody whether they want to; raises `UserError` for whom nobody can ask now."""
    for person_id in people:
        await _check_askable(turn, services, request, person_id, opens_rule=opens_rule)
    await _check_place_left(turn, request, len(people))
    with_us = await turn.uow.requests.candidates(request.id or 0, Answer.ASKED, Answer.ACCEPTED)
    if len(people) == 1 and not with_us:
        request.places = 1  # alone, as whoever decided wanted it
    asked = [await _ask(turn, services, request, person_id, people) for person_id in people]
    request.state, request.due_on = RequestState.PROPOSED, until(turn, services)
    names = named([await _person(turn, person_id) for person_id in people])
    keys = await still_open(turn, request)
    done = await settle(turn, services, request, lambda say: say("Gefragt: {names}.").format(names=names), kept=keys)
    text = turn.say("Ich frage {names}. Bis {day} warte ich auf eine Antwort.")
    reply = Reply(text.format(names=names, day=in_words(request.due_on)))
    say = speech_of(turn, request)
    told = say("Für Anfrage {number} ist jetzt jemand gefragt.").format(number=request.id)
    is_by_team = isinstance(to_requester(turn, request, ""), Reply)
    return [reply, *([] if is_by_team else [to_requester(turn, request, told)]), *done, *asked]


async def _check_place_left(turn: Turn, request: SupportRequest, count: int) -> None:
    """Refuse to ask more people than are sought; raises `UserError`."""
    asked = await turn.uow.requests.candidates(request.id or 0, Answer.ASKED)
    if asked and len(asked) + count > request.places:
        names = named([await _person(turn, one.person_id) for one in asked])
        text = turn.say("Gefragt ist schon {names}. Bis {day} warte ich auf die Antwort.")
        raise UserError(text.format(names=names, day=in_words(request.due_on or turn.today)))


async def _person(turn: Turn | Night, person_id: int) -> Person:
    person = await turn.uow.people.get(person_id)
    assert person is not None  # a candidate's row goes with theirs
    return person


async def _check_askable(
    turn: Turn, services: Services, request: SupportRequest, person_id: int, *, opens_rule: bool
) -> None:
    person = await turn.uow.people.get(person_id)
    if person is None or not await candidates.is_supporter(turn, person_id):
        raise UserError(turn.say("Diese Person ist keine Lotsin und kein Lotse mehr. Bitte jemand anderen wählen."))
    known = await turn.uow.requests.candidate(request.id or 0, person_id)
    if known is not None:
        raise UserError(turn.say("{name} ist schon gefragt.").format(name=person.name))
    obstacle = await obstacle_of(turn, services, request, person_id, opens_rule=opens_rule)
    if obstacle in AWAY:
        raise UserError(turn.say("{name} ist gerade nicht da. Bitte jemand anderen wählen.").format(name=person.name))
    if obstacle is not None:
        raise UserError(turn.say("{name} passt nach der Regel nicht mehr.").format(name=person.name))
    if await chat_of(turn.uow, person_id) is None:
        text = turn.say("{name} erreiche ich hier nicht. Bitte jemand anderen wählen oder selbst ansprechen.")
        raise UserError(text.format(name=person.name))


async def obstacle_of(
    turn: Turn | Night, services: Services, request: SupportRequest, person_id: int, *, opens_rule: bool = False
) -> Obstacle | None:
    """What keeps somebody from this request; the coordinators may open the rule on departments."""
    kind = kind_of(services, request)
    return await candidates.obstacle_of(
        turn,
        services,
        person_id,
        replace(kind, rule=DepartmentRule.ANY) if opens_rule else kind,
        asker=await requester_id(turn, request),
        department=request.department,
    )


async def _ask(
    turn: Turn, services: Services, request: SupportRequest, person_id: int, people: Sequence[int]
) -> Action:
    chat = await chat_of(turn.uow, person_id)
    assert chat is not None  # checked before
    place, account = chat
    partners = [one for one in people if one != person_id]
    partners += [
        one.person_id for one in await turn.uow.requests.candidates(request.id or 0, Answer.ACCEPTED, Answer.ASKED)
    ]
    with_whom = named([await _person(turn, one) for one in dict.fromkeys(partners) if one != person_id])
    text, offered = for_person(services, request, turn.say_to(place), with_whom)
    shown = await post(turn, request, place, text, offered, account)
    assert shown.key is not None
    await turn.uow.requests.ask(request.id or 0, person_id, shown.key)
    return shown


def for_person(services: Services, request: SupportRequest, say: Say, with_whom: str = "") -> tuple[str, Offer]:
    """A request as it is shown to somebody who is asked."""
    parts = [described(services, request, say)]
    if with_whom:
        parts.append(say("Das wäre zu zweit, mit {name}.").format(name=with_whom))
    parts.append(say("Magst du das übernehmen?"))
    choices = (
        choice(request, "ja", say("ja, ich übernehme"), "take"),
        choice(request, "heute", say("heute nicht"), "not_now"),
        choice(request, "passt", say("passt nicht zu mir"), "unsuitable"),
        choice(request, "kenne", say("ich kenne jemanden dafür"), "know"),
    )
    return "\n\n".join(parts), offer(*choices)
