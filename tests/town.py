"""People of a town on several platforms, each alone with the bot, for tests of handlers with real roles and storage."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

from bot.community import Community
from bot.directory import Directory
from bot.errors import UserError
from bot.messages import Conversation, File, Incoming, Offer, Reply, Send, Sender
from bot.router import StandingOffer, Table, route
from bot.settings import CommunitySettings
from bot.turn import House, Services, Turn
from handlers import codes, membership
from handlers.accounts import CodeDesk
from handlers.table import TABLE
from knowledge.supporters import Match
from storage.database import Database

MATRIX = "matrix:@bot:lindenau.example"
TEAMS = "teams:bot"
LOTSEN = Conversation(MATRIX, "!lotsen")
FLUR = Conversation(MATRIX, "!flur")


async def nobody(_question: str, _said: object) -> list[Match]:
    """Finds nobody by a topic: these tests are about who somebody is."""
    return []


@dataclass(eq=False)
class Resident:
    """Somebody's account; `heard` is what the bot said to them first, `files` came with its answers."""

    town: "Town"
    platform: str
    sender: Sender
    heard: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    standing: list[StandingOffer] = field(default_factory=list)

    @property
    def chat(self) -> Conversation:
        """Alone with the bot."""
        return Conversation(self.platform, f"chat of {self.sender.id}", is_direct=True)

    @property
    def choices(self) -> list[str]:
        """What stands to choose newest."""
        return [choice.label for choice in self.standing[0].offer.choices] if self.standing else []

    async def says(self, text: str, place: Conversation | None = None) -> str:
        """What the bot answers; a refusal changes nothing."""
        return await self.town.handle(self, text, place or self.chat)

    async def exists(self) -> bool:
        """Whether anything is remembered of them."""
        async with self.town.database.reading() as uow:
            return await uow.people.find(self.platform, self.sender.id) is not None

    async def role(self) -> str:
        async with self.town.database.reading() as uow:
            return (await self.town.directory.role(uow, self.platform, self.sender.id)).word

    async def is_written_to(self) -> bool:
        """Whether the bot may write to them first."""
        async with self.town.database.reading() as uow:
            return await uow.addresses.direct_chat(self.platform, self.sender.id) is not None


class Town:
    """Who lives there, what time it is, and what the settings say."""

    def __init__(
        self, database: Database, settings: CommunitySettings | None = None, house: House | None = None
    ) -> None:
        self.database = database
        self.now = datetime(2026, 11, 20, 9, tzinfo=UTC)
        settings = settings or CommunitySettings(coordinators=frozenset({"may"}), rooms=frozenset({LOTSEN.id}))
        self.community = Community(settings, lambda: self.now)
        stand_in: Any = SimpleNamespace(newest=lambda place: place, only_platform=())
        self.directory = Directory(self.community, stand_in)
        self.services = cast(
            Services,
            SimpleNamespace(house=house or House(), commands=(), search=None, supporters=SimpleNamespace(find=nobody)),
        )
        self.table = _with_a_new_desk(TABLE)
        self.residents: list[Resident] = []
        self._numbers = count(1)

    def resident(self, person: str, name: str, platform: str = MATRIX) -> Resident:
        """Somebody moves in."""
        self.residents.append(Resident(self, platform, Sender(person, name)))
        return self.residents[-1]

    def wait(self, time: timedelta) -> None:
        self.now += time

    async def handle(self, resident: Resident, text: str, place: Conversation) -> str:
        message = Incoming(str(next(self._numbers)), place, resident.sender, text, self.now)
        async with self.database.reading() as uow:
            role = await self.directory.role(uow, place.platform, resident.sender.id)
        await self.directory.note(self.database, message, role)
        found = route(message, resident.standing, self.table)
        assert found
        async with self.database.unit_of_work() as uow:
            turn = Turn(
                message=message,
                text=found.text,
                choice=found.choice,
                answer_key=message.event_id,
                sees=self.community.sees(message, role),
                now=self.community.local_time(),
                say=str,
                uow=uow,
                role=role,
                number=found.number,
                coordinators=lambda: self.directory.coordinators(uow),
                rooms=lambda: self.directory.rooms(uow),
                role_of=lambda platform, person: self.directory.role(uow, platform, person),
            )
            try:
                actions = await found.handler(turn, self.services)
            except UserError as error:
                return str(error)
            await uow.commit()
        if found.taken:
            resident.standing.remove(found.taken)
        reply, *others = actions
        assert isinstance(reply, Reply)
        self._offer(resident, reply.offer)
        resident.files += [reply.file] if reply.file else []
        self._deliver([action for action in others if isinstance(action, Send)])
        return reply.text

    def _offer(self, resident: Resident, offer: Offer | None) -> None:
        if offer:
            assert len(offer.choices) <= 9, "one digit names a choice"
            resident.standing.insert(0, StandingOffer(f"m{next(self._numbers)}", None, offer))

    def _deliver(self, sent: Sequence[Send]) -> None:
        for action in sent:
            for resident in self.residents:
                if resident.chat == action.to:
                    resident.heard.append(action.text)
                    self._offer(resident, action.offer)


def _with_a_new_desk(table: Table) -> Table:
    """The bot's table, with nobody who has said wrong codes."""
    desk = CodeDesk()
    jobs = tuple(replace(job, handler=desk.take) if job.command.name == "code" else job for job in table.jobs)
    readings = ((codes.is_code, desk.take), (membership.is_interest, membership.take_interest))
    return replace(table, jobs=jobs, readings=readings)


def codes_in(text: str) -> list[str]:
    """The codes in what the bot said."""
    words = [word.strip("„“.,") for word in text.split()]
    return [word for word in words if codes.is_code(word)]


def code_in(text: str) -> str:
    """The code that the bot has just given."""
    [code] = codes_in(text)
    return code
