"""Merging entries that ask the same, down to a real database; and finding them with the real model."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from bot.messages import Conversation
from bot.roles import Role
from conftest import MovedClock
from editorial import COMMUNITY, DIRECT, STAFF_ROOM, Person, entry, save
from knowledge import entries
from knowledge.embedding import Embedder
from knowledge.grouping import Group
from knowledge.search import Search
from storage.database import Database, UnitOfWork
from storage.models.knowledge import EntryContent, State, Visibility, Wording

TODAY = date(2026, 11, 20)
SCANNER = EntryContent(
    question="Wo steht der Scanner?",
    answer="Im Keller.",
    phrasings=["Scanner finden"],
    tags=["Scannen"],
    sources=["Plan"],
    variants={"Amt 66": "Im Bauhof."},
)
SCAN = EntryContent(
    question="Wo kann ich scannen?",
    answer="Unten.",
    phrasings=["scanner FINDEN", "Akten scannen"],
    tags=["scannen", "E-Akte"],
    sources=["Intranet"],
    variants={"Amt 66": "Woanders.", "FB Soziales": "Oben."},
)
PAIR = Group(("scan", "scanner"), 0.9)
LABELS = ["Nr. 1: Wo steht der Scanner? – Im Keller.", "Nr. 2: Wo kann ich scannen? – Unten."]


@pytest.fixture
async def uow(sqlite: Database) -> AsyncIterator[UnitOfWork]:
    async with sqlite.unit_of_work() as uow:
        await save(uow, "scanner", SCANNER)
        await save(uow, "scan", SCAN)
        yield uow


@pytest.fixture
def curator(uow: UnitOfWork) -> Person:
    curator = Person(uow, Role.CURATOR)
    curator.groups = [PAIR]
    return curator


async def test_a_group_is_shown_with_how_many_there_are(curator: Person) -> None:
    text = await curator.says("dubletten")
    assert text.startswith("Gruppe 1 von 1: 2 Antworten auf dieselbe Frage?")
    assert curator.choices == [*LABELS, "keine Dublette, alle behalten", "später, nächste Gruppe"]


async def test_what_leads_to_the_others_leads_to_the_one_that_stays(curator: Person) -> None:
    await curator.uow.knowledge.learn(
        Wording(entry_id="scan", text="wo scan ich", fits=True, answer_key="k7", learned_on=TODAY)
    )
    await curator.uow.knowledge.learn(Wording(entry_id="scan", text="drucker", fits=False, learned_on=TODAY))
    await curator.says("dubletten")
    text = await curator.says("1")
    assert "Nr. 1 bleibt. Zurückgezogen: Nr. 2. „2 wiederherstellen“ holt eine zurück." in text
    assert "keine Antworten auf dieselbe Frage" in text
    stays = await entry(curator.uow)
    assert stays.content == SCANNER.model_copy(
        update={
            "phrasings": ["Scanner finden", "Wo kann ich scannen?", "Akten scannen"],
            "tags": ["Scannen", "E-Akte"],
            "sources": ["Plan", "Intranet"],
            "variants": {"Amt 66": "Im Bauhof.", "FB Soziales": "Oben."},
        }
    )
    gone = await entry(curator.uow, "scan")
    assert gone.content == SCAN.model_copy(update={"state": State.RETIRED})
    origins = [(await curator.uow.knowledge.revisions(one))[-1].origin for one in ("scanner", "scan")]
    assert origins == ["zusammengeführt mit Nr. 2", "zusammengeführt mit Nr. 1"]
    [wording] = (await curator.uow.knowledge.wordings(["scanner"]))["scanner"]
    assert (wording.text, wording.answer_key) == ("wo scan ich", "k7"), "its deletion still finds it"


async def test_what_was_merged_comes_back_with_all_it_had(curator: Person) -> None:
    await curator.uow.knowledge.learn(Wording(entry_id="scan", text="wo scan ich", fits=True, learned_on=TODAY))
    await curator.says("dubletten")
    await curator.says("1")
    await curator.says("2 wiederherstellen")
    assert (await entry(curator.uow, "scan")).content == SCAN
    assert len((await curator.uow.knowledge.wordings(["scan"]))["scan"]) == 1


async def test_a_report_about_the_one_that_stays_is_not_settled_by_merging(curator: Person) -> None:
    await curator.uow.knowledge.mark_reported("scanner", TODAY)
    await curator.says("dubletten")
    await curator.says("1")
    assert (await entry(curator.uow)).reported_on == TODAY


async def test_texts_of_a_narrower_circle_do_not_get_into_a_wider_one(curator: Person) -> None:
    secret = SCAN.model_copy(update={"visibility": Visibility.COMMUNITY})
    await save(curator.uow, "scan", secret)
    await curator.uow.knowledge.learn(Wording(entry_id="scan", text="wo scan ich", fits=True, learned_on=TODAY))
    await curator.says("dubletten")
    assert curator.choices[:2] == [f"{LABELS[0]} (alle Beschäftigten)", f"{LABELS[1]} (nur Lots:innen)"]
    text = await curator.says("1")
    assert "Texte von Nr. 2 übernehme ich nicht, denn weniger Menschen durften sie sehen." in text
    assert (await entry(curator.uow)).content == SCANNER
    assert not (await curator.uow.knowledge.wordings(["scanner"]))["scanner"]


async def test_texts_of_a_wider_circle_may_get_into_a_narrower_one(curator: Person) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"visibility": Visibility.COMMUNITY}))
    await curator.says("dubletten")
    assert "übernehme ich nicht" not in await curator.says("1")
    assert (await entry(curator.uow)).sources == ["Plan", "Intranet"]


async def test_what_is_no_duplicate_is_never_asked_again(curator: Person) -> None:
    await curator.says("dubletten")
    assert "Gut, danach frage ich nicht mehr." in await curator.says("keine")
    assert await curator.says("dubletten") == "Es gibt zurzeit keine Antworten auf dieselbe Frage."
    assert (await entry(curator.uow, "scan")).state == State.APPROVED


async def test_a_new_entry_like_those_kept_apart_is_asked_about(curator: Person) -> None:
    await curator.says("dubletten")
    await curator.says("keine")
    await save(curator.uow, "third", SCAN.model_copy(update={"question": "Wo scanne ich?"}))
    curator.groups = [Group(("scanner", "scan", "third"), 0.8)]
    await curator.says("dubletten")
    assert [label[:5] for label in curator.choices[:2]] == ["Nr. 1", "Nr. 3"]


async def test_groups_come_one_after_the_other(curator: Person) -> None:
    for name in "abcd":
        await save(curator.uow, name, EntryContent(question=f"Frage {name}?", answer="Ja."))
    curator.groups = [PAIR, Group(("a", "b"), 0.8), Group(("c", "d"), 0.7)]
    assert "Gruppe 1 von 3" in await curator.says("dubletten")
    assert "Gruppe 2 von 3" in await curator.says("weiter")
    assert "Frage a?" in curator.choices[0]
    assert "Gruppe 2 von 2" in await curator.says("1")
    assert "Frage c?" in curator.choices[0]
    assert await curator.says("weiter") == "Das war die letzte Gruppe. Noch offen: 2."


@pytest.mark.parametrize("changes", [{"answer": "Neu."}, {"state": State.RETIRED}])
@pytest.mark.parametrize("choice", ["1", "2", "keine"])
async def test_a_group_in_which_something_changed_meanwhile_is_not_merged(
    curator: Person, changes: dict[str, object], choice: str
) -> None:
    await curator.says("dubletten")
    await save(curator.uow, "scan", SCAN.model_copy(update=changes))
    assert "Inzwischen hat sich an diesen Antworten etwas geändert." in await curator.says(choice)
    assert (await entry(curator.uow)).content == SCANNER
    assert not await curator.uow.knowledge.kept_apart()


async def test_a_large_group_is_shown_short_and_in_parts(curator: Person) -> None:
    names = [f"e{number}" for number in range(8)]
    for name in names:
        await save(curator.uow, name, EntryContent(question="Sehr " * 100, answer="lang " * 100))
    curator.groups = [Group(tuple(names), 0.8)]
    await curator.says("dubletten")
    assert len(curator.choices) == 7
    assert sum(map(len, curator.choices)) < 600
    assert "Gruppe 1 von 1: 4 Antworten" in await curator.says("1")


@pytest.mark.parametrize(
    ("role", "place", "sentence"),
    [
        (Role.SUPPORTER, DIRECT, "Das kann nur die Redaktion."),
        (Role.SUPPORTER, COMMUNITY, "Das kann nur die Redaktion."),
        (Role.CURATOR, STAFF_ROOM, "nur im direkten Chat"),
    ],
)
async def test_only_curators_merge_and_only_among_supporters(
    uow: UnitOfWork, role: Role, place: Conversation, sentence: str
) -> None:
    person = Person(uow, role, place)
    person.groups = [PAIR]
    assert sentence in await person.is_refused("dubletten")


async def test_who_is_no_longer_a_curator_merges_nothing(curator: Person) -> None:
    await curator.says("dubletten")
    curator.role = Role.SUPPORTER
    await curator.is_refused("1")
    assert (await entry(curator.uow, "scan")).state == State.APPROVED


async def test_entries_that_ask_the_same_are_found_by_their_meaning(
    sqlite: Database, embedder: Embedder, clock: MovedClock
) -> None:
    contents = {
        "vpn": EntryContent(
            question="Wie verbinde ich mich von zuhause mit dem VPN?",
            answer="Den VPN-Client öffnen, anmelden und „Verbinden“ wählen.",
        ),
        "home": EntryContent(
            question="Wie komme ich im Homeoffice ins VPN?",
            answer="Im Homeoffice den VPN-Client öffnen, anmelden, dann auf „Verbinden“ klicken.",
        ),
        "leave": EntryContent(question="Wie beantrage ich Urlaub?", answer="Im Personalportal unter Abwesenheiten."),
        "scan": EntryContent(question="Wo steht der Scanner?", answer="Im Erdgeschoss neben der Poststelle."),
    }
    await entries.save(sqlite, embedder, list(contents.items()), "test", clock.now())
    search = Search(sqlite, embedder)
    assert [set(group.entry_ids) for group in await search.duplicates(list(Visibility))] == [{"vpn", "home"}]
    for hidden in ({"visibility": Visibility.COMMUNITY}, {"state": State.RETIRED}):
        changed = contents["home"].model_copy(update=hidden)
        await entries.save(sqlite, embedder, [("home", changed)], "test", clock.now())
        assert await search.duplicates([Visibility.ORGANIZATION]) == []
    assert await search.duplicates([]) == []
