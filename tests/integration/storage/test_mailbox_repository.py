"""Inbox and outbox rows, on SQLite and on PostgreSQL."""

from datetime import timedelta

from conftest import MovedClock
from storage.database import Database
from storage.models.mailbox import InboxState, OutboxState
from storage.models.peer_consultation import ConsultationGroup, GroupPost, GroupShows


def posted(key: str, clock: MovedClock, answers: str = "e1") -> dict[str, object]:
    return {"key": key, "platform": "p", "answers": answers, "payload": {"text": key}, "created_at": clock.now()}


async def test_an_event_is_stored_once_and_in_order(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        first = await uow.mailbox.add_received("p", [("a", {"n": 1}), ("b", {"n": 2})], clock.now())
        again = await uow.mailbox.add_received("p", [("b", {"n": 3}), ("c", {"n": 4})], clock.now())
        await uow.commit()
    assert [payload for _, payload in first] == [{"n": 1}, {"n": 2}]
    assert [payload for _, payload in again] == [{"n": 4}]
    async with database.reading() as uow:
        assert [payload["n"] for _, payload in await uow.mailbox.waiting_received()] == [1, 2, 4]


async def test_the_same_event_id_on_two_platforms_is_two_events(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        assert await uow.mailbox.add_received("p", [("a", {})], clock.now())
        assert await uow.mailbox.add_received("q", [("a", {})], clock.now())


async def test_a_finished_event_keeps_its_id_but_not_its_text(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        [(number, _)] = await uow.mailbox.add_received("p", [("a", {"text": "geheim"})], clock.now())
        assert await uow.mailbox.finish(number, InboxState.DONE)
        assert not await uow.mailbox.finish(number, InboxState.DONE)
        assert await uow.mailbox.waiting_received() == []
        assert await uow.mailbox.add_received("p", [("a", {"text": "geheim"})], clock.now()) == []


async def test_a_delivered_message_keeps_its_ids_but_not_its_text(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        await uow.mailbox.post([posted("k1", clock)])
        assert [payload["text"] for _, payload in await uow.mailbox.waiting_to_send()] == ["k1"]
        await uow.mailbox.note_sent("k1", OutboxState.DELIVERED, "m1")
        assert await uow.mailbox.waiting_to_send() == []
        assert await uow.mailbox.message_id("k1") == "m1"
        sent = await uow.mailbox.sent_as("p", "m1")
    assert sent is not None
    assert sent.key == "k1"


async def test_a_delivery_is_noted_once(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        await uow.mailbox.post([posted("k1", clock)])
        await uow.mailbox.note_sent("k1", OutboxState.DELIVERED, "m1")
        await uow.mailbox.note_sent("k1", OutboxState.UNDELIVERABLE, None)
        assert await uow.mailbox.message_id("k1") == "m1"


async def test_the_newest_answer_to_an_event_is_found(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        await uow.mailbox.post([posted("k1", clock), posted("k2", clock), posted("k3", clock, answers="e2")])
        answer = await uow.mailbox.answer_to("p", "e1")
        assert await uow.mailbox.answer_to("p", "unknown") is None
    assert answer is not None
    assert answer.key == "k2"


async def test_forgetting_deletes_what_is_finished_and_keeps_what_waits(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        [(done, _), _] = await uow.mailbox.add_received("p", [("a", {}), ("b", {})], clock.now())
        await uow.mailbox.finish(done, InboxState.DONE)
        await uow.mailbox.post([posted("k1", clock), posted("k2", clock)])
        await uow.mailbox.note_sent("k1", OutboxState.DELIVERED, "m1")
        await uow.mailbox.forget(clock.now() + timedelta(seconds=1))
        assert await uow.mailbox.message_id("k1") is None
        assert len(await uow.mailbox.waiting_to_send()) == 1
        assert len(await uow.mailbox.waiting_received()) == 1
        assert await uow.mailbox.add_received("p", [("a", {})], clock.now())


async def test_messages_to_a_group_are_known_as_long_as_they_are_to_be_deleted(
    database: Database, clock: MovedClock
) -> None:
    async with database.unit_of_work() as uow:
        group = await uow.consultations.add(ConsultationGroup(plan={}), [])
        post = GroupPost(key="k1", group_id=group, shows=GroupShows.OTHER, platform="p", conversation_id="c")
        await uow.consultations.add_post(post)
        await uow.mailbox.post([posted("k1", clock)])
        await uow.mailbox.note_sent("k1", OutboxState.DELIVERED, "m1")
        await uow.mailbox.forget(clock.now() + timedelta(seconds=1))
        assert await uow.mailbox.message_id("k1") == "m1"
        await uow.consultations.drop_post("k1")
        await uow.mailbox.forget(clock.now() + timedelta(seconds=1))
        assert await uow.mailbox.message_id("k1") is None


async def test_a_sealed_event_waits_apart_until_it_is_opened(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        await uow.mailbox.add_received("p", [("a", {"cipher": "x"})], clock.now(), InboxState.SEALED)
        await uow.mailbox.add_received("q", [("b", {"cipher": "y"})], clock.now(), InboxState.SEALED)
        await uow.commit()
    async with database.unit_of_work() as uow:
        assert await uow.mailbox.waiting_received() == []
        assert await uow.mailbox.sealed("p") == [("a", {"cipher": "x"})]
        opened = await uow.mailbox.add_received("p", [("a", {"text": "Frage"})], clock.now())
        assert [payload for _, payload in opened] == [{"text": "Frage"}]
        assert await uow.mailbox.waiting_received() == opened
        assert await uow.mailbox.sealed("p") == []
        assert await uow.mailbox.add_received("p", [("a", {"text": "noch einmal"})], clock.now()) == []


async def test_an_event_that_was_read_is_not_sealed_again(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        [(number, _)] = await uow.mailbox.add_received("p", [("a", {"text": "Frage"})], clock.now())
        await uow.mailbox.finish(number, InboxState.DONE)
        assert await uow.mailbox.add_received("p", [("a", {"cipher": "x"})], clock.now(), InboxState.SEALED) == []
        assert await uow.mailbox.sealed("p") == []


async def test_a_sealed_event_that_is_not_for_us_is_dropped_and_another_one_is_not(
    database: Database, clock: MovedClock
) -> None:
    async with database.unit_of_work() as uow:
        await uow.mailbox.add_received("p", [("a", {}), ("b", {})], clock.now(), InboxState.SEALED)
        await uow.mailbox.add_received("p", [("c", {"text": "wartet"})], clock.now())
        await uow.mailbox.drop_sealed("p", ["a", "c"])
        await uow.mailbox.drop_sealed("p", [])
        assert [event_id for event_id, _ in await uow.mailbox.sealed("p")] == ["b"]
        assert [payload for _, payload in await uow.mailbox.waiting_received()] == [{"text": "wartet"}]


async def test_sealed_events_are_forgotten_after_their_time(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        await uow.mailbox.add_received("p", [("a", {})], clock.now(), InboxState.SEALED)
        await uow.mailbox.forget(before=clock.now() + timedelta(seconds=1))
        assert await uow.mailbox.sealed("p") == []
