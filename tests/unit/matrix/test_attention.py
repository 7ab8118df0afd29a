from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.messages import Conversation, Incoming, Kind, Quoted, Sender
from bot.platforms.matrix.attention import Attention, Quotation
from bot.platforms.matrix.events import Reading
from bot.platforms.wire import Wire

BOT = "@lotse:example.org"
TALK = Incoming(
    "$talk",
    Conversation("matrix:@lotse:example.org", "!room"),
    Sender("@anna:example.org", "Anna"),
    "Kantine?",
    datetime(2026, 11, 22, tzinfo=UTC),
    is_addressed=False,
)
CALL = replace(TALK, event_id="$call", text="!frage", is_addressed=True)


BEN = Sender("@ben:example.org", "Ben")
QUESTION = Quoted("$root", BEN, "Wo ist der Scanner?")
POINTING = {"📌", "merken"}


class Server:
    """Events of the past, and how often they were asked for; `quotations` are what they say."""

    def __init__(self, events: dict[str, Wire] | None = None, *quotations: Quotation) -> None:
        self.events = events or {}
        self.asked: list[str] = []
        self.quoted: list[str] = []
        self._quotations = {found.quoted.event_id: found for found in quotations if found.quoted}

    async def quote(self, conversation: Conversation, event_id: str) -> Quotation:
        self.quoted.append(event_id)
        return self._quotations.get(event_id, Quotation(None, event_id))

    async def look_up(self, room_id: str, event_id: str) -> Wire:
        self.asked.append(event_id)
        return self.events.get(event_id, {})


def attention(server: Server | None = None) -> Attention:
    server = server or Server()
    return Attention(BOT, server.look_up, server.quote, str.isdecimal, POINTING.__contains__)


def seen(event_id: str, sender: str = "@anna:example.org", thread: str | None = None) -> dict[str, Any]:
    relation = {"rel_type": "m.thread", "event_id": thread} if thread else {}
    return {"event_id": event_id, "sender": sender, "content": {"m.relates_to": relation}}


async def test_talk_among_others_is_dropped() -> None:
    assert await attention().judge(Reading(TALK)) is None


async def test_what_may_be_a_choice_is_kept_without_being_addressed() -> None:
    kept = await attention().judge(Reading(replace(TALK, text="2")))
    assert kept is not None
    assert not kept.is_addressed


@pytest.mark.parametrize("sender", [BOT, "@ben:example.org"])
async def test_reply_is_for_who_wrote_the_message(sender: str) -> None:
    mind = attention()
    mind.note(seen("$earlier", sender))
    assert (await mind.judge(Reading(TALK, reply_to="$earlier")) is not None) == (sender == BOT)


async def test_thread_is_ours_once_we_wrote_in_it() -> None:
    server = Server()
    mind = attention(server)
    in_thread = Reading(replace(TALK, thread="$root"))
    mind.note(seen("$root"))
    assert await mind.judge(in_thread) is None
    mind.note(seen("$answer", BOT, thread="$root"))
    taken = await mind.judge(in_thread)
    assert taken is not None
    assert taken.is_addressed
    assert server.asked == []


async def test_only_the_asker_goes_on_in_a_thread_without_naming_us() -> None:
    mind = attention()
    mind.note(seen("$root", "@ben:example.org"))
    mind.note(seen("$answer", BOT, thread="$root"))
    by_anna = replace(TALK, thread="$root")
    assert await mind.judge(Reading(by_anna)) is None
    taken = await mind.judge(Reading(replace(by_anna, sender=Sender("@ben:example.org", "Ben"))))
    assert taken is not None
    assert taken.is_follow_up


@pytest.mark.parametrize("is_ours", [True, False])
async def test_thread_from_before_the_start_is_asked_for_once(is_ours: bool) -> None:
    bundle = {"m.relations": {"m.thread": {"current_user_participated": is_ours}}}
    server = Server({"$root": {"sender": "@anna:example.org", "unsigned": bundle}})
    mind = attention(server)
    for _ in range(3):
        assert (await mind.judge(Reading(replace(TALK, thread="$root"))) is not None) == is_ours
    assert server.asked == ["$root"]


async def test_thread_below_a_message_of_ours_is_ours() -> None:
    mind = attention(Server({"$root": {"sender": BOT}}))
    assert await mind.judge(Reading(replace(TALK, thread="$root"))) is not None


async def test_edit_of_a_question_is_taken_with_its_thread_and_of_talk_is_not() -> None:
    mind = attention()
    for identity in ("$call", "$talk"):
        mind.note(seen(identity))
    await mind.judge(Reading(replace(CALL, thread="$root")))
    edit = replace(TALK, event_id="$edit", kind=Kind.EDIT)
    taken = await mind.judge(Reading(replace(edit, refers_to="$call")))
    assert taken is not None
    assert (taken.thread, taken.is_addressed) == ("$root", True)
    assert await mind.judge(Reading(replace(edit, refers_to="$talk", text="2"))) is None


async def test_edit_of_a_question_from_before_the_start_is_known_by_the_thread_below_it() -> None:
    bundle = {"m.relations": {"m.thread": {"current_user_participated": True}}}
    mind = attention(Server({"$old": {"sender": "@anna:example.org", "unsigned": bundle}}))
    assert await mind.judge(Reading(replace(TALK, kind=Kind.EDIT, refers_to="$old"))) is not None


@pytest.mark.parametrize(
    ("author", "expected"), [(BOT, True), ("@ben:example.org", None), (None, False)], ids=["ours", "other", "unknown"]
)
async def test_reaction_is_dropped_only_when_its_target_is_known_as_not_ours(
    author: str | None, expected: bool | None
) -> None:
    mind = attention()
    if author is not None:
        mind.note(seen("$target", author))
    taken = await mind.judge(Reading(replace(TALK, kind=Kind.REACTION, text="👍", refers_to="$target")))
    assert (taken and taken.is_addressed) == expected


def deletion(of: str) -> Reading:
    return Reading(replace(TALK, event_id=f"$gone {of}", kind=Kind.DELETION, text="", refers_to=of))


async def test_deletion_is_dropped_only_when_its_target_is_known_as_talk_among_others() -> None:
    mind = attention()
    mind.note(seen("$ours", BOT))
    for incoming in (CALL, TALK, replace(TALK, event_id="$choice", text="2")):
        mind.note(seen(incoming.event_id))
        await mind.judge(Reading(incoming))
    passed = [of for of in ("$call", "$talk", "$choice", "$ours", "$unknown") if await mind.judge(deletion(of))]
    assert passed == ["$call", "$choice", "$ours", "$unknown"]


async def test_deletion_of_talk_that_became_a_question_by_an_edit_is_taken() -> None:
    mind = attention()
    await mind.judge(Reading(TALK))
    await mind.judge(Reading(replace(CALL, event_id="$edit", kind=Kind.EDIT, refers_to="$talk")))
    assert await mind.judge(deletion("$talk")) is not None


async def test_deletion_of_a_question_from_before_the_start_is_taken_though_somebody_referred_to_it() -> None:
    mind = attention(Server({"$old": {"sender": "@anna:example.org"}}))
    await mind.judge(Reading(TALK, reply_to="$old"))
    assert await mind.judge(deletion("$old")) is not None


# threads below a message of ours

POST: dict[str, Wire] = {"$post": {"sender": BOT}}
BELOW = replace(TALK, event_id="$below", thread="$post")
ANSWER = {
    "sender": "@anna:example.org",
    "content": {"m.relates_to": {"rel_type": "m.thread", "event_id": "$post", "is_falling_back": True}},
}


@pytest.mark.parametrize("has_passed", [True, False], ids=["seen", "from before the start"])
@pytest.mark.parametrize(
    "said",
    [BELOW, replace(BELOW, sender=BEN), replace(BELOW, text="", has_attachment=True), replace(BELOW, text="2")],
    ids=["anna", "ben", "picture", "number"],
)
async def test_everything_that_people_say_below_a_message_of_ours_arrives(said: Incoming, has_passed: bool) -> None:
    server = Server(POST)
    mind = attention(server)
    if has_passed:
        mind.note(seen("$post", BOT))
    taken = await mind.judge(Reading(said))
    assert taken == replace(said, is_addressed=True, is_follow_up=True)
    assert await mind.judge(deletion("$below")) is not None
    assert server.asked == ([] if has_passed else ["$post"])


async def test_edit_below_a_message_of_ours_arrives_with_its_thread() -> None:
    mind = attention()
    mind.note(seen("$post", BOT))
    mind.note(seen("$below", thread="$post"))
    await mind.judge(Reading(BELOW))
    taken = await mind.judge(edit("$below"))
    assert taken is not None
    assert (taken.refers_to, taken.thread, taken.is_addressed, taken.is_follow_up) == ("$below", "$post", True, True)


async def test_after_a_restart_the_server_says_in_which_thread_an_edited_message_is() -> None:
    mind = attention(Server(POST | {"$below": ANSWER}))
    taken = await mind.judge(edit("$below"))
    assert taken is not None
    assert (taken.refers_to, taken.thread, taken.is_follow_up) == ("$below", "$post", True)
    assert await mind.judge(deletion("$below")) is not None


async def test_edit_below_a_message_of_others_is_dropped_after_a_restart() -> None:
    mind = attention(Server({"$post": {"sender": BEN.id}, "$below": ANSWER}))
    assert await mind.judge(edit("$below")) is None


async def test_edit_of_somebody_elses_message_changes_nothing() -> None:
    mind = attention()
    mind.note(seen("$post", BOT))
    mind.note(seen("$below", thread="$post"))
    await mind.judge(Reading(BELOW))
    by_ben = replace(edit("$below").incoming, sender=BEN)
    assert await mind.judge(Reading(by_ben)) is None
    assert await mind.judge(Reading(replace(by_ben, is_addressed=True))) is None


# true replies


def edit(of: str) -> Reading:
    return Reading(replace(TALK, event_id=f"$edit {of}", kind=Kind.EDIT, refers_to=of))


@pytest.mark.parametrize(
    ("author", "expected"), [(BOT, "$earlier"), (BEN.id, None), (None, "$earlier")], ids=["ours", "other", "unknown"]
)
async def test_true_reply_names_the_message_unless_it_is_known_as_one_of_others(
    author: str | None, expected: str | None
) -> None:
    mind = attention()
    if author is not None:
        mind.note(seen("$earlier", author))
    taken = await mind.judge(Reading(CALL, reply_to="$earlier"))
    assert taken is not None
    assert taken.replies_to == expected


async def test_reply_in_a_room_to_a_message_of_ours_names_it_and_so_does_its_edit() -> None:
    mind = attention()
    mind.note(seen("$post", BOT))
    taken = await mind.judge(Reading(TALK, reply_to="$post"))
    changed = await mind.judge(edit("$talk"))
    assert taken is not None
    assert changed is not None
    assert (taken.replies_to, taken.is_follow_up) == ("$post", False)
    assert (changed.replies_to, changed.refers_to, changed.is_follow_up) == ("$post", "$talk", False)


async def test_after_a_restart_the_server_says_what_an_edited_message_replies_to() -> None:
    reply = {"sender": "@anna:example.org", "content": {"m.relates_to": {"m.in_reply_to": {"event_id": "$post"}}}}
    direct = Conversation("matrix:x", "!direct", is_direct=True)
    for place, is_addressed in ((TALK.conversation, False), (direct, True)):
        mind = attention(Server(POST | {"$reply": reply}))
        changed = replace(edit("$reply").incoming, conversation=place, is_addressed=is_addressed)
        taken = await mind.judge(Reading(changed))
        assert taken is not None
        assert taken.replies_to == "$post"


async def test_odd_events_pass() -> None:
    mind = attention()
    for odd in ({}, {"event_id": 1}, {"event_id": "$1", "content": []}, {"event_id": "$2", "sender": BOT}):
        mind.note(odd)


# pointing at messages


def pin(of: str, text: str = "📌") -> Reading:
    return Reading(replace(TALK, event_id=f"$pin {of}", kind=Kind.REACTION, text=text, refers_to=of), points_at=of)


async def test_pin_on_talk_among_others_is_for_us_with_what_was_said() -> None:
    server = Server(None, Quotation(QUESTION, "$top"))
    mind = attention(server)
    mind.note(seen("$root", BEN.id))
    taken = await mind.judge(pin("$root"))
    assert taken is not None
    assert (taken.kind, taken.is_addressed, taken.refers_to) == (Kind.REACTION, True, "$root")
    assert (taken.quoted, taken.thread) == (QUESTION, "$top")


async def test_pin_on_what_cannot_be_read_is_for_us_all_the_same() -> None:
    taken = await attention().judge(pin("$gone"))
    assert taken is not None
    assert (taken.is_addressed, taken.quoted, taken.thread) == (True, None, "$gone")


async def test_pin_in_a_direct_chat_is_a_reaction_like_others() -> None:
    server = Server(None, Quotation(QUESTION, "$root"))
    mind = attention(server)
    mind.note(seen("$root", BEN.id))
    direct = replace(pin("$root").incoming, conversation=Conversation("matrix:x", "!room", is_direct=True))
    assert await mind.judge(Reading(direct, points_at="$root")) is None
    assert server.quoted == []


async def test_word_that_points_brings_the_message_and_other_words_do_not() -> None:
    server = Server(None, Quotation(QUESTION, "$top"))
    mind = attention(server)
    call = replace(CALL, text="merken", thread="$mine")
    taken = await mind.judge(Reading(call, points_at="$root"))
    assert taken is not None
    assert (taken.quoted, taken.thread) == (QUESTION, "$mine")
    for other in (Reading(CALL, points_at="$root"), Reading(call), Reading(replace(call, kind=Kind.EDIT))):
        quoted = await mind.judge(other)
        assert quoted is not None
        assert quoted.quoted is None
    assert server.quoted == ["$root"]


async def test_word_that_points_but_speaks_to_nobody_is_dropped_unread() -> None:
    server = Server(None, Quotation(QUESTION, "$root", is_addressed=True))
    mind = attention(server)
    mind.note(seen("$root", BEN.id))
    mind.note(seen("$answer", BOT, thread="$root"))
    assert await mind.judge(Reading(replace(TALK, text="merken", thread="$root"), points_at="$root")) is None
    assert server.quoted == []


# noting in a round that the bot leads

ROUND = Conversation(TALK.conversation.platform, "!beratung")


def in_rounds(server: Server) -> Attention:
    return Attention(
        BOT,
        server.look_up,
        server.quote,
        str.isdecimal,
        POINTING.__contains__,
        hears_all=ROUND.__eq__,
        is_noting={"notiz"}.__contains__,
    )


def said_about(text: str, conversation: Conversation, **changes: Any) -> Reading:
    return Reading(replace(TALK, text=text, conversation=conversation, **changes), reply_to="$root", points_at="$root")


async def test_in_a_round_a_reply_that_asks_to_note_brings_the_message_and_stands_where_it_stood() -> None:
    server = Server(None, Quotation(QUESTION, "$top"))
    taken = await in_rounds(server).judge(said_about("notiz", ROUND))
    assert taken is not None
    assert (taken.quoted, taken.thread, taken.replies_to, taken.is_overheard) == (QUESTION, None, None, True)


@pytest.mark.parametrize("text", ["Danke!", "merken", "notiz: klein anfangen"])
async def test_in_a_round_nothing_else_that_is_pointed_at_is_fetched(text: str) -> None:
    server = Server(None, Quotation(QUESTION, "$top"))
    taken = await in_rounds(server).judge(said_about(text, ROUND))
    assert taken is not None
    assert taken.quoted is None
    assert server.quoted == []


async def test_who_takes_part_from_afar_can_have_noted_what_was_passed_on() -> None:
    server = Server(None, Quotation(QUESTION, "$top"))
    alone = Conversation(TALK.conversation.platform, "!direct", is_direct=True)
    taken = await in_rounds(server).judge(said_about("notiz", alone, is_addressed=True))
    assert taken is not None
    assert taken.quoted == QUESTION


async def test_elsewhere_the_word_for_a_note_is_a_word_like_others() -> None:
    server = Server(None, Quotation(QUESTION, "$top"))
    mind = in_rounds(server)
    taken = await mind.judge(said_about("notiz", TALK.conversation, is_addressed=True))
    assert taken is not None
    assert taken.quoted is None
    assert await mind.judge(said_about("notiz", TALK.conversation)) is None
    assert server.quoted == []


# deletions of what was pointed at


async def test_deletion_of_what_was_pointed_at_is_taken_and_so_is_that_of_what_it_answers() -> None:
    answer = replace(QUESTION, event_id="$talk", answers=QUESTION)
    mind = attention(Server(None, Quotation(answer, "$root")))
    for identity in ("$talk", "$root"):
        mind.note(seen(identity, BEN.id))
        await mind.judge(Reading(replace(TALK, event_id=identity)))
        assert await mind.judge(deletion(identity)) is None
    await mind.judge(pin("$talk"))
    assert await mind.judge(deletion("$talk")) is not None
    assert await mind.judge(deletion("$root")) is not None


# asides


def below(question: Quotation, *earlier: dict[str, Any]) -> Attention:
    """One that has answered in the thread of a question."""
    mind = attention(Server(None, question))
    for event in (seen("$root", BEN.id), seen("$answer", BOT, thread="$root"), *earlier):
        mind.note(event)
    return mind


ASIDE = replace(TALK, event_id="$aside", text="Im Keller, Raum 3.", thread="$root")


async def test_what_others_say_below_a_question_to_us_is_an_aside() -> None:
    taken = await below(Quotation(QUESTION, "$root", is_addressed=True)).judge(Reading(ASIDE))
    assert taken == replace(ASIDE, is_aside=True, quoted=QUESTION)


async def test_question_that_we_have_taken_before_is_one_even_if_its_words_do_not_name_us() -> None:
    mind = below(Quotation(QUESTION, "$root"))
    assert await mind.judge(Reading(ASIDE)) is None
    await mind.judge(Reading(replace(CALL, event_id="$root", sender=BEN)))
    taken = await mind.judge(Reading(ASIDE))
    assert taken is not None
    assert taken.is_aside


@pytest.mark.parametrize(
    "change",
    [
        {"thread": None},
        {"text": ""},
        {"text": "merken"},
        {"kind": Kind.EDIT, "refers_to": "$aside0"},
    ],
    ids=["elsewhere", "wordless", "pointing", "edit"],
)
async def test_other_talk_is_no_aside(change: dict[str, Any]) -> None:
    mind = below(Quotation(QUESTION, "$root", is_addressed=True))
    assert await mind.judge(Reading(replace(ASIDE, **change))) is None


@pytest.mark.parametrize("question", [Quotation(None, "$root"), Quotation(replace(QUESTION, is_human=False), "$root")])
async def test_below_what_is_no_question_of_a_person_there_are_no_asides(question: Quotation) -> None:
    assert await below(replace(question, is_addressed=True)).judge(Reading(ASIDE)) is None


async def test_in_threads_without_us_nothing_is_fetched() -> None:
    server = Server(None, Quotation(QUESTION, "$root", is_addressed=True))
    mind = attention(server)
    mind.note(seen("$root", BEN.id))
    assert await mind.judge(Reading(ASIDE)) is None
    assert server.quoted == []


async def test_bare_choice_and_follow_up_of_the_asker_are_no_asides() -> None:
    mind = below(Quotation(QUESTION, "$root", is_addressed=True))
    for incoming in (replace(ASIDE, text="2"), replace(ASIDE, sender=BEN)):
        taken = await mind.judge(Reading(incoming))
        assert taken is not None
        assert not taken.is_aside


async def test_deletion_of_an_aside_is_taken() -> None:
    mind = below(Quotation(QUESTION, "$root", is_addressed=True))
    await mind.judge(Reading(ASIDE))
    assert await mind.judge(deletion("$aside")) is not None
