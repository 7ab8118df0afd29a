"""Formats of peer consultation are data: complete, sayable to anybody, and a faulty one names its fault."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.consultation_files import FormatError, built_in, load
from knowledge.consultation_formats import PEOPLE, Does, Format, Laps, Phase, fitting, named
from storage.models.peer_consultation import Mode, Part

OWN = """
title = "Kaffeerunde"
summary = "Ein Fall, ein Kaffee."
source = "Haus Lindenau"
mode = "live"
smallest = 3
largest = 6
best = [4, 5]
parts = ["case_giver", "moderator"]

[[phases]]
id = "casting"
title = "Wer macht was"
rule = "Erst ein Fall, dann die Aufgaben."
does = "casting"
minutes = 5

[[phases]]
id = "telling"
title = "Erzählen"
rule = "{case_giver} erzählt."
does = "telling"
minutes = 10
speakers = ["case_giver", "moderator"]

[[phases]]
id = "closing"
title = "Abschluss"
rule = "Was bleibt?"
does = "closing"
minutes = 5
"""
PARTS = 'parts = ["case_giver", "moderator"]'
SPEAKERS = 'speakers = ["case_giver", "moderator"]'
TELLING = 'does = "telling"\nminutes = 10\n'


def folder_with(tmp_path: Path, text: str, name: str = "kaffee.toml") -> Path:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def fault_of(folder: Path) -> str | None:
    try:
        load(folder)
    except FormatError as error:
        return str(error)
    return None


def own(tmp_path: Path, text: str = OWN) -> Format:
    return load(folder_with(tmp_path, text))["kaffee"]


# the formats that every house has

ALL_FORMATS = pytest.mark.parametrize("plan", built_in().values(), ids=lambda plan: plan.id)
SENTENCES = [
    pytest.param(text, id=f"{plan.id}-{number}")
    for plan in built_in().values()
    for number, text in enumerate([plan.summary, *(phase.said() for phase in plan.phases)])
]


def test_the_formats_that_the_handbook_promises_are_there() -> None:
    assert set(built_in()) == {
        "six_phase", "short_form", "eight_phase", "ten_step", "troika", "wise_crowds", "star_round", "written",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "people", "shortest", "longest"),
    [
        ("six_phase", 6, 45, 50),
        ("troika", 3, 30, 30),
        ("eight_phase", 7, 65, 65),
        ("ten_step", 8, 60, 90),
        ("wise_crowds", 4, 60, 60),
        ("short_form", 4, 25, 40),
    ],
)
def test_a_live_format_lasts_as_long_as_is_known_of_it(name: str, people: int, shortest: int, longest: int) -> None:
    plan = built_in()[name]
    assert shortest <= plan.minutes(people) <= longest
    assert plan.days(people) == 0


def test_the_written_format_lasts_ten_to_twelve_working_days() -> None:
    assert 10 <= built_in()["written"].days(5) <= 12
    assert built_in()["written"].minutes(5) == 0


@ALL_FORMATS
def test_a_format_is_kept_and_read_again_unchanged(plan: Format) -> None:
    assert Format.from_json(plan.as_json()) == plan


@ALL_FORMATS
def test_whoever_has_the_case_only_listens_while_the_others_advise(plan: Format) -> None:
    advising = [phase for phase in plan.phases if phase.does == Does.ADVICE]
    assert advising
    for phase in advising:
        assert not phase.lets_speak(Part.CASE_GIVER)
        assert phase.lets_speak(Part.ADVISER)
        assert phase.lets_speak(None)


@ALL_FORMATS
def test_hypotheses_are_noted_apart_from_solutions(plan: Format) -> None:
    kinds = {phase.does: phase.notes for phase in plan.phases if phase.does in (Does.HYPOTHESES, Does.ADVICE)}
    assert kinds[Does.ADVICE] == "solution"
    assert kinds.get(Does.HYPOTHESES, "hypothesis") == "hypothesis"


@pytest.mark.parametrize("text", SENTENCES)
def test_sentences_are_short_and_address_nobody(text: str) -> None:
    for sentence in re.split(r"(?<=[.!?:])\s+", text):
        assert len(sentence.split()) <= 15, sentence
    assert not re.search(r"\b(?:du|dich|dir|dein\w*|Sie|Ihr|Ihre\w*|Ihnen|euch|eure?\w*)\b", text)
    # What asks somebody to do something would be du or Sie as well.
    assert not re.match(r"(?:Bitte|Erzähl|Wähl|Sag|Hör|Schreib|Nenn)e?\b", text)


@ALL_FORMATS
def test_what_is_said_has_no_gap_left_in_it(plan: Format) -> None:
    for phase in plan.phases:
        assert "{" not in phase.said()
        assert "{" not in phase.said({Part.CASE_GIVER: "Aylin"})


def test_a_rule_names_people_where_they_are_known() -> None:
    telling = built_in()["six_phase"].phase("telling")
    assert telling.said({Part.CASE_GIVER: "Aylin"}).startswith("Aylin erzählt")
    assert telling.said().startswith("Die Person mit dem Fall erzählt")


def test_a_name_with_braces_is_only_a_name() -> None:
    telling = built_in()["six_phase"].phase("telling")
    assert telling.said({Part.CASE_GIVER: "{moderator}"}).startswith("{moderator} erzählt")


# from phase to phase


@given(st.sampled_from(list(built_in().values())), st.data())
def test_a_round_comes_to_its_end_in_the_promised_time(plan: Format, data: st.DataObject) -> None:
    people = data.draw(st.integers(plan.smallest, plan.largest))
    walked: list[tuple[Phase, int]] = []
    step: tuple[Phase, int] | None = (plan.order[0], 0)
    while step is not None:
        assert step not in walked
        walked.append(step)
        step = plan.following(step[0].id, step[1], people)
    assert {phase for phase, _ in walked} == set(plan.phases)
    assert sum(phase.minutes or 0 for phase, _ in walked) == plan.minutes(people)
    assert sum(phase.days or 0 for phase, _ in walked) == plan.days(people)
    laps = [lap for _, lap in walked]
    assert laps == sorted(laps)
    assert laps[-1] == (people - 1 if plan.laps == Laps.EACH else 0)


def test_what_frames_the_laps_comes_once(tmp_path: Path) -> None:
    text = OWN.replace('parts = ["case_giver", "moderator"]', 'laps = "each"\nparts = ["moderator"]')
    plan = own(tmp_path, text.replace(TELLING, TELLING + "in_lap = true\n"))
    assert [plan.following("casting", 0, 3), plan.following("telling", 0, 3)] == [
        (plan.phase("telling"), 0),
        (plan.phase("telling"), 1),
    ]
    assert plan.following("telling", 2, 3) == (plan.phase("closing"), 2)
    assert plan.following("closing", 2, 3) is None
    assert plan.minutes(3) == 5 + 3 * 10 + 5


def test_somebody_who_leaves_in_the_middle_leaves_no_lap_behind() -> None:
    troika = built_in()["troika"]
    assert troika.following("closing", 1, people=2) is None


def test_phases_may_stand_in_another_order_than_they_come_in(tmp_path: Path) -> None:
    text = OWN.replace('id = "casting"', 'id = "casting"\nnext = "closing"').replace(
        'id = "closing"', 'id = "closing"\nnext = "telling"'
    )
    text = text.replace('id = "telling"', 'id = "telling"\nnext = "end"').replace('"telling"\nmin', '"closing"\nmin')
    plan = own(tmp_path, text)
    assert [phase.id for phase in plan.order] == ["casting", "closing", "telling"]
    assert plan.after("telling") is None


# which one a group takes


@pytest.mark.parametrize(
    ("people", "mode", "name"),
    [
        (2, Mode.LIVE, None),
        (3, Mode.LIVE, "troika"),
        (4, Mode.LIVE, "short_form"),
        (5, Mode.LIVE, "six_phase"),
        (7, Mode.LIVE, "six_phase"),
        (10, Mode.LIVE, "six_phase"),
        (25, Mode.LIVE, None),
        (3, Mode.WRITTEN, "written"),
        (6, Mode.WRITTEN, "written"),
    ],
)
def test_a_group_takes_the_format_of_its_size(people: int, mode: Mode, name: str | None) -> None:
    found = fitting(built_in(), people, mode)
    assert (found.id if found else None) == name


def test_a_default_of_the_house_comes_before_a_built_in_one(tmp_path: Path) -> None:
    formats = load(folder_with(tmp_path, OWN.replace("best = [4, 5]", "best = [3, 6]\nis_default = true")))
    taken = [fitting(formats, people, Mode.LIVE) for people in (3, 5, 6, 7)]
    assert [plan.id for plan in taken if plan] == ["kaffee", "kaffee", "kaffee", "six_phase"]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Sechs Phasen", "six_phase"),
        ("sechs fasen", "six_phase"),
        ("six_phase", "six_phase"),
        ("TROIKA", "troika"),
        ("troyka", "troika"),
        ("zehn schrite", "ten_step"),
        ("schriftlich", "written"),
        ("weise runde", "wise_crowds"),
        ("stern runde", "star_round"),
        ("kurzform", "short_form"),
        ("runde", None),
        ("", None),
        ("irgendwas", None),
    ],
)
def test_people_name_a_format_as_they_please(said: str, name: str | None) -> None:
    found = named(built_in(), said)
    assert (found.id if found else None) == name


# the house's own


def test_a_house_adds_a_format_to_the_others(tmp_path: Path) -> None:
    formats = load(folder_with(tmp_path, OWN))
    assert formats["kaffee"].title == "Kaffeerunde"
    assert set(formats) == {*built_in(), "kaffee"}


def test_a_file_with_the_name_of_a_built_in_format_replaces_it(tmp_path: Path) -> None:
    formats = load(folder_with(tmp_path, OWN, "troika.toml"))
    assert formats["troika"].title == "Kaffeerunde"
    assert set(formats) == set(built_in())


def test_other_files_in_the_folder_do_no_harm(tmp_path: Path) -> None:
    folder_with(tmp_path, OWN)
    (tmp_path / "liesmich.txt").write_text("Unsere Modelle", encoding="utf-8")
    assert "kaffee" in load(tmp_path)


@dataclass(frozen=True)
class Fault:
    """A change that breaks the format of the house, and what is said of it."""

    old: str
    new: str
    said: str


FAULTS = {
    "unknown field": Fault(
        'title = "Erz', 'tittle = "Erz', "Phase 2 („telling“), tittle gibt es nicht. Gemeint ist viel"
    ),
    "unknown field above": Fault("summary", "sumary", "sumary gibt es nicht. Gemeint ist vielleicht summary"),
    "field left out": Fault('title = "Erzählen"', "", "Phase 2 („telling“), title fehlt."),
    "no minutes": Fault(TELLING, 'does = "telling"\n', "braucht bei Phase „telling“ noch minutes"),
    "no time at all": Fault("minutes = 10", "minutes = 0", "minutes ist 0. Gebraucht wird mindestens 1"),
    "too long": Fault("minutes = 10", "minutes = 61", "minutes ist 61. Möglich sind höchstens 60"),
    "minutes in words": Fault("minutes = 10", 'minutes = "zehn"', "minutes ist keine ganze Zahl"),
    "minutes as truth": Fault("minutes = 10", "minutes = true", "minutes ist keine ganze Zahl"),
    "minutes with a point": Fault("minutes = 10", "minutes = 7.5", "minutes ist keine ganze Zahl"),
    "live with days": Fault("minutes = 10", "days = 1", 'hat mode = "live": Bei Phase „telling“ days durch minutes'),
    "written with minutes": Fault('"live"', '"written"', 'mode = "written": Bei Phase „casting“ minutes durch days'),
    "cycle": Fault('id = "closing"', 'id = "closing"\nnext = "telling"', "Nach „closing“ folgt wieder „telling“"),
    "cycle of one": Fault(
        'id = "telling"', 'id = "telling"\nnext = "telling"', "Nach „telling“ folgt wieder „telling“"
    ),
    "never reached": Fault('id = "casting"', 'id = "casting"\nnext = "closing"', "kommt nie zur Phase „telling“"),
    "next to nowhere": Fault(
        'id = "casting"', 'id = "casting"\nnext = "teling"', "keine Phase „teling“. Gemeint ist vi"
    ),
    "unknown speaker": Fault(SPEAKERS, 'speakers = ["chef"]', "speakers nennt „chef“. Möglich sind all, case_giver"),
    "speaker without a part": Fault(SPEAKERS, 'speakers = ["scribe"]', "lässt in Phase „telling“ „scribe“ sprechen"),
    "nobody speaks": Fault(SPEAKERS, "speakers = []", "speakers ist leer"),
    "sizes wrong way round": Fault("largest = 6", "largest = 2", "smallest 3, best 4 bis 5, largest 2"),
    "best wrong way round": Fault("[4, 5]", "[5, 4]", "smallest 3, best 5 bis 4, largest 6"),
    "best of three": Fault("[4, 5]", "[4, 5, 6]", "best braucht zwei Zahlen in eckigen Klammern"),
    "alone": Fault("smallest = 3", "smallest = 1", "smallest ist 1. Gebraucht wird mindestens 2"),
    "two of one id": Fault('id = "telling"', 'id = "closing"', "hat zwei Phasen mit der id „closing“"),
    "id is the word for the end": Fault('id = "telling"', 'id = "end"', "hat eine Phase mit der id „end“"),
    "id with a blank": Fault('id = "telling"', 'id = "er zählen"', "Phase 2 („er zählen“), id ist „er zählen“"),
    "empty rule": Fault("{case_giver} erzählt.", "  ", "Phase 2 („telling“), rule ist leer"),
    "no phase": Fault(OWN[OWN.index("[[phases]]") :], "phases = []", "phases ist leer"),
    "endless rule": Fault("{case_giver} erzählt.", "Bla. " * 100, "rule ist zu lang. Möglich sind 300 Zeichen"),
    "unknown name in a rule": Fault("{case_giver}", "{chef}", "rule nennt {chef}. In Klammern geht: case_giver"),
    "broken name in a rule": Fault("{case_giver}", "{case_giver", "rule hat eine geschweifte Klammer zu viel"),
    "no closing": Fault('does = "closing"', 'does = "talk"', "endet mit Phase „closing“. Die letzte braucht does = "),
    "parts and no casting": Fault(
        'does = "casting"', 'does = "talk"', "verteilt Aufgaben (parts), hat aber keine Phase"
    ),
    "casting not first": Fault(
        TELLING, 'does = "casting"\nminutes = 10\n', "verteilt Aufgaben zu spät: Phase „telling“"
    ),
    "casting for some": Fault(
        'does = "casting"', 'does = "casting"\nspeakers = ["moderator"]', "lässt in Phase „casting“ nicht alle sprechen"
    ),
    "unknown deed": Fault(TELLING, 'does = "dance"\nminutes = 10\n', "does ist „dance“. Möglich sind casting, telling"),
    "unknown mode": Fault('"live"', '"lebend"', "mode ist „lebend“. Möglich sind live und written"),
    "unknown part": Fault(PARTS, 'parts = ["case_giver", "chef"]', "parts ist „chef“. Möglich sind"),
    "part twice": Fault(PARTS, 'parts = ["case_giver", "case_giver"]', "nennt in parts „case_giver“ zweimal"),
    "adviser as part": Fault(PARTS, 'parts = ["case_giver", "adviser"]', "nennt in parts „adviser“"),
    "nobody has the case": Fault(PARTS, 'parts = ["moderator"]', 'hat laps = "once": In parts „case_giver“ hinein'),
    "everybody has the case": Fault(
        "best =", 'laps = "each"\nbest =', 'hat laps = "each": In parts „case_giver“ weglassen'
    ),
    "a lap without laps": Fault(
        TELLING, TELLING + "in_lap = true\n", 'hat laps = "once": Die Zeilen mit in_lap löschen'
    ),
    "method without advice": Fault(
        TELLING, 'does = "method"\nminutes = 10\n', "hat eine Methodenwahl (method), aber danach"
    ),
    "no list": Fault(PARTS, 'parts = "moderator"', "parts ist keine Liste in eckigen Klammern"),
    "no truth": Fault("best =", 'is_default = "ja"\nbest =', "is_default ist weder true noch false"),
    "id in the file": Fault('mode = "live"', 'mode = "live"\nid = "kaffee"', "Die Zeile mit id löschen"),
    "title of another one": Fault("Kaffeerunde", "Troika", "heißt „Troika“ wie das Modell troika"),
    "wrong TOML": Fault('mode = "live"', "mode = live", "kaffee.toml: Das ist kein gültiges TOML, Zeile 5, Spalte 8"),
    "torn TOML": Fault('mode = "live"', 'mode = "live', "kaffee.toml: Das ist kein gültiges TOML, Zeile 5"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_faulty_format_names_its_file_and_the_fault(tmp_path: Path, fault: Fault) -> None:
    assert fault.old in OWN
    with pytest.raises(FormatError) as caught:
        own(tmp_path, OWN.replace(fault.old, fault.new, 1))
    assert fault.said in str(caught.value)
    assert "kaffee" in str(caught.value)
    assert str(caught.value).endswith(".")


def test_laps_with_something_between_them_are_refused(tmp_path: Path) -> None:
    text = OWN.replace('parts = ["case_giver", "moderator"]', 'laps = "each"')
    text = text.replace('does = "casting"', 'does = "talk"\nin_lap = true').replace(
        '"closing"\nmin', '"closing"\nin_lap = true\nmin'
    )
    with pytest.raises(FormatError, match="müssen aufeinander folgen"):
        own(tmp_path, text.replace(', "moderator"', ""))


def test_more_parts_than_people_are_refused(tmp_path: Path) -> None:
    text = OWN.replace('["case_giver", "moderator"]\n\n', '["case_giver", "moderator", "scribe", "timekeeper"]\n\n')
    with pytest.raises(FormatError, match="verteilt 4 Aufgaben auf 3 Personen"):
        own(tmp_path, text)


def test_an_endless_round_is_refused(tmp_path: Path) -> None:
    text = OWN.replace('parts = ["case_giver", "moderator"]', 'laps = "each"\nparts = ["moderator"]')
    text = text.replace(TELLING, 'does = "telling"\nminutes = 40\nin_lap = true\n')
    with pytest.raises(FormatError, match="dauert bis zu 250 Minuten"):
        own(tmp_path, text)


def test_the_end_of_a_torn_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="am Ende der Datei"):
        own(tmp_path, OWN + '\nnotes = "')


def test_every_fault_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    folder_with(tmp_path, OWN.replace("minutes = 10", "minutes = 99").replace('mode = "live"', 'mode = "x"'))
    folder_with(tmp_path, "title = 5", "tee.toml")
    with pytest.raises(FormatError) as caught:
        load(tmp_path)
    lines = str(caught.value).splitlines()
    assert sum(line.startswith("kaffee.toml: ") for line in lines) == 2
    assert "tee.toml: title ist kein Text in Anführungszeichen." in lines


def test_two_files_of_one_id_are_refused(tmp_path: Path) -> None:
    folder_with(tmp_path, OWN)
    with pytest.raises(FormatError, match="zwei Dateien für das Modell kaffee"):
        load(folder_with(tmp_path, OWN, "Kaffee.toml"))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"fort lässt sich nicht lesen .*FileNotFoundError"):
        load(tmp_path / "fort")


def test_an_empty_folder_is_most_likely_the_wrong_one(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="liegt keine Datei mit der Endung"):
        load(tmp_path)


def test_a_file_of_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "kaffee.toml").write_bytes(OWN.encode("latin-1"))
    with pytest.raises(FormatError, match=r"kaffee\.toml: Die Datei ist nicht in UTF-8 gespeichert"):
        load(tmp_path)


def test_a_folder_called_like_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "kaffee.toml").mkdir()
    with pytest.raises(FormatError, match=r"kaffee\.toml: Die Datei lässt sich nicht lesen \(IsADirectoryError\)"):
        load(tmp_path)


@given(st.text(max_size=300))
def test_no_file_whatever_it_holds_breaks_the_start(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("own")
    (folder / "kaffee.toml").write_bytes(text.encode("utf-8", "replace"))
    with pytest.raises(FormatError, match=r"^kaffee\.toml: "):
        load(folder)


LINES = [line for line in OWN.splitlines() if line]
VALUES = ["1", "-5", '""', '"x"', "[]", "[1]", "true", "{}", "1979-05-27", "nan", "[[]]"]


@given(st.integers(0, len(LINES) - 1), st.sampled_from(["", *VALUES]))
def test_no_wrong_line_breaks_the_start(tmp_path_factory: pytest.TempPathFactory, number: int, value: str) -> None:
    name = LINES[number].partition(" = ")[0]
    wrong = f"{name} = {value}" if value else ""
    text = "\n".join([*LINES[:number], wrong, *LINES[number + 1 :]])
    folder = folder_with(tmp_path_factory.mktemp("own"), text)
    fault = fault_of(folder)
    assert fault is None or re.fullmatch(r"kaffee\.toml: .*\.", fault, re.DOTALL)


def test_everybody_with_a_part_can_be_named_in_a_rule() -> None:
    assert {*PEOPLE, Part.ADVISER} == set(Part)
