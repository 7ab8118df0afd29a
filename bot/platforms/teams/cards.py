"""Pure: what we want to say, as the JSON of a Bot Framework activity and of its Adaptive Cards."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.messages import Choice, Found, Outgoing
from bot.rendering import Line, Run, to_lines, to_plain

LARGEST = 25_000
"""Bytes of an activity. Teams takes 100 KB, took 40 KB until lately, and adds fields of its own."""

LARGEST_RESULT = 28_000
"""Bytes of a result of a message extension."""

ADAPTIVE = "application/vnd.microsoft.card.adaptive"
THUMBNAIL = "application/vnd.microsoft.card.thumbnail"

CHOOSE = "choose"
"""Verb of the buttons below an offer."""

LONGEST_QUESTION = 1000  # characters that the form takes; the asker reads no more
LONGEST_TITLE = 40  # characters of a button; Teams cuts what does not fit on it
LONGEST_SUMMARY = 100
LONGEST_FOUND = 200  # characters of the title and of the line of a result
MOST_BUTTONS = 6  # Teams hides further ones in a menu

Json = dict[str, Any]

_KEY = re.compile(r"[0-9a-f]{32}")
_CHOICE = re.compile(r"[1-9]")
# Whatever XML or Markdown could take for markup, and what XML may not contain.
_AS_XML = {ord(character): f"&#{ord(character)};" for character in "&<>*_~`[]\\#|"} | dict.fromkeys(range(32), " ")
_HEADING = {"weight": "Bolder", "size": "Medium"}


@dataclass(frozen=True, slots=True)
class _Message:
    text: str
    choices: Sequence[Choice] = ()
    chosen: str | None = None
    key: str = ""


def to_activity(outgoing: Outgoing) -> Json:
    """The message: text alone, or a card when there is something to choose or something was chosen.

    A text that is too large is cut, and ends with three dots.
    """
    choices = outgoing.choices if outgoing.chosen is None else ()
    message = _Message(outgoing.text, choices, outgoing.chosen, outgoing.key)
    return _fitting(_activity, message, LARGEST)


def closed_card(text: str, chosen: str) -> Json:
    """The card of a message whose choice was taken: the same text, without buttons."""
    return _fitting(_card, _Message(text, chosen=chosen), LARGEST)


def attachment(card: Json) -> Json:
    """A card as an attachment of a message."""
    return {"contentType": ADAPTIVE, "content": card}


def result(found: Found) -> Json:
    """Something found, as a message extension shows it: a card to send, and a few words for the list."""
    title, line = (_shortened(_in_one_line(words), LONGEST_FOUND) for words in (found.title, found.line))
    preview = {"contentType": THUMBNAIL, "content": {"title": title, "text": line}}

    def with_card(message: _Message) -> Json:
        body = [_block(Line((Run(title),), is_heading=True)), *_blocks(to_lines(message.text))]
        return attachment(_adaptive(body, f"{title}\n\n{to_plain(message.text)}")) | {"preview": preview}

    return _fitting(with_card, _Message(found.text), LARGEST_RESULT)


def question_form(prefilled: str) -> Json:
    """The card of the form in which a question is asked."""
    label = "Frage in ein, zwei Sätzen"
    question = {
        "type": "Input.Text",
        "id": "question",
        "label": label,
        "isMultiline": True,
        "maxLength": LONGEST_QUESTION,
        "isRequired": True,
        "errorMessage": "Bitte eine Frage schreiben.",
        "value": prefilled[:LONGEST_QUESTION],
    }
    ask = {"type": "Action.Submit", "title": "Frage stellen", "data": {"form": "question"}}
    return _adaptive([question], label) | {"actions": [ask]}


def chosen_in(value: object) -> tuple[str, str] | None:
    """Key of the message and number of the choice in what a pressed button sent; None when it is not one of ours."""
    if not isinstance(value, dict):
        return None
    key, choice = value.get("offer"), value.get("choice")
    if not isinstance(key, str) or not isinstance(choice, str):
        return None
    return (key, choice) if _KEY.fullmatch(key) and _CHOICE.fullmatch(choice) else None


def _fitting(make: Callable[[_Message], Json], message: _Message, largest: int) -> Json:
    while _size(made := make(message)) > largest:
        message = _shorter(message)
    return made


def _size(content: Json) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode("utf-16-le", "surrogatepass"))


def _shorter(message: _Message) -> _Message:
    if message.text not in ("", "…"):
        return replace(message, text=_half(message.text))
    choices = [replace(choice, label=_half(choice.label)) for choice in message.choices]
    return replace(message, choices=choices, chosen=message.chosen and _half(message.chosen))


def _half(text: str) -> str:
    kept = text.removesuffix("…")
    return f"{kept[: len(kept) // 2]}…"


def _activity(message: _Message) -> Json:
    plain = to_plain(message.text, message.choices)
    if not message.choices and message.chosen is None:
        return {"type": "message", **_text(plain)}
    summary = _shortened(plain.split("\n", 1)[0], LONGEST_SUMMARY)
    return {"type": "message", "summary": summary, "attachments": [attachment(_card(message))]}


def _text(plain: str) -> Json:
    # Not "plain": where clients show that as HTML, its line breaks and indentation are gone.
    return {"text": _as_xml(plain), "textFormat": "xml"}


def _as_xml(plain: str) -> str:
    return "<br/>".join(_indented(line).translate(_AS_XML) for line in plain.split("\n"))


def _card(message: _Message) -> Json:
    titles = [f"{number}. {_in_one_line(choice.label)}" for number, choice in enumerate(message.choices, start=1)]
    is_listed = len(titles) > MOST_BUTTONS or any(len(title) > LONGEST_TITLE for title in titles)
    body = _blocks(to_lines(message.text, message.choices if is_listed else ()))
    plain = to_plain(message.text, message.choices)
    if message.chosen is not None:
        end = f"Gewählt: {_in_one_line(message.chosen)}"
        return _adaptive([*body, _block(Line((Run(end),)))], f"{plain}\n\n{end}")
    buttons = [_button(message.key, str(number), title) for number, title in enumerate(titles, start=1)]
    return _adaptive(body, plain) | {"actions": buttons}


def _adaptive(body: Sequence[Json], plain: str) -> Json:
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",  # Teams asks for it where there is an Action.Execute
        "lang": "de",
        "fallbackText": plain,
        "body": list(body),
    }


def _button(key: str, choice: str, title: str) -> Json:
    shown: Json = {"title": _shortened(title, LONGEST_TITLE), "data": {"offer": key, "choice": choice}}
    if shown["title"] != title:
        shown["tooltip"] = title
    # Clients that do not know Action.Execute send the same data as a message.
    return {"type": "Action.Execute", "verb": CHOOSE, **shown, "fallback": {"type": "Action.Submit", **shown}}


def _blocks(lines: Sequence[Line]) -> list[Json]:
    return [_block(line) for line in lines if line.runs or line.marker]


def _block(line: Line) -> Json:
    # Only runs of a RichTextBlock are never read as Markdown. A block a line: "\n" is not a line break everywhere.
    block: Json = {"type": "RichTextBlock", "inlines": list(_inlines(line))}
    if line.continues:
        block["spacing"] = "None"
    elif line.marker:
        block["spacing"] = "Small"
    return block


def _inlines(line: Line) -> Iterator[Json]:
    front = _front(line)
    for run in (Run(front), *line.runs) if front else line.runs:
        # Renderers fill in dates for {{DATE(…)}}, but only within one run.
        for piece in re.split(r"(?<=\{)(?=\{)", _indented(run.text) if run.is_code else run.text):
            yield _inline(piece or "\u00a0", run) | (_HEADING if line.is_heading else {})


def _front(line: Line) -> str:
    marker = "• " if line.marker == "- " else line.marker
    return "\u2003" * (line.depth - 1 if marker else line.depth) + marker


def _inline(text: str, run: Run) -> Json:
    inline: Json = {"type": "TextRun", "text": text}
    if run.is_bold:
        inline["weight"] = "Bolder"
    if run.is_italic:
        inline["italic"] = True
    if run.is_code:
        inline["fontType"] = "Monospace"
    if run.target:
        inline["selectAction"] = {"type": "Action.OpenUrl", "url": run.target}
    return inline


def _indented(text: str) -> str:
    """Text whose leading spaces stay where HTML drops them."""
    words = text.expandtabs(4).lstrip(" ")
    return "\u00a0" * (len(text.expandtabs(4)) - len(words)) + words


def _in_one_line(text: str) -> str:
    return " ".join(to_plain(text).split())


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
