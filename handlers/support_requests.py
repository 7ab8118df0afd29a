"""Lists support requests, shows one with what may be done about it, and looks after those that wait."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.commands import plain_words
from bot.messages import Action, Change, Choice, Reply, Send
from bot.roles import Role
from bot.turn import Handler, Night, Services, Turn
from handlers import agreements, ask, engagement, intake, matching, wishes
from handlers.ask import LONGEST_LABEL, chosen, shortened
from handlers.request_cards import (
    answer_of,
    choice,
    described,
    is_own,
    kind_of,
    offer,
    sender_of,
    settle,
    speech_of,
    state_in_words,
    take_down,
    to_requester,
    unknown,
)
from handlers.rights import check_direct
from knowledge.assignment import Mode
from storage.models.requests import Answer, RequestState, SupportRequest
from storage.repositories.requests import CARRIED, LIVE, SOUGHT

LISTED = 9
UNANSWERED_DAYS = 90
"""How long a request for which nobody is found is kept."""

_ABOUT = re.compile(r"anfrage (?:nr |nummer )?(\d{1,7})\b")
_TAKEN_UP = re.compile(r"anfrage (\d{1,7}) übernehmen?(?: ich)?|(?:ich )?übernehme anfrage (\d{1,7})")
_WISH = re.compile(
    r"\b(?:kann|können|könnten?|darf|dürfen|geht|möchten?|würden?|wollen)\b(?: \w+){0,3}? (?:trotzdem|dennoch|auch)\b"
    r".{0,80}\b(?:nehmen|haben|bekommen|fragen)\b"
)


# the list


async def list_own(turn: Turn, services: Services) -> Sequence[Action]:
    """„anfragen“: what the sender asked for, is asked about or carries; to coordinators also what waits for them."""
    if not turn.message.conversation.is_direct:
        return [Reply(turn.say("Das zeige ich dir gern, aber nur im Einzelchat. Schreib mir dort „anfragen“."))]
    shown = await _to_list(turn, services)
    if not shown:
        return [Reply(turn.say("Bei dir ist gerade keine Anfrage offen. „anfrage“ beginnt eine neue."))]
    choices = [
        choice(request, str(place), _line(turn, services, request), "show")
        for place, request in enumerate(shown[:LISTED], start=1)
    ]
    are_own = all([await is_own(turn, request) for request in shown])
    text = (
        turn.say("Deine Anfragen:")
        if are_own
        else turn.say("Diese Anfragen sind bei dir. Mit der Zahl geht es weiter.")
    )
    if len(shown) > LISTED:
        text += " " + turn.say("Weitere findest du mit ihrer Nummer: „anfrage {number}“.").format(
            number=shown[LISTED].id
        )
    return [Reply(text, offer(*choices))]


async def _to_list(turn: Turn, services: Services) -> Sequence[SupportRequest]:
    found: dict[int | None, SupportRequest] = {}
    here = turn.message.conversation.platform
    for platform, person in await turn.uow.people.accounts_beside(here, turn.message.sender.id):
        found |= {request.id: request for request in await turn.uow.requests.of_requester(platform, person)}
    if sender := await sender_of(turn):
        for request in await turn.uow.requests.of_candidate(sender.id or 0):
            known = await turn.uow.requests.candidate(request.id or 0, sender.id or 0)
            if known and known.answer in (Answer.ASKED, Answer.ACCEPTED):
                found[request.id] = request
    if turn.role >= Role.COORDINATOR:
        sought = await turn.uow.requests.sought()
        found |= {request.id: request for request in sought if _is_central(services, request)}
    return [request for request in found.values() if request.state in LIVE]


def _is_central(services: Services, request: SupportRequest) -> bool:
    """Whether the coordinators decide on it: else nobody but the team and those whom it asks see it."""
    return request.escalated_on is not None or kind_of(services, request).mode is Mode.CENTRAL_MATCH


def _line(turn: Turn, services: Services, request: SupportRequest) -> str:
    state = state_in_words(request, turn.say)
    text = turn.say("Anfrage {number}, {kind}: {state}. „{goal}“")
    kind, goal = kind_of(services, request).label, shortened(request.goal, LONGEST_LABEL)
    return text.format(number=request.id, kind=kind, state=state, goal=goal)


# one of them


async def begin_or_show(turn: Turn, services: Services) -> Sequence[Action]:
    """„anfrage“ begins one, „anfrage 3“ shows one."""
    if turn.number is None:
        return await intake.begin(turn, services)
    return await _show_number(turn, services, turn.number)


def is_about_one(text: str) -> bool:
    """Whether a text names the number of a request at its beginning, or takes one up: „anfrage 3 zurückziehen“."""
    words = plain_words(text)
    return bool(_ABOUT.match(words) or _TAKEN_UP.fullmatch(words))


async def show_said(turn: Turn, services: Services) -> Sequence[Action]:
    """„anfrage 3 übernehmen“ does that; with all else it goes on with the choices there."""
    words = plain_words(turn.text)
    found = _TAKEN_UP.fullmatch(words) or _ABOUT.match(words)
    assert found is not None  # the router asked before
    number = next(filter(None, found.groups()))
    if _TAKEN_UP.fullmatch(words):
        data = {"request": number, "do": "take"}
        return await engagement.take(replace(turn, choice=Choice("", "", data)), services)
    return await _show_number(turn, services, int(number))


async def _show_number(turn: Turn, services: Services, number: int) -> Sequence[Action]:
    if turn.message.is_follow_up:
        return []
    check_direct(turn)
    request = await turn.uow.requests.get(number)
    if request is None:
        raise unknown(turn, number)
    return [await _shown(turn, services, request)]


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """Show the one that was chosen."""
    return await _show_number(turn, services, matching.requested(turn))


async def _shown(turn: Turn, services: Services, request: SupportRequest) -> Reply:
    """A request with what the sender may do about it; raises `UserError` for whoever has no part in it."""
    answer = await answer_of(turn, request)
    if await is_own(turn, request):
        choices = _for_team(turn, services, request)
    elif answer is Answer.ACCEPTED:
        choices = _for_carrier(turn, request)
    elif answer is Answer.ASKED and request.state in SOUGHT:
        choices = _for_asked(turn, services, request)
    elif turn.role >= Role.COORDINATOR and _is_central(services, request) and request.state in LIVE:
        choices = _for_coordinator(turn, request)
    elif turn.role >= Role.SUPPORTER and _is_for_all(services, request):
        choices = _for_asked(turn, services, request)[:1]
    else:
        raise unknown(turn, request.id or 0)
    state = turn.say("Stand: {state}.").format(state=state_in_words(request, turn.say))
    text = f"{described(services, request, turn.say)}\n\n{state}"
    return Reply(text, offer(*choices) if choices else None)


def _is_for_all(services: Services, request: SupportRequest) -> bool:
    return request.state in SOUGHT and kind_of(services, request).mode is Mode.TEAM_PULL


def _for_team(turn: Turn, services: Services, request: SupportRequest) -> Sequence[Choice]:
    withdraw = choice(request, "zurückziehen", turn.say("Anfrage zurückziehen"), "withdraw")
    if request.state == RequestState.PROPOSED:
        return [withdraw]
    if request.state in SOUGHT:
        chooses = not _is_central(services, request) and kind_of(services, request).mode is Mode.SELF_CHOICE
        more = [choice(request, "auswahl", turn.say("zeigen, wer passt"), "more")] if chooses else []
        wanted = choice(request, "andere", turn.say("jemand bestimmten nennen"), "name")
        return [*more, wanted, withdraw]
    if request.state in CARRIED:
        return [*_for_both(turn, request), withdraw]
    if request.closing_on is not None:
        return [choice(request, "lohnt", turn.say("sagen, ob sich die Zeit gelohnt hat"), "rate")]
    return []


def _for_both(turn: Turn, request: SupportRequest) -> Sequence[Choice]:
    return [
        choice(request, "absprache", turn.say("Absprache zeigen oder ändern"), "agreement"),
        choice(request, "erledigt", turn.say("erledigt"), "done"),
    ]


def _for_carrier(turn: Turn, request: SupportRequest) -> Sequence[Choice]:
    if request.state not in LIVE:
        return []
    both = _for_both(turn, request) if request.state in CARRIED else []
    return [
        *both,
        choice(request, "zurückgeben", turn.say("zurückgeben"), "back"),
        choice(request, "weitergeben", turn.say("zurückgeben und jemanden vorschlagen"), "know"),
    ]


def _for_asked(turn: Turn, services: Services, request: SupportRequest) -> Sequence[Choice]:
    return matching.for_person(services, request, turn.say)[1].choices


def _for_coordinator(turn: Turn, request: SupportRequest) -> Sequence[Choice]:
    if request.state not in SOUGHT:
        return []
    return [
        choice(request, "vorschläge", turn.say("zeigen, wer passt"), "again"),
        choice(request, "andere", turn.say("jemand anderen nennen"), "name"),
        choice(request, "niemand", turn.say("es geht gerade nicht"), "nobody"),
    ]


# what is chosen

DONE_BY: Mapping[str, Handler] = {
    "show": show,
    "leave": matching.leave,
    "more": matching.show_more,
    "central": matching.ask_coordinators,
    "ask": matching.ask_chosen,
    "again": matching.show_again,
    "nobody": matching.find_nobody,
    "name": wishes.ask_for_name,
    "named": wishes.take_name,
    "person": wishes.choose_person,
    "wish": wishes.bring_wish,
    "allow": wishes.allow,
    "refuse": wishes.refuse,
    "take": engagement.take,
    "not_now": engagement.decline,
    "unsuitable": engagement.decline,
    "not_mine": engagement.unlearn,
    "know": engagement.ask_whom,
    "suggested": engagement.suggest,
    "back": engagement.return_it,
    "expect": agreements.ask_expectation,
    "expected": agreements.take_expectation,
    "unexpected": agreements.take_expectation,
    "agreement": agreements.show,
    "confirm": agreements.confirm,
    "change": agreements.choose_line,
    "line": agreements.ask_for_line,
    "wrote": agreements.change_line,
    "done": agreements.finish,
    "rate": agreements.ask_worth,
    "worth": agreements.take_worth,
    "running": agreements.run_on,
    "withdraw": agreements.withdraw,
}


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do with a request what was chosen below it."""
    return await DONE_BY[chosen(turn)["do"]](turn, services)


# „kann ich trotzdem Tom nehmen?“


def wants_in_spite(text: str) -> bool:
    """Whether a sentence asks for somebody in spite of the rule."""
    return _WISH.search(plain_words(text)) is not None


async def want_in_spite(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on with the newest request of the sender for whoever is named; all else is a question like any other."""
    here = turn.message.conversation
    people = await wishes.people_in(turn, turn.text) if here.is_direct else ()
    own = await turn.uow.requests.of_requester(here.platform, turn.message.sender.id) if people else ()
    sought = [request for request in own if request.state in SOUGHT]
    if not sought:
        return await ask.ask(turn, services)
    return await wishes.want(turn, services, sought[0], people)


# the night


async def look_after(night: Night, services: Services) -> Sequence[Send | Change]:
    """Go on with each request whose day has passed, and ask about those that should be over."""
    said: list[Action] = []
    for found in await night.uow.requests.due(night.today):
        request = await night.uow.requests.hold(found.id or 0)
        if request and request.state in LIVE and request.due_on and request.due_on < night.today:
            said += await _go_on(night, services, request)
    for found in await night.uow.requests.closing(night.today):
        request = await night.uow.requests.hold(found.id or 0)
        if request and request.state in CARRIED:
            said += await agreements.ask_at_end(night, services, request)
    return [one for one in said if isinstance(one, Send | Change)]


async def _go_on(night: Night, services: Services, request: SupportRequest) -> Sequence[Action]:
    if request.state in CARRIED:
        return await agreements.remind(night, request)
    if request.asked_on + timedelta(days=UNANSWERED_DAYS) <= night.today:
        return await _give_up(night, services, request)
    request.due_on = matching.until(night, services)
    if request.state == RequestState.PROPOSED:
        return await engagement.give_up_waiting(night, services, request)
    if kind_of(services, request).mode is Mode.SELF_CHOICE and request.escalated_on is None:
        return [_ask_on(night, services, request)]
    if request.escalated_on is None:
        return await matching.to_coordinators(
            night, services, request, lambda say: say("Bisher hat sich niemand gefunden. Wer passt dafür?")
        )
    return [_ask_on(night, services, request), *await _remind_coordinators(night, request)]


async def _remind_coordinators(night: Night, request: SupportRequest) -> Sequence[Action]:
    reminders = []
    for place in await night.coordinators():
        say = night.say_to(place)
        shown = choice(request, "zeigen", say("Anfrage zeigen"), "show")
        text = say("Anfrage {number} ist noch offen und liegt bei der Koordination.").format(number=request.id)
        reminders.append(Send(place, text, offer(shown)))
    return reminders


def _ask_on(night: Night, services: Services, request: SupportRequest) -> Action:
    """Tell the team honestly that nobody was found yet; they are not asked again for some time."""
    request.due_on = services.house.working_days.after(night.today, services.house.agenda_days)
    say = speech_of(night, request)
    text = say("Anfrage {number} ist noch offen. Wie soll es weitergehen?").format(number=request.id)
    is_with_us = request.escalated_on is not None
    central = [] if is_with_us else [choice(request, "koordination", say("die Koordination fragen"), "central")]
    shown = choice(request, "zeigen", say("Anfrage zeigen"), "show")
    withdraw = choice(request, "zurückziehen", say("Anfrage zurückziehen"), "withdraw")
    wait = choice(request, "warten", say("noch warten"), "leave")
    return to_requester(night, request, text, offer(wait, shown, *central, withdraw))


async def _give_up(night: Night, services: Services, request: SupportRequest) -> Sequence[Action]:
    """Close what found nobody for months: it is not kept for ever."""
    say = speech_of(night, request)
    text = say("Für Anfrage {number} hat sich niemand gefunden. Ich schließe sie. Du kannst sie gern neu stellen.")
    told = to_requester(night, request, text.format(number=request.id))
    return [told, *await agreements.take_back(night, services, request)]


# leaving


async def give_back_all(turn: Turn | Night, services: Services, person_id: int) -> Sequence[Action]:
    """Seek somebody else for all that a person carries or is asked about, as they leave."""
    actions: list[Action] = []
    person = await turn.uow.people.get(person_id)
    for found in await turn.uow.requests.of_candidate(person_id) if person else ():
        request = await turn.uow.requests.hold(found.id or 0)
        known = await turn.uow.requests.candidate(found.id or 0, person_id)
        if person is None or known is None or request is None:
            continue
        if known.answer == Answer.ACCEPTED and request.state not in LIVE:
            actions += await engagement.unnamed(turn, services, request)
        elif known.answer == Answer.ACCEPTED:
            actions += await engagement.give_back(turn, services, request, person)
        elif known.answer == Answer.ASKED and request.state in LIVE:
            keys = [known.asked_key] if known.asked_key else []
            actions += await settle(turn, services, request, lambda say: say("Nicht mehr nötig."), only=keys)
            actions += await engagement.do_without(turn, services, request, person, Answer.NOT_NOW)
    return [*actions, *await _shown_without_names(turn, services)]


async def _shown_without_names(turn: Turn | Night, services: Services) -> Sequence[Action]:
    """In the rooms nobody is named any more for what may still be taken: it may be whoever leaves."""
    changes: list[Action] = []
    for request in await turn.uow.requests.sought():
        if _is_for_all(services, request):
            changes += await engagement.offer_again(turn, services, request)
    return changes


async def withdraw_all(turn: Turn | Night, services: Services, platform: str, person: str) -> Sequence[Action]:
    """Delete all that an account asked for, as its user wishes; whoever carries it hears that it is withdrawn."""
    actions: list[Action] = []
    for found in await turn.uow.requests.of_requester(platform, person):
        request = await turn.uow.requests.hold(found.id or 0)
        if request is None:
            continue
        if request.state in LIVE:
            actions += await agreements.take_back(turn, services, request, is_taken_down=True)
        else:
            actions += await take_down(turn, request)
        await turn.uow.requests.drop(request.id or 0)
    return actions
