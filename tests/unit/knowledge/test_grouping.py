from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import grouping
from knowledge.embedding import Vectors
from knowledge.grouping import clusters, duplicates
from knowledge.vectors import EntryText, EntryVectors

DIMENSION = 8
ZERO = np.zeros(DIMENSION, np.float32)
ALIKE = 20
"""Degrees between two texts that ask the same."""


def at(degrees: float, axis: int = 1) -> Vectors:
    """A vector of length one, so many degrees from the first axis towards another."""
    vector = np.zeros(DIMENSION, np.float32)
    vector[0], vector[axis] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return vector


def entry(name: str, asked: float, told: float | None = None, *, question: str = "?", answer: str = "") -> EntryVectors:
    vectors = at(asked)[None], at(asked if told is None else told)[None]
    return EntryVectors(EntryText(name, question, answer), *vectors)


def groups(*entries: EntryVectors) -> list[tuple[str, ...]]:
    return [group.entry_ids for group in duplicates(entries, ZERO, ZERO)]


def topics(*vectors: Vectors) -> list[tuple[int, ...]]:
    found = clusters(["?"] * len(vectors), np.stack(vectors), ZERO)
    return [cluster.members for cluster in found]


def test_entries_that_ask_the_same_are_a_group() -> None:
    (group,) = duplicates([entry("a", 0), entry("b", 90), entry("c", ALIKE)], ZERO, ZERO)
    assert group.entry_ids == ("a", "c")
    assert group.strength == pytest.approx(np.cos(np.radians(ALIKE)), abs=1e-3)


def test_same_words_in_the_question_but_another_answer_are_no_duplicates() -> None:
    assert groups(entry("a", 0, 0), entry("b", 20, 20)) == [("a", "b")]
    assert groups(entry("a", 0, 0), entry("b", 20, 90)) == []


def test_strongest_group_comes_first() -> None:
    assert groups(entry("a", 0), entry("b", 20), entry("c", 90), entry("d", 95)) == [("c", "d"), ("a", "b")]


def test_no_chain_leads_from_one_question_to_another() -> None:
    chain = [entry(str(step), step * 35) for step in range(5)]
    assert all(len(group) == 2 for group in groups(*chain))


def test_an_entry_goes_where_it_is_most_alike() -> None:
    assert groups(entry("a", 0), entry("b", 45), entry("c", 80)) == [("b", "c")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wie lege ich in enaio einen Vorgang an?", "Wie lege ich in d.3 einen Vorgang an?"),
        ("Was ist neu in Windows 10?", "Was ist neu in Windows 11?"),
        ("Wer hilft bei OK.EWO?", "Wer hilft bei OK.JUS?"),
        ("Wozu brauche ich die BundID?", "Wozu brauche ich das FinanzOnline?"),
    ],
)
def test_variants_of_a_question_for_different_products_stay_apart(one: str, other: str) -> None:
    assert groups(entry("a", 0, question=one), entry("b", 5, question=other)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wie lege ich in enaio einen Vorgang an?", "Wie lege ich einen Vorgang an?"),
        ("Gilt das für Mails aus Outlook in enaio?", "Gilt das in ENAIO?"),
        ("Was dürfen LotsInnen?", "Was darf eine MitarbeiterIn?"),
        ("Was heißt z.B. Veraktung?", "Was heißt d.h. Veraktung?"),
    ],
)
def test_one_name_more_does_not_make_a_variant(one: str, other: str) -> None:
    assert groups(entry("a", 0, question=one), entry("b", 5, question=other)) == [("a", "b")]


def test_products_in_the_answers_make_variants_only_when_they_stand_in_for_each_other() -> None:
    enaio, d3 = entry("a", 0, answer="In enaio klicken."), entry("b", 5, answer="In d.3 klicken.")
    assert groups(enaio, d3) == []
    assert groups(enaio, entry("c", 5, answer="Erst Outlook öffnen.")) == [("a", "c")]


def test_answers_without_a_question_are_compared_as_passages() -> None:
    """They lie far from the mean of the questions: seen from there, all would look alike."""
    one, other = (EntryVectors(EntryText(n, "", "!"), v[None], v[None]) for n, v in (("a", at(0)), ("b", at(54))))
    assert duplicates([one, other], at(27) * np.float32(-50), ZERO) == []


@given(st.lists(st.floats(0, 180), max_size=20), st.integers(1, 7))
def test_groups_share_nobody_and_hold_only_entries_alike(degrees: list[float], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouping, "BLOCK", block)
        found = groups(*(entry(str(number), angle) for number, angle in enumerate(degrees)))
    members = [int(member) for group in found for member in group]
    assert len(members) == len(set(members))
    limit = np.degrees(np.arccos(grouping.SAME)) + 0.1
    for group in found:
        assert all(abs(degrees[int(one)] - degrees[int(other)]) < limit for one, other in combinations(group, 2))


@given(st.lists(st.sampled_from([0, 90, 180]), max_size=20))
def test_all_copies_of_an_entry_are_one_group(degrees: list[int]) -> None:
    found = groups(*(entry(f"{angle} {number}", angle) for number, angle in enumerate(degrees)))
    assert sorted(map(len, found)) == sorted(n for angle in (0, 90, 180) if (n := degrees.count(angle)) > 1)


def test_a_thousand_copies_take_no_quadratic_memory() -> None:
    """They come in several groups; merging those brings the next."""
    sizes = [len(group) for group in groups(*(entry(str(number), 0) for number in range(1_000)))]
    assert sum(sizes) >= 950
    assert max(sizes) <= grouping.NEIGHBOURS + 1


def test_nothing_has_no_duplicates() -> None:
    assert groups() == []
    assert groups(entry("a", 0)) == []


def test_questions_about_one_topic_are_a_cluster_and_the_largest_comes_first() -> None:
    assert topics(at(0), at(90), at(95), at(180), at(100)) == [(1, 2, 4), (0,), (3,)]


def test_a_question_between_two_topics_does_not_join_them() -> None:
    found = topics(at(0), at(5), at(10), at(50), at(90), at(95), at(100))
    assert {(0, 1, 2), (4, 5, 6)} <= {tuple(i for i in members if i != 3) for members in found}


def test_heading_is_the_question_nearest_to_the_middle() -> None:
    questions = ["Links?", "Mitte?", "Rechts?"]
    (cluster,) = clusters(questions, np.stack([at(0), at(25), at(50)]), ZERO)
    assert (cluster.heading, cluster.size) == ("Mitte?", 3)


def test_of_headings_equally_near_the_one_written_as_a_sentence_is_taken() -> None:
    (cluster,) = clusters(["wo parken", "Wo kann ich parken?"], np.stack([at(0), at(5)]), ZERO)
    assert cluster.heading == "Wo kann ich parken?"


def test_questions_are_seen_from_the_mean() -> None:
    near = np.stack([at(0), at(20)])
    assert len(clusters(["a", "b"], near, ZERO)) == 1
    assert len(clusters(["a", "b"], near, at(10) * np.float32(0.98))) == 2


def test_a_question_at_the_mean_stays_single() -> None:
    assert len(clusters(["a", "b"], np.stack([at(0), at(60)]), at(0))) == 2


def test_without_questions_there_are_no_topics() -> None:
    assert clusters([], np.empty((0, DIMENSION), np.float32), ZERO) == []
    assert clusters(["Wo?"], at(0)[None], ZERO)[0].heading == "Wo?"


@given(st.integers(1, 500), st.integers(0, 100))
def test_each_question_is_counted_once(count: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = clusters([str(number) for number in range(count)], vectors, ZERO)
    assert sorted(member for cluster in found for member in cluster.members) == list(range(count))
    assert [cluster.size for cluster in found] == sorted((cluster.size for cluster in found), reverse=True)
