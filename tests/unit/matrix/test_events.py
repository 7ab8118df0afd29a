import string
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Conversation, Incoming, Kind
from bot.platforms.matrix.events import Account, Reading, read

BOT = "@lotse:example.org"
ANNA = "@anna:example.org"
GROUP = Conversation("matrix:@lotse:example.org", "!opaque")
DIRECT = Conversation("matrix:@lotse:example.org", "!opaque", is_direct=True)
ACCOUNT = Account(BOT, ("Lotsenfunk",))
PILL = '<a href="https://matrix.to/#/%40lotse%3Aexample.org">Die Lotsin</a>: Wo?'
MENTION = {"m.mentions": {"user_ids": [BOT]}}


def message(body: object, **content: object) -> dict[str, Any]:
    return event({"msgtype": "m.text", "body": body} | content)


def event(content: object, **fields: object) -> dict[str, Any]:
    return {
        "type": "m.room.message",
        "event_id": "$1",
        "sender": ANNA,
        "origin_server_ts": 1_700_000_000_000,
        "content": content,
    } | fields


def reading_of(wire: dict[str, Any], conversation: Conversation = GROUP) -> Reading:
    found = read(wire, conversation, ACCOUNT, "Anna")
    assert found is not None
    return found


def incoming_of(wire: dict[str, Any], conversation: Conversation = GROUP) -> Incoming:
    return reading_of(wire, conversation).incoming


def test_message_has_all_that_the_mailbox_needs() -> None:
    incoming = incoming_of(message("Hallo"), DIRECT)
    assert incoming.event_id == "$1"
    assert incoming.sender.id == ANNA
    assert incoming.sender.name == "Anna"
    assert incoming.sent_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert incoming.kind is Kind.MESSAGE
    assert incoming.is_addressed


@pytest.mark.parametrize(
    ("body", "extra", "said"),
    [
        ("Lotsenfunk: Wo?", MENTION, "Wo?"),
        ("@lotse Wo?", {}, "Wo?"),
        ("@lotse:example.org, Wo?", {}, "Wo?"),
        ("LOTSENFUNK wo ist das?", {}, "wo ist das?"),
        ("Wo ist das, Lotsenfunk?", MENTION, "Wo ist das?"),
        ("Wo ist das? @lotse", MENTION, "Wo ist das?"),
        ("Frag @lotse danach", MENTION, "Frag @lotse danach"),
        ("[Lotsenfunk](https://matrix.to/#/@lotse:example.org) Wo?", {}, "Wo?"),
        ("Die Lotsin: Wo?", {"formatted_body": PILL}, "Wo?"),
        ("Die Lotsin: Wo?", {"formatted_body": PILL.replace("lotse", "anna")}, None),
        ("!frage Wo?", {}, "!frage Wo?"),
        ("Lotsenfunk: !hilfe", {}, "!hilfe"),
        ("Lotsenfunk", MENTION, ""),
        ("Lotsenfunk-Treffen morgen", {}, None),
        ("Lotsenfunker treffen sich", {}, None),
        ("!", {}, None),
        ("!!!", {}, None),
        ("!1", {}, None),
        ("Mittag?", {}, None),
        ("Mittag?", {"m.mentions": {"user_ids": [ANNA]}}, None),
        ("Mittag?", {"m.mentions": {"user_ids": BOT}}, None),
    ],
)
def test_content_tells_whether_the_bot_is_meant(body: str, extra: dict[str, Any], said: str | None) -> None:
    incoming = incoming_of(message(body, **extra))
    assert incoming.is_addressed == (said is not None)
    assert incoming.text == (body if said is None else said)


def test_reply_quotation_of_old_clients_is_dropped() -> None:
    body = "> <@lotse:example.org> Meinst du A?\n> oder B?\n\nNein, C"
    reading = reading_of(message(body, **{"m.relates_to": {"m.in_reply_to": {"event_id": "$answer"}}}))
    assert reading.incoming.text == "Nein, C"
    assert reading.reply_to == "$answer"


@pytest.mark.parametrize(("is_fallback", "reply_to"), [(True, None), (False, "$latest")])
def test_fallback_reply_in_a_thread_is_no_true_reply(is_fallback: bool, reply_to: str | None) -> None:
    relation = {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": is_fallback,
        "m.in_reply_to": {"event_id": "$latest"},
    }
    reading = reading_of(message("Und dann?", **{"m.relates_to": relation}))
    assert reading.incoming.thread == "$root"
    assert reading.reply_to == reply_to


def test_edit_carries_the_new_text_and_refers_to_the_first() -> None:
    relation = {"rel_type": "m.replace", "event_id": "$first"}
    new = {"msgtype": "m.text", "body": "@lotse neu"}
    incoming = incoming_of(message("* neu", **{"m.new_content": new, "m.relates_to": relation}))
    assert (incoming.kind, incoming.refers_to, incoming.text) == (Kind.EDIT, "$first", "neu")
    assert incoming.is_addressed


def test_reaction_refers_to_its_target() -> None:
    relation = {"rel_type": "m.annotation", "event_id": "$target", "key": "👍" * 500}
    incoming = incoming_of(event({"m.relates_to": relation}, type="m.reaction"))
    assert (incoming.kind, incoming.refers_to, incoming.text) == (Kind.REACTION, "$target", "👍" * 100)


ATTACHMENTS = ["m.image", "m.file", "m.audio", "m.video"]


@pytest.mark.parametrize("msgtype", ATTACHMENTS)
@pytest.mark.parametrize("named", [{}, {"filename": "foto.jpg"}, {"filename": ""}, {"filename": 7}])
def test_the_name_of_a_file_says_nothing(msgtype: str, named: dict[str, object]) -> None:
    incoming = incoming_of(message("foto.jpg", msgtype=msgtype, **named), DIRECT)
    assert (incoming.text, incoming.has_attachment, incoming.is_addressed) == ("", True, True)
    in_group = incoming_of(message("foto.jpg", msgtype=msgtype, **named))
    assert (in_group.text, in_group.is_addressed) == ("", False)
    assert incoming_of(message("foto.jpg", msgtype=msgtype, **named, **MENTION)).is_addressed


def test_a_file_named_like_the_bot_does_not_speak_to_it() -> None:
    assert not incoming_of(message("Lotsenfunk.pdf", msgtype="m.file")).is_addressed


@pytest.mark.parametrize("msgtype", ATTACHMENTS)
def test_the_caption_of_a_file_is_a_message(msgtype: str) -> None:
    wire = message("Lotsenfunk: Was ist das?", msgtype=msgtype, filename="foto.jpg")
    incoming = incoming_of(wire)
    assert (incoming.text, incoming.has_attachment, incoming.is_addressed) == ("Was ist das?", True, True)


def test_a_place_counts_in_direct_chats_only() -> None:
    incoming = incoming_of(message("Rathaus", msgtype="m.location"), DIRECT)
    assert (incoming.text, incoming.has_attachment) == ("", False)
    assert read(message("Rathaus", msgtype="m.location"), GROUP, ACCOUNT, "Anna") is None


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        ({"redacts": "$old", "content": {}}, "$old"),
        ({"content": {"redacts": "$new"}}, "$new"),
        ({"redacts": "$allowed", "content": {"redacts": "$forged"}}, "$allowed"),
        ({"redacts": 7, "content": {"redacts": "$new", "reason": "doppelt"}}, "$new"),
    ],
)
def test_deletion_refers_to_what_is_gone_in_every_room_version(fields: dict[str, object], target: str) -> None:
    incoming = incoming_of(event({}, type="m.room.redaction") | fields)
    assert (incoming.kind, incoming.refers_to, incoming.text) == (Kind.DELETION, target, "")


@pytest.mark.parametrize(
    "wire",
    [
        message("x", msgtype="m.notice"),
        message("x", msgtype="m.key.verification.request"),
        event({"msgtype": "m.text", "body": "x"}, sender=BOT),
        event({"msgtype": "m.text", "body": "x"}, state_key=""),
        event({"msgtype": "m.text", "body": "x"}, event_id="x"),
        event({"msgtype": "m.text", "body": "x"}, event_id="$" + "x" * 255),
        event({"msgtype": "m.text", "body": "x"}, origin_server_ts="1"),
        event({"msgtype": "m.text", "body": "x"}, origin_server_ts=-1),
        event({"msgtype": "m.text", "body": "x"}, origin_server_ts=True),
        event({"msgtype": "m.text", "body": "x"}, origin_server_ts=10**30),
        event({}, unsigned={"redacted_because": {}}),
        event({"algorithm": "m.megolm.v1.aes-sha2"}, type="m.room.encrypted"),
        event({"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1"}}, type="m.reaction"),
        event({}, type="m.room.redaction"),
        event({"redacts": "x"}, type="m.room.redaction", redacts=["$1"]),
        event({"redacts": "$1"}, type="m.room.redaction", sender=BOT),
        message(None, msgtype="m.image"),
        message("x", **{"m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}),
    ],
)
def test_what_is_no_message_of_a_person_is_ignored(wire: dict[str, Any]) -> None:
    assert read(wire, DIRECT, ACCOUNT, "Anna") is None


def test_text_can_be_stored_by_every_database() -> None:
    assert incoming_of(message("a\0b\ud800c"), DIRECT).text == "ab?c"
    named = read(message("x"), DIRECT, ACCOUNT, "A\0nn\ud800a")
    assert named is not None
    assert named.incoming.sender.name == "Ann?a"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([BOT, "$1", "m.text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
RELATION = st.fixed_dictionaries(
    {},
    optional={
        "rel_type": JSON | st.sampled_from(["m.thread", "m.replace", "m.annotation"]),
        "event_id": JSON,
        "key": JSON,
        "is_falling_back": JSON,
        "m.in_reply_to": JSON | st.fixed_dictionaries({"event_id": JSON}),
    },
)
CONTENT = st.fixed_dictionaries(
    {},
    optional={
        "msgtype": JSON | st.sampled_from(["m.text", "m.emote", "m.image"]),
        "body": JSON | st.text(alphabet=string.printable, max_size=300) | st.just("> <@a:b> x\n" * 5_000),
        "formatted_body": JSON | st.just(PILL),
        "m.mentions": JSON | st.fixed_dictionaries({"user_ids": JSON}),
        "m.relates_to": JSON | RELATION,
        "m.new_content": JSON | st.fixed_dictionaries({"msgtype": JSON, "body": JSON}),
    },
)
EVENT = st.fixed_dictionaries(
    {},
    optional={
        "type": JSON | st.sampled_from(["m.room.message", "m.reaction"]),
        "event_id": JSON | st.just("$1"),
        "sender": JSON | st.just(ANNA),
        "origin_server_ts": JSON | st.integers(0, 2**41),
        "content": JSON | CONTENT,
        "unsigned": JSON,
    },
)


@given(wire=EVENT, conversation=st.sampled_from([GROUP, DIRECT]))
def test_no_event_can_make_reading_fail(wire: dict[str, Any], conversation: Conversation) -> None:
    assert_storable(read(wire, conversation, ACCOUNT, "Anna"))


@given(content=CONTENT, kind=st.sampled_from(["m.room.message", "m.reaction"]))
def test_no_content_can_make_reading_fail(content: dict[str, Any], kind: str) -> None:
    assert_storable(read(event(content, type=kind), DIRECT, ACCOUNT, "Anna"))


def assert_storable(reading: Reading | None) -> None:
    if reading is None:
        return
    incoming = reading.incoming
    for value in (incoming.event_id, incoming.text, incoming.refers_to, incoming.thread, reading.reply_to):
        assert "\0" not in (value or "").encode().decode()


@pytest.mark.parametrize(
    "hostile",
    [
        " ",
        "\n",
        "> <@",
        "[",
        "@lotse ",
        "<a ",
        '<a href="https://matrix.to/#/',
        "!",
        "lotse?",
        "[a](https://matrix.to/#/",
    ],
)
def test_hostile_repetition_is_read_quickly(hostile: str) -> None:
    long = hostile * (60_000 // len(hostile))
    began = time.perf_counter()
    for body in (long, "> <@" + long, "x" + long + "x"):
        read(message(body, formatted_body=long, **MENTION), GROUP, ACCOUNT, "Anna")
        read(message("x", formatted_body='<a href="https://matrix.to/#/' + long), GROUP, ACCOUNT, "Anna")
    assert time.perf_counter() - began < 2.0
