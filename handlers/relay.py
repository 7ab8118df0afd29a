"""Passes on what is said about a question on its way: between its asker and whoever answers, on whatever platforms.

Nothing of it is kept but which message of ours passes on which one of theirs: edits and deletions go the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

from bot.commands import find_command
from bot.errors import UserError
from bot.messages import Action, Change, Choice, Delete, Kind, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers import ask, routing, taking
from handlers.ask import LONGEST_HEADING, LONGEST_NAME, shortened
from handlers.routing import conversation_of
from handlers.self_reports import is_about_me
from knowledge.screening import screen
from storage.models.routing import Routing, RoutingMessage, RoutingPlace, RoutingState, Side
from storage.repositories.routing import FREE, LIVE

LONGEST_MESSAGE = 4_000


# what is said in the thread of a question


async def pass_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Take what somebody said below a question, or how they changed it, to the other side."""
    if turn.message.kind is Kind.EDIT:
        return await _change(turn)
    place = await taking.place_here(turn)
    found = await turn.uow.routing.hold(place.routing_id) if place else None
    if place is None or found is None:  # taken back a moment ago
        return [] if turn.message.is_follow_up else [Reply(turn.say("Diese Frage ist nicht mehr unterwegs."))]
    if turn.is_confidential:
        return []
    if place.side == Side.ASKER:
        return await add(turn, services, found)
    return await _answer(turn, services, found, place)


async def take_answer(turn: Turn, services: Services) -> Sequence[Action]:
    """The answer that a supporter was asked to write, alone with us; or what its asker adds."""
    data = ask.chosen(turn)
    if data["do"] in ("back", "drop"):
        return await taking.decide(turn, services)
    if data["do"] == "answer" and is_about_me(turn.text):
        return [_ask_whether_meant(turn, data)]
    if data["do"] == "meant":
        turn = replace(turn, text=data["text"], answer_key=data["said"])
    found = await turn.uow.routing.hold(int(data["routing"]))
    place = await turn.uow.routing.place(int(data["place"])) if data.get("place") else None
    if found is None:
        return [Reply(turn.say("Diese Frage ist nicht mehr unterwegs."))]
    if data["do"] == "more":
        return await add(turn, services, found)
    return await _answer(turn, services, found, place)


def _ask_whether_meant(turn: Turn, data: Mapping[str, str]) -> Reply:
    """What supporters say about themselves, „pause bis Freitag“, must not go to an asker by mistake."""
    text = turn.say("„{text}“: Ist das die Antwort auf Frage {number}?")
    shown = shortened(" ".join(turn.text.split()), LONGEST_HEADING)
    choices = (
        Choice("ja", turn.say("ja, weitergeben"), {**data, "do": "meant", "text": turn.text, "said": turn.answer_key}),
        Choice("nein", turn.say("nein, nicht weitergeben"), {**data, "do": "drop"}),
    )
    return Reply(text.format(text=shown, number=data["routing"]), Offer(taking.ROUTED_ANSWER, choices))


async def answer_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„17 beantworten: …“: an answer from anywhere."""
    found, place = await taking.named(turn, turn.say("Welche Frage? Schreib zum Beispiel „17 beantworten: Im Keller.“"))
    if not turn.text.strip():
        if found.state not in FREE:
            await taking.check_taker(turn, found)
        data = {"do": "answer", "routing": str(found.id), "place": ""}
        return [Reply(turn.say("Wie lautet deine Antwort?"), Offer(taking.ROUTED_ANSWER, (), asks=data))]
    return await _answer(turn, services, found, place)


async def _answer(turn: Turn, services: Services, found: Routing, place: RoutingPlace | None) -> Sequence[Action]:
    """An answer to whoever asked; with it, a question that nobody has is taken up."""
    taken: Sequence[Action] = ()
    if turn.role < Role.SUPPORTER:
        return [] if turn.message.is_follow_up else [Reply(turn.say("Darauf antworten hier die Lots:innen."))]
    if found.state not in LIVE:
        return [
            Reply(turn.say("Frage {number} ist schon gelöst. Ich gebe nichts mehr weiter.").format(number=found.id))
        ]
    if found.state not in FREE and turn.message.is_follow_up and not await taking.is_taker(turn, found):
        return []  # supporters talk among themselves; whoever names the bot means the asker
    _check_length(turn)
    if found.state in FREE:
        _, *taken = await taking.take(turn, services, found, place, is_quick=True)
        found = await turn.uow.routing.get(found.id or 0) or found
    is_first = found.state != RoutingState.ANSWERED
    found.state, found.due_on = RoutingState.ANSWERED, None
    told = await _bring_answer(turn, found)
    return [*await _confirm(turn, found, place, is_first=is_first), *told, *_without_news(taken)]


def _without_news(actions: Sequence[Action]) -> Sequence[Action]:
    """The asker gets the answer itself, and needs not hear first that somebody has the question."""
    return [action for action in actions if isinstance(action, Change)]


async def _bring_answer(turn: Turn, found: Routing) -> Sequence[Send]:
    return await routing.tell_asker(
        turn, found, await _answered(turn, found), await _verdicts(turn, found), turn.answer_key
    )


async def _answered(turn: Turn, found: Routing) -> str:
    """An answer as its asker sees it: what it is about, from whom as far as they want that to be shown."""
    say = await routing.speech_to_asker(turn, found)
    question = shortened(" ".join(found.text.split()), LONGEST_HEADING)
    name = await _shown_name(turn)
    who = say("Antwort von {name} auf Frage {number}").format(name=name, number=found.id)
    nameless = say("Antwort auf Frage {number}").format(number=found.id)
    parts = [f"**{who if name else nameless}** („{question}“):", turn.text.strip()]
    return "\n\n".join([*parts, *_about_files(turn, say("Eine Datei war dabei. Ich kann sie nicht mitbringen."))])


def _about_files(turn: Turn, sentence: str) -> Sequence[str]:
    return [sentence] if turn.message.has_attachment else []


async def _shown_name(turn: Turn) -> str:
    """The sender's name, if they want it to be shown."""
    sender = turn.message.sender
    person = await turn.uow.people.find(turn.message.conversation.platform, sender.id)
    return shortened(sender.name, LONGEST_NAME) if person is None or person.is_named else ""


async def _verdicts(turn: Turn, found: Routing) -> Offer:
    say = await routing.speech_to_asker(turn, found)
    here = turn.message.conversation
    data = {"routing": str(found.id), "answer": turn.text.strip(), "source": turn.answer_key}
    kept = data | {"platform": here.platform, "author": turn.message.sender.id}
    choices = (
        Choice("gelöst", say("gelöst"), kept | {"do": "solved"}),
        Choice("offen", say("noch offen, ich schreibe dazu"), data | {"do": "open"}),
    )
    return Offer(routing.ASKED, choices)


async def _confirm(turn: Turn, found: Routing, place: RoutingPlace | None, *, is_first: bool) -> Sequence[Reply]:
    """Say once that it is passed on; what follows in a thread goes the same way without a word."""
    files = _about_files(turn, turn.say("Die Datei kann ich nicht mitnehmen."))
    is_thread = place is not None and not place.is_direct
    if is_thread and not is_first:
        return [Reply(sentence) for sentence in files]
    more = [turn.say("Was du hier noch schreibst, geht denselben Weg.")] if is_thread else []
    text = " ".join((turn.say("Weitergegeben."), *files, *more))
    return [Reply(text, await _whether_to_learn(turn, found, place))]


async def _whether_to_learn(turn: Turn, found: Routing, place: RoutingPlace | None) -> Offer | None:
    """Somebody who was named by a colleague may want to be named for such questions from now on."""
    if place is None or place.person is None:
        return None
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    portrait = await turn.uow.people.portrait(person.id or 0) if person else None
    if portrait is None or portrait.consented_on is None:
        return None
    data = {"routing": str(found.id), "place": str(place.id), "do": "mine"}
    return Offer(routing.ROUTING, (Choice("nennen", turn.say("mich bei solchen Fragen künftig nennen"), data),))


def _check_length(turn: Turn) -> None:
    if len(turn.text) > LONGEST_MESSAGE:
        raise UserError(turn.say("Das ist zu lang, um es weiterzugeben. Schreib es bitte kürzer."))
    if not turn.text.strip():
        text = turn.say("Dateien kann ich nicht weitergeben. Schreib bitte in Worten, worum es geht.")
        raise UserError(text)


# what the asker adds


async def add(turn: Turn, services: Services, found: Routing) -> Sequence[Action]:
    """Take what the asker adds to whoever has the question, else to where it is shown; raises `UserError`."""
    if not await _is_asker(turn, found):
        return await ask.ask(turn, services)
    if found.state not in LIVE:
        return [Reply(turn.say("Frage {number} ist schon gelöst. Stell mir gern eine neue.").format(number=found.id))]
    _check_length(turn)
    if found.state == RoutingState.ANSWERED and not _is_thanks(turn, services):
        _wait_again(turn, services, found)
    places = await _places_of_supporters(turn, found)
    told = [await _bring_to(turn, found, one, _added(turn, found, one), turn.answer_key) for one in places]
    word = [turn.say("Weitergegeben."), *_about_files(turn, turn.say("Die Datei kann ich nicht mitnehmen."))]
    return [Reply(" ".join(word)), *told]


def _wait_again(turn: Turn, services: Services, found: Routing) -> None:
    """Have whoever answered a question be asked for another answer."""
    found.state, found.due_on, found.reminded_on = RoutingState.TAKEN, routing.next_day(turn, services), None


def _is_thanks(turn: Turn, services: Services) -> bool:
    said = find_command(turn.text, services.commands)
    return said is not None and said.command.name == "danke"


async def _is_asker(turn: Turn, found: Routing) -> bool:
    """Whether the sender asked it; without a name, whoever writes below the question did."""
    if found.asker_person is None:
        return True
    accounts = await turn.uow.people.accounts_beside(turn.message.conversation.platform, turn.message.sender.id)
    return (found.asker_platform, found.asker_person) in accounts


async def _places_of_supporters(turn: Turn | Night, found: Routing) -> Sequence[RoutingPlace]:
    assert found.id is not None
    places = await turn.uow.routing.places(found.id, Side.SUPPORTERS)
    return [place for place in places if place.id == found.taker_place_id] or await routing.still_asked(turn, found)


def _added(turn: Turn, found: Routing, place: RoutingPlace) -> str:
    say = turn.say_to(conversation_of(place))
    who = found.asker_name or say("Die fragende Person")
    parts = [say("**{who}** zu Frage {number}:").format(who=who, number=found.id), turn.text.strip()]
    return "\n\n".join([*parts, *_about_files(turn, say("Eine Datei war dabei. Ich kann sie nicht mitbringen."))])


async def _bring_to(
    turn: Turn | Night, found: Routing, place: RoutingPlace, text: str, source: str | None = None
) -> Send:
    """Say something where supporters see a question; alone with one of them, their next text is the answer."""
    assert found.id is not None
    assert place.id is not None
    key = uuid4().hex
    await turn.uow.routing.note(RoutingMessage(key=key, routing_id=found.id, place_id=place.id, source=source))
    offer = None
    if place.is_direct and found.state in (RoutingState.TAKEN, RoutingState.ANSWERED):
        data = {"do": "answer", "routing": str(found.id), "place": str(place.id)}
        offer = Offer(taking.ROUTED_ANSWER, (), asks=data)
    return Send(conversation_of(place), text, offer, place.person, below=place.key, key=key)


# changes and deletions


async def _change(turn: Turn) -> Sequence[Action]:
    """Change what was passed on, or the question itself, as its writer did."""
    copies = await turn.uow.routing.copies(turn.answer_key)
    found = await turn.uow.routing.hold(copies[0].routing_id) if copies else None
    if found is None or turn.is_confidential:
        return []
    if found.state not in LIVE:
        return [
            Reply(turn.say("Frage {number} ist schon gelöst. Ich gebe nichts mehr weiter.").format(number=found.id))
        ]
    _check_length(turn)
    if found.answer_key == turn.answer_key:
        return await _change_question(turn, found)
    changes: list[Action] = []
    for copy in copies:
        place = await turn.uow.routing.place(copy.place_id)
        assert place is not None
        if place.side == Side.ASKER:
            text, offer = await _answered(turn, found), await _verdicts(turn, found)
        else:
            text, offer = _added(turn, found, place), None
        changes.append(Change(copy.key, conversation_of(place), text, offer, place.person))
    return changes


async def _change_question(turn: Turn, found: Routing) -> Sequence[Action]:
    found.text = screen(" ".join(turn.text.split())).proposal
    if found.question_id is not None:
        await turn.uow.questions.reword(found.question_id, found.text)
    shown = await (routing.show_again(turn, found) if found.state in FREE else taking.show_taken(turn, found))
    return [Reply(turn.say("Geändert, auch bei den Lots:innen.")), *shown]


async def withdraw(turn: Turn, services: Services) -> Sequence[Action]:
    """Take away what was passed on when its writer deletes it; with a question, all that came of it."""
    line = await turn.uow.questions.line_of(turn.answer_key)
    actions: list[Action] = []
    for asked in await turn.uow.routing.asked_in(line):
        # Whoever takes it up in this moment has it first, and hears that it is gone, or does not get it.
        found = await turn.uow.routing.hold(asked.id or 0)
        actions += await take_away(turn, found) if found else []
    return [*actions, *await _withdraw_copies(turn, services)]


async def _withdraw_copies(turn: Turn, services: Services) -> Sequence[Action]:
    copies = await turn.uow.routing.copies(turn.answer_key)
    found = await turn.uow.routing.hold(copies[0].routing_id) if copies else None
    if found is None:
        return []
    places = {place.id: place for place in await turn.uow.routing.places(found.id or 0)}
    await turn.uow.routing.drop_copies([copy.key for copy in copies])
    if found.state == RoutingState.ANSWERED and not await _has_answer(turn, found, places):
        _wait_again(turn, services, found)
    return [Delete(copy.key, conversation_of(places[copy.place_id])) for copy in copies]


async def _has_answer(turn: Turn, found: Routing, places: Mapping[int | None, RoutingPlace]) -> bool:
    """Whether its asker has an answer that nobody took back."""
    messages = await turn.uow.routing.messages(found.id or 0)
    return any(one.source is not None and places[one.place_id].side == Side.ASKER for one in messages)


async def take_away(turn: Turn | Night, found: Routing) -> Sequence[Send | Delete]:
    """Take a question away wherever supporters see it, with all that was passed on there."""
    assert found.id is not None
    actions: list[Send | Delete] = []
    places = {place.id: place for place in await turn.uow.routing.places(found.id)}
    for message in await turn.uow.routing.messages(found.id):
        place = places.get(message.place_id)
        if place is not None and place.side == Side.SUPPORTERS:
            actions.append(Delete(message.key, conversation_of(place)))
    await turn.uow.people.free_slot(taking.slot_of(found))
    await turn.uow.routing.unlearn(found.text)
    actions += await _tell_taker(turn, found)
    await turn.uow.routing.drop(found.id)
    return actions


async def _tell_taker(turn: Turn | Night, found: Routing) -> Sequence[Send]:
    """Whoever works on an answer hears that nobody waits for it any more."""
    place = await turn.uow.routing.place(found.taker_place_id) if found.taker_place_id else None
    if place is None or found.state not in (RoutingState.TAKEN, RoutingState.ANSWERED):
        return []
    say = turn.say_to(conversation_of(place))
    return [Send(conversation_of(place), say("Frage {number} wurde zurückgenommen.").format(number=found.id))]


# what did not arrive


async def report(night: Night, services: Services, key: str) -> Sequence[Send]:
    """Tell whoever wrote something that it could not be brought to the other side."""
    message = await night.uow.routing.with_key(key)
    found = await night.uow.routing.get(message.routing_id) if message else None
    place = await night.uow.routing.place(message.place_id) if message else None
    if message is None or found is None or place is None or message.source is None or found.state not in LIVE:
        return []
    if place.side == Side.ASKER:
        return await _tell_undelivered_to_supporters(night, found)
    if await _has_arrived(night, await _places_of_supporters(night, found)):
        return []
    say = await routing.speech_to_asker(night, found)
    text = say("Frage {number} ist bei den Lots:innen nicht angekommen. Bitte jemanden direkt ansprechen.")
    return await routing.tell_asker(night, found, text.format(number=found.id))


async def _has_arrived(night: Night, places: Sequence[RoutingPlace]) -> bool:
    """Whether a question is, or will be, shown at one of several places."""
    if len(places) == 1:
        return False
    for key in (place.key for place in places if place.key):
        if await night.uow.mailbox.is_waiting(key) or await night.uow.mailbox.message_id(key) is not None:
            return True
    return False


async def _tell_undelivered_to_supporters(night: Night, found: Routing) -> Sequence[Send]:
    places = await _places_of_supporters(night, found)
    sentences = [night.say_to(conversation_of(place)) for place in places]
    texts = [
        say("Das ist bei der fragenden Person nicht angekommen (Frage {number}).").format(number=found.id)
        for say in sentences
    ]
    return [await _bring_to(night, found, place, text) for place, text in zip(places, texts, strict=True)]
