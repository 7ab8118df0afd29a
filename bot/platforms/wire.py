"""Safe reading of JSON that strangers wrote: every field may be missing, of another type, or too long."""

from collections.abc import Mapping
from typing import TypeAlias

Wire: TypeAlias = Mapping[str, object]


def part(wire: Wire, *path: str) -> Wire:
    """The object found along `path`; an empty one when there is none."""
    found: object = wire
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def text(wire: Wire, name: str) -> str:
    """The string called `name`, empty when there is none; storable: PostgreSQL takes no NUL and no lone surrogates."""
    found = wire.get(name)
    if not isinstance(found, str):
        return ""
    return found.replace("\0", "").encode("utf-8", "replace").decode()


def parts(wire: Wire, name: str) -> list[Wire]:
    """The objects of the list called `name`."""
    found = wire.get(name)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def texts(wire: Wire, name: str) -> list[str]:
    """The strings of the list called `name`."""
    found = wire.get(name)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []
