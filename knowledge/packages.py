"""Approved answers in one file, for other administrations: what goes in, and reading what others packed.

A package is a ZIP of two files: `entries.jsonl`, as `lotsenfunk import` reads it, and `manifest.json`, which says where
the answers come from, what one may do with them, and holds the checksums. Nothing is ever unpacked to the disk.
"""

import hashlib
import json
import re
import stat
import struct
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Annotated, Literal
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from knowledge.formats import json_lines
from knowledge.formats.fields import printable
from knowledge.formats.rows import BrokenFile, NotExportable, Problem
from knowledge.importing import ImportedEntry, checked, data_of, identifier_of
from storage.models.knowledge import EntryContent, State, Visibility

SUFFIX = ".zip"
VERSION: Literal[1] = 1
MANIFEST = "manifest.json"
ENTRIES = "entries.jsonl"
LARGEST = {MANIFEST: 10_000, ENTRIES: 50_000_000}
"""Bytes of each file, unpacked."""
DENSEST = 100
"""How many times larger a file may become, if it is large; German text becomes some four times larger."""
PERSONAL = ("owner", "phrasings", "variants")
"""Fields that go in on demand only: a name, what people said, and what departments of the house do differently."""

_FIELDS = ("question", "answer", "tags", "checked_on", "valid_until", "visibility", "sources")
_LONGEST_ID = 190  # of 200, to leave room for a number behind it
_LARGE = 1_000_000
_END = struct.Struct("<4s4H2LH")
_LARGEST_DIRECTORY = 1_000  # bytes; two files need some 120
_IN_ZIP = (1980, 1, 1, 0, 0, 0)  # one time for all, so that equal answers give equal bytes
_FOREIGN = re.compile(r".@[a-z0-9-]+-[0-9a-f]{6}", re.DOTALL)
# What zipfile raises over damaged bytes, some of it from deep inside.
_DAMAGE = (BadZipFile, EOFError, zlib.error, struct.error, NotImplementedError, RuntimeError, OSError, ValueError)


def _line(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("is not a plain line")
    return text


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_line)]
Checksum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """Where the answers of a package come from, and what one may do with them."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    format: Literal["lotsenfunk-package"] = "lotsenfunk-package"
    version: Literal[1] = VERSION
    origin: Line
    licence: Line
    created_on: date
    entries: int
    sha256: Checksum
    """Of `entries.jsonl`."""

    @property
    def checksum(self) -> str:
        """SHA-256 that stands for the whole package, as it covers the checksum of the entries."""
        return hashlib.sha256(_encoded(self.model_dump(mode="json"), sort_keys=True)).hexdigest()

    @property
    def short_checksum(self) -> str:
        """As much of it as people compare."""
        return self.checksum[:16]

    @property
    def attribution(self) -> str:
        """How an answer of this package names its source."""
        return f"{self.origin}, {self.licence}"


@dataclass(frozen=True)
class Package:
    """A package that was read: its entries are in review, and carry the package among their sources."""

    manifest: Manifest
    entries: Sequence[ImportedEntry]

    def line(self) -> str:
        """Return in German what package this is."""
        m = self.manifest
        return f"Paket von {m.origin}, Lizenz {m.licence}, vom {m.created_on:%d.%m.%Y}, Prüfsumme {m.short_checksum}"


@dataclass(frozen=True)
class Selection:
    """Which entries may go into a package, and how many may not, by German reasons."""

    entries: Mapping[str, EntryContent]
    left_out: Mapping[str, int]


def select(contents: Mapping[str, EntryContent], *, with_organization: bool = False) -> Selection:
    """Choose the approved answers that others may have; those for the house only `with_organization`."""
    reasons = {identifier: _objection(identifier, each, with_organization) for identifier, each in contents.items()}
    chosen = {identifier: contents[identifier] for identifier, reason in reasons.items() if reason is None}
    return Selection(chosen, Counter(reason for reason in reasons.values() if reason))


def pack(
    entries: Mapping[str, EntryContent], origin: str, licence: str, today: date, *, fields: Collection[str] = ()
) -> tuple[Manifest, bytes]:
    """Return manifest and bytes of a package; equal answers of a day give equal bytes.

    `fields` are those of `PERSONAL` that go in, too. Raises NotExportable for what no one could read again.
    """
    data = b"".join(_lines(entries, identifier_of(origin), fields))
    digest = hashlib.sha256(data).hexdigest()
    try:
        manifest = Manifest(origin=origin, licence=licence, created_on=today, entries=len(entries), sha256=digest)
    except ValidationError:
        raise NotExportable("Haus und Lizenz sind je eine Zeile mit höchstens 200 Zeichen.") from None
    package = _zipped(manifest, data)
    try:
        unpacked(package)
    except BrokenFile as broken:
        raise NotExportable(broken.lines(limit=1)[0]) from None
    return manifest, package


def read(path: Path) -> Package:
    """Return the package in a file. Raises BrokenFile with a German sentence for whatever is not as it should be."""
    return unpacked(data_of(path))


def unpacked(data: bytes) -> Package:
    """Return the package in these bytes. Raises BrokenFile with a German sentence."""
    files = _files(data)
    manifest = _manifest(files[MANIFEST])
    if hashlib.sha256(files[ENTRIES]).hexdigest() != manifest.sha256:
        raise _broken("Die Prüfsumme stimmt nicht: Die Antworten wurden verändert oder sind beschädigt")
    entries = checked(json_lines.read(files[ENTRIES]))
    if len(entries) != manifest.entries:
        raise _broken(f"Angekündigt sind {manifest.entries} Einträge, enthalten sind {len(entries)}")
    house = identifier_of(manifest.origin)
    for entry in entries:
        if not entry.id.endswith(f"@{house}") or entry.content.visibility == Visibility.COMMUNITY:
            raise _broken(f"Der Eintrag in Zeile {entry.row} gehört nicht in ein Paket von {manifest.origin}")
    return Package(manifest, tuple(_arrived(entry, manifest) for entry in entries))


# Packing


def _objection(identifier: str, content: EntryContent, with_organization: bool) -> str | None:
    """Say why an entry stays in the house; None if it may leave."""
    if content.state != State.APPROVED:
        return "nicht freigegeben"
    if content.visibility == Visibility.COMMUNITY:
        return "nur für Lots:innen"
    if content.visibility == Visibility.ORGANIZATION and not with_organization:
        return "nur für das eigene Haus"
    if _FOREIGN.search(identifier):  # under their own licence, which is not ours to change
        return "von anderen Häusern übernommen"
    return None if content.answer.strip() else "ohne Antwort"


def _lines(entries: Mapping[str, EntryContent], house: str, fields: Collection[str]) -> Iterator[bytes]:
    kept = {*_FIELDS, *(field for field in PERSONAL if field in fields)}
    for identifier, content in sorted(entries.items()):
        values = printable(content).model_dump(mode="json", include=kept)
        yield _encoded({"id": _packed_id(identifier, house), **values})


def _packed_id(identifier: str, house: str) -> str:
    """Return the id that an entry of a house has everywhere."""
    name = f"{identifier}@{house}"
    return name if len(name) <= _LONGEST_ID else f"{hashlib.sha256(identifier.encode()).hexdigest()[:32]}@{house}"


def _zipped(manifest: Manifest, entries: bytes) -> bytes:
    described = {**manifest.model_dump(mode="json"), "checksum": manifest.checksum}
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in ((MANIFEST, _encoded(described)), (ENTRIES, entries)):
            member = ZipInfo(name, _IN_ZIP)
            member.compress_type = ZIP_DEFLATED
            member.create_system = 3
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(member, content)
    return file.getvalue()


def _encoded(values: Mapping[str, object], *, sort_keys: bool = False) -> bytes:
    return json.dumps(values, ensure_ascii=False, sort_keys=sort_keys).encode() + b"\n"


# Reading what somebody sent


def _broken(sentence: str) -> BrokenFile:
    return BrokenFile([Problem(None, f"{sentence}.")])


def _files(data: bytes) -> Mapping[str, bytes]:
    _check_directory(data)
    try:
        with ZipFile(BytesIO(data)) as archive:
            _check_members(archive.infolist())
            return {member.filename: _content(archive, member) for member in archive.infolist()}
    except _DAMAGE as error:
        raise _broken("Das Paket ist beschädigt oder kein ZIP") from error


def _check_directory(data: bytes) -> None:
    """Look at the end of a ZIP before zipfile does, which would make an object of each of a million files."""
    end = data[-_END.size :]
    if len(end) < _END.size or not end.startswith(b"PK\5\6"):
        raise _broken("Das Paket ist beschädigt oder kein ZIP")
    *_, number, size, _, comment = _END.unpack(end)
    if number != 2 or size > _LARGEST_DIRECTORY or comment or data[-42:-38] == b"PK\6\7":
        raise _broken(f"Ein Paket enthält genau zwei Dateien: {MANIFEST} und {ENTRIES}")


def _check_members(members: Sequence[ZipInfo]) -> None:
    if sorted(member.filename for member in members) != sorted(LARGEST):
        raise _broken(f"Ein Paket enthält genau zwei Dateien: {MANIFEST} und {ENTRIES}")
    for member in members:
        kind = stat.S_IFMT(member.external_attr >> 16)
        if member.flag_bits & 0x41:
            raise _broken("Das Paket ist verschlüsselt")
        if kind not in (0, stat.S_IFREG) or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise _broken(f"{member.filename} ist keine gewöhnliche Datei")
        if member.file_size > LARGEST[member.filename]:
            raise _broken(f"{member.filename} ist zu groß")
        if member.file_size > max(_LARGE, DENSEST * member.compress_size):
            raise _broken(f"{member.filename} ist verdächtig dicht gepackt")


def _content(archive: ZipFile, member: ZipInfo) -> bytes:
    limit = LARGEST[member.filename]
    with archive.open(member) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise _broken(f"{member.filename} ist zu groß")
    return content


def _manifest(data: bytes) -> Manifest:
    values = _object(data)
    version = values.get("version")
    if values.get("format") != "lotsenfunk-package":
        raise _broken("Das ist kein Paket von Lotsenfunk")
    if isinstance(version, int) and version > VERSION:
        raise _broken("Das Paket ist für eine neuere Fassung von Lotsenfunk. Bitte erst Lotsenfunk aktualisieren")
    checksum = values.pop("checksum", None)
    try:
        manifest = Manifest.model_validate_json(json.dumps(values))
    except (ValidationError, ValueError) as error:
        names = sorted({str(each["loc"][0]) for each in error.errors()}) if isinstance(error, ValidationError) else []
        raise _broken(f"In {MANIFEST} fehlt etwas oder ist falsch: {', '.join(names)[:200]}") from None
    if manifest.checksum != checksum:
        raise _broken("Die Prüfsumme stimmt nicht: Herkunft oder Lizenz wurden verändert")
    return manifest


def _object(data: bytes) -> dict[str, object]:
    try:
        values = json.loads(data.decode())
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise _broken(f"{MANIFEST} ist nicht lesbar")
    return values


def _arrived(entry: ImportedEntry, manifest: Manifest) -> ImportedEntry:
    """Return the entry as it comes into this house: to be looked at first, and with its origin."""
    sources = list(dict.fromkeys([*entry.content.sources, manifest.attribution]))
    content = entry.content.model_copy(update={"state": State.IN_REVIEW, "sources": sources})
    return replace(entry, content=content, given=entry.given | {"state", "sources"})
