"""Cost frontier of a study as stored in ``results.json``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vermeil.evaluation.learning_curve import Curves
from vermeil.studies.config import PlanConfig
from vermeil.studies.results.frontier import (
    CurveParameters,
    FrontierRecord,
    MeasuredSize,
    PriceRecord,
    SilverWorth,
)
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


def frontier_record(frontier: Frontier, config: PlanConfig) -> FrontierRecord:
    """Return the frontier as stored in ``results.json``.

    Args:
        frontier: the fitted curves.
        config: prices, documents in stock and budget, each if known.
    """
    grid, prices = frontier.grid, prices_of(config)
    worth, worth_interval = frontier.gold_equivalent()
    record = FrontierRecord(
        regimen=grid.regimen,
        budget=grid.budget,
        seeds=grid.seeds,
        currency=config.currency,
        sizes=tuple(_measured_size(frontier, number) for number in range(len(grid.sizes))),
        curve=_curve_record(frontier.curve),
        worth=SilverWorth(frontier.curve.unit, worth, worth_interval),
        leave_one_out_error=frontier.leave_one_out_error(),
        prices=None if prices is None else PriceRecord(prices.gold, prices.silver),
    )
    if prices is None:
        return record
    costs = _frontier_costs(grid, prices)
    return replace(
        record,
        line=tuple(best_split(frontier, prices, money) for money in costs),
        purchase=(None if config.budget is None else recommend_purchase(frontier, prices, config)),
    )


def _curve_record(curve: Curves) -> CurveParameters:
    def rounded(name: str) -> float:
        return round(float(getattr(curve, name)[0]), 5)

    return CurveParameters(
        asymptote=rounded("asymptote"),
        scale=rounded("scale"),
        decay=rounded("decay"),
        worth=rounded("worth"),
        returns=rounded("returns"),
        unit=curve.unit,
    )


def _measured_size(frontier: Frontier, number: int) -> MeasuredSize:
    gold, silver = frontier.grid.sizes[number]
    values = frontier.grid.scores[number]
    return MeasuredSize(
        gold=gold,
        silver=silver,
        f1=float(values.mean()),
        values=tuple(values.tolist()),
        fitted=frontier.f1(gold, silver)[0],
    )


def _frontier_costs(grid: SizeGrid, prices: DocumentPrices) -> FloatArray:
    """Return sums from the cost of the least measured gold to the cost of the largest sizes."""
    gold, silver = largest_size(grid)
    most = prices.cost(EXTRAPOLATION_LIMIT * gold, EXTRAPOLATION_LIMIT * silver)
    return np.geomspace(prices.cost(float(grid.gold.min()), 0.0), most, FRONTIER_POINTS)
