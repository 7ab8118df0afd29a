"""Asking from the search field and from the menu of a message, where the bot itself is not in the conversation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.platforms.teams import extension
from bot.settings import CommunitySettings
from knowledge.search import Search
from servers.microsoft import TENANT, Fault, Member, Microsoft
from servers.synapse import eventually
from servers.teams_bot import (
    A_MAIL,
    A_ROOM,
    A_TELEWORK,
    HIDDEN,
    OWNER,
    Q_MAIL,
    Q_NOBODY_KNOWS,
    Q_ROOM,
    Q_TELEWORK,
    STORE,
    Logs,
    TeamsBot,
    card_words,
    words,
)
from servers.teams_client import GROUP_CHAT, Answer, TeamsClient
from storage.errors import StoreUnavailable
from storage.models.addresses import ConversationAddress
from storage.models.mailbox import InboxMessage
from storage.models.questions import OpenQuestion

HTML = "<p>Hallo zusammen,</p><p>wie buche ich einen <b>Besprechungs&shy;raum</b>?</p>"


@pytest.fixture
def community() -> CommunitySettings:
    """One in which Ada is a supporter."""
    return CommunitySettings(supporters=frozenset({Member("Ada Beispiel").object_id}))


def results(answer: Answer) -> list[dict[str, Any]]:
    """What a search shows."""
    assert answer.status == 200
    found = answer.body["composeExtension"]
    assert found["type"] == "result"
    return list(found["attachments"])


def sentence(answer: Answer) -> str:
    """What is said in the place of results, or when a form is closed."""
    assert answer.status == 200
    found = answer.body.get("composeExtension") or answer.body["task"]
    assert found["type"] == "message"
    return str(found.get("text") or found["value"])


# searching


async def test_search_shows_answers_as_cards_to_send(bot: TeamsBot, ada: TeamsClient) -> None:
    first = results(await ada.query("findAnswer", Q_ROOM))[0]
    assert first["preview"]["content"]["title"] == Q_ROOM
    assert A_ROOM in card_words(first["content"])
    assert OWNER in card_words(first["content"])
    assert "actions" not in first["content"]


async def test_search_works_where_the_bot_is_no_member_and_leaves_nothing_behind(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    assert results(await ada.query("findAnswer", Q_ROOM, where=GROUP_CHAT))
    await bot.settled()
    assert await bot.rows(InboxMessage) == await bot.rows(OpenQuestion) == await bot.rows(ConversationAddress) == []
    assert [call.method for call in microsoft.calls] == ["GET"]  # only who it is was asked


async def test_search_for_people_shows_who_stands_behind_answers(bot: TeamsBot, ada: TeamsClient) -> None:
    [first, *_] = results(await ada.query("findSupporter", "Besprechungsraum buchen", parameter="keyword"))
    assert first["preview"]["content"]["title"] == OWNER
    assert Q_ROOM in card_words(first["content"])


async def test_search_never_shows_what_only_supporters_may_see_not_even_to_them(
    bot: TeamsBot, ada: TeamsClient
) -> None:
    entry = STORE[HIDDEN]
    await ada.say(entry.question)
    await bot.settled()
    assert entry.answer in words(ada.messages()[0]), "in her own chat she may read it"
    for command in ("findAnswer", "findSupporter"):
        answer = await ada.query(command, entry.question)
        assert entry.answer not in str(answer.body)
        assert str(entry.owner) not in str(answer.body)


async def test_search_without_a_text_says_what_to_do(bot: TeamsBot, ada: TeamsClient) -> None:
    assert sentence(await ada.query("findAnswer")) == extension.TYPE_ON
    assert sentence(await ada.query("findSupporter", "   ")) == extension.TYPE_ON


@pytest.mark.parametrize(("command", "sought"), [("findAnswer", "answers"), ("findSupporter", "supporters")])
@pytest.mark.parametrize("text", [Q_NOBODY_KNOWS, "…", "\u200b", "x" * 5000])
async def test_search_that_finds_nothing_says_so(
    bot: TeamsBot, ada: TeamsClient, command: str, sought: str, text: str
) -> None:
    assert sentence(await ada.query(command, text)) in [*extension.NOTHING_FOUND.values(), extension.TYPE_ON]


@asynccontextmanager
async def search_fails(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    async def refuse(*_arguments: object) -> None:
        raise StoreUnavailable("locked")

    with monkeypatch.context() as patch:
        patch.setattr(Search, "find", refuse)
        yield


async def test_search_while_the_database_is_away_says_so(
    bot: TeamsBot, ada: TeamsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with search_fails(monkeypatch):
        assert sentence(await ada.query("findAnswer", Q_ROOM)) == extension.NOT_NOW
    assert results(await ada.query("findAnswer", Q_ROOM))


async def test_search_that_takes_too_long_says_so(
    bot: TeamsBot, ada: TeamsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.teams.invokes.AT_ONCE_S", 0.0)
    assert sentence(await ada.query("findAnswer", Q_ROOM)) == extension.NOT_NOW


async def test_search_command_that_is_not_ours_is_refused(bot: TeamsBot, ada: TeamsClient) -> None:
    assert (await ada.query("findTreasure", "Gold")).status == 501


# asking


async def test_form_opens_empty_from_the_field_for_messages(bot: TeamsBot, ada: TeamsClient) -> None:
    answer = await ada.fetch_task("askQuestion")
    task = answer.body["task"]
    assert (answer.status, task["type"]) == (200, "continue")
    assert field(answer)["value"] == ""


async def test_form_opens_with_the_words_of_a_message(bot: TeamsBot, ada: TeamsClient, ben: TeamsClient) -> None:
    attachments = [{"contentType": "text/html", "content": HTML}]
    message = ben.message("", where=ben.group_chat, mentions_bot=False, attachments=attachments)
    answer = await ada.fetch_task("askQuestion", message)
    assert field(answer)["value"] == "Hallo zusammen, wie buche ich einen Besprechungs\u00adraum?"


def field(answer: Answer) -> dict[str, Any]:
    """The field of a form."""
    found: dict[str, Any] = answer.body["task"]["value"]["card"]["content"]["body"][0]
    return found


@pytest.mark.parametrize("kind", ["fetch_task", "submit_action"])
async def test_form_that_is_not_ours_is_refused(bot: TeamsBot, ada: TeamsClient, kind: str) -> None:
    call = ada.fetch_task("dig") if kind == "fetch_task" else ada.submit_action("dig", {"question": Q_ROOM})
    assert (await call).status == 501
    assert await bot.rows(InboxMessage) == []


async def test_question_from_a_form_is_answered_in_the_personal_chat(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    await ada.say("hallo")
    await bot.settled()
    answer = await ada.submit_action("askQuestion", {"question": Q_TELEWORK, "form": "question"}, where=GROUP_CHAT)
    await bot.settled()
    assert sentence(answer) == extension.ASKED
    assert A_TELEWORK in words(ada.messages()[1])
    assert ada.messages(ada.group_chat) == []
    assert not any(call.path.endswith("/v3/conversations") for call in microsoft.calls)


async def test_question_from_the_menu_of_a_message_is_answered_in_the_personal_chat(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient
) -> None:
    await ada.say("hallo")
    post = ben.message("Weiß das jemand?", where=ben.channel, mentions_bot=False)
    assert sentence(await ada.submit_action("askQuestion", {"question": Q_MAIL}, post)) == extension.ASKED
    await bot.settled()
    assert A_MAIL in words(ada.messages()[1])
    assert ada.messages(ada.channel) == []


async def test_choice_below_such_an_answer_works(bot: TeamsBot, ada: TeamsClient) -> None:
    await ada.say("hallo")
    await ada.submit_action("askQuestion", {"question": Q_TELEWORK}, where=GROUP_CHAT)
    await bot.settled()
    await ada.press(ada.messages()[1].id, "1. ja")
    await bot.settled()
    assert "Gewählt: ja" in words(ada.messages()[1])


async def test_personal_chat_is_opened_when_there_was_none(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    answer = await ada.submit_action("askQuestion", {"question": Q_TELEWORK}, where=GROUP_CHAT)
    await bot.settled()
    assert sentence(answer) == extension.ASKED
    assert A_TELEWORK in words(ada.messages()[0])
    [call] = [call for call in microsoft.calls if call.path.endswith("/v3/conversations")]
    assert call.body["members"] == [{"id": ada.member.id}]
    assert call.body["tenantId"] == TENANT
    assert call.body["channelData"] == {"tenant": {"id": TENANT}}
    [address] = await bot.rows(ConversationAddress)
    assert (address.conversation_id, address.person) == (ada.personal.id, ada.member.object_id)


@pytest.mark.parametrize("fault", [Fault(403), Fault(503), Fault(cut=True)], ids=["forbidden", "away", "cut"])
async def test_personal_chat_that_cannot_be_opened_is_said(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs, fault: Fault
) -> None:
    await ada.query("findAnswer")  # by now it is known who she is
    microsoft.fail_next = [fault]
    answer = await ada.submit_action("askQuestion", {"question": Q_TELEWORK}, where=GROUP_CHAT)
    assert sentence(answer) == extension.NO_CHAT
    assert len(logs.named("teams.no_direct_chat")) == 1
    assert await bot.rows(InboxMessage) == await bot.rows(ConversationAddress) == []


async def test_personal_chat_that_takes_too_long_to_be_opened_is_said(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ada.query("findAnswer")
    monkeypatch.setattr("bot.platforms.teams.invokes.AT_ONCE_S", 0.05)
    microsoft.fail_next = [Fault(503, delay=0.2)]
    answer = await ada.submit_action("askQuestion", {"question": Q_TELEWORK}, where=GROUP_CHAT)
    assert sentence(answer) == extension.NO_CHAT
    late = await microsoft.wait_for_call(lambda call: call.path.endswith("/v3/conversations"))
    await eventually(lambda: late.status == 503)


async def test_nonsense_in_the_place_of_a_new_chat_is_said(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    await ada.query("findAnswer")
    microsoft.fail_next = [Fault(200)]
    answer = await ada.submit_action("askQuestion", {"question": Q_TELEWORK}, where=GROUP_CHAT)
    assert sentence(answer) == extension.NO_CHAT
    assert await bot.rows(ConversationAddress) == []


@pytest.mark.parametrize("data", [{"question": "  "}, {}, {"question": ["x"]}], ids=["blank", "missing", "list"])
async def test_empty_question_is_sent_back(bot: TeamsBot, ada: TeamsClient, data: dict[str, Any]) -> None:
    assert sentence(await ada.submit_action("askQuestion", data)) == extension.NO_QUESTION
    assert await bot.rows(InboxMessage) == []


async def test_form_that_is_sent_twice_is_answered_once(bot: TeamsBot, ada: TeamsClient) -> None:
    await ada.say("hallo")
    first = await ada.submit_action("askQuestion", {"question": Q_TELEWORK})
    assert sentence(await ada.send(first.activity)) == extension.ASKED
    await bot.settled()
    assert len(ada.messages()) == 2
