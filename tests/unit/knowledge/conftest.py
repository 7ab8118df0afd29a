"""An embedder that needs no model: similar wording gives similar vectors, and equal text equal ones."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import settings

from knowledge.embedding import Progress, Vectors
from knowledge.text import ngrams, normalise
from knowledge.vectors import Origin

DIMENSION = 64

settings.register_profile("shared", deadline=None)  # other jobs of the machine may take the processor for a while
settings.load_profile("shared")


class HashEmbedder:
    """Character n-grams hashed into 64 dimensions, as a sum of fixed random vectors; counts what it embeds."""

    name = "hash"
    dimension = DIMENSION

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def encode_documents(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        if progress is not None:
            progress(len(texts), len(texts))
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return np.array([_vector(text) for text in texts], np.float32).reshape(len(texts), DIMENSION)


def _vector(text: str) -> Vectors:
    counts = np.bincount(ngrams(normalise(text)) % DIMENSION, minlength=DIMENSION) + 0.01
    return np.asarray(counts / np.linalg.norm(counts), np.float32)


@pytest.fixture(scope="session")
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture(scope="session")
def nowhere() -> Origin:
    """A mean far from every vector."""
    flat = np.full(DIMENSION, 0.5 / DIMENSION**0.5, np.float32)
    return Origin(flat, flat)
