"""Markdown, one heading an entry: key lines below it, then the answer.

If there is any `##` heading, each is an entry and `#` headings are chapters, else each `#` heading is an entry.
Directly below may stand a bullet list of key lines (`- Stichworte: E-Akte, enaio`), ended by a blank line; what follows
up to the next `#` or `##` heading is the answer as it stands. Deeper headings and fenced code belong to the answer, but
`### Abweichend: FB Soziales` begins the answer of a department that does it differently.

The grammar goes by lines, not by a parser of all of Markdown, so that writing can be undone exactly:

- a line of an answer that would be an entry's heading gets a backslash, and so does a fence that is never closed,
- a line break inside a question or a key line becomes `&#10;`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from knowledge.formats.fields import LABELS, field_named, tidy, with_variants, without_variants, written
from knowledge.formats.rows import Problem, Row, decoded
from storage.models.knowledge import EntryContent, State

_HEADING = re.compile(r"(#{1,2})(?:[ \t]+(.*))?")
_FENCE = re.compile(r" {0,3}(?:(`{3,})[^`]*|(~{3,}).*)")
_KEY_LINE = re.compile(r"[-*+][ \t]+([^:]+):(.*)")
_NEEDS_BACKSLASH = re.compile(r"\\*#{1,2}(?:[ \t]|$)|\\+ {0,3}(?:```|~~~)")
_LINE_BREAK = re.compile(r"&((?:amp;)*)#10;")

_NOT_A_KEY = "Diese Angabe ist nicht bekannt; falls hier die Antwort beginnt, fehlt davor eine Leerzeile."
_KEYS = ("tags", "owner", "checked_on", "valid_until", "visibility", "state", "sources", "phrasings")


def read(data: bytes) -> Iterator[Row | Problem]:
    """Yield a row for each entry, numbered by the line of its heading; raises BrokenFile for a wrong encoding."""
    lines = tidy(decoded(data, "bitte als UTF-8 speichern")).split("\n")
    fenced: set[int] = set()
    for first, last in _fences(lines):
        if last is None:
            yield Problem(first + 1, "Der Codeblock, der hier beginnt, wird nirgends beendet.")
            return
        fenced.update(range(first, last + 1))
    yield from _entries(lines, fenced)


def write(entries: Iterable[tuple[str, EntryContent]], file: IO[bytes]) -> None:
    """Write a `##` heading an entry, without the fields that are empty and without the state of approved entries."""
    for identifier, content in entries:
        parts = [f"## {_one_line(content.question)}".rstrip(), "\n".join(_key_lines(identifier, content))]
        if text := with_variants(content.answer, content.variants):
            parts.append("\n".join(_escaped(text.split("\n"))))
        file.write("".join(f"{part}\n\n" for part in parts).encode())


def _entries(lines: Sequence[str], fenced: set[int]) -> Iterator[Row | Problem]:
    free = (at for at in range(len(lines)) if at not in fenced)
    headings = [(at, found) for at in free if (found := _HEADING.fullmatch(lines[at]))]
    if not headings and any(line.strip() for line in lines):
        yield Problem(None, "Die Datei hat keine Überschrift, jeder Eintrag braucht eine, die mit „## “ beginnt.")
    entry_mark = max((found[1] for _, found in headings), default="")
    ends = [*(at for at, _ in headings[1:]), len(lines)]
    for (at, found), end in zip(headings, ends, strict=False):
        if found[1] == entry_mark:
            yield from _entry(found[2] or "", at, end, lines, fenced)


def _entry(question: str, at: int, end: int, lines: Sequence[str], fenced: set[int]) -> Iterator[Row | Problem]:
    start = next((row for row in range(at + 1, end) if lines[row].strip()), end)
    stop = start
    values: dict[str, object] = {}
    if start < end and _key(lines[start]):
        stop = next((row for row in range(start, end) if not lines[row].strip()), end)
        values, problems = _keys(lines[start:stop], start + 1)
        yield from problems
    text = (lines[row] if row in fenced else _unescaped(lines[row]) for row in range(stop, end))
    answer, variants = without_variants("\n".join(text))
    given = {"variants": variants} if variants else {}
    yield Row(at + 1, values | given | {"question": _many_lines(question), "answer": answer})


def _keys(lines: Sequence[str], first: int) -> tuple[dict[str, object], list[Problem]]:
    """Return the values of a block of key lines and what is wrong with it; `first` is the number of its first line."""
    values: dict[str, object] = {}
    problems = []
    for number, line in enumerate(lines, start=first):
        key = _key(line)
        if key is None:
            problems.append(Problem(number, _NOT_A_KEY))
        elif key in values:
            problems.append(Problem(number, f"Die Angabe „{LABELS[key]}“ steht schon darüber."))
        else:
            values[key] = _many_lines(line.partition(":")[2].strip())
    return values, problems


def _key(line: str) -> str | None:
    """Return the field a key line gives, None if the line is none."""
    found = _KEY_LINE.fullmatch(line)
    field = field_named(found[1]) if found else None
    return None if field in ("question", "answer") else field


def _key_lines(identifier: str, content: EntryContent) -> Iterator[str]:
    yield f"- {LABELS['id']}: {_one_line(identifier)}"
    for field in _KEYS:
        text = written(field, getattr(content, field))
        if text and not (field == "state" and content.state == State.APPROVED):
            yield f"- {LABELS[field]}: {_one_line(text)}"


def _fences(lines: Sequence[str]) -> Iterator[tuple[int, int | None]]:
    """Yield the first and last line of each fenced block; without a last line, what follows is read as unfenced."""
    at = 0
    while at < len(lines):
        if found := _FENCE.fullmatch(lines[at]):
            last = _fence_end(lines, at, found[1] or found[2])
            yield at, last
            at = at if last is None else last
        at += 1


def _fence_end(lines: Sequence[str], first: int, mark: str) -> int | None:
    closing = re.compile(rf" {{0,3}}{mark}{mark[0]}*[ \t]*")
    return next((at for at in range(first + 1, len(lines)) if closing.fullmatch(lines[at])), None)


def _escaped(lines: Sequence[str]) -> Iterator[str]:
    fences = list(_fences(lines))
    unclosed = {first for first, last in fences if last is None}
    fenced = {at for first, last in fences if last is not None for at in range(first, last + 1)}
    for at, line in enumerate(lines):
        is_heading = at not in fenced and _NEEDS_BACKSLASH.match(line)
        yield f"\\{line}" if is_heading or at in unclosed else line


def _unescaped(line: str) -> str:
    return line[1:] if line.startswith("\\") and _NEEDS_BACKSLASH.match(line) else line


def _one_line(text: str) -> str:
    return _LINE_BREAK.sub(r"&amp;\1#10;", text).replace("\n", "&#10;")


def _many_lines(text: str) -> str:
    return _LINE_BREAK.sub(lambda found: f"&{found[1][4:]}#10;" if found[1] else "\n", text)
