"""A round of peer consultation that the bot leads, in the town of `traffic`: all sit in one room in Matrix."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import consulting
from bot.messages import Conversation, Order, Outgoing, RoomOrder, Unasked
from bot.turn import Night, Services
from conftest import MovedClock
from handlers.peer_consultation import closing, live, time_boxes
from handlers.peer_consultation.circle import Circle, open_circle
from handlers.table import TABLE
from knowledge.consultation_files import built_in
from knowledge.consultation_formats import Format
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
NAMES = ("Aylin Kaya", "Ruth Ebert", "Tom Berger", "Ben Krause", "Mehmet Demir", "Svenja Koch")
LED_TABLE = replace(TABLE, errands=(), ticks=(time_boxes.keep_time, closing.close_due))


def _id(name: str) -> str:
    return name.split()[0].casefold()


LED_SETTINGS = SETTINGS.model_copy(update={"supporters": frozenset(_id(name) for name in NAMES)})


@asynccontextmanager
async def opened(migrated: Path, folder: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    """A town that does the errands of a round that is led."""
    async with consulting.opened(migrated, folder, clock, LED_TABLE, LED_SETTINGS) as traffic:
        yield traffic


@dataclass
class Led:
    """A group whose room is open, and what it hears. Of the first names in `far`, each one is alone in Teams."""

    traffic: Traffic
    far: Sequence[str] = ()
    people: dict[str, Somebody] = field(default_factory=dict)
    number: int = 0

    async def gather(
        self,
        plan: str | Format = "six_phase",
        count: int = 5,
        case_of: str | None = "aylin",
        can_moderate: Sequence[str] = ("ruth",),
    ) -> "Led":
        """All have promised to keep it to themselves, and nothing has begun."""
        names = [*NAMES, *(f"Gast {number}" for number in range(len(NAMES), count))][:count]
        for name in names:
            person = _id(name) if name in NAMES else name.replace(" ", "").casefold()
            self.people[person] = await self.traffic.met(person, name, TEAMS if person in self.far else MATRIX)
        async with self.traffic.database.unit_of_work() as uow:
            ids = {}
            for person, one in self.people.items():
                known = await uow.people.know(one.platform, one.sender.id, one.sender.name)
                ids[person] = known.id or 0
            case = None
            if case_of is not None:
                wanted = ConsultationCase(
                    person_id=ids[case_of], title="Zusammenarbeit", waiting_since=date(2026, 11, 1)
                )
                case = await uow.rounds.add_case(wanted)
            members = [
                GroupMember(
                    group_id=0,
                    person_id=ids[person],
                    can_moderate=person in can_moderate,
                    has_promised=True,
                    is_inside=person not in self.far,
                    is_relayed=person in self.far,
                )
                for person in self.people
            ]
            format_ = built_in()[plan] if isinstance(plan, str) else plan
            group = ConsultationGroup(
                case_id=case,
                mode=format_.mode,
                plan=format_.as_json(),
                state=GroupState.GATHERING,
                meets_at=self.traffic.clock.now(),
                room_key="our order",
            )
            self.number = await uow.consultations.add(group, members)
            place = GroupPlace(platform=ROOM.platform, conversation_id=ROOM.id, group_id=self.number)
            await uow.consultations.add_place(place)
            for person in self.far:
                chat = self.people[person].chat
                await uow.consultations.add_place(
                    GroupPlace(
                        platform=chat.platform,
                        conversation_id=chat.id,
                        group_id=self.number,
                        is_direct=True,
                        person_id=ids[person],
                    )
                )
            room = Room(platform=ROOM.platform, conversation_id=ROOM.id, answer_mode=AnswerMode.CONSULTATION)
            await uow.rooms.keep(room)
            await uow.commit()
        self.traffic.community.learn({(ROOM.platform, ROOM.id): room})
        return self

    async def begin(self, *args: object, **details: object) -> "Led":
        """Have it begin; the arguments are those of `gather`."""
        await self.gather(*args, **details)  # type: ignore[arg-type]
        await self.do(lambda night, services, circle: live.begin(night, services, circle))
        return self

    async def do(self, work: object) -> None:
        """Have something done with the group in an errand of its own."""

        async def errand(night: Night, services: Services) -> Sequence[Unasked]:
            group = await night.uow.consultations.hold(self.number)
            assert group is not None
            return await work(night, services, await open_circle(night.uow, group))  # type: ignore[operator, no-any-return]

        await self.traffic.errands._do(errand)
        await self.traffic.idle()

    async def says(self, person: str, words: str, **changes: object) -> list[str]:
        """Somebody speaks where they take part, to all; gives what the bot says in the room, anew."""
        before = len(self.traffic.sent)
        who = self.people[person]
        await who.says(words, who.chat if person in self.far else ROOM, **{"is_addressed": False, **changes})
        return self.new(before)

    def new(self, before: int) -> list[str]:
        """What the bot has said in the room since then."""
        return [one.text for one in self.traffic.sent[before:] if one.conversation == ROOM and one.text]

    async def passes(self, minutes: float) -> list[str]:
        """Time goes by, minute by minute; gives what the bot says in the room meanwhile."""
        before = len(self.traffic.sent)
        for _ in range(int(minutes)):
            await self.traffic.passes(minutes=1)
        return self.new(before)

    async def sleeps(self, **span: int) -> list[str]:
        """Time goes by at once, as for a bot that was down; gives what it says in the room then."""
        before = len(self.traffic.sent)
        self.traffic.clock.move(timedelta(**span))
        await self.traffic.errands.tick()
        await self.traffic.idle()
        return self.new(before)

    async def restart(self) -> None:
        """The bot is killed and comes back."""
        await self.traffic.stop()
        await self.traffic.start(MATRIX, TEAMS)

    async def group(self) -> ConsultationGroup:
        async with self.traffic.database.reading() as uow:
            found = await uow.consultations.get(self.number)
        assert found is not None
        return found

    async def circle(self) -> Circle:
        async with self.traffic.database.reading() as uow:
            group = await uow.consultations.get(self.number)
            assert group is not None
            return await open_circle(uow, group)

    async def who(self, part: Part) -> list[str]:
        """The first names of those who have a part."""
        return [member.name.split()[0].casefold() for member in (await self.circle()).of(part)]

    async def parts(self) -> dict[str, Part | None]:
        return {member.name.split()[0].casefold(): member.row.part for member in (await self.circle()).members}

    def orders(self, since: int = 0) -> list[RoomOrder]:
        """Who may write in the room, as it was ordered."""
        found = [one.room for one in self.traffic.sent[since:] if one.room is not None and one.conversation == ROOM]
        return [one for one in found if one.order is Order.LET_SPEAK]

    @property
    def newest(self) -> str:
        """What the bot said last in the room."""
        return [one for one in self.traffic.sent if one.conversation == ROOM and one.text][-1].text

    @property
    def sent(self) -> list[Outgoing]:
        return self.traffic.sent

    async def voices(self) -> int:
        return (await self.traffic.rows("phase_voice"))["phase_voice"]


async def to_phase(led: Led, phase: str) -> Led:
    """Have whoever moderates go on to a phase."""
    for _ in range(20):
        if (await led.group()).phase == phase:
            return led
        await led.says("ruth", "weiter")
    raise AssertionError(led.newest)


async def drop(led: Led, person: str) -> None:
    """Somebody takes no more part."""
    member = next(one for one in (await led.circle()).members if one.name.casefold().startswith(person))
    async with led.traffic.database.unit_of_work() as uow:
        row = await uow.consultations.member(led.number, member.id)
        assert row is not None
        row.has_left = True
        await uow.commit()
    await led.do(lambda night, services, circle: live.someone_left(night, services, circle, member))
