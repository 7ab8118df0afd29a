"""Writing first: to the curators, to supporters, by a handler or at night."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

import structlog.testing

from bot.commands import Command
from bot.community import Community
from bot.directory import Directory
from bot.dispatcher import Dispatcher
from bot.errands import Errands
from bot.errors import UserError
from bot.mailbox import Mailbox
from bot.messages import Action, Choice, Conversation, Incoming, Offer, Reply, Send, Sender
from bot.roles import Role
from bot.router import Job, Table
from bot.settings import CommunitySettings
from bot.turn import Night, Services, Turn
from conftest import MovedClock
from fakes import ANNA, NOW, StandIn
from storage.database import Database

SERVICES: Services = SimpleNamespace(search=None, commands=(), sensitivity=None)  # type: ignore[assignment]
BEN, EVE = Sender("ben", "Ben"), Sender("eve", "Eve")
CURATORS = Conversation("stand-in", "curators")
ANNAS_CHAT = Conversation("stand-in", "direct:anna", is_direct=True)
IN_THE_ROOM = CommunitySettings(curators=frozenset({"ben"}), curators_room="curators", supporters=frozenset({"anna"}))
IN_THEIR_CHATS = CommunitySettings(curators=frozenset({"ben"}), supporters=frozenset({"anna"}))
DECISION = Offer("decision", (Choice("ja", "ja"), Choice("nein", "nein")))


async def propose(turn: Turn, services: Services) -> Sequence[Action]:
    return [Reply("vorgeschlagen"), *(Send(place, "Freigeben?", DECISION) for place in await turn.curators())]


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    if turn.role < Role.CURATOR:
        raise UserError("Das entscheidet die Redaktion.")
    return [Reply(f"entschieden von {turn.message.sender.id}")]


async def remind(night: Night, services: Services) -> Sequence[Send]:
    await night.uow.questions.open("gemerkt", night.today)
    return [Send(place, "Erinnerung", DECISION) for place in await night.curators()]


async def break_down(night: Night, services: Services) -> Sequence[Send]:
    await night.uow.questions.open("should not stay", night.today)
    raise RuntimeError("secret")


TABLE = Table((Job(Command("vorschlag"), propose),), {"decision": decide}, propose, errands=(break_down, remind))


class Bot:
    """Mailbox, dispatcher and errands over a real database, with a stand-in for the platform."""

    def __init__(self, database: Database, clock: MovedClock, settings: CommunitySettings) -> None:
        self.platform = StandIn()
        self.mailbox = Mailbox(database, clock.now)
        self.mailbox.serve({"stand-in": self.platform})
        self.community = Community(settings, clock.now)
        self.dispatcher = Dispatcher(database, self.mailbox, self.community, TABLE, SERVICES)
        self.errands = Errands(database, self.mailbox, self.community, TABLE, SERVICES)
        self._count = 0

    async def start(self) -> "Bot":
        await self.mailbox.resume("stand-in")
        await self.dispatcher.start()
        return self

    async def hear(self, sender: Sender, text: str, place: Conversation = ANNAS_CHAT) -> list[tuple[str, str]]:
        """Where the bot said what, since then."""
        said = len(self.platform.sent)
        self._count += 1
        await self.mailbox.receive("stand-in", [Incoming(f"e{self._count}", place, sender, text, NOW)])
        await self.dispatcher.idle()
        await self.mailbox.idle()
        return [(one.conversation.id, one.text) for one in self.platform.sent[said:]]


async def test_a_handler_writes_to_the_curators_room_before_anybody_spoke_there(
    sqlite: Database, clock: MovedClock
) -> None:
    bot = await Bot(sqlite, clock, IN_THE_ROOM).start()
    assert await bot.hear(ANNA, "x") == [("direct:anna", "vorgeschlagen"), ("curators", "Freigeben?")]


async def test_without_a_room_it_writes_to_the_curators_who_wrote_before(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock, IN_THEIR_CHATS).start()
    assert await bot.hear(ANNA, "x") == [("direct:anna", "vorgeschlagen")]
    chat = Conversation("stand-in", "direct:ben", is_direct=True)
    await bot.hear(BEN, "x", chat)
    assert ("direct:ben", "Freigeben?") in await bot.hear(ANNA, "x")


async def test_chats_of_staff_are_not_remembered(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock, IN_THEIR_CHATS).start()
    await bot.hear(EVE, "x", Conversation("stand-in", "direct:eve", is_direct=True))
    await bot.hear(ANNA, "x")
    async with sqlite.reading() as uow:
        assert await uow.addresses.direct_chat("stand-in", "eve") is None
        assert await uow.addresses.direct_chat("stand-in", "anna") == "direct:anna"


async def test_a_chat_that_others_have_entered_is_written_to_first_no_more(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock, IN_THEIR_CHATS).start()
    chat = Conversation("stand-in", "direct:ben", is_direct=True)
    await bot.hear(BEN, "x", chat)
    await bot.hear(EVE, "x", Conversation("stand-in", "direct:ben"))
    assert await bot.hear(ANNA, "x") == [("direct:anna", "vorgeschlagen")]


async def test_any_curator_takes_the_offer_in_the_room_and_only_once(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock, IN_THE_ROOM).start()
    await bot.hear(ANNA, "x")
    assert await bot.hear(EVE, "ja", CURATORS) == [("curators", "Das entscheidet die Redaktion.")]
    assert await bot.hear(BEN, "1", CURATORS) == [("curators", "entschieden von ben")]
    assert await bot.hear(BEN, "1", CURATORS) != [("curators", "entschieden von ben")]


async def test_the_offer_to_somebody_else_is_not_mine(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock, IN_THE_ROOM).start()
    await bot.hear(ANNA, "x")
    assert ("direct:anna", "entschieden von anna") not in await bot.hear(ANNA, "ja")


async def test_an_errand_writes_and_remembers_in_one_step(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock, IN_THE_ROOM).start()
    with structlog.testing.capture_logs() as logs:
        await bot.errands.run()
    await bot.mailbox.idle()
    assert bot.platform.texts == ["Erinnerung"]
    assert [(log["event"], log["errand"], log["error"]) for log in logs] == [
        ("errands.failed", "break_down", "RuntimeError")
    ]
    async with sqlite.reading() as uow:
        assert [question.text for question in await uow.questions.open_questions(9)] == ["gemerkt"]
    assert await bot.hear(BEN, "ja", CURATORS) == [("curators", "entschieden von ben")]


async def test_what_an_errand_says_survives_a_stop_before_it_is_sent(sqlite: Database, clock: MovedClock) -> None:
    bot = Bot(sqlite, clock, IN_THE_ROOM)  # not ready to send
    await bot.errands.run()
    assert bot.platform.texts == []
    after = await Bot(sqlite, clock, IN_THE_ROOM).start()
    await after.mailbox.idle()
    await asyncio.sleep(0)
    assert after.platform.texts == ["Erinnerung"]


async def test_the_directory_knows_nothing_at_first(sqlite: Database, clock: MovedClock) -> None:
    bot = Bot(sqlite, clock, IN_THEIR_CHATS)
    async with sqlite.reading() as uow:
        assert await Directory(bot.community, bot.mailbox).curators(uow) == []
