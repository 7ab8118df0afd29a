"""Turns Markdown and choices into HTML and into plain text of the same content."""

import re
from collections.abc import Iterator, Sequence

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


def to_html(text: str, choices: Sequence[Choice] = ()) -> str:
    """HTML of Markdown `text` with the choices as a numbered list; safe to show anywhere."""
    html = "".join(_MARKDOWN.render(part) for part in _parts(text, choices))
    return nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}, "ol": {"start"}}, link_rel=None).strip()


def to_plain(text: str, choices: Sequence[Choice] = ()) -> str:
    """Plain text with the same words, list numbers and link targets as the HTML."""
    blocks = "".join(line for part in _parts(text, choices) for line in _plain(_MARKDOWN.parse(part)))
    return re.sub(r"\n{3,}", "\n\n", blocks).strip()


def _parts(text: str, choices: Sequence[Choice]) -> list[str]:
    # Two documents, since a list at the end of the text would swallow the choices and go on counting.
    offered = "\n".join(f"{number}. {choice.label}" for number, choice in enumerate(choices, start=1))
    return [text, offered]


def _plain(tokens: Sequence[Token]) -> Iterator[str]:
    numbers: list[int | None] = []  # the open lists: the next number, or None for bullets
    for token in tokens:
        match token.type:
            case "ordered_list_open":
                numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_open":
                numbers.append(None)
            case "ordered_list_close" | "bullet_list_close":
                numbers.pop()
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
