"""Support requests from the first word to the last: intake, three ways to somebody, agreement, and the end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import UserError
from bot.messages import Action, Change, Choice, Conversation, Delete, Incoming, Offer, Reply, Send, Sender
from bot.roles import Role
from bot.router import StandingOffer, route
from bot.turn import Handler, House, Night, Services, Turn
from handlers import support_requests
from handlers.table import TABLE
from knowledge.assignment import KINDS, Kind, Mode
from knowledge.decisions import Decisions
from knowledge.departments import Department, Departments
from knowledge.embedding import Embedder
from knowledge.search import Search
from knowledge.sensitivity import Sensitivity
from knowledge.supporters import Supporters
from knowledge.topics import built_in
from storage.database import Database, UnitOfWork
from storage.models.people import Availability, Experience, Portrait
from storage.models.requests import Answer, RequestState, SupportRequest, Worth

NO_SEARCH = cast(Search, None)
NO_DECISIONS = cast(Decisions, None)
LOTSEN = Conversation("p", "lotsen")
DEPARTMENTS = Departments(
    [
        Department("FB Umwelt", ("Umweltamt",)),
        Department("FB Soziales", ("Sozialamt",)),
        Department("Kämmerei"),
        Department("Stadtbücherei"),
        Department("Wohngeld", (), "FB Soziales"),
    ]
)
COORDINATORS = frozenset({"may"})
NOW = datetime.fromisoformat("2026-11-20T09:00:00+00:00")  # a Friday


def chat(person: str) -> Conversation:
    return Conversation("p", f"direct:{person}", is_direct=True)


@dataclass
class Town:
    """People who talk to the handlers in their direct chats and in the room; `heard` is what came where, in order."""

    uow: UnitOfWork
    services: Services
    now: datetime = NOW
    heard: list[tuple[Conversation, str]] = field(default_factory=list)
    offers: list[tuple[Conversation, str, str | None, Offer]] = field(default_factory=list)
    gone: dict[str, Conversation] = field(default_factory=dict)
    supporters: set[str] = field(default_factory=set)
    has_rooms: bool = True
    has_coordinators: bool = True

    async def role_of(self, _platform: str, person: str) -> Role:
        if person in COORDINATORS:
            return Role.COORDINATOR
        return Role.SUPPORTER if person in self.supporters else Role.STAFF_MEMBER

    async def _rooms(self) -> Sequence[Conversation]:
        return [LOTSEN] if self.has_rooms else []

    async def _coordinators(self) -> Sequence[Conversation]:
        return [chat(person) for person in COORDINATORS] if self.has_coordinators else []

    async def turn(self, person: str, text: str = "", room: Conversation | None = None) -> Turn:
        here = room or chat(person)
        message = Incoming(f"e{len(self.heard)}", here, Sender(person, name_of(person)), text, self.now)
        return Turn(
            message, text, None, "key", frozenset(), self.now, str, self.uow,
            role=await self.role_of("p", person), coordinators=self._coordinators, rooms=self._rooms,
            role_of=self.role_of,
        )  # fmt: skip

    @property
    def night(self) -> Night:
        return Night(self.now, str, self.uow, coordinators=self._coordinators, rooms=self._rooms, role_of=self.role_of)

    def take(self, actions: Sequence[Action], here: Conversation | None = None, person: str | None = None) -> list[str]:
        """Deliver what handlers want said; gives what was said here."""
        said = []
        for place, action in enumerate(actions):
            if isinstance(action, Delete):
                self.offers = [one for one in self.offers if one[1] != action.key]
                self.gone[action.key] = action.to
                continue
            assert isinstance(action, Reply | Send | Change)
            to = action.to if isinstance(action, Send | Change) else here
            assert to is not None
            key = action.key if isinstance(action, Send | Change) and action.key else f"k{len(self.heard)}.{place}"
            if isinstance(action, Change):
                self.offers = [one for one in self.offers if one[1] != key]
            self.heard.append((to, action.text))
            if action.offer:
                whose = person if isinstance(action, Reply) else action.person
                self.offers.append((to, key, whose, action.offer))
            if to == here:
                said.append(action.text)
        return said

    async def run(self, handler: Handler, turn: Turn) -> str:
        actions = await handler(turn, self.services)
        return "\n".join(self.take(actions, turn.message.conversation, turn.message.sender.id))

    async def say(self, person: str, text: str, room: Conversation | None = None) -> str:
        """Somebody says or chooses something; gives what they hear."""
        turn = await self.turn(person, text, room)
        here = turn.message.conversation
        offered = [one for one in reversed(self.offers) if one[0] == here and one[2] in (None, person)]
        standing = [StandingOffer(key, None, offer) for _, key, _, offer in offered]
        found = route(turn.message, standing, TABLE)
        assert found is not None
        turn = replace(turn, text=found.text, choice=found.choice, number=found.number)
        actions = await found.handler(turn, self.services)
        if found.taken:
            self.offers = [one for one in self.offers if one[1] != found.taken.message_key]
        return "\n".join(self.take(actions, here, person))

    def last(self, person: str) -> str:
        """What somebody heard last in their direct chat."""
        return next((text for to, text in reversed(self.heard) if to == chat(person)), "")

    def in_room(self) -> str:
        return next((text for to, text in reversed(self.heard) if to == LOTSEN), "")

    def choices(self, person: str) -> list[str]:
        """What somebody may choose right now, newest offer."""
        return next(
            ([choice.label for choice in one[3].choices] for one in reversed(self.offers) if one[0] == chat(person)), []
        )

    async def choose_who(self, person: str, name: str) -> str:
        """Choose the one with this name from the newest list, whatever their place in its random order."""
        [place] = [place for place, label in enumerate(self.choices(person), start=1) if name in label]
        return await self.say(person, str(place))

    async def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.take(await support_requests.look_after(self.night, self.services))
        await self.uow.requests.forget(self.night.today)

    async def request(self, number: int = 1) -> SupportRequest:
        found = await self.uow.requests.get(number)
        assert found is not None
        return found

    async def supporter(self, person: str, *topics: str, formats: Sequence[str] = (), **more: Any) -> int:
        """Somebody with a portrait, whom we know how to reach."""
        self.supporters.add(person)
        department = more.pop("department", None)
        row = await self.uow.people.know("p", person, name_of(person))
        row.department = department
        assert row.id is not None
        await self.uow.addresses.know("p", chat(person).id, person)
        portrait = Portrait(
            person_id=row.id, topics=list(topics), formats=list(formats), consented_on=date(2026, 1, 1), **more
        )
        await self.uow.people.keep(portrait)
        return row.id

    async def ask_for(self, kind: str, person: str = "özdemir", goal: str = "Kanban im Team einführen") -> str:
        """Go through the intake; gives what is said after the yes."""
        await self.say(person, "anfrage")
        await self.say(person, kind)
        await self.say(person, goal)
        await self.say(person, "FB Umwelt")
        await self.say(person, "im Januar")
        await self.say(person, "überspringen")
        assert "So gebe ich es weiter" in await self.say(person, "überspringen")
        return await self.say(person, "ja")


def name_of(person: str) -> str:
    names = {
        "özdemir": "Frau Özdemir", "may": "Jutta May", "tom": "Tom Berger", "aylin": "Aylin Kaya",
        "ruth": "Ruth Maier", "mehmet": "Mehmet Demir", "svenja": "Svenja Petersen",
    }  # fmt: skip
    return names.get(person, person.title())


def alone(mode: Mode) -> tuple[Kind, ...]:
    """The kinds of the house, all in this mode and without tandems."""
    return tuple(replace(kind, mode=mode, is_tandem=False) for kind in KINDS)


@pytest.fixture(scope="module")
def finder(embedder: Embedder) -> Iterator[Supporters]:
    found = Supporters(embedder)
    yield found
    found.close()


@pytest.fixture
async def town(sqlite: Database, finder: Supporters, embedder: Embedder) -> AsyncIterator[Town]:
    async with sqlite.unit_of_work() as uow:
        house = House(departments=DEPARTMENTS, kinds=KINDS)
        yield Town(uow, Services(NO_SEARCH, (), Sensitivity(embedder, built_in()), finder, house, NO_DECISIONS))


def with_kinds(town: Town, kinds: tuple[Kind, ...]) -> Town:
    town.services = replace(town.services, house=replace(town.services.house, kinds=kinds))
    return town


async def all_requests(town: Town) -> Sequence[SupportRequest]:
    return await town.uow.requests.of_requester("p", "özdemir")


# intake


async def test_nothing_is_kept_until_the_team_says_yes(town: Town) -> None:
    assert "Worum geht es?" in await town.say("özdemir", "anfrage")
    assert "Was soll danach anders sein?" in await town.say("özdemir", "Coaching")
    assert "Fachbereich" in await town.say("özdemir", "wir wollen kanban lernen")
    assert "Wann" in await town.say("özdemir", "FB Umwelt")
    assert "Rahmen" in await town.say("özdemir", "im Januar")
    assert "nicht dazu" in await town.say("özdemir", "halber Tag, 12 Personen")
    summary = await town.say("özdemir", "keine Einzelgespräche")
    for line in ("Coaching", "kanban lernen", "FB Umwelt", "im Januar", "12 Personen", "keine Einzelgespräche"):
        assert line in summary
    assert await all_requests(town) == []
    assert "Notiert als Anfrage 1" in await town.say("özdemir", "ja")
    [request] = await all_requests(town)
    assert (request.kind, request.department, request.format) == ("coaching", "FB Umwelt", "halber Tag, 12 Personen")


async def test_a_sentence_saves_the_first_questions(town: Town) -> None:
    said = await town.say("özdemir", "Wir brauchen im Januar jemanden für die Moderation eines Workshops")
    assert "Workshop-Moderation, gern." in said
    await town.say("özdemir", "das Team neu aufstellen")
    assert "Rahmen" in await town.say("özdemir", "aus dem Umweltamt"), "im Januar was said already"
    await town.say("özdemir", "überspringen")
    summary = await town.say("özdemir", "nichts")
    assert "Wann: im Januar" in summary
    assert "Fachbereich: FB Umwelt" in summary
    assert "Nicht enthalten: noch offen" in summary


@pytest.mark.parametrize(
    "steps", [[], ["Coaching"], ["Coaching", "Ziel"], ["Coaching", "Ziel", "FB Umwelt", "bald", "-x", "y"]]
)
async def test_it_can_be_broken_off_at_any_time(town: Town, steps: Sequence[str]) -> None:
    await town.say("özdemir", "anfrage")
    for step in steps:
        await town.say("özdemir", step)
    word = "verwerfen" if len(steps) == 6 else "abbrechen"
    assert "nichts gespeichert" in await town.say("özdemir", word)
    assert await all_requests(town) == []


async def test_the_department_is_asked_again_until_it_is_known(town: Town) -> None:
    for text in ("anfrage", "Coaching", "Ziel"):
        await town.say("özdemir", text)
    assert "überspringen" not in town.choices("özdemir"), "the rule is never left out"
    assert "Den kenne ich so nicht" in await town.say("özdemir", "Zauberei")
    assert "Kämmerei" in town.choices("özdemir")
    assert "Wann" in await town.say("özdemir", "Umweltamt, 8 Leute")


@pytest.mark.parametrize("text", ["Zauberei", "weiß nicht", "keine"])
async def test_who_does_not_know_their_department_has_the_coordinators_find_out(town: Town, text: str) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    for said in ("anfrage", "Coaching", "Kanban im Team einführen", text):
        await town.say("özdemir", said)
    assert len(town.choices("özdemir")) <= 9
    assert "Wann" in await town.choose_who("özdemir", "die Koordination klärt es")
    for said in ("im Januar", "überspringen"):
        await town.say("özdemir", said)
    assert "klärt die Koordination den Fachbereich" in await town.say("özdemir", "überspringen")
    assert "liegt jetzt bei der Koordination" in await town.say("özdemir", "ja")
    assert "Fachbereich des Teams ist noch unklar" in town.last("may")
    assert not [label for label in town.choices("may") if "Aylin" in label], "the rule is not relaxed"


async def test_a_department_that_sounds_alike_is_suggested(town: Town) -> None:
    for text in ("anfrage", "Coaching", "Ziel"):
        await town.say("özdemir", text)
    assert "Meinst du einen von diesen?" in await town.say("özdemir", "Sozialabteilung Soziale")
    assert "Wann" in await town.say("özdemir", "1")


async def test_a_known_department_is_not_asked_for(town: Town) -> None:
    person = await town.uow.people.know("p", "özdemir", "Frau Özdemir")
    person.department = "FB Umwelt"
    await town.say("özdemir", "anfrage")
    await town.say("özdemir", "Coaching")
    assert "Wann" in await town.say("özdemir", "kanban")


async def test_a_line_of_the_summary_can_be_changed(town: Town) -> None:
    for text in ("anfrage", "Coaching", "kanban", "FB Umwelt", "im Januar", "überspringen", "überspringen"):
        await town.say("özdemir", text)
    assert "Was möchtest du ändern?" in await town.say("özdemir", "ändern")
    await town.say("özdemir", "4")
    summary = await town.say("özdemir", "im März")
    assert "Wann: im März" in summary
    assert "Ziel: kanban" in summary


async def test_names_in_the_goal_are_left_out_and_that_is_said(town: Town) -> None:
    for text in ("anfrage", "Coaching", "Streit mit Herrn Schmidt klären", "FB Umwelt", "bald", "überspringen"):
        await town.say("özdemir", text)
    summary = await town.say("özdemir", "überspringen")
    assert "Schmidt" not in summary
    assert "Namen und Nummern habe ich weggelassen." in summary


async def test_what_is_too_long_is_asked_again(town: Town) -> None:
    for text in ("anfrage", "Coaching"):
        await town.say("özdemir", text)
    with pytest.raises(UserError, match="mehr als 300 Zeichen"):
        await town.say("özdemir", "x" * 301)
    assert "Fachbereich" in await town.say("özdemir", "kürzer")


async def test_only_so_many_requests_are_open_at_once(town: Town) -> None:
    town.services = replace(town.services, house=replace(town.services.house, questions_at_once=1))
    await town.ask_for("Vortrag")
    with pytest.raises(UserError, match="gerade 1 Anfragen offen"):
        await town.say("özdemir", "anfrage")


async def test_in_a_room_nobody_is_asked_such_things(town: Town) -> None:
    with pytest.raises(UserError, match="nur im Einzelchat"):
        await town.say("özdemir", "anfrage", LOTSEN)


async def test_what_belongs_into_confidential_hands_is_not_taken_in(town: Town) -> None:
    class Reached(Exception):
        pass

    class Search:
        async def find(self, *_args: object) -> None:
            raise Reached

    town.services = replace(town.services, search=cast("object", Search()))  # type: ignore[arg-type]
    await town.say("özdemir", "anfrage")
    await town.say("özdemir", "Konfliktgespräch")
    with pytest.raises(Reached):
        await town.say("özdemir", "ich werde gemobbt")


# the team chooses


async def test_the_team_sees_who_fits_and_why_and_who_is_missing(town: Town) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei", note="nur vormittags")
    await town.supporter("ruth", "Kanban", department="Kämmerei")
    await town.supporter("tom", "Kanban", department="FB Umwelt")
    await town.supporter("mehmet", "Kanban", department="FB Soziales", paused_until=date(2027, 1, 1))
    said = await town.ask_for("Coaching")
    assert "Eine Person aus FB Umwelt fehlt: Bei Coaching gilt „nicht aus dem eigenen Fachbereich“." in said
    assert "Jemand ist gerade nicht da." in said
    assert "Pause" not in said
    shown = " ".join(town.choices("özdemir"))
    assert "Aylin Kaya, Stadtbücherei: nennt „Kanban“, nur vormittags" in shown
    assert "Ruth Maier" in shown
    assert "Tom" not in shown
    assert "Mehmet" not in shown


async def test_who_is_chosen_is_asked_and_says_yes(town: Town) -> None:
    aylin = await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.ask_for("Coaching")
    assert "Ich frage Aylin Kaya." in await town.choose_who("özdemir", "Aylin")
    assert (await town.request()).state == RequestState.PROPOSED
    assert "Magst du das übernehmen?" in town.last("aylin")
    assert "Anfrage 1 ist jetzt bei dir." in await town.say("aylin", "ja")
    assert "hat Aylin Kaya übernommen" in town.last("özdemir")
    assert (await town.request()).state == RequestState.TAKEN
    assert list(await town.uow.people.slots(date(2026, 11, 16))) == [aylin]


@pytest.mark.parametrize("word", ["heute", "passt"])
async def test_who_says_no_is_not_shown_again_and_nobody_hears_why(town: Town, word: str) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.supporter("ruth", "Kanban", department="Kämmerei")
    await town.ask_for("Coaching")
    await town.choose_who("özdemir", "Aylin")
    assert "ich frage jemand anderen" in await town.say("aylin", word)
    assert "Aylin Kaya kann Anfrage 1 nicht übernehmen." in town.last("özdemir")
    assert "heute" not in town.last("özdemir")
    assert "passt nicht" not in town.last("özdemir")
    shown = " ".join(town.choices("özdemir"))
    assert "Ruth" in shown
    assert "Aylin" not in shown


async def test_when_nobody_fits_the_team_hears_it_and_decides_about_the_coordinators(town: Town) -> None:
    said = await town.ask_for("Konfliktgespräch")
    assert "finde ich gerade niemanden. Soll ich die Koordination fragen?" in said
    assert town.last("may") == "", "no central unit hears of a conflict unasked"
    assert "liegt jetzt bei der Koordination" in await town.say("özdemir", "ja")
    assert "Anfrage 1" in town.last("may")


async def test_the_others_are_shown_on_demand(town: Town) -> None:
    for number in range(7):
        await town.supporter(f"helfer{number}", "Kanban", department="Kämmerei")
    await town.ask_for("Coaching")
    first = {label for label in town.choices("özdemir") if "Helfer" in label}
    await town.say("özdemir", "mehr")
    second = {label for label in town.choices("özdemir") if "Helfer" in label}
    assert len(first) == 5
    assert len(second) == 2
    assert not first & second


async def test_somebody_who_names_another_one_is_free_of_it(town: Town) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.supporter("ruth", "E-Akte", department="Kämmerei")
    await town.ask_for("Coaching")
    await town.choose_who("özdemir", "Aylin")
    await town.say("aylin", "kenne")
    assert "gebe ich weiter" in await town.say("aylin", "frag mal ruth maier")
    assert "wurde Ruth Maier vorgeschlagen" in town.last("özdemir")
    assert "Ich frage Ruth Maier." in await town.say("özdemir", "ja")
    assert "Magst du das übernehmen?" in town.last("ruth")


async def test_one_place_is_offered_to_one_person_at_a_time(town: Town) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.supporter("ruth", "Kanban", department="Kämmerei")
    await town.ask_for("Coaching")
    await town.choose_who("özdemir", "Aylin")
    with pytest.raises(UserError, match="Gefragt ist schon Aylin Kaya"):
        await town.say("özdemir", "können wir auch ruth fragen")
    await town.say("özdemir", "anfrage 1")
    assert town.choices("özdemir") == ["Anfrage zurückziehen"]


# the exception (6.6)


async def with_tom(town: Town) -> None:
    await town.supporter("tom", "Kanban", department="FB Umwelt")
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.ask_for("Coaching")


async def test_only_the_coordinators_open_the_rule(town: Town) -> None:
    await with_tom(town)
    said = await town.say("özdemir", "kann ich trotzdem tom nehmen der kennt uns doch")
    assert "Das kann nur die Koordination öffnen. Soll ich sie fragen?" in said
    assert "Für die tägliche Hilfe darfst du Tom Berger direkt ansprechen." in said
    assert town.last("tom") == ""
    await town.say("özdemir", "ja")
    assert "Das Team möchte Tom Berger, FB Umwelt." in town.last("may")
    assert town.last("tom") == ""
    await town.say("may", "ja")
    assert "Magst du das übernehmen?" in town.last("tom")
    assert "Anfrage 1 ist jetzt bei dir." in await town.say("tom", "ja")


async def test_the_coordinators_may_leave_the_rule_closed(town: Town) -> None:
    await with_tom(town)
    await town.say("özdemir", "kann ich trotzdem tom nehmen")
    await town.say("özdemir", "ja")
    await town.say("may", "nein")
    assert "bleibt es bei der Regel" in town.last("özdemir")
    assert town.last("tom") == ""


async def test_a_supporter_cannot_open_the_rule(town: Town) -> None:
    await with_tom(town)
    town.supporters.add("eve")
    data = {"request": "1", "do": "allow", "person": "1"}
    with pytest.raises(UserError, match="entscheidet die Koordination"):
        await support_requests.decide(replace(await town.turn("eve"), choice=Choice("", "", data)), town.services)


@pytest.mark.parametrize("text", ["können wir trotzdem urlaub nehmen", "darf ich auch den dienstwagen haben"])
async def test_other_exceptions_are_questions_like_any_other(town: Town, text: str) -> None:
    class Reached(Exception):
        pass

    class Search:
        async def find(self, *_args: object) -> None:
            raise Reached

    await with_tom(town)
    town.services = replace(town.services, search=cast("object", Search()))  # type: ignore[arg-type]
    with pytest.raises(Reached):
        await town.say("özdemir", text)


# the coordinators decide


async def test_the_coordinators_choose_and_nobody_is_assigned_unasked(town: Town) -> None:
    with_kinds(town, alone(Mode.CENTRAL_MATCH))
    await town.supporter("aylin", "E-Rechnung", formats=["Workshops moderieren"], department="Stadtbücherei")
    assert "Koordination" in await town.ask_for("Workshop-Moderation", goal="das Team neu aufstellen")
    assert "Das Team bittet" not in town.last("may")
    assert any("nennt „Workshops moderieren“" in label for label in town.choices("may"))
    assert town.last("aylin") == ""
    await town.say("may", "1")
    assert "Magst du das übernehmen?" in town.last("aylin")
    assert "ist jetzt jemand gefragt" in town.last("özdemir")
    assert await town.uow.requests.candidates(1, Answer.ACCEPTED) == []
    await town.say("aylin", "heute")
    assert "Aylin Kaya kann Anfrage 1 nicht übernehmen." in town.last("may")
    assert "suche ich weiter" in town.last("özdemir")


async def test_without_coordinators_it_is_said_honestly(town: Town) -> None:
    town.has_coordinators = False
    said = await town.ask_for("Workshop-Moderation")
    assert "Die Koordination hat mir noch nie geschrieben" in said
    assert (await town.request()).state == RequestState.OPEN


async def test_the_coordinators_may_have_nobody(town: Town) -> None:
    await town.ask_for("Workshop-Moderation")
    assert "passt gerade niemand" in town.last("may")
    await town.say("may", "niemand")
    assert "hat für Anfrage 1 gerade niemanden" in town.last("özdemir")


# tandems


async def four(town: Town) -> dict[str, int]:
    new, old = Experience.NEW, Experience.EXPERIENCED
    return {
        "aylin": await town.supporter("aylin", "Kanban", department="Stadtbücherei", experience=old),
        "ruth": await town.supporter("ruth", "Kanban", department="Kämmerei", experience=new),
        "mehmet": await town.supporter("mehmet", "Kanban", department="FB Soziales", experience=new),
    }


async def test_two_are_proposed_asked_and_remembered_as_a_tandem(town: Town) -> None:
    ids = await four(town)
    await town.ask_for("Workshop-Moderation")
    pairs = [label for label in town.choices("may") if " mit " in label]
    assert len(pairs) == 2, "two who are new make no tandem"
    await town.choose_who("may", "Ruth")
    assert "zu zweit, mit Ruth Maier" in town.last("aylin")
    await town.say("aylin", "ja")
    assert "Eine von zwei Personen hat zugesagt." in town.last("özdemir")
    assert (await town.request()).state == RequestState.PROPOSED
    await town.say("ruth", "ja")
    assert (await town.request()).state == RequestState.TAKEN
    assert await town.uow.requests.pairs() == {frozenset((ids["aylin"], ids["ruth"]))}


async def test_a_pair_is_not_repeated(town: Town) -> None:
    ids = await four(town)
    await town.uow.requests.pair(ids["aylin"], ids["ruth"], date(2027, 11, 1))
    await town.ask_for("Workshop-Moderation")
    pairs = [label for label in town.choices("may") if " mit " in label]
    assert len(pairs) == 1
    assert "Mehmet" in pairs[0]


async def test_when_one_declines_another_second_is_sought(town: Town) -> None:
    await four(town)
    await town.ask_for("Workshop-Moderation")
    await town.choose_who("may", "Ruth")
    await town.say("aylin", "ja")
    await town.say("ruth", "passt")
    assert [label for label in town.choices("may") if "Mehmet" in label] == [town.choices("may")[0]]
    await town.say("may", "1")
    assert "zu zweit, mit Aylin Kaya" in town.last("mehmet")
    await town.say("mehmet", "ja")
    assert (await town.request()).state == RequestState.TAKEN


# the supporters take it


async def in_the_room(town: Town, **own: Any) -> int:
    """A request that all supporters see; gives our id of Aylin, who names what it is about, like Ruth."""
    with_kinds(town, alone(Mode.TEAM_PULL))
    aylin = await town.supporter("aylin", "Kanban", department="Stadtbücherei", **own)
    await town.supporter("ruth", "Kanban", department="Kämmerei")
    await town.ask_for("Coaching")
    return aylin


async def test_the_first_who_takes_it_has_it_and_the_second_hears_so(town: Town) -> None:
    await in_the_room(town)
    assert "Anfrage 1" in town.in_room()
    room = town.offers[-1]
    await town.say("aylin", "übernehmen", LOTSEN)
    assert "Übernommen von Aylin Kaya." in town.in_room()
    town.offers.append(room)  # pressed in the same moment
    assert "hat schon Aylin Kaya übernommen" in await town.say("ruth", "übernehmen", LOTSEN)
    assert len(await town.uow.requests.candidates(1, Answer.ACCEPTED)) == 1


@pytest.mark.parametrize("text", ["anfrage 1 übernehmen", "Anfrage 1 übernehme ich", "ich übernehme Anfrage 1"])
async def test_it_is_taken_by_its_number_as_well(town: Town, text: str) -> None:
    await in_the_room(town)
    assert support_requests.is_about_one(text)
    await town.run(support_requests.show_said, await town.turn("aylin", text, LOTSEN))
    assert (await town.request()).state == RequestState.TAKEN


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        ({"paused_until": date(2027, 1, 1)}, "Pause"),
        ({"availability": Availability.FULL}, "voll"),
        ({"weekly_capacity": 0}, "Deine eigene Grenze"),
    ],
)
async def test_what_keeps_somebody_away_is_said_to_themselves_alone(
    town: Town, own: dict[str, object], reason: str
) -> None:
    await in_the_room(town, **own)
    await town.say("aylin", "übernehmen", LOTSEN)
    assert reason in town.last("aylin")
    assert all(reason not in text for to, text in town.heard if to == LOTSEN)
    assert (await town.request()).state == RequestState.OPEN
    await town.say("ruth", "übernehmen", LOTSEN)
    assert (await town.request()).state == RequestState.TAKEN


async def test_the_own_department_is_refused_kindly(town: Town) -> None:
    await in_the_room(town)
    await town.supporter("tom", "Kanban", department="FB Umwelt")
    await town.say("tom", "übernehmen", LOTSEN)
    assert "kommt aus deinem Fachbereich" in town.last("tom")
    assert (await town.request()).state == RequestState.OPEN


async def test_nobody_takes_their_own_request(town: Town) -> None:
    await in_the_room(town)
    town.supporters.add("özdemir")
    with pytest.raises(UserError, match="deine eigene Anfrage"):
        await town.say("özdemir", "übernehmen", LOTSEN)


async def test_staff_take_nothing(town: Town) -> None:
    await in_the_room(town)
    with pytest.raises(UserError, match="übernehmen die Lots:innen"):
        await town.say("eve", "übernehmen", LOTSEN)


async def test_an_own_limit_counts_over_requests(town: Town) -> None:
    with_kinds(town, alone(Mode.TEAM_PULL))
    await town.supporter("aylin", "Kanban", department="Stadtbücherei", weekly_capacity=1)
    await town.ask_for("Coaching")
    await town.say("aylin", "übernehmen", LOTSEN)
    await town.ask_for("Coaching")
    await town.say("aylin", "übernehmen", LOTSEN)
    assert "Deine eigene Grenze" in town.last("aylin")
    assert (await town.request(2)).state == RequestState.OPEN


async def test_who_is_asked_says_yes_in_a_pause_but_not_beyond_their_limit(town: Town) -> None:
    aylin = await town.supporter("aylin", "Kanban", department="Stadtbücherei", weekly_capacity=1)
    await town.ask_for("Coaching")
    await town.choose_who("özdemir", "Aylin")
    portrait = await town.uow.people.portrait(aylin)
    assert portrait is not None
    portrait.paused_until = date(2027, 1, 1)
    await town.uow.people.take_slot(aylin, "question 9", date(2026, 11, 16))
    with pytest.raises(UserError, match="Deine eigene Grenze"):
        await town.say("aylin", "ja")
    await town.uow.people.free_slot("question 9")
    assert "ist jetzt bei dir" in await town.say("aylin", "ja")


async def test_what_a_supporter_gives_back_is_offered_to_the_others_again(town: Town) -> None:
    await in_the_room(town)
    await town.say("aylin", "übernehmen", LOTSEN)
    await town.say("aylin", "anfrage 1")
    await town.say("aylin", "zurückgeben")
    assert "ich übernehme" in " ".join(choice.label for choice in town.offers[-1][3].choices)
    assert town.offers[-1][0] == LOTSEN
    await town.say("ruth", "übernehmen", LOTSEN)
    assert "hat Ruth Maier übernommen" in town.last("özdemir")


# time passes


async def test_who_does_not_answer_is_asked_no_more(town: Town) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.supporter("ruth", "Kanban", department="Kämmerei")
    await town.ask_for("Coaching")
    await town.choose_who("özdemir", "Aylin")
    await town.pass_days(7)
    assert "Inzwischen frage ich weiter." in town.last("aylin")
    assert "kam keine Antwort" in town.last("özdemir")
    assert any("Ruth" in label for label in town.choices("özdemir"))


async def test_what_nobody_takes_goes_to_the_coordinators(town: Town) -> None:
    await in_the_room(town)
    await town.pass_days(1)
    assert town.last("may") == ""
    await town.pass_days(6)
    assert "Bisher hat sich niemand gefunden." in town.last("may")
    assert "liegt jetzt bei der Koordination" in town.last("özdemir")
    await town.say("aylin", "übernehmen", LOTSEN)
    assert (await town.request()).state == RequestState.TAKEN, "in the room it may still be taken"


async def test_who_does_not_choose_is_asked_how_to_go_on(town: Town) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.ask_for("Coaching")
    await town.pass_days(7)
    assert "ist noch offen. Wie soll es weitergehen?" in town.last("özdemir")
    assert town.last("may") == ""
    before = len(town.heard)
    await town.pass_days(3)
    assert len(town.heard) == before, "not every week anew"


async def test_the_coordinators_are_reminded_of_what_lies_with_them(town: Town) -> None:
    await town.ask_for("Workshop-Moderation")
    await town.pass_days(30)
    assert "Anfrage 1 ist noch offen und liegt bei der Koordination." in town.last("may")
    assert "Frau Özdemir" in await town.say("may", "zeigen")


async def test_what_found_nobody_for_months_is_closed_and_deleted(town: Town) -> None:
    await town.ask_for("Coaching")
    for _ in range(12):
        await town.pass_days(14)
        if (await town.uow.requests.get(1)) is None:
            break
    assert await town.uow.requests.get(1) is None
    assert any(
        "hat sich niemand gefunden. Ich schließe sie." in text for to, text in town.heard if to == chat("özdemir")
    )


# the agreement


async def taken(town: Town) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.ask_for("Coaching")
    await town.choose_who("özdemir", "Aylin")
    await town.say("aylin", "ja")


async def test_what_both_expect_is_shown_to_both_at_once(town: Town) -> None:
    await taken(town)
    assert "sobald die andere Seite" in await town.say("aylin", "dass alle freiwillig da sind")
    assert all("freiwillig" not in text for to, text in town.heard if to == chat("özdemir"))
    await town.say("özdemir", "schreiben")
    said = await town.say("özdemir", "dass wir danach ein Board haben")
    for text in (said, town.last("aylin")):
        assert "Aylin Kaya erwartet: „dass alle freiwillig da sind“" in text
        assert "Frau Özdemir erwartet: „dass wir danach ein Board haben“" in text
        assert "Wer entscheidet: noch offen" in text


async def expected(town: Town) -> None:
    await taken(town)
    await town.say("aylin", "überspringen")
    await town.say("özdemir", "überspringen")


async def test_who_wants_to_say_what_they_expect_is_not_asked_the_same_again(town: Town) -> None:
    await taken(town)
    assert await town.say("özdemir", "etwas dazu schreiben") != ""
    assert town.last("özdemir") == "Gern. Schreib es mir in einer Nachricht."
    assert "Notiert" in await town.say("özdemir", "Ein Plan für das Team.")


async def test_it_holds_once_both_sides_agree(town: Town) -> None:
    await expected(town)
    assert "fehlt nur noch die andere Seite" in await town.say("aylin", "passt")
    assert (await town.request()).state == RequestState.TAKEN
    assert "steht" in await town.say("özdemir", "passt")
    assert (await town.request()).state == RequestState.AGREED
    assert "Die Absprache zu Anfrage 1 steht." in town.last("aylin")


async def test_a_changed_line_is_seen_by_the_other_before_it_counts(town: Town) -> None:
    await expected(town)
    await town.say("özdemir", "passt")
    await town.say("aylin", "ändern")
    await town.say("aylin", "5")
    await town.say("aylin", "das Team selbst")
    assert "Geändert: Wer entscheidet" in town.last("özdemir")
    assert "Wer entscheidet: das Team selbst" in town.last("özdemir")
    assert (await town.request()).state == RequestState.TAKEN, "the yes was to the old one"
    await town.say("özdemir", "passt")
    assert (await town.request()).state == RequestState.AGREED


async def test_a_yes_to_an_old_version_shows_the_new_one(town: Town) -> None:
    await expected(town)
    old = {"request": "1", "do": "confirm", "revision": "0"}
    (await town.request()).revision = 1
    turn = replace(await town.turn("özdemir"), choice=Choice("passt", "", old))
    assert "Inzwischen hat sich etwas geändert" in await town.run(support_requests.decide, turn)
    assert not (await town.request()).has_confirmed


async def test_both_are_reminded_once_and_alone(town: Town) -> None:
    await expected(town)
    await town.say("aylin", "passt")
    before = town.last("aylin")
    await town.pass_days(7)
    assert "ist noch offen" in town.last("özdemir")
    assert town.last("aylin") == before


# the end


async def test_the_worth_is_kept_without_person_and_request(town: Town) -> None:
    await taken(town)
    assert "ist erledigt" in (await town.say("aylin", "anfrage 1") and await town.say("aylin", "erledigt"))
    assert "Hat sich die Zeit gelohnt, von 0 bis 5?" in town.last("özdemir")
    await town.say("özdemir", "4")
    assert {"kind", "month", "value", "id"} == set(Worth.__table__.columns.keys())  # type: ignore[attr-defined]
    assert await worths(town) == [("coaching", date(2026, 11, 1), 4)]
    await town.pass_days(15)
    assert await town.uow.requests.get(1) is None


async def worths(town: Town) -> list[tuple[str, date, int]]:
    from sqlalchemy import select

    found = await town.uow.requests._session.scalars(select(Worth))
    return [(one.kind, one.month, one.value) for one in found]


async def test_it_is_asked_once_and_skipped_at_will(town: Town) -> None:
    await taken(town)
    await town.say("aylin", "anfrage 1")
    await town.say("aylin", "erledigt")
    again = town.offers[-1]
    await town.say("özdemir", "überspringen")
    town.offers.append(again)
    assert "schon notiert" in await town.say("özdemir", "5")
    assert await worths(town) == []


async def test_after_the_period_the_team_is_asked_how_it_was(town: Town) -> None:
    await taken(town)
    await town.pass_days(40)
    assert "gelohnt" not in town.last("özdemir")
    await town.pass_days(50)
    assert "Ist das vorbei?" in town.last("özdemir")
    assert "6" not in await town.say("özdemir", "läuft")
    await town.pass_days(20)
    assert (await town.request()).state in (RequestState.TAKEN, RequestState.AGREED)


async def test_without_an_answer_it_is_deleted(town: Town) -> None:
    await taken(town)
    await town.pass_days(90)
    await town.pass_days(20)
    assert await town.uow.requests.get(1) is None


# giving back, withdrawing, leaving


async def test_what_is_given_back_is_sought_again_and_counts_no_more(town: Town) -> None:
    await taken(town)
    await town.say("aylin", "anfragen")
    await town.say("aylin", "1")
    assert "ist wieder frei" in await town.say("aylin", "zurückgeben")
    assert "hat Anfrage 1 zurückgegeben" in town.last("özdemir")
    assert (await town.request()).state == RequestState.OPEN
    assert await town.uow.people.slots(date(2026, 11, 16)) == []


async def test_what_is_withdrawn_is_told_to_whoever_carries_it(town: Town) -> None:
    await taken(town)
    await town.say("özdemir", "anfrage 1")
    assert "ist zurückgezogen" in await town.say("özdemir", "zurückziehen")
    assert "hat das Team zurückgezogen" in town.last("aylin")
    assert await town.uow.people.slots(date(2026, 11, 16)) == []
    await town.pass_days(15)
    assert await town.uow.requests.get(1) is None


async def test_who_was_asked_hears_that_it_is_withdrawn(town: Town) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.ask_for("Coaching")
    await town.choose_who("özdemir", "Aylin")
    await town.say("özdemir", "Anfrage 1 bitte zurücknehmen!")
    await town.say("özdemir", "zurückziehen")
    assert "Zurückgezogen." in town.last("aylin")
    assert town.choices("aylin") == []


async def test_who_leaves_leaves_nothing_behind(town: Town) -> None:
    aylin = await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.supporter("ruth", "Kanban", department="Kämmerei")
    await town.ask_for("Coaching")
    await town.choose_who("özdemir", "Aylin")
    await town.say("aylin", "ja")
    await town.ask_for("Coaching")
    await town.choose_who("özdemir", "Aylin")
    town.take(await support_requests.give_back_all(town.night, town.services, aylin))
    assert [(await town.request(number)).state for number in (1, 2)] == [RequestState.OPEN] * 2
    assert await town.uow.people.slots(date(2026, 11, 16)) == []


async def test_who_deletes_their_data_takes_their_requests_along(town: Town) -> None:
    await taken(town)
    town.take(await support_requests.withdraw_all(town.night, town.services, "p", "özdemir"))
    assert await town.uow.requests.get(1) is None
    assert "hat das Team zurückgezogen" in town.last("aylin")


async def test_what_is_withdrawn_names_nobody_in_the_room(town: Town) -> None:
    await in_the_room(town)
    assert "Frau Özdemir" in town.in_room()
    await town.say("aylin", "übernehmen", LOTSEN)
    await town.say("özdemir", "anfrage 1")
    await town.say("özdemir", "zurückziehen")
    assert town.in_room() == "**Anfrage 1**, Coaching\n\nZurückgezogen."


@pytest.mark.parametrize("is_taken", [False, True])
async def test_who_deletes_their_data_is_shown_nowhere_any_more(town: Town, is_taken: bool) -> None:
    await in_the_room(town)
    [post] = await town.uow.requests.posts(1)
    if is_taken:
        await town.say("aylin", "übernehmen", LOTSEN)
    town.take(await support_requests.withdraw_all(town.night, town.services, "p", "özdemir"))
    assert town.gone == {post.key: LOTSEN}


@pytest.mark.parametrize("is_done", [False, True])
async def test_who_leaves_is_named_in_no_room_any_more(town: Town, is_done: bool) -> None:
    aylin = await in_the_room(town)
    await town.say("aylin", "übernehmen", LOTSEN)
    assert "Aylin Kaya" in town.in_room()
    if is_done:
        await town.say("aylin", "anfrage 1")
        await town.say("aylin", "erledigt")
    before = len(town.heard)
    town.take(await support_requests.give_back_all(town.night, town.services, aylin))
    after = [text for to, text in town.heard[before:] if to == LOTSEN]
    assert after[0] == "**Anfrage 1**, Coaching\n\nNicht mehr aktuell."


async def test_who_leaves_is_not_suggested_in_the_room_any_more(town: Town) -> None:
    aylin = await in_the_room(town)
    assert "Aylin Kaya" in town.in_room()
    town.take(await support_requests.give_back_all(town.night, town.services, aylin))
    assert "Aylin Kaya" not in town.in_room()
    await town.say("ruth", "übernehmen", LOTSEN)
    assert (await town.request()).state == RequestState.TAKEN


async def test_on_their_other_account_the_team_goes_on_where_it_writes(town: Town) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    person = await town.uow.people.know("p", "özdemir", "Frau Özdemir")
    await town.uow.people.link(("p", "özdemir2"), person.id or 0)
    await town.ask_for("Coaching")
    await town.say("özdemir2", "anfrage 1")
    assert "zeigen, wer passt" in town.choices("özdemir2")
    assert "Für Anfrage 1 passen" in await town.say("özdemir2", "auswahl")
    assert "Ich frage Aylin Kaya" in await town.choose_who("özdemir2", "Aylin")


async def test_a_yes_of_the_same_night_is_not_overwritten(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.ask_for("Coaching")
    await town.choose_who("özdemir", "Aylin")
    seen = SupportRequest(**columns(await town.request()))  # type: ignore[arg-type]
    await town.say("aylin", "ja")

    async def read_before(today: date) -> Sequence[SupportRequest]:
        return [seen]

    monkeypatch.setattr(town.uow.requests, "due", read_before)
    await town.pass_days(7)
    assert not any("kam keine Antwort" in text for _, text in town.heard)
    assert (await town.request()).state == RequestState.TAKEN
    assert len(await town.uow.requests.candidates(1, Answer.ACCEPTED)) == 1


async def test_who_left_meanwhile_cannot_be_chosen(town: Town) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.ask_for("Coaching")
    town.supporters.discard("aylin")
    with pytest.raises(UserError, match="keine Lotsin und kein Lotse mehr"):
        await town.choose_who("özdemir", "Aylin")


async def test_two_of_one_name_are_told_apart(town: Town) -> None:
    await town.supporter("aylin", "E-Akte", department="Stadtbücherei")
    other = await town.supporter("aylin2", "E-Akte", department="Kämmerei")
    person = await town.uow.people.get(other)
    assert person is not None
    person.name = "Aylin Kaya"
    await town.ask_for("Coaching")
    await town.say("özdemir", "andere")
    assert "Wer ist gemeint?" in await town.say("özdemir", "Aylin Kaya")
    await town.choose_who("özdemir", "Kämmerei")
    assert town.last("aylin") == ""
    assert "Magst du" in town.last("aylin2")


@pytest.mark.parametrize("person", ["eve", "ruth", "may"])
async def test_requests_of_others_are_not_shown(town: Town, person: str) -> None:
    await taken(town)
    await town.supporter("ruth", "Kanban", department="Kämmerei")
    for text in ("anfrage 1", "anfrage 99"):
        with pytest.raises(UserError, match="finde ich bei dir nicht"):
            await town.say(person, text)


async def test_strangers_can_do_nothing_about_a_request(town: Town) -> None:
    await taken(town)
    town.supporters.add("eve")
    before, heard = columns(await town.request()), len(town.heard)
    for do in sorted(support_requests.DONE_BY):
        data = {"request": "1", "do": do, "people": "1", "person": "1", "line": "goal", "revision": "0", "value": "5"}
        turn = replace(await town.turn("eve", "Tom Berger"), choice=Choice("", "", data))
        with contextlib.suppress(UserError):
            town.take(await support_requests.decide(turn, town.services), chat("eve"), "eve")
        assert columns(await town.request()) == before, do
    assert all(to == chat("eve") for to, _ in town.heard[heard:])
    assert all("Kanban" not in text for to, text in town.heard if to == chat("eve"))
    assert await worths(town) == []


def columns(request: SupportRequest) -> dict[str, object]:
    return {column: getattr(request, column) for column in SupportRequest.model_fields}


@pytest.mark.parametrize("mode", [Mode.SELF_CHOICE, Mode.CENTRAL_MATCH])
async def test_only_those_who_decide_have_somebody_asked(town: Town, mode: Mode) -> None:
    with_kinds(town, alone(mode))
    ruth = await town.supporter("ruth", "Kanban", department="Kämmerei")
    await town.ask_for("Coaching")
    town.supporters.add("eve")
    asks = Choice("", "", {"request": "1", "do": "ask", "people": str(ruth)})
    with pytest.raises(UserError):
        await support_requests.decide(replace(await town.turn("eve"), choice=asks), town.services)
    assert await town.uow.requests.candidates(1) == []


async def test_the_list_shows_own_and_carried_ones_in_plain_words(town: Town) -> None:
    await taken(town)
    for person in ("özdemir", "aylin"):
        await town.say(person, "anfragen")
        assert town.choices(person) == [
            "Anfrage 1, Coaching: übernommen, die Absprache läuft. „Kanban im Team einführen“"
        ]
    assert "keine Anfrage offen" in await town.say("may", "anfragen")


async def test_the_coordinators_see_what_waits_for_them(town: Town) -> None:
    await town.ask_for("Workshop-Moderation")
    await town.say("may", "anfragen")
    assert "ich suche jemanden" in town.choices("may")[0]


async def test_a_closed_request_takes_no_answers(town: Town) -> None:
    await town.supporter("aylin", "Kanban", department="Stadtbücherei")
    await town.ask_for("Coaching")
    await town.choose_who("özdemir", "Aylin")
    standing = town.offers[-1]
    await town.say("özdemir", "anfrage 1")
    await town.say("özdemir", "zurückziehen")
    town.offers.append(standing)
    assert "zurückgezogen" in await town.say("aylin", "ja")
    assert (await town.request()).state == RequestState.WITHDRAWN


# whatever the supporters are like


PEOPLE: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        department=st.sampled_from([None, "FB Umwelt", "Umweltamt", "FB Soziales", "Wohngeld"]),
        weekly_capacity=st.sampled_from([None, 0, 1, 2]),
        availability=st.sampled_from(list(Availability)),
        paused_until=st.sampled_from([None, date(2026, 11, 19), date(2026, 11, 20), date(2027, 1, 1)]),
    ),
    min_size=1,
    max_size=4,
)


@given(people=PEOPLE, order=st.lists(st.integers(0, 3), max_size=10), kind=st.sampled_from(["Coaching", "Schulung"]))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_request_is_lost_and_nobody_carries_what_they_may_not(
    empty: str, finder: Supporters, people: list[dict[str, Any]], order: list[int], kind: str
) -> None:
    asyncio.run(_in_a_town(empty, finder, people, order, kind))


async def _in_a_town(url: str, finder: Supporters, people: list[dict[str, Any]], order: list[int], kind: str) -> None:
    database = Database(url)
    async with database.unit_of_work() as uow:  # never committed: each town begins empty
        house = House(departments=DEPARTMENTS, kinds=alone(Mode.TEAM_PULL))
        services = Services(NO_SEARCH, (), cast(Sensitivity, Calm()), finder, house, NO_DECISIONS)
        town = Town(uow, services)
        ids = [await town.supporter(f"s{place}", "Kanban", **one) for place, one in enumerate(people)]
        for _ in range(2):
            await town.ask_for(kind)
        for place in order:
            await _try_to_take(town, f"s{place % len(people)}")
        await _check(town, people, ids, kind)
    await database.close()


async def _try_to_take(town: Town, person: str) -> None:
    for number in (1, 2):
        take = Choice("", "", {"request": str(number), "do": "take"})
        with contextlib.suppress(UserError):
            turn = replace(await town.turn(person, room=LOTSEN), choice=take)
            town.take(await support_requests.decide(turn, town.services), LOTSEN, person)


async def _check(town: Town, people: Sequence[dict[str, Any]], ids: Sequence[int], kind: str) -> None:
    carried: list[int] = []
    for number in (1, 2):
        request = await town.request(number)
        accepted = [one.person_id for one in await town.uow.requests.candidates(number, Answer.ACCEPTED)]
        assert len(accepted) == (request.state == RequestState.TAKEN)
        assert request.state in (RequestState.OPEN, RequestState.TAKEN)
        assert request.due_on is not None, "somebody will look after it"
        carried += accepted
    for person_id, own in zip(ids, people, strict=True):
        count, most = carried.count(person_id), own["weekly_capacity"]
        assert most is None or count <= most
        if count:
            assert own["availability"] != Availability.FULL
            assert own["paused_until"] in (None, date(2026, 11, 19))
            area = DEPARTMENTS.same_area(own["department"], "FB Umwelt")
            assert kind != "Coaching" or area is False


class Calm:
    """Finds nothing sensitive."""

    def by_words(self, _text: str) -> None:
        return None


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of an empty, migrated database."""
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('empty') / 'test.db'}"

    async def prepare() -> None:
        database = Database(url)
        await database.migrate()
        await database.close()

    asyncio.run(prepare())
    return url
