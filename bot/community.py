"""Who is who and where: roles, what a conversation may see, what else holds in it, and the house's time."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.commands import looks_like_question
from bot.language import AddressForm, Say, sentences
from bot.messages import Conversation, Incoming
from bot.quiet import Quiet, ends
from bot.roles import Role
from bot.settings import CommunitySettings
from bot.turn import Rules
from storage.database import Database, UnitOfWork
from storage.models.knowledge import Visibility
from storage.models.rooms import AnswerMode, Audience, Room

FOR_ALL = frozenset({Visibility.ORGANIZATION, Visibility.FEDERATION, Visibility.PUBLIC})
FOR_SUPPORTERS = FOR_ALL | {Visibility.COMMUNITY}


class Community:
    """The supporters of one organization as the settings describe them; whoever is not named is a staff member.

    `names` gives all ids that a conversation ever had: rooms are replaced by others, the settings may name the first.
    What was set for rooms in chat is here in memory, as the database has it.
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
        self._rooms: dict[tuple[str, str], Room] = {}

    async def recall(self, database: Database) -> None:
        """Learn what was set for rooms; call it before anything is answered."""
        async with database.reading() as uow:
            rooms = await uow.rooms.all()
        self.learn({(room.platform, room.conversation_id): room for room in rooms})

    def learn(self, changed: Mapping[tuple[str, str], Room | None]) -> None:
        """Take over what was set for rooms, by platform and id; call it after the commit, in its order."""
        for (platform, place), room in changed.items():
            for name in self._names(Conversation(platform, place)):
                self._rooms.pop((platform, name), None)
            if room is not None:
                self._rooms[platform, place] = room

    def rules(self, place: Conversation) -> Rules:
        """What holds in a conversation."""
        room = self._room(place)
        settings = self._settings
        form = settings.address_direct if place.is_direct else settings.address_group
        is_confidential = self.is_confidential(place)
        return Rules(
            purpose=room.purpose if room else "",
            audience=self._audience(place, room),
            address_form=AddressForm(room.address_form) if room and room.address_form else form,
            answer_mode=AnswerMode.MENTIONS if room is None or place.is_direct else _mode(room, is_confidential),
            quiet=settings.quiet if room is None or room.quiet_from is None else _quiet(room),
            is_confidential=is_confidential,
        )

    def _room(self, place: Conversation) -> Room | None:
        ids = (place.id, *self._names(place))  # its own first: what was set there already stays
        return next((self._rooms[place.platform, name] for name in ids if (place.platform, name) in self._rooms), None)

    def _audience(self, place: Conversation, room: Room | None) -> Audience:
        if room is None or room.audience is None or self.is_confidential(place):
            return Audience.SUPPORTERS if self._is_named(place) else Audience.STAFF
        return Audience(room.audience)

    def role(self, user_id: str) -> Role:
        """What the settings let somebody do."""
        if user_id in self._settings.administrators:
            return Role.ADMINISTRATOR
        if user_id in self._settings.coordinators:
            return Role.COORDINATOR
        if user_id in self._settings.curators:
            return Role.CURATOR
        return Role.SUPPORTER if user_id in self._settings.supporters else Role.STAFF_MEMBER

    def sees(self, message: Incoming, role: Role) -> frozenset[Visibility]:
        """Circles whose entries may be shown: everybody in the conversation will read the answer.

        `role` is the sender's.
        """
        if message.conversation.is_direct:
            return FOR_SUPPORTERS if role >= Role.SUPPORTER else FOR_ALL
        return FOR_SUPPORTERS if self.is_ours(message.conversation) else FOR_ALL

    def is_confidential(self, conversation: Conversation) -> bool:
        """Whether nothing that is said there may be kept."""
        is_named = not self._settings.confidential_rooms.isdisjoint(self._names(conversation))
        return is_named or self.hears_all(conversation)

    def is_ours(self, conversation: Conversation) -> bool:
        """Whether only supporters read along in this room, as the settings or the coordinators say."""
        return not conversation.is_direct and self.rules(conversation).audience == Audience.SUPPORTERS

    def is_off(self, conversation: Conversation) -> bool:
        """Whether the bot is turned off in this room."""
        return self.rules(conversation).answer_mode == AnswerMode.OFF

    def overhears(self, conversation: Conversation, text: str) -> bool:
        """Whether a text that speaks to nobody is a question which the bot may answer in this room."""
        return looks_like_question(text) and self.rules(conversation).answer_mode == AnswerMode.QUESTIONS

    def hears_all(self, conversation: Conversation) -> bool:
        """Whether the bot hears all that is said there: people consult each other, and it leads through that."""
        room = self._room(conversation)
        return room is not None and room.answer_mode == AnswerMode.CONSULTATION

    def quiet_until(self, conversation: Conversation) -> datetime | None:
        """When the bot may say there again what nobody asked for; None while it may."""
        return ends(self.local_time(), self.rules(conversation).quiet)

    async def held_until(self, uow: UnitOfWork, conversation: Conversation) -> datetime | None:
        """Until when something new waits there; None where it need not, as people talk and the bot leads them."""
        until = self.quiet_until(conversation)
        return None if until is None or await _is_led(uow, conversation) else until

    @property
    def messages_per_minute(self) -> int:
        """How many messages of one person are answered; 0 for all."""
        return self._settings.messages_per_minute

    def _is_named(self, conversation: Conversation) -> bool:
        return not (self._settings.rooms | {self._settings.curators_room}).isdisjoint(self._names(conversation))

    @property
    def curators_room(self) -> str | None:
        """Where curators decide together, as the settings name it."""
        return self._settings.curators_room

    @property
    def rooms(self) -> frozenset[str]:
        """The rooms of the supporters, as the settings name them."""
        return self._settings.rooms

    def with_role(self, least: Role) -> frozenset[str]:
        """Whom the settings give this role or a higher one, by user id."""
        settings = self._settings
        named = settings.supporters | settings.curators | settings.coordinators | settings.administrators
        return frozenset(user_id for user_id in named if self.role(user_id) >= least)

    def say(self, message: Incoming) -> Say:
        """How sentences are said in the conversation of a message."""
        return self.say_to(message.conversation)

    def say_to(self, place: Conversation) -> Say:
        """How sentences are said in a conversation."""
        return sentences(self.rules(place).address_form)

    @property
    def say_to_many(self) -> Say:
        """How sentences are said where several people read them."""
        return sentences(self._settings.address_group)

    def local_time(self) -> datetime:
        """The present moment in the house's time zone."""
        return self._now().astimezone(self._zone)


async def _is_led(uow: UnitOfWork, place: Conversation) -> bool:
    """Whether a meeting is led there, or a group consults there that the bot leads."""
    if await uow.jour_fixe.runs_in(place.platform, place.id):
        return True
    return await uow.consultations.place(place.platform, place.id) is not None


def _mode(room: Room, is_confidential: bool) -> AnswerMode:
    mode = AnswerMode(room.answer_mode)
    return AnswerMode.MENTIONS if is_confidential and mode == AnswerMode.QUESTIONS else mode


def _quiet(room: Room) -> Quiet | None:
    begin, end = room.quiet_from, room.quiet_until
    return Quiet(begin, end) if begin is not None and end is not None and begin != end else None
