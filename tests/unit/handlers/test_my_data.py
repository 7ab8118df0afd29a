"""What is kept about a person is shown to them, handed over, and deleted with all its consequences."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.language import AddressForm, sentences
from bot.messages import Action, Change, Choice, Conversation, Delete, Reply, Send
from bot.retention import Retention
from bot.turn import House, Services, Turn
from conftest import MovedClock
from fakes import ANNA, said
from handlers.my_data import LONGEST_PART, ask_to_delete, decide, explain_privacy, hand_over, show
from knowledge.supporters import Said
from storage.database import Database
from storage.models.knowledge import EntryContent, Part, Wording
from storage.models.people import OneTimeCode, Person, Portrait, Purpose
from storage.models.questions import PendingOffer
from storage.models.requests import Answer, RequestPost, RequestState, SupportRequest
from storage.models.rooms import Room
from storage.models.routing import Routing, RoutingMessage, RoutingPlace, RoutingState, Side
from storage.repositories.attendance import DAYS_KEPT

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TODAY = NOW.date()
HERE = "stand-in"
TEAMS = "teams:bot"
LOTSEN = Conversation(HERE, "lotsen")
BERND = "bernd"
KEPT: list[Sequence[Said]] = []
"""What the search for supporters was told to keep alone."""
NOTHING = "Über dich habe ich nichts gespeichert."


def services(house: House | None = None) -> Services:
    supporters = SimpleNamespace(keep_only=KEPT.append)
    return cast(Services, SimpleNamespace(house=house or House(), supporters=supporters))


SERVICES = services()


@pytest.fixture
async def turn(sqlite: Database, clock: MovedClock) -> AsyncIterator[Turn]:
    async with sqlite.unit_of_work() as uow:
        content = EntryContent(question="Wo?", answer="Da.", owner="Anna")
        await uow.knowledge.save([("a", content), ("b", content)], "test", clock.now())
        yield Turn(said("e", "meine daten"), "", None, "k1", frozenset(), NOW, str, uow)


async def know(turn: Turn, person: str, *, name: str = "Anna", teams: str | None = None) -> int:
    found = await turn.uow.people.know(HERE, person, name)
    assert found.id is not None
    if teams:
        await turn.uow.people.link((TEAMS, teams), found.id)
    return found.id


async def fill(turn: Turn, person: str) -> None:
    await turn.uow.knowledge.assign("a", Part.OWNER, HERE, person)
    await turn.uow.knowledge.assign("b", Part.PROPOSER, HERE, person)
    await turn.uow.addresses.know(HERE, f"chat of {person}", person)
    await offer(turn, person, "k")


async def offer(turn: Turn, person: str, key: str, topic: str = "t", **data: str) -> None:
    choices = [{"word": "ja", "label": "ja", "data": data}]
    row = PendingOffer(
        platform=HERE, conversation_id="c", person=person, message_key=key, topic=topic, choices=choices, created_at=NOW
    )
    await turn.uow.questions.offer(row)


async def ask(turn: Turn, person: str | None, state: RoutingState = RoutingState.SOUGHT, **given: Any) -> int:
    """A question on its way, from somebody or without a name from their chat, shown in the supporters' room."""
    question = await turn.uow.questions.open("Wo ist der Scanner?", TODAY, "asked")
    named: dict[str, Any] = {"asker_platform": HERE, "asker_person": person, "asker_name": "Anna"}
    routing = Routing(
        text="Wo ist der Scanner?",
        answer_key="asked",
        state=state,
        question_id=question,
        **(named if person else {}),
        **given,
    )
    number = await turn.uow.routing.open(routing)
    asked = turn.message.conversation.id if person in (None, ANNA.id) else f"chat of {person}"
    await place(turn, number, Side.ASKER, asked, is_direct=True, person=person, root="r")
    await place(turn, number, Side.SUPPORTERS, LOTSEN.id, key=f"post {number}")
    return number


async def place(turn: Turn, number: int, side: Side, chat: str, **given: Any) -> None:
    row = RoutingPlace(routing_id=number, side=side, platform=HERE, conversation_id=chat, **given)
    place_id = await turn.uow.routing.add_place(row)
    if row.key:
        await turn.uow.routing.note(RoutingMessage(key=row.key, routing_id=number, place_id=place_id))


async def text(turn: Turn) -> str:
    [action] = await show(turn, SERVICES)
    assert isinstance(action, Reply)
    return action.text


def chosen(turn: Turn, **data: str) -> Turn:
    return replace(turn, choice=Choice("x", "x", data))


async def delete(turn: Turn) -> Sequence[Action]:
    return await decide(chosen(turn, do="delete"), SERVICES)


def sent(actions: Sequence[Action]) -> list[str]:
    return [action.text for action in actions if isinstance(action, Send)]


# showing


async def test_all_that_is_kept_is_shown_with_its_kind(turn: Turn) -> None:
    await fill(turn, ANNA.id)
    shown = await text(turn)
    assert "Nr. 1 frage ich dich" in shown
    assert "Nr. 2 hast du vorgeschlagen" in shown
    assert "Einzelchat" in shown
    assert "Offene Auswahlen für dich: 1" in shown


async def test_nobody_else_is_shown(turn: Turn) -> None:
    await know(turn, BERND, name="Bernd")
    await fill(turn, BERND)
    await ask(turn, BERND)
    assert await text(turn) == NOTHING


@pytest.mark.parametrize("handler", [show, hand_over, ask_to_delete])
async def test_it_is_not_shown_where_others_read_it(turn: Turn, handler: Any) -> None:
    await fill(turn, ANNA.id)
    room = replace(turn, message=replace(turn.message, conversation=Conversation(HERE, "room")))
    [reply] = await handler(room, SERVICES)
    assert "nur im Einzelchat" in reply.text
    assert reply.offer is None


async def whole(turn: Turn) -> str:
    """All pages."""
    said, after = "", "0"
    while True:
        [reply] = await decide(chosen(turn, do="show", after=after), SERVICES)
        assert isinstance(reply, Reply)
        assert reply.offer
        assert len(reply.text) <= 600
        said += reply.text + "\n"
        more = [choice for choice in reply.offer.choices if choice.word == "mehr"]
        if not more:
            return said
        after = more[0].data["after"]


async def test_everything_of_a_supporter_with_two_accounts_is_shown_in_pages(turn: Turn) -> None:
    anna = await know(turn, ANNA.id, teams="anna in teams")
    bernd = await know(turn, BERND, name="Bernd")
    person = await turn.uow.people.get(anna)
    assert person
    person.role, person.department, person.is_named = "curator", "Sozialamt", False
    portrait = Portrait(
        person_id=anna, topics=["E-Akte"], formats=["Workshop"], note="vormittags", out_of_scope="Drucker",
        contact="4711", weekly_capacity=2, paused_until=date(2026, 12, 1), deputy_person_id=bernd, consented_on=TODAY,
        refresh_on=TODAY,
    )  # fmt: skip
    await turn.uow.people.keep(portrait)
    await turn.uow.people.keep(Portrait(person_id=bernd, topics=[], formats=[], deputy_person_id=anna))
    await turn.uow.people.learn(anna, "wie scanne ich", fits=True)
    await turn.uow.people.learn(anna, "drucker kaputt", fits=False)
    await turn.uow.people.take_slot(anna, "question 12", date(2026, 11, 16))
    code = OneTimeCode(digest="geheim", purpose=Purpose.LINK, person_id=anna, expires_at=NOW + timedelta(hours=1))
    await turn.uow.people.add_code(code)
    await fill(turn, ANNA.id)
    await turn.uow.addresses.know(TEAMS, "chat in teams", "anna in teams")
    await turn.uow.rooms.keep(Room(platform=TEAMS, conversation_id="chat in teams", address_form="sie"))
    own = await ask(turn, ANNA.id)
    nameless = await ask(turn, None)
    taken = await ask(turn, BERND, RoutingState.TAKEN, taker_platform=TEAMS, taker_person="anna in teams")
    refused = await ask(turn, BERND)
    await turn.uow.routing.refuse(refused, TEAMS, "anna in teams")
    await offer(turn, ANNA.id, "own words", "answer", question="was heißt dms")
    request = await request_of(turn, ANNA.id)
    asked = await request_of(turn, BERND)
    await turn.uow.requests.answer(asked, anna, Answer.ACCEPTED)
    await turn.uow.requests.pair(anna, bernd, date(2027, 11, 1))
    shown = await whole(turn)
    for part in (
        "Name: Anna", "Redaktion", "Sozialamt", "nicht unter Antworten", "Konto: Teams (anna in teams)",
        "Ein Code wartet (Konten verknüpfen). Er gilt bis 20. November 2026, 10:00 Uhr.", "Themen: E-Akte",
        "Formate: Workshop", "Wann: vormittags", "Nicht: Drucker", "Kontakt: 4711", "höchstens 2 in der Woche",
        "Pause bis", "Vertretung: Bernd", "Du vertrittst: Bernd", "Passt zu dir: „wie scanne ich“",
        "Passt nicht zu dir: „drucker kaputt“", "in dieser Woche: Frage 12", f"Frage {own} von dir (gesucht)",
        f"Frage {nameless} von dir, ohne Namen", f"Frage {taken} hast du übernommen",
        f"Zu Frage {refused} frage ich dich nicht mehr", "deine Frage: „was heißt dms“", f"Anfrage {request} von dir",
        f"Anfrage {asked} an dich: zugesagt", "Tandem mit Bernd, gemerkt bis 1. November 2027", "Einzelchat in Teams",
        "Anrede im Einzelchat: Sie",
    ):  # fmt: skip
        assert part in shown, part
    assert "geheim" not in shown


async def request_of(turn: Turn, person: str) -> int:
    request = SupportRequest(
        kind="workshop_moderation", platform=HERE, requester_person=person, requester_name="Anna",
        conversation_id=turn.message.conversation.id if person == ANNA.id else f"chat of {person}", goal="Kanban",
        asked_on=TODAY,
    )  # fmt: skip
    number = await turn.uow.requests.open(request)
    await turn.uow.requests.note_post(
        RequestPost(key=f"request post {number}", request_id=number, platform=HERE, conversation_id=LOTSEN.id)
    )
    return number


# handing over


async def exported(turn: Turn) -> dict[str, list[dict[str, Any]]]:
    """What the messages say, put together again."""
    found: dict[str, list[dict[str, Any]]] = {}
    for action in await hand_over(turn, SERVICES):
        assert isinstance(action, Reply)
        [block] = re.findall(r"```json\n(.*?)\n```", action.text, re.DOTALL)
        assert len(block) <= LONGEST_PART
        for name, rows in json.loads(block).items():
            found.setdefault(name, []).extend(rows)
    return found


async def test_the_export_is_json_in_plain_german(turn: Turn) -> None:
    anna = await know(turn, ANNA.id)
    await turn.uow.people.keep(Portrait(person_id=anna, topics=["E-Akte"], formats=[], consented_on=TODAY))
    await fill(turn, ANNA.id)
    number = await ask(turn, ANNA.id)
    found = await exported(turn)
    assert found["person"] == [{"name": "Anna", "rolle": None, "fachbereich": None, "name_wird_gezeigt": True}]
    assert found["porträt"][0]["themen"] == ["E-Akte"]
    assert found["porträt"][0]["sichtbar_seit"] == "2026-11-20"
    assert found["antworten"][0] | {} == {
        "antwort": 1, "aufgabe": "verantwortlich", "plattform": HERE, "kennung": ANNA.id
    }  # fmt: skip
    [question] = found["eigene_fragen"]
    assert (question["nummer"], question["stand"]) == (number, "gesucht")
    assert found["auswahlen"][0]["seit"] == "2026-11-20T09:00:00+00:00"


async def test_a_long_export_comes_in_parts_that_each_are_json(turn: Turn) -> None:
    anna = await know(turn, ANNA.id)
    for number in range(200):
        await turn.uow.people.learn(anna, f"wie scanne ich ``` {number} " + "x" * 100, fits=True)
    assert len(await hand_over(turn, SERVICES)) > 3
    found = await exported(turn)
    assert len(found["gelernte_formulierungen"]) == 200
    assert "```" in found["gelernte_formulierungen"][0]["text"]


async def test_nothing_of_others_is_exported(turn: Turn) -> None:
    await know(turn, ANNA.id)
    await ask(turn, BERND, RoutingState.TAKEN, taker_platform=HERE, taker_person=ANNA.id, taker_name="Anna")
    await offer(turn, ANNA.id, "k", "routed_answer_as_knowledge", question="GEHEIM", answer="GEHEIM", author=ANNA.id)
    found = await exported(turn)
    assert "GEHEIM" not in json.dumps(found)
    assert "Scanner" not in json.dumps(found), "the question is somebody else's"
    assert "chat of bernd" not in json.dumps(found)


async def test_who_is_unknown_gets_no_file(turn: Turn) -> None:
    [reply] = await hand_over(turn, SERVICES)
    assert isinstance(reply, Reply)
    assert reply.text == NOTHING


# deleting


async def test_first_it_is_said_what_will_happen(turn: Turn) -> None:
    anna = await know(turn, ANNA.id, teams="anna in teams")
    await turn.uow.people.keep(Portrait(person_id=anna, topics=["E-Akte"], formats=[]))
    await fill(turn, ANNA.id)
    await ask(turn, ANNA.id)
    await ask(turn, BERND, RoutingState.TAKEN, taker_platform=HERE, taker_person=ANNA.id)
    [reply] = await decide(chosen(turn, do="ask"), services(House(backups_kept_days=45)))
    assert isinstance(reply, Reply)
    assert reply.offer
    assert [choice.word for choice in reply.offer.choices] == ["ja", "nein"]
    for part in (
        "Porträt",
        "überall zurück",
        "gebe ich für dich zurück",
        "nicht mehr verknüpft",
        "ohne dich",
        "45 Tagen",
    ):
        assert part in reply.text, part
    assert len(reply.text) <= 600
    assert "Anfragen" not in reply.text, "only what there is"


async def test_who_says_no_keeps_everything(turn: Turn) -> None:
    await fill(turn, ANNA.id)
    [reply] = await decide(chosen(turn, do="keep"), SERVICES)
    assert isinstance(reply, Reply)
    assert "Nr. 1" in await text(turn)


async def test_all_of_it_is_deleted_and_the_answers_stay_without_the_name(turn: Turn) -> None:
    await know(turn, ANNA.id, teams="anna in teams")
    await fill(turn, ANNA.id)
    [reply] = await delete(turn)
    assert isinstance(reply, Reply)
    assert "Aufgaben bei Antworten" in reply.text
    assert "20. Dezember 2026" in reply.text, "when the last backup goes"
    assert await text(turn) == NOTHING
    assert await turn.uow.people.find(TEAMS, "anna in teams") is None
    assert await turn.uow.questions.offers_to(HERE, "c", ANNA.id) == []
    one, other = await turn.uow.knowledge.get(["a", "b"])
    assert (one.owner, other.owner) == (None, "Anna"), "the second one names another Anna"
    assert [version.content["owner"] for version in await turn.uow.knowledge.revisions("a")] == [None]


async def test_own_questions_are_taken_back_where_they_are_shown(turn: Turn) -> None:
    named, nameless = await ask(turn, ANNA.id), await ask(turn, None)
    other = await ask(turn, BERND)
    actions = await delete(turn)
    gone = {action.key for action in actions if isinstance(action, Delete)}
    assert gone == {f"post {named}", f"post {nameless}"}
    assert await turn.uow.routing.get(named) is None
    assert await turn.uow.routing.get(nameless) is None
    assert await turn.uow.routing.get(other) is not None
    assert await turn.uow.questions.count_open() == 1


async def test_taken_questions_are_free_again_and_their_asker_hears_it(turn: Turn) -> None:
    anna = await know(turn, ANNA.id, teams="anna in teams")
    number = await ask(turn, BERND, RoutingState.TAKEN, taker_platform=TEAMS, taker_person="anna in teams")
    await turn.uow.people.take_slot(anna, f"question {number}", date(2026, 11, 16))
    actions = await delete(turn)
    found = await turn.uow.routing.get(number)
    assert found is not None
    assert (found.state, found.taker_person) == (RoutingState.RETURNED, None)
    assert found.due_on is not None
    assert await turn.uow.routing.refusals(number) == []
    assert [action.to.id for action in actions if isinstance(action, Send)] == ["chat of bernd"]
    assert [action.to for action in actions if isinstance(action, Change)] == [LOTSEN]


async def test_nothing_is_said_or_offered_in_the_chats_of_who_goes(turn: Turn) -> None:
    await know(turn, ANNA.id)
    await turn.uow.addresses.know(HERE, "annas chat", ANNA.id)
    number = await ask(turn, BERND, RoutingState.TAKEN, taker_platform=HERE, taker_person=ANNA.id)
    await place(turn, number, Side.SUPPORTERS, "annas chat", is_direct=True, person=ANNA.id, key="shown to anna")
    actions = await delete(turn)
    here = [action for action in actions if not isinstance(action, Reply) and action.to.id == "annas chat"]
    assert here == [Delete("shown to anna", Conversation(HERE, "annas chat", is_direct=True))]


async def test_buttons_go_with_the_offers_but_for_those_that_were_just_pressed(turn: Turn) -> None:
    for key, do, text in (("older", "file", "Hier."), ("pressed", "delete", "Alles?"), ("no buttons", "file", None)):
        choices = [{"word": "x", "label": "x", "data": {"do": do}}]
        row = PendingOffer(
            platform=HERE, conversation_id="flur", person=ANNA.id, message_key=key, topic="my_data", text=text,
            choices=choices, created_at=NOW,
        )  # fmt: skip
        await turn.uow.questions.offer(row)
    changes = [action for action in await delete(turn) if isinstance(action, Change)]
    assert changes == [Change("older", Conversation(HERE, "flur"), "Hier.")]


async def test_lists_of_others_in_which_somebody_may_be_chosen_go(turn: Turn) -> None:
    anna, bernd = await know(turn, ANNA.id), await know(turn, BERND, name="Bernd")
    await offer(turn, "carl", "both", topic="support_request", people=f"{bernd} {anna}")
    await offer(turn, "carl", "other", topic="support_request", people=f"{bernd}")
    await delete(turn)
    assert await turn.uow.questions.offer_below("both") is None
    assert await turn.uow.questions.offer_below("other") is not None


async def test_what_a_portrait_said_is_in_no_memory_any_more(turn: Turn) -> None:
    for person, topic in ((ANNA.id, "Imkerei"), (BERND, "Kanban")):
        number = await know(turn, person, name=person)
        await turn.uow.people.keep(Portrait(person_id=number, topics=[topic], formats=[], consented_on=TODAY))
    KEPT.clear()
    await delete(turn)
    assert [[one.topics for one in said] for said in KEPT] == [[("Kanban",)]]


async def test_own_requests_go_and_who_agreed_to_help_hears_it(turn: Turn) -> None:
    bernd = await know(turn, BERND, name="Bernd")
    await turn.uow.addresses.know(HERE, "chat of bernd", BERND)
    number = await request_of(turn, ANNA.id)
    await turn.uow.requests.take(number, bernd)
    await turn.uow.people.take_slot(bernd, f"request {number}", date(2026, 11, 16))
    actions = await delete(turn)
    assert await turn.uow.requests.get(number) is None
    assert await turn.uow.people.slots(date(2026, 11, 16)) == []
    assert [action for action in actions if isinstance(action, Delete)] == [Delete(f"request post {number}", LOTSEN)]
    assert sent(actions) == [f"Anfrage {number} hat das Team zurückgezogen."]


async def test_a_request_that_was_agreed_to_is_open_again(turn: Turn) -> None:
    anna = await know(turn, ANNA.id)
    number = await request_of(turn, BERND)
    await turn.uow.requests.take(number, anna)
    actions = await delete(turn)
    request = await turn.uow.requests.get(number)
    assert request is not None
    assert (request.state, request.places) == (RequestState.OPEN, 1)
    assert await turn.uow.requests.candidates(number) == []
    assert sent(actions)[0] == f"Anna hat Anfrage {number} zurückgegeben."


async def test_wordings_that_can_still_be_known_are_unlearned(turn: Turn) -> None:
    for key, words in (("asked", "wo scannen"), ("k", "drucker"), ("unknown", "was heißt dms")):
        await turn.uow.knowledge.learn(Wording(entry_id="a", text=words, fits=True, answer_key=key, learned_on=TODAY))
    await offer(turn, ANNA.id, "k")
    await ask(turn, ANNA.id)
    await delete(turn)
    left = await turn.uow.knowledge.wordings(["a"])
    assert [wording.text for wording in left["a"]] == ["was heißt dms"]


async def test_the_form_of_address_of_the_chat_is_forgotten_at_once(turn: Turn) -> None:
    here = turn.message.conversation
    await turn.uow.rooms.keep(Room(platform=here.platform, conversation_id=here.id, address_form="du"))
    await delete(turn)
    assert turn.uow.rooms.changed[here.platform, here.id] is None


async def test_nobody_elses_data_goes(turn: Turn) -> None:
    await know(turn, ANNA.id)
    bernd = await know(turn, BERND, name="Bernd")
    await turn.uow.people.keep(Portrait(person_id=bernd, topics=["E-Akte"], formats=[], consented_on=TODAY))
    await offer(turn, BERND, "his")
    await delete(turn)
    assert [one.name for one, _ in await turn.uow.people.portraits()] == ["Bernd"]
    assert isinstance(await turn.uow.people.get(bernd), Person)
    assert len(await turn.uow.questions.offers_to(HERE, "c", BERND)) == 1


async def test_who_is_unknown_need_not_decide_anything(turn: Turn) -> None:
    [reply] = await ask_to_delete(turn, SERVICES)
    assert isinstance(reply, Reply)
    assert (reply.text, reply.offer) == (NOTHING, None)


async def test_who_only_asks_is_not_told_that_they_asked(turn: Turn) -> None:
    await offer(turn, ANNA.id, "k", "my_data", do="file")
    assert await text(turn) == NOTHING


# privacy


@pytest.mark.parametrize("form", list(AddressForm))
@pytest.mark.parametrize("platform", ["console", "matrix:@bot:example.org", "teams:bot"])
async def test_privacy_tells_the_numbers_of_the_settings(turn: Turn, platform: str, form: AddressForm) -> None:
    kept = Retention(offers=3, open_questions=61, ids=17, unmet_topics=62, tandems=211)
    message = replace(turn.message, conversation=Conversation(platform, "c", is_direct=True))
    here = replace(turn, message=message, say=sentences(form))
    told, part, house = "", 0, services(House(kept_days=11, backups_kept_days=43, retention=kept))
    actions = await explain_privacy(here, house)
    while True:
        [reply] = actions
        assert isinstance(reply, Reply)
        assert len(reply.text) <= 600
        told += reply.text + " "
        if reply.offer is None:
            break
        part += 1
        assert reply.offer.choices[0].data["part"] == str(part)
        actions = await decide(chosen(here, **reply.offer.choices[0].data), house)
    assert told.startswith("Ich zähle und bewerte niemanden.")
    numbers = {int(number) for number in re.findall(r"\d+", told)}
    assert numbers == {3, 61, 17, 62, 211, 11, 43, DAYS_KEPT}
