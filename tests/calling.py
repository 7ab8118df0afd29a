"""A community in which rounds of peer consultation are called: four supporters, and nobody has a group yet."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import consulting
from bot.turn import House
from conftest import MovedClock
from handlers.peer_consultation import call_closing, forming
from handlers.table import TABLE
from knowledge.departments import Department, Departments
from knowledge.working_days import WorkingDays
from storage.models.peer_consultation import ConsultationRound, Participation, RoundState
from traffic import SETTINGS, Somebody, Traffic

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
NAMES = ("ada", "bea", "cem", "dora")
HOUSE = House(
    departments=Departments([Department("Sozialamt"), Department("Jugendamt")]), working_days=WorkingDays(("NW",))
)
CALLING_TABLE = replace(TABLE, errands=(), ticks=(call_closing.look_after,))


@asynccontextmanager
async def opened(migrated: Path, folder: Path, clock: MovedClock, house: House = HOUSE) -> AsyncIterator[Traffic]:
    """The town of `traffic` on a Friday, with these people as supporters and a second coordinator, Kim."""
    clock.time = FRIDAY
    update = {"supporters": SETTINGS.supporters | frozenset(NAMES), "coordinators": SETTINGS.coordinators | {"kim"}}
    settings = SETTINGS.model_copy(update=update)
    async with consulting.opened(migrated, folder, clock, CALLING_TABLE, settings, house) as traffic:
        yield traffic


async def crowd(traffic: Traffic) -> Sequence[Somebody]:
    """The four supporters, known to the bot."""
    return [await traffic.met(name, name.capitalize()) for name in NAMES]


async def rounds(traffic: Traffic, state: RoundState = RoundState.OPEN) -> Sequence[ConsultationRound]:
    """The rounds in a state, the one that begins first ahead."""
    async with traffic.database.reading() as uow:
        return await uow.rounds.in_state(state)


async def taking_part(traffic: Traffic, number: int = 1) -> Sequence[Participation]:
    """Who takes part in a round."""
    async with traffic.database.reading() as uow:
        return await uow.rounds.participants(number)


async def called(may: Somebody, words: str = "kollegiale beratung in kw 50") -> None:
    """A coordinator calls a round."""
    await may.says(words)
    await may.says("ja")


def days(one: ConsultationRound) -> tuple[str, str]:
    """Its first and last day: („07.12.“, „11.12.“)."""
    return f"{one.starts_on:%d.%m.}", f"{one.ends_on:%d.%m.}"


def closing(one: ConsultationRound) -> str:
    """By when people join: „02.12. 11:00“, in UTC, an hour behind the house."""
    return f"{one.closes_at:%d.%m. %H:%M}"


async def count_forming(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have groups be formed of nobody; gives the numbers of the rounds."""
    formed: list[int] = []

    async def form(_asking: object, _services: object, one: ConsultationRound) -> list[object]:
        formed.append(one.id or 0)
        one.state = RoundState.FORMED
        return []

    monkeypatch.setattr(forming, "form", form)
    return formed
