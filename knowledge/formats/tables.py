"""Rows below a header and cells above a limit: what CSV and Excel have in common."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from knowledge.formats.fields import LABELS, field_named, written
from knowledge.formats.rows import NotExportable, Problem, Row
from storage.models.knowledge import EntryContent

HEADER = list(LABELS.values())
_REQUIRED = ("question", "answer")

Record = tuple[int, Sequence[object]]
"""A row number and its cells."""


def rows(records: Iterable[Record]) -> Iterator[Row | Problem]:
    """Yield a row for each record below the header, which is the first that is not blank; blank ones are left out."""
    filled = (record for record in records if _width(record[1]))
    number, header = next(filled, (1, ()))
    names = [field_named(str(cell)) for cell in header]
    if problems := list(_header_problems(number, names)):
        yield from problems
        return
    for number, cells in filled:
        if _width(cells) > len(header):
            yield Problem(number, "Es gibt mehr Zellen als Spalten in der Kopfzeile.")
        else:
            named = zip(names, _padded(cells, len(names)), strict=True)
            yield Row(number, {name: cell for name, cell in named if name})


def cells(identifier: str, content: EntryContent, limit: int) -> list[str]:
    """Return the cells of an entry in the order of HEADER; raises NotExportable if one is longer than `limit`."""
    texts = [identifier, *(written(field, getattr(content, field)) for field in LABELS if field != "id")]
    for label, text in zip(HEADER, texts, strict=True):
        if len(text) > limit:
            raise NotExportable(f"Eintrag {identifier}: „{label}“ ist zu lang für eine Zelle, bitte JSON Lines wählen.")
    return texts


def _header_problems(number: int, names: list[str | None]) -> Iterator[Problem]:
    for field in _REQUIRED:
        if field not in names:
            yield Problem(number, f"Es fehlt die Spalte „{LABELS[field]}“ ({field}).")
    for name, count in Counter(names).items():
        if name and count > 1:
            yield Problem(number, f"Die Spalte „{LABELS[name]}“ kommt mehrfach vor.")


def _padded(cells: Sequence[object], width: int) -> list[object]:
    return [*cells[:width], *[None] * (width - len(cells))]


def _width(cells: Sequence[object]) -> int:
    """Count the cells up to the last that holds something."""
    return max((at for at, cell in enumerate(cells, start=1) if cell is not None and str(cell).strip()), default=0)
