"""Lets supporters take a question up, hand it on, or give it back; of two at once, exactly one has it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from bot.errors import UserError
from bot.messages import Action, Change, Choice, Conversation, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers import ask, candidates, routing
from handlers.ask import LONGEST_NAME, shortened
from knowledge.assignment import AWAY, QUESTION
from knowledge.screening import screen
from storage.models.people import Person
from storage.models.routing import Routing, RoutingMessage, RoutingPlace, RoutingState, Side
from storage.repositories.routing import FREE, LIVE

ROUTED_ANSWER = "routed_answer"  # topic of the offer that asks a supporter for an answer; handlers.relay takes it
KNOWN_AT_MOST = 8


# commands


async def take_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„17 übernehmen“, or „übernehmen“ below a question."""
    found, place = await named(turn, turn.say("Welche Frage? Schreib mir zum Beispiel „17 übernehmen“."))
    return await take(turn, services, found, place)


async def give_back_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„17 zurückgeben“, or „zurückgeben“ below a question."""
    found, _ = await named(turn, turn.say("Welche Frage? Schreib mir zum Beispiel „17 zurückgeben“."))
    await check_taker(turn, found)
    return [Reply(_given_back(turn, found)), *await give_back(turn, services, found)]


async def hand_on_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„17 weitergeben“: somebody else is to be asked."""
    found, place = await named(turn, turn.say("Welche Frage? Schreib mir zum Beispiel „17 weitergeben“."))
    if found.state not in FREE:
        await check_taker(turn, found)
    return _ask_for_name(turn, found, place)


async def list_on_the_way(turn: Turn, services: Services) -> Sequence[Action]:
    """„unterwegs“: questions that somebody may still take up."""
    check_supporter(turn)
    free = [one for one in await turn.uow.routing.live() if one.state in FREE]
    if not free:
        return [Reply(turn.say("Zurzeit wartet keine Frage auf jemanden."))]
    lines = [f"- {one.id}: „{shortened(' '.join(one.text.split()), ask.LONGEST_LABEL)}“" for one in free[:9]]
    text = turn.say("Diese Fragen warten auf jemanden. „17 übernehmen“ nimmt die mit der Nummer 17.")
    return [Reply("\n".join((f"{text}\n", *lines)))]


async def named(turn: Turn, hint: str) -> tuple[Routing, RoutingPlace | None]:
    """The question whose number was said, or below which it was said; raises `UserError`."""
    check_supporter(turn)
    place = await place_here(turn)
    number = turn.number or (place.routing_id if place else None)
    if number is None:
        raise UserError(hint)
    found = await turn.uow.routing.hold(number)
    if found is None:
        raise UserError(turn.say("Eine Frage {number} ist nicht unterwegs.").format(number=number))
    return found, place if place and place.routing_id == number else None


async def place_here(turn: Turn) -> RoutingPlace | None:
    """The place of a question that the message was said at."""
    message = turn.message
    roots = [root for root in (message.thread, message.replies_to) if root is not None]
    here = message.conversation
    return await turn.uow.routing.place_at(here.platform, here.id, roots) if roots else None


def check_supporter(turn: Turn) -> None:
    """Refuse staff; raises `UserError`."""
    if turn.role < Role.SUPPORTER:
        raise UserError(turn.say("Fragen übernehmen die Lots:innen. Stell mir gern selbst eine."))


async def is_taker(turn: Turn, found: Routing) -> bool:
    """Whether the sender has taken a question up, on whichever of their accounts."""
    here = turn.message.conversation.platform
    accounts = await turn.uow.people.accounts_beside(here, turn.message.sender.id)
    return (found.taker_platform, found.taker_person) in accounts


async def check_taker(turn: Turn, found: Routing) -> None:
    """Refuse whoever has not taken a question up; raises `UserError`."""
    if found.state not in LIVE:
        raise UserError(turn.say("Frage {number} ist schon gelöst.").format(number=found.id))
    if not await is_taker(turn, found):
        raise UserError(turn.say("Frage {number} hast du nicht übernommen.").format(number=found.id))


# choices


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do with a question what a supporter chose below it."""
    check_supporter(turn)
    data = ask.chosen(turn)
    found = await turn.uow.routing.hold(int(data["routing"]))
    if found is None:
        return [Reply(turn.say("Diese Frage ist nicht mehr unterwegs."))]
    place = await turn.uow.routing.place(int(data["place"])) if data.get("place") else None
    match data["do"]:
        case "take":
            return await take(turn, services, found, place)
        case "know":
            return _ask_for_name(turn, found, place)
        case "name":
            return await _look_up(turn, services, found, data)
        case "person":
            return await _ask_person(turn, services, found, data)
        case "not_now" | "unsuitable":
            return await _refuse(turn, services, found, data)
        case "not_mine":
            return await _unlearn(turn, data)
        case "mine":
            return await _learn(turn, data)
        case "back":
            await check_taker(turn, found)
            return [Reply(_given_back(turn, found)), *await give_back(turn, services, found)]
        case "stay":
            await check_taker(turn, found)
            found.due_on, found.reminded_on = routing.next_day(turn, services), None
            return [Reply(turn.say("Gut. Frage {number} bleibt bei dir.").format(number=found.id))]
    return [Reply(turn.say("Gut, es bleibt alles, wie es ist."))]


async def take(
    turn: Turn, services: Services, found: Routing, place: RoutingPlace | None, *, is_quick: bool = False
) -> Sequence[Action]:
    """Have the sender take a question up; its asker and everybody who was asked see that.

    Who answers at once, `is_quick`, takes up nothing that counts against their own limit. Raises `UserError`.
    """
    assert found.id is not None
    here, sender = turn.message.conversation, turn.message.sender
    await _check_own(turn, found)
    place = place or await _place_in(found, turn)
    if place is None and not here.is_direct:
        raise UserError(turn.say("Hier lesen andere mit. Schreib mir das bitte im Chat mit mir allein."))
    person = await turn.uow.people.know(here.platform, sender.id, sender.name)
    if not is_quick and found.state in FREE:
        await take_slot(turn, person, slot_of(found))
    if not await turn.uow.routing.take(found.id, here.platform, sender.id, shortened(sender.name, LONGEST_NAME)):
        if not is_quick and found.state in FREE:
            await turn.uow.people.free_slot(slot_of(found), person.id)
        return [Reply(await _whose(turn, await turn.uow.routing.get(found.id) or found))]
    routed = await turn.uow.routing.get(found.id)
    assert routed is not None
    routed.taker_name = shortened(person.name, LONGEST_NAME) if person.is_named else None
    routed.due_on, routed.reminded_on = routing.next_day(turn, services), None
    shown = await show_taken(turn, routed)
    told = await routing.tell_asker(turn, routed, await _told_taken(turn, routed))
    if place is None:
        taken: Action = await _open_here(turn, routed)
    else:
        routed.taker_place_id, taken = place.id, _taken(turn, routed, place)
    return [taken, *shown, *told]


async def _open_here(turn: Turn, found: Routing) -> Send:
    """Have somebody who took a question up from elsewhere work on it alone with us, where it was not shown yet."""
    assert found.id is not None
    here, key = turn.message.conversation, uuid4().hex
    place = RoutingPlace(
        routing_id=found.id,
        side=Side.SUPPORTERS,
        platform=here.platform,
        conversation_id=here.id,
        is_direct=True,
        person=turn.message.sender.id,
        key=key,
    )
    found.taker_place_id = await turn.uow.routing.add_place(place)
    source = found.answer_key
    note = RoutingMessage(key=key, routing_id=found.id, place_id=found.taker_place_id, source=source)
    await turn.uow.routing.note(note)
    taken = _taken(turn, found, place)
    text = f"{routing.heading(turn, found, place)}\n\n{taken.text}"
    return Send(here, text, taken.offer, place.person, answers=turn.message.event_id, key=key)


async def _check_own(turn: Turn, found: Routing) -> None:
    here, sender = turn.message.conversation, turn.message.sender
    own = await turn.uow.people.accounts_beside(here.platform, sender.id)
    if found.state in FREE and (found.asker_platform, found.asker_person) in own:
        raise UserError(turn.say("Das ist deine eigene Frage."))


async def take_slot(turn: Turn, person: Person, taken: str) -> None:
    """Count something against somebody's own limit of this week; raises `UserError` when that is reached."""
    assert person.id is not None
    week = turn.today - timedelta(days=turn.today.weekday())
    await turn.uow.people.hold()  # of two takes at once, the second one sees the first
    portrait = await turn.uow.people.portrait(person.id)
    limit = portrait.weekly_capacity if portrait else None
    if limit is not None and list(await turn.uow.people.slots(week)).count(person.id) >= limit:
        text = turn.say("Mehr als {count} pro Woche wolltest du nicht. „keine grenze“ ändert das.")
        raise UserError(text.format(count=limit))
    await turn.uow.people.take_slot(person.id, taken, week)


async def _place_in(found: Routing, turn: Turn) -> RoutingPlace | None:
    """Where a question is shown in the conversation of the message."""
    places = await turn.uow.routing.places(found.id or 0, Side.SUPPORTERS)
    here = turn.message.conversation
    return next((place for place in places if routing.conversation_of(place) == here), None)


def slot_of(found: Routing) -> str:
    """How a question counts against somebody's own limit."""
    return f"question {found.id}"


async def _whose(turn: Turn, found: Routing) -> str:
    if found.state not in LIVE:
        return turn.say("Frage {number} ist schon gelöst.").format(number=found.id)
    if await is_taker(turn, found):
        return turn.say("Frage {number} hast du schon übernommen.").format(number=found.id)
    name = found.taker_name or turn.say("jemand anderes")
    return turn.say("Frage {number} hat schon {name} übernommen.").format(number=found.id, name=name)


def _taken(turn: Turn, found: Routing, place: RoutingPlace) -> Reply:
    text = turn.say("Frage {number} ist jetzt bei dir.").format(number=found.id)
    data = {"routing": str(found.id), "place": str(place.id)}
    back = Choice("zurückgeben", turn.say("doch zurückgeben"), data | {"do": "back"})
    if place.is_direct:
        later = turn.say("Später schreib davor „{number} beantworten:“.").format(number=found.id)
        text += " " + turn.say("Schreib mir deine Antwort, ich bringe sie hin.") + " " + later
        return Reply(text, Offer(ROUTED_ANSWER, (back,), asks=data | {"do": "answer"}))
    if place.platform.partition(":")[0] == "teams":
        return Reply(text + " " + turn.say("Schreib deine Antwort hier darunter, mit @Lotsenfunk davor."))
    return Reply(text + " " + turn.say("Schreib deine Antwort hier in den Thread, ich bringe sie hin."))


async def show_taken(turn: Turn | Night, found: Routing) -> Sequence[Action]:
    """Say where a question was shown that somebody has it."""
    by = f" von {found.taker_name}" if found.taker_name else ""
    return await routing.show_state(turn, found, f"Übernommen{by}.")


async def _told_taken(turn: Turn, found: Routing) -> str:
    say = await routing.speech_to_asker(turn, found)
    name = found.taker_name or say("eine Lotsin oder ein Lotse")
    return say("Frage {number} hat {name} übernommen.").format(number=found.id, name=name)


# giving back


def _given_back(turn: Turn, found: Routing) -> str:
    return turn.say("Frage {number} ist wieder frei.").format(number=found.id)


async def give_back(turn: Turn | Night, services: Services, found: Routing) -> Sequence[Action]:
    """Seek somebody else for a question; whoever had it is not asked again."""
    assert found.id is not None
    if found.taker_platform and found.taker_person:
        await turn.uow.routing.refuse(found.id, found.taker_platform, found.taker_person)
    await turn.uow.people.free_slot(slot_of(found))
    found.state = RoutingState.RETURNED
    found.taker_platform = found.taker_person = found.taker_name = found.taker_place_id = None
    found.due_on, found.reminded_on = routing.next_day(turn, services), None
    say = await routing.speech_to_asker(turn, found)
    text = say("Frage {number} ist wieder offen. Ich suche jemand anderen.").format(number=found.id)
    told = await routing.tell_asker(turn, found, text)
    return [*await routing.show_again(turn, found, "Wieder frei."), *told]


async def give_back_all(turn: Turn | Night, services: Services, person_id: int) -> Sequence[Action]:
    """Seek somebody else for all that a person has taken up, as they leave."""
    actions: list[Action] = []
    for account in await turn.uow.people.accounts(person_id):
        whose = account.platform, account.person
        for taken in await turn.uow.routing.of_taker(*whose):
            found = await turn.uow.routing.hold(taken.id or 0)
            if found and found.state in LIVE and (found.taker_platform, found.taker_person) == whose:
                actions += await give_back(turn, services, found)
        actions += await _ask_no_more(turn, *whose)
    return actions


async def _ask_no_more(turn: Turn | Night, platform: str, person: str) -> Sequence[Action]:
    """Have somebody hear nothing more of the questions that they alone were shown."""
    actions: list[Action] = []
    for number in await turn.uow.routing.asked_of(platform, person):
        found = await turn.uow.routing.hold(number)
        if found is None:
            continue
        await turn.uow.routing.refuse(number, platform, person)
        for place in await turn.uow.routing.places(number, Side.SUPPORTERS):
            if (place.platform, place.person) == (platform, person):
                actions.append(routing.show_at(turn, found, place, is_asked=False))
        actions += await _ask_next(turn, found)
    return actions


# somebody else


def _ask_for_name(turn: Turn, found: Routing, place: RoutingPlace | None) -> Sequence[Reply | Change]:
    """Ask whom else to ask; meanwhile everybody may still take the question up."""
    data = {"routing": str(found.id), "place": str(place.id) if place else ""}
    text = turn.say("Wen soll ich zu Frage {number} fragen? Schreib mir den Namen.").format(number=found.id)
    if not turn.message.conversation.is_direct:
        text += " " + turn.say("Hier im Raum bitte mit „@Lotsenfunk“ davor.")
    drop = Choice("niemanden", turn.say("doch niemanden fragen"), data | {"do": "drop"})
    asked = Reply(text, Offer(routing.ROUTING, (drop,), asks=data | {"do": "name"}))
    is_shown_here = place is not None and found.state in FREE and turn.choice is not None
    return [asked, *([routing.show_at(turn, found, place)] if place and is_shown_here else [])]


async def _look_up(turn: Turn, services: Services, found: Routing, data: Mapping[str, str]) -> Sequence[Action]:
    """Find who is meant; of several with one name, one has to be chosen."""
    said = " ".join(turn.text.split())
    people = [
        person for person in await turn.uow.people.named(said) if await candidates.is_supporter(turn, person.id or 0)
    ]
    if not people:
        text = turn.say("Unter den Lots:innen kenne ich niemanden mit dem Namen „{name}“. Schreib ihn mir bitte genau.")
        raise UserError(text.format(name=shortened(said, LONGEST_NAME)))
    if len(people) == 1:
        return await _ask_person(turn, services, found, {**data, "person": str(people[0].id)})
    choices = tuple(
        Choice(str(place), _told_apart(turn, person), {**data, "do": "person", "person": str(person.id)})
        for place, person in enumerate(people[:KNOWN_AT_MOST], start=1)
    )
    return [Reply(turn.say("Diesen Namen gibt es mehrmals. Wer ist gemeint?"), Offer(routing.ROUTING, choices))]


def _told_apart(turn: Turn, person: Person) -> str:
    return ", ".join((person.name, person.department or turn.say("Fachbereich unbekannt")))


async def _ask_person(turn: Turn, services: Services, found: Routing, data: Mapping[str, str]) -> Sequence[Action]:
    assert found.id is not None
    if found.state not in LIVE:
        return [Reply(await _whose(turn, found))]
    person = await turn.uow.people.get(int(data["person"]))
    chat = await candidates.chat_of(turn.uow, int(data["person"])) if person else None
    if person is None or chat is None or not await candidates.is_supporter(turn, int(data["person"])):
        return [Reply(turn.say("Diese Person erreiche ich hier nicht. Bitte selbst ansprechen."))]
    if reason := await _why_not(turn, services, found, person, chat[0]):
        return [Reply(reason)]
    place, account = chat
    given_back: Sequence[Action] = ()
    if found.state not in FREE:
        await check_taker(turn, found)
        given_back = await give_back(turn, services, found)
    shown = await _recommended(turn, await routing.post(turn, found, place, person=account))
    return [Reply(turn.say("Ich frage {name}.").format(name=person.name)), *given_back, shown]


async def _why_not(turn: Turn, services: Services, found: Routing, person: Person, chat: Conversation) -> str:
    """Why somebody is not asked about a question; nothing if they may be."""
    assert found.id is not None
    assert person.id is not None
    accounts = {(one.platform, one.person) for one in await turn.uow.people.accounts(person.id)}
    name = shortened(person.name, LONGEST_NAME)
    if (turn.message.conversation.platform, turn.message.sender.id) in accounts:
        return turn.say("Das bist du selbst. „{number} übernehmen“ nimmt die Frage.").format(number=found.id)
    if (found.asker_platform, found.asker_person) in accounts:
        return turn.say("{name} hat die Frage selbst gestellt.").format(name=name)
    if not accounts.isdisjoint(await turn.uow.routing.refusals(found.id)):
        return turn.say("{name} ist gerade nicht da.").format(name=name)
    places = await turn.uow.routing.places(found.id, Side.SUPPORTERS)
    if chat in map(routing.conversation_of, places):
        return turn.say("{name} habe ich schon gefragt.").format(name=name)
    obstacle = await candidates.obstacle_of(turn, services, person.id, QUESTION, asker=None, department=None)
    return turn.say("{name} ist gerade nicht da.").format(name=name) if obstacle in AWAY else ""


async def _recommended(turn: Turn, shown: Send) -> Send:
    """Say who thought of them."""
    say, sender = turn.say_to(shown.to), turn.message.sender
    known = await turn.uow.people.find(turn.message.conversation.platform, sender.id)
    name = sender.name if known is None or known.is_named else say("Jemand")
    text = say("{name} meint, du weißt dazu etwas.").format(name=shortened(name, LONGEST_NAME))
    return replace(shown, text=f"{text}\n\n{shown.text}")


async def _refuse(turn: Turn, services: Services, found: Routing, data: Mapping[str, str]) -> Sequence[Action]:
    """Ask somebody about this question no more; if it never suits them, they say so in their portrait."""
    assert found.id is not None
    here, sender = turn.message.conversation, turn.message.sender
    await turn.uow.routing.refuse(found.id, here.platform, sender.id)
    next_one = await _ask_next(turn, found)
    text = turn.say("Gut, ich suche jemand anderen.")
    if data["do"] == "not_now" or not await _has_portrait(turn):
        return [Reply(text), *next_one]
    text += " " + turn.say("Soll ich dich bei solchen Fragen künftig nicht mehr nennen?")
    choices = (
        Choice("ja", turn.say("ja, nicht mehr nennen"), {**data, "do": "not_mine"}),
        Choice("nein", turn.say("nein, nur diesmal nicht"), {**data, "do": "drop"}),
    )
    return [Reply(text, Offer(routing.ROUTING, choices)), *next_one]


async def _has_portrait(turn: Turn) -> bool:
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    return person is not None and await turn.uow.people.portrait(person.id or 0) is not None


async def _ask_next(turn: Turn | Night, found: Routing) -> Sequence[Action]:
    """When nobody is left who was asked, the coordinators are."""
    assert found.id is not None
    if await routing.still_asked(turn, found) or found.state not in FREE or found.escalated_on is not None:
        return []
    known = [routing.conversation_of(place) for place in await turn.uow.routing.places(found.id, Side.SUPPORTERS)]
    others = [place for place in await turn.coordinators() if place not in known]
    found.escalated_on = turn.today if others else None
    return [await routing.post(turn, found, place) for place in others]


async def _unlearn(turn: Turn, data: Mapping[str, str]) -> Sequence[Action]:
    """Name somebody for such questions no more, as they wish."""
    return await _remember(turn, data, fits=False)


async def _learn(turn: Turn, data: Mapping[str, str]) -> Sequence[Action]:
    """Name somebody for such questions from now on, as they wish."""
    return await _remember(turn, data, fits=True)


async def _remember(turn: Turn, data: Mapping[str, str], *, fits: bool) -> Sequence[Action]:
    found = await turn.uow.routing.get(int(data["routing"]))
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    if found is None or person is None or person.id is None or not screen(found.text).is_clean:
        return [Reply(turn.say("Dazu merke ich mir nichts."))]
    await turn.uow.people.learn(person.id, found.text, fits=fits)
    if fits:
        return [Reply(turn.say("Notiert. Bei solchen Fragen nenne ich dich künftig."))]
    return [Reply(turn.say("Notiert. Bei solchen Fragen nenne ich dich nicht mehr."))]
