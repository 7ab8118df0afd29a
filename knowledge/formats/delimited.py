"""CSV as German Excel writes and reads it."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import IO

from knowledge.formats import tables
from knowledge.formats.fields import field_named
from knowledge.formats.rows import BrokenFile, Problem, Row, decoded
from storage.models.knowledge import EntryContent

_LONGEST_CELL = 131_072
"""Characters; the module csv reads no more."""
_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]")
"""What a spreadsheet would calculate, see https://owasp.org/www-community/attacks/CSV_Injection."""


def read(data: bytes) -> Iterator[Row | Problem]:
    """Yield the rows of a CSV file with `;`, `,` or tab between cells; raises BrokenFile for a wrong encoding."""
    text = decoded(data, "bitte als „CSV UTF-8“ speichern", row_at=_row_at_end)
    yield from tables.rows(_records(text))


def write(entries: Iterable[tuple[str, EntryContent]], file: IO[bytes]) -> None:
    """Write entries so that Excel opens them with a double click and calculates none of them."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    # All cells are quoted, or another locale's separator inside a text would start a new cell, perhaps a formula.
    rows = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL)
    rows.writerow(tables.HEADER)
    for identifier, content in entries:
        rows.writerow([_harmless(cell) for cell in tables.cells(identifier, content, _LONGEST_CELL - 1)])
    text.detach()


def _records(text: str) -> Iterator[tables.Record]:
    number = 0
    try:
        lines = io.StringIO(text, newline="")
        for number, cells in enumerate(csv.reader(lines, delimiter=_delimiter(text), strict=True), start=1):
            yield number, [_meant(cell) for cell in cells]
    except csv.Error as error:
        reason = "Die Anführungszeichen passen nicht zusammen oder eine Zelle ist viel zu lang."
        raise BrokenFile([Problem(number + 1, reason)]) from error


def _row_at_end(text: str) -> int:
    """Count rows as Excel shows them, where a cell may have several lines."""
    try:
        return sum(1 for _ in csv.reader(io.StringIO(text + "?", newline=""), delimiter=_delimiter(text)))
    except csv.Error:
        return text.count("\n") + 1


def _delimiter(text: str) -> str:
    """Return the separator with which most names in the header are known."""
    header = io.StringIO(text).readline(10_000)

    def known_names(sign: str) -> int:
        return sum(field_named(name) is not None for name in next(csv.reader([header], delimiter=sign), []))

    return max(";,\t", key=known_names)


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _meant(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
