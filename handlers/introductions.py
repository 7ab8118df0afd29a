"""Lets supporters fill in their first portrait: two or three questions, a look at it, and only then others see it.

Until its person agrees, a portrait is kept nowhere but with the choices offered to them, and goes with those.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from bot.commands import looks_like_question
from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import ask, cards
from handlers.ask import chosen
from handlers.portrait_changes import (
    LONGEST_DETAIL,
    REFRESHED_AFTER,
    SHOWN,
    applied,
    copied,
    department_named,
    keep,
    own,
)
from handlers.rights import check_direct
from handlers.self_reports import LONGEST_ANSWER, Change, topics_in, understand
from storage.models.people import Person, Portrait

FILLING = "portrait_filling"  # topic of the offers below
OF_OWN = ("availability", "experience", "weekly_capacity", "paused_from", "paused_until")
"""What somebody may have said of themselves before they have a portrait."""

_BETWEEN = re.compile(
    r"(?<=[^\W\d])[.!]\s+|\s*[;\n]\s*|(?:,\s+|,?\s+(?:und|aber)\s+)(?=(?:kein|nicht|nie|ohne|ich mache)\w*\s)",
    re.IGNORECASE,
)
_NOT_DONE = re.compile(r"(?:(?:und|aber|ich|mache?|helfe)\s+)*(?:kein\w*|nicht|ohne)\s+(?P<what>.+)", re.IGNORECASE)
_OF_TIME = re.compile(r"tag|mittw|mittag|abend|morgen|uhr|woche|monat|ferien|\b(?:mo|di|mi|do|fr)\b", re.IGNORECASE)


class Step(StrEnum):
    """What is asked next."""

    TOPICS = "topics"
    DEPARTMENT = "department"
    TIMES = "times"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Draft:
    """A portrait that nobody sees yet; `department` is what was said here, None if it was known or not said."""

    portrait: Portrait
    department: str | None = None

    def data(self, step: Step, **more: str) -> dict[str, str]:
        """What an offer keeps of it."""
        return {
            "step": step,
            "portrait": self.portrait.model_dump_json(),
            "department": self.department or "",
            **more,
        }


def _draft(data: Mapping[str, str]) -> Draft:
    return Draft(Portrait.model_validate_json(data["portrait"]), data["department"] or None)


async def begin(turn: Turn, services: Services, change: Change | None = None) -> Sequence[Action]:
    """Ask the first question, or go on where the sender stopped; what they said already is not asked."""
    unfinished = await _unfinished(turn) if change is None else None
    await withdraw_offers(turn, [FILLING])
    if unfinished is not None:
        return [await _ask(turn, Step(unfinished["step"]), _draft(unfinished))]
    change = change or Change()
    department = department_named(services, change.department) if change.department else None
    draft = Draft(applied(Portrait(person_id=0, topics=[], formats=[]), change), department)
    text = turn.say(
        "Ein Porträt zeigt allen Beschäftigten, wobei du hilfst. Ich stelle zwei, drei kurze Fragen. Sichtbar wird es "
        "erst mit deinem „ja“."
    )
    asked = await _ask_next(turn, draft, None)
    return [replace(asked, text=f"{text}\n\n{asked.text}")]


async def _unfinished(turn: Turn) -> Mapping[str, str] | None:
    here = turn.message.conversation
    offers = await turn.uow.questions.offers_to(here.platform, here.id, turn.message.sender.id)
    return next((offer.asks for offer in offers if offer.topic == FILLING and offer.asks), None)


async def withdraw_offers(turn: Turn, topics: Collection[str]) -> None:
    """Take back what was offered to the sender, with all that these offers keep, in all of their direct chats."""
    here, sender = turn.message.conversation, turn.message.sender
    chats = {(here.platform, here.id, sender.id)}
    for platform, person in await turn.uow.people.accounts_beside(here.platform, sender.id):
        chat = await turn.uow.addresses.direct_chat(platform, person)
        chats |= {(platform, chat, person)} if chat else set()
    for place in chats:
        offers = await turn.uow.questions.offers_to(*place)
        await turn.uow.questions.withdraw_offers([offer.message_key for offer in offers if offer.topic in topics])


# asking


async def _ask_next(turn: Turn, draft: Draft, after: Step | None) -> Reply:
    """The next question whose answer is not known."""
    steps = list(Step)
    for step in steps[steps.index(after) + 1 if after else 0 :]:
        if step is Step.TOPICS and draft.portrait.topics:
            continue
        if step is Step.DEPARTMENT and await _department(turn, draft):
            continue
        return await _ask(turn, step, draft)
    return await _look(turn, draft)


async def _department(turn: Turn, draft: Draft) -> str | None:
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    return draft.department or (person.department if person else None)


async def _ask(turn: Turn, step: Step, draft: Draft) -> Reply:
    match step:
        case Step.TOPICS:
            text = turn.say("Wobei kannst du helfen? Nenn ein paar Themen.")
        case Step.DEPARTMENT:
            text = turn.say("Aus welchem Fachbereich kommst du?")
        case Step.TIMES:
            text = turn.say("Wann bist du erreichbar, und was machst du nicht?")
        case _:
            return await _look(turn, draft)
    return Reply(text, _offer(turn, step, draft))


def _offer(turn: Turn, step: Step, draft: Draft, choices: Sequence[Choice] = ()) -> Offer:
    skip = Choice("überspringen", turn.say("überspringen"), draft.data(step, do="skip"))
    return Offer(FILLING, (*choices, skip, _drop(turn, step, draft)), asks=draft.data(step))


def _drop(turn: Turn, step: Step, draft: Draft) -> Choice:
    return Choice("verwerfen", turn.say("verwerfen"), draft.data(step, do="drop"))


async def _look(turn: Turn, draft: Draft) -> Reply:
    """Show what others will see, and ask whether they may."""
    if cards.is_empty(draft.portrait):
        return Reply(turn.say("Ohne Angaben gibt es nichts zu zeigen. „porträt“ beginnt noch einmal."))
    department = await _department(turn, draft)
    here, sender = turn.message.conversation, turn.message.sender
    known = await turn.uow.people.find(here.platform, sender.id)
    stored = await turn.uow.people.portrait(known.id or 0) if known else None
    portrait = _merged(stored, draft.portrait) if stored else draft.portrait
    seen = Person(name=sender.name or (known.name if known else ""), department=department)
    text = [cards.card(turn.say, seen, portrait, turn.today)]
    if not portrait.topics:
        text.append(turn.say("Ohne Themen findet dich niemand über die Suche."))
    text.append(turn.say("So sehen es alle Beschäftigten. Sichtbar machen?"))
    choices = (
        Choice("ja", turn.say("ja, sichtbar machen"), draft.data(Step.LOOK, do="publish")),
        Choice("ändern", turn.say("etwas ändern"), draft.data(Step.LOOK, do="change")),
        _drop(turn, Step.LOOK, draft),
    )
    return Reply("\n\n".join(text), Offer(FILLING, choices, asks=draft.data(Step.LOOK)))


def _merged(stored: Portrait, drafted: Portrait) -> Portrait:
    """What is shown comes from the draft; what its person said of their room and pauses stays."""
    said = {name: getattr(drafted, name) for name in OF_OWN if getattr(drafted, name) is not None}
    return copied(stored, **{name: getattr(drafted, name) for name in SHOWN}, **said)


# answers


async def go_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Take an answer, or what was chosen below a question."""
    if turn.role < Role.SUPPORTER:
        raise UserError(turn.say("Porträts haben nur Lots:innen."))
    check_direct(turn)
    data = chosen(turn)
    draft, step = _draft(data), Step(data["step"])
    match data.get("do"):
        case "drop":
            await withdraw_offers(turn, [FILLING])
            return [Reply(turn.say("Verworfen. Von deinen Angaben bleibt nichts."))]
        case "skip":
            return [await _ask_next(turn, draft, step)]
        case "department":
            return [await _ask_next(turn, replace(draft, department=data["name"]), step)]
        case "publish":
            return await _publish(turn, draft)
        case "change":
            text = turn.say("Was soll anders sein? Schreib einen Satz, zum Beispiel „ich kann auch Kanban“.")
            return [Reply(text, Offer(FILLING, (_drop(turn, step, draft),), asks=draft.data(step)))]
    return await _take_answer(turn, services, draft, step)


async def _take_answer(turn: Turn, services: Services, draft: Draft, step: Step) -> Sequence[Action]:
    if looks_like_question(turn.text):
        return [*await ask.ask(turn, services), await _ask(turn, step, draft)]
    match step:
        case Step.TOPICS:
            return [await _ask_next(turn, _with_topics(turn, draft), step)]
        case Step.DEPARTMENT:
            return [await _with_department(turn, services, draft)]
        case Step.TIMES:
            return [await _ask_next(turn, _with_times(turn, draft), step)]
        case Step.LOOK:
            return [await _look(turn, _with_sentence(turn, services, draft))]


def _with_topics(turn: Turn, draft: Draft) -> Draft:
    topics = topics_in(turn.text)
    if not topics:
        raise UserError(turn.say("Darin lese ich kein Thema. Schreib zum Beispiel: Kanban, E-Akte."))
    return replace(draft, portrait=applied(draft.portrait, Change(topics=topics)))


async def _with_department(turn: Turn, services: Services, draft: Draft) -> Reply:
    found = department_named(services, turn.text)
    if found is not None:
        return await _ask_next(turn, replace(draft, department=found), Step.DEPARTMENT)
    near = services.house.departments.suggest(turn.text)
    if not near:
        text = turn.say("Diesen Fachbereich kenne ich nicht. Schreib mir seinen Namen oder seine Nummer.")
        return Reply(text, _offer(turn, Step.DEPARTMENT, draft))
    choices = [
        Choice(str(place), one.name, draft.data(Step.DEPARTMENT, do="department", name=one.name))
        for place, one in enumerate(near, start=1)
    ]
    text = turn.say("Den kenne ich so nicht. Meinst du einen von diesen?")
    return Reply(text, _offer(turn, Step.DEPARTMENT, draft, choices))


def _with_times(turn: Turn, draft: Draft) -> Draft:
    check_length(turn, turn.text, LONGEST_ANSWER)
    change = times_said(turn.text, turn.today)
    for text in (change.note, change.out_of_scope, change.contact):
        check_length(turn, text or "")
    return replace(draft, portrait=applied(draft.portrait, change))


def times_said(text: str, today: date) -> Change:
    """When somebody is there and what they do not do, in their own words; why they are away is left out."""
    note, out_of_scope, other = [], [], Change()
    for part in filter(None, (" ".join(part.split()).strip(" .,!") for part in _BETWEEN.split(text) if part)):
        change = understand(part, today)
        not_done = _NOT_DONE.fullmatch(part)
        if change and (change.needs_day or change.is_past):
            continue
        if change and (change.paused_until or change.contact):
            other = replace(
                other,
                paused_from=change.paused_from or other.paused_from,
                paused_until=change.paused_until or other.paused_until,
                contact=change.contact or other.contact,
            )
        elif change and change.out_of_scope:
            out_of_scope.append(change.out_of_scope)
        elif not_done and not _OF_TIME.search(part):
            out_of_scope.append(not_done["what"])
        else:
            note.append(part)
    return replace(other, note=". ".join(note) or None, out_of_scope=", ".join(out_of_scope) or None)


def check_length(turn: Turn, text: str, longest: int = LONGEST_DETAIL) -> None:
    """Refuse what nobody reads; raises `UserError`."""
    if len(text) > longest:
        raise UserError(turn.say("Das ist lang. Schreib es bitte in höchstens {count} Zeichen.").format(count=longest))


def _with_sentence(turn: Turn, services: Services, draft: Draft) -> Draft:
    change = understand(turn.text, turn.today)
    if change is None or change.needs_day or change.is_past or change.deputy:
        text = turn.say(
            "So verstehe ich es noch nicht. Schreib zum Beispiel „ich kann auch Kanban“ oder „nur vormittags“."
        )
        raise UserError(text)
    department = department_named(services, change.department) if change.department else draft.department
    if change.department and department is None:
        raise UserError(turn.say("Diesen Fachbereich kenne ich nicht. Schreib mir seinen Namen oder seine Nummer."))
    return Draft(applied(draft.portrait, change), department)


async def _publish(turn: Turn, draft: Draft) -> Sequence[Action]:
    """Let everybody see it from now on."""
    person, portrait = await own(turn)
    person.department = draft.department or person.department
    merged = _merged(portrait, draft.portrait)
    await keep(
        turn.uow,
        copied(merged, consented_on=turn.today, refresh_on=turn.today + REFRESHED_AFTER, refresh_asked_on=None),
    )
    await withdraw_offers(turn, [FILLING])
    text = turn.say(
        "Dein Porträt ist jetzt sichtbar. „porträt“ zeigt und ändert es. Ein Satz genügt auch, zum Beispiel „ich kann "
        "auch Kanban“ oder „pause bis 15. Januar“."
    )
    return [Reply(text)]
