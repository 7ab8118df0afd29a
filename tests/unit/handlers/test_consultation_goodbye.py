"""Tests of groups from which somebody goes for good: out of their role, or out of the store."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from conftest import MovedClock
from gatherings import Gathering, town
from storage.models.peer_consultation import GroupPlace, GroupState
from traffic import MATRIX, Traffic


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


async def test_before_all_is_deleted_it_says_what_that_means_for_groups_and_cases(group: Gathering) -> None:
    await group.planned()
    async with group.traffic.database.unit_of_work() as uow:
        await uow.rounds.ask_later(group.ids["aylin"], date(2027, 1, 11))
        await uow.rounds.were_together(list(group.ids.values()), date(2026, 11, 30))
        await uow.commit()
    [preview] = await group.aylin.says("meine daten löschen")
    assert "Bei kollegialen Beratungen bist du dann nicht mehr dabei." in preview
    assert "Dein Fall ist dann gelöscht." in preview
    assert "Nach deinem Fall frage ich dann nicht mehr." in preview
    assert "Mit wem du beraten hast, vergesse ich." in preview
    [report, *_] = await group.aylin.says("1")
    assert "Plätze in Beratungen" in report


@pytest.mark.parametrize("state", [GroupState.RUNNING, GroupState.CLOSING])
async def test_whoever_has_all_deleted_is_not_named_once_more(group: Gathering, state: GroupState) -> None:
    await group.planned()
    async with group.traffic.database.unit_of_work() as uow:
        found = await uow.consultations.hold(group.number)
        assert found is not None
        found.state, found.phase = state, "telling" if state == GroupState.RUNNING else ""
        await uow.consultations.add_place(GroupPlace(platform=MATRIX, conversation_id="!room", group_id=group.number))
        await uow.commit()
    before = len(group.traffic.sent)
    await forget(group, "ben")
    said = [one.text for one in group.traffic.sent[before:] if one.conversation.id == "!room" and one.text]
    assert said == (["Eine Person ist nicht mehr dabei."] if state == GroupState.RUNNING else [])
