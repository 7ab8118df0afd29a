"""Topics for the jour fixe, without a platform: a turn in, actions out."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Reply, Send
from bot.rendering import to_plain
from bot.roles import Role
from bot.turn import Services, Turn
from fakes import said
from handlers.ask import LONGEST_ANSWER
from handlers.jour_fixe import topic_details
from handlers.jour_fixe.topic_cards import DETAIL, LONGEST_TITLE
from handlers.jour_fixe.topic_proposals import TOPIC
from handlers.jour_fixe.topics import add_topic, decide, list_topics
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
    chooser = {TOPIC: decide, DETAIL: topic_details.decide}[offer.topic]
    return await chooser(replace(turn, choice=taken, text=written), SERVICES)


def shown(actions: Sequence[Action]) -> str:
    [answer] = actions
    assert isinstance(answer, Reply)
    return to_plain(answer.text, answer.offer.choices if answer.offer else ())


async def titles(turn: Turn) -> list[str]:
    return [item.title for item in await turn.uow.agenda.waiting()]


async def test_a_typed_topic_waits_for_the_next_jour_fixe(turn: Turn) -> None:
    assert "Vorgemerkt für den nächsten Jour fixe: „Altakten scannen“" in shown(await add(turn, " Altakten\n scannen "))
    assert "1. Altakten scannen, 10 Minuten" in shown(await list_topics(turn, SERVICES))


@pytest.mark.parametrize("again", ["Altakten scannen", "altakten scannen!", "Alt-Akten  scannen"])
async def test_the_same_topic_waits_once(turn: Turn, again: str) -> None:
    await add(turn, "Altakten scannen")
    said = shown(await add(turn, again))
    assert said == ("Das ist schon vorgemerkt: „Altakten scannen“. Es ist Thema 1. Ändern: „thema 1: 20 min“.")
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
    asked = await add(turn, " ")
    assert "„Altakten scannen, 15 min, Entscheidung“" in shown(asked)
    assert "Das ist Thema 1: Scanner, 20 Minuten" in shown(await take(turn, asked, written="Scanner, 20 min"))
    assert await titles(turn) == ["Scanner"]


async def test_a_question_where_a_topic_was_asked_for_is_shown_first(turn: Turn) -> None:
    asked = await add(turn, "")
    proposed = await take(turn, asked, written="Wer leitet die Kantine?")
    assert "So für den Jour fixe vormerken: „Wer leitet die Kantine?“?" in shown(proposed)
    assert await titles(turn) == []


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
async def test_staff_see_no_topics(turn: Turn, change: dict[str, object]) -> None:
    await add(turn, "Mehr Geld")
    offered = await list_topics(turn, SERVICES)
    other = replace(turn, **change)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="nur Lots:innen"):
        await list_topics(other, SERVICES)
    with pytest.raises(UserError, match="nur Lots:innen"):
        await take(other, offered, "1")


async def test_where_staff_read_along_nothing_is_noted(turn: Turn) -> None:
    with pytest.raises(UserError, match="nur Lots:innen"):
        await add(replace(turn, sees=ALL - {Visibility.COMMUNITY}), "Mehr Geld")
    assert await titles(turn) == []


# from staff

MAY, RUTH = Conversation("teams", "may", is_direct=True), Conversation("matrix", "ruth", is_direct=True)


@pytest.fixture
def anna(turn: Turn) -> Turn:
    """A member of staff in a town with two coordinators."""

    async def coordinators() -> Sequence[Conversation]:
        return [MAY, RUTH]

    sees = frozenset({Visibility.ORGANIZATION})
    return replace(turn, role=Role.STAFF_MEMBER, sees=sees, coordinators=coordinators)


async def test_what_staff_propose_goes_to_the_coordinators_without_a_name(anna: Turn, coordinator: Turn) -> None:
    asked = await add(anna, "kopierer im keller, 15 min, mit mir")
    assert "ohne deinen Namen vorschlagen: „Kopierer im keller“?" in shown(asked)
    reply, *sent = await take(anna, asked, "ja")
    assert isinstance(reply, Reply)
    assert "ohne deinen Namen" in reply.text
    assert [one.to for one in sent if isinstance(one, Send)] == [MAY, RUTH]
    assert all("Jemand aus dem Haus" in one.text and "Kopierer im keller" in one.text for one in sent)
    assert not any(anna.message.sender.name in str(one) for one in sent)
    assert await titles(anna) == [], "nothing is kept before somebody agrees"
    assert "Kopierer im keller, 15 Minuten" in shown(await take(coordinator, [sent[0]], "ja"))
    assert "schon vorgemerkt" in shown(await take(coordinator, [sent[1]], "ja"))
    [item] = await anna.uow.agenda.waiting()
    assert (item.title, item.owner_person_id) == ("Kopierer im keller", None)


async def test_a_coordinator_may_leave_what_staff_propose(anna: Turn, coordinator: Turn) -> None:
    _, sent, _ = await take(anna, await add(anna, "Kopierer kaputt"), "ja")
    assert shown(await take(coordinator, [sent], "nein")) == "Gut, ich merke nichts vor."
    assert await titles(anna) == []


async def test_staff_may_think_better_of_it(anna: Turn) -> None:
    asked = await add(anna, "Kopierer kaputt")
    assert shown(await take(anna, asked, "nein")) == "Gut, ich merke nichts vor."


async def test_staff_are_asked_for_a_topic_too(anna: Turn) -> None:
    asked = await add(anna, "")
    assert "„Kopierer kaputt“?" in shown(await take(anna, asked, written="Kopierer kaputt"))


async def test_what_staff_propose_goes_on_without_personal_data(anna: Turn) -> None:
    asked = await add(anna, "Ärger mit Frau Petra Schmidt")
    assert "Persönliche Angaben habe ich weggelassen." in shown(asked)
    assert not any("Schmidt" in str(one) for one in await take(anna, asked, "ja"))


async def test_without_coordinators_staff_hear_whom_to_ask(turn: Turn) -> None:
    anna = replace(turn, role=Role.STAFF_MEMBER)
    assert "niemanden" in shown(await take(anna, await add(anna, "Kopierer kaputt"), "ja"))


async def test_staff_never_keep_a_topic_themselves(anna: Turn, turn: Turn) -> None:
    with pytest.raises(UserError, match="nur Lots:innen"):
        await take(anna, await add(turn, "Ärger mit Frau Petra Schmidt"), "ja")
    assert await titles(anna) == []


async def test_what_staff_say_in_confidence_goes_nowhere(anna: Turn) -> None:
    with pytest.raises(UserError, match="vertraulich"):
        await add(replace(anna, is_confidential=True), "Kopierer kaputt")


async def test_what_is_sensitive_goes_to_nobody(anna: Turn) -> None:
    office = SimpleNamespace(office="Der Personalrat hilft.")
    strict: Services = SimpleNamespace(sensitivity=SimpleNamespace(by_words=lambda text: office))  # type: ignore[assignment]
    assert "Der Personalrat hilft." in shown(await add_topic(replace(anna, text="Mobbing im Amt"), strict))


# the list


async def test_what_is_said_in_confidence_becomes_no_topic(turn: Turn) -> None:
    with pytest.raises(UserError, match="vertraulich"):
        await add(replace(turn, is_confidential=True), "Altakten scannen")
    assert await titles(turn) == []


async def test_a_coordinator_removes_a_topic_after_one_more_look(turn: Turn, coordinator: Turn) -> None:
    await add(turn, "Altakten scannen")
    await add(turn, "Signaturen")
    opened = await take(coordinator, await list_topics(coordinator, SERVICES), "1")
    assert "Thema 1: Altakten scannen" in shown(opened)
    asked = await take(coordinator, opened, "herausnehmen")
    assert "„Altakten scannen“ herausnehmen?" in shown(asked)
    assert shown(await take(coordinator, asked, "nein")) == "Gut, das Thema bleibt."
    assert len(await titles(turn)) == 2
    assert shown(await take(coordinator, asked, "ja")) == "Herausgenommen: „Altakten scannen“."
    assert await titles(turn) == ["Signaturen"]
    assert shown(await take(coordinator, asked, "ja")) == "Dieses Thema ist schon herausgenommen."
    offered = await list_topics(coordinator, SERVICES)
    await turn.uow.agenda.remove(2)
    assert shown(await take(coordinator, offered, "1")) == "Dieses Thema ist schon herausgenommen."


@pytest.mark.parametrize("role", [Role.SUPPORTER, Role.CURATOR])
async def test_nobody_else_removes_a_topic(turn: Turn, coordinator: Turn, role: Role) -> None:
    await add(turn, "Altakten scannen")
    other = replace(turn, role=role)
    opened = await take(coordinator, await list_topics(coordinator, SERVICES), "1")
    asked = await take(coordinator, opened, "herausnehmen")
    for actions, word in ((opened, "herausnehmen"), (asked, "ja")):
        with pytest.raises(UserError, match="nur die Koordination"):
            await take(other, actions, word)
    assert "herausnehmen" not in shown(await take(other, await list_topics(other, SERVICES), "1"))
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
