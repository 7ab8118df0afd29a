"""Who comes: as a choice, a word or a sentence; shown as sums, changeable until the begin, and soon forgotten."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bot.messages import Conversation, Offer, Outgoing
from bot.offers import pending
from conftest import MovedClock
from handlers.jour_fixe import attendance
from handlers.jour_fixe.coming_sentences import read_coming, read_naming
from rounds import Round, opened, planned
from storage.models.jour_fixe import Coming, Duty, MeetingState
from storage.models.questions import ANYBODY
from traffic import BERATUNG, LOTSEN, MATRIX, Somebody, Traffic

YES, MAYBE, NO = Coming.YES, Coming.MAYBE, Coming.NO


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def svenja(traffic: Traffic) -> Somebody:
    return await traffic.met("svenja", "Svenja Petersen", MATRIX)


@pytest.fixture
async def jour_fixe(traffic: Traffic) -> Round:
    return await planned(traffic)


async def said(jour_fixe: Round) -> Sequence[Coming | None]:
    async with jour_fixe.traffic.database.reading() as uow:
        return [one.coming and Coming(one.coming) for one in await uow.attendance.all(jour_fixe.meeting)]


async def sums(jour_fixe: Round) -> str:
    async with jour_fixe.traffic.database.reading() as uow:
        return await attendance.sums(str, uow, jour_fixe.meeting)


async def named(jour_fixe: Round) -> Sequence[str]:
    async with jour_fixe.traffic.database.reading() as uow:
        return await attendance.named(uow, jour_fixe.meeting)


async def offer(jour_fixe: Round, place: Conversation = LOTSEN) -> None:
    """Have the choices stand below something in a room, as they do below an agenda."""
    traffic = jour_fixe.traffic
    async with traffic.database.unit_of_work() as uow:
        meeting = await uow.jour_fixe.meeting(jour_fixe.meeting)
        assert meeting
        choices = attendance.choices(str, meeting)
        shown = Outgoing("agenda", place, "Tagesordnung", choices)
        kept = pending(Offer(attendance.COMING, choices), shown, ANYBODY, traffic.clock.now(), has_buttons=False)
        await uow.questions.offer(kept)
        await uow.commit()


# choosing


@pytest.mark.parametrize(("word", "coming"), [("komme", YES), ("vielleicht", MAYBE), ("absage", NO), ("2", MAYBE)])
async def test_a_word_in_the_room_is_taken_down_and_said_to_its_sender_alone(
    jour_fixe: Round, tom: Somebody, word: str, coming: Coming
) -> None:
    await offer(jour_fixe)
    assert await tom.says(word, LOTSEN, is_addressed=False) == []
    assert await said(jour_fixe) == [coming]
    assert tom.sees()[-1].startswith("Notiert, du kommst")


async def test_a_room_does_not_hear_what_somebody_without_a_chat_has_chosen(traffic: Traffic, jour_fixe: Round) -> None:
    await offer(jour_fixe)
    unmet = traffic.somebody("mehmet", "Mehmet Demir", MATRIX)
    assert await unmet.says("absage", LOTSEN, is_addressed=False) == ["Notiert. Bis zum Beginn kannst du das ändern."]
    assert await said(jour_fixe) == [NO]


async def test_it_is_said_in_the_form_of_address_of_the_chat(traffic: Traffic, jour_fixe: Round, tom: Somebody) -> None:
    await tom.says("anrede: Sie")
    await offer(jour_fixe)
    await tom.says("komme", LOTSEN, is_addressed=False)
    assert tom.sees()[-1].startswith("Notiert, Sie kommen: Jour fixe")


async def test_a_person_with_two_accounts_comes_once(traffic: Traffic, jour_fixe: Round, tom: Somebody) -> None:
    async with traffic.database.unit_of_work() as uow:
        await uow.people.link(("teams:bot", "tom"), await jour_fixe.id_of(tom))
        await uow.commit()
    elsewhere = traffic.somebody("tom", "Tom Berger", "teams:bot")
    await tom.says("ich komme")
    await elsewhere.says("ich komme nicht")
    assert await said(jour_fixe) == [NO]


# sentences


async def test_a_sentence_is_taken_down(jour_fixe: Round, tom: Somebody) -> None:
    answer = (await tom.says("ich komme nicht zum jour fixe"))[0]
    assert answer.startswith("Notiert, du kommst nicht: Jour fixe, Montag, 30. November 2026, 9:00 bis 10:30 Uhr.")
    assert await said(jour_fixe) == [NO]


@pytest.mark.parametrize("asked", ["wer kommt?", "wer kommt zum jour fixe", "wie viele sind dabei am 30.11.?"])
async def test_who_asks_who_comes_hears_sums_and_no_names(
    jour_fixe: Round, tom: Somebody, mehmet: Somebody, may: Somebody, asked: str
) -> None:
    await tom.says("ich komme")
    await mehmet.says("ich komme")
    assert "Dazu haben noch zu wenige geantwortet" in (await tom.says(asked))[0]
    await may.says("ich komme nicht")
    [said] = await tom.says(asked)
    assert said.startswith("Montag, 30. November 2026, 9:00 bis 10:30 Uhr: 2 kommen, 1 nicht.")
    assert "Demir" not in said


async def test_a_date_says_which_meeting(traffic: Traffic, jour_fixe: Round, tom: Somebody) -> None:
    later = await jour_fixe.add_meeting((traffic.clock.now() + timedelta(days=38)).date())
    await tom.says("bin am 28.12. dabei")
    async with traffic.database.reading() as uow:
        assert [one.coming for one in await uow.attendance.all(later)] == [YES]
    assert await said(jour_fixe) == []


@pytest.mark.parametrize("day", ["1.12.", "31.2."])
async def test_a_day_without_a_meeting_names_the_next_one(jour_fixe: Round, tom: Somebody, day: str) -> None:
    assert "Montag, 30. November 2026" in (await tom.says(f"ich komme am {day}"))[0]
    assert await said(jour_fixe) == []


async def test_it_can_be_changed_until_the_begin(jour_fixe: Round, tom: Somebody) -> None:
    await tom.says("ich komme zum Jour fixe")
    await tom.says("ich komme doch nicht")
    assert await said(jour_fixe) == [NO]


async def test_after_the_begin_nothing_changes(traffic: Traffic, jour_fixe: Round, tom: Somebody) -> None:
    await tom.says("ich komme")
    await offer(jour_fixe)
    traffic.clock.move(timedelta(days=10))
    await jour_fixe.set_state(MeetingState.RUNNING)
    assert "hat schon begonnen" in (await tom.says("ich komme nicht"))[0]
    assert "hat schon begonnen" in (await tom.says("absage", LOTSEN))[0]
    assert await said(jour_fixe) == [YES]


async def test_a_cancelled_meeting_takes_nothing(jour_fixe: Round, tom: Somebody) -> None:
    await offer(jour_fixe)
    await jour_fixe.set_state(MeetingState.CANCELLED)
    assert "findet nicht statt" in (await tom.says("komme", LOTSEN))[0]


async def test_without_any_series_it_says_so(tom: Somebody) -> None:
    assert "Noch ist kein Jour fixe geplant" in (await tom.says("ich komme"))[0]


async def test_staff_and_confidential_rooms_are_refused(jour_fixe: Round, anna: Somebody, may: Somebody) -> None:
    assert "nur Lots:innen" in (await anna.says("ich komme"))[0]
    await may.says("ich komme", BERATUNG)
    assert await said(jour_fixe) == []


# sums


async def test_only_sums_are_shown_and_not_of_two(
    jour_fixe: Round, tom: Somebody, mehmet: Somebody, svenja: Somebody
) -> None:
    await tom.says("ich komme")
    await mehmet.says("ich komme")
    assert await sums(jour_fixe) == ""
    await svenja.says("ich komme nicht")
    assert await sums(jour_fixe) == "2 kommen, 1 nicht"


async def test_a_place_in_a_group_is_no_answer(jour_fixe: Round, tom: Somebody) -> None:
    person = await jour_fixe.id_of(tom)
    async with jour_fixe.traffic.database.unit_of_work() as uow:
        (await uow.attendance.of(jour_fixe.meeting, person)).group = 1
        await uow.commit()
    assert await sums(jour_fixe) == ""
    assert await said(jour_fixe) == [None]


# standing in the minutes


async def test_nobody_stands_in_the_minutes_unless_they_want_it(
    jour_fixe: Round, tom: Somebody, mehmet: Somebody
) -> None:
    await mehmet.says("ich komme")
    await tom.says("ich komme")
    assert await named(jour_fixe) == []
    await tom.says("1")
    assert await named(jour_fixe) == [], "a digit is no consent"
    await tom.says("nenn mich im Protokoll")
    assert await named(jour_fixe) == ["Tom Berger"]
    await tom.says("nenn mich nicht im Protokoll")
    assert await named(jour_fixe) == []


async def test_who_does_not_come_after_all_is_not_named(jour_fixe: Round, tom: Somebody) -> None:
    await tom.says("ich komme")
    await tom.says("nenn mich im Protokoll")
    await tom.says("ich komme nicht")
    await tom.says("ich komme")
    assert await named(jour_fixe) == []


async def test_who_has_not_said_that_they_come_is_asked_first(jour_fixe: Round, tom: Somebody) -> None:
    assert "ob du kommst" in (await tom.says("nenn mich im Protokoll"))[0]


async def test_after_the_meeting_it_is_about_that_one(traffic: Traffic, jour_fixe: Round, tom: Somebody) -> None:
    later = await jour_fixe.add_meeting((traffic.clock.now() + timedelta(days=20)).date())
    await tom.says("ich komme am 30.11.")
    await tom.says("ich komme am 10.12.")
    traffic.clock.move(timedelta(days=11))
    await jour_fixe.set_state(MeetingState.HELD)
    await tom.says("nenn mich im Protokoll")
    assert await named(jour_fixe) == ["Tom Berger"]
    async with traffic.database.reading() as uow:
        assert await attendance.named(uow, later) == []


# forgetting


async def test_two_weeks_after_the_meeting_nobody_knows_who_came(
    traffic: Traffic, jour_fixe: Round, tom: Somebody
) -> None:
    await jour_fixe.minute()
    await tom.says("ich komme")
    await traffic.night(days=24)
    assert await said(jour_fixe) == [YES]
    await traffic.night(days=1)
    assert await traffic.rows("attendance", "meeting_duty") == {"attendance": 0, "meeting_duty": 0}
    assert len(await jour_fixe.queue(Duty.MODERATOR)) == 1


# what is understood


@pytest.mark.parametrize(
    ("text", "coming", "day"),
    [
        ("Ich komme leider nicht.", NO, ""),
        ("komme", YES, ""),
        ("dabei", YES, ""),
        ("doch dabei", YES, ""),
        ("Bin am Donnerstag nicht dabei", NO, "donnerstag"),
        ("ich komme am 3. Dezember 2026 nicht", NO, "3. dezember 2026"),
        ("ich kann am 3.12. nicht zum Jour fixe", NO, "3.12."),
        ("vielleicht komme ich zum JF", MAYBE, ""),
        ("Am 3.12. komme ich nicht", NO, "3.12."),
        ("ich sage für den 3.12. ab", NO, "3.12."),
        ("beim nächsten jour fixe bin ich dabei", YES, ""),
        ("Jour fixe ohne mich", NO, ""),
        ("ich weiß noch nicht, ob ich komme", MAYBE, ""),
    ],
)
def test_a_sentence_about_coming_is_understood(text: str, coming: Coming, day: str) -> None:
    found = read_coming(text)
    assert found is not None
    assert (found.coming, found.day) == (coming, day)


@pytest.mark.parametrize(
    "text",
    [
        "ich komme nicht weiter",
        "ich komme nicht an meine mails",
        "ich bin am 3.12. nicht da",
        "kann ich zum jour fixe kommen?",
        "ich sage den jour fixe ab",
        "absage",
        "ich kann nicht",
        "vielleicht",
    ],
)
def test_other_sentences_are_left_to_others(text: str) -> None:
    assert read_coming(text) is None


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("nenn mich im protokoll", True),
        ("Nennen Sie mich bitte nicht im Protokoll.", False),
        ("ich möchte im Protokoll genannt werden", True),
        ("ich möchte nicht im Protokoll stehen", False),
        ("wo steht das im Protokoll", None),
    ],
)
def test_the_wish_to_be_named_is_understood(text: str, wish: bool | None) -> None:
    assert read_naming(text) is wish
