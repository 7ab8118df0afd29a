"""Addresses of conversations are kept, replaced and forgotten, on SQLite and on PostgreSQL."""

from dataclasses import replace

import pytest

from bot.addresses import Address, AddressBook
from storage.database import Database
from storage.errors import StoreUnavailable

CHAT = Address("teams", "a:ada", "https://service.example/", "tenant", "28:bot", None, "ada", "29:ada")
TEAM = Address("teams", "19:team", "https://service.example/", "tenant", "28:bot", "19:team")
CHANNEL = replace(TEAM, conversation_id="19:channel")
OTHER_TEAM = replace(TEAM, conversation_id="19:other", team_id="19:other")
GROUP = replace(TEAM, conversation_id="19:group", team_id=None)
EVERYTHING = (CHAT, TEAM, CHANNEL, OTHER_TEAM, GROUP)


async def noted(database: Database, *addresses: Address) -> AddressBook:
    book = AddressBook(database)
    for address in addresses:
        await book.note(address)
    return book


async def known(book: AddressBook) -> set[str]:
    """Which of the conversations can be reached."""
    found = [await book.find(address.platform, address.conversation_id) for address in EVERYTHING]
    return {address.conversation_id for address in found if address}


@pytest.mark.parametrize("address", EVERYTHING, ids=lambda address: address.conversation_id)
async def test_an_address_is_found_now_and_after_a_restart(database: Database, address: Address) -> None:
    book = await noted(database, *EVERYTHING)
    for any_book in (book, AddressBook(database)):
        assert await any_book.find("teams", address.conversation_id) == address


async def test_nobody_knows_what_was_never_noted(database: Database) -> None:
    book = await noted(database, CHAT)
    assert await book.find("teams", "a:ben") is None
    assert await book.find("other", CHAT.conversation_id) is None


async def test_a_newer_address_takes_the_place_of_the_older_one(database: Database) -> None:
    moved = replace(CHAT, service_url="https://moved.example/", person_account="29:new")
    book = await noted(database, CHAT, moved)
    for any_book in (book, AddressBook(database)):
        assert await any_book.find("teams", CHAT.conversation_id) == moved


async def test_an_address_that_comes_back_counts(database: Database) -> None:
    moved = replace(CHAT, service_url="https://moved.example/")
    await noted(database, CHAT, moved, CHAT)
    assert await AddressBook(database).find("teams", CHAT.conversation_id) == CHAT


async def test_two_platforms_may_know_a_conversation_of_the_same_name(database: Database) -> None:
    elsewhere = replace(CHAT, platform="other", service_url="https://other.example/")
    book = await noted(database, CHAT, elsewhere)
    await book.forget("teams", CHAT.conversation_id)
    assert await book.find("teams", CHAT.conversation_id) is None
    assert await book.find("other", CHAT.conversation_id) == elsewhere


async def test_a_direct_chat_is_found_by_its_person(database: Database) -> None:
    ben = replace(CHAT, conversation_id="a:ben", person="ben", person_account="29:ben")
    book = await noted(database, *EVERYTHING, ben)
    for any_book in (book, AddressBook(database)):
        assert await any_book.find_direct("teams", "ada") == CHAT
        assert await any_book.find_direct("teams", "ben") == ben
        assert await any_book.find_direct("teams", "carl") is None
        assert await any_book.find_direct("other", "ada") is None


@pytest.mark.parametrize(
    ("left", "still_known"),
    [
        ("a:ada", {"19:team", "19:channel", "19:other", "19:group"}),
        ("19:group", {"a:ada", "19:team", "19:channel", "19:other"}),
        ("19:channel", {"a:ada", "19:team", "19:other", "19:group"}),
        ("19:team", {"a:ada", "19:other", "19:group"}),
        ("19:unknown", {"a:ada", "19:team", "19:channel", "19:other", "19:group"}),
    ],
)
async def test_whoever_leaves_is_forgotten_and_a_team_with_its_channels(
    database: Database, left: str, still_known: set[str]
) -> None:
    book = await noted(database, *EVERYTHING)
    await book.forget("teams", left)
    for any_book in (book, AddressBook(database)):
        assert await known(any_book) == still_known


async def test_after_leaving_the_same_address_may_be_noted_again(database: Database) -> None:
    book = await noted(database, CHAT)
    await book.forget("teams", CHAT.conversation_id)
    assert await book.find_direct("teams", "ada") is None
    await book.note(CHAT)
    assert await AddressBook(database).find("teams", CHAT.conversation_id) == CHAT


async def test_an_address_that_brings_nothing_new_costs_no_transaction(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = await noted(sqlite, CHAT, GROUP)

    def unit_of_work() -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(sqlite, "unit_of_work", unit_of_work)
    monkeypatch.setattr(sqlite, "reading", unit_of_work)
    await book.note(CHAT)
    await book.note(GROUP)
    assert await book.find("teams", CHAT.conversation_id) == CHAT
    with pytest.raises(StoreUnavailable):
        await book.note(replace(CHAT, service_url="https://moved.example/"))


async def test_what_could_not_be_stored_is_stored_the_next_time(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = AddressBook(sqlite)

    def unit_of_work() -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "unit_of_work", unit_of_work)
        with pytest.raises(StoreUnavailable):
            await book.note(CHAT)
    await book.note(CHAT)
    assert await AddressBook(sqlite).find("teams", CHAT.conversation_id) == CHAT


async def test_an_address_noted_while_its_conversation_is_left_is_not_taken_for_stored(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = AddressBook(sqlite)
    begin = sqlite.unit_of_work

    def after_a_note() -> object:
        monkeypatch.setattr(sqlite, "unit_of_work", begin)
        book._noted["teams a:ada"] = CHAT  # as `note` does, whose transaction ended a moment before
        return begin()

    monkeypatch.setattr(sqlite, "unit_of_work", after_a_note)
    await book.forget("teams", CHAT.conversation_id)
    assert await book.find("teams", CHAT.conversation_id) is None
