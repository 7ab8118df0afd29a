"""Looking for a person: who is named and why, who is left out, and what nobody names."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from bot.turn import House
from handlers import candidates
from knowledge.assignment import KINDS, DepartmentRule
from knowledge.departments import Department, Departments
from storage.models.people import Availability
from traffic import BERATUNG, FLUR, LOTSEN, TEAMS, Somebody, Traffic

SEEKING = "Wer kennt sich mit Kanban aus?"
NOBODY = "Zu „Kanban“ nennt sich noch niemand. Das Thema merke ich ohne Namen für die Koordination vor."


def labels(traffic: Traffic) -> list[str]:
    return [choice.label for choice in traffic.sent[-1].choices]


@pytest.fixture
async def svenja(traffic: Traffic) -> Somebody:
    return await traffic.met("svenja", "Svenja Ritter")


def settled(traffic: Traffic, house: House) -> None:
    """The house has these rules from now on."""
    object.__setattr__(traffic.dispatcher, "_services", SimpleNamespace(**{**vars(traffic.services()), "house": house}))


async def belongs(traffic: Traffic, who: Somebody, department: str) -> None:
    async with traffic.database.unit_of_work() as uow:
        (await uow.people.know(who.platform, who.sender.id, who.sender.name)).department = department
        await uow.commit()


DEPARTMENTS = Departments([Department("Sozialamt"), Department("Bauamt")])


# who is named


async def test_the_reason_is_their_own_word(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await traffic.introduce(tom, "Kanban", "Moderation")
    assert await anna.says(SEEKING) == ["Zu „Kanban“ passt:"]
    assert labels(traffic) == ["Tom Berger: nennt „Kanban“"]
    await anna.says("1")
    assert "- Themen: Kanban, Moderation" in traffic.sent[-1].text


async def test_the_order_is_random(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in (tom, mehmet):
        await traffic.introduce(who, "Kanban")
    orders: Iterator[bool] = iter((False, True))
    turned = SimpleNamespace(sample=lambda people, count: sorted(people, key=id_of, reverse=next(orders)))
    monkeypatch.setattr(candidates, "RANDOM", turned)
    await anna.says(SEEKING)
    first = labels(traffic)
    await anna.says(SEEKING)
    assert labels(traffic) == first[::-1]


def id_of(candidate: object) -> int:
    return int(getattr(candidate, "person_id"))  # noqa: B009


async def test_at_most_three_at_once_and_the_others_on_request_in_the_same_order(
    traffic: Traffic, anna: Somebody
) -> None:
    supporters = frozenset({f"s{number}" for number in range(5)})
    traffic.community._settings = traffic.settings.model_copy(update={"supporters": supporters})
    for number in range(5):
        await traffic.introduce(await traffic.met(f"s{number}", f"Sam {number}"), "Kanban")
    await anna.says(SEEKING)
    first = labels(traffic)
    assert first[3:] == ["weitere zeigen"]
    await anna.says("mehr")
    assert sorted({*first[:3], *labels(traffic)}) == [f"Sam {number}: nennt „Kanban“" for number in range(5)]


@pytest.mark.parametrize(
    "away",
    [
        {"paused_until": date(2026, 11, 20)},
        {"availability": Availability.FULL},
        {"weekly_capacity": 0},
    ],
)
async def test_who_is_away_is_not_named_and_nobody_learns_why(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody, away: dict[str, object]
) -> None:
    deputy = await traffic.introduce(mehmet, "Excel")
    await traffic.introduce(tom, "Kanban", deputy_person_id=deputy, **away)
    await anna.says(SEEKING)
    assert labels(traffic) == ["Mehmet Demir: als Vertretung"]
    await traffic.introduce(tom, "Kanban", **away)
    [said] = await anna.says(SEEKING)
    assert said.startswith("Zu „Kanban“ ist gerade niemand frei.")
    assert "Tom" not in said
    assert await traffic.rows("unmet_topic") == {"unmet_topic": 0}


async def test_nobody_is_named_to_themselves(traffic: Traffic, tom: Somebody, mehmet: Somebody) -> None:
    await traffic.introduce(tom, "Kanban")
    await traffic.introduce(mehmet, "Kanban")
    await tom.says(SEEKING)
    assert labels(traffic) == ["Mehmet Demir: nennt „Kanban“"]


async def test_who_left_the_supporters_is_not_named(traffic: Traffic, anna: Somebody, ben: Somebody) -> None:
    await traffic.introduce(ben, "Kanban")
    [said] = await anna.says(SEEKING)
    assert said.startswith(NOBODY)


# departments


async def test_the_own_department_comes_first(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    settled(traffic, House(departments=DEPARTMENTS))
    for who, department in ((tom, "Sozialamt"), (mehmet, "Bauamt")):
        await traffic.introduce(who, "Kanban")
        await belongs(traffic, who, department)
    await anna.says(SEEKING)
    assert labels(traffic)[-1] == "aus meinem Fachbereich zuerst"
    await anna.says("fachbereich")
    await anna.says("Gartenamt")
    assert traffic.sent[-1].text.startswith("Diesen Fachbereich kenne ich nicht.")
    await anna.says("Bauamt")
    assert labels(traffic)[0] == "Mehmet Demir, Bauamt: nennt „Kanban“"
    assert await traffic.rows("person") == {"person": 2}, "the asker's is not kept"


async def test_where_the_own_one_is_excluded_it_is_asked_for_and_said_how_many_are_missing(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    kinds = tuple(replace(kind, rule=DepartmentRule.OWN_EXCLUDED) for kind in KINDS)
    settled(traffic, House(departments=DEPARTMENTS, kinds=kinds))
    for who, department in ((tom, "Sozialamt"), (mehmet, "Bauamt")):
        await traffic.introduce(who, "Kanban")
        await belongs(traffic, who, department)
    assert await anna.says(SEEKING) == ["Aus welchem Fachbereich fragst du? Ich merke ihn mir nicht."]
    assert labels(traffic) == ["doch nicht fragen"]
    [said] = await anna.says("Bauamt")
    assert "Eine Person fehlt hier: Es gilt „nicht aus dem eigenen Fachbereich“." in said
    assert labels(traffic) == ["Tom Berger, Sozialamt: nennt „Kanban“"]
    await anna.says("1")
    assert "- Themen: Kanban" in traffic.sent[-1].text


# what nobody names


async def test_what_nobody_names_is_noted_without_a_name_and_once_a_day(
    traffic: Traffic, anna: Somebody, ben: Somebody
) -> None:
    for who in (anna, ben):
        assert (await who.says(SEEKING))[0].startswith(NOBODY)
    async with traffic.database.reading() as uow:
        assert [one.text for one in await uow.people.unmet()] == ["Kanban"]
    await traffic.night(1)
    await anna.says(SEEKING)
    assert await traffic.rows("unmet_topic") == {"unmet_topic": 2}
    assert "unmet_topic" not in await traffic.tables_with("anna-id", "ben-id", "Özdemir")


async def test_it_can_go_to_all_supporters_as_a_question(traffic: Traffic, anna: Somebody) -> None:
    await anna.says(SEEKING)
    await anna.says("ja")
    assert "Kanban" in traffic.texts_at(LOTSEN)[0]


async def test_in_a_confidential_room_nothing_is_kept(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.says(SEEKING, BERATUNG)
    await traffic.introduce(tom, "Kanban")
    [said] = await anna.says(SEEKING, BERATUNG)
    assert "- Tom Berger: nennt „Kanban“" in said
    assert "Aus diesem Raum merke ich mir nichts." in said
    counts = await traffic.rows("unmet_topic", "open_question", "pending_offer")
    assert set(counts.values()) == {0}


async def test_a_sensitive_subject_names_who_helps_and_keeps_nothing(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    topic = SimpleNamespace(is_urgent=False, office="Die Sozialberatung hilft.")
    traffic.sensitive = {"Sucht": topic}
    settled(traffic, House())
    [said] = await anna.says("Wer kennt sich mit Sucht aus?")
    assert said.startswith("Das gehört in vertrauliche Hände. Die Sozialberatung hilft.")
    await traffic.introduce(tom, "Kanban")
    await anna.says(SEEKING)
    await anna.says("1")
    await anna.says("fragen")
    assert (await anna.says("Hilfst du bei Sucht?"))[0].startswith("Das gehört in vertrauliche Hände.")
    assert await traffic.rows("routing", "unmet_topic") == {"routing": 0, "unmet_topic": 0}


# a question to one of them


async def test_a_question_is_brought_to_this_person_alone(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    await traffic.introduce(tom, "Kanban")
    await anna.says(SEEKING)
    await anna.says("1")
    assert (await anna.says("fragen"))[0].startswith("Wie lautet deine Frage an Tom Berger?")
    assert (await anna.says("Zeigst du uns das?"))[0].startswith("Weitergegeben als Frage 1.")
    assert tom.sees()[-1].startswith("**Frage 1** von Anna Özdemir: „Zeigst du uns das?“")
    assert traffic.texts_at(LOTSEN) == []
    await tom.says("übernehmen")
    await tom.says("Gern.")
    assert "**Antwort von Tom Berger auf Frage 1**" in anna.sees()[-1]


@pytest.mark.parametrize(("text", "answer"), [("x" * 1001, "langer Text"), ("???", "in einem Satz")])
async def test_what_is_no_question_is_not_brought(
    traffic: Traffic, anna: Somebody, tom: Somebody, text: str, answer: str
) -> None:
    await traffic.introduce(tom, "Kanban")
    await anna.says(SEEKING)
    await anna.says("1")
    await anna.says("fragen")
    assert answer in (await anna.says(text))[0]
    assert await traffic.rows("routing") == {"routing": 0}


async def test_who_left_meanwhile_is_not_asked(
    traffic: Traffic, anna: Somebody, tom: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    await traffic.introduce(tom, "Kanban")
    await anna.says(SEEKING)
    await anna.says("1")
    await anna.says("fragen")
    traffic.community._settings = traffic.settings.model_copy(update={"supporters": frozenset()})
    before = tom.sees()
    assert await anna.says("Zeigst du uns das?") == ["Diese Person erreiche ich hier nicht. Bitte selbst ansprechen."]
    assert tom.sees() == before


async def test_when_all_have_gone_meanwhile_that_is_said(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await traffic.introduce(tom, "Kanban")
    await anna.says(SEEKING)
    await traffic.introduce(tom, "Excel")
    assert await anna.says("1") == ["Diese Person ist gerade nicht da. Frag mich gern noch einmal."]


# the coordinators


async def test_the_coordinators_hear_once_a_week_what_is_new(traffic: Traffic, anna: Somebody, may: Somebody) -> None:
    await anna.says(SEEKING)
    await traffic.night(1)
    assert may.sees()[-1] == "Diese Themen wurden gesucht, und niemand nennt sie:\n\n- Kanban"
    await anna.says("Wer kennt sich mit Scrum aus?")
    await anna.says("Wer kennt sich mit KANBAN aus?")
    before = may.sees()
    for _ in range(6):
        await traffic.night(1)
    assert may.sees() == before
    await traffic.night(1)
    assert may.sees()[-1] == "Diese Themen wurden gesucht, und niemand nennt sie:\n\n- Scrum"
    await traffic.night()
    await traffic.night(10)
    assert len(may.sees()) == len(before) + 1


async def test_without_coordinators_nothing_counts_as_reported(traffic: Traffic, anna: Somebody) -> None:
    await anna.says(SEEKING)
    await traffic.night(1)
    may = await traffic.met("may", "Jutta May", TEAMS)
    await traffic.night(1)
    assert "- Kanban" in may.sees()[-1]


@pytest.mark.parametrize(("word", "topics"), [("erledigt", 0), ("jour fixe", 1)])
async def test_they_are_done_with_a_topic(
    traffic: Traffic, anna: Somebody, may: Somebody, word: str, topics: int
) -> None:
    await anna.says(SEEKING)
    await traffic.night(1)
    await anna.says("Wer kennt sich mit kanban aus?")
    assert await may.says("themen ohne lots:innen") == ["Gesucht, aber niemand nennt es. Mit der Zahl geht es weiter."]
    assert labels(traffic) == ["Kanban"]
    assert await may.says("1") == ["„Kanban“: Was soll damit geschehen?"]
    await may.says(word)
    assert await may.says("themen ohne lotsen") == ["Zurzeit fehlt zu keinem gesuchten Thema jemand."]
    assert await traffic.rows("unmet_topic", "agenda_item") == {"unmet_topic": 0, "agenda_item": topics}


async def test_from_the_report_they_come_to_the_list(traffic: Traffic, anna: Somebody, may: Somebody) -> None:
    for number in range(8):
        await anna.says(f"Wer kennt sich mit Thema{number} aus?")
    await traffic.night(1)
    assert may.sees()[-1].endswith("Alle zeigt „themen ohne lots:innen“.")
    await may.says("zeigen")
    assert labels(traffic)[-1] == "mehr"
    await may.says("mehr")
    assert labels(traffic) == ["Thema6", "Thema7"]
    await may.says("1")
    await may.says("zurück")
    assert labels(traffic)[0] == "Thema0"
    await may.says("1")
    await may.says("erledigt")
    assert await traffic.rows("unmet_topic") == {"unmet_topic": 7}


@pytest.mark.parametrize("place", [None, FLUR])
async def test_nobody_else_sees_that_list(traffic: Traffic, tom: Somebody, may: Somebody, place: None) -> None:
    who = tom if place is None else may
    [said] = await who.says("themen ohne lots:innen", place)
    assert said == "Die Themen ohne Lots:innen zeige ich nur der Koordination und nur unter Lots:innen."
