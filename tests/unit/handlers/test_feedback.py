"""What people say of an answer teaches the store, and tells it nothing about them."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest

from bot.messages import Choice, Conversation, Reply
from bot.turn import Services, Turn
from conftest import MovedClock
from fakes import said
from handlers.feedback import show_chosen, take_feedback
from storage.database import Database
from storage.models.knowledge import EntryContent, Visibility

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SCANNER = EntryContent(question="Wo steht der Scanner?", answer="Im Erdgeschoss.")
QUESTION = "wo kann ich was einscannen"
NO_SERVICES = cast(Services, None)


@pytest.fixture
async def turn(sqlite: Database, clock: MovedClock) -> AsyncIterator[Turn]:
    async with sqlite.unit_of_work() as uow:
        await uow.knowledge.save([("scanner", SCANNER), ("printer", SCANNER)], "test", clock.now())
        yield Turn(said("a", "x"), "", None, "k1", frozenset({Visibility.ORGANIZATION}), NOW, str, uow)


async def judge(turn: Turn, verdict: str, question: str = QUESTION) -> str:
    choice = Choice("x", "x", {"entry": "scanner", "question": question, "verdict": verdict})
    [action] = await take_feedback(replace(turn, choice=choice), NO_SERVICES)
    assert isinstance(action, Reply)
    return action.text


async def choose(turn: Turn, **data: str) -> None:
    await show_chosen(replace(turn, choice=Choice("x", "x", {"question": QUESTION, **data})), NO_SERVICES)


async def learned(turn: Turn) -> dict[str, list[tuple[str, bool]]]:
    found = await turn.uow.knowledge.wordings(["scanner", "printer"])
    return {entry: [(wording.text, wording.fits) for wording in wordings] for entry, wordings in found.items()}


async def test_a_confirmed_answer_learns_how_it_was_asked_for(turn: Turn) -> None:
    assert "merke mir diese Formulierung" in await judge(turn, "helpful")
    assert await learned(turn) == {"scanner": [(QUESTION, True)]}


async def test_choosing_an_entry_teaches_it_and_no_other(turn: Turn) -> None:
    await choose(turn, entry="printer")
    assert await learned(turn) == {"printer": [(QUESTION, True)]}


async def test_an_answer_that_does_not_fit_is_remembered_against_the_question(turn: Turn) -> None:
    assert "keine geprüfte Antwort" in await judge(turn, "not_helpful")
    assert await learned(turn) == {"scanner": [(QUESTION, False)]}


async def test_none_of_the_choices_is_remembered_against_each_of_them(turn: Turn) -> None:
    await choose(turn, refused=json.dumps(["scanner", "printer"]))
    assert await learned(turn) == {"scanner": [(QUESTION, False)], "printer": [(QUESTION, False)]}


async def test_the_last_word_counts(turn: Turn) -> None:
    await choose(turn, entry="scanner")
    await judge(turn, "not_helpful", QUESTION.upper())
    assert await learned(turn) == {"scanner": [(QUESTION.upper(), False)]}


@pytest.mark.parametrize(
    "question", ["Wo scannt Frau Müller?", "wie erreiche ich svenja.petersen@stadt.de", "Was ist mit Az. 50-123/24?"]
)
async def test_personal_data_is_never_learned(turn: Turn, question: str) -> None:
    assert "Ich merke mir nur, dass die Antwort passt" in await judge(turn, "helpful", question)
    assert await learned(turn) == {}


async def test_nothing_is_learned_in_a_confidential_room(turn: Turn) -> None:
    await judge(replace(turn, is_confidential=True), "helpful")
    assert await learned(turn) == {}


async def test_the_stored_question_itself_teaches_nothing_new(turn: Turn) -> None:
    await judge(turn, "helpful", "wo steht der scanner?")
    assert await learned(turn) == {}


async def test_deleting_the_message_takes_back_what_it_taught(turn: Turn) -> None:
    await judge(turn, "helpful")
    change = await turn.uow.knowledge.last_change()
    await turn.uow.knowledge.unlearn(["k1"])
    assert await learned(turn) == {}
    assert await turn.uow.knowledge.last_change() > change, "the index must forget it, too"


async def test_the_index_learns_at_once(turn: Turn) -> None:
    change = await turn.uow.knowledge.last_change()
    await judge(turn, "helpful")
    [changed] = await turn.uow.knowledge.changed_since(change, "model", 10)
    assert [wording.text for wording in changed.wordings] == [QUESTION]


async def test_an_entry_keeps_its_newest_wordings_only(turn: Turn) -> None:
    for number in range(35):
        await judge(turn, "helpful", f"wo scannen {number}")
        await judge(turn, "not_helpful", f"wo drucken {number}")
    texts = [text for text, _ in (await learned(turn))["scanner"]]
    assert len(texts) == 60
    assert "wo scannen 34" in texts
    assert "wo scannen 4" not in texts


async def test_an_entry_that_is_gone_learns_nothing(turn: Turn) -> None:
    choice = Choice("ja", "ja", {"entry": "gone", "question": QUESTION, "verdict": "helpful"})
    assert await take_feedback(replace(turn, choice=choice), NO_SERVICES)
    assert await learned(turn) == {}


async def test_what_was_learned_names_nobody(turn: Turn) -> None:
    room = Conversation("matrix", "!room")
    await judge(replace(turn, message=replace(turn.message, conversation=room)), "helpful")
    [wording] = (await turn.uow.knowledge.wordings(["scanner"]))["scanner"]
    assert turn.message.sender.id not in wording.model_dump().values()
    assert turn.message.sender.name not in wording.model_dump().values()
