"""Files that the bot sends arrive as they are, in rooms with and without encryption."""

import itertools

import aiohttp
import pytest
from nio.crypto.attachments import decrypt_attachment

from bot.messages import Conversation, File, Outgoing
from servers.element import Element, needs_node
from servers.matrix_bot import Bot
from servers.synapse import Account, Person, Synapse

FILE = File("jour-fixe.ics", "text/calendar; charset=utf-8", "BEGIN:VCALENDAR\r\nSUMMARY:Größe 😀\r\n" * 400)
_numbers = itertools.count(1)


@pytest.fixture
def eva(synapse: Synapse) -> Account:
    return synapse.register(f"eva_f{next(_numbers)}", display_name="Eva")


def file_message(bot: Bot, room: str, key: str = "k1:file") -> Outgoing:
    return Outgoing(key, Conversation(f"matrix:{bot.id}", room), "", file=FILE)


async def download(account: Account, http: aiohttp.ClientSession, address: str) -> bytes:
    """What the server has there, as clients fetch it."""
    url = f"{account.url}/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}"
    async with http.get(url, headers={"Authorization": f"Bearer {account.access_token}"}) as answer:
        assert answer.status == 200
        return await answer.read()


async def test_file_arrives_in_a_plain_room_once_however_often_it_is_sent(
    bot: Bot, anna: Person, http: aiohttp.ClientSession
) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, direct=True)
        await bot.inbox.of(await anna.say(room, "kalender"))
        identity = await platform.send(file_message(bot, room))
        assert await platform.send(file_message(bot, room)) == identity

    [event] = await anna.messages(room, bot.id)
    content = event["content"]
    assert (content["msgtype"], content["body"], content["filename"]) == ("m.file", FILE.name, FILE.name)
    assert content["info"] == {"mimetype": FILE.media_type, "size": len(FILE.content.encode())}
    assert await download(anna.account, http, content["url"]) == FILE.content.encode()


@needs_node
async def test_file_in_an_encrypted_room_can_be_read_by_its_people_alone(
    bot: Bot, eva: Account, http: aiohttp.ClientSession
) -> None:
    async with bot.running() as platform, Element.open(eva) as person:
        room = await person.create_room(bot.id, direct=True)
        await person.wait_for_member(room, bot.id)
        await bot.inbox.of(await person.say(room, "kalender"))
        await platform.send(file_message(bot, room))
        seen = await person.wait_for(room, bot.id, FILE.name)

    locked = seen.content["file"]
    stored = await download(eva, http, locked["url"])
    assert seen.is_encrypted
    assert "url" not in seen.content
    assert b"VCALENDAR" not in stored
    opened = decrypt_attachment(stored, locked["key"]["k"], locked["hashes"]["sha256"], locked["iv"])
    assert opened == FILE.content.encode()
