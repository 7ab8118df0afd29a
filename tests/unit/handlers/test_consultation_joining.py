"""Who takes part in a round of peer consultation and how: what the room reads, and what each hears alone."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

import calling
from calling import called, count_forming, taking_part
from conftest import MovedClock
from traffic import LOTSEN, MATRIX, Somebody, Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with calling.opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def crowd(traffic: Traffic) -> Sequence[Somebody]:
    return await calling.crowd(traffic)


async def test_who_joins_in_the_room_hears_alone_what_happens_next(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    before = len(traffic.texts_at(LOTSEN))
    await crowd[0].says("dabei", LOTSEN)
    assert len(traffic.texts_at(LOTSEN)) == before
    told = crowd[0].sees()[-1]
    assert "Du bist dabei: kollegiale Beratung vom 7. bis 11. Dezember" in told
    assert "„beratung abmelden“ meldet dich ab" in told
    assert "Leitest du einen Fachbereich" in told
    assert [one.can_moderate for one in await taking_part(traffic)] == [False]


async def test_how_many_is_said_from_three_people_on(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    shown = []
    for one in crowd:
        await one.says("dabei", LOTSEN)
        shown.append(traffic.texts_at(LOTSEN)[0].rpartition("\n\n")[2])
    assert shown == ["Bisher sind wenige dabei."] * 2 + ["Bisher sind 3 dabei.", "Bisher sind 4 dabei."]
    assert not any(name.capitalize() in traffic.texts_at(LOTSEN)[0] for name in calling.NAMES)


async def test_twice_is_once_and_nobody_is_asked_again(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    await crowd[0].says("dabei", LOTSEN)
    await crowd[0].says("moderation", LOTSEN)
    await crowd[0].says("1", LOTSEN)
    assert [one.can_moderate for one in await taking_part(traffic)] == [True]
    assert "Leitest du" not in crowd[0].sees()[-1]
    assert "moderieren kannst" in crowd[0].sees()[-1]


async def test_who_leads_says_so_once_for_this_round(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    await crowd[0].says("dabei", LOTSEN)
    [near] = await crowd[0].says("sozialmat")
    assert "Sozialamt" in near
    if "Notiert" not in near:
        await crowd[0].says("1")
    await crowd[1].says("dabei", LOTSEN)
    await crowd[1].says("nein")
    assert [one.leads for one in await taking_part(traffic)] == ["Sozialamt", ""]


@pytest.mark.parametrize("words", ["dabei", "1 3", "ich kann doch nicht", "alle"])
async def test_what_is_no_department_is_none(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody], words: str
) -> None:
    await called(may)
    await crowd[0].says("dabei", LOTSEN)
    assert "Fachbereich kenne ich nicht" not in " ".join(await crowd[0].says(words))


async def test_who_comes_late_is_a_reserve(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody], monkeypatch: pytest.MonkeyPatch
) -> None:
    await count_forming(monkeypatch)
    await called(may)
    await crowd[0].says("dabei", LOTSEN)
    await may.says("gruppen bilden")
    await may.says("ja")
    await crowd[1].says("dabei", LOTSEN)
    assert "Du bist Reserve" in crowd[1].sees()[-1]
    assert [one.is_reserve for one in await taking_part(traffic)] == [False, True]


async def test_who_leaves_is_gone_and_the_post_tells_it(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    for one in crowd[:3]:
        await one.says("dabei", LOTSEN)
    await crowd[0].says("abmelden", LOTSEN)
    await crowd[1].says("beratung abmelden")
    assert len(await taking_part(traffic)) == 1
    assert "Bisher sind wenige" in traffic.texts_at(LOTSEN)[0]
    [told] = await crowd[1].says("beratung abmelden")
    assert "in keiner Runde" in told


async def test_who_leaves_the_round_then_leaves_the_group(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    for one in crowd:
        await one.says("dabei", LOTSEN)
    await may.says("gruppen bilden")
    await may.says("ja")
    await crowd[0].says("abmelden", LOTSEN)
    async with traffic.database.reading() as uow:
        person = await uow.people.find(MATRIX, crowd[0].sender.id)
        assert person is not None
        assert await uow.consultations.of_person(person.id or 0) == []


async def test_who_cannot_come_after_all_leaves_the_open_round(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    await crowd[0].says("dabei", LOTSEN)
    [told, *_] = await crowd[0].says("ich kann leider doch nicht kommen")
    assert "Du bist abgemeldet" in told
    assert not await taking_part(traffic)


async def test_sentences_in_ones_own_chat_do_the_same(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    await called(may)
    await crowd[0].says("ich bin bei der kollegialen beratung dabei")
    await crowd[1].says("ich kann moderieren")
    assert [one.can_moderate for one in await taking_part(traffic)] == [False, True]


async def test_without_a_round_it_is_about_the_jour_fixe(crowd: Sequence[Somebody]) -> None:
    [told] = await crowd[0].says("ich bin dabei")
    assert "Jour fixe" in told
    [told] = await crowd[0].says("ich mache bei der kollegialen beratung mit")
    assert "keine Runde offen" in told


async def test_one_sees_what_there_is_but_nobody_by_name(
    traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
) -> None:
    [told] = await crowd[0].says("beratungen")
    assert "keine kollegiale Beratung geplant" in told
    await called(may)
    for one in crowd[:3]:
        await one.says("dabei", LOTSEN)
    [told] = await may.says("beratungen")
    assert "Bisher sind 3 dabei" in told
    assert "gruppen bilden" in told
    assert "Ada" not in told
    await crowd[3].says("beratungen")
    await crowd[3].says("1")
    assert len(await taking_part(traffic)) == 4
