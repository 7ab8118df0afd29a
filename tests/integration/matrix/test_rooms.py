"""Rooms change: people leave, rooms are replaced, renamed or moderated, and the bot is thrown out."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.errors import DeliveryError
from bot.mailbox import Mailbox
from bot.messages import Conversation
from bot.platforms import Sealed
from bot.platforms.matrix.errors import ServerError
from bot.platforms.matrix.platform import MatrixPlatform
from bot.platforms.matrix.rooms.power_levels import BEFORE
from conftest import MovedClock
from servers.element import Element, needs_node
from servers.matrix_bot import Bot, has_entered
from servers.synapse import Person, RefusedError, Synapse, eventually
from storage.database import Database

_milliseconds = itertools.count()


@pytest.fixture
def lotse(bot: Bot, http: aiohttp.ClientSession) -> Person:
    """The bot's account, as its server sees it."""
    return Person(bot.account, http)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.patience.FIRST_S", 0.2)


async def is_in(person: Person, room: str) -> bool:
    return room in (await person.call("GET", "/joined_rooms"))["joined_rooms"]


async def is_out(person: Person, room: str) -> bool:
    return not await is_in(person, room)


async def has_settled(bot: Bot, person: Person) -> None:
    """Wait until the bot has worked through all that happened so far."""
    room = await bot.room_with(person, direct=True)
    await bot.inbox.of(await person.say(room, "Bist du so weit?"))


async def put_state(person: Person, room: str, kind: str, content: Any, key: str = "") -> None:
    await person.call("PUT", f"/rooms/{quote(room)}/state/{kind}/{quote(key)}", content)


async def state(person: Person, room: str, kind: str) -> dict[str, Any]:
    return await person.call("GET", f"/rooms/{quote(room)}/state/{kind}")


async def sync(person: Person) -> dict[str, Any]:
    """All that the server shows somebody now; it answers the same request for some time from memory."""
    return await person.call("GET", f"/sync?timeout={next(_milliseconds)}")


async def position(person: Person) -> str:
    return str((await sync(person))["next_batch"])


# deserted rooms


async def test_bot_leaves_when_the_last_human_leaves(bot: Bot, lotse: Person, anna: Person) -> None:
    async with bot.running():
        room = await bot.room_with(anna, direct=True)
        await anna.leave(room)
        await eventually(lambda: is_out(lotse, room))
        await eventually(lambda: is_forgotten(lotse, room))


async def is_forgotten(person: Person, room: str) -> bool:
    try:
        await person.members(room)
    except RefusedError:
        return True
    return False


async def test_bot_stays_while_somebody_is_there_or_invited(bot: Bot, lotse: Person, anna: Person, ben: Person) -> None:
    async with bot.running():
        room = await bot.room_with(anna, ben.id)
        await anna.leave(room)
        await has_settled(bot, anna)
        assert await is_in(lotse, room)
        await ben.leave(room)  # declines
        await eventually(lambda: is_out(lotse, room))


@pytest.mark.parametrize("is_seen", [False, True], ids=["unseen", "seen before the crash"])
async def test_room_deserted_while_the_bot_was_away_is_left(
    bot: Bot, lotse: Person, anna: Person, ben: Person, is_seen: bool
) -> None:
    async with bot.running():
        deserted, peopled = await bot.room_with(anna, direct=True), await bot.room_with(ben, direct=True)
        await bot.inbox.of(await anna.say(deserted, "Tschüs"))
    await anna.leave(deserted)
    if is_seen:
        bot.inbox.stored = await position(lotse)
    async with bot.running():
        await eventually(lambda: is_out(lotse, deserted))
        await has_settled(bot, ben)
        assert await is_in(lotse, peopled)


async def test_leaving_is_tried_again(bot: Bot, lotse: Person, anna: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, direct=True)
        leave, failures = platform._client.room_leave, [ServerError(502), TimeoutError()]

        async def fail(room_id: str) -> Any:
            if failures:
                raise failures.pop()
            return await leave(room_id)

        monkeypatch.setattr(platform._client, "room_leave", fail)
        await anna.leave(room)
        await eventually(lambda: is_out(lotse, room))
    assert failures == []


# kicked and banned


@pytest.mark.parametrize(("act", "how"), [("kick", "kicked"), ("ban", "banned")])
async def test_bot_that_is_thrown_out_stays_out_until_it_is_invited_again(
    bot: Bot, lotse: Person, anna: Person, act: str, how: str
) -> None:
    async with bot.running() as platform:
        room = await anna.create_room(bot.id)
        await eventually(lambda: has_entered(anna, room, bot.id))
        await put_state(anna, room, "m.room.join_rules", {"join_rule": "public"})
        await bot.inbox.of(await anna.say(room, "!hallo"))
        with capture_logs() as logs:
            await anna.call("POST", f"/rooms/{quote(room)}/{act}", {"user_id": bot.id})
            await eventually(lambda: room not in platform._client.rooms)
        assert {"room_id": room, "how": how} in [{"room_id": log.get("room_id"), "how": log.get("how")} for log in logs]
        with pytest.raises(DeliveryError) as error:
            await platform.send(bot.post(room, "Bin ich noch da?"))
        assert error.value.is_final
        await has_settled(bot, anna)
        assert not await is_in(lotse, room)
        if act == "ban":
            await anna.call("POST", f"/rooms/{quote(room)}/unban", {"user_id": bot.id})
        await anna.invite(room, bot.id)
        await bot.inbox.of(await anna.say(room, "!wieder da"))
        await platform.send(bot.post(room, "Ja."))


async def test_what_waits_for_a_room_that_threw_the_bot_out_is_given_up(
    bot: Bot, anna: Person, sqlite: Database, clock: MovedClock
) -> None:
    mailbox = Mailbox(sqlite, clock.now)
    async with bot.running():
        room = await bot.room_with(anna)
    await mailbox.post([bot.post(room, "zu spät")])
    await anna.call("POST", f"/rooms/{quote(room)}/kick", {"user_id": bot.id})
    async with serving(bot, mailbox):
        await eventually(lambda: nothing_waits(sqlite))
    assert await anna.messages(room, bot.id) == []


async def test_what_waits_for_a_key_is_forgotten_with_its_room(bot: Bot, anna: Person) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna)
        await eventually(lambda: room in platform._client.rooms)
    wire = {"type": "m.room.encrypted", "event_id": "$sealed", "sender": anna.id, "origin_server_ts": 1, "content": {}}
    bot.inbox.waiting = [Sealed("$sealed", wire | {"room_id": room})]
    await anna.call("POST", f"/rooms/{quote(room)}/kick", {"user_id": bot.id})
    async with bot.running():
        await has_settled(bot, anna)
    assert bot.inbox.waiting == []


@asynccontextmanager
async def serving(bot: Bot, mailbox: Mailbox) -> AsyncIterator[None]:
    """The bot with a real mailbox."""
    platform = bot.platform()
    mailbox.serve({platform.name: platform})
    task = asyncio.create_task(platform.run(mailbox))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await mailbox.stop()


async def nothing_waits(database: Database) -> bool:
    async with database.reading() as uow:
        return await uow.mailbox.waiting_to_send() == []


# upgrades


async def test_deletion_is_done_in_the_old_room_as_long_as_the_bot_is_there(
    bot: Bot, anna: Person, ben: Person
) -> None:
    async with bot.running() as platform:
        old = await bot.room_with(anna, ben.id)
        await bot.inbox.of(await anna.say(old, "!Was denn?"))
        answer = await platform.send(bot.post(old, "Geheim"))
        await put_state(anna, old, "m.room.tombstone", {"body": "", "replacement_room": "!" + "x" * 43})
        await bot.inbox.of(await anna.say(old, "!noch da?"))
        gone = replace(bot.post(old, "", key="k2"), deletes=answer)
        await platform.send(gone)
        with pytest.raises(DeliveryError):
            await platform.send(bot.post(old, "wartet", key="k3"))
    assert [message["content"] for message in await anna.messages(old, bot.id)] == [{}]


async def open_room(
    person: Person, bot: Bot, *others: Person, version: str = "11", rule: str = "invite", level: int = 100
) -> str:
    """A room with the bot, in which people have this level; from version 12 on its creator has more than any."""
    users = {one.id: level for one in others} | ({person.id: 100} if version == "11" else {})
    body = {
        "preset": "private_chat",
        "room_version": version,
        "invite": [bot.id, *(other.id for other in others)],
        "power_level_content_override": {"users": users},
    }
    room = str((await person.call("POST", "/createRoom", body))["room_id"])
    await put_state(person, room, "m.room.join_rules", {"join_rule": rule})
    for other in others:
        await other.join(room)
    await eventually(lambda: has_entered(person, room, bot.id))
    return room


async def upgrade(person: Person, room: str, version: str = "12") -> str:
    answer = await person.call("POST", f"/rooms/{quote(room)}/upgrade", {"new_version": version})
    return str(answer["replacement_room"])


def recorded(platform: MatrixPlatform, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the requests that matrix-nio has no method for, from now on."""
    call, paths = platform._client.call, list[str]()

    async def note(method: str, path: str, *arguments: Any, **options: Any) -> Any:
        paths.append(path)
        return await call(method, path, *arguments, **options)

    monkeypatch.setattr(platform._client, "call", note)
    return paths


async def test_bot_follows_into_the_replacements_one_after_the_other(
    bot: Bot, lotse: Person, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bot.running() as platform:
        paths = recorded(platform, monkeypatch)
        first = await open_room(anna, bot, rule="public")
        second = await upgrade(anna, first)
        await eventually(lambda: is_out(lotse, first))
        third = await upgrade(anna, second)
        await eventually(lambda: is_out(lotse, second))
        assert bot.inbox.moved == [(first, second), (second, third)]
        query = "?via=localhost&server_name=localhost"
        joins = [f"/join/{quote(room, safe='')}{query}" for room in (second, third)]
        assert [path for path in paths if path.startswith("/join/")] == joins
        question = await bot.inbox.of(await anna.say(third, "!hallo"))
        await platform.send(bot.answer(question))
        assert len(await anna.messages(third, bot.id)) == 1
        with pytest.raises(DeliveryError) as error:
            await platform.send(bot.post(first, "Ist da wer?", key="k2"))
        assert error.value.is_final


async def test_bot_waits_for_the_invitation_into_a_replacement_and_takes_it_from_anybody(
    bot: Bot, lotse: Person, anna: Person, ben: Person
) -> None:
    choosy = replace(bot, invites_from=(anna.id,))
    async with choosy.running() as platform:
        old = await open_room(anna, bot, ben)
        new, other = await upgrade(ben, old), await ben.create_room(bot.id)
        await has_settled(choosy, anna)
        assert (await ben.members(other))[bot.id] == "leave"
        with pytest.raises(DeliveryError) as error:
            await platform.send(bot.post(old, "Wo seid ihr?"))
        assert not error.value.is_final
        await ben.invite(new, bot.id)
        await eventually(lambda: is_out(lotse, old))
        assert await is_in(lotse, new)
        assert bot.inbox.moved == [(old, new)]


async def test_upgrade_while_the_bot_is_away_is_followed(bot: Bot, lotse: Person, anna: Person, ben: Person) -> None:
    choosy = replace(bot, invites_from=(anna.id,))
    async with choosy.running():
        old = await open_room(anna, bot, ben)
    new = await upgrade(ben, old)
    await anna.leave(old)
    await ben.leave(old)
    async with choosy.running():  # and dies before the invitation
        await has_settled(choosy, anna)
        assert await is_in(lotse, old)
    await ben.invite(new, bot.id)
    async with choosy.running():
        await eventually(lambda: is_out(lotse, old))
    assert bot.inbox.moved == [(old, new)]


async def test_crash_in_the_middle_of_a_move_is_made_good(
    bot: Bot, lotse: Person, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bot.running() as platform:
        old = await open_room(anna, bot, rule="public")
        monkeypatch.setattr(platform._client, "room_leave", never)
        new = await upgrade(anna, old)
        await eventually(lambda: bot.inbox.moved == [(old, new)])
    bot.inbox.stored = await position(lotse)
    async with bot.running():
        await eventually(lambda: is_out(lotse, old))
        assert await is_in(lotse, new)
    assert bot.inbox.moved == [(old, new)]


async def never(_room_id: str) -> None:
    await asyncio.Event().wait()


async def test_room_that_does_not_call_itself_the_replacement_is_left(
    bot: Bot, lotse: Person, anna: Person, ben: Person
) -> None:
    async with bot.running():
        old, foreign = await open_room(anna, bot), await ben.create_room()
        await put_state(ben, foreign, "m.room.join_rules", {"join_rule": "public"})
        await put_state(anna, old, "m.room.tombstone", {"body": "", "replacement_room": foreign})
        await eventually(lambda: has_been_and_gone(ben, foreign, bot.id))
        await bot.inbox.of(await anna.say(old, "!noch hier?"))
        assert await is_in(lotse, old)
    assert bot.inbox.moved == []


async def has_been_and_gone(person: Person, room: str, user_id: str) -> bool:
    return (await person.members(room)).get(user_id) == "leave"


async def test_room_that_the_bot_is_in_anyway_is_not_left_for_a_false_tombstone(
    bot: Bot, lotse: Person, anna: Person, ben: Person
) -> None:
    async with bot.running():
        old, other = await open_room(anna, bot), await bot.room_with(ben)
        with capture_logs() as logs:
            await put_state(anna, old, "m.room.tombstone", {"body": "", "replacement_room": other})
            await eventually(lambda: "matrix.upgrade_refused" in [log["event"] for log in logs])
        await bot.inbox.of(await ben.say(other, "!noch da?"))
        assert await is_in(lotse, old)
    assert bot.inbox.moved == []


@pytest.mark.parametrize("replacement", ["", "#alias:localhost", "!" + "x" * 300, None, 7, {}, "!" + "x" * 43])
async def test_tombstone_of_nonsense_does_no_harm(bot: Bot, anna: Person, replacement: object) -> None:
    async with bot.running():
        room = await open_room(anna, bot)
        await put_state(anna, room, "m.room.tombstone", {"replacement_room": replacement})
        await bot.inbox.of(await anna.say(room, "!noch da?"))


async def test_what_waits_for_the_old_room_arrives_in_the_new_one(
    bot: Bot, lotse: Person, anna: Person, sqlite: Database, clock: MovedClock
) -> None:
    mailbox = Mailbox(sqlite, clock.now)
    async with bot.running():
        old = await open_room(anna, bot)
    await mailbox.receive(f"matrix:{bot.id}", [], await position(lotse))
    new = await upgrade(anna, old)
    await mailbox.post([bot.post(old, "eins")])
    async with serving(bot, mailbox):
        await mailbox.post([bot.post(old, "zwei", key="k2")])
        await anna.invite(new, bot.id)
        await eventually(lambda: nothing_waits(sqlite))
        await eventually(lambda: is_out(lotse, old))
        await mailbox.post([bot.post(old, "drei", key="k3")])
        await eventually(lambda: nothing_waits(sqlite))
    assert [message["content"]["body"] for message in await anna.messages(new, bot.id)] == ["eins", "zwei", "drei"]
    assert await anna.messages(old, bot.id) == []


@needs_node
async def test_question_in_the_replacement_of_an_encrypted_room_is_answered_encrypted(
    bot: Bot, anna: Person, synapse: Synapse, http: aiohttp.ClientSession
) -> None:
    clara = synapse.register(f"clara_of_{bot.account.user_id[1:].partition(':')[0]}", display_name="Clara")
    async with bot.running() as platform, Element.open(clara, exclude_unsigned=True) as person:
        old = await person.create_room(bot.id)
        await person.wait_for_member(old, bot.id)
        new = await upgrade(Person(clara, http), old)
        await Person(clara, http).invite(new, bot.id)
        await person.wait_for_member(new, bot.id)
        await eventually(lambda: bot.inbox.moved == [(old, new)])
        question = await bot.inbox.of(await person.say(new, "!Wo sind wir?"))
        await platform.send(bot.answer(question, "Im neuen Raum."))
        seen = await person.wait_for(new, bot.id, "neuen Raum")
    assert (seen.is_encrypted, seen.shield) == (True, None)


# moderated phases


@pytest.mark.parametrize("version", ["11", "12"])
async def test_only_speakers_write_until_everybody_may_again_even_after_a_restart(
    bot: Bot, anna: Person, ben: Person, version: str
) -> None:
    async with bot.running() as platform:
        room = await open_room(anna, bot, ben, version=version, level=0)
        here = Conversation(platform.name, room)
        before = await state(anna, room, "m.room.power_levels")
        before["users"] = {**before["users"], bot.id: 100}
        await put_state(anna, room, "m.room.power_levels", before)
        message = await anna.say(room, "Wir beginnen.")
        await platform.let_speak(here, frozenset({anna.id}))
        with pytest.raises(RefusedError):
            await ben.say(room, "Darf ich?")
        relation = {"rel_type": "m.annotation", "event_id": message, "key": "👍"}
        await ben.send(room, {"m.relates_to": relation}, "m.reaction")
        await platform.let_speak(here, frozenset({ben.id}))
        await ben.say(room, "Jetzt ich.")
        await anna.say(room, "Ich moderiere.")
        await platform.send(bot.post(room, "Ich auch."))
        assert BEFORE in await state(anna, room, "m.room.power_levels")
    async with bot.running() as platform:
        await platform.let_speak(here, None)
        await platform.let_speak(here, None)
    assert await state(anna, room, "m.room.power_levels") == before


async def test_without_the_power_to_moderate_the_reason_can_be_shown(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running() as platform:
        rooms = [await open_room(anna, bot, ben), "!unknown"]
        await eventually(lambda: rooms[0] in platform._client.rooms)  # it comes with the next sync
        for room, reason in zip(rooms, ["darf ich nicht festlegen", "bin ich nicht"], strict=True):
            with pytest.raises(DeliveryError, match=reason) as error:
                await platform.let_speak(Conversation(platform.name, room), frozenset({ben.id}))
            assert error.value.is_final


# read receipts


async def has_read(person: Person, room: str, user_id: str, event_id: str) -> bool:
    found = (await sync(person))["rooms"]["join"][room]["ephemeral"]["events"]
    receipts = [event["content"] for event in found if event["type"] == "m.receipt"]
    return any(user_id in receipt.get(event_id, {}).get("m.read", {}) for receipt in receipts)


async def test_read_receipts_are_given_when_they_are_wanted(bot: Bot, anna: Person) -> None:
    async with replace(bot, settings={"read_receipts": True}).running():
        room = await bot.room_with(anna, direct=True)
        question = await anna.say(room, "Liest du das?")
        await eventually(lambda: has_read(anna, room, bot.id, question))
    async with bot.running():
        question = await anna.say(room, "Und das?")
        await bot.inbox.of(question)
        await has_settled(bot, anna)
        assert not await has_read(anna, room, bot.id, question)


@pytest.mark.parametrize("error", [ServerError(500), ServerError(404, "M_NOT_FOUND"), TimeoutError()])
async def test_receipt_that_fails_stops_nothing(
    bot: Bot, anna: Person, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with replace(bot, settings={"read_receipts": True}).running() as platform:
        room = await bot.room_with(anna, direct=True)
        call = platform._client.call

        async def fail(method: str, path: str, *arguments: Any, **options: Any) -> Any:
            if "/receipt/" in path:
                raise error
            return await call(method, path, *arguments, **options)

        monkeypatch.setattr(platform._client, "call", fail)
        await bot.inbox.of(await anna.say(room, "eins"))
        await bot.inbox.of(await anna.say(room, "zwei"))
        assert bot.inbox.texts == ["eins", "zwei"]


# names


async def test_renamed_bot_listens_to_its_new_name_also_after_a_restart(bot: Bot, lotse: Person, anna: Person) -> None:
    async with bot.running():
        room = await bot.room_with(anna, "@somebody:localhost")
        await bot.inbox.of(await anna.say(room, "Lotsenfunk: eins"))
        member = {"membership": "join", "displayname": "Frag mal"}
        await put_state(lotse, room, "m.room.member", member, bot.id)
        await bot.inbox.of(await anna.say(room, "Frag mal: zwei"))
    for number in range(20):
        await anna.say(room, f"Geplauder {number}")
    async with bot.running():
        await bot.inbox.of(await anna.say(room, "Frag mal: drei"))
    assert bot.inbox.texts == ["eins", "zwei", "drei"]


async def test_bot_renamed_while_it_was_away_listens_to_its_new_name(bot: Bot, lotse: Person, anna: Person) -> None:
    async with bot.running():
        room = await bot.room_with(anna, "@somebody:localhost")
        await bot.inbox.of(await anna.say(room, "Lotsenfunk: eins"))
    await rename(lotse, room, "Frag mal")
    async with bot.running():
        await bot.inbox.of(await anna.say(room, "Frag mal: zwei"))
        await rename(lotse, room, "Lotse")
        await bot.inbox.of(await anna.say(room, "Lotse: drei"))
        unnamed = await anna.say(room, "Frag mal: vier")
        await bot.inbox.of(await anna.say(room, "Lotse: fünf"))
    assert bot.inbox.texts == ["eins", "zwei", "drei", "fünf"], unnamed


async def rename(person: Person, room: str, name: str) -> None:
    """Change somebody's profile, and wait until the room has it."""

    async def is_shown() -> bool:
        member = await person.call("GET", f"/rooms/{quote(room)}/state/m.room.member/{quote(person.id)}")
        return bool(member["displayname"] == name)

    await person.call("PUT", f"/profile/{quote(person.id)}/displayname", {"displayname": name})
    await eventually(is_shown)


async def test_renamed_room_changes_nothing(bot: Bot, anna: Person) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, "@somebody:localhost")
        before = await bot.inbox.of(await anna.say(room, "!vorher"))
        for name in ("Lotsen", "", "x" * 1000):
            await put_state(anna, room, "m.room.name", {"name": name})
        after = await bot.inbox.of(await anna.say(room, "!nachher"))
        assert before.conversation == after.conversation
        await platform.send(bot.answer(after))
