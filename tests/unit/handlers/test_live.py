"""A meeting that is led through the bot: its items, its clock, and what it leaves behind."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from conftest import MovedClock, fresh_sqlite
from handlers import turning
from handlers.jour_fixe import carrying, minutes, time_boxes
from handlers.jour_fixe.live_posts import LIVE
from storage.database import Database
from storage.models.agenda import AgendaItem, ItemState
from storage.models.jour_fixe import Duty, Frequency, JourFixe, Meeting, MeetingState
from storage.models.minutes import Outcome, OutcomeKind, Task
from traffic import FLUR, LOTSEN, MATRIX, ROUTING_TABLE, SETTINGS, TEAMS, Somebody, Traffic

DAY = date(2026, 12, 3)
BEGIN = datetime(2026, 12, 3, 8, tzinfo=UTC)  # 9:00 in Berlin
THREE = ("Ankommen", "Altakten", "KI-Richtlinie")
TABLE = replace(ROUTING_TABLE, ticks=(time_boxes.keep_time, carrying.ask_whether_held))


@dataclass
class Round:
    """A meeting in a town with two rooms; by default nobody moderates it."""

    traffic: Traffic
    series: int = 0
    meeting: int = 0

    async def plan(self, *titles: str, **details: Any) -> "Round":
        """Have a meeting on Thursday from 9:00 to 10:30, with items of a quarter of an hour each."""
        async with self.traffic.database.unit_of_work() as uow:
            series = JourFixe(
                title="Jour fixe",
                frequency=Frequency.WEEKLY,
                interval=4,
                weekday=3,
                first_on=DAY,
                begins=time(9),
                minutes=90,
                zone="Europe/Berlin",
                template=[],
                calendar_id=uuid4().hex,
            )
            self.series = await uow.jour_fixe.add(series)
            meeting = Meeting(jour_fixe_id=self.series, planned_on=DAY, day=DAY, begins=time(9), minutes=90)
            self.meeting = await uow.jour_fixe.add_meeting(meeting)
            for place, title in enumerate(titles, start=1):
                facts = {"meeting_id": self.meeting, "place": place, "minutes": 15, **details}
                await uow.agenda.add(title, DAY, **facts)
            await uow.commit()
        self.traffic.clock.time = BEGIN
        return self

    async def moderator(self, who: Somebody, duty: Duty = Duty.MODERATOR) -> None:
        async with self.traffic.database.unit_of_work() as uow:
            person = await uow.people.know(who.platform, who.sender.id, who.sender.name)
            await uow.attendance.give(self.meeting, duty, person.id)
            await uow.commit()

    async def passes(self, minutes: float) -> list[str]:
        """Time goes by, minute by minute; gives what the bot says anew in the first room meanwhile."""
        before = len(self.traffic.sent)
        for _ in range(int(minutes)):
            await self.wait(timedelta(minutes=1))
        return self.new(before)

    async def wait(self, span: timedelta) -> list[str]:
        """Time goes by at once, as for a bot that was down; gives what it says anew in the first room then."""
        before = len(self.traffic.sent)
        self.traffic.clock.move(span)
        await self.traffic.errands.tick()
        await self.traffic.idle()
        return self.new(before)

    def new(self, before: int) -> list[str]:
        sent = self.traffic.sent[before:]
        return [one.text for one in sent if one.conversation == LOTSEN and one.replaces is None]

    async def state(self) -> Meeting:
        async with self.traffic.database.reading() as uow:
            meeting = await uow.jour_fixe.meeting(self.meeting)
            assert meeting
            return meeting

    async def items(self) -> dict[str, AgendaItem]:
        async with self.traffic.database.reading() as uow:
            waiting = await uow.agenda.backlog()
            return {item.title: item for item in [*await uow.agenda.of_meeting(self.meeting), *waiting]}

    async def waiting(self) -> list[tuple[str, int]]:
        async with self.traffic.database.reading() as uow:
            return [(item.title, item.deferrals) for item in await uow.agenda.backlog()]


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    settings = SETTINGS.model_copy(update={"rooms": frozenset({LOTSEN.id, FLUR.id})})
    traffic = await Traffic(database, clock, settings, table=TABLE).open()
    async with database.unit_of_work() as uow:
        await uow.addresses.know(FLUR.platform, FLUR.id)
        await uow.commit()
    yield traffic
    await traffic.stop()
    await database.close()


@pytest.fixture
async def svenja(traffic: Traffic) -> Somebody:
    """A third supporter, in Teams."""
    return await traffic.met("svenja", "Svenja Koch", TEAMS)


@pytest.fixture
async def running(traffic: Traffic, tom: Somebody) -> Round:
    """A meeting that Tom, who moderates it, has just begun in the room in Matrix."""
    held = await Round(traffic).plan(*THREE)
    await held.moderator(tom)
    await tom.says("los geht's", LOTSEN)
    return held


def newest(traffic: Traffic) -> str:
    return traffic.texts_at(LOTSEN)[-1]


async def offered(traffic: Traffic, who: Somebody) -> list[str]:
    """What somebody may choose in the two rooms about a running meeting."""
    async with traffic.database.reading() as uow:
        here = await uow.questions.offers_to(MATRIX, LOTSEN.id, who.sender.id)
        there = await uow.questions.offers_to(TEAMS, FLUR.id, who.sender.id)
    return [offer.message_key for offer in [*here, *there] if offer.topic == LIVE]


# starting


async def test_it_begins_with_the_first_item_and_says_until_when(traffic: Traffic, tom: Somebody) -> None:
    await Round(traffic).plan(*THREE)
    [text] = await tom.says("jour fixe starten", LOTSEN)
    assert "**Jour fixe läuft**, geplant bis 10:30 Uhr." in text
    assert "Jetzt: **Ankommen** (TOP 1 von 3)\nDiskussion, 15 Minuten, bis 9:15 Uhr." in text
    assert "Danach: Altakten (TOP 2)." in text
    assert "Achtung" not in text


async def test_an_item_is_shown_with_its_goal_its_owner_and_its_documents(traffic: Traffic, tom: Somebody) -> None:
    held = await Round(traffic).plan()
    async with traffic.database.unit_of_work() as uow:
        ben = await uow.people.know(MATRIX, "ben", "Ben Krause")
        await uow.agenda.add(
            "Altakten",
            DAY,
            meeting_id=held.meeting,
            place=1,
            minutes=20,
            goal="decision",
            wanted="einheitlich ab März?",
            link="https://example.org/akten",
            owner_person_id=ben.id,
        )
        await uow.commit()
    [text] = await tom.says("jour fixe starten", LOTSEN)
    assert "Entscheidung, 20 Minuten, bis 9:20 Uhr.\nEs spricht Ben Krause." in text
    assert "Gewünscht: einheitlich ab März?\nUnterlagen: https://example.org/akten" in text


async def test_other_rooms_see_the_same_in_one_message_that_changes(
    traffic: Traffic, tom: Somebody, running: Round
) -> None:
    assert len(traffic.texts_at(FLUR)) == 1
    await tom.says("weiter", LOTSEN)
    await tom.says("weiter", LOTSEN)
    [shown] = traffic.texts_at(FLUR)
    assert "Jetzt: **KI-Richtlinie** (TOP 3" in shown
    assert len(traffic.texts_at(LOTSEN)) == 3


async def test_it_cannot_be_started_more_than_half_an_hour_early(traffic: Traffic, tom: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    traffic.clock.time = BEGIN - timedelta(minutes=31)
    [text] = await tom.says("los geht's", LOTSEN)
    assert "Donnerstag, 3. Dezember 2026, 9:00 bis 10:30 Uhr" in text
    assert (await held.state()).state == MeetingState.PLANNED
    traffic.clock.move(timedelta(minutes=1))
    assert "läuft" in (await tom.says("los geht's", LOTSEN))[0]


async def test_it_cannot_be_started_an_hour_after_its_end(traffic: Traffic, tom: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    traffic.clock.time = BEGIN + timedelta(minutes=151)
    assert "vorbei" in (await tom.says("los geht's", LOTSEN))[0]
    assert (await held.state()).state == MeetingState.PLANNED


async def test_whoever_starts_it_again_only_reads_what_is_talked_about(
    traffic: Traffic, tom: Somebody, running: Round
) -> None:
    await tom.says("weiter", LOTSEN)
    [text] = await tom.says("jour fixe starten", LOTSEN)
    assert "Jetzt: **Altakten** (TOP 2" in text
    assert (await running.items())["Altakten"].state == "waiting"


async def test_without_an_agenda_it_only_runs(traffic: Traffic, tom: Somebody) -> None:
    held = await Round(traffic).plan()
    assert "steht noch nichts" in (await tom.says("los geht's", LOTSEN))[-1]
    await tom.says("ende", LOTSEN)
    assert (await held.state()).state == MeetingState.HELD


async def test_an_agenda_that_was_not_made_in_time_is_made_at_the_start(traffic: Traffic, tom: Somebody) -> None:
    held = await Round(traffic).plan()
    async with traffic.database.unit_of_work() as uow:
        series = await uow.jour_fixe.get(held.series)
        assert series
        series.template = [{"title": "Ankommen", "minutes": 5, "goal": None, "is_last": False}]
        await uow.agenda.add("Altakten", date(2026, 11, 20), minutes=15)
        await uow.jour_fixe.note_step(held.meeting, "agenda")  # past its use, as the bot was away
        await uow.commit()
    texts = await tom.says("los geht's", LOTSEN)
    assert "Jetzt: **Ankommen** (TOP 1 von 2)\n5 Minuten, bis 9:05 Uhr.\nDanach: Altakten (TOP 2)." in texts[-1]
    assert await traffic.rows("agenda_item") == {"agenda_item": 2}
    await tom.says("jour fixe starten", LOTSEN)
    assert await traffic.rows("agenda_item") == {"agenda_item": 2}


async def test_the_moderator_starts_it_alone_with_the_bot_and_the_rooms_see_it(traffic: Traffic, tom: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    await held.moderator(tom)
    assert "Jetzt: **Ankommen** (TOP 1" in (await tom.says("jour fixe starten"))[0]
    assert "Jetzt: **Ankommen** (TOP 1" in newest(traffic)
    before = len(traffic.texts_at(LOTSEN))
    assert "Jetzt: **Altakten** (TOP 2" in (await tom.says("weiter"))[0]
    assert "Jetzt: **Altakten** (TOP 2" in newest(traffic)
    assert len(traffic.texts_at(LOTSEN)) == before


async def test_where_no_meeting_is_planned_none_starts(traffic: Traffic, tom: Somebody) -> None:
    assert await tom.says("los geht's", LOTSEN) == ["Für diesen Ort ist kein Jour fixe geplant."]
    assert await tom.says("weiter", LOTSEN) == ["Hier läuft gerade kein Jour fixe."]


# who leads


async def test_only_who_moderates_keeps_the_time_or_coordinates_leads(
    traffic: Traffic, tom: Somebody, mehmet: Somebody, svenja: Somebody, may: Somebody, running: Round
) -> None:
    refused = "Das macht die Moderation (Tom Berger) oder die Koordination."
    assert await mehmet.says("weiter", LOTSEN) == [refused]
    assert await mehmet.says("1", LOTSEN, is_addressed=False) == [refused]
    await running.moderator(svenja, Duty.TIMEKEEPER)
    traffic.clock.move(turning.TOGETHER)
    await svenja.says("weiter", FLUR)
    assert "Jetzt: **Altakten** (TOP 2" in newest(traffic)
    traffic.clock.move(turning.TOGETHER)
    await may.says("weiter", FLUR)
    assert "Jetzt: **KI-Richtlinie** (TOP 3" in newest(traffic)


async def test_whoever_does_not_lead_does_not_start_it(traffic: Traffic, tom: Somebody, mehmet: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    await held.moderator(tom)
    assert "Moderation (Tom Berger)" in (await mehmet.says("los geht's", LOTSEN))[0]
    assert (await held.state()).state == MeetingState.PLANNED


async def test_without_a_moderator_each_supporter_leads_and_no_staff(
    traffic: Traffic, anna: Somebody, mehmet: Somebody
) -> None:
    held = await Round(traffic).plan(*THREE)
    await anna.says("los geht's", FLUR)
    assert (await held.state()).state == MeetingState.PLANNED
    await mehmet.says("los geht's", LOTSEN)
    assert (await held.state()).state == MeetingState.RUNNING


async def test_in_a_room_the_words_below_the_newest_item_need_no_name_of_the_bot(
    traffic: Traffic, tom: Somebody, running: Round
) -> None:
    await tom.says("weiter", LOTSEN, is_addressed=False)
    assert "Jetzt: **Altakten** (TOP 2" in newest(traffic)
    assert await tom.says("weiter mit den Akten bitte", LOTSEN, is_addressed=False) == []
    assert await tom.says("Hallo", LOTSEN, is_addressed=False) == []


async def test_who_leads_from_another_room_hears_that_it_is_done(
    traffic: Traffic, may: Somebody, running: Round
) -> None:
    traffic.clock.move(turning.TOGETHER)
    assert (await may.says("weiter", FLUR))[-1] == "Ist gemacht."


async def test_a_press_below_an_item_that_is_over_moves_nothing(
    traffic: Traffic, tom: Somebody, may: Somebody, running: Round
) -> None:
    async with traffic.database.reading() as uow:
        [first] = await uow.questions.offers_to(MATRIX, LOTSEN.id, "tom")
    await tom.says("weiter", LOTSEN)
    async with traffic.database.unit_of_work() as uow:  # a button that a slow platform still shows
        await uow.questions.offer(type(first)(**first.model_dump(exclude={"id"})))
        await uow.commit()
    [text] = await tom.says("1", LOTSEN)
    assert text.startswith("Jetzt: **Altakten** (TOP 2")
    assert (await running.items())["Altakten"].state == "waiting"


async def test_of_two_who_say_it_at_once_only_one_moves_it_on(
    traffic: Traffic, tom: Somebody, may: Somebody, running: Round
) -> None:
    await tom.says("weiter", LOTSEN)
    assert "(TOP 2 von 3)" in (await may.says("weiter", FLUR))[0]
    assert "(TOP 2 von 3)" in newest(traffic)
    assert (await running.items())["Altakten"].state == "waiting"
    traffic.clock.move(turning.TOGETHER)
    await may.says("weiter", FLUR)
    assert "(TOP 3 von 3)" in newest(traffic)


async def test_of_two_who_end_a_pause_at_once_none_moves_it_on(
    traffic: Traffic, tom: Somebody, may: Somebody, running: Round
) -> None:
    await tom.says("pause", LOTSEN)
    traffic.clock.move(turning.TOGETHER)
    await traffic.hear(may.incoming("weiter", LOTSEN), tom.incoming("weiter", LOTSEN))
    assert "(TOP 1 von 3)" in newest(traffic)


async def test_what_nobody_can_answer_is_no_open_question_while_a_meeting_is_led(
    traffic: Traffic, tom: Somebody, running: Round
) -> None:
    [told] = await tom.says("nimm den nächsten dran", LOTSEN)
    assert told.startswith("Das verstehe ich nicht. Im Jour fixe geht: „weiter“")
    assert await traffic.rows("open_question") == {"open_question": 0}
    await tom.says("nimm den nächsten dran")
    assert await traffic.rows("open_question") == {"open_question": 1}


# from item to item


async def test_an_item_is_taken_by_its_number_and_what_lies_between_waits(
    traffic: Traffic, tom: Somebody, running: Round
) -> None:
    [text] = await tom.says("top 3", LOTSEN)
    assert text.startswith("Jetzt: **KI-Richtlinie** (TOP 3 von 3)")
    assert text.endswith("Danach: Altakten (TOP 2).")
    assert "(TOP 2 von 3)" in (await tom.says("weiter", LOTSEN))[0]
    assert await tom.says("top 9", LOTSEN) == ["TOP 9 steht nicht auf der Tagesordnung. Es gibt dort 1 bis 3."]


async def test_who_does_not_lead_takes_no_item(traffic: Traffic, mehmet: Somebody, running: Round) -> None:
    assert await mehmet.says("top 3", LOTSEN) == ["Das macht die Moderation (Tom Berger) oder die Koordination."]


async def test_the_numbers_stay_when_something_is_adjourned(traffic: Traffic, tom: Somebody, running: Round) -> None:
    await tom.says("vertagen", LOTSEN)
    assert "(TOP 3 von 3)" in (await tom.says("weiter", LOTSEN))[0]


async def test_it_goes_on_to_the_end(traffic: Traffic, tom: Somebody, running: Round) -> None:
    for title in THREE[1:]:
        assert f"{title}**" in (await tom.says("weiter", LOTSEN))[0]
    assert "Alle Punkte sind durch." in (await tom.says("weiter", LOTSEN))[0]
    assert {item.state for item in (await running.items()).values()} == {"discussed"}


async def test_of_all_messages_only_the_newest_one_of_each_room_offers_something(
    traffic: Traffic, tom: Somebody, running: Round
) -> None:
    await tom.says("nächster punkt", LOTSEN)
    await running.passes(15)
    await tom.says("mehr zeit", LOTSEN)
    assert len(await offered(traffic, tom)) == 2


async def test_adjourned_it_waits_in_the_backlog(traffic: Traffic, tom: Somebody, running: Round) -> None:
    [text] = await tom.says("vertagen", LOTSEN)
    assert text.startswith(
        "„Ankommen“ ist vertagt und steht wieder im Themenspeicher.\n\nJetzt: **Altakten** (TOP 2 von 3)"
    )
    assert await running.waiting() == [("Ankommen", 1)]


async def test_a_fixed_item_is_left_out_and_not_kept(traffic: Traffic, tom: Somebody) -> None:
    held = await Round(traffic).plan(*THREE, is_fixed=True)
    await tom.says("los geht's", LOTSEN)
    [text] = await tom.says("vertagen", LOTSEN)
    assert text.startswith("„Ankommen“ lassen wir heute aus.")
    assert list(await held.items()) == ["Altakten", "KI-Richtlinie"]
    assert await traffic.rows("agenda_item") == {"agenda_item": 2}


async def test_back_goes_to_the_item_before_and_then_on_again(traffic: Traffic, tom: Somebody, running: Round) -> None:
    assert await tom.says("zurück", LOTSEN) == ["Davor kommt kein Punkt."]
    await tom.says("weiter", LOTSEN)
    assert "Jetzt: **Ankommen** (TOP 1" in (await tom.says("zurück", LOTSEN))[0]
    assert "Jetzt: **Altakten** (TOP 2" in (await tom.says("weiter", LOTSEN))[0]


# time


async def test_two_minutes_before_and_at_the_end_something_is_said_once(
    traffic: Traffic, tom: Somebody, running: Round
) -> None:
    assert await running.passes(12) == []
    assert await running.passes(1) == ["Noch 2 Minuten."]
    assert await running.passes(2) == ["Die Zeit für „Ankommen“ ist um. Wie geht es weiter?"]
    assert await running.passes(30) == []
    assert [choice.word for choice in traffic.sent[-1].choices][:3] == ["weiter", "mehr", "vertagen"]
    assert "Jetzt: **Altakten** (TOP 2" in (await tom.says("1", LOTSEN))[0]


async def test_a_bot_that_was_away_says_one_sentence(traffic: Traffic, running: Round) -> None:
    assert await running.wait(timedelta(minutes=50)) == ["Die Zeit für „Ankommen“ ist seit 9:15 Uhr um."]
    assert await running.passes(5) == []


async def test_a_very_short_item_has_no_hint(traffic: Traffic, tom: Somebody) -> None:
    held = await Round(traffic).plan("Ankommen", minutes=3)
    await tom.says("los geht's", LOTSEN)
    assert await held.passes(2) == []


async def test_who_leads_gives_five_minutes_more_and_sees_what_that_means(
    traffic: Traffic, tom: Somebody, running: Round
) -> None:
    await running.passes(15)
    [text] = await tom.says("2", LOTSEN)
    assert text.startswith("5 Minuten mehr für „Ankommen“, bis 9:20 Uhr.")
    assert "- Altakten bis 9:35 Uhr\n- KI-Richtlinie bis 9:50 Uhr" in text
    assert "Achtung" not in text
    assert await running.passes(5) == ["Die Zeit für „Ankommen“ ist um. Wie geht es weiter?"]


async def test_a_planned_end_that_is_passed_is_said_clearly(traffic: Traffic, tom: Somebody) -> None:
    await Round(traffic).plan("Eins", "Zwei", "Drei", "Vier", "Fünf", "Sechs")
    assert "Achtung" not in (await tom.says("los geht's", LOTSEN))[0]
    [text] = await tom.says("mehr zeit", LOTSEN)
    assert "**Achtung:** Das Ende wäre um 10:35 Uhr, geplant ist 10:30 Uhr." in text
    assert "- noch 2 weitere" in text


async def test_of_the_others_two_give_more_time_and_one_alone_does_not(
    traffic: Traffic, mehmet: Somebody, svenja: Somebody, running: Round
) -> None:
    alone = "Notiert. Sagt noch jemand „mehr“, gibt es 5 Minuten mehr."
    until = (await running.state()).item_until
    assert (await mehmet.says("mehr", LOTSEN, is_addressed=False))[-1] == alone
    assert (await mehmet.says("5 Minuten mehr", LOTSEN))[-1] == alone
    assert (await running.state()).item_until == until
    await svenja.says("mehr", FLUR, is_addressed=False)
    assert until
    assert (await running.state()).item_until == until + timedelta(minutes=5)
    assert await traffic.rows("ballot") == {"ballot": 0}


async def test_in_a_pause_the_clock_stands_still(traffic: Traffic, tom: Somebody, running: Round) -> None:
    await running.passes(8)
    assert await tom.says("pause", LOTSEN, is_addressed=False) == ["Pause. „Ankommen“ hat danach noch 7 Min."]
    assert await running.passes(30) == []
    assert "bis 9:45 Uhr" in (await tom.says("weiter", LOTSEN, is_addressed=False))[0]
    assert await running.passes(5) == ["Noch 2 Minuten."]


async def test_in_quiet_hours_a_meeting_is_led_as_ever_and_nothing_comes_in_the_morning(
    traffic: Traffic, tom: Somebody, running: Round
) -> None:
    traffic.community._settings = traffic.settings.model_copy(update={"quiet_hours": "09:00-08:00"})
    before = len(traffic.sent)
    await running.passes(15)
    assert running.new(before) == ["Noch 2 Minuten.", "Die Zeit für „Ankommen“ ist um. Wie geht es weiter?"]
    await tom.says("weiter")
    assert "Jetzt: **Altakten**" in newest(traffic)
    await running.passes(20)
    await tom.says("ende", LOTSEN)
    await tom.says("ja", LOTSEN)
    before = len(traffic.sent)
    await traffic.passes(hours=23)
    assert running.new(before) == []


async def test_in_a_pause_nobody_gives_more_time(traffic: Traffic, tom: Somebody, running: Round) -> None:
    await tom.says("pause", LOTSEN, is_addressed=False)
    assert await tom.says("mehr zeit", LOTSEN) == ["Gerade ist Pause, die Zeit steht still."]


async def test_nobody_reads_more_than_three_messages_of_the_bot_on_an_item(
    traffic: Traffic, tom: Somebody, running: Round
) -> None:
    before = len(traffic.sent)
    await tom.says("weiter", LOTSEN)
    await running.passes(40)
    assert len(running.new(before)) == 3


# ending


async def test_it_asks_before_it_ends_with_items_left(traffic: Traffic, tom: Somebody, running: Round) -> None:
    texts = await tom.says("ende", LOTSEN)
    assert texts[-1] == "Noch offen: Altakten; KI-Richtlinie. Trotzdem beenden?"
    assert await tom.says("nein", LOTSEN) == ["Gut, es geht weiter."]
    await tom.says("ende", LOTSEN)
    texts = await tom.says("ja", LOTSEN)
    assert texts[-1] == "**Jour fixe ist zu Ende.**\nZurück im Themenspeicher: Altakten; KI-Richtlinie."
    assert traffic.texts_at(FLUR) == ["**Jour fixe ist zu Ende.**"]
    assert await running.waiting() == [("Altakten", 1), ("KI-Richtlinie", 1)]
    ended = await running.state()
    assert (ended.state, ended.item_id, ended.item_until, ended.conversation_id) == (
        MeetingState.HELD,
        None,
        None,
        None,
    )


async def test_after_its_end_nothing_of_it_is_offered(traffic: Traffic, tom: Somebody, running: Round) -> None:
    assert len(await offered(traffic, tom)) == 2
    await tom.says("ende", LOTSEN)
    await tom.says("ja", LOTSEN)
    assert await offered(traffic, tom) == []
    assert await tom.says("weiter", LOTSEN, is_addressed=False) == []
    assert await running.passes(200) == []


async def test_nobody_ends_it_and_it_ends_quietly_two_hours_after_its_planned_end(
    traffic: Traffic, running: Round
) -> None:
    await running.wait(timedelta(minutes=209))
    assert (await running.state()).state == MeetingState.RUNNING
    assert await running.wait(timedelta(minutes=1)) == []
    assert newest(traffic) == "**Jour fixe ist zu Ende.**\nZurück im Themenspeicher: Altakten; KI-Richtlinie."
    assert (await running.state()).state == MeetingState.HELD


async def test_what_recurs_waits_anew_and_open_tasks_are_asked_about(traffic: Traffic, tom: Somebody) -> None:
    held = await Round(traffic).plan("Zahlen", is_recurring=True, goal="decision")
    async with traffic.database.unit_of_work() as uow:
        item = await uow.agenda.add("Altakten", DAY, meeting_id=held.meeting, place=2)
        await uow.minutes.add_task(Task(meeting_id=held.meeting, item_id=item.id, text="Anleitung schreiben"))
        await uow.commit()
    for words in ("los geht's", "weiter", "weiter"):
        await tom.says(words, LOTSEN)
    texts = await tom.says("ende", LOTSEN)
    assert texts[-1].endswith("Offene Aufgaben stehen beim nächsten Mal auf der Tagesordnung.")
    assert await held.waiting() == [("Zahlen", 0)]
    async with traffic.database.reading() as uow:
        assert [item.title for item in await uow.agenda.of_meeting(held.meeting)] == ["Zahlen", "Altakten"]


async def test_an_end_that_fails_leaves_everything_as_it_was(
    traffic: Traffic, tom: Somebody, running: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("in the middle")

    await tom.says("ende", LOTSEN)
    monkeypatch.setattr(minutes, "begin", fail)
    await tom.says("ja", LOTSEN)
    assert (await running.state()).state == MeetingState.RUNNING
    assert await running.waiting() == []


async def test_what_has_a_result_is_done_in_whatever_order(traffic: Traffic, tom: Somebody, running: Round) -> None:
    number = (await running.items())["KI-Richtlinie"].id
    async with traffic.database.unit_of_work() as uow:
        await uow.minutes.add_outcome(
            Outcome(meeting_id=running.meeting, item_id=number, kind=OutcomeKind.DECISION, text="ab März")
        )
        await uow.commit()
    await tom.says("ende", LOTSEN)
    await tom.says("ja", LOTSEN)
    assert await running.waiting() == [("Altakten", 1)]


async def test_a_fixed_item_that_was_not_discussed_is_deleted_and_closing_twice_changes_nothing(
    traffic: Traffic,
) -> None:
    held = await Round(traffic).plan("Ankommen", "Abschluss", is_fixed=True)
    async with traffic.database.unit_of_work() as uow:
        for title, details in (("Altakten", {}), ("Zahlen", {"is_recurring": True})):
            await uow.agenda.add(title, DAY, meeting_id=held.meeting, place=3, **details)
        for item in await uow.agenda.of_meeting(held.meeting):
            is_done = item.title in ("Ankommen", "Zahlen")
            item.state = ItemState.DISCUSSED if is_done else ItemState.WAITING
        await uow.commit()
    seen = []
    for _ in range(2):
        async with traffic.database.unit_of_work() as uow:
            meeting = await uow.jour_fixe.meeting(held.meeting)
            assert meeting
            await carrying.close(traffic.errands._night(uow), meeting)
            await uow.commit()
        async with traffic.database.reading() as uow:
            kept = [(item.title, item.deferrals) for item in await uow.agenda.of_meeting(held.meeting)]
        seen.append((kept, await held.waiting(), await traffic.rows("agenda_item")))
    assert seen[0] == (
        [("Ankommen", 0), ("Zahlen", 0)],
        [("Altakten", 1), ("Zahlen", 0)],
        {"agenda_item": 4},
    )
    assert seen[1] == seen[0]


# a meeting that nobody started


async def evening(held: Round, days: int = 0, hours: float = 17) -> None:
    """It is that hour in Berlin on the day of the meeting, or days later."""
    held.traffic.clock.time = datetime(2026, 12, 3, tzinfo=UTC) + timedelta(days=days, hours=hours - 1)
    await held.traffic.errands.tick()
    await held.traffic.idle()


ASKED = "Fand „Jour fixe“ statt? Geplant war: Donnerstag, 3. Dezember 2026, 9:00 bis 10:30 Uhr."


async def test_in_the_evening_the_coordinators_are_asked_once(traffic: Traffic, may: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    await evening(held, hours=16.9)
    assert ASKED not in may.sees()
    await evening(held)
    await evening(held, hours=18)
    await evening(held, days=1)
    assert may.sees().count(ASKED) == 1


async def test_on_another_day_they_are_asked_only_when_people_work(traffic: Traffic, may: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    await evening(held, days=2)  # a Saturday
    assert ASKED not in may.sees()


async def test_it_took_place_with_all_topics(traffic: Traffic, may: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    await evening(held)
    assert (await may.says("ja"))[0] == "Danke, notiert."
    assert (await held.state()).state == MeetingState.HELD
    assert (await held.waiting(), {one.state for one in (await held.items()).values()}) == ([], {"discussed"})


async def test_it_took_place_without_some_topics(traffic: Traffic, may: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    await evening(held)
    [text] = await may.says("teils")
    assert "1. Ankommen\n2. Altakten\n3. KI-Richtlinie" in text
    assert await may.says("5") == ["Schreib mir bitte Nummern von 1 bis 3, zum Beispiel „1“, oder „keine“."]
    [told, *_] = await may.says("1 und 3")
    assert told == "Danke, notiert.\nZurück im Themenspeicher: Ankommen; KI-Richtlinie."
    assert await held.waiting() == [("Ankommen", 1), ("KI-Richtlinie", 1)]
    assert (await held.items())["Altakten"].state == "discussed"


@pytest.mark.parametrize("words", ["keine", "Keins davon.", "alle kamen dran"])
async def test_who_finds_no_topic_that_was_left_out_says_so(traffic: Traffic, may: Somebody, words: str) -> None:
    held = await Round(traffic).plan(*THREE)
    await evening(held)
    await may.says("teils")
    assert (await may.says(words))[0] == "Danke, notiert."
    assert (await held.waiting(), {one.state for one in (await held.items()).values()}) == ([], {"discussed"})


@pytest.mark.parametrize(
    "words", ["thema: Neues Formular, 10 min", "themen", "wo ist der Scanner?", "thema 1 zurückziehen"]
)
async def test_who_is_asked_which_topics_were_left_out_may_say_something_else(
    traffic: Traffic, may: Somebody, words: str
) -> None:
    held = await Round(traffic).plan(*THREE)
    await evening(held)
    await may.says("teils")
    assert "Nummern" not in "".join(await may.says(words))
    assert (await held.state()).state == MeetingState.PLANNED


@pytest.mark.parametrize("words", ["2", "nur die 2", "Nr. 1 und Nr. 3", "Themen 1, 3", "1 und 3"])
def test_places_of_topics_are_read(words: str) -> None:
    assert carrying.names_places(words)


@pytest.mark.parametrize(
    "words", ["", "nur", "2027", "thema 1 zurückziehen", "themen 1 und 3 zusammenlegen", "keine Ahnung"]
)
def test_what_names_no_places_of_topics_is_none_of_it(words: str) -> None:
    assert not carrying.names_places(words)


async def test_it_did_not_take_place_and_all_topics_wait(traffic: Traffic, may: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    await evening(held)
    await may.says("nein")
    assert (await held.state()).state == MeetingState.CANCELLED
    assert [title for title, _ in await held.waiting()] == list(THREE)


async def test_nobody_says_and_all_topics_wait_in_time_for_the_next_agenda(traffic: Traffic, may: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    await evening(held)
    await evening(held, days=3)
    await evening(held, days=4)
    assert await held.waiting() == [(title, 1) for title in THREE]
    assert await may.says("ja") == ["Das ist schon geklärt. Die übrigen Themen sind im Themenspeicher."]


async def test_a_meeting_that_was_held_is_not_asked_about(traffic: Traffic, tom: Somebody, may: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    for words in ("los geht's", "ende", "ja"):
        await tom.says(words, LOTSEN)
    await evening(held)
    assert ASKED not in may.sees()


async def test_only_coordinators_say_whether_it_took_place(traffic: Traffic, may: Somebody) -> None:
    held = await Round(traffic).plan(*THREE)
    await evening(held)
    traffic.community._settings = SETTINGS.model_copy(update={"coordinators": frozenset(), "supporters": {"may"}})
    assert await may.says("nein") == ["Das entscheidet die Koordination. Frag sie gern."]
    assert (await held.state()).state == MeetingState.PLANNED


async def test_nothing_is_kept_of_who_led_or_voted(
    traffic: Traffic, tom: Somebody, mehmet: Somebody, running: Round
) -> None:
    await mehmet.says("verlängern", LOTSEN)
    for words in ("weiter", "pause", "weiter", "ende", "ja"):
        await tom.says(words, LOTSEN)
    async with traffic.database.reading() as uow:
        assert await uow.jour_fixe.posts(running.meeting) == []
    assert (await traffic.rows("ballot"), await offered(traffic, mehmet)) == ({"ballot": 0}, [])
