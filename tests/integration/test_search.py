"""The search over the store, with the real model: always in its newest state, and within the circle."""

import asyncio

from conftest import MovedClock
from knowledge import entries
from knowledge.decision import Decision
from knowledge.embedding import Embedder
from knowledge.search import Search
from storage.database import Database
from storage.models.knowledge import EntryContent, State, Visibility

ALL = frozenset(Visibility)
SCANNER = EntryContent(question="Wo steht der große Scanner?", answer="Im Erdgeschoss, Raum 12, neben der Poststelle.")
VPN = EntryContent(
    question="Wie starte ich das VPN im Homeoffice?", answer="Das Symbol in der Taskleiste öffnen und anmelden."
)
INTERNAL = EntryContent(
    question="Wer vertritt die Moderation der Runde?",
    answer="Die Vertretung steht im Plan der Runde.",
    visibility=Visibility.COMMUNITY,
)


async def save(database: Database, embedder: Embedder, clock: MovedClock, **contents: EntryContent) -> None:
    await entries.save(database, embedder, list(contents.items()), "test", clock.now())


async def found(search: Search, question: str, circles: frozenset[Visibility] = ALL) -> list[str]:
    return [hit.entry_id for hit in (await search.find(question, circles)).hits]


async def test_an_entry_is_found_as_soon_as_it_is_saved(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    search = Search(sqlite, embedder)
    assert await found(search, "wo kann ich scannen") == []
    await save(sqlite, embedder, clock, scanner=SCANNER, vpn=VPN)
    assert (await found(search, "wo kann ich scannen"))[0] == "scanner"
    assert (await found(search, "vpn geht zuhause nicht"))[0] == "vpn"


async def test_a_changed_entry_is_found_by_its_new_words_and_a_retired_one_not_at_all(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    search = Search(sqlite, embedder)
    await save(sqlite, embedder, clock, scanner=SCANNER, vpn=VPN)
    await found(search, "x")
    changed = SCANNER.model_copy(
        update={"question": "Wie beantrage ich Bildungsurlaub?", "answer": "Im Personalportal."}
    )
    await save(sqlite, embedder, clock, scanner=changed, vpn=VPN.model_copy(update={"state": State.RETIRED}))
    assert await found(search, "bildungsurlaub beantragen") == ["scanner"]


async def test_entries_for_the_community_are_found_only_there(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    search = Search(sqlite, embedder)
    await save(sqlite, embedder, clock, scanner=SCANNER, internal=INTERNAL)
    for_all = frozenset({Visibility.ORGANIZATION})
    assert "internal" not in await found(search, "Wer vertritt die Moderation der Runde?", for_all)
    assert (await found(search, "Wer vertritt die Moderation der Runde?"))[0] == "internal"


async def test_the_same_words_are_answered_and_foreign_ones_are_not_known(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    search = Search(sqlite, embedder)
    await save(sqlite, embedder, clock, scanner=SCANNER, vpn=VPN, internal=INTERNAL)
    assert (await search.find("Wo steht der große Scanner?", ALL)).decision is Decision.ANSWER
    foreign = await search.find("Spiel bitte etwas Musik von Mozart", ALL)
    assert foreign.decision is Decision.UNKNOWN
    assert not foreign.shown


async def test_a_restart_loads_the_vectors_instead_of_making_them_again(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    await save(sqlite, embedder, clock, scanner=SCANNER, vpn=VPN)
    restarted = Search(sqlite, embedder)
    async with sqlite.reading() as uow:
        before = await uow.knowledge.fingerprints(embedder.name)
    await restarted.refresh()
    assert len(restarted) == 2
    async with sqlite.reading() as uow:
        assert await uow.knowledge.fingerprints(embedder.name) == before


async def test_entries_without_vectors_of_this_model_get_them(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    async with sqlite.unit_of_work() as uow:
        await uow.knowledge.save([("scanner", SCANNER)], "test", clock.now())
        await uow.commit()
    assert await found(Search(sqlite, embedder), "wo kann ich scannen") == ["scanner"]
    async with sqlite.reading() as uow:
        assert set(await uow.knowledge.fingerprints(embedder.name)) == {"scanner"}


async def test_questions_and_changes_at_the_same_time_do_not_disturb_each_other(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    search = Search(sqlite, embedder)
    await save(sqlite, embedder, clock, scanner=SCANNER)
    results = await asyncio.gather(
        *(found(search, "wo kann ich scannen") for _ in range(8)), save(sqlite, embedder, clock, vpn=VPN)
    )
    assert all(result[0] == "scanner" for result in results[:-1] if result is not None)
    assert len(await found(search, "vpn")) == 2


async def test_an_abbreviation_finds_the_entry_that_writes_it_out(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    register = EntryContent(
        question="Wer pflegt das Verarbeitungsverzeichnis?", answer="Die Stelle für Datenschutz, einmal im Jahr."
    )
    await save(sqlite, embedder, clock, scanner=SCANNER, vpn=VPN, internal=INTERNAL, register=register)
    search = Search(sqlite, embedder)
    for question in ("VVT", "vvt", "hallo zusammen, vvt? danke!"):
        assert (await found(search, question))[0] == "register"


async def test_a_house_that_tolerates_no_wrong_answer_lets_choose(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    await save(sqlite, embedder, clock, scanner=SCANNER, vpn=VPN)
    strict, usual = Search(sqlite, embedder, wrong_share=0.0), Search(sqlite, embedder)
    assert (await usual.find("Wo steht der große Scanner?", ALL)).decision is Decision.ANSWER
    assert (await strict.find("Wo steht der große Scanner?", ALL)).decision is Decision.CHOOSE
