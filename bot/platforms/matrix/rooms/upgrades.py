"""Follows rooms into those that replace them ("upgraded" ones): the bot goes along, and so does what belongs to it."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import structlog

from bot.platforms import Intake
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.rooms.errands import Errands
from bot.platforms.matrix.rooms.members import address, leave
from bot.platforms.matrix.wire import LONGEST_ID
from bot.platforms.wire import Wire, part, text

log = structlog.get_logger(__name__)

WAITED_FOR_S = 86_400.0
"""How long messages to a replaced room wait until the bot is let into the replacement."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A room says that another one replaces it; `server` is that of the person who had it say so."""

    old: str
    new: str
    server: str


def read_upgrade(room_id: str, events: Iterable[Wire]) -> Upgrade | None:
    """Find the last tombstone among the events of a room, oldest first."""
    for event in reversed(list(events)):
        if event.get("type") == "m.room.tombstone" and event.get("state_key") == "":
            return _upgrade(room_id, text(part(event, "content"), "replacement_room"), text(event, "sender"))
    return None


def _upgrade(old: str, new: str, sender: str) -> Upgrade | None:
    # From version 12 on, a room id names no server: only the sender does.
    is_room = new.startswith("!") and len(new.encode()) <= LONGEST_ID and new != old
    return Upgrade(old, new, sender.partition(":")[2]) if is_room else None


@dataclass(frozen=True, slots=True)
class Pending:
    """An upgrade that was not followed to its end yet; `was_inside` the replacement when it was named."""

    upgrade: Upgrade
    noted_at: float
    was_inside: bool


class Upgrades:
    """The upgrades that one account still has to follow.

    They need no memory of their own: as long as the bot is in the old room, the first sync after a start brings the
    tombstone again.
    """

    def __init__(self, name: str, client: Client, errands: Errands) -> None:
        self._name = name
        self._client = client
        self._errands = errands
        self._pending: dict[str, Pending] = {}

    def note(self, joined: Mapping[str, Any]) -> None:
        """Take notice of the tombstones that a sync brought, and try to enter the replacements."""
        for room_id, info in joined.items():
            upgrade = read_upgrade(room_id, (event.source for event in (*info.state, *info.timeline.events)))
            if upgrade is not None:
                self._await(upgrade)

    def _await(self, upgrade: Upgrade) -> None:
        is_inside = upgrade.new in self._client.rooms
        self._pending[upgrade.old] = Pending(upgrade, time.monotonic(), is_inside)
        log.info("matrix.room_upgraded", room_id=upgrade.old, replacement=upgrade.new)
        if not is_inside:
            self._errands.begin("upgrade", upgrade.new, partial(self._enter, upgrade))

    async def _enter(self, upgrade: Upgrade) -> None:
        via = quote(upgrade.server, safe="")
        # `via` was called `server_name` before Matrix 1.12; where neither is known, it is ignored.
        query = f"?via={via}&server_name={via}" if via else ""
        await self._client.call("POST", f"/join/{quote(upgrade.new, safe='')}{query}", {})

    def expects(self, room_id: str) -> bool:
        """Whether a room that the bot is in names this one as its replacement."""
        return any(pending.upgrade.new == room_id for pending in self._pending.values())

    def is_awaited(self, room_id: str) -> bool:
        """Whether the room is replaced, and it is worth waiting until the bot is in the replacement."""
        pending = self._pending.get(room_id)
        return pending is not None and time.monotonic() - pending.noted_at < WAITED_FOR_S

    def forget(self, room_id: str) -> None:
        """Do not follow a room that the bot is not in any more."""
        pending = self._pending.pop(room_id, None)
        if pending is not None:
            self._errands.drop(pending.upgrade.new)

    def settle(self, intake: Intake) -> list[asyncio.Task[None]]:
        """Begin to move into replacements that the bot has entered."""
        ready = [pending for pending in self._pending.values() if pending.upgrade.new in self._client.rooms]
        return [
            self._errands.begin("move", pending.upgrade.old, partial(self._move, pending, intake)) for pending in ready
        ]

    async def _move(self, pending: Pending, intake: Intake) -> None:
        upgrade = pending.upgrade
        if not await self._is_confirmed(upgrade):
            await self._refuse(pending)
            return
        await intake.move(self._name, upgrade.old, upgrade.new)
        log.info("matrix.room_moved", room_id=upgrade.old, replacement=upgrade.new)
        await leave(self._client, upgrade.old)
        self.forget(upgrade.old)

    async def _is_confirmed(self, upgrade: Upgrade) -> bool:
        """Whether the new room, too, says that it replaces the old one: anybody could name any room."""
        created = await self._client.call("GET", f"{address(upgrade.new)}/state/m.room.create")
        return text(part(created, "predecessor"), "room_id") == upgrade.old

    async def _refuse(self, pending: Pending) -> None:
        upgrade = pending.upgrade
        log.warning("matrix.upgrade_refused", room_id=upgrade.old, replacement=upgrade.new)
        if not pending.was_inside:
            await leave(self._client, upgrade.new)
        self.forget(upgrade.old)
