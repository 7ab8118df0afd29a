"""A question on its way to people: what its asker reads, what supporters read, and what nobody ever may."""

import pytest
import structlog.testing

from traffic import BERATUNG, FLUR, LOTSEN, QUESTION, TEAMS, Somebody, Traffic


async def test_a_question_is_shown_to_the_supporters_with_the_name_of_its_asker(
    traffic: Traffic, anna: Somebody
) -> None:
    await anna.asks()
    [shown] = traffic.texts_at(LOTSEN)
    assert shown.startswith(f"**Frage 1** von Anna Özdemir: „{QUESTION}“")
    assert anna.sees()[-1].startswith("Weitergegeben als Frage 1. Ohne Antwort bis Mittwoch, 25. November 2026")
    assert await traffic.state() == "sought"


@pytest.mark.parametrize("place", [None, FLUR])
async def test_without_a_name_nothing_anywhere_holds_it(traffic: Traffic, anna: Somebody, place: None) -> None:
    tom = await traffic.met("tom", "Tom Berger")
    with structlog.testing.capture_logs() as logs:
        asked = await anna.asks(how="ohne", place=place)
        await tom.helps("Welche Kita?")
        await anna.says("offen", place)
        await anna.says("die in der Gartenstraße", place)
        await anna.says("meine fragen", place)
        if place is None:
            await anna.says("1", place)
        await anna.edits("Wo finde ich die Leitweg-ID für unsere Kitas?", asked, place)
        await tom.says("2 übernehmen")
        await traffic.night(8)
    assert await traffic.tables_with("anna-id", "Özdemir") == []
    assert not [one for one in traffic.sent if "anna" in repr(one).casefold()]
    assert "anna" not in repr(logs).casefold()


async def test_without_a_name_what_waits_for_its_asker_tells_nobody_who_that_is(
    traffic: Traffic, anna: Somebody
) -> None:
    await anna.asks(how="ohne")
    await anna.says("meine fragen")
    await anna.says("1")
    await anna.says("ergänzen")
    assert await traffic.tables_with("anna-id", "Özdemir") == []
    assert await anna.says("Es eilt.") == ["Weitergegeben."]


async def test_without_a_name_its_asker_sees_it_and_solves_it_in_the_direct_chat(
    traffic: Traffic, anna: Somebody, ben: Somebody, tom: Somebody
) -> None:
    await anna.asks(how="ohne")
    await anna.says("meine fragen")
    assert traffic.sent[-1].choices[0].label == f"Frage 1: „{QUESTION}“, gesucht"
    assert await ben.says("meine fragen") == ["Von dir ist gerade keine Frage unterwegs."]
    assert await ben.says("1 gelöst") == ["Eine Frage 1 von dir finde ich nicht."]
    await tom.helps("Im Intranet.")
    assert await anna.says("1 gelöst") == ["Gut. Frage 1 ist gelöst."]


async def test_who_asks_very_much_reads_one_kind_sentence(traffic: Traffic, anna: Somebody) -> None:
    for number in range(traffic.house.questions_at_once):
        await anna.asks(f"Wo steht Drucker {number}?")
    await anna.asks("Wo steht noch einer?")
    assert anna.sees()[-1] == ("Von dir sind gerade 5 Fragen unterwegs. Warte bitte auf eine Antwort: „meine fragen“.")
    assert len(traffic.texts_at(LOTSEN)) == 5


async def test_linked_accounts_do_not_ask_more(traffic: Traffic, anna: Somebody) -> None:
    elsewhere = traffic.somebody("anna-too", "Anna Özdemir")
    async with traffic.database.unit_of_work() as uow:
        person = await uow.people.know(anna.platform, anna.sender.id, "Anna")
        await uow.people.link((elsewhere.platform, elsewhere.sender.id), person.id or 0)
        await uow.commit()
    for number in range(traffic.house.questions_at_once):
        await anna.asks(f"Wo steht Drucker {number}?")
    await elsewhere.asks("Wo steht noch einer?")
    assert "Von dir sind gerade 5 Fragen unterwegs" in elsewhere.sees()[-1]


async def test_what_is_answered_does_not_keep_anybody_from_asking(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    for number in range(traffic.house.questions_at_once):
        await anna.asks(f"Wo steht Drucker {number}?")
        await tom.helps("Im Keller.")
    await anna.asks("Wo steht noch einer?")
    assert "Weitergegeben als Frage 6" in anna.sees()[-1]


async def test_those_who_name_the_topic_are_named_but_never_the_asker(
    traffic: Traffic, tom: Somebody, mehmet: Somebody
) -> None:
    await traffic.introduce(tom, "Leitweg-ID")
    await traffic.introduce(mehmet, "Leitweg-ID")
    await tom.asks()
    assert "Zum Thema nennen sich: Mehmet Demir („Leitweg-ID“)." in traffic.texts_at(LOTSEN)[0]


async def test_nothing_of_a_confidential_room_goes_on_its_way(traffic: Traffic, anna: Somebody) -> None:
    await anna.asks(place=BERATUNG)
    assert traffic.texts_at(LOTSEN) == []
    assert await traffic.rows("routing", "open_question") == {"routing": 0, "open_question": 0}


async def test_without_a_room_the_coordinators_are_asked_and_each_may_refuse(
    traffic: Traffic, anna: Somebody, may: Somebody
) -> None:
    async with traffic.database.unit_of_work() as uow:
        await uow.addresses.unknow(LOTSEN.platform, LOTSEN.id)
        await uow.commit()
    await anna.asks()
    assert may.sees()[-1].startswith("**Frage 1** von Anna Özdemir")
    assert await may.says("heute") == ["Gut, ich suche jemand anderen."]
    await traffic.night(9)
    assert may.sees()[-1] == "Gut, ich suche jemand anderen."


async def test_choices_of_one_question_stand_however_many_follow(traffic: Traffic, tom: Somebody) -> None:
    for number in range(12):
        await traffic.somebody(f"p{number}", "Petra", TEAMS).asks(f"Frage der Nummer {number}?")
    first = next(key for key, one in traffic.matrix.shown.items() if "der Nummer 0?" in one.text)
    said = await tom.says("1", LOTSEN, thread=first, is_follow_up=True)
    assert "Frage 1 ist jetzt bei dir." in said[0]


async def test_the_same_event_twice_does_nothing_twice(traffic: Traffic, anna: Somebody) -> None:
    await anna.says(QUESTION)
    chosen = anna.incoming("ja")
    await traffic.hear(chosen, chosen)
    await traffic.hear(chosen)
    assert len(traffic.texts_at(LOTSEN)) == 1
    assert await traffic.rows("routing") == {"routing": 1}
