"""JSON Lines: one object an entry, lists as lists."""

import json
from collections.abc import Iterable, Iterator
from typing import IO

from knowledge.formats.fields import LABELS, field_named
from knowledge.formats.rows import Problem, Row, decoded
from storage.models.knowledge import EntryContent


def read(data: bytes) -> Iterator[Row | Problem]:
    """Yield a row for each line that is not blank; raises BrokenFile for a wrong encoding."""
    # str.splitlines would also split at U+2028, which JSON allows inside a text.
    for number, line in enumerate(decoded(data, "bitte als UTF-8 speichern").split("\n"), start=1):
        if line.strip():
            yield _row(number, line)


def write(entries: Iterable[tuple[str, EntryContent]], file: IO[bytes]) -> None:
    """Write one line an entry, with all fields."""
    for identifier, content in entries:
        values = {"id": identifier, **content.model_dump(mode="json")}
        file.write(json.dumps(values, ensure_ascii=False).encode() + b"\n")


def _row(number: int, line: str) -> Row | Problem:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return Problem(number, "Die Zeile ist kein gültiges JSON.")
    if not isinstance(found, dict):
        return Problem(number, "Die Zeile ist kein JSON-Objekt mit Frage und Antwort.")
    values = {field: value for key, value in found.items() if (field := field_named(key))}
    # Where a file has both "id" and "Nummer", the field's own name counts.
    return Row(number, values | {key: value for key, value in found.items() if key in LABELS})
