"""The round of a new case: the one that is open, one that is called for it, or the next."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import filing
from conftest import MovedClock
from filing import cases, file
from storage.models.peer_consultation import CaseState, RoundState
from traffic import LOTSEN, Somebody, Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with filing.opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def ada(traffic: Traffic) -> Somebody:
    return (await filing.crowd(traffic))["ada"]


async def test_it_goes_into_the_open_one(traffic: Traffic, ada: Somebody, may: Somebody) -> None:
    await may.says("kollegiale beratung in kw 50")
    await may.says("ja")
    told = await file(ada)
    assert "Du bist damit dabei: kollegiale Beratung vom 7. bis 11. Dezember 2026" in told
    assert "Leitest du" in told
    async with traffic.database.reading() as uow:
        assert len(await uow.rounds.participants(1)) == 1


async def test_without_one_a_round_can_be_called_for_it(traffic: Traffic, ada: Somebody) -> None:
    told = await file(ada)
    assert "Soll ich eine ausrufen?" in told
    await ada.says("runde")
    await ada.says("kw 50")
    await ada.says("ja")
    async with traffic.database.reading() as uow:
        assert [one.state for one in await uow.rounds.in_state()] == [RoundState.OPEN]
        assert len(await uow.rounds.participants(1)) == 1
    [case] = await cases(traffic)
    assert case.state == CaseState.WAITING


async def test_it_can_wait_for_the_next(traffic: Traffic, ada: Somebody) -> None:
    await file(ada)
    await ada.says("warten")
    async with traffic.database.reading() as uow:
        assert await uow.rounds.in_state() == []
    assert len(await cases(traffic)) == 1


async def test_a_case_chosen_alone_is_asked_for_its_title(ada: Somebody, may: Somebody) -> None:
    await may.says("kollegiale beratung in kw 50")
    await may.says("ja")
    await ada.says("beratungen")
    asked = await ada.says("2")
    assert any("Unter welchem Titel?" in text for text in asked)


async def test_a_case_said_below_the_call_joins_and_goes_on_alone(
    traffic: Traffic, ada: Somebody, may: Somebody
) -> None:
    await may.says("kollegiale beratung in kw 50")
    await may.says("ja")
    told, *_ = await ada.says("fall", LOTSEN)
    assert "Das machen wir zu zweit" in told
    assert "Unter welchem Titel?" in ada.sees()[-1]
    async with traffic.database.reading() as uow:
        assert len(await uow.rounds.participants(1)) == 1


async def test_a_time_outside_of_the_round_is_said(ada: Somebody, may: Somebody) -> None:
    await may.says("kollegiale beratung in kw 51")
    await may.says("ja")
    for words in ("fall: Rolle im Team", "live", "KW 50, vormittags", "niemand", "nein", "nein"):
        await ada.says(words)
    told = "".join(await ada.says("ja"))
    assert "„KW 50“ liegt nicht in dieser Runde" in told


@pytest.mark.parametrize("is_in", [True, False])
async def test_whoever_takes_a_case_back_hears_of_a_round_they_are_in(
    ada: Somebody, may: Somebody, is_in: bool
) -> None:
    if is_in:
        await may.says("kollegiale beratung in kw 50")
        await may.says("ja")
    await file(ada)
    await ada.says("mein fall")
    [told] = await ada.says("zurückziehen")
    assert ("trotzdem noch dabei" in told) == is_in


async def test_a_case_that_waits_is_asked_to_the_next_round(traffic: Traffic, ada: Somebody, may: Somebody) -> None:
    await file(ada)
    await ada.says("warten")
    await may.says("kollegiale beratung in kw 50")
    await may.says("ja")
    assert "Bist du mit deinem Fall dabei?" in ada.sees()[-1]
    await ada.says("ja")
    async with traffic.database.reading() as uow:
        assert len(await uow.rounds.participants(1)) == 1
