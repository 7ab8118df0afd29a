"""What a package would do to the store: answers that are new here, known already, or in conflict with ours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from knowledge.formats.fields import LABELS, written
from knowledge.formats.rows import shortened
from knowledge.importing import ImportedEntry, differing
from knowledge.packages import Package
from knowledge.text import normalise
from storage.models.knowledge import EntryContent, State


class Handling(Enum):
    """What becomes of answers that are in conflict with ours; the value says it in German."""

    KEEP_OURS = "Unsere Fassung bleibt."
    TAKE_THEIRS = "Die Fassung aus dem Paket ersetzt unsere."
    KEEP_BOTH = "Beide Fassungen bleiben."


@dataclass(frozen=True)
class Conflict:
    """An answer of a package with an id or a question that is here already, with other content."""

    id: str
    """Of the entry that is here."""
    here: EntryContent
    theirs: ImportedEntry
    fields: tuple[str, ...]
    """In which the two differ."""

    def lines(self) -> list[str]:
        """Return both versions in German, each from shortly before the first difference."""
        field = self.fields[0]
        ours, theirs = (_shown(content, field) for content in (self.here, self.theirs.content))
        pairs = enumerate(zip(ours, theirs, strict=False))
        same = next((i for i, (a, b) in pairs if a != b), min(len(ours), len(theirs)))
        labels = ", ".join(LABELS.get(each, each) for each in self.fields)
        return [
            f"Konflikt: {self.id} – {labels}",
            f"  hier:     {_excerpt(ours, same)}",
            f"  im Paket: {_excerpt(theirs, same)}",
        ]


@dataclass(frozen=True)
class Adoption:
    """What taking a package would do; `new` and `replaced` are ids and contents to store, `unchanged` are ids."""

    package: Package
    handling: Handling
    new: Mapping[str, EntryContent]
    replaced: Mapping[str, EntryContent]
    unchanged: tuple[str, ...]
    conflicts: tuple[Conflict, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would change."""
        return not self.items

    @property
    def items(self) -> list[tuple[str, EntryContent]]:
        """Id and content of every entry to store."""
        return [*self.new.items(), *self.replaced.items()]

    def lines(self, limit: int = 20) -> list[str]:
        """Return the preview in German: the package, counts, new answers and conflicts, at most `limit` of each."""
        counts = f"{len(self.new)} neu, {len(self.replaced)} geändert, {len(self.unchanged)} unverändert"
        new = [f"neu: {identifier} – {_excerpt(c.question or c.answer)}" for identifier, c in self.new.items()]
        conflicts = [line for conflict in self.conflicts for line in conflict.lines()]
        return [
            self.package.line(),
            f"{counts}, {len(self.conflicts)} im Konflikt",
            *shortened(new, limit),
            *shortened(conflicts, 3 * limit),
            *self._remarks(),
        ]

    def _remarks(self) -> Iterator[str]:
        if self.conflicts:
            yield self.handling.value
        if self.conflicts and self.handling == Handling.KEEP_OURS:
            yield "Anders geht es mit --take-theirs oder --keep-both."
        if any(content.state == State.IN_REVIEW for _, content in self.items):
            yield "Der Bot zeigt die Antworten erst, wenn ihr sie freigebt. Sofort freigeben: --approve"


def adopt(
    package: Package, existing: Mapping[str, EntryContent], handling: Handling, *, is_approved: bool = False
) -> Adoption:
    """Tell what taking a package would do to `existing`, which maps ids to contents; nothing is ever removed.

    Answers arrive in review, or approved with `is_approved`, which also approves those that came before.
    """
    return _Adopting(package, existing, handling, State.APPROVED if is_approved else State.IN_REVIEW).run()


class _Adopting:
    def __init__(
        self, package: Package, existing: Mapping[str, EntryContent], handling: Handling, state: State
    ) -> None:
        self.package = package
        self.existing = existing
        self.handling = handling
        self.state = state
        self.twins = {normalise(each.question): identifier for identifier, each in existing.items() if each.question}
        self.new: dict[str, EntryContent] = {}
        self.replaced: dict[str, EntryContent] = {}
        self.unchanged: list[str] = []
        self.conflicts: list[Conflict] = []

    def run(self) -> Adoption:
        for entry in self.package.entries:
            self._take(replace(entry, content=entry.content.model_copy(update={"state": self.state})))
        return Adoption(
            self.package, self.handling, self.new, self.replaced, tuple(self.unchanged), tuple(self.conflicts)
        )

    def _take(self, entry: ImportedEntry) -> None:
        known = entry.id if entry.id in self.existing else self.twins.get(normalise(entry.content.question))
        if known is None:
            self.new[entry.id] = entry.content
        elif fields := self._differing(entry, known):
            self._settle(entry, known, fields)
        elif known == entry.id and (self.existing[known].state, self.state) == (State.IN_REVIEW, State.APPROVED):
            self.replaced[known] = self.existing[known].model_copy(update={"state": self.state})
        else:
            self.unchanged.append(known)

    def _differing(self, entry: ImportedEntry, known: str) -> list[str]:
        """Fields in which the entry differs from the one that is known; of a mere namesake only the answers count."""
        here = self.existing[known]
        fields = differing(here, entry.over(here))
        counts = (lambda field: field != "state") if known == entry.id else ("answer", "variants").__contains__
        return [field for field in fields if counts(field)]

    def _settle(self, entry: ImportedEntry, known: str, fields: list[str]) -> None:
        here = self.existing[known]
        if self.handling == Handling.KEEP_BOTH:
            identifier = self._name_beside(entry, known)
            if identifier in self.existing:
                self.unchanged.append(identifier)
                return
            self.new[identifier] = entry.content
        elif self.handling == Handling.TAKE_THEIRS:
            self.replaced[known] = entry.over(here)
        self.conflicts.append(Conflict(known, here, entry, tuple(fields)))

    def _name_beside(self, entry: ImportedEntry, known: str) -> str:
        """Return an id for a second version: a free one, or that of an entry which is this version already."""
        name, _, house = entry.id.rpartition("@")
        identifier, number = entry.id, 1
        while identifier == known or identifier in self.new or self._is_another(entry, identifier):
            number += 1
            identifier = f"{name}-{number}@{house}"
        return identifier

    def _is_another(self, entry: ImportedEntry, identifier: str) -> bool:
        return identifier in self.existing and bool(self._differing(replace(entry, id=identifier), identifier))


def _shown(content: EntryContent, field: str) -> str:
    value = getattr(content, field)
    text = value if isinstance(value, str) else written(field, value)
    return " ".join(text.split()) or "(leer)"


def _excerpt(text: str, start: int = 0, length: int = 80) -> str:
    """Return a line of a text, from shortly before `start`."""
    line = " ".join(text.split())
    begin = line.rfind(" ", 0, max(start - 20, 0)) + 1 if len(line) > length else 0
    part = line[begin:]
    return ("… " if begin else "") + (part if len(part) <= length else f"{part[: length - 1]}…")
