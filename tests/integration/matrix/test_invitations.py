"""Whom the bot follows into a room."""

import dataclasses
from urllib.parse import quote

import pytest

from servers.matrix_bot import Bot
from servers.synapse import Person, eventually


async def has_declined(person: Person, room: str, user_id: str) -> bool:
    return (await person.members(room))[user_id] == "leave"


@pytest.mark.parametrize("pattern", ["*:localhost", "{anna}"])
async def test_invitation_of_somebody_welcome_is_followed(bot: Bot, anna: Person, pattern: str) -> None:
    welcoming = dataclasses.replace(bot, invites_from=(pattern.format(anna=anna.id),))
    async with welcoming.running():
        room = await welcoming.room_with(anna)
        await bot.inbox.of(await anna.say(room, "!hilfe"))


@pytest.mark.parametrize("patterns", [(), ("*:localhost.evil.example",), ("@somebody:localhost",)])
async def test_invitation_of_anybody_else_is_declined(bot: Bot, anna: Person, patterns: tuple[str, ...]) -> None:
    async with dataclasses.replace(bot, invites_from=patterns).running():
        room = await anna.create_room(bot.id)
        await eventually(lambda: has_declined(anna, room, bot.id))


async def test_invitation_to_an_encrypted_room_is_followed(bot: Bot, anna: Person) -> None:
    async with bot.running() as platform:
        room = await anna.create_room(bot.id, encrypted=True)
        await eventually(lambda: is_in(anna, room, bot.id))
        await eventually(lambda: room in platform._client.rooms)
        assert platform._client.rooms[room].encrypted


async def test_invitation_that_is_withdrawn_before_it_could_be_followed_is_forgotten(
    bot: Bot, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bot.running() as platform:
        join, tries = platform._client.join, []

        async def fail(room_id: str) -> None:
            tries.append(room_id)
            raise TimeoutError

        monkeypatch.setattr(platform._client, "join", fail)
        room = await anna.create_room(bot.id)
        await anna.call("PUT", f"/rooms/{quote(room)}/state/m.room.join_rules/", {"join_rule": "public"})
        await eventually(lambda: tries == [room])
        await anna.call("POST", f"/rooms/{quote(room)}/kick", {"user_id": bot.id})
        await eventually(lambda: platform._doorkeeper._errands._tasks == {})
        monkeypatch.setattr(platform._client, "join", join)
        await bot.inbox.of(await anna.say(await bot.room_with(anna), "!anderswo"))
    assert (await anna.members(room))[bot.id] == "leave"


async def test_talk_of_a_group_before_the_bot_came_is_not_answered(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running():
        room = await anna.create_room(ben.id)
        await anna.say(room, "!früher")
        await anna.invite(room, bot.id)
        await eventually(lambda: is_in(anna, room, bot.id))
        await bot.inbox.of(await anna.say(room, "!jetzt"))
    assert bot.inbox.texts == ["!jetzt"]


async def is_in(person: Person, room: str, user_id: str) -> bool:
    return (await person.members(room)).get(user_id) == "join"


async def test_bot_returns_to_a_room_and_knows_who_is_in_it(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running():
        room = await bot.room_with(anna, ben.id)
        await ben.join(room)
        await anna.call("POST", f"/rooms/{room}/kick", {"user_id": bot.id})
        await anna.call("POST", f"/rooms/{room}/kick", {"user_id": ben.id})
        await anna.invite(room, bot.id)
        await eventually(lambda: is_in(anna, room, bot.id))
        question = await bot.inbox.of(await anna.say(room, "Nur wir zwei?"))
    assert question.conversation.is_direct
