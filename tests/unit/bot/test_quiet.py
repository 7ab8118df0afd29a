"""Quiet hours: when they end, what waits for their end, and that it then is said once."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.community import Community
from bot.dispatcher import Dispatcher
from bot.errands import Errands
from bot.language import AddressForm
from bot.mailbox import Mailbox
from bot.messages import Action, Change, Choice, Conversation, Delete, Incoming, Offer, Reply, Send, Sender
from bot.quiet import Quiet, ends, read_quiet
from bot.router import Table
from bot.scheduler import Scheduler
from bot.settings import CommunitySettings
from bot.turn import Night, Services, Turn
from conftest import MovedClock
from fakes import ANNA, StandIn
from storage.database import Database
from storage.models.rooms import AnswerMode, Room

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Quiet(time(20), time(7))
HOUSE = CommunitySettings(supporters=frozenset({"anna"}), rooms=frozenset({"lotsen"}), address_direct=AddressForm.DU)
SERVICES: Services = SimpleNamespace()  # type: ignore[assignment]
BEN = Sender("ben", "Ben")
ROOM = Conversation("stand-in", "lotsen")
CHAT = Conversation("stand-in", "direct:anna", is_direct=True)

walls = st.times().map(lambda wall: wall.replace(second=0, microsecond=0))
quiets = st.builds(Quiet, walls, walls)
moments = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


# when they end


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-20 19:59", None),
        ("2026-11-20 20:00", "2026-11-21 07:00"),
        ("2026-11-21 03:00", "2026-11-21 07:00"),
        ("2026-11-21 06:59", "2026-11-21 07:00"),
        ("2026-11-21 07:00", None),
    ],
)
def test_quiet_hours_cross_midnight(now: str, end: str | None) -> None:
    until = datetime.fromisoformat(end).replace(tzinfo=BERLIN) if end else None
    assert ends(datetime.fromisoformat(now).replace(tzinfo=BERLIN), NIGHT) == until


def test_the_night_in_which_the_clock_is_put_forward_is_an_hour_shorter() -> None:
    begin = datetime(2026, 3, 28, 20, tzinfo=BERLIN)
    end = ends(begin, NIGHT)
    assert end is not None
    assert end - begin.astimezone(UTC) == timedelta(hours=10)


def test_an_end_that_comes_twice_in_a_night_is_the_next_one() -> None:
    quiet, first = Quiet(time(20), time(2, 30)), datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN)
    assert ends(first, quiet) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert ends(first.replace(fold=1), quiet) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_end_that_does_not_exist_comes_when_the_night_is_over() -> None:
    quiet = Quiet(time(20), time(2, 30))
    assert ends(datetime(2026, 3, 29, 1, tzinfo=BERLIN), quiet) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@given(now=moments, quiet=quiets)
@example(now=datetime(2026, 10, 25, 0, 15, tzinfo=UTC), quiet=Quiet(time(20), time(2, 30)))
@example(now=datetime(2026, 3, 29, 0, 45, tzinfo=UTC), quiet=Quiet(time(20), time(2, 30)))
def test_the_end_lies_ahead_within_a_day_and_then_it_is_not_quiet(now: datetime, quiet: Quiet) -> None:
    here = now.astimezone(BERLIN)
    end = ends(here, quiet)
    assert (end is not None) == quiet.covers(here.time())
    if end is not None:
        assert now < end <= now + timedelta(hours=25)
        assert not quiet.covers(end.astimezone(BERLIN).time())


@given(now=moments, wall=walls)
def test_between_two_equal_times_it_is_never_quiet(now: datetime, wall: time) -> None:
    assert ends(now.astimezone(BERLIN), Quiet(wall, wall)) is None


def test_without_quiet_hours_nothing_waits() -> None:
    assert ends(datetime(2026, 11, 20, 3, tzinfo=BERLIN), None) is None


# as people write them


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        ("20:00-07:00", NIGHT),
        ("20:00 – 7:00", NIGHT),
        ("von 20 bis 7 Uhr", NIGHT),
        ("20 Uhr bis 7 Uhr.", NIGHT),
        ("20.00 bis 7.00", NIGHT),
        ("22:30-6", Quiet(time(22, 30), time(6))),
        ("18-24", Quiet(time(18), time(0))),
        ("25-7", None),
        ("20:60-7", None),
        ("7-7", None),
        ("abends", None),
        ("", None),
    ],
)
def test_hours_are_understood_as_people_write_them(text: str, quiet: Quiet | None) -> None:
    assert read_quiet(text) == quiet


@given(quiets)
def test_hours_are_read_as_they_are_shown(quiet: Quiet) -> None:
    read = read_quiet(f"{quiet.begin:%H:%M}-{quiet.end:%H:%M}")
    assert read == (quiet if quiet.begin != quiet.end else None)


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    read_quiet(text)


def test_the_house_is_quiet_at_night_unless_it_says_otherwise() -> None:
    assert CommunitySettings().quiet == NIGHT
    assert CommunitySettings(quiet_hours="").quiet is None
    with pytest.raises(ValidationError, match="20:00-07:00"):
        CommunitySettings(quiet_hours="nachts")


# what waits

CARD = Offer("card", (Choice("ja", "ja"),))


async def hand_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Does what the text says: a card into the room, its change or deletion, a word below it, a word to Anna."""
    match turn.text:
        case "frage":
            return [Reply("unterwegs"), Send(ROOM, "Wer hilft?", CARD, key="card")]
        case "ändern":
            return [Change("card", ROOM, "Wer hilft bald?")]
        case "unter":
            return [Send(ROOM, "noch etwas", below="card")]
        case "zurück":
            return [Delete("card", ROOM), Reply("zurückgenommen")]
        case "antwort":
            return [Send(CHAT, "Antwort für Anna")]
        case _:
            return [Reply("?")]


async def take(turn: Turn, services: Services) -> Sequence[Action]:
    return [Reply("genommen")]


async def remind(night: Night, services: Services) -> Sequence[Send | Change]:
    return [Send(CHAT, "Erinnerung"), Change("card", ROOM, "erinnert")]


class Bot:
    """Everything from the mailbox to the scheduler, on a database; `crash` begins anew with what it keeps."""

    def __init__(self, database: Database, clock: MovedClock, settings: CommunitySettings = HOUSE) -> None:
        self.database, self.clock, self.settings = database, clock, settings
        self.platform = StandIn()
        self._number = 0
        self._build()

    def _build(self) -> None:
        table = Table((), {"card": take}, hand_on, errands=(remind,))
        self.mailbox = Mailbox(self.database, self.clock.now)
        self.community = Community(self.settings, self.clock.now, self.mailbox.names)
        self.dispatcher = Dispatcher(self.database, self.mailbox, self.community, table, SERVICES)
        self.errands = Errands(self.database, self.mailbox, self.community, table, SERVICES)
        self.scheduler = Scheduler(self.database, self.community.local_time, frequent_jobs=[self.mailbox.release])

    async def start(self) -> "Bot":
        await self.community.recall(self.database)
        self.mailbox.serve({"stand-in": self.platform})
        await self.dispatcher.start()
        await self.mailbox.resume("stand-in")
        await self.idle()
        return self

    async def crash(self) -> None:
        await self.dispatcher.stop()
        await self.mailbox.stop()
        self._build()
        await self.start()

    async def idle(self) -> None:
        await self.dispatcher.idle()
        await self.mailbox.idle()

    async def hear(self, text: str, place: Conversation = CHAT, sender: Sender = ANNA, **changes: object) -> list[str]:
        """What the bot says upon it, and where."""
        self._number += 1
        message = Incoming(f"e{self._number}", place, sender, text, self.clock.now())
        said = len(self.platform.sent)
        await self.mailbox.receive("stand-in", [replace(message, **changes)])  # type: ignore[arg-type]
        await self.idle()
        return self.shown(said)

    async def wait(self, until: str) -> list[str]:
        """What the bot says by itself until a time of the day, of the next day if it has passed."""
        wall = time.fromisoformat(until)
        now = self.community.local_time()
        then = now.replace(hour=wall.hour, minute=wall.minute)
        self.clock.move((then if then > now else then + timedelta(days=1)) - now)
        said = len(self.platform.sent)
        await self.scheduler.wake()
        await self.idle()
        return self.shown(said)

    def shown(self, since: int) -> list[str]:
        return [f"{one.conversation.id}: {one.text}" for one in self.platform.sent[since:]]


@pytest.fixture
async def evening(sqlite: Database, clock: MovedClock) -> Bot:
    clock.time = datetime(2026, 11, 20, 21, tzinfo=BERLIN).astimezone(UTC)
    return await Bot(sqlite, clock).start()


async def test_by_day_nothing_waits(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock).start()
    assert await bot.hear("frage") == ["direct:anna: unterwegs", "lotsen: Wer hilft?"]


async def test_a_room_is_written_to_when_the_night_is_over(evening: Bot) -> None:
    assert await evening.hear("frage") == ["direct:anna: unterwegs"]
    assert await evening.wait("06:59") == []
    assert await evening.wait("07:00") == ["lotsen: Wer hilft?"]
    assert await evening.wait("07:01") == []


async def test_an_answer_that_somebody_waits_for_does_not_wait(evening: Bot) -> None:
    assert await evening.hear("antwort", sender=BEN) == ["direct:anna: Antwort für Anna"]


async def test_where_somebody_has_just_spoken_nothing_waits(evening: Bot) -> None:
    assert await evening.hear("frage", ROOM) == ["lotsen: unterwegs", "lotsen: Wer hilft?"]


async def test_what_nobody_asked_for_waits_in_direct_chats_too(evening: Bot) -> None:
    await evening.errands.run()
    await evening.idle()
    assert evening.platform.sent == []
    assert await evening.wait("07:00") == ["direct:anna: Erinnerung", "lotsen: erinnert"]


async def test_after_a_crash_it_is_said_once_when_the_night_is_over(evening: Bot) -> None:
    await evening.hear("frage")
    await evening.crash()
    assert evening.shown(0) == ["direct:anna: unterwegs"]
    assert await evening.wait("07:00") == ["lotsen: Wer hilft?"]
    await evening.crash()
    assert await evening.wait("07:05") == []


async def test_what_became_due_while_the_bot_was_away_is_said_at_the_start(evening: Bot) -> None:
    await evening.hear("frage")
    await evening.dispatcher.stop()
    evening.clock.move(timedelta(hours=12))
    await evening.scheduler.start()
    evening.scheduler.stop()
    await evening.crash()
    assert evening.shown(1) == ["lotsen: Wer hilft?"]


async def test_it_is_looked_each_minute_whether_the_night_is_over(evening: Bot) -> None:
    await evening.scheduler.start()
    soonest = min(job.next_run_time for job in evening.scheduler._clock.get_jobs())
    evening.scheduler.stop()
    assert soonest - datetime.now(UTC) <= timedelta(minutes=1)


async def test_nothing_overtakes_what_it_refers_to(evening: Bot) -> None:
    await evening.hear("frage")
    assert await evening.hear("ändern") == []
    evening.clock.move(timedelta(hours=9, minutes=50))
    assert await evening.hear("unter") == []
    assert await evening.wait("07:00") == ["lotsen: Wer hilft?", "lotsen: Wer hilft bald?", "lotsen: noch etwas"]
    _, changed, below = evening.platform.sent[-3:]
    assert (changed.replaces, below.thread) == ("m2", "m2")


async def test_what_came_after_the_end_but_before_the_next_look_does_not_overtake_either(evening: Bot) -> None:
    await evening.hear("frage")
    evening.clock.move(timedelta(hours=10, minutes=30))
    assert await evening.hear("unter") == []
    assert await evening.wait("08:00") == ["lotsen: Wer hilft?", "lotsen: noch etwas"]


async def test_what_is_taken_back_at_night_is_never_said(evening: Bot) -> None:
    await evening.hear("frage")
    await evening.hear("ändern")
    assert await evening.hear("zurück") == ["direct:anna: zurückgenommen"]
    assert await evening.wait("07:00") == []


async def test_what_was_said_before_the_night_is_changed_and_deleted_at_once(evening: Bot) -> None:
    evening.clock.move(-timedelta(hours=2))
    await evening.hear("frage")
    evening.clock.move(timedelta(hours=2))
    assert await evening.hear("ändern") == ["lotsen: Wer hilft bald?"]
    await evening.hear("zurück")
    assert "m2" in [one.deletes for one in evening.platform.sent]


async def test_nobody_takes_what_they_do_not_see_yet(evening: Bot) -> None:
    await evening.hear("frage")
    assert await evening.hear("ja", ROOM) == ["lotsen: ?"]
    await evening.wait("07:00")
    assert await evening.hear("ja", ROOM) == ["lotsen: genommen"]


@pytest.mark.parametrize(
    ("begin", "end", "said"), [(time(0), time(0), True), (time(22), time(6), True), (time(12), time(23), False)]
)
async def test_a_room_has_quiet_hours_of_its_own(evening: Bot, begin: time, end: time, said: bool) -> None:
    room = Room(platform="stand-in", conversation_id="lotsen", quiet_from=begin, quiet_until=end)
    evening.community.learn({("stand-in", "lotsen"): room})
    assert ("lotsen: Wer hilft?" in await evening.hear("frage")) is said


async def test_a_house_without_quiet_hours_speaks_at_night(sqlite: Database, clock: MovedClock) -> None:
    clock.time = datetime(2026, 11, 20, 21, tzinfo=BERLIN).astimezone(UTC)
    bot = await Bot(sqlite, clock, HOUSE.model_copy(update={"quiet_hours": ""})).start()
    assert await bot.hear("frage") == ["direct:anna: unterwegs", "lotsen: Wer hilft?"]


async def test_what_is_released_while_the_platform_is_away_waits_for_it(evening: Bot) -> None:
    await evening.hear("frage")
    await evening.dispatcher.stop()
    await evening.mailbox.stop()
    evening._build()  # not ready to send
    evening.clock.move(timedelta(hours=12))
    await evening.mailbox.release()
    assert evening.shown(1) == []
    await evening.start()
    assert evening.shown(1) == ["lotsen: Wer hilft?"]


async def test_of_two_who_release_and_take_back_at_once_one_wins(database: Database, clock: MovedClock) -> None:
    clock.time = datetime(2026, 11, 20, 21, tzinfo=BERLIN).astimezone(UTC)
    bot = await Bot(database, clock).start()
    await bot.hear("frage")
    clock.move(timedelta(hours=12))
    await asyncio.gather(bot.mailbox.release(), bot.hear("zurück"))
    await bot.idle()
    shown = [one for one in bot.platform.sent if one.conversation == ROOM]
    assert [one.deletes for one in shown] in ([], [None, "m2"], [None, "m3"])


async def test_where_the_bot_is_off_it_says_nothing_by_itself(sqlite: Database, clock: MovedClock) -> None:
    bot = await Bot(sqlite, clock).start()
    room = Room(platform="stand-in", conversation_id="lotsen", answer_mode=AnswerMode.OFF)
    bot.community.learn({("stand-in", "lotsen"): room})
    assert await bot.hear("frage") == ["direct:anna: unterwegs"]
    await bot.errands.run()
    await bot.idle()
    assert bot.shown(1) == ["direct:anna: Erinnerung"]
    assert await bot.hear("frage", ROOM) == []
