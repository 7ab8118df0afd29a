"""The list of open questions, without a platform: a turn in, actions out."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.errors import UserError
from bot.messages import Action, Reply
from bot.rendering import to_plain
from bot.roles import Role
from bot.turn import Services, Turn
from fakes import said
from handlers.ask import LONGEST_ANSWER
from handlers.open_questions import list_open, read_on
from storage.database import Database
from storage.models.knowledge import Visibility

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ALL = frozenset(Visibility)
SERVICES: Services = SimpleNamespace()  # type: ignore[assignment]


@pytest.fixture
async def turn(sqlite: Database) -> AsyncIterator[Turn]:
    async with sqlite.unit_of_work() as uow:
        yield Turn(said("a", "x"), "", None, "k1", ALL, NOW, str, uow, Role.SUPPORTER)


async def opened(turn: Turn, *questions: str) -> None:
    for text in questions:
        await turn.uow.questions.open(text, NOW.date())


def shown(actions: Sequence[Action]) -> str:
    [answer] = actions
    assert isinstance(answer, Reply)
    return to_plain(answer.text, answer.offer.choices if answer.offer else ())


async def test_supporters_see_questions_with_their_day(turn: Turn) -> None:
    await opened(turn, "Wo parke ich das Dienstrad?")
    text = shown(await list_open(turn, SERVICES))
    assert "Offene Fragen: 1. Die neuesten:" in text
    assert "- „Wo parke ich das Dienstrad?“, 20. November 2026" in text
    assert "„wissenslücken“" in text


async def test_without_any_the_bot_says_so(turn: Turn) -> None:
    assert shown(await list_open(turn, SERVICES)) == "Zurzeit ist keine Frage offen."


async def test_many_are_read_in_pages_and_each_once(turn: Turn) -> None:
    await opened(turn, *(f"Frage {number:02} " + "mit vielen Worten " * 20 for number in range(12)))
    pages = [await list_open(turn, SERVICES)]
    while offer := pages[-1][0].offer:
        pages.append(await read_on(replace(turn, choice=offer.choices[0]), SERVICES))
    texts = [shown(page) for page in pages]
    assert all(len(text) <= LONGEST_ANSWER for text in texts)
    assert all(sum(f"Frage {number:02}" in text for text in texts) == 1 for number in range(12))


async def test_personal_data_of_older_questions_is_not_shown(turn: Turn) -> None:
    await opened(turn, "Hat Frau Petra Schmidt ein Dienstrad?")
    text = shown(await list_open(turn, SERVICES))
    assert "Schmidt" not in text
    assert "Dienstrad" in text


@pytest.mark.parametrize(
    "change",
    [{"role": Role.STAFF_MEMBER}, {"sees": ALL - {Visibility.COMMUNITY}}],
    ids=["staff", "where staff read along"],
)
async def test_nothing_is_shown_to_staff_nor_where_they_read_along(turn: Turn, change: dict[str, object]) -> None:
    await opened(turn, "Wo parke ich das Dienstrad?")
    with pytest.raises(UserError, match="nur Lots:innen und nur unter ihnen"):
        await list_open(replace(turn, **change), SERVICES)  # type: ignore[arg-type]
