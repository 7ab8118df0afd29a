"""Does at night or each minute what nobody asked for: each errand in a transaction of its own, with what it says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import structlog

from bot.community import Community
from bot.directory import Directory
from bot.mailbox import Mailbox
from bot.messages import Arrange, Conversation, Delete, Outgoing, Unasked
from bot.offers import keep_offer, unasked
from bot.router import Table
from bot.turn import Errand, Night, Services
from storage.database import Database, UnitOfWork
from storage.errors import StoreUnavailable

log = structlog.get_logger(__name__)


class Errands:
    """Runs errands one after the other; one that fails stops no other and is tried again the next time."""

    def __init__(
        self, database: Database, mailbox: Mailbox, community: Community, table: Table, services: Services
    ) -> None:
        self._database = database
        self._mailbox = mailbox
        self._community = community
        self._table = table
        self._services = services
        self._directory = Directory(community, mailbox)

    async def run(self) -> None:
        """Do the errands of the night; raises `StoreUnavailable`."""
        await self._do_all(self._table.errands)

    async def tick(self) -> None:
        """Do the errands of the minute; raises `StoreUnavailable`."""
        await self._do_all(self._table.ticks)

    async def _do_all(self, errands: Sequence[Errand]) -> None:
        for errand in errands:
            try:
                await self._do(errand)
            except StoreUnavailable:
                raise
            except Exception as error:
                log.error("errands.failed", errand=errand.__name__, error=type(error).__name__)

    async def report(self, uow: UnitOfWork, key: str) -> Sequence[Outgoing]:
        """What has to be said since a message of ours could not be delivered; kept in the outbox by the caller."""
        if self._table.report is None:
            return []
        return await self._all_shown(uow, await self._table.report(self._night(uow), self._services, key))

    async def opened(self, uow: UnitOfWork, key: str, room: Conversation) -> Sequence[Outgoing]:
        """What has to be done since a room was opened by an order of ours; kept in the outbox by the caller."""
        if self._table.opened is None:
            return []
        return await self._all_shown(uow, await self._table.opened(self._night(uow), self._services, key, room))

    def learn(self, uow: UnitOfWork) -> None:
        """Have what a transaction set for rooms hold; call it after the commit."""
        self._community.learn(uow.rooms.changed)

    async def _do(self, errand: Errand) -> None:
        async with self._database.unit_of_work() as uow:
            actions = await errand(self._night(uow), self._services)
            said = [(action, await self._shown(uow, action)) for action in actions if self._is_on(action)]
            held = [replace(one, held_until=await self._held_until(uow, action)) for action, one in said]
            ready = await self._mailbox.put(uow, held)
            await uow.commit()
        self.learn(uow)
        self._mailbox.deliver(ready)

    async def _held_until(self, uow: UnitOfWork, action: Unasked) -> datetime | None:
        return None if isinstance(action, Arrange) else await self._community.held_until(uow, action.to)

    def _is_on(self, action: Unasked) -> bool:
        return isinstance(action, Delete | Arrange) or not self._community.is_off(action.to)

    def _night(self, uow: UnitOfWork) -> Night:
        return Night(
            self._community.local_time(),
            self._community.say_to_many,
            uow,
            curators=lambda: self._directory.curators(uow),
            coordinators=lambda: self._directory.coordinators(uow),
            rooms=lambda: self._directory.rooms(uow),
            role_of=lambda platform, person: self._directory.role(uow, platform, person),
            say_to=self._community.say_to,
        )

    async def _all_shown(self, uow: UnitOfWork, actions: Sequence[Unasked]) -> Sequence[Outgoing]:
        return [await self._shown(uow, action) for action in actions if self._is_on(action)]

    async def _shown(self, uow: UnitOfWork, action: Unasked) -> Outgoing:
        message = unasked(action, uuid4().hex)
        await keep_offer(uow, action, message, None, self._mailbox, self._community.local_time())
        return message
