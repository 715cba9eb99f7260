"""Cells and comparisons of a study as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vermeil.data.atomic import atomic_file

Row = Mapping[str, Any]

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


def write_cells(cells: Sequence[Row], path: Path) -> None:
    """Write one line per cell: inputs, scores overall and by type, and training time."""
    _write([_cell(cell) for cell in cells], path)


def write_comparisons(comparisons: Sequence[Row], path: Path) -> None:
    """Write one line per comparison; differences are in F1, not in points."""
    _write([{name: row.get(name) for name in COMPARISON_COLUMNS} for row in comparisons], path)


def _cell(cell: Row) -> dict[str, Any]:
    names = ("regimen", "seed", "budget", "gold_documents", "silver_documents", "steps")
    line = {name: cell[name] for name in (*names, "wordpieces", "seconds", "key")}
    for split in ("dev", "test"):
        counts = cell.get(split)
        if counts:
            line |= {f"{split}_{name}": counts["overall"][name] for name in ("precision", "recall")}
            line[f"{split}_f1"] = counts["overall"]["f1"]
            per_label = counts["per_label"].items()
            line |= {f"{split}_f1_{label}": score["f1"] for label, score in per_label}
    return line


def _write(lines: Sequence[Row], path: Path) -> None:
    names: Iterable[str] = dict.fromkeys(name for line in lines for name in line)
    with atomic_file(path) as file:
        writer = csv.DictWriter(file, [*names], lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
