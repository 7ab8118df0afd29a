"""Who does what at a meeting: whose turn it is, how they are asked, and how they swap."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from conftest import MovedClock
from handlers.jour_fixe.duty_sentences import read_statement, read_swap
from rounds import Round, opened, planned
from storage.models.jour_fixe import Duty, MeetingState
from storage.models.people import Experience
from traffic import MATRIX, Somebody, Traffic

MODERATOR, MINUTE_TAKER, TIMEKEEPER = Duty.MODERATOR, Duty.MINUTE_TAKER, Duty.TIMEKEEPER


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def svenja(traffic: Traffic) -> Somebody:
    return await traffic.met("svenja", "Svenja Petersen", MATRIX)


@pytest.fixture
async def jour_fixe(traffic: Traffic, tom: Somebody, mehmet: Somebody, svenja: Somebody) -> Round:
    """Tom, Mehmet and Svenja are in the round, which meets in ten days; Tom is next to moderate, then Mehmet."""
    found = await planned(traffic)
    await found.line_up(MODERATOR, tom, mehmet, svenja)
    await found.line_up(MINUTE_TAKER, svenja, mehmet, tom)
    return found


# whose turn it is


async def test_each_duty_goes_to_whoever_is_next_and_they_are_asked_alone(
    jour_fixe: Round, tom: Somebody, mehmet: Somebody, svenja: Somebody
) -> None:
    await jour_fixe.minute()
    assert await jour_fixe.given() == {MODERATOR: "Tom", MINUTE_TAKER: "Svenja"}
    assert "Du moderierst „Jour fixe“ am" in tom.sees()[-1]
    assert "Du schreibst das Protokoll" in svenja.sees()[-1]
    assert not [text for text in mehmet.sees() if "Jour fixe" in text]


async def test_nothing_is_given_twice_however_often_the_clock_ticks(jour_fixe: Round, tom: Somebody) -> None:
    for _ in range(3):
        await jour_fixe.minute()
    assert len([text for text in tom.sees() if "Du moderierst" in text]) == 1


async def test_a_meeting_far_ahead_has_time(traffic: Traffic, jour_fixe: Round) -> None:
    traffic.clock.move(timedelta(days=-10))
    await jour_fixe.minute()
    assert await jour_fixe.given() == {}


async def test_who_pauses_on_the_day_or_does_not_come_is_skipped_and_stays_in_front(
    traffic: Traffic, jour_fixe: Round, tom: Somebody, mehmet: Somebody, svenja: Somebody
) -> None:
    until = traffic.clock.now().date() + timedelta(days=10)
    person = await traffic.introduce(tom, "Kanban", paused_until=until)
    await jour_fixe.says_no(mehmet)
    await jour_fixe.minute()
    assert (await jour_fixe.given())[MODERATOR] == "Svenja"
    assert (await jour_fixe.queue(MODERATOR))[0] == person


async def test_who_joins_stands_at_the_end_and_newcomers_look_at_the_clock_first(
    traffic: Traffic, jour_fixe: Round, may: Somebody
) -> None:
    person = await traffic.introduce(may, "Kanban", experience=Experience.NEW)
    await jour_fixe.line_up(TIMEKEEPER)
    await jour_fixe.minute()
    assert (await jour_fixe.queue(MODERATOR))[-1] == (await jour_fixe.queue(MINUTE_TAKER))[-1] == person
    assert (await jour_fixe.queue(TIMEKEEPER))[0] == person


async def test_a_round_of_four_has_nobody_for_the_clock(jour_fixe: Round, may: Somebody) -> None:
    await jour_fixe.minute()
    assert TIMEKEEPER not in await jour_fixe.given()
    assert not [text for text in may.sees() if "Zeit" in text]


async def test_when_the_meeting_is_over_those_who_served_go_to_the_end_once(
    traffic: Traffic, jour_fixe: Round, tom: Somebody, mehmet: Somebody, svenja: Somebody
) -> None:
    await jour_fixe.minute()
    for _ in range(2):
        await traffic.night(days=11)
    ids = [await jour_fixe.id_of(one) for one in (mehmet, svenja, tom)]
    assert list(await jour_fixe.queue(MODERATOR)) == ids


async def test_a_meeting_turns_the_queue_only_once(
    traffic: Traffic, jour_fixe: Round, tom: Somebody, mehmet: Somebody, svenja: Somebody
) -> None:
    await jour_fixe.minute()
    await traffic.night(days=11)
    await jour_fixe.line_up(MODERATOR, tom, mehmet, svenja)
    await traffic.night(days=1)
    assert (await jour_fixe.queue(MODERATOR))[0] == await jour_fixe.id_of(tom)


async def test_a_cancelled_meeting_costs_nobody_their_place(traffic: Traffic, jour_fixe: Round, tom: Somebody) -> None:
    await jour_fixe.minute()
    await jour_fixe.set_state(MeetingState.CANCELLED)
    await traffic.night(days=11)
    assert (await jour_fixe.queue(MODERATOR))[0] == await jour_fixe.id_of(tom)


# asking


async def test_a_no_asks_the_next_one_and_keeps_the_place(jour_fixe: Round, tom: Somebody, mehmet: Somebody) -> None:
    await jour_fixe.minute()
    assert "jemand anderen" in (await tom.says("nein"))[0]
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"
    assert "Du moderierst" in mehmet.sees()[-1]
    assert (await jour_fixe.queue(MODERATOR))[0] == await jour_fixe.id_of(tom)


async def test_a_yes_leaves_it_so(jour_fixe: Round, tom: Somebody) -> None:
    await jour_fixe.minute()
    assert await tom.says("ja") == ["Gut, es bleibt dabei."]
    assert (await jour_fixe.given())[MODERATOR] == "Tom"


async def test_when_everybody_says_no_the_coordinators_are_told_once_and_may_name_somebody(
    traffic: Traffic, jour_fixe: Round, tom: Somebody, mehmet: Somebody, may: Somebody
) -> None:
    await jour_fixe.says_no(may)
    await jour_fixe.minute()
    await tom.says("nein")
    await mehmet.says("nein")
    for _ in range(2):
        await jour_fixe.minute()
    assert len([text for text in may.sees() if "Für die Moderation habe ich niemanden" in text]) == 1
    assert MODERATOR not in await jour_fixe.given()
    await may.says("Mehmet moderiert")
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"


async def test_who_leaves_is_replaced_by_itself(traffic: Traffic, jour_fixe: Round, tom: Somebody) -> None:
    await jour_fixe.minute()
    async with traffic.database.unit_of_work() as uow:
        await uow.people.forget_person(await jour_fixe.id_of(tom))
        await uow.commit()
    await jour_fixe.minute()
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"


async def test_who_pauses_later_is_replaced_by_itself(traffic: Traffic, jour_fixe: Round, tom: Somebody) -> None:
    await jour_fixe.minute()
    await traffic.introduce(tom, "Kanban", paused_until=traffic.clock.now().date() + timedelta(days=20))
    await jour_fixe.minute()
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"


async def test_who_says_that_they_do_not_come_is_replaced_at_once(jour_fixe: Round, tom: Somebody) -> None:
    await jour_fixe.minute()
    await tom.says("ich komme nicht zum jour fixe")
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"


async def test_an_old_question_no_longer_counts(jour_fixe: Round, tom: Somebody, may: Somebody) -> None:
    await jour_fixe.minute()
    await may.says("Mehmet moderiert")
    assert await tom.says("nein") == ["Das gilt nicht mehr."]
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"


# swapping


async def test_a_swap_wants_the_other_to_agree(jour_fixe: Round, tom: Somebody, mehmet: Somebody) -> None:
    await jour_fixe.minute()
    assert "Ich frage Mehmet Demir" in (await tom.says("tausche Moderation mit Mehmet"))[0]
    assert (await jour_fixe.given())[MODERATOR] == "Tom"
    assert "Tom Berger möchte „Moderation“ an dich abgeben" in mehmet.sees()[-1]
    await mehmet.says("ja")
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"
    assert tom.sees()[-1] == (
        "Mehmet Demir ist einverstanden. "
        "Bei „Jour fixe“ am Montag, 30. November 2026, 9:00 bis 10:30 Uhr hast du jetzt keine Aufgabe."
    )


async def test_two_with_duties_exchange_them(jour_fixe: Round, tom: Somebody, svenja: Somebody) -> None:
    await jour_fixe.minute()
    await tom.says("tausche mit Svenja")
    assert "„Moderation“ gegen „Protokoll“" in svenja.sees()[-1]
    await svenja.says("ja")
    assert await jour_fixe.given() == {MODERATOR: "Svenja", MINUTE_TAKER: "Tom"}
    assert "ist einverstanden. Du schreibst das Protokoll bei „Jour fixe“" in tom.sees()[-1]


async def test_whoever_refuses_changes_nothing(jour_fixe: Round, tom: Somebody, mehmet: Somebody) -> None:
    await jour_fixe.minute()
    await tom.says("tausche Moderation mit Mehmet")
    await mehmet.says("nein")
    assert (await jour_fixe.given())[MODERATOR] == "Tom"
    assert "kann nicht tauschen" in tom.sees()[-1]


async def test_a_swap_of_what_somebody_else_has_meanwhile_no_longer_counts(
    jour_fixe: Round, tom: Somebody, mehmet: Somebody, may: Somebody
) -> None:
    await jour_fixe.says_no(may)
    await jour_fixe.minute()
    await tom.says("tausche Moderation mit Mehmet")
    await may.says("Svenja moderiert")
    assert await mehmet.says("ja") == ["Das gilt nicht mehr."]
    assert (await jour_fixe.given())[MODERATOR] == "Svenja"


async def test_the_choice_asks_with_whom(jour_fixe: Round, tom: Somebody, mehmet: Somebody) -> None:
    await jour_fixe.minute()
    [asked] = await tom.says("tauschen")
    assert asked.startswith("Moderation, Jour fixe, Montag, 30. November 2026")
    assert "Mit wem tauschst du?" in asked
    await tom.says("Mehmet")
    await mehmet.says("ja")
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"


async def test_with_whom_does_not_matter(jour_fixe: Round, tom: Somebody) -> None:
    await jour_fixe.minute()
    await tom.says("tauschen")
    await tom.says("egal")
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"


async def test_an_unknown_name_is_said(jour_fixe: Round, tom: Somebody) -> None:
    await jour_fixe.minute()
    assert "niemanden mit dem Namen „Karl“" in (await tom.says("tausche Moderation mit Karl"))[0]


async def test_of_two_with_one_name_one_is_picked(
    traffic: Traffic, jour_fixe: Round, tom: Somebody, may: Somebody
) -> None:
    async with traffic.database.unit_of_work() as uow:
        other = await uow.people.know(MATRIX, "mehmet2", "Mehmet Yilmaz")
        other.role = "supporter"
        await uow.commit()
    await jour_fixe.minute()
    assert "Wen meinst du?" in (await tom.says("tausche Moderation mit Mehmet"))[0]
    assert "Ich frage Mehmet Demir" in (await tom.says("1"))[0]


async def test_nobody_swaps_what_is_not_theirs(jour_fixe: Round, mehmet: Somebody) -> None:
    await jour_fixe.minute()
    assert "nicht deine Aufgabe" in (await mehmet.says("tausche Protokoll mit Tom"))[0]


async def test_who_volunteers_asks_whoever_has_it(jour_fixe: Round, tom: Somebody, mehmet: Somebody) -> None:
    await jour_fixe.minute()
    await mehmet.says("ich moderiere")
    assert "Mehmet Demir möchte „Moderation“ von dir übernehmen" in tom.sees()[-1]
    assert "abgegeben" in (await tom.says("ja"))[0]
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"


async def test_who_volunteers_before_it_is_given_has_it(jour_fixe: Round, mehmet: Somebody) -> None:
    assert "deine Aufgabe: Moderation" in (await mehmet.says("ich moderiere"))[0]
    await jour_fixe.minute()
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"


async def test_only_coordinators_name_others(jour_fixe: Round, tom: Somebody, svenja: Somebody, may: Somebody) -> None:
    await jour_fixe.minute()
    assert "Koordination" in (await svenja.says("Mehmet moderiert"))[0]
    await may.says("Mehmet moderiert")
    assert (await jour_fixe.given())[MODERATOR] == "Mehmet"
    assert "macht jetzt jemand anderes" in tom.sees()[-1]


# showing


@pytest.mark.parametrize("asked", ["wer moderiert?", "dienste", "rota", "moderation", "wer führt Protokoll?"])
async def test_everybody_in_the_round_sees_who_does_what(jour_fixe: Round, tom: Somebody, asked: str) -> None:
    await jour_fixe.minute()
    shown = (await tom.says(asked))[0]
    assert "- Moderation: Tom Berger\n- Protokoll: Svenja Petersen" in shown
    assert "„tausche Moderation“" in shown


async def test_who_asks_before_anybody_is_asked_hears_what_is_open_and_how_to_take_it(
    jour_fixe: Round, tom: Somebody
) -> None:
    [shown] = await tom.says("dienste")
    assert "- Moderation: noch offen\n- Protokoll: noch offen\n" in shown
    assert "„ich moderiere“ oder „ich schreibe Protokoll“ übernimmt, was offen ist." in shown
    assert "Zwei Wochen vorher frage ich sonst jemanden." in shown


async def test_a_day_without_a_meeting_is_no_other_meeting(jour_fixe: Round, tom: Somebody) -> None:
    await jour_fixe.minute()
    [said] = await tom.says("kann am 7.12. nicht moderieren")
    assert said.startswith("An diesem Tag ist nicht der nächste Termin. Der nächste: Montag, 30. November 2026")
    assert "Mit wem tauschst du?" in (await tom.says("kann am 30.11. nicht moderieren"))[0]


async def test_staff_do_not_see_it(jour_fixe: Round, anna: Somebody) -> None:
    assert "nur Lots:innen" in (await anna.says("wer moderiert?"))[0]


# sentences


@pytest.mark.parametrize(
    ("text", "duty", "name"),
    [
        ("tausche Moderation mit Svenja", MODERATOR, "Svenja"),
        ("Ich möchte die Moderation tauschen.", MODERATOR, ""),
        ("ich tausche mit Anna-Lena Berg das Protokoll", MINUTE_TAKER, "Anna-Lena Berg"),
        ("ich gebe das Protokoll an Tom ab", MINUTE_TAKER, "Tom"),
        ("ich will mit tom tauschen", None, "tom"),
        ("tausche Zeit", TIMEKEEPER, ""),
        ("moderation abgeben", MODERATOR, ""),
        ("ich kann das Protokoll nicht machen", MINUTE_TAKER, ""),
        ("kann am Donnerstag nicht moderieren", MODERATOR, ""),
    ],
)
def test_a_swap_is_understood(text: str, duty: Duty | None, name: str) -> None:
    said = read_swap(text)
    assert said is not None
    assert (said.duty, said.name) == (duty, name)


@pytest.mark.parametrize(
    ("text", "duty", "name"),
    [
        ("Svenja moderiert", MODERATOR, "Svenja"),
        ("ich moderiere den nächsten Jour fixe", MODERATOR, "ich"),
        ("Wer schreibt das Protokoll?", MINUTE_TAKER, "wer"),
        ("Ruth Maier übernimmt das Protokoll", MINUTE_TAKER, "Ruth Maier"),
        ("Tom achtet auf die Zeit", TIMEKEEPER, "Tom"),
        ("ich kann moderieren", MODERATOR, "ich"),
        ("Ich würde gern das Protokoll schreiben", MINUTE_TAKER, "ich"),
        ("Svenja moderiert am 30.11.", MODERATOR, "Svenja"),
    ],
)
def test_a_statement_is_understood(text: str, duty: Duty, name: str) -> None:
    said = read_statement(text)
    assert said is not None
    assert (said.duty, said.name) == (duty, name)


@pytest.mark.parametrize(
    "text",
    [
        "wer moderiert uns einen Workshop?",
        "ich moderiere Workshops",
        "Wie tausche ich mein Gerät?",
        "der Personalrat moderiert",
        "Moderiert Svenja?",
        "moderation",
        "Zeit",
        "wo liegt das Protokoll",
    ],
)
def test_other_sentences_are_left_to_others(text: str) -> None:
    assert read_swap(text) is None
    assert read_statement(text) is None
