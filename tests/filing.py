"""A community in which somebody, Ada, files a case for peer consultation; nobody has a group yet."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import consulting
from bot.turn import House
from conftest import MovedClock
from handlers.peer_consultation import waiting_cases
from handlers.table import TABLE
from knowledge.departments import Department, Departments
from knowledge.working_days import WorkingDays
from storage.models.peer_consultation import ConsultationCase
from traffic import MATRIX, SETTINGS, Somebody, Traffic

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
PEOPLE = {"ada": "Ada Lang", "ruth1": "Ruth Maier", "ruth2": "Ruth Sommer", "cem": "Cem Kaya"}
HOUSE = House(departments=Departments([Department("Sozialamt")]), working_days=WorkingDays(("NW",)))
FILING_TABLE = replace(TABLE, errands=(waiting_cases.look_after,), ticks=())


@asynccontextmanager
async def opened(migrated: Path, folder: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    """The town of `traffic` on a Friday, with these people as its supporters."""
    clock.time = FRIDAY
    settings = SETTINGS.model_copy(update={"supporters": frozenset(PEOPLE)})
    async with consulting.opened(migrated, folder, clock, FILING_TABLE, settings, HOUSE) as traffic:
        yield traffic


async def crowd(traffic: Traffic) -> dict[str, Somebody]:
    """All of them, known to the bot."""
    found = {person: await traffic.met(person, name) for person, name in PEOPLE.items()}
    async with traffic.database.unit_of_work() as uow:
        for person, name in PEOPLE.items():
            await uow.people.know(MATRIX, person, name)
        await uow.commit()
    return found


async def cases(traffic: Traffic) -> Sequence[ConsultationCase]:
    """The cases that wait."""
    async with traffic.database.reading() as uow:
        return await uow.rounds.waiting_cases()


async def unwanted(traffic: Traffic, number: int = 1) -> set[str]:
    """Whom the giver of a case does not want there."""
    async with traffic.database.reading() as uow:
        found = [await uow.people.get(person) for person in await uow.rounds.vetoes(number)]
    return {one.name for one in found if one}


async def file(ada: Somebody, title: str = "Umgang mit Widerstand im Team", veto: str = "niemand") -> str:
    """Ada files a case that waits long enough; gives what is said at the end."""
    for words in ("ich habe einen fall", title, "live", "vormittags", veto):
        await ada.says(words)
    shown = ""
    while not shown.startswith("So merke ich"):
        [shown] = await ada.says("nein")
    return (await ada.says("ja"))[-1]
