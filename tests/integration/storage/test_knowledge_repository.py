"""Wordings, people, reviews and versions of entries, on SQLite and on PostgreSQL."""

import asyncio
from datetime import date

import pytest

from conftest import MovedClock
from storage.database import Database, UnitOfWork
from storage.models.knowledge import EntryContent, LearnedMap, Part, State, Wording
from storage.models.questions import Verdict

CONTENT = EntryContent(question="Was?", answer="Das.", variants={"FB Soziales": "Dies."})
TODAY = date(2026, 11, 20)


def wording(text: str, *, fits: bool = True, key: str = "k", entry_id: str = "a") -> Wording:
    return Wording(entry_id=entry_id, text=text, fits=fits, answer_key=key, learned_on=TODAY)


async def save(uow: UnitOfWork, clock: MovedClock, *ids: str, content: EntryContent = CONTENT) -> None:
    await uow.knowledge.save([(entry_id, content) for entry_id in ids], "test", clock.now())


async def test_entries_are_numbered_in_the_order_they_come_and_keep_their_number(
    database: Database, clock: MovedClock
) -> None:
    async with database.unit_of_work() as uow:
        await save(uow, clock, "b", "a")
        await save(uow, clock, "b", "c")
        assert {entry.id: entry.number async for entry in uow.knowledge.all()} == {"a": 2, "b": 1, "c": 3}
        found = await uow.knowledge.numbered(2)
        assert found is not None
        assert (found.id, found.variants) == ("a", {"FB Soziales": "Dies."})
        assert await uow.knowledge.numbered(4) is None


async def test_two_imports_at_once_give_out_no_number_twice(database: Database, clock: MovedClock) -> None:
    async def bring(name: str) -> None:
        async with database.unit_of_work() as uow:
            await save(uow, clock, *(f"{name}{number}" for number in range(5)))
            await asyncio.sleep(0)
            await uow.commit()

    await asyncio.gather(*(bring(name) for name in "abcd"))
    async with database.reading() as uow:
        entries = [entry async for entry in uow.knowledge.all()]
    assert sorted(entry.number for entry in entries) == list(range(1, 21))
    assert sorted(entry.change for entry in entries) == list(range(1, 21))


async def test_the_version_of_the_slower_editor_is_kept_and_changes_nothing(
    database: Database, clock: MovedClock
) -> None:
    async with database.unit_of_work() as uow:
        await save(uow, clock, "a")
        slower = CONTENT.model_copy(update={"answer": "Etwas anderes."})
        number = await uow.knowledge.keep_aside("a", slower, "zu spät", clock.now())
        revisions = await uow.knowledge.revisions("a")
        [entry] = await uow.knowledge.get(["a"])
    assert (number, entry.answer) == (2, "Das.")
    assert [revision.content["answer"] for revision in revisions] == ["Das.", "Etwas anderes.", "Das."]


async def test_a_change_ends_what_was_said_of_the_old_form(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        await save(uow, clock, "a")
        await uow.knowledge.mark_reported("a", TODAY)
        await uow.knowledge.note_asked("a", TODAY)
        await uow.questions.judge("a", Verdict.OUTDATED, TODAY)
        await uow.questions.judge("a", Verdict.HELPFUL, TODAY)
        await uow.commit()
    async with database.unit_of_work() as uow:
        await save(uow, clock, "a")
        [entry] = await uow.knowledge.get(["a"])
        assert (entry.reported_on, entry.asked_on) == (None, None)
        assert await uow.questions.count_reports("a") == 0


async def test_deleting_messages_forgets_what_they_taught_and_the_drafts_made_of_them(
    database: Database, clock: MovedClock
) -> None:
    async with database.unit_of_work() as uow:
        await save(uow, clock, "a")
        await save(uow, clock, "draft", content=CONTENT.model_copy(update={"state": State.DRAFT}))
        await uow.knowledge.learn(wording("wo", key="k1"))
        await uow.knowledge.learn(wording("wann", key="k2"))
        for entry_id in ("a", "draft"):
            await uow.knowledge.note_origin(entry_id, ["k1"])
        await uow.commit()
    async with database.unit_of_work() as uow:
        await uow.knowledge.unlearn(["k1"])
        await uow.commit()
    async with database.reading() as uow:
        assert [known.text for known in (await uow.knowledge.wordings(["a"]))["a"]] == ["wann"]
        assert [entry.id for entry in await uow.knowledge.get(["a", "draft"])] == ["a"], "only drafts go"


async def test_after_a_deletion_the_map_is_learned_again(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        await save(uow, clock, "a")
        await uow.knowledge.learn(wording("wo", key="k1"))
        newest = await uow.knowledge.newest_confirmation()
        await uow.knowledge.save_map(LearnedMap(model="m", trained_at=clock.now(), based_on=newest, content=b"map"))
        await uow.commit()
    async with database.unit_of_work() as uow:
        assert await uow.knowledge.newest("m") == (2, clock.now())
        await uow.knowledge.unlearn(["k1"])
        await uow.commit()
    async with database.reading() as uow:
        learned = await uow.knowledge.learned_map("m")
        assert learned is not None
        assert learned.based_on != await uow.knowledge.newest_confirmation()


async def test_people_are_known_by_their_part_and_forgotten_on_demand(database: Database, clock: MovedClock) -> None:
    async with database.unit_of_work() as uow:
        await save(uow, clock, "a", "b")
        await uow.knowledge.assign("a", Part.OWNER, "p", "anna")
        await uow.knowledge.assign("a", Part.OWNER, "p", "ben")
        await uow.knowledge.assign("b", Part.PROPOSER, "p", "ben")
        await uow.addresses.know("p", "direct", "ben")
        await uow.commit()
    async with database.unit_of_work() as uow:
        assert await uow.knowledge.parts_of("p", "anna") == []
        assert {(entry.id, part) for entry, part in await uow.knowledge.parts_of("p", "ben")} == {
            ("a", Part.OWNER),
            ("b", Part.PROPOSER),
        }
        await uow.knowledge.release("b", Part.PROPOSER)
        assert await uow.knowledge.person("b", Part.PROPOSER) is None
        await uow.knowledge.forget_person("p", "ben")
        await uow.addresses.forget_person("p", "ben")
        await uow.commit()
    async with database.reading() as uow:
        assert await uow.knowledge.parts_of("p", "ben") == []
        assert await uow.addresses.direct_chat("p", "ben") is None
        assert len(await uow.knowledge.get(["a", "b"])) == 2, "answers stay without the person"


@pytest.mark.parametrize("state", State)
async def test_only_a_draft_can_be_discarded(database: Database, clock: MovedClock, state: State) -> None:
    async with database.unit_of_work() as uow:
        await save(uow, clock, "a", content=CONTENT.model_copy(update={"state": state}))
        await uow.knowledge.discard("a")
        await uow.commit()
    async with database.reading() as uow:
        assert bool(await uow.knowledge.get(["a"])) is (state is not State.DRAFT)


async def test_rooms_and_direct_chats_are_known_once_somebody_wrote_there(database: Database) -> None:
    async with database.unit_of_work() as uow:
        await uow.addresses.know("p", "room")
        await uow.addresses.know("p", "room")
        await uow.addresses.know("p", "chat", "anna")
        await uow.addresses.know("q", "chat", "ben")
        assert await uow.addresses.rooms("room") == [("p", "room")]
        assert await uow.addresses.rooms("chat") == []
        assert await uow.addresses.direct_chat("p", "anna") == "chat"
        assert await uow.addresses.direct_chat("p", "ben") is None
        chats = sorted(await uow.addresses.direct_chats(["anna", "ben", "eve"]))
        assert chats == [("p", "chat", "anna"), ("q", "chat", "ben")]
