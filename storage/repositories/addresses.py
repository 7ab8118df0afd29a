"""Addresses of conversations in the database."""

from collections.abc import Collection, Sequence

from sqlalchemy import Table, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.addresses import ConversationAddress, KnownConversation

_ADDRESS: Table = ConversationAddress.__table__  # type: ignore[attr-defined]


class AddressRepository:
    """How conversations are reached."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def save(self, address: ConversationAddress) -> None:
        """Keep an address in the place of an older one of the same conversation."""
        is_postgresql = self._session.bind is not None and self._session.bind.dialect.name == "postgresql"
        changing = address.model_dump(exclude={"platform", "conversation_id"})
        insert = (postgresql.insert if is_postgresql else sqlite.insert)(_ADDRESS).values(address.model_dump())
        await self._session.execute(
            insert.on_conflict_do_update(index_elements=["platform", "conversation_id"], set_=changing)
        )

    async def find(self, platform: str, conversation_id: str) -> ConversationAddress | None:
        """The address of a conversation."""
        return await self._session.get(ConversationAddress, (platform, conversation_id))

    async def find_team(self, platform: str) -> ConversationAddress | None:
        """The address of some team, or of a channel in one."""
        statement = select(ConversationAddress).where(
            col(ConversationAddress.platform) == platform, col(ConversationAddress.team_id).is_not(None)
        )
        return (await self._session.scalars(statement.limit(1))).first()

    async def find_direct(self, platform: str, person: str) -> ConversationAddress | None:
        """The address of somebody's direct chat."""
        statement = select(ConversationAddress).where(
            col(ConversationAddress.platform) == platform, col(ConversationAddress.person) == person
        )
        return (await self._session.scalars(statement.limit(1))).first()

    async def forget(self, platform: str, conversation_id: str) -> None:
        """Delete the address of a conversation, or those of a team's channels; we write to it first no more."""
        names = (col(ConversationAddress.conversation_id), col(ConversationAddress.team_id))
        statement = delete(ConversationAddress).where(
            col(ConversationAddress.platform) == platform, or_(*(name == conversation_id for name in names))
        )
        await self._session.execute(statement)
        await self.unknow(platform, conversation_id)

    # whom we may write to first

    async def know(self, platform: str, conversation_id: str, person: str | None = None) -> None:
        """Remember a conversation that we may write to first; `person` is alone with us there."""
        known = KnownConversation(platform=platform, conversation_id=conversation_id, person=person)
        await self._session.merge(known)
        await self._session.flush()

    async def known(self, platform: str, conversation_id: str) -> KnownConversation | None:
        """What is remembered of it, if anything is."""
        return await self._session.get(KnownConversation, (platform, conversation_id))

    async def unknow(self, platform: str, conversation_id: str) -> None:
        """Write to it first no more."""
        of_it = (col(KnownConversation.platform) == platform) & (
            col(KnownConversation.conversation_id) == conversation_id
        )
        await self._session.execute(delete(KnownConversation).where(of_it))

    async def direct_chat(self, platform: str, person: str) -> str | None:
        """The conversation in which somebody wrote to us alone."""
        statement = select(col(KnownConversation.conversation_id)).where(
            col(KnownConversation.platform) == platform, col(KnownConversation.person) == person
        )
        return (await self._session.scalars(statement.limit(1))).first()

    async def direct_chats(self, people: Collection[str]) -> Sequence[tuple[str, str, str]]:
        """Platform, conversation and id of those among these people who wrote to us alone."""
        statement = select(KnownConversation).where(col(KnownConversation.person).in_(people))
        found = await self._session.scalars(statement)
        return [(known.platform, known.conversation_id, known.person or "") for known in found]

    async def rooms(self, conversation_id: str) -> Sequence[tuple[str, str]]:
        """Platform and conversation of a room that somebody wrote in."""
        statement = select(col(KnownConversation.platform), col(KnownConversation.conversation_id)).where(
            col(KnownConversation.conversation_id) == conversation_id, col(KnownConversation.person).is_(None)
        )
        return [(row[0], row[1]) for row in await self._session.execute(statement)]

    async def forget_person(self, platform: str, person: str) -> None:
        """Forget the direct chats with somebody, and how they are reached."""
        for table in (KnownConversation, ConversationAddress):
            await self._session.execute(
                delete(table).where(col(table.platform) == platform, col(table.person) == person)
            )
