"""Calls to rounds of peer consultation: who calls and what is understood; nothing is kept before a yes."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import calling
from calling import FRIDAY, called, closing, days, rounds, taking_part
from conftest import MovedClock
from knowledge.consultation_files import built_in
from storage.models.peer_consultation import ConsultationCase, Mode
from traffic import BERATUNG, LOTSEN, MATRIX, TEAMS, Somebody, Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with calling.opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def crowd(traffic: Traffic) -> Sequence[Somebody]:
    return await calling.crowd(traffic)


async def test_a_sentence_is_shown_before_it_is_kept(traffic: Traffic, may: Somebody) -> None:
    [shown] = await may.says("Kollegiale Beratung in KW 50")
    assert "vom 7. bis 11. Dezember 2026" in shown
    assert "Anmelden bis Mittwoch, 2. Dezember 2026, 12 Uhr" in shown
    assert await rounds(traffic) == []


async def test_a_yes_calls_it_once_in_the_supporters_room(traffic: Traffic, may: Somebody) -> None:
    await called(may)
    [one] = await rounds(traffic)
    assert (days(one), closing(one), one.mode) == (("07.12.", "11.12."), "02.12. 11:00", Mode.LIVE)
    [post] = traffic.texts_at(LOTSEN)
    assert post.startswith("**Kollegiale Beratung** vom 7. bis 11. Dezember")
    assert "Freiwillig, vertraulich und unter Gleichen" in post
    assert "Bisher sind wenige dabei" in post
    assert len(post) <= 600


async def test_a_no_keeps_nothing(traffic: Traffic, may: Somebody) -> None:
    await may.says("fallberatung nächste woche")
    await may.says("nein")
    assert await rounds(traffic) == []
    assert traffic.texts_at(LOTSEN) == []


async def test_a_written_one_says_all_at_once(traffic: Traffic, may: Somebody) -> None:
    await called(may, "kollegiale beratung schriftlich vom 1.12. bis 12.12., anmelden bis freitag 10 uhr")
    [one] = await rounds(traffic)
    # The 12th is a Saturday.
    assert (days(one), closing(one), one.mode) == (("01.12.", "11.12."), "27.11. 09:00", Mode.WRITTEN)


async def test_without_days_it_asks_for_them(traffic: Traffic, may: Somebody) -> None:
    [asked] = await may.says("neue beratungsrunde")
    assert "Wann soll die Runde sein?" in asked
    [asked] = await may.says("irgendwann mal so")
    assert "keine Tage" in asked
    [shown] = await may.says("in 2 wochen")
    assert "vom 4. bis" in shown or "am Freitag, 4. Dezember 2026" in shown
    await may.says("ja")
    assert len(await rounds(traffic)) == 1


async def test_each_part_can_be_changed_before(traffic: Traffic, may: Somebody) -> None:
    await may.says("kollegiale beratung in kw 50")
    await may.says("frist")
    [again] = await may.says("donnerstag 15 uhr")
    assert "Anmelden bis Donnerstag, 26. November 2026, 15 Uhr" in again
    await may.says("schriftlich")
    [listed] = await may.says("ablauf")
    assert "passend zur Größe" in listed or "Nach welchem Ablauf" in listed
    await may.says("2")
    await may.says("tage")
    [shown] = await may.says("14.12. bis 31.12.")
    assert "Art: schriftlich" in shown
    assert "Ablauf: Schriftlich" in shown
    await may.says("ja")
    [one] = await rounds(traffic)
    assert (one.format, one.mode, days(one)) == ("written", Mode.WRITTEN, ("14.12.", "31.12."))


async def test_formats_of_the_house_are_listed_too_where_there_are_many(traffic: Traffic, may: Somebody) -> None:
    troika = built_in()["troika"]
    own = {f"own_{number}": troika.model_copy(update={"id": f"own_{number}"}) for number in range(10)}
    traffic.house = replace(traffic.house, formats=own)
    await traffic.stop()
    await traffic.start(MATRIX, TEAMS)
    await may.says("kollegiale beratung in kw 50")
    await may.says("ablauf")
    assert [choice.word for choice in traffic.sent[-1].choices] == ["passend", *"234567", "mehr", "abbrechen"]
    await may.says("mehr")
    assert [choice.word for choice in traffic.sent[-1].choices] == ["passend", *"2345", "abbrechen"]
    await may.says("5")
    await may.says("ja")
    assert [one.format for one in await rounds(traffic)] == ["own_9"]


async def test_a_format_with_a_name_is_taken(traffic: Traffic, may: Somebody) -> None:
    await called(may, "troika am 10.12.")
    [one] = await rounds(traffic)
    assert (one.format, days(one)) == ("troika", ("10.12.", "10.12."))


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("kollegiale beratung am 1.11.2026", "schon vorbei"),
        ("kollegiale beratung am 5.12.", "arbeitet hier niemand"),
        ("kollegiale beratung in kw 50, anmelden bis 1.11.2026", "schon vorbei"),
        ("kollegiale beratung in kw 50, anmelden bis 15.12.", "keine Zeit für die Beratung"),
        ("kollegiale beratung vom 1.12. bis 1.3.2027", "höchstens zwei Monate"),
        ("kollegiale beratung am 31.2.", "gibt es so nicht"),
    ],
)
async def test_what_cannot_be_is_refused(traffic: Traffic, may: Somebody, words: str, refusal: str) -> None:
    [text] = await may.says(words)
    assert refusal in text
    assert await rounds(traffic) == []


async def test_for_the_next_working_day_there_is_still_time_to_join(traffic: Traffic, may: Somebody) -> None:
    await called(may, "kollegiale beratung am montag")
    [one] = await rounds(traffic)
    assert closing(one) == "20.11. 11:00"


async def test_a_second_one_at_that_time_is_asked_about(traffic: Traffic, may: Somebody) -> None:
    await called(may)
    await may.says("kollegiale beratung am 10.12.")
    [asked] = await may.says("ja")
    assert "Zu dieser Zeit gibt es schon eine kollegiale Beratung vom 7. bis" in asked
    await may.says("nein")
    assert len(await rounds(traffic)) == 1
    await called(may, "kollegiale beratung am 10.12.")
    await may.says("ja")
    assert len(await rounds(traffic)) == 2


async def test_a_supporter_calls_only_for_an_own_case(traffic: Traffic, crowd: Sequence[Somebody]) -> None:
    [refused] = await crowd[0].says("kollegiale beratung in kw 50")
    assert "Eine Runde ruft die Koordination aus" in refused
    async with traffic.database.unit_of_work() as uow:
        person = await uow.people.know(MATRIX, "ada", "Ada")
        case = ConsultationCase(person_id=person.id or 0, title="Rolle im Team", waiting_since=FRIDAY.date())
        await uow.rounds.add_case(case)
        await uow.commit()
    await called(crowd[0])
    assert len(await rounds(traffic)) == 1
    assert len(await taking_part(traffic)) == 1


async def test_staff_hear_kindly_for_whom_it_is(traffic: Traffic, anna: Somebody) -> None:
    [refused] = await anna.says("kollegiale beratung in kw 50")
    assert "unter den Lots:innen" in refused


async def test_questions_stay_questions(may: Somebody) -> None:
    [answer] = await may.says("was ist kollegiale beratung?")
    assert "weiß" in answer or "Antwort" in answer


async def test_where_nothing_may_be_kept_none_is_called(traffic: Traffic, may: Somebody) -> None:
    [refused] = await may.says("kollegiale beratung in kw 50", BERATUNG)
    assert "vertraulich" in refused or "unter ihnen" in refused


async def test_two_coordinators_who_call_at_once_call_one_round(traffic: Traffic, may: Somebody) -> None:
    other = await traffic.met("kim", "Kim Lee")
    for one in (may, other):
        await one.says("kollegiale beratung in kw 50")
    await may.says("ja")
    [asked] = await other.says("ja")
    assert "schon eine kollegiale Beratung" in asked
    assert len(await rounds(traffic)) == 1


async def test_a_draft_that_becomes_live_again_has_its_days_again(may: Somebody) -> None:
    await may.says("kollegiale beratung in kw 50")
    await may.says("schriftlich")
    [shown] = await may.says("live")
    assert "vom 7. bis 11. Dezember 2026" in shown


async def test_days_the_wrong_way_round_are_told(may: Somebody) -> None:
    [told] = await may.says("kollegiale beratung schriftlich vom 12.12. bis 1.12.")
    assert "Das Ende liegt vor dem Anfang" in told


async def test_a_written_round_that_is_short_says_how_long_it_takes(may: Somebody) -> None:
    [shown] = await may.says("kollegiale beratung schriftlich vom 7.12. bis 9.12.")
    assert "etwa 12 Arbeitstage" in shown


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("1.12. 10 uhr", "Anmelden bis Dienstag, 1. Dezember 2026, 10 Uhr"),
        ("anmelden bis 1.12.", "Anmelden bis Dienstag, 1. Dezember 2026, 12 Uhr"),
        ("kw 51", "vom 14. bis 18. Dezember 2026"),
        ("kollegiale beratung in kw 51", "vom 14. bis 18. Dezember 2026"),
        ("kollegiale beratung schriftlich vom 1.12. bis 16.12.", "Art: schriftlich"),
        ("troika", "Ablauf: Troika"),
        ("lieber Sechs Phasen", "Ablauf: Sechs Phasen"),
        ("ablauf acht phasen", "Ablauf: Acht Phasen"),
        ("lila", "nicht zuordnen"),
    ],
)
async def test_it_is_put_right_or_asked_again(traffic: Traffic, may: Somebody, said: str, told: str) -> None:
    await may.says("kollegiale beratung in kw 50")
    [shown] = await may.says(said)
    assert told in shown
    assert "So ausrufen?" in shown
    await may.says("ja")
    assert len(await rounds(traffic)) == 1


async def test_a_day_off_is_said(may: Somebody) -> None:
    await may.says("kollegiale beratung in kw 51")
    await may.says("frist")
    [shown] = await may.says("6.12.")
    assert "Sonntag, 6. Dezember 2026 ist kein Arbeitstag" in shown
    assert "Anmelden bis Freitag, 4. Dezember 2026, 12 Uhr" in shown


async def test_little_time_for_a_date_is_said(may: Somebody) -> None:
    await may.says("kollegiale beratung in kw 51")
    await may.says("frist")
    [shown] = await may.says("11.12. 12 uhr")
    assert "dauert etwa zwei Arbeitstage" in shown


@pytest.mark.parametrize("words", ["runde absagen", "doch nicht"])
async def test_what_is_shown_can_be_left_in_ones_own_words(traffic: Traffic, may: Somebody, words: str) -> None:
    await may.says("kollegiale beratung in kw 51")
    assert await may.says(words) == ["Gut, keine Runde."]
    await may.says("ja")
    assert await rounds(traffic) == []


@pytest.mark.parametrize(
    ("said", "title"),
    [("acht", "Acht Phasen"), ("sechs", "Sechs Phasen"), ("zehn", "Zehn Schritte"), ("troika", "Troika")],
)
async def test_in_the_list_of_formats_a_name_counts_before_a_place(may: Somebody, said: str, title: str) -> None:
    await may.says("kollegiale beratung in kw 51")
    await may.says("ablauf")
    [shown] = await may.says(said)
    assert f"Ablauf: {title}" in shown


async def test_a_whole_new_call_takes_the_place_of_one_that_is_asked_about(may: Somebody) -> None:
    await may.says("kollegiale beratung in kw 51")
    await may.says("ablauf")
    [shown] = await may.says("kollegiale beratung schriftlich vom 1.12. bis 16.12.")
    assert "vom 1. bis 16. Dezember 2026" in shown
    assert "Art: schriftlich" in shown


async def test_next_month_is_all_of_it(may: Somebody) -> None:
    [shown] = await may.says("kollegiale fallberatung nächsten monat")
    assert "vom 1. bis 31. Dezember 2026" in shown


async def test_the_list_of_formats_can_be_left(traffic: Traffic, may: Somebody) -> None:
    await may.says("kollegiale beratung in kw 51")
    await may.says("ablauf")
    await may.says("abbrechen")
    await may.says("ja")
    assert await rounds(traffic) == []


@pytest.mark.parametrize(
    "words",
    [
        "ich möchte eine kollegiale fallberatung starten, am liebsten übernächste woche",
        "kollegiale beratung, troika, in kw 51",
        "kollegiale beratung mit troika in kw 51",
    ],
)
async def test_a_call_in_ones_own_words(may: Somebody, words: str) -> None:
    [shown] = await may.says(words)
    assert "So ausrufen?" in shown
    assert ("Troika" in shown) == ("troika" in words)
