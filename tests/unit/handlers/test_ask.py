"""Answering, without a platform: a turn in, actions out."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import Action, Choice, Conversation, Outgoing, Reply
from bot.platforms.matrix.content import LARGEST, to_content
from bot.rendering import to_plain
from bot.turn import Services, Turn
from conftest import MovedClock
from fakes import said
from handlers.ask import ANSWER, CHOICE, LONGEST_ANSWER, LONGEST_QUESTION, OPEN, ask, split
from handlers.feedback import show_chosen, take_feedback
from handlers.outdated import REVIEW
from handlers.table import TABLE
from knowledge.decision import Decision
from knowledge.index import Hit
from knowledge.search import Findings
from knowledge.topics import Topic
from storage.database import Database
from storage.models.knowledge import EntryContent, State, Visibility

DIRECT = Conversation("matrix:@lotse:example.org", "!room", is_direct=True)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CRISIS = Topic("Krise", "Hilfe gibt die Telefonseelsorge.", is_urgent=True)
SCANNER = EntryContent(question="Wo steht der Scanner?", answer="Im Erdgeschoss.")


def services(decision: Decision, *ids: str) -> Services:
    """A search that finds these entries, whatever is asked."""
    shown = [Hit(entry_id, 0.9, 0.5, 0.1) for entry_id in ids]

    async def find(question: str, circles: object) -> Findings:
        return Findings(decision, shown, shown)

    sensitivity = SimpleNamespace(recognise=lambda vector, text: CRISIS if "Krise" in text else None)
    return SimpleNamespace(search=SimpleNamespace(find=find), commands=(), sensitivity=sensitivity)  # type: ignore[return-value]


@pytest.fixture
async def turn(sqlite: Database, clock: MovedClock) -> AsyncIterator[Turn]:
    async with sqlite.unit_of_work() as uow:
        await uow.knowledge.save([("scanner", SCANNER), ("printer", SCANNER)], "test", clock.now())
        sees = frozenset({Visibility.ORGANIZATION})
        yield Turn(said("a", "x"), "Wo kann ich scannen?", None, "k1", sees, NOW, str, uow)


async def save(turn: Turn, **changes: object) -> None:
    await turn.uow.knowledge.save([("scanner", SCANNER.model_copy(update=changes))], "test", NOW)


def reply(actions: Sequence[Action]) -> Reply:
    [action] = actions
    assert isinstance(action, Reply)
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
    assert choices[0].data["open_question"] == str(question.id)


@pytest.mark.parametrize("decision", Decision)
async def test_a_sensitive_question_is_neither_answered_nor_kept_but_referred(turn: Turn, decision: Decision) -> None:
    actions = await ask(replace(turn, text="Ich bin in einer Krise"), services(decision, "scanner"))
    assert reply(actions).text.startswith("Hilfe gibt die Telefonseelsorge.")
    assert reply(actions).offer is None
    assert await turn.uow.questions.count_open() == 0


async def test_a_sensitive_talk_among_others_is_left_alone(turn: Turn) -> None:
    talk = replace(turn, text="Ich bin in einer Krise", message=replace(turn.message, is_follow_up=True))
    assert await ask(talk, services(Decision.ANSWER, "scanner")) == []


async def test_an_open_question_is_kept_without_personal_data(turn: Turn) -> None:
    asked = replace(turn, text="Warum ist Frau Müller unter 0201 88-4711 nie da?")
    text = reply(await ask(asked, services(Decision.UNKNOWN))).text
    [question] = await turn.uow.questions.open_questions(10)
    assert "Müller" not in question.text
    assert "4711" not in question.text
    assert question.text in text


@pytest.mark.parametrize("decision", Decision)
async def test_nothing_of_a_question_in_a_confidential_room_is_kept(turn: Turn, decision: Decision) -> None:
    here = replace(turn, is_confidential=True)
    answer = reply(await ask(here, services(decision, "scanner", "printer")))
    data = [choice.data for choice in answer.offer.choices] if answer.offer else []
    assert "scannen" not in json.dumps(data)
    for choice in answer.offer.choices if answer.offer else ():
        take = show_chosen if decision is Decision.CHOOSE else take_feedback
        await take(replace(here, choice=choice), services(decision))
    assert await turn.uow.questions.count_open() == 0
    assert not await turn.uow.knowledge.wordings(["scanner", "printer"])


async def test_an_answer_may_differ_in_a_department(turn: Turn) -> None:
    await save(turn, variants={"FB Soziales": "Im dritten Stock."})
    choices = offered(await ask(turn, services(Decision.ANSWER, "scanner")))
    chosen = next(choice for choice in choices if choice.word == "FB Soziales")
    text = reply(await take_feedback(replace(turn, choice=chosen), services(Decision.UNKNOWN))).text
    assert "Für FB Soziales:\n\nIm dritten Stock." in text


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


async def test_an_open_question_is_found_by_the_message_that_asked_it(turn: Turn) -> None:
    await ask(turn, services(Decision.UNKNOWN))
    [question] = await turn.uow.questions.open_questions(10)
    assert await turn.uow.questions.opened_by([turn.answer_key]) == [question.id]


async def test_a_file_alone_is_answered_with_what_to_do_instead(turn: Turn) -> None:
    file = replace(turn, text="", message=replace(turn.message, text="", has_attachment=True))
    text = reply(await ask(file, services(Decision.ANSWER, "scanner"))).text
    assert "kann ich nicht lesen" in text
    assert "in einem Satz" in text
    in_thread = replace(file, message=replace(file.message, is_follow_up=True))
    assert await ask(in_thread, services(Decision.ANSWER, "scanner")) == []


@pytest.mark.parametrize("decision", list(Decision))
async def test_the_caption_of_a_file_is_a_question_like_any_other(turn: Turn, decision: Decision) -> None:
    plain = reply(await ask(turn, services(decision, "scanner")))
    captioned = replace(turn, message=replace(turn.message, has_attachment=True))
    answer = reply(await ask(captioned, services(decision, "scanner")))
    assert answer.text == f"Die Datei selbst habe ich nicht gelesen, nur den Text dazu.\n\n{plain.text}"
    assert answer.offer
    assert plain.offer
    assert len(answer.offer.choices) == len(plain.offer.choices)


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


ANY_LINE = st.text(max_size=50)
LONG_LINE = st.builds(
    lambda words, between, times: between.join(words) * times,
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), min_size=1, max_size=10),
    st.sampled_from([" ", ". ", "", "! ", "\t", "…) ", "  "]),
    st.integers(1, 60),
)
ANSWERS = st.lists(ANY_LINE | LONG_LINE | st.sampled_from(["", "- Punkt", "```", "1. eins"]), max_size=8).map("\n".join)


@given(ANSWERS)
def test_parts_lose_nothing_and_are_short(answer: str) -> None:
    parts = split(answer)
    assert "".join("".join(parts).split()) == "".join(answer.split())
    assert all(len(part) <= LONGEST_ANSWER for part in parts)
    assert all(part.strip() for part in parts) or not answer.strip()


@given(st.lists(st.sampled_from(["- Punkt eins", "```", "  code();", "", "Ein Absatz. " * 20, "x" * 598]), max_size=20))
def test_short_lines_are_never_cut(lines: list[str]) -> None:
    kept = [line for part in split("\n".join(lines)) for line in part.split("\n") if line]
    assert kept == [line for line in lines if line]


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("Ein Satz. " + "wort " * 200, "Ein Satz."),
        ("Er fragt: „Wo?“ " + "wort " * 200, "Er fragt: „Wo?“"),
        ("wort " * 200, ("wort " * 120).rstrip()),
        ("x" * 700, "x" * 600),
    ],
)
def test_a_long_line_is_cut_after_a_sentence_else_a_word_else_anywhere(line: str, first: str) -> None:
    assert split(line)[0].rstrip() == first


def test_a_very_long_line_is_split_quickly() -> None:
    assert len(split("x" * 100_000)) == 167
    assert len(split("ab. " * 25_000)) == 167
    assert len(split("!)" * 50_000)) == 167


PIECES = ["ä", "👍", "&", "<", '"', "*", "> ", "- ", "\n", "\x01", "[a](", "`", "word ", "~~~\n", "1. "]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.integers(1, 500))
async def test_whatever_an_entry_holds_its_answer_fits_into_an_event_without_a_cut(
    turn: Turn, text: str, times: int
) -> None:
    long = text * times
    await save(turn, question=long[:2_000], answer=long[:20_000] or "x", owner=long, sources=[long, long])
    for decision in Decision:
        actions = await ask(turn, services(decision, "scanner", "printer", "scanner"))
        answer = Outgoing("k" * 32, DIRECT, reply(actions).text, tuple(offered(actions)), replaces="$" * 44)
        content = to_content(answer)
        assert len(json.dumps(content, ensure_ascii=False).encode()) <= LARGEST
        assert content["m.new_content"]["body"] == to_plain(answer.text, answer.choices)


def test_every_topic_of_an_offer_has_somebody_who_takes_the_choice() -> None:
    assert {ANSWER, CHOICE, OPEN, REVIEW} <= set(TABLE.choosers)
