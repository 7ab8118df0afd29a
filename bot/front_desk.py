"""Answers at once what a platform must know while somebody waits: what still stands, what fits what they type."""

from collections.abc import Sequence

from pydantic import TypeAdapter

from bot.community import FOR_ALL, Community
from bot.messages import Choice, Found, Sought, Standing
from bot.router import Table
from bot.turn import Inquiry, Services
from storage.database import Database

CHOICES = TypeAdapter(tuple[Choice, ...])


class FrontDesk:
    """Only reads; every method raises `StoreUnavailable`."""

    def __init__(self, database: Database, community: Community, table: Table, services: Services) -> None:
        self._database = database
        self._community = community
        self._table = table
        self._services = services

    async def standing(self, key: str, person: str) -> Standing | None:
        """The choices below our message with this key, if they wait for this person."""
        async with self._database.reading() as uow:
            offer = await uow.questions.offer_below(key)
        if offer is None or offer.person != person:
            return None
        return Standing(offer.text or "", CHOICES.validate_python(offer.choices))

    async def is_waiting(self, key: str) -> bool:
        """Whether the choices below our message with this key wait for anybody."""
        async with self._database.reading() as uow:
            return await uow.questions.offer_below(key) is not None

    async def find(self, sought: Sought, text: str) -> Sequence[Found]:
        """What fits a text, of what everybody may see: it may be shown to anybody."""
        async with self._database.reading() as uow:
            inquiry = Inquiry(text, FOR_ALL, self._community.local_time(), self._community.say_to_many, uow)
            return await self._table.finders[sought](inquiry, self._services)
