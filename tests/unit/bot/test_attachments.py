"""Files that go with messages, from the handler's action to the platform."""

from dataclasses import replace
from datetime import timedelta

import pytest
from typing_extensions import override

from bot.errors import DeliveryError
from bot.mailbox import Mailbox
from bot.messages import Conversation, File, Outgoing, Send
from bot.offers import unasked
from conftest import MovedClock
from fakes import StandIn
from servers.synapse import eventually
from storage.database import Database

FILE = File("jour-fixe.ics", "text/calendar", "BEGIN:VCALENDAR\r\n", "/kalender/k7/2026-12-03.ics")
CHAT = Conversation("p", "chat", is_direct=True)
ROOM = Conversation("p", "room")
URL = "https://bot.example.org"
LINK = f"Datei: [jour-fixe.ics]({URL}/kalender/k7/2026-12-03.ics)"


class WithoutFiles(StandIn):
    """A platform that shows links instead."""

    takes_files = False


class RefusesFiles(StandIn):
    """A server with a broken store of files."""

    @override
    async def send(self, outgoing: Outgoing) -> str:
        if outgoing.file is not None:
            raise DeliveryError("502", is_final=True)
        return await super().send(outgoing)


@pytest.fixture
def platform() -> StandIn:
    return StandIn()


async def opened(database: Database, clock: MovedClock, platform: StandIn, url: str = URL) -> Mailbox:
    mailbox = Mailbox(database, clock.now, url)
    mailbox.serve({"p": platform})
    await mailbox.resume("p")
    return mailbox


async def shown(mailbox: Mailbox, platform: StandIn, *messages: Outgoing) -> list[tuple[str, File | None]]:
    await mailbox.post(messages)
    await mailbox.idle()
    return [(sent.text, sent.file) for sent in platform.sent]


async def test_file_follows_its_message(sqlite: Database, clock: MovedClock, platform: StandIn) -> None:
    mailbox = await opened(sqlite, clock, platform)
    message = unasked(Send(CHAT, "Der Termin steht.", file=FILE), "k")

    assert await shown(mailbox, platform, message) == [("Der Termin steht.", None), ("", FILE)]
    assert [sent.key for sent in platform.sent] == ["k", "k:file"]


async def test_file_waits_in_the_outbox_for_the_next_start(
    sqlite: Database, clock: MovedClock, platform: StandIn
) -> None:
    await Mailbox(sqlite, clock.now).post([Outgoing("unseen", CHAT, "Hallo")])
    early = Mailbox(sqlite, clock.now, URL)
    early.serve({"p": platform})
    await early.post([Outgoing("k", CHAT, "Der Termin steht.", file=FILE)])

    mailbox = await opened(sqlite, clock, platform)
    await mailbox.idle()

    assert [sent.file for sent in platform.sent if sent.key.startswith("k")] == [None, FILE]


async def test_same_message_twice_brings_one_file(sqlite: Database, clock: MovedClock, platform: StandIn) -> None:
    mailbox = await opened(sqlite, clock, platform)
    message = Outgoing("k", CHAT, "Der Termin steht.", file=FILE)

    await shown(mailbox, platform, message)
    assert len(await shown(mailbox, platform, message)) == 2


async def test_file_stands_in_the_thread_of_the_question_but_answers_nothing(
    sqlite: Database, clock: MovedClock, platform: StandIn
) -> None:
    mailbox = await opened(sqlite, clock, platform)
    await shown(mailbox, platform, Outgoing("k", ROOM, "Bitte sehr.", answers="question", file=FILE))

    assert (platform.sent[1].thread, platform.sent[1].answers) == ("question", None)
    async with sqlite.reading() as uow:
        answer = await uow.mailbox.answer_to("p", "question")
    assert answer is not None
    assert answer.key == "k"


@pytest.mark.parametrize(
    ("url", "said"), [(URL, LINK), ("", "Die Datei „jour-fixe.ics“ ließ sich hier nicht anhängen.")]
)
async def test_file_that_cannot_be_delivered_leaves_its_message_and_a_sentence(
    sqlite: Database, clock: MovedClock, url: str, said: str
) -> None:
    platform = RefusesFiles()
    mailbox = await opened(sqlite, clock, platform, url)

    await mailbox.post([Outgoing("k", CHAT, "Der Termin steht.", file=FILE)])
    await eventually(lambda: len(platform.sent) == 2)

    assert platform.texts == ["Der Termin steht.", said]


async def test_platform_without_files_shows_where_the_file_is(sqlite: Database, clock: MovedClock) -> None:
    platform = WithoutFiles()
    mailbox = await opened(sqlite, clock, platform)

    found = await shown(mailbox, platform, Outgoing("k", CHAT, "Der Termin steht.", file=FILE))

    assert found == [("Der Termin steht.", None), (LINK, None)]


async def test_link_in_a_channel_stands_below_its_post(sqlite: Database, clock: MovedClock) -> None:
    platform = WithoutFiles()
    mailbox = await opened(sqlite, clock, platform)

    await shown(mailbox, platform, Outgoing("k", ROOM, "Der Termin steht.", file=FILE))

    assert platform.sent[1].thread == "m1"


@pytest.mark.parametrize(("url", "path"), [("", FILE.path), (URL, "")])
async def test_nothing_is_said_of_a_file_that_nobody_can_get(
    sqlite: Database, clock: MovedClock, url: str, path: str
) -> None:
    platform = WithoutFiles()
    mailbox = await opened(sqlite, clock, platform, url)
    file = File(FILE.name, FILE.media_type, FILE.content, path)

    assert await shown(mailbox, platform, Outgoing("k", CHAT, "Hallo", file=file)) == [("Hallo", None)]


async def test_file_goes_with_its_message(sqlite: Database, clock: MovedClock, platform: StandIn) -> None:
    mailbox = await opened(sqlite, clock, platform)
    await shown(mailbox, platform, Outgoing("k", CHAT, "Der Termin steht.", file=FILE))

    await shown(mailbox, platform, Outgoing("d", CHAT, "", deletes="k"))

    assert [sent.deletes for sent in platform.sent] == [None, None, "m1", "m2"]


async def test_file_waits_as_long_as_its_message_and_is_never_sent_without_it(
    sqlite: Database, clock: MovedClock, platform: StandIn
) -> None:
    mailbox = await opened(sqlite, clock, platform)
    morning = clock.now() + timedelta(hours=9)
    kept = Outgoing("k1", CHAT, "Der Termin steht.", file=FILE, held_until=morning)
    await shown(mailbox, platform, kept, replace(kept, key="k2", text="Der Termin fällt aus."))
    await shown(mailbox, platform, Outgoing("d", CHAT, "", deletes="k2"))
    assert platform.sent == []

    clock.move(timedelta(hours=9))
    await mailbox.release()
    await mailbox.idle()

    assert [sent.key for sent in platform.sent] == ["k1", "k1:file"]
