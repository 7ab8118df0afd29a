"""Cases that have waited for long: it is asked once whether they still need a group, and without an answer they go."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest

import filing
from bot.messages import Unasked
from bot.turn import Night, Services
from conftest import MovedClock
from filing import FRIDAY, cases, file
from handlers.peer_consultation import waiting_cases
from storage.models.peer_consultation import CaseState, ConsultationCase
from traffic import MATRIX, SETTINGS, TEAMS, Somebody, Traffic

FILED = FRIDAY.date()
ASKED = "wartet seit über acht Wochen"
GONE = "ist jetzt gelöscht"
WEEKS = 7


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with filing.opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def crowd(traffic: Traffic) -> dict[str, Somebody]:
    return await filing.crowd(traffic)


@pytest.fixture
async def ada(crowd: dict[str, Somebody]) -> Somebody:
    """She has filed a case that waits."""
    await file(crowd["ada"])
    await crowd["ada"].says("warten")
    return crowd["ada"]


@pytest.fixture
async def asked(traffic: Traffic, ada: Somebody) -> Somebody:
    """Ada, who was asked about it eight weeks later."""
    await traffic.night(days=8 * WEEKS)
    return ada


def told(somebody: Somebody, words: str) -> int:
    """How often somebody was told this."""
    return len([text for text in somebody.sees() if words in text])


async def test_after_eight_weeks_it_is_asked_once(traffic: Traffic, ada: Somebody) -> None:
    await traffic.night(days=8 * WEEKS - 1)
    assert told(ada, ASKED) == 0
    for _ in range(4):
        await traffic.night(days=1)
    assert told(ada, ASKED) == 1
    assert ada.sees()[-1] == (
        "Dein Fall „Umgang mit Widerstand im Team“ wartet seit über acht Wochen. Brauchst du die Gruppe noch? "
        "Ohne Antwort lösche ich ihn am Freitag, 29. Januar 2027."
    )


async def test_at_the_weekend_nobody_is_asked(traffic: Traffic, ada: Somebody) -> None:
    await traffic.night(days=8 * WEEKS + 1)
    assert told(ada, ASKED) == 0
    await traffic.night(days=2)
    assert told(ada, ASKED) == 1


async def test_with_a_yes_it_keeps_its_place_and_is_asked_about_eight_weeks_later(
    traffic: Traffic, asked: Somebody
) -> None:
    await traffic.night(days=13)
    assert await asked.says("ja") == ["Gut, es bleibt dabei. „mein fall“ zeigt, was vorgemerkt ist."]
    await traffic.night(days=8 * WEEKS - 1)
    assert [case.waiting_since for case in await cases(traffic)] == [FILED]
    assert told(asked, ASKED) == 1
    await traffic.night(days=1)
    assert told(asked, ASKED) == 2


async def test_with_a_no_it_is_gone(traffic: Traffic, asked: Somebody) -> None:
    assert await asked.says("2") == ["Zurückgezogen und gelöscht."]
    assert await cases(traffic) == []
    await traffic.night(days=14)
    assert told(asked, GONE) == 0


async def test_without_an_answer_it_goes_after_two_weeks_and_that_is_said_once(
    traffic: Traffic, asked: Somebody
) -> None:
    await traffic.night(days=13)
    assert len(await cases(traffic)) == 1
    for _ in range(3):
        await traffic.night(days=1)
    assert await cases(traffic) == []
    assert (await traffic.rows("case_veto"))["case_veto"] == 0
    assert told(asked, GONE) == 1
    assert asked.sees()[-1] == (
        "Dein vorgemerkter Fall „Umgang mit Widerstand im Team“ ist jetzt gelöscht. "
        "Brauchst du doch noch eine Gruppe? „ich habe einen Fall“ merkt ihn wieder vor."
    )


@pytest.mark.parametrize("answers", [["ja"], ["mein fall", "so lassen"]])
async def test_a_no_that_comes_later_is_about_something_else(
    traffic: Traffic, asked: Somebody, answers: Sequence[str]
) -> None:
    for words in (*answers, "nein"):
        await asked.says(words)
    await traffic.night(days=14)
    assert len(await cases(traffic)) == 1


async def test_once_it_is_gone_nothing_is_left_to_answer(traffic: Traffic, asked: Somebody) -> None:
    await traffic.night(days=14)
    assert all("Fall" not in text for text in await asked.says("ja"))


async def test_who_looks_at_their_case_has_not_forgotten_it(traffic: Traffic, asked: Somebody) -> None:
    await asked.says("mein fall")
    await traffic.night(days=14)
    assert len(await cases(traffic)) == 1
    assert told(asked, GONE) == 0


@pytest.mark.parametrize("days", [8 * WEEKS, 10 * WEEKS])
async def test_cut_off_in_the_middle_each_step_is_done_once(traffic: Traffic, ada: Somebody, days: int) -> None:
    if days > 8 * WEEKS:
        await traffic.night(days=8 * WEEKS)

    async def cut_off(night: Night, services: Services) -> Sequence[Unasked]:
        await waiting_cases.look_after(night, services)
        raise RuntimeError

    traffic.clock.move(timedelta(days=days) - (traffic.clock.now() - FRIDAY))
    with suppress(RuntimeError):
        await traffic.errands._do(cut_off)
    assert len(await cases(traffic)) == 1
    for _ in range(2):
        await traffic.night()
    assert (told(ada, ASKED), told(ada, GONE)) == (1, int(days > 8 * WEEKS))


# who needs it all the same


async def test_who_takes_part_in_a_round_needs_a_group(traffic: Traffic, asked: Somebody, may: Somebody) -> None:
    await may.says("kollegiale beratung in kw 6")
    await may.says("ja")
    await asked.says("bin bei der kollegialen beratung dabei")
    await traffic.night(days=14)
    assert len(await cases(traffic)) == 1
    assert told(asked, GONE) == 0
    await traffic.night(days=4 * WEEKS)
    assert told(asked, ASKED) == 1


async def test_a_case_in_a_group_is_not_asked_about(traffic: Traffic, ada: Somebody) -> None:
    async with traffic.database.unit_of_work() as uow:
        [case] = await uow.rounds.waiting_cases()
        case.state = CaseState.TAKEN
        await uow.commit()
    await traffic.night(days=8 * WEEKS)
    assert told(ada, ASKED) == 0


async def test_a_case_that_gets_a_group_begins_anew_when_that_is_called_off(
    traffic: Traffic, crowd: dict[str, Somebody], asked: Somebody, may: Somebody
) -> None:
    await may.says("kollegiale beratung in kw 5")
    await may.says("ja")
    for one in crowd.values():
        await one.says("bin bei der kollegialen beratung dabei")
    await may.says("gruppen bilden")
    await may.says("ja")
    assert await cases(traffic) == []
    for words in ("zurücktreten", "ja", "warten"):
        await asked.says(words)
    [case] = await cases(traffic)
    assert case.delete_on is None
    assert case.ask_on == traffic.clock.now().date() + timedelta(weeks=8)


# who cannot answer


async def test_who_is_away_has_two_weeks_when_they_are_back(traffic: Traffic, asked: Somebody) -> None:
    back = traffic.clock.now().date() + timedelta(days=21)
    await traffic.introduce(asked, "E-Akte", paused_until=back)
    await traffic.night(days=21)
    await traffic.night(days=13)
    assert len(await cases(traffic)) == 1
    await traffic.night(days=1)
    assert await cases(traffic) == []


async def test_who_is_away_is_not_asked(traffic: Traffic, ada: Somebody) -> None:
    await traffic.introduce(ada, "E-Akte", paused_until=FILED + timedelta(days=8 * WEEKS))
    await traffic.night(days=8 * WEEKS)
    assert told(ada, ASKED) == 0


async def test_the_case_of_somebody_who_is_no_supporter_goes_without_a_word(traffic: Traffic, ada: Somebody) -> None:
    traffic.settings = SETTINGS
    await traffic.stop()
    await traffic.start(MATRIX, TEAMS)
    before = ada.sees()
    for days in (8 * WEEKS, 14):
        await traffic.night(days=days)
    assert await cases(traffic) == []
    assert ada.sees() == before


def test_a_case_is_asked_about_on_the_day_that_is_said() -> None:
    case = ConsultationCase(person_id=1, title="Rolle", waiting_since=FILED, delete_on=FILED)
    waiting_cases.renew(case, date(2027, 1, 15))
    assert (case.ask_on, case.delete_on) == (date(2027, 3, 12), None)
