"""What the store lacks, without a platform: a turn in, actions out. A word in capitals tells what a question asks."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Reply, Send
from bot.rendering import to_plain
from bot.roles import Role
from bot.turn import Night, Services, Turn
from fakes import said
from handlers import drafts, gap_answers, gaps, proposals
from handlers.ask import LONGEST_ANSWER
from handlers.gaps import list_gaps, offer_topic
from handlers.jour_fixe import topic_cards, topic_details, topic_proposals, topics
from handlers.proposals import Proposal
from knowledge.decision import Decision
from knowledge.gaps import Gap
from knowledge.gaps import gaps as grouped
from knowledge.search import Findings
from storage.database import Database, UnitOfWork
from storage.models.knowledge import EntryContent, Part, State, Visibility
from storage.models.questions import OpenQuestion

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TODAY = NOW.date()
ALL = frozenset(Visibility)
CURATORS = Conversation("stand-in", "curators")
BIKE = ("Wo parke ich das DIENSTRAD?", "stellplatz DIENSTRAD", "DIENSTRAD wohin damit")
DOG = ("Darf mein HUND mit?", "HUND im büro ok?")


def services(uow: UnitOfWork, answered: Collection[str] = ()) -> Services:
    """A search that takes questions with the same word in capitals for the same."""

    async def questions() -> Sequence[OpenQuestion]:
        return await uow.questions.open_questions(500)

    async def found() -> list[Gap]:
        opened = await questions()
        subjects = [next(word for word in question.text.split() if word[:2].isupper()) for question in opened]
        kinds = sorted({subject.strip("?!.,") for subject in subjects})
        rows = [np.eye(len(kinds) + 1)[kinds.index(subject.strip("?!.,"))] for subject in subjects]
        return grouped(opened, np.array(rows, np.float32), np.zeros(len(kinds) + 1, np.float32)) if opened else []

    async def answers(circles: Collection[str]) -> list[OpenQuestion]:
        assert Visibility.COMMUNITY not in circles, "staff asked"
        return [question for question in await questions() if question.text in answered]

    async def find(question: str, circles: object) -> Findings:
        return Findings(Decision.UNKNOWN, [], [])

    search = SimpleNamespace(gaps=found, answered=answers, find=find)
    sensitivity = SimpleNamespace(recognise=lambda vector, question: None, by_words=lambda text: None)
    return SimpleNamespace(search=search, commands=(), sensitivity=sensitivity)  # type: ignore[return-value]


@pytest.fixture
async def turn(sqlite: Database) -> AsyncIterator[Turn]:
    async with sqlite.unit_of_work() as uow:
        yield Turn(said("a", "x"), "", None, "k1", ALL, NOW, str, uow, Role.CURATOR)


async def opened(turn: Turn, *questions: str) -> list[int]:
    return [await turn.uow.questions.open(text, TODAY, f"key of {text}") for text in questions]


async def left(turn: Turn) -> set[str]:
    return {question.text for question in await turn.uow.questions.open_questions(500)}


def reply(actions: Sequence[Action]) -> Reply:
    assert isinstance(actions[0], Reply)
    return actions[0]


def shown(actions: Sequence[Action]) -> str:
    """What people read where there are no buttons."""
    answer = reply(actions)
    return to_plain(answer.text, answer.offer.choices if answer.offer else ())


def choice(action: Action, word: str) -> Choice:
    assert action.offer
    return next(choice for choice in action.offer.choices if choice.word == word)


async def take(turn: Turn, actions: Sequence[Action], word: str = "", written: str = "") -> Sequence[Action]:
    """Take a choice below the first action, or write the text that it asks for."""
    offer = actions[0].offer
    assert offer
    taken = choice(actions[0], word) if word else Choice("", "", offer.asks or {})
    choosers = {
        gaps.GAP: gaps.decide,
        gap_answers.ANSWER: gap_answers.go_on,
        topic_proposals.TOPIC: topics.decide,
        topic_cards.DETAIL: topic_details.decide,
    }
    chooser = choosers[offer.topic]
    return await chooser(replace(turn, choice=taken, text=written), services(turn.uow))


async def test_gaps_are_listed_with_how_often_the_most_frequent_first(turn: Turn) -> None:
    await opened(turn, DOG[0], BIKE[0], "Wann gibt es KUCHEN?", *BIKE[1:], DOG[1])
    text = shown(await list_gaps(turn, services(turn.uow)))
    assert text.splitlines()[0] == (
        "Mehrfach gefragt und noch ohne Antwort: 2. Mit der Zahl geht es weiter. "
        "Dazu eine einzelne Frage: „offene fragen“."
    )
    assert "1. „Wo parke ich das DIENSTRAD?“ (3-mal gefragt), auch: „DIENSTRAD wohin damit“ „stellplatz" in text
    assert "2. „Darf mein HUND mit?“ (2-mal gefragt), auch: „HUND im büro ok?“" in text
    assert "KUCHEN" not in text


async def test_the_order_of_wordings_does_not_tell_who_asked_first(turn: Turn) -> None:
    orders = []
    for questions in (BIKE, BIKE[::-1]):
        numbers = await opened(turn, *questions)
        listed = await list_gaps(turn, services(turn.uow))
        orders.append((shown(listed), shown(await take(turn, listed, "1"))))
        await turn.uow.questions.withdraw(*numbers)
    assert orders[0] == orders[1]
    assert "November" not in "".join(orders[0]), "no day either"


async def test_a_list_of_any_length_is_read_in_pages_and_nothing_is_lost(turn: Turn) -> None:
    for number in range(23):
        filler = "sehr ausführlich " * (number % 9)
        await opened(turn, f"Was ist mit N{number:02}? {filler}", f"und mit N{number:02}? {filler}")
    pages = [await list_gaps(turn, services(turn.uow))]
    while any(choice.word == "mehr" for choice in pages[-1][0].offer.choices):  # type: ignore[union-attr]
        pages.append(await take(turn, pages[-1], "mehr"))
    texts = [shown(page) for page in pages]
    assert all(len(text) <= LONGEST_ANSWER for text in texts)
    for number in range(23):
        assert sum(f"Was ist mit N{number:02}?" in text for text in texts) == 1


@pytest.mark.parametrize(
    "change",
    [{"role": Role.STAFF_MEMBER}, {"sees": ALL - {Visibility.COMMUNITY}}],
    ids=["staff", "where staff read along"],
)
async def test_nothing_is_shown_to_staff_nor_where_they_read_along(turn: Turn, change: dict[str, object]) -> None:
    await opened(turn, *BIKE)
    listed = await list_gaps(turn, services(turn.uow))
    other = replace(turn, **change)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="nur Lots:innen und nur unter ihnen"):
        await list_gaps(other, services(turn.uow))
    with pytest.raises(UserError, match="nur Lots:innen"):
        await take(other, listed, "1")


async def test_personal_data_of_older_questions_is_not_shown(turn: Turn) -> None:
    await opened(turn, "Hat Frau Petra Schmidt ein DIENSTRAD?", "Hat Frau Petra Schmidt noch ein DIENSTRAD?")
    listed = await list_gaps(turn, services(turn.uow))
    one = await take(turn, listed, "1")
    proposed = await take(turn, one, "thema")
    texts = (
        shown(listed),
        shown(one),
        shown(proposed),
    )
    assert all("Schmidt" not in text and "DIENSTRAD" in text for text in texts)


async def test_without_open_questions_the_bot_says_so(turn: Turn) -> None:
    assert shown(await list_gaps(turn, services(turn.uow))) == "Zurzeit ist keine Frage offen."


# closing


async def test_a_curator_closes_the_questions_of_a_gap_after_one_more_look(turn: Turn) -> None:
    await opened(turn, *BIKE, *DOG)
    asked = await take(turn, await take(turn, await list_gaps(turn, services(turn.uow)), "1"), "schließen")
    assert "3 Fragen schließen?" in shown(asked)
    assert await left(turn) == {*BIKE, *DOG}
    await take(turn, asked, "nein")
    assert await left(turn) == {*BIKE, *DOG}
    assert shown(await take(turn, asked, "ja")) == "Geschlossen: 3."
    assert await left(turn) == set(DOG)


async def test_a_supporter_closes_nothing(turn: Turn) -> None:
    await opened(turn, *BIKE)
    of_curator = await take(turn, await list_gaps(turn, services(turn.uow)), "1")
    asked = await take(turn, of_curator, "schließen")
    supporter = replace(turn, role=Role.SUPPORTER)
    listed = await list_gaps(supporter, services(turn.uow))
    assert [one.word for one in listed[0].offer.choices] == ["1"]  # type: ignore[union-attr]
    one = await take(supporter, listed, "1")
    assert [step.word for step in one[0].offer.choices] == ["thema", "antwort"]  # type: ignore[union-attr]
    for actions, word in ((of_curator, "schließen"), (asked, "ja")):
        with pytest.raises(UserError, match="nur die Redaktion"):
            await take(supporter, actions, word)
    assert await left(turn) == set(BIKE)


@pytest.mark.parametrize("word", ["1", "thema", "antwort", "schließen"])
async def test_what_somebody_else_closed_meanwhile_is_said_to_be_gone(turn: Turn, word: str) -> None:
    numbers = await opened(turn, *BIKE)
    listed = await list_gaps(turn, services(turn.uow))
    one = await take(turn, listed, "1")
    await turn.uow.questions.close(numbers)
    actions = await take(turn, listed if word == "1" else one, word)
    assert shown(actions) == "Darum hat sich schon jemand gekümmert: Diese Fragen sind nicht mehr offen."


async def test_only_curators_hear_what_is_answered_by_now_and_close_it(turn: Turn) -> None:
    await opened(turn, *BIKE, *DOG)
    for_supporter = await list_gaps(replace(turn, role=Role.SUPPORTER), services(turn.uow, BIKE[:2]))
    assert "inzwischen" not in shown(for_supporter)
    assert "(3-mal gefragt)" in shown(for_supporter)
    listed = await list_gaps(turn, services(turn.uow, BIKE[:2]))
    assert "inzwischen beantwortet: 2, schließen?" in shown(listed)
    assert "DIENSTRAD" not in shown(listed), "the one that is left is alone"
    await take(turn, await take(turn, listed, "beantwortet"), "ja")
    assert await left(turn) == {BIKE[2], *DOG}


# what belongs together


async def test_a_curator_puts_questions_together_by_number(turn: Turn) -> None:
    await opened(turn, *BIKE, "Wo ist der FAHRRADKELLER?", "Wann gibt es KUCHEN?")
    asked = await take(turn, await list_gaps(turn, services(turn.uow)), "zusammen")
    assert "1: „Wo parke ich das DIENSTRAD?“ (3-mal gefragt)" in shown(asked)
    assert "3: „Wo ist der FAHRRADKELLER?“" in shown(asked)
    assert shown(await take(turn, asked, written="1, 3")).startswith(f"„{BIKE[0]}“ (4-mal gefragt)")
    joined = await take(turn, asked, written="3 und 1")
    assert shown(joined).startswith("„Wo ist der FAHRRADKELLER?“ (4-mal gefragt)")
    await take(turn, await take(turn, joined, "thema"), "ja")
    listed = shown(await list_gaps(turn, services(turn.uow)))
    assert "(4-mal gefragt), vorgemerkt" in listed
    assert "1-mal" not in listed


@pytest.mark.parametrize(
    ("written", "sentence"),
    [("1", "mindestens zwei"), ("1 1", "mindestens zwei"), ("1 9", "Eine Nummer 9 gibt es nicht"), ("0 1", "Nummer 0")],
)
async def test_wrong_numbers_join_nothing(turn: Turn, written: str, sentence: str) -> None:
    await opened(turn, *BIKE, *DOG)
    asked = await take(turn, await list_gaps(turn, services(turn.uow)), "zusammen")
    with pytest.raises(UserError, match=sentence):
        await take(turn, asked, written=written)


async def test_who_asks_something_else_instead_of_naming_numbers_is_answered(turn: Turn) -> None:
    await opened(turn, *BIKE, *DOG)
    asked = await take(turn, await list_gaps(turn, services(turn.uow)), "zusammen")
    assert "keine geprüfte Antwort" in shown(await take(turn, asked, written="Wo steht der Drucker?"))


# topics


async def test_a_gap_becomes_a_topic_once_under_a_title_that_people_choose(turn: Turn) -> None:
    await opened(turn, *BIKE)
    one = await take(turn, await list_gaps(turn, services(turn.uow)), "1")
    proposed = await take(turn, one, "thema")
    renamed = await take(turn, await take(turn, proposed, "ändern"), written="Stellplätze")
    assert "vormerken: „Stellplätze“?" in shown(renamed)
    await take(turn, renamed, "ja")
    assert "Das ist schon vorgemerkt: „Stellplätze“." in shown(await take(turn, proposed, "ja"))
    assert "Das ist schon vorgemerkt: „Stellplätze“." in shown(await take(turn, one, "thema"))
    assert [item.title for item in await turn.uow.agenda.waiting()] == ["Stellplätze"]


async def test_questions_that_were_answered_meanwhile_become_no_topic(turn: Turn) -> None:
    numbers = await opened(turn, *BIKE)
    one = await take(turn, await list_gaps(turn, services(turn.uow)), "1")
    proposed = await take(turn, one, "thema")
    await turn.uow.questions.close(numbers)
    assert "nicht mehr offen" in shown(await take(turn, proposed, "ja"))
    assert not await turn.uow.agenda.waiting()


# writing the answer


async def answered(turn: Turn) -> Sequence[Action]:
    """Tom writes the answer to the first gap and hands it in."""
    one = await take(turn, await list_gaps(turn, services(turn.uow)), "1")
    shown_ = await take(turn, await take(turn, one, "antwort"), written="Im Hof hinter dem Rathaus, Tor zwei.")
    assert "Als Wissen sichern?" in shown(shown_)
    return await take(turn, shown_, "ja")


async def test_an_answer_becomes_a_draft_that_all_wordings_lead_to(turn: Turn) -> None:
    await opened(turn, *BIKE)
    assert "Notiert als Entwurf Nr. 1" in shown(await answered(turn))
    [draft] = await turn.uow.knowledge.in_state(State.DRAFT)
    assert (draft.question, draft.answer) == (BIKE[0], "Im Hof hinter dem Rathaus, Tor zwei.")
    wordings = (await turn.uow.knowledge.wordings([draft.id]))[draft.id]
    assert {(one.text, one.answer_key, one.fits) for one in wordings} == {
        (text, f"key of {text}", True) for text in BIKE[1:]
    }
    listed = await list_gaps(turn, services(turn.uow))
    assert "(3-mal gefragt), Entwurf wartet" in shown(listed)
    again = await take(turn, await take(turn, listed, "1"), "antwort")
    assert shown(again) == "Dazu wartet schon ein Entwurf auf die Redaktion."


async def test_all_that_is_written_is_the_answer_whatever_it_asks_in_between(turn: Turn) -> None:
    await opened(turn, *BIKE)
    asked = await take(turn, await take(turn, await list_gaps(turn, services(turn.uow)), "1"), "antwort")
    assert shown(await take(turn, asked, "nein")) == "Gut, ich merke mir nichts davon."
    text = shown(await take(turn, asked, written="Im Hof. Noch Fragen? Das Team Verkehr hilft."))
    assert BIKE[0] in text
    assert "Im Hof. Noch Fragen? Das Team Verkehr hilft." in text
    with pytest.raises(UserError, match="zu lang"):
        await take(turn, asked, written="x" * 5_000)


async def test_a_question_that_was_taken_back_heads_nothing_any_more(turn: Turn) -> None:
    numbers = await opened(turn, *BIKE)
    listed = await list_gaps(turn, services(turn.uow))
    asked = await take(turn, await take(turn, listed, "1"), "antwort")
    await turn.uow.questions.withdraw(numbers[0])
    one = await take(turn, listed, "1")
    for actions in (one, await take(turn, one, "thema"), await take(turn, asked, written="Im Hof.")):
        assert BIKE[0] not in shown(actions)
        assert "DIENSTRAD" in shown(actions)


async def test_two_who_write_at_the_same_time_make_one_draft(turn: Turn) -> None:
    numbers = await opened(turn, *BIKE)
    asked = await take(turn, await take(turn, await list_gaps(turn, services(turn.uow)), "1"), "antwort")
    await answered(turn)
    assert "wartet schon ein Entwurf" in shown(await take(turn, asked, written="Im Keller."))
    await turn.uow.questions.close(numbers)
    assert "nicht mehr offen" in shown(await take(turn, asked, written="Im Keller."))


async def test_what_belongs_into_confidence_becomes_no_answer(turn: Turn) -> None:
    await opened(turn, *BIKE)
    asked = await take(turn, await take(turn, await list_gaps(turn, services(turn.uow)), "1"), "antwort")
    offer = asked[0].offer
    assert offer
    strict = services(turn.uow)
    topic = SimpleNamespace(office="Der Personalrat hilft.")
    object.__setattr__(strict, "sensitivity", SimpleNamespace(recognise=lambda vector, question: topic))
    written = replace(turn, choice=Choice("", "", offer.asks or {}), text="Das ist Mobbing.")
    assert "Der Personalrat hilft." in shown(await gap_answers.go_on(written, strict))


async def test_the_approval_of_an_answer_closes_all_questions_of_its_gap(turn: Turn) -> None:
    await opened(turn, *BIKE, *DOG)
    await answered(turn)
    [draft] = await turn.uow.knowledge.in_state(State.DRAFT)
    await turn.uow.knowledge.assign(draft.id, Part.PROPOSER, "stand-in", "mehmet")
    decision = await drafts.show(turn, draft)
    await drafts.decide(replace(turn, choice=choice(decision, "freigeben")), services(turn.uow))
    assert await left(turn) == set(DOG)


async def test_a_rejected_answer_leaves_the_questions_open(turn: Turn) -> None:
    await opened(turn, *BIKE)
    await answered(turn)
    [draft] = await turn.uow.knowledge.in_state(State.DRAFT)
    await turn.uow.knowledge.discard(draft.id)
    text = shown(await list_gaps(turn, services(turn.uow)))
    assert "(3-mal gefragt)" in text
    assert "Entwurf" not in text


async def test_who_takes_a_question_back_takes_only_its_wording_from_the_answer_of_others(turn: Turn) -> None:
    await opened(turn, *BIKE)
    await answered(turn)
    await turn.uow.knowledge.unlearn([f"key of {BIKE[1]}"])
    [draft] = await turn.uow.knowledge.in_state(State.DRAFT)
    assert [one.text for one in (await turn.uow.knowledge.wordings([draft.id]))[draft.id]] == [BIKE[2]]
    await turn.uow.knowledge.unlearn([f"key of {BIKE[0]}"])
    assert not await turn.uow.knowledge.in_state(State.DRAFT), "its words are the question of the draft"


async def test_a_wording_with_personal_data_is_not_learned(turn: Turn) -> None:
    await opened(turn, BIKE[0], "Hat Frau Petra Schmidt ein DIENSTRAD?")
    await answered(turn)
    [draft] = await turn.uow.knowledge.in_state(State.DRAFT)
    assert "Schmidt" not in draft.question
    wordings = (await turn.uow.knowledge.wordings([draft.id])).get(draft.id, [])
    assert all("Schmidt" not in one.text for one in wordings)


async def test_in_a_confidential_room_no_answer_and_no_topic_is_kept(turn: Turn) -> None:
    await opened(turn, *BIKE)
    one = await take(turn, await list_gaps(turn, services(turn.uow)), "1")
    proposed = await take(turn, one, "thema")
    there = replace(turn, is_confidential=True)
    for actions, word in ((one, "antwort"), (proposed, "ja")):
        with pytest.raises(UserError, match="vertraulich"):
            await take(there, actions, word)


# unasked


def night(turn: Turn, days: int = 0, places: Sequence[Conversation] = (CURATORS,)) -> Night:
    async def curators() -> Sequence[Conversation]:
        return places

    return Night(NOW + timedelta(days=days), str, turn.uow, curators)


async def offers(turn: Turn, days: int = 0, places: Sequence[Conversation] = (CURATORS,)) -> Sequence[Send]:
    return await offer_topic(night(turn, days, places), services(turn.uow))


async def test_three_equal_questions_are_offered_once_as_a_topic(turn: Turn) -> None:
    await opened(turn, *BIKE[:2], *DOG)
    assert not await offers(turn), "two are a coincidence"
    await opened(turn, BIKE[2])
    [offer] = await offers(turn)
    assert offer.to == CURATORS
    assert offer.person is None
    assert offer.text.startswith("3 offene Fragen fragen wohl dasselbe.")
    assert all(text in offer.text for text in BIKE)
    assert not await offers(turn)
    await opened(turn, "Und noch einmal DIENSTRAD")
    assert not await offers(turn, days=60)


async def test_at_most_one_topic_a_week_is_offered(turn: Turn) -> None:
    await opened(turn, *BIKE, *DOG, "HUND erlaubt?")
    assert len(await offers(turn)) == 1
    assert not await offers(turn, days=6)
    assert len(await offers(turn, days=7)) == 1
    assert not await offers(turn, days=14)


async def test_a_topic_is_offered_wherever_curators_decide_and_waits_until_there_is_such_a_place(turn: Turn) -> None:
    await opened(turn, *BIKE)
    assert not await offers(turn, places=())
    places = [CURATORS, Conversation("stand-in", "jutta", is_direct=True)]
    assert [offer.to for offer in await offers(turn, places=places)] == places


@pytest.mark.parametrize(("word", "comes_again"), [("später", True), ("nein", False)])
async def test_later_means_in_four_weeks_and_no_means_no(turn: Turn, word: str, comes_again: bool) -> None:
    await opened(turn, *BIKE)
    offer = await offers(turn)
    with pytest.raises(UserError, match="nur die Redaktion"):
        await take(replace(turn, role=Role.SUPPORTER), offer, word)
    await take(turn, offer, word)
    assert not await offers(turn, days=27)
    assert bool(await offers(turn, days=28)) is comes_again
    assert not await offers(turn, days=80)


async def test_an_offered_topic_is_noted_and_a_noted_or_removed_one_is_not_offered(turn: Turn) -> None:
    await opened(turn, *BIKE)
    offer = await offers(turn)
    assert shown(await take(turn, await take(turn, offer, "vormerken"), "ja")).startswith("Vorgemerkt")
    await opened(turn, *DOG, "HUND erlaubt?")
    one = await take(turn, await list_gaps(turn, services(turn.uow)), "1")
    await take(turn, await take(turn, one, "thema"), "ja")
    assert not await offers(turn, days=30)
    coordinator = replace(turn, role=Role.COORDINATOR)
    for _ in range(2):
        listed = await topics.list_topics(coordinator, services(turn.uow))
        opened_one = await take(coordinator, listed, "1")
        await take(coordinator, await take(coordinator, opened_one, "herausnehmen"), "ja")
    assert not await turn.uow.agenda.waiting()
    assert not await offers(turn, days=30)


async def test_questions_with_a_draft_are_not_offered(turn: Turn) -> None:
    await opened(turn, *BIKE)
    await answered(turn)
    assert not await offers(turn)


async def test_an_entry_that_is_the_answer_learns_all_wordings(turn: Turn) -> None:
    numbers = await opened(turn, *BIKE)
    content = EntryContent(question="Wo stehen Diensträder?", answer="Im Hof.")
    await turn.uow.knowledge.save([("hof", content)], "test", NOW)
    proposal = Proposal(BIKE[0], "Im Hof.", Visibility.ORGANIZATION, "anna", ())
    data = proposals._data(proposal, "teach") | {"entry": "hof", "questions": " ".join(map(str, numbers))}
    await gap_answers.go_on(replace(turn, choice=Choice("ergänzen", "", data)), services(turn.uow))
    assert {one.text for one in (await turn.uow.knowledge.wordings(["hof"]))["hof"]} == set(BIKE)
    assert not await left(turn)


async def test_an_entry_that_was_withdrawn_meanwhile_learns_nothing_and_the_questions_stay(turn: Turn) -> None:
    opened_ = await opened(turn, *BIKE)
    gone = EntryContent(question="Wo stehen Diensträder?", answer="Im Hof.", state=State.RETIRED)
    await turn.uow.knowledge.save([("hof", gone)], "test", NOW)
    proposal = Proposal(BIKE[0], "Im Hof.", Visibility.ORGANIZATION, "anna", ())
    data = proposals._data(proposal, "teach") | {"entry": "hof", "questions": " ".join(map(str, opened_))}
    await gap_answers.go_on(replace(turn, choice=Choice("ergänzen", "", data)), services(turn.uow))
    assert await left(turn) == set(BIKE)
