"""Best use of a sum of money: the next purchase, and the best division from the start."""

from __future__ import annotations

import numpy as np

from vermeil.errors import ConfigError
from vermeil.studies.config import PlanConfig
from vermeil.studies.results.frontier import Purchase, PurchaseOption, SpendingPoint, Stock
from vermeil.studies.statistics.fitted_frontier import (
    FloatArray,
    Frontier,
    Interval,
    interval_95,
)
from vermeil.studies.statistics.prices import DocumentPrices, Size
from vermeil.studies.statistics.size_grid import SizeGrid

EXTRAPOLATION_LIMIT = 2.0
"""Largest extrapolation, as a multiple of the largest measured sizes.

Silver brings a student at most near its teacher, and a curve does not show that limit before the
student reaches it."""


def recommend_purchase(frontier: Frontier, prices: DocumentPrices, config: PlanConfig) -> Purchase:
    """Return the documents to buy next for the budget, with their expected gain.

    Args:
        frontier: the fitted learning curve.
        prices: price of a document.
        config: budget and documents in stock.

    Raises:
        ConfigError: the budget buys no document, or the documents in stock are beyond the study.
    """
    budget = config.budget or 0.0
    if budget < min(prices.gold, prices.silver):
        raise ConfigError(
            f"plan.budget: {budget:g} buys no document at {prices.gold:g} per gold and "
            f"{prices.silver:g} per silver document; raise it"
        )
    largest = largest_size(frontier.grid)
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
            PurchaseOption(
                name=name,
                gold=bought[0],
                silver=bought[1],
                cost=float(prices.cost(*bought)),
                gain=gain,
                interval=interval,
            )
        )
    now, now_interval = frontier.f1(*have)
    return Purchase(
        budget=budget,
        have=Stock(gold=have[0], silver=have[1], f1=now, interval=now_interval),
        options=tuple(options),
        gold_share=_share_interval(frontier, prices, have, (gold, silver)),
        limited=bool(gold[best] >= np.floor(room[0]) or silver[best] >= np.floor(room[1])),
    )


def _share_interval(
    frontier: Frontier,
    prices: DocumentPrices,
    owned: tuple[int, int],
    splits: tuple[FloatArray, FloatArray],
) -> Interval:
    """Return the 95 % interval of gold's share of the money, over the resamples' best divisions."""
    gold, silver = splits
    best = frontier.curves(owned[0] + gold, owned[1] + silver).argmax(axis=1)
    spent = np.maximum(prices.cost(gold[best], silver[best]), 1e-12)
    return interval_95(gold[best] * prices.gold / spent)


def best_split(frontier: Frontier, prices: DocumentPrices, money: float) -> SpendingPoint:
    """Return the division of a sum with the highest expected F1, starting without documents."""
    gold_most, silver_most = largest_size(frontier.grid)
    least = (float(frontier.grid.gold.min()), 0.0)
    gold, silver = prices.splits(
        money, least, (EXTRAPOLATION_LIMIT * gold_most, EXTRAPOLATION_LIMIT * silver_most)
    )
    best = int(frontier.curve(gold, silver)[0].argmax())
    f1, interval = frontier.f1(gold[best], silver[best])
    return SpendingPoint(
        cost=float(money),
        gold=int(gold[best]),
        silver=int(silver[best]),
        f1=f1,
        interval=interval,
    )


def largest_size(grid: SizeGrid) -> Size:
    """Return the largest measured numbers of gold and silver documents."""
    return float(grid.gold.max()), float(grid.silver.max())
