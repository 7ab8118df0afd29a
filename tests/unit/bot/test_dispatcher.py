"""Messages become actions in one transaction, and errors stop at one place."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest
import structlog

from bot.commands import Command
from bot.community import Community
from bot.dispatcher import Dispatcher
from bot.errors import UserError
from bot.mailbox import Mailbox
from bot.messages import Action, Choice, Conversation, Incoming, Kind, Offer, Reply, Sender
from bot.router import Job, Table
from bot.settings import CommunitySettings
from bot.turn import Services, Turn
from conftest import MovedClock
from fakes import StandIn, edited, said
from storage.database import Database
from storage.errors import StoreUnavailable

SERVICES: Services = SimpleNamespace(search=None, commands=())  # type: ignore[assignment]
GROUP = Conversation("stand-in", "group")


async def echo(turn: Turn, services: Services) -> Sequence[Action]:
    """Answers with what was said, and offers to delete it."""
    return [Reply(f"echo {turn.text}", Offer("chosen", (Choice("löschen", "löschen", {"of": turn.text}),)))]


async def chosen(turn: Turn, services: Services) -> Sequence[Action]:
    assert turn.choice
    return [Reply(f"gelöscht: {turn.choice.data['of']}")]


async def refuse(turn: Turn, services: Services) -> Sequence[Action]:
    await turn.uow.questions.open("should not stay", turn.today)
    raise UserError("Das geht so nicht.")


async def break_down(turn: Turn, services: Services) -> Sequence[Action]:
    await turn.uow.questions.open("should not stay", turn.today)
    raise RuntimeError(f"secret {turn.message.text}")


TABLE = Table(
    (Job(Command("refuse"), refuse), Job(Command("break"), break_down)), choosers={"chosen": chosen}, asker=echo
)


class Bot:
    """Mailbox and dispatcher over a real database, with a stand-in for the platform."""

    def __init__(self, database: Database, clock: MovedClock, table: Table = TABLE) -> None:
        self.platform = StandIn()
        self.mailbox = Mailbox(database, clock.now)
        self.mailbox.serve({"stand-in": self.platform})
        community = Community(CommunitySettings(), clock.now)
        self.dispatcher = Dispatcher(database, self.mailbox, community, table, SERVICES)

    async def start(self) -> "Bot":
        await self.mailbox.resume("stand-in")
        await self.dispatcher.start()
        return self

    async def hear(self, *events: Incoming) -> list[str]:
        """Receive events and give all texts sent so far."""
        await self.mailbox.receive("stand-in", events)
        await self.dispatcher.idle()
        await self.mailbox.idle()
        return self.platform.texts


@pytest.fixture
async def bot(sqlite: Database, clock: MovedClock) -> Bot:
    return await Bot(sqlite, clock).start()


async def test_a_message_is_answered_once_however_often_it_arrives(bot: Bot) -> None:
    await bot.hear(said("a", "eins"), said("a", "eins"))
    assert await bot.hear(said("a", "eins"), said("b", "zwei")) == ["echo eins", "echo zwei"]


async def test_nothing_of_a_handled_message_is_kept(bot: Bot, sqlite: Database) -> None:
    await bot.hear(said("a", "refuse"))
    async with sqlite.reading() as uow:
        assert await uow.mailbox.waiting_received() == []
        assert await uow.mailbox.waiting_to_send() == []


async def test_a_user_error_is_said_and_changes_nothing(bot: Bot, sqlite: Database) -> None:
    assert await bot.hear(said("a", "refuse")) == ["Das geht so nicht."]
    async with sqlite.reading() as uow:
        assert await uow.questions.count_open() == 0


async def test_our_mistake_gives_one_fixed_sentence_and_changes_nothing(bot: Bot, sqlite: Database) -> None:
    with structlog.testing.capture_logs() as logs:
        [sentence] = await bot.hear(said("a", "break"))
    assert "liegt an mir" in sentence
    assert "secret" not in sentence
    [entry] = logs
    assert entry["report"] in sentence
    assert "break_down" in entry["error"]
    assert "secret" not in str(entry)
    async with sqlite.reading() as uow:
        assert await uow.questions.count_open() == 0


async def test_a_broken_message_does_not_stop_the_next(bot: Bot) -> None:
    assert (await bot.hear(said("a", "break"), said("b", "weiter")))[-1] == "echo weiter"


async def test_a_choice_is_taken_up_once_by_number_word_or_reaction(bot: Bot) -> None:
    await bot.hear(said("a", "eins"), said("b", "1"))
    await bot.hear(said("c", "zwei"), said("d", "löschen"))
    texts = await bot.hear(said("e", "drei"))
    shown = f"m{len(texts)}"
    await bot.hear(said("f", "1️⃣", kind=Kind.REACTION, refers_to=shown))
    texts = await bot.hear(said("g", "1️⃣", kind=Kind.REACTION, refers_to=shown))
    assert [text for text in texts if "gelöscht" in text] == ["gelöscht: eins", "gelöscht: zwei", "gelöscht: drei"]


async def test_a_reaction_takes_up_the_message_it_is_put_on(bot: Bot) -> None:
    await bot.hear(said("a", "eins"), said("b", "zwei"))
    assert (await bot.hear(said("c", "1️⃣", kind=Kind.REACTION, refers_to="m1")))[-1] == "gelöscht: eins"


async def test_somebody_elses_choice_is_not_taken(bot: Bot) -> None:
    await bot.hear(said("a", "eins", GROUP))
    other = replace(said("b", "1", GROUP, is_addressed=False), sender=Sender("ben", "Ben"))
    assert await bot.hear(other) == ["echo eins"]
    assert (await bot.hear(said("c", "1", GROUP, is_addressed=False)))[-1] == "gelöscht: eins"


async def test_group_talk_is_left_alone(bot: Bot) -> None:
    assert await bot.hear(said("a", "bis später", GROUP, is_addressed=False)) == []


async def test_an_edited_question_changes_the_answer_and_its_choices(bot: Bot) -> None:
    await bot.hear(said("a", "eins"), edited("b", "neu", of="a"), edited("c", "neuer", of="a"))
    assert bot.platform.texts == ["echo eins", "echo neu", "echo neuer"]
    assert [outgoing.replaces for outgoing in bot.platform.sent] == [None, "m1", "m1"]
    assert (await bot.hear(said("d", "1")))[-1] == "gelöscht: neuer"
    assert (await bot.hear(said("e", "1")))[-1] == "echo 1"


async def test_a_crash_between_storing_and_answering_answers_once(sqlite: Database, clock: MovedClock) -> None:
    await Mailbox(sqlite, clock.now).receive("stand-in", [said("a", "eins")])
    first, second = await Bot(sqlite, clock).start(), await Bot(sqlite, clock).start()
    for bot in (first, second):
        await bot.hear()
    assert first.platform.texts + second.platform.texts == ["echo eins"]


async def test_a_crash_between_answering_and_sending_sends_once(sqlite: Database, clock: MovedClock) -> None:
    silent = Bot(sqlite, clock)  # never resumed, so it answers into the outbox and sends nothing
    await silent.dispatcher.start()
    await silent.hear(said("a", "eins"))
    assert silent.platform.sent == []
    restarted = await Bot(sqlite, clock).start()
    assert await restarted.hear() == ["echo eins"]


async def test_a_database_that_is_away_for_a_moment_loses_nothing(
    sqlite: Database, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.patience.FIRST_S", 0.001)
    failures = iter([True, True])

    async def ask(turn: Turn, services: Services) -> Sequence[Action]:
        if next(failures, False):
            raise StoreUnavailable("locked")
        return await echo(turn, services)

    bot = await Bot(sqlite, clock, Table((), {"chosen": chosen}, ask)).start()
    assert await bot.hear(said("a", "eins")) == ["echo eins"]


async def test_conversations_are_answered_side_by_side_and_each_in_order(sqlite: Database, clock: MovedClock) -> None:
    slow, running = asyncio.Event(), set()

    async def ask(turn: Turn, services: Services) -> Sequence[Action]:
        running.add(turn.message.conversation.id)
        if len(running) == 3:
            slow.set()
        await slow.wait()  # goes on only when all three rooms are being answered
        return [Reply(turn.text)]

    bot = await Bot(sqlite, clock, Table((), {}, ask)).start()
    rooms = [Conversation("stand-in", room) for room in "abc"]
    events = [said(f"{room.id}{number}", f"{room.id}{number}", room) for number in range(5) for room in rooms]
    texts = await bot.hear(*events)
    for room in "abc":
        assert [text for text in texts if text[0] == room] == [f"{room}{number}" for number in range(5)]
