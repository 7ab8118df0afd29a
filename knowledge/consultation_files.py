"""Reads formats of peer consultation from files, those of a house, too, and says what is wrong with one."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from knowledge.consultation_formats import Format, Phase
from knowledge.text import normalise


class FormatError(ValueError):
    """Formats that cannot be used: a German sentence for each fault, a line each, with file and field."""


@cache
def built_in() -> Mapping[str, Format]:
    """The formats that every house has, by id."""
    with as_file(files("knowledge").joinpath("consultation")) as folder:
        return MappingProxyType(_read_folder(folder))


def load(folder: Path | None = None) -> Mapping[str, Format]:
    """The built-in formats and those of a folder of the house, by id; one of the house replaces a built-in one.

    Raises `FormatError`.
    """
    if folder is None:
        return built_in()
    formats = {**built_in(), **_read_folder(folder)}
    titles: dict[str, str] = {}
    for name, plan in formats.items():
        if (other := titles.setdefault(normalise(plan.title), name)) != name:
            raise FormatError(f"Modell {name}: heißt „{plan.title}“ wie das Modell {other}. Eines braucht einen Namen.")
    return MappingProxyType(formats)


def _read_folder(folder: Path) -> dict[str, Format]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".toml")
    except OSError as error:
        reason = f"lässt sich nicht lesen ({type(error).__name__}). Gebraucht wird ein Ordner, den der Bot lesen darf."
        raise FormatError(f"{folder} {reason}") from None
    if not paths:
        raise FormatError(f"In {folder} liegt keine Datei mit der Endung .toml.")
    formats: dict[str, Format] = {}
    problems: list[str] = []
    for path in paths:
        try:
            plan = _read(path)
        except FormatError as error:
            problems.append(str(error))
            continue
        if plan.id in formats:
            problems.append(f"{path.name}: Es gibt zwei Dateien für das Modell {plan.id}. Eine löschen.")
        formats[plan.id] = plan
    if problems:
        raise FormatError("\n".join(problems))
    return formats


def _read(path: Path) -> Format:
    """The format in a file; raises `FormatError`."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
        if "id" in table:
            raise FormatError(f"{path.name}: Die Zeile mit id löschen. Die Kennung ist der Dateiname.")
        return Format.model_validate({"id": path.stem.lower(), **table})
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"{path.name}: Das ist kein gültiges TOML, {_place(error)}.") from None
    except UnicodeDecodeError:
        raise FormatError(f"{path.name}: Die Datei ist nicht in UTF-8 gespeichert.") from None
    except OSError as error:
        raise FormatError(f"{path.name}: Die Datei lässt sich nicht lesen ({type(error).__name__}).") from None
    except ValidationError as error:
        raise FormatError("\n".join(f"{path.name}: {line}" for line in _explain(error, table))) from None


# what is wrong


def _place(error: tomllib.TOMLDecodeError) -> str:
    found = re.search(r"at line (\d+), column (\d+)", str(error))
    return f"Zeile {found[1]}, Spalte {found[2]}" if found else "am Ende der Datei"


def _explain(error: ValidationError, table: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a file and how to mend it, a sentence each."""
    for problem in error.errors():
        where, reason = _where(problem["loc"], table), _reason(problem)
        yield f"{where} {reason}." if where else f"Das Modell {reason}."


def _where(place: Sequence[int | str], table: Mapping[str, Any]) -> str:
    match place:
        case ("phases", int(number), *field):
            given = table["phases"][number]
            name = given.get("id") if isinstance(given, dict) else None
            return f"Phase {number + 1}" + (f" („{name}“)" if name else "") + "".join(f", {part}" for part in field[:1])
        case (field, *_):
            return str(field)
    return ""


def _reason(problem: Any) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    match kind:
        case "missing":
            return "fehlt"
        case "extra_forbidden":
            return "gibt es nicht" + _suggest(str(problem["loc"][-1]))
        case "value_error":
            return str(context["error"])
        case "enum":
            expected = context["expected"].replace("'", "").replace(" or ", " und ")
            return f"ist „{problem['input']}“. Möglich sind {expected}"
        case "greater_than_equal":
            return f"ist {problem['input']}. Gebraucht wird mindestens {context['ge']}"
        case "less_than_equal":
            return f"ist {problem['input']}. Möglich sind höchstens {context['le']}"
        case "string_too_long":
            return f"ist zu lang. Möglich sind {context['max_length']} Zeichen"
        case "too_long":
            return f"nennt zu viele. Möglich sind {context['max_length']}"
    return _EXPECTED.get(kind, "passt nicht")


_EXPECTED = {
    "int_type": "ist keine ganze Zahl",
    "bool_type": "ist weder true noch false",
    "string_type": "ist kein Text in Anführungszeichen",
    "string_too_short": "ist leer",
    "tuple_type": "ist keine Liste in eckigen Klammern",
    "model_type": "ist keine Tabelle. Gebraucht wird [[phases]]",
}


def _suggest(name: str) -> str:
    near = difflib.get_close_matches(name, [*Phase.model_fields, *Format.model_fields], n=1)
    return f". Gemeint ist vielleicht {near[0]}" if near else ". Schreibweise prüfen oder die Zeile löschen"
