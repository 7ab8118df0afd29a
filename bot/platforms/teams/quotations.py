"""Pure: what somebody wrote themselves in a message that quotes another one."""

from html.parser import HTMLParser

import nh3
from typing_extensions import override

from bot.platforms.wire import Wire, parts, text

QUOTATION = "http://schema.skype.com/Reply"
LONGEST_HTML = 60_000
_BREAKS = {"p", "div", "br", "li"}


def without_quotation(activity: Wire) -> str | None:
    """The text without the message that it quotes, mentions as mere names; None when it quotes none.

    Teams puts a quotation into the text as if it was written there; only the HTML beside it tells them apart.
    """
    for attachment in parts(activity, "attachments"):
        if text(attachment, "contentType") == "text/html":
            content = text(attachment, "content")[:LONGEST_HTML]
            if QUOTATION in content:
                return _own_words(content)
    return None


def quoted_id(activity: Wire) -> str:
    """Teams' id of the message that a message quotes first; empty when it quotes none."""
    for attachment in parts(activity, "attachments"):
        content = text(attachment, "content")[:LONGEST_HTML]
        if text(attachment, "contentType") == "text/html" and QUOTATION in content:
            return _read(content).quoted_id
    return ""


def plain_words(content: str) -> str:
    """The words of a message that came as HTML, without what it quotes."""
    return " ".join(plain_lines(content).split())


def plain_lines(content: str) -> str:
    """The same words with the lines of the message."""
    lines = [" ".join(line.split()) for line in _own_words(content[:LONGEST_HTML]).splitlines()]
    return "\n".join(line for line in lines if line)


def _own_words(content: str) -> str:
    return "".join(_read(content).words).strip()


def _read(content: str) -> "_Reader":
    reader = _Reader()
    # Of broken HTML, Python's parser makes a minute's work or an error; of clean HTML it does not.
    attributes = {"blockquote": {"itemtype", "itemid"}}
    reader.feed(nh3.clean(content, tags={"blockquote", *_BREAKS}, attributes=attributes, link_rel=None))
    reader.close()
    return reader


class _Reader(HTMLParser):
    """Collects the text outside of quotations, and what is quoted first."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.quoted_id = ""
        self._depth = 0

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "blockquote" and (self._depth or ("itemtype", QUOTATION) in attrs):
            self._depth += 1
            self.quoted_id = self.quoted_id or dict(attrs).get("itemid") or ""
        if tag in _BREAKS and not self._depth:
            self.words.append("\n")

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "blockquote" and self._depth:
            self._depth -= 1

    @override
    def handle_data(self, data: str) -> None:
        if not self._depth:
            self.words.append(data)
