"""Open questions grouped by meaning and compared with the store, with the real model."""

from datetime import UTC, datetime

import numpy as np
import pytest

from bot.community import FOR_ALL
from knowledge.embedding import Embedder
from knowledge.gaps import gaps
from knowledge.search import Search
from storage.database import Database
from storage.models.knowledge import EntryContent, Visibility
from storage.models.questions import OpenQuestion

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BIKE = ("Wo kann ich mein Dienstrad parken?", "wo parke ich das dienstrad", "Wo kann ich das Dienstrad abstellen?")
OTHERS = ("Wie bestelle ich Visitenkarten?", "Was mache ich bei Feueralarm?")


async def opened(database: Database, *questions: str) -> None:
    async with database.unit_of_work() as uow:
        for text in questions:
            await uow.questions.open(text, NOW.date())
        await uow.commit()


async def test_equal_questions_are_one_gap_and_others_stand_alone(sqlite: Database, embedder: Embedder) -> None:
    search = Search(sqlite, embedder)
    assert await search.gaps() == []
    await opened(sqlite, BIKE[0], OTHERS[0], BIKE[1], OTHERS[1], f"Hallo zusammen, {BIKE[2]} Danke!")
    found = await search.gaps()
    assert [len(gap.questions) for gap in found] == [3, 1, 1]
    assert found[0].heading in BIKE
    again = await search.gaps()
    assert [gap.heading for gap in again] == [gap.heading for gap in found]


async def test_a_question_withdrawn_meanwhile_is_in_no_gap(sqlite: Database, embedder: Embedder) -> None:
    search = Search(sqlite, embedder)
    await opened(sqlite, *BIKE)
    await search.gaps()
    async with sqlite.unit_of_work() as uow:
        await uow.questions.withdraw(1)
        await uow.commit()
    [gap] = await search.gaps()
    assert {question.text for question in gap.questions} == set(BIKE[1:])


@pytest.mark.parametrize(
    ("visibility", "is_answered"), [(Visibility.ORGANIZATION, True), (Visibility.COMMUNITY, False)]
)
async def test_what_everybody_gets_an_answer_to_by_now_is_found(
    sqlite: Database, embedder: Embedder, visibility: Visibility, is_answered: bool
) -> None:
    search = Search(sqlite, embedder)
    await opened(sqlite, BIKE[0], OTHERS[0])
    assert await search.answered(FOR_ALL) == []
    answer = EntryContent(question=BIKE[0], answer="Im Hof hinter dem Rathaus.", visibility=visibility)
    other = EntryContent(question="Wie melde ich mich krank?", answer="Vor neun Uhr bei der Leitung anrufen.")
    async with sqlite.unit_of_work() as uow:
        await uow.knowledge.save([("hof", answer), ("krank", other)], "test", NOW)
        await uow.commit()
    assert [question.text for question in await search.answered(FOR_ALL)] == ([BIKE[0]] if is_answered else [])


def question(number: int, text: str, topic: int | None = None, entry: str | None = None) -> OpenQuestion:
    return OpenQuestion(id=number, text=text, asked_on=NOW.date(), agenda_item_id=topic, entry_id=entry)


def test_questions_of_one_topic_or_one_draft_stay_together_whatever_their_words() -> None:
    apart = np.eye(6, dtype=np.float32)
    questions = [
        question(1, "f", topic=1),
        question(2, "aa", topic=1, entry="x"),
        question(3, "d"),
        question(4, "c", entry="x"),
        question(5, "b", entry="y"),
        question(6, "a", topic=2),
    ]
    found = gaps(questions, apart, np.zeros(6, np.float32))
    assert [{one.id for one in gap.questions} for gap in found] == [{1, 2, 4}, {6}, {5}, {3}]


def test_a_gap_does_not_depend_on_the_order_in_which_people_asked() -> None:
    vectors = np.eye(3, dtype=np.float32)[[0, 0, 1, 1, 1]]
    texts = ("Wo ist A?", "wo A", "Wo ist B?", "Was ist B?", "b")
    orders = [(0, 1, 2, 3, 4), (4, 2, 0, 3, 1), (3, 4, 1, 2, 0)]
    found = [
        gaps(
            [question(place, texts[i]) for place, i in enumerate(order)], vectors[list(order)], np.zeros(3, np.float32)
        )
        for order in orders
    ]
    told = [[(gap.heading, [one.text for one in gap.questions]) for gap in one] for one in found]
    assert told[0] == told[1] == told[2]
    assert [heading for heading, _ in told[0]] == ["Was ist B?", "Wo ist A?"]
