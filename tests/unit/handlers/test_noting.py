"""Results are taken from the chat of a meeting, repeated and confirmed; nothing else of it is kept."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.messages import Kind
from circle import Circle, town
from conftest import MovedClock
from traffic import FLUR, LOTSEN, MATRIX, TEAMS, Somebody, Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with town(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def circle(traffic: Traffic, tom: Somebody, may: Somebody) -> Circle:
    circle = Circle(traffic, tom, await traffic.met("svenja", "Svenja Petersen", MATRIX), may)
    return await circle.meet("Ankommen", "Infos von oben", "Altakten")


async def test_a_decision_is_repeated_in_full_and_kept_with_its_item(circle: Circle) -> None:
    [said] = await circle.tom.says("top 3 beschluss: ab 1.3. einheitlich nach anleitung, 2 enthaltungen")
    assert "Beschluss zu „Altakten“: Ab 1. März 2027 einheitlich nach anleitung, 2 enthaltungen. " in said.replace(
        "\n", " "
    )
    [kept] = await circle.outcomes()
    assert (kept.about, kept.is_confirmed) == ("Altakten", False)
    assert await circle.tom.says("ja") == ["Notiert fürs Protokoll."]
    [kept] = await circle.outcomes()
    assert kept.is_confirmed


async def test_without_a_number_it_belongs_to_what_is_talked_about(circle: Circle) -> None:
    await circle.talks_about(2)
    await circle.tom.says("Info: M365 kommt später")
    [kept] = await circle.outcomes()
    assert kept.about == "Infos von oben"


async def test_a_number_that_is_not_on_the_agenda_is_said(circle: Circle) -> None:
    [said] = await circle.tom.says("top 9 info: x")
    assert said == "TOP 9 steht nicht auf der Tagesordnung. Es gibt dort 1 bis 3."
    assert await circle.outcomes() == []


async def test_other_talk_leaves_nothing(circle: Circle) -> None:
    before = await circle.traffic.tables_with("Kaffee")
    await circle.tom.says("Der Kaffee ist kalt", LOTSEN, is_addressed=False)
    await circle.tom.says("Beschluss: mehr Kaffee kochen", LOTSEN, is_addressed=False)
    assert before == []
    assert not {"outcome", "task", "minutes"} & set(await circle.traffic.tables_with("Kaffee", "kochen"))


@pytest.mark.parametrize(("reaction", "kept"), [("👍", True), ("👎", False)])
async def test_a_reaction_decides(circle: Circle, reaction: str, kept: bool) -> None:
    await circle.tom.says("!beschluss wir scannen", LOTSEN)
    shown = circle.traffic.message_at(LOTSEN, "Beschluss")
    await circle.tom.says(reaction, LOTSEN, kind=Kind.REACTION, refers_to=shown)
    assert [one.is_confirmed for one in await circle.outcomes()] == ([True] if kept else [])


async def test_in_a_room_the_moderator_may_confirm_what_somebody_noted(circle: Circle, mehmet: Somebody) -> None:
    await mehmet.says("Idee: Barcamp", LOTSEN)
    await circle.svenja.says("ja", LOTSEN, is_addressed=False)
    assert (await circle.outcomes())[0].is_confirmed


async def test_others_hear_who_confirms(circle: Circle, mehmet: Somebody) -> None:
    await circle.tom.says("Idee: Barcamp", LOTSEN)
    [said] = await mehmet.says("ja", LOTSEN, is_addressed=False)
    assert said.startswith("Das bestätigt, wer es notiert hat")
    assert not (await circle.outcomes())[0].is_confirmed
    await circle.tom.says("ja", LOTSEN, is_addressed=False)
    assert (await circle.outcomes())[0].is_confirmed


async def test_it_may_be_written_anew(circle: Circle) -> None:
    await circle.tom.says("top 3 beschluss: ab Mai")
    await circle.tom.says("ändern")
    await circle.tom.says("ab März")
    assert [(one.kind, one.text, one.about) for one in await circle.outcomes()] == [("decision", "Ab März", "Altakten")]


async def test_whoever_asks_without_a_meeting_hears_when_results_are_taken(traffic: Traffic, tom: Somebody) -> None:
    [said] = await tom.says("Beschluss: ab März")
    assert said.startswith("Gerade läuft kein Jour fixe")
    assert "„jour fixe starten“" in said


async def test_staff_note_nothing(circle: Circle, anna: Somebody) -> None:
    await anna.says("Info: der Kopierer klemmt")
    assert await circle.outcomes() == []


async def test_in_a_room_that_others_read_nothing_is_noted(circle: Circle) -> None:
    tom = replace(circle.tom, platform=TEAMS)
    circle.traffic.people.append(tom)
    [said] = await tom.says("Info: intern", FLUR)
    assert "nur unter ihnen" in said
    assert await circle.outcomes() == []


async def test_it_can_be_noted_until_the_minutes_are_published(circle: Circle) -> None:
    await circle.end()
    await circle.tom.says("Info: nachgetragen")
    await circle.tom.says("ja")
    assert [one.text for one in await circle.outcomes()] == ["Nachgetragen"]
    await circle.svenja.says("protokoll")
    await circle.svenja.says("freigeben")
    [said] = await circle.tom.says("Info: zu spät")
    assert said.startswith("Gerade läuft kein Jour fixe")


# tasks


async def test_dialogue_6_8(circle: Circle, may: Somebody) -> None:
    ben = await circle.traffic.met("mehmet", "Ben Krause", MATRIX)
    await circle.knows(ben, may)
    [said] = await circle.tom.says(
        "top 3 beschluss: ab 1.3. einheitlich nach anleitung, 2 enthaltungen. aufgabe ben anleitung bis nächsten jf, "
        "aufgabe stabstelle schulung klären bis KW 3"
    )
    assert "Aufgabe Ben Krause: Anleitung, bis Donnerstag, 7. Januar 2027." in said
    assert (
        "Donnerstag, 31. Dezember 2026 ist Silvester (Hausliste), der nächste Jour fixe ist deshalb am Donnerstag, "
        "7. Januar 2027. Frist dann?" in said
    )
    assert "Aufgabe Stabstelle: Schulung klären, bis Freitag, 22. Januar 2027. „stabstelle“ – wer genau?" in said
    [said] = await circle.tom.says("7.1. und frau may")
    assert "Aufgabe Jutta May: Schulung klären, bis Freitag, 22. Januar 2027." in said
    assert "wer genau" not in said.casefold()
    await circle.tom.says("ja")
    tasks = await circle.tasks()
    assert [(await circle.owner(one), one.due_on, one.is_confirmed) for one in tasks] == [
        ("Ben Krause", date(2027, 1, 7), True),
        ("Jutta May", date(2027, 1, 22), True),
    ]


@pytest.mark.parametrize(
    ("until", "day", "note"),
    [
        (
            "bis 31. Februar",
            date(2027, 2, 26),
            "„31. Februar“ gibt es nicht. Mein Vorschlag: Freitag, 26. Februar 2027.",
        ),
        ("bis 15.3.2026", date(2027, 3, 15), "15. März 2026 ist schon vorbei. Mein Vorschlag: Montag, 15. März 2027."),
        ("asap", None, "„asap“ ist kein Tag. Bis wann genau?"),
        ("", None, "Bis wann?"),
        ("bis KW 54", date(2026, 12, 30), "„KW 54“ gibt es nicht."),
        ("nach den Osterferien", None, "Die Ferientage kenne ich nicht."),
        ("bis 31.12.", date(2026, 12, 31), "Silvester (Hausliste). Passt die Frist trotzdem?"),
        ("bis Ende Q1", date(2027, 3, 31), ""),
        ("bis Fr", date(2026, 12, 4), ""),
        ("bis KW 12", date(2027, 3, 26), "Karfreitag"),
    ],
)
async def test_a_day_is_understood_or_asked_for(circle: Circle, until: str, day: date | None, note: str) -> None:
    [said] = await circle.tom.says(f"Aufgabe: ich, Raum buchen, {until}")
    assert note in said
    [task] = await circle.tasks()
    assert (task.text, task.due_on, await circle.owner(task)) == ("Raum buchen", day, "Tom Berger")


@pytest.mark.parametrize("who", ["wir", "alle", ""])
async def test_nobody_in_particular_is_asked_for(circle: Circle, who: str) -> None:
    [said] = await circle.tom.says(
        f"Aufgabe: {who}, Raum buchen, bis Freitag" if who else "Aufgabe: Raum buchen bis Fr"
    )
    assert "Wer genau?" in said
    await circle.tom.says("ich")
    assert await circle.owner((await circle.tasks())[0]) == "Tom Berger"


async def test_of_two_with_one_name_somebody_is_chosen(circle: Circle) -> None:
    await circle.knows(await circle.traffic.met("mehmet", "Tom Vogel", MATRIX))
    [said] = await circle.tom.says("Aufgabe: Tom, Raum buchen, bis Freitag")
    assert "Wer genau: " in said
    assert "Tom Berger" in said
    assert "Tom Vogel" in said
    await circle.tom.says("Tom Vogel")
    assert await circle.owner((await circle.tasks())[0]) == "Tom Vogel"


async def test_whoever_has_a_duty_is_meant_by_it(circle: Circle) -> None:
    await circle.tom.says("Aufgabe: Moderation, einladen, bis Freitag")
    assert await circle.owner((await circle.tasks())[0]) == "Svenja Petersen"


async def test_an_office_is_kept_in_words_and_a_name_that_nobody_knows_is_not(circle: Circle) -> None:
    await circle.tom.says("Aufgabe: Stabsstelle, Schulung klären, bis KW 3")
    [said] = await circle.tom.says("Frau Yilmaz-Kahn")
    assert "„Frau Yilmaz-Kahn“ kenne ich unter den Lots:innen nicht. Wer genau, oder welche Stelle?" in said
    [told] = await circle.tom.says("ja")
    assert told.startswith("Notiert fürs Protokoll. Was fehlt, lässt sich im Entwurf nachtragen")
    [task] = await circle.tasks()
    assert (task.owner_person_id, task.owner_name, task.is_confirmed) == (None, "Stabsstelle", True)


async def test_an_unknown_name_with_a_task_is_asked_about_and_kept_nowhere(circle: Circle) -> None:
    [said] = await circle.tom.says("Aufgabe: Frau Yilmaz-Kahn, Raum buchen, bis Freitag")
    assert "Aufgabe noch ohne Person: Raum buchen" in said
    [task] = await circle.tasks()
    assert (task.owner_person_id, task.owner_name, task.text) == (None, "", "Raum buchen")


async def test_of_two_open_names_each_is_asked_for_until_it_is_clear(circle: Circle) -> None:
    await circle.tom.says("Aufgabe: Frau Yilmaz, Raum buchen, bis Freitag. Aufgabe: wir, Kuchen backen, bis Freitag")
    [said] = await circle.tom.says("Moderation")
    assert "Aufgabe Svenja Petersen" in said
    assert said.count("Wer genau") == 1
    await circle.tom.says("ich")
    assert [await circle.owner(one) for one in await circle.tasks()] == ["Svenja Petersen", "Tom Berger"]


async def test_a_task_needs_no_colon_when_it_says_who(circle: Circle) -> None:
    [said] = await circle.tom.says("aufgabe wir klären schulung asap")
    assert "Wer genau?" in said
    assert "„asap“ ist kein Tag." in said


@pytest.mark.parametrize("words", ["Beschluss ab märz gilt die neue anleitung", "b: ab märz gilt die neue anleitung"])
async def test_while_a_meeting_runs_a_label_needs_no_colon(circle: Circle, words: str) -> None:
    [said] = await circle.tom.says(words)
    assert "Beschluss: Ab märz gilt die neue anleitung." in said
    await circle.end()
    await circle.tom.says(words)
    assert len(await circle.outcomes()) == 1, "later it is a question like others"


async def test_an_edited_message_is_not_noted_twice(circle: Circle) -> None:
    await circle.tom.says("Beschluss: so")
    await circle.tom.edits("Beschluss: anders", circle.tom.said)
    assert [one.text for one in await circle.outcomes()] == ["So"]


async def test_the_next_result_is_no_answer_to_what_was_asked(circle: Circle) -> None:
    await circle.tom.says("Aufgabe: Raum buchen")
    await circle.tom.says("Beschluss: ab März")
    assert [one.text for one in await circle.outcomes()] == ["Ab März"]


# personal data


async def test_criticism_gets_a_neutral_wording_and_a_hint(circle: Circle) -> None:
    [said] = await circle.tom.says("top 3 info: Müller hat die Anleitung wieder nicht geliefert, total unfähig")
    assert "Zu „Altakten“ ist noch etwas zu klären" in said
    assert "zur Akte" in said
    assert await circle.traffic.tables_with("Müller", "unfähig") == []


async def test_numbers_and_names_of_others_are_left_out_before_anything_is_kept(circle: Circle) -> None:
    [said] = await circle.tom.says("Info: Frau Müller Az. 50-123 hat Widerspruch eingelegt")
    assert "Aktenzeichen" in said
    assert await circle.traffic.tables_with("Müller", "50-123") == []


async def test_what_is_confidential_is_not_noted(circle: Circle) -> None:
    circle.traffic.sensitive = {"Mobbing": SimpleNamespace(office="Frag den Personalrat.")}
    [said] = await circle.tom.says("Info: Mobbing im Amt 50")
    assert "Frag den Personalrat." in said
    assert await circle.outcomes() == []
