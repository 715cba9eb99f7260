"""Scores of a study over a grid of data sizes, with bootstrap resamples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.errors import DataError
from vermeil.evaluation.bootstrap import resampled_f1
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.values import sum_tallies, tally_f1
from vermeil.studies.statistics.compare import UNBLENDED, group_by_regimen

MINIMUM_GOLD_SIZES, MINIMUM_SILVER_SIZES, MINIMUM_SIZES = 3, 3, 6
"""Least numbers of distinct gold, silver and joint sizes to fit a learning curve.

The curve has five parameters; training without silver counts as a silver size of 0."""

DocumentCounts = tuple[int, int]
"""Gold and silver documents."""


@dataclass(frozen=True, slots=True)
class SizeGrid:
    """Scores of one regimen at several sizes; those of gold_only are its silver size of 0.

    Args:
        regimen: the regimen.
        budget: name of the budget.
        sizes: gold and silver documents of each size, sorted.
        seeds: seeds that all sizes have.
        scores: test F1, shape (sizes, seeds).
        counts: correct, predicted and gold items, shape (sizes, seeds, groups, 3).
    """

    regimen: str
    budget: str
    sizes: tuple[DocumentCounts, ...]
    seeds: tuple[int, ...]
    scores: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def gold(self) -> NDArray[np.float64]:
        """Gold documents of each size."""
        return np.array([gold for gold, _ in self.sizes], float)

    @property
    def silver(self) -> NDArray[np.float64]:
        """Silver documents of each size."""
        return np.array([silver for _, silver in self.sizes], float)

    def resampled(self, resamples: int, seed: int) -> NDArray[np.float64]:
        """Return the mean F1 of each size on resamples of test groups and seeds.

        Returns:
            Shape (resamples, sizes); all sizes share each resample.
        """
        return resampled_f1(self.counts, resamples, seed)


def read_grid(results: Sequence[CellResult], regimen: str | None = None) -> SizeGrid:
    """Return the grid of sizes of a study.

    Args:
        results: the study's cells.
        regimen: the regimen; None: the blend with most sizes, then with the highest mean F1.

    Raises:
        DataError: there are too few sizes, or the regimen is unknown.
    """
    cells = [cell for cell in results if cell.test is not None and cell.test_groups]
    if not cells:
        raise DataError("the study has no cell with test scores; set corpora.test to a test file")
    budget = cells[0].budget
    tables: dict[str, dict[DocumentCounts, dict[int, CellResult]]] = {}
    for (block, name), members in group_by_regimen(cells).items():
        if block.budget == budget:
            size = (block.gold_documents, 0 if name == "gold_only" else block.silver_documents)
            tables.setdefault(name, {})[size] = {cell.seed: cell for cell in members}
    blends = [name for name in tables if name not in UNBLENDED]
    if regimen is not None and regimen not in blends:
        known = ", ".join(blends) or "none"
        raise DataError(
            f"plan.regimen: the study has no blend {regimen!r}; expected one of {known}"
        )
    grids = [
        grid
        for name in ([regimen] if regimen else blends)
        if (grid := _grid(name, budget, {**tables.get("gold_only", {}), **tables[name]}))
    ]
    best = max(grids, key=lambda g: (len(g.sizes), g.scores.mean()), default=None)
    _require_enough(best)
    assert best is not None
    return best


def _grid(
    name: str, budget: str, table: Mapping[DocumentCounts, Mapping[int, CellResult]]
) -> SizeGrid | None:
    sizes = tuple(sorted(table))
    seeds = tuple(sorted(set.intersection(*(set(table[size]) for size in sizes))))
    if not seeds:
        return None
    rows = [[table[size][seed] for seed in seeds] for size in sizes]
    groups = sorted({group for row in rows for cell in row for group in cell.test_groups})
    counts = [
        [[cell.test_groups.get(group, (0, 0, 0)) for group in groups] for cell in row]
        for row in rows
    ]
    scores = [[tally_f1(sum_tallies(cell.test_groups.values())) for cell in row] for row in rows]
    return SizeGrid(name, budget, sizes, seeds, np.array(scores), np.array(counts, np.int64))


def _require_enough(grid: SizeGrid | None) -> None:
    sizes = () if grid is None else grid.sizes
    golds, silvers = {gold for gold, _ in sizes}, {silver for _, silver in sizes}
    if (
        len(golds) >= MINIMUM_GOLD_SIZES
        and len(silvers) >= MINIMUM_SILVER_SIZES
        and len(sizes) >= MINIMUM_SIZES
        and max(silvers) > 0
    ):
        return
    raise DataError(
        f"the study has too few sizes to fit a learning curve: {len(golds)} of gold and "
        f"{len(silvers)} of silver on common seeds; expected at least {MINIMUM_GOLD_SIZES} and "
        f"{MINIMUM_SILVER_SIZES} (gold_only counts as a silver size of 0). Run it over a grid: "
        'vermeil study --set \'study.regimens=["gold_only", "simple_mix"]\' '
        "--set study.gold_documents=[125,250,500,1000] --set study.silver_documents=[1000,4000]"
    )
