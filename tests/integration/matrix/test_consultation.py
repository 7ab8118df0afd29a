"""Groups that consult each other on a real homeserver: encrypted, in a room that the bot opens, leads and closes.

Two of each group have Element; the others are there and say nothing.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import pytest_asyncio
from pydantic import AnyHttpUrl, SecretStr

from bot.__main__ import main
from bot.app import App, searching
from bot.commands import looks_like_choice
from bot.messages import Sender
from bot.platforms.matrix.platform import MatrixPlatform
from bot.settings import CommunitySettings, MatrixSettings
from conftest import MovedClock, fresh_sqlite
from dialogues.groups import AHEAD, consulting_group
from handlers.capture import is_pointing
from handlers.peer_consultation import phases
from handlers.peer_consultation.circle import Circle, open_circle
from knowledge.consultation_files import built_in
from knowledge.consultation_formats import Format, Laps
from knowledge.embedding import Embedder
from servers.bot import BotProcess
from servers.element import Element, ElementError, needs_node
from servers.preloaded import Preloaded
from servers.synapse import Account, Person, RefusedError, Synapse, eventually
from storage.database import Database
from storage.models.peer_consultation import GroupState

pytestmark = [needs_node, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

NAMES = ("Aylin Kaya", "Ruth Maier", "Tom Berger", "Mehmet Demir", "Svenja Koch", "Ben Krause", "Ida Voss", "Kai Lenz")
BERLIN = ZoneInfo("Europe/Berlin")
OTHERS = sorted(set(built_in()) - {"six_phase"})


@dataclass
class Town:
    """Who lives there: Aylin, who has cases, and Ruth, who can moderate, have Element; `accounts` are all by name."""

    accounts: Mapping[str, Account]
    aylin: Element
    ruth: Element
    http: aiohttp.ClientSession

    def plain(self, name: str) -> Person:
        """Somebody by their name, as their server sees them."""
        return Person(self.accounts[name], self.http)

    def people(self, plan: Format) -> list[Sender]:
        """As many as a format needs."""
        return [Sender(self.accounts[name].user_id, name) for name in NAMES[: plan.smallest]]

    async def enter(self, room: str) -> None:
        """Those with Element go into a room."""
        await asyncio.gather(self.aylin.join(room), self.ruth.join(room))


@dataclass
class Lindenau:
    """A bot in this process, with a clock that is moved."""

    app: App
    clock: MovedClock
    platform: str
    bot_id: str
    town: Town

    async def passes(self, span: timedelta = timedelta()) -> None:
        """Time passes, and the bot does what is due."""
        self.clock.move(span)
        await self.app.scheduler.wake()
        await self.app.idle()

    async def circle(self, number: int) -> Circle:
        return await circle_of(self.app.database, number)

    async def gather(self, plan: Format, promised: int | None = None) -> tuple[int, str]:
        """The number of a new group and the room that the bot has opened for it; the first ones have not `promised`."""
        number = await consulting_group(
            self.app.database, plan, self.town.people(plan), self.clock.now(), self.platform
        )
        async with self.app.database.unit_of_work() as uow:
            for place, member in enumerate(await uow.consultations.members(number)):
                member.is_inside, member.has_promised = False, promised is None or place >= plan.smallest - promised
            await uow.commit()
        await self.passes()
        await eventually(lambda: self._has_room(number))  # the first one waits until the bot has signed in
        await self.app.idle()
        room = (await self.circle(number)).room
        assert room is not None
        await self.town.enter(room.id)
        await eventually(lambda: self._are_inside(number, 2))
        return number, room.id

    async def _has_room(self, number: int) -> bool:
        return (await self.circle(number)).room is not None

    async def _are_inside(self, number: int, count: int) -> bool:
        await self.app.idle()
        return sum(member.row.is_inside for member in (await self.circle(number)).members) == count

    async def hears(self, person: Element, room: str, words: str, answer: str = "") -> None:
        """A while later somebody says something in the room, and both of them read what the bot says then."""
        self.clock.move(timedelta(seconds=10))
        said = await person.say(room, words)
        if answer:
            for reader in (self.town.aylin, self.town.ruth):
                seen = await reader.wait_for(room, self.bot_id, answer, after=said)
                assert (seen.is_encrypted, seen.decryption_failure, seen.shield) == (True, None, None)
        await self.app.idle()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(synapse: Synapse) -> AsyncIterator[Town]:
    accounts = {name: synapse.register(f"{name.split()[0].lower()}_in_lindenau", display_name=name) for name in NAMES}
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        aylin, ruth = [await stack.enter_async_context(Element.open(accounts[name])) for name in NAMES[:2]]
        yield Town(accounts, aylin, ruth, http)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lindenau(
    town: Town, synapse: Synapse, migrated: Path, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Lindenau]:
    folder, clock = tmp_path_factory.mktemp("lindenau"), MovedClock()
    shutil.copy(migrated, folder / "test.db")
    database = Database(fresh_sqlite(folder))
    account = synapse.register("lindenau", display_name="Lotsenfunk")
    settings = MatrixSettings(
        homeserver=AnyHttpUrl(synapse.url),
        user_id=account.user_id,
        password=SecretStr(account.password),
        invites_from=("*:localhost",),
    )
    supporters = frozenset(one.user_id for one in town.accounts.values())
    community = CommunitySettings(supporters=supporters, quiet_hours="", messages_per_minute=0)
    platform = MatrixPlatform(settings, folder, clock.now, looks_like_choice, is_pointing)
    app = App(community, database, await searching(database, embedder), [platform], clock)  # type: ignore[arg-type]
    await app.start()
    app.scheduler.stop()
    yield Lindenau(app, clock, platform.name, account.user_id, town)
    await app.stop()
    await database.close()


async def test_a_round_of_six_phases_is_led_encrypted_and_leaves_nothing(lindenau: Lindenau, town: Town) -> None:
    number, room = await lindenau.gather(built_in()["six_phase"], promised=3)
    await lindenau.passes(AHEAD)
    for person in (town.aylin, town.ruth):
        await lindenau.hears(person, room, "vertraulich")
    await town.ruth.wait_for(room, lindenau.bot_id, "Phase 1 von 6: Aufgaben verteilen")
    await lindenau.hears(town.ruth, room, "weiter", "Phase 2 von 6: Erzählen")
    await lindenau.hears(town.aylin, room, "Es geht um jemanden, der jede Neuerung bremst.")
    assert (await town.ruth.wait_for(room, town.aylin.id, "jede Neuerung")).is_encrypted
    await lindenau.hears(town.ruth, room, "weiter", "Phase 3 von 6: Schlüsselfrage")
    await lindenau.hears(town.aylin, room, "Wie kann ich im Gespräch bleiben?", "Schlüsselfrage: Wie kann ich")
    await lindenau.hears(town.ruth, room, "weiter", "Phase 4 von 6: Weg wählen")
    await lindenau.hears(town.aylin, room, "1", "Phase 5 von 6: Beratung")
    with pytest.raises(ElementError, match="403"):
        await town.aylin.say(room, "Das habe ich schon probiert.")
    await lindenau.hears(town.ruth, room, "Ich würde ihn einladen.")
    assert (await town.aylin.wait_for(room, town.ruth.id, "einladen")).is_encrypted
    await lindenau.hears(town.ruth, room, "weiter", "Phase 6 von 6: Abschluss")
    await lindenau.hears(town.aylin, room, "Danke, das hilft.")
    await lindenau.hears(town.ruth, room, "weiter", "ist zu Ende.")
    await lindenau.hears(town.aylin, room, "gleich")
    await eventually(lambda: is_gone(town, room))
    await lindenau.app.idle()
    for name in NAMES[:2]:
        assert await readable(town.plain(name), room) == []
    async with lindenau.app.database.reading() as uow:
        assert await uow.consultations.get(number) is None
        assert await uow.rooms.find(lindenau.platform, room) is None


async def is_gone(town: Town, room: str) -> bool:
    """Whether those who were in a room are no longer there."""
    joined = [(await town.plain(name).call("GET", "/joined_rooms"))["joined_rooms"] for name in NAMES[:2]]
    return not any(room in rooms for rooms in joined)


async def readable(person: Person, room: str) -> list[object]:
    """What somebody who was in a room can still get of what was said there, encrypted or not."""
    page = await person.call("GET", f"/rooms/{quote(room)}/messages?dir=b&limit=1000")
    said = [one for one in page["chunk"] if "state_key" not in one and one["type"] != "m.room.redaction"]
    assert said
    return [one["content"] for one in said if one["content"]]


@pytest.mark.parametrize("name", OTHERS)
async def test_each_other_format_is_led_encrypted_to_its_end_or_next_case(
    lindenau: Lindenau, town: Town, name: str
) -> None:
    plan = built_in()[name]
    number, room = await lindenau.gather(plan)
    await lindenau.passes(timedelta(days=3) if plan.days(plan.smallest) else AHEAD)
    circle = await lindenau.circle(number)
    seen = []
    while circle.group.state == GroupState.RUNNING and circle.group.lap == 0:
        phase = circle.phase
        assert phase is not None
        seen.append(phase.id)
        giver, is_listening = circle.case_giver, phases.is_listening(circle, phase)
        if is_listening:
            assert giver is not None
            listener = town.plain(giver.name)
            await listener.join(room)  # by lot it may be somebody who was not there yet
            with pytest.raises(RefusedError, match="403"):
                await listener.say(room, "Aber …")
        lindenau.clock.move(timedelta(hours=1))
        speaker = town.aylin if giver and giver.name == NAMES[1] else town.ruth
        await lindenau.hears(speaker, room, "weiter", "von" if _has_next(circle) else "zu Ende")
        circle = await lindenau.circle(number)
    assert seen == [phase.id for phase in plan.lap_phases or plan.order]
    assert circle.group.state == (GroupState.RUNNING if plan.laps is Laps.EACH else GroupState.CLOSING)


def _has_next(circle: Circle) -> bool:
    assert circle.phase is not None
    return phases.after(circle, circle.phase, circle.group.lap) is not None


@pytest.fixture
def quick_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare each start of a bot the seconds in which it loads its modules."""
    monkeypatch.setattr("servers.bot.served", lambda *given: Preloaded(main, *given))


@pytest.mark.usefixtures("quick_starts")
async def test_killed_in_every_phase_it_goes_on_with_the_same_phase_parts_and_time(
    town: Town, synapse: Synapse, migrated: Path, tmp_path: Path
) -> None:
    plan = built_in()["six_phase"]
    bot = BotProcess(tmp_path, synapse.register("killed", display_name="Lotsenfunk"))
    settings = tmp_path / "lotsenfunk.toml"
    supporters = json.dumps([one.id for one in town.people(plan)])
    settings.write_text(settings.read_text().replace("[community]", f"[community]\nsupporters = {supporters}"))
    bot.database.parent.mkdir()
    shutil.copy(migrated, bot.database)
    database = Database(f"sqlite+aiosqlite:///{bot.database}")
    number = await consulting_group(database, plan, town.people(plan), datetime.now(UTC) - AHEAD, f"matrix:{bot.id}")
    with bot:  # what is due when it starts is done at once: a room is opened, at the next start the round begins
        await eventually(lambda: have_entered(town, database, number))
        room = (await circle_of(database, number)).room
        assert room is not None
        await town.enter(room.id)
        bot.kill()
        await asyncio.to_thread(bot.start)
        for place, phase in enumerate(plan.order, start=1):
            await town.ruth.wait_for(room.id, bot.id, f"Phase {place} von 6: {phase.title}", within=30)
            before = await circle_of(database, number)
            bot.kill()
            asked = await town.ruth.say(room.id, "stand")
            await asyncio.to_thread(bot.start)
            told = await town.ruth.wait_for(room.id, bot.id, f"Phase {place} von 6: {phase.title}", after=asked)
            assert "Fall Aylin Kaya, Moderation Ruth Maier" in told.text
            assert before.group.phase_until is not None
            assert f"bis {before.group.phase_until.astimezone(BERLIN):%-H:%M} Uhr" in told.text
            assert await circle_of(database, number) == before
            await town.ruth.say(room.id, "weiter")
        await town.ruth.wait_for(room.id, bot.id, "ist zu Ende")
    await database.close()
    announced = [one.text for one in await town.ruth.messages(room.id, bot.id) if "Danach" in one.text]
    assert len(announced) == len(plan.order)
    for place, (text, phase) in enumerate(zip(announced, plan.order, strict=True), start=1):
        assert f"Phase {place} von 6: {phase.title}" in text


async def circle_of(database: Database, number: int) -> Circle:
    async with database.reading() as uow:
        group = await uow.consultations.get(number)
        assert group is not None
        return await open_circle(uow, group)


async def have_entered(town: Town, database: Database, number: int) -> bool:
    """Have both go into the room of a group; false as long as they are not invited."""
    room = (await circle_of(database, number)).room
    if room is None:
        return False
    try:
        for name in NAMES[:2]:
            await town.plain(name).join(room.id)
    except RefusedError:
        return False
    return True
