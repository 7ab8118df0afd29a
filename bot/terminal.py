"""What commands have in common: talk on standard error, a progress bar, a question, and a clear end when they fail."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

screen = Screen(stderr=True, highlight=False, soft_wrap=True)

Config = Annotated[Path | None, typer.Option("--config", help="Einstellungsdatei (sonst lotsenfunk.toml).")]


class Failed(Exception):
    """A command could not do its work; the text says why and what to do."""


def tell(text: str) -> None:
    """Say something on standard error."""
    screen.print(text, markup=False)


def confirmed(question: str) -> bool:
    """Ask on standard error and read a yes or something else. Raises Failed if nobody is there."""
    screen.print(question, end="", markup=False)
    answer = sys.stdin.readline()
    if not answer:
        raise Failed("Niemand hat geantwortet. Nichts geändert. Ohne Rückfrage übernehmen: --yes")
    return answer.strip().casefold() in ("j", "ja", "y", "yes")


@contextmanager
def progress(total: int, what: str = "Einträge") -> Iterator[Callable[[int], None]]:
    """A bar on standard error up to `total`; gives the function that moves it on."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen) as bar:
        task = bar.add_task("", total=total)
        yield lambda count: bar.advance(task, count)
