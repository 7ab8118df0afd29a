"""Questions that wait: who is reminded, who is asked next, and what their asker hears, by working days."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.settings import CommunitySettings
from bot.turn import House
from conftest import MovedClock, fresh_sqlite
from handlers import routing
from knowledge.working_days import WorkingDays
from storage.database import Database
from traffic import LOTSEN, SETTINGS, Somebody, Traffic

REMINDER = "Frage 1 wartet noch auf deine Antwort. Bleibt sie bei dir?"
ESCALATED = "Zu Frage 1 kam noch keine Antwort. Jetzt habe ich die Koordination gefragt."
GIVEN_BACK = "Frage 1 ist wieder offen. Ich suche jemand anderen."


def said(traffic: Traffic, words: str) -> int:
    return sum(words in one.text for one in traffic.sent)


async def nights(traffic: Traffic, count: int) -> None:
    for _ in range(count):
        await traffic.night(1)


async def test_nobody_takes_it_and_the_coordinators_are_asked_once(
    traffic: Traffic, anna: Somebody, may: Somebody
) -> None:
    await anna.asks()  # on a Friday
    await traffic.night(5)  # Wednesday, the third working day
    assert said(traffic, ESCALATED) == 0
    await traffic.night(1)
    await nights(traffic, 14)
    assert said(traffic, ESCALATED) == 1
    assert [one for one in may.sees() if one.startswith("**Frage 1**")] == may.sees()[1:2]
    assert await traffic.state() == "sought"


async def test_errands_twice_in_one_night_do_nothing_twice(traffic: Traffic, anna: Somebody, may: Somebody) -> None:
    await anna.asks()
    await traffic.night(20)
    before = len(traffic.sent)
    await traffic.night()
    assert len(traffic.sent) == before


async def test_who_has_it_is_reminded_then_it_is_given_back(
    traffic: Traffic, anna: Somebody, tom: Somebody, may: Somebody
) -> None:
    await anna.asks()
    await tom.says("übernehmen", LOTSEN)
    await traffic.night(5)
    assert said(traffic, REMINDER) == 0
    await traffic.night(1)
    assert tom.sees()[-1] == REMINDER
    assert [who for who in (anna, may) if REMINDER in who.sees()] == []
    await traffic.night(5)
    assert said(traffic, GIVEN_BACK) == 0
    await traffic.night(1)
    assert (said(traffic, REMINDER), said(traffic, GIVEN_BACK), said(traffic, ESCALATED)) == (1, 1, 1)
    assert await traffic.state() == "returned"
    assert any(one.startswith("**Frage 1**") for one in may.sees())


async def test_who_keeps_it_has_as_long_again(traffic: Traffic, anna: Somebody, tom: Somebody, may: Somebody) -> None:
    await anna.asks()
    await tom.says("übernehmen", LOTSEN)
    await traffic.night(6)
    assert await tom.says("bleibt") == ["Gut. Frage 1 bleibt bei dir."]
    await traffic.night(6)
    assert (said(traffic, REMINDER), await traffic.state()) == (2, "taken")
    await tom.says("zurückgeben")
    assert await traffic.state() == "returned"


async def test_an_answered_question_reminds_nobody(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    await tom.helps("Im Keller.")
    before = len(traffic.sent)
    await nights(traffic, 20)
    assert len(traffic.sent) == before


@pytest.mark.parametrize(("land", "day"), [("BW", date(2027, 1, 8)), ("HH", date(2027, 1, 7))])
async def test_holidays_of_the_land_are_not_waited_for(
    migrated: Path, tmp_path: Path, clock: MovedClock, land: str, day: date
) -> None:
    clock.time = datetime(2027, 1, 4, 9, tzinfo=UTC)  # Epiphany is the 6th, and not everywhere
    database = Database(fresh_sqlite(tmp_path))
    await database.migrate()
    traffic = await Traffic(database, clock, house=House(working_days=WorkingDays([land]))).open()
    await traffic.somebody("anna", "Anna").asks()
    found = await traffic.routing()
    assert found
    assert found.due_on == day
    await database.close()


async def test_the_choices_of_a_question_that_waits_outlive_all_others(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    await anna.asks()
    before = len(traffic.sent)
    await nights(traffic, 30)
    assert len(traffic.sent) == before + 1, "only that it may become a topic is asked"
    assert any("Frage 1 ist jetzt bei dir." in one for one in await tom.says("übernehmen", LOTSEN))


async def test_after_a_month_its_thread_still_leads_to_its_asker(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    await anna.asks()
    await nights(traffic, 40)
    await tom.helps("Im Keller.")
    assert anna.sees()[-1].endswith("Im Keller.")
    assert traffic.texts_at(LOTSEN)[0].endswith("Übernommen von Tom Berger.")
    assert len([one for one in traffic.texts_at(LOTSEN) if one.startswith("**Frage 1**")]) == 1


async def test_choices_that_are_gone_are_offered_again(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    async with traffic.database.unit_of_work() as uow:
        now = traffic.clock.now()
        await uow.questions.forget(now.replace(year=2027), now, date(2020, 1, 1))
        await uow.commit()
    await traffic.night(1)
    assert any("Frage 1 ist jetzt bei dir." in one for one in await tom.says("übernehmen", LOTSEN))


async def test_an_old_question_becomes_a_topic_only_with_the_consent_of_its_asker_and_is_offered_once(
    traffic: Traffic, anna: Somebody
) -> None:
    await anna.asks()
    await traffic.night(14)
    assert said(traffic, "Thema im nächsten Jour fixe") == 0
    await traffic.night(1)
    await nights(traffic, 5)
    assert said(traffic, "Thema im nächsten Jour fixe") == 1
    assert await traffic.rows("agenda_item") == {"agenda_item": 0}
    assert "ohne deinen Namen" in (await anna.says("ja"))[0]
    assert await traffic.rows("agenda_item") == {"agenda_item": 1}
    assert "agenda_item" not in await traffic.tables_with("Özdemir", "anna-id")


async def test_without_consent_it_is_only_sought_further(traffic: Traffic, anna: Somebody) -> None:
    await anna.asks()
    await traffic.night(15)
    assert await anna.says("nein") == ["Gut, ich suche weiter."]
    assert await traffic.rows("agenda_item") == {"agenda_item": 0}
    assert await traffic.state() == "sought"


async def test_an_errand_that_fails_leaves_nothing(
    traffic: Traffic, anna: Somebody, may: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.asks()
    before, rows = await traffic.routing(), await traffic.rows("routing_place", "routing_message", "pending_offer")

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("in the middle")

    with monkeypatch.context() as patch:
        patch.setattr(routing, "tell_asker", fail)  # the coordinators are noted by then
        await traffic.night(6)
    assert said(traffic, ESCALATED) == 0
    assert await traffic.routing() == before
    assert await traffic.rows("routing_place", "routing_message", "pending_offer") == rows
    await traffic.night()
    assert said(traffic, ESCALATED) == 1


async def test_a_coordinator_who_knows_it_hears_that_it_waits(traffic: Traffic, anna: Somebody, may: Somebody) -> None:
    async with traffic.database.unit_of_work() as uow:
        await uow.addresses.unknow(LOTSEN.platform, LOTSEN.id)
        await uow.commit()
    await anna.asks()
    await traffic.night(6)
    assert may.sees()[-1] == "Frage 1 wartet noch auf eine Antwort."
    assert said(traffic, "Magst du das übernehmen?") == 1


async def test_without_coordinators_it_goes_on_waiting(migrated: Path, tmp_path: Path, clock: MovedClock) -> None:
    database = Database(fresh_sqlite(tmp_path))
    await database.migrate()
    traffic = await Traffic(database, clock, replace_coordinators()).open()
    anna = traffic.somebody("anna", "Anna")
    await anna.asks()
    await nights(traffic, 8)
    found = await traffic.routing()
    assert found
    assert (found.state, found.escalated_on, found.due_on) == ("sought", None, date(2026, 12, 1))
    assert said(traffic, ESCALATED) == 0
    await database.close()


def replace_coordinators() -> CommunitySettings:
    return SETTINGS.model_copy(update={"coordinators": frozenset()})


async def test_what_is_closed_is_deleted_after_its_days(traffic: Traffic, anna: Somebody, tom: Somebody) -> None:
    await anna.asks()
    await tom.helps("Im Keller.")
    await anna.says("gelöst")
    await nights(traffic, 13)
    assert await traffic.state() == "closed"
    await nights(traffic, 2)
    counts = await traffic.rows("routing", "routing_place", "routing_message", "refusal")
    assert set(counts.values()) == {0}


async def test_the_house_says_how_long_is_waited(migrated: Path, tmp_path: Path, clock: MovedClock) -> None:
    database = Database(fresh_sqlite(tmp_path))
    await database.migrate()
    traffic = await Traffic(database, clock, house=replace(House(), answer_days=1)).open()
    await traffic.somebody("anna", "Anna").asks()
    found = await traffic.routing()
    assert found
    assert found.due_on == date(2026, 11, 23)
    await database.close()


async def test_what_nobody_answered_for_as_long_as_it_is_kept_goes_with_a_word(
    traffic: Traffic, anna: Somebody, tom: Somebody
) -> None:
    await anna.asks()
    await traffic.night(days=90)
    assert anna.sees()[-1] == "Zu Frage 1 kam keine Antwort. Nach 90 Tagen lösche ich sie."
    assert not [text for text in traffic.texts_at(LOTSEN) if "Leitweg" in text]
    async with traffic.database.reading() as uow:
        assert await uow.routing.live() == []
