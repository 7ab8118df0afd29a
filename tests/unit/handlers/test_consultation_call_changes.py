"""The open round is extended, called off or closed at once, by a coordinator alone."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

import calling
from calling import called, closing, days, rounds
from conftest import MovedClock
from traffic import LOTSEN, Somebody, Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with calling.opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def crowd(traffic: Traffic) -> Sequence[Somebody]:
    return await calling.crowd(traffic)


async def test_it_is_extended_by_a_coordinator_alone(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    [refused] = await crowd[0].says("runde verlängern bis 4.12.")
    assert "Koordination" in refused
    [told] = await may.says("runde verlängern bis 4.12.")
    assert "Freitag, 4. Dezember 2026, 12 Uhr" in told
    assert "Anmelden bis Freitag, 4. Dezember" in traffic.texts_at(LOTSEN)[0]
    [refused] = await may.says("die runde bis 1.11.2026 verlängern")
    assert "schon vorbei" in refused
    [asked] = await may.says("runde verlängern")
    assert "Bis wann" in asked
    [told] = await may.says("donnerstag 14 uhr")
    assert "14 Uhr" in told


async def test_a_time_that_shortens_is_asked_back(traffic: Traffic, may: Somebody) -> None:
    await called(may)
    before = closing((await rounds(traffic))[0])
    [asked] = await may.says("runde verlängern bis 24.11.")
    assert "früher als bisher" in asked
    assert closing((await rounds(traffic))[0]) == before
    await may.says("ja")
    assert closing((await rounds(traffic))[0]) == "24.11. 11:00"


@pytest.mark.parametrize(
    ("words", "then"),
    [("um zwei tage", "04.12. 11:00"), ("um drei tage", "07.12. 11:00"), ("eine Woche länger", "09.12. 11:00")],
)
async def test_so_much_longer_counts_from_the_end_that_was(
    traffic: Traffic, may: Somebody, words: str, then: str
) -> None:
    await called(may)
    await may.says("runde verlängern")
    await may.says(words)
    assert closing((await rounds(traffic))[0]) == then


async def test_an_older_question_whether_to_shorten_takes_nothing_back(traffic: Traffic, may: Somebody) -> None:
    await called(may)
    await may.says("runde verlängern bis 24.11.")
    await may.says("runde verlängern bis 4.12.")
    [asked] = await may.says("1")
    assert "früher als bisher: Freitag, 4. Dezember" in asked
    assert closing((await rounds(traffic))[0]) == "04.12. 11:00"


async def test_called_off_everybody_who_joined_hears_it_alone(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    await crowd[0].says("dabei", LOTSEN)
    await may.says("runde absagen")
    await may.says("ja")
    assert "findet nicht statt" in crowd[0].sees()[-1]
    assert "findet nicht statt" in traffic.texts_at(LOTSEN)[0]
    assert all("findet nicht statt" not in text for text in crowd[1].sees())
    [late] = await crowd[1].says("ich bin bei der beratung dabei")
    assert "keine Runde offen" in late


async def test_of_several_the_one_that_is_meant_is_asked_for(traffic: Traffic, may: Somebody) -> None:
    await called(may)
    await called(may, "kollegiale beratung in kw 51")
    [asked] = await may.says("runde absagen")
    assert "Welche Runde" in asked
    await may.says("2")
    await may.says("ja")
    assert [days(one) for one in await rounds(traffic)] == [("07.12.", "11.12.")]


async def test_groups_are_formed_at_once_when_a_coordinator_says_so(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    for one in crowd:
        await one.says("dabei", LOTSEN)
    await may.says("gruppen bilden")
    told = await may.says("ja")
    assert any("Die Gruppen stehen" in text for text in told)
    assert "Gruppen: 1. Mit Termin: 0." in (await may.says("beratungen"))[-1]
    async with traffic.database.reading() as uow:
        [group] = await uow.consultations.of_round(1)
        assert len(await uow.consultations.members(group.id or 0)) == 4


async def test_too_few_are_told_and_it_stays_open(traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]) -> None:
    await called(may)
    await crowd[0].says("dabei", LOTSEN)
    await may.says("gruppen bilden")
    told = await may.says("ja")
    assert any("Es kam keine Gruppe zustande" in text for text in told)
    assert len(await rounds(traffic)) == 1


@pytest.mark.parametrize("words", ["runde verschieben", "runde ändern", "die runde soll doch schriftlich sein"])
async def test_how_a_round_is_altered_is_said(traffic: Traffic, may: Somebody, words: str) -> None:
    await called(may)
    [told] = await may.says(words)
    assert "„runde absagen“" in told
