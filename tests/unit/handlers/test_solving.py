"""How far a question has come, who may say that it is solved, and what becomes of its answer."""

from collections.abc import Sequence

import pytest

from bot.messages import Kind
from handlers import proposals
from traffic import FLUR, LOTSEN, QUESTION, Somebody, Traffic

RIGHT = "Im Keller."


async def line_of(traffic: Traffic, who: Somebody) -> Sequence[str]:
    await who.says("meine fragen")
    return [choice.label.rsplit("“, ")[-1] for choice in traffic.sent[-1].choices]


async def test_its_asker_sees_how_far_it_has_come(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    assert await line_of(traffic, anna) == ["gesucht"]
    await tom.says("1 übernehmen")
    assert await line_of(traffic, anna) == ["übernommen von Tom Berger"]
    await tom.says("1 zurückgeben")
    assert await line_of(traffic, anna) == ["zurückgegeben, ich suche weiter"]
    await tom.helps(RIGHT)
    assert await line_of(traffic, anna) == ["beantwortet"]
    await anna.says("1 gelöst")
    assert await anna.says("meine fragen") == ["Von dir ist gerade keine Frage unterwegs."]


async def test_in_a_room_it_is_not_shown(traffic: Traffic, anna: Somebody) -> None:
    await anna.asks()
    [said] = await anna.says("meine fragen", FLUR)
    assert "nur im Einzelchat" in said


async def test_solved_it_is_done_everywhere(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    await tom.helps(RIGHT)
    assert await anna.says("gelöst") == ["Gut. Frage 1 ist gelöst."]
    assert traffic.texts_at(LOTSEN)[0].endswith("Gelöst.")
    assert traffic.texts_at(LOTSEN)[-1] == "Frage 1 ist gelöst. Die Antwort als Wissen sichern?"
    async with traffic.database.reading() as uow:
        assert await uow.questions.count_open() == 0


async def test_a_second_time_it_was_solved_already(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    await tom.helps(RIGHT)
    await anna.says("1 gelöst")
    said = len(traffic.texts_at(LOTSEN))
    assert await anna.says("1 gelöst") == ["Frage 1 war schon gelöst."]
    assert len(traffic.texts_at(LOTSEN)) == said


async def test_in_a_room_nobody_else_solves_a_named_question(
    traffic: Traffic, anna: Somebody, ben: Somebody, tom: Somebody
) -> None:
    question = await anna.asks(place=FLUR)
    await tom.helps(RIGHT)
    [answer] = [one for one in traffic.teams.shown.values() if "**Antwort" in one.text]
    shown = traffic.message_at(FLUR, "**Antwort")
    own = "Eine Frage 1 von dir finde ich nicht."
    assert await ben.says("1 gelöst", FLUR) == [own]
    assert await ben.says("gelöst", FLUR, thread=question) == [own]
    await ben.says("1", FLUR, kind=Kind.PRESS, refers_to=answer.key)
    await ben.says("✅", FLUR, kind=Kind.REACTION, refers_to=shown)
    assert await traffic.state() == "answered"
    await anna.says("1", FLUR, kind=Kind.PRESS, refers_to=answer.key)
    assert await traffic.state() == "closed"


async def test_still_open_it_goes_on(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    await tom.helps(RIGHT)
    [said] = await anna.says("offen")
    assert said == "Was soll ich dazu weitergeben? Schreib es mir in einer Nachricht."
    assert await anna.says("In welchem?") == ["Weitergegeben."]
    assert traffic.texts_at(LOTSEN)[-1] == "**Anna Özdemir** zu Frage 1:\n\nIn welchem?"


async def test_taken_back_it_goes_everywhere(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    await tom.says("1 übernehmen")
    await anna.says("meine fragen")
    await anna.says("1")
    assert await anna.says("zurückziehen") == ["Zurückgezogen. Die Frage ist überall gelöscht."]
    assert tom.sees()[-1] == "Frage 1 wurde zurückgenommen."
    assert traffic.texts_at(LOTSEN) == []
    assert await traffic.rows("routing", "open_question") == {"routing": 0, "open_question": 0}


async def test_taken_by_somebody_who_answered_from_elsewhere_its_end_is_told_there(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    await anna.asks()
    await tom.says("1 übernehmen")
    await tom.says(RIGHT)
    await anna.says("gelöst")
    assert tom.sees()[-1] == "Frage 1 ist gelöst. Die Antwort als Wissen sichern?"


async def test_the_answer_becomes_a_proposal_when_who_gave_it_says_yes(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed = []

    async def near(_turn: object, _services: object, proposal: proposals.Proposal) -> None:
        proposed.append(proposal)
        raise NotImplementedError  # what follows is not for this test

    monkeypatch.setattr(proposals, "near", near)
    await anna.asks()
    await tom.helps(RIGHT)
    answer = tom.said
    await tom.edits("Im Keller, links.", answer, LOTSEN)
    await anna.says("gelöst")
    await mehmet.says("ja", LOTSEN)
    assert proposed == []
    await tom.says("ja", LOTSEN)
    [one] = proposed
    assert (one.question, one.answer, one.author) == (QUESTION, "Im Keller, links.", "tom")


async def test_without_a_yes_nothing_is_kept(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    await tom.helps(RIGHT)
    await anna.says("gelöst")
    assert await tom.says("nein", LOTSEN) == ["Gut, ich merke mir nichts davon."]
    assert await traffic.tables_with("Keller") == []


async def test_what_was_offered_to_be_kept_goes_with_the_question(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    asked = await anna.asks()
    await tom.helps(RIGHT)
    await anna.says("gelöst")
    assert "pending_offer" in await traffic.tables_with("Keller")
    await anna.deletes(asked)
    assert await traffic.tables_with("Keller", "Leitweg") == []


async def test_by_linked_accounts_it_is_the_same_person(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    elsewhere = traffic.somebody("anna-too", "Anna Özdemir")
    await anna.asks()
    await tom.helps(RIGHT)
    assert await elsewhere.says("1 gelöst") == ["Eine Frage 1 von dir finde ich nicht."]
    async with traffic.database.unit_of_work() as uow:
        person = await uow.people.know(anna.platform, anna.sender.id, "Anna")
        await uow.people.link((elsewhere.platform, elsewhere.sender.id), person.id or 0)
        await uow.commit()
    assert await elsewhere.says("1 gelöst") == ["Gut. Frage 1 ist gelöst."]


async def test_what_follows_an_answer_without_a_quotation_may_belong_to_it(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    await anna.asks()
    await tom.helps(RIGHT)
    await anna.says("und gilt das auch für Horte?")
    written = anna.said
    assert traffic.sent[-1].choices[0].label == "gehört zu Frage 1, dort weitergeben"
    assert await anna.says("1") == ["Weitergegeben."]
    assert "und gilt das auch für Horte?" in traffic.texts_at(LOTSEN)[-1]
    async with traffic.database.reading() as uow:
        assert await uow.questions.count_open() == 1, "it is no question of its own any more"
    await anna.edits("und gilt das auch für Krippen?", written)
    assert "Krippen" in traffic.texts_at(LOTSEN)[-1]
    await anna.deletes(written)
    assert not [text for text in traffic.texts_at(LOTSEN) if "gilt das auch" in text]


async def test_a_new_question_after_an_answer_stays_a_new_one(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    await tom.helps(RIGHT)
    await anna.says("Wer leert die Papiertonne?")
    await anna.says("ja, mit meinem Namen")
    assert "Papiertonne" in traffic.texts_at(LOTSEN)[-1]
    assert await traffic.state() == "answered"


async def test_solved_by_a_command_without_a_number_its_answer_may_be_kept(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    await anna.asks()
    await tom.helps(RIGHT)
    assert await anna.says("1 gelöst") == ["Gut. Frage 1 ist gelöst."]
    assert traffic.texts_at(LOTSEN)[-1] == "Frage 1 ist gelöst. Die Antwort als Wissen sichern?"


async def test_of_several_questions_the_number_has_to_be_said(traffic: Traffic, anna: Somebody) -> None:
    await anna.asks()
    await anna.asks()
    assert await anna.says("erledigt") == ["Welche Frage? Schreib mir zum Beispiel „17 gelöst“."]


async def test_below_a_question_without_a_name_no_choice_keeps_who_asked_it(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    await anna.asks(how="ohne")
    await tom.helps(RIGHT)
    await anna.says("und gilt das auch für Horte?")
    assert [choice.word for choice in traffic.sent[-1].choices] == ["ja", "ohne", "nein", "löschen"]
