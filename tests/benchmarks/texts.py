"""The real texts that benchmarks work with."""

import json
from pathlib import Path
from typing import Any

from knowledge.entries import Item
from storage.models.knowledge import EntryContent

DATA = Path(__file__).parents[1] / "data"
DEMO = Path(__file__).parents[2] / "bot" / "demo" / "knowledge.md"


def contents(name: str) -> list[Item]:
    """The entries of a question set."""
    rows = _rows(DATA / "qa" / name / "corpus.jsonl")
    return [(row["id"], EntryContent(question=row["question"], answer=row["answer"])) for row in rows]


def questions() -> list[str]:
    """What people ask the demo's community; all different."""
    return list(dict.fromkeys(row["query"] for row in _rows(DATA / "domain" / "questions.jsonl")))


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
