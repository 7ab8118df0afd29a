"""Who asks who takes part hears how many there are, and names only of those in their own group."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

import calling
from calling import called
from conftest import MovedClock
from rounds import planned
from traffic import LOTSEN, Somebody, Traffic

ASKED = ["wer hat sich angemeldet?", "wer ist dabei", "wie viele sind dabei?", "wer macht bei der beratung mit?"]
ASKED += ["wer hat sich noch nicht gemeldet"]


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with calling.opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def crowd(traffic: Traffic) -> Sequence[Somebody]:
    return await calling.crowd(traffic)


async def _join(people: Sequence[Somebody]) -> None:
    for one in people:
        await one.says("dabei", LOTSEN)


@pytest.mark.parametrize("asked", ASKED)
async def test_how_many_are_in_is_told_and_nobody_by_name(may: Somebody, crowd: Sequence[Somebody], asked: str) -> None:
    await called(may)
    await _join(crowd)
    for one in (may, crowd[0]):
        [told] = await one.says(asked)
        assert told.startswith("**Kollegiale Beratung** vom 7. bis 11. Dezember 2026: Bisher sind 4 dabei. Namen zeige")
        assert "Bea" not in told


async def test_of_few_not_even_their_number_is_told(may: Somebody, crowd: Sequence[Somebody]) -> None:
    await called(may)
    await _join(crowd[:2])
    [told] = await may.says("wie viele haben sich angemeldet")
    assert "Bisher sind wenige dabei." in told
    assert "2 dabei" not in told


async def test_whoever_has_a_group_hears_its_names_alone(may: Somebody, crowd: Sequence[Somebody]) -> None:
    await called(may)
    await _join(crowd)
    await may.says("gruppen bilden")
    await may.says("ja")
    [told] = await crowd[0].says("wer ist bei der beratung dabei?")
    assert "Die Gruppen stehen." in told
    assert told.endswith("In Beratung 1 sind mit dir: Bea, Cem, Dora.")
    [told] = await may.says("wer ist bei der beratung dabei?")
    assert "Bea" not in told
    [told] = await crowd[0].says("wer ist dabei?", LOTSEN)
    assert "Die Gruppen stehen." in told
    assert "Bea" not in told


async def test_without_a_round_the_words_stay_with_the_jour_fixe(traffic: Traffic, may: Somebody) -> None:
    await planned(traffic)
    assert "Montag, 30. November 2026" in (await may.says("wer ist dabei?"))[0]
    assert "keine Runde offen" in (await may.says("wer ist bei der kollegialen beratung dabei?"))[0]


async def test_with_both_ahead_both_are_told(traffic: Traffic, may: Somebody) -> None:
    await planned(traffic)
    await called(may)
    jour_fixe, consultation = await may.says("wie viele sind dabei?")
    assert "Montag, 30. November 2026" in jour_fixe
    assert "Kollegiale Beratung" in consultation
    [told] = await may.says("wer kommt?")
    assert "Montag, 30. November 2026" in told


async def test_below_the_call_it_is_about_the_round(traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]) -> None:
    await planned(traffic)
    await called(may)
    [told] = await crowd[0].says("wer ist dabei?", LOTSEN)
    assert told.startswith("**Kollegiale Beratung**")


@pytest.mark.parametrize("asked", ["wer hat sich angemeldet?", "wer hat sich für die beratung angemeldet?"])
async def test_from_staff_it_is_a_question_like_others(may: Somebody, anna: Somebody, asked: str) -> None:
    await called(may)
    assert "Kollegiale Beratung" not in " ".join(await anna.says(asked))
