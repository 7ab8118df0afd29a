"""Topics from one sentence in a town with a jour fixe: noted, changed, joined, put off and withdrawn."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from bot.messages import Outgoing, Quoted, Sender
from bot.rendering import to_plain
from conftest import MovedClock, fresh_sqlite
from handlers.capture import is_pointing
from handlers.jour_fixe import preparation
from handlers.jour_fixe.topic_details import is_about_one
from handlers.table import TABLE
from storage.database import Database
from storage.models.agenda import AgendaItem, Goal, Poll
from storage.models.jour_fixe import Frequency, JourFixe, Meeting
from storage.models.questions import OpenQuestion
from traffic import LOTSEN, MATRIX, TEAMS, Somebody, Traffic

FIRST, SECOND = date(2026, 12, 3), date(2026, 12, 31)
LONG_AGO = datetime(2026, 10, 1, 9, tzinfo=UTC)
EARLY = datetime(2026, 11, 20, 9, tzinfo=UTC)
COLLECTING = datetime(2026, 11, 23, 9, tzinfo=UTC)
JUST_CLOSED = datetime(2026, 11, 26, 11, 30, tzinfo=UTC)
CLOSED = datetime(2026, 11, 27, 9, tzinfo=UTC)
SETTLED = datetime(2026, 12, 1, 9, tzinfo=UTC)
ALTAKTEN = "Thema für jf: altakten scannen, 15 min, wir brauchen ne entscheidung ob wir ab märz alle gleich machen"
TEMPLATE = [
    {"title": "Ankommen", "minutes": 5, "goal": None, "is_last": False},
    {"title": "Abschluss", "minutes": 5, "goal": None, "is_last": True},
]


class Town(Traffic):
    """Traffic in a town whose jour fixe meets on 3 and 31 December 2026, for half an hour."""

    async def settle(self, title: str = "Lotsenrunde", *days: date) -> None:
        async with self.database.unit_of_work() as uow:
            series: dict[str, Any] = {
                "title": title,
                "frequency": Frequency.WEEKLY,
                "interval": 4,
                "weekday": 3,
                "first_on": FIRST,
                "begins": time(9),
                "minutes": 30,
                "zone": "Europe/Berlin",
                "template": TEMPLATE,
                "calendar_id": title,
            }
            number = await uow.jour_fixe.add(JourFixe(**series))
            for day in days or (FIRST, SECOND):
                meeting = Meeting(
                    jour_fixe_id=number, planned_on=day, day=day, begins=time(9), minutes=30, known_since=LONG_AGO
                )
                await uow.jour_fixe.add_meeting(meeting)
            await uow.commit()

    async def until(self, moment: datetime) -> None:
        """Let time pass, with all that is due until then."""
        self.clock.time = moment
        await self.passes()

    async def item(self, number: int = 1) -> AgendaItem:
        async with self.database.reading() as uow:
            found = await uow.agenda.item(number)
        assert found is not None
        return found

    async def titles(self) -> list[str]:
        async with self.database.reading() as uow:
            return [item.title for item in await uow.agenda.waiting()]

    async def on_agenda(self) -> list[str]:
        async with self.database.reading() as uow:
            return [item.title for item in await uow.agenda.of_meeting(1)]

    async def defer(self, number: int = 1) -> None:
        async with self.database.unit_of_work() as uow:
            found = await uow.agenda.item(number)
            assert found is not None
            found.deferrals = 2
            await uow.commit()

    def agenda(self) -> str:
        """The agenda as it stands in the room by now."""
        return next(text for text in self.texts_at(LOTSEN) if text.startswith("**Tagesordnung**"))

    def choices(self) -> list[str]:
        """The words of the choices below what was said last."""
        return [choice.word for choice in self.last.choices]

    @property
    def last(self) -> Outgoing:
        return self.sent[-1]


@pytest.fixture
async def town(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Town]:
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    clock.time = EARLY
    town = Town(database, clock, table=replace(TABLE, errands=(), ticks=(preparation.look_after,)))
    await town.open()
    await town.settle()
    yield town
    await town.stop()
    await database.close()


@pytest.fixture
async def ben(town: Town) -> Somebody:
    """A supporter."""
    return await town.met("tom", "Ben Krause", MATRIX)


@pytest.fixture
async def mehmet(town: Town) -> Somebody:
    """Another supporter."""
    return await town.met("mehmet", "Mehmet Demir", MATRIX)


@pytest.fixture
async def may(town: Town) -> Somebody:
    """The coordinator, in Teams."""
    return await town.met("may", "Jutta May", TEAMS)


# noting


async def test_a_topic_from_one_sentence_is_noted_with_its_date_and_its_closing(town: Town, ben: Somebody) -> None:
    [text] = await ben.says(ALTAKTEN)
    assert text.startswith(
        "Notiert als Thema 1 für Donnerstag, 3. Dezember 2026: Altakten scannen, 15 Minuten, Entscheidung: ob wir ab"
        " März alle gleich machen. Themenschluss: Donnerstag, 26. November 2026, 12 Uhr. Stimmt das?"
    )
    assert town.choices() == ["ja", "ändern", "ich", "nein"]
    assert await ben.says("ja") == ["Gut, so bleibt es."]
    item = await town.item()
    assert (item.title, item.minutes, item.goal) == ("Altakten scannen", 15, Goal.DECISION)
    assert (item.wanted, item.owner_person_id) == ("ob wir ab März alle gleich machen", None)


@pytest.mark.parametrize("said", ["thema: E-Rechnung, 15 min, Entscheidung", "thema: E-Rechnung"])
async def test_below_a_noted_topic_always_stands_the_same(town: Town, ben: Somebody, said: str) -> None:
    [text] = await ben.says(said)
    assert text.endswith("Stimmt das?")
    assert town.choices() == ["ja", "ändern", "ich", "nein"]


async def test_what_was_not_said_is_named_and_may_be_chosen(town: Town, ben: Somebody) -> None:
    [text] = await ben.says("thema: E-Rechnung")
    assert "Ohne Angabe plane ich 10 Minuten Diskussion." in text
    await ben.says("ändern")
    words = ["kurz", "länger", "lang", "info", "diskussion", "entscheidung", "beratung", "nein"]
    assert town.choices() == words
    assert "E-Rechnung, 20 Minuten, Diskussion" in (await ben.says("länger"))[0]
    await ben.says("ändern")
    assert "E-Rechnung, 20 Minuten, Entscheidung" in (await ben.says("entscheidung"))[0]
    assert "E-Rechnung (Ben Krause)" in (await ben.says("ich"))[0]
    assert town.choices() == ["ja", "ändern", "nein"]


async def test_what_was_guessed_is_changed_by_one_more_sentence(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 12 min, Ziel: ein Portal")
    assert "aufgerundet" in town.last.text
    await ben.says("ändern")
    assert "E-Rechnung, 20 Minuten, Info: ein Portal" in (await ben.says("20 min, info"))[0]
    await ben.says("thema: Signaturen, 12 min")
    await ben.says("ändern")
    await ben.says("Elektronische Signaturen")
    assert await town.titles() == ["E-Rechnung", "Elektronische Signaturen"]


@pytest.mark.parametrize("minutes", ["0 min", "-5 min", "121 min", "3 h"])
async def test_impossible_minutes_are_refused_with_a_proposal(town: Town, ben: Somebody, minutes: str) -> None:
    [text] = await ben.says(f"thema: E-Rechnung, {minutes}")
    assert "geht nicht" in text
    assert "15 min" in text
    assert await town.titles() == []


async def test_details_without_a_topic_wait_for_its_title(town: Town, ben: Somebody) -> None:
    assert "Welches Thema?" in (await ben.says("thema: 15 min, mit mir"))[0]
    assert "Altakten scannen (Ben Krause), 15 Minuten" in (await ben.says("Altakten scannen"))[0]
    item = await town.item()
    assert (item.minutes, item.owner_person_id is not None) == (15, True)


@pytest.mark.parametrize("text", ["thema: A eins\nthema: B zwei", "thema: " + "Wort " * 300])
async def test_one_sentence_tells_of_one_topic(town: Town, ben: Somebody, text: str) -> None:
    assert "bitte ein" in (await ben.says(text))[0]
    assert await town.titles() == []


async def test_only_the_name_of_whoever_writes_is_kept(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Info, wer: Svenja Petersen")
    assert "Andere trage ich nicht ein" in town.last.text
    assert await town.tables_with("Svenja") == []
    await ben.says("thema: Signaturen, 15 min, Info, von Ben")
    assert "Signaturen (Ben Krause)" in town.last.text


async def test_a_topic_may_be_taken_back_at_once(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Entscheidung")
    assert await ben.says("nein") == ["Herausgenommen: „E-Rechnung“."]
    assert await town.titles() == []


async def test_personal_data_in_what_is_wanted_and_in_a_link_is_left_out(town: Town, ben: Somebody) -> None:
    link = "https://wiki.example.org/x?user=petra"
    [text] = await ben.says(f"thema: E-Rechnung, Entscheidung: ob Frau Petra Schmidt es macht, {link}")
    assert "Persönliche Angaben habe ich weggelassen." in text
    assert "Schmidt" not in text
    await ben.says("ja")
    item = await town.item()
    assert "Schmidt" not in item.wanted
    assert item.link == ""


async def test_a_link_to_documents_is_kept(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Info, https://wiki.example.org/e-rechnung")
    assert (await town.item()).link == "https://wiki.example.org/e-rechnung"
    assert "https://wiki.example.org/e-rechnung" in (await ben.says("thema 1"))[0]


async def test_a_topic_goes_to_the_series_that_is_named(town: Town, ben: Somebody) -> None:
    await town.settle("KI-Runde", date(2026, 12, 10))
    [text] = await ben.says("thema für die ki-runde: Prompts teilen, 10 min, Info")
    assert "Donnerstag, 10. Dezember 2026" in text
    assert (await town.item()).jour_fixe_id == 2


async def test_of_several_series_it_is_asked_which_one_a_topic_is_for(town: Town, ben: Somebody) -> None:
    await town.settle("KI-Runde", date(2026, 12, 10))
    [asked] = await ben.says("thema: Prompts teilen, 10 min, Info")
    assert asked.startswith("Für welchen Jour fixe ist das Thema: „Prompts teilen“?")
    assert await town.titles() == []
    [noted] = await ben.says("KI-Runde")
    assert "Donnerstag, 10. Dezember 2026: Prompts teilen, 10 Minuten, Info" in noted
    assert (await town.item()).jour_fixe_id == 2
    await ben.says("themen")
    assert town.last.choices[0].label == "Prompts teilen, 10 Minuten, Info, für KI-Runde"


# from any message


def quoted(text: str, sender: str = "mehmet", **details: Any) -> Quoted:
    return Quoted("m1", Sender(sender, "Mehmet Demir"), text, **details)


async def test_what_somebody_said_becomes_a_topic_after_a_look(town: Town, ben: Somebody) -> None:
    said = quoted("Die Altakten von Frau Petra Schmidt sollten wir mal scannen, ich stelle es vor")
    [text] = await ben.says("thema", LOTSEN, quoted=said)
    assert "So für den Jour fixe vormerken: „Die Altakten von Frau [Name] sollten wir mal scannen“?" in text
    assert await town.titles() == []
    await ben.says("ja", LOTSEN)
    item = await town.item()
    assert "Schmidt" not in item.title
    assert item.owner_person_id is None


async def test_details_may_be_said_of_a_message_that_is_pointed_at(town: Town, ben: Somebody) -> None:
    [text] = await ben.says("thema: 15 min, Entscheidung", LOTSEN, quoted=quoted("Altakten scannen"))
    assert "15 Minuten, Entscheidung" in text
    assert await town.titles() == []
    await ben.says("ja", LOTSEN)
    assert (await town.item()).minutes == 15


async def test_what_a_program_said_is_no_topic(town: Town, ben: Somebody) -> None:
    [text] = await ben.says("thema", LOTSEN, quoted=quoted("Wartung um 18 Uhr", is_human=False))
    assert "ein Programm" in text


async def test_a_long_message_is_shortened_to_a_title(town: Town, ben: Somebody) -> None:
    await ben.says("thema", LOTSEN, quoted=quoted("Altakten scannen " * 80))
    await ben.says("ja", LOTSEN)
    assert len((await town.item()).title) <= 150


@pytest.mark.parametrize(
    ("text", "points"),
    [("thema", True), ("Neues Thema!", True), ("thema: 15 min", True), ("thema: Altakten", False), ("danke", False)],
)
def test_a_word_for_a_topic_points_at_a_message(text: str, points: bool) -> None:
    assert is_pointing(text) is points


# changing


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("thema 1: 20 min", "E-Rechnung, 20 Minuten, Diskussion"),
        ("thema 1 entscheidung", "E-Rechnung, 10 Minuten, Entscheidung"),
        ("Thema 1, Entscheidung: ob wir wechseln", "E-Rechnung, 10 Minuten, Entscheidung: ob wir wechseln"),
        ("thema nr. 1 link https://wiki.example.org/x", "https://wiki.example.org/x"),
        ("thema 1 mit mir", "E-Rechnung (Ben Krause), 10 Minuten"),
        ("thema 1 heißt: X-Rechnung", "X-Rechnung, 10 Minuten"),
    ],
)
async def test_a_sentence_changes_a_topic(town: Town, ben: Somebody, said: str, shown: str) -> None:
    await ben.says("thema: E-Rechnung")
    [text] = await ben.says(said)
    assert text.startswith("Geändert. Thema 1: ")
    assert shown in text


async def test_another_title_is_asked_before_it_counts(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung")
    assert "Soll Thema 1 so heißen: „Ist doof“?" in (await ben.says("thema 1: ist doof"))[0]
    assert await town.titles() == ["E-Rechnung"]
    await ben.says("ja")
    assert await town.titles() == ["Ist doof"]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("thema 12", True),
        ("thema 12 20 min", True),
        ("thema 12 -5 min", True),
        ("thema 12 jedes Mal", True),
        ("thema 12: anders", True),
        ("themen 3 und 5 zusammenlegen", True),
        ("thema 3 und 5 zusammenlegen", True),
        ("3 und 5 zusammen", True),
        ("thema 3 mit thema 5 zusammenlegen", True),
        ("thema 12?", False),
        ("Thema 5 der Schulung verstehe ich nicht", False),
        ("Themen 3 und 5 fehlen", False),
        ("thema: Altakten", False),
    ],
)
def test_a_number_alone_makes_no_sentence_about_a_topic(text: str, is_one: bool) -> None:
    assert is_about_one(text) is is_one


async def test_a_link_that_nobody_can_read_is_refused(town: Town, ben: Somebody) -> None:
    assert "zu lang" in (await ben.says("thema: E-Rechnung, https://wiki.example.org/" + "x" * 300))[0]
    assert await town.titles() == []


async def test_a_topic_that_is_gone_is_named_so(town: Town, ben: Somebody) -> None:
    assert "Ein Thema 7 wartet nicht." in (await ben.says("thema 7: 20 min"))[0]
    assert "Ein Thema 7 wartet nicht." in (await ben.says("thema 7"))[0]


async def test_nobody_but_the_owner_and_the_coordinators_change_what_is_owned(
    town: Town, ben: Somebody, mehmet: Somebody, may: Somebody
) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Info, mit mir")
    for said in ("thema 1: 20 min", "thema 1 jedes Mal", "thema 1 verschieben", "thema 1 mit mir"):
        assert await mehmet.says(said) == ["Dieses Thema ändert, wer es vorstellt, oder die Koordination."]
    assert "20 Minuten" in (await may.says("thema 1: 20 min"))[0]
    assert "25 Minuten" in (await ben.says("thema 1: 25 min"))[0]


async def test_a_topic_recurs_until_somebody_says_otherwise(town: Town, ben: Somebody) -> None:
    await ben.says("thema: Austausch der Ämter, 10 min, Info")
    await ben.says("thema 1 jedes Mal")
    assert (await town.item()).is_recurring
    await ben.says("themen")
    assert "jedes Mal" in town.last.choices[0].label
    await ben.says("thema 1 nur einmal")
    assert not (await town.item()).is_recurring


async def test_a_topic_is_left_out_this_time(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 10 min, Info")
    [text] = await ben.says("thema 1 diesmal nicht")
    assert "„E-Rechnung“ kommt nicht am Donnerstag, 3. Dezember 2026 dran." in text
    assert (await town.item()).skipped_meeting_id == 1
    await town.until(SETTLED)
    assert "E-Rechnung" not in await town.on_agenda()


async def test_a_topic_goes_back_to_the_backlog(town: Town, ben: Somebody, mehmet: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 10 min, Info, mit mir")
    await town.until(SETTLED)
    assert "E-Rechnung" in await town.on_agenda()
    assert "2. E-Rechnung (Ben Krause)" in town.agenda()
    await ben.says("thema 1 verschieben")
    assert "E-Rechnung" not in await town.on_agenda()
    assert "E-Rechnung" not in town.agenda()


async def test_only_owner_and_coordinators_take_a_topic_off_an_agenda(
    town: Town, ben: Somebody, mehmet: Somebody
) -> None:
    await ben.says("thema: E-Rechnung, 10 min, Info")
    await town.until(SETTLED)
    assert "die Koordination" in (await mehmet.says("thema 1 verschieben"))[0]
    assert "E-Rechnung" in await town.on_agenda()


async def test_a_change_that_makes_an_agenda_too_long_is_warned_of(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 10 min, Info")
    await town.until(SETTLED)
    assert "mehr, als der Termin lang ist" in (await ben.says("thema 1: 60 min"))[0]
    assert "60 Minuten" in town.agenda()


async def test_messages_about_the_next_meeting_follow(town: Town, ben: Somebody) -> None:
    await town.until(COLLECTING)
    await ben.says("thema: E-Rechnung, 10 min, Info")
    assert "- E-Rechnung" in ben.sees(LOTSEN)[-1]
    await ben.says("thema 1 heißt: X-Rechnung")
    assert "- X-Rechnung" in ben.sees(LOTSEN)[-1]
    await ben.says("thema 1 diesmal nicht")
    assert "X-Rechnung" not in ben.sees(LOTSEN)[-1]


async def test_only_whoever_noted_a_topic_takes_it_back(town: Town, ben: Somebody, mehmet: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Info")
    await mehmet.says("thema 1")
    await mehmet.says("ändern")
    assert "20 Minuten" in (await mehmet.says("20 min"))[0]
    assert town.choices() == ["ändern"]
    await mehmet.says("ändern")
    await mehmet.says("entscheidung")
    assert town.choices() == ["ändern"]
    await ben.says("ändern")
    await ben.says("25 min")
    assert await ben.says("nein") == ["Herausgenommen: „E-Rechnung“."]


# wishing


async def test_a_wish_becomes_a_topic_after_a_look(town: Town, ben: Somebody) -> None:
    [text] = await ben.says("können wir beim nächsten jf mal über die e-rechnung reden?")
    assert "So für den Jour fixe vormerken: „E-Rechnung“?" in text
    assert await town.titles() == []
    await ben.says("ja")
    assert await town.titles() == ["E-Rechnung"]


async def test_a_topic_without_a_colon_is_shown_first(town: Town, ben: Somebody) -> None:
    [text] = await ben.says("thema altakten scannen 15min entscheidung")
    assert "„Altakten scannen“?" in text
    assert "15 Minuten, Entscheidung" in text
    assert await town.titles() == []


async def test_staff_wish_for_a_topic_and_ask_about_one(town: Town) -> None:
    anna = town.somebody("anna", "Anna Özdemir")
    [asked] = await anna.says("können wir beim nächsten jf mal über die e-rechnung reden?")
    assert "ohne deinen Namen vorschlagen: „E-Rechnung“?" in asked
    [found] = await anna.says("thema Elternzeit für Väter")
    assert "keine geprüfte Antwort" in found, "a question like any other"


# editing


async def test_an_edited_message_changes_its_topic(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 15 min")
    said = ben.said
    [text] = await ben.edits("thema: E-Rechnung im Bauamt, 20 min, Info", said)
    assert "Geändert. Thema 1: E-Rechnung im Bauamt, 20 Minuten, Info." in text
    await ben.edits("thema: E-Rechnung im Bauamt, 25 min, Info", said)
    assert await town.titles() == ["E-Rechnung im Bauamt"]
    assert (await town.item()).minutes == 25


@pytest.mark.parametrize("decided", ["ja", "nein"])
async def test_an_edit_after_a_decision_makes_no_second_topic(town: Town, ben: Somebody, decided: str) -> None:
    await ben.says("thema: E-Rechnung, 15 min")
    said = ben.said
    await ben.says(decided)
    before = await town.titles()
    assert "schon etwas entschieden" in (await ben.edits("thema: Kantine", said))[0]
    assert await town.titles() == before


async def test_an_edit_that_mends_what_was_refused_is_noted(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 300 min")
    await ben.edits("thema: E-Rechnung, 30 min", ben.said)
    assert await town.titles() == ["E-Rechnung"]


async def test_an_edited_question_may_become_a_topic(town: Town, ben: Somebody) -> None:
    await ben.says("tema: E-Rechnung")
    await ben.edits("thema: E-Rechnung", ben.said)
    assert await town.titles() == ["E-Rechnung"]


async def test_an_edit_takes_nothing_that_somebody_else_presents_now(
    town: Town, ben: Somebody, mehmet: Somebody
) -> None:
    await ben.says("thema: E-Rechnung, 15 min")
    said = ben.said
    await mehmet.says("thema 1 mit mir")
    assert "wer es vorstellt" in (await ben.edits("thema: Kantine", said))[0]
    assert await town.titles() == ["E-Rechnung"]


# withdrawing


async def test_a_topic_of_ones_own_needs_no_number(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Info, mit mir")
    assert await ben.says("mein thema zurückziehen") == ["„E-Rechnung“ herausnehmen?"]
    await ben.says("ja")
    assert await town.titles() == []


async def test_without_an_own_topic_all_are_shown(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Info")
    [text] = await ben.says("mein Thema zurückziehen")
    assert text.startswith("Welches? Wer ein Thema vorgeschlagen hat, merke ich mir nicht.")
    assert "Die Zahl öffnet ein Thema." in text
    assert "„themen“ zeigt alle" in (await ben.says("1 zurückziehen"))[0]


async def test_owner_and_coordinators_withdraw_a_topic_after_one_more_look(
    town: Town, ben: Somebody, mehmet: Somebody, may: Somebody
) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Info, mit mir")
    await ben.says("thema: Signaturen, 15 min, Info")
    assert "Themen nimmt nur die Koordination heraus" in (await mehmet.says("thema 1 zurückziehen"))[0]
    assert "Themen nimmt nur die Koordination heraus" in (await ben.says("thema 2 zurückziehen"))[0]
    assert await ben.says("thema 1 zurückziehen") == ["„E-Rechnung“ herausnehmen?"]
    assert await ben.says("ja") == ["Herausgenommen: „E-Rechnung“."]
    await may.says("thema 2 streichen")
    await may.says("ja")
    assert await town.titles() == []


async def test_an_owner_who_leaves_leaves_the_topic(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Info, mit mir")
    async with town.database.unit_of_work() as uow:
        await uow.people.forget_person((await town.item()).owner_person_id or 0)
        await uow.commit()
    item = await town.item()
    assert (item.title, item.owner_person_id) == ("E-Rechnung", None)


# after the closing


@pytest.mark.parametrize("moment", [JUST_CLOSED, CLOSED])
async def test_a_late_topic_waits_for_the_meeting_after(town: Town, ben: Somebody, moment: datetime) -> None:
    await town.until(moment)
    [text] = await ben.says("thema: E-Rechnung, 10 min, Info")
    assert "Für Donnerstag, 3. Dezember 2026 ist Themenschluss." in text
    assert "Es kommt am Donnerstag, 31. Dezember 2026 dran." in text
    assert "trotzdem" not in town.choices()
    await town.until(SETTLED)
    assert await town.on_agenda() == ["Ankommen", "Abschluss"]


@pytest.mark.parametrize("moment", [CLOSED, SETTLED])
async def test_a_coordinator_puts_a_late_topic_on_the_agenda(town: Town, may: Somebody, moment: datetime) -> None:
    await town.until(moment)
    await may.says("thema: E-Rechnung, 10 min, Info")
    assert "„E-Rechnung“ kommt am Donnerstag, 3. Dezember 2026 dran." in (await may.says("trotzdem"))[0]
    await town.until(SETTLED)
    assert await town.on_agenda() == ["Ankommen", "E-Rechnung", "Abschluss"]


# joining


async def merged(town: Town, may: Somebody, how: str) -> AgendaItem:
    await may.says("thema: Altakten, 10 min, Info")
    await may.says("thema: Aktenplan, 25 min, mit mir")
    await town.until(town.clock.time)
    async with town.database.unit_of_work() as uow:
        uow._session.add(OpenQuestion(text="Wohin mit den Akten?", asked_on=EARLY.date(), agenda_item_id=2))
        tom = await uow.people.know(MATRIX, "x", "Tom")
        svenja = await uow.people.know(MATRIX, "y", "Svenja")
        for item, person in ((1, tom), (2, tom), (2, svenja)):
            await uow.agenda.vote(item, person.id or 0, Poll.PRIORITY)
        await uow.commit()
    [asked] = await may.says("themen 1 und 2 zusammenlegen")
    assert "mit 25 Minuten" in asked
    await may.says(how)
    return await town.item()


async def test_two_topics_become_one_with_all_that_is_known(town: Town, may: Somebody) -> None:
    item = await merged(town, may, "beide")
    assert await town.titles() == ["Altakten; Aktenplan"]
    assert (item.minutes, item.goal) == (25, Goal.INFO)
    assert item.owner_person_id is not None
    async with town.database.reading() as uow:
        assert await uow.questions.parts_of_topic(1) == [1]
        assert await uow.agenda.points([1], Poll.PRIORITY) == {1: 2}


async def test_the_first_title_of_two_may_be_kept(town: Town, may: Somebody) -> None:
    assert (await merged(town, may, "erster")).title == "Altakten"


async def test_joining_is_asked_first_and_may_be_left(town: Town, may: Somebody) -> None:
    assert (await merged(town, may, "nein")).title == "Altakten"
    assert await town.titles() == ["Altakten", "Aktenplan"]


async def test_others_join_no_topics_and_only_two_at_once(town: Town, ben: Somebody, may: Somebody) -> None:
    for title in ("Altakten", "Aktenplan", "Signaturen"):
        await ben.says(f"thema: {title}, 10 min, Info")
    assert "nur die Koordination" in (await ben.says("themen 1 und 2 zusammenlegen"))[0]
    for said in ("themen 1, 2 und 3 zusammenlegen", "themen 1 und 1 zusammenlegen"):
        assert "immer zwei Themen" in (await may.says(said))[0]
    assert "Ein Thema 9 wartet nicht." in (await may.says("themen 1 und 9 zusammenlegen"))[0]
    assert len(await town.titles()) == 3


# the backlog


async def test_the_list_tells_what_is_known_of_each_topic(town: Town, ben: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Entscheidung, mit mir")
    [text] = await ben.says("themen")
    assert "Themen für Donnerstag, 3. Dezember 2026: 1. Themenschluss: Donnerstag, 26. November 2026, 12 Uhr." in text
    await town.until(SETTLED)
    await ben.says("thema: Signaturen")
    [text] = await ben.says("themen")
    assert "Themen: 2. Für Donnerstag, 3. Dezember 2026 ist Themenschluss." in text
    assert [choice.label for choice in town.last.choices] == [
        "E-Rechnung (Ben Krause), 15 Minuten, Entscheidung, auf der Tagesordnung",
        "Signaturen, 10 Minuten, Diskussion",
    ]


async def test_the_number_in_the_list_opens_a_topic(town: Town, ben: Somebody, mehmet: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Info, mit mir")
    await ben.says("themen")
    assert (await ben.says("1"))[0] == "Thema 1: E-Rechnung (Ben Krause), 15 Minuten, Info."
    assert town.choices() == ["ändern", "zusammenlegen", "herausnehmen"]
    await ben.says("herausnehmen")
    assert await ben.says("nein") == ["Gut, das Thema bleibt."]
    await mehmet.says("themen")
    await mehmet.says("1")
    assert town.choices() == []
    assert len(await town.titles()) == 1


async def test_an_open_topic_is_joined_with_another_one_by_a_word(town: Town, may: Somebody) -> None:
    await may.says("thema: Altakten, 10 min, Info")
    await may.says("thema: Kantine, 10 min, Info")
    await may.says("thema 1")
    await may.says("zusammenlegen")
    assert "keinem oder zu mehreren" in (await may.says("Fahrstuhl"))[0]
    assert "Thema 1 und 2 zusammenlegen" in (await may.says("kantine"))[0]
    await may.says("beide")
    assert await town.titles() == ["Altakten; Kantine"]


async def test_a_topic_like_another_one_is_told(town: Town, ben: Somebody, may: Somebody) -> None:
    await ben.says("thema: e-rechnung leitweg id, 10 min, Info")
    assert "Ähnlich ist Thema 1: „E-Rechnung leitweg id“." in (await ben.says("thema: E-Rechnung"))[0]
    assert "zusammenlegen" not in town.choices()
    assert "Ähnlich" not in (await ben.says("thema: Kantine"))[0]
    await may.says("thema: Leitweg ID")
    assert "Thema 1 und 4 zusammenlegen" in (await may.says("zusammenlegen"))[0]
    await may.says("erster")
    assert await town.titles() == ["E-Rechnung leitweg id", "E-Rechnung", "Kantine"]


async def test_coordinators_decide_what_was_deferred_twice(town: Town, ben: Somebody, may: Somebody) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Info")
    await town.defer()
    await ben.says("themen")
    assert "zweimal verschoben" in town.last.choices[0].label
    await may.says("themen")
    assert "als Erstes nehmen oder herausnehmen?" in (await may.says("1"))[0]
    assert "kommt als Erstes dran" in (await may.says("zuerst"))[0]
    await may.says("themen")
    await may.says("1")
    await may.says("herausnehmen")
    assert await may.says("ja") == ["Herausgenommen: „E-Rechnung“."]


async def test_two_hundred_topics_are_read_page_by_page(town: Town, ben: Somebody) -> None:
    async with town.database.unit_of_work() as uow:
        for number in range(200):
            await uow.agenda.add(f"Punkt {number:03} der Liste", EARLY.date())
        await uow.commit()
    await ben.says("themen")
    read = [to_plain(town.last.text, town.last.choices)]
    while "mehr" in town.choices() and len(read) < 201:
        await ben.says("mehr")
        read.append(to_plain(town.last.text, town.last.choices))
    assert all(sum(f"Punkt {number:03} " in page for page in read) == 1 for number in range(200))
    assert max(map(len, read)) <= 600


@pytest.mark.parametrize("said", ["thema 1", "thema 1: 20 min", "thema 1 zurückziehen", "themen 1 und 2 zusammenlegen"])
async def test_staff_neither_see_nor_change_a_topic(town: Town, ben: Somebody, said: str) -> None:
    await ben.says("thema: E-Rechnung, 15 min, Info")
    await ben.says("thema: Signaturen, 15 min, Info")
    anna = town.somebody("anna", "Anna Özdemir")
    assert "nur Lots:innen" in (await anna.says(said))[0]
