"""The seam to chat systems: what every platform can do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.messages import Conversation, Incoming, Outgoing


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event that cannot be read before its key comes; `wire` is what the server sent, still encrypted."""

    event_id: str
    wire: Mapping[str, Any]


class Intake(Protocol):
    """Where a platform puts what it received; the mailbox is one."""

    def overhears(self, conversation: Conversation, text: str) -> bool:
        """Whether a text in a room that speaks to nobody is a question which the bot may answer there.

        Only then may the platform hand it over: `Incoming.is_overheard`.
        """
        ...

    def hears_all(self, conversation: Conversation) -> bool:
        """Whether the bot leads a consultation there.

        Then all that is said is handed over, in threads and without words, too, and who enters and leaves.
        """
        ...

    async def receive(
        self,
        platform: str,
        events: Sequence[Incoming],
        cursor: str | None = None,
        sealed: Sequence[Sealed] = (),
        opened: Collection[str] = (),
    ) -> None:
        """Store events and the platform's place in its stream in one transaction.

        Events already stored are ignored. `sealed` ones are kept until an event with the same id is received, or the
        id is among `opened`: it could be read, and was not for us. Only after the return may the platform acknowledge
        them. Raises when the database cannot take them; then nothing is stored and the platform asks for the same
        events again.
        """
        ...

    async def sealed(self, platform: str) -> Sequence[Sealed]:
        """Give the events that still wait for their keys."""
        ...

    async def post(self, messages: Sequence[Outgoing]) -> None:
        """Send messages that answer nothing; one whose key was posted before is ignored."""
        ...

    async def move(self, platform: str, old: str, new: str) -> None:
        """Have everything that belongs to the conversation with the id `old` belong to `new`, which replaces it.

        In one transaction; doing it again changes nothing. Raises when the database cannot.
        """
        ...

    async def cursor(self, platform: str) -> str | None:
        """Give the last stored place in the platform's stream."""
        ...

    async def resume(self, platform: str, shown: Sequence[tuple[str, str]] = ()) -> None:
        """Say that the platform can send from now on; nothing is given to `send` before.

        `shown` are messages of ours that the platform has seen in its rooms since the stored cursor, as pairs of
        idempotency key and message id: they were accepted before a crash and must not be sent again.
        """
        ...


class Platform(Protocol):
    """A chat system with one account of ours.

    With `has_buttons`, choices are shown as buttons, which have to go once one of them is taken. With `takes_files` it
    delivers messages that are files.
    """

    name: str
    has_buttons: bool
    takes_files: bool

    @property
    def is_connected(self) -> bool:
        """Whether the last contact with the server worked."""
        ...

    async def run(self, intake: Intake) -> None:
        """Receive until cancelled; return only when no more can come."""
        ...

    async def send(self, outgoing: Outgoing) -> str:
        """Deliver a message and give its id on the platform, or carry out an order; raises `DeliveryError`."""
        ...
