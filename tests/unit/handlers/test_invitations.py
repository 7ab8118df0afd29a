"""Roles given in chat: invited by a code that is passed on, told what it means, and only with one's own yes."""

from datetime import timedelta

import pytest

from bot.settings import CommunitySettings
from handlers.invitations import VALID
from storage.database import Database
from town import FLUR, LOTSEN, TEAMS, Resident, Town, code_in

OVER = "Diese Einladung gilt nicht mehr. Die Koordination kann dir einen neuen Code geben."


@pytest.fixture
def town(sqlite: Database) -> Town:
    return Town(sqlite)


@pytest.fixture
def may(town: Town) -> Resident:
    return town.resident("may", "Jutta May")


@pytest.fixture
def ruth(town: Town) -> Resident:
    return town.resident("29:ruth", "Ruth Maier", TEAMS)


async def invitation(may: Resident, choice: str = "1") -> str:
    await may.says("einladen")
    return code_in(await may.says(choice))


async def test_who_says_the_code_is_told_what_it_means_and_decides(may: Resident, ruth: Resident) -> None:
    code = await invitation(may)
    answer = await ruth.says(f"code {code}")
    assert "Du wirst Lots:in. Beschäftigte können dich dann finden, wenn du ein Porträt anlegst." in answer
    assert await ruth.role() == "staff_member"
    assert "Du bist jetzt Lots:in." in await ruth.says("ja")
    assert await ruth.role() == "supporter"
    assert await ruth.is_written_to()


async def test_a_no_changes_nothing_and_leaves_the_code_open(town: Town, may: Resident, ruth: Resident) -> None:
    code = await invitation(may)
    await ruth.says(code)
    assert await ruth.says("nein") == "Gut, es bleibt, wie es ist. Gespeichert habe ich nichts."
    assert not await ruth.exists()
    assert "Du wirst Lots:in" in await town.resident("mehmet", "Mehmet").says(code)


async def test_an_invitation_says_until_when_it_holds(may: Resident) -> None:
    await may.says("einladen")
    answer = await may.says("lotse")
    assert "hat dann die Rolle Lots:in. Er gilt einmal und bis 27. November 2026." in answer


async def test_one_may_be_invited_to_the_editors(may: Resident, ruth: Resident) -> None:
    assert "Einladung in die Redaktion" in await ruth.says(await invitation(may, "redaktion"))
    await ruth.says("ja")
    assert await ruth.role() == "curator"


async def test_who_has_the_role_already_hears_so_and_the_code_stays_open(
    town: Town, may: Resident, ruth: Resident
) -> None:
    await ruth.says(await invitation(may, "2"))
    await ruth.says("ja")
    code = await invitation(may)
    assert await ruth.says(code) == "Die Rolle Lots:in hast du schon. Der Code bleibt offen."
    assert "Du wirst Lots:in" in await town.resident("mehmet", "Mehmet").says(code)


async def test_a_higher_role_is_never_lowered_by_an_invitation(may: Resident, ruth: Resident) -> None:
    first, second = await invitation(may), await invitation(may, "2")
    await ruth.says(first)
    await ruth.says(second)
    await ruth.says("ja")
    assert await ruth.role() == "curator"
    await ruth.says("ja")  # the older question
    assert await ruth.role() == "curator"


async def test_an_invitation_is_used_once(town: Town, may: Resident, ruth: Resident) -> None:
    code, mehmet = await invitation(may), town.resident("mehmet", "Mehmet")
    await mehmet.says(code)
    await ruth.says(code)
    await ruth.says("ja")
    assert await mehmet.says("ja") == OVER
    assert await mehmet.role() == "staff_member"


async def test_an_invitation_runs_out_even_between_question_and_yes(town: Town, may: Resident, ruth: Resident) -> None:
    code = await invitation(may)
    town.wait(VALID - timedelta(minutes=1))
    await ruth.says(code)
    town.wait(timedelta(minutes=1))
    assert await ruth.says("ja") == OVER
    assert await ruth.role() == "staff_member"


async def test_the_open_ones_are_listed_by_role_and_day_and_can_be_withdrawn(may: Resident, ruth: Resident) -> None:
    first, _ = await invitation(may), await invitation(may, "2")
    await may.says("einladungen")
    assert sorted(may.choices) == ["Lots:in, gilt bis 27. November 2026", "Redaktion, gilt bis 27. November 2026"]
    number = may.choices.index("Lots:in, gilt bis 27. November 2026") + 1
    await ruth.says(first)
    assert await may.says(str(number)) == "Die Einladung ist zurückgezogen. Der Code gilt nicht mehr."
    assert await ruth.says("ja") == OVER
    await may.says("einladungen")
    assert may.choices == ["Redaktion, gilt bis 27. November 2026"]


async def test_nobody_learns_who_used_an_invitation(may: Resident, ruth: Resident) -> None:
    code = await invitation(may)
    await ruth.says(code)
    await ruth.says("ja")
    assert may.heard == []
    assert "keine Einladung offen" in await may.says("einladungen")


async def test_what_was_used_meanwhile_cannot_be_withdrawn(may: Resident, ruth: Resident) -> None:
    code = await invitation(may)
    await may.says("einladungen")
    await ruth.says(code)
    await ruth.says("ja")
    assert await may.says("1") == "Diese Einladung ist nicht mehr offen."
    assert await ruth.role() == "supporter"


async def test_many_invitations_are_listed_page_by_page(may: Resident) -> None:
    for _ in range(8):
        await invitation(may)
    await may.says("einladungen")
    assert [len(may.choices), may.choices[-1]] == [7, "mehr"]
    await may.says("mehr")
    assert len(may.choices) == 2


@pytest.mark.parametrize("text", ["einladen", "einladungen"])
async def test_only_coordinators_invite_and_only_alone_with_the_bot(may: Resident, ruth: Resident, text: str) -> None:
    assert await ruth.says(text) == "Das kann nur die Koordination. Frag sie gern."
    assert "nur im Einzelchat" in await may.says(text, LOTSEN)


async def test_an_invitation_said_in_a_room_is_not_taken(may: Resident, ruth: Resident) -> None:
    code = await invitation(may)
    assert "nur im Einzelchat" in await ruth.says(f"code {code}", FLUR)
    assert "Du wirst Lots:in" in await ruth.says(code)


async def test_the_invitation_of_somebody_who_coordinates_no_more_is_void(sqlite: Database) -> None:
    town = Town(sqlite)
    code = await invitation(town.resident("may", "Jutta May"))
    later = Town(sqlite, CommunitySettings(coordinators=frozenset({"somebody else"})))
    assert await later.resident("ruth", "Ruth").says(code) == OVER
