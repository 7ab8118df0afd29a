"""Nothing is lost and nothing is said twice, whatever fails."""

import asyncio
import stat
from pathlib import Path

import aiohttp
import pytest

from bot.errors import DeliveryError, SettingsError
from bot.platforms.matrix.errors import TokenRejectedError
from servers.matrix_bot import Bot
from servers.synapse import Account, Person, eventually


async def test_restart_uses_the_same_login_and_continues_from_the_cursor(
    bot: Bot, anna: Person, http: aiohttp.ClientSession
) -> None:
    async with bot.running():
        room = await bot.room_with(anna, direct=True)
        await bot.inbox.of(await anna.say(room, "eins"))
    first = await anna.say(room, "zwei")
    async with bot.running():
        await bot.inbox.of(first)
        await bot.inbox.of(await anna.say(room, "drei"))
    assert bot.inbox.texts == ["eins", "zwei", "drei"]
    [file] = bot.data_dir.rglob("session.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    mine = Person(bot.account, http)
    assert len((await mine.call("GET", "/devices"))["devices"]) == 2  # the registration's and ours


async def test_restart_on_a_silent_server_knows_the_rooms(bot: Bot, anna: Person) -> None:
    async with bot.running():
        room = await bot.room_with(anna, direct=True)
        await bot.inbox.of(await anna.say(room, "eins"))
    for _ in range(2):
        async with bot.running() as platform:
            assert room in platform._client.rooms
    async with bot.running():
        await bot.inbox.of(await anna.say(room, "zwei"))


async def test_very_first_start_ignores_old_talk(bot: Bot, anna: Person, http: aiohttp.ClientSession) -> None:
    room = await anna.create_room(bot.id, direct=True)
    await Person(bot.account, http).join(room)
    await anna.say(room, "von gestern")
    async with bot.running():
        await bot.inbox.of(await anna.say(room, "von heute"))
    assert bot.inbox.texts == ["von heute"]


async def test_130_messages_while_the_bot_is_down_arrive_in_order_exactly_once(bot: Bot, anna: Person) -> None:
    async with bot.running():
        room = await bot.room_with(anna, direct=True)
        await bot.inbox.of(await anna.say(room, "los"))
    said = [f"Frage {number}" for number in range(130)]
    for text in said:
        await anna.say(room, text)
    async with bot.running():
        await bot.inbox.of(await anna.say(room, "Ende"))
    assert bot.inbox.texts == ["los", *said, "Ende"]
    assert [event.text for event in bot.inbox.events if event.sender.name != "Anna"] == []


async def test_group_is_still_a_group_after_a_restart(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running():
        room = await bot.room_with(anna, ben.id)  # who is invited counts, too
        await bot.inbox.of(await anna.say(room, "!eins"))
    await anna.say(room, "unter uns")
    async with bot.running():
        assert not (await bot.inbox.of(await anna.say(room, "!zwei"))).conversation.is_direct
    assert bot.inbox.texts == ["!eins", "!zwei"]


async def test_locked_database_loses_nothing(bot: Bot, anna: Person) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, direct=True)
        await bot.inbox.of(await anna.say(room, "eins"))
        bot.inbox.is_locked = True
        await anna.say(room, "zwei")
        await eventually(lambda: bot.inbox.refused > 0)
        last = await anna.say(room, "drei")
        await eventually(lambda: bot.inbox.refused > 1)
        assert not platform.is_connected
        bot.inbox.is_locked = False
        await bot.inbox.of(last)
        await eventually(lambda: platform.is_connected)
    assert bot.inbox.texts == ["eins", "zwei", "drei"]


async def test_same_key_sent_twice_shows_one_message(bot: Bot, anna: Person) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, direct=True)
        question = await bot.inbox.of(await anna.say(room, "Frage"))
        first, second = await asyncio.gather(platform.send(bot.answer(question)), platform.send(bot.answer(question)))
        assert first == second
    async with bot.running() as platform:
        assert await platform.send(bot.answer(question)) == first
    assert len(await anna.messages(room, bot.id)) == 1


async def test_message_accepted_before_a_crash_is_reported_before_sending_starts(bot: Bot, anna: Person) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, direct=True)
        question = await bot.inbox.of(await anna.say(room, "Frage"))
        message = await platform.send(bot.answer(question, key="k1"))
        await platform.send(bot.answer(question, "Besser.", key="k2", replaces=message))
        before = bot.inbox.stored
    bot.inbox.stored = before
    async with bot.running():
        pass
    assert bot.inbox.shown == [("k1", message), ("k2", message)]


async def test_what_the_server_refuses_for_good_is_final(bot: Bot, anna: Person, http: aiohttp.ClientSession) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, direct=True)
        await bot.inbox.of(await anna.say(room, "Frage"))
        assert await platform.send(bot.post(room, "x" * 70_000, key="large"))  # cut to what an event can hold
        with pytest.raises(DeliveryError) as unknown:
            await platform.send(bot.post("!unknown:localhost", "Hallo", key="unknown"))
        await Person(bot.account, http).leave(room)
        with pytest.raises(DeliveryError) as gone:
            await platform.send(bot.post(room, "Hallo", key="gone"))
    assert unknown.value.is_final
    assert gone.value.is_final


async def test_message_to_a_room_that_the_bot_has_just_entered_waits(
    bot: Bot, anna: Person, http: aiohttp.ClientSession
) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, direct=True)
        await bot.inbox.of(await anna.say(room, "Frage"))
        del platform._client.rooms[room]  # as before the sync that brings it
        with pytest.raises(DeliveryError) as early:
            await platform.send(bot.post(room, "Antwort"))
    assert not early.value.is_final


async def test_revoked_token_ends_the_run(bot: Bot, anna: Person, http: aiohttp.ClientSession) -> None:
    platform = bot.platform()
    run = asyncio.create_task(platform.run(bot.inbox))
    await eventually(lambda: platform.is_connected)
    assert isinstance(platform._client.access_token, str)
    mine = Person(Account(bot.account.url, bot.id, "", platform._client.access_token), http)
    await mine.call("POST", "/logout", {})
    with pytest.raises(TokenRejectedError):
        await asyncio.wait_for(run, 20)
    assert not platform.is_connected


async def test_damaged_login_file_is_not_replaced_by_a_new_login(bot: Bot) -> None:
    async with bot.running():
        pass
    [file] = bot.data_dir.rglob("session.json")
    file.write_text("{")
    with pytest.raises(SettingsError, match="beschädigt"):
        await bot.platform().run(bot.inbox)


async def test_wrong_password_and_foreign_token_are_wrong_settings(bot: Bot, anna: Person, tmp_path: Path) -> None:
    stranger = Bot(Account(bot.account.url, bot.id, "wrong", ""), tmp_path / "other")
    with pytest.raises(SettingsError, match="Anmeldung"):
        await stranger.platform().run(stranger.inbox)
    with pytest.raises(SettingsError, match="gehört zu"):
        await bot.platform(token=anna.account.access_token).run(bot.inbox)
    with pytest.raises(TokenRejectedError):
        await bot.platform(token="nonsense").run(bot.inbox)


async def test_token_of_the_settings_is_used_as_it_is(bot: Bot) -> None:
    platform = bot.platform(token=bot.account.access_token)
    run = asyncio.create_task(platform.run(bot.inbox))
    await eventually(lambda: platform.is_connected)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert not list(bot.data_dir.rglob("session.json"))


async def test_texts_and_secrets_stay_out_of_the_logs(
    bot: Bot, anna: Person, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    async with bot.running() as platform:
        room = await bot.room_with(anna, direct=True)
        await anna.send(room, {"m.relates_to": "Geheimnis"}, "m.reaction")
        question = await bot.inbox.of(await anna.say(room, "Geheimnis"))
        await platform.send(bot.answer(question, "Geheimnis"))
        written = caplog.text + capsys.readouterr().out
        assert "Geheimnis" not in written
        assert bot.account.password not in written.split()
        assert str(platform._client.access_token) not in written
