"""Answers that run out or are reported: who is asked, and what becomes of them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import cast

import pytest

from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Reply, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from conftest import MovedClock
from fakes import ANNA, said
from handlers.ask import origin
from handlers.outdated import ASKED_A_NIGHT, ask_owners, report, review, still_valid, take_report
from storage.database import Database
from storage.models.knowledge import EntryContent, KnowledgeEntry, Part, State, Visibility

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TODAY = NOW.date()
SCANNER = EntryContent(
    question="Wo steht der Scanner?",
    answer="Im Erdgeschoss.",
    checked_on=date(2026, 6, 1),
    valid_until=date(2026, 12, 1),
)
CURATORS = Conversation("p", "curators")
OWNERS_CHAT = Conversation("p", "direct:owner", is_direct=True)
NO_SERVICES = cast(Services, None)


async def curators() -> Sequence[Conversation]:
    return [CURATORS]


@pytest.fixture
async def turn(sqlite: Database, clock: MovedClock) -> AsyncIterator[Turn]:
    async with sqlite.unit_of_work() as uow:
        await uow.knowledge.save([("scanner", SCANNER)], "test", clock.now())
        sees = frozenset({Visibility.ORGANIZATION})
        yield Turn(said("a", "x"), "", None, "k1", sees, NOW, str, uow, curators=curators)


async def entry(turn: Turn) -> KnowledgeEntry:
    [found] = await turn.uow.knowledge.get(["scanner"])
    return found


async def owned_by(turn: Turn, person: str) -> None:
    await turn.uow.knowledge.assign("scanner", Part.OWNER, turn.message.conversation.platform, person)


def texts(actions: Sequence[Action]) -> list[str]:
    return [action.text for action in actions]


def sent(actions: Sequence[Action]) -> list[Send]:
    return [action for action in actions if isinstance(action, Send)]


async def test_the_third_report_marks_an_answer_and_asks_the_curators(turn: Turn) -> None:
    for _ in range(2):
        assert "Melden es mehrere" in texts(await report(turn, "scanner"))[0]
        assert (await entry(turn)).reported_on is None
    actions = await report(turn, "scanner")
    assert "Nr. 1 zeige ich jetzt mit dem Hinweis „wird geprüft“." in texts(actions)[0]
    assert (await entry(turn)).reported_on == TODAY
    [asked] = sent(actions)
    assert (asked.to, asked.person) == (CURATORS, None)
    assert "„Wo steht der Scanner?“" in asked.text


async def third_report(turn: Turn, reason: str = "") -> Sequence[Action]:
    for _ in range(2):
        await report(turn, "scanner")
    return await report(turn, "scanner", reason)


async def test_one_report_of_its_owner_marks_an_answer_and_lets_them_decide(turn: Turn) -> None:
    await owned_by(turn, ANNA.id)
    [reply] = await report(turn, "scanner")
    assert isinstance(reply, Reply)
    assert reply.offer is not None
    assert [choice.word for choice in reply.offer.choices] == ["gilt", "ändern", "zurückziehen"]
    assert (await entry(turn)).reported_on == TODAY


async def test_one_report_of_a_curator_marks_an_answer(turn: Turn) -> None:
    await report(replace(turn, role=Role.CURATOR), "scanner")
    assert (await entry(turn)).reported_on == TODAY


async def test_who_does_not_decide_leaves_the_owner_to_be_asked_at_night(turn: Turn) -> None:
    await report(replace(turn, role=Role.CURATOR), "scanner")
    [asked] = await ask_owners(night(turn), NO_SERVICES)
    assert "als veraltet gemeldet" in asked.text


async def test_the_owner_is_asked_where_we_know_their_chat(turn: Turn) -> None:
    await turn.uow.knowledge.assign("scanner", Part.OWNER, "p", "owner")
    await turn.uow.addresses.know("p", OWNERS_CHAT.id, "owner")
    [asked] = sent(await third_report(turn))
    assert (asked.to, asked.person) == (OWNERS_CHAT, "owner")


async def test_nobody_is_asked_twice_about_the_same(turn: Turn) -> None:
    assert len(sent(await third_report(turn))) == 1
    assert sent(await report(turn, "scanner")) == []
    assert await ask_owners(night(turn), NO_SERVICES) == []


async def test_what_was_written_about_it_reaches_the_owner_without_personal_data(turn: Turn) -> None:
    for _ in range(2):
        await report(turn, "scanner")
    said = replace(turn, number=1, text="steht jetzt bei Frau Müller im 2. Stock")
    [asked] = sent(await take_report(said, NO_SERVICES))
    assert "im 2. Stock" in asked.text
    assert "Müller" not in asked.text


async def test_a_marked_answer_is_shown_and_says_so(turn: Turn) -> None:
    await report(replace(turn, role=Role.CURATOR), "scanner")
    assert "wird geprüft" in origin(turn, await entry(turn))
    assert (await entry(turn)).is_shown_to(turn.sees)


@pytest.mark.parametrize("number", [2, 0, 9_999_999])
async def test_an_unknown_number_is_said(turn: Turn, number: int) -> None:
    with pytest.raises(UserError, match=f"Nr. {number} finde ich nicht"):
        await take_report(replace(turn, number=number), NO_SERVICES)


async def test_a_hidden_answer_cannot_be_probed_by_its_number(turn: Turn) -> None:
    hidden = SCANNER.model_copy(update={"visibility": Visibility.COMMUNITY})
    await turn.uow.knowledge.save([("scanner", hidden)], "test", NOW)
    with pytest.raises(UserError, match="finde ich nicht"):
        await take_report(replace(turn, number=1), NO_SERVICES)


async def test_without_a_number_it_says_how(turn: Turn) -> None:
    assert "„214 veraltet“" in texts(await take_report(turn, NO_SERVICES))[0]


# the night


def night(turn: Turn, now: datetime = NOW) -> Night:
    return Night(now, str, turn.uow, curators)


@pytest.mark.parametrize(("day", "asks"), [(16, False), (17, True), (30, True)])
async def test_the_owner_is_asked_a_fortnight_before_an_answer_runs_out(turn: Turn, day: int, asks: bool) -> None:
    actions = await ask_owners(night(turn, NOW.replace(day=day)), NO_SERVICES)
    assert bool(actions) is asks
    assert all("gilt nur bis 1. Dezember 2026" in action.text for action in actions)


async def test_an_answer_that_has_run_out_is_asked_about_as_such(turn: Turn) -> None:
    [asked] = await ask_owners(night(turn, NOW.replace(month=12, day=2)), NO_SERVICES)
    assert "galt nur bis 1. Dezember 2026" in asked.text


async def test_what_could_not_be_asked_waits_for_a_place(turn: Turn) -> None:
    async def nowhere() -> Sequence[Conversation]:
        return []

    assert sent(await third_report(replace(turn, curators=nowhere))) == []
    assert await ask_owners(replace(night(turn), curators=nowhere), NO_SERVICES) == []
    [asked] = await ask_owners(night(turn), NO_SERVICES)
    assert "als veraltet gemeldet" in asked.text


async def test_a_night_asks_little(turn: Turn) -> None:
    await turn.uow.knowledge.save([(f"e{number}", SCANNER) for number in range(12)], "test", NOW)
    counts = [len(await ask_owners(night(turn), NO_SERVICES)) for _ in range(6)]
    assert counts == [ASKED_A_NIGHT] * 4 + [13 - 4 * ASKED_A_NIGHT, 0]


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW, State.RETIRED])
async def test_only_answers_that_are_shown_are_asked_about(turn: Turn, state: State) -> None:
    await turn.uow.knowledge.save([("scanner", SCANNER.model_copy(update={"state": state}))], "test", NOW)
    assert await ask_owners(night(turn), NO_SERVICES) == []


# the decision


async def decide(turn: Turn, do: str, revision: str | None = None) -> list[str]:
    number = revision or str(await turn.uow.knowledge.revision("scanner"))
    choice = Choice(do, do, {"entry": "scanner", "revision": number, "do": do})
    return texts(await review(replace(turn, choice=choice), NO_SERVICES))


async def test_an_answer_that_still_holds_is_checked_today_and_valid_as_long_as_before(turn: Turn) -> None:
    await report(replace(turn, role=Role.CURATOR), "scanner")
    assert await decide(replace(turn, role=Role.CURATOR), "confirm") == ["Danke. Nr. 1 gilt jetzt bis 22. Mai 2027."]
    now = await entry(turn)
    assert (now.checked_on, now.valid_until, now.reported_on, now.asked_on) == (TODAY, date(2027, 5, 22), None, None)


async def test_reports_begin_anew_after_a_decision(turn: Turn) -> None:
    for _ in range(3):
        await report(turn, "scanner")
    await decide(replace(turn, role=Role.CURATOR), "confirm")
    await report(turn, "scanner")
    assert (await entry(turn)).reported_on is None


async def test_a_retired_answer_is_not_shown_any_more(turn: Turn) -> None:
    await decide(replace(turn, role=Role.CURATOR), "retire")
    assert (await entry(turn)).state == State.RETIRED


async def test_the_owner_decides(turn: Turn) -> None:
    await owned_by(turn, ANNA.id)
    assert await decide(turn, "confirm")


async def test_nobody_else_decides(turn: Turn) -> None:
    await owned_by(turn, "somebody else")
    with pytest.raises(UserError):
        await decide(replace(turn, role=Role.SUPPORTER), "retire")
    assert (await entry(turn)).state == State.APPROVED


async def test_who_comes_second_hears_that_it_is_done(turn: Turn) -> None:
    curator = replace(turn, role=Role.CURATOR)
    await decide(curator, "confirm")
    assert "schon erledigt" in (await decide(curator, "retire", revision="1"))[0]
    assert (await entry(turn)).state == State.APPROVED


@pytest.mark.parametrize(
    ("checked_on", "valid_until", "then"),
    [
        (date(2026, 1, 1), date(2027, 1, 1), date(2027, 11, 20)),
        (None, date(2026, 12, 1), date(2027, 5, 20)),
        (date(2026, 1, 1), None, date(2027, 5, 20)),
        (None, None, date(2027, 5, 20)),
    ],
)
def test_the_next_review_keeps_the_rhythm(checked_on: date | None, valid_until: date | None, then: date) -> None:
    content = SCANNER.model_copy(update={"checked_on": checked_on, "valid_until": valid_until})
    assert still_valid(content, TODAY).valid_until == then


async def test_a_choice_without_its_entry_is_done_already(turn: Turn) -> None:
    choice = Choice("gilt", "gilt", {"entry": "gone", "revision": "1", "do": "confirm"})
    assert "schon erledigt" in texts(await review(replace(turn, role=Role.CURATOR, choice=choice), NO_SERVICES))[0]


async def test_in_a_room_of_others_it_is_marked_but_decided_elsewhere(turn: Turn) -> None:
    room = replace(turn, role=Role.CURATOR, message=replace(turn.message, conversation=Conversation("p", "room")))
    actions = await report(room, "scanner")
    assert [action.offer is None for action in actions] == [True, False]
    assert [asked.to for asked in sent(actions)] == [CURATORS]
    choice = Choice("gilt", "gilt", {"entry": "scanner", "revision": "1", "do": "retire"})
    with pytest.raises(UserError):
        await review(replace(room, choice=choice), NO_SERVICES)
    assert (await entry(turn)).state == State.APPROVED


async def test_an_answer_for_supporters_is_not_told_to_an_owner_who_left_them(turn: Turn) -> None:
    hidden = SCANNER.model_copy(update={"visibility": Visibility.COMMUNITY})
    await turn.uow.knowledge.save([("scanner", hidden)], "test", NOW)
    await turn.uow.knowledge.assign("scanner", Part.OWNER, "p", "owner")
    await turn.uow.addresses.know("p", OWNERS_CHAT.id, "owner")
    [asked] = await ask_owners(night(turn), NO_SERVICES)
    assert asked.to == CURATORS
    await turn.uow.knowledge.save([("scanner", hidden)], "test", NOW)
    [asked] = await ask_owners(replace(night(turn), role_of=as_supporter), NO_SERVICES)
    assert asked.to == OWNERS_CHAT


async def test_an_answer_that_was_hidden_meanwhile_takes_no_report(turn: Turn) -> None:
    hidden = SCANNER.model_copy(update={"visibility": Visibility.COMMUNITY})
    await turn.uow.knowledge.save([("scanner", hidden)], "test", NOW)
    assert texts(await report(turn, "scanner")) == ["Diese Antwort gibt es nicht mehr."]
    assert await turn.uow.questions.count_reports("scanner") == 0


async def as_supporter(_platform: str, _person: str) -> Role:
    return Role.SUPPORTER
