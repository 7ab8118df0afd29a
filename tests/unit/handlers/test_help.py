"""Small talk: short where one person reads it, silent where many do."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.messages import Choice, Conversation, Incoming, Offer, Outgoing
from bot.offers import pending
from bot.roles import Role
from bot.turn import Handler, Services, Turn
from fakes import said
from handlers.ask import LONGEST_ANSWER
from handlers.help import explain, greet, is_thanks, read_on, take_bare_choice, take_thanks
from handlers.table import TABLE
from storage.models.questions import PendingOffer

GROUP = Conversation("stand-in", "group")
SERVICES: Services = SimpleNamespace(search=None, commands=[job.command for job in TABLE.jobs])  # type: ignore[assignment]


NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def turn(message: Incoming, *offers: PendingOffer, held: Collection[str] = ()) -> Turn:
    """A message where these offers stand, newest first; some are not to be seen yet."""

    async def offers_to(*_: str) -> Sequence[PendingOffer]:
        return offers

    async def unseen(_: Sequence[str]) -> Collection[str]:
        return held

    uow = SimpleNamespace(questions=SimpleNamespace(offers_to=offers_to), mailbox=SimpleNamespace(held=unseen))
    return Turn(message, "", None, "k", frozenset(), NOW, str, uow)  # type: ignore[arg-type]


def offered(key: str, *words: str, thread: str | None = None) -> PendingOffer:
    """An offer to choose between these words."""
    choices = tuple(Choice(word, word, {}) for word in words)
    shown = Outgoing(key, Conversation("stand-in", "room"), "?", choices, thread=thread)
    return pending(Offer("topic", choices), shown, "anna", NOW, has_buttons=False)


@pytest.mark.parametrize(
    ("handler", "message", "speaks"),
    [
        (greet, said("a", "hallo"), True),
        (take_thanks, said("a", "danke"), True),
        (take_thanks, said("a", "danke", GROUP), False),
        (take_bare_choice, said("a", "7"), True),
        (take_bare_choice, said("a", "7", GROUP), True),
        (take_bare_choice, replace(said("a", "ja", GROUP), is_follow_up=True), False),
        (take_bare_choice, said("a", "abbrechen"), True),
    ],
)
async def test_the_bot_speaks_only_where_it_is_meant(handler: Handler, message: Incoming, speaks: bool) -> None:
    assert bool(await handler(turn(message), SERVICES)) is speaks


@pytest.mark.parametrize(
    ("words", "numbers"), [(("a",), "1."), (("a", "b"), "1 oder 2."), (("a", "b", "c", "d"), "1 bis 4.")]
)
async def test_a_word_that_is_no_choice_of_the_newest_offer_hears_its_numbers(
    words: tuple[str, ...], numbers: str
) -> None:
    asking = turn(said("a", "ja"), offered("k", *words), offered("before", *"abcdefg"))
    [reply] = await take_bare_choice(asking, SERVICES)
    assert reply.text == f"Schreib mir bitte eine Zahl: {numbers}"


@pytest.mark.parametrize("word", ["abbrechen", "nein", "Stopp!", "doch nicht"])
async def test_nothing_is_nothing(word: str) -> None:
    [reply] = await take_bare_choice(turn(said("a", word), offered("k", "a", "b")), SERVICES)
    assert reply.text == "Gut, es bleibt alles, wie es ist."


async def test_offers_elsewhere_or_not_seen_yet_are_none() -> None:
    [reply] = await take_bare_choice(turn(said("a", "ja"), offered("k", "a"), held=["k"]), SERVICES)
    assert "nichts zur Auswahl" in reply.text
    in_thread = replace(said("a", "ja"), thread="t")
    [reply] = await take_bare_choice(turn(in_thread, offered("k", "a"), offered("b", "c", "d", thread="t")), SERVICES)
    assert "1 oder 2" in reply.text


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
