"""Cost frontier: expected F1 of gold and silver documents, and the best next purchase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.errors import ConfigError
from vermeil.evaluation.learning_curve import Curves, fit_curves
from vermeil.studies.config import PlanConfig
from vermeil.studies.statistics.size_grid import (
    MINIMUM_GOLD_SIZES,
    MINIMUM_SILVER_SIZES,
    MINIMUM_SIZES,
    SizeGrid,
)

SPLITS = 101
"""Number of divisions of a sum between gold and silver that are compared."""
FRONTIER_POINTS = 24
"""Number of points of the frontier."""
EXTRAPOLATION_LIMIT = 2.0
"""Largest extrapolation, as a multiple of the largest measured sizes.

Silver brings a student at most near its teacher, and a curve does not show that limit before the
student reaches it."""

Interval = tuple[float, float]
Size = tuple[float, float]
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
        return float(self.curve(*size)[0, 0]), _interval(self.curves(*size)[:, 0])

    def gain(self, start: tuple[int, int], end: tuple[int, int]) -> tuple[float, Interval]:
        """Return the expected gain of F1 from one size to another, with a 95 % interval."""
        golds, silvers = (np.array(pair, float) for pair in zip(start, end, strict=True))
        expected, resampled = self.curve(golds, silvers), self.curves(golds, silvers)
        gain = float(expected[0, 1] - expected[0, 0])
        return gain, _interval(resampled[:, 1] - resampled[:, 0])

    def gold_equivalent(self) -> tuple[float, Interval]:
        """Return the gold documents that equal the largest measured number of silver ones."""
        return float(self.curve.worth[0]), _interval(self.curves.worth)

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


@dataclass(frozen=True, slots=True)
class DocumentPrices:
    """Prices of one gold and one silver document."""

    gold: float
    silver: float

    def splits(self, money: float, minimum: Size, maximum: Size) -> tuple[FloatArray, FloatArray]:
        """Return divisions of a sum: gold documents, and silver documents for the rest.

        Args:
            money: the sum; the part that would buy more than ``maximum`` is not spent.
            minimum: least gold and silver documents.
            maximum: most gold and silver documents.
        """
        spare = money - self.cost(*minimum)
        room = min(spare / self.gold, maximum[0] - minimum[0])
        gold = minimum[0] + np.unique(np.floor(np.linspace(0, max(0.0, room), SPLITS) + 1e-9))
        silver = np.floor((money - gold * self.gold) / self.silver + 1e-9)
        return gold, np.clip(silver, 0, maximum[1])

    def cost(self, gold: Any, silver: Any) -> Any:
        """Return the cost of a number of gold and silver documents."""
        return gold * self.gold + silver * self.silver


def prices_of(config: PlanConfig) -> DocumentPrices | None:
    """Return the prices, if both are given.

    Raises:
        ConfigError: only one of them is given.
    """
    given = {"gold_price": config.gold_price, "silver_price": config.silver_price}
    missing = [name for name, price in given.items() if price is None]
    if len(missing) == 1:
        raise ConfigError(f"plan.{missing[0]}: missing; set the price of both kinds of document")
    if config.gold_price is None or config.silver_price is None:
        return None
    return DocumentPrices(config.gold_price, config.silver_price)


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
        _best_split(frontier, prices, money) for money in _frontier_costs(grid, prices)
    ]
    if config.budget is not None:
        record["purchase"] = recommend_purchase(frontier, prices, config)
    return record


def _curve_record(curve: Curves) -> dict[str, float]:
    names = ("asymptote", "scale", "decay", "worth", "returns")
    return {name: round(float(getattr(curve, name)[0]), 5) for name in names} | {"unit": curve.unit}


def recommend_purchase(
    frontier: Frontier, prices: DocumentPrices, config: PlanConfig
) -> dict[str, Any]:
    """Return the documents to buy next for the budget, with their expected gain.

    Raises:
        ConfigError: the budget buys no document, or the documents in stock are beyond the study.
    """
    budget = config.budget or 0.0
    if budget < min(prices.gold, prices.silver):
        raise ConfigError(
            f"plan.budget: {budget:g} buys no document at {prices.gold:g} per gold and "
            f"{prices.silver:g} per silver document; raise it"
        )
    largest = _largest(frontier.grid)
    have = (
        int(largest[0] if config.gold is None else config.gold),
        int(largest[1] if config.silver is None else config.silver),
    )
    room = tuple(
        max(0.0, EXTRAPOLATION_LIMIT * most - stock)
        for most, stock in zip(largest, have, strict=True)
    )
    if not any(room):
        raise ConfigError(
            f"plan.gold: {have[0]} gold and {have[1]} silver documents are more than "
            f"{EXTRAPOLATION_LIMIT:g} times the study's largest sizes ({largest[0]:g} and "
            f"{largest[1]:g}); run the study over larger sizes"
        )
    gold, silver = prices.splits(budget, (0, 0), (room[0], room[1]))
    expected = frontier.curve(have[0] + gold, have[1] + silver)[0]
    best = int(expected.argmax())
    choices = {"recommended": best, "gold alone": len(gold) - 1, "silver alone": 0}
    options = []
    for name, index in choices.items():
        bought = int(gold[index]), int(silver[index])
        gain, interval = frontier.gain(have, (have[0] + bought[0], have[1] + bought[1]))
        options.append(
            {
                "name": name,
                "gold": bought[0],
                "silver": bought[1],
                "cost": prices.cost(*bought),
                "gain": gain,
                "interval": list(interval),
            }
        )
    now, now_interval = frontier.f1(*have)
    return {
        "budget": budget,
        "have": {"gold": have[0], "silver": have[1], "f1": now, "interval": list(now_interval)},
        "options": options,
        "gold_share": _share_interval(frontier, prices, have, (gold, silver)),
        "limited": bool(gold[best] >= np.floor(room[0]) or silver[best] >= np.floor(room[1])),
    }


def _share_interval(
    frontier: Frontier,
    prices: DocumentPrices,
    owned: tuple[int, int],
    splits: tuple[FloatArray, FloatArray],
) -> list[float]:
    """Return the 95 % interval of gold's share of the money, over the resamples' best divisions."""
    gold, silver = splits
    best = frontier.curves(owned[0] + gold, owned[1] + silver).argmax(axis=1)
    spent = np.maximum(prices.cost(gold[best], silver[best]), 1e-12)
    return list(_interval(gold[best] * prices.gold / spent))


def _largest(grid: SizeGrid) -> Size:
    return float(grid.gold.max()), float(grid.silver.max())


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
    gold, silver = _largest(grid)
    most = prices.cost(EXTRAPOLATION_LIMIT * gold, EXTRAPOLATION_LIMIT * silver)
    return np.geomspace(prices.cost(float(grid.gold.min()), 0.0), most, FRONTIER_POINTS)


def _best_split(frontier: Frontier, prices: DocumentPrices, money: float) -> dict[str, Any]:
    """Return the division of a sum with the highest expected F1, starting without documents."""
    gold_most, silver_most = _largest(frontier.grid)
    least = (float(frontier.grid.gold.min()), 0.0)
    gold, silver = prices.splits(
        money, least, (EXTRAPOLATION_LIMIT * gold_most, EXTRAPOLATION_LIMIT * silver_most)
    )
    best = int(frontier.curve(gold, silver)[0].argmax())
    f1, interval = frontier.f1(gold[best], silver[best])
    return {
        "cost": float(money),
        "gold": int(gold[best]),
        "silver": int(silver[best]),
        "f1": f1,
        "interval": list(interval),
    }


def _interval(values: FloatArray) -> Interval:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
