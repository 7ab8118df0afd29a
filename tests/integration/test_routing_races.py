"""What happens to a question in the same moment: on both databases one of it comes first, and the other one knows."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url, text

from bot.messages import Action, Kind
from bot.turn import Turn
from conftest import MovedClock, fresh_postgresql, fresh_sqlite
from handlers import taking
from storage.database import Database
from storage.models.routing import Routing
from storage.repositories.routing import RoutingRepository
from traffic import LOTSEN, MATRIX, TEAMS, Somebody, Traffic

ROUNDS = 3
FAILED = "Das hat gerade nicht geklappt"


async def migrate(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.close()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    asyncio.run(migrate(fresh_sqlite(folder)))
    return folder / "test.db"


@pytest.fixture(scope="module")
def template(postgresql: str) -> str:
    """The address of a migrated database, to be copied."""
    url = fresh_postgresql(postgresql)
    asyncio.run(migrate(url))
    return url


def copied(server: str, template: str) -> str:
    name, address = f"copy_{uuid4().hex}", make_url(template)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {address.database}".encode())
    return address.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> str:
    """The address of a database with all tables, once on SQLite and once on PostgreSQL."""
    if request.param == "postgresql":
        return copied(request.getfixturevalue("postgresql"), request.getfixturevalue("template"))
    shutil.copy(migrated, tmp_path / "test.db")
    return fresh_sqlite(tmp_path)


@pytest.fixture
async def traffic(url: str, clock: MovedClock) -> AsyncIterator[Traffic]:
    database = Database(url)
    traffic = await Traffic(database, clock).open()
    supporters = frozenset({f"s{number}" for number in range(10)})
    traffic.community._settings = traffic.settings.model_copy(update={"supporters": supporters})
    yield traffic
    await traffic.stop()
    await database.close()


@pytest.fixture
def anna(traffic: Traffic) -> Somebody:
    return traffic.somebody("anna-id", "Anna Özdemir", TEAMS)


@pytest.fixture
def ten(traffic: Traffic) -> list[Somebody]:
    """Supporters, who write to the bot for the first time."""
    return [traffic.somebody(f"s{number}", f"Sam {number}") for number in range(10)]


def said(traffic: Traffic, words: str) -> int:
    return sum(words in one.text for one in traffic.sent)


@pytest.mark.parametrize("takers", [2, 10])
async def test_of_several_who_take_a_question_up_at_once_one_has_it_and_each_other_hears_who(
    traffic: Traffic, anna: Somebody, ten: list[Somebody], takers: int
) -> None:
    for number in range(1, ROUNDS + 1):
        await anna.asks()
        before = len(traffic.sent)
        await traffic.hear(*(one.incoming(f"{number} übernehmen") for one in ten[:takers]))
        told = [one.text for one in traffic.sent[before:]]
        found = await traffic.routing(number)
        assert found
        assert found.taker_name
        assert sum(f"Frage {number} ist jetzt bei dir." in one for one in told) == 1
        assert told.count(f"Frage {number} hat schon {found.taker_name} übernommen.") == takers - 1
        assert told.count(f"Frage {number} hat {found.taker_name} übernommen.") == 1
    assert await traffic.rows("taken_slot") == {"taken_slot": ROUNDS}
    assert said(traffic, FAILED) == 0


async def test_two_takes_at_once_on_linked_accounts_do_not_exceed_the_own_limit(
    traffic: Traffic, anna: Somebody, ten: list[Somebody]
) -> None:
    sam, elsewhere = ten[0], traffic.somebody("s0-elsewhere", "Sam 0", TEAMS)
    person = await traffic.introduce(sam, "Kanban", weekly_capacity=3)
    async with traffic.database.unit_of_work() as uow:
        await uow.people.link((elsewhere.platform, elsewhere.sender.id), person)
        await uow.commit()
    for number in (1, 3):
        await anna.asks()
        await anna.asks()
        await traffic.hear(sam.incoming(f"{number} übernehmen"), elsewhere.incoming(f"{number + 1} übernehmen"))
    assert await traffic.rows("taken_slot") == {"taken_slot": 3}
    assert said(traffic, "Mehr als 3 pro Woche wolltest du nicht.") == 1
    assert said(traffic, FAILED) == 0


async def test_an_answer_and_giving_back_at_once_leave_one_of_both(
    traffic: Traffic, anna: Somebody, ten: list[Somebody]
) -> None:
    for number in range(1, ROUNDS + 1):
        await anna.asks()
        await ten[0].says(f"{number} übernehmen", LOTSEN)
        thread = traffic.message_at(LOTSEN)
        answer = ten[0].incoming("Im Keller.", LOTSEN, thread=thread, is_follow_up=True)
        await traffic.hear(answer, ten[0].incoming(f"{number} zurückgeben"))
        found = await traffic.routing(number)
        assert found
        assert (found.state, found.taker_person) in (("answered", "s0"), ("returned", None))
        assert sum("Im Keller." in one for one in anna.sees()) == number
    assert said(traffic, FAILED) == 0


async def test_solved_while_another_answer_comes_it_is_closed(
    traffic: Traffic, anna: Somebody, ten: list[Somebody]
) -> None:
    for number in range(1, ROUNDS + 1):
        await anna.asks()
        await ten[0].helps("Im Keller.")
        thread = traffic.message_at(LOTSEN)
        more = ten[0].incoming(f"Links {number}.", LOTSEN, thread=thread, is_follow_up=True)
        await traffic.hear(more, anna.incoming(f"{number} gelöst"))
        found = await traffic.routing(number)
        assert found
        assert (found.state, found.due_on) == ("closed", None)
        refused = f"Frage {number} ist schon gelöst. Ich gebe nichts mehr weiter."
        assert said(traffic, refused) + said(traffic, f"Links {number}.") == 1
    assert said(traffic, FAILED) == 0


async def test_deleted_while_somebody_takes_it_nothing_is_left(
    traffic: Traffic, anna: Somebody, ten: list[Somebody]
) -> None:
    for number in range(1, ROUNDS + 1):
        question = await anna.asks()
        takes = [one.incoming(f"{number} übernehmen") for one in ten[:3]]
        deletion = anna.incoming("", kind=Kind.DELETION, refers_to=question)
        await traffic.hear(*takes[:2], deletion, takes[2])
        shown = [one.text for post in traffic.posts for one in post.shown.values()]
        assert [one for one in shown if "Leitweg" in one] == []
        taken = said(traffic, f"Frage {number} ist jetzt bei dir.")
        assert said(traffic, f"Frage {number} wurde zurückgenommen.") == taken <= 1
    counts = await traffic.rows("routing", "routing_place", "routing_message", "taken_slot", "open_question")
    assert set(counts.values()) == {0}
    assert said(traffic, FAILED) == 0


async def test_the_same_event_twice_at_once_is_done_once(traffic: Traffic, anna: Somebody, ten: list[Somebody]) -> None:
    await anna.asks()
    take = ten[0].incoming("1 übernehmen")
    await asyncio.gather(*(traffic.mailbox.receive(take.conversation.platform, [take]) for _ in range(4)))
    await traffic.idle()
    assert said(traffic, "Frage 1 ist jetzt bei dir.") == 1
    assert said(traffic, "Frage 1 hat Sam 0 übernommen.") == 1


async def test_an_answer_in_the_night_in_which_it_would_be_given_back_comes_first_or_last(
    traffic: Traffic, anna: Somebody, ten: list[Somebody]
) -> None:
    await anna.asks()
    await ten[0].says("1 übernehmen", LOTSEN)
    thread = traffic.message_at(LOTSEN)
    await traffic.night(6)
    traffic.clock.time = traffic.clock.time.replace(day=30, month=12)
    answer = ten[0].incoming("Im Keller.", LOTSEN, thread=thread, is_follow_up=True)
    await asyncio.gather(traffic.errands.run(), traffic.hear(answer))
    await traffic.idle()
    found = await traffic.routing()
    assert found
    assert (found.state, found.taker_person) == ("answered", "s0")
    assert sum("Im Keller." in one for one in anna.sees()) == 1
    assert said(traffic, FAILED) == 0


async def test_deleted_in_the_middle_of_a_take_its_taker_hears_of_it(
    traffic: Traffic, anna: Somebody, ten: list[Somebody], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = await anna.asks()
    deletion = anna.incoming("", kind=Kind.DELETION, refers_to=question)
    take, asked_in, looked, coming = (
        taking.take,
        RoutingRepository.asked_in,
        asyncio.Event(),
        list[asyncio.Task[None]](),
    )

    async def slow_take(turn: Turn, *others: Any) -> Sequence[Action]:
        coming.append(asyncio.create_task(traffic.mailbox.receive(TEAMS, [deletion])))
        if not is_sqlite(traffic):  # there, only one of both is at work at all
            await looked.wait()
        return await take(turn, *others)

    async def look(self: RoutingRepository, keys: Sequence[str]) -> Sequence[Routing]:
        found = await asked_in(self, keys)
        looked.set()
        return found

    monkeypatch.setattr(taking, "take", slow_take)
    monkeypatch.setattr(RoutingRepository, "asked_in", look)
    await traffic.hear(ten[0].incoming("1 übernehmen"))
    await asyncio.gather(*coming)
    await traffic.idle()
    assert ten[0].sees()[-1] == "Frage 1 wurde zurückgenommen."
    assert await traffic.rows("routing") == {"routing": 0}


async def test_answered_in_the_middle_of_the_errand_it_is_not_given_back_after_that(
    traffic: Traffic, anna: Somebody, ten: list[Somebody], monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.asks()
    await ten[0].says("1 übernehmen", LOTSEN)
    thread = traffic.message_at(LOTSEN)
    await traffic.night(6)
    answer = ten[0].incoming("Im Keller.", LOTSEN, thread=thread, is_follow_up=True)
    due, coming = RoutingRepository.due, list[asyncio.Task[None]]()

    async def look(self: RoutingRepository, today: date) -> Sequence[Routing]:
        found = await due(self, today)
        coming.append(asyncio.create_task(traffic.mailbox.receive(MATRIX, [answer])))
        while not is_sqlite(traffic) and await traffic.state() != "answered" and not await is_somebody_waiting(traffic):
            pass  # each look is a query
        return found

    monkeypatch.setattr(RoutingRepository, "due", look)
    traffic.clock.time = traffic.clock.time.replace(day=30, month=12)
    await traffic.errands.run()
    await asyncio.gather(*coming)
    await traffic.idle()
    assert await traffic.state() == "answered"


def is_sqlite(traffic: Traffic) -> bool:
    return traffic.database.url.get_backend_name() == "sqlite"


async def is_somebody_waiting(traffic: Traffic) -> bool:
    async with traffic.database.reading() as uow:
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(await uow._session.scalar(waiting))
