"""Curves, areas under the curve and paired comparisons of the cells of `simulate.py`.

Every strategy is compared with `draw`, by resampling groups of test and seeds together:

- the area under the curve: mean F1 over the sizes (trapezoid rule),
- F1 with 60 % of the documents minus F1 of `draw` with all of them.

Goal: on at least two settings, the lower end of the second difference is at least −1.0 F1, and the
first difference is significant after Holm's correction over the strategies.

    python benchmarks/rank/tabulate.py cells
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.evaluation.bootstrap import resampled_f1
from vermeil.evaluation.correction import holm

SHARE, TOLERANCE = 0.6, -1.0
"""Share of the documents, and the lowest acceptable difference in F1 points."""
BASELINE = "draw"


def read_cells(folder: Path) -> dict[str, dict[tuple[str, int, int], dict[str, Any]]]:
    """Return the cells of each setting, by strategy, seed and size."""
    found: dict[str, dict[tuple[str, int, int], dict[str, Any]]] = defaultdict(dict)
    for path in sorted(folder.glob("*.json")):
        cell = json.loads(path.read_text())
        found[cell["setting"]][cell["strategy"], cell["seed"], cell["size"]] = cell
    return found


def area(values: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area under curves, divided by the range of the sizes.

    Args:
        values: F1, shape (…, sizes).
        sizes: numbers of documents, ascending.
    """
    widths = np.diff(sizes)
    means = (values[..., 1:] + values[..., :-1]) / 2
    result: NDArray[np.float64] = (means * widths).sum(axis=-1) / widths.sum()
    return result


def interval(drawn: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the 95 % interval of resampled differences, and their two-sided p-value."""
    low, high = np.quantile(drawn, (0.025, 0.975))
    fewer = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return float(low), float(high), min(1.0, 2 * (1 + fewer) / (len(drawn) + 1))


def tabulate(
    name: str, cells: dict[tuple[str, int, int], dict[str, Any]], resamples: int
) -> dict[str, Any]:
    """Print the tables of a setting, and return its comparisons.

    Only seeds with all sizes of all strategies are used.
    """
    strategies = list(dict.fromkeys(key[0] for key in cells))
    sizes = sorted({key[2] for key in cells})
    seeds = [
        seed
        for seed in sorted({key[1] for key in cells})
        if all((strategy, seed, size) in cells for strategy in strategies for size in sizes)
    ]
    if not seeds or BASELINE not in strategies or len(sizes) < 2:
        print(f"{name}: no seed has all sizes of all strategies")
        return {}
    if len({len(cell["counts"]) for cell in cells.values()}) > 1:
        raise SystemExit(f"{name}: the cells have different test documents; use one folder per run")
    shape = (len(strategies), len(sizes))
    counts = np.array(
        [
            [cells[strategy, seed, size]["counts"] for seed in seeds]
            for strategy in strategies
            for size in sizes
        ],
        np.int64,
    )
    drawn = resampled_f1(counts, resamples, 0).reshape(-1, *shape) * 100
    means = np.array(
        [
            [np.mean([cells[strategy, seed, size]["f1"] for seed in seeds]) for size in sizes]
            for strategy in strategies
        ]
    )
    means *= 100
    grid = np.array(sizes, np.float64)
    base = strategies.index(BASELINE)
    part = int(np.abs(grid - SHARE * grid[-1]).argmin())
    print(f"\n{name}, {len(seeds)} seeds: F1 by number of documents")
    print(f"{'':16}", *(f"{size:>7}" for size in sizes), "   area")
    others = [number for number in range(len(strategies)) if number != base]
    gains = {n: area(drawn[:, n], grid) - area(drawn[:, base], grid) for n in others}
    adjusted = dict(zip(others, holm([interval(gains[n])[2] for n in others]), strict=True))
    report = {}
    for number, strategy in enumerate(strategies):
        row = " ".join(f"{value:7.2f}" for value in means[number])
        print(f"{strategy:16} {row} {area(means[number], grid):7.2f}")
    print(f"against {BASELINE}: area; F1 with {sizes[part]} minus {BASELINE} with {sizes[-1]}")
    for number in others:
        gain = float(area(means[number], grid) - area(means[base], grid))
        low, high, _ = interval(gains[number])
        saved = float(means[number, part] - means[base, -1])
        saved_low, saved_high, _ = interval(drawn[:, number, part] - drawn[:, base, -1])
        met = gain > 0 and adjusted[number] < 0.05 and saved_low >= TOLERANCE
        report[strategies[number]] = {
            "area": [gain, low, high, float(adjusted[number])],
            "saved": [saved, saved_low, saved_high],
            "met": met,
        }
        print(
            f"{strategies[number]:16} {gain:+.2f} [{low:+.2f}, {high:+.2f}] "
            f"p = {adjusted[number]:.3f}; {saved:+.2f} [{saved_low:+.2f}, {saved_high:+.2f}]"
            f"{'  goal met' if met else ''}"
        )
    return report


def main() -> None:
    """Print all settings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cells", type=Path, help="folder of the cells")
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--json", type=Path, help="file for all comparisons")
    options = parser.parse_args()
    reports = {
        name: tabulate(name, cells, options.resamples)
        for name, cells in read_cells(options.cells).items()
    }
    strategies = {strategy for report in reports.values() for strategy in report}
    for strategy in sorted(strategies):
        settings = sum(report.get(strategy, {}).get("met", False) for report in reports.values())
        result = {
            "name": f"rank {strategy}, settings with the goal met",
            "ours": settings,
            "peer": None,
            "unit": "settings",
            "ratio": None,
            "goal": 2,
            "met": settings >= 2,
        }
        print("RESULT", json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(reports, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
