"""A group finds its date: asked alone, chosen from the answers, told with a calendar file, moved by asking anew."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.messages import Kind, Order
from conftest import MovedClock
from gatherings import Gathering, town
from storage.models.jour_fixe import Frequency, JourFixe, Meeting
from storage.models.peer_consultation import CaseState, GroupState, Participation
from traffic import Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with town(migrated, tmp_path, clock) as found:
        yield found


@pytest.fixture
def group(traffic: Traffic) -> Gathering:
    return Gathering(traffic)


def polls(group: Gathering, person: str) -> list[str]:
    return [text for text in group.people[person].sees() if "Wann kannst du?" in text]


# asking and answering


async def test_everybody_is_asked_alone_with_three_to_five_times(group: Gathering) -> None:
    await group.form()
    assert [len(polls(group, person)) for person in group.people] == [1] * 5
    async with group.traffic.database.reading() as uow:
        assert 3 <= len(await uow.consultations.proposed(group.number)) <= 5


async def test_nobody_is_asked_twice(group: Gathering) -> None:
    await group.form()
    await group.minute()
    assert len(polls(group, "tom")) == 1


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("1 3", {1, 3}),
        ("2", {2}),
        ("1 und 3", {1, 3}),
        ("alle", {1, 2, 3, 4, 5}),
        ("alle außer 2", {1, 3, 4, 5}),
        ("keine", set()),
    ],
)
async def test_an_answer_in_words_is_taken_down(group: Gathering, words: str, numbers: set[int]) -> None:
    await group.form()
    [said] = await group.tom.says(words)
    assert said.startswith("Notiert")
    assert await group.answers() == {"tom": numbers}


async def test_several_numbers_count_hours_later_too(group: Gathering) -> None:
    await group.form()
    await group.traffic.passes(hours=5)
    await group.tom.says("1 3")
    assert await group.answers() == {"tom": {1, 3}}


async def test_an_answer_can_be_changed_until_the_date_stands(group: Gathering) -> None:
    await group.form()
    await group.tom.says("1 3")
    await group.tom.says("2")
    assert await group.answers() == {"tom": {2}}


async def test_each_press_adds_a_time(group: Gathering) -> None:
    await group.form()
    key = next(one.key for one in reversed(group.traffic.sent) if one.conversation == group.tom.chat and one.choices)
    for number in ("1", "3"):
        await group.tom.says(number, kind=Kind.PRESS, refers_to=key)
    assert await group.answers() == {"tom": {1, 3}}


async def test_whoever_names_no_time_is_asked_kindly_for_a_number(group: Gathering) -> None:
    await group.form()
    [said] = await group.tom.says("nur vormittags")
    assert "„1 3“, „alle“ oder „keine“" in said
    assert await group.answers() == {}


async def test_a_question_meanwhile_is_no_answer(group: Gathering) -> None:
    await group.form()
    [said] = await group.tom.says("Wo beantrage ich dienstags Parkplätze?")
    assert "Nummern" not in said


async def test_the_times_are_those_that_the_case_giver_wished(group: Gathering) -> None:
    await group.form(wished="vormittags")
    async with group.traffic.database.reading() as uow:
        times = (await uow.consultations.proposed(group.number)).values()
    assert all(one.hour < 11 for one in times)  # in UTC


# choosing


async def test_the_date_stands_once_all_have_answered(group: Gathering) -> None:
    await group.form()
    await group.all_say("1 2", "tom")
    assert (await group.group()).state == GroupState.DATING
    await group.tom.says("2")
    assert (await group.group()).state == GroupState.PLANNED
    assert await group.meets() == "Tue 08.12. 14:00"
    assert await group.traffic.rows("group_date", "date_answer") == {"group_date": 0, "date_answer": 0}


async def test_everybody_hears_of_the_date_alone_with_a_calendar_file_that_tells_nothing(group: Gathering) -> None:
    await group.planned()
    files = [one for one in group.traffic.sent if one.file is not None]
    assert {one.conversation for one in files} == {one.chat for one in group.people.values()}
    for one in files:
        assert one.file is not None
        assert "SUMMARY:Kollegiale Beratung\r\n" in one.file.content
        assert "DTSTART;TZID=Europe/Berlin:20261207T090000" in one.file.content
        assert not any(word in one.file.content for word in ("Aylin", "Kaya", "Zusammenarbeit", "ATTENDEE"))
    assert any("Montag, 7. Dezember 2026, 9:00 Uhr" in text for text in group.ben.sees())


async def test_after_two_working_days_the_answers_so_far_decide(group: Gathering) -> None:
    await group.form(people=("aylin", "ruth", "tom", "ben", "mehmet", "svenja"))
    await group.all_say("3", "svenja")
    await group.traffic.passes(days=1, hours=23)
    assert (await group.group()).state == GroupState.DATING
    await group.traffic.passes(hours=1)
    assert await group.meets() == "Wed 09.12. 13:00"
    await group.minute()
    assert len([text for text in group.svenja.sees() if "ist am Mittwoch, 9. Dezember" in text]) == 1


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
    assert [len(polls(group, person)) for person in group.people] == [1] * 5
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


# stepping back


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


# reminding


async def test_everybody_is_reminded_once_on_the_working_day_before(group: Gathering) -> None:
    await group.planned()
    await group.at(datetime(2026, 12, 4, 7, 59, tzinfo=UTC))
    assert not any("Zur Erinnerung" in text for text in group.tom.sees())
    await group.at(datetime(2026, 12, 4, 8, tzinfo=UTC))
    await group.minute()
    assert [text.startswith("Zur Erinnerung: **Beratung") for text in group.tom.sees()].count(True) == 1


async def test_nobody_is_reminded_of_what_they_have_just_heard(group: Gathering) -> None:
    await group.form()
    await group.traffic.passes(days=4, hours=3)  # Friday, after the reminder would come
    for _ in range(2):
        await group.all_say("keine")
    await group.aylin.says("am 7.12. um 9 uhr")
    await group.minute()
    assert not any("Zur Erinnerung" in text for text in group.tom.sees())


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


async def test_a_moved_date_keeps_its_id_in_calendars(group: Gathering) -> None:
    await group.planned()
    await group.ruth.says("beratung verschieben auf 10.12. um 14 uhr")
    await group.traffic.passes(minutes=5)
    await group.all_say("1", "ruth")
    files = [one.file.content for one in group.traffic.sent if one.file and one.conversation == group.tom.chat]
    lines = [[line for line in file.splitlines() if line.startswith(("UID", "SEQUENCE"))] for file in files]
    assert len(files) == 2
    assert not any("RECURRENCE-ID" in file for file in files)  # alone, that would be a change of nothing
    assert lines[0][0] == lines[1][0]
    assert lines[0][1] < lines[1][1]


async def test_whoever_neither_has_the_case_nor_moderates_does_not_move_it(group: Gathering) -> None:
    await group.planned()
    [said] = await group.tom.says("beratung verschieben auf 10.12. um 14 uhr")
    assert "Das macht Aylin Kaya, oder wer moderiert." in said
    assert (await group.group()).state == GroupState.PLANNED


async def test_moving_without_a_time_proposes_others(group: Gathering) -> None:
    await group.planned()
    await group.aylin.says("beratung verschieben")
    assert len(polls(group, "tom")) == 1
    async with group.traffic.database.reading() as uow:
        times = (await uow.consultations.proposed(group.number)).values()
    assert datetime(2026, 12, 7, 8, tzinfo=UTC) not in times


# in writing


async def test_a_written_group_begins_with_its_round_without_a_poll(group: Gathering) -> None:
    await group.form(format="written")
    assert (await group.group()).state == GroupState.PLANNED
    assert await group.meets() == "Mon 07.12. 09:00"
    assert polls(group, "tom") == []
    assert not [one for one in group.traffic.sent if one.file is not None]


async def test_a_step_that_dies_halfway_is_done_whole_the_next_time(group: Gathering) -> None:
    await group.form()
    await group.all_say("1", "tom")
    await group.traffic.stop()
    group.traffic.clock.move(timedelta(days=2, hours=1))
    await group.traffic.start("matrix:bot", "teams:bot")
    await group.tom.says("1")
    assert await group.meets() == "Mon 07.12. 09:00"
