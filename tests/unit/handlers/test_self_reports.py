"""What supporters say about themselves, in their own words, is understood; questions are not taken for it."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import process_time

import pytest
from babel.dates import get_day_names
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import plain_words
from handlers.self_reports import LONGEST_REPORT, LONGEST_TOPIC, MOST_TOPICS, Change, is_about_me, topics_in, understand
from storage.models.people import Availability, Experience

TODAY = date(2026, 11, 20)  # a Friday
DATA = Path(__file__).parents[2] / "data"


def until(month: int, day: int, year: int = 2026, start: date | None = None) -> Change:
    return Change(paused_until=date(year, month, day), paused_from=start)


PAUSES = [
    ("pause bis 3.12.", until(12, 3)),
    ("Pause bis zum 3.12.2026", until(12, 3)),
    ("pause bis einschließlich 3. Dezember", until(12, 3)),
    ("bin bis dienstag weg", until(11, 24)),
    ("ich bin bis Dienstag weg.", until(11, 24)),
    ("bis dienstag bin ich weg", until(11, 24)),
    ("bin weg bis diestag", until(11, 24)),
    ("nicht verfügbar bis KW 3", until(1, 22, 2027)),
    ("nich verfügbr bis kw 53", until(1, 1, 2027)),
    ("bis KW 3 nicht verfuegbar", until(1, 22, 2027)),
    ("urlaub bis ende januar", until(1, 31, 2027)),
    ("urluab bis ende jannuar", until(1, 31, 2027)),
    ("ich bin zwei wochen nicht da", until(12, 4)),
    ("bin die nächsten 2 wochen nich da", until(12, 4)),
    ("heute nicht", until(11, 20)),
    ("heute leider nicht", until(11, 20)),
    ("heute bin ich nicht da", until(11, 20)),
    ("ich kann heute nicht", until(11, 20)),
    ("heute kann ich nicht mehr helfen", until(11, 20)),
    ("diese woche nicht", until(11, 20)),
    ("diese woche geht es bei mir nicht", until(11, 20)),
    ("bin diese woche voll", until(11, 20)),
    ("bin bis ende der woche raus", until(11, 20)),
    ("bin ab morgen im Urlaub bis 15.1.", until(1, 15, 2027, date(2026, 11, 21))),
    ("ab morgen bin ich bis 15.1. im urlaub", until(1, 15, 2027, date(2026, 11, 21))),
    ("bin vom 21.12. bis 6.1. im Urlaub", until(1, 6, 2027, date(2026, 12, 21))),
    ("ab montag zwei wochen urlaub", until(12, 7, start=date(2026, 11, 23))),
    ("ich bin ab Mittwoch bis Dienstag weg", until(12, 1, start=date(2026, 11, 25))),
    ("bin nächste woche weg", until(11, 27, start=date(2026, 11, 23))),
    ("nächste woche habe ich urlaub", until(11, 27, start=date(2026, 11, 23))),
    ("ich bin im Januar nicht da", until(1, 31, 2027, date(2027, 1, 1))),
    ("bin am montag nicht da", until(11, 23, start=date(2026, 11, 23))),
    ("elternzeit bis 30.6.2027", until(6, 30, 2027)),
    ("ich gehe bis März in Elternzeit", until(3, 31, 2027)),
    ("bin bis ostern raus", until(3, 28, 2027)),
    ("krank bis Montag", until(11, 23)),
    ("bin krank bis montag", until(11, 23)),
    ("bin krank, bis Montag", until(11, 23)),
    ("bin krank, bis montag weg", until(11, 23)),
    ("bin bis montag weg wegen Zahnarzt", until(11, 23)),
    ("ich bin bis montag nicht da, muss zum Amtsarzt", until(11, 23)),
    ("Hallo Lotsenfunk, ich bin bis Montag im Urlaub. Danke!", until(11, 23)),
    ("setz mich bis 3.12. auf pause", until(12, 3)),
    ("bitte setzen Sie mich bis 3.12. auf Pause", until(12, 3)),
    ("Kannst du mich bis 3.12. auf Pause setzen?", until(12, 3)),
    ("mach bitte pause bis 3.12.", until(12, 3)),
    ("ich mache bis 3.12. pause", until(12, 3)),
    ("brauch ne pause bis weihnachten", until(12, 24)),
    ("ich möchte bis Freitag, den 4.12. pausieren", until(12, 4)),
    ("pausiere bis nächsten Mittwoch", until(11, 25)),
    ("frag mich bis 3.12. bitte nicht mehr", until(12, 3)),
    ("bis 3.12. keine anfragen bitte", until(12, 3)),
    ("keine Anfragen bis 3.12.", until(12, 3)),
    ("hab heute frei", until(11, 20)),
    ("ich bin bis 3.12. nicht da, ok?", until(12, 3)),
    ("krank", Change(needs_day=True)),
    ("bin krank", Change(needs_day=True)),
    ("ich bin leider krankgeschrieben", Change(needs_day=True)),
    ("pause", Change(needs_day=True)),
    ("ich brauche eine Pause", Change(needs_day=True)),
    ("pause bis auf weiteres", Change(needs_day=True)),
    ("bin bis nach den Ferien weg", Change(needs_day=True)),
    ("bin vom 1. bis 15.3. weg", Change(needs_day=True)),
    ("bin ein paar tage nicht da", Change(needs_day=True)),
    ("bin ab montag im urlaub", Change(paused_from=date(2026, 11, 23), needs_day=True)),
    ("ich bin bis 31.2. weg", Change(needs_day=True)),
    ("pause bis 3.12.2020", Change(is_past=True)),
    ("ich war weg und bin bis 1.1.2026 im Urlaub", None),
    ("elternzeit bis 1.3.2024", Change(is_past=True)),
]

BACK = [
    *((said, Change(is_back=True)) for said in (
        "bin wieder da", "wieder da!", "ich bin wieder da", "bin zurück", "bin zurueck aus dem Urlaub", "pause beenden",
        "Pause ist vorbei", "beende meine pause", "keine pause mehr", "ich kann wieder helfen", "bin weider da",
        "ab sofort wieder erreichbar", "bin heute wieder da", "setz mich wieder auf verfügbar", "urlaub vorbei",
    )),
    ("bin ab montag wieder da", until(11, 22)),
    ("wieder da ab 7.1.", until(1, 6, 2027)),
    ("komme am Mittwoch wieder", until(11, 24)),
    ("nächste woche bin ich wieder da", until(11, 22)),
]  # fmt: skip

FULL, SOME_ROOM, FREE = (
    Change(availability=one) for one in (Availability.FULL, Availability.SOME_ROOM, Availability.FREE)
)
ROOM = [
    *((said, FULL) for said in ("bin voll", "voll", "ich bin grad total voll", "hab keine luft mehr", "bin ausgelsatet",
                                "ich habe momentan keine Kapazitäten", "Auslastung: voll", "setz mich auf voll")),
    *((said, SOME_ROOM) for said in ("etwas luft", "hab noch etwas luft", "ich habe ein bischen Luft", "wenig Luft")),
    *((said, FREE) for said in ("ich hab gerade luft", "hab wieder luft", "frei", "bin frei", "ich bin wieder frei",
                                "ich habe wieder Kapazitäten frei", "Verfügbarkeit: frei")),
]  # fmt: skip

CAPACITY = [
    ("höchstens 2 pro woche", Change(weekly_capacity=2)),
    ("max. eine anfrage die woche", Change(weekly_capacity=1)),
    ("zwei in der woche", Change(weekly_capacity=2)),
    ("hoechstens zwei anfragen pro woche", Change(weekly_capacity=2)),
    ("ich schaffe maximal drei fragen pro Woche", Change(weekly_capacity=3)),
    ("ich nehme pro Woche nur zwei Anfragen an", Change(weekly_capacity=2)),
    ("nicht mehr als 4 anfragen pro woche bitte", Change(weekly_capacity=4)),
    ("meine grenze ist 3", Change(weekly_capacity=3)),
    ("Wochengrenze: 5", Change(weekly_capacity=5)),
    ("keine grenze", Change(has_no_limit=True)),
    ("ohne limit", Change(has_no_limit=True)),
    ("ich brauche kein limit mehr", Change(has_no_limit=True)),
]

TOPICS = [
    ("ich kenne mich auch mit Kanban und E-Rechnung aus", Change(topics_added=("Kanban", "E-Rechnung"))),
    ("kenn mich mit kanban aus", Change(topics_added=("kanban",))),
    ("Ich kene mich gut mit Excel aus", Change(topics_added=("Excel",))),
    ("mit Scrum kenne ich mich auch aus", Change(topics_added=("Scrum",))),
    ("neues thema: Kanban", Change(topics_added=("Kanban",))),
    ("neue themen: Kanban, E-Akte", Change(topics_added=("Kanban", "E-Akte"))),
    ("ich kann auch Barrierefreie PDFs", Change(topics_added=("Barrierefreie PDFs",))),
    ("ich kann jetzt auch bei der E-Akte helfen", Change(topics_added=("der E-Akte",))),
    ("ich mache jetzt auch Kanban", Change(topics_added=("Kanban",))),
    ("mach jetzt auch Protokolle mit Vorlage", Change(topics_added=("Protokolle mit Vorlage",))),
    ("nimm Kanban in mein Porträt auf", Change(topics_added=("Kanban",))),
    ("trag bitte Kanban bei mir ein", Change(topics_added=("Kanban",))),
    ("Können Sie Kanban in mein Porträt aufnehmen?", Change(topics_added=("Kanban",))),
    ("Kanban nicht mehr", Change(topics_dropped=("Kanban",))),
    ("kanban nicht mehr", Change(topics_dropped=("kanban",))),
    ("E-Akte und Kanban nicht mehr", Change(topics_dropped=("E-Akte", "Kanban"))),
    ("ohne Kanban", Change(topics_dropped=("Kanban",))),
    ("streich Kanban aus meinem Porträt", Change(topics_dropped=("Kanban",))),
    ("streiche bitte Kanban aus meinem portrait", Change(topics_dropped=("Kanban",))),
    ("kannst du kanban aus meinen themen streichen?", Change(topics_dropped=("kanban",))),
    ("ich mache kein Kanban mehr", Change(topics_dropped=("Kanban",))),
    ("nimm Kanban raus", Change(topics_dropped=("Kanban",))),
    ("meine themen: E-Akte, Kanban und d.3", Change(topics=("E-Akte", "Kanban", "d.3"))),
    ("Meine Themen sind jetzt E-Akte und Vor- und Nachbereitung", Change(topics=("E-Akte", "Vor- und Nachbereitung"))),
    ("meine tehmen: kanban", Change(topics=("kanban",))),
]

REST = [
    ("ich moderiere workshops", Change(formats_added=("Workshops",))),
    ("ich halte vorträge und Schulungen", Change(formats_added=("Vorträge", "Schulungen"))),
    ("ich mache auch coachings", Change(formats_added=("Coachings",))),
    ("meine formate: Sprechstunde, Workshop", Change(formats=("Sprechstunde", "Workshop"))),
    ("nur vormittags", Change(note="nur vormittags")),
    ("ich bin nur vormitags da", Change(note="nur vormittags")),
    ("nur dienstags und donnerstags", Change(note="nur dienstags und donnerstags")),
    ("freitags nicht", Change(note="freitags nicht")),
    ("ich bin immer von 9 bis 12 uhr da", Change(note="von 9 bis 12 Uhr")),
    ("ich mache keine Hardware", Change(out_of_scope="Hardware")),
    ("für Drucker bin ich nicht zuständig", Change(out_of_scope="Drucker")),
    ("ich bin nicht zuständig für Drucker und Toner", Change(out_of_scope="Drucker und Toner")),
    ("was ich nicht mache: Hardware", Change(out_of_scope="Hardware")),
    ("erreichbar unter Durchwahl 1234", Change(contact="Durchwahl 1234")),
    ("meine Durchwahl ist 1234", Change(contact="Durchwahl 1234")),
    ("Ich bin am besten über Teams erreichbar", Change(contact="Teams")),
    ("meine Mail ist lotse@stadt.example", Change(contact="lotse@stadt.example")),
    ("ich bin jetzt im Sozialamt", Change(department="Sozialamt")),
    ("bin jetzt im FB 3 Soziales", Change(department="FB 3 Soziales")),
    ("ich arbeite jetzt in der Stadtbücherei", Change(department="Stadtbücherei")),
    ("mein Fachbereich ist jetzt Jugend und Familie", Change(department="Jugend und Familie")),
    ("bin ins Jugendamt gewechselt", Change(department="Jugendamt")),
    ("meine vertretung ist Ruth Maier", Change(deputy="Ruth Maier")),
    ("meine vertetung macht ruth maier", Change(deputy="ruth maier")),
    ("Vertretung: Frau Maier", Change(deputy="Frau Maier")),
    ("Ruth Maier vertritt mich", Change(deputy="Ruth Maier")),
    ("ich habe keine vertretung mehr", Change(has_no_deputy=True)),
    ("ich bin neu dabei", Change(experience=Experience.NEW)),
    ("bin noch neu", Change(experience=Experience.NEW)),
    ("erfahren", Change(experience=Experience.EXPERIENCED)),
    ("ich bin eine erfahrene Lotsin", Change(experience=Experience.EXPERIENCED)),
    ("antworten bitte ohne meinen namen", Change(is_named=False)),
    ("mit namen", Change(is_named=True)),
    ("zeig meinen Namen nicht", Change(is_named=False)),
]

SEVERAL = [
    ("bin bis 3.12. weg, meine vertretung ist Ruth Maier", Change(paused_until=date(2026, 12, 3), deputy="Ruth Maier")),
    (
        "Ich bin bis 3.12. im Urlaub. Ruth Maier vertritt mich.",
        Change(paused_until=date(2026, 12, 3), deputy="Ruth Maier"),
    ),
    ("bin wieder da und hab luft", Change(is_back=True, availability=Availability.FREE)),
    ("nur vormittags und höchstens 2 pro woche", Change(note="nur vormittags", weekly_capacity=2)),
    ("bin bis 3.12. weg und bis 4.12. weg", None),
]
SENTENCES = [*PAUSES, *BACK, *ROOM, *CAPACITY, *TOPICS, *REST, *SEVERAL]

QUESTIONS = """
wie mache ich pause
wann habe ich urlaub
kann ich bis freitag bezahlen
wer ist meine vertretung?
wer ist meine vertretung
urlaub bis 31.3. nehmen
urlaub bis März übertragen
Urlaub
Elternzeit bis wann beantragen
krankmeldung bis wann abgeben
krank geworden im urlaub
drucker druckt nicht mehr
Outlook geht nicht mehr
214 stimmt nicht mehr
Teams startet nicht mehr
ich komme nicht mehr rein
ich kann nicht mehr
ich kann einfach nicht mehr
ich halte das alles nicht mehr aus
ich will nicht mehr
ich kann die e-akte nicht öffnen
ich kann auch die akte nicht öffnen
keine mails mehr
kein zugriff mehr
ohne vpn arbeiten
bin im homeoffice und komm nicht ins d3
bin neu im amt
ich bin neu hier
meine mail ist weg
meine nummer ist falsch
meine vertretung ist krank
meine vertretung sieht die akten nicht
mein chef ist bis freitag weg
Ruth ist krank
wir sind bis freitag nicht da
ich mache ein formular barrierefrei
ich kenne mich mit Excel nicht aus
wer kennt sich mit Kanban aus
mit namen oder ohne namen
zwei wochen
höchstens 2 mb pro mail
thema für jf: altakten scannen, 15 min
neue themen vorschlagen
montags geschlossen
ich brauche bis freitag ein zertifikat
bin ab montag weg, wie stell ich die automatische antwort ein
ich fahr in urlaub und brauch ne vertretung
enaio nicht verfügbar
postfach voll
der fehler ist wieder da
streich die letzte zeile
ich gebe die akte frei
ich leite mails weiter
kann ich auch anonym fragen
ich habe frei
limit 25 mb
schulung am montag
habe ich bis freitag urlaub
""".strip().split("\n")


@pytest.mark.parametrize(("said", "change"), SENTENCES)
def test_what_somebody_says_about_themselves_is_understood(said: str, change: Change | None) -> None:
    assert understand(said, TODAY) == change


@pytest.mark.parametrize("said", [said for said, change in SENTENCES if change])
def test_neither_case_nor_blanks_nor_a_dot_matter(said: str) -> None:
    changes = [understand(form, TODAY) for form in (f"  {said.lower()} ", said.upper().replace("SS", "ß"))]
    assert all(changes)
    if not said.endswith("?"):
        assert understand(f"{said}!", TODAY)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_none(question: str) -> None:
    assert understand(question, TODAY) is None
    assert understand(f"{question.rstrip('?')}?", TODAY) is None
    assert not is_about_me(question)


def questions_of(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield from (row[key] for key in ("query", "question", "a", "b") if row.get(key))


@pytest.mark.parametrize("folder", ["qa", "domain"])
def test_no_question_of_the_test_data_is_taken_for_a_report(folder: str) -> None:
    paths = sorted((DATA / folder).rglob("*.jsonl"))
    asked = {form for path in paths for text in questions_of(path) for form in (text, text.rstrip(" ?.").lower())}
    assert len(asked) > 300
    assert [text for text in asked if is_about_me(text)] == []


def test_somebody_in_need_is_not_taken_for_somebody_who_pauses() -> None:
    assert [text for text in questions_of(DATA / "screening" / "sensitive_questions.jsonl") if is_about_me(text)] == []


@pytest.mark.parametrize("reason", ["wegen Zahnarzt", ", weil mein Kind krank ist", ", muss zum Amtsarzt"])
def test_why_somebody_is_away_is_not_kept(reason: str) -> None:
    assert understand(f"bin bis 3.12. weg {reason}", TODAY) == until(12, 3)


@pytest.mark.parametrize("year", range(2026, 2040))
def test_a_weekday_beside_a_date_is_understood_in_every_year(year: int) -> None:
    weekday = get_day_names("wide", locale="de_DE")[date(year, 12, 3).weekday()]
    said = f"nimm mich bis {weekday}, den 3.12. raus"
    assert understand(said, date(year, 11, 20)) == Change(paused_until=date(year, 12, 3))


def test_of_an_illness_only_the_day_is_kept() -> None:
    assert understand("bin krank bis Montag", TODAY) == understand("bin weg bis Montag", TODAY)


@pytest.mark.parametrize(
    ("start", "words", "times"),
    [("ich bin ", "von 8 bis 9 ", 23), ("ich kann ", "Kurse ", 32), ("ich gebe ", "Kurse leiten ", 20)],
)
def test_words_said_over_and_over_are_read_at_once(start: str, words: str, times: int) -> None:
    begun = process_time()
    understand(start + words * times + "x", TODAY)
    assert process_time() - begun < 2


@pytest.mark.parametrize(
    "said",
    [
        "ich kann auch helfen", "ich kann auch morgen", "ich kann auch um 10", "ich mache auch mit",
        "ich mache auch Feierabend", "ich mache auch Fehler", "ich moderiere morgen",
        "ich moderiere auch morgen den Workshop", "Hinweis: der Drucker ist kaputt", "Anmerkung: das stimmt so nicht",
    ],
)  # fmt: skip
def test_small_talk_changes_no_portrait(said: str) -> None:
    assert understand(said, TODAY) is None


def test_a_long_text_is_no_report() -> None:
    assert understand("ich mache keine " + "X" * LONGEST_REPORT, TODAY) is None


days = st.dates()
pieces = st.sampled_from(
    [said for said, _ in SENTENCES]
    + ["bis", "ab", "vom", "bin", "ich", "weg", "heute", "nicht", "kw 53", "29.2.", "31.12.", "ende januar", ",", "und"]
    + [":", "?", "pro woche", "99", "0", "kanban", "mit", "aus", "wieder da", "übermorgen", "9999"]
)
texts = st.text() | st.lists(pieces, max_size=6).map(" ".join)


@given(texts, days)
def test_no_text_is_too_odd_and_no_pause_ends_before_today(text: str, today: date) -> None:
    change = understand(text, today)
    if change:
        assert change != Change()
        assert change.paused_until is None or change.paused_until >= today
        assert change.paused_from is None or change.paused_from > today
        assert not (change.paused_until and (change.needs_day or change.is_past))
        assert change.weekly_capacity is None or change.weekly_capacity > 0


@given(texts, st.dates(date(2026, 1, 1), date(2099, 12, 31)))
def test_a_report_is_one_on_every_day(text: str, today: date) -> None:
    assert is_about_me(text) == (understand(text, today) is not None)


@given(st.text() | st.lists(pieces | st.text(), max_size=20).map(", ".join))
def test_topics_are_few_short_and_different(text: str) -> None:
    topics = topics_in(text)
    assert len(topics) <= MOST_TOPICS
    assert len({plain_words(topic) for topic in topics}) == len(topics)
    assert all(0 < len(topic) <= LONGEST_TOPIC and topic == topic.strip() and plain_words(topic) for topic in topics)


@pytest.mark.parametrize(
    ("answer", "topics"),
    [
        ("E-Akte, kanban boards und so Sachen wie barrierefreie PDFs",
         ("E-Akte", "kanban boards", "barrierefreie PDFs")),
        ("ich kenne mich mit Kanban und Scrum aus", ("Kanban", "Scrum")),
        ("also eigentlich bei Excel, Excel und excel!", ("Excel",)),
        ("d.3 (Suche, Ablage), Outlook", ("d.3 (Suche, Ablage)", "Outlook")),
        ("Vor- und Nachbereitung, Workshopleitung und -moderation",
         ("Vor- und Nachbereitung", "Workshopleitung und -moderation")),
        ("- E-Akte\n- E-Rechnung\n• Videokonferenzen", ("E-Akte", "E-Rechnung", "Videokonferenzen")),
        ("alles rund um die E-Akte usw.", ("die E-Akte",)),
        ("Fragen zu Signaturen, Wissensmanagement etc.", ("Signaturen", "Wissensmanagement")),
        ("Lots:innen, Personal & Organisation", ("Lots:innen", "Personal & Organisation")),
        ("keine ahnung", ()),
        ("", ()),
        ("a, b, c, d, e, f, g, h, i, j", ("a", "b", "c", "d", "e", "f", "g", "h")),
        ("das papierlose Büro mit allem was dazu gehört in unserem Fachbereich",
         ("das papierlose Büro mit allem was dazu gehört in unserem",)),
    ],
)  # fmt: skip
def test_an_answer_is_split_into_topics(answer: str, topics: tuple[str, ...]) -> None:
    assert topics_in(answer) == topics
