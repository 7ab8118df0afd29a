"""What people say below a message of ours in a channel, or as a reply to one, names that message as we know it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.addresses import AddressBook
from bot.front_desk import FrontDesk
from bot.messages import Conversation, Incoming, Kind, Outgoing
from bot.platforms.teams.activities import bare
from bot.platforms.teams.endpoint import ENDPOINT
from bot.platforms.teams.platform import NAME, TeamsPlatform
from conftest import MovedClock
from servers.matrix_bot import Inbox
from servers.microsoft import Member, Microsoft
from servers.synapse import eventually
from servers.teams_bot import settings
from servers.teams_client import MENTION, TeamsClient
from storage.database import Database


@dataclass
class Scene:
    """The platform alone, with its address book, and somebody in front of it."""

    platform: TeamsPlatform
    inbox: Inbox
    ada: TeamsClient

    async def post(self) -> str:
        """Have the bot post something in the channel; gives our id of it."""
        await self.ada.install(where=self.ada.channel)
        await self.ada.say("hallo", where=self.ada.channel)  # so that the channel is known
        self.inbox.events.clear()
        channel = Conversation(NAME, self.ada.channel.id)
        return await self.platform.send(Outgoing("post", channel, "Wo steht der Scanner?"))

    @property
    def last(self) -> Incoming:
        return self.inbox.events[-1]


@pytest.fixture
async def scene(
    microsoft: Microsoft, sqlite: Database, clock: MovedClock, http: aiohttp.ClientSession
) -> AsyncIterator[Scene]:
    nobody_waits, inbox = cast(FrontDesk, SimpleNamespace()), Inbox()
    platform = TeamsPlatform(settings(microsoft), AddressBook(sqlite), nobody_waits, clock.now, str.isdecimal)
    application = web.Application()
    application.add_routes(platform.routes)
    async with TestServer(application) as server:
        running = asyncio.create_task(platform.run(inbox))
        await eventually(lambda: platform.is_listening)
        client = TeamsClient(microsoft, http, str(server.make_url(ENDPOINT)), Member("Ada Beispiel"))
        yield Scene(platform, inbox, client)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_answer_below_a_post_of_ours_is_in_the_thread_that_sending_it_named(scene: Scene) -> None:
    post = await scene.post()
    said = await scene.ada.reply(bare(post), "Im Keller.")
    assert (scene.last.thread, scene.last.text, scene.last.is_addressed) == (post, "Im Keller.", True)
    event_id = scene.last.event_id

    await scene.ada.edit(said.id, "Im Keller, Raum 3.")
    assert (scene.last.kind, scene.last.refers_to, scene.last.thread) == (Kind.EDIT, event_id, post)
    assert scene.last.text == "Im Keller, Raum 3."
    await scene.ada.delete(said.id)
    assert (scene.last.kind, scene.last.refers_to, scene.last.thread) == (Kind.DELETION, event_id, post)


async def test_deletion_arrives_even_of_what_we_have_never_heard(scene: Scene) -> None:
    post = await scene.post()
    unheard = scene.ada.message("Kantine?", where=scene.ada.channel.thread(bare(post)), mentions_bot=False)
    await scene.ada.delete(unheard["id"])
    assert (scene.last.kind, scene.last.thread) == (Kind.DELETION, post)


async def test_edit_that_takes_our_name_out_changes_what_we_have_heard_and_other_talk_stays_unheard(
    scene: Scene,
) -> None:
    post = await scene.post()
    said = await scene.ada.reply(bare(post), "Im Keller.")
    [heard] = scene.inbox.events
    # Somebody gave us the right to read all; what speaks to nobody is dropped all the same.
    talk = await scene.ada.reply(bare(post), "Kantine?", mentions_bot=False)
    number = await scene.ada.reply(bare(post), "2", mentions_bot=False)
    for one in (said, talk, number):
        where, before = scene.ada._said[one.id]
        scene.ada._said[one.id] = (where, {**before, "text": before["text"].replace(MENTION, "")})
        await scene.ada.edit(one.id, "Doch nicht.")
    *_, changed = scene.inbox.events
    assert [event.text for event in scene.inbox.events] == ["Im Keller.", "2", "Doch nicht."]
    assert (changed.refers_to, changed.thread, changed.is_addressed) == (heard.event_id, post, True)


async def test_file_below_a_post_of_ours_arrives(scene: Scene) -> None:
    post = await scene.post()
    await scene.ada.attach("Lageplan", where=scene.ada.channel.thread(bare(post)))
    assert (scene.last.thread, scene.last.text, scene.last.has_attachment) == (post, "Lageplan", True)


async def test_quotation_in_the_direct_chat_names_our_message_and_its_edit_does_too(scene: Scene) -> None:
    await scene.ada.say("hallo")
    asked = await scene.platform.send(Outgoing("k", scene.last.conversation, "Welches Stockwerk?"))
    said = await scene.ada.quote(bare(asked), "Das dritte.")
    assert (scene.last.text, scene.last.replies_to, scene.last.thread) == ("Das dritte.", asked, None)
    assert scene.inbox.events[0].replies_to is None
    await scene.ada.quote(said.id, "Nein, das vierte.")
    assert scene.last.replies_to is None

    where, before = scene.ada._said[said.id]
    told = before["channelData"] | {"eventType": "editMessage"}
    edited = {**before, "type": "messageUpdate", "channelData": told}
    assert (await scene.ada.send(edited)).status == 200
    assert (scene.last.kind, scene.last.refers_to) == (Kind.EDIT, f"{where.id}#{said.id}")
    assert scene.last.replies_to == asked
