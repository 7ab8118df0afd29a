"""Pure: power levels for a time in which only some may write, and back to what they were before."""

from collections.abc import Collection, Mapping
from typing import Any

from bot.platforms.wire import Wire, part, text, texts

BEFORE = "de.lotsenfunk.before"
"""Our field in the levels with the levels of before: what the room itself remembers, no crash can lose."""

SPEAKING = 50
"""What is needed to write meanwhile; moderators of a room have it by custom."""

LISTENING = ("m.reaction", "m.room.redaction")
"""What listeners may do on."""

_LIMITED = frozenset({"", *map(str, range(1, 12))})


class EverybodyModeratesError(Exception):
    """In this room everybody has the level of a moderator."""


def creators(created: Wire) -> frozenset[str]:
    """Who has unlimited power, by the room's m.room.create event: nobody before room version 12.

    They must not be given a level.
    """
    content = part(created, "content")
    if text(content, "room_version") in _LIMITED:
        return frozenset()
    return frozenset({text(created, "sender"), *texts(content, "additional_creators")})


def moderated(levels: Wire, speakers: Collection[str], creators: Collection[str] = ()) -> dict[str, Any]:
    """Levels by which only `speakers`, moderators and `creators` may write; all others may react and delete their own.

    Levels that are moderated already are so anew. Raises `EverybodyModeratesError`.
    """
    before = restored(levels)
    usual = _level(before.get("users_default"))
    if usual >= SPEAKING:
        raise EverybodyModeratesError
    users, events = part(before, "users"), part(before, "events")
    raised = {who: SPEAKING for who in speakers if who not in creators and _level(users.get(who), usual) < SPEAKING}
    free = dict.fromkeys(LISTENING, _level(before.get("events_default")))
    return before | {
        "events_default": SPEAKING,
        "users": {**users, **raised},
        "events": free | {kind: level if kind in LISTENING else _speaking(level) for kind, level in events.items()},
        BEFORE: before,
    }


def restored(levels: Wire) -> dict[str, Any]:
    """The levels as they were before they were `moderated`; what others have changed meanwhile stays.

    Only what we have set is put back, and no person's level rises: otherwise a moderator could write levels under our
    key that only an administrator may give, and have us give them.
    """
    now: dict[str, Any] = {name: level for name, level in levels.items() if name != BEFORE}
    if not isinstance(levels.get(BEFORE), Mapping):
        return now
    before = part(levels, BEFORE)
    users = _lowered(part(now, "users"), part(before, "users"))
    events = _lowered(part(now, "events"), part(before, "events"), others_stay=True)
    listening = part(before, "events")
    events = {kind: level for kind, level in events.items() if kind not in LISTENING}
    events |= {kind: listening[kind] for kind in LISTENING if kind in listening}
    now = _put(now, "users", users, before)
    now = _put(now, "events", events, before)
    return _default(now, before)


def _lowered(now: Wire, before: Wire, *, others_stay: bool = False) -> dict[str, object]:
    """Entries that may have been raised by us take their lower earlier level; those without one go."""
    found: dict[str, object] = {}
    for name, level in now.items():
        if level != SPEAKING or (name not in before and others_stay):
            found[name] = level
        elif name in before:
            found[name] = before[name] if _level(before[name]) < SPEAKING else level
    return found


def _put(now: dict[str, Any], name: str, entries: dict[str, object], before: Wire) -> dict[str, Any]:
    rest = {other: level for other, level in now.items() if other != name}
    return rest | {name: entries} if entries or name in before else rest


def _default(now: dict[str, Any], before: Wire) -> dict[str, Any]:
    if now.get("events_default") != SPEAKING:
        return now
    rest = {name: level for name, level in now.items() if name != "events_default"}
    return rest | {"events_default": before["events_default"]} if "events_default" in before else rest


def _speaking(level: object) -> object:
    return level if _level(level) >= SPEAKING else SPEAKING


def _level(level: object, default: int = 0) -> int:
    """A level as a number: rooms before version 10 may write it as text."""
    if isinstance(level, str) and level.strip().removeprefix("-").isdecimal():
        return int(level)
    return level if isinstance(level, int) else default
