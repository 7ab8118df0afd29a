"""Tells the coordinators what people looked for and no supporter names, never who looked for it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers.ask import chosen, shortened
from handlers.jour_fixe import topic_cards
from handlers.pages import page
from knowledge.agenda import USUAL_GOAL
from knowledge.topic_sentences import TopicSentence
from storage.models.knowledge import Visibility
from storage.models.people import UnmetTopic

UNMET = "unmet_topic"  # topic of the offers below
LONGEST_LINE = 100
TOLD_AT_ONCE = 5
QUIET = timedelta(days=7)
"""Between two reports."""


# showing


async def list_unmet(turn: Turn, services: Services) -> Sequence[Action]:
    """„themen ohne lots:innen“: what nobody names, in alphabetical order."""
    return await _list(turn)


async def _list(turn: Turn, after: int = 0) -> Sequence[Action]:
    _check(turn)
    topics = sorted(_by_topic(await turn.uow.people.unmet()), key=lambda topic: topic[0].text.casefold())
    if not topics:
        return [Reply(turn.say("Zurzeit fehlt zu keinem gesuchten Thema jemand."))]
    after = after if after < len(topics) else 0  # others were dealt with meanwhile
    lines = page([shortened(topic[0].text, LONGEST_LINE) for topic in topics], after)
    end = after + len(lines)
    choices = [
        Choice(str(place), line, {"do": "pick", "topic": topic[0].text})
        for place, (topic, line) in enumerate(zip(topics[after:end], lines, strict=True), start=1)
    ]
    more = [Choice("mehr", turn.say("mehr"), {"do": "more", "after": str(end)})] if end < len(topics) else []
    text = turn.say("Gesucht, aber niemand nennt es. Mit der Zahl geht es weiter.")
    return [Reply(text, Offer(UNMET, (*choices, *more)))]


def _check(turn: Turn) -> None:
    if turn.role < Role.COORDINATOR or Visibility.COMMUNITY not in turn.sees:
        raise UserError(turn.say("Die Themen ohne Lots:innen zeige ich nur der Koordination und nur unter Lots:innen."))


def _by_topic(noted: Iterable[UnmetTopic]) -> list[list[UnmetTopic]]:
    """The notes of each topic, whatever their case; none is empty."""
    found: dict[str, list[UnmetTopic]] = {}
    for one in noted:
        found.setdefault(one.text.casefold(), []).append(one)
    return list(found.values())


# what is chosen


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Read on, or do with a topic what a coordinator chose."""
    _check(turn)
    data = chosen(turn)
    if data["do"] == "more":
        return await _list(turn, int(data["after"]))
    if data["do"] == "list":
        return await _list(turn)
    noted = [one for one in await turn.uow.people.unmet() if one.text.casefold() == data["topic"].casefold()]
    if not noted:
        return [Reply(turn.say("Dieses Thema ist schon erledigt."))]
    if data["do"] == "pick":
        return [_ask(turn, data["topic"])]
    await turn.uow.people.drop_unmet([one.id for one in noted if one.id is not None])
    if data["do"] == "done":
        return [Reply(turn.say("Gut, „{topic}“ ist von der Liste.").format(topic=data["topic"]))]
    return await _put_on_agenda(turn, services, data["topic"])


def _ask(turn: Turn, topic: str) -> Reply:
    choices = (
        Choice("erledigt", turn.say("erledigt, von der Liste nehmen"), {"do": "done", "topic": topic}),
        Choice("jour fixe", turn.say("für den Jour fixe vormerken"), {"do": "agenda", "topic": topic}),
        Choice("zurück", turn.say("zurück zur Liste"), {"do": "list"}),
    )
    return Reply(turn.say("„{topic}“: Was soll damit geschehen?").format(topic=topic), Offer(UNMET, choices))


async def _put_on_agenda(turn: Turn, services: Services, topic: str) -> Sequence[Action]:
    title = turn.say("Wer hilft bei „{topic}“?").format(topic=shortened(topic, LONGEST_LINE))
    _, changes = await topic_cards.keep_once(turn, services, TopicSentence(title, topic_cards.QUICK, USUAL_GOAL))
    text = turn.say("Vorgemerkt für den nächsten Jour fixe: „{title}“.").format(title=title)
    return [Reply(text), *changes]


# the night


async def report(night: Night, services: Services) -> Sequence[Send]:
    """Tell the coordinators once a week which topics are new."""
    noted = await night.uow.people.unmet()
    told = [one.reported_on for one in noted if one.reported_on is not None]
    known = {one.text.casefold() for one in noted if one.reported_on is not None}
    new = [topic for topic in _by_topic(noted) if topic[0].text.casefold() not in known]
    places = await night.coordinators() if new else ()
    if not places or (told and max(told) > night.today - QUIET):
        return []
    for one in noted:
        one.reported_on = one.reported_on or night.today
    return [_report(night, place, [topic[0].text for topic in new]) for place in places]


def _report(night: Night, place: Conversation, topics: Sequence[str]) -> Send:
    say = night.say_to(place)
    lines = [f"- {shortened(topic, LONGEST_LINE)}" for topic in topics[:TOLD_AT_ONCE]]
    text = "\n".join((say("Diese Themen wurden gesucht, und niemand nennt sie:") + "\n", *lines))
    if len(topics) > TOLD_AT_ONCE:
        text += "\n\n" + say("Alle zeigt „themen ohne lots:innen“.")
    choices = (Choice("zeigen", say("alle zeigen, eines wählen"), {"do": "list"}),)
    return Send(place, text, Offer(UNMET, choices))
