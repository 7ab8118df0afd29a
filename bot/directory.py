"""Knows who is who on all platforms, and where to write first: in known rooms, and in supporters' direct chats."""

from collections.abc import Collection, Sequence

from bot.community import Community
from bot.mailbox import Mailbox
from bot.messages import Conversation, Incoming
from bot.roles import Role, role_of_word
from storage.database import Database, UnitOfWork
from storage.models.rooms import Audience


async def role_of(community: Community, uow: UnitOfWork, platform: str, person: str) -> Role:
    """What somebody may do: the most that the settings or the coordinators let any of their accounts."""
    found = await uow.people.find(platform, person)
    accounts = await uow.people.accounts(found.id or 0) if found else ()
    roles = [community.role(user_id) for user_id in {person, *(account.person for account in accounts)}]
    return max(*roles, role_of_word(found.role if found else None))


class Directory:
    """Remembers the direct chats of supporters and the rooms of the settings once somebody wrote there."""

    def __init__(self, community: Community, mailbox: Mailbox) -> None:
        self._community = community
        self._mailbox = mailbox

    async def role(self, uow: UnitOfWork, platform: str, person: str) -> Role:
        """What somebody may do; see `role_of`."""
        return await role_of(self._community, uow, platform, person)

    async def note(self, database: Database, message: Incoming, role: Role) -> None:
        """Remember the conversation of a message, if it is one that we may write to first; else forget it.

        A direct chat that others have entered since, or whose person left the supporters, is none any more.
        """
        place = message.conversation
        person = message.sender.id if place.is_direct else None
        is_ours = role >= Role.SUPPORTER if person else self._community.is_ours(place)
        async with database.reading() as uow:
            known = await uow.addresses.known(place.platform, place.id)
            is_named = person is None or await uow.people.find(place.platform, person) is not None
        is_noted = known is not None and known.person == person and is_named
        if is_noted if is_ours else known is None:
            return
        async with database.unit_of_work() as uow:
            if is_ours:
                await uow.addresses.know(place.platform, place.id, person)
                if person is not None:  # the list of supporters shows them by name
                    await uow.people.know(place.platform, person, message.sender.name)
            else:
                await uow.addresses.unknow(place.platform, place.id)
            await uow.commit()

    async def curators(self, uow: UnitOfWork) -> Sequence[Conversation]:
        """Where curators decide: in their room, else in the direct chats of those who wrote to us; maybe nowhere."""
        room = self._community.curators_room
        places = await self._rooms(uow, room) if room is not None else []
        heard = [place for place in places if self._community.is_ours(place) and not self._community.is_off(place)]
        is_not_known_yet = room is not None and not places
        return heard if heard or is_not_known_yet else await self._chats(uow, Role.CURATOR)

    async def coordinators(self, uow: UnitOfWork) -> Sequence[Conversation]:
        """The direct chats of the coordinators who wrote to us; maybe none."""
        return await self._chats(uow, Role.COORDINATOR)

    async def rooms(self, uow: UnitOfWork) -> Sequence[Conversation]:
        """The rooms of the supporters, as far as we know how to reach them, each once; none that is confidential."""
        named = [place for room in sorted(self._community.rooms) for place in await self._rooms(uow, room)]
        set_up = await uow.rooms.of_audience(Audience.SUPPORTERS)
        others = [self._mailbox.newest(Conversation(platform, place)) for platform, place in set_up]
        return [one for one in dict.fromkeys([*named, *others]) if self._may_be_told(one)]

    def _may_be_told(self, room: Conversation) -> bool:
        """Whether what supporters are asked may be said there: only they read it, and it may be kept."""
        community = self._community
        return community.is_ours(room) and not community.is_confidential(room) and not community.is_off(room)

    async def _rooms(self, uow: UnitOfWork, room: str) -> Sequence[Conversation]:
        known = await uow.addresses.rooms(room) or [(platform, room) for platform in self._mailbox.only_platform]
        return [self._mailbox.newest(Conversation(platform, place)) for platform, place in known]

    async def _chats(self, uow: UnitOfWork, least: Role) -> Sequence[Conversation]:
        """One direct chat of each person with at least this role who wrote to us."""
        words = [role.word for role in Role if role >= least]
        granted = await uow.people.accounts_with_roles(words)
        named = await uow.addresses.direct_chats(self._community.with_role(least))
        found: dict[object, Conversation] = {}
        for platform, place, person in [*named, *await self._known(uow, granted)]:
            somebody = await uow.people.find(platform, person)
            whose = somebody.id if somebody else (platform, person)
            found.setdefault(whose, self._mailbox.newest(Conversation(platform, place, True)))
        return list(found.values())

    async def _known(self, uow: UnitOfWork, accounts: Collection[tuple[str, str]]) -> list[tuple[str, str, str]]:
        chats = [(platform, await uow.addresses.direct_chat(platform, person), person) for platform, person in accounts]
        return [(platform, chat, person) for platform, chat, person in chats if chat is not None]
