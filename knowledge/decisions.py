"""Finds past decisions by a question about them: by meaning and by words, as the answers of the store are found."""

import asyncio
import re
from collections.abc import Sequence
from threading import Lock

from knowledge.decision import POSSIBLE
from knowledge.embedding import Embedder
from knowledge.index import Index
from knowledge.vectors import EntryText, embed, embed_question, origin

_DECIDED = r"(?:beschlossen|entschieden|vereinbart|festgelegt)"
_ABOUT = (
    r"(?:zur|zum|zu(?:\s+(?:der|den|dem))?|über(?:\s+(?:die|den|das))?|wegen(?:\s+(?:der|des))?|bei(?:\s+der)?|beim)"
)
_ASKED = (
    re.compile(rf"was\s+(?:haben\s+wir|wurde|ist)\s+(?:\w+\s+){{0,4}}?{_ABOUT}\s+(.+?)\s+{_DECIDED}", re.I),
    re.compile(rf"was\s+(?:haben\s+wir|wurde|ist)\s+(?:\w+\s+){{0,4}}?{_DECIDED}\s+{_ABOUT}\s+(.+)", re.I),
    re.compile(rf"haben\s+wir\s+(?:schon\s+)?(?:etwas\s+|was\s+)?{_ABOUT}\s+(.+?)\s+{_DECIDED}", re.I),
    re.compile(rf"(?:welche|gibt\s+es|zeig(?:e)?\s+mir\s+(?:die\s+|alle\s+)?|alle\s+)?\s*(?:einen\s+)?beschl(?:uss|üsse)"
               rf"(?:\s+(?:gibt\s+es|haben\s+wir))?\s+{_ABOUT}\s+(.+)", re.I),
)  # fmt: skip


def sought_in(text: str) -> str:
    """What past decisions are asked about: „was haben wir zur E-Rechnung beschlossen?“; empty for anything else."""
    said = " ".join(text.split()).strip(" ?!.")
    found = next((match for pattern in _ASKED if (match := pattern.fullmatch(said))), None)
    return found[1].strip(' ?!.,„“"') if found else ""


class Decisions:
    """Looks through decisions; keeps their vectors in memory by text, so that each is embedded once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._index: Index | None = None
        self._known: dict[str, EntryText] = {}
        self._lock = Lock()

    async def learn(self, decisions: Sequence[EntryText]) -> None:
        """Embed what is not known yet, so that nobody waits for it later."""
        await asyncio.to_thread(self._learn, decisions)

    def _learn(self, decisions: Sequence[EntryText]) -> None:
        with self._lock:
            self._filled(decisions)

    async def find(self, sought: str, decisions: Sequence[EntryText], limit: int) -> Sequence[str]:
        """The ids of the decisions that may be meant, the likeliest first; `question` of each is its topic."""
        return await asyncio.to_thread(self._find, sought, decisions, limit)

    def _find(self, sought: str, decisions: Sequence[EntryText], limit: int) -> Sequence[str]:
        with self._lock:
            index = self._filled(decisions)
            hits = index.rank(embed_question(self._embedder, sought), sought, None, limit)
        return [hit.entry_id for hit in hits if hit.score >= POSSIBLE]

    def _filled(self, decisions: Sequence[EntryText]) -> Index:
        """The index with these decisions and no others."""
        index = self._index = self._index or Index(origin(self._embedder))
        given = {one.id: one for one in decisions}
        index.remove(self._known.keys() - given.keys())
        index.put(embed(self._embedder, [one for one in decisions if self._known.get(one.id) != one]))
        self._known = given
        return index
