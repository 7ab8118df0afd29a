"""Topics for the jour fixe, without a platform: a turn in, actions out."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Reply
from bot.rendering import to_plain
from bot.roles import Role
from bot.turn import Services, Turn
from fakes import said
from handlers.ask import LONGEST_ANSWER
from handlers.topics import LONGEST_TITLE, add_topic, decide, list_topics
from storage.database import Database
from storage.models.knowledge import Visibility

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ALL = frozenset(Visibility)
NOTHING_SENSITIVE = SimpleNamespace(by_words=lambda text: None)
SERVICES: Services = SimpleNamespace(sensitivity=NOTHING_SENSITIVE)  # type: ignore[assignment]


@pytest.fixture
async def turn(sqlite: Database) -> AsyncIterator[Turn]:
    async with sqlite.unit_of_work() as uow:
        yield Turn(said("a", "x"), "", None, "k1", ALL, NOW, str, uow, Role.SUPPORTER)


@pytest.fixture
def coordinator(turn: Turn) -> Turn:
    return replace(turn, role=Role.COORDINATOR)


async def add(turn: Turn, text: str) -> Sequence[Action]:
    return await add_topic(replace(turn, text=text), SERVICES)


async def take(turn: Turn, actions: Sequence[Action], word: str = "", written: str = "") -> Sequence[Action]:
    offer = actions[0].offer
    assert offer
    asked = Choice("", "", offer.asks or {})
    taken = next(choice for choice in offer.choices if choice.word == word) if word else asked
    return await decide(replace(turn, choice=taken, text=written), SERVICES)


def shown(actions: Sequence[Action]) -> str:
    [answer] = actions
    assert isinstance(answer, Reply)
    return to_plain(answer.text, answer.offer.choices if answer.offer else ())


async def titles(turn: Turn) -> list[str]:
    return [item.title for item in await turn.uow.jour_fixe.waiting()]


async def test_a_typed_topic_waits_for_the_next_jour_fixe(turn: Turn) -> None:
    assert "Vorgemerkt für den nächsten Jour fixe: „Altakten scannen“" in shown(await add(turn, " Altakten\n scannen "))
    assert "- Altakten scannen" in shown(await list_topics(turn, SERVICES))


@pytest.mark.parametrize("again", ["Altakten scannen", "altakten scannen!", "Alt-Akten  scannen"])
async def test_the_same_topic_waits_once(turn: Turn, again: str) -> None:
    await add(turn, "Altakten scannen")
    assert shown(await add(turn, again)) == "Das ist schon vorgemerkt: „Altakten scannen“."
    assert await titles(turn) == ["Altakten scannen"]


async def test_a_sensitive_topic_is_referred_and_not_noted(turn: Turn) -> None:
    office = SimpleNamespace(office="Der Personalrat hilft.")
    strict: Services = SimpleNamespace(sensitivity=SimpleNamespace(by_words=lambda text: office))  # type: ignore[assignment]
    assert "Der Personalrat hilft." in shown(await add_topic(replace(turn, text="Mobbing im Amt"), strict))
    assert await titles(turn) == []


@pytest.mark.parametrize("text", ["x" * (LONGEST_TITLE + 1), "12.3.", "🎉"])
async def test_what_is_no_title_is_refused(turn: Turn, text: str) -> None:
    with pytest.raises(UserError):
        await add(turn, text)
    assert await titles(turn) == []


async def test_a_topic_without_a_text_is_asked_for(turn: Turn) -> None:
    assert "thema: Altakten scannen" in shown(await add(turn, " "))


async def test_personal_data_in_a_topic_is_left_out_after_a_look(turn: Turn) -> None:
    proposed = await add(turn, "Ärger mit Frau Petra Schmidt")
    assert "Persönliche Angaben habe ich weggelassen." in shown(proposed)
    assert await titles(turn) == []
    await take(turn, proposed, "ja")
    [title] = await titles(turn)
    assert "Schmidt" not in title


async def test_other_words_for_a_topic_are_looked_at_again(turn: Turn) -> None:
    proposed = await add(turn, "Ärger mit Frau Petra Schmidt")
    asked = await take(turn, proposed, "ändern")
    again = await take(turn, asked, written="Ton im Amt, sagt Frau Petra Schmidt")
    assert "Schmidt" not in shown(again)
    await take(turn, await take(turn, await take(turn, again, "ändern"), written="Ton im Amt"), "ja")
    assert await titles(turn) == ["Ton im Amt"]
    assert shown(await take(turn, asked, "nein")) == "Gut, ich merke nichts vor."


async def test_in_a_room_the_bot_says_how_to_reach_it(turn: Turn) -> None:
    group = replace(turn, message=said("a", "x", Conversation("stand-in", "group")))
    proposed = await add(group, "Ärger mit Frau Petra Schmidt")
    assert "@Lotsenfunk" in shown(await take(group, proposed, "ändern"))
    assert "@Lotsenfunk" not in shown(await take(turn, proposed, "ändern"))


@pytest.mark.parametrize(
    "change",
    [{"role": Role.STAFF_MEMBER}, {"sees": ALL - {Visibility.COMMUNITY}}],
    ids=["staff", "where staff read along"],
)
async def test_staff_neither_see_nor_add_topics(turn: Turn, change: dict[str, object]) -> None:
    other = replace(turn, text="Mehr Geld", **change)  # type: ignore[arg-type]
    for handler in (list_topics, add_topic):
        with pytest.raises(UserError, match="nur Lots:innen"):
            await handler(other, SERVICES)
    assert await titles(turn) == []


async def test_what_is_said_in_confidence_becomes_no_topic(turn: Turn) -> None:
    with pytest.raises(UserError, match="vertraulich"):
        await add(replace(turn, is_confidential=True), "Altakten scannen")
    assert await titles(turn) == []


async def test_a_coordinator_removes_a_topic_after_one_more_look(turn: Turn, coordinator: Turn) -> None:
    await add(turn, "Altakten scannen")
    await add(turn, "Signaturen")
    asked = await take(coordinator, await list_topics(coordinator, SERVICES), "1")
    assert "„Altakten scannen“ herausnehmen?" in shown(asked)
    assert shown(await take(coordinator, asked, "nein")) == "Gut, das Thema bleibt."
    assert len(await titles(turn)) == 2
    assert shown(await take(coordinator, asked, "ja")) == "Herausgenommen: „Altakten scannen“."
    assert await titles(turn) == ["Signaturen"]
    assert shown(await take(coordinator, asked, "ja")) == "Dieses Thema ist schon herausgenommen."


@pytest.mark.parametrize("role", [Role.SUPPORTER, Role.CURATOR])
async def test_nobody_else_removes_a_topic(turn: Turn, coordinator: Turn, role: Role) -> None:
    await add(turn, "Altakten scannen")
    offered = await list_topics(coordinator, SERVICES)
    asked = await take(coordinator, offered, "1")
    for actions, word in ((offered, "1"), (asked, "ja")):
        with pytest.raises(UserError, match="nur die Koordination"):
            await take(replace(turn, role=role), actions, word)
    assert "herausnehmen" not in shown(await list_topics(replace(turn, role=role), SERVICES))
    assert await titles(turn) == ["Altakten scannen"]


@pytest.mark.parametrize("role", [Role.SUPPORTER, Role.COORDINATOR])
async def test_many_topics_are_read_in_pages_and_each_once(turn: Turn, role: Role) -> None:
    reader = replace(turn, role=role)
    for number in range(15):
        await add(turn, f"Thema {number:02} " + "mit Worten " * 12)
    pages = [await list_topics(reader, SERVICES)]
    while (offer := pages[-1][0].offer) and offer.choices[-1].word == "mehr":
        pages.append(await take(reader, pages[-1], "mehr"))
    texts = [shown(page) for page in pages]
    assert all(len(text) <= LONGEST_ANSWER for text in texts)
    assert all(sum(f"Thema {number:02}" in text for text in texts) == 1 for number in range(15))
