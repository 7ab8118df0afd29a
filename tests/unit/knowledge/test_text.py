import time
import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text import BUCKETS, chunks, ngrams, normalise, strip_courtesies

LOTSE = [
    "Lots:innen",
    "Lots*innen",
    "Lots_innen",
    "Lots·innen",
    "Lots•innen",
    "LotsInnen",
    "Lots/-innen",
    "Lots/innen",
    "Lots(innen)",
    "Lots:in",
    "Lots*in",
    "Lots/in",
    "LotsIn",
    "Lotse",
    "Lotsin",
    "Lotsen",
    "Lotsinnen",
    "LOTSEN",
    "Lotsinnen und Lotsen",
    "Lotsen und Lotsinnen",
    "Lotsinnen und -lotsen",
    "Lotsinnen/Lotsen",
    "Lotsinnen oder Lotsen",
]
WORDS = st.text("abcdefghijklmnopqrstuvwxyzäöüß", min_size=1, max_size=12)


@pytest.mark.parametrize("form", LOTSE)
def test_every_gender_form_is_the_same_word(form: str) -> None:
    assert normalise(form) == "lots"


@pytest.mark.parametrize(
    ("forms", "word"),
    [
        ("Digitallotsinnen und -lotsen, Digitallots:innen, Digitallotse", "digitallots"),
        ("Kolleg*innen, Kollegen, Kollegin, KollegInnen, Kolleginnen und Kollegen", "kolleg"),
        ("Bürger:innen, Bürgern, Bürgerin, Buerger", "burger"),
        ("Ärzt:innen, Ärztin, Ärzte, Arzt", "arzt"),
        ("Stadträtinnen, Stadträte, Stadtrat", "stadtrat"),
        ("Mitarbeitende, Mitarbeitenden, Beschäftigte, Beschäftigte:r, Mitarbeiter*innen, Mitarbeitern", "mitarbeiter"),
        ("Wandelgestaltende, Wandelgestalter:innen, Wandelgestalterin", "wandelgestalter"),
        ("Erzieher:innen, Erzieherinnen, Erzieher", "erzieher"),
        ("jede:r, jede*r, jede", "jede"),
    ],
)
def test_persons_have_one_stem(forms: str, word: str) -> None:
    assert {normalise(form) for form in forms.split(", ")} == {word}


@pytest.mark.parametrize(
    "word",
    [
        "termin",
        "medizin",
        "beginnen",
        "gewinnen",
        "zurückgewinnen",
        "intranet",
        "benzin",
        "innen",
        "drinnen",
        "spinnen",
        "magazin",
        "berlin",
        "entrinnen",
        "gerinnen",
        "linkedin",
        "login",
        "lotsenfunk",
        "kundenkonto",
        "termine",
        "in",
        "bin",
    ],
)
def test_other_words_stay_intact(word: str) -> None:
    assert normalise(word.capitalize()) == normalise(word) == word.replace("ü", "u")


@pytest.mark.parametrize(
    ("spellings", "word"),
    [
        ("für|fuer|fur|FÜR", "fur"),
        ("Straße|Strasse|STRASSE", "strasse"),
        ("E-Akte|eAkte|E Akte|EAkte|e-akte", "eakte"),
        ("E-Mail|Email|e mail", "email"),
        ("d.3|d3|D.3", "d3"),
        ("d.velop|dvelop", "dvelop"),
        ("Akten\u00adplan|Akten\u200bplan|Aktenplan", "aktenplan"),
        (f"{unicodedata.normalize('NFD', 'Übersicht')}|Übersicht", "ubersicht"),
        ("  a\0b  |a\tb|a, b!|a_b|a - b", "a b"),
    ],
)
def test_spellings_of_a_word_agree(spellings: str, word: str) -> None:
    assert {normalise(spelling) for spelling in spellings.split("|")} == {word}


@given(st.text())
def test_normalised_text_is_words_one_space_apart(text: str) -> None:
    words = normalise(text).split(" ")
    assert words == [""] or all(word.isprintable() and "_" not in word and word for word in words)


@given(st.lists(WORDS))
def test_normalising_ignores_case_space_and_punctuation_around_words(words: list[str]) -> None:
    assert normalise(" ".join(words)) == normalise(f"  {' '.join(words).upper().replace('SS', 'ß')}?! ")


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("Hallo zusammen, wie geht das? Danke!", "wie geht das?"),
        ("Guten Morgen! Wo ist das Formular?", "Wo ist das Formular?"),
        ("Liebe Lots:innen, ich hab mal ne Frage: wo ist das? Viele Grüße Jana", "wo ist das?"),
        ("wo finde ich die leitweg id vielen dank schon mal", "wo finde ich die leitweg id"),
        ("Sehr geehrte Damen und Herren,\nwas kostet das?\nMit freundlichen Grüßen", "was kostet das?"),
        ("moin moin wer ist zuständig", "wer ist zuständig"),
        ("Wie geht das?", "Wie geht das?"),
        ("Alle Mitarbeiter einladen", "Alle Mitarbeiter einladen"),
        ("Hilfe beim Hidrive", "Hilfe beim Hidrive"),
        ("Danke!", "Danke!"),
        ("Guten Tag", "Guten Tag"),
    ],
)
def test_courtesies_around_a_question_are_dropped(said: str, question: str) -> None:
    assert strip_courtesies(said) == question


@given(st.text())
def test_stripping_never_leaves_nothing_and_never_invents(text: str) -> None:
    bare = strip_courtesies(text)
    assert bare in text
    assert bool(bare) == bool(text.strip())


@given(st.lists(WORDS, max_size=5))
def test_ngrams_are_those_of_the_single_words(words: list[str]) -> None:
    together = np.sort(ngrams(" ".join(words)))
    apart = [gram for word in words for gram in ngrams(word)]
    assert together.tolist() == sorted(apart)


@given(WORDS)
def test_word_has_its_3_and_4_grams(word: str) -> None:
    grams = ngrams(word)
    assert len(grams) == len(word) + max(len(word) - 1, 0)
    assert ((grams >= 0) & (grams < BUCKETS)).all()


def test_different_grams_rarely_share_a_bucket() -> None:
    words = [f"{a}{b}{c}" for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxyzabcd"]
    inner = {tuple(ngrams(word).tolist()) for word in words}
    assert len(inner) == len(words)


@pytest.mark.parametrize("text", ["", "a", "ab"])
def test_short_texts_have_few_ngrams(text: str) -> None:
    assert len(ngrams(text)) == max(2 * len(text) - 1, 0)


@given(st.text("abc .!?\n", max_size=600), st.integers(10, 300))
def test_chunks_keep_every_word_in_order(answer: str, size: int) -> None:
    assert " ".join(chunks(answer, size)).split() == answer.split()


@given(st.lists(st.text("abc ", min_size=1, max_size=60).map(str.strip).filter(bool), max_size=20))
def test_chunks_of_short_sentences_stay_below_the_size(sentences: list[str]) -> None:
    found = chunks(" ".join(f"{sentence}." for sentence in sentences), 100)
    assert all(len(chunk) <= 100 for chunk in found)
    assert all(len(a) + len(b) >= 40 for a, b in pairwise(found))


def test_long_sentence_stays_whole() -> None:
    assert chunks("Kurz. " + "lang " * 100 + ". Kurz.") == ["Kurz.", ("lang " * 100 + ".").strip(), "Kurz."]


@pytest.mark.parametrize(
    "piece", ["x", " ", "danke  ", "hallo  ", "lots:innen ", "a/", "e-", "innen", "und -", "lg, a ", ".\n"]
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (60_000 // len(piece)) + "x"
    start = time.process_time()
    ngrams(normalise(strip_courtesies(text)))
    chunks(text)
    assert time.process_time() - start < 2
