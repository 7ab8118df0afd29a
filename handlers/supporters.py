"""Finds the right supporter by a keyword or a sentence, says why it is this one, and brings a question to them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers import ask, candidates, cards, routing
from handlers.ask import LONGEST_LABEL, LONGEST_NAME, LONGEST_QUESTION, shortened
from handlers.candidates import Found
from knowledge.assignment import KINDS, DepartmentRule, Kind, Obstacle, find
from knowledge.screening import screen
from knowledge.seeking import subject
from storage.models.people import Person, Portrait

FOUND = "supporter"  # topic of the offers below
SHOWN = 3
DAILY_HELP = "quick_help"
"""The kind of request that it is to ask somebody for advice."""


async def find_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„wer: Kanban“ or „!wer Kanban“."""
    if not turn.text.strip():
        text = turn.say("Wonach suchst du? Schreib mir zum Beispiel „wer kennt sich mit Kanban aus?“.")
        return [Reply(text)]
    return await seek(turn, services)


async def seek(turn: Turn, services: Services) -> Sequence[Action]:
    """„wer kennt sich mit der E-Akte aus?“: who says to know about it."""
    question = " ".join(turn.text.split())
    if len(question) > LONGEST_QUESTION:
        return [Reply(turn.say("Das ist ein langer Text. Schreib mir deine Frage bitte in ein, zwei Sätzen."))]
    findings = await services.search.find(question, turn.sees)
    if services.sensitivity.recognise(findings.vector, question):
        return await ask.ask(turn, services)
    return await _look(turn, services, question, await _own_department(turn))


async def _own_department(turn: Turn) -> str | None:
    asker = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    return asker.department if asker else None


async def _look(turn: Turn, services: Services, question: str, department: str | None) -> Sequence[Action]:
    asker = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    found = await candidates.find(
        turn, services, question, _daily_help(services), asker=asker.id if asker else None, department=department
    )
    ids = [portrait.person_id for _, portrait in found.fitting]
    data = {"question": question, "people": " ".join(map(str, ids))}
    if not ids and found.selection.left_out[Obstacle.UNKNOWN_DEPARTMENT] and not turn.is_confidential:
        return [_ask_for_department(turn, data)]
    if not ids:
        return await _nobody(turn, found, question)
    return [_names(turn, found, question) if turn.is_confidential else _list(turn, services, found, data, department)]


def _names(turn: Turn, found: Found, question: str) -> Reply:
    """The same where nothing may be kept: no choice waits there."""
    lines = [f"- {why(turn, found, *both)}" for both in found.fitting[:SHOWN]]
    more = turn.say("Aus diesem Raum merke ich mir nichts. Mehr zeige ich im Chat mit mir allein.")
    return Reply("\n\n".join((_heading(turn, question, several=len(found.fitting) > 1), "\n".join(lines), more)))


def _heading(turn: Turn, question: str, *, several: bool) -> str:
    topic = shortened(subject(question), LONGEST_LABEL)
    text = turn.say("Zu „{topic}“ passen, Reihenfolge zufällig:") if several else turn.say("Zu „{topic}“ passt:")
    return text.format(topic=topic)


def _daily_help(services: Services) -> Kind:
    kind = find(DAILY_HELP, services.house.kinds) or find(DAILY_HELP, KINDS)
    assert kind is not None
    return kind


def _list(
    turn: Turn, services: Services, found: Found, data: Mapping[str, str], department: str | None, after: int = 0
) -> Reply:
    fitting = found.fitting[after : after + SHOWN]
    choices = [
        Choice(str(place), why(turn, found, *both), {**data, "do": "show", "person": str(both[1].person_id)})
        for place, both in enumerate(fitting, start=1)
    ]
    end = after + len(fitting)
    if end < len(found.fitting):
        choices.append(Choice("mehr", turn.say("weitere zeigen"), {**data, "do": "more", "after": str(end)}))
    is_asked = found.selection.needs_department and department is None
    if is_asked and services.house.departments.names:
        choices.append(Choice("fachbereich", turn.say("aus meinem Fachbereich zuerst"), {**data, "do": "department"}))
    text = _heading(turn, data["question"], several=len(found.fitting) > 1)
    left_out = found.selection.left_out.get(Obstacle.OWN_DEPARTMENT, ())
    parts = [text, *([_left_out(turn, len(left_out))] if left_out else [])]
    return Reply("\n\n".join(parts), Offer(FOUND, tuple(choices)))


def _left_out(turn: Turn, count: int) -> str:
    if count == 1:
        return turn.say("Eine Person fehlt hier: Es gilt „nicht aus dem eigenen Fachbereich“.")
    return turn.say("{count} Personen fehlen hier: Es gilt „nicht aus dem eigenen Fachbereich“.").format(count=count)


def why(turn: Turn, found: Found, person: Person, portrait: Portrait) -> str:
    """Somebody in one line: name, department, and the topic of their own that fits."""
    name = ", ".join(part for part in (shortened(person.name, LONGEST_NAME), person.department) if part)
    match = found.reasons.get(portrait.person_id)
    if match is None:
        return turn.say("{name}: als Vertretung").format(name=name)
    return turn.say("{name}: nennt „{topic}“").format(name=name, topic=shortened(match.topic, LONGEST_LABEL))


async def _nobody(turn: Turn, found: Found, question: str) -> Sequence[Action]:
    """Say whether nobody names it or nobody has room; then it can go to all supporters as a question."""
    topic = shortened(screen(subject(question)).proposal, LONGEST_LABEL)
    left_out = found.selection.left_out[Obstacle.OWN_DEPARTMENT]
    if found.reasons:
        text = turn.say("Zu „{topic}“ ist gerade niemand frei.").format(topic=topic)
        text += f" {_left_out(turn, len(left_out))}" if left_out else ""
    else:
        text = turn.say("Zu „{topic}“ nennt sich noch niemand.").format(topic=topic)
        if not turn.is_confidential:
            await turn.uow.people.note_unmet(topic, turn.today)
            text += " " + turn.say("Das Thema merke ich ohne Namen für die Koordination vor.")
    opened = await ask.open_question(turn, question)
    return [replace(opened, text=f"{text}\n\n{opened.text}")]


# what is chosen


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on with those who were found."""
    data = ask.chosen(turn)
    match data["do"]:
        case "department":
            return [_ask_for_department(turn, data)]
        case "from":
            return await _look_from(turn, services, data)
        case "ask":
            return [_ask_for_question(turn, data)]
        case "asked":
            return await _bring(turn, services, data)
        case "drop":
            return [Reply(turn.say("Gut, ich frage niemanden."))]
    found = await _again(turn, services, data)
    if data["do"] == "more" and not found.fitting:
        return [Reply(turn.say("Davon ist gerade niemand mehr da. Frag mich gern noch einmal."))]
    if data["do"] == "more":
        after = int(data["after"])
        return [_list(turn, services, found, data, "", after if after < len(found.fitting) else 0)]
    return [await _show(turn, found, data)]


async def _again(turn: Turn, services: Services, data: Mapping[str, str]) -> Found:
    """The same people in the same order, as far as they may still be asked; the department's rule chose them."""
    kind = replace(_daily_help(services), rule=DepartmentRule.ANY)
    found = await candidates.find(turn, services, data["question"], kind)
    order = {person_id: place for place, person_id in enumerate(map(int, data["people"].split()))}
    still = [one for one in found.selection.fitting if one.person_id in order]
    still.sort(key=lambda candidate: order[candidate.person_id])
    return replace(found, selection=replace(found.selection, fitting=tuple(still)))


async def _show(turn: Turn, found: Found, data: Mapping[str, str]) -> Reply:
    chosen = next((both for both in found.fitting if str(both[1].person_id) == data["person"]), None)
    if chosen is None:
        return Reply(turn.say("Diese Person ist gerade nicht da. Frag mich gern noch einmal."))
    person, portrait = chosen
    text = f"{cards.card(turn.say, person, portrait, turn.today)}\n\n{turn.say('Was möchtest du tun?')}"
    others = {key: data[key] for key in ("question", "people")}
    name = shortened(person.name, LONGEST_NAME)
    choices = [
        Choice(
            "fragen", turn.say("eine Frage stellen"), {**others, "do": "ask", "person": data["person"], "name": name}
        )
    ]
    if len(found.fitting) > 1:
        choices.append(Choice("andere", turn.say("die anderen zeigen"), {**others, "do": "more", "after": "0"}))
    return Reply(text, Offer(FOUND, tuple(choices)))


def _ask_for_department(turn: Turn, data: Mapping[str, str]) -> Reply:
    drop = Choice("egal", turn.say("doch egal"), {**data, "do": "more", "after": "0"})
    if not data["people"]:  # by the rule, nobody may be named before it is known
        drop = Choice("nein", turn.say("doch nicht fragen"), {**data, "do": "drop"})
    text = turn.say("Aus welchem Fachbereich fragst du? Ich merke ihn mir nicht.")
    return Reply(text, Offer(FOUND, (drop,), asks={**data, "do": "from"}))


async def _look_from(turn: Turn, services: Services, data: Mapping[str, str]) -> Sequence[Action]:
    departments = services.house.departments
    found = departments.find(turn.text) or departments.mentioned(turn.text)
    if found is not None:
        return await _look(turn, services, data["question"], found.name)
    near = ", ".join(one.name for one in departments.suggest(turn.text))
    text = turn.say("Diesen Fachbereich kenne ich nicht. Schreib mir seinen Namen oder seine Nummer.")
    raise UserError(text + (" " + turn.say("Ähnlich sind: {names}.").format(names=near) if near else ""))


# a question to one of them


def _ask_for_question(turn: Turn, data: Mapping[str, str]) -> Reply:
    text = turn.say(
        "Wie lautet deine Frage an {name}? Dort steht dein Name dabei. Ohne Namen steht die Frage auch auf der Liste "
        "der offenen Fragen."
    ).format(name=data["name"])
    if not turn.message.conversation.is_direct:
        text += " " + turn.say("Hier im Raum bitte mit „@Lotsenfunk“ davor.")
    drop = Choice("nein", turn.say("doch nicht fragen"), {**data, "do": "drop"})
    return Reply(text, Offer(FOUND, (drop,), asks={**data, "do": "asked"}))


async def _bring(turn: Turn, services: Services, data: Mapping[str, str]) -> Sequence[Action]:
    question = " ".join(turn.text.split())
    if len(question) > LONGEST_QUESTION:
        raise UserError(turn.say("Das ist ein langer Text. Schreib mir deine Frage bitte in ein, zwei Sätzen."))
    if not any(map(str.isalpha, question)):
        raise UserError(turn.say("Schreib mir deine Frage gern in einem Satz."))
    findings = await services.search.find(question, turn.sees)
    if services.sensitivity.recognise(findings.vector, question):
        return await ask.ask(turn, services)
    person = await turn.uow.people.get(int(data["person"]))
    chat = await candidates.chat_of(turn.uow, int(data["person"])) if person else None
    if person is None or chat is None or not await candidates.is_supporter(turn, int(data["person"])):
        return [Reply(turn.say("Diese Person erreiche ich hier nicht. Bitte selbst ansprechen."))]
    if turn.is_confidential:
        return [Reply(turn.say("Aus diesem Raum merke ich mir nichts. Frag bitte im Chat mit mir allein."))]
    place, account = chat
    routed = await routing.open_for(turn, services, question)
    shown = await routing.post(turn, routed, place, person=account)
    return [routing.sent_on(turn, routed), shown]
