"""Learning curve over gold and silver documents, fitted to a study, with bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.evaluation.learning_curve import Curves, fit_curves
from vermeil.studies.statistics.size_grid import (
    MINIMUM_GOLD_SIZES,
    MINIMUM_SILVER_SIZES,
    MINIMUM_SIZES,
    SizeGrid,
)

Interval = tuple[float, float]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frontier:
    """A learning curve over gold and silver documents, with its bootstrap resamples.

    Args:
        grid: the measured sizes and scores.
        curve: the curve fitted to the means over the seeds.
        curves: one curve per resample.
    """

    grid: SizeGrid
    curve: Curves
    curves: Curves

    @classmethod
    def fit(cls, grid: SizeGrid, resamples: int, seed: int = 0) -> Frontier:
        """Fit the curve to the grid, and one curve to each resample of test groups and seeds.

        Args:
            grid: the measured sizes and scores.
            resamples: bootstrap resamples.
            seed: seed of the resampling.
        """
        gold, silver = grid.gold.tolist(), grid.silver.tolist()
        curve = fit_curves(gold, silver, grid.scores.mean(axis=1)[None])
        return cls(grid, curve, fit_curves(gold, silver, grid.resampled(resamples, seed)))

    def f1(self, gold: float, silver: float) -> tuple[float, Interval]:
        """Return the expected F1 at a size, with a 95 % interval."""
        size = np.array([gold]), np.array([silver])
        return float(self.curve(*size)[0, 0]), interval_95(self.curves(*size)[:, 0])

    def gain(self, start: tuple[int, int], end: tuple[int, int]) -> tuple[float, Interval]:
        """Return the expected gain of F1 from one size to another, with a 95 % interval."""
        golds, silvers = (np.array(pair, float) for pair in zip(start, end, strict=True))
        expected, resampled = self.curve(golds, silvers), self.curves(golds, silvers)
        gain = float(expected[0, 1] - expected[0, 0])
        return gain, interval_95(resampled[:, 1] - resampled[:, 0])

    def gold_equivalent(self) -> tuple[float, Interval]:
        """Return the gold documents that equal the largest measured number of silver ones."""
        return float(self.curve.worth[0]), interval_95(self.curves.worth)

    def leave_one_out_error(self) -> float | None:
        """Return the mean error of predicting each size from the others.

        None if the other sizes are too few for a curve.
        """
        means, errors = self.grid.scores.mean(axis=1), []
        for left_out in range(len(means)):
            kept = np.arange(len(means)) != left_out
            gold, silver = self.grid.gold[kept], self.grid.silver[kept]
            enough = (
                len(set(gold)) >= MINIMUM_GOLD_SIZES and len(set(silver)) >= MINIMUM_SILVER_SIZES
            )
            if not enough or len(gold) < MINIMUM_SIZES:
                continue
            curve = fit_curves(gold.tolist(), silver.tolist(), means[kept][None])
            size = self.grid.gold[[left_out]], self.grid.silver[[left_out]]
            errors.append(abs(float(curve(*size)[0, 0]) - float(means[left_out])))
        return float(np.mean(errors)) if errors else None


def interval_95(values: FloatArray) -> Interval:
    """Return the 2.5 % and 97.5 % quantiles."""
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
