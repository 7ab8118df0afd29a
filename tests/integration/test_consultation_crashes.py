"""The bot is killed in every phase of a consultation, and goes on where it was: same phase, same parts, same time.

Each journey is one round, led by `lotsenfunk serve` as a process of its own that is killed at each moment of a table.
Once it is back, it says what became due and answers what was said while it was down, and nothing else. So nothing is
said twice, and nothing is lost.
"""

import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.demo.residents import PEOPLE
from bot.platforms.console import direct_chat
from dialogues.groups import AHEAD, consulting_group
from handlers.cards import day_in_words
from handlers.peer_consultation.circle import Circle, open_circle
from knowledge.consultation_files import built_in
from knowledge.consultation_formats import Format, Laps
from servers.console_bot import ConsoleBot
from storage.database import Database
from storage.models.peer_consultation import GroupState, Mode, Part

BERLIN = ZoneInfo("Europe/Berlin")
BEFORE = datetime(2026, 11, 19, 8, 30, tzinfo=BERLIN)  # a Thursday: at nine the room is opened for the next day
MEETS = datetime(2026, 11, 20, 10, tzinfo=BERLIN)
ROOM = "beratung-1"
ASKER = "mehmet"
"""Whoever asks at each moment, while the bot is down, where the round stands."""
SCRIBE = "mitschrift"
"""Whoever that is: the lot decides."""
TABLES = {
    "consultation_group": "id",
    **dict.fromkeys(("group_member", "group_place", "group_step", "phase_voice", "group_note"), "group_id"),
}

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Moment:
    """A moment in which the bot is killed, in words.

    `before` leads there: what people say in the room (`ruth: …`) or alone with the bot (`ruth allein: …`), and how much
    time passes (`+7m`, `bis 20.11. 10:00`). It dies when all of that is done, or `at` a step of what comes of the last
    line (see `servers.kept_console.STEPS`). `down` happens while it is down. `says` are the messages that come after
    that, each one by where it is and parts of it; with `at`, those of the last line, too.
    """

    name: str
    before: Sequence[str] = ()
    down: Sequence[str] = ()
    says: Sequence[str] = ()
    at: str = ""


def settled(*people: str) -> list[str]:
    """That nobody can step back any more from a round that has begun."""
    return [f"{person} ändert: Beratung 1 ist am Freitag" for person in people]


SIX_PHASES = (
    Moment(
        "gathering, two of five have promised",
        ["aylin: vertraulich", "ruth: vertraulich"],
        down=["mehmet: vertraulich"],
        says=["raum ändert | Es fehlen noch 2 Zusagen."],
    ),
    Moment(
        "the last one promises, and it begins",
        ["lotse: vertraulich", "bis 20.11. 10:00", "svenja: vertraulich"],
        at="decided",
        says=[
            "raum ändert | Alle haben zugesagt.",
            "raum: Phase 1 von 6: Aufgaben verteilen | bis 10:05 Uhr",
            "raum: Vorschlag: Fall Aylin Kaya, Moderation Ruth Maier",
            *settled("aylin", "ruth", "lotse", "mehmet", "svenja"),
        ],
    ),
    Moment("casting, half of them have agreed", ["ruth: ja"]),
    Moment(
        "casting ends",
        ["+1m", "ruth: weiter"],
        at="sent",
        says=["raum: Es gilt: Fall Aylin Kaya | Phase 2 von 6: Erzählen | bis 10:11 Uhr"],
    ),
    Moment("just before the hint", ["+7m"], down=["+1m"], says=["raum: Noch 2 Minuten."]),
    Moment("just after the hint", down=["+1m"]),
    Moment(
        "the time is over, and whoever moderates says nothing",
        ["+2m"],
        down=["+3m"],
        says=["raum: Sagen zwei „weiter“, geht es auch ohne Ruth"],
    ),
    Moment("a pause, with some of the time left", ["ruth: mehr", "+2m", "ruth: pause"], down=["+20m"]),
    Moment(
        "on to the key question",
        ["ruth: weiter", "+1m", "ruth: weiter"],
        at="received",
        says=["raum: Phase 3 von 6: Schlüsselfrage | bis 10:43 Uhr"],
    ),
    Moment("the key question is asked", ["aylin: Wie kann ich mit ihm im Gespräch bleiben?"], down=["+1m"]),
    Moment(
        "on to the ways to advise",
        ["ruth: weiter"],
        at="decided",
        says=["raum: Phase 4 von 6: Weg wählen | bis 10:44 Uhr", "raum: Wie soll die Gruppe beraten?"],
    ),
    Moment(
        "a way is proposed, and chosen while it is down",
        ["ruth: 2"],
        down=["+1m", "aylin: 1"],
        says=["raum: Phase 5 von 6: Beratung | bis 10:55 Uhr"],
    ),
    Moment(
        "something is noted, and more while it is down",
        ["mitschrift: notiz: Er könnte gefragt werden wollen."],
        down=["mitschrift: notiz: Ein Gespräch zu zweit."],
        says=[": Notiert"],
    ),
    Moment(
        "on to the end", ["+1m", "ruth: weiter"], at="sent", says=["raum: Phase 6 von 6: Abschluss | bis 10:46 Uhr"]
    ),
    Moment(
        "the round ends",
        ["+1m", "ruth: weiter"],
        at="decided",
        says=[
            "raum: Beratung 1 ist zu Ende.",
            "aylin: | Ihre Notizen | gefragt werden wollen | Gespräch zu zweit",
            "aylin: | in vier Wochen fragen",
        ],
    ),
    Moment("all can still read", ["aylin: noch nicht"], down=["lotse: Danke euch!", "+20m"]),
)
LAP_SPARED = 1
"""From 0: the middle lap of a Troika is like the others, and is led through without dying."""
TROIKA = (
    Moment(
        "gathering, two of three have promised",
        ["aylin: vertraulich", "ruth: vertraulich", "bis 20.11. 10:00"],
        down=["mehmet: vertraulich"],
        says=[
            "raum ändert | Alle haben zugesagt.",
            "raum: Die Reihenfolge, nach dem Los: | Runde 1 von 3, Phase 1 von 4",
            *settled("aylin", "ruth", "mehmet"),
        ],
    ),
    *(
        Moment(f"lap {lap}, phase {phase}: one of two says that it goes on", [*go_on, "+20s", "ruth: weiter"], ["+5s"])
        for lap, way in ((1, []), (3, ["mehmet: weiter", *["+20s", "ruth: weiter", "mehmet: weiter"] * 4]))
        for phase, go_on in enumerate([way, *[["mehmet: weiter"]] * 3], start=1)
    ),
    Moment("all can still read", ["mehmet: weiter"], down=["+10m"]),
)
WRITTEN = (
    Moment(
        "gathering, three of four have promised",
        ["aylin: vertraulich", "ruth: vertraulich", "lotse: vertraulich", "bis 20.11. 10:00"],
        down=["mehmet: vertraulich"],
        says=[
            "raum ändert | Alle haben zugesagt.",
            "raum: Phase 1 von 9: Ankommen | Zeit bis Montag, 23. November 2026, 18 Uhr.",
            "raum: Vorschlag: Fall Aylin Kaya, Moderation Ruth Maier",
            *settled("aylin", "ruth", "lotse", "mehmet"),
        ],
    ),
    Moment("casting, one of two has agreed", ["ruth: ja"], down=["+2h"]),
    Moment("the case is told, over the weekend", ["aylin: ja"], down=["bis 22.11. 12:00"]),
    Moment(
        "the morning on which it is due",
        down=["bis 23.11. 9:00"],
        says=["aylin: Beratung 1: Erzählen | Fehlt Ihr Beitrag noch?", "raum: Erzählen: Noch dran: Aylin Kaya."],
    ),
    Moment("all have been reminded", down=["+30m"]),
    Moment(
        "all have written, and it goes on while it is down",
        ["aylin: Es geht um jemanden, der bremst, und ich weiß nicht weiter.", "+1m"],
        down=["bis 23.11. 12:00"],
        says=["raum: Phase 3 von 9: Nachfragen | Zeit bis Mittwoch, 25. November 2026, 18 Uhr."],
    ),
    Moment(
        "one of four has asked",
        ["ruth: Wie lange geht das schon?"],
        down=["bis 24.11. 12:00"],
        says=[
            *(f"{person}: Beratung 1: Nachfragen" for person in ("aylin", "lotse", "mehmet")),
            "raum: Nachfragen: Noch dran:",
        ],
    ),
    Moment(
        "a day and the end of a phase pass by",
        down=["bis 25.11. 18:30"],
        says=["raum: Phase 4 von 9: Schlüsselfrage | Zeit bis Donnerstag, 26. November 2026, 18 Uhr."],
    ),
    Moment(
        "the key question comes while it is down",
        down=["aylin: Wie kann ich mit ihm im Gespräch bleiben?"],
        says=["raum: Schlüsselfrage: Wie kann ich", "aylin: Passt sie noch nicht?"],
    ),
    Moment(
        "on to hypotheses",
        ["+1m", "ruth: weiter"],
        at="sent",
        says=["raum: Phase 5 von 9: Vermutungen | Zeit bis Freitag, 27. November 2026, 18 Uhr."],
    ),
    Moment("what of it is true, at night", ["+1m", "ruth: weiter"], down=["bis 26.11. 3:00"]),
    Moment(
        "on to solutions",
        ["+1m", "ruth: weiter"],
        at="received",
        says=["raum: Phase 7 von 9: Lösungen | Zeit bis Montag, 30. November 2026, 18 Uhr."],
    ),
    Moment("the decision, with a day more", ["+1m", "ruth: weiter", "ruth: mehr"], down=["bis 26.11. 8:00"]),
    Moment("the last phase", ["+1m", "ruth: weiter"], down=["+30m"]),
    Moment("all can still read", ["+1m", "ruth: weiter"], down=["bis 27.11. 17:00"]),
)
JOURNEYS = {
    "six_phase": (("aylin", "ruth", "lotse", "mehmet", "svenja"), SIX_PHASES, "+20m"),
    "troika": (("aylin", "ruth", "mehmet"), TROIKA, "+10m"),
    "written": (("aylin", "ruth", "lotse", "mehmet"), WRITTEN, "bis 27.11. 18:00"),
}
"""Who takes part in a format, the moments in which the bot is killed, and when the room is closed in the end."""


class Journey:
    """A round that the bot leads, which is killed and comes back."""

    def __init__(self, bot: ConsoleBot, database: Database, people: Sequence[str]) -> None:
        self.bot, self.people = bot, people
        self.killed_in: list[tuple[str, int]] = []
        self._database = database

    async def gather(self) -> None:
        """The bot has met everybody, and has opened their room."""
        for line in (*(f"{person} allein: hallo" for person in self.people), "bis 19.11. 9:00", "+1m"):
            await self.do(line)

    async def survive(self, moment: Moment) -> None:
        """Have the bot be killed in a moment and come back, and look whether it goes on where it was."""
        last = moment.before[-1:] if moment.at else ()
        for line in moment.before[: len(moment.before) - len(last)]:
            await self.do(line)
        rows, circle, seen = self.rows(), await self.circle(), len(self.bot.shown)
        if moment.at:
            self.bot.dies_at(moment.at)
            await self.begin(last[0])
            self.bot.wait()
        self.bot.kill()
        for line in moment.down:
            await self.begin(line, is_down=True)
        asked = await self.begin(f"{ASKER}: stand")
        self.bot.start()
        self.bot.wait_until_heard(asked)
        *said, answer = self.texts(seen)
        now = await self.circle()
        assert unexpected(said, moment.says) == [], said
        assert unexpected([answer], [standing(now, self.bot.now)]) == []
        assert where(now) == where(circle) or place(now) != place(circle)
        assert parts(circle).items() <= parts(now).items() or circle.plan.laps is Laps.EACH
        assert self.rows() == rows or moment.says
        reached = (now.group.phase, now.group.lap)
        if now.group.state == GroupState.RUNNING and reached not in self.killed_in:
            self.killed_in.append(reached)

    async def end(self, line: str) -> list[str]:
        """Have the bot be killed in what comes of the last line; gives all that was said in the end."""
        seen = len(self.bot.shown)
        self.bot.dies_at("sent")
        await self.begin(line)
        self.bot.wait()
        self.bot.start()
        return self.texts(seen)

    # what happens

    async def do(self, line: str) -> None:
        """Have a line happen, and all that comes of it."""
        self.bot.wait_until_heard(await self.begin(line))

    async def begin(self, line: str, *, is_down: bool = False) -> int:
        """Have a line happen; gives its number in the chat, where there is one."""
        speaker, _, text = line.partition(": ")
        if not text:
            self.bot.now = later(self.bot.now, line)
            return 0 if is_down else self.bot.wake()
        name, _, alone = speaker.partition(" ")
        if name == SCRIBE:
            [member] = (await self.circle()).of(Part.SCRIBE)
            name = next(person for person in self.people if PEOPLE[person].name == member.name)
        return self.bot.say(PEOPLE[name], None if alone else ROOM, text)

    # what is there

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that the bot knows of the group, by table."""
        with closing(sqlite3.connect(f"file:{self.bot.database}?mode=ro", uri=True)) as connection:
            return {
                table: connection.execute(f"SELECT * FROM {table} WHERE {column} = 1").fetchall()
                for table, column in TABLES.items()
            }

    async def circle(self) -> Circle:
        async with self._database.reading() as uow:
            group = await uow.consultations.get(1)
            assert group is not None
            return await open_circle(uow, group)

    def texts(self, since: int = 0) -> list[str]:
        """What has been shown since then, each text behind where and how; but that old messages went."""
        names = {ROOM: "raum"} | {direct_chat(PEOPLE[person]): person for person in self.people}
        shown = [one for one in self.bot.shown[since:] if one["how"] != "löscht"]
        return [" ".join(filter(None, [names[one["place"]], one["how"]])) + ": " + one["text"] for one in shown]


def later(now: datetime, line: str) -> datetime:
    """When it is once the time of a line has passed."""
    span = re.fullmatch(r"\+(\d+)([hms])", line)
    if span:
        return now + timedelta(**{{"h": "hours", "m": "minutes", "s": "seconds"}[span[2]]: int(span[1])})
    return datetime.strptime(f"2026 {line}", "%Y bis %d.%m. %H:%M").replace(tzinfo=BERLIN)


def unexpected(said: Sequence[str], expected: Sequence[str]) -> list[str]:
    """What was said and is not expected, and what is expected and was not said; by parts of it between „|“."""
    left, missing = list(said), []
    for one in expected:
        found = next((text for text in left if all(part.strip() in text for part in one.split("|"))), None)
        if found is None:
            missing.append(f"missing: {one}")
        else:
            left.remove(found)
    return [*missing, *left]


def place(circle: Circle) -> tuple[object, ...]:
    """How far a round is."""
    return circle.group.state, circle.group.phase, circle.group.lap


def where(circle: Circle) -> tuple[object, ...]:
    """How far a round is, and what has been settled of it: until when, what stands still, and the way to advise."""
    group = circle.group
    return *place(circle), group.phase_until, group.paused_at, group.closes_at, group.method


def parts(circle: Circle) -> dict[str, Part]:
    """Who has a part, by name."""
    return {one.name: one.row.part for one in circle.members if one.row.part not in (None, Part.ADVISER)}


def standing(circle: Circle, now: datetime) -> str:
    """What whoever asks has to hear: phase, remaining time and parts; before it begins and when it is over, that."""
    if circle.group.state != GroupState.RUNNING:
        return "Es geht los" if circle.group.state == GroupState.GATHERING else "Diese Beratung ist zu Ende."
    plan, laps = circle.plan, circle.plan.laps is Laps.EACH
    number = [phase.id for phase in plan.lap_phases or plan.order].index(circle.group.phase) + 1
    lap = f"Runde {circle.group.lap + 1} von {len(circle.members)}, " if laps else ""
    words = {Part.CASE_GIVER: "Fall", Part.MODERATOR: "Moderation", Part.SCRIBE: "Mitschrift"}
    given = [f"{words[part]} {name}" for name, part in parts(circle).items() if part in words]
    heading = f"raum: {lap}Phase {number} von {len(plan.lap_phases or plan.order)}: "
    return " | ".join([heading, time_left(circle, now.astimezone(BERLIN)), *given])


def time_left(circle: Circle, now: datetime) -> str:
    """What is said of the remaining time: minutes, a day, or that it stands still or is over."""
    assert circle.group.phase_until is not None
    until, paused = circle.group.phase_until.astimezone(BERLIN), circle.group.paused_at
    left = until - (paused or now)
    minutes = max(round(left / timedelta(minutes=1)), 1 if left else 0)
    if circle.group.mode == Mode.WRITTEN:
        return f"Zeit bis {day_in_words(until.date())}, {until.hour} Uhr."
    if paused is not None:
        return f"Pause. | hat danach noch {minutes} Min."
    clock = f"{until:%-H:%M} Uhr"
    return f"Noch {minutes} Min., bis {clock}." if until > now else f"Die Zeit ist seit {clock} um."


@contextmanager
def named(moment: Moment) -> Iterator[None]:
    """Have a failure tell which moment it is about."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"killed in this moment: {moment.name}")
        raise


@asynccontextmanager
async def gathered(plan: Format, people: Sequence[str], migrated: Path, folder: Path) -> AsyncIterator[Journey]:
    """A group that has its room, in which nobody has promised anything yet."""
    bot = ConsoleBot(folder, BEFORE, [PEOPLE[person] for person in people])
    bot.database.parent.mkdir()
    shutil.copy(migrated, bot.database)
    async with AsyncExitStack() as stack:
        database = Database(f"sqlite+aiosqlite:///{bot.database}")
        stack.push_async_callback(database.close)
        number = await consulting_group(database, plan, [PEOPLE[person] for person in people], MEETS - AHEAD)
        async with database.unit_of_work() as uow:
            for member in await uow.consultations.members(number):
                member.has_promised = member.is_inside = False
            await uow.commit()
        journey = Journey(stack.enter_context(bot), database, people)
        await journey.gather()
        yield journey


@pytest.mark.parametrize("name", JOURNEYS)
async def test_killed_in_every_phase_it_goes_on_with_the_same_phase_parts_and_time(
    name: str, migrated: Path, tmp_path: Path
) -> None:
    plan, (people, moments, close) = built_in()[name], JOURNEYS[name]
    async with gathered(plan, people, migrated, tmp_path) as journey:
        for moment in moments:
            with named(moment):
                await journey.survive(moment)
        laps = range(len(people)) if plan.laps is Laps.EACH else range(1)
        every = [(phase.id, lap) for lap in laps for phase in plan.order]
        assert journey.killed_in == [(phase, lap) for phase, lap in every if lap != LAP_SPARED]
        assert sum("\n\nDanach" in text for text in journey.texts()) == len(every)
        said = await journey.end(close)
        over = [text for text in said if "ist vorbei und gelöscht" in text]
        assert sorted(text.partition(":")[0] for text in over) == sorted(people)
        assert len(said) == len(over) + 1, "the room is closed once"
        assert journey.bot.log.count("Traceback") == 0
