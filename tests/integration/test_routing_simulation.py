"""A town asks 25 questions on each working day; 40 supporters take up, refuse, give back, are away and leave.

The handlers are the bot's own, over a real database; a search is not needed. `LOTSENFUNK_TEST_QUESTIONS` says how many
are asked (1000: eight weeks), `LOTSENFUNK_TEST_SEED` repeats an earlier run.
"""

import os
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import text

from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Incoming, Send, Sender
from bot.roles import Role
from bot.turn import Handler, House, Night, Services, Turn
from conftest import fresh_postgresql
from handlers import membership, relay, routing, solving, taking, waiting
from storage.database import Database, UnitOfWork
from storage.models.people import Portrait
from storage.models.routing import RoutingState, Side
from storage.repositories.routing import FREE, LIVE
from traffic import ByWords

SEED = int(os.environ.get("LOTSENFUNK_TEST_SEED") or secrets.randbelow(10**6))
QUESTIONS = int(os.environ.get("LOTSENFUNK_TEST_QUESTIONS") or 250)
A_DAY, SUPPORTERS = 25, 40
DAYS = QUESTIONS // A_DAY
FRIDAY = 4
PLATFORM = "matrix:bot"
ROOM = Conversation(PLATFORM, "!lotsen")
HOUSE = House(questions_at_once=QUESTIONS)
SERVICES = cast(
    Services,
    SimpleNamespace(search=None, commands=(), sensitivity=None, supporters=ByWords(), house=HOUSE),
)


def chat(person: str) -> Conversation:
    return Conversation(PLATFORM, f"chat {person}", is_direct=True)


@dataclass
class Town:
    """Who is there, what they have taken up by what they were told, and what became of each question."""

    chance: random.Random
    now: datetime = datetime(2026, 9, 7, 9, tzinfo=UTC)
    limits: dict[str, int] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)
    has: dict[int, str] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    taken: int = 0
    refused: int = 0

    def role(self, person: str) -> Role:
        if person == "may":
            return Role.COORDINATOR
        return Role.SUPPORTER if person in self.limits and person not in self.gone else Role.STAFF_MEMBER

    def there(self) -> list[str]:
        return [one for one in self.limits if one not in self.gone | self.away]

    def turn(self, uow: UnitOfWork, person: str, place: Conversation | None = None, **about: object) -> Turn:
        key = f"k{next(self.numbers)}"
        message = Incoming(key, place or chat(person), Sender(person, person.title()), "", self.now)
        return Turn(
            message=message,
            text=str(about.get("text", "")),
            choice=cast(Choice | None, about.get("choice")),
            answer_key=key,
            sees=frozenset(),
            now=self.now,
            say=str,
            uow=uow,
            role=self.role(person),
            number=cast(int | None, about.get("number")),
            coordinators=lambda: self.places(chat("may")),
            rooms=lambda: self.places(ROOM),
            role_of=self.role_of,
        )

    def night(self, uow: UnitOfWork) -> Night:
        coordinators = lambda: self.places(chat("may"))  # noqa: E731
        return Night(self.now, str, uow, coordinators=coordinators, role_of=self.role_of)

    async def role_of(self, _platform: str, person: str) -> Role:
        return self.role(person)

    async def places(self, place: Conversation) -> Sequence[Conversation]:
        return [place]

    # what people do

    async def does(self, uow: UnitOfWork, handler: Handler, person: str, **about: object) -> Sequence[Action] | None:
        """What comes of it; None when the bot refuses, and then nothing has changed."""
        try:
            async with uow.attempt():
                return await handler(self.turn(uow, person, **about), SERVICES)  # type: ignore[arg-type]
        except UserError:
            self.refused += 1
            return None

    async def ask(self, uow: UnitOfWork) -> None:
        asker = f"staff{self.chance.randrange(300)}"
        opened = await uow.questions.open(f"Wo ist Nummer {next(self.numbers)}?", self.now.date())
        data = {"open_question": str(opened), "asked": f"q{opened}", "event": f"q{opened}"}
        choice = Choice("", "", data | {"do": self.chance.choice(("named", "nameless"))})
        assert await self.does(uow, routing.decide, asker, choice=choice)

    async def take(self, uow: UnitOfWork, person: str, number: int) -> None:
        actions = await self.does(uow, taking.take_named, person, number=number)
        if actions and f"Frage {number} ist jetzt bei dir." in actions[0].text:
            assert number not in self.has, "two have it"
            assert number not in self.done, "it was done"
            self.has[number] = person
            self.taken += 1

    async def go_on(self, uow: UnitOfWork, person: str, number: int) -> None:
        """Whoever has a question does something with it, or forgets it."""
        match self.chance.choice(("answer",) * 6 + ("back", "know", "nothing")):
            case "answer":
                await self.does(uow, relay.answer_named, person, number=number, text="Im Keller.")
                found = await uow.routing.get(number)
                assert found
                asker = found.asker_person or (await uow.routing.places(number, Side.ASKER))[0].conversation_id[5:]
                if self.chance.random() < 0.9:
                    assert await self.does(uow, solving.solve_named, asker, number=number)
                    self.done.add(number)
                    del self.has[number]
            case "back":
                assert await self.does(uow, taking.give_back_named, person, number=number)
                del self.has[number]
            case "know":
                choice = Choice("", "", {"do": "name", "routing": str(number), "place": ""})
                named = self.chance.choice(list(self.limits)).title()
                await self.does(uow, taking.decide, person, choice=choice, text=named)
                found = await uow.routing.get(number)
                assert found
                if found.state in FREE:
                    del self.has[number]

    async def leave(self, uow: UnitOfWork, person: str) -> None:
        self.gone.add(person)
        found = await uow.people.find(PLATFORM, person)
        assert found
        await membership.release(self.turn(uow, person), SERVICES, found)
        self.has = {number: who for number, who in self.has.items() if who != person}

    async def sleep(self, uow: UnitOfWork) -> None:
        """The errands of a night; what they gave back, nobody has."""
        for errand in (waiting.look_after, waiting.offer_agenda):
            said = await errand(self.night(uow), SERVICES)
            assert all(one.text for one in said)
            assert not [one for one in said if isinstance(one, Send) and one.to.id.removeprefix("chat ") in self.gone]
        await uow.routing.forget(self.night(uow).today)
        free = {one.id for one in await uow.routing.live() if one.state in FREE}
        self.has = {number: who for number, who in self.has.items() if number not in free}

    async def day(self, uow: UnitOfWork, questions: int) -> None:
        for _ in range(questions):
            await self.ask(uow)
        free = [one.id for one in await uow.routing.live() if one.state in FREE and one.id]
        for person in self.there() if free else ():
            await self.take(uow, person, self.chance.choice(free))
        for number, person in list(self.has.items()):
            if person not in self.away | self.gone and self.chance.random() < 0.8:
                await self.go_on(uow, person, number)
        for person in self.there():
            if self.chance.random() < 0.005:
                await self.leave(uow, person)

    async def check(self, uow: UnitOfWork) -> None:
        """Nobody is above their own limit, and who has a question by the rows was told so."""
        slots = list(await uow.people.slots(monday(self.now.date())))
        for person, limit in self.limits.items():
            assert slots.count(self.ids[person]) <= limit
        live = await uow.routing.live()
        assert {one.id: one.taker_person for one in live if one.state not in FREE} == self.has


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


async def settle(town: Town, uow: UnitOfWork) -> None:
    """40 supporters write to the bot; each has a limit of their own."""
    await uow.addresses.know(PLATFORM, chat("may").id, "may")
    for number in range(SUPPORTERS):
        person = f"lotse {number:02}"
        town.limits[person] = town.chance.choice((1, 3, 5, 10))
        known = await uow.people.know(PLATFORM, person, person.title())
        limit, town.ids[person] = town.limits[person], known.id or 0
        portrait = Portrait(person_id=known.id or 0, topics=["Kanban"], formats=[], weekly_capacity=limit)
        await uow.people.keep(portrait)
        await uow.addresses.know(PLATFORM, chat(person).id, person)


async def orphans(uow: UnitOfWork) -> dict[str, int]:
    """Rows that belong to no question."""
    found = {}
    for table in ("routing_place", "routing_message", "refusal"):
        statement = text(f"SELECT count(*) FROM {table} WHERE routing_id NOT IN (SELECT id FROM routing)")
        found[table] = int(await uow._session.scalar(statement) or 0)
    return found


@pytest.mark.timeout(240)
async def test_of_all_questions_none_is_lost_and_nobody_has_more_than_they_want(postgresql: str) -> None:
    database = Database(fresh_postgresql(postgresql))
    await database.migrate()
    town = Town(random.Random(SEED))
    async with database.unit_of_work() as uow:
        await settle(town, uow)
        await uow.commit()
    for day in range(DAYS + 13):  # then nobody asks any more, and at last nobody is there
        async with database.unit_of_work() as uow:
            await town.sleep(uow)
            absent = 0.3 if day < DAYS + 5 else 1
            town.away = {one for one in town.limits if town.chance.random() < absent}
            await town.day(uow, A_DAY if day < DAYS else 0)
            await town.check(uow)
            await uow.commit()
        town.now += timedelta(days=3 if town.now.weekday() == FRIDAY else 1)
    async with database.reading() as uow:
        left = {one.id: one for one in await uow.routing.live()}
        assert await orphans(uow) == {"routing_place": 0, "routing_message": 0, "refusal": 0}
    await database.close()
    states = [RoutingState(one.state) for one in left.values()]
    print(
        f"\n  LOTSENFUNK_TEST_SEED={SEED}: {len(town.done)} solved, {len(left)} on their way",
        {state.value: states.count(state) for state in set(states)},
        f"{town.taken} taken, {town.refused} refused by the bot, {len(town.gone)} left",
        sep="\n  ",
    )
    assert set(left) | town.done == set(range(1, QUESTIONS + 1)), "lost"
    assert set(left).isdisjoint(town.done)
    assert all(one.state in LIVE for one in left.values())
    assert all(one.taker_person or one.escalated_on for one in left.values()), "nobody has it, nobody was asked"
    assert all(one.taker_person not in town.gone for one in left.values())
