"""What curators need of the store, on SQLite and on PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from bot.messages import Choice
from bot.roles import Role
from editorial import Person
from handlers import drafts, proposals
from handlers.proposals import Proposal
from storage.database import Database
from storage.models.knowledge import EntryContent, State, Visibility

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def content(answer: str) -> EntryContent:
    return EntryContent(question="Wo steht der Scanner?", answer=answer, state=State.DRAFT)


async def test_entries_kept_apart_are_remembered_in_pairs_until_one_is_gone(database: Database) -> None:
    async with database.unit_of_work() as uow:
        await uow.knowledge.save([(name, content(name)) for name in "abc"], "test", NOW)
        await uow.knowledge.keep_apart(["c", "a", "b"])
        await uow.knowledge.keep_apart(["b", "a"])
        await uow.commit()
    async with database.unit_of_work() as uow:
        assert await uow.knowledge.kept_apart() == {("a", "b"), ("a", "c"), ("b", "c")}
        await uow.knowledge.discard("c")
        await uow.commit()
    async with database.reading() as uow:
        assert await uow.knowledge.kept_apart() == {("a", "b")}


async def test_of_two_who_save_at_once_the_second_sees_what_the_first_did(database: Database) -> None:
    async with database.unit_of_work() as uow:
        await uow.knowledge.save([("a", content("alt"))], "test", NOW)
        await uow.commit()

    async def newest() -> int:
        async with database.unit_of_work() as other:
            await other.knowledge.hold()
            return await other.knowledge.revision("a")

    async with database.unit_of_work() as uow:
        await uow.knowledge.hold()
        assert await uow.knowledge.revision("a") == 1
        second = asyncio.create_task(newest())
        done, _ = await asyncio.wait({second}, timeout=0.5)
        assert not done, "it waits for the first one"
        await uow.knowledge.save([("a", content("neu"))], "test", NOW)
        await uow.commit()
    assert await second == 2


async def test_of_two_who_approve_at_once_only_one_is_told_that_they_did(database: Database) -> None:
    async with database.unit_of_work() as uow:
        await uow.knowledge.save([("a", content("alt"))], "test", NOW)
        await uow.commit()

    async def approve(name: str) -> str:
        async with database.unit_of_work() as uow:
            turn = replace(Person(uow, Role.CURATOR, name=name).turn(""), choice=approval)
            [said] = await drafts.decide(turn, Person(uow, Role.CURATOR).services)
            await asyncio.sleep(0)
            await uow.commit()
            return said.text

    approval = Choice("freigeben", "freigeben", {"draft": "a", "version": "1", "do": "approve"})
    said = sorted(await asyncio.gather(approve("ruth"), approve("jutta")))
    assert said == ["Nr. 1 ist freigegeben: „Wo steht der Scanner?“", "Nr. 1 ist schon freigegeben."]
    async with database.reading() as uow:
        assert [one.origin for one in await uow.knowledge.revisions("a")] == ["test", "Freigabe"]


async def test_two_who_propose_an_answer_to_the_same_question_at_once_make_two_drafts(database: Database) -> None:
    async def propose(name: str) -> None:
        proposal = Proposal("Wo steht der Scanner?", f"Das weiß {name}.", Visibility.ORGANIZATION, name, ())
        async with database.unit_of_work() as uow:
            person = Person(uow, Role.SUPPORTER, name=name)
            save = Choice("ja", "ja", proposals._data(proposal, "save"))
            await proposals.decide(replace(person.turn(""), choice=save), person.services)
            await uow.commit()

    await asyncio.gather(propose("ruth"), propose("jutta"))
    async with database.reading() as uow:
        waiting = await uow.knowledge.in_state(State.DRAFT)
        assert sorted(draft.answer for draft in waiting) == ["Das weiß jutta.", "Das weiß ruth."]
