"""What Teams shows of a message that somebody points at, and what strangers may make of that."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.messages import Conversation, Incoming, Quoted, Sender
from bot.platforms.teams.activities import Call, read_call, remembering
from bot.platforms.teams.pointers import chosen, replied_to, replies_to

Json = dict[str, Any]

FIXTURES = Path(__file__).parents[2] / "data" / "teams"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
INCOMING = TypeAdapter(Incoming)
CHANNEL = "19:7d2e4f6a8b0c41d3952f6e8a0b1c3d5e@thread.tacv2"
THREAD = f"{CHANNEL};messageid=1795162336167"
DIRECT = Conversation("teams", "a:ada", is_direct=True)
BEN = Sender("57e127e2-8913-53eb-a714-9a77f0e924d6", "Ben Muster")
REFERENCE = {
    "messageId": "17",
    "messagePreview": "Wer darf das?",
    "messageSender": {"user": {"id": "7", "displayName": "Ada"}},
}


def recorded(name: str) -> Json:
    activity: Json = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return activity


def chosen_with(payload: object) -> Quoted | None:
    """What is understood of a recorded call from a menu with some fields of its own."""
    activity = recorded("extension_remember_message")
    is_object = isinstance(payload, dict)
    activity["value"]["messagePayload"] = activity["value"]["messagePayload"] | payload if is_object else payload
    return chosen(call_of(activity))


def replied_with(reply: object) -> Quoted | None:
    """What is understood of a recorded reply with some fields of its own."""
    activity = recorded("quoted_reply")
    entity = activity["entities"][0]
    entity["quotedReply"] = entity["quotedReply"] | reply if isinstance(reply, dict) else reply
    return replied_to(call_of(activity))


def call_of(activity: Json) -> Call:
    return read_call("teams", activity, NOW)


def test_message_of_a_menu_is_taken_with_its_lines() -> None:
    found = chosen(call_of(recorded("extension_remember_message")))
    words = "Das darf nur die Hauptstelle.\nBitte vorher anrufen."
    assert found == Quoted(f"{THREAD}#1795162397504", BEN, words, thread=f"{THREAD}#1795162336167")


def test_first_message_of_a_thread_is_below_none() -> None:
    found = chosen_with({"id": "1795162336167", "replyToId": None})
    assert found is not None
    assert found.thread is None


def test_message_of_a_chat_is_in_no_thread() -> None:
    activity = recorded("extension_remember_message")
    activity["conversation"] = {"conversationType": "groupChat", "id": "19:3f8a@thread.v2"}
    found = chosen(call_of(activity))
    assert found is not None
    assert found.thread is None


def test_wish_to_keep_it_names_where_it_was_said() -> None:
    call = call_of(recorded("extension_remember_message"))
    wish = remembering(call, DIRECT, chosen(call))
    assert (wish.text, wish.conversation, wish.thread) == ("merken", DIRECT, None)
    assert wish.quoted is not None
    assert wish.quoted.conversation_id == CHANNEL


def test_message_without_markup_is_taken_as_it_is() -> None:
    found = chosen_with({"body": {"contentType": "text", "content": " Bei <b> steht es. "}})
    assert found is not None
    assert found.text == "Bei <b> steht es."


@pytest.mark.parametrize(
    "payload",
    [
        None,
        "x",
        {"deleted": True},
        {"id": ""},
        {"id": "1#2"},
        {"id": "1" * 501},
        {"from": None},
        {"from": {"user": None, "application": None}},
        {"body": {"contentType": "html", "content": ""}},
        {"body": {"contentType": "html", "content": "<attachment id='1'></attachment>"}},
        {"body": None},
    ],
)
def test_message_that_is_gone_or_says_nothing_is_none(payload: object) -> None:
    assert chosen_with(payload) is None


def answered(**changes: object) -> Quoted | None:
    reference = {"contentType": "messageReference", "content": json.dumps(REFERENCE | changes)}
    found = chosen_with({"attachments": [{"contentType": "image/png"}, reference]})
    assert found is not None
    return found.answers


def test_message_that_it_quotes_is_what_it_answers() -> None:
    assert answered() == Quoted(f"{THREAD}#17", Sender("7", "Ada"), "Wer darf das?")


@pytest.mark.parametrize(
    "change",
    [
        {"messagePreview": "Wer darf das und wann und …"},
        {"messagePreview": ""},
        {"messageId": None},
        {"messageSender": {"application": {"id": "7", "displayName": "Lotsenfunk"}}},
    ],
    ids=["cut", "wordless", "nameless", "program"],
)
def test_question_that_is_cut_off_or_none_of_a_person_is_left_out(change: Json) -> None:
    assert answered(**change) is None


@pytest.mark.parametrize("content", ["", "[", "[]", "7", "[" * 20_000])
def test_broken_reference_leaves_the_message_as_it_is(content: str) -> None:
    found = chosen_with({"attachments": [{"contentType": "messageReference", "content": content}]})
    assert found is not None
    assert found.answers is None


@pytest.mark.parametrize(
    ("sender", "expected", "is_human"),
    [("8:orgid:abc", "abc", True), ("29:abc", "29:abc", True), ("28:abc", "28:abc", False)],
)
def test_reply_tells_whether_a_person_is_quoted(sender: str, expected: str, is_human: bool) -> None:
    found = replied_with({"senderId": sender, "senderName": "Ben"})
    assert found is not None
    assert (found.sender, found.is_human) == (Sender(expected, "Ben"), is_human)
    assert found.text == "Ein Anhang wird mit abgelegt."


@pytest.mark.parametrize(
    "reply",
    [
        None,
        {"isReplyDeleted": True},
        {"preview": None},
        {"preview": "Ein Anhang wird mit ..."},
        {"senderId": None},
        {"messageId": None},
    ],
)
def test_reply_to_what_is_gone_or_cut_off_points_at_nothing(reply: object) -> None:
    assert replied_with(reply) is None


def test_message_that_replies_to_nothing_points_at_nothing() -> None:
    assert replied_to(call_of(recorded("message_channel_reply"))) is None


# our id of what is replied to


def named_by(**changes: object) -> str | None:
    """What a recorded reply, with some fields of its own, is a reply to."""
    return replies_to(call_of(recorded("quoted_reply") | changes))


def place() -> str:
    return call_of(recorded("quoted_reply")).place


def entity(**changes: object) -> list[Json]:
    [quotation, *_] = recorded("quoted_reply")["entities"]
    return [quotation | {"quotedReply": quotation["quotedReply"] | changes}]


def test_reply_names_the_message_as_we_call_it_even_if_its_preview_is_cut_or_it_is_gone() -> None:
    assert named_by() == f"{place()}#1795161968145"
    assert named_by(entities=entity(preview="Ein Anhang wird mit ...")) == named_by()
    assert named_by(entities=entity(isReplyDeleted=True)) == named_by()


@pytest.mark.parametrize(
    ("sender", "is_named"),
    [("", True), ("strange", True), ("8:orgid:abc", False), ("29:abc", False), ("28:another-bot", False)],
)
def test_reply_to_others_is_none_to_us(sender: str, is_named: bool) -> None:
    assert (named_by(entities=entity(senderId=sender)) is not None) == is_named


def test_reply_is_known_by_its_html_where_nothing_else_tells() -> None:
    assert named_by(entities=[]) == f"{place()}#1795161968145"


def test_reply_without_a_quotation_is_one_to_what_teams_names_but_in_a_channel_that_is_the_thread() -> None:
    assert named_by(entities=[], attachments=[], replyToId="17") == f"{place()}#17"
    assert named_by(entities=[], attachments=[]) is None
    in_channel = recorded("message_channel_reply")
    assert replies_to(call_of(in_channel | {"replyToId": "1795162336167"})) is None
    quoting = recorded("quoted_reply")["entities"]
    assert replies_to(call_of(in_channel | {"entities": quoting})) == f"{THREAD}#1795161968145"


@pytest.mark.parametrize("identity", ["1#2", "1" * 501, None, ""])
def test_reply_to_what_has_no_usable_id_is_none(identity: object) -> None:
    assert named_by(entities=entity(messageId=identity), attachments=[]) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.text(st.characters(), max_size=8) | st.sampled_from(["\0", "\ud800", "x" * 40_000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
SENDER = JSON | st.fixed_dictionaries({"user": JSON | st.fixed_dictionaries({"id": JSON, "displayName": JSON})})
ATTACHMENT = st.fixed_dictionaries({"contentType": st.just("messageReference"), "content": JSON})


@given(
    st.fixed_dictionaries({}, optional={"id": JSON, "deleted": JSON, "from": SENDER, "body": JSON, "attachments": JSON})
    | st.fixed_dictionaries({"attachments": st.lists(ATTACHMENT | JSON, max_size=2)})
    | JSON,
    st.fixed_dictionaries({}, optional=dict.fromkeys(("messageId", "senderId", "senderName", "preview"), JSON)) | JSON,
)
def test_whatever_is_made_up_can_be_stored(payload: object, reply: object) -> None:
    named = named_by(entities=[{"type": "quotedReply", "quotedReply": reply}], attachments=reply, replyToId=payload)
    assert b"\\u0000" not in TypeAdapter(str | None).dump_json(named)
    for found in (chosen_with(payload), replied_with(reply)):
        call = call_of(recorded("extension_remember_message"))
        incoming = remembering(call, DIRECT, found)
        written = INCOMING.dump_json(incoming)
        assert b"\\u0000" not in written
        assert INCOMING.validate_json(written) == incoming
