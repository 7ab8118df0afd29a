"""Topics for the next jour fixe in the database."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.jour_fixe import AgendaItem


class JourFixeRepository:
    """The topics that wait for a meeting; never who proposed them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, title: str, today: date) -> AgendaItem:
        """Have a topic wait."""
        item = AgendaItem(title=title, proposed_on=today)
        self._session.add(item)
        await self._session.flush()
        return item

    async def waiting(self) -> Sequence[AgendaItem]:
        """The topics that wait for a meeting, oldest first."""
        return (await self._session.scalars(select(AgendaItem).order_by(col(AgendaItem.id)))).all()

    async def named(self, title: str) -> AgendaItem | None:
        """The topic that waits with this title, whatever its spelling: „E-Akte?“ is „eakte“."""
        sought = _plain(title)
        return next((item for item in await self.waiting() if _plain(item.title) == sought), None)

    async def get(self, number: int) -> AgendaItem | None:
        """The topic with this number, as long as it waits."""
        return await self._session.get(AgendaItem, number)

    async def remove(self, number: int) -> None:
        """Take a topic away; one that is gone is ignored."""
        await self._session.execute(delete(AgendaItem).where(col(AgendaItem.id) == number))


def _plain(title: str) -> str:
    return "".join(filter(str.isalnum, title.casefold()))
