"""The commands that bring knowledge in and out: `lotsenfunk import` and `lotsenfunk export`."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bot.app import opened
from bot.clock import Clock
from bot.settings import Settings, load_settings
from bot.terminal import Config, Failed, confirmed, progress, tell
from knowledge import adoption, entries, exporting, importing, packages
from knowledge.adoption import Adoption, Handling
from knowledge.embedding import load
from knowledge.importing import Preview
from storage.models.knowledge import EntryContent

cli = typer.Typer()

Compare = Callable[[Mapping[str, EntryContent]], Preview | Adoption]
"""Tells what an import would change in what is there."""


@cli.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Datei: .csv, .xlsx, .jsonl oder .md, oder ein Paket: .zip")],
    yes: Annotated[bool, typer.Option("--yes", help="Ohne Rückfrage übernehmen.")] = False,
    allow_empty_answers: Annotated[
        bool, typer.Option("--allow-empty-answers", help="Auch Einträge ohne Antwort übernehmen (für Messreihen).")
    ] = False,
    take_theirs: Annotated[
        bool, typer.Option("--take-theirs", help="Paket: Bei einem Konflikt unsere Fassung ersetzen.")
    ] = False,
    keep_both: Annotated[
        bool, typer.Option("--keep-both", help="Paket: Bei einem Konflikt beide Fassungen behalten.")
    ] = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="Paket: Die Antworten gleich freigeben; sonst sind sie „in Prüfung“.")
    ] = False,
    config: Config = None,
) -> None:
    """Wissen aus einer Datei übernehmen: erst die Vorschau, dann die Rückfrage.

    Antworten aus dem Paket eines anderen Hauses sind hier noch nicht freigegeben. Der Bot zeigt sie erst danach. Was
    hier anders steht als im Paket, ist ein Konflikt. Ohne Angabe bleibt es, wie es hier steht.
    """
    if file.suffix.lower() == packages.SUFFIX:
        if allow_empty_answers:
            raise typer.BadParameter("--allow-empty-answers gilt nicht für Pakete.")
        compare = _of_package(file, _handling(take_theirs, keep_both), approve)
    elif take_theirs or keep_both or approve:
        raise typer.BadParameter("--take-theirs, --keep-both und --approve gelten nur für Pakete (.zip).")
    else:
        compare = _of_file(file, allow_empty_answers)
    asyncio.run(_import(load_settings(config), file, compare, yes))


@cli.command()
def export(
    file: Annotated[Path, typer.Argument(help="Datei: .csv, .xlsx, .jsonl oder .md, mit --package: .zip")],
    package: Annotated[
        bool, typer.Option("--package", help="Freigegebene Antworten als Paket für andere Häuser schreiben.")
    ] = False,
    licence: Annotated[
        str, typer.Option("--licence", help="Paket: Lizenz der Antworten, etwa dl-de/by-2-0 oder CC-BY-4.0.")
    ] = "",
    origin: Annotated[
        str, typer.Option("--origin", help="Paket: Name des Hauses (sonst die Einstellung community.organization).")
    ] = "",
    with_organization: Annotated[
        bool,
        typer.Option("--with-organization", help="Paket: Auch Antworten nur für das eigene Haus."),
    ] = False,
    with_owners: Annotated[
        bool, typer.Option("--with-owners", help="Paket: Mit den Namen der Verantwortlichen.")
    ] = False,
    with_phrasings: Annotated[bool, typer.Option("--with-phrasings", help="Paket: Mit „Auch gefragt als“.")] = False,
    with_variants: Annotated[
        bool, typer.Option("--with-variants", help="Paket: Mit den Abweichungen einzelner Ämter.")
    ] = False,
    config: Config = None,
) -> None:
    """Das ganze Wissen in eine Datei schreiben, oder ein Paket für andere Häuser.

    In ein Paket kommen freigegebene Antworten für den Verbund und die Öffentlichkeit. Antworten nur für Lots:innen
    kommen nie hinein, und von anderen Häusern übernommene auch nicht.
    """
    settings = load_settings(config)
    fields = dict(zip(packages.PERSONAL, (with_owners, with_phrasings, with_variants), strict=True))
    if package:
        origin = origin or settings.community.organization
        wanted = _Wanted(origin, licence, with_organization, tuple(name for name, wish in fields.items() if wish))
        asyncio.run(_export_package(settings, file, wanted))
    elif licence or origin or with_organization or any(fields.values()):
        raise typer.BadParameter("Diese Angaben gelten nur zusammen mit --package.")
    elif file.suffix.lower() == packages.SUFFIX:
        raise typer.BadParameter("Für ein Paket bitte auch --package angeben.")
    else:
        asyncio.run(_export(settings, file))


@dataclass(frozen=True)
class _Wanted:
    """What shall be packed."""

    origin: str
    licence: str
    with_organization: bool
    fields: tuple[str, ...]


def _handling(take_theirs: bool, keep_both: bool) -> Handling:
    if take_theirs and keep_both:
        raise typer.BadParameter("--take-theirs und --keep-both schließen einander aus.")
    if take_theirs:
        return Handling.TAKE_THEIRS
    return Handling.KEEP_BOTH if keep_both else Handling.KEEP_OURS


def _of_file(file: Path, allow_empty_answers: bool) -> Compare:
    try:
        imported = importing.read(file, allow_empty_answers=allow_empty_answers)
    except importing.BrokenFile as broken:
        raise _refused(file, broken) from None
    return lambda existing: importing.compare(imported, existing)


def _of_package(file: Path, handling: Handling, is_approved: bool) -> Compare:
    try:
        package = packages.read(file)
    except importing.BrokenFile as broken:
        raise _refused(file, broken) from None
    return lambda existing: adoption.adopt(package, existing, handling, is_approved=is_approved)


def _refused(file: Path, broken: importing.BrokenFile) -> Failed:
    return Failed("\n".join([f"{file} ist nicht in Ordnung. Nichts wurde geändert.", *broken.lines()]))


async def _import(settings: Settings, file: Path, compare: Compare, yes: bool) -> None:
    async with opened(settings) as database:
        async with database.reading() as uow:
            before = await uow.knowledge.contents()
        preview = compare(before)
        tell("\n".join(preview.lines()))
        if preview.is_empty:
            return
        if not yes and not confirmed("Übernehmen? [j/n] "):
            raise Failed("Nichts geändert.")
        embedder = await asyncio.to_thread(load, settings.model)
        async with database.reading() as uow:
            now = await uow.knowledge.contents()
        if compare(now) != preview or any(now.get(name) != before.get(name) for name, _ in preview.items):
            raise Failed("Das Wissen hat sich seit der Vorschau geändert. Nichts übernommen, bitte noch einmal.")
        with progress(len(preview.items)) as advance:
            await entries.save(database, embedder, preview.items, f"import {file.name}", Clock().now(), advance)


async def _export(settings: Settings, file: Path) -> None:
    contents = await _contents(settings)
    try:
        exporting.write(sorted(contents.items()), file)
    except (OSError, exporting.NotExportable) as error:
        raise Failed(f"{file} lässt sich nicht schreiben: {error}") from None
    tell(f"{len(contents)} Einträge in {file}.")


async def _export_package(settings: Settings, file: Path, wanted: _Wanted) -> None:
    _check(file, wanted)
    selection = packages.select(await _contents(settings), with_organization=wanted.with_organization)
    stayed = [f"  {count} {reason}" for reason, count in sorted(selection.left_out.items())]
    if not selection.entries:
        raise Failed("\n".join(["Für ein Paket ist keine Antwort da. Nicht gepackt:", *stayed]))
    today = Clock().now().date()
    try:
        manifest, packed = packages.pack(selection.entries, wanted.origin, wanted.licence, today, fields=wanted.fields)
        with exporting.replacing(file) as out:
            out.write(packed)
    except (OSError, exporting.NotExportable) as error:
        raise Failed(f"{file} lässt sich nicht schreiben: {error}") from None
    answers = "1 Antwort" if manifest.entries == 1 else f"{manifest.entries} Antworten"
    tell(f"{answers} in {file}, Prüfsumme {manifest.short_checksum}.")
    if stayed:
        tell("\n".join(["Nicht gepackt:", *stayed]))


def _check(file: Path, wanted: _Wanted) -> None:
    if file.suffix.lower() != packages.SUFFIX:
        raise typer.BadParameter(f"Ein Paket braucht die Endung {packages.SUFFIX}, etwa antworten.zip.")
    if not wanted.licence.strip():
        raise typer.BadParameter("Ein Paket braucht eine Lizenz, etwa --licence dl-de/by-2-0 oder CC-BY-4.0.")
    if not wanted.origin.strip():
        raise Failed(
            "Ein Paket nennt das Haus, aus dem es kommt. Bitte community.organization einstellen oder --origin angeben."
        )


async def _contents(settings: Settings) -> Mapping[str, EntryContent]:
    async with opened(settings) as database, database.reading() as uow:
        return await uow.knowledge.contents()
