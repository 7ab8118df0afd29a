"""Where people consult each other: who hears what, and rooms that are opened by an order, once and for all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from bot.commands import Command
from bot.community import Community
from bot.dispatcher import Dispatcher
from bot.errands import Errands
from bot.errors import DeliveryError, UserError
from bot.mailbox import Mailbox
from bot.messages import (
    Action,
    Arrange,
    Choice,
    Conversation,
    Incoming,
    Kind,
    Offer,
    Order,
    Outgoing,
    Reply,
    RoomOrder,
    Send,
    Unasked,
)
from bot.router import Job, Route, StandingOffer, Table, route_in_round
from bot.settings import CommunitySettings
from bot.turn import Night, Services, Turn
from conftest import MovedClock
from fakes import StandIn, edited, said
from storage.database import Database
from storage.models.peer_consultation import ConsultationGroup, GroupPlace
from storage.models.rooms import AnswerMode, Room

SERVICES: Services = SimpleNamespace(search=None, commands=())  # type: ignore[assignment]
CASE_ROOM = Conversation("stand-in", "!case")
CHAT = Conversation("stand-in", "direct", is_direct=True)
CORRIDOR = Conversation("stand-in", "!corridor")
NEW = Conversation("stand-in", "new:order")
QUIET = CommunitySettings(quiet_hours="20:00-07:00", messages_per_minute=2)
AT_NIGHT = datetime(2026, 11, 20, 22, tzinfo=UTC)

heard: list[tuple[str, Kind, str, bool]] = []
"""By whom what was heard, and whether nothing of it may be kept."""


async def hear(who: str, turn: Turn) -> Sequence[Action]:
    heard.append((who, turn.message.kind, turn.text, turn.is_confidential))
    return []


async def ask(turn: Turn, services: Services) -> Sequence[Action]:
    return await hear("asker", turn)


async def listen(turn: Turn, services: Services) -> Sequence[Action]:
    if turn.text == "falsch":
        raise UserError("Das geht hier nicht.")
    return await hear("companion", turn)


async def go_on(turn: Turn, services: Services) -> Sequence[Action]:
    await hear("weiter", turn)
    return [Reply("Weiter geht es.", Offer("chosen", (Choice("dabei", "dabei"),)))]


async def choose(turn: Turn, services: Services) -> Sequence[Action]:
    assert turn.choice
    return await hear(f"chosen {turn.choice.word}", turn)


async def note_passage(turn: Turn, services: Services) -> Sequence[Action]:
    await hear("porter", turn)
    return [Reply(f"{turn.message.sender.name} ist da.")]


async def withdraw(turn: Turn, services: Services) -> Sequence[Action]:
    return await hear("withdrawer", turn)


async def open_room(night: Night, services: Services) -> Sequence[Unasked]:
    return [Arrange(NEW, RoomOrder(Order.OPEN, "Beratung 7", ("anna", "ben")), "order")]


async def begin(night: Night, services: Services, key: str, room: Conversation) -> Sequence[Unasked]:
    assert key == "order"
    consultation = Room(platform=room.platform, conversation_id=room.id, answer_mode=AnswerMode.CONSULTATION)
    await night.uow.rooms.keep(consultation)
    return [Send(room, "Hier ist der Raum."), Arrange(room, RoomOrder(Order.LET_SPEAK, people=("anna",)), "speak")]


async def fail(night: Night, services: Services, key: str, room: Conversation) -> Sequence[Unasked]:
    await begin(night, services, key, room)
    raise RuntimeError("secret")


async def report(night: Night, services: Services, key: str) -> Sequence[Unasked]:
    return [Send(CHAT, f"{key} ging nicht")]


JOBS = (Job(Command("hilfe"), ask),)
ROUND_JOBS = (Job(Command("weiter"), go_on), Job(Command("notiz", takes_text=True), go_on))
TABLE = Table(
    JOBS,
    {"chosen": choose},
    ask,
    ROUND_JOBS,
    withdrawer=withdraw,
    report=report,
    ticks=(open_room,),
    companion=listen,
    porter=note_passage,
    opened=begin,
)


class Bot:
    """Mailbox, dispatcher and errands over a real database, with a stand-in for the platform."""

    def __init__(
        self, database: Database, clock: MovedClock, table: Table = TABLE, platform: StandIn | None = None
    ) -> None:
        self.platform = platform or StandIn()
        self.database = database
        self.mailbox = Mailbox(database, clock.now)
        self.mailbox.serve({"stand-in": self.platform})
        self.community = Community(QUIET, clock.now)
        self.dispatcher = Dispatcher(database, self.mailbox, self.community, table, SERVICES)
        self.errands = Errands(database, self.mailbox, self.community, table, SERVICES)
        self.mailbox.report_to(self.errands.report)
        self.mailbox.open_for(self.errands.opened, self.errands.learn)
        self.mailbox.overhear(self.community.overhears, self.community.hears_all)

    async def start(self) -> "Bot":
        await self.community.recall(self.database)
        await self.mailbox.resume("stand-in")
        await self.dispatcher.start()
        return self

    async def hear(self, *events: Incoming) -> list[tuple[str, Kind, str, bool]]:
        """Receive events; gives who heard what."""
        heard.clear()
        await self.mailbox.receive("stand-in", events)
        await self.idle()
        return [*heard]

    async def idle(self) -> None:
        await self.dispatcher.idle()
        await self.mailbox.idle()

    async def tick(self) -> None:
        await self.errands.tick()
        await self.idle()

    def done(self) -> list[tuple[str, str]]:
        """What was said and arranged where, in its order."""
        return [(one.conversation.id, one.room.order if one.room else one.text) for one in self.platform.sent]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.patience.FIRST_S", 0.001)


@pytest.fixture
async def bot(sqlite: Database, clock: MovedClock) -> Bot:
    """A bot of which a group has a room and a direct chat."""
    async with sqlite.unit_of_work() as uow:
        number = await uow.consultations.add(ConsultationGroup(plan={}), [])
        for place in (CASE_ROOM, CHAT):
            row = GroupPlace(
                platform=place.platform, conversation_id=place.id, group_id=number, is_direct=place.is_direct
            )
            await uow.consultations.add_place(row)
        room = Room(platform="stand-in", conversation_id=CASE_ROOM.id, answer_mode=AnswerMode.CONSULTATION)
        await uow.rooms.keep(room)
        await uow.commit()
    return await Bot(sqlite, clock).start()


def talk(event_id: str, text: str, place: Conversation = CASE_ROOM, **changes: Any) -> Incoming:
    """Something that is said to all."""
    return said(event_id, text, place, **{"is_addressed": False, "is_overheard": True} | changes)


# who hears what


@pytest.mark.parametrize("place", [CASE_ROOM, CHAT])
async def test_what_people_say_to_each_other_reaches_the_companion_and_may_not_be_kept(
    bot: Bot, place: Conversation
) -> None:
    message = talk("a", "Wie ging es dir damit?", place, is_addressed=place.is_direct)
    assert await bot.hear(message) == [("companion", Kind.MESSAGE, "Wie ging es dir damit?", True)]


async def test_elsewhere_nothing_changes(bot: Bot) -> None:
    assert await bot.hear(said("a", "Wo ist der Scanner?", CORRIDOR)) == [
        ("asker", Kind.MESSAGE, "Wo ist der Scanner?", False)
    ]


async def test_pictures_without_a_word_and_threads_are_heard(bot: Bot) -> None:
    picture = talk("a", "", has_attachment=True)
    below = talk("b", "Und dann?", thread="root")
    assert [text for _, _, text, _ in await bot.hear(picture, below)] == ["", "Und dann?"]


async def test_only_commands_for_rounds_are_commands_there(bot: Bot) -> None:
    said_there = [talk("a", "weiter"), talk("b", "hilfe"), talk("c", "Notiz: Wer weiß davon?")]
    assert [who for who, *_ in await bot.hear(*said_there)] == ["weiter", "companion", "weiter"]


async def test_a_choice_comes_before_all_and_is_taken_without_naming_the_bot(bot: Bot) -> None:
    await bot.hear(talk("a", "weiter"))
    assert [who for who, *_ in await bot.hear(talk("b", "dabei"))] == ["chosen dabei"]


async def test_a_reaction_takes_a_choice_and_says_nothing_else(bot: Bot) -> None:
    await bot.hear(talk("a", "weiter"))
    reactions = [
        said(name, sign, CASE_ROOM, kind=Kind.REACTION, refers_to="m1") for name, sign in [("b", "1️⃣"), ("c", "🎉")]
    ]
    assert [who for who, *_ in await bot.hear(*reactions)] == ["chosen dabei"]


async def test_what_somebody_changes_or_takes_back_reaches_the_companion_too(bot: Bot) -> None:
    edit = replace(edited("b", "weiter", of="a"), conversation=CASE_ROOM)
    deletion = said("c", "", CASE_ROOM, kind=Kind.DELETION, refers_to="a")
    assert await bot.hear(talk("a", "Das war so"), edit, deletion) == [
        ("companion", Kind.MESSAGE, "Das war so", True),
        ("companion", Kind.EDIT, "weiter", True),
        ("withdrawer", Kind.DELETION, "", True),
        ("companion", Kind.DELETION, "", True),
    ]


async def test_an_answer_opens_no_thread_that_others_overlook(bot: Bot) -> None:
    await bot.hear(talk("a", "weiter"), talk("b", "falsch"), talk("c", "falsch", thread="root"))
    assert [(one.answers, one.thread) for one in bot.platform.sent] == [(None, None), (None, None), (None, "root")]


@pytest.mark.parametrize("place", [CASE_ROOM, CORRIDOR])  # it may be no place of a group any more
async def test_who_comes_and_goes_is_told_to_the_porter_however_often(bot: Bot, place: Conversation) -> None:
    passages = [
        talk(str(number), "", place, kind=kind, is_overheard=False)
        for number, kind in enumerate([Kind.ENTERED, Kind.LEFT] * 3)
    ]
    assert [(who, kind) for who, kind, *_ in await bot.hear(*passages)] == [
        ("porter", Kind.ENTERED),
        ("porter", Kind.LEFT),
    ] * 3
    assert {one.answers for one in bot.platform.sent} == {None}


async def test_people_who_talk_much_to_each_other_are_all_heard(bot: Bot) -> None:
    assert len(await bot.hear(*(talk(str(number), "Ja, und dann?") for number in range(9)))) == 9
    assert len(await bot.hear(*(said(f"x{number}", "Wo?", CORRIDOR) for number in range(9)))) == 2


def test_a_text_that_is_asked_for_comes_before_commands_with_a_text() -> None:
    offer = StandingOffer("k", None, Offer("chosen", (), asks={"do": "title"}))
    taken = route_in_round(talk("a", "Notiz: Zwei Chefs"), [offer], TABLE)
    assert taken is not None
    assert (taken.handler, taken.text) == (choose, "Notiz: Zwei Chefs")
    assert route_in_round(talk("a", "weiter"), [offer], TABLE) == Route(go_on, text="")


def test_without_a_companion_nobody_hears() -> None:
    assert route_in_round(talk("a", "Hallo"), [], replace(TABLE, companion=None)) is None


async def test_nothing_is_held_there_in_quiet_hours(bot: Bot, sqlite: Database, clock: MovedClock) -> None:
    clock.time = AT_NIGHT
    async with sqlite.reading() as uow:
        for place, is_held in [(CASE_ROOM, False), (CHAT, False), (CORRIDOR, True)]:
            assert (await bot.community.held_until(uow, place) is not None) == is_held


# rooms that are opened


async def test_people_are_invited_once_the_room_is_known_and_all_is_done_once(
    sqlite: Database, clock: MovedClock
) -> None:
    bot = await Bot(sqlite, clock).start()
    await bot.tick()
    await bot.tick()
    assert bot.done() == [
        ("new:order", Order.OPEN),
        ("m1", "Hier ist der Raum."),
        ("m1", Order.LET_SPEAK),
        ("m1", Order.INVITE),
    ]
    assert bot.platform.sent[-1].room == RoomOrder(Order.INVITE, "Beratung 7", ("anna", "ben"))
    room = Conversation("stand-in", "m1")
    assert (bot.mailbox.hears_all(room), bot.community.is_confidential(room)) == (True, True)


class Crash(BaseException):
    """The process dies here."""


class Rooms(StandIn):
    """Opens one room a key."""

    @override
    async def send(self, outgoing: Outgoing) -> str:
        await super().send(outgoing)
        return f"!{outgoing.key}"


async def test_a_crash_between_opening_and_noting_begins_with_the_room_once(
    sqlite: Database, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = Rooms()
    first = Bot(sqlite, clock, platform=platform)

    async def die(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(first.mailbox, "_note", die)
    await first.start()
    await first.errands.tick()
    with pytest.raises(Crash):
        await first.mailbox.idle()
    second = await Bot(sqlite, clock, platform=platform).start()
    await second.idle()
    assert second.done() == [
        ("new:order", Order.OPEN),
        ("new:order", Order.OPEN),
        ("!order", "Hier ist der Raum."),
        ("!order", Order.LET_SPEAK),
        ("!order", Order.INVITE),
    ]


async def test_an_order_that_nobody_can_carry_out_is_reported(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock, platform=StandIn([DeliveryError("no rooms here", is_final=True)])).start()
    await bot.tick()
    assert bot.done() == [(CHAT.id, "order ging nicht")]


async def test_a_room_that_nobody_can_begin_with_is_closed_and_reported(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock, replace(TABLE, opened=fail)).start()
    with capture_logs() as logs:
        await bot.tick()
    assert sorted(bot.done()) == sorted([("new:order", Order.OPEN), ("m1", Order.CLOSE), (CHAT.id, "order ging nicht")])
    assert "secret" not in str(logs)
    assert not bot.mailbox.hears_all(Conversation("stand-in", "m1"))


async def test_orders_do_not_wait_for_the_end_of_quiet_hours(sqlite: Database, clock: MovedClock) -> None:
    clock.time = AT_NIGHT
    bot = await Bot(sqlite, clock).start()
    await bot.tick()
    assert ("new:order", Order.OPEN) in bot.done()


async def test_a_handler_may_arrange_something_where_the_bot_is_turned_off(sqlite: Database, clock: MovedClock) -> None:
    async def close(turn: Turn, services: Services) -> Sequence[Action]:
        return [Arrange(CORRIDOR, RoomOrder(Order.CLOSE), "close")]

    bot = await Bot(sqlite, clock, replace(TABLE, asker=close)).start()
    off = Room(platform="stand-in", conversation_id=CORRIDOR.id, answer_mode=AnswerMode.OFF)
    bot.community.learn({("stand-in", CORRIDOR.id): off})
    await bot.hear(said("a", "Schluss?", CHAT))
    assert bot.done() == [(CORRIDOR.id, Order.CLOSE)]
