"""Who is who and where: roles, what a conversation may see, its form of address, and the house's time."""

from collections.abc import Callable, Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.language import Say, sentences
from bot.messages import Conversation, Incoming
from bot.roles import Role
from bot.settings import CommunitySettings
from storage.models.knowledge import Visibility

FOR_ALL = frozenset({Visibility.ORGANIZATION, Visibility.FEDERATION, Visibility.PUBLIC})
FOR_SUPPORTERS = FOR_ALL | {Visibility.COMMUNITY}


class Community:
    """The supporters of one organization as the settings describe them; whoever is not named is a staff member.

    `names` gives all ids that a conversation ever had: rooms are replaced by others, the settings may name the first.
    """

    def __init__(
        self,
        settings: CommunitySettings,
        now: Callable[[], datetime],
        names: Callable[[Conversation], Collection[str]] = lambda conversation: {conversation.id},
    ) -> None:
        self._settings = settings
        self._now = now
        self._names = names
        self._zone = ZoneInfo(settings.time_zone)

    def role(self, user_id: str) -> Role:
        """What somebody may do."""
        if user_id in self._settings.coordinators:
            return Role.COORDINATOR
        if user_id in self._settings.curators:
            return Role.CURATOR
        return Role.SUPPORTER if user_id in self._settings.supporters else Role.STAFF_MEMBER

    def sees(self, message: Incoming) -> frozenset[Visibility]:
        """Circles whose entries may be shown: everybody in the conversation will read the answer."""
        if message.conversation.is_direct:
            return FOR_SUPPORTERS if self.role(message.sender.id) >= Role.SUPPORTER else FOR_ALL
        return FOR_SUPPORTERS if self.is_named(message.conversation) else FOR_ALL

    def is_confidential(self, conversation: Conversation) -> bool:
        """Whether nothing that is said there may be kept."""
        return not self._settings.confidential_rooms.isdisjoint(self._names(conversation))

    def is_named(self, conversation: Conversation) -> bool:
        """Whether the settings name this room as one of the community's own."""
        return not (self._settings.rooms | {self._settings.curators_room}).isdisjoint(self._names(conversation))

    @property
    def curators_room(self) -> str | None:
        """Where curators decide together, as the settings name it."""
        return self._settings.curators_room

    @property
    def curators(self) -> frozenset[str]:
        """Who may curate, by user id."""
        return self._settings.curators | self._settings.coordinators

    def say(self, message: Incoming) -> Say:
        """How sentences are said in this conversation."""
        return sentences(self._settings.address_direct) if message.conversation.is_direct else self.say_to_many

    @property
    def say_to_many(self) -> Say:
        """How sentences are said where several people read them."""
        return sentences(self._settings.address_group)

    def local_time(self) -> datetime:
        """The present moment in the house's time zone."""
        return self._now().astimezone(self._zone)
