"""Lets an asker see how far their questions have come, and say that one is solved; its answer may become knowledge."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers import ask, proposals, relay, routing, taking
from handlers.ask import LONGEST_LABEL, shortened
from handlers.jour_fixe import tasks, topic_cards
from handlers.rights import check_keeping
from handlers.routing import conversation_of
from knowledge.agenda import USUAL_GOAL, USUAL_MINUTES
from knowledge.screening import screen
from knowledge.topic_sentences import TopicSentence
from storage.models.knowledge import Visibility
from storage.models.routing import Routing, RoutingMessage, RoutingPlace, RoutingState, Side
from storage.repositories.routing import LIVE

KEEP = "routed_answer_as_knowledge"  # topic of the offer to keep an answer
LISTED = 8


# how far they have come


async def list_own(turn: Turn, services: Services) -> Sequence[Action]:
    """„meine fragen“: what is on its way for the sender, and how far it has come."""
    if not turn.message.conversation.is_direct:
        return [Reply(turn.say("Das zeige ich dir gern, aber nur im Einzelchat. Schreib mir dort „meine fragen“."))]
    live = [found for found in await routing.own(turn) if found.state in LIVE][:LISTED]
    if not live:
        return [Reply(turn.say("Von dir ist gerade keine Frage unterwegs."))]
    choices = tuple(
        Choice(str(place), _line(turn, found), {"routing": str(found.id), "do": "show"})
        for place, found in enumerate(live, start=1)
    )
    text = turn.say("Deine Fragen unterwegs. Mit der Zahl geht es weiter.")
    return [_offered(turn, live, text, Offer(routing.ASKED, choices))]


def _offered(turn: Turn, about: Sequence[Routing], text: str, offer: Offer) -> Reply | Send:
    """Answer with choices; below a question without a name, nothing may tell whose choice it is."""
    if all(found.asker_person is not None for found in about):
        return Reply(text, offer)
    message = turn.message
    return Send(message.conversation, text, offer, answers=message.event_id, thread=message.thread)


def _line(turn: Turn, found: Routing) -> str:
    words = shortened(" ".join(found.text.split()), LONGEST_LABEL)
    return turn.say("Frage {number}: „{words}“, {state}").format(
        number=found.id, words=words, state=state_in_words(turn, found)
    )


def state_in_words(turn: Turn, found: Routing) -> str:
    """How far a question has come."""
    match RoutingState(found.state):
        case RoutingState.SOUGHT:
            return turn.say("gesucht")
        case RoutingState.TAKEN:
            by = turn.say("übernommen von {name}").format(name=found.taker_name)
            return by if found.taker_name else turn.say("übernommen")
        case RoutingState.ANSWERED:
            return turn.say("beantwortet")
        case RoutingState.RETURNED:
            return turn.say("zurückgegeben, ich suche weiter")
        case RoutingState.CLOSED:
            return turn.say("gelöst")


# what the asker decides


async def solve_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„17 gelöst“, or „gelöst“ below the question."""
    place = await taking.place_here(turn)
    number = turn.number or (place.routing_id if place else None) or await _only_one(turn)
    if number is None:
        if asked := await tasks.end_said(turn):
            return asked
        raise UserError(turn.say("Welche Frage? Schreib mir zum Beispiel „17 gelöst“."))
    found = await turn.uow.routing.hold(number)
    if found is None or not await _is_own(turn, found):
        raise UserError(turn.say("Eine Frage {number} von dir finde ich nicht.").format(number=number))
    return await _solve(turn, services, found, await _last_answer(turn, found))


async def _only_one(turn: Turn) -> int | None:
    """The question that is meant without a number: the only one on its way."""
    live = [found.id for found in await routing.own(turn) if found.state in LIVE]
    return live[0] if len(live) == 1 else None


async def _last_answer(turn: Turn, found: Routing) -> Mapping[str, str]:
    """The answer that waits for a word whether it solves the question, as its choice keeps it."""
    here = turn.message.conversation
    offers = await turn.uow.questions.offers_to(here.platform, here.id, turn.message.sender.id)
    data: list[Mapping[str, str]] = [choice["data"] for offer in offers for choice in offer.choices]
    of_it = (one for one in data if one.get("do") == "solved" and one.get("routing") == str(found.id))
    return next((one for one in of_it if "answer" in one), {})


async def _is_own(turn: Turn, found: Routing) -> bool:
    """Whether the sender asked it, as far as anybody can know."""
    assert found.id is not None
    here = turn.message.conversation
    accounts = await turn.uow.people.accounts_beside(here.platform, turn.message.sender.id)
    if found.asker_person is not None:
        return (found.asker_platform, found.asker_person) in accounts
    places = await turn.uow.routing.places(found.id, Side.ASKER)
    return any(conversation_of(place) == here for place in places)


async def decide_open(turn: Turn, services: Services) -> Sequence[Action]:
    """Do with a question without an answer what its asker wants: perhaps it belongs to an earlier one."""
    data = ask.chosen(turn)
    if data["do"] != "belongs":
        return await routing.decide(turn, services)
    found = await turn.uow.routing.hold(int(data["routing"]))
    if found is None or found.state not in LIVE:
        return [Reply(turn.say("Diese Frage ist nicht mehr unterwegs."))]
    await turn.uow.questions.withdraw(int(data["open_question"]))
    # The message with these words is passed on, not the one with the choice: it is that one which may be deleted.
    return await relay.add(replace(turn, text=data["text"], answer_key=data["asked"]), services, found)


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do with an answer, or with a question on its way, what its asker wants."""
    data = ask.chosen(turn)
    found = await turn.uow.routing.hold(int(data["routing"]))
    if found is None or (found.state not in LIVE and data["do"] != "solved"):
        return [Reply(turn.say("Diese Frage ist nicht mehr unterwegs."))]
    match data["do"]:
        case "solved":
            return await _solve(turn, services, found, data)
        case "open" | "add":
            return [_ask_what_is_missing(turn, found)]
        case "more":
            return await relay.take_answer(turn, services)
        case "stop":
            return await _stop(turn, found)
        case "agenda":
            return await _put_on_agenda(turn, services, found)
        case "wait":
            return [Reply(turn.say("Gut, ich suche weiter."))]
    return [_show(turn, found)]


def _show(turn: Turn, found: Routing) -> Reply | Send:
    data = {"routing": str(found.id)}
    choices = [
        Choice("gelöst", turn.say("gelöst"), data | {"do": "solved"}),
        Choice("ergänzen", turn.say("etwas dazu schreiben"), data | {"do": "add"}),
        Choice("zurückziehen", turn.say("zurückziehen"), data | {"do": "stop"}),
    ]
    waits = found.due_on is not None
    until = turn.say(" Bis {day} warte ich auf eine Antwort.") if waits else ""
    text = _line(turn, found) + "." + until.format(day=in_words(found.due_on or turn.today))
    return _offered(turn, [found], text, Offer(routing.ASKED, tuple(choices)))


def _ask_what_is_missing(turn: Turn, found: Routing) -> Reply | Send:
    data = {"routing": str(found.id), "do": "more"}
    text = turn.say("Was soll ich dazu weitergeben? Schreib es mir in einer Nachricht.")
    if not turn.message.conversation.is_direct:
        text += " " + turn.say("Hier im Raum bitte mit „@Lotsenfunk“ davor.")
    return _offered(turn, [found], text, Offer(routing.ASKED, (), asks=data))


async def _solve(turn: Turn, services: Services, found: Routing, data: Mapping[str, str]) -> Sequence[Action]:
    if found.state not in LIVE:
        return [Reply(turn.say("Frage {number} war schon gelöst.").format(number=found.id))]
    told = await _thank(turn, found, data)
    shown = await close(turn, services, found, "Gelöst.")
    return [Reply(turn.say("Gut. Frage {number} ist gelöst.").format(number=found.id)), *shown, *told]


async def close(turn: Turn | Night, services: Services, found: Routing, state: str) -> Sequence[Action]:
    """Have a question be done with, and say so where it was shown; `state` addresses nobody."""
    if found.question_id is not None and found.state in (RoutingState.ANSWERED, RoutingState.TAKEN):
        await turn.uow.questions.settle(found.question_id)
    found.state, found.due_on = RoutingState.CLOSED, None
    found.delete_on = turn.today + timedelta(days=services.house.kept_days)
    return await routing.show_state(turn, found, state)


async def _thank(turn: Turn, found: Routing, data: Mapping[str, str]) -> Sequence[Send]:
    """Tell whoever answered that it is solved; that one may keep the answer as knowledge."""
    place = await turn.uow.routing.place(found.taker_place_id) if found.taker_place_id else None
    if place is None or found.taker_person is None:
        return []
    say = turn.say_to(conversation_of(place))
    text = say("Frage {number} ist gelöst.").format(number=found.id)
    offer = _to_keep(turn, found, place, data) if data.get("answer") else None
    if offer is not None:
        text += " " + say("Die Antwort als Wissen sichern?")
    to, person = conversation_of(place), data.get("author") or found.taker_person
    key = uuid4().hex
    assert found.id is not None
    assert place.id is not None
    note = RoutingMessage(key=key, routing_id=found.id, place_id=place.id, source=found.answer_key)
    await turn.uow.routing.note(note)  # it goes with the question
    whose = person if place.platform == data.get("platform") else None
    return [Send(to, text, offer, whose, below=place.key, key=key)]


def _to_keep(turn: Turn, found: Routing, place: RoutingPlace, data: Mapping[str, str]) -> Offer | None:
    if place.platform != data["platform"]:
        return None
    say = turn.say_to(conversation_of(place))
    kept = {
        "question": found.text,
        "answer": data["answer"],
        "author": data["author"],
        "origins": f"{data['source']} {found.answer_key}",
    }
    choices = (
        Choice("ja", say("ja"), kept | {"do": "keep"}),
        Choice("nein", say("nein"), {"do": "leave"}),
    )
    return Offer(KEEP, choices)


async def keep(turn: Turn, services: Services) -> Sequence[Action]:
    """Show an answer that solved a question as a proposal for the store, like any other."""
    data = ask.chosen(turn)
    if data["do"] == "leave":
        return [Reply(turn.say("Gut, ich merke mir nichts davon."))]
    check_keeping(turn)
    origins = tuple(data["origins"].split())
    empty = proposals.Proposal("", "", Visibility.ORGANIZATION, data["author"], origins)
    proposal = proposals.with_words(empty, data["question"], data["answer"])
    findings = await proposals.near(turn, services, proposal)
    if refusal := proposals.refusal(turn, services, proposal, findings):
        return [refusal]
    return await proposals.go_on(turn, proposal, findings)


async def _stop(turn: Turn, found: Routing) -> Sequence[Action]:
    """Take a question back: it goes everywhere, and from the list of open questions."""
    gone = await relay.take_away(turn, found)
    if found.question_id is not None:
        await turn.uow.questions.withdraw(found.question_id)
    return [Reply(turn.say("Zurückgezogen. Die Frage ist überall gelöscht.")), *gone]


async def _put_on_agenda(turn: Turn, services: Services, found: Routing) -> Sequence[Action]:
    """The asker agrees: the question becomes a topic of the jour fixe, without a name."""
    words = shortened(" ".join(screen(found.text).proposal.split()), topic_cards.LONGEST_TITLE)
    item, changes = await topic_cards.keep_once(turn, services, TopicSentence(words, USUAL_MINUTES, USUAL_GOAL))
    if found.question_id is not None and item.id is not None:
        await turn.uow.questions.make_topic(item.id, [found.question_id])
    text = turn.say("Vorgemerkt für den Jour fixe, ohne deinen Namen. Ich suche trotzdem weiter.")
    return [Reply(text), *changes]
