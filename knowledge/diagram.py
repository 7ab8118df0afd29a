"""The reliability diagram: how often an answer was right, against how probable the bot thought it was."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from knowledge.calibration import BINS, Bin
from knowledge.exporting import replacing

SUFFIXES = (".svg", ".png")


class NoDiagram(Exception):
    """A diagram cannot be drawn into this file; the message is German and says why."""


def check(path: Path) -> None:
    """Raise NoDiagram if `path` has a wrong suffix or no folder to be in."""
    if path.suffix.lower() not in SUFFIXES:
        known = " oder ".join(SUFFIXES)
        raise NoDiagram(f"Das Diagramm braucht einen Dateinamen mit der Endung {known}, nicht „{path.name}“.")
    if not path.absolute().parent.is_dir():
        raise NoDiagram(f"Den Ordner für das Diagramm gibt es nicht: {path.absolute().parent}")


def write(bins: Sequence[Bin], path: Path) -> None:
    """Draw the bins as SVG or PNG, the suffix decides; equal bins give equal bytes. Raises NoDiagram or OSError."""
    check(path)
    with replacing(path) as file:
        _draw(bins, file, path.suffix.lower().removeprefix("."))


def _draw(bins: Sequence[Bin], file: IO[bytes], kind: str) -> None:
    import matplotlib  # half a second that only this function needs
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    percent = PercentFormatter(1, decimals=0, symbol=" %")
    # Without salt and date an SVG differs from run to run.
    with matplotlib.rc_context({"svg.hashsalt": "lotsenfunk", "svg.fonttype": "none"}):
        figure = Figure(figsize=(6, 7), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _draw_reliability(above, bins)
        _draw_counts(below, bins)
        above.xaxis.set_major_formatter(percent)
        above.yaxis.set_major_formatter(percent)
        figure.savefig(file, format=kind, dpi=150, metadata={"Date": None} if kind == "svg" else None)


def _draw_reliability(axes: Any, bins: Sequence[Bin]) -> None:
    axes.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=1, label="ideal: so oft richtig wie angegeben")
    probabilities, right = [each.probability for each in bins], [each.right for each in bins]
    axes.plot(probabilities, right, color="black", marker="o", linewidth=1.5, label="gemessen")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="Anteil der richtigen Treffer")
    axes.set_title("Wie gut die angegebene Wahrscheinlichkeit stimmt")
    axes.grid(color="0.85")
    axes.legend(loc="lower right")


def _draw_counts(axes: Any, bins: Sequence[Bin]) -> None:
    starts, counts = [each.low for each in bins], [each.count for each in bins]
    bars = axes.bar(starts, counts, 1 / BINS, align="edge", color="0.8", edgecolor="black", hatch="//")
    axes.bar_label(bars, padding=2)
    axes.margins(y=0.25)
    axes.set(xlabel="Angegebene Wahrscheinlichkeit des ersten Treffers", ylabel="Fragen")
