"""What all formats share on the way in and out: rows, problems with their row, and the two errors."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from typing_extensions import override

from storage.models.knowledge import EntryContent


@dataclass(frozen=True)
class Row:
    """What a file says about one entry: raw values by field, only those the file mentions."""

    number: int
    values: Mapping[str, object]


@dataclass(frozen=True)
class Problem:
    """Why a file cannot be taken; `row` counts from 1 as Excel or a text editor does."""

    row: int | None
    reason: str

    @override
    def __str__(self) -> str:
        return self.reason if self.row is None else f"Zeile {self.row}: {self.reason}"


class BrokenFile(Exception):
    """A file cannot be imported; nothing was changed. `problems` holds all that were found, in the order of rows."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.row or 0)
        super().__init__("\n".join(self.lines()))

    def lines(self, limit: int = 50) -> list[str]:
        """Return one German sentence a problem, at most `limit` of them and how many were left out."""
        return shortened([str(problem) for problem in self.problems], limit)


class NotExportable(Exception):
    """Entries cannot be written in the wanted format; the message is German and says which and why."""


Reader = Callable[[bytes], Iterator[Row | Problem]]
Writer = Callable[[Iterable[tuple[str, EntryContent]], IO[bytes]], None]


def shortened(lines: list[str], limit: int) -> list[str]:
    """Return the first `limit` lines and, if there are more, a line that counts the rest."""
    more = len(lines) - limit
    return [*lines[:limit], f"… und {more} weitere"] if more > 0 else lines


def decoded(data: bytes, advice: str, row_at: Callable[[str], int] = lambda before: before.count("\n") + 1) -> str:
    """Return UTF-8 `data` (a byte order mark is dropped) as text.

    Raises BrokenFile, naming the row by means of `row_at`, which gets the text before the first wrong byte.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = row_at(error.object[: error.start].decode())
        raise BrokenFile([Problem(row, f"Die Datei ist nicht in UTF-8 gespeichert, {advice}.")]) from error
