"""A group of supporters that looks for its date and gathers, in the town of `traffic`: most in Matrix, one in Teams."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bot.messages import Conversation, Kind, Order, Outgoing, RoomOrder
from bot.turn import House
from conftest import MovedClock
from consulting import opened
from handlers.peer_consultation import arrivals, dates, gathering, talk
from handlers.peer_consultation.circle import Circle, open_circle
from handlers.table import TABLE
from knowledge.consultation_files import built_in
from knowledge.working_days import WorkingDays
from storage.models.peer_consultation import (
    CaseState,
    ConsultationCase,
    ConsultationGroup,
    ConsultationRound,
    GroupMember,
    GroupState,
    RoundState,
)
from traffic import MATRIX, SETTINGS, TEAMS, Somebody, Traffic

MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)  # 9:00 in Berlin
WEEK = (date(2026, 12, 7), date(2026, 12, 11))
NAMES = {
    "aylin": "Aylin Kaya", "ruth": "Ruth Ebert", "tom": "Tom Berger", "ben": "Ben Krause", "mehmet": "Mehmet Demir",
    "svenja": "Svenja Koch",
}  # fmt: skip
TABLE_OF_GROUPS = replace(
    TABLE,
    errands=(),
    ticks=(dates.look_after, gathering.look_after),
    porter=arrivals.receive,
    opened=gathering.opened,
    report=gathering.report,
    companion=talk.hear,
)


@asynccontextmanager
async def town(migrated: Path, folder: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    """The town of `traffic` on a Monday morning, in which groups find their dates and gather."""
    clock.time = MONDAY
    house = House(working_days=WorkingDays(["NW"]))
    settings = SETTINGS.model_copy(update={"supporters": frozenset(NAMES), "quiet_hours": ""})
    async with opened(migrated, folder, clock, TABLE_OF_GROUPS, settings, house) as traffic:
        yield traffic


@dataclass
class Gathering:
    """A group in the week of 7 December whose case is Aylin's; whom `in_teams` names uses Teams, the others Matrix."""

    traffic: Traffic
    people: dict[str, Somebody] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    number: int = 0
    case: int = 0

    async def form(
        self,
        people: Sequence[str] = ("aylin", "ruth", "tom", "ben", "mehmet"),
        format: str = "six_phase",
        in_teams: Sequence[str] = (),
        moderators: Sequence[str] = ("ruth",),
        wished: str = "",
        days: tuple[date, date] = WEEK,
    ) -> "Gathering":
        """Have the group be formed, and asked for its date."""
        for person in people:
            self.people[person] = await self.traffic.met(person, NAMES[person], TEAMS if person in in_teams else MATRIX)
        plan = built_in()[format]
        async with self.traffic.database.unit_of_work() as uow:
            for person, one in self.people.items():
                known = await uow.people.know(one.platform, one.sender.id, one.sender.name)
                self.ids[person] = known.id or 0
            found = ConsultationRound(
                starts_on=days[0], ends_on=days[1], closes_at=MONDAY, state=RoundState.FORMED, mode=plan.mode
            )
            round_id = await uow.rounds.add(found)
            self.case = await uow.rounds.add_case(
                ConsultationCase(
                    person_id=self.ids["aylin"],
                    title="Zusammenarbeit",
                    wished=wished,
                    state=CaseState.TAKEN,
                    waiting_since=date(2026, 11, 2),
                )
            )
            group = ConsultationGroup(round_id=round_id, case_id=self.case, mode=plan.mode, plan=plan.as_json())
            members = [
                GroupMember(group_id=0, person_id=self.ids[one], place=place, can_moderate=one in moderators)
                for place, one in enumerate(people)
            ]
            self.number = await uow.consultations.add(group, members)
            await uow.commit()

        async def begin(night: Any, services: Any) -> Any:
            held = await night.uow.consultations.hold(self.number)
            return await dates.begin(night, services, held)

        await self.traffic.errands._do(begin)
        await self.traffic.idle()
        return self

    def __getattr__(self, name: str) -> Somebody:
        people = self.__dict__.get("people", {})
        if name not in people:
            raise AttributeError(name)
        return people[name]  # type: ignore[no-any-return]

    @property
    def room(self) -> Conversation:
        return Conversation(MATRIX, f"!Beratung {self.number}")

    async def all_say(self, words: str, *but: str) -> None:
        """Everybody answers the same, alone with the bot."""
        for person, one in self.people.items():
            if person not in but:
                await one.says(words)

    async def planned(self, words: str = "alle", **how: Any) -> "Gathering":
        """The group has its date: Monday, 7 December, 9:00."""
        await self.form(**how)
        await self.all_say(words)
        assert (await self.group()).state == GroupState.PLANNED
        return self

    async def gathered(self, *inside: str, **how: Any) -> "Gathering":
        """It is Friday, the room is open, and these people came in; all of them if nobody is named."""
        await self.planned(**how)
        await self.at(datetime(2026, 12, 4, 8, tzinfo=UTC))
        for person in inside or [one for one in self.people if self.people[one].platform == MATRIX]:
            await self.enters(person)
        await self.minute()
        return self

    async def at(self, moment: datetime) -> None:
        """It is that time."""
        await self.traffic.passes(seconds=int((moment - self.traffic.clock.now()).total_seconds()))

    async def minute(self) -> None:
        await self.traffic.passes(minutes=1)

    async def enters(self, person: str, kind: Kind = Kind.ENTERED, who: Somebody | None = None) -> list[Outgoing]:
        """Somebody comes into the room; gives what the bot says and does then."""
        before = len(self.traffic.sent)
        one = who or self.people[person]
        await self.traffic.hear(one.incoming("", self.room, kind=kind, is_addressed=False))
        return self.traffic.sent[before:]

    async def leaves(self, person: str) -> list[Outgoing]:
        return await self.enters(person, Kind.LEFT)

    async def says(self, person: str, words: str) -> list[Outgoing]:
        """Somebody says something in the room; gives what the bot says and does then."""
        before = len(self.traffic.sent)
        await self.people[person].says(words, self.room, is_addressed=False)
        return self.traffic.sent[before:]

    @property
    def in_room(self) -> list[str]:
        """What the bot said in the room, as far as it still stands."""
        return self.traffic.texts_at(self.room)

    def orders(self, order: Order) -> list[RoomOrder]:
        """What the bot had done with rooms."""
        return [one.room for one in self.traffic.sent if one.room is not None and one.room.order is order]

    async def group(self) -> ConsultationGroup:
        async with self.traffic.database.reading() as uow:
            found = await uow.consultations.get(self.number)
        assert found is not None
        return found

    async def circle(self) -> Circle:
        async with self.traffic.database.reading() as uow:
            found = await uow.consultations.get(self.number)
            assert found is not None
            return await open_circle(uow, found)

    async def member(self, person: str) -> GroupMember:
        async with self.traffic.database.reading() as uow:
            found = await uow.consultations.member(self.number, self.ids[person])
        assert found is not None
        return found

    async def answers(self) -> Mapping[str, set[int]]:
        """At which proposed times people can come."""
        async with self.traffic.database.reading() as uow:
            found = await uow.consultations.date_answers(self.number)
        names = {number: person for person, number in self.ids.items()}
        return {names[person]: set(numbers) for person, numbers in found.items()}

    def polls(self, person: str) -> list[str]:
        """What asks somebody for a date, as they see it."""
        return [text for text in self.people[person].sees() if "Wann kannst du?" in text]

    async def case_state(self) -> CaseState:
        async with self.traffic.database.reading() as uow:
            found = await uow.rounds.case(self.case)
        assert found is not None
        return CaseState(found.state)

    async def meets(self) -> str:
        """When the group meets, in Berlin."""
        at = (await self.group()).meets_at
        return f"{at.astimezone(self.traffic.community.local_time().tzinfo):%a %d.%m. %H:%M}" if at else ""
