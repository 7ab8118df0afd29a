"""The Teams platform: hears what Microsoft posts to us, and says what the mailbox gives it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from aiohttp import web

from bot.addresses import Address, AddressBook
from bot.errors import DeliveryError, UnableError
from bot.front_desk import FrontDesk
from bot.messages import Order, Outgoing, RoomOrder
from bot.platforms import Intake
from bot.platforms.teams.activities import bare, place_of, qualified
from bot.platforms.teams.cards import to_activity
from bot.platforms.teams.connector import Connector, ConnectorError
from bot.platforms.teams.endpoint import ENDPOINT, Endpoint
from bot.platforms.teams.pace import Pace
from bot.settings import TeamsSettings

NAME = "teams"
NOT_INSIDE = "In diesem Chat bin ich nicht."
NO_ROOMS = "Teams lässt keinen Bot einen Chat mit mehreren Personen öffnen."


class TeamsPlatform:
    """Implements `bot.platforms.Platform` for one bot registration.

    `is_worth_reading` tells whether a text in a group that speaks to nobody may be a choice, `is_pointing` whether a
    text is about the message that it replies to, `is_noting` whether it is that in a round that the bot leads.
    """

    name = NAME
    has_buttons = True
    takes_files = False

    def __init__(
        self,
        account: TeamsSettings,
        addresses: AddressBook,
        desk: FrontDesk,
        now: Callable[[], datetime],
        is_worth_reading: Callable[[str], bool],
        is_pointing: Callable[[str], bool] = lambda text: False,
        is_noting: Callable[[str], bool] = lambda text: False,
    ) -> None:
        self._addresses = addresses
        self._connector = Connector(account)
        self._endpoint = Endpoint(
            NAME, account, self._connector, addresses, desk, now, is_worth_reading, is_pointing, is_noting
        )
        self._pace = Pace()

    @property
    def is_connected(self) -> bool:
        """Whether the last message to Microsoft was taken."""
        return self._connector.is_connected

    @property
    def is_listening(self) -> bool:
        """Whether requests are taken."""
        return self._endpoint.intake is not None

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Where Microsoft posts to."""
        return [web.post(ENDPOINT, self._endpoint.answer)]

    async def run(self, intake: Intake) -> None:
        """Listen until cancelled; what is said comes through the routes."""
        # Who writes in this moment is heard: Teams does not say it again. Answers wait until we may send.
        self._endpoint.intake = intake
        try:
            await intake.resume(self.name)
            await asyncio.Event().wait()
        finally:
            self._endpoint.intake = None
            await self._connector.close()

    async def send(self, outgoing: Outgoing) -> str:
        """Send, change or delete a message, and give our id of it.

        Teams knows no idempotency key: a message is said again when nobody can know whether it had arrived. Group chats
        are people's own: they open and close them, and say who is in them.
        """
        if outgoing.room is not None:
            return _arranged(outgoing.conversation.id, outgoing.room)
        address = await self._address(outgoing.conversation.id)
        if address is None:
            raise DeliveryError(NOT_INSIDE, is_final=True)
        wait = self._pace.wait_s(outgoing.conversation.id)
        if wait:
            raise DeliveryError("pace", retry_after=wait)
        with _delivering():
            return await self._hand_over(address, outgoing)

    async def _address(self, place: str) -> Address | None:
        known = await self._addresses.find(self.name, place)
        if known is not None or not _is_channel(place):
            return known
        return await self._addresses.find_channel(self.name, place)

    async def _hand_over(self, address: Address, outgoing: Outgoing) -> str:
        if outgoing.deletes is not None:
            await self._connector.delete(address, place_of(outgoing.deletes), bare(outgoing.deletes))
            return outgoing.deletes
        activity = to_activity(outgoing)
        if outgoing.replaces is not None:
            await self._connector.replace(address, place_of(outgoing.replaces), bare(outgoing.replaces), activity)
            return outgoing.replaces
        place = place_of(outgoing.thread or outgoing.answers or "") or outgoing.conversation.id
        if _is_channel(place):
            return qualified(*await self._connector.open_thread(address, activity))
        return qualified(place, await self._connector.send(address, place, activity))


def _arranged(place: str, room: RoomOrder) -> str:
    if room.order is Order.OPEN:
        raise UnableError(NO_ROOMS)
    return place


def _is_channel(place: str) -> bool:
    """Whether it is a channel itself, and none of its threads."""
    return place.endswith(("@thread.tacv2", "@thread.skype"))


@contextmanager
def _delivering() -> Iterator[None]:
    """Turn what the connector can answer into `DeliveryError`."""
    try:
        yield
    except ConnectorError as error:
        raise DeliveryError(str(error), is_final=error.is_final, retry_after=error.retry_after) from None
