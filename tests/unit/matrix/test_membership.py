"""Who left, who is left, and which room replaces which; read from what strangers wrote."""

from typing import Any

import pytest

from bot.platforms.matrix.rooms.departures import Departure, read_departure
from bot.platforms.matrix.rooms.members import is_left_alone
from bot.platforms.matrix.rooms.upgrades import Upgrade, read_upgrade

BOT, ANNA, BEN = "@lotse:a", "@anna:a", "@ben:b:8448"


def member(user_id: str, membership: object, sender: str) -> dict[str, Any]:
    return {"type": "m.room.member", "state_key": user_id, "sender": sender, "content": {"membership": membership}}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], Departure.LEFT),
        ([member(BOT, "leave", BOT)], Departure.LEFT),
        ([member(BOT, "leave", ANNA)], Departure.KICKED),
        ([member(BOT, "ban", ANNA)], Departure.BANNED),
        ([member(BOT, "leave", ANNA), member(BOT, "ban", ANNA)], Departure.BANNED),
        ([member(BOT, "ban", ANNA), member(BOT, "leave", ANNA)], Departure.KICKED),
        ([member(BOT, "leave", ANNA), member(BEN, "leave", BEN), {"type": "m.room.member"}], Departure.KICKED),
    ],
)
def test_departure(events: list[dict[str, Any]], expected: Departure) -> None:
    assert read_departure(events, BOT) is expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, False),
        ({BOT: "join"}, False),  # whoever made the room is not known yet
        ({BOT: "join", ANNA: "join"}, False),
        ({BOT: "join", ANNA: "leave"}, True),
        ({BOT: "join", ANNA: "ban", BEN: "leave"}, True),
        ({BOT: "join", ANNA: "leave", BEN: "invite"}, False),
        ({BOT: "leave", ANNA: "leave"}, False),
        ({BOT: "invite", ANNA: "leave"}, False),
    ],
)
def test_left_alone(members: dict[str, str], expected: bool) -> None:
    assert is_left_alone(members, BOT) is expected


def tombstone(replacement: object, sender: object = ANNA, key: object = "") -> dict[str, Any]:
    content = {"replacement_room": replacement}
    return {"type": "m.room.tombstone", "state_key": key, "sender": sender, "content": content}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], None),
        ([tombstone("!new:b")], Upgrade("!old", "!new:b", "a")),
        ([tombstone("!N3w", BEN)], Upgrade("!old", "!N3w", "b:8448")),
        ([tombstone("!one"), tombstone("!two"), {}], Upgrade("!old", "!two", "a")),
        ([tombstone("!new", sender=None)], Upgrade("!old", "!new", "")),
        ([tombstone("!old")], None),
        ([tombstone("!new", key="x")], None),
        ([tombstone("!new", key=None)], None),
        ([tombstone("#alias:a")], None),
        ([tombstone("!" + "ü" * 128)], None),
        ([tombstone(None)], None),
        ([{"type": "m.room.tombstone", "state_key": "", "content": None}], None),
    ],
)
def test_upgrade(events: list[dict[str, Any]], expected: Upgrade | None) -> None:
    assert read_upgrade("!old", events) == expected
