"""Lets supporters take a support request up, decline it, name somebody else for it, or give it back."""

from collections.abc import Sequence
from datetime import date, timedelta

from bot.errors import UserError
from bot.messages import Action, Change, Conversation, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers import agreements, matching, wishes
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.candidates import chat_of
from handlers.periods import period_said
from handlers.request_cards import (
    Say,
    carriers,
    check_supporter,
    choice,
    held,
    is_own,
    kind_of,
    named,
    offer,
    sender_of,
    settle,
    slot_of,
    speech_of,
    state_in_words,
    tell_carriers,
    to_requester,
    unknown,
)
from knowledge.assignment import Mode, Obstacle
from knowledge.screening import screen
from storage.models.people import Person
from storage.models.requests import Answer, SupportRequest
from storage.repositories.requests import CARRIED, LIVE, SOUGHT

CLOSING_DAYS = 5
"""Working days after the wished period until the requester is asked how it was."""
WITHOUT_PERIOD = 30
"""The same after it was taken up, where nobody can read when it should be."""


def _week(turn: Turn | Night) -> date:
    return turn.today - timedelta(days=turn.today.weekday())


# yes


async def take(turn: Turn, services: Services) -> Sequence[Action]:
    """Have the sender carry a request; of two who want the last place, one has it and the other hears so."""
    check_supporter(turn)
    request = await held(turn)
    await turn.uow.people.hold()  # of two requests at once, the second sees what the first counts against their limit
    here, sender = turn.message.conversation, turn.message.sender
    if await is_own(turn, request):
        raise UserError(turn.say("Das ist deine eigene Anfrage."))
    person = await turn.uow.people.know(here.platform, sender.id, sender.name)
    assert person.id is not None
    if refused := await _refused(turn, services, request, person.id):
        return refused
    if not await turn.uow.requests.take(request.id or 0, person.id):
        return [Reply(await _whose(turn, request, person.id))]
    await turn.uow.people.take_slot(person.id, slot_of(request), _week(turn))
    taken = await turn.uow.requests.get(request.id or 0)
    assert taken is not None
    return await _taken(turn, services, taken, person)


async def _refused(turn: Turn, services: Services, request: SupportRequest, person_id: int) -> Sequence[Action]:
    """What is said to somebody who cannot take it up now; what is private, to themselves alone."""
    known = await turn.uow.requests.candidate(request.id or 0, person_id)
    if request.state not in SOUGHT or (known and known.answer == Answer.ACCEPTED):
        return [Reply(await _whose(turn, request, person_id))]
    is_asked = known is not None and known.answer == Answer.ASKED
    if not is_asked and kind_of(services, request).mode is not Mode.TEAM_PULL:
        raise unknown(turn, request.id or 0)
    obstacle = await _obstacle(turn, services, request, person_id, is_asked=is_asked)
    if obstacle is None:
        return []
    if turn.message.conversation.is_direct:
        raise UserError(_why_not(services, request, obstacle, turn.say))
    chat = await chat_of(turn.uow, person_id)
    if chat is None:
        text = turn.say("Dazu sage ich dir im Einzelchat mehr. Schreib mir dort „anfrage {number}“.")
        raise UserError(text.format(number=request.id))
    place, account = chat
    told = Send(place, _why_not(services, request, obstacle, turn.say_to(place)), person=account)
    return [*await offer_again(turn, services, request), told]


async def _obstacle(
    turn: Turn, services: Services, request: SupportRequest, person_id: int, *, is_asked: bool
) -> Obstacle | None:
    """What keeps somebody from saying yes.

    Who was asked was chosen, in spite of the rule if need be, and may say yes in a pause; their own limit still holds.
    """
    if not is_asked:
        return await matching.obstacle_of(turn, services, request, person_id)
    portrait = await turn.uow.people.portrait(person_id)
    taken = list(await turn.uow.people.slots(_week(turn))).count(person_id)
    is_limited = portrait is not None and portrait.weekly_capacity is not None
    return Obstacle.AT_LIMIT if is_limited and portrait and taken >= (portrait.weekly_capacity or 0) else None


def _why_not(services: Services, request: SupportRequest, obstacle: Obstacle, say: Say) -> str:
    kind = kind_of(services, request).label
    match obstacle:
        case Obstacle.OWN_DEPARTMENT:
            text = say("Anfrage {number} kommt aus deinem Fachbereich. Bei {kind} kommt jemand von außen.")
        case Obstacle.UNKNOWN_DEPARTMENT:
            text = say("Für Anfrage {number} brauche ich deinen Fachbereich. Schreib mir „fachbereich: Sozialamt“.")
        case Obstacle.PAUSED:
            text = say("Du machst gerade Pause. Anfrage {number} bleibt bei den anderen.")
        case Obstacle.FULL:
            text = say("Du hast gesagt, dass du gerade voll bist. Anfrage {number} bleibt bei den anderen.")
        case Obstacle.AT_LIMIT:
            text = say("Deine eigene Grenze für diese Woche ist erreicht. Anfrage {number} ginge nur darüber hinaus.")
        case _:
            text = say("Anfrage {number} passt gerade nicht.")
    return text.format(number=request.id, kind=kind)


async def offer_again(turn: Turn | Night, services: Services, request: SupportRequest) -> Sequence[Change]:
    """Leave the choices in rooms to the others."""
    changes = []
    for shown in await turn.uow.requests.posts(request.id or 0):
        if not shown.is_direct:
            place = Conversation(shown.platform, shown.conversation_id)
            text, offered = matching.for_room(services, request, turn.say_to(place))
            changes.append(Change(shown.key, place, text, offered))
    return changes


async def _whose(turn: Turn, request: SupportRequest, person_id: int) -> str:
    accepted = await carriers(turn, request)
    if any(person.id == person_id for person in accepted):
        return turn.say("Anfrage {number} hast du schon übernommen.").format(number=request.id)
    if request.state in CARRIED and accepted:
        name = named([one for one in accepted if one.is_named]) or turn.say("jemand anderes")
        return turn.say("Anfrage {number} hat schon {name} übernommen.").format(number=request.id, name=name)
    state = state_in_words(request, turn.say)
    return turn.say("Anfrage {number}: {state}.").format(number=request.id, state=state)


async def _taken(turn: Turn, services: Services, request: SupportRequest, person: Person) -> Sequence[Action]:
    request.due_on = matching.until(turn, services)
    accepted = await carriers(turn, request)
    text = turn.say("Anfrage {number} ist jetzt bei dir.").format(number=request.id)
    if request.state not in CARRIED:  # a tandem of which one is missing
        text += " " + turn.say("Die zweite Person fehlt noch. Ich sage dir, wer es wird.")
        say = speech_of(turn, request)
        told = say("Anfrage {number}: Eine von zwei Personen hat zugesagt.").format(number=request.id)
        others = await offer_again(turn, services, request)
        asked = await turn.uow.requests.candidates(request.id or 0, Answer.ASKED)
        mode = kind_of(services, request).mode
        on = [] if asked or mode is Mode.TEAM_PULL else await matching.begin(turn, services, request)
        return [Reply(text), *others, to_requester(turn, request, told), *on]
    if len(accepted) == 2:
        one, other = (who.id or 0 for who in accepted)
        await turn.uow.requests.pair(one, other, turn.today + timedelta(days=services.house.retention.tandems))
    request.closing_on = _closing_day(turn, services, request)
    names = named([one for one in accepted if one.is_named])
    by = f"Übernommen von {names}." if names else "Übernommen."
    done = await settle(turn, services, request, lambda say: by, stays_known=True)
    return [*await agreements.begin(turn, services, request, person, text), *done]


def _closing_day(turn: Turn, services: Services, request: SupportRequest) -> date:
    period = period_said(" ".join(request.period.casefold().split()), turn.today)
    days = services.house.working_days
    if period is None or period.end is None:
        return days.after(turn.today, WITHOUT_PERIOD)
    return days.after(max(period.end, turn.today), CLOSING_DAYS)


# no


async def decline(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask the sender no more about this request; nobody hears why."""
    check_supporter(turn)
    request = await held(turn)
    person = await _asked_sender(turn, request)
    is_misfit = chosen(turn)["do"] == "unsuitable"
    on = await do_without(turn, services, request, person, Answer.UNSUITABLE if is_misfit else Answer.NOT_NOW)
    if not is_misfit:
        return [Reply(turn.say("Gut, ich frage jemand anderen.")), *on]
    text = turn.say("Gut, ich frage jemand anderen. Soll ich dich bei solchen Anfragen künftig nicht mehr nennen?")
    choices = (
        choice(request, "ja", turn.say("ja, nicht mehr nennen"), "not_mine"),
        choice(request, "nein", turn.say("nein, nur diesmal nicht"), "leave"),
    )
    return [Reply(text, offer(*choices)), *on]


async def _asked_sender(turn: Turn, request: SupportRequest) -> Person:
    """The sender, who is asked about this request; raises `UserError`."""
    person = await sender_of(turn)
    known = await turn.uow.requests.candidate(request.id or 0, person.id or 0) if person else None
    if person is None or known is None or known.answer != Answer.ASKED or request.state not in SOUGHT:
        raise UserError(turn.say("Anfrage {number} wartet nicht mehr auf dich.").format(number=request.id))
    return person


async def do_without(
    turn: Turn | Night, services: Services, request: SupportRequest, person: Person, answer: Answer
) -> Sequence[Action]:
    """Seek on without somebody who was asked."""
    known = await turn.uow.requests.candidate(request.id or 0, person.id or 0)
    await turn.uow.requests.answer(request.id or 0, person.id or 0, answer)
    await turn.uow.requests.drop_posts([known.asked_key] if known and known.asked_key else [])
    name = shortened(person.name, LONGEST_NAME)

    def happened(say: Say) -> str:
        return say("{name} kann Anfrage {number} nicht übernehmen.").format(name=name, number=request.id)

    return await matching.go_on(turn, services, request, happened)


async def give_up_waiting(night: Night, services: Services, request: SupportRequest) -> Sequence[Action]:
    """Seek on without those who were asked and did not answer in time."""
    actions: list[Action] = []
    asked = await night.uow.requests.candidates(request.id or 0, Answer.ASKED)
    keys = [one.asked_key for one in asked if one.asked_key]
    actions += await settle(night, services, request, lambda say: say("Inzwischen frage ich weiter."), only=keys)
    for one in asked:
        await night.uow.requests.answer(request.id or 0, one.person_id, Answer.NOT_NOW)

    def happened(say: Say) -> str:
        return say("Zu Anfrage {number} kam keine Antwort.").format(number=request.id)

    return [*actions, *await matching.go_on(night, services, request, happened)]


async def unlearn(turn: Turn, services: Services) -> Sequence[Action]:
    """Name somebody for such requests no more, as they wish."""
    request, person = await held(turn), await sender_of(turn)
    if person is None or person.id is None or not screen(request.goal).is_clean:
        return [Reply(turn.say("Dazu merke ich mir nichts."))]
    await turn.uow.people.learn(person.id, request.goal, fits=False)
    return [Reply(turn.say("Notiert. Bei solchen Anfragen nenne ich dich nicht mehr."))]


# somebody else


async def ask_whom(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask whom the sender knows for it: asked, carrying it, or reading along in a room."""
    check_supporter(turn)
    request = await held(turn)
    if request.state not in LIVE:
        raise UserError(await _whose(turn, request, 0))
    text = turn.say("Wer könnte das übernehmen? Schreib mir den Namen.")
    if not turn.message.conversation.is_direct:
        text += " " + turn.say("Hier im Raum bitte mit „@Lotsenfunk“ davor.")
    drop = choice(request, "niemand", turn.say("doch niemand"), "leave")
    return [Reply(text, offer(drop, asks=choice(request, "", "", "suggested")))]


async def suggest(turn: Turn, services: Services) -> Sequence[Action]:
    """Bring a name to those who decide; whoever was asked or carried it themselves is free of it."""
    check_supporter(turn)
    request = await held(turn)
    people = [one for one in await wishes.people_in(turn, turn.text) if not await _is_sender(turn, one)]
    if not people:
        text = turn.say("Unter den Lots:innen mit Porträt finde ich „{name}“ nicht. Schreib mir den Namen bitte genau.")
        raise UserError(text.format(name=shortened(" ".join(turn.text.split()), LONGEST_NAME)))
    if len(people) > 1:
        raise UserError(turn.say("Diesen Namen gibt es mehrmals. Schreib mir bitte Vor- und Nachnamen."))
    person, sender = people[0], await sender_of(turn)
    known = await turn.uow.requests.candidate(request.id or 0, sender.id or 0) if sender else None
    if request.state not in LIVE or (
        request.state not in SOUGHT and (known is None or known.answer != Answer.ACCEPTED)
    ):
        raise UserError(await _whose(turn, request, sender.id or 0 if sender else 0))
    is_pull = kind_of(services, request).mode is Mode.TEAM_PULL and request.escalated_on is None
    if is_pull and known is None:
        return await matching.ask_people(turn, services, request, [person.id or 0])
    if known is None or known.answer not in (Answer.ACCEPTED, Answer.ASKED) or sender is None:
        raise unknown(turn, request.id or 0)
    on = await _without(turn, services, request, sender)
    reply = Reply(turn.say("Danke. Deinen Vorschlag gebe ich weiter."))
    return [reply, *on, *await _suggested(turn, services, request, person)]


async def _is_sender(turn: Turn, person: Person) -> bool:
    sender = await sender_of(turn)
    return sender is not None and sender.id == person.id


async def _without(turn: Turn, services: Services, request: SupportRequest, person: Person) -> Sequence[Action]:
    known = await turn.uow.requests.candidate(request.id or 0, person.id or 0)
    if known is not None and known.answer == Answer.ACCEPTED:
        return await give_back(turn, services, request, person)
    return await do_without(turn, services, request, person, Answer.NOT_NOW)


async def _suggested(turn: Turn, services: Services, request: SupportRequest, person: Person) -> Sequence[Action]:
    """Tell those who decide that somebody was named."""
    name = shortened(person.name, LONGEST_NAME)

    def shown(say: Say) -> tuple[str, Offer]:
        choices = (
            choice(request, "ja", say("ja, fragen"), "person", person=str(person.id)),
            choice(request, "nein", say("nein"), "leave"),
        )
        text = say("Für Anfrage {number} wurde {name} vorgeschlagen. Soll ich fragen?")
        return text.format(number=request.id, name=name), offer(*choices)

    if kind_of(services, request).mode is Mode.SELF_CHOICE and request.escalated_on is None:
        return [to_requester(turn, request, *shown(speech_of(turn, request)))]
    return [Send(place, *shown(turn.say_to(place))) for place in await turn.coordinators()]


# giving back


async def return_it(turn: Turn, services: Services) -> Sequence[Action]:
    """Have somebody else sought for what the sender carries."""
    request = await held(turn)
    person = await _carrying_sender(turn, request)
    reply = Reply(turn.say("Anfrage {number} ist wieder frei.").format(number=request.id))
    return [reply, *await give_back(turn, services, request, person)]


async def _carrying_sender(turn: Turn, request: SupportRequest) -> Person:
    """The sender, who carries this request; raises `UserError`."""
    person = await sender_of(turn)
    accepted = await carriers(turn, request)
    if person is None or person.id not in [one.id for one in accepted] or request.state not in LIVE:
        raise unknown(turn, request.id or 0)
    return person


async def give_back(
    turn: Turn | Night, services: Services, request: SupportRequest, person: Person
) -> Sequence[Action]:
    """Seek somebody else in the place of one who carries it; their partner stays."""
    assert request.id is not None
    assert person.id is not None
    shown = await unnamed(turn, services, request) if request.state in CARRIED else []
    await turn.uow.requests.free(request.id, person.id, Answer.NOT_NOW)
    await turn.uow.people.free_slot(slot_of(request), person.id)
    freed = await turn.uow.requests.get(request.id)
    assert freed is not None
    freed.expectation, freed.has_confirmed, freed.closing_on = None, False, None
    name = shortened(person.name, LONGEST_NAME)

    def happened(say: Say) -> str:
        return say("{name} hat Anfrage {number} zurückgegeben.").format(name=name, number=request.id)

    def left_alone(say: Say) -> tuple[str, Offer | None]:
        return f"{happened(say)} {say('Ich suche eine neue zweite Person.')}", None

    told = await tell_carriers(turn, freed, left_alone)

    say = speech_of(turn, freed)
    is_told = kind_of(services, freed).mode is Mode.SELF_CHOICE and freed.escalated_on is None
    news = [] if is_told else [to_requester(turn, freed, happened(say))]
    return [*shown, *told, *news, *await matching.go_on(turn, services, freed, happened)]


async def unnamed(turn: Turn | Night, services: Services, request: SupportRequest) -> Sequence[Change]:
    """No longer name whoever took a request up below it."""
    return await settle(turn, services, request, lambda say: say("Nicht mehr aktuell."))
