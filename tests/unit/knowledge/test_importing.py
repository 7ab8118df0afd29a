"""Reading entries from files, what is refused and why, and what an import would change."""

import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from knowledge.importing import BrokenFile, ImportedEntry, compare, read
from storage.models.knowledge import EntryContent, State, Visibility

QA = Path(__file__).parents[2] / "data" / "qa"
NAMES = ["Nummer", "Frage", "Antwort", "Auch gefragt als", "Stichworte", "Verantwortlich", "Status", "Geprüft am",
         "Gültig bis", "Sichtbar", "Quelle", "Abweichungen"]  # fmt: skip
CELLS = ["a-1", "Wie?", "So.", "Wie geht das; Wie mache ich das", "x, y; z", "Tom Berger", "in Prüfung", "3.9.2026",
         "2027-03-03", "öffentlich", "Handbuch, S. 3; Intranet", "### Abweichend: Amt 66\nNur so."]  # fmt: skip
MEANT = EntryContent(
    question="Wie?",
    answer="So.",
    phrasings=["Wie geht das", "Wie mache ich das"],
    tags=["x", "y", "z"],
    owner="Tom Berger",
    state=State.IN_REVIEW,
    checked_on=date(2026, 9, 3),
    valid_until=date(2027, 3, 3),
    visibility=Visibility.PUBLIC,
    sources=["Handbuch, S. 3", "Intranet"],
    variants={"Amt 66": "Nur so."},
)

NOT_A_KEY = "Diese Angabe ist nicht bekannt; falls hier die Antwort beginnt, fehlt davor eine Leerzeile."

FileOf = Callable[[str, str | bytes], Path]


@pytest.fixture
def file(tmp_path: Path) -> FileOf:
    def write(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def workbook(*rows: Sequence[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    book.create_sheet("Notizen").append(["wird nicht gelesen"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in members.items():
            pack.writestr(name, content)
    return file.getvalue()


def problems(path: Path, **options: bool) -> list[str]:
    with pytest.raises(BrokenFile) as caught:
        read(path, **options)
    return caught.value.lines()


def entry(identifier: str, question: str, answer: str, **fields: object) -> ImportedEntry:
    content = EntryContent.model_validate({"question": question, "answer": answer, **fields})
    return ImportedEntry(identifier, content, 1, frozenset(fields) | {"question", "answer"})


# What is understood


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_csv_with_german_names_is_understood(separator: str, bom: str, file: FileOf) -> None:
    lines = [separator.join(f'"{cell}"' for cell in row) for row in (NAMES, CELLS)]
    (found,) = read(file("wissen.csv", bom + "\r\n".join(lines)))
    assert (found.id, found.content, found.row) == ("a-1", MEANT, 2)


def test_excel_sheet_is_understood_with_its_dates_and_numbers(file: FileOf) -> None:
    cells: list[object] = [7, *CELLS[1:7], datetime(2026, 9, 3), date(2027, 3, 3), *CELLS[9:]]  # noqa: DTZ001
    (found,) = read(file("wissen.xlsx", workbook(NAMES, cells)))
    assert (found.id, found.content, found.row) == ("7", MEANT, 2)


def test_json_lines_are_understood(file: FileOf) -> None:
    found = read(file("wissen.jsonl", json.dumps({"id": "a-1", **MEANT.model_dump(mode="json")}) + "\n\n"))
    assert [(one.id, one.content, one.row) for one in found] == [("a-1", MEANT, 1)]


def test_foreign_keys_in_json_lines_are_ignored(file: FileOf) -> None:
    line = {"id": 7, "question": "q", "answer": "a", "source": "web", "licence": "CC0", "type": 1, "Nummer": "x"}
    (found,) = read(file("wissen.jsonl", json.dumps(line)))
    assert (found.id, found.content) == ("7", EntryContent(question="q", answer="a"))


def test_markdown_is_understood(file: FileOf) -> None:
    keys = "\n".join(f"- {name}: {CELLS[at]}" for at, name in enumerate(NAMES) if at not in (1, 2, 11))
    chapter = f"# Kapitel\n\nText\n\n## Wie?\n\n{keys}\n\nSo.\n\n{CELLS[11]}\n\n"
    text = f"Einleitung\n\n{chapter}# Nächstes Kapitel\n\n## Zweite?\nJa.\n"
    first, second = read(file("wissen.md", text))
    assert (first.id, first.content, first.row) == ("a-1", MEANT, 7)
    assert second.content == EntryContent(question="Zweite?", answer="Ja.")


def test_markdown_from_windows_is_understood(file: FileOf) -> None:
    (found,) = read(file("w.md", "\ufeff## Wie?\r\n\r\n- id: a\r\n\r\nEins\r\nzwei\r\n"))
    assert (found.id, found.content.answer) == ("a", "Eins\nzwei")


def test_headings_of_the_first_level_are_entries_if_there_is_no_second(file: FileOf) -> None:
    assert [one.content.question for one in read(file("w.md", "# Eins?\nJa.\n### Mehr\n\n# Zwei?\nNein."))] == [
        "Eins?",
        "Zwei?",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "- Erst das.\n- Dann das.",
        "- Wichtig: Erst das.\n- Dann das.",
        "### Kapitel\nText\n#Wort",
        "```sh\n## kein Eintrag\n```\n\nText",
        "~~~\n# kein Kapitel\n```\n## kein Eintrag\n~~~~",
        "    eingerückt\n\nÜberschrift von unten\n---\n #1",
    ],
)
@pytest.mark.parametrize("keys", ["", "- id: a\n- Stichworte:\n\n"])
def test_answer_in_markdown_stays_as_it_stands(keys: str, answer: str, file: FileOf) -> None:
    first, _ = read(file("w.md", f"## Frage?\n\n{keys}{answer}\n\n\n## Nächste?\n\nJa."))
    assert first.content == EntryContent(question="Frage?", answer=answer)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("alle Beschäftigten", "organization"),
        ("HAUS", "organization"),
        ("Lots:innen", "community"),
        ("Lots*innen", "community"),
        ("Community", "community"),
        ("O\u0308ffentlich", "public"),
        ("Verbund", "federation"),
        ("federation", "federation"),
        ("", "organization"),
    ],
)
def test_visibility_is_understood_in_german(word: str, meant: str, file: FileOf) -> None:
    (found,) = read(file("w.csv", f"Frage;Antwort;Sichtbar\nq;a;{word}"))
    assert found.content.visibility == meant


@pytest.mark.parametrize("word", ["draft", "Entwurf", "in Prüfung", "in_review", "freigegeben", "zurückgezogen"])
def test_state_is_understood_in_german(word: str, file: FileOf) -> None:
    meant = {"E": "draft", "d": "draft", "i": "in_review", "f": "approved", "z": "retired"}[word[0]]
    assert read(file("w.csv", f"Frage;Antwort;Status\nq;a;{word}"))[0].content.state == meant


def test_numbers_and_dates_are_texts_where_texts_belong(file: FileOf) -> None:
    cells = [7.0, 2.5, datetime(2026, 9, 3)]  # noqa: DTZ001
    (found,) = read(file("w.xlsx", workbook(["id", "Frage", "Antwort"], cells)))
    assert (found.content.question, found.content.answer) == ("2.5", "2026-09-03")
    assert read(file("w.jsonl", '{"id": 7.0, "answer": "a"}'))[0].id == "7"


def test_separator_written_twice_belongs_to_the_text(file: FileOf) -> None:
    (found,) = read(file("w.csv", 'Frage,Antwort,Quelle,Stichworte\nq,a,"a;;b; \\\\srv\\x;","1,,5; 2"'))
    assert found.content.sources == ["a;b", "\\\\srv\\x"]
    assert found.content.tags == ["1,5", "2"]


def test_rows_are_counted_as_excel_does(file: FileOf) -> None:
    text = '\nFrage;Antwort\n\n"zwei\r\nZeilen";"noch\nzwei"\n;\nq;a\n'
    assert [(one.row, one.content.question) for one in read(file("w.csv", text))] == [(4, "zwei\nZeilen"), (6, "q")]


def test_unknown_columns_and_missing_cells_do_no_harm(file: FileOf) -> None:
    (found,) = read(file("w.csv", "Bemerkung;Frage;Antwort;;Stichworte\negal;q;a"))
    assert found.content == EntryContent(question="q", answer="a")


def test_line_breaks_that_excel_escapes_are_line_breaks(file: FileOf) -> None:
    assert read(file("w.xlsx", workbook(["Frage", "Antwort"], ["q", "a_x000D_\nb"])))[0].content.answer == "a\nb"


def test_question_without_id_gets_one_that_stays_and_can_be_read(file: FileOf) -> None:
    first, second = (
        read(file("w.csv", f"Frage;Antwort\nWie lösche ich Ärger über {'sehr ' * 20}Großes?;{answer}"))[0].id
        for answer in ("a", "b")
    )
    assert first == second
    assert re.fullmatch(r"wie-loesche-ich-aerger-ueber-sehr[a-z-]{,34}-[0-9a-f]{6}", first)


def test_text_without_question_or_latin_letters_gets_an_id_too(file: FileOf) -> None:
    found = read(file("w.jsonl", '{"answer": "Nur Text"}\n{"question": "Что?", "answer": "a"}'))
    assert [one.id[:-6] for one in found] == ["nur-text-", "eintrag-"]


def test_collections_for_measuring_keep_their_ids() -> None:
    for path in QA.glob("*/corpus.jsonl"):
        ids = [json.loads(line)["id"] for line in path.read_text().splitlines()]
        assert [one.id for one in read(path, allow_empty_answers=True)] == ids


def test_ten_thousand_lines_are_read_within_two_seconds(file: FileOf) -> None:
    line = {"question": "Wie komme ich an meine Akte?", "answer": "So. " * 100, "tags": ["faq", "akte"]}
    path = file("w.jsonl", "".join(json.dumps({"id": f"e{number}", **line}) + "\n" for number in range(10_000)))
    start = time.perf_counter()
    assert len(read(path)) == 10_000
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(("keys", "variants"), [("- id: e", {"Amt 66": "anders"}), ("- id: e\n- Abweichungen:", {})])
def test_variants_that_a_markdown_file_does_not_mention_stay(keys: str, variants: dict[str, str], file: FileOf) -> None:
    old = EntryContent(question="q", answer="alt", variants={"Amt 66": "anders"})
    (change,) = compare(read(file("w.md", f"## q\n\n{keys}\n\nneu")), {"e": old}).changed
    assert change.content.variants == variants


# What is refused


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"answer": None}, "Die Antwort fehlt."),
        ({"answer": " \n "}, "Die Antwort fehlt."),
        ({"question": " ", "answer": ""}, "Frage und Antwort fehlen."),
        ({"question": "q" * 2001}, "„Frage“ ist 2001 Zeichen lang, erlaubt sind 2000."),
        ({"answer": "a" * 20_001}, "„Antwort“ ist 20001 Zeichen lang, erlaubt sind 20000."),
        ({"id": "x" * 201}, "„id“ ist 201 Zeichen lang, erlaubt sind 200."),
        ({"id": " x"}, "„id“ hat Leerzeichen am Anfang oder Ende."),
        ({"id": "x\ny"}, "„id“ enthält unsichtbare Zeichen."),
        ({"id": ["x"]}, "„id“ muss ein Text sein."),
        ({"tags": {"x": 1}}, "„Stichworte“ muss ein Text sein."),
        ({"answer": "a\x00"}, "„Antwort“ enthält ein unzulässiges Steuerzeichen (U+0000)."),
        ({"tags": ["x", "y\ud800"]}, "„Stichworte“ enthält ein unzulässiges Steuerzeichen (U+D800)."),
        ({"answer": "#NAME?"}, "„Antwort“ enthält statt eines Textes den Excel-Fehler #NAME?."),
        (
            {"checked_on": "31.2.2026"},
            "„Geprüft am“ ist kein Datum: „31.2.2026“ (erwartet wird 2026-09-03 oder 3.9.2026).",
        ),
        ({"checked_on": "2026-09-03", "valid_until": "2.9.2026"}, "„Gültig bis“ liegt vor „Geprüft am“."),
        ({"variants": ["x"]}, "„Abweichungen“ muss ein Text sein."),
        ({"variants": {" ": "a"}}, "„Abweichungen“ braucht zu jeder Antwort den Namen des Fachbereichs."),
        ({"variants": "### Abweichend:\na"}, "„Abweichungen“ braucht zu jeder Antwort den Namen des Fachbereichs."),
        ({"variants": {"x": " \n"}}, "„Abweichungen“ hat für „x“ keine Antwort."),
        ({"variants": {"x": ["a"]}}, "„Abweichungen“ muss ein Text sein."),
        ({"variants": {"x": "a", " x": "b"}}, "„Abweichungen“ nennt „x“ mehrfach."),
        ({"variants": {"x" * 101: "a"}}, "„Abweichungen“ hat einen Namen mit 101 Zeichen, erlaubt sind 100."),
        ({"variants": {"x": "a" * 20_001}}, "„Abweichungen“ hat für „x“ 20001 Zeichen, erlaubt sind 20000."),
        (
            {"variants": "FB Soziales: anders"},
            "„Abweichungen“ muss mit einer Zeile wie „### Abweichend: FB Soziales“ beginnen.",
        ),
        (
            {"visibility": "geheim"},
            "„Sichtbar“ kennt den Wert „geheim“ nicht (möglich sind community, organization, federation, public).",
        ),
    ],
)
def test_bad_value_is_named_with_row_and_reason(row: dict[str, object], problem: str, file: FileOf) -> None:
    lines = [{"question": "q1", "answer": "a1"}, {"question": "q2", "answer": "a2"} | row]
    path = file("w.jsonl", "\n\n".join(json.dumps(line) for line in lines))
    assert problems(path) == [f"Zeile 3: {problem}"]


@pytest.mark.parametrize("line", ["{", "[" * 100_000, "[]", "7", '{"id": ' + "9" * 5000 + "}"])
def test_line_that_is_no_json_object_is_named(line: str, file: FileOf) -> None:
    (problem,) = problems(file("w.jsonl", f'{{"question": "q", "answer": "a"}}\n{line}'))
    assert problem.startswith("Zeile 2: Die Zeile ist kein")


def test_all_problems_are_found_at_once_in_order_of_rows(file: FileOf) -> None:
    text = "id;Frage;Antwort;Status\na;q;;neu\na;q;a;\nb;q;a;\n;q;a;\n;q;b;\nc;q;a;;;mehr"
    assert problems(file("w.csv", text)) == [
        "Zeile 2: „Status“ kennt den Wert „neu“ nicht (möglich sind draft, in_review, approved, retired).",
        "Zeile 2: Die Antwort fehlt.",
        "Zeile 3: Die id „a“ steht schon in Zeile 2.",
        "Zeile 6: Dieselbe Frage ohne id steht schon in Zeile 5.",
        "Zeile 7: Es gibt mehr Zellen als Spalten in der Kopfzeile.",
    ]


def test_fifty_problems_are_shown_and_the_others_counted(file: FileOf) -> None:
    lines = problems(file("w.csv", "id;Frage;Antwort" + "".join(f"\n{row};q;" for row in range(73))))
    assert len(lines) == 51
    assert lines[-1] == "… und 23 weitere"


def test_empty_answers_are_allowed_on_request_but_not_without_question(file: FileOf) -> None:
    path = file("w.jsonl", '{"question": "q", "answer": ""}')
    assert read(path, allow_empty_answers=True)[0].content.answer == ""
    path = file("w.jsonl", '{"id": "x", "question": null}')
    assert problems(path, allow_empty_answers=True) == ["Zeile 1: Frage und Antwort fehlen."]


@pytest.mark.parametrize(("name", "text"), [("w.jsonl", "\n"), ("w.md", "\n"), ("w.csv", "Frage;Antwort\n")])
def test_file_without_entries_is_empty_not_broken(name: str, text: str, file: FileOf) -> None:
    assert read(file(name, text)) == []


@pytest.mark.parametrize("content", ["", "Frage", "Antworten;Frage\na;b"])
def test_missing_column_is_named(content: str, file: FileOf) -> None:
    assert "Zeile 1: Es fehlt die Spalte „Antwort“ (answer)." in problems(file("w.csv", content))


def test_column_that_comes_twice_is_named(file: FileOf) -> None:
    (problem,) = problems(file("w.csv", "Frage;Antwort;Stichworte;Schlagworte\nq;a;x;y"))
    assert problem == "Zeile 1: Die Spalte „Stichworte“ kommt mehrfach vor."


@pytest.mark.parametrize(
    ("name", "text", "row"),
    [
        ("w.csv", 'Frage;Antwort\n"q\nq";a\nGröße;a\n', 3),
        ("w.csv", '\ufeffFrage;Antwort\nq;"a\nGröße"\n', 2),
        ("w.csv", "Frage;Antwort\nq;" + "a" * 140_000 + "Größe", 2),
        ("w.jsonl", '{"question": "q",\t"answer": "a"}\n{"question": "Größe", "answer": "a"}', 2),
        ("w.md", "# q\n\na\n\nGröße", 5),
    ],
)
def test_file_from_old_windows_is_refused_with_row_and_advice(name: str, text: str, row: int, file: FileOf) -> None:
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    (problem,) = problems(file(name, bom.encode() + text.removeprefix(bom).encode("cp1252")))
    assert problem.startswith(f"Zeile {row}: Die Datei ist nicht in UTF-8 gespeichert, bitte als ")
    assert problem.endswith("„CSV UTF-8“ speichern." if name == "w.csv" else "UTF-8 speichern.")


@pytest.mark.parametrize("cells", ['q;"a', 'q;"a" b', 'q;"' + "a" * 140_000 + '"'])
def test_csv_with_wrong_quotes_names_the_row(cells: str, file: FileOf) -> None:
    assert problems(file("w.csv", f'Frage;Antwort\n"q\n1";a\n{cells}\nq;a')) == [
        "Zeile 3: Die Anführungszeichen passen nicht zusammen oder eine Zelle ist viel zu lang."
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nur Text", "Die Datei hat keine Überschrift, jeder Eintrag braucht eine, die mit „## “ beginnt."),
        ("## q\n\n```\n## r\n", "Zeile 3: Der Codeblock, der hier beginnt, wird nirgends beendet."),
        ("## q\n- id: x\n- Kenung: y\n\na", f"Zeile 3: {NOT_A_KEY}"),
        ("## q\n- id: x\na", f"Zeile 3: {NOT_A_KEY}"),
        ("## q\n- id: x\n- Nummer: y\n\na", "Zeile 3: Die Angabe „id“ steht schon darüber."),
        ("# k\n## q\n\n- id: x", "Zeile 2: Die Antwort fehlt."),
    ],
)
def test_markdown_that_nobody_meant_is_refused(text: str, problem: str, file: FileOf) -> None:
    assert problem in problems(file("w.md", text))


def test_huge_file_is_refused_unread(file: FileOf) -> None:
    path = file("w.csv", "")
    with path.open("r+b") as sparse:
        sparse.truncate(100_000_000)
    assert problems(path) == ["Die Datei ist 100 MB groß, erlaubt sind 50 MB."]


def test_other_formats_and_missing_files_are_refused(file: FileOf, tmp_path: Path) -> None:
    assert problems(file("w.xls", "")) == [
        "Dateien mit der Endung „.xls“ werden nicht gelesen, nur .csv, .xlsx, .jsonl, .md."
    ]
    assert problems(tmp_path / "fehlt.csv") == ["Die Datei „fehlt.csv“ gibt es nicht oder sie ist nicht lesbar."]
    (tmp_path / "ordner.csv").mkdir()
    assert problems(tmp_path / "ordner.csv") == ["Die Datei „ordner.csv“ gibt es nicht oder sie ist nicht lesbar."]


# Excel as a weapon


def sheet(xml: bytes) -> bytes:
    """Return a workbook whose first sheet is replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["Frage", "Antwort"]))) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, xml if name == "xl/worksheets/sheet1.xml" else old.read(name))
    return file.getvalue()


def rows_of(*rows: bytes) -> bytes:
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (namespace, b"".join(rows))


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HEAD = b'<row r="1"><c t="inlineStr"><is><t>Frage</t></is></c><c t="inlineStr"><is><t>Antwort</t></is></c></row>'


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "Die Datei ist beschädigt oder keine Excel-Datei (XLSX)."),
        (b"Frage;Antwort", "Die Datei ist beschädigt oder keine Excel-Datei (XLSX)."),
        (workbook(["Frage", "Antwort"])[:-9], "Die Datei ist beschädigt oder keine Excel-Datei (XLSX)."),
        (archive(a=b"b"), "Die Excel-Datei ist beschädigt und lässt sich nicht lesen."),
        (sheet(rows_of(HEAD) + b"<"), "Die Excel-Datei ist beschädigt und lässt sich nicht lesen."),
        (sheet(ENTITIES + rows_of(HEAD)), "Die Excel-Datei ist beschädigt und lässt sich nicht lesen."),
        (archive(a=bytes(11_000_000)), "Die Datei ist verdächtig stark komprimiert und wird deshalb nicht geöffnet."),
        (
            archive(**{f"m{number}": b"" for number in range(1_001)}),
            "Die Datei wäre ausgepackt verdächtig groß und wird deshalb nicht geöffnet.",
        ),
        (
            sheet(rows_of(HEAD, b'<row r="999999999999"><c t="n"><v>1</v></c></row>')),
            "Das Blatt hat mehr als 100000 Zeilen.",
        ),
    ],
    ids=["empty", "csv", "cut", "zip", "xml", "entities", "ratio", "members", "rows"],
)
def test_broken_or_hostile_workbook_is_refused(data: bytes, problem: str, file: FileOf) -> None:
    assert problems(file("w.xlsx", data)) == [problem]


def test_workbook_that_would_unpack_to_too_much_is_refused(file: FileOf) -> None:
    members = {f"m{number}": bytes(9_900_000) for number in range(21)}
    assert problems(file("w.xlsx", archive(**members))) == [
        "Die Datei wäre ausgepackt verdächtig groß und wird deshalb nicht geöffnet."
    ]


@pytest.mark.parametrize("claim", [b"", b'<dimension ref="A1:A1"/>', b'<dimension ref="A1:XFD1048576"/>'])
def test_sheet_is_read_whatever_size_it_claims(claim: bytes, file: FileOf) -> None:
    far = b'<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c><c r="XFD2"><v>3</v></c></row>'
    data = sheet(rows_of(HEAD, far).replace(b"<sheetData>", claim + b"<sheetData>"))
    (found,) = read(file("w.xlsx", data))
    assert found.content == EntryContent(question="1", answer="2")


# What an import would change


def test_preview_tells_new_changed_and_unchanged() -> None:
    existing = {
        "same": EntryContent(question="q", answer="a"),
        "other": EntryContent(question="q", answer="a", tags=["x"]),
        "not in file": EntryContent(question="q", answer="a"),
    }
    preview = compare(
        [
            entry("same", "q", "a"),
            entry("other", "q", "b", tags=["y"], variants={"Amt 66": "c"}),
            entry("new", "Wie\nlange?", "a"),
        ],
        existing,
    )
    assert not preview.is_empty
    assert preview.unchanged == ("same",)
    assert [(change.id, change.fields) for change in preview.changed] == [
        ("other", ("Antwort", "Stichworte", "Abweichungen"))
    ]
    assert preview.lines() == [
        "1 neu, 1 geändert, 1 unverändert",
        "neu: new – Wie lange?",
        "geändert: other – Antwort, Stichworte, Abweichungen",
    ]


def test_long_preview_is_cut_and_counted() -> None:
    preview = compare([entry(str(number), "Sehr " * 40, "a") for number in range(30)], {})
    assert preview.lines(5)[0] == "30 neu, 0 geändert, 0 unverändert"
    assert preview.lines(5)[-1] == "… und 25 weitere"
    assert all(len(line) < 100 for line in preview.lines())


def test_what_the_file_does_not_mention_stays(file: FileOf) -> None:
    learned = EntryContent(question="q", answer="alt", phrasings=["gelernt"], tags=["x"], state=State.RETIRED)
    imported = read(file("w.csv", "id;Frage;Antwort;Stichworte;Status\ne;q;neu;;"))
    (change,) = compare(imported, {"e": learned}).changed
    assert change.fields == ("Antwort", "Stichworte")
    assert change.content == learned.model_copy(update={"answer": "neu", "tags": []})


def test_importing_the_same_file_again_changes_nothing(file: FileOf) -> None:
    imported = read(file("w.csv", "Frage;Antwort\nq;a\nr;b"))
    preview = compare(imported, {one.id: one.content for one in imported})
    assert preview.is_empty
    assert preview.lines() == ["0 neu, 0 geändert, 2 unverändert"]
