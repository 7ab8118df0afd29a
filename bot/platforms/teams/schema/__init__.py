"""What Teams demands of an app package: Microsoft's schemas, and rules that stand in its pages only.

README.md beside this file says where the schemas are from. The other rules are among the "Inner error codes" of
"Publish teamsApp", a page of Microsoft Graph: what an upload is refused for.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files as resources
from typing import Any

from jsonschema import Draft4Validator, Draft7Validator
from jsonschema.validators import extend
from referencing import Registry

from bot.platforms.teams.icons import color_faults, outline_faults

VERSION = "1.19"
MANIFEST = "manifest.json"

_MANIFEST = "MicrosoftTeams.schema.json"
_TRANSLATION = "MicrosoftTeams.Localization.schema.json"

# Microsoft names draft 4 and uses `const` all the same, which came later: without this, any version would pass.
_Validator = extend(Draft4Validator, {"const": Draft7Validator.VALIDATORS["const"]})  # type: ignore[no-untyped-call]


def faults(files: Mapping[str, bytes]) -> list[str]:
    """What Teams would have against the files of a package, with the name of the file; reasons are partly English."""
    manifest = json.loads(files[MANIFEST])
    if found := list(_against(_MANIFEST, manifest)):
        return [f"{MANIFEST}: {fault}" for fault in found]
    found = [f"{MANIFEST}: {fault}" for fault in _unwritten_faults(manifest)]
    for name, check in _checks(manifest):
        found += [f"{name}: {fault}" for fault in check(files[name])] if name in files else [f"{name}: fehlt"]
    return found


def leaves(part: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Every value that holds no others, with its place as translations name it: `bots[0].commandLists[0]` and so on."""
    match part:
        case dict():
            for name, value in part.items():
                yield from leaves(value, f"{place}.{name}" if place else name)
        case list():
            for number, value in enumerate(part):
                yield from leaves(value, f"{place}[{number}]")
        case _:
            yield place, part


def _checks(manifest: Mapping[str, Any]) -> Iterator[tuple[str, Callable[[bytes], Iterable[str]]]]:
    icons = manifest["icons"]
    yield icons["color"], color_faults
    yield icons["outline"], outline_faults
    for language in manifest.get("localizationInfo", {}).get("additionalLanguages", ()):
        yield language["file"], lambda translation: _translation_faults(manifest, json.loads(translation))


def _against(name: str, document: object) -> Iterator[str]:
    # A registry of our own: the one that jsonschema would take by itself may fetch what a schema refers to.
    validator = _Validator(_read(name), registry=Registry())
    for error in sorted(validator.iter_errors(document), key=lambda error: error.json_path):
        yield f"{error.json_path.removeprefix('$.')}: {error.message}"


@cache
def _read(name: str) -> dict[str, Any]:
    return dict(json.loads((resources(__package__) / name).read_text(encoding="utf-8-sig")))


def _unwritten_faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[1-9]\d*\.\d+\.\d+", manifest["version"]):
        yield f"version: {manifest['version']} ist keine Nummer wie 1.0.0"
    for name, link in manifest["developer"].items():
        if name.endswith("Url") and not link.startswith("https://"):
            yield f"developer.{name}: {link} beginnt nicht mit https://"
    yield from _repeated(manifest)


def _repeated(manifest: Mapping[str, Any]) -> Iterator[str]:
    for extension in manifest.get("composeExtensions", ()):
        yield from _twice(command["id"] for command in extension["commands"])
        for command in extension["commands"]:
            yield from _twice(parameter["name"] for parameter in command.get("parameters", ()))
    for bot in manifest.get("bots", ()):
        for listed in bot.get("commandLists", ()):
            yield from _twice(command["title"] for command in listed["commands"])


def _twice(names: Iterable[str]) -> Iterator[str]:
    return (f"{name} gibt es mehrmals" for name, count in Counter(names).items() if count > 1)


def _translation_faults(manifest: Mapping[str, Any], translation: Mapping[str, Any]) -> Iterator[str]:
    yield from _against(_TRANSLATION, translation)
    texts = {place for place, text in leaves(manifest) if isinstance(text, str) and _is_translatable(place)}
    yield from (f"{place}: fehlt" for place in sorted(texts - translation.keys()))
    yield from (f"{place}: gibt es im Manifest nicht" for place in sorted(translation.keys() - texts - {"$schema"}))


def _is_translatable(place: str) -> bool:
    schema = _read(_TRANSLATION)
    return place in schema["properties"] or any(re.search(known, place) for known in schema["patternProperties"])
