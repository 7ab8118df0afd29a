"""Keeps the topics that wait for the next jour fixe: adds and lists them. Nobody's name is stored with them.

Only whoever wants to present a topic is remembered as its owner.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot.commands import Command, plain_words
from bot.errors import UserError
from bot.messages import Action, Choice, Kind, Offer, Quoted, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import ask
from handlers.ask import chosen, shortened
from handlers.cards import day_in_words
from handlers.jour_fixe import agenda, topic_cards, topic_details, topic_proposals
from handlers.jour_fixe.appointments import check_keeping, check_supporter, upcoming
from handlers.jour_fixe.topic_cards import (
    DETAIL,
    LONGEST_SENTENCE,
    LONGEST_TITLE,
    hints_about,
    refusal,
    screened,
)
from handlers.jour_fixe.topic_proposals import (
    TOPIC,
    ask_for_series,
    ask_for_title,
    ask_for_topic,
    check_words,
    proposed,
    show,
)
from handlers.pages import LINES, page
from knowledge.agenda import PATIENCE
from knowledge.topic_sentences import (
    ImpossibleMinutes,
    TopicSentence,
    bare_topic,
    is_topic,
    read,
    read_details,
    step_in,
    wished,
)
from storage.models.agenda import AgendaItem
from storage.models.knowledge import Visibility

COMMAND = Command("thema", ("neues thema", "als thema", "thema vormerken"), takes_text=True)

MOST_SERIES = 8
_NEXT_ONE = re.compile(r"[\n;]\s*(?:neues )?thema\s*:", re.IGNORECASE)
_MINE = re.compile(r"(?:mein(?:e|en)? )(?:thema|themen|punkt) ?[:,]? ?(.+)", re.IGNORECASE)


# showing


async def list_topics(turn: Turn, services: Services) -> Sequence[Action]:
    """„themen“: what waits for the next jour fixe."""
    if turn.role < Role.SUPPORTER:
        text = turn.say("Die Themen zeige ich nur Lots:innen. Eins vorschlagen: „thema: Altakten scannen“.")
        raise UserError(text)
    return await _list(turn, services)


async def _list(turn: Turn, services: Services, after: int = 0, before: str = "") -> Sequence[Action]:
    check_supporter(turn)
    items = await turn.uow.agenda.waiting()
    if not items:
        return [Reply(turn.say("Noch wartet kein Thema. Ein neues: „thema: Altakten scannen“."))]
    after = after if after < len(items) else 0  # others were removed meanwhile
    series = {number: title for title, number in (await _series(turn)).items()}
    lines = page([await _line(turn, item, series) for item in items[after : after + LINES]])
    end = after + len(lines)
    choices = [
        Choice(str(place), line, {"do": "open", "item": str(item.id)})
        for place, (item, line) in enumerate(zip(items[after:end], lines, strict=True), start=1)
    ]
    if end < len(items):
        choices.append(Choice("mehr", turn.say("mehr"), {"do": "more", "after": str(end)}))
    text = (before, await _heading(turn, services, len(items)), turn.say("Die Zahl öffnet ein Thema."))
    return [Reply("\n\n".join(filter(None, text)), Offer(TOPIC, tuple(choices)))]


async def _heading(turn: Turn, services: Services, count: int) -> str:
    to = await topic_cards.destination(turn, services)
    if to is None:
        return turn.say("Themen für den nächsten Jour fixe: {count}").format(count=count)
    day = day_in_words(to.meeting.day)
    if to.is_late:
        text = turn.say("Themen: {count}. Für {day} ist Themenschluss.")
        return text.format(count=count, day=day)
    text = turn.say("Themen für {day}: {count}. Themenschluss: {closing}.")
    return text.format(day=day, count=count, closing=agenda.in_words(to.closing))


async def _line(turn: Turn, item: AgendaItem, series: Mapping[int, str]) -> str:
    """A topic in the list; where several `series` meet, with the title of its own."""
    facts = [await topic_cards.brief(turn, item)]
    if len(series) > 1 and item.jour_fixe_id is not None and item.jour_fixe_id in series:
        facts.append(turn.say("für {series}").format(series=series[item.jour_fixe_id]))
    if item.meeting_id is not None:
        facts.append(turn.say("auf der Tagesordnung"))
    if item.is_recurring:
        facts.append(turn.say("jedes Mal"))
    if item.deferrals >= PATIENCE:
        facts.append(turn.say("zweimal verschoben"))
    return ", ".join(facts)


# adding


def is_pointing(text: str) -> bool:
    """Whether a text makes a topic of the message that it is put on or said below; it may say details."""
    if plain_words(text) in COMMAND.words:
        return True
    try:
        return is_topic(text) and not read_details(text).title
    except ImpossibleMinutes:
        return True


async def add_topic(turn: Turn, services: Services) -> Sequence[Action]:
    """„thema: Altakten scannen, 15 min, Entscheidung“, or „thema“ below a message."""
    if turn.role < Role.SUPPORTER:
        return topic_proposals.take_from_staff(turn, services, turn.text)
    check_keeping(turn)
    if _NEXT_ONE.search(turn.text):
        raise UserError(turn.say("Schreib mir bitte ein Thema je Nachricht."))
    series = await _series(turn)
    told = topic_cards.sentence(turn, turn.text, tuple(series), is_title=turn.message.quoted is None)
    if (earlier := await _of_earlier(turn)) is not None:
        return await topic_details.rewrite(turn, services, earlier, told, is_new=True)
    quoted = None if told.title else turn.message.quoted
    topic = _with(_of_quoted(turn, quoted, tuple(series)), told) if quoted else told
    return await _take(turn, services, topic, is_sure=quoted is None)


async def _of_earlier(turn: Turn) -> AgendaItem | None:
    """The topic that came of a message before it was edited.

    Raises `UserError` when one came of it and something was decided about that since.
    """
    message = turn.message
    if message.kind is not Kind.EDIT or message.refers_to is None:
        return None
    place = message.conversation
    answer = await turn.uow.mailbox.answer_to(place.platform, message.refers_to)
    below = [answer.key] if answer else []
    offers = await turn.uow.questions.offers_to(place.platform, place.id, message.sender.id, below)
    details = [choice["data"] for offer in offers if offer.topic == DETAIL for choice in offer.choices]
    item = await turn.uow.agenda.get(int(details[0]["item"])) if details else None
    is_decided = len(await turn.uow.questions.line_of(turn.answer_key)) > 1
    if item is None and (details or is_decided):
        raise UserError(turn.say("Dazu wurde schon etwas entschieden. „themen“ zeigt alle, die Zahl öffnet eines."))
    return item


async def propose_wished(turn: Turn, services: Services) -> Sequence[Action]:
    """„können wir beim nächsten Jour fixe über die E-Rechnung reden?“: ask whether that is a topic."""
    topic = wished(turn.text)
    assert topic is not None  # the router asked before
    if turn.role < Role.SUPPORTER:
        return topic_proposals.take_from_staff(turn, services, topic)
    return await _propose_said(turn, services, topic)


def is_bare_topic(text: str) -> bool:
    """Whether a sentence may name a topic: „thema Altakten scannen“."""
    return bare_topic(text) is not None


async def propose_bare(turn: Turn, services: Services) -> Sequence[Action]:
    """„thema Altakten scannen“: among supporters that is a topic, elsewhere a question like any other."""
    topic = bare_topic(turn.text)
    assert topic is not None  # the router asked before
    is_among_supporters = turn.role >= Role.SUPPORTER and Visibility.COMMUNITY in turn.sees
    return await _propose_said(turn, services, topic) if is_among_supporters else await ask.ask(turn, services)


async def _propose_said(turn: Turn, services: Services, said: str) -> Sequence[Action]:
    check_keeping(turn)
    topic = topic_cards.sentence(turn, said, tuple(await _series(turn)))
    return await _take(turn, services, topic, is_sure=False)


async def _take(turn: Turn, services: Services, topic: TopicSentence, *, is_sure: bool) -> Sequence[Action]:
    """Keep a topic, or show it first: unless it `is_sure`, and when something had to be left out."""
    if not topic.title:
        return [ask_for_topic(turn, topic)]
    check_words(turn, topic.title)
    if refused := refusal(turn, services, topic):
        return [refused]
    kept, is_clean = screened(topic)
    if not is_sure or not is_clean:
        return [show(turn, kept, is_clean=is_clean)]
    return await _save(turn, services, topic, ())


async def _series(turn: Turn) -> Mapping[str, int]:
    """The numbers of the series that meet, by their titles."""
    return {series.title: series.id or 0 for series in await turn.uow.jour_fixe.all(turn.today)}


async def _meant_here(turn: Turn) -> Sequence[str]:
    """The titles of the series that a topic may be for: those of this room alone, else all that meet."""
    here, coming = turn.message.conversation, [series for series, _ in await upcoming(turn)]
    own = [one for one in coming if (here.platform, here.id) in await turn.uow.jour_fixe.rooms(one.id or 0)]
    return [one.title for one in own or coming]


def _of_quoted(turn: Turn, quoted: Quoted, series: Collection[str]) -> TopicSentence:
    """What somebody said to others, as a topic; „ich“ in it is not whoever points at it."""
    if not quoted.is_human:
        raise UserError(
            turn.say("Das hat ein Programm geschrieben. Themen mache ich nur aus dem, was Menschen schreiben.")
        )
    said = quoted.text[:LONGEST_SENTENCE]
    try:
        topic = read(said, series)
    except ImpossibleMinutes:
        topic = TopicSentence(" ".join(said.split()))
    owner = topic.owner if quoted.sender.id == turn.message.sender.id else ""
    return replace(topic, title=shortened(topic.title, LONGEST_TITLE), owner=owner)


def _with(topic: TopicSentence, told: TopicSentence) -> TopicSentence:
    """A topic with what was said of it later."""
    return TopicSentence(
        told.title or topic.title,
        told.minutes or topic.minutes,
        told.goal or topic.goal,
        told.wanted or topic.wanted,
        told.link or topic.link,
        told.owner or topic.owner,
        told.series or topic.series,
        told.is_rounded or topic.is_rounded,
    )


async def _save(turn: Turn, services: Services, topic: TopicSentence, numbers: Collection[int]) -> Sequence[Action]:
    questions = await turn.uow.questions.still_open(numbers)
    if numbers and not questions:
        return [Reply(turn.say("Diese Fragen sind inzwischen nicht mehr offen. Ich merke nichts vor."))]
    noted = [question.agenda_item_id for question in questions if question.agenda_item_id is not None]
    known = await turn.uow.agenda.get(noted[0]) if noted else await turn.uow.agenda.named(topic.title)
    if known is not None:
        assert known.id is not None
        await turn.uow.questions.make_topic(known.id, numbers)
        return [already_noted(turn, known)]
    titles = () if topic.series else await _meant_here(turn)
    if len(titles) > 1:
        return [ask_for_series(turn, topic, titles[:MOST_SERIES], " ".join(map(str, numbers)))]
    item, to = await topic_cards.keep(turn, services, topic, (await _series(turn)).get(topic.series))
    assert item.id is not None
    await turn.uow.questions.make_topic(item.id, numbers)
    other = await topic_cards.like(turn, item.title, item.id)
    said = [await topic_cards.noted(turn, item, to), *hints_about(turn, topic, is_clean=True)]
    said.append(topic_cards.defaults(turn, item))
    if other is not None:
        text = turn.say("Ähnlich ist Thema {number}: „{title}“.")
        said.append(text.format(number=other.id, title=agenda.title_of(other)))
    said.append(turn.say("Stimmt das?"))
    reply = Reply(" ".join(filter(None, said)), topic_cards.offer(turn, item, to, other))
    return [reply, *await topic_cards.refreshed(turn, services, await topic_cards.meetings_of(turn, item))]


def already_noted(turn: Turn, item: AgendaItem) -> Reply:
    """Say that a topic waits already, and how it is changed."""
    text = turn.say("Das ist schon vorgemerkt: „{title}“. Es ist Thema {number}. Ändern: „thema {number}: 20 min“.")
    return Reply(text.format(title=agenda.title_of(item), number=item.id))


# one's own


def is_about_mine(text: str) -> bool:
    """Whether a sentence is about a topic of one's own: „mein Thema zurückziehen“."""
    found = _MINE.fullmatch(" ".join(text.split()))
    return found is not None and step_in(found[1]) is not None


async def change_mine(turn: Turn, services: Services) -> Sequence[Action]:
    """Do with the one topic that the sender presents what they said; else show all, for only owners are known."""
    check_keeping(turn)
    found = _MINE.fullmatch(" ".join(turn.text.split()))
    assert found is not None  # the router asked before
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    waiting = await turn.uow.agenda.waiting() if person is not None else []
    own = [item for item in waiting if person is not None and item.owner_person_id == person.id]
    if len(own) == 1:
        return await topic_details.change(turn, services, own[0], found[1])
    why = turn.say("Welches? Wer ein Thema vorgeschlagen hat, merke ich mir nicht.")
    return await _list(turn, services, before=why if len(own) == 0 else "")


# what is chosen


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on with a title as somebody chose or wrote, or open a topic."""
    data = chosen(turn)
    match data["do"]:
        case "drop":
            return [Reply(turn.say("Gut, ich merke nichts vor."))]
        case "more":
            return await _list(turn, services, int(data["after"]))
        case "open":
            return await topic_details.open_one(turn, int(data["item"]))
        case "pass_on":
            return await topic_proposals.pass_on(turn)
        case "written" if turn.role < Role.SUPPORTER:
            return topic_proposals.take_from_staff(turn, services, turn.text)
    check_keeping(turn)
    match data["do"]:
        case "change":
            return [ask_for_title(turn, data)]
        case "written":
            return await _take_written(turn, services, data)
    numbers = [int(number) for number in data.get("questions", "").split()]
    return await _save(turn, services, proposed(data), numbers)


async def _take_written(turn: Turn, services: Services, data: Mapping[str, str]) -> Sequence[Action]:
    """The topic that was asked for; or another title, or other details, for what was proposed."""
    told = topic_cards.sentence(turn, turn.text, tuple(await _series(turn)))
    topic = _with(proposed(data), told)
    if "title" not in data:
        return await _take(turn, services, topic, is_sure=not turn.text.rstrip().endswith("?"))
    check_words(turn, topic.title)
    if refused := refusal(turn, services, topic):
        return [refused]
    kept, is_clean = screened(topic)
    return [show(turn, kept, data.get("questions", ""), is_clean=is_clean)]
