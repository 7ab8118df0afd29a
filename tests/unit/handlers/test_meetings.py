"""Single dates: listed, moved and cancelled by a sentence or question by question; the rooms hear of it."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.messages import Outgoing
from bot.turn import House
from conftest import MovedClock, fresh_sqlite
from handlers.jour_fixe import collisions
from handlers.table import TABLE
from knowledge.school_holidays import SchoolHolidays
from knowledge.working_days import WorkingDays
from storage.database import Database
from storage.models.jour_fixe import Frequency, JourFixe, Meeting, MeetingState
from traffic import LOTSEN, MATRIX, TEAMS, Somebody, Traffic

HOUSE = House(
    working_days=WorkingDays(
        ["NW"],
        {date(2026, 12, 24): "Heiligabend"},
        [SchoolHolidays("Weihnachtsferien", date(2026, 12, 23), date(2027, 1, 6))],
    )
)
DAYS = (date(2026, 12, 3), date(2026, 12, 17), date(2026, 12, 31), date(2027, 1, 14))
NUMBER = 1
"""Of the meeting on 3 December."""


@pytest.fixture
async def office(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    """Friday, 20 November 2026, with a series on Thursdays, every two weeks from 3 December on."""
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    table = replace(TABLE, errands=(collisions.plan_ahead, collisions.ask), ticks=())
    traffic = await Traffic(database, clock, house=HOUSE, table=table).open()
    await series(traffic, "Jour fixe", *DAYS)
    yield traffic
    await traffic.stop()
    await database.close()


async def series(office: Traffic, title: str, *days: date, begins: time = time(9)) -> None:
    async with office.database.unit_of_work() as uow:
        number = await uow.jour_fixe.add(
            JourFixe(
                title=title,
                frequency=Frequency.WEEKLY,
                interval=2,
                weekday=days[0].weekday(),
                first_on=days[0],
                begins=begins,
                minutes=90,
                zone="Europe/Berlin",
                place="Rathaus",
                template=[],
                calendar_id=title,
            )
        )
        for day in days:
            await uow.jour_fixe.add_meeting(
                Meeting(jour_fixe_id=number, planned_on=day, day=day, begins=begins, minutes=90, place="Rathaus")
            )
        await uow.commit()


@pytest.fixture
async def may(office: Traffic) -> Somebody:
    return await office.met("may", "Jutta May", TEAMS)


async def answer(somebody: Somebody, *words: str) -> str:
    said = ""
    for one in words:
        said = "\n".join(await somebody.says(one))
    return said


def labels(office: Traffic) -> list[str]:
    return [choice.label for choice in next(one for one in reversed(office.sent) if one.choices).choices]


def heard(office: Traffic) -> list[Outgoing]:
    """What the supporters' room heard."""
    return [one for one in office.sent if one.conversation == LOTSEN]


async def meeting(office: Traffic, number: int = NUMBER) -> Meeting:
    async with office.database.reading() as uow:
        found = await uow.jour_fixe.meeting(number)
        assert found is not None
        return found


async def change(office: Traffic, **fields: object) -> None:
    """Somebody else changes the first date."""
    async with office.database.unit_of_work() as uow:
        found = await uow.jour_fixe.hold_meeting(NUMBER)
        assert found is not None
        for name, value in (fields | {"revision": found.revision + 1}).items():
            setattr(found, name, value)
        await uow.commit()


# listed


async def test_supporters_read_the_dates_with_what_is_special(office: Traffic) -> None:
    await change(office, state=MeetingState.CANCELLED)
    tom = await office.met("tom", "Tom Berger", MATRIX)
    lines = (await answer(tom, "termine")).splitlines()
    assert lines[0] == "Termine, Jour fixe:"
    assert lines[2] == "1. Donnerstag, 3. Dezember 2026, 9:00 bis 10:30 Uhr, fällt aus"
    assert lines[4] == "3. Donnerstag, 31. Dezember 2026, 9:00 bis 10:30 Uhr, Weihnachtsferien"
    assert not office.sent[-1].choices


async def test_dates_of_several_series_bear_their_names(office: Traffic, may: Somebody) -> None:
    await series(office, "KI-Runde", date(2026, 12, 1))
    await answer(may, "termine")
    assert labels(office)[:2] == [
        "Dienstag, 1. Dezember 2026, 9:00 bis 10:30 Uhr, KI-Runde",
        "Donnerstag, 3. Dezember 2026, 9:00 bis 10:30 Uhr, Jour fixe",
    ]
    await answer(may, "termine KI-Runde")
    assert labels(office) == ["Dienstag, 1. Dezember 2026, 9:00 bis 10:30 Uhr"]


@pytest.mark.parametrize("words", ["termine", "termine buchen", "vorlage"])
async def test_staff_means_something_else(office: Traffic, words: str) -> None:
    anna = office.somebody("anna", "Anna", TEAMS)
    assert "Soll ich die Lots:innen direkt fragen?" in await answer(anna, words)


async def test_supporters_ask_a_question_where_no_series_has_that_name(office: Traffic) -> None:
    tom = await office.met("tom", "Tom Berger", MATRIX)
    assert "Jour fixe" not in await answer(tom, "termine buchen")


# moved


@pytest.mark.parametrize(
    ("sentence", "day", "begins"),
    [
        ("termin 3. Dezember verschieben auf 10. Dezember 14 Uhr", date(2026, 12, 10), time(14)),
        ("termin 3.12. auf 10.12. verschieben", date(2026, 12, 10), time(9)),
        ("verschiebe den jour fixe am 3.12. auf Freitag um 10", date(2026, 12, 4), time(10)),
        ("jour fixe eine Woche später verschieben", date(2026, 12, 10), time(9)),
        ("termin 3.12. um eine Woche verschieben", date(2026, 12, 10), time(9)),
        ("termin 3.12. verschieben auf eine Woche früher", date(2026, 11, 26), time(9)),
        ("nächsten termin verlegen auf 10:30 Uhr", date(2026, 12, 3), time(10, 30)),
        ("termin 3.12 verschiben auf 7.1.", date(2027, 1, 7), time(9)),
        ("verschiebn auf 8.12.", date(2026, 12, 8), time(9)),
        ("3.12. verlegen auf 8.12. um 10", date(2026, 12, 8), time(10)),
        ("termin 3.12. auf 11 uhr", date(2026, 12, 3), time(11)),
        ("termin 3.12. verschieben auf 11", date(2026, 12, 3), time(11)),
        ("termin am 3.12. um 11 uhr", date(2026, 12, 3), time(11)),
    ],
)
async def test_a_sentence_moves_a_date_after_a_yes(
    office: Traffic, may: Somebody, sentence: str, day: date, begins: time
) -> None:
    assert "Die Räume hören davon." in await answer(may, sentence)
    assert (await meeting(office)).revision == 0
    assert not heard(office)
    assert "Verschoben auf" in await answer(may, "ja")
    found = await meeting(office)
    assert (found.day, found.begins, found.planned_on, found.revision) == (day, begins, DAYS[0], 1)
    told, file = heard(office)
    assert "statt Donnerstag, 3. Dezember 2026, 9:00 bis 10:30 Uhr" in told.text
    assert file.file is not None
    assert file.file.name == f"jour-fixe-{day}.ics"


@pytest.mark.parametrize(
    ("to", "said", "proposed"),
    [
        ("24. Dezember", "ist frei: Heiligabend (Hausliste)", ["Montag, 28. Dezember 2026", "trotzdem"]),
        ("5. Dezember", "ist frei: Wochenende", ["Montag, 7. Dezember 2026", "trotzdem"]),
        ("17.12.", "schon ein Termin dieser Reihe", ["Donnerstag, 10. Dezember 2026", "Freitag, 18. Dezember 2026"]),
        ("1.3.2020", "ist schon vorbei", ["Freitag, 27. November 2026", "Montag, 23. November 2026"]),
    ],
)
async def test_a_day_that_does_not_do_gets_a_sentence_and_proposals(
    office: Traffic, may: Somebody, to: str, said: str, proposed: list[str]
) -> None:
    assert said in await answer(may, f"termin 3.12. verschieben auf {to}")
    assert labels(office) == [*proposed, "abbrechen"]
    await answer(may, "1")
    assert proposed[0] in heard(office)[0].text


async def test_a_day_off_may_be_insisted_on_and_is_not_asked_about(office: Traffic, may: Somebody) -> None:
    await answer(may, "termin 3.12. verschieben auf 24. Dezember", "trotzdem")
    await office.night(days=1)
    found = await meeting(office)
    assert (found.day, found.state) == (date(2026, 12, 24), MeetingState.PLANNED)


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("termin 3.12. verschieben auf 31. Februar", "Diesen Tag kenne ich nicht"),
        ("termin am 31. Februar absagen", "Diesen Tag kenne ich nicht"),
        ("termin 4.12. absagen", "Am nächsten liegt Donnerstag, 3. Dezember 2026"),
        ("termin 1.3.2020 absagen", "schon vorbei"),
        ("termin 3.12. verschieben auf 3.12.", "Da ist der Termin schon."),
    ],
)
async def test_what_cannot_be_gets_a_sentence(office: Traffic, may: Somebody, sentence: str, said: str) -> None:
    assert said in await answer(may, sentence)
    assert not heard(office)


async def test_the_day_is_asked_for_when_none_was_said(office: Traffic, may: Somebody) -> None:
    assert "Auf welchen Tag?" in await answer(may, "wir müssen den jour fixe am 3.12. verschieben")
    assert "Diesen Tag kenne ich nicht" in await answer(may, "weiß noch nicht")
    assert "10. Dezember 2026, 9:00" in await answer(may, "10. Dezember")
    await answer(may, "ja")
    assert (await meeting(office)).day == date(2026, 12, 10)


@pytest.mark.parametrize(
    "words", ["verschieben auf 7.1.", "verschiebn 7.1", "auf 7.1.", "7. Januar", "auf den 7.1. bitte verlegen"]
)
async def test_below_a_date_from_the_list_a_new_day_may_be_written(office: Traffic, may: Somebody, words: str) -> None:
    await answer(may, "termine", "2")
    assert "17. Dezember 2026, 9:00 bis 10:30 Uhr auf Donnerstag, 7. Januar 2027" in await answer(may, words)


async def test_below_a_date_from_the_list_it_may_be_cancelled_and_another_one_named(
    office: Traffic, may: Somebody
) -> None:
    assert "17. Dezember 2026" in await answer(may, "termine", "2", "fällt aus")
    assert "verschieben von Donnerstag, 3. Dezember" in await answer(may, "termine", "2", "3.12. verlegen auf 8.12.")
    assert "bleibt, wie er ist" in await answer(may, "termine", "2", "abbrechen")


async def test_below_a_date_from_the_list_a_question_is_one(office: Traffic, may: Somebody) -> None:
    assert "Diesen Tag kenne ich nicht" in await answer(may, "termine", "2", "hm, mal sehen")
    assert "Diesen Tag" not in await answer(may, "Wo finde ich das Formular für Dienstreisen?")


async def test_days_nearby_are_offered_where_one_is_asked_for(office: Traffic, may: Somebody) -> None:
    await answer(may, "termin 3.12. verschieben")
    assert labels(office) == [
        "Donnerstag, 26. November 2026",
        "Donnerstag, 10. Dezember 2026",
        "Freitag, 4. Dezember 2026",
        "abbrechen",
    ]
    await answer(may, "2")
    assert (await meeting(office)).day == date(2026, 12, 10)
    assert (await meeting(office)).known_since == office.clock.now()


async def test_a_date_may_only_become_shorter(office: Traffic, may: Somebody) -> None:
    await answer(may, "termin 3.12. auf 60 Minuten", "ja")
    assert ((await meeting(office)).begins, (await meeting(office)).minutes) == (time(9), 60)


async def test_a_room_may_have_a_number(office: Traffic, may: Somebody) -> None:
    assert "Neuer Ort „Raum 5“?" in await answer(may, "verlege den termin am 3.12. in Raum 5")


async def test_a_date_from_the_list_is_moved_elsewhere(office: Traffic, may: Somebody) -> None:
    assert "Was soll anders sein?" in await answer(may, "termine", "1")
    assert "Neuer Ort „Stadtbücherei“?" in await answer(may, "verschieben", "in die Stadtbücherei")
    await answer(may, "ja")
    assert (await meeting(office)).place == "Stadtbücherei"
    assert "neuer Ort Stadtbücherei" in heard(office)[0].text


async def test_length_and_place_move_along(office: Traffic, may: Somebody) -> None:
    await answer(may, "termin 3.12. verschieben auf 10.12. von 14 bis 15 Uhr im Raum 5", "ja")
    found = await meeting(office)
    assert (found.day, found.begins, found.minutes, found.place) == (date(2026, 12, 10), time(14), 60, "Raum 5")


async def test_an_hour_of_today_that_has_gone_is_past(office: Traffic, may: Somebody) -> None:
    assert "um 8:00 Uhr ist schon vorbei" in await answer(may, "termin 3.12. verschieben auf heute 8 Uhr")


async def test_reminders_of_a_moved_date_come_once_more(office: Traffic, may: Somebody) -> None:
    async with office.database.unit_of_work() as uow:
        await uow.jour_fixe.note_step(NUMBER, "remind")
        await uow.jour_fixe.note_step(NUMBER, "collect")
        await uow.commit()
    await answer(may, "termin 3.12. verschieben auf 10.12.", "ja")
    async with office.database.reading() as uow:
        assert await uow.jour_fixe.steps(NUMBER) == {"collect"}


# cancelled


@pytest.mark.parametrize("sentence", ["termin 3.12. fällt aus", "der jour fixe am 3. Dezember fällt leider aus",
                                      "termin 3. Dezember absagen", "sage den termin am 3.12. ab",
                                      "nächster jour fixe entfällt"])  # fmt: skip
async def test_a_cancelled_date_frees_its_topics_and_is_told(office: Traffic, may: Somebody, sentence: str) -> None:
    async with office.database.unit_of_work() as uow:
        await uow.agenda.add("Altakten", date(2026, 11, 1), meeting_id=NUMBER, place=1)
        await uow.agenda.add("Ankommen", date(2026, 11, 1), meeting_id=NUMBER, place=0, is_fixed=True)
        await uow.commit()
    assert "absagen: Donnerstag, 3. Dezember 2026" in await answer(may, sentence)
    assert "Abgesagt" in await answer(may, "ja")
    assert ((await meeting(office)).state, (await meeting(office)).revision) == (MeetingState.CANCELLED, 1)
    async with office.database.reading() as uow:
        assert [item.title for item in await uow.agenda.backlog()] == ["Altakten"]
        assert not await uow.agenda.of_meeting(NUMBER)
    told, file = heard(office)
    assert told.text.startswith("Jour fixe fällt aus: Donnerstag, 3. Dezember 2026")
    assert file.file is not None
    assert "METHOD:CANCEL" in file.file.content


async def test_a_cancelled_date_may_take_place_after_all(office: Traffic, may: Somebody) -> None:
    await answer(may, "termin 3.12. absagen", "ja")
    assert "doch stattfinden?" in await answer(may, "termine", "1")
    assert "findet statt" in await answer(may, "ja")
    assert (await meeting(office)).state == MeetingState.PLANNED
    assert "findet doch statt" in heard(office)[2].text


async def test_what_takes_place_after_all_is_prepared_anew(office: Traffic, may: Somebody) -> None:
    async with office.database.unit_of_work() as uow:
        for step in ("collect", "close", "agenda", "groups"):
            await uow.jour_fixe.note_step(NUMBER, step)
        await uow.commit()
    await answer(may, "termin 3.12. absagen", "ja", "doch nicht absagen 3.12.", "ja")
    async with office.database.reading() as uow:
        assert await uow.jour_fixe.steps(NUMBER) == {"collect"}


@pytest.mark.parametrize(
    "words", ["doch nicht absagen 3.12.", "termin 3.12. findet doch statt", "absage 3.12. zurücknehmen",
              "jour fixe findet doch statt"],
)  # fmt: skip
async def test_a_cancelled_date_is_taken_back_by_a_sentence(office: Traffic, may: Somebody, words: str) -> None:
    await answer(may, "termin 3.12. absagen", "ja")
    assert "doch stattfinden?" in await answer(may, words)
    await answer(may, "ja")
    assert (await meeting(office)).state == MeetingState.PLANNED
    assert "findet statt" in await answer(may, words)


async def test_a_colliding_date_may_take_place_by_a_sentence(office: Traffic, may: Somebody) -> None:
    await change(office, state=MeetingState.COLLIDING)
    assert "an diesem freien Tag" in await answer(may, "termin 3.12. findet doch statt")
    await answer(may, "ja")
    assert (await meeting(office)).state == MeetingState.PLANNED
    assert not heard(office), "nobody heard of it before"


async def test_no_leaves_a_date_as_it_is(office: Traffic, may: Somebody) -> None:
    assert "bleibt, wie er ist" in await answer(may, "termin 3.12. absagen", "nein")
    assert (await meeting(office)).revision == 0


# two at once, and others


@pytest.mark.parametrize("fields", [{"day": date(2026, 12, 10)}, {"state": MeetingState.CANCELLED}])
async def test_the_second_of_two_who_change_a_date_hears_of_the_first(
    office: Traffic, may: Somebody, fields: dict[str, object]
) -> None:
    await answer(may, "termin 3.12. verschieben auf 8.12.")
    await change(office, **fields)
    assert "inzwischen geändert" in await answer(may, "ja")
    assert (await meeting(office)).day == fields.get("day", DAYS[0])
    assert not heard(office)


async def test_a_date_that_has_begun_is_not_changed(office: Traffic, may: Somebody) -> None:
    await answer(may, "termin 3.12. verschieben auf 8.12.")
    async with office.database.unit_of_work() as uow:
        found = await uow.jour_fixe.hold_meeting(NUMBER)
        assert found is not None
        found.state = MeetingState.RUNNING
        await uow.commit()
    assert "nicht mehr ändern" in await answer(may, "ja")


async def test_of_two_on_one_day_the_one_with_its_name_is_meant(office: Traffic, may: Somebody) -> None:
    await series(office, "KI-Runde", date(2026, 12, 3), begins=time(14))
    assert "Welchen meinst du?" in await answer(may, "termin 3.12. absagen")
    assert "KI-Runde absagen" in await answer(may, "jour fixe KI-Runde am 3.12. absagen")


async def test_supporters_change_no_date_and_staff_asks_a_question(office: Traffic) -> None:
    tom = await office.met("tom", "Tom Berger", MATRIX)
    assert "Das entscheidet die Koordination" in await answer(tom, "jour fixe am 3.12. fällt aus")
    anna = office.somebody("anna", "Anna", TEAMS)
    for words in ("Termin verschieben", "Jour fixe fällt aus"):
        assert "Soll ich die Lots:innen direkt fragen?" in await answer(anna, words)
    assert (await meeting(office)).revision == 0
