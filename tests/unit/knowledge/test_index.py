import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import index as index_module
from knowledge import ranking
from knowledge.adaptation import Map
from knowledge.embedding import Embedder
from knowledge.index import Hit, Index
from knowledge.vectors import EntryText, Origin, embed, embed_question

WORDS = ["akte", "scan", "drucker", "passwort", "urlaub", "antrag", "frist", "konto", "viko", "ozg", "enaio", "kanban"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
ENTRIES = st.builds(
    EntryText,
    id=st.sampled_from("abcdefgh"),
    question=TEXTS,
    answer=st.one_of(st.just(""), TEXTS),
    phrasings=st.lists(TEXTS, max_size=2).map(tuple),
    audience=st.sampled_from(["", "staff", "lotsen"]),
    rejected=st.lists(TEXTS, max_size=2).map(tuple),
)


def put(index: Index, embedder: Embedder, *entries: EntryText) -> None:
    index.put(embed(embedder, entries))


def ask(index: Index, embedder: Embedder, question: str, audiences: Sequence[str] | None = None) -> list[Hit]:
    return index.rank(embed_question(embedder, question), question, audiences, 10)


def scores(hits: Sequence[Hit]) -> dict[str, Any]:
    return {h.entry_id: pytest.approx((h.score, h.semantic, h.lexical), abs=1e-4) for h in hits}


@pytest.fixture
def filled(embedder: Embedder, nowhere: Origin) -> Index:
    """Two hundred entries, more than get the full recipe; every fifth for staff only."""
    dice = random.Random(3)
    index = Index(nowhere)
    entries = [
        EntryText(
            f"e{i}", " ".join(dice.sample(WORDS, 3)), " ".join(dice.sample(WORDS, 5)), (), "staff" if i % 5 else "all"
        )
        for i in range(200)
    ]
    put(index, embedder, *entries, EntryText("x", "Wo liegt der Yachthafen?", "Am Rhein, Steg zwei.", (), "all"))
    return index


@settings(max_examples=50)
@given(
    steps=st.lists(st.one_of(ENTRIES, st.sampled_from("abcdefgh")), max_size=12),
    question=TEXTS,
    eager=st.booleans(),
)
def test_changed_index_equals_a_fresh_one(
    embedder: Embedder, nowhere: Origin, steps: list[EntryText | str], question: str, eager: bool
) -> None:
    changed = Index(nowhere)
    kept: dict[str, EntryText] = {}
    for step in steps:
        if isinstance(step, str):
            changed.remove([step])
            kept.pop(step, None)
        else:
            put(changed, embedder, step)
            kept[step.id] = step
        if eager:
            ask(changed, embedder, question)
    fresh = Index(nowhere)
    put(fresh, embedder, *kept.values())
    assert len(changed) == len(kept)
    found = ask(changed, embedder, question)
    assert {h.entry_id: (h.score, h.semantic, h.lexical) for h in found} == scores(ask(fresh, embedder, question))


@settings(max_examples=50)
@given(
    entries=st.lists(ENTRIES, max_size=12), question=TEXTS, audiences=st.sets(st.sampled_from(["", "staff", "nobody"]))
)
def test_forbidden_audience_is_never_returned(
    embedder: Embedder, nowhere: Origin, entries: list[EntryText], question: str, audiences: set[str]
) -> None:
    index = Index(nowhere)
    put(index, embedder, *entries)
    newest = {entry.id: entry.audience for entry in entries}
    found = {hit.entry_id for hit in ask(index, embedder, question, list(audiences))}
    assert found == {entry_id for entry_id, audience in newest.items() if audience in audiences}


def test_large_index_hides_a_forbidden_audience(filled: Index, embedder: Embedder) -> None:
    found = ask(filled, embedder, "Passwort Konto", ["all"])
    assert len(found) == 10
    assert all(hit.entry_id == "x" or int(hit.entry_id[1:]) % 5 == 0 for hit in found)


@pytest.mark.parametrize(
    "question", ["Wo liegt der Yachthafen?", "hallo, yachthafen? danke!", "YACHTHAFEN", "yachthaven"]
)
def test_right_entry_comes_first_however_it_is_spelled(filled: Index, embedder: Embedder, question: str) -> None:
    assert ask(filled, embedder, question)[0].entry_id == "x"


def test_candidates_hold_what_a_full_search_finds(
    filled: Index, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = {word: [hit.entry_id for hit in ask(filled, embedder, word)] for word in WORDS}
    monkeypatch.setattr(index_module, "CANDIDATES", 1_000)
    assert quick == {word: [hit.entry_id for hit in ask(filled, embedder, word)] for word in WORDS}


def test_hits_are_ordered_and_scores_are_probabilities(filled: Index, embedder: Embedder) -> None:
    found = [hit.score for hit in ask(filled, embedder, "Passwort für das Konto")]
    assert found == sorted(found, reverse=True)
    assert all(0 <= score <= 1 for score in found)


def test_limit_cuts_but_does_not_change_scores(filled: Index, embedder: Embedder) -> None:
    vector = embed_question(embedder, "frist")
    assert filled.rank(vector, "frist", None, 3) == filled.rank(vector, "frist", None, 10)[:3]


def test_empty_index_finds_nothing(embedder: Embedder, nowhere: Origin) -> None:
    assert ask(Index(nowhere), embedder, "Hallo?") == []


@pytest.mark.parametrize("question", ["", "?", "\0", "Danke!", "x" * 5_000])
def test_odd_questions_do_no_harm(filled: Index, embedder: Embedder, question: str) -> None:
    assert len(ask(filled, embedder, question)) == 10


def test_single_entry_can_be_found_and_doubted(embedder: Embedder, nowhere: Origin) -> None:
    index = Index(nowhere)
    put(index, embedder, EntryText("a", "Wie scanne ich eine Akte?", "Am Drucker."))
    fitting, foreign = ask(index, embedder, "Wie scanne ich die Akte?")[0], ask(index, embedder, "Pizza bestellen")[0]
    assert fitting.score > 0.5 > foreign.score


def test_learned_phrasing_lifts_an_entry_at_once(filled: Index, embedder: Embedder) -> None:
    assert "e7" not in [hit.entry_id for hit in ask(filled, embedder, "Wo kann mein Boot liegen?")]
    entry = EntryText("e7", "akte scan", "am drucker", ("Wo kann mein Boot liegen?",), "all")
    put(filled, embedder, entry)
    assert ask(filled, embedder, "Wo kann mein Boot liegen?")[0].entry_id == "e7"


def test_phrasings_that_do_not_fit_cost_a_little(embedder: Embedder, nowhere: Origin) -> None:
    index = Index(nowhere)
    plain = EntryText("a", "Wie scanne ich eine Akte?", "Am Drucker.")
    put(index, embedder, plain, replace(plain, id="b", phrasings=("Papier weg damit", "Aktenordner digital machen")))
    assert [hit.entry_id for hit in ask(index, embedder, "Wie scanne ich eine Akte?")] == ["a", "b"]


def test_new_wording_replaces_the_old_one(filled: Index, embedder: Embedder) -> None:
    put(filled, embedder, EntryText("x", "Wann öffnet die Kantine?", "Um elf.", (), "all"))
    assert len(filled) == 201
    assert all(hit.lexical == 0 for hit in ask(filled, embedder, "yachthafen") if hit.entry_id == "x")


def test_removed_entry_is_gone_and_unknown_ids_are_ignored(filled: Index, embedder: Embedder) -> None:
    filled.remove(["x", "x", "never"])
    assert len(filled) == 200
    assert "x" not in [hit.entry_id for hit in ask(filled, embedder, "Wo liegt der Yachthafen?")]


def test_index_may_be_changed_and_asked_from_many_threads(filled: Index, embedder: Embedder) -> None:
    def change(number: int) -> int:
        put(filled, embedder, EntryText(f"n{number}", f"Neu {number}", "Text"))
        if number % 2:
            filled.remove([f"n{number}"])
        return len(ask(filled, embedder, "Neu"))

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(change, range(40))) == {10}
    assert len(filled) == 221


def some_map(dimension: int, price: float = 0.0) -> Map:
    dice = np.random.default_rng(4)
    into, back = (dice.normal(scale=0.2, size=(dimension, 8)).astype(np.float32) for _ in range(2))
    return Map(into, back.T, price)


@settings(max_examples=30)
@given(before=st.lists(ENTRIES, max_size=6), after=st.lists(ENTRIES, max_size=6), question=TEXTS)
def test_entries_count_alike_whether_they_came_before_the_map_or_after_it(
    embedder: Embedder, nowhere: Origin, before: list[EntryText], after: list[EntryText], question: str
) -> None:
    adapted = some_map(embedder.dimension)
    early, late = Index(nowhere), Index(nowhere)
    put(early, embedder, *before)
    early.adapt(adapted)
    put(early, embedder, *after)
    put(late, embedder, *before, *after)
    late.adapt(adapted)
    found = ask(early, embedder, question)
    assert {h.entry_id: (h.score, h.semantic, h.lexical) for h in found} == scores(ask(late, embedder, question))


def test_map_changes_the_order_and_without_it_all_is_as_before(filled: Index, embedder: Embedder) -> None:
    before = ask(filled, embedder, "Passwort für das Konto")
    filled.adapt(some_map(embedder.dimension))
    assert [hit.entry_id for hit in ask(filled, embedder, "Passwort für das Konto")] != [h.entry_id for h in before]
    filled.adapt(None)
    assert ask(filled, embedder, "Passwort für das Konto") == before


def test_map_is_applied_to_centred_vectors(embedder: Embedder, nowhere: Origin) -> None:
    index, adapted = Index(nowhere), some_map(embedder.dimension)
    put(index, embedder, EntryText("a", "Wie scanne ich?", "Am Drucker."), EntryText("b", "Wo ist das Konto?", "Hier."))
    index.adapt(adapted)
    known, vector = index.confirmations(), embed_question(embedder, "Wo scanne ich?")
    question = adapted.apply(known.questions - known.asked_mean) @ adapted.apply((vector - known.asked_mean)[None])[0]
    passage = adapted.apply(known.passages - known.told_mean) @ adapted.apply((vector - known.told_mean)[None])[0]
    found = {hit.entry_id: hit.semantic for hit in index.rank(vector, "Wo scanne ich?", None, 2)}
    expected = ranking.semantic(question, passage, passage, np.zeros(2), ranking.ADAPTED)
    assert found == pytest.approx(dict(zip("ab", expected, strict=True)), abs=2e-3)


def test_adapted_candidates_hold_what_a_full_search_finds(
    filled: Index, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.adapt(some_map(embedder.dimension))
    quick = {word: [hit.entry_id for hit in ask(filled, embedder, word)][:5] for word in WORDS}
    monkeypatch.setattr(index_module, "CANDIDATES", 1_000)
    assert quick == {word: [hit.entry_id for hit in ask(filled, embedder, word)][:5] for word in WORDS}


def test_only_taught_entries_pay_the_price_of_the_map(embedder: Embedder, nowhere: Origin) -> None:
    index = Index(nowhere)
    put(index, embedder, EntryText("a", "Wo?", "Hier.", ("Wohin?",)), EntryText("b", "Wann?", "Jetzt."))
    index.adapt(some_map(embedder.dimension))
    free = {hit.entry_id: hit.semantic for hit in ask(index, embedder, "Wo?")}
    index.adapt(some_map(embedder.dimension, price=0.25))
    dear = {hit.entry_id: hit.semantic for hit in ask(index, embedder, "Wo?")}
    assert dear == pytest.approx({"a": free["a"] - 0.25, "b": free["b"]}, abs=1e-6)


def test_confirmations_are_the_phrasings_beside_all_entries(embedder: Embedder, nowhere: Origin) -> None:
    index = Index(nowhere)
    put(index, embedder, EntryText("a", "Wo?", "Hier."), EntryText("b", "Wann?", "Jetzt.", ("Um wie viel Uhr?", "Ab?")))
    put(index, embedder, EntryText("c", "Wer?", "Alle.", ("Für wen?",)))
    index.remove(["a"])
    known = index.confirmations()
    assert known.entry_of.tolist() == [0, 0, 1]
    assert known.asked == pytest.approx(embedder.encode_queries(["Um wie viel Uhr?", "Ab?", "Für wen?"]), abs=1e-3)
    assert known.questions == pytest.approx(embedder.encode_queries(["Wann?", "Wer?"]), abs=1e-3)
    assert known.passages == pytest.approx(embedder.encode_documents(["Wann? Jetzt.", "Wer? Alle."]), abs=1e-3)


def test_map_makes_less_sure(filled: Index, embedder: Embedder) -> None:
    nothing = replace(some_map(embedder.dimension), back=np.zeros((8, embedder.dimension), np.float32))
    question = "Wo liegt der Yachthafen?"
    plain = ask(filled, embedder, question)[0]
    filled.adapt(nothing)
    mapped = ask(filled, embedder, question)[0]
    assert mapped.entry_id == plain.entry_id == "x"
    assert mapped.score < plain.score


def test_empty_index_has_no_confirmations(nowhere: Origin) -> None:
    known = Index(nowhere).confirmations()
    assert known.asked.shape == known.questions.shape == (0, len(nowhere.asked))


@pytest.mark.parametrize("adapted", [False, True])
@pytest.mark.parametrize(
    "again",
    ["Wo liegt mein Boot am Rhein?", "Hallo, wo liegt mein Boot am Rhein? Danke!", "wo ligt mein boot am rhein"],
)
def test_rejected_entry_no_longer_comes_first_for_that_question(
    filled: Index, embedder: Embedder, again: str, adapted: bool
) -> None:
    filled.adapt(some_map(embedder.dimension) if adapted else None)
    assert ask(filled, embedder, again)[0].entry_id == "x"
    text = EntryText("x", "Wo liegt der Yachthafen?", "Am Rhein, Steg zwei.", (), "all")
    put(filled, embedder, replace(text, rejected=("Wo liegt mein Boot am Rhein?",)))
    assert ask(filled, embedder, again)[0].entry_id != "x"
    for own in ("Wo liegt der Yachthafen?", "Wo ist der Yachthafen?", "yachthafen"):
        assert ask(filled, embedder, own)[0].entry_id == "x"


def test_rejection_costs_other_entries_and_other_questions_nothing(filled: Index, embedder: Embedder) -> None:
    questions = ["Wo liegt der Yachthafen?", *WORDS]
    before = {question: ask(filled, embedder, question) for question in questions}
    text = EntryText("x", "Wo liegt der Yachthafen?", "Am Rhein, Steg zwei.", (), "all")
    put(filled, embedder, replace(text, rejected=("Wo liegt mein Boot am Rhein?",)))
    assert {question: ask(filled, embedder, question) for question in questions} == before


def test_question_that_was_confirmed_as_well_as_rejected_stays(filled: Index, embedder: Embedder) -> None:
    both = ("Wo kann mein Boot liegen?",)
    put(filled, embedder, EntryText("x", "Wo liegt der Yachthafen?", "Am Rhein.", both, "all", both))
    assert ask(filled, embedder, both[0])[0].entry_id == "x"
