"""Quiet hours: when the bot says nothing that nobody asked for, and when it may again. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

_CLOCK = r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:uhr)?"
_HOURS = re.compile(rf"(?:von\s+)?{_CLOCK}\s*(?:-|–|bis)\s*{_CLOCK}[.!]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of each day, by the clock on the wall; they may cross midnight."""

    begin: time
    end: time

    def covers(self, wall: time) -> bool:
        """Whether it is quiet when the clock shows this."""
        if self.begin <= self.end:
            return self.begin <= wall < self.end
        return wall >= self.begin or wall < self.end


def read_quiet(text: str) -> Quiet | None:
    """The hours that somebody wrote, like „20:00-07:00“ or „von 20 bis 7 Uhr“; None when it is nothing of the kind.

    There are none between two equal times.
    """
    found = _HOURS.fullmatch(text.strip())
    if not found:
        return None
    try:
        begin, end = _time(found[1], found[2]), _time(found[3], found[4])
    except ValueError:
        return None
    return Quiet(begin, end) if begin != end else None


def _time(hour: str, minute: str | None) -> time:
    return time(0 if hour == "24" else int(hour), int(minute or 0))


def ends(now: datetime, quiet: Quiet | None) -> datetime | None:
    """When the quiet time ends that `now`, aware and in the house's time zone, lies in; None when it lies in none.

    In the night in which the clock is put forward, an end that does not exist is as much later; in the one in which it
    is put back, the first one that is still to come.
    """
    if quiet is None or not quiet.covers(now.time()):
        return None
    at_most = (
        datetime.combine(now.date() + timedelta(days=days), quiet.end, now.tzinfo).replace(fold=fold).astimezone(UTC)
        for days in (0, 1)
        for fold in (0, 1)
    )
    return next(end for end in at_most if end > now.astimezone(UTC))
