"""What people say below a message of ours, or as a reply to one, arrives with its changes, after a restart, too."""

from itertools import count
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.messages import Incoming, Kind
from servers.matrix_bot import Bot
from servers.synapse import Person

_deletions = count()


async def test_what_people_say_below_a_post_of_ours_arrives_with_its_changes_even_after_a_restart(
    bot: Bot, anna: Person, ben: Person, http: aiohttp.ClientSession
) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, ben.id)
        await ben.join(room)
        post = await platform.send(bot.post(room, "Weiß jemand, wo der Scanner steht?"))
        before = await below(ben, room, post, "Im Keller.")
        assert is_follow_up(await bot.inbox.of(before), post)
        picture = await ben.send(room, {"msgtype": "m.image", "body": "plan.png", "url": "mxc://x/y", **thread(post)})
        shown = await bot.inbox.of(picture)
        assert is_follow_up(shown, post)
        assert (shown.text, shown.has_attachment) == ("", True)
        await bot.inbox.of(await anna.say(room, "!ende"))
    # After this place in the stream, nothing tells of the thread any more.
    bot.inbox.stored = (await Person(bot.account, http).call("GET", "/sync?timeout=0"))["next_batch"]
    talk = await below(ben, room, await anna.say(room, "Kantine?"), "Gern.")

    async with bot.running():
        changed = await bot.inbox.of(await edit(ben, room, before, "Im Keller, Raum 3."))
        assert is_follow_up(changed, post)
        assert (changed.kind, changed.refers_to, changed.text) == (Kind.EDIT, before, "Im Keller, Raum 3.")
        deleted = await bot.inbox.of(await delete(ben, room, before))
        assert (deleted.kind, deleted.refers_to) == (Kind.DELETION, before)
        assert is_follow_up(await bot.inbox.of(await below(anna, room, post, "Danke.")), post)
        await edit(ben, room, talk, "Lieber nicht.")
        await bot.inbox.of(await anna.say(room, "!schluss"))
    assert "Lieber nicht." not in bot.inbox.texts
    assert "Gern." not in bot.inbox.texts


async def test_reply_to_a_message_of_ours_names_it_and_its_edit_does_even_after_a_restart(
    bot: Bot, anna: Person, http: aiohttp.ClientSession
) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, direct=True)
        hello = await bot.inbox.of(await anna.say(room, "hallo"))
        asked = await platform.send(bot.answer(hello, "Welches Stockwerk?"))
        await platform.send(bot.answer(hello, "Welcher Stock?", key="k2", replaces=asked))
        relation = {"m.relates_to": {"m.in_reply_to": {"event_id": asked}}}
        answer = await bot.inbox.of(await anna.say(room, "Das dritte.", **relation))
    assert (hello.replies_to, answer.replies_to, answer.thread) == (None, asked, None)
    bot.inbox.stored = (await Person(bot.account, http).call("GET", "/sync?timeout=0"))["next_batch"]
    async with bot.running():
        changed = await bot.inbox.of(await edit(anna, room, answer.event_id, "Das vierte."))
    assert (changed.text, changed.refers_to, changed.replies_to) == ("Das vierte.", answer.event_id, asked)


def is_follow_up(event: Incoming, root: str) -> bool:
    return (event.thread, event.is_addressed, event.is_follow_up) == (root, True, True)


def thread(root: str) -> dict[str, Any]:
    fallback = {"is_falling_back": True, "m.in_reply_to": {"event_id": root}}
    return {"m.relates_to": {"rel_type": "m.thread", "event_id": root, **fallback}}


async def below(person: Person, room: str, root: str, text: str) -> str:
    return await person.say(room, text, **thread(root))


async def edit(person: Person, room: str, event_id: str, text: str) -> str:
    relation = {"rel_type": "m.replace", "event_id": event_id}
    new = {"msgtype": "m.text", "body": text}
    return await person.say(room, f"* {text}", **{"m.new_content": new, "m.relates_to": relation})


async def delete(person: Person, room: str, event_id: str) -> str:
    path = f"/rooms/{quote(room)}/redact/{quote(event_id)}/threads{next(_deletions)}"
    return str((await person.call("PUT", path, {}))["event_id"])
