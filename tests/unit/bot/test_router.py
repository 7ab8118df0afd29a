"""Which handler takes a message."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.commands import Command
from bot.messages import Action, Choice, Conversation, Incoming, Kind, Offer, Sender
from bot.router import DRAFT_AWAITED, DRAFT_KEPT, TEXT_AWAITED, Job, StandingOffer, Table, route
from bot.turn import Services, Turn


async def ask(turn: Turn, services: Services) -> Sequence[Action]:
    return []


async def explain(turn: Turn, services: Services) -> Sequence[Action]:
    return []


async def choose(turn: Turn, services: Services) -> Sequence[Action]:
    return []


TABLE = Table((Job(Command("hilfe"), explain),), {"entry": choose}, ask)
MESSAGE = Incoming(
    "e1", Conversation("p", "room", is_direct=True), Sender("anna", "Anna"), "", datetime(2026, 11, 20, tzinfo=UTC)
)
OFFER = Offer("entry", (Choice("1", "erste"), Choice("keine", "keine davon")))
HERE = StandingOffer("k1", None, OFFER)
COMING = StandingOffer(
    "k3", None, Offer("entry", (Choice("komme", "komme", reaction="ja"), Choice("absage", "nicht", reaction="nein")))
)
IN_THREAD = StandingOffer("k2", "root", OFFER)


def message(text: str, **changes: object) -> Incoming:
    return replace(MESSAGE, text=text, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "standing", "handler"),
    [
        (message("wo ist der Scanner"), [], ask),
        (message("!wo ist der Scanner"), [], ask),
        (message("hilfe"), [], explain),
        (message("1"), [HERE], choose),
        (message("keine"), [HERE], choose),
        (message("hilfe"), [HERE], explain),
        (message("7"), [HERE], ask),
        (message("1", is_addressed=False), [HERE], choose),
        (message("1", thread="root"), [IN_THREAD], choose),
        (message("1", kind=Kind.REACTION, thread="other"), [IN_THREAD], choose),
        (message("neu gefragt", kind=Kind.EDIT), [], ask),
        (message("1", kind=Kind.EDIT), [HERE], ask),
        (message("1", thread="other"), [IN_THREAD], ask),
    ],
)
def test_a_message_goes_to_its_handler(said: Incoming, standing: list[StandingOffer], handler: object) -> None:
    decided = route(said, standing, TABLE)
    assert decided is not None
    assert decided.handler is handler


@pytest.mark.parametrize(
    "said",
    [
        message("bis später", is_addressed=False),
        message("hilfe", is_addressed=False),
        message("1", is_addressed=False),
        message("🎉", kind=Kind.REACTION),
    ],
)
def test_what_is_not_meant_for_the_bot_is_left_alone(said: Incoming) -> None:
    assert route(said, [], TABLE) is None


def test_a_whole_command_is_more_than_words_on_a_choice() -> None:
    table = replace(TABLE, jobs=(Job(Command("jour fixe"), explain),))
    searched = StandingOffer("k1", None, Offer("entry", (Choice("1", "Was passiert im Jour fixe der Lots:innen?"),)))
    decided = route(message("jour fixe"), [searched], table)
    assert decided is not None
    assert decided.handler is explain


def test_the_newest_offer_is_meant() -> None:
    newest = StandingOffer("new", None, OFFER)
    decided = route(message("1"), [newest, HERE], TABLE)
    assert decided is not None
    assert decided.taken == newest


@pytest.mark.parametrize(("said", "handler"), [("1 und 3", choose), ("hilfe", explain), ("wo ist der Scanner", ask)])
def test_what_is_no_answer_to_a_question_passes_as_if_nothing_was_asked(said: str, handler: object) -> None:
    table = replace(TABLE, answers={"entry": lambda text: text[0].isdecimal()})
    decided = route(message(said), [StandingOffer("k1", None, Offer("entry", (), asks={}))], table)
    assert decided is not None
    assert decided.handler is handler


def test_a_number_is_never_about_an_offer_before_the_newest_one() -> None:
    newest = StandingOffer("new", None, Offer("other", (Choice("rückgängig", "rückgängig"),)))
    decided = route(message("2"), [newest, HERE], TABLE)
    assert decided is not None
    assert decided.choice is None


def test_a_word_of_its_own_may_be_about_an_earlier_offer() -> None:
    earlier = StandingOffer("k0", None, Offer("entry", (Choice("freigeben", "freigeben"),)))
    decided = route(message("freigeben"), [HERE, earlier], TABLE)
    assert decided is not None
    assert decided.taken == earlier


ASKING = Offer("text", (Choice("abbrechen", "abbrechen"),), {"entry": "7"})
WAITING = StandingOffer("k3", None, ASKING)
STALE = StandingOffer("k3", None, ASKING, age=TEXT_AWAITED + timedelta(minutes=1))
EDITING = Table(
    (
        Job(Command("hilfe"), explain),
        Job(Command("ändern", numbered=True), explain),
        Job(Command("auswahl", ("ja",), is_bare=True), explain),
    ),
    {"entry": choose, "text": choose},
    ask,
    listener=explain,
)


@pytest.mark.parametrize(
    ("said", "standing", "handler"),
    [
        (message("Im zweiten Stock, Raum 12."), [WAITING], choose),
        (message("abbrechen"), [WAITING], choose),
        (message("hilfe"), [WAITING], explain),
        (message("ja"), [WAITING], choose),
        (message("7 ändern"), [WAITING], explain),
        (message("Im zweiten Stock"), [STALE], ask),
        (message("Im zweiten Stock"), [HERE, WAITING], ask),
        (message("Im zweiten Stock", kind=Kind.EDIT), [WAITING], ask),
        (message("Im zweiten Stock", thread="other"), [WAITING], ask),
        (message("214 ändern"), [], explain),
        (message("Im zweiten Stock", is_addressed=False, is_aside=True), [WAITING], explain),
    ],
)
def test_a_text_that_was_asked_for_goes_to_who_asked(
    said: Incoming, standing: list[StandingOffer], handler: object
) -> None:
    decided = route(said, standing, EDITING)
    assert decided is not None
    assert decided.handler is handler


@pytest.mark.parametrize(
    ("said", "age", "handler"),
    [
        ("Cem Kaya", TEXT_AWAITED + timedelta(minutes=1), choose),
        ("Cem Kaya", DRAFT_AWAITED, choose),
        ("Wo ist der Scanner?", TEXT_AWAITED, choose),
        ("Wo ist der Scanner?", DRAFT_AWAITED, choose),
        ("Wo ist der Scanner?", DRAFT_AWAITED + timedelta(minutes=1), ask),
        ("Cem Kaya", DRAFT_KEPT, choose),
        ("Cem Kaya", DRAFT_KEPT + timedelta(minutes=1), ask),
    ],
)
def test_a_draft_goes_on_after_an_interruption(said: str, age: timedelta, handler: object) -> None:
    decided = route(message(said), [replace(WAITING, age=age)], replace(EDITING, drafts=frozenset({"text"})))
    assert decided is not None
    assert decided.handler is handler


def test_a_written_text_comes_with_what_it_was_asked_for() -> None:
    decided = route(message("Im zweiten Stock"), [WAITING], EDITING)
    assert decided is not None
    assert decided.choice is not None
    assert (decided.text, decided.choice.data, decided.taken) == ("Im zweiten Stock", {"entry": "7"}, WAITING)


@pytest.mark.parametrize("said", [message("Im Keller", is_addressed=False), message("🎉", kind=Kind.REACTION)])
def test_what_was_not_said_to_the_bot_is_no_text_that_it_asked_for(said: Incoming) -> None:
    assert route(said, [WAITING], EDITING) is None


def test_asides_are_dropped_when_nobody_listens() -> None:
    assert route(message("Im Keller", is_addressed=False, is_aside=True), [], TABLE) is None


@pytest.mark.parametrize(("emoji", "word"), [("👍", "komme"), ("👎", "absage"), ("1️⃣", "komme"), ("🎉", None)])
def test_a_reaction_takes_the_choice_that_it_stands_for(emoji: str, word: str | None) -> None:
    found = route(message(emoji, kind=Kind.REACTION, is_addressed=False), [COMING], TABLE)
    assert (found and found.choice and found.choice.word) == word


@pytest.mark.parametrize("said", ["ja", "nein", "ok ja", "👍"])
def test_what_only_a_reaction_says_is_taken_by_nobody_who_writes_it(said: str) -> None:
    assert route(message(said, is_addressed=False), [COMING], TABLE) is None


def test_a_reaction_may_be_a_command() -> None:
    table = Table((Job(Command("merken"), explain),), {}, ask)
    decided = route(message("📌", kind=Kind.REACTION), [], table)
    assert decided is not None
    assert decided.handler is explain
