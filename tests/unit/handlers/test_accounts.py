"""One person with several accounts: linked by a code and a yes, shown, and taken apart again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from handlers.accounts import VALID
from storage.database import Database
from town import FLUR, TEAMS, Resident, Town, code_in

NOT_KNOWN = "Diesen Code kenne ich nicht. Vielleicht ist er abgelaufen oder schon benutzt."
APART = "Dein Konto hier ist mit keinem anderen verknüpft. „verknüpfen“ gibt dir einen Code dafür."


@pytest.fixture
def town(sqlite: Database) -> Town:
    return Town(sqlite)


@pytest.fixture
def jana(town: Town) -> Resident:
    return town.resident("@jana:lindenau.example", "Jana Kuhn")


@pytest.fixture
def kuhn(town: Town) -> Resident:
    """The same person in Teams."""
    return town.resident("29:kuhn", "Frau Kuhn", TEAMS)


async def link(first: Resident, second: Resident) -> None:
    code = code_in(await first.says("verknüpfen"))
    answer = await second.says(code)
    if "Bist du das selbst?" in answer:
        await second.says("ja")
    assert "Verknüpft: " in await first.says("ja")


async def test_the_other_account_is_linked_when_the_first_one_confirms_it(jana: Resident, kuhn: Resident) -> None:
    answer = await jana.says("verknüpfen")
    code = code_in(answer)
    assert answer == f"Schreib mir im anderen Chat: „code {code}“. Er gilt 15 Minuten und nur einmal."
    assert "von Jana Kuhn (Matrix)" in await kuhn.says(f"code {code.lower().replace('-', ' ')}")
    assert jana.heard == ["Frau Kuhn (Teams) möchte sich mit dir verknüpfen. Bist du das?"]
    linked = "Verknüpft: Matrix, Teams. „verknüpfung lösen“ macht es rückgängig."
    assert await jana.says("ja") == linked
    assert kuhn.heard == [linked]
    for account in (jana, kuhn):
        assert "gehören zusammen: Matrix, Teams." in await account.says("konten")


async def test_saying_the_code_links_nothing_yet(jana: Resident, kuhn: Resident) -> None:
    await kuhn.says(code_in(await jana.says("verknüpfen")))
    assert await jana.says("konten") == APART
    assert await kuhn.says("konten") == APART
    assert not await kuhn.exists()


async def test_a_code_that_somebody_else_saw_does_no_harm(town: Town, jana: Resident, kuhn: Resident) -> None:
    mallory = town.resident("29:mallory", "Mallory", TEAMS)
    code = code_in(await jana.says("verknüpfen"))
    await mallory.says(f"code {code}")
    assert await kuhn.says(f"code {code}") == NOT_KNOWN
    assert "bleiben getrennt" in await jana.says("nein")
    assert mallory.heard == ["Im anderen Chat kam ein „nein“. Die Konten bleiben getrennt."]
    assert await mallory.says(f"code {code}") == NOT_KNOWN
    assert await mallory.says("konten") == APART


async def test_only_the_digest_of_a_code_is_stored(town: Town, jana: Resident) -> None:
    code = code_in(await jana.says("verknüpfen"))
    async with town.database.reading() as uow:
        rows = str((await uow._session.execute(sql("SELECT * FROM one_time_code"))).all())
    assert code not in rows
    assert code.replace("-", "") not in rows


async def test_an_unknown_code_is_said(jana: Resident) -> None:
    assert await jana.says("code 7KX2-M3PQ") == NOT_KNOWN


async def test_a_code_works_once(town: Town, jana: Resident, kuhn: Resident) -> None:
    code = code_in(await jana.says("verknüpfen"))
    await kuhn.says(code)
    await jana.says("ja")
    assert await town.resident("29:other", "Other", TEAMS).says(code) == NOT_KNOWN


async def test_a_code_runs_out(town: Town, jana: Resident, kuhn: Resident) -> None:
    code = code_in(await jana.says("verknüpfen"))
    town.wait(VALID)
    assert await kuhn.says(code) == NOT_KNOWN


async def test_a_confirmation_comes_too_late_when_the_time_is_over(town: Town, jana: Resident, kuhn: Resident) -> None:
    await kuhn.says(code_in(await jana.says("verknüpfen")))
    town.wait(VALID)
    assert "gilt nicht mehr" in await jana.says("ja")
    assert await kuhn.says("konten") == APART


async def test_who_says_it_in_the_last_minute_leaves_time_to_confirm(
    town: Town, jana: Resident, kuhn: Resident
) -> None:
    code = code_in(await jana.says("verknüpfen"))
    town.wait(VALID - timedelta(seconds=1))
    await kuhn.says(code)
    town.wait(timedelta(minutes=5))
    assert "Verknüpft" in await jana.says("ja")


async def test_asking_again_makes_the_old_code_void(jana: Resident, kuhn: Resident) -> None:
    old = code_in(await jana.says("verknüpfen"))
    new = code_in(await jana.says("verknüpfen"))
    assert await kuhn.says(old) == NOT_KNOWN
    assert "von Jana Kuhn" in await kuhn.says(new)


async def test_the_account_that_made_it_cannot_say_it(jana: Resident) -> None:
    code = code_in(await jana.says("verknüpfen"))
    assert await jana.says(code) == "Diesen Code schreib mir bitte im anderen Chat, nicht hier."


async def test_accounts_that_are_linked_already_hear_so(jana: Resident, kuhn: Resident) -> None:
    await link(jana, kuhn)
    code = code_in(await jana.says("verknüpfen"))
    assert await kuhn.says(code) == "Diese beiden Konten sind schon verknüpft. „konten“ zeigt alle."


async def test_an_account_that_is_linked_with_another_hears_with_what_and_how_to_undo_it(
    town: Town, jana: Resident, kuhn: Resident
) -> None:
    await link(jana, kuhn)
    third = town.resident("@third:lindenau.example", "Third")
    answer = await kuhn.says(code_in(await third.says("verknüpfen")))
    assert answer == "Dieses Konto ist schon verknüpft: Matrix, Teams. „verknüpfung lösen“ macht das rückgängig."
    assert third.heard == []


async def test_a_third_account_is_linked_from_either_side_of_two(town: Town, jana: Resident, kuhn: Resident) -> None:
    await link(jana, kuhn)
    third = town.resident("@jana:other.example", "Jana", "matrix:@bot:other.example")
    await link(kuhn, third)
    shown = "Matrix (@jana:lindenau.example), Matrix (@jana:other.example), Teams."
    assert shown in await jana.says("konten")


async def test_a_code_goes_with_its_person(town: Town, jana: Resident, kuhn: Resident) -> None:
    code = code_in(await jana.says("verknüpfen"))
    await kuhn.says(code)
    async with town.database.unit_of_work() as uow:
        found = await uow.people.find(jana.platform, jana.sender.id)
        assert found is not None
        await uow.people.forget_person(found.id or 0)
        await uow.commit()
    assert "gilt nicht mehr" in await jana.says("ja")
    assert await kuhn.says(code) == NOT_KNOWN


async def test_who_said_it_hears_that_the_other_side_is_still_asked(jana: Resident, kuhn: Resident) -> None:
    code = code_in(await jana.says("verknüpfen"))
    await kuhn.says(code)
    assert await kuhn.says(code) == "Ich warte noch auf das „ja“ im anderen Chat."
    assert len(jana.heard) == 1


async def test_who_said_it_can_take_it_back(jana: Resident, kuhn: Resident) -> None:
    await kuhn.says(code_in(await jana.says("verknüpfen")))
    assert await kuhn.says("abbrechen") == "Gut, die Konten bleiben getrennt."
    assert "gilt nicht mehr" in await jana.says("ja")
    assert await kuhn.says("konten") == APART


async def test_nobody_but_the_first_account_confirms(town: Town, jana: Resident, kuhn: Resident) -> None:
    await kuhn.says(code_in(await jana.says("verknüpfen")))
    mallory = town.resident("@mallory:lindenau.example", "Mallory")
    await mallory.says("fachbereich: Sozialamt")
    mallory.standing = jana.standing
    assert "gilt nicht mehr" in await mallory.says("ja")
    assert await kuhn.says("konten") == APART


@pytest.mark.parametrize("text", ["verknüpfen", "konten", "verknüpfung lösen", "code 7KX2-M3PQ", "7kx2m3pq"])
async def test_in_a_room_nothing_of_it_is_done(jana: Resident, text: str) -> None:
    assert await jana.says(text, FLUR) == "Das geht nur im Einzelchat mit mir. Hier lesen andere mit."
    assert not await jana.exists()


async def test_nothing_is_confirmed_or_undone_once_others_read_along(jana: Resident, kuhn: Resident) -> None:
    await kuhn.says(f"code {code_in(await jana.says('verknüpfen'))}")
    room = replace(jana.chat, is_direct=False)
    assert await jana.says("ja", room) == "Das geht nur im Einzelchat mit mir. Hier lesen andere mit."
    await jana.says("ja")
    await jana.says("verknüpfung lösen")
    assert await jana.says("ja", room) == "Das geht nur im Einzelchat mit mir. Hier lesen andere mit."
    assert "Diese Konten" in await jana.says("konten")


async def test_what_looks_like_a_code_but_is_none_is_said(jana: Resident) -> None:
    assert "hat acht Zeichen" in await jana.says("code 12")
    assert "hat acht Zeichen" in await jana.says("code")


async def test_who_says_five_wrong_codes_has_to_wait_and_may_try_again_after_an_hour(
    town: Town, jana: Resident, kuhn: Resident
) -> None:
    code = code_in(await jana.says("verknüpfen"))
    for _ in range(5):
        assert await kuhn.says("code 7KX2-M3PQ") == NOT_KNOWN
    assert await kuhn.says(code) == "Das waren viele falsche Codes. Ab 11:01 Uhr kannst du es wieder versuchen."
    assert jana.heard == []
    town.wait(timedelta(hours=1))
    assert "von Jana Kuhn" in await kuhn.says(code_in(await jana.says("verknüpfen")))


# roles


async def test_a_role_of_one_account_holds_for_the_linked_one_at_once_and_is_gone_when_it_leaves(
    town: Town, jana: Resident
) -> None:
    may = town.resident("may", "Jutta May", TEAMS)
    await link(may, jana)
    assert await jana.role() == "coordinator"
    assert await jana.is_written_to()
    await jana.says("verknüpfung lösen")
    await jana.says("ja")
    assert await jana.role() == "staff_member"
    assert not await jana.is_written_to()
    assert await may.role() == "coordinator"
    assert await may.is_written_to()


async def test_the_account_that_brings_the_role_takes_it_along(town: Town, jana: Resident) -> None:
    may = town.resident("may", "Jutta May", TEAMS)
    await link(may, jana)
    await may.says("verknüpfung lösen")
    await may.says("ja")
    assert await jana.role() == "staff_member"
    assert not await jana.is_written_to()
    assert await may.role() == "coordinator"


async def test_of_two_roles_given_in_chat_the_higher_one_holds(town: Town, jana: Resident, kuhn: Resident) -> None:
    async with town.database.unit_of_work() as uow:
        (await uow.people.know(jana.platform, jana.sender.id, "Jana")).role = "supporter"
        (await uow.people.know(kuhn.platform, kuhn.sender.id, "Kuhn")).role = "curator"
        await uow.commit()
    await link(jana, kuhn)
    assert [await jana.role(), await kuhn.role()] == ["curator", "curator"]


async def test_who_would_give_a_role_away_by_a_code_is_asked_first(town: Town, jana: Resident) -> None:
    may = town.resident("may", "Jutta May", TEAMS)
    code = code_in(await jana.says("verknüpfen"))
    answer = await may.says(f"code {code}")
    assert answer == "Der Code kommt von Jana Kuhn (Matrix). Deine Rolle gilt dann auch dort. Bist du das selbst?"
    assert jana.heard == []
    await may.says("nein")
    assert jana.heard == []
    await may.says(f"code {code}")
    await may.says("ja")
    assert len(jana.heard) == 1
    await jana.says("ja")
    assert await jana.role() == "coordinator"


async def test_a_question_that_was_asked_first_is_too_late_when_somebody_else_said_the_code(
    town: Town, jana: Resident, kuhn: Resident
) -> None:
    may = town.resident("may", "Jutta May", TEAMS)
    code = code_in(await jana.says("verknüpfen"))
    await may.says(code)
    await kuhn.says(code)
    assert "gilt nicht mehr" in await may.says("ja")
    assert jana.heard == ["Frau Kuhn (Teams) möchte sich mit dir verknüpfen. Bist du das?"]


# taking apart


async def test_taking_apart_asks_first_and_a_no_leaves_it(jana: Resident, kuhn: Resident) -> None:
    await link(jana, kuhn)
    assert "Dieses Konto herausnehmen?" in await kuhn.says("verknüpfung lösen")
    assert await kuhn.says("nein") == "Gut, alles bleibt verknüpft."
    assert "Matrix, Teams" in await jana.says("konten")


async def test_taken_apart_the_account_stands_for_itself_and_the_other_keeps_what_is_known(
    town: Town, jana: Resident, kuhn: Resident
) -> None:
    await jana.says("fachbereich: Sozialamt")
    await link(jana, kuhn)
    await kuhn.says("verknüpfung lösen")
    answer = await kuhn.says("ja")
    assert answer == "Gelöst. Dieses Konto steht jetzt für sich. Rolle und Porträt bleiben bei: Matrix."
    assert not await kuhn.exists()
    assert "Sozialamt" in await jana.says("fachbereich")
    assert await jana.says("konten") == APART


async def test_the_last_account_of_somebody_is_never_taken_away(town: Town, jana: Resident, kuhn: Resident) -> None:
    await link(jana, kuhn)
    await jana.says("verknüpfung lösen")
    await kuhn.says("verknüpfung lösen")
    await jana.says("ja")
    assert await kuhn.says("ja") == APART
    assert await kuhn.exists()


async def test_an_account_without_others_has_nothing_to_take_apart(jana: Resident) -> None:
    assert await jana.says("verknüpfung lösen") == APART


async def test_a_name_whose_code_ran_out_is_forgotten(town: Town, jana: Resident) -> None:
    await jana.says("verknüpfen")
    assert await jana.exists()
    async with town.database.unit_of_work() as uow:
        await uow.people.forget(town.now + VALID, town.now.date(), town.now.date())
        await uow.commit()
    assert not await jana.exists()
