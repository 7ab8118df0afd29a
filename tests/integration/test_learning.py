"""The store learns from what people say of its answers, with the real model and real questions."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from conftest import MovedClock
from knowledge import entries
from knowledge.adaptation import FEWEST, FEWEST_ENTRIES
from knowledge.embedding import Embedder
from knowledge.search import Search
from storage.database import Database
from storage.models.knowledge import EntryContent, LearnedMap, Wording

DATA = Path(__file__).parents[1] / "data" / "qa" / "roboai_faq_de"
SCANNER = EntryContent(question="Wo steht der große Scanner?", answer="Im Erdgeschoss, neben der Poststelle.")
PRINTER = EntryContent(question="Wer füllt Papier am Drucker nach?", answer="Die Hausmeisterei, Durchwahl 12.")
ODD = "das graue Ding von Fujitsu für die Altakten"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


async def learn(database: Database, clock: MovedClock, entry_id: str, text: str, *, fits: bool = True) -> None:
    async with database.unit_of_work() as uow:
        today = clock.now().date()
        await uow.knowledge.learn(Wording(entry_id=entry_id, text=text, fits=fits, answer_key=text, learned_on=today))
        await uow.commit()


async def best(search: Search, question: str) -> tuple[str, float]:
    hit = (await search.find(question, None)).hits[0]
    return hit.entry_id, hit.score


async def test_a_confirmed_wording_is_found_at_once_and_forgotten_with_its_message(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    await entries.save(sqlite, embedder, [("scanner", SCANNER), ("printer", PRINTER)], "test", clock.now())
    search = Search(sqlite, embedder)
    before = await best(search, ODD)
    await learn(sqlite, clock, "printer", ODD)
    entry_id, score = await best(search, ODD)
    assert entry_id == "printer"
    assert score > 0.5 > before[1]
    async with sqlite.unit_of_work() as uow:
        await uow.knowledge.unlearn([ODD])
        await uow.commit()
    assert await best(search, ODD) == pytest.approx(before) or (await best(search, ODD))[0] == before[0]


async def test_what_does_not_fit_is_not_the_first_answer_to_that_question_again(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    await entries.save(sqlite, embedder, [("scanner", SCANNER), ("printer", PRINTER)], "test", clock.now())
    search = Search(sqlite, embedder)
    question = "Scanner kaputt, wer hilft"
    assert (await best(search, question))[0] == "scanner"
    await learn(sqlite, clock, "scanner", question, fits=False)
    assert (await best(search, question))[0] == "printer"
    assert (await best(search, "wo steht der scanner"))[0] == "scanner", "other questions are not touched"


async def test_learned_wordings_survive_a_restart_without_embedding_again(
    sqlite: Database, embedder: Embedder, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await entries.save(sqlite, embedder, [("scanner", SCANNER), ("printer", PRINTER)], "test", clock.now())
    await learn(sqlite, clock, "printer", ODD)
    await learn(sqlite, clock, "scanner", ODD, fits=False)
    await Search(sqlite, embedder).refresh()
    again = Search(sqlite, embedder)
    with monkeypatch.context() as patch:
        patch.setattr("knowledge.search.embed", lambda *_: pytest.fail("embedded again"))
        await again.refresh()
    assert (await best(again, ODD))[0] == "printer"


@pytest.fixture
async def taught(sqlite: Database, embedder: Embedder, clock: MovedClock) -> list[str]:
    """A store of twenty entries with five confirmed wordings each; gives questions that nobody confirmed."""
    corpus = rows("corpus.jsonl")[:20]
    known = {row["id"]: row for row in corpus}
    asked: dict[str, list[str]] = defaultdict(list)
    for row in rows("queries.jsonl"):
        if len(row["gold"]) == 1 and row["gold"][0] in known:
            asked[row["gold"][0]].append(row["query"])
    items = [(i, EntryContent(question=r["question"], answer=r["answer"][:300])) for i, r in known.items()]
    await entries.save(sqlite, embedder, items, "test", clock.now())
    for entry_id, texts in asked.items():
        for text in texts[:5]:
            await learn(sqlite, clock, entry_id, text)
    assert sum(len(texts[:5]) for texts in asked.values()) >= FEWEST
    assert sum(len(texts) > 1 for texts in asked.values()) >= FEWEST_ENTRIES
    return [texts[-1] for texts in asked.values() if len(texts) > 5]


async def test_the_map_is_learned_once_for_the_same_confirmations_and_taken_in_by_every_process(
    sqlite: Database, embedder: Embedder, clock: MovedClock, taught: list[str]
) -> None:
    search, other = Search(sqlite, embedder), Search(sqlite, embedder)
    await other.refresh()
    with structlog.testing.capture_logs() as logs:
        await search.retrain(clock.now())
        await search.retrain(clock.now())
    [done] = [log for log in logs if log["event"] == "search.retrained"]
    assert set(done) == {"event", "log_level", "confirmations", "is_used"}, "no text and no person in the log"
    found = [await best(search, question) for question in taught]
    for one, question in zip(found, taught, strict=True):
        assert one == pytest.approx(await best(other, question)) or one[0] == (await best(other, question))[0]
    async with sqlite.reading() as uow:
        learned = await uow.knowledge.learned_map(embedder.name)
    assert learned is not None
    assert (learned.content is not None) is done["is_used"]


async def test_a_damaged_map_is_left_aside(sqlite: Database, embedder: Embedder, clock: MovedClock) -> None:
    await entries.save(sqlite, embedder, [("scanner", SCANNER), ("printer", PRINTER)], "test", clock.now())
    search = Search(sqlite, embedder)
    before = await best(search, "scanner")
    async with sqlite.unit_of_work() as uow:
        damaged = LearnedMap(model=embedder.name, trained_at=clock.now(), based_on=0, content=b"damaged")
        await uow.knowledge.save_map(damaged)
        await uow.commit()
    with structlog.testing.capture_logs() as logs:
        assert await best(search, "scanner") == before
    assert [log["event"] for log in logs] == ["search.map_unusable"]


async def test_nothing_is_trained_without_confirmations(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    await entries.save(sqlite, embedder, [("scanner", SCANNER)], "test", clock.now())
    await Search(sqlite, embedder).retrain(clock.now())
    async with sqlite.reading() as uow:
        assert await uow.knowledge.learned_map(embedder.name) is None
