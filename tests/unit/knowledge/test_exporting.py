"""Whatever is exported can be imported again and is equal."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from knowledge.exporting import NotExportable, write
from knowledge.importing import compare, read
from storage.models.knowledge import EntryContent, State, Visibility

FORMATS = (".csv", ".xlsx", ".jsonl", ".md")

HARD_PIECES = [
    *("=1+1", "- ", "+49 30", "@SUM(A1)", "'", "''=", '"', ";", ";;", ",", "; ", "\n", "\n\n", "\t", " ", "007", "\\"),
    *("#", "# ", "## Kopf", "\n## Kopf\n", "\n# Kopf", "\n\\## Kopf", "\n- Stichworte: a, b\n", "- id: x", "\\;", "|"),
    *("\n```\n", "\n~~~~\n", "\n```sh\n# Kommentar\n```\n", "```", "\\\\srv\\dfs", "&#10;", "&amp;#10;", "&amp;"),
    *("\n### Abweichend: Amt 66\n", "\n\\### Abweichend:", "### Abweichend"),
    *("Lots*innen", "Ärzt:innen", "ß", "_x000D_", "_x005F_x0041_", "\u2028", "😀", "<b>", "[x](y)", "None", "2026"),
]
texts = st.lists(
    st.sampled_from(HARD_PIECES) | st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=5), max_size=6
).map("".join)
lines = texts.map(str.strip)
items = st.lists(lines.filter(bool), max_size=3)
answers = texts.map(lambda text: re.sub(r"\A(?:[^\S\n]*\n)+", "", text).rstrip()).filter(bool)
departments = st.dictionaries(lines.map(lambda text: " ".join(text.split())).filter(bool), answers, max_size=3)
dates = st.dates(date(2000, 1, 1), date(2099, 12, 31))
ids = st.text(st.sampled_from("abz0=-;,#'\" ä:&\\"), min_size=1, max_size=8).filter(lambda text: text == text.strip())


@st.composite
def contents(draw: st.DrawFn) -> EntryContent:
    span = sorted(draw(st.tuples(dates, dates)))
    return EntryContent(
        question=draw(lines),
        answer=draw(answers),
        phrasings=draw(items),
        tags=draw(items),
        owner=draw(lines.map(lambda text: text or None)),
        state=draw(st.sampled_from(State)),
        checked_on=draw(st.sampled_from([None, span[0]])),
        valid_until=draw(st.sampled_from([None, span[1]])),
        visibility=draw(st.sampled_from(Visibility)),
        sources=draw(items),
        variants=draw(departments),
    )


def there_and_back(entries: dict[str, EntryContent], path: Path) -> dict[str, EntryContent]:
    write(entries.items(), path)
    return {entry.id: entry.content for entry in read(path)}


def answering(answer: str, question: str = "Frage?") -> dict[str, EntryContent]:
    return {"a": EntryContent(question=question, answer=answer), "b": EntryContent(question="Zweite?", answer="Ja.")}


@pytest.mark.parametrize("suffix", FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.dictionaries(ids, contents(), min_size=1, max_size=3))
@example(entries=answering("```\nnie beendet"))
@example(entries=answering("```\n## Code\n\\## Code\n```\n\n## Kopf\n\n~~~\n```"))
@example(entries=answering("- id: b\n- Status: offen\n\nText", question="Zwei\nZeilen &#10; &amp;#10;"))
@example(
    entries={"a": EntryContent(question="q", answer="a", tags=["a,", ";b", ",;", ";"], sources=["\\\\srv\\x;", ";y"])}
)
def test_what_is_exported_and_imported_again_is_equal(
    suffix: str, entries: dict[str, EntryContent], tmp_path: Path
) -> None:
    assert there_and_back(entries, tmp_path / f"wissen{suffix}") == entries


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_departments_do_differently_comes_back_with_all_its_lines(suffix: str, tmp_path: Path) -> None:
    variants = {
        "Amt 66: Bauhof; Hof": "1. Eins\n\n### Abweichend: nicht hier\n\\### Abweichend: hier auch nicht",
        "FB Soziales": "```\n## Kopf\n### Abweichend: im Code\n```",
        "Ärzt:innen": "    eingerückt\n\n~~~ nie beendet",
    }
    entries = {"a": EntryContent(question="q", answer="```\nnie beendet", variants=variants)}
    assert there_and_back(entries, tmp_path / f"wissen{suffix}") == entries


@pytest.mark.parametrize("suffix", FORMATS)
def test_importing_an_export_changes_nothing(suffix: str, tmp_path: Path) -> None:
    entries = {"a": EntryContent(question="Wie?", answer="So.", state=State.RETIRED, tags=["x"])}
    write(entries.items(), tmp_path / f"wissen{suffix}")
    assert compare(read(tmp_path / f"wissen{suffix}"), entries).is_empty


@pytest.mark.parametrize("suffix", FORMATS)
def test_entry_without_answer_comes_back_where_it_is_allowed(suffix: str, tmp_path: Path) -> None:
    entries = answering("")
    write(entries.items(), tmp_path / f"wissen{suffix}")
    found = read(tmp_path / f"wissen{suffix}", allow_empty_answers=True)
    assert {entry.id: entry.content for entry in found} == entries


@pytest.mark.parametrize("suffix", FORMATS)
def test_control_characters_are_left_out_so_that_the_export_can_be_imported(suffix: str, tmp_path: Path) -> None:
    found = there_and_back(answering("eins\vzwei\x00\r\ndrei\ud800"), tmp_path / f"wissen{suffix}")
    assert found["a"].answer == "eins\nzwei\ndrei"


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\n=1", "'=1", "＝1"])
def test_no_csv_cell_starts_like_a_formula(formula: str, tmp_path: Path) -> None:
    entry = EntryContent(question="q", answer="a", owner=formula, tags=[formula], sources=[formula])
    write([(formula.strip(), entry)], tmp_path / "wissen.csv")
    rows = list(csv.reader((tmp_path / "wissen.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert not [cell for row in rows for cell in row if re.match(r"\s*[=+\-@＝]", cell)]


def test_every_csv_cell_is_quoted_so_that_another_separator_starts_no_formula(tmp_path: Path) -> None:
    write(answering("x,=1+1").items(), tmp_path / "wissen.csv")
    assert '"x,=1+1"' in (tmp_path / "wissen.csv").read_text("utf-8-sig")


def test_csv_opens_with_umlauts_in_german_excel(tmp_path: Path) -> None:
    write([], tmp_path / "wissen.csv")
    assert (tmp_path / "wissen.csv").read_bytes().startswith('\ufeff"id";"Frage";"Antwort"'.encode())


def test_every_excel_cell_is_text(tmp_path: Path) -> None:
    write({"007": EntryContent(question="#N/A?", answer="=1+1", tags=["42"])}.items(), tmp_path / "wissen.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "wissen.xlsx").worksheets[0]
    cells = [cell for cell in sheet[2] if cell.value is not None]
    assert [cell.value for cell in cells[:3]] == ["007", "#N/A?", "=1+1"]
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}


def test_markdown_is_written_as_people_write_it(tmp_path: Path) -> None:
    entry = EntryContent(
        question="Wie bekomme ich eine E-Mail in die E-Akte?",
        answer="1. Markieren.\n2. Ablegen.\n\n### Anhänge\n\n```\n## bleibt\n```",
        phrasings=["Mail ablegen", "Anhang doppelt"],
        tags=["E-Akte", "enaio"],
        owner="Tom Berger",
        checked_on=date(2026, 9, 3),
        valid_until=date(2027, 3, 3),
        sources=["Kurzanleitung E-Mail, Intranet"],
        variants={"FB Soziales": "Nur über das Fachverfahren.", "Amt 66": "### Im Bauhof\n\nPer Scan."},
    )
    write(
        [("eakte-mail", entry), ("alt", EntryContent(question="", answer="Weg.", state=State.RETIRED))],
        tmp_path / "w.md",
    )
    assert (
        (tmp_path / "w.md").read_text()
        == """\
## Wie bekomme ich eine E-Mail in die E-Akte?

- id: eakte-mail
- Stichworte: E-Akte, enaio
- Verantwortlich: Tom Berger
- Geprüft am: 2026-09-03
- Gültig bis: 2027-03-03
- Sichtbar: organization
- Quelle: Kurzanleitung E-Mail, Intranet
- Auch gefragt als: Mail ablegen; Anhang doppelt

1. Markieren.
2. Ablegen.

### Anhänge

```
## bleibt
```

### Abweichend: FB Soziales

Nur über das Fachverfahren.

### Abweichend: Amt 66

### Im Bauhof

Per Scan.

##

- id: alt
- Sichtbar: organization
- Status: retired

Weg.

"""
    )


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_text_too_long_for_a_cell_is_refused_not_cut(suffix: str, tmp_path: Path) -> None:
    entry = EntryContent(question="q", answer="a", phrasings=["lang " * 100] * 300)
    with pytest.raises(NotExportable, match=r"Eintrag e-7: „Auch gefragt als“ ist zu lang"):
        write([("e-7", entry)], tmp_path / f"wissen{suffix}")


def test_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotExportable, match=r"„\.pdf“"):
        write([], tmp_path / "wissen.pdf")


@pytest.mark.parametrize("suffix", FORMATS)
def test_failing_export_keeps_the_old_file_and_leaves_no_other(suffix: str, tmp_path: Path) -> None:
    def entries() -> Iterator[tuple[str, EntryContent]]:
        yield "a", EntryContent(question="q", answer="a")
        raise RuntimeError("Datenbank weg")

    path = tmp_path / f"wissen{suffix}"
    path.write_text("alt")
    with pytest.raises(RuntimeError):
        write(entries(), path)
    assert path.read_text() == "alt"
    assert list(tmp_path.iterdir()) == [path]
