from typing import Protocol

import numpy as np
import pytest

from knowledge.embedding import Embedder
from knowledge.vectors import EVERYDAY, EntryText, embed, embed_question, origin


class HashEmbedder(Embedder, Protocol):
    """The fixture, which remembers what it embedded."""

    embedded: list[str]


LONG = "Öffnen Sie das Programm. " * 20


def test_question_is_a_query_and_passage_holds_both(embedder: Embedder) -> None:
    (entry,) = embed(embedder, [EntryText("a", "Wo?", "Hier.", ("Wohin?", "Woher?"))])
    assert np.array_equal(entry.asked, embedder.encode_queries(["Wo?", "Wohin?", "Woher?"]))
    assert np.array_equal(entry.told, embedder.encode_documents(["Wo? Hier."]))


def test_chunks_of_a_long_answer_stand_behind_the_question() -> None:
    parts = EntryText("a", "Wie geht das?", LONG).parts
    assert len(parts) > 2
    assert all(part.startswith("Wie geht das? Öffnen") for part in parts)


@pytest.mark.parametrize(("question", "answer"), [("", "Nur eine Antwort."), ("Nur eine Frage?", ""), ("", LONG)])
def test_entry_without_question_or_answer_has_all_vectors(embedder: Embedder, question: str, answer: str) -> None:
    (entry,) = embed(embedder, [EntryText("a", question, answer)])
    assert entry.asked.shape == (1, embedder.dimension)
    assert len(entry.told) == len(entry.text.parts)
    assert np.allclose(np.linalg.norm(entry.asked, axis=1), 1)


def test_no_text_is_embedded_twice(embedder: HashEmbedder) -> None:
    embedder.embedded.clear()
    same = EntryText("a", "Wo?", "Hier.", ("Wo?", "Wohin?"))
    embed(embedder, [same, EntryText("b", "Wo?", "Hier."), EntryText("c", "Wo?", LONG), EntryText("d", "Wo?", LONG)])
    assert sorted(embedder.embedded) == sorted({"Wo?", "Wohin?", "Wo? Hier.", *EntryText("c", "Wo?", LONG).parts})


def test_rejected_questions_are_queries_beside_the_phrasings(embedder: Embedder) -> None:
    one, other = embed(
        embedder,
        [
            EntryText("a", "Wo?", "Hier.", ("Wohin?",), rejected=("Wann?", "Um wie viel Uhr?")),
            EntryText("b", "Wann?", "Jetzt.", ("Um wie viel Uhr?",), rejected=("Wohin?",)),
        ],
    )
    assert np.array_equal(one.refused, embedder.encode_queries(["Wann?", "Um wie viel Uhr?"]))
    assert np.array_equal(other.refused, embedder.encode_queries(["Wohin?"]))
    assert np.array_equal(one.asked, embedder.encode_queries(["Wo?", "Wohin?"]))


def test_entry_that_nobody_rejected_has_no_refused_vectors(embedder: Embedder) -> None:
    (entry,) = embed(embedder, [EntryText("a", "Wo?", "Hier.")])
    assert entry.refused.shape == (0, embedder.dimension)


def test_rejected_question_that_is_stored_elsewhere_is_embedded_once(embedder: HashEmbedder) -> None:
    embedder.embedded.clear()
    embed(embedder, [EntryText("a", "Wo?", "Hier.", rejected=("Wann?",)), EntryText("b", "Wann?", "Jetzt.")])
    assert embedder.embedded.count("Wann?") == 1


def test_nothing_to_embed_gives_nothing(embedder: Embedder) -> None:
    assert embed(embedder, []) == []


def test_progress_is_told(embedder: Embedder) -> None:
    told: list[tuple[int, int]] = []
    embed(embedder, [EntryText("a", "Wo?", "Hier.")], lambda done, of: told.append((done, of)))
    assert told == [(1, 1)]


def test_question_is_embedded_without_courtesies(embedder: Embedder) -> None:
    assert np.array_equal(
        embed_question(embedder, "Hallo, wo ist das? Danke!"), embed_question(embedder, "wo ist das?")
    )


def test_origin_is_the_mean_of_everyday_texts(embedder: Embedder) -> None:
    mean = embedder.encode_queries([question for question, _ in EVERYDAY]).mean(axis=0)
    assert np.allclose(origin(embedder).asked, mean)
    assert origin(embedder).told.shape == (embedder.dimension,)
