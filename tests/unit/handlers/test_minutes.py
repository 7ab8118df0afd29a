"""Minutes on their way: a draft for the moderator, then in every room, then a time for objections."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import File, Outgoing
from circle import Circle, town
from conftest import MovedClock
from handlers.jour_fixe.publishing import objections_until
from knowledge.minutes import as_page
from knowledge.working_days import WorkingDays
from storage.models.jour_fixe import Coming, MeetingState
from storage.models.minutes import Minutes, MinutesState
from traffic import LOTSEN, MATRIX, Somebody, Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with town(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def circle(traffic: Traffic, tom: Somebody, may: Somebody) -> Circle:
    circle = Circle(traffic, tom, await traffic.met("svenja", "Svenja Petersen", MATRIX), may)
    await circle.meet("Ankommen", "Infos von oben", "Altakten")
    await tom.says("top 3 beschluss: ab März einheitlich. Offen: Wer zahlt?")
    await tom.says("ja")
    await tom.says("Aufgabe: ich, Anleitung schreiben, bis 15.3.")
    await tom.says("ja")
    return circle


def files(sent: list[Outgoing]) -> list[File]:
    return [one.file for one in sent if one.file is not None]


def drafts(circle: Circle, sent: list[Outgoing]) -> list[str]:
    names = {who.chat: who.sender.id for who in (circle.svenja, circle.tom, circle.may)}
    return [names[one.conversation] for one in sent if "Entwurf des Protokolls" in one.text]


async def test_the_draft_goes_once_to_those_with_a_duty(circle: Circle) -> None:
    sent = await circle.end()
    assert sorted(drafts(circle, sent)) == ["svenja", "tom"]
    assert "- Beschluss zu „Altakten“: Ab März einheitlich" in sent[0].text
    assert "- Aufgabe Tom Berger: Anleitung schreiben, bis Montag, 15. März 2027" in sent[0].text
    assert [choice.word for choice in sent[0].choices] == ["freigeben", "ändern", "vorschau"]
    assert await circle.end() == []


async def test_what_nobody_confirmed_is_marked(circle: Circle) -> None:
    await circle.tom.says("Info: M365 kommt später")
    [sent, _] = await circle.end()
    assert "- Info: M365 kommt später (noch nicht bestätigt)" in sent.text
    [asked] = await circle.svenja.says("freigeben")
    assert asked.startswith("Das hat noch niemand bestätigt:\n\n- Info: M365 kommt später")
    await circle.svenja.says("mit")
    assert "M365" in circle.in_room()[0]
    assert all(one.is_confirmed for one in await circle.outcomes())


async def test_what_nobody_confirmed_may_be_left_out(circle: Circle) -> None:
    await circle.tom.says("Info: M365 kommt später")
    await circle.end()
    await circle.svenja.says("freigeben")
    assert circle.in_room() == []
    await circle.svenja.says("ohne")
    assert "M365" not in circle.in_room()[0]
    assert len(await circle.outcomes()) == 2


async def test_release_tells_the_room_with_a_page_and_gives_time_for_objections(circle: Circle) -> None:
    await circle.end()
    before = len(circle.traffic.sent)
    [told] = await circle.svenja.says("freigeben")
    assert told.startswith("Veröffentlicht.")
    assert "E-Akte" in told
    sent = [one for one in circle.traffic.sent[before:] if one.conversation == LOTSEN]
    assert sent[0].text.startswith("**Protokoll: Jour fixe, Donnerstag, 3. Dezember 2026**")
    assert "Einwände bis Freitag, 11. Dezember 2026, 12 Uhr: „einwand: …“." in sent[0].text
    assert len([one for one in sent if one.text]) == 1
    [page] = files(sent)
    assert (page.name, page.media_type) == ("protokoll-2026-12-03.html", "text/html")
    minutes = await circle.minutes()
    assert minutes is not None
    assert (minutes.state, minutes.published_on) == (MinutesState.PUBLISHED, date(2026, 12, 3))
    assert page.content == as_page(minutes.text)
    assert "## Altakten\n\n- **Beschluss:** Ab März einheitlich\n- **Offen:** Wer zahlt?" in minutes.text


async def test_it_is_published_once(circle: Circle) -> None:
    await circle.publish()
    before = len(circle.in_room())
    await circle.tom.says("freigeben")
    assert len(circle.in_room()) == before


async def test_the_minute_taker_changes_but_does_not_release(circle: Circle) -> None:
    await circle.end()
    [said] = await circle.tom.says("freigeben")
    assert said == "Freigeben kann die Moderation oder die Koordination."
    assert circle.in_room() == []


async def test_a_line_is_written_anew_or_deleted_by_its_number(circle: Circle) -> None:
    await circle.end()
    await circle.svenja.says("ändern")
    await circle.svenja.says("1")
    [draft] = await circle.svenja.says("ab April einheitlich")
    assert "- Beschluss zu „Altakten“: Ab April einheitlich" in draft
    await circle.svenja.says("ändern")
    await circle.svenja.says("2")
    [draft] = await circle.svenja.says("löschen")
    assert "Wer zahlt" not in draft
    assert [one.text for one in await circle.outcomes()] == ["Ab April einheitlich"]


async def test_two_may_change_at_once_and_none_hits_the_wrong_line(circle: Circle) -> None:
    await circle.end()
    await circle.svenja.says("ändern")
    await circle.tom.says("ändern")
    await circle.svenja.says("1")
    await circle.svenja.says("löschen")
    await circle.tom.says("2")
    await circle.tom.says("Wer bezahlt das?")
    assert [one.text for one in await circle.outcomes()] == ["Wer bezahlt das?"]
    await circle.tom.says("ändern")
    await circle.svenja.says("ändern")
    await circle.svenja.says("1")
    await circle.tom.says("1")
    await circle.tom.says("löschen")
    assert await circle.svenja.says("doch anders") == ["Diese Zeile gibt es nicht mehr."]


async def test_a_task_keeps_what_a_new_text_leaves_out(circle: Circle) -> None:
    await circle.end()
    await circle.svenja.says("ändern")
    await circle.svenja.says("3")
    [draft] = await circle.svenja.says("Anleitung und Vorlage schreiben, bis KW 3")
    assert "Aufgabe Tom Berger: Anleitung und Vorlage schreiben, bis Freitag, 22. Januar 2027" in draft
    await circle.svenja.says("ändern")
    await circle.svenja.says("3")
    [said] = await circle.svenja.says("Anleitung schreiben, asap")
    assert said.startswith("„asap“ ist kein Tag.")
    assert "Schreib mir den neuen Text." in said


async def test_the_preview_shows_all_with_its_files_to_nobody_else(circle: Circle) -> None:
    await circle.end()
    before = len(circle.traffic.sent)
    said = await circle.svenja.says("vorschau")
    assert "Protokoll: Jour fixe" in "".join(said)
    sent = circle.traffic.sent[before:]
    assert len(files(sent)) == 1
    assert {one.conversation for one in sent} == {circle.svenja.chat}


async def test_only_those_who_agreed_are_named(circle: Circle, mehmet: Somebody) -> None:
    await circle.knows(mehmet)
    async with circle.traffic.database.unit_of_work() as uow:
        for who, agrees in ((circle.tom, True), (mehmet, False)):
            person = await uow.people.know(who.platform, who.sender.id, who.sender.name)
            row = await uow.attendance.of(circle.meeting, person.id or 0)
            row.may_be_named, row.coming = agrees, Coming.YES
        await uow.commit()
    await circle.publish()
    minutes = await circle.minutes()
    assert minutes is not None
    assert "**Dabei:** Tom Berger\n" in minutes.text
    assert "Mehmet" not in minutes.text


async def test_a_meeting_without_results_says_so(traffic: Traffic, tom: Somebody, may: Somebody) -> None:
    circle = Circle(traffic, tom, await traffic.met("svenja", "Svenja Petersen", MATRIX), may)
    await circle.meet("Ankommen")
    [sent, _] = await circle.end()
    assert "Noch steht nichts darin. Bleibt es dabei, musst du nichts tun." in sent.text
    await circle.svenja.says("freigeben")
    assert "Es gab keine Ergebnisse" in circle.in_room()[0]


async def test_without_a_moderator_the_coordinators_get_the_draft(
    traffic: Traffic, tom: Somebody, may: Somebody
) -> None:
    circle = Circle(traffic, tom, traffic.somebody("svenja", "Svenja Petersen"), may)  # never wrote to the bot
    await circle.meet("Ankommen")
    async with traffic.database.unit_of_work() as uow:
        for duty in await uow.attendance.duties(circle.meeting):
            await uow.attendance.give(circle.meeting, duty, None)
        await uow.commit()
    assert drafts(circle, await circle.end()) == ["may"]


# waiting for a release


async def night(circle: Circle, days: int) -> list[str]:
    before = len(circle.traffic.sent)
    await circle.traffic.night(days)
    return drafts(circle, circle.traffic.sent[before:])


async def test_after_two_working_days_the_moderator_is_reminded_once_then_the_coordinators_are_asked(
    circle: Circle,
) -> None:
    await circle.end()  # a Thursday
    assert [await night(circle, 1) for _ in range(8)] == [[], [], [], ["svenja"], [], ["may"], [], []]
    await circle.may.says("freigeben")
    assert len(circle.in_room()) > 0


async def test_a_reminder_names_the_series_too(circle: Circle) -> None:
    await circle.end()
    await night(circle, 4)
    await night(circle, 2)
    name = "Jour fixe, Donnerstag, 3. Dezember 2026."
    assert circle.svenja.sees()[-1] == f"Der Entwurf des Protokolls wartet auf deine Freigabe: {name}"
    assert circle.may.sees()[-1] == f"Der Entwurf des Protokolls wartet noch auf die Freigabe: {name}"


async def test_after_a_long_absence_only_the_coordinators_are_asked(circle: Circle) -> None:
    await circle.end()
    assert await night(circle, 32) == ["may"]
    assert await night(circle, 1) == []


async def test_of_a_meeting_without_results_nobody_is_reminded(traffic: Traffic, tom: Somebody, may: Somebody) -> None:
    circle = Circle(traffic, tom, await traffic.met("svenja", "Svenja Petersen", MATRIX), may)
    await circle.meet("Ankommen")
    await circle.end()
    assert [await night(circle, 1) for _ in range(8)] == [[]] * 8


async def test_who_has_released_hears_no_reminder(circle: Circle) -> None:
    await circle.publish()
    assert await night(circle, 4) == []


# afterwards


async def test_an_objection_goes_to_the_moderator_and_is_kept_nowhere(circle: Circle, mehmet: Somebody) -> None:
    await circle.publish()
    [said] = await mehmet.says("einwand: Wir haben ab April gesagt")
    assert said.startswith("Dein Einwand zum Protokoll „Jour fixe, Donnerstag, 3. Dezember 2026“ geht mit deinem Namen")
    assert "Mehmet Demir hat einen Einwand" in circle.svenja.sees()[-1]
    assert "„Wir haben ab April gesagt“" in circle.svenja.sees()[-1]
    assert not {"minutes", "outcome"} & set(await circle.traffic.tables_with("ab April gesagt"))
    await circle.svenja.says("lassen")
    assert "Zu deinem Einwand: Das Protokoll bleibt, wie es ist" in mehmet.sees()[-1]


async def test_a_change_after_publication_is_visible_in_place_and_said(circle: Circle, mehmet: Somebody) -> None:
    await circle.publish()
    await mehmet.says("einwand: Wir haben ab April gesagt")
    circle.traffic.clock.move(timedelta(days=1))
    await circle.svenja.says("ändern")
    await circle.svenja.says("1")
    [said] = await circle.svenja.says("ab April einheitlich")
    assert said.startswith("Geändert und neu veröffentlicht.")
    shown = circle.in_room()
    assert "Ab April einheitlich" in shown[0]
    assert "Einwände bis Freitag, 11. Dezember 2026, 12 Uhr" in shown[0]
    assert "Nach deinem Einwand wurde das Protokoll geändert" in mehmet.sees()[-1]
    assert "Geändert am 4. Dezember 2026." in shown[0]
    assert "Das Protokoll vom Donnerstag, 3. Dezember 2026 wurde geändert." in shown
    minutes = await circle.minutes()
    assert minutes is not None
    assert minutes.text.endswith("Geändert am 4. Dezember 2026.\n")


async def test_after_its_time_an_objection_becomes_a_topic(circle: Circle, mehmet: Somebody) -> None:
    await circle.publish()
    circle.traffic.clock.time = datetime(2026, 12, 11, 11, tzinfo=UTC)  # noon in Berlin
    [said] = await mehmet.says("einwand: Wir haben ab April gesagt")
    assert said.startswith("Die Frist für Einwände ist vorbei, das Protokoll gilt.")
    assert len(circle.svenja.sees()) == 3  # the greeting, the draft, the release


async def test_everybody_in_the_round_reads_the_last_minutes(circle: Circle, mehmet: Somebody, anna: Somebody) -> None:
    assert await mehmet.says("protokoll") == ["Noch ist kein Protokoll veröffentlicht."]
    await circle.publish()
    assert any("Ab März einheitlich" in one for one in await mehmet.says("protokoll"))
    assert not any("Jour fixe" in one for one in await anna.says("protokoll")), "staff ask about minutes of their own"


async def test_files_are_what_was_published_however_late(circle: Circle, mehmet: Somebody) -> None:
    await circle.publish()
    async with circle.traffic.database.unit_of_work() as uow:
        for duty in await uow.attendance.duties(circle.meeting):
            await uow.attendance.give(circle.meeting, duty, None)
        await uow.commit()
    circle.traffic.clock.move(timedelta(days=40))
    before = len(circle.traffic.sent)
    await mehmet.says("protokoll dateien")
    page, source = files(circle.traffic.sent[before:])
    assert page.content == as_page(source.content)
    assert "Moderation:</strong> Svenja Petersen" in page.content
    assert "Geändert am" not in page.content


@pytest.mark.parametrize("said", ["protokoll 3.12.", "protokoll vom 3. Dezember", "protokoll vom Donnerstag"])
async def test_earlier_minutes_are_found_by_their_day(circle: Circle, mehmet: Somebody, said: str) -> None:
    await circle.publish()
    await _another(circle, date(2027, 1, 8))  # a Friday
    circle.traffic.clock.move(timedelta(days=60))
    assert "# Protokoll: Jour fixe, Donnerstag, 3. Dezember 2026" in (await mehmet.says(said))[0]
    assert "8. Januar" in (await mehmet.says("protokoll"))[0]
    assert "Welches Protokoll?" in (await mehmet.says("andere"))[0]
    assert "3. Dezember" in (await mehmet.says("2"))[0]


async def test_minutes_that_are_not_there_bring_those_that_are(circle: Circle, mehmet: Somebody) -> None:
    await circle.publish()
    [said] = await mehmet.says("protokoll vom 4.12.")
    assert said == "Das finde ich nicht unter den veröffentlichten Protokollen. Welches Protokoll?"
    assert "Ab März" in (await mehmet.says("1"))[0]
    assert not any("veröffentlichten" in one for one in await mehmet.says("protokoll der Ratssitzung"))


async def test_who_asks_before_the_release_hears_that_it_waits(circle: Circle, mehmet: Somebody) -> None:
    await circle.end()
    assert await mehmet.says("protokoll") == ["Das letzte Protokoll ist noch nicht freigegeben."]


async def test_a_draft_takes_a_name_or_a_day_alone(circle: Circle) -> None:
    await circle.tom.says("Aufgabe: wir, Raum buchen, asap")
    await circle.tom.says("ja")
    sent = await circle.end()
    assert "Wer oder wann fehlt, trägst du mit „ändern“ nach" in sent[0].text
    drafts = []
    for words in ("Svenja", "Tom Berger", "15.3."):
        await circle.svenja.says("ändern")
        await circle.svenja.says("4")
        drafts += await circle.svenja.says(words)
    assert "- Aufgabe Tom Berger: Raum buchen, bis Montag, 15. März 2027" in drafts[-1]


async def _another(circle: Circle, day: date) -> None:
    """Minutes of another meeting were published."""
    async with circle.traffic.database.unit_of_work() as uow:
        meeting = await uow.jour_fixe.add_meeting(circle._on(day, day, MeetingState.HELD))
        text = f"# Protokoll: Jour fixe, {day.day}. Januar\n"
        await uow.minutes.keep(Minutes(meeting_id=meeting, state=MinutesState.PUBLISHED, text=text))
        await uow.commit()


@given(st.dates(date(2026, 1, 1), date(2036, 12, 31)), st.sampled_from(["NW", "BY", "BE", "SN"]))
def test_objections_end_on_a_working_friday_at_noon_with_two_working_days_before(today: date, land: str) -> None:
    calendar = WorkingDays((land,), [date(today.year, 12, 24), date(today.year, 12, 31)])
    until = objections_until(datetime.combine(today, time(15), UTC), calendar)
    assert (until.weekday(), until.hour, until.minute) == (4, 12, 0)
    assert calendar.is_working(until.date())
    assert calendar.after(today, 2) <= until.date()
    earlier = [calendar.after(today, 2) + timedelta(days=days) for days in range(60)]
    assert not any(day.weekday() == 4 and calendar.is_working(day) for day in earlier if day < until.date())
