"""Tests of groups from which somebody goes for good: out of their role, or out of the store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conftest import MovedClock
from gatherings import Gathering, town
from storage.models.peer_consultation import GroupState
from traffic import Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with town(migrated, tmp_path, clock) as made:
        yield made


@pytest.fixture
def group(traffic: Traffic) -> Gathering:
    return Gathering(traffic)


async def forget(group: Gathering, person: str) -> None:
    await group.people[person].says("meine daten löschen")
    await group.people[person].says("1")


async def test_whoever_has_all_deleted_is_in_no_group_any_more_and_the_others_hear_of_it(group: Gathering) -> None:
    await group.planned()
    await forget(group, "ben")
    async with group.traffic.database.reading() as uow:
        members = {member.person_id for member in await uow.consultations.members(group.number)}
    assert members == {group.ids[person] for person in ("aylin", "ruth", "tom", "mehmet")}
    assert (await group.group()).state == GroupState.PLANNED


async def test_without_the_case_giver_s_data_there_is_no_case(group: Gathering) -> None:
    await group.planned()
    await forget(group, "aylin")
    async with group.traffic.database.reading() as uow:
        assert await uow.rounds.case(group.case) is None
    assert (await group.group()).state == GroupState.CANCELLED


async def test_whom_a_case_giver_does_not_want_there_is_shown_to_them_alone(group: Gathering) -> None:
    await group.planned()
    async with group.traffic.database.unit_of_work() as uow:
        await uow.rounds.set_vetoes(group.case, [group.ids["ben"]])
        await uow.commit()
    assert "Ben Krause nicht dabei" in " ".join(await group.aylin.says("meine daten"))
    assert "nicht dabei" not in " ".join(await group.ben.says("meine daten"))
    assert "nicht_eingeladen" not in " ".join(await group.ben.says("meine daten als datei"))
