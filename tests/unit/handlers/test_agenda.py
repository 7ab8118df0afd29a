"""A meeting comes near: topics are asked for, voted on, put onto an agenda, and everybody sees the same everywhere."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.messages import Kind, Outgoing
from conftest import MovedClock, fresh_sqlite
from handlers.jour_fixe import agenda, carrying, preparation, time_boxes
from handlers.posts import settle
from handlers.table import TABLE
from knowledge.timetable import Step
from storage.database import Database
from storage.models.agenda import AgendaItem, Goal, Poll
from storage.models.jour_fixe import Duty, Frequency, JourFixe, Meeting, MeetingState
from traffic import FLUR, LOTSEN, MATRIX, SETTINGS, TEAMS, Somebody, Traffic

THURSDAY = date(2026, 12, 10)
COLLECT = datetime(2026, 11, 26, 8, tzinfo=UTC)
CLOSE = datetime(2026, 12, 3, 11, tzinfo=UTC)
AGENDA = datetime(2026, 12, 7, 11, tzinfo=UTC)
REMIND = datetime(2026, 12, 9, 8, tzinfo=UTC)
TEMPLATE: list[dict[str, Any]] = [
    {"title": "Ankommen", "minutes": 5, "goal": None, "is_last": False},
    {"title": "Infos von oben", "minutes": 10, "goal": "info", "is_last": False},
    {"title": "Aufgaben", "minutes": 10, "goal": None, "is_last": True},
    {"title": "Abschluss", "minutes": 5, "goal": None, "is_last": True},
]
LATE = "Diese Nachricht kommt später als geplant."
OVER = "Die Abstimmung ist beendet"


class Town(Traffic):
    """Traffic in a town that has a jour fixe on Thursday, 10 December 2026, in a room of each platform."""

    async def settle(self, **details: Any) -> None:
        async with self.database.unit_of_work() as uow:
            await uow.addresses.know(FLUR.platform, FLUR.id)
            series: dict[str, Any] = {
                "title": "Lotsenrunde",
                "frequency": Frequency.WEEKLY,
                "interval": 4,
                "weekday": 3,
                "first_on": THURSDAY,
                "begins": time(9),
                "minutes": 90,
                "zone": "Europe/Berlin",
                "template": TEMPLATE,
                "calendar_id": "secret",
            }
            number = await uow.jour_fixe.add(JourFixe(**series | details))
            meeting: dict[str, Any] = {
                "planned_on": THURSDAY,
                "day": THURSDAY,
                "begins": time(9),
                "minutes": 90,
                "place": "Rathaus",
            }
            await uow.jour_fixe.add_meeting(Meeting(jour_fixe_id=number, known_since=self.clock.now(), **meeting))
            await uow.commit()

    async def topics(self, *titles: str, **details: Any) -> None:
        async with self.database.unit_of_work() as uow:
            for title in titles:
                await uow.agenda.add(title, date(2026, 11, 20), **details)
            await uow.commit()

    async def until(self, moment: datetime) -> list[Outgoing]:
        """Let time pass; gives what is said then."""
        before = len(self.sent)
        self.clock.time = moment
        await self.passes()
        return self.sent[before:]

    async def meeting(self) -> Meeting:
        async with self.database.reading() as uow:
            found = await uow.jour_fixe.meeting(1)
        assert found is not None
        return found

    async def items(self) -> list[AgendaItem]:
        async with self.database.reading() as uow:
            return list(await uow.agenda.of_meeting(1))

    async def titles(self) -> list[str]:
        return [item.title for item in await self.items()]

    async def backlog(self) -> list[str]:
        async with self.database.reading() as uow:
            return [item.title for item in await uow.agenda.backlog(1)]

    async def ballots(self) -> int:
        async with self.database.reading() as uow:
            return int((await uow._session.execute(text("SELECT count(*) FROM ballot"))).scalar_one())

    async def steps(self) -> set[str]:
        async with self.database.reading() as uow:
            return set(await uow.jour_fixe.steps(1))


@pytest.fixture
async def town(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Town]:
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    settings = SETTINGS.model_copy(update={"rooms": frozenset({LOTSEN.id, FLUR.id})})
    table = replace(TABLE, errands=(), ticks=(preparation.look_after,))
    town = Town(database, clock, settings, table=table)
    await town.open()
    await town.settle()
    yield town
    await town.stop()
    await database.close()


@pytest.fixture
async def tom(town: Town) -> Somebody:
    """A supporter in Matrix who has written to the bot."""
    return await town.met("tom", "Tom Berger", MATRIX)


@pytest.fixture
async def svenja(town: Town) -> Somebody:
    """A supporter in Teams whose direct chat is not known."""
    return town.somebody("svenja", "Svenja Petersen", TEAMS)


@pytest.fixture
async def may(town: Town) -> Somebody:
    """The coordinator, in Teams."""
    return await town.met("may", "Jutta May", TEAMS)


def in_rooms(said: list[Outgoing]) -> list[str]:
    """What is said anew in both rooms; it must be the same."""
    new = [one for one in said if one.replaces is None and not one.conversation.is_direct and one.text]
    matrix = [one.text for one in new if one.conversation == LOTSEN]
    assert matrix == [one.text for one in new if one.conversation == FLUR]
    return matrix


# the steps


async def test_topics_are_asked_for_in_each_room_on_both_platforms(town: Town) -> None:
    await town.topics("Altakten scannen")
    assert await town.until(COLLECT.replace(minute=0, hour=7)) == []
    [asked] = in_rooms(await town.until(COLLECT))
    assert "Themen für **Lotsenrunde** am Donnerstag, 10. Dezember 2026, 9:00 bis 10:30 Uhr, Rathaus." in asked
    assert "- Altakten scannen" in asked
    assert "Themenschluss: Donnerstag, 3. Dezember 2026, 12 Uhr." in asked


async def test_each_step_is_said_once_however_often_somebody_looks(town: Town) -> None:
    await town.topics("Altakten", "Intranet")
    said = 0
    for moment in (COLLECT, CLOSE, AGENDA, REMIND):
        said += len(in_rooms(await town.until(moment)))
        assert await town.until(moment) == []
    assert said == 4
    assert await town.until(datetime(2026, 12, 11, 8, tzinfo=UTC)) == []


async def test_the_agenda_stands_on_both_platforms_with_minutes_goal_and_owner(town: Town, tom: Somebody) -> None:
    async with town.database.unit_of_work() as uow:
        person = await uow.people.know(MATRIX, "tom", "Tom Berger")
        await uow.agenda.add("Altakten", date(2026, 11, 20), minutes=15, goal=Goal.DECISION, owner_person_id=person.id)
        await uow.attendance.give(1, Duty.MODERATOR, person.id or 0)
        await uow.commit()
    await town.topics("Lang", minutes=90)
    said = await town.until(AGENDA)
    [shown] = in_rooms(said)
    assert "1. Ankommen, 5 Minuten\n2. Infos von oben, 10 Minuten\n" in shown
    assert "Altakten (Tom Berger), 15 Minuten, Entscheidung" in shown
    assert "Zusammen 45 von 90 Minuten." in shown
    assert "Moderation: Tom Berger." in shown
    assert "Im Themenspeicher: Lang." in shown
    new = [one for one in said if one.replaces is None and one.text]
    assert [[choice.word for choice in one.choices] for one in new] == [["komme", "vielleicht", "absage"]] * 2
    assert len([one for one in said if one.file is not None and "VCALENDAR" in one.file.content]) == 2
    assert await town.backlog() == ["Lang"]


async def test_the_reminder_comes_without_the_file_that_the_agenda_brought(town: Town) -> None:
    await town.topics("Altakten")
    await town.until(AGENDA)
    said = await town.until(REMIND)
    [reminder] = in_rooms(said)
    assert reminder.startswith("**Erinnerung**: Lotsenrunde am Donnerstag, 10. Dezember 2026")
    assert "Themen: Altakten." in reminder
    assert not any(one.file for one in said)


async def test_only_the_moderator_hears_that_it_begins(town: Town, tom: Somebody) -> None:
    await town.topics("Altakten")
    async with town.database.unit_of_work() as uow:
        await uow.attendance.give(1, Duty.MODERATOR, (await uow.people.know(MATRIX, "tom", "Tom Berger")).id)
        await uow.commit()
    await town.until(REMIND)
    [hint] = await town.until(datetime(2026, 12, 10, 8, tzinfo=UTC))
    assert hint.conversation == tom.chat
    assert hint.text == "Lotsenrunde beginnt jetzt. „jour fixe starten“ führt durch die Tagesordnung."


async def test_what_comes_late_says_so_and_what_is_past_is_not_said(town: Town) -> None:
    await town.topics("Altakten", "Intranet")
    said = await town.until(CLOSE.replace(day=4, hour=8))
    [vote] = in_rooms(said)
    assert vote.startswith("**Abstimmung**")
    assert vote.endswith(LATE)
    assert await town.steps() == {Step.COLLECT, Step.CLOSE}
    assert in_rooms(await town.until(datetime(2026, 12, 10, 8, tzinfo=UTC))) == []
    assert await town.steps() == set(Step)


async def test_what_was_just_planned_has_its_steps_in_the_time_that_is_left(town: Town) -> None:
    await town.topics("Altakten", "Intranet")
    async with town.database.unit_of_work() as uow:
        meeting = await uow.jour_fixe.meeting(1)
        assert meeting
        meeting.known_since = None
        await uow.commit()
    friday = datetime(2026, 12, 4, 12, tzinfo=UTC)
    assert await town.until(friday) == []
    said = [
        in_rooms(await town.until(moment)) for moment in (friday.replace(day=7, hour=8), friday.replace(day=8, hour=11))
    ]
    assert [text.split(" ")[0] for [text] in said] == ["Themen", "**Abstimmung**:"]
    assert not [one for one in town.sent if LATE in one.text]


async def test_a_cancelled_or_colliding_meeting_is_left_alone(town: Town) -> None:
    for state in (MeetingState.CANCELLED, MeetingState.COLLIDING):
        async with town.database.unit_of_work() as uow:
            meeting = await uow.jour_fixe.meeting(1)
            assert meeting
            meeting.state = state
            await uow.commit()
        assert await town.until(COLLECT) == []


async def test_too_many_fixed_minutes_are_told_with_the_excess(town: Town) -> None:
    async with town.database.unit_of_work() as uow:
        meeting = await uow.jour_fixe.meeting(1)
        assert meeting
        meeting.minutes = 20
        await uow.commit()
    [shown] = in_rooms(await town.until(AGENDA))
    assert "**Achtung:** Zusammen 30 Minuten. Das sind 10 mehr, als der Termin lang ist." in shown


async def test_two_hundred_topics_are_no_flood(town: Town, tom: Somebody) -> None:
    await town.topics(*(f"Thema {number}" for number in range(200)))
    [asked] = in_rooms(await town.until(COLLECT))
    assert "noch 195 weitere" in asked
    said = await town.until(CLOSE)
    assert {len(one.choices) for one in said if one.text.startswith("**Abstimmung**")} == {9}
    [shown] = in_rooms(await town.until(AGENDA))
    assert len(shown) < 1000
    assert "und 189 weitere" in shown
    assert len(await town.items()) + len(await town.backlog()) == 204


async def test_topics_after_the_closing_wait_for_the_next_time(town: Town) -> None:
    await town.topics("Altakten")
    await town.until(CLOSE)
    async with town.database.unit_of_work() as uow:
        await uow.agenda.add("Zu spät", date(2026, 12, 4))
        await uow.commit()
    await town.until(AGENDA)
    assert "Altakten" in await town.titles()
    assert await town.backlog() == ["Zu spät"]


async def test_every_message_about_two_hundred_topics_is_short(town: Town, tom: Somebody, may: Somebody) -> None:
    await town.topics(*(f"Thema {number} {'x' * 200}" for number in range(200)), minutes=5)
    for moment in (COLLECT, CLOSE, AGENDA, REMIND):
        await town.until(moment)
    town.clock.time = datetime(2026, 12, 10, 8, tzinfo=UTC)
    for words in ("jour fixe starten", "mehr", "vertagen", "weiter", "top 9", "ende", "ja"):
        await may.says(words, FLUR)
    assert (await town.meeting()).state == MeetingState.HELD
    longest = max(town.sent, key=lambda one: len(one.text))
    assert longest.text.startswith("**Tagesordnung**")  # 18 items of one line each
    assert len(longest.text) < 2800
    assert max(len(one.text) for one in town.sent if not one.text.startswith("**Tagesordnung**")) < 1000


async def test_whoever_speaks_for_a_topic_hears_that_it_found_no_time(town: Town, tom: Somebody) -> None:
    async with town.database.unit_of_work() as uow:
        person = await uow.people.know(MATRIX, "tom", "Tom Berger")
        await uow.agenda.add("Lang", date(2026, 11, 20), minutes=90, owner_person_id=person.id)
        await uow.agenda.add("Kurz", date(2026, 11, 20), owner_person_id=person.id)
        await uow.commit()
    await town.until(AGENDA)
    assert tom.sees()[-1] == (
        "Donnerstag, 10. Dezember 2026, 9:00 bis 10:30 Uhr: Dafür war keine Zeit mehr: Lang. "
        "Im Themenspeicher wartet es auf das nächste Mal."
    )


async def test_what_is_late_is_not_said_on_a_sunday(town: Town) -> None:
    await town.topics("Altakten", "Intranet")
    await town.until(COLLECT)
    assert await town.until(datetime(2026, 12, 6, 10, tzinfo=UTC)) == []
    [vote] = in_rooms(await town.until(datetime(2026, 12, 7, 8, tzinfo=UTC)))
    assert vote.startswith("**Abstimmung**")


async def test_what_recurs_has_its_place_but_not_where_it_is_skipped(town: Town) -> None:
    await town.topics("Neues vom IT-Service", is_recurring=True)
    await town.topics("Diesmal nicht", is_recurring=True, skipped_meeting_id=1)
    await town.until(CLOSE)
    await town.until(AGENDA)
    assert await town.titles() == ["Ankommen", "Infos von oben", "Neues vom IT-Service", "Aufgaben", "Abschluss"]


# without topics


async def test_without_topics_the_coordinators_are_asked(town: Town, may: Somebody, tom: Somebody) -> None:
    assert in_rooms(await town.until(CLOSE)) == []
    assert may.sees()[-1] == (
        "Für Lotsenrunde am Donnerstag, 10. Dezember 2026, 9:00 bis 10:30 Uhr gibt es noch kein Thema. "
        "Wie soll es weitergehen? Ohne Antwort findet der Termin statt."
    )
    assert len(tom.sees()) == 1


async def test_an_open_exchange_stands_on_the_agenda(town: Town, may: Somebody) -> None:
    await town.until(CLOSE)
    assert await may.says("austausch") == ["Gut, auf der Tagesordnung steht offener Austausch."]
    await town.until(AGENDA)
    assert await town.titles() == ["Ankommen", "Infos von oben", "Offener Austausch", "Aufgaben", "Abschluss"]
    assert sum(item.minutes or 0 for item in await town.items()) == 90


async def test_a_meeting_without_topics_is_shortened(town: Town, may: Somebody) -> None:
    await town.until(CLOSE)
    [said] = await may.says("kürzen")
    assert said.startswith("Gut: Donnerstag, 10. Dezember 2026, 9:00 bis 9:45 Uhr.")
    meeting = await town.meeting()
    assert (meeting.minutes, meeting.revision) == (45, 1)


async def test_a_meeting_without_topics_is_cancelled(town: Town, may: Somebody) -> None:
    await town.until(CLOSE)
    assert "Gut, dieser Termin fällt aus." in await may.says("absagen")
    assert (await town.meeting()).state == MeetingState.CANCELLED
    assert in_rooms(await town.until(AGENDA)) == []


async def test_the_second_coordinator_hears_that_it_is_decided(town: Town, may: Somebody) -> None:
    other = await town.met("may", "Jutta May", MATRIX)
    await town.until(CLOSE)
    await may.says("austausch")
    assert await other.says("absagen") == ["Das ist schon entschieden."]
    assert (await town.meeting()).state == MeetingState.PLANNED


# the vote


async def test_points_order_the_agenda_and_only_sums_are_left(town: Town, tom: Somebody, svenja: Somebody) -> None:
    await town.topics("Altakten", "Intranet", "Kantine")
    await town.until(CLOSE)
    await tom.says("3", LOTSEN)
    await svenja.says("3", FLUR)
    await svenja.says("2", FLUR)
    assert await town.ballots() == 3
    await town.until(AGENDA)
    assert (await town.titles())[2:5] == ["Kantine", "Intranet", "Altakten"]
    assert await town.ballots() == 0
    vote = next(one for one in tom.sees(LOTSEN) if one.startswith("**Abstimmung**"))
    assert vote.endswith("Die Abstimmung ist beendet.\n\n- Kantine: 2 Punkte\n- Intranet: 1 Punkt")


async def test_no_sum_is_seen_before_the_end(town: Town, tom: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    await town.until(CLOSE)
    await tom.says("1", LOTSEN)
    assert [one for one in tom.sees(LOTSEN) if "Punkt:" in one or "1 Punkt" in one] == []


async def test_who_votes_in_a_room_hears_of_it_alone(town: Town, tom: Somebody, svenja: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    await town.until(CLOSE)
    await tom.says("2", LOTSEN)
    assert tom.sees()[-1] == "Dein Punkt geht an „Intranet“. Du hast noch 2 Punkte."
    assert (await svenja.says("1", FLUR))[0] == "Du hast noch 2 Punkte."
    assert not [one for one in town.sent if "„Altakten“" in one.text]


async def test_nothing_in_the_rooms_tells_that_somebody_voted(town: Town, tom: Somebody, svenja: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    await svenja.says("hallo")
    town.teams.has_buttons = True
    new = await town.until(CLOSE)
    key, before = next(one.key for one in new if one.conversation == FLUR), len(town.sent)
    for number in ("2", "1"):
        await svenja.says(number, FLUR, kind=Kind.PRESS, refers_to=key, is_addressed=False)
        await tom.says(number, LOTSEN)
    assert await town.ballots() == 4
    assert {one.conversation for one in town.sent[before:]} == {svenja.chat, tom.chat}


async def test_who_comes_is_seen_in_the_rooms_only_when_the_sums_change(
    town: Town, tom: Somebody, svenja: Somebody
) -> None:
    await town.until(AGENDA)
    before = len(town.sent)
    await tom.says("komme", LOTSEN)
    await tom.says("absage", LOTSEN)
    assert [one for one in town.sent[before:] if one.conversation in (LOTSEN, FLUR)] == []
    for person in ("mehmet", "svenja"):
        await (await town.met(person, person.title(), MATRIX)).says("komme", LOTSEN)
    changed = [one for one in town.sent[before:] if one.conversation in (LOTSEN, FLUR) and one.replaces]
    assert [one.text.split("\n\n")[-1] for one in changed] == ["2 kommen, 1 nicht"] * 2


async def test_what_was_changed_before_offers_nothing_either_once_it_is_over(town: Town) -> None:
    await town.until(AGENDA)
    for person in ("tom", "mehmet", "svenja"):
        await (await town.met(person, person.title(), MATRIX)).says("komme", LOTSEN)
    async with town.database.unit_of_work() as uow:
        for posted in await uow.jour_fixe.posts(1):
            await settle(SimpleNamespace(uow=uow), posted)  # type: ignore[arg-type]
        assert [one.topic for one in await uow.questions.offers_to(MATRIX, LOTSEN.id, "tom")] == []


async def test_the_choices_below_an_agenda_work_as_long_as_it_is_shown(town: Town, tom: Somebody) -> None:
    await town.until(AGENDA)
    async with town.database.unit_of_work() as uow:
        meeting = await uow.jour_fixe.meeting(1)
        assert meeting is not None
        meeting.day = THURSDAY + timedelta(days=14)
        await uow.commit()
    await tom.says("vielleicht", LOTSEN)
    await town.night(days=13)
    assert await tom.says("komme", LOTSEN) == []
    assert tom.sees()[-1].startswith("Notiert, du kommst")


async def test_choosing_again_takes_the_point_back(town: Town, tom: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    await town.until(CLOSE)
    await tom.says("abstimmen")
    assert await tom.says("1") == ["Dein Punkt geht an „Altakten“. Du hast noch 2 Punkte."]
    assert await tom.says("1") == ["„Altakten“ hat deinen Punkt nicht mehr. Du hast noch 3 Punkte."]
    assert await town.ballots() == 0


async def test_nobody_has_more_than_three_points_on_all_accounts(town: Town, tom: Somebody) -> None:
    await town.topics("A-Thema", "B-Thema", "C-Thema", "D-Thema")
    await town.until(CLOSE)
    await tom.says("abstimmen")
    for number in "123":
        await tom.says(number)
    assert await tom.says("4") == [
        "Deine 3 Punkte sind vergeben. Wähle ein Thema davon noch einmal, dann ist sein Punkt frei."
    ]
    assert await town.ballots() == 3
    assert await tom.says("1") == ["„A-Thema“ hat deinen Punkt nicht mehr. Du hast noch einen Punkt."]


async def test_several_numbers_are_given_points_at_once(town: Town, tom: Somebody) -> None:
    await town.topics("A-Thema", "B-Thema", "C-Thema", "D-Thema")
    await town.until(CLOSE)
    await tom.says("abstimmen")
    assert await tom.says("1 und 3") == ["Deine Punkte gehen an: A-Thema; C-Thema. Du hast noch einen Punkt."]
    assert (await tom.says("3, 4"))[0].endswith("Alle deine Punkte sind vergeben.")
    assert await tom.says("2 2 1") == [
        "So viele Punkte hast du nicht: Es sind 3. „punkte zurück“ macht alle wieder frei."
    ]
    assert await tom.says("9") == ["Schreib mir bitte eine Zahl: 1 bis 4."]
    assert await tom.says("1, 9") == ["Eine Nummer 9 gibt es hier nicht, nur 1 bis 4."]
    assert await tom.says("punkte zurück") == ["Du hast noch 3 Punkte."]
    assert await tom.says("3 punkte für 2") == ["Deine Punkte gehen an: B-Thema. Du hast noch 2 Punkte."]
    assert await town.ballots() == 1


async def test_several_numbers_in_a_room_are_answered_alone(town: Town, tom: Somebody) -> None:
    await town.topics("A-Thema", "B-Thema")
    await town.until(CLOSE)
    assert await tom.says("1, 2", LOTSEN) == []
    assert tom.sees()[-1] == "Deine Punkte gehen an: A-Thema; B-Thema. Du hast noch einen Punkt."


async def test_numbers_are_no_votes_where_nothing_is_voted_on(town: Town, tom: Somebody) -> None:
    assert await tom.says("1 und 3") == ["Gerade steht nichts zur Auswahl. Schreib mir einfach deine Frage."]
    assert await town.rows("open_question") == {"open_question": 0}


async def test_more_than_eight_topics_are_paged(town: Town, tom: Somebody) -> None:
    await town.topics(*(f"Thema {letter}" for letter in "ABCDEFGHIJ"))
    await town.until(CLOSE)
    await tom.says("abstimmen")
    await tom.says("mehr")
    assert await tom.says("2") == ["Dein Punkt geht an „Thema J“. Du hast noch 2 Punkte."]


async def test_others_go_on_voting_after_somebody_did(town: Town, tom: Somebody) -> None:
    other = await town.met("mehmet", "Mehmet Demir", MATRIX)
    await town.topics("Altakten", "Intranet")
    await town.until(CLOSE)
    await tom.says("1", LOTSEN)
    await other.says("1", LOTSEN)
    await tom.says("2", LOTSEN)
    assert await town.ballots() == 3


async def test_staff_cannot_vote(town: Town) -> None:
    anna = town.somebody("anna-id", "Anna Özdemir", TEAMS)
    await town.topics("Altakten", "Intranet")
    await town.until(CLOSE)
    assert await anna.says("abstimmen") == ["Über die Themen stimmen die Lots:innen ab."]
    assert await anna.says("1", FLUR) == ["Über die Themen stimmen die Lots:innen ab."]
    assert await town.ballots() == 0


async def test_who_votes_while_the_agenda_is_closed_hears_it(town: Town, tom: Somebody, may: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    await town.until(CLOSE)
    await tom.says("abstimmen")
    await may.says("tagesordnung schließen")
    before = await town.titles()
    assert OVER in (await tom.says("2"))[0]
    assert await town.titles() == before
    assert await town.ballots() == 0


async def test_without_a_vote_there_is_nothing_to_choose(town: Town, tom: Somebody) -> None:
    assert await tom.says("abstimmen") == ["Gerade läuft keine Abstimmung. Nach dem Themenschluss beginnt eine."]


async def test_a_single_topic_needs_no_vote(town: Town) -> None:
    await town.topics("Altakten")
    assert in_rooms(await town.until(CLOSE)) == []


async def test_a_vote_for_a_meeting_that_is_cancelled_leaves_no_ballots(town: Town, tom: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    await town.until(CLOSE)
    await tom.says("1", LOTSEN)
    async with town.database.unit_of_work() as uow:
        meeting = await uow.jour_fixe.meeting(1)
        assert meeting
        meeting.state = MeetingState.CANCELLED
        changes = await agenda.refresh(town.errands._night(uow), town.services(), meeting)
        await uow.commit()
    assert [one.text for one in changes] == [
        "Lotsenrunde: Donnerstag, 10. Dezember 2026, 9:00 bis 10:30 Uhr, Rathaus fällt aus."
    ] * 2
    assert await town.ballots() == 0


async def test_votes_of_a_meeting_that_was_slept_through_are_forgotten(town: Town, tom: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    await town.until(CLOSE)
    await tom.says("1", LOTSEN)
    assert in_rooms(await town.until(datetime(2026, 12, 10, 12, tzinfo=UTC))) == []
    assert await town.ballots() == 0


# changes


async def settled(town: Town, *titles: str) -> None:
    await town.topics(*titles)
    await town.until(AGENDA)


async def test_the_agenda_is_shown_on_demand(town: Town, tom: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    [before] = await tom.says("tagesordnung")
    assert before.endswith("Die Tagesordnung kommt Montag, 7. Dezember 2026, 12 Uhr.")
    await town.until(AGENDA)
    [shown] = await tom.says("agenda")
    assert "3. Altakten, 10 Minuten, Diskussion" in shown


async def test_coordinators_read_how_the_agenda_is_changed(town: Town, may: Somebody, tom: Somebody) -> None:
    await settled(town, "Altakten")
    hint = "Ändern: „punkt 4 vor 3“, „punkt 4 streichen“ oder „punkt 4 20 minuten“."
    assert (await may.says("tagesordnung"))[0].endswith(hint)
    assert hint not in (await tom.says("tagesordnung"))[0]


async def test_after_the_closing_the_first_message_says_so(town: Town, tom: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    await town.until(COLLECT)
    await town.until(CLOSE)
    asked = next(one for one in tom.sees(LOTSEN) if one.startswith("Themen für"))
    assert asked.endswith("Der Themenschluss ist vorbei. Neue Themen kommen in den Themenspeicher.")


async def test_the_agenda_is_not_shown_to_staff(town: Town) -> None:
    anna = town.somebody("anna-id", "Anna Özdemir", TEAMS)
    assert await anna.says("tagesordnung") == ["Den Jour fixe zeige ich nur Lots:innen und nur unter ihnen."]


async def test_an_item_is_moved_and_each_room_sees_it(town: Town, may: Somebody) -> None:
    await settled(town, "Altakten", "Intranet", "Kantine")
    assert await may.says("tagesordnung 5 vor 3") == ["„Kantine“ vor „Altakten“ setzen?"]
    [now] = await may.says("ja")
    assert "3. Kantine, 10 Minuten, Diskussion\n4. Altakten" in now
    for room in (LOTSEN, FLUR):
        assert any("3. Kantine, 10 Minuten, Diskussion\n4. Altakten" in one for one in may.sees(room))


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("punkt 3 hinter 5", ["Intranet", "Kantine", "Altakten"]),
        ("Tagesordnung 3 nach Punkt 4", ["Intranet", "Altakten", "Kantine"]),
        ("TOP 4 vor TOP 3!", ["Intranet", "Altakten", "Kantine"]),
        ("punkt 3 vor 3", ["Altakten", "Intranet", "Kantine"]),
        ("punkt 4 streichen", ["Altakten", "Kantine"]),
        ("streiche punkt 5", ["Altakten", "Intranet"]),
    ],
)
async def test_many_words_move_or_strike(town: Town, may: Somebody, said: str, order: list[str]) -> None:
    await settled(town, "Altakten", "Intranet", "Kantine")
    await may.says(said)
    await may.says("ja")
    assert (await town.titles())[2:-2] == order
    assert [item.place for item in await town.items()] == list(range(1, len(order) + 5))


async def test_what_is_struck_waits_in_the_backlog(town: Town, may: Somebody) -> None:
    await settled(town, "Altakten", "Intranet")
    await may.says("punkt 3 streichen")
    await may.says("ja")
    assert await town.backlog() == ["Altakten"]


async def test_other_minutes_warn_when_they_are_too_many(town: Town, may: Somebody) -> None:
    await settled(town, "Altakten", "Intranet")
    assert await may.says("punkt 3 68 minuten") == ["„Altakten“ auf 70 Minuten setzen?"]
    [now] = await may.says("ja")
    assert now.endswith("**Achtung:** Zusammen 110 Minuten. Das sind 20 mehr, als der Termin lang ist.")


@pytest.mark.parametrize("minutes", ["-5", "0", "500"])
async def test_impossible_minutes_are_refused_with_a_proposal(town: Town, may: Somebody, minutes: str) -> None:
    await settled(town, "Altakten")
    assert await may.says(f"punkt 3 {minutes} minuten") == [
        "Ein Punkt dauert zwischen 5 und 120 Minuten. Zum Beispiel: „punkt 4 20 minuten“."
    ]


async def test_fixed_items_stay(town: Town, may: Somebody) -> None:
    await settled(town, "Altakten")
    fixed = "„Ankommen“ ist ein fester Punkt und bleibt, wo er ist. Seine Minuten kannst du ändern."
    assert await may.says("punkt 1 streichen") == [fixed]
    assert await may.says("tagesordnung 3 vor 1") == [fixed]


async def test_a_place_that_is_not_there_is_named(town: Town, may: Somebody) -> None:
    await settled(town, "Altakten")
    assert await may.says("punkt 9 streichen") == ["Einen Punkt 9 gibt es nicht. Alle Punkte zeigt „tagesordnung“."]


async def test_of_two_who_change_it_the_second_is_told(town: Town, may: Somebody) -> None:
    other = await town.met("may", "Jutta May", MATRIX)
    await settled(town, "Altakten", "Intranet", "Kantine")
    await may.says("punkt 3 streichen")
    await other.says("punkt 4 streichen")
    await may.says("ja")
    [told] = await other.says("ja")
    assert told.startswith("Inzwischen hat jemand die Tagesordnung geändert. Ich habe nichts getan.")
    assert (await town.titles())[2:-2] == ["Intranet", "Kantine"]


async def test_what_has_said_its_last_is_not_changed_any_more(town: Town, may: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    await town.until(COLLECT)
    await town.until(CLOSE)
    await town.until(AGENDA)
    before = len(town.sent)
    await may.says("punkt 3 streichen")
    await may.says("ja")
    changed = [one.text.split()[0] for one in town.sent[before:] if not one.conversation.is_direct]
    assert changed == ["**Tagesordnung**:"] * 2


async def test_the_numbers_stay_when_a_topic_is_gone(town: Town, may: Somebody) -> None:
    await settled(town, "Altakten", "Intranet")
    async with town.database.unit_of_work() as uow:
        await uow.agenda.remove(1)
        await uow.commit()
    assert "4. Intranet, 10 Minuten, Diskussion\n5. Aufgaben" in (await may.says("tagesordnung"))[0]
    assert await may.says("punkt 3 streichen") == ["Einen Punkt 3 gibt es nicht. Alle Punkte zeigt „tagesordnung“."]
    assert await may.says("punkt 4 streichen") == [
        "„Intranet“ von der Tagesordnung nehmen? Es wartet dann im Themenspeicher."
    ]


@pytest.mark.parametrize("is_led", [True, False])
async def test_the_agenda_of_a_meeting_that_is_over_stays_as_it_was(
    town: Town, tom: Somebody, may: Somebody, is_led: bool
) -> None:
    await settled(town, "Altakten", "Intranet")
    await town.until(REMIND)
    before = [one for one in tom.sees(LOTSEN) if one.startswith("**Tagesordnung**")]
    if is_led:
        town.clock.time = datetime(2026, 12, 10, 8, tzinfo=UTC)
        await may.says("jour fixe starten", FLUR)
    for day in (10, 11, 12, 13, 14):
        town.clock.time = datetime(2026, 12, day, 17, tzinfo=UTC)
        for errand in (time_boxes.keep_time, carrying.ask_whether_held):
            await town.errands._do(errand)
        await town.idle()
    assert (await town.meeting()).state == MeetingState.HELD
    assert sorted(await town.backlog()) == ["Altakten", "Intranet"]
    assert [one for one in tom.sees(LOTSEN) if one.startswith("**Tagesordnung**")] == before
    assert await tom.says("komme", LOTSEN, is_addressed=False) == []


async def test_a_no_changes_nothing(town: Town, may: Somebody) -> None:
    await settled(town, "Altakten")
    await may.says("punkt 3 streichen")
    assert await may.says("nein") == ["Gut, sie bleibt, wie sie ist."]
    assert "Altakten" in await town.titles()


async def test_only_coordinators_change_it(town: Town, tom: Somebody) -> None:
    await settled(town, "Altakten")
    for said in ("punkt 3 streichen", "tagesordnung schließen", "noch offen lassen", "thema 1 auf die tagesordnung"):
        assert await tom.says(said) == ["Das entscheidet die Koordination. Frag sie gern."]


async def test_a_topic_is_put_onto_the_agenda_before_the_last_fixed_items(town: Town, may: Somebody) -> None:
    await settled(town, "Altakten")
    await town.topics("Nachzügler")
    number = (await town.items())[-1].id or 0
    [now] = await may.says(f"thema {number + 1} auf die tagesordnung")
    assert "4. Nachzügler, 10 Minuten, Diskussion\n5. Aufgaben" in now


async def test_a_topic_is_sure_of_its_place_before_the_agenda_is_made(town: Town, may: Somebody, tom: Somebody) -> None:
    await town.topics("Altakten", "Intranet", minutes=60)
    await town.until(CLOSE)
    await tom.says("1", LOTSEN)
    await tom.says("abstimmen")
    await tom.says("2")
    assert await may.says("thema 2 auf die tagesordnung") == ["Gut, „Intranet“ kommt sicher auf die Tagesordnung."]
    assert await town.ballots() == 1
    await town.until(AGENDA)
    assert await town.titles() == ["Ankommen", "Infos von oben", "Intranet", "Aufgaben", "Abschluss"]
    assert await may.says("thema 2 auf die tagesordnung") == ["„Intranet“ steht schon auf einer Tagesordnung."]
    assert await may.says("thema 77 auf die tagesordnung") == ["Ein Thema 77 finde ich nicht. Alle zeigt „themen“."]


async def test_an_agenda_that_is_not_made_cannot_be_changed(town: Town, may: Somebody) -> None:
    await town.topics("Altakten")
    assert await may.says("punkt 3 streichen") == [
        "Die Tagesordnung kommt erst Montag, 7. Dezember 2026, 12 Uhr. Jetzt gleich geht es mit "
        "„tagesordnung schließen“."
    ]


async def test_closing_early_makes_the_agenda_once(town: Town, may: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    await town.until(CLOSE)
    said = await may.says("tagesordnung schließen")
    assert said == ["Gut, die Tagesordnung steht und ist in allen Räumen zu sehen."]
    assert any(one.startswith("**Tagesordnung**") for one in may.sees(LOTSEN))
    assert in_rooms(await town.until(AGENDA)) == []
    assert await may.says("tagesordnung schließen") == [
        "Die Tagesordnung steht schon: „tagesordnung“ zeigt alle Punkte."
    ]


async def test_the_vote_begins_early_when_the_coordinators_say_so(town: Town, may: Somebody, tom: Somebody) -> None:
    assert (await may.says("abstimmung starten"))[0].startswith("Für eine Abstimmung braucht es zwei Themen.")
    await town.topics("Altakten", "Intranet")
    said = await may.says("abstimmung starten")
    assert said == ["Gut, die Abstimmung läuft bis Montag, 7. Dezember 2026, 12 Uhr."]
    await tom.says("2", LOTSEN)
    assert await town.ballots() == 1
    assert await may.says("abstimmung starten") == ["Die Abstimmung läuft schon: „abstimmen“ zeigt alle Themen."]
    assert await town.until(CLOSE) == []


async def test_a_vote_that_is_kept_open_ends_with_the_reminder(town: Town, may: Somebody, tom: Somebody) -> None:
    await town.topics("Altakten", "Intranet")
    await town.until(CLOSE)
    assert await may.says("noch offen lassen") == [
        "Gut, die Tagesordnung kommt erst Mittwoch, 9. Dezember 2026, 9 Uhr."
    ]
    assert any("Ende: Mittwoch, 9. Dezember 2026, 9 Uhr." in one for one in may.sees(FLUR))
    assert await town.until(AGENDA) == []
    await tom.says("2", LOTSEN)
    assert len(in_rooms(await town.until(REMIND))) == 1
    assert (await town.titles())[2:4] == ["Intranet", "Altakten"]
    assert await may.says("noch offen lassen") == [
        "Die Tagesordnung steht schon. Ändern geht mit „thema 12 auf die tagesordnung“."
    ]


async def test_a_topic_that_found_no_time_is_deferred(town: Town) -> None:
    await town.topics("Altakten")
    async with town.database.unit_of_work() as uow:
        item = await uow.agenda.item(1)
        assert item
        item.meeting_id, item.place = 1, 3
        await uow.agenda.vote(1, (await uow.people.know(MATRIX, "tom", "Tom Berger")).id or 0, Poll.MORE_TIME)
        await agenda.defer(uow, item)
        await uow.commit()
    assert await town.backlog() == ["Altakten"]
    assert await town.ballots() == 0
    async with town.database.reading() as uow:
        found = await uow.agenda.item(1)
    assert found
    assert (found.deferrals, found.place) == (1, None)
