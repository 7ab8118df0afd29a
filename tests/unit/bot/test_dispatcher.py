"""Messages become actions in one transaction, and errors stop at one place."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
import structlog

from bot.commands import Command
from bot.community import Community
from bot.dispatcher import Dispatcher
from bot.errors import DeliveryError, UserError
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


async def keep(turn: Turn, services: Services) -> Sequence[Action]:
    """Opens a question, and offers to go on."""
    await turn.uow.questions.open(turn.message.text, turn.today, turn.answer_key)
    return [Reply(f"kept {turn.message.text}", Offer("kept", (Choice("weiter", "weiter"),)))]


TABLE = Table(
    (Job(Command("refuse"), refuse), Job(Command("break"), break_down)), choosers={"chosen": chosen}, asker=echo
)
KEEPING = Table((), choosers={"kept": keep}, asker=keep)


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


def deleted(event_id: str, of: str) -> Incoming:
    return said(event_id, "", kind=Kind.DELETION, refers_to=of)


async def open_questions(database: Database) -> list[str]:
    async with database.reading() as uow:
        return [question.text for question in await uow.questions.open_questions(10)]


async def offers(database: Database) -> int:
    async with database.reading() as uow:
        return len(await uow.questions.offers_to("stand-in", "room", "anna"))


@pytest.fixture
async def keeper(sqlite: Database, clock: MovedClock) -> Bot:
    return await Bot(sqlite, clock, KEEPING).start()


async def test_a_deleted_question_is_forgotten_with_our_answer(keeper: Bot, sqlite: Database) -> None:
    await keeper.hear(said("a", "eins"), said("b", "zwei"), deleted("c", of="a"))
    assert [outgoing.deletes for outgoing in keeper.platform.sent] == [None, None, "m1"]
    assert await open_questions(sqlite) == ["zwei"]
    assert await offers(sqlite) == 1


async def test_with_a_deleted_question_goes_what_followed_and_nothing_else(keeper: Bot, sqlite: Database) -> None:
    await keeper.hear(said("a", "eins"), said("b", "weiter"), said("c", "1"), said("d", "vier"), said("e", "1"))
    await keeper.hear(deleted("x", of="a"))
    assert [outgoing.deletes for outgoing in keeper.platform.sent[5:]] == ["m1", "m2", "m3"]
    assert await open_questions(sqlite) == ["1", "vier"]
    assert await offers(sqlite) == 1


async def test_a_deleted_choice_takes_back_only_what_it_led_to(keeper: Bot, sqlite: Database) -> None:
    await keeper.hear(said("a", "eins"), said("b", "weiter"), said("c", "1"), deleted("x", of="b"))
    assert [outgoing.deletes for outgoing in keeper.platform.sent[3:]] == ["m2", "m3"]
    assert await open_questions(sqlite) == ["eins"]


async def test_a_deleted_question_that_was_edited_is_forgotten_in_its_newest_version(
    keeper: Bot, sqlite: Database
) -> None:
    await keeper.hear(said("a", "eins"), edited("b", "neu", of="a"))
    assert await open_questions(sqlite) == ["neu"]
    await keeper.hear(edited("c", "neuer", of="a"), said("d", "1"), deleted("x", of="a"))
    assert [outgoing.deletes for outgoing in keeper.platform.sent[4:]] == ["m1", "m4"]
    assert await open_questions(sqlite) == []


async def test_a_question_is_forgotten_even_when_our_answer_to_it_is_too_old_to_delete(
    keeper: Bot, sqlite: Database, clock: MovedClock
) -> None:
    await keeper.hear(said("a", "eins"), said("b", "1"), edited("c", "neu", of="a"))
    clock.move(timedelta(days=60))
    async with sqlite.unit_of_work() as uow:
        await uow.mailbox.forget(clock.now())
        await uow.commit()
    await keeper.hear(deleted("x", of="a"))
    assert await open_questions(sqlite) == []
    assert len(keeper.platform.sent) == 3


async def test_a_deleted_message_is_not_answered_any_more(keeper: Bot) -> None:
    await keeper.hear(said("a", "eins"), deleted("x", of="a"), edited("b", "neu", of="a"))
    await keeper.hear(deleted("y", of="late"), said("late", "its key came late"))
    assert keeper.platform.texts == ["kept eins", ""]


async def test_a_deletion_counts_once(keeper: Bot) -> None:
    await keeper.hear(said("a", "eins"), deleted("x", of="a"), deleted("x", of="a"), deleted("y", of="a"))
    assert [outgoing.deletes for outgoing in keeper.platform.sent] == [None, "m1"]


async def test_deleting_something_else_does_nothing(keeper: Bot, sqlite: Database) -> None:
    await keeper.hear(said("a", "eins"), deleted("x", of="talk among others"), deleted("y", of=""))
    assert keeper.platform.texts == ["kept eins"]
    assert await open_questions(sqlite) == ["eins"]


async def test_when_our_answer_is_deleted_its_choices_are_withdrawn(keeper: Bot, sqlite: Database) -> None:
    await keeper.hear(said("a", "eins"), deleted("x", of="m1"))
    assert await offers(sqlite) == 0
    assert await open_questions(sqlite) == ["eins"]
    assert len(keeper.platform.sent) == 1


async def test_an_answer_that_never_arrived_need_not_be_deleted(keeper: Bot, sqlite: Database) -> None:
    keeper.platform.faults.append(DeliveryError("room is gone", is_final=True))
    await keeper.hear(said("a", "eins"), deleted("x", of="a"))
    assert keeper.platform.sent == []
    async with sqlite.reading() as uow:
        assert await uow.mailbox.waiting_to_send() == []


async def test_a_crash_between_a_deletion_and_its_sending_deletes_once(sqlite: Database, clock: MovedClock) -> None:
    silent = Bot(sqlite, clock, KEEPING)  # never resumed, so it sends nothing
    await silent.dispatcher.start()
    await silent.hear(said("a", "eins"), deleted("x", of="a"))
    restarted = await Bot(sqlite, clock, KEEPING).start()
    await restarted.hear(said("a", "eins"), deleted("x", of="a"))
    assert [outgoing.deletes for outgoing in restarted.platform.sent] == [None, "m1"]


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
