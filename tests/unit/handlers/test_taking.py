"""Taking a question up, handing it on, giving it back, and learning from that only what somebody agrees to."""

import pytest

from storage.models.people import Availability
from traffic import FLUR, LOTSEN, QUESTION, TEAMS, Somebody, Traffic


async def unnamed(traffic: Traffic, who: Somebody) -> None:
    async with traffic.database.unit_of_work() as uow:
        (await uow.people.know(who.platform, who.sender.id, who.sender.name)).is_named = False
        await uow.commit()


async def wordings(traffic: Traffic) -> list[tuple[str, bool]]:
    async with traffic.database.reading() as uow:
        found = await uow.people.wordings()
    return [(one.text, one.fits) for kept in found.values() for one in kept]


# taking up


async def test_everybody_sees_who_has_it(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    await tom.says("übernehmen", LOTSEN)
    assert traffic.texts_at(LOTSEN)[0].endswith("Übernommen von Tom Berger.")
    assert anna.sees()[-1] == "Frage 1 hat Tom Berger übernommen."
    assert await traffic.state() == "taken"


async def test_the_second_one_hears_who_has_it(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    await anna.asks()
    await tom.says("übernehmen", LOTSEN)
    assert await mehmet.says("1 übernehmen", LOTSEN) == ["Frage 1 hat schon Tom Berger übernommen."]
    assert await tom.says("1 übernehmen", LOTSEN) == ["Frage 1 hast du schon übernommen."]


async def test_whose_name_is_hidden_is_named_nowhere(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    await unnamed(traffic, tom)
    await anna.asks()
    await tom.says("übernehmen", LOTSEN)
    assert traffic.texts_at(LOTSEN)[0].endswith("Übernommen.")
    assert anna.sees()[-1] == "Frage 1 hat eine Lotsin oder ein Lotse übernommen."
    assert await mehmet.says("1 übernehmen", LOTSEN) == ["Frage 1 hat schon jemand anderes übernommen."]
    await anna.says("meine fragen")
    assert traffic.sent[-1].choices[0].label == f"Frage 1: „{QUESTION}“, übernommen"
    await tom.helps("Im Intranet.")
    assert "**Antwort auf Frage 1**" in anna.sees()[-1]
    assert not [one for one in traffic.sent if "Tom Berger" in repr(one)]


async def test_staff_take_nothing_up(traffic: Traffic, anna: Somebody, ben: Somebody) -> None:
    await anna.asks()
    assert await ben.says("1 übernehmen") == ["Fragen übernehmen die Lots:innen. Stell mir gern selbst eine."]
    assert await traffic.state() == "sought"


async def test_nobody_takes_their_own_question_up(traffic: Traffic, tom: Somebody) -> None:
    await tom.asks()
    assert await tom.says("1 übernehmen") == ["Das ist deine eigene Frage."]


async def test_taken_from_a_direct_chat_the_question_is_worked_on_there(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    asked = await anna.asks()
    [shown] = await tom.says("1 übernehmen")
    assert shown.startswith(f"**Frage 1** von Anna Özdemir: „{QUESTION}“\n\nFrage 1 ist jetzt bei dir.")
    await anna.says("Es eilt.", replies_to="teams:bot m3", thread=None)
    await anna.says("Es eilt.", replies_to=traffic.message_at(anna.chat, "Frage 1 hat"))
    assert tom.sees()[-1] == "**Anna Özdemir** zu Frage 1:\n\nEs eilt."
    await anna.deletes(asked)
    assert tom.sees()[-1] == "Frage 1 wurde zurückgenommen."
    assert not [one for one in tom.sees() if "Leitweg" in one or "eilt" in one]


async def test_in_a_room_where_it_was_not_shown_nobody_takes_it_up(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    await anna.asks()
    [said] = await tom.says("1 übernehmen", FLUR)
    assert said == "Hier lesen andere mit. Schreib mir das bitte im Chat mit mir allein."
    assert await traffic.state() == "sought"


async def test_an_unknown_number_is_said(traffic: Traffic, tom: Somebody) -> None:
    assert await tom.says("7 übernehmen") == ["Eine Frage 7 ist nicht unterwegs."]
    assert await tom.says("übernehmen") == ["Welche Frage? Schreib mir zum Beispiel „17 übernehmen“."]


# the own limit


async def test_nobody_takes_up_more_than_they_want_to(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await traffic.introduce(tom, "Kanban", weekly_capacity=1)
    for _ in range(3):
        await anna.asks()
    await tom.says("1 übernehmen")
    refused = "Mehr als 1 pro Woche wolltest du nicht. „keine grenze“ ändert das."
    assert await tom.says("2 übernehmen") == [refused]
    assert await traffic.state(2) == "sought"
    await tom.says("1 zurückgeben")
    assert await tom.says("2 übernehmen") != [refused]
    traffic.clock.time = traffic.clock.time.replace(day=23)  # the next Monday
    assert await tom.says("3 übernehmen") != [refused]


async def test_who_answers_at_once_is_not_counted(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await traffic.introduce(tom, "Kanban", weekly_capacity=1)
    for _ in range(2):
        await anna.asks()
        await tom.helps("Im Keller.")
    assert [await traffic.state(1), await traffic.state(2)] == ["answered", "answered"]
    assert await traffic.rows("taken_slot") == {"taken_slot": 0}


async def test_a_refusal_changes_nothing(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await traffic.introduce(tom, "Kanban", weekly_capacity=0)
    await anna.asks()
    before = traffic.texts_at(LOTSEN)
    await tom.says("1 übernehmen")
    assert traffic.texts_at(LOTSEN) == before
    assert await traffic.rows("taken_slot", "routing_place") == {"taken_slot": 0, "routing_place": 2}


# giving back


async def test_given_back_it_is_sought_again(traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody) -> None:
    await anna.asks()
    await tom.says("übernehmen", LOTSEN)
    assert await tom.says("1 zurückgeben") == ["Frage 1 ist wieder frei."]
    assert anna.sees()[-1] == "Frage 1 ist wieder offen. Ich suche jemand anderen."
    assert traffic.texts_at(LOTSEN)[0].endswith("Wieder frei.")
    assert await traffic.state() == "returned"
    assert any("Frage 1 ist jetzt bei dir." in one for one in await mehmet.says("übernehmen", LOTSEN))


async def test_only_who_has_it_gives_it_back(traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody) -> None:
    await anna.asks()
    await tom.says("übernehmen", LOTSEN)
    assert await mehmet.says("1 zurückgeben") == ["Frage 1 hast du nicht übernommen."]
    assert await traffic.state() == "taken"


async def test_what_somebody_had_is_sought_again_as_they_leave(traffic: Traffic, anna: Somebody, may: Somebody) -> None:
    leaver = await grant(traffic, await traffic.met("lena", "Lena Vogt"))
    await anna.asks()
    await leaver.says("1 übernehmen")
    await leaver.says("aussteigen")
    await leaver.says("aussteigen")
    assert await traffic.state() == "returned"
    assert anna.sees()[-1] == "Frage 1 ist wieder offen. Ich suche jemand anderen."
    assert not [one for one in leaver.sees() if "Magst du das übernehmen?" in one]


async def test_who_left_hears_nothing_more_of_what_they_were_asked(
    traffic: Traffic, anna: Somebody, tom: Somebody, may: Somebody
) -> None:
    leaver = await grant(traffic, await traffic.met("lena", "Lena Vogt"))
    await anna.asks()
    await tom.says("1 weitergeben")
    await tom.says("Lena Vogt")
    assert "Tom Berger meint, du weißt dazu etwas." in leaver.sees()[-1]
    await leaver.says("aussteigen")
    await leaver.says("aussteigen")
    before = leaver.sees()
    await anna.says("Es eilt.", replies_to=traffic.message_at(anna.chat, "Weitergegeben"))
    await anna.says("meine fragen")
    await anna.says("1")
    await anna.says("ergänzen")
    await anna.says("Es eilt.")
    assert "Es eilt." in traffic.texts_at(LOTSEN)[-1]
    assert leaver.sees() == before
    assert not [one for one in before if "Magst du das übernehmen?" in one]


async def grant(traffic: Traffic, who: Somebody) -> Somebody:
    """Make somebody a supporter in chat."""
    async with traffic.database.unit_of_work() as uow:
        (await uow.people.know(who.platform, who.sender.id, who.sender.name)).role = "supporter"
        await uow.commit()
    await who.says("hallo")
    return who


# somebody else


async def hand_on(traffic: Traffic, who: Somebody, name: str) -> str:
    await who.says("1 weitergeben")
    return (await who.says(name))[0]


async def test_who_was_named_is_asked_and_told_by_whom(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    await grant(traffic, mehmet)
    await anna.asks()
    assert await hand_on(traffic, tom, "mehmet demir") == "Ich frage Mehmet Demir."
    assert mehmet.sees()[-1].startswith("Tom Berger meint, du weißt dazu etwas.\n\n**Frage 1** von Anna Özdemir")
    assert "habe ich schon gefragt" in await hand_on(traffic, tom, "Mehmet Demir")
    await mehmet.says("übernehmen")
    await mehmet.says("Im Keller.")
    assert "**Antwort von Mehmet Demir auf Frage 1**" in anna.sees()[-1]


async def test_of_two_with_one_name_one_is_chosen(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    for person, department in (("k1", "Sozialamt"), ("k2", "Bauamt")):
        who = await grant(traffic, await traffic.met(person, "Kim Kaya"))
        async with traffic.database.unit_of_work() as uow:
            (await uow.people.know(who.platform, person, "Kim Kaya")).department = department
            await uow.commit()
    await anna.asks()
    assert await hand_on(traffic, tom, "Kim Kaya") == "Diesen Namen gibt es mehrmals. Wer ist gemeint?"
    assert [choice.label for choice in traffic.sent[-1].choices] == ["Kim Kaya, Sozialamt", "Kim Kaya, Bauamt"]
    await tom.says("2")
    asked = [who.sender.id for who in traffic.people if any("meint, du weißt" in one for one in who.sees())]
    assert asked == ["k2"]


async def test_an_unknown_name_is_asked_for_again(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    unknown = "Unter den Lots:innen kenne ich niemanden mit dem Namen „Kim“. Schreib ihn mir bitte genau."
    assert await hand_on(traffic, tom, "Kim") == unknown
    await grant(traffic, await traffic.met("k1", "Kim"))
    assert await tom.says("Kim") == ["Ich frage Kim."]


async def test_those_are_not_asked_who_refused_or_asked_or_are_away(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    await grant(traffic, tom)
    await grant(traffic, mehmet)
    asker = await grant(traffic, await traffic.met("svenja", "Svenja Ritter"))
    away = await traffic.met("lena", "Lena Vogt")
    await grant(traffic, away)
    await traffic.introduce(away, "Kanban", availability=Availability.FULL)
    await asker.asks()
    await hand_on(traffic, tom, "Mehmet Demir")
    await mehmet.says("heute")
    assert await hand_on(traffic, tom, "Mehmet Demir") == "Mehmet Demir ist gerade nicht da."
    assert await hand_on(traffic, tom, "Svenja Ritter") == "Svenja Ritter hat die Frage selbst gestellt."
    assert await hand_on(traffic, tom, "Tom Berger") == "Das bist du selbst. „1 übernehmen“ nimmt die Frage."
    assert await hand_on(traffic, tom, "Lena Vogt") == "Lena Vogt ist gerade nicht da."


async def test_who_refused_on_one_account_is_not_asked_on_the_other(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    await grant(traffic, mehmet)
    async with traffic.database.unit_of_work() as uow:
        person = await uow.people.find(mehmet.platform, mehmet.sender.id)
        await uow.people.link(("aaa:bot", "mehmet-elsewhere"), person.id if person and person.id else 0)
        await uow.addresses.know("aaa:bot", "direct elsewhere", "mehmet-elsewhere")
        await uow.commit()
    await anna.asks()
    await mehmet.says("1 übernehmen")
    await mehmet.says("1 zurückgeben")
    assert await hand_on(traffic, tom, "Mehmet Demir") == "Mehmet Demir ist gerade nicht da."


async def test_without_a_direct_chat_nobody_can_be_asked(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    async with traffic.database.unit_of_work() as uow:
        (await uow.people.know(TEAMS, "kim", "Kim Kaya")).role = "supporter"
        await uow.commit()
    await anna.asks()
    said = await hand_on(traffic, tom, "Kim Kaya")
    assert said == "Diese Person erreiche ich hier nicht. Bitte selbst ansprechen."


async def test_the_taker_hands_it_on_and_has_it_no_more(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    await grant(traffic, mehmet)
    await anna.asks()
    await tom.says("1 übernehmen")
    assert await hand_on(traffic, tom, "Mehmet Demir") == "Ich frage Mehmet Demir."
    assert await traffic.state() == "returned"


async def test_who_knows_somebody_leaves_the_question_to_the_others(
    traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody
) -> None:
    await anna.asks()
    await tom.says("kenne", LOTSEN)
    await tom.says("niemanden", LOTSEN)
    assert any("Frage 1 ist jetzt bei dir." in one for one in await mehmet.says("übernehmen", LOTSEN))


# refusing and learning


@pytest.fixture
async def asked(traffic: Traffic, anna: Somebody, tom: Somebody, mehmet: Somebody, may: Somebody) -> Somebody:
    """Somebody whom a colleague named, with a portrait."""
    await grant(traffic, mehmet)
    await traffic.introduce(mehmet, "Kanban")
    await anna.asks()
    await hand_on(traffic, tom, "Mehmet Demir")
    return mehmet


async def test_it_is_learned_that_a_question_does_not_suit_only_with_a_yes(traffic: Traffic, asked: Somebody) -> None:
    [said] = await asked.says("passt")
    assert "künftig nicht mehr nennen?" in said
    assert await wordings(traffic) == []
    assert await asked.says("ja") == ["Notiert. Bei solchen Fragen nenne ich dich nicht mehr."]
    assert await wordings(traffic) == [(QUESTION, False)]


async def test_with_a_no_nothing_is_learned(traffic: Traffic, asked: Somebody) -> None:
    await asked.says("passt")
    await asked.says("nein")
    assert await wordings(traffic) == []


async def test_the_redirect_is_learned_only_when_the_one_named_says_yes(
    traffic: Traffic, asked: Somebody, tom: Somebody
) -> None:
    await asked.says("übernehmen")
    await asked.says("Im Keller.")
    await tom.says("nennen")
    assert await wordings(traffic) == []
    assert await asked.says("nennen") == ["Notiert. Bei solchen Fragen nenne ich dich künftig."]
    assert await wordings(traffic) == [(QUESTION, True)]


async def test_what_was_learned_goes_with_the_question(traffic: Traffic, asked: Somebody, anna: Somebody) -> None:
    await asked.says("passt")
    await asked.says("ja")
    await anna.deletes(anna.said)
    assert await wordings(traffic) == []


async def test_who_has_no_portrait_is_not_asked_about_it(
    traffic: Traffic, anna: Somebody, tom: Somebody, may: Somebody
) -> None:
    kim = await grant(traffic, await traffic.met("kim", "Kim Kaya"))
    await anna.asks()
    await hand_on(traffic, tom, "Kim Kaya")
    assert await kim.says("passt") == ["Gut, ich suche jemand anderen."]


async def test_when_all_who_were_asked_refuse_the_coordinators_are_asked(
    traffic: Traffic, anna: Somebody, mehmet: Somebody, may: Somebody
) -> None:
    await grant(traffic, mehmet)
    await traffic.introduce(mehmet, "Leitweg-ID")
    await anna.says("wer: Leitweg-ID")
    await anna.says("1")
    await anna.says("fragen")
    await anna.says(QUESTION)
    assert "**Frage 1** von Anna Özdemir" in mehmet.sees()[-1]
    assert traffic.texts_at(LOTSEN) == []
    await mehmet.says("heute")
    assert may.sees()[-1].startswith("**Frage 1** von Anna Özdemir")
