"""Moderated phases: who may write, and back to what it was."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.matrix.rooms.power_levels import BEFORE, EverybodyModeratesError, creators, moderated, restored

PEOPLE = ("@lotse:a", "@anna:a", "@ben:a", "@clara:a", "@david:a")
KINDS = ("m.room.message", "m.room.encrypted", "m.reaction", "m.room.redaction", "m.room.name", "m.room.power_levels")
NUMBERS = st.sampled_from([-1, 0, 1, 49, 50, 51, 100])
LEVELS = NUMBERS | NUMBERS.map(str)
CONTENTS = st.fixed_dictionaries(
    {},
    optional={
        "users": st.dictionaries(st.sampled_from(PEOPLE), LEVELS),
        "events": st.dictionaries(st.sampled_from(KINDS), LEVELS),
        "events_default": LEVELS,
        "users_default": st.sampled_from([0, 1, "0", 49]),
        "state_default": LEVELS,
        "notifications": st.just({"room": 50}),
        "org.example.other": st.just([1]),
    },
)
SPEAKERS = st.frozensets(st.sampled_from(PEOPLE))


def level(content: dict[str, Any], person: str) -> int:
    return int(content.get("users", {}).get(person, content.get("users_default", 0)))


def may(content: dict[str, Any], person: str, kind: str) -> bool:
    needed = content.get("events", {}).get(kind, content.get("events_default", 0))
    return level(content, person) >= int(needed)


@given(CONTENTS, SPEAKERS)
def test_there_and_back_gives_the_same_content(content: dict[str, Any], speakers: frozenset[str]) -> None:
    assert restored(moderated(content, speakers)) == content


@given(CONTENTS, SPEAKERS, SPEAKERS)
def test_next_speakers_are_as_if_they_were_the_first(
    content: dict[str, Any], first: frozenset[str], then: frozenset[str]
) -> None:
    assert moderated(moderated(content, first), then) == moderated(content, then)


@given(CONTENTS)
def test_levels_that_are_not_moderated_stay(content: dict[str, Any]) -> None:
    assert restored(content) == content


@given(CONTENTS, SPEAKERS, st.sampled_from(["m.room.message", "m.room.encrypted", "m.sticker"]))
def test_only_speakers_and_moderators_write(content: dict[str, Any], speakers: frozenset[str], kind: str) -> None:
    speaking = moderated(content, speakers)
    needed = max(50, int(content.get("events", {}).get(kind, 0)))
    for person in PEOPLE:
        assert may(speaking, person, kind) is (max(level(content, person), 50 * (person in speakers)) >= needed)


@given(CONTENTS, SPEAKERS, st.sampled_from(["m.reaction", "m.room.redaction"]), st.sampled_from(PEOPLE))
def test_whoever_could_react_and_delete_still_can(
    content: dict[str, Any], speakers: frozenset[str], kind: str, person: str
) -> None:
    assert may(moderated(content, speakers), person, kind) or not may(content, person, kind)


@given(CONTENTS, SPEAKERS, st.frozensets(st.sampled_from(PEOPLE)))
def test_creators_get_no_level(content: dict[str, Any], speakers: frozenset[str], unlimited: frozenset[str]) -> None:
    content["users"] = {person: found for person, found in content.get("users", {}).items() if person not in unlimited}
    speaking = moderated(content, speakers, unlimited)
    assert unlimited.isdisjoint(speaking["users"])
    assert restored(speaking) == content


def test_what_others_change_meanwhile_stays() -> None:
    content = {"users": {"@lotse:a": 100, "@ben:a": 100}, "kick": 50}
    speaking = moderated(content, {"@anna:a"})
    speaking["users"] |= {"@ben:a": 0, "@clara:a": 75}
    speaking["kick"] = 75
    assert restored(speaking) == {"users": {"@lotse:a": 100, "@ben:a": 0, "@clara:a": 75}, "kick": 75}


@given(CONTENTS, CONTENTS)
def test_nobody_gains_power_by_what_is_written_under_our_key(now: dict[str, Any], forged: dict[str, Any]) -> None:
    after = restored(now | {BEFORE: forged})
    for person in PEOPLE:
        assert level(after, person) <= level(now, person)
    for kind, needed in now.get("events", {}).items():
        if int(needed) > 50:
            assert after.get("events", {}).get(kind) == needed or kind in ("m.reaction", "m.room.redaction")


@pytest.mark.parametrize("forged", [None, 7, [], {"users": 1, "events": None}])
def test_nonsense_under_our_key_does_no_harm(forged: object) -> None:
    assert restored({"users": {"@lotse:a": 100}, BEFORE: forged})["users"] == {"@lotse:a": 100}


def test_where_everybody_moderates_nobody_can_be_silenced() -> None:
    with pytest.raises(EverybodyModeratesError):
        moderated({"users_default": 50}, {"@anna:a"})


@pytest.mark.parametrize(
    ("version", "expected"),
    [(None, set()), ("1", set()), ("11", set()), ("12", {"@anna:a", "@ben:a"}), ("org.next", {"@anna:a", "@ben:a"})],
)
def test_creators_have_unlimited_power_from_version_12_on(version: str | None, expected: set[str]) -> None:
    content = {"room_version": version} if version else {}
    created = {"sender": "@anna:a", "content": content | {"additional_creators": ["@ben:a", 3]}}
    assert creators(created) == expected
