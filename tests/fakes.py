"""Stand-ins that exist only to force faults; everything else in the tests is real."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.messages import Conversation, Incoming, Kind, Outgoing, Sender
from bot.platforms import Intake

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ROOM = Conversation("stand-in", "room", is_direct=True)
ANNA = Sender("anna", "Anna")


def said(event_id: str, text: str, conversation: Conversation = ROOM, **changes: object) -> Incoming:
    """A message as a platform hands it over."""
    return Incoming(event_id, conversation, ANNA, text, NOW, **changes)  # type: ignore[arg-type]


def edited(event_id: str, text: str, of: str) -> Incoming:
    return said(event_id, text, kind=Kind.EDIT, refers_to=of)


class StandIn:
    """A platform that fails as it is told to: `faults` are raised by the next calls of `send`, one each."""

    name = "stand-in"
    has_buttons = False
    takes_files = True
    is_connected = True

    def __init__(self, faults: Sequence[Exception] = ()) -> None:
        self.faults = list(faults)
        self.sent: list[Outgoing] = []

    async def run(self, intake: Intake) -> None:
        await intake.resume(self.name)
        await asyncio.Event().wait()

    async def send(self, outgoing: Outgoing) -> str:
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append(outgoing)
        return f"m{len(self.sent)}"

    @property
    def texts(self) -> list[str]:
        return [outgoing.text for outgoing in self.sent]
