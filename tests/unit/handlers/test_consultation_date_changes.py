"""What becomes of a date that stands: people step back, or it is moved by asking all anew."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.messages import Order
from conftest import MovedClock
from gatherings import Gathering, town
from storage.models.peer_consultation import CaseState, GroupState, Participation
from traffic import Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with town(migrated, tmp_path, clock) as found:
        yield found


@pytest.fixture
def group(traffic: Traffic) -> Gathering:
    return Gathering(traffic)


# stepping back


async def test_whoever_cannot_come_at_the_date_may_step_back(group: Gathering) -> None:
    await group.form(people=("aylin", "ruth", "tom", "ben", "mehmet", "svenja"))
    await group.all_say("1", "tom")
    await group.tom.says("2")
    assert any("Kannst du dann?" in text for text in group.tom.sees())
    assert not any("Kannst du dann?" in text for text in group.ben.sees())
    await group.tom.says("zurücktreten")
    await group.tom.says("ja")
    assert group.ids["tom"] not in [member.id for member in (await group.circle()).members]
    assert (await group.group()).state == GroupState.PLANNED


async def test_without_the_case_giver_the_group_does_not_meet(group: Gathering) -> None:
    await group.planned()
    await group.at(datetime(2026, 12, 4, 8, tzinfo=UTC))
    await group.aylin.says("zurücktreten")
    await group.aylin.says("ja")
    assert (await group.group()).state == GroupState.CANCELLED
    assert await group.case_state() == CaseState.WAITING


@pytest.mark.parametrize(
    "words",
    [
        "ich kann doch nicht",
        "ich kann leider doch nicht kommen",
        "ich bin doch nicht dabei",
        "Ich falle aus.",
        "zurücktreten",
    ],
)
async def test_whoever_cannot_come_after_all_is_asked_whether_they_are_sure(group: Gathering, words: str) -> None:
    await group.planned()
    [said] = await group.tom.says(words)
    assert "zurücktreten?" in said
    assert (await group.member("tom")) is not None
    await group.tom.says("ja")
    assert group.ids["tom"] not in [member.id for member in (await group.circle()).members]


async def test_whoever_is_not_sure_stays(group: Gathering) -> None:
    await group.planned()
    await group.tom.says("ich falle aus")
    await group.tom.says("nein")
    assert group.ids["tom"] in [member.id for member in (await group.circle()).members]


async def test_in_the_room_it_is_asked_alone_and_whoever_steps_back_leaves_it(group: Gathering) -> None:
    await group.gathered()
    assert all(one.conversation == group.tom.chat for one in await group.says("tom", "ich kann doch nicht"))
    assert "zurücktreten?" in group.tom.sees()[-1]
    await group.tom.says("ja")
    assert [one.people for one in group.orders(Order.REMOVE)] == [("tom",)]


async def test_one_number_below_the_reminder_lets_nobody_step_back(group: Gathering) -> None:
    await group.planned()
    await group.at(datetime(2026, 12, 4, 8, tzinfo=UTC))
    await group.tom.says("1")
    assert group.ids["tom"] in [member.id for member in (await group.circle()).members]


async def test_the_others_are_reserves_again_when_the_case_giver_steps_back(group: Gathering) -> None:
    await group.planned()
    async with group.traffic.database.unit_of_work() as uow:
        number = (await group.group()).round_id or 0
        for person in group.ids.values():
            await uow.rounds.join(Participation(round_id=number, person_id=person))
        await uow.commit()
    await group.aylin.says("ich kann doch nicht")
    await group.aylin.says("ja")
    async with group.traffic.database.reading() as uow:
        reserves = {one.person_id for one in await uow.rounds.participants(number) if one.is_reserve}
    assert reserves == {group.ids[person] for person in ("ruth", "tom", "ben", "mehmet")}
    assert "Und dein Fall?" in group.aylin.sees()[-1]
    await group.aylin.says("zurückziehen")
    async with group.traffic.database.reading() as uow:
        assert await uow.rounds.case(group.case) is None


async def test_without_a_group_it_is_said_as_before(group: Gathering) -> None:
    await group.form(people=("aylin", "ruth", "tom", "ben", "mehmet"))
    svenja = await group.traffic.met("svenja", "Svenja Koch")
    assert "zurücktreten" not in " ".join(await svenja.says("ich kann leider doch nicht kommen"))


# moving


async def test_the_case_giver_moves_the_date_by_asking_all_anew(group: Gathering) -> None:
    await group.planned()
    [told, *_] = await group.aylin.says("beratung verschieben auf 10.12. um 14 uhr")
    assert "ich frage alle" in told
    assert (await group.group()).state == GroupState.DATING
    await group.all_say("1", "aylin")
    assert await group.meets() == "Thu 10.12. 14:00"


async def test_the_date_holds_until_another_one_is_found(group: Gathering) -> None:
    await group.planned()
    await group.aylin.says("beratung verschieben auf 10.12. um 14 uhr")
    assert any("gilt der bisherige: Montag, 7. Dezember" in text for text in group.tom.sees())
    await group.all_say("nein", "aylin")
    assert (await group.group()).state == GroupState.PLANNED
    assert await group.meets() == "Mon 07.12. 09:00"
    assert "Es bleibt beim Termin am Montag, 7. Dezember" in group.tom.sees()[-1]


async def test_yes_is_an_answer_where_one_time_is_asked_for(group: Gathering) -> None:
    await group.planned()
    await group.aylin.says("beratung verschieben auf 10.12. um 14 uhr")
    await group.all_say("ja", "aylin")
    assert await group.meets() == "Thu 10.12. 14:00"


async def test_a_second_time_takes_the_place_of_the_first(group: Gathering) -> None:
    await group.planned()
    await group.aylin.says("beratung verschieben auf 10.12. um 14 uhr")
    await group.aylin.says("beratung verschieben auf 9.12. um 14 uhr")
    await group.all_say("ja", "aylin")
    assert await group.meets() == "Wed 09.12. 14:00"


async def test_nobody_is_asked_to_come_on_a_saturday(group: Gathering) -> None:
    await group.planned()
    [said] = await group.aylin.says("beratung verschieben auf 12.12. um 14 uhr")
    assert "arbeitet hier niemand" in said
    assert (await group.group()).state == GroupState.PLANNED


async def test_whoever_neither_has_the_case_nor_moderates_does_not_move_it(group: Gathering) -> None:
    await group.planned()
    [said] = await group.tom.says("beratung verschieben auf 10.12. um 14 uhr")
    assert "Das macht Aylin Kaya, oder wer moderiert." in said
    assert (await group.group()).state == GroupState.PLANNED


async def test_moving_without_a_time_proposes_others(group: Gathering) -> None:
    await group.planned()
    await group.aylin.says("beratung verschieben")
    assert len(group.polls("tom")) == 1
    async with group.traffic.database.reading() as uow:
        times = (await uow.consultations.proposed(group.number)).values()
    assert datetime(2026, 12, 7, 8, tzinfo=UTC) not in times


# not coming, in whatever words


@pytest.mark.parametrize("words", ["kann nicht", "schaffs heute nicht", "ja", "bin krank", "mittwoch kann ich nicht"])
async def test_below_the_reminder_whoever_cannot_come_is_asked_and_nothing_else_becomes_of_it(
    group: Gathering, words: str
) -> None:
    await group.planned()
    await group.at(datetime(2026, 12, 4, 8, tzinfo=UTC))
    [said] = await group.tom.says(words)
    assert "Aus **Beratung 1** zurücktreten?" in said
    async with group.traffic.database.reading() as uow:
        assert await uow.people.portrait(group.ids["tom"]) is None
        assert await uow.questions.count_open() == 0
    await group.tom.says("ja")
    assert group.ids["tom"] not in [member.id for member in (await group.circle()).members]


async def test_an_illness_or_a_holiday_is_a_pause_only_if_that_is_chosen(group: Gathering) -> None:
    await group.planned()
    await group.traffic.passes(hours=5)
    assert await group.tom.says("bin bis freitag krank") == ["Was meinst du?"]
    assert await group.traffic.tables_with("krank") == []
    async with group.traffic.database.reading() as uow:
        assert await uow.people.portrait(group.ids["tom"]) is None
    told = " ".join(await group.tom.says("2"))
    assert "Pause" in told
    assert "Freitag" in told
    assert (await group.member("tom")) is not None


async def test_the_question_for_the_end_of_a_pause_lets_other_words_through(group: Gathering) -> None:
    await group.planned()
    await group.traffic.passes(hours=5)
    await group.tom.says("bin im urlaub")
    assert "Bis wann?" in " ".join(await group.tom.says("2"))
    [said] = await group.tom.says("zurücktreten")
    assert "Aus **Beratung 1** zurücktreten?" in said


async def test_nobody_is_promised_a_reserve_that_there_is_not(group: Gathering) -> None:
    await group.planned()
    [said] = await group.tom.says("zurücktreten")
    assert "In der Reserve ist gerade niemand, die anderen wären dann 4." in said


async def test_whoever_must_go_before_it_begins_is_asked_first(group: Gathering) -> None:
    await group.planned()
    [said] = await group.tom.says("ich muss weg")
    assert "zurücktreten?" in said
    assert group.ids["tom"] in [member.id for member in (await group.circle()).members]


async def test_those_who_gather_hear_who_is_missing_and_by_which_form_they_go_on(group: Gathering) -> None:
    await group.gathered()
    await group.tom.says("zurücktreten")
    await group.tom.says("ja")
    assert "Tom Berger kann nicht, es bleiben 4 Personen. Damit läuft es als „Kurzform“" in group.in_room[-1]


async def test_without_a_case_and_without_anybody_who_can_lead_anybody_may_move_the_date(group: Gathering) -> None:
    await group.planned(moderators=())
    async with group.traffic.database.unit_of_work() as uow:
        found = await uow.consultations.hold(group.number)
        assert found is not None
        found.case_id = None
        await uow.commit()
    assert await group.ben.says("beratung verschieben auf 19.12. um 10 uhr") == [
        "An diesem Tag arbeitet hier niemand. Welcher passt stattdessen?"
    ]
