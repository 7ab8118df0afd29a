"""Which texts ask the same: duplicates among stored entries, topics among open questions. Pure functions over vectors.

Both see vectors from the mean of the stored ones, as `ranking` does, for e5 puts every pair of German sentences between
0.75 and 0.9. Limits were chosen on question sets, see tests/benchmarks/grouping.py. Groups are proposals: a person
decides what is merged.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Vectors
from knowledge.ranking import Floats, direction
from knowledge.vectors import EntryText, EntryVectors

QUESTION, PASSAGE = 0.3, 0.7
"""Weights of the similarities of two entries' questions, and of their passages. Questions about one thing share most of
their words („Darf ich eine ViKo aufzeichnen?“, „Wie richte ich eine ViKo ein?“), but not the answer."""
SAME = 0.625
"""Two entries at least this alike ask the same."""
TOPIC = 0.5
"""The mean similarity of two groups of questions that are one topic."""
NEIGHBOURS = 50
"""Most entries that one is compared with closely, so that ten thousand copies of one text take no quadratic memory."""
BLOCK = 512
"""Rows of the similarity matrix in memory at a time."""
NEAR = 0.05
"""Questions this much further from the middle of their cluster make as good a heading."""

ALTERNATIVES = (
    "enaio d3 dvelop codia VIS nscale regisafe Fabasoft ELO",
    "ePayBL pmPayment GiroCheckout PayPal",
    "KeePass Bitwarden",
    "FortiClient AnyConnect Genua",
    "Teams Webex Zoom Jitsi BigBlueButton BBB Skype",
    "Teams Element Threema Wire WhatsApp Signal stashcat ginlo Teamwire Slack",
    "Nextcloud Cryptshare FTAPI SharePoint OneDrive WeTransfer",
    "Planner Trello Jira OpenProject MeisterTask",
    "Miro Mural Conceptboard Collaboard Padlet TaskCards",
    "LimeSurvey Forms Mentimeter Slido",
    "Outlook Thunderbird",
    "Word Excel PowerPoint",
    "SAP Infoma proDoppik MACH",
    "Session SessionNet ALLRIS SDNET Mandatos",
    "LOGA KIDICAP rexx",
    "AIDA Interflex Novatime",
    "ChatGPT Copilot F13 LLMoin KIPITZ",
    "Windows Linux macOS Android iOS iPhone iPad",
    "Firefox Chrome Edge",
    "ILIAS Moodle",
)
"""Products that stand in for each other, without dots: the question may be the same, the steps are not."""

Names = frozenset[tuple[int, str]]
"""What an entry is about: a row of `ALTERNATIVES` and the product, or -1 and a number or another name."""

_ROWS = [frozenset(row.casefold().split()) for row in ALTERNATIVES]
_PRODUCTS = {
    name: [(kind, name) for kind, row in enumerate(_ROWS) if name in row] for name in frozenset().union(*_ROWS)
}
_WORD = re.compile(r"\w[\w.]*(?<![.])")
_NAME = re.compile(r"\d|\w[.]\w{2}|[a-zäöüß][A-ZÄÖÜ](?!n(?:nen)?\b)")
"""In a word: a digit (Fehler 5, M365), a dot (comp.ASS) or a capital inside (BundID), but not that of LotsInnen."""
_SENTENCE = re.compile(r"[A-ZÄÖÜ].*[?.!]\s*$", re.DOTALL)


@dataclass(frozen=True)
class Group:
    """Entries that ask the same."""

    entry_ids: tuple[str, ...]
    """In the order in which the entries came; at least two."""
    strength: float
    """How alike the least alike two of them are, `SAME` to 1."""


@dataclass(frozen=True)
class Cluster:
    """Open questions about one topic."""

    heading: str
    """The question nearest to the middle of them."""
    members: tuple[int, ...]
    """Positions of the questions, in the order in which they came."""

    @property
    def size(self) -> int:
        """How often people asked."""
        return len(self.members)


def duplicates(entries: Sequence[EntryVectors], asked_mean: Vectors, told_mean: Vectors) -> list[Group]:
    """Find entries that ask the same, strongest group first; no entry is in two of them.

    Everyone in a group is alike to everyone else, so no chain leads from one question to another. Entries that name
    different products or numbers (enaio, d.3; Fehler 5, Fehler 11) are variants and stay apart.
    """
    if not entries:
        return []
    called = [names(entry.text) for entry in entries]
    rows = np.stack([signature(entry, asked_mean, told_mean) for entry in entries])
    alike = {(i, j): strength for i, j, strength in _pairs(rows) if not _differ(called[i], called[j])}
    found = [Group(tuple(entries[i].text.id for i in group), strength) for group, strength in _cliques(alike)]
    return sorted(found, key=lambda group: -group.strength)


def names(text: EntryText) -> Names:
    """What an entry is about by name: numbers and products in its question, or else products in its answer."""
    others = {(-1, _plain(word)) for word in _WORD.findall(text.question) if _NAME.search(word)}
    return frozenset(others | (_products(text.question) or _products(text.answer)))


def signature(entry: EntryVectors, asked_mean: Vectors, told_mean: Vectors) -> Floats:
    """One vector of length one that stands for an entry: the product of two of them is how alike the entries are."""
    told = direction(entry.told[0], told_mean)
    # Without a question the vector is that of a passage, and passages lie elsewhere than questions.
    asked = direction(entry.asked[0], asked_mean) if entry.text.question else told
    return np.concatenate([np.sqrt(np.float32(QUESTION)) * asked, np.sqrt(np.float32(PASSAGE)) * told])


def _products(text: str) -> set[tuple[int, str]]:
    words = map(_plain, _WORD.findall(text))
    return {product for word in words if word in _PRODUCTS for product in _PRODUCTS[word]}


def _plain(word: str) -> str:
    return word.casefold().replace(".", "")


def clusters(questions: Sequence[str], vectors: Vectors, mean: Vectors, limit: float = TOPIC) -> list[Cluster]:
    """Group questions by topic, largest cluster first, then by the first question; lonely ones are clusters of one.

    `vectors` are the questions' query vectors, of length one and not centred, (n, d); `mean` is that of the stored
    questions, (d,). Average linkage takes each whole cluster into account: a question between two topics does not join
    them.
    """
    if not questions:
        return []
    rows = np.stack([direction(vector, mean) for vector in vectors])
    likeness = rows @ rows.T
    topics = _topics(likeness, limit)
    members = [tuple(np.flatnonzero(topics == topic).tolist()) for topic in np.unique(topics)]
    found = [Cluster(_heading(questions, likeness, group), group) for group in members]
    return sorted(found, key=lambda cluster: (-cluster.size, cluster.members))


def _topics(likeness: Floats, limit: float) -> NDArray[np.int32]:
    """Number of the topic of each question; shape (n,)."""
    # A third of a second that nothing else needs.
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(likeness) == 1:
        return np.zeros(1, np.int32)
    distances = np.clip(1 - likeness, 0, None)
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances, checks=False), "average")
    return np.asarray(fcluster(tree, 1 - limit, "distance"))


def _heading(questions: Sequence[str], likeness: Floats, group: Sequence[int]) -> str:
    """The member most alike to all; of several that nearly are, one written as a sentence, then the first."""
    closeness = likeness[np.ix_(group, group)].mean(axis=1)
    middle = [questions[i] for i, close in zip(group, closeness, strict=True) if close >= closeness.max() - NEAR]
    return next(filter(_SENTENCE.match, middle), middle[0])


def _pairs(rows: Floats) -> Iterator[tuple[int, int, float]]:
    """Positions of two rows at least `SAME` alike, the smaller first, with how alike they are."""
    for start in range(0, len(rows), BLOCK):
        product = rows[start : start + BLOCK] @ rows[start:].T
        alike = np.triu(product >= SAME, 1)
        crowded = np.flatnonzero(alike.sum(axis=1) > NEIGHBOURS)
        if len(crowded):
            alike[crowded] = _nearest(np.where(alike[crowded], product[crowded], -1))
        left, right = np.nonzero(alike)
        yield from zip((left + start).tolist(), (right + start).tolist(), product[left, right].tolist(), strict=True)


def _nearest(product: Floats) -> NDArray[np.bool_]:
    """Which columns are the `NEIGHBOURS` largest of each row; of equal ones the first."""
    least = np.partition(product, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS]
    near: NDArray[np.bool_] = product >= least[:, None]
    return near & (near.cumsum(axis=1) <= NEIGHBOURS)


def _differ(one: Names, other: Names) -> bool:
    """Whether each names something that the other does not, both of the same kind."""
    return not {kind for kind, _ in one - other}.isdisjoint(kind for kind, _ in other - one)


def _cliques(alike: dict[tuple[int, int], float]) -> list[tuple[list[int], float]]:
    """Groups in which each two are `alike`, with the least strength of two, built from the strongest pairs on."""
    group_of = {position: [position] for pair in alike for position in pair}
    for one, other in sorted(alike, key=lambda pair: (-alike[pair], pair)):
        left, right = group_of[one], group_of[other]
        if left is not right and all((min(i, j), max(i, j)) in alike for i in left for j in right):
            joined = sorted(left + right)
            group_of.update(dict.fromkeys(joined, joined))
    groups = [group for position, group in sorted(group_of.items()) if position == group[0] and len(group) > 1]
    return [(group, min(alike[pair] for pair in combinations(group, 2))) for group in groups]
