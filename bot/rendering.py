"""Turns Markdown and choices into HTML, plain text and lines of runs, all of the same content."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from bot.messages import Choice


def _star_in_word(state: StateInline, silent: bool) -> bool:
    """A star between letters is a letter: `Lots*innen und Kolleg*innen` is no emphasis."""
    before, star, after = (state.src[place : place + 1] for place in (state.pos - 1, state.pos, state.pos + 1))
    if star != "*" or state.pos == 0 or not before.isalnum() or not after.isalnum():
        return False
    if not silent:
        state.pending += star
    state.pos += 1
    return True


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True})
_MARKDOWN.inline.ruler.before("emphasis", "star_in_word", _star_in_word)
_TAGS = {
    "p",
    "br",
    "strong",
    "em",
    "code",
    "pre",
    "ul",
    "ol",
    "li",
    "a",
    "blockquote",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "del",
}
_OPENS = re.compile(r"https?://|mailto:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Run:
    """Words that look alike; `target` is the address of the page or mailbox they lead to."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    is_code: bool = False
    target: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as people see it, for platforms that take neither HTML nor Markdown.

    `depth` is the number of lists around it, `marker` stands in front of a list item ("- " or "3. "). A line that
    `continues` belongs to the line above, without a gap.
    """

    runs: tuple[Run, ...] = ()
    depth: int = 0
    marker: str = ""
    is_heading: bool = False
    continues: bool = False


def to_html(text: str, choices: Sequence[Choice] = ()) -> str:
    """HTML of Markdown `text` with the choices as a numbered list; safe to show anywhere."""
    html = "".join(_MARKDOWN.render(part) for part in _parts(text, choices))
    return nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}, "ol": {"start"}}, link_rel=None).strip()


def to_plain(text: str, choices: Sequence[Choice] = ()) -> str:
    """Plain text with the same words, list numbers and link targets as the HTML."""
    blocks = "".join(line for part in _parts(text, choices) for line in _plain(_MARKDOWN.parse(part)))
    return re.sub(r"\n{3,}", "\n\n", blocks).strip()


def to_lines(text: str, choices: Sequence[Choice] = ()) -> list[Line]:
    """Lines with the same words, list numbers and link targets as the plain text."""
    return [line for part in _parts(text, choices) for line in _lines(_MARKDOWN.parse(part))]


def _parts(text: str, choices: Sequence[Choice]) -> list[str]:
    # Two documents, since a list at the end of the text would swallow the choices and go on counting.
    offered = "\n".join(f"{number}. {choice.label}" for number, choice in enumerate(choices, start=1))
    return [text, offered]


def _in_lists(tokens: Sequence[Token]) -> Iterator[tuple[Token, list[int | None]]]:
    """Each token with the lists that are open around it: the next number of each, or None for bullets."""
    numbers: list[int | None] = []
    for token in tokens:
        match token.type:
            case "ordered_list_open":
                numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_open":
                numbers.append(None)
            case "ordered_list_close" | "bullet_list_close":
                numbers.pop()
        yield token, numbers


def _plain(tokens: Sequence[Token]) -> Iterator[str]:
    for token, numbers in _in_lists(tokens):
        match token.type:
            case "ordered_list_close" | "bullet_list_close":
                yield "\n"
            case "list_item_open":
                yield "  " * (len(numbers) - 1) + _marker(numbers)
            case "inline":
                yield "".join(_inline(token.children or []))
                yield "\n" if numbers else "\n\n"
            case "code_block" | "fence":
                yield token.content + "\n"


def _marker(numbers: list[int | None]) -> str:
    number = numbers[-1]
    if number is None:
        return "- "
    numbers[-1] = number + 1
    return f"{number}. "


def _inline(children: Sequence[Token]) -> Iterator[str]:
    target = ""
    for child in children:
        match child.type:
            case "text" | "code_inline":
                yield child.content
            case "softbreak" | "hardbreak":
                yield "\n"
            case "link_open":
                target = str(child.attrs.get("href", ""))
            case "link_close":
                yield f" ({target})"
            case "image":
                yield child.content


def _lines(tokens: Sequence[Token]) -> Iterator[Line]:
    waiting: Line | None = None  # the marker of a list item that has no words yet
    is_heading = False
    for token, numbers in _in_lists(tokens):
        match token.type:
            case "heading_open" | "heading_close":
                is_heading = token.type == "heading_open"
            case "list_item_open" | "list_item_close":
                if waiting:
                    yield waiting
                is_open = token.type == "list_item_open"
                waiting = Line(depth=len(numbers), marker=_marker(numbers)) if is_open else None
            case "inline" | "code_block" | "fence":
                first = waiting or Line(depth=len(numbers), is_heading=is_heading)
                waiting = None
                yield from _block(first, _rows(token))


def _block(first: Line, rows: Sequence[tuple[Run, ...]]) -> Iterator[Line]:
    for place, runs in enumerate(rows):
        yield replace(first, runs=runs) if place == 0 else replace(first, runs=runs, marker="", continues=True)


def _rows(token: Token) -> list[tuple[Run, ...]]:
    if token.type != "inline":
        return [(Run(row, is_code=True),) for row in token.content.removesuffix("\n").split("\n")]
    rows: list[list[Run]] = [[]]
    for run in _runs(token.children or []):
        if run is None:
            rows.append([])
        else:
            rows[-1].append(run)
    return [tuple(row) for row in rows]


def _runs(children: Sequence[Token]) -> Iterator[Run | None]:
    """The runs of a paragraph, None between its lines."""
    bold, italic = 0, 0  # how many such marks are open
    target, linked = "", ""
    for child in children:
        match child.type:
            case "softbreak" | "hardbreak":
                yield None
            case "strong_open" | "strong_close":
                bold += child.nesting
            case "em_open" | "em_close":
                italic += child.nesting
            case "link_open":
                target, linked = str(child.attrs.get("href", "")), ""
            case "link_close":
                if not _OPENS.match(target) or not linked.strip():
                    yield Run(f" ({target})")  # nothing to press, hence something to read
                target = ""
            case "text" | "code_inline" | "image" if child.content:
                linked += child.content
                opens = target if _OPENS.match(target) else ""
                yield Run(child.content, bold > 0, italic > 0, child.type == "code_inline", opens)
