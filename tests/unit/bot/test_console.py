"""The console hears like a chat system: of the talk in rooms, only what speaks to the bot or is pointed at."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from bot.messages import Conversation, File, Kind, Order, Outgoing, Quoted, RoomOrder, Sender
from bot.platforms.console import NAME, PIN, SELF, Console, Shown
from servers.matrix_bot import Inbox

ANNA, BEN = Sender("anna", "Anna"), Sender("ben", "Ben")
POINTING = {PIN, "merken"}
NOTING = {"notiz"}


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def console(inbox: Inbox) -> AsyncIterator[Console]:
    console = Console(
        lambda: datetime(2026, 11, 22, tzinfo=UTC), str.isdecimal, POINTING.__contains__, NOTING.__contains__
    )
    running = asyncio.create_task(console.run(inbox))
    yield console
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def pin(console: Console, beginning: str = "") -> None:
    await console.hear(ANNA, "flur", PIN, kind=Kind.REACTION, refers_to=console.last_said("flur", beginning))


async def test_pinned_talk_arrives_with_who_said_it_and_other_talk_does_not(console: Console, inbox: Inbox) -> None:
    said = await console.hear(BEN, "flur", "Der Scanner steht im Keller.")
    await console.hear(ANNA, "flur", "Kantine?")
    await console.hear(BEN, "andere", "Der Drucker steht im Flur.")
    await pin(console, "Der")
    [arrived] = inbox.events
    assert (arrived.kind, arrived.is_addressed, arrived.refers_to, arrived.thread) == (Kind.REACTION, True, said, said)
    assert arrived.quoted == Quoted(said, BEN, "Der Scanner steht im Keller.")


async def test_pinned_talk_says_what_it_says_by_now(console: Console, inbox: Inbox) -> None:
    said = await console.hear(BEN, "flur", "Im Keler.")
    await console.hear(BEN, "flur", "Im Keller.", kind=Kind.EDIT, refers_to=said)
    await pin(console)
    assert inbox.events[-1].quoted == Quoted(said, BEN, "Im Keller.")
    await console.hear(BEN, "flur", "", kind=Kind.DELETION, refers_to=said)
    await console.hear(ANNA, "flur", PIN, kind=Kind.REACTION, refers_to=said)
    assert inbox.events[-1].is_addressed
    assert inbox.events[-1].quoted is None
    assert console.last_said("flur") is None


async def test_picture_says_nothing_in_words(console: Console, inbox: Inbox) -> None:
    await console.hear(BEN, "flur", "Unser Plan", has_attachment=True)
    await pin(console)
    assert inbox.events[-1].quoted is None


async def test_pin_alone_with_the_bot_is_a_reaction_like_others(console: Console, inbox: Inbox) -> None:
    said = await console.hear(ANNA, None, "Wo?")
    await console.hear(ANNA, None, PIN, kind=Kind.REACTION, refers_to=said)
    assert inbox.events[-1].quoted is None


async def test_answer_in_the_thread_of_a_question_is_an_aside_of_others_and_a_follow_up_of_the_asker(
    console: Console, inbox: Inbox
) -> None:
    await console.hear(ANNA, "flur", "@Lotsenfunk Wo ist der Scanner?")
    await console.hear(ANNA, "flur", "@Lotsenfunk 1")
    question = console.last_question("flur")
    aside = await console.hear(BEN, "flur", "Im Keller.", thread=question)
    await console.hear(ANNA, "flur", "In welchem Raum?", thread=question)
    by_ben, by_anna = inbox.events[-2:]
    assert (by_ben.is_aside, by_ben.is_addressed, by_ben.thread) == (True, False, question)
    assert by_ben.quoted == Quoted(question or "", ANNA, "Wo ist der Scanner?")
    assert (by_anna.is_aside, by_anna.is_addressed, by_anna.is_follow_up) == (False, True, True)
    await console.hear(ANNA, "flur", "@Lotsenfunk merken", thread=question)
    assert inbox.events[-1].quoted is not None
    assert inbox.events[-1].quoted.text == "In welchem Raum?"
    await pin(console, "Im Keller")
    assert inbox.events[-1].quoted == Quoted(aside, BEN, "Im Keller.", answers=by_ben.quoted)
    assert inbox.events[-1].thread == question


async def test_answer_to_talk_among_others_is_talk_among_others(console: Console, inbox: Inbox) -> None:
    talk = await console.hear(ANNA, "flur", "Kantine?")
    await console.hear(BEN, "flur", "Gern, um zwölf.", thread=talk)
    assert inbox.events == []
    assert console.last_question("flur") is None


# below and in reply to what the bot said

FLUR = Conversation(NAME, "flur")


async def post(console: Console, text: str = "Wo steht der Scanner?", **changes: str) -> str:
    return await console.send(Outgoing("k", FLUR, text, **changes))  # type: ignore[arg-type]


async def test_what_people_say_below_a_post_of_the_bot_arrives_with_its_changes(console: Console, inbox: Inbox) -> None:
    thread = await post(console)
    said = await console.hear(BEN, "flur", "Im Keller.", thread=thread)
    await console.hear(ANNA, "flur", "2", thread=thread)
    await console.hear(ANNA, "flur", "", thread=thread, has_attachment=True)
    await console.hear(BEN, "flur", "Im Keller, Raum 3.", kind=Kind.EDIT, refers_to=said)
    assert [(one.thread, one.is_addressed, one.is_follow_up) for one in inbox.events] == [(thread, True, True)] * 4
    await console.hear(BEN, "flur", "", kind=Kind.DELETION, refers_to=said)
    assert (inbox.events[-1].kind, inbox.events[-1].refers_to) == (Kind.DELETION, said)
    await console.hear(BEN, "flur", "@Lotsenfunk ich übernehme", thread=thread)
    assert (inbox.events[-1].thread, inbox.events[-1].is_follow_up) == (thread, False)


async def test_whoever_quotes_the_bot_in_a_room_speaks_to_it(console: Console, inbox: Inbox) -> None:
    asked = await post(console)
    said = await console.hear(BEN, "flur", "Im Keller.", replies_to=asked)
    await console.hear(BEN, "flur", "Im Keller, Raum 3.", kind=Kind.EDIT, refers_to=said)
    assert [(one.replies_to, one.is_addressed, one.is_follow_up) for one in inbox.events] == [(asked, True, False)] * 2


async def test_quotation_in_a_direct_chat_names_what_it_quotes(console: Console, inbox: Inbox) -> None:
    asked = await console.send(Outgoing("k", Conversation(NAME, "direct:ben", is_direct=True), "Welches Stockwerk?"))
    await console.hear(BEN, None, "Das dritte.", replies_to=asked)
    assert inbox.events[-1].replies_to == asked


async def test_the_newest_of_question_and_post_is_what_people_answer(console: Console) -> None:
    first = await post(console)
    assert console.last_question("flur") == first
    question = await console.hear(ANNA, "flur", "@Lotsenfunk Wo ist der Drucker?")
    assert console.last_question("flur") == question
    await post(console, "Im Flur.", answers=question)
    await post(console, "Wer weiß, wo der Scanner ist?", replaces=first)
    assert console.last_question("flur") == question
    second = await post(console, "Noch eine Frage.")
    assert console.last_question("flur") == second
    await post(console, "", deletes=second)
    assert console.last_question("flur") == question


async def test_post_of_the_bot_is_nothing_that_a_person_said(console: Console, inbox: Inbox) -> None:
    said = await console.hear(BEN, "flur", "Der Scanner steht im Keller.")
    identity = await post(console)
    assert console.last_said("flur") == said
    await console.hear(ANNA, "flur", PIN, kind=Kind.REACTION, refers_to=identity)
    assert inbox.events[-1].quoted == Quoted(identity, SELF, "Wo steht der Scanner?", is_human=False)


async def test_file_is_shown_by_its_name(console: Console) -> None:
    shown: list[Shown] = []
    console.shows(shown.append)
    file = File("jour-fixe.ics", "text/calendar", "BEGIN:VCALENDAR")

    await console.send(Outgoing("k:file", Conversation(NAME, "flur"), "", file=file))

    assert [(one.text, one.is_file) for one in shown] == [("[Datei: jour-fixe.ics]", True)]


# rooms that the bot opens


async def arrange(console: Console, order: Order, place: str = "beratung-7", *people: str) -> str:
    room = RoomOrder(order, "Beratung 7", people)
    return await console.send(Outgoing("k", Conversation(NAME, place), "", room=room))


def passages(inbox: Inbox) -> list[tuple[Kind, Sender]]:
    return [(event.kind, event.sender) for event in inbox.events if event.kind in (Kind.ENTERED, Kind.LEFT)]


async def test_a_room_is_opened_once_under_a_name_that_can_be_typed(console: Console) -> None:
    shown: list[Shown] = []
    console.shows(shown.append)
    assert [await arrange(console, Order.OPEN, "new:k") for _ in range(2)] == ["beratung-7"] * 2
    assert [(one.order, one.conversation.id) for one in shown] == [(Order.OPEN, "beratung-7")]


async def test_who_is_invited_is_inside_at_once_and_nobody_else_is_heard(console: Console, inbox: Inbox) -> None:
    await console.hear(ANNA, None, "hallo")  # people are known by name once they spoke
    await arrange(console, Order.OPEN, "new:k")
    inbox.led.add("beratung-7")
    await arrange(console, Order.INVITE, "beratung-7", "anna")
    await arrange(console, Order.INVITE, "beratung-7", "anna", "carl")
    assert passages(inbox) == [(Kind.ENTERED, ANNA), (Kind.ENTERED, Sender("carl", "carl"))]
    await console.hear(BEN, "beratung-7", "Darf ich?")
    await console.hear(ANNA, "beratung-7", "Es war nicht leicht.", thread="x")
    assert [(event.text, event.is_overheard) for event in inbox.events[3:]] == [("Es war nicht leicht.", True)]


async def test_in_a_round_a_reply_that_asks_to_note_brings_the_message_and_no_other_reply_does(
    console: Console, inbox: Inbox
) -> None:
    inbox.led.add("flur")
    said = await console.hear(BEN, "flur", "Klein anfangen.")
    for text in ("notiz", "Gute Idee.", "merken"):
        await console.hear(ANNA, "flur", text, replies_to=said)
    await console.hear(ANNA, "flur", "notiz")
    _, noted, *others = inbox.events
    assert (noted.quoted, noted.replies_to, noted.thread) == (Quoted(said, BEN, "Klein anfangen."), None, None)
    assert [one.quoted for one in others] == [None] * 3


async def test_elsewhere_the_word_for_a_note_is_a_word_like_others(console: Console, inbox: Inbox) -> None:
    said = await console.hear(BEN, "flur", "Klein anfangen.")
    await console.hear(ANNA, "flur", "@Lotsenfunk notiz", thread=said)
    assert inbox.events[-1].quoted is None


async def test_who_goes_or_is_sent_out_is_heard_no_more(console: Console, inbox: Inbox) -> None:
    await arrange(console, Order.OPEN, "new:k")
    await arrange(console, Order.INVITE, "beratung-7", "anna", "ben")
    await console.leave(ANNA, "beratung-7")
    for _ in range(2):
        await arrange(console, Order.REMOVE, "beratung-7", "ben")
    assert [kind for kind, _ in passages(inbox)] == [Kind.ENTERED] * 2 + [Kind.LEFT] * 2
    await console.hear(BEN, "beratung-7", "@Lotsenfunk noch da?")
    assert "noch da?" not in inbox.texts


async def test_of_a_closed_room_nothing_is_left(console: Console, inbox: Inbox) -> None:
    await arrange(console, Order.OPEN, "new:k")
    await arrange(console, Order.INVITE, "beratung-7", "anna")
    await console.hear(ANNA, "beratung-7", "Geheim.")
    shown: list[Shown] = []
    console.shows(shown.append)
    await arrange(console, Order.CLOSE)
    assert [one.order for one in shown] == [Order.CLOSE]
    assert console.last_said("beratung-7") is None
    assert not console.is_inside(ANNA, "beratung-7")
