"""Does at night what nobody asked for: each errand in a transaction of its own, with what it has to say."""

from collections.abc import Sequence
from uuid import uuid4

import structlog

from bot.community import Community
from bot.directory import Directory
from bot.mailbox import Mailbox
from bot.messages import Outgoing, Send
from bot.offers import pending
from bot.turn import Errand, Night, Services
from storage.database import Database, UnitOfWork
from storage.errors import StoreUnavailable
from storage.models.questions import ANYBODY

log = structlog.get_logger(__name__)


class Errands:
    """Runs errands one after the other; one that fails stops no other and is tried again the next night."""

    def __init__(
        self, database: Database, mailbox: Mailbox, community: Community, errands: Sequence[Errand], services: Services
    ) -> None:
        self._database = database
        self._mailbox = mailbox
        self._community = community
        self._errands = errands
        self._services = services
        self._directory = Directory(community, mailbox)

    async def run(self) -> None:
        """Do all errands; raises `StoreUnavailable`."""
        for errand in self._errands:
            try:
                await self._do(errand)
            except StoreUnavailable:
                raise
            except Exception as error:
                log.error("errands.failed", errand=errand.__name__, error=type(error).__name__)

    async def _do(self, errand: Errand) -> None:
        async with self._database.unit_of_work() as uow:
            community = self._community
            night = Night(
                community.local_time(),
                community.say_to_many,
                uow,
                curators=lambda: self._directory.curators(uow),
                role_of=community.role,
            )
            outgoing = [await self._post(uow, action) for action in await errand(night, self._services)]
            await uow.commit()
        self._mailbox.deliver(outgoing)

    async def _post(self, uow: UnitOfWork, action: Send) -> Outgoing:
        message = Outgoing(uuid4().hex, action.to, action.text, action.offer.choices if action.offer else ())
        if action.offer:
            has_buttons = self._mailbox.has_buttons(action.to.platform)
            now, person = self._community.local_time(), action.person or ANYBODY
            await uow.questions.offer(pending(action.offer, message, person, now, has_buttons=has_buttons))
        await self._mailbox.put(uow, [message])
        return message
