"""Curves of a cell for the report: gold share, exposure and training loss."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from vermeil.data.example import BatchPlan
from vermeil.studies.results.cell import Exposure, GoldShares, LossPoint
from vermeil.training.fit import TrainingResult

CURVE_POINTS = 100
"""Highest number of points of a curve."""


def plan_curve(plan: BatchPlan) -> GoldShares:
    """Return planned and realised gold share, averaged over at most `CURVE_POINTS` intervals."""
    intervals = [slice(start, end) for start, end in _intervals(plan.steps)]
    return GoldShares(
        tuple(round(float((s.start + s.stop) / 2 / plan.steps), 4) for s in intervals),
        tuple(round(float(plan.planned_share[s].mean()), 4) for s in intervals),
        tuple(round(float(plan.realised_share[s].mean()), 4) for s in intervals),
    )


def exposure(plan: BatchPlan, examples: int) -> dict[str, Exposure]:
    """Return per origin how many times an example is in a batch: mean, least and most.

    Args:
        plan: the batch plan.
        examples: number of examples, gold and silver.
    """
    seen = plan.times_seen(examples)
    origins = {"gold": seen[: plan.gold_examples], "silver": seen[plan.gold_examples :]}
    return {
        name: Exposure(
            len(times), round(float(times.mean()), 3), int(times.min()), int(times.max())
        )
        for name, times in origins.items()
        if len(times)
    }


def loss_curve(training: TrainingResult) -> tuple[LossPoint, ...]:
    """Return training loss and gold share, averaged over at most `CURVE_POINTS` intervals."""
    points = []
    for start, end in _intervals(len(training.steps)):
        steps = training.steps[start:end]
        points.append(
            LossPoint(
                steps[-1].step,
                round(sum(s.loss for s in steps) / len(steps), 5),
                round(sum(s.gold_share for s in steps) / len(steps), 4),
                float(f"{steps[-1].learning_rate:.4g}"),
            )
        )
    return tuple(points)


def _intervals(steps: int) -> list[tuple[int, int]]:
    edges = np.linspace(0, steps, min(CURVE_POINTS, steps) + 1).round().astype(int).tolist()
    return list(pairwise(edges))
