"""Questions on their way to a human, in the database."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.mailbox import OutboxMessage
from storage.models.people import PortraitWording
from storage.models.questions import OpenQuestion
from storage.models.routing import Refusal, Routing, RoutingMessage, RoutingPlace, RoutingState, Side

FREE = (RoutingState.SOUGHT, RoutingState.RETURNED)
"""What somebody may take up."""
LIVE = (*FREE, RoutingState.TAKEN, RoutingState.ANSWERED)
"""What is not closed yet."""


class RoutingRepository:
    """Rows of questions on their way, of the threads that they are spoken about in, and of our messages there."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # questions

    async def open(self, routing: Routing) -> int:
        """Send a question on its way; gives its number."""
        self._session.add(routing)
        await self._session.flush()
        assert routing.id is not None
        return routing.id

    async def get(self, number: int) -> Routing | None:
        """A question by its number."""
        return await self._session.get(Routing, number, populate_existing=True)

    async def hold(self, number: int) -> Routing | None:
        """A question that nobody else changes until the end of this transaction."""
        return await self._session.get(Routing, number, populate_existing=True, with_for_update=True)

    async def live(self) -> Sequence[Routing]:
        """All that is not closed, oldest first."""
        statement = select(Routing).where(col(Routing.state).in_(LIVE)).order_by(col(Routing.id))
        return (await self._session.scalars(statement)).all()

    async def of_asker(self, platform: str, person: str, conversation_id: str | None = None) -> Sequence[Routing]:
        """What somebody asked with their name, or in this direct chat without it, newest first."""
        theirs = (col(Routing.asker_platform) == platform) & (col(Routing.asker_person) == person)
        statement = select(Routing).where(theirs)
        if conversation_id is not None:
            here = select(col(RoutingPlace.routing_id)).where(
                col(RoutingPlace.side) == Side.ASKER,
                col(RoutingPlace.platform) == platform,
                col(RoutingPlace.conversation_id) == conversation_id,
                col(RoutingPlace.is_direct).is_(True),
            )
            statement = select(Routing).where(or_(theirs, col(Routing.id).in_(here)))
        return (await self._session.scalars(statement.order_by(col(Routing.id).desc()))).all()

    async def of_taker(self, platform: str, person: str) -> Sequence[Routing]:
        """What somebody has taken up, oldest first."""
        statement = select(Routing).where(col(Routing.taker_platform) == platform, col(Routing.taker_person) == person)
        return (await self._session.scalars(statement.order_by(col(Routing.id)))).all()

    async def asked_of(self, platform: str, person: str) -> Sequence[int]:
        """The numbers of what is not closed and was shown to this person alone, ascending."""
        statement = (
            select(col(Routing.id))
            .join(RoutingPlace, col(RoutingPlace.routing_id) == col(Routing.id))
            .where(
                col(Routing.state).in_(LIVE),
                col(RoutingPlace.side) == Side.SUPPORTERS,
                col(RoutingPlace.platform) == platform,
                col(RoutingPlace.person) == person,
            )
        )
        found = await self._session.scalars(statement.distinct().order_by(col(Routing.id)))
        return [number for number in found if number is not None]

    async def asked_in(self, answer_keys: Collection[str]) -> Sequence[Routing]:
        """The questions that these messages of a person made us send on their way."""
        statement = select(Routing).where(col(Routing.answer_key).in_(answer_keys))
        return (await self._session.scalars(statement)).all()

    async def is_live(self, number: int) -> bool:
        """Whether a question is not closed yet."""
        routing = await self.get(number)
        return routing is not None and routing.state in LIVE

    async def take(self, number: int, platform: str, person: str, name: str) -> bool:
        """Have somebody take a question up; false when it is not free (any more). Of two at once, one wins."""
        statement = update(Routing).where(col(Routing.id) == number, col(Routing.state).in_(FREE))
        result = await self._session.execute(
            statement.values(
                state=RoutingState.TAKEN, taker_platform=platform, taker_person=person, taker_name=name
            ).execution_options(synchronize_session=False)
        )
        return int(getattr(result, "rowcount", 0)) == 1

    async def due(self, today: date) -> Sequence[Routing]:
        """What is live and waited for longer than until today; nobody else changes it until the transaction ends."""
        statement = select(Routing).where(col(Routing.state).in_(LIVE), col(Routing.due_on) < today)
        statement = statement.order_by(col(Routing.id)).with_for_update().execution_options(populate_existing=True)
        return (await self._session.scalars(statement)).all()

    async def drop(self, number: int) -> None:
        """Delete a question with all that hangs on it."""
        for table in (RoutingMessage, RoutingPlace, Refusal):
            await self._session.execute(delete(table).where(col(table.routing_id) == number))
        await self._session.execute(delete(Routing).where(col(Routing.id) == number))

    # places and messages

    async def add_place(self, place: RoutingPlace) -> int:
        """Have a question be spoken about at a place; gives the place's id."""
        self._session.add(place)
        await self._session.flush()
        assert place.id is not None
        return place.id

    async def places(self, number: int, side: Side | None = None) -> Sequence[RoutingPlace]:
        """Where a question is spoken about, in the order in which that began."""
        statement = select(RoutingPlace).where(col(RoutingPlace.routing_id) == number)
        if side is not None:
            statement = statement.where(col(RoutingPlace.side) == side)
        return (await self._session.scalars(statement.order_by(col(RoutingPlace.id)))).all()

    async def place(self, place_id: int) -> RoutingPlace | None:
        """A place by its id."""
        return await self._session.get(RoutingPlace, place_id)

    async def note(self, message: RoutingMessage) -> None:
        """Note that a message of ours belongs to a question."""
        self._session.add(message)
        await self._session.flush()

    async def copies(self, source: str) -> Sequence[RoutingMessage]:
        """The messages of ours that pass on a person's message, by its answer key."""
        statement = select(RoutingMessage).where(col(RoutingMessage.source) == source)
        return (await self._session.scalars(statement)).all()

    async def drop_copies(self, keys: Collection[str]) -> None:
        """Forget messages of ours that were taken away."""
        await self._session.execute(delete(RoutingMessage).where(col(RoutingMessage.key).in_(keys)))

    async def messages(self, number: int) -> Sequence[RoutingMessage]:
        """All messages of ours that belong to a question."""
        statement = select(RoutingMessage).where(col(RoutingMessage.routing_id) == number)
        return (await self._session.scalars(statement)).all()

    async def with_key(self, key: str) -> RoutingMessage | None:
        """What a message of ours belongs to."""
        return await self._session.get(RoutingMessage, key)

    async def place_at(self, platform: str, conversation_id: str, roots: Collection[str]) -> RoutingPlace | None:
        """The place that a message belongs to which is said in one of these threads, or replies to one of these.

        That is the thread below somebody's question, or what replies to or stands below a message of ours.
        """
        of_asker = select(RoutingPlace).where(
            col(RoutingPlace.platform) == platform,
            col(RoutingPlace.conversation_id) == conversation_id,
            or_(col(RoutingPlace.thread).in_(roots), col(RoutingPlace.root).in_(roots)),
        )
        found = (await self._session.scalars(of_asker.order_by(col(RoutingPlace.id).desc()))).first()
        if found is not None:
            return found
        below_ours = (
            select(RoutingPlace)
            .join(RoutingMessage, col(RoutingMessage.place_id) == col(RoutingPlace.id))
            .join(OutboxMessage, col(OutboxMessage.key) == col(RoutingMessage.key))
            .where(
                col(RoutingPlace.platform) == platform,
                col(RoutingPlace.conversation_id) == conversation_id,
                col(OutboxMessage.platform) == platform,
                col(OutboxMessage.message_id).in_(roots),
            )
        )
        return (await self._session.scalars(below_ours.order_by(col(RoutingPlace.id).desc()))).first()

    async def move(self, platform: str, old: str, new: str) -> None:
        """Have what is spoken about in a conversation be spoken about in another one that replaces it."""
        statement = update(RoutingPlace).where(
            col(RoutingPlace.platform) == platform, col(RoutingPlace.conversation_id) == old
        )
        await self._session.execute(statement.values(conversation_id=new))

    async def unlearn(self, text: str) -> None:
        """Have nobody be found by the words of a question that was taken back."""
        await self._session.execute(delete(PortraitWording).where(col(PortraitWording.text) == text))

    # who will not be asked again

    async def refuse(self, number: int, platform: str, person: str) -> None:
        """Ask somebody about a question no more."""
        await self._session.merge(Refusal(routing_id=number, platform=platform, person=person))
        await self._session.flush()

    async def refusals(self, number: int) -> Sequence[tuple[str, str]]:
        """Platform and id of those who will not be asked about a question again."""
        statement = select(col(Refusal.platform), col(Refusal.person)).where(col(Refusal.routing_id) == number)
        return [(row[0], row[1]) for row in await self._session.execute(statement)]

    # keeping little

    async def forget(self, today: date, asked_before: date | None = None) -> None:
        """Delete what was closed long enough ago, and with `asked_before` what was asked, or seen by all, before."""
        of_these = col(Routing.delete_on) <= today
        if asked_before is not None:
            old = select(col(OpenQuestion.id)).where(col(OpenQuestion.asked_on) < asked_before)
            of_these = or_(of_these, col(Routing.question_id).in_(old), col(Routing.escalated_on) < asked_before)
        gone = select(col(Routing.id)).where(of_these)
        for number in (await self._session.scalars(gone)).all():
            if number is not None:
                await self.drop(number)
