"""Packages for other administrations: what goes in, what comes out again, and what is refused."""

import hashlib
import io
import json
import stat
import struct
import tracemalloc
import warnings
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.formats.rows import BrokenFile, NotExportable
from knowledge.packages import PERSONAL, Manifest, Package, pack, read, select, unpacked
from storage.models.knowledge import EntryContent, State, Visibility

TODAY = date(2026, 11, 22)
SCANNER = EntryContent(
    question="Wo steht der Scanner?",
    answer="Im Erdgeschoss.",
    phrasings=["wo scannen"],
    tags=["Scan"],
    owner="Tom Berger",
    checked_on=date(2026, 9, 3),
    valid_until=date(2027, 9, 3),
    visibility=Visibility.FEDERATION,
    sources=["Intranet"],
)
BUNDID = EntryContent(question="Wozu die BundID?", answer="Für Online-Dienste.", visibility=Visibility.PUBLIC)
ENTRIES = {"scanner": SCANNER, "bundid": BUNDID}
GENUINE = pack(ENTRIES, "Stadt Lindenau", "dl-de/by-2-0", TODAY)[1]

texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=30).map(str.strip)
shareable = st.builds(
    EntryContent,
    question=texts,
    answer=texts.filter(bool),
    tags=st.lists(texts.filter(bool), max_size=2),
    sources=st.lists(texts.filter(bool), max_size=2, unique=True),
    visibility=st.sampled_from([Visibility.ORGANIZATION, Visibility.FEDERATION, Visibility.PUBLIC]),
    valid_until=st.none() | st.dates(),
)
ids = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200)


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "w", method) as archive:  # duplicate names
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def member(name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(GENUINE)) as archive:
        return archive.read(name)


def forged(lines: bytes, **changes: Any) -> bytes:
    """A package whose checksums are right, whatever it says."""
    described: dict[str, Any] = json.loads(member("manifest.json"))
    described["entries"] = lines.count(b"\n")
    described["sha256"] = hashlib.sha256(lines).hexdigest()
    del described["checksum"]
    described["checksum"] = Manifest.model_validate_json(json.dumps(described)).checksum
    return zipped(("manifest.json", json.dumps(described | changes).encode()), ("entries.jsonl", lines))


def line(**changes: Any) -> bytes:
    values = {"id": "x@stadt-lindenau-cc5a73", "question": "Wie?", "answer": "So.", "visibility": "public"} | changes
    return json.dumps(values).encode() + b"\n"


def refusal(data: bytes) -> str:
    with pytest.raises(BrokenFile) as caught:
        unpacked(data)
    return " ".join(caught.value.lines())


def contents(package: Package) -> Mapping[str, EntryContent]:
    return {entry.id: entry.content for entry in package.entries}


# What goes in


def test_only_approved_answers_for_others_are_chosen_and_the_rest_is_counted() -> None:
    def entry(**changes: Any) -> EntryContent:
        return BUNDID.model_copy(update=changes)

    store = {
        "public": entry(),
        "federation": entry(visibility=Visibility.FEDERATION),
        "house": entry(visibility=Visibility.ORGANIZATION),
        "supporters": entry(visibility=Visibility.COMMUNITY),
        "draft": entry(state=State.DRAFT),
        "review": entry(state=State.IN_REVIEW),
        "retired": entry(state=State.RETIRED),
        "empty": entry(answer=" "),
        "x@stadt-bochum-0a1b2c": entry(),
        "x-2@stadt-bochum-0a1b2c": entry(),
        "tom@example.org": entry(),
    }
    selection = select(store)
    assert list(selection.entries) == ["public", "federation", "tom@example.org"]
    assert selection.left_out == {
        "nur für das eigene Haus": 1,
        "nur für Lots:innen": 1,
        "nicht freigegeben": 3,
        "ohne Antwort": 1,
        "von anderen Häusern übernommen": 2,
    }
    wider = select(store, with_organization=True)
    assert list(wider.entries) == ["public", "federation", "house", "tom@example.org"]


def test_names_phrasings_and_variants_stay_at_home_unless_asked_for() -> None:
    assert "Tom Berger" not in member("entries.jsonl").decode()
    assert "wo scannen" not in member("entries.jsonl").decode()
    package = unpacked(GENUINE)
    assert {"owner", "phrasings", "variants"}.isdisjoint(package.entries[1].given)

    _, whole = pack(ENTRIES, "Stadt Lindenau", "dl-de/by-2-0", TODAY, fields=PERSONAL)
    scanner = contents(unpacked(whole))["scanner@stadt-lindenau-cc5a73"]
    assert (scanner.owner, scanner.phrasings) == ("Tom Berger", ["wo scannen"])


def test_equal_answers_give_equal_bytes_in_any_order() -> None:
    backwards = dict(reversed(ENTRIES.items()))
    assert pack(backwards, "Stadt Lindenau", "dl-de/by-2-0", TODAY)[1] == GENUINE
    assert pack(ENTRIES, "Stadt Lindenau", "CC-BY-4.0", TODAY)[1] != GENUINE


@pytest.mark.parametrize(("origin", "licence"), [("", "x"), ("Stadt", " "), ("Zwei\nZeilen", "x"), ("x" * 201, "x")])
def test_origin_and_licence_are_one_line_each(origin: str, licence: str) -> None:
    with pytest.raises(NotExportable, match="je eine Zeile"):
        pack(ENTRIES, origin, licence, TODAY)


def test_what_nobody_could_read_again_is_not_packed() -> None:
    with pytest.raises(NotExportable, match="20001 Zeichen lang"):
        pack({"a": BUNDID.model_copy(update={"answer": "x" * 20_001})}, "Stadt", "x", TODAY)


# What comes out


def test_answers_arrive_in_review_with_origin_and_licence(tmp_path: Path) -> None:
    file = tmp_path / "p.zip"
    file.write_bytes(GENUINE)
    package = read(file)
    assert package.line().startswith("Paket von Stadt Lindenau, Lizenz dl-de/by-2-0, vom 22.11.2026, Prüfsumme ")
    scanner = contents(package)["scanner@stadt-lindenau-cc5a73"]
    assert scanner == SCANNER.model_copy(
        update={
            "owner": None,
            "phrasings": [],
            "state": State.IN_REVIEW,
            "sources": ["Intranet", "Stadt Lindenau, dl-de/by-2-0"],
        }
    )


@settings(deadline=None)
@given(entries=st.dictionaries(ids, shareable, max_size=4), origin=texts.filter(str.isprintable).filter(bool))
def test_whatever_is_packed_comes_out_equal_and_under_ids_of_its_own(
    entries: dict[str, EntryContent], origin: str
) -> None:
    manifest, data = pack(entries, origin, "CC-BY-4.0", TODAY)
    package = unpacked(data)
    assert package.manifest == manifest
    assert len(contents(package)) == len(entries)
    assert all(len(identifier) <= 190 for identifier in contents(package))
    attribution = f"{origin}, CC-BY-4.0"
    expected = [
        content.model_copy(
            update={"state": State.IN_REVIEW, "sources": list(dict.fromkeys([*content.sources, attribution]))}
        )
        for _, content in sorted(entries.items())
    ]
    assert [entry.content for entry in package.entries] == expected


# What is refused


@settings(deadline=None, max_examples=500)
@given(st.data())
def test_damaged_bytes_are_refused_or_change_nothing(data: st.DataObject) -> None:
    damaged = bytearray(GENUINE)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.just(len(damaged)) | st.integers(0, len(damaged)))
    try:
        package = unpacked(bytes(damaged[:end]))
    except BrokenFile:
        return
    assert package == unpacked(GENUINE)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=400))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    assert refusal(data) in (
        "Das Paket ist beschädigt oder kein ZIP.",
        "Ein Paket enthält genau zwei Dateien: manifest.json und entries.jsonl.",
    )


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from([*Manifest.model_fields, "x"]), st.none() | st.integers() | texts, min_size=1))
def test_manifest_that_says_anything_else_is_refused(changes: dict[str, Any]) -> None:
    described = json.loads(member("manifest.json"))
    if described | changes != described:
        manifest = json.dumps(described | changes).encode()
        assert refusal(zipped(("manifest.json", manifest), ("entries.jsonl", member("entries.jsonl"))))


def linked(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def marked_encrypted(data: bytes) -> bytes:
    place = data.index(b"PK\1\2")
    return data[: place + 8] + struct.pack("<H", 1) + data[place + 10 :]


def claiming(data: bytes, size: int) -> bytes:
    """The same with another unpacked size of the last file in the directory."""
    place = data.rindex(b"PK\1\2")
    return data[: place + 24] + struct.pack("<L", size) + data[place + 28 :]


TWO = "Ein Paket enthält genau zwei Dateien"
MANIFEST = ("manifest.json", member("manifest.json"))
LINES = ("entries.jsonl", member("entries.jsonl"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "kein ZIP"),
        (b"Hallo Welt, das ist ein Text und kein Paket.", "kein ZIP"),
        (GENUINE[:-30], "kein ZIP"),
        (zipped(MANIFEST), TWO),
        (zipped(MANIFEST, LINES, ("mehr.txt", b"x")), TWO),
        (zipped(MANIFEST, ("../entries.jsonl", LINES[1])), TWO),
        (zipped(MANIFEST, ("/etc/passwd", LINES[1])), TWO),
        (zipped(MANIFEST, ("C:\\entries.jsonl", LINES[1])), TWO),
        (zipped(LINES, LINES), TWO),
        (zipped(*[(f"{number}", b"") for number in range(3000)]), TWO),
        (zipped(MANIFEST, (linked("entries.jsonl"), b"/etc/passwd")), "keine gewöhnliche Datei"),
        (zipped(MANIFEST, LINES, method=zipfile.ZIP_LZMA), "keine gewöhnliche Datei"),
        (marked_encrypted(GENUINE), "verschlüsselt"),
        (zipped(MANIFEST, ("entries.jsonl", b"\n" * 50_000_001)), "zu groß"),
        (zipped(MANIFEST, ("entries.jsonl", b"\n" * 2_000_000)), "verdächtig dicht"),
        (claiming(zipped(MANIFEST, ("entries.jsonl", b"\n" * 2_000_000)), 100), "beschädigt"),
        (zipped(("manifest.json", b" " * 10_001), LINES), "zu groß"),
        (zipped(("manifest.json", b"[" * 9_999), LINES), "nicht lesbar"),
        (zipped(("manifest.json", b'{"format": "\xff"}'), LINES), "nicht lesbar"),
        (zipped(("manifest.json", b"{}"), LINES), "kein Paket von Lotsenfunk"),
        (zipped(("manifest.json", b'{"format": "lotsenfunk-package", "version": 1}'), LINES), "origin"),
        (forged(LINES[1], version=2), "neuere Fassung"),
        (forged(LINES[1], sha256="0" * 64), "Herkunft oder Lizenz"),
        (forged(LINES[1], licence="gemeinfrei"), "Herkunft oder Lizenz"),
        (forged(LINES[1], origin="Stadt\x1b[31m Rot"), "falsch: origin"),
        (zipped(MANIFEST, ("entries.jsonl", LINES[1] + b"\n")), "Antworten wurden verändert"),
        (forged(line() + b"\n"), "Angekündigt sind 2 Einträge, enthalten sind 1"),
        (forged(line(id="x")), "gehört nicht in ein Paket von Stadt Lindenau"),
        (forged(line(id="x@stadt-bochum-0a1b2c")), "gehört nicht in ein Paket von Stadt Lindenau"),
        (forged(line(visibility="community")), "gehört nicht in ein Paket"),
        (forged(line(answer="")), "Zeile 1: Die Antwort fehlt."),
        (forged(line(answer="\x1b[31mrot")), "Steuerzeichen"),
        (forged(line() + line()), "steht schon in Zeile 1"),
        (forged(b'"kaputt\xff"\n'), "nicht in UTF-8"),
        (forged(b"{\n"), "kein gültiges JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_package_is_refused_with_one_clear_sentence(data: bytes, reason: str) -> None:
    said = refusal(data)
    assert reason in said
    assert len(said) < 160


def crowded(*, is_hidden: bool) -> bytes:
    """A directory of many files; if hidden, the old end tells of two, and that for large archives of all of them."""
    one = zipped(("x", b""))
    start, end = one.index(b"PK\1\2"), one.index(b"PK\5\6")
    number = 20_000
    listed = one[start:end] * number
    if not is_hidden:
        return one[:start] + listed + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, number, number, len(listed), start, 0)
    where = start + len(listed)
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, number, number, len(listed), start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, where, 1)
    return one[:start] + listed + large + locator + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, 100, start, 0)


@pytest.mark.parametrize("is_hidden", [False, True])
def test_crowded_package_is_refused_before_its_directory_is_read(is_hidden: bool) -> None:
    data = crowded(is_hidden=is_hidden)
    assert len(zipfile.ZipFile(io.BytesIO(data)).infolist()) == 20_000, "this is what zipfile makes of it"
    tracemalloc.start()
    try:
        assert TWO in refusal(data)
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()


def test_what_a_package_says_about_its_approval_does_not_count() -> None:
    package = unpacked(forged(line(state="approved")))
    assert [entry.content.state for entry in package.entries] == [State.IN_REVIEW]


def test_package_larger_than_any_is_not_even_opened(tmp_path: Path) -> None:
    file = tmp_path / "p.zip"
    with file.open("wb") as out:
        out.truncate(50_000_001)
    with pytest.raises(BrokenFile, match="erlaubt sind 50 MB"):
        read(file)
