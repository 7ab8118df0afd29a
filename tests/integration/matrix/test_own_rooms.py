"""Rooms that the bot opens: for those who are invited, for what they say to each other, and for no longer than that."""

from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from bot.errors import DeliveryError
from bot.mailbox import Mailbox
from bot.messages import Conversation, Kind, Order, Outgoing, RoomOrder
from bot.platforms.matrix.platform import MatrixPlatform
from conftest import MovedClock
from servers.element import Element, needs_node
from servers.matrix_bot import Bot
from servers.synapse import Account, Person, RefusedError, Synapse, eventually
from storage.database import Database


@pytest.fixture
def lotse(bot: Bot, http: aiohttp.ClientSession) -> Person:
    """The bot's account, as its server sees it."""
    return Person(bot.account, http)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.patience.FIRST_S", 0.05)


def opening(*people: str) -> RoomOrder:
    return RoomOrder(Order.OPEN, "Beratung 7", people)


async def arrange(platform: MatrixPlatform, order: RoomOrder, room: str = "new:k", key: str = "k") -> str:
    return await platform.send(Outgoing(key, Conversation(platform.name, room), "", room=order))


async def state(person: Person, room: str, kind: str) -> dict[str, Any]:
    return await person.call("GET", f"/rooms/{quote(room)}/state/{kind}")


async def rooms(person: Person) -> list[str]:
    return list((await person.call("GET", "/joined_rooms"))["joined_rooms"])


async def still_said(person: Person, room: str) -> list[Any]:
    """What somebody who was there can still read."""
    page = await person.call("GET", f"/rooms/{quote(room)}/messages?dir=b&limit=1000")
    return [event["content"] for event in page["chunk"] if "state_key" not in event and event["content"].get("body")]


async def test_a_room_is_private_and_only_the_bot_decides_in_it(bot: Bot, lotse: Person, anna: Person) -> None:
    async with bot.running() as platform:
        room = await arrange(platform, opening(anna.id))
        assert await arrange(platform, opening(anna.id)) == room
    for kind, wanted in {
        "m.room.encryption": {"algorithm": "m.megolm.v1.aes-sha2"},
        "m.room.join_rules": {"join_rule": "invite"},
        "m.room.history_visibility": {"history_visibility": "joined"},
        "m.room.guest_access": {"guest_access": "forbidden"},
        "m.room.name": {"name": "Beratung 7"},
    }.items():
        assert await state(lotse, room, kind) == wanted
    assert (await state(lotse, room, "m.room.create"))["m.federate"] is False
    levels = await state(lotse, room, "m.room.power_levels")
    assert {who: level for who, level in levels["users"].items() if level} in ({}, {bot.id: 100})
    assert (levels["users_default"], levels["events_default"]) == (0, 0)
    for right in ("invite", "kick", "ban", "redact", "state_default"):
        assert levels[right] == 100, right
    assert levels["notifications"]["room"] == 100
    assert await rooms(lotse) == [room]
    listed = await lotse.call("GET", f"/directory/list/room/{quote(room)}")
    assert listed == {"visibility": "private"}


async def test_people_of_other_servers_may_take_part_if_they_were_named_at_its_opening(
    bot: Bot, lotse: Person, anna: Person
) -> None:
    async with bot.running() as platform:
        room = await arrange(platform, opening(anna.id, "@zoe:elsewhere.example"))
        assert (await state(lotse, room, "m.room.create")).get("m.federate", True) is True
        # The stand-in for another server does not answer; anna is invited all the same.
        with pytest.raises(DeliveryError):
            await arrange(platform, RoomOrder(Order.INVITE, people=("@zoe:elsewhere.example", anna.id)), room, "k2")
        assert (await lotse.members(room))[anna.id] == "invite"


async def test_a_crash_before_the_room_is_noted_leaves_one_room_with_everybody_in_it(
    bot: Bot, lotse: Person, anna: Person, sqlite: Database, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = Outgoing("k", Conversation(f"matrix:{bot.id}", "new:k"), "", room=opening(anna.id))
    dying = Mailbox(sqlite, clock.now)
    died = False

    async def die(*_: object) -> None:
        nonlocal died
        died = True
        raise SystemError("killed")

    monkeypatch.setattr(dying, "_note", die)
    async with bot.running() as platform:
        dying.serve({platform.name: platform})
        await dying.resume(platform.name)
        await dying.post([order])
        await eventually(lambda: died)
        await dying.stop()
    mailbox = Mailbox(sqlite, clock.now)
    async with bot.running() as platform:
        mailbox.serve({platform.name: platform})
        await mailbox.resume(platform.name)
        await mailbox.idle()
        [room] = await rooms(lotse)
        assert await lotse.members(room) == {bot.id: "join", anna.id: "invite"}
        await mailbox.stop()


async def test_who_comes_and_goes_is_told_and_only_speakers_speak(
    bot: Bot, lotse: Person, anna: Person, ben: Person
) -> None:
    async with bot.running() as platform:
        room = await arrange(platform, opening(anna.id, ben.id))
        bot.inbox.led.add(room)
        invited = RoomOrder(Order.INVITE, people=(anna.id, ben.id))
        await arrange(platform, invited, room, "k2")
        await arrange(platform, invited, room, "k2")
        await anna.join(room)
        await ben.join(room)
        await arrange(platform, RoomOrder(Order.LET_SPEAK, people=(anna.id,)), room, "k3")
        await anna.say(room, "Ich erzähle.")
        with pytest.raises(RefusedError):
            await ben.say(room, "Ich auch?")
        await arrange(platform, RoomOrder(Order.LET_SPEAK, people=None), room, "k4")
        await ben.say(room, "Danke.")
        await arrange(platform, RoomOrder(Order.REMOVE, people=(ben.id,)), room, "k5")
        await arrange(platform, RoomOrder(Order.REMOVE, people=(ben.id,)), room, "k5")
        await anna.leave(room)
        chat = await bot.room_with(ben, direct=True)
        await bot.inbox.of(await ben.say(chat, "Noch da?"))
        here = [event for event in bot.inbox.events if event.conversation.id == room]
        passages = [(event.kind, event.sender.id, event.conversation.is_direct) for event in here]
        assert room in await rooms(lotse)  # what was said there is still to be deleted
    assert sorted(passages[:2]) == sorted([(Kind.ENTERED, anna.id, False), (Kind.ENTERED, ben.id, False)])
    assert passages[2:] == [(Kind.LEFT, ben.id, False), (Kind.LEFT, anna.id, False)]


async def test_after_the_end_nothing_can_be_read_and_nobody_is_there(
    bot: Bot, lotse: Person, anna: Person, ben: Person
) -> None:
    async with bot.running() as platform:
        room = await arrange(platform, opening(anna.id, ben.id))
        await arrange(platform, RoomOrder(Order.INVITE, people=(anna.id, ben.id)), room, "k2")
        await anna.join(room)
        said = [await anna.say(room, f"Geheim {number}") for number in range(3)]
        relation = {"rel_type": "m.annotation", "event_id": said[0], "key": "👍"}
        await anna.send(room, {"m.relates_to": relation}, "m.reaction")
        await eventually(lambda: room in platform._client.rooms)
        await platform.send(bot.post(room, "Meins.", key="k3"))
        assert len(await still_said(anna, room)) == 3
        await arrange(platform, RoomOrder(Order.CLOSE), room, "k4")
        await arrange(platform, RoomOrder(Order.CLOSE), room, "k4")
        assert await rooms(lotse) == []
        # The name of the room is free again, and nobody finds the old one by it.
        assert await arrange(platform, opening(anna.id), key="k") != room
    page = await anna.call("GET", f"/rooms/{quote(room)}/messages?dir=b&limit=1000")
    kept = [event for event in page["chunk"] if "state_key" not in event and event["type"] != "m.room.redaction"]
    assert kept
    assert [event["content"] for event in kept] == [{}] * len(kept)
    # Of the members that anna still sees, nobody is in it or can come in.
    assert await rooms(anna) == await rooms(ben) == []
    with pytest.raises(RefusedError):
        await ben.join(room)


@needs_node
async def test_people_talk_encrypted_and_who_comes_later_reads_on(
    bot: Bot, synapse: Synapse, http: aiohttp.ClientSession
) -> None:
    accounts = [synapse.register(f"{name}_of_{bot.id[1:].partition(':')[0]}") for name in ("dora", "emil")]
    async with bot.running() as platform, opened(accounts[0]) as dora, opened(accounts[1]) as emil:
        room = await arrange(platform, opening(dora.id, emil.id))
        bot.inbox.led.add(room)
        await arrange(platform, RoomOrder(Order.INVITE, people=(dora.id, emil.id)), room, "k2")
        await dora.join(room)
        await eventually(lambda: [event.kind for event in bot.inbox.events] == [Kind.ENTERED])
        heard = await bot.inbox.of(await dora.say(room, "Wie war das für dich?"))
        assert (heard.text, heard.is_overheard, heard.is_addressed) == ("Wie war das für dich?", True, False)
        assert not heard.conversation.is_direct
        await platform.send(bot.post(room, "Noch sind wir zu zweit.", key="k3"))
        assert (await dora.wait_for(room, bot.id, "zu zweit")).is_encrypted
        await emil.join(room)
        await eventually(lambda: [event.kind for event in bot.inbox.events][-1] is Kind.ENTERED)
        await platform.send(bot.post(room, "Jetzt sind alle da.", key="k4"))
        seen = await emil.wait_for(room, bot.id, "alle da")
        assert (seen.is_encrypted, seen.shield) == (True, None)
        assert [one.text for one in await emil.messages(room, bot.id)] == ["Jetzt sind alle da."]


def opened(account: Account) -> Any:
    return Element.open(account)
