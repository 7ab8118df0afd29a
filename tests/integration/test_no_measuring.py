"""Nobody is measured: no table, no query, no answer, no log and no endpoint has counts, times or ranks per person.

What these tests cannot see: figures that Python makes of rows in ways that name no person column, for example with
`len()` over rows that were filtered elsewhere, and what a platform's own logs hold of those who use it. Names are known
by the list below; a figure that stands in another message than its name is not found.
"""

import ast
import asyncio
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Boolean, Column, Date, DateTime, Float, Integer, Numeric, String, Table
from sqlmodel import SQLModel
from structlog.testing import capture_logs

from bot.app import App, searching
from bot.commands import looks_like_choice
from bot.messages import Sender
from bot.platforms.console import Console, Shown
from bot.router import Job
from bot.settings import CommunitySettings
from bot.web.health import application
from conftest import MovedClock
from handlers.capture import is_pointing
from handlers.figures import FEWEST
from handlers.table import TABLE
from knowledge import entries
from knowledge.embedding import Embedder
from storage.database import Database, UnitOfWork
from storage.models.agenda import Poll
from storage.models.columns import Instant
from storage.models.jour_fixe import Coming, Duty, Frequency, JourFixe, Meeting, MeetingState
from storage.models.knowledge import EntryContent, Part, State, Visibility
from storage.models.minutes import Minutes, MinutesState, Outcome, OutcomeKind, Task
from storage.models.people import Availability, OneTimeCode, Portrait, Purpose
from storage.models.questions import Verdict
from storage.models.requests import Answer, RequestState, SupportRequest
from storage.models.routing import Routing, RoutingPlace, RoutingState, Side

ROOT = Path(__file__).parents[2]

# the schema

OWN_WISH = "the person's own wish, told by themselves"
DEADLINE = "a day in the future on which something is done or deleted, the same for everybody"
ONCE = "the day of a single step, so that it is done once; it goes with its row"
OF_A_THING = "counts something of the request or topic, not of a person"

ALLOWED: Mapping[tuple[str, str], str] = {
    ("one_time_code", "expires_at"): "until when a code is valid: an hour, or some days",
    ("pending_offer", "created_at"): "so that an offer is withdrawn after some days",
    ("portrait", "weekly_capacity"): OWN_WISH,
    ("portrait", "paused_from"): OWN_WISH,
    ("portrait", "paused_until"): OWN_WISH,
    ("portrait", "consented_on"): "proves the consent that a portrait needs",
    ("portrait", "refresh_on"): DEADLINE,
    ("portrait", "refresh_asked_on"): ONCE,
    ("taken_slot", "week"): "keeps to the person's own limit, for the present week only",
    ("pairing", "delete_on"): DEADLINE,
    ("routing", "due_on"): DEADLINE,
    ("routing", "delete_on"): DEADLINE,
    ("routing", "reminded_on"): ONCE,
    ("routing", "escalated_on"): ONCE,
    ("routing", "agenda_asked_on"): ONCE,
    ("support_request", "places"): OF_A_THING,
    ("support_request", "revision"): OF_A_THING,
    ("support_request", "asked_on"): "the day of the request, as on any form",
    ("support_request", "due_on"): DEADLINE,
    ("support_request", "closing_on"): DEADLINE,
    ("support_request", "delete_on"): DEADLINE,
    ("support_request", "escalated_on"): ONCE,
    ("agenda_item", "proposed_on"): "the age of a topic; who speaks for it may be another one than who proposed it",
    ("agenda_item", "place"): OF_A_THING,
    ("agenda_item", "minutes"): OF_A_THING,
    ("agenda_item", "deferrals"): OF_A_THING,
    ("agenda_item", "points"): OF_A_THING,
    ("rota_place", "turn"): "who is next; what they did before is not kept, and it is the same for everybody in turn",
    ("attendance", "group"): "the number of the group that somebody sits in",
    ("companions", "last_on"): "so that two sit with others the next time; told to nobody",
    ("companions", "delete_on"): DEADLINE,
    ("consultation_case", "waiting_since"): "the age of a case: who waits longest comes first",
    ("consultation_case", "ask_on"): DEADLINE,
    ("consultation_case", "delete_on"): DEADLINE,
    ("group_member", "place"): "the order of speaking in a group, by lot",
    ("date_answer", "number"): "the number of a proposed time, not of a person; gone once a date is chosen",
    ("partners", "last_on"): "so that two consult with others the next time; told to nobody",
    ("partners", "delete_on"): DEADLINE,
    ("consultation_follow_up", "due_on"): DEADLINE,
    ("task", "due_on"): DEADLINE,
    ("task", "remind_on"): DEADLINE,
    ("task", "delete_on"): DEADLINE,
}
"""Moments, days and numbers beside a person, with the reason why they are there."""


def is_person(name: str) -> bool:
    """Whether a column of this name stands for a person."""
    return name in ("person", "person_id") or name.endswith(("_person", "_person_id"))


def about_people(tables: Sequence[Table]) -> list[Table]:
    return [table for table in tables if any(map(_stands_for_somebody, table.columns))]


def _stands_for_somebody(column: Column[Any]) -> bool:
    return is_person(column.name) or any(key.column.table.name == "person" for key in column.foreign_keys)


def measuring(tables: Sequence[Table]) -> set[tuple[str, str]]:
    """Columns with moments, days or numbers in tables about people; ids of rows are none."""
    return {
        (table.name, column.name)
        for table in about_people(tables)
        for column in table.columns
        if isinstance(column.type, Instant | DateTime | Date | Integer | Float | Numeric)
        and not isinstance(column.type, Boolean)
        and not (column.primary_key and column.name in ("id", "request_id", "routing_id"))
        and not column.foreign_keys
        and not column.name.endswith("_id")
    }


def test_no_table_has_a_person_beside_a_time_or_a_number_without_a_reason() -> None:
    assert measuring(list(SQLModel.metadata.sorted_tables)) == set(ALLOWED)


@pytest.mark.parametrize("kind", [Instant(), Date(), Integer(), Float()])
def test_a_measure_beside_a_person_would_be_found(kind: Any) -> None:
    made_up = Table("diary", type(SQLModel.metadata)(), Column("writer_person", String), Column("seen", kind))
    assert measuring([made_up]) == {("diary", "seen")}


# queries and calculations

COUNTED: Mapping[tuple[str, str], str] = {
    ("people.py", "forget_idle"): "whether somebody has more than one account, to delete the names of the others",
    ("candidates.py", "_candidate"): "what somebody took up this week, to keep to their own limit; it is never shown",
}
"""Functions that count beside a person column, with the reason."""
AGGREGATES = frozenset(("count", "sum", "avg", "min", "max", "rank", "row_number"))
SQL = re.compile(r"\bgroup\s+by\b|\b(?:count|sum|avg|rank|row_number)\s*\(", re.IGNORECASE)


def counting(file: str, source: str) -> set[tuple[str, str]]:
    """Functions that group or count beside a person column, in SQL or in Python."""
    return {(file, function.name) for function in _functions(ast.parse(source)) if _counts_people(function)}


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _counts_people(function: ast.AST) -> bool:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    # A statement is often built over several lines: whatever stands in the same function counts as beside it.
    in_sql = any(_is_aggregate(call) for call in calls) and _names_person(function)
    return in_sql or any(_tallies_people(call) for call in calls) or _counts_in_plain_sql(function)


def _is_aggregate(call: ast.Call) -> bool:
    target = call.func
    if not isinstance(target, ast.Attribute):
        return False
    is_function = isinstance(target.value, ast.Name) and target.value.id == "func" and target.attr in AGGREGATES
    return is_function or target.attr in ("group_by", "over")


def _tallies_people(call: ast.Call) -> bool:
    """`Counter(… person …)`, `len([… person …])`, `sum(… person …)`, `those.count(person)`, `groupby(… person …)`."""
    match call.func:
        case ast.Name(id="Counter" | "len" | "sum" | "groupby"):
            return any(_names_person(argument) for argument in call.args + [key.value for key in call.keywords])
        case ast.Attribute(attr="count"):
            return any(_names_person(argument) for argument in call.args)
    return False


def _names_person(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Attribute) and is_person(one.attr) for one in ast.walk(node))


def _counts_in_plain_sql(function: ast.AST) -> bool:
    texts = [
        node.value for node in ast.walk(function) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return any(SQL.search(text) and re.search(r"person", text) for text in texts)


def sources() -> Iterator[tuple[str, str]]:
    for folder in ("storage", "handlers", "bot", "knowledge"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield file.name, file.read_text(encoding="utf-8")


def test_no_statement_counts_or_groups_by_a_person() -> None:
    assert set().union(*(counting(*source) for source in sources())) == set(COUNTED)


@pytest.mark.parametrize(
    "source",
    [
        "def f(): return select(func.count()).where(col(TakenSlot.person_id) == 1)",
        "def f():\n    s = select(func.max(x))\n    return s.where(col(Routing.taker_person) == x)",
        "async def f(): return select(Account).group_by(col(Account.person_id))",
        "def f(): return Counter(one.taker_person for one in found)",
        "def f(): return len([one for one in found if one.person_id == 1])",
        "def f(): return sum(one.asker_person == 'anna' for one in found)",
        "def f(): return text('SELECT person, count(*) FROM refusal GROUP BY person')",
        "def f(): return [one.person for one in found].count(row.person)",
    ],
)
def test_a_count_of_a_person_would_be_found(source: str) -> None:
    assert counting("made_up.py", source) == {("made_up.py", "f")}


@pytest.mark.parametrize(
    "source",
    [
        "def f(): return select(func.count()).select_from(OpenQuestion)",
        "def f(): return select(Routing).where(col(Routing.taker_person) == x)",
        "def f(): return len(found)",
    ],
)
def test_what_counts_no_person_is_not_taken_for_it(source: str) -> None:
    assert counting("made_up.py", source) == set()


# what is said

MAY = Sender("may", "Jutta May")
PEOPLE = {"zora": "Zora Quandt", "ingo": "Ingo Marwitz", "wanda": "Wanda Felgenhauer"}
NAMES = re.compile("|".join([*PEOPLE.values(), *(name.split()[0] for name in PEOPLE.values()), *PEOPLE]))
NUMBER = re.compile(r"\d|\b(?:zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|\w+mal)\b", re.IGNORECASE)

HARMLESS = (
    re.compile(r"^\s*\d{1,2}\.\s", re.MULTILINE),  # the number of a choice
    # What people call a thing by.
    re.compile(r"\b(?:Fragen?|Anfrage|Nr\.|Nummer|Eintrag|Entwurf|Fassung|Thema|Aufgabe)\s+\d+"),
    re.compile(r"(?:^|(?<=„))\d+ (?:übernehmen|zeigen|ändern|beantworten|gelöst|zurückgeben|weitergeben)"),
    re.compile(r"Geprüft am \d{1,2}\. \w+ \d{4}"),  # the answer was checked, by whom says so themselves
    re.compile(r"\bFB \d+"),
    re.compile(r"\b\d+ Minuten"),  # what a topic takes, whoever speaks for it
    # The day of a meeting, or until when a task is due.
    re.compile(r"(?:bis|\w+(?:tag|woch),) \d{1,2}\. \w+ 20\d\d(?:, \d{1,2}:\d\d bis \d{1,2}:\d\d Uhr)?"),
    re.compile(r"„Ankommen 5“"),  # an example
    re.compile(r"\bGruppe \d"),
)
"""Numbers beside a name that are no measure."""

QUESTIONS = 9
SAMPLES = ("Zora Quandt", "E-Akte", "1")


def measures(text: str) -> list[str]:
    """Lines in which a name stands beside a count or a time."""
    found = []
    for line in text.splitlines():
        rest = line
        for pattern in HARMLESS:
            rest = pattern.sub("", rest)
        if NAMES.search(rest) and NUMBER.search(rest):
            found.append(line)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "Zora Quandt: 7",
        "Zora hat 3 Fragen beantwortet",
        "Ingo Marwitz, zuletzt 3. Mai 2026",
        "Wanda: dreimal",
        "1. Zora (4)",
    ],
)
def test_a_figure_beside_a_name_would_be_found(text: str) -> None:
    assert measures(text) == [text]


@pytest.mark.parametrize(
    "text", ["1. Zora Quandt, Sozialamt", "Frage 7 hat Zora Quandt übernommen.", "Offene Fragen: 7"]
)
def test_what_measures_nobody_is_not_taken_for_it(text: str) -> None:
    assert measures(text) == []


async def fill(uow: UnitOfWork, now: datetime) -> None:
    """Much of everything, from and with a few people."""
    today = now.date()
    ids = {}
    for account, name in PEOPLE.items():
        person = await uow.people.know("console", account, name)
        person.role, person.department = "supporter", "Sozialamt"
        await uow.addresses.know("console", f"direct:{account}", account)
        assert person.id is not None
        ids[account] = person.id
        portrait = Portrait(
            person_id=person.id,
            topics=["E-Akte", "Kanban"],
            formats=["Workshop"],
            contact="Raum Nord",
            availability=Availability.SOME_ROOM,
            weekly_capacity=50,
            consented_on=today,
        )
        await uow.people.keep(portrait)
    await uow.addresses.know("console", "direct:may", "may")
    for number in range(QUESTIONS):
        await _ask(uow, today, number)
        await uow.people.take_slot(ids["zora"], f"question {number}", today - timedelta(days=today.weekday()))
    for state in RequestState:
        request = SupportRequest(
            kind="workshop_moderation",
            state=state,
            platform="console",
            requester_person="wanda",
            requester_name=PEOPLE["wanda"],
            conversation_id="direct:wanda",
            goal="Kanban",
            asked_on=today,
        )
        number = await uow.requests.open(request)
        await uow.requests.answer(number, ids["zora"], Answer.ACCEPTED)
        await uow.requests.note_worth("workshop_moderation", today, 4)
    await uow.requests.pair(ids["zora"], ids["ingo"], today + timedelta(days=300))
    code = OneTimeCode(digest="x", purpose=Purpose.SUPPORTER, person_id=ids["zora"], expires_at=now + timedelta(days=3))
    await uow.people.add_code(code)
    for text in ("Blockchain", "Podcast"):
        await uow.people.note_unmet(text, today)
    await _meet(uow, now, ids)
    for entry in [entry async for entry in uow.knowledge.all()]:
        await uow.knowledge.assign(entry.id, Part.OWNER, "console", "zora")
        for _ in range(3):
            await uow.questions.judge(entry.id, Verdict.OUTDATED, today)


async def _meet(uow: UnitOfWork, now: datetime, ids: Mapping[str, int]) -> None:
    """A series with a meeting that is over and one to come, and what people have to do with both."""
    today = now.date()
    series = JourFixe(
        title="Jour fixe", frequency=Frequency.WEEKLY, interval=4, weekday=3, first_on=today, begins=time(9),
        minutes=90, zone="Europe/Berlin", template=[], calendar_id="c",
    )  # fmt: skip
    number = await uow.jour_fixe.add(series)
    past, next_one = today - timedelta(days=3), today + timedelta(days=8)
    meetings = [
        await uow.jour_fixe.add_meeting(
            Meeting(jour_fixe_id=number, planned_on=day, day=day, begins=time(9), minutes=90, state=state)
        )
        for day, state in ((past, MeetingState.HELD), (next_one, MeetingState.PLANNED))
    ]
    for meeting in meetings:
        for account, duty in zip(ids, Duty, strict=True):
            await uow.attendance.give(meeting, duty, ids[account])
            attendance = await uow.attendance.of(meeting, ids[account])
            attendance.coming, attendance.group, attendance.may_be_named = Coming.YES, 1, True
    await uow.attendance.sit_together(number, [(ids["zora"], ids["ingo"])], past)
    for duty in Duty:
        await uow.attendance.set_queue(number, duty, list(ids.values()))
    for title in ("Altakten scannen", "Leitweg-ID", "Kanban-Board"):
        item = await uow.agenda.add(title, today, owner_person_id=ids["zora"], minutes=15)
        for voter in ids.values():
            await uow.agenda.vote(item.id or 0, voter, Poll.PRIORITY)
        outcome = Outcome(
            meeting_id=meetings[0], about=title, kind=OutcomeKind.DECISION, text="Das probieren wir.", is_confirmed=True
        )
        await uow.minutes.add_outcome(outcome)
        task = Task(
            meeting_id=meetings[0], text=f"Anleitung zu {title}", owner_person_id=ids["ingo"], is_confirmed=True
        )
        task.due_on = next_one
        await uow.minutes.add_task(task)
    await uow.minutes.keep(Minutes(meeting_id=meetings[0], state=MinutesState.PUBLISHED, text="# Protokoll"))
    for _ in range(FEWEST):
        await uow.requests.note_worth("jour_fixe", today, 4)


async def _ask(uow: UnitOfWork, today: date, number: int) -> None:
    question = await uow.questions.open(f"Wo steht der Scanner im Haus Nord ({number})?", today, f"k{number}")
    routing = Routing(text="Wo steht der Scanner im Haus Nord?", answer_key=f"k{number}", question_id=question)
    routing.asker_platform, routing.asker_person, routing.asker_name = "console", "ingo", PEOPLE["ingo"]
    routing.due_on = today + timedelta(days=3)
    if number % 2:
        routing.state, routing.taker_platform, routing.taker_person = RoutingState.TAKEN, "console", "zora"
        routing.taker_name = PEOPLE["zora"]
    on_its_way = await uow.routing.open(routing)
    asked = RoutingPlace(
        routing_id=on_its_way, side=Side.ASKER, platform="console", conversation_id="direct:ingo", is_direct=True
    )
    shown = RoutingPlace(
        routing_id=on_its_way, side=Side.SUPPORTERS, platform="console", conversation_id="lotsen", key=f"post {number}"
    )
    for place in (asked, shown):
        await uow.routing.add_place(place)


class Listener:
    """A coordinator who tries everything; `said` is all that the bot said, to anybody."""

    def __init__(self, app: App, console: Console) -> None:
        self.said: list[str] = []
        self._app = app
        self._console = console
        console.shows(self._take)

    def _take(self, shown: Shown) -> None:
        self.said.append(shown.text)

    async def say(self, text: str) -> str:
        """What the bot answers."""
        before = len(self.said)
        await self._console.hear(MAY, None, text)
        await self._app.idle()
        return "\n".join(self.said[before:])


@pytest.fixture(scope="module")
def busy_house(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file of a house with much going on."""
    file = tmp_path_factory.mktemp("house") / "house.db"

    async def prepare() -> None:
        database = Database(f"sqlite+aiosqlite:///{file}")
        await database.migrate()
        content = EntryContent(question="Wie lege ich eine E-Akte an?", answer="In der Liste.", tags=["E-Akte"])
        content.owner = PEOPLE["zora"]
        draft = EntryContent(question="Wo ist der Drucker?", answer="Im Keller.", state=State.DRAFT)
        draft.visibility = Visibility.COMMUNITY
        now = MovedClock().now()
        await entries.save(database, embedder, [("a", content), ("b", draft)], "test", now)
        async with database.unit_of_work() as uow:
            await fill(uow, now)
            await uow.commit()
        await database.close()

    asyncio.run(prepare())
    return file


@pytest.fixture(scope="module")
def lived_in(busy_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database file in which the bot works; `listener` brings it back to how the house was."""
    return Path(shutil.copy(busy_house, tmp_path_factory.mktemp("lived in")))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_app(lived_in: Path, embedder: Embedder) -> AsyncIterator[tuple[App, Console]]:
    """One bot for all commands: to start it, and to compile its statements, takes longer than to say something."""
    clock = MovedClock()
    database = Database(f"sqlite+aiosqlite:///{lived_in}")
    settings = CommunitySettings(
        coordinators=frozenset({MAY.id}), rooms=frozenset({"lotsen"}), quiet_hours="", messages_per_minute=0
    )
    console = Console(clock.now, looks_like_choice, is_pointing)
    app = App(settings, database, await searching(database, embedder), [console], clock)  # type: ignore[arg-type]
    await app.start()
    app.scheduler.stop()  # an errand of the minute would hold the database that `listener` brings back
    yield app, console
    await app.stop()
    await database.close()


@pytest_asyncio.fixture(loop_scope="module")
async def listener(shared_app: tuple[App, Console], busy_house: Path, lived_in: Path) -> Listener:
    """Somebody from the coordination there, where nobody has said anything yet."""
    app, console = shared_app
    await app.idle()
    with closing(sqlite3.connect(busy_house)) as original, closing(sqlite3.connect(lived_in)) as copy:
        original.backup(copy)
    await app.mailbox.recall()
    await app.community.recall(app.database)
    return Listener(app, console)


def ways_to_say(job: Job) -> list[str]:
    """A command in all forms that it takes."""
    command = job.command
    said = [command.name, *command.phrases[:1]]
    if command.takes_text or command.takes_words:
        said += [f"{command.name}: {sample}" for sample in SAMPLES]
    if command.numbered:
        said += [f"{command.name} {number}" for number in (1, 2)]
        said += [f"1 {command.name}: {SAMPLES[0]}"] if command.takes_text else []
    return said


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("job", TABLE.jobs, ids=lambda job: job.command.name)
async def test_no_command_tells_a_figure_of_a_person(job: Job, listener: Listener) -> None:
    first, *others = ways_to_say(job)
    with capture_logs() as logs:
        answer = await listener.say(first)
        for choice in re.findall(r"^(\d)\. ", answer, re.MULTILINE):
            await listener.say(first)
            await listener.say(choice)
        for text in others:
            await listener.say(text)
        await listener.say(SAMPLES[0])  # whatever was asked for
    assert listener.said, "the command says something"
    assert [line for text in listener.said for line in measures(text)] == []
    assert not _quoted(logs)


def _quoted(logs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Lines of the log with a name, an id or words of somebody."""
    told = re.compile("|".join([NAMES.pattern, MAY.name, r"\bmay\b", "Scanner", "E-Akte", "Kanban"]))
    return [line for line in logs if told.search(" ".join(map(str, line.values())))]


@pytest.mark.asyncio(loop_scope="module")
async def test_logs_of_faults_tell_nothing_of_anybody(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> str:
        raise RuntimeError(f"{MAY.name} sagt: {PEOPLE['zora']} E-Akte")

    with capture_logs() as logs:
        monkeypatch.setattr(listener._console, "send", fail)
        await listener._console.hear(MAY, None, "meine daten")
        await listener._app.idle()
    assert {line["event"] for line in logs} == {"mailbox.sending_failed"}
    assert not _quoted(logs)


# the web


async def test_the_web_tells_of_parts_and_never_of_people() -> None:
    async def check() -> Mapping[str, bool]:
        return {"console": True, "database": True}

    app = application(check)
    assert {resource.canonical for resource in app.router.resources()} == {"/healthz"}
    async with TestClient(TestServer(app)) as client:
        found = await (await client.get("/healthz")).json()
        assert found == {"status": "ok", "parts": {"console": "ok", "database": "ok"}}
        for path in ("/metrics", "/stats", "/users"):
            assert (await client.get(path)).status == 404


def test_no_library_for_metrics_is_used() -> None:
    dependencies = (ROOT / "pyproject.toml").read_text(encoding="utf-8").casefold()
    assert not re.search(r"prometheus|statsd|opentelemetry|sentry", dependencies)
