"""Cells and comparisons of a study as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from vermeil.data.atomic import atomic_file
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.statistics import ComparisonRow
from vermeil.studies.statistics.unfinished import cell_state

Value = str | int | float | None

COMPARISON_COLUMNS = (
    "budget",
    "gold_documents",
    "silver_documents",
    "family",
    "regimen",
    "baseline",
    "difference",
    "low",
    "high",
    "p_value",
    "p_holm",
    "p_randomisation",
    "p_randomisation_holm",
    "epsilon_min",
    "groups",
    "verdict",
)


def write_cells(cells: Sequence[CellResult], path: Path) -> None:
    """Write one line per cell: inputs, scores overall and by type, and training time."""
    _write([_cell(cell) for cell in cells], path)


def write_comparisons(comparisons: Sequence[ComparisonRow], path: Path) -> None:
    """Write one line per comparison; differences are in F1, not in points."""
    _write([{name: getattr(row, name) for name in COMPARISON_COLUMNS} for row in comparisons], path)


def _cell(cell: CellResult) -> dict[str, Value]:
    names = ("regimen", "seed", "budget", "gold_documents", "silver_documents", "steps")
    line: dict[str, Value] = {
        name: getattr(cell, name) for name in (*names, "wordpieces", "seconds", "key")
    }
    for split in ("dev", "test"):
        scores = cell.score(split)
        if scores is None:
            continue
        line[f"{split}_precision"] = scores.overall.precision
        line[f"{split}_recall"] = scores.overall.recall
        line[f"{split}_f1"] = scores.overall.f1
        line |= {f"{split}_f1_{label}": one.f1 for label, one in scores.per_label.items()}
    learned = cell_state(cell)
    line["finished_learning"] = "yes" if learned.finished else "no"
    return line


def _write(lines: Sequence[Mapping[str, Value]], path: Path) -> None:
    names: Iterable[str] = dict.fromkeys(name for line in lines for name in line)
    with atomic_file(path) as file:
        writer = csv.DictWriter(file, [*names], lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
