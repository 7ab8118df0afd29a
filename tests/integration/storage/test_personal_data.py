"""Whatever is stored about somebody is shown to them and deleted with them, in every table, now and later."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Time,
    insert,
    select,
)
from sqlmodel import SQLModel

from storage.database import Database, UnitOfWork
from storage.models.people import Person
from storage.models.questions import PendingOffer
from storage.models.rooms import Room
from storage.models.routing import Routing, RoutingPlace, RoutingState, Side
from storage.repositories.personal import TRACES, Identity

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ANNA, ANNA_IN_TEAMS, BERND = (
    ("matrix:@bot:example.org", "@anna:example.org"),
    ("teams:bot", "anna-id"),
    ("teams:bot", "b"),
)
PERSON_TABLE = "person"
Row = Mapping[str, Any]

TAKEN_OUT = {
    ("portrait", "deputy_person_id"): "the portrait is somebody else's, who only loses their deputy",
    ("agenda_item", "owner_person_id"): "the topic is the round's, and has nobody who speaks for it now",
    ("task", "owner_person_id"): "the task is the round's, which looks for somebody else",
    ("routing", "taker_person"): "the question is its asker's, who waits for somebody else now",
}
"""Columns whose rows stay without the person, and why."""

numbers = count(1000)


@pytest.fixture
async def uow(database: Database) -> AsyncIterator[UnitOfWork]:
    async with database.unit_of_work() as uow:
        yield uow


# columns that stand for a person


def standing_for_people(tables: Sequence[Table]) -> list[Column[Any]]:
    """Every column that stands for a person, by its name or by what it refers to."""
    columns = [column for table in tables for column in table.columns]
    return [column for column in columns if _is_named_so(column) or _refers_to_person(column)]


def _is_named_so(column: Column[Any]) -> bool:
    return any(column.name == name or column.name.endswith(f"_{name}") for name in ("person", "person_id"))


def _refers_to_person(column: Column[Any]) -> bool:
    return any(key.column.table.name == PERSON_TABLE for key in column.foreign_keys)


def tables() -> list[Table]:
    return list(SQLModel.metadata.sorted_tables)


def missing(columns: Sequence[Column[Any]]) -> list[str]:
    """The tables with such columns that nobody shows or deletes."""
    known = {str(trace.model.__tablename__) for trace in TRACES}
    return sorted({column.table.name for column in columns} - known)


def test_every_table_about_people_is_declared() -> None:
    assert missing(standing_for_people(tables())) == []


def test_a_table_about_people_that_is_forgotten_is_found() -> None:
    metadata = type(SQLModel.metadata)()
    made_up = Table("diary", metadata, Column("id", Integer, primary_key=True), Column("writer_person", Integer))
    other = Table("mood", metadata, Column("id", Integer, primary_key=True), Column("whose", ForeignKey("person.id")))
    Table(PERSON_TABLE, metadata, Column("id", Integer, primary_key=True))
    assert missing(standing_for_people([made_up, other])) == ["diary", "mood"]


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)
def test_every_column_is_shown_or_left_out_with_a_reason(trace: Any) -> None:
    columns = {column.name for column in trace.model.__table__.columns}
    assert not trace.shown.keys() & trace.left_out.keys()
    assert columns == trace.shown.keys() | trace.left_out.keys()
    assert all(trace.left_out.values())


def test_names_in_the_export_are_told_apart() -> None:
    assert len({trace.name for trace in TRACES}) == len(TRACES)
    for trace in TRACES:
        assert len(set(trace.shown.values())) == len(trace.shown)


# rows


def value(column: Column[Any]) -> Any:
    """Some value of a column's type; none where that is allowed."""
    kind = getattr(column.type, "impl", column.type)
    if column.nullable:
        return None
    for type_, some in (
        (JSON, []),
        (Boolean, False),
        (Integer, next(numbers)),
        (DateTime, NOW),
        (Date, date(2026, 11, 20)),
        (Time, time(9)),
        (LargeBinary, b""),
    ):
        if isinstance(kind, type_):
            return some
    return f"text {next(numbers)}"


async def add(uow: UnitOfWork, table: Table, **given: Any) -> Row:
    """A row with these values; what it refers to is made as well."""
    values = {column.name: value(column) for column in table.columns}
    for column in table.columns:
        for key in column.foreign_keys:
            if column.name not in given and not column.nullable:
                parent = await add(uow, key.column.table)
                values[column.name] = parent[key.column.name]
    values |= given
    await uow._session.execute(insert(table).values(values))
    return values


async def add_about(uow: UnitOfWork, column: Column[Any], account: tuple[str, str], person_id: int) -> Row:
    """A row that is about somebody by this column alone."""
    table, is_ours = column.table, column.name.endswith("_id")
    given: dict[str, Any] = {column.name: person_id if is_ours else account[1]}
    if not is_ours:
        beside = column.name.removesuffix("person") + "platform"
        given[beside if beside in table.columns else "platform"] = account[0]
    return await add(uow, table, **given)


async def know(uow: UnitOfWork, name: str, *accounts: tuple[str, str]) -> int:
    person = Person(name=name)
    uow._session.add(person)
    await uow._session.flush()
    assert person.id is not None
    for account in accounts:
        await uow.people.link(account, person.id)
    return person.id


async def rows(uow: UnitOfWork, table: Table) -> list[Row]:
    return [dict(row) for row in (await uow._session.execute(select(table))).mappings()]


def whole(row: Row, table: Table) -> tuple[Any, ...]:
    return tuple(row[key.name] for key in table.primary_key)


PERSON_COLUMNS = standing_for_people(tables())


async def test_what_a_column_says_of_somebody_is_shown_and_deleted(database: Database) -> None:
    assert len(PERSON_COLUMNS) > 15
    for column in PERSON_COLUMNS:
        async with database.unit_of_work() as uow:  # without a commit, nothing of it is left for the next column
            await check_column(uow, column)


async def check_column(uow: UnitOfWork, column: Column[Any]) -> None:
    table = column.table
    anna = await know(uow, "Anna", ANNA, ANNA_IN_TEAMS)
    bernd = await know(uow, "Bernd", BERND)
    if table.name != "account":  # everybody has accounts already
        own = await add_about(uow, column, ANNA_IN_TEAMS, anna)
        other = await add_about(uow, column, BERND, bernd)
    else:
        own = {"platform": ANNA[0], "person": ANNA[1], "person_id": anna}
        other = {"platform": BERND[0], "person": BERND[1], "person_id": bernd}
    untouched = [row for row in await rows(uow, table) if whole(row, table) == whole(other, table)]
    assert len(untouched) == 1

    whose = await uow.personal.identify(*ANNA)
    found = await uow.personal.collect(whose)
    traces = [trace for trace in TRACES if trace.model.__tablename__ == table.name]
    is_hidden = any(trace.hidden for trace in traces)
    is_shown = any(found[trace.name] for trace in traces if not trace.hidden)
    assert is_shown != is_hidden, f"{column} is missing from the export, or must not be in it"
    before = await uow.personal.collect(await uow.personal.identify(*BERND))

    await uow.personal.erase(whose)
    left = await rows(uow, table)
    assert [row for row in left if whole(row, table) == whole(other, table)] == untouched
    assert not [row for row in left if row[column.name] in (anna if column.name.endswith("_id") else ANNA_IN_TEAMS[1],)]
    stays = any(whole(row, table) == whole(own, table) for row in left)
    assert stays == ((table.name, column.name) in TAKEN_OUT)
    assert await uow.personal.collect(await uow.personal.identify(*BERND)) == before


async def test_nothing_is_left_of_somebody_who_is_everywhere(uow: UnitOfWork) -> None:
    anna = await know(uow, "Anna", ANNA, ANNA_IN_TEAMS)
    for column in PERSON_COLUMNS:
        if column.table.name not in ("account", "portrait"):
            for account in (ANNA, ANNA_IN_TEAMS):
                await add_about(uow, column, account, anna) if "_id" not in column.name or account == ANNA else None
    await uow.personal.erase(await uow.personal.identify(*ANNA_IN_TEAMS))
    for account in (ANNA, ANNA_IN_TEAMS):
        found = await uow.personal.collect(await uow.personal.identify(*account))
        assert {name: rows for name, rows in found.items() if rows} == {}
    for table in tables():
        for row in await rows(uow, table):
            assert not [name for name in (ANNA[1], ANNA_IN_TEAMS[1]) if name in str(row)], table.name
    assert await uow.people.get(anna) is None


# what stands for somebody without naming them


async def ask_nameless(uow: UnitOfWork, chat: tuple[str, str], *, is_direct: bool = True) -> int:
    number = await uow.routing.open(Routing(text="Wo ist der Scanner?", answer_key="k"))
    await uow.routing.add_place(
        RoutingPlace(
            routing_id=number, side=Side.ASKER, platform=chat[0], conversation_id=chat[1], is_direct=is_direct, root="e"
        )
    )
    return number


async def test_a_question_without_a_name_is_that_of_whom_the_chat_belongs_to(uow: UnitOfWork) -> None:
    chat, room, other = (ANNA[0], "anna's chat"), (ANNA[0], "room"), (ANNA[0], "bernd's chat")
    own, public, theirs = await ask_nameless(uow, chat), await ask_nameless(uow, room, is_direct=False), 0
    theirs = await ask_nameless(uow, other)
    whose = await uow.personal.identify(*ANNA, chats=[chat])
    assert [row["id"] for row in (await uow.personal.collect(whose))["eigene_fragen"]] == [own]
    await uow.personal.erase(whose)
    assert await uow.routing.get(own) is None
    assert await uow.routing.get(public) is not None
    assert await uow.routing.get(theirs) is not None
    assert await uow.routing.places(own) == []


async def test_a_chat_that_is_known_belongs_to_all_accounts(uow: UnitOfWork) -> None:
    await know(uow, "Anna", ANNA, ANNA_IN_TEAMS)
    await uow.addresses.know(ANNA_IN_TEAMS[0], "chat in Teams", ANNA_IN_TEAMS[1])
    await uow.rooms.keep(Room(platform=ANNA_IN_TEAMS[0], conversation_id="chat in Teams", address_form="du"))
    whose = await uow.personal.identify(*ANNA)
    assert (await uow.personal.collect(whose))["anrede_im_einzelchat"][0]["address_form"] == "du"
    await uow.personal.erase(whose)
    assert await uow.rooms.all() == []


async def test_messages_that_wait_for_somebody_are_never_said(uow: UnitOfWork) -> None:
    for place, chat in enumerate(("anna's chat", "room")):
        payload = {"conversation": {"platform": ANNA[0], "id": chat}, "text": "…"}
        row = {"key": f"k{place}", "platform": ANNA[0], "answers": None, "payload": payload, "held_until": None}
        await uow.mailbox.post([{**row, "created_at": NOW}])
    whose = Identity(frozenset({ANNA}), chats=frozenset({(ANNA[0], "anna's chat")}))
    assert [message.key for message in await uow.personal.waiting_messages(whose)] == ["k0"]
    await uow.personal.erase(whose)
    waiting = [payload["conversation"]["id"] for _, payload in await uow.mailbox.waiting_to_send()]
    assert waiting == ["room"]
    assert await uow.personal.waiting_messages(whose) == []


async def offer_to_bernd(uow: UnitOfWork, key: str, **data: str) -> None:
    choices = [{"word": "ja", "label": "ja", "data": data}]
    offer = PendingOffer(
        platform=BERND[0],
        conversation_id="c",
        person=BERND[1],
        message_key=key,
        topic="t",
        choices=choices,
        created_at=NOW,
    )
    await uow.questions.offer(offer)


async def test_offers_to_others_that_name_somebody_are_taken_back(uow: UnitOfWork) -> None:
    anna = await know(uow, "Anna", ANNA)
    bernd = await know(uow, "Bernd", BERND)
    await offer_to_bernd(uow, "by account", author=ANNA[1])
    await offer_to_bernd(uow, "by id", person=str(anna))
    await offer_to_bernd(uow, "of a swap", giver=str(bernd), taker=str(anna))
    await offer_to_bernd(uow, "of a result", by=str(anna))
    await offer_to_bernd(uow, "another", person=str(bernd), author="somebody", routing=str(anna))
    await uow.personal.erase(await uow.personal.identify(*ANNA))
    left = await uow.questions.offers_to(BERND[0], "c", BERND[1])
    assert [offer.message_key for offer in left] == ["another"]


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        (RoutingState.TAKEN, RoutingState.RETURNED),
        (RoutingState.ANSWERED, RoutingState.RETURNED),
        (RoutingState.CLOSED, RoutingState.CLOSED),
    ],
)
async def test_what_somebody_has_taken_up_is_free_again(
    uow: UnitOfWork, state: RoutingState, becomes: RoutingState
) -> None:
    taken = Routing(
        text="Wo?", answer_key="k", state=state, taker_platform=ANNA[0], taker_person=ANNA[1], taker_name="A"
    )
    number = await uow.routing.open(taken)
    await uow.personal.erase(await uow.personal.identify(*ANNA))
    found = await uow.routing.get(number)
    assert found is not None
    assert (found.state, found.taker_person) == (becomes, None)
