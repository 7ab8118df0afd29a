"""The one source of the present moment; the demo and tests move it."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time in UTC, plus an offset that only the demo and tests change."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC) + self._ahead

    def move(self, by: timedelta) -> None:
        """Go on by some time."""
        self._ahead += by
