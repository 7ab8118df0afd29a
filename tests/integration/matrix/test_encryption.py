"""Encrypted rooms behave like plain ones, seen by the crypto of Element Web."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import nio
import pytest

from bot.errors import DeliveryError
from bot.messages import Kind, Outgoing
from bot.platforms import Sealed
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.platform import MatrixPlatform
from servers.element import Element, needs_node
from servers.matrix_bot import Bot
from servers.synapse import Account, Person, Synapse, eventually

pytestmark = needs_node

_numbers = itertools.count(1)
OPERATORS = "!operators"


@pytest.fixture
def clara(synapse: Synapse) -> Account:
    return synapse.register(f"clara_e{next(_numbers)}", display_name="Clara")


@pytest.fixture
def david(synapse: Synapse) -> Account:
    return synapse.register(f"david_e{next(_numbers)}", display_name="David")


async def room_of(person: Element, bot: Bot, *others: Element, direct: bool = False) -> str:
    """An encrypted room which everybody has entered and sees."""
    room = await person.create_room(bot.id, *(other.id for other in others), direct=direct)
    for other in others:
        await other.join(room)
    for one in (person, *others):
        await one.wait_for_member(room, bot.id)
    return room


async def answer(bot: Bot, platform: MatrixPlatform, question: str, text: str, **fields: Any) -> str:
    """Have the bot answer a question that it has received."""
    return await platform.send(bot.answer(await bot.inbox.of(question), text, **fields))


def with_settings(bot: Bot, **settings: Any) -> Bot:
    return replace(bot, settings=settings)


async def test_person_who_excludes_unsigned_devices_asks_and_reads_the_answer_without_a_shield(
    bot: Bot, clara: Account
) -> None:
    async with bot.running() as platform, Element.open(clara, exclude_unsigned=True) as person:
        room = await room_of(person, bot, direct=True)
        question = await person.say(room, "Wie beantrage ich Telearbeit?")
        await answer(bot, platform, question, "Mit dem **Formular** im Intranet.")
        seen = await person.wait_for(room, bot.id, "Formular")
        assert bot.inbox.texts == ["Wie beantrage ich Telearbeit?"]
        assert (seen.text, seen.is_encrypted, seen.shield) == ("Mit dem Formular im Intranet.", True, None)
        [device] = (await person.devices_of(bot.id)).values()
        assert device.signed_by_owner


async def test_threads_edits_reactions_and_deletions_work_like_in_plain_rooms(
    bot: Bot, clara: Account, david: Account, http: aiohttp.ClientSession
) -> None:
    async with bot.running() as platform, Element.open(clara) as person, Element.open(david) as other:
        room = await room_of(person, bot, other)
        question = await person.say(room, "Lotsenfunk: Wo ist der Scanner?")
        first = await answer(bot, platform, question, "Im Keller.")
        seen = await person.wait_for(room, bot.id, "Keller")
        assert seen.relation is not None
        assert (seen.relation["rel_type"], seen.relation["event_id"]) == ("m.thread", question)
        await answer(bot, platform, question, "Im ersten Stock.", key="k2", replaces=first)
        await eventually_reads(person, room, bot, "Im ersten Stock.")
        edit = await bot.inbox.of(await person.edit(room, question, "Lotsenfunk: Wo ist der Drucker?"))
        reaction = await bot.inbox.of(await person.react(room, first, "👍"))
        assert (edit.kind, edit.refers_to, edit.text) == (Kind.EDIT, question, "Wo ist der Drucker?")
        assert (reaction.kind, reaction.refers_to, reaction.text) == (Kind.REACTION, first, "👍")
        deletion = Outgoing("k3", edit.conversation, "", deletes=first)
        assert await platform.send(deletion) == await platform.send(deletion)
        mine = Person(bot.account, http)
        page = await mine.call("GET", f"/rooms/{room}/messages?dir=b&limit=100")
        sealed = [e for e in page["chunk"] if e["sender"] == bot.id and e["type"] == "m.room.encrypted"]
        assert [event["content"].get("ciphertext") for event in sealed] == [None, None]


async def eventually_reads(person: Element, room: str, bot: Bot, text: str) -> None:
    async def is_there() -> bool:
        return [seen.text for seen in await person.messages(room, bot.id)] == [text]

    await eventually(is_there)


async def test_unsigned_person_is_not_read_and_told_once_in_clear_how_to_confirm(bot: Bot, clara: Account) -> None:
    async with bot.running() as platform, Element.open(clara, cross_signed=False) as person:
        room = await room_of(person, bot, direct=True)
        await person.say(room, "geheim")
        await person.say(room, "noch einmal geheim")
        await eventually(lambda: len(bot.inbox.posted) == 1)
        await platform.send(bot.inbox.posted[0])
        seen = await person.wait_for(room, bot.id)
        assert "Gerät verifizieren" in seen.text
        assert not seen.is_encrypted
        await platform.send(bot.post(room, "nur für bestätigte Geräte", key="k9"))
        hidden = await person.wait_for(room, bot.id, after=seen.event_id, within=3)
        assert hidden.decryption_failure
        assert bot.inbox.texts == []


async def test_unsigned_person_is_answered_under_the_open_policy_and_operators_are_told(
    bot: Bot, clara: Account
) -> None:
    generous = with_settings(bot, trust="open", operators_room=OPERATORS)
    async with generous.running() as platform, Element.open(clara, cross_signed=False) as person:
        room = await room_of(person, bot, direct=True)
        question = await person.say(room, "Darf ich fragen?")
        await answer(bot, platform, question, "Ja.")
        seen = await person.wait_for(room, bot.id, "Ja.")
        assert seen.is_encrypted
    [notice] = bot.inbox.posted
    assert notice.conversation.id == OPERATORS
    assert clara.user_id in notice.text


async def test_message_in_clear_in_an_encrypted_room_is_not_taken_for_its_sender(bot: Bot, anna: Person) -> None:
    async with bot.running():
        room = await anna.create_room(bot.id, direct=True, encrypted=True)
        await eventually(lambda: is_in(anna, room, bot.id))
        await anna.say(room, "von irgendwem")
        await eventually(lambda: len(bot.inbox.posted) == 1)
    assert bot.inbox.texts == []


async def test_odd_messages_in_clear_do_not_hold_up_an_encrypted_room(
    bot: Bot, clara: Account, http: aiohttp.ClientSession
) -> None:
    async with bot.running(), Element.open(clara) as person:
        room = await room_of(person, bot, direct=True)
        stranger = Person(clara, http)
        for content in ({"msgtype": "m.odd", "body": ""}, {"msgtype": "m.text", "body": "", "m.relates_to": 7}):
            await stranger.send(room, content)
            await stranger.send(room, content, "m.room.encrypted")
        broken = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "sender_key": "y", "device_id": "z"}
        await stranger.send(room, broken | {"session_id": "s"}, "m.room.encrypted")
        assert (await bot.inbox.of(await person.say(room, "Geht es noch?"))).text == "Geht es noch?"
    assert bot.inbox.texts == ["Geht es noch?"]


async def is_in(person: Person, room: str, user_id: str) -> bool:
    return (await person.members(room)).get(user_id) == "join"


async def test_room_that_becomes_encrypted_gets_no_plain_text_any_more(bot: Bot, clara: Account) -> None:
    async with bot.running() as platform, Element.open(clara) as person:
        room = await person.create_room(bot.id, direct=True, encrypted=False)
        await person.wait_for_member(room, bot.id)
        await bot.inbox.of(await person.say(room, "offen"))
        await person.encrypt(room)
        question = await person.say(room, "verschlüsselt")
        await answer(bot, platform, question, "Antwort")
        assert (await person.wait_for(room, bot.id, "Antwort")).is_encrypted


async def test_restarted_bot_is_the_same_device_and_reads_and_answers_on(bot: Bot, clara: Account) -> None:
    async with Element.open(clara, exclude_unsigned=True) as person:
        async with bot.running():
            room = await room_of(person, bot, direct=True)
            await bot.inbox.of(await person.say(room, "eins"))
        question = await person.say(room, "zwei")
        async with bot.running() as platform:
            await answer(bot, platform, question, "Antwort auf zwei")
            seen = await person.wait_for(room, bot.id, "zwei")
        assert seen.shield is None
        assert bot.inbox.texts == ["eins", "zwei"]
        assert len(await person.devices_of(bot.id)) == 1


async def test_new_chat_works_after_80_devices_used_up_all_keys_while_the_bot_was_away(
    bot: Bot, anna: Person, clara: Account
) -> None:
    async with bot.running() as platform:
        device = platform._client.device_id
    for _ in range(2):
        await claim_keys(anna, bot, device, 80)
        async with bot.running():
            pass
    await claim_keys(anna, bot, device, 80)
    async with Element.open(clara) as person:
        room = await person.create_room(bot.id, direct=True)
        await person.wait_for_member(room, bot.id, "invite")
        question = await person.say(room, "Bist du noch da?")  # before the bot could bring new keys
        async with bot.running() as platform:
            await answer(bot, platform, question, "Ja.")
            assert (await person.wait_for(room, bot.id, "Ja.")).shield is None


async def claim_keys(person: Person, bot: Bot, device: str, number: int) -> None:
    for _ in range(number):
        wanted = {"one_time_keys": {bot.id: {device: "signed_curve25519"}}}
        claimed = await person.call("POST", "/keys/claim", wanted)
        assert claimed["one_time_keys"][bot.id][device]


async def test_message_is_read_when_its_key_comes_late(bot: Bot, clara: Account) -> None:
    async with bot.running() as platform, Element.open(clara) as person:
        room = await room_of(person, bot, direct=True)
        post = HeldPost(platform)
        question = await person.say(room, "Wer hat den Schlüssel?")
        await eventually(lambda: ids(bot.inbox.waiting) == [question])
        assert "Schlüssel?" not in str(bot.inbox.waiting)
        post.release(platform)
        await person.react(room, question, "👀")  # wakes the bot
        await bot.inbox.of(question)
        await eventually(lambda: bot.inbox.waiting == [])


async def test_message_is_read_when_its_key_comes_after_a_restart(bot: Bot, clara: Account) -> None:
    async with Element.open(clara) as person:
        async with bot.running() as platform:
            room = await room_of(person, bot, direct=True)
            post = HeldPost(platform)
            question = await person.say(room, "Wer hat den Schlüssel?")
            await eventually(lambda: ids(bot.inbox.waiting) == [question])
        restarted = bot.platform()
        post.release(restarted)
        run = asyncio.create_task(restarted.run(bot.inbox))
        assert (await bot.inbox.of(question)).text == "Wer hat den Schlüssel?"
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        assert bot.inbox.waiting == []


async def test_message_that_is_deleted_before_its_key_comes_is_forgotten(bot: Bot, clara: Account) -> None:
    async with bot.running() as platform, Element.open(clara) as person:
        room = await room_of(person, bot, direct=True)
        HeldPost(platform)
        question = await person.say(room, "Wer hat den Schlüssel?")
        await eventually(lambda: ids(bot.inbox.waiting) == [question])
        await person.redact(room, question)
        await eventually(lambda: bot.inbox.waiting == [])


def ids(waiting: Sequence[Sealed]) -> list[str]:
    return [sealed.event_id for sealed in waiting]


class HeldPost:
    """Holds back what a homeserver sends to the bot's device until it is released."""

    def __init__(self, platform: MatrixPlatform) -> None:
        self._events: list[Any] = []
        client: Any = platform._client
        self._receive = client.receive_response
        client.receive_response = self._hold

    async def _hold(self, response: Any) -> None:
        if isinstance(response, nio.SyncResponse):
            self._events += response.to_device_events
            response.to_device_events = []
        await self._receive(response)

    def release(self, platform: MatrixPlatform) -> None:
        """Deliver it with the next sync, to this start of the bot."""
        client: Any = platform._client
        receive = Client.receive_response.__get__(client)

        async def deliver(response: Any) -> None:
            if isinstance(response, nio.SyncResponse):
                response.to_device_events, self._events = self._events + response.to_device_events, []
            await receive(response)

        client.receive_response = deliver


async def test_changed_identity_is_reported_once_and_the_person_is_answered_on(bot: Bot, clara: Account) -> None:
    watched = with_settings(bot, operators_room=OPERATORS)
    async with watched.running() as platform, Element.open(clara) as person:
        room = await room_of(person, bot, direct=True)
        await bot.inbox.of(await person.say(room, "eins"))
        await person.reset_identity()
        question = await person.say(room, "zwei")
        await answer(bot, platform, question, "Antwort auf zwei")
        await person.wait_for(room, bot.id, "zwei")
        await eventually(lambda: len(bot.inbox.posted) == 1)
    async with watched.running():
        pass
    [notice] = bot.inbox.posted
    assert notice.conversation.id == OPERATORS
    assert clara.user_id in notice.text
    assert "neue Matrix-Identität" in notice.text


async def test_second_device_of_a_person_reads_the_next_answer(bot: Bot, clara: Account) -> None:
    async with bot.running() as platform, Element.open(clara) as person:
        room = await room_of(person, bot, direct=True)
        key = await person.set_up_recovery_key()
        await answer(bot, platform, await person.say(room, "eins"), "Antwort auf eins")
        async with Element.open(clara, cross_signed=False) as second:
            assert await second.sign_in_with_recovery_key(key)
            await second.wait_for_member(room, bot.id)
            question = await second.say(room, "zwei")
            await answer(bot, platform, question, "Antwort auf zwei", key="k2")
            assert (await second.wait_for(room, bot.id, "zwei")).text == "Antwort auf zwei"
            assert (await person.wait_for(room, bot.id, "zwei")).text == "Antwort auf zwei"


async def test_somebody_who_left_unseen_cannot_read_the_next_answer(
    bot: Bot, clara: Account, david: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    lazy = {"lazy_load_members": True}
    monkeypatch.setattr("bot.platforms.matrix.sync.FILTER", {"room": {"timeline": lazy | {"limit": 1}, "state": lazy}})
    async with bot.running() as platform, Element.open(clara) as person, Element.open(david) as leaver:
        room = await room_of(person, bot, leaver)
        first = await answer(bot, platform, await person.say(room, "Lotsenfunk: eins"), "Antwort auf eins")
        await leaver.wait_for(room, bot.id, "eins")
        async with out_of_touch(platform, person.react(room, first, "👀")):
            await leaver.leave(room)
            question = [await person.say(room, f"Lotsenfunk: {number}") for number in range(5)][-1]
        await answer(bot, platform, question, "Antwort auf vier", key="k2")
        await person.wait_for(room, bot.id, "vier")
        readers = platform._client.olm.outbound_group_sessions[room].users_shared_with
        assert {user for user, _ in readers} == {person.id}


@asynccontextmanager
async def out_of_touch(platform: MatrixPlatform, wake: Awaitable[Any]) -> AsyncIterator[None]:
    """Ask for nothing once `wake` has ended the request under way: the server has to leave something out then."""
    client: Any = platform._client
    sync, is_waiting, goes_on = client.sync, asyncio.Event(), asyncio.Event()

    async def wait(**options: Any) -> Any:
        is_waiting.set()
        await goes_on.wait()
        return await sync(**options)

    client.sync = wait
    await wake
    await is_waiting.wait()
    yield
    client.sync = sync
    goes_on.set()


@pytest.mark.parametrize("path", ["/keys/claim", "/sendToDevice"])
@pytest.mark.parametrize("is_proxy_there", [True, False])
async def test_answer_waits_until_its_key_can_reach_everybody(
    bot: Bot, clara: Account, monkeypatch: pytest.MonkeyPatch, path: str, is_proxy_there: bool
) -> None:
    async with bot.running() as platform, Element.open(clara) as person:
        room = await room_of(person, bot, direct=True)
        question = await bot.inbox.of(await person.say(room, "Kommt die Antwort an?"))
        client = platform._client
        client.olm.session_store._entries.clear()
        with monkeypatch.context() as broken:
            broken.setattr(client, "send", failing_at(client, path, is_proxy_there))
            with pytest.raises(DeliveryError) as error:
                await platform.send(bot.answer(question, "Ja."))
            assert not error.value.is_final
        await platform.send(bot.answer(question, "Ja."))
        assert (await person.wait_for(room, bot.id)).text == "Ja."


def failing_at(client: Any, path: str, is_proxy_there: bool) -> Any:
    """A client's `send` that fails for requests to some path: with a proxy's 502, or without any answer."""
    send = client.send

    async def failing(method: str, where: str, *arguments: Any, **options: Any) -> Any:
        if path not in where:
            return await send(method, where, *arguments, **options)
        if not is_proxy_there:
            raise aiohttp.ServerDisconnectedError
        return BadGateway()

    return failing


class BadGateway:
    """The answer of a proxy without a homeserver."""

    status = 502
    content_type = "text/html"
    content_disposition = None
    headers: Mapping[str, str] = {}

    async def json(self, **options: Any) -> dict[str, Any]:
        return {}
