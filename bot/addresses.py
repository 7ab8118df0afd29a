"""The address book: how conversations are reached on platforms that want more than their id."""

from dataclasses import asdict, dataclass, replace

from bot.recent import Recent
from storage.database import Database
from storage.models.addresses import ConversationAddress


@dataclass(frozen=True, slots=True)
class Address:
    """How a conversation is reached; `platform` names our account.

    `service_url` is the server that takes messages for it, `tenant_id` the organization, `bot_id` our name there,
    `team_id` the team whose channel it is. `person` is a person's id and `person_account` the platform's name for
    them, in direct chats only.
    """

    platform: str
    conversation_id: str
    service_url: str
    tenant_id: str
    bot_id: str
    team_id: str | None = None
    person: str | None = None
    person_account: str | None = None


class AddressBook:
    """Keeps addresses in the database; every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: Recent[Address] = Recent()  # spares a transaction for every message that brings nothing new

    async def note(self, address: Address) -> None:
        """Keep an address in the place of an older one of the same conversation."""
        if self._noted.get(_key(address.platform, address.conversation_id)) == address:
            return
        async with self._database.unit_of_work() as uow:
            await uow.addresses.save(ConversationAddress(**asdict(address)))
            await uow.commit()
        self._noted[_key(address.platform, address.conversation_id)] = address

    async def find(self, platform: str, conversation_id: str) -> Address | None:
        """The address of a conversation, if it is known."""
        noted = self._noted.get(_key(platform, conversation_id))
        if noted is not None:
            return noted
        async with self._database.reading() as uow:
            return _address(await uow.addresses.find(platform, conversation_id))

    async def find_channel(self, platform: str, conversation_id: str) -> Address | None:
        """The address of a channel in which nobody wrote yet: like that of any team that we are part of."""
        async with self._database.reading() as uow:
            team = _address(await uow.addresses.find_team(platform))
        return replace(team, conversation_id=conversation_id) if team else None

    async def find_direct(self, platform: str, person: str) -> Address | None:
        """The address of somebody's direct chat, if it is known."""
        async with self._database.reading() as uow:
            return _address(await uow.addresses.find_direct(platform, person))

    async def forget(self, platform: str, conversation_id: str) -> None:
        """Delete the address of a conversation that we are no longer part of; of a team, those of its channels."""
        async with self._database.unit_of_work() as uow:
            await uow.addresses.forget(platform, conversation_id)
            await uow.commit()
        self._noted = Recent()


def _key(platform: str, conversation_id: str) -> str:
    return f"{platform} {conversation_id}"


def _address(row: ConversationAddress | None) -> Address | None:
    return Address(**row.model_dump()) if row else None
