"""Minutes as a document: only results, and whatever people write comes out as that text, on paper as on the screen."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from typing_extensions import override

from knowledge.minutes import MeetingMinutes, TaskMinutes, TopicMinutes, as_markdown, as_page, escaped

FULL = MeetingMinutes(
    title="Jour fixe der Lots:innen",
    day="Donnerstag, 3. Dezember 2026",
    place="Rathaus, Raum 3",
    moderator="Svenja Petersen",
    minute_taker="Tom Berger",
    present=("Aylin Kaya", "Tom Berger"),
    topics=(
        TopicMinutes("Altakten", decisions=("ab 1. März 2027 einheitlich",), open=("Wer zahlt?",)),
        TopicMinutes("", infos=("M365 kommt später",), ideas=("Barcamp",)),
    ),
    tasks=(TaskMinutes("Ben Krause", "Anleitung", "Donnerstag, 7. Januar 2027"), TaskMinutes("", "Schulung klären")),
    objections_until="Freitag, 11. Dezember 2026, 12 Uhr",
    changed_on="8. Dezember 2026",
)
WRITTEN = """# Protokoll: Jour fixe der Lots:innen, Donnerstag, 3. Dezember 2026

- **Ort:** Rathaus, Raum 3
- **Moderation:** Svenja Petersen
- **Protokoll:** Tom Berger
- **Dabei:** Aylin Kaya, Tom Berger

## Altakten

- **Beschluss:** ab 1. März 2027 einheitlich
- **Offen:** Wer zahlt?

## Weiteres

- **Info:** M365 kommt später
- **Idee:** Barcamp

## Aufgaben: wer macht was bis wann

- **Ben Krause:** Anleitung, bis Donnerstag, 7. Januar 2027
- **Noch offen:** Schulung klären, Frist offen

Einwände bis Freitag, 11. Dezember 2026, 12 Uhr.

Geändert am 8. Dezember 2026.
"""


class Page(HTMLParser):
    """What somebody reads on a page: texts by tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.read: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes[tag] = dict(attrs)
        if tag not in ("meta", "br"):
            self._open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    @override
    def handle_data(self, data: str) -> None:
        self.read.append((self._open[-1] if self._open else "", data))

    def text_in(self, *tags: str) -> list[str]:
        return [data for tag, data in self.read if tag in tags and data.strip()]


def test_minutes_hold_who_does_what_until_when() -> None:
    assert as_markdown(FULL) == WRITTEN


def test_what_is_empty_is_left_out() -> None:
    bare = as_markdown(MeetingMinutes("Jour fixe", "Montag, 7. Dezember 2026"))
    assert bare == "# Protokoll: Jour fixe, Montag, 7. Dezember 2026\n"


def test_the_page_is_one_file_in_german_with_headings_and_lists_and_no_tables() -> None:
    page = as_page(as_markdown(FULL))
    shown = Page(page)
    assert page.startswith("<!DOCTYPE html>")
    assert shown.attributes["html"] == {"lang": "de"}
    assert shown.text_in("title") == shown.text_in("h1") == [FULL.name]
    assert shown.text_in("h2") == ["Altakten", "Weiteres", "Aufgaben: wer macht was bis wann"]
    assert {"main", "ul", "li"} <= set(shown.tags)
    assert not {"table", "script", "img", "link", "a"} & set(shown.tags)
    assert "@media print" in page
    assert not re.search(r"https?:|url\(|@import", page)


def test_page_and_markdown_say_the_same() -> None:
    on_page = "".join(data for _, data in Page(as_page(as_markdown(FULL)).partition("<main>")[2]).read)
    in_source = re.sub(r"[#*-]", "", WRITTEN)
    assert re.sub(r"[\s-]", "", on_page) == re.sub(r"\s", "", in_source)


SIGNS = st.sampled_from(
    [
        *(
            "*",
            "**",
            "_",
            "__",
            "`",
            "```",
            "~~~",
            "~~",
            "#",
            "# ",
            "## ",
            "> ",
            "- ",
            "+ ",
            "1. ",
            "1) ",
            "---",
            "===",
            "|",
        ),
        *(
            "[x](http://x.de)",
            "![x](y)",
            "<b>",
            "</li>",
            "<script>alert(1)</script>",
            "<!--",
            "&amp;",
            "&lt;",
            "&#42;",
            "&",
        ),
        *(
            "\\",
            "\\\\",
            "\\*",
            "http://a.de",
            "<http://a.de>",
            "a@b.de",
            "{body}",
            "{title}",
            "Lots*innen",
            "Lots_innen",
            "\n",
        ),
        *(
            "\n\n",
            "\n- ",
            "\n# ",
            "\t",
            "    ",
            "\u2028",
            "\x00",
            "\u202e",
            "[^1]",
            "[ref]: x",
            ":smile:",
            "$x$",
            "😀",
            '"',
            "'",
        ),
    ]
)
TEXTS = (
    st.lists(SIGNS | st.text(max_size=4), min_size=1, max_size=8)
    .map("".join)
    .filter(
        lambda text: bool(plain(text)),
    )
)


def plain(text: str) -> str:
    """What people see of a text: one line, no hidden signs."""
    visible = "".join(char for char in text if char.isspace() or char.isprintable() or char in "\u200d\ufe0f")
    return re.sub(r"[\s\u2066-\u2069\u202a-\u202e]+", " ", visible).strip()


@given(TEXTS)
@example("{body}")
@example("1. März")
@example("Lots*innen und Kolleg*innen")
@example("trailing \\")
@example("# a #")
def test_whatever_is_written_comes_out_as_that_text(text: str) -> None:
    minutes = MeetingMinutes(
        title=text,
        day="heute",
        place=text,
        moderator=text,
        present=(text,),
        topics=(TopicMinutes(text, (text,), (text,), (text,), (text,)),),
        tasks=(TaskMinutes(text, text, text),),
        objections_until=text,
        changed_on=text,
    )
    for page in (as_page(as_markdown(minutes)), MarkdownIt("commonmark").render(as_markdown(minutes))):
        shown = Page(page)
        assert plain("".join(shown.text_in("h1"))) == plain(f"Protokoll: {plain(text)}, heute")
        assert plain("".join(shown.text_in("h2"))) == plain(f"{plain(text)}Aufgaben: wer macht was bis wann")
        items = "".join(data for tag, data in shown.read if tag in ("li", "strong"))
        labels = ("Ort", "Moderation", "Dabei", "Beschluss", "Info", "Idee", "Offen")
        facts = "".join(f"{label}: {plain(text)}" for label in labels)
        until = f"{plain(text)}: {plain(text)}, bis {plain(text)}"
        assert re.sub(r"\s", "", plain(items)) == re.sub(r"\s", "", plain(facts + until))
        assert not {"a", "em", "code", "pre", "script", "b", "blockquote", "hr", "ol", "h3"} & set(shown.tags)


@pytest.mark.parametrize("text", ["Müller & Söhne", "ab 1. März 2027", "E-Akte (Stufe 2), 50 %"])
def test_ordinary_sentences_stay_readable_in_the_source(text: str) -> None:
    assert escaped(text).replace("\\&", "&") == text
