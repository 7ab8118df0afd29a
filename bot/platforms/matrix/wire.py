"""Safe reading of JSON that strangers wrote: every field may be missing, of another type, or too long."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

Wire: TypeAlias = Mapping[str, object]

# Room ids and event ids have at most 255 bytes (Matrix specification, "Common Identifier Format").
LONGEST_ID = 255
_LAST_MOMENT_MS = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)


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


def texts(wire: Wire, name: str) -> list[str]:
    """The strings of the list called `name`."""
    found = wire.get(name)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def event_id(wire: Wire, name: str = "event_id") -> str | None:
    """The event id called `name`, if it can be one."""
    found = text(wire, name)
    return found if found.startswith("$") and len(found.encode()) <= LONGEST_ID else None


def moment(wire: Wire, name: str) -> datetime | None:
    """The time called `name`, given in milliseconds since 1970."""
    found = wire.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < _LAST_MOMENT_MS:
        return None
    return datetime.fromtimestamp(found / 1000, UTC)
