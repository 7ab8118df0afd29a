from pathlib import Path

import pytest

from knowledge.evaluation import Query
from knowledge.importing import BrokenFile
from knowledge.queries import read

KNOWN = {"scanner", "vpn"}


def problems(file: Path, content: bytes) -> list[str]:
    file.write_bytes(content)
    with pytest.raises(BrokenFile) as caught:
        read(file, KNOWN)
    return caught.value.lines()


def test_questions_come_with_their_entries(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    lines = ['{"query": "wo scannen", "gold": ["scanner", "vpn"], "type": "typo"}', "", '{"query": "?", "gold": []}']
    file.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    assert read(file, KNOWN) == [Query("wo scannen", frozenset(KNOWN)), Query("?", frozenset())]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Die Datei enthält keine Frage."),
        (b"\n \n", "Die Datei enthält keine Frage."),
        (b'\n{"query": "a", "gold"', "Zeile 2: Die Zeile ist kein gültiges JSON."),
        (b"[" * 100_000, "Zeile 1: Die Zeile ist kein gültiges JSON."),
        (b'["a"]', "Zeile 1: Die Frage fehlt: „query“ muss ein Text sein."),
        (b'{"gold": []}', "Zeile 1: Die Frage fehlt: „query“ muss ein Text sein."),
        (b'{"query": "a"}', "Zeile 1: „gold“ muss eine Liste von ids sein, leer für eine Frage ohne Antwort."),
        (
            b'{"query": "a", "gold": "vpn"}',
            "Zeile 1: „gold“ muss eine Liste von ids sein, leer für eine Frage ohne Antwort.",
        ),
        (
            b'{"query": "a", "gold": [3]}',
            "Zeile 1: „gold“ muss eine Liste von ids sein, leer für eine Frage ohne Antwort.",
        ),
        (
            b'{"query": "a", "gold": ["vpn", "fax"]}',
            "Zeile 1: Den Eintrag „fax“ aus „gold“ gibt es im Wissen nicht, oder er ist nicht freigegeben.",
        ),
        (b'{"query": "\xff"}', "Zeile 1: Die Datei ist nicht in UTF-8 gespeichert, bitte als UTF-8 speichern."),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    assert problems(tmp_path / "q.jsonl", content) == [said]


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match=r"„q\.jsonl“ gibt es nicht"):
        read(tmp_path / "q.jsonl", KNOWN)
