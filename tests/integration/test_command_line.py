"""The command line as a user and a program from outside see it: real processes, pipes and exit codes.

Each command runs as a process of its own at least once: `lotsenfunk` starts it, `lotsenfunk_forked` forks one that has
loaded its modules. Where a test tries many inputs, it runs them in this process (`lotsenfunk_here`): it is the same
`main`, without the seconds in which each new process loads the model.
"""

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bot.__main__ import main
from servers.bot import (
    COMMAND_WITHIN_S,
    Finished,
    command,
    environment,
    lotsenfunk,
    lotsenfunk_forked,
    lotsenfunk_here,
    write_settings,
)
from servers.preloaded import PreloadedCommand
from servers.synapse import Synapse
from storage.database import Database
from storage.models.knowledge import EntryContent, KnowledgeRevision

Run = Callable[..., Finished]

NOWHERE = "http://127.0.0.1:9"  # the port "discard", where nobody listens
KEYS = ["query", "decision", "results"]
QUESTIONS = {
    "tele": "Wie beantrage ich Telearbeit?",
    "mail": "Wie kommt eine E-Mail mit Anhang in die E-Akte?",
    "raum": "Wie buche ich einen Besprechungsraum?",
    "reise": "Wie rechne ich eine Dienstreise ab?",
    "druck": "Warum druckt mein Drucker nicht?",
    "pass": "Wie setze ich mein Kennwort zurück?",
    "urlaub": "Wo trage ich meinen Urlaub ein?",
    "krank": "Wem melde ich, dass ich krank bin?",
    "rad": "Gibt es ein Dienstfahrrad?",
    "karte": "Wo bekomme ich einen neuen Dienstausweis?",
    "lohn": "Wann kommt die Gehaltsabrechnung?",
    "kaffee": "Wer darf die Teeküche benutzen?",
}
ENTRIES: list[dict[str, Any]] = [
    {
        "id": entry_id,
        "question": question,
        "answer": f"Das steht im Intranet unter „{entry_id}“.\n\n- Zuerst lesen\n- Dann fragen",
        "owner": "Tom Berger",
        "checked_on": "2026-09-03",
        "tags": ["Arbeit", "Haus"],
    }
    for entry_id, question in QUESTIONS.items()
]
COLUMNS = ["id", "Frage", "Antwort", "Verantwortlich", "Geprüft am", "Stichworte"]

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with settings and a store that knows all entries; to be copied or only read."""
    folder = new_folder(tmp_path_factory.mktemp("filled"))
    write_json_lines(folder / "wissen.jsonl", ENTRIES)
    done = lotsenfunk("import", "wissen.jsonl", "--yes", folder=folder)
    assert (done.code, done.data) == (0, ""), done.talk
    assert "12 neu, 0 geändert, 0 unverändert" in done.talk
    return folder


@pytest.fixture
def house(filled: Path, tmp_path: Path) -> Path:
    """A folder with a filled store of its own."""
    shutil.copytree(filled / "data", tmp_path / "data")
    return new_folder(tmp_path)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder with settings and nothing else."""
    return new_folder(tmp_path)


# import and export


async def test_import_keeps_the_ids_of_the_file(filled: Path) -> None:
    stored = await contents(filled)
    assert {entry_id: content.question for entry_id, content in stored.items()} == QUESTIONS
    assert stored["tele"].answer == ENTRIES[0]["answer"]
    assert stored["tele"].owner == "Tom Berger"
    assert [str(content.checked_on) for content in stored.values()] == ["2026-09-03"] * 12


def test_csv_excel_and_markdown_say_the_same_as_json_lines(filled: Path) -> None:
    write_csv(filled / "wissen.csv")
    write_workbook(filled / "wissen.xlsx")
    write_markdown(filled / "wissen.md")
    for name in ("wissen.csv", "wissen.xlsx", "wissen.md"):
        done = lotsenfunk_here("import", name, "--yes", folder=filled)
        assert (done.code, done.data) == (0, ""), name
        assert "0 neu, 0 geändert, 12 unverändert" in done.talk, name


async def test_import_asks_first_and_only_a_yes_changes_the_store(empty: Path) -> None:
    write_json_lines(empty / "wissen.jsonl", ENTRIES[:2])
    for typed in ("n\n", "\n", "vielleicht\nn\n"):
        asked = lotsenfunk_here("import", "wissen.jsonl", folder=empty, typed=typed)
        assert asked.code == 1, typed
        assert "2 neu" in asked.talk
        assert asked.talk.endswith("Nichts geändert.\n")
    assert await contents(empty) == {}
    agreed = lotsenfunk_here("import", "wissen.jsonl", folder=empty, typed="y\n")
    assert agreed.code == 0
    assert sorted(await contents(empty)) == ["mail", "tele"]


async def test_import_with_nobody_to_ask_changes_nothing_and_says_so_in_german(empty: Path) -> None:
    write_json_lines(empty / "wissen.jsonl", ENTRIES[:2])
    done = lotsenfunk_forked("import", "wissen.jsonl", folder=empty)
    assert done.code == 1
    assert await contents(empty) == {}
    assert "Nichts geändert" in done.talk
    assert "Abort" not in done.talk


def test_question_of_the_import_is_talk_and_not_data(empty: Path) -> None:
    write_json_lines(empty / "wissen.jsonl", ENTRIES[:2])
    assert lotsenfunk_forked("import", "wissen.jsonl", folder=empty, typed="n\n").data == ""


async def test_import_stops_when_the_store_changed_while_somebody_read_the_preview(house: Path) -> None:
    talk = import_that_comes_second(house)
    assert "seit der Vorschau geändert" in talk
    assert (await contents(house))["tele"].answer == "War schneller."


async def test_broken_file_is_refused_whole_and_every_row_gets_its_reason(house: Path) -> None:
    bad = [{"id": "neu", "question": "Wie geht das?", "answer": "So."}, {"question": "Und das?"}, {**ENTRIES[0]}]
    bad += [{**ENTRIES[0], "answer": "Doppelt."}, {"question": "Wann?", "answer": "Bald.", "checked_on": "gestern"}]
    write_json_lines(house / "kaputt.jsonl", bad)
    (house / "kaputt.csv").write_text("Frage;Antwort\nWie?;So.\nWarum?;\n", encoding="utf-8")
    before = await contents(house)

    done = lotsenfunk_here("import", "kaputt.jsonl", "--yes", folder=house)
    assert (done.code, done.data) == (1, "")
    assert "Nichts wurde geändert" in done.talk
    assert "Zeile 2: Die Antwort fehlt." in done.talk
    assert "Zeile 4: Die id „tele“ steht schon in Zeile 3." in done.talk
    assert "Zeile 5: „Geprüft am“ ist kein Datum: „gestern“" in done.talk

    table = lotsenfunk_here("import", "kaputt.csv", "--yes", folder=house)
    assert (table.code, table.data) == (1, "")
    assert "Zeile 3: Die Antwort fehlt." in table.talk

    for name in ("fehlt.csv", "wissen.pdf"):
        missing = lotsenfunk_here("import", name, "--yes", folder=house)
        assert (missing.code, missing.data) == (1, "")
        assert name in missing.talk
        assert "Traceback" not in missing.talk
    assert await contents(house) == before


async def test_second_import_updates_by_id_and_keeps_the_history(house: Path) -> None:
    news = [{"id": "tele", "question": QUESTIONS["tele"], "answer": "Nur noch digital."}, ENTRIES[1]]
    write_json_lines(house / "neues.jsonl", news)
    done = lotsenfunk_here("import", "neues.jsonl", "--yes", folder=house)
    assert done.code == 0
    assert "0 neu, 1 geändert, 1 unverändert" in done.talk
    assert "geändert: tele – Antwort" in done.talk

    stored = await contents(house)
    assert len(stored) == 12
    assert stored["tele"].answer == "Nur noch digital."
    assert stored["tele"].owner == "Tom Berger", "what the file does not mention stays"
    history = await revisions(house, "tele")
    assert [(r.number, r.origin) for r in history] == [(1, "import wissen.jsonl"), (2, "import neues.jsonl")]
    assert [r.content["answer"] for r in history] == [ENTRIES[0]["answer"], "Nur noch digital."]
    assert len(await revisions(house, "mail")) == 1


async def test_export_in_every_format_comes_back_unchanged(filled: Path, tmp_path: Path) -> None:
    for suffix in ("jsonl", "csv", "xlsx", "md"):
        file = str(tmp_path / f"alles.{suffix}")
        run = lotsenfunk_forked if suffix == "jsonl" else lotsenfunk_here
        done = run("export", file, folder=filled)
        assert (done.code, done.data) == (0, ""), suffix
        again = lotsenfunk_here("import", file, "--yes", folder=filled)
        assert (again.code, again.data) == (0, ""), suffix
        assert "0 neu, 0 geändert, 12 unverändert" in again.talk, suffix
    moved = new_folder(tmp_path)
    assert lotsenfunk_here("import", "alles.md", "--yes", folder=moved).code == 0
    assert await contents(moved) == await contents(filled)


def test_export_that_cannot_be_written_says_why(filled: Path) -> None:
    for name in ("alles.pdf", "gibt/es/nicht.csv"):
        done = lotsenfunk_here("export", name, folder=filled)
        assert (done.code, done.data) == (1, "")
        assert name in done.talk
        assert "Traceback" not in done.talk


# packages


SHARED: list[dict[str, Any]] = [
    {**ENTRIES[0], "visibility": "public", "phrasings": ["telearbeit antrag"], "sources": ["Intranet"]},
    {**ENTRIES[1], "visibility": "federation"},
    ENTRIES[2],
    {**ENTRIES[3], "visibility": "community"},
    {**ENTRIES[4], "visibility": "public", "state": "draft"},
]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of Lindenau, packed by the command."""
    folder = tmp_path_factory.mktemp("lindenau")
    write_settings(folder, tables='[community]\norganization = "Stadt Lindenau"')
    write_json_lines(folder / "wissen.jsonl", SHARED)
    assert lotsenfunk_here("import", "wissen.jsonl", "--yes", folder=folder).code == 0
    done = lotsenfunk_here("export", "--package", "paket.zip", "--licence", "dl-de/by-2-0", folder=folder)
    assert (done.code, done.data) == (0, ""), done.talk
    assert "2 Antworten in paket.zip, Prüfsumme " in done.talk
    for reason in ("1 nur für das eigene Haus", "1 nur für Lots:innen", "1 nicht freigegeben"):
        assert reason in done.talk
    return folder / "paket.zip"


async def test_package_brings_answers_to_another_house_that_approves_them_itself(sent: Path, empty: Path) -> None:
    asked = lotsenfunk_here("import", str(sent), folder=empty, typed="n\n")
    assert asked.code == 1
    assert "Paket von Stadt Lindenau, Lizenz dl-de/by-2-0" in asked.talk
    assert await contents(empty) == {}

    done = lotsenfunk_here("import", str(sent), "--yes", folder=empty)
    assert (done.code, done.data) == (0, ""), done.talk
    arrived = await contents(empty)
    assert [(c.state, c.owner, c.phrasings) for c in arrived.values()] == [("in_review", None, [])] * 2
    tele = next(c for c in arrived.values() if c.question == QUESTIONS["tele"])
    assert tele.sources == ["Intranet", "Stadt Lindenau, dl-de/by-2-0"]
    hidden = lotsenfunk_here("search", "--json", QUESTIONS["tele"], folder=empty)
    assert parsed(hidden.data)[0]["results"] == []

    assert "2 geändert" in lotsenfunk_here("import", str(sent), "--yes", "--approve", folder=empty).talk
    shown = lotsenfunk_here("search", "--json", QUESTIONS["tele"], folder=empty)
    assert parsed(shown.data)[0]["results"][0]["question"] == QUESTIONS["tele"]


async def test_package_overwrites_nothing_unless_it_is_told_to(sent: Path, house: Path) -> None:
    write_json_lines(
        house / "unser.jsonl", [{"id": "tele", "question": QUESTIONS["tele"], "answer": "Bei uns anders."}]
    )
    assert lotsenfunk_here("import", "unser.jsonl", "--yes", folder=house).code == 0
    before = await contents(house)

    done = lotsenfunk_here("import", str(sent), "--yes", folder=house)
    assert done.code == 0
    assert "0 neu, 0 geändert, 1 unverändert, 1 im Konflikt" in done.talk
    assert "  hier:     Bei uns anders." in done.talk
    assert "  im Paket: Das steht im Intranet" in done.talk
    assert await contents(house) == before

    assert lotsenfunk_here("import", str(sent), "--yes", "--keep-both", folder=house).code == 0
    both = await contents(house)
    assert len(both) == 13
    assert both["tele"] == before["tele"]

    assert lotsenfunk_here("import", str(sent), "--yes", "--take-theirs", folder=house).code == 0
    assert (await contents(house))["tele"] == before["tele"], "theirs is here under its own id, so there is no conflict"


async def test_hostile_package_changes_nothing(sent: Path, house: Path) -> None:
    before = await contents(house)
    damaged = bytearray(sent.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    (house / "kaputt.zip").write_bytes(damaged)
    (house / "text.zip").write_text("Das ist kein Paket.")
    for name in ("kaputt.zip", "text.zip", "fehlt.zip"):
        done = lotsenfunk_here("import", name, "--yes", "--take-theirs", folder=house)
        assert (done.code, done.data) == (1, ""), name
        assert "ist nicht in Ordnung. Nichts wurde geändert." in done.talk, name
        assert "Traceback" not in done.talk, name
    assert await contents(house) == before


def test_package_needs_a_licence_a_house_and_something_to_share(filled: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "p.zip")
    full = ("--package", "--licence", "CC-BY-4.0", "--origin", "Stadt Lindenau")
    nameless = lotsenfunk_here("export", file, *full[:3], folder=filled)
    assert nameless.code == 1
    assert "community.organization" in nameless.talk
    nothing = lotsenfunk_here("export", file, *full, folder=filled)
    assert nothing.code == 1
    assert "12 nur für das eigene Haus" in nothing.talk
    assert not Path(file).exists()
    assert lotsenfunk_here("export", file, *full, "--with-organization", folder=filled).code == 0
    assert "12 neu" in lotsenfunk_here("import", file, folder=new_folder(tmp_path), typed="n\n").talk


@pytest.mark.parametrize(
    "words",
    [
        ["export", "p.zip", "--package"],
        ["export", "p.zip"],
        ["export", "p.csv", "--package", "--licence", "x"],
        ["export", "p.csv", "--with-owners"],
        ["import", "p.zip", "--take-theirs", "--keep-both"],
        ["import", "p.zip", "--allow-empty-answers"],
        ["import", "p.csv", "--approve"],
        ["evaluate", "a.csv"],
    ],
)
def test_options_that_do_not_fit_together_are_wrong_use(empty: Path, words: list[str]) -> None:
    done = lotsenfunk_here(*words, folder=empty)
    assert (done.code, done.data) == (2, "")
    assert not (empty / "data").exists()


# evaluate


ASKED: list[dict[str, Any]] = [
    *({"query": question, "gold": [entry_id]} for entry_id, question in QUESTIONS.items()),
    {"query": "Wie hoch ist der Mond?", "gold": []},
]


def test_evaluate_measures_what_a_file_of_questions_finds_without_a_database(empty: Path) -> None:
    write_json_lines(empty / "wissen.jsonl", [*ENTRIES, {"id": "leer", "question": "Ohne Antwort?"}])
    write_json_lines(empty / "fragen.jsonl", ASKED)
    done = lotsenfunk_forked("evaluate", "wissen.jsonl", "fragen.jsonl", "--diagram", "bild.svg", folder=empty)
    assert done.code == 0, done.talk
    assert "13 Einträge, 13 Fragen, davon 1 ohne passenden Eintrag" in done.data
    assert re.search(r"R@1 +an erster Stelle +100,0 %", done.data)
    assert (empty / "bild.svg").read_text("utf-8").startswith("<?xml")
    assert not (empty / "data").exists()

    program = lotsenfunk_here("evaluate", "wissen.jsonl", "fragen.jsonl", "--json", folder=empty)
    found = json.loads(program.data)
    assert (found["entries"], found["questions"], found["unanswerable"]) == (13, 13, 1)
    assert (found["recall_at_1"], found["mrr_at_10"]) == (1, 1)
    assert found["wrong_of_unanswerable"] in (0, 1)
    assert sum(each["count"] for each in found["reliability"]) == 13


def test_evaluate_says_what_is_wrong_with_its_files_before_it_begins(empty: Path) -> None:
    write_json_lines(empty / "wissen.jsonl", ENTRIES)
    write_json_lines(empty / "fragen.jsonl", ASKED)
    write_json_lines(empty / "entwurf.jsonl", [{**ENTRIES[0], "state": "draft"}])
    write_json_lines(empty / "fremd.jsonl", [{"query": "a", "gold": []}, {"query": "b", "gold": ["fremd"]}])
    (empty / "leer.jsonl").write_text("")
    for words, said in (
        (["fehlt.jsonl", "fragen.jsonl"], "fehlt.jsonl"),
        (["wissen.jsonl", "fehlt.jsonl"], "fehlt.jsonl"),
        (["leer.jsonl", "fragen.jsonl"], "leer.jsonl enthält keinen freigegebenen Eintrag"),
        (["entwurf.jsonl", "fragen.jsonl"], "entwurf.jsonl enthält keinen freigegebenen Eintrag"),
        (["wissen.jsonl", "leer.jsonl"], "Die Datei enthält keine Frage"),
        (["wissen.jsonl", "fremd.jsonl"], "Zeile 2: Den Eintrag „fremd“"),
        (["wissen.jsonl", "wissen.jsonl"], "Zeile 1: Die Frage fehlt"),
        (["wissen.jsonl", "fragen.jsonl", "--diagram", "bild.pdf"], "Endung .svg oder .png"),
        (["wissen.jsonl", "fragen.jsonl", "--diagram", "fehlt/bild.svg"], "Ordner"),
    ):
        done = lotsenfunk_here("evaluate", *words, folder=empty)
        assert (done.code, done.data) == (1, ""), words
        assert said in done.talk, words
        assert "Traceback" not in done.talk, words
    assert not list(empty.glob("bild*"))


# search


def test_search_answers_each_line_with_one_json_object_as_soon_as_it_is_read(filled: Path) -> None:
    queries = [
        "wie beantrage ich telearbeit",
        "",
        "   ",
        "Telearbeit " * 1_000,
        'Wo ist "der Drucker" \\ mit \t Umlaut äöü und 🙂 und \u2028 Zeilentrenner?',
        "Wie hoch ist der Mond?",
        "Dienst",
        "\x00\x1b[31mrot",
    ]
    with subprocess.Popen(
        command("search", "--json"),
        cwd=filled,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"Wie rechne ich eine Dienstreise ab?\n")
        process.stdin.flush()
        first = json.loads(process.stdout.readline())  # the pipe is still open
        rest, talk = process.communicate("\n".join(queries).encode())  # the last line without its end
    assert process.returncode == 0, talk
    assert (first["decision"], first["results"][0]["id"]) == ("answer", "reise")

    found = parsed(rest.decode())
    assert [line["query"] for line in found] == queries
    for line in (first, *found):
        assert list(line) == KEYS
        assert line["decision"] in ("answer", "choose", "unknown")
        assert len(line["results"]) <= 10
        for result in line["results"]:
            assert list(result) == ["id", "question", "score"]
            assert QUESTIONS[result["id"]] == result["question"]
            assert isinstance(result["score"], float)
        scores = [result["score"] for result in line["results"]]
        assert scores == sorted(scores, reverse=True)
    decisions = {line["query"]: line["decision"] for line in found}
    assert decisions["wie beantrage ich telearbeit"] == "answer"
    assert [decisions[query] for query in ("", "   ", "Wie hoch ist der Mond?")] == ["unknown"] * 3
    assert max(len(line["results"]) for line in found) == 10


def test_search_reads_past_a_line_that_is_no_utf8(filled: Path) -> None:
    given = b"Wie beantrage ich Telearbeit?\r\nkaputt \xff\xfe\nWo trage ich meinen Urlaub ein?\n"
    done = lotsenfunk_here("search", "--json", folder=filled, typed=given)
    assert "Traceback" not in done.talk
    assert done.code == 0
    first, broken, last = parsed(done.data)
    assert (first["query"], first["decision"]) == ("Wie beantrage ich Telearbeit?", "answer")
    assert broken["query"].startswith("kaputt ")
    assert (last["results"][0]["id"], last["decision"]) == ("urlaub", "answer")


def test_search_in_an_empty_store_knows_nothing(empty: Path) -> None:
    done = lotsenfunk_here("search", "--json", "Wie beantrage ich Telearbeit?", folder=empty)
    assert done.code == 0
    assert parsed(done.data) == [{"query": "Wie beantrage ich Telearbeit?", "decision": "unknown", "results": []}]


# wrong use and wrong settings


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (lotsenfunk, ["import"]),
        (lotsenfunk_here, ["export", "a.csv", "b.csv"]),
        (lotsenfunk_here, ["--yes"]),
        (lotsenfunk_here, ["fliegen"]),
    ],
)
def test_wrong_use_ends_with_2_and_without_data(empty: Path, run: Run, words: list[str]) -> None:
    done = run(*words, folder=empty)
    assert (done.code, done.data) == (2, "")
    assert done.talk
    assert not (empty / "data").exists()


@pytest.mark.parametrize(("run", "words"), [(lotsenfunk_forked, ["serve"]), (lotsenfunk_here, ["search", "--json"])])
def test_wrong_settings_are_all_named_before_anything_starts(tmp_path: Path, run: Run, words: list[str]) -> None:
    account = {"homeserver": "matrix.example.org", "user_id": "lotse", "passwort": "sehr-geheim"}
    write_settings(tmp_path, account, tables='[web]\nport = "viele"\n[community]\ntime_zone = "Mond"', modell="x")
    done = run(*words, folder=tmp_path, typed="Hallo\n")
    assert (done.code, done.data) == (1, "")
    for name in ("modell", "web.port", "community.time_zone", "homeserver", "user_id", "passwort"):
        assert name in done.talk
    assert "Gemeint ist vielleicht model" in done.talk
    assert "sehr-geheim" not in done.talk
    assert "Traceback" not in done.talk
    assert not (tmp_path / "data").exists()


def test_settings_that_cannot_work_name_the_setting(empty: Path) -> None:
    (empty / "kein.toml").write_text("data_dir = ", encoding="utf-8")
    (empty / "belegt").write_text("eine Datei")
    (empty / "ort.toml").write_text(f'data_dir = "{empty}/belegt/data"', encoding="utf-8")
    for words, named in (
        (["serve", "--config", "fehlt.toml"], "fehlt.toml"),
        (["serve", "--config", "kein.toml"], "kein.toml"),
        (["export", "a.csv", "--config", "ort.toml"], "data_dir"),
        (["serve"], "[[matrix]]"),
    ):
        done = lotsenfunk_here(*words, folder=empty)
        assert (done.code, done.data) == (1, ""), words
        assert named in done.talk, words
        assert "Traceback" not in done.talk, words


def test_database_that_does_not_answer_is_said_in_one_sentence(tmp_path: Path) -> None:
    write_settings(tmp_path, database="postgresql+psycopg://lotse:sehr-geheim@127.0.0.1:9/lotsenfunk")
    done = lotsenfunk_here("export", "alles.csv", folder=tmp_path)
    assert (done.code, done.data) == (1, "")
    assert "Traceback" not in done.talk
    assert "Die Datenbank antwortet nicht" in done.talk
    assert "sehr-geheim" not in done.talk


# doctor


def test_doctor_finds_a_good_house_well(house: Path, synapse: Synapse) -> None:
    account = synapse.register("lotse")
    token = {"homeserver": synapse.url, "user_id": account.user_id, "access_token": account.access_token}
    write_settings(house, token | {"invites_from": ["*:localhost"]})
    done = lotsenfunk_forked("doctor", folder=house)
    assert (done.code, done.data) == (0, ""), done.talk
    assert findings(done) == [True] * 4
    assert "12 Einträge" in done.talk


def test_doctor_names_every_part_that_is_broken_and_what_to_mend(empty: Path, synapse: Synapse) -> None:
    lotse, other = synapse.register("lots"), synapse.register("other")
    write_settings(
        empty,
        {"homeserver": NOWHERE, "user_id": "@a:localhost", "password": "geheim1"},
        {"homeserver": synapse.url, "user_id": lotse.user_id, "access_token": "geheim2"},
        {"homeserver": synapse.url, "user_id": lotse.user_id, "access_token": other.access_token},
        {"homeserver": NOWHERE, "user_id": "@d:localhost", "access_token": "geheim3"},
        model=str(empty / "kein-modell"),
    )
    done = lotsenfunk_here("doctor", folder=empty)
    assert (done.code, done.data) == (1, "")
    assert "Traceback" not in done.talk
    assert findings(done) == [True, True, False, False, False, False, False]
    lines = done.talk.splitlines()
    assert "noch leer" in lines[1]
    assert "kein-modell" in lines[2]
    assert "nicht erreichbar" in lines[3]
    assert "access_token gilt nicht" in lines[4]
    assert other.user_id in lines[5]
    assert "geheim" not in done.talk


def test_doctor_names_a_database_that_does_not_answer_and_goes_on(tmp_path: Path) -> None:
    write_settings(tmp_path, database="postgresql+psycopg://lotse:sehr-geheim@127.0.0.1:9/lotsenfunk")
    done = lotsenfunk_here("doctor", folder=tmp_path)
    assert (done.code, done.data) == (1, "")
    assert "Traceback" not in done.talk
    assert findings(done) == [True, False, True, False]
    assert "Datenbank: antwortet nicht" in done.talk
    assert "sehr-geheim" not in done.talk


def test_doctor_names_wrong_settings(tmp_path: Path) -> None:
    write_settings(tmp_path, tables="[web]\nport = 99999")
    done = lotsenfunk_here("doctor", folder=tmp_path)
    assert (done.code, done.data) == (1, "")
    assert findings(done) == [False]
    assert "web.port" in done.talk


# demo


def test_demo_reads_a_pipe_to_its_end_and_lets_speak_as_different_people(tmp_path: Path) -> None:
    said = (
        "Wie bekomme ich eine E-Mail mit Anhang in die E-Akte?\nWelche Farbe hat ein Zebra?\noffene fragen\n"
        "/als lotse\noffene fragen\n/als Koordination\nOffene Fragen!\n/als niemand\n"
        "/raum lotsen\nunter uns gesagt\n@Lotsenfunk hilfe\n/raum direkt\n"
        "/zeit +3d\n/zeit gestern\n/als beschäftigt\n/unsinn\nhilfe"
    )
    done = lotsenfunk_forked("demo", folder=tmp_path, typed=said)
    assert done.code == 0, done.talk
    assert "Traceback" not in done.talk
    shown = answers_of_demo(done.data)
    question, unknown, refused, *_ = shown
    assert "Tom Berger" in question[1]
    assert "ich rate nicht" in unknown[1]
    assert "nur Lots:innen" in refused[1]
    after = dict(shown)
    assert "Tom Berger, Lotse" in after["beschäftigt (direkt)> /als lotse"]
    assert "Welche Farbe hat ein Zebra?" in after["lotse (direkt)> offene fragen"]
    assert "Jutta May" in after["lotse (direkt)> /als Koordination"]
    assert "Welche Farbe hat ein Zebra?" in after["koordination (direkt)> Offene Fragen!"]
    assert "gibt es in der Demo nicht" in after["koordination (direkt)> /als niemand"]
    assert after["koordination (lotsen)> unter uns gesagt"] == ""
    assert "Stell mir eine Frage" in after["koordination (lotsen)> @Lotsenfunk hilfe"]
    assert "Es ist jetzt" in after["koordination (direkt)> /zeit +3d"]
    assert "So geht es" in after["koordination (direkt)> /zeit gestern"]
    assert "Stellen Sie mir eine Frage" in after["beschäftigt (direkt)> hilfe"]


# helpers


def import_that_comes_second(house: Path) -> str:
    """Start an import, run another one while its question waits, and say yes; what the first one then tells."""
    write_json_lines(house / "neu.jsonl", [{**ENTRIES[0], "answer": "Aus der Datei."}])
    write_json_lines(house / "schneller.jsonl", [{**ENTRIES[0], "answer": "War schneller."}])
    process = PreloadedCommand(main, ["import", "neu.jsonl"], house, environment())
    while b"tele" not in process.stderr.readline():
        assert process.poll() is None
    assert lotsenfunk_here("import", "schneller.jsonl", "--yes", folder=house).code == 0
    _, talk = process.communicate(b"j\n", COMMAND_WITHIN_S)
    assert process.poll() == 1
    return talk.decode()


def new_folder(folder: Path) -> Path:
    write_settings(folder)
    return folder


def parsed(lines: str) -> list[dict[str, Any]]:
    """One JSON object a line; a line ends with a line feed and with nothing else."""
    assert lines.endswith("\n")
    return [json.loads(line) for line in lines[:-1].split("\n")]


def findings(done: Finished) -> list[bool]:
    """Whether each finding of the doctor is good."""
    lines = done.talk.splitlines()
    assert all(line.startswith(("gut  ", "FEHLER  ")) for line in lines), done.talk
    return [line.startswith("gut") for line in lines]


def answers_of_demo(shown: str) -> list[tuple[str, str]]:
    """Each prompt with what was typed behind it, and all that was shown until the next."""
    turns: list[tuple[str, str]] = []
    for line in shown.splitlines():
        if ")> " in line:
            turns.append((line, ""))
        elif turns:
            turns[-1] = (turns[-1][0], (turns[-1][1] + "\n" + line).strip())
    return turns


async def contents(folder: Path) -> dict[str, EntryContent]:
    database = Database(f"sqlite+aiosqlite:///{folder / 'data' / 'lotsenfunk.db'}")
    try:
        async with database.reading() as uow:
            return await uow.knowledge.contents()
    finally:
        await database.close()


async def revisions(folder: Path, entry_id: str) -> Sequence[KnowledgeRevision]:
    database = Database(f"sqlite+aiosqlite:///{folder / 'data' / 'lotsenfunk.db'}")
    try:
        async with database.reading() as uow:
            return await uow.knowledge.revisions(entry_id)
    finally:
        await database.close()


def write_json_lines(file: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    file.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries), encoding="utf-8")


def rows() -> list[list[str]]:
    """The entries as German Excel would hold them."""
    return [
        [str(e["id"]), str(e["question"]), str(e["answer"]), "Tom Berger", "3.9.2026", "Arbeit, Haus"] for e in ENTRIES
    ]


def write_csv(file: Path) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out, delimiter=";").writerows([COLUMNS, *rows()])


def write_workbook(file: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (COLUMNS, *rows()):
        sheet.append(row)
    book.save(file)


def write_markdown(file: Path) -> None:
    keys = [COLUMNS[0], *COLUMNS[3:]]
    parts = []
    for entry_id, question, answer, *others in rows():
        given = "".join(f"- {key}: {value}\n" for key, value in zip(keys, (entry_id, *others), strict=True))
        parts.append(f"## {question}\n\n{given}\n{answer}\n")
    file.write_text("\n".join(parts), encoding="utf-8")
