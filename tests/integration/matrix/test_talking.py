"""What people say to the bot, what it says to them."""

from contextlib import suppress

import aiohttp

from bot.messages import Choice, Kind
from servers.matrix_bot import Bot
from servers.synapse import Person, RefusedError, eventually


async def test_direct_message_arrives_and_is_answered_plainly(bot: Bot, anna: Person) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, direct=True)
        question = await bot.inbox.of(await anna.say(room, "Wie beantrage ich Telearbeit?"))
        assert question.text == "Wie beantrage ich Telearbeit?"
        assert question.conversation.is_direct
        assert question.is_addressed
        assert (question.sender.id, question.sender.name) == (anna.id, "Anna")

        identity = await platform.send(bot.answer(question, "Mit dem **Formular**."))

    [answer] = await anna.messages(room, bot.id)
    assert answer["event_id"] == identity
    assert answer["content"]["body"] == "Mit dem Formular."
    assert answer["content"]["formatted_body"] == "<p>Mit dem <strong>Formular</strong>.</p>"
    assert answer["content"]["m.mentions"] == {}
    assert "m.relates_to" not in answer["content"]


async def test_question_sent_along_with_the_invitation_to_a_direct_chat_is_not_lost(bot: Bot, anna: Person) -> None:
    async with bot.running():
        pass  # the very first start ignores what was before it
    room = await anna.create_room(bot.id, direct=True)
    early = await anna.say(room, "Hallo?")
    async with bot.running():
        await eventually(lambda: bool(bot.inbox.events))
    assert [event.event_id for event in bot.inbox.events] == [early]


async def test_of_a_group_only_what_speaks_to_the_bot_is_kept(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running():
        room = await bot.room_with(anna, ben.id)
        await ben.join(room)
        await ben.say(room, "Mittagessen um zwölf?", **{"m.mentions": {}})
        await anna.say(room, "Frag doch ben", **{"m.mentions": {"user_ids": [ben.id]}})
        await ben.say(room, "2")
        await ben.say(room, "Lotsenfunk: Wo ist das Intranet?", **{"m.mentions": {"user_ids": [bot.id]}})
        await ben.say(room, "lotsenfunk wo ist es")
        await anna.say(room, "!frage Wer hilft?")
        await bot.inbox.of(await anna.say(room, "!hilfe"))
    kept = [(event.text, event.is_addressed, event.conversation.is_direct) for event in bot.inbox.events]
    assert kept == [
        ("2", False, False),
        ("Wo ist das Intranet?", True, False),
        ("wo ist es", True, False),
        ("!frage Wer hilft?", True, False),
        ("!hilfe", True, False),
    ]


async def test_answer_in_a_group_opens_a_thread_with_html_and_choices(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, ben.id)
        question = await bot.inbox.of(await anna.say(room, "!frage Telearbeit"))
        offer = bot.answer(question, "Meinst du:")
        choices = (Choice("antrag", "den Antrag"), Choice("regeln", "die Regeln"))
        await platform.send(type(offer)(offer.key, offer.conversation, offer.text, choices, answers=offer.answers))
    [answer] = await anna.messages(room, bot.id)
    assert answer["content"]["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": question.event_id,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": question.event_id},
    }
    assert answer["content"]["body"] == "Meinst du:\n\n1. den Antrag\n2. die Regeln"
    assert "<li>den Antrag</li>" in answer["content"]["formatted_body"]


async def test_talk_in_a_thread_of_the_bot_needs_no_mention_even_after_a_restart(
    bot: Bot, anna: Person, ben: Person, http: aiohttp.ClientSession
) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, ben.id)
        question = await bot.inbox.of(await anna.say(room, "!frage Telearbeit"))
        answer = await platform.send(bot.answer(question))
        first = await bot.inbox.of(await anna.say(room, "und im Ausland?", **in_thread(question.event_id, answer)))
        assert first.is_addressed
        assert first.thread == question.event_id
        other = await anna.say(room, "Kantine?")
        await anna.say(room, "in einem anderen Faden", **in_thread(other, other))
        assert (await bot.inbox.of(await anna.say(room, "!ende"))).thread is None
    # After this place in the stream, nothing tells of the thread any more.
    bot.inbox.stored = (await Person(bot.account, http).call("GET", "/sync?timeout=0"))["next_batch"]
    async with bot.running():
        second = await bot.inbox.of(await anna.say(room, "und in Teilzeit?", **in_thread(question.event_id, answer)))
        third = await bot.inbox.of(await anna.say(room, "danke", **in_reply_to(answer)))
        await anna.say(room, "noch Hunger", **in_thread(other, other))
        await anna.say(room, "und Durst", **in_reply_to("$unknown"))
        await bot.inbox.of(await anna.say(room, "!ende"))
    assert second.is_addressed
    assert third.is_addressed
    assert bot.inbox.texts == ["!frage Telearbeit", "und im Ausland?", "!ende", "und in Teilzeit?", "danke", "!ende"]


async def test_reaction_to_the_bot_is_kept_and_to_others_not(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, ben.id)
        question = await bot.inbox.of(await anna.say(room, "!frage Telearbeit"))
        answer = await platform.send(bot.answer(question))
        await react(anna, room, question.event_id, "❤️")
        chosen = await bot.inbox.of(await react(anna, room, answer, "2️⃣"))
    assert (chosen.kind, chosen.refers_to, chosen.text) == (Kind.REACTION, answer, "2️⃣")
    assert len(bot.inbox.events) == 2


async def test_edited_question_is_answered_anew_by_editing_the_answer(bot: Bot, anna: Person, ben: Person) -> None:
    async with bot.running() as platform:
        room = await bot.room_with(anna, ben.id)
        question = await bot.inbox.of(await anna.say(room, "!frage Telarbeit"))
        answer = await platform.send(bot.answer(question))
        talk = await anna.say(room, "Kantine?")
        await edit(anna, room, talk, "Mensa?")
        changed = await bot.inbox.of(await edit(anna, room, question.event_id, "Telearbeit"))
        assert (changed.kind, changed.refers_to, changed.text) == (Kind.EDIT, question.event_id, "Telearbeit")
        await platform.send(bot.answer(question, "Besser so.", key="k2", replaces=answer))
    assert len(bot.inbox.events) == 2
    shown = await anna.call("GET", f"/rooms/{room}/event/{answer}")
    replacement = shown["unsigned"]["m.relations"]["m.replace"]
    assert replacement["content"]["m.new_content"]["body"] == "Besser so."
    assert replacement["content"]["body"] == "* Besser so."


async def test_picture_in_a_direct_chat_arrives_without_text(bot: Bot, anna: Person) -> None:
    async with bot.running():
        room = await bot.room_with(anna, direct=True)
        picture = {"msgtype": "m.image", "body": "foto.jpg", "url": "mxc://localhost/x"}
        assert (await bot.inbox.of(await anna.send(room, picture))).text == ""


async def test_notices_and_odd_events_neither_arrive_nor_stop_the_bot(bot: Bot, anna: Person) -> None:
    async with bot.running():
        room = await bot.room_with(anna, direct=True)
        await anna.say(room, "Ich bin ein Bot", msgtype="m.notice")
        odd: list[dict[str, object]] = [
            {"body": 7},
            {"msgtype": "m.text", "body": None},
            {"msgtype": [], "body": {}},
        ]
        for content in odd:
            with suppress(RefusedError):  # Synapse lets some of them pass, other servers may let all
                await anna.send(room, content)
        await anna.send(room, {"m.relates_to": "x"}, "m.reaction")
        await anna.send(room, {"m.relates_to": {"event_id": 1, "rel_type": []}}, "m.reaction")
        await anna.send(room, {"call_id": {}, "version": []}, "m.call.invite")
        await bot.inbox.of(await anna.say(room, "gut\0so"))
    assert bot.inbox.texts == ["gutso"]


def in_thread(root: str, latest: str) -> dict[str, object]:
    relation = {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": latest},
    }
    return {"m.relates_to": relation}


def in_reply_to(event_id: str) -> dict[str, object]:
    return {"m.relates_to": {"m.in_reply_to": {"event_id": event_id}}}


async def react(person: Person, room: str, event_id: str, key: str) -> str:
    relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
    return await person.send(room, {"m.relates_to": relation}, "m.reaction")


async def edit(person: Person, room: str, event_id: str, text: str) -> str:
    new = {"msgtype": "m.text", "body": text}
    relation = {"rel_type": "m.replace", "event_id": event_id}
    return await person.say(room, f"* {text}", **{"m.new_content": new, "m.relates_to": relation})
