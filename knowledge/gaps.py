"""What the store lacks: open questions that ask the same. Pure; people decide what belongs together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.embedding import Vectors
from knowledge.grouping import clusters
from storage.models.questions import OpenQuestion

Link = tuple[str, str | int]
"""What ties questions together, whatever their words."""


@dataclass(frozen=True)
class Gap:
    """Open questions that ask the same, or one alone."""

    heading: str
    """The wording nearest to the middle of them."""
    questions: tuple[OpenQuestion, ...]
    """By their words, so that their order does not tell who asked when."""


def gaps(questions: Sequence[OpenQuestion], vectors: Vectors, mean: Vectors) -> list[Gap]:
    """Group questions, largest group first; `vectors` and `mean` are as in `grouping.clusters`.

    Questions that became one topic for the jour fixe, or that one draft answers, stay together.
    """
    order = sorted(range(len(questions)), key=lambda place: (questions[place].text.casefold(), questions[place].id))
    questions, vectors = [questions[place] for place in order], vectors[order]
    found: list[tuple[Gap, frozenset[Link]]] = []
    for cluster in clusters([question.text for question in questions], vectors, mean):
        members = [questions[place] for place in cluster.members]
        links = frozenset(link for question in members for link in _links(question))
        akin = [gap for gap, others in found if links & others]
        links = links.union(*(others for _, others in found if links & others))
        heading = akin[0].heading if akin else cluster.heading
        members += [question for gap in akin for question in gap.questions]
        ordered = sorted(members, key=lambda question: (question.text.casefold(), question.id))
        found = [(gap, others) for gap, others in found if gap not in akin]
        found.append((Gap(heading, tuple(ordered)), links))
    return sorted((gap for gap, _ in found), key=lambda gap: (-len(gap.questions), gap.heading.casefold()))


def _links(question: OpenQuestion) -> Iterator[Link]:
    if question.agenda_item_id is not None:
        yield "topic", question.agenda_item_id
    if question.entry_id is not None:
        yield "draft", question.entry_id
