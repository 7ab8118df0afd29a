"""Rooms that were set up in chat, in the database."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.rooms import Audience, Room


class RoomRepository:
    """What coordinators set for rooms.

    `changed` is what this transaction made of which rooms, by platform and id; None where nothing is set any more. Who
    has rooms in memory takes it over after the commit.
    """

    def __init__(self, session: AsyncSession) -> None:
        self.changed: dict[tuple[str, str], Room | None] = {}
        self._session = session

    async def find(self, platform: str, conversation_id: str) -> Room | None:
        """What was set for a room, if anything was."""
        return await self._session.get(Room, (platform, conversation_id))

    async def all(self) -> Sequence[Room]:
        """Everything that was set."""
        return (await self._session.execute(select(Room))).scalars().all()

    async def keep(self, room: Room) -> None:
        """Keep what was set, in the place of what was before."""
        self.changed[room.platform, room.conversation_id] = await self._session.merge(room)
        await self._session.flush()

    async def drop(self, platform: str, conversation_id: str) -> None:
        """Have the settings of the house hold again."""
        of_it = (col(Room.platform) == platform) & (col(Room.conversation_id) == conversation_id)
        await self._session.execute(delete(Room).where(of_it))
        self.changed[platform, conversation_id] = None

    async def move(self, platform: str, old: str, new: str) -> None:
        """Have what was set for a room hold for the one that takes its place; what was set there already stays."""
        if await self.find(platform, new) is None:
            of_it = (col(Room.platform) == platform) & (col(Room.conversation_id) == old)
            await self._session.execute(update(Room).where(of_it).values(conversation_id=new))
        else:
            await self.drop(platform, old)

    async def of_audience(self, audience: Audience) -> Sequence[tuple[str, str]]:
        """Platform and id of the rooms in which such people read along."""
        statement = select(col(Room.platform), col(Room.conversation_id)).where(col(Room.audience) == audience)
        return [(row[0], row[1]) for row in await self._session.execute(statement)]
