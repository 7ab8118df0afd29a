"""Small talk: short where one person reads it, silent where many do."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.messages import Conversation, Incoming
from bot.roles import Role
from bot.turn import Handler, Services, Turn
from fakes import said
from handlers.ask import LONGEST_ANSWER
from handlers.help import explain, greet, is_thanks, read_on, take_bare_choice, take_thanks
from handlers.table import TABLE

GROUP = Conversation("stand-in", "group")
SERVICES: Services = SimpleNamespace(search=None, commands=[job.command for job in TABLE.jobs])  # type: ignore[assignment]


def turn(message: Incoming) -> Turn:
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return Turn(message, "", None, "k", frozenset(), now, str, SimpleNamespace())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("handler", "message", "speaks"),
    [
        (greet, said("a", "hallo"), True),
        (take_thanks, said("a", "danke"), True),
        (take_thanks, said("a", "danke", GROUP), False),
        (take_bare_choice, said("a", "7"), True),
        (take_bare_choice, said("a", "7", GROUP), True),
        (take_bare_choice, replace(said("a", "ja", GROUP), is_follow_up=True), False),
    ],
)
async def test_the_bot_speaks_only_where_it_is_meant(handler: Handler, message: Incoming, speaks: bool) -> None:
    assert bool(await handler(turn(message), SERVICES)) is speaks


@pytest.mark.parametrize("role", Role)
async def test_the_help_names_what_somebody_may_do_and_says_that_it_is_a_program(role: Role) -> None:
    asking = replace(turn(said("a", "hilfe")), role=role)
    [reply] = await explain(asking, SERVICES)
    assert "ein Programm" in reply.text
    pages = [reply.text]
    while reply.offer:
        [reply] = await read_on(replace(asking, choice=reply.offer.choices[0]), SERVICES)
        pages.append(reply.text)
    assert max(map(len, pages)) <= LONGEST_ANSWER + 200, "nobody reads more at once"
    for command in (job.command for job in TABLE.jobs):
        assert any(f"**{command.name}**" in page for page in pages) is (bool(command.summary) and command.role <= role)


@pytest.mark.parametrize(
    "text",
    ["Danke, reicht mir!", "vielen lieben Dank für die schnelle Antwort", "ok super, danke", "Danke, hat geklappt"],
)
def test_thanks_are_thanks(text: str) -> None:
    assert is_thanks(text)


@pytest.mark.parametrize(
    "text", ["danke, ich kann nicht mehr", "mir reicht es", "Danke, und wo ist der Scanner?", "dank wem?", ""]
)
def test_what_says_more_than_thanks_is_none(text: str) -> None:
    assert not is_thanks(text)
