"""Which handler takes a message."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.commands import Command
from bot.messages import Action, Choice, Conversation, Incoming, Kind, Offer, Sender
from bot.router import Job, StandingOffer, Table, route
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


def test_the_newest_offer_is_meant() -> None:
    newest = StandingOffer("new", None, OFFER)
    decided = route(message("1"), [newest, HERE], TABLE)
    assert decided is not None
    assert decided.taken == newest
