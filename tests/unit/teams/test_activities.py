"""What Teams sends becomes what the mailbox takes, and what strangers make up becomes nothing that hurts."""

import json
from dataclasses import astuple, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.addresses import Address
from bot.messages import Conversation, Incoming, Kind, Sender
from bot.platforms.teams import activities
from bot.platforms.teams.activities import Call, bare, place_of, qualified, read_call
from bot.platforms.teams.refusal import Refusal

Json = dict[str, Any]

FIXTURES = Path(__file__).parents[2] / "data" / "teams"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "0123456789abcdef" * 2
INCOMING = TypeAdapter(Incoming)

BOT = "28:11111111-2222-3333-4444-555555555555"
TENANT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
SERVICE = f"https://smba.trafficmanager.net/emea/{TENANT}/"
TEAM = "19:Zt4Yp0bLq8nVxJ2sKcRw6mEhUfAoTi1DgB5yPv7NlQ41@thread.tacv2"
CHANNEL = "19:7d2e4f6a8b0c41d3952f6e8a0b1c3d5e@thread.tacv2"
THREAD = f"{CHANNEL};messageid=1795162336167"
GROUP_CHAT = "19:3f8a1c5e7b9d4260a1c3e5f708192a4b@thread.v2"
CHAT = (
    "a:1WlBidfLZCl2lzJ1j7pc2ZqYDjyRErkpg7cSH77RBpcN99Pmq1VqhuDmBHzpN8nZMnsxP047qf4Puklns8eiHt--Cu1OWzYjSZmEhJ1D1Rdgei"
    "u6CPg0pd4F-Fp3AWyxt"
)
FOREIGN_CHAT = (
    "a:1fB9y_Ahe_iTGb5aC88LfVl_mHlPkmv88FveMA_mGmCh5t-CfmU63jJbntYxKjew9f04ORdvyXyRPXRlZ5GEOhXU4ta1I902SQMWO56Ojkvuj0t"
    "MxMOpHV62NPmOpU2O7"
)
ADA = Sender("1856a14c-f7fa-517c-9f7c-0643dc9d29c0", "Ada Beispiel")
UNNAMED = replace(ADA, name="")  # Teams does not name everybody
ADAS_ACCOUNT = "29:1mHLanzqWLNFpjK7DZvq61xDGOePGUUqQXmmeB7T9oHuVz_Qq09j3aOfNWRnekzo3PxMXejpVC6YOWKmrfXXsYw"
GUEST = Sender("57e127e2-8913-53eb-a714-9a77f0e924d5", "Gerd Gast")
FOREIGNER = Sender("c9528d1f-e262-530e-a4d7-51191bd78e3b", "Frieda Fern")

DIRECT = Conversation("teams", CHAT, is_direct=True)
GROUP = Conversation("teams", GROUP_CHAT)
CHANNEL_TALK = Conversation("teams", CHANNEL)


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20T{time}Z")


def direct(number: str, time: str, text: str = "", **changes: Any) -> Incoming:
    return Incoming(f"{CHAT}#{number}", DIRECT, ADA, text, at(time), **changes)


def in_thread(number: str, time: str, text: str) -> Incoming:
    return Incoming(f"{THREAD}#{number}", CHANNEL_TALK, ADA, text, at(time), thread=f"{THREAD}#1795162336167")


# What comes of every recorded request; an empty list stands for one that says nothing.
READ: dict[str, list[Incoming]] = {
    "bot_added": [],
    "bot_removed": [],
    "card_execute": [],  # a press, which is read apart
    "card_submit": [
        direct("1795162274830", "08:11:14.830", "2", kind=Kind.PRESS, refers_to=KEY),
    ],
    "extension_fetch_task": [],
    "extension_fetch_task_from_message": [],
    "extension_query": [],
    "extension_query_initial": [],
    "extension_remember_message": [],
    "extension_submit_action": [],
    "installation_added": [],
    "installation_added_to_team": [],
    "installation_removed": [],
    "message_channel_mention": [
        in_thread("1795162336167", "08:12:16.167", "wer darf die Vorlage ändern?"),
    ],
    "message_channel_reply": [
        in_thread("1795162397504", "08:13:17.504", "und wer gibt sie frei?"),
    ],
    "message_deleted": [
        direct("1795161661460~deleted", "08:05:06.808", kind=Kind.DELETION, refers_to=f"{CHAT}#1795161661460"),
    ],
    "message_edited": [
        direct(
            "1795161661460~2026-11-20T08:04:05.471000+00:00",
            "08:04:05.471",
            "Wie bekomme ich eine E-Mail ohne Anhang ins DMS?",
            kind=Kind.EDIT,
            refers_to=f"{CHAT}#1795161661460",
        ),
    ],
    "message_formatted": [
        direct("1795161722797", "08:02:02.797", "Zwei Fragen:\n\nVPN geht nicht 🙂\nWo ist die Vorlage?"),
    ],
    "message_group_chat_mention": [
        Incoming(f"{GROUP_CHAT}#1795162458841", GROUP, ADA, "wo steht der Scanner?", at("08:14:18.841")),
    ],
    "message_guest": [
        Incoming(f"{GROUP_CHAT}#1795163133548", GROUP, GUEST, "darf ich hier auch fragen?", at("08:25:33.548")),
    ],
    "message_image": [
        direct("1795161784134", "08:03:04.134", "Was heißt diese Meldung?", has_attachment=True),
    ],
    "message_other_tenant": [
        Incoming(
            f"{FOREIGN_CHAT}#1795163194885",
            Conversation("teams", FOREIGN_CHAT, is_direct=True),
            FOREIGNER,
            "Guten Tag aus dem Nachbarort",
            at("08:26:34.885"),
        ),
    ],
    "message_personal": [
        direct("1795161661460", "08:01:01.460", "Wie bekomme ich eine E-Mail mit Anhang ins DMS?"),
    ],
    "quoted_reply": [
        direct("1795162029482", "08:07:09.482", "Auch bei sehr großen Anhängen?"),
    ],
    "reaction_added": [
        replace(
            direct("f:a5eb5ee2-16ad-566a-a8e7-62e240c1454a~👍", "08:08:10.819", "👍"),
            sender=UNNAMED,
            kind=Kind.REACTION,
            refers_to=f"{CHAT}#1795161968145",
        ),
    ],
    "reaction_removed": [],
}


def recorded(name: str, **changes: object) -> Json:
    """A recorded request, with some fields of its own."""
    found: Json = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return found | changes


def call_of(name: str, **changes: object) -> Call:
    return read_call("teams", recorded(name, **changes), NOW)


def read(call: Call) -> list[Incoming]:
    """What the mailbox would be given, whatever kind of request it is."""
    match call.kind:
        case "message":
            found = activities.message(call)
        case "messageUpdate":
            found = activities.edit(call)
        case "messageDelete":
            found = activities.deletion(call)
        case "messageReaction":
            return activities.reactions(call)
        case _:
            found = activities.press(call, call.activity.get("value"))
    return [found] if found else []


@pytest.mark.parametrize("name", sorted(READ))
def test_every_recorded_request_becomes_what_it_says(name: str) -> None:
    assert read(call_of(name)) == READ[name]


def test_no_recorded_request_is_left_out() -> None:
    assert {file.stem for file in FIXTURES.glob("*.json")} == set(READ)


# where it comes from


def test_direct_chat_is_reached_through_its_person() -> None:
    account = (ADA.id, ADAS_ACCOUNT)
    assert call_of("message_personal").address == Address("teams", CHAT, SERVICE, TENANT, BOT, None, *account)


@pytest.mark.parametrize("name", ["message_channel_mention", "message_channel_reply"])
def test_thread_is_reached_through_its_channel_and_team_and_names_nobody(name: str) -> None:
    assert call_of(name).address == Address("teams", CHANNEL, SERVICE, TENANT, BOT, TEAM)


def test_group_chat_is_reached_without_a_team_and_names_nobody() -> None:
    assert call_of("message_group_chat_mention").address == Address("teams", GROUP_CHAT, SERVICE, TENANT, BOT)


def test_tenant_is_the_one_that_teams_says() -> None:
    assert call_of("message_other_tenant").tenant_id == "bbbbbbbb-cccc-dddd-eeee-ffffffffffff"
    assert call_of("message_personal", channelData={}).tenant_id == TENANT
    assert call_of("message_personal", channelData={}, conversation={"id": "a:1"}).tenant_id == ""


@pytest.mark.parametrize("written", ["", "yesterday", "2026-11-20T08:00:00", "0001-01-01T00:00:00+14:00", 5, None])
def test_message_without_a_usable_time_was_sent_now(written: object) -> None:
    assert call_of("message_personal", timestamp=written).sent_at == NOW


def test_time_is_kept_in_utc() -> None:
    call = call_of("message_personal", timestamp="2026-11-20T10:01:01+02:00")
    assert call.sent_at.isoformat() == "2026-11-20T08:01:01+00:00"


def test_person_without_an_id_in_entra_is_known_by_the_account() -> None:
    call = call_of("message_personal", **{"from": {"id": "29:x", "name": "X"}})
    assert (call.person, call.sender) == ("", Sender("29:x", "X"))
    assert call.address.person is None


def test_long_name_is_cut() -> None:
    call = call_of("message_personal", **{"from": {"id": "29:x", "name": "X" * 1_000}})
    assert call.name == "X" * 100


# ids


def test_equal_messages_of_two_conversations_have_two_ids() -> None:
    ids = [call_of("message_personal", conversation={"id": f"a:{place}"}).event_id for place in (1, 2)]
    assert ids == ["a:1#1795161661460", "a:2#1795161661460"]


@pytest.mark.parametrize("place", [CHAT, THREAD, GROUP_CHAT])
def test_id_gives_back_the_place_and_what_teams_calls_the_message(place: str) -> None:
    identity = qualified(place, "1795161661460")
    assert (place_of(identity), bare(identity)) == (place, "1795161661460")


@pytest.mark.parametrize("place", ["", "a#b", "a\nb", "x" * 501, 5, None, ["a"]])
def test_conversation_without_a_usable_id_is_refused(place: object) -> None:
    with pytest.raises(Refusal) as caught:
        call_of("message_personal", conversation={"id": place})
    assert caught.value.status == 400


@pytest.mark.parametrize("kind", ["", 5, None])
def test_request_without_a_kind_is_refused(kind: object) -> None:
    with pytest.raises(Refusal):
        call_of("message_personal", type=kind)


def test_each_edit_is_an_event_of_its_own_and_a_repeated_one_is_not() -> None:
    first, again = (activities.edit(call_of("message_edited")) for _ in range(2))
    second = activities.edit(call_of("message_edited", timestamp="2026-11-20T08:04:06.471Z"))
    assert first
    assert first == again
    assert second
    assert first.event_id != second.event_id
    assert first.refers_to == second.refers_to


def test_edit_and_deletion_refer_to_the_message_as_it_was_named_when_it_came() -> None:
    message = activities.message(call_of("message_personal"))
    edit, deletion = activities.edit(call_of("message_edited")), activities.deletion(call_of("message_deleted"))
    assert message
    assert edit
    assert edit.refers_to == deletion.refers_to == message.event_id
    assert len({message.event_id, edit.event_id, deletion.event_id}) == 3


def test_edit_in_a_thread_stays_in_the_thread() -> None:
    edit = activities.edit(call_of("message_channel_reply", type="messageUpdate"))
    assert edit
    assert edit.thread == f"{THREAD}#1795162336167"
    assert edit.refers_to == f"{THREAD}#1795162397504"


def test_pressed_button_is_no_edit() -> None:
    assert activities.edit(call_of("message_edited", value={"offer": KEY, "choice": "1"})) is None


# what is said


def spoken(text: str, *mentions: Json, name: str = "message_group_chat_mention", **changes: object) -> Incoming | None:
    return activities.message(call_of(name, text=text, entities=list(mentions), attachments=[], **changes))


def mention(name: str = "Lotsenfunk", who: str = BOT) -> Json:
    return {"type": "mention", "mentioned": {"id": who, "name": name}, "text": f"<at>{name}</at>"}


BEN = mention("Ben", "29:ben")


@pytest.mark.parametrize(
    ("text", "mentions", "said"),
    [
        ("<at>Lotsenfunk</at> wo ist das?", [mention()], "wo ist das?"),
        ("<at>Lotsenfunk</at>wo ist das?", [mention()], "wo ist das?"),
        ("Sag mal <at>Lotsenfunk</at> wo ist das?", [mention()], "Sag mal wo ist das?"),
        ("Wo ist das? <at>Lotsenfunk</at>", [mention()], "Wo ist das?"),
        ("<at>Lotsenfunk</at>\nWo ist\ndas?", [mention()], "Wo ist\ndas?"),
        ("<at>Lotsenfunk</at>&nbsp;wo ist&nbsp;das?", [mention()], "wo ist das?"),
        ("<at>Lotsenfunk</at> a &lt; b &amp; c &gt; d", [mention()], "a < b & c > d"),
        ("<at>Lotsenfunk</at> heißt es &lt;at&gt;?", [mention()], "heißt es <at>?"),
        ("<at>Lotsenfunk</at> <at>Lotsenfunk</at> wo?", [mention(), mention()], "wo?"),
        ("<at>Lotsenfunk</at> wer ist Lotsenfunk?", [mention()], "wer ist Lotsenfunk?"),
        ("<at>Lotsenfunk</at> kennt <at>Ben</at> das?", [BEN, mention()], "kennt Ben das?"),
        ('<at id="0">Ben</at> <at>Lotsenfunk</at> wo?', [mention(), BEN], "Ben wo?"),
        ("<at>Stadt &amp; Land</at> wo?", [mention("Stadt &amp; Land")], "wo?"),
        ("<at>Lotsenfunk</at>   wo \t ist   das? ", [mention()], "wo ist das?"),
        ("<at>Lotsenfunk</at> a\r\nb\u2028c", [mention()], "a\nb\nc"),
        ("<at>Lotsenfunk</at>\0 wo?", [mention()], "wo?"),
        ("<at>Lotsenfunk</at>", [mention()], ""),
    ],
)
def test_own_name_is_left_out_and_those_of_others_stay(text: str, mentions: list[Json], said: str) -> None:
    incoming = spoken(text, *mentions)
    assert incoming
    assert (incoming.text, incoming.is_addressed) == (said, True)


@pytest.mark.parametrize(
    ("text", "mentions", "is_addressed"),
    [
        ("<at>Ben</at> kommst du?", [BEN], False),
        ("Lotsenfunk wo?", [], False),
        ("<at>Lotsenfunk</at> wo?", [mention("Lotsenfunk", "29:somebody-else")], False),
        ("!frage wo?", [], True),
        ("! wo?", [], False),
        ("1", [], False),
    ],
)
def test_in_a_group_only_a_mention_or_a_command_speaks_to_the_bot(
    text: str, mentions: list[Json], is_addressed: bool
) -> None:
    incoming = spoken(text, *mentions)
    assert incoming
    assert incoming.is_addressed is is_addressed


def test_without_a_name_of_the_bot_nobody_can_mention_it() -> None:
    nameless = {"type": "mention", "mentioned": {"name": "Lotsenfunk"}, "text": "<at>Lotsenfunk</at>"}
    incoming = spoken("<at>Lotsenfunk</at> wo?", nameless, recipient={})
    assert incoming
    assert not incoming.is_addressed


def test_in_a_direct_chat_everything_speaks_to_the_bot() -> None:
    incoming = spoken("wo?", name="message_personal")
    assert incoming
    assert incoming.is_addressed


@pytest.mark.parametrize("text", ["", "   ", "\n", "&nbsp;", 5, None])
def test_message_without_words_says_nothing(text: object) -> None:
    assert activities.message(call_of("message_personal", text=text, attachments=[])) is None


def test_very_long_text_is_cut() -> None:
    incoming = spoken("x" * 100_000, name="message_personal")
    assert incoming
    assert len(incoming.text) == 30_000


SCHEMA = "http://schema.skype.com/InputExtension"
CARD = f'<span itemid="1" itemscope itemtype="{SCHEMA}"><span itemprop="cardId"></span></span>'


@pytest.mark.parametrize(
    ("text", "said"),
    [(f"wo ist das?{CARD}", "wo ist das?"), (f"{CARD}wo{CARD}ist das?", "wo ist das?"), ("a <span> b", "a <span> b")],
)
def test_card_that_was_put_into_a_text_is_none_of_its_words(text: str, said: str) -> None:
    incoming = spoken(text, name="message_personal")
    assert incoming
    assert incoming.text == said


# files


@pytest.mark.parametrize(
    ("attachments", "is_file"),
    [
        ([], False),
        ([{"contentType": "text/html", "content": "<p>wo?</p>"}], False),
        ([{"contentType": "messageReference", "content": "{}"}], False),
        ([{"contentType": "image/*"}], True),
        ([{"contentType": "text/html"}, {"contentType": "image/png"}], True),
        ([{"contentType": "application/vnd.microsoft.teams.file.download.info", "name": "a.pdf"}], True),
        ([{"contentType": ""}, {}, None, "image/png"], False),
        ([{"contentType": "application/vnd.microsoft.card.adaptive", "content": {}}], False),
        ({"contentType": "image/png"}, False),
        (None, False),
    ],
)
def test_file_is_told_from_the_formatted_twin_of_a_text(attachments: object, is_file: bool) -> None:
    incoming = activities.message(call_of("message_personal", attachments=attachments))
    assert incoming
    assert incoming.has_attachment is is_file


def test_file_without_words_is_a_message() -> None:
    incoming = activities.message(call_of("message_image", text=None, attachments=[{"contentType": "image/*"}]))
    assert incoming
    assert (incoming.text, incoming.has_attachment) == ("", True)


# quotations

QUOTATION = '<blockquote itemscope="" itemtype="http://schema.skype.com/Reply"><p>Ein Anhang.</p></blockquote>'


def answered(html: str, *mentions: Json) -> Incoming:
    """A message that quotes another one; its plain text holds both."""
    attachments = [{"contentType": "text/html", "content": QUOTATION + html}]
    name = "message_group_chat_mention"
    call = call_of(name, text="Ein Anhang. und was noch", entities=list(mentions), attachments=attachments)
    incoming = activities.message(call)
    assert incoming
    return incoming


@pytest.mark.parametrize(
    ("html", "mentions", "said"),
    [
        ("<p>Auch große?</p>", [], "Auch große?"),
        ("<p><span>Lotsenfunk</span>&nbsp;auch große?</p>", [mention()], "auch große?"),
        ("<p><span>Lotsenfunk</span> wer ist Lotsenfunk?</p>", [mention()], "wer ist Lotsenfunk?"),
        ("<p><span>Ben</span> und <span>Lotsenfunk</span>: große?</p>", [BEN, mention()], "Ben und : große?"),
        ("<p><span>Stadt &amp; Land</span> große?</p>", [mention("Stadt &amp; Land")], "große?"),
        ("<p>Zwei</p><p>Absätze &lt;br&gt;</p>", [], "Zwei\nAbsätze <br>"),
    ],
)
def test_of_a_quoted_reply_only_the_own_words_are_taken(html: str, mentions: list[Json], said: str) -> None:
    incoming = answered(html, *mentions)
    assert incoming.text == said
    assert incoming.is_addressed is (mention() in mentions or mention("Stadt &amp; Land") in mentions)


# reactions


@pytest.mark.parametrize(
    ("kind", "emoji"),
    [
        ("like", "👍"),
        ("yes", "👍"),
        ("dislike", "👎"),
        ("no", "👎"),
        ("checkmark", "✅"),
        ("1f44d_thumbsup", "👍"),
        ("2705_whiteheavycheckmark", "✅"),
        ("1️⃣", "1️⃣"),
        ("heart", "heart"),
        ("0000_nothing", "0000_nothing"),
        ("d83d_half", "d83d_half"),
        ("x" * 100, "x" * 40),
    ],
)
def test_reaction_is_told_by_name_emoji_or_code_point(kind: str, emoji: str) -> None:
    [reaction] = activities.reactions(call_of("reaction_added", reactionsAdded=[{"type": kind}]))
    assert reaction.text == emoji


def test_each_reaction_is_an_event_of_its_own() -> None:
    added = [{"type": "like"}, {"type": "heart"}, {"type": ""}, {}, None, 5]
    found = activities.reactions(call_of("reaction_added", reactionsAdded=added))
    assert [reaction.text for reaction in found] == ["👍", "heart"]
    assert len({reaction.event_id for reaction in found}) == 2


@pytest.mark.parametrize("changes", [{"replyToId": None}, {"replyToId": "a#b"}, {"reactionsAdded": {"type": "like"}}])
def test_reaction_to_nothing_is_none(changes: Json) -> None:
    assert activities.reactions(call_of("reaction_added", **changes)) == []


# buttons


def test_pressed_button_names_our_message_and_the_choice_however_it_is_sent() -> None:
    data = {"offer": KEY, "choice": "2"}
    sent = activities.message(call_of("card_submit", value=data))
    done = activities.press(call_of("card_execute"), data)
    for pressed in (sent, done):
        assert pressed
        assert (pressed.kind, pressed.refers_to, pressed.text) == (Kind.PRESS, KEY, "2")
    assert sent
    assert done
    assert sent.event_id != done.event_id


def test_pressed_button_is_one_event_however_often_teams_tells_of_it() -> None:
    first, again = (activities.press(call_of("card_execute"), {"offer": KEY, "choice": "2"}) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("data", [None, [], "x", {}, {"offer": KEY}, {"offer": "k", "choice": "1"}])
def test_strange_button_is_not_ours(data: object) -> None:
    assert activities.press(call_of("card_execute"), data) is None


def test_question_from_a_form_is_asked_in_the_direct_chat() -> None:
    call = call_of("extension_fetch_task_from_message")
    asked = activities.question(call, DIRECT, "Wo steht der Scanner?")
    assert (asked.conversation, asked.text, asked.sender) == (DIRECT, "Wo steht der Scanner?", ADA)
    assert place_of(asked.event_id) == CHAT
    assert asked.thread is None
    assert asked.is_addressed


# whatever strangers make up


LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["\0", "\ud800", "a\udfffb", "", "👍", "\u202e", "&#0;&#xD800;", "x" * 40_000, 10**400])
)
JSON = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ID = st.sampled_from([BOT, CHAT, THREAD, "19:x;messageid=", ";messageid=1", "a#b", "\ud800", "\0", "1"]) | JSON
MENTION = st.fixed_dictionaries(
    {"type": st.just("mention"), "mentioned": st.fixed_dictionaries({"id": ID})},
    optional={"text": st.sampled_from(["<at>Lotsenfunk</at>", "<at>", "", "\ud800"]) | JSON},
)
HTML = st.sampled_from(
    [QUOTATION, QUOTATION + "&#0;&#xD800;\ud800", f"<![\0{QUOTATION}", "<a " * 20_000 + QUOTATION, QUOTATION[:70]]
)
ATTACHMENT = st.fixed_dictionaries(
    {"contentType": st.sampled_from(["text/html", "image/*"]) | JSON}, optional={"content": HTML | JSON}
)
ACTIVITY = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "messageUpdate", "messageDelete", "messageReaction", "invoke"]) | JSON},
    optional={
        "id": ID,
        "conversation": JSON | st.fixed_dictionaries({"id": ID}, optional={"conversationType": JSON, "tenantId": ID}),
        "from": JSON | st.fixed_dictionaries({"id": ID, "aadObjectId": ID, "name": JSON}),
        "recipient": JSON | st.fixed_dictionaries({"id": ID}),
        "channelData": JSON | st.fixed_dictionaries({}, optional={"tenant": JSON, "team": JSON}),
        "timestamp": JSON | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]),
        "serviceUrl": JSON,
        "text": JSON | st.sampled_from(["<at>Lotsenfunk</at> wo?", "<at" * 10_000, "&#0;", "\ud83d"]),
        "entities": JSON | st.lists(MENTION | JSON, max_size=3),
        "attachments": JSON | st.lists(ATTACHMENT | JSON, max_size=3),
        "value": JSON | st.fixed_dictionaries({"offer": st.just(KEY) | JSON, "choice": st.just("1") | JSON}),
        "reactionsAdded": JSON
        | st.lists(
            JSON | st.fixed_dictionaries({"type": JSON | st.sampled_from(["like", "d83d_x", "0000_", "fffff_"])}),
            max_size=3,
        ),
        "replyToId": ID,
    },
)


def strings(found: object) -> list[str]:
    if isinstance(found, str):
        return [found]
    return [text for part in found for text in strings(part)] if isinstance(found, tuple | list) else []


@settings(max_examples=400, deadline=None)
@given(ACTIVITY | st.dictionaries(st.text(max_size=5), JSON, max_size=3))
def test_whatever_is_made_up_is_refused_or_storable(activity: Json) -> None:
    try:
        call = read_call("teams", activity, NOW)
    except Refusal:
        return
    found = [*read(call), activities.deletion(call), activities.question(call, DIRECT, "wo?")]
    found += activities.reactions(call)
    found += [incoming for incoming in (activities.message(call), activities.edit(call)) if incoming]
    written = strings([astuple(call.address), *map(astuple, found)])
    assert all(text == text.encode().decode() and "\0" not in text for text in written)
    for incoming in found:
        assert INCOMING.validate_python(INCOMING.dump_python(incoming, mode="json")) == incoming
