"""What is asked in the search and message menus of Teams, and how it is answered."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Found, Sought
from bot.platforms.teams import extension
from bot.platforms.teams.extension import ASK, FIND_ANSWER, FIND_SUPPORTER, Query

Json = dict[str, Any]

FIXTURES = Path(__file__).parents[2] / "data" / "teams"
SCANNER = Found("Wo steht der Scanner?", "Im Erdgeschoss.", "Im **Erdgeschoss**.")


def recorded(name: str, **changes: object) -> Json:
    """What a recorded request asks for, with some fields of its own."""
    value: Json = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))["value"]
    return value | changes


@pytest.mark.parametrize(
    ("name", "command", "query"),
    [
        ("extension_query", FIND_ANSWER, Query(Sought.ANSWERS, "Scanner")),
        ("extension_query", FIND_SUPPORTER, Query(Sought.SUPPORTERS, "Scanner")),
        ("extension_query_initial", FIND_ANSWER, Query(Sought.ANSWERS, "")),
        ("extension_query", ASK, None),
        ("extension_query", "somethingElse", None),
        ("extension_query", None, None),
    ],
)
def test_search_names_what_is_sought_and_what_was_typed(name: str, command: object, query: Query | None) -> None:
    assert extension.query(recorded(name, commandId=command)) == query


@pytest.mark.parametrize(
    ("parameters", "typed"),
    [
        ([{"name": "initialRun", "value": "true"}, {"name": "text", "value": "VPN"}], "VPN"),
        ([{"name": "text", "value": "  VPN \n"}], "VPN"),
        ([{"name": "text", "value": "x" * 1_000}], "x" * 300),
        ([{"name": "text", "value": ["VPN"]}], ""),
        ([{"name": "text"}], ""),
        ([None, "VPN", 5], ""),
        ({"name": "text", "value": "VPN"}, ""),
        (None, ""),
    ],
)
def test_whatever_was_typed_is_a_text(parameters: object, typed: str) -> None:
    assert extension.query({"commandId": FIND_ANSWER, "parameters": parameters}) == Query(Sought.ANSWERS, typed)


def test_results_are_cards_to_choose_from_in_their_order() -> None:
    found = [SCANNER, Found("Wo steht der Drucker?", "Im Flur.", "Im Flur.")]
    extended = extension.results(Query(Sought.ANSWERS, "wo"), found)["composeExtension"]
    assert (extended["type"], extended["attachmentLayout"]) == ("result", "list")
    titles = [attachment["preview"]["content"]["title"] for attachment in extended["attachments"]]
    assert titles == ["Wo steht der Scanner?", "Wo steht der Drucker?"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (Query(Sought.ANSWERS, "quux"), "noch keine geprüfte Antwort"),
        (Query(Sought.SUPPORTERS, "quux"), "noch niemand hinter einer Antwort"),
        (Query(Sought.ANSWERS, ""), "Stichwort oder eine Frage eingeben"),
        (Query(Sought.SUPPORTERS, ""), "Stichwort oder eine Frage eingeben"),
    ],
)
def test_without_results_a_sentence_says_why(query: Query, sentence: str) -> None:
    extended = extension.results(query, [])["composeExtension"]
    assert extended["type"] == "message"
    assert sentence in extended["text"]


def prefilled(form: Json) -> str:
    [question] = form["task"]["value"]["card"]["content"]["body"]
    return str(question["value"])


def test_form_from_the_menu_of_a_message_holds_the_words_of_that_message() -> None:
    form = extension.form(recorded("extension_fetch_task_from_message"))
    assert form["task"]["type"] == "continue"
    assert prefilled(form) == "Lotsenfunk wer darf die Vorlage ändern?"


def test_form_from_the_menu_of_a_message_leaves_out_what_that_message_quotes() -> None:
    quoting = '<blockquote itemtype="http://schema.skype.com/Reply">Ja.</blockquote><p>Und wo?</p>'
    assert prefilled(extension.form({"messagePayload": {"body": {"content": quoting}}})) == "Und wo?"


@pytest.mark.parametrize("value", [{}, {"messagePayload": None}, {"messagePayload": {"body": {"content": 5}}}])
def test_form_without_a_message_is_empty(value: Json) -> None:
    assert prefilled(extension.form(value)) == ""
    assert prefilled(extension.form(recorded("extension_fetch_task"))) == ""


def test_question_of_a_form_is_read_in_one_line() -> None:
    assert extension.asked(recorded("extension_submit_action")) == "Wo steht der Scanner?"
    assert extension.asked({"data": {"question": " Wo\nsteht  er?\0 "}}) == "Wo steht er?"


@pytest.mark.parametrize("value", [{}, {"data": None}, {"data": "x"}, {"data": {"question": ["x"]}}, {"data": {}}])
def test_form_without_a_question_asks_nothing(value: Json) -> None:
    assert extension.asked(value) == ""


def test_form_is_closed_with_a_sentence() -> None:
    assert extension.closing(extension.ASKED) == {"task": {"type": "message", "value": extension.ASKED}}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["\0", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
VALUE = st.fixed_dictionaries(
    {},
    optional={
        "commandId": st.sampled_from([FIND_ANSWER, FIND_SUPPORTER, ASK]) | JSON,
        "parameters": JSON | st.lists(JSON | st.fixed_dictionaries({"name": JSON, "value": JSON}), max_size=3),
        "messagePayload": JSON | st.fixed_dictionaries({"body": JSON | st.fixed_dictionaries({"content": JSON})}),
        "data": JSON | st.fixed_dictionaries({"question": JSON}),
    },
)


@given(VALUE | st.dictionaries(st.text(max_size=5), JSON, max_size=3))
def test_whatever_is_made_up_is_read_as_clean_text(value: Json) -> None:
    query = extension.query(value)
    texts = [extension.asked(value), prefilled(extension.form(value)), query.text if query else ""]
    assert all(text == text.encode().decode() and "\0" not in text for text in texts)
