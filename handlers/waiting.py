"""Looks after questions that wait: reminds who has them, asks the coordinators, and at last their asker."""

from collections.abc import Sequence
from datetime import timedelta

from bot.messages import Change, Choice, Conversation, Delete, Offer, Send
from bot.turn import Night, Services
from handlers import candidates, relay, routing, taking
from handlers.routing import conversation_of
from storage.models.routing import Routing, RoutingState, Side
from storage.repositories.routing import FREE

STAY = "stay"


async def look_after(night: Night, services: Services) -> Sequence[Send | Change]:
    """Go on with each question whose day has passed: one step a night, noted in the same transaction."""
    said: list[Send | Change] = []
    for found in await night.uow.routing.due(night.today):
        said += await _go_on(night, services, found)
    return said


async def renew(night: Night, services: Services) -> Sequence[Send | Change]:
    """Have questions that nobody took be open to be taken, however long they wait: other offers end after some days."""
    changes: list[Send | Change] = []
    for found in await night.uow.routing.live():
        if found.state in FREE:
            changes += [
                routing.show_at(night, found, place)
                for place in await routing.still_asked(night, found)
                if place.key and not await _is_renewed(night, place.key)
            ]
    return changes


async def _is_renewed(night: Night, key: str) -> bool:
    keys = {key, *await night.uow.mailbox.versions(key)}
    return await night.uow.questions.renew_offers(keys, night.now)


async def _go_on(night: Night, services: Services, found: Routing) -> Sequence[Send | Change]:
    found.due_on = routing.next_day(night, services)
    if found.state == RoutingState.TAKEN and found.reminded_on is None:
        return await _remind(night, services, found)
    if found.state == RoutingState.TAKEN:
        given_back = await taking.give_back(night, services, found)
        return [*(one for one in given_back if isinstance(one, Send | Change)), *await _escalate(night, found)]
    return await _escalate(night, found) if found.state in FREE else []


async def _remind(night: Night, services: Services, found: Routing) -> Sequence[Send | Change]:
    """Ask whoever has a question whether they go on with it; nobody else hears that."""
    found.reminded_on = night.today
    person = await night.uow.people.find(found.taker_platform or "", found.taker_person or "")
    chat = await candidates.chat_of(night.uow, person.id or 0) if person else None
    if chat is None:
        return []
    place, account = chat
    say, data = night.say_to(place), {"routing": str(found.id), "place": str(found.taker_place_id or "")}
    choices = (
        Choice("bleibt", say("bleibt bei mir"), data | {"do": STAY}),
        Choice("zurückgeben", say("zurückgeben"), data | {"do": "back"}),
    )
    text = say("Frage {number} wartet noch auf deine Antwort. Bleibt sie bei dir?").format(number=found.id)
    return [Send(place, text, Offer(routing.ROUTING, choices), account)]


async def _escalate(night: Night, found: Routing) -> Sequence[Send | Change]:
    """Show a question that nobody has to the coordinators, and tell its asker."""
    if found.escalated_on is not None:
        return []
    shown = {conversation_of(place) for place in await night.uow.routing.places(found.id or 0, Side.SUPPORTERS)}
    asked = {conversation_of(place) for place in await routing.still_asked(night, found)}
    places = [place for place in await night.coordinators() if place not in shown or place in asked]
    if not places:
        return []
    found.escalated_on = night.today
    say = await routing.speech_to_asker(night, found)
    text = say("Zu Frage {number} kam noch keine Antwort. Jetzt habe ich die Koordination gefragt.")
    posts = [await _ask_coordinator(night, found, place) for place in places]
    return [*posts, *await routing.tell_asker(night, found, text.format(number=found.id))]


async def _ask_coordinator(night: Night, found: Routing, chat: Conversation) -> Send:
    """Show a question to a coordinator; who knows it already hears that it waits."""
    places = await night.uow.routing.places(found.id or 0, Side.SUPPORTERS)
    known = next((place for place in places if conversation_of(place) == chat), None)
    if known is None:
        return await routing.post(night, found, chat)
    text = night.say_to(chat)("Frage {number} wartet noch auf eine Antwort.").format(number=found.id)
    return Send(chat, text, below=known.key)


async def offer_agenda(night: Night, services: Services) -> Sequence[Send]:
    """Ask the askers of old questions, once, whether these may become topics of the jour fixe."""
    days = services.house.working_days
    said: list[Send] = []
    for found in await night.uow.routing.live():
        if found.agenda_asked_on is not None or found.state == RoutingState.ANSWERED:
            continue
        asked_on = await night.uow.questions.asked_on(found.question_id)
        if asked_on is None or days.after(asked_on, services.house.agenda_days) >= night.today:
            continue
        places = await night.uow.routing.places(found.id or 0, Side.ASKER)
        if not places:
            continue
        found.agenda_asked_on = night.today
        say, data = night.say_to(conversation_of(places[0])), {"routing": str(found.id)}
        choices = (
            Choice("ja", say("ja, ohne meinen Namen"), data | {"do": "agenda"}),
            Choice("nein", say("nein, nur weiter suchen"), data | {"do": "wait"}),
            Choice("zurückziehen", say("Frage zurückziehen"), data | {"do": "stop"}),
        )
        text = say("Frage {number} ist noch offen. Soll sie Thema im nächsten Jour fixe der Lots:innen werden?")
        said += await routing.tell_asker(night, found, text.format(number=found.id), Offer(routing.ASKED, choices))
    return said


async def expire(night: Night, services: Services) -> Sequence[Send | Delete]:
    """Take questions away that nobody answered for as long as they are kept, and tell their askers."""
    last = night.today - timedelta(days=services.house.retention.open_questions)
    said: list[Send | Delete] = []
    for found in await night.uow.routing.live():
        asked_on = await night.uow.questions.asked_on(found.question_id)
        if asked_on is None or asked_on > last:
            continue
        say = await routing.speech_to_asker(night, found)
        text = say("Zu Frage {number} kam keine Antwort. Nach {count} Tagen lösche ich sie.")
        days = services.house.retention.open_questions
        told = await routing.tell_asker(night, found, text.format(number=found.id, count=days))
        said += [*told, *await relay.take_away(night, found)]
    return said
