"""What is in the mailbox survives, arrives in order, and arrives once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.errors import DeliveryError
from bot.mailbox import Mailbox, key_for
from bot.messages import Choice, Incoming, Outgoing
from bot.platforms import Sealed
from conftest import MovedClock, fresh_postgresql
from fakes import ROOM, StandIn, said
from storage.database import Database
from storage.errors import StoreUnavailable
from storage.repositories.mailbox import MailboxRepository

CHOICES = (Choice("ja", "ja", {"entry": "a"}),)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.patience.FIRST_S", 0.001)


@pytest.fixture
def mailbox(sqlite: Database, clock: MovedClock) -> Mailbox:
    return Mailbox(sqlite, clock.now)


async def post(database: Database, mailbox: Mailbox, *outgoing: Outgoing) -> None:
    async with database.unit_of_work() as uow:
        await mailbox.put(uow, outgoing)
        await uow.commit()
    mailbox.deliver(outgoing)


def message(key: str, text: str = "Hallo", **changes: object) -> Outgoing:
    return Outgoing(key, ROOM, text, **changes)  # type: ignore[arg-type]


async def test_events_are_handed_on_in_order_and_once(mailbox: Mailbox) -> None:
    taken: list[str] = []
    await mailbox.listen(lambda _number, event: taken.append(event.event_id))
    await mailbox.receive("stand-in", [said("a", "1"), said("b", "2")], "cursor-1")
    await mailbox.receive("stand-in", [said("b", "2"), said("c", "3")], "cursor-2")
    assert taken == ["a", "b", "c"]
    assert await mailbox.cursor("stand-in") == "cursor-2"


async def test_an_event_comes_back_as_it_was_stored(sqlite: Database, mailbox: Mailbox, clock: MovedClock) -> None:
    event = said("a", "Größe „1“\n👍", thread="t", is_addressed=False)
    await mailbox.receive("stand-in", [event])
    taken: list[Incoming] = []
    await Mailbox(sqlite, clock.now).listen(lambda _number, stored: taken.append(stored))
    assert taken == [event]


async def test_a_message_is_delivered_as_it_was_posted(sqlite: Database, mailbox: Mailbox) -> None:
    platform = StandIn()
    mailbox.serve({"stand-in": platform})
    await post(sqlite, mailbox, message("k1", "Größe", choices=CHOICES, answers="e", thread="t"))
    assert platform.sent == []  # it waits until the platform is ready
    await mailbox.resume("stand-in")
    await mailbox.idle()
    assert platform.sent == [message("k1", "Größe", choices=CHOICES, answers="e", thread="t")]


async def test_messages_of_a_conversation_keep_their_order_through_faults(sqlite: Database, mailbox: Mailbox) -> None:
    platform = StandIn([DeliveryError("down"), DeliveryError("slow down", retry_after=0.002)])
    mailbox.serve({"stand-in": platform})
    await mailbox.resume("stand-in")
    await post(sqlite, mailbox, *(message(f"k{number}", str(number)) for number in range(5)))
    await mailbox.idle()
    assert platform.texts == ["0", "1", "2", "3", "4"]


async def test_what_cannot_be_delivered_is_given_up_and_does_not_block(sqlite: Database, mailbox: Mailbox) -> None:
    platform = StandIn([DeliveryError("room is gone", is_final=True)])
    mailbox.serve({"stand-in": platform})
    await mailbox.resume("stand-in")
    await post(sqlite, mailbox, message("k1", "lost"), message("k2", "next"))
    await mailbox.idle()
    assert platform.texts == ["next"]
    async with sqlite.reading() as uow:
        assert await uow.mailbox.waiting_to_send() == []


async def test_a_mistake_in_a_platform_costs_one_message_and_not_the_conversation(
    sqlite: Database, mailbox: Mailbox
) -> None:
    platform = StandIn([KeyError("Hallo")])
    mailbox.serve({"stand-in": platform})
    await mailbox.resume("stand-in")
    with capture_logs() as logs:
        await post(sqlite, mailbox, message("k1", "lost"), message("k2", "next"))
        await mailbox.idle()
    assert platform.texts == ["next"]
    assert [(entry["event"], entry["key"], entry["error"]) for entry in logs] == [
        ("mailbox.sending_failed", "k1", "KeyError")
    ]


async def test_what_waited_is_delivered_after_a_restart(sqlite: Database, mailbox: Mailbox, clock: MovedClock) -> None:
    await post(sqlite, mailbox, message("k1"))
    platform, restarted = StandIn(), Mailbox(sqlite, clock.now)
    restarted.serve({"stand-in": platform})
    await restarted.resume("stand-in")
    await restarted.idle()
    await restarted.resume("stand-in")
    await restarted.idle()
    assert [outgoing.key for outgoing in platform.sent] == ["k1"]


async def test_a_message_that_is_handed_over_twice_is_sent_once(sqlite: Database, mailbox: Mailbox) -> None:
    """The platform resumes between the dispatcher's commit and its hand-over."""
    platform = StandIn()
    mailbox.serve({"stand-in": platform})
    async with sqlite.unit_of_work() as uow:
        await mailbox.put(uow, [message("k1")])
        await uow.commit()
    await mailbox.resume("stand-in")
    mailbox.deliver([message("k1")])
    await mailbox.idle()
    assert len(platform.sent) == 1


async def test_a_message_that_comes_just_after_the_platform_has_looked_is_sent_behind_those_that_waited(
    postgresql: str, migrated_postgresql: str, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite, who looks holds up who writes; on PostgreSQL it does not."""
    database = Database(fresh_postgresql(postgresql, migrated_postgresql))
    platform, mailbox = StandIn(), Mailbox(database, clock.now)
    mailbox.serve({"stand-in": platform})
    await post(database, mailbox, message("k1"))
    look = MailboxRepository.waiting_to_send

    async def look_early(repository: MailboxRepository) -> list[tuple[int, Mapping[str, Any]]]:
        found = await look(repository)
        await post(database, mailbox, message("k2"))
        return found

    monkeypatch.setattr(MailboxRepository, "waiting_to_send", look_early)
    await mailbox.resume("stand-in")
    await mailbox.idle()
    await database.close()
    assert [outgoing.key for outgoing in platform.sent] == ["k1", "k2"]


async def test_what_the_platform_shows_already_is_not_sent_again(
    sqlite: Database, mailbox: Mailbox, clock: MovedClock
) -> None:
    """The server took it, and we died before we noted that."""
    await post(sqlite, mailbox, message("k1"))
    platform, restarted = StandIn(), Mailbox(sqlite, clock.now)
    restarted.serve({"stand-in": platform})
    await restarted.resume("stand-in", [("k1", "m9")])
    await restarted.idle()
    assert platform.sent == []
    async with sqlite.reading() as uow:
        assert await uow.mailbox.message_id("k1") == "m9"


async def test_an_edit_points_at_the_delivered_message(sqlite: Database, mailbox: Mailbox) -> None:
    platform = StandIn()
    mailbox.serve({"stand-in": platform})
    await mailbox.resume("stand-in")
    await post(sqlite, mailbox, message("k1"), message("k2", replaces="k1"), message("k3", replaces="k2"))
    await mailbox.idle()
    assert [outgoing.replaces for outgoing in platform.sent] == [None, "m1", "m1"]


async def test_an_edit_of_a_message_that_never_arrived_is_said_anew(sqlite: Database, mailbox: Mailbox) -> None:
    platform = StandIn([DeliveryError("gone", is_final=True)])
    mailbox.serve({"stand-in": platform})
    await mailbox.resume("stand-in")
    await post(sqlite, mailbox, message("k1"), message("k2", "Neues", replaces="k1"))
    await mailbox.idle()
    assert [(outgoing.text, outgoing.replaces) for outgoing in platform.sent] == [("Neues", None)]


async def test_a_delivery_that_cannot_be_noted_is_not_sent_twice(
    sqlite: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform, note, failures = StandIn(), mailbox._note, iter([True, True])

    async def failing_note(*args: object) -> None:
        if next(failures, False):
            raise StoreUnavailable("locked")
        await note(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(mailbox, "_note", failing_note)
    mailbox.serve({"stand-in": platform})
    await mailbox.resume("stand-in")
    await post(sqlite, mailbox, message("k1"))
    await mailbox.idle()
    assert len(platform.sent) == 1
    async with sqlite.reading() as uow:
        assert await uow.mailbox.message_id("k1") == "m1"


def test_a_key_is_the_same_after_every_restart_and_differs_for_every_answer() -> None:
    event = said("a", "x")
    assert key_for(event, 0) == key_for(replace(event, text="y"), 0)
    others = {key_for(event, 1), key_for(said("b", "x"), 0), key_for(said("a", "x", replace(ROOM, platform="q")), 0)}
    assert len({key_for(event, 0), *others}) == 4


async def test_a_notice_is_delivered_once_whenever_it_is_posted(sqlite: Database, mailbox: Mailbox) -> None:
    platform = StandIn()
    mailbox.serve({"stand-in": platform})
    await mailbox.post([message("n1"), message("n2")])
    await mailbox.resume("stand-in")
    await mailbox.post([message("n2"), message("n3")])
    await mailbox.post([])
    await mailbox.idle()
    assert [sent.key for sent in platform.sent] == ["n1", "n2", "n3"]


async def test_sealed_event_is_handed_on_when_it_is_opened(mailbox: Mailbox) -> None:
    taken: list[str] = []
    await mailbox.listen(lambda _number, event: taken.append(event.event_id))
    sealed = [Sealed("a", {"cipher": "x"}), Sealed("b", {"cipher": "y"})]
    await mailbox.receive("stand-in", [], "cursor-1", sealed)
    assert taken == []
    assert await mailbox.sealed("stand-in") == sealed
    await mailbox.receive("stand-in", [said("a", "1")], "cursor-2", opened=["a", "b"])
    assert taken == ["a"]
    assert await mailbox.sealed("stand-in") == []
