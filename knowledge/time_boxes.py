"""Time boxes: until when people have time for something, and what is said of it, each once. Pure.

All ends lie on a full minute, so that what is said and what clocks show is the same.
"""

from datetime import datetime, timedelta
from enum import Enum

MORE = timedelta(minutes=5)
"""So much time is given when more is wanted."""
HINT = timedelta(minutes=2)
"""So long before the end it is announced."""
SHORTEST_WITH_HINT = 5
"""Minutes: what is shorter ends unannounced, as its hint would come right after its begin."""
HALF_A_MINUTE = timedelta(seconds=30)


class Sign(Enum):
    """What is said of a time box: that two minutes are left, or one, or that it is over."""

    TWO_MINUTES = 2
    ONE_MINUTE = 1
    OVER = 0


def ends_at(now: datetime, span: timedelta) -> datetime:
    """When a time box of that length ends that begins now."""
    return _full_minute(now + span)


def longer(until: datetime, now: datetime) -> datetime:
    """When a time box ends that gets more time: from now on, if it was over."""
    return _full_minute(max(until, now) + MORE)


def rest(until: datetime, paused_at: datetime) -> timedelta:
    """What is left of a time box while its clock stands still."""
    return max(timedelta(), until - paused_at)


def sign(until: datetime, now: datetime, minutes: int) -> Sign | None:
    """What is to be said now of a time box of so many minutes; a bot that comes late says what is true now."""
    left = until - now
    if left <= timedelta():
        return Sign.OVER
    if left > HINT + HALF_A_MINUTE or minutes < SHORTEST_WITH_HINT:
        return None
    return Sign.TWO_MINUTES if left > HINT - HALF_A_MINUTE else Sign.ONE_MINUTE


def step(sign: Sign, box: object, until: datetime) -> str:
    """The name under which it is noted that this was said of a `box`: its end anew after it got more time."""
    return f"over {box} {until:%H:%M}" if sign is Sign.OVER else f"nearly over {box}"


def _full_minute(moment: datetime) -> datetime:
    return (moment + HALF_A_MINUTE).replace(second=0, microsecond=0)
