"""HTML, plain text and lines carry the same words."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Choice, Sender
from bot.rendering import Line, Run, to_html, to_lines, to_plain

CHOICES = (Choice("ja", "ja"), Choice("nein", "nein, lieber nicht"))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("form", ["Lots*innen und Kolleg*innen", "Lots_innen und Kolleg_innen", "Lots:innen"])
def test_gender_forms_survive_markdown(form: str) -> None:
    assert to_plain(form) == form
    assert to_html(form) == f"<p>{form}</p>"


def test_choices_are_numbered_in_both_forms() -> None:
    assert to_plain("Passt das?", CHOICES) == "Passt das?\n\n1. ja\n2. nein, lieber nicht"
    assert "<li>ja</li>\n<li>nein, lieber nicht</li>" in to_html("Passt das?", CHOICES)


def test_choices_start_at_one_even_below_a_list() -> None:
    assert to_plain("1. erst\n2. dann", CHOICES) == "1. erst\n2. dann\n\n1. ja\n2. nein, lieber nicht"


def test_lists_and_links_can_be_read_as_plain_text() -> None:
    text = "- eins\n- zwei\n  1. drei\n\n[Handbuch](https://example.org/h)"
    assert to_plain(text) == "- eins\n- zwei\n  1. drei\n\nHandbuch (https://example.org/h)"


def test_code_stays_as_it_is() -> None:
    assert to_plain("`a*b*c`\n\n```\nx = 1\n```") == "a*b*c\n\nx = 1"


def test_lines_say_how_their_words_look_and_where_they_stand() -> None:
    assert to_lines("**Passt** das?\nSag es.", CHOICES) == [
        Line((Run("Passt", is_bold=True), Run(" das?"))),
        Line((Run("Sag es."),), continues=True),
        Line((Run("ja"),), depth=1, marker="1. "),
        Line((Run("nein, lieber nicht"),), depth=1, marker="2. "),
    ]


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert)"])
def test_scripts_never_reach_html(evil: str) -> None:
    shown = to_html(evil)
    assert "<script" not in shown
    assert "<img" not in shown
    assert "href" not in shown


@given(st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "Zs"]), max_size=80))
def test_plain_and_html_say_the_same(text: str) -> None:
    as_html = html.unescape(re.sub(r"<[^>]+>", " ", to_html(text, CHOICES)))
    plain = re.sub(r"^[12]\. ", "", to_plain(text, CHOICES), flags=re.MULTILINE)
    assert words(as_html) == words(plain)


@given(st.text(alphabet="ab*_`#>-1.\n ", max_size=60))
def test_plain_and_lines_say_the_same(text: str) -> None:
    lines = to_lines(text, CHOICES)
    said = " ".join(line.marker + "".join(run.text for run in line.runs) for line in lines)
    assert words(said) == words(to_plain(text, CHOICES))


@given(st.text(max_size=300))
def test_no_text_breaks_rendering(text: str) -> None:
    assert isinstance(to_plain(text, CHOICES), str)
    assert "<script" not in to_html(text, CHOICES)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("[Klick](https://evil.example)", "Klick (https://evil.example)"),
        ("**Max**", "Max"),
        ("<at>Alle</at>", "at Alle /at"),
        ("Max\n\n2. Ruth Maier", "Max 2. Ruth Maier"),
        ("_Max_ \u202eretiaM\u200b", "Max retiaM"),
        ("Maier, Ruth [extern]", "Maier, Ruth extern"),
        ("@max_muster:lindenau.example", "@max_muster:lindenau.example"),
        ("Jean-Luc O’Neill (IT)", "Jean-Luc O’Neill (IT)"),
    ],
)
def test_a_name_is_shown_as_one_plain_line(name: str, shown: str) -> None:
    sender = Sender("x", name)
    assert sender.name == shown
    assert to_html(sender.name) == f"<p>{shown}</p>"
