from typing import Any

import pytest

from bot.errors import SettingsError
from bot.platforms.matrix.rooms.invitations import Invitation, read_invitation, welcome

BOT = "@lotse:example.org"


@pytest.mark.parametrize(
    ("patterns", "user_id", "expected"),
    [
        ((), "@anna:example.org", False),
        (("*:example.org",), "@anna:example.org", True),
        (("*:example.org",), "@anna:EXAMPLE.org", True),
        (("*:example.org",), "@anna:example.org.evil.com", False),
        (("*:example.org",), "@anna:evil.com:example.org", False),
        (("*:example.org",), "@anna:notexample.org", False),
        (("*:example.org",), "@anna:sub.example.org", False),
        (("*:example.org",), "@anna:example.org:8448", False),
        (("*:example.org:8448",), "@anna:example.org:8448", True),
        (("@anna:example.org",), "@anna:example.org", True),
        (("@anna:example.org",), "@Anna:example.org", False),
        (("@anna:example.org",), "@anna2:example.org", False),
        (("@lots-*:example.org",), "@lots-ben:example.org", True),
        (("@lots-*:example.org",), "@evil-lots-ben:example.org", False),
        (("@anna:example.org", "*:other.org"), "@ben:other.org", True),
        (("*:example.org",), "", False),
        (("*:example.org",), "example.org", False),
    ],
)
def test_welcome_is_for(patterns: tuple[str, ...], user_id: str, expected: bool) -> None:
    assert welcome(patterns).is_for(user_id) is expected


@pytest.mark.parametrize("entry", ["", "*", "example.org", "anna:example.org", "*:", "*:*", "*:*.org"])
def test_pattern_that_means_nothing_is_a_wrong_setting(entry: str) -> None:
    with pytest.raises(SettingsError, match="invites_from"):
        welcome((entry,))


def member(user_id: str, membership: object, sender: str = "@anna:example.org") -> dict[str, Any]:
    return {"type": "m.room.member", "state_key": user_id, "sender": sender, "content": {"membership": membership}}


def test_inviter_is_who_sent_the_membership_of_the_bot() -> None:
    state = [member("@anna:example.org", "join", "@evil:evil.com"), member(BOT, "invite"), "odd", None]
    assert read_invitation("!r", state, BOT) == Invitation("!r", "@anna:example.org")


def test_of_the_inviter_only_the_server_is_logged() -> None:
    assert Invitation("!r", "@anna:example.org:8448").server == "example.org:8448"


@pytest.mark.parametrize("membership", ["join", "leave", None, {}, []])
def test_other_memberships_are_no_invitation(membership: object) -> None:
    assert read_invitation("!r", [member(BOT, membership), {}, {"content": 1}], BOT) is None
