"""Half-groups of a meeting: split once the agenda stands, told, adjusted to cancellations, and ever different."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest

from bot.settings import CommunitySettings
from conftest import MovedClock
from knowledge.timetable import Step
from rounds import Round, opened, planned
from storage.models.jour_fixe import MeetingState
from traffic import LOTSEN, MATRIX, SETTINGS, Somebody, Traffic

NAMES = ("Ada", "Bea", "Cem", "Dora", "Emil", "Fritz", "Gül", "Hans")


@pytest.fixture
def settings() -> CommunitySettings:
    return SETTINGS.model_copy(update={"supporters": frozenset(name.lower() for name in NAMES)})


@pytest.fixture
async def traffic(
    migrated: Path, tmp_path: Path, clock: MovedClock, settings: CommunitySettings
) -> AsyncIterator[Traffic]:
    async with opened(migrated, tmp_path, clock, settings) as traffic:
        yield traffic


@pytest.fixture
async def crowd(traffic: Traffic) -> Sequence[Somebody]:
    """Eight supporters who have written to the bot."""
    return [await traffic.met(name.lower(), name, MATRIX) for name in NAMES]


@pytest.fixture
async def halves(traffic: Traffic, crowd: Sequence[Somebody]) -> Round:
    return await planned(traffic, groups=2)


async def agenda_stands(jour_fixe: Round) -> None:
    async with jour_fixe.traffic.database.unit_of_work() as uow:
        await uow.jour_fixe.note_step(jour_fixe.meeting, Step.AGENDA)
        await uow.commit()
    await jour_fixe.minute()


async def groups(jour_fixe: Round) -> dict[int, set[int]]:
    """The people of each group, by our ids."""
    async with jour_fixe.traffic.database.reading() as uow:
        rows = [one for one in await uow.attendance.all(jour_fixe.meeting) if one.group]
    return {
        number: {one.person_id for one in rows if one.group == number} for number in {one.group or 0 for one in rows}
    }


def shown(traffic: Traffic) -> list[str]:
    return [text for text in traffic.texts_at(LOTSEN) if text.startswith("Gruppen")]


async def test_everybody_is_in_one_group_and_told_once_in_the_room(
    traffic: Traffic, halves: Round, crowd: Sequence[Somebody]
) -> None:
    await agenda_stands(halves)
    await halves.minute()
    found = await groups(halves)
    assert [len(found[1]), len(found[2])] == [4, 4]
    for one in crowd:  # who has no such room on their platform hears it alone
        told = [text for text in one.sees() if "Du bist in Gruppe" in text]
        assert len(told) == (one.platform != LOTSEN.platform)
    [listed] = shown(traffic)
    assert all(name in listed for name in NAMES)


async def test_before_the_agenda_stands_there_are_none(halves: Round, crowd: Sequence[Somebody]) -> None:
    await halves.minute()
    assert await groups(halves) == {}
    assert "Gruppen gibt es noch keine" in (await crowd[0].says("gruppen"))[0]


async def test_who_said_no_is_in_none(halves: Round, crowd: Sequence[Somebody]) -> None:
    await halves.says_no(crowd[0])
    await agenda_stands(halves)
    found = await groups(halves)
    assert await halves.id_of(crowd[0]) not in found[1] | found[2]
    assert sorted(map(len, found.values())) == [3, 4]


async def test_a_series_without_groups_splits_nobody(traffic: Traffic, crowd: Sequence[Somebody]) -> None:
    jour_fixe = await planned(traffic)
    await agenda_stands(jour_fixe)
    assert await groups(jour_fixe) == {}
    assert "Kein Jour fixe wird in Gruppen geteilt" in (await crowd[0].says("gruppen"))[0]


async def test_five_people_are_no_two_groups(halves: Round, crowd: Sequence[Somebody]) -> None:
    for one in crowd[:3]:
        await halves.says_no(one)
    await agenda_stands(halves)
    assert await groups(halves) == {}


async def test_cancellations_move_as_few_as_possible_and_the_list_is_changed_in_place(
    traffic: Traffic, halves: Round, crowd: Sequence[Somebody]
) -> None:
    await agenda_stands(halves)
    before = await groups(halves)
    ids = {await halves.id_of(one): one for one in crowd}
    leaving = sorted(before[1])[:3]
    for person in leaving:
        await ids[person].says("ich komme nicht")
    after = await groups(halves)
    assert sorted(map(len, after.values())) == [2, 3]
    moved = [person for person in before[2] if person in after[1]]
    assert len(moved) == 1
    assert any("Du bist in Gruppe 1" in text for text in ids[moved[0]].sees())
    [listed] = shown(traffic)
    assert not any(ids[person].sender.name in listed for person in leaving)


async def test_who_comes_after_all_gets_a_place(halves: Round, crowd: Sequence[Somebody]) -> None:
    await halves.says_no(crowd[0])
    await agenda_stands(halves)
    await crowd[0].says("ich komme")
    found = await groups(halves)
    assert await halves.id_of(crowd[0]) in found[1] | found[2]
    assert "Du bist in Gruppe" in "".join(crowd[0].sees())


async def test_at_night_those_who_pause_now_lose_their_place(
    traffic: Traffic, halves: Round, crowd: Sequence[Somebody]
) -> None:
    await agenda_stands(halves)
    person = await traffic.introduce(crowd[0], "Kanban", paused_until=(traffic.clock.now() + timedelta(days=20)).date())
    await traffic.night()
    found = await groups(halves)
    assert person not in found[1] | found[2]


async def test_who_met_is_remembered_once_after_the_meeting_for_a_year(
    traffic: Traffic, halves: Round, crowd: Sequence[Somebody]
) -> None:
    await agenda_stands(halves)
    found = await groups(halves)
    for _ in range(2):
        await traffic.night(days=6)
    async with traffic.database.reading() as uow:
        met = await uow.attendance.companions(halves.series)
    assert met.keys() == {pair for group in found.values() for pair in combinations(sorted(group), 2)}
    await traffic.night(days=366)
    assert await traffic.rows("companions") == {"companions": 0}


async def test_a_cancelled_meeting_brought_nobody_together(
    traffic: Traffic, halves: Round, crowd: Sequence[Somebody]
) -> None:
    await agenda_stands(halves)
    await halves.set_state(MeetingState.CANCELLED)
    await traffic.night(days=11)
    assert await traffic.rows("companions") == {"companions": 0}


async def test_only_coordinators_have_them_split_anew(
    traffic: Traffic, halves: Round, crowd: Sequence[Somebody], may: Somebody
) -> None:
    await agenda_stands(halves)
    assert "Koordination" in (await crowd[0].says("gruppen neu"))[0]
    assert "Gruppe 2" in (await may.says("gruppen neu"))[0]
    [listed] = shown(traffic)
    assert "Jutta May" in listed
    assert sum(map(len, (await groups(halves)).values())) == 9


async def test_everybody_in_the_round_may_see_them_and_nobody_else(
    halves: Round, crowd: Sequence[Somebody], anna: Somebody
) -> None:
    await agenda_stands(halves)
    assert "**Gruppe 1**: " in (await crowd[0].says("gruppen"))[0]
    assert "Gruppe" not in (await anna.says("gruppen"))[0], "from staff it is a question like others"
