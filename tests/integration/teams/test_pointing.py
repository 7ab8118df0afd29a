"""From the menu of a message, or by a reply, people hand over what somebody said; it is stored before they are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from typing_extensions import override

from bot.addresses import AddressBook
from bot.front_desk import FrontDesk
from bot.messages import Incoming, Kind, Quoted, Sender
from bot.platforms.teams import extension
from bot.platforms.teams.endpoint import ENDPOINT
from bot.platforms.teams.platform import TeamsPlatform
from bot.settings import CommunitySettings
from conftest import MovedClock
from servers.matrix_bot import Inbox
from servers.microsoft import APP_ID, Fault, Member, Microsoft, Shown
from servers.synapse import eventually
from servers.teams_bot import Q_NOBODY_KNOWS, TeamsBot, settings, words
from servers.teams_client import Answer, TeamsClient
from storage.database import Database
from storage.errors import StoreUnavailable
from storage.models.knowledge import State
from storage.models.questions import OpenQuestion, PendingOffer

ADA, BEN = Member("Ada Beispiel"), Member("Ben Muster")
ANSWER = "Das darf nur die Hauptstelle."


class Strongbox(Inbox):
    """An inbox that can be away."""

    @override
    async def receive(self, *arguments: Any, **named: Any) -> None:
        if self.is_locked:
            raise StoreUnavailable("locked")
        await super().receive(*arguments, **named)


@pytest.fixture
def inbox() -> Strongbox:
    return Strongbox()


@pytest.fixture
async def endpoint(microsoft: Microsoft, sqlite: Database, clock: MovedClock, inbox: Strongbox) -> AsyncIterator[str]:
    """The platform alone, with its address book."""
    nobody_waits = cast(FrontDesk, SimpleNamespace())
    platform = TeamsPlatform(
        settings(microsoft),
        AddressBook(sqlite),
        nobody_waits,
        clock.now,
        str.isdecimal,
        "merken".__eq__,
        "notiz".__eq__,
    )
    application = web.Application()
    application.add_routes(platform.routes)
    async with TestServer(application) as server:
        running = asyncio.create_task(platform.run(inbox))
        await eventually(lambda: platform.is_listening)
        yield str(server.make_url(ENDPOINT))
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
def ada(microsoft: Microsoft, http: aiohttp.ClientSession, endpoint: str) -> TeamsClient:
    return TeamsClient(microsoft, http, endpoint, ADA)


@pytest.fixture
def ben(microsoft: Microsoft, http: aiohttp.ClientSession, endpoint: str) -> TeamsClient:
    return TeamsClient(microsoft, http, endpoint, BEN)


def sentence(answer: Answer) -> str:
    """What a dialog says."""
    assert answer.status == 200
    assert answer.body["task"]["type"] == "message"
    return str(answer.body["task"]["value"])


async def test_message_from_whose_menu_somebody_calls_comes_into_their_own_chat(
    ada: TeamsClient, ben: TeamsClient, inbox: Strongbox
) -> None:
    post = ben.message(ANSWER, where=ben.channel, mentions_bot=False)
    assert sentence(await ada.remember(post)) == extension.REMEMBERED
    [arrived] = inbox.events
    assert (arrived.kind, arrived.text, arrived.sender.id) == (Kind.MESSAGE, "merken", ADA.object_id)
    assert (arrived.conversation.id, arrived.conversation.is_direct) == (ada.personal.id, True)
    assert arrived.is_addressed
    identity = f"{post['conversation']['id']}#{post['id']}"
    said_by_ben = Quoted(identity, Sender(BEN.object_id, BEN.name), ANSWER, conversation_id=ben.channel.id)
    assert arrived.quoted == said_by_ben


async def test_message_of_their_own_chat_is_from_nowhere_else(ada: TeamsClient, inbox: Strongbox) -> None:
    note = ada.message("Der Scanner steht im Keller.")
    await ada.remember(note)
    assert inbox.events[0].quoted is not None
    assert inbox.events[0].quoted.conversation_id is None


async def test_nothing_is_confirmed_that_is_not_stored(ada: TeamsClient, ben: TeamsClient, inbox: Strongbox) -> None:
    inbox.is_locked = True
    post = ben.message(ANSWER, where=ben.channel, mentions_bot=False)
    assert (await ada.remember(post)).status == 503


async def test_call_that_teams_repeats_is_one_message(ada: TeamsClient, ben: TeamsClient, inbox: Strongbox) -> None:
    first = await ada.remember(ben.message(ANSWER, where=ben.channel, mentions_bot=False))
    assert sentence(await ada.send(first.activity)) == extension.REMEMBERED
    assert len(inbox.events) == 1


async def test_without_a_chat_to_answer_in_they_are_told_how_to_get_one(
    ada: TeamsClient, ben: TeamsClient, inbox: Strongbox, microsoft: Microsoft
) -> None:
    await ada.say("hallo")
    await ben.say("Lotsenfunk?", where=ben.group_chat)
    inbox.events.clear()
    microsoft.fail_next = [Fault(403)]
    assert sentence(await ben.remember(ada.message(ANSWER, where=ada.group_chat))) == extension.NO_CHAT_YET
    assert inbox.events == []


async def changed(ada: TeamsClient, ben: TeamsClient, inbox: Strongbox, **payload: Any) -> Incoming:
    """What arrives when Teams describes the message in another way."""
    activity = ada.command("rememberMessage", ben.message(ANSWER, where=ben.channel, mentions_bot=False))
    activity["value"]["messagePayload"] |= payload
    assert sentence(await ada.send(activity)) == extension.REMEMBERED
    return inbox.events[-1]


async def test_words_of_a_program_are_marked_and_wordless_messages_come_without(
    ada: TeamsClient, ben: TeamsClient, inbox: Strongbox
) -> None:
    program = {"application": {"applicationIdentityType": "bot", "id": APP_ID, "displayName": "Lotsenfunk"}}
    said = (await changed(ada, ben, inbox, **{"from": {"user": None, **program}})).quoted
    assert said is not None
    assert (said.sender.name, said.is_human) == ("Lotsenfunk", False)
    for gone in ({"deleted": True}, {"body": {"contentType": "html", "content": "<p><img src='x'></p>"}}):
        assert (await changed(ada, ben, inbox, **gone)).quoted is None


async def test_word_in_reply_to_a_message_brings_it_and_other_replies_do_not(
    ada: TeamsClient, inbox: Strongbox
) -> None:
    note = await ada.say("Der Scanner steht im Keller.")
    await ada.quote(note.id, "Auch samstags?")
    await ada.quote(note.id, "merken")
    await ada.say("merken")
    plain, other, pointing, alone = inbox.events
    assert (plain.quoted, other.quoted, alone.quoted) == (None, None, None)
    said = Sender(ADA.object_id, ADA.name)
    assert pointing.quoted == Quoted(f"{ada.personal.id}#{note.id}", said, "Der Scanner steht im Keller.")


async def test_word_for_a_note_brings_the_message_in_rounds_and_alone_and_nowhere_else(
    ada: TeamsClient, ben: TeamsClient, inbox: Strongbox
) -> None:
    inbox.led.add(ada.group_chat.id)
    note = await ada.say("Klein anfangen.", where=ada.group_chat, mentions_bot=False)
    for text in ("notiz", "merken", "Gute Idee."):
        await ada.quote(note.id, text, where=ada.group_chat)
    inbox.led.clear()
    await ada.quote(note.id, "notiz", where=ada.group_chat)
    passed_on = await ada.say("Vor Ort fragen.")
    await ada.quote(passed_on.id, "notiz")
    _, noted, kept, other, elsewhere, _, alone = inbox.events
    assert [one.quoted and one.quoted.text for one in (noted, alone)] == ["Klein anfangen.", "Vor Ort fragen."]
    assert (noted.text, noted.is_addressed) == ("notiz", True)
    assert (kept.quoted, other.quoted, elsewhere.quoted) == (None, None, None)


async def test_talk_that_nobody_points_at_is_kept_nowhere(ada: TeamsClient, ben: TeamsClient, inbox: Strongbox) -> None:
    await ben.say("merken", where=ben.group_chat, mentions_bot=False)
    await ben.say(ANSWER, where=ben.group_chat, mentions_bot=False)
    assert inbox.events == []


# with the whole bot

TOLD = "Alle zehn Minuten ab Rathaus, die Linie 4."


@pytest.fixture
def community() -> CommunitySettings:
    return CommunitySettings(supporters=frozenset({ADA.object_id}))


@pytest.fixture
def both(bot: TeamsBot, microsoft: Microsoft, http: aiohttp.ClientSession) -> tuple[TeamsClient, TeamsClient]:
    """Ada and Ben, who speak to the whole bot."""
    return TeamsClient(microsoft, http, bot.endpoint, ADA), TeamsClient(microsoft, http, bot.endpoint, BEN)


async def asked_by(ben: TeamsClient, bot: TeamsBot) -> str:
    """The post with which Ben asks in the channel what nobody knows."""
    asked = await ben.say(Q_NOBODY_KNOWS, where=ben.channel)
    await bot.settled()
    return asked.id


async def kept_below(root: str, ada: TeamsClient, bot: TeamsBot) -> Shown:
    """What the bot says to Ada, who wants the answer kept that she gave in a thread."""
    told = ada.message(TOLD, where=ada.channel.thread(root), mentions_bot=False)
    assert sentence(await ada.remember(told)) == extension.REMEMBERED
    await bot.settled()
    return ada.messages()[-1]


async def test_answer_below_an_open_question_is_proposed_with_it_and_answers_it(
    bot: TeamsBot, both: tuple[TeamsClient, TeamsClient]
) -> None:
    ada, ben = both
    proposed = await kept_below(await asked_by(ben, bot), ada, bot)
    assert "Als Wissen sichern?" in words(proposed)
    assert Q_NOBODY_KNOWS in words(proposed)
    assert TOLD in words(proposed)
    assert (await ada.press(proposed.id, 0)).status == 200
    await bot.settled()
    [opened] = await bot.rows(OpenQuestion)
    async with bot.database.reading() as uow:
        [draft] = await uow.knowledge.in_state(State.DRAFT)
        assert (draft.question, draft.answer) == (Q_NOBODY_KNOWS, TOLD)
        assert await uow.questions.draft_of(opened.answer_key) == draft.id


async def test_question_of_another_thread_is_not_the_one_that_was_answered(
    bot: TeamsBot, both: tuple[TeamsClient, TeamsClient]
) -> None:
    ada, ben = both
    await asked_by(ben, bot)
    talk = ben.message("Wie kommt ihr zum Zoo?", where=ben.channel, mentions_bot=False)
    assert "Wie lautet die Frage dazu?" in words(await kept_below(talk["id"], ada, bot))


async def test_proposal_goes_when_the_question_of_its_thread_is_deleted(
    bot: TeamsBot, both: tuple[TeamsClient, TeamsClient]
) -> None:
    ada, ben = both
    root = await asked_by(ben, bot)
    proposed = await kept_below(root, ada, bot)
    await ben.delete(root)
    await bot.settled()
    assert proposed.id not in [shown.id for shown in ada.messages()]
    assert await bot.rows(OpenQuestion) == []
    assert await bot.rows(PendingOffer) == []
