"""Cost frontier of a study as stored in ``results.json``."""

from __future__ import annotations

from typing import Any

import numpy as np

from vermeil.evaluation.learning_curve import Curves
from vermeil.studies.config import PlanConfig
from vermeil.studies.statistics.fitted_frontier import FloatArray, Frontier
from vermeil.studies.statistics.prices import DocumentPrices, prices_of
from vermeil.studies.statistics.purchase import (
    EXTRAPOLATION_LIMIT,
    best_split,
    largest_size,
    recommend_purchase,
)
from vermeil.studies.statistics.size_grid import SizeGrid

FRONTIER_POINTS = 24
"""Number of points of the frontier."""


def frontier_record(frontier: Frontier, config: PlanConfig) -> dict[str, Any]:
    """Return the frontier as stored in ``results.json``.

    Args:
        frontier: the fitted curves.
        config: prices, documents in stock and budget, each if known.
    """
    grid, prices = frontier.grid, prices_of(config)
    worth, worth_interval = frontier.gold_equivalent()
    record: dict[str, Any] = {
        "regimen": grid.regimen,
        "budget": grid.budget,
        "seeds": list(grid.seeds),
        "currency": config.currency,
        "sizes": [_measured_size(frontier, number) for number in range(len(grid.sizes))],
        "curve": _curve_record(frontier.curve),
        "worth": {
            "silver": frontier.curve.unit,
            "gold": worth,
            "interval": list(worth_interval),
        },
        "leave_one_out_error": frontier.leave_one_out_error(),
        "prices": None if prices is None else {"gold": prices.gold, "silver": prices.silver},
    }
    if prices is None:
        return record
    record["line"] = [
        best_split(frontier, prices, money) for money in _frontier_costs(grid, prices)
    ]
    if config.budget is not None:
        record["purchase"] = recommend_purchase(frontier, prices, config)
    return record


def _curve_record(curve: Curves) -> dict[str, float]:
    names = ("asymptote", "scale", "decay", "worth", "returns")
    return {name: round(float(getattr(curve, name)[0]), 5) for name in names} | {"unit": curve.unit}


def _measured_size(frontier: Frontier, number: int) -> dict[str, Any]:
    gold, silver = frontier.grid.sizes[number]
    values = frontier.grid.scores[number]
    return {
        "gold": gold,
        "silver": silver,
        "f1": float(values.mean()),
        "values": values.tolist(),
        "fitted": frontier.f1(gold, silver)[0],
    }


def _frontier_costs(grid: SizeGrid, prices: DocumentPrices) -> FloatArray:
    """Return sums from the cost of the least measured gold to the cost of the largest sizes."""
    gold, silver = largest_size(grid)
    most = prices.cost(EXTRAPOLATION_LIMIT * gold, EXTRAPOLATION_LIMIT * silver)
    return np.geomspace(prices.cost(float(grid.gold.min()), 0.0), most, FRONTIER_POINTS)
