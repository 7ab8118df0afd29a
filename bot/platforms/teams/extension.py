"""Pure: what Teams asks for in its search and message menus, and how it is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.messages import Found, Sought
from bot.platforms.teams.cards import attachment, question_form, result
from bot.platforms.teams.quotations import plain_words
from bot.platforms.wire import Wire, part, parts, text

Json = dict[str, Any]

FIND_ANSWER, FIND_SUPPORTER, ASK, REMEMBER = "findAnswer", "findSupporter", "askQuestion", "rememberMessage"
"""The commands, as the app package names them."""

LONGEST_QUERY = 300
_SOUGHT = {FIND_ANSWER: Sought.ANSWERS, FIND_SUPPORTER: Sought.SUPPORTERS}

NOTHING_FOUND = {
    Sought.ANSWERS: "Dazu gibt es noch keine geprüfte Antwort. Im Chat mit Lotsenfunk wird daraus eine offene Frage.",
    Sought.SUPPORTERS: "Zu diesem Stichwort steht noch niemand hinter einer Antwort.",
}
TYPE_ON = "Ein Stichwort oder eine Frage eingeben."
NOT_NOW = "Das geht gerade nicht. Bitte in ein paar Minuten noch einmal versuchen."
ASKED = "Die Antwort kommt in den Chat mit Lotsenfunk."
NO_QUESTION = "Ohne Frage keine Antwort: Bitte ein, zwei Sätze schreiben."
NO_CHAT = "Bitte einmal den Chat mit Lotsenfunk öffnen und dort fragen: Von hier aus kann die Antwort nicht ankommen."

REMEMBERED = "Im Chat mit Lotsenfunk geht es weiter."
NO_CHAT_YET = "Bitte einmal den Chat mit Lotsenfunk öffnen und „hallo“ schreiben. Danach geht es auch von hier aus."


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody is typing into the search of a message extension."""

    sought: Sought
    text: str


def query(value: Wire) -> Query | None:
    """The search that an invoke asks for, if it is one of ours."""
    sought = _SOUGHT.get(text(value, "commandId"))
    found = parts(value, "parameters")
    typed = [text(entry, "value") for entry in found if text(entry, "name") != "initialRun"]
    return Query(sought, (typed or [""])[0][:LONGEST_QUERY].strip()) if sought else None


def results(query: Query, found: Sequence[Found]) -> Json:
    """What was found, as cards to choose from."""
    if not query.text:
        return notice(TYPE_ON)
    if not found:
        return notice(NOTHING_FOUND[query.sought])
    attachments = [result(one) for one in found]
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": attachments}}


def notice(sentence: str) -> Json:
    """A sentence in the place of results."""
    return {"composeExtension": {"type": "message", "text": sentence}}


def form(value: Wire) -> Json:
    """The form for a question; from a message's menu it holds the words of that message."""
    words = plain_words(text(part(value, "messagePayload", "body"), "content"))
    shown = {"title": "Frage stellen", "height": "small", "card": attachment(question_form(words))}
    return {"task": {"type": "continue", "value": shown}}


def asked(value: Wire) -> str:
    """The question that a form was sent with."""
    return " ".join(text(part(value, "data"), "question").split())


def closing(sentence: str) -> Json:
    """Close the form with a sentence."""
    return {"task": {"type": "message", "value": sentence}}
