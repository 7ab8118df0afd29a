"""With the real model, questions on what happens to a person are recognised, on how something is done are not."""

import json
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from knowledge.embedding import Embedder
from knowledge.sensitivity import Sensitivity, digest, packaged_texts
from knowledge.text import strip_courtesies
from knowledge.topics import Topic, built_in

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "tests/data/screening/sensitive_questions.jsonl").read_text(encoding="utf-8").splitlines()
QUESTIONS = [json.loads(line) for line in LINES]
HELD_OUT = [row for row in QUESTIONS if row["part"] == "held out"]
SHY = [
    json.loads(line)
    for line in (ROOT / "tests/data/screening/shy_sentences.jsonl").read_text(encoding="utf-8").splitlines()
]
CRISES = [row["question"] for row in QUESTIONS if row["topic"] == "Krise" and "tabletten" not in row["question"]]


@pytest.fixture(scope="module")
def sensitivity(embedder: Embedder) -> Sensitivity:
    return Sensitivity(embedder, built_in())


def ask(sensitivity: Sensitivity, embedder: Embedder, questions: list[str]) -> list[Topic | None]:
    vectors = embedder.encode_queries([strip_courtesies(question) for question in questions])
    return [sensitivity.recognise(vector, text) for vector, text in zip(vectors, questions, strict=True)]


def test_nine_of_ten_personal_troubles_are_recognised(sensitivity: Sensitivity, embedder: Embedder) -> None:
    troubles = [row["question"] for row in HELD_OUT if row["topic"]]
    assert ask(sensitivity, embedder, troubles).count(None) <= 0.1 * len(troubles)


def test_their_harmless_neighbours_are_left_alone(sensitivity: Sensitivity, embedder: Embedder) -> None:
    neighbours = [row["question"] for row in HELD_OUT if not row["topic"]]
    assert ask(sensitivity, embedder, neighbours).count(None) >= len(neighbours) - 1


def test_hardly_any_question_of_our_domain_is_taken_for_sensitive(sensitivity: Sensitivity, embedder: Embedder) -> None:
    lines = (ROOT / "tests/data/domain/questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["query"] for line in lines]
    assert ask(sensitivity, embedder, asked).count(None) >= len(asked) - 3


def test_a_crisis_is_told_from_all_other_topics(sensitivity: Sensitivity, embedder: Embedder) -> None:
    topics = ask(sensitivity, embedder, CRISES)
    assert {topic.name for topic in topics if topic} == {"Krise"}
    assert None not in topics


def test_shy_people_are_not_sent_to_a_crisis_line(sensitivity: Sensitivity, embedder: Embedder) -> None:
    shy = [row["sentence"] for row in SHY if not row["is_grave"]]
    assert ask(sensitivity, embedder, shy).count(None) == len(shy)


def test_what_only_sounds_like_shyness_is_still_recognised(sensitivity: Sensitivity, embedder: Embedder) -> None:
    grave = [row["sentence"] for row in SHY if row["is_grave"]]
    assert None not in ask(sensitivity, embedder, grave)


def test_the_packaged_vectors_are_those_of_the_topics(embedder: Embedder) -> None:
    """After a change of `topics.toml`: `Path("knowledge/topics.npz").write_bytes(pack(load()))`."""
    with np.load(BytesIO((files("knowledge") / "topics.npz").read_bytes())) as kept:
        packaged = dict(kept)
    assert packaged["digests"].tolist() == [digest(text) for text in packaged_texts()]
    some = slice(None, None, 10)
    assert np.abs(embedder.encode_queries(packaged_texts()[some]) - packaged["vectors"][some]).max() < 0.01
