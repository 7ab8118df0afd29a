"""Limits how many messages of one person are answered in a minute. Only in memory: nothing of it is kept or logged."""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from bot.messages import Incoming, Kind
from bot.recent import Recent

MINUTE = timedelta(minutes=1)


class Flow(Enum):
    """What becomes of a message: it is answered, it is too much and its sender is told, or it is dropped."""

    CALM = auto()
    TOO_MUCH = auto()
    PAUSE = auto()


@dataclass(slots=True)
class _Minute:
    """When somebody wrote last, oldest first, until when they get no answer, and whether they know."""

    moments: deque[datetime] = field(default_factory=deque)
    pause_until: datetime | None = None
    is_told: bool = False


class Floods:
    """Knows who writes more than `most` messages in a minute; with 0, nobody does."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._minutes: Recent[_Minute] = Recent()

    def judge(self, message: Incoming, now: datetime) -> Flow:
        """What becomes of the next message of somebody; call it once for each.

        It counts by when it was sent: who is heard late, after the bot was away, has written no flood. A deletion is
        always done.
        """
        if self._most == 0 or message.kind is Kind.DELETION:
            return Flow.CALM
        person = f"{message.conversation.platform}\n{message.sender.id}"
        minute = self._minutes[person] = self._minutes.get(person) or _Minute()
        if self._is_calm(minute, min(message.sent_at, now).astimezone(UTC)):
            return Flow.CALM
        is_spoken_to_us = message.is_addressed and message.kind is not Kind.REACTION
        if minute.is_told or not is_spoken_to_us:
            return Flow.PAUSE
        minute.is_told = True
        return Flow.TOO_MUCH

    def _is_calm(self, minute: _Minute, moment: datetime) -> bool:
        if minute.pause_until is not None and minute.pause_until - MINUTE <= moment < minute.pause_until:
            return False
        while minute.moments and minute.moments[0] <= moment - MINUTE:
            minute.moments.popleft()
        if len(minute.moments) < self._most:
            minute.moments.append(moment)
            return True
        minute.moments.clear()
        minute.pause_until, minute.is_told = moment + MINUTE, False
        return False
