"""Recognises questions on sensitive topics, by words and by meaning.

How something is done is no sensitive topic, what happens to a person is: „Wo melde ich mich krank?“ is ordinary, „Die
Arbeit macht mich krank“ is not. Examples of both are in `knowledge/topics.toml`.
"""

from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import BUNDLED_NAME, Embedder, Vectors
from knowledge.text import normalise
from knowledge.topics import Topic, built_in, harmless, ordinary
from knowledge.vectors import origin

FROM = -0.1
"""Leaning, from -1 (ordinary) to 1 (sensitive), from which a question counts as sensitive: rather once too often."""
REACH = 4.0
"""How much nearer examples count more than farther ones; fitted on tests/data/screening."""
SMOOTHNESS = 0.1
"""How much an example may be outvoted by its neighbours; fitted likewise."""
ALIKE = 0.8
"""Likeness from which a question may mean the same as a harmless sentence; fitted likewise."""
AHEAD = 0.2
"""How much nearer it must be to that one than to any sensitive example: rather once too seldom."""


class Sensitivity:
    """Recognises the given topics. Embeds the examples of a house, or of another model, when it is built."""

    def __init__(self, embedder: Embedder, topics: Sequence[Topic]) -> None:
        self._words = [(f" {normalise(word)}", topic) for topic in topics for word in topic.words]
        self._topics = [topic for topic in topics for _ in topic.examples]
        if self._topics:
            examples = [example for topic in topics for example in topic.examples]
            self._middle = origin(embedder).asked
            self._examples = self._seen(_embedded(embedder, [*examples, *ordinary()]))
            self._harmless = self._seen(_embedded(embedder, harmless()))
            self._weights = self._fitted(len(examples))

    def recognise(self, vector: Vectors, text: str) -> Topic | None:
        """Return the topic of a question, or None.

        `vector` is its query vector, shape (dimension,), as `knowledge.vectors.embed_question` returns it.
        """
        return self.by_words(text) or self._by_meaning(vector)

    def by_words(self, text: str) -> Topic | None:
        """Return the first topic with a word in the text, or None; needs no vector, so it suits comments, too."""
        normalised = f" {normalise(text)}"
        return next((topic for word, topic in self._words if word in normalised), None)

    def _by_meaning(self, vector: Vectors) -> Topic | None:
        if not self._topics:
            return None
        seen = self._seen(vector[None])[0]
        likeness = self._examples @ seen
        nearest = int(likeness[: len(self._topics)].argmax())
        leaning = float(_kernel(likeness) @ self._weights)
        is_harmless = float((self._harmless @ seen).max()) >= max(ALIKE, float(likeness[nearest]) + AHEAD)
        return self._topics[nearest] if leaning >= FROM and not is_harmless else None

    def _fitted(self, sensitive: int) -> NDArray[np.float64]:
        """Kernel ridge regression: weights of examples whose sum is about 1 at sensitive and -1 at ordinary ones."""
        leanings = np.where(np.arange(len(self._examples)) < sensitive, 1.0, -1.0)
        likeness = _kernel(self._examples @ self._examples.T)
        return np.asarray(np.linalg.solve(likeness + SMOOTHNESS * np.eye(len(likeness)), leanings), np.float64)

    def _seen(self, vectors: Vectors) -> Vectors:
        """Vectors as seen from the mean of everyday questions, of length one; (n, dimension)."""
        centred = vectors - self._middle
        seen: Vectors = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
        return seen


def _embedded(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """Query vectors of the texts; the built-in ones lie in a file, as embedding them would delay every start."""
    known = _packaged() if embedder.name == BUNDLED_NAME else {}
    missing = [text for text in dict.fromkeys(texts) if digest(text) not in known]
    new = dict(zip(map(digest, missing), embedder.encode_queries(missing), strict=True))
    return np.array([(new | known)[digest(text)] for text in texts], np.float32)


def _packaged() -> dict[bytes, Vectors]:
    with np.load(BytesIO((files("knowledge") / "topics.npz").read_bytes())) as kept:
        return dict(zip(kept["digests"].tolist(), kept["vectors"].astype(np.float32), strict=True))


def pack(embedder: Embedder) -> bytes:
    """The content of `topics.npz` for the bundled model; to be written anew with every change of `topics.toml`."""
    packed = BytesIO()
    vectors = embedder.encode_queries(packaged_texts()).astype(np.float16)
    np.savez_compressed(packed, digests=np.array([digest(text) for text in packaged_texts()]), vectors=vectors)
    return packed.getvalue()


def packaged_texts() -> list[str]:
    """The examples whose vectors lie in `topics.npz`, in its order."""
    return [*(example for topic in built_in() for example in topic.examples), *ordinary(), *harmless()]


def digest(text: str) -> bytes:
    """What a text is found by in `topics.npz`."""
    return sha256(text.encode()).hexdigest()[:16].encode()


def _kernel(likeness: Vectors) -> NDArray[np.float64]:
    return np.exp(REACH * (likeness.astype(np.float64) - 1))
