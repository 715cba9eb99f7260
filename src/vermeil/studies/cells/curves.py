"""Curves of a cell for the report: gold share, exposure and training loss."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from vermeil.data.example import BatchPlan
from vermeil.training.fit import TrainingResult

CURVE_POINTS = 100
"""Highest number of points of a curve."""


def plan_curve(plan: BatchPlan) -> dict[str, list[float]]:
    """Return planned and realised gold share, averaged over at most `CURVE_POINTS` intervals."""
    intervals = [slice(start, end) for start, end in _intervals(plan.steps)]
    return {
        "progress": [round(float((s.start + s.stop) / 2 / plan.steps), 4) for s in intervals],
        "planned": [round(float(plan.planned_share[s].mean()), 4) for s in intervals],
        "realised": [round(float(plan.realised_share[s].mean()), 4) for s in intervals],
    }


def exposure(plan: BatchPlan, examples: int) -> dict[str, dict[str, float | int]]:
    """Return per origin how many times an example is in a batch: mean, least and most.

    Args:
        plan: the batch plan.
        examples: number of examples, gold and silver.
    """
    seen = plan.times_seen(examples)
    origins = {"gold": seen[: plan.gold_examples], "silver": seen[plan.gold_examples :]}
    return {
        name: {
            "examples": len(times),
            "mean": round(float(times.mean()), 3),
            "least": int(times.min()),
            "most": int(times.max()),
        }
        for name, times in origins.items()
        if len(times)
    }


def loss_curve(training: TrainingResult) -> list[dict[str, float]]:
    """Return training loss and gold share, averaged over at most `CURVE_POINTS` intervals."""
    points = []
    for start, end in _intervals(len(training.steps)):
        steps = training.steps[start:end]
        points.append(
            {
                "step": steps[-1].step,
                "loss": round(sum(s.loss for s in steps) / len(steps), 5),
                "gold_share": round(sum(s.gold_share for s in steps) / len(steps), 4),
                "learning_rate": float(f"{steps[-1].learning_rate:.4g}"),
            }
        )
    return points


def _intervals(steps: int) -> list[tuple[int, int]]:
    edges = np.linspace(0, steps, min(CURVE_POINTS, steps) + 1).round().astype(int).tolist()
    return list(pairwise(edges))
