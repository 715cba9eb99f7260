"""Prices of documents, and divisions of a sum between gold and silver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.errors import ConfigError
from vermeil.studies.config import PlanConfig

SPLITS = 101
"""Number of divisions of a sum between gold and silver that are compared."""

Size = tuple[float, float]
FloatArray = NDArray[np.float64]


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
