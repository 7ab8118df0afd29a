"""A pressed button takes a choice like a number does, and where there are buttons they go when a choice is taken."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from bot.community import Community
from bot.dispatcher import Dispatcher
from bot.errors import DeliveryError
from bot.front_desk import FrontDesk
from bot.mailbox import Mailbox
from bot.messages import Action, Choice, Conversation, Incoming, Kind, Offer, Outgoing, Reply, Send, Sender
from bot.router import Table
from bot.settings import CommunitySettings
from bot.turn import Services, Turn
from conftest import MovedClock
from fakes import ANNA, ROOM, StandIn, edited, said
from storage.database import Database
from storage.models.questions import PendingOffer

SERVICES: Services = SimpleNamespace(search=None, commands=())  # type: ignore[assignment]
GROUP = Conversation("stand-in", "group")
BEN = Sender("ben", "Ben")


async def offer(turn: Turn, services: Services) -> Sequence[Action]:
    """Offers two ways to go on; for everybody, as long as it stands there, when „alle“ are asked."""
    choices = tuple(Choice(word, f"{word} sagen", {"of": turn.text}) for word in ("ja", "nein"))
    if turn.text == "alle":
        return [Send(turn.message.conversation, "Kommt ihr?", Offer("go on", choices, lasts=True))]
    return [Reply(f"echo {turn.text}", Offer("go on", choices))]


async def go_on(turn: Turn, services: Services) -> Sequence[Action]:
    assert turn.choice
    return [Reply(f"{turn.choice.word} zu {turn.choice.data['of']}")]


TABLE = Table((), {"go on": go_on}, offer)


class Buttons(StandIn):
    """A platform that shows choices as buttons."""

    has_buttons = True
    takes_files = False


class Bot:
    """Mailbox and dispatcher over a real database, with a stand-in for the platform."""

    def __init__(self, database: Database, clock: MovedClock, platform: StandIn) -> None:
        self.platform = platform
        self.mailbox = Mailbox(database, clock.now)
        self.mailbox.serve({"stand-in": platform})
        community = Community(CommunitySettings(), clock.now)
        self.dispatcher = Dispatcher(database, self.mailbox, community, TABLE, SERVICES)
        self.desk = FrontDesk(database, community, TABLE, SERVICES)

    async def start(self) -> "Bot":
        await self.mailbox.resume("stand-in")
        await self.dispatcher.start()
        return self

    async def hear(self, *events: Incoming) -> list[Outgoing]:
        """Receive events and give what was sent for them."""
        before = len(self.platform.sent)
        await self.mailbox.receive("stand-in", events)
        await self.dispatcher.idle()
        await self.mailbox.idle()
        return self.platform.sent[before:]

    async def offered(self, *texts: str, conversation: Conversation = ROOM) -> list[str]:
        """Ask questions; gives the keys of the messages that offer something."""
        sent = await self.hear(*(said(text, text, conversation) for text in texts))
        return [outgoing.key for outgoing in sent]


@pytest.fixture
async def bot(sqlite: Database, clock: MovedClock) -> Bot:
    return await Bot(sqlite, clock, Buttons()).start()


@pytest.fixture
async def plain(sqlite: Database, clock: MovedClock) -> Bot:
    """A bot on a platform without buttons."""
    return await Bot(sqlite, clock, StandIn()).start()


def pressed(event_id: str, key: str, number: str = "1", conversation: Conversation = ROOM) -> Incoming:
    return said(event_id, number, conversation, kind=Kind.PRESS, refers_to=key, is_addressed=conversation.is_direct)


def texts(sent: Sequence[Outgoing]) -> list[str]:
    return [outgoing.text for outgoing in sent]


async def test_a_button_takes_the_choice_below_its_own_message(bot: Bot) -> None:
    rot, blau, gelb = await bot.offered("rot", "blau", "gelb")
    assert texts(await bot.hear(pressed("p1", blau, "2"))) == ["echo blau", "nein zu blau"]
    assert texts(await bot.hear(pressed("p2", rot))) == ["echo rot", "ja zu rot"]
    assert texts(await bot.hear(pressed("p3", gelb))) == ["echo gelb", "ja zu gelb"]


async def test_a_button_takes_its_choice_on_platforms_without_closing_messages_too(plain: Bot) -> None:
    rot, _ = await plain.offered("rot", "blau")
    assert texts(await plain.hear(pressed("p", rot))) == ["ja zu rot"]


async def test_of_a_lasting_offer_nobody_sees_that_somebody_took_it(bot: Bot) -> None:
    [key] = await bot.offered("alle")
    assert texts(await bot.hear(pressed("p1", key, "2"))) == ["nein zu alle"]
    assert texts(await bot.hear(replace(pressed("p2", key), sender=BEN))) == ["ja zu alle"]
    assert texts(await bot.hear(pressed("p3", key))) == ["ja zu alle"]
    assert await bot.desk.standing(key, BEN.id) == await bot.desk.standing(key, ANNA.id) is not None


async def test_a_lasting_offer_stays_where_people_write_and_react(plain: Bot) -> None:
    await plain.offered("alle")
    shown = f"m{len(plain.platform.sent)}"
    assert texts(await plain.hear(said("w1", "nein", is_addressed=False))) == ["nein zu alle"]
    assert texts(await plain.hear(replace(said("w2", "1", is_addressed=False), sender=BEN))) == ["ja zu alle"]
    reaction = said("r", "👎", kind=Kind.REACTION, refers_to=shown, is_addressed=False)
    assert texts(await plain.hear(reaction)) == ["nein zu alle"]


async def test_a_taken_choice_closes_its_message_before_it_is_answered(bot: Bot) -> None:
    await bot.offered("rot")
    closed, answer = await bot.hear(pressed("p", bot.platform.sent[0].key, "2"))
    assert closed == Outgoing(closed.key, ROOM, "echo rot", replaces="m1", chosen="nein sagen")
    assert answer == Outgoing(answer.key, ROOM, "nein zu rot", answers="p")
    assert closed.key != answer.key


@pytest.mark.parametrize(
    "taking",
    [
        said("b", "1"),
        said("b", "ja"),
        said("b", "Ja!"),
        said("b", "1️⃣", kind=Kind.REACTION, refers_to="m1"),
        said("b", "👍", kind=Kind.REACTION, refers_to="m1"),
    ],
    ids=["number", "word", "word with a mark", "digit as reaction", "thumb as reaction"],
)
async def test_a_message_is_closed_however_its_choice_is_taken(bot: Bot, taking: Incoming) -> None:
    await bot.offered("rot")
    closed, answer = await bot.hear(taking)
    assert (closed.text, closed.replaces, closed.chosen, closed.answers) == ("echo rot", "m1", "ja sagen", None)
    assert (answer.text, answer.answers) == ("ja zu rot", "b")


async def test_without_buttons_nothing_is_closed(plain: Bot, sqlite: Database) -> None:
    await plain.offered("rot")
    async with sqlite.reading() as uow:
        [waiting] = await uow.questions.offers_to("stand-in", "room", "anna")
    assert waiting.text is None
    assert texts(await plain.hear(said("b", "1"))) == ["ja zu rot"]


async def test_where_a_choice_is_offered_in_a_group_the_press_need_not_name_the_bot(bot: Bot) -> None:
    [key] = await bot.offered("rot", conversation=GROUP)
    closed, answer = await bot.hear(pressed("p", key, conversation=GROUP))
    assert closed.conversation == answer.conversation == GROUP
    assert texts([closed, answer]) == ["echo rot", "ja zu rot"]


async def test_a_press_in_a_thread_is_answered_in_the_thread(bot: Bot) -> None:
    [asked] = await bot.hear(said("a", "rot", GROUP, thread="root"))
    closed, answer = await bot.hear(replace(pressed("p", asked.key, conversation=GROUP), thread="root"))
    assert (closed.replaces, answer.thread) == ("m1", "root")


async def test_a_press_counts_once_however_often_it_arrives(bot: Bot) -> None:
    [key] = await bot.offered("rot")
    assert len(await bot.hear(pressed("p", key), pressed("p", key), pressed("q", key), pressed("r", key, "2"))) == 2


@pytest.mark.parametrize("number", ["0", "3", "9", "", "x"])
async def test_a_button_that_was_never_there_does_nothing(bot: Bot, number: str) -> None:
    [key] = await bot.offered("rot")
    assert await bot.hear(pressed("p", key, number)) == []


async def test_a_press_below_an_unknown_message_does_nothing(bot: Bot) -> None:
    await bot.offered("rot")
    assert await bot.hear(pressed("p", "0" * 32), pressed("q", "")) == []


async def test_a_press_of_somebody_else_does_nothing(bot: Bot) -> None:
    [key] = await bot.offered("rot", conversation=GROUP)
    assert await bot.hear(replace(pressed("p", key, conversation=GROUP), sender=BEN)) == []
    assert len(await bot.hear(pressed("q", key, conversation=GROUP))) == 2


async def test_a_press_from_another_conversation_does_nothing(bot: Bot) -> None:
    [key] = await bot.offered("rot", conversation=GROUP)
    assert await bot.hear(pressed("p", key)) == []


async def test_a_press_below_the_earlier_version_of_an_answer_does_nothing(bot: Bot) -> None:
    [old] = await bot.offered("rot")
    [new] = await bot.hear(edited("b", "neu", of="rot"))
    assert await bot.hear(pressed("p", old)) == []
    closed, answer = await bot.hear(pressed("q", new.key))
    assert (closed.text, closed.replaces, answer.text) == ("echo neu", "m1", "ja zu neu")


async def test_a_press_below_a_deleted_message_does_nothing(bot: Bot) -> None:
    [key] = await bot.offered("rot")
    await bot.hear(said("x", "", kind=Kind.DELETION, refers_to="m1"))
    assert await bot.hear(pressed("p", key)) == []


async def test_deleting_what_took_a_choice_leaves_the_message_that_offered_it(bot: Bot) -> None:
    await bot.offered("rot")
    await bot.hear(said("b", "1"))
    deleted = await bot.hear(said("x", "", kind=Kind.DELETION, refers_to="b"))
    assert [outgoing.deletes for outgoing in deleted] == ["m3"]  # the answer to it; m2 only changed m1


async def test_deleting_the_question_deletes_the_closed_message_and_what_followed(bot: Bot) -> None:
    [key] = await bot.offered("rot")
    await bot.hear(pressed("p", key))
    deleted = await bot.hear(said("x", "", kind=Kind.DELETION, refers_to="rot"))
    assert [outgoing.deletes for outgoing in deleted] == ["m1", "m3"]


async def test_an_edited_question_opens_its_closed_message_anew(bot: Bot) -> None:
    [key] = await bot.offered("rot")
    await bot.hear(pressed("p", key))
    [again] = await bot.hear(edited("b", "neu", of="rot"))
    assert (again.text, again.replaces, len(again.choices), again.chosen) == ("echo neu", "m1", 2, None)
    assert texts(await bot.hear(pressed("q", again.key))) == ["echo neu", "ja zu neu"]


async def test_a_message_that_never_arrived_is_not_closed(bot: Bot) -> None:
    bot.platform.faults.append(DeliveryError("refused", is_final=True))
    assert await bot.offered("rot") == []
    assert texts(await bot.hear(said("b", "1"))) == ["ja zu rot"]


async def test_a_message_that_cannot_be_closed_does_not_hold_up_the_answer(bot: Bot) -> None:
    [key] = await bot.offered("rot")
    bot.platform.faults.append(DeliveryError("gone", is_final=True))
    assert texts(await bot.hear(pressed("p", key))) == ["ja zu rot"]


async def test_a_crash_between_a_press_and_its_sending_closes_and_answers_once(
    sqlite: Database, clock: MovedClock
) -> None:
    first = await Bot(sqlite, clock, Buttons()).start()
    [key] = await first.offered("rot")
    silent = Bot(sqlite, clock, Buttons())  # never resumed, so it sends nothing
    await silent.dispatcher.start()
    assert await silent.hear(pressed("p", key)) == []
    restarted = await Bot(sqlite, clock, Buttons()).start()
    await restarted.hear(pressed("p", key))
    assert restarted.platform.texts == ["echo rot", "ja zu rot"]


# what a platform may ask at once


async def test_an_offer_stands_for_its_person_until_it_is_taken(bot: Bot) -> None:
    [key] = await bot.offered("rot")
    standing = await bot.desk.standing(key, ANNA.id)
    assert standing
    assert (standing.text, [choice.label for choice in standing.offer.choices]) == (
        "echo rot",
        ["ja sagen", "nein sagen"],
    )
    assert await bot.desk.standing(key, BEN.id) is None
    await bot.hear(pressed("p", key))
    assert await bot.desk.standing(key, ANNA.id) is None


# offers of an earlier version of the bot


async def keep(database: Database, clock: MovedClock, key: str, text: str | None) -> None:
    """Have this offer, as an earlier version kept it, wait below a message instead of the present one."""
    row = PendingOffer(
        platform="stand-in",
        conversation_id="room",
        person="anna",
        message_key=key,
        topic="go on",
        text=text,
        choices=[{"word": "ja", "label": "ja sagen", "data": {"of": "rot"}}],
        created_at=clock.now(),
    )
    async with database.unit_of_work() as uow:
        await uow.questions.withdraw_offers([key])
        await uow.questions.offer(row)
        await uow.commit()


async def test_an_offer_without_its_text_is_taken_and_not_closed(bot: Bot, sqlite: Database, clock: MovedClock) -> None:
    [key] = await bot.offered("rot")
    await keep(sqlite, clock, key, None)
    assert texts(await bot.hear(pressed("p", key))) == ["ja zu rot"]


async def test_an_offer_from_when_there_were_buttons_is_taken_and_not_closed(
    plain: Bot, sqlite: Database, clock: MovedClock
) -> None:
    [key] = await plain.offered("rot")
    await keep(sqlite, clock, key, "echo rot")
    assert texts(await plain.hear(said("b", "1"))) == ["ja zu rot"]


async def test_offers_survive_the_way_back_to_an_earlier_version_and_forth(
    database: Database, clock: MovedClock
) -> None:
    before = await Bot(database, clock, Buttons()).start()
    [key] = await before.offered("rot")
    await database.downgrade("0003")
    await database.migrate()
    after = await Bot(database, clock, Buttons()).start()
    standing = await after.desk.standing(key, ANNA.id)
    assert standing
    assert standing.text == ""
    assert texts(await after.hear(pressed("p", key, "2"))) == ["nein zu rot"]
