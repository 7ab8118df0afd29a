"""Sensitive topics are recognised by words in any spelling and by the examples of a house."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.embedding import Embedder, Progress, Vectors
from knowledge.sensitivity import Sensitivity
from knowledge.topics import Topic, built_in, find
from knowledge.vectors import embed_question

CHESS = Topic("Schach", "Die Schachgruppe hilft.", words=("schach",), examples=("Wie setze ich den König matt?",))


class Nobody:
    """An embedder that is not asked."""

    name = "nobody"
    dimension = 4

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(texts)

    def encode_documents(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        raise AssertionError(texts)


WORDS = Sensitivity(Nobody(), [replace(topic, examples=()) for topic in built_in()])


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Ich werde gemobbt", "Belästigung, Diskriminierung und Mobbing"),
        ("ICH WERDE GEMOBBT!!", "Belästigung, Diskriminierung und Mobbing"),
        ("Mobbingvorwürfe gegen mich", "Belästigung, Diskriminierung und Mobbing"),
        ("wurde sexuell belaestigt", "Belästigung, Diskriminierung und Mobbing"),
        ("schutz für hinweisgeber*innen", "Hinweise auf Verstöße und Korruption"),
        ("selbsttoetung", "Krise"),
    ],
)
def test_a_word_is_recognised_in_every_spelling_and_at_the_beginning_of_others(question: str, topic: str) -> None:
    recognised = WORDS.by_words(question)
    assert recognised
    assert recognised.name == topic


def test_the_crisis_comes_before_any_other_topic() -> None:
    topic = WORDS.by_words("Ich werde gemobbt und will nicht mehr leben")
    assert topic
    assert topic.is_urgent


def test_an_example_of_the_house_is_recognised(embedder: Embedder) -> None:
    sensitivity = Sensitivity(embedder, [CHESS])
    assert sensitivity.recognise(embed_question(embedder, CHESS.examples[0]), "") == CHESS
    assert sensitivity.recognise(embed_question(embedder, "Wo melde ich mich krank?"), "") is None


def test_without_topics_nothing_is_sensitive() -> None:
    assert Sensitivity(Nobody(), []).recognise(np.zeros(4, np.float32), "Ich werde gemobbt") is None


def test_a_topic_is_found_whatever_its_case() -> None:
    crisis = find("krise", built_in())
    assert crisis
    assert crisis.name == "Krise"


@given(st.text())
def test_any_text_may_be_asked(text: str) -> None:
    WORDS.by_words(text)
