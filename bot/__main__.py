"""The command line: `lotsenfunk`, also `python -m bot`. Data goes to standard output, talk to standard error."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot import doctor, matrix_commands, teams_commands
from bot.app import opened, searching
from bot.app import serve as serve_platforms
from bot.clock import Clock
from bot.demo.run import run_demo
from bot.errors import SettingsError
from bot.logs import configure_logs
from bot.settings import Settings, load_settings
from knowledge import entries, exporting, importing
from knowledge.embedding import load
from knowledge.search import Findings
from storage.errors import StoreUnavailable

cli = typer.Typer(
    help="Lotsenfunk: der Chatbot für Lots:innen in der Verwaltung.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(matrix_commands.cli, name="matrix")
cli.add_typer(teams_commands.cli, name="teams")
screen = Screen(stderr=True, highlight=False, soft_wrap=True)

Config = Annotated[Path | None, typer.Option("--config", help="Einstellungsdatei (sonst lotsenfunk.toml).")]


class Failed(Exception):
    """A command could not do its work; the text says why and what to do."""


def main() -> None:
    """Run the command line; exit code 0, 1 (failed) or 2 (wrong use)."""
    try:
        cli()
    except (Failed, SettingsError) as error:
        screen.print(str(error), markup=False)
        sys.exit(1)
    except StoreUnavailable as error:
        screen.print(f"Die Datenbank antwortet nicht ({error}). Prüfen mit: lotsenfunk doctor", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@cli.command()
def demo() -> None:
    """Mit einer erfundenen Verwaltung im Terminal sprechen."""
    configure_logs("warning")
    asyncio.run(run_demo(_progress))


@cli.command()
def serve(config: Config = None) -> None:
    """Den Bot in den eingestellten Räumen betreiben."""
    settings = load_settings(config)
    configure_logs(settings.log_level)
    asyncio.run(serve_platforms(settings))


@cli.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Datei: .csv, .xlsx, .jsonl oder .md")],
    yes: Annotated[bool, typer.Option("--yes", help="Ohne Rückfrage übernehmen.")] = False,
    allow_empty_answers: Annotated[
        bool, typer.Option("--allow-empty-answers", help="Auch Einträge ohne Antwort übernehmen (für Messreihen).")
    ] = False,
    config: Config = None,
) -> None:
    """Wissen aus einer Datei übernehmen: erst die Vorschau, dann die Rückfrage."""
    asyncio.run(_import(load_settings(config), file, yes, allow_empty_answers))


@cli.command()
def export(
    file: Annotated[Path, typer.Argument(help="Datei: .csv, .xlsx, .jsonl oder .md")], config: Config = None
) -> None:
    """Das ganze Wissen in eine Datei schreiben."""
    asyncio.run(_export(load_settings(config), file))


@cli.command()
def search(
    question: Annotated[str, typer.Argument(help="Die Frage; ohne sie eine je Zeile von der Standardeingabe.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Ein JSON-Objekt je Frage ausgeben.")] = False,
    config: Config = None,
) -> None:
    """Im Wissen suchen, wie es der Bot tut."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    questions = [question] if question else (line.rstrip("\r\n") for line in sys.stdin)
    asyncio.run(_search(load_settings(config), questions, as_json))


@cli.command("doctor")
def doctor_(config: Config = None) -> None:
    """Prüfen, ob alles bereit ist, und sagen, was fehlt."""
    configure_logs("error")
    if not asyncio.run(_examine(config)):
        sys.exit(1)


async def _examine(config: Path | None) -> bool:
    is_well = True
    async for finding in doctor.examine(config):
        is_well = is_well and finding.is_well
        screen.print(f"{'gut   ' if finding.is_well else 'FEHLER'}  {finding.part}: {finding.text}", markup=False)
    return is_well


async def _import(settings: Settings, file: Path, yes: bool, allow_empty_answers: bool) -> None:
    imported = _read(file, allow_empty_answers)
    async with opened(settings) as database:
        async with database.reading() as uow:
            preview = importing.compare(imported, await uow.knowledge.contents())
        screen.print("\n".join(preview.lines()), markup=False)
        if preview.is_empty:
            return
        if not yes and not _confirmed("Übernehmen? [j/n] "):
            raise Failed("Nichts geändert.")
        embedder = await asyncio.to_thread(load, settings.model)
        with _progress(len(preview.items)) as advance:
            await entries.save(database, embedder, preview.items, f"import {file.name}", Clock().now(), advance)


def _confirmed(question: str) -> bool:
    screen.print(question, end="", markup=False)
    answer = sys.stdin.readline()
    if not answer:
        raise Failed("Niemand hat geantwortet. Nichts geändert. Ohne Rückfrage übernehmen: --yes")
    return answer.strip().casefold() in ("j", "ja", "y", "yes")


def _read(file: Path, allow_empty_answers: bool) -> list[importing.ImportedEntry]:
    try:
        return importing.read(file, allow_empty_answers=allow_empty_answers)
    except importing.BrokenFile as broken:
        raise Failed("\n".join([f"{file} ist nicht in Ordnung. Nichts wurde geändert.", *broken.lines()])) from None


async def _export(settings: Settings, file: Path) -> None:
    async with opened(settings) as database:
        async with database.reading() as uow:
            contents = await uow.knowledge.contents()
        try:
            exporting.write(sorted(contents.items()), file)
        except (OSError, exporting.NotExportable) as error:
            raise Failed(f"{file} lässt sich nicht schreiben: {error}") from None
    screen.print(f"{len(contents)} Einträge in {file}.", markup=False)


async def _search(settings: Settings, questions: Iterable[str], as_json: bool) -> None:
    async with opened(settings) as database:
        search = await searching(database, await asyncio.to_thread(load, settings.model))
        for question in questions:
            findings = await search.find(question, None)
            async with database.reading() as uow:
                found = await uow.knowledge.get([hit.entry_id for hit in findings.hits])
            wordings = {entry.id: entry.question for entry in found}
            typer.echo((_as_json if as_json else _as_text)(question, findings, wordings))
            sys.stdout.flush()


def _as_json(question: str, findings: Findings, wordings: Mapping[str, str]) -> str:
    results = [
        {"id": hit.entry_id, "question": wordings.get(hit.entry_id, ""), "score": round(hit.score, 4)}
        for hit in findings.hits
    ]
    line = {"query": question, "decision": findings.decision.value, "results": results}
    return json.dumps(line, ensure_ascii=False)


def _as_text(question: str, findings: Findings, wordings: Mapping[str, str]) -> str:
    decision = {"answer": "Antwort", "choose": "zur Auswahl", "unknown": "weiß ich nicht"}[findings.decision.value]
    hits = (f"  {hit.score:.2f}  {hit.entry_id}  {wordings.get(hit.entry_id, '')}" for hit in findings.hits)
    return "\n".join([f"{question}: {decision}", *hits])


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error for `total` entries; gives the function that moves it on."""
    columns = (TextColumn("Einträge"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen) as bar:
        task = bar.add_task("", total=total)
        yield lambda count: bar.advance(task, count)


if __name__ == "__main__":
    main()
