"""Whom somebody does not want there when their case is talked about: found by name, and nobody else learns of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import filing
from conftest import MovedClock
from filing import file, unwanted
from traffic import LOTSEN, MATRIX, Somebody, Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with filing.opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def crowd(traffic: Traffic) -> dict[str, Somebody]:
    return await filing.crowd(traffic)


@pytest.fixture
def ada(crowd: dict[str, Somebody]) -> Somebody:
    return crowd["ada"]


async def to_the_question(ada: Somebody) -> None:
    for words in ("fall: Rolle im Team", "live", "egal"):
        await ada.says(words)


async def test_of_those_called_alike_one_is_asked_for(traffic: Traffic, ada: Somebody) -> None:
    await to_the_question(ada)
    [asked] = await ada.says("ruth und cem")
    assert "Wen meinst du?" in asked
    await ada.says("2")
    await ada.says("nein")
    await ada.says("ja")
    assert await unwanted(traffic) == {"Ruth Sommer", "Cem Kaya"}


async def test_all_of_them_can_be_meant(traffic: Traffic, ada: Somebody) -> None:
    await to_the_question(ada)
    for words in ("Ruth", "alle", "nein", "ja"):
        await ada.says(words)
    assert await unwanted(traffic) == {"Ruth Maier", "Ruth Sommer"}


async def test_who_is_not_known_is_said_and_nothing_taken(traffic: Traffic, ada: Somebody) -> None:
    await to_the_question(ada)
    [told] = await ada.says("Cem Kaya, Xaver Unbekannt")
    assert "„Xaver Unbekannt“ finde ich unter den Lots:innen nicht" in told
    [asked] = await ada.says("cem")
    assert "Eilt es?" in asked


async def test_oneself_cannot_be_meant(ada: Somebody) -> None:
    await to_the_question(ada)
    [told] = await ada.says("Ada Lang")
    assert "finde ich unter den Lots:innen nicht" in told


async def test_their_names_are_kept_nowhere_else(traffic: Traffic, ada: Somebody) -> None:
    await file(ada, veto="Cem Kaya")
    async with traffic.database.reading() as uow:
        offers = await uow.questions.offers_to(MATRIX, ada.chat.id, ada.sender.id)
    assert "Cem" not in repr([(one.choices, one.asks) for one in offers])


async def test_others_never_learn_of_it(traffic: Traffic, ada: Somebody, crowd: dict[str, Somebody]) -> None:
    await file(ada, veto="Cem Kaya")
    assert all("Nicht dabei" not in text for one in crowd.values() if one is not ada for text in one.sees())
    assert "Cem" not in "".join(traffic.texts_at(LOTSEN))


async def test_who_was_named_beside_somebody_unknown_is_kept(traffic: Traffic, ada: Somebody) -> None:
    for answer in ("ich habe einen fall", "Umgang mit Widerstand im Team", "live", "egal"):
        await ada.says(answer)
    [asked] = await ada.says("Cem Kaya, Frau Unbekannt")
    assert "Frau Unbekannt" in asked
    await ada.says("Ruth Sommer")
    await ada.says("nein")
    await ada.says("ja")
    assert await unwanted(traffic) == {"Cem Kaya", "Ruth Sommer"}
