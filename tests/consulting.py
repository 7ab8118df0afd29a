"""A group that consults, in the town of `traffic`: a room in Matrix, and one of them who takes part from Teams."""

import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bot.messages import Conversation, Outgoing
from bot.router import Table
from bot.settings import CommunitySettings
from bot.turn import House
from conftest import MovedClock, fresh_sqlite
from handlers.peer_consultation import closing, follow_ups
from handlers.table import TABLE
from knowledge.consultation_files import built_in
from knowledge.consultation_formats import Format
from storage.database import Database
from storage.models.mailbox import OutboxState
from storage.models.peer_consultation import (
    ConsultationCase,
    ConsultationGroup,
    GroupMember,
    GroupPlace,
    GroupState,
    Part,
)
from storage.models.rooms import AnswerMode, Room
from traffic import MATRIX, SETTINGS, TEAMS, Somebody, Traffic

ROOM = Conversation(MATRIX, "!beratung")
SUPPORTERS = SETTINGS.model_copy(
    update={"supporters": frozenset({"aylin", "ruth", "tom", "ben", "mehmet", "svenja"}), "quiet_hours": ""}
)


@asynccontextmanager
async def opened(
    migrated: Path,
    folder: Path,
    clock: MovedClock,
    table: Table,
    settings: CommunitySettings = SUPPORTERS,
    house: House | None = None,
) -> AsyncIterator[Traffic]:
    """The town of `traffic` with what the bot can do there, on a database of its own."""
    shutil.copy(migrated, folder / "test.db")
    database = Database(fresh_sqlite(folder))
    # Its file does not outlive the test.
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    traffic = await Traffic(database, clock, settings, house=house or House(), table=table).open()
    yield traffic
    await traffic.stop()
    await database.close()


@dataclass
class Consultation:
    """A group of Aylin (case giver), Ruth (moderator), Tom (scribe) and Ben in a room, and Mehmet far away in Teams."""

    traffic: Traffic
    people: Mapping[str, Somebody] = field(default_factory=dict)
    number: int = 0

    def __getattr__(self, name: str) -> Somebody:
        if name not in self.people:
            raise AttributeError(name)
        return self.people[name]

    async def open(
        self,
        phase: str = "advice",
        state: GroupState = GroupState.RUNNING,
        plan: Format | None = None,
        parts: Mapping[str, Part | None] | None = None,
        promised: Sequence[str] | None = None,
    ) -> "Consultation":
        """Have the group be in a phase; whoever has `promised` did so, by default all."""
        plan = plan or built_in()["six_phase"]
        given = {"aylin": Part.CASE_GIVER, "ruth": Part.MODERATOR, "tom": Part.SCRIBE, "ben": Part.ADVISER,
                 "mehmet": Part.ADVISER, **(parts or {})}  # fmt: skip
        names = {"aylin": "Aylin Kaya", "ruth": "Ruth Maier", "tom": "Tom Berger", "ben": "Ben Krause"}
        people = {person: await self.traffic.met(person, name, MATRIX) for person, name in names.items()}
        people["mehmet"] = await self.traffic.met("mehmet", "Mehmet Demir", TEAMS)
        self.people = people
        async with self.traffic.database.unit_of_work() as uow:
            known = {
                person: await uow.people.know(one.platform, one.sender.id, one.sender.name)
                for person, one in people.items()
            }
            members = [
                GroupMember(
                    group_id=0,
                    person_id=known[person].id or 0,
                    part=part,
                    place=place,
                    has_promised=promised is None or person in promised,
                    is_inside=True,
                    is_relayed=person == "mehmet",
                )
                for place, (person, part) in enumerate(given.items())
            ]
            case = ConsultationCase(
                person_id=known["aylin"].id or 0, title="Zusammenarbeit", waiting_since=date(2026, 11, 1)
            )
            case_id = await uow.rounds.add_case(case)
            group = ConsultationGroup(
                case_id=case_id,
                title="Zusammenarbeit",
                mode=plan.mode,
                plan=plan.as_json(),
                state=state,
                phase=phase if state == GroupState.RUNNING else "",
                phase_until=self.traffic.clock.now() + timedelta(minutes=10),
                meets_at=self.traffic.clock.now(),
                room_key="our order",
            )
            self.number = await uow.consultations.add(group, members)
            await uow.consultations.add_place(
                GroupPlace(platform=ROOM.platform, conversation_id=ROOM.id, group_id=self.number)
            )
            far = people["mehmet"].chat
            await uow.consultations.add_place(
                GroupPlace(
                    platform=far.platform,
                    conversation_id=far.id,
                    group_id=self.number,
                    is_direct=True,
                    person_id=known["mehmet"].id,
                )
            )
            room = Room(platform=ROOM.platform, conversation_id=ROOM.id, answer_mode=AnswerMode.CONSULTATION)
            await uow.rooms.keep(room)
            order: dict[str, Any] = {
                "key": "our order",
                "platform": MATRIX,
                "answers": None,
                "payload": {},
                "held_until": None,
            }
            await uow.mailbox.post([{**order, "created_at": self.traffic.clock.now()}])
            await uow.mailbox.note_sent("our order", OutboxState.DELIVERED, ROOM.id)
            await uow.commit()
        self.traffic.community.learn({(ROOM.platform, ROOM.id): room})
        return self

    async def says(
        self, person: str, words: str, place: Conversation | None = None, **changes: object
    ) -> list[Outgoing]:
        """Somebody speaks where they take part; gives all that the bot says then, wherever."""
        who = self.people[person]
        before = len(self.traffic.sent)
        there = place or (who.chat if person == "mehmet" else ROOM)
        changes.setdefault("is_addressed", there.is_direct)
        await who.says(words, there, **changes)
        return self.traffic.sent[before:]

    async def says_alone(self, person: str, words: str, **changes: object) -> list[str]:
        """Somebody writes to the bot alone; gives what it says there."""
        return await self.people[person].says(words, **changes)  # type: ignore[arg-type]

    def seen_by(self, person: str) -> list[str]:
        """What the bot said to somebody alone, as far as it still stands."""
        return self.traffic.texts_at(self.people[person].chat)

    @property
    def in_room(self) -> list[str]:
        """What the bot said in the room, as far as it still stands."""
        return self.traffic.texts_at(ROOM)

    async def group(self) -> ConsultationGroup | None:
        async with self.traffic.database.reading() as uow:
            return await uow.consultations.get(self.number)


def table() -> Table:
    """All that the bot can do, with the ticks and errands of how a round ends alone."""
    return replace(TABLE, errands=(closing.forget, follow_ups.ask), ticks=(closing.close_due,))
