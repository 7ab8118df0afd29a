"""Finding while somebody types, with the real model: the nearest first, and nothing that is not for everybody."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from bot.community import FOR_ALL
from bot.messages import Found
from bot.roles import Role
from bot.turn import House, Inquiry, Services
from conftest import MovedClock
from handlers.ask import LONGEST_ANSWER, LONGEST_HEADING, LONGEST_NAME
from handlers.find import LONGEST_LINE, SHOWN, TOPICS_SHOWN, find_answers, find_supporters
from knowledge import entries
from knowledge.decision import Decision
from knowledge.embedding import Embedder
from knowledge.index import Hit
from knowledge.search import Findings, Search
from knowledge.supporters import Supporters
from storage.database import Database
from storage.models.knowledge import EntryContent, State, Visibility
from storage.models.people import Portrait

SCANNER = EntryContent(
    question="Wo steht der große Scanner?",
    answer="Im Erdgeschoss, Raum 12, neben der Poststelle.",
    owner="Tom Berger",
    checked_on=date(2026, 9, 3),
)
VPN = EntryContent(
    question="Wie starte ich das VPN im Homeoffice?",
    answer="Das Symbol in der Taskleiste öffnen und anmelden.",
    owner="Ute Winter",
)
LEAVE = EntryContent(question="Wie beantrage ich Urlaub?", answer="Im Personalportal unter Abwesenheiten.")


NOTHING_SENSITIVE = SimpleNamespace(recognise=lambda vector, text: None)


class Store:
    """A store with its search, as the finders see it."""

    def __init__(self, database: Database, embedder: Embedder, clock: MovedClock, inquiry: Inquiry) -> None:
        self._database = database
        self._embedder = embedder
        self._clock = clock
        self._inquiry = inquiry
        search = Search(database, embedder)
        house, supporters = House(), Supporters(embedder)
        self.services: Services = SimpleNamespace(  # type: ignore[assignment]
            search=search, commands=(), sensitivity=NOTHING_SENSITIVE, supporters=supporters, house=house
        )

    async def save(self, **contents: EntryContent) -> None:
        await entries.save(self._database, self._embedder, list(contents.items()), "test", self._clock.now())

    async def answers(self, text: str) -> Sequence[Found]:
        return await find_answers(replace(self._inquiry, text=text), self.services)

    async def supporters(self, text: str) -> Sequence[Found]:
        return await find_supporters(replace(self._inquiry, text=text), self.services)


@pytest.fixture
async def store(sqlite: Database, embedder: Embedder, clock: MovedClock) -> AsyncIterator[Store]:
    async with sqlite.reading() as uow:
        yield Store(sqlite, embedder, clock, Inquiry("", FOR_ALL, clock.now(), str, uow))


def titles(found: Sequence[Found]) -> list[str]:
    return [one.title for one in found]


async def test_the_nearest_answer_comes_first_with_what_stands_behind_it(store: Store) -> None:
    await store.save(vpn=VPN, leave=LEAVE, scanner=SCANNER)
    for typed in ("scanner", "wo kann ich scannen", "  Wo steht\nder große Scanner? "):
        first = (await store.answers(typed))[0]
        assert (first.title, first.line) == (SCANNER.question, SCANNER.answer)
        assert first.text == f"{SCANNER.answer}\n\nGeprüft am 3. September 2026 von Tom Berger. Nr. 3."
    assert titles(await store.answers("vpn geht zuhause nicht"))[0] == VPN.question


async def test_only_some_answers_are_listed(store: Store) -> None:
    places = ["im Rathaus", "im Bauamt", "in der Bücherei", "in der Schule", "im Museum", "im Bürgerbüro", "im Archiv"]
    scanners = {
        place: EntryContent(question=f"Wo steht der Scanner {place}?", answer=f"Gleich am Eingang {place}.")
        for place in places
    }
    await store.save(vpn=VPN, leave=LEAVE, **scanners)
    assert len(await store.answers("Wo steht der Scanner?")) == SHOWN


async def test_a_long_answer_is_cut_and_says_where_the_rest_is(store: Store) -> None:
    paragraphs = [f"Schritt {number}: " + "tu etwas. " * 40 for number in range(3)]
    await store.save(scanner=SCANNER.model_copy(update={"answer": "\n\n".join(paragraphs)}))
    [found] = await store.answers("Wo steht der große Scanner?")
    said, hint, origin = found.text.split("\n\n")
    assert said.startswith("Schritt 0")
    assert "Schritt 1" not in found.text
    assert len(said) <= LONGEST_ANSWER
    assert hint == "Die Antwort ist länger: Lotsenfunk zeigt sie im Chat ganz."
    assert "Tom Berger" in origin
    assert len(found.line) <= LONGEST_LINE
    assert found.line.endswith("…")


async def test_a_short_answer_has_no_hint(store: Store) -> None:
    await store.save(scanner=SCANNER)
    [found] = await store.answers("Wo steht der große Scanner?")
    assert "länger" not in found.text


async def test_an_entry_without_a_question_is_named_by_its_answer(store: Store) -> None:
    await store.save(scanner=SCANNER.model_copy(update={"question": "", "answer": "Der Scanner steht\nim Flur."}))
    [found] = await store.answers("wo steht der scanner im flur")
    assert (found.title, found.line) == ("Der Scanner steht im Flur.", "Der Scanner steht im Flur.")


async def test_an_answer_past_its_date_says_so(store: Store) -> None:
    await store.save(scanner=SCANNER.model_copy(update={"valid_until": date(2026, 11, 19)}))
    [found] = await store.answers("Wo steht der große Scanner?")
    assert "Achtung: galt nur bis 19. November 2026" in found.text


async def test_whatever_people_wrote_a_title_stays_short(store: Store) -> None:
    await store.save(scanner=SCANNER.model_copy(update={"question": "Wo ist der Scanner? " * 50, "owner": "T" * 500}))
    assert len((await store.answers("Wo ist der Scanner?"))[0].title) <= LONGEST_HEADING
    [supporter] = await store.supporters("Wo ist der Scanner?")
    assert len(supporter.title) <= LONGEST_NAME
    assert len(supporter.line) <= LONGEST_LINE


async def test_supporters_are_those_who_stand_behind_the_nearest_answers(store: Store) -> None:
    await store.save(vpn=VPN, leave=LEAVE, scanner=SCANNER)
    first = (await store.supporters("scanner"))[0]
    assert (first.title, first.line) == ("Tom Berger", SCANNER.question)
    assert first.text == f"Steht hinter diesen Antworten:\n\n- {SCANNER.question}"
    assert titles(await store.supporters("vpn"))[0] == "Ute Winter"


async def test_an_answer_that_nobody_stands_behind_names_nobody(store: Store) -> None:
    await store.save(leave=LEAVE)
    assert titles(await store.answers("Wie beantrage ich Urlaub?")) == [LEAVE.question]
    assert await store.supporters("Wie beantrage ich Urlaub?") == []


async def test_a_supporter_is_named_once_with_a_few_topics(store: Store) -> None:
    floors = {
        f"floor{number}": SCANNER.model_copy(update={"question": f"Wo steht der Scanner im Stockwerk {number}?"})
        for number in range(5)
    }
    await store.save(**floors)
    [found] = await store.supporters("Wo steht der Scanner?")
    assert found.title == "Tom Berger"
    assert found.text.count("\n- ") == TOPICS_SHOWN


async def test_a_supporter_of_an_entry_without_a_question_is_named_with_its_answer(store: Store) -> None:
    await store.save(scanner=SCANNER.model_copy(update={"question": "", "answer": "Der Scanner steht im Flur."}))
    [found] = await store.supporters("wo steht der scanner im flur")
    assert found.text == "Steht hinter diesen Antworten:\n\n- Der Scanner steht im Flur."


@pytest.mark.parametrize("visibility", [Visibility.ORGANIZATION, Visibility.FEDERATION, Visibility.PUBLIC])
async def test_what_everybody_may_see_is_found(store: Store, visibility: Visibility) -> None:
    await store.save(scanner=SCANNER.model_copy(update={"visibility": visibility}))
    assert titles(await store.answers("Wo steht der große Scanner?")) == [SCANNER.question]


@pytest.mark.parametrize(
    "changes",
    [
        {"visibility": Visibility.COMMUNITY},
        {"state": State.RETIRED},
        {"state": State.DRAFT},
        {"state": State.IN_REVIEW},
    ],
)
async def test_what_is_hidden_or_withdrawn_is_never_found(store: Store, changes: dict[str, object]) -> None:
    await store.save(scanner=SCANNER, vpn=VPN)
    assert SCANNER.question in titles(await store.answers("Wo steht der große Scanner?"))
    await store.save(scanner=SCANNER.model_copy(update=changes))
    for typed in ("Wo steht der große Scanner?", "scanner", SCANNER.answer):
        found = [*await store.answers(typed), *await store.supporters(typed)]
        assert "Scanner" not in str(found)
        assert "Tom Berger" not in str(found)


@pytest.mark.parametrize("typed", ["Spiel bitte etwas Musik von Mozart", "", "   ", "???", "🎉", "\n"])
async def test_what_nobody_knows_finds_nothing(store: Store, typed: str) -> None:
    await store.save(scanner=SCANNER, vpn=VPN, leave=LEAVE)
    assert await store.answers(typed) == []
    assert await store.supporters(typed) == []


async def test_what_is_too_improbable_to_be_offered_in_a_chat_is_not_listed(store: Store) -> None:
    await store.save(scanner=SCANNER)
    hits = [Hit("scanner", 0.15, 0.5, 0.1)]

    async def find(question: str, circles: object) -> Findings:
        return Findings(Decision.UNKNOWN, [], hits)

    found = SimpleNamespace(find=find)
    store.services = SimpleNamespace(**{**vars(store.services), "search": found})  # type: ignore[assignment]
    assert await store.answers("scanner") == []
    assert await store.supporters("scanner") == []


async def test_an_empty_store_finds_nothing(store: Store) -> None:
    assert await store.answers("scanner") == []


async def introduce(store: Store, name: str, *topics: str, consented: bool = True) -> None:
    async with store._database.unit_of_work() as uow:
        person = await uow.people.know("p", name, name)
        kept = Portrait(person_id=person.id or 0, topics=list(topics), formats=[])
        kept.consented_on = date(2026, 1, 1) if consented else None
        await uow.people.keep(kept)
        await uow.commit()


async def as_supporter(_platform: str, _person: str) -> Role:
    return Role.SUPPORTER


async def test_those_who_name_the_topic_come_before_those_who_stand_behind_an_answer(store: Store) -> None:
    await store.save(scanner=SCANNER)
    await introduce(store, "Mehmet Demir", "Scanner", "Kanban")
    await introduce(store, "Eve Kurz", "Scanner", consented=False)
    store._inquiry = replace(store._inquiry, role_of=as_supporter)
    portrait, owner = await store.supporters("großer Scanner")
    assert (portrait.title, portrait.line) == ("Mehmet Demir", "nennt „Scanner“")
    assert "- Themen: Scanner, Kanban" in portrait.text
    assert owner.title == "Tom Berger"


async def test_who_is_no_supporter_any_more_is_not_shown(store: Store) -> None:
    await introduce(store, "Mehmet Demir", "Scanner")
    assert await store.supporters("großer Scanner") == []
