"""Portraits: made by two or three answers, changed by a sentence, seen by nobody who should not see them."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Incoming, Offer, Reply, Send, Sender
from bot.roles import Role
from bot.turn import House, Night, Services, Turn
from fakes import said
from handlers import ask
from handlers.candidates import Found, find
from handlers.cards import card, day_in_words
from handlers.deputies import DEPUTY, is_called
from handlers.deputies import decide as take_deputy
from handlers.introductions import FILLING, go_on, times_said
from handlers.portrait_changes import CHANGE, MOST_TOPICS, applied, copied, decide
from handlers.portraits import (
    DETAIL,
    HIDDEN_AFTER,
    OTHERS,
    PORTRAIT,
    ask_to_refresh,
    asks_for_person,
    choose,
    end_pauses,
    hide_own,
    reveal_own,
    show_chosen,
    show_named,
    show_own,
    take_detail,
    take_sentence,
)
from handlers.self_reports import Change
from knowledge.assignment import QUESTION, Obstacle
from knowledge.departments import Department, Departments
from knowledge.supporters import Fit, Match, Said
from storage.database import Database
from storage.models.people import Availability, Experience, Person, Portrait
from storage.models.questions import PendingOffer
from storage.models.routing import Routing, RoutingState

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)  # a Friday
TODAY = NOW.date()
RUTH, AYLIN, OEZDEMIR = Sender("ruth", "Ruth Maier"), Sender("aylin", "Aylin Kaya"), Sender("oez", "Frau Özdemir")
SUPPORTERS = {"ruth", "aylin", "ruth2"}
TREE = Departments([Department("Kämmerei", ("Amt 20",)), Department("Umweltamt"), Department("Umwelthaus")])
SERVICES = cast(Services, type("House", (), {"house": House(TREE)})())
CHOOSERS = {
    FILLING: go_on,
    PORTRAIT: choose,
    DETAIL: take_detail,
    CHANGE: decide,
    DEPUTY: take_deputy,
    OTHERS: show_chosen,
}


async def role_of(_platform: str, person: str) -> Role:
    return Role.SUPPORTER if person in SUPPORTERS else Role.STAFF_MEMBER


def chat(sender: Sender) -> Conversation:
    return Conversation("p", f"direct:{sender.id}", is_direct=True)


def message(sender: Sender, text: str) -> Incoming:
    return replace(said("e", text, chat(sender)), sender=sender)


class Talk:
    """What one person says to the bot, with the offers that stand for them."""

    def __init__(self, turn: Turn, sender: Sender) -> None:
        role = Role.SUPPORTER if sender.id in SUPPORTERS else Role.STAFF_MEMBER
        self.turn = replace(turn, message=message(sender, ""), role=role)
        self.offer: Offer | None = None
        self.sent: list[Send] = []

    async def said(self, handler: object, text: str = "") -> str:
        """Say something to a handler; gives the answer."""
        turn = replace(self.turn, text=text, message=replace(self.turn.message, text=text))
        return self._heard(await handler(turn, SERVICES))  # type: ignore[operator]

    async def writes(self, text: str) -> str:
        """Write the text that the last answer asks for."""
        assert self.offer is not None
        assert self.offer.asks is not None, "no text is asked for"
        return await self._take(self.offer, Choice("", "", self.offer.asks), text)

    async def takes(self, word: str, offer: Offer | None = None) -> str:
        """Take a choice of the last answer, or of an offer."""
        offer = offer or self.offer
        assert offer is not None
        [choice] = [one for one in offer.choices if one.word == word]
        return await self._take(offer, choice, "")

    async def _take(self, offer: Offer, choice: Choice, text: str) -> str:
        turn = replace(self.turn, choice=choice, text=text, message=replace(self.turn.message, text=text))
        return self._heard(await CHOOSERS[offer.topic](turn, SERVICES))

    def _heard(self, actions: Sequence[Action]) -> str:
        replies = [action for action in actions if isinstance(action, Reply)]
        self.sent = [action for action in actions if isinstance(action, Send)]
        self.offer = replies[-1].offer if replies else None
        return "\n\n".join(reply.text for reply in replies)

    @property
    def words(self) -> list[str]:
        return [choice.word for choice in self.offer.choices] if self.offer else []


@pytest.fixture
async def turn(sqlite: Database) -> AsyncIterator[Turn]:
    async with sqlite.unit_of_work() as uow:
        for sender in (RUTH, AYLIN):
            await uow.addresses.know("p", chat(sender).id, sender.id)
        yield Turn(said("e", ""), "", None, "k", frozenset(), NOW, str, uow, role_of=role_of)


@pytest.fixture
def ruth(turn: Turn) -> Talk:
    return Talk(turn, RUTH)


@pytest.fixture
def aylin(turn: Turn) -> Talk:
    return Talk(turn, AYLIN)


@pytest.fixture
def staff(turn: Turn) -> Talk:
    return Talk(turn, OEZDEMIR)


async def portrait_of(turn: Turn, sender: Sender) -> Portrait | None:
    person = await turn.uow.people.find("p", sender.id)
    return await turn.uow.people.portrait(person.id or 0) if person else None


async def has_portrait(turn: Turn, sender: Sender, department: str | None = None, **values: object) -> Portrait:
    person = await turn.uow.people.know("p", sender.id, sender.name)
    person.department = department
    known = {"topics": ["Kanban"], "formats": [], "consented_on": TODAY, "refresh_on": date(2027, 5, 20)}
    portrait = Portrait.model_validate({"person_id": person.id, **known, **values})
    await turn.uow.people.keep(portrait)
    return portrait


# the first one


async def test_three_answers_and_a_yes_make_a_portrait(turn: Turn, ruth: Talk) -> None:
    assert "Wobei kannst du helfen? Nenn ein paar Themen." in await ruth.said(show_own)
    assert await ruth.writes("Kanban, E-Akte und so") == "Aus welchem Fachbereich kommst du?"
    assert await ruth.writes("amt 20") == "Wann bist du erreichbar, und was machst du nicht?"
    looked = await ruth.writes("nur vormittags. Excel-Makros mache ich nicht")
    assert looked == (
        "Ruth Maier, Kämmerei\n\n- Themen: Kanban, E-Akte\n- Wann: nur vormittags\n- Nicht: Excel-Makros\n\n"
        "So sehen es alle Beschäftigten. Sichtbar machen?"
    )
    assert ruth.words == ["ja", "ändern", "verwerfen"]
    assert "ist jetzt sichtbar" in await ruth.takes("ja")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert (portrait.topics, portrait.note, portrait.out_of_scope) == (
        ["Kanban", "E-Akte"],
        "nur vormittags",
        "Excel-Makros",
    )
    assert (portrait.consented_on, portrait.refresh_on) == (TODAY, date(2027, 5, 20))
    person = await turn.uow.people.find("p", "ruth")
    assert person
    assert person.department == "Kämmerei"


async def test_what_staff_see_is_what_was_shown_before_the_yes(ruth: Talk, staff: Talk) -> None:
    await ruth.said(show_own)
    await ruth.writes("Kanban")
    await ruth.takes("überspringen")
    looked = await ruth.writes("vormittags")
    await ruth.takes("ja")
    assert looked.startswith(await staff.said(show_named, "wer ist Ruth Maier?"))


async def test_before_the_yes_nothing_is_in_the_table(turn: Turn, ruth: Talk, staff: Talk) -> None:
    await ruth.said(show_own)
    for answer in ("Kanban", "Kämmerei", "vormittags"):
        await ruth.writes(answer)
        assert await turn.uow.people.find("p", "ruth") is None
        assert "kenne ich kein Porträt" in await staff.said(show_named, "wer ist Ruth Maier?")
    assert "bleibt nichts" in await ruth.takes("verwerfen")
    assert await turn.uow.people.find("p", "ruth") is None


async def stands(turn: Turn, sender: Sender, offer: Offer | None, key: str = "m1") -> None:
    """Keep an offer as the dispatcher does."""
    assert offer is not None
    choices = [{"word": one.word, "label": one.label, "data": dict(one.data)} for one in offer.choices]
    row = PendingOffer(
        platform="p", conversation_id=chat(sender).id, person=sender.id, message_key=key, topic=offer.topic,
        choices=choices, asks=dict(offer.asks) if offer.asks is not None else None, created_at=NOW,
    )  # fmt: skip
    await turn.uow.questions.offer(row)


async def offers_to(turn: Turn, sender: Sender) -> list[str]:
    return [offer.topic for offer in await turn.uow.questions.offers_to("p", chat(sender).id, sender.id)]


async def test_who_stopped_goes_on_where_they_were(turn: Turn, ruth: Talk) -> None:
    await ruth.said(show_own)
    await ruth.writes("Kanban")
    await stands(turn, RUTH, ruth.offer)
    assert await ruth.said(show_own) == "Aus welchem Fachbereich kommst du?"
    assert await offers_to(turn, RUTH) == []
    await ruth.takes("überspringen")
    assert "Themen: Kanban" in await ruth.takes("überspringen")


@pytest.mark.parametrize("word", ["verwerfen", "ja"])
async def test_nothing_unfinished_is_left_behind(turn: Turn, ruth: Talk, word: str) -> None:
    await ruth.said(show_own)
    await stands(turn, RUTH, ruth.offer, "earlier")
    await ruth.writes("Kanban")
    await ruth.takes("überspringen")
    await ruth.takes("überspringen")
    await stands(turn, RUTH, ruth.offer)
    await ruth.takes(word)
    assert await offers_to(turn, RUTH) == []


async def test_everything_can_be_skipped_and_then_there_is_nothing(turn: Turn, ruth: Talk) -> None:
    await ruth.said(show_own)
    for _ in range(2):
        await ruth.takes("überspringen")
    assert "nichts zu zeigen" in await ruth.takes("überspringen")
    assert ruth.offer is None
    assert await turn.uow.people.find("p", "ruth") is None


async def test_a_known_department_is_not_asked_for(turn: Turn, ruth: Talk) -> None:
    person = await turn.uow.people.know("p", "ruth", "Ruth Maier")
    person.department = "Umweltamt"
    await ruth.said(show_own)
    assert "Wann bist du erreichbar" in await ruth.writes("Kanban")
    assert "Ruth Maier, Umweltamt" in await ruth.takes("überspringen")


async def test_an_unknown_department_is_not_guessed(ruth: Talk) -> None:
    await ruth.said(show_own)
    await ruth.writes("Kanban")
    assert "Meinst du einen" in await ruth.writes("Umwelt")
    assert ruth.words == ["1", "2", "überspringen", "verwerfen"]
    await ruth.takes("1")
    assert "Ruth Maier, Umwelt" in await ruth.takes("überspringen")


async def test_a_department_that_nothing_is_like_is_asked_again(ruth: Talk) -> None:
    await ruth.said(show_own)
    await ruth.writes("Kanban")
    assert "kenne ich nicht" in await ruth.writes("Raumfahrt")
    assert "Wann bist du" in await ruth.writes("Ich bin in der Kämmerei")


async def test_an_answer_without_topics_is_asked_again(ruth: Talk) -> None:
    await ruth.said(show_own)
    with pytest.raises(UserError, match="kein Thema"):
        await ruth.writes("weiß nicht")


async def test_the_look_can_be_changed_by_a_sentence(ruth: Talk) -> None:
    await ruth.said(show_own)
    await ruth.writes("Kanban")
    await ruth.takes("überspringen")
    await ruth.takes("überspringen")
    await ruth.takes("ändern")
    assert "Themen: Kanban, Scrum" in await ruth.writes("ich kann auch Scrum")
    with pytest.raises(UserError, match="verstehe"):
        await ruth.writes("blau")


async def test_a_question_in_between_is_answered_and_asked_on(monkeypatch: pytest.MonkeyPatch, ruth: Talk) -> None:
    async def answer(_turn: Turn, _services: Services) -> Sequence[Action]:
        return [Reply("Die Antwort.")]

    monkeypatch.setattr(ask, "ask", answer)
    await ruth.said(show_own)
    heard = await ruth.writes("wer liest das denn?")
    assert heard == "Die Antwort.\n\nWobei kannst du helfen? Nenn ein paar Themen."
    assert ruth.offer
    assert ruth.offer.topic == FILLING


@pytest.mark.parametrize(
    ("text", "note", "out_of_scope"),
    [
        ("Di und Do vormittags, keine Excel-Makros", "Di und Do vormittags", "Excel-Makros"),
        ("Montags bis 14 Uhr. Technik mache ich nicht.", "Montags bis 14 Uhr", "Technik"),
        ("vormittags, aber nicht freitags", "vormittags. nicht freitags", None),
        ("immer", "immer", None),
        ("ich mache keine Makros", None, "Makros"),
        ("nur vormittags; bin krank", "nur vormittags", None),
    ],
)
def test_times_and_limits_are_told_apart(text: str, note: str | None, out_of_scope: str | None) -> None:
    change = times_said(text, TODAY)
    assert (change.note, change.out_of_scope) == (note, out_of_scope)


@pytest.mark.parametrize("reason", ["bin krank", "pause bis 3.12. wegen OP", "bis freitag weg, muss zum arzt"])
def test_why_somebody_is_away_is_not_kept(reason: str) -> None:
    change = times_said(f"nur vormittags. {reason}", TODAY)
    assert change.note == "nur vormittags"


async def test_an_endless_answer_is_refused_before_it_is_read(ruth: Talk) -> None:
    await ruth.said(show_own)
    await ruth.writes("Kanban")
    await ruth.takes("überspringen")
    with pytest.raises(UserError, match="höchstens 2000 Zeichen"):
        await ruth.writes(" " * 100_000 + "x")


@pytest.mark.parametrize("said", ["pause", "pause bis 3.12.", "meine Vertretung ist Aylin Kaya"])
async def test_what_is_offered_in_a_chat_is_not_taken_once_others_read_along(
    turn: Turn, ruth: Talk, aylin: Talk, said: str
) -> None:
    await has_portrait(turn, RUTH)
    await has_portrait(turn, AYLIN)
    await ruth.said(take_sentence, said)
    talk, offer = (aylin, ruth.sent[0].offer) if ruth.sent else (ruth, ruth.offer)
    assert offer
    place = replace(chat(talk.turn.message.sender), is_direct=False)
    talk.turn = replace(talk.turn, message=replace(talk.turn.message, conversation=place))
    with pytest.raises(UserError, match="Hier lesen andere mit"):
        await talk.takes(offer.choices[0].word, offer)


async def test_a_portrait_is_not_finished_once_others_read_along(ruth: Talk) -> None:
    await ruth.said(show_own)
    place = replace(chat(RUTH), is_direct=False)
    ruth.turn = replace(ruth.turn, message=replace(ruth.turn.message, conversation=place))
    with pytest.raises(UserError, match="Hier lesen andere mit"):
        await ruth.writes("Kanban")


async def test_staff_have_no_portrait(staff: Talk) -> None:
    with pytest.raises(UserError, match="nur Lots:innen"):
        await staff.said(show_own)


async def test_whose_role_has_ended_publishes_nothing(turn: Turn, ruth: Talk) -> None:
    await ruth.said(show_own)
    await ruth.writes("Kanban")
    await ruth.takes("überspringen")
    await ruth.takes("überspringen")
    ruth.turn = replace(ruth.turn, role=Role.STAFF_MEMBER)
    with pytest.raises(UserError):
        await ruth.takes("ja")


@pytest.mark.parametrize("handler", [show_own, hide_own, reveal_own, take_sentence])
async def test_in_a_room_nothing_of_it_is_shown(ruth: Talk, handler: object) -> None:
    ruth.turn = replace(ruth.turn, message=replace(ruth.turn.message, conversation=Conversation("p", "room")))
    with pytest.raises(UserError, match="Einzelchat"):
        await ruth.said(handler, "pause bis 3.12.")


# sentences


async def test_a_pause_is_confirmed_with_its_last_day_and_undone(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    assert await ruth.said(take_sentence, "pause bis 3.12.") == (
        "Pause bis Donnerstag, 3. Dezember 2026, dieser Tag eingeschlossen. Ich nenne dich bis dahin nicht."
    )
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert portrait.paused_until == date(2026, 12, 3)
    assert "wieder wie vorher" in await ruth.takes("rückgängig")
    assert portrait.paused_until is None


async def test_a_pause_works_without_a_portrait_and_leaves_nothing(turn: Turn, ruth: Talk) -> None:
    await ruth.said(take_sentence, "pause bis 3.12.")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert (portrait.paused_until, portrait.consented_on, portrait.topics) == (date(2026, 12, 3), None, [])
    assert await end_pauses(night(turn, NOW + timedelta(13)), SERVICES) == []
    assert await portrait_of(turn, RUTH)
    await end_pauses(night(turn, NOW + timedelta(14)), SERVICES)
    assert await portrait_of(turn, RUTH) is None


async def test_an_undone_pause_without_a_portrait_leaves_nothing(turn: Turn, ruth: Talk) -> None:
    await ruth.said(take_sentence, "pause bis 3.12.")
    await ruth.takes("rückgängig")
    assert await portrait_of(turn, RUTH) is None


async def test_who_pauses_and_has_no_portrait_can_still_make_one(turn: Turn, ruth: Talk) -> None:
    await ruth.said(take_sentence, "pause bis 3.12.")
    assert "Pause bis Donnerstag" in await ruth.said(show_own)
    await ruth.writes("Kanban")
    await ruth.takes("überspringen")
    await ruth.takes("überspringen")
    await ruth.takes("ja")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert (portrait.topics, portrait.paused_until) == (["Kanban"], date(2026, 12, 3))


async def test_a_pause_without_a_day_asks_for_it(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    assert "Bis wann?" in await ruth.said(take_sentence, "bin krank")
    with pytest.raises(UserError, match="lese ich nicht"):
        await ruth.writes("bis auf weiteres")
    with pytest.raises(UserError, match="schon vorbei"):
        await ruth.writes("1.3.2024")
    heard = await ruth.writes("nächsten Freitag")
    assert heard.startswith("Pause bis Freitag, 27. November 2026")
    assert "krank" not in heard


async def test_who_does_not_know_the_day_is_full(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    await ruth.said(take_sentence, "pause")
    assert "voll" in await ruth.writes("voll")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert (portrait.availability, portrait.paused_until) == (Availability.FULL, None)
    assert "nenne dich wieder" in await ruth.said(take_sentence, "bin wieder da")
    assert portrait.availability is None


async def test_a_day_in_the_past_changes_nothing(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    assert "schon vorbei" in await ruth.said(take_sentence, "pause bis 1.3.2024")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert portrait.paused_until is None


async def test_a_later_pause_does_not_begin_before_its_day(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH, availability=Availability.FREE)
    heard = await ruth.said(take_sentence, "ab montag zwei wochen urlaub")
    assert heard.startswith("Pause von Montag, 23. November 2026 bis Montag, 7. Dezember 2026, beide Tage")
    portrait = await portrait_of(turn, RUTH)
    person = await turn.uow.people.find("p", "ruth")
    assert portrait
    assert person
    assert "Luft" in card(str, person, portrait, date(2026, 11, 22))
    for day in (date(2026, 11, 23), date(2026, 12, 7)):
        assert "Luft" not in card(str, person, portrait, day)
    assert "Luft" in card(str, person, portrait, date(2026, 12, 8))


async def test_topics_are_added_and_dropped(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    assert await ruth.said(take_sentence, "ich kann auch Scrum") == "Deine Themen: Kanban, Scrum."
    assert await ruth.said(take_sentence, "streich Kanban") == "Deine Themen: Scrum."
    await ruth.takes("rückgängig")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert portrait.topics == ["Kanban", "Scrum"]


async def test_a_topic_that_may_be_one_of_two_is_asked_for(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH, topics=["Excel-Makros", "Excel-Diagramme", "Kanban"])
    assert "Welches Thema" in await ruth.said(take_sentence, "streich Excel")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert len(portrait.topics) == 3
    assert await ruth.takes("2") == "Deine Themen: Excel-Makros, Kanban."


async def test_a_topic_that_is_not_there_is_said(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    with pytest.raises(UserError, match="„Word“ steht nicht"):
        await ruth.said(take_sentence, "streich Word")


async def test_too_many_topics_are_refused(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH, topics=[f"Thema {number}" for number in range(MOST_TOPICS)])
    with pytest.raises(UserError, match="Mehr als 12"):
        await ruth.said(take_sentence, "ich kann auch Kanban")


async def test_what_is_there_already_offers_nothing_to_undo(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    assert await ruth.said(take_sentence, "ich kann auch kanban") == "Das steht schon so da."
    assert ruth.offer is None


async def test_a_topic_without_a_portrait_begins_one_and_is_not_asked_for(turn: Turn, ruth: Talk) -> None:
    assert "Aus welchem Fachbereich" in await ruth.said(take_sentence, "ich kann auch Kanban")
    assert await turn.uow.people.find("p", "ruth") is None
    await ruth.takes("überspringen")
    assert "Themen: Kanban" in await ruth.takes("überspringen")


@pytest.mark.parametrize(
    ("text", "heard", "field", "value"),
    [
        ("höchstens 2 pro woche", "Höchstens 2 in der Woche.", "weekly_capacity", 2),
        ("bin voll", "Notiert: voll.", "availability", Availability.FULL),
        ("ich bin neu dabei", "Notiert: neu dabei.", "experience", Experience.NEW),
        ("nur vormittags", "Wann du erreichbar bist: nur vormittags.", "note", "nur vormittags"),
        ("durchwahl 1234", "Wie man dich erreicht: Durchwahl 1234.", "contact", "Durchwahl 1234"),
        ("ich moderiere auch Workshops", "Deine Formate: Workshops.", "formats", ["Workshops"]),
    ],
)
async def test_a_sentence_changes_a_portrait_at_once(
    turn: Turn, ruth: Talk, text: str, heard: str, field: str, value: object
) -> None:
    before = await has_portrait(turn, RUTH)
    assert (await ruth.said(take_sentence, text)).startswith(heard)
    portrait = await portrait_of(turn, RUTH)
    assert getattr(portrait, field) == value
    await ruth.takes("rückgängig")
    assert getattr(portrait, field) == getattr(before, field)


async def test_the_name_below_answers_and_the_department_are_undone_too(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH, "Kämmerei")
    person = await turn.uow.people.find("p", "ruth")
    assert person
    await ruth.said(take_sentence, "ohne namen antworten")
    assert not person.is_named
    await ruth.takes("rückgängig")
    assert person.is_named
    assert "Umweltamt" in await ruth.said(take_sentence, "ich bin jetzt im Umweltamt")
    assert person.department == "Umweltamt"
    await ruth.takes("rückgängig")
    assert person.department == "Kämmerei"


async def test_a_hidden_portrait_stays_hidden_when_it_changes(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH, consented_on=None)
    assert "ist verborgen" in await ruth.said(take_sentence, "ich kann auch Scrum")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert portrait.consented_on is None


async def test_a_deleted_portrait_does_not_come_back_by_undoing(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    await ruth.said(take_sentence, "streich Kanban")
    undo = ruth.offer
    await stands(turn, RUTH, undo)
    await ruth.said(show_own)
    await ruth.takes("löschen")
    assert "Gelöscht" in await ruth.takes("löschen")
    assert await portrait_of(turn, RUTH) is None
    assert await offers_to(turn, RUTH) == []
    assert "nicht mehr" in await ruth.takes("rückgängig", undo)
    assert await portrait_of(turn, RUTH) is None


# questions in hand


async def taken(turn: Turn, person: str, state: RoutingState = RoutingState.TAKEN) -> int:
    row = Routing(text="?", answer_key="a", state=state, taker_platform="p", taker_person=person)
    return await turn.uow.routing.open(row)


async def test_who_pauses_hears_what_they_have(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    mine, _ = await taken(turn, "ruth"), await taken(turn, "aylin")
    await taken(turn, "ruth", RoutingState.ANSWERED)
    assert (await ruth.said(take_sentence, "pause bis 3.12.")).endswith(f"Bei dir liegt noch: Frage {mine}.")
    assert ruth.words == ["rückgängig", "abgeben"]


async def test_who_pauses_with_nothing_hears_nothing_of_it(turn: Turn, ruth: Talk) -> None:
    await taken(turn, "aylin")
    await ruth.said(take_sentence, "pause bis 3.12.")
    assert ruth.words == ["rückgängig"]


# deputies


async def test_a_deputy_counts_only_after_their_yes(turn: Turn, ruth: Talk, aylin: Talk) -> None:
    await has_portrait(turn, RUTH)
    other = await has_portrait(turn, AYLIN)
    assert "Erst mit einem „ja“" in await ruth.said(take_sentence, "meine Vertretung ist Aylin Kaya")
    [asked] = ruth.sent
    assert (asked.to, asked.person) == (chat(AYLIN), "aylin")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert portrait.deputy_person_id is None
    assert "vertrittst jetzt Ruth Maier" in await aylin.takes("ja", asked.offer)
    assert portrait.deputy_person_id == other.person_id
    assert [told.to for told in aylin.sent] == [chat(RUTH)]


async def test_a_deputy_may_refuse(turn: Turn, ruth: Talk, aylin: Talk) -> None:
    await has_portrait(turn, RUTH)
    await has_portrait(turn, AYLIN)
    await ruth.said(take_sentence, "meine Vertretung ist Aylin Kaya")
    [asked] = ruth.sent
    await aylin.takes("nein", asked.offer)
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert portrait.deputy_person_id is None
    assert "kann dich zurzeit nicht vertreten" in aylin.sent[0].text


async def test_undoing_brings_back_nobody_who_left(turn: Turn, ruth: Talk) -> None:
    deputy = await has_portrait(turn, AYLIN)
    await has_portrait(turn, RUTH, deputy_person_id=deputy.person_id)
    await ruth.said(take_sentence, "ich habe keine Vertretung")
    await turn.uow.people.forget_person(deputy.person_id)
    assert "wieder wie vorher" in await ruth.takes("rückgängig")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert portrait.deputy_person_id is None


async def test_nobody_else_agrees_for_a_deputy(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    await has_portrait(turn, AYLIN)
    await ruth.said(take_sentence, "meine Vertretung ist Aylin Kaya")
    [asked] = ruth.sent
    assert "gilt nicht mehr" in await ruth.takes("ja", asked.offer)


async def test_of_two_deputies_of_one_name_the_department_tells(turn: Turn, aylin: Talk) -> None:
    other = Sender("ruth2", "Ruth Maier")
    await has_portrait(turn, AYLIN)
    await has_portrait(turn, RUTH, "Kämmerei")
    await has_portrait(turn, other, "Umweltamt")
    await turn.uow.addresses.know("p", chat(other).id, "ruth2")
    assert "mehrmals" in await aylin.said(take_sentence, "meine Vertretung ist Ruth Maier")
    assert aylin.offer
    assert [one.label for one in aylin.offer.choices][:2] == ["Ruth Maier, Kämmerei", "Ruth Maier, Umweltamt"]
    await aylin.takes("2")
    assert aylin.sent[0].to == chat(other)


@pytest.mark.parametrize("name", ["Ruth Maier", "Erna Unbekannt", "Frau Özdemir"])
async def test_only_another_supporter_is_a_deputy(turn: Turn, ruth: Talk, name: str) -> None:
    await has_portrait(turn, RUTH)
    await turn.uow.people.know("p", "oez", "Frau Özdemir")
    with pytest.raises(UserError, match="niemanden mit dem Namen"):
        await ruth.said(take_sentence, f"meine Vertretung ist {name}")


@pytest.mark.parametrize(
    ("shown", "name", "is_meant"),
    [
        ("Ruth Maier", "ruth maier", True),
        ("Ruth Maier", "Frau Maier", True),
        ("Maier, Ruth", "Ruth Maier", True),
        ("Ruth Maier, Lotsin in der Kämmerei", "Ruth Maier", True),
        ("Ruth Maier, Lotsin in der Kämmerei", "Lotsin Kämmerei", False),
        ("Ruth Maier (FB 20)", "Ruth Maier", True),
        ("Ruth Maier", "Ruth Meier", False),
        ("Ruth Maier", "Frau", False),
        ("Ruth Maier", "Ruth Anna Maier", False),
    ],
)
def test_a_name_is_never_guessed(shown: str, name: str, is_meant: bool) -> None:
    assert is_called(Person(name=shown), name) is is_meant


# one's own


async def test_ones_own_shows_what_others_see_and_what_they_do_not(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH, weekly_capacity=2, paused_until=date(2026, 12, 3))
    heard = await ruth.said(show_own)
    public, _, private = heard.partition("Nur du siehst:")
    assert "Themen: Kanban" in public
    assert "Pause" not in public
    assert "höchstens 2 in der Woche" in private
    assert "Pause bis Donnerstag, 3. Dezember 2026" in private
    assert ruth.words == ["themen", "zeiten", "kontakt", "ändern", "verbergen", "löschen"]


@pytest.mark.parametrize(
    ("word", "text", "field", "value"),
    [
        ("themen", "Scrum, E-Akte", "topics", ["Scrum", "E-Akte"]),
        ("zeiten", "Di und Do", "note", "Di und Do"),
        ("zeiten", "bin bis 3.12. weg", "paused_until", date(2026, 12, 3)),
        ("kontakt", "Tel. 0815", "contact", "Tel. 0815"),
        ("ändern", "ich kann auch Scrum", "topics", ["Kanban", "Scrum"]),
    ],
)
async def test_a_part_is_changed_by_the_text_that_was_asked_for(
    turn: Turn, ruth: Talk, word: str, text: str, field: str, value: object
) -> None:
    await has_portrait(turn, RUTH)
    await ruth.said(show_own)
    await ruth.takes(word)
    await ruth.writes(text)
    assert getattr(await portrait_of(turn, RUTH), field) == value


async def test_a_part_can_be_left_empty(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH, contact="Durchwahl 1234")
    await ruth.said(show_own)
    await ruth.takes("kontakt")
    await ruth.takes("leer")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert portrait.contact == ""


async def test_what_nobody_reads_is_refused(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    await ruth.said(show_own)
    await ruth.takes("kontakt")
    with pytest.raises(UserError, match="300 Zeichen"):
        await ruth.writes("x" * 301)


async def test_a_hidden_portrait_is_seen_by_nobody_until_it_is_shown_again(turn: Turn, ruth: Talk, staff: Talk) -> None:
    await has_portrait(turn, RUTH)
    await ruth.said(hide_own)
    assert await turn.uow.people.portraits() == []
    assert "kenne ich kein Porträt" in await staff.said(show_named, "wer ist Ruth Maier?")
    await ruth.said(reveal_own)
    assert "Kanban" in await staff.said(show_named, "wer ist Ruth Maier?")
    portrait = await portrait_of(turn, RUTH)
    assert portrait
    assert portrait.consented_on == TODAY


# those of others


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("wer ist Ruth Maier?", True),
        ("wer ist ruth maier", True),
        ("wer ist Frau Maier?", True),
        ("porträt von Ruth Maier", True),
        ("zeig mir das profil von frau maier", True),
        ("wer ist zuständig für Wohngeld?", False),
        ("wer ist der Personalrat?", False),
        ("wer ist unser Datenschutzbeauftragter", False),
        ("wer ist hier Chef", False),
        ("wer ist Datenschutzbeauftragter", False),
        ("wer kennt Ruth Maier", False),
    ],
)
def test_a_question_for_a_person_names_one(text: str, asks: bool) -> None:
    assert asks_for_person(text) is asks


async def test_of_two_of_one_name_one_is_chosen(turn: Turn, staff: Talk) -> None:
    await has_portrait(turn, RUTH, "Kämmerei")
    await has_portrait(turn, Sender("ruth2", "Ruth Maier"), "Umweltamt", topics=["Scrum"])
    assert "mehrmals" in await staff.said(show_named, "wer ist Frau Maier?")
    assert "Scrum" in await staff.takes("2")


async def test_what_was_hidden_since_is_not_shown(turn: Turn, ruth: Talk, staff: Talk) -> None:
    await has_portrait(turn, RUTH)
    await has_portrait(turn, Sender("ruth2", "Ruth Maier"))
    await staff.said(show_named, "wer ist Ruth Maier?")
    await ruth.said(hide_own)
    assert "gibt es nicht mehr" in await staff.takes("1")


async def test_nobody_tells_unknown_hidden_and_former_supporters_apart(turn: Turn, staff: Talk) -> None:
    await has_portrait(turn, RUTH, consented_on=None)
    await has_portrait(turn, Sender("gone", "Gerd Ging"))
    heard = {
        (await staff.said(show_named, f"wer ist {name}?")).replace(name, "X")
        for name in ("Ruth Maier", "Gerd Ging", "Uli Unbekannt")
    }
    assert len(heard) == 1


async def test_what_may_be_no_name_is_a_question(monkeypatch: pytest.MonkeyPatch, staff: Talk) -> None:
    async def answer(_turn: Turn, _services: Services) -> Sequence[Action]:
        return [Reply("Die Antwort.")]

    monkeypatch.setattr(ask, "ask", answer)
    assert await staff.said(show_named, "wer ist leitung sozialamt") == "Die Antwort."


async def test_what_staff_say_of_themselves_is_a_question(monkeypatch: pytest.MonkeyPatch, staff: Talk) -> None:
    async def answer(_turn: Turn, _services: Services) -> Sequence[Action]:
        return [Reply("Die Antwort.")]

    monkeypatch.setattr(ask, "ask", answer)
    assert await staff.said(take_sentence, "bin voll") == "Die Antwort."


# cards

texts = st.text(max_size=20)


@given(
    st.builds(
        Portrait,
        person_id=st.just(1),
        topics=st.lists(texts),
        formats=st.lists(texts),
        note=texts,
        availability=st.none() | st.sampled_from(Availability),
        weekly_capacity=st.none() | st.integers(0, 9),
        experience=st.none() | st.sampled_from(Experience),
        paused_from=st.none() | st.dates(),
        paused_until=st.none() | st.dates(),
    )
)
def test_a_card_never_tells_of_pauses_limits_or_experience(portrait: Portrait) -> None:
    person = Person(name="Ruth Maier")
    shown = card(str, person, portrait, TODAY)
    assert all(line.partition(": ")[2] or line.endswith("Luft.") for line in shown.splitlines()[2:] if ": " in line)
    away = copied(portrait, paused_from=None, paused_until=TODAY, availability=Availability.FREE)
    unknown = copied(away, paused_until=None, availability=None)
    full = copied(unknown, availability=Availability.FULL, weekly_capacity=1, experience=Experience.NEW)
    assert card(str, person, away, TODAY) == card(str, person, unknown, TODAY) == card(str, person, full, TODAY)


def test_only_a_self_reported_load_is_shown() -> None:
    person = Person(name="Ruth Maier")
    shown = {
        load: card(str, person, Portrait(person_id=1, topics=[], formats=[], availability=load), TODAY)
        for load in (None, *Availability)
    }
    assert shown[None] == shown[Availability.FULL] == "Ruth Maier\n"
    assert shown[Availability.FREE].endswith("- Hat gerade Luft.")
    assert shown[Availability.SOME_ROOM].endswith("- Hat gerade etwas Luft.")


def test_a_day_is_said_with_its_weekday() -> None:
    assert day_in_words(date(2026, 12, 3)) == "Donnerstag, 3. Dezember 2026"


@given(st.lists(st.sampled_from("ABCabc"), max_size=5), st.lists(st.sampled_from("ABCabc"), max_size=5))
def test_no_topic_stands_twice(known: list[str], added: list[str]) -> None:
    portrait = Portrait(person_id=1, topics=[], formats=[])
    once = applied(portrait, Change(topics_added=tuple(known)))
    topics = applied(once, Change(topics_added=tuple(added))).topics
    assert len({topic.casefold() for topic in topics}) == len(topics)
    assert {topic.casefold() for topic in topics} == {topic.casefold() for topic in known + added}


# keeping them true


def night(turn: Turn, now: datetime = NOW) -> Night:
    return Night(now, str, turn.uow, role_of=role_of)


async def test_somebody_is_asked_once_whether_it_still_holds(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH, refresh_on=TODAY)
    assert await ask_to_refresh(night(turn, NOW - timedelta(1)), SERVICES) == []
    [asked] = await ask_to_refresh(night(turn), SERVICES)
    assert (asked.to, asked.person) == (chat(RUTH), "ruth")
    assert "Stimmt dein Porträt noch?" in asked.text
    assert "Themen: Kanban" in asked.text
    assert await ask_to_refresh(night(turn, NOW + timedelta(1)), SERVICES) == []
    assert "20. Mai 2027" in await ruth.takes("ja", asked.offer)
    assert await ask_to_refresh(night(turn, NOW + timedelta(100)), SERVICES) == []


async def test_a_portrait_without_an_answer_is_hidden_and_shown_again_by_a_word(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH, refresh_on=TODAY)
    await ask_to_refresh(night(turn), SERVICES)
    silent = NOW + HIDDEN_AFTER
    assert await ask_to_refresh(night(turn, silent - timedelta(1)), SERVICES) == []
    [told] = await ask_to_refresh(night(turn, silent), SERVICES)
    assert "verborgen" in told.text
    assert await turn.uow.people.portraits() == []
    assert await ask_to_refresh(night(turn, silent + timedelta(1)), SERVICES) == []
    await ruth.takes("zeigen", told.offer)
    assert len(await turn.uow.people.portraits()) == 1


async def test_a_change_is_an_answer_too(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH, refresh_on=TODAY)
    await ask_to_refresh(night(turn), SERVICES)
    await ruth.said(take_sentence, "ich kann auch Scrum")
    assert await ask_to_refresh(night(turn, NOW + HIDDEN_AFTER), SERVICES) == []


async def test_later_than_the_choices_stand_it_can_be_confirmed_below_ones_own(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH, refresh_on=TODAY)
    await ask_to_refresh(night(turn), SERVICES)
    assert "Stimmt es noch?" in await ruth.said(show_own)
    assert "frage ich wieder" in await ruth.takes("ja")


async def test_nobody_is_asked_or_hidden_in_a_pause(turn: Turn) -> None:
    await has_portrait(turn, RUTH, refresh_on=TODAY, paused_until=TODAY + timedelta(90))
    assert await ask_to_refresh(night(turn), SERVICES) == []
    assert await ask_to_refresh(night(turn, NOW + HIDDEN_AFTER), SERVICES) == []
    assert len(await turn.uow.people.portraits()) == 1


async def test_who_cannot_be_asked_is_hidden_after_the_same_time(turn: Turn) -> None:
    await has_portrait(turn, Sender("away", "Ada Weg"), refresh_on=TODAY)
    assert await ask_to_refresh(night(turn), SERVICES) == []
    assert len(await turn.uow.people.portraits()) == 1
    assert await ask_to_refresh(night(turn, NOW + HIDDEN_AFTER), SERVICES) == []
    assert await turn.uow.people.portraits() == []


# finding


class EverybodyFits:
    """Finds all who said anything."""

    async def find(self, _question: str, said: Sequence[Said]) -> Sequence[Match]:
        return [Match(one.person_id, "Kanban", Fit.MEANING, 1.0) for one in said]


async def found(turn: Turn) -> tuple[Found, Mapping[str, int]]:
    services = cast(Services, type("All", (), {"house": House(), "supporters": EverybodyFits()})())
    people = {person.name: portrait.person_id for person, portrait in await turn.uow.people.portraits()}
    return await find(turn, services, "Kanban", QUESTION), people


async def test_who_is_no_supporter_any_more_is_not_found(turn: Turn) -> None:
    gone = Sender("gone", "Gerd Ging")
    await has_portrait(turn, RUTH)
    await has_portrait(turn, gone)
    who, people = await found(turn)
    assert [one.person_id for one in who.selection.fitting] == [people["Ruth Maier"]]
    assert set(who.reasons) == {people["Ruth Maier"]}


async def test_who_is_no_supporter_any_more_stands_in_for_nobody(turn: Turn) -> None:
    gone = await has_portrait(turn, Sender("gone", "Gerd Ging"))
    await has_portrait(turn, RUTH, paused_until=TODAY, deputy_person_id=gone.person_id)
    who, _ = await found(turn)
    assert who.selection.fitting == ()


async def test_a_pause_that_has_not_begun_hides_nobody(turn: Turn) -> None:
    await has_portrait(turn, RUTH, paused_from=TODAY + timedelta(1), paused_until=TODAY + timedelta(9))
    who, _ = await found(turn)
    assert len(who.selection.fitting) == 1
    who, _ = await found(replace(turn, now=NOW + timedelta(1)))
    assert who.selection.fitting == ()


async def test_what_is_said_of_ones_room_holds_in_finding(turn: Turn, ruth: Talk) -> None:
    await has_portrait(turn, RUTH)
    for sentence in ("bin voll", "ich bin neu dabei"):
        await ruth.said(take_sentence, sentence)
    turn.uow._session.expire_all()  # as after a restart
    who, people = await found(turn)
    assert who.selection.left_out[Obstacle.FULL] == (people["Ruth Maier"],)


def test_offers_can_be_stored() -> None:
    portrait = Portrait(person_id=0, topics=["Kanban"], formats=[], paused_until=TODAY, availability=Availability.FULL)
    again = Portrait.model_validate(json.loads(portrait.model_dump_json()))
    assert again.model_dump() == portrait.model_dump()
