"""What was decided is told to those who ask, and becomes an answer when curators say so."""

from datetime import date, time, timedelta

import pytest

from storage.database import UnitOfWork
from storage.models.jour_fixe import Frequency, JourFixe, Meeting, MeetingState
from storage.models.minutes import Minutes, MinutesState, Outcome, OutcomeKind
from traffic import FLUR, LOTSEN, Somebody, Traffic

DAY = date(2026, 11, 19)


async def held_meeting(uow: UnitOfWork, day: date = DAY) -> int:
    series = JourFixe(
        title="Jour fixe", frequency=Frequency.WEEKLY, interval=4, weekday=3, first_on=day, begins=time(9), minutes=90,
        zone="Europe/Berlin", template=[], calendar_id=str(day),
    )  # fmt: skip
    number = await uow.jour_fixe.add(series)
    meeting = Meeting(jour_fixe_id=number, planned_on=day, day=day, begins=time(9), minutes=90, state=MeetingState.HELD)
    return await uow.jour_fixe.add_meeting(meeting)


async def decided(traffic: Traffic, *told: tuple[str, str], state: MinutesState = MinutesState.PUBLISHED) -> int:
    async with traffic.database.unit_of_work() as uow:
        meeting = await held_meeting(uow)
        until = traffic.clock.now() + timedelta(days=4)
        await uow.minutes.keep(Minutes(meeting_id=meeting, state=state, objections_until=until))
        for about, text in told:
            outcome = Outcome(meeting_id=meeting, about=about, kind=OutcomeKind.DECISION, text=text, is_confirmed=True)
            await uow.minutes.add_outcome(outcome)
        await uow.commit()
    return meeting


E_RECHNUNG = ("E-Rechnung", "Kitas nehmen die Leitweg-ID des FB 51.")
ALTAKTEN = ("Altakten", "Ab 1. März einheitlich nach Anleitung.")


async def test_whoever_asks_hears_what_was_decided_and_when(traffic: Traffic, tom: Somebody) -> None:
    await decided(traffic, E_RECHNUNG, ALTAKTEN)
    [said] = await tom.says("was haben wir zur E-Rechnung beschlossen?")
    assert "Donnerstag, 19. November 2026, E-Rechnung: Kitas nehmen die Leitweg-ID des FB 51." in said
    assert "Altakten" not in said


async def test_the_newest_decisions_are_listed_first(traffic: Traffic, tom: Somebody) -> None:
    await decided(traffic, E_RECHNUNG, ALTAKTEN)
    [said] = await tom.says("beschlüsse")
    assert said.index("Altakten") < said.index("E-Rechnung")


async def test_a_long_list_is_cut_into_pages(traffic: Traffic, tom: Somebody) -> None:
    await decided(traffic, *[(f"Thema {number}", "Wir machen es so.") for number in range(1, 9)])
    [first] = await tom.says("beschlüsse")
    assert "Thema 8" in first
    assert "Thema 2" not in first
    [rest] = await tom.says("mehr")
    assert "Thema 2" in rest
    assert "Thema 8" not in rest


async def test_what_was_not_decided_is_said_so(traffic: Traffic, tom: Somebody) -> None:
    assert "Noch steht kein Beschluss" in (await tom.says("beschlüsse: Urlaub"))[0]
    await decided(traffic, E_RECHNUNG)
    assert "„Urlaub“ finde ich keinen Beschluss" in (await tom.says("beschlüsse: Urlaub"))[0]


async def test_a_decision_is_found_only_once_its_minutes_are_published(traffic: Traffic, tom: Somebody) -> None:
    await decided(traffic, E_RECHNUNG, state=MinutesState.SUBMITTED)
    assert "Noch steht kein Beschluss" in (await tom.says("beschlüsse"))[0]


async def test_staff_and_rooms_where_they_read_hear_nothing_of_it(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    await decided(traffic, E_RECHNUNG)
    assert "Leitweg" not in " ".join(await anna.says("beschlüsse"))
    assert "Leitweg" not in " ".join(await tom.says("beschlüsse", FLUR))
    assert "Leitweg" in " ".join(await tom.says("beschlüsse", LOTSEN))


# from decision to answer


async def test_curators_are_asked_once_when_nobody_can_object_any_more(traffic: Traffic, may: Somebody) -> None:
    await decided(traffic, E_RECHNUNG)
    await traffic.night()
    assert not [text for text in may.sees() if "Antwort werden" in text]
    await traffic.night(5)
    await traffic.night(1)
    assert len([text for text in may.sees() if "Soll daraus eine Antwort werden?" in text]) == 1


async def test_a_decision_that_stays_one_is_not_asked_about_again(traffic: Traffic, may: Somebody) -> None:
    await decided(traffic, E_RECHNUNG)
    await traffic.night(5)
    [said] = await may.says("nein")
    assert said == "Gut. Der Beschluss bleibt unter „beschlüsse“."
    assert (await traffic.rows("knowledge_entry")) == {"knowledge_entry": 0}


async def test_an_answer_names_the_meeting_that_decided_it(traffic: Traffic, may: Somebody) -> None:
    await decided(traffic, E_RECHNUNG)
    await traffic.night(5)
    [asked] = await may.says("ja")
    assert "Wie lautet die Frage dazu?" in asked
    [shown] = await may.says("Welche Leitweg-ID gilt für Kitas?")
    assert "Kitas nehmen die Leitweg-ID des FB 51." in shown
    await may.says("ja")
    async with traffic.database.reading() as uow:
        [draft] = [entry async for entry in uow.knowledge.all()]
    assert draft.question == "Welche Leitweg-ID gilt für Kitas?"
    assert draft.sources == ["beschlossen im Jour fixe am Donnerstag, 19. November 2026"]


async def test_the_questions_that_a_topic_came_from_wait_for_its_answer(traffic: Traffic, may: Somebody) -> None:
    async with traffic.database.unit_of_work() as uow:
        number = await uow.questions.open("Welche Leitweg-ID gilt für Kitas?", DAY, "k1")
        item = await uow.agenda.add("E-Rechnung", DAY)
        assert item.id is not None
        await uow.questions.make_topic(item.id, [number])
        await uow.commit()
    meeting = await decided(traffic)
    async with traffic.database.unit_of_work() as uow:
        about, text = E_RECHNUNG
        outcome = Outcome(
            meeting_id=meeting, item_id=item.id, about=about, text=text, kind=OutcomeKind.DECISION, is_confirmed=True
        )
        await uow.minutes.add_outcome(outcome)
        await uow.commit()
    await traffic.night(5)
    [shown] = await may.says("ja")
    assert "Welche Leitweg-ID gilt für Kitas?" in shown
    await may.says("ja")
    async with traffic.database.reading() as uow:
        [draft] = [entry async for entry in uow.knowledge.all()]
        left = await uow.questions.still_open([number])
    assert draft.sources == ["beschlossen im Jour fixe am Donnerstag, 19. November 2026"]
    assert [question.entry_id for question in left] in ([], [draft.id])


@pytest.mark.parametrize("word", ["ja", "nein"])
async def test_a_decision_that_is_gone_meanwhile_says_so(traffic: Traffic, may: Somebody, word: str) -> None:
    await decided(traffic, E_RECHNUNG)
    await traffic.night(5)
    async with traffic.database.unit_of_work() as uow:
        [(outcome, _)] = await uow.minutes.decisions()
        await uow.minutes.remove_outcome(outcome.id or 0)
        await uow.commit()
    [said] = await may.says(word)
    assert said == (
        "Diesen Beschluss gibt es nicht mehr." if word == "ja" else "Gut. Der Beschluss bleibt unter „beschlüsse“."
    )
