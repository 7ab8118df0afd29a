"""A group finds its date: chosen from the answers, named where none suits, told with a calendar file."""

from collections.abc import AsyncIterator
from datetime import UTC, date, time, timedelta
from pathlib import Path

import pytest

from conftest import MovedClock
from gatherings import Gathering, town
from storage.models.jour_fixe import Frequency, JourFixe, Meeting
from storage.models.peer_consultation import CaseState, GroupState
from traffic import Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with town(migrated, tmp_path, clock) as found:
        yield found


@pytest.fixture
def group(traffic: Traffic) -> Gathering:
    return Gathering(traffic)


# choosing


async def test_the_date_stands_once_all_have_answered(group: Gathering) -> None:
    await group.form()
    await group.all_say("1 2", "tom")
    assert (await group.group()).state == GroupState.DATING
    await group.tom.says("2")
    assert (await group.group()).state == GroupState.PLANNED
    assert await group.meets() == "Tue 08.12. 14:00"
    assert await group.traffic.rows("group_date", "date_answer") == {"group_date": 0, "date_answer": 0}


async def test_after_two_working_days_the_answers_so_far_decide(group: Gathering) -> None:
    await group.form(people=("aylin", "ruth", "tom", "ben", "mehmet", "svenja"))
    await group.all_say("3", "svenja")
    await group.traffic.passes(days=1, hours=23)
    assert (await group.group()).state == GroupState.DATING
    await group.traffic.passes(hours=1)
    assert await group.meets() == "Wed 09.12. 13:00"
    await group.minute()
    assert len([text for text in group.svenja.sees() if "ist am Mittwoch, 9. Dezember" in text]) == 1


async def test_whose_answer_is_missing_is_reminded_once_alone_on_the_working_day_before(group: Gathering) -> None:
    await group.form()
    await group.all_say("1 3", "tom")
    await group.traffic.passes(hours=23)
    assert not any("fehlt noch" in text for text in group.tom.sees())
    await group.traffic.passes(hours=1)
    await group.traffic.passes(hours=1)
    assert [sum("Deine Antwort fehlt noch." in text for text in one.sees()) for one in group.people.values()] == [
        int(person == "tom") for person in group.people
    ]
    assert "„1 3“" in " ".join(await group.tom.says("beratungen"))


async def test_where_answers_are_missing_it_is_not_said_that_no_time_suits(group: Gathering) -> None:
    await group.form()
    await group.tom.says("1")
    for _ in range(2):
        await group.traffic.passes(days=2)
    said = " ".join(text for one in group.people.values() for text in one.sees())
    assert "Zu wenige haben geantwortet." in said
    assert "passt genug Leuten" not in said
    assert "Nenn du bitte einen Termin" in " ".join(group.aylin.sees())


async def test_an_answer_after_that_hears_that_the_date_stands(group: Gathering) -> None:
    await group.planned()
    assert "Gerade steht nichts" in " ".join(await group.tom.says("1 2"))
    assert (await group.group()).state == GroupState.PLANNED


async def test_without_the_case_giver_no_date_is_chosen_and_other_times_are_proposed_once(group: Gathering) -> None:
    await group.form()
    await group.all_say("1", "aylin")
    await group.aylin.says("keine")
    assert (await group.group()).state == GroupState.DATING
    assert await group.answers() == {}
    assert [len(group.polls(person)) for person in group.people] == [1] * 5
    assert "Diese Termine passen nicht" in " ".join(group.tom.sees())


async def test_when_none_fits_twice_the_case_giver_names_a_time_that_all_are_told(group: Gathering) -> None:
    await group.form()
    for _ in range(2):
        await group.all_say("keine")
    assert any("Nenn du bitte einen" in text for text in group.aylin.sees())
    assert not any("Nenn du bitte einen" in text for text in group.tom.sees())
    await group.traffic.passes(hours=3)
    await group.aylin.says("am 10.12. um 14 uhr")
    assert await group.meets() == "Thu 10.12. 14:00"
    assert any("Donnerstag, 10. Dezember 2026, 14:00 Uhr. Kannst du dann?" in text for text in group.tom.sees())


async def test_four_of_five_meet_by_the_short_form(group: Gathering) -> None:
    await group.form()
    await group.all_say("2", "tom")
    await group.tom.says("keine")
    assert (await group.group()).state == GroupState.PLANNED
    await group.tom.says("zurücktreten")
    await group.tom.says("ja")
    assert (await group.circle()).plan.id == "short_form"


async def test_the_time_of_the_jour_fixe_is_proposed_to_nobody(group: Gathering) -> None:
    async with group.traffic.database.unit_of_work() as uow:
        series = JourFixe(
            title="Jour fixe", frequency=Frequency.WEEKLY, interval=1, weekday=0, first_on=date(2026, 12, 7),
            begins=time(8), minutes=540, zone="Europe/Berlin", template=[], calendar_id="c",
        )  # fmt: skip
        number = await uow.jour_fixe.add(series)
        for day in (7, 8, 9, 10):
            meeting = Meeting(
                jour_fixe_id=number,
                planned_on=date(2026, 12, day),
                day=date(2026, 12, day),
                begins=time(8),
                minutes=540,
            )
            await uow.jour_fixe.add_meeting(meeting)
        await uow.commit()
    await group.form()
    async with group.traffic.database.reading() as uow:
        times = (await uow.consultations.proposed(group.number)).values()
    assert {moment.date() for moment in times} == {date(2026, 12, 11)}


async def test_days_are_an_answer_and_several_numbers_after_another_question_too(group: Gathering) -> None:
    await group.form()
    async with group.traffic.database.reading() as uow:
        times = await uow.consultations.proposed(group.number)
    first = times[1].astimezone(UTC).day
    await group.tom.says(f"ich kann am {first}.")
    assert (await group.answers())["tom"] == {number for number, moment in times.items() if moment.day == first}
    await group.tom.says("Wo finde ich Parkplätze?")
    await group.tom.says("1, 3")
    assert (await group.answers())["tom"] == {1, 3}


async def test_a_time_in_the_past_is_refused_kindly(group: Gathering) -> None:
    await group.form()
    for _ in range(2):
        await group.all_say("keine")
    [said] = await group.aylin.says("am 10.11.2026 um 14 uhr")
    assert "kein künftiger Termin" in said
    assert (await group.group()).state == GroupState.DATING


async def test_a_time_that_nobody_asked_for_is_a_question_like_others(group: Gathering) -> None:
    await group.form()
    await group.tom.says("am 10.12. um 14 uhr")
    assert (await group.group()).state == GroupState.DATING


async def test_nobody_who_names_a_time_calls_the_group_off_and_the_case_waits_again(group: Gathering) -> None:
    await group.form()
    for _ in range(2):
        await group.all_say("keine")
    await group.traffic.passes(days=3)
    assert (await group.group()).state == GroupState.CANCELLED
    assert await group.case_state() == CaseState.WAITING
    assert "wartet auf eine neue Gruppe" in " ".join(group.tom.sees())


# in writing


async def test_a_written_group_begins_with_its_round_without_a_poll(group: Gathering) -> None:
    await group.form(format="written")
    assert (await group.group()).state == GroupState.PLANNED
    assert await group.meets() == "Mon 07.12. 09:00"
    assert group.polls("tom") == []
    assert not [one for one in group.traffic.sent if one.file is not None]


async def test_a_step_that_dies_halfway_is_done_whole_the_next_time(group: Gathering) -> None:
    await group.form()
    await group.all_say("1", "tom")
    await group.traffic.stop()
    group.traffic.clock.move(timedelta(days=2, hours=1))
    await group.traffic.start("matrix:bot", "teams:bot")
    await group.tom.says("1")
    assert await group.meets() == "Mon 07.12. 09:00"
