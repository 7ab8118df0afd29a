"""Shows a topic before it is kept: to whoever said it, and without a name to the coordinators when staff propose it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.turn import Services, Turn
from handlers.ask import chosen, shortened
from handlers.jour_fixe import agenda
from handlers.jour_fixe.appointments import check_may_be_kept
from handlers.jour_fixe.topic_cards import (
    LONGEST_TITLE,
    check_title,
    hint,
    hints_about,
    refusal,
    screened,
    sentence,
)
from knowledge.agenda import USUAL_GOAL, USUAL_MINUTES
from knowledge.topic_sentences import SENDER, TopicSentence
from storage.models.agenda import AgendaItem, Goal

TOPIC = "jour_fixe_topic"  # topic of the offers below

# to whoever said it


def propose(turn: Turn, words: str, questions: str = "") -> Reply:
    """Show a title without personal data before it is kept; `questions` are the numbers of those it comes from."""
    topic, is_clean = screened(TopicSentence(" ".join(words.split()), USUAL_MINUTES, USUAL_GOAL))
    return show(turn, topic, questions, is_clean=is_clean)


def show(turn: Turn, topic: TopicSentence, questions: str = "", *, is_clean: bool) -> Reply:
    """Show a topic before it is kept; it is screened already."""
    topic = replace(topic, title=shortened(topic.title, LONGEST_TITLE))
    text = turn.say("So für den Jour fixe vormerken: „{title}“?").format(title=topic.title)
    if details := _details(turn, topic):
        text += f"\n\n{details}"
    if hints := hints_about(turn, topic, is_clean=is_clean):
        text += "\n\n" + " ".join(hints)
    data = _data(topic) | {"questions": questions}
    choices = (
        Choice("ja", turn.say("ja"), data | {"do": "save"}),
        Choice("ändern", turn.say("ändern"), data | {"do": "change"}),
        Choice("nein", turn.say("nein"), {"do": "drop"}),
    )
    return Reply(text, Offer(TOPIC, choices))


def _details(turn: Turn, topic: TopicSentence) -> str:
    """What is proposed beside the title, if that is not the usual."""
    if topic in (TopicSentence(topic.title), TopicSentence(topic.title, USUAL_MINUTES, USUAL_GOAL)):
        return ""
    item = AgendaItem(title="", proposed_on=turn.today, minutes=topic.minutes, goal=topic.goal)
    facts = agenda.item_line(turn.say, item, "").removeprefix(", ")
    return ". ".join(filter(None, (f"{facts}: {topic.wanted}" if topic.wanted else facts, topic.link)))


def ask_for_series(turn: Turn, topic: TopicSentence, titles: Sequence[str], questions: str) -> Reply:
    """Ask which jour fixe a topic is for, where several meet; it is screened already."""
    data = _data(topic) | {"questions": questions, "do": "save"}
    choices = [Choice(str(place), title, data | {"series": title}) for place, title in enumerate(titles, start=1)]
    choices.append(Choice("nein", turn.say("doch nicht vormerken"), {"do": "drop"}))
    text = turn.say("Für welchen Jour fixe ist das Thema: „{title}“?").format(title=topic.title)
    return Reply(text, Offer(TOPIC, tuple(choices)))


def ask_for_topic(turn: Turn, topic: TopicSentence) -> Reply:
    """Ask what it is about; what was said of it already is kept for the answer."""
    text = turn.say("Welches Thema? Schreib mir zum Beispiel „Altakten scannen, 15 min, Entscheidung“.") + hint(turn)
    return Reply(text, _asks(turn, _data(topic)))


def ask_for_title(turn: Turn, data: Mapping[str, str]) -> Reply:
    """Ask for other words for what was proposed."""
    return Reply(turn.say("Wie soll das Thema heißen?") + hint(turn), _asks(turn, data))


def _asks(turn: Turn, data: Mapping[str, str]) -> Offer:
    drop = Choice("nein", turn.say("doch nicht vormerken"), {"do": "drop"})
    return Offer(TOPIC, (drop,), asks=dict(data) | {"do": "written"})


def check_words(turn: Turn, title: str) -> None:
    """Refuse what is no title; raises `UserError`."""
    if not any(map(str.isalpha, title)):
        raise UserError(turn.say("Schreib mir das Thema bitte in ein paar Worten."))
    check_title(turn, title)


def _data(topic: TopicSentence) -> dict[str, str]:
    """A topic that is not kept yet, as a choice holds it."""
    data = {
        "title": topic.title,
        "minutes": str(topic.minutes or ""),
        "goal": str(topic.goal or ""),
        "wanted": topic.wanted,
        "link": topic.link,
        "owner": topic.owner if topic.owner == SENDER else "",
        "series": topic.series,
    }
    return {name: value for name, value in data.items() if value}


def proposed(data: Mapping[str, str]) -> TopicSentence:
    """The topic that a choice holds."""
    return TopicSentence(
        data.get("title", ""),
        int(data["minutes"]) if "minutes" in data else None,
        Goal(data["goal"]) if "goal" in data else None,
        data.get("wanted", ""),
        data.get("link", ""),
        data.get("owner", ""),
        data.get("series", ""),
    )


# from staff


def take_from_staff(turn: Turn, services: Services, text: str) -> Sequence[Action]:
    """Ask a member of staff whether their topic may go to the coordinators without their name; nothing is kept."""
    check_may_be_kept(turn)
    told = replace(sentence(turn, text), owner="", series="")
    if not told.title:
        return [ask_for_topic(turn, TopicSentence())]
    check_words(turn, told.title)
    if refused := refusal(turn, services, told):
        return [refused]
    topic, is_clean = screened(told)
    asked = turn.say("Themen sammeln die Lots:innen. Soll ich ihnen das ohne deinen Namen vorschlagen: „{title}“?")
    hints = hints_about(turn, topic, is_clean=is_clean)
    data = _data(replace(topic, title=shortened(topic.title, LONGEST_TITLE)))
    choices = (
        Choice("ja", turn.say("ja"), data | {"do": "pass_on"}),
        Choice("nein", turn.say("nein"), {"do": "drop"}),
    )
    return [Reply(" ".join([asked.format(title=data["title"]), *hints]), Offer(TOPIC, choices))]


async def pass_on(turn: Turn) -> Sequence[Action]:
    """Ask the coordinators, each alone, whether what somebody proposes becomes a topic."""
    topic = proposed(chosen(turn))
    places = await turn.coordinators()
    if not places:
        return [Reply(turn.say("Ich erreiche gerade niemanden. Eine Lotsin oder ein Lotse nimmt das Thema gern mit."))]
    told = turn.say("Vorgeschlagen, ohne deinen Namen. Ob es drankommt, entscheidet die Koordination.")
    sent = []
    for place in places:
        # With the words of that chat, as one that is proposed there.
        asking = replace(turn, say=turn.say_to(place))
        shown = show(asking, topic, is_clean=True)
        heading = asking.say("Jemand aus dem Haus schlägt ein Thema vor, ohne Namen.")
        sent.append(Send(place, f"{heading} {shown.text}", shown.offer))
    return [Reply(told), *sent]
