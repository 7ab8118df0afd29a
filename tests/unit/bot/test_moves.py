"""Rooms that others took the place of: what belonged to the old room belongs to the new one."""

import pytest

from bot.app import App, searching
from bot.clock import Clock
from bot.mailbox import Mailbox
from bot.messages import Conversation, Outgoing
from bot.moves import Moves
from bot.roles import Role
from bot.settings import CommunitySettings
from conftest import MovedClock
from fakes import StandIn, said
from knowledge.embedding import Embedder
from storage.database import Database
from storage.models.knowledge import Visibility
from storage.models.questions import PendingOffer

PLATFORM = "stand-in"
A, B, C = (Conversation(PLATFORM, name) for name in "abc")


@pytest.fixture
def mailbox(sqlite: Database, clock: MovedClock) -> Mailbox:
    return Mailbox(sqlite, clock.now)


@pytest.mark.parametrize("order", [(("a", "b"), ("b", "c")), (("b", "c"), ("a", "b"))])
def test_several_moves_in_a_row_lead_to_the_newest_room(order: tuple[tuple[str, str], ...]) -> None:
    moves = Moves((PLATFORM, old, new) for old, new in order)
    assert [moves.newest(room) for room in (A, B, C)] == [C, C, C]
    assert [sorted(moves.names(room)) for room in (A, B, C)] == [["a"], ["a", "b"], ["a", "b", "c"]]


def test_a_room_of_another_platform_stays_where_it_is() -> None:
    elsewhere = Conversation("other", "a")
    moves = Moves([(PLATFORM, "a", "b")])
    assert moves.newest(elsewhere) is elsewhere
    assert moves.names(Conversation("other", "b")) == {"b"}


def test_moving_back_and_forth_ends_where_it_went_last() -> None:
    moves = Moves()
    for old, new in (("a", "b"), ("b", "a"), ("a", "b")):
        moves.note(PLATFORM, old, new)
    assert moves.newest(A) == moves.newest(B) == B


async def test_a_move_is_kept_once_and_in_the_end_leads_nowhere_in_a_circle(
    database: Database, clock: MovedClock
) -> None:
    mailbox = Mailbox(database, clock.now)
    for old, new in (("a", "b"), ("a", "b"), ("b", "a"), ("a", "c")):
        await mailbox.move(PLATFORM, old, new)
    restarted = Mailbox(database, clock.now)
    await restarted.recall()
    assert [box.newest(room) for box in (mailbox, restarted) for room in (A, B, C)] == [C] * 6


async def test_what_waits_for_the_old_room_is_said_in_the_new_one(sqlite: Database, clock: MovedClock) -> None:
    first, platform, mailbox = Mailbox(sqlite, clock.now), StandIn(), Mailbox(sqlite, clock.now)
    await first.post([Outgoing("k1", A, "Antwort", answers="e1", thread="e1"), Outgoing("k2", B, "Hinweis")])
    await first.move(PLATFORM, "a", "b")
    await first.move(PLATFORM, "b", "c")
    await mailbox.recall()
    mailbox.serve({PLATFORM: platform})
    await mailbox.resume(PLATFORM)
    await mailbox.post([Outgoing("k3", A, "Später")])
    await mailbox.idle()
    assert sorted((sent.conversation, sent.text, sent.answers, sent.thread) for sent in platform.sent) == [
        (C, "Antwort", None, None), (C, "Hinweis", None, None), (C, "Später", None, None),
    ]  # fmt: skip


async def test_choices_of_the_old_room_can_be_taken_in_the_new_one(database: Database, clock: MovedClock) -> None:
    mailbox = Mailbox(database, clock.now)
    async with database.unit_of_work() as uow:
        for room in (A, B, Conversation("other", "a")):
            await uow.questions.offer(
                PendingOffer(
                    platform=room.platform, conversation_id=room.id, thread="t", person="anna", message_key="k",
                    topic="ask", choices=[], created_at=clock.now(),
                )
            )  # fmt: skip
        await uow.commit()
    await mailbox.move(PLATFORM, "a", "c")
    async with database.reading() as uow:
        found = [await uow.questions.offers_to(*where, "anna") for where in (("stand-in", "c"), ("other", "a"))]
        assert [[offer.thread for offer in offers] for offers in found] == [[None], ["t"]]
        assert await uow.questions.offers_to(PLATFORM, "a", "anna") == []


async def test_settings_of_the_old_room_hold_for_the_new_one_also_after_a_restart(
    sqlite: Database, embedder: Embedder
) -> None:
    settings = CommunitySettings(rooms=frozenset({"a"}))
    for sees_internal_before in (False, True):
        app = App(settings, sqlite, await searching(sqlite, embedder), [StandIn()], Clock())
        await app.start()
        assert (Visibility.COMMUNITY in app.community.sees(said("e", "x", C), Role.SUPPORTER)) is sees_internal_before
        await app.mailbox.move(PLATFORM, "a", "b")
        await app.mailbox.move(PLATFORM, "b", "c")
        assert Visibility.COMMUNITY in app.community.sees(said("e", "x", C), Role.SUPPORTER)
        await app.stop()
