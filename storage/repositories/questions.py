"""Offers, open questions and verdicts in the database."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.models.knowledge import EntryOrigin
from storage.models.questions import (
    ANYBODY,
    DeletedMessage,
    Feedback,
    FollowUp,
    OpenQuestion,
    PendingOffer,
    QuestionState,
    Verdict,
)


class QuestionRepository:
    """What waits for a choice or an answer, and what people said of answers; never who asked."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # offers

    async def offer(self, offer: PendingOffer) -> None:
        """Keep choices until one is taken."""
        self._session.add(offer)
        await self._session.flush()

    async def offers_to(
        self, platform: str, conversation_id: str, person: str, below: Collection[str] | None = None
    ) -> Sequence[PendingOffer]:
        """What waits for this person, or for anybody, in this conversation, newest first; at most ten.

        With `below` only what waits below these messages of ours, by their keys.
        """
        statement = select(PendingOffer).where(
            col(PendingOffer.platform) == platform,
            col(PendingOffer.conversation_id) == conversation_id,
            col(PendingOffer.person).in_((person, ANYBODY)),
        )
        if below is not None:
            statement = statement.where(col(PendingOffer.message_key).in_(below))
        return (await self._session.scalars(statement.order_by(col(PendingOffer.id).desc()).limit(10))).all()

    async def offer_below(self, message_key: str) -> PendingOffer | None:
        """What waits below one message of ours, for whomever."""
        statement = select(PendingOffer).where(col(PendingOffer.message_key) == message_key)
        return (await self._session.scalars(statement)).first()

    async def renew_offers(self, message_keys: Collection[str], now: datetime) -> bool:
        """Have the choices below these messages of ours wait as long again; false when there are none."""
        statement = update(PendingOffer).where(col(PendingOffer.message_key).in_(message_keys))
        result = await self._session.execute(statement.values(created_at=now))
        return int(getattr(result, "rowcount", 0)) > 0

    async def withdraw_offers(self, message_keys: Collection[str]) -> None:
        """Take back the choices below these messages of ours."""
        await self._session.execute(delete(PendingOffer).where(col(PendingOffer.message_key).in_(message_keys)))

    async def withdraw_offers_to(self, platform: str, person: str) -> None:
        """Take back all choices that wait for somebody."""
        of_them = (col(PendingOffer.platform) == platform) & (col(PendingOffer.person) == person)
        await self._session.execute(delete(PendingOffer).where(of_them))

    async def move_offers(self, platform: str, old: str, new: str) -> None:
        """Have what waits in a conversation wait in another one that replaces it; its threads have stayed behind."""
        statement = update(PendingOffer).where(
            col(PendingOffer.platform) == platform, col(PendingOffer.conversation_id) == old
        )
        await self._session.execute(statement.values(conversation_id=new, thread=None))

    # open questions

    async def open(self, text: str, today: date, answer_key: str | None = None) -> int:
        """Note a question that nobody answered yet, and the message that made us do so; gives its number."""
        question = OpenQuestion(text=text, asked_on=today, answer_key=answer_key)
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

    async def count_answered(self, since: date) -> int:
        """How many of the questions that were noted since a day have got an answer."""
        answered = col(OpenQuestion.state).in_([QuestionState.ANSWERED, QuestionState.CLOSED])
        statement = select(func.count()).select_from(OpenQuestion).where(answered, col(OpenQuestion.asked_on) >= since)
        return (await self._session.scalars(statement)).one()

    async def opened_by(self, answer_keys: Collection[str]) -> Sequence[int]:
        """The numbers of the questions that these messages made us open."""
        statement = select(col(OpenQuestion.id)).where(col(OpenQuestion.answer_key).in_(answer_keys))
        return [number for number in await self._session.scalars(statement) if number is not None]

    async def asked_in(self, answer_keys: Collection[str]) -> OpenQuestion | None:
        """The newest question that these messages made us open, whatever became of it."""
        statement = select(OpenQuestion).where(col(OpenQuestion.answer_key).in_(answer_keys))
        return (await self._session.scalars(statement.order_by(col(OpenQuestion.id).desc()))).first()

    async def mark(self, answer_keys: Collection[str], state: QuestionState) -> None:
        """Note what became of the questions that these messages made us open."""
        statement = update(OpenQuestion).where(col(OpenQuestion.answer_key).in_(answer_keys))
        await self._session.execute(statement.values(state=state))

    async def close_those_of(self, entry_id: str) -> None:
        """Close the questions that an entry answers, and those of the messages from which it was made."""
        origins = select(col(EntryOrigin.answer_key)).where(col(EntryOrigin.entry_id) == entry_id)
        answered = or_(col(OpenQuestion.answer_key).in_(origins), col(OpenQuestion.entry_id) == entry_id)
        statement = update(OpenQuestion).where(answered)
        await self._session.execute(statement.values(state=QuestionState.CLOSED))

    async def withdraw(self, *numbers: int) -> None:
        """Delete open questions, as their asker wishes."""
        if not numbers:
            return
        await self._session.execute(delete(OpenQuestion).where(col(OpenQuestion.id).in_(numbers)))

    # open questions that ask the same

    async def still_open(self, numbers: Collection[int]) -> Sequence[OpenQuestion]:
        """Those of these questions that are still open, oldest first."""
        statement = select(OpenQuestion).where(
            col(OpenQuestion.id).in_(numbers), col(OpenQuestion.state) == QuestionState.OPEN
        )
        return (await self._session.scalars(statement.order_by(col(OpenQuestion.id)))).all()

    async def close(self, numbers: Collection[int]) -> None:
        """Close questions."""
        await self._set(numbers, state=QuestionState.CLOSED)

    async def asked_on(self, number: int | None) -> date | None:
        """The day on which a question was noted; None when it is gone."""
        found = await self._session.get(OpenQuestion, number) if number is not None else None
        return found.asked_on if found else None

    async def reword(self, number: int, text: str) -> None:
        """Give a question the words that its asker changed it to."""
        await self._set([number], text=text)

    async def settle(self, number: int) -> None:
        """Note that somebody answered a question in chat."""
        await self._set([number], state=QuestionState.ANSWERED)

    async def answer_with(self, entry_id: str, numbers: Collection[int]) -> None:
        """Have questions wait for the approval of a draft."""
        await self._set(numbers, entry_id=entry_id)

    async def draft_of(self, answer_key: str) -> str | None:
        """The id of the entry that was made from a message."""
        statement = select(col(EntryOrigin.entry_id)).where(col(EntryOrigin.answer_key) == answer_key)
        return (await self._session.scalars(statement)).first()

    async def make_topic(self, agenda_item_id: int, numbers: Collection[int]) -> None:
        """Have questions be part of a topic for the jour fixe."""
        await self._set(numbers, agenda_item_id=agenda_item_id)

    async def parts_of_topic(self, agenda_item_id: int) -> Sequence[int]:
        """The numbers of the questions that are part of a topic for the jour fixe."""
        statement = select(col(OpenQuestion.id)).where(col(OpenQuestion.agenda_item_id) == agenda_item_id)
        return [number for number in await self._session.scalars(statement) if number is not None]

    async def note_offered(self, numbers: Collection[int], today: date) -> None:
        """Note that questions were offered as a topic; that was it, unless somebody wants it again."""
        await self._set(numbers, offered_on=today, offer_again_on=None)

    async def offer_again(self, numbers: Collection[int], day: date) -> None:
        """Have questions be offered as a topic once more, from a day on."""
        await self._set(numbers, offer_again_on=day)

    async def last_offered(self) -> date | None:
        """The day on which questions were last offered as a topic."""
        return (await self._session.scalars(select(func.max(col(OpenQuestion.offered_on))))).one()

    async def _set(self, numbers: Collection[int], **values: object) -> None:
        await self._session.execute(update(OpenQuestion).where(col(OpenQuestion.id).in_(numbers)).values(**values))

    # what belongs together

    async def follow(self, answer_key: str, follows: str, today: date) -> None:
        """Note that a message took a choice below our answer to another."""
        await self._session.merge(FollowUp(answer_key=answer_key, follows=follows, taken_on=today))
        await self._session.flush()

    async def line_of(self, answer_key: str) -> list[str]:
        """A message and all that followed from it, choice after choice."""
        followed = select(col(FollowUp.answer_key)).where(col(FollowUp.follows) == answer_key).cte(recursive=True)
        next_ones = select(col(FollowUp.answer_key)).join(followed, col(FollowUp.follows) == followed.c.answer_key)
        found = await self._session.scalars(select(followed.union(next_ones).c.answer_key))
        return [answer_key, *found]

    async def note_deletion(self, answer_key: str, today: date) -> bool:
        """Note that a message was deleted; false when that is known already."""
        if await self.is_deleted(answer_key):
            return False
        self._session.add(DeletedMessage(answer_key=answer_key, deleted_on=today))
        await self._session.flush()
        return True

    async def is_deleted(self, answer_key: str) -> bool:
        """Whether a message was deleted."""
        statement = select(func.count()).where(col(DeletedMessage.answer_key) == answer_key)
        return (await self._session.scalars(statement)).one() > 0

    # verdicts

    async def judge(self, entry_id: str, verdict: Verdict, today: date) -> None:
        """Keep what somebody said of an answer."""
        self._session.add(Feedback(entry_id=entry_id, verdict=verdict, given_on=today))
        await self._session.flush()

    async def count_reports(self, entry_id: str) -> int:
        """How many reports that it is outdated an entry has got since its last change."""
        reports = (col(Feedback.entry_id) == entry_id) & (col(Feedback.verdict) == Verdict.OUTDATED)
        return (await self._session.scalars(select(func.count()).select_from(Feedback).where(reports))).one()

    # keeping little

    async def forget(self, offers_before: datetime, lasting_before: datetime, questions_before: date) -> None:
        """Delete offers that nobody took, questions that stayed open too long, and what belonged to them."""
        for lasts, before in ((False, offers_before), (True, lasting_before)):
            old = (col(PendingOffer.lasts) == lasts) & (col(PendingOffer.created_at) < before)
            await self._session.execute(delete(PendingOffer).where(old))
        await self._session.execute(delete(OpenQuestion).where(col(OpenQuestion.asked_on) < questions_before))
        await self._session.execute(delete(FollowUp).where(col(FollowUp.taken_on) < questions_before))
        await self._session.execute(delete(DeletedMessage).where(col(DeletedMessage.deleted_on) < questions_before))
