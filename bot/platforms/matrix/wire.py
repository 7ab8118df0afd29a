"""Safe reading of the fields that only Matrix has."""

from datetime import UTC, datetime

from bot.platforms.wire import Wire, text

# Room ids and event ids have at most 255 bytes (Matrix specification, "Common Identifier Format").
LONGEST_ID = 255
_LAST_MOMENT_MS = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)


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
