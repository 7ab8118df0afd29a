"""The real `lotsenfunk serve` on a console whose chat outlives it, seen from outside."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from typing_extensions import override

from bot.messages import Sender
from servers.bot import ServeProcess, write_settings
from servers.kept_console import LOOKS_EACH_S, NOW, ORDER, READY, SAID, SHOWN, Lines, kept_main
from servers.preloaded import Preloaded

HEARD_WITHIN_S = 60.0
SETTINGS = """
[web]
port = 0
[community]
messages_per_minute = 0
quiet_hours = ""
supporters = {supporters}
"""


class ConsoleBot(ServeProcess):
    """A bot that people talk to, that is killed and comes back; what it has shown, and what time it is for it."""

    def __init__(self, folder: Path, now: datetime, supporters: Sequence[Sender]) -> None:
        super().__init__(folder)
        nobody = {"homeserver": "http://127.0.0.1", "user_id": "@lotsenfunk:localhost", "password": "x"}
        people = json.dumps([one.id for one in supporters])
        write_settings(folder, nobody, tables=SETTINGS.format(supporters=people))
        self.now = now
        self._kept, self._said = Lines(folder / SHOWN), 0

    @property
    def now(self) -> datetime:
        """What time it is for the bot; whatever is set lasts over a kill."""
        return datetime.fromisoformat((self.folder / NOW).read_text())

    @now.setter
    def now(self, moment: datetime) -> None:
        whole = self.folder / f"{NOW}.new"
        whole.write_text(moment.astimezone(UTC).isoformat())
        whole.replace(self.folder / NOW)

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What it has shown, in order: the `place`, `how` if it is no new message, and the `text`."""
        return [one for one in self._kept.read() if "text" in one]

    @override
    def start(self) -> None:
        """Start, and wait until all is said that became due while it was down."""
        starts = self._kept.read().count(READY)
        with patch("servers.bot.served", lambda *given: Preloaded(kept_main, *given)):
            super().start()
        self._wait(lambda: self._kept.read().count(READY) > starts, "it never came to rest")

    def say(self, person: Sender, room: str | None, text: str) -> int:
        """Have somebody say something, to the bot alone where there is no room; gives the number of the line."""
        return self._write({"id": person.id, "name": person.name, "text": text, **({"room": room} if room else {})})

    def wake(self) -> int:
        """Have it do what it does each minute; gives the number of the line."""
        return self._write({})

    def _write(self, line: Mapping[str, str]) -> int:
        with (self.folder / SAID).open("a", encoding="utf-8") as end:
            end.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._said += 1
        return self._said

    def wait_until_heard(self, number: int) -> None:
        """Wait until it has done all that comes of a line."""
        self._wait(lambda: {"heard": number} in self._kept.read(), f"line {number} was not heard")

    def _wait(self, is_so: Callable[[], bool], missing: str) -> None:
        deadline = time.monotonic() + HEARD_WITHIN_S
        while not is_so():
            assert self.is_running, "it is gone"
            assert time.monotonic() < deadline, missing
            time.sleep(LOOKS_EACH_S)

    def dies_at(self, step: str) -> None:
        """Have it kill itself when it comes to a step the next time."""
        (self.folder / ORDER).write_text(step)
