"""Excel files (XLSX): the first sheet is read, after a look at what the archive would unpack to."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO

import openpyxl
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from knowledge.formats import tables
from knowledge.formats.rows import BrokenFile, Problem, Row
from storage.models.knowledge import EntryContent

_LARGEST_CONTENT = 200_000_000
"""Bytes of all members unpacked; ten thousand entries take about 20 million."""
_LARGEST_RATIO = 200
_RATIO_FROM = 10_000_000
_MOST_MEMBERS = 1_000
_MOST_ROWS = 100_000
_MOST_COLUMNS = 100
_LONGEST_CELL = 32_767
"""Characters, set by Excel; openpyxl would cut the rest off without a word."""

# Excel writes odd characters as _x000D_ and a text that looks like that as _x005F_x000D_, see ECMA-376 22.4.2.4.
# openpyxl leaves both as they are in inline strings.
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x005F_(?=x[0-9A-Fa-f]{4}_)|(_x000D_\n?)")


def read(data: bytes) -> Iterator[Row | Problem]:
    """Yield the rows of the first sheet, formulas by their last result.

    Raises BrokenFile for an archive that is none, that is suspiciously large or that openpyxl cannot read.
    """
    _check_archive(data)
    yield from tables.rows(_records(data))


def write(entries: Iterable[tuple[str, EntryContent]], file: IO[bytes]) -> None:
    """Write entries into one sheet in which every cell is text and nothing is a formula."""
    rows = [tables.cells(identifier, content, _LONGEST_CELL) for identifier, content in entries]
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Wissen")
    sheet.freeze_panes = "A2"
    for column, width in zip("ABCDEFGHIJKL", (24, 48, 80, 40, 24, 20, 12, 12, 12, 14, 40, 60), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.append([_text_cell(sheet, label, bold=True) for label in tables.HEADER])
    for row in rows:
        sheet.append([_text_cell(sheet, _LOOKS_ESCAPED.sub("_x005F_", text)) for text in row])
    workbook.save(file)


def _text_cell(sheet: WriteOnlyWorksheet, text: str, bold: bool = False) -> Cell:
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    # Excel keeps what stands in a text cell, even if somebody edits it: "=1+1" stays, and so does "007".
    cell.number_format = "@"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _check_archive(data: bytes) -> None:
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _broken("Die Datei ist beschädigt oder keine Excel-Datei (XLSX).") from error
    # zipfile never unpacks more than a member says, so what members say can be trusted.
    if sum(member.file_size for member in members) > _LARGEST_CONTENT or len(members) > _MOST_MEMBERS:
        raise _broken("Die Datei wäre ausgepackt verdächtig groß und wird deshalb nicht geöffnet.")
    if any(_is_bomb(member) for member in members):
        raise _broken("Die Datei ist verdächtig stark komprimiert und wird deshalb nicht geöffnet.")


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > _RATIO_FROM and member.file_size > _LARGEST_RATIO * member.compress_size


def _records(data: bytes) -> Iterator[tables.Record]:
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        # Limits are given here, since a sheet may claim any size: openpyxl believes it and fills gaps with empty cells.
        sheet = workbook.worksheets[0].iter_rows(max_row=_MOST_ROWS + 1, max_col=_MOST_COLUMNS, values_only=True)
        for number, cells in enumerate(sheet, start=1):
            if number > _MOST_ROWS:
                raise _broken(f"Das Blatt hat mehr als {_MOST_ROWS} Zeilen.")
            yield number, [_decoded(cell) for cell in cells]
    except BrokenFile:
        raise
    except Exception as error:  # openpyxl lets through whatever a wrong file causes: KeyError, ParseError, zlib.error
        raise _broken("Die Excel-Datei ist beschädigt und lässt sich nicht lesen.") from error


def _decoded(cell: object) -> object:
    return _ESCAPED.sub(lambda found: "\n" if found[1] else "_", cell) if isinstance(cell, str) else cell


def _broken(reason: str) -> BrokenFile:
    return BrokenFile([Problem(None, reason)])
