"""Knows where to write first: to the curators in their room, to supporters in their direct chats."""

from collections.abc import Sequence

from bot.community import Community
from bot.mailbox import Mailbox
from bot.messages import Conversation, Incoming
from bot.roles import Role
from storage.database import Database, UnitOfWork


class Directory:
    """Remembers the direct chats of supporters and the rooms of the settings once somebody wrote there."""

    def __init__(self, community: Community, mailbox: Mailbox) -> None:
        self._community = community
        self._mailbox = mailbox

    async def note(self, database: Database, message: Incoming) -> None:
        """Remember the conversation of a message, if it is one that we may write to first; else forget it.

        A direct chat that others have entered since, or whose person left the supporters, is none any more.
        """
        place = message.conversation
        person = message.sender.id if place.is_direct else None
        is_ours = self._community.role(person) >= Role.SUPPORTER if person else self._community.is_named(place)
        async with database.reading() as uow:
            known = await uow.addresses.known(place.platform, place.id)
        if (known is not None) == is_ours and (known is None or known.person == person):
            return
        async with database.unit_of_work() as uow:
            if is_ours:
                await uow.addresses.know(place.platform, place.id, person)
            else:
                await uow.addresses.unknow(place.platform, place.id)
            await uow.commit()

    async def curators(self, uow: UnitOfWork) -> Sequence[Conversation]:
        """Where curators decide: in their room, else in the direct chats of those who wrote to us; maybe nowhere."""
        room = self._community.curators_room
        if room is None:
            known = await uow.addresses.direct_chats(self._community.curators)
            return [self._mailbox.newest(Conversation(platform, place, True)) for platform, place in known]
        known = await uow.addresses.rooms(room) or [(platform, room) for platform in self._mailbox.only_platform]
        return [self._mailbox.newest(Conversation(platform, place)) for platform, place in known]
