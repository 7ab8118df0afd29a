"""What is said about a question goes to the other side and nowhere else, with its changes and deletions."""

import pytest

from bot.messages import Sender
from handlers.relay import LONGEST_MESSAGE
from traffic import BERATUNG, FLUR, LOTSEN, QUESTION, TEAMS, Somebody, Traffic

WRONG = "Im Keler."
RIGHT = "Im Keller."


@pytest.fixture
async def asked(traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody) -> str:
    """The id of Anna's message with the question that is shown in the supporters' room."""
    return await anna.asks()


def seen_by(who: Somebody, words: str) -> int:
    return sum(words in one for one in who.sees())


# answers


async def test_the_first_answer_takes_the_question_up(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    assert "Weitergegeben. Was du hier noch schreibst, geht denselben Weg." in await tom.helps(RIGHT)
    assert traffic.texts_at(LOTSEN)[0].endswith("Übernommen von Tom Berger.")
    found = await traffic.routing()
    assert found
    assert (found.state, found.taker_person, found.due_on) == ("answered", "tom", None)
    assert anna.sees()[-1] == f"**Antwort von Tom Berger auf Frage 1** („{QUESTION}“):\n\n{RIGHT}"


async def test_others_talk_among_themselves_in_the_thread_of_a_taken_question(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    await tom.helps("Ich schaue nach.")
    before = anna.sees()
    assert await mehmet.helps("Weiß das nicht die Kämmerei?") == []
    assert anna.sees() == before
    thread = traffic.message_at(LOTSEN)
    await mehmet.says("Frag die Kämmerei.", LOTSEN, thread=thread)
    assert "**Antwort von Mehmet Demir auf Frage 1**" in anna.sees()[-1]


async def test_staff_in_the_thread_are_not_passed_on(
    traffic: Traffic, asked: str, anna: Somebody, ben: Somebody
) -> None:
    before = anna.sees()
    assert await ben.helps("Das suche ich auch.") == []
    thread = traffic.message_at(LOTSEN)
    assert await ben.says("Das suche ich auch.", LOTSEN, thread=thread) == ["Darauf antworten hier die Lots:innen."]
    assert anna.sees() == before
    assert await traffic.state() == "sought"


async def test_what_follows_goes_the_same_way_without_a_word(
    asked: str, anna: Somebody, tom: Somebody, traffic: Traffic
) -> None:
    await tom.helps(RIGHT)
    assert await tom.helps("Links neben der Treppe.") == []
    assert anna.sees()[-1].endswith("Links neben der Treppe.")


async def test_both_sides_hear_of_a_file(asked: str, anna: Somebody, tom: Somebody, traffic: Traffic) -> None:
    said = await tom.helps("Siehe Bild.", has_attachment=True)
    assert any("Die Datei kann ich nicht mitnehmen." in one for one in said)
    assert anna.sees()[-1].endswith("Eine Datei war dabei. Ich kann sie nicht mitbringen.")
    said = await anna.says(
        "So sieht es aus.", replies_to=traffic.message_at(anna.chat, "**Antwort"), has_attachment=True
    )
    assert said == ["Weitergegeben. Die Datei kann ich nicht mitnehmen."]
    assert traffic.texts_at(LOTSEN)[-1].endswith("Eine Datei war dabei. Ich kann sie nicht mitbringen.")


@pytest.mark.parametrize("words", ["", "x" * (LONGEST_MESSAGE + 1)])
async def test_what_cannot_be_passed_on_is_said(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody, words: str
) -> None:
    before = anna.sees()
    [said] = await tom.helps(words, has_attachment=not words)
    assert "Dateien kann ich nicht" in said or "zu lang" in said
    assert anna.sees() == before
    assert await traffic.state() == "sought"


async def test_by_its_number_it_is_answered_from_anywhere(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    assert await tom.says("1 beantworten: Im Keller.") == ["Weitergegeben."]
    assert anna.sees()[-1].endswith("Im Keller.")


async def test_without_the_answer_it_is_asked_for(traffic: Traffic, asked: str, anna: Somebody, tom: Somebody) -> None:
    assert await tom.says("1 beantworten") == ["Wie lautet deine Antwort?"]
    await tom.says(RIGHT)
    assert anna.sees()[-1].endswith(RIGHT)


async def test_messages_of_the_bot_are_never_passed_on(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    await tom.helps(RIGHT)
    await anna.says("Danke, welche Treppe?", replies_to=traffic.message_at(anna.chat, "**Antwort"))
    said = len(traffic.sent)
    await traffic.idle()
    await traffic.night()
    assert len(traffic.sent) == said
    assert [one.text for one in traffic.sent].count(anna.sees()[-1]) == 1


# what the asker adds


async def test_a_quotation_reaches_the_right_one_of_two_questions(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    await tom.says("1 übernehmen")
    await anna.asks("Wo steht der Plotter?")
    await mehmet.says("2 übernehmen")
    await anna.says("Die in der Gartenstraße.", replies_to=traffic.message_at(anna.chat, "Frage 1 hat"))
    await anna.says("Der große.", replies_to=traffic.message_at(anna.chat, "Weitergegeben als Frage 2"))
    assert tom.sees()[-1].endswith("zu Frage 1:\n\nDie in der Gartenstraße.")
    assert mehmet.sees()[-1].endswith("zu Frage 2:\n\nDer große.")


async def test_a_question_back_waits_for_another_answer(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    await tom.helps(RIGHT)
    await anna.says("In welchem?", replies_to=traffic.message_at(anna.chat, "**Antwort"))
    found = await traffic.routing()
    assert found
    assert (found.state, found.due_on is not None) == ("taken", True)


async def test_thanks_are_passed_on_and_nobody_waits_for_more(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    await tom.helps(RIGHT)
    await anna.says("Vielen Dank!", replies_to=traffic.message_at(anna.chat, "**Antwort"))
    assert traffic.texts_at(LOTSEN)[-1].endswith("Vielen Dank!")
    assert await traffic.state() == "answered"


async def test_in_a_room_only_the_asker_speaks_for_the_question(
    traffic: Traffic, anna: Somebody, ben: Somebody, tom: Somebody
) -> None:
    question = await anna.asks(place=FLUR)
    before = traffic.texts_at(LOTSEN)
    await ben.says("Mich interessiert das auch.", FLUR, thread=question, is_follow_up=True)
    assert traffic.texts_at(LOTSEN) == before
    await anna.says("Es eilt.", FLUR, thread=question, is_follow_up=True)
    assert traffic.texts_at(LOTSEN)[-1] == "**Anna Özdemir** zu Frage 1:\n\nEs eilt."


async def test_in_a_confidential_room_nothing_is_passed_on(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    async with traffic.database.unit_of_work() as uow:
        await uow.routing.move(LOTSEN.platform, LOTSEN.id, BERATUNG.id)
        await uow.commit()
    before = anna.sees()
    moved = traffic.message_at(LOTSEN)
    traffic.community._settings = traffic.settings.model_copy(update={"confidential_rooms": {LOTSEN.id}})
    async with traffic.database.unit_of_work() as uow:
        await uow.routing.move(LOTSEN.platform, BERATUNG.id, LOTSEN.id)
        await uow.commit()
    assert await tom.says(RIGHT, LOTSEN, thread=moved, is_follow_up=True) == []
    assert anna.sees() == before


# changes


async def test_a_changed_answer_changes_at_the_asker(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    await tom.helps(WRONG)
    await tom.edits(RIGHT, tom.said, LOTSEN)
    assert (seen_by(anna, WRONG), seen_by(anna, RIGHT)) == (0, 1)
    await anna.says("gelöst")
    assert traffic.sent[-1].choices[0].data["answer"] == RIGHT


async def test_a_changed_addition_changes_at_the_supporters(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    await anna.says("Es eilig.", replies_to=traffic.message_at(anna.chat, "Weitergegeben"))
    await anna.edits("Es eilt.", anna.said)
    assert [one for one in traffic.texts_at(LOTSEN) if "eilig" in one] == []
    assert traffic.texts_at(LOTSEN)[-1].endswith("Es eilt.")


@pytest.mark.parametrize("state", ["sought", "taken", "answered"])
async def test_a_changed_question_changes_wherever_it_is_shown(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody, state: str
) -> None:
    if state == "taken":
        await tom.says("übernehmen", LOTSEN)
    if state == "answered":
        await tom.helps(RIGHT)
    assert await anna.edits("Wo steht der Plotter?", asked) == ["Geändert, auch bei den Lots:innen."]
    assert "„Wo steht der Plotter?“" in traffic.texts_at(LOTSEN)[0]
    assert "Leitweg" not in "".join(traffic.texts_at(LOTSEN))
    assert traffic.texts_at(LOTSEN)[0].endswith("Übernommen von Tom Berger.") == (state != "sought")
    assert await traffic.state() == state
    async with traffic.database.reading() as uow:
        [question] = await uow.questions.open_questions(9)
    assert question.text == "Wo steht der Plotter?"


async def test_who_refused_sees_the_changed_question_without_choices(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    await tom.says("1 übernehmen")
    await tom.says("1 zurückgeben")
    await anna.edits("Wo steht der Plotter?", asked)
    assert [one.text for one in traffic.matrix.shown.values() if "Leitweg" in one.text] == []
    [shown] = [one for one in traffic.matrix.shown.values() if one.conversation == tom.chat and "Plotter" in one.text]
    assert shown.choices == ()


@pytest.mark.parametrize("whose", ["question", "answer"])
async def test_after_the_end_a_change_is_not_passed_on_and_that_is_said(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody, whose: str
) -> None:
    await tom.helps(RIGHT)
    answer = tom.said
    await anna.says("gelöst")
    before = anna.sees(), traffic.texts_at(LOTSEN)
    sentence = "Frage 1 ist schon gelöst. Ich gebe nichts mehr weiter."
    if whose == "question":
        assert await anna.edits("Wo steht der Plotter?", asked) == [sentence]
        assert traffic.texts_at(LOTSEN) == before[1]
    else:
        assert await tom.edits(WRONG, answer, LOTSEN) == [sentence]
        assert anna.sees() == before[0]


async def test_after_the_end_nothing_is_passed_on(traffic: Traffic, asked: str, anna: Somebody, tom: Somebody) -> None:
    await tom.helps(RIGHT)
    await anna.says("gelöst")
    before = anna.sees()
    assert await tom.helps("Noch etwas.") == ["Frage 1 ist schon gelöst. Ich gebe nichts mehr weiter."]
    assert anna.sees() == before


# deletions


async def test_a_deleted_answer_goes_and_another_one_is_waited_for(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    await tom.helps(WRONG)
    await tom.deletes(tom.said, LOTSEN)
    assert seen_by(anna, WRONG) == 0
    found = await traffic.routing()
    assert found
    assert (found.state, found.due_on is not None) == ("taken", True)
    assert await traffic.tables_with("Keler") == []


async def test_one_of_two_answers_deleted_leaves_the_other(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    await tom.helps(WRONG)
    wrong = tom.said
    await tom.helps(RIGHT)
    await tom.deletes(wrong, LOTSEN)
    assert (seen_by(anna, WRONG), seen_by(anna, RIGHT)) == (0, 1)
    assert await traffic.state() == "answered"


async def test_a_deleted_addition_goes(traffic: Traffic, asked: str, anna: Somebody) -> None:
    await anna.says("Es eilt.", replies_to=traffic.message_at(anna.chat, "Weitergegeben"))
    await anna.deletes(anna.said)
    assert [one for one in traffic.texts_at(LOTSEN) if "eilt" in one] == []


@pytest.mark.parametrize("state", ["sought", "taken", "answered", "closed"])
async def test_with_a_deleted_question_all_of_it_goes_everywhere(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody, state: str
) -> None:
    if state != "sought":
        await tom.says("1 übernehmen")
        await anna.says("Es eilt.", replies_to=traffic.message_at(anna.chat, "Frage 1 hat"))
    if state in ("answered", "closed"):
        await tom.says(RIGHT)
    if state == "closed":
        await anna.says("gelöst")
    await anna.deletes(asked)
    assert await traffic.state() is None
    shown = [one.text for post in traffic.posts for one in post.shown.values()]
    assert [one for one in shown if "Leitweg" in one or "Es eilt" in one or RIGHT in one] == []
    assert ("Frage 1 wurde zurückgenommen." in shown) == (state in ("taken", "answered"))
    assert await traffic.tables_with("Leitweg", "eilt", "Keller", "Özdemir") == []
    counts = await traffic.rows("routing", "routing_place", "routing_message", "refusal", "taken_slot", "open_question")
    assert set(counts.values()) == {0}


async def test_an_answer_to_a_question_that_is_gone_goes_nowhere(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    thread = traffic.message_at(LOTSEN)
    await anna.deletes(asked)
    await tom.says(RIGHT, LOTSEN, thread=thread, is_follow_up=True)
    assert seen_by(anna, RIGHT) == 0
    assert await traffic.rows("open_question") == {"open_question": 0}


# what does not arrive


async def test_who_answered_hears_once_that_it_did_not_arrive(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    traffic.teams.lost.add(anna.chat.id)
    said = await tom.helps(RIGHT)
    assert said.count("Das ist bei der fragenden Person nicht angekommen (Frage 1).") == 1
    await traffic.night()
    assert [one.text for one in traffic.sent].count("Das ist bei der fragenden Person nicht angekommen (Frage 1).") == 1


async def test_who_asked_hears_that_the_question_reached_nobody(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    traffic.matrix.lost.add(LOTSEN.id)
    await anna.asks()
    lost = "Frage 1 ist bei den Lots:innen nicht angekommen. Bitte jemanden direkt ansprechen."
    assert anna.sees().count(lost) == 1


@pytest.mark.parametrize(("lost", "is_told"), [({LOTSEN.id}, False), ({LOTSEN.id, "!nord"}, True)])
async def test_of_several_rooms_one_that_it_reached_is_enough(
    traffic: Traffic, anna: Somebody, lost: set[str], is_told: bool
) -> None:
    traffic.community._settings = traffic.settings.model_copy(update={"rooms": frozenset({LOTSEN.id, "!nord"})})
    async with traffic.database.unit_of_work() as uow:
        await uow.addresses.know(LOTSEN.platform, "!nord")
        await uow.commit()
    traffic.matrix.lost |= lost
    await anna.asks()
    assert any("nicht angekommen" in one for one in anna.sees()) == is_told


async def test_a_word_on_it_that_does_not_arrive_either_ends_there(
    traffic: Traffic, asked: str, anna: Somebody, tom: Somebody
) -> None:
    thread = traffic.message_at(LOTSEN)
    traffic.teams.lost.add(anna.chat.id)
    traffic.matrix.lost.add(LOTSEN.id)
    await tom.says(RIGHT, LOTSEN, thread=thread, is_follow_up=True)
    assert [one for one in traffic.sent if "nicht angekommen" in one.text] == []
    async with traffic.database.reading() as uow:
        assert await uow.mailbox.waiting_to_send() == []


async def test_a_report_that_fails_does_not_keep_the_message_waiting(
    traffic: Traffic, anna: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    traffic.mailbox.report_to(fail)  # type: ignore[arg-type]
    traffic.matrix.lost.add(LOTSEN.id)
    await anna.asks()
    async with traffic.database.reading() as uow:
        assert await uow.mailbox.waiting_to_send() == []


async def test_two_of_one_name_are_two_people(traffic: Traffic, asked: str, tom: Somebody) -> None:
    other = traffic.somebody("svenja", "Tom Berger", TEAMS)
    assert other.sender == Sender("svenja", "Tom Berger")
    await tom.says("1 übernehmen")
    assert await other.says("1 zurückgeben") == ["Frage 1 hast du nicht übernommen."]


async def test_what_a_supporter_says_of_themselves_does_not_reach_the_asker_by_mistake(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    await anna.asks()
    await tom.says("1 übernehmen")
    [said] = await tom.says("pause bis freitag")
    assert "Ist das die Antwort auf Frage 1?" in said
    await tom.says("nein")
    assert await traffic.state() == "taken"
    await tom.says("1 beantworten: pause bis freitag heißt dort Urlaub")
    assert await traffic.state() == "answered"


async def test_what_was_meant_as_an_answer_is_passed_on_and_goes_with_its_message(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    await anna.asks()
    await tom.says("1 übernehmen")
    await tom.says("pause bis freitag")
    written = tom.said
    await tom.says("ja")
    assert "pause bis freitag" in anna.sees()[-1]
    await tom.deletes(written)
    assert not [text for text in anna.sees() if "pause bis freitag" in text]
