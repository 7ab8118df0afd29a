"""The demo's commands say things as people in a chat would: below a question, or as a reply to the bot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

import pytest

from bot.app import App
from bot.clock import Clock
from bot.demo.residents import PEOPLE
from bot.demo.run import Chat, span
from bot.messages import Conversation, Kind, Order, Outgoing, RoomOrder
from bot.platforms.console import NAME, Console, direct_chat
from servers.matrix_bot import Inbox

LOTSEN = Conversation(NAME, "lotsen")


class Silent:
    """A bot that hears and says nothing by itself."""

    async def idle(self) -> None:
        return


@dataclass
class Terminal:
    """The demo with what it shows and hands over."""

    console: Console
    inbox: Inbox = field(default_factory=Inbox)
    shown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chat = Chat(cast(App, Silent()), self.console, Clock(), self.shown.append)

    async def said(self, text: str, name: str = "") -> str:
        """Have the bot say something to somebody alone, or in the supporters' room."""
        place = Conversation(NAME, direct_chat(PEOPLE[name]), is_direct=True) if name else LOTSEN
        return await self.console.send(Outgoing("k", place, text))


@pytest.fixture
async def terminal() -> AsyncIterator[Terminal]:
    terminal = Terminal(Console(Clock().now, str.isdecimal, is_noting="notiz".__eq__))
    running = asyncio.create_task(terminal.console.run(terminal.inbox))
    yield terminal
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_answer_in_a_direct_chat_quotes_what_the_bot_said_last_there(terminal: Terminal) -> None:
    second = await terminal.said("Welcher Raum?", "lotse")
    first = await terminal.said("Welches Stockwerk?", "beschäftigt")
    await terminal.said("Neu: ein Entwurf.")
    for line in ("/antworten Das dritte.", "/als lotse", "/antworten Raum 3."):
        await terminal.chat.line(line)
    assert [(event.text, event.replies_to) for event in terminal.inbox.events] == [
        ("Das dritte.", first),
        ("Raum 3.", second),
    ]


async def test_answer_to_nothing_is_explained(terminal: Terminal) -> None:
    for line in ("/antworten Das dritte.", "/raum lotsen", "/antworten Das dritte."):
        await terminal.chat.line(line)
    assert terminal.shown[0] == "In diesem Chat habe ich noch nichts gesagt."
    assert terminal.shown[-1] == "In diesem Raum hat noch niemand gefragt."
    assert terminal.inbox.events == []


async def test_answer_in_a_room_is_below_the_newest_of_question_and_post(terminal: Terminal) -> None:
    for line in ("/raum lotsen", "@Lotsenfunk Wo ist der Drucker?", "/als lotse", "/antworten Im Flur."):
        await terminal.chat.line(line)
    question, aside = terminal.inbox.events
    assert (aside.thread, aside.is_aside) == (question.event_id, True)
    post = await terminal.said("Weiß jemand, wo der Scanner steht?")
    await terminal.chat.line("/antworten Im Keller.")
    answer = terminal.inbox.events[-1]
    assert (answer.thread, answer.is_addressed, answer.is_follow_up) == (post, True, True)


async def test_answer_in_a_consultation_is_a_reply_to_what_somebody_said_last(terminal: Terminal) -> None:
    terminal.inbox.led.add("beratung-7")
    for line in ("/raum beratung-7", "Klein anfangen.", "/als lotse", "/antworten notiz"):
        await terminal.chat.line(line)
    said, noted = terminal.inbox.events
    assert noted.quoted is not None
    assert (noted.quoted.event_id, noted.thread) == (said.event_id, None)


@pytest.mark.parametrize(
    ("written", "passed"),
    [("+3d", timedelta(days=3)), ("2 h", timedelta(hours=2)), ("+30m", timedelta(minutes=30)), ("morgen", None)],
)
def test_time_is_named_in_days_hours_or_minutes(written: str, passed: timedelta | None) -> None:
    assert span(written) == passed


async def test_a_room_that_the_bot_opens_is_shown_and_only_who_is_invited_speaks_there(terminal: Terminal) -> None:
    room = Conversation(NAME, "beratung-7")
    invited = (PEOPLE["lotse"].id,)
    for order in (Order.OPEN, Order.INVITE):
        await terminal.console.send(Outgoing("k", room, "", room=RoomOrder(order, "Beratung 7", invited)))
    assert terminal.shown.pop() == "Lotsenfunk hat einen Raum geöffnet: /raum beratung-7\n"
    for line in ("/raum beratung-7", "Darf ich?", "/als lotse", "@Lotsenfunk weiter", "/verlassen", "hallo"):
        await terminal.chat.line(line)
    assert f"{PEOPLE['beschäftigt'].name} ist nicht in beratung-7." in terminal.shown
    heard = [(event.kind, event.text, event.conversation.is_direct) for event in terminal.inbox.events]
    assert heard == [
        (Kind.ENTERED, "", False),
        (Kind.MESSAGE, "weiter", False),
        (Kind.LEFT, "", False),
        (Kind.MESSAGE, "hallo", True),
    ]
    await terminal.console.send(Outgoing("k", room, "", room=RoomOrder(Order.CLOSE)))
    assert "geschlossen" in terminal.shown[-1]
