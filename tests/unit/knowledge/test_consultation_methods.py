"""Methods of the advice phase are suggested by what a key question says, however it is typed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.consultation_files import built_in
from knowledge.consultation_methods import Method, find, methods, suggest
from storage.models.peer_consultation import NoteKind

QUESTIONS = {
    "Was kann ich alles tun, damit das Team mitmacht?": ["brainstorming"],
    "Welche Möglichkeiten habe ich?": ["brainstorming"],
    "Ich komme einfach nicht weiter, alles ist festgefahren.": ["headstand"],
    "Wir haben schon alles versucht. Was nun?": ["headstand"],
    "Wie kann ich mit ihm im Gespräch bleiben, ohne zu kämpfen?": ["literal_sentences"],
    "Wie sage ich der Leitung, dass es so nicht geht?": ["literal_sentences"],
    "Wie formuliere ich die Absage?": ["literal_sentences"],
    "Es ist alles so unklar. Worum geht es eigentlich?": ["two_key_facts", "find_key_question"],
    "Ich weiß gar nicht genau, was meine Frage ist.": ["two_key_facts", "find_key_question"],
    "Was läuft da zwischen den beiden?": ["hypotheses"],
    "Warum blockt die Abteilung jede Neuerung?": ["hypotheses"],
    "Was steckt dahinter?": ["hypotheses"],
    "Ich bin wütend und enttäuscht. Wie gehe ich damit um?": ["resonance", "sharing"],
    "Das Thema belastet mich sehr.": ["resonance", "sharing"],
    "Ich kann mich nicht entscheiden: bleiben oder wechseln?": ["first_small_step"],
    "Wo fange ich an?": ["first_small_step"],
    "Was würdet ihr an meiner Stelle tun?": ["good_advice"],
    "Habt ihr einen Tipp für mich?": ["good_advice"],
}
SAID = pytest.mark.parametrize(("question", "fitting"), QUESTIONS.items(), ids=QUESTIONS.keys())


def ids(chosen: list[Method] | tuple[Method, ...]) -> list[str]:
    return [method.id for method in chosen]


@SAID
def test_what_suits_the_question_comes_first(question: str, fitting: list[str]) -> None:
    assert set(ids([*suggest(question)])[: len(fitting)]) == set(fitting)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("wie kan ich mit im gespäch bleiben", "literal_sentences"),
        ("ich kann mich nicht entscheidn", "first_small_step"),
        ("wir sind fesgefahren", "headstand"),
        ("welche möglichkeitn hab ich", "brainstorming"),
        ("welche moeglichkeiten gibt es", "brainstorming"),
        ("ICH BIN SO ENTÄUSCHT", "resonance"),
        ("Wie formulliere ich das?", "literal_sentences"),
    ],
)
def test_a_question_may_be_misspelt(typed: str, first: str) -> None:
    assert suggest(typed)[0].id == first


@pytest.mark.parametrize(
    "form", ["Kolleg:innen", "Kolleg*innen", "KollegInnen", "Kolleginnen und Kollegen", "Kollegen"]
)
def test_how_people_are_called_changes_nothing(form: str) -> None:
    assert suggest(f"Wie sage ich das den {form}?") == suggest("Wie sage ich das den Kollegen?")


@pytest.mark.parametrize(
    "question", ["Wie beantrage ich Urlaub?", "Wer darf wagen?", "Wie tragen wir das vor?", "ratsam ist es, zu rasten"]
)
def test_words_that_only_look_alike_count_for_nothing(question: str) -> None:
    assert suggest(question) == suggest("")


def test_without_a_question_the_usual_ones_are_offered() -> None:
    assert ids([*suggest("")]) == ["brainstorming", "headstand", "literal_sentences", "resonance", "first_small_step"]


cues = st.sampled_from([cue for method in methods() for cue in method.cues])


@given(st.lists(cues | st.text(max_size=20), max_size=12).map(" ".join))
def test_there_are_always_five_or_six_different_ones_and_the_same_again(question: str) -> None:
    chosen = suggest(question)
    assert len(chosen) in (5, 6)
    assert len({method.id for method in chosen}) == len(chosen)
    assert suggest(question) == chosen


@given(st.sampled_from(methods()), st.data())
def test_what_is_said_of_a_method_brings_it_among_the_offered(method: Method, data: st.DataObject) -> None:
    cue = data.draw(st.sampled_from(method.cues))
    assert method in suggest(f"Also {cue} …")


@given(st.text())
def test_no_question_breaks_the_choice(question: str) -> None:
    assert suggest(question)


def test_an_endless_question_is_read_in_no_time() -> None:
    assert len(suggest("gespräch absage " * 5000)) >= 5


def test_each_method_is_chosen_by_a_word_of_its_own() -> None:
    words = [method.word for method in methods()]
    assert len(set(words)) == len(words)
    # In a room, only single short words count as a choice.
    assert [word for word in words if not word.isalpha() or len(word) > 20 or word != word.lower()] == []


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.id)
def test_rules_are_short_and_address_nobody(method: Method) -> None:
    for sentence in re.split(r"(?<=[.!?:])\s+", method.rule):
        assert len(sentence.split()) <= 15, sentence
    assert not re.search(r"\b(?:du|dich|dir|dein\w*|Sie|Ihr|Ihre\w*|Ihnen|euch|eure?\w*)\b", method.rule)


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.id)
def test_the_advice_phase_goes_by_the_chosen_method(method: Method) -> None:
    advice = built_in()["six_phase"].phase("advice")
    applied = method.applied(advice)
    assert applied.said().endswith(method.rule)
    assert applied.title == f"Beratung ({method.title})"
    assert (applied.notes, applied.minutes, applied.speakers) == (method.notes, advice.minutes, advice.speakers)


def test_hypotheses_are_noted_apart_from_solutions() -> None:
    kinds = {method.id: method.notes for method in methods()}
    assert (kinds["hypotheses"], kinds["good_advice"]) == (NoteKind.HYPOTHESIS, NoteKind.SOLUTION)


def test_a_method_is_found_by_its_id() -> None:
    assert find("headstand") in methods()
    assert find("") is None
    assert find("gone") is None


def test_of_several_that_are_kept_the_first_one_counts() -> None:
    assert find("gone resonance headstand") == find("resonance")
