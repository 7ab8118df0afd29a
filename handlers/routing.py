"""Sends a question that the store cannot answer on its way to people who can, and says how far it has come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from bot.errors import UserError
from bot.messages import Action, Change, Choice, Conversation, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers import ask, candidates
from handlers.ask import LONGEST_HEADING, LONGEST_NAME, shortened
from handlers.cards import day_in_words
from knowledge.assignment import QUESTION, find
from knowledge.screening import screen
from storage.models.people import Person
from storage.models.questions import OpenQuestion
from storage.models.routing import Routing, RoutingMessage, RoutingPlace, RoutingState, Side

ROUTING = "routing"  # topic of the offers below a question that is shown to supporters
ASKED = "routed_question"  # topic of those that its asker gets
NAMED_AT_MOST = 2
LONGEST_TOPIC = 60
WAITING = (RoutingState.SOUGHT, RoutingState.RETURNED, RoutingState.TAKEN)
"""Without an answer yet."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody who may know about a question, and why: the topic that they name themselves."""

    person: Person
    topic: str


# sending it on its way


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do with a question without an answer what its asker wants."""
    data = ask.chosen(turn)
    match data["do"]:
        case "delete":
            return await ask.withdraw(turn, services)
        case "leave":
            return [Reply(turn.say("Gut, deine Frage bleibt nur auf der Liste."))]
    return await _send_on(turn, services, is_named=data["do"] == "named")


async def _send_on(turn: Turn, services: Services, *, is_named: bool) -> Sequence[Action]:
    data = ask.chosen(turn)
    still_open = await turn.uow.questions.still_open([int(data["open_question"])])
    if not still_open:
        return [Reply(turn.say("Diese Frage ist nicht mehr offen."))]
    [question] = still_open
    await _check_amount(turn, services)
    suggested = await suggestions(turn, services, question.text, await _asker(turn) if is_named else None)
    routing = await _open(turn, services, question, data["asked"], data["event"], is_named=is_named)
    posts = [await post(turn, routing, place, suggested) for place in await ask.helpers(turn)]
    return [sent_on(turn, routing), *posts]


async def open_for(turn: Turn, services: Services, question: str) -> Routing:
    """Send a question on its way, with the name of whoever asks it now; raises `UserError`."""
    await _check_amount(turn, services)
    number = await turn.uow.questions.open(screen(question).proposal, turn.today, turn.answer_key)
    [opened] = await turn.uow.questions.still_open([number])
    return await _open(turn, services, opened, turn.answer_key, turn.message.event_id, is_named=True)


async def _open(
    turn: Turn, services: Services, question: OpenQuestion, asked: str, event: str, *, is_named: bool
) -> Routing:
    """`asked` is the answer key of the message with the question, `event` its id."""
    sender, platform = turn.message.sender, turn.message.conversation.platform
    asker = await _asker(turn)
    routing = Routing(
        text=question.text,
        question_id=question.id,
        answer_key=asked,
        asker_platform=platform if is_named else None,
        asker_person=sender.id if is_named else None,
        asker_name=shortened(sender.name, LONGEST_NAME) if is_named else None,
        department=asker.department if asker and is_named else None,
        due_on=next_day(turn, services),
    )
    number = await turn.uow.routing.open(routing)
    place_id = await turn.uow.routing.add_place(_place_of_asker(turn, number, event, is_named=is_named))
    # The first answer to this message, `sent_on`: who quotes it means this question.
    await turn.uow.routing.note(RoutingMessage(key=turn.answer_key, routing_id=number, place_id=place_id))
    return routing


async def _asker(turn: Turn) -> Person | None:
    return await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)


async def _check_amount(turn: Turn, services: Services) -> None:
    """Refuse more questions that wait than the house has people for; raises `UserError`."""
    most = services.house.questions_at_once
    if sum(routing.state in WAITING for routing in await own(turn)) >= most:
        text = turn.say("Von dir sind gerade {count} Fragen unterwegs. Warte bitte auf eine Antwort: „meine fragen“.")
        raise UserError(text.format(count=most))


async def own(turn: Turn) -> Sequence[Routing]:
    """What the sender asked: with their name on any of their accounts, without it in this direct chat."""
    here, asked = turn.message.conversation, list[Routing]()
    for platform, person in await turn.uow.people.accounts_beside(here.platform, turn.message.sender.id):
        is_here = here.is_direct and platform == here.platform
        asked += await turn.uow.routing.of_asker(platform, person, here.id if is_here else None)
    return list({routing.id: routing for routing in asked}.values())


def _place_of_asker(turn: Turn, number: int, event: str, *, is_named: bool) -> RoutingPlace:
    here = turn.message.conversation
    return RoutingPlace(
        routing_id=number,
        side=Side.ASKER,
        platform=here.platform,
        conversation_id=here.id,
        is_direct=here.is_direct,
        person=turn.message.sender.id if is_named else None,
        root=event,
        thread=turn.message.thread,
    )


def sent_on(turn: Turn, routing: Routing) -> Reply:
    """Say that a question is on its way, and until when."""
    text = turn.say("Weitergegeben als Frage {number}. Ohne Antwort bis {day} frage ich die Koordination.")
    parts = [text.format(number=routing.id, day=day_in_words(routing.due_on or turn.today))]
    if routing.asker_name is None:
        kept = turn.say(
            "Deinen Namen zeige ich nicht und speichere ihn nicht. Ich merke mir nur, wohin die Antwort geht. Die IT "
            "des Hauses könnte den Chat sehen."
        )
        parts.append(kept)
    parts.append(turn.say("Den Stand zeigt „meine fragen“."))
    return Reply(" ".join(parts))


# who may know


async def suggestions(
    turn: Turn | Night, services: Services, question: str, asker: Person | None = None
) -> Sequence[Suggestion]:
    """At most two people who name the topic of a question and may be asked now, in random order; never its asker."""
    kind = find(QUESTION.name, services.house.kinds) or QUESTION
    found = await candidates.find(turn, services, question, kind, asker=asker.id if asker else None)
    if not found.reasons:
        return ()
    fitting = [(person, found.reasons.get(portrait.person_id)) for person, portrait in found.fitting]
    named = [Suggestion(person, shortened(match.topic, LONGEST_TOPIC)) for person, match in fitting if match]
    return named[:NAMED_AT_MOST]


# showing it to supporters


async def post(
    turn: Turn | Night,
    routing: Routing,
    place: Conversation,
    suggested: Sequence[Suggestion] = (),
    person: str | None = None,
) -> Send:
    """Show a question at a place, to everybody there or to one `person`; what is said below it goes to its asker."""
    key = uuid4().hex
    assert routing.id is not None
    person = person or await _alone_at(turn, place)
    shown = RoutingPlace(
        routing_id=routing.id,
        side=Side.SUPPORTERS,
        platform=place.platform,
        conversation_id=place.id,
        is_direct=place.is_direct,
        person=person,
        key=key,
    )
    place_id = await turn.uow.routing.add_place(shown)
    message = RoutingMessage(key=key, routing_id=routing.id, place_id=place_id, source=routing.answer_key)
    await turn.uow.routing.note(message)
    text, offer = _described(turn, routing, shown, suggested)
    return Send(place, text, offer, person, key=key)


async def _alone_at(turn: Turn | Night, place: Conversation) -> str | None:
    known = await turn.uow.addresses.known(place.platform, place.id) if place.is_direct else None
    return known.person if known else None


def _described(
    turn: Turn | Night, routing: Routing, place: RoutingPlace, suggested: Sequence[Suggestion]
) -> tuple[str, Offer]:
    say = turn.say_to(conversation_of(place))
    parts = [heading(turn, routing, place)]
    if suggested:
        names = "; ".join(say("{name} („{topic}“)").format(name=one.person.name, topic=one.topic) for one in suggested)
        parts.append(say("Zum Thema nennen sich: {names}.").format(names=names))
    if place.is_direct:
        parts.append(say("Magst du das übernehmen?"))
    elif place.platform.partition(":")[0] == "teams":
        parts.append(say("Was hier darunter mit @Lotsenfunk steht, geht an die fragende Person."))
    else:
        parts.append(say("Was hier im Thread steht, geht an die fragende Person."))
    return "\n\n".join(parts), _choices(turn, routing, place)


def heading(turn: Turn | Night, routing: Routing, place: RoutingPlace) -> str:
    """A question as it is shown at a place: its number, who asks as far as they say, and its words."""
    say = turn.say_to(conversation_of(place))
    who = asker_of(turn, routing, place)
    words = shortened(" ".join(routing.text.split()), LONGEST_HEADING)
    return say("**Frage {number}** von {who}: „{words}“").format(number=routing.id, who=who, words=words)


def asker_of(turn: Turn | Night, routing: Routing, place: RoutingPlace) -> str:
    """Who asks, as they want to be shown."""
    say = turn.say_to(conversation_of(place))
    if routing.asker_name is None:
        return say("einer Person, die ihren Namen nicht nennt")
    return ", ".join(part for part in (routing.asker_name, routing.department) if part)


def _choices(turn: Turn | Night, routing: Routing, place: RoutingPlace) -> Offer:
    say, data = turn.say_to(conversation_of(place)), {"routing": str(routing.id), "place": str(place.id)}
    choices = [
        Choice("übernehmen", say("ich übernehme"), data | {"do": "take"}),
        Choice("kenne", say("ich kenne jemanden dafür"), data | {"do": "know"}),
    ]
    if place.is_direct:
        choices.append(Choice("heute", say("heute nicht"), data | {"do": "not_now"}))
        choices.append(Choice("passt", say("passt nicht zu mir"), data | {"do": "unsuitable"}))
    return Offer(ROUTING, tuple(choices))


async def show_state(turn: Turn | Night, routing: Routing, state: str) -> Sequence[Change]:
    """Say at every place where a question was shown how far it has come; `state` addresses nobody."""
    assert routing.id is not None
    return [
        _changed(place, f"{heading(turn, routing, place)}\n\n{state}")
        for place in await turn.uow.routing.places(routing.id, Side.SUPPORTERS)
    ]


async def show_again(turn: Turn | Night, routing: Routing, state: str = "") -> Sequence[Change]:
    """Show a question anew where it was shown: its words changed, or somebody is sought again."""
    assert routing.id is not None
    asked = {place.id for place in await still_asked(turn, routing)}
    return [
        show_at(turn, routing, place, state, is_asked=place.id in asked)
        for place in await turn.uow.routing.places(routing.id, Side.SUPPORTERS)
    ]


def show_at(
    turn: Turn | Night, routing: Routing, place: RoutingPlace, state: str = "", *, is_asked: bool = True
) -> Change:
    """Show a question anew at one place, with its choices if anybody there is still asked."""
    if not is_asked:
        return _changed(place, "\n\n".join(filter(None, (heading(turn, routing, place), state))))
    text, offer = _described(turn, routing, place, ())
    return _changed(place, f"{text}\n\n{state}" if state else text, offer)


async def still_asked(turn: Turn | Night, routing: Routing) -> Sequence[RoutingPlace]:
    """Where somebody may still take a question up: not with those alone who said that it does not suit."""
    assert routing.id is not None
    refused = await turn.uow.routing.refusals(routing.id)
    places = await turn.uow.routing.places(routing.id, Side.SUPPORTERS)
    return [place for place in places if place.person is None or (place.platform, place.person) not in refused]


def _changed(place: RoutingPlace, text: str, offer: Offer | None = None) -> Change:
    assert place.key is not None  # supporters see a question below a message of ours
    return Change(place.key, conversation_of(place), text, offer, place.person)


def conversation_of(place: RoutingPlace) -> Conversation:
    """Where that is."""
    return Conversation(place.platform, place.conversation_id, place.is_direct)


# telling its asker


async def tell_asker(
    turn: Turn | Night, routing: Routing, text: str, offer: Offer | None = None, source: str | None = None
) -> Sequence[Send]:
    """Say something below the question, where it was asked; `source` is the answer key of whom it passes on.

    `text` is said as it is, the caller has translated it.
    """
    assert routing.id is not None
    told = []
    for place in await turn.uow.routing.places(routing.id, Side.ASKER):
        assert place.id is not None
        key = uuid4().hex
        await turn.uow.routing.note(RoutingMessage(key=key, routing_id=routing.id, place_id=place.id, source=source))
        to = conversation_of(place)
        told.append(Send(to, text, offer, place.person, answers=place.root, thread=place.thread, key=key))
    return told


async def speech_to_asker(turn: Turn | Night, routing: Routing) -> Callable[[str], str]:
    """How sentences are said where a question was asked."""
    assert routing.id is not None
    places = await turn.uow.routing.places(routing.id, Side.ASKER)
    return turn.say_to(conversation_of(places[0])) if places else turn.say


def next_day(turn: Turn | Night, services: Services) -> date:
    """The day until which the next answer is waited for."""
    return services.house.working_days.after(turn.today, services.house.answer_days)
