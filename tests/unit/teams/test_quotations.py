"""Of a message that quotes another one, only what its writer said is taken."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.teams.quotations import LONGEST_HTML, plain_words, without_quotation

QUOTATION = '<blockquote itemscope itemtype="http://schema.skype.com/Reply" itemid="1"><p>Zitiert.</p></blockquote>'


def html(content: object) -> dict[str, Any]:
    return {"attachments": [{"contentType": "text/html", "content": content}]}


@pytest.mark.parametrize(
    ("content", "own"),
    [
        (f"{QUOTATION}<p>Und wo?</p>", "Und wo?"),
        (f"<p>Vorher.</p>{QUOTATION}<p>Nachher.</p>", "Vorher.\nNachher."),
        (f"{QUOTATION}{QUOTATION}<p>Zwei.</p>", "Zwei."),
        (f"{QUOTATION}<p>Eins<br>zwei</p><ul><li>drei</li></ul>", "Eins\nzwei\ndrei"),
        (f"{QUOTATION}<blockquote>selbst zitiert</blockquote><p>Und?</p>", "selbst zitiert\nUnd?"),
        (QUOTATION.replace("Zitiert.", "<blockquote>innen</blockquote>Zitiert.") + "Und wo?", "Und wo?"),
        (f"{QUOTATION}a &lt;b&gt; &amp; c", "a <b> & c"),
        (QUOTATION, ""),
        (QUOTATION.removesuffix("</blockquote>") + "<p>noch zitiert</p>", ""),
        (f"{QUOTATION}</blockquote></blockquote><p>Und wo?</p>", "Und wo?"),
        (f"{QUOTATION}<script>alert(1)</script><style>p {{}}</style><!-- x -->Und wo?", "Und wo?"),
    ],
)
def test_own_words_stand_outside_of_the_quotation(content: str, own: str) -> None:
    assert without_quotation(html(content)) == own


@pytest.mark.parametrize(
    "activity",
    [
        {},
        {"attachments": None},
        {"attachments": {"contentType": "text/html", "content": QUOTATION}},
        {"attachments": [None, QUOTATION, 5]},
        {"attachments": [{"contentType": "image/png", "content": QUOTATION}]},
        html("<p>Und wo?</p>"),
        html("<blockquote>selbst zitiert</blockquote>"),
        html(None),
        html({"x": QUOTATION}),
    ],
)
def test_message_that_quotes_nothing_has_no_quotation(activity: dict[str, Any]) -> None:
    assert without_quotation(activity) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<div><p>Wer&nbsp;darf die\n<b>Vorlage</b> ändern?</p></div>", "Wer darf die Vorlage ändern?"),
        (f"{QUOTATION}<p>Und wo?</p>", "Und wo?"),
        ("nur Text", "nur Text"),
        ("", ""),
    ],
)
def test_words_of_a_message_stand_in_one_line(content: str, words: str) -> None:
    assert plain_words(content) == words


PIECES = [
    "<",
    "<a ",
    "<a b='",
    "</",
    "<!",
    "<!--",
    "<![",
    "<![\x01",
    "<?",
    "&",
    "&#0;",
    "]]>",
    ">",
    "<blockquote ",
    "x",
]


@given(st.lists(st.sampled_from([*PIECES, QUOTATION]) | st.text(max_size=5), max_size=30).map("".join))
def test_broken_html_stops_nothing(content: str) -> None:
    assert QUOTATION not in plain_words(content)
    without_quotation(html(content))


@pytest.mark.parametrize("piece", [*PIECES, "<div>", "<p><b>", QUOTATION])
def test_broken_html_holds_nobody_up(piece: str) -> None:
    before = time.process_time()
    plain_words(piece * (LONGEST_HTML // len(piece)))
    assert time.process_time() - before < 3
