"""Knowledge entries into files that `knowledge.importing` reads again, entry for entry equal."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from knowledge.formats import delimited, json_lines, markdown, workbook
from knowledge.formats.fields import printable
from knowledge.formats.rows import NotExportable, Writer
from storage.models.knowledge import EntryContent

__all__ = ["NotExportable", "replacing", "write"]

_WRITERS: Mapping[str, Writer] = {
    ".csv": delimited.write,
    ".xlsx": workbook.write,
    ".jsonl": json_lines.write,
    ".md": markdown.write,
}


def write(entries: Iterable[tuple[str, EntryContent]], path: Path) -> None:
    """Write ids and contents as CSV, XLSX, JSON Lines or Markdown, the suffix of `path` decides.

    A file that was there is replaced in one step at the end, or stays if anything fails. Raises NotExportable for an
    unknown suffix and for a text too long for a cell, OSError if the disk does not play along.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        known = ", ".join(_WRITERS)
        raise NotExportable(f"Dateien mit der Endung „{path.suffix}“ werden nicht geschrieben, nur {known}.")
    with replacing(path) as file:
        writer(((identifier, printable(content)) for identifier, content in entries), file)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to that takes the place of `path` in one step at the end, or vanishes if anything fails."""
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
