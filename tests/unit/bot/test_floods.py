"""Floods: one sentence, then a pause of a minute; nobody else notices, nothing of it is kept."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import structlog.testing
from hypothesis import given
from hypothesis import strategies as st

from bot.community import Community
from bot.dispatcher import Dispatcher
from bot.floods import MINUTE, Floods, Flow
from bot.mailbox import Mailbox
from bot.messages import Action, Conversation, Incoming, Kind, Reply, Sender
from bot.router import Table
from bot.settings import CommunitySettings
from bot.turn import Services, Turn
from conftest import MovedClock
from fakes import ANNA, NOW, StandIn
from storage.database import Database
from storage.errors import StoreUnavailable
from storage.models.mailbox import InboxState
from storage.repositories.mailbox import MailboxRepository

PAUSE = "Das waren gerade viele Nachrichten. Ich mache eine Minute Pause für dich."
BEN = Sender("ben", "Ben")
CHAT = Conversation("stand-in", "direct:anna", is_direct=True)
OTHER = Conversation("stand-in", "room")
Finish = Callable[[MailboxRepository, int, InboxState], Awaitable[bool]]
SERVICES: Services = SimpleNamespace()  # type: ignore[assignment]


def message(at: float = 0.0, sender: Sender = ANNA, kind: Kind = Kind.MESSAGE, **changes: object) -> Incoming:
    """A message, some seconds after the beginning."""
    sent_at = NOW + timedelta(seconds=at)
    return Incoming(f"e{at}", CHAT, sender, "x", sent_at, kind, **changes)  # type: ignore[arg-type]


def flows(most: int, *moments: float) -> list[Flow]:
    floods = Floods(most)
    return [floods.judge(message(at), NOW + timedelta(days=1)) for at in moments]


CALM, TOO_MUCH, PAUSED = Flow.CALM, Flow.TOO_MUCH, Flow.PAUSE


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ((0, 1, 2), [CALM, CALM, TOO_MUCH]),
        ((0, 1, 2, 3, 61.9), [CALM, CALM, TOO_MUCH, PAUSED, PAUSED]),
        ((0, 1, 2, 62), [CALM, CALM, TOO_MUCH, CALM]),
        ((0, 1, 60), [CALM, CALM, CALM]),
        ((0, 30, 59.9), [CALM, CALM, TOO_MUCH]),
        ((0, 1, 2, 62, 63, 64), [CALM, CALM, TOO_MUCH, CALM, CALM, TOO_MUCH]),
    ],
)
def test_the_first_one_too_many_is_told_and_the_rest_of_a_minute_dropped(
    moments: Sequence[float], expected: list[Flow]
) -> None:
    assert flows(2, *moments) == expected


def test_without_a_limit_nobody_is_stopped() -> None:
    assert set(flows(0, *range(500))) == {CALM}


def test_each_person_has_a_limit_of_their_own() -> None:
    floods = Floods(1)
    assert [floods.judge(message(0, who), NOW) for who in (ANNA, ANNA, BEN)] == [CALM, TOO_MUCH, CALM]


def test_what_waited_while_the_bot_was_away_is_no_flood() -> None:
    assert flows(2, *range(0, 6000, 60)) == [CALM] * 100


def test_a_clock_that_is_ahead_helps_nobody() -> None:
    floods = Floods(1)
    assert [floods.judge(message(hours * 3600), NOW) for hours in range(3)] == [CALM, TOO_MUCH, PAUSED]


def test_a_clock_that_is_set_back_silences_nobody_for_long() -> None:
    floods = Floods(1)
    assert [floods.judge(message(at), NOW + timedelta(days=1)) for at in (3600, 3601)] == [CALM, TOO_MUCH]
    assert floods.judge(message(0), NOW + timedelta(days=1)) is CALM


@pytest.mark.parametrize("talk", [{"is_addressed": False}, {"kind": Kind.REACTION}])
def test_who_talked_much_with_others_is_told_at_the_first_word_to_the_bot(talk: dict[str, Any]) -> None:
    floods = Floods(2)
    assert [floods.judge(message(at, **talk), NOW) for at in range(4)] == [CALM, CALM, PAUSED, PAUSED]
    assert [floods.judge(message(at), NOW) for at in range(4, 6)] == [TOO_MUCH, PAUSED]


def test_deletions_are_always_done() -> None:
    floods = Floods(1)
    assert [floods.judge(message(n, kind=Kind.DELETION), NOW) for n in range(3)] == [CALM, CALM, CALM]
    floods.judge(message(), NOW), floods.judge(message(), NOW)
    assert floods.judge(message(kind=Kind.DELETION), NOW) is CALM


@given(st.integers(1, 5), st.lists(st.integers(0, 300), max_size=60).map(sorted))
def test_in_no_minute_more_is_answered_and_nobody_is_told_twice(most: int, moments: list[int]) -> None:
    found = flows(most, *moments)
    answered = [at for at, flow in zip(moments, found, strict=True) if flow is CALM]
    told = [at for at, flow in zip(moments, found, strict=True) if flow is TOO_MUCH]
    for at in answered:
        assert sum(at <= other < at + MINUTE.total_seconds() for other in answered) <= most
    assert all(later - earlier >= MINUTE.total_seconds() for earlier, later in pairwise(told))


# in the dispatcher


async def answer(turn: Turn, services: Services) -> Sequence[Action]:
    return [Reply("Antwort")]


class Bot:
    def __init__(self, database: Database, clock: MovedClock, **settings: object) -> None:
        self.platform, self.clock = StandIn(), clock
        self.mailbox = Mailbox(database, clock.now)
        self.mailbox.serve({"stand-in": self.platform})
        community = Community(CommunitySettings(address_direct="du", **settings), clock.now)  # type: ignore[arg-type]
        table = Table((), {}, answer)
        self.dispatcher = Dispatcher(database, self.mailbox, community, table, SERVICES)
        self._number = 0

    async def start(self) -> "Bot":
        await self.mailbox.resume("stand-in")
        await self.dispatcher.start()
        return self

    async def hear(self, count: int, sender: Sender = ANNA, place: Conversation = CHAT, **changes: object) -> list[str]:
        """What the bot says upon so many messages of somebody."""
        said = len(self.platform.sent)
        for _ in range(count):
            self._number += 1
            one = Incoming(f"e{self._number}", place, sender, "x", self.clock.now(), **changes)  # type: ignore[arg-type]
            await self.mailbox.receive("stand-in", [one])
        await self.dispatcher.idle()
        await self.mailbox.idle()
        return self.platform.texts[said:]


async def test_an_eager_human_meets_no_limit(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock).start()
    for _ in range(60):
        clock.move(timedelta(seconds=2.1))
        assert await bot.hear(1) == ["Antwort"]


async def test_a_flood_gets_one_sentence_and_nothing_of_it_is_left_to_do(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock).start()
    with structlog.testing.capture_logs() as logs:
        assert await bot.hear(40) == ["Antwort"] * 30 + [PAUSE]
    async with sqlite.reading() as uow:
        assert await uow.mailbox.waiting_received() == []
    assert logs == []
    assert await bot.hear(1, BEN) == ["Antwort"]
    clock.move(MINUTE)
    assert await bot.hear(1) == ["Antwort"]


async def test_a_person_is_limited_in_all_conversations_together(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock, messages_per_minute=2).start()
    assert await bot.hear(2) == ["Antwort"] * 2
    assert await bot.hear(2, place=OTHER) == [PAUSE]


async def test_talk_with_others_gets_no_sentence(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock, messages_per_minute=2).start()
    assert await bot.hear(5, place=OTHER, is_addressed=False) == []


async def test_a_question_can_be_deleted_in_the_pause(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock, messages_per_minute=1).start()
    await bot.hear(3)
    await bot.hear(1, kind=Kind.DELETION, refers_to="e1")
    assert [one.deletes for one in bot.platform.sent][-1] == "m1"


async def test_a_message_that_is_tried_again_counts_once(
    sqlite: Database, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [StoreUnavailable("locked")]
    monkeypatch.setattr("bot.patience.FIRST_S", 0.0)
    monkeypatch.setattr(MailboxRepository, "finish", failing(MailboxRepository.finish, failures))
    bot = await Bot(sqlite, clock, messages_per_minute=2).start()
    assert await bot.hear(2) == ["Antwort"] * 2
    assert failures == []


def failing(finish: Finish, failures: list[StoreUnavailable]) -> Finish:
    """Finishes as before, once the failures are used up."""

    async def attempt(mailbox: MailboxRepository, number: int, state: InboxState) -> bool:
        if failures:
            raise failures.pop()
        return await finish(mailbox, number, state)

    return attempt
