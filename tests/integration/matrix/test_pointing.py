"""What people point at comes along with who said it; of all other talk nothing is fetched."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import pytest
from sqlmodel import select

from bot.app import App, searching
from bot.clock import Clock
from bot.messages import Incoming, Kind, Quoted, Sender
from bot.settings import CommunitySettings
from knowledge.embedding import Embedder
from servers.element import Element, needs_node
from servers.matrix_bot import Bot
from servers.synapse import Account, Person, Synapse, eventually
from storage.database import Database
from storage.models.knowledge import State
from storage.models.questions import PendingOffer

_numbers = itertools.count(1)


async def pin(person: Person, room: str, event_id: str) -> str:
    relation = {"rel_type": "m.annotation", "event_id": event_id, "key": "📌"}
    return await person.send(room, {"m.relates_to": relation}, "m.reaction")


async def pinned(bot: Bot, person: Person, room: str, event_id: str) -> Incoming:
    """What arrives when somebody pins a message."""
    return await bot.inbox.of(await pin(person, room, event_id))


def in_thread(root: str, above: str) -> dict[str, Any]:
    relation = {"rel_type": "m.thread", "event_id": root, "is_falling_back": True}
    return {"m.relates_to": relation | {"m.in_reply_to": {"event_id": above}}}


def in_reply_to(event_id: str) -> dict[str, Any]:
    return {"m.relates_to": {"m.in_reply_to": {"event_id": event_id}}}


async def edit(person: Person, room: str, event_id: str, text: str) -> str:
    relation = {"rel_type": "m.replace", "event_id": event_id}
    new = {"msgtype": "m.text", "body": text}
    return await person.say(room, f"* {text}", **{"m.new_content": new, "m.relates_to": relation})


async def delete(person: Person, room: str, event_id: str) -> str:
    path = f"/rooms/{quote(room)}/redact/{quote(event_id)}/gone{next(_numbers)}"
    return str((await person.call("PUT", path, {}))["event_id"])


async def group(bot: Bot, anna: Person, ben: Person) -> str:
    room = await bot.room_with(anna, ben.id)
    await ben.join(room)
    return room


def by(person: Person, name: str, event_id: str, text: str, answers: Quoted | None = None) -> Quoted:
    return Quoted(event_id, Sender(person.id, name), text, answers=answers)


async def test_pinned_message_comes_with_who_said_it_and_nothing_else_of_the_talk(
    bot: Bot, anna: Person, ben: Person
) -> None:
    async with bot.running():
        room = await group(bot, anna, ben)
        await anna.say(room, "Kantine?")
        said = await ben.say(room, "Der Scanner steht im Keller.")
        await ben.say(room, "Bis gleich")
        arrived = await pinned(bot, anna, room, said)
    assert (arrived.kind, arrived.text, arrived.refers_to, arrived.thread) == (Kind.REACTION, "📌", said, said)
    assert arrived.is_addressed
    assert arrived.sender.id == anna.id
    assert arrived.quoted == by(ben, "Ben", said, "Der Scanner steht im Keller.")
    assert bot.inbox.events == [arrived]


async def test_answer_is_pinned_with_its_question_and_in_its_thread(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running():
        room = await group(bot, anna, ben)
        question = await anna.say(room, "Wo steht der Scanner?")
        reply = await ben.say(room, "Im Keller.", **in_reply_to(question))
        below = await ben.say(room, "Raum 3.", **in_thread(question, question))
        replied, threaded = await pinned(bot, anna, room, reply), await pinned(bot, anna, room, below)
    asked = by(anna, "Anna", question, "Wo steht der Scanner?")
    assert (replied.quoted, replied.thread) == (by(ben, "Ben", reply, "Im Keller.", asked), reply)
    assert (threaded.quoted, threaded.thread) == (by(ben, "Ben", below, "Raum 3.", asked), question)


async def test_pinned_message_says_what_it_says_by_now(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running():
        room = await group(bot, anna, ben)
        changed = await ben.say(room, "Im Keler.")
        await edit(ben, room, changed, "Im Keller.")
        gone = await ben.say(room, "Im Dach.")
        await delete(ben, room, gone)
        picture = await ben.send(room, {"msgtype": "m.image", "body": "plan.jpg", "url": "mxc://localhost/x"})
        found = [(await pinned(bot, anna, room, one)).quoted for one in (changed, gone, picture)]
        nowhere = await bot.inbox.of(await anna.say(room, "Lotsenfunk: merken", **in_reply_to("$unknown")))
        found.append(nowhere.quoted)
    assert found == [by(ben, "Ben", changed, "Im Keller."), None, None, None]


async def test_what_programs_say_is_marked(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running() as platform:
        room = await group(bot, anna, ben)
        ours = await platform.send(bot.post(room, "Im Keller."))
        notice = await ben.say(room, "Wartung ab 18 Uhr.", msgtype="m.notice")
        found = [(await pinned(bot, anna, room, one)).quoted for one in (ours, notice)]
    assert [one and (one.text, one.is_human) for one in found] == [("Im Keller.", False), ("Wartung ab 18 Uhr.", False)]


async def test_word_that_points_brings_the_message_above_it(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running():
        room = await group(bot, anna, ben)
        question = await anna.say(room, "Wo steht der Scanner?")
        answer = await ben.say(room, "Im Keller.", **in_thread(question, question))
        threaded = await bot.inbox.of(await anna.say(room, "Lotsenfunk: merken", **in_thread(question, answer)))
        replied = await bot.inbox.of(await anna.say(room, "Lotsenfunk: merken", **in_reply_to(question)))
        other = await bot.inbox.of(await anna.say(room, "Lotsenfunk: warum?", **in_reply_to(question)))
        alone = await bot.inbox.of(await anna.say(room, "Lotsenfunk: merken"))
    asked = by(anna, "Anna", question, "Wo steht der Scanner?")
    assert (threaded.quoted, threaded.thread) == (by(ben, "Ben", answer, "Im Keller.", asked), question)
    assert (replied.text, replied.quoted) == ("merken", asked)
    assert (other.quoted, alone.quoted) == (None, None)


async def test_what_was_pinned_is_taken_back_by_whoever_said_it(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running():
        room = await group(bot, anna, ben)
        said, other = await ben.say(room, "Im Keller."), await ben.say(room, "Im Dach.")
        await pinned(bot, anna, room, said)
        await delete(ben, room, other)
        gone = await bot.inbox.of(await delete(ben, room, said))
    assert (gone.kind, gone.refers_to) == (Kind.DELETION, said)
    assert [event.refers_to for event in bot.inbox.events] == [said, said]


async def test_remark_below_a_question_to_the_bot_is_an_aside_even_after_a_restart(
    bot: Bot, anna: Person, ben: Person
) -> None:
    async with bot.running() as platform:
        room = await group(bot, anna, ben)
        question = await bot.inbox.of(await anna.say(room, "Lotsenfunk: Wo steht der Scanner?"))
        answer = await platform.send(bot.answer(question, "Das weiß ich noch nicht."))
        first = await ben.say(room, "Im Keller.", **in_thread(question.event_id, answer))
        early = await bot.inbox.of(first)
        await edit(ben, room, first, "Im Dach.")
    async with bot.running():
        late = await bot.inbox.of(await ben.say(room, "In Raum 3.", **in_thread(question.event_id, first)))
        talk = await anna.say(room, "Kantine?")
        await ben.say(room, "Gern.", **in_thread(talk, talk))
        await bot.inbox.of(await anna.say(room, "Lotsenfunk: ende"))
    assert bot.inbox.texts == ["Wo steht der Scanner?", "Im Keller.", "In Raum 3.", "ende"]
    for aside in (early, late):
        assert aside.quoted == by(anna, "Anna", question.event_id, "Wo steht der Scanner?")
        assert (aside.thread, aside.is_aside) == (question.event_id, True)
        assert not aside.is_addressed
        assert not aside.is_follow_up


# with the whole bot


@asynccontextmanager
async def whole(bot: Bot, supporter: str, database: Database, embedder: Embedder) -> AsyncIterator[App]:
    """The account with all that stands behind it."""
    community = CommunitySettings(supporters=frozenset({supporter}))
    app = App(community, database, await searching(database, embedder), [bot.platform()], Clock())
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


async def heard(bot: Bot, person: Person, room: str, part: str) -> str:
    """Wait until the bot says something in a room, and give the event's id."""
    found: list[str] = []

    async def is_said() -> bool:
        said = await person.messages(room, bot.id)
        found[:] = [event["event_id"] for event in said if part in event["content"].get("body", "")]
        return bool(found)

    await eventually(is_said)
    return found[-1]


@pytest.mark.parametrize("is_kept", [False, True], ids=["proposal", "draft"])
async def test_what_came_of_a_pinned_message_goes_with_it(
    bot: Bot, anna: Person, ben: Person, sqlite: Database, embedder: Embedder, is_kept: bool
) -> None:
    async with whole(bot, anna.id, sqlite, embedder):
        room = await group(bot, anna, ben)
        question = await anna.say(room, "Wo steht der Laminator?")
        told = await ben.say(room, "Im Kopierraum, zweite Tür links.", **in_reply_to(question))
        await pin(anna, room, told)
        ours = [await heard(bot, anna, room, "Als Wissen sichern?")]
        if is_kept:
            await anna.say(room, "1")
            ours.append(await heard(bot, anna, room, "Notiert als Entwurf"))
        assert await traces(sqlite) == ((1, 0) if is_kept else (0, 1))
        await delete(ben, room, told)

        async def are_gone() -> bool:
            left = [event["event_id"] for event in await anna.messages(room, bot.id) if event["content"]]
            return not set(ours) & set(left)

        await eventually(are_gone)
        assert await traces(sqlite) == (0, 0)


async def traces(database: Database) -> tuple[int, int]:
    """How many drafts and offers there are."""
    async with database.reading() as uow:
        offers = (await uow._session.scalars(select(PendingOffer))).all()
        return len(await uow.knowledge.in_state(State.DRAFT)), len(offers)


# encrypted


@pytest.fixture
def clara(synapse: Synapse) -> Account:
    return synapse.register(f"clara_p{next(_numbers)}", display_name="Clara")


@pytest.fixture
def david(synapse: Synapse) -> Account:
    return synapse.register(f"david_p{next(_numbers)}", display_name="David")


@needs_node
async def test_in_an_encrypted_room_only_what_its_sender_certainly_wrote_comes_along(
    bot: Bot, clara: Account, david: Account, synapse: Synapse, http: Any
) -> None:
    stranger = synapse.register(f"emil_p{next(_numbers)}", display_name="Emil")
    async with (
        bot.running() as platform,
        Element.open(clara) as one,
        Element.open(david) as other,
        Element.open(stranger, cross_signed=False) as unconfirmed,
    ):
        room = await one.create_room(bot.id, other.id, unconfirmed.id)
        for guest in (other, unconfirmed):
            await guest.join(room)
        for person in (one, other, unconfirmed):
            await person.wait_for_member(room, bot.id)
        question = await bot.inbox.of(await one.say(room, "Lotsenfunk: Wo steht der Scanner?"))
        ours = await platform.send(bot.answer(question, "Das weiß ich noch nicht."))
        answer = await other.say(room, "Im Keler.", **in_thread(question.event_id, ours))
        aside = await bot.inbox.of(answer)
        await other.edit(room, answer, "Im Keller.")
        doubtful = await unconfirmed.say(room, "Im Dach.")
        in_clear = await Person(david, http).say(room, "Von irgendwem.")

        async def pinned_by_one(event_id: str) -> Incoming:
            return await bot.inbox.of(await one.react(room, event_id, "📌"))

        kept = await pinned_by_one(answer)
        refused = [(await pinned_by_one(event_id)).quoted for event_id in (doubtful, in_clear)]
        own = await pinned_by_one(ours)

    asked = Quoted(question.event_id, Sender(clara.user_id, "Clara"), "Wo steht der Scanner?")
    assert (aside.text, aside.is_aside, aside.quoted) == ("Im Keler.", True, asked)
    assert kept.quoted == Quoted(answer, Sender(david.user_id, "David"), "Im Keller.", answers=asked)
    assert kept.thread == question.event_id
    assert refused == [None, None]
    assert own.quoted is not None
    assert (own.quoted.text, own.quoted.is_human) == ("Das weiß ich noch nicht.", False)
