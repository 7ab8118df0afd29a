"""Of which department somebody says to be."""

import pytest

from bot.turn import House
from knowledge.departments import Department, Departments
from storage.database import Database
from town import FLUR, MATRIX, Resident, Town

TREE = Departments([Department("Sozialamt", ("Amt 50", "FB 3")), Department("Stadtbücherei"), Department("Standesamt")])


@pytest.fixture
def town(sqlite: Database) -> Town:
    return Town(sqlite, house=House(departments=TREE))


@pytest.fixture
def jana(town: Town) -> Resident:
    return town.resident("jana", "Jana Kuhn")


async def kept(town: Town) -> str | None:
    async with town.database.reading() as uow:
        found = await uow.people.find(MATRIX, "jana")
        return found.department if found else None


@pytest.mark.parametrize("said", ["Sozialamt", "amt 50", "FB 3"])
async def test_a_department_is_kept_by_its_name_and_it_is_said_what_for(town: Town, jana: Resident, said: str) -> None:
    answer = await jana.says(f"fachbereich: {said}")
    assert answer.startswith("Notiert: Sozialamt. Das brauche ich für Regeln")
    assert await kept(town) == "Sozialamt"
    assert await jana.says("fachbereich") == "Dein Fachbereich: Sozialamt. „fachbereich löschen“ vergisst ihn."


async def test_one_that_is_nearly_known_is_asked_about(town: Town, jana: Resident) -> None:
    answer = await jana.says("fachbereich: Stadtbibücherei Zweigstelle")
    assert answer == "Den kenne ich so nicht. Meinst du einen von diesen?"
    assert jana.choices[0] == "Stadtbücherei"
    assert jana.choices[-1] == "keiner davon"
    assert await kept(town) is None
    await jana.says("1")
    assert await kept(town) == "Stadtbücherei"


async def test_none_of_them_keeps_nothing(town: Town, jana: Resident) -> None:
    await jana.says("fachbereich: Stadtbibücherei Zweigstelle")
    assert "ich merke mir nichts" in await jana.says("keiner")
    assert not await jana.exists()


async def test_an_unknown_one_is_not_kept(town: Town, jana: Resident) -> None:
    assert "Diesen Fachbereich kenne ich nicht." in await jana.says("fachbereich: Raumfahrt")
    assert not await jana.exists()


async def test_where_the_house_names_none_the_words_are_kept(sqlite: Database) -> None:
    town = Town(sqlite)
    await town.resident("jana", "Jana").says("fachbereich:  Raumfahrt   und Mond ")
    assert await kept(town) == "Raumfahrt und Mond"


async def test_deleting_it_forgets_the_name_too(town: Town, jana: Resident) -> None:
    await jana.says("fachbereich: Sozialamt")
    assert await jana.says("fachbereich löschen") == "Vergessen."
    assert not await jana.exists()
    assert await jana.says("fachbereich löschen") == "Von dir kenne ich keinen Fachbereich."


@pytest.mark.parametrize("text", ["fachbereich", "fachbereich: ?!"])
async def test_without_a_name_it_says_how(jana: Resident, text: str) -> None:
    assert "„fachbereich: Sozialamt“" in await jana.says(text)


@pytest.mark.parametrize("text", ["fachbereich: Sozialamt", "fachbereich", "fachbereich löschen"])
async def test_in_a_room_nothing_of_it_is_done(jana: Resident, text: str) -> None:
    assert "nur im Einzelchat" in await jana.says(text, FLUR)
    assert not await jana.exists()
