"""Tasks stay in sight: their owners look after them, are reminded alone, and the round sees what is open, not why."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from circle import Circle, town
from conftest import MovedClock
from handlers.jour_fixe.tasks import open_lines
from storage.models.minutes import Task, TaskState
from traffic import MATRIX, Somebody, Traffic

ASKED = "Wie steht es?"


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with town(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def circle(traffic: Traffic, tom: Somebody, may: Somebody) -> Circle:
    """Tom has a task until Wednesday, 23 December; the minutes are published on Thursday, 3 December."""
    circle = Circle(traffic, tom, await traffic.met("svenja", "Svenja Petersen", MATRIX), may)
    await circle.meet("Altakten")
    await tom.says("Aufgabe: ich, Anleitung schreiben, bis 23.12.")
    await tom.says("ja")
    return circle


async def task(circle: Circle) -> Task:
    return (await circle.tasks())[0]


async def passes(circle: Circle, days: int) -> list[tuple[date, str, str]]:
    """Nights go by, one after the other; gives when who heard what of a task."""
    names = {who.chat: who.sender.id for who in circle.traffic.people}
    heard = []
    for _ in range(days):
        before = len(circle.traffic.sent)
        await circle.traffic.night(1)
        now = circle.traffic.clock.now().date()
        heard += [
            (now, names.get(one.conversation, one.conversation.id), one.text) for one in circle.traffic.sent[before:]
        ]
    return heard


async def test_the_owner_hears_of_a_task_when_it_is_published_and_nobody_else(circle: Circle) -> None:
    await circle.end()
    before = len(circle.traffic.sent)
    await circle.svenja.says("freigeben")
    told = [one.conversation for one in circle.traffic.sent[before:] if "Aus dem Jour fixe ist bei dir" in one.text]
    assert told == [circle.tom.chat]


async def test_done_without_a_word_of_what_is_about_the_only_task(circle: Circle) -> None:
    await circle.publish()
    assert (await circle.tom.says("erledigt"))[0].startswith("Ist diese Aufgabe erledigt? Anleitung schreiben, bis")
    await circle.tom.says("ja")
    assert (await task(circle)).state == TaskState.DONE
    assert "Welche Frage?" in (await circle.tom.says("erledigt"))[0]


async def test_only_the_owner_is_reminded_on_working_days_then_the_coordinator_reads_what_is_open(
    circle: Circle,
) -> None:
    await circle.publish()
    heard = await passes(circle, 50)
    assert [(day, who) for day, who, _ in heard] == [
        (date(2026, 12, 10), "tom"),
        (date(2026, 12, 17), "tom"),
        (date(2026, 12, 23), "tom"),
        (date(2026, 12, 30), "tom"),
        (date(2027, 1, 6), "tom"),
        (date(2027, 1, 13), "tom"),
        (date(2027, 1, 20), "may"),
    ]
    what = "Anleitung schreiben, bis Mittwoch, 23. Dezember 2026"
    assert heard[0][2] == f"Deine Aufgabe aus dem Jour fixe: {what}. {ASKED}"
    assert heard[-1][2] == f"Noch offen: Tom Berger: {what}."


async def test_after_a_long_absence_one_reminder_comes(circle: Circle) -> None:
    await circle.publish()
    circle.traffic.clock.move(timedelta(days=39))
    assert [(who, ASKED in text) for _, who, text in await passes(circle, 1)] == [("tom", True)]
    assert await passes(circle, 1) == []


async def test_what_became_due_while_we_were_away_waits_for_a_working_day(circle: Circle) -> None:
    await circle.publish()
    circle.traffic.clock.move(timedelta(days=8))
    assert [(day, who) for day, who, _ in await passes(circle, 4)] == [(date(2026, 12, 14), "tom")]


async def test_what_is_done_is_quiet_and_deleted_a_year_later(circle: Circle) -> None:
    await circle.publish()
    await passes(circle, 7)
    [said] = await circle.tom.says("erledigt")
    assert said == "Danke, die Aufgabe ist erledigt: „Anleitung schreiben“."
    assert (await task(circle)).state == TaskState.DONE
    assert await passes(circle, 30) == []
    circle.traffic.clock.move(timedelta(days=365))
    await circle.traffic.forgetting._forget()
    assert await circle.tasks() == []


async def test_more_time_is_a_new_day_and_new_reminders(circle: Circle) -> None:
    await circle.publish()
    await passes(circle, 7)
    await circle.tom.says("zeit")
    [said] = await circle.tom.says("bis 31. Februar")
    assert "gibt es nicht" in said
    assert (await task(circle)).due_on == date(2027, 2, 26)
    assert [day for day, _, _ in await passes(circle, 3)] == []
    assert (await task(circle)).remind_on == date(2027, 2, 26)


async def test_a_day_that_nobody_understands_is_asked_for_again(circle: Circle) -> None:
    await circle.publish()
    await circle.tom.says("aufgaben")
    await circle.tom.says("1")
    await circle.tom.says("mehr Zeit")
    [said] = await circle.tom.says("asap")
    assert said == "„asap“ ist kein Tag. Bis wann genau?"
    await circle.tom.says("Ende Q1")
    assert (await task(circle)).due_on == date(2027, 3, 31)


async def test_whoever_gets_a_task_has_to_agree(circle: Circle) -> None:
    await circle.publish()
    await circle.tom.says("aufgaben")
    await circle.tom.says("1")
    await circle.tom.says("abgeben")
    [said] = await circle.tom.says("Svenja")
    assert said == "Ich frage Svenja Petersen. Bis zur Zusage bleibt alles, wie es ist."
    assert await circle.owner(await task(circle)) == "Tom Berger"
    [said] = await circle.svenja.says("ja")
    assert said.startswith("Gut, die Aufgabe ist jetzt bei dir")
    assert await circle.owner(await task(circle)) == "Svenja Petersen"
    assert circle.tom.sees()[-1].startswith("Svenja Petersen übernimmt: Anleitung schreiben")
    assert await circle.tom.says("aufgaben") == ["Du hast keine offene Aufgabe."]


async def test_whoever_refuses_leaves_it_where_it_is(circle: Circle) -> None:
    await circle.publish()
    await circle.tom.says("aufgaben")
    await circle.tom.says("1")
    await circle.tom.says("abgeben")
    await circle.tom.says("Svenja")
    await circle.svenja.says("nein")
    assert await circle.owner(await task(circle)) == "Tom Berger"
    assert circle.tom.sees()[-1].startswith("Svenja Petersen kann gerade nicht übernehmen")


async def test_of_two_who_were_asked_the_first_one_has_it(circle: Circle, mehmet: Somebody) -> None:
    await circle.knows(mehmet)
    await circle.publish()
    for name in ("Svenja", "Mehmet"):
        await circle.tom.says("aufgaben")
        await circle.tom.says("1")
        await circle.tom.says("abgeben")
        await circle.tom.says(name)
    await mehmet.says("ja")
    assert await circle.svenja.says("ja") == ["Das gilt nicht mehr."]
    assert await circle.owner(await task(circle)) == "Mehmet Demir"


async def test_coordinators_see_all_that_is_open_and_supporters_their_own(circle: Circle) -> None:
    await circle.publish()
    assert await circle.svenja.says("aufgaben") == ["Du hast keine offene Aufgabe."]
    [said] = await circle.svenja.says("alle aufgaben")
    assert said.startswith("Alle offenen Aufgaben sieht die Koordination.")
    before = len(circle.traffic.sent)
    await circle.may.says("alle aufgaben")
    choices = [choice.label for choice in circle.traffic.sent[before].choices]
    assert choices == ["Tom Berger: Anleitung schreiben, bis Mittwoch, 23. Dezember 2026"]


async def test_nobody_decides_about_the_tasks_of_others(circle: Circle) -> None:
    await circle.publish()
    await circle.may.says("alle aufgaben")
    await circle.may.says("1")
    await circle.may.says("streichen")
    assert (await task(circle)).state == TaskState.DROPPED
    assert await circle.tom.says("aufgaben") == ["Du hast keine offene Aufgabe."]


async def test_a_task_of_somebody_who_left_is_asked_about(circle: Circle) -> None:
    ruth = circle.traffic.somebody("ruth", "Ruth Maier", MATRIX)
    await has_role(circle, ruth, "supporter")
    await ruth.says("Aufgabe: ich, Schulung klären, bis 23.12.")
    await ruth.says("ja")
    await circle.publish()
    await has_role(circle, ruth, None)
    [(_, who, text)] = await passes(circle, 2)
    assert (who, text) == ("may", "Noch offen: noch ohne Person: Schulung klären, bis Mittwoch, 23. Dezember 2026.")
    await circle.may.says("zuweisen")
    await circle.may.says("Svenja")
    await circle.svenja.says("ja")
    assert await circle.owner((await circle.tasks())[1]) == "Svenja Petersen"
    assert circle.may.sees()[-1].startswith("Svenja Petersen übernimmt")


async def has_role(circle: Circle, who: Somebody, role: str | None) -> None:
    """As the coordinators gave or took it in chat."""
    async with circle.traffic.database.unit_of_work() as uow:
        (await uow.people.know(who.platform, who.sender.id, who.sender.name)).role = role
        await uow.commit()


async def test_a_task_of_nobody_we_know_comes_to_the_coordinators_on_its_day(circle: Circle) -> None:
    await circle.tom.says("Aufgabe: Stabsstelle, Schulung klären, bis 17.12.")
    await circle.tom.says("ja")
    await circle.publish()
    heard = [one for one in await passes(circle, 20) if "Schulung" in one[2]]
    assert [(day, who) for day, who, _ in heard] == [(date(2026, 12, 17), "may")]


async def test_whoever_pauses_is_not_reminded_meanwhile(circle: Circle) -> None:
    await circle.publish()
    await circle.traffic.introduce(circle.tom, "Scannen", paused_until=date(2026, 12, 13))
    assert [day for day, _, _ in await passes(circle, 12)] == [date(2026, 12, 14)]


async def test_the_next_agenda_shows_what_is_open(circle: Circle) -> None:
    await circle.publish()
    async with circle.traffic.database.reading() as uow:
        assert await open_lines(str, uow) == ["Tom Berger: Anleitung schreiben, bis Mittwoch, 23. Dezember 2026"]
        assert await open_lines(str, uow, circle.series) == await open_lines(str, uow)
        assert await open_lines(str, uow, circle.series + 1) == []
