"""`lotsenfunk person …` as the data protection officer's operator sees it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from servers.bot import Finished, lotsenfunk_here, write_settings
from storage.database import Database, UnitOfWork
from storage.models.people import Portrait
from storage.models.routing import Routing, RoutingMessage, RoutingPlace, RoutingState, Side

T = TypeVar("T")
MATRIX, TEAMS = "matrix:@bot:example.org", "teams:bot"
ANNA, ANNA_IN_TEAMS, BERND = "@anna:example.org", "anna-id", "@bernd:example.org"
TODAY = datetime.now(UTC).date()


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder whose database knows Anna, who has a question and one of Bernd's."""
    write_settings(tmp_path, tables="[community]\nbackups_kept_days = 45\n")
    (tmp_path / "data").mkdir()
    in_database(tmp_path, _fill)
    return tmp_path


async def _fill(uow: UnitOfWork) -> None:
    anna = await uow.people.know(MATRIX, ANNA, "Anna")
    assert anna.id is not None
    await uow.people.link((TEAMS, ANNA_IN_TEAMS), anna.id)
    await uow.people.know(MATRIX, BERND, "Bernd")
    await uow.people.keep(Portrait(person_id=anna.id, topics=["E-Akte"], formats=[], consented_on=TODAY))
    for asker, taker in ((ANNA, None), (BERND, ANNA)):
        routing = Routing(text=f"Frage von {asker}", answer_key="k", asker_platform=MATRIX, asker_person=asker)
        if taker:
            routing.state, routing.taker_platform, routing.taker_person = RoutingState.TAKEN, MATRIX, taker
        number = await uow.routing.open(routing)
        asked = RoutingPlace(
            routing_id=number,
            side=Side.ASKER,
            platform=MATRIX,
            conversation_id=f"chat {asker}",
            is_direct=True,
            root="e",
        )
        await uow.routing.add_place(asked)
        shown = RoutingPlace(
            routing_id=number, side=Side.SUPPORTERS, platform=MATRIX, conversation_id="lotsen", key=f"post {number}"
        )
        place_id = await uow.routing.add_place(shown)
        await uow.routing.note(RoutingMessage(key=f"post {number}", routing_id=number, place_id=place_id))


def in_database(folder: Path, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
    async def run() -> T:
        database = Database(f"sqlite+aiosqlite:///{folder / 'data' / 'lotsenfunk.db'}")
        await database.migrate()
        async with database.unit_of_work() as uow:
            found = await work(uow)
            await uow.commit()
        await database.close()
        return found

    return asyncio.run(run())


def person(folder: Path, *words: str, typed: str = "") -> Finished:
    """Run a command; nothing that it says may be a trace."""
    done = lotsenfunk_here("person", *words, folder=folder, typed=typed)
    assert "Traceback" not in done.talk
    return done


def test_export_gives_everything_as_json_by_whichever_account(house: Path) -> None:
    done = person(house, "export", TEAMS, ANNA_IN_TEAMS)
    assert (done.code, done.talk) == (0, "")
    found = json.loads(done.data)
    assert [one["kennung"] for one in found["konten"]] == [ANNA, ANNA_IN_TEAMS]
    assert found["porträt"][0]["themen"] == ["E-Akte"]
    assert [one["frage"] for one in found["eigene_fragen"]] == [f"Frage von {ANNA}"]
    assert BERND not in done.data


def test_export_of_somebody_unknown_fails_and_says_so(house: Path) -> None:
    done = person(house, "export", MATRIX, "@nobody:example.org")
    assert (done.code, done.data) == (1, "")
    assert "nichts gespeichert" in done.talk


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_delete_without_a_yes_changes_nothing(house: Path, typed: str) -> None:
    done = person(house, "delete", MATRIX, ANNA, typed=typed)
    assert done.code == 1
    assert "Nichts geändert" in done.talk
    assert person(house, "export", MATRIX, ANNA).code == 0


def test_delete_of_somebody_unknown_fails_and_says_so(house: Path) -> None:
    done = person(house, "delete", MATRIX, "@nobody:example.org", "--yes")
    assert done.code == 1
    assert "nichts gespeichert" in done.talk


def test_delete_does_the_same_as_in_the_chat(house: Path) -> None:
    done = person(house, "delete", MATRIX, ANNA, typed="ja\n")
    assert (done.code, done.data) == (0, "")
    assert "nach 45 Tagen" in done.talk
    for platform, account in ((MATRIX, ANNA), (TEAMS, ANNA_IN_TEAMS)):
        assert person(house, "export", platform, account).code == 1

    async def left(uow: UnitOfWork) -> tuple[list[str], list[tuple[str, bool]]]:
        questions = [f"{one.text} {one.state}" for one in await uow.routing.live()]
        waiting = [payload for _, payload in await uow.mailbox.waiting_to_send()]
        return questions, [(payload["conversation"]["id"], payload["deletes"] is not None) for payload in waiting]

    questions, waiting = in_database(house, left)
    assert questions == [f"Frage von {BERND} returned"]
    assert sorted(waiting) == [(f"chat {BERND}", False), ("lotsen", False), ("lotsen", True)]
    assert "zustellt: 3" in done.talk
