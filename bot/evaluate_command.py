"""The command `lotsenfunk evaluate`: how well the bot answers the questions of a file, for people and for programs."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.settings import load_settings
from bot.terminal import Config, Failed, progress, tell
from knowledge import diagram, importing, queries
from knowledge.embedding import load
from knowledge.entries import text_of
from knowledge.evaluation import Evaluation, Query, run, steps
from knowledge.vectors import EntryText
from storage.models.knowledge import State

cli = typer.Typer()


@cli.command()
def evaluate(
    corpus: Annotated[Path, typer.Argument(help="Wissen: .csv, .xlsx, .jsonl oder .md, auch ohne Antworten.")],
    questions: Annotated[
        Path, typer.Argument(metavar="QUERIES", help='Fragen: je Zeile {"query": "…", "gold": ["id", …]}.')
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Ein JSON-Objekt ausgeben.")] = False,
    drawn: Annotated[
        Path | None, typer.Option("--diagram", metavar="FILE", help="Zuverlässigkeitsdiagramm: .svg oder .png")
    ] = None,
    config: Config = None,
) -> None:
    """Messen, wie gut der Bot Fragen beantwortet. Die Datenbank bleibt außen vor."""
    settings = load_settings(config)
    entries, asked = _read(corpus, questions, drawn)
    embedder = load(settings.model)
    with progress(steps(entries, asked), "Texte") as advance:
        found = run(embedder, entries, asked, advance, settings.community.wrong_answers)
    typer.echo(_as_json(found, embedder.name) if as_json else "\n".join(_as_text(found)))
    if drawn:
        _draw(found, drawn)


def _read(corpus: Path, questions: Path, drawn: Path | None) -> tuple[list[EntryText], list[Query]]:
    file = corpus
    try:
        if drawn:
            diagram.check(drawn)
        imported = importing.read(corpus, allow_empty_answers=True)
        entries = [text_of(e.id, e.content) for e in imported if e.content.state == State.APPROVED]
        if not entries:
            raise Failed(f"{corpus} enthält keinen freigegebenen Eintrag.")
        file = questions
        return entries, queries.read(questions, {entry.id for entry in entries})
    except importing.BrokenFile as broken:
        raise Failed("\n".join([f"{file} ist nicht in Ordnung.", *broken.lines(limit=10)])) from None
    except diagram.NoDiagram as error:
        raise Failed(str(error)) from None


def _draw(found: Evaluation, file: Path) -> None:
    try:
        diagram.write(found.reliability, file)
    except OSError as error:
        raise Failed(f"{file} lässt sich nicht schreiben: {error.strerror}") from None
    tell(f"Diagramm in {file}.")


def _as_json(found: Evaluation, model: str) -> str:
    return json.dumps({"model": model, **asdict(found)}, ensure_ascii=False)


def _as_text(found: Evaluation) -> Iterator[str]:
    yield f"{found.entries} Einträge, {found.questions} Fragen, davon {found.unanswerable} ohne passenden Eintrag"
    yield ""
    yield "Rangfolge, bei Fragen mit passendem Eintrag"
    yield _row("R@1", "an erster Stelle", found.recall_at_1)
    yield _row("R@5", "unter den ersten fünf", found.recall_at_5)
    yield _row("MRR@10", "mittlerer Kehrwert des Rangs", found.mrr_at_10)
    yield ""
    yield "Entscheidung"
    yield _row("Antwort", "von allen Fragen", found.answer)
    yield _row("", "von Fragen mit passendem Eintrag", found.coverage)
    yield _row("Auswahl", "von allen Fragen", found.choose)
    yield _row("", "davon mit dem passenden Eintrag", found.choice_has_it)
    yield _row("Weiß nicht", "von allen Fragen", found.unknown)
    yield ""
    yield "Falsche Antworten"
    yield _row("Falsch", "von allen gegebenen Antworten", found.wrong_of_answers)
    yield _row("", "von Fragen mit passendem Eintrag", found.wrong_of_answerable)
    yield _row("", "von Fragen ohne passenden Eintrag", found.wrong_of_unanswerable)
    yield ""
    yield _row("ECE", "Fehler der genannten Wahrscheinlichkeit", found.expected_calibration_error)


def _row(name: str, meaning: str, share: float | None) -> str:
    shown = "–" if share is None else f"{100 * share:.1f} %".replace(".", ",")
    return f"  {name:12}{meaning:40}{shown:>8}"
