"""Offers, open questions and verdicts in the database."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.questions import Feedback, OpenQuestion, PendingOffer, QuestionState, Verdict


class QuestionRepository:
    """What waits for a choice or an answer, and what people said of answers; never who asked."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # offers

    async def offer(self, offer: PendingOffer) -> None:
        """Keep choices until one is taken."""
        self._session.add(offer)
        await self._session.flush()

    async def offers_to(self, platform: str, conversation_id: str, person: str) -> Sequence[PendingOffer]:
        """What waits for this person in this conversation, newest first; nobody scrolls back further than ten."""
        statement = (
            select(PendingOffer)
            .where(
                col(PendingOffer.platform) == platform,
                col(PendingOffer.conversation_id) == conversation_id,
                col(PendingOffer.person) == person,
            )
            .order_by(col(PendingOffer.id).desc())
            .limit(10)
        )
        return (await self._session.scalars(statement)).all()

    async def offers_below(self, message_key: str) -> Sequence[PendingOffer]:
        """The choices that wait below one message of ours."""
        statement = select(PendingOffer).where(col(PendingOffer.message_key) == message_key)
        return (await self._session.scalars(statement)).all()

    async def withdraw_offers(self, message_key: str) -> None:
        """Take back the choices below one message of ours."""
        await self._session.execute(delete(PendingOffer).where(col(PendingOffer.message_key) == message_key))

    # open questions

    async def open(self, text: str, today: date) -> int:
        """Note a question that nobody answered yet; gives its number."""
        question = OpenQuestion(text=text, asked_on=today)
        self._session.add(question)
        await self._session.flush()
        assert question.id is not None
        return question.id

    async def open_questions(self, limit: int) -> Sequence[OpenQuestion]:
        """The open questions, newest first."""
        statement = select(OpenQuestion).where(col(OpenQuestion.state) == QuestionState.OPEN)
        return (await self._session.scalars(statement.order_by(col(OpenQuestion.id).desc()).limit(limit))).all()

    async def count_open(self) -> int:
        """How many questions are open."""
        statement = select(func.count()).select_from(OpenQuestion).where(col(OpenQuestion.state) == QuestionState.OPEN)
        return (await self._session.scalars(statement)).one()

    async def withdraw(self, question_id: int) -> None:
        """Delete an open question, as its asker wishes."""
        await self._session.execute(delete(OpenQuestion).where(col(OpenQuestion.id) == question_id))

    # verdicts

    async def judge(self, entry_id: str, verdict: Verdict, today: date) -> None:
        """Keep what somebody said of an answer."""
        self._session.add(Feedback(entry_id=entry_id, verdict=verdict, given_on=today))
        await self._session.flush()

    # keeping little

    async def forget(self, offers_before: datetime, questions_before: date) -> None:
        """Delete offers that nobody took and questions that stayed open too long."""
        await self._session.execute(delete(PendingOffer).where(col(PendingOffer.created_at) < offers_before))
        await self._session.execute(delete(OpenQuestion).where(col(OpenQuestion.asked_on) < questions_before))
