"""Where a tenant lets the bot read all, what speaks to nobody is dropped, unless the room wants questions answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from typing_extensions import override

from bot.addresses import AddressBook
from bot.front_desk import FrontDesk
from bot.messages import Conversation
from bot.platforms.teams.endpoint import ENDPOINT
from bot.platforms.teams.platform import TeamsPlatform
from conftest import MovedClock
from servers.matrix_bot import Inbox
from servers.microsoft import Member, Microsoft
from servers.synapse import eventually
from servers.teams_bot import settings
from servers.teams_client import TeamsClient
from storage.database import Database

QUESTION = "Wo steht der Scanner?"


class OpenInbox(Inbox):
    """Takes what is said in these rooms."""

    def __init__(self) -> None:
        super().__init__()
        self.open: set[str] = set()

    @override
    def overhears(self, conversation: Conversation, text: str) -> bool:
        return conversation.id in self.open and text.endswith("?")


@pytest.fixture
async def inbox() -> OpenInbox:
    return OpenInbox()


@pytest.fixture
async def ada(
    microsoft: Microsoft, sqlite: Database, clock: MovedClock, http: aiohttp.ClientSession, inbox: OpenInbox
) -> AsyncIterator[TeamsClient]:
    """Somebody in a channel in front of the platform alone."""
    nobody_waits = cast(FrontDesk, SimpleNamespace())
    platform = TeamsPlatform(settings(microsoft), AddressBook(sqlite), nobody_waits, clock.now, str.isdecimal)
    application = web.Application()
    application.add_routes(platform.routes)
    async with TestServer(application) as server:
        running = asyncio.create_task(platform.run(inbox))
        await eventually(lambda: platform.is_listening)
        client = TeamsClient(microsoft, http, str(server.make_url(ENDPOINT)), Member("Ada Beispiel"))
        await client.install(where=client.channel)
        inbox.events.clear()
        yield client
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_what_speaks_to_nobody_is_dropped(ada: TeamsClient, inbox: OpenInbox) -> None:
    await ada.say(QUESTION, where=ada.channel, mentions_bot=False)
    assert inbox.events == []


async def test_a_question_to_everybody_is_read_where_the_room_wants_it(ada: TeamsClient, inbox: OpenInbox) -> None:
    inbox.open.add(ada.channel.id)
    said = await ada.say(QUESTION, where=ada.channel, mentions_bot=False)
    [taken] = inbox.events
    assert (taken.text, taken.is_overheard, taken.is_addressed) == (QUESTION, True, False)
    await ada.say("Im Keller.", where=ada.channel, mentions_bot=False)
    await ada.reply(said.id, "Bist du sicher?", mentions_bot=False)
    assert inbox.events == [taken]
