"""Questions to everybody: read only where the coordinators want it, and answered only when the answer is sure."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.commands import Command, looks_like_choice, looks_like_question
from bot.mailbox import Mailbox
from bot.messages import Action, Choice, Conversation, Incoming, Kind, Offer, Reply, Sender
from bot.platforms.console import Console
from bot.platforms.matrix.attention import Attention, Quotation
from bot.platforms.matrix.events import Reading
from bot.platforms.wire import Wire
from bot.router import Job, Route, StandingOffer, Table, route
from bot.turn import Services, Turn
from conftest import MovedClock
from fakes import ANNA, NOW, said
from handlers.ask import ask as ask_handler
from knowledge.decision import Decision
from knowledge.index import Hit
from knowledge.search import Findings
from storage.database import Database
from storage.models.knowledge import EntryContent, Visibility

BOT = "@lotse:example.org"
OPEN, CLOSED = Conversation("p", "open"), Conversation("p", "closed")
QUESTION = "Wo steht der Scanner?"
ASKED = Incoming("$a", OPEN, ANNA, QUESTION, datetime(2026, 11, 20, tzinfo=UTC), is_addressed=False)


def overhears(conversation: Conversation, text: str) -> bool:
    return conversation.id == "open" and looks_like_question(text)


@pytest.mark.parametrize(
    "text",
    [
        "Wo steht der Scanner?",
        "kann mir wer helfen ?",
        "Scanner? 🙂",
        "wie geht das",
        "Weiß das jemand?!",
        "WARUM denn",
    ],
)
def test_it_is_a_question(text: str) -> None:
    assert looks_like_question(text)


@pytest.mark.parametrize(
    "text", ["Mahlzeit!", "Der steht im Flur.", "?", "", "Wochenende", "Siehe https://a.example/?x=1"]
)
def test_it_is_none(text: str) -> None:
    assert not looks_like_question(text)


# what reaches the inbox


@pytest.fixture
async def mailbox(sqlite: Database, clock: MovedClock) -> AsyncIterator[Mailbox]:
    mailbox = Mailbox(sqlite, clock.now)
    mailbox.overhear(overhears)
    yield mailbox
    await mailbox.stop()


async def received(database: Database) -> list[str]:
    async with database.reading() as uow:
        return [payload["text"] for _, payload in await uow.mailbox.waiting_received()]


@pytest.mark.parametrize(
    ("room", "text", "is_read"),
    [("open", QUESTION, True), ("open", "Der steht im Flur.", False), ("closed", QUESTION, False)],
)
async def test_without_the_wish_nothing_that_speaks_to_nobody_is_stored(
    sqlite: Database, mailbox: Mailbox, clock: MovedClock, room: str, text: str, is_read: bool
) -> None:
    console = Console(clock.now, looks_like_choice)
    mailbox.serve({console.name: console})
    console._intake = mailbox
    console._ready.set()
    await console.hear(ANNA, room, text)
    assert await received(sqlite) == ([text] if is_read else [])


async def test_by_itself_a_mailbox_overhears_nothing(sqlite: Database, clock: MovedClock) -> None:
    assert not Mailbox(sqlite, clock.now).overhears(OPEN, QUESTION)


async def look_up(room_id: str, event_id: str) -> Wire:
    return {}


async def quote(conversation: Conversation, event_id: str) -> Quotation:
    return Quotation(None, event_id)


@pytest.fixture
def attention() -> Attention:
    return Attention(BOT, look_up, quote, looks_like_choice, lambda text: False, overhears)


async def test_in_matrix_a_question_to_everybody_is_read_as_such(attention: Attention) -> None:
    taken = await attention.judge(Reading(ASKED))
    assert taken == replace(ASKED, is_overheard=True)


@pytest.mark.parametrize(
    "reading",
    [
        Reading(replace(ASKED, conversation=CLOSED)),
        Reading(replace(ASKED, text="Der steht im Flur.")),
        Reading(replace(ASKED, thread="$root")),
        Reading(ASKED, reply_to="$of_ben"),
    ],
)
async def test_in_matrix_other_talk_is_dropped(attention: Attention, reading: Reading) -> None:
    attention.note({"event_id": "$of_ben", "sender": "@ben:example.org", "content": {}})
    assert await attention.judge(reading) is None


async def test_in_matrix_a_changed_question_is_still_one_to_everybody(attention: Attention) -> None:
    attention.note({"event_id": "$a", "sender": ANNA.id, "content": {}})
    edit = replace(ASKED, event_id="$b", kind=Kind.EDIT, refers_to="$a", text="Wo steht der Drucker?")
    assert await attention.judge(Reading(edit)) is None
    await attention.judge(Reading(ASKED))
    taken = await attention.judge(Reading(edit))
    assert taken is not None
    assert (taken.is_overheard, taken.is_addressed) == (True, False)


async def test_in_matrix_what_names_the_bot_is_no_question_to_everybody(attention: Attention) -> None:
    taken = await attention.judge(Reading(replace(ASKED, is_addressed=True)))
    assert taken is not None
    assert not taken.is_overheard


# where all is heard

LED = Conversation("p", "led")
TALK = replace(ASKED, conversation=LED, text="Das kenne ich.")


async def refuse_to_quote(conversation: Conversation, event_id: str) -> Quotation:
    raise AssertionError("nothing is fetched there")


@pytest.fixture
def led() -> Attention:
    """It hears all in one room, and takes everything for a pin."""
    hears_all = LED.__eq__
    return Attention(BOT, look_up, refuse_to_quote, looks_like_choice, lambda text: True, overhears, hears_all)


@pytest.mark.parametrize(
    "reading",
    [
        Reading(TALK),
        Reading(replace(TALK, text="", has_attachment=True)),
        Reading(replace(TALK, thread="$root"), points_at="$root"),
        Reading(TALK, reply_to="$of_ben", points_at="$of_ben"),
    ],
)
async def test_in_matrix_all_talk_is_read_and_nothing_fetched(led: Attention, reading: Reading) -> None:
    led.note({"event_id": "$of_ben", "sender": "@ben:example.org", "content": {}})
    assert await led.judge(reading) == replace(reading.incoming, is_overheard=True)


async def test_in_matrix_what_is_said_to_the_bot_there_is_told_apart(led: Attention) -> None:
    led.note({"event_id": "$of_ours", "sender": BOT, "content": {}})
    for reading in (Reading(replace(TALK, is_addressed=True)), Reading(TALK, reply_to="$of_ours")):
        taken = await led.judge(reading)
        assert taken is not None
        assert (taken.is_addressed, taken.is_overheard) == (True, False)


async def test_in_matrix_only_its_writer_changes_what_was_said_there(led: Attention) -> None:
    thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": "$root"}}
    led.note({"event_id": "$a", "sender": ANNA.id, "content": thread})
    edit = replace(TALK, event_id="$b", kind=Kind.EDIT, refers_to="$a")
    taken = await led.judge(Reading(edit))
    assert taken is not None
    assert (taken.thread, taken.is_overheard) == ("$root", True)
    assert await led.judge(Reading(replace(edit, sender=Sender("ben", "Ben")))) is None


async def test_in_matrix_a_reaction_there_is_only_a_choice(led: Attention) -> None:
    led.note({"event_id": "$of_ben", "sender": "@ben:example.org", "content": {}})
    led.note({"event_id": "$of_ours", "sender": BOT, "content": {}})
    pin = replace(TALK, kind=Kind.REACTION, text="📌", refers_to="$of_ours")
    taken = await led.judge(Reading(pin, points_at="$of_ours"))
    assert taken is not None
    assert taken.quoted is None
    assert await led.judge(Reading(replace(pin, refers_to="$of_ben"), points_at="$of_ben")) is None


# who takes it


async def do(turn: Turn, services: Services) -> Sequence[Action]:
    return []


async def ask(turn: Turn, services: Services) -> Sequence[Action]:
    return []


TABLE = Table((Job(Command("was fehlt"), do),), {"topic": do}, ask, readings=((lambda text: True, do),))
OFFER = StandingOffer("k", None, Offer("topic", (Choice("wo", "wo"),)))


def test_a_question_to_everybody_is_no_command() -> None:
    overheard = said("a", "Was fehlt?", OPEN, is_addressed=False, is_overheard=True)
    assert route(overheard, [], TABLE) == Route(ask, text="Was fehlt?")
    assert route(replace(overheard, is_overheard=False), [], TABLE) is None


def test_it_may_be_a_choice() -> None:
    overheard = said("a", "Wo?", OPEN, is_addressed=False, is_overheard=True)
    taken = route(overheard, [OFFER], TABLE)
    assert taken is not None
    assert taken.taken == OFFER


# what is answered


def services(decision: Decision) -> Services:
    """A search that finds the entry about the scanner so surely."""
    shown = [Hit("scanner", 0.9, 0.5, 0.1)]

    async def find(question: str, circles: object) -> Findings:
        return Findings(decision, shown, shown)

    sensitivity = SimpleNamespace(recognise=lambda vector, text: "Krise" in text or None)
    return SimpleNamespace(search=SimpleNamespace(find=find), sensitivity=sensitivity)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("decision", "text", "answers"),
    [
        (Decision.ANSWER, QUESTION, ["Im Erdgeschoss."]),
        (Decision.CHOOSE, QUESTION, []),
        (Decision.UNKNOWN, QUESTION, []),
        (Decision.ANSWER, "Krise?", []),
        (Decision.ANSWER, "12345?", ["Im Erdgeschoss."]),
        (Decision.UNKNOWN, "12345?", []),
        (Decision.ANSWER, "Wo " + "x" * 1000, []),
    ],
)
async def test_only_a_sure_answer_is_given_and_no_question_opened(
    sqlite: Database, decision: Decision, text: str, answers: list[str]
) -> None:
    overheard = said("a", text, OPEN, is_addressed=False, is_overheard=True)
    async with sqlite.unit_of_work() as uow:
        entry = EntryContent(question=QUESTION, answer="Im Erdgeschoss.")
        await uow.knowledge.save([("scanner", entry)], "test", NOW)
        turn = Turn(overheard, text, None, "k", frozenset({Visibility.ORGANIZATION}), NOW, str, uow)
        actions = await ask_handler(turn, services(decision))
        assert await uow.questions.count_open() == 0
    assert len(actions) == len(answers)
    for answer, action in zip(answers, actions, strict=True):
        assert isinstance(action, Reply)
        assert answer in action.text
