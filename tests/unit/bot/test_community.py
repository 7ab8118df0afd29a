"""Who may see what, and how people are spoken to; whoever is not named may do least."""

from datetime import timedelta

import pytest

from bot.community import Community
from bot.language import AddressForm
from bot.messages import Conversation
from bot.moves import Moves
from bot.roles import Role
from bot.settings import CommunitySettings
from conftest import MovedClock
from fakes import said
from storage.models.knowledge import Visibility

SETTINGS = CommunitySettings(
    supporters=frozenset({"anna"}), coordinators=frozenset({"jutta"}), rooms=frozenset({"lotsen"})
)
DIRECT, COMMUNITY, STAFF = (
    Conversation("p", "d", is_direct=True), Conversation("p", "lotsen"), Conversation("p", "flur"),
)  # fmt: skip


@pytest.fixture
def community(clock: MovedClock) -> Community:
    return Community(SETTINGS, clock.now)


@pytest.mark.parametrize(
    ("user", "role"), [("anna", Role.SUPPORTER), ("jutta", Role.COORDINATOR), ("kuhn", Role.STAFF_MEMBER)]
)
def test_roles_come_from_the_settings(community: Community, user: str, role: Role) -> None:
    assert community.role(user) is role


@pytest.mark.parametrize(
    ("settings", "conversation", "sees_internal"),
    [
        (SETTINGS, DIRECT, True),
        (SETTINGS, COMMUNITY, True),
        (SETTINGS, STAFF, False),
        (CommunitySettings(curators_room="lotsen"), COMMUNITY, True),
        (CommunitySettings(curators_room="lotsen"), STAFF, False),
        (CommunitySettings(), DIRECT, False),
        (CommunitySettings(), COMMUNITY, False),
    ],
)
def test_internal_entries_are_for_supporters_among_themselves(
    settings: CommunitySettings, conversation: Conversation, sees_internal: bool, clock: MovedClock
) -> None:
    community = Community(settings, clock.now)
    sees = community.sees(said("a", "x", conversation), community.role("anna"))
    assert (Visibility.COMMUNITY in sees) is sees_internal
    assert Visibility.ORGANIZATION in sees


def test_a_room_that_replaces_one_of_the_community_is_one_of_the_community(clock: MovedClock) -> None:
    moves = Moves([("p", "lotsen", "lotsen-2"), ("p", "lotsen-2", "lotsen-3")])
    community = Community(SETTINGS, clock.now, moves.names)
    for room, sees_internal in (("lotsen", True), ("lotsen-2", True), ("lotsen-3", True), ("lotsen-4", False)):
        sees = community.sees(said("a", "x", Conversation("p", room)), Role.SUPPORTER)
        assert (Visibility.COMMUNITY in sees) is sees_internal, room
    assert Visibility.COMMUNITY not in community.sees(said("a", "x", Conversation("other", "lotsen-2")), Role.SUPPORTER)


def test_rooms_are_du_and_direct_chats_sie_unless_set_otherwise(community: Community, clock: MovedClock) -> None:
    sentence = "Deine Frage ist gelöscht."
    assert community.say(said("a", "x", DIRECT))(sentence) == "Ihre Frage ist gelöscht."
    assert community.say(said("a", "x", STAFF))(sentence) == sentence
    du = Community(CommunitySettings(address_direct=AddressForm.DU), clock.now)
    assert du.say(said("a", "x", DIRECT))(sentence) == sentence


def test_the_day_of_the_house_begins_at_its_own_midnight(community: Community, clock: MovedClock) -> None:
    clock.move(timedelta(hours=14, minutes=30))  # 23:30 UTC is half past midnight in Berlin
    assert community.local_time().day == clock.now().day + 1
