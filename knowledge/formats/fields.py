"""How files spell the fields of an entry: names, dates, lists and the words for fixed values."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache, partial

from storage.models.knowledge import EntryContent, State, Visibility

Value = str | list[str] | dict[str, str] | date | None

LABELS: Mapping[str, str] = {
    "id": "id",
    "question": "Frage",
    "answer": "Antwort",
    "phrasings": "Auch gefragt als",
    "tags": "Stichworte",
    "owner": "Verantwortlich",
    "state": "Status",
    "checked_on": "Geprüft am",
    "valid_until": "Gültig bis",
    "visibility": "Sichtbar",
    "sources": "Quelle",
    "variants": "Abweichungen",
}
"""Every field with its German name, in the order of columns."""

LONGEST = {"id": 200, "question": 2_000, "answer": 20_000}
"""Characters a field may have; an answer of a department may be as long as any."""
LONGEST_DEPARTMENT = 100
"""Characters the name of a department may have."""

FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters, halves of surrogate pairs and what XML cannot hold."""


def _folded(name: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", name).casefold()))


_OTHER_NAMES = {
    "id": ("Nummer", "Kennung"),
    "phrasings": ("Formulierungen",),
    "tags": ("Schlagworte",),
    "sources": ("Quellen",),
    "variants": ("Abweichung", "abweichend"),
}
_FIELDS = {
    _folded(name): field for field, label in LABELS.items() for name in (field, label, *_OTHER_NAMES.get(field, ()))
}
_STATES: Mapping[StrEnum, tuple[str, ...]] = {
    State.DRAFT: ("Entwurf",),
    State.IN_REVIEW: ("in Prüfung",),
    State.APPROVED: ("freigegeben",),
    State.RETIRED: ("zurückgezogen",),
}
_VISIBILITIES: Mapping[StrEnum, tuple[str, ...]] = {
    Visibility.COMMUNITY: ("Lots:innen", "Community"),
    Visibility.ORGANIZATION: ("alle Beschäftigten", "Haus"),
    Visibility.FEDERATION: ("Verbund",),
    Visibility.PUBLIC: ("öffentlich",),
}
# Excel shows these where a formula went wrong, and saves them as if they were text.
_EXCEL_ERROR = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|WERT!|REF!|BEZUG!|NAME\?|NUM!|ZAHL!|N/A|NV|SPILL!|ÜBERLAUF!)")
_GERMAN_DATE = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# What a department does differently stands below its own heading; the same line in an answer gets a backslash.
_VARIANT = re.compile(r"### Abweichend:(.*)")
_LIKE_VARIANT = re.compile(r"\\*### Abweichend:.*")
_LEADING_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")


@lru_cache
def field_named(name: str) -> str | None:
    """Return the field a column or key stands for, or None; case, spaces and signs do not matter."""
    return _FIELDS.get(_folded(name))


def parse(field: str, raw: object) -> Value:
    """Return `raw`, as a file gives it, as the value of `field`.

    Raises ValueError with the German predicate of a sentence whose subject is the field.
    """
    return _PARSERS[field](raw)


def written(field: str, value: Value) -> str:
    """Return the text from which `parse` makes `value` again."""
    match value:
        case None:
            return ""
        case list():
            separators = _SEPARATORS[field]
            return f"{separators[0]} ".join(_doubled(item, separators) for item in value)
        case date():
            return value.isoformat()
        case dict():
            return "\n\n".join(f"### Abweichend: {name}\n\n{_escaped(answer)}" for name, answer in value.items())
    return str(value)


def with_variants(answer: str, variants: Mapping[str, str]) -> str:
    """Return one text of an answer and those of departments, which `without_variants` takes apart again."""
    return "\n\n".join(text for text in (_escaped(answer), written("variants", dict(variants))) if text)


def without_variants(text: str) -> tuple[str, str]:
    """Return the answer at the beginning of a text, and what follows it: the answers of departments."""
    lines = text.split("\n")
    end = next((at for at, line in enumerate(lines) if _VARIANT.fullmatch(line)), len(lines))
    return _unescaped("\n".join(lines[:end])), "\n".join(lines[end:])


def _escaped(answer: str) -> str:
    return "\n".join(f"\\{line}" if _LIKE_VARIANT.fullmatch(line) else line for line in answer.split("\n"))


def _unescaped(answer: str) -> str:
    lines = answer.split("\n")
    return "\n".join(line[1:] if line[:1] == "\\" and _LIKE_VARIANT.fullmatch(line) else line for line in lines)


def tidy(text: str) -> str:
    r"""Return `text` with \n as its only line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def printable(content: EntryContent) -> EntryContent:
    """Return `content` without the characters that no file may bring in again, so that every export can be imported."""
    texts = {field: _printable(getattr(content, field)) for field in EntryContent.model_fields}
    return content.model_copy(update=texts)


def _printable(value: Value) -> Value:
    match value:
        case list():
            return [_without_controls(item) for item in value]
        case dict():
            return {_name(_without_controls(name)): _without_controls(answer) for name, answer in value.items()}
        case State() | Visibility():
            return value
        case str():
            return _without_controls(value)
    return value


def _without_controls(text: str) -> str:
    # Word writes a soft line break as a vertical tab.
    return FORBIDDEN.sub("", tidy(text).replace("\v", "\n").replace("\f", "\n"))


def _text(raw: object) -> str:
    text = tidy(_spelled_out(raw))
    if found := FORBIDDEN.search(text):
        raise ValueError(f"enthält ein unzulässiges Steuerzeichen (U+{ord(found[0]):04X})")
    if _EXCEL_ERROR.fullmatch(text):
        raise ValueError(f"enthält statt eines Textes den Excel-Fehler {text}")
    return text


def _spelled_out(raw: object) -> str:
    match raw:
        case str():
            return raw
        case None:
            return ""
        case float() if raw.is_integer():
            return str(int(raw))
        case datetime() if raw.time() == datetime.min.time():
            return raw.date().isoformat()
        case list() | dict() | bool():
            raise ValueError("muss ein Text sein")
    return str(raw)


def _line(raw: object) -> str:
    return _text(raw).strip()


def _answer(raw: object) -> str:
    # Spaces before the first line stay: four of them make a code block in Markdown.
    return _LEADING_BLANK_LINES.sub("", _text(raw)).rstrip()


def _line_or_none(raw: object) -> str | None:
    return _line(raw) or None


def _date(raw: object) -> date | None:
    if isinstance(raw, datetime):
        return raw.date()
    text = _line(raw)
    try:
        if german := _GERMAN_DATE.fullmatch(text):
            return date(int(german[3]), int(german[2]), int(german[1]))
        if _ISO_DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # 31.2.2026 looks like a date, too
    if text:
        raise ValueError(f"ist kein Datum: „{text[:40]}“ (erwartet wird 2026-09-03 oder 3.9.2026)")
    return None


def _word(raw: object, words: Mapping[str, StrEnum]) -> StrEnum | None:
    text = _line(raw)
    if text and _folded(text) not in words:
        possible = ", ".join(dict.fromkeys(words.values()))
        raise ValueError(f"kennt den Wert „{text[:40]}“ nicht (möglich sind {possible})")
    return words[_folded(text)] if text else None


def _words(spellings: Mapping[StrEnum, tuple[str, ...]]) -> dict[str, StrEnum]:
    return {_folded(word): value for value, others in spellings.items() for word in (value, *others)}


def _items(raw: object, separators: str) -> list[str]:
    items = [_line(item) for item in raw] if isinstance(raw, list) else _split(_text(raw), separators)
    return [item for item in items if item]


def _doubled(item: str, separators: str) -> str:
    """Write separators inside an item twice: unlike a backslash, that leaves paths like \\\\server\\share alone."""
    return re.sub(f"([{separators}])", r"\1\1", item)


def _split(text: str, separators: str) -> list[str]:
    items = [""]
    for separator, again, plain in re.findall(f"([{separators}])(\\1)?|([^{separators}]+)", text):
        if separator and not again:
            items.append("")
        else:
            items[-1] += separator or plain
    return [item.strip() for item in items]


def _variants(raw: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for heading, text in raw.items() if isinstance(raw, dict) else _blocks(_text(raw)):
        name, answer = _name(_text(heading)), _answer(text)
        if name in found:
            raise ValueError(f"nennt „{name[:40]}“ mehrfach")
        if objection := _objection(name, answer):
            raise ValueError(objection)
        found[name] = answer
    return found


def _objection(name: str, answer: str) -> str | None:
    """Say what is wrong with the answer of a department."""
    if not name:
        return "braucht zu jeder Antwort den Namen des Fachbereichs"
    if len(name) > LONGEST_DEPARTMENT:
        return f"hat einen Namen mit {len(name)} Zeichen, erlaubt sind {LONGEST_DEPARTMENT}"
    if not answer:
        return f"hat für „{name}“ keine Antwort"
    if len(answer) > LONGEST["answer"]:
        return f"hat für „{name}“ {len(answer)} Zeichen, erlaubt sind {LONGEST['answer']}"
    return None


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and answers in a text like the one that `written` makes."""
    before, rest = without_variants(text)
    if before.strip():
        raise ValueError("muss mit einer Zeile wie „### Abweichend: FB Soziales“ beginnen")
    while rest:
        heading, _, rest = rest.partition("\n")
        answer, rest = without_variants(rest)
        yield heading.removeprefix("### Abweichend:"), answer


def _name(text: str) -> str:
    return " ".join(text.split())


_SEPARATORS = {"phrasings": ";", "tags": ",;", "sources": ";"}
_PARSERS: Mapping[str, Callable[[object], Value]] = {
    "id": _text,
    "question": _line,
    "answer": _answer,
    "owner": _line_or_none,
    "state": partial(_word, words=_words(_STATES)),
    "checked_on": _date,
    "valid_until": _date,
    "visibility": partial(_word, words=_words(_VISIBILITIES)),
    "variants": _variants,
    **{field: partial(_items, separators=separators) for field, separators in _SEPARATORS.items()},
}
