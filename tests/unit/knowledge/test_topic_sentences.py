"""A topic is read from one sentence, and nothing of its title is lost."""

import re
from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from knowledge.topic_sentences import (
    LONGEST,
    SENDER,
    STEP,
    ImpossibleMinutes,
    Step,
    TopicSentence,
    are_alike,
    bare_topic,
    is_topic,
    read,
    read_details,
    step_in,
    wished,
    written,
)
from storage.models.agenda import Goal

SERIES = ("Jour fixe der Lots:innen", "KI-Runde")
INFO, DISCUSSION, DECISION, CONSULTATION = Goal.INFO, Goal.DISCUSSION, Goal.DECISION, Goal.CONSULTATION
ALTAKTEN = TopicSentence("Altakten scannen", 15, DECISION, "ob wir ab März alle gleich machen")

READINGS = [
    ("E-Rechnung, 15 min, Entscheidung", TopicSentence("E-Rechnung", 15, DECISION)),
    ("altakten scannen, 15 min, wir brauchen ne entscheidung ob wir ab märz alle gleich machen", ALTAKTEN),
    ("10 Minuten Info zu M365", TopicSentence("M365", 10, INFO)),
    ("Info zum neuen Formular, 5 min", TopicSentence("Info zum neuen Formular", 5, INFO)),
    ("Entscheidung: E-Rechnung, 15 min", TopicSentence("E-Rechnung", 15, DECISION)),
    ("Entscheidung, ob wir ab märz scannen", TopicSentence("Ob wir ab März scannen", goal=DECISION)),
    ("E-Akte, 1 h", TopicSentence("E-Akte", 60)),
    ("E-Akte, 1,5 Std., Diskussion", TopicSentence("E-Akte", 90, DISCUSSION)),
    ("E-Akte, 1 h 30 min", TopicSentence("E-Akte", 90)),
    ("E-Akte, 1:30 h", TopicSentence("E-Akte", 90)),
    ("halbe Stunde E-Akte", TopicSentence("E-Akte", 30)),
    ("E-Akte, eine viertel Stunde", TopicSentence("E-Akte", 15)),
    ("E-Akte, dreiviertel stunde", TopicSentence("E-Akte", 45)),
    ("E-Akte, zwanzig Minuten", TopicSentence("E-Akte", 20)),
    ("E-Akte, 10-15 min", TopicSentence("E-Akte", 15)),
    ("E-Akte 15 min Entscheidung", TopicSentence("E-Akte", 15, DECISION)),
    ("E-Akte 15 min mit mir", TopicSentence("E-Akte", 15, owner=SENDER)),
    ("E-Akte (15 min, E)", TopicSentence("E-Akte", 15, DECISION)),
    ("E-Akte - 25 min - B", TopicSentence("E-Akte", 25, CONSULTATION)),
    ("E-Akte\n10 min\nInfo", TopicSentence("E-Akte", 10, INFO)),
    ("E-Akte. 10 Minuten. Kollegiale Beratung.", TopicSentence("E-Akte", 10, CONSULTATION)),
    ("E-Akte, wir brauchen ca. 20 min dafür", TopicSentence("E-Akte", 20)),
    ("wir brauchen 20 min für Altakten", TopicSentence("Altakten", 20)),
    ("E-Akte, entscheidng", TopicSentence("E-Akte", goal=DECISION)),
    (
        "E-Akte, wir müssen über das Portal entscheiden",
        TopicSentence("E-Akte", goal=DECISION, wanted="wir müssen über das Portal entscheiden"),
    ),
    ("Altakten scannen, sortieren, 10 min", TopicSentence("Altakten scannen, sortieren", 10)),
    ("Altakten, 10 min, scannen und sortieren", TopicSentence("Altakten, scannen und sortieren", 10)),
    ("Beschluss vom mai umsetzen, 5 min", TopicSentence("Beschluss vom Mai umsetzen", 5)),
    ("E-Akte, Ziel: gleiche Namen, klare Wege", TopicSentence("E-Akte", wanted="gleiche Namen, klare Wege")),
    ("E-Akte, von Ben", TopicSentence("E-Akte", owner="Ben")),
    ("E-Akte, wer: Frau May", TopicSentence("E-Akte", owner="Frau May")),
    ("E-Akte, ich stelle es vor", TopicSentence("E-Akte", owner=SENDER)),
    ("Gruß von Ben, 5 min", TopicSentence("Gruß von Ben", 5)),
    ("E-Akte, https://wiki.example.org/a,b?c=1.", TopicSentence("E-Akte", link="https://wiki.example.org/a,b?c=1")),
    ("E-Akte link https://wiki.example.org/a, 5 min", TopicSentence("E-Akte", 5, link="https://wiki.example.org/a")),
    ("Thema für jf: E-Akte", TopicSentence("E-Akte")),
    ("für den nächsten Jour fixe: E-Akte", TopicSentence("E-Akte")),
    ("für KI-Runde: Prompts, 5 min", TopicSentence("Prompts", 5, series="KI-Runde")),
    ("Thema für die ki runde: Prompts", TopicSentence("Prompts", series="KI-Runde")),
    ("Thema KI-Runde: Prompts", TopicSentence("Prompts", series="KI-Runde")),
    ("Thema für die Azubis: Laptops", TopicSentence("Azubis: Laptops")),
    ("Prompts, für die KI-Runde", TopicSentence("Prompts", series="KI-Runde")),
    ("für alle: neue Passwörter", TopicSentence("Für alle: neue Passwörter")),
    ("Info", TopicSentence("Info", goal=INFO)),
    ("15 min, Entscheidung", TopicSentence("", 15, DECISION)),
    ("„Info, 15 min“, 10 min", TopicSentence("Info, 15 min", 10)),
    ("d3 zeigen", TopicSentence("d3 zeigen")),
    ("fall aus meinem team, beratung, 25", TopicSentence("Fall aus meinem team", 25, CONSULTATION)),
    ("E-Akte, 25.", TopicSentence("E-Akte", 25)),
    ("E-Akte, 25, 30 min", TopicSentence("E-Akte", 25)),
    ("Kollegiale Beratung, 45 min, beratung", TopicSentence("Kollegiale Beratung", 45, CONSULTATION)),
    ("Beratung, 45 min, Entscheidung", TopicSentence("Beratung", 45, DECISION)),
    ("für KI-Runde: Fallberatung, 45 min", TopicSentence("Fallberatung", 45, CONSULTATION, series="KI-Runde")),
    ("E-Akte, mit mir, von Ben Altakten", TopicSentence("E-Akte, von Ben Altakten", owner=SENDER)),
    (
        "E-Akte https://wiki.example.org/a. Wer liest es?",
        TopicSentence("E-Akte, Wer liest es?", link="https://wiki.example.org/a"),
    ),
    ("e-rechnung leitweg id", TopicSentence("E-Rechnung leitweg id")),
    ("", TopicSentence()),
]


@pytest.mark.parametrize(("text", "topic"), READINGS)
def test_a_topic_is_read_from_one_sentence(text: str, topic: TopicSentence) -> None:
    assert read(text, SERIES) == topic


@pytest.mark.parametrize(
    "title",
    [
        "Paragraph 15",
        "M365",
        "Raum 15",
        "30-Minuten-Regel",
        "KW 3, 2026",
        "Plan A, B",
        "Pausen von 15 Minuten",
        "Wir wissen nicht, ob wir scannen",
        "Umzug in Raum 15, Etage 3",
        "15. Kapitel",
        "Top 10",
        "Formular 1 h2",
        "Plan A, 7",
        "Kapitel, 125",
    ],
)
def test_numbers_and_letters_of_a_title_are_no_details(title: str) -> None:
    assert read(title) == TopicSentence(title)
    assert read(f"{title}, 20 min, Info") == TopicSentence(title, 20, INFO)


@pytest.mark.parametrize(
    ("said", "minutes"), [("12 min", 15), ("1 min", 5), ("118 Minuten", 120), ("7,5 min", 10), ("1,3 h", 80)]
)
def test_other_minutes_are_rounded_up(said: str, minutes: int) -> None:
    assert read(f"E-Akte, {said}") == TopicSentence("E-Akte", minutes, is_rounded=True)


@pytest.mark.parametrize(
    ("said", "minutes"),
    [("0 min", 0), ("-5 min", -5), ("minus 10 Minuten", -10), ("121 min", 121), ("3 h", 180), ("99999 Minuten", 99999)],
)
def test_impossible_minutes_are_named(said: str, minutes: int) -> None:
    for text in (f"E-Akte, {said}", f"E-Akte {said}", said):
        with pytest.raises(ImpossibleMinutes) as found:
            read(text)
        assert found.value.minutes == minutes


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("entscheidung", TopicSentence(goal=DECISION)),
        ("Entscheidung: ob wir wechseln", TopicSentence(goal=DECISION, wanted="ob wir wechseln")),
        ("20 min, info, mit mir", TopicSentence(minutes=20, goal=INFO, owner=SENDER)),
        ("link https://wiki.example.org/x", TopicSentence(link="https://wiki.example.org/x")),
        ("X-Rechnung", TopicSentence("X-Rechnung")),
    ],
)
def test_what_is_said_of_a_topic_that_is_there_may_be_details_alone(text: str, topic: TopicSentence) -> None:
    assert read_details(text) == topic


@pytest.mark.parametrize("text", ["Thema: E-Akte", "thema für jf: x", "neues Thema: x", "Thema für die KI-Runde: x"])
def test_a_sentence_that_names_a_topic_is_recognised(text: str) -> None:
    assert is_topic(text)


@pytest.mark.parametrize("text", ["thema", "Thema:", "Das Thema: x", "thema 12: 20 min", "Wo ist das Thema: hier?", ""])
def test_any_other_sentence_is_not_taken_for_a_topic(text: str) -> None:
    assert not is_topic(text)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("jedes Mal", Step.RECUR),
        ("nur einmal", Step.ONCE),
        ("diesmal nicht", Step.SKIP),
        ("bitte verschieben!", Step.POSTPONE),
        ("zurückziehen", Step.WITHDRAW),
        ("ohne mich", Step.DISOWN),
        ("20 min", None),
        ("Altakten verschieben", None),
    ],
)
def test_what_is_to_be_done_with_a_topic_is_understood(text: str, step: Step | None) -> None:
    assert step_in(text) is step


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("ich hätte noch was für den jour fixe: wie gehen wir mit Urlaub um", "wie gehen wir mit Urlaub um"),
        ("noch ein thema für den nächsten jf: Kantine", "Kantine"),
        ("Vorschlag für den Jour fixe – Pause", "Pause"),
        ("für den jour fixe: Altakten, 15 min", "Altakten, 15 min"),
        ("können wir beim nächsten jf mal über die e-rechnung reden?", "e-rechnung"),
        ("Können wir im Jour fixe bitte klären, wer vertritt?", "wer vertritt"),
        ("wir sollten im jf entscheiden ob wir scannen", "ob wir scannen, Entscheidung"),
        ("Ich möchte beim nächsten Jour fixe die neue Anleitung vorstellen", "neue Anleitung"),
        ("Lasst uns beim jour fixe Raumpläne besprechen", "Raumpläne, Diskussion"),
        ("kann altakten bitte auf die tagesordnung?", "altakten"),
    ],
)
def test_a_wish_for_the_jour_fixe_is_heard(text: str, topic: str) -> None:
    assert wished(text) == topic


@pytest.mark.parametrize(
    "text",
    [
        "wo reden wir beim jour fixe über geld?",
        "können wir den jour fixe verschieben?",
        "können wir über geld reden?",
        "können wir beim jour fixe reden?",
        "ich möchte beim jour fixe moderieren",
        "ich komme nicht zum jour fixe",
        "wie kommt ein thema auf die tagesordnung?",
        "thema 12 auf die tagesordnung",
        "für den jour fixe:",
        "ich möchte im jf " + "viel " * 80 + "besprechen",
    ],
)
def test_no_other_sentence_is_heard_as_a_wish(text: str) -> None:
    assert wished(text) is None


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("thema altakten scannen 15min entscheidung", "altakten scannen 15min entscheidung"),
        ("neues Thema Kantine", "Kantine"),
        ("thema ist doof", None),
        ("thema altakten?", None),
        ("thema 12 20 min", None),
        ("thema zurückziehen", None),
        ("thema: altakten", None),
    ],
)
def test_a_topic_may_come_without_a_colon(text: str, topic: str | None) -> None:
    assert bare_topic(text) == topic


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("E-Rechnung", "e-rechnung Leitweg-ID", True),
        ("Altakten", "Altakten scannen", True),
        ("Altakten scannen", "Urlaub planen", False),
        ("Info zum Formular", "Info zur Kantine", False),
        ("", "Kantine", False),
    ],
)
def test_titles_that_share_their_words_are_alike(first: str, second: str, alike: bool) -> None:
    assert are_alike(first, second) is alike
    assert are_alike(second, first) is alike


VOCABULARY = (
    "Altakten scannen E-Rechnung M365 Raum 15 Paragraph § KW 3 Beschluss vom Info-Tafel Fall und für die neue d3 ob wir"
    " Wohngeld alle Kita-Portal Rückblick (alt) 10.000 Euro Regel? 2027 h min"
)
WORDS = st.sampled_from(VOCABULARY.split())
PLAIN = st.lists(WORDS, min_size=1, max_size=8).map(" ".join).filter(lambda text: any(map(str.isalpha, text)))
ANY = st.one_of(PLAIN, st.text(st.characters(codec="utf-8", exclude_characters='„“”"»«'), max_size=40))
LINKS = st.sampled_from(["", "https://wiki.example.org/seite,1?a=2", "http://intranet/x"])
TOPICS = st.builds(
    TopicSentence,
    title=PLAIN.map(lambda text: text[0].upper() + text[1:]),
    minutes=st.none() | st.integers(1, LONGEST // STEP).map(lambda steps: steps * STEP),
    goal=st.none() | st.sampled_from(list(Goal)),
    wanted=st.sampled_from(["", "ob wir ab März alle gleich machen", "neue Regel, klare Wege", "gleich ab KW 3"]),
    link=LINKS,
    owner=st.sampled_from(["", SENDER, "Ben", "Frau May"]),
    series=st.sampled_from(["", *SERIES]),
)


@given(TOPICS)
@example(TopicSentence("Info", goal=INFO))
@example(TopicSentence("15 min Pause", wanted="neue Regel, klare Wege", link="https://wiki.example.org/seite,1?a=2"))
def test_what_was_written_of_a_topic_is_read_the_same(topic: TopicSentence) -> None:
    assert read(written(topic), SERIES) == topic


DETAILS = re.compile(
    r"\d+|min(?:uten?)?|std|h|stunden?|info|diskussion|entscheidung|fall|beratung|[ideb]|für|die|wer|von|mit|mir|link"
    r"|ziel|jf|ki|runde|zu|zum|thema|wir|ich|brauchen|halbe|ca|bis|und|ben|beschluss",
    re.IGNORECASE,
)
IMPOSSIBLE = re.compile(r"(?:[3-9]|\d\d) ?h|(?:10\.000|2027) min")
PARTS = st.one_of(
    PLAIN,
    st.sampled_from(["15 min", "halbe Stunde", "1 h", "Info", "Entscheidung: ", "mit mir", "von Ben", "zu", "Fall"]),
    st.sampled_from(["https://wiki.example.org/x", "für KI-Runde", "wir brauchen 15 min", "Ziel: ", "E", "thema:"]),
)
SENTENCES = st.lists(st.tuples(PARTS, st.sampled_from([", ", " ", " – ", "\n", "; ", ": ", ". "])), max_size=6).map(
    lambda pairs: "".join(part + separator for part, separator in pairs)
)


@given(SENTENCES)
@example("Altakten, scannen Entscheidung: neu")
def test_no_word_of_a_sentence_is_lost_but_those_of_details(sentence: str) -> None:
    assume(not IMPOSSIBLE.search(sentence))
    topic = read(sentence, SERIES)
    kept = " ".join((topic.title, topic.wanted, topic.link, topic.owner, topic.series)).casefold()
    words = re.findall(r"\w+", sentence)
    assert [word for word in words if word.casefold() not in kept and not DETAILS.fullmatch(word)] == []


@given(st.one_of(ANY, SENTENCES, st.builds("können wir im jf {} besprechen".format, ANY)))
def test_a_wish_is_part_of_what_was_said(text: str) -> None:
    topic = wished(text)
    assert topic is None or (topic and topic.removesuffix(", Diskussion").split(", ")[0] in " ".join(text.split()))


@given(ANY)
def test_any_text_is_read(text: str) -> None:
    try:
        topic = read(text, SERIES)
    except ImpossibleMinutes as impossible:
        minutes = impossible.minutes
    else:
        assert topic == replace(topic, title=" ".join(topic.title.split()))
        minutes = topic.minutes or STEP
        assert minutes in range(STEP, LONGEST + 1, STEP)
        return
    assert not 0 < minutes <= LONGEST
