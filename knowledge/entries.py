"""Puts entries into the store together with their vectors, and brings both back for the index."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256

import numpy as np

from knowledge.embedding import Embedder
from knowledge.vectors import EntryText, EntryVectors, embed
from storage.database import Database
from storage.models.knowledge import EntryContent, KnowledgeVectors, Wording

# Enough for the model to work without pause, few enough that a stopped import loses little.
AT_ONCE = 32
_STORED = np.dtype("<f2")

Item = tuple[str, EntryContent]


async def save(
    database: Database,
    embedder: Embedder,
    items: Sequence[Item],
    origin: str,
    now: datetime,
    progress: Callable[[int], None] = lambda count: None,
) -> None:
    """Put entries (id and content) into the store, each together with its vectors and a revision.

    Goes in batches, one transaction each: an import that is stopped and started again goes on where it was. `origin`
    says where the entries come from; `progress` is told how many more are in. Raises `StoreUnavailable`.
    """
    for batch in _batches(items):
        vectors = await asyncio.to_thread(embed, embedder, [text_of(*item) for item in batch])
        async with database.unit_of_work() as uow:
            await uow.knowledge.save(batch, origin, now)
            await uow.knowledge.save_vectors([to_row(embedder, vector) for vector in vectors])
            await uow.commit()
        progress(len(batch))


def text_of(entry_id: str, content: EntryContent, wordings: Iterable[Wording] = ()) -> EntryText:
    """What of an entry is searched, with what people said of it."""
    said = list(wordings)
    phrasings = dict.fromkeys((*content.phrasings, *(wording.text for wording in said if wording.fits)))
    rejected = tuple(wording.text for wording in said if not wording.fits)
    return EntryText(entry_id, content.question, content.answer, tuple(phrasings), content.visibility, rejected)


def fingerprint(text: EntryText) -> str:
    """Changes when what is embedded changes."""
    said = (text.question, text.answer, text.phrasings, *([text.rejected] if text.rejected else []))
    return sha256(repr(said).encode()).hexdigest()


def to_row(embedder: Embedder, vectors: EntryVectors) -> KnowledgeVectors:
    """The vectors as the database keeps them."""
    return KnowledgeVectors(
        entry_id=vectors.text.id,
        model=embedder.name,
        dimension=embedder.dimension,
        fingerprint=fingerprint(vectors.text),
        asked=vectors.asked.astype(_STORED).tobytes(),
        told=vectors.told.astype(_STORED).tobytes(),
        refused=vectors.refused.astype(_STORED).tobytes(),
    )


def from_row(text: EntryText, row: KnowledgeVectors) -> EntryVectors:
    """The vectors as the index takes them."""
    asked, told, refused = (
        np.frombuffer(blob, _STORED).reshape(-1, row.dimension).astype(np.float32)
        for blob in (row.asked, row.told, row.refused)
    )
    return EntryVectors(text, asked, told, refused)


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
