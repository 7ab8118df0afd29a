"""Answers at once what a platform must know while somebody waits: what still stands, what fits what they type."""

from collections.abc import Sequence

from bot.community import FOR_ALL, Community
from bot.directory import role_of
from bot.messages import Found, Sought
from bot.offers import standing
from bot.router import StandingOffer, Table
from bot.turn import Inquiry, Services
from storage.database import Database
from storage.models.questions import ANYBODY


class FrontDesk:
    """Only reads; every method raises `StoreUnavailable`."""

    def __init__(self, database: Database, community: Community, table: Table, services: Services) -> None:
        self._database = database
        self._community = community
        self._table = table
        self._services = services

    async def standing(self, key: str, person: str) -> StandingOffer | None:
        """The offer of our message with this key, if it waits for this person."""
        async with self._database.reading() as uow:
            offer = await uow.questions.offer_below(key)
        if offer is None or offer.person not in (person, ANYBODY):
            return None
        return standing(offer, self._community.local_time())

    async def is_waiting(self, key: str) -> bool:
        """Whether the offer of our message with this key waits for anybody."""
        async with self._database.reading() as uow:
            return await uow.questions.offer_below(key) is not None

    async def find(self, sought: Sought, text: str) -> Sequence[Found]:
        """What fits a text, of what everybody may see: it may be shown to anybody."""
        async with self._database.reading() as uow:
            inquiry = Inquiry(
                text,
                FOR_ALL,
                self._community.local_time(),
                self._community.say_to_many,
                uow,
                role_of=lambda platform, person: role_of(self._community, uow, platform, person),
            )
            return await self._table.finders[sought](inquiry, self._services)
