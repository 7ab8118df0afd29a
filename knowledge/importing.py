"""Knowledge entries from files: reading and checking them, and what they would change; storing is left to others."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from knowledge.formats import delimited, json_lines, markdown, workbook
from knowledge.formats.fields import LABELS, LONGEST, Value, parse
from knowledge.formats.rows import BrokenFile, Problem, Reader, Row, shortened
from storage.models.knowledge import EntryContent

__all__ = [
    "BrokenFile", "Change", "ImportedEntry", "Preview", "Problem", "checked", "compare", "data_of", "differing",
    "identifier_of", "read",
]  # fmt: skip

LARGEST_FILE = 50_000_000
"""Bytes."""

_READERS: Mapping[str, Reader] = {
    ".csv": delimited.read,
    ".xlsx": workbook.read,
    ".jsonl": json_lines.read,
    ".md": markdown.read,
}
_ALL_FIELDS = frozenset(EntryContent.model_fields)
_ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True)
class ImportedEntry:
    """An entry from a file, found in `row`; fields outside `given` are not in the file and hold their defaults."""

    id: str
    content: EntryContent
    row: int
    given: frozenset[str] = _ALL_FIELDS

    def over(self, old: EntryContent) -> EntryContent:
        """Return `old` with what the file gives; what it does not mention, like learned phrasings, stays."""
        return EntryContent(
            **{field: getattr(self.content if field in self.given else old, field) for field in _ALL_FIELDS}
        )


@dataclass(frozen=True)
class Change:
    """An entry whose content would become `content`; `fields` are the German names of what differs."""

    id: str
    content: EntryContent
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What an import would do; `unchanged` are ids."""

    new: tuple[ImportedEntry, ...]
    changed: tuple[Change, ...]
    unchanged: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether the import would change nothing."""
        return not self.new and not self.changed

    @property
    def items(self) -> list[tuple[str, EntryContent]]:
        """Id and content of every entry to store."""
        return [(entry.id, entry.content) for entry in self.new] + [(entry.id, entry.content) for entry in self.changed]

    def lines(self, limit: int = 20) -> list[str]:
        """Return the preview in German: a line of counts, then a line an entry, at most `limit` of them."""
        counts = f"{len(self.new)} neu, {len(self.changed)} geändert, {len(self.unchanged)} unverändert"
        new = [f"neu: {entry.id} – {_start(entry.content)}" for entry in self.new]
        changed = [f"geändert: {change.id} – {', '.join(change.fields)}" for change in self.changed]
        return [counts, *shortened(new + changed, limit)]


def read(path: Path, *, allow_empty_answers: bool = False) -> list[ImportedEntry]:
    """Return the entries of a CSV, XLSX, JSON Lines or Markdown file, the suffix decides.

    An entry needs an answer; with `allow_empty_answers`, meant for collections for measuring, a question is enough.
    Raises BrokenFile with all problems that were found.
    """
    return checked(_reader(path)(data_of(path)), allow_empty_answers=allow_empty_answers)


def checked(rows: Iterable[Row | Problem], *, allow_empty_answers: bool = False) -> list[ImportedEntry]:
    """Return the entries of rows. Raises BrokenFile with all problems that were found."""
    entries: list[ImportedEntry] = []
    problems: list[Problem] = []
    rows_by_id: dict[str, int] = {}
    for found in rows:
        if isinstance(found, Problem):
            problems.append(found)
            continue
        values, reasons = _parsed(found)
        reasons += _objections(values, allow_empty_answers)
        identifier = _identifier(values)
        if identifier and (first := rows_by_id.setdefault(identifier, found.number)) != found.number:
            reasons.append(_repetition(values, identifier, first))
        problems += [Problem(found.number, reason) for reason in reasons]
        if not reasons:
            entries.append(_entry(identifier, values, found.number))
    if problems:
        raise BrokenFile(problems)
    return entries


def compare(imported: Iterable[ImportedEntry], existing: Mapping[str, EntryContent]) -> Preview:
    """Tell what importing would change in `existing`, which maps ids to contents; nothing is ever removed."""
    new, changed, unchanged = [], [], []
    for entry in imported:
        if (old := existing.get(entry.id)) is None:
            new.append(entry)
            continue
        content = entry.over(old)
        if fields := differing(old, content):
            changed.append(Change(entry.id, content, tuple(LABELS[field] for field in fields)))
        else:
            unchanged.append(entry.id)
    return Preview(tuple(new), tuple(changed), tuple(unchanged))


def differing(old: EntryContent, new: EntryContent) -> list[str]:
    """Return the fields in which two contents differ, in the order of `LABELS`."""
    return [field for field in LABELS if field != "id" and getattr(old, field) != getattr(new, field)]


def identifier_of(text: str) -> str:
    """Return a readable id that the same text always gets; an empty one if there is no text."""
    text = unicodedata.normalize("NFC", text)
    if not text:
        return ""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_ASCII)).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].rstrip("-") or "eintrag"
    return f"{slug}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def _reader(path: Path) -> Reader:
    if reader := _READERS.get(path.suffix.lower()):
        return reader
    known = ", ".join(_READERS)
    raise BrokenFile([Problem(None, f"Dateien mit der Endung „{path.suffix}“ werden nicht gelesen, nur {known}.")])


def data_of(path: Path) -> bytes:
    """Return the bytes of a file; raises BrokenFile if it is too large or not readable."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            reason = f"Die Datei ist {math.ceil(size / 1e6)} MB groß, erlaubt sind {LARGEST_FILE // 1_000_000} MB."
            raise BrokenFile([Problem(None, reason)])
        return path.read_bytes()
    except OSError as error:
        reason = f"Die Datei „{path.name}“ gibt es nicht oder sie ist nicht lesbar."
        raise BrokenFile([Problem(None, reason)]) from error


def _parsed(row: Row) -> tuple[dict[str, Value], list[str]]:
    values: dict[str, Value] = {}
    reasons = []
    for field, raw in row.values.items():
        try:
            values[field] = parse(field, raw)
        except ValueError as error:
            values[field] = None
            reasons.append(f"„{LABELS[field]}“ {error}.")
    return values, reasons


def _objections(values: Mapping[str, Value], allow_empty_answers: bool) -> Iterator[str]:
    """Say what is wrong with parsed values; what could not be parsed is None and has been objected to."""
    question, answer = values.get("question", ""), values.get("answer", "")
    if question == answer == "":
        yield "Frage und Antwort fehlen."
    elif answer == "" and not allow_empty_answers:
        yield "Die Antwort fehlt."
    yield from _long_fields(values)
    yield from _id_objections(values.get("id"))
    checked_on, valid_until = values.get("checked_on"), values.get("valid_until")
    if isinstance(checked_on, date) and isinstance(valid_until, date) and valid_until < checked_on:
        yield f"„{LABELS['valid_until']}“ liegt vor „{LABELS['checked_on']}“."


def _long_fields(values: Mapping[str, Value]) -> Iterator[str]:
    for field, limit in LONGEST.items():
        value = values.get(field)
        if isinstance(value, str) and len(value) > limit:
            yield f"„{LABELS[field]}“ ist {len(value)} Zeichen lang, erlaubt sind {limit}."


def _id_objections(identifier: Value) -> Iterator[str]:
    if not isinstance(identifier, str):
        return
    if identifier != identifier.strip():
        yield "„id“ hat Leerzeichen am Anfang oder Ende."
    elif not identifier.isprintable():
        yield "„id“ enthält unsichtbare Zeichen."


def _identifier(values: Mapping[str, Value]) -> str:
    """Return the given id, else one that the same question always gets; an empty one if there is no text."""
    if given := values.get("id"):
        return str(given)
    return identifier_of(str(values.get("question") or values.get("answer") or ""))


def _repetition(values: Mapping[str, Value], identifier: str, first: int) -> str:
    if values.get("id"):
        return f"Die id „{identifier[:60]}“ steht schon in Zeile {first}."
    return f"Dieselbe Frage ohne id steht schon in Zeile {first}."


def _entry(identifier: str, values: Mapping[str, Value], row: int) -> ImportedEntry:
    # An empty cell clears a field, but there is no entry without state and visibility: those keep what they have.
    given = {field: value for field, value in values.items() if field != "id" and not _is_blank_choice(field, value)}
    content = EntryContent.model_validate({"question": "", "answer": "", **given})
    return ImportedEntry(identifier, content, row, frozenset(given) | {"question", "answer"})


def _is_blank_choice(field: str, value: Value) -> bool:
    return field in ("state", "visibility") and value is None


def _start(content: EntryContent) -> str:
    text = " ".join((content.question or content.answer).split())
    return text if len(text) <= 80 else f"{text[:79]}…"
