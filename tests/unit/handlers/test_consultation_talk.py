"""What people say to each other in a group: passed on where it has to be, hinted at kindly, and kept nowhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Kind, Quoted, Sender
from conftest import MovedClock
from consulting import ROOM, Consultation, opened, table
from handlers.peer_consultation import notes
from knowledge.consultation_files import built_in
from storage.models.peer_consultation import GroupState, NoteKind, Part

ADVICE = "Hast du schon mal mit seinem Chef geredet?"


@pytest.fixture
async def consultation(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Consultation]:
    async with opened(migrated, tmp_path, clock, table()) as traffic:
        yield Consultation(traffic)


# passing on


async def test_what_is_said_in_the_room_is_said_to_whoever_takes_part_from_elsewhere(
    consultation: Consultation,
) -> None:
    await consultation.open()
    await consultation.says("ben", "Er will **gefragt** werden.")
    assert "**Ben Krause:** Er will **gefragt** werden." in consultation.seen_by("mehmet")


async def test_what_is_said_from_elsewhere_stands_in_the_room_and_nowhere_else(consultation: Consultation) -> None:
    await consultation.open()
    said = await consultation.says("mehmet", "Er hat Sorge um sein Team.")
    assert [(one.conversation, one.text) for one in said] == [(ROOM, "**Mehmet Demir:** Er hat Sorge um sein Team.")]


async def test_a_change_and_a_deletion_go_the_same_way(consultation: Consultation) -> None:
    await consultation.open()
    await consultation.says("mehmet", "Er hat Sorge.")
    said = consultation.mehmet.said
    await consultation.says("mehmet", "Er hat keine Sorge.", kind=Kind.EDIT, refers_to=said)
    assert consultation.in_room == ["**Mehmet Demir:** Er hat keine Sorge."]
    await consultation.says("mehmet", "", kind=Kind.DELETION, refers_to=said)
    assert consultation.in_room == []


async def test_a_file_is_told_of_and_not_taken_along(consultation: Consultation) -> None:
    await consultation.open()
    await consultation.says("mehmet", "Unser Aushang", has_attachment=True)
    assert consultation.in_room == [
        "**Mehmet Demir:** Unser Aushang\n\nEine Datei war dabei. Ich kann sie nicht mitbringen."
    ]
    assert consultation.seen_by("mehmet")[-1] == "Die Datei kann ich nicht mitnehmen."


async def test_what_is_too_long_is_not_passed_on_and_its_writer_hears_it(consultation: Consultation) -> None:
    await consultation.open()
    await consultation.says("mehmet", "lang " * 1000)
    assert consultation.in_room == []
    assert "zu lang" in consultation.seen_by("mehmet")[-1]


async def test_nothing_that_is_said_stays_in_any_table(consultation: Consultation) -> None:
    await consultation.open()
    await consultation.says("ben", "Der Quittenbaum steht vor dem Amt.")
    await consultation.says("mehmet", "Der Quittenbaum blüht.")
    assert await consultation.traffic.tables_with("Quittenbaum") == []


async def test_strangers_in_the_room_are_not_heard(consultation: Consultation) -> None:
    await consultation.open()
    svenja = await consultation.traffic.met("svenja", "Svenja Petersen")
    assert await svenja.says("Darf ich mitlesen?", ROOM, is_addressed=False) == []
    assert consultation.seen_by("mehmet")[1:] == []


# waiting


async def test_before_all_have_promised_nothing_is_passed_on_and_each_one_hears_it_once(
    consultation: Consultation,
) -> None:
    await consultation.open(state=GroupState.GATHERING, promised=("ben", "aylin"))
    before = len(consultation.seen_by("ben"))
    await consultation.says("ben", "Ich fange mal an.")
    await consultation.says("ben", "Geht es los?")
    assert consultation.seen_by("ben")[before:] == ["Bitte noch warten, bis alle zugesagt haben."]
    await consultation.says("ruth", "Und ich?")
    assert consultation.seen_by("ruth")[-1].startswith("Bitte noch warten. Schreib erst „vertraulich“.")
    assert consultation.in_room == []
    assert "Ich fange mal an." not in " ".join(consultation.seen_by("mehmet"))


async def test_whoever_has_not_promised_is_not_passed_on_while_it_runs(consultation: Consultation) -> None:
    await consultation.open(promised=("aylin", "ruth", "tom", "ben"))
    await consultation.says("mehmet", "Ich sage auch etwas.")
    assert consultation.in_room == []


# out of turn


async def test_who_only_listens_is_reminded_once_and_alone(consultation: Consultation) -> None:
    await consultation.open("advice")
    before = len(consultation.seen_by("aylin"))
    await consultation.says("aylin", "Aber das habe ich doch versucht!")
    await consultation.says("aylin", "Wirklich.")
    assert consultation.seen_by("aylin")[before:] == [
        "In dieser Phase hörst du nur zu. Deine Gedanken sind gleich wieder dran."
    ]
    assert "versucht" not in " ".join(consultation.seen_by("mehmet"))


async def test_who_listens_from_elsewhere_hears_each_time_that_it_was_not_passed_on(
    consultation: Consultation,
) -> None:
    parts = {"mehmet": Part.CASE_GIVER, "aylin": Part.ADVISER}
    await consultation.open("advice", parts=parts)
    await consultation.says("mehmet", "Das geht nicht.")
    await consultation.says("mehmet", "Nie.")
    assert consultation.in_room == []
    assert consultation.seen_by("mehmet")[-2:] == [
        "In dieser Phase hörst du nur zu. Ich habe es nicht weitergegeben; später gern noch einmal.",
        "Nicht weitergegeben: Du hörst gerade zu.",
    ]


# one after the other


async def test_where_one_speaks_after_the_other_it_is_said_who_is_next(consultation: Consultation) -> None:
    plan = built_in()["star_round"]
    phase = next(one for one in plan.order if one.does == "advice")
    assert phase.in_turn
    await consultation.open(phase.id, plan=plan, parts={"tom": Part.ADVISER})
    await consultation.says("ruth", "Er will gefragt werden, glaube ich.")
    assert consultation.in_room[-1] == "Als Nächstes: Tom Berger."
    await consultation.says("ruth", "Und noch etwas.")
    assert consultation.in_room[-1] == "Als Nächstes: Tom Berger."
    assert consultation.seen_by("ruth")[-1] == "Danke, du warst schon dran. Jetzt sind erst die anderen an der Reihe."
    await consultation.says("tom", "passe")
    await consultation.says("mehmet", "Klein anfangen.")
    await consultation.says("ben", "Den Auftrag klären.")
    assert consultation.in_room[-1] == "Alle waren dran. „weiter“ geht zur nächsten Phase."


# hints


async def test_only_the_moderator_hears_of_advice_that_comes_too_early(consultation: Consultation) -> None:
    await consultation.open("telling")
    said = await consultation.says("ben", ADVICE)
    hint = "Im Beitrag von Ben Krause steckt ein Rat. Auf die Phase „Beratung“ verweisen?"
    assert [one.text for one in said if one.conversation == consultation.ruth.chat] == [hint]
    assert hint not in [one.text for one in said if one.conversation != consultation.ruth.chat]


async def test_advice_of_the_same_person_is_hinted_at_once_in_a_phase(consultation: Consultation) -> None:
    await consultation.open("telling")
    await consultation.says("ben", ADVICE)
    before = len(consultation.seen_by("ruth"))
    await consultation.says("ben", "Du solltest das schriftlich machen.")
    assert len(consultation.seen_by("ruth")) == before


@pytest.mark.parametrize("phase", ["key_question", "advice"])
async def test_where_advice_is_welcome_or_nothing_is_asked_there_is_no_hint(
    consultation: Consultation, phase: str
) -> None:
    await consultation.open(phase)
    said = await consultation.says("ben", ADVICE)
    assert consultation.ruth.chat not in [one.conversation for one in said]


async def test_a_plain_question_gives_no_hint(consultation: Consultation) -> None:
    await consultation.open("telling")
    said = await consultation.says("ben", "Wie lange geht das schon so?")
    assert consultation.ruth.chat not in [one.conversation for one in said]


async def test_after_a_yes_all_read_a_neutral_line(consultation: Consultation) -> None:
    await consultation.open("telling")
    await consultation.says("ben", ADVICE)
    await consultation.says_alone("ruth", "ja")
    line = "Ratschläge und Lösungen kommen später, in der Phase „Beratung“. Jetzt: Erzählen."
    assert consultation.in_room[-1] == line
    assert consultation.seen_by("mehmet")[-1] == line


async def test_after_a_no_nobody_reads_anything(consultation: Consultation) -> None:
    await consultation.open("telling")
    await consultation.says("ben", ADVICE)
    before = consultation.in_room
    assert await consultation.says_alone("ruth", "nein") == ["Gut."]
    assert consultation.in_room == before


async def test_a_solution_among_hypotheses_comes_too_early_and_a_guess_does_not(consultation: Consultation) -> None:
    plan = next(
        one for one in built_in().values() if any(p.does == "hypotheses" for p in one.order) and one.mode == "live"
    )
    phase = next(one for one in plan.order if one.does == "hypotheses")
    await consultation.open(phase.id, plan=plan)
    await consultation.says("mehmet", "Vielleicht fühlt er sich übergangen.")
    assert not any("Beitrag" in text for text in consultation.seen_by("ruth"))
    await consultation.says("ben", "Eine Lösung wäre ein fester Termin.")
    assert consultation.seen_by("ruth")[-1].startswith("Im Beitrag von Ben Krause steckt schon eine Lösung.")


async def test_who_names_somebody_is_asked_alone_to_leave_that_out(consultation: Consultation) -> None:
    await consultation.open("telling")
    said = await consultation.says("aylin", "Frau Petersen blockt alles, Az. 50-123.")
    told = [one for one in said if one.text.startswith("Bitte ohne Namen")]
    assert [one.conversation for one in told] == [consultation.aylin.chat]
    said = await consultation.says("aylin", "Frau Petersen eben.")
    assert not [one for one in said if one.text.startswith("Bitte ohne Namen")]


async def test_the_names_of_those_who_are_there_may_be_said(consultation: Consultation) -> None:
    await consultation.open("telling")
    said = await consultation.says("aylin", "Danke, Ruth und Mehmet.")
    assert not [one for one in said if one.text.startswith("Bitte ohne Namen")]


async def test_whoever_asks_the_bot_in_the_room_hears_once_where_it_answers(consultation: Consultation) -> None:
    await consultation.open("advice")
    question = "wie bekomme ich eine Mail ins DMS?"
    said = await consultation.says("ben", question, is_addressed=True)
    [told] = [one for one in said if one.text.startswith("Fragen an mich")]
    assert told.conversation == consultation.ben.chat
    for is_addressed in (True, False):
        said = await consultation.says("ben", question, is_addressed=is_addressed)
        assert not [one for one in said if one.text.startswith("Fragen an mich")]
    said = await consultation.says("ruth", question, is_addressed=True, replies_to="a message of ours")
    assert not [one for one in said if one.text.startswith("Fragen an mich")]


@pytest.mark.parametrize("words", ["ja", "danke euch!"])
async def test_a_short_word_of_whoever_listens_is_let_pass_in_the_room(consultation: Consultation, words: str) -> None:
    await consultation.open("advice")
    assert await consultation.says("aylin", words) == []
    [told] = await consultation.says("aylin", "Das habe ich schon versucht.")
    assert told.text.startswith("In dieser Phase hörst du nur zu.")


async def test_in_a_room_nobody_hears_that_what_all_have_read_is_not_passed_on(consultation: Consultation) -> None:
    await consultation.open(state=GroupState.GATHERING, promised=["ruth", "mehmet"])
    [in_room] = await consultation.says("ben", "Worum geht es?")
    assert in_room.text == "Bitte noch warten. Schreib erst „vertraulich“."
    [alone] = await consultation.says("mehmet", "Worum geht es?")
    assert alone.text == "Bitte noch warten, bis alle zugesagt haben. Vorher gebe ich nichts weiter."


# notes


async def test_the_case_giver_alone_gets_the_notes_and_then_they_are_gone(consultation: Consultation) -> None:
    await consultation.open("advice")
    assert await consultation.says_alone("tom", "notiz: Wer hat den Auftrag gegeben?") == ["Notiert, als Lösung."]
    await consultation.says("tom", "notiz: klein anfangen")
    assert "klein anfangen" in (await consultation.says_alone("tom", "notizen"))[0]
    assert await consultation.says_alone("tom", "letzte notiz löschen") == ["Die letzte Notiz ist gelöscht."]
    assert await consultation.traffic.tables_with("klein anfangen") == []
    await end(consultation)
    [letter] = [text for text in consultation.seen_by("aylin") if "Wer hat den Auftrag gegeben?" in text]
    assert "Lösungen:\n\n- Wer hat den Auftrag gegeben?" in letter
    assert "klein anfangen" not in letter
    assert not any("Deine Notizen" in text for text in consultation.seen_by("tom"))
    assert await consultation.traffic.tables_with("Auftrag") == []


async def test_only_the_scribe_notes(consultation: Consultation) -> None:
    await consultation.open("advice")
    assert await consultation.says_alone("ben", "notiz: alles gut") == [
        "Notizen macht in dieser Beratung nur die Mitschrift."
    ]


async def test_without_a_scribe_we_note_if_the_group_wants_that_and_without_names(consultation: Consultation) -> None:
    await consultation.open("advice", parts={"tom": Part.ADVISER})
    await consultation.says("ben", "Das erste Wort gehört nicht dazu.")
    async with consultation.traffic.database.unit_of_work() as uow:
        await uow.consultations.note_step(consultation.number, "bot notes")
        await uow.commit()
    await consultation.says("ben", "Er könnte vor Ort hospitieren, einen Tag.")
    taken_back = consultation.ben.said
    await consultation.says("mehmet", "Ein kleiner Anfang reicht vielleicht.")
    await consultation.says("ben", "", kind=Kind.DELETION, refers_to=taken_back)
    async with consultation.traffic.database.reading() as uow:
        found = await uow.consultations.notes(consultation.number)
    assert [(one.kind, one.text) for one in found] == [(NoteKind.SOLUTION, "Ein kleiner Anfang reicht vielleicht.")]


async def test_a_deleted_note_of_a_direct_chat_is_gone(consultation: Consultation) -> None:
    await consultation.open("advice")
    await consultation.says_alone("tom", "notiz: Holunder")
    said = consultation.tom.said
    await consultation.says_alone("tom", "", kind=Kind.DELETION, refers_to=said)
    assert await consultation.traffic.tables_with("Holunder") == []


async def test_the_scribe_notes_what_somebody_else_said_by_replying_to_it(consultation: Consultation) -> None:
    await consultation.open("advice")
    await consultation.says("ben", "Er könnte vor Ort hospitieren.")
    said = Quoted(consultation.ben.said, consultation.ben.sender, "Er könnte vor Ort hospitieren.")
    [noted] = await consultation.says("tom", "notiz", quoted=said)
    assert (noted.conversation, noted.text) == (consultation.tom.chat, "Notiert, als Lösung.")
    assert await notes_of(consultation) == ["Er könnte vor Ort hospitieren."]
    await consultation.says("ben", "Er könnte dort hospitieren.", kind=Kind.EDIT, refers_to=said.event_id)
    assert await notes_of(consultation) == ["Er könnte dort hospitieren."]
    await consultation.says("ben", "", kind=Kind.DELETION, refers_to=said.event_id)
    assert await notes_of(consultation) == []


async def test_a_note_of_what_was_passed_on_has_no_name_in_it_and_goes_with_the_message(
    consultation: Consultation,
) -> None:
    await consultation.open("advice")
    [copy] = await consultation.says("mehmet", "Ein kleiner Anfang reicht.")
    written = consultation.mehmet.said
    async with consultation.traffic.database.reading() as uow:
        shown_as = await uow.mailbox.message_id(copy.key) or ""
    said = Quoted(shown_as, Sender("bot", "Lotsenfunk"), copy.text, is_human=False)
    assert said.text == "**Mehmet Demir:** Ein kleiner Anfang reicht."
    await consultation.says("tom", "notiz", quoted=said)
    assert await notes_of(consultation) == ["Ein kleiner Anfang reicht."]
    await consultation.says("mehmet", "", kind=Kind.DELETION, refers_to=written)
    assert await notes_of(consultation) == []


async def test_a_reply_to_what_cannot_be_read_tells_how_to_note_it(consultation: Consultation) -> None:
    await consultation.open("advice")
    [told] = await consultation.says("tom", "notiz")
    assert told.text.startswith("Schreib es hinter das Wort")


@pytest.mark.parametrize(("text", "points"), [("notiz", True), ("Bitte notieren!", True), ("notiz: so", False)])
def test_only_the_word_alone_is_about_another_message(text: str, points: bool) -> None:
    assert notes.is_pointing(text) is points


async def notes_of(consultation: Consultation) -> list[str]:
    """What is noted for the case giver."""
    async with consultation.traffic.database.reading() as uow:
        return [one.text for one in await uow.consultations.notes(consultation.number)]


async def end(consultation: Consultation) -> None:
    """The last phase is over."""
    from handlers.peer_consultation import closing
    from handlers.peer_consultation.circle import open_circle

    async def begin(night, services):  # type: ignore[no-untyped-def]
        group = await night.uow.consultations.hold(consultation.number)
        assert group is not None
        return await closing.begin(night, services, await open_circle(night.uow, group))

    await consultation.traffic.errands._do(begin)
    await consultation.traffic.idle()
