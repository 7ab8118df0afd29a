"""A round of peer consultation from phase to phase: announced, timed, moved on by those who may, and restarted."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import MovedClock
from handlers import turning
from handlers.peer_consultation import closing, live, phases
from handlers.peer_consultation.circle import Circle, Member
from handlers.peer_consultation.phase_posts import LIVE
from knowledge.consultation_files import built_in
from knowledge.consultation_formats import Format, Laps
from led import ROOM, Led, drop, opened, to_phase
from storage.models.peer_consultation import (
    ConsultationGroup,
    GroupMember,
    GroupNote,
    GroupState,
    Mode,
    NoteKind,
    Part,
)
from traffic import MATRIX, Traffic

LIVE_FORMATS = sorted(name for name, plan in built_in().items() if plan.mode == Mode.LIVE)


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with opened(migrated, tmp_path, clock) as town:
        yield town


@pytest.fixture
async def led(traffic: Traffic) -> Led:
    """Aylin's case, Ruth moderates, all have just agreed on who does what: Aylin tells it."""
    begun = await Led(traffic).begin()
    return await to_phase(begun, "telling")


# announcing


async def test_a_phase_is_announced_with_its_number_its_time_its_rule_and_what_comes_next(led: Led) -> None:
    assert "\n\n**Phase 2 von 6: Erzählen**\n10 Minuten, bis 10:10 Uhr.\nAylin Kaya erzählt" in led.newest
    assert led.newest.endswith("\n\nDanach: Schlüsselfrage.")


@pytest.mark.parametrize("name", LIVE_FORMATS)
async def test_no_announcement_is_long(traffic: Traffic, name: str) -> None:
    plan = built_in()[name]
    led = await Led(traffic).begin(plan, plan.largest)
    circle = await led.circle()
    for place, member in enumerate(circle.members):
        member.row.part = [Part.CASE_GIVER, Part.MODERATOR, Part.SCRIBE, Part.ADVISER][min(place, 3)]
    for phase in plan.order:
        circle.group.phase = phase.id
        assert len(phases.announcement(str, circle, phase, None)) <= 600
        assert "{" not in phases.announcement(str, circle, phase, None)


async def test_the_last_phase_says_that_it_is_the_last(led: Led) -> None:
    await to_phase(led, "closing")
    assert led.newest.endswith("Danach ist die Beratung zu Ende.")


async def test_only_the_newest_message_offers_something(led: Led) -> None:
    await led.says("ruth", "weiter")
    await led.passes(5)
    async with led.traffic.database.reading() as uow:
        offers = await uow.questions.offers_to(MATRIX, ROOM.id, "ruth")
    assert len([offer for offer in offers if offer.topic == LIVE]) == 1


async def test_where_somebody_takes_part_from_elsewhere_it_is_announced_there_too(traffic: Traffic) -> None:
    led = await Led(traffic, far=["svenja"]).begin(count=6)
    await to_phase(led, "telling")
    assert [text for text in led.people["svenja"].sees() if "Phase 2 von 6" in text]


# who moves it on


@pytest.mark.parametrize("words", ["weiter", "1", "Nächste Phase"])
async def test_by_word_and_by_number_it_is_the_same(led: Led, words: str) -> None:
    assert "Phase 3 von 6" in (await led.says("ruth", words))[-1]


async def test_only_whoever_moderates_or_keeps_the_time_moves_it_on(led: Led) -> None:
    assert await led.says("ben", "weiter") == ["Das macht die Moderation: Ruth Ebert."]
    assert (await led.group()).phase == "telling"
    await led.says("ben", "zeit")
    await led.passes(1)
    assert "Phase 3 von 6" in (await led.says("ben", "weiter"))[-1]


async def test_whoever_takes_part_from_elsewhere_moves_it_on_from_there(traffic: Traffic) -> None:
    led = await Led(traffic, far=["svenja"]).begin(count=6, can_moderate=["svenja"])
    assert "Phase 2 von 6" in (await led.says("svenja", "weiter"))[-1]
    traffic.clock.move(timedelta(minutes=1))
    assert "Phase 3 von 6" in (await led.says("svenja", "1"))[-1]


@pytest.mark.parametrize("words", ["wo sind wir", "stand der beratung"])
async def test_alone_with_the_bot_somebody_hears_where_it_stands_and_how_to_ask_that(led: Led, words: str) -> None:
    [text] = await led.people["ruth"].says(words)
    assert text.startswith(f"Beratung {led.number}: **Phase 2 von 6: Erzählen**\nNoch 10 Min.")
    assert text.endswith("Das zeigt „stand der beratung“ hier jederzeit.")
    assert "stand der" not in (await led.says("ruth", "stand"))[0]


async def test_somebody_else_has_no_say(traffic: Traffic, led: Led) -> None:
    stranger = await traffic.met("svenja", "Svenja Koch", MATRIX)
    assert await stranger.says("weiter", ROOM) == ["Das können nur die, die an dieser Beratung teilnehmen."]
    assert (await led.group()).phase == "telling"


async def test_of_two_who_say_it_at_once_only_one_moves_it_on(traffic: Traffic, led: Led) -> None:
    await led.says("ben", "zeit")
    traffic.clock.move(timedelta(minutes=1))
    ruth, ben = led.people["ruth"], led.people["ben"]
    await traffic.hear(
        ruth.incoming("weiter", ROOM, is_addressed=False), ben.incoming("weiter", ROOM, is_addressed=False)
    )
    assert (await led.group()).phase == "key_question"
    assert led.newest == "Das ist gerade schon geschehen. Jetzt: Schlüsselfrage."
    traffic.clock.move(turning.TOGETHER)
    await led.says("ben", "weiter")
    assert (await led.group()).phase == "method"


async def test_a_button_of_an_earlier_phase_shows_the_present_one(traffic: Traffic, led: Led) -> None:
    async with traffic.database.reading() as uow:
        [first] = [one for one in await uow.questions.offers_to(MATRIX, ROOM.id, "ruth") if one.topic == LIVE]
    await led.says("ruth", "weiter")
    async with traffic.database.unit_of_work() as uow:  # a button that a slow platform still shows
        await uow.questions.offer(type(first)(**first.model_dump(exclude={"id"})))
        await uow.commit()
    assert (await led.says("ruth", "1"))[-1].startswith("**Phase 3 von 6")
    assert (await led.group()).phase == "key_question"


async def test_before_it_begins_and_after_its_end_it_is_said_that_it_does_not_run(traffic: Traffic) -> None:
    led = await Led(traffic).gather()
    assert await led.says("ruth", "weiter") == ["Alle haben zugesagt. Es geht gleich los."]
    traffic.clock.move(-timedelta(minutes=90))
    [text] = await led.says("ruth", "stand")
    assert text.startswith("Alle haben zugesagt. Es geht los am ")
    assert text.endswith(" um 10:00 Uhr.")
    traffic.clock.move(timedelta(minutes=90))
    await led.do(lambda night, services, circle: live.begin(night, services, circle))
    await led.do(lambda night, services, circle: closing.begin(night, services, circle))
    assert await led.says("ruth", "weiter") == ["Diese Beratung ist zu Ende."]


async def test_outside_a_round_its_words_are_words_like_others(traffic: Traffic) -> None:
    tom = await traffic.met("tom", "Tom Berger")
    assert "Beratung" not in "".join(await tom.says("stand"))
    assert "Jour fixe" in "".join(await tom.says("weiter"))


# when whoever moderates is silent, or nobody moderates


async def test_when_the_moderator_is_silent_two_others_go_on(led: Led) -> None:
    said = await led.passes(13)
    assert said[-1] == "Sagen zwei „weiter“, geht es auch ohne Ruth Ebert weiter."
    assert await led.says("ben", "weiter") == ["Notiert. Sagt noch jemand „weiter“, geht es weiter."]
    assert await led.says("ben", "weiter") == ["Notiert. Sagt noch jemand „weiter“, geht es weiter."]
    assert "Phase 3 von 6" in (await led.says("tom", "weiter"))[-1]


async def test_before_that_they_are_told_who_moderates(led: Led) -> None:
    await led.passes(12)
    assert await led.says("ben", "weiter") == ["Das macht die Moderation: Ruth Ebert."]


async def test_without_a_moderator_two_go_on_and_after_the_time_one(traffic: Traffic) -> None:
    led = await Led(traffic).begin("troika", 3)
    assert "Notiert" in (await led.says("ruth", "weiter"))[0]
    assert "Phase 2 von 4: Erzählen" in (await led.says("tom", "weiter"))[-1]
    await led.passes(2)
    assert "Phase 3 von 4: Beratung" in (await led.says("aylin", "weiter"))[-1]


async def test_when_the_moderator_goes_it_is_said_and_another_one_may_take_over(led: Led) -> None:
    await drop(led, "ruth")
    assert led.newest.startswith("Ich achte jetzt auf Ablauf und Zeit. Wer moderieren möchte, schreibt „moderation“.")
    assert await led.who(Part.MODERATOR) == []
    assert "Moderation Ben Krause" in (await led.says("ben", "moderation"))[-1]
    await led.passes(1)
    assert "Phase 3 von 6" in (await led.says("ben", "weiter"))[-1]


async def test_where_nobody_moderates_the_bot_keeps_the_form_from_the_first_phase_to_the_last(traffic: Traffic) -> None:
    led = await Led(traffic).begin(can_moderate=[])
    for place, phase in enumerate(built_in()["six_phase"].order, start=1):
        announced = next(text for text in reversed(led.new(0)) if "Danach" in text)
        assert f"Phase {place} von 6: {phase.title}" in announced
        over = (await led.sleeps(minutes=phase.minutes or 0))[0]
        assert "ist um" in over
        await led.says("tom", "weiter")
    assert (await led.group()).state == GroupState.CLOSING


async def test_when_whoever_has_the_case_goes_it_ends_with_a_sentence(led: Led) -> None:
    await drop(led, "aylin")
    assert "Ohne den Fall endet die Runde hier." in led.new(0)
    assert (await led.group()).state == GroupState.CLOSING


async def test_whoever_has_no_case_of_their_own_lets_the_next_one_begin(traffic: Traffic) -> None:
    led = await Led(traffic).begin("troika", 3)
    assert "„überspringen“" in led.new(0)[0]
    [first] = await led.who(Part.CASE_GIVER)
    other = next(person for person in led.people if person != first)
    await led.says(other, "ich hab keinen fall")
    assert await led.who(Part.CASE_GIVER) == [first]
    assert "Runde 2 von 3, Phase 1" in " ".join(await led.says(first, "ich hab keinen fall"))


@pytest.mark.parametrize("words", ["raus", "ich muss gehen"])
async def test_no_single_sentence_of_the_case_giver_ends_the_round_for_all(led: Led, words: str) -> None:
    await to_phase(led, "telling")
    assert (await led.says("aylin", words))[0].startswith("Wirklich gehen? Dann endet die Runde für alle.")
    await led.says("ruth", "ja")
    await led.says("aylin", "nein")
    assert (await led.group()).state == GroupState.RUNNING
    assert len((await led.circle()).members) == 5
    await led.says("aylin", words)
    assert "Ohne den Fall endet die Runde hier." in await led.says("aylin", "ja")
    assert (await led.group()).state == GroupState.CLOSING


async def test_a_case_that_nobody_could_advise_on_waits_again_and_nobody_is_asked_whether_it_was_worth_it(
    led: Led,
) -> None:
    await to_phase(led, "telling")
    before = len(led.sent)
    await led.says("aylin", "raus")
    await led.says("aylin", "ja")
    await led.sleeps(minutes=20)
    async with led.traffic.database.reading() as uow:
        [case] = await uow.rounds.waiting_cases()
    assert case.title == "Zusammenarbeit"
    said = [one.text for one in led.sent[before:] if one.conversation != ROOM and one.text]
    assert any(text.startswith("Und dein Fall?") for text in said)
    assert not any("gelohnt" in text for text in said)


async def test_where_each_one_has_a_case_the_next_ones_turn_comes(traffic: Traffic) -> None:
    led = await Led(traffic).begin("wise_crowds", 4)
    [first] = await led.who(Part.CASE_GIVER)
    await drop(led, first)
    assert "Runde 1 von 3, Phase 1 von 4" in led.newest
    traffic.clock.move(turning.TOGETHER)  # whoever says „weiter“ at once means what was there before
    others = [person for person in led.people if person != first]
    seen = []
    for _ in range(12):
        seen += await led.who(Part.CASE_GIVER)
        for person in others[:2]:
            await led.says(person, "weiter")
        led.traffic.clock.move(timedelta(minutes=1))
    assert (await led.group()).state == GroupState.CLOSING
    assert set(seen) == set(others)


async def test_whoever_comes_in_the_middle_advises_and_may_write(led: Led) -> None:
    await to_phase(led, "advice")
    new = await led.traffic.met("svenja", "Svenja Koch", MATRIX)
    async with led.traffic.database.unit_of_work() as uow:
        person = await uow.people.know(MATRIX, "svenja", "Svenja Koch")
        row = type((await led.circle()).members[0].row)(group_id=led.number, person_id=person.id or 0)
        await uow.consultations.add_member(row)
        await uow.commit()
    await led.do(lambda night, _, circle: live.someone_came(night, circle, circle.by_id(person.id or 0)))
    assert (await led.parts())["svenja"] == Part.ADVISER
    assert len({member.row.place for member in (await led.circle()).members}) == 6
    assert new.sender.id in (led.orders()[-1].people or ())
    assert new.sees()[-1].startswith(f"Beratung {led.number}: **Phase 5 von 6")


# time


async def test_two_minutes_before_and_at_the_end_something_is_said_once(led: Led) -> None:
    assert await led.passes(7) == []
    assert await led.passes(1) == ["Noch 2 Minuten."]
    [over] = await led.passes(2)
    assert over == "Die Zeit für „Erzählen“ ist um. Wer gerade schreibt, schreibt zu Ende. Weiter oder mehr Zeit?"
    assert len(await led.passes(60)) == 1  # that the others may go on, too
    assert (await led.group()).phase == "telling"


async def test_whoever_writes_while_the_time_ends_is_heard_and_only_after_the_phase_told_to_wait(
    traffic: Traffic,
) -> None:
    led = await to_phase(await Led(traffic, far=["svenja"]).begin(count=6), "advice")
    await led.sleeps(minutes=15)
    assert "schreibt zu Ende" in led.newest
    assert await led.says("svenja", "Ich würde ihn einladen.") == ["**Svenja Koch:** Ich würde ihn einladen."]
    await led.says("ruth", "weiter")
    assert await led.says("svenja", "Und dann gemeinsam planen.") == []
    assert led.people["svenja"].sees()[-1].startswith("In dieser Phase hörst du nur zu. Ich habe es nicht weiterg")
    assert (await led.group()).phase == "closing"


async def test_a_bot_that_was_away_says_one_sentence(led: Led) -> None:
    [late] = await led.sleeps(minutes=50)
    assert late.startswith("Die Zeit für „Erzählen“ ist seit 10:10 Uhr um.")


async def test_a_short_phase_has_no_hint(traffic: Traffic) -> None:
    led = await Led(traffic).begin("troika", 3)
    assert await led.passes(1) == [
        "Die Zeit für „Nachdenken“ ist um. Wer gerade schreibt, schreibt zu Ende. Weiter oder mehr Zeit?"
    ]


async def test_whoever_leads_gives_five_minutes_more(led: Led) -> None:
    await led.passes(10)
    assert await led.says("ruth", "mehr") == ["5 Minuten mehr für „Erzählen“, bis 10:15 Uhr."]
    assert await led.passes(4) == []
    assert "ist um" in (await led.passes(1))[0]


async def test_of_the_others_two_give_more_time_and_one_alone_does_not(led: Led) -> None:
    alone = ["Notiert. Sagt noch jemand „mehr“, gibt es mehr Zeit."]
    assert await led.says("ben", "2") == alone
    assert await led.says("ben", "5 Minuten mehr") == alone
    assert await led.says("tom", "mehr") == ["5 Minuten mehr für „Erzählen“, bis 10:15 Uhr."]
    assert await led.voices() == 0
    assert await led.says("ben", "mehr") == alone


async def test_in_a_pause_the_clock_stands_still(led: Led) -> None:
    await led.passes(4)
    [text] = await led.says("ruth", "pause")
    assert text == "Pause. „Erzählen“ hat danach noch 6 Min. „weiter“ beendet die Pause."
    assert await led.passes(60) == []
    assert await led.says("ruth", "mehr") == ["Gerade ist Pause, die Zeit steht still."]
    [text] = await led.says("ruth", "weiter")
    assert "Noch 6 Min., bis 11:10 Uhr." in text
    assert (await led.group()).phase == "telling"
    assert await led.passes(4) == ["Noch 2 Minuten."]


async def test_back_goes_to_the_phase_before_with_all_of_its_time(led: Led) -> None:
    await led.passes(8)
    await led.says("ruth", "weiter")
    assert "10 Minuten, bis 10:18 Uhr." in (await led.says("ruth", "zurück"))[0]
    await to_phase(led, "advice")
    assert "Phase 4 von 6" in (await led.says("ruth", "zurück"))[0]


async def test_before_the_first_phase_there_is_none(traffic: Traffic) -> None:
    led = await Led(traffic).begin()
    assert await led.says("ruth", "zurück") == ["Davor kommt keine Phase."]


async def test_where_it_stands_is_said_to_whoever_asks(led: Led) -> None:
    await led.passes(3)
    [text] = await led.says("ben", "stand")
    assert text.startswith(
        "**Phase 2 von 6: Erzählen**\nNoch 7 Min., bis 10:10 Uhr.\nFall Aylin Kaya, Moderation Ruth Ebert"
    )


async def test_a_round_that_nobody_leads_closes_two_hours_after_its_planned_end(led: Led) -> None:
    plan = built_in()["six_phase"]
    await led.sleeps(minutes=plan.minutes(5) + 119)
    assert (await led.group()).state == GroupState.RUNNING
    await led.sleeps(minutes=1)
    assert (await led.group()).state == GroupState.CLOSING


async def test_a_round_that_began_late_has_all_of_its_time(led: Led) -> None:
    led.traffic.clock.move(timedelta(minutes=200))
    await to_phase(led, "advice")
    await led.passes(30)
    assert (await led.group()).state == GroupState.RUNNING


async def test_a_pause_that_nobody_ends_is_over_the_next_day(led: Led) -> None:
    await led.says("ruth", "pause")
    await led.sleeps(hours=23)
    assert (await led.group()).state == GroupState.RUNNING
    await led.sleeps(hours=1)
    assert (await led.group()).state == GroupState.CLOSING


async def test_a_round_that_ends_by_itself_says_why_and_offers_nothing_of_its_phase(led: Led) -> None:
    await led.sleeps(hours=5)
    assert "Hier ging es lange nicht weiter. Darum beende ich die Beratung." in led.new(0)
    async with led.traffic.database.reading() as uow:
        offers = await uow.questions.offers_to(MATRIX, ROOM.id, "ruth")
    assert [offer for offer in offers if offer.topic == LIVE] == []


async def test_when_the_moderator_does_not_come_back_from_a_pause_others_go_on(led: Led) -> None:
    await led.says("ruth", "pause")
    await led.passes(14)
    assert await led.says("ben", "weiter") == ["Das macht die Moderation: Ruth Ebert."]
    await led.passes(1)
    assert (await led.says("ben", "weiter"))[0].startswith("Es geht weiter.")


async def test_a_pause_after_the_time_says_that_it_is_over(led: Led) -> None:
    await led.passes(11)
    [text] = await led.says("ruth", "pause")
    assert text == "Pause. Die Zeit für „Erzählen“ ist um. „weiter“ beendet die Pause."


async def test_of_two_who_press_on_after_a_pause_the_second_one_ends_no_phase(traffic: Traffic, led: Led) -> None:
    await led.says("ben", "zeit")
    await led.says("ruth", "pause")
    async with traffic.database.reading() as uow:
        [shown] = [one for one in await uow.questions.offers_to(MATRIX, ROOM.id, "ruth") if one.topic == LIVE]
    await led.says("ruth", "1")
    async with traffic.database.unit_of_work() as uow:  # a button that a slow platform still shows
        await uow.questions.offer(type(shown)(**shown.model_dump(exclude={"id"})))
        await uow.commit()
    traffic.clock.move(turning.TOGETHER)
    assert (await led.says("ben", "1"))[-1].startswith("**Phase 2 von 6")
    assert (await led.group()).phase == "telling"


async def test_whoever_says_it_a_moment_after_another_one_hears_that_it_went_on(traffic: Traffic, led: Led) -> None:
    await led.says("ben", "zeit")
    await led.passes(1)
    await led.says("ruth", "weiter")
    assert await led.says("ben", "weiter") == ["Das ist gerade schon geschehen. Jetzt: Schlüsselfrage."]


async def test_a_phase_is_as_long_as_ever_in_the_night_in_which_the_clocks_change(led: Led) -> None:
    led.traffic.clock.move(datetime(2026, 10, 25, 2, 55, tzinfo=ZoneInfo("Europe/Berlin")) - led.traffic.clock.now())
    await led.says("ruth", "weiter")
    until, now = (await led.group()).phase_until, led.traffic.clock.now()
    assert until
    assert until - now.astimezone(UTC) <= timedelta(minutes=6)


# who may write


async def test_in_the_advice_phase_only_the_case_giver_may_not_write(led: Led) -> None:
    assert led.orders() == []
    await to_phase(led, "advice")
    assert [order.people for order in led.orders()] == [("ben", "mehmet", "ruth", "tom")]
    await led.says("ruth", "weiter")
    assert led.orders()[-1].people is None


async def test_in_a_pause_and_at_the_end_everybody_may_write(led: Led) -> None:
    await to_phase(led, "advice")
    await led.says("ruth", "pause")
    assert led.orders()[-1].people is None
    await led.passes(1)
    await led.says("ruth", "weiter")
    assert "aylin" not in (led.orders()[-1].people or ("aylin",))
    await led.do(lambda night, services, circle: closing.begin(night, services, circle))
    assert led.orders()[-1].people is None


# the key question


async def test_what_the_case_giver_asks_is_said_once_more_and_kept_nowhere(led: Led) -> None:
    await to_phase(led, "key_question")
    said = await led.says("aylin", "frage: Wie bleibe ich mit Quittenbaum im Gespräch?")
    assert said == ["**Schlüsselfrage:** Wie bleibe ich mit Quittenbaum im Gespräch?"]
    assert await led.traffic.tables_with("Quittenbaum") == []


@pytest.mark.parametrize("before", ["schlüsselfrage: ", "Meine Frage ist: ", "frage: ", ""])
async def test_the_key_question_is_said_without_the_words_before_it(led: Led, before: str) -> None:
    await to_phase(led, "key_question")
    assert await led.says("aylin", f"{before}Wie gewinne ich ihn?") == ["**Schlüsselfrage:** Wie gewinne ich ihn?"]


async def test_a_key_question_that_names_somebody_is_not_repeated(led: Led) -> None:
    await to_phase(led, "key_question")
    assert await led.says("aylin", "Wie rede ich mit Frau Müller?") == []
    assert led.people["aylin"].sees()[-1].startswith("Bitte die Frage ohne Namen und Nummern von anderen.")


async def test_without_a_key_question_it_goes_on_and_says_how_to_come_back(led: Led) -> None:
    await to_phase(led, "key_question")
    missing = "Eine Schlüsselfrage steht hier noch nicht. „zurück“ führt noch einmal dorthin."
    assert missing in "\n".join(await led.says("ruth", "weiter"))
    await led.says("ruth", "zurück")
    await led.says("aylin", "Wie gewinne ich ihn?")
    assert missing not in "\n".join(await led.says("ruth", "weiter"))


async def test_to_look_for_the_question_takes_no_time_away(led: Led) -> None:
    await to_phase(led, "key_question")
    await led.says("ruth", "mehr")
    assert (await led.says("aylin", "frage finden"))[0].startswith("Frage finden, bis 10:10 Uhr")


async def test_a_question_about_what_to_do_now_becomes_the_key_question_only_if_they_say_so(led: Led) -> None:
    await to_phase(led, "key_question")
    before = len(led.sent)
    assert await led.says("aylin", "was soll ich jetzt tun?") == []
    assert "„frage:“" in led.sent[-1].text
    assert await led.says("aylin", "frage: Was soll ich jetzt tun?") == ["**Schlüsselfrage:** Was soll ich jetzt tun?"]
    assert await led.says("aylin", "Was kann ich ihm sagen?") == ["**Schlüsselfrage:** Was kann ich ihm sagen?"]
    alone = [one.text for one in led.sent[before:] if one.conversation == led.people["aylin"].chat]
    assert sum("sie ersetzt diese" in text for text in alone) == 1


async def test_nobody_else_says_the_key_question_and_not_in_another_phase(led: Led) -> None:
    refused = ["Die Schlüsselfrage schreibt, wer den Fall hat, in der Phase dafür."]
    assert await led.says("aylin", "frage: Wie geht das?") == refused
    await to_phase(led, "key_question")
    assert await led.says("ben", "frage: Wie geht das?") == refused


async def test_who_is_unsure_has_five_minutes_in_which_the_others_propose_questions(led: Led) -> None:
    await to_phase(led, "key_question")
    assert await led.says("ben", "frage finden") == ["Das entscheidet, wer den Fall hat."]
    await led.passes(3)
    [text] = await led.says("aylin", "frage finden")
    assert text.startswith("Frage finden, bis 10:08 Uhr: Alle anderen schlagen Fragen vor")
    circle = await led.circle()
    [ben] = [member for member in circle.members if member.name.startswith("Ben")]
    assert circle.phase
    assert phases.may_speak(circle, circle.phase, ben, is_finding=True)
    assert not phases.may_speak(circle, circle.phase, ben)
    await led.says("ruth", "weiter")
    assert await led.voices() == 0


# in turns


async def test_in_turns_somebody_passes_and_the_next_one_is_named(traffic: Traffic) -> None:
    led = await Led(traffic).begin("star_round", 8)
    await to_phase(led, "hypotheses")
    line = [member for member in (await led.circle()).members if member.row.part != Part.CASE_GIVER]
    assert f"Es beginnt {line[0].name}." in led.newest
    first, second = (next(one for one in line if one.row.part != Part.MODERATOR), line)
    person = first.name.split()[0].casefold() if first.name[:4] != "Gast" else first.name.replace(" ", "").casefold()
    following = next(one for one in second if one.id != first.id)
    assert await led.says(person, "weiter") == [f"Als Nächstes: {following.name}."]
    assert (await led.group()).phase == "hypotheses"


async def test_without_a_moderator_a_phase_in_turns_comes_to_its_end(traffic: Traffic) -> None:
    led = await Led(traffic).begin("star_round", 5, can_moderate=[])
    for _ in range(40):
        if (await led.group()).state != GroupState.RUNNING:
            return
        for person in led.people:
            await led.says(person, "weiter")
        await led.passes(1)
    raise AssertionError(led.newest)


async def test_whoever_had_their_turn_says_weiter_to_go_on(traffic: Traffic) -> None:
    led = await Led(traffic).begin("star_round", 5)
    await to_phase(led, "questions")
    assert await led.says("ben", "weiter") != ["Das macht die Moderation: Ruth Ebert."]
    assert await led.says("ben", "weiter") == ["Das macht die Moderation: Ruth Ebert."]


# laps


async def test_where_each_one_has_a_case_the_lot_says_in_which_order(traffic: Traffic) -> None:
    led = await Led(traffic).begin("troika", 3)
    order = [member.name for member in (await led.circle()).members]
    assert led.new(0)[0].startswith(f"Die Reihenfolge, nach dem Los: {', '.join(order)}. ")
    assert "\n\n**Runde 1 von 3, Phase 1 von 4" in led.new(0)[0]
    assert await led.who(Part.CASE_GIVER) == [order[0].split()[0].casefold()]


async def test_at_the_end_of_a_lap_its_case_giver_gets_the_notes_and_the_next_one_begins(traffic: Traffic) -> None:
    led = await Led(traffic).begin("troika", 3)
    [first] = await led.who(Part.CASE_GIVER)
    async with traffic.database.unit_of_work() as uow:
        await uow.consultations.add_note(GroupNote(group_id=led.number, kind=NoteKind.SOLUTION, text="klein anfangen"))
        await uow.commit()
    while (await led.group()).lap == 0:
        await led.passes(6)
        await led.says("ruth", "weiter")
    assert any("klein anfangen" in text for text in led.people[first].sees())
    assert await led.who(Part.CASE_GIVER) != [first]
    assert "Runde 2 von 3, Phase 1 von 4" in led.newest
    assert len(await led.who(Part.ADVISER)) == 2 or (await led.parts())[first] != Part.CASE_GIVER


async def test_back_goes_to_the_lap_before(traffic: Traffic) -> None:
    led = await Led(traffic).begin("troika", 3)
    [first] = await led.who(Part.CASE_GIVER)
    while (await led.group()).lap == 0:
        await led.passes(6)
        await led.says("ruth", "weiter")
    led.traffic.clock.move(timedelta(minutes=1))
    assert "Runde 1 von 3, Phase 4 von 4" in (await led.says("ruth", "zurück"))[-1]
    assert await led.who(Part.CASE_GIVER) == [first]


async def test_when_whoever_listens_goes_everybody_may_write_again(traffic: Traffic) -> None:
    led = await Led(traffic).begin("wise_crowds", 4)
    while not phases.is_listening(circle := await led.circle(), circle.phase):
        await led.passes(21)
        await led.says("ruth", "weiter")
        await led.says("tom", "weiter")
    [first] = await led.who(Part.CASE_GIVER)
    await drop(led, first)
    assert led.orders()[-1].people is None


async def test_of_two_who_are_left_nobody_only_listens(traffic: Traffic) -> None:
    led = await Led(traffic).begin("troika", 3)
    while (await led.group()).phase != "advice":
        await led.passes(6)
        await led.says("ruth", "weiter")
    [first] = await led.who(Part.CASE_GIVER)
    await drop(led, next(person for person in led.people if person != first))
    assert led.orders()[-1].people is None
    circle = await led.circle()
    assert not phases.is_listening(circle, circle.phase)
    assert circle.phase
    text = phases.announcement(str, circle, circle.phase, None)
    assert "Zu zweit wird daraus ein Gespräch." in text
    assert "beiden" not in text


async def test_whoever_moderates_gives_that_up_with_their_own_case_and_hands_it_to_nobody(traffic: Traffic) -> None:
    led = await Led(traffic).begin("troika", 3)
    names = [member.name.split()[0].casefold() for member in (await led.circle()).members]
    await led.says(names[1], "ich moderiere")
    assert await led.who(Part.MODERATOR) == [names[1]]
    while (await led.group()).lap == 0:
        await led.passes(1)
        await led.says(names[1], "weiter")
    assert await led.who(Part.CASE_GIVER) == [names[1]]
    assert await led.who(Part.MODERATOR) == []


# ending


async def test_it_asks_before_it_ends_with_phases_left(led: Led) -> None:
    assert await led.says("ruth", "ende") == ["Es folgt noch: Schlüsselfrage. Trotzdem beenden?"]
    assert await led.says("ruth", "nein") == ["Gut, es geht weiter."]
    assert await led.says("ben", "ende") == ["Das macht die Moderation: Ruth Ebert."]
    await led.says("ruth", "ende")
    assert "ist zu Ende" in (await led.says("ruth", "ja"))[-1]
    assert (await led.group()).state == GroupState.CLOSING


async def test_after_the_last_phase_it_is_over_and_nothing_is_offered_any_more(led: Led) -> None:
    await to_phase(led, "closing")
    assert "ist zu Ende" in (await led.says("ruth", "weiter"))[-1]
    async with led.traffic.database.reading() as uow:
        offers = await uow.questions.offers_to(MATRIX, ROOM.id, "ruth")
    assert [offer for offer in offers if offer.topic == LIVE] == []


async def test_without_a_moderator_two_end_it(traffic: Traffic) -> None:
    led = await Led(traffic).begin("troika", 3)
    await led.says("ruth", "ende")
    assert "Notiert" in (await led.says("ruth", "ja"))[0]
    await led.says("tom", "ende")
    assert "ist zu Ende" in (await led.says("tom", "ja"))[-1]


# killed and restarted


async def test_after_a_restart_in_a_pause_the_rest_is_as_long_as_it_was(led: Led) -> None:
    await led.passes(4)
    await led.says("ruth", "pause")
    await led.restart()
    await led.passes(30)
    assert "Noch 6 Min." in (await led.says("ruth", "weiter"))[0]


async def test_what_fails_in_the_middle_leaves_everything_as_it_was(led: Led, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(live, "_do_step", fail)
    await led.says("ruth", "weiter")
    monkeypatch.undo()
    assert (await led.group()).phase == "telling"
    assert "Phase 3 von 6" in (await led.says("ruth", "weiter"))[-1]


# every format


def expected(plan: Format, count: int) -> list[tuple[str, int]]:
    """Each phase and lap in their order."""
    laps = range(count) if plan.laps is Laps.EACH else range(1)
    return [(phase.id, lap) for lap in laps for phase in (plan.lap_phases or plan.order)]


@pytest.mark.parametrize("name", LIVE_FORMATS)
async def test_moved_on_by_its_words_each_format_comes_to_each_phase_in_order_and_ends(
    traffic: Traffic, name: str
) -> None:
    plan = built_in()[name]
    led = await Led(traffic).begin(plan, plan.smallest)
    seen = []
    while (group := await led.group()).state == GroupState.RUNNING:
        seen.append((group.phase, group.lap))
        await led.passes(1)
        for person in ("ruth",) if await led.who(Part.MODERATOR) else ("ruth", "tom"):
            await led.says(person, "weiter")
    assert seen == expected(plan, plan.smallest)


def circle_of(plan: Format, count: int, left: Collection[int] = ()) -> Circle:
    """A group of so many, of whom some have left."""
    rows = [GroupMember(group_id=1, person_id=number, place=number) for number in range(count) if number not in left]
    group = ConsultationGroup(id=1, plan={}, mode=plan.mode)
    return Circle(group, plan, [Member(row, f"P{row.person_id}") for row in rows], [])


SIZED = st.sampled_from(sorted(built_in())).flatmap(
    lambda name: st.tuples(st.just(built_in()[name]), st.integers(built_in()[name].smallest, built_in()[name].largest))
)


@given(sized=SIZED, gone=st.sets(st.integers(0, 40)))
def test_of_any_size_each_format_is_walked_from_its_first_phase_to_its_last_and_back(
    sized: tuple[Format, int], gone: set[int]
) -> None:
    plan, count = sized
    circle = circle_of(plan, count, gone if len(gone.intersection(range(count))) < count else ())
    walked = [phases.beginning(circle)]
    while (following := phases.after(circle, *walked[-1])) is not None:
        assert phases.before(circle, *following) == walked[-1]
        walked.append(following)
    there = {member.row.place for member in circle.members} if plan.laps is Laps.EACH else {0}
    assert [(phase.id, lap) for phase, lap in walked] == [one for one in expected(plan, count) if one[1] in there]
    assert phases.before(circle, *walked[0]) is None
