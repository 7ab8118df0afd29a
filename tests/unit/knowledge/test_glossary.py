from collections import Counter
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.glossary import Concept, Glossary, standard
from knowledge.text import normalise

DMS = Concept(("dms", "eakte", "elektronische akte"), ("enaio", "d3"))
AUDIT = Concept(("rechnungsprufungsamt", "rpa"))
ROBOTS = Concept(("robotic process automation", "rpa"), ("power automate",))
GLOSSARY = Glossary([DMS, AUDIT, ROBOTS])


def alternatives(question: str) -> set[str]:
    return {word for each in GLOSSARY.expansions(question) for word in each.alternatives}


@pytest.mark.parametrize("question", ["wo ist das dms", "dms", "scannen in der elektronische akte bitte"])
def test_term_stands_for_all_other_words_and_products_of_its_concept(question: str) -> None:
    (found,) = GLOSSARY.expansions(question)
    assert found.term in DMS.words
    assert set(found.alternatives) == {*DMS.words, *DMS.products} - {found.term}
    assert not found.rivals


def test_product_stands_for_the_concept_but_never_for_another_product() -> None:
    (found,) = GLOSSARY.expansions("d3 startet nicht")
    assert found.term == "d3"
    assert found.alternatives == DMS.words
    assert found.rivals == ("enaio",)


def test_concept_and_product_in_one_question_mean_this_product() -> None:
    found = GLOSSARY.expansions("dms d3")
    assert [each.term for each in found] == ["dms", "d3"]
    assert all(each.rivals == ("enaio",) for each in found)


def test_homonym_stands_for_both_of_its_readings() -> None:
    assert alternatives("rpa") == {"rechnungsprufungsamt", "robotic process automation", "power automate"}
    assert "robotic process automation" not in alternatives("rechnungsprufungsamt")


def test_longest_term_wins_and_parts_of_words_are_no_terms() -> None:
    assert [each.term for each in GLOSSARY.expansions("elektronische akte dms")] == ["elektronische akte", "dms"]
    assert not GLOSSARY.expansions("dmsakten rpas automate")


@given(st.text(max_size=40))
def test_any_question_may_come(question: str) -> None:
    words = normalise(question).split()
    for found in standard().expansions(normalise(question)):
        assert set(found.term.split()) <= set(words)
        assert found.term not in found.alternatives
        assert not set(found.alternatives) & set(found.rivals)


@pytest.mark.parametrize(
    ("question", "synonym"),
    [
        ("ViKo buchen", "videokonferenz"),
        ("wo ist das VVT", "verarbeitungsverzeichnis"),
        ("E-Akte", "dms"),
        ("e akte", "dms"),
        ("Jourfixe", "jour fixe"),
        ("PR", "personalvertretung"),
        ("d.3", "dms"),
        ("Lots:innen-Runde", "jour fixe"),
    ],
)
def test_standard_glossary_knows_words_of_the_administration(question: str, synonym: str) -> None:
    found = standard().expansions(normalise(question))
    assert normalise(synonym) in {word for each in found for word in each.alternatives}


@pytest.mark.parametrize("homonym", ["RPA", "OE", "AU", "CD", "DA", "VK", "PR", "PO", "Signatur"])
def test_standard_homonyms_merge_nothing(homonym: str) -> None:
    found = standard().expansions(normalise(homonym))
    assert len({each.alternatives for each in found}) == len(found)
    assert len(found) >= (2 if homonym in {"RPA", "OE"} else 1)


def test_packaged_list_is_complete_and_names_each_concept_once() -> None:
    lines = files("knowledge").joinpath("vocabulary.tsv").read_text(encoding="utf-8").splitlines()
    assert all(line.count("\t") == 3 for line in lines)
    assert len(lines) > 150
    concepts = Counter(line.split("\t")[1] for line in lines)
    assert not [name for name, count in concepts.items() if count > 1]
