"""Topics wait for a meeting, and questions know what became of them, on SQLite and on PostgreSQL."""

from datetime import date, time, timedelta

from conftest import MovedClock
from storage.database import Database
from storage.models.agenda import ItemState
from storage.models.jour_fixe import Frequency, JourFixe, Meeting
from storage.models.knowledge import EntryContent, State


async def test_topics_wait_in_the_order_in_which_they_came(database: Database, clock: MovedClock) -> None:
    today = clock.now().date()
    async with database.unit_of_work() as uow:
        first = await uow.agenda.add("Altakten scannen", today)
        await uow.agenda.add("Äpfel für alle?", today)
        assert [item.title for item in await uow.agenda.waiting()] == ["Altakten scannen", "Äpfel für alle?"]
        assert first.id is not None
        await uow.agenda.remove(first.id)
        await uow.agenda.remove(first.id)
        assert [item.title for item in await uow.agenda.waiting()] == ["Äpfel für alle?"]
        assert await uow.agenda.get(first.id) is None


async def test_a_topic_is_found_whatever_its_spelling(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        item = await uow.agenda.add("Äpfel in der E-Akte?", clock.now().date())
        assert await uow.agenda.named("äpfel in der eAkte") == item
        assert await uow.agenda.named("Birnen in der E-Akte?") is None


async def test_a_removed_topic_leaves_its_questions_open(database: Database, clock: MovedClock) -> None:
    today = clock.now().date()
    async with database.unit_of_work() as uow:
        numbers = [await uow.questions.open(text, today) for text in ("eins", "zwei", "drei")]
        item = await uow.agenda.add("Zahlen", today)
        assert item.id is not None
        await uow.questions.make_topic(item.id, numbers[:2])
        assert list(await uow.questions.parts_of_topic(item.id)) == numbers[:2]
        await uow.agenda.remove(item.id)
        await uow.commit()
    async with database.unit_of_work() as uow:
        assert [one.agenda_item_id for one in await uow.questions.still_open(numbers)] == [None] * 3


async def test_a_draft_that_goes_leaves_its_questions_open_and_an_approved_one_closes_them(
    database: Database, clock: MovedClock
) -> None:
    now = clock.now()
    draft = EntryContent(question="f", answer="a", state=State.DRAFT)
    async with database.unit_of_work() as uow:
        numbers = [await uow.questions.open(text, now.date(), text) for text in ("eins", "zwei", "drei", "vier")]
        await uow.knowledge.save([("good", draft), ("bad", draft)], "test", now)
        await uow.knowledge.note_origin("good", ["eins"])
        assert await uow.questions.draft_of("eins") == "good"
        assert await uow.questions.draft_of("zwei") is None
        await uow.questions.answer_with("good", numbers[1:2])
        await uow.questions.answer_with("bad", numbers[2:3])
        await uow.questions.close_those_of("good")
        await uow.knowledge.discard("bad")
        await uow.commit()
    async with database.unit_of_work() as uow:
        left = await uow.questions.still_open(numbers)
        assert [(one.text, one.entry_id) for one in left] == [("drei", None), ("vier", None)]


async def test_the_last_offer_of_a_topic_is_known(database: Database, clock: MovedClock) -> None:
    today = clock.now().date()
    async with database.unit_of_work() as uow:
        one, other = [await uow.questions.open(text, today) for text in ("eins", "zwei")]
        assert await uow.questions.last_offered() is None
        await uow.questions.note_offered([one], today)
        await uow.questions.note_offered([other], today + timedelta(days=8))
        await uow.questions.offer_again([one], today + timedelta(days=28))
        assert await uow.questions.last_offered() == today + timedelta(days=8)
        [asked_again, _] = await uow.questions.still_open([one, other])
        assert asked_again.offer_again_on == today + timedelta(days=28)
        await uow.questions.note_offered([one], today)
        await uow.questions.close([other])
        [left] = await uow.questions.still_open([one, other])
        assert (left.id, left.offer_again_on) == (one, None)


async def test_who_spoke_for_a_topic_is_forgotten_after_its_meeting_and_not_before(database: Database) -> None:
    today = date(2026, 11, 20)
    async with database.unit_of_work() as uow:
        owner = (await uow.people.know("console", "zora", "Zora")).id
        series = JourFixe(
            title="Jour fixe", frequency=Frequency.WEEKLY, interval=4, weekday=3, first_on=today, begins=time(9),
            minutes=90, zone="Europe/Berlin", template=[], calendar_id="c",
        )  # fmt: skip
        number = await uow.jour_fixe.add(series)
        over, fresh = [
            await uow.jour_fixe.add_meeting(
                Meeting(jour_fixe_id=number, planned_on=day, day=day, begins=time(9), minutes=90)
            )
            for day in (today - timedelta(days=30), today - timedelta(days=3))
        ]
        for title, meeting, state in (
            ("discussed long ago", over, ItemState.DISCUSSED),
            ("discussed just now", fresh, ItemState.DISCUSSED),
            ("waits", None, ItemState.WAITING),
        ):
            await uow.agenda.add(title, today, meeting_id=meeting, state=state, owner_person_id=owner)
        await uow.agenda.forget_owners(today - timedelta(days=14))
        [waits] = await uow.agenda.waiting()
        owned = [*await uow.agenda.of_meeting(over), *await uow.agenda.of_meeting(fresh), waits]
        assert [item.owner_person_id for item in owned] == [None, owner, owner]
