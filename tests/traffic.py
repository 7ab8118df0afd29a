"""Questions on their way through the whole bot: real handlers, dispatcher, mailbox and errands over a real database.

Only the two platforms are stand-ins, and the search finds nothing: every question goes on to people.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import text
from sqlmodel import SQLModel
from typing_extensions import override

from bot.community import Community
from bot.dispatcher import Dispatcher
from bot.errands import Errands
from bot.errors import DeliveryError
from bot.mailbox import Mailbox
from bot.messages import Conversation, Incoming, Kind, Order, Outgoing, Sender
from bot.router import Table
from bot.scheduler import Scheduler
from bot.settings import CommunitySettings
from bot.turn import House, Services
from conftest import MovedClock
from fakes import StandIn
from handlers import unmet_topics, waiting
from handlers.jour_fixe import decisions
from handlers.table import TABLE
from knowledge.decision import Decision
from knowledge.search import Findings
from knowledge.supporters import Fit, Match, Said, Supporters
from knowledge.vectors import EntryText
from storage.database import Database
from storage.models.people import Portrait
from storage.models.routing import Routing

MATRIX, TEAMS = "matrix:bot", "teams:bot"
LOTSEN, FLUR, BERATUNG = Conversation(MATRIX, "!lotsen"), Conversation(TEAMS, "!flur"), Conversation(TEAMS, "!beratung")
SETTINGS = CommunitySettings.model_validate(
    {
        "supporters": {"tom", "mehmet", "svenja"},
        "coordinators": {"may"},
        "rooms": {LOTSEN.id},
        "confidential_rooms": {BERATUNG.id},
        "address_direct": "du",
        "messages_per_minute": 0,
    }
)
# The others want a model.
ROUTING_TABLE = replace(
    TABLE,
    errands=(
        waiting.look_after,
        waiting.renew,
        waiting.expire,
        waiting.offer_agenda,
        unmet_topics.report,
        decisions.offer_answers,
    ),
)
QUESTION = "Wo finde ich die Leitweg-ID für unsere Kita?"


class Post(StandIn):
    """A platform; `shown` is what people see there by now, by message id. Nothing arrives in `lost` conversations.

    It opens rooms under their names; who is in them, nobody asks here.
    """

    def __init__(self, name: str, log: list[Outgoing]) -> None:
        super().__init__()
        self.name = name
        self.log = log
        self.lost: set[str] = set()
        self.shown: dict[str, Outgoing] = {}

    @override
    async def send(self, outgoing: Outgoing) -> str:
        if outgoing.conversation.id in self.lost:
            raise DeliveryError("gone", is_final=True)
        message_id = await super().send(outgoing)
        self.log.append(outgoing)
        if outgoing.room is not None:
            return f"!{outgoing.room.name}" if outgoing.room.order is Order.OPEN else outgoing.conversation.id
        if outgoing.deletes is not None:
            self.shown.pop(outgoing.deletes, None)
            return message_id
        target = outgoing.replaces or f"{self.name} {message_id}"
        self.shown[target] = outgoing
        return target


class ByWords:
    """Finds those who name a word of the question, so that no model is needed."""

    async def find(self, question: str, said: Sequence[Said]) -> list[Match]:
        asked = question.casefold()
        return [
            Match(one.person_id, topic, Fit.WORD, 1.0)
            for one in said
            if asked not in map(str.casefold, one.misfits)
            for topic in [next((word for word in one.topics if word.casefold() in asked), None)]
            if topic is not None
        ]

    def keep_only(self, said: Sequence[Said]) -> None:
        """Keeps nothing that could be forgotten."""


@dataclass(eq=False)
class Somebody:
    """A person with an account; `said` is the id of what they said last."""

    traffic: "Traffic"
    platform: str
    sender: Sender
    said: str = ""

    @property
    def chat(self) -> Conversation:
        """Alone with the bot; its name tells nothing about the person."""
        return Conversation(self.platform, f"direct {self.traffic.people.index(self)}", is_direct=True)

    async def says(self, words: str, place: Conversation | None = None, **changes: object) -> list[str]:
        """What the bot says in that conversation, anew or changed."""
        place = place or self.chat
        before = len(self.traffic.sent)
        await self.traffic.hear(self.incoming(words, place, **changes))
        return [one.text for one in self.traffic.sent[before:] if one.conversation == place and one.text]

    def incoming(self, words: str, place: Conversation | None = None, **changes: object) -> Incoming:
        """What they say, as a platform hands it over."""
        self.said = f"e{next(self.traffic.numbers)}"
        now = self.traffic.clock.now()
        return Incoming(self.said, place or self.chat, self.sender, words, now, **changes)  # type: ignore[arg-type]

    async def helps(self, words: str, place: Conversation = LOTSEN, **changes: object) -> list[str]:
        """They write into the thread below the question shown there, without naming the bot."""
        thread = self.traffic.message_at(place)
        return await self.says(words, place, thread=thread, is_follow_up=True, **changes)

    async def edits(self, words: str, of: str, place: Conversation | None = None) -> list[str]:
        return await self.says(words, place, kind=Kind.EDIT, refers_to=of)

    async def deletes(self, message: str, place: Conversation | None = None) -> list[str]:
        return await self.says("", place, kind=Kind.DELETION, refers_to=message)

    async def asks(self, question: str = QUESTION, how: str = "ja", place: Conversation | None = None) -> str:
        """They ask, and send the question on its way; gives the id of the message with it."""
        await self.says(question, place)
        asked = self.said
        await self.says(how, place)
        self.said = asked
        return asked

    def sees(self, place: Conversation | None = None) -> list[str]:
        """What stands in a conversation by now."""
        return self.traffic.texts_at(place or self.chat)


@dataclass
class Traffic:
    """A town with two platforms, and what the bot said there."""

    database: Database
    clock: MovedClock
    settings: CommunitySettings = SETTINGS
    house: House = field(default_factory=House)
    supporters: ByWords | Supporters = field(default_factory=ByWords)
    table: Table = ROUTING_TABLE
    sensitive: Mapping[str, object] = field(default_factory=dict)

    async def open(self) -> "Traffic":
        """Begin; nobody has said anything yet."""
        self.numbers = count(1)
        self.people: list[Somebody] = []
        self.sent: list[Outgoing] = []
        self.matrix, self.teams = Post(MATRIX, self.sent), Post(TEAMS, self.sent)
        await self.start(MATRIX, TEAMS)
        async with self.database.unit_of_work() as uow:
            await uow.addresses.know(LOTSEN.platform, LOTSEN.id)
            await uow.commit()
        return self

    async def start(self, *reached: str) -> None:
        """Start a bot over the same database and the same platforms; only those that are `reached` take messages."""
        self.community = Community(self.settings, self.clock.now)
        self.mailbox = Mailbox(self.database, self.clock.now)
        self.mailbox.serve({MATRIX: self.matrix, TEAMS: self.teams})
        services = self.services()
        self.dispatcher = Dispatcher(self.database, self.mailbox, self.community, self.table, services)
        self.errands = Errands(self.database, self.mailbox, self.community, self.table, services)
        self.mailbox.report_to(self.errands.report)
        self.mailbox.open_for(self.errands.opened, self.errands.learn)
        self.forgetting = Scheduler(self.database, self.community.local_time)
        await self.community.recall(self.database)
        for platform in reached:
            await self.mailbox.resume(platform)
        await self.dispatcher.start()

    def services(self) -> Services:
        async def find(_question: str, _sees: Collection[object]) -> Findings:
            return Findings(Decision.UNKNOWN, (), ())

        def recognise(_vector: object, question: str) -> object:
            return next((topic for word, topic in self.sensitive.items() if word in question), None)

        services = SimpleNamespace(
            search=SimpleNamespace(find=find),
            commands=tuple(job.command for job in self.table.jobs),
            sensitivity=SimpleNamespace(recognise=recognise, by_words=lambda question: recognise(None, question)),
            supporters=self.supporters,
            house=self.house,
            decisions=SimpleNamespace(find=self._past),
        )
        return cast(Services, services)

    async def _past(self, sought: str, decisions: Sequence[EntryText], limit: int) -> Sequence[str]:
        """Decisions with a word that is sought, so that no model is needed."""
        words = sought.casefold().split()
        texts = ((one.id, one.passage.casefold()) for one in decisions)
        return [number for number, text in texts if any(word in text for word in words)][:limit]

    def somebody(self, person: str, name: str, platform: str = MATRIX) -> Somebody:
        self.people.append(Somebody(self, platform, Sender(person, name)))
        return self.people[-1]

    async def met(self, person: str, name: str, platform: str = MATRIX) -> Somebody:
        """Somebody who has written to the bot already."""
        found = self.somebody(person, name, platform)
        await found.says("hallo")
        return found

    async def hear(self, *events: Incoming) -> None:
        """All that comes in at once; ends when everything is said."""
        for platform in {event.conversation.platform for event in events}:
            await self.mailbox.receive(platform, [e for e in events if e.conversation.platform == platform])
        await self.idle()

    async def idle(self) -> None:
        await self.dispatcher.idle()
        await self.mailbox.idle()

    async def stop(self) -> None:
        await self.dispatcher.stop()
        await self.mailbox.stop()

    async def night(self, days: int = 0) -> None:
        """Let days pass, then the errands of the night, and what waits for an end of quiet hours."""
        self.clock.move(timedelta(days=days))
        await self.forgetting._forget()
        await self.errands.run()
        await self.mailbox.release()
        await self.idle()

    async def passes(self, **span: int) -> None:
        """Let `minutes`, `hours` or `days` pass, then what is done each minute, and what quiet hours held."""
        self.clock.move(timedelta(**span))
        await self.errands.tick()
        await self.mailbox.release()
        await self.idle()

    @property
    def posts(self) -> tuple[Post, Post]:
        return self.matrix, self.teams

    def texts_at(self, place: Conversation) -> list[str]:
        shown = [one for post in self.posts for one in post.shown.values()]
        return [one.text for one in shown if one.conversation == place]

    def message_at(self, place: Conversation, words: str = "**Frage") -> str:
        """The id of the newest message of ours there that begins so."""
        shown = [(key, one) for post in self.posts for key, one in post.shown.items()]
        return [key for key, one in shown if one.conversation == place and one.text.startswith(words)][-1]

    async def routing(self, number: int = 1) -> Routing | None:
        async with self.database.reading() as uow:
            return await uow.routing.get(number)

    async def state(self, number: int = 1) -> str | None:
        found = await self.routing(number)
        return str(found.state) if found else None

    async def introduce(self, who: Somebody, *topics: str, **details: object) -> int:
        """Somebody has a portrait that everybody may see; gives our id of them."""
        async with self.database.unit_of_work() as uow:
            person = await uow.people.know(who.platform, who.sender.id, who.sender.name)
            assert person.id is not None
            kept: dict[str, Any] = {
                "topics": list(topics),
                "formats": [],
                "consented_on": self.clock.now().date(),
                **details,
            }
            await uow.people.keep(Portrait(person_id=person.id, **kept))
            await uow.commit()
            return person.id

    async def rows(self, *tables: str) -> dict[str, int]:
        """How many rows there are."""
        async with self.database.reading() as uow:
            counts = {table: await uow._session.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables}
        return {table: int(number or 0) for table, number in counts.items()}

    async def tables_with(self, *words: str) -> list[str]:
        """The tables in which one of these words stands anywhere."""
        return await tables_with(self.database, *words)


async def tables_with(database: Database, *words: str) -> list[str]:
    """The tables of a database in which one of these words stands anywhere."""
    found = []
    async with database.reading() as uow:
        for table in SQLModel.metadata.sorted_tables:
            rows = (await uow._session.execute(table.select())).all()
            if any(word in repr(tuple(row)) for row in rows for word in words):
                found.append(table.name)
    return found
