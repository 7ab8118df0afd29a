"""The command line: `lotsenfunk`, also `python -m bot`. Data goes to standard output, talk to standard error."""

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from bot import doctor, evaluate_command, knowledge_commands, matrix_commands, person_commands, teams_commands
from bot.app import opened, searching
from bot.app import serve as serve_platforms
from bot.demo.run import run_demo
from bot.errors import SettingsError
from bot.logs import configure_logs
from bot.settings import Settings, load_settings
from bot.terminal import Config, Failed, progress, tell
from knowledge.embedding import load
from knowledge.search import Findings
from storage.errors import StoreUnavailable

cli = typer.Typer(
    help="Lotsenfunk: der Chatbot für Lots:innen in der Verwaltung.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(knowledge_commands.cli)
cli.add_typer(evaluate_command.cli)
cli.add_typer(matrix_commands.cli, name="matrix")
cli.add_typer(person_commands.cli, name="person")
cli.add_typer(teams_commands.cli, name="teams")


def main() -> None:
    """Run the command line; exit code 0, 1 (failed) or 2 (wrong use)."""
    try:
        cli()
    except (Failed, SettingsError) as error:
        tell(str(error))
        sys.exit(1)
    except StoreUnavailable as error:
        tell(f"Die Datenbank antwortet nicht ({error}). Prüfen mit: lotsenfunk doctor")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@cli.command()
def demo() -> None:
    """Mit einer erfundenen Verwaltung im Terminal sprechen."""
    configure_logs("warning")
    asyncio.run(run_demo(progress))


@cli.command()
def serve(config: Config = None) -> None:
    """Den Bot in den eingestellten Räumen betreiben."""
    settings = load_settings(config)
    configure_logs(settings.log_level)
    asyncio.run(serve_platforms(settings))


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
        tell(f"{'gut   ' if finding.is_well else 'FEHLER'}  {finding.part}: {finding.text}")
    return is_well


async def _search(settings: Settings, questions: Iterable[str], as_json: bool) -> None:
    async with opened(settings) as database:
        embedder = await asyncio.to_thread(load, settings.model)
        search = await searching(database, embedder, settings.community.wrong_answers)
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


if __name__ == "__main__":
    main()
