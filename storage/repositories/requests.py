"""Support requests in the database."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.requests import (
    Answer,
    Pairing,
    RequestCandidate,
    RequestPost,
    RequestState,
    SupportRequest,
    Worth,
)

SOUGHT = (RequestState.OPEN, RequestState.PROPOSED)
"""For these somebody is still sought."""
CARRIED = (RequestState.TAKEN, RequestState.AGREED)
LIVE = (*SOUGHT, *CARRIED)
"""What is neither done nor withdrawn."""


class RequestRepository:
    """Rows of requests, of those who were asked about them, of tandems, and whether it was worth the time."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # requests

    async def open(self, request: SupportRequest) -> int:
        """Keep a new request; gives its number."""
        self._session.add(request)
        await self._session.flush()
        assert request.id is not None
        return request.id

    async def get(self, number: int) -> SupportRequest | None:
        """A request by its number."""
        return await self._session.get(SupportRequest, number, populate_existing=True)

    async def hold(self, number: int) -> SupportRequest | None:
        """A request that nobody else changes until the end of this transaction."""
        return await self._session.get(SupportRequest, number, populate_existing=True, with_for_update=True)

    async def of_requester(self, platform: str, person: str) -> Sequence[SupportRequest]:
        """What somebody asked for, newest first."""
        theirs = (col(SupportRequest.platform) == platform) & (col(SupportRequest.requester_person) == person)
        statement = select(SupportRequest).where(theirs).order_by(col(SupportRequest.id).desc())
        return (await self._session.scalars(statement)).all()

    async def of_candidate(self, person_id: int) -> Sequence[SupportRequest]:
        """What somebody was ever asked about or carries, newest first."""
        asked = select(col(RequestCandidate.request_id)).where(col(RequestCandidate.person_id) == person_id)
        statement = select(SupportRequest).where(col(SupportRequest.id).in_(asked))
        return (await self._session.scalars(statement.order_by(col(SupportRequest.id).desc()))).all()

    async def sought(self) -> Sequence[SupportRequest]:
        """All for which somebody is still sought, oldest first."""
        statement = select(SupportRequest).where(col(SupportRequest.state).in_(SOUGHT))
        return (await self._session.scalars(statement.order_by(col(SupportRequest.id)))).all()

    async def due(self, today: date) -> Sequence[SupportRequest]:
        """What is live and waited for longer than until today, oldest first."""
        is_due = col(SupportRequest.state).in_(LIVE) & (col(SupportRequest.due_on) < today)
        statement = select(SupportRequest).where(is_due).order_by(col(SupportRequest.id))
        return (await self._session.scalars(statement)).all()

    async def closing(self, today: date) -> Sequence[SupportRequest]:
        """What is carried and should be over by today, oldest first."""
        is_over = col(SupportRequest.state).in_(CARRIED) & (col(SupportRequest.closing_on) <= today)
        statement = select(SupportRequest).where(is_over).order_by(col(SupportRequest.id))
        return (await self._session.scalars(statement)).all()

    async def take(self, number: int, person_id: int) -> bool:
        """Give somebody one of the places that are left; of two who want the last one, one has it.

        False when none is left, nobody is sought any more, or they have one already.
        """
        is_left = (col(SupportRequest.places) > 0) & col(SupportRequest.state).in_(SOUGHT)
        state = case((col(SupportRequest.places) == 1, RequestState.TAKEN), else_=col(SupportRequest.state))
        statement = update(SupportRequest).where(col(SupportRequest.id) == number, is_left)
        statement = statement.values(places=SupportRequest.places - 1, state=state)
        result = await self._session.execute(statement.execution_options(synchronize_session=False))
        if int(getattr(result, "rowcount", 0)) != 1:
            return False
        request = await self.get(number)  # locked by now: what is read here holds until the end
        known = await self.candidate(number, person_id)
        assert request is not None
        if known is not None and known.answer == Answer.ACCEPTED:
            request.places += 1
            request.state = RequestState.PROPOSED
            return False
        await self.answer(number, person_id, Answer.ACCEPTED)
        return True

    async def free(self, number: int, person_id: int, answer: Answer) -> None:
        """Take the place back from somebody; another one is sought, and they are not asked again."""
        request = await self.hold(number)
        known = await self.candidate(number, person_id)
        if request is None or known is None or known.answer != Answer.ACCEPTED:
            return
        request.places += 1
        request.state = RequestState.OPEN
        await self.answer(number, person_id, answer)

    # those who are asked

    async def candidate(self, number: int, person_id: int) -> RequestCandidate | None:
        """What is known of somebody and a request."""
        return await self._session.get(RequestCandidate, (number, person_id), populate_existing=True)

    async def candidates(self, number: int, *answers: Answer) -> Sequence[RequestCandidate]:
        """Those who were asked about a request, all or with one of these answers, in no useful order."""
        statement = select(RequestCandidate).where(col(RequestCandidate.request_id) == number)
        if answers:
            statement = statement.where(col(RequestCandidate.answer).in_(answers))
        return (await self._session.scalars(statement.order_by(col(RequestCandidate.person_id)))).all()

    async def ask(self, number: int, person_id: int, key: str) -> None:
        """Note that somebody is asked in this message of ours."""
        candidate = RequestCandidate(request_id=number, person_id=person_id, asked_key=key)
        await self._session.merge(candidate)
        await self._session.flush()

    async def answer(self, number: int, person_id: int, answer: Answer) -> None:
        """Note what somebody said to a request, also when nobody had asked them."""
        known = await self.candidate(number, person_id)
        if known is None:
            self._session.add(RequestCandidate(request_id=number, person_id=person_id, answer=answer))
        else:
            known.answer, known.expectation, known.has_confirmed = answer, None, False
        await self._session.flush()

    # our messages

    async def note_post(self, post: RequestPost) -> None:
        """Note that a message of ours shows a request."""
        await self._session.merge(post)
        await self._session.flush()

    async def posts(self, number: int) -> Sequence[RequestPost]:
        """The messages of ours that show a request."""
        statement = select(RequestPost).where(col(RequestPost.request_id) == number).order_by(col(RequestPost.key))
        return (await self._session.scalars(statement)).all()

    async def drop_posts(self, keys: Collection[str]) -> None:
        """Forget messages of ours below which nothing can be done any more."""
        await self._session.execute(delete(RequestPost).where(col(RequestPost.key).in_(keys)))

    # tandems and worth

    async def pair(self, one: int, other: int, delete_on: date) -> None:
        """Note that two work as a tandem, until then."""
        first, second = sorted((one, other))
        await self._session.merge(Pairing(person_id=first, other_person_id=second, delete_on=delete_on))
        await self._session.flush()

    async def pairs(self) -> Collection[frozenset[int]]:
        """All who worked as a tandem."""
        found = await self._session.scalars(select(Pairing))
        return {frozenset((pairing.person_id, pairing.other_person_id)) for pairing in found}

    async def note_worth(self, kind: str, month: date, value: int) -> None:
        """Note whether the time was well spent (0 to 5); nobody can tell whose that was."""
        self._session.add(Worth(kind=kind, month=month.replace(day=1), value=value))
        await self._session.flush()

    async def worths_since(self, month: date) -> Sequence[tuple[str, int]]:
        """Kind of request and value of all that was noted since a month, in no useful order."""
        statement = select(col(Worth.kind), col(Worth.value)).where(col(Worth.month) >= month)
        return [(row[0], row[1]) for row in await self._session.execute(statement.order_by(col(Worth.id)))]

    async def kinds_asked_since(self, day: date) -> Sequence[str]:
        """The kind of each request since a day."""
        statement = select(col(SupportRequest.kind)).where(col(SupportRequest.asked_on) >= day)
        return (await self._session.scalars(statement)).all()

    # keeping little

    async def drop(self, number: int) -> None:
        """Delete a request with all that hangs on it."""
        for table in (RequestPost, RequestCandidate):
            await self._session.execute(delete(table).where(col(table.request_id) == number))
        await self._session.execute(delete(SupportRequest).where(col(SupportRequest.id) == number))

    async def forget(self, today: date) -> None:
        """Delete what was closed long enough ago, tandems of long ago, and what was worth the time over a year ago."""
        gone = select(col(SupportRequest.id)).where(col(SupportRequest.delete_on) <= today)
        for number in (await self._session.scalars(gone)).all():
            if number is not None:
                await self.drop(number)
        await self._session.execute(delete(Pairing).where(col(Pairing.delete_on) <= today))
        last_year = today.replace(year=today.year - 1, day=1)
        await self._session.execute(delete(Worth).where(col(Worth.month) < last_year))
