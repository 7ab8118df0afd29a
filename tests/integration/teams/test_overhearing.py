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
from bot.errors import DeliveryError
from bot.front_desk import FrontDesk
from bot.messages import Conversation, Kind, Order, Outgoing, RoomOrder
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


# where people consult each other


async def test_in_a_led_group_chat_all_that_teams_hands_over_is_read(ada: TeamsClient, inbox: OpenInbox) -> None:
    inbox.led.add(ada.group_chat.id)
    said = await ada.say("Das kenne ich.", where=ada.group_chat, mentions_bot=False)
    await ada.edit(said.id, "Das kenne ich auch.")
    await ada.say("weiter", where=ada.group_chat)
    assert [(one.kind, one.text, one.is_overheard) for one in inbox.events] == [
        (Kind.MESSAGE, "Das kenne ich.", True),
        (Kind.EDIT, "Das kenne ich auch.", True),
        (Kind.MESSAGE, "weiter", False),
    ]


async def test_in_a_led_group_chat_it_is_told_who_comes_and_goes(ada: TeamsClient, inbox: OpenInbox) -> None:
    ben = Member("Ben Muster")
    await ada.members_added(ben, where=ada.group_chat)
    assert inbox.events == []
    inbox.led.add(ada.group_chat.id)
    await ada.members_added(ben, where=ada.group_chat)
    await ada.members_removed(ben, where=ada.group_chat)
    await ada.members_added(ben, where=ada.group_chat)
    told = [(one.kind, one.sender.id, one.conversation.id, one.is_addressed) for one in inbox.events]
    kinds = [Kind.ENTERED, Kind.LEFT, Kind.ENTERED]
    assert told == [(kind, ben.object_id, ada.group_chat.id, False) for kind in kinds]
    assert len({one.event_id for one in inbox.events}) == len(kinds)


async def test_teams_opens_no_chats_and_has_people_do_the_rest(
    microsoft: Microsoft, sqlite: Database, clock: MovedClock
) -> None:
    desk = cast(FrontDesk, SimpleNamespace())
    platform = TeamsPlatform(settings(microsoft), AddressBook(sqlite), desk, clock.now, str.isdecimal)
    chat = Conversation("teams", "19:chat")
    for order in Order:
        outgoing = Outgoing("k", chat, "", room=RoomOrder(order, "Beratung 7", ("ada",)))
        if order is Order.OPEN:
            with pytest.raises(DeliveryError) as error:
                await platform.send(outgoing)
            assert error.value.is_final
        else:
            assert await platform.send(outgoing) == chat.id
