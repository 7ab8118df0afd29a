"""Shows supporters their own portrait to look after it, and everybody those of others; asks whether one still holds.

Nobody sees a portrait before its person agrees, and nobody ever sees whether or why somebody pauses.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from dateutil.relativedelta import relativedelta

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers import ask, candidates, cards, introductions, portrait_changes
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.deputies import is_called, labelled
from handlers.portrait_changes import REFRESHED_AFTER, copied, keep
from handlers.self_reports import Change, topics_in, understand
from storage.models.people import Person, Portrait

PORTRAIT, DETAIL, OTHERS = "portrait", "portrait_detail", "portraits_of_others"  # topics of the offers below
HIDDEN_AFTER = relativedelta(weeks=6)
"""So long nobody answered whether it still holds: then it is not shown any more."""
ONE_OF_SEVERAL = 9

_OWN_ROOM = ("paused_until", "paused_from", "needs_day", "is_past", "is_back", "availability", "weekly_capacity")
_WITHOUT_PORTRAIT = (*_OWN_ROOM, "has_no_limit", "department", "experience", "is_named")
"""What somebody may say of themselves who has no portrait."""
_PORTRAIT_OF = re.compile(
    r"(?:zeig\w* (?:mir )?)?(?:das |ein )?(?:porträt|portrait|profil) (?:von|für) (?P<name>.+?)[\s?.!]*", re.IGNORECASE
)
_WHO_IS = re.compile(r"wer ist (?:denn )?(?P<name>[^?!]+?)[\s?.!]*", re.IGNORECASE)
_TITLED = re.compile(r"(?:frau|herrn?|(?:prof|dr)\.?)\s", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][\w'’.-]*(?: [^\W\d_][\w'’.-]*){0,4}")
_NO_NAME = re.compile(
    r"\b(?:der|die|das|de[mns]|eine?r?|i[mn]|a[mn]|beim?|für|zu[mr]?|vo[mn]|mit|und|oder|hier|da|dort|als|auf|noch|alles"
    r"|[md]eine?r?|unsere?r?|eue?re?|ihre?|jetzt|heute|neue?r?|dafür|wofür|zuständig|verantwortlich|ansprech\w+)\b",
    re.IGNORECASE,
)


# one's own


async def show_own(turn: Turn, services: Services) -> Sequence[Action]:
    """„porträt“: one's own as others see it, or the questions that make one."""
    _check(turn)
    person, portrait = await _own(turn)
    if person is None or portrait is None:
        return await introductions.begin(turn, services)
    if cards.is_empty(portrait) and portrait.consented_on is None:
        begun = await introductions.begin(turn, services)
        private = "\n".join(f"- {fact}" for fact in await _private(turn, person, portrait))
        return [*([Reply(turn.say("Nur du siehst:") + f"\n\n{private}")] if private else []), *begun]
    return [await _shown(turn, person, portrait)]


def _check(turn: Turn) -> None:
    """Refuse staff, and supporters where others read along; raises `UserError`."""
    if turn.role < Role.SUPPORTER:
        raise UserError(turn.say("Porträts haben nur Lots:innen. Frag mich gern: „wer kennt sich mit … aus?“"))
    if not turn.message.conversation.is_direct:
        raise UserError(turn.say("Schreib mir das bitte im Einzelchat. Hier lesen andere mit."))


async def _own(turn: Turn) -> tuple[Person | None, Portrait | None]:
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    found = await turn.uow.people.hold_portrait(person.id or 0) if person else None
    return person, found


async def _private(turn: Turn, person: Person, portrait: Portrait) -> Sequence[str]:
    deputy = await turn.uow.people.get(portrait.deputy_person_id) if portrait.deputy_person_id else None
    return cards.private_facts(turn.say, person, portrait, deputy, turn.today)


async def _shown(turn: Turn, person: Person, portrait: Portrait) -> Reply:
    is_visible = portrait.consented_on is not None
    heading = (
        turn.say("Das sehen alle Beschäftigten von dir:")
        if is_visible
        else turn.say("Dein Porträt ist verborgen. Das würden andere von dir sehen:")
    )
    text = [heading, cards.card(turn.say, person, portrait, turn.today)]
    if private := await _private(turn, person, portrait):
        text.append(turn.say("Nur du siehst:") + "\n\n" + "\n".join(f"- {fact}" for fact in private))
    text.append(turn.say("Stimmt es noch?") if portrait.refresh_asked_on else turn.say("Was möchtest du ändern?"))
    holds = [Choice("ja", turn.say("ja, stimmt noch"), {"do": "holds"})] if portrait.refresh_asked_on else []
    hiding = (
        Choice("verbergen", turn.say("verbergen"), {"do": "hide"})
        if is_visible
        else Choice("zeigen", turn.say("wieder zeigen"), {"do": "reveal"})
    )
    choices = (
        *holds,
        Choice("themen", turn.say("Themen"), {"do": "topics"}),
        Choice("zeiten", turn.say("Zeiten"), {"do": "note"}),
        Choice("kontakt", turn.say("Kontakt"), {"do": "contact"}),
        Choice("ändern", turn.say("etwas anderes ändern"), {"do": "change"}),
        hiding,
        Choice("löschen", turn.say("löschen"), {"do": "delete"}),
    )
    return Reply("\n\n".join(text), Offer(PORTRAIT, choices))


async def hide_own(turn: Turn, services: Services) -> Sequence[Action]:
    """„porträt verbergen“."""
    _check(turn)
    _, portrait = await _own(turn)
    if portrait is None or portrait.consented_on is None:
        return [Reply(turn.say("Dein Porträt sieht gerade niemand."))]
    await keep(turn.uow, copied(portrait, consented_on=None, refresh_on=None, refresh_asked_on=None))
    reveal = Choice("zeigen", turn.say("wieder zeigen"), {"do": "reveal"})
    return [Reply(turn.say("Dein Porträt ist jetzt verborgen."), Offer(PORTRAIT, (reveal,)))]


async def reveal_own(turn: Turn, services: Services) -> Sequence[Action]:
    """„porträt zeigen“: shown to everybody again; one that everybody sees is just shown here."""
    _check(turn)
    person, portrait = await _own(turn)
    if person is None or portrait is None or cards.is_empty(portrait) or portrait.consented_on is not None:
        return await show_own(turn, services)
    refresh_on = turn.today + REFRESHED_AFTER
    shown = copied(portrait, consented_on=turn.today, refresh_on=refresh_on, refresh_asked_on=None)
    await keep(turn.uow, shown)
    text = turn.say("Wieder sichtbar. Das sehen alle Beschäftigten von dir:")
    hide = Choice("verbergen", turn.say("verbergen"), {"do": "hide"})
    return [Reply(f"{text}\n\n{cards.card(turn.say, person, shown, turn.today)}", Offer(PORTRAIT, (hide,)))]


async def ask_to_delete(turn: Turn, services: Services) -> Sequence[Action]:
    """„porträt löschen“: asks first."""
    _check(turn)
    _, portrait = await _own(turn)
    if portrait is None:
        return [Reply(turn.say("Du hast kein Porträt."))]
    choices = (
        Choice("löschen", turn.say("ja, löschen"), {"do": "deleted"}),
        Choice("nein", turn.say("nein"), {"do": "keep"}),
    )
    text = turn.say("Porträt löschen? Auch Pause, eigene Grenze und Vertretung sind dann weg.")
    return [Reply(text, Offer(PORTRAIT, choices))]


async def _delete(turn: Turn) -> Sequence[Action]:
    person, portrait = await _own(turn)
    if person is None or portrait is None:
        return [Reply(turn.say("Das ist schon erledigt."))]
    await turn.uow.people.drop_portrait(portrait.person_id)
    # They keep what was in it, to undo changes.
    await introductions.withdraw_offers(turn, [portrait_changes.CHANGE, introductions.FILLING, PORTRAIT, DETAIL])
    return [Reply(turn.say("Gelöscht. „porträt“ legt ein neues an."))]


async def choose(turn: Turn, services: Services) -> Sequence[Action]:
    """Do with the sender's own portrait what they chose below it."""
    _check(turn)
    do = chosen(turn)["do"]
    match do:
        case "hide":
            return await hide_own(turn, services)
        case "reveal":
            return await reveal_own(turn, services)
        case "delete":
            return await ask_to_delete(turn, services)
        case "deleted":
            return await _delete(turn)
        case "holds":
            return await _confirm(turn)
        case "keep":
            return [Reply(turn.say("Gut, es bleibt alles, wie es ist."))]
    _, portrait = await _own(turn)
    return [Reply(turn.say("Du hast kein Porträt."))] if portrait is None else [_ask_for(turn, do, portrait)]


def _ask_for(turn: Turn, detail: str, portrait: Portrait) -> Reply:
    match detail:
        case "topics":
            text = turn.say("Wobei kannst du helfen? Nenn alle Themen.")
        case "note":
            text = turn.say("Wann bist du erreichbar? Zum Beispiel „Di und Do vormittags“.")
        case "contact":
            text = turn.say("Wie erreicht man dich am besten? Zum Beispiel „Durchwahl 1234“.")
        case _:
            text = turn.say(
                "Schreib einen Satz, zum Beispiel „ich kann auch Kanban“, „ich moderiere auch Workshops“, „höchstens 2 "
                "pro Woche“, „meine Vertretung ist Aylin Kaya“ oder „ohne Namen antworten“."
            )
    is_clearable = detail in ("note", "contact") and getattr(portrait, detail)
    empty = [Choice("leer", turn.say("nichts angeben"), {"do": detail, "text": ""})] if is_clearable else []
    drop = Choice("nichts", turn.say("nichts ändern"), {"do": "keep"})
    return Reply(text, Offer(DETAIL, (*empty, drop), asks={"do": detail}))


async def take_detail(turn: Turn, services: Services) -> Sequence[Action]:
    """Change a part of the portrait to the text that was asked for."""
    _check(turn)
    data = chosen(turn)
    if data["do"] == "keep":
        return [Reply(turn.say("Gut, es bleibt alles, wie es ist."))]
    if "text" not in data:
        introductions.check_length(turn, turn.text)
    return await portrait_changes.carry_out(turn, services, _change(turn, data))


def _change(turn: Turn, data: Mapping[str, str]) -> Change:
    """What a text asks to change; raises `UserError` if it does not say it."""
    if "text" in data:
        return replace(Change(), **{data["do"]: data["text"]})  # type: ignore[arg-type]
    said = " ".join(turn.text.split()).strip(" .")
    match data["do"]:
        case "topics" if topics := topics_in(turn.text):
            return Change(topics=topics)
        case "topics":
            raise UserError(turn.say("Darin lese ich kein Thema. Schreib zum Beispiel: Kanban, E-Akte."))
        case "note":
            return introductions.times_said(turn.text, turn.today)
        case "contact":
            return Change(contact=said)
    change = understand(turn.text, turn.today)
    if change is None:
        text = turn.say(
            "So verstehe ich es noch nicht. Schreib zum Beispiel „ich kann auch Kanban“ oder „nur vormittags“."
        )
        raise UserError(text)
    return change


# said by the way


async def take_sentence(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what a supporter says of themselves, „pause bis 3.12.“; from anybody else it is a question."""
    change = understand(turn.text, turn.today)
    if turn.role < Role.SUPPORTER or change is None:
        return await ask.ask(turn, services)
    if turn.message.is_follow_up:
        return []  # most likely said to others in the thread
    _check(turn)
    _, portrait = await _own(turn)
    if portrait is not None and not (cards.is_empty(portrait) and portrait.consented_on is None):
        return await portrait_changes.carry_out(turn, services, change)
    if change.deputy or change.topics_dropped:
        return [Reply(turn.say("Dafür brauchst du ein Porträt. „porträt“ legt eines an."))]
    at_once = replace(Change(), **{name: getattr(change, name) for name in _WITHOUT_PORTRAIT})
    actions = await portrait_changes.carry_out(turn, services, at_once) if at_once != Change() else []
    if at_once == change:
        return actions
    to_show = replace(change, **{name: getattr(Change(), name) for name in _WITHOUT_PORTRAIT})
    return [*actions, *await introductions.begin(turn, services, to_show)]


# those of others


def asks_for_person(text: str) -> bool:
    """Whether somebody wants to know who a person is, by name: „wer ist Ruth Maier?“, „porträt von Frau Maier“."""
    return _name_in(text) is not None


def _name_in(text: str) -> str | None:
    said = " ".join(text.split())
    if found := _PORTRAIT_OF.fullmatch(said):
        return found["name"]
    found = _WHO_IS.fullmatch(said)
    if found is None or not _NAME.fullmatch(found["name"]):
        return None
    words = found["name"].split()
    is_name = len(words) in (2, 3) or _TITLED.match(found["name"])
    return found["name"] if is_name and len(words) <= 4 and not _NO_NAME.search(found["name"]) else None


async def show_named(turn: Turn, services: Services) -> Sequence[Action]:
    """Show the portrait of whom was named, if everybody may see it; of two of one name ask which."""
    name = _name_in(turn.text) or turn.text
    found = [
        (person, portrait)
        for person, portrait in await turn.uow.people.portraits()
        if is_called(person, name) and await candidates.is_supporter(turn, portrait.person_id)
    ]
    if not found:
        return await _unknown(turn, services, name)
    if len(found) == 1:
        return [Reply(cards.card(turn.say, *found[0], turn.today))]
    labels = await labelled(turn, [portrait.person_id for _, portrait in found[:ONE_OF_SEVERAL]])
    choices = tuple(
        Choice(str(place), label, {"person": str(number)})
        for place, (number, label) in enumerate(labels.items(), start=1)
    )
    return [Reply(turn.say("Diesen Namen gibt es mehrmals. Wer ist gemeint?"), Offer(OTHERS, choices))]


async def _unknown(turn: Turn, services: Services, name: str) -> Sequence[Action]:
    """Say the same of whoever has no portrait, hides it or is not known; what may be no name is a question."""
    is_written_as_name = _TITLED.match(name) or all(word[0].isupper() for word in name.split())
    if _WHO_IS.match(" ".join(turn.text.split())) and not is_written_as_name:
        return await ask.ask(turn, services)
    text = turn.say("Von „{name}“ kenne ich kein Porträt. Frag mich gern nach einem Thema: „wer kennt sich mit … aus?“")
    return [Reply(text.format(name=shortened(name, LONGEST_NAME)))]


async def show_chosen(turn: Turn, services: Services) -> Sequence[Action]:
    """Show the portrait of the one of several who was meant."""
    number = int(chosen(turn)["person"])
    person, portrait = await turn.uow.people.get(number), await turn.uow.people.portrait(number)
    is_visible = portrait is not None and portrait.consented_on is not None
    if person is None or portrait is None or not is_visible or not await candidates.is_supporter(turn, number):
        return [Reply(turn.say("Dieses Porträt gibt es nicht mehr."))]
    return [Reply(cards.card(turn.say, person, portrait, turn.today))]


# keeping them true


async def _confirm(turn: Turn) -> Sequence[Action]:
    _, portrait = await _own(turn)
    if portrait is None or portrait.consented_on is None:
        return [Reply(turn.say("Dein Porträt sieht gerade niemand."))]
    refresh_on = turn.today + REFRESHED_AFTER
    await keep(turn.uow, copied(portrait, refresh_on=refresh_on, refresh_asked_on=None))
    return [Reply(turn.say("Gut. Am {day} frage ich wieder.").format(day=in_words(refresh_on)))]


async def ask_to_refresh(night: Night, services: Services) -> Sequence[Send]:
    """Ask supporters once whether their portrait still holds; hide one about which nobody answers. Pauses are left."""
    sent: list[Send] = []
    for person, portrait in await night.uow.people.portraits():
        if _refresh_on(portrait) <= night.today and not candidates.is_paused(portrait, night.today):
            sent += await _look_after(night, person, portrait)
    return sent


def _refresh_on(portrait: Portrait) -> date:
    assert portrait.consented_on is not None  # only such are seen
    return portrait.refresh_on or portrait.consented_on + REFRESHED_AFTER


async def _look_after(night: Night, person: Person, portrait: Portrait) -> Sequence[Send]:
    chat = await candidates.chat_of(night.uow, portrait.person_id)
    asked_on = portrait.refresh_asked_on or (None if chat else _refresh_on(portrait))
    if asked_on is None and chat is not None:
        await night.uow.people.keep(copied(portrait, refresh_asked_on=night.today))
        say = night.say_to(chat[0])
        choices = (
            Choice("ja", say("ja, stimmt noch"), {"do": "holds"}),
            Choice("ändern", say("etwas ändern"), {"do": "change"}),
            Choice("verbergen", say("verbergen"), {"do": "hide"}),
        )
        question = say("Stimmt dein Porträt noch?")
        text = f"{question}\n\n{cards.card(say, person, portrait, night.today)}"
        return [Send(chat[0], text, Offer(PORTRAIT, choices), person=chat[1])]
    if asked_on is None or asked_on + HIDDEN_AFTER > night.today:
        return []
    await night.uow.people.keep(copied(portrait, consented_on=None, refresh_on=None, refresh_asked_on=None))
    if chat is None:
        return []
    say = night.say_to(chat[0])
    reveal = Choice("zeigen", say("wieder zeigen"), {"do": "reveal"})
    text = say("Ich habe nichts von dir gehört und dein Porträt verborgen. „porträt zeigen“ zeigt es wieder.")
    return [Send(chat[0], text, Offer(PORTRAIT, (reveal,)), person=chat[1])]


async def end_pauses(night: Night, services: Services) -> Sequence[Send]:
    """Forget pauses that are over."""
    for portrait in await night.uow.people.ended_pauses(night.today):
        await keep(night.uow, copied(portrait, paused_from=None, paused_until=None))
    return []
