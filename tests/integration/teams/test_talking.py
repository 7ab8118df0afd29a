"""What people do in Teams, and what they and others see of the bot."""

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bot.platforms.teams.invokes import NOT_THEIRS, STALE
from bot.platforms.teams.platform import NOT_INSIDE
from servers.microsoft import APP_ID, TENANT, Member, Microsoft, Shown
from servers.synapse import eventually
from servers.teams_bot import (
    A_MAIL,
    A_ROOM,
    A_TELEWORK,
    PRINTER,
    Q_MAIL,
    Q_NOBODY_KNOWS,
    Q_ROOM,
    Q_TELEWORK,
    TELEWORK,
    Logs,
    TeamsBot,
    buttons,
    card_words,
    said,
    words,
)
from servers.teams_client import BOT, TEAM_ID, Conversation, TeamsClient
from storage.models.addresses import ConversationAddress
from storage.models.mailbox import InboxMessage, OutboxMessage, OutboxState
from storage.models.questions import Feedback, OpenQuestion, Verdict

WELCOME = "Was möchten Sie wissen?"
UNSURE = "E-Mail scannen"
FEEDBACK = ["1. ja", "2. nein", "3. veraltet"]


async def ask(bot: TeamsBot, person: TeamsClient, text: str, where: Conversation | None = None) -> Shown:
    """Say something to the bot, and give what it said last then."""
    assert (await person.say(text, where=where)).status == 200
    await bot.settled()
    return person.messages(where)[-1]


async def verdicts(bot: TeamsBot) -> list[Verdict]:
    return [row.verdict for row in await bot.rows(Feedback)]


# questions and answers


async def test_question_in_the_personal_chat_is_answered_there(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    answer = await ask(bot, ada, Q_TELEWORK)
    assert answer.conversation_id == ada.personal.id
    assert A_TELEWORK in words(answer)
    assert buttons(answer) == FEEDBACK
    assert answer.activity["from"]["id"] == BOT["id"]
    assert answer.activity["channelId"] == "msteams"
    assert [call.path.endswith("/activities") for call in microsoft.calls if call.method == "POST"] == [True]


async def test_greeting_is_plain_text_without_a_card(bot: TeamsBot, ada: TeamsClient) -> None:
    answer = await ask(bot, ada, "hallo")
    assert WELCOME in answer.text
    assert answer.card is None


async def test_mention_in_a_channel_is_answered_in_the_thread_of_that_post(bot: TeamsBot, ada: TeamsClient) -> None:
    post = await ada.say(Q_TELEWORK, where=ada.channel)
    await bot.settled()
    [answer] = ada.messages(ada.channel)
    assert answer.conversation_id == ada.channel.thread(post.id).id
    assert A_TELEWORK in words(answer)


async def test_reply_in_a_thread_is_answered_in_that_thread(bot: TeamsBot, ada: TeamsClient, ben: TeamsClient) -> None:
    post = await ada.say("Wer weiß das?", where=ada.channel, mentions_bot=False)
    await ben.reply(post.id, Q_TELEWORK)
    await bot.settled()
    [answer] = ben.messages(ben.channel)
    assert answer.conversation_id == ada.channel.thread(post.id).id
    assert A_TELEWORK in words(answer)


async def test_mention_in_a_group_chat_is_answered_there(bot: TeamsBot, ada: TeamsClient) -> None:
    answer = await ask(bot, ada, Q_TELEWORK, ada.group_chat)
    assert answer.conversation_id == ada.group_chat.id
    assert A_TELEWORK in words(answer)


async def test_talk_of_a_group_that_is_not_for_the_bot_is_neither_kept_nor_answered(
    bot: TeamsBot, ada: TeamsClient
) -> None:
    for where in (ada.group_chat, ada.channel):
        assert (await ada.say("Wer kommt mit zum Essen?", where=where, mentions_bot=False)).status == 200
    await bot.settled()
    assert await bot.rows(InboxMessage) == []
    assert ada.messages(ada.group_chat) == ada.messages(ada.channel) == []


async def test_the_name_of_the_bot_is_no_part_of_the_question(bot: TeamsBot, ada: TeamsClient) -> None:
    mention = f"<at>{BOT['name']}</at>"
    for text in (f"{mention}&nbsp;{Q_NOBODY_KNOWS}", f"  {mention}\n{Q_NOBODY_KNOWS}", f"{Q_NOBODY_KNOWS} {mention}"):
        await ada.send(ada.message("", where=ada.group_chat) | {"text": text})
    await bot.settled()
    assert {row.text for row in await bot.rows(OpenQuestion)} == {Q_NOBODY_KNOWS}


async def test_mention_alone_is_asked_for_words(bot: TeamsBot, ada: TeamsClient) -> None:
    answer = await ask(bot, ada, "", ada.group_chat)
    assert "Schreib mir deine Frage" in answer.text


async def test_person_who_is_mentioned_beside_the_bot_stays_in_the_question(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient
) -> None:
    other = {"type": "mention", "mentioned": {"id": ben.member.id, "name": "Ben"}, "text": "<at>Ben</at>"}
    text = f"<at>{BOT['name']}</at> wo sitzt <at>Ben</at> eigentlich heute?"
    await ada.send(ada.message("", where=ada.group_chat, entities=[other]) | {"text": text})
    await bot.settled()
    assert [row.text for row in await bot.rows(OpenQuestion)] == ["wo sitzt [Name] eigentlich heute?"]


async def test_quoted_message_is_no_part_of_the_question(bot: TeamsBot, ada: TeamsClient) -> None:
    answer = await ask(bot, ada, Q_TELEWORK)
    await ada.quote(answer.id, Q_ROOM)
    await bot.settled()
    assert A_ROOM in words(ada.messages()[-1])
    assert A_TELEWORK not in words(ada.messages()[-1])


async def test_picture_alone_is_answered_with_a_word_on_files(bot: TeamsBot, ada: TeamsClient) -> None:
    await ada.attach()
    await bot.settled()
    assert "andere Dateien kann ich nicht lesen" in words(ada.messages()[-1])


async def test_caption_of_a_picture_is_answered_with_a_word_on_the_file(bot: TeamsBot, ada: TeamsClient) -> None:
    await ada.attach(Q_TELEWORK)
    await bot.settled()
    assert "Die Datei selbst habe ich nicht gelesen" in words(ada.messages()[-1])
    assert A_TELEWORK in words(ada.messages()[-1])


# changed and deleted messages, reactions


async def test_edited_question_changes_the_answer_in_its_place(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    question = await ada.say(Q_TELEWORK)
    await bot.settled()
    [before] = ada.messages()
    await ada.edit(question.id, Q_ROOM)
    await bot.settled()
    [after] = ada.messages()
    assert after.id == before.id
    assert after.is_edited
    assert A_ROOM in words(after)
    [put] = [call for call in microsoft.calls if call.method == "PUT"]
    assert put.path.endswith(f"/activities/{before.id}")


async def test_edited_question_in_a_channel_changes_the_answer_in_its_thread(bot: TeamsBot, ada: TeamsClient) -> None:
    question = await ada.say(Q_TELEWORK, where=ada.channel)
    await bot.settled()
    await ada.edit(question.id, Q_ROOM)
    await bot.settled()
    [answer] = ada.messages(ada.channel)
    assert answer.is_edited
    assert A_ROOM in words(answer)


async def test_second_edit_changes_the_same_answer_again(bot: TeamsBot, ada: TeamsClient) -> None:
    question = await ada.say(Q_TELEWORK)
    for text in (Q_ROOM, Q_MAIL):
        await bot.settled()
        await ada.edit(question.id, text)
    await bot.settled()
    [answer] = ada.messages()
    assert A_MAIL in words(answer)


async def test_deleted_question_takes_its_answers_along(bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft) -> None:
    kept = await ask(bot, ada, Q_ROOM)
    question = await ada.say(Q_TELEWORK)
    await bot.settled()
    answer = ada.messages()[-1]
    await ada.delete(question.id)
    await bot.settled()
    assert [shown.id for shown in ada.messages()] == [kept.id]
    [call] = [call for call in microsoft.calls if call.method == "DELETE"]
    assert (call.path.rpartition("/")[2], call.status) == (answer.id, 200)


async def test_deleted_question_in_a_channel_takes_its_answer_along(bot: TeamsBot, ada: TeamsClient) -> None:
    question = await ada.say(Q_TELEWORK, where=ada.channel)
    await bot.settled()
    assert len(ada.messages(ada.channel)) == 1
    await ada.delete(question.id)
    await bot.settled()
    assert ada.messages(ada.channel) == []


async def test_like_below_an_answer_says_yes(bot: TeamsBot, ada: TeamsClient) -> None:
    answer = await ask(bot, ada, Q_TELEWORK)
    await ada.react(answer.id, "like")
    await bot.settled()
    assert await verdicts(bot) == [Verdict.HELPFUL]
    assert "Gewählt: ja" in words(ada.messages()[0])
    assert buttons(ada.messages()[0]) == []
    assert len(ada.messages()) == 2


async def test_other_reactions_taken_back_ones_and_those_of_others_change_nothing(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient
) -> None:
    answer = await ask(bot, ada, Q_TELEWORK, ada.group_chat)
    await ada.react(answer.id, "heart")
    await ada.react(answer.id, "like", removed=True)
    await ben.react(answer.id, "like")
    await bot.settled()
    assert await verdicts(bot) == []
    assert ada.messages(ada.group_chat) == [answer]


# buttons


async def test_pressed_button_gives_way_to_what_was_chosen_for_all_who_see_it(bot: TeamsBot, ada: TeamsClient) -> None:
    offer = await ask(bot, ada, UNSURE)
    pressed = await ada.press(offer.id, 0)
    await bot.settled()
    assert pressed.status == 200
    assert pressed.body["statusCode"] == 200
    assert pressed.body["type"] == "application/vnd.microsoft.card.adaptive"
    at_once, later = pressed.body["value"], ada.messages()[0]
    assert later.is_edited
    assert at_once == later.card
    assert "actions" not in at_once
    assert "Gewählt: Wie scanne ich ein Dokument?" in card_words(at_once)
    assert "Ich bin nicht sicher." in card_words(at_once)
    assert "Scan an mich" in words(ada.messages()[1])


async def test_button_in_a_thread_of_a_channel_is_answered_there(bot: TeamsBot, ada: TeamsClient) -> None:
    offer = await ask(bot, ada, Q_TELEWORK, ada.channel)
    await ada.press(offer.id, "1. ja")
    await bot.settled()
    closed, thanks = ada.messages(ada.channel)
    assert "Gewählt: ja" in words(closed)
    assert thanks.conversation_id == offer.conversation_id


async def test_old_card_says_that_it_is_old(bot: TeamsBot, ada: TeamsClient) -> None:
    offer = await ask(bot, ada, Q_TELEWORK)
    late = replace(offer)
    await ada.press(offer.id, "1. ja")
    await bot.settled()
    before = ada.messages()
    answer = await press_again(ada, late)
    await bot.settled()
    assert answer.body == {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": STALE}
    assert ada.messages() == before
    assert await verdicts(bot) == [Verdict.HELPFUL]


async def press_again(person: TeamsClient, shown: Shown, number: int = 0) -> Any:
    """Press a button of a card as it was."""
    action = dict((shown.card or {})["actions"][number])
    activity = person.message("", type="invoke", name="adaptiveCard/action", replyToId=shown.id)
    value = {"action": {name: action[name] for name in ("type", "title", "verb", "data")}, "trigger": "manual"}
    return await person.send(activity | {"value": value, "conversation": whereabouts(person, shown).address()})


def whereabouts(person: TeamsClient, shown: Shown) -> Conversation:
    """The place of a message, as its reader sees it."""
    known = (person.personal, person.group_chat, person.channel)
    found = next(place for place in known if shown.conversation_id.startswith(place.id))
    return replace(found, id=shown.conversation_id)


async def test_click_of_somebody_else_says_so_and_changes_nothing(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient
) -> None:
    offer = await ask(bot, ada, Q_TELEWORK, ada.group_chat)
    answer = await ben.press(offer.id, "1. ja")
    await bot.settled()
    assert answer.body["value"] == NOT_THEIRS
    assert ada.messages(ada.group_chat) == [offer]
    assert await verdicts(bot) == []
    await ada.press(offer.id, "1. ja")
    await bot.settled()
    assert await verdicts(bot) == [Verdict.HELPFUL]


async def test_number_that_is_typed_takes_the_buttons_away_too(bot: TeamsBot, ada: TeamsClient) -> None:
    await ask(bot, ada, UNSURE)
    answer = await ask(bot, ada, "1")
    assert "Scan an mich" in words(answer)
    closed = ada.messages()[0]
    assert buttons(closed) == []
    assert "Gewählt: Wie scanne ich ein Dokument?" in words(closed)


async def test_button_of_a_client_without_execute_does_the_same(bot: TeamsBot, ada: TeamsClient) -> None:
    offer = await ask(bot, ada, UNSURE)
    fallback = (offer.card or {})["actions"][0]["fallback"]
    assert fallback["type"] == "Action.Submit"
    assert (await ada.submit(offer.id, fallback["data"])).status == 200
    await bot.settled()
    closed, answer = ada.messages()
    assert "Gewählt: Wie scanne ich ein Dokument?" in words(closed)
    assert buttons(closed) == []
    assert "Scan an mich" in words(answer)


async def test_old_button_of_such_a_client_gets_one_sentence(bot: TeamsBot, ada: TeamsClient) -> None:
    offer = await ask(bot, ada, Q_TELEWORK)
    data = (offer.card or {})["actions"][0]["fallback"]["data"]
    await ada.submit(offer.id, data)
    await bot.settled()
    before = said(ada.messages())
    await ada.submit(offer.id, data)
    await bot.settled()
    assert said(ada.messages()) == [*before, STALE]
    assert await verdicts(bot) == [Verdict.HELPFUL]


async def test_button_that_teams_delivers_twice_is_not_called_old(bot: TeamsBot, ada: TeamsClient) -> None:
    offer = await ask(bot, ada, Q_TELEWORK)
    first = await ada.submit(offer.id, (offer.card or {})["actions"][0]["fallback"]["data"])
    await bot.settled()
    before = said(ada.messages())
    assert (await ada.send(first.activity)).status == 200
    await bot.settled()
    assert said(ada.messages()) == before


async def test_two_clicks_at_once_are_answered_once(bot: TeamsBot, ada: TeamsClient) -> None:
    offer = await ask(bot, ada, Q_TELEWORK)
    answers = await asyncio.gather(ada.press(offer.id, "1. ja"), ada.press(offer.id, "1. ja"))
    await bot.settled()
    assert [answer.status for answer in answers] == [200, 200]
    assert await verdicts(bot) == [Verdict.HELPFUL]
    closed, thanks = ada.messages()
    assert "Gewählt: ja" in words(closed)
    assert "Danke" in words(thanks)


async def test_card_from_before_a_restart_still_works(bot: TeamsBot, ada: TeamsClient) -> None:
    offer = await ask(bot, ada, UNSURE)
    await bot.restart()
    pressed = await ada.press(offer.id, 0)
    await bot.settled()
    assert pressed.body["value"] == ada.messages()[0].card
    assert "Scan an mich" in words(ada.messages()[1])


async def test_choice_of_an_entry_that_was_withdrawn_says_so(bot: TeamsBot, ada: TeamsClient) -> None:
    offer = await ask(bot, ada, UNSURE)
    await bot.withdraw(PRINTER)
    assert (await ada.press(offer.id, 0)).status == 200
    await bot.settled()
    assert "Diese Antwort gibt es nicht mehr." in words(ada.messages()[-1])


async def test_entry_that_was_withdrawn_is_answered_no_more(bot: TeamsBot, ada: TeamsClient) -> None:
    await bot.withdraw(TELEWORK)
    assert A_TELEWORK not in words(await ask(bot, ada, Q_TELEWORK))


# coming and going


async def test_installing_the_app_greets_once(bot: TeamsBot, ada: TeamsClient) -> None:
    installed = await ada.install()
    await ada.members_added()
    await ada.send(installed.activity)
    await bot.settled()
    [greeting] = said(ada.messages())
    assert WELCOME in greeting


async def test_installing_the_app_in_a_team_is_silent(bot: TeamsBot, ada: TeamsClient) -> None:
    assert (await ada.install(where=ada.channel)).status == 200
    assert (await ada.members_added(where=ada.channel)).status == 200
    await bot.settled()
    assert ada.messages(ada.channel) == []
    [address] = await bot.rows(ConversationAddress)
    assert (address.conversation_id, address.team_id) == (TEAM_ID, TEAM_ID)


async def test_after_an_uninstall_nothing_is_sent_there_nor_tried_for_ever(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, logs: Logs
) -> None:
    await ask(bot, ada, "hallo")
    assert (await ada.uninstall()).status == 200
    assert await bot.rows(ConversationAddress) == []
    sent = len(microsoft.calls)
    await bot.post("later", ada.personal.id, "Noch da?", is_direct=True)
    await bot.settled()
    assert len(microsoft.calls) == sent
    [entry] = logs.named("mailbox.undeliverable")
    assert entry["reason"] == NOT_INSIDE
    assert (await bot.rows(OutboxMessage))[-1].state == OutboxState.UNDELIVERABLE


async def test_upgrade_of_the_app_keeps_what_is_known(bot: TeamsBot, ada: TeamsClient) -> None:
    await ask(bot, ada, "hallo")
    for action in ("add-upgrade", "remove-upgrade"):
        upgrade = ada.message("", type="installationUpdate", action=action)
        assert (await ada.send(upgrade)).status == 200
    await bot.settled()
    assert len(ada.messages()) == 1
    assert len(await bot.rows(ConversationAddress)) == 1


async def test_app_that_comes_back_is_greeted_and_answers(bot: TeamsBot, ada: TeamsClient) -> None:
    await ask(bot, ada, "hallo")
    await ada.uninstall()
    await ada.install()
    await bot.settled()
    assert A_TELEWORK in words(await ask(bot, ada, Q_TELEWORK))
    assert len(ada.messages()) == 3


async def test_removal_from_a_team_forgets_all_its_channels_and_nothing_else(bot: TeamsBot, ada: TeamsClient) -> None:
    second = replace(ada.channel, id="19:00000000000000000000000000000000@thread.tacv2")
    for where in (ada.channel, second, ada.group_chat, ada.personal):
        await ask(bot, ada, "hallo", where)
    assert len(await bot.rows(ConversationAddress)) == 4
    assert (await ada.members_removed(where=ada.channel)).status == 200
    assert {row.conversation_id for row in await bot.rows(ConversationAddress)} == {ada.group_chat.id, ada.personal.id}


async def test_somebody_who_leaves_a_team_takes_nothing_along(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient
) -> None:
    await ask(bot, ada, "hallo", ada.channel)
    assert (await ada.members_removed(ben.member, where=ada.channel)).status == 200
    assert ada.channel.id in [row.conversation_id for row in await bot.rows(ConversationAddress)]


@pytest.mark.parametrize(("event", "left"), [("channelDeleted", 2), ("teamDeleted", 1), ("channelRenamed", 3)])
async def test_what_is_deleted_is_forgotten(bot: TeamsBot, ada: TeamsClient, event: str, left: int) -> None:
    second = replace(ada.channel, id="19:00000000000000000000000000000000@thread.tacv2")
    for where in (ada.channel, second, ada.group_chat):
        await ask(bot, ada, "hallo", where)
    told = ada.message("", where=ada.channel, type="conversationUpdate")
    told["channelData"] |= {"eventType": event}
    assert (await ada.send(told)).status == 200
    assert len(await bot.rows(ConversationAddress)) == left


# addresses


async def test_addresses_are_plain_rows_without_anybodys_name(bot: TeamsBot, ada: TeamsClient) -> None:
    await ask(bot, ada, "hallo")
    await ask(bot, ada, "hallo", ada.channel)
    rows = {row.conversation_id: row.model_dump() for row in await bot.rows(ConversationAddress)}
    usual = {"platform": "teams", "tenant_id": TENANT, "bot_id": f"28:{APP_ID}"}
    service = rows[ada.personal.id]["service_url"]
    assert service.startswith("http://127.0.0.1:")
    assert rows[ada.personal.id] == usual | {
        "conversation_id": ada.personal.id,
        "service_url": service,
        "team_id": None,
        "person": ada.member.object_id,
        "person_account": ada.member.id,
    }
    assert rows[ada.channel.id] == usual | {
        "conversation_id": ada.channel.id,
        "service_url": service,
        "team_id": TEAM_ID,
        "person": None,
        "person_account": None,
    }
    assert ada.member.name not in str(rows)


async def test_answers_go_to_where_the_last_message_came_from(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft, http: aiohttp.ClientSession
) -> None:
    await ask(bot, ada, "hallo")
    with Microsoft() as elsewhere:
        elsewhere.checks_tokens = False
        microsoft.join(ada.personal.id, ada.member)
        moved = ada.message(Q_TELEWORK) | {"serviceUrl": elsewhere.service_url}
        token = microsoft.token(serviceurl=elsewhere.service_url)
        assert (await ada.send(moved, authorization=f"Bearer {token}")).status == 200
        await bot.settled()
        [answer] = elsewhere.messages(ada.personal.id)
        assert A_TELEWORK in words(answer)
        await bot.post("later", ada.personal.id, "Nachtrag", is_direct=True)
        await bot.settled()
        assert said(elsewhere.messages(ada.personal.id))[-1] == "Nachtrag"
        assert len(ada.messages()) == 1
        await bot.stop()
    assert [row.service_url for row in await bot.rows(ConversationAddress)] == [elsewhere.service_url]


async def test_message_without_a_thread_opens_one_in_a_channel(
    bot: TeamsBot, ada: TeamsClient, microsoft: Microsoft
) -> None:
    await ask(bot, ada, "hallo", ada.channel)
    await bot.post("news", ada.channel.id, "Neu im Haus: die E-Akte.")
    await bot.settled()
    news = ada.messages(ada.channel)[-1]
    assert news.conversation_id == ada.channel.thread(news.id).id
    assert news.text == "Neu im Haus: die E-Akte."
    [call] = [call for call in microsoft.calls if call.path.endswith("/v3/conversations")]
    assert call.body["channelData"] == {"channel": {"id": ada.channel.id}, "tenant": {"id": TENANT}}
    assert call.body["isGroup"] is True
    [row] = [row for row in await bot.rows(OutboxMessage) if row.key == "news"]
    assert row.message_id == f"{news.conversation_id}#{news.id}"


async def test_message_without_a_thread_goes_into_a_group_chat_as_it_is(bot: TeamsBot, ada: TeamsClient) -> None:
    await ask(bot, ada, "hallo", ada.group_chat)
    await bot.post("news", ada.group_chat.id, "Neu im Haus: die E-Akte.")
    await bot.settled()
    assert [shown.conversation_id for shown in ada.messages(ada.group_chat)] == [ada.group_chat.id] * 2


async def test_equal_ids_of_messages_in_two_conversations_do_not_collide(
    bot: TeamsBot, ada: TeamsClient, ben: TeamsClient
) -> None:
    question = ada.message(Q_TELEWORK)
    await ada.send(question)
    await ben.send(ben.message(Q_ROOM) | {"id": question["id"]})
    await bot.settled()
    assert A_TELEWORK in words(ada.messages()[0])
    assert A_ROOM in words(ben.messages()[0])
    await ada.delete(str(question["id"]))
    await bot.settled()
    assert ada.messages() == []
    assert len(ben.messages()) == 1


async def test_everybody_is_answered_in_their_own_chat(bot: TeamsBot, microsoft: Microsoft, http: Any) -> None:
    people = [TeamsClient(microsoft, http, bot.endpoint, Member(f"Person {number}")) for number in range(8)]
    await asyncio.gather(*(person.say(Q_TELEWORK) for person in people))
    await eventually(lambda: all(person.messages() for person in people))
    await bot.settled()
    assert [len(person.messages()) for person in people] == [1] * 8
