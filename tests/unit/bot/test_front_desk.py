"""What a platform asks while somebody waits: what still stands, and what everybody may see."""

from collections.abc import Collection, Sequence
from types import SimpleNamespace

import pytest

from bot.community import FOR_ALL, Community
from bot.front_desk import FrontDesk
from bot.messages import Choice, Found, Offer, Sought
from bot.router import StandingOffer, Table
from bot.settings import CommunitySettings
from bot.turn import House, Inquiry, Services
from conftest import MovedClock
from handlers.table import TABLE
from knowledge.decision import Decision
from knowledge.index import Hit
from knowledge.search import Findings
from storage.database import Database
from storage.errors import StoreUnavailable
from storage.models.knowledge import EntryContent, State, Visibility
from storage.models.questions import PendingOffer
from traffic import ByWords

KEY, OTHER_KEY = "a" * 32, "b" * 32
CHOICES = (Choice("1", "Scanner", {"entry": "scanner"}), Choice("keine", "keine davon"))


class Searching:
    """A search that finds whatever there is, and keeps for whom it was asked."""

    def __init__(self, *ids: str) -> None:
        self.hits = [Hit(entry_id, 0.9, 0.5, 0.1) for entry_id in ids]
        self.asked: list[tuple[str, Collection[str]]] = []

    async def find(self, question: str, circles: Collection[str]) -> Findings:
        self.asked.append((question, circles))
        return Findings(Decision.CHOOSE, self.hits, self.hits)


def desk(database: Database, clock: MovedClock, search: object = None, table: Table = TABLE) -> FrontDesk:
    services: Services = SimpleNamespace(  # type: ignore[assignment]
        search=search,
        commands=(),
        sensitivity=SimpleNamespace(recognise=lambda vector, text: None),
        supporters=ByWords(),
        house=House(),
    )
    return FrontDesk(database, Community(CommunitySettings(), clock.now), table, services)


async def offer(database: Database, clock: MovedClock, key: str = KEY, person: str = "anna") -> None:
    choices = [{"word": choice.word, "label": choice.label, "data": dict(choice.data)} for choice in CHOICES]
    row = PendingOffer(
        platform="teams",
        conversation_id="room",
        person=person,
        message_key=key,
        topic="entry",
        text="Was **meinst** du?",
        choices=choices,
        created_at=clock.now(),
    )
    async with database.unit_of_work() as uow:
        await uow.questions.offer(row)
        await uow.commit()


async def test_an_offer_stands_with_its_text_and_choices(database: Database, clock: MovedClock) -> None:
    await offer(database, clock)
    assert await desk(database, clock).standing(KEY, "anna") == StandingOffer(
        KEY, None, Offer("entry", CHOICES), "Was **meinst** du?"
    )


@pytest.mark.parametrize(("key", "person"), [(KEY, "ben"), (KEY, ""), (OTHER_KEY, "anna"), ("", "anna"), ("", "")])
async def test_an_offer_stands_for_nobody_else_and_nowhere_else(
    sqlite: Database, clock: MovedClock, key: str, person: str
) -> None:
    await offer(sqlite, clock)
    assert await desk(sqlite, clock).standing(key, person) is None
    assert await desk(sqlite, clock).is_waiting(key) is (key == KEY)


async def test_an_offer_stands_until_it_is_taken(sqlite: Database, clock: MovedClock) -> None:
    await offer(sqlite, clock)
    await offer(sqlite, clock, OTHER_KEY)
    async with sqlite.unit_of_work() as uow:
        await uow.questions.withdraw_offers([KEY])
        await uow.commit()
    assert await desk(sqlite, clock).standing(KEY, "anna") is None
    assert await desk(sqlite, clock).standing(OTHER_KEY, "anna")


@pytest.mark.parametrize("sought", list(Sought))
async def test_only_what_everybody_may_see_is_found(sqlite: Database, clock: MovedClock, sought: Sought) -> None:
    search = Searching("internal", "retired", "open")
    shown = EntryContent(question="Wo steht der Scanner?", answer="Im Flur.", owner="Tom")
    internal = EntryContent(question="Geheim", answer="Geheim", owner="Geheim", visibility=Visibility.COMMUNITY)
    retired = EntryContent(question="Alt", answer="Alt", owner="Alt", state=State.RETIRED)
    async with sqlite.unit_of_work() as uow:
        rows = [("internal", internal), ("retired", retired), ("open", shown)]
        await uow.knowledge.save(rows, "test", clock.now())
        await uow.commit()
    [found] = await desk(sqlite, clock, search).find(sought, "scanner")
    assert found.title == {Sought.ANSWERS: "Wo steht der Scanner?", Sought.SUPPORTERS: "Tom"}[sought]
    assert search.asked == [("scanner", FOR_ALL)]
    assert Visibility.COMMUNITY not in FOR_ALL


async def test_what_is_found_is_said_as_to_many_and_on_the_day_of_the_house(
    sqlite: Database, clock: MovedClock
) -> None:
    inquiries: list[Inquiry] = []

    async def find(inquiry: Inquiry, services: Services) -> Sequence[Found]:
        inquiries.append(inquiry)
        return []

    table = Table((), {}, TABLE.asker, finders={Sought.ANSWERS: find})
    clock.time = clock.time.replace(hour=23, minute=30)  # in Berlin, the next day has begun
    await desk(sqlite, clock, table=table).find(Sought.ANSWERS, "wo")
    [inquiry] = inquiries
    assert inquiry.text == "wo"
    assert inquiry.today.isoformat() == "2026-11-21"
    assert inquiry.say("Deine Frage ist gelöscht.") == "Deine Frage ist gelöscht."


async def test_everything_that_may_be_sought_can_be_found() -> None:
    assert set(TABLE.finders) == set(Sought)


async def test_a_database_that_is_away_says_so(clock: MovedClock) -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    for asking in (
        desk(away, clock).standing(KEY, "anna"),
        desk(away, clock, Searching("x")).find(Sought.ANSWERS, "x"),
    ):
        with pytest.raises(StoreUnavailable):
            await asking
    await away.close()
