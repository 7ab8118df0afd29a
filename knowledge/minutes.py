"""Minutes as a document: the results of a meeting in Markdown, and the same as a page to print. Plain values in.

Whatever people write comes out as the text that it is, never as a heading, a link or a tag. The page is made from the
Markdown that was published and is kept, so that both always say the same.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import nh3
from markdown_it import MarkdownIt


@dataclass(frozen=True, slots=True)
class TopicMinutes:
    """What came out of one topic, each in a sentence."""

    title: str
    decisions: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()
    ideas: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was noted."""
        return not (self.decisions or self.infos or self.ideas or self.open)


@dataclass(frozen=True, slots=True)
class TaskMinutes:
    """Who does what until when, in words; empty for what is open."""

    who: str
    what: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class MeetingMinutes:
    """Minutes to be written: results only. Days are in words; what is empty is left out.

    `present` are those who agreed to be named.
    """

    title: str
    day: str
    place: str = ""
    moderator: str = ""
    minute_taker: str = ""
    present: tuple[str, ...] = ()
    topics: tuple[TopicMinutes, ...] = ()
    tasks: tuple[TaskMinutes, ...] = ()
    objections_until: str = ""
    changed_on: str = ""

    @property
    def name(self) -> str:
        """The heading."""
        return f"Protokoll: {_line(self.title)}, {_line(self.day)}"


_PARTS = (("Beschluss", "decisions"), ("Info", "infos"), ("Idee", "ideas"), ("Offen", "open"))

_MARKS = re.compile(r"([\\`*_\[\]<>&#|~])")
_ESCAPED = re.compile(r"\\([\\`*_\[\]<>&#|~])")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of all that follows."""

_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_TAGS = {"h1", "h2", "p", "ul", "li", "strong"}


def as_markdown(minutes: MeetingMinutes) -> str:
    """Markdown of the minutes."""
    return "\n\n".join(_blocks(minutes)) + "\n"


def as_page(markdown: str) -> str:
    """HTML of minutes in Markdown: one file with all it needs, for a screen, a screen reader and paper."""
    body = nh3.clean(_MARKDOWN.render(markdown), tags=_TAGS, attributes={})
    page = (files("knowledge") / "minutes.html").read_text(encoding="utf-8")
    head, foot = page.split("{body}")
    return head.replace("{title}", html.escape(_heading(markdown))) + body.strip() + foot


def _heading(markdown: str) -> str:
    """What the first line says, plain."""
    return _ESCAPED.sub(r"\1", markdown.partition("\n")[0].removeprefix("# "))


def escaped(text: str) -> str:
    """Markdown, for behind other words, that shows the text as it is, in one line."""
    return _MARKS.sub(r"\\\1", _line(text))


def _line(text: str) -> str:
    """A text in one line, without characters that nobody sees."""
    return " ".join("".join(char for char in text if char.isspace() or not _is_hidden(char)).split())


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs") or char in _TURNING


def _blocks(minutes: MeetingMinutes) -> Iterator[str]:
    yield f"# {escaped(minutes.name)}"
    if facts := _facts(minutes):
        yield "\n".join(facts)
    for topic in minutes.topics:
        yield f"## {escaped(topic.title) or 'Weiteres'}"
        yield "\n".join(_results(topic)) or "Ohne Ergebnis."
    if minutes.tasks:
        yield "## Aufgaben: wer macht was bis wann"
        yield "\n".join(f"- {_task(task)}" for task in minutes.tasks)
    if minutes.objections_until:
        yield f"Einwände bis {escaped(minutes.objections_until)}."
    if minutes.changed_on:
        yield f"Geändert am {escaped(minutes.changed_on)}."


def _facts(minutes: MeetingMinutes) -> list[str]:
    present = ", ".join(filter(None, map(_line, minutes.present)))
    facts = (("Ort", minutes.place), ("Moderation", minutes.moderator), ("Protokoll", minutes.minute_taker),
             ("Dabei", present))  # fmt: skip
    return [f"- **{label}:** {escaped(value)}" for label, value in facts if _line(value)]


def _results(topic: TopicMinutes) -> Iterator[str]:
    for label, part in _PARTS:
        yield from (f"- **{label}:** {escaped(text)}" for text in getattr(topic, part))


def _task(task: TaskMinutes) -> str:
    until = f", bis {escaped(task.until)}" if _line(task.until) else ", Frist offen"
    return f"**{escaped(task.who) or 'Noch offen'}:** {escaped(task.what)}{until}"
