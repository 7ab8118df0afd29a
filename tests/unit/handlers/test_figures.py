"""The figures for coordinators: of questions and requests, never of people, and never from fewer than five."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.messages import Conversation, Reply
from bot.roles import Role
from bot.turn import House, Services, Turn
from fakes import said
from handlers.figures import Figures, described, quarter_of, show
from storage.database import Database
from storage.models.questions import QuestionState
from storage.models.requests import SupportRequest
from storage.models.routing import Routing

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TODAY = NOW.date()
NAMES = st.text("abcdefghij", min_size=1, max_size=8)
COUNTS = st.dictionaries(NAMES, st.integers(0, 12), max_size=5)
FEW = "Noch zu wenige Angaben (unter fünf)."


@pytest.fixture
async def turn(sqlite: Database) -> AsyncIterator[Turn]:
    async with sqlite.unit_of_work() as uow:
        message = said("e", "auswertung")
        yield Turn(message, "", None, "k", frozenset(), NOW, str, uow, role=Role.COORDINATOR)


def services(*gaps: tuple[str, int]) -> Services:
    async def found() -> list[Any]:
        return [SimpleNamespace(heading=heading, questions=range(count)) for heading, count in gaps]

    return cast(Services, SimpleNamespace(house=House(), search=SimpleNamespace(gaps=found)))


async def text(turn: Turn, *gaps: tuple[str, int]) -> str:
    [reply] = await show(turn, services(*gaps))
    assert isinstance(reply, Reply)
    return reply.text


async def test_an_empty_house_has_no_figures(turn: Turn) -> None:
    assert not re.search(r"\d", await text(turn))


async def test_questions_are_counted_by_how_far_they_have_come(turn: Turn) -> None:
    for number in range(12):
        await turn.uow.questions.open("Wo?", TODAY, f"k{number}")
    await turn.uow.questions.mark([f"k{number}" for number in range(5)], QuestionState.ANSWERED)
    for _ in range(6):
        await turn.uow.routing.open(Routing(text="Wo?", answer_key="k"))
    shown = await text(turn)
    assert "Liste: 7" in shown
    assert "unterwegs: 6" in shown
    assert "mit Antwort: 5" in shown


async def test_answers_of_earlier_quarters_are_not_counted(turn: Turn) -> None:
    for number in range(5):
        await turn.uow.questions.open("Wo?", date(2026, 9, 30), f"k{number}")
    await turn.uow.questions.mark([f"k{number}" for number in range(5)], QuestionState.ANSWERED)
    assert "mit Antwort: unter fünf" in await text(turn)


async def test_what_many_ask_is_named_what_few_ask_is_not(turn: Turn) -> None:
    shown = await text(turn, ("Wo scannen?", 6), ("Was heißt DMS?", 4))
    assert "Offen zu „Wo scannen?“: 6" in shown
    assert "DMS" not in shown


async def test_requests_are_counted_by_kind_in_the_words_of_the_house(turn: Turn) -> None:
    for kind, count in (("workshop_moderation", 5), ("coaching", 2)):
        for _ in range(count):
            request = SupportRequest(
                kind=kind,
                platform="p",
                requester_person="anna",
                requester_name="Anna",
                conversation_id="c",
                asked_on=TODAY,
            )
            await turn.uow.requests.open(request)
    shown = await text(turn)
    assert "Workshop-Moderation: 5" in shown
    assert "Coaching: unter fünf" in shown
    assert "nna" not in shown


async def test_whether_it_was_worth_it_is_told_from_five_on(turn: Turn) -> None:
    for value in (5, 4, 4, 5, 3):
        await turn.uow.requests.note_worth("workshop_moderation", TODAY, value)
    for value in (0, 0, 0, 0):
        await turn.uow.requests.note_worth("coaching", TODAY, value)
    shown = await text(turn)
    assert "Workshop-Moderation: im Mittel 4,2 aus 5 Angaben" in shown
    assert f"Coaching: {FEW}" in shown


async def test_one_more_does_not_tell_what_the_newest_one_said(turn: Turn) -> None:
    for value in (5, 4, 4, 5, 3):
        await turn.uow.requests.note_worth("coaching", TODAY, value)
    before = await text(turn)
    await turn.uow.requests.note_worth("coaching", TODAY, 0)
    assert await text(turn) == before


async def test_what_was_said_long_ago_counts_no_more(turn: Turn) -> None:
    for _ in range(5):
        await turn.uow.requests.note_worth("coaching", date(2025, 10, 1), 1)
    assert "Coaching" not in await text(turn)


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": Role.CURATOR},
        {"message": replace(said("e", "auswertung"), conversation=Conversation("stand-in", "room"))},
    ],
)
async def test_only_coordinators_see_it_and_only_alone(turn: Turn, wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="nur der Koordination"):
        await show(replace(turn, **wrong), services())


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 1, 1), date(2026, 1, 1)),
        (date(2026, 3, 31), date(2026, 1, 1)),
        (date(2026, 4, 1), date(2026, 4, 1)),
        (date(2026, 12, 31), date(2026, 10, 1)),
    ],
)
def test_quarters_begin_in_january_april_july_and_october(day: date, first: date) -> None:
    assert quarter_of(day) == first


@given(
    counts=st.tuples(*[st.integers(0, 12)] * 3),
    topics=COUNTS,
    requests=COUNTS,
    worth=st.dictionaries(NAMES, st.lists(st.integers(0, 5), max_size=9), max_size=5),
)
def test_no_figure_comes_from_fewer_than_five(
    counts: tuple[int, int, int], topics: dict[str, int], requests: dict[str, int], worth: dict[str, list[int]]
) -> None:
    lines = described(str, Figures(*counts, topics, requests, worth)).split("\n- ")[1:]
    allowed = {f"{count}" for count in (*counts, *topics.values(), *requests.values()) if count >= 5}
    for line in lines:
        name, _, figure = line.rpartition(": ")
        if name.startswith("Hat sich"):
            values = worth[name.rpartition(", ")[2]]
            values = values[: len(values) // 5 * 5]
            shown = f"im Mittel {sum(values) / max(len(values), 1):.1f} aus {len(values)} Angaben".replace(".", ",")
            assert figure == (shown if values else FEW)
        else:
            assert figure in allowed or figure == "unter fünf"
    told = {line.rpartition("„")[2].partition("“")[0] for line in lines if line.startswith("Offen zu")}
    assert all(topics[name] >= 5 for name in told)
