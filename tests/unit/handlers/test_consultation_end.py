"""How a round ends: notes to one, time to say goodbye, and then nothing of it is left but who met whom."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.messages import Choice, Conversation, Order
from bot.turn import Night, Services
from conftest import MovedClock
from consulting import ROOM, Consultation, opened, table
from handlers.peer_consultation import closing
from handlers.peer_consultation.circle import open_circle
from knowledge.consultation_files import built_in
from storage.models.peer_consultation import GroupState, Mode, NoteKind

LEFT_BEHIND = (
    "consultation_group", "consultation_case", "group_member", "group_place", "group_post", "group_step", "group_note",
    "phase_voice", "room",
)  # fmt: skip


@pytest.fixture
async def consultation(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Consultation]:
    async with opened(migrated, tmp_path, clock, table()) as traffic:
        yield await Consultation(traffic).open()


async def end(consultation: Consultation) -> None:
    """The last phase is over."""

    async def begin(night: Night, services: Services) -> object:
        group = await night.uow.consultations.hold(consultation.number)
        assert group is not None
        return await closing.begin(night, services, await open_circle(night.uow, group))

    await consultation.traffic.errands._do(begin)  # type: ignore[arg-type]
    await consultation.traffic.idle()


async def rows(consultation: Consultation) -> dict[str, int]:
    """The tables in which something is left."""
    found = await consultation.traffic.rows(*LEFT_BEHIND)
    return {name: count for name, count in found.items() if count}


def orders(consultation: Consultation) -> list[tuple[Conversation, Order]]:
    return [(one.conversation, one.room.order) for one in consultation.traffic.sent if one.room is not None]


async def test_all_hear_when_what_was_said_is_deleted(consultation: Consultation) -> None:
    await end(consultation)
    text = (
        "**Beratung 1 ist zu Ende.** Um 10:15 Uhr lösche ich, was im Raum steht, und schließe ihn. "
        "In Einzelchats lösche ich nur, was von mir ist."
    )
    assert consultation.in_room[-1] == text
    assert consultation.seen_by("mehmet")[-1] == text


async def test_a_quarter_of_an_hour_later_nothing_is_left_where_it_was_said(consultation: Consultation) -> None:
    await consultation.says("ben", "Er will gefragt werden.")
    await consultation.says("mehmet", "Das glaube ich auch.")
    await end(consultation)
    await consultation.traffic.passes(minutes=14)
    assert consultation.in_room
    await consultation.traffic.passes(minutes=1)
    assert consultation.in_room == []
    assert not any("gefragt" in text or "zu Ende" in text for text in consultation.seen_by("mehmet"))
    assert orders(consultation) == [(ROOM, Order.LET_SPEAK), (ROOM, Order.CLOSE)]
    assert await rows(consultation) == {}


async def test_what_is_said_meanwhile_still_reaches_everybody(consultation: Consultation) -> None:
    await end(consultation)
    await consultation.says("aylin", "Danke euch allen!")
    assert consultation.seen_by("mehmet")[-1] == "**Aylin Kaya:** Danke euch allen!"


async def test_it_is_ended_only_once(consultation: Consultation) -> None:
    await end(consultation)
    before = len(consultation.traffic.sent)
    await end(consultation)
    assert len(consultation.traffic.sent) == before


@pytest.mark.parametrize("who", ["aylin", "ruth"])
async def test_the_case_giver_and_the_moderator_can_have_it_deleted_at_once(
    consultation: Consultation, who: str
) -> None:
    await end(consultation)
    await consultation.says(who, "gleich")
    assert consultation.in_room == []
    assert await rows(consultation) == {}


async def test_nobody_else_decides_when_it_is_deleted(consultation: Consultation) -> None:
    await end(consultation)
    said = await consultation.says("ben", "gleich")
    assert [one.text for one in said] == ["Das entscheiden hier der Fall und die Moderation."]
    assert await rows(consultation) != {}


async def test_it_can_wait_twice_and_not_longer(consultation: Consultation) -> None:
    await end(consultation)
    await consultation.says("aylin", "noch nicht")
    assert "Um 10:30 Uhr" in consultation.in_room[-1]
    await consultation.traffic.passes(minutes=29)
    said = await consultation.says("aylin", "noch nicht")
    assert "Um 10:45 Uhr" in consultation.in_room[-1]
    assert [choice.word for choice in next(one for one in said if one.conversation == ROOM).choices] == ["gleich"]
    await consultation.traffic.passes(minutes=15)
    assert consultation.in_room
    await consultation.traffic.passes(minutes=1)
    assert consultation.in_room == []


@pytest.fixture
async def in_writing(consultation: Consultation) -> Consultation:
    """The same group takes part in writing; it is Friday, ten o'clock."""
    async with consultation.traffic.database.unit_of_work() as uow:
        group = await uow.consultations.hold(consultation.number)
        assert group is not None
        group.mode = Mode.WRITTEN
        await uow.commit()
    return consultation


async def test_in_writing_all_can_read_until_the_evening_of_the_next_working_day(in_writing: Consultation) -> None:
    await end(in_writing)
    assert "Am Montag, 23. November 2026, 18:00 Uhr lösche ich, was im Raum steht" in in_writing.in_room[-1]
    assert [choice.label for choice in offered_in_room(in_writing)] == ["gleich löschen", "noch einen Arbeitstag"]
    await in_writing.traffic.passes(days=3, hours=7, minutes=59)
    assert in_writing.in_room
    await in_writing.traffic.passes(minutes=1)
    assert in_writing.in_room == []
    assert await rows(in_writing) == {}


async def test_in_writing_it_can_wait_for_two_working_days_more_and_not_longer(in_writing: Consultation) -> None:
    await end(in_writing)
    await in_writing.says("aylin", "noch nicht")
    assert "Am Dienstag, 24. November 2026, 18:00 Uhr" in in_writing.in_room[-1]
    await in_writing.traffic.passes(days=4)
    await in_writing.says("ruth", "noch nicht")
    assert "Am Mittwoch, 25. November 2026, 18:00 Uhr" in in_writing.in_room[-1]
    assert [choice.word for choice in offered_in_room(in_writing)] == ["gleich"]


async def test_in_writing_it_can_be_deleted_at_once_as_well(in_writing: Consultation) -> None:
    await end(in_writing)
    await in_writing.says("aylin", "gleich")
    assert in_writing.in_room == []


def offered_in_room(consultation: Consultation) -> Sequence[Choice]:
    """The choices below what the bot said last in the room."""
    return [one for one in consultation.traffic.sent if one.conversation == ROOM and one.choices][-1].choices


async def test_who_sat_together_is_known_and_nothing_else(consultation: Consultation) -> None:
    await end(consultation)
    await consultation.traffic.passes(minutes=15)
    async with consultation.traffic.database.reading() as uow:
        partners = await uow.rounds.partners()
    assert len(partners) == 10  # each of five with each other
    assert set(partners.values()) == {date(2026, 11, 20)}


async def test_who_took_part_from_elsewhere_hears_that_the_next_words_are_for_the_bot(
    consultation: Consultation,
) -> None:
    await end(consultation)
    await consultation.traffic.passes(minutes=15)
    assert "Was du jetzt schreibst, geht wieder nur an mich." in consultation.seen_by("mehmet")[-1]
    assert "geht wieder nur an mich" not in consultation.seen_by("ben")[-1]
    assert "Hallo" in (await consultation.says_alone("mehmet", "hallo"))[0]


async def test_the_notes_stay_their_days_and_then_go_with_the_last_of_the_group(consultation: Consultation) -> None:
    await consultation.says_alone("tom", "notiz: klein anfangen")
    await end(consultation)
    await consultation.traffic.passes(minutes=15)
    assert any("klein anfangen" in text for text in consultation.seen_by("aylin"))
    assert await rows(consultation) == {"consultation_group": 1, "group_post": 1}
    await consultation.traffic.night(13)
    assert any("klein anfangen" in text for text in consultation.seen_by("aylin"))
    await consultation.traffic.night(1)
    assert not any("klein anfangen" in text for text in consultation.seen_by("aylin"))
    assert await rows(consultation) == {}


async def test_long_notes_come_in_several_messages(consultation: Consultation) -> None:
    async with consultation.traffic.database.unit_of_work() as uow:
        from storage.models.peer_consultation import GroupNote

        for number in range(20):
            text = f"Nummer {number} " + "wort " * 80
            await uow.consultations.add_note(
                GroupNote(group_id=consultation.number, kind=NoteKind.HYPOTHESIS, text=text)
            )
        await uow.commit()
    await end(consultation)
    letters = [text for text in consultation.seen_by("aylin") if "Vermutungen:" in text]
    assert len(letters) > 1
    assert max(map(len, letters)) < 4_200
    assert all(any(f"Nummer {number} " in text for text in letters) for number in range(20))


# what is asked afterwards


async def test_each_one_is_asked_once_and_only_number_and_month_are_kept(consultation: Consultation) -> None:
    await end(consultation)
    await consultation.traffic.passes(minutes=15)
    for person in ("ruth", "tom", "ben", "mehmet"):
        assert "Hat sich die Beratung gelohnt" in consultation.seen_by(person)[-1]
        assert await consultation.says_alone(person, "4") == [
            "Danke. Notiert: ja. Die Zahl steht jetzt ohne Namen bei den anderen."
        ]
    async with consultation.traffic.database.reading() as uow:
        assert await uow.rounds.feedback(date(2026, 11, 1)) == [4] * 4


@pytest.mark.parametrize(
    ("answer", "value"), [("5", 5), ("sehr", 5), ("kaum", 1), ("0", 0), ("6", 0), ("gar nicht", 0)]
)
async def test_a_number_means_the_line_that_it_stands_before(
    consultation: Consultation, answer: str, value: int
) -> None:
    await end(consultation)
    await consultation.traffic.passes(minutes=15)
    asked = [one for one in consultation.traffic.sent if one.conversation == consultation.ben.chat][-1]
    labels = [choice.label for choice in asked.choices]
    assert labels == ["kaum", "ein wenig", "teils", "ja", "sehr", "gar nicht", "überspringen"]
    await consultation.says_alone("ben", answer)
    async with consultation.traffic.database.reading() as uow:
        assert await uow.rounds.feedback(date(2026, 11, 1)) == [value]


async def test_a_wrong_number_is_answered_and_a_right_one_still_taken(consultation: Consultation) -> None:
    await end(consultation)
    assert await consultation.says_alone("aylin", "9") == ["Schreib mir bitte eine Zahl: 1 oder 2."]  # of following up
    await consultation.traffic.passes(minutes=15)
    assert await consultation.says_alone("ben", "9") == ["Schreib mir bitte eine Zahl: 1 bis 7."]
    assert (await consultation.says_alone("ben", "4"))[0].startswith("Danke. Notiert: ja.")


async def test_the_case_giver_is_asked_one_thing_after_the_other(consultation: Consultation) -> None:
    await end(consultation)
    await consultation.traffic.passes(minutes=15)
    assert "gelohnt" not in consultation.seen_by("aylin")[-1]
    [text] = await consultation.says_alone("aylin", "ja")
    assert "Freitag, 18. Dezember 2026" in text
    assert "Hat sich die Beratung gelohnt?" in text
    assert "Notiert: ja." in (await consultation.says_alone("aylin", "ja"))[0]


async def test_who_answers_before_all_is_deleted_is_asked_with_the_others(consultation: Consultation) -> None:
    await end(consultation)
    assert "gelohnt" not in (await consultation.says_alone("aylin", "nein"))[0]
    await consultation.traffic.passes(minutes=15)
    assert "Hat sich die Beratung gelohnt?" in consultation.seen_by("aylin")[-1]


async def test_where_each_one_has_a_case_only_those_whose_turn_came_are_asked_after_it(
    consultation: Consultation,
) -> None:
    await consultation.traffic.idle()
    async with consultation.traffic.database.unit_of_work() as uow:
        group = await uow.consultations.hold(consultation.number)
        assert group is not None
        group.plan, group.lap = built_in()["wise_crowds"].as_json(), 1
        await uow.commit()
    await end(consultation)
    asked = [person for person in consultation.people if "vier Wochen" in "".join(consultation.seen_by(person)[-1:])]
    assert asked == ["aylin", "ruth"]


async def test_the_mean_is_shown_from_five_answers_up_and_only_to_coordinators(consultation: Consultation) -> None:
    may = await consultation.traffic.met("may", "Jutta May")
    async with consultation.traffic.database.unit_of_work() as uow:
        for value in (5, 4, 4, 3):
            await uow.rounds.add_feedback(date(2026, 11, 20), value)
        await uow.commit()
    assert "Noch zu wenige Angaben" in (await may.says("rückmeldung beratung"))[0]
    async with consultation.traffic.database.unit_of_work() as uow:
        await uow.rounds.add_feedback(date(2026, 11, 20), 4)
        await uow.commit()
    assert "im Mittel 4,0 aus 5 Angaben" in (await may.says("rückmeldung beratung"))[0]
    assert "nur der Koordination" in (await consultation.says_alone("ben", "rückmeldung beratung"))[0]


async def test_the_case_giver_is_asked_four_weeks_later_if_they_want_that_and_only_once(
    consultation: Consultation,
) -> None:
    await end(consultation)
    assert "in vier Wochen fragen" in consultation.seen_by("aylin")[-1]
    assert not any("vier Wochen" in text for text in consultation.seen_by("ben"))
    assert "Freitag, 18. Dezember 2026" in (await consultation.says_alone("aylin", "ja"))[0]
    await consultation.traffic.passes(minutes=15)
    await consultation.traffic.night(27)
    assert not any("Was ist daraus geworden?" in text for text in consultation.seen_by("aylin"))
    await consultation.traffic.night(1)
    assert "Was ist daraus geworden?" in consultation.seen_by("aylin")[-1]
    assert await consultation.traffic.rows("consultation_follow_up") == {"consultation_follow_up": 0}
    assert await consultation.says_alone("aylin", "Wir reden jetzt bei Quittentee.") == [
        "Danke. Ich behalte nichts davon."
    ]
    assert await consultation.traffic.tables_with("Quittentee") == []
    before = len(consultation.seen_by("aylin"))
    await consultation.traffic.night(30)
    assert len(consultation.seen_by("aylin")) == before


async def test_who_does_not_want_that_is_not_asked(consultation: Consultation) -> None:
    await end(consultation)
    assert await consultation.says_alone("aylin", "nein") == ["Gut, ich frage nicht nach."]
    await consultation.traffic.night(40)
    assert not any("daraus geworden?" in text and "Vor vier" in text for text in consultation.seen_by("aylin"))


# what stayed by mistake


@pytest.mark.parametrize("state", [GroupState.RUNNING, GroupState.GATHERING, GroupState.CLOSING])
async def test_a_group_that_nobody_ended_is_gone_after_two_weeks(consultation: Consultation, state: GroupState) -> None:
    await consultation.says("ben", "Er will gefragt werden.")
    await set_state(consultation, state)
    await consultation.traffic.night(14)
    assert await rows(consultation) != {}
    await consultation.traffic.night(1)
    assert await rows(consultation) == {}
    assert not any("gefragt" in text for text in consultation.seen_by("mehmet"))
    assert orders(consultation) == [(ROOM, Order.CLOSE)]


async def test_of_a_cancelled_group_nothing_is_left_the_next_night(consultation: Consultation) -> None:
    await consultation.says("ben", "Er will gefragt werden.")
    await set_state(consultation, GroupState.CANCELLED)
    await consultation.traffic.night(1)
    found = await rows(consultation)
    found.pop("consultation_case")  # it may find another group
    assert found == {}


async def set_state(consultation: Consultation, state: GroupState) -> None:
    async with consultation.traffic.database.unit_of_work() as uow:
        group = await uow.consultations.hold(consultation.number)
        assert group is not None
        group.state = state
        group.closes_at = consultation.traffic.clock.now() + timedelta(days=365) if state == "closing" else None
        if state == GroupState.CLOSING:
            group.closes_at = consultation.traffic.clock.now()
        await uow.commit()


async def test_where_a_person_made_the_chat_it_is_said_what_we_cannot_delete(consultation: Consultation) -> None:
    async with consultation.traffic.database.unit_of_work() as uow:
        group = await uow.consultations.hold(consultation.number)
        assert group is not None
        group.room_key = "an order that failed"
        await uow.commit()
    await end(consultation)
    assert consultation.in_room[-1] == (
        "**Beratung 1 ist zu Ende.** Um 10:15 Uhr lösche ich hier alles von mir. "
        "Eigene Nachrichten löscht jede Person selbst."
    )
