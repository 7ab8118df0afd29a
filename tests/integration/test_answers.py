"""Our own questions to the demo's knowledge: wrong confident answers must not rise, and the ranking must not get worse.

The figures that were measured lie in `tests/data/domain/figures.json`, with the tolerance that rounding on other
processors needs. After a change that is meant to move them, measure anew, and look at the difference before you commit:

    LOTSENFUNK_TEST_FIGURES=renew python -m pytest tests/integration/test_answers.py && git diff tests/data/domain
"""

import asyncio
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.retrieval import Cached, build
from bot.demo.run import prepared_knowledge
from conftest import MovedClock
from knowledge import evaluation, importing, queries
from knowledge.decision import decide
from knowledge.embedding import Embedder
from knowledge.entries import from_row, save, text_of
from knowledge.evaluation import Evaluation, Query
from knowledge.search import Search
from knowledge.vectors import EntryText, EntryVectors
from storage.database import Database

ROOT = Path(__file__).parents[2]
KNOWLEDGE = importing.read(ROOT / "bot" / "demo" / "knowledge.md")
QUESTIONS = ROOT / "tests" / "data" / "domain" / "questions.jsonl"
FIGURES = ROOT / "tests" / "data" / "domain" / "figures.json"
TOLERANCE = 0.015
"""Some four questions of those with an answer; one confident answer."""
AT_LEAST = ("recall_at_1", "recall_at_5", "mrr_at_10", "coverage")
AT_MOST = ("wrong_of_answers", "wrong_of_answerable", "wrong_of_unanswerable", "expected_calibration_error")

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def cached(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Cached:
    """The real model; each text once, those of the answers as the demo's database keeps them."""
    cached = Cached(embedder)
    cached.keep(asyncio.run(prepared(embedder, tmp_path_factory.mktemp("answers") / "demo.db")))
    return cached


async def prepared(embedder: Embedder, file: Path) -> list[EntryVectors]:
    shutil.copy(await prepared_knowledge(embedder, lambda total: nullcontext(lambda count: None)), file)
    database = Database(f"sqlite+aiosqlite:///{file}")
    await database.migrate()
    async with database.reading() as uow:
        rows = await uow.knowledge.changed_since(0, embedder.name, 1_000)
    await database.close()
    return [from_row(text_of(row.entry.id, row.entry), row.vectors) for row in rows if row.vectors]


@pytest.fixture(scope="module")
def measured(cached: Cached) -> Mapping[str, Evaluation]:
    """With all entries, and with every fifth removed: then its questions are near the rest and have no answer."""
    entries, asked = texts(), read_questions()
    gone = {entry.id for entry in entries[::5]}
    fewer = [entry for entry in entries if entry.id not in gone]
    found = {
        "all": evaluation.run(cached, entries, asked),
        "fifth_removed": evaluation.run(cached, fewer, [replace(each, gold=each.gold - gone) for each in asked]),
    }
    if os.environ.get("LOTSENFUNK_TEST_FIGURES") == "renew":
        FIGURES.write_text(json.dumps({name: figures(each) for name, each in found.items()}, indent=2) + "\n")
    return found


@pytest.mark.parametrize("name", ["all", "fifth_removed"])
def test_answers_are_as_good_as_when_they_were_measured(measured: Mapping[str, Evaluation], name: str) -> None:
    before: Mapping[str, float] = json.loads(FIGURES.read_text("utf-8"))[name]
    now = figures(measured[name])
    worse = {key: (before[key], now[key]) for key in AT_LEAST if now[key] < before[key] - TOLERANCE}
    worse |= {key: (before[key], now[key]) for key in AT_MOST if now[key] > before[key] + TOLERANCE}
    assert not worse, "measured before and now"


def test_own_questions_are_many_and_a_fifth_of_them_has_no_answer(measured: Mapping[str, Evaluation]) -> None:
    assert measured["all"].questions >= 250
    assert measured["all"].unanswerable >= 60


async def test_evaluation_ranks_and_decides_exactly_as_the_bot(
    sqlite: Database, cached: Cached, clock: MovedClock
) -> None:
    few = KNOWLEDGE[:25]
    await save(sqlite, cached, [(entry.id, entry.content) for entry in few], "test", clock.now())
    search = Search(sqlite, cached)
    index = build(cached, [text_of(entry.id, entry.content) for entry in few])
    for result in evaluation.search(index, cached, read_questions()[:366:12]):
        found = await search.find(result.query.text, None)
        assert [hit.entry_id for hit in found.hits] == result.ids, result.query
        assert [hit.score for hit in found.hits] == pytest.approx([hit.score for hit in result.hits], abs=1e-4)
        assert found.decision == decide(result.hits).decision, result.query


def texts() -> list[EntryText]:
    return [text_of(entry.id, entry.content) for entry in KNOWLEDGE]


def read_questions() -> list[Query]:
    return queries.read(QUESTIONS, {entry.id for entry in KNOWLEDGE})


def figures(found: Evaluation) -> Mapping[str, float]:
    values: Mapping[str, Any] = asdict(found)
    return {key: round(values[key], 3) for key in (*AT_LEAST, *AT_MOST)}
