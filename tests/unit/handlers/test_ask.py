"""Answering, without a platform: a turn in, actions out."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Action, Choice, Reply
from bot.turn import Services, Turn
from conftest import MovedClock
from fakes import said
from handlers.ask import ANSWER, CHOICE, LONGEST_ANSWER, LONGEST_QUESTION, OPEN, ask, show_chosen, split, take_feedback
from handlers.table import TABLE
from knowledge.decision import Decision
from knowledge.index import Hit
from knowledge.search import Findings
from storage.database import Database
from storage.models.knowledge import EntryContent, State, Visibility

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SCANNER = EntryContent(question="Wo steht der Scanner?", answer="Im Erdgeschoss.")


def services(decision: Decision, *ids: str) -> Services:
    """A search that finds these entries, whatever is asked."""
    shown = [Hit(entry_id, 0.9, 0.5, 0.1) for entry_id in ids]

    async def find(question: str, circles: object) -> Findings:
        return Findings(decision, shown, shown)

    return SimpleNamespace(search=SimpleNamespace(find=find), commands=())  # type: ignore[return-value]


@pytest.fixture
async def turn(sqlite: Database, clock: MovedClock) -> AsyncIterator[Turn]:
    async with sqlite.unit_of_work() as uow:
        await uow.knowledge.save([("scanner", SCANNER), ("printer", SCANNER)], "test", clock.now())
        sees = frozenset({Visibility.ORGANIZATION})
        yield Turn(said("a", "x"), "Wo kann ich scannen?", None, (), sees, NOW, str, uow)


async def save(turn: Turn, **changes: object) -> None:
    await turn.uow.knowledge.save([("scanner", SCANNER.model_copy(update=changes))], "test", NOW)


def reply(actions: Sequence[Action]) -> Reply:
    [action] = actions
    return action


def offered(actions: Sequence[Action]) -> Sequence[Choice]:
    offer = reply(actions).offer
    assert offer
    return offer.choices


async def test_an_answer_names_who_stands_behind_it_and_when_it_was_checked(turn: Turn) -> None:
    await save(turn, owner="Tom Berger", checked_on=date(2026, 9, 3), sources=["Intranet", "Plan"])
    text = reply(await ask(turn, services(Decision.ANSWER, "scanner"))).text
    assert "Im Erdgeschoss." in text
    assert "Geprüft am 3. September 2026 von Tom Berger. Quelle: Intranet; Plan." in text


async def test_an_answer_that_nobody_checked_says_so(turn: Turn) -> None:
    assert "Noch nicht geprüft." in reply(await ask(turn, services(Decision.ANSWER, "scanner"))).text


@pytest.mark.parametrize(("valid_until", "is_expired"), [(date(2026, 11, 19), True), (date(2026, 11, 20), False)])
async def test_an_answer_past_its_date_is_shown_and_says_so(turn: Turn, valid_until: date, is_expired: bool) -> None:
    await save(turn, valid_until=valid_until)
    text = reply(await ask(turn, services(Decision.ANSWER, "scanner"))).text
    assert ("Achtung: galt nur bis 19. November 2026" in text) is is_expired


@pytest.mark.parametrize("question", ["", "   ", "🎉", "???", "12", "\u200b"])
async def test_a_message_without_words_is_asked_back(turn: Turn, question: str) -> None:
    actions = await ask(replace(turn, text=question), services(Decision.ANSWER, "scanner"))
    assert reply(actions).text == "Schreib mir deine Frage gern in einem Satz."


async def test_a_very_long_message_is_asked_back(turn: Turn) -> None:
    long = replace(turn, text="wort " * LONGEST_QUESTION)
    assert "langer Text" in reply(await ask(long, services(Decision.ANSWER, "scanner"))).text


async def test_two_or_three_entries_are_offered_with_a_way_out(turn: Turn) -> None:
    choices = offered(await ask(turn, services(Decision.CHOOSE, "scanner", "printer")))
    assert [choice.data.get("entry") for choice in choices] == ["scanner", "printer", None]
    assert choices[-1].label == "keine davon"


async def test_an_unknown_question_is_kept_and_can_be_taken_back(turn: Turn) -> None:
    choices = offered(await ask(turn, services(Decision.UNKNOWN)))
    [question] = await turn.uow.questions.open_questions(10)
    assert question.text == "Wo kann ich scannen?"
    assert choices[0].data == {"open_question": str(question.id)}


async def test_talk_in_a_thread_that_it_cannot_answer_is_left_alone(turn: Turn) -> None:
    talk = replace(turn, message=replace(turn.message, is_follow_up=True))
    assert await ask(talk, services(Decision.UNKNOWN)) == []
    assert await turn.uow.questions.count_open() == 0
    assert await ask(talk, services(Decision.ANSWER, "scanner"))


async def test_an_entry_that_vanished_meanwhile_counts_as_unknown(turn: Turn) -> None:
    assert "keine geprüfte Antwort" in reply(await ask(turn, services(Decision.ANSWER, "gone"))).text


@pytest.mark.parametrize("decision", [Decision.ANSWER, Decision.CHOOSE])
@pytest.mark.parametrize("changes", [{"state": State.RETIRED}, {"visibility": Visibility.COMMUNITY}])
async def test_an_entry_that_was_hidden_since_it_was_found_is_not_shown(
    turn: Turn, decision: Decision, changes: dict[str, object]
) -> None:
    await save(turn, **changes)
    assert "keine geprüfte Antwort" in reply(await ask(turn, services(decision, "scanner"))).text


async def test_an_edited_question_takes_its_first_version_off_the_list(turn: Turn) -> None:
    number = await turn.uow.questions.open("Wo kan ich scannen?", turn.today)
    edited = replace(turn, earlier=[Choice("löschen", "löschen", {"open_question": str(number)})])
    await ask(edited, services(Decision.ANSWER, "scanner"))
    assert await turn.uow.questions.count_open() == 0


@pytest.mark.parametrize("changes", [{"state": State.RETIRED}, {"visibility": Visibility.COMMUNITY}])
async def test_a_chosen_entry_that_may_no_longer_be_shown_is_not_shown(turn: Turn, changes: dict[str, object]) -> None:
    await save(turn, **changes)
    chosen = replace(turn, choice=Choice("1", "Scanner", {"entry": "scanner", "question": "x"}))
    text = reply(await show_chosen(chosen, services(Decision.UNKNOWN))).text
    assert "Erdgeschoss" not in text
    assert "gibt es nicht mehr" in text


async def test_a_long_answer_is_told_in_parts(turn: Turn) -> None:
    paragraphs = [f"Schritt {number}: " + "tu etwas. " * 40 for number in range(3)]
    await save(turn, answer="\n\n".join(paragraphs))
    actions = await ask(turn, services(Decision.ANSWER, "scanner"))
    for number in range(3):
        assert f"Schritt {number}" in reply(actions).text
        assert f"Schritt {number + 1}" not in reply(actions).text
        more = next((choice for choice in offered(actions) if choice.word == "mehr"), None)
        if more:
            actions = await take_feedback(replace(turn, choice=more), services(Decision.UNKNOWN))
        else:
            assert number == 2


@given(
    st.lists(
        st.text(
            st.characters(codec="utf-8", exclude_characters="\r\x85\x0b\x0c\x1c\x1d\x1e\u2028\u2029"), max_size=700
        ),
        max_size=6,
    )
)
def test_parts_lose_nothing_and_are_short_where_lines_are(lines: list[str]) -> None:
    answer = "\n".join(lines)
    parts = split(answer)
    assert "".join("".join(parts).split()) == "".join(answer.split())
    longest = max((len(line) + 1 for line in lines), default=0)
    assert all(len(part) <= max(LONGEST_ANSWER, longest) for part in parts)


def test_every_topic_of_an_offer_has_somebody_who_takes_the_choice() -> None:
    assert set(TABLE.choosers) == {ANSWER, CHOICE, OPEN}
