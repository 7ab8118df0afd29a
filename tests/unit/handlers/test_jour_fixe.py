"""Series: planned by a sentence or question by question, changed, ended, and asked about where they meet a holiday."""

import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.turn import House
from conftest import MovedClock, fresh_sqlite
from handlers.jour_fixe import collisions
from handlers.jour_fixe.overview import asks_when, is_about_series
from handlers.jour_fixe.templates import usual
from handlers.table import TABLE
from knowledge.school_holidays import SchoolHolidays
from knowledge.working_days import WorkingDays
from storage.database import Database
from storage.models.jour_fixe import JourFixe, Meeting, MeetingPost, MeetingState, Shows
from traffic import LOTSEN, MATRIX, TEAMS, Somebody, Traffic

NEW_YEARS_EVE = date(2026, 12, 31)
HOUSE = House(
    working_days=WorkingDays(
        ["NW"],
        {NEW_YEARS_EVE: "Silvester"},
        [SchoolHolidays("Herbstferien", date(2027, 10, 23), date(2027, 11, 6))],
    )
)
SENTENCE = "jour fixe alle 4 Wochen donnerstags 9 bis 10:30 im Rathaus, Raum 3"


@pytest.fixture
async def office(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    """Friday, 20 November 2026, in a house in NW that is closed on New Year's Eve."""
    shutil.copy(migrated, tmp_path / "test.db")
    table = replace(TABLE, errands=(collisions.plan_ahead, collisions.ask), ticks=())
    database = Database(fresh_sqlite(tmp_path))
    # Its file does not outlive the test.
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    traffic = await Traffic(database, clock, house=HOUSE, table=table).open()
    yield traffic
    await traffic.stop()
    await traffic.database.close()


@pytest.fixture
async def may(office: Traffic) -> Somebody:
    return await office.met("may", "Jutta May", TEAMS)


@pytest.fixture
async def tom(office: Traffic) -> Somebody:
    return await office.met("tom", "Tom Berger", MATRIX)


async def answer(somebody: Somebody, *words: str) -> str:
    """What the bot says at last, after all that somebody says."""
    said = ""
    for one in words:
        said = "\n".join(await somebody.says(one))
    return said


def choices(office: Traffic) -> list[str]:
    """What stands to choose below the last message that offers something."""
    return [choice.label for choice in next(one for one in reversed(office.sent) if one.choices).choices]


async def all_series(office: Traffic) -> Sequence[JourFixe]:
    async with office.database.reading() as uow:
        return await uow.jour_fixe.all(office.clock.now().date())


async def dates(office: Traffic, number: int = 1) -> dict[date, Meeting]:
    """The meetings of a series by the day of their rhythm."""
    async with office.database.reading() as uow:
        return {meeting.planned_on: meeting for meeting in await uow.jour_fixe.meetings(number)}


def states(meetings: dict[date, Meeting]) -> dict[date, MeetingState]:
    return {day: MeetingState(meeting.state) for day, meeting in meetings.items()}


async def planned(may: Somebody, sentence: str = SENTENCE) -> None:
    """A series that meets every four weeks from 26 November on."""
    await answer(may, sentence, *(["wochen"] if "alle 4" in sentence else []), "ja")


# planning


async def test_one_sentence_plans_a_series_after_asking_what_four_weeks_mean(office: Traffic, may: Somebody) -> None:
    assert "13 Termine im Jahr" in await answer(may, SENTENCE)
    assert choices(office)[1] == "einmal im Monat, zum Beispiel jeden 2. Donnerstag"
    summary = await answer(may, "wochen")
    assert "alle 4 Wochen donnerstags, 9:00 bis 10:30 Uhr" in summary
    assert "Rathaus, Raum 3" in summary
    assert "26. November 2026, 24. Dezember 2026, 21. Januar 2027" in summary
    assert not await all_series(office), "nothing is kept before a yes"
    assert "Gespeichert" in await answer(may, "ja")
    [one] = await all_series(office)
    assert (one.frequency, one.interval, one.weekday, one.nth) == ("weekly", 4, 3, None)
    assert (one.begins, one.minutes, one.place, one.zone) == (time(9), 90, "Rathaus, Raum 3", "Europe/Berlin")
    assert (one.first_on, one.groups, len(one.calendar_id)) == (date(2026, 11, 26), 1, 32)
    assert [item["title"] for item in one.template] == ["Ankommen", "Infos von oben", "Aufgaben", "Abschluss"]
    meetings = await dates(office)
    assert list(meetings) == [date(2026, 11, 26) + timedelta(weeks=4 * n) for n in range(13)]
    assert set(states(meetings).values()) == {MeetingState.PLANNED}
    assert "Zum ersten Mal: Donnerstag, 26. November 2026, 9:00 bis 10:30 Uhr." in office.texts_at(LOTSEN)[-1]


async def test_once_a_month_asks_which_day_of_the_month(office: Traffic, may: Somebody) -> None:
    assert "Welcher Donnerstag im Monat?" in await answer(may, SENTENCE, "monat")
    assert "jeden 2. Donnerstag im Monat" in await answer(may, "zweiter")
    await answer(may, "ja")
    [one] = await all_series(office)
    assert (one.frequency, one.nth, one.first_on) == ("monthly", 2, date(2026, 12, 10))


async def test_a_dialogue_asks_only_for_what_is_missing(office: Traffic, may: Somebody) -> None:
    assert "Wie oft" in await answer(may, "jour fixe")
    assert "Wochentag" in await answer(may, "2")
    assert "Um wie viel Uhr" in await answer(may, "Dienstag")
    assert "Wie lange" in await answer(may, "14")
    assert "Wo?" in await answer(may, "bis 15:30")
    assert "alle 2 Wochen dienstags, 14:00 bis 15:30 Uhr" in await answer(may, "noch offen")
    await answer(may, "ja")
    [one] = await all_series(office)
    assert (one.title, one.place, one.minutes) == ("Jour fixe", "", 90)
    assert "Wo?" in await answer(may, "neuer jour fixe", "jeden Montag um 9, eine Stunde")


@pytest.mark.parametrize("words", ["neuer jour fixe", "plane einen jour fixe", "jour fixe planen"])
async def test_planning_can_be_broken_off(office: Traffic, may: Somebody, words: str) -> None:
    assert "Wie oft" in await answer(may, words)
    assert "nichts geändert" in await answer(may, "abbrechen")
    assert not await all_series(office)


async def test_every_second_thursday_is_asked_about(office: Traffic, may: Somebody) -> None:
    said = await answer(may, "jour fixe jeden zweiten Donnerstag 9 Uhr, 60 Minuten, online")
    assert "alle 2 Wochen, oder einmal im Monat?" in said
    assert "jeden 2. Donnerstag im Monat" in await answer(may, "monat")


async def test_in_the_summary_something_can_be_said_otherwise(office: Traffic, may: Somebody) -> None:
    await answer(may, SENTENCE, "wochen")
    assert "21. Januar 2027, 18. Februar 2027" in await answer(may, "ab 18. Januar")
    assert "In 2 Gruppen" in await answer(may, "ändern", "in zwei Gruppen")
    assert "So plane ich „KI-Runde“" in await answer(may, "ändern", "Titel: KI-Runde")
    assert "nichts geändert" in await answer(may, "verwerfen")


@pytest.mark.parametrize(
    ("sentence", "said", "mended"),
    [
        ("jour fixe jeden Montag 9 bis 10 im Rathaus ab 31. Februar", "„31. Februar“ gibt es nicht", "3. Dezember"),
        ("jour fixe jeden Montag 9 bis 10 im Rathaus ab 3.12.2020", "ist schon vorbei", "Januar"),
        ("jour fixe jeden Montag 25 Uhr, 60 Minuten, online", "„25 Uhr“ gibt es nicht", "9"),
        ("jour fixe jeden Montag 9 Uhr, 0 Minuten, online", "1 bis 480 Minuten", "60"),
        ("jour fixe jeden Montag 9 Uhr, -30 Minuten, online", "1 bis 480 Minuten", "60 Minuten"),
        ("jour fixe jeden Montag 11 bis 9 Uhr, online", "Ende vor dem Anfang", "9 bis 11"),
        ("jour fixe alle 13 Wochen montags 9 bis 10, online", "1 bis 12 Wochen", "alle 12 Wochen"),
        ("jour fixe alle 2 Wochen, monatlich, montags 9 bis 10, online", "zwei Rhythmen", "alle 2 Wochen"),
        ("jour fixe jeden Montag und Mittwoch 9 bis 10, online", "einen Wochentag", "Montag"),
        ("jour fixe jeden Montag 9 bis 10 in 50 Gruppen im Rathaus", "1 bis 9 Gruppen", "2"),
    ],
)
async def test_what_cannot_be_gets_a_sentence_and_is_mended_by_a_word(
    office: Traffic, may: Somebody, sentence: str, said: str, mended: str
) -> None:
    assert said in await answer(may, sentence)
    assert "Passt das?" in await answer(may, mended)


@pytest.mark.parametrize("day", ["dienstags", "jeden Dienstag", "immer dienstags", "Dienstag"])
async def test_the_day_leaves_the_rhythm_that_was_chosen(office: Traffic, may: Somebody, day: str) -> None:
    await answer(may, "neuer jour fixe", "3", day, "9 bis 12", "1")
    await answer(may, "ja")
    [one] = await all_series(office)
    assert (one.frequency, one.interval, one.weekday) == ("weekly", 4, 1)


async def test_another_day_leaves_the_rhythm_of_a_series(office: Traffic, may: Somebody) -> None:
    await planned(may)
    assert "alle 4 Wochen dienstags" in await answer(may, "jour fixe ändern", "dienstags")
    assert "Wann: jeden Montag" in await answer(may, "ändern", "jeden Montag")
    assert "Wann: jeden Mittwoch" in await answer(may, "ändern", "rhythmus", "mittwochs")


async def test_an_old_question_takes_no_text_once_a_newer_plan_came(office: Traffic, may: Somebody) -> None:
    await planned(may)
    assert "Wie oft" in await answer(may, "neuer jour fixe", "neuer jour fixe")
    assert "nichts geändert" in await answer(may, "abbrechen")
    assert "verstehe ich noch nicht" not in await answer(may, "KI Stammtisch")


async def test_a_sentence_about_a_date_is_no_answer_of_a_plan(office: Traffic, may: Somebody) -> None:
    await planned(may)
    await answer(may, "neuer jour fixe")
    assert "Jour fixe absagen: Donnerstag" in await answer(may, "der nächste jour fixe fällt aus")


async def test_whoever_changes_a_new_plan_gets_back_to_it(office: Traffic, may: Somebody) -> None:
    await answer(may, SENTENCE, "wochen", "ändern")
    assert choices(office)[-1] == "zurück zum Plan"
    assert "So plane ich „Jour fixe“" in await answer(may, "abbrechen")
    assert "So plane ich „Jour fixe“" in await answer(may, "ändern", "dauer", "abbrechen")
    assert "Gespeichert" in await answer(may, "ja")


@pytest.mark.parametrize("words", ["ja", "klar", "passt", "7"])
async def test_what_is_no_place_is_asked_again(office: Traffic, may: Somebody, words: str) -> None:
    await answer(may, "jour fixe jeden Montag 9 bis 10")
    assert "Rathaus, Raum 3" in await answer(may, words)
    assert "Wo: Rathaus" in await answer(may, "rathaus")


async def test_a_title_is_a_title_whatever_was_asked(office: Traffic, may: Somebody) -> None:
    await planned(may)
    await answer(may, "neuer jour fixe", "jeden Montag 9 bis 10")
    assert "Wo?" in await answer(may, "titel: KI-Runde")
    assert "So plane ich „KI-Runde“" in await answer(may, "raum 5 in der bücherei")
    await answer(may, "verwerfen", "neuer jour fixe", "jeden Montag 9 bis 10", "offen")
    assert "Wie soll dieser heißen?" in await answer(may, "raum 5 in der bücherei")
    said = await answer(may, "Titel KI-Runde")
    assert "So plane ich „KI-Runde“" in said
    assert "Wo: Raum 5 in der bücherei" in said


async def test_a_whole_sentence_keeps_its_title_in_the_dialogue(office: Traffic, may: Somebody) -> None:
    await answer(may, "neuer jour fixe")
    said = await answer(may, "jour fixe KI-Runde alle 2 Wochen dienstags 9 bis 10, Raum 2")
    assert "So plane ich „KI-Runde“" in said


async def test_a_change_says_from_when_it_holds(office: Traffic, may: Somebody) -> None:
    await planned(may, "jour fixe jeden Donnerstag 9 bis 10, online")
    assert "Gilt ab: Donnerstag, 22. April 2027" in await answer(may, "jour fixe ändern", "ab 22.4. alle 2 Wochen")
    await answer(may, "ja")
    assert any("Das gilt ab Donnerstag, 22. April 2027." in text for text in may.sees(LOTSEN))


async def test_what_is_no_answer_is_asked_again(office: Traffic, may: Somebody) -> None:
    await answer(may, "jour fixe")
    assert "verstehe ich noch nicht" in await answer(may, "hm, mal sehen")
    assert "Wochentag" in await answer(may, "alle 6 Wochen")


async def test_supporters_and_staff_plan_nothing(office: Traffic, tom: Somebody) -> None:
    assert "Das macht die Koordination" in await answer(tom, "jour fixe")
    assert "Das entscheidet die Koordination" in await answer(tom, SENTENCE)
    anna = office.somebody("anna", "Anna", TEAMS)
    for words in ("jour fixe", "Wann ist denn der nächste JF?", SENTENCE, "jour fixe einstellen"):
        assert "Soll ich die Lots:innen direkt fragen?" in await answer(anna, words)
    assert not await all_series(office)


async def test_several_series_have_names_of_their_own(office: Traffic, may: Somebody) -> None:
    await planned(may)
    assert "schon einen Jour fixe" in await answer(may, "jour fixe alle 2 Wochen dienstags 14 Uhr, 60 Minuten, online")
    assert "Wie soll dieser heißen?" in await answer(may, "neu")
    assert "So plane ich „KI-Runde“" in await answer(may, "KI-Runde")
    assert "Gespeichert" in await answer(may, "ja")
    assert [one.title for one in await all_series(office)] == ["Jour fixe", "KI-Runde"]
    shown = await answer(may, "jour fixe")
    assert "alle 4 Wochen donnerstags" in shown
    assert "alle 2 Wochen dienstags" in shown
    await planned(may, "jour fixe Umzug jeden Freitag 9 bis 10 im Amt 3")
    assert [one.title for one in await all_series(office)][2] == "Umzug"


async def test_supporters_see_the_next_date(office: Traffic, may: Somebody, tom: Somebody) -> None:
    await planned(may)
    shown = await answer(tom, "wann ist der nächste jour fixe")
    assert "Donnerstag, 26. November 2026, 9:00 bis 10:30 Uhr" in shown
    assert "Rathaus, Raum 3" in shown
    assert choices(office) == ["alle Termine"]


@pytest.mark.parametrize(
    "question",
    ["wann ist jf?", "Wann ist denn der nächste JF?", "wo ist der jour fixe", "wann und wo trifft sich der jour fixe"],
)
async def test_the_next_date_is_asked_for_in_many_words(
    office: Traffic, may: Somebody, tom: Somebody, question: str
) -> None:
    await planned(may)
    assert "Donnerstag, 26. November 2026, 9:00 bis 10:30 Uhr" in await answer(tom, question)


@pytest.mark.parametrize("question", ["wann ist Feierabend?", "wo ist der Kopierer", "wann", "wann ist das"])
def test_other_questions_are_not_about_the_next_date(question: str) -> None:
    assert not asks_when(question)


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("jour fixe am 31. Februar", "Den Tag „31. Februar“ gibt es nicht."),
        ("jour fixe am 3.11.2025 im Rathaus", "ist schon vorbei"),
        ("jour fixe am 3.11.2025 um 9", "ist schon vorbei"),
        ("jour fixe am 26.11.", "Donnerstag, 26. November 2026, 9:00 bis 10:30 Uhr, Rathaus, Raum 3. Was soll anders"),
        ("jour fixe am 25.11.", "Am Mittwoch, 25. November 2026 ist kein Jour fixe."),
        ("jour fixe am 26.11. um 10 Uhr", "auf Donnerstag, 26. November 2026, 10:00 bis 11:30 Uhr?"),
    ],
)
async def test_a_day_by_itself_is_one_date_of_the_series(
    office: Traffic, may: Somebody, sentence: str, said: str
) -> None:
    await planned(may)
    assert said in await answer(may, sentence)


async def test_each_question_of_planning_can_be_broken_off(office: Traffic, may: Somebody) -> None:
    await planned(may)
    assert "einen weiteren planen?" in await answer(may, "jour fixe monatlich")
    assert choices(office)[-1] == "abbrechen"
    assert "Schreib mir bitte eine Zahl: 1 bis 3." in await answer(may, "ja")
    assert "bleibt alles, wie es ist" in await answer(may, "abbrechen")
    assert "bleibt alles, wie es ist" in await answer(may, "abbrechen")
    await planned(may, "jour fixe KI-Runde jeden Dienstag 9 bis 10, online")
    for words in ("jour fixe ändern", "vorlage: Ankommen 5", "jour fixe ändern"):
        await answer(may, words)
        assert choices(office)[-1] == "abbrechen"
    assert "Was soll anders sein?" in await answer(may, "1")
    assert "nichts geändert" in await answer(may, "abbrechen")


async def test_what_shall_be_different_is_chosen_or_written(office: Traffic, may: Somebody) -> None:
    await planned(may)
    await answer(may, "jour fixe ändern")
    assert choices(office) == ["wie oft", "Wochentag", "Uhrzeit", "Dauer", "Ort", "keine weiteren Termine", "abbrechen"]
    assert "Wie lange?" in await answer(may, "4")
    assert choices(office) == ["60 Minuten", "90 Minuten", "120 Minuten", "abbrechen"]
    assert "9:00 bis 10:00 Uhr" in await answer(may, "1")
    assert "Wie oft" in await answer(may, "ändern", "1")
    assert "Welcher Donnerstag im Monat?" in await answer(may, "5")
    assert "Wie oft" in await answer(may, "zweiter", "ändern", "rhythmus")
    assert "alle 2 Wochen donnerstags, 9:00 bis 10:00 Uhr" in await answer(may, "2"), "no longer of a month"


async def test_what_was_decided_about_a_date_is_not_asked_when_the_series_changes(
    office: Traffic, may: Somebody
) -> None:
    await planned_on_holidays(may)
    await answer(may, "2", "termin 28.1. absagen", "ja")
    said = await answer(may, "jour fixe ändern", "im Raum 5")
    assert "Erste Termine: 3. Dezember 2026, 7. Januar 2027, 25. Februar 2027" in said
    assert "Silvester" not in said
    assert "nichts geändert" in await answer(may, "abbrechen")


async def test_what_is_planned_is_known_from_then_on(office: Traffic, may: Somebody) -> None:
    await planned_on_holidays(may)
    known = {meeting.known_since for day, meeting in (await dates(office)).items() if day != NEW_YEARS_EVE}
    assert known == {office.clock.now()}
    assert (await dates(office))[NEW_YEARS_EVE].known_since is None
    await office.night(days=1)
    await answer(may, "termine", "2", "verschieben", "2")
    assert (await dates(office))[NEW_YEARS_EVE].known_since == office.clock.now()


# collisions


async def planned_on_holidays(may: Somebody) -> None:
    """Every four weeks from 3 December on: New Year's Eve is one of its days, and so is Ascension Day."""
    await answer(may, f"{SENTENCE} ab 3. Dezember", "wochen", "ja")


async def test_a_date_on_a_day_off_waits_and_is_asked_about_at_once(office: Traffic, may: Somebody) -> None:
    summary = await answer(may, f"{SENTENCE} ab 3. Dezember", "wochen")
    assert "Donnerstag, 31. Dezember 2026 (Silvester (Hausliste))" in summary
    said = await answer(may, "ja")
    assert "31. Dezember 2026, 9:00 bis 10:30 Uhr fällt auf einen freien Tag: Silvester (Hausliste)." in said
    assert choices(office) == [
        "Donnerstag, 24. Dezember 2026, eine Woche früher",
        "Donnerstag, 7. Januar 2027, eine Woche später",
        "Montag, 4. Januar 2027, der nächste Arbeitstag",
        "ausfallen lassen",
        "trotzdem an diesem Tag",
        "später entscheiden",
    ]
    assert states(await dates(office))[NEW_YEARS_EVE] is MeetingState.COLLIDING
    assert "Gut, der Termin ist jetzt am Donnerstag, 7. Januar 2027" in await answer(may, "2")
    meetings = await dates(office)
    assert (meetings[NEW_YEARS_EVE].day, meetings[NEW_YEARS_EVE].state) == (date(2027, 1, 7), "planned")
    assert meetings[date(2027, 1, 28)].day == date(2027, 1, 28), "later dates keep the rhythm"


async def test_colliding_dates_are_said_to_coordinators_alone(office: Traffic, may: Somebody, tom: Somebody) -> None:
    await planned_on_holidays(may)
    assert "31. Dezember" not in await answer(tom, "termine")
    await answer(may, "termine")
    assert any("31. Dezember 2026" in label and "noch nicht entschieden" in label for label in choices(office))


@pytest.mark.parametrize(
    ("word", "state", "said"),
    [("ausfallen", MeetingState.CANCELLED, "fällt aus"), ("trotzdem", MeetingState.PLANNED, "es bleibt bei")],
)
async def test_a_colliding_date_may_be_dropped_or_kept(
    office: Traffic, may: Somebody, word: str, state: MeetingState, said: str
) -> None:
    await planned_on_holidays(may)
    assert said in await answer(may, word)
    await office.night(days=1)
    assert states(await dates(office))[NEW_YEARS_EVE] is state, "nobody is asked again"


async def questions(office: Traffic, may: Somebody, nights: int) -> list[date]:
    """The days on which the bot asks about New Year's Eve in the nights to come."""
    found = []
    for _ in range(nights):
        before = len(office.sent)
        await office.night(days=1)
        if any("Silvester" in one.text for one in office.sent[before:]):
            found.append(office.clock.now().date())
    return found


async def test_an_undecided_date_is_asked_about_again_weekly_from_three_weeks_before(
    office: Traffic, may: Somebody
) -> None:
    await planned_on_holidays(may)
    assert await questions(office, may, 45) == [
        date(2026, 12, 10),
        date(2026, 12, 17),
        date(2026, 12, 24),
        NEW_YEARS_EVE,
    ]
    assert states(await dates(office))[NEW_YEARS_EVE] is MeetingState.CANCELLED, "nobody decided"


async def test_a_decision_can_wait(office: Traffic, may: Somebody) -> None:
    await planned_on_holidays(may)
    assert "später noch einmal" in await answer(may, "abbrechen")
    assert states(await dates(office))[NEW_YEARS_EVE] is MeetingState.COLLIDING
    assert date(2026, 12, 10) in await questions(office, may, 25)


@pytest.mark.parametrize("state", [MeetingState.PLANNED, MeetingState.COLLIDING])
async def test_the_second_of_two_coordinators_hears_that_it_is_decided(
    office: Traffic, may: Somebody, state: MeetingState
) -> None:
    await planned_on_holidays(may)
    async with office.database.unit_of_work() as uow:
        meeting = (await uow.jour_fixe.in_state(MeetingState.COLLIDING))[0]
        meeting.day, meeting.state, meeting.revision = date(2027, 1, 6), state, 1
        await uow.commit()
    assert "schon entschieden" in await answer(may, "ausfallen")
    assert states(await dates(office))[NEW_YEARS_EVE] is state


async def test_a_day_off_that_comes_later_makes_a_date_wait(office: Traffic, may: Somebody) -> None:
    await planned(may)
    house = replace(HOUSE, working_days=WorkingDays(["NW"], {date(2026, 12, 24): "Heiligabend"}))
    object.__setattr__(office.errands._services, "house", house)
    before = len(office.sent)
    await office.night(days=1)
    assert any("Heiligabend (Hausliste)" in one.text for one in office.sent[before:])
    assert states(await dates(office))[date(2026, 12, 24)] is MeetingState.COLLIDING
    object.__setattr__(office.errands._services, "house", HOUSE)
    await office.night(days=1)
    assert states(await dates(office))[date(2026, 12, 24)] is MeetingState.PLANNED


# planning ahead


async def test_each_night_twelve_months_are_planned_and_nothing_twice(office: Traffic, may: Somebody) -> None:
    await planned(may)
    await office.night()
    assert len(await dates(office)) == 13
    async with office.database.unit_of_work() as uow:
        meetings = await uow.jour_fixe.meetings(1)
        meetings[1].day, meetings[2].state = date(2026, 12, 22), MeetingState.CANCELLED
        await uow.commit()
    await office.night(days=60)
    meetings_by_day = await dates(office)
    assert len(meetings_by_day) == 15
    assert meetings_by_day[date(2026, 12, 24)].day == date(2026, 12, 22)
    assert meetings_by_day[date(2027, 1, 21)].state == MeetingState.CANCELLED


async def test_dates_that_passed_while_the_bot_was_down_are_not_planned(office: Traffic, may: Somebody) -> None:
    await planned(may)
    await office.night(days=500)
    assert not [day for day in await dates(office) if date(2027, 11, 30) < day < office.clock.now().date()]


# changing and ending


async def test_another_rhythm_holds_from_the_next_date_on(office: Traffic, may: Somebody) -> None:
    await planned(may)
    async with office.database.unit_of_work() as uow:
        moved = (await uow.jour_fixe.meetings(1))[2]
        moved.day = date(2027, 1, 20)
        item = await uow.agenda.add("Altakten", date(2026, 11, 1), meeting_id=2)
        await uow.commit()
    said = await answer(may, "jour fixe ändern", "ab Januar alle 6 Wochen dienstags")
    assert "So ändere ich „Jour fixe“" in said
    assert "5. Januar 2027, 16. Februar 2027" in said
    await answer(may, "ja")
    days = [day for day in await dates(office) if day < date(2027, 2, 28)]
    assert days == [date(2026, 11, 26), date(2026, 12, 24), date(2027, 1, 5), date(2027, 1, 21), date(2027, 2, 16)]
    assert item.meeting_id == 2
    assert "alle 6 Wochen dienstags" in office.texts_at(LOTSEN)[-1]


async def test_topics_of_a_date_that_is_no_more_wait_again(office: Traffic, may: Somebody) -> None:
    await planned(may)
    async with office.database.unit_of_work() as uow:
        number = (await uow.agenda.add("Altakten", date(2026, 11, 1), meeting_id=2, place=1)).id
        await uow.agenda.add("Ankommen", date(2026, 11, 1), meeting_id=2, place=0, is_fixed=True)
        await uow.commit()
    await answer(may, "jour fixe ändern", "jeden ersten Montag im Monat", "ja")
    async with office.database.reading() as uow:
        assert number is not None
        item = await uow.agenda.item(number)
        assert item is not None
        assert (item.meeting_id, item.place) == (None, None)
        assert [one.title for one in await uow.agenda.backlog()] == ["Altakten"]
    assert date(2026, 12, 24) not in await dates(office)


async def test_a_date_that_people_have_seen_stays_as_one_that_is_off(office: Traffic, may: Somebody) -> None:
    await planned(may)
    async with office.database.unit_of_work() as uow:
        await uow.jour_fixe.add_post(
            MeetingPost(key="k", meeting_id=1, shows=Shows.TOPICS, platform=LOTSEN.platform, conversation_id=LOTSEN.id)
        )
        await uow.commit()
    await answer(may, "jour fixe ändern", "jeden ersten Montag im Monat", "ja")
    assert states(await dates(office))[date(2026, 11, 26)] is MeetingState.CANCELLED


async def test_another_place_and_time_reach_dates_to_come_and_leave_those_with_their_own(
    office: Traffic, may: Somebody
) -> None:
    await planned(may)
    async with office.database.unit_of_work() as uow:
        own = (await uow.jour_fixe.meetings(1))[1]
        own.place, own.begins = "Stadtbücherei", time(14)
        await uow.commit()
    await answer(may, "jour fixe künftig 10 bis 11 Uhr im Raum 5", "ja")
    meetings = list((await dates(office)).values())
    assert {(one.begins, one.minutes, one.place, one.revision) for one in (meetings[0], *meetings[2:])} == {
        (time(10), 60, "Raum 5", 1)
    }
    assert (meetings[1].begins, meetings[1].place) == (time(14), "Stadtbücherei")
    [one] = await all_series(office)
    assert one.first_on == date(2026, 11, 26), "the rhythm stays"
    assert one.revision == 2


async def test_the_second_of_two_who_change_a_series_hears_of_the_first(office: Traffic, may: Somebody) -> None:
    await planned(may)
    await answer(may, "jour fixe ändern", "im Raum 5")
    ruth = await office.met("ruth", "Ruth", MATRIX)
    async with office.database.unit_of_work() as uow:
        one = await uow.jour_fixe.hold(1)
        assert one is not None
        one.place, one.revision = "Raum 7", one.revision + 1
        await uow.commit()
    assert "jemand anderes" in await answer(may, "ja")
    assert (await all_series(office))[0].place == "Raum 7"
    assert ruth.sees()


async def test_a_series_ends_after_a_yes(office: Traffic, may: Somebody) -> None:
    await planned(may)
    assert "ganz einstellen?" in await answer(may, "jour fixe einstellen")
    assert "wie es ist" in await answer(may, "nein")
    assert "Nach Donnerstag, 31. Dezember 2026" in await answer(may, "jour fixe endet am 31. Dezember")
    assert "ist eingestellt" in await answer(may, "ja")
    open_ones = [day for day, state in states(await dates(office)).items() if state is MeetingState.PLANNED]
    assert open_ones == [date(2026, 11, 26), date(2026, 12, 24)]
    assert "endet am Donnerstag, 31. Dezember 2026" in office.texts_at(LOTSEN)[-1]
    await office.night(days=60)
    assert not await all_series(office)
    assert len(await dates(office)) == 13


async def test_of_two_series_the_one_to_end_is_asked_for(office: Traffic, may: Somebody) -> None:
    await planned(may)
    await planned(may, "jour fixe KI-Runde jeden Dienstag 9 bis 10, online")
    assert "Welchen Jour fixe" in await answer(may, "keine weiteren termine")
    assert "KI-Runde ganz einstellen?" in await answer(may, "2")
    assert "KI-Runde ganz einstellen?" in await answer(may, "jour fixe KI-Runde einstellen")
    await answer(may, "ja")
    assert [one.ended_on for one in await all_series(office)] == [None, date(2026, 11, 20)]


@pytest.mark.parametrize(
    "words", ["jour fixe beenden", "beende den Jour fixe", "jour fixe ende", "schluss", "jour fixe Jour fixe beenden"]
)
async def test_the_words_that_end_a_meeting_never_end_a_series(office: Traffic, may: Somebody, words: str) -> None:
    await planned(may)
    said = await answer(may, words)
    assert "Gerade läuft kein Jour fixe." in said
    assert "„jour fixe einstellen“" in said
    await answer(may, "ja", "1", "ja")
    assert [one.ended_on for one in await all_series(office)] == [None]


async def test_a_series_is_ended_from_what_may_be_changed_too(office: Traffic, may: Somebody) -> None:
    await planned(may)
    assert "ganz einstellen?" in await answer(may, "jour fixe ändern", "einstellen")
    await answer(may, "ja")
    assert [one.ended_on for one in await all_series(office)] == [office.clock.now().date()]


async def test_the_second_of_two_who_end_a_series_hears_of_the_first(office: Traffic, may: Somebody) -> None:
    await planned(may)
    await answer(may, "jour fixe einstellen")
    async with office.database.unit_of_work() as uow:
        one = await uow.jour_fixe.hold(1)
        assert one is not None
        one.revision += 1
        await uow.commit()
    assert "jemand anderes" in await answer(may, "ja")
    assert [one.ended_on for one in await all_series(office)] == [None]


# rooms


async def test_rooms_are_set_in_the_room_itself(office: Traffic, may: Somebody) -> None:
    await planned(may)
    assert "in einem Raum der Lots:innen" in await answer(may, "jour fixe nur hier")
    ruth = office.somebody("may", "Jutta May", MATRIX)
    assert "hört jetzt ein Raum" in "\n".join(await ruth.says("jour fixe nur hier", LOTSEN))
    async with office.database.reading() as uow:
        assert await uow.jour_fixe.rooms(1) == [(LOTSEN.platform, LOTSEN.id)]
    assert "Dann hört kein Raum mehr" in "\n".join(await ruth.says("jour fixe nicht hier", LOTSEN))
    await answer(may, "jour fixe in allen Räumen")
    async with office.database.reading() as uow:
        assert await uow.jour_fixe.rooms(1) == []


# the template


async def test_the_template_is_shown_and_changed(office: Traffic, may: Somebody, tom: Somebody) -> None:
    await planned(may)
    assert "1. Ankommen, 5 Minuten\n2. Infos von oben, 10 Minuten\n3. Themen, 60 Minuten" in await answer(
        tom, "vorlage"
    )
    assert "Das entscheidet die Koordination" in await answer(tom, "vorlage: Ankommen 5")
    said = await answer(may, "vorlage: Ankommen 5, Neues 15 min Diskussion, …, Kino 10, Abschluss 5")
    assert "3. Themen, 55 Minuten\n4. Kino, 10 Minuten" in said
    [one] = await all_series(office)
    assert [(item["title"], item["goal"], item["is_last"]) for item in one.template] == [
        ("Ankommen", "info", False),
        ("Neues", "discussion", False),
        ("Kino", "info", True),
        ("Abschluss", "info", True),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("vorlage: Ankommen", "„Ankommen“ verstehe ich nicht"),
        ("vorlage: Ankommen -5", "verstehe ich nicht"),
        ("vorlage: Ankommen 45, Abschluss 45", "90 von 90 Minuten"),
        ("vorlage: Themen", "1 bis 12 Punkte"),
    ],
)
async def test_a_wrong_template_gets_a_sentence(office: Traffic, may: Somebody, words: str, said: str) -> None:
    await planned(may)
    assert said in await answer(may, words)


@pytest.mark.parametrize("minutes", [1, 5, 15, 20, 30, 60, 480])
def test_a_short_series_has_few_fixed_items(minutes: int) -> None:
    assert sum(item["minutes"] for item in usual(minutes)) < minutes


# which sentences are meant


@pytest.mark.parametrize(
    ("text", "is_meant"),
    [
        (SENTENCE, True),
        ("Plane einen Jour fixe jeden Montag", True),
        ("jour fixe KI-Runde alle 2 Wochen", True),
        ("jour fixe beenden zum 31.12.", True),
        ("stelle den jour fixe ein", True),
        ("jour fixe am 31. Februar", True),
        ("jour fixe am 3.11.2025 um 9", True),
        ("ändere den jour fixe: im Raum 5", True),
        ("jour fixe nur hier", True),
        ("jf thema: Altakten, 15 min", False),
        ("jour fixe protokoll vom Montag", False),
        ("Was ist ein Jour fixe?", False),
        ("Wann ist der Jour fixe jeden Montag?", False),
        ("thema für jf: altakten scannen, 15 min", False),
        ("Jour fixe heißt fester Tag", False),
    ],
)
def test_only_sentences_about_series_are_taken(text: str, is_meant: bool) -> None:
    assert is_about_series(text) is is_meant
