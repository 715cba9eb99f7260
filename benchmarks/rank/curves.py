"""Curves, areas under the curve and paired comparisons of the cells of `simulate.py`.

Every strategy is compared with `draw`, by resampling groups of test and seeds together:

- the area under the curve: mean F1 over the sizes (trapezoid rule),
- F1 with 60 % of the documents minus F1 of `draw` with all of them.

Goal: on at least two settings, the lower end of the second difference is at least −1.0 F1, and the
first difference is significant after Holm's correction over the strategies.

    python benchmarks/rank/curves.py cells --pack docs/results/selection/cells.jsonl.gz
    python benchmarks/rank/curves.py docs/results/selection/cells.jsonl.gz \\
        --write docs/results/selection.md
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.tables import p_text, write_between

from vermeil.evaluation.bootstrap import resampled_f1
from vermeil.evaluation.correction import holm
from vermeil.selection.ranking.config import SECONDS_PER_DOCUMENT, SECONDS_PER_WORD
from vermeil.studies.format import f1, points

SHARE, TOLERANCE = 0.6, -0.01
"""Share of the documents, and the lowest acceptable difference in F1."""
BASELINE = "draw"
BEGIN, END = "<!-- tables: written by curves.py -->", "<!-- end of tables -->"

Cells = dict[tuple[str, int, int], dict[str, Any]]
"""Strategy, seed and size to the cell."""


@dataclass(frozen=True, slots=True)
class Curves:
    """F1 of every strategy at every size.

    Args:
        strategies: names; the baseline is one of them.
        sizes: numbers of documents, ascending: shape (sizes,).
        seeds: seeds for which all cells exist.
        means: means over the seeds, shape (strategies, sizes).
        drawn: resampled means, shape (resamples, strategies, sizes).
        minutes: time of a person for the documents of the largest size, shape (strategies,).
    """

    strategies: Sequence[str]
    sizes: NDArray[np.float64]
    seeds: Sequence[int]
    means: NDArray[np.float64]
    drawn: NDArray[np.float64]
    minutes: NDArray[np.float64]

    @property
    def part(self) -> int:
        """Place of the size that is `SHARE` of the largest one."""
        return int(np.abs(self.sizes - SHARE * self.sizes[-1]).argmin())


@dataclass(frozen=True, slots=True)
class Gain:
    """Comparison of a strategy with the baseline.

    Args:
        strategy: the strategy.
        area: difference of the areas, with its 95 % interval.
        p: Holm-corrected p-value of that difference.
        saved: F1 with a share of the documents minus F1 of the baseline with all, with interval.
    """

    strategy: str
    area: tuple[float, float, float]
    p: float
    saved: tuple[float, float, float]

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.area[0] > 0 and self.p < 0.05 and self.saved[1] >= TOLERANCE


def read_cells(path: Path) -> dict[str, Cells]:
    """Return the cells of each setting, from the folder of `simulate.py` or a packed file."""
    if path.is_dir():
        texts = [one.read_text("utf-8") for one in sorted(path.glob("*.json"))]
    else:
        texts = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    found: dict[str, Cells] = defaultdict(dict)
    for cell in map(json.loads, texts):
        found[cell["setting"]][cell["strategy"], cell["seed"], cell["size"]] = cell
    return found


def pack_cells(settings: dict[str, Cells], path: Path) -> None:
    """Write the cells to one file, without the ids of the chosen documents."""
    cells = [cell for own in settings.values() for cell in own.values()]
    kept = [{name: cell[name] for name in cell if name != "next"} for cell in cells]
    lines = "".join(f"{json.dumps(cell, separators=(',', ':'))}\n" for cell in kept)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(lines.encode(), 9, mtime=0))


def curves_of(cells: Cells, resamples: int) -> Curves | None:
    """Return the curves over the seeds with all sizes of all strategies; none without a seed."""
    strategies = sorted({key[0] for key in cells}, key=lambda name: (name != BASELINE, name))
    sizes = sorted({key[2] for key in cells})
    seeds = [
        seed
        for seed in sorted({key[1] for key in cells})
        if all((strategy, seed, size) in cells for strategy in strategies for size in sizes)
    ]
    if not seeds or strategies[0] != BASELINE or len(sizes) < 2:
        return None
    if len({len(cell["counts"]) for cell in cells.values()}) > 1:
        raise SystemExit("the cells have different test documents; use one folder per run")
    grid = [[cells[name, seed, size] for seed in seeds] for name in strategies for size in sizes]
    counts = np.array([[cell["counts"] for cell in row] for row in grid], np.int64)
    shape = (len(strategies), len(sizes))
    means = np.array([[cell["f1"] for cell in row] for row in grid]).mean(axis=1).reshape(shape)
    largest = grid[len(sizes) - 1 :: len(sizes)]
    words = np.array([[cell["words"] for cell in row] for row in largest]).mean(axis=1)
    return Curves(
        strategies,
        np.array(sizes, np.float64),
        seeds,
        means,
        resampled_f1(counts, resamples, 0).reshape(-1, *shape),
        (words * SECONDS_PER_WORD + sizes[-1] * SECONDS_PER_DOCUMENT) / 60,
    )


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


def gains_of(curves: Curves) -> list[Gain]:
    """Return the comparisons of all strategies with the baseline, which is the first row."""
    means, drawn, sizes, part = curves.means, curves.drawn, curves.sizes, curves.part
    others = range(1, len(curves.strategies))
    areas = {n: interval(area(drawn[:, n], sizes) - area(drawn[:, 0], sizes)) for n in others}
    adjusted = dict(zip(others, holm([areas[n][2] for n in others]), strict=True))
    gains = []
    for number in others:
        low, high, _ = areas[number]
        gain = float(area(means[number], sizes) - area(means[0], sizes))
        saved = float(means[number, part] - means[0, -1])
        saved_low, saved_high, _ = interval(drawn[:, number, part] - drawn[:, 0, -1])
        gains.append(
            Gain(
                curves.strategies[number],
                (gain, low, high),
                adjusted[number],
                (saved, saved_low, saved_high),
            )
        )
    return gains


def table(name: str, curves: Curves, gains: Sequence[Gain]) -> Iterator[str]:
    """Yield the lines of the table of a setting."""
    sizes = [f"{size:,.0f}" for size in curves.sizes]
    yield f"### {name}: {len(curves.seeds)} seeds"
    yield ""
    yield (
        f"| strategy | F1 with {' | '.join(sizes)} | minutes | area − {BASELINE} [95 %] | p (Holm) "
        f"| F1 with {sizes[curves.part]} − {BASELINE} with {sizes[-1]} [95 %] |"
    )
    yield f"|---|{'---:|' * len(sizes)}---:|---|---:|---|"
    by_name = {gain.strategy: gain for gain in gains}
    for number, strategy in enumerate(curves.strategies):
        scores = " | ".join(map(f1, curves.means[number].tolist()))
        row = f"| `{strategy}` | {scores} | {curves.minutes[number]:.0f} |"
        gain = by_name.get(strategy)
        if gain is None:
            yield f"{row} | | |"
            continue
        p = p_text(gain.p)
        goal = " **(goal)**" if gain.met else ""
        yield f"{row} {_points(gain.area)} | {p} | {_points(gain.saved)}{goal} |"


def _points(values: tuple[float, float, float]) -> str:
    difference, low, high = (points(value, signed=True) for value in values)
    return f"{difference} [{low}, {high}]"


def main() -> None:
    """Print the tables of all settings, and count the settings that reach the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cells", type=Path, help="folder of the cells, or a packed file")
    parser.add_argument("--pack", type=Path, help="file to pack the cells into")
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--write", type=Path, help="page whose tables are replaced")
    options = parser.parse_args()
    lines: list[str] = []
    met: dict[str, int] = defaultdict(int)
    settings = read_cells(options.cells)
    if options.pack:
        pack_cells(settings, options.pack)
    for name, cells in settings.items():
        curves = curves_of(cells, options.resamples)
        if curves is None:
            print(f"{name}: no seed has all sizes of all strategies")
            continue
        gains = gains_of(curves)
        lines += [*table(name, curves, gains), ""]
        for gain in gains:
            met[gain.strategy] += gain.met
    text = "\n".join(lines)
    print(text)
    if options.write:
        write_between(options.write, BEGIN, END, text.strip("\n"))
    for strategy, number in sorted(met.items()):
        result = {
            "name": f"rank {strategy}, settings with the goal met",
            "ours": number,
            "peer": None,
            "unit": "settings",
            "ratio": None,
            "goal": 2,
            "met": number >= 2,
        }
        print("RESULT", json.dumps(result))


if __name__ == "__main__":
    main()
