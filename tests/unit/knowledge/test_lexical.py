import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import lexical
from knowledge.glossary import Expansion
from knowledge.lexical import Lexicon

VVT = ("vvt pflegen", "das verarbeitungsverzeichnis pflegen", "akte pflegen")
TEXTS = st.lists(st.sampled_from(["akte", "scan", "drucker", "viko", "d3", "ozg", "antrag"]), max_size=4).map(" ".join)


def test_coverage_is_the_share_of_the_query_that_a_slot_holds() -> None:
    lexicon = Lexicon()
    for slot, text in enumerate(["drucker", "akte", "akte drucker"]):
        lexicon.add(slot, text)
    coverage = lexicon.coverage("drucker", 3, 3)
    assert coverage[[0, 2]] == pytest.approx(1)
    assert coverage[1] == 0


def test_rare_words_weigh_more() -> None:
    lexicon = Lexicon()
    for slot, text in enumerate(["enaio", *["akten"] * 9]):
        lexicon.add(slot, text)
    coverage = lexicon.coverage("enaio akten", 10, 10)
    assert coverage[0] > 0.7 > 0.3 > coverage[1] > 0


def test_unknown_words_count_as_missing() -> None:
    lexicon = Lexicon()
    lexicon.add(0, "akte")
    assert 0 < lexicon.coverage("akte xylophon", 1, 1)[0] < 0.5


@pytest.mark.parametrize("query", ["", "a", "xylophon"])
def test_nothing_in_common_is_zero(query: str) -> None:
    lexicon = Lexicon()
    lexicon.add(0, "drucker")
    assert lexicon.coverage(query, 2, 1).tolist() == [0, 0]


def test_common_ngrams_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "COMMON", 2)
    lexicon = Lexicon()
    for slot in range(3):
        lexicon.add(slot, "akte")
    lexicon.add(3, "scan")
    assert lexicon.coverage("akte scan", 4, 4).tolist() == pytest.approx([0, 0, 0, 1])


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 4), TEXTS | st.none()), max_size=15), TEXTS, st.booleans())
def test_changed_lexicon_equals_a_fresh_one(steps: list[tuple[int, str | None]], query: str, eager: bool) -> None:
    changed, kept = Lexicon(), dict[int, str]()
    for slot, text in steps:
        if slot in kept:
            changed.drop(slot)
            del kept[slot]
        if text is not None:
            changed.add(slot, text)
            kept[slot] = text
        if eager:
            changed.coverage(query, 5, len(kept))
    fresh = Lexicon()
    for slot, text in kept.items():
        fresh.add(slot, text)
    assert np.array_equal(changed.coverage(query, 5, len(kept)), fresh.coverage(query, 5, len(kept)))


def test_bulk_is_merged_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "BATCH", 3)
    lexicon = Lexicon()
    for slot in range(10):
        lexicon.add(slot, f"wort{slot}")
    assert [int(np.argmax(lexicon.coverage(f"wort{slot}", 10, 10))) for slot in range(10)] == list(range(10))


def filled(*texts: str) -> Lexicon:
    lexicon = Lexicon()
    for slot, text in enumerate(texts):
        lexicon.add(slot, text)
    return lexicon


def lifted(query: str, expansion: Expansion, *texts: str) -> list[float]:
    return [float(each) for each in filled(*texts).lifted(query, [expansion], len(texts), len(texts))]


def test_another_word_for_a_term_counts_nearly_as_much_as_the_term() -> None:
    term, synonym, neither = lifted("vvt", Expansion("vvt", ("verarbeitungsverzeichnis",)), *VVT)
    assert term == pytest.approx(1)
    assert 0.8 < synonym < term
    assert neither == 0


def test_another_word_counts_for_its_part_of_the_question_alone() -> None:
    expansion = Expansion("vvt", ("verarbeitungsverzeichnis",))
    term, synonym, neither = lifted("vvt pflegen lassen", expansion, *VVT)
    assert term > synonym > neither > 0


def test_entry_that_names_another_product_gets_nothing_for_the_concept() -> None:
    expansion = Expansion("d3", ("dms",), ("enaio", "nscale"))
    general, foreign, both = lifted("d3", expansion, "dms starten", "dms enaio starten", "d3 und enaio im dms")
    assert general > 0.8
    assert foreign == 0
    assert both == pytest.approx(1)


def test_question_without_terms_is_covered_as_ever() -> None:
    lexicon = filled("akte", "drucker")
    assert lexicon.lifted("akte", [], 2, 2).tolist() == lexicon.coverage("akte", 2, 2).tolist()


@pytest.mark.parametrize("typo", ["verarbeitungsverzeichins", "verarbietungsverzeichnis", "verarbeitungverzeichnis"])
def test_swapped_and_missing_letters_leave_most_of_a_word(typo: str) -> None:
    right, other = filled("verarbeitungsverzeichnis", "dienstreise beantragen").coverage(typo, 2, 2)
    assert right > 0.5
    assert other < 0.1
