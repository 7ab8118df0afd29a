"""Pure: which invitations the bot follows. The default is none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.errors import SettingsError
from bot.platforms.wire import Wire, part, text


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody wants the bot in a room."""

    room_id: str
    inviter: str

    @property
    def server(self) -> str:
        """The server of the inviter: all that may be logged of a stranger."""
        return self.inviter.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Welcome:
    """Whose invitations are followed.

    `*:example.org` stands for everybody on a server, `@anna:example.org` for a person, `@lots-*:example.org` for
    names that begin so. The server is compared as a whole, without regard to case; there are no patterns in it.
    """

    patterns: tuple[tuple[str, str], ...]

    def is_for(self, user_id: str) -> bool:
        """Whether this person may invite the bot."""
        name, _, server = user_id.partition(":")
        return any(fnmatchcase(name, pattern) and server.lower() == host for pattern, host in self.patterns)


def welcome(invites_from: Iterable[str]) -> Welcome:
    """Read the setting `invites_from`; raises `SettingsError`."""
    return Welcome(tuple(_pattern(entry) for entry in invites_from))


def _pattern(entry: str) -> tuple[str, str]:
    name, _, host = entry.strip().partition(":")
    if not name.startswith(("*", "@")) or not host or "*" in host:
        raise SettingsError(
            f"Einstellung invites_from: {entry!r} ist weder wie *:example.org noch wie @anna:example.org."
        )
    return name, host.lower()


def read_invitation(room_id: str, state: Sequence[object], user_id: str) -> Invitation | None:
    """Find in the stripped state of a room who invites `user_id`; it holds the inviter's own membership, too."""
    events = [event for event in state if isinstance(event, dict)]
    inviters = [text(event, "sender") for event in events if _invites(event, user_id)]
    if not inviters:
        return None
    return Invitation(room_id, inviters[-1])


def _invites(event: Wire, user_id: str) -> bool:
    is_own = event.get("type") == "m.room.member" and event.get("state_key") == user_id
    return is_own and part(event, "content").get("membership") == "invite"
