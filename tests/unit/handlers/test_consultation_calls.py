"""Calls to rounds of peer consultation: who calls, who takes part and how, what is said where, and when it closes."""

import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.turn import House
from conftest import MovedClock, fresh_sqlite
from handlers.peer_consultation import calls, forming
from handlers.table import TABLE
from knowledge.departments import Department, Departments
from knowledge.working_days import WorkingDays
from storage.database import Database
from storage.models.peer_consultation import (
    ConsultationCase,
    ConsultationRound,
    Mode,
    Participation,
    RoundState,
)
from traffic import BERATUNG, LOTSEN, MATRIX, SETTINGS, Somebody, Traffic

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
NAMES = ("ada", "bea", "cem", "dora")
HOUSE = House(
    departments=Departments([Department("Sozialamt"), Department("Jugendamt")]), working_days=WorkingDays(("NW",))
)


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    clock.time = FRIDAY
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    # Its file does not outlive the test.
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    update = {"supporters": SETTINGS.supporters | frozenset(NAMES), "coordinators": SETTINGS.coordinators | {"kim"}}
    settings = SETTINGS.model_copy(update=update)
    table = replace(TABLE, errands=(), ticks=(calls.look_after,))
    traffic = await Traffic(database, clock, settings, house=HOUSE, table=table).open()
    yield traffic
    await traffic.stop()
    await database.close()


@pytest.fixture
async def crowd(traffic: Traffic) -> Sequence[Somebody]:
    return [await traffic.met(name, name.capitalize()) for name in NAMES]


async def rounds(traffic: Traffic, state: RoundState = RoundState.OPEN) -> Sequence[ConsultationRound]:
    async with traffic.database.reading() as uow:
        return await uow.rounds.in_state(state)


async def taking_part(traffic: Traffic, number: int = 1) -> Sequence[Participation]:
    async with traffic.database.reading() as uow:
        return await uow.rounds.participants(number)


async def called(may: Somebody, words: str = "kollegiale beratung in kw 50") -> None:
    await may.says(words)
    await may.says("ja")


def days(one: ConsultationRound) -> tuple[str, str]:
    return f"{one.starts_on:%d.%m.}", f"{one.ends_on:%d.%m.}"


def closing(one: ConsultationRound) -> str:
    return f"{one.closes_at:%d.%m. %H:%M}"  # in UTC, an hour behind the house


class TestCalling:
    async def test_a_sentence_is_shown_before_it_is_kept(self, traffic: Traffic, may: Somebody) -> None:
        [shown] = await may.says("Kollegiale Beratung in KW 50")
        assert "vom 7. bis 11. Dezember 2026" in shown
        assert "Anmelden bis Mittwoch, 2. Dezember 2026, 12 Uhr" in shown
        assert await rounds(traffic) == []

    async def test_a_yes_calls_it_once_in_the_supporters_room(self, traffic: Traffic, may: Somebody) -> None:
        await called(may)
        [one] = await rounds(traffic)
        assert (days(one), closing(one), one.mode) == (("07.12.", "11.12."), "02.12. 11:00", Mode.LIVE)
        [post] = traffic.texts_at(LOTSEN)
        assert post.startswith("**Kollegiale Beratung** vom 7. bis 11. Dezember")
        assert "Freiwillig, vertraulich und unter Gleichen" in post
        assert "Bisher sind wenige dabei" in post
        assert len(post) <= 600

    async def test_a_no_keeps_nothing(self, traffic: Traffic, may: Somebody) -> None:
        await may.says("fallberatung nächste woche")
        await may.says("nein")
        assert await rounds(traffic) == []
        assert traffic.texts_at(LOTSEN) == []

    async def test_a_written_one_says_all_at_once(self, traffic: Traffic, may: Somebody) -> None:
        await called(may, "kollegiale beratung schriftlich vom 1.12. bis 12.12., anmelden bis freitag 10 uhr")
        [one] = await rounds(traffic)
        # The 12th is a Saturday.
        assert (days(one), closing(one), one.mode) == (("01.12.", "11.12."), "27.11. 09:00", Mode.WRITTEN)

    async def test_without_days_it_asks_for_them(self, traffic: Traffic, may: Somebody) -> None:
        [asked] = await may.says("neue beratungsrunde")
        assert "Wann soll die Runde sein?" in asked
        [asked] = await may.says("irgendwann mal so")
        assert "keine Tage" in asked
        [shown] = await may.says("in 2 wochen")
        assert "vom 4. bis" in shown or "am Freitag, 4. Dezember 2026" in shown
        await may.says("ja")
        assert len(await rounds(traffic)) == 1

    async def test_each_part_can_be_changed_before(self, traffic: Traffic, may: Somebody) -> None:
        await may.says("kollegiale beratung in kw 50")
        await may.says("frist")
        [again] = await may.says("donnerstag 15 uhr")
        assert "Anmelden bis Donnerstag, 26. November 2026, 15 Uhr" in again
        await may.says("schriftlich")
        [listed] = await may.says("ablauf")
        assert "passend zur Größe" in listed or "Nach welchem Ablauf" in listed
        await may.says("2")
        await may.says("tage")
        [shown] = await may.says("14.12. bis 31.12.")
        assert "Art: schriftlich" in shown
        assert "Ablauf: Schriftlich" in shown
        await may.says("ja")
        [one] = await rounds(traffic)
        assert (one.format, one.mode, days(one)) == ("written", Mode.WRITTEN, ("14.12.", "31.12."))

    async def test_a_format_with_a_name_is_taken(self, traffic: Traffic, may: Somebody) -> None:
        await called(may, "troika am 10.12.")
        [one] = await rounds(traffic)
        assert (one.format, days(one)) == ("troika", ("10.12.", "10.12."))

    @pytest.mark.parametrize(
        ("words", "refusal"),
        [
            ("kollegiale beratung am 1.11.2026", "schon vorbei"),
            ("kollegiale beratung am 5.12.", "arbeitet hier niemand"),
            ("kollegiale beratung in kw 50, anmelden bis 1.11.2026", "schon vorbei"),
            ("kollegiale beratung in kw 50, anmelden bis 15.12.", "keine Zeit für die Beratung"),
            ("kollegiale beratung vom 1.12. bis 1.3.2027", "höchstens zwei Monate"),
            ("kollegiale beratung am 31.2.", "gibt es so nicht"),
        ],
    )
    async def test_what_cannot_be_is_refused(self, traffic: Traffic, may: Somebody, words: str, refusal: str) -> None:
        [text] = await may.says(words)
        assert refusal in text
        assert await rounds(traffic) == []

    async def test_for_the_next_working_day_there_is_still_time_to_join(self, traffic: Traffic, may: Somebody) -> None:
        await called(may, "kollegiale beratung am montag")
        [one] = await rounds(traffic)
        assert closing(one) == "20.11. 11:00"

    async def test_a_second_one_at_that_time_is_asked_about(self, traffic: Traffic, may: Somebody) -> None:
        await called(may)
        await may.says("kollegiale beratung am 10.12.")
        [asked] = await may.says("ja")
        assert "Zu dieser Zeit gibt es schon eine Runde" in asked
        await may.says("nein")
        assert len(await rounds(traffic)) == 1
        await called(may, "kollegiale beratung am 10.12.")
        await may.says("zweite")
        assert len(await rounds(traffic)) == 2

    async def test_a_supporter_calls_only_for_an_own_case(self, traffic: Traffic, crowd: Sequence[Somebody]) -> None:
        [refused] = await crowd[0].says("kollegiale beratung in kw 50")
        assert "Eine Runde ruft die Koordination aus" in refused
        async with traffic.database.unit_of_work() as uow:
            person = await uow.people.know(MATRIX, "ada", "Ada")
            case = ConsultationCase(person_id=person.id or 0, title="Rolle im Team", waiting_since=FRIDAY.date())
            await uow.rounds.add_case(case)
            await uow.commit()
        await called(crowd[0])
        assert len(await rounds(traffic)) == 1
        assert len(await taking_part(traffic)) == 1

    async def test_staff_hear_kindly_for_whom_it_is(self, traffic: Traffic, anna: Somebody) -> None:
        [refused] = await anna.says("kollegiale beratung in kw 50")
        assert "unter den Lots:innen" in refused

    async def test_questions_stay_questions(self, may: Somebody) -> None:
        [answer] = await may.says("was ist kollegiale beratung?")
        assert "weiß" in answer or "Antwort" in answer

    async def test_where_nothing_may_be_kept_none_is_called(self, traffic: Traffic, may: Somebody) -> None:
        [refused] = await may.says("kollegiale beratung in kw 50", BERATUNG)
        assert "vertraulich" in refused or "unter ihnen" in refused


class TestJoining:
    async def test_who_joins_in_the_room_hears_alone_what_happens_next(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        before = len(traffic.texts_at(LOTSEN))
        await crowd[0].says("dabei", LOTSEN)
        assert len(traffic.texts_at(LOTSEN)) == before
        told = crowd[0].sees()[-1]
        assert "Du bist dabei: kollegiale Beratung vom 7. bis 11. Dezember" in told
        assert "„beratung abmelden“ meldet dich ab" in told
        assert "Leitest du einen Fachbereich" in told
        assert [one.can_moderate for one in await taking_part(traffic)] == [False]

    async def test_how_many_is_said_from_three_people_on(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        shown = []
        for one in crowd:
            await one.says("dabei", LOTSEN)
            shown.append(traffic.texts_at(LOTSEN)[0].rpartition("\n\n")[2])
        assert shown == ["Bisher sind wenige dabei."] * 2 + ["Bisher sind 3 dabei.", "Bisher sind 4 dabei."]
        assert not any(name.capitalize() in traffic.texts_at(LOTSEN)[0] for name in NAMES)

    async def test_twice_is_once_and_nobody_is_asked_again(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        await crowd[0].says("dabei", LOTSEN)
        await crowd[0].says("moderation", LOTSEN)
        await crowd[0].says("1", LOTSEN)
        assert [one.can_moderate for one in await taking_part(traffic)] == [True]
        assert "Leitest du" not in crowd[0].sees()[-1]
        assert "moderieren kannst" in crowd[0].sees()[-1]

    async def test_who_leads_says_so_once_for_this_round(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        await crowd[0].says("dabei", LOTSEN)
        [near] = await crowd[0].says("sozialmat")
        assert "Sozialamt" in near
        if "Notiert" not in near:
            await crowd[0].says("1")
        await crowd[1].says("dabei", LOTSEN)
        await crowd[1].says("nein")
        assert [one.leads for one in await taking_part(traffic)] == ["Sozialamt", ""]

    async def test_who_leaves_is_gone_and_the_post_tells_it(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        for one in crowd[:3]:
            await one.says("dabei", LOTSEN)
        await crowd[0].says("abmelden", LOTSEN)
        await crowd[1].says("beratung abmelden")
        assert len(await taking_part(traffic)) == 1
        assert "Bisher sind wenige" in traffic.texts_at(LOTSEN)[0]
        [told] = await crowd[1].says("beratung abmelden")
        assert "in keiner Runde" in told

    async def test_sentences_in_ones_own_chat_do_the_same(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        await crowd[0].says("ich bin bei der kollegialen beratung dabei")
        await crowd[1].says("ich kann moderieren")
        assert [one.can_moderate for one in await taking_part(traffic)] == [False, True]

    async def test_without_a_round_it_is_about_the_jour_fixe(self, crowd: Sequence[Somebody]) -> None:
        [told] = await crowd[0].says("ich bin dabei")
        assert "Jour fixe" in told
        [told] = await crowd[0].says("ich mache bei der kollegialen beratung mit")
        assert "keine Runde offen" in told

    async def test_one_sees_what_there_is_but_nobody_by_name(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        [told] = await crowd[0].says("beratungen")
        assert "keine kollegiale Beratung geplant" in told
        await called(may)
        for one in crowd[:3]:
            await one.says("dabei", LOTSEN)
        [told] = await may.says("beratungen")
        assert "Bisher sind 3 dabei" in told
        assert "gruppen bilden" in told
        assert "Ada" not in told
        await crowd[3].says("beratungen")
        await crowd[3].says("1")
        assert len(await taking_part(traffic)) == 4


class TestTime:
    async def test_the_room_is_reminded_once_a_working_day_before(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody], clock: MovedClock
    ) -> None:
        await called(may)
        clock.time = datetime(2026, 12, 1, 7, 59, tzinfo=UTC)
        await traffic.passes(minutes=0)
        assert len(traffic.texts_at(LOTSEN)) == 1
        await traffic.passes(minutes=2)
        await traffic.passes(minutes=2)
        [_, reminder] = traffic.texts_at(LOTSEN)
        assert "geht noch bis Mittwoch, 2. Dezember 2026, 12 Uhr" in reminder
        assert all("geht noch" not in text for one in crowd for text in one.sees())

    async def test_one_that_closes_soon_anyway_is_not_reminded_of(self, traffic: Traffic, may: Somebody) -> None:
        await called(may, "kollegiale beratung am montag")
        await traffic.passes(minutes=5)
        assert len(traffic.texts_at(LOTSEN)) == 1

    async def test_at_the_end_the_groups_are_formed_once(
        self, traffic: Traffic, may: Somebody, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        formed = await _count_forming(monkeypatch)
        await called(may)
        clock.time = datetime(2026, 12, 2, 10, 59, tzinfo=UTC)
        await traffic.passes(minutes=0)
        assert formed == []
        await traffic.passes(minutes=1)
        await traffic.passes(minutes=1)
        assert formed == [1]
        assert any("Die Gruppen stehen" in text for text in traffic.texts_at(LOTSEN))

    async def test_who_comes_late_is_a_reserve(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await _count_forming(monkeypatch)
        await called(may)
        await crowd[0].says("dabei", LOTSEN)
        await may.says("gruppen bilden")
        await may.says("ja")
        await crowd[1].says("dabei", LOTSEN)
        assert "Du bist Reserve" in crowd[1].sees()[-1]
        assert [one.is_reserve for one in await taking_part(traffic)] == [False, True]

    async def test_groups_are_formed_at_once_when_a_coordinator_says_so(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        for one in crowd:
            await one.says("dabei", LOTSEN)
        await may.says("gruppen bilden")
        told = await may.says("ja")
        assert any("Die Gruppen stehen" in text for text in told)
        async with traffic.database.reading() as uow:
            [group] = await uow.consultations.of_round(1)
            assert len(await uow.consultations.members(group.id or 0)) == 4

    async def test_who_leaves_the_round_then_leaves_the_group(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        for one in crowd:
            await one.says("dabei", LOTSEN)
        await may.says("gruppen bilden")
        await may.says("ja")
        await crowd[0].says("abmelden", LOTSEN)
        async with traffic.database.reading() as uow:
            person = await uow.people.find(MATRIX, crowd[0].sender.id)
            assert person is not None
            assert await uow.consultations.of_person(person.id or 0) == []

    async def test_too_few_are_told_and_it_stays_open(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        await crowd[0].says("dabei", LOTSEN)
        await may.says("gruppen bilden")
        told = await may.says("ja")
        assert any("Es kam keine Gruppe zustande" in text for text in told)
        assert len(await rounds(traffic)) == 1

    async def test_it_is_extended_by_a_coordinator_alone(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        [refused] = await crowd[0].says("runde verlängern bis 4.12.")
        assert "Koordination" in refused
        [told] = await may.says("runde verlängern bis 4.12.")
        assert "Freitag, 4. Dezember 2026, 12 Uhr" in told
        assert "Anmelden bis Freitag, 4. Dezember" in traffic.texts_at(LOTSEN)[0]
        [refused] = await may.says("die runde bis 1.11.2026 verlängern")
        assert "schon vorbei" in refused
        [asked] = await may.says("runde verlängern")
        assert "Bis wann" in asked
        [told] = await may.says("donnerstag 14 uhr")
        assert "14 Uhr" in told

    async def test_called_off_everybody_who_joined_hears_it_alone(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        await crowd[0].says("dabei", LOTSEN)
        await may.says("runde absagen")
        await may.says("ja")
        assert "findet nicht statt" in crowd[0].sees()[-1]
        assert "findet nicht statt" in traffic.texts_at(LOTSEN)[0]
        assert all("findet nicht statt" not in text for text in crowd[1].sees())
        [late] = await crowd[1].says("ich bin bei der beratung dabei")
        assert "keine Runde offen" in late

    async def test_of_several_the_one_that_is_meant_is_asked_for(self, traffic: Traffic, may: Somebody) -> None:
        await called(may)
        await called(may, "kollegiale beratung in kw 51")
        [asked] = await may.says("runde absagen")
        assert "Welche Runde" in asked
        await may.says("2")
        await may.says("ja")
        assert [days(one) for one in await rounds(traffic)] == [("07.12.", "11.12.")]


async def _count_forming(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have groups be formed of nobody; gives the numbers of the rounds."""
    formed: list[int] = []

    async def form(_asking: object, _services: object, one: ConsultationRound) -> list[object]:
        formed.append(one.id or 0)
        one.state = RoundState.FORMED
        return []

    monkeypatch.setattr(forming, "form", form)
    return formed


class TestMending:
    """What new users stumbled over."""

    async def test_two_coordinators_who_call_at_once_call_one_round(self, traffic: Traffic, may: Somebody) -> None:
        other = await traffic.met("kim", "Kim Lee")
        for one in (may, other):
            await one.says("kollegiale beratung in kw 50")
        await may.says("ja")
        [asked] = await other.says("ja")
        assert "schon eine Runde" in asked
        assert len(await rounds(traffic)) == 1

    async def test_a_time_that_shortens_is_asked_back(self, traffic: Traffic, may: Somebody) -> None:
        await called(may)
        before = closing((await rounds(traffic))[0])
        [asked] = await may.says("runde verlängern bis 24.11.")
        assert "früher als bisher" in asked
        assert closing((await rounds(traffic))[0]) == before
        await may.says("ja")
        assert closing((await rounds(traffic))[0]) == "24.11. 11:00"

    async def test_a_draft_that_becomes_live_again_has_its_days_again(self, may: Somebody) -> None:
        await may.says("kollegiale beratung in kw 50")
        await may.says("schriftlich")
        [shown] = await may.says("live")
        assert "vom 7. bis 11. Dezember 2026" in shown

    async def test_days_the_wrong_way_round_are_told(self, may: Somebody) -> None:
        [told] = await may.says("kollegiale beratung schriftlich vom 12.12. bis 1.12.")
        assert "Das Ende liegt vor dem Anfang" in told

    async def test_a_written_round_that_is_short_says_how_long_it_takes(self, may: Somebody) -> None:
        [shown] = await may.says("kollegiale beratung schriftlich vom 7.12. bis 9.12.")
        assert "etwa 12 Arbeitstage" in shown

    async def test_a_round_that_is_over_offers_nothing_and_is_forgotten(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        for one in crowd[:3]:
            await one.says("dabei", LOTSEN)
        traffic.clock.time = datetime(2026, 12, 3, 12, tzinfo=UTC)
        await traffic.passes(minutes=1)
        traffic.clock.time = datetime(2026, 12, 12, 9, tzinfo=UTC)
        await traffic.passes(minutes=1)
        assert "Diese Runde ist vorbei." in traffic.texts_at(LOTSEN)[0]
        assert (await traffic.rows("participation", "consultation_round")) == {
            "participation": 0, "consultation_round": 0
        }  # fmt: skip
        async with traffic.database.reading() as uow:
            assert not await uow.questions.offers_to(LOTSEN.platform, LOTSEN.id, "ada")

    @pytest.mark.parametrize("words", ["dabei", "1 3", "ich kann doch nicht", "alle"])
    async def test_what_is_no_department_is_none(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody], words: str
    ) -> None:
        await called(may)
        await crowd[0].says("dabei", LOTSEN)
        assert "Fachbereich kenne ich nicht" not in " ".join(await crowd[0].says(words))

    async def test_who_cannot_come_after_all_leaves_the_open_round(
        self, traffic: Traffic, may: Somebody, crowd: Sequence[Somebody]
    ) -> None:
        await called(may)
        await crowd[0].says("dabei", LOTSEN)
        [told, *_] = await crowd[0].says("ich kann leider doch nicht kommen")
        assert "Du bist abgemeldet" in told
        assert not await taking_part(traffic)


class TestADraft:
    """What is said below a call that is not kept yet is about it."""

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ("1.12. 10 uhr", "Anmelden bis Dienstag, 1. Dezember 2026, 10 Uhr"),
            ("anmelden bis 1.12.", "Anmelden bis Dienstag, 1. Dezember 2026, 12 Uhr"),
            ("kw 51", "vom 14. bis 18. Dezember 2026"),
            ("kollegiale beratung in kw 51", "vom 14. bis 18. Dezember 2026"),
            ("lila", "nicht zuordnen"),
        ],
    )
    async def test_it_is_put_right_or_asked_again(self, traffic: Traffic, may: Somebody, said: str, told: str) -> None:
        await may.says("kollegiale beratung in kw 50")
        [shown] = await may.says(said)
        assert told in shown
        assert "So ausrufen?" in shown
        await may.says("ja")
        assert len(await rounds(traffic)) == 1

    async def test_a_day_off_is_said(self, may: Somebody) -> None:
        await may.says("kollegiale beratung in kw 51")
        await may.says("frist")
        [shown] = await may.says("6.12.")
        assert "Sonntag, 6. Dezember 2026 ist kein Arbeitstag" in shown
        assert "Anmelden bis Freitag, 4. Dezember 2026, 12 Uhr" in shown

    async def test_little_time_for_a_date_is_said(self, may: Somebody) -> None:
        await may.says("kollegiale beratung in kw 51")
        await may.says("frist")
        [shown] = await may.says("11.12. 12 uhr")
        assert "dauert etwa zwei Arbeitstage" in shown

    async def test_the_list_of_formats_can_be_left(self, traffic: Traffic, may: Somebody) -> None:
        await may.says("kollegiale beratung in kw 51")
        await may.says("ablauf")
        await may.says("abbrechen")
        await may.says("ja")
        assert await rounds(traffic) == []


@pytest.mark.parametrize(
    "words",
    [
        "ich möchte eine kollegiale fallberatung starten, am liebsten übernächste woche",
        "kollegiale beratung, troika, in kw 51",
        "kollegiale beratung mit troika in kw 51",
    ],
)
async def test_a_call_in_ones_own_words(may: Somebody, words: str) -> None:
    [shown] = await may.says(words)
    assert "So ausrufen?" in shown
    assert ("Troika" in shown) == ("troika" in words)


async def test_how_a_round_is_moved_is_said(traffic: Traffic, may: Somebody) -> None:
    await called(may)
    [told] = await may.says("runde verschieben")
    assert "„runde absagen“" in told
